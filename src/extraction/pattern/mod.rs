//! Patterns of syntax trees, written as the parser's own queries are (`queries/*.scm`).
//!
//! The parser's library compiles a query by an analysis of the whole grammar, which takes longer than to read a small repository, and runs it
//! by a walk of its own. Here a pattern is taken as it is written, and tried at the nodes of the kind that it begins with.
//!
//! What holds of a pattern is what holds there, but for this: nodes that are repeated (`(x)*`), and what follows nothing at the begin of a list
//! (`. (x)? . (y)`), are next to each other if no named node is between; a comma may be.

mod matching;
mod parse;

use super::tree::Node;
use parse::Parser;
use regex::bytes::Regex;
use std::sync::OnceLock;
use tree_sitter::Language;

pub(super) use matching::matches;

/// Patterns that are tried together.
pub(super) struct Query {
    patterns: Vec<Pattern>,
    captures: Vec<String>,
    /// By the kind of a node: the patterns that begin with it.
    by_kind: Vec<Vec<u16>>,
}

/// Why a text is no query.
#[derive(Debug)]
pub(super) struct QueryError {
    /// The line, counted from 0.
    pub(super) row: usize,
    pub(super) message: String,
    /// It names what the language does not have.
    pub(super) is_foreign: bool,
}

/// What `#set!` says.
pub(super) struct Property {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Default)]
struct Pattern {
    /// Nodes side by side; nearly always one.
    nodes: Vec<Item>,
    predicates: Vec<Predicate>,
    properties: Vec<Property>,
}

/// One node of a list, or one of several.
struct Item {
    shape: Shape,
    field: Option<u16>,
    captures: Vec<u16>,
    repeat: Repeat,
    /// No named node stands between it and what comes before it.
    is_next: bool,
}

enum Shape {
    Node(NodeShape),
    OneOf(Vec<Item>),
    /// Nodes side by side.
    Several(Vec<Item>),
}

