//! A parsed file on its way to becoming facts: what the walks over one syntax tree share.

use super::facts::{NameId, SymbolIdx, SymbolKind};
use super::tree::Node;
use super::{Fragment, Grammar};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// The syntax tree of one file and the bytes it was made from.
pub(super) struct Parsed<'t> {
    pub(super) grammar: &'t Grammar,
    pub(super) root: Node<'t>,
    /// What was parsed: the original with repairs applied. Node ranges hold for both, since repairs keep every offset.
    pub(super) bytes: &'t [u8],
    /// The bytes of the file before repairs.
    pub(super) original: &'t [u8],
    /// Repairs may have made capitals of letters.
    pub(super) is_renamed: bool,
    /// Ranges without a text, in order: under a syntax error, where they may be words of a string that was never closed,
    /// the tokens of macros, and literals that do not name modules.
    pub(super) hidden: Vec<Range<usize>>,
    /// The names of macros that are blanked around their items, in order.
    pub(super) item_macros: &'t [Range<usize>],
}

impl<'t> Parsed<'t> {
    /// The text of a node; empty for what is hidden.
    pub(super) fn text(&self, node: Node<'_>) -> &'t str {
        self.slice(node.byte_range())
    }

    /// The name that a node is, without the mark that makes a literal of it (`:name`).
    pub(super) fn name(&self, node: Node<'_>) -> &'t str {
        let marked = &self.grammar.manifest().quoted_names;
        if !marked.iter().any(|it| it == node.kind()) {
            return self.text(node);
        }
        let text = std::str::from_utf8(self.bytes.get(node.byte_range()).unwrap_or_default());
        let name = text.unwrap_or_default().trim_start_matches(':');
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let is_name = name.trim_end_matches(['?', '!', '=']).chars().all(is_part);
        if is_name { name } else { "" }
    }

    /// The text of a byte range.
    pub(super) fn slice(&self, range: Range<usize>) -> &'t str {
        let next = self.hidden.partition_point(|hidden| hidden.end <= range.start);
        if self.hidden.get(next).is_some_and(|hidden| hidden.start < range.end) {
            return "";
        }
        let bytes = self.bytes.get(range.clone()).unwrap_or_default();
        // Where only letters were made capitals for the parser, the text is what it was.
        let was = self.original.get(range).filter(|_| self.is_renamed);
        let was = was.filter(|was| was.eq_ignore_ascii_case(bytes));
        std::str::from_utf8(was.unwrap_or(bytes)).unwrap_or_default()
    }

    /// The bytes at which the lines of the file begin; none where nobody asks for lines of bytes.
    pub(super) fn line_starts(&self) -> Vec<usize> {
        if self.item_macros.is_empty() {
            return Vec::new();
        }
        let bytes = self.original.iter().enumerate();
        let after = bytes.filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        std::iter::once(0).chain(after).collect()
    }

    /// Whether a node is part of something larger that nothing is read of.
    pub(super) fn is_within_hidden(&self, node: Node<'_>) -> bool {
        let range = node.byte_range();
        let around = |hidden: &Range<usize>| hidden.start <= range.start && hidden.end >= range.end && *hidden != range;
        let next = self.hidden.partition_point(|hidden| hidden.end < range.end);
        self.hidden[next..]
            .iter()
            .take_while(|hidden| hidden.start <= range.start)
            .any(around)
    }

    /// Whether `callee`, which reads as the function of a call, is the name of a macro whose `!` a repair blanked.
    pub(super) fn is_macro_name(&self, callee: Node<'_>) -> bool {
        let end = callee.end_byte();
        self.bytes.get(end) != self.original.get(end) && self.original.get(end) == Some(&b'!')
    }
}

/// The line of a node's first byte, counted from 1.
pub(super) fn line_of(node: Node<'_>) -> u32 {
    node.line()
}

/// A node as the first walk over a tree met it; the second goes over these, which costs less than the tree.
#[derive(Clone, Copy)]
pub(super) struct Visited<'t> {
    pub(super) node: Node<'t>,
    /// The id of its kind.
    pub(super) kind: u16,
    /// How many of these have been met when the node was left.
    pub(super) next: u32,
    /// The nodes inside it were met too, but for words that stand for themselves.
    pub(super) is_entered: bool,
    /// It defines symbols.
    pub(super) defines: bool,
}

/// One definition in the tree, in the order of [`super::FileFacts::symbols`].
pub(super) struct SymbolNode<'t> {
    pub(super) index: SymbolIdx,
    pub(super) kind: SymbolKind,
    pub(super) container: Option<SymbolIdx>,
    /// The defining node, without the wrappers around it (`export`, decorators).
    pub(super) node: Node<'t>,
    pub(super) name: Node<'t>,
    /// Further assignments to what an assignment defines.
    pub(super) again: Vec<Node<'t>>,
}

/// The names of one file, each kept once.
#[derive(Default)]
pub(super) struct Names<'t> {
    ids: FxHashMap<&'t str, NameId>,
    /// Those that are no part of the text as it stands.
    made: FxHashMap<String, NameId>,
    all: Vec<Fragment>,
}

impl<'t> Names<'t> {
    /// The id of a name, new or known.
    pub(super) fn id(&mut self, name: &'t str) -> NameId {
        let next = NameId(self.all.len() as u32);
        *self.ids.entry(name).or_insert_with(|| {
            self.all.push(Fragment::new(name));
            next
        })
    }

    /// The id of a name that is known.
    pub(super) fn known(&self, name: &str) -> Option<NameId> {
        self.ids.get(name).copied()
    }

    /// The id of a name that is no part of the text as it stands.
    pub(super) fn id_of(&mut self, name: &str) -> NameId {
        if let Some(known) = self.ids.get(name).or_else(|| self.made.get(name)) {
            return *known;
        }
        let next = NameId(self.all.len() as u32);
        self.made.insert(name.to_owned(), next);
        self.all.push(Fragment::new(name));
        next
    }

    /// The names so far, in the order of their ids.
    pub(super) fn all(&self) -> &[Fragment] {
        &self.all
    }

    /// The names in the order of their ids.
    pub(super) fn into_fragments(self) -> Vec<Fragment> {
        self.all
    }
}
