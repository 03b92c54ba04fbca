//! louver as an authorization server: discovery, registration, consent, code, tokens, and the attacks on each step.
//!
//! The browser is a jar of one cookie; the host is the static one, whose people log in with a personal token.

use crate::served::{REVISION, Reply, Served};
use crate::tokens::{create, site};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::net::TcpListener;
use url::Url;
use url::form_urlencoded::Serializer;

const VERIFIER: &str = "a-verifier-of-43-characters-or-more-0123456789";
const REDIRECT: &str = "http://127.0.0.1:45678/callback";

/// A served site, a registered client, and a person with a personal token.
struct Site {
    louver: Served,
    client: String,
    token: String,
}

/// What the token endpoint gave.
struct Tokens {
    access: String,
    refresh: String,
}

impl Site {
    fn start() -> Self {
        let world = site();
        let port = free_port();
        let text = std::fs::read_to_string(world.config()).expect("a scope file");
        let text = text.replace("http://127.0.0.1:8080", &format!("http://127.0.0.1:{port}"));
        std::fs::write(world.config(), text).expect("a scope file");
        let (_, token) = create(&world, "bob", &[]);
        let louver = Served::at(world, port);
        let mut site = Self {
            louver,
            client: String::new(),
            token,
        };
        let reply =
            site.register(&json!({ "client_name": "A <b>test</b>", "redirect_uris": ["http://127.0.0.1/callback"] }));
        assert_eq!(reply.status, 201, "{reply:?}");
        site.client = text_of(&reply.json(), "client_id");
        site
    }

    fn base(&self) -> String {
        format!("http://{}", self.louver.address())
    }

    fn register(&self, about: &Value) -> Reply {
        let headers = [("Content-Type", "application/json")];
        self.louver
            .send("POST", "/register", &headers, about.to_string().as_bytes())
    }

    /// What the client asks for, with some of it replaced, or left out if it is empty.
    fn authorize(&self, changed: &[(&str, &str)], cookie: Option<&str>) -> Reply {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let resource = format!("{}/mcp", self.base());
        let usual = [
            ("response_type", "code"),
            ("client_id", self.client.as_str()),
            ("redirect_uri", REDIRECT),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("state", "the client's own"),
            ("resource", &resource),
            ("scope", "code:read offline_access"),
            ("prompt", "consent"),
        ];
        let value = |name: &str, usual| changed.iter().find(|it| it.0 == name).map_or(usual, |it| it.1);
        let pairs = usual.map(|(name, usual)| (name, value(name, usual)));
        let query = form(&pairs.into_iter().filter(|it| !it.1.is_empty()).collect::<Vec<_>>());
        let headers: Vec<(&str, &str)> = cookie.map(|it| ("Cookie", it)).into_iter().collect();
        self.louver.send("GET", &format!("/authorize?{query}"), &headers, b"")
    }

    fn post(&self, path: &str, pairs: &[(&str, &str)], cookie: Option<&str>) -> Reply {
        let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded")];
        headers.extend(cookie.map(|it| ("Cookie", it)));
        self.louver.send("POST", path, &headers, form(pairs).as_bytes())
    }

    fn consent(&self, request: &str, cookie: Option<&str>) -> Reply {
        let pairs = [
            ("request", request),
            ("host", "site"),
            ("token", self.token.as_str()),
            ("decision", "allow"),
        ];
        self.post("/consent", &pairs, cookie)
    }

    /// Goes through consent and login; returns the code.
    #[track_caller]
    fn code(&self) -> String {
        let page = self.authorize(&[], None);
        assert_eq!(page.status, 200, "{page:?}");
        let reply = self.consent(&request_of(&page), Some(&cookie_of(&page)));
        let answer = answer_of(&reply);
        assert_eq!(parameter(&answer, "iss"), self.base());
        assert_eq!(parameter(&answer, "state"), "the client's own");
        parameter(&answer, "code")
    }

