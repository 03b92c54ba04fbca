//! `analyze_impact`: what a change of symbols or files may affect, over several relations.

mod commits;

use super::args::{self, Format};
use super::ask::RELATIONS_WITHHELD;
use super::{Ask, Opened, Tool, absence, elsewhere, past};
use crate::disclosure::{Head, ImpactFacts, ImpactView, Prepared, Refusal, prepare};
use crate::extraction::Visibility;
use crate::index::{self, IncomingEdge, IndexedFile, IndexedSymbol, SymbolId, Via};
use crate::resolution::{Method, RelationKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

pub(super) const TOOL: Tool = Tool {
    name: "analyze_impact",
    title: "Analyze impact",
    description: "What may break if symbols or files change: everything that depends on them, directly or over several steps, with the \
                  reason for each, the public API it touches and the tests to run. Ask before changing a signature, a type or a file.",
    schema: args::schema::<Args>,
    run,
};

const USUAL_DEPTH: u32 = 3;
const MOST_DEPTH: u32 = 10;
const MOST_TARGETS: usize = 20;
/// Symbols whose users are read; a bound on work.
const MOST_FOLLOWED: usize = 600;
/// Relations read of one symbol.
const MOST_USES: usize = 400;
/// Notes on what nothing resolved leads to.
const MOST_UNSEEN: usize = 3;
/// Test files named in the note.
const MOST_TEST_FILES: usize = 15;

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// What changes: symbols, files (`repo:path`) or commits (`repo@from..to`)
    #[serde(alias = "target", deserialize_with = "args::one_or_more")]
    #[schemars(length(min = 1, max = 20))]
    targets: Vec<String>,
    /// Relations followed, 1-10 (default 3)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depth: Option<u32>,
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
    let depth = args.depth.unwrap_or(USUAL_DEPTH);
    if !(1..=MOST_DEPTH).contains(&depth) {
        return Err(args::bad(format!("`depth` is {depth}; it goes from 1 to {MOST_DEPTH}")));
    }
    if args.targets.is_empty() || args.targets.len() > MOST_TARGETS {
        return Err(args::bad(format!(
            "`targets` takes 1 to {MOST_TARGETS} symbols or files"
        )));
    }
    let mut impacts = begun(ask, &args.targets)?;
    let mut repos: Vec<Opened<'_>> = impacts.iter().map(|it| it.opened).collect();
    let mut items = Vec::new();
    let mut notes = Vec::new();
    let mut counts = BTreeMap::new();
    for impact in &mut impacts {
        if !impact.opened.policy.relations.is_counted() {
            notes.push(format!("{}: {RELATIONS_WITHHELD}", impact.opened.name()));
            continue;
        }
        impact.follow(depth)?;
        notes.extend(impact.notes(depth, budget.names(MOST_TEST_FILES)));
        notes.extend(impact.unseen()?);
        for (other, note) in impact.users_outside()? {
            notes.push(note);
            *counts.entry("other_repositories".to_owned()).or_default() += 1;
            if repos.iter().all(|it| it.name() != other.name()) {
                repos.push(other);
            }
        }
        notes.extend(impact.owners()?);
        for (what, n) in impact.counts() {
            *counts.entry(what).or_default() += n;
        }
        let changed = impact.between.iter_mut().flat_map(|it| std::mem::take(&mut it.views));
        items.extend(changed.collect::<Vec<_>>());
        items.extend(impact.views());
    }
    let key = Ask::cursor_key(TOOL.name, &args, &repos);
    let offset = key.offset(args.cursor.as_deref())?;
    let total = items.len() as u64;
    let items = items.into_iter().skip(offset as usize).collect();
    let mut page = ask.page(&repos, items, offset, total);
    page.notes = notes;
    page.counts = counts;
    let sources: Vec<_> = repos.iter().map(Opened::source).collect();
    Ok(prepare(page, &sources, budget, |n| Some(key.at(offset + n))))
}

/// What changes, by repository.
fn begun<'o>(ask: &'o Ask<'_>, targets: &[String]) -> Result<Vec<Impact<'o>>, Refusal> {
    let mut impacts: Vec<Impact<'o>> = Vec::new();
    for target in targets {
        ask.still_wanted()?;
        let between = commits::between(ask, target)?;
        let (opened, changed) = match &between {
            Some(between) => (between.opened, between.places.clone()),
            None => changed(ask, target)?,
        };
        let at = impacts.iter().position(|it| it.opened.name() == opened.name());
        let at = at.unwrap_or_else(|| {
            impacts.push(Impact::new(ask, opened));
            impacts.len() - 1
        });
        changed.into_iter().for_each(|changed| impacts[at].change(changed));
        impacts[at].between.extend(between);
    }
    Ok(impacts)
}

