//! Every client that can be driven here lists and calls everything louver offers: over HTTP, over stdio, in both eras of MCP.

use crate::clients::{ask, count_tokens, node, python};
use crate::served::{REPO, Receipt, SHOP, Served};
use rmcp::ClientServiceExt as _;
use rmcp::model::{CallToolRequestParams, GetPromptRequestParams, ProtocolVersion, ReadResourceRequestParams};
use rmcp::service::ClientLifecycleMode;
use rmcp::transport::StreamableHttpClientTransport;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Stdio;

const LEGACY: &str = "2025-11-25";
const MODERN: &str = "2026-07-28";

/// A call, and a word its answer must have.
struct Call {
    tool: &'static str,
    arguments: Value,
    expected: &'static str,
}

/// Valid arguments for every tool, in both formats: [`check`] fails if a tool is missing here.
fn calls() -> Vec<Call> {
    let call = |tool, arguments, expected| Call {
        tool,
        arguments,
        expected,
    };
    let plain = [
        call("list_repos", json!({}), REPO),
        call(
            "search_symbols",
            json!({ "query": "adds up the cost of items", "repo": REPO, "limit": 5 }),
            "Order.total",
        ),
        call(
            "search_symbols",
            json!({ "query": "charge", "kinds": ["method"], "language": "rust" }),
            "Order.charge",
        ),
        call("get_outline", json!({ "target": REPO }), "web/cart.ts"),
        call(
            "get_outline",
            json!({ "target": "acme/app:src/order.rs", "private": true }),
            "total",
        ),
        call(
            "get_symbol",
            json!({ "symbols": ["acme/app:src/order.rs#Order.total", "Cart.add"] }),
            "Adds up what the items cost",
        ),
        call(
            "find_references",
            json!({ "symbol": "acme/app:src/billing.rs#round" }),
            "Order.total",
        ),
        call(
            "find_references",
            json!({ "symbol": "Order.charge", "direction": "outgoing", "relations": ["calls"] }),
            "bill",
        ),
        call(
            "trace_calls",
            json!({ "symbol": "acme/app:src/billing.rs#round" }),
            "Order.total",
        ),
        call(
            "analyze_impact",
            json!({ "targets": ["acme/app:src/billing.rs"] }),
            "Order.total",
        ),
        call("explore", json!({ "task": "how is an order charged" }), "Order.charge"),
    ];
    let formats = ["text", "json"].into_iter().flat_map(|format| {
        plain.iter().map(
            move |Call {
                      tool,
                      arguments,
                      expected,
                  }| {
                let mut arguments = arguments.clone();
                arguments["format"] = format.into();
                call(tool, arguments, expected)
            },
        )
    });
    formats.collect()
}

/// One call of each tool in each format.
fn few_calls() -> Vec<Call> {
    let mut seen = BTreeSet::new();
    let mut calls = calls();
    calls.retain(|call| seen.insert((call.tool, call.arguments["format"].to_string())));
    calls
}

/// What a client does, in the form the scripts below `tests/clients` read.
fn plan(transport: &Value, era: &str, calls: &[Call]) -> Value {
    let calls: Vec<Value> = calls
        .iter()
        .map(|Call { tool, arguments, .. }| json!({ "tool": tool, "arguments": arguments }))
        .collect();
    json!({
        "transport": transport,
        "era": era,
        "calls": calls,
        "read": ["louver://repositories", format!("louver://outline/{REPO}")],
        "prompts": [
            { "name": "learn_repository", "arguments": { "repo": REPO } },
            { "name": "plan_change", "arguments": { "repo": REPO, "change": "round to ten" } },
        ],
    })
}

#[test]
fn typescript_sdk_v1() {
    let legacy_only = [("legacy", Some(LEGACY))];
    everywhere(&legacy_only, &calls(), |plan| ask(node("typescript-v1.mjs"), plan));
}

#[test]
fn typescript_sdk_v2() {
    everywhere(&BOTH, &calls(), |plan| ask(node("typescript-v2.mjs"), plan));
}

#[test]
fn python_sdk() {
    everywhere(&BOTH, &calls(), |plan| ask(python("python_sdk.py"), plan));
}

/// The inspector runs with `--strict`, which fails on a tool schema that some client cannot use. It is a process for each question, so
/// it asks fewer, and it does not tell which revision it speaks.
#[test]
fn inspector() {
    let eras = [("auto", None), ("legacy", None)];
    everywhere(&eras, &few_calls(), |plan| ask(node("inspector.mjs"), plan));
}

