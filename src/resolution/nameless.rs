//! Bare names in types without a name (`new Base() { .. }`): members of what those are based on, or what the names mean around them.

use super::linker::Linker;
use super::relation::Method;
use super::targets::Outcome;
use crate::extraction::SymbolKind;
use crate::extraction::bindings::{Expr, ExprId, Reference};

impl Linker<'_, '_> {
    /// What is meant of the two: the member, if a base has it.
    pub(super) fn inherited(&mut self, file: u32, member: ExprId, or: ExprId, depth: u32) -> ExprId {
        let it = &self.workspace.files[file as usize];
        let Expr::Member(of, name) = it.expr(member) else {
            return or;
        };
        let base = self.evaluate(file, *of, depth + 1);
        let members = self.members(&base, it.name(*name), depth + 1);
        // A constructor has the name of its class, and that is what the name means.
        let is_meant = |at| self.workspace.symbol(at).kind != SymbolKind::Constructor;
        if members.iter().any(|it| is_meant(it.symbol)) {
            member
        } else {
            or
        }
    }

    pub(super) fn inherited_target(&mut self, file: u32, reference: &Reference, member: ExprId, or: ExprId) -> Outcome {
        let target = self.inherited(file, member, or, 0);
        let reference = Reference {
            target,
            ..reference.clone()
        };
        match self.resolve(file, &reference) {
            Outcome::Symbols(symbols, Method::Typed | Method::Inferred) if target == member => {
                Outcome::Symbols(symbols, Method::Self_)
            }
            outcome => outcome,
        }
    }
}
