//! `louver reveal`: puts the words of the organisation back into a text that holds pseudonyms. Every use is recorded.

use super::place::{Place, load_scope};
use super::{Shared, progress};
use crate::access::LocalHost;
use crate::audit::{Class, Decision, Log, Record, Repo};
use crate::disclosure::OwnInForce;
use crate::disclosure::pseudonym::{Keyring, Lexicon};
use crate::index::Index;
use crate::scope::{self, Scope, Tier};
use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;
use std::io::Read as _;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// A text with pseudonyms; `-` reads standard input
    #[arg(required_unless_present = "rotate_keys")]
    text: Option<String>,
    /// Only the words of this repository
    #[arg(long, value_name = "NAME")]
    repo: Option<String>,
    /// The other way: write the text as agents are told it
    #[arg(long)]
    hide: bool,
    /// Put a new key in force; what was told before can still be revealed
    #[arg(long, conflicts_with_all = ["text", "hide", "repo"])]
    rotate_keys: bool,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let scope = load_scope(shared)?;
    let place = Place::of(shared)?;
    let log = place.open_log()?;
    may_reveal(&scope, &log, options)?;
    if options.rotate_keys {
        // The record comes first: a key without a record would be a change that nobody can find.
        record(&log, Decision::Allow, "rotate-pseudonym-keys", &[], 0)?;
        Keyring::rotate(&place.pseudonym_keys())?;
        progress::say(format_args!("a new key is in force; restart `louver serve` to use it"));
        return Ok(ExitCode::SUCCESS);
    }
    let text = input(options.text.as_deref().unwrap_or_default())?;
    let lexicons = lexicons(
        &place.pseudonyms()?,
        &place.open_index()?,
        &scope,
        options.repo.as_deref(),
    )?;
    let names: Vec<&str> = lexicons.iter().map(|(name, _)| name.as_str()).collect();
    let action = if options.hide { "hide" } else { "reveal" };
    record(&log, Decision::Allow, action, &names, text.len())?;
    let mut out = text;
    for (_, lexicon) in &lexicons {
        out = if options.hide {
            lexicon.hide(&out).text
        } else {
            lexicon.restore(&out)
        };
        if options.hide {
            break;
        }
    }
    progress::put(format_args!("{}", out.trim_end_matches('\n')))?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses whoever the scope does not list under `[roles] reveal`, on the record. Hiding and new keys need the right too: with the one, words can be
/// guessed, and the other makes what was told before look different.
fn may_reveal(scope: &Scope, log: &Log, options: &Options) -> anyhow::Result<()> {
    let local = LocalHost::subject();
    let subject = scope::Subject {
        host: &local.issuer,
        id: &local.id,
        login: &local.login,
        teams: &[],
        teams_until: None,
    };
    if scope.people().may_reveal(&subject) {
        return Ok(());
    }
    let action = match options {
        Options { rotate_keys: true, .. } => "rotate-pseudonym-keys",
        Options { hide: true, .. } => "hide",
        _ => "reveal",
    };
    record(log, Decision::Deny, action, &[], 0)?;
    bail!(
        "`{subject}` may not reveal names; whoever keeps the scope can write `reveal = [\"{}#{}\"]` under [roles]",
        local.issuer,
        local.id
    )
}

fn input(text: &str) -> anyhow::Result<String> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut out = String::new();
    std::io::stdin()
        .lock()
        .read_to_string(&mut out)
        .context("cannot read standard input")?;
    Ok(out)
}

/// The words of every indexed repository whose tier is told by pseudonyms, or of the named one.
fn lexicons(
    pseudonyms: &crate::disclosure::Pseudonyms,
    index: &Index,
    scope: &Scope,
    only: Option<&str>,
) -> anyhow::Result<Vec<(String, Arc<Lexicon>)>> {
    let snapshot = index.snapshot();
    let approved = scope.approved();
    let own = OwnInForce::default().follow(scope.organisation());
    let found: Vec<_> = approved
        .iter()
        .filter(|repo| only.map_or(repo.tier() == Tier::Confidential, |name| repo.name().as_str() == name))
        .filter_map(|repo| {
            let view = snapshot.repo(repo.name().as_str())?;
            Some((repo.name().to_string(), pseudonyms.lexicon(view, own.words())))
        })
        .collect();
    if found.is_empty() {
        bail!("no confidential repository is approved and indexed; `louver status` shows what there is");
    }
    Ok(found)
}

fn record(log: &Log, decision: Decision, action: &str, repos: &[&str], bytes: usize) -> anyhow::Result<()> {
    let subject = LocalHost::subject();
    let mut record = Record::new(Class::Admin);
    record.decision = Some(decision);
    record.subject = Some(log.subject(&subject.issuer, &subject.id, &subject.login)?);
    record.tool = Some("reveal".to_owned());
    record.repos = repos
        .iter()
        .map(|name| Repo {
            name: (*name).to_owned(),
            commit: None,
            tier: None,
        })
        .collect();
    let detail = json!({ "action": action, "bytes": bytes });
    let record = match detail {
        serde_json::Value::Object(detail) => record.with_detail(detail),
        _ => record,
    };
    let _recorded = log.append(record).context("nothing is revealed without a record")?;
    Ok(())
}
