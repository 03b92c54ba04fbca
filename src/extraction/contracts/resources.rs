//! The routes that Rails and Laravel give to a name: `resources :posts`, `Route::resource('posts', ..)`, narrowed by `only` and `except`.

use super::rails::without_options;
use super::routes::ANY_PATH;
use super::{Named, literal, shape};
use crate::extraction::parsed::Parsed;
use crate::extraction::tree::Node;

/// How the routes of one thing go on, for what is nested in them.
pub(super) const ONE: &str = "/{}";

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resources {
    /// Many things, each with an `{id}`.
    Many,
    /// One thing.
    One,
    /// All of the things around it.
    All,
    /// A path and no thing: `namespace :admin`.
    Space,
    /// Many things, by the words of Laravel; `Route::resource('posts', ..)`.
    Stored,
    /// The same without forms.
    StoredApi,
}

/// An action, the methods it answers, and what the path ends in.
type Action = (&'static str, &'static [&'static str], &'static str);

/// Those of Rails; those of a single thing have no `index` and no `{id}`.
const ACTIONS: &[Action] = &[
    ("index", &["GET"], ""),
    ("create", &["POST"], ""),
    ("new", &["GET"], "/new"),
    ("show", &["GET"], "/{id}"),
    ("edit", &["GET"], "/{id}/edit"),
    ("update", &["PATCH", "PUT"], "/{id}"),
    ("destroy", &["DELETE"], "/{id}"),
];

/// Those of Laravel; the forms stand last.
const STORED: &[Action] = &[
    ("index", &["GET"], ""),
    ("store", &["POST"], ""),
    ("show", &["GET"], "/{id}"),
    ("update", &["PUT", "PATCH"], "/{id}"),
    ("destroy", &["DELETE"], "/{id}"),
    ("create", &["GET"], "/create"),
    ("edit", &["GET"], "/{id}/edit"),
];

/// How many of Laravel's actions are no forms.
const WITHOUT_FORMS: usize = 5;

impl Resources {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "many" => Some(Self::Many),
            "one" => Some(Self::One),
            "all" => Some(Self::All),
            "space" => Some(Self::Space),
            "stored" => Some(Self::Stored),
            "stored-api" => Some(Self::StoredApi),
            _ => None,
        }
    }

    fn actions(self) -> &'static [Action] {
        match self {
            Self::Many | Self::One | Self::All | Self::Space => ACTIONS,
            Self::Stored => STORED,
            Self::StoredApi => &STORED[..WITHOUT_FORMS],
        }
    }
}

/// The routes of a name inside `scopes`; none where an option is computed.
pub(super) fn routes<'t>(parsed: &Parsed<'t>, name: Node<'t>, resources: Resources, scopes: &str) -> Vec<Named> {
    let is_stored = matches!(resources, Resources::Stored | Resources::StoredApi);
    let path = if is_stored {
        nested(parsed, name)
    } else {
        path(parsed, name)
    };
    let Some(path) = path else {
        return Vec::new();
    };
    let listed = |wanted: &str| {
        let given = match is_stored {
            true => chained(parsed, name, wanted),
            false => option(parsed, name, wanted).map(|node| vec![node]),
        };
        let given = given.map(|nodes| {
            nodes
                .into_iter()
                .map(|node| actions(parsed, node))
                .collect::<Result<Vec<_>, _>>()
        });
        given.transpose().map(|lists| lists.map(|lists| lists.concat()))
    };
    let (Ok(only), Ok(except)) = (listed("only"), listed("except")) else {
        return Vec::new();
    };
    let is_wanted = |action: &str| {
        let is_in = |list: &Option<Vec<String>>| list.as_ref().map(|list| list.iter().any(|it| it == action));
        is_in(&only).unwrap_or(true) && !is_in(&except).unwrap_or(false)
    };
    let mut out = Vec::new();
    for (action, methods, end) in resources.actions().iter().filter(|it| is_wanted(it.0)) {
        let end = match resources {
            Resources::Many | Resources::Stored | Resources::StoredApi => *end,
            _ if *action == "index" => continue,
            _ => end.strip_prefix("/{id}").unwrap_or(end),
        };
        out.extend(methods.iter().map(|method| Named {
            name: format!("{method} {scopes}{path}{end}"),
            action: Some(*action),
        }));
    }
    out
}

