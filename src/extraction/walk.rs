//! One walk over a syntax tree: which definitions are symbols, what they contain, and what their bodies do.

mod apart;
mod define;
mod steps;

use super::Skipped;
use super::chain::RawChain;
use super::facts::{StepKind, Visibility};
use super::grammar::{Flags, Nodes, Role, is_part};
use super::outline::{Outlines, RawStep};
use super::parsed::{Parsed, Visited, line_of};
use super::symbols::Finder;
use super::tree::Node;
use super::vocabulary::{Body, Vocabulary};
use rustc_hash::FxHashMap;
use std::ops::Range;

pub(super) use define::Draft;

/// What a walk found.
pub(super) struct Walked<'t> {
    /// What [`Parsed::hidden`] has to be from now on.
    pub(super) hidden: Vec<Range<usize>>,
    pub(super) drafts: Vec<Draft<'t>>,
    pub(super) outlines: Outlines<'t>,
    pub(super) vocabulary: Vocabulary<'t>,
    /// The words that stand in no symbol.
    pub(super) rest: Body,
    /// The nodes in document order, the root first.
    pub(super) visited: Vec<Visited<'t>>,
}

/// Walks a file. `counts` tells of words that have no names of their own which of them a later walk looks at.
pub(super) fn walk<'t>(
    parsed: &Parsed<'t>,
    max_symbols: usize,
    counts: &dyn Fn(u16) -> bool,
) -> Result<Walked<'t>, Skipped> {
    let mut walk = Walk {
        parsed,
        nodes: parsed.grammar.nodes(),
        finder: Finder::new(parsed),
        max_symbols,
        assigned: FxHashMap::default(),
        levels: Vec::with_capacity(64),
        docs: Vec::new(),
        attributes: Vec::new(),
        guards: Vec::new(),
        open_quote: (0, false),
        quoted_from: usize::MAX,
        quoted_line: 0..0,
        hidden: Vec::new(),
        drafts: Vec::new(),
        outlines: Outlines::default(),
        vocabulary: Vocabulary::default(),
        rest: Body::default(),
        visited: Vec::new(),
    };
    walk.run(counts)?;
    walk.settle_visibility();
    Ok(Walked {
        hidden: walk.hidden,
        drafts: walk.drafts,
        outlines: walk.outlines,
        vocabulary: walk.vocabulary,
        rest: walk.rest,
        visited: walk.visited,
    })
}

struct Walk<'t, 'p> {
    parsed: &'p Parsed<'t>,
    nodes: &'p Nodes,
    finder: Finder<'t, 'p>,
    max_symbols: usize,
    /// What an assignment has made a member or variable, by what it belongs to and its name.
    assigned: FxHashMap<(Option<u32>, &'t str), u32>,
    /// The nodes from the root to the current one.
    levels: Vec<Level<'t>>,
    /// Documentation that waits for the definition it precedes.
    docs: Vec<Range<usize>>,
    /// Attributes that do.
    attributes: Vec<Node<'t>>,
    /// What conditions mention, by the number in [`State::guard`].
    guards: Vec<Vec<RawChain<'t>>>,
    /// How far the current syntax error was searched for quotes, and whether one is open there.
    open_quote: (usize, bool),
    /// Where a string over several lines begins that was never closed: what follows may be its text.
    quoted_from: usize,
    /// The rest of a line after a quote that was never closed.
    quoted_line: Range<usize>,
    /// Literals, tokens of macros, and leaves under a syntax error and outside of any definition.
    hidden: Vec<Range<usize>>,
    drafts: Vec<Draft<'t>>,
    outlines: Outlines<'t>,
    vocabulary: Vocabulary<'t>,
    /// The words that stand in no symbol.
    rest: Body,
    visited: Vec<Visited<'t>>,
}

/// What holds for a node because of where it is.
#[derive(Clone, Copy, Default)]
struct State {
    /// The innermost symbol.
    symbol: Option<u32>,
    /// The innermost function with names of its own.
    scope: Option<u32>,
    /// The guard that collects names.
    guard: Option<u32>,
    /// The depth of a step here.
    depth: u8,
    /// Names here are introduced as local.
    binding: bool,
    /// An export is around.
    exported: bool,
    /// A function body is around, and no type within it.
    local: bool,
    /// What is defined here belongs to nothing that has a name.
    anonymous: bool,
    /// A syntax error is around, and no definition within it: what looks like a call may be words of an open string.
    broken: bool,
    /// Where the last statement of the innermost function begins.
    last: usize,
    /// What a word before says of all members that follow (`private:`).
    section: Option<Visibility>,
}

/// A node on the way from the root.
struct Level<'t> {
    node: Node<'t>,
    /// The id of its kind.
    kind: u16,
    /// Its place in [`Walk::visited`].
    place: usize,
    /// What holds for its children.
    state: State,
    role: Role,
    /// The step that is complete when the node is left.
    pending: Option<RawStep<'t>>,
    /// The step in the outline that this node opened: its place.
    step: Option<usize>,
    /// The guard of a branch.
    guard: Option<u32>,
    /// Whether the node is named here and its children are part of that name.
    named: bool,
    arguments: u8,
    arms: u16,
    /// A `return` that returns an error.
    error: bool,
}

