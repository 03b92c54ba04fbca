//! Behaviour outlines: from what a walk noted to steps that name no local variable.

use super::chain::{RawChain, Segment};
use super::facts::{Chain, Step, StepKind};
use super::parsed::Names;
use rustc_hash::{FxHashMap, FxHashSet};

/// A step before it is known which names are local and which reference a call is.
#[derive(Clone, Debug)]
pub(super) struct RawStep<'t> {
    pub(super) depth: u8,
    /// References in it are byte positions of the last segment of the callee.
    pub(super) kind: StepKind,
    pub(super) names: Vec<RawChain<'t>>,
    pub(super) line: u32,
    /// It is a step only if its name does not begin with a local variable.
    pub(super) unless_local: bool,
}

/// The local names of every function of a file.
#[derive(Default)]
pub(super) struct Outlines<'t> {
    scopes: Vec<Scope<'t>>,
}

struct Scope<'t> {
    parent: Option<u32>,
    locals: FxHashSet<&'t str>,
}

impl<'t> Outlines<'t> {
    pub(super) fn new_scope(&mut self, parent: Option<u32>) -> u32 {
        self.scopes.push(Scope {
            parent,
            locals: FxHashSet::default(),
        });
        (self.scopes.len() - 1) as u32
    }

    pub(super) fn add_local(&mut self, scope: u32, name: &'t str) {
        self.scopes[scope as usize].locals.insert(name);
    }

    fn is_local(&self, scope: Option<u32>, name: &str) -> bool {
        let mut next = scope;
        while let Some(at) = next {
            let scope = &self.scopes[at as usize];
            if scope.locals.contains(name) {
                return true;
            }
            next = scope.parent;
        }
        false
    }

    /// The steps of one symbol, without the names that turned out to be local.
    pub(super) fn finish(
        &self,
        steps: Vec<RawStep<'t>>,
        scope: Option<u32>,
        references: &FxHashMap<u32, u32>,
        names: &mut Names<'t>,
    ) -> Vec<Step> {
        let mut out = Vec::with_capacity(steps.len());
        for step in steps {
            let local = |segment: Segment<'t>| matches!(segment, Segment::Root(name) if self.is_local(scope, name));
            if step.unless_local
                && step
                    .names
                    .iter()
                    .any(|chain| local(chain.name) || local(chain.qualifier))
            {
                continue;
            }
            let is_guard = matches!(step.kind, StepKind::If | StepKind::Match(_) | StepKind::Loop);
            let mut chains = Vec::with_capacity(step.names.len());
            for chain in &step.names {
                let mut id = |segment| match segment {
                    Segment::Root(name) if !self.is_local(scope, name) => Some(names.id(name)),
                    Segment::Member(name) => Some(names.id(name)),
                    _ => None,
                };
                let chain = Chain {
                    qualifier: id(chain.qualifier),
                    name: id(chain.name),
                };
                if !is_guard || chain.name.is_some() {
                    chains.push(chain);
                }
            }
            out.push(Step {
                depth: step.depth,
                kind: with_reference(step.kind, references),
                names: chains,
                line: step.line,
            });
        }
        out
    }
}

/// Turns the byte position in a step into the reference that begins there.
fn with_reference(kind: StepKind, references: &FxHashMap<u32, u32>) -> StepKind {
    let find = |at: Option<u32>| references.get(&at?).copied();
    match kind {
        StepKind::Call {
            arguments,
            awaited,
            propagated,
            reference,
        } => StepKind::Call {
            arguments,
            awaited,
            propagated,
            reference: find(reference),
        },
        StepKind::New { arguments, reference } => StepKind::New {
            arguments,
            reference: find(reference),
        },
        StepKind::Macro { propagated, reference } => StepKind::Macro {
            propagated,
            reference: find(reference),
        },
        other => other,
    }
}
