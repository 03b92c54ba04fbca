//! A louver whose callers log in at stand-ins of repository hosts, with a clock that goes when it is told to.

use crate::stand_in::StandIn;
use crate::world::{Answer, World, git};
use louver::access::{
    AccessState, Change, Check, Clock, Hold, HostToken, HostTokens, Logins, News, Permissions, Subject,
    TokensUnavailable, code_hosts,
};
use louver::scope::Scope;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// What the processes of one louver share, kept in memory.
#[derive(Default)]
pub(crate) struct Memory {
    tokens: Mutex<HashMap<(String, String), HostToken>>,
    pub(crate) changes: Mutex<Vec<Change>>,
    pub(crate) holds: Mutex<Vec<Hold>>,
    pub(crate) checks: Mutex<Vec<Check>>,
    pub(crate) is_broken: Mutex<bool>,
}

impl Memory {
    fn check(&self) -> Result<(), TokensUnavailable> {
        if *self.is_broken.lock().expect("unpoisoned") {
            return Err(TokensUnavailable("broken by the test".to_owned()));
        }
        Ok(())
    }
}

fn key(subject: &Subject) -> (String, String) {
    (subject.issuer.clone(), subject.id.clone())
}

impl HostTokens for Memory {
    fn load(&self, subject: &Subject) -> Result<Option<HostToken>, TokensUnavailable> {
        self.check()?;
        Ok(self.tokens.lock().expect("unpoisoned").get(&key(subject)).cloned())
    }

    fn save(&self, subject: &Subject, token: &HostToken) -> Result<(), TokensUnavailable> {
        let mut tokens = self.tokens.lock().expect("unpoisoned");
        tokens.insert(key(subject), token.clone());
        Ok(())
    }

    fn delete(&self, subject: &Subject) -> Result<(), TokensUnavailable> {
        self.tokens.lock().expect("unpoisoned").remove(&key(subject));
        Ok(())
    }
}

impl AccessState for Memory {
    fn news(&self, after: u64) -> Result<News, TokensUnavailable> {
        self.check()?;
        let changes = self.changes.lock().expect("unpoisoned");
        Ok(News {
            latest: changes.len() as u64,
            changes: changes
                .iter()
                .skip(usize::try_from(after).expect("small"))
                .cloned()
                .collect(),
            holds: self.holds.lock().expect("unpoisoned").clone(),
        })
    }

    fn announce(&self, change: &Change) -> Result<(), TokensUnavailable> {
        self.changes.lock().expect("unpoisoned").push(change.clone());
        Ok(())
    }

    fn saw(&self, check: &Check) -> Result<Option<bool>, TokensUnavailable> {
        let mut checks = self.checks.lock().expect("unpoisoned");
        let same = |before: &&Check| (&before.subject, &before.repo) == (&check.subject, &check.repo);
        let before = checks.iter().rev().find(same).map(|before| before.readable);
        checks.push(check.clone());
        Ok(before)
    }
}

/// A clock of the test's own.
#[derive(Clone)]
pub(crate) struct Hands(Arc<Mutex<SystemTime>>);

impl Hands {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(UNIX_EPOCH + Duration::from_secs(1_790_000_000))))
    }

    pub(crate) fn clock(&self) -> Clock {
        let own = self.clone();
        Clock::of(move || own.now())
    }

    pub(crate) fn now(&self) -> SystemTime {
        *self.0.lock().expect("unpoisoned")
    }

    pub(crate) fn advance(&self, seconds: u64) {
        *self.0.lock().expect("unpoisoned") += Duration::from_secs(seconds);
    }

    pub(crate) fn set_back(&self, seconds: u64) {
        *self.0.lock().expect("unpoisoned") -= Duration::from_secs(seconds);
    }
}

/// A louver and the hosts its callers log in at.
pub(crate) struct AccessWorld {
    pub(crate) world: World,
    pub(crate) permissions: Permissions,
    pub(crate) memory: Arc<Memory>,
    pub(crate) hands: Hands,
    pub(crate) hosts: Vec<StandIn>,
    /// Folders that are to outlive it.
    pub(crate) kept: Vec<TempDir>,
    /// The scope file down to its repositories.
    head: String,
}

