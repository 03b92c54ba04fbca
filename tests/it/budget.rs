//! `max_tokens` is a promise: no answer has more o200k tokens than its caller allowed, in either format, from any tool.

use crate::clients::count_tokens;
use crate::served::{Repo, SHOP, Served, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// How many handles are asked about one by one.
const MOST_HANDLES: usize = 24;

#[test]
fn no_answer_about_a_small_repository_is_longer_than_allowed() {
    check(
        &[Repo {
            name: "acme/app",
            tier: "internal",
            files: SHOP,
        }],
        &["order", "what does an item cost", "Cart.add"],
    );
}

#[test]
fn no_answer_about_louver_itself_is_longer_than_allowed() {
    let files = own_sources();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let questions = [
        "Scope",
        "where is a record written",
        "parse",
        "write the page within its budget",
        "Error",
        "fn run",
        "new",
    ];
    check(
        &[Repo {
            name: "louver",
            tier: "public",
            files: &files,
        }],
        &questions,
    );
}

/// Names that a tokenizer splits most: a byte or two each, instead of the usual three or four.
#[test]
fn names_that_cost_many_tokens_count_as_such() {
    let mut rust = String::new();
    for n in 0..400_u64 {
        let noise = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        rust.push_str(&format!(
            "/// {noise:x} ඞ ꙮ 𓂀 ⵣ.\npub fn q{noise:x}_ꙮ{n}(x{n}: u8) {{ q{noise:x}(x{n}); }}\n"
        ));
    }
    check(
        &[Repo {
            name: "noise",
            tier: "public",
            files: &[("src/q.rs", &rust)],
        }],
        &["q1", "ꙮ7"],
    );
}

/// A budget cuts an answer into pages; together they tell what one large page tells, each entry once and in order.
#[test]
fn pages_together_tell_everything_once() {
    let functions: String = (0..120)
        .map(|n| format!("/// Does step {n}.\npub fn step_{n}(x: u32) -> u32 {{ x }}\n"))
        .collect();
    let louver = Served::start(&[("src/steps.rs", &functions)]);
    for (tool, question) in [
        ("get_outline", json!({ "target": "acme/app:src/steps.rs" })),
        ("search_symbols", json!({ "query": "step", "limit": 100 })),
    ] {
        let (whole, _) = pages(&louver, tool, &question, 16_000);
        let (entries, pages) = pages(&louver, tool, &question, 300);
        assert!(
            pages > 3 && whole.len() > 100,
            "{tool}: {pages} pages, {} entries",
            whole.len()
        );
        assert_eq!(entries, whole, "{tool}");
    }
}

/// Follows cursors to the end; returns the handles of all entries, and how many pages there were.
#[track_caller]
fn pages(louver: &Served, tool: &str, question: &Value, max_tokens: u64) -> (Vec<String>, u64) {
    let (mut entries, mut count) = (Vec::new(), 0);
    let mut arguments = question.clone();
    arguments["format"] = "json".into();
    arguments["max_tokens"] = max_tokens.into();
    loop {
        let page: Value = serde_json::from_str(&louver.answer(tool, arguments.clone())).expect("JSON");
        let items = page["items"].as_array().expect("items");
        assert!(
            !items.is_empty(),
            "{tool}: an empty page after {} entries",
            entries.len()
        );
        entries.extend(items.iter().map(|it| it["handle"].to_string()));
        assert_eq!(
            page["shown"],
            entries.len(),
            "{tool}: `shown` counts what this page and those before it told"
        );
        count += 1;
        match page["cursor"].as_str() {
            Some(cursor) => arguments["cursor"] = cursor.into(),
            None => break,
        }
    }
    (entries, count)
}

#[track_caller]
fn check(repos: &[Repo<'_>], questions: &[&str]) {
    let louver = Served::over(World::with(repos));
    let mut asked = Vec::new();
    let mut texts = Vec::new();
    for (tool, arguments) in calls(&louver, repos, questions) {
        for format in ["text", "json"] {
            for max_tokens in [200, 350, 900, 4_000] {
                let mut arguments = arguments.clone();
                arguments["format"] = format.into();
                arguments["max_tokens"] = max_tokens.into();
                let text = louver.answer(tool, arguments.clone());
                asked.push((tool, arguments, max_tokens));
                texts.push(text);
            }
        }
    }
    let counts = count_tokens(&texts);
    let mut over = Vec::new();
    for ((tool, arguments, max_tokens), (count, text)) in asked.iter().zip(counts.iter().zip(&texts)) {
        if count > max_tokens {
            over.push(format!("{tool} {arguments}: {count} tokens in {} bytes", text.len()));
        }
        assert!(
            arguments["format"] == "text" || serde_json::from_str::<Value>(text).is_ok(),
            "{tool} {arguments}: {text}"
        );
    }
    assert!(
        over.is_empty(),
        "{} of {} answers are too long:\n{}",
        over.len(),
        texts.len(),
        over.join("\n")
    );
}

/// Calls that say as much as they can about the repositories.
fn calls(louver: &Served, repos: &[Repo<'_>], questions: &[&str]) -> Vec<(&'static str, Value)> {
    let mut calls = vec![("list_repos", json!({}))];
    let mut handles = BTreeSet::new();
    for question in questions {
        calls.push(("search_symbols", json!({ "query": question, "limit": 100 })));
        let found = louver.answer(
            "search_symbols",
            json!({ "query": question, "limit": 100, "format": "json", "max_tokens": 16_000 }),
        );
        collect_handles(&serde_json::from_str(&found).expect("JSON"), &mut handles);
    }
    for Repo { name, files, .. } in repos {
        let paths: Vec<&str> = files
            .iter()
            .map(|(path, _)| *path)
            .filter(|path| is_code(path))
            .collect();
        let folders: BTreeSet<&str> = paths.iter().filter_map(|path| Some(path.rsplit_once('/')?.0)).collect();
        let some = paths.iter().step_by(paths.len().div_ceil(MOST_HANDLES)).copied();
        calls.push(("get_outline", json!({ "target": name })));
        calls.extend(
            folders
                .into_iter()
                .chain(some)
                .map(|place| ("get_outline", json!({ "target": format!("{name}:{place}") }))),
        );
    }
    assert!(handles.len() > 3, "the searches find symbols: {handles:?}");
    let some: Vec<String> = handles
        .iter()
        .step_by(handles.len().div_ceil(MOST_HANDLES))
        .cloned()
        .collect();
    for handle in &some {
        calls.push(("get_symbol", json!({ "symbols": [handle] })));
        calls.push(("find_references", json!({ "symbol": handle })));
        calls.push(("find_references", json!({ "symbol": handle, "direction": "outgoing" })));
        calls.push(("trace_calls", json!({ "symbol": handle, "depth": 5 })));
        calls.push(("trace_calls", json!({ "symbol": handle, "direction": "callees" })));
        calls.push(("analyze_impact", json!({ "targets": [handle] })));
        calls.push(("explore", json!({ "task": handle })));
    }
    calls.extend(
        some.chunks(10)
            .map(|handles| ("get_symbol", json!({ "symbols": handles }))),
    );
    calls
}

fn is_code(path: &str) -> bool {
    path.ends_with(".rs") || path.ends_with(".ts")
}

/// Every handle of a symbol in an answer.
fn collect_handles(value: &Value, handles: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(handle) = fields
                .get("handle")
                .and_then(Value::as_str)
                .filter(|it| it.contains('#'))
            {
                handles.insert(handle.to_owned());
            }
            fields.values().for_each(|it| collect_handles(it, handles));
        }
        Value::Array(items) => items.iter().for_each(|it| collect_handles(it, handles)),
        _ => (),
    }
}

/// The Rust files of this package.
fn own_sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut folders = vec![root.join("src"), root.join("tests/it")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let name = path
                    .strip_prefix(root)
                    .expect("below the root")
                    .to_string_lossy()
                    .into_owned();
                files.push((name, fs::read_to_string(&path).expect("readable")));
            }
        }
    }
    files.sort();
    files
}
