//! `trace_calls`: the tree of callers or callees of a symbol, or the shortest chain of calls from one symbol to another.

use super::args::{self, Format};
use super::{Ask, Opened, Tool, absence, elsewhere};
use crate::disclosure::{Prepared, Refusal, StepView, prepare};
use crate::index::{self, EdgeTarget, IncomingEdge, IndexedSymbol, SymbolId, Via};
use crate::resolution::{Method, RelationKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};

pub(super) const TOOL: Tool = Tool {
    name: "trace_calls",
    title: "Trace calls",
    description: "Follow calls through several functions: the tree of callers (who ends up here) or callees (what this sets off), or \
                  with `to` the shortest chain from `symbol` to it. Only resolved calls; possible run-time targets are marked dispatch, \
                  cycles folded, tests counted where they do not call it directly.",
    schema: args::schema::<Args>,
    run,
};

/// How deep a tree goes when the caller does not say.
const USUAL_DEPTH: u32 = 3;
/// How deep a chain is looked for when the caller does not say.
const USUAL_CHAIN: u32 = 10;
const MOST_DEPTH: u32 = 20;
/// Symbols whose calls are read for a tree; a bound on work.
const MOST_FOLLOWED: usize = 300;
/// The same for a chain, of which only one is shown.
const MOST_SEARCHED: usize = 1_500;
/// Calls read of one symbol.
const MOST_CALLS: usize = 200;
/// Possible calls that are named, which are not followed.
const MOST_POSSIBLE: usize = 5;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Direction {
    #[default]
    Callers,
    Callees,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Handle or name
    symbol: String,
    #[serde(default)]
    direction: Direction,
    /// Handle or name the chain must reach
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// Calls followed, 1-20 (default 3; 10 with `to`)
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
    let usual = if args.to.is_some() { USUAL_CHAIN } else { USUAL_DEPTH };
    let depth = args.depth.unwrap_or(usual);
    if !(1..=MOST_DEPTH).contains(&depth) {
        return Err(args::bad(format!("`depth` is {depth}; it goes from 1 to {MOST_DEPTH}")));
    }
    let (opened, symbol) = ask.symbol(&args.symbol)?;
    let target = args.to.as_deref().map(|to| ask.symbol(to)).transpose()?;
    if let Some((other, _)) = &target
        && other.name() != opened.name()
    {
        return Err(args::bad(
            "`symbol` and `to` are in different repositories; calls are followed within one",
        ));
    }
    let target = target.map(|(_, target)| target);
    if target.as_ref().is_some_and(|target| target.id() == symbol.id()) {
        return Err(args::bad("`symbol` and `to` are the same symbol"));
    }
    if !opened.policy.relations.is_counted() {
        return Ok(ask.without_relations::<StepView>(opened, budget));
    }
    let direction = if target.is_some() {
        Direction::Callees
    } else {
        args.direction
    };
    let most = if target.is_some() { MOST_SEARCHED } else { MOST_FOLLOWED };
    let mut trace = Trace::new(ask, opened, direction, &symbol, budget.handles(MOST_POSSIBLE));
    trace.follow(depth, most, target.as_ref().map(IndexedSymbol::id))?;
    let steps = match &target {
        Some(target) => trace.chain(target.id()),
        None => trace.tree(),
    };
    let steps = if opened.policy.relations.is_told() {
        steps
    } else {
        Vec::new()
    };
    let outside = match (direction, &target) {
        (Direction::Callers, None) => elsewhere::users(ask, opened, std::slice::from_ref(&symbol))?,
        _ => Vec::new(),
    };
    let repos: Vec<Opened<'_>> = std::iter::once(opened).chain(outside.iter().map(|it| it.0)).collect();
    let key = Ask::cursor_key(TOOL.name, &args, &repos);
    let offset = key.offset(args.cursor.as_deref())?;
    let total = steps.len() as u64;
    let mut items: Vec<StepView> = steps.into_iter().skip(offset as usize).collect();
    StepView::join(&mut items);
    let mut page = ask.page(&repos, items, offset, total);
    page.notes = trace.notes(&symbol, target.as_ref(), depth);
    if direction == Direction::Callers && target.is_none() {
        page.notes
            .extend(match (trace.nodes.len(), trace.counts.contains_key("dispatch")) {
                (1, _) => absence::of_nobody(opened, &symbol)?,
                (_, false) => Vec::from_iter(absence::of_callers(opened, &symbol)?),
                (_, true) => Vec::new(),
            });
    }
    page.notes.extend(outside.into_iter().map(|(_, note)| note));
    page.counts = trace.counts;
    let sources: Vec<_> = repos.iter().map(Opened::source).collect();
    Ok(prepare(page, &sources, budget, |n| Some(key.at(offset + n))))
}