/// A symbol, or a file as a whole.
#[derive(Clone)]
struct Place {
    file: Arc<IndexedFile>,
    symbol: Option<IndexedSymbol>,
}

/// What a target of the question stands for: a symbol with its members, or all of a file.
fn changed<'o>(ask: &'o Ask<'_>, target: &str) -> Result<(Opened<'o>, Vec<Place>), Refusal> {
    let target = args::filled("targets", target, 1_000)?;
    if !target.contains('#')
        && let Some(found) = file(ask, target)?
    {
        return Ok(found);
    }
    let (opened, symbol) = ask.symbol(target)?;
    let members = symbol.all_members();
    let places = std::iter::once(symbol).chain(members).map(|symbol| Place {
        file: Arc::clone(symbol.file()),
        symbol: Some(symbol),
    });
    let places = places.collect();
    Ok((opened, places))
}

/// A file with all its symbols; `None` if the target reads as a name. A repository or folder is no target: everything would be affected.
fn file<'o>(ask: &'o Ask<'_>, target: &str) -> Result<Option<(Opened<'o>, Vec<Place>)>, Refusal> {
    let is_path = target.contains([':', '/']) && !target.contains("::");
    if !is_path {
        return Ok(None);
    }
    let (opened, written) = ask.place(target)?;
    let opened = opened.by_name()?;
    let path = opened.asked(&written);
    let Some(file) = opened.view.file(&path).map_err(|err| opened.unavailable(&err))? else {
        return Err(Refusal::NoSuchPath {
            repo: opened.name().to_owned(),
            path: written,
            near: Vec::new(),
        });
    };
    let whole = Place {
        file: Arc::clone(&file),
        symbol: None,
    };
    let symbols = file.symbols().map(|symbol| Place {
        file: Arc::clone(&file),
        symbol: Some(symbol),
    });
    Ok(Some((opened, std::iter::once(whole).chain(symbols).collect())))
}

/// A place reached, and how.
struct Node {
    place: Place,
    distance: u32,
    /// What it depends on, one step nearer; itself where it is what changes.
    of: usize,
    relation: RelationKind,
    method: Method,
    sites: Vec<u32>,
}

/// Uses followed breadth first within one repository, so that every place is met over the fewest relations.
struct Impact<'a> {
    ask: &'a Ask<'a>,
    opened: Opened<'a>,
    nodes: Vec<Node>,
    met: HashMap<SymbolId, usize>,
    possible: u64,
    /// The names of which uses that may mean any of many symbols are counted.
    names: HashSet<SymbolId>,
    is_cut: bool,
    /// The commits among what is asked about.
    between: Vec<commits::Between<'a>>,
}

impl<'a> Impact<'a> {
    fn new(ask: &'a Ask<'a>, opened: Opened<'a>) -> Self {
        Self {
            ask,
            opened,
            nodes: Vec::new(),
            met: HashMap::new(),
            possible: 0,
            names: HashSet::new(),
            is_cut: false,
            between: Vec::new(),
        }
    }

    fn change(&mut self, place: Place) {
        let at = self.nodes.len();
        if let std::collections::hash_map::Entry::Vacant(entry) = self.met.entry(place.id()) {
            entry.insert(at);
            self.nodes.push(Node {
                place,
                distance: 0,
                of: at,
                relation: RelationKind::Calls,
                method: Method::Lexical,
                sites: Vec::new(),
            });
        }
    }

    fn follow(&mut self, depth: u32) -> Result<(), Refusal> {
        let mut at = 0;
        while at < self.nodes.len() && self.nodes[at].distance < depth {
            if at >= MOST_FOLLOWED {
                self.is_cut = true;
                break;
            }
            self.ask.still_wanted()?;
            let node = &self.nodes[at];
            // What imports a file depends on what it takes from it, and that is followed by itself.
            if node.place.symbol.is_some() || node.distance == 0 {
                for edge in self.uses(at)? {
                    self.reach(at, edge);
                }
            }
            at += 1;
        }
        Ok(())
    }

