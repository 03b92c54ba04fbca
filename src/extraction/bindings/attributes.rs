//! What attributes and texts name: `#[case(Shape::Round)]`, `#[serde(default = "port")]`, `format!("{LIMIT}")`.
//!
//! A literal is no fact: a name in one counts only where a scope of the file defines or imports what it begins with, and further names in it are
//! digests unless the code of the file has them.

use super::collect::Lowering;
use super::place::place;
use super::scopes::{Entry, PathDraft, Space};
use super::walk::{Frame, Surveyor};
use super::{Expr, ExprId, Reference, ReferenceKind};
use crate::extraction::facts::{SymbolIdx, SymbolKind, digest};
use crate::extraction::parsed::line_of;
use crate::extraction::tree::Node;

/// How many tokens of one attribute are looked at.
const MAX_TOKENS: usize = 256;

/// How many parts of one text are looked at, and how long a path in one is.
const MAX_PARTS: usize = 32;
const MAX_BYTES: usize = 160;

impl<'t> Surveyor<'t, '_> {
    /// Notes the paths among the arguments of an attribute, and the names that stand for values.
    pub(super) fn read_attribute_values(&mut self, attribute: Node<'t>, symbol: SymbolIdx, scope: u32) {
        let words = &self.rules.words;
        let Some((inside, list)) = attribute
            .named_child(0)
            .and_then(|it| Some((it, it.child_by_field_name("arguments")?)))
        else {
            return;
        };
        let name = inside.named_child(0).map_or("", |it| self.parsed.text(it));
        if words.attribute_paths.is_empty() || name == words.derive_attribute {
            return;
        }
        let of = name.split("::").next().unwrap_or_default();
        let are_values = words.value_attributes.iter().any(|it| it == of);
        let mut tokens = Vec::new();
        flatten(list, &mut tokens, 0);
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let is_value = at > 0 && tokens[at - 1].kind() == "=";
            if token.kind() == "string_literal" {
                if is_value && at > 1 && self.is_path_key(tokens[at - 2]) {
                    self.note_text_path(*token, symbol, scope);
                }
                at += 1;
                continue;
            }
            let path = path_at(&tokens[at..]);
            let length = (path.len() * 2).saturating_sub(1).max(1);
            if path.len() > 1 || (path.len() == 1 && (is_value || are_values)) {
                let segments = path.iter().map(|it| self.parsed.text(*it)).collect();
                self.survey.paths.push(PathDraft {
                    segments,
                    node: *token,
                    scope,
                    within: Some(symbol),
                    is_called: tokens.get(at + length).is_some_and(|it| it.kind() == "("),
                    is_text: false,
                });
            }
            at += length;
        }
    }

    fn is_path_key(&self, key: Node<'t>) -> bool {
        let words = &self.rules.words;
        let text = self.parsed.text(key);
        words.attribute_paths.iter().any(|it| it == text)
    }

    fn note_text_path(&mut self, node: Node<'t>, symbol: SymbolIdx, scope: u32) {
        let text = self.literal_text(node);
        let Some(path) = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')) else {
            return;
        };
        let segments: Vec<&'t str> = path.split("::").collect();
        if path.len() <= MAX_BYTES && segments.iter().all(|it| is_name(it)) {
            self.survey.paths.push(PathDraft {
                segments,
                node,
                scope,
                within: Some(symbol),
                is_called: false,
                is_text: true,
            });
        }
    }

    /// Notes the constants that the text of a macro like `format!` names.
    pub(super) fn note_constants(&mut self, node: Node<'t>, frame: &Frame<'t>) {
        let list = node.parent();
        let call = list.and_then(|it| it.parent());
        let callee = call.and_then(|it| place(it, &super::place::Place::of("function")));
        if !callee.is_some_and(|it| self.parsed.is_macro_name(it)) {
            return;
        }
        let text = self.literal_text(node);
        let mut brackets = 0;
        for part in text.split('{').take(MAX_PARTS) {
            // Two brackets stand for one, and begin nothing.
            let begins = brackets % 2 == 1;
            brackets = if part.is_empty() { brackets + 1 } else { 1 };
            let name = part.split(['}', ':']).next().unwrap_or_default();
            if begins && name.len() < part.len() && is_constant(name) {
                self.survey.paths.push(PathDraft {
                    segments: vec![name],
                    node,
                    scope: frame.scope,
                    within: frame.symbol,
                    is_called: false,
                    is_text: true,
                });
            }
        }
    }

    /// Literals are hidden from everything that makes names.
    fn literal_text(&self, node: Node<'t>) -> &'t str {
        let text = self.parsed.original.get(node.byte_range());
        text.and_then(|it| std::str::from_utf8(it).ok()).unwrap_or_default()
    }
}