#[test]
fn rust_sdk() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    everywhere(&BOTH, &calls(), |plan| runtime.block_on(exercise(plan)));
}

/// What the instructions and the tool definitions cost every conversation, and where clients cut them.
#[test]
fn definitions_are_small() {
    const MOST_TOKENS: u64 = 1_500;
    const MOST_INSTRUCTIONS: usize = 2_048;
    let louver = Served::start(SHOP);
    let tools = louver.request("tools/list", json!({})).json()["result"]["tools"].take();
    let shown: Vec<Value> = tools
        .as_array()
        .expect("tools")
        .iter()
        .map(|it| json!({ "name": it["name"], "description": it["description"], "inputSchema": it["inputSchema"] }))
        .collect();
    let tokens = count_tokens(&[json!(shown).to_string()])[0];
    assert!(
        tokens < MOST_TOKENS,
        "the definitions of all tools have {tokens} tokens"
    );
    let discovered = louver.request("server/discover", json!({})).json();
    let instructions = discovered["result"]["instructions"].as_str().expect("instructions");
    assert!(
        instructions.len() < MOST_INSTRUCTIONS,
        "the instructions have {} bytes",
        instructions.len()
    );
}

/// An era as clients name it, and the revision they then agree on, where they tell it.
type Era = (&'static str, Option<&'static str>);

const BOTH: [Era; 2] = [("auto", Some(MODERN)), ("legacy", Some(LEGACY))];

/// Serves the shop and has a client exercise it over HTTP and over stdio, in each era; then looks for the record of every receipt.
fn everywhere(eras: &[Era], calls: &[Call], client: impl Fn(&Value) -> Value) {
    let louver = Served::start(SHOP);
    let (command, args) = louver.command_line(&["serve", "--stdio"]);
    let mut receipts = Vec::new();
    for transport in [
        json!({ "url": louver.url() }),
        json!({ "command": command, "args": args }),
    ] {
        for (era, revision) in eras {
            let summary = client(&plan(&transport, era, calls));
            receipts.extend(check(&summary, *revision, calls));
        }
    }
    let records = louver.records();
    for receipt in &receipts {
        assert!(receipt.record(&records).is_some(), "no record for {receipt:?}");
    }
    let distinct: BTreeSet<&Receipt> = receipts.iter().collect();
    assert_eq!(distinct.len(), receipts.len(), "every call has a record of its own");
}

/// Checks a client's summary; returns the receipts it saw.
#[track_caller]
fn check(summary: &Value, revision: Option<&str>, calls: &[Call]) -> Vec<Receipt> {
    if let Some(revision) = revision {
        assert_eq!(summary["revision"], revision);
        assert_eq!(summary["server"]["name"], "louver");
        assert!(
            text(&summary["instructions"]).contains("list_repos"),
            "the instructions reach the model"
        );
    }
    assert!(!list(&summary["tools"]).is_empty(), "no tools are listed");
    for tool in list(&summary["tools"]) {
        check_tool(tool);
        assert!(
            calls.iter().any(|call| call.tool == text(&tool["name"])),
            "the client does not call {tool}"
        );
    }
    assert_eq!(text(&summary["resources"][0]["uri"]), "louver://repositories");
    assert_eq!(
        text(&summary["templates"][0]["uriTemplate"]),
        "louver://outline/{+repo}"
    );
    assert_eq!(
        list(&summary["prompts"]).len(),
        list(&summary["got"]).len(),
        "every prompt was got"
    );
    for told in list(&summary["read"]).iter().chain(list(&summary["got"])) {
        assert!(text(&told["text"]).contains(REPO), "{told}");
    }
    assert!(
        !summary.to_string().contains("CANARY"),
        "source text reached the client: {summary}"
    );
    let answers = list(&summary["calls"]);
    assert_eq!(answers.len(), calls.len());
    calls
        .iter()
        .zip(answers)
        .map(|(call, answer)| check_answer(call, answer))
        .collect()
}

