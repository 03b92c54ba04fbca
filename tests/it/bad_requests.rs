//! Requests no honest client sends: each is refused in words that help, leaves exactly one record if a tool was asked, and the server
//! answers the next one.

use crate::served::{Answer, REPO, Receipt, Reply, SHOP, Served, git};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// Looks after the records of a test's calls: one each, of the right class, and no others.
struct Audited {
    louver: Served,
    told: Vec<(Receipt, &'static str)>,
}

impl Audited {
    fn start() -> Self {
        Self {
            louver: Served::start(SHOP),
            told: Vec::new(),
        }
    }

    /// Calls a tool and expects a refusal with this text.
    #[track_caller]
    fn refused(&mut self, tool: &str, arguments: Value, expected: &str) {
        let shown: String = arguments.to_string().chars().take(200).collect();
        let answer = self.louver.call(tool, arguments);
        assert!(answer.is_error, "{tool} {shown} was answered: {}", answer.text);
        assert!(
            answer.text.contains(expected),
            "{tool} {shown} lacks `{expected}`: {}",
            answer.text
        );
        self.keep(&answer, "denial", &format!("{tool} {shown}"));
        self.still_answers();
    }

    #[track_caller]
    fn still_answers(&mut self) {
        let answer = self.louver.call("list_repos", json!({}));
        assert!(!answer.is_error && answer.text.contains(REPO), "{}", answer.text);
        self.keep(&answer, "retrieval", "list_repos");
    }

    /// Asks until the server has seen what another process indexed, which takes it a moment.
    #[track_caller]
    fn sees(&mut self, query: &str, expected: &str) {
        let began = Instant::now();
        loop {
            let answer = self.louver.call("search_symbols", json!({ "query": query }));
            self.keep(&answer, "retrieval", query);
            if answer.text.contains(expected) {
                return;
            }
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "the server does not see the new index: {}",
                answer.text
            );
            thread::sleep(Duration::from_millis(200));
        }
    }

    #[track_caller]
    fn keep(&mut self, answer: &Answer, class: &'static str, what: &str) {
        let receipt = answer
            .receipt
            .clone()
            .unwrap_or_else(|| panic!("{what} has no receipt: {}", answer.text));
        self.told.push((receipt, class));
    }

    /// Every receipt names a record of its own, and no call left more than one.
    #[track_caller]
    fn check(&self) {
        let records = self.louver.call_records();
        for (receipt, class) in &self.told {
            let record = receipt
                .record(&records)
                .unwrap_or_else(|| panic!("no record for {receipt:?}"));
            assert_eq!(record["class"], *class, "{record}");
        }
        let distinct: BTreeSet<&Receipt> = self.told.iter().map(|(receipt, _)| receipt).collect();
        assert_eq!(distinct.len(), self.told.len(), "a receipt was given twice");
        assert_eq!(records.len(), self.told.len(), "one record for each call");
        let log = self.louver.stderr();
        assert!(!log.contains("panicked") && !log.contains("CANARY"), "{log}");
    }
}

