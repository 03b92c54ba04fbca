//! What the routes of Rails say beside their paths: options, the modules and controllers around them, and the action that answers.

use super::resources::written;
use super::{literal, shape};
use crate::extraction::facts::{Handler, class_digest, digest};
use crate::extraction::parsed::Parsed;
use crate::extraction::tree::Node;

/// A call in the block of routes.
#[derive(Clone, Copy)]
pub(super) struct Call<'a, 't> {
    parsed: &'a Parsed<'t>,
    node: Node<'t>,
}

/// What an option says.
enum Said<'t> {
    Nothing,
    Word(&'t str),
    Computed,
}

impl<'a, 't> Call<'a, 't> {
    /// The call that a node is the method or an argument of.
    pub(super) fn of(parsed: &'a Parsed<'t>, node: Node<'t>) -> Option<Self> {
        let mut around = std::iter::successors(Some(node), Node::parent);
        let node = around.find(|it| it.kind() == "call")?;
        Some(Self { parsed, node })
    }

    /// The calls whose blocks it stands in, the innermost first.
    fn around(self) -> impl Iterator<Item = Self> {
        let at = self.node.start_byte();
        let calls = std::iter::successors(self.node.parent(), Node::parent).filter(|it| it.kind() == "call");
        let has = move |call: &Node<'t>| {
            call.child_by_field_name("block")
                .is_some_and(|it| it.start_byte() <= at)
        };
        calls.filter(has).map(move |node| Self { node, ..self })
    }

    fn method(self) -> &'t str {
        self.node
            .child_by_field_name("method")
            .map_or("", |it| self.parsed.text(it))
    }

    fn arguments(self) -> Vec<Node<'t>> {
        let Some(list) = self.node.child_by_field_name("arguments") else {
            return Vec::new();
        };
        list.named_children().collect()
    }

    fn positional(self) -> Option<Node<'t>> {
        self.arguments().first().copied().filter(|it| it.kind() != "pair")
    }

    /// What an option of the call is given.
    pub(super) fn option(self, wanted: &str) -> Option<Node<'t>> {
        let arguments = self.arguments().into_iter();
        let mut pairs =
            arguments.filter_map(|it| Some((it.child_by_field_name("key")?, it.child_by_field_name("value")?)));
        let key = |node| written(self.parsed, node).trim_matches(':');
        pairs.find(|(name, _)| key(*name) == wanted).map(|(_, value)| value)
    }

    fn word(self, node: Option<Node<'t>>) -> Said<'t> {
        match node {
            None => Said::Nothing,
            Some(node) => literal(self.parsed, node).map_or(Said::Computed, Said::Word),
        }
    }

    /// Routes that are named here to be put elsewhere.
    pub(super) fn is_in_concern(self) -> bool {
        self.around().any(|it| it.method() == "concern")
    }

    /// The route is one of all things, and not of one.
    pub(super) fn is_of_all(self) -> bool {
        matches!(self.word(self.option("on")), Said::Word("collection"))
    }

    /// The methods that `match` answers.
    pub(super) fn methods(self) -> Option<Vec<&'static str>> {
        let via = self.option("via").filter(|_| self.method() == "match")?;
        let nodes: Vec<Node<'t>> = match via.kind() {
            "array" | "symbol_array" | "string_array" => via.named_children().collect(),
            _ => vec![via],
        };
        let word = |node| written(self.parsed, node).trim_matches([':', '"', '\'']);
        let methods: Option<Vec<_>> = nodes.into_iter().map(|node| shape::method(word(node))).collect();
        Some(methods.unwrap_or_else(|| vec!["ANY"]))
    }

    /// What answers a route; for one that a name of things has, by its action. Nothing where that is computed.
    pub(super) fn handler(self, name: Option<Node<'t>>, action: Option<&str>) -> Option<Handler> {
        let (controller, action) = match action {
            Some(action) => (self.controller_of_things(name)?, action.to_owned()),
            None => self.stated(name)?,
        };
        let (path, is_whole) = match controller.strip_prefix('/') {
            Some(path) => (path, true),
            None => (controller.as_str(), false),
        };
        let mut names = Vec::new();
        if !is_whole {
            names = self.modules()?;
        }
        names.extend(path.split('/').map(str::to_owned));
        if !names.iter().chain([&action]).all(|it| shape::is_name(it)) {
            return None;
        }
        names.last_mut()?.push_str("controller");
        Some(Handler::Action {
            controller: class_digest(names.iter().map(String::as_str)),
            name: digest(&action),
        })
    }

    /// The controller and action that a route states, or leaves to what stands around it.
    fn stated(self, name: Option<Node<'t>>) -> Option<(String, String)> {
        let pair = name.and_then(|it| it.parent()).filter(|it| it.kind() == "pair");
        let target = pair
            .and_then(|it| it.child_by_field_name("value"))
            .or(self.option("to"));
        let target = target.or_else(|| self.positional().filter(|_| self.method() == "root"));
        let own = || match self.word(self.option("controller")) {
            Said::Nothing => self.around().find_map(Self::controller_within)?,
            Said::Word(word) => Some(word.to_owned()),
            Said::Computed => None,
        };
        match (self.word(target), self.word(self.option("action"))) {
            (Said::Word(target), _) => match target.split_once('#') {
                Some((controller, action)) => Some((controller.to_owned(), action.to_owned())),
                None => Some((own()?, target.to_owned())),
            },
            (Said::Nothing, Said::Word(action)) => Some((own()?, action.to_owned())),
            (Said::Nothing, Said::Nothing) => {
                let path = literal(self.parsed, name?)?.trim_matches('/').replace('-', "_");
                match path.rsplit_once('/') {
                    Some((controller, action)) => Some((controller.to_owned(), action.to_owned())),
                    None => Some((own()?, path)),
                }
            }
            _ => None,
        }
    }

    /// The controller of what a name stands for: its own, or what `controller:` says.
    fn controller_of_things(self, name: Option<Node<'t>>) -> Option<String> {
        let own = || literal(self.parsed, name?);
        match self.word(self.option("controller")) {
            Said::Word(word) => Some(word.to_owned()),
            Said::Nothing if self.method() == "resource" => Some(plural(own()?)),
            Said::Nothing => own().map(str::to_owned),
            Said::Computed => None,
        }
    }

    /// The controller of the routes in the block of a call, if it says one; `Some(None)` where that is computed.
    fn controller_within(self) -> Option<Option<String>> {
        match self.method() {
            "resources" | "resource" => Some(self.controller_of_things(self.positional())),
            "controller" => Some(
                self.positional()
                    .and_then(|it| literal(self.parsed, it))
                    .map(str::to_owned),
            ),
            "scope" => match self.word(self.option("controller")) {
                Said::Nothing => None,
                Said::Word(word) => Some(Some(word.to_owned())),
                Said::Computed => Some(None),
            },
            _ => None,
        }
    }

    /// The modules around a controller; nothing where one is computed.
    fn modules(self) -> Option<Vec<String>> {
        let mut out: Vec<String> = Vec::new();
        for call in std::iter::once(self).chain(self.around()) {
            let own = call.positional().filter(|_| call.method() == "namespace");
            match call.word(call.option("module").or(own)) {
                Said::Nothing => (),
                Said::Word(word) => out.splice(0..0, word.split('/').map(str::to_owned)).for_each(drop),
                Said::Computed => return None,
            }
        }
        Some(out)
    }
}

