//! `louver access`: what one process stops, another notices with its next request; each command leaves a record.

use crate::stand_in::{Role, StandIn, Visibility};
use crate::world::repository;
use louver::access::{
    Asked, Clock, HostTokens, Logins, Permissions, RepoHost as _, Subject, Verdict, Withheld, code_hosts,
};
use louver::audit::{Reader, instances};
use louver::scope::{HostKind, RepoName, Scope};
use louver::store::{StateKey, Store};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::SystemTime;
use tempfile::TempDir;

/// A louver that serves in this process, and is administered by others.
struct Site {
    folder: TempDir,
    _kept: [TempDir; 2],
    host: StandIn,
    scope: Scope,
    permissions: Permissions,
    alice: Subject,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let source = repository(&[("src/lib.rs", "pub fn pay() {}\n")]);
        let (served, bare) = crate::access_world::bare(source.path());
        let host = StandIn::start(HostKind::Gitea, &bare);
        host.state().now = SystemTime::now();
        host.person(1, "alice");
        host.repo(11, "acme/pay", Visibility::Private, true);
        host.role(1, 11, Role::Reader);
        let table = host.table(folder.path(), "");
        let path = source.path().display().to_string();
        let text = format!(
            "version = 1\n[server]\npublic_url = \"http://127.0.0.1:1\"\n{table}\n[[repo]]\nname = \"acme/pay\"\npath = {path:?}\n\
             owner = \"o\"\ntier = \"internal\"\nhost = \"gitea\"\nid = 11\n"
        );
        let config = folder.path().join("louver.toml");
        fs::write(&config, text).expect("written");
        let scope = Scope::load(&config).expect("a scope");
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("a folder");
        let key = StateKey::load(&data, None).expect("a key");
        let store = Arc::new(Store::open(&data, key, Clock::system()).expect("a store"));
        let hosts = code_hosts(&scope, &Clock::system()).expect("hosts");
        let tokens: Arc<dyn HostTokens> = Arc::clone(&store) as _;
        let url = scope.server().map(|server| &server.public_url);
        let logins = Arc::new(Logins::new(hosts, tokens, Clock::system(), url));
        let permissions = Permissions::new(&scope, logins, store, Clock::system()).expect("permissions");
        let mut site = Self {
            folder,
            _kept: [source, served],
            host,
            scope,
            permissions,
            alice: Subject {
                issuer: String::new(),
                id: String::new(),
                login: String::new(),
            },
        };
        site.alice = site.log_in();
        site
    }

    fn log_in(&self) -> Subject {
        let logins = self.permissions.logins();
        let address = logins
            .host("gitea")
            .expect("the host")
            .authorize_url("s", CHALLENGE, &logins.callback("gitea"));
        let (code, _) = self.host.consent("alice", &address.expect("an address"));
        logins.sign_in("gitea", &code, VERIFIER).expect("logged in")
    }

    fn verdict(&self) -> Verdict {
        let name = RepoName::new("acme/pay").expect("a name");
        let repo = self.scope.approve(&name).expect("approved");
        self.permissions
            .verdicts(&self.alice, &[&repo], Asked::ByName)
            .remove(0)
    }

    fn is_readable(&self) -> bool {
        matches!(self.verdict(), Verdict::Readable { .. })
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Runs a command of another process.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_louver"))
            .arg("--config")
            .arg(self.folder.path().join("louver.toml"))
            .arg("--data")
            .arg(self.data())
            .arg("access")
            .args(arguments)
            .output()
            .expect("louver runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    #[track_caller]
    fn runs(&self, arguments: &[&str]) -> String {
        let (is_done, said) = self.run(arguments);
        assert!(is_done, "{said}");
        said
    }

    /// The commands that left a record.
    fn records(&self) -> Vec<String> {
        let mut out = Vec::new();
        for dir in instances(&self.data().join("audit")).expect("logs") {
            for entry in Reader::open(&dir).expect("a log").records(0) {
                let entry = entry.expect("a record");
                let record: serde_json::Value = serde_json::from_slice(&entry.record).expect("JSON");
                if record["class"] == "admin" {
                    out.push(record["tool"].as_str().expect("a command").to_owned());
                }
            }
        }
        out.sort();
        out
    }
}

const VERIFIER: &str = "0123456789012345678901234567890123456789012345678901234567890123";
const CHALLENGE: &str = "lnTZ4HhTW3zsQyhDh6buOZVhiOc1qFRSsAULVTQc2lY";

#[test]
fn a_revocation_is_noticed_by_the_next_request_of_another_process() {
    let site = Site::new();
    assert!(site.is_readable());
    assert!(
        site.runs(&["list"])
            .contains("readable gitea:alice acme/pay by=gitea-api+git-probe")
    );

    site.runs(&["revoke", "--repo", "acme/pay"]);
    assert_eq!(site.verdict(), Verdict::Withheld(Withheld::NotReadable));
    site.runs(&["restore", "--repo", "acme/pay"]);

    site.runs(&["revoke", "--all"]);
    assert_eq!(site.verdict(), Verdict::Withheld(Withheld::Suspended));
    site.runs(&["restore", "--all"]);

    site.runs(&["revoke", "--user", "gitea:alice"]);
    assert_eq!(site.verdict(), Verdict::Withheld(Withheld::Suspended));
    assert!(site.runs(&["list"]).contains("stopped user gitea:1"));
    site.runs(&["restore", "--user", "gitea:alice"]);
    // The login went too: to be let in again is not to be logged in.
    assert_eq!(
        site.verdict(),
        Verdict::Withheld(Withheld::LoggedOut {
            host: "gitea".to_owned()
        })
    );
    site.log_in();
    assert!(site.is_readable());
}

#[test]
fn an_explanation_asks_the_host() {
    let site = Site::new();
    assert!(site.is_readable());
    let said = site.runs(&["explain", "gitea:alice", "acme/pay"]);
    assert!(
        said.starts_with("readable") && said.contains("the host says so now"),
        "{said}"
    );
    site.host.role(1, 11, Role::IssuesOnly);
    let said = site.runs(&["explain", "gitea:alice", "acme/pay"]);
    assert!(
        said.starts_with("not readable") && said.contains("cannot read its code"),
        "{said}"
    );
    let said = site.runs(&["explain", "gitea:alice", "acme/nil"]);
    assert!(said.contains("does not list"), "{said}");
    let (is_done, said) = site.run(&["explain", "gitea:eve", "acme/pay"]);
    assert!(!is_done && said.contains("louver has met no `gitea:eve`"), "{said}");
}

#[test]
fn every_command_leaves_a_record() {
    let site = Site::new();
    assert!(site.is_readable());
    site.runs(&["list"]);
    site.runs(&["explain", "gitea:1", "acme/pay"]);
    site.runs(&["revoke", "--user", "gitea:7"]);
    site.runs(&["restore", "--user", "gitea:7"]);
    assert_eq!(
        site.records(),
        ["access explain", "access list", "access restore", "access revoke"]
    );
    let (is_done, said) = site.run(&["restore", "--all"]);
    assert!(!is_done && said.contains("is not stopped"), "{said}");
}

#[test]
fn the_list_is_of_this_moment() {
    let site = Site::new();
    let line = |state: &str| format!("{state} gitea:alice acme/pay by=gitea-api+git-probe age=");
    let says = |expected: &str| {
        let said = site.runs(&["list"]);
        assert!(said.contains(expected), "{expected}: {said}");
    };
    assert!(!site.runs(&["list"]).contains("gitea:alice"), "nobody has asked yet");
    assert!(site.is_readable());
    says(&line("readable"));
    // Past the hard bound it counts for nothing, whatever it was.
    let age = || {
        let state = rusqlite::Connection::open(site.data().join("state.db")).expect("the state");
        state
            .execute_batch("UPDATE checks SET checked_at = checked_at - 300")
            .expect("changed");
    };
    age();
    says(&line("lapsed"));
    site.host.role(1, 11, Role::Stranger);
    site.runs(&["explain", "gitea:alice", "acme/pay"]);
    says(&line("denied"));
    site.host.role(1, 11, Role::Reader);
    site.runs(&["explain", "gitea:alice", "acme/pay"]);
    says(&line("readable"));
    // What the scope approves no more is nobody's, whatever the host says.
    let config = site.folder.path().join("louver.toml");
    let text = fs::read_to_string(&config).expect("readable");
    fs::write(&config, text.replace("name = \"acme/pay\"", "name = \"acme/other\"")).expect("written");
    says(&line("unlisted"));
    fs::write(&config, text).expect("written");
    // Sessions are there from their beginning to their end.
    let key = StateKey::load(&site.data(), None).expect("a key");
    let store = Store::open(&site.data(), key, Clock::system()).expect("a store");
    let session = |id: &str| {
        let begun = store.begin_session(
            id,
            ("client-1", "A program"),
            &site.alice,
            "http://127.0.0.1:1/mcp",
            "code:read",
        );
        begun.expect("a session");
    };
    session("s1");
    session("s2");
    says("session s1 gitea:alice client=client-1 used=");
    site.runs(&["revoke", "--session", "s1"]);
    let said = site.runs(&["list", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(said.lines().next().expect("a line")).expect("JSON");
    assert_eq!(list["sessions"].as_array().expect("a list").len(), 1, "{list}");
    assert_eq!(list["sessions"][0]["id"], "s2");
    assert_eq!(list["checks"][0]["state"], "readable");
    assert!(
        list["checks"][0]["age_seconds"].as_u64().expect("a number") < 60,
        "{list}"
    );
    site.runs(&["revoke", "--user", "gitea:alice"]);
    let said = site.runs(&["list"]);
    assert!(
        !said.contains("session s2") && said.contains("stopped user gitea:1"),
        "{said}"
    );
}
