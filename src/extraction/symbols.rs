//! The definitions of a file, as `queries/symbols.scm` finds them.

use super::facts::SymbolKind;
use super::parsed::Parsed;
use super::pattern::{self, Query};
use super::tree::Node;
use rustc_hash::{FxHashMap, FxHashSet};
use std::iter;

/// Finds definitions while a walk comes by their nodes.
///
/// A query is run at the nodes its patterns begin with, and never below them: over a whole file it would cost more than the walk.
pub(super) struct Finder<'t, 'p> {
    parsed: &'p Parsed<'t>,
    /// What is known of nodes the walk has not come to, by their id.
    candidates: FxHashMap<usize, Vec<Candidate<'t>>>,
    /// Names that are exported apart from their definition.
    pub(super) exported: FxHashSet<&'t str>,
}

/// One definition as the query sees it.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'t> {
    pub(super) kind: SymbolKind,
    pub(super) name: Node<'t>,
    pub(super) body: Option<Node<'t>>,
    /// The name of what it is a member of, where that stands apart (`Type.prototype.method = function () {}`).
    pub(super) container: Option<Node<'t>>,
    pattern: usize,
}

/// What a capture of the query stands for.
#[derive(Clone, Copy)]
enum Capture {
    Definition(SymbolKind),
    Name,
    Body,
    Container,
    Exported,
    Unknown,
}

/// The query of a language, with what its captures and patterns are.
pub(super) struct SymbolQuery {
    query: Query,
    captures: Vec<Capture>,
}

impl SymbolQuery {
    /// Prepares a query; fails with the capture or pattern it cannot use.
    pub(super) fn new(query: Query) -> Result<Self, String> {
        let captures: Vec<Capture> = query.capture_names().iter().map(|name| Capture::of(name)).collect();
        let named = query.capture_names().iter().zip(&captures);
        if let Some((name, _)) = named
            .into_iter()
            .find(|(name, it)| matches!(it, Capture::Unknown) && !name.starts_with('_'))
        {
            return Err(format!(
                "`@{name}` is no capture; use `@definition.<kind>`, `@name`, `@body`, `@container` or `@exported`"
            ));
        }
        Ok(Self { query, captures })
    }
}

impl<'t, 'p> Finder<'t, 'p> {
    pub(super) fn new(parsed: &'p Parsed<'t>) -> Self {
        Self {
            parsed,
            candidates: FxHashMap::default(),
            exported: FxHashSet::default(),
        }
    }

    /// What a node defines: nothing, one thing, or several of which only the names differ. To be asked in document order, containers
    /// first, each with the id of its kind.
    pub(super) fn definitions(&mut self, node: Node<'t>, kind: u16) -> Vec<Candidate<'t>> {
        let SymbolQuery { query, captures } = self.parsed.grammar.symbols();
        if query.begins_with(kind) {
            for one in pattern::matches(query, iter::once(node), self.parsed.bytes) {
                let (mut definition, mut name, mut body, mut container) = (None, None, None, None);
                for (capture, found) in one.captures {
                    match captures[usize::from(capture)] {
                        Capture::Definition(kind) => definition = Some((kind, found)),
                        Capture::Name => name = Some(found),
                        Capture::Body => body = Some(found),
                        Capture::Container => container = Some(found),
                        Capture::Exported => _ = self.exported.insert(self.parsed.text(found)),
                        Capture::Unknown => (),
                    }
                }
                if let (Some((kind, node)), Some(name)) = (definition, name) {
                    add(
                        &mut self.candidates,
                        node,
                        Candidate {
                            kind,
                            name,
                            body,
                            container,
                            pattern: one.pattern,
                        },
                    );
                }
            }
        }
        if self.candidates.is_empty() {
            return Vec::new();
        }
        self.candidates.remove(&node.id()).unwrap_or_default()
    }
}

/// Adds what one pattern says of a node; a later pattern of the file says it better.
fn add<'t>(candidates: &mut FxHashMap<usize, Vec<Candidate<'t>>>, node: Node<'t>, candidate: Candidate<'t>) {
    let all = candidates.entry(node.id()).or_default();
    let Some(known) = all.iter_mut().find(|known| known.name == candidate.name) else {
        return all.push(candidate);
    };
    let (body, container) = (known.body.or(candidate.body), known.container.or(candidate.container));
    if candidate.pattern > known.pattern {
        *known = candidate;
    }
    (known.body, known.container) = (body, container);
}

impl Capture {
    fn of(name: &str) -> Self {
        let definition = name.strip_prefix("definition.").and_then(SymbolKind::from_word);
        match (definition, name) {
            (Some(kind), _) => Self::Definition(kind),
            (_, "name") => Self::Name,
            (_, "body") => Self::Body,
            (_, "container") => Self::Container,
            (_, "exported") => Self::Exported,
            _ => Self::Unknown,
        }
    }
}
