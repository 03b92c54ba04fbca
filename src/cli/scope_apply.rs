//! `louver scope apply`: purges what the scope file no longer approves, and then puts it into force, in this process and every other.

use super::index;
use super::place::Place;
use super::scope::unmet_line;
use super::scope_plan::RESTART;
use super::signed;
use super::{Format, Shared, progress};
use crate::access::LocalHost;
use crate::audit::{self, Class, Decision, Log, Personal, Record, Sha256Digest};
use crate::indexing::Purged;
use crate::scope::{self, Applied, Commit, Kept, Plan, RepoChange, RepoName, Scope, ScopeErrors, ScopeText, Tier};
use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

pub(super) fn run(shared: &Shared, expect_digest: Option<&str>) -> anyhow::Result<ExitCode> {
    let place = Place::of(shared)?;
    let log = Arc::new(place.open_log()?);
    let text = ScopeText::read(&shared.config)?;
    let after = match Scope::of(&text) {
        Ok(scope) => scope,
        Err(err) => {
            refused(&log, &text, "invalid", errors(&err))?;
            return Err(anyhow::Error::from(err).context("the scope file has errors, so the scope in force stays"));
        }
    };
    if let Some(expected) = expect_digest
        && expected.strip_prefix("sha256:").unwrap_or(expected) != after.digest()
    {
        refused(&log, &text, "digest", 1)?;
        bail!(
            "the scope file has the digest sha256:{}, not the expected one; look at `louver scope plan` again",
            after.digest()
        );
    }
    let unmet = scope::unmet(&after, SystemTime::now());
    if !unmet.is_empty() {
        refused(&log, &text, "tests", unmet.len())?;
        unmet
            .iter()
            .for_each(|it| progress::say(format_args!("{}", unmet_line(it))));
        bail!(
            "{} tests of the scope file do not hold, so the scope in force stays",
            unmet.len()
        );
    }
    let store = place.scope_store();
    let _alone = store.exclusive()?;
    let applied = store.applied()?;
    let commit = match authorised(&text, &after, applied.as_ref()) {
        Ok(commit) => commit,
        Err(err) => {
            refused(&log, &text, "signature", 1)?;
            return Err(err);
        }
    };
    let before = applied.as_ref().map(|it| Scope::of_text(&it.text)).transpose();
    let before = before.context("the scope in force cannot be read")?;
    let purged = index::indexer(&place, Arc::clone(&log), &after, None)?.enforce(&after, before.as_ref())?;
    // Purged first, put into force second: nobody is answered under the new scope from what the old one approved.
    let receipt = log.append(changed(&log, &after, before.as_ref(), commit.as_ref(), &purged)?)?;
    tracing::info!(record = receipt.index(), "a scope comes into force");
    let same = applied.as_ref().is_some_and(|it| it.text == text);
    let number = if same {
        applied.map_or(0, |it| it.number)
    } else {
        let signers = match after.allowed_signers() {
            Some(path) => Some(fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?),
            None => None,
        };
        store.apply(applied.as_ref(), text, commit, signers)?.number
    };
    let restart = before
        .as_ref()
        .is_some_and(|before| scope::needs_restart(before, &after));
    tell(shared, (number, restart), &after, &purged)
}

/// The commit the files are in; with allowed signers, one of them must have signed it.
fn authorised(text: &ScopeText, after: &Scope, applied: Option<&Applied>) -> anyhow::Result<Option<Commit>> {
    // The keys in force decide about a change of keys; the first scope is applied on its own word.
    let keys = match applied.and_then(|it| it.signers.clone()) {
        Some(keys) => Some(keys),
        None => match after.allowed_signers() {
            Some(path) => Some(fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?),
            None => None,
        },
    };
    let mut commit = signed::commit_of(text, after.allowed_signers());
    if let Some(keys) = keys {
        let Some(commit) = &mut commit else {
            bail!(
                "the scope asks for signed commits, and the scope file is not committed as it stands; commit and sign it"
            );
        };
        signed::verify(text.path(), &commit.id, &keys)?;
        commit.verified = true;
    }
    Ok(commit)
}

