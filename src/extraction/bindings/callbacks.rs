//! Members of a type that calls in it name by symbols, because a framework calls them later: `before_action :authorize, if: :signed_in?`.

use super::ReferenceKind;
use super::collect::Lowering;
use super::place::named_parts;
use super::rules::ExprRule;
use super::scopes::ReferenceDraft;
use super::walk::{Frame, Surveyor};
use crate::extraction::tree::Node;
use serde::Deserialize;

/// Which calls name members by symbols.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Callbacks {
    /// The calls whose arguments do; a `*` at the end stands for any rest.
    calls: Vec<String>,
    /// The keys of any call whose values do.
    keys: Vec<String>,
    /// Calls whose block is run in the type that includes the one around.
    blocks: Vec<String>,
}

impl Callbacks {
    fn is_call(&self, word: &str) -> bool {
        self.calls.iter().any(|it| match it.strip_suffix('*') {
            Some(start) => word.starts_with(start),
            None => it == word,
        })
    }
}

/// How many arguments of one call are looked at.
const MOST_ARGUMENTS: usize = 64;

impl<'t> Surveyor<'t, '_> {
    /// Notes the members that the symbols among the arguments of a call name.
    pub(super) fn refer_to_callbacks(&mut self, call: Node<'t>, frame: &Frame<'t>) {
        let callbacks = &self.rules.words.callbacks;
        if callbacks.calls.is_empty() || call.child_by_field_name("receiver").is_some() || !self.is_in_type(frame) {
            return;
        }
        let word = call.child_by_field_name("method").map(|it| self.parsed.text(it));
        let is_call = word.is_some_and(|word| callbacks.is_call(word));
        let Some(list) = call.child_by_field_name("arguments") else {
            return;
        };
        let mut named = Vec::new();
        for argument in named_parts(list, MOST_ARGUMENTS) {
            if is_call {
                named.push(argument);
            }
            let key = argument.child_by_field_name("key").map(|it| self.key(it));
            if key.is_some_and(|key| callbacks.keys.iter().any(|it| it == key)) {
                named.extend(argument.child_by_field_name("value"));
            }
        }
        named.retain(|it| self.is_symbol(*it));
        for name in named {
            self.survey.references.push(ReferenceDraft {
                kind: ReferenceKind::Call,
                target: name,
                name,
                scope: frame.scope,
                within: frame.symbol,
                bare: false,
                arguments: None,
                first: None,
                call: None,
                list: None,
                shortened_in: None,
            });
        }
    }

    fn key(&self, node: Node<'t>) -> &'t str {
        let bytes: &'t [u8] = self.parsed.bytes;
        let text = std::str::from_utf8(bytes.get(node.byte_range()).unwrap_or_default());
        text.unwrap_or_default().trim_start_matches(':')
    }

    fn is_symbol(&self, node: Node<'t>) -> bool {
        matches!(self.rules.expression(node.kind_id()), Some(ExprRule::Symbol)) && !self.parsed.name(node).is_empty()
    }

    /// Whether what stands here is said of the type around it, or of those that include it.
    fn is_in_type(&self, frame: &Frame<'t>) -> bool {
        let scope = &self.survey.scopes[frame.scope as usize];
        let around = scope.parent.map(|at| &self.survey.scopes[at as usize]);
        let (Some(function), Some(true)) = (scope.function, around.map(|it| it.is_type)) else {
            return scope.is_type;
        };
        let call = self.survey.functions[function as usize].node.parent();
        let word = call.and_then(|it| it.child_by_field_name("method"));
        let word = word.map(|it| self.parsed.text(it));
        let blocks = &self.rules.words.callbacks.blocks;
        word.is_some_and(|word| blocks.iter().any(|it| it == word))
    }
}

impl<'t> Lowering<'t, '_> {
    /// Whether a node is a literal that can name a member.
    pub(super) fn is_symbol(&self, node: Node<'t>) -> bool {
        matches!(self.rules.expression(node.kind_id()), Some(ExprRule::Symbol))
    }
}
