//! `find_references`: who uses a symbol, or what a symbol uses, and how that is known.

use super::args::{self, Format};
use super::elsewhere::{self, Use};
use super::{Ask, Opened, Tool, absence, contracts};
use crate::disclosure::{Prepared, ReferenceView, Refusal, Site, group_sites, prepare};
use crate::index::{EdgePage, EdgeRow, EdgeTarget, IncomingEdge, IndexedSymbol, SymbolId, Via};
use crate::resolution::{Method, RelationKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};

pub(super) const TOOL: Tool = Tool {
    name: "find_references",
    title: "Find references",
    description: "Find callers and other uses of a symbol (calls, constructs, type_use, reads, writes, implements, extends, \
                  overrides, tests, imports) by file and line, each with how it was resolved; `possible` same-name matches are \
                  listed apart. direction=outgoing lists what the symbol itself uses.",
    schema: args::schema::<Args>,
    run,
};

/// Places read for one answer; more than a page holds, and a bound on work.
const MOST_SITES: usize = 5_000;
/// Same-name places listed; they are hints, not results.
const MOST_POSSIBLE: usize = 40;

/// Which end of a relation is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Direction {
    #[default]
    Incoming,
    Outgoing,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Handle (`repo:path#Type.method`) or name
    symbol: String,
    /// Only these, e.g. ["calls"]
    #[serde(
        default,
        deserialize_with = "args::one_or_more",
        skip_serializing_if = "Vec::is_empty"
    )]
    relations: Vec<String>,
    #[serde(default)]
    direction: Direction,
    #[serde(default, skip_serializing)]
    format: Format,
    #[serde(default, skip_serializing)]
    max_tokens: Option<u32>,
    #[serde(default, skip_serializing)]
    cursor: Option<String>,
}

fn run(ask: &Ask<'_>, arguments: Map<String, Value>) -> Result<Prepared, Refusal> {
    let args: Args = args::parse(arguments)?;
    let budget = args::budget(args.format, args.max_tokens)?;
    let kinds = kinds(&args.relations)?;
    let (opened, symbol) = ask.symbol(&args.symbol)?;
    ask.still_wanted()?;
    if !opened.policy.relations.is_counted() {
        return Ok(ask.without_relations::<ReferenceView>(opened, budget));
    }
    let mut repos = vec![opened];
    let (sites, counts) = match args.direction {
        Direction::Incoming if symbol.kind().is_contract() => {
            let sites = contracts::places(ask, opened, &symbol, kinds.as_deref(), &mut repos)?;
            let counts = contracts::counts(&sites, opened);
            (sites, counts)
        }
        Direction::Incoming => {
            let mut sites = incoming(opened, &symbol, kinds.as_deref())?;
            if kinds.is_none() {
                sites = without_calls_of_tests(sites);
            }
            let mut counts = incoming_counts(opened, &symbol)?;
            for outside in elsewhere::uses(ask, opened, &symbol)? {
                if kinds.as_ref().is_some_and(|kinds| !kinds.contains(&outside.kind)) {
                    continue;
                }
                if repos.iter().all(|it| it.name() != outside.opened.name()) {
                    repos.push(outside.opened);
                }
                *counts.entry("in_other_repositories".to_owned()).or_default() += 1;
                sites.push(site_outside(&outside));
            }
            (sites, counts)
        }
        Direction::Outgoing => {
            let sites = outgoing(opened, symbol.id(), kinds.as_deref())?;
            let counts = counts_of(&sites, Direction::Outgoing);
            (sites, counts)
        }
    };
    let key = Ask::cursor_key(TOOL.name, &args, &repos);
    let offset = key.offset(args.cursor.as_deref())?;
    let views = group_sites(listed(opened, sites));
    let total = views.len() as u64;
    let items: Vec<_> = views.into_iter().skip(offset as usize).collect();
    let mut page = ask.page(&repos, items, offset, total);
    let about = if symbol.kind().is_contract() && args.direction == Direction::Incoming {
        contracts::ABOUT
    } else {
        word(args.direction)
    };
    page.notes.push(format!("{about} of {}", opened.full_handle(&symbol)));
    page.notes.extend(match args.direction {
        Direction::Incoming => absence::of_uses(opened, &symbol, kinds.as_deref(), total == 0, &counts)?,
        Direction::Outgoing => Vec::from_iter((total == 0).then(|| absence::of_any(opened, &counts))),
    });
    page.counts = counts;
    let sources: Vec<_> = repos.iter().map(Opened::source).collect();
    Ok(prepare(page, &sources, budget, |n| Some(key.at(offset + n))))
}

