//! What assignments say about members: `self.held = None` at first, `self.held = Thing()` further down.

use super::collect::Lowering;
use super::narrowing::MAX_ASSIGNED;
use super::place::place;
use super::rules::Declares;
use super::{Declared, Expr, ExprId};
use crate::extraction::tree::Node;

impl<'t> Lowering<'t, '_> {
    /// What a member is that several assignments give a type or a value. One that is only ever nothing (`self.held = None`) is unknown: a
    /// subtype, or who has the object, gives it more.
    pub(super) fn assigned_again(
        &mut self,
        at: usize,
        declares: &Declares,
        first: Option<Node<'t>>,
        declared: &mut Declared,
    ) {
        let survey = self.survey;
        let again = &survey.symbols[at].again;
        if declared.is.is_some() {
            return;
        }
        let typed = again
            .iter()
            .find_map(|(node, scope)| Some((place(*node, &declares.r#type)?, scope)));
        if let Some((of, scope)) = typed {
            declared.is = Some(self.written(of, *scope, 0));
            declared.value = None;
            return;
        }
        let is_nothing = |node: &Node<'t>| self.rules.words.nothing.iter().any(|it| it == self.parsed.text(*node));
        let own = declared.value.filter(|_| first.is_none_or(|it| !is_nothing(&it)));
        let values = again
            .iter()
            .filter_map(|(node, scope)| Some((place(*node, &declares.value)?, *scope)));
        let values: Vec<_> = values.filter(|(node, _)| !is_nothing(node)).collect();
        if again.len() > MAX_ASSIGNED {
            declared.value = own;
            return;
        }
        let mut parts: Vec<ExprId> = own.into_iter().collect();
        parts.extend(values.into_iter().map(|(node, scope)| self.expression(node, scope, 0)));
        parts.dedup();
        declared.value = match parts[..] {
            [] => None,
            [one] => Some(one),
            _ => Some(self.keep(Expr::Assigned(parts.into()))),
        };
    }
}
