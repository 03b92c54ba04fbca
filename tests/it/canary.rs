//! Canaries: unique words planted wherever source must not leave from, looked for in everything that leaves or stays.
//!
//! Every word contains `canary` or is a number that begins with [`NUMBER`], and none is a name that the tier table shows.

use crate::world::{World, commit, files_below, git, repository};
use louver::extraction::words::WordKey;
use louver::index::Index;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// How planted numbers begin.
const NUMBER: &str = "918273";

const RUST: &str = r###"
//! Module prose. See `CANARY_code_in_doc(1)` for `canary + 918273001`.

/// Adds things up. A second sentence about adding.
///
/// ```
/// let canary_doc_block = "CANARY_doc_block_string";
/// assert_eq!(918273002, canary_doc_block);
/// ```
///
///     canary_indented_block();
#[deprecated(since = "CANARY_since", note = "CANARY_note")]
#[cfg(feature = "CANARY_feature")]
pub fn add(left: u32, right: Option<[u8; 918273003]>) -> u32 {
    // CANARY_line_comment
    /* CANARY_block_comment */
    let canary_local = "CANARY_string \u{41} CANARY_escape";
    let canary_raw = r#"CANARY_raw_string"#;
    let canary_bytes = b"CANARY_bytes";
    let canary_number = 918273004_u64;
    let canary_float = 918273005.25_f64;
    println!("CANARY_macro_string {canary_local} {}", canary_number);
    debug_assert!(canary_number > 918273006, "CANARY_assert");
    if canary_local.contains("CANARY_condition") {
        return 918273007;
    }
    match left {
        918273008 => helper(canary_local, "CANARY_argument"),
        _ => unreachable!("CANARY_unreachable"),
    }
}

fn helper(text: &str, other: &str) -> u32 {
    let canary_closure = |canary_parameter: u32| canary_parameter + 918273009;
    canary_closure(text.len() as u32) + other.len() as u32
}

/// A constant.
pub const LIMIT: u64 = 918273010;
pub static GREETING: &str = "CANARY_static";

/// A table. Visit https://canary.example/CANARY_url or mail canary@example.org or `/etc/canary/path`.
#[derive(Debug, Clone)]
#[serde(rename = "CANARY_rename", default = "CANARY_default_path")]
pub struct Table<const N: usize = 918273011> {
    /// A field.
    pub rows: [u8; 918273012],
    hidden: u8,
}

#[repr(u32)]
pub enum Mode {
    Fast = 918273013,
    Slow = 918273014,
}

macro_rules! make {
    ($canary_name:ident) => {
        fn $canary_name() -> &'static str { "CANARY_macro_body" }
    };
    (canary_pattern) => { 918273015 };
}
make!(made);

/// Says where its example begins in an attribute.
///
/// # Examples
///
#[cfg_attr(feature = "string", doc = "```")]
/// let canary_fenced = canary_call().canary_chain(other);
/// ```
pub fn fenced() {}

#[doc = "```"]
/// let canary_after_attribute = canary_call().canary_chain(other);
/// ```
pub fn fenced_first() {}

