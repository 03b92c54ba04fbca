//! Every client that can be driven here logs in by itself: discovery, registration, login at the host, consent, token, call, refresh,
//! revocation. The person is a [`Browser`] with an account at a stand-in of GitHub.

use crate::browser::Browser;
use crate::clients::{node, python};
use crate::hosted::{CLOSED, Hosted, OPEN, free_port};
use louver::scope::HostKind;
use rmcp::ClientServiceExt as _;
use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::ClientLifecycleMode;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{AuthClient, AuthorizationRequest, OAuthState};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use tempfile::TempDir;

const TOOL: &str = "list_repos";

#[test]
fn typescript_sdk_v1() {
    each_era(&["legacy"], || node("typescript-v1-oauth.mjs"));
}

#[test]
fn typescript_sdk_v2() {
    each_era(&["auto", "legacy"], || node("typescript-v2-oauth.mjs"));
}

#[test]
fn python_sdk() {
    each_era(&["auto", "legacy"], || python("python_sdk_oauth.py"));
}

/// Has a client log in, in each era, and looks at what it says and at the record.
fn each_era(eras: &[&str], client: impl Fn() -> Command) {
    let site = Hosted::at(&[HostKind::GitHub]);
    for era in eras {
        let summary = converse(client(), &site, era, None);
        check(&site, &summary);
    }
    is_recorded(&site);
}

/// The clients that can describe themselves at an address do, and register nowhere.
#[test]
fn clients_that_describe_themselves() {
    let paper = Paper::serve();
    let pinned = format!(
        "client_metadata = \"pinned\"\nclient_metadata_allow = [{:?}]\n",
        paper.url
    );
    let site = Hosted::trusting(Some(&paper.certificate), &[HostKind::GitHub], &pinned);
    for client in [
        node("typescript-v1-oauth.mjs"),
        node("typescript-v2-oauth.mjs"),
        python("python_sdk_oauth.py"),
    ] {
        let summary = converse(client, &site, "auto", Some(&paper.url));
        assert_eq!(summary["client_id"], paper.url);
        check(&site, &summary);
    }
    assert!(!site.events().iter().any(|it| it == "client-registered"));
}

/// Documents served over HTTPS, until it is dropped.
struct Paper {
    url: String,
    certificate: PathBuf,
    server: Child,
    /// The server ends with it.
    _stdin: ChildStdin,
    _folder: TempDir,
}

impl Paper {
    fn serve() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
            ])
            .args(["-addext", "subjectAltName=DNS:localhost"])
            .arg("-keyout")
            .arg(at("key.pem"))
            .arg("-out")
            .arg(at("certificate.pem"))
            .output()
            .expect("openssl is installed");
        assert!(made.status.success(), "{made:?}");
        let mut server = node("documents.mjs")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut stdin = server.stdin.take().expect("a pipe");
        let uris = ["http://127.0.0.1/callback"];
        let plan = json!({ "key": at("key.pem"), "cert": at("certificate.pem"), "redirect_uris": uris });
        writeln!(stdin, "{plan}").expect("the server reads");
        let mut port = String::new();
        let mut stdout = BufReader::new(server.stdout.take().expect("a pipe"));
        stdout.read_line(&mut port).expect("a port");
        Self {
            url: format!("https://localhost:{}/client.json", port.trim()),
            certificate: at("certificate.pem"),
            server,
            _stdin: stdin,
            _folder: folder,
        }
    }
}

