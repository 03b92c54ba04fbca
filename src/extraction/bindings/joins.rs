//! What a local is behind branches that assign it: `if a: x = One()` and `else: x = Other()`.
//!
//! Where every assignment defines its name anew, what is read is what was assigned last. Behind branches that is what each of them assigned
//! last, and what was there before if one may pass it by.

use super::collect::Lowering;
use super::narrowing::MAX_ASSIGNED;
use super::place::place;
use super::rules::Joins;
use super::scopes::{Entry, LocalDraft, Source};
use super::walk::Surveyor;
use super::{Expr, ExprId};
use crate::extraction::tree::Node;

/// A node with branches, and the scope of what they assign.
pub(super) struct Branching<'t> {
    pub(super) node: Node<'t>,
    pub(super) scope: u32,
}

/// An assignment that defines a local.
pub(super) struct Bound<'t> {
    pub(super) from: usize,
    pub(super) scope: u32,
    pub(super) name: &'t str,
}

impl<'t> Surveyor<'t, '_> {
    /// Joins what branches assign, the inner ones first.
    pub(super) fn join(&mut self) {
        let mut bound = std::mem::take(&mut self.bound);
        bound.sort_by_key(|it| it.from);
        let mut branching = std::mem::take(&mut self.branching);
        branching.sort_by_key(|it| (it.node.end_byte(), std::cmp::Reverse(it.node.start_byte())));
        for it in branching {
            let (start, end) = (it.node.start_byte(), it.node.end_byte());
            let first = bound.partition_point(|bound| bound.from <= start);
            let within = bound[first..].iter().take_while(|bound| bound.from <= end);
            let mut names: Vec<&'t str> = within.filter(|of| of.scope == it.scope).map(|of| of.name).collect();
            if names.is_empty() {
                continue;
            }
            names.sort_unstable();
            names.dedup();
            let rules = self.rules;
            let Some(rule) = rules.walk(it.node.kind_id()).and_then(|rule| rule.joins.as_ref()) else {
                continue;
            };
            let arms = self.arms_of(it.node, rule);
            let is_complete = children(it.node, rule).any(|of| rule.complete.iter().any(|kind| kind == of.kind()));
            for name in names {
                self.join_name(&it, (&arms, is_complete), name);
            }
        }
    }

    /// The branches of a node that go on behind it.
    fn arms_of(&self, node: Node<'t>, rule: &Joins) -> Vec<Node<'t>> {
        let is_arm = |of: &Node<'t>| rule.arms.iter().any(|kind| kind == of.kind());
        let arms = children(node, rule).filter(is_arm);
        arms.filter(|arm| !self.leaves(*arm)).collect()
    }

    /// Whether a branch never goes on to what follows.
    fn leaves(&self, arm: Node<'t>) -> bool {
        let body = ["body", "consequence"]
            .iter()
            .find_map(|field| arm.child_by_field_name(field));
        let last = arm.named_children().filter(|it| !it.is_extra()).last();
        self.exits(arm) || body.or(last).is_some_and(|it| self.exits(it))
    }

    fn join_name(&mut self, it: &Branching<'t>, (arms, is_complete): (&[Node<'t>], bool), name: &'t str) {
        let (start, end) = (it.node.start_byte(), it.node.end_byte());
        let Some(entries) = self.survey.entries_of(it.scope, name) else {
            return;
        };
        // What imports and functions define stands as it is.
        let locals = entries
            .iter()
            .filter(|(_, from)| *from <= end)
            .map(|(entry, from)| match entry {
                Entry::Local(local) => Some((*local, *from)),
                _ => None,
            });
        let Some(locals) = locals.collect::<Option<Vec<(u32, usize)>>>() else {
            return;
        };
        let last = |range: std::ops::RangeInclusive<usize>| {
            let mut all = locals.iter().rev().filter(|(_, from)| range.contains(from));
            all.find(|(local, _)| !self.survey.is_narrowed(*local)).map(|it| it.0)
        };
        let before = last(0..=start);
        let mut parts: Vec<u32> = Vec::new();
        let mut add = |part: Option<u32>| parts.extend(part.filter(|it| !parts.contains(it)));
        if !is_complete {
            add(before);
        }
        for arm in arms {
            add(last(arm.start_byte() + 1..=arm.end_byte()).or(before));
        }
        // What a check says behind the node stays.
        if locals
            .last()
            .is_some_and(|(local, from)| *from == end && self.survey.is_narrowed(*local))
        {
            return;
        }
        let visible = locals.last().map(|it| it.0);
        match parts[..] {
            [] => {}
            [one] if Some(one) == visible => {}
            [one] => self.survey.define(it.scope, name, Entry::Local(one), end),
            _ if parts.len() > MAX_ASSIGNED => {}
            _ => {
                let joined = self.survey.joined.len() as u32;
                self.survey.joined.push(parts);
                let source = self.survey.source(Source::Joined(joined));
                let local = self.survey.locals.len() as u32;
                self.survey.locals.push(LocalDraft {
                    source,
                    parameter: None,
                    bound: None,
                    function: None,
                });
                self.survey.define(it.scope, name, Entry::Local(local), end);
            }
        }
    }
}

/// What stands where the branches of a node are.
fn children<'t>(node: Node<'t>, rule: &Joins) -> impl Iterator<Item = Node<'t>> + use<'t> {
    let around = Some(&rule.within)
        .filter(|it| !it.is_empty())
        .and_then(|it| place(node, it));
    around.unwrap_or(node).named_children()
}

impl Lowering<'_, '_> {
    /// One of several locals.
    pub(super) fn joined(&mut self, at: u32) -> ExprId {
        let survey = self.survey;
        let parts = &survey.joined[at as usize];
        let parts = parts.iter().map(|local| self.keep(Expr::Local(*local))).collect();
        self.keep(Expr::Assigned(parts))
    }
}
