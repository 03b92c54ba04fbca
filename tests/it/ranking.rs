//! What comes first: not what shares words that say nothing, and not one file alone.

use crate::world::{World, repository};
use serde_json::{Value, json};

/// The handles of what is found, the best first.
fn found(world: &World, query: &str, limit: usize) -> Vec<String> {
    let arguments = json!({"query": query, "limit": limit, "format": "json", "max_tokens": 16000});
    let answer: Value = serde_json::from_str(&world.ask("search_symbols", arguments)).expect("JSON");
    let items = answer["items"].as_array().expect("a list");
    items
        .iter()
        .map(|item| {
            let handle = item["handle"].as_str().expect("a handle");
            handle.rsplit(':').next().unwrap_or(handle).to_owned()
        })
        .collect()
}

fn world(files: &[(&str, &str)]) -> (tempfile::TempDir, World) {
    let code = repository(files);
    let world = World::of(&[("acme/vault", "public", code.path())]);
    (code, world)
}

#[test]
fn words_that_say_nothing_bring_nothing_up() {
    let (_code, world) = world(&[
        (
            "src/about.rs",
            "/// One more, through and between others.\npub fn one_more_through() {}\n",
        ),
        ("src/lease.rs", "/// Renews.\npub fn renew() {}\n"),
    ]);
    let first = found(&world, "one of many leases through which they work", 5).swap_remove(0);
    assert!(first.starts_with("src/lease.rs"), "{first}");
    assert_eq!(found(&world, "one_more_through", 5)[0], "src/about.rs#one_more_through");
}

#[test]
fn one_file_does_not_fill_the_list() {
    let many: String = (0..60)
        .map(|n| format!("/// Parses a duration, unit {n}.\npub fn parse_duration_unit_{n}() {{}}\n"))
        .collect();
    let other = "/// Parses what a user wrote.\npub fn parse() {}\n";
    let (_code, world) = world(&[("src/duration.rs", &many), ("src/input.rs", other)]);
    let place = found(&world, "parse duration", 20)
        .iter()
        .position(|it| it == "src/input.rs#parse");
    assert!(place.is_some_and(|at| at < 12), "{place:?}");
}
