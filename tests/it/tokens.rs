//! Personal tokens at `/t/mcp`: who they let in, to what, and until when.

use crate::served::{REVISION, Reply, Repo, SHOP, Served, World};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// A shop and a vault; ada may read both, bob the shop.
pub(crate) fn site() -> World {
    let world = World::with(&[
        Repo {
            name: "acme/shop",
            tier: "internal",
            files: SHOP,
        },
        Repo {
            name: "acme/vault",
            tier: "internal",
            files: &[("src/lib.rs", "pub fn unlock() {}\n")],
        },
    ]);
    let text = fs::read_to_string(world.config()).expect("a scope file");
    let bound = text.replace("owner = \"tests\"\n", "owner = \"tests\"\nhost = \"site\"\n");
    let hosts = "\n[server]\npublic_url = \"http://127.0.0.1:8080\"\n\n[[host]]\nname = \"site\"\nkind = \"static\"\n\n\
        [[host.user]]\nid = \"1\"\nlogin = \"ada\"\nrepos = [\"acme/shop\", \"acme/vault\"]\n\n\
        [[host.user]]\nid = \"2\"\nlogin = \"bob\"\nrepos = [\"acme/shop\"]\n";
    fs::write(world.config(), format!("{bound}{hosts}")).expect("a scope file");
    world
}

/// Makes a token: its id, and itself.
#[track_caller]
pub(crate) fn create(world: &World, user: &str, more: &[&str]) -> (String, String) {
    let own = ["token", "create", "--format", "json", "--name", "test", "--user", user];
    let output = world.run(&[&own, more].concat());
    let made: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |key: &str| made[key].as_str().expect("text").to_owned();
    (text("id"), text("token"))
}

/// Calls a tool at an endpoint with these headers.
#[track_caller]
fn call(louver: &Served, path: &str, headers: &[(&str, &str)], tool: &str, arguments: &Value) -> Reply {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": REVISION,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "tokens", "version": "1" },
    });
    let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let own = [
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("MCP-Protocol-Version", REVISION),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", tool),
    ];
    louver.send("POST", path, &[&own, headers].concat(), body.to_string().as_bytes())
}

fn with(token: &str) -> String {
    format!("Bearer {token}")
}

/// What the list of repositories says to the holder of a token.
#[track_caller]
pub(crate) fn repos(louver: &Served, token: &str) -> String {
    let reply = call(
        louver,
        "/t/mcp",
        &[("Authorization", &with(token))],
        "list_repos",
        &json!({}),
    );
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["result"]["content"][0]["text"]
        .as_str()
        .expect("text")
        .to_owned()
}

#[test]
fn a_token_tells_its_person_what_they_may_read() {
    let world = site();
    let (_, ada) = create(&world, "ada", &[]);
    let (_, bob) = create(&world, "bob", &[]);
    let (id, limited) = create(&world, "ada", &["--repo", "acme/vault"]);
    let louver = Served::over(world);
    let told = repos(&louver, &ada);
    assert!(told.contains("acme/shop") && told.contains("acme/vault"), "{told}");
    let told = repos(&louver, &bob);
    assert!(told.contains("acme/shop") && !told.contains("acme/vault"), "{told}");
    let told = repos(&louver, &limited);
    assert!(!told.contains("acme/shop") && told.contains("acme/vault"), "{told}");

    let refused = |repo: &str| {
        let bearer = with(&limited);
        let arguments = json!({ "target": repo });
        let reply = call(
            &louver,
            "/t/mcp",
            &[("Authorization", &bearer)],
            "get_outline",
            &arguments,
        );
        let text = reply.json()["result"]["content"][0]["text"].to_string();
        text.replace(repo, "REPO")
    };
    assert_eq!(refused("acme/shop"), refused("acme/nothing"));

    let records = louver.call_records();
    let last = records.last().expect("a record");
    assert_eq!(last["subject"]["host"], "site");
    assert_eq!(last["subject"]["id"], "1");
    assert_eq!(last["session"], format!("token:{id}"));
}

#[test]
fn a_revoked_token_opens_nothing_with_the_next_request() {
    let world = site();
    let (id, token) = create(&world, "ada", &[]);
    let louver = Served::over(world);
    repos(&louver, &token);
    louver.run(&["token", "revoke", &id]);
    let bearer = with(&token);
    let reply = call(
        &louver,
        "/t/mcp",
        &[("Authorization", &bearer)],
        "list_repos",
        &json!({}),
    );
    assert_eq!(reply.status, 401, "{reply:?}");
    let list = louver.run(&["token", "list", "--format", "json"]);
    let list: Value = serde_json::from_slice(&list.stdout).expect("JSON");
    assert_eq!(list["tokens"][0]["state"], "revoked");

    let rules: Vec<String> = louver
        .records()
        .iter()
        .filter(|it| it["class"] == "auth")
        .map(|it| it["rule"].as_str().expect("a rule").to_owned())
        .collect();
    for rule in ["token-created", "token-revoked", "token-refused"] {
        assert!(rules.iter().any(|it| it == rule), "{rule} is not in {rules:?}");
    }
}

