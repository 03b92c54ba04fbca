//! What is set apart while a file is walked: strings that errors have cut up, comments, attributes, literals.

use super::{State, Walk};
use crate::extraction::docs;
use crate::extraction::grammar::{Flags, NodeKind};
use crate::extraction::tree::Node;

/// A longer comment inside a body is code that was put out of use, or a licence.
const LONGEST_REMARK: usize = 2_000;

impl<'t> Walk<'t, '_> {
    /// Whether a node stands in a string that an error has cut up. Nothing of it is read then.
    pub(super) fn is_in_cut_string(&mut self, node: Node<'t>) -> bool {
        let original = self.parsed.original;
        if node.is_error() {
            let text = original.get(node.byte_range()).unwrap_or_default();
            if opens_string(text) {
                self.quoted_from = self.quoted_from.min(node.start_byte());
            }
            if is_lone_quote(text) {
                let rest = original.get(node.end_byte()..).unwrap_or_default();
                let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                self.quoted_line = node.start_byte()..node.end_byte() + line;
                self.hidden.push(self.quoted_line.clone());
            }
        }
        if node.is_leaf() && self.quoted_line.contains(&node.start_byte()) {
            return true;
        }
        let is_after = node.start_byte() >= self.quoted_from;
        if is_after {
            self.hidden.push(node.byte_range());
        }
        is_after
    }

    /// Takes what is not looked into: comments, attributes, what a grammar leaves unread, and labels of sections. Literals are hidden.
    pub(super) fn is_set_apart(&mut self, node: Node<'t>, kind: &NodeKind, state: &State) -> bool {
        if kind.flags.has(Flags::COMMENT) {
            self.comment(node, state);
            return true;
        }
        let may_be_literal = !kind.flags.has(Flags::IDENTIFIER);
        if (state.broken || may_be_literal) && node.is_leaf() && (state.broken || self.is_literal()) {
            self.hidden.push(node.byte_range());
        }
        if kind.flags.has(Flags::ATTRIBUTE) {
            self.attributes.push(node);
        } else if kind.flags.has(Flags::UNREAD) {
            self.hidden.push(node.byte_range());
        } else if kind.flags.has(Flags::SECTION) {
            let section = self.modifier_visibility(self.parsed.text(node));
            if let [.., around, _] = self.levels.as_mut_slice() {
                around.state.section = section.or(around.state.section);
            }
        } else {
            return false;
        }
        true
    }

    /// Whether the leaf on top of the path is a literal or part of one, and not the name of a module.
    fn is_literal(&self) -> bool {
        let mut path = self.levels.iter().rev().map(|level| self.nodes.kind(level.kind));
        let mut is_literal = || path.next().is_some_and(|kind| kind.literal.is_some());
        (is_literal() || is_literal()) && !path.next().is_some_and(|around| around.flags.has(Flags::SOURCE))
    }

    /// Documentation and attributes reach the next definition only, through the nodes that wrap it.
    pub(super) fn forget_docs(&mut self, kind: &NodeKind) {
        if !kind.flags.has(Flags::VISIBILITY) {
            self.docs.clear();
            self.attributes.clear();
        }
    }

    fn comment(&mut self, node: Node<'t>, state: &State) {
        self.comment_words(node, state);
        if self.parsed.grammar.manifest().comments.adjacent && docs::is_behind_code(self.parsed, node) {
            return;
        }
        match docs::comment_kind(self.parsed, node) {
            Some(docs::CommentKind::Line) => {
                let follows_block = self
                    .docs
                    .last()
                    .is_some_and(|it| docs::is_block(self.parsed, it.clone()));
                if follows_block {
                    self.docs.clear();
                }
                self.docs.push(node.byte_range());
            }
            Some(docs::CommentKind::Block) => {
                self.docs.clear();
                self.docs.push(node.byte_range());
            }
            Some(docs::CommentKind::Inner) => {
                let around = state.symbol.map(|symbol| &mut self.drafts[symbol as usize]);
                // In a function it would be a comment among statements.
                if let Some(draft) = around.filter(|draft| !draft.kind.is_callable()) {
                    draft.docs.push(node.byte_range());
                }
            }
            None => (),
        }
    }

    /// Words of a remark inside a body count with the words of the body, those of one between definitions with the words of the file.
    fn comment_words(&mut self, node: Node<'t>, state: &State) {
        let text = self.parsed.text(node);
        if state.broken || text.len() > LONGEST_REMARK {
            return;
        }
        match state.symbol.map(|symbol| &mut self.drafts[symbol as usize]) {
            Some(draft) if node.start_byte() >= draft.behaviour_start => {
                self.vocabulary.add(&mut draft.vocabulary, text);
            }
            None if docs::comment_kind(self.parsed, node).is_none() => self.vocabulary.add(&mut self.rest, text),
            Some(_) | None => (),
        }
    }
}

/// Whether a syntax error is about the quotes of a string over several lines.
fn opens_string(error: &[u8]) -> bool {
    let open = |quote: &[u8]| error.windows(3).filter(|window| *window == quote).count() % 2 == 1;
    open(b"\"\"\"") || open(b"'''")
}

/// Whether a syntax error is a quote that was never closed.
fn is_lone_quote(error: &[u8]) -> bool {
    matches!(error, b"\"" | b"'" | b"`")
}
