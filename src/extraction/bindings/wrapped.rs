//! What a constant wraps: `const Card = memo(Plain)`, `export default inject("store")(observer(Plain))`.

use super::Expr;
use super::collect::Lowering;
use super::place::named_parts;
use super::rules::ExprRule;
use crate::extraction::facts::{SymbolIdx, SymbolKind};
use crate::extraction::tree::Node;

/// How many calls stand in each other.
const MAX_CALLS: usize = 4;

/// How many arguments are looked at.
const MAX_ARGUMENTS: usize = 4;

impl<'t> Lowering<'t, '_> {
    /// The first function or type of the file that a call is given, or a call among what it is given.
    pub(super) fn wrapped(&mut self, value: Node<'t>, scope: u32) -> Option<SymbolIdx> {
        let mut call = value;
        for _ in 0..MAX_CALLS {
            if !matches!(self.rules.expression(call.kind_id()), Some(ExprRule::Call { .. })) {
                return None;
            }
            let given = named_parts(call.child_by_field_name("arguments")?, MAX_ARGUMENTS);
            let found = given.iter().find_map(|it| self.wrapped_by_name(*it, scope));
            if found.is_some() {
                return found;
            }
            let is_call = |it: &&Node<'t>| matches!(self.rules.expression(it.kind_id()), Some(ExprRule::Call { .. }));
            call = *given.iter().find(is_call)?;
        }
        None
    }

    fn wrapped_by_name(&mut self, node: Node<'t>, scope: u32) -> Option<SymbolIdx> {
        if !matches!(self.rules.expression(node.kind_id()), Some(ExprRule::Name)) {
            return None;
        }
        let id = self.expression(node, scope, 0);
        let Expr::Symbol(at) = self.out.expressions[id.0 as usize] else {
            return None;
        };
        let kind = self.symbols[at.0 as usize].kind;
        let is_wrapped = kind.is_callable() || matches!(kind, SymbolKind::Class | SymbolKind::Constant);
        is_wrapped.then_some(at)
    }
}