#[test]
fn wrong_arguments_are_refused() {
    let mut louver = Audited::start();
    let long = "x".repeat(100_000);
    for (tool, arguments, expected) in [
        ("no_such_tool", json!({}), "the tools are list_repos, "),
        ("", json!({}), "the tools are list_repos, "),
        ("list_repos", json!({ "surprise": 1 }), "unknown field `surprise`"),
        ("search_symbols", json!({}), "missing field `query`"),
        ("search_symbols", json!({ "query": 7 }), "invalid type"),
        ("search_symbols", json!({ "query": null }), "invalid type"),
        ("search_symbols", json!({ "query": ["x"] }), "invalid type"),
        ("search_symbols", json!({ "query": "  " }), "`query` is empty"),
        (
            "search_symbols",
            json!({ "query": long }),
            "longer than 1000 characters",
        ),
        ("search_symbols", json!({ "query": "x", "limit": 0 }), "from 1 to 100"),
        ("search_symbols", json!({ "query": "x", "limit": 101 }), "from 1 to 100"),
        ("search_symbols", json!({ "query": "x", "limit": -1 }), "invalid value"),
        (
            "search_symbols",
            json!({ "query": "x", "kinds": ["spell"] }),
            "no kind `spell`",
        ),
        ("search_symbols", json!({ "query": "x", "kinds": 7 }), "invalid type"),
        (
            "search_symbols",
            json!({ "query": "x", "language": "latin" }),
            "no language `latin`",
        ),
        (
            "search_symbols",
            json!({ "query": "x", "visibility": "secret" }),
            "no visibility `secret`",
        ),
        ("search_symbols", json!({ "query": "x", "path": "[[[" }), "not a glob"),
        (
            "search_symbols",
            json!({ "query": "x", "repo": "acme/other" }),
            "no repository `acme/other`",
        ),
        (
            "search_symbols",
            json!({ "query": "x", "format": "xml" }),
            "unknown variant `xml`",
        ),
        (
            "get_outline",
            json!({ "target": REPO, "max_tokens": 199 }),
            "from 200 to 16000",
        ),
        (
            "get_outline",
            json!({ "target": REPO, "max_tokens": 16_001 }),
            "from 200 to 16000",
        ),
        (
            "get_outline",
            json!({ "target": REPO, "max_tokens": 0 }),
            "from 200 to 16000",
        ),
        (
            "get_outline",
            json!({ "target": REPO, "max_tokens": 4_294_967_296_u64 }),
            "invalid value",
        ),
        (
            "get_outline",
            json!({ "target": REPO, "max_tokens": 400.5 }),
            "invalid type",
        ),
        (
            "get_outline",
            json!({ "target": REPO, "max_tokens": "400" }),
            "invalid type",
        ),
        (
            "get_outline",
            json!({ "target": REPO, "cursor": "!" }),
            "ask again without it",
        ),
        (
            "get_outline",
            json!({ "target": REPO, "cursor": "" }),
            "ask again without it",
        ),
        (
            "get_outline",
            json!({ "target": REPO, "cursor": "A".repeat(16) }),
            "ask again without it",
        ),
        (
            "get_outline",
            json!({ "target": REPO, "cursor": "A".repeat(5_000) }),
            "ask again without it",
        ),
        (
            "get_outline",
            json!({ "target": "acme/other" }),
            "no repository `acme/other`",
        ),
        (
            "get_outline",
            json!({ "target": "acme/app:src/ordr.rs" }),
            "no indexed file or folder `src/ordr.rs`",
        ),
        ("get_symbol", json!({ "symbols": [] }), "1 to 10"),
        ("get_symbol", json!({ "symbols": vec!["Order"; 11] }), "1 to 10"),
        ("get_symbol", json!({ "symbols": ["Order", 7] }), "invalid type"),
        (
            "get_symbol",
            json!({ "symbols": ["Ordr.total"] }),
            "no symbol `Ordr.total`",
        ),
        (
            "find_references",
            json!({ "symbol": "total", "relations": ["likes"] }),
            "no relation `likes`",
        ),
        (
            "find_references",
            json!({ "symbol": "total", "direction": "sideways" }),
            "unknown variant `sideways`",
        ),
        ("find_references", json!({ "symbol": REPO }), "names no symbol"),
        (
            "trace_calls",
            json!({ "symbol": "total", "depth": 21 }),
            "it goes from 1 to 20",
        ),
        ("analyze_impact", json!({ "targets": [] }), "1 to 20 symbols or files"),
        (
            "analyze_impact",
            json!({ "targets": ["total"], "depth": 0 }),
            "it goes from 1 to 10",
        ),
        (
            "analyze_impact",
            json!({ "targets": ["acme/app:src/no.rs"] }),
            "src/no.rs",
        ),
        ("explore", json!({ "task": " " }), "`task` is empty"),
    ] {
        louver.refused(tool, arguments, expected);
    }
    louver.check();
}

