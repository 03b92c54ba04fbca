//! A louver whose callers log in at stand-ins, served over HTTP in this process: MCP clients ask it, hosts deliver webhooks to it, and the
//! clock is the test's.

use crate::access_world::{AccessWorld, bare};
use crate::served::REVISION;
use crate::stand_in::{Role, StandIn, Visibility};
use crate::world::{Answer, repository};
use louver::access::{Clock, Subject};
use louver::scope::{HostKind, Scope, ScopeInForce, ScopeStore};
use louver::server::{HttpOptions, Login, Webhooks, serve_http};
use louver::store::{StateKey, Store};
use rmcp::model::CallToolRequestParams;
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ServiceError, ServiceExt as _};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

pub(crate) const KINDS: [HostKind; 4] = [HostKind::GitHub, HostKind::GitLab, HostKind::Bitbucket, HostKind::Gitea];

/// What hosts and hand-made clients send with.
static CLIENT: LazyLock<reqwest::blocking::Client> = LazyLock::new(reqwest::blocking::Client::new);

/// A running server; ends on drop.
pub(crate) struct OverHttp {
    pub(crate) access: AccessWorld,
    address: SocketAddr,
    store: Arc<Store>,
    runtime: Option<Runtime>,
    stop: CancellationToken,
    sessions: AtomicUsize,
    _state: TempDir,
}

/// Somebody who is logged in, and their MCP client.
pub(crate) struct Person {
    pub(crate) subject: Subject,
    token: String,
    client: RunningService<RoleClient, ()>,
}

/// An answer as it came over the wire.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl OverHttp {
    /// Serves a world.
    pub(crate) fn serve(access: AccessWorld) -> Self {
        let scope = Scope::load(access.world.config()).expect("a scope");
        let state = tempfile::tempdir().expect("a folder");
        let key = StateKey::load(state.path(), None).expect("a key");
        // Sessions live by the clock of the machine: it is permissions that are to grow old.
        let store = Arc::new(Store::open(state.path(), key, Clock::system()).expect("a store"));
        let config = scope.server().cloned().expect("a server");
        let (desk, log) = (access.world.desk(), access.world.log());
        let logins = Arc::clone(access.permissions.logins());
        let followed = Arc::new(ScopeInForce::following(ScopeStore::below(&access.world.data()), scope));
        let login = Login::new(&followed, config, Arc::clone(&store), logins, Arc::clone(&log)).expect("a login");
        let webhooks = Webhooks::new(access.permissions.clone(), &followed, log);
        let stop = CancellationToken::new();
        let options = HttpOptions {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            login: Some(Arc::new(login)),
            webhooks: Some(Arc::new(webhooks)),
            stop: stop.clone(),
        };
        let runtime = Runtime::new().expect("a runtime");
        let (ready, bound) = mpsc::channel();
        runtime.spawn(serve_http(desk, options, move |address| {
            ready.send(address).expect("waited for")
        }));
        Self {
            address: bound.recv().expect("it serves"),
            access,
            store,
            runtime: Some(runtime),
            stop,
            sessions: AtomicUsize::new(0),
            _state: state,
        }
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("it runs")
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Logs a person in at a host and connects a client of theirs.
    pub(crate) fn log_in(&self, host: &StandIn, login: &str) -> Person {
        self.connect(self.access.log_in(host, login))
    }

    /// Begins a session of somebody and connects a client; how logins become sessions is tested with them.
    pub(crate) fn connect(&self, subject: Subject) -> Person {
        let id = format!("session-{}", self.sessions.fetch_add(1, Ordering::Relaxed));
        let resource = "http://127.0.0.1:1/mcp";
        let pair = self
            .store
            .begin_session(&id, ("client", "tests"), &subject, resource, "code:read")
            .expect("a session");
        let token = pair.access.text().to_owned();
        let config = StreamableHttpClientTransportConfig::with_uri(self.url("/mcp")).auth_header(token.clone());
        let client = self.runtime().block_on(async {
            let transport = StreamableHttpClientTransport::from_config(config);
            ().serve(transport).await.expect("connected")
        });
        Person { subject, token, client }
    }

    /// Calls a tool with the person's MCP client.
    pub(crate) fn call(&self, person: &Person, tool: &str, arguments: &Value) -> Answer {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        match self.runtime().block_on(person.client.call_tool(request)) {
            Ok(result) => {
                let texts: Vec<&str> = result
                    .content
                    .iter()
                    .filter_map(|it| Some(it.as_text()?.text.as_str()))
                    .collect();
                Answer {
                    text: texts.join("\n"),
                    is_refusal: result.is_error == Some(true),
                }
            }
            Err(ServiceError::McpError(error)) => Answer {
                text: error.message.into_owned(),
                is_refusal: true,
            },
            Err(other) => panic!("{tool}: {other}"),
        }
    }

    /// Whether a repository is told about: `told`, `none` as of one that does not exist, `later`, or `login` again.
    #[track_caller]
    pub(crate) fn outcome(&self, person: &Person, repo: &str) -> &'static str {
        let answer = self.call(person, "search_symbols", &json!({ "query": "pay", "repo": repo }));
        let text = &answer.text;
        if !answer.is_refusal {
            assert!(text.contains("src/lib.rs"), "{text}");
            "told"
        } else if text.starts_with("no repository") {
            "none"
        } else if text.contains("cannot be asked") {
            "later"
        } else if text.contains("has ended") {
            "login"
        } else {
            panic!("{text}")
        }
    }

    /// Sends a request as a client of [`REVISION`] does and returns what came back, byte for byte.
    pub(crate) fn raw(&self, person: &Person, method: &str, mut params: Value) -> Raw {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" },
        });
        let name = params["name"].as_str().or(params["uri"].as_str()).map(str::to_owned);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut request = CLIENT
            .post(self.url("/mcp"))
            .bearer_auth(&person.token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", REVISION)
            .header("mcp-method", method)
            .body(body.to_string());
        if let Some(name) = name {
            request = request.header("mcp-name", name);
        }
        let reply = request.send().expect("an answer");
        let mut headers: Vec<String> = reply
            .headers()
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")))
            .collect();
        headers.sort();
        Raw {
            status: reply.status().as_u16(),
            headers,
            body: reply.text().expect("text"),
        }
    }

    /// Delivers a webhook and returns the status.
    pub(crate) fn deliver(&self, host: &str, headers: &[(&str, String)], body: impl Into<Vec<u8>>) -> u16 {
        let mut request = CLIENT
            .post(self.url(&format!("/webhooks/{host}")))
            .header("content-type", "application/json")
            .body(body.into());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.send().expect("an answer").status().as_u16()
    }

    /// The rules of the records about logins and webhooks, in their order, with their details.
    pub(crate) fn auth_records(&self) -> Vec<(String, Value)> {
        let audit = self.access.world.data().join("audit");
        let mut out = Vec::new();
        for dir in louver::audit::instances(&audit).expect("logs") {
            for entry in louver::audit::Reader::open(&dir).expect("a log").records(0) {
                let record: Value = serde_json::from_slice(&entry.expect("a record").record).expect("JSON");
                if record["class"] == "auth" {
                    let rule = record["rule"].as_str().unwrap_or_default().to_owned();
                    out.push((rule, record["detail"].clone()));
                }
            }
        }
        out
    }
}

