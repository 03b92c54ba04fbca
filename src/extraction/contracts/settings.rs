//! Classes of settings that pydantic fills from the environment: each field is the key of its name, behind the prefix that the class states.

use super::{is_clean, literal, shape};
use crate::extraction::facts::SymbolKind;
use crate::extraction::parsed::{Parsed, SymbolNode};
use crate::extraction::tree::Node;

/// How far bases are followed.
const MOST_ABOVE: usize = 8;
/// The class of pydantic.
const BASE: &str = "BaseSettings";
/// The options of a field that state its key.
const ALIASES: [&str; 3] = ["alias", "validation_alias", "env"];

/// What a class and its bases in the file say of their keys.
#[derive(Default)]
struct Settings {
    is_one: bool,
    prefix: Option<String>,
    is_sensitive: bool,
}

/// The keys of a field that is declared in a class; none where the class is none of settings.
pub(super) fn keys<'t>(
    parsed: &Parsed<'t>,
    symbols: &[SymbolNode<'t>],
    class: Node<'t>,
    name: Node<'t>,
) -> Vec<String> {
    let Some(field) = name.parent() else {
        return Vec::new();
    };
    let is_variable = || {
        let stated = field.child_by_field_name("type");
        stated.is_none_or(|it| !written(parsed, it).contains("ClassVar"))
    };
    let text = parsed.text(name);
    let mut settings = Settings::default();
    read(parsed, symbols, class, &mut settings, 0);
    if !settings.is_one || text.starts_with('_') || text == "model_config" || !is_variable() {
        return Vec::new();
    }
    let spelled = |text: &str| match settings.is_sensitive {
        true => text.to_owned(),
        false => text.to_ascii_uppercase(),
    };
    let names = match stated(parsed, field) {
        Some(aliases) => aliases.into_iter().map(spelled).collect(),
        None => vec![spelled(&format!("{}{text}", settings.prefix.unwrap_or_default()))],
    };
    let is_key = |name: &String| {
        let bare = name.strip_prefix('*').unwrap_or(name);
        shape::of(SymbolKind::EnvironmentKey, bare).is_some() && is_clean(name)
    };
    names.into_iter().filter(is_key).collect()
}

/// Reads a class and then its bases, the nearest of which counts.
fn read<'t>(parsed: &Parsed<'t>, symbols: &[SymbolNode<'t>], class: Node<'t>, settings: &mut Settings, depth: usize) {
    let body = class.child_by_field_name("body");
    for statement in body.into_iter().flat_map(|it| it.named_children()) {
        options(parsed, statement, settings);
    }
    let bases = class.child_by_field_name("superclasses");
    for base in bases.into_iter().flat_map(|it| it.named_children()) {
        let base = written(parsed, base);
        if base.rsplit('.').next() == Some(BASE) {
            settings.is_one = true;
            continue;
        }
        let is_it = |it: &&SymbolNode<'t>| it.kind == SymbolKind::Class && parsed.text(it.name) == base;
        let above = symbols.iter().find(is_it).filter(|it| it.node != class);
        if let Some(above) = above.filter(|_| depth < MOST_ABOVE) {
            read(parsed, symbols, definition(above.node), settings, depth + 1);
        }
    }
}

/// The class behind its decorators.
fn definition(node: Node<'_>) -> Node<'_> {
    node.child_by_field_name("definition").unwrap_or(node)
}

/// What `model_config` or the class `Config` says.
fn options<'t>(parsed: &Parsed<'t>, statement: Node<'t>, settings: &mut Settings) {
    let name = statement.child_by_field_name("name").map(|it| parsed.text(it));
    let assigned = statement.named_child(0).filter(|it| it.kind() == "assignment");
    let left = assigned.and_then(|it| it.child_by_field_name("left"));
    let is_config = name == Some("Config") || left.is_some_and(|it| parsed.text(it) == "model_config");
    if !is_config {
        return;
    }
    let mut open = vec![statement];
    while let Some(node) = open.pop() {
        let field = |names: [&str; 3]| names.iter().find_map(|name| node.child_by_field_name(name));
        if let (Some(key), Some(value)) = (field(["name", "key", "left"]), field(["value", "value", "right"])) {
            option(parsed, key, value, settings);
        }
        open.extend(node.named_children());
    }
}

fn option<'t>(parsed: &Parsed<'t>, key: Node<'t>, value: Node<'t>, settings: &mut Settings) {
    match literal(parsed, key).unwrap_or_else(|| parsed.text(key)) {
        "env_prefix" if settings.prefix.is_none() => {
            let prefix = literal(parsed, value).filter(|it| it.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
            settings.prefix = Some(prefix.unwrap_or("*").to_owned());
        }
        "case_sensitive" => settings.is_sensitive |= value.kind() == "true",
        _ => (),
    }
}

/// The names that a field states in place of its own; none of them where they are computed.
fn stated<'t>(parsed: &Parsed<'t>, field: Node<'t>) -> Option<Vec<&'t str>> {
    let mut open = vec![field];
    while let Some(node) = open.pop() {
        let name = node
            .child_by_field_name("name")
            .filter(|_| node.kind() == "keyword_argument");
        let is_alias = name.is_some_and(|it| ALIASES.contains(&parsed.text(it)));
        if let Some(value) = node.child_by_field_name("value").filter(|_| is_alias) {
            return Some(literals(parsed, value));
        }
        open.extend(node.named_children());
    }
    None
}

/// A literal, or those in a list or call.
fn literals<'t>(parsed: &Parsed<'t>, value: Node<'t>) -> Vec<&'t str> {
    if let Some(text) = literal(parsed, value) {
        return vec![text];
    }
    let inner = value.child_by_field_name("arguments").unwrap_or(value);
    inner.named_children().filter_map(|it| literal(parsed, it)).collect()
}

/// The text of code.
fn written<'t>(parsed: &Parsed<'t>, node: Node<'t>) -> &'t str {
    let text = parsed.bytes.get(node.byte_range()).unwrap_or_default();
    std::str::from_utf8(text).unwrap_or_default()
}
