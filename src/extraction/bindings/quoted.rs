//! Types in quotes (`def f(of: "Device")`): the names in them that the file defines or imports are uses of those. Nothing of the text itself is kept.

use super::collect::Lowering;
use super::rules::TypeRule;
use super::scopes::{Entry, QuotedDraft, Space};
use super::walk::{Frame, Surveyor};
use super::{Expr, Reference, ReferenceKind};
use crate::extraction::parsed::line_of;
use crate::extraction::tree::Node;

/// How long such a type is at most, and how many names are looked up.
const MAX_BYTES: usize = 240;
const MAX_NAMES: usize = 12;

impl<'t> Surveyor<'t, '_> {
    /// Notes a string that stands where a type does.
    pub(super) fn note_quoted(&mut self, node: Node<'t>, frame: &Frame<'t>) {
        let is_quoted = |node: Node<'t>| matches!(self.rules.written(node.kind_id()), Some(TypeRule::Quoted));
        let is_type = |node: Node<'t>| matches!(self.rules.written(node.kind_id()), Some(TypeRule::Inner { .. }));
        if is_quoted(node) && node.parent().is_some_and(is_type) {
            let (scope, within) = (frame.scope, frame.symbol);
            self.survey.quoted.push(QuotedDraft { node, scope, within });
        }
    }
}

impl<'t> Lowering<'t, '_> {
    /// What types in quotes name.
    pub(super) fn quoted_types(&mut self) {
        let survey = self.survey;
        for draft in &survey.quoted {
            let original: &'t [u8] = self.parsed.original;
            let text = original.get(draft.node.byte_range()).unwrap_or_default();
            let Ok(text) = std::str::from_utf8(text) else { continue };
            if text.len() > MAX_BYTES {
                continue;
            }
            for name in names(text).take(MAX_NAMES) {
                let target = match survey.find(self.symbols, name, draft.scope, usize::MAX, Space::Type) {
                    Ok(Entry::Symbol(symbol)) => Expr::Symbol(symbol),
                    Ok(Entry::Import(import)) => Expr::Import(import),
                    _ => continue,
                };
                let reference = Reference {
                    kind: ReferenceKind::TypeUse,
                    target: self.keep(target),
                    name: self.names.id(name),
                    line: line_of(draft.node),
                    within: draft.within,
                    arguments: None,
                    given: None,
                    values: Box::default(),
                };
                self.found.push((draft.node.start_byte() as u32, reference));
            }
        }
    }
}

/// The names of a type that stand alone: not behind a dot, and nothing in quotes within it.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let inner = text.trim_matches(['"', '\'']);
    let is_plain = !inner.contains(['"', '\'', '\\']);
    let words = inner.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
    let heads = words.filter(|word| !word.contains('.') && !word.is_empty());
    heads.filter(move |word| is_plain && !word.starts_with(|first: char| first.is_numeric()))
}
