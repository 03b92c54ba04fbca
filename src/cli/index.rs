//! `louver index`: brings the index of approved repositories up to date.

use super::place::{Place, load_scope};
use super::{Format, Shared, progress};
use crate::indexing::{self, Indexer, Progress, Report};
use crate::scope::{ApprovedRepo, RepoName, Scope};
use anyhow::bail;
use clap::Args;
use indicatif::HumanBytes;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Repositories by name [default: all that are approved]
    #[arg(value_name = "NAME")]
    names: Vec<RepoName>,
    /// Read every file again, whatever is known of it
    #[arg(long)]
    fresh: bool,
    /// Parser processes [default: one a core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let scope = load_scope(shared)?;
    let place = Place::of(shared)?;
    let chosen = choose(&scope, &options.names)?;
    let log = Arc::new(place.open_log()?);
    let indexer = indexer(&place, Arc::clone(&log), &scope, options.jobs)?;
    let mut failed = 0;
    for repo in &chosen {
        let began = Instant::now();
        match index_one(&indexer, repo, options.fresh, shared.quiet) {
            Ok(report) => tell(shared, &report, began)?,
            Err(err) => {
                failed += 1;
                progress::say(format_args!("{}: error: {:#}", repo.name(), anyhow::Error::from(err)));
            }
        }
    }
    if failed > 0 {
        bail!(
            "{failed} of {} repositories could not be indexed; their last good index is still served",
            chosen.len()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// An indexer over the data directory.
pub(super) fn indexer(
    place: &Place,
    log: Arc<crate::audit::Log>,
    scope: &Scope,
    jobs: Option<usize>,
) -> anyhow::Result<Indexer> {
    let jobs = jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    Ok(Indexer::new(indexing::Options {
        data: place.root().to_owned(),
        index: place.open_index()?,
        word_key: place.word_key()?,
        log,
        scope_digest: scope.digest().to_owned(),
        program: std::env::current_exe()?,
        jobs: jobs.max(1),
    })?)
}

/// Indexes one repository with a progress bar.
pub(super) fn index_one(
    indexer: &Indexer,
    repo: &ApprovedRepo,
    fresh: bool,
    quiet: bool,
) -> Result<Report, indexing::IndexingError> {
    let bar = progress::bar(repo.name().as_ref(), quiet);
    let result = indexer.run(repo, fresh, &|step| match step {
        Progress::Fetching { received, total } => {
            bar.set_message("fetching");
            bar.set_length(total);
            bar.set_position(received);
        }
        Progress::Reading { done, total } => {
            bar.set_message("reading");
            bar.set_length(total);
            bar.set_position(done);
        }
        Progress::Linking => bar.set_message("linking"),
        Progress::Writing { done, total } => {
            bar.set_message("writing");
            bar.set_length(total);
            bar.set_position(done);
        }
    });
    bar.finish_and_clear();
    result
}

fn choose(scope: &Scope, names: &[RepoName]) -> anyhow::Result<Vec<ApprovedRepo>> {
    if names.is_empty() {
        let all = scope.approved();
        if all.is_empty() {
            bail!("the scope file approves no repository; add a [[repo]] with a tier other than restricted");
        }
        return Ok(all);
    }
    names
        .iter()
        .map(|name| match scope.approve(name) {
            Some(repo) => Ok(repo),
            None => bail!("the scope file approves no repository `{name}`; `louver status` lists those it does"),
        })
        .collect()
}

pub(super) fn tell(shared: &Shared, report: &Report, began: Instant) -> anyhow::Result<()> {
    if shared.format == Format::Json {
        return Ok(progress::put(format_args!("{}", report.to_json(began.elapsed())))?);
    }
    let Report {
        repo,
        commit,
        files,
        read,
        lines,
        bytes,
        symbols,
        references,
        coverage,
        skipped,
        index_bytes,
    } = report;
    let skips: Vec<String> = skipped.iter().map(|(reason, n)| format!("{reason}={n}")).collect();
    progress::put(format_args!(
        "{repo}@{} files={files} read={read} lines={lines} source={} symbols={symbols} references={references} \
         coverage={coverage}% index={} skipped: {} in {:.1}s",
        commit.get(..10).unwrap_or(commit),
        HumanBytes(*bytes),
        HumanBytes(*index_bytes),
        if skips.is_empty() {
            "none".to_owned()
        } else {
            skips.join(" ")
        },
        began.elapsed().as_secs_f64(),
    ))?;
    Ok(())
}
