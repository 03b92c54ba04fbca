//! `get_symbol`: everything about a symbol but its body.

use super::args::{self, Format};
use super::find_references::{self, Direction};
use super::{Ask, Opened, Tool};
use crate::disclosure::{EdgeView, Policy, Prepared, Refusal, Site, Surroundings, SymbolView, group_sites, prepare};
use crate::extraction::Lines;
use crate::index::IndexedSymbol;
use crate::index::flow::{FlowStep, Op};
use crate::resolution::RelationKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashSet;

pub(super) const TOOL: Tool = Tool {
    name: "get_symbol",
    title: "Get symbols",
    description: "Understand functions, methods, classes or types without reading the file: signature, documentation, behaviour \
                  outline (branches, loops, calls, error exits), members, who uses it, what it uses. Takes up to 10 handles or names.",
    schema: args::schema::<Args>,
    run,
};

/// How many relations each list shows; `find_references` shows all.
const MOST_EDGES: usize = 8;
const MOST_SYMBOLS: usize = 10;
const MOST_MEMBERS: usize = 60;

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Handles (`repo:path#Type.method`) or names (`Type.method`)
    #[serde(alias = "symbol", deserialize_with = "args::one_or_more")]
    #[schemars(length(min = 1, max = 10))]
    symbols: Vec<String>,
    #[serde(default, skip_serializing)]
    format: Format,
    /// Budget, 200-16000 (default 4000)
    #[serde(default, skip_serializing)]
    max_tokens: Option<u32>,
    #[serde(default, skip_serializing)]
    cursor: Option<String>,
}

