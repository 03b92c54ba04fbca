//! `louver purge`: takes a repository, or everything the scope in force does not approve, off the disk.

use super::index;
use super::place::Place;
use super::{Shared, progress};
use crate::audit::{Class, Decision, Record, Repo, Sha256Digest};
use crate::scope::RepoName;
use clap::Args;
use serde_json::{Map, Value};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Repositories by name, approved or not [default: whatever the scope in force does not approve, and mirrors past their retention]
    #[arg(value_name = "NAME")]
    names: Vec<RepoName>,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let place = Place::of(shared)?;
    let scope = place.scope_in_force(shared)?;
    let log = Arc::new(place.open_log()?);
    let _alone = place.scope_store().exclusive()?;
    let indexer = index::indexer(&place, Arc::clone(&log), &scope, Some(1))?;
    for name in &options.names {
        let lost = indexer.purge_repo(name.as_str())?;
        let mirror = match scope.approve(name) {
            Some(repo) => indexer.purge_mirror(&repo)?,
            None => 0,
        };
        let mut record = Record::new(Class::Index);
        record.tool = Some("purge".to_owned());
        record.decision = Some(Decision::Allow);
        record.scope_digest = Sha256Digest::from_hex(scope.digest());
        record.repos = vec![Repo {
            name: lost.repo.clone(),
            ..Repo::default()
        }];
        let counts = [
            ("files", lost.files),
            ("symbols", lost.symbols),
            ("mirror_bytes", mirror),
        ];
        let detail: Map<String, Value> = counts
            .map(|(what, n)| (what.to_owned(), n.into()))
            .into_iter()
            .collect();
        let receipt = log.append(record.with_detail(detail))?;
        tracing::info!(record = receipt.index(), "purged");
        progress::put(format_args!(
            "purged {}: {} files, {} symbols, {mirror} bytes of mirror",
            lost.repo, lost.files, lost.symbols
        ))?;
    }
    if options.names.is_empty() {
        let purged = indexer.enforce(&scope, None)?;
        for lost in purged.repos.iter().chain(&purged.files) {
            progress::put(format_args!(
                "purged {}: {} files, {} symbols",
                lost.repo, lost.files, lost.symbols
            ))?;
        }
        progress::put(format_args!(
            "purged {} mirrors, {} bytes",
            purged.mirrors, purged.mirror_bytes
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
