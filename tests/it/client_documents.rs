//! Clients that describe themselves in a document (client-id metadata documents), and the attacks through one.
//!
//! That a name is resolved once, and the connection goes where it was looked at (DNS rebinding), is a unit test of `login/fetch.rs`: it
//! needs a resolver that changes its mind.

use crate::browser::{Browser, Form, location, parameter};
use crate::hosted::{Hosted, OPEN, REDIRECT, Tokens};
use louver::scope::HostKind;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use url::Url;

/// A server on loopback that answers with what it is told to, and remembers who came.
#[derive(Clone)]
struct Paper {
    port: u16,
    answers: Arc<Mutex<HashMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Paper {
    fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let paper = Self {
            port: listener.local_addr().expect("an address").port(),
            answers: Arc::default(),
            asked: Arc::default(),
        };
        let own = paper.clone();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = [0; 4096];
                let count = stream.read(&mut head).unwrap_or_default();
                let head = String::from_utf8_lossy(&head[..count]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let answer = own.answers.lock().expect("unpoisoned").get(&path).cloned();
                own.asked.lock().expect("unpoisoned").push(path);
                // A client that has had enough hangs up.
                drop(stream.write_all(answer.unwrap_or_default().as_bytes()));
            }
        });
        paper
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Puts a document at a path; what it says of itself is right unless `changed`.
    fn publish(&self, path: &str, changed: &[(&str, Value)]) -> String {
        let mut document = json!({
            "client_id": self.url(path), "client_name": "Described", "redirect_uris": ["http://127.0.0.1/callback"],
        });
        for (key, value) in changed {
            document[key] = value.clone();
        }
        let body = document.to_string();
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n";
        self.answer(path, &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()));
        self.url(path)
    }

    fn answer(&self, path: &str, answer: &str) {
        let mut answers = self.answers.lock().expect("unpoisoned");
        answers.insert(path.to_owned(), answer.to_owned());
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("unpoisoned").clone()
    }
}

/// A louver that takes the listed documents.
fn pinned(urls: &[&str]) -> Hosted {
    let more = format!("client_metadata = \"pinned\"\nclient_metadata_allow = {urls:?}\n");
    Hosted::with(&[HostKind::GitHub], &more)
}

/// Whether a client gets as far as the consent page; nothing is told it otherwise.
#[track_caller]
fn is_asked_about(site: &Hosted, client: &str) -> bool {
    let url = Url::parse(&site.authorize_url(client, REDIRECT)).expect("an address");
    let reply = Browser::default().open(&url);
    assert!(reply.header("location").is_none(), "{reply:?}");
    match reply.status {
        200 => true,
        400 => {
            assert!(reply.body.contains("does not know the program"), "{reply:?}");
            false
        }
        other => panic!("{other}: {reply:?}"),
    }
}

#[test]
fn a_client_describes_itself_and_logs_in() {
    let paper = Paper::serve();
    let client = paper.publish("/client.json", &[]);
    let site = pinned(&[&client]);
    let metadata = site
        .louver
        .send("GET", "/.well-known/oauth-authorization-server", &[], b"");
    assert_eq!(metadata.json()["client_id_metadata_document_supported"], true);
    let tokens = site.log_in(&client, "alice");
    assert!(site.list(&tokens.access).body.contains(OPEN));
    let tokens = Tokens::of(&site.refresh(&client, &tokens.refresh));
    let revoked = site.post("/revoke", &[("token", &tokens.refresh), ("client_id", &client)]);
    assert_eq!(revoked.status, 200);
    assert_eq!(site.list(&tokens.access).status, 401);
    assert_eq!(paper.asked(), ["/client.json"], "it is fetched once and kept");
    let record = site.louver.call_records().pop().expect("a record");
    assert_eq!(record["oauth_client"], client);
}

#[test]
fn without_the_operators_word_no_document_is_taken() {
    let paper = Paper::serve();
    let client = paper.publish("/client.json", &[]);
    let other = paper.publish("/other.json", &[]);
    let off = Hosted::at(&[HostKind::GitHub]);
    let metadata = off
        .louver
        .send("GET", "/.well-known/oauth-authorization-server", &[], b"");
    assert!(metadata.json()["client_id_metadata_document_supported"].is_null());
    assert!(!is_asked_about(&off, &client));
    let pinned = pinned(&[&other]);
    assert!(!is_asked_about(&pinned, &client));
    assert!(is_asked_about(&pinned, &other));
    assert_eq!(paper.asked(), ["/other.json"]);
    assert!(pinned.events().iter().any(|it| it == "client-refused"));
}

