//! Two servers on one data directory, as behind a load balancer: what one ends is over in the other with its next request.

use crate::browser::{Browser, location, parameter};
use crate::hosted::{Hosted, OPEN, REDIRECT, Tokens, list};
use crate::served::Served;
use louver::scope::HostKind;
use serde_json::Value;
use url::Url;

/// What each of both answers to an access token.
fn both(site: &Hosted, other: &Served, access: &str) -> [u16; 2] {
    let bearer = format!("Bearer {access}");
    [&site.louver, other].map(|louver| list(louver, "/mcp", &[("Authorization", &bearer)]).status)
}

fn site() -> (Hosted, Served) {
    let site = Hosted::at(&[HostKind::GitHub]);
    let other = site.louver.beside();
    (site, other)
}

#[test]
fn a_session_revoked_by_its_client_is_over_in_both() {
    let (site, other) = site();
    let (client, tokens) = site.session("alice");
    assert_eq!(both(&site, &other, &tokens.access), [200, 200]);
    // The other process had the session in hand; the revocation (RFC 7009) goes to the first.
    let revoked = site.post("/revoke", &[("token", &tokens.refresh), ("client_id", &client)]);
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!(both(&site, &other, &tokens.access), [401, 401]);
}

#[test]
fn what_an_operator_revokes_is_over_in_both() {
    let (site, other) = site();
    let client = site.register("http://127.0.0.1/callback");
    let session_of = |tokens: &Tokens| {
        assert_eq!(both(&site, &other, &tokens.access), [200, 200]);
        let records = site.louver.call_records();
        records.last().expect("a record")["session"]
            .as_str()
            .expect("a session")
            .to_owned()
    };
    let first = site.log_in(&client, "alice");
    let second = site.log_in(&client, "alice");
    let id = session_of(&first);
    site.louver.run(&["access", "revoke", "--session", &id]);
    assert_eq!(both(&site, &other, &first.access), [401, 401]);
    assert_eq!(
        both(&site, &other, &second.access),
        [200, 200],
        "only the one session ends"
    );
    site.louver.run(&["access", "revoke", "--client", &client]);
    assert_eq!(both(&site, &other, &second.access), [401, 401]);

    let third = site.log_in(&client, "alice");
    assert_eq!(both(&site, &other, &third.access), [200, 200]);
    site.louver.run(&["access", "revoke", "--user", "github:alice"]);
    assert_eq!(both(&site, &other, &third.access), [401, 401]);
    site.louver.run(&["access", "restore", "--user", "github:alice"]);
    assert_eq!(both(&site, &other, &third.access), [401, 401], "what ended stays ended");

    let fourth = site.log_in(&client, "alice");
    let told = |louver: &Served| {
        let bearer = format!("Bearer {}", fourth.access);
        list(louver, "/mcp", &[("Authorization", &bearer)]).body.contains(OPEN)
    };
    assert!(told(&site.louver) && told(&other));
    site.louver.run(&["access", "revoke", "--repo", OPEN]);
    assert!(
        !told(&site.louver) && !told(&other),
        "a repository is taken away from both"
    );
    site.louver.run(&["access", "restore", "--repo", OPEN]);
    assert!(told(&site.louver) && told(&other));
    site.louver.run(&["access", "revoke", "--all"]);
    assert_eq!(both(&site, &other, &fourth.access), [401, 401]);
}

#[test]
fn a_personal_token_is_over_in_both() {
    let (site, other) = site();
    let output = site.louver.run(&[
        "token", "create", "--format", "json", "--name", "ci", "--user", "alice", "--id", "1", "--host", "github",
    ]);
    let made: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let bearer = format!("Bearer {}", made["token"].as_str().expect("a token"));
    let statuses = || [&site.louver, &other].map(|louver| list(louver, "/t/mcp", &[("Authorization", &bearer)]).status);
    assert_eq!(statuses(), [200, 200]);
    site.louver
        .run(&["token", "revoke", made["id"].as_str().expect("an id")]);
    assert_eq!(statuses(), [401, 401]);
}

