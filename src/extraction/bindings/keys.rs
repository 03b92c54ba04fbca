//! Members that are named by a key: those that a pattern takes out of a value (`const { key } = value`), and those that an object or an element of
//! markup gives to a type that is stated where it goes.

use super::collect::Lowering;
use super::place::{first_child, place};
use super::rules::{ExprRule, Gives};
use super::scopes::{GivingDraft, KeyDraft, Source};
use super::walk::{Frame, Surveyor};
use super::{Expr, ExprId, NameId, Reference, ReferenceKind};
use crate::extraction::facts::digest;
use crate::extraction::parsed::line_of;
use crate::extraction::tree::Node;

/// How many members of one object are looked at.
const MAX_GIVEN: usize = 256;

/// How many steps lead from an expression to what it begins with.
const MAX_STEPS: usize = 16;

impl<'t> Surveyor<'t, '_> {
    /// Notes that a node gives members to a type.
    pub(super) fn note_giving(&mut self, node: Node<'t>, frame: &Frame<'t>) {
        self.survey.givings.push(GivingDraft {
            node,
            scope: frame.scope,
            within: frame.symbol,
        });
    }

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
                let name = self.names.id(self.parsed.text(draft.name));
                self.found_key((draft.name, name), ReferenceKind::Read, target, draft.within);
            }
        }
    }

    /// What objects and elements give to types is written there.
    pub(super) fn given_keys(&mut self) {
        let survey = self.survey;
        for draft in &survey.givings {
            let rule = self.rules.walk(draft.node.kind_id());
            let Some(gives) = rule.and_then(|rule| rule.gives.as_ref()) else {
                continue;
            };
            let of = match place(draft.node, &gives.to) {
                Some(class) if gives.makes => self.made_of_class(class, gives, draft.scope),
                None if gives.makes => None,
                Some(component) => self.taken_by(component, draft.scope),
                None => self.stated_for(draft.node, draft.scope),
            };
            let Some(of) = of.filter(|of| self.begins_here(*of)) else {
                continue;
            };
            let list = if gives.list.is_empty() {
                Some(draft.node)
            } else {
                place(draft.node, &gives.list)
            };
            for child in list.iter().flat_map(|list| list.named_children()).take(MAX_GIVEN) {
                let Some(key) = gives.key(child).filter(|key| self.is_name(*key)) else {
                    continue;
                };
                // A key can be one of anything; only linking knows whether a type has such a member.
                let target = self.keep(Expr::Keyed(of, digest(self.parsed.text(key))));
                let name = self.names.id("_");
                self.found_key((key, name), ReferenceKind::Write, target, draft.within);
            }
        }
    }

    /// What a component of markup takes, which is its first parameter. What begins with a small letter is none.
    fn taken_by(&mut self, component: Node<'t>, scope: u32) -> Option<ExprId> {
        let text = self.parsed.text(component);
        if !text.starts_with(char::is_uppercase) && !text.contains('.') {
            return None;
        }
        let callee = self.expression(component, scope, 0);
        Some(self.keep(Expr::Argument { callee, at: 0 }))
    }

    /// An instance of a class that is called, by a name that looks like one of a class; what a method changes of another.
    fn made_of_class(&mut self, class: Node<'t>, gives: &Gives, scope: u32) -> Option<ExprId> {
        let name = self.parsed.text(class).rsplit(['.', '\\', ':']).next();
        if name.is_some_and(|name| gives.changing.iter().any(|it| it == name)) {
            let callee = self.expression(class, scope, 0);
            return match self.out.expressions[callee.0 as usize] {
                Expr::Member(of, _) => Some(of),
                _ => None,
            };
        }
        if !name.is_some_and(|it| it.starts_with(char::is_uppercase)) {
            return None;
        }
        let class = self.expression(class, scope, 0);
        Some(self.keep(Expr::Construct(class)))
    }

    /// The type that is stated for an object, beside it or where it goes.
    fn stated_for(&mut self, node: Node<'t>, scope: u32) -> Option<ExprId> {
        let around = node.parent()?;
        let is_cast = matches!(
            self.rules.expression(around.kind_id()),
            Some(ExprRule::Typed { .. } | ExprRule::Inner { .. })
        );
        let beside = around.named_child(1).filter(|it| is_cast && *it != node);
        match beside.filter(|it| self.rules.written(it.kind_id()).is_some()) {
            Some(of) => {
                let of = self.written(of, scope, 0);
                Some(self.keep(Expr::Typed(of)))
            }
            None => self.expected(node, scope, 0),
        }
    }

    /// Whether an expression begins with something that the file defines, imports or writes as a type.
    fn begins_here(&self, of: ExprId) -> bool {
        let mut at = of;
        for _ in 0..MAX_STEPS {
            at = match self.out.expressions[at.0 as usize] {
                Expr::Member(of, _)
                | Expr::Call(of, _)
                | Expr::Construct(of)
                | Expr::Await(of)
                | Expr::Element(of)
                | Expr::Parameter(of, _) => of,
                Expr::Argument { callee, .. } | Expr::ArgumentAfter { callee, .. } => callee,
                Expr::Unknown | Expr::Literal | Expr::Name { .. } | Expr::Module(_) => return false,
                _ => return true,
            };
        }
        false
    }

    fn is_name(&self, key: Node<'t>) -> bool {
        key.is_leaf() && self.parsed.text(key).starts_with(is_first_of_name)
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

    fn found_key(
        &mut self,
        (key, name): (Node<'t>, NameId),
        kind: ReferenceKind,
        target: ExprId,
        within: Option<super::SymbolIdx>,
    ) {
        let reference = Reference {
            kind,
            target,
            name,
            line: line_of(key),
            within,
            arguments: None,
            given: None,
            values: Box::default(),
        };
        self.found.push((key.start_byte() as u32, reference));
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
        let is_other = self.survey.reassigned.contains(&local);
        if !is_used || is_other || !self.rules.words.keys_are_members {
            return None;
        }
        let target = self.source(source, 0)?;
        Some((target, self.names.id(key)))
    }
}

impl Gives {
    /// The key by which a part of an object or of an element names a member.
    fn key<'t>(&self, part: Node<'t>) -> Option<Node<'t>> {
        if !self.by.is_empty() {
            let key =
                first_child(part).filter(|_| part.kind() == self.by && (!self.makes || part.named_child_count() > 1));
            return key.and_then(|key| if key.is_leaf() { Some(key) } else { first_child(key) });
        }
        let key = part.child_by_field_name("key");
        let key = key.or_else(|| part.child_by_field_name("name"));
        key.or_else(|| part.is_leaf().then_some(part))
    }
}

fn is_first_of_name(first: char) -> bool {
    first.is_alphabetic() || matches!(first, '_' | '$')
}