#[test]
fn client_impersonation_by_metadata_document() {
    let paper = Paper::serve();
    let real = paper.publish("/real.json", &[("client_name", json!("Claude"))]);
    let liar = paper.publish("/liar.json", &[("client_id", json!(real))]);
    let secret = paper.publish(
        "/secret.json",
        &[("token_endpoint_auth_method", json!("client_secret_post"))],
    );
    let receiver = json!(["http://evil.example.com/cb"]);
    let receiver = paper.publish("/receiver.json", &[("redirect_uris", receiver)]);
    let namesake = json!(["https://evil.example.com/callback"]);
    let named = [("client_name", json!("Claude")), ("redirect_uris", namesake)];
    let namesake = paper.publish("/namesake.json", &named);
    let site = pinned(&[&real, &liar, &secret, &receiver, &namesake]);
    // A document that speaks of another client, of one with a secret, or of an address that no code may go to, describes nobody.
    for bad in [&liar, &secret, &receiver] {
        assert!(!is_asked_about(&site, bad), "{bad}");
    }
    // A code goes to addresses of the client's own document only.
    assert!(is_asked_about(&site, &real));
    let start = site.authorize_url(&real, "https://evil.example.com/callback");
    assert_eq!(
        Browser::default().open(&Url::parse(&start).expect("an address")).status,
        400
    );
    // A name can be claimed; the page also shows what cannot be: where the description is, and where the answer goes.
    let start = site.authorize_url(&namesake, "https://evil.example.com/callback");
    let page = Browser::default().open(&Url::parse(&start).expect("an address"));
    assert_eq!(page.status, 200, "{page:?}");
    assert!(
        page.body.contains("Vouched for by") && page.body.contains("127.0.0.1"),
        "{page:?}"
    );
    assert!(page.body.contains("evil.example.com"), "{page:?}");
    // What one client was given, another cannot redeem.
    let mut browser = Browser::of("alice", &site.hosts[0]);
    let answer = browser.log_in(&site.authorize_url(&real, REDIRECT), REDIRECT);
    let reply = site.redeem(&namesake, REDIRECT, &parameter(&answer, "code"));
    assert_eq!(reply.json()["error"], "invalid_grant", "{reply:?}");
}

#[test]
fn ssrf_through_metadata_document_loopback() {
    let paper = Paper::serve();
    let site = Hosted::with(&[HostKind::GitHub], "client_metadata = \"open\"\n");
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ] {
        for scheme in ["https", "http"] {
            let client = format!("{scheme}://{host}:{}/client.json", paper.port);
            assert!(!is_asked_about(&site, &client), "{client}");
            // The token endpoint does not fetch at all.
            let reply = site.redeem(&client, REDIRECT, "lvg_guessed");
            assert!(matches!(reply.status, 400 | 401 | 429), "{reply:?}");
        }
    }
    assert_eq!(paper.asked(), [""; 0], "nothing was asked for, over TLS or not");
}

#[test]
fn ssrf_through_metadata_document_link_local() {
    let site = Hosted::with(&[HostKind::GitHub], "client_metadata = \"open\"\n");
    for host in [
        "169.254.169.254",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "192.168.0.1",
        "100.100.100.200",
    ] {
        assert!(
            !is_asked_about(&site, &format!("https://{host}/latest/meta-data")),
            "{host}"
        );
    }
    // What a server says is read behind; a busy machine takes its time.
    let refused = || site.louver.stderr().matches("not public").count();
    let began = Instant::now();
    while refused() < 6 && began.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(50));
    }
    assert!(
        refused() >= 6,
        "each was refused for its address: {}",
        site.louver.stderr()
    );
}

#[test]
fn ssrf_through_metadata_document_redirect() {
    let (paper, inside) = (Paper::serve(), Paper::serve());
    let target = inside.publish("/client.json", &[("client_id", json!(paper.url("/moved.json")))]);
    let head = "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\n";
    paper.answer("/moved.json", &format!("{head}Location: {target}\r\n\r\n"));
    let site = pinned(&[&paper.url("/moved.json")]);
    assert!(!is_asked_about(&site, &paper.url("/moved.json")));
    assert_eq!(paper.asked(), ["/moved.json"]);
    assert_eq!(inside.asked(), [""; 0], "a redirect is not followed");
}

#[test]
fn a_document_that_is_too_long_slow_or_no_json_is_no_client() {
    let paper = Paper::serve();
    let long = paper.publish("/long.json", &[("padding", json!("x".repeat(70_000)))]);
    paper.answer(
        "/page",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}",
    );
    let (page, gone) = (paper.url("/page"), paper.url("/gone"));
    let site = pinned(&[&long, &page, &gone]);
    for client in [&long, &page, &gone] {
        assert!(!is_asked_about(&site, client), "{client}");
        assert!(!is_asked_about(&site, client), "{client}");
    }
    assert_eq!(
        paper.asked(),
        ["/long.json", "/page", "/gone"],
        "none is tried again at once"
    );
}

/// The consent of one client is none for another, even if both have the same name.
#[test]
fn consent_is_for_one_client() {
    let paper = Paper::serve();
    let (one, other) = (paper.publish("/one.json", &[]), paper.publish("/other.json", &[]));
    let site = pinned(&[&one, &other]);
    let mut browser = Browser::of("alice", &site.hosts[0]);
    let open = |browser: &mut Browser, client: &str| {
        let url = Url::parse(&site.authorize_url(client, REDIRECT)).expect("an address");
        Form::of(&browser.open(&url)).request
    };
    let first = open(&mut browser, &one);
    open(&mut browser, &other);
    let consent = site.url("/consent");
    let reply = browser.post(
        &consent,
        &[("request", &first), ("host", "github"), ("decision", "allow")],
    );
    let at_host = location(&reply, &consent);
    let callback = location(&browser.open(&at_host), &at_host);
    let answer = location(&browser.open(&callback), &callback);
    let code = parameter(&answer, "code");
    assert_eq!(site.redeem(&other, REDIRECT, &code).json()["error"], "invalid_grant");
}
