//! The attacks on a login, each by name, against the real program and stand-ins of hosts. `logins.rs` has the ordinary way of each step.

use crate::browser::{Browser, Form, location, parameter};
use crate::hosted::{CLOSED, Hosted, OPEN, REDIRECT, Tokens, VERIFIER, call, list};
use crate::served::Reply;
use louver::scope::HostKind;
use serde_json::{Value, json};
use url::Url;

const LOOPBACK: &str = "http://127.0.0.1/callback";

fn site() -> Hosted {
    Hosted::at(&[HostKind::GitHub])
}

#[track_caller]
fn refused(reply: &Reply, error: &str) {
    assert_eq!(reply.status, 400, "{reply:?}");
    assert_eq!(reply.json()["error"], error, "{reply:?}");
}

/// Nobody is let in, and nothing is told.
#[track_caller]
fn shut(reply: &Reply) {
    assert_eq!(reply.status, 401, "{reply:?}");
    assert!(!reply.body.contains("acme/"), "{reply:?}");
}

/// A code that waits to be redeemed, and its client.
fn code(site: &Hosted) -> (String, String) {
    let client = site.register(LOOPBACK);
    let mut browser = Browser::of("alice", &site.hosts[0]);
    let answer = browser.log_in(&site.authorize_url(&client, REDIRECT), REDIRECT);
    (client, parameter(&answer, "code"))
}

/// The address at the host that a browser is sent to after it consented.
fn consented(site: &Hosted, browser: &mut Browser, client: &str, host: Option<&str>) -> Url {
    let start = site.authorize_url(client, REDIRECT);
    browser.go(&start, "allow", host, |url| url.path().ends_with("oauth/authorize"))
}

/// `start` with another value for a parameter.
fn changed(start: &str, name: &str, value: &str) -> Url {
    let url = Url::parse(start).expect("an address");
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(key, old)| {
            let new = if key == name { value.into() } else { old };
            (key.into_owned(), new.into_owned())
        })
        .collect();
    let mut url = url;
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url
}

#[test]
fn wrong_audience() {
    let site = site();
    let client = site.register(LOOPBACK);
    let other = "https://other.example.com/mcp";
    let start = changed(&site.authorize_url(&client, REDIRECT), "resource", other);
    let reply = Browser::of("alice", &site.hosts[0]).open(&start);
    let answer = location(&reply, &start);
    assert_eq!(parameter(&answer, "error"), "invalid_target");

    let (client, code) = code(&site);
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("resource", other),
    ];
    refused(&site.post("/token", &fields), "invalid_target");
    let tokens = Tokens::of(&site.redeem(&client, REDIRECT, &code));
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", client.as_str()),
        ("refresh_token", &tokens.refresh),
        ("resource", other),
    ];
    refused(&site.post("/token", &fields), "invalid_target");
}

#[test]
fn token_of_another_resource() {
    let site = site();
    let (_, tokens) = site.session("alice");
    site.change_state("UPDATE sessions SET resource = 'https://other.example.com/mcp'");
    shut(&site.list(&tokens.access));
    // Nor does the other endpoint take a session's token: it is another resource.
    let bearer = format!("Bearer {}", tokens.access);
    shut(&list(&site.louver, "/t/mcp", &[("Authorization", &bearer)]));
}

#[test]
fn expired() {
    let site = site();
    let (client, tokens) = site.session("alice");
    assert_eq!(site.list(&tokens.access).status, 200);
    site.expire();
    let reply = site.list(&tokens.access);
    shut(&reply);
    let challenge = reply.header("www-authenticate").expect("a challenge");
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    site.change_state("UPDATE tokens SET expires_at = 1");
    refused(&site.refresh(&client, &tokens.refresh), "invalid_grant");
}

#[test]
fn revoked() {
    let site = site();
    let (client, tokens) = site.session("alice");
    let revoked = site.post("/revoke", &[("token", &tokens.access), ("client_id", &client)]);
    assert_eq!(revoked.status, 200, "{revoked:?}");
    shut(&site.list(&tokens.access));
    refused(&site.refresh(&client, &tokens.refresh), "invalid_grant");
}

#[test]
fn replayed_code() {
    let site = site();
    let (client, code) = code(&site);
    let tokens = Tokens::of(&site.redeem(&client, REDIRECT, &code));
    assert_eq!(site.list(&tokens.access).status, 200);
    refused(&site.redeem(&client, REDIRECT, &code), "invalid_grant");
    shut(&site.list(&tokens.access));
    refused(&site.refresh(&client, &tokens.refresh), "invalid_grant");
    assert!(site.events().iter().any(|it| it == "code-replayed"));
}