#[test]
fn a_login_may_begin_in_one_and_end_in_the_other() {
    let (site, other) = site();
    let client = site.register("http://127.0.0.1/callback");
    let here = site.louver.address().port().to_string();
    let there = other.address().port().to_string();
    let elsewhere = |url: &Url| Url::parse(&url.as_str().replacen(&here, &there, 1)).expect("an address");

    // Cookies belong to the public address, behind which both are.
    let mut browser = Browser::of("alice", &site.hosts[0]);
    let start = site.authorize_url(&client, REDIRECT);
    let callback = browser.go(&start, "allow", None, |url| url.path().starts_with("/oauth/callback"));
    browser.shares_cookies(site.louver.address(), other.address());
    let answer = location(&browser.open(&elsewhere(&callback)), &callback);
    let tokens = Tokens::of(&site.redeem(&client, REDIRECT, &parameter(&answer, "code")));
    assert_eq!(both(&site, &other, &tokens.access), [200, 200]);
    // The state is spent for both.
    assert_eq!(browser.open(&callback).status, 400);
}

#[test]
fn a_refresh_token_is_good_once_for_both() {
    let (site, other) = site();
    let (client, first) = site.session("alice");
    let second = Tokens::of(&site.refresh(&client, &first.refresh));
    assert_eq!(both(&site, &other, &first.access), [401, 401]);
    assert_eq!(both(&site, &other, &second.access), [200, 200]);
    let body = format!(
        "grant_type=refresh_token&client_id={client}&refresh_token={}",
        first.refresh
    );
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let reused = other.send("POST", "/token", &kind, body.as_bytes());
    assert_eq!(reused.json()["error"], "invalid_grant", "{reused:?}");
    assert_eq!(
        both(&site, &other, &second.access),
        [401, 401],
        "the family is over in both"
    );
}

/// A login at the host ends there, too: when its last session does, and when an operator stops the person.
#[test]
fn what_the_host_gave_ends_at_the_host() {
    let site = Hosted::at(&[HostKind::GitHub]);
    let client = site.register("http://127.0.0.1/callback");
    let (one, other) = (site.log_in(&client, "alice"), site.log_in(&client, "alice"));
    let end = |tokens: &Tokens| site.post("/revoke", &[("token", &tokens.refresh), ("client_id", &client)]);
    let known = || site.hosts[0].tokens_of(1).len();
    let before = known();
    end(&one);
    assert_eq!(known(), before, "the other session rests on it");
    assert_eq!(site.list(&other.access).status, 200);
    end(&other);
    assert_eq!(known(), before - 1, "the token louver had is over at the host");

    site.log_in(&client, "alice");
    let before = known();
    site.louver.run(&["access", "revoke", "--user", "github:alice"]);
    assert_eq!(known(), before - 1);
}

#[test]
fn a_login_is_recorded_under_the_scope_in_force() {
    let (site, _other) = site();
    let digest = || {
        let records = site.louver.records();
        let login = records.iter().rfind(|it| it["class"] == "auth");
        login.expect("a login")["scope_digest"].clone()
    };
    let client = site.register(REDIRECT);
    site.louver.run(&["scope", "apply"]);
    site.log_in_to(&client, REDIRECT, "alice");
    let before = digest();
    let text = std::fs::read_to_string(site.louver.config()).expect("a scope");
    std::fs::write(site.louver.config(), format!("{text}\n[roles]\nreveal = []\n")).expect("written");
    site.louver.run(&["scope", "apply"]);
    site.log_in_to(&client, REDIRECT, "alice");
    let records = site.louver.records();
    let applied = records
        .iter()
        .rfind(|it| it["class"] == "scope_change")
        .expect("a change");
    assert_ne!(digest(), before);
    assert_eq!(digest(), applied["scope_digest"], "{applied}");
}