impl Drop for OverHttp {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What a repository is called whose host is of this kind.
pub(crate) fn name(kind: HostKind, id: u64) -> String {
    format!("{}/r{id}", kind.as_str())
}

/// A louver with all four hosts, over repositories `(id, visibility, has code)` at each, and people who have one role everywhere.
pub(crate) fn four_hosts(repos: &[(u64, Visibility, bool)], people: &[(&str, Role)], more: &str) -> AccessWorld {
    hosts(&KINDS, repos, people, |_, _| more.to_owned())
}

/// The same with some of the hosts, and more about each.
pub(crate) fn hosts(
    kinds: &[HostKind],
    repos: &[(u64, Visibility, bool)],
    people: &[(&str, Role)],
    more: impl Fn(&StandIn, &Path) -> String,
) -> AccessWorld {
    let source = repository(&[("src/lib.rs", "pub fn pay(order: u64) -> u64 { order }\n")]);
    let (folder, bare) = bare(source.path());
    let (mut hosts, mut text) = (Vec::new(), String::new());
    for kind in kinds.iter().copied() {
        let host = StandIn::start(kind, &bare);
        for (id, visibility, has_code) in repos {
            host.repo(*id, &format!("acme/r{id}"), *visibility, *has_code);
            bind(&mut text, &host, &name(kind, *id), *id, source.path());
        }
        for (number, (login, role)) in (1..).zip(people) {
            host.person(number, login);
            for (id, ..) in repos {
                host.role(number, *id, *role);
            }
        }
        hosts.push(host);
    }
    let mut world = AccessWorld::with(hosts, more, &text);
    world.kept.extend([folder, source]);
    world
}

/// Writes a repository into a scope file.
pub(crate) fn bind(text: &mut String, host: &StandIn, name: &str, id: u64, source: &Path) {
    let (path, binding) = (source.display().to_string(), host.binding(id));
    write!(
        text,
        "[[repo]]\nname = \"{name}\"\npath = {path:?}\nowner = \"o\"\ntier = \"internal\"\n{binding}\n"
    )
    .expect("written");
}
