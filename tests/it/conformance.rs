//! The official conformance runner of MCP against a served louver, once for each era: as it is for the local user, and behind a login.
//!
//! `tests/clients/conformance-expected-failures.yml` lists what only the runner's own fixture server can answer. The runner cannot send a
//! token, so behind a login it goes through a proxy that adds one; with the authorization server it does the whole flow itself.

use crate::browser::Browser;
use crate::clients::{folder, node};
use crate::hosted::{Hosted, free_port};
use crate::served::{SHOP, Served};
use louver::scope::HostKind;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;

#[test]
fn both_eras_conform() {
    let louver = Served::start(SHOP);
    both_eras(louver.address().port());
}

#[test]
fn both_eras_conform_behind_a_login() {
    let site = Hosted::at(&[HostKind::GitHub]);
    let (_, tokens) = site.session("alice");
    // Nobody comes in without the proxy.
    assert_eq!(site.list("").status, 401);
    both_eras(proxy(site.louver.address(), tokens.access));
    let calls = site.louver.call_records();
    assert!(!calls.is_empty() && calls.iter().all(|it| it["subject"]["id"] == "1"));
}

/// Both scenarios on authorization servers: its metadata, and the whole code grant.
#[test]
fn the_authorization_server_conforms() {
    let site = Hosted::at(&[HostKind::GitHub]);
    let client = site.register("http://127.0.0.1/callback");
    let port = free_port();
    let mut child = node(RUNNER)
        .args(["authorization", "--url", &site.base(), "--resource", &site.resource()])
        .args(["--client-id", &client, "--port", &port.to_string()])
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the runner starts");
    let mut report = String::new();
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
        let line = line.expect("UTF-8");
        if line.starts_with(&format!("{}/authorize?", site.base())) {
            let callback = format!("http://127.0.0.1:{port}/");
            let mut browser = Browser::of("alice", &site.hosts[0]);
            let answer = browser.log_in(&line, &callback);
            browser.open(&answer);
        }
        report.push_str(&line);
        report.push('\n');
    }
    let ended = child.wait().expect("the runner ends");
    assert!(ended.success(), "{report}");
    for scenario in ["authorization-server-metadata-endpoint", "authorization-code-grant"] {
        assert!(passes(&report, scenario), "{scenario}: {report}");
    }
}

const RUNNER: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";

/// A port behind which every request has this token.
fn proxy(louver: SocketAddr, token: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let token = token.clone();
            // Whoever hangs up first ends the exchange.
            thread::spawn(move || drop(pass_on(stream, port, louver, &token)));
        }
    });
    port
}

/// Passes one request on, with the token, and the answer back as it comes.
fn pass_on(mut stream: TcpStream, port: u16, louver: SocketAddr, token: &str) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line.replace(&format!(":{port}"), &format!(":{}", louver.port())));
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut server = TcpStream::connect(louver)?;
    write!(
        server,
        "{head}Connection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
    )?;
    server.write_all(&body)?;
    io::copy(&mut server, &mut stream)?;
    Ok(())
}

/// Runs what both revisions require against the server at a port, and compares with the file of expected failures.
#[track_caller]
fn both_eras(port: u16) {
    let mut met = BTreeSet::new();
    for revision in ["2026-07-28", "2025-11-25"] {
        met.extend(run(port, revision));
    }
    let listed = listed();
    assert!(listed.len() > 10, "the file lists {listed:?}");
    let unmet: Vec<&String> = listed.difference(&met).collect();
    assert!(unmet.is_empty(), "no run fails as the file expects: {unmet:?}");
}

/// Runs the scenarios a revision requires; returns those that failed as expected.
#[track_caller]
fn run(port: u16, revision: &str) -> BTreeSet<String> {
    let expected = folder().join("conformance-expected-failures.yml");
    // The scenario on DNS rebinding only runs against `localhost`.
    let url = format!("http://localhost:{port}/mcp");
    let output = node(RUNNER)
        .args([
            "server",
            "--url",
            &url,
            "--requirements",
            revision,
            "--expected-failures",
        ])
        .arg(expected)
        .env("NO_COLOR", "1")
        .output()
        .expect("the runner starts");
    let report = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let verdict = report.find("=== SUMMARY").map_or(&*report, |at| &report[at..]);
    assert!(output.status.success(), "{revision}: {verdict}{complaint}");
    for scenario in [
        "tools-list",
        "dns-rebinding-protection",
        "resources-list",
        "prompts-list",
    ] {
        assert!(
            passes(&report, scenario),
            "{revision}: {scenario} did not pass: {verdict}"
        );
    }
    report
        .lines()
        .filter_map(|line| line.strip_prefix("  ~ ").map(str::to_owned))
        .collect()
}

fn passes(report: &str, scenario: &str) -> bool {
    report
        .lines()
        .any(|line| line.starts_with(&format!("✓ {scenario}:")) && line.ends_with(" 0 failed"))
}

/// The entries of the file of expected failures.
fn listed() -> BTreeSet<String> {
    let text =
        fs::read_to_string(folder().join("conformance-expected-failures.yml")).expect("the file of expected failures");
    let entries = text.lines().filter_map(|line| line.strip_prefix("  - "));
    entries
        .map(|entry| {
            entry
                .split(" #")
                .next()
                .unwrap_or_default()
                .trim_matches('"')
                .to_owned()
        })
        .collect()
}