    fn redeem(&self, code: &str, changed: &[(&str, &str)]) -> Reply {
        let usual = [
            ("grant_type", "authorization_code"),
            ("client_id", self.client.as_str()),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        let pairs = usual.map(|(name, usual)| {
            let value = changed.iter().find(|it| it.0 == name).map_or(usual, |it| it.1);
            (name, value)
        });
        self.post("/token", &pairs, None)
    }

    fn refresh(&self, token: &str) -> Reply {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("client_id", self.client.as_str()),
            ("refresh_token", token),
        ];
        self.post("/token", &pairs, None)
    }

    #[track_caller]
    fn tokens(&self) -> Tokens {
        Tokens::of(&self.redeem(&self.code(), &[]))
    }

    /// What the MCP endpoint says to an access token.
    fn call(&self, path: &str, access: &str) -> Reply {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "logins", "version": "1" },
        });
        let params = json!({ "name": "list_repos", "arguments": {}, "_meta": meta });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let bearer = format!("Bearer {access}");
        let headers = [
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", REVISION),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", "list_repos"),
            ("Authorization", &bearer),
        ];
        self.louver.send("POST", path, &headers, body.to_string().as_bytes())
    }

    fn change_state(&self, sql: &str) {
        let state = rusqlite::Connection::open(self.louver.data().join("state.db")).expect("the state");
        state.execute_batch(sql).expect("changed");
    }

    fn rules(&self) -> Vec<String> {
        let records = self.louver.records();
        let rules = records.iter().filter(|it| it["class"] == "auth");
        rules.map(|it| text_of(it, "rule")).collect()
    }
}

