//! `louver scope`: check, plan, test, apply, explain, and what was in force when.

use super::place::Place;
use super::scope_apply;
use super::scope_plan;
use super::{Format, Shared, progress};
use crate::access::LocalHost;
use crate::audit::{self, Class, Decision, Record};
use crate::indexing;
use crate::scope::{
    self, Action, Applied, RepoName, Request, Resource, Scope, ScopeErrors, ScopeText, Unmet, Who, asking, moment,
};
use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::SystemTime;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Report every error of the scope file, and what deserves a look
    Check {
        /// Exit with 3 when something deserves a look
        #[arg(long)]
        strict: bool,
    },
    /// Show what applying the scope file would do; exits with 3 if it would do anything
    Plan {
        /// Write the plan as Markdown, for a pull request
        #[arg(long)]
        markdown: bool,
    },
    /// Try the expectations in the scope file; exits with 3 if one does not hold
    Test,
    /// Put the scope file into force and purge what it no longer approves
    Apply {
        /// Only if the file has this digest, which `plan` shows
        #[arg(long, value_name = "sha256:HEX")]
        expect_digest: Option<String>,
    },
    /// Say which rule decides about a person, a repository and a path
    Explain {
        /// Who, as HOST:LOGIN or HOST#ID
        user: Who,
        /// The repository
        repo: RepoName,
        /// A path from its root
        path: Option<String>,
    },
    /// List the scopes that were in force
    History,
    /// Write the JSON Schema of scope files, for editors
    Schema,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Check { strict } => check(shared, *strict),
        Command::Plan { markdown } => scope_plan::run(shared, *markdown),
        Command::Test => test(shared),
        Command::Apply { expect_digest } => scope_apply::run(shared, expect_digest.as_deref()),
        Command::Explain { user, repo, path } => explain(shared, user, repo, path.as_deref()),
        Command::History => history(shared),
        Command::Schema => {
            progress::put(format_args!("{}", serde_json::to_string_pretty(&scope::json_schema())?))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(shared: &Shared, strict: bool) -> anyhow::Result<ExitCode> {
    let text = ScopeText::read(&shared.config)?;
    let scope = match Scope::of(&text) {
        Ok(scope) => scope,
        Err(ScopeErrors::Invalid { errors }) => {
            if shared.format == Format::Json {
                let errors: Vec<Value> = errors
                    .iter()
                    .map(|it| json!({ "path": it.path, "line": it.line, "column": it.column, "problem": it.problem.to_string() }))
                    .collect();
                progress::put(format_args!("{}", json!({ "version": 1, "errors": errors })))?;
            } else {
                for error in &errors {
                    progress::put(format_args!("{error}"))?;
                }
            }
            administered(
                shared,
                "scope check",
                Decision::Error,
                json!({ "errors": errors.len() }),
            )?;
            return Ok(ExitCode::FAILURE);
        }
        Err(err) => return Err(err.into()),
    };
    let place = Place::of(shared)?;
    let paths = |name: &RepoName| indexing::fetched_paths(place.root(), &scope.approve(name)?);
    let warnings = scope::warnings(&scope, SystemTime::now(), &paths);
    if shared.format == Format::Json {
        let list: Vec<Value> = warnings
            .iter()
            .map(|it| json!({ "place": it.place, "text": it.text }))
            .collect();
        let all = json!({ "version": 1, "errors": [], "warnings": list, "digest": scope.digest() });
        progress::put(format_args!("{all}"))?;
    } else {
        for warning in &warnings {
            progress::put(format_args!("{warning}"))?;
        }
        progress::put(format_args!(
            "{}: {} repositories, {} approved, {} exceptions, {} warnings, sha256:{}",
            shared.config.display(),
            scope.repos().len(),
            scope.approved().len(),
            scope.exceptions().len(),
            warnings.len(),
            scope.digest()
        ))?;
    }
    administered(
        shared,
        "scope check",
        Decision::Allow,
        json!({ "warnings": warnings.len() }),
    )?;
    Ok(if strict && !warnings.is_empty() {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    })
}

fn test(shared: &Shared) -> anyhow::Result<ExitCode> {
    let scope = Scope::load(&shared.config)?;
    let unmet = scope::unmet(&scope, SystemTime::now());
    let count = scope.expectations().len();
    if shared.format == Format::Json {
        let list: Vec<Value> = unmet.iter().map(unmet_json).collect();
        progress::put(format_args!(
            "{}",
            json!({ "version": 1, "tests": count, "failed": list })
        ))?;
    } else {
        for it in &unmet {
            progress::put(format_args!("{}", unmet_line(it)))?;
        }
        progress::put(format_args!("{} of {count} tests hold", count - unmet.len()))?;
    }
    administered(
        shared,
        "scope test",
        Decision::Allow,
        json!({ "tests": count, "failed": unmet.len() }),
    )?;
    Ok(if unmet.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(3)
    })
}

