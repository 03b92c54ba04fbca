//! The definitions of a file, as `queries/symbols.scm` finds them.

use super::facts::SymbolKind;
use super::parsed::Parsed;
use super::tree::Node;
use rustc_hash::{FxHashMap, FxHashSet};
use tree_sitter::{Language, Query, QueryCursor, StreamingIterator as _};

/// Finds definitions while a walk comes by their nodes.
///
/// A query is run at the nodes its patterns begin with, and never below them: over a whole file it would cost more than the walk.
pub(super) struct Finder<'t, 'p> {
    parsed: &'p Parsed<'t>,
    cursor: QueryCursor,
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
    /// By node kind: whether a pattern begins with it.
    roots: Vec<bool>,
}

impl SymbolQuery {
    /// Prepares a query; fails with the capture or pattern it cannot use.
    pub(super) fn new(query: Query, text: &str, language: &Language) -> Result<Self, String> {
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
        let mut roots = vec![false; language.node_kind_count()];
        for pattern in 0..query.pattern_count() {
            let text = text.get(query.start_byte_for_pattern(pattern)..).unwrap_or_default();
            let kind = text
                .trim_start_matches('(')
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default();
            let ids = (0..roots.len() as u16).filter(|&id| language.node_kind_is_named(id));
            let mut ids = ids.filter(|&id| language.node_kind_for_id(id) == Some(kind)).peekable();
            if ids.peek().is_none() {
                return Err(format!("a pattern must begin with a node, and `{kind}` is none"));
            }
            ids.for_each(|id| roots[usize::from(id)] = true);
        }
        Ok(Self { query, captures, roots })
    }
}

impl<'t, 'p> Finder<'t, 'p> {
    pub(super) fn new(parsed: &'p Parsed<'t>) -> Self {
        let mut cursor = QueryCursor::new();
        cursor.set_match_limit(MATCH_LIMIT);
        cursor.set_max_start_depth(Some(0));
        Self {
            parsed,
            cursor,
            candidates: FxHashMap::default(),
            exported: FxHashSet::default(),
        }
    }

    /// What a node defines: nothing, one thing, or several of which only the names differ. To be asked in document order, containers
    /// first, each with the id of its kind.
    pub(super) fn definitions(&mut self, node: Node<'t>, kind: u16) -> Vec<Candidate<'t>> {
        let SymbolQuery { query, captures, roots } = self.parsed.grammar.symbols();
        if roots.get(usize::from(kind)) == Some(&true) {
            let mut matches = self.cursor.matches(query, node.raw(), self.parsed.bytes);
            while let Some(one) = matches.next() {
                let (mut definition, mut name, mut body, mut container) = (None, None, None, None);
                for capture in one.captures() {
                    let Some(found) = node.tree().find(capture.node) else {
                        continue;
                    };
                    match captures[capture.index as usize] {
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
                            pattern: one.pattern_index,
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

/// How many matches the query keeps open at once.
const MATCH_LIMIT: u32 = 4096;

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
