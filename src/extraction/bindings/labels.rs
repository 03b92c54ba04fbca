//! Labels of arguments, in languages where they are part of what a function is called by.

use super::collect::Lowering;
use super::place::{Place, named_parts, place};
use crate::extraction::tree::Node;
use bitcode::{Decode, Encode};
use serde::Deserialize;

/// Where labels stand.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Labelled {
    /// A parameter, and where its label stands if it has one apart from its name.
    parameter: String,
    label: Place,
    name: Place,
    /// An argument in the list of a call, and where its label stands.
    argument: String,
    given: Place,
    /// Where the labels stand in place of arguments, so that the function is named and not called (`init(id:)`).
    named: Place,
    /// The node that holds arguments behind the list, and what they are.
    behind: Place,
    closure: String,
}

/// A parameter as a call sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Label {
    pub label: Hashed,
    /// A call may leave it out.
    pub is_optional: bool,
    /// It takes several arguments.
    pub is_many: bool,
}

/// The labels of the arguments of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Given {
    pub labels: Vec<Hashed>,
    /// How many closures stand behind the list.
    pub closures: u8,
}

/// What a label hashes to, which is all that is kept of it: where it stands alone it is the name of a parameter. 0 for none.
pub type Hashed = u32;

/// How a parameter says that it has no label.
const NO_LABEL: &str = "_";

/// The hash of a label.
pub fn hashed(label: &str) -> Hashed {
    let fold = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    match label {
        NO_LABEL => 0,
        _ => label.bytes().fold(0x811c_9dc5, fold).max(1),
    }
}

impl<'t> Lowering<'t, '_> {
    /// The labels of a function's parameters.
    pub(super) fn labels_of(&self, function: Node<'t>) -> Vec<Label> {
        let rules = self.rules;
        let labelled = &rules.words.labelled;
        if !labelled.is_told() {
            return Vec::new();
        }
        let children: Vec<Node<'t>> = function.children().collect();
        let mut found: Vec<Label> = Vec::new();
        for child in children.into_iter().take(128) {
            if child.kind() == labelled.parameter {
                let label = place(child, &labelled.label).or_else(|| place(child, &labelled.name));
                let name = label.map_or(NO_LABEL, |it| self.parsed.text(it));
                let text = self.parsed.text(child);
                found.push(Label {
                    label: hashed(name),
                    is_optional: false,
                    is_many: text.ends_with("..."),
                });
            } else if child.kind() == "="
                && let Some(last) = found.last_mut()
            {
                last.is_optional = true;
            }
        }
        found
    }

    /// The labels of a call's arguments: those of its list, and the closures behind it, which may be read as a call of what it gives.
    pub(super) fn labels_given(&self, call: Node<'t>) -> Given {
        let rules = self.rules;
        let words = &rules.words;
        let mut given = Given::default();
        if let Some(list) = place(call, &words.arguments) {
            for argument in named_parts(list, 64) {
                let named = words.labelled.named.all(argument);
                if !named.is_empty() {
                    let labels = named.into_iter().map(|it| hashed(self.parsed.text(it)));
                    given.labels.extend(labels);
                } else if argument.kind() == words.labelled.argument {
                    let label = place(argument, &words.labelled.given).map(|it| self.parsed.text(it));
                    given.labels.push(label.map_or(0, hashed));
                }
            }
        }
        let around = call
            .parent()
            .filter(|it| it.kind() == call.kind() && it.named_child(0) == Some(call));
        let around = around.filter(|it| place(*it, &words.arguments).is_none());
        let closures = [Some(call), around]
            .into_iter()
            .flatten()
            .map(|it| words.labelled.closures_of(it));
        given.closures = closures.sum::<usize>().min(255) as u8;
        given
    }
}

impl Labelled {
    pub(super) fn is_told(&self) -> bool {
        !self.parameter.is_empty()
    }

    pub(super) fn is_parameter(&self, node: Node<'_>) -> bool {
        node.kind() == self.parameter
    }

    /// The node of an argument in the list of a call.
    pub(super) fn argument(&self) -> &str {
        &self.argument
    }

    fn closures_of(&self, call: Node<'_>) -> usize {
        let Some(suffix) = place(call, &self.behind) else {
            return 0;
        };
        let parts = named_parts(suffix, 16).into_iter();
        parts.filter(|it| it.kind() == self.closure).count()
    }
}

impl Given {
    /// Whether a call with these labels can mean a function with those.
    pub fn fits(&self, wanted: &[Label]) -> bool {
        self.fits_with(wanted, &mut |_, _| ())
    }

    /// The parameter that takes an argument of a call, if the call can mean the function.
    pub fn parameter_of(&self, argument: usize, wanted: &[Label]) -> Option<usize> {
        let mut found = None;
        let fits = self.fits_with(wanted, &mut |at, parameter| {
            found = found.or((at == argument).then_some(parameter));
        });
        found.filter(|_| fits)
    }

    /// The same as [`Self::fits`]; tells which argument each parameter takes.
    fn fits_with(&self, wanted: &[Label], takes: &mut dyn FnMut(usize, usize)) -> bool {
        let given = &self.labels;
        let (mut at, mut closures, mut passed) = (0, self.closures, 0_u8);
        for (position, parameter) in wanted.iter().enumerate() {
            if given.get(at) == Some(&parameter.label) {
                takes(at, position);
                at += 1;
                while parameter.is_many && given.get(at) == Some(&0) {
                    takes(at, position);
                    at += 1;
                }
            } else if parameter.is_optional || parameter.is_many {
                passed = passed.saturating_add(1);
            } else if at == given.len() && closures > 0 {
                closures -= 1;
            } else {
                return false;
            }
        }
        at == given.len() && closures <= passed
    }
}