/// Calls between two symbols, those of one method joined.
struct Hop {
    id: SymbolId,
    handle: String,
    method: &'static str,
    lines: Vec<u32>,
    is_test: bool,
}

impl Hop {
    fn is_dispatch(&self) -> bool {
        self.method == Method::Dispatch.word()
    }
}

/// A symbol met on the way.
struct Node {
    id: SymbolId,
    handle: String,
    depth: u32,
    /// The node it was first met from.
    parent: Option<usize>,
    method: &'static str,
    lines: Vec<u32>,
    /// What was found one call further; `None` if that was not looked at.
    hops: Option<Vec<Hop>>,
    /// Tests that call it, where they are counted and not followed.
    tests: u32,
}

/// Calls followed breadth first, so that every symbol is met over the fewest calls.
struct Trace<'a> {
    ask: &'a Ask<'a>,
    opened: Opened<'a>,
    direction: Direction,
    nodes: Vec<Node>,
    met: HashMap<SymbolId, usize>,
    counts: BTreeMap<String, u64>,
    /// The names of which calls that may mean any of many symbols are counted.
    names: HashSet<SymbolId>,
    /// The first of the calls that are possible and not followed: the other end, and the line.
    possible: Vec<(String, u32)>,
    most_possible: usize,
    /// Whether the question is about a test or what only tests have, so that its tests are what is asked for.
    is_of_test: bool,
    /// Whether a bound on work ended the search before its depth did.
    is_cut: bool,
}

impl<'a> Trace<'a> {
    fn new(
        ask: &'a Ask<'a>,
        opened: Opened<'a>,
        direction: Direction,
        root: &IndexedSymbol,
        most_possible: usize,
    ) -> Self {
        let node = Node {
            id: root.id(),
            handle: handle(opened, root),
            depth: 0,
            parent: None,
            method: "",
            lines: Vec::new(),
            hops: None,
            tests: 0,
        };
        Self {
            ask,
            opened,
            direction,
            met: HashMap::from([(root.id(), 0)]),
            nodes: vec![node],
            counts: BTreeMap::new(),
            names: HashSet::new(),
            possible: Vec::new(),
            most_possible,
            is_of_test: is_test(root),
            is_cut: false,
        }
    }

    /// Follows calls from the first node until `depth`, until `target` is met or until `most` symbols were read.
    fn follow(&mut self, depth: u32, most: usize, target: Option<SymbolId>) -> Result<(), Refusal> {
        let mut at = 0;
        while at < self.nodes.len() && self.nodes[at].depth < depth {
            if at >= most {
                self.is_cut = true;
                break;
            }
            self.ask.still_wanted()?;
            let mut hops = self.hops(self.nodes[at].id)?;
            if self.nodes[at].depth > 0 && !self.is_of_test {
                let all = hops.len();
                hops.retain(|hop| !hop.is_test);
                self.nodes[at].tests = (all - hops.len()) as u32;
            }
            for hop in &hops {
                if self.met.contains_key(&hop.id) {
                    continue;
                }
                self.met.insert(hop.id, self.nodes.len());
                self.nodes.push(Node {
                    id: hop.id,
                    handle: hop.handle.clone(),
                    depth: self.nodes[at].depth + 1,
                    parent: Some(at),
                    method: hop.method,
                    lines: hop.lines.clone(),
                    hops: None,
                    tests: 0,
                });
            }
            self.nodes[at].hops = Some(hops);
            if target.is_some_and(|target| self.met.contains_key(&target)) {
                break;
            }
            at += 1;
        }
        Ok(())
    }

