//! What the MCP authorization specification and the RFCs behind it ask of louver, as `docs/logins.md` lists it with the test of each line.

use crate::browser::{Browser, location, parameter};
use crate::hosted::{Hosted, OPEN, REDIRECT, Tokens, list};
use crate::served::{Reply, Served};
use crate::tokens::site as static_site;
use louver::scope::HostKind;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use url::Url;

const LOOPBACK: &str = "http://127.0.0.1/callback";

fn site() -> Hosted {
    Hosted::at(&[HostKind::GitHub])
}

fn get(louver: &Served, path: &str) -> Reply {
    louver.send("GET", path, &[], b"")
}

fn register(site: &Hosted, about: &Value) -> Reply {
    let headers = [("Content-Type", "application/json")];
    site.louver
        .send("POST", "/register", &headers, about.to_string().as_bytes())
}

/// The document says which test holds each line; a test that is renamed or gone would make it untrue.
#[test]
fn every_line_of_the_checklist_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/logins.md")).expect("the document");
    let (_, checklist) = text.split_once("## What the standards ask").expect("the checklist");
    let mut tests = BTreeSet::new();
    for line in checklist
        .lines()
        .filter(|line| line.starts_with("| MUST") || line.starts_with("| SHOULD"))
    {
        let cell = line.trim_end_matches('|').rsplit('|').next().expect("a cell");
        let named: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test in {line}");
        tests.extend(named);
    }
    assert!(tests.len() > 30, "{tests:?}");
    for test in tests {
        let (module, name) = test.rsplit_once("::").expect("a module");
        let file = match module {
            "fetch" | "documents" | "clients" => root.join(format!("src/server/login/{module}.rs")),
            _ => root.join(format!("tests/it/{module}.rs")),
        };
        let code = fs::read_to_string(&file).unwrap_or_else(|_| panic!("no file of {test}"));
        assert!(code.contains(&format!("fn {name}()")), "{test} is no test");
    }
}

