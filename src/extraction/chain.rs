//! Names as written, cut to their last two segments.

use super::grammar::{FIRST, Flags, ITSELF, LAST, OF_KIND, REST, Role};
use super::parsed::Parsed;
use super::tree::Node;

/// A segment of a name, before it is known which names are local.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Segment<'t> {
    /// Not a name: the result of a call, an element, a literal.
    #[default]
    None,
    /// What a name begins with; perhaps a local.
    Root(&'t str),
    /// A member of something, or the receiver.
    Member(&'t str),
}

/// The last two segments of a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RawChain<'t> {
    pub(super) qualifier: Segment<'t>,
    pub(super) name: Segment<'t>,
    /// Where the last segment begins.
    pub(super) at: u32,
}

/// How far a name is followed into parentheses, type arguments and the like.
const MAX_WRAPPERS: usize = 16;

impl<'t> RawChain<'t> {
    /// The name a node stands for.
    pub(super) fn of(parsed: &Parsed<'t>, node: Node<'t>) -> Self {
        let node = unwrap(parsed, node);
        let (name, at) = segment(parsed, node);
        let kind = parsed.grammar.nodes().kind(node.kind_id());
        let qualifier = match kind.member.and_then(|(object, _)| field(node, object)) {
            // What a call gives back has no name, even if the call itself holds the name it calls.
            Some(object) if is_call(parsed, unwrap(parsed, object)) => Segment::None,
            Some(object) => segment(parsed, unwrap(parsed, object)).0,
            None => Segment::None,
        };
        Self {
            qualifier,
            name,
            at: at as u32,
        }
    }

    /// Whether a node names a member of the object at hand: `self.get`.
    pub(super) fn is_own(parsed: &Parsed<'t>, node: Node<'t>) -> bool {
        let nodes = parsed.grammar.nodes();
        let node = unwrap(parsed, node);
        let object = nodes
            .kind(node.kind_id())
            .member
            .and_then(|(object, _)| field(node, object));
        object.is_some_and(|object| {
            let object = unwrap(parsed, object);
            let is_word = || nodes.receiver_words.iter().any(|word| word == parsed.text(object));
            nodes.kind(object.kind_id()).flags.has(Flags::RECEIVER) || is_word()
        })
    }

    /// Whether nothing in it is a name.
    pub(super) fn is_empty(&self) -> bool {
        self.name == Segment::None && self.qualifier == Segment::None
    }
}

fn is_call(parsed: &Parsed<'_>, node: Node<'_>) -> bool {
    matches!(parsed.grammar.nodes().kind(node.kind_id()).role, Role::Call(_))
}

/// The last segment of a name and where it begins.
fn segment<'t>(parsed: &Parsed<'t>, node: Node<'t>) -> (Segment<'t>, usize) {
    let kind = parsed.grammar.nodes().kind(node.kind_id());
    if kind.flags.has(Flags::RECEIVER) {
        return (Segment::Member(parsed.text(node)), node.start_byte());
    }
    if kind.flags.has(Flags::IDENTIFIER) {
        let words = &parsed.grammar.nodes().receiver_words;
        if words.iter().any(|word| word == parsed.text(node)) {
            return (Segment::Member(parsed.text(node)), node.start_byte());
        }
        return (Segment::Root(parsed.text(node)), node.start_byte());
    }
    let name = |name| field(node, name).map(|name| unwrap(parsed, name));
    let Some((object, Some(name))) = kind.member.map(|(object, part)| (object, name(part))) else {
        return (Segment::None, node.start_byte());
    };
    let flags = parsed.grammar.nodes().kind(name.kind_id()).flags;
    let text = parsed.text(name);
    let segment = match field(node, object) {
        _ if !flags.has(Flags::IDENTIFIER) && !flags.has(Flags::RECEIVER) => Segment::None,
        Some(_) => Segment::Member(text),
        None => Segment::Root(text),
    };
    (segment, name.start_byte())
}

/// The node whose name stands for `node`: what is in parentheses, awaited, borrowed.
fn unwrap<'t>(parsed: &Parsed<'t>, mut node: Node<'t>) -> Node<'t> {
    for _ in 0..MAX_WRAPPERS {
        let inner = match parsed.grammar.nodes().kind(node.kind_id()).transparent {
            Some(0) => node.named_child(0),
            Some(number) => field(node, number),
            None => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

/// The part of a node that a number of its table stands for; none for 0.
pub(super) fn field<'t>(node: Node<'t>, number: u16) -> Option<Node<'t>> {
    match number {
        0 | REST => None,
        ITSELF => Some(node),
        FIRST => node.named_child(0),
        LAST => node.last_named_child(),
        _ if number >= OF_KIND => node.named_children().find(|child| child.kind_id() == number - OF_KIND),
        _ => node.child_by_field_id(number),
    }
}

/// The leaf that carries the name of a definition: `Foo` of `impl<T> a::Foo<T>`.
pub(super) fn name_leaf<'t>(parsed: &Parsed<'t>, node: Node<'t>) -> Option<Node<'t>> {
    let mut node = unwrap(parsed, node);
    for step in 0..MAX_WRAPPERS {
        let kind = parsed.grammar.nodes().kind(node.kind_id());
        match kind.member.map(|(_, name)| field(node, name)) {
            Some(name) => node = unwrap(parsed, name?),
            None if step > 0 => return Some(node),
            None if kind.flags.has(Flags::IDENTIFIER) || node.is_leaf() => return Some(node),
            None => return None,
        }
    }
    None
}