impl<const N: usize> Table<N> {
    /// Says how long it is.
    pub fn len(&self) -> usize {
        let canary_in_method = 'c';
        let _ = canary_in_method;
        N + 918273016
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn adds() {
        assert_eq!(super::add(1, None), 918273017, "CANARY_test_message");
    }
}
"###;

const TYPESCRIPT: &str = r###"
// CANARY_file_comment
import { thing } from "./thing";
const modulePrivate = "CANARY_module_string";

/**
 * Loads a page. It also waits.
 * @example
 * const canaryExample = load("CANARY_example");
 */
export async function load(url: string = "CANARY_default", retries = 918273020, mode: "CANARY_literal_type" | 918273021 = 918273021): Promise<void> {
  const canaryLocal = `CANARY_template ${url} CANARY_template_tail`;
  const canaryPattern = /CANARY_regex+[a-z]/g;
  if (canaryPattern.test(canaryLocal)) throw new Error("CANARY_error");
  await thing({ canary_key_value: "CANARY_object_value" }, 918273022);
}

export enum Color { Red = "CANARY_enum_value", Blue = 918273023 }

export type Route = `CANARY_template_type/${string}`;
export type Shape = { kind: "CANARY_discriminant"; size: 918273024 };

export interface Options { /* CANARY_member_comment */ level?: 918273025 | "CANARY_level"; name: string }

export class Store {
  static version = "CANARY_static_field";
  private cache = new Map<string, number>([["CANARY_key", 918273026]]);
  @Logged("CANARY_decorator", { level: 918273027 })
  get(key: string, fallback = { deep: ["CANARY_nested_default"] }) {
    const canaryInner = (canaryArgument = "CANARY_arrow_default") => canaryArgument + key;
    return canaryInner() ?? this.cache.get(key) ?? fallback;
  }
  handler = (event: string) => { const canaryHandler = "CANARY_handler"; return canaryHandler + event; };
}

export const arrow = (x: number) => x * 918273028 + "CANARY_arrow_body".length;
export const table = { first: "CANARY_table_value", second: 918273029 };
export default function () { return "CANARY_default_export"; }
"###;

const TSX: &str = r#"
import { useState } from "react";
/** Shows a button. */
export function Button(props: { label?: string }) {
  const [canaryState, setCanaryState] = useState("CANARY_state");
  return <div title="CANARY_attribute" data-x={"CANARY_expression"}>CANARY jsx text {canaryState}
    <Button label="CANARY_prop" /> {/* CANARY_jsx_comment */}
  </div>;
}
"#;

const JAVASCRIPT: &str = r#"
'use strict';
/* CANARY_header */
const config = require('./config.json');
module.exports = function build(options) {
  var canaryVar = { password: 'CANARY_password' };
  return Object.assign({}, options, canaryVar, { port: 918273030 });
};
exports.named = (a = 'CANARY_js_default') => a;
"#;

const CARGO: &str = r#"
[package]
name = "planted"
version = "1.2.3" # CANARY_comment
description = "CANARY_description"
repository = "https://canary.example/planted"
[dependencies]
serde = { version = "1", features = ["CANARY_feature"], registry = "CANARY_registry" }
elsewhere = { git = "https://canary:canary@canary.example/elsewhere.git", rev = "918273050" }
beside = { path = "../canary" }
[package.metadata.canary]
key = "CANARY_metadata"
"#;

const CARGO_LOCK: &str = r#"
[[package]]
name = "serde"
version = "1.0.219"
source = "registry+https://canary.example/index"
checksum = "CANARY_checksum"
"#;

const NPM: &str = r#"{"name": "planted", "version": "0.1.0", "description": "CANARY_npm", "scripts": {"start": "CANARY_script --port 918273051"},
"dependencies": {"react": "^18.0.0", "elsewhere": "git+ssh://git@canary.example/e.git#canary"}, "config": {"CANARY_config": "918273052"}}"#;

const BROKEN: &str =
    "pub fn broken( { let canary_broken = \"CANARY_broken\"; \n fn still_here() { \"CANARY_after\" } }}}}} 918273040 ";

fn planted() -> TempDir {
    let repo = repository(&[
        ("README.md", "CANARY_readme"),
        ("old.rs", "fn old() { \"CANARY_history\"; }"),
    ]);
    git(repo.path(), &["rm", "-q", "old.rs"]);
    commit(
        repo.path(),
        &[
            ("src/lib.rs", RUST),
            ("Cargo.toml", CARGO),
            ("Cargo.lock", CARGO_LOCK),
            ("web/package.json", NPM),
            ("src/broken.rs", BROKEN),
            ("web/page.ts", TYPESCRIPT),
            (
                "web/thing.ts",
                "export function thing(a: unknown, b: number) { return [a, b, 'CANARY_thing']; }",
            ),
            ("web/button.tsx", TSX),
            ("web/build.js", JAVASCRIPT),
            (".env", "TOKEN=CANARY_env"),
            ("credentials.json", "{\"key\":\"CANARY_credentials\"}"),
            ("config/.env.production.ts", "export const canaryEnv = 'CANARY_env_ts';"),
            (
                "private/CanaryExcluded.ts",
                "export function canaryExcluded() { return 'CANARY_excluded'; }",
            ),
            ("vendor/dep.js", "function canaryVendored() {}"),
            ("data.bin.rs", "fn canary_binary() {}\0\0CANARY_binary"),
        ],
    );
    git(repo.path(), &["checkout", "-q", "-b", "unapproved"]);
    commit(repo.path(), &[("src/secret.rs", "pub fn canary_branch() {}")]);
    git(repo.path(), &["checkout", "-q", "main"]);
    repo
}