    fn uses(&mut self, at: usize) -> Result<Vec<IncomingEdge>, Refusal> {
        let (opened, id) = (self.opened, self.nodes[at].place.id());
        let unavailable = |err| opened.unavailable(&err);
        let page = opened
            .view
            .incoming(id, |_, via| via != Via::Possible, 0, MOST_USES)
            .map_err(unavailable)?;
        self.is_cut |= page.total as usize > page.edges.len();
        let counts = opened.view.incoming_counts(id).map_err(unavailable)?;
        let possible = counts.iter().filter(|it| it.via == Via::Possible);
        self.possible += possible.map(|it| u64::from(it.count)).sum::<u64>();
        if let Some(symbol) = &self.nodes[at].place.symbol
            && self.names.insert(index::id_by_name(symbol))
        {
            let alike = opened.view.sharing_name(symbol, 0).map_err(unavailable)?;
            self.possible += u64::from(alike.total);
        }
        let mut edges = page.edges;
        edges.extend(self.registered(at));
        Ok(edges)
    }

    /// Whoever adds a route or command depends on what answers it there.
    fn registered(&self, at: usize) -> Option<IncomingEdge> {
        let place = &self.nodes[at].place;
        let contract = place.symbol.as_ref().filter(|symbol| symbol.kind().is_contract())?;
        Some(IncomingEdge {
            file: Arc::clone(&place.file),
            from: Some(contract.container()?),
            kind: RelationKind::HandledBy,
            via: Via::Method(Method::Lexical),
            line: contract.lines().start,
        })
    }

    fn reach(&mut self, of: usize, edge: IncomingEdge) {
        let Via::Method(method) = edge.via else {
            return;
        };
        let place = Place {
            file: edge.file,
            symbol: edge.from,
        };
        let id = place.id();
        match self.met.get(&id) {
            Some(&at) => {
                let node = &mut self.nodes[at];
                let is_same = node.of == of && (node.relation, node.method) == (edge.kind, method);
                // What is named first and called further down is called.
                let is_more = node.of == of
                    && node.relation == RelationKind::Reads
                    && matches!(edge.kind, RelationKind::Calls | RelationKind::Constructs);
                if is_more && node.distance > 0 {
                    (node.relation, node.method, node.sites) = (edge.kind, method, vec![edge.line]);
                } else if is_same && node.distance > 0 && node.sites.last() != Some(&edge.line) {
                    node.sites.push(edge.line);
                }
            }
            None => {
                self.met.insert(id, self.nodes.len());
                self.nodes.push(Node {
                    place,
                    distance: self.nodes[of].distance + 1,
                    of,
                    relation: edge.kind,
                    method,
                    sites: vec![edge.line],
                });
            }
        }
    }

    /// What is affected. A file that only imports is named by its symbols that use what it imports, where there are such.
    fn affected(&self) -> impl Iterator<Item = &Node> {
        let using: BTreeSet<&str> = self
            .nodes
            .iter()
            .filter(|node| node.place.symbol.is_some())
            .map(|node| node.place.file.path())
            .collect();
        self.nodes.iter().filter(move |node| {
            let only_imports = node.place.symbol.is_none() && node.relation == RelationKind::Imports;
            node.distance > 0 && !(only_imports && using.contains(node.place.file.path()))
        })
    }

    fn views(&self) -> Vec<ImpactView> {
        if !self.opened.policy.relations.is_told() {
            return Vec::new();
        }
        let mut nodes: Vec<&Node> = self.affected().collect();
        nodes.sort_by_cached_key(|node| {
            let place = &node.place;
            let line = place.symbol.as_ref().map_or(0, |it| it.lines().start);
            (place.is_test(), node.distance, place.file.path().to_owned(), line)
        });
        nodes.into_iter().map(|node| self.view(node)).collect()
    }

    fn view(&self, node: &Node) -> ImpactView {
        let (name, policy) = (self.opened.name(), self.opened.policy);
        let head = match &node.place.symbol {
            Some(symbol) => Head::of(name, symbol, policy),
            None => Head::of_file(name, node.place.file.path()),
        };
        let facts = ImpactFacts {
            distance: node.distance,
            relation: node.relation.word(),
            method: node.method.word(),
            of: self.nodes[node.of].place.handle(),
            sites: node.sites.clone(),
            is_test: node.place.is_test(),
        };
        ImpactView::of(head, facts)
    }

    /// Other repositories that use what changes, and what is said of each.
    fn users_outside(&self) -> Result<Vec<(Opened<'a>, String)>, Refusal> {
        let changed = self.nodes.iter().filter(|node| node.distance == 0);
        let symbols: Vec<IndexedSymbol> = changed.filter_map(|node| node.place.symbol.clone()).collect();
        elsewhere::users(self.ask, self.opened, &symbols)
    }

    fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::from([
            ("possible".to_owned(), self.possible),
            ("unparsed_bytes".to_owned(), self.opened.view.totals().unparsed_bytes),
        ]);
        for node in self.affected() {
            let mut count = |what: &str| *counts.entry(what.to_owned()).or_default() += 1;
            count(if node.distance == 1 { "direct" } else { "indirect" });
            if node.place.is_test() {
                count("tests");
            } else if node.place.is_public() {
                count("public");
            }
            if node.method == Method::Dispatch {
                count("dispatch");
            }
        }
        for (what, n) in self.between.iter().flat_map(|it| &it.counts) {
            *counts.entry(what.clone()).or_default() += n;
        }
        counts.retain(|_, n| *n > 0);
        counts
    }

    /// Who owns what changes and what that affects.
    fn owners(&self) -> Result<Option<String>, Refusal> {
        let affected = self.affected().map(|node| node.place.file.path());
        let changed = self
            .nodes
            .iter()
            .filter(|node| node.distance == 0)
            .map(|node| node.place.file.path());
        let differing = self.between.iter().flat_map(|it| &it.files).map(String::as_str);
        let files: BTreeSet<&str> = affected.chain(changed).chain(differing).collect();
        let history = past::of(self.opened)?;
        Ok(past::owners(self.opened, &history, files.into_iter()))
    }

    fn notes(&self, depth: u32, most_tests: usize) -> Vec<String> {
        let name = self.opened.name();
        let affected: Vec<&Node> = self.affected().collect();
        let files: BTreeSet<&str> = affected.iter().map(|node| node.place.file.path()).collect();
        let mut notes: Vec<String> = self.between.iter().flat_map(|it| it.notes.clone()).collect();
        notes.push(format!(
            "{name}: {} places in {} files depend on what changes, {depth} relations deep",
            affected.len(),
            files.len()
        ));
        if self.is_cut {
            notes.push(format!(
                "{name}: stopped early, more is affected: ask with less depth or fewer targets"
            ));
        }
        if affected.is_empty() {
            notes.push(format!(
                "{name}: {} same-name uses are not counted; uses through reflection, macros or generated code are not seen",
                self.possible
            ));
        }
        if self.opened.policy.relations.is_told() {
            notes.extend(self.tests(&affected, most_tests));
        }
        notes
    }

    /// What may depend on a symbol that nothing resolved leads to.
    fn unseen(&self) -> Result<Vec<String>, Refusal> {
        let mut notes = Vec::new();
        let are_several = self.nodes.iter().filter(|node| node.distance == 0).count() > 1;
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.distance == 0) {
            let is_used = self.nodes.iter().any(|it| it.distance > 0 && it.of == at);
            let Some(symbol) = node.place.symbol.as_ref().filter(|_| !is_used) else {
                continue;
            };
            // What uses it may be listed for another of the symbols that were asked about.
            let uses = self
                .opened
                .view
                .incoming(symbol.id(), |_, via| via != Via::Possible, 0, 1);
            if !uses.map_err(|err| self.opened.unavailable(&err))?.edges.is_empty() {
                continue;
            }
            let of = match are_several {
                true => format!("{}: ", self.opened.full_handle(symbol)),
                false => String::new(),
            };
            let all = absence::of_nobody(self.opened, symbol)?;
            notes.extend(all.into_iter().map(|note| format!("{of}{note}")));
        }
        notes.truncate(MOST_UNSEEN);
        Ok(notes)
    }

    /// The files of the tests that reach what changes.
    fn tests(&self, affected: &[&Node], most: usize) -> Option<String> {
        let files: BTreeSet<&str> = affected
            .iter()
            .filter(|node| node.place.is_test())
            .map(|node| node.place.file.path())
            .collect();
        let mut words: Vec<String> = files.iter().take(most).map(|path| self.opened.told(path)).collect();
        if files.len() > words.len() {
            words.push(format!("+{} more", files.len() - words.len()));
        }
        (!words.is_empty()).then(|| format!("tests to run: {}", words.join(" ")))
    }
}

impl Place {
    fn id(&self) -> SymbolId {
        self.symbol
            .as_ref()
            .map_or_else(|| SymbolId::of_file(self.file.path()), IndexedSymbol::id)
    }

    /// `path#Type.method`, or the path of a file.
    fn handle(&self) -> String {
        self.symbol
            .as_ref()
            .map_or_else(|| self.file.path().to_owned(), IndexedSymbol::handle)
    }

    fn is_test(&self) -> bool {
        self.file.is_test() || self.symbol.as_ref().is_some_and(|it| it.modifiers().is_test)
    }

    fn is_public(&self) -> bool {
        self.symbol
            .as_ref()
            .is_some_and(|it| it.visibility() == Visibility::Public)
    }
}
