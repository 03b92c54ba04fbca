//! References while the tree is walked: what they name, and which nodes that speaks for.

use super::place::{named_parts, place};
use super::rules::{ExprRule, ReferenceRule, ReferenceWord, TypeRule};
use super::scopes::ReferenceDraft;
use super::walk::{Frame, Surveyor};
use super::{ReferenceKind, callees};
use crate::extraction::tree::Node;

/// How many variables one assignment writes to, as far as is looked at.
const MOST_WRITTEN: usize = 16;

impl<'t> Surveyor<'t, '_> {
    pub(super) fn refer(&mut self, node: Node<'t>, rule: &ReferenceRule, frame: &Frame<'t>) {
        let target = if rule.target.is_empty() {
            Some(node)
        } else {
            place(node, &rule.target)
        };
        let target = target.or_else(|| {
            (rule.kind == ReferenceWord::Call)
                .then(|| node.named_child(0))
                .flatten()
        });
        let Some(mut target) = target else { return };
        if rule.kind == ReferenceWord::Call {
            target = callees::function_of(target, self.rules);
        }
        let made = self.made_by_reference(target);
        target = made.unwrap_or(target);
        let own = rule.target.is_empty();
        if own && (self.survey.claimed.contains(&node.id()) || self.names_again(node)) {
            return;
        }
        let instantiated = match self.rules.expression(target.kind_id()) {
            Some(ExprRule::Index {
                value,
                instantiates: true,
                ..
            }) if rule.kind == ReferenceWord::Call => place(target, value),
            _ => None,
        };
        let Some(name) = self.last_name(instantiated.unwrap_or(target)) else {
            return;
        };
        let text = self.parsed.text(name);
        if rule.capital && !text.starts_with(char::is_uppercase) && target.kind() == "identifier" {
            return;
        }
        if text.is_empty() {
            return;
        }
        let written = self.survey.written.contains(&node.id());
        let kind = match rule.kind {
            ReferenceWord::Call if self.parsed.is_macro_name(target) => ReferenceKind::Macro,
            ReferenceWord::Call => ReferenceKind::Call,
            ReferenceWord::Construct => ReferenceKind::Construct,
            ReferenceWord::Macro => ReferenceKind::Macro,
            ReferenceWord::Member if made.is_some() => ReferenceKind::Construct,
            ReferenceWord::Type => ReferenceKind::TypeUse,
            ReferenceWord::Name if rule.is_type(node) => ReferenceKind::TypeUse,
            ReferenceWord::Member | ReferenceWord::Name if written => ReferenceKind::Write,
            ReferenceWord::Member | ReferenceWord::Name => ReferenceKind::Read,
        };
        // What is indexed may as well be a list of functions, which is read here.
        if instantiated.is_none() {
            self.claim_path(target, name);
        }
        self.survey.references.push(ReferenceDraft {
            kind,
            target,
            name,
            scope: frame.scope,
            within: frame.symbol,
            bare: rule.kind == ReferenceWord::Name && kind != ReferenceKind::TypeUse,
            arguments: self.arguments_of(node, rule),
            first: self.first_argument(node, target, kind),
            shortened_in: (!rule.ending.is_empty()).then(|| node.kind_id()),
            list: self.typed_arguments(node, kind),
            call: (kind == ReferenceKind::Call && self.rules.words.labelled.is_told()).then_some(node),
        });
    }

    /// Whether a name is that of the type again which is defined in its place: `typedef struct list { … } list;`.
    fn names_again(&self, node: Node<'t>) -> bool {
        let around = node
            .parent()
            .filter(|it| it.child_by_field_name("declarator") == Some(node));
        let of = around.and_then(|it| it.child_by_field_name("type"));
        let of = of.filter(|it| it.child_by_field_name("body").is_some());
        let own = of.and_then(|it| it.child_by_field_name("name"));
        own.is_some_and(|own| self.parsed.text(own) == self.parsed.text(node))
    }

    /// The type of `Type::new`, whose only part is both what has a member and its name.
    fn made_by_reference(&self, target: Node<'t>) -> Option<Node<'t>> {
        let Some(ExprRule::Member { object, name, .. }) = self.rules.expression(target.kind_id()) else {
            return None;
        };
        let of = place(target, object)?;
        (place(target, name) == Some(of)).then_some(of)
    }

    /// The first argument of a call of what a path names in a type or trait, but for standard types that hold others.
    fn first_argument(&self, node: Node<'t>, target: Node<'t>, kind: ReferenceKind) -> Option<Node<'t>> {
        if !self.rules.words.first_argument_tells || kind != ReferenceKind::Call {
            return None;
        }
        let mut path = target;
        if let Some(ExprRule::Inner { value, .. }) = self.rules.expression(path.kind_id()) {
            path = super::place::part(path, value)?;
        }
        let Some(ExprRule::Path { path: head, .. }) = self.rules.expression(path.kind_id()) else {
            return None;
        };
        let head = self.parsed.text(place(path, head)?);
        // Without type arguments (`Trait::<A>`).
        let head = head.split('<').next().unwrap_or_default().trim_end_matches("::");
        let word = head.rsplit("::").next().unwrap_or_default();
        let conventions = &super::language(self.parsed.grammar).conventions;
        let is_standard =
            conventions.elements.contains_key(word) || conventions.transparent.iter().any(|it| it == word);
        let is_type = word.starts_with(char::is_uppercase) && !is_standard;
        let arguments = node.child_by_field_name("arguments").filter(|_| is_type)?;
        super::place::first_child(arguments)
    }

    /// The arguments of a call, in languages whose methods are told apart by the types of theirs.
    fn typed_arguments(&self, node: Node<'t>, kind: ReferenceKind) -> Option<Node<'t>> {
        let conventions = &super::language(self.parsed.grammar).conventions;
        let is_call = kind == ReferenceKind::Call && !conventions.closed.is_empty();
        let usual = || node.child_by_field_name("arguments");
        is_call
            .then(|| place(node, &self.rules.words.arguments).or_else(usual))
            .flatten()
    }

    /// How many arguments a call has, in languages that tell overloads apart by that.
    fn arguments_of(&self, node: Node<'t>, rule: &ReferenceRule) -> Option<u8> {
        let words = &self.rules.words;
        if words.open_parameters.is_empty() || rule.kind != ReferenceWord::Call {
            return None;
        }
        let usual = || node.child_by_field_name("arguments");
        let list = place(node, &words.arguments).or_else(|| usual().filter(|_| words.arguments.is_empty()))?;
        let arguments = list.named_children().filter(|child| !child.is_extra());
        let is_last = |child: &Node<'t>| words.last_arguments.iter().any(|it| it == child.kind());
        let beside = node.named_children().filter(is_last).count();
        u8::try_from(arguments.count() + beside).ok()
    }

    /// Marks a target, the wrappers inside it and its last name as spoken for.
    pub(super) fn claim_path(&mut self, target: Node<'t>, name: Node<'t>) {
        let mut node = target;
        loop {
            self.survey.claimed.insert(node.id());
            if node == name {
                return;
            }
            match self.inside(node) {
                Some(inner) => node = inner,
                None => break,
            }
        }
        self.survey.claimed.insert(name.id());
    }

    /// Notes that a node is written to, and so are the parts of a list, and what a node is but another word for.
    pub(super) fn mark_written(&mut self, target: Node<'t>, depth: u8) {
        self.survey.written.insert(target.id());
        let is_list = matches!(
            self.rules.expression(target.kind_id()),
            Some(ExprRule::List | ExprRule::Tuple)
        );
        if depth < 4 {
            let is_all = |part: &Node<'_>| part.byte_range() == target.byte_range();
            let parts = named_parts(target, MOST_WRITTEN).into_iter();
            for part in parts.filter(|part| is_list || is_all(part)) {
                self.mark_written(part, depth + 1);
            }
        }
    }

    /// The last name of what is referred to.
    pub(super) fn last_name(&self, target: Node<'t>) -> Option<Node<'t>> {
        let mut node = target;
        for _ in 0..16 {
            match self.inside(node) {
                Some(inner) => node = inner,
                None => break,
            }
        }
        (node.is_leaf()).then_some(node)
    }

    /// One step from a target towards its last name.
    fn inside(&self, node: Node<'t>) -> Option<Node<'t>> {
        let kind = node.kind_id();
        match self.rules.expression(kind) {
            Some(ExprRule::Path { path, name, itself }) => {
                let name = place(node, name)?;
                let is_itself = !itself.is_empty() && self.parsed.text(name) == itself;
                return if is_itself { place(node, path) } else { Some(name) };
            }
            Some(ExprRule::Member { name, .. } | ExprRule::MethodCall { name, .. }) => {
                return place(node, name);
            }
            Some(ExprRule::Qualified) if node.child_by_field_name("name").is_some() => {
                return node.child_by_field_name("name");
            }
            Some(ExprRule::Qualified) => {
                return node.named_children().filter(|it| it.is_leaf()).last();
            }
            Some(ExprRule::Inner { value, .. }) => return super::place::part(node, value),
            _ => {}
        }
        match self.rules.written(kind)? {
            TypeRule::Path { name, .. } => place(node, name),
            TypeRule::Generic { r#type, .. } => place(node, r#type),
            TypeRule::Qualified { .. } if node.child_by_field_name("name").is_some() => {
                node.child_by_field_name("name")
            }
            TypeRule::Qualified { .. } => node.named_children().filter(|it| it.is_leaf()).last(),
            TypeRule::Inner { r#type, .. } if !r#type.is_empty() => place(node, r#type),
            _ => None,
        }
    }
}
