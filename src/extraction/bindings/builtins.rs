//! Calls of functions that the language itself has, by what they make of what they are given.

use super::collect::Lowering;
use super::place::named_parts;
use super::scopes::Space;
use super::{Expr, ExprId};
use crate::extraction::tree::Node;
use serde::Deserialize;

/// What functions make of the elements of what they are given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Iterations {
    /// All of them, in some order.
    pub(super) all: Vec<String>,
    /// One of them.
    pub(super) one: Vec<String>,
    /// Each with its number before it.
    pub(super) numbered: Vec<String>,
    /// Those of several, side by side.
    pub(super) zipped: Vec<String>,
}

/// How many arguments are looked at.
const MAX_ARGUMENTS: usize = 8;

impl<'t> Lowering<'t, '_> {
    /// What a function of the language gives, unless the file has one of its name.
    pub(super) fn language_call(
        &mut self,
        function: Node<'t>,
        arguments: Node<'t>,
        scope: u32,
        depth: u8,
    ) -> Option<Expr> {
        let words = &self.rules.words;
        let name = self.parsed.text(function);
        let is_in = |list: &[String]| list.iter().any(|it| it == name);
        let of = &words.iterations;
        let is_class = is_in(&words.class_calls);
        let [all, one, numbered, zipped] = [&of.all, &of.one, &of.numbered, &of.zipped].map(|list| is_in(list));
        let is_literal = is_in(&words.literal_calls);
        if !(is_class || is_literal || all || one || numbered || zipped) {
            return None;
        }
        let at = function.start_byte();
        if self.survey.find(self.symbols, name, scope, at, Space::Value).is_ok() {
            return None;
        }
        let given = self.given_by_place(arguments);
        if is_literal && (given.is_empty() || !all) {
            return Some(Expr::Literal);
        }
        let first = self.expression(*given.first()?, scope, depth);
        if is_class {
            let Expr::This(around) = self.out.expressions[first.0 as usize] else {
                return None;
            };
            return Some(Expr::SelfType(around)).filter(|_| given.len() == 1);
        }
        if one {
            // What is given beside it is one of several to choose from, or stands in if there is nothing.
            let is_nothing = |node: &Node<'t>| words.nothing.iter().any(|it| it == self.parsed.text(*node));
            return given.get(1).is_none_or(is_nothing).then_some(Expr::Element(first));
        }
        let element = self.keep(Expr::Element(first));
        let of = if numbered {
            let number = self.keep(Expr::Literal);
            self.keep(Expr::Tuple(Box::new([number, element])))
        } else if zipped {
            self.side_by_side(element, &given[1..], scope, depth)
        } else {
            element
        };
        Some(Expr::Array(Some(of)))
    }

    /// An element of one with the elements of others.
    fn side_by_side(&mut self, element: ExprId, others: &[Node<'t>], scope: u32, depth: u8) -> ExprId {
        let others = others.iter().map(|it| {
            let of = self.expression(*it, scope, depth);
            self.keep(Expr::Element(of))
        });
        let parts = std::iter::once(element).chain(others).collect();
        self.keep(Expr::Tuple(parts))
    }

    /// The arguments without a name of their own. A generator that is the only argument stands in place of the list.
    fn given_by_place(&self, arguments: Node<'t>) -> Vec<Node<'t>> {
        if self.rules.expression(arguments.kind_id()).is_some() {
            return vec![arguments];
        }
        let mut given = named_parts(arguments, MAX_ARGUMENTS);
        given.retain(|it| self.rules.expression(it.kind_id()).is_some());
        given
    }
}
