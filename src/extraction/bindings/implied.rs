//! Members that are named without their type (`.red`): what type the place they stand in expects.

use super::collect::Lowering;
use super::place::{Place, first_child, named_parts, part, place};
use super::rules::ExprRule;
use super::scopes::ReferenceDraft;
use super::words::Owner;
use super::{Expr, ExprId, ReferenceKind};
use crate::extraction::tree::Node;
use serde::Deserialize;

/// How many places inside each other are looked at.
const MAX_DEPTH: u8 = 8;

/// How many arguments of a call are looked at.
const MOST_ARGUMENTS: usize = 64;

/// Where such a member is given back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Implied {
    /// The node of a member without its type.
    member: String,
    /// What gives back its last part, if it begins with the word.
    returning: String,
    word: String,
    /// What holds statements: the only one of a body is what that gives back.
    statements: String,
    /// The bodies of functions, and those of computed properties.
    body: String,
    property: String,
}

impl<'t> Lowering<'t, '_> {
    /// A member of the type that is expected where it stands.
    pub(super) fn implied(&mut self, draft: &ReferenceDraft<'t>, owner: Option<Owner<'t>>) -> (ReferenceKind, ExprId) {
        let whole = self.implied_call(draft.name);
        let kind = match whole {
            Some(_) => ReferenceKind::Construct,
            None => ReferenceKind::Read,
        };
        let whole = whole.or_else(|| draft.name.parent());
        let expected = whole.and_then(|it| self.expects(it, draft.scope, 0));
        let of = match (expected, owner) {
            (Some(of), _) => of,
            (None, Some(Owner::Type(of))) => {
                let of = self.written(of, draft.scope, 0);
                self.keep(Expr::Typed(of))
            }
            (None, Some(Owner::Value(of))) => self.expression(of, draft.scope, 0),
            (None, None) => self.unknown(),
        };
        let name = self.names.id(self.parsed.text(draft.name));
        (kind, self.keep(Expr::Path(of, name)))
    }

    /// The call of a member that is named without its type.
    pub(super) fn implied_call(&self, name: Node<'t>) -> Option<Node<'t>> {
        let member = name.parent()?;
        member.parent().filter(|call| {
            let is_call = matches!(self.rules.expression(call.kind_id()), Some(ExprRule::Call { .. }));
            is_call && first_child(*call) == Some(member)
        })
    }

    /// The type that is expected of a node, by what stands around it.
    fn expects(&mut self, node: Node<'t>, scope: u32, depth: u8) -> Option<ExprId> {
        if depth > MAX_DEPTH {
            return None;
        }
        let depth = depth + 1;
        let (parent, rules) = (node.parent()?, self.rules);
        let words = &rules.words;
        if parent.kind() == words.labelled.argument() {
            return self.argument_expects(parent, scope, depth);
        }
        match rules.expression(parent.kind_id()) {
            Some(ExprRule::Array { .. }) => {
                let list = self.expects(parent, scope, depth)?;
                return Some(self.keep(Expr::Element(list)));
            }
            Some(ExprRule::Inner { value, .. }) if part(parent, value) == Some(node) => {
                return self.expects(parent, scope, depth);
            }
            Some(ExprRule::Either { of }) if of.iter().any(|it| place(parent, it) == Some(node)) => {
                return self.expects(parent, scope, depth);
            }
            _ => {}
        }
        let implied = &words.implied;
        if parent.kind() == implied.returning {
            let is_given = self.parsed.text(parent).starts_with(implied.word.as_str());
            return self.result_expected(parent, scope).filter(|_| is_given);
        }
        if parent.kind() == implied.statements {
            let around = parent.parent()?;
            let is_body = around.kind() == implied.body || around.kind() == implied.property;
            let is_only = parent.named_children().filter(|it| !it.is_extra()).count() == 1;
            return self.result_expected(parent, scope).filter(|_| is_body && is_only);
        }
        let walk = rules.walk(parent.kind_id())?;
        if let Some(target) = walk.writes.as_ref().and_then(|it| place(parent, it)) {
            return (target != node).then(|| self.expression(target, scope, 0));
        }
        let declares = walk.declares.as_ref()?;
        let is_value = place(parent, &declares.value) == Some(node);
        self.typed(parent, &declares.r#type, scope).filter(|_| is_value)
    }

    fn typed(&mut self, node: Node<'t>, at: &Place, scope: u32) -> Option<ExprId> {
        let of = place(node, at).filter(|of| self.rules.written(of.kind_id()).is_some())?;
        let of = self.written(of, scope, 0);
        Some(self.keep(Expr::Typed(of)))
    }

    /// The type that the function or property around a statement gives back.
    fn result_expected(&mut self, statement: Node<'t>, scope: u32) -> Option<ExprId> {
        let rules = self.rules;
        let mut above = std::iter::successors(statement.parent(), Node::parent);
        let around = above.find(|it| {
            let is_function = rules.walk(it.kind_id()).is_some_and(|walk| walk.function);
            is_function || it.kind() == rules.words.implied.property
        })?;
        if around.kind() == rules.words.implied.property {
            let property = around.parent()?;
            let declares = rules.walk(property.kind_id())?.declares.as_ref()?;
            return self.typed(property, &declares.r#type, scope);
        }
        let returns = rules.walk(around.kind_id())?.returns.as_ref()?;
        self.typed(around, returns, scope)
    }

    /// The type that a call expects of one of its arguments.
    fn argument_expects(&mut self, argument: Node<'t>, scope: u32, depth: u8) -> Option<ExprId> {
        let rules = self.rules;
        let list = argument.parent()?;
        let mut above = std::iter::successors(list.parent(), Node::parent).take(2);
        let call = above.find(|it| place(*it, &rules.words.arguments) == Some(list))?;
        let Some(ExprRule::Call { function }) = rules.expression(call.kind_id()) else {
            return None;
        };
        let function = place(call, function)?;
        let callee = if function.kind() == rules.words.implied.member {
            let of = self.expects(call, scope, depth)?;
            let name = self.names.id(self.parsed.text(first_child(function)?));
            self.keep(Expr::Path(of, name))
        } else {
            self.expression(function, scope, 0)
        };
        let at = named_parts(list, MOST_ARGUMENTS)
            .into_iter()
            .position(|it| it == argument)?;
        Some(self.keep(Expr::Labelled {
            callee,
            given: self.labels_given(call).into(),
            at: at as u8,
        }))
    }
}