/// What stands before the routes of a block: the path, with one `{}` for the thing; nothing for `collection`, whose routes are those of all things.
pub(super) fn scope(parsed: &Parsed<'_>, name: Node<'_>, resources: Resources) -> Option<Option<String>> {
    let end = match resources {
        Resources::All => return Some(None),
        Resources::Many | Resources::Stored | Resources::StoredApi => ONE,
        Resources::One => "",
        Resources::Space => return Some(Some(space(parsed, name).unwrap_or_else(|| ANY_PATH.to_owned()))),
    };
    Some(Some(format!("{}{end}", path(parsed, name)?)))
}

/// The path of a scope: its first argument, or what `path:` says. What can be left out is.
fn space(parsed: &Parsed<'_>, name: Node<'_>) -> Option<String> {
    let stated = option(parsed, name, "path").unwrap_or(name);
    if stated.kind() == "nil" {
        return Some(String::new());
    }
    let ways = without_options(literal(parsed, stated)?);
    shape::route(ways.first()?, true)
}

/// The path of a name: its own, or what `path:` says. Nothing for things that other options move elsewhere.
fn path(parsed: &Parsed<'_>, name: Node<'_>) -> Option<String> {
    if option(parsed, name, "shallow").is_some()
        || option(parsed, name, "param").is_some_and(|it| literal(parsed, it).is_none())
    {
        return None;
    }
    let stated = option(parsed, name, "path");
    shape::route(literal(parsed, stated.unwrap_or(name))?, true)
}

/// The path of a name of Laravel, whose dots stand for things within things: `photos.comments`.
fn nested(parsed: &Parsed<'_>, name: Node<'_>) -> Option<String> {
    let parts: Option<Vec<String>> = literal(parsed, name)?
        .split('.')
        .map(|part| shape::route(part, true))
        .collect();
    Some(parts?.join("/{}"))
}

/// What a method is given that is called on the result of the call, whose arguments `name` is among: `->only('index', 'show')`.
fn chained<'t>(parsed: &Parsed<'t>, name: Node<'t>, wanted: &str) -> Option<Vec<Node<'t>>> {
    let call = name.parent()?.parent()?.parent()?;
    let mut above =
        std::iter::successors(call.parent(), Node::parent).take_while(|it| it.kind() == "member_call_expression");
    let is_wanted = |it: &Node<'t>| {
        it.child_by_field_name("name")
            .is_some_and(|it| written(parsed, it) == wanted)
    };
    let arguments = above.find(is_wanted)?.child_by_field_name("arguments")?;
    let given = arguments.named_children().filter(|it| it.kind() == "argument");
    Some(given.filter_map(|it| it.named_child(0)).collect())
}

/// What an option of the call is given, whose arguments `name` is among.
fn option<'t>(parsed: &Parsed<'t>, name: Node<'t>, wanted: &str) -> Option<Node<'t>> {
    let list = name.parent()?;
    let pairs = list.named_children().filter(|it| it.kind() == "pair");
    let mut pairs =
        pairs.filter_map(|pair| Some((pair.child_by_field_name("key")?, pair.child_by_field_name("value")?)));
    let found = pairs.find(|(key, _)| written(parsed, *key).trim_matches(':') == wanted);
    found.map(|(_, value)| value)
}

/// The text of a key or symbol, which counts as that of a literal elsewhere.
pub(super) fn written<'t>(parsed: &Parsed<'t>, node: Node<'t>) -> &'t str {
    let text = parsed.bytes.get(node.byte_range()).unwrap_or_default();
    std::str::from_utf8(text).unwrap_or_default()
}

/// The actions that a list names; fails where one is computed.
fn actions<'t>(parsed: &Parsed<'t>, node: Node<'t>) -> Result<Vec<String>, ()> {
    let text = |node: Node<'t>| written(parsed, node).trim_matches([':', '"', '\'']).to_owned();
    let is_name = |node: Node<'t>| {
        matches!(
            node.kind(),
            "simple_symbol" | "string" | "bare_symbol" | "bare_string" | "encapsed_string"
        )
    };
    let inner = |node: Node<'t>| match node.kind() {
        "array_element_initializer" => node.named_child(0).unwrap_or(node),
        _ => node,
    };
    match node.kind() {
        "array" | "symbol_array" | "string_array" | "array_creation_expression" => node
            .named_children()
            .map(inner)
            .map(|it| is_name(it).then(|| text(it)).ok_or(()))
            .collect(),
        _ if is_name(node) => Ok(vec![text(node)]),
        _ => Err(()),
    }
}