/// One expectation that does not hold, and why.
pub(super) fn unmet_line(unmet: &Unmet) -> String {
    let Unmet { expectation, decision } = unmet;
    let path = expectation
        .path
        .as_deref()
        .map(|path| format!(":{path}"))
        .unwrap_or_default();
    format!(
        "{}: {}{path} is {}, not {}: {}",
        expectation.place,
        expectation.repo,
        scope::Outcome::of(decision).as_str(),
        expectation.expect.as_str(),
        decision.reasons.join("; ")
    )
}

fn unmet_json(unmet: &Unmet) -> Value {
    let Unmet { expectation, decision } = unmet;
    json!({
        "place": expectation.place,
        "repo": expectation.repo.as_str(),
        "path": expectation.path,
        "expected": expectation.expect.as_str(),
        "decided": scope::Outcome::of(decision).as_str(),
        "rule": decision.rule.to_string(),
        "reasons": decision.reasons,
    })
}

fn explain(shared: &Shared, user: &Who, repo: &RepoName, path: Option<&str>) -> anyhow::Result<ExitCode> {
    let place = Place::of(shared)?;
    let scope = place.scope_in_force(shared)?;
    let request = Request {
        subject: asking(user),
        resource: Resource { repo, path },
        action: Action::Retrieve,
        at: SystemTime::now(),
    };
    let decision = scope::decide(&scope, &request);
    let answer = if decision.allow { "allowed" } else { "denied" };
    let rule = decision.rule.to_string();
    if shared.format == Format::Json {
        let until = decision.until.map(moment::second);
        let all = json!({
            "version": 1, "scope": scope.digest(), "user": user.to_string(), "repo": repo.as_str(), "path": path, "allow": decision.allow,
            "rule": rule, "until": until, "monitoring": decision.monitoring.as_str(), "reasons": decision.reasons,
        });
        progress::put(format_args!("{all}"))?;
    } else {
        progress::put(format_args!("{answer} by {rule}"))?;
        for reason in &decision.reasons {
            progress::put(format_args!("  {reason}"))?;
        }
        if decision.allow {
            progress::put(format_args!("  what the repository's host says comes on top"))?;
        }
    }
    let about = json!({ "repo": repo.as_str(), "path": path, "rule": rule });
    administered(shared, "scope explain", Decision::Allow, about)?;
    Ok(ExitCode::SUCCESS)
}

fn history(shared: &Shared) -> anyhow::Result<ExitCode> {
    let history = Place::of(shared)?.scope_store().history()?;
    if history.is_empty() {
        bail!("no scope was applied yet; `louver scope apply` puts the scope file into force");
    }
    administered(
        shared,
        "scope history",
        Decision::Allow,
        json!({ "scopes": history.len() }),
    )?;
    for applied in &history {
        let Applied {
            number,
            at,
            text,
            commit,
            signers: _,
        } = applied;
        let at = moment::second(*at);
        if shared.format == Format::Json {
            let line = json!({ "version": 1, "number": number, "applied_at": at, "digest": text.digest(), "path": text.path(), "commit": commit });
            progress::put(format_args!("{line}"))?;
            continue;
        }
        let commit = commit.as_ref().map_or_else(String::new, |commit| {
            let signed = if commit.verified { " signed" } else { "" };
            format!(
                " commit={} author={}{signed}",
                commit.id.get(..10).unwrap_or(&commit.id),
                commit.author
            )
        });
        progress::put(format_args!("{number} {at} sha256:{}{commit}", text.digest()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Leaves a record of a command that changes nothing.
pub(super) fn administered(shared: &Shared, command: &str, decision: Decision, about: Value) -> anyhow::Result<()> {
    let log = Place::of(shared)?.open_log()?;
    let who = LocalHost::subject();
    let mut record = Record::new(Class::Admin);
    record.subject = Some(log.subject(&who.issuer, &who.id, &who.login)?);
    record.tool = Some(command.to_owned());
    record.decision = Some(decision);
    record.scope_digest = digest_of(shared);
    let detail = about.as_object().cloned().unwrap_or_default();
    let receipt = log.append(record.with_detail(detail))?;
    tracing::info!(record = receipt.index(), command, "recorded");
    Ok(())
}

/// The digest of the file a command was about, if it can be read.
fn digest_of(shared: &Shared) -> Option<audit::Sha256Digest> {
    let text = ScopeText::read(&shared.config).ok()?;
    audit::Sha256Digest::from_hex(&text.digest())
}
