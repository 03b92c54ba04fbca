//! `get_type_hierarchy`: what is above and below a type, and which members take the place of others.

use super::args::{self, Format};
use super::{Ask, Opened, Tool, absence};
use crate::disclosure::{KinView, Prepared, Refusal, external_name, prepare};
use crate::extraction::SymbolKind;
use crate::index::{EdgeTarget, IndexedSymbol, SymbolId, Via};
use crate::resolution::RelationKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};

pub(super) const TOOL: Tool = Tool {
    name: "get_type_hierarchy",
    title: "Get type hierarchy",
    description: "Supertypes, subtypes and implementors of a type over several steps, and the members that override others; for a \
                  method, what it overrides and what overrides it.",
    schema: args::schema::<Args>,
    run,
};

const USUAL_DEPTH: u32 = 5;
const MOST_DEPTH: u32 = 20;
/// Entries listed; a bound on work.
const MOST_ENTRIES: usize = 1_000;
/// Relations read of one symbol.
const MOST_EDGES: usize = 1_000;

/// How many macros implement a type of the list for what they are called with.
const MACROS: &str = "macros_that_implement";
/// How many functions and variables of the list have types without a name in them.
const NAMELESS: &str = "nameless";
const NAMELESS_NOTE: &str =
    "functions and variables of the list stand for types without a name that are written in them";
/// Why a list of implementors may lack some.
pub(super) const UNREAD_CALLS: &str = "macros of this repository implement it for the types they are called with: there may be more implementors than are \
                                       listed; `find_references` with relations [\"implements\"] lists the macros, with [\"calls\"] on one where it is called";

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Handle or name of a type or method
    symbol: String,
    /// 1-20 (default 5)
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
    let (opened, symbol) = ask.symbol(&args.symbol)?;
    if !opened.policy.relations.is_counted() {
        return Ok(ask.without_relations::<KinView>(opened, budget));
    }
    let key = Ask::cursor_key(TOOL.name, &args, &[opened]);
    let offset = key.offset(args.cursor.as_deref())?;
    let mut hierarchy = Hierarchy {
        ask,
        opened,
        depth,
        is_member: symbol.kind().is_callable(),
        entries: Vec::new(),
        counts: BTreeMap::new(),
        is_cut: false,
    };
    hierarchy.collect(&symbol)?;
    let entries = if opened.policy.relations.is_told() {
        hierarchy.entries
    } else {
        Vec::new()
    };
    let total = entries.len() as u64;
    let items = entries.into_iter().skip(offset as usize).collect();
    let mut page = ask.page(&[opened], items, offset, total);
    page.notes.push(format!("hierarchy of {}", opened.full_handle(&symbol)));
    if hierarchy.is_cut {
        page.notes.push("stopped early: ask with less depth".to_owned());
    }
    if total == 0 {
        let unparsed = opened.view.totals().unparsed_bytes;
        page.notes.push(format!(
            "none; {unparsed} bytes of this repository could not be parsed, and types of other repositories are not seen"
        ));
    }
    if hierarchy.counts.contains_key(MACROS) {
        page.notes.push(UNREAD_CALLS.to_owned());
    }
    if hierarchy.counts.contains_key(NAMELESS) {
        page.notes.push(NAMELESS_NOTE.to_owned());
    }
    page.notes
        .extend(absence::of_nameless(opened, &symbol)?.map(str::to_owned));
    page.counts = hierarchy.counts;
    Ok(prepare(page, &[opened.source()], budget, |n| Some(key.at(offset + n))))
}

/// Which way relations are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Up,
    Down,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Self::Up => "supertypes",
            Self::Down => "subtypes",
        }
    }
}

/// Types, or members, one relation apart; those of one relation and method joined.
struct Hop {
    /// `None` for what is external, which is known by its name.
    symbol: Option<IndexedSymbol>,
    name: String,
    relation: RelationKind,
    method: &'static str,
    lines: Vec<u32>,
}

struct Hierarchy<'a> {
    ask: &'a Ask<'a>,
    opened: Opened<'a>,
    depth: u32,
    is_member: bool,
    entries: Vec<KinView>,
    counts: BTreeMap<String, u64>,
    /// Whether a bound on work ended it.
    is_cut: bool,
}

