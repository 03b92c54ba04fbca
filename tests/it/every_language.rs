//! The canaries of every grammar's corpus through the whole pipeline: what extraction leaves out is in no answer and on no disk either.

use crate::canary::exchange;
use crate::corpus::read_cases;
use crate::world::{World, files_below, repository};
use louver::extraction::Grammar;
use louver::extraction::words::WordKey;
use louver::index::Index;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

/// The sources of all cases, each as a file of its own, with a word that every one of them plants.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for grammar in Grammar::all() {
        let extension = grammar.extensions().first().map_or("txt", String::as_str);
        let cases = read_cases(grammar, "corpus").into_iter().flat_map(|(_, cases)| cases);
        for (at, case) in cases.enumerate() {
            let own = case.title.rsplit_once('.').filter(|(title, _)| title.contains(" | "));
            let extension = own.map_or(extension, |(_, extension)| extension);
            files.push((format!("{}/case_{at}.{extension}", grammar.name()), case.source));
        }
    }
    files
}

fn assert_clean(what: &str, text: &[u8]) {
    let found = text
        .windows(6)
        .position(|window| window.eq_ignore_ascii_case(b"canary"));
    if let Some(at) = found {
        let around = String::from_utf8_lossy(&text[at.saturating_sub(120)..text.len().min(at + 80)]).into_owned();
        panic!("a canary reached {what}: …{around}…");
    }
}

#[test]
fn no_canary_of_any_language_leaves_or_stays() {
    let files = files();
    let planted: Vec<&(String, String)> = files
        .iter()
        .filter(|(_, text)| text.to_lowercase().contains("canary"))
        .collect();
    for grammar in Grammar::all() {
        // Dialects that share a grammar's queries are tried by its cases.
        let folder = format!("{}/", grammar.name());
        let is_planted = planted.iter().any(|(path, _)| path.starts_with(&folder));
        assert!(is_planted, "no case of {} plants a canary", grammar.name());
    }
    let borrowed: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let repo = repository(&borrowed);
    for tier in ["public", "confidential"] {
        let world = World::of(&[("acme/all", tier, repo.path())]);
        let symbols = outlines(&world, tier);
        assert!(symbols.len() > 300, "{} symbols", symbols.len());
        for (at, symbol) in symbols.iter().enumerate() {
            let told = world.ask(
                "get_symbol",
                json!({"symbols": [symbol], "format": "json", "max_tokens": 16_000}),
            );
            assert_clean(&format!("get_symbol {symbol} at {tier}"), told.as_bytes());
            if at % 4 == 0 {
                for direction in ["incoming", "outgoing"] {
                    let told = world.call("find_references", json!({"symbol": symbol, "direction": direction}));
                    assert_clean(&format!("find_references {symbol} at {tier}"), told.text.as_bytes());
                }
                let told = world.call("analyze_impact", json!({"targets": [symbol]}));
                assert_clean(&format!("analyze_impact {symbol} at {tier}"), told.text.as_bytes());
            }
        }
        for query in [
            "string number default comment",
            "local argument value",
            "annotation attribute template",
        ] {
            let told = world.ask("search_symbols", json!({"query": query, "limit": 100}));
            assert_clean(&format!("search_symbols {query} at {tier}"), told.as_bytes());
        }
        for (path, bytes) in files_below(&world.data()) {
            assert_clean(&path.display().to_string(), &bytes);
        }
        let index = Index::open(&world.data().join("index"), WordKey::new([0; 32])).expect("opens");
        for value in index.stored_values("acme/all").expect("reads") {
            assert_clean("a stored value", &value);
        }
    }
}