/// What a test calls it tests; once is enough.
pub(super) fn without_calls_of_tests(mut sites: Vec<Site>) -> Vec<Site> {
    let of = |site: &Site| (site.place.clone(), site.symbol.clone(), site.line);
    let tests = sites.iter().filter(|site| site.relation == RelationKind::Tests.word());
    let tests: HashSet<_> = tests.map(of).collect();
    sites.retain(|site| site.relation != RelationKind::Calls.word() || !tests.contains(&of(site)));
    sites
}

/// A use from another repository, which its import of the package leads here.
fn site_outside(of: &Use<'_>) -> Site {
    let via = if of.is_certain {
        Via::Method(Method::Import)
    } else {
        Via::Possible
    };
    let (rank, method) = rank(via);
    Site {
        rank,
        place: format!("{}:{}", of.opened.name(), of.path),
        symbol: of.from.as_ref().map(short).unwrap_or_default(),
        relation: of.kind.word(),
        method,
        line: of.line,
    }
}

/// The places a policy lets be listed; where it tells counts only, none.
pub(super) fn listed(opened: Opened<'_>, sites: Vec<Site>) -> Vec<Site> {
    if opened.policy.relations.is_told() {
        sites
    } else {
        Vec::new()
    }
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Incoming => "uses",
        Direction::Outgoing => "what is used by the body",
    }
}

