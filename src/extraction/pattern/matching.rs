//! How patterns are tried.

use super::{Item, KindIs, NodeShape, Query, Repeat, Shape};
use crate::extraction::tree::Node;
use rustc_hash::FxHashSet;

/// What a pattern found.
pub(in crate::extraction) struct Match<'t> {
    pub(in crate::extraction) pattern: usize,
    /// Each with the number of its capture, outer nodes first.
    pub(in crate::extraction) captures: Vec<(u16, Node<'t>)>,
}

/// How many matches of one pattern at one node are told apart, and of how many the longest are.
const MOST_MATCHES: usize = 4096;
const MOST_COMPARED: usize = 256;
/// How many nodes one `*` stands for.
const MOST_REPEATS: usize = 100;

/// All matches that begin at some nodes, in the order of these and of the patterns.
pub(in crate::extraction) fn matches<'t>(
    query: &Query,
    nodes: impl Iterator<Item = Node<'t>>,
    bytes: &[u8],
) -> Vec<Match<'t>> {
    let mut out = Vec::new();
    let mut trial = Trial {
        captures: Vec::new(),
        found: Vec::new(),
        seen: FxHashSet::default(),
        repeats: 0,
    };
    for node in nodes {
        for &at in query.beginning_with(node.kind_id()) {
            let pattern = &query.patterns[usize::from(at)];
            let Some((first, rest)) = pattern.nodes.split_first() else {
                continue;
            };
            trial.one(first, node, &mut |trial, last| {
                trial.list(rest, Place::behind(last), &mut |trial, _| trial.keep());
            });
            trial.seen.clear();
            let found = trial.found.drain(..);
            let holds = |it: &Vec<(u16, Node<'t>)>| pattern.predicates.iter().all(|one| one.holds(it, bytes));
            let found = found.filter(holds).collect();
            let pattern = usize::from(at);
            out.extend(longest(found).into_iter().map(|captures| Match { pattern, captures }));
        }
    }
    out
}

/// Of matches at one node, those whose captures are not all among those of another.
fn longest<'t>(mut found: Vec<Vec<(u16, Node<'t>)>>) -> Vec<Vec<(u16, Node<'t>)>> {
    if !(2..=MOST_COMPARED).contains(&found.len()) {
        return found;
    }
    let is_in = |small: &[(u16, Node<'t>)], large: &[(u16, Node<'t>)]| {
        let mut large = large.iter();
        small.iter().all(|one| large.any(|other| other == one))
    };
    let mut at = 0;
    while at < found.len() {
        let covers = |(other, it): (usize, &Vec<_>)| {
            other != at && is_in(&found[at], it) && (it.len() > found[at].len() || other < at)
        };
        if found.iter().enumerate().any(covers) {
            found.remove(at);
        } else {
            at += 1;
        }
    }
    found
}

/// One pattern at one node.
struct Trial<'t> {
    captures: Vec<(u16, Node<'t>)>,
    found: Vec<Vec<(u16, Node<'t>)>>,
    /// What was found, by the places of its nodes.
    seen: FxHashSet<Vec<(u16, usize)>>,
    repeats: usize,
}

/// How far a list of nodes is matched.
#[derive(Clone, Copy)]
struct Place<'t> {
    /// The first node that was not looked at.
    next: Option<Node<'t>>,
    /// The last that matched.
    last: Option<Node<'t>>,
    /// What comes next stands first, because what would come before it is not there.
    is_first: bool,
    /// It stands anywhere, for the same reason.
    is_free: bool,
}

impl<'t> Place<'t> {
    fn in_node(node: Node<'t>) -> Self {
        Self {
            next: node.children().next(),
            last: None,
            is_first: false,
            is_free: false,
        }
    }

    fn behind(node: Node<'t>) -> Self {
        Self {
            next: node.next_sibling(),
            last: Some(node),
            is_first: false,
            is_free: false,
        }
    }
}

type Then<'a, 't> = &'a mut dyn FnMut(&mut Trial<'t>, Place<'t>);

impl<'t> Trial<'t> {
    fn keep(&mut self) {
        if self.found.len() == MOST_MATCHES || self.found.last() == Some(&self.captures) {
            return;
        }
        let places = self.captures.iter().map(|(capture, node)| (*capture, node.id()));
        if self.seen.insert(places.collect()) {
            self.found.push(self.captures.clone());
        }
    }

    /// Matches nodes side by side, in every way.
    fn list(&mut self, items: &[Item], place: Place<'t>, then: Then<'_, 't>) {
        let Some((item, rest)) = items.split_first() else {
            return then(self, place);
        };
        if matches!(item.repeat, Repeat::Maybe | Repeat::Any) {
            let begins = place.last.is_none() && item.is_next;
            self.list(
                rest,
                Place {
                    is_first: place.is_first || begins,
                    is_free: !item.is_next,
                    ..place
                },
                then,
            );
        }
        self.from(
            item,
            rest,
            place,
            item.is_next && !place.is_free || place.is_first,
            then,
        );
    }

    /// Matches a node, and what follows it, from some place on.
    fn from(&mut self, item: &Item, rest: &[Item], place: Place<'t>, is_next: bool, then: Then<'_, 't>) {
        let mut next = place.next;
        while let Some(node) = next {
            self.one(item, node, &mut |trial, last| {
                let behind = Place::behind(last);
                if matches!(item.repeat, Repeat::Any | Repeat::Some) && trial.repeats < MOST_REPEATS {
                    trial.repeats += 1;
                    trial.from(item, rest, behind, true, then);
                    trial.repeats -= 1;
                }
                trial.list(rest, behind, then);
            });
            if is_next && node.is_named() {
                return;
            }
            next = node.next_sibling();
        }
    }

    /// Matches one node; what follows is told the last node that was matched beside it.
    fn one(&mut self, item: &Item, node: Node<'t>, then: &mut dyn FnMut(&mut Self, Node<'t>)) {
        if item.field.is_some_and(|field| node.field_id() != field) || !node.may_be_looked_at() {
            return;
        }
        let before = self.captures.len();
        match &item.shape {
            Shape::Node(shape) if shape.fits(node) => {
                self.captures.extend(item.captures.iter().map(|&it| (it, node)));
                self.list(&shape.children, Place::in_node(node), &mut |trial, place| {
                    if !shape.ends || place.is_end(node) {
                        then(trial, node);
                    }
                });
            }
            Shape::Node(_) => (),
            Shape::OneOf(all) => {
                self.captures.extend(item.captures.iter().map(|&it| (it, node)));
                all.iter().for_each(|it| self.one(it, node, then));
            }
            Shape::Several(all) => {
                if let Some((first, rest)) = all.split_first() {
                    self.one(first, node, &mut |trial, last| {
                        trial.list(rest, Place::behind(last), &mut |trial, place| {
                            then(trial, place.last.unwrap_or(last));
                        });
                    });
                }
            }
        }
        self.captures.truncate(before);
    }
}

impl Place<'_> {
    /// Whether no named node of a list is left.
    fn is_end(&self, list: Node<'_>) -> bool {
        let first = || list.named_children().next();
        self.last.map_or_else(first, |it| it.next_named_sibling()).is_none()
    }
}

impl NodeShape {
    fn fits(&self, node: Node<'_>) -> bool {
        let is_kind = match self.kind {
            KindIs::One(kind) => node.kind_id() == kind,
            KindIs::Any => node.is_named() && !node.is_error(),
        };
        is_kind
            && self
                .without
                .iter()
                .all(|&field| node.child_by_field_id(field).is_none())
    }
}
