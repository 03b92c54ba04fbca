//! Access tokens of an organisation's own identity provider: `oidc-provider`, whose pages a browser goes through as a person does.
//!
//! Alice is account 1 at GitHub; the provider knows that in a claim.

use crate::browser::{Browser, location, parameter};
use crate::clients::node;
use crate::hosted::{CLOSED, Hosted, OPEN, REDIRECT, VERIFIER, free_port, list};
use crate::served::Reply;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use louver::scope::HostKind;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use url::Url;

const AUDIENCE: &str = "https://louver.example.com/mcp";

struct Provider {
    server: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    issuer: String,
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left of it.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

impl Provider {
    fn start() -> Self {
        let mut server = node("identity-provider.mjs")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the provider starts");
        let stdin = server.stdin.take().expect("a pipe");
        let stdout = BufReader::new(server.stdout.take().expect("a pipe"));
        let mut provider = Self {
            server,
            stdin,
            stdout,
            issuer: String::new(),
        };
        let accounts = json!({
            "alice": { "github_id": 1, "preferred_username": "alice" },
            "bob": { "github_id": "2", "preferred_username": "bob" },
            "carol": { "preferred_username": "carol" },
        });
        let said = provider.ask(&json!({ "audience": AUDIENCE, "redirect": REDIRECT, "accounts": accounts }));
        provider.issuer = said["issuer"].as_str().expect("an issuer").to_owned();
        provider
    }

