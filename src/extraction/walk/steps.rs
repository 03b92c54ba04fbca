//! The steps that nodes stand for: calls, branches, exits, assignments.

use super::Walk;
use crate::extraction::chain::{RawChain, Segment, field};
use crate::extraction::facts::StepKind;
use crate::extraction::grammar::{Flags, NodeKind, Nodes, Role};
use crate::extraction::outline::RawStep;
use crate::extraction::parsed::{Parsed, line_of};
use crate::extraction::tree::Node;

impl<'t> Walk<'t, '_> {
    /// Prepares the step a node stands for.
    pub(super) fn behaviour(&mut self, node: Node<'t>, kind: &NodeKind) {
        let [.., parent, level] = self.levels.as_mut_slice() else {
            return;
        };
        let state = level.state;
        if kind.member.is_some() {
            // What a name is looked up in is part of the name, unless it is the result of something.
            level.named = true;
            let is_call = matches!(kind.role, Role::Call(_) | Role::Construct(_));
            let part_of_name = parent.named && !is_call;
            if state.guard.is_some() && !state.binding && !part_of_name {
                self.note(node, &state);
            }
            if is_call && self.outlined(&state).is_some() {
                self.begin(node, kind.role);
            }
            return;
        }
        level.named = kind.transparent.is_some() && parent.named;
        if matches!(kind.role, Role::Closure(_)) {
            level.state.local = true;
        }
        if self.outlined(&state).is_none() {
            return;
        }
        let kept = match kind.role {
            Role::Return if node.start_byte() == state.last => Some(StepKind::Return),
            Role::Return => Some(StepKind::EarlyReturn),
            Role::Throw => Some(StepKind::ErrorExit),
            Role::Break => Some(StepKind::Break),
            Role::Continue => Some(StepKind::Continue),
            Role::Yield => Some(StepKind::Yield),
            _ => None,
        };
        match kept {
            Some(step) => self.prepare(node, step, Vec::new()),
            None => self.begin(node, kind.role),
        }
    }

    /// Opens the step of a node with others inside, or prepares that of a call or an assignment.
    fn begin(&mut self, node: Node<'t>, role: Role) {
        match role {
            Role::Call(callee) | Role::Construct(callee) | Role::Element(callee) | Role::Macro(callee) => {
                self.prepare_call(node, role, callee);
            }
            Role::Assign(left) => self.prepare_set(node, left),
            Role::Closure(body) => self.open_closure(node, body),
            Role::Loop(_) => self.open(node, StepKind::Loop, false),
            Role::Try => self.open(node, StepKind::Try, false),
            Role::Catch => self.open(node, StepKind::Catch, false),
            Role::Finally => self.open(node, StepKind::Finally, false),
            Role::Unsafe => self.open(node, StepKind::Unsafe, false),
            Role::Arm => {
                self.open(node, StepKind::Arm, false);
                let mut around = self.levels.iter_mut().rev().skip(1);
                if let Some(level) = around.find(|level| matches!(level.role, Role::Match(_))) {
                    level.arms = level.arms.saturating_add(1);
                }
            }
            _ => (),
        }
    }

    /// Adds a step now; what is inside comes after it.
    fn open(&mut self, node: Node<'t>, kind: StepKind, deeper: bool) {
        let Some(level) = self.levels.last() else { return };
        let state = level.state;
        let step = self.push(&state, node, kind, Vec::new());
        if let Some(level) = self.levels.last_mut() {
            level.step = step;
            if deeper {
                level.state.depth = level.state.depth.saturating_add(1);
            }
        }
    }

    fn open_closure(&mut self, node: Node<'t>, body: u16) {
        let Some(level) = self.levels.last_mut() else { return };
        let own = level
            .state
            .symbol
            .and_then(|symbol| self.drafts[symbol as usize].body)
            .map(|body| body.id());
        if own.is_some() && field(node, body).map(|body| body.id()) == own {
            // The function that a symbol is the name of.
            level.role = Role::None;
            return;
        }
        self.open(node, StepKind::Closure, true);
    }

    /// Keeps a step until the node is left, so that what it is made of comes first.
    fn prepare(&mut self, node: Node<'t>, kind: StepKind, names: Vec<RawChain<'t>>) {
        if let Some(level) = self.levels.last_mut() {
            let step = RawStep {
                depth: level.state.depth,
                kind,
                names,
                line: line_of(node),
                unless_local: false,
            };
            level.pending = Some(step);
        }
    }

    fn prepare_call(&mut self, node: Node<'t>, role: Role, callee: u16) {
        let Some(callee) = field(node, callee) else { return };
        let mut chain = RawChain::of(self.parsed, callee);
        let is_macro = matches!(role, Role::Macro(_)) || self.parsed.is_macro_name(callee);
        let last = match &mut chain.name {
            Segment::None => "",
            Segment::Root(name) | Segment::Member(name) => name,
        };
        if is_macro {
            // A variable of that name is something else.
            chain.name = Segment::Member(last);
        }
        let is = |list: &[String]| list.iter().any(|it| it == last);
        if is(&self.nodes.silent_calls) && !is_macro && !RawChain::is_own(self.parsed, callee)
            || matches!(role, Role::Element(_)) && !last.starts_with(char::is_uppercase)
        {
            return;
        }
        if is(&self.nodes.error_values) && !is_macro && self.returns_error(node) {
            return;
        }
        let kind = match role {
            _ if is(&self.nodes.error_calls) && is_macro => StepKind::ErrorExit,
            Role::Construct(_) | Role::Element(_) => StepKind::New {
                arguments: 0,
                reference: Some(chain.at),
            },
            _ if is_macro => StepKind::Macro {
                propagated: false,
                reference: Some(chain.at),
            },
            _ => StepKind::Call {
                arguments: 0,
                awaited: false,
                propagated: false,
                reference: Some(chain.at),
            },
        };
        self.prepare(callee, kind, vec![chain]);
    }

    /// Whether the error a call makes is returned; then the return says so, or the call becomes the exit.
    fn returns_error(&mut self, node: Node<'t>) -> bool {
        let [.., around, parent, level] = self.levels.as_mut_slice() else {
            return false;
        };
        if parent.role == Role::Return {
            parent.error = true;
            return true;
        }
        let ends = |role: Role| {
            matches!(
                role,
                Role::Arm | Role::Closure(_) | Role::Branch { .. } | Role::ElseClause | Role::Unsafe
            )
        };
        let tail = node.start_byte() == level.state.last;
        if tail || ends(parent.role) || parent.role == Role::None && ends(around.role) {
            self.prepare(node, StepKind::ErrorExit, Vec::new());
            return true;
        }
        false
    }

    fn prepare_set(&mut self, node: Node<'t>, left: u16) {
        let defines = self
            .levels
            .last()
            .and_then(|level| level.state.symbol)
            .map(|symbol| self.drafts[symbol as usize].node.id());
        let Some(left) = field(node, left).filter(|_| defines != Some(node.id())) else {
            return;
        };
        let (target, root) = assigned(self.parsed, self.nodes, left);
        let keep = match root {
            Segment::None => return,
            Segment::Root(_) => true,
            Segment::Member(_) => false,
        };
        let mut chain = RawChain::of(self.parsed, target);
        if chain.is_empty() {
            return;
        }
        // A root that turns out to be local makes this no step at all; it may stand before the two segments that are kept.
        if keep && !matches!(chain.name, Segment::Root(_)) && !matches!(chain.qualifier, Segment::Root(_)) {
            chain.qualifier = root;
        }
        self.prepare(node, StepKind::Set, vec![chain]);
        if let Some(step) = self.levels.last_mut().and_then(|level| level.pending.as_mut()) {
            step.unless_local = keep;
        }
    }
}