    fn count(&mut self, what: &str, n: u64) {
        if n > 0 {
            *self.counts.entry(what.to_owned()).or_default() += n;
        }
    }

    fn hops(&mut self, id: SymbolId) -> Result<Vec<Hop>, Refusal> {
        let calls = match self.direction {
            Direction::Callers => self.callers(id)?,
            Direction::Callees => self.callees(id)?,
        };
        let mut hops: Vec<Hop> = Vec::new();
        let mut places = HashMap::new();
        for call in calls {
            self.count(if call.is_dispatch() { "dispatch" } else { "exact" }, 1);
            let place = *places.entry((call.id, call.method)).or_insert(hops.len());
            match hops.get_mut(place) {
                Some(hop) => hop.lines.extend(call.lines),
                None => hops.push(call),
            }
        }
        // What is certain is met before what may happen at run time, and the program before its tests.
        hops.sort_by_key(|hop| (hop.is_test, hop.is_dispatch()));
        Ok(hops)
    }

    fn callers(&mut self, id: SymbolId) -> Result<Vec<Hop>, Refusal> {
        // What stands at the top of a file is called by nobody.
        if id.is_file() {
            return Ok(Vec::new());
        }
        let unavailable = |err| self.opened.unavailable(&err);
        let counts = self.opened.view.incoming_counts(id).map_err(unavailable)?;
        let wanted = |kind, via| is_call(kind) && via != Via::Possible;
        let page = self
            .opened
            .view
            .incoming(id, wanted, 0, MOST_CALLS)
            .map_err(unavailable)?;
        let possible = counts.iter().filter(|it| is_call(it.kind) && it.via == Via::Possible);
        let possible: u64 = possible.map(|it| u64::from(it.count)).sum();
        let alike = self.sharing_name(id)?;
        self.count("possible", possible + alike);
        self.note_possible_callers(id, possible)?;
        self.is_cut |= page.total as usize > page.edges.len();
        let hops = page.edges.into_iter().filter_map(|edge| {
            let Via::Method(method) = edge.via else {
                return None;
            };
            let (id, handle) = match &edge.from {
                Some(symbol) => (symbol.id(), handle(self.opened, symbol)),
                None => {
                    let path = edge.file.path();
                    (SymbolId::of_file(path), format!("{}:{path}", self.opened.name()))
                }
            };
            Some(Hop {
                id,
                handle,
                method: method.word(),
                lines: vec![edge.line],
                is_test: edge.from.as_ref().map_or(edge.file.is_test(), is_test),
            })
        });
        Ok(hops.collect())
    }

    /// Keeps some of the callers that are possible and not followed.
    fn note_possible_callers(&mut self, id: SymbolId, count: u64) -> Result<(), Refusal> {
        let left = self.most_possible.saturating_sub(self.possible.len());
        if count == 0 || left == 0 {
            return Ok(());
        }
        let opened = self.opened;
        let wanted = |kind, via| is_call(kind) && via == Via::Possible;
        let page = opened.view.incoming(id, wanted, 0, left);
        let page = page.map_err(|err| opened.unavailable(&err))?;
        let told = page.edges.into_iter().map(|edge| {
            let from = match &edge.from {
                Some(symbol) => opened.full_handle(symbol),
                None => opened.told(edge.file.path()),
            };
            (from, edge.line)
        });
        self.possible.extend(told);
        Ok(())
    }