fn scope(repo: &TempDir, tier: &str) -> String {
    format!(
        "version = 1\n[[repo]]\nname = \"acme/planted\"\npath = {:?}\nbranch = \"main\"\ntier = {tier:?}\nowner = \"tests\"\nexclude = [\"private/**\"]\n",
        repo.path().display().to_string()
    )
}

fn assert_clean(what: &str, text: &[u8]) {
    if let Some(at) = find_canary(text) {
        let from = at.saturating_sub(120);
        let around = String::from_utf8_lossy(&text[from..text.len().min(at + 120)]).into_owned();
        panic!("a canary reached {what}: …{around}…");
    }
}

/// Where a planted word begins, in any case, or a planted number, which stands apart from other digits.
fn find_canary(text: &[u8]) -> Option<usize> {
    let word = text
        .windows(6)
        .position(|window| window.eq_ignore_ascii_case(b"canary"));
    let is_digit = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_digit);
    word.or_else(|| {
        (0..text.len().saturating_sub(9)).find(|&at| {
            text[at..].starts_with(NUMBER.as_bytes())
                && !is_digit(at.checked_sub(1))
                && (6..9).all(|n| is_digit(Some(at + n)))
                && !is_digit(Some(at + 9))
        })
    })
}

#[test]
fn a_canary_is_found_where_there_is_one() {
    for text in ["x CaNaRy y", "a 918273004_u64", "\0canary"] {
        assert!(find_canary(text.as_bytes()).is_some(), "{text}");
    }
    for text in ["1795238918273882", "918273", "can ary"] {
        assert!(find_canary(text.as_bytes()).is_none(), "{text}");
    }
}

/// Every tool in every form: by repository, path, handle and name, in both formats, good and bad.
fn every_call(symbols: &[String]) -> Vec<(&'static str, Value)> {
    let mut calls = vec![
        ("list_repos", json!({})),
        ("list_repos", json!({"query": "planted"})),
        ("list_repos", json!({"query": "nothing of that name"})),
        ("get_outline", json!({"target": "acme/planted"})),
        (
            "get_outline",
            json!({"target": "acme/planted", "map": true, "max_tokens": 16_000}),
        ),
        ("get_outline", json!({"target": "acme/planted:src/"})),
        ("get_outline", json!({"target": "acme/planted:private"})),
        ("get_outline", json!({"target": "acme/planted:no/such"})),
        ("get_outline", json!({"target": "acme/missing"})),
        (
            "get_api_surface",
            json!({"target": "acme/planted", "max_tokens": 16_000}),
        ),
        ("get_api_surface", json!({"target": "acme/planted:private"})),
        ("get_api_surface", json!({"target": "acme/missing"})),
        (
            "get_dependencies",
            json!({"target": "acme/planted", "max_tokens": 16_000}),
        ),
        ("get_dependencies", json!({"package": "serde"})),
        ("get_history", json!({"target": "acme/planted"})),
        ("get_history", json!({"target": "acme/missing"})),
        ("get_index_status", json!({})),
        ("get_index_status", json!({"repo": "acme/planted"})),
        ("get_classification", json!({"target": "acme/planted"})),
        ("get_classification", json!({"target": "acme/planted:private/x.rs"})),
        ("get_classification", json!({"target": "acme/missing"})),
        ("get_outline", json!({"target": ""})),
        (
            "search_symbols",
            json!({"query": "where are pages loaded", "limit": 100}),
        ),
        (
            "search_symbols",
            json!({"query": "add", "kinds": ["function"], "language": "rust"}),
        ),
        (
            "search_symbols",
            json!({"query": "excluded env vendored branch history binary", "limit": 100}),
        ),
        (
            "search_symbols",
            json!({"query": "string number default error", "limit": 100}),
        ),
        ("search_symbols", json!({"query": "", "limit": 1})),
        ("search_symbols", json!({"query": "x", "path": "["})),
        ("search_symbols", json!({"query": "x", "kinds": ["nothing"]})),
        ("search_symbols", json!({"query": "x", "unknown": true})),
        ("get_symbol", json!({"symbols": []})),
        ("get_symbol", json!({"symbols": ["no such symbol"]})),
        ("find_references", json!({"symbol": "add", "relations": ["nothing"]})),
        ("no_such_tool", json!({})),
    ];
    for path in [
        "src/lib.rs",
        "src/broken.rs",
        "web/page.ts",
        "web/thing.ts",
        "web/button.tsx",
        "web/build.js",
    ] {
        calls.push(("get_outline", json!({"target": format!("acme/planted:{path}")})));
        for private in [true, false] {
            let target = format!("acme/planted:{path}");
            calls.push(("get_outline", json!({"target": target, "private": private})));
        }
    }
    for symbol in symbols {
        calls.push(("get_symbol", json!({"symbols": [symbol], "max_tokens": 16_000})));
        calls.push(("find_references", json!({"symbol": symbol})));
        calls.push(("find_references", json!({"symbol": symbol, "direction": "outgoing"})));
        calls.push(("trace_calls", json!({"symbol": symbol})));
        calls.push(("get_type_hierarchy", json!({"symbol": symbol})));
        calls.push(("trace_calls", json!({"symbol": symbol, "direction": "callees"})));
        calls.push(("analyze_impact", json!({"targets": [symbol], "max_tokens": 16_000})));
        calls.push(("explore", json!({"task": symbol, "max_tokens": 16_000})));
    }
    let as_json: Vec<_> = calls
        .iter()
        .map(|(tool, arguments)| {
            let mut arguments = arguments.clone();
            arguments["format"] = "json".into();
            (*tool, arguments)
        })
        .collect();
    calls.extend(as_json);
    calls
}

