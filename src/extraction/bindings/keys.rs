//! Members that are named by a key: those that a pattern takes out of a value (`const { key } = value`).

use super::collect::Lowering;
use super::scopes::{KeyDraft, Source};
use super::walk::Surveyor;
use super::{Expr, ExprId, NameId, Reference, ReferenceKind};
use crate::extraction::parsed::line_of;
use crate::extraction::tree::Node;

impl<'t> Surveyor<'t, '_> {
    /// Notes that a pattern takes a member out of a value.
    pub(super) fn note_taken(&mut self, key: Node<'t>, source: u32) {
        let is_name = key.is_leaf() && self.parsed.text(key).starts_with(is_first_of_name);
        if !self.rules.words.keys_are_members || !is_name {
            return;
        }
        let within = self.frames.last().and_then(|frame| frame.symbol);
        self.survey.keys.push(KeyDraft {
            name: key,
            source,
            within,
        });
    }
}

impl<'t> Lowering<'t, '_> {
    /// What patterns take out of values is read there.
    pub(super) fn keys(&mut self) {
        let survey = self.survey;
        for draft in &survey.keys {
            let target = self.source(draft.source, 0);
            if let Some(target) = target.filter(|target| self.is_told(*target)) {
                self.found_key(draft.name, ReferenceKind::Read, target, draft.within);
            }
        }
    }

    /// Whether a member is one of a value of which something may be known, and not of a module, which an import is about.
    fn is_told(&self, target: ExprId) -> bool {
        let Expr::Member(of, _) = self.out.expressions[target.0 as usize] else {
            return false;
        };
        let of = match self.out.expressions[of.0 as usize] {
            Expr::Await(of) => of,
            _ => of,
        };
        let of = &self.out.expressions[of.0 as usize];
        !matches!(of, Expr::Module(_) | Expr::Unknown | Expr::Literal | Expr::Name { .. })
    }

    fn found_key(&mut self, name: Node<'t>, kind: ReferenceKind, target: ExprId, within: Option<super::SymbolIdx>) {
        let reference = Reference {
            kind,
            target,
            name: self.names.id(self.parsed.text(name)),
            line: line_of(name),
            within,
            arguments: None,
            given: None,
        };
        self.found.push((name.start_byte() as u32, reference));
    }

    /// The member that a variable is which a pattern took out of a value, and its name.
    pub(super) fn taken(&mut self, kind: ReferenceKind, target: ExprId) -> Option<(ExprId, NameId)> {
        let is_used = matches!(kind, ReferenceKind::Call | ReferenceKind::Construct);
        let Expr::Local(local) = self.out.expressions[target.0 as usize] else {
            return None;
        };
        let source = self.survey.locals[local as usize].source;
        let Source::Key { key, .. } = self.survey.sources[source as usize] else {
            return None;
        };
        if !is_used || !self.rules.words.keys_are_members {
            return None;
        }
        let target = self.source(source, 0)?;
        Some((target, self.names.id(key)))
    }
}

fn is_first_of_name(first: char) -> bool {
    first.is_alphabetic() || matches!(first, '_' | '$')
}
