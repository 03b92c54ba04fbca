//! Over MCP, nothing tells a repository that may not be read from one that does not exist, and nothing in any answer depends on it.
//!
//! Every tool has rows here, and every argument of every tool is in one of them: a tool or an argument that is added without one fails.

use crate::access_world::{AccessWorld, bare};
use crate::over_http::{OverHttp, Person, Raw};
use crate::stand_in::{Role, StandIn, Visibility};
use crate::world::repository;
use louver::scope::HostKind;
use louver::tools;
use regex::Regex;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Arguments of each tool; `REPO` stands for a repository's name. Each is asked as text and as JSON.
const ROWS: &[(&str, &[&str])] = &[
    (
        "list_repos",
        &[
            "{}",
            r#"{"query":"REPO"}"#,
            r#"{"query":"acme"}"#,
            r#"{"max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
    (
        "explore",
        &[
            r#"{"task":"pay for an order"}"#,
            r#"{"task":"let somebody through the turnstile"}"#,
            r#"{"task":"round in REPO"}"#,
            r#"{"task":"pay","repo":"REPO"}"#,
            r#"{"task":"pay","repo":"REPO","path":"src/"}"#,
            r#"{"task":"pay","path":"REPO"}"#,
            r#"{"task":"pay","repo":"REPO","max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
    (
        "analyze_impact",
        &[
            r#"{"targets":["REPO:src/bill.rs#round"]}"#,
            r#"{"targets":["REPO:src/bill.rs"],"depth":2}"#,
            r#"{"targets":["round"]}"#,
            r#"{"targets":["turnstile"]}"#,
            r#"{"targets":["src/turnstile.rs"]}"#,
            r#"{"targets":["round","REPO#pay"]}"#,
            r#"{"targets":["acme/pay:src/bill.rs#pay_later"]}"#,
            r#"{"targets":["REPO@1a2b3c4d..5e6f7a8b"]}"#,
            r#"{"targets":["REPO#round"],"max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
    (
        "search_symbols",
        &[
            r#"{"query":"pay"}"#,
            r#"{"query":"pay","limit":1}"#,
            r#"{"query":"REPO"}"#,
            r#"{"query":"rounds the amount of an order"}"#,
            r#"{"query":"only the hidden one has this word: turnstile"}"#,
            r#"{"query":"pay","repo":"REPO"}"#,
            r#"{"query":"pay","repo":"REPO","path":"src/","kinds":["function"],"language":"rust","visibility":"public"}"#,
            r#"{"query":"pay","repo":"REPO","limit":1,"max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
            r#"{"query":"pay","path":"REPO"}"#,
        ],
    ),
    (
        "get_outline",
        &[
            r#"{"target":"REPO","map":true}"#,
            r#"{"target":"REPO:src/","map":true}"#,
            r#"{"target":"REPO"}"#,
            r#"{"target":"REPO:src/lib.rs","private":true}"#,
            r#"{"target":"REPO:nothing/"}"#,
            r#"{"target":"src/lib.rs"}"#,
            r#"{"target":"src/turnstile.rs"}"#,
            r#"{"target":"REPO:src/","max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
    (
        "get_symbol",
        &[
            r#"{"symbols":["REPO:src/lib.rs#pay"]}"#,
            r#"{"symbols":["REPO#pay"]}"#,
            r#"{"symbols":["pay"]}"#,
            r#"{"symbols":["pya"]}"#,
            r#"{"symbols":["turnstile"]}"#,
            r#"{"symbols":["turnstyle"]}"#,
            r#"{"symbols":["src/turnstile.rs#turnstile"]}"#,
            r#"{"symbols":["round","REPO#round"]}"#,
            r#"{"symbols":["REPO#pay"],"max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
    (
        "find_references",
        &[
            r#"{"symbol":"REPO:src/bill.rs#round"}"#,
            r#"{"symbol":"REPO#round","direction":"outgoing","relations":["calls"]}"#,
            r#"{"symbol":"round"}"#,
            r#"{"symbol":"rounds"}"#,
            r#"{"symbol":"acme/pay:src/bill.rs#pay_later"}"#,
            r#"{"symbol":"acme/pay:src/bill.rs#pay_later","relations":["calls"]}"#,
            r#"{"symbol":"turnstile"}"#,
            r#"{"symbol":"REPO#round","max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
    (
        "trace_calls",
        &[
            r#"{"symbol":"REPO:src/bill.rs#round"}"#,
            r#"{"symbol":"round","direction":"callers","depth":2}"#,
            r#"{"symbol":"pay","to":"REPO#round"}"#,
            r#"{"symbol":"acme/pay:src/bill.rs#pay_later"}"#,
            r#"{"symbol":"REPO#pay","to":"round"}"#,
            r#"{"symbol":"turnstile"}"#,
            r#"{"symbol":"REPO#pay","max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
    (
        "get_type_hierarchy",
        &[
            r#"{"symbol":"REPO:src/bill.rs#Payable"}"#,
            r#"{"symbol":"Payable","depth":2}"#,
            r#"{"symbol":"Turnstile"}"#,
            r#"{"symbol":"REPO#Payable","max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
    (
        "get_api_surface",
        &[
            r#"{"target":"REPO"}"#,
            r#"{"target":"REPO:src/bill.rs","kinds":["function"]}"#,
            r#"{"target":"REPO","from":"1a2b3c4d"}"#,
            r#"{"target":"REPO:src/","from":"1a2b3c4d","to":"5e6f7a8b"}"#,
            r#"{"target":"REPO:nothing/"}"#,
            r#"{"target":"src/turnstile.rs"}"#,
            r#"{"target":"REPO:src/","max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
    (
        "get_history",
        &[
            r#"{"target":"REPO"}"#,
            r#"{"target":"REPO:src/bill.rs#round"}"#,
            r#"{"target":"round"}"#,
            r#"{"target":"turnstile"}"#,
            r#"{"target":"src/turnstile.rs"}"#,
            r#"{"target":"REPO:nothing/"}"#,
            r#"{"target":"REPO","max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
    (
        "get_dependencies",
        &[
            r#"{"target":"REPO"}"#,
            r#"{"package":"turnstile"}"#,
            r#"{"package":"bill"}"#,
            r#"{"target":"REPO:src/","package":"bill"}"#,
            r#"{"target":"REPO","max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
    (
        "get_classification",
        &[
            r#"{"target":"REPO"}"#,
            r#"{"target":"REPO:src/lib.rs"}"#,
            r#"{"target":"REPO:.env","max_tokens":500}"#,
        ],
    ),
    (
        "get_index_status",
        &[
            "{}",
            r#"{"repo":"REPO"}"#,
            r#"{"max_tokens":200,"cursor":"AAAAAAAAAAAAAAAA"}"#,
        ],
    ),
];

/// Requests besides tool calls.
const OTHERS: &[(&str, &str)] = &[
    ("server/discover", "{}"),
    ("tools/list", "{}"),
    ("tools/call", r#"{"name":"no_such_tool","arguments":{"repo":"REPO"}}"#),
    ("tools/call", r#"{"name":"get_outline","arguments":{"repo":"REPO"}}"#),
    ("resources/list", "{}"),
    ("resources/templates/list", "{}"),
    ("resources/read", r#"{"uri":"louver://repositories"}"#),
    ("resources/read", r#"{"uri":"louver://outline/REPO"}"#),
    ("resources/read", r#"{"uri":"louver://other/REPO"}"#),
    ("prompts/list", "{}"),
    (
        "prompts/get",
        r#"{"name":"learn_repository","arguments":{"repo":"REPO"}}"#,
    ),
    (
        "prompts/get",
        r#"{"name":"plan_change","arguments":{"repo":"REPO","change":"pay"}}"#,
    ),
    (
        "completion/complete",
        r#"{"ref":{"type":"ref/prompt","name":"learn_repository"},"argument":{"name":"repo","value":"REPO"}}"#,
    ),
];

/// Repositories `(id, name, tier, Alice's role)`. Nothing has the name `acme/nil`.
const REPOS: [(u64, &str, &str, Role); 6] = [
    (11, "acme/pay", "internal", Role::Reader),
    (12, "acme/one", "internal", Role::Stranger),
    (13, "acme/web", "public", Role::Writer),
    (14, "acme/two", "public", Role::IssuesOnly),
    (15, "acme/key", "confidential", Role::Reader),
    (16, "zed/pay", "confidential", Role::Stranger),
];

/// What everybody reads.
const OPEN: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[package]\nname = \"bill\"\nversion = \"1.0.0\"\n[dependencies]\nturnstile = \"1\"\n",
    ),
    (
        "src/lib.rs",
        "pub mod bill;\n/// Pays for an order.\npub fn pay(order: u64) -> u64 { bill::round(order) }\n",
    ),
    (
        "src/bill.rs",
        "/// Rounds the amount.\npub fn round(amount: u64) -> u64 { amount }\npub fn pay_later() {}\npub trait Payable {}\npub struct Bill;\nimpl Payable for Bill {}\n",
    ),
];

/// What only the hidden ones hold: the same words, more of them, and one of its own.
const HIDDEN: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[package]\nname = \"turnstile\"\nversion = \"1.0.0\"\n[dependencies]\nbill = \"1\"\n",
    ),
    (
        "src/lib.rs",
        "pub mod bill;\npub mod turnstile;\n/// Pays and pays.\npub fn pay(order: u64) -> u64 { bill::round(pay_now(order)) }\n\
         pub fn pay_now(order: u64) -> u64 { bill::rounds(order) }\n",
    ),
    (
        "src/bill.rs",
        "/// Rounds the amount of an order.\npub fn round(amount: u64) -> u64 { amount }\npub fn rounds(amount: u64) -> u64 { round(amount) }\n",
    ),
    (
        "src/turnstile.rs",
        "use bill::pay_later;\n/// Lets pay pass.\npub fn turnstile() { pay_later() }\npub fn pya() {}\npub trait Payable {}\npub struct Turnstile;\nimpl Payable for Turnstile {}\n",
    ),
];

/// A louver with open and hidden repositories, and the scope file's part about the open ones.
fn site() -> (AccessWorld, String) {
    let (open, hidden) = (repository(OPEN), repository(HIDDEN));
    let (folder, bare) = bare(open.path());
    let host = StandIn::start(HostKind::GitLab, &bare);
    for (number, login) in (1..).zip(["alice", "eve", "ada"]) {
        host.person(number, login);
    }
    let (mut all, mut readable) = (String::new(), String::new());
    for (id, name, tier, role) in REPOS {
        host.repo(id, &format!("acme/r{id}"), Visibility::Private, true);
        host.role(1, id, role);
        host.role(3, id, Role::Admin);
        let is_open = role >= Role::Reader;
        let path = if is_open { &open } else { &hidden }.path().display().to_string();
        let binding = host.binding(id);
        let table =
            format!("[[repo]]\nname = \"{name}\"\npath = {path:?}\nowner = \"o\"\ntier = \"{tier}\"\n{binding}\n");
        all.push_str(&table);
        if is_open {
            readable.push_str(&table);
        }
    }
    let mut world = AccessWorld::new(vec![host], "", &all);
    world.kept.extend([folder, open, hidden]);
    (world, readable)
}

/// Every request of the tables about `repo`.
fn requests(repo: &str) -> Vec<(&'static str, Value)> {
    let read = |text: &str| -> Value { serde_json::from_str(&text.replace("REPO", repo)).expect("JSON") };
    let mut out = Vec::new();
    for (tool, rows) in ROWS {
        for row in *rows {
            for format in ["text", "json"] {
                let mut arguments = read(row);
                arguments["format"] = format.into();
                out.push(("tools/call", json!({ "name": tool, "arguments": arguments })));
            }
        }
    }
    out.extend(OTHERS.iter().map(|(method, params)| (*method, read(params))));
    out
}

/// The receipt of an answer numbers all records of a louver, so it is new with every call whatever the call is about.
static RECEIPT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""louver/receipt":\{[^{}]*\}"#).expect("a pattern"));

fn ask(louver: &OverHttp, person: &Person, (method, params): &(&'static str, Value)) -> Raw {
    let mut raw = louver.raw(person, method, params.clone());
    raw.body = RECEIPT.replace_all(&raw.body, "\"louver/receipt\":{}").into_owned();
    // It follows from the body, and the receipt is part of that.
    raw.headers.retain(|header| !header.starts_with("content-length"));
    raw
}

#[test]
fn every_tool_and_every_argument_has_a_row() {
    for tool in tools::all() {
        let rows = ROWS.iter().find(|(name, _)| *name == tool.name);
        let (_, rows) = rows.unwrap_or_else(|| panic!("{} has no rows in tests/it/no_oracle.rs", tool.name));
        let mut used = BTreeSet::from(["format".to_owned()]);
        for row in *rows {
            let row: Value = serde_json::from_str(row).expect("JSON");
            used.extend(row.as_object().expect("an object").keys().cloned());
        }
        let schema = tool.input_schema();
        for argument in schema["properties"].as_object().expect("properties").keys() {
            assert!(used.contains(argument), "`{argument}` of {} is in no row", tool.name);
        }
    }
}

#[test]
fn an_unreadable_repository_is_answered_byte_for_byte_like_one_that_does_not_exist() {
    let (world, _) = site();
    let louver = OverHttp::serve(world);
    let host = louver.access.host().clone();
    let (alice, eve, ada) = (
        louver.log_in(&host, "alice"),
        louver.log_in(&host, "eve"),
        louver.log_in(&host, "ada"),
    );
    let mut told = 0;
    for ((one, two), nil) in requests("acme/one")
        .iter()
        .zip(&requests("acme/two"))
        .zip(&requests("acme/nil"))
    {
        for person in [&alice, &eve] {
            let expected = ask(&louver, person, nil);
            for (hidden, name) in [(one, "acme/one"), (two, "acme/two")] {
                let mut answer = ask(&louver, person, hidden);
                answer.body = answer.body.replace(name, "acme/nil");
                assert_eq!(answer, expected, "{hidden:?}");
            }
        }
        // Somebody who may read it is told something else, or the comparison above could not fail.
        let mut answer = ask(&louver, &ada, one);
        answer.body = answer.body.replace("acme/one", "acme/nil");
        told += usize::from(answer != ask(&louver, &ada, nil));
    }
    assert!(told > 30, "{told}");
}

#[test]
fn removing_what_may_not_be_read_changes_no_byte_of_any_answer() {
    let (world, readable) = site();
    let mut requests = requests("acme/pay");
    requests.extend(self::requests("acme/key"));
    let answers = |louver: &OverHttp| -> Vec<Vec<Raw>> {
        let logins = ["alice", "eve", "ada"].iter();
        logins
            .map(|login| louver.log_in(louver.access.host(), login))
            .map(|person| pages(louver, &person, &requests))
            .collect()
    };
    let full = OverHttp::serve(world);
    let with = answers(&full);
    let without = answers(&OverHttp::serve(full.access.reduced(&readable)));
    assert!(with[0].len() > requests.len() + 5, "no answer had a second page");
    for person in 0..2 {
        assert_eq!(with[person].len(), without[person].len());
        for (with, without) in with[person].iter().zip(&without[person]) {
            assert_eq!(with, without);
        }
    }
    // For somebody who may read everything, removing it does change answers.
    assert!(with[2] != without[2]);
}

/// The answers to requests, each with all its pages.
fn pages(louver: &OverHttp, person: &Person, requests: &[(&'static str, Value)]) -> Vec<Raw> {
    static CURSOR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"cursor[\\\"= :]+([A-Za-z0-9_-]{16})"#).expect("a pattern"));
    let mut out = Vec::new();
    for request in requests {
        let mut request = request.clone();
        for _ in 0..5 {
            let raw = ask(louver, person, &request);
            let next = CURSOR.captures(&raw.body).map(|found| found[1].to_owned());
            out.push(raw);
            match next {
                Some(cursor) if request.0 == "tools/call" => request.1["arguments"]["cursor"] = cursor.into(),
                _ => break,
            }
        }
    }
    out
}
