//! A syntax tree laid out flat: its nodes in document order, each knowing what it is in and where it ends.
//!
//! Extraction looks at a node many times, and asks often for what is around it. The parser's own tree answers that by a descent from the root.

use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::num::NonZeroU16;
use std::ops::Range;
use tree_sitter::Language;

/// What the kinds and fields of a language are called.
pub(super) struct Kinds {
    names: Vec<String>,
    named: Vec<bool>,
    fields: FxHashMap<String, u16>,
}

/// How often patterns look at nodes of one file.
pub(super) const MOST_LOOKS: usize = 20_000_000;

/// The kind of what the parser could not read.
const ERROR: u16 = u16::MAX;

impl Kinds {
    pub(super) fn of(language: &Language) -> Self {
        let ids = || 0..language.node_kind_count() as u16;
        let fields =
            (1..=language.field_count() as u16).filter_map(|id| Some((language.field_name_for_id(id)?.to_owned(), id)));
        Self {
            names: ids()
                .map(|id| language.node_kind_for_id(id).unwrap_or_default().to_owned())
                .collect(),
            named: ids().map(|id| language.node_kind_is_named(id)).collect(),
            fields: fields.collect(),
        }
    }

    fn name(&self, kind: u16) -> &str {
        self.names.get(usize::from(kind)).map_or("ERROR", String::as_str)
    }

    fn is_named(&self, kind: u16) -> bool {
        self.named.get(usize::from(kind)).copied().unwrap_or(kind == ERROR)
    }
}

/// The syntax tree of a text.
pub(super) struct Tree<'t> {
    kinds: &'t Kinds,
    entries: Vec<Entry>,
    lines: u32,
    /// How often patterns may still look at a node: in code made for that, one can match in more ways than there is time for.
    looks: Cell<usize>,
}

struct Entry {
    kind: u16,
    /// The field of its parent that it stands in, or 0.
    field: u16,
    start: u32,
    end: u32,
    /// The rows of its first byte and of its last.
    rows: (u32, u32),
    parent: u32,
    /// The first node behind it that is not in it.
    next: u32,
    marks: Marks,
}

#[derive(Clone, Copy)]
struct Marks {
    is_extra: bool,
    is_missing: bool,
    has_error: bool,
}

impl<'t> Tree<'t> {
    pub(super) fn of(tree: &'t tree_sitter::Tree, kinds: &'t Kinds) -> Self {
        let root = tree.root_node();
        let end = root.end_position();
        let mut out = Self {
            kinds,
            entries: Vec::with_capacity(root.descendant_count()),
            lines: (end.row + usize::from(end.column > 0)) as u32,
            looks: Cell::new(MOST_LOOKS),
        };
        let has_errors = root.has_error();
        let mut cursor = root.walk();
        let mut parent = 0;
        loop {
            let at = out.entries.len() as u32;
            out.add(&cursor, parent, has_errors);
            if cursor.goto_first_child() {
                parent = at;
                continue;
            }
            out.end(at);
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return out;
                }
                out.end(parent);
                parent = out.entries[parent as usize].parent;
            }
        }
    }

    fn add(&mut self, cursor: &tree_sitter::TreeCursor<'t>, parent: u32, has_errors: bool) {
        let node = cursor.node();
        let range = node.byte_range();
        let (start, end) = (node.start_position(), node.end_position());
        // A node that ends with a line break has no byte on the next row.
        let last = end.row - usize::from(end.column == 0 && end.row > start.row);
        self.entries.push(Entry {
            kind: node.kind_id(),
            field: cursor.field_id().map_or(0, NonZeroU16::get),
            start: range.start as u32,
            end: range.end as u32,
            rows: (start.row as u32, last as u32),
            parent,
            next: 0,
            marks: Marks {
                is_extra: node.is_extra(),
                is_missing: has_errors && node.is_missing(),
                has_error: has_errors && node.has_error(),
            },
        });
    }

    /// All nodes so far that come behind a node are in it.
    fn end(&mut self, at: u32) {
        let next = self.entries.len() as u32;
        self.entries[at as usize].next = next;
    }

    /// Whether patterns looked at more than they may, so that some of what they would find was not found.
    pub(super) fn is_too_much(&self) -> bool {
        self.looks.get() == 0
    }

    /// How many lines have a byte of the root.
    pub(super) fn lines(&self) -> u32 {
        self.lines
    }

    pub(super) fn root(&'t self) -> Node<'t> {
        Node { tree: self, at: 0 }
    }
}

/// A node of a [`Tree`], by its place.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    tree: &'t Tree<'t>,
    at: u32,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at && std::ptr::eq(self.tree, other.tree)
    }
}

impl Eq for Node<'_> {}