impl Drop for Paper {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left of it.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

#[track_caller]
fn check(site: &Hosted, summary: &Value) {
    let calls = summary["calls"].as_array().expect("calls");
    assert_eq!(calls.len(), 2, "{summary}");
    for told in calls {
        let told = told.as_str().expect("text");
        assert!(told.contains(OPEN) && !told.contains(CLOSED), "{told}");
    }
    assert_eq!(summary["refreshed"], true, "{summary}");
    assert_eq!(summary["pages"], 1, "one login was enough for both calls: {summary}");
    assert_eq!(summary["asked_again"], true, "a revoked session goes on: {summary}");
    let call = site.louver.call_records().pop().expect("a record");
    assert_eq!(call["subject"]["host"], "github");
    assert_eq!(call["subject"]["id"], "1");
    assert_eq!(call["oauth_client"], summary["client_id"], "{call}");
}

#[track_caller]
fn is_recorded(site: &Hosted) {
    let events = site.events();
    for event in [
        "client-registered",
        "consent-given",
        "session-began",
        "session-refreshed",
        "session-revoked",
    ] {
        assert!(events.iter().any(|it| it == event), "{event} is not in {events:?}");
    }
}

/// Runs one of the scripts: opens the pages it asks for and lets tokens expire when it says so; returns its summary.
#[track_caller]
fn converse(mut command: Command, site: &Hosted, era: &str, document: Option<&str>) -> Value {
    let home = tempfile::tempdir().expect("a folder");
    let redirect = format!("http://127.0.0.1:{}/callback", free_port());
    let mut child = command
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut tell = |value: Value| writeln!(stdin, "{value}").expect("the client reads");
    tell(json!({
        "url": site.resource(), "redirect": redirect, "tool": TOOL, "era": era, "metadata_url": document,
    }));
    let mut decision = "allow";
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
        let said: Value = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
        if let Some(page) = said["open"].as_str() {
            let mut browser = Browser::of("alice", &site.hosts[0]);
            let answer = browser.go(page, decision, None, |url| url.as_str().starts_with(&redirect));
            tell(json!(answer.as_str()));
            // A person who is asked again, because the session was revoked, has had enough.
            decision = "deny";
        } else if said["expire"] == true {
            site.expire();
            tell(json!(true));
        } else if said["done"].is_object() {
            drop(child.kill());
            drop(child.wait());
            return said["done"].clone();
        }
    }
    panic!("{command:?} ended early: {}", complaint(child));
}

fn complaint(mut child: Child) -> String {
    let mut text = String::new();
    let mut stderr = child.stderr.take().expect("a pipe");
    stderr.read_to_string(&mut text).expect("UTF-8");
    drop(child.wait());
    text
}

#[test]
fn rust_sdk() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let site = Hosted::at(&[HostKind::GitHub]);
    let modern = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::V_2025_11_25),
    };
    for lifecycle in [modern, ClientLifecycleMode::Initialize] {
        let summary = runtime.block_on(log_in(&site, lifecycle));
        check(&site, &summary);
    }
    is_recorded(&site);
}

async fn log_in(site: &Hosted, lifecycle: ClientLifecycleMode) -> Value {
    let redirect = format!("http://127.0.0.1:{}/callback", free_port());
    let mut oauth = OAuthState::new(site.resource(), None).await.expect("a state");
    let request = AuthorizationRequest::new(&redirect).with_client_name("louver test");
    let request = request.with_initial_scope_selection();
    oauth
        .start_authorization(request)
        .await
        .expect("discovered and registered");
    let page = oauth.get_authorization_url().await.expect("an address");
    let answer = Browser::of("alice", &site.hosts[0]).log_in(&page, &redirect);
    oauth.handle_callback_url(answer.as_str()).await.expect("tokens");
    let (client_id, first) = oauth.get_credentials().await.expect("credentials");
    let manager = oauth.into_authorization_manager().expect("a login");

    let http = AuthClient::new(reqwest::Client::new(), manager);
    let config = StreamableHttpClientTransportConfig::with_uri(site.resource());
    let transport = StreamableHttpClientTransport::with_client(http.clone(), config);
    let client = ().serve_with_lifecycle(transport, lifecycle).await.expect("connected");
    let call = async || {
        let result = client.call_tool(CallToolRequestParams::new(TOOL)).await;
        result.map(|it| json!(it)["content"][0]["text"].clone())
    };
    let mut calls = vec![call().await.expect("an answer")];
    site.expire();
    // It is refused, refreshes and asks again by itself.
    calls.push(call().await.expect("an answer"));
    let (_, second) = http
        .auth_manager
        .lock()
        .await
        .get_credentials()
        .await
        .expect("credentials");
    let pair = |tokens: Option<_>| {
        let tokens = json!(tokens);
        let text = |key: &str| tokens[key].as_str().expect("a token").to_owned();
        (text("access_token"), text("refresh_token"))
    };
    let (first, second) = (pair(first), pair(second));
    let revoked = site.post("/revoke", &[("token", &second.1), ("client_id", &client_id)]);
    assert_eq!(revoked.status, 200, "{revoked:?}");
    let asked_again = call().await.is_err();
    client.cancel().await.expect("closed");
    json!({
        "calls": calls,
        "refreshed": first.0 != second.0 && first.1 != second.1,
        "pages": 1,
        "asked_again": asked_again,
        "client_id": client_id,
    })
}

