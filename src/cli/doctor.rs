//! `louver doctor`: what is set up right, what is not, and what to do about it.

use super::place::Place;
use super::{Format, Shared, progress};
use crate::access::{Clock, CodeHost, Granted, HostError, Logins, Secret, code_host};
use crate::audit::{Reader, instances};
use crate::scope::{HostConfig, HostKind, RemoteHost, Scope, Tier};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Nothing louver does happened before 2026.
const EPOCH: u64 = 1_767_225_600;

/// How something is.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Good,
    /// Worth knowing.
    Odd,
    /// Something will not work.
    Bad,
}

struct Finding {
    state: State,
    what: String,
    said: String,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, state: State, what: impl Into<String>, said: impl Into<String>) {
        self.0.push(Finding {
            state,
            what: what.into(),
            said: said.into(),
        });
    }

    fn of(&mut self, what: impl Into<String>, checked: Result<String, String>) {
        match checked {
            Ok(said) => self.add(State::Good, what, said),
            Err(said) => self.add(State::Bad, what, said),
        }
    }
}

pub(super) fn run(shared: &Shared) -> anyhow::Result<ExitCode> {
    let mut findings = Findings::default();
    clock(&mut findings);
    place(shared, &mut findings);
    match Scope::load(&shared.config) {
        Ok(scope) => {
            let said = format!("{} repositories, {} hosts", scope.repos().len(), scope.hosts().len());
            findings.add(State::Good, "scope file", said);
            of_scope(&scope, &mut findings);
        }
        Err(err) => findings.add(State::Bad, "scope file", err.to_string()),
    }
    write(shared, &findings)?;
    let is_bad = findings.0.iter().any(|finding| finding.state == State::Bad);
    Ok(if is_bad { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

fn write(shared: &Shared, findings: &Findings) -> anyhow::Result<()> {
    let word = |state| match state {
        State::Good => "ok",
        State::Odd => "note",
        State::Bad => "wrong",
    };
    if shared.format == Format::Json {
        let list: Vec<_> = findings
            .0
            .iter()
            .map(|it| json!({ "state": word(it.state), "what": it.what, "said": it.said }))
            .collect();
        progress::put(format_args!("{}", json!({ "version": 1, "findings": list })))?;
        return Ok(());
    }
    for Finding { state, what, said } in &findings.0 {
        progress::put(format_args!("{:5} {what}: {said}", word(*state)))?;
    }
    Ok(())
}

fn clock(findings: &mut Findings) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let is_right = now.as_secs() >= EPOCH;
    let said = || "it is set to before 2026; permissions and records need the right time, so set it".to_owned();
    findings.of("clock", is_right.then(|| "plausible".to_owned()).ok_or_else(said));
}

fn place(shared: &Shared, findings: &mut Findings) {
    let place = match Place::of(shared) {
        Ok(place) => place,
        Err(err) => return findings.add(State::Bad, "data directory", format!("{err:#}")),
    };
    let root = place.root().display();
    let mode = fs::metadata(place.root()).map(|it| it.permissions().mode() & 0o077);
    let draft = tempfile::NamedTempFile::new_in(place.root());
    findings.of(
        "data directory",
        match (mode, draft) {
            (_, Err(err)) => Err(format!("cannot write to `{root}` ({}); correct its owner", err.kind())),
            (Ok(0), Ok(_)) => Ok(format!("`{root}`, private and writable")),
            (_, Ok(_)) => Err(format!("`{root}` is open to other users; run `chmod 700 {root}`")),
        },
    );
    let log = place.audit();
    if !log.is_dir() {
        return findings.add(State::Good, "log", "not begun yet");
    }
    findings.of("log", log_is_well(&log));
}

fn log_is_well(log: &std::path::Path) -> Result<String, String> {
    let wrong = |err: crate::audit::AuditError| format!("{err}; `louver audit verify` says more");
    let dirs = instances(log).map_err(wrong)?;
    for dir in &dirs {
        Reader::open(dir).map_err(wrong)?;
    }
    Ok(format!("{} can be read", dirs.len()))
}

fn of_scope(scope: &Scope, findings: &mut Findings) {
    let remote: Vec<(&HostConfig, &RemoteHost)> = scope
        .hosts()
        .iter()
        .filter_map(|host| Some((host, host.remote.as_ref()?)))
        .collect();
    match scope.server() {
        Some(server) if server.public_url.scheme() != "https" => {
            let said = "`public_url` is plain HTTP; only programs on this machine can log in";
            findings.add(State::Odd, "server", said);
        }
        Some(server) => findings.add(State::Good, "server", server.public_url.as_str()),
        None if remote.is_empty() => (),
        None => {
            let said = "there are hosts and no `[server]`, so nobody can log in; write `public_url` there";
            findings.add(State::Bad, "server", said);
        }
    }
    if !scope.hosts().is_empty() {
        for repo in scope.approved().iter().filter(|repo| repo.host().is_none()) {
            let said = "it has no `host`, so nobody who logs in can read it; write `host` and `id`";
            findings.add(State::Odd, format!("repository {}", repo.name()), said);
        }
    }
    let zero_tier = |host: &HostConfig| Tier::ALL.iter().any(|tier| host.bounds.hard(*tier).is_zero());
    for (config, remote) in remote {
        if zero_tier(config) {
            let said = "a bound of 0 s asks it for every call of that tier; mind its rate limit";
            findings.add(State::Odd, format!("host {}", config.name), said);
        }
        of_host(scope, config, remote, findings);
    }
}

fn of_host(scope: &Scope, config: &HostConfig, remote: &RemoteHost, findings: &mut Findings) {
    let what = |part: &str| format!("host {} {part}", config.name);
    webhooks(scope, config, remote, findings);
    let host = match code_host(config, &Clock::system()) {
        Ok(host) => host,
        Err(err) => return findings.add(State::Bad, what("settings"), err.to_string()),
    };
    let callback = callback(scope, &config.name);
    let registered = match &callback {
        Some(callback) => format!("register exactly `{callback}`"),
        None => "write `public_url` in `[server]` first".to_owned(),
    };
    let state = if callback.is_some() { State::Good } else { State::Bad };
    findings.add(state, what("callback"), registered);
    findings.of(
        what("registration"),
        registration(&*host, &callback.unwrap_or_default()),
    );
    findings.add(State::Good, what("permissions"), permissions(config, remote));
    if host.identity_only() {
        let alive = host.alive(None).map(|()| "the service credential is taken".to_owned());
        findings.of(what("service credential"), alive.map_err(|err| advice(&err)));
        granted(scope, &*host, &what("grant"), findings);
    }
}

/// What the host itself says was granted to louver's own credential.
fn granted(scope: &Scope, host: &dyn CodeHost, what: &str, findings: &mut Findings) {
    match host.granted(&scope.approved()) {
        Ok(said) => said.into_iter().for_each(|said| match said {
            Granted::Right(said) => findings.add(State::Good, what, said),
            Granted::Odd(said) => findings.add(State::Odd, what, said),
            Granted::Wrong(said) => findings.add(State::Bad, what, said),
        }),
        Err(err) => findings.add(State::Bad, what, advice(&err)),
    }
}

/// Where the host delivers webhooks, and whether louver takes them.
fn webhooks(scope: &Scope, config: &HostConfig, remote: &RemoteHost, findings: &mut Findings) {
    let what = format!("host {} webhooks", config.name);
    let Some(source) = &remote.webhook_secret else {
        let said = format!(
            "none are taken, so a right that is gone counts for up to {} s; `webhook_secret_file` shortens that",
            config.bounds.hard.as_secs()
        );
        return findings.add(State::Odd, what, said);
    };
    let base = scope
        .server()
        .map(|server| server.public_url.as_str().trim_end_matches('/'));
    let said = format!(
        "deliver to `{}/webhooks/{}` as JSON",
        base.unwrap_or_default(),
        config.name
    );
    let read = Secret::from_source(source).map(|_| said);
    findings.of(what, read.map_err(|err| err.to_string()));
}

fn callback(scope: &Scope, host: &str) -> Option<String> {
    let server = scope.server()?;
    Some(Logins::callback_at(Some(&server.public_url), host))
}

/// Redeems a code that cannot exist: a host that knows louver says the code is wrong, another says louver is.
fn registration(host: &dyn CodeHost, callback: &str) -> Result<String, String> {
    let callback = if callback.is_empty() {
        "http://127.0.0.1/"
    } else {
        callback
    };
    match host.exchange("louver-doctor", &"0".repeat(64), callback) {
        Ok(_) => Err("it gave a token for a code it never issued; this is no host to trust".to_owned()),
        Err(HostError::Unauthorized { .. }) => Ok("reached, and it takes the client id and secret".to_owned()),
        Err(err) => Err(advice(&err)),
    }
}

fn advice(err: &HostError) -> String {
    match err {
        HostError::Unavailable { .. } => {
            format!("{err}; check `url`, the network, its certificate (SSL_CERT_FILE) and HTTPS_PROXY")
        }
        HostError::Garbage { .. } => format!("{err}; check that `url` and `api_url` are the host's"),
        other => other.to_string(),
    }
}

/// What the registration must be allowed to do; only the host's own pages show whether it is.
fn permissions(config: &HostConfig, remote: &RemoteHost) -> &'static str {
    match (config.kind, remote.service.is_some()) {
        (HostKind::GitHub, false) if remote.oauth_app => {
            "an OAuth App asks people for `repo`, which can write; a GitHub App need not"
        }
        (HostKind::GitHub, false) => "the App needs Contents: read and Metadata: read, on every approved repository",
        (HostKind::GitHub, true) => {
            "the App needs Metadata: read on every approved repository, and its mirror Contents: read"
        }
        (HostKind::GitLab, false) => "the application needs the scopes `read_api` and `read_repository`",
        (HostKind::GitLab, true) => "the application needs `read_user`, the service token `read_api`",
        (HostKind::Bitbucket, false) => "the consumer needs Account: read and Repositories: read",
        (HostKind::Bitbucket, true) => "the consumer needs Account: read, the workspace token Repositories: admin",
        (HostKind::Gitea, _) => "people are asked for `read:repository read:user`",
        (HostKind::Static, _) => "none",
    }
}