/// A bare repository to serve, and the folder it is in.
pub(crate) fn bare(from: &Path) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let bare = folder.path().join("served.git");
    let target = bare.display().to_string();
    git(from, &["clone", "-q", "--bare", ".", &target]);
    (folder, bare)
}

impl AccessWorld {
    /// Indexes what `repos` says, under hosts that are described by `more` beyond their addresses.
    pub(crate) fn new(hosts: Vec<StandIn>, more: &str, repos: &str) -> Self {
        Self::with(hosts, |_, _| more.to_owned(), repos)
    }

    /// The same, with more about each host, whose secrets go into a folder.
    pub(crate) fn with(hosts: Vec<StandIn>, more: impl Fn(&StandIn, &Path) -> String, repos: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tables = hosts
            .iter()
            .map(|host| host.table(folder.path(), &more(host, folder.path())));
        let tables: String = tables.collect();
        let head = format!("version = 1\n[server]\npublic_url = \"http://127.0.0.1:1\"\n{tables}\n");
        let text = format!("{head}{repos}");
        let (memory, hands) = (Arc::new(Memory::default()), Hands::new());
        let mut made = None;
        let world = World::hosted(&text, |scope| {
            let permissions = permissions(scope, &memory, &hands);
            made = Some(permissions.clone());
            Box::new(permissions)
        });
        Self {
            world,
            permissions: made.expect("made"),
            memory,
            hands,
            hosts,
            kept: vec![folder],
            head,
        }
    }

    /// The same louver, hosts, logins and index, with nothing left of repositories that are not in `repos`.
    pub(crate) fn reduced(&self, repos: &str) -> Self {
        let mut made = None;
        let world = self.world.reduced(&format!("{}{repos}", self.head), |scope| {
            let permissions = permissions(scope, &self.memory, &self.hands);
            made = Some(permissions.clone());
            Box::new(permissions)
        });
        Self {
            world,
            permissions: made.expect("made"),
            memory: Arc::clone(&self.memory),
            hands: self.hands.clone(),
            hosts: self.hosts.clone(),
            kept: Vec::new(),
            head: self.head.clone(),
        }
    }

    pub(crate) fn host(&self) -> &StandIn {
        &self.hosts[0]
    }

    /// Logs a person in at a host, through its whole flow.
    pub(crate) fn log_in(&self, host: &StandIn, login: &str) -> Subject {
        log_in(&self.permissions, host, login)
    }

    pub(crate) fn call(&self, subject: &Subject, tool: &str, arguments: Value) -> Answer {
        self.world.call_as(subject, tool, arguments)
    }

    /// Lets time pass, for louver and the hosts.
    pub(crate) fn advance(&self, seconds: u64) {
        self.hands.advance(seconds);
        for host in &self.hosts {
            host.state().now = self.hands.now();
        }
    }
}

/// Logs a person in at a host, through its whole flow.
pub(crate) fn log_in(permissions: &Permissions, host: &StandIn, login: &str) -> Subject {
    let logins = permissions.logins();
    let name = host.kind.as_str();
    let verifier = "a-verifier-that-is-long-enough-for-the-specification-to-take";
    let challenge = {
        use base64::Engine as _;
        use sha2::Digest as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier))
    };
    let callback = logins.callback(name);
    let address = logins
        .host(name)
        .expect("the host")
        .authorize_url("the-state", &challenge, &callback)
        .expect("an address");
    let (code, state) = host.consent(login, &address);
    assert_eq!(state, "the-state");
    logins.sign_in(name, &code, verifier).expect("logged in")
}

/// Permissions of another process of the same louver.
pub(crate) fn permissions(scope: &Scope, memory: &Arc<Memory>, hands: &Hands) -> Permissions {
    let hosts = code_hosts(scope, &hands.clock()).expect("hosts");
    let url = scope.server().map(|server| server.public_url.clone());
    let tokens: Arc<dyn HostTokens> = Arc::clone(memory) as _;
    let logins = Arc::new(Logins::new(hosts, tokens, hands.clock(), url.as_ref()));
    Permissions::new(scope, logins, Arc::clone(memory) as _, hands.clock()).expect("permissions")
}

impl Memory {
    /// Any token that is kept.
    pub(crate) fn load_any(&self) -> Option<HostToken> {
        self.tokens.lock().expect("unpoisoned").values().next().cloned()
    }
}