fn changed(
    log: &Log,
    after: &Scope,
    before: Option<&Scope>,
    commit: Option<&Commit>,
    purged: &Purged,
) -> Result<Record, audit::AuditError> {
    let who = LocalHost::subject();
    let mut record = Record::new(Class::ScopeChange);
    record.subject = Some(log.subject(&who.issuer, &who.id, &who.login)?);
    record.tool = Some("scope apply".to_owned());
    record.decision = Some(Decision::Allow);
    record.scope_digest = Sha256Digest::from_hex(after.digest());
    let mut detail = purged.detail();
    if let Some(before) = before {
        detail.insert("before".to_owned(), before.digest().into());
    }
    if let Some(commit) = commit {
        detail.insert("commit".to_owned(), commit.id.clone().into());
        let author = log.commit(Personal::Login, &commit.author)?;
        detail.insert("author".to_owned(), author.to_string().into());
        detail.insert("signed".to_owned(), commit.verified.into());
    }
    let plan = Plan::of(before, after, &NothingKept, SystemTime::now());
    let repos: Vec<Value> = plan.repos.iter().map(difference).collect();
    detail.insert("repos".to_owned(), repos.into());
    detail.insert("parts".to_owned(), plan.parts.into());
    Ok(record.with_detail(detail))
}

/// What the record says of a repository that comes, goes or changes. Who gains and who loses is in the scope file, and in no record.
fn difference(change: &RepoChange) -> Value {
    let tier = |tier: Option<Tier>| tier.map(|tier| tier.to_string());
    json!({
        "name": change.name.as_str(), "change": change.change.as_str(), "fields": change.fields,
        "tier_before": tier(change.tier.0), "tier_after": tier(change.tier.1),
    })
}

/// What was kept is purged by now, and said to be.
struct NothingKept;

impl Kept for NothingKept {
    fn files(&self, _: &RepoName, _: &mut dyn FnMut(&str, u64)) {}
}

/// A scope that was not put into force is an alert: somebody meant it to be.
fn refused(log: &Log, text: &ScopeText, why: &str, count: usize) -> Result<(), audit::AuditError> {
    let mut record = Record::new(Class::Alert);
    record.tool = Some("scope apply".to_owned());
    record.decision = Some(Decision::Deny);
    record.rule = Some(format!("scope-refused:{why}"));
    record.scope_digest = Sha256Digest::from_hex(&text.digest());
    let detail = Map::from_iter([("problems".to_owned(), Value::from(count))]);
    log.append(record.with_detail(detail)).map(drop)
}

fn errors(err: &ScopeErrors) -> usize {
    match err {
        ScopeErrors::Invalid { errors } => errors.len(),
        ScopeErrors::Read { .. } => 1,
    }
}

fn tell(shared: &Shared, (number, restart): (u64, bool), scope: &Scope, purged: &Purged) -> anyhow::Result<ExitCode> {
    if shared.format == Format::Json {
        let mut out = json!({ "version": 1, "number": number, "digest": scope.digest(), "restart": restart });
        if let Some(out) = out.as_object_mut() {
            out.extend(purged.detail());
        }
        progress::put(format_args!("{out}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    for repo in &purged.repos {
        progress::put(format_args!(
            "purged {}: {} files, {} symbols",
            repo.repo, repo.files, repo.symbols
        ))?;
    }
    for repo in &purged.files {
        progress::put(format_args!(
            "purged from {}: {} excluded files, {} symbols",
            repo.repo, repo.files, repo.symbols
        ))?;
    }
    if purged.mirrors > 0 {
        progress::put(format_args!(
            "purged {} mirrors, {} bytes",
            purged.mirrors, purged.mirror_bytes
        ))?;
    }
    progress::put(format_args!("scope {number} is in force, sha256:{}", scope.digest()))?;
    if restart {
        progress::put(format_args!("{RESTART}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
