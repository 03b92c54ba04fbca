//! Indexing again: what changed is read, what went is gone, what stayed is not touched.

use crate::served::{World, git};
use serde_json::Value;
use std::fs;

fn index(world: &World, arguments: &[&str]) -> Value {
    let output = world.run(&[&["index", "--format", "json"], arguments].concat());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn outline(world: &World, path: &str) -> Option<String> {
    let target = format!("target=acme/app:{path}");
    let output = world
        .louver(&["ask", "get_outline", &target])
        .output()
        .expect("louver runs");
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn commit(world: &World) {
    git(&world.repo(0), &["add", "-A"]);
    git(&world.repo(0), &["commit", "-q", "--allow-empty", "-m", "more"]);
}

fn many(n: usize) -> Vec<(String, String)> {
    (0..n)
        .map(|at| {
            (
                format!("src/part_{at}.rs"),
                format!("pub fn part_{at}() -> u32 {{ {at} }}\n"),
            )
        })
        .collect()
}

#[test]
fn a_commit_costs_what_it_touches() {
    let files = many(60);
    let borrowed: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let world = World::of(&borrowed);
    assert_eq!(index(&world, &[])["read"], 0, "nothing changed");

    fs::write(world.repo(0).join("src/part_7.rs"), "pub fn part_seven() {}\n").expect("written");
    fs::remove_file(world.repo(0).join("src/part_8.rs")).expect("removed");
    git(&world.repo(0), &["mv", "src/part_9.rs", "src/renamed.rs"]);
    commit(&world);
    let report = index(&world, &[]);
    assert_eq!(
        (&report["read"], &report["files"]),
        (&Value::from(2), &Value::from(59)),
        "{report}"
    );
    assert!(
        outline(&world, "src/part_7.rs")
            .expect("there")
            .contains("fn part_seven()")
    );
    assert!(
        outline(&world, "src/renamed.rs")
            .expect("there")
            .contains("fn part_9()")
    );
    assert!(outline(&world, "src/part_8.rs").is_none() && outline(&world, "src/part_9.rs").is_none());

    assert_eq!(index(&world, &["--fresh"])["read"], 59, "everything is read again");
}

#[test]
fn what_is_not_committed_is_not_there() {
    let world = World::of(&[("src/lib.rs", "pub fn committed() {}\n")]);
    fs::write(
        world.repo(0).join("src/lib.rs"),
        "pub fn committed() {}\npub fn draft() {}\n",
    )
    .expect("written");
    fs::write(world.repo(0).join("src/new.rs"), "pub fn new() {}\n").expect("written");
    assert_eq!(index(&world, &[])["files"], 1);
    assert!(!outline(&world, "src/lib.rs").expect("there").contains("draft"));
}

#[test]
fn an_exclusion_takes_effect_on_the_next_indexing() {
    let world = World::of(&[
        ("src/lib.rs", "pub mod inner;\npub fn outer() { inner::hidden() }\n"),
        ("src/inner.rs", "pub fn hidden() {}\n"),
    ]);
    assert!(outline(&world, "src/inner.rs").is_some());
    let scope = fs::read_to_string(world.config()).expect("a scope");
    fs::write(
        world.config(),
        scope.replace("owner =", "exclude = [\"src/inner.rs\"]\nowner ="),
    )
    .expect("written");
    let report = index(&world, &[]);
    assert_eq!(report["skipped"]["excluded"], 1, "{report}");
    assert!(outline(&world, "src/inner.rs").is_none());
}

/// A caller's relations follow its callee although the caller's own file did not change.
#[test]
fn relations_follow_a_change_elsewhere() {
    let world = World::of(&[
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\n"),
        ("src/lib.rs", "mod tools;\npub fn caller() { tools::work() }\n"),
        ("src/tools.rs", "pub fn work() {}\n"),
    ]);
    let callers = |symbol: &str| {
        let output = world.run(&["ask", "find_references", &format!("symbol={symbol}"), "relations=calls"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(callers("acme/app:src/tools.rs#work").contains("#caller calls"));
    fs::write(
        world.repo(0).join("src/tools.rs"),
        "/// First.\npub fn other() {}\npub fn work() {}\n",
    )
    .expect("written");
    commit(&world);
    let report = index(&world, &[]);
    assert_eq!(report["read"], 1, "{report}");
    assert!(callers("acme/app:src/tools.rs#work").contains("#caller calls"));
    fs::write(world.repo(0).join("src/tools.rs"), "pub fn other() {}\n").expect("written");
    commit(&world);
    assert_eq!(index(&world, &[])["read"], 1);
    assert!(!callers("acme/app:src/tools.rs#other").contains("#caller calls"));
    let out = world.run(&[
        "ask",
        "find_references",
        "symbol=acme/app:src/lib.rs#caller",
        "direction=outgoing",
    ]);
    assert!(!String::from_utf8_lossy(&out.stdout).contains("src/tools.rs#work"));
}