    #[track_caller]
    fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.stdin, "{question}").expect("the provider reads");
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("the provider answers");
        serde_json::from_str(&line).expect("JSON")
    }

    fn rotate(&mut self) {
        self.ask(&json!({ "rotate": true }));
    }

    /// A token with right claims, but for those that are given; one that is null is left out.
    fn forge(&mut self, header: Value, changed: &Value, how: &str) -> String {
        let now = now();
        let mut claims = json!({
            "iss": self.issuer, "aud": AUDIENCE, "sub": "alice", "github_id": 1, "client_id": "agent",
            "iat": now, "exp": now + 300, "jti": "x",
        });
        for (key, value) in changed.as_object().expect("claims") {
            claims[key] = value.clone();
        }
        claims
            .as_object_mut()
            .expect("claims")
            .retain(|_, value| !value.is_null());
        let said = self.ask(&json!({ "forge": { "header": header, "claims": claims, "how": how } }));
        said["token"].as_str().expect("a token").to_owned()
    }

    /// Logs a person in through the provider's own pages; returns its answer to the code.
    #[track_caller]
    fn log_in(&self, login: &str, scope: &str) -> Value {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut url = Url::parse(&format!("{}/auth", self.issuer)).expect("an address");
        url.query_pairs_mut().extend_pairs([
            ("client_id", "agent"),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("scope", scope),
            ("resource", AUDIENCE),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let mut browser = Browser::default();
        for _ in 0..12 {
            if url.as_str().starts_with(REDIRECT) {
                let fields = [
                    ("grant_type", "authorization_code"),
                    ("client_id", "agent"),
                    ("code", &parameter(&url, "code")),
                    ("redirect_uri", REDIRECT),
                    ("code_verifier", VERIFIER),
                    ("resource", AUDIENCE),
                ];
                let token = Url::parse(&format!("{}/token", self.issuer)).expect("an address");
                return browser.post(&token, &fields).json();
            }
            let mut reply = browser.open(&url);
            if reply.status == 200 {
                // One page asks who she is, the next whether the client may.
                let prompt = if reply.body.contains("value=\"login\"") {
                    "login"
                } else {
                    "consent"
                };
                reply = browser.post(&url, &[("prompt", prompt), ("login", login), ("password", "any")]);
            }
            url = location(&reply, &url);
        }
        panic!("the login at the provider leads nowhere; the last address is {url}");
    }

    #[track_caller]
    fn token(&self, login: &str) -> String {
        let said = self.log_in(login, "code:read");
        said["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("{said}"))
            .to_owned()
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs()
}

/// A louver that takes the provider's tokens.
fn site(provider: &Provider) -> Hosted {
    let issuer = &provider.issuer;
    Hosted::with(
        &[HostKind::GitHub],
        &format!(
            "[[server.jwt]]\nissuer = \"{issuer}\"\naudience = \"{AUDIENCE}\"\njwks_url = \"{issuer}/jwks\"\n\
             leeway_seconds = 30\nhost = \"github\"\naccount_claim = \"github_id\"\nlogin_claim = \"preferred_username\"\n"
        ),
    )
}

/// Nobody is let in; returns why, as the record says.
#[track_caller]
fn refused(site: &Hosted, token: &str) -> String {
    let reply = site.list(token);
    assert_eq!(reply.status, 401, "{reply:?}");
    let challenge = reply.header("www-authenticate").expect("a challenge");
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    let records = site.louver.records();
    let last = records.iter().rev().find(|it| it["rule"] == "token-refused");
    last.expect("a record")["detail"]["why"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[track_caller]
fn told(reply: &Reply) -> &str {
    assert_eq!(reply.status, 200, "{reply:?}");
    &reply.body
}

#[test]
fn a_token_of_the_provider_stands_for_an_account_at_the_host() {
    let provider = Provider::start();
    let site = site(&provider);
    let about = site
        .louver
        .send("GET", "/.well-known/oauth-protected-resource/mcp", &[], b"");
    let servers = json!([site.base(), provider.issuer]);
    assert_eq!(about.json()["authorization_servers"], servers);
    let (alice, bob) = (provider.token("alice"), provider.token("bob"));
    // The provider says who she is; what she may read is the host's to say, and louver cannot ask it before she has logged in there.
    let reply = site.list(&alice);
    assert!(!told(&reply).contains(OPEN), "{reply:?}");
    site.session("alice");
    site.session("bob");
    let reply = site.list(&alice);
    assert!(
        told(&reply).contains(OPEN) && !told(&reply).contains(CLOSED),
        "{reply:?}"
    );
    let record = site.louver.call_records().pop().expect("a record");
    assert_eq!(record["subject"]["host"], "github");
    assert_eq!(record["subject"]["id"], "1");
    assert_eq!(record["oauth_client"], "agent");
    assert!(
        record["session"].as_str().expect("a session").starts_with("jwt:"),
        "{record}"
    );
    assert!(!told(&site.list(&bob)).contains("acme/"), "Bob may read nothing");
    // An operator stops the person, whichever token they have.
    site.louver.run(&["access", "revoke", "--user", "github:alice"]);
    assert!(!told(&site.list(&alice)).contains("acme/"));
    // It is no personal token.
    let bearer = format!("Bearer {bob}");
    assert_eq!(list(&site.louver, "/t/mcp", &[("Authorization", &bearer)]).status, 401);
}

#[test]
fn a_person_without_an_account_at_the_host_is_nobody() {
    let provider = Provider::start();
    let site = site(&provider);
    assert_eq!(refused(&site, &provider.token("carol")), "no account in its claims");
}

#[test]
fn an_identity_token_is_no_access_token() {
    let provider = Provider::start();
    let site = site(&provider);
    let said = provider.log_in("alice", "openid code:read");
    let token = said["id_token"].as_str().unwrap_or_else(|| panic!("{said}"));
    assert_eq!(refused(&site, token), "another audience");
}

#[test]
fn new_keys_are_found_and_old_ones_end() {
    let mut provider = Provider::start();
    let site = site(&provider);
    let old = provider.forge(json!({}), &json!({}), "");
    told(&site.list(&old));
    provider.rotate();
    let new = provider.forge(json!({}), &json!({}), "");
    told(&site.list(&new));
    assert_eq!(refused(&site, &old), "no key that is known");
    // Nobody can make louver ask the provider for keys as often as they like.
    for n in 0..8 {
        let header = json!({ "kid": format!("made-up-{n}") });
        refused(&site, &provider.forge(header, &json!({}), ""));
    }
    told(&site.list(&new));
    provider.rotate();
    assert_eq!(
        refused(&site, &provider.forge(json!({}), &json!({}), "")),
        "no key that is known"
    );
}

#[test]
fn a_token_that_is_not_right_in_every_way_is_refused() {
    let mut provider = Provider::start();
    let site = site(&provider);
    told(&site.list(&provider.forge(json!({}), &json!({}), "")));
    told(&site.list(&provider.forge(json!({ "typ": "JWT" }), &json!({ "aud": ["x", AUDIENCE] }), "")));
    let evil = "https://evil.example.com";
    for (changed, why) in [
        (json!({ "aud": evil }), "another audience"),
        (json!({ "aud": format!("{AUDIENCE}/") }), "another audience"),
        (json!({ "aud": null }), "no JWT"),
        (json!({ "iss": evil }), "no issuer that is taken"),
        (json!({ "exp": null }), "no JWT"),
        (json!({ "exp": now() + 90_000 }), "good for longer than a day"),
        (
            json!({ "cnf": { "jkt": "x" } }),
            "bound to a key of its sender, which louver cannot check",
        ),
        (json!({ "github_id": null }), "no account in its claims"),
        (json!({ "github_id": "" }), "no account in its claims"),
        (json!({ "github_id": 1.5 }), "no account in its claims"),
        (json!({ "github_id": ["1"] }), "no account in its claims"),
    ] {
        assert_eq!(
            refused(&site, &provider.forge(json!({}), &changed, "")),
            why,
            "{changed}"
        );
    }
}

#[test]
fn clocks_may_differ_by_what_the_operator_allows() {
    let mut provider = Provider::start();
    let site = site(&provider);
    for (changed, is_good) in [
        (json!({ "exp": now() - 10 }), true),
        (json!({ "exp": now() - 60 }), false),
        (json!({ "nbf": now() + 15 }), true),
        (json!({ "nbf": now() + 120 }), false),
    ] {
        let token = provider.forge(json!({}), &changed, "");
        if is_good {
            told(&site.list(&token));
        } else {
            assert_eq!(refused(&site, &token), "expired, or not yet good", "{changed}");
        }
    }
}

#[test]
fn a_signature_is_of_the_providers_key_by_an_algorithm_that_is_taken() {
    let mut provider = Provider::start();
    let site = site(&provider);
    let mut forge = |header: Value, how: &str| provider.forge(header, &json!({}), how);
    let own = json!({ "jwk": { "kty": "oct", "k": "AAAA" }, "jku": "https://evil.example.com/jwks" });
    for (token, why) in [
        (forge(json!({}), "other"), "the signature is not right"),
        (forge(own, "other"), "the signature is not right"),
        (
            forge(json!({ "alg": "none" }), "none"),
            "an algorithm that is not taken",
        ),
        (
            forge(json!({ "alg": "None" }), "none"),
            "an algorithm that is not taken",
        ),
        (
            forge(json!({ "alg": "HS256" }), "hmac"),
            "an algorithm that is not taken",
        ),
        (forge(json!({ "alg": "PS256" }), ""), "no key that is known"),
        (forge(json!({ "alg": "ES256" }), ""), "no key that is known"),
        (forge(json!({ "crit": ["b64"] }), ""), "a header that is not understood"),
        (
            forge(json!({ "typ": "logout+jwt" }), ""),
            "a header that is not understood",
        ),
        (forge(json!({ "kid": "../../etc/passwd" }), ""), "no key that is known"),
    ] {
        assert_eq!(refused(&site, &token), why, "{token}");
    }
    let token = forge(json!({}), "");
    let (signed, _) = token.rsplit_once('.').expect("a signature");
    assert_eq!(refused(&site, &format!("{signed}.")), "the signature is not right");
    assert_eq!(refused(&site, "a.b.c"), "no JWT");
}

#[test]
fn keys_may_be_in_a_file_and_a_provider_that_is_gone_lets_nobody_in() {
    let mut provider = Provider::start();
    let issuer = provider.issuer.clone();
    let jwks = Browser::default().open(&Url::parse(&format!("{issuer}/jwks")).expect("an address"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("jwks.json");
    fs::write(&file, &jwks.body).expect("written");
    let table = |keys: &str| {
        format!(
            "[[server.jwt]]\nissuer = \"{issuer}\"\naudience = \"{AUDIENCE}\"\n{keys}\nhost = \"github\"\n\
             account_claim = \"github_id\"\n"
        )
    };
    let site = Hosted::with(
        &[HostKind::GitHub],
        &table(&format!("jwks_file = {:?}", file.display().to_string())),
    );
    let token = provider.forge(json!({}), &json!({}), "");
    told(&site.list(&token));
    let gone = table(&format!("jwks_url = \"http://127.0.0.1:{}/jwks\"", free_port()));
    let site = Hosted::with(&[HostKind::GitHub], &gone);
    assert_eq!(site.list(&token).status, 503, "nobody can tell");
}