/// A process for each step, which keep what they know at home. The inspector does not keep where sessions are ended, so its own
/// `--relogin` only forgets one; here the test ends it with the token and client the inspector kept.
#[test]
fn inspector() {
    let site = Hosted::at(&[HostKind::GitHub]);
    let home = tempfile::tempdir().expect("a folder");
    let callback = format!("http://127.0.0.1:{}/oauth/callback", free_port());
    let inspect = |more: &[&str]| {
        let mut command = inspector_at(&site, home.path(), &callback);
        command.args(more);
        command
    };
    let stored = || {
        let mut command = inspect(&["--stored-auth-only"]);
        command.output().expect("the inspector runs")
    };
    check_told(&inspect_and_log_in(inspect(&[]), &site, "allow"));
    check_told(&stored());
    site.expire();
    check_told(&stored());
    assert!(site.events().iter().any(|it| it == "session-refreshed"));

    let kept = kept_below(home.path());
    let find = |prefix: &str| {
        let at = kept.find(prefix).unwrap_or_else(|| panic!("no {prefix} in {kept}"));
        let rest = kept[at..].split(['"', '\\']).next();
        rest.expect("a part").to_owned()
    };
    let revoked = site.post("/revoke", &[("token", &find("lvr_")), ("client_id", &find("lvc-"))]);
    assert_eq!(revoked.status, 200, "{revoked:?}");
    is_recorded(&site);
    // It says that a login is needed, and begins one where it may.
    assert_eq!(stored().status.code(), Some(3));
    let refused = inspect_and_log_in(inspect(&["--relogin"]), &site, "deny");
    assert!(!refused.status.success(), "{refused:?}");
}

/// Everything in the files below a folder.
fn kept_below(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|it| it.expect("an entry").path());
    let texts = entries.map(|path| match path.is_dir() {
        true => kept_below(&path),
        false => String::from_utf8_lossy(&std::fs::read(&path).expect("readable")).into_owned(),
    });
    texts.collect()
}

fn inspector_at(site: &Hosted, home: &Path, callback: &str) -> Command {
    let mut command = node("node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js");
    let url = site.resource();
    command
        .args(["--cli", "--server-url", &url, "--transport", "http", "--format", "json"])
        .args([
            "--callback-url",
            callback,
            "--method",
            "tools/call",
            "--tool-name",
            TOOL,
        ])
        .env("HOME", home)
        .env("MCP_INSPECTOR_SECRET_STORE", "file")
        // Opens a login without a terminal; on a machine without a screen that only prints the address.
        .env("MCP_AUTO_OPEN_ENABLED", "true")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("BROWSER", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Opens the address the inspector prints, presses a button, and opens what the inspector listens at.
#[track_caller]
fn inspect_and_log_in(mut command: Command, site: &Hosted, decision: &str) -> Output {
    let mut child = command.spawn().expect("the inspector starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut said = String::new();
    let page = lines.by_ref().find_map(|line| {
        let line = line.ok()?;
        said.push_str(&line);
        let at = line.find(&format!("{}/authorize", site.base()))?;
        Some(line[at..].split_whitespace().next()?.to_owned())
    });
    let page = page.unwrap_or_else(|| panic!("the inspector asks for no login: {said}"));
    let mut browser = Browser::of("alice", &site.hosts[0]);
    let answer = browser.go(&page, decision, None, |url| url.path() == "/oauth/callback");
    browser.open(&answer);
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let mut output = child.wait_with_output().expect("the inspector ends");
    output.stderr = rest.join("\n").into_bytes();
    output
}

#[track_caller]
fn check_told(output: &Output) {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let told = told["result"]["content"][0]["text"].as_str().expect("text");
    assert!(told.contains(OPEN) && !told.contains(CLOSED), "{told}");
}
