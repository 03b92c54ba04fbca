//! `louver bench`: measures louver on repositories of your own.

use super::place::Place;
use super::{Shared, bench_audit, bench_calls, bench_parse, bench_retrieval, index, progress};
use crate::index::{Ranking, RepoView};
use crate::scope::{RepoName, Scope, starter};
use crate::sources::import_folder;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use std::fs;
use std::io::{BufRead as _, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every resolved call below ROOT, one JSON object a line
    Calls { root: PathBuf },
    /// Parse every file below ROOT and do nothing with it: the least that indexing can cost
    Parse { root: PathBuf },
    /// Index ROOT in a temporary place and answer queries: JSON lines in, JSON lines out
    Retrieval {
        root: PathBuf,
        /// Keep the index in this folder, and use it the next time
        #[arg(long, value_name = "FOLDER")]
        keep: Option<PathBuf>,
        /// Weigh evidence by this file instead of `index-schema/ranking.toml`
        #[arg(long, value_name = "FILE")]
        ranking: Option<PathBuf>,
    },
    /// Measure what recording costs on this disk, beside a bare loop of writes and syncs
    Audit(bench_audit::Bench),
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Calls { root } => bench_calls::run(shared, root),
        Command::Parse { root } => bench_parse::run(root),
        Command::Retrieval { root, keep, ranking } => retrieval(shared, root, keep.as_deref(), ranking.as_deref()),
        Command::Audit(bench) => bench_audit::run(shared, Place::of(shared)?.root(), bench),
    }
}

/// How many places a query is answered with.
const MOST_RESULTS: usize = 50;

/// Indexes a folder through the whole pipeline, then answers the queries on standard input until it ends.
fn retrieval(shared: &Shared, root: &Path, keep: Option<&Path>, ranking: Option<&Path>) -> anyhow::Result<ExitCode> {
    let ranking = match ranking {
        Some(file) => Ranking::parse(&fs::read_to_string(file).context("the weights cannot be read")?)?,
        None => Ranking::builtin().clone(),
    };
    let temporary = tempfile::Builder::new().prefix("louver-bench-").tempdir();
    let temporary = temporary.context("no room for the index")?;
    let views = indexed(shared, root, keep.unwrap_or(temporary.path()))?;
    for line in stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            progress::put(format_args!(
                "{}",
                bench_retrieval::answer(&ranking, &views, root, &line, MOST_RESULTS)?
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The index of a folder, in `folder`; taken as it is if it is there already.
pub(super) fn indexed(shared: &Shared, root: &Path, folder: &Path) -> anyhow::Result<Vec<RepoView>> {
    let name: RepoName = "bench".parse()?;
    let (repo, config) = (folder.join("repo"), folder.join("louver.toml"));
    let is_new = !folder.join("data").exists();
    if is_new {
        fs::create_dir_all(folder).context("no room for the index")?;
        import_folder(root, &repo)?;
        fs::write(&config, starter([(&name, repo.as_path())]))?;
    }
    let shared = Shared {
        config: config.clone(),
        data: Some(folder.join("data")),
        ..shared.clone()
    };
    let place = Place::of(&shared)?;
    if is_new {
        let scope = Scope::load(&config)?;
        let indexer = index::indexer(&place, Arc::new(place.open_log()?), &scope, None)?;
        for repo in scope.approved() {
            let report = index::index_one(&indexer, &repo, false, shared.quiet)?;
            progress::say(format_args!(
                "indexed {} files, {} symbols",
                report.files, report.symbols
            ));
        }
    }
    Ok(place.open_index()?.snapshot().repos().cloned().collect())
}
