//! Calls that are read as if they began with the operator before them: `a ?? f<T>(x)` as a call of `a ?? f`, because its types are written.

use super::Expr;
use super::collect::Lowering;
use super::expressions::MAX_DEPTH;
use super::place::{first_child, place};
use super::rules::{ExprRule, Rules};
use crate::extraction::tree::Node;

/// How many operators may stand before a call.
const MAX_OPERATORS: usize = 8;

/// What stands behind the operator that the function of a call is read with.
fn behind_operator<'t>(function: Node<'t>, rules: &Rules) -> Option<Node<'t>> {
    match rules.expression(function.kind_id())? {
        ExprRule::Await => first_child(function),
        ExprRule::Operator { .. } => function.child_by_field_name("right"),
        rule @ ExprRule::Literal { behind, .. } if !behind.is_empty() => {
            place(function, behind).filter(|_| rule.holds_for(function))
        }
        ExprRule::Literal { .. } => function.child_by_field_name("argument"),
        _ => None,
    }
}

impl ExprRule {
    /// Whether a rule is about a node with this operator.
    pub(super) fn holds_for(&self, node: Node<'_>) -> bool {
        let Self::Literal { unless, .. } = self else {
            return true;
        };
        unless.is_empty() || node.child(0).is_none_or(|it| it.kind() != unless)
    }
}

/// The function that a call means, behind all operators it is read with.
pub(super) fn function_of<'t>(function: Node<'t>, rules: &Rules) -> Node<'t> {
    let inner = std::iter::successors(Some(function), |it| behind_operator(*it, rules));
    inner.take(MAX_OPERATORS).last().unwrap_or(function)
}

impl<'t> Lowering<'t, '_> {
    /// What a call gives, and what the operators before it make of that.
    pub(super) fn called(
        &mut self,
        node: Node<'t>,
        function: Node<'t>,
        arguments: Option<Node<'t>>,
        scope: u32,
        depth: u8,
    ) -> Option<Expr> {
        let Some(part) = behind_operator(function, self.rules).filter(|_| depth < MAX_DEPTH) else {
            let callee = match self.sliced(function, arguments, scope, depth) {
                Some(callee) => callee,
                None => self.expression(function, scope, depth),
            };
            let closure = self.closure_argument(arguments).or_else(|| self.closure_behind(node));
            let call = Expr::Call(callee, closure);
            return Some(self.told(node, call, scope, depth));
        };
        let call = self.called(node, part, arguments, scope, depth + 1)?;
        Some(match self.rules.expression(function.kind_id()) {
            Some(ExprRule::Await) => Expr::Await(self.keep(call)),
            Some(ExprRule::Operator { either, right, .. }) => {
                let operator = self.operator(function);
                if either.iter().any(|it| it == operator) {
                    let left = self.expression(function.child_by_field_name("left")?, scope, depth);
                    Expr::Either(Box::new([left, self.keep(call)]))
                } else if right.iter().any(|it| it == operator) {
                    call
                } else {
                    Expr::Literal
                }
            }
            _ => Expr::Literal,
        })
    }
}