/// What an assignment changes, with the elements it picks taken off, and what its name begins with.
fn assigned<'t>(parsed: &Parsed<'t>, nodes: &Nodes, left: Node<'t>) -> (Node<'t>, Segment<'t>) {
    let mut target = left;
    let mut node = left;
    // Bounded, because a name can be as long as a file.
    for _ in 0..64 {
        let kind = nodes.kind(node.kind_id());
        let is_word = || nodes.receiver_words.iter().any(|word| word == parsed.text(node));
        if kind.flags.has(Flags::RECEIVER) || kind.flags.has(Flags::IDENTIFIER) && is_word() {
            return (target, Segment::Member(""));
        }
        if kind.flags.has(Flags::IDENTIFIER) {
            return (target, Segment::Root(parsed.text(node)));
        }
        let whole = node.id() == target.id();
        let next = match (kind.member, kind.transparent) {
            (Some((object, _)), _) => field(node, object),
            (None, Some(0)) => node.named_child(0),
            (None, Some(number)) => field(node, number),
            (None, None) if kind.flags.has(Flags::ELEMENT) => node.named_child(0),
            (None, None) => None,
        };
        let Some(next) = next else { break };
        if whole && kind.member.is_none() {
            target = next;
        }
        node = next;
    }
    (target, Segment::None)
}