#[test]
fn wrong_verifier() {
    let site = site();
    let redeem = |client: &str, code: &str, verifier: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier),
        ];
        site.post("/token", &fields)
    };
    let (another, long) = ("another-verifier-of-43-characters-or-more-01234", VERIFIER.repeat(4));
    for verifier in [another, "short", &long] {
        let (client, code) = code(&site);
        refused(&redeem(&client, &code, verifier), "invalid_grant");
        // One wrong guess spends the code: it cannot be tried until it fits.
        refused(&site.redeem(&client, REDIRECT, &code), "invalid_grant");
    }
    let (client, code) = code(&site);
    refused(&redeem(&client, &code, ""), "invalid_request");
}

#[test]
fn reused_refresh_token() {
    let site = site();
    let (client, first) = site.session("alice");
    let second = Tokens::of(&site.refresh(&client, &first.refresh));
    let third = Tokens::of(&site.refresh(&client, &second.refresh));
    refused(&site.refresh(&client, &first.refresh), "invalid_grant");
    shut(&site.list(&third.access));
    refused(&site.refresh(&client, &third.refresh), "invalid_grant");
    assert!(site.events().iter().any(|it| it == "refresh-reused"));
}

#[test]
fn redirect_mismatch() {
    let site = site();
    let client = site.register("https://app.example.com/callback");
    let start = site.authorize_url(&client, REDIRECT);
    for uri in [
        REDIRECT,
        "https://evil.example.com/callback",
        "https://app.example.com/callback/",
        "https://app.example.com/callback?next=https://evil.example.com",
        "https://app.example.com/callback#x",
        "https://app.example.com:444/callback",
        "https://app.example.com@evil.example.com/callback",
        "https://app.example.com.evil.example.com/callback",
        "https://app.example.com/x/../callback",
        "http://app.example.com/callback",
    ] {
        let reply = Browser::default().open(&changed(&start, "redirect_uri", uri));
        assert_eq!(reply.status, 400, "{uri}: {reply:?}");
        assert!(reply.header("location").is_none(), "{uri}: {reply:?}");
    }
    // A code is redeemed with the address it was sent to.
    let (client, code) = code(&site);
    refused(&site.redeem(&client, LOOPBACK, &code), "invalid_grant");
}

#[test]
fn loopback_port_rule() {
    let site = site();
    let client = site.register("http://127.0.0.1:3000/callback");
    let start = site.authorize_url(&client, REDIRECT);
    let status = |uri: &str| Browser::default().open(&changed(&start, "redirect_uri", uri)).status;
    assert_eq!(status("http://127.0.0.1:45678/callback"), 200, "the port may differ");
    for uri in [
        "http://127.0.0.1:45678/other",
        "http://127.0.0.2:3000/callback",
        "http://localhost:3000/callback",
        "http://127.0.0.1.evil.example.com:3000/callback",
        "https://127.0.0.1:3000/callback",
        "http://192.0.2.1:3000/callback",
    ] {
        assert_eq!(status(uri), 400, "{uri}");
    }
}

#[test]
fn missing_consent() {
    let site = site();
    let client = site.register(LOOPBACK);
    let mut browser = Browser::of("alice", &site.hosts[0]);
    let start = Url::parse(&site.authorize_url(&client, REDIRECT)).expect("an address");
    // However often she has consented before, and whatever the client asks for, the page is shown.
    site.log_in(&client, "alice");
    for prompt in ["", "&prompt=none", "&prompt=consent"] {
        let page = browser.open(&Url::parse(&format!("{start}{prompt}")).expect("an address"));
        assert_eq!(page.status, 200, "{prompt}: {page:?}");
        assert!(page.body.contains("wants to ask louver"), "{page:?}");
    }
    let page = browser.open(&start);
    let request = Form::of(&page).request;
    let consent = site.url("/consent");
    // Another site can make her browser post, but does not know the request; and a cookie alone, or a name alone, is no consent.
    let fields = |request| [("request", request), ("host", "github"), ("decision", "allow")];
    assert_eq!(browser.post(&consent, &fields("guessed")).status, 400);
    assert_eq!(site.post("/consent", &fields(&request)).status, 400);
    let mut other = Browser::of("bob", &site.hosts[0]);
    other.open(&start);
    assert_eq!(other.post(&consent, &fields(&request)).status, 400);
    // Without the button the answer is no.
    let reply = browser.post(&consent, &[("request", &request), ("host", "github")]);
    assert_eq!(parameter(&location(&reply, &consent), "error"), "access_denied");
    assert_eq!(
        site.hosts[0].asked("oauth/authorize"),
        1,
        "only the real login reached the host"
    );
}

