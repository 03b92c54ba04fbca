//! Ranking sees what the caller may read and nothing else, statistics included.

use crate::world::{World, repository};
use serde_json::{Value, json};

const STORE: &str = "/// Opens the session store and retries when it is locked.
pub fn open_store(path: &str) -> Store { Store::connect(path) }

/// A store of sessions.
pub struct Store { retries: u32 }

impl Store {
    /// Connects, with retries.
    pub fn connect(path: &str) -> Self { Self { retries: path.len() as u32 } }

    pub fn rotate_keys(&self) -> u32 { self.retries }
}
";

/// Code that would change how rare every word of the other repository is.
fn neighbour() -> String {
    let one = |n: u32| {
        format!(
            "/// Opens session store {n}, retries, rotates keys.\npub fn open_store_{n}(path: &str) {{ connect(path); rotate_keys(); }}\n"
        )
    };
    (0..40).map(one).collect()
}

const QUERIES: [&str; 7] = [
    "open store",
    "where are retries configured",
    "Store",
    "Store.connect",
    "rotat keys",
    "session",
    "opn_store",
];

#[test]
fn a_repository_that_is_not_read_changes_no_byte_of_an_answer() {
    let readable = repository(&[
        ("src/store.rs", STORE),
        ("README.md", "# Sessions\n\nHow stores retry.\n"),
    ]);
    let hidden = repository(&[("src/lib.rs", &neighbour()), ("README.md", "# Sessions and stores\n")]);
    let alone = World::of(&[("acme/store", "internal", readable.path())]);
    for tier in ["public", "confidential"] {
        let both = World::of(&[
            ("acme/store", "internal", readable.path()),
            ("acme/vault", tier, hidden.path()),
        ]);
        let mut differs = false;
        for query in QUERIES {
            for extra in [json!({}), json!({"limit": 2}), json!({"kinds": ["function", "method"]})] {
                let mut arguments = json!({"query": query, "format": "json"});
                let all = both.ask("search_symbols", merged(&arguments, &extra));
                arguments["repo"] = "acme/store".into();
                let arguments = merged(&arguments, &extra);
                let expected = alone.ask("search_symbols", arguments.clone());
                let answer = both.ask("search_symbols", arguments);
                assert_eq!(found(&answer), found(&expected), "{query} {extra}");
                differs |= found(&all) != found(&expected);
            }
        }
        assert!(differs, "the other repository would have been found");
    }
}

#[test]
fn pages_of_a_search_are_its_list() {
    let code = repository(&[("src/lib.rs", &neighbour())]);
    let world = World::of(&[("acme/vault", "public", code.path())]);
    let hits = |answer: &str| {
        let answer: Value = serde_json::from_str(answer).expect("JSON");
        let items = answer["items"].as_array().expect("a list").clone();
        (items, answer["cursor"].as_str().map(str::to_owned))
    };
    let (whole, _) = hits(&world.ask(
        "search_symbols",
        json!({"query": "open session store", "limit": 20, "format": "json", "max_tokens": 16000}),
    ));
    let (mut paged, mut cursor) = (Vec::new(), None::<String>);
    while paged.len() < 20 {
        let mut arguments = json!({"query": "open session store", "limit": 7, "format": "json", "max_tokens": 16000});
        if let Some(cursor) = &cursor {
            arguments["cursor"] = cursor.as_str().into();
        }
        let (items, next) = hits(&world.ask("search_symbols", arguments));
        assert!(!items.is_empty());
        paged.extend(items);
        cursor = next;
    }
    assert_eq!(paged[..20], whole[..]);
}

/// An answer without its head, which says how old the index is.
fn found(answer: &str) -> &str {
    &answer[answer.find("\"shown\"").expect("a count")..]
}

fn merged(a: &Value, b: &Value) -> Value {
    let mut out = a.clone();
    for (key, value) in b.as_object().into_iter().flatten() {
        out[key] = value.clone();
    }
    out
}