#[test]
fn hostile_handles_reach_nothing() {
    let mut louver = Audited::start();
    let long = format!("acme/app:{}", "a/".repeat(400));
    let nested = format!("acme/app:src/order.rs#{}", "Order.".repeat(60));
    let braces = "{a,b}".repeat(150);
    for handle in [
        "acme/app:../../../../etc/passwd",
        "acme/app:src/../../x.rs#y",
        "../app:src/order.rs",
        "acme/app:/etc/passwd",
        "acme/app:%2e%2e/%2e%2e/etc/passwd",
        "acme/app:.git/config",
        "acme/app:src/order.rs\0.txt",
        "acme/app:src\n/order.rs#Order\n.total",
        "acme/app:src/*.rs#*",
        "acme/app:(.*)+$#[^#]{1,9999}",
        "**/**/**/**/**/*.rs",
        &braces,
        "acme/app:ⓢⓡⓒ/\u{202e}sr.redro#Ünï\u{1F980}",
        "acme/app:' OR 1=1; DROP TABLE symbols; --",
        "name:(order OR *) AND kind:[* TO *]",
        "$(id) `id` ${HOME} {{7*7}}",
        "#",
        ":",
        "::",
        "acme/app:#",
        "acme/app#",
        "acme/app:src/order.rs#Order.total~99",
        "acme/app:src/order.rs#Order.total~",
        &nested,
        &long,
        &"x".repeat(50_000),
    ] {
        for (tool, arguments) in [
            ("list_repos", json!({ "query": handle })),
            ("search_symbols", json!({ "query": handle })),
            ("search_symbols", json!({ "query": "total", "repo": handle })),
            ("search_symbols", json!({ "query": "total", "path": handle })),
            ("get_outline", json!({ "target": handle })),
            ("get_symbol", json!({ "symbols": ["Order.total", handle] })),
            ("find_references", json!({ "symbol": handle })),
            ("trace_calls", json!({ "symbol": "Order.total", "to": handle })),
            ("analyze_impact", json!({ "targets": ["Order.total", handle] })),
            ("explore", json!({ "task": handle })),
            ("explore", json!({ "task": "total", "repo": handle })),
            ("explore", json!({ "task": "total", "path": handle })),
        ] {
            let answer = louver.louver.call(tool, arguments);
            let shown: String = handle.chars().take(60).collect();
            let Answer { text, is_error, .. } = &answer;
            for word in ["CANARY", "root:", "[core]", "uid="] {
                assert!(!text.contains(word), "{tool} {shown:?} tells `{word}`: {text}");
            }
            // The usual budget, at three bytes a token.
            assert!(text.len() <= 12_000, "{tool} {shown:?}: {} bytes", text.len());
            assert!(!text.contains('\0'), "{tool} {shown:?}: {text:?}");
            let class = if *is_error { "denial" } else { "retrieval" };
            louver.keep(&answer, class, &format!("{tool} {shown:?}"));
        }
        louver.still_answers();
    }
    louver.check();
}

#[test]
fn a_cursor_of_another_time_is_refused() {
    let mut louver = Audited::start();
    let page = louver.louver.call(
        "search_symbols",
        json!({ "query": "order", "limit": 1, "format": "json" }),
    );
    louver.keep(&page, "retrieval", "the first page");
    let page: Value = serde_json::from_str(&page.text).expect("JSON");
    let cursor = page["cursor"].as_str().expect("a second page");

    let second = louver.louver.call(
        "search_symbols",
        json!({ "query": "order", "limit": 1, "cursor": cursor }),
    );
    assert!(!second.is_error, "{}", second.text);
    louver.keep(&second, "retrieval", "the second page");
    let expected = "ask again without it";
    louver.refused(
        "search_symbols",
        json!({ "query": "bill", "limit": 1, "cursor": cursor }),
        expected,
    );
    louver.refused("get_outline", json!({ "target": REPO, "cursor": cursor }), expected);
    louver.refused(
        "search_symbols",
        json!({ "query": "order", "limit": 1, "cursor": format!("{cursor}A") }),
        expected,
    );

    let repo = louver.louver.repo(0);
    fs::write(
        repo.join("src/stock.rs"),
        "/// Keeps an order back.\npub fn hold_order() {}\n",
    )
    .expect("written");
    git(&repo, &["add", "--all"]);
    git(&repo, &["commit", "-q", "-m", "stock"]);
    louver.louver.run(&["index"]);
    louver.sees("hold_order", "src/stock.rs");
    louver.refused(
        "search_symbols",
        json!({ "query": "order", "limit": 1, "cursor": cursor }),
        expected,
    );
    louver.check();
}

#[test]
fn a_resource_is_a_call_by_another_name() {
    let mut louver = Audited::start();
    for uri in ["louver://repositories", "louver://outline/acme/app"] {
        let reply = louver.louver.request("resources/read", json!({ "uri": uri })).json();
        let told = reply["result"]["contents"][0]["text"].as_str().unwrap_or_default();
        assert!(told.contains(REPO), "{uri}: {reply}");
        let receipt = Receipt::of(&reply["result"]["_meta"]).unwrap_or_else(|| panic!("{uri} has no receipt: {reply}"));
        louver.told.push((receipt, "retrieval"));
    }
    for uri in [
        "louver://outline/acme/other",
        "louver://outline/",
        "louver://outline/acme/app:../../etc/passwd",
    ] {
        let reply = louver.louver.request("resources/read", json!({ "uri": uri })).json();
        assert_eq!(reply["error"]["code"], -32602, "{uri}: {reply}");
        let receipt = Receipt::of(&reply["error"]["data"]).unwrap_or_else(|| panic!("{uri} has no receipt: {reply}"));
        louver.told.push((receipt, "denial"));
    }
    // These ask no tool, so there is nothing to record.
    for uri in ["file:///etc/passwd", "louver://repositories/../x", ""] {
        let reply = louver.louver.request("resources/read", json!({ "uri": uri })).json();
        assert_eq!(reply["error"]["code"], -32602, "{uri}: {reply}");
    }
    for prompt in [
        json!({ "name": "nope" }),
        json!({ "name": "learn_repository" }),
        json!({ "name": "plan_change", "arguments": { "repo": 7 } }),
    ] {
        let reply = louver.louver.request("prompts/get", prompt).json();
        assert_eq!(reply["error"]["code"], -32602, "{reply}");
    }
    louver.still_answers();
    louver.check();
}