/// Asks for the outline of every folder and file, and returns the handles of all symbols.
fn outlines(world: &World, tier: &str) -> Vec<String> {
    let (mut targets, mut seen, mut symbols) = (vec!["acme/all".to_owned()], Vec::new(), Vec::new());
    while let Some(target) = targets.pop() {
        if seen.contains(&target) {
            continue;
        }
        let text = world.ask(
            "get_outline",
            json!({"target": target, "private": true, "format": "json", "max_tokens": 16_000}),
        );
        assert_clean(&format!("get_outline {target} at {tier}"), text.as_bytes());
        let page: Value = serde_json::from_str(&text).expect("JSON");
        for item in page["items"].as_array().into_iter().flatten() {
            let handle = item["handle"].as_str().unwrap_or_default().to_owned();
            match item["entry"].as_str() {
                Some("folder" | "file") => targets.push(handle),
                _ if handle.contains('#') => symbols.push(handle),
                _ => {}
            }
        }
        seen.push(target);
    }
    symbols
}

/// The program itself, at its most talkative: what it logs, traces, records and exports of every language.
#[test]
fn no_canary_of_any_language_is_logged_traced_or_exported() {
    let files = files();
    let borrowed: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let repo = repository(&borrowed);
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("louver.toml");
    let path = repo.path().display().to_string();
    let text =
        format!("version = 1\n[[repo]]\nname = \"acme/all\"\npath = {path:?}\ntier = \"public\"\nowner = \"tests\"\n");
    std::fs::write(&config, text).expect("written");
    let louver = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_louver"));
        command
            .args(arguments)
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(folder.path().join("data"));
        command.env("LOUVER_LOG", "trace");
        command
    };
    let clean = |arguments: &[&str]| -> Vec<u8> {
        let done = louver(arguments).output().expect("louver runs");
        assert!(
            done.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert_clean(&format!("stdout of {arguments:?}"), &done.stdout);
        assert_clean(&format!("stderr of {arguments:?}"), &done.stderr);
        done.stdout
    };
    clean(&["index"]);
    let mut server = louver(&["serve", "--stdio"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("louver runs");
    let mut requests = vec![
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "resources/read", "params": {"uri": "louver://outline/acme/all"}}),
    ];
    // One case of every language by every tool about a place, and what traces go through.
    let mut calls = Vec::new();
    for grammar in Grammar::all() {
        let folder = format!("{}/", grammar.name());
        for (path, _) in files.iter().filter(|(path, _)| path.starts_with(&folder)) {
            let target = format!("acme/all:{path}");
            calls.push(("get_outline", json!({"target": target})));
            calls.push(("get_outline", json!({"target": target, "private": true})));
            calls.push(("get_api_surface", json!({"target": target})));
            calls.push(("analyze_impact", json!({"targets": [target]})));
        }
        let name = grammar.name();
        calls.push((
            "explore",
            json!({"task": format!("local argument default of {name}"), "max_tokens": 16_000}),
        ));
        calls.push((
            "search_symbols",
            json!({"query": format!("run main new get {name}"), "limit": 100}),
        ));
        calls.push(("trace_calls", json!({"symbol": "run"})));
        calls.push(("trace_calls", json!({"symbol": "main", "direction": "callees"})));
    }
    let calls = calls.into_iter().zip(3..).map(|((tool, arguments), id)| {
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})
    });
    requests.extend(calls);
    let expected = requests.len() - 1;
    let (stdout, stderr) = exchange(&mut server, &requests, expected);
    assert!(stdout.contains("acme/all"), "{stdout}");
    assert_clean("stdout of serve", stdout.as_bytes());
    assert_clean("stderr of serve", stderr.as_bytes());
    for format in ["jsonl", "ocsf", "csv", "cef", "syslog"] {
        let exported = clean(&["audit", "export", "--format", format]);
        assert!(String::from_utf8_lossy(&exported).contains("acme/all"), "{format}");
    }
    clean(&["audit", "tail", "-n", "1000000"]);
    clean(&["status"]);
    for (path, bytes) in files_below(&folder.path().join("data")) {
        assert_clean(&path.display().to_string(), &bytes);
    }
}
