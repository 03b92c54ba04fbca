//! `analyze_impact`: dependents over several steps, tests told apart, files as targets, and what an empty answer claims.

use crate::world::{World, repository};
use serde_json::{Value, json};

const STORE: &str = "pub struct Store {
    pub path: String,
}

impl Store {
    pub fn save(&self) {}
}

pub trait Sink {
    fn put(&self);
}

impl Sink for Store {
    fn put(&self) {
        self.save();
    }
}

pub fn flush(sink: &dyn Sink) {
    sink.put();
}

fn alone() {}
";

const LIB: &str = "mod store;
mod report;

use store::Store;

pub fn backup(store: &Store) {
    store.save();
}

pub fn nightly(store: &Store) {
    backup(store);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backs_up() {
        backup(&Store { path: String::new() });
    }
}
";

const REPORT: &str = "use crate::store::Store;

pub fn report(store: &Store) {
    crate::nightly(store);
}
";

fn world() -> (World, tempfile::TempDir) {
    let repo = repository(&[("src/lib.rs", LIB), ("src/store.rs", STORE), ("src/report.rs", REPORT)]);
    (World::of(&[("acme/app", "public", repo.path())]), repo)
}

/// Distance, symbol, relation, what it depends on, and whether it is a test.
fn affected(world: &World, mut arguments: Value) -> Vec<String> {
    arguments["format"] = "json".into();
    let answer: Value = serde_json::from_str(&world.ask("analyze_impact", arguments)).expect("JSON");
    let after = |text: &Value| {
        let text = text.as_str().expect("a handle");
        text.rsplit_once('#').map_or("(file)", |(_, symbol)| symbol).to_owned()
    };
    let line = |item: &Value| {
        let (symbol, of) = (after(&item["handle"]), after(&item["of"]));
        let test = if item["is_test"] == true { " test" } else { "" };
        let relation = item["relation"].as_str().expect("a relation");
        format!("{} {symbol} {relation} {of}{test}", item["distance"])
    };
    answer["items"].as_array().expect("items").iter().map(line).collect()
}

#[test]
fn dependents_are_followed_and_tests_come_last() {
    let (world, _repo) = world();
    assert_eq!(
        affected(&world, json!({"targets": ["backup"]})),
        [
            "1 nightly calls backup",
            "2 report calls nightly",
            "1 tests.backs_up calls backup test",
        ]
    );
    assert_eq!(
        affected(&world, json!({"targets": ["backup"], "depth": 1})),
        ["1 nightly calls backup", "1 tests.backs_up calls backup test"]
    );
    let text = world.ask("analyze_impact", json!({"targets": ["backup"]}));
    assert!(text.contains("tests to run: acme/app:src/lib.rs"), "{text}");
    assert!(text.contains("direct=2 indirect=1 public=2 tests=1"), "{text}");
    assert!(
        text.contains(" 2 #report function L3-5 public: calls src/lib.rs#nightly module L4\n"),
        "{text}"
    );
}

#[test]
fn a_type_stands_for_its_members_and_a_file_for_its_symbols() {
    let (world, _repo) = world();
    let of_type = affected(&world, json!({"targets": ["Store"], "depth": 1}));
    for symbol in ["backup", "report"] {
        assert!(
            of_type.iter().any(|it| it.split(' ').nth(1) == Some(symbol)),
            "{symbol}: {of_type:#?}"
        );
    }
    let of_file = affected(&world, json!({"targets": ["acme/app:src/store.rs"]}));
    for symbol in ["backup", "nightly", "report"] {
        assert!(
            of_file.iter().any(|it| it.split(' ').nth(1) == Some(symbol)),
            "{of_file:#?}"
        );
    }
    assert!(
        !of_file
            .iter()
            .any(|it| it.starts_with("1 flush") || it.starts_with("1 alone")),
        "what changes is not affected by itself: {of_file:#?}"
    );
}

#[test]
fn a_caller_through_a_trait_is_a_possible_run_time_target() {
    let (world, _repo) = world();
    let text = world.ask("analyze_impact", json!({"targets": ["src/store.rs#Store.put"]}));
    assert!(
        text.contains("#flush function") && text.contains(" dispatch "),
        "{text}"
    );
}

#[test]
fn an_absence_says_what_it_rests_on() {
    let (world, _repo) = world();
    let text = world.ask("analyze_impact", json!({"targets": ["alone"]}));
    assert!(text.contains("0 places in 0 files"), "{text}");
    assert!(text.contains("0 same-name uses are not counted"), "{text}");
}