impl<'t> Lowering<'t, '_> {
    /// What attributes and texts name is read there, or called.
    pub(super) fn paths_of_attributes(&mut self) {
        let survey = self.survey;
        for draft in &survey.paths {
            let Some(target) = self.path_target(draft) else {
                continue;
            };
            let last = draft.segments.last().copied().unwrap_or_default();
            let name = match self.names.known(last) {
                Some(known) => known,
                None if draft.is_text => self.names.id("_"),
                None => self.names.id(last),
            };
            let is_function = draft.is_called && last.starts_with(|it: char| it.is_lowercase());
            let kind = if is_function {
                ReferenceKind::Call
            } else {
                ReferenceKind::Read
            };
            let reference = Reference {
                kind,
                target,
                name,
                line: line_of(draft.node),
                within: draft.within,
                arguments: None,
                given: None,
                values: Box::default(),
            };
            self.found.push((draft.node.start_byte() as u32, reference));
        }
    }

    fn path_target(&mut self, draft: &PathDraft<'t>) -> Option<ExprId> {
        let (first, rest) = draft.segments.split_first()?;
        let space = if rest.is_empty() { Space::Value } else { Space::PathHead };
        let at = draft.node.start_byte();
        let find = |space| self.survey.find(self.symbols, first, draft.scope, at, space);
        let found = match find(space) {
            Err(_) if draft.is_text => find(Space::PathHead),
            found => found,
        };
        let head = match found {
            Ok(Entry::Symbol(symbol)) if !rest.is_empty() || self.is_value(symbol) => Expr::Symbol(symbol),
            Ok(Entry::Import(import)) => Expr::Import(import),
            Err(module) if matches!(*first, "crate" | "self" | "super") && !rest.is_empty() => Expr::Name {
                name: self.names.id(first),
                module,
                arity: 0,
            },
            _ => return None,
        };
        let mut of = self.keep(head);
        let mut is_hidden = false;
        for segment in rest {
            let known = match self.names.known(segment) {
                None if !draft.is_text || self.defines(segment) => Some(self.names.id(segment)),
                known => known,
            };
            is_hidden |= known.is_none();
            of = match known.filter(|_| !is_hidden) {
                Some(name) => self.keep(Expr::Path(of, name)),
                None => self.keep(Expr::Keyed(of, digest(segment))),
            };
        }
        Some(of)
    }

    fn defines(&self, name: &str) -> bool {
        self.symbols.iter().any(|it| self.parsed.text(it.name) == name)
    }

    /// Whether a name alone can be a value, and is no word of an attribute.
    fn is_value(&self, symbol: SymbolIdx) -> bool {
        let kind = self.symbols[symbol.0 as usize].kind;
        matches!(
            kind,
            SymbolKind::Function
                | SymbolKind::Constant
                | SymbolKind::Variable
                | SymbolKind::Struct
                | SymbolKind::Module
        )
    }
}

/// The tokens of a tree of them, brackets included.
fn flatten<'t>(tree: Node<'t>, out: &mut Vec<Node<'t>>, depth: u8) {
    for token in tree.children() {
        if out.len() >= MAX_TOKENS || depth > 16 {
            return;
        }
        match token.kind() {
            "token_tree" => flatten(token, out, depth + 1),
            _ => out.push(token),
        }
    }
}

/// The segments of the path that tokens begin with.
fn path_at<'t>(tokens: &[Node<'t>]) -> Vec<Node<'t>> {
    let is_segment = |it: &Node<'t>| matches!(it.kind(), "identifier" | "crate" | "self" | "super");
    let mut path: Vec<Node<'t>> = Vec::new();
    let mut tokens = tokens.iter();
    while let Some(segment) = tokens.next().filter(|it| is_segment(it)) {
        path.push(*segment);
        if tokens.next().is_none_or(|it| it.kind() != "::") {
            break;
        }
    }
    path
}

fn is_name(text: &str) -> bool {
    let is_word = text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    is_word && !text.is_empty() && !text.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether a name is one of a constant and of no variable.
fn is_constant(name: &str) -> bool {
    is_name(name)
        && name.len() > 1
        && !name.bytes().any(|it| it.is_ascii_lowercase())
        && name.starts_with(|it: char| it.is_ascii_uppercase())
}
