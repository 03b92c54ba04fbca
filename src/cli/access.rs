//! `louver access`: who can reach which repository now, why, and how to stop them. Each command leaves a record.

use super::place::Place;
use super::{Format, Shared, progress};
use crate::access::{
    AccessState, Asked, Change, Check, Clock, Hold, HostTokens, LocalHost, Logins, Memberships, Permissions, RepoHost,
    Subject, Verdict, Withheld, code_hosts,
};
use crate::audit::{Class, Decision, Record, Sha256Digest};
use crate::scope::{self, Action, RepoName, Request, Resource, Scope, decide};
use crate::store::{Session, Sessions, Store};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show who can reach which repository, through which check and how old it is, the sessions, and what is stopped
    List,
    /// Stop a person, a client, a repository, a session or everybody, in every process from its next request on
    Revoke(Target),
    /// Let a person, a repository or everybody go on that was stopped
    Restore(Held),
    /// Say why a person can or cannot read a repository; the host is asked
    Explain {
        /// The person, as `list` writes them: HOST:LOGIN or HOST:ID
        user: String,
        /// The repository
        repo: String,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// A person: their logins, sessions and tokens end, and nothing is answered them until `restore`
    #[arg(long, value_name = "HOST:LOGIN")]
    user: Option<String>,
    /// An OAuth client: its sessions end
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// A repository: nobody is told about it until `restore`
    #[arg(long, value_name = "NAME")]
    repo: Option<String>,
    /// One session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Everybody: all sessions and tokens end, and nothing is answered until `restore`
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Held {
    /// A person
    #[arg(long, value_name = "HOST:LOGIN")]
    user: Option<String>,
    /// A repository
    #[arg(long, value_name = "NAME")]
    repo: Option<String>,
    /// Everybody
    #[arg(long)]
    all: bool,
}

/// What the commands work on.
struct Desk<'a> {
    shared: &'a Shared,
    scope: Scope,
    place: Place,
    store: Arc<Store>,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let place = Place::of(shared)?;
    let scope = place.scope_in_force(shared)?;
    let store = Arc::new(place.open_store(&scope)?);
    let desk = Desk {
        shared,
        scope,
        place,
        store,
    };
    match &options.command {
        Command::List => desk.list(),
        Command::Revoke(target) => desk.revoke(target),
        Command::Restore(held) => desk.restore(held),
        Command::Explain { user, repo } => desk.explain(user, repo),
    }
}

