//! What the scope file calls the organisation's own, looked for in answers at every tier.

use crate::world::{World, repository};
use serde_json::json;

const SOURCE: &str = "\
/// Sends orders to Zorvik and to db7.corp.zorvik.example, ticket ORD-4711.
///
/// Zorvik asked for it.
pub fn send_apple_tree(order: u32) -> u32 { order }
/// Moves to eu-blue-7.
pub fn move_eu_blue_7() {}
";

fn world(tier: &str, own: &str) -> World {
    let repo = repository(&[("src/lib.rs", SOURCE)]);
    let path = repo.path().display().to_string();
    let scope = format!(
        "version = 1\n{own}[[repo]]\nname = \"acme/orders\"\npath = {path:?}\ntier = {tier:?}\nowner = \"tests\"\n"
    );
    World::from_scope(&scope)
}

const OWN: &str = "[organisation]\nwords = [\"zorvik\", \"apple tree\"]\ndomains = [\"corp.zorvik.example\"]\nenvironments = [\"eu-blue-7\"]\n[[pattern]]\nid = \"ticket\"\nregex = 'ORD-[0-9]{4}'\n";

fn told(world: &World, name: &str) -> String {
    let mut out = String::new();
    for format in ["text", "json"] {
        out.push_str(&world.ask(
            "get_outline",
            json!({"target": "acme/orders:src/lib.rs", "format": format}),
        ));
        out.push_str(&world.ask("search_symbols", json!({"query": "order", "format": format})));
        out.push_str(&world.ask("get_symbol", json!({"symbols": [name], "format": format})));
    }
    out
}

#[test]
fn prose_is_told_without_words_of_the_organisation() {
    for tier in ["public", "internal"] {
        let without = told(&world(tier, ""), "send_apple_tree");
        assert!(without.contains("Sends orders to Zorvik"), "{without}");
        let with = told(&world(tier, OWN), "send_apple_tree");
        assert!(
            with.contains("Sends orders to [redacted:organisation-word]"),
            "{tier}: {with}"
        );
        for word in ["Zorvik", "zorvik", "ORD-4711", "eu-blue-7", "eu_blue_7"] {
            assert!(!with.contains(word), "`{word}` at {tier}: {with}");
        }
        // A name is told as it is: only the tier that tells names by pseudonyms hides it.
        assert!(with.contains("send_apple_tree"), "{with}");
    }
}

#[test]
fn names_of_public_words_are_hidden_where_the_scope_lists_them() {
    let without = world("confidential", "").ask("get_outline", json!({"target": "acme/orders:src/"}));
    let open = world("confidential", "").ask("search_symbols", json!({"query": "send"}));
    assert!(open.contains("apple_tree"), "{without} {open}");
    let hidden = world("confidential", OWN);
    let listed = hidden.ask("search_symbols", json!({"query": "send", "format": "json"}));
    assert!(listed.contains("send_"), "{listed}");
    for word in ["apple", "zorvik", "blue_7"] {
        assert!(!listed.to_lowercase().contains(word), "`{word}`: {listed}");
    }
}
