//! `louver audit hold | retention | erase-person`: how long records and people stay.

use super::out::archive;
use super::select::{now, span};
use crate::audit::{self, Class, Hold, Personal, rfc3339};
use crate::cli::place::Place;
use crate::cli::record::Act;
use crate::cli::{Format, Shared, progress};
use anyhow::bail;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Holds {
    #[command(subcommand)]
    command: HoldCommand,
}

#[derive(Debug, Subcommand)]
enum HoldCommand {
    /// Forbid that any record is removed
    Set {
        /// What to call it: letters, digits and dashes
        name: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// End a hold
    Release { name: String },
    /// Show the holds
    List,
}

#[derive(Debug, Args)]
pub(super) struct Retention {
    #[command(subcommand)]
    command: RetentionCommand,
}

#[derive(Debug, Subcommand)]
enum RetentionCommand {
    /// Remove the records that are older, as far as whole bundles go; their hashes stay, and the rest still verifies
    Apply {
        /// The age to keep: 30d, 13 months as 400d [default: `retention_days` of the scope]
        #[arg(long, value_name = "SPAN")]
        keep: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Erase {
    /// The login to erase
    login: String,
}

pub(super) fn holds(shared: &Shared, options: &Holds) -> anyhow::Result<ExitCode> {
    let place = Place::of(shared)?;
    let dir = place.audit();
    match &options.command {
        HoldCommand::Set { name, reason } => {
            if !Hold::is_name(name) {
                bail!("`{name}` cannot name a hold; use up to 64 letters, digits and dashes");
            }
            Act::new(Class::Admin, "audit hold set")
                .with("hold", name.as_str())
                .record(&place)?;
            let hold = Hold {
                name: name.clone(),
                reason: reason.clone(),
                since: now(),
            };
            hold.set(&dir)?;
            progress::put(format_args!("no record is removed while the hold `{name}` is set"))?;
        }
        HoldCommand::Release { name } => {
            if !Hold::all(&dir)?.iter().any(|hold| hold.name == *name) {
                bail!("there is no hold `{name}`; `louver audit hold list` shows them");
            }
            Act::new(Class::Admin, "audit hold release")
                .with("hold", name.as_str())
                .record(&place)?;
            Hold::release(&dir, name)?;
            progress::put(format_args!("the hold `{name}` is released"))?;
        }
        HoldCommand::List => {
            Act::new(Class::Admin, "audit hold list").record(&place)?;
            for Hold { name, reason, since } in Hold::all(&dir)? {
                progress::put(format_args!("{name} since={} reason={reason}", rfc3339(since)))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn retention(shared: &Shared, options: &Retention) -> anyhow::Result<ExitCode> {
    let RetentionCommand::Apply { keep } = &options.command;
    let now = now();
    let (place, _) = archive(shared)?;
    let keep = match (keep, place.audit_config().retention_days) {
        (Some(keep), _) => span(keep)?,
        (None, Some(days)) => span(&format!("{days}d"))?,
        (None, None) => {
            bail!("name an age to keep with --keep, or write `retention_days` under [audit] in the scope file")
        }
    };
    let before = now.saturating_sub(keep);
    let pruned = match audit::prune(&place.audit(), before, now) {
        Ok(pruned) => pruned,
        Err(refused) => {
            // That it was tried and refused belongs on record as well.
            Act::new(Class::Admin, "audit retention apply")
                .with("refused", refused.to_string())
                .record(&place)?;
            return Err(refused.into());
        }
    };
    let mut act = Act::new(Class::Admin, "audit retention apply").with("before", before);
    for log in &pruned {
        let (size, root) = (&log.checkpoint.0, log.checkpoint.1.to_string());
        act = act.with(
            &log.origin,
            serde_json::json!({ "first": log.first, "removed": log.records, "people": log.people, "size": size, "root": root }),
        );
    }
    act.record(&place)?;
    for log in &pruned {
        progress::put(format_args!(
            "{}: removed {} records older than {}, keeps those from {} on, forgot {} personal values",
            log.origin,
            log.records,
            rfc3339(before),
            log.first,
            log.people
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn erase(shared: &Shared, options: &Erase) -> anyhow::Result<ExitCode> {
    let (place, _) = archive(shared)?;
    let erased = audit::erase_person(&place.audit(), &options.login)?;
    let of = |kind: Personal| erased.get(&kind).copied().unwrap_or_default();
    let (logins, addresses) = (of(Personal::Login), of(Personal::Address));
    Act::new(Class::Admin, "audit erase-person")
        .with("logins", logins)
        .with("addresses", addresses)
        .record(&place)?;
    if shared.format == Format::Json {
        progress::put(format_args!(
            "{}",
            serde_json::json!({ "logins": logins, "addresses": addresses })
        ))?;
    } else if logins == 0 {
        progress::put(format_args!("no log knows the login `{}`", options.login))?;
    } else {
        progress::put(format_args!(
            "erased {logins} logins and {addresses} addresses; every record still verifies"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
