//! The JSON Schema of scope files, made from the very tables the parser reads with.
//!
//! What a key takes is in its example, so an example that does not fit its key would show in the schema, in every message and in the tests.

use super::fields::{Key, Shape};
use super::{audit, clients, exception, expectation, hosts, organisation, people, server, shapes, telling};
use serde_json::{Map, Value, json};
use toml::Table;

/// The address schemas of this version have.
const ID: &str = "https://louver.dev/schema/scope-1.json";

/// Returns the JSON Schema of scope files, for editors that complete and check TOML.
pub fn json_schema() -> Value {
    let mut schema = table(&shapes::FILE);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["$id"] = ID.into();
    schema["title"] = "louver scope file".into();
    schema
}

/// The tables below a table: its name, a key, what the key holds.
fn below(shape: &Shape, key: &str) -> Option<&'static Shape> {
    Some(match (shape.table, key) {
        ("the scope file", "defaults") => &shapes::DEFAULTS,
        ("the scope file", "tiers") => &telling::TIERS,
        ("the scope file", "organisation") => &organisation::ORGANISATION,
        ("the scope file", "pattern") => &organisation::PATTERN,
        ("the scope file", "clients") => &clients::CLIENTS,
        ("the scope file", "audit") => &audit::AUDIT,
        ("the scope file", "roles") => &people::ROLES,
        ("the scope file", "changes") => &shapes::CHANGES,
        ("the scope file", "host") => &hosts::HOST,
        ("the scope file", "server") => &server::SERVER,
        ("the scope file" | "an included file", "team") => &people::TEAM,
        ("the scope file" | "an included file", "repo") => &shapes::REPO,
        ("the scope file" | "an included file", "exception") => &exception::EXCEPTION,
        ("the scope file" | "an included file", "test") => &expectation::TEST,
        ("[tiers]", _) => &telling::TELLING,
        ("[[host]]", "user") => &hosts::USER,
        ("[[host]]", "tier_seconds") => &hosts::TIERS,
        ("[audit]", "alerts") => &audit::ALERTS,
        ("[audit]", "stream") => &audit::STREAM,
        ("[audit]", "anchor") => &audit::ANCHOR,
        ("[server]", "client") => &server::CLIENT,
        ("[server]", "jwt") => &server::JWT,
        _ => return None,
    })
}

/// Keys a table cannot do without. One that depends on another key is left to the parser.
fn required(table: &str) -> &'static [&'static str] {
    match table {
        "the scope file" => &["version"],
        "[[repo]]" => &["name", "owner"],
        "[[team]]" => &["name"],
        "[[exception]]" => &["id", "repo", "who", "from", "until", "justification"],
        "[[test]]" => &["repo", "expect"],
        "[[pattern]]" => &["id", "regex"],
        "[clients]" => &["approved"],
        "[changes]" => &["allowed_signers"],
        "[[host]]" | "[[audit.stream]]" | "[[audit.anchor]]" => &["name", "kind"],
        _ => &[],
    }
}

fn table(shape: &Shape) -> Value {
    let properties: Map<String, Value> = shape
        .keys
        .iter()
        .map(|key| (key.name.to_owned(), property(shape, key)))
        .collect();
    let mut out = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    let required = required(shape.table);
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    out
}

fn property(shape: &Shape, key: &Key) -> Value {
    let mut out = match below(shape, key.name) {
        Some(inner) if key.wanted.contains("[[") => json!({ "type": "array", "items": table(inner) }),
        Some(inner) => table(inner),
        None => plain(key),
    };
    out["description"] = key.wanted.into();
    out
}

/// What a key without a table of its own takes, after the first example in its sentence.
fn plain(key: &Key) -> Value {
    let words = words(key);
    if words.len() > 1 || key.wanted.starts_with("`\"") {
        return json!({ "enum": words });
    }
    if key.name == "version" {
        return json!({ "const": 1 });
    }
    // Hosts number their repositories, but for one that gives them a UUID.
    if key.name == "id" && key.wanted.contains("UUID") {
        return json!({ "type": ["integer", "string"] });
    }
    match example(key) {
        Some(toml::Value::Integer(_)) => json!({ "type": "integer" }),
        Some(toml::Value::Boolean(_)) => json!({ "type": "boolean" }),
        Some(toml::Value::Array(_)) => json!({ "type": "array", "items": { "type": "string" } }),
        // Editors pass days on as texts.
        Some(toml::Value::Datetime(_)) => json!({ "type": "string" }),
        Some(toml::Value::Table(_)) => json!({ "type": "object" }),
        None if key.wanted.starts_with("a number") => json!({ "type": "integer" }),
        Some(toml::Value::String(_) | toml::Value::Float(_)) | None => json!({ "type": "string" }),
    }
}

/// The first `key = value` between backticks.
fn example(key: &Key) -> Option<toml::Value> {
    let quoted = key.wanted.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|text| text.parse::<Table>().ok())
        .find_map(|table| table.get(key.name).cloned())
}

/// The words of a sentence that lists them all, as in `key = "a"`, `"b"` or `"c"`.
fn words(key: &Key) -> Vec<String> {
    if !key.wanted.starts_with('`') {
        return Vec::new();
    }
    let quoted = key.wanted.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|text| {
            let text = text
                .strip_prefix(key.name)
                .map_or(text, |rest| rest.trim_start_matches(" = "));
            text.strip_prefix('"')?.strip_suffix('"').map(str::to_owned)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(shape: &'static Shape, visit: &mut dyn FnMut(&'static Shape, &'static Key)) {
        for key in shape.keys {
            visit(shape, key);
            if let Some(inner) = below(shape, key.name) {
                walk(inner, visit);
            }
        }
    }

    #[test]
    fn every_key_has_a_kind_of_value() {
        let mut unclear = Vec::new();
        walk(&shapes::FILE, &mut |shape, key| {
            let known = below(shape, key.name).is_some()
                || example(key).is_some()
                || !words(key).is_empty()
                || key.wanted.starts_with("a number");
            if !known {
                unclear.push(format!("{} {}: {}", shape.table, key.name, key.wanted));
            }
        });
        assert_eq!(unclear, Vec::<String>::new());
    }

    #[test]
    fn every_required_key_is_one() {
        walk(&shapes::FILE, &mut |shape, _| {
            for key in required(shape.table) {
                assert!(
                    shape.keys.iter().any(|known| known.name == *key),
                    "{} {key}",
                    shape.table
                );
            }
        });
    }
}