/// The handle of every symbol louver knows of.
fn handles(world: &World) -> Vec<String> {
    let mut out = Vec::new();
    for path in [
        "src/lib.rs",
        "src/broken.rs",
        "web/page.ts",
        "web/thing.ts",
        "web/button.tsx",
        "web/build.js",
    ] {
        let target = format!("acme/planted:{path}");
        let text = world.ask(
            "get_outline",
            json!({"target": target, "private": true, "format": "json", "max_tokens": 16_000}),
        );
        let page: Value = serde_json::from_str(&text).expect("JSON");
        let items = page["items"].as_array().expect("items");
        out.extend(
            items
                .iter()
                .filter_map(|it| it["handle"].as_str())
                .filter(|it| it.contains('#'))
                .map(str::to_owned),
        );
    }
    out
}

#[test]
fn no_canary_leaves_through_any_tool_or_stays_on_disk() {
    let repo = planted();
    for tier in ["public", "internal"] {
        let world = World::from_scope(&scope(&repo, tier));
        let symbols = handles(&world);
        for name in [
            "add",
            "Table.len",
            "Store.get",
            "load",
            "Button",
            "Mode.Fast",
            "broken.still_here",
        ] {
            assert!(
                symbols.iter().any(|it| it.ends_with(&format!("#{name}"))),
                "{name} is not indexed: {symbols:?}"
            );
        }
        for (tool, arguments) in every_call(&symbols) {
            let answer = world.call(tool, arguments.clone());
            assert_clean(&format!("{tool} {arguments}"), answer.text.as_bytes());
        }
        for (path, bytes) in files_below(&world.data()) {
            assert_clean(&path.display().to_string(), &bytes);
        }
        let index = Index::open(&world.data().join("index"), WordKey::new([0; 32])).expect("opens");
        let mut values = 0;
        for repo in index.on_disk().expect("lists") {
            for value in index.stored_values(&repo).expect("reads") {
                assert_clean("a stored value", &value);
                values += 1;
            }
        }
        assert!(values > 10, "{values} values are stored");
    }
}

#[test]
fn no_canary_leaves_a_confidential_repository_nor_any_prose() {
    let repo = planted();
    let world = World::from_scope(&scope(&repo, "confidential"));
    let symbols = handles(&world);
    assert!(symbols.iter().any(|it| it.ends_with("#Table.len")), "{symbols:?}");
    for (tool, arguments) in every_call(&symbols) {
        let answer = world.call(tool, arguments.clone());
        assert_clean(&format!("{tool} {arguments}"), answer.text.as_bytes());
        for prose in [
            "Adds things",
            "Says how long",
            "Loads a page",
            "Module prose",
            "A field",
        ] {
            assert!(
                !answer.text.contains(prose),
                "{tool} {arguments} told `{prose}`: {}",
                answer.text
            );
        }
    }
    let add = world.ask("get_symbol", json!({"symbols": ["add"]}));
    assert!(add.contains("add(u32, Option<[u8; <number>]>) -> u32"), "{add}");
    assert!(add.contains("flow calls="), "{add}");
}