/// What is wrong below the level of tools is refused by its HTTP status and never reaches one.
#[test]
fn broken_transport_is_refused() {
    let mut louver = Audited::start();
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "list_repos", "arguments": {} } });
    let call = call.to_string();
    let megabyte = call.replace("{}", &format!("{{\"query\":\"{}\"}}", "x".repeat(1 << 20)));
    let batch = format!("[{call},{call}]");
    let deep = "[".repeat(50_000);
    let port = louver.louver.address().port();
    let post = |louver: &Audited, headers: &[(&str, &str)], body: &str| louver.louver.post(headers, body.as_bytes());

    // JSON that is none, or not one JSON-RPC message: the media type is not what it says.
    for body in [
        "",
        "{",
        "nonsense",
        "\u{0}",
        "null",
        "7",
        "{}",
        &deep,
        &batch,
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
    ] {
        let shown: String = body.chars().take(40).collect();
        expect(&post(&louver, &[], body), &[400, 415], &shown);
        louver.still_answers();
    }
    expect(
        &louver.louver.post(&[], b"\xff\xfe{}"),
        &[400, 415],
        "bytes that are not UTF-8",
    );
    expect(&post(&louver, &[], &megabyte), &[413], "1 MB of argument");
    louver.still_answers();

    for host in [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
    ] {
        expect(&post(&louver, &[("Host", host)], &call), &[400, 403], host);
    }
    let other_port = format!("http://localhost:{}", port ^ 1);
    let lookalike = format!("http://localhost:{port}.evil.example");
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost",
        "file://",
        &other_port,
        &lookalike,
    ] {
        expect(&post(&louver, &[("Origin", origin)], &call), &[403], origin);
    }
    louver.still_answers();

    for method in ["GET", "DELETE", "PUT", "PATCH", "HEAD"] {
        expect(
            &louver
                .louver
                .send(method, "/mcp", &[("Accept", "text/event-stream")], b""),
            &[405],
            method,
        );
    }
    for path in ["/", "/mcp/", "/mcp/../etc/passwd", "/sse", "//mcp"] {
        expect(
            &louver
                .louver
                .send("POST", path, &[("Content-Type", "application/json")], call.as_bytes()),
            &[404],
            path,
        );
    }
    expect(
        &louver
            .louver
            .send("POST", "/mcp", &[("Content-Type", "text/plain")], call.as_bytes()),
        &[406, 415],
        "text/plain",
    );
    louver.still_answers();

    let modern = [
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/list"),
        ("Mcp-Name", "list_repos"),
    ];
    expect(
        &post(&louver, &modern, &call),
        &[400],
        "headers that name another method",
    );
    expect(
        &post(&louver, &[("MCP-Protocol-Version", "1999-01-01")], &call),
        &[400],
        "a revision that never was",
    );
    louver.still_answers();
    louver.check();
}

/// Arguments that are no object fit no tool; whatever the error is called, it is one.
#[test]
fn arguments_that_are_no_object_are_an_error() {
    let mut louver = Audited::start();
    for arguments in [json!("x"), json!([1]), json!(7), json!(true)] {
        let answer = louver.louver.call("list_repos", arguments);
        assert!(answer.is_error, "{}", answer.text);
        louver.still_answers();
    }
    louver.check();
}

#[track_caller]
fn expect(reply: &Reply, statuses: &[u16], what: &str) {
    assert!(statuses.contains(&reply.status), "{what}: {reply:?}");
    assert!(!reply.body.contains("CANARY"), "{what}: {reply:?}");
    // A page of another origin must not be let in by the browser either.
    assert!(
        !reply.head.to_ascii_lowercase().contains("access-control-allow"),
        "{what}: {reply:?}"
    );
}