/// A word for many, for controllers of single things: `profile` is answered by `ProfilesController`.
fn plural(word: &str) -> String {
    match word {
        _ if word.ends_with("ss") || word.ends_with("us") || word.ends_with('x') || word.ends_with("ch") => {
            format!("{word}es")
        }
        _ if word.ends_with('s') => word.to_owned(),
        _ => match word.strip_suffix('y').filter(|it| !it.ends_with(['a', 'e', 'o', 'u'])) {
            Some(stem) => format!("{stem}ies"),
            None => format!("{word}s"),
        },
    }
}

/// A path with and without what can be left out of it: `/top(/:length)`. What says a format counts as left out.
pub(super) fn without_options(path: &str) -> Vec<String> {
    let path = path.replace("(.:format)", "");
    if path.len() > shape::MOST_IN_PATH || path.matches('(').count() > MOST_OPTIONS {
        return Vec::new();
    }
    let Some(at) = path.find('(') else { return vec![path] };
    let Some(end) = shape::closing(&path[at..]).map(|end| at + end) else {
        return Vec::new();
    };
    let (before, inner, after) = (&path[..at], &path[at + 1..end], &path[end + 1..]);
    let mut out = without_options(&format!("{before}{after}"));
    out.extend(without_options(&format!("{before}{inner}{after}")));
    out
}

/// How many parts of a path can be left out.
const MOST_OPTIONS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_left_out_makes_several_paths() {
        assert_eq!(without_options("/s/:id/(:title)"), ["/s/:id/", "/s/:id/:title"]);
        assert_eq!(
            without_options("/top(/:length(/page/:page))(.:format)"),
            ["/top", "/top/:length", "/top/:length/page/:page"]
        );
        assert!(without_options("/a(").is_empty());
        assert!(without_options(&"(".repeat(100_000)).is_empty());
    }

    #[test]
    fn single_things_have_controllers_of_many() {
        let all = ["profile", "entry", "settings", "address", "inbox"].map(plural);
        assert_eq!(all, ["profiles", "entries", "settings", "addresses", "inboxes"]);
    }
}