impl Hierarchy<'_> {
    fn collect(&mut self, root: &IndexedSymbol) -> Result<(), Refusal> {
        let root = self.type_of(root)?;
        for side in [Side::Up, Side::Down] {
            let mut seen = HashSet::from([root.id()]);
            self.walk(&root, side, 1, &mut seen, &mut vec![root.id()])?;
        }
        if !self.is_member {
            self.members(&root)?;
        }
        Ok(())
    }

    fn walk(
        &mut self,
        of: &IndexedSymbol,
        side: Side,
        depth: u32,
        seen: &mut HashSet<SymbolId>,
        chain: &mut Vec<SymbolId>,
    ) -> Result<(), Refusal> {
        self.ask.still_wanted()?;
        for hop in self.hops(of, side)? {
            if self.entries.len() >= MOST_ENTRIES {
                self.is_cut = true;
                break;
            }
            let id = hop.symbol.as_ref().map(IndexedSymbol::id);
            let is_new = id.is_none_or(|id| seen.insert(id));
            let fold = match id {
                Some(id) if chain.contains(&id) => Some("cycle"),
                Some(_) if !is_new => Some("seen"),
                Some(_) if depth == self.depth => Some("deeper"),
                _ => None,
            };
            if is_new {
                *self.counts.entry(side.word().to_owned()).or_default() += 1;
            }
            self.entries.push(self.entry(&hop, side.word(), depth, fold));
            if let (Some(symbol), Some(id), None) = (&hop.symbol, id, fold) {
                chain.push(id);
                self.walk(symbol, side, depth + 1, seen, chain)?;
                chain.pop();
            }
        }
        Ok(())
    }

    fn entry(&self, hop: &Hop, side: &str, depth: u32, fold: Option<&str>) -> KinView {
        let kind = hop.symbol.as_ref().map_or("", |symbol| symbol.kind().word());
        KinView {
            side: side.to_owned(),
            depth,
            handle: hop.symbol.as_ref().map_or_else(
                || hop.name.clone(),
                |it| format!("{}:{}", self.opened.name(), it.handle()),
            ),
            kind: kind.to_owned(),
            relation: hop.relation.word().to_owned(),
            method: hop.method.to_owned(),
            lines: hop.lines.clone(),
            of: None,
            fold: fold.map(str::to_owned),
        }
    }

    fn hops(&mut self, of: &IndexedSymbol, side: Side) -> Result<Vec<Hop>, Refusal> {
        let found = match side {
            Side::Up => self.above(of)?,
            Side::Down => self.below(of)?,
        };
        let mut hops: Vec<Hop> = Vec::new();
        for hop in found {
            let id = |hop: &Hop| hop.symbol.as_ref().map(IndexedSymbol::id);
            let same = hops.iter_mut().find(|it| {
                id(it) == id(&hop) && it.name == hop.name && (it.relation, it.method) == (hop.relation, hop.method)
            });
            match same {
                Some(it) => it.lines.extend(hop.lines),
                None => hops.push(hop),
            }
        }
        Ok(hops)
    }

    fn wanted(&self, kind: RelationKind) -> bool {
        if self.is_member {
            kind == RelationKind::Overrides
        } else {
            matches!(kind, RelationKind::Extends | RelationKind::Implements)
        }
    }

    /// What a symbol, or a block of its members, extends, implements or overrides.
    fn above(&mut self, of: &IndexedSymbol) -> Result<Vec<Hop>, Refusal> {
        let mut hops = Vec::new();
        for part in self.parts(of)? {
            let edges = self.opened.view.outgoing(part.id());
            for edge in edges.map_err(|err| self.opened.unavailable(&err))? {
                if !self.wanted(edge.kind) {
                    continue;
                }
                let (symbol, name, method) = match &edge.target {
                    EdgeTarget::Symbol { id, method } => {
                        let symbol = self.opened.view.symbol(*id);
                        let symbol = symbol.map_err(|err| self.opened.unavailable(&err))?;
                        let Some(symbol) = symbol else { continue };
                        (Some(symbol), String::new(), method.word())
                    }
                    EdgeTarget::External {
                        qualifier,
                        name,
                        package,
                        ..
                    } => (
                        None,
                        external_name(qualifier.as_ref(), name, package.as_ref()),
                        "external",
                    ),
                    EdgeTarget::Possible(_) => {
                        *self.counts.entry("possible".to_owned()).or_default() += 1;
                        continue;
                    }
                };
                hops.push(Hop {
                    symbol,
                    name,
                    relation: edge.kind,
                    method,
                    lines: vec![edge.line],
                });
            }
        }
        Ok(hops)
    }

    /// What extends, implements or overrides a symbol.
    fn below(&mut self, of: &IndexedSymbol) -> Result<Vec<Hop>, Refusal> {
        let page = self
            .opened
            .view
            .incoming(of.id(), |kind, _| self.wanted(kind), 0, MOST_EDGES);
        let page = page.map_err(|err| self.opened.unavailable(&err))?;
        self.is_cut |= page.total as usize > page.edges.len();
        let mut hops = Vec::new();
        for edge in page.edges {
            let (Via::Method(method), Some(from)) = (edge.via, &edge.from) else {
                *self.counts.entry("possible".to_owned()).or_default() += 1;
                continue;
            };
            if from.kind() == SymbolKind::Macro {
                *self.counts.entry(MACROS.to_owned()).or_default() += 1;
                continue;
            }
            if !self.is_member && absence::has_nameless(from) {
                *self.counts.entry(NAMELESS.to_owned()).or_default() += 1;
            }
            hops.push(Hop {
                symbol: Some(self.type_of(from)?),
                name: String::new(),
                relation: edge.kind,
                method: method.word(),
                lines: vec![edge.line],
            });
        }
        Ok(hops)
    }

    /// A type and the blocks that give it members, wherever they stand.
    fn parts(&self, of: &IndexedSymbol) -> Result<Vec<IndexedSymbol>, Refusal> {
        let mut parts = vec![of.clone()];
        if self.is_member || of.kind() == SymbolKind::Impl {
            return Ok(parts);
        }
        let uses = self
            .opened
            .view
            .incoming(of.id(), |kind, _| kind == RelationKind::TypeUse, 0, MOST_EDGES);
        let uses = uses.map_err(|err| self.opened.unavailable(&err))?;
        let blocks = uses.edges.into_iter().filter(|it| it.via != Via::Possible);
        for block in blocks.filter_map(|it| it.from) {
            let is_block = block.kind() == SymbolKind::Impl && block.name() == of.name();
            if is_block && parts.iter().all(|it| it.id() != block.id()) {
                parts.push(block);
            }
        }
        Ok(parts)
    }

    /// The type that a block gives members to, if it is of this repository; anything else is itself.
    fn type_of(&self, symbol: &IndexedSymbol) -> Result<IndexedSymbol, Refusal> {
        if symbol.kind() != SymbolKind::Impl {
            return Ok(symbol.clone());
        }
        let edges = self.opened.view.outgoing(symbol.id());
        for edge in edges.map_err(|err| self.opened.unavailable(&err))? {
            let EdgeTarget::Symbol { id, .. } = edge.target else {
                continue;
            };
            if edge.kind != RelationKind::TypeUse {
                continue;
            }
            let target = self.opened.view.symbol(id);
            let target = target.map_err(|err| self.opened.unavailable(&err))?;
            if let Some(target) = target.filter(|it| it.name() == symbol.name()) {
                return Ok(target);
            }
        }
        Ok(symbol.clone())
    }

    /// The members of a type that take the place of another's.
    fn members(&mut self, root: &IndexedSymbol) -> Result<(), Refusal> {
        let parts = self.parts(root)?;
        for member in parts.iter().flat_map(|part| part.members().collect::<Vec<_>>()) {
            let edges = self.opened.view.outgoing(member.id());
            for edge in edges.map_err(|err| self.opened.unavailable(&err))? {
                let EdgeTarget::Symbol { id, method } = edge.target else {
                    continue;
                };
                if edge.kind != RelationKind::Overrides {
                    continue;
                }
                let base = self.opened.view.symbol(id);
                let Some(base) = base.map_err(|err| self.opened.unavailable(&err))? else {
                    continue;
                };
                *self.counts.entry("overrides".to_owned()).or_default() += 1;
                let hop = Hop {
                    symbol: Some(member.clone()),
                    name: String::new(),
                    relation: edge.kind,
                    method: method.word(),
                    lines: vec![edge.line],
                };
                self.entries.push(KinView {
                    of: Some(format!("{}:{}", self.opened.name(), base.handle())),
                    ..self.entry(&hop, "overrides", 1, None)
                });
            }
        }
        Ok(())
    }
}
