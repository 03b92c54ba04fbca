//! Chains of calls that make a router and hand it on: `app.service(scope("/a").wrap(..).route("/b", ..))`.

use super::query::{Capture, Part};
use super::resources::ONE;
use super::routers::{Before, Receiver, Routers, head, receiver_of};
use super::routes::ANY_PATH;
use super::shape::prefixed;
use super::{Flags, Found};
use crate::extraction::facts::{Below, Router, RouterKind, SymbolKind};
use crate::extraction::tree::Node;
use std::ops::Range;

/// Where all routes begin alike, and how; `None` where the parameter that stood there is left out.
pub(super) type Scope = (Range<usize>, Option<String>);

/// The outermost chain that something is handed to.
struct Chain<'t> {
    /// What it begins with: `app`, `scope("/a")`.
    head: Node<'t>,
    whole: Node<'t>,
}

impl<'t> Chain<'t> {
    fn around(on: Node<'t>) -> Self {
        let mut head = head(on);
        loop {
            let whole = whole(head);
            let handed = whole
                .parent()
                .filter(|it| it.kind() == "arguments" && head.named_child_count() > 0);
            let Some(outer) = handed.and_then(|it| it.parent()).and_then(receiver_of) else {
                return Self { head, whole };
            };
            head = self::head(outer);
        }
    }

    /// The variable that holds it.
    fn held(&self) -> Option<Node<'t>> {
        let held = self.whole.parent()?;
        let is_held = held.child_by_field_name("value") == Some(self.whole);
        held.child_by_field_name("pattern").filter(|_| is_held)
    }

    /// Whether a function gives it back.
    fn is_given_back(&self) -> bool {
        let Some(parent) = self.whole.parent() else {
            return false;
        };
        let is_last = || parent.named_child((parent.named_child_count() as u32).saturating_sub(1)) == Some(self.whole);
        let is_body = || {
            let function = parent.parent();
            function.is_some_and(|it| it.kind() == "function_item") && is_last()
        };
        parent.kind() == "return_expression" || is_body()
    }
}