#[test]
fn metadata_is_what_clients_look_for() {
    let site = site();
    let own = get(&site.louver, "/.well-known/oauth-protected-resource/mcp");
    let root = get(&site.louver, "/.well-known/oauth-protected-resource");
    assert_eq!((own.status, &own.body), (200, &root.body));
    let about = own.json();
    assert_eq!(about["resource"], site.resource(), "what people type");
    let more = get(&site.louver, "/.well-known/oauth-protected-resource/mcp/all").json();
    assert_eq!(more["resource"], format!("{}/all", site.resource()));
    assert_eq!(
        about["scopes_supported"],
        json!(["code:read"]),
        "no offline_access here"
    );
    assert_eq!(about["bearer_methods_supported"], json!(["header"]));
    let server = get(&site.louver, "/.well-known/oauth-authorization-server");
    let said = server.json();
    assert_eq!(said["issuer"], about["authorization_servers"][0], "byte for byte");
    assert_eq!(said["response_types_supported"], json!(["code"]));
    assert_eq!(
        said["grant_types_supported"],
        json!(["authorization_code", "refresh_token"])
    );
    assert_eq!(said["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(said["token_endpoint_auth_methods_supported"], json!(["none"]));
    assert_eq!(said["scopes_supported"], json!(["code:read", "offline_access"]));
    assert_eq!(said["authorization_response_iss_parameter_supported"], true);
    for (endpoint, path) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("registration_endpoint", "/register"),
        ("revocation_endpoint", "/revoke"),
    ] {
        assert_eq!(said[endpoint], format!("{}{path}", site.base()));
    }
    for reply in [own, root, server] {
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
    }
    // It is no OpenID provider and does not say it is one.
    assert_eq!(get(&site.louver, "/.well-known/openid-configuration").status, 404);
}

#[test]
fn pages_in_browsers_may_read_what_clients_are_told() {
    let site = Hosted::with(
        &[HostKind::GitHub],
        "browser_origins = [\"https://inspector.example.com\"]\n",
    );
    let anywhere = ("Origin", "https://elsewhere.example.com");
    for (method, path) in [
        ("GET", "/.well-known/oauth-protected-resource/mcp"),
        ("GET", "/.well-known/oauth-authorization-server"),
        ("POST", "/register"),
        ("POST", "/token"),
        ("POST", "/revoke"),
    ] {
        let asks = [anywhere, ("Access-Control-Request-Method", method)];
        let preflight = site.louver.send("OPTIONS", path, &asks, b"");
        assert_eq!(preflight.status, 204, "{path}: {preflight:?}");
        let allowed = preflight.header("access-control-allow-headers").expect("headers");
        assert!(allowed.contains("content-type"), "{allowed}");
        for reply in [preflight, site.louver.send(method, path, &[anywhere], b"")] {
            assert_eq!(
                reply.header("access-control-allow-origin"),
                Some("*"),
                "{path}: {reply:?}"
            );
            assert!(reply.header("access-control-allow-credentials").is_none(), "{path}");
        }
    }
    // What a person sees is read by no page.
    let start = site.authorize_url(&site.register(LOOPBACK), REDIRECT);
    let path = start.trim_start_matches(&site.base());
    let page = site.louver.send("GET", path, &[anywhere], b"");
    assert_eq!(page.status, 200);
    assert!(page.header("access-control-allow-origin").is_none(), "{page:?}");
    // Calls are for the pages the operator lists.
    let (_, tokens) = site.session("alice");
    let bearer = format!("Bearer {}", tokens.access);
    let listed = ("Origin", "https://inspector.example.com");
    let asks = [listed, ("Access-Control-Request-Method", "POST")];
    let preflight = site.louver.send("OPTIONS", "/mcp", &asks, b"");
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-origin")),
        (204, Some(listed.1))
    );
    let reply = list(&site.louver, "/mcp", &[("Authorization", &bearer), listed]);
    assert!(reply.status == 200 && reply.body.contains(OPEN), "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), Some(listed.1));
    let reply = list(&site.louver, "/mcp", &[listed]);
    let exposed = reply.header("access-control-expose-headers").expect("headers");
    assert!(reply.status == 401 && exposed.contains("www-authenticate"), "{reply:?}");
    let reply = list(&site.louver, "/mcp", &[("Authorization", &bearer), anywhere]);
    assert!(reply.status == 403 && !reply.body.contains("acme/"), "{reply:?}");
    assert!(reply.header("access-control-allow-origin").is_none());
    assert_eq!(site.louver.send("OPTIONS", "/mcp", &[anywhere], b"").status, 401);
}

#[test]
fn who_has_no_good_token_is_told_where_to_get_one() {
    let site = site();
    let (_, tokens) = site.session("alice");
    let at = format!(
        "resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"",
        site.base()
    );
    let challenge = |headers: &[(&str, &str)], status| {
        let reply = list(&site.louver, "/mcp", headers);
        assert_eq!(reply.status, status, "{reply:?}");
        reply.header("www-authenticate").expect("a challenge").to_owned()
    };
    assert_eq!(challenge(&[], 401), format!("Bearer {at}, scope=\"code:read\""));
    let more = list(&site.louver, "/mcp/all", &[]);
    let told = more.header("www-authenticate").expect("a challenge");
    assert!(
        more.status == 401 && told.contains("oauth-protected-resource/mcp/all\""),
        "{told}"
    );
    let bearer = format!("Bearer {}", tokens.access);
    assert_eq!(
        list(&site.louver, "/mcp/all", &[("Authorization", &bearer)]).status,
        200
    );
    let bad = challenge(&[("Authorization", "Bearer lva_guessed")], 401);
    assert!(bad.contains("error=\"invalid_token\"") && bad.contains(&at), "{bad}");
    // A session that was not begun for calls.
    let narrow = site.authorize_url(&site.register(LOOPBACK), REDIRECT);
    let narrow = narrow.replace("code%3Aread+offline_access", "offline_access");
    let client = parameter(&Url::parse(&narrow).expect("an address"), "client_id");
    let answer = Browser::of("alice", &site.hosts[0]).log_in(&narrow, REDIRECT);
    let other = Tokens::of(&site.redeem(&client, REDIRECT, &parameter(&answer, "code")));
    let scope = challenge(&[("Authorization", &format!("Bearer {}", other.access))], 403);
    assert!(
        scope.contains("error=\"insufficient_scope\"") && scope.contains("scope=\"code:read\""),
        "{scope}"
    );
    assert!(scope.contains(&at), "{scope}");
    assert_eq!(site.list(&tokens.access).status, 200);
}

#[test]
fn errors_of_the_token_endpoint_have_their_names() {
    let site = site();
    let client = site.register(LOOPBACK);
    for (fields, status, error) in [
        (&[("client_id", client.as_str())][..], 400, "invalid_request"),
        (
            &[("client_id", &client), ("grant_type", "password")],
            400,
            "unsupported_grant_type",
        ),
        (
            &[("client_id", &client), ("grant_type", "authorization_code")],
            400,
            "invalid_request",
        ),
        (
            &[("client_id", &client), ("grant_type", "refresh_token")],
            400,
            "invalid_request",
        ),
        (
            &[
                ("client_id", &client),
                ("grant_type", "refresh_token"),
                ("refresh_token", "lvr_x"),
            ],
            400,
            "invalid_grant",
        ),
        (
            &[("client_id", "unknown"), ("grant_type", "refresh_token")],
            401,
            "invalid_client",
        ),
        (&[("grant_type", "refresh_token")], 401, "invalid_client"),
        (
            &[("client_id", &client), ("client_id", &client)],
            400,
            "invalid_request",
        ),
    ] {
        let reply = site.post("/token", fields);
        assert_eq!(reply.status, status, "{fields:?}: {reply:?}");
        assert_eq!(reply.json()["error"], error, "{fields:?}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{fields:?}");
        assert_eq!(reply.header("content-type"), Some("application/json"), "{fields:?}");
    }
    // A revocation of what nobody knows is answered like one of what was good (RFC 7009 §2.2).
    assert_eq!(
        site.post("/revoke", &[("client_id", &client), ("token", "lva_x")])
            .status,
        200
    );
}

#[test]
fn lives_are_short_and_rotated() {
    let site = site();
    let client = site.register(LOOPBACK);
    let mut browser = Browser::of("alice", &site.hosts[0]);
    let answer = browser.log_in(&site.authorize_url(&client, REDIRECT), REDIRECT);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time")
        .as_secs()
        .cast_signed();
    let state = rusqlite::Connection::open(site.louver.data().join("state.db")).expect("the state");
    let ends: i64 = state
        .query_row("SELECT expires_at FROM codes", [], |row| row.get(0))
        .expect("a code");
    assert!(ends <= now + 60, "a code is good for {} seconds", ends - now);
    let reply = site.redeem(&client, REDIRECT, &parameter(&answer, "code"));
    assert!(
        reply.json()["expires_in"].as_u64().expect("a number") <= 900,
        "{reply:?}"
    );
    assert_eq!(reply.json()["token_type"], "Bearer");
    assert_eq!(reply.json()["scope"], "code:read offline_access");
    let first = Tokens::of(&reply);
    let second = Tokens::of(&site.refresh(&client, &first.refresh));
    assert!(first.refresh != second.refresh && first.access != second.access);
    assert_eq!(
        site.list(&first.access).status,
        401,
        "the pair that was replaced is over"
    );
}

#[test]
fn a_client_that_names_no_resource_gets_the_only_one() {
    let site = site();
    let client = site.register(LOOPBACK);
    let resource = form_encoded(&site.resource());
    let start = site
        .authorize_url(&client, REDIRECT)
        .replace(&format!("&resource={resource}"), "");
    assert!(!start.contains("resource="), "{start}");
    let answer = Browser::of("alice", &site.hosts[0]).log_in(&start, REDIRECT);
    let tokens = Tokens::of(&site.redeem(&client, REDIRECT, &parameter(&answer, "code")));
    let state = rusqlite::Connection::open(site.louver.data().join("state.db")).expect("the state");
    let kept: String = state
        .query_row("SELECT resource FROM sessions", [], |row| row.get(0))
        .expect("a session");
    assert_eq!(kept, site.resource());
    assert!(site.list(&tokens.access).body.contains(OPEN));
}

fn form_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[test]
fn registration_takes_what_clients_send_and_gives_no_secret() {
    let site = site();
    let about = json!({
        "client_name": "A client", "redirect_uris": [LOOPBACK, "cursor://anysphere.cursor-mcp/oauth/callback"],
        "application_type": "native", "token_endpoint_auth_method": "client_secret_basic", "scope": "admin",
        "grant_types": ["authorization_code", "implicit"], "logo_uri": "https://a.example.com/x.png", "software_id": "x",
    });
    let reply = register(&site, &about);
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let said = reply.json();
    assert_eq!(said["token_endpoint_auth_method"], "none");
    assert_eq!(said["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert!(said.get("client_secret").is_none(), "{said}");
    let none = json!({ "redirect_uris": [] });
    assert_eq!(register(&site, &none).json()["error"], "invalid_redirect_uri");
    // Where the operator wants none, there is none.
    let closed = Hosted::with(&[HostKind::GitHub], "client_registration = false\n");
    let about_server = get(&closed.louver, "/.well-known/oauth-authorization-server").json();
    assert!(about_server.get("registration_endpoint").is_none(), "{about_server}");
    assert_eq!(register(&closed, &about).status, 404);
}

#[test]
fn louver_is_a_good_client_of_the_host() {
    let site = site();
    let client = site.register(LOOPBACK);
    let mut browser = Browser::of("alice", &site.hosts[0]);
    let start = site.authorize_url(&client, REDIRECT);
    let at_host = browser.go(&start, "allow", None, |url| url.path() == "/login/oauth/authorize");
    assert_eq!(parameter(&at_host, "code_challenge_method"), "S256");
    assert_eq!(
        parameter(&at_host, "redirect_uri"),
        format!("{}/oauth/callback/github", site.base())
    );
    assert_ne!(parameter(&at_host, "state"), "of the client", "a state of louver's own");
    // Nothing of the client's goes to the host: neither its challenge nor its address.
    assert!(!at_host.as_str().contains("45678") && !at_host.as_str().contains(&client));
    // Nothing of the host's goes to the client.
    let callback = location(&browser.open(&at_host), &at_host);
    let answer = location(&browser.open(&callback), &callback);
    assert_ne!(parameter(&answer, "code"), parameter(&callback, "code"));
    // A host that says no is a no, with the client's own state and louver's name.
    let at_host = browser.go(&start, "allow", None, |url| url.path() == "/login/oauth/authorize");
    let denied = format!(
        "/oauth/callback/github?error=access_denied&state={}",
        parameter(&at_host, "state")
    );
    let callback = site.url(&denied);
    let answer = location(&browser.open(&callback), &callback);
    assert_eq!(parameter(&answer, "error"), "access_denied");
    assert_eq!(parameter(&answer, "state"), "of the client");
    assert_eq!(parameter(&answer, "iss"), site.base());
}

/// Behind a proxy that ends TLS: every address is the operator's, whatever a request says, and the cookie is for this host alone.
#[test]
fn over_https_the_cookie_is_bound_to_the_host_and_addresses_are_the_operators() {
    let world = static_site();
    let text = fs::read_to_string(world.config()).expect("a scope file");
    let text = text.replace("http://127.0.0.1:8080", "https://louver.example.com");
    fs::write(world.config(), text).expect("a scope file");
    let louver = Served::over(world);
    let spoofed = [
        ("Host", "evil.example.com"),
        ("X-Forwarded-Host", "evil.example.com"),
        ("X-Forwarded-Proto", "http"),
    ];
    for path in [
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
    ] {
        let reply = louver.send("GET", path, &spoofed, b"");
        assert!(
            reply.body.contains("https://louver.example.com/") && !reply.body.contains("evil"),
            "{reply:?}"
        );
    }
    let refused = louver.send("POST", "/mcp", &spoofed, b"{}");
    let challenge = refused.header("www-authenticate").expect("a challenge");
    assert!(
        challenge.contains("\"https://louver.example.com/.well-known/"),
        "{challenge}"
    );

    let about = json!({ "client_name": "x", "redirect_uris": [LOOPBACK] }).to_string();
    let headers = [("Content-Type", "application/json")];
    let client = louver.send("POST", "/register", &headers, about.as_bytes()).json();
    let client = client["client_id"].as_str().expect("an id");
    let path = format!(
        "/authorize?response_type=code&client_id={client}&redirect_uri={}&code_challenge={}&code_challenge_method=S256",
        form_encoded(LOOPBACK),
        "A".repeat(43)
    );
    let page = get(&louver, &path);
    let cookie = page
        .header("set-cookie")
        .unwrap_or_else(|| panic!("no cookie: {page:?}"));
    assert!(cookie.starts_with("__Host-louver="), "{cookie}");
    for part in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=600"] {
        assert!(cookie.split("; ").any(|it| it == part), "{part} is not in {cookie}");
    }
    assert!(!cookie.contains("Domain="), "{cookie}");
}

#[test]
fn the_person_is_shown_who_asks_for_what_and_where_the_answer_goes() {
    let site = site();
    let client = site.register(LOOPBACK);
    let url = Url::parse(&site.authorize_url(&client, REDIRECT)).expect("an address");
    let page = Browser::default().open(&url);
    for shown in [
        "A test",
        &client,
        "nobody has checked its name",
        "127.0.0.1",
        "also when you are not at the browser",
        "program on your own machine",
        "github",
    ] {
        assert!(page.body.contains(shown), "{shown} is not in {page:?}");
    }
    assert!(!page.body.contains("<script"), "{page:?}");
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
}
