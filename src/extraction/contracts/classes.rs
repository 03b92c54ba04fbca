//! Classes of routers: what the routes of those begin with that are made of them.

use super::query::{Capture, Part};
use super::routes::ANY_PATH;
use super::{Around, Found, constants, is_clean, literal};
use crate::extraction::Fragment;
use crate::extraction::facts::{SymbolIdx, SymbolKind};
use crate::extraction::parsed::Parsed;
use crate::extraction::tree::Node;

/// What the routes of a router begin with whose class does not hand the path on that it is given.
pub(super) fn made_path<'t>(
    parsed: &Parsed<'t>,
    around: &Around<'_, 't>,
    found: &Found<'t, '_>,
) -> Option<(SymbolIdx, Fragment)> {
    let class = found.one(Capture::ReceiverClass)?;
    let class = around.symbols.iter().find(|it| it.node == class)?;
    let stated = found.one(Capture::ReceiverPrefix);
    if stated.is_some_and(|it| is_handed_on(parsed, it)) {
        return None;
    }
    let path = stated.filter(|it| literal(parsed, *it).is_some());
    let path = path.and_then(|it| constants::path(parsed, around, it));
    let path = path.filter(|path| is_clean(path));
    Some((class.index, Fragment::new(path.unwrap_or_else(|| ANY_PATH.to_owned()))))
}

/// The method of a class that answers a route, where classes that inherit it may answer it otherwise.
pub(super) fn answering(around: &Around<'_, '_>, found: &Found<'_, '_>) -> Option<(SymbolIdx, Fragment)> {
    let handler = found
        .part(SymbolKind::Route, Part::Handler)
        .filter(|_| found.pattern.is_inherited)?;
    let method = around.symbols.iter().find(|it| it.node == handler)?;
    Some((method.index, Fragment::new(String::new())))
}

/// Whether an argument is the parameter of the same name of the function around it, which is empty by itself.
fn is_handed_on(parsed: &Parsed<'_>, argument: Node<'_>) -> bool {
    let name = argument.parent().and_then(|it| it.child_by_field_name("name"));
    let name = name.map(|it| parsed.text(it)).filter(|it| *it == parsed.text(argument));
    let mut above = std::iter::successors(argument.parent(), Node::parent);
    let parameters = above.find_map(|it| it.child_by_field_name("parameters"));
    let (Some(name), Some(parameters)) = (name, parameters) else {
        return false;
    };
    parameters.named_children().any(|it| {
        let own = it.child_by_field_name("name").or(it.named_child(0)).unwrap_or(it);
        let is_empty = |it: Node<'_>| it.kind() == "none" || literal(parsed, it) == Some("");
        parsed.text(own) == name && it.child_by_field_name("value").is_none_or(is_empty)
    })
}