/// The whole chain of calls that begins with an expression.
pub(super) fn whole(start: Node<'_>) -> Node<'_> {
    let mut whole = start;
    while let Some(call) = called_on(whole) {
        whole = call;
    }
    whole
}

/// The call of a member of an expression.
fn called_on(node: Node<'_>) -> Option<Node<'_>> {
    let member = node.parent()?;
    let call = member.parent()?;
    let is_called = call.child_by_field_name("function") == Some(member);
    (is_called && receiver_of(member) == Some(node)).then_some(call)
}

/// What the routes at a place begin with.
pub(super) fn prefix_at(scopes: &[Scope], at: usize) -> String {
    let mut out = String::new();
    for (_, prefix) in scopes.iter().filter(|(range, _)| range.contains(&at)) {
        match prefix {
            Some(prefix) => out.push_str(prefix),
            None => out.truncate(out.strip_suffix(ONE).map_or(out.len(), str::len)),
        }
    }
    out
}

impl<'t> Routers<'_, 't> {
    /// What stands before what is added at a place to a chain, with the prefixes of all that is around it. What nobody knows is any path.
    pub(super) fn before_in_chain(&self, on: Node<'t>, at: usize) -> Before {
        let chain = Chain::around(on);
        let around = prefix_at(&self.scopes, chain.head.start_byte());
        let all = prefix_at(&self.scopes, at);
        let mut before = self.before_whole(&chain);
        let inner = all.strip_prefix(&around).unwrap_or(&all);
        before.prefix = prefixed(&[&around, &before.prefix, inner]);
        before
    }

    fn before_whole(&self, chain: &Chain<'t>) -> Before {
        let head = chain.head;
        let is_scope = self.scopes.iter().any(|(range, _)| range.start == head.end_byte());
        if self.is_name(head) {
            return self.before(head).unwrap_or_else(any);
        }
        if let Some(held) = chain.held() {
            return self.above(held).unwrap_or_default();
        }
        let known = if is_scope {
            Some(Before::default())
        } else {
            self.before(head)
        };
        let mut before = known.unwrap_or_else(any);
        before.below = self
            .giving_back(chain)
            .map(|router| Below {
                router,
                own: 0,
                is_part: false,
            })
            .or(before.below);
        before
    }

    /// The function that gives a chain back.
    fn giving_back(&self, chain: &Chain<'t>) -> Option<Router> {
        let function = self.symbol_around(chain.whole).filter(|_| chain.is_given_back())?;
        Some(Router {
            kind: RouterKind::Made,
            symbol: function.index,
        })
    }

    /// Puts a variable that holds a router below the chain it is handed to.
    pub(super) fn join_in_chain(&mut self, target: Node<'t>, on: Node<'t>) {
        let Some(place) = self.place(self.parsed.text(target), target.start_byte()) else {
            return;
        };
        let chain = Chain::around(on);
        let (head, held) = (chain.head, chain.held());
        let all = prefix_at(&self.scopes, target.start_byte());
        let (parent, router, path) = if self.is_name(head) && self.before(head).is_some() {
            let around = prefix_at(&self.scopes, head.start_byte());
            let inner = all.strip_prefix(&around).unwrap_or(&all);
            (
                Some((self.parsed.text(head), head.start_byte())),
                None,
                inner.to_owned(),
            )
        } else if let Some((held, own)) = held.and_then(|held| Some((held, self.known_at(held)?.own.as_str()))) {
            let inner = all.strip_prefix(own).unwrap_or(&all);
            (Some((self.parsed.text(held), held.end_byte())), None, inner.to_owned())
        } else {
            let before = self.before_in_chain(on, target.start_byte());
            (None, before.below.map(|below| below.router), before.prefix)
        };
        let known = &mut self.known[place];
        if known.parent.is_some() || known.router.is_some() || parent.is_some_and(|(name, _)| name == known.name) {
            return;
        }
        (known.parent, known.router) = (parent, router);
        known.prefix = known.prefix.take().map(|own| prefixed(&[&path, &own]));
    }

    /// The variable that holds what begins with a scope or a router.
    pub(super) fn holder(&self, found: &Found<'t, '_>) -> Option<Receiver<'t>> {
        let scope = found.part(SymbolKind::Route, Part::Scope);
        let head = found.one(Capture::Receiver).or(scope);
        let head = head.filter(|_| found.pattern.is_chained)?;
        let whole = whole(head);
        let held = Chain { head, whole }.held().filter(|held| self.is_name(*held))?;
        let mut receiver = self.receiver(found, held);
        let mut scopes = self.scopes.iter();
        if let Some((_, prefix)) = scopes.find(|(range, _)| range.start == head.end_byte()) {
            receiver.own = prefix.clone().unwrap_or_default();
            receiver.prefix.clone_from(prefix);
        }
        Some(receiver)
    }

    fn is_name(&self, node: Node<'t>) -> bool {
        let kind = self.parsed.grammar.nodes().kind(node.kind_id());
        kind.flags.has(Flags::IDENTIFIER)
    }

    fn known_at(&self, name: Node<'t>) -> Option<&Receiver<'t>> {
        self.known.iter().find(|it| it.at == name.start_byte())
    }

    /// What stands before the routes of a variable, without what its own value begins with.
    fn above(&self, held: Node<'t>) -> Option<Before> {
        let own = &self.known_at(held)?.own;
        let mut before = self.before_name(self.parsed.text(held), held.end_byte(), 0)?;
        let above = before
            .prefix
            .strip_suffix(own.as_str())
            .map_or(before.prefix.len(), str::len);
        before.prefix.truncate(above);
        Some(before)
    }
}

fn any() -> Before {
    Before {
        prefix: ANY_PATH.to_owned(),
        below: None,
    }
}