/// CVE-2026-27124: the attacker consents himself and hands the victim the address at the host, which asks her nothing.
#[test]
fn callback_in_another_browser() {
    let site = site();
    let client = site.register(LOOPBACK);
    let mut attacker = Browser::default();
    let at_host = consented(&site, &mut attacker, &client, None);
    let mut victim = Browser::of("alice", &site.hosts[0]);
    // She has a login of her own under way, so she has a cookie; it is not the attacker's.
    victim.open(&Url::parse(&site.authorize_url(&client, REDIRECT)).expect("an address"));
    let callback = location(&victim.open(&at_host), &at_host);
    assert_eq!(callback.path(), "/oauth/callback/github");
    let reply = victim.open(&callback);
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.header("location").is_none(), "{reply:?}");
    let mut stranger = Browser::default();
    assert_eq!(stranger.open(&callback).status, 400);
    assert_eq!(site.hosts[0].asked("access_token"), 0, "her code goes nowhere");
    assert!(site.events().iter().any(|it| it == "callback-refused"));
}

#[test]
fn state_replay() {
    let site = site();
    let client = site.register(LOOPBACK);
    let mut browser = Browser::of("alice", &site.hosts[0]);
    let at_host = consented(&site, &mut browser, &client, None);
    let first = location(&browser.open(&at_host), &at_host);
    let second = location(&browser.open(&at_host), &at_host);
    let answer = location(&browser.open(&first), &first);
    assert!(answer.as_str().starts_with(REDIRECT) && answer.query_pairs().any(|(key, _)| key == "code"));
    for replayed in [&first, &second] {
        let reply = browser.open(replayed);
        assert_eq!(reply.status, 400, "{reply:?}");
    }
    assert_eq!(site.hosts[0].asked("access_token"), 1, "one code was redeemed");
    // A state ends by itself, too.
    let at_host = consented(&site, &mut browser, &client, None);
    let late = location(&browser.open(&at_host), &at_host);
    site.change_state("UPDATE requests SET expires_at = 1");
    assert_eq!(browser.open(&late).status, 400);
}

/// The login was begun for one host, and the code comes from another.
#[test]
fn mix_up_between_hosts() {
    let site = Hosted::at(&[HostKind::GitHub, HostKind::GitLab]);
    let client = site.register(LOOPBACK);
    let mut browser = Browser::of("alice", &site.hosts[0]);
    browser.is_logged_in("alice", &site.hosts[1]);
    let at_gitlab = consented(&site, &mut browser, &client, Some("gitlab"));
    let at_github = consented(&site, &mut browser, &client, Some("github"));
    // GitLab, which is bad, sends her to GitHub with the state louver made for GitLab.
    let mixed = changed(at_github.as_str(), "state", &parameter(&at_gitlab, "state"));
    let callback = location(&browser.open(&mixed), &mixed);
    assert_eq!(callback.path(), "/oauth/callback/github");
    let reply = browser.open(&callback);
    assert_eq!(reply.status, 400, "{reply:?}");
    // Nor does GitHub's code help at GitLab's callback, where the state would have been right.
    let at_gitlab = consented(&site, &mut browser, &client, Some("gitlab"));
    let mixed = changed(at_github.as_str(), "state", &parameter(&at_gitlab, "state"));
    let mut callback = location(&browser.open(&mixed), &mixed);
    callback.set_path("/oauth/callback/gitlab");
    let answer = location(&browser.open(&callback), &callback);
    assert_eq!(parameter(&answer, "error"), "access_denied");
    assert_eq!(
        parameter(&answer, "iss"),
        site.base(),
        "the client can tell who answers"
    );
    assert_eq!(
        site.hosts[0].asked("access_token"),
        0,
        "the code was not used at its host"
    );
    assert!(site.hosts.iter().all(|host| host.tokens_of(1).is_empty()));
}

#[test]
fn host_token_sent_as_bearer() {
    let site = site();
    site.session("alice");
    let tokens = site.hosts[0].tokens_of(1);
    assert!(!tokens.is_empty(), "the host gave a token to louver");
    for token in tokens
        .iter()
        .map(String::as_str)
        .chain(["ghp_0123456789abcdef", "glpat-x"])
    {
        let bearer = format!("Bearer {token}");
        for path in ["/mcp", "/t/mcp"] {
            shut(&list(&site.louver, path, &[("Authorization", &bearer)]));
        }
    }
    assert_eq!(
        site.hosts[0].asked("/repositories/"),
        0,
        "no host is asked with a stranger's token"
    );
}

#[test]
fn token_in_query_string() {
    let site = site();
    let (_, tokens) = site.session("alice");
    let bearer = format!("Bearer {}", tokens.access);
    for name in ["access_token", "x=1&access_token"] {
        let path = format!("/mcp?{name}={}", tokens.access);
        for headers in [&[][..], &[("Authorization", bearer.as_str())]] {
            let reply = list(&site.louver, &path, headers);
            assert_eq!(reply.status, 400, "{reply:?}");
            assert!(!reply.body.contains("acme/"), "{reply:?}");
        }
    }
}