impl<'t> Node<'t> {
    fn entry(&self) -> &'t Entry {
        &self.tree.entries[self.at as usize]
    }

    fn with(&self, at: u32) -> Self {
        Self { at, ..*self }
    }

    /// What tells it from every other node of its tree.
    pub(super) fn id(&self) -> usize {
        self.at as usize
    }

    pub(super) fn kind_id(&self) -> u16 {
        self.entry().kind
    }

    pub(super) fn kind(&self) -> &'t str {
        self.tree.kinds.name(self.entry().kind)
    }

    /// The field of its parent that it stands in, or 0.
    pub(super) fn field_id(&self) -> u16 {
        self.entry().field
    }

    /// Counts a look of a pattern at it; false if there were too many in its tree.
    pub(super) fn may_be_looked_at(&self) -> bool {
        let left = self.tree.looks.get();
        self.tree.looks.set(left.saturating_sub(1));
        left > 0
    }

    pub(super) fn is_named(&self) -> bool {
        self.tree.kinds.is_named(self.entry().kind)
    }

    pub(super) fn is_extra(&self) -> bool {
        self.entry().marks.is_extra
    }

    pub(super) fn is_error(&self) -> bool {
        self.entry().kind == ERROR
    }

    pub(super) fn is_missing(&self) -> bool {
        self.entry().marks.is_missing
    }

    pub(super) fn has_error(&self) -> bool {
        self.entry().marks.has_error
    }

    pub(super) fn start_byte(&self) -> usize {
        self.entry().start as usize
    }

    pub(super) fn end_byte(&self) -> usize {
        self.entry().end as usize
    }

    pub(super) fn byte_range(&self) -> Range<usize> {
        self.start_byte()..self.end_byte()
    }

    /// The line of its first byte, counted from 1.
    pub(super) fn line(&self) -> u32 {
        self.entry().rows.0 + 1
    }

    /// The line of its last byte.
    pub(super) fn last_line(&self) -> u32 {
        self.entry().rows.1 + 1
    }

    pub(super) fn parent(&self) -> Option<Self> {
        (self.at > 0).then(|| self.with(self.entry().parent))
    }

    /// It and all nodes in it, in document order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Self> + use<'t> {
        let tree = self.tree;
        (self.at..self.entry().next).map(move |at| Node { tree, at })
    }

    pub(super) fn children(&self) -> Children<'t> {
        Children {
            node: self.with(self.at + 1),
            end: self.entry().next,
        }
    }

    pub(super) fn named_children(&self) -> impl Iterator<Item = Self> + use<'t> {
        self.children().filter(|it| it.is_named())
    }

    pub(super) fn is_leaf(&self) -> bool {
        self.entry().next == self.at + 1
    }

    pub(super) fn child_count(&self) -> usize {
        self.children().count()
    }

    pub(super) fn named_child_count(&self) -> usize {
        self.named_children().count()
    }

    pub(super) fn child(&self, at: u32) -> Option<Self> {
        self.children().nth(at as usize)
    }

    pub(super) fn named_child(&self, at: u32) -> Option<Self> {
        self.named_children().nth(at as usize)
    }

    pub(super) fn last_named_child(&self) -> Option<Self> {
        self.named_children().last()
    }

    pub(super) fn children_by_field_id(&self, field: u16) -> impl Iterator<Item = Self> + use<'t> {
        self.children()
            .filter(move |it| field != 0 && it.entry().field == field)
    }

    pub(super) fn child_by_field_id(&self, field: u16) -> Option<Self> {
        self.children_by_field_id(field).next()
    }

    /// The number of a field of the language.
    pub(super) fn field(&self, name: &str) -> Option<u16> {
        self.tree.kinds.fields.get(name).copied()
    }

    pub(super) fn children_by_field_name(&self, name: &str) -> impl Iterator<Item = Self> + use<'t> {
        let field = self.field(name);
        self.children().filter(move |it| Some(it.entry().field) == field)
    }

    pub(super) fn child_by_field_name(&self, name: &str) -> Option<Self> {
        self.children_by_field_name(name).next()
    }

    pub(super) fn next_sibling(&self) -> Option<Self> {
        let (next, parent) = (self.entry().next, self.parent()?);
        (next < parent.entry().next).then(|| self.with(next))
    }

    pub(super) fn prev_sibling(&self) -> Option<Self> {
        let siblings = self.parent()?.children();
        siblings.take_while(|it| it.at < self.at).last()
    }

    pub(super) fn next_named_sibling(&self) -> Option<Self> {
        std::iter::successors(self.next_sibling(), |it| it.next_sibling()).find(|it| it.is_named())
    }

    pub(super) fn prev_named_sibling(&self) -> Option<Self> {
        let siblings = self.parent()?.named_children();
        siblings.take_while(|it| it.at < self.at).last()
    }

    pub(super) fn walk(&self) -> Cursor<'t> {
        Cursor {
            root: *self,
            node: *self,
        }
    }
}

/// The children of a node, in order.
#[derive(Clone)]
pub(super) struct Children<'t> {
    node: Node<'t>,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        let node = self.node;
        if node.at >= self.end {
            return None;
        }
        self.node = node.with(node.entry().next);
        Some(node)
    }
}

/// A walk over the nodes in one node.
pub(super) struct Cursor<'t> {
    root: Node<'t>,
    node: Node<'t>,
}

impl<'t> Cursor<'t> {
    pub(super) fn node(&self) -> Node<'t> {
        self.node
    }

    pub(super) fn goto_first_child(&mut self) -> bool {
        let is_leaf = self.node.is_leaf();
        if !is_leaf {
            self.node.at += 1;
        }
        !is_leaf
    }

    pub(super) fn goto_next_sibling(&mut self) -> bool {
        let next = self.node.next_sibling().filter(|_| self.node != self.root);
        next.inspect(|&next| self.node = next).is_some()
    }

    pub(super) fn goto_parent(&mut self) -> bool {
        let parent = self.node.parent().filter(|_| self.node != self.root);
        parent.inspect(|&parent| self.node = parent).is_some()
    }
}
