//! `louver token`: personal tokens for people and CI jobs without a browser, taken at `/t/mcp`.

use super::place::{Place, load_scope};
use super::record::Act;
use super::{Format, Shared, progress};
use crate::access::{StaticUsers, Subject};
use crate::audit::{Class, Log, Record};
use crate::scope::{HostKind, RepoName, Scope};
use crate::store::{NewPersonalToken, PersonalToken, Sessions, Store};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token and write it to stdout, once
    Create(Create),
    /// List tokens; the tokens themselves are not kept
    List,
    /// End a token, for running servers too
    Revoke {
        /// The token's id, as `list` shows it
        // One in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}

#[derive(Debug, Args)]
struct Create {
    /// Whom it stands for: their login at the host
    #[arg(long, value_name = "LOGIN")]
    user: String,
    /// The host, if the scope file has several
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// The person's id at the host; needed unless the scope file lists its people
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// What it is for
    #[arg(long)]
    name: String,
    /// How many days it is good
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// A repository it is good for, if not for all the person can read; may be repeated
    #[arg(long = "repo", value_name = "REPO")]
    repos: Vec<RepoName>,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let scope = load_scope(shared)?;
    let place = Place::of(shared)?;
    let store = place.open_store(&scope)?;
    match &options.command {
        Command::Create(create) => make(shared, &scope, &place, &store, create),
        Command::List => {
            Act::new(Class::Admin, "token list").record(&place)?;
            list(shared, &store)
        }
        Command::Revoke { id } => revoke(&scope, &place, &store, id),
    }
}

fn make(shared: &Shared, scope: &Scope, place: &Place, store: &Store, create: &Create) -> anyhow::Result<ExitCode> {
    let subject = subject(scope, create)?;
    for repo in &create.repos {
        if scope.approve(repo).is_none() {
            bail!("`{repo}` is not an approved repository; correct --repo");
        }
    }
    let expires_at = SystemTime::now() + Duration::from_secs(u64::from(create.days) * 86_400);
    let log = place.open_log()?;
    let (id, token) = store.create_personal_token(&NewPersonalToken {
        name: &create.name,
        subject: &subject,
        repos: (!create.repos.is_empty()).then_some(&create.repos),
        expires_at,
    })?;
    let repos: Vec<&str> = create.repos.iter().map(RepoName::as_str).collect();
    let detail = json!({ "token": id, "expires_at": stamp(expires_at), "repos": repos });
    // A token that is not in the record is never told to anybody.
    record(&log, "token-created", &subject, detail).inspect_err(|_| drop(store.revoke_personal_token(&id)))?;
    if shared.format == Format::Json {
        let all = json!({ "version": 1, "id": id, "token": token.text(), "expires_at": stamp(expires_at) });
        progress::put(format_args!("{all}"))?;
    } else {
        progress::put(format_args!("{}", token.text()))?;
        progress::say(format_args!(
            "token {id}, good until {}; it is not shown again",
            stamp(expires_at)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The person at the host: listed in the scope file, or named by the id they have there.
fn subject(scope: &Scope, create: &Create) -> anyhow::Result<Subject> {
    let host = match (&create.host, scope.hosts()) {
        (Some(name), hosts) => hosts
            .iter()
            .find(|host| host.name == *name)
            .with_context(|| format!("the scope file has no host `{name}`"))?,
        (None, [only]) => only,
        (None, []) => bail!("the scope file has no [[host]], so there is nobody a token could stand for"),
        (None, _) => bail!("the scope file has several hosts; choose one with --host"),
    };
    if host.kind == HostKind::Static {
        return StaticUsers::new(host)
            .subject(&create.user)
            .with_context(|| format!("the host `{}` lists no user `{}`", host.name, create.user));
    }
    let id = create.id.clone();
    Ok(Subject {
        issuer: host.name.clone(),
        id: id.with_context(|| {
            format!(
                "`{}` keeps its own accounts; give the account's id there with --id",
                host.name
            )
        })?,
        login: create.user.clone(),
    })
}

fn list(shared: &Shared, store: &Store) -> anyhow::Result<ExitCode> {
    let now = SystemTime::now();
    let tokens: Vec<Value> = store.personal_tokens()?.iter().map(|token| of(token, now)).collect();
    if shared.format == Format::Json {
        progress::put(format_args!("{}", json!({ "version": 1, "tokens": tokens })))?;
        return Ok(ExitCode::SUCCESS);
    }
    for token in &tokens {
        let text = |key: &str| token[key].as_str().unwrap_or("-").to_owned();
        progress::put(format_args!(
            "{} {} {}:{} until {} used {} {}",
            text("id"),
            text("state"),
            text("host"),
            text("login"),
            text("expires_at"),
            text("used_at"),
            text("name")
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn of(token: &PersonalToken, now: SystemTime) -> Value {
    let state = match token.revoked_at {
        Some(_) => "revoked",
        None if token.expires_at <= now => "expired",
        None => "good",
    };
    let repos = token.repos.as_ref();
    json!({
        "id": token.id,
        "state": state,
        "name": token.name,
        "host": token.subject.issuer,
        "user": token.subject.id,
        "login": token.subject.login,
        "repos": repos.map(|repos| repos.iter().map(RepoName::as_str).collect::<Vec<_>>()),
        "created_at": stamp(token.created_at),
        "expires_at": stamp(token.expires_at),
        "used_at": token.used_at.map(stamp),
        "revoked_at": token.revoked_at.map(stamp),
    })
}

fn revoke(scope: &Scope, place: &Place, store: &Store, id: &str) -> anyhow::Result<ExitCode> {
    let log = place.open_log()?;
    let Some(token) = store.revoke_personal_token(id)? else {
        bail!("there is no good token `{id}`; `louver token list` shows them");
    };
    let Subject {
        issuer, id: account, ..
    } = &token.subject;
    let hosts = scope.hosts().iter();
    // Where tokens are the logins, whoever had this one may have begun a session with it.
    let was_login = hosts
        .filter(|it| it.kind == HostKind::Static)
        .any(|it| it.name == *issuer);
    let sessions = if was_login {
        store.end_sessions(Sessions::Of(issuer, account))?.len()
    } else {
        0
    };
    let detail = json!({ "token": id, "sessions": sessions });
    record(&log, "token-revoked", &token.subject, detail)?;
    progress::say(format_args!("token {id} has ended, and sessions: {sessions}"));
    Ok(ExitCode::SUCCESS)
}

fn record(log: &Log, what: &str, subject: &Subject, detail: Value) -> anyhow::Result<()> {
    let mut record = Record::new(Class::Auth);
    record.subject = Some(log.subject(&subject.issuer, &subject.id, &subject.login)?);
    record.rule = Some(what.to_owned());
    let detail: Map<String, Value> = detail.as_object().cloned().unwrap_or_default();
    let _receipt = log.append(record.with_detail(detail))?;
    Ok(())
}

fn stamp(time: SystemTime) -> String {
    OffsetDateTime::from(time).format(&Rfc3339).unwrap_or_default()
}