#[test]
fn header_smuggling_of_the_user() {
    let site = site();
    let (_, tokens) = site.session("bob");
    let bearer = format!("Bearer {}", tokens.access);
    let smuggled = [
        ("X-Forwarded-User", "alice"),
        ("X-Remote-User", "alice"),
        ("X-Auth-Request-User", "alice"),
        ("X-Louver-User", "github:1"),
        ("Remote-User", "alice"),
        ("Forwarded", "for=192.0.2.1;by=alice"),
    ];
    shut(&list(&site.louver, "/mcp", &smuggled));
    let own = [("Authorization", bearer.as_str())];
    let reply = list(&site.louver, "/mcp", &[&own[..], &smuggled].concat());
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(!reply.body.contains("acme/"), "Bob may read nothing: {reply:?}");
    let record = site.louver.call_records().pop().expect("a record");
    assert_eq!(record["subject"]["id"], "2", "{record}");
    // Two headers that could be read differently by a proxy and by louver are none.
    let two = [("Authorization", bearer.as_str()), ("Authorization", "Bearer x")];
    shut(&list(&site.louver, "/mcp", &two));
}

#[test]
fn session_of_another_user() {
    let site = site();
    let client = site.register(LOOPBACK);
    let (alice, bob) = (site.log_in(&client, "alice"), site.log_in(&client, "bob"));
    assert!(site.list(&alice.access).body.contains(OPEN));
    let record = site.louver.call_records().pop().expect("a record");
    let session = record["session"].as_str().expect("a session").to_owned();
    // The name of a session opens nothing, neither as a token nor beside one.
    shut(&site.list(&session));
    let bearer = format!("Bearer {}", bob.access);
    let headers = [("Authorization", bearer.as_str()), ("Mcp-Session-Id", &session)];
    assert!(!list(&site.louver, "/mcp", &headers).body.contains("acme/"));
    // Another client can neither refresh nor end it.
    let other = site.register(LOOPBACK);
    refused(&site.refresh(&other, &alice.refresh), "invalid_grant");
    site.post("/revoke", &[("token", &alice.refresh), ("client_id", &other)]);
    assert_eq!(site.list(&alice.access).status, 200);
    Tokens::of(&site.refresh(&client, &alice.refresh));
}

#[test]
fn guessing_of_handles_and_cursors_of_unreadable_repositories() {
    let site = site();
    let client = site.register(LOOPBACK);
    let ask = |tokens: &Tokens, tool: &str, arguments: Value| -> String {
        let bearer = format!("Bearer {}", tokens.access);
        let reply = call(&site.louver, "/mcp", &[("Authorization", &bearer)], tool, &arguments);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["result"]["content"][0]["text"]
            .as_str()
            .expect("text")
            .to_owned()
    };
    let (alice, bob) = (site.log_in(&client, "alice"), site.log_in(&client, "bob"));
    // A handle of a repository that may not be read is answered as one that nobody ever made.
    for tool in ["get_symbol", "find_references", "trace_calls"] {
        let of = |handle: &str| {
            let arguments = match tool {
                "get_symbol" => json!({ "symbols": [handle] }),
                _ => json!({ "symbol": handle }),
            };
            ask(&alice, tool, arguments)
        };
        let (real, made_up) = (format!("{CLOSED}:src/lib.rs#pay"), "acme/wault:src/lib.rs#pay");
        assert_eq!(
            of(&real).replace(CLOSED, "R"),
            of(made_up).replace("acme/wault", "R"),
            "{tool}"
        );
    }
    // Alice's cursor is nothing to Bob, whether he names the repository or not.
    let page = ask(
        &alice,
        "search_symbols",
        json!({ "query": "pay", "limit": 1, "format": "json" }),
    );
    let page: Value = serde_json::from_str(&page).expect("JSON");
    let cursor = page["next_cursor"].as_str().or(page["cursor"].as_str());
    let cursor = cursor.unwrap_or_else(|| panic!("no cursor in {page}"));
    let bobs = |cursor: &str, repo: Option<&str>| {
        let mut arguments = json!({ "query": "pay", "limit": 1, "cursor": cursor });
        if let Some(repo) = repo {
            arguments["repo"] = repo.into();
        }
        ask(&bob, "search_symbols", arguments)
    };
    assert_eq!(bobs(cursor, None), bobs("AAAA", None));
    assert_eq!(
        bobs(cursor, Some(OPEN)).replace(OPEN, "R"),
        bobs("AAAA", Some("acme/none")).replace("acme/none", "R")
    );
}
