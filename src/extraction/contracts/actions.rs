//! Actions of view sets of Django's REST framework, `@action(detail=True, methods=["post"], url_path="x")`: routes below those that a router
//! gives to their class.

use super::{literal, shape};
use crate::extraction::parsed::Parsed;
use crate::extraction::tree::Node;

/// Stands before an action of one thing of a class.
const ONE: &str = "/{pk}";

/// What an action says of its route.
pub(super) struct Action {
    pub(super) path: String,
    pub(super) methods: Vec<&'static str>,
}

impl Action {
    /// Reads what is said of a method with a name; nothing where a part of it is computed.
    pub(super) fn of<'t>(parsed: &Parsed<'t>, name: Node<'t>, said: Node<'t>) -> Option<Self> {
        let before = match parsed.text(labelled(parsed, said, "detail")?) {
            "True" => ONE,
            "False" => "",
            _ => return None,
        };
        let end = match labelled(parsed, said, "url_path") {
            Some(stated) => literal(parsed, stated)?,
            None => parsed.text(name),
        };
        let methods = match labelled(parsed, said, "methods") {
            Some(list) => list
                .named_children()
                .map(|it| shape::method(literal(parsed, it)?))
                .collect::<Option<Vec<_>>>()?,
            None => vec!["GET"],
        };
        let path = format!("{before}{}", shape::route_of_regex(end)?);
        Some(Self { path, methods })
    }
}

/// What stands behind a label of a list of arguments.
fn labelled<'t>(parsed: &Parsed<'t>, list: Node<'t>, label: &str) -> Option<Node<'t>> {
    let is_it = |it: &Node<'t>| {
        it.child_by_field_name("name")
            .is_some_and(|it| parsed.text(it) == label)
    };
    list.named_children().find(is_it)?.child_by_field_name("value")
}