#[track_caller]
fn check_tool(tool: &Value) {
    const LONGEST_DESCRIPTION: usize = 600;
    let name = text(&tool["name"]);
    let expected =
        json!({ "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false });
    for (hint, value) in expected.as_object().expect("an object") {
        assert_eq!(&tool["annotations"][hint], value, "{name}: {hint}");
    }
    assert!(!text(&tool["annotations"]["title"]).is_empty(), "{name}");
    let description = text(&tool["description"]);
    assert!(
        (20..LONGEST_DESCRIPTION).contains(&description.len()),
        "{name}: {} bytes of description",
        description.len()
    );
    assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
}

#[track_caller]
fn check_answer(call: &Call, answer: &Value) -> Receipt {
    let Call {
        tool,
        arguments,
        expected,
    } = call;
    let told = text(&answer["text"]);
    assert_eq!(answer["name"], *tool);
    assert_eq!(answer["is_error"], false, "{tool} {arguments}: {told}");
    assert!(
        told.contains(expected),
        "{tool} {arguments} does not tell {expected}: {told}"
    );
    let as_json: Option<Value> = serde_json::from_str(told).ok();
    match as_json {
        Some(page) => assert!(
            arguments["format"] == "json" && page["items"].is_array(),
            "{tool} {arguments}: {told}"
        ),
        None => assert_eq!(arguments["format"], "text", "{tool} {arguments}: {told}"),
    }
    Receipt::of(&answer["meta"]).unwrap_or_else(|| panic!("{tool} {arguments} has no receipt"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The Rust SDK doing what the scripts do with the others.
async fn exercise(plan: &Value) -> Value {
    let lifecycle = match text(&plan["era"]) {
        "auto" => ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: Some(ProtocolVersion::V_2025_11_25),
        },
        _ => ClientLifecycleMode::Initialize,
    };
    let transport = &plan["transport"];
    if let Some(url) = transport["url"].as_str() {
        let transport = StreamableHttpClientTransport::from_uri(url);
        let client = ().serve_with_lifecycle(transport, lifecycle).await.expect("connected");
        let summary = use_all(&client, plan).await;
        client.cancel().await.expect("closed");
        return summary;
    }
    let args = list(&transport["args"]).iter().map(text);
    let mut server = tokio::process::Command::new(text(&transport["command"]))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("louver starts");
    let pipes = (
        server.stdout.take().expect("a pipe"),
        server.stdin.take().expect("a pipe"),
    );
    let client = ().serve_with_lifecycle(pipes, lifecycle).await.expect("connected");
    let summary = use_all(&client, plan).await;
    client.cancel().await.expect("closed");
    let ended = server.wait().await.expect("louver ends when its client hangs up");
    assert!(ended.success(), "{ended}");
    summary
}

async fn use_all(client: &rmcp::service::Peer<rmcp::RoleClient>, plan: &Value) -> Value {
    let info = client.peer_info().expect("the server says who it is");
    let (mut answers, mut read, mut got) = (Vec::new(), Vec::new(), Vec::new());
    for call in list(&plan["calls"]) {
        let arguments = call["arguments"].as_object().cloned().expect("an object");
        let request = CallToolRequestParams::new(text(&call["tool"]).to_owned()).with_arguments(arguments);
        let result = json!(client.call_tool(request).await.expect("an answer"));
        let is_error = result["isError"] == true;
        answers.push(json!({
            "name": call["tool"],
            "text": result["content"][0]["text"],
            "is_error": is_error,
            "meta": result["_meta"],
        }));
    }
    for uri in list(&plan["read"]) {
        let result = json!(
            client
                .read_resource(ReadResourceRequestParams::new(text(uri)))
                .await
                .expect("a resource")
        );
        read.push(json!({ "name": uri, "text": result["contents"][0]["text"] }));
    }
    for prompt in list(&plan["prompts"]) {
        let arguments = prompt["arguments"].as_object().cloned().expect("an object");
        let request = GetPromptRequestParams::new(text(&prompt["name"])).with_arguments(arguments);
        let result = json!(client.get_prompt(request).await.expect("a prompt"));
        got.push(json!({ "name": prompt["name"], "text": result["messages"][0]["content"]["text"] }));
    }
    json!({
        "revision": info.protocol_version,
        "server": info.server_info,
        "instructions": info.instructions,
        "tools": client.list_all_tools().await.expect("tools"),
        "resources": client.list_all_resources().await.expect("resources"),
        "templates": client.list_all_resource_templates().await.expect("templates"),
        "prompts": client.list_all_prompts().await.expect("prompts"),
        "calls": answers,
        "read": read,
        "got": got,
    })
}