/// How many names a guard lists.
const MAX_GUARD_NAMES: usize = 6;

impl<'t> Walk<'t, '_> {
    fn run(&mut self, counts: &dyn Fn(u16) -> bool) -> Result<(), Skipped> {
        let mut cursor = self.parsed.root.walk();
        loop {
            let node = cursor.node();
            let kind = node.kind_id();
            if node.is_named() {
                if self.enter(node, kind)? {
                    self.visited[self.levels.last().map_or(0, |level| level.place)].is_entered = true;
                    if cursor.goto_first_child() {
                        continue;
                    }
                }
                self.leave();
            } else if counts(kind) || !node.is_leaf() {
                self.visit(node, kind);
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return Ok(());
                }
                self.docs.clear();
                self.attributes.clear();
                self.leave();
            }
        }
    }

    fn visit(&mut self, node: Node<'t>, kind: u16) -> usize {
        let place = self.visited.len();
        self.visited.push(Visited {
            node,
            kind,
            next: place as u32 + 1,
            is_entered: false,
            defines: false,
        });
        place
    }

    /// Looks at a node; false if its children do not matter.
    fn enter(&mut self, node: Node<'t>, id: u16) -> Result<bool, Skipped> {
        let nodes = self.nodes;
        let kind = nodes.kind(id);
        let state = self.state_for(node, id);
        let place = self.visit(node, id);
        self.levels.push(Level {
            node,
            kind: id,
            place,
            state,
            role: kind.role,
            pending: None,
            step: None,
            guard: None,
            named: false,
            arguments: 0,
            arms: 0,
            error: false,
        });
        if self.is_in_cut_string(node) || self.is_set_apart(node, kind, &state) {
            return Ok(false);
        }
        self.count_argument();
        let candidates = self.finder.definitions(node, id);
        if !candidates.is_empty() {
            let before = self.drafts.len();
            self.define_all(node, kind, candidates)?;
            self.visited[place].defines = self.drafts.len() > before;
        } else if !kind.flags.has(Flags::EXPORT)
            && !kind.flags.has(Flags::LEADING)
            && !self.docs.is_empty() | !self.attributes.is_empty()
        {
            self.forget_docs(kind);
        }
        if kind.flags.has(Flags::IDENTIFIER) {
            self.identifier(node, &state);
        }
        self.behaviour(node, kind);
        Ok(true)
    }

    /// What holds for a node, given what holds for its parent's children and which of them it is.
    fn state_for(&mut self, node: Node<'t>, id: u16) -> State {
        let Some(at) = self.levels.len().checked_sub(1) else {
            return State {
                broken: node.is_error(),
                ..State::default()
            };
        };
        let mut state = self.levels[at].state;
        let (kind, parent_kind) = (self.nodes.kind(id), self.nodes.kind(self.levels[at].kind));
        let role = self.levels[at].role;
        let by_field = !matches!(role, Role::None | Role::Arguments)
            || parent_kind.binder.is_some()
            || parent_kind.unbound.is_some();
        if by_field && node.is_named() {
            let field = node.field_id();
            let is = |part: Option<u16>| part.is_some_and(|part| is_part(part, field, id));
            if is(parent_kind.binder) {
                state.binding = true;
            }
            if is(parent_kind.unbound) {
                state.binding = false;
            }
            self.state_in_step(at, field, node, id, &mut state);
        }
        if kind.binder == Some(0) {
            state.binding = true;
        }
        if kind.flags.has(Flags::EXPORT) {
            state.exported = true;
        }
        if node.is_error() && !state.broken {
            state.broken = true;
            self.open_quote = (node.start_byte(), false);
        }
        state.local |= kind.flags.has(Flags::BLOCK);
        state.anonymous |= kind.flags.has(Flags::ANONYMOUS) || kind.role == Role::Arguments;
        state
    }

    /// Opens the parts of branches, matches and loops when their first node is met.
    fn state_in_step(&mut self, at: usize, field: u16, node: Node<'t>, id: u16, state: &mut State) {
        let kind = self.nodes.kind(id);
        let is_branch = matches!(kind.role, Role::Branch { consequence, .. } if consequence != 0);
        let is = |part: u16| is_part(part, field, id);
        match self.levels[at].role {
            Role::Branch { condition, .. } if is(condition) => self.open_guard(at, state),
            Role::Branch { consequence, .. } if is(consequence) && self.levels[at].arms == 0 => {
                self.levels[at].arms += 1;
                let names = self.guard_names(at);
                self.push(state, node, StepKind::If, names);
                state.depth = state.depth.saturating_add(1);
            }
            Role::Branch { alternative, .. } if is(alternative) && !kind.flags.has(Flags::COMMENT) => {
                self.push(state, node, StepKind::Else, Vec::new());
                if !is_branch && kind.role != Role::ElseClause {
                    state.depth = state.depth.saturating_add(1);
                }
            }
            Role::ElseClause if !is_branch => state.depth = state.depth.saturating_add(1),
            Role::Match(value) if is(value) => self.open_guard(at, state),
            Role::Match(_) if kind.flags.has(Flags::COMMENT) => (),
            Role::Match(_) => {
                if self.levels[at].step.is_none() {
                    let names = self.guard_names(at);
                    self.levels[at].step = self.push(state, node, StepKind::Match(0), names);
                }
                state.depth = state.depth.saturating_add(1);
            }
            Role::Loop(condition) => {
                state.depth = state.depth.saturating_add(1);
                if is(condition) {
                    self.open_guard(at, state);
                }
            }
            Role::Arm | Role::Catch | Role::Finally | Role::Unsafe => state.depth = state.depth.saturating_add(1),
            Role::Try if !matches!(kind.role, Role::Catch | Role::Finally) => {
                state.depth = state.depth.saturating_add(1)
            }
            Role::Closure(body) if is(body) => state.last = last_statement(node, self.nodes),
            _ => (),
        }
    }

    fn open_guard(&mut self, at: usize, state: &mut State) {
        if state.symbol.is_none() {
            return;
        }
        self.guards.push(Vec::new());
        let guard = (self.guards.len() - 1) as u32;
        self.levels[at].guard = Some(guard);
        state.guard = Some(guard);
    }

    fn guard_names(&mut self, at: usize) -> Vec<RawChain<'t>> {
        self.levels[at]
            .guard
            .map(|guard| std::mem::take(&mut self.guards[guard as usize]))
            .unwrap_or_default()
    }

    /// Adds a step to the outline of the innermost symbol, if it has one.
    fn push(&mut self, state: &State, node: Node<'t>, kind: StepKind, names: Vec<RawChain<'t>>) -> Option<usize> {
        let symbol = self.outlined(state)?;
        let step = RawStep {
            depth: state.depth,
            kind,
            names,
            line: line_of(node),
            unless_local: false,
        };
        self.drafts[symbol].push_step(step)
    }

    /// The innermost symbol, if its behaviour is outlined.
    fn outlined(&self, state: &State) -> Option<usize> {
        let symbol = state.symbol.filter(|_| !state.broken)? as usize;
        self.drafts[symbol].kind.is_callable().then_some(symbol)
    }

    fn count_argument(&mut self) {
        let [before @ .., arguments, _] = self.levels.as_mut_slice() else {
            return;
        };
        if arguments.role != Role::Arguments {
            return;
        }
        // Between a call and its arguments there may be a node that only holds them.
        let mut around = before.iter_mut().rev().take(2);
        if let Some(call) = around.find(|level| level.pending.is_some()) {
            call.arguments = call.arguments.saturating_add(1);
        }
    }

    fn identifier(&mut self, node: Node<'t>, state: &State) {
        if state.broken {
            return;
        }
        let text = self.parsed.text(node);
        if state.binding
            && let Some(scope) = state.scope
            && !(self.nodes.locals_are_lowercase && text.starts_with(char::is_uppercase))
        {
            self.outlines.add_local(scope, text);
        }
        match state.symbol.map(|symbol| &mut self.drafts[symbol as usize]) {
            Some(draft) if node.start_byte() >= draft.behaviour_start => {
                self.vocabulary.add(&mut draft.vocabulary, text);
            }
            Some(_) => (),
            None => self.vocabulary.add(&mut self.rest, text),
        }
        if state.guard.is_some() && !state.binding {
            self.note(node, state);
        }
    }

    /// Lets the guard around a node list the name it stands for.
    fn note(&mut self, node: Node<'t>, state: &State) {
        let [.., parent, level] = self.levels.as_slice() else {
            return;
        };
        let is_call = matches!(level.role, Role::Call(_) | Role::Construct(_));
        let Some(guard) = state.guard.filter(|_| is_call || !parent.named) else {
            return;
        };
        let chain = RawChain::of(self.parsed, node);
        let names = &mut self.guards[guard as usize];
        if !chain.is_empty() && names.len() < MAX_GUARD_NAMES && !names.contains(&chain) {
            names.push(chain);
        }
    }

    /// Completes the node on top of the path.
    fn leave(&mut self) {
        let Some(mut level) = self.levels.pop() else { return };
        self.visited[level.place].next = self.visited.len() as u32;
        let state = level.state;
        if let (Role::Match(_), Some(step), Some(symbol)) = (level.role, level.step, state.symbol) {
            self.drafts[symbol as usize].steps[step].kind = StepKind::Match(level.arms);
        }
        if let (Role::Closure(_), Some(step), Some(symbol)) = (level.role, level.step, state.symbol) {
            let steps = &mut self.drafts[symbol as usize].steps;
            if steps.len() == step + 1 {
                // A closure that does nothing worth a step is none itself.
                steps.pop();
            }
        }
        let Some(mut step) = level.pending.take() else { return };
        let (was_awaited, was_propagated) = self.awaited_propagated();
        match &mut step.kind {
            StepKind::Call {
                arguments,
                awaited,
                propagated,
                ..
            } => {
                *arguments = level.arguments;
                (*awaited, *propagated) = (was_awaited, was_propagated);
            }
            StepKind::New { arguments, .. } => *arguments = level.arguments,
            StepKind::Macro { propagated, .. } => *propagated = was_propagated,
            kind @ (StepKind::Return | StepKind::EarlyReturn) if level.error => *kind = StepKind::ErrorExit,
            _ => (),
        }
        if let Some(symbol) = self.outlined(&state) {
            self.drafts[symbol].push_step(step);
        }
    }

    /// Whether the node just left is awaited, and its failure passed on.
    fn awaited_propagated(&self) -> (bool, bool) {
        let mut above = self.levels.iter().rev().map(|level| level.role);
        let mut next = above.next();
        let awaited = next == Some(Role::Await);
        if awaited {
            next = above.next();
        }
        (awaited, next == Some(Role::Propagate))
    }
}

/// Where the last statement of a body begins; a body that is an expression is its own.
fn last_statement(body: Node<'_>, nodes: &Nodes) -> usize {
    if let (1, Some(list)) = (body.named_child_count(), body.named_child(0))
        && nodes.kind(list.kind_id()).flags.has(Flags::STATEMENTS)
    {
        return last_statement(list, nodes);
    }
    let is_code = |it: &Node<'_>| !nodes.kind(it.kind_id()).flags.has(Flags::COMMENT);
    body.named_children()
        .filter(is_code)
        .last()
        .unwrap_or(body)
        .start_byte()
}