    /// How many calls may mean any of many symbols that share a name; once for a name.
    fn sharing_name(&mut self, id: SymbolId) -> Result<u64, Refusal> {
        let unavailable = |err| self.opened.unavailable(&err);
        let symbol = self.opened.view.symbol(id).map_err(unavailable)?;
        let Some(symbol) = symbol.filter(|symbol| self.names.insert(index::id_by_name(symbol))) else {
            return Ok(0);
        };
        let page = self.opened.view.sharing_name(&symbol, 0).map_err(unavailable)?;
        Ok(u64::from(page.total))
    }

    fn callees(&mut self, id: SymbolId) -> Result<Vec<Hop>, Refusal> {
        let opened = self.opened;
        let unavailable = |err| opened.unavailable(&err);
        let edges = opened.view.outgoing(id).map_err(unavailable)?;
        let mut hops = Vec::new();
        for edge in edges.into_iter().filter(|edge| is_call(edge.kind)) {
            match edge.target {
                EdgeTarget::Possible(of) => {
                    self.count("possible", 1);
                    let left = self.most_possible.saturating_sub(self.possible.len());
                    for id in of.into_iter().take(left) {
                        let symbol = opened.view.symbol(id).map_err(unavailable)?;
                        self.possible
                            .extend(symbol.map(|symbol| (opened.full_handle(&symbol), edge.line)));
                    }
                }
                EdgeTarget::External { .. } => self.count("external", 1),
                EdgeTarget::Symbol { .. } if hops.len() == MOST_CALLS => self.is_cut = true,
                EdgeTarget::Symbol { id, method } => {
                    let symbol = opened.view.symbol(id).map_err(unavailable)?;
                    hops.extend(symbol.map(|symbol| Hop {
                        id,
                        handle: handle(opened, &symbol),
                        method: method.word(),
                        lines: vec![edge.line],
                        is_test: false,
                    }));
                }
            }
        }
        // Whoever calls the first one without a body runs one of those that stand in its place.
        if hops.is_empty() && self.nodes.len() == 1 {
            hops = self.overriding(id)?;
        }
        Ok(hops)
    }

    /// What takes the place of a member.
    fn overriding(&self, id: SymbolId) -> Result<Vec<Hop>, Refusal> {
        let opened = self.opened;
        let page = opened
            .view
            .incoming(id, |kind, _| kind == RelationKind::Overrides, 0, MOST_CALLS);
        let page = page.map_err(|err| opened.unavailable(&err))?;
        let hop = |edge: IncomingEdge| {
            let symbol = edge.from?;
            Some(Hop {
                id: symbol.id(),
                handle: handle(opened, &symbol),
                method: Method::Dispatch.word(),
                lines: vec![edge.line],
                is_test: is_test(&symbol),
            })
        };
        Ok(page.edges.into_iter().filter_map(hop).collect())
    }

    /// Every chain from the first node, depth first. A symbol's calls are listed where it was first met; what may call it at run time and is
    /// listed elsewhere is counted.
    fn tree(&self) -> Vec<StepView> {
        let mut steps = vec![self.root()];
        // Of every open node: its number, the place of its step, and how many of its calls were looked at.
        let mut open: Vec<(usize, usize, usize)> = vec![(0, 0, 0)];
        while let Some((from, place, next)) = open.last_mut() {
            let (from, place) = (*from, *place);
            let Some(hop) = self.nodes[from].hops.as_ref().and_then(|hops| hops.get(*next)) else {
                open.pop();
                continue;
            };
            *next += 1;
            let to = self.met[&hop.id];
            let is_first = self.nodes[to].parent == Some(from) && self.nodes[to].method == hop.method;
            let is_cycle = open.iter().any(|(above, ..)| *above == to);
            if !is_first && hop.is_dispatch() && from != 0 {
                steps[place].seen += 1;
                continue;
            }
            let fold = match (is_cycle, is_first) {
                (true, _) => Some("cycle"),
                (false, true) => self.nodes[to].hops.is_none().then_some("deeper"),
                (false, false) => Some("seen"),
            };
            let step = StepView {
                depth: open.len() as u32,
                handle: hop.handle.clone(),
                method: hop.method.to_owned(),
                lines: hop.lines.clone(),
                fold: fold.map(str::to_owned),
                tests: if is_first { self.nodes[to].tests } else { 0 },
                ..StepView::default()
            };
            steps.push(step);
            if is_first {
                open.push((to, steps.len() - 1, 0));
            }
        }
        steps
    }