#[test]
fn an_expired_token_opens_nothing() {
    let world = site();
    let (_, token) = create(&world, "ada", &[]);
    let state = rusqlite::Connection::open(world.data().join("state.db")).expect("the state");
    state
        .execute("UPDATE personal_tokens SET expires_at = created_at - 1", [])
        .expect("expired");
    let louver = Served::over(world);
    let bearer = with(&token);
    let reply = call(
        &louver,
        "/t/mcp",
        &[("Authorization", &bearer)],
        "list_repos",
        &json!({}),
    );
    assert_eq!(reply.status, 401, "{reply:?}");
}

#[test]
fn nobody_comes_in_without_a_good_token_in_its_place() {
    let world = site();
    let (_, token) = create(&world, "ada", &[]);
    let louver = Served::over(world);
    let good = with(&token);
    let status = |path: &str, headers: &[(&str, &str)]| {
        let reply = call(&louver, path, headers, "list_repos", &json!({}));
        assert!(!reply.body.contains("acme/"), "{reply:?}");
        reply
    };
    let reply = status("/t/mcp", &[]);
    assert_eq!(reply.status, 401);
    assert!(
        reply.head.to_lowercase().contains("www-authenticate: bearer"),
        "{reply:?}"
    );
    assert_eq!(status("/mcp", &[]).status, 401);
    // A personal token is no session, and a token in the address is in every proxy's log.
    assert_eq!(status("/mcp", &[("Authorization", &good)]).status, 401);
    let in_address = format!("/t/mcp?access_token={token}");
    assert_eq!(status(&in_address, &[]).status, 400);
    assert_eq!(status(&in_address, &[("Authorization", &good)]).status, 400);
    for bad in ["Bearer ghp_0123456789", "Basic YWRhOmFkYQ==", "Bearer", "Bearer  "] {
        assert_eq!(status("/t/mcp", &[("Authorization", bad)]).status, 401, "{bad}");
    }
    let two = [("Authorization", good.as_str()), ("Authorization", "Bearer x")];
    assert_eq!(status("/t/mcp", &two).status, 401);
    // Headers in which proxies name a user are only headers.
    let smuggled = [("X-Forwarded-User", "ada"), ("X-Remote-User", "ada"), ("X-User", "ada")];
    assert_eq!(status("/t/mcp", &smuggled).status, 401);
    assert_eq!(status("/mcp", &smuggled).status, 401);
}

#[test]
fn guessing_tokens_is_slowed_down() {
    let world = site();
    let (_, token) = create(&world, "ada", &[]);
    let louver = Served::over(world);
    let mut last = 0;
    for n in 0..30 {
        let guess = format!("Bearer lvp_{n}");
        let reply = call(
            &louver,
            "/t/mcp",
            &[("Authorization", &guess)],
            "list_repos",
            &json!({}),
        );
        last = reply.status;
        if last == 429 {
            assert!(reply.head.to_lowercase().contains("retry-after: "), "{reply:?}");
            break;
        }
    }
    assert_eq!(last, 429);
    let good = with(&token);
    let reply = call(&louver, "/t/mcp", &[("Authorization", &good)], "list_repos", &json!({}));
    assert_eq!(reply.status, 429, "a guess among many would be told by its answer");
    for _ in 0..10 {
        drop(call(
            &louver,
            "/t/mcp",
            &[("Authorization", &good)],
            "list_repos",
            &json!({}),
        ));
    }
    let records = louver.records();
    let limited: Vec<_> = records.iter().filter(|it| it["rule"] == "rate-limited").collect();
    // The first of a minute is recorded, and a minute may end meanwhile.
    assert!((1..=2).contains(&limited.len()), "{limited:?}");
    let record = limited[0];
    assert_eq!(
        (&record["class"], &record["decision"], &record["detail"]["attempt"]),
        (&json!("auth"), &json!("deny"), &json!("bad-token"))
    );
}

