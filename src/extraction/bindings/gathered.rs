//! Values that standard functions and types make of those they are given: lists, members of objects, what promises lead to.

use super::collect::Lowering;
use super::place::{first_child, named_parts};
use super::rules::ExprRule;
use super::{Expr, TypeExpr, TypeId};
use crate::extraction::tree::Node;

/// How many values of a list are told apart.
const MAX_PARTS: usize = 8;

impl<'t> Lowering<'t, '_> {
    /// What a function gives back that gathers what its only argument holds.
    pub(super) fn gathered(&mut self, word: &str, arguments: Node<'t>, scope: u32, depth: u8) -> Option<Expr> {
        let words = &self.rules.words;
        let is = |list: &[String]| list.iter().any(|it| it == word);
        let (lists, values, entries) = (is(&words.list_calls), is(&words.value_calls), is(&words.entry_calls));
        let awaits = is(&words.all_calls);
        if !(lists || values || entries || awaits) {
            return None;
        }
        let [of] = named_parts(arguments, 2)[..] else {
            return None;
        };
        if awaits {
            return Some(self.all_of(of, scope, depth));
        }
        let of = self.expression(of, scope, depth);
        let value = if lists { Expr::Element(of) } else { Expr::Index(of) };
        let value = self.keep(value);
        if !entries {
            return Some(Expr::Array(Some(value)));
        }
        let name = self.keep(Expr::Literal);
        let entry = self.keep(Expr::Tuple(Box::new([name, value])));
        Some(Expr::Array(Some(entry)))
    }

    /// What awaiting all of a list gives, each at its place where they stand there.
    fn all_of(&mut self, of: Node<'t>, scope: u32, depth: u8) -> Expr {
        let is_list = matches!(self.rules.expression(of.kind_id()), Some(ExprRule::Array { .. }));
        let parts = named_parts(of, MAX_PARTS + 1);
        let is_spread = |it: &Node<'t>| matches!(self.rules.expression(it.kind_id()), Some(ExprRule::Spread));
        if is_list && parts.len() <= MAX_PARTS && !parts.iter().any(is_spread) {
            let mut values = Vec::with_capacity(parts.len());
            for part in parts {
                let value = self.expression(part, scope, depth);
                values.push(self.keep(Expr::Await(value)));
            }
            return Expr::Tuple(values.into());
        }
        let of = self.expression(of, scope, depth);
        let each = self.keep(Expr::Element(of));
        let each = self.keep(Expr::Await(each));
        Expr::Array(Some(each))
    }

    /// The type arguments of what is made of a list.
    pub(super) fn made_of(&mut self, node: Node<'t>, of: Node<'t>, scope: u32, depth: u8) -> Option<Vec<TypeId>> {
        let text = self.parsed.text(of);
        if !self.rules.words.list_types.iter().any(|it| it == text) {
            return None;
        }
        let list = node.child_by_field_name("arguments").and_then(first_child)?;
        let list = self.expression(list, scope, depth);
        let element = self.keep(Expr::Element(list));
        Some(vec![self.keep_type(TypeExpr::Of(element))])
    }

    /// An element of a value: the one at a place that is written, if that says more.
    pub(super) fn indexed(&mut self, of: Node<'t>, at: Option<Node<'t>>, scope: u32, depth: u8) -> Expr {
        let of = self.expression(of, scope, depth);
        let at = at.and_then(|at| self.position(at));
        let Some(at) = at.filter(|at| usize::from(*at) < MAX_PARTS) else {
            return Expr::Index(of);
        };
        let parts = [Expr::TupleField(of, at), Expr::Index(of)];
        Expr::Either(parts.into_iter().map(|part| self.keep(part)).collect())
    }
}
