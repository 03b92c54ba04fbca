//! Paths that are stated by constants of the file: `prefix=PREFIX`, `f"{PREFIX}/users"`, `PREFIX + "/users"`.

use super::{Around, is_put_in, literal, shape};
use crate::extraction::parsed::{Parsed, SymbolNode};
use crate::extraction::tree::Node;

/// How many constants stand for each other.
const MOST_STEPS: usize = 4;

/// The path that an expression is; `None` where a part of it is not known in the file.
pub(super) fn path<'t>(parsed: &Parsed<'t>, around: &Around<'_, 't>, node: Node<'t>) -> Option<String> {
    shape::route(&text(parsed, around, node, 0)?, true)
}

fn text<'t>(parsed: &Parsed<'t>, around: &Around<'_, 't>, node: Node<'t>, steps: usize) -> Option<String> {
    if steps > MOST_STEPS {
        return None;
    }
    let text = |node: Node<'t>| text(parsed, around, node, steps + 1);
    if node.named_children().any(|it| is_put_in(it.kind())) {
        return filled(parsed, node, text);
    }
    if let Some(text) = literal(parsed, node) {
        return Some(text.to_owned());
    }
    if let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) {
        let is_sum = node.child_by_field_name("operator").is_some_and(|it| it.kind() == "+");
        return is_sum.then(|| Some(text(left)? + &text(right)?))?;
    }
    text(value(parsed, around, node)?)
}

/// The text of a literal with the constants that are put in.
fn filled<'t>(parsed: &Parsed<'t>, node: Node<'t>, text: impl Fn(Node<'t>) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut at = node.start_byte();
    let written = |from: usize, to: usize| std::str::from_utf8(parsed.bytes.get(from..to)?).ok();
    for child in node.named_children().filter(|it| is_put_in(it.kind())) {
        out.push_str(written(at, child.start_byte())?);
        let only = child.named_child(0).filter(|_| child.named_child_count() == 1)?;
        out.push_str(&text(only)?);
        at = child.end_byte();
    }
    out.push_str(written(at, node.end_byte())?);
    let inner = out.trim_start_matches(['f', 'F', 's', '$']);
    let inner = shape::unquoted(inner)?;
    (!inner.contains(['\\', '$'])).then(|| inner.to_owned())
}

/// How a constant of a class is told: `Events.SAVED`, and the class alone for its own name; nothing for one of the class around.
pub(super) fn of_class(written: &str) -> Option<String> {
    let (class, name) = written.split_once("::")?;
    let class = class.rsplit('\\').next()?.trim();
    let is_around = matches!(class, "self" | "static" | "parent" | "");
    (!is_around).then(|| match name.trim() {
        "class" => class.to_owned(),
        name => format!("{class}.{name}"),
    })
}

/// The literal that a constant of the file is.
pub(super) fn constant<'t>(parsed: &Parsed<'t>, around: &Around<'_, 't>, node: Node<'t>) -> Option<&'t str> {
    literal(parsed, value(parsed, around, node)?)
}

/// What a constant of the file is given, by its name behind that of its class or where it is in scope.
fn value<'t>(parsed: &Parsed<'t>, around: &Around<'_, 't>, node: Node<'t>) -> Option<Node<'t>> {
    let names: Vec<&str> = parsed.text(node).split('.').map(str::trim).collect();
    let (name, class) = (names.last()?, names.iter().nth_back(1));
    let is_here = |it: &&SymbolNode<'_>| {
        let container = it.container.and_then(|at| around.symbols.get(at.0 as usize));
        let is_around = || container.is_none_or(|it| it.node.byte_range().contains(&node.start_byte()));
        let is_class = |class: &&str| container.is_some_and(|it| parsed.text(it.name) == *class);
        parsed.text(it.name) == *name && class.map_or_else(is_around, is_class)
    };
    let mut named = around.symbols.iter().filter(is_here);
    let only = named.next().filter(|_| named.next().is_none())?;
    let declarator = only
        .name
        .parent()
        .filter(|it| only.node.byte_range().contains(&it.start_byte()))?;
    if let Some(value) = declarator.child_by_field_name("value") {
        return Some(value);
    }
    // Where a variable is made by giving it a value, it may be given another.
    let is_alone = is_assigned_once(parsed, name);
    declarator.child_by_field_name("right").filter(|_| is_alone)
}

/// Whether no two places of a file give a name a value.
fn is_assigned_once(parsed: &Parsed<'_>, name: &str) -> bool {
    let (mut open, mut count) = (vec![parsed.root], 0);
    while let Some(node) = open.pop() {
        let left = node.child_by_field_name("left");
        count += usize::from(left.is_some_and(|it| parsed.text(it) == name));
        open.extend(node.named_children());
    }
    count == 1
}