fn kinds(words: &[String]) -> Result<Option<Vec<RelationKind>>, Refusal> {
    if words.is_empty() {
        return Ok(None);
    }
    let all: Vec<&str> = RelationKind::ALL.iter().map(|kind| kind.word()).collect();
    words
        .iter()
        .map(|word| {
            RelationKind::ALL
                .into_iter()
                .find(|kind| kind.word() == word)
                .ok_or_else(|| args::bad(format!("no relation `{word}`; they are {}", all.join(", "))))
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Some)
}

/// The places that refer to a symbol. Those that only share its name with too many others are among them if they are few.
pub(super) fn incoming(
    opened: Opened<'_>,
    symbol: &IndexedSymbol,
    kinds: Option<&[RelationKind]>,
) -> Result<Vec<Site>, Refusal> {
    let wanted = |kind: RelationKind| kinds.is_none_or(|kinds| kinds.contains(&kind));
    let site = |edge: IncomingEdge| {
        let (rank, method) = rank(edge.via);
        Site {
            rank,
            place: format!("{}:{}", opened.name(), edge.file.path()),
            symbol: edge.from.as_ref().map(short).unwrap_or_default(),
            relation: edge.kind.word(),
            method,
            line: edge.line,
        }
    };
    let mut sites = Vec::new();
    for (possible, most) in [(false, MOST_SITES), (true, MOST_POSSIBLE)] {
        let page = opened
            .view
            .incoming(
                symbol.id(),
                |kind, via| wanted(kind) && (via == Via::Possible) == possible,
                0,
                most,
            )
            .map_err(|err| opened.unavailable(&err))?;
        sites.extend(page.edges.into_iter().map(site));
    }
    let alike = sharing_name(opened, symbol)?.edges.into_iter();
    sites.extend(alike.filter(|edge| wanted(edge.kind)).map(site));
    Ok(sites)
}

/// Places that may mean any of many symbols of a name.
pub(super) fn sharing_name(opened: Opened<'_>, symbol: &IndexedSymbol) -> Result<EdgePage, Refusal> {
    let page = opened.view.sharing_name(symbol, MOST_POSSIBLE);
    page.map_err(|err| opened.unavailable(&err))
}

/// What a symbol refers to.
pub(super) fn outgoing(opened: Opened<'_>, id: SymbolId, kinds: Option<&[RelationKind]>) -> Result<Vec<Site>, Refusal> {
    let edges = opened.view.outgoing(id).map_err(|err| opened.unavailable(&err))?;
    let mut sites = Vec::new();
    for edge in edges
        .iter()
        .filter(|edge| kinds.is_none_or(|kinds| kinds.contains(&edge.kind)))
    {
        match &edge.target {
            EdgeTarget::Symbol { id, method } => sites.extend(site_of(opened, edge, *id, Via::Method(*method))?),
            EdgeTarget::Possible(ids) => {
                let before = sites.len();
                for id in ids {
                    sites.extend(site_of(opened, edge, *id, Via::Possible)?);
                }
                if sites.len() == before {
                    sites.push(one_of_many(edge));
                }
            }
            EdgeTarget::External {
                qualifier,
                name,
                package,
                ..
            } => sites.push(external(edge, qualifier, name, package)),
        }
    }
    Ok(sites)
}

fn site_of(opened: Opened<'_>, edge: &EdgeRow, id: SymbolId, via: Via) -> Result<Option<Site>, Refusal> {
    let symbol = opened.view.symbol(id).map_err(|err| opened.unavailable(&err))?;
    let (rank, method) = rank(via);
    Ok(symbol.map(|symbol| Site {
        rank,
        place: format!("{}:{}", opened.name(), symbol.path()),
        symbol: short(&symbol),
        relation: edge.kind.word(),
        method,
        line: edge.line,
    }))
}

/// A use that may mean any of so many symbols of its name that none of them is kept.
fn one_of_many(edge: &EdgeRow) -> Site {
    let (rank, method) = rank(Via::Possible);
    Site {
        rank,
        place: "any of many of the name there".to_owned(),
        symbol: String::new(),
        relation: edge.kind.word(),
        method,
        line: edge.line,
    }
}

fn external(
    edge: &EdgeRow,
    qualifier: &Option<crate::extraction::Fragment>,
    name: &crate::extraction::Fragment,
    package: &Option<crate::extraction::Fragment>,
) -> Site {
    Site {
        rank: 3,
        place: crate::disclosure::external_name(qualifier.as_ref(), name, package.as_ref()),
        symbol: String::new(),
        relation: edge.kind.word(),
        method: "external",
        line: edge.line,
    }
}

fn short(symbol: &crate::index::IndexedSymbol) -> String {
    let handle = symbol.handle();
    handle.find('#').map_or_else(String::new, |at| handle[at..].to_owned())
}

fn rank(via: Via) -> (u8, &'static str) {
    match via {
        Via::Method(Method::Dispatch) => (1, Method::Dispatch.word()),
        Via::Method(method) => (0, method.word()),
        Via::Possible => (2, "possible"),
    }
}

/// How many relations point to a symbol: exact by relation, then dispatch and possible.
pub(super) fn incoming_counts(opened: Opened<'_>, symbol: &IndexedSymbol) -> Result<BTreeMap<String, u64>, Refusal> {
    let mut counts = BTreeMap::new();
    let alike = u64::from(sharing_name(opened, symbol)?.total);
    if alike > 0 {
        counts.insert("in_possible".to_owned(), alike);
    }
    for count in opened
        .view
        .incoming_counts(symbol.id())
        .map_err(|err| opened.unavailable(&err))?
    {
        let what = match rank(count.via) {
            (0, _) => format!("in_{}", count.kind.word()),
            (_, method) => format!("in_{method}"),
        };
        *counts.entry(what).or_default() += u64::from(count.count);
    }
    Ok(counts)
}

/// The same sums over a list of places.
pub(super) fn counts_of(sites: &[Site], direction: Direction) -> BTreeMap<String, u64> {
    let prefix = if direction == Direction::Incoming { "in" } else { "out" };
    let mut counts = BTreeMap::new();
    for site in sites {
        let what = if site.rank == 0 { site.relation } else { site.method };
        *counts.entry(format!("{prefix}_{what}")).or_default() += 1;
    }
    counts
}