impl Tokens {
    #[track_caller]
    fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(
            reply.head.to_lowercase().contains("cache-control: no-store"),
            "{reply:?}"
        );
        let said = reply.json();
        Self {
            access: text_of(&said, "access_token"),
            refresh: text_of(&said, "refresh_token"),
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn form(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[track_caller]
fn text_of(value: &Value, key: &str) -> String {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {value}"))
        .to_owned()
}

#[track_caller]
fn header_of(reply: &Reply, name: &str) -> String {
    let found = reply.head.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then(|| value.to_owned())
    });
    found.unwrap_or_else(|| panic!("no {name}: {reply:?}"))
}

fn cookie_of(reply: &Reply) -> String {
    let cookie = header_of(reply, "set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    cookie.split(';').next().unwrap_or_default().to_owned()
}

#[track_caller]
fn request_of(page: &Reply) -> String {
    let (_, rest) = page.body.split_once("name=\"request\" value=\"").expect("a form");
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[track_caller]
fn answer_of(reply: &Reply) -> Url {
    assert_eq!(reply.status, 303, "{reply:?}");
    Url::parse(&header_of(reply, "location")).expect("an address")
}

#[track_caller]
fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}

#[track_caller]
fn refused(reply: &Reply, error: &str) {
    assert_eq!(reply.status, 400, "{reply:?}");
    assert_eq!(reply.json()["error"], error, "{reply:?}");
}

#[test]
fn a_client_finds_registers_asks_and_is_answered() {
    let site = Site::start();
    let challenge = header_of(&site.louver.send("POST", "/mcp", &[], b"{}"), "www-authenticate");
    let at = format!("{}/.well-known/oauth-protected-resource/mcp", site.base());
    assert_eq!(
        challenge,
        format!("Bearer resource_metadata=\"{at}\", scope=\"code:read\"")
    );
    let about = site
        .louver
        .send("GET", "/.well-known/oauth-protected-resource/mcp", &[], b"")
        .json();
    assert_eq!(about["resource"], format!("{}/mcp", site.base()));
    assert_eq!(about["authorization_servers"], json!([site.base()]));
    let server = site
        .louver
        .send("GET", "/.well-known/oauth-authorization-server", &[], b"")
        .json();
    assert_eq!(server["issuer"], site.base());
    assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(server["registration_endpoint"], format!("{}/register", site.base()));
}

#[test]
fn a_session_lasts_until_it_is_revoked() {
    let site = Site::start();
    let first = site.tokens();
    let reply = site.call("/mcp", &first.access);
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(
        reply.body.contains("acme/shop") && !reply.body.contains("acme/vault"),
        "{reply:?}"
    );
    let second = Tokens::of(&site.refresh(&first.refresh));
    assert_eq!(site.call("/mcp", &second.access).status, 200);
    assert_eq!(site.call("/t/mcp", &second.access).status, 401);
    // Its tokens go when it ends; one that stayed opens nothing either.
    site.change_state("UPDATE sessions SET revoked_at = 1");
    assert_eq!(site.call("/mcp", &second.access).status, 401);
    site.change_state("UPDATE sessions SET revoked_at = NULL");
    let revoked = site.post(
        "/revoke",
        &[("client_id", &site.client), ("token", &second.refresh)],
        None,
    );
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!(site.call("/mcp", &second.access).status, 401);
    refused(&site.refresh(&second.refresh), "invalid_grant");
    let rules = site.rules();
    for rule in [
        "client-registered",
        "consent-given",
        "session-began",
        "session-refreshed",
        "session-revoked",
    ] {
        assert!(rules.iter().any(|it| it == rule), "{rule} is not in {rules:?}");
    }
    let call = site.louver.call_records().pop().expect("a record");
    assert_eq!(call["oauth_client"], site.client);
    assert_eq!(call["subject"]["id"], "2");
    assert!(call["session"].is_string());
}

#[test]
fn consent_is_asked_on_a_page_that_nothing_can_frame_or_script() {
    let site = Site::start();
    let page = site.authorize(&[], None);
    let policy = header_of(&page, "content-security-policy");
    assert!(
        policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"),
        "{policy}"
    );
    assert!(
        page.body.contains("A &lt;b&gt;test&lt;/b&gt;") && !page.body.contains("<b>"),
        "{page:?}"
    );
    assert!(
        page.body.contains(&site.client) && page.body.contains("127.0.0.1"),
        "{page:?}"
    );
}

#[test]
fn without_consent_in_the_same_browser_there_is_no_code() {
    let site = Site::start();
    let page = site.authorize(&[], None);
    let (name, cookie) = (request_of(&page), cookie_of(&page));
    let other = cookie_of(&site.authorize(&[], None));
    assert_eq!(site.consent(&name, None).status, 400, "no cookie");
    assert_eq!(site.consent(&name, Some(&other)).status, 400, "another browser");
    assert_eq!(site.consent("guessed", Some(&cookie)).status, 400);
    let reply = site.post("/consent", &[("request", &name), ("decision", "deny")], Some(&cookie));
    assert_eq!(parameter(&answer_of(&reply), "error"), "access_denied");
    assert_eq!(
        site.consent(&name, Some(&cookie)).status,
        400,
        "a request is answered once"
    );
    let callback = site.louver.send(
        "GET",
        "/oauth/callback/site?code=x&state=y",
        &[("Cookie", &cookie)],
        b"",
    );
    assert_eq!(callback.status, 400, "{callback:?}");
}

#[test]
fn a_request_that_is_not_right_is_never_consented_to() {
    let site = Site::start();
    for (name, value) in [
        ("client_id", "unknown"),
        ("redirect_uri", "http://127.0.0.1:45678/other"),
        ("redirect_uri", "https://evil.example.com/callback"),
    ] {
        let reply = site.authorize(&[(name, value)], None);
        assert_eq!(reply.status, 400, "{name}={value}: {reply:?}");
        assert!(!reply.head.to_lowercase().contains("location:"), "{reply:?}");
    }
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("resource", "https://other.example.com/mcp", "invalid_target"),
        ("scope", "admin", "invalid_scope"),
    ] {
        let answer = answer_of(&site.authorize(&[(name, value)], None));
        assert_eq!(parameter(&answer, "error"), error, "{name}={value}");
        assert_eq!(parameter(&answer, "iss"), site.base());
        assert_eq!(parameter(&answer, "state"), "the client's own");
    }
}

#[test]
fn a_code_is_good_once_and_for_whoever_it_was_made_for() {
    let site = Site::start();
    let other = site
        .register(&json!({ "redirect_uris": ["http://127.0.0.1/callback"] }))
        .json();
    for (name, value) in [
        ("code_verifier", "another-verifier-of-43-characters-or-more-01234"),
        ("redirect_uri", "http://127.0.0.1:1/callback"),
        ("client_id", &text_of(&other, "client_id")),
    ] {
        refused(&site.redeem(&site.code(), &[(name, value)]), "invalid_grant");
    }
    let code = site.code();
    let tokens = Tokens::of(&site.redeem(&code, &[]));
    refused(&site.redeem(&code, &[]), "invalid_grant");
    assert_eq!(
        site.call("/mcp", &tokens.access).status,
        401,
        "a replayed code ends what it began"
    );
    let code = site.code();
    site.change_state("UPDATE codes SET expires_at = 1");
    refused(&site.redeem(&code, &[]), "invalid_grant");
}

#[test]
fn a_refresh_token_that_is_used_twice_ends_the_session() {
    let site = Site::start();
    let first = site.tokens();
    let second = Tokens::of(&site.refresh(&first.refresh));
    refused(&site.refresh(&first.refresh), "invalid_grant");
    assert_eq!(site.call("/mcp", &second.access).status, 401);
    refused(&site.refresh(&second.refresh), "invalid_grant");
    assert!(site.rules().iter().any(|it| it == "refresh-reused"));
}

#[test]
fn a_token_of_another_resource_or_time_opens_nothing() {
    let site = Site::start();
    let tokens = site.tokens();
    site.change_state("UPDATE sessions SET resource = 'https://other.example.com/mcp'");
    assert_eq!(site.call("/mcp", &tokens.access).status, 401);
    let tokens = site.tokens();
    assert_eq!(site.call("/mcp", &tokens.access).status, 200);
    site.change_state("UPDATE tokens SET expires_at = 1 WHERE kind = 'access'");
    assert_eq!(site.call("/mcp", &tokens.access).status, 401);
    assert_eq!(
        site.call("/mcp", &tokens.refresh).status,
        401,
        "a refresh token is no access token"
    );
}

#[test]
fn a_limited_or_wrong_token_is_no_login() {
    let mut site = Site::start();
    site.token = "lvp_guessed".to_owned();
    let page = site.authorize(&[], None);
    let reply = site.consent(&request_of(&page), Some(&cookie_of(&page)));
    assert_eq!(parameter(&answer_of(&reply), "error"), "access_denied");
    site.token = create(&site.louver, "ada", &["--repo", "acme/shop"]).1;
    let page = site.authorize(&[], None);
    let reply = site.consent(&request_of(&page), Some(&cookie_of(&page)));
    assert_eq!(parameter(&answer_of(&reply), "error"), "access_denied");
}

#[test]
fn registration_is_bounded() {
    let site = Site::start();
    for bad in [
        "javascript:alert(1)",
        "http://evil.example.com/cb",
        "https://a.example.com/#x",
    ] {
        refused(
            &site.register(&json!({ "redirect_uris": [bad] })),
            "invalid_redirect_uri",
        );
    }
    refused(
        &site.register(&json!({ "client_name": "x" })),
        "invalid_client_metadata",
    );
    let good = json!({ "redirect_uris": ["http://127.0.0.1/cb"] });
    let last = (0..30).map(|_| site.register(&good)).find(|reply| reply.status == 429);
    let reply = last.expect("too many registrations are refused");
    header_of(&reply, "retry-after");
}

/// Where a personal token is the login, the sessions it began end with it: when it is revoked, and when it expires.
#[test]
fn a_session_of_a_static_host_ends_with_its_token() {
    let mut site = Site::start();
    let (id, token) = create(&site.louver, "bob", &[]);
    let (_, own) = (site.tokens(), std::mem::replace(&mut site.token, token));
    let tokens = site.tokens();
    assert_eq!(site.call("/mcp", &tokens.access).status, 200);
    site.louver.run(&["token", "revoke", &id]);
    assert_eq!(site.call("/mcp", &tokens.access).status, 401);
    refused(&site.refresh(&tokens.refresh), "invalid_grant");
    // Bob's other token still lets him in, until it expires.
    site.token = own;
    let tokens = site.tokens();
    assert_eq!(site.call("/mcp", &tokens.access).status, 200);
    site.change_state("UPDATE personal_tokens SET expires_at = 1");
    assert_eq!(site.call("/mcp", &tokens.access).status, 401);
}
