//! A served louver whose people log in at stand-ins of repository hosts, and a client of our own that does every step by hand.

use crate::access_world::bare;
use crate::browser::{Browser, parameter};
use crate::served::{REVISION, Reply, Repo, Served, World};
use crate::stand_in::{Role, StandIn, Visibility};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use louver::scope::HostKind;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use tempfile::TempDir;
use url::Url;
use url::form_urlencoded::Serializer;

/// What the repository that Alice may read is called, and the one she may not.
pub(crate) const OPEN: &str = "acme/pay";
pub(crate) const CLOSED: &str = "acme/vault";

/// Where our own client is told codes. Nothing listens there.
pub(crate) const REDIRECT: &str = "http://127.0.0.1:45678/callback";
pub(crate) const VERIFIER: &str = "a-verifier-of-43-characters-or-more-0123456789";

/// A served louver and its hosts. Alice may read [`OPEN`] at the first one; Bob has an account and may read nothing.
pub(crate) struct Hosted {
    pub(crate) louver: Served,
    pub(crate) hosts: Vec<StandIn>,
    /// Folders that are to outlive it.
    _kept: Vec<TempDir>,
}

/// The tokens of a session.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Hosted {
    pub(crate) fn at(kinds: &[HostKind]) -> Self {
        Self::with(kinds, "")
    }

    /// The same, with more in the scope file; what comes before the first table there belongs to `[server]`.
    pub(crate) fn with(kinds: &[HostKind], more: &str) -> Self {
        Self::trusting(None, kinds, more)
    }

    /// The same, with louver trusting one certificate and no other.
    pub(crate) fn trusting(certificate: Option<&Path>, kinds: &[HostKind], more: &str) -> Self {
        let repo = |name| Repo {
            name,
            tier: "internal",
            files: &[(
                "src/lib.rs",
                "/// Pays.\npub fn pay(order: u64) -> u64 { order }\npub fn pay_later() {}\n",
            )],
        };
        let mut world = World::with(&[repo(OPEN), repo(CLOSED)]);
        if let Some(certificate) = certificate {
            world.set("SSL_CERT_FILE", certificate);
        }
        let (served, bare) = bare(&world.repo(0));
        let secrets = tempfile::tempdir().expect("a folder");
        let hosts: Vec<StandIn> = kinds.iter().map(|kind| StandIn::start(*kind, &bare)).collect();
        for host in &hosts {
            host.person(1, "alice");
            host.person(2, "bob");
            host.repo(11, OPEN, Visibility::Private, true);
            host.repo(12, CLOSED, Visibility::Private, true);
            host.role(1, 11, Role::Reader);
        }
        let port = free_port();
        let mut text = fs::read_to_string(world.config()).expect("a scope file");
        for (name, id) in [(OPEN, 11), (CLOSED, 12)] {
            let name = format!("name = \"{name}\"\n");
            text = text.replace(&name, &format!("{name}{}\n", hosts[0].binding(id)));
        }
        let tables: String = hosts.iter().map(|host| host.table(secrets.path(), "")).collect();
        let more = more.replace("PORT", &port.to_string());
        let (of_server, tables_more) = more.split_at(more.find("[[").unwrap_or(more.len()));
        let text =
            format!("{text}\n[server]\npublic_url = \"http://127.0.0.1:{port}\"\n{of_server}\n{tables}\n{tables_more}");
        fs::write(world.config(), text).expect("a scope file");
        Self {
            louver: Served::at(world, port),
            hosts,
            _kept: vec![served, secrets],
        }
    }

    /// What clients know louver by.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.louver.address())
    }

    pub(crate) fn resource(&self) -> String {
        self.louver.url()
    }

    /// Registers a client; returns its id.
    #[track_caller]
    pub(crate) fn register(&self, redirect: &str) -> String {
        let about = json!({ "client_name": "A test", "redirect_uris": [redirect] });
        let headers = [("Content-Type", "application/json")];
        let reply = self
            .louver
            .send("POST", "/register", &headers, about.to_string().as_bytes());
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()["client_id"].as_str().expect("an id").to_owned()
    }

    /// Where a client sends the browser.
    pub(crate) fn authorize_url(&self, client: &str, redirect: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let pairs = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", redirect),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("state", "of the client"),
            ("resource", &self.resource()),
            ("scope", "code:read offline_access"),
        ];
        let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{}/authorize?{query}", self.base())
    }

    /// Posts a form without any cookie, as clients do.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        Browser::default().post(&self.url(path), fields)
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.base())).expect("an address")
    }

    /// Redeems a code with what [`Hosted::authorize_url`] was made of.
    pub(crate) fn redeem(&self, client: &str, redirect: &str, code: &str) -> Reply {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", VERIFIER),
            ("resource", &self.resource()),
        ];
        self.post("/token", &fields)
    }

    pub(crate) fn refresh(&self, client: &str, token: &str) -> Reply {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("refresh_token", token),
        ];
        self.post("/token", &fields)
    }

    /// Logs a person in through the first host, in a browser of their own.
    #[track_caller]
    pub(crate) fn log_in(&self, client: &str, login: &str) -> Tokens {
        self.log_in_to(client, REDIRECT, login)
    }

    /// The same for a client with another address.
    #[track_caller]
    pub(crate) fn log_in_to(&self, client: &str, redirect: &str, login: &str) -> Tokens {
        let mut browser = Browser::of(login, &self.hosts[0]);
        let answer = browser.log_in(&self.authorize_url(client, redirect), redirect);
        assert_eq!(parameter(&answer, "iss"), self.base());
        Tokens::of(&self.redeem(client, redirect, &parameter(&answer, "code")))
    }

    /// Registers a client and logs a person in.
    #[track_caller]
    pub(crate) fn session(&self, login: &str) -> (String, Tokens) {
        let client = self.register("http://127.0.0.1/callback");
        let tokens = self.log_in(&client, login);
        (client, tokens)
    }

    /// Asks for the list of repositories with this token.
    pub(crate) fn list(&self, access: &str) -> Reply {
        list(&self.louver, "/mcp", &[("Authorization", &format!("Bearer {access}"))])
    }

    /// Changes the state behind the server's back.
    pub(crate) fn change_state(&self, sql: &str) {
        let state = rusqlite::Connection::open(self.louver.data().join("state.db")).expect("the state");
        state.execute_batch(sql).expect("changed");
    }

    /// Lets every access token expire, as it does after a quarter of an hour.
    pub(crate) fn expire(&self) {
        self.change_state("UPDATE tokens SET expires_at = 1 WHERE kind = 'access'");
    }

    /// What the records of logins say, in order.
    pub(crate) fn events(&self) -> Vec<String> {
        let records = self.louver.records();
        let events = records.iter().filter(|it| it["class"] == "auth");
        events.filter_map(|it| it["rule"].as_str().map(str::to_owned)).collect()
    }
}

impl Tokens {
    #[track_caller]
    pub(crate) fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{reply:?}");
        let said = reply.json();
        let text = |key: &str| said[key].as_str().expect("a token").to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

/// Calls `list_repos` at an endpoint with these headers.
#[track_caller]
pub(crate) fn list(louver: &Served, path: &str, headers: &[(&str, &str)]) -> Reply {
    call(louver, path, headers, "list_repos", &json!({}))
}

/// Calls a tool at an endpoint with these headers.
#[track_caller]
pub(crate) fn call(louver: &Served, path: &str, headers: &[(&str, &str)], tool: &str, arguments: &Value) -> Reply {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": REVISION,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "hosted", "version": "1" },
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

/// A port that nothing listens on now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