#[test]
fn a_restricted_repository_is_not_even_read() {
    let repo = planted();
    let world = World::from_scope(&scope(&repo, "restricted"));
    let listed = world.ask("list_repos", json!({}));
    assert!(!listed.contains("acme/planted"), "{listed}");
    let refused = world.call("get_outline", json!({"target": "acme/planted"}));
    let missing = world.call("get_outline", json!({"target": "acme/absent"}));
    assert_eq!(refused.text.replace("planted", "absent"), missing.text);
    for (path, bytes) in files_below(&world.data()) {
        assert_clean(&path.display().to_string(), &bytes);
        assert!(!path.to_string_lossy().contains("planted"), "{}", path.display());
    }
}

/// The program itself, at its most talkative: logs at trace level on stderr, resources and prompts over stdio.
#[test]
fn no_canary_reaches_logs_resources_or_prompts() {
    let repo = planted();
    let world = World::from_scope(&scope(&repo, "internal"));
    let data = tempfile::tempdir().expect("a folder");
    let louver = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_louver"));
        command
            .args(arguments)
            .arg("--config")
            .arg(world.config())
            .arg("--data")
            .arg(data.path())
            .env("LOUVER_LOG", "trace");
        command
    };
    let indexed = louver(&["index"]).output().expect("louver runs");
    assert!(indexed.status.success(), "{}", String::from_utf8_lossy(&indexed.stderr));
    assert_clean("stdout of index", &indexed.stdout);
    assert_clean("stderr of index", &indexed.stderr);

    let mut server = louver(&["serve", "--stdio"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("louver runs");
    let mut requests = vec![
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
    ];
    let methods = [
        ("tools/list", json!({})),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({"uri": "louver://repositories"})),
        ("resources/read", json!({"uri": "louver://outline/acme/planted"})),
        ("resources/read", json!({"uri": "louver://outline/acme/none"})),
        ("prompts/list", json!({})),
        (
            "prompts/get",
            json!({"name": "learn_repository", "arguments": {"repo": "acme/planted"}}),
        ),
        ("prompts/get", json!({"name": "none"})),
        (
            "tools/call",
            json!({"name": "search_symbols", "arguments": {"query": "load"}}),
        ),
        (
            "tools/call",
            json!({"name": "get_symbol", "arguments": {"symbols": ["load"]}}),
        ),
        ("nonsense", json!({})),
    ];
    requests.extend(
        methods
            .into_iter()
            .zip(2..)
            .map(|((method, params), id)| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})),
    );
    let expected = requests.len() - 1;
    let output = exchange(&mut server, &requests, expected);
    assert_clean("stdout of serve", output.0.as_bytes());
    assert_clean("stderr of serve", output.1.as_bytes());
    assert!(
        output.0.contains("src/lib.rs") && output.0.contains("pub async") || output.0.contains("load"),
        "{}",
        output.0
    );
    for (path, bytes) in files_below(data.path()) {
        assert_clean(&path.display().to_string(), &bytes);
    }
}

/// Sends requests, reads as many replies, hangs up, and returns what was written to stdout and stderr.
pub(crate) fn exchange(server: &mut std::process::Child, requests: &[Value], replies: usize) -> (String, String) {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    let mut stdin = server.stdin.take().expect("piped");
    let mut stdout = BufReader::new(server.stdout.take().expect("piped"));
    let mut stderr = server.stderr.take().expect("piped");
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).expect("text");
        text
    });
    for request in requests {
        writeln!(stdin, "{request}").expect("the server reads");
    }
    let mut text = String::new();
    for _ in 0..replies {
        assert!(
            stdout.read_line(&mut text).expect("text") > 0,
            "the server hung up early:\n{text}"
        );
    }
    drop(stdin);
    stdout.read_to_string(&mut text).expect("text");
    server.wait().expect("ended");
    (text, errors.join().expect("read"))
}