/// What an auditor asks of an answer is in its record, and the words of the question are not.
#[test]
fn the_record_of_an_answer_says_all_that_is_known_of_it() {
    let world = site();
    let (_, token) = create(&world, "ada", &[]);
    let louver = Served::over(world);
    let arguments = json!({ "query": "who owes what to whom" });
    let reply = call(
        &louver,
        "/t/mcp",
        &[("Authorization", &with(&token))],
        "search_symbols",
        &arguments,
    );
    assert_eq!(reply.status, 200, "{reply:?}");
    let records = louver.call_records();
    let record = records.last().expect("a record");
    let is_digest = |it: &Value| it.as_str().is_some_and(|it| it.len() == 64);
    let is_text = |it: &Value| it.as_str().is_some_and(|it| !it.is_empty());
    let texts = [
        "/id",
        "/class",
        "/tool",
        "/decision",
        "/rule",
        "/subject/host",
        "/subject/id",
        "/client/name",
        "/client/version",
        "/repos/0/name",
        "/repos/0/commit",
        "/repos/0/tier",
        "/permission/source",
        "/server/version",
        "/server/instance",
        "/symbols/ids/0",
    ];
    for pointer in texts {
        assert!(record.pointer(pointer).is_some_and(is_text), "{pointer} of {record}");
    }
    let digests = [
        "/subject/login",
        "/address",
        "/query/digest",
        "/arguments",
        "/scope_digest",
        "/output_sha256",
    ];
    for pointer in digests {
        assert!(record.pointer(pointer).is_some_and(is_digest), "{pointer} of {record}");
    }
    for pointer in [
        "/seq",
        "/ts",
        "/items",
        "/bytes",
        "/tokens",
        "/duration_us",
        "/permission/checked_at",
        "/symbols/count",
    ] {
        assert!(
            record.pointer(pointer).is_some_and(|it| it.as_u64() > Some(0)),
            "{pointer} of {record}"
        );
    }
    for pointer in ["/names_withheld", "/raw_source_bytes", "/permission/age_ms"] {
        assert!(
            record.pointer(pointer).is_some_and(Value::is_u64),
            "{pointer} of {record}"
        );
    }
    assert_eq!(record["raw_source_bytes"], json!(0));
    assert!(!record.to_string().contains("owes"), "{record}");
}

/// Behind a proxy that is trusted, who guesses is slowed down and who sits beside them is not; records name the client's address.
#[test]
fn who_is_behind_a_proxy_is_told_apart() {
    let world = site();
    let text = fs::read_to_string(world.config()).expect("a scope file");
    let trusting = text.replace("[server]\n", "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n");
    assert_ne!(text, trusting);
    fs::write(world.config(), trusting).expect("written");
    let (_, token) = create(&world, "ada", &[]);
    let louver = Served::over(world);
    let good = with(&token);
    let ask = |bearer: &str, from: &str| {
        let headers = [("Authorization", bearer), ("X-Forwarded-For", from)];
        call(&louver, "/t/mcp", &headers, "list_repos", &json!({})).status
    };
    let guesses = (0..30).map(|n| ask(&format!("Bearer lvp_{n}"), &format!("198.51.100.{n}, 203.0.113.7")));
    assert!(
        guesses.into_iter().any(|status| status == 429),
        "a forged beginning changes nothing"
    );
    assert_eq!(ask(&good, "203.0.113.7"), 429);
    assert_eq!(ask(&good, "203.0.113.8"), 200);
    let told = louver.run(&["audit", "export", "--format", "jsonl"]).stdout;
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(told.contains("203.0.113.8") && !told.contains("127.0.0.1"), "{told}");
}

#[test]
fn the_state_holds_no_token_and_is_private() {
    let world = site();
    let (_, token) = create(&world, "ada", &[]);
    for name in ["state.db", "state.key"] {
        let mode = fs::metadata(world.data().join(name))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    for entry in fs::read_dir(world.data()).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let bytes = fs::read(&path).expect("readable");
            let found = bytes.windows(token.len()).any(|it| it == token.as_bytes());
            assert!(!found, "{} holds a token", path.display());
        }
    }
}

#[test]
fn a_state_of_another_version_or_key_is_left_alone() {
    let world = site();
    create(&world, "ada", &[]);
    let complaint = || {
        let output = world.louver(&["token", "list"]).output().expect("louver starts");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let key = world.data().join("state.key");
    let own = fs::read(&key).expect("the key");
    fs::write(&key, [7; 32]).expect("another key");
    assert!(complaint().contains("another state key"), "{}", complaint());
    fs::write(&key, own).expect("the key");
    let state = rusqlite::Connection::open(world.data().join("state.db")).expect("the state");
    state.pragma_update(None, "user_version", 99).expect("another version");
    assert!(complaint().contains("schema version 99"), "{}", complaint());
}