impl Desk<'_> {
    fn list(&self) -> anyhow::Result<ExitCode> {
        let now = SystemTime::now();
        let checks: Vec<Value> = self
            .store
            .checks()?
            .iter()
            .map(|check| self.of_check(check, now))
            .collect();
        let sessions = self.store.sessions(Sessions::All)?;
        let live = sessions.iter().filter(|it| is_live(it, now));
        let sessions: Vec<Value> = live.map(|session| of_session(session, now)).collect();
        let holds: Vec<String> = self.store.news(0)?.holds.iter().map(written).collect();
        self.record(
            "access list",
            json!({ "checks": checks.len(), "sessions": sessions.len() }),
            None,
        )?;
        if self.shared.format == Format::Json {
            let all = json!({ "version": 1, "checks": checks, "sessions": sessions, "stopped": holds });
            progress::put(format_args!("{all}"))?;
            return Ok(ExitCode::SUCCESS);
        }
        for check in &checks {
            progress::put(format_args!(
                "{} {} {} by={} age={}s",
                word(check, "state"),
                word(check, "user"),
                word(check, "repo"),
                word(check, "source"),
                check["age_seconds"]
            ))?;
        }
        for session in &sessions {
            progress::put(format_args!(
                "session {} {} client={} used={}s ago",
                word(session, "id"),
                word(session, "user"),
                word(session, "client"),
                session["used_seconds_ago"]
            ))?;
        }
        for hold in &holds {
            progress::put(format_args!("stopped {hold}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What was said about a person and a repository, and whether it still counts.
    fn of_check(&self, check: &Check, now: SystemTime) -> Value {
        let age = now.duration_since(check.checked_at).unwrap_or_default();
        json!({
            "user": name(&check.subject), "id": check.subject.id, "repo": check.repo, "repo_id": check.repo_id,
            "source": check.source, "age_seconds": age.as_secs(), "state": self.state(check, age),
        })
    }

    fn state(&self, check: &Check, age: Duration) -> &'static str {
        let approved = check
            .repo
            .parse()
            .ok()
            .and_then(|name: RepoName| self.scope.approve(&name));
        let host = self.scope.hosts().iter().find(|host| host.name == check.subject.issuer);
        match (check.readable, approved, host) {
            (false, ..) => "denied",
            (true, Some(repo), Some(host)) if age < host.bounds.hard(repo.tier()) => "readable",
            // It is asked for anew before anything is told.
            (true, Some(_), Some(_)) => "lapsed",
            (true, ..) => "unlisted",
        }
    }

    fn revoke(&self, target: &Target) -> anyhow::Result<ExitCode> {
        let whom = target.user.as_deref().map(|user| self.subject(user)).transpose()?;
        let (what, ended) = match target {
            Target { user: Some(_), .. } => self.revoke_user(whom.as_ref().context("nobody is named")?)?,
            Target { client: Some(id), .. } => {
                (format!("client {id}"), self.store.end_sessions(Sessions::By(id))?.len())
            }
            Target { repo: Some(repo), .. } => {
                let repo: RepoName = repo.parse()?;
                self.store.hold(&Hold::Repo(repo.to_string()))?;
                (format!("repository {repo}"), 0)
            }
            Target { session: Some(id), .. } => (
                format!("session {id}"),
                self.store.end_sessions(Sessions::One(id))?.len(),
            ),
            _ => {
                self.store.hold(&Hold::All)?;
                self.store.revoke_personal_tokens(None)?;
                self.store.announce(&Change::All)?;
                ("everybody".to_owned(), self.store.end_sessions(Sessions::All)?.len())
            }
        };
        progress::put(format_args!("stopped {what}, sessions ended: {ended}"))?;
        // It is done by now: a log that cannot be written must not keep anybody from being stopped.
        self.record(
            "access revoke",
            json!({ "stopped": what, "sessions": ended }),
            whom.as_ref(),
        )
        .context("it is stopped, and that could not be recorded")?;
        Ok(ExitCode::SUCCESS)
    }

    fn revoke_user(&self, subject: &Subject) -> anyhow::Result<(String, usize)> {
        let Subject { issuer, id, .. } = subject;
        self.store.hold(&hold_of(subject))?;
        let ended = self.store.end_sessions(Sessions::Of(issuer, id))?.len();
        self.store.revoke_personal_tokens(Some((issuer, id)))?;
        self.log_out(subject)?;
        self.store.announce(&Change::Subject {
            host: issuer.clone(),
            id: id.clone(),
        })?;
        // By id: a record keeps no login.
        Ok((format!("user {issuer}:{id}"), ended))
    }

    /// Forgets a person's login: here for certain, and at the host where it can be told.
    fn log_out(&self, subject: &Subject) -> anyhow::Result<()> {
        let told = self.permissions().and_then(|it| Ok(it.logins().sign_out(subject)?));
        if let Err(err) = told {
            progress::say(format_args!("the host was not told that the login has ended: {err:#}"));
            self.store.delete(subject)?;
        }
        Ok(())
    }

    fn restore(&self, held: &Held) -> anyhow::Result<ExitCode> {
        let whom = held.user.as_deref().map(|user| self.subject(user)).transpose()?;
        let hold = match (&whom, &held.repo) {
            (Some(subject), _) => hold_of(subject),
            (None, Some(repo)) => Hold::Repo(repo.clone()),
            (None, None) => Hold::All,
        };
        let what = written(&hold);
        if !self.store.release(&hold)? {
            bail!("{what} is not stopped; `louver access list` shows what is");
        }
        progress::put(format_args!("restored {what}"))?;
        self.record("access restore", json!({ "restored": what }), whom.as_ref())?;
        Ok(ExitCode::SUCCESS)
    }

    fn explain(&self, user: &str, repo: &str) -> anyhow::Result<ExitCode> {
        let subject = self.subject(user)?;
        let repo: RepoName = repo.parse()?;
        let teams = self.scope.teams_at(&subject.issuer);
        let memberships = if teams.is_empty() {
            Memberships::default()
        } else {
            self.permissions()?.memberships(&subject, &teams)
        };
        let request = Request {
            subject: scope::Subject {
                host: &subject.issuer,
                id: &subject.id,
                login: &subject.login,
                teams: &memberships.teams,
                teams_until: memberships.until,
            },
            resource: Resource {
                repo: &repo,
                path: None,
            },
            action: Action::Retrieve,
            at: SystemTime::now(),
        };
        let decision = decide(&self.scope, &request);
        let mut steps: Vec<(bool, String)> = vec![(decision.allow, decision.reasons.join("; "))];
        if let Some(approved) = self.scope.approve(&repo) {
            steps.push(match approved.host() {
                None => (
                    false,
                    "the scope file binds it to no host; write `host` and `id`".to_owned(),
                ),
                Some(at) => (
                    at.host == subject.issuer,
                    format!(
                        "it is {} at {}, the person's host is {}",
                        at.id, at.host, subject.issuer
                    ),
                ),
            });
            let hold = self.store.news(0)?.holds.into_iter().find(|hold| match hold {
                Hold::All => true,
                Hold::Subject { host, id } => *host == subject.issuer && *id == subject.id,
                Hold::Repo(name) => name == repo.as_str(),
            });
            steps.push((
                hold.is_none(),
                hold.map_or_else(
                    || "nothing is stopped".to_owned(),
                    |it| format!("stopped: {}", written(&it)),
                ),
            ));
            let verdict = self
                .permissions()?
                .verdicts(&subject, &[&approved], Asked::ByName)
                .pop();
            steps.push(said(verdict.as_ref()));
        }
        let is_readable = steps.iter().all(|(holds, _)| *holds);
        let about = json!({ "user": format!("{}:{}", subject.issuer, subject.id), "repo": repo.as_str(), "readable": is_readable });
        self.record("access explain", about, Some(&subject))?;
        self.write_steps(is_readable, &steps)?;
        Ok(ExitCode::SUCCESS)
    }

    fn write_steps(&self, is_readable: bool, steps: &[(bool, String)]) -> anyhow::Result<()> {
        if self.shared.format == Format::Json {
            let list: Vec<Value> = steps
                .iter()
                .map(|(holds, why)| json!({ "holds": holds, "why": why }))
                .collect();
            progress::put(format_args!(
                "{}",
                json!({ "version": 1, "readable": is_readable, "steps": list })
            ))?;
            return Ok(());
        }
        progress::put(format_args!(
            "{}",
            if is_readable { "readable" } else { "not readable" }
        ))?;
        for (holds, why) in steps {
            progress::put(format_args!(" {} {why}", if *holds { "yes" } else { "no " }))?;
        }
        Ok(())
    }

    fn permissions(&self) -> anyhow::Result<Permissions> {
        let clock = Clock::system();
        let hosts = code_hosts(&self.scope, &clock)?;
        let url = self.scope.server().map(|server| &server.public_url);
        let tokens: Arc<dyn HostTokens> = Arc::clone(&self.store) as _;
        let logins = Arc::new(Logins::new(hosts, tokens, clock.clone(), url));
        Ok(Permissions::new(
            &self.scope,
            logins,
            Arc::clone(&self.store) as _,
            clock,
        )?)
    }

    /// The person that `HOST:LOGIN` or `HOST:ID` means, among those louver has met and those of static hosts.
    fn subject(&self, user: &str) -> anyhow::Result<Subject> {
        let Some((host, account)) = user.split_once(':') else {
            bail!("`{user}` names no host; write HOST:LOGIN, as in github:ada");
        };
        let is_meant = |it: &Subject| it.issuer == host && (it.id == account || it.login == account);
        let met = self.store.checks()?.into_iter().map(|check| check.subject);
        let here = self
            .store
            .sessions(Sessions::All)?
            .into_iter()
            .map(|session| session.subject);
        let mut found: Vec<Subject> = met.chain(here).chain(self.listed()).filter(is_meant).collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        match found.len() {
            1 => Ok(found.remove(0)),
            // Somebody who has not been met can be stopped before they come.
            0 if self.scope.hosts().iter().any(|it| it.name == host) && is_id(account) => Ok(Subject {
                issuer: host.to_owned(),
                id: account.to_owned(),
                login: account.to_owned(),
            }),
            0 => bail!(
                "louver has met no `{user}`; `louver access list` shows whom it has, and HOST:ID works for everybody"
            ),
            _ => bail!("`{user}` has been the login of several accounts; write HOST:ID"),
        }
    }

    fn listed(&self) -> impl Iterator<Item = Subject> {
        self.scope.hosts().iter().flat_map(|host| {
            host.users.iter().map(|user| Subject {
                issuer: host.name.clone(),
                id: user.id.clone(),
                login: user.login.clone(),
            })
        })
    }

    /// Records a command with what it was about; `whom` it names is erased with their login where their id is one.
    fn record(&self, command: &str, mut about: Value, whom: Option<&Subject>) -> anyhow::Result<()> {
        let log = self.place.open_log()?;
        if let Some(Subject { issuer, id, login }) = whom {
            let kept = log.subject(issuer, id, login)?.id;
            for value in about.as_object_mut().into_iter().flat_map(|it| it.values_mut()) {
                if let Value::String(text) = value {
                    *text = text.replace(&format!("{issuer}:{id}"), &format!("{issuer}:{kept}"));
                }
            }
        }
        let who = LocalHost::subject();
        let mut record = Record::new(Class::Admin);
        record.subject = Some(log.subject(&who.issuer, &who.id, &who.login)?);
        record.decision = Some(Decision::Allow);
        record.tool = Some(command.to_owned());
        record.scope_digest = Sha256Digest::from_hex(self.scope.digest());
        let detail = about.as_object().cloned().unwrap_or_default();
        let receipt = log.append(record.with_detail(detail))?;
        tracing::info!(record = receipt.index(), command, "recorded");
        Ok(())
    }
}

fn hold_of(subject: &Subject) -> Hold {
    Hold::Subject {
        host: subject.issuer.clone(),
        id: subject.id.clone(),
    }
}

fn written(hold: &Hold) -> String {
    match hold {
        Hold::All => "everybody".to_owned(),
        Hold::Subject { host, id } => format!("user {host}:{id}"),
        Hold::Repo(name) => format!("repository {name}"),
    }
}

fn said(verdict: Option<&Verdict>) -> (bool, String) {
    match verdict {
        Some(Verdict::Readable { source, .. }) => (true, format!("the host says so now ({source})")),
        Some(Verdict::Withheld(Withheld::Unverified { host, .. })) => {
            (false, format!("{host} cannot be asked at the moment"))
        }
        Some(Verdict::Withheld(Withheld::LoggedOut { host })) => (false, format!("they are not logged in at {host}")),
        Some(Verdict::Withheld(Withheld::Suspended)) => (false, "they are stopped".to_owned()),
        Some(Verdict::Withheld(Withheld::NotReadable)) | None => {
            (false, "the host says they cannot read its code".to_owned())
        }
    }
}

/// Bitbucket's ids are UUIDs, those of the others numbers.
fn is_id(account: &str) -> bool {
    account.bytes().all(|byte| byte.is_ascii_digit()) || account.starts_with('{')
}

fn name(subject: &Subject) -> String {
    format!("{}:{}", subject.issuer, subject.login)
}

fn is_live(session: &Session, now: SystemTime) -> bool {
    session.times.revoked_at.is_none() && session.times.expires_at > now
}

fn of_session(session: &Session, now: SystemTime) -> Value {
    let ago = |then: SystemTime| now.duration_since(then).unwrap_or_default().as_secs();
    json!({
        "id": session.id, "user": name(&session.subject), "client": session.client, "client_name": session.client_name,
        "began_seconds_ago": ago(session.times.began_at), "used_seconds_ago": ago(session.times.used_at),
    })
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