    /// The chain from the first node to `target`; nothing if it was not met.
    fn chain(&self, target: SymbolId) -> Vec<StepView> {
        let mut at = self.met.get(&target).copied();
        let mut steps = Vec::new();
        while let Some(node) = at.map(|at| &self.nodes[at]) {
            steps.push(StepView {
                depth: node.depth,
                handle: node.handle.clone(),
                method: node.method.to_owned(),
                lines: node.lines.clone(),
                ..StepView::default()
            });
            at = node.parent;
        }
        steps.reverse();
        steps
    }

    fn root(&self) -> StepView {
        StepView {
            handle: self.nodes[0].handle.clone(),
            ..StepView::default()
        }
    }

    /// What was asked, and why an empty answer may still not mean that there is nothing.
    fn notes(&mut self, symbol: &IndexedSymbol, target: Option<&IndexedSymbol>, depth: u32) -> Vec<String> {
        let of = self.opened.full_handle(symbol);
        let is_met = target.is_none_or(|target| self.met.contains_key(&target.id()));
        let reached = self.nodes.len() - 1;
        let mut notes = vec![match (target, self.direction) {
            (Some(target), _) => {
                let to = self.opened.full_handle(target);
                match (is_met, self.is_cut) {
                    (true, _) => format!("calls from {of} to {to}"),
                    (false, true) => format!("no chain found from {of} to {to}, and not all calls were followed"),
                    (false, false) => format!(
                        "no chain of resolved calls from {of} to {to} within {depth}: {reached} symbols reached"
                    ),
                }
            }
            (None, Direction::Callers) => format!("callers of {of}, {depth} deep"),
            (None, Direction::Callees) => format!("calls of {of}, {depth} deep"),
        }];
        if self.is_cut {
            notes.push(format!(
                "stopped after {reached} symbols: ask about one further along, or with less depth"
            ));
        }
        let is_open = target.is_none() || !is_met;
        if is_open && !self.possible.is_empty() && self.opened.policy.relations.is_told() {
            let lines = self.opened.policy.lines.is_shown();
            let told = self.possible.iter().map(|(handle, line)| match lines {
                true => format!("{handle} L{line}"),
                false => handle.clone(),
            });
            let told: Vec<String> = told.collect();
            let rest = if told.len() == self.most_possible { " …" } else { "" };
            notes.push(format!("possible, not followed: {}{rest}", told.join(", ")));
        }
        if !symbol.kind().is_callable() && reached == 0 {
            let kind = self.opened.policy.kind(symbol.kind());
            notes.push(format!("it is a {kind}: ask about its members"));
        }
        let unparsed = self.opened.view.totals().unparsed_bytes;
        self.count("unparsed_bytes", unparsed);
        if reached == 0 || !is_met {
            let left = self.counts.get("possible").copied().unwrap_or_default();
            notes.push(format!(
                "{left} same-name calls and {unparsed} unparsed bytes were left out; calls in templates and through callbacks, macros, reflection and other \
                 repositories are not seen"
            ));
        }
        notes
    }
}

fn handle(opened: Opened<'_>, symbol: &IndexedSymbol) -> String {
    format!("{}:{}", opened.name(), symbol.handle())
}

fn is_test(symbol: &IndexedSymbol) -> bool {
    symbol.modifiers().is_test || symbol.file().is_test()
}

fn is_call(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::Calls | RelationKind::Constructs)
}