struct NodeShape {
    kind: KindIs,
    children: Vec<Item>,
    /// No named node stands behind the last child.
    ends: bool,
    /// Fields that it does not have.
    without: Vec<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KindIs {
    /// Any named node that is no error.
    Any,
    One(u16),
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Repeat {
    #[default]
    Once,
    Maybe,
    Any,
    Some,
}

struct Predicate {
    capture: u16,
    test: Test,
    /// It must not hold.
    is_negated: bool,
}

enum Test {
    IsOneOf(Vec<String>),
    Matches(String, OnceLock<Regex>),
}

impl Query {
    /// Reads the text of a query.
    pub(super) fn new(language: &Language, text: &str) -> Result<Self, QueryError> {
        let mut parser = Parser::new(language, text);
        let patterns = parser.patterns()?;
        let mut by_kind: Vec<Vec<u16>> = vec![Vec::new(); language.node_kind_count()];
        for (at, pattern) in patterns.iter().enumerate() {
            let mut roots = Vec::new();
            pattern.nodes.first().into_iter().for_each(|it| it.roots(&mut roots));
            for kind in roots {
                match kind {
                    KindIs::One(kind) => by_kind[usize::from(kind)].push(at as u16),
                    KindIs::Any => by_kind.iter_mut().for_each(|it| it.push(at as u16)),
                }
            }
        }
        by_kind.iter_mut().for_each(|it| it.dedup());
        Ok(Self {
            captures: parser.captures,
            patterns,
            by_kind,
        })
    }

    pub(super) fn capture_names(&self) -> &[String] {
        &self.captures
    }

    pub(super) fn pattern_count(&self) -> usize {
        self.patterns.len()
    }

    /// What `#set!` says of a pattern.
    pub(super) fn properties(&self, pattern: usize) -> &[Property] {
        self.patterns.get(pattern).map_or(&[], |it| &it.properties)
    }

    /// Whether a pattern begins with nodes of a kind.
    pub(super) fn begins_with(&self, kind: u16) -> bool {
        !self.beginning_with(kind).is_empty()
    }

    fn beginning_with(&self, kind: u16) -> &[u16] {
        self.by_kind.get(usize::from(kind)).map_or(&[], Vec::as_slice)
    }
}

impl Item {
    /// The kinds of node that it can be.
    fn roots(&self, into: &mut Vec<KindIs>) {
        match &self.shape {
            Shape::Node(node) => into.push(node.kind),
            Shape::OneOf(all) => all.iter().for_each(|it| it.roots(into)),
            Shape::Several(all) => all.first().into_iter().for_each(|it| it.roots(into)),
        }
    }
}

impl Predicate {
    /// Whether it holds of what a match captured: of each node with its capture.
    fn holds(&self, captures: &[(u16, Node<'_>)], bytes: &[u8]) -> bool {
        let own = captures.iter().filter(|(capture, _)| *capture == self.capture);
        let mut texts = own.map(|(_, node)| bytes.get(node.byte_range()).unwrap_or_default());
        texts.all(|text| self.test.holds(text) != self.is_negated)
    }
}

impl Test {
    fn holds(&self, text: &[u8]) -> bool {
        match self {
            Self::IsOneOf(words) => words.iter().any(|word| word.as_bytes() == text),
            Self::Matches(pattern, compiled) => compiled
                .get_or_init(|| Regex::new(pattern).expect("the parser of queries has seen it compile"))
                .is_match(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extraction::Grammar;
    use crate::extraction::tree::{self, Tree};
    use std::fs;
    use tree_sitter::{QueryCursor, StreamingIterator as _};

    type Found = (usize, Vec<(String, usize, usize)>);

    fn sorted(mut all: Vec<Found>) -> Vec<Found> {
        all.iter_mut().for_each(|(_, captures)| captures.sort());
        all.sort();
        all
    }

    /// What the parser's own library finds.
    fn theirs(query: &tree_sitter::Query, tree: &tree_sitter::Tree, text: &[u8]) -> Vec<Found> {
        let (mut cursor, mut all) = (QueryCursor::new(), Vec::new());
        let mut found = cursor.matches(query, tree.root_node(), text);
        while let Some(one) = found.next() {
            let name = |at: u32| query.capture_names()[at as usize].to_owned();
            let captures = one.captures().iter();
            let captures = captures.map(|it| (name(it.index), it.node.start_byte(), it.node.end_byte()));
            all.push((one.pattern_index, captures.collect()));
        }
        sorted(all)
    }

    fn ours(query: &Query, tree: &Tree<'_>, text: &[u8]) -> Vec<Found> {
        let name = |at: u16| query.captures[usize::from(at)].clone();
        let captures = |it: matching::Match<'_>| {
            let captures = it.captures.iter();
            let captures = captures.map(|(at, node)| (name(*at), node.start_byte(), node.end_byte()));
            (it.pattern, captures.collect())
        };
        sorted(
            matches(query, tree.root().nodes(), text)
                .into_iter()
                .map(captures)
                .collect(),
        )
    }

    #[test]
    fn patterns_find_what_the_parsers_own_library_finds() {
        let (mut common, mut more) = (0, 0);
        for grammar in Grammar::all() {
            let folder = format!("{}/grammars/{}/corpus", env!("CARGO_MANIFEST_DIR"), grammar.name());
            let mut parser = tree_sitter::Parser::new();
            parser.set_language(grammar.language()).expect("a parser of this build");
            for name in ["symbols", "imports", "contracts"] {
                let text = grammar.file(&format!("queries/{name}.scm")).unwrap_or_default();
                let Ok(known) = tree_sitter::Query::new(grammar.language(), text) else {
                    continue;
                };
                let own = Query::new(grammar.language(), text).expect("what the library reads");
                for file in fs::read_dir(&folder).expect("a corpus") {
                    // Cases, headings and expected answers together are code with many errors.
                    let code = fs::read(file.expect("an entry").path()).expect("a file");
                    let tree = parser.parse(&code, None).expect("no limit is set");
                    let (theirs, ours) = (
                        theirs(&known, &tree, &code),
                        ours(&own, &Tree::of(&tree, grammar.kinds()), &code),
                    );
                    for one in &theirs {
                        assert!(ours.binary_search(one).is_ok(), "{} {name} {one:?}", grammar.name());
                    }
                    common += theirs.len();
                    more += ours.len() - theirs.len();
                }
            }
        }
        assert!(common > 1_000, "{common}");
        assert!(more * 20 < common, "{more} of {common}");
    }

    #[test]
    fn what_is_wrong_in_a_query_is_told_by_its_line() {
        let rust = Grammar::named("rust").expect("a grammar");
        let told = |text: &str| match Query::new(rust.language(), text) {
            Ok(_) => panic!("`{text}` is no query"),
            Err(error) => format!("{} {} {}", error.row, error.is_foreign, error.message),
        };
        assert_eq!(told("(block)\n(blok)"), "1 true the parser has no node `blok`");
        assert_eq!(told("(block names: (_))"), "0 true the parser has no field `names`");
        assert_eq!(told("(block"), "0 false `)` is missing");
        assert_eq!(told("((block) @a (#is? @a))"), "0 false `#is?` says nothing of `@a`");
        assert_eq!(
            told("((block) @a (#match? @a \"(\"))"),
            "0 false a regular expression cannot be read"
        );
        assert!(
            told("(_expression)").contains("stands for several kinds"),
            "{}",
            told("(_expression)")
        );
    }

    #[test]
    fn a_pattern_that_matches_in_too_many_ways_ends() {
        let rust = Grammar::named("rust").expect("a grammar");
        let code = format!("fn f() {{ {} }}", "a; ".repeat(3_000));
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(rust.language()).expect("a parser of this build");
        let tree = parser.parse(&code, None).expect("no limit is set");
        let query = "(block (_) (_) (_) (_) @a)\n(function_item name: (_) @name)";
        let query = Query::new(rust.language(), query).expect("a query");
        let tree = Tree::of(&tree, rust.kinds());
        for _ in 0..tree::MOST_LOOKS - 100_000 {
            assert!(tree.root().may_be_looked_at());
        }
        let found = matches(&query, tree.root().nodes(), code.as_bytes());
        assert!(tree.is_too_much());
        assert!(found.iter().any(|it| it.pattern == 1), "what comes before is found");
        assert!(found.len() < 5_000, "{}", found.len());
    }
}
