//! Functions that read the environment under a name they are given: `def flag(name): return os.getenv(name) == "1"`.
//!
//! What the calls of one in its file give it is a key. A function that puts something to the name first is none.

use super::query::Part;
use super::routers::{parameter_place, place_in};
use super::{Around, Found};
use crate::extraction::bindings::Expr;
use crate::extraction::facts::{Below, Router, RouterKind, SymbolIdx, SymbolKind};
use crate::extraction::parsed::{Parsed, SymbolNode};
use crate::extraction::tree::Node;

/// How many functions hand a name on to each other.
const MOST_STEPS: usize = 4;

/// Those of a file.
#[derive(Default)]
pub(super) struct Readers<'t>(Vec<ReaderOf<'t>>);

/// One, by its name and what it is a member of. Overloads share both.
struct ReaderOf<'t> {
    symbol: SymbolIdx,
    name: &'t str,
    container: Option<SymbolIdx>,
    /// Where the name of what is read stands among its arguments.
    place: u8,
}

impl<'t> Readers<'t> {
    pub(super) fn new(parsed: &Parsed<'t>, around: &Around<'_, 't>, found: &[Found<'t, '_>]) -> Self {
        let kind = SymbolKind::EnvironmentKey;
        let passed = found
            .iter()
            .filter_map(|it| Some((it.part(kind, Part::Passed)?, it.part(kind, Part::By))));
        let passed: Vec<_> = passed.collect();
        let mut readers = Self::default();
        for _ in 0..MOST_STEPS {
            let before = readers.0.len();
            for (node, by) in &passed {
                if by.is_none_or(|by| readers.is_given(parsed, around, by, *node)) {
                    readers.add(parsed, around, *node);
                }
            }
            if readers.0.len() == before {
                break;
            }
        }
        readers
    }

    /// Adds the function that a name is a parameter of, if it is one and stays what is given.
    fn add(&mut self, parsed: &Parsed<'t>, around: &Around<'_, 't>, name: Node<'t>) {
        let Some((symbol, place)) = parameter(parsed, around, name) else {
            return;
        };
        let reader = ReaderOf {
            symbol: symbol.index,
            name: parsed.text(symbol.name),
            container: symbol.container,
            place,
        };
        if !self.0.iter().any(|it| it.is_like(&reader)) {
            self.0.push(reader);
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (SymbolIdx, u8)> {
        self.0.iter().map(|it| (it.symbol, it.place))
    }

    /// Whether an argument of a call is the name that a reader is given.
    pub(super) fn is_given(
        &self,
        parsed: &Parsed<'t>,
        around: &Around<'_, 't>,
        by: Node<'t>,
        argument: Node<'t>,
    ) -> bool {
        let name = parsed.text(by);
        let mut named = self.0.iter().filter(|it| it.name == name).peekable();
        if named.peek().is_none() {
            return false;
        }
        let Some(place) = argument.parent().map(|list| place_in(list, argument)) else {
            return false;
        };
        named.any(|it| it.place == place && it.is_called(parsed, around, by))
    }
}

impl ReaderOf<'_> {
    fn is_like(&self, other: &Self) -> bool {
        (self.symbol, self.place) == (other.symbol, other.place)
    }

    /// Whether a name that is called means this one.
    fn is_called(&self, parsed: &Parsed<'_>, around: &Around<'_, '_>, by: Node<'_>) -> bool {
        let expressions = &around.bindings.expressions;
        let expression = |id: crate::extraction::bindings::ExprId| expressions.get(id.0 as usize);
        let symbol = |at: SymbolIdx| around.symbols.get(at.0 as usize);
        let is_self = |at: SymbolIdx| {
            symbol(at).is_some_and(|it| it.container == self.container && parsed.text(it.name) == self.name)
        };
        let is_within = || {
            let container = self.container.and_then(symbol);
            container.is_none_or(|it| it.node.byte_range().contains(&by.start_byte()))
        };
        match around.reference_target(by.start_byte()).and_then(expression) {
            Some(Expr::Symbol(at)) => is_self(*at),
            Some(Expr::Name { .. }) => is_within(),
            Some(Expr::Member(of, _) | Expr::Path(of, _)) => match expression(*of) {
                Some(Expr::This(Some(at)) | Expr::SelfType(Some(at)) | Expr::Symbol(at)) => self.container == Some(*at),
                _ => false,
            },
            _ => false,
        }
    }
}

/// What is called with a name, where other files may say that it reads the environment: the reference, and the place of the name.
pub(super) fn elsewhere(around: &Around<'_, '_>, by: Node<'_>, name: Node<'_>) -> Option<Below> {
    let reference = around.reference(by.start_byte())?;
    let target = around.reference_target(by.start_byte())?;
    let is_here = matches!(
        around.bindings.expressions.get(target.0 as usize),
        Some(Expr::Symbol(_) | Expr::Local(_))
    );
    let router = Router {
        kind: RouterKind::Given(place_in(name.parent()?, name)),
        symbol: SymbolIdx(reference),
    };
    (!is_here).then_some(Below {
        router,
        own: 0,
        is_part: false,
    })
}

/// The function that a name is a parameter of, and the place of that among its arguments.
fn parameter<'a, 't>(parsed: &Parsed<'t>, around: &Around<'a, 't>, name: Node<'t>) -> Option<(&'a SymbolNode<'t>, u8)> {
    let is_function = |it: &Node<'t>| {
        ["parameters", "parameter"]
            .iter()
            .any(|field| it.child_by_field_name(field).is_some())
    };
    let function = std::iter::successors(name.parent(), Node::parent).find(is_function)?;
    let declared = function
        .child_by_field_name("name")
        .or_else(|| function.parent()?.child_by_field_name("name"))?;
    let symbol = around.symbols.iter().find(|it| it.name == declared)?;
    let list = function.child_by_field_name("parameters")?;
    let text = parsed.text(name);
    let own = leaves(list).find(|leaf| leaf.kind() == name.kind() && parsed.text(*leaf) == text)?;
    let is_kept = !leaves(function).any(|leaf| is_written(parsed, leaf, text));
    is_kept.then(|| (symbol, parameter_place(parsed, own)))
}

/// Whether a leaf stands where a name is given a value.
fn is_written(parsed: &Parsed<'_>, leaf: Node<'_>, name: &str) -> bool {
    if parsed.text(leaf) != name {
        return false;
    }
    let above = std::iter::successors(Some(leaf), Node::parent).take(4);
    let mut pairs = above.filter_map(|it| Some((it, it.parent()?)));
    pairs.any(|(it, parent)| {
        let is_in = |field: &str| parent.child_by_field_name(field) == Some(it);
        let kind = parent.kind();
        let is_making = kind.contains("assignment") || kind.contains("declaration") || kind.contains("declarator");
        let is_parameter = kind.contains("parameter");
        is_making && !is_parameter && (is_in("left") || is_in("pattern") || is_in("name"))
    })
}

/// The nodes below another that have none.
fn leaves<'t>(node: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    let mut open = vec![node];
    std::iter::from_fn(move || {
        loop {
            let next = open.pop()?;
            if next.named_child_count() == 0 {
                return Some(next);
            }
            let children: Vec<Node<'t>> = next.named_children().collect();
            open.extend(children.into_iter().rev());
        }
    })
}