fn run(ask: &Ask<'_>, arguments: Map<String, Value>) -> Result<Prepared, Refusal> {
    let args: Args = args::parse(arguments)?;
    let budget = args::budget(args.format, args.max_tokens)?;
    if args.symbols.is_empty() || args.symbols.len() > MOST_SYMBOLS {
        return Err(args::bad(format!(
            "`symbols` takes 1 to {MOST_SYMBOLS} handles or names"
        )));
    }
    let mut repos: Vec<Opened<'_>> = Vec::new();
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (at, text) in args.symbols.iter().enumerate() {
        ask.still_wanted()?;
        let (opened, symbol) = match ask.symbol(text) {
            Err(Refusal::Ambiguous { candidates, .. })
                if are_overloads(&candidates) && found.len() + candidates.len() <= MOST_SYMBOLS =>
            {
                for handle in candidates {
                    let (opened, symbol) = ask.symbol(&handle)?;
                    if !repos.iter().any(|it| it.name() == opened.name()) {
                        repos.push(opened);
                    }
                    found.push((opened, symbol));
                }
                continue;
            }
            Err(missed @ (Refusal::NoSuchSymbol { .. } | Refusal::Ambiguous { .. })) => {
                missing.push((at, missed));
                continue;
            }
            other => other?,
        };
        if !repos.iter().any(|it| it.name() == opened.name()) {
            repos.push(opened);
        }
        found.push((opened, symbol));
    }
    if found.is_empty() && !missing.is_empty() {
        return Err(missing.remove(0).1);
    }
    let key = Ask::cursor_key(TOOL.name, &args, &repos);
    let offset = key.offset(args.cursor.as_deref())?;
    let total = found.len() as u64;
    let mut items = found
        .iter()
        .skip(offset as usize)
        .map(|(opened, symbol)| {
            Ok(SymbolView::of(
                opened.name(),
                symbol,
                around(*opened, symbol)?,
                opened.policy,
            ))
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    if let ([view], [asked]) = (items.as_mut_slice(), args.symbols.as_slice()) {
        view.answers(asked);
    }
    let mut page = ask.page(&repos, items, offset, total);
    page.notes
        .extend(missing.iter().filter_map(|(at, missed)| missed_note(*at, missed)));
    let sources: Vec<_> = repos.iter().map(Opened::source).collect();
    Ok(prepare(page, &sources, budget, |n| Some(key.at(offset + n))))
}

/// Whether handles differ by their number among those of one name only, so that one question means all of them.
fn are_overloads(handles: &[String]) -> bool {
    let name = |handle: &String| handle.split('~').next().map(str::to_owned);
    handles.windows(2).all(|pair| name(&pair[0]) == name(&pair[1]))
}

/// Why one of several names gave nothing. It is told by its place: a name that is said back would be veiled where it is one of the repository's
/// own words, and only there.
fn missed_note(at: usize, missed: &Refusal) -> Option<String> {
    match missed {
        Refusal::NoSuchSymbol { near, .. } if near.is_empty() => Some(format!("symbols[{at}]: no such symbol")),
        Refusal::NoSuchSymbol { near, .. } => {
            Some(format!("symbols[{at}]: no such symbol; near it: {}", near.join(" ")))
        }
        Refusal::Ambiguous { candidates, .. } => {
            let all = candidates.join(" ");
            Some(format!("symbols[{at}] names {} symbols: {all}", candidates.len()))
        }
        _ => None,
    }
}

fn around(opened: Opened<'_>, symbol: &IndexedSymbol) -> Result<Surroundings, Refusal> {
    if !opened.policy.relations.is_counted() {
        return Ok(Surroundings {
            members: members(symbol, opened.policy),
            unparsed: unparsed(symbol),
            ..Surroundings::default()
        });
    }
    let steps = match opened.policy.outline.is_shown() {
        true => symbol.outline(),
        false => Vec::new(),
    };
    let mut counts = find_references::incoming_counts(opened, symbol)?;
    let incoming = find_references::incoming(opened, symbol, None)?;
    let outgoing = find_references::outgoing(opened, symbol.id(), None)?;
    for (what, n) in find_references::counts_of(&outgoing, Direction::Outgoing) {
        *counts.entry(what).or_default() += n;
    }
    Ok(Surroundings {
        members: members(symbol, opened.policy),
        incoming: first(find_references::listed(
            opened,
            find_references::without_calls_of_tests(incoming),
        )),
        outgoing: first_beside(find_references::listed(opened, behaviour(outgoing)), &steps),
        counts,
        unparsed: unparsed(symbol),
    })
}

/// What a body does to other symbols, and what answers a contract. What it reads and which types it names is counted, and listed by `find_references`.
fn behaviour(mut sites: Vec<Site>) -> Vec<Site> {
    let words = [
        RelationKind::Calls,
        RelationKind::Constructs,
        RelationKind::Writes,
        RelationKind::Implements,
        RelationKind::Extends,
        RelationKind::Overrides,
        RelationKind::HandledBy,
    ]
    .map(RelationKind::word);
    sites.retain(|site| words.contains(&site.relation));
    sites
}

/// The first entries of a list, without what the behaviour outline names: that is asked for by its name.
fn first_beside(mut sites: Vec<Site>, steps: &[FlowStep]) -> EdgeView {
    let named: HashSet<&str> = steps
        .iter()
        .filter(|step| matches!(step.op, Op::Call | Op::New | Op::Macro))
        .flat_map(|step| step.names.iter().map(String::as_str))
        .collect();
    let all = group_sites(sites.clone()).len();
    sites.retain(|site| !is_named(&site.symbol, &named));
    let mut edges = first(sites);
    edges.more = (all - edges.entries.len()) as u64;
    edges
}

/// Whether `#Type.method~2` is among names that may leave out its outer types.
fn is_named(symbol: &str, named: &HashSet<&str>) -> bool {
    let name = symbol.trim_start_matches('#');
    let name = name.split('~').next().unwrap_or(name);
    let shorter = name.match_indices('.').map(|(at, _)| &name[at + 1..]);
    let shorter = shorter.filter(|name| name.contains('.'));
    std::iter::once(name).chain(shorter).any(|name| named.contains(name))
}

/// The first entries of a list. What is only possible or outside of the repository is counted: the behaviour outline names it too.
fn first(sites: Vec<Site>) -> EdgeView {
    let (certain, others): (Vec<Site>, Vec<Site>) = sites.into_iter().partition(Site::is_certain);
    let mut entries = group_sites(certain);
    let cut = entries.len().saturating_sub(MOST_EDGES);
    entries.truncate(MOST_EDGES);
    EdgeView {
        entries,
        more: (cut + group_sites(others).len()) as u64,
    }
}

/// The members of a type, those of its `impl` blocks in the same file included.
fn members(symbol: &IndexedSymbol, policy: Policy) -> Vec<String> {
    let all = symbol.all_members();
    let cut = all.len().saturating_sub(MOST_MEMBERS);
    let rest = (cut > 0).then(|| format!("… {cut} more; get_outline lists them"));
    all.iter()
        .take(MOST_MEMBERS)
        .map(|it| {
            let behind = || it.qualified().strip_prefix(symbol.qualified())?.strip_prefix('.');
            let last = || it.qualified().rsplit('.').next();
            // The points may be part of the name of a contract.
            let whole = if it.kind().is_contract() { behind() } else { None };
            let name = whole.or_else(last).unwrap_or_default();
            if policy.lines.is_shown() {
                format!("{} {name} L{}", policy.kind(it.kind()), it.lines().start)
            } else {
                format!("{} {name}", policy.kind(it.kind()))
            }
        })
        .chain(rest)
        .collect()
}

/// The unparsed lines that touch the symbol.
fn unparsed(symbol: &IndexedSymbol) -> Vec<[u32; 2]> {
    let own = symbol.lines();
    symbol
        .file()
        .unparsed()
        .iter()
        .filter(|Lines { start, end }| *start <= own.end && own.start <= *end)
        .map(|lines| [lines.start, lines.end])
        .collect()
}
