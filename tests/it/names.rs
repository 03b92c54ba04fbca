//! How symbols are named in questions: by names that a language has for them, and several at once.

use crate::world::{World, repository};
use serde_json::{Value, json};

fn world() -> (World, tempfile::TempDir) {
    let many: String = (0..70).map(|n| format!("    void m{n}() {{}}\n")).collect();
    let repo = repository(&[
        (
            "web/Users.cs",
            "namespace Web { public class Users { public Users() {} public void Go() {} } }\n",
        ),
        (
            "app/Models/Song.php",
            "<?php\nnamespace App\\Models;\nclass Song { function play() {} }\n",
        ),
        ("app/Other/Song.php", "<?php\nnamespace App\\Other;\nclass Song { }\n"),
        (
            "src/com/acme/Many.java",
            &format!("package com.acme;\nclass Many {{\n{many}}}\n"),
        ),
        (
            "storage/storage.go",
            "package storage\ntype Storage struct{}\nfunc (s *Storage) Ping() {}\n",
        ),
        (
            "storage/more.go",
            "package storage\nfunc (s *Storage) Feed(id int) {}\nfunc (o *Other) Ping() {}\n",
        ),
    ]);
    (World::of(&[("acme/app", "public", repo.path())]), repo)
}

/// The handles of the symbols told.
fn told(world: &World, symbols: &[&str]) -> (Vec<String>, String) {
    let answer = world
        .call("get_symbol", json!({"symbols": symbols, "format": "json"}))
        .text;
    let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|_| json!({"notes": answer}));
    let items = answer["items"].as_array().cloned().unwrap_or_default();
    let handle = |item: &Value| {
        item["handle"]
            .as_str()
            .expect("a handle")
            .trim_start_matches("acme/app:")
            .to_owned()
    };
    (items.iter().map(handle).collect(), answer["notes"].to_string())
}

#[test]
fn a_symbol_is_found_by_the_names_its_language_has_for_it() {
    let (world, _repo) = world();
    for (name, handle) in [
        ("Users", "web/Users.cs#Users"),
        ("App\\Models\\Song", "app/Models/Song.php#Song"),
        ("\\App\\Models\\Song", "app/Models/Song.php#Song"),
        ("com.acme.Many", "src/com/acme/Many.java#Many"),
        ("storage.Storage", "storage/storage.go#Storage"),
        ("Storage.Feed", "storage/more.go#Feed"),
    ] {
        assert_eq!(told(&world, &[name]).0, [handle], "{name}");
    }
    assert!(told(&world, &["Other.Feed"]).0.is_empty());
}

#[test]
fn one_bad_name_costs_none_of_the_others() {
    let (world, _repo) = world();
    let (handles, notes) = told(&world, &["Storage.Feed", "nowhere_at_all", "Song"]);
    assert_eq!(handles, ["storage/more.go#Feed"]);
    assert!(
        notes.contains("symbols[1]: no such symbol") && notes.contains("symbols[2] names 2 symbols"),
        "{notes}"
    );
    let (handles, notes) = told(&world, &["nowhere_at_all"]);
    assert!(handles.is_empty() && notes.contains("no symbol"), "{notes}");
}

#[test]
fn a_list_of_members_that_is_cut_says_so() {
    let (world, _repo) = world();
    let answer = world.ask("get_symbol", json!({"symbols": ["Many"]}));
    assert!(answer.contains("… 10 more; get_outline lists them"), "{answer}");
}

/// What is said of a name that is not found must not tell whether it is a word of the repository.
#[test]
fn a_name_that_is_not_found_reads_the_same_whether_it_is_an_own_word_or_not() {
    let repo = repository(&[(
        "a.rs",
        "pub fn open_it() {}\npub struct Zorb;\nimpl Zorb { pub fn frobcharge(&self) {} }\n",
    )]);
    let world = World::of(&[("acme/app", "confidential", repo.path())]);
    let outline = world.ask("get_outline", json!({"target": "acme/app:a.rs", "format": "json"}));
    let outline: Value = serde_json::from_str(&outline).expect("JSON");
    let items = outline["items"].as_array().expect("items");
    let mut handles = items.iter().filter_map(|item| item["handle"].as_str());
    let known = handles.find(|it| it.contains('#')).expect("a symbol");
    let (own, other) = (
        told(&world, &[known, "frobcharge"]),
        told(&world, &[known, "nothingness"]),
    );
    assert_eq!((own.0.len(), &own), (1, &other));
    assert!(own.1.contains("symbols[1]: no such symbol"), "{}", own.1);
}
