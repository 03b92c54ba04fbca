//! Files that parsers choke on, in every language: indexing ends, honest files beside them are indexed, and the server answers all the time.

use crate::served::{Served, World, git};
use louver::extraction::Grammar;
use serde_json::{Value, json};
use std::fs;

/// Text of so many bytes, in lines.
fn lines(line: &str, bytes: usize) -> String {
    format!("{line}\n").repeat(bytes / (line.len() + 1))
}

/// What a file of any language may be made of.
fn shapes() -> Vec<(&'static str, String)> {
    let mut state = 1_u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize
    };
    let pieces = [
        "fn ", "def ", "class ", "{", "}", "(", ")", "\"", "'", "<", ">", "!", "=>", ";\n", "a", "::", "match ", "`",
        "${", "/*", "#", "<<", "[", "]", "\n",
    ];
    vec![
        ("parentheses", "(".repeat(100_000)),
        ("lines-of-parentheses", "(\n".repeat(60_000)),
        ("braces", "{\n".repeat(4_000) + &"}\n".repeat(4_000)),
        ("one-line", "a+1".repeat(200_000)),
        ("sum", format!("x = 1{}", "\n+1".repeat(50_000))),
        ("string", format!("x = \"{}", lines("never closed", 200_000))),
        ("comment", format!("/* {}", lines("never closed", 200_000))),
        ("nothing", "\0".repeat(500_000)),
        ("blanks", " \n".repeat(200_000)),
        ("word", "a".repeat(15_000)),
        ("nonsense", (0..15_000).map(|_| pieces[next() % pieces.len()]).collect()),
        (
            "templates",
            lines(
                "template<typename T, class U = A<B<C<T>>>> auto operator<<(T&& a, U* b) -> decltype(a << b);",
                60_000,
            ),
        ),
        (
            "data",
            format!(
                "x = [{}]",
                lines("{ \"a\": [1, 2, { \"b\": null }], \"c\": \"d\" },", 300_000)
            ),
        ),
    ]
}

/// A function whose documentation states a type that begins so.
fn documented(begins: &str) -> String {
    format!("/** @param {{{begins}A}} x */\nfunction f(x) {{ x.run(); }}\n")
}

/// What is known to break one scanner.
fn known() -> Vec<(&'static str, String)> {
    vec![
        // The length of a heredoc's word is written to eight bits, and an assertion of the scanner ends its process.
        ("heredoc.rb", format!("x = <<{}\nbody\n", "A".repeat(256))),
        ("heredocs.rb", "x = <<A + <<B + <<C\n".repeat(2_000)),
        ("heredoc.sh", format!("cat <<{}\nbody\n", "A".repeat(1_500))),
        ("heredoc.php", format!("<?php $x = <<<{}\nbody\n", "A".repeat(1_500))),
        ("strings.kt", "val x = \"\"\"${\"${\"\"\"".repeat(1_000)),
        ("braces.kt", "fun a() = { b -> c { d(".repeat(1_200)),
        ("interpolation.swift", "let x = \"\\(\"\\(".repeat(1_000)),
        ("interpolation.scala", "val x = s\"${s\"${".repeat(1_000)),
        ("delimiters.rs", format!("fn a() {{ r{}\"x }}", "#".repeat(300))),
        ("delimiters.swift", format!("let x = {}\"x", "#".repeat(300))),
        ("prefixes.js", documented(&"!".repeat(15_000))),
        ("words.js", documented(&"typeof ".repeat(2_000))),
        ("brackets.js", documented(&"(".repeat(15_000))),
        ("objects.js", documented(&"({a:".repeat(4_000))),
        (
            "arrays.js",
            format!("/** @type {{A{}}} */\nconst a = 1;\n", "[]".repeat(7_000)),
        ),
        ("generics.ts", "type A = B<C<D<".repeat(1_000)),
        (
            "indents.py",
            (0..900).map(|depth| format!("{}if a:\n", " ".repeat(depth))).collect(),
        ),
    ]
}

#[test]
fn hostile_files_of_every_language_cost_themselves_and_nothing_else() {
    let louver = Served::over(World::of(&[("src/lib.rs", "pub fn honest() {}\n")]));
    let answers = || {
        let answer = louver.call("get_outline", json!({ "target": "acme/app:src/lib.rs" }));
        assert!(answer.text.contains("honest"), "{answer:?}");
    };
    answers();
    let repo = louver.repo(0);
    let hostile = repo.join("hostile");
    fs::create_dir(&hostile).expect("a folder");
    let mut files = 0;
    let mut put = |name: &str, text: &str| {
        fs::write(hostile.join(name), text).expect("written");
        files += 1;
    };
    for grammar in Grammar::all() {
        let extension = grammar.extensions().first().expect("an extension");
        for (name, text) in shapes() {
            put(&format!("{name}-{}.{extension}", grammar.name()), &text);
        }
        put(&format!("empty-{}.{extension}", grammar.name()), "");
    }
    for (name, text) in known() {
        put(name, &text);
    }
    fs::write(repo.join("src/last.rs"), "pub fn still_honest() {}\n").expect("written");
    git(&repo, &["add", "--all"]);
    git(&repo, &["commit", "--quiet", "--message", "hostile"]);

    let indexed = louver.run(&["index", "--format", "json"]);
    let report: Value = serde_json::from_slice(&indexed.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&indexed.stdout)));
    let text = report.to_string();
    assert!(!text.contains("no-worker"), "{text}");
    assert!(files > 150, "{files} files");
    answers();
    let found = louver.call("search_symbols", json!({ "query": "still_honest" }));
    assert!(found.text.contains("still_honest"), "{found:?}");
}
