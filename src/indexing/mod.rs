//! The pipeline: from an approved repository to a published generation of its index.
//!
//! Work is proportional to what changed: a file whose blob is known keeps its facts, and only rows whose content differs are written. Nothing is
//! visible before [`Update::publish`](crate::index::Update::publish), so a crash leaves the previous generation as it was.

mod error;
mod history;
mod known;
mod purge;
mod quarantine;
mod read;
mod report;
mod rows;
mod withhold;

pub use error::IndexingError;
pub use purge::{Purged, PurgedRepo};
pub use report::Report;

use crate::audit::{self, Class, Decision, Record};
use crate::extraction::manifest::{self, ManifestFacts};
use crate::extraction::words::WordKey;
use crate::extraction::{self, FileFacts, Limits, Pool};
use crate::index::{GenerationInfo, Index, Packages, Update};
use crate::resolution::{FileRelations, Workspace};
use crate::scope::{ApprovedRepo, ScopeStore};
use crate::sources::{CommitInfo, Mirror, SkipCounts, Snapshot};
use known::{Digests, Known};
use read::ReadFile;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use withhold::Withholding;

/// Changes whenever extraction or resolution would give other facts for the same bytes; everything is then read again.
pub const EXTRACTOR: &str = "6";

/// What an indexer works with.
#[derive(Debug)]
pub struct Options {
    /// The data directory.
    pub data: PathBuf,
    pub index: Index,
    /// The key the index hashes words with.
    pub word_key: WordKey,
    pub log: Arc<audit::Log>,
    /// Digest of the scope in force, for the record.
    pub scope_digest: String,
    /// The program that runs as a parser process: louver itself.
    pub program: PathBuf,
    /// Parser processes.
    pub jobs: usize,
}

/// Brings indexes up to date, one repository at a time.
#[derive(Debug)]
pub struct Indexer {
    options: Options,
    pool: Pool,
}

/// Where an indexing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Fetching { received: u64, total: u64 },
    Reading { done: u64, total: u64 },
    Linking,
    Writing { done: u64, total: u64 },
}

/// How an index is brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// What changed is read.
    Changed,
    /// Every file is read again.
    Fresh,
    /// Nothing is fetched, and no byte of what is gone stays on disk.
    Erase,
}

/// The paths of the approved commit, as far as it was fetched: for whoever checks rules about paths. Nothing is read but names.
pub fn fetched_paths(data: &Path, repo: &ApprovedRepo) -> Option<Vec<String>> {
    let snapshot = Mirror::existing(data, repo)?.snapshot(&|_| true).ok()?;
    let entries = snapshot.entries().iter().map(|entry| entry.path().to_string());
    Some(
        entries
            .chain(snapshot.skips().iter().map(|skip| skip.path.clone()))
            .collect(),
    )
}

impl Indexer {
    /// Starts the parser processes.
    pub fn new(options: Options) -> Result<Self, IndexingError> {
        // Each repository has its own limit on size, which is applied before a file is read.
        let limits = Limits {
            bytes: usize::MAX,
            ..Limits::default()
        };
        let extraction = extraction::Options {
            word_key: options.word_key.clone(),
            limits,
        };
        let pool = Pool::new(options.program.clone(), options.jobs, &extraction);
        pool.quarantine(quarantine::load(&options.data)?);
        Ok(Self { options, pool })
    }

    /// Indexes the approved commit of `repo` and publishes it; `fresh` reads every file again.
    pub fn run(
        &self,
        repo: &ApprovedRepo,
        fresh: bool,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Report, IndexingError> {
        let store = ScopeStore::below(&self.options.data);
        // As long as this is held, no other scope is put into force.
        let _lock = store.shared()?;
        let applied = store.applied()?;
        if applied.is_some_and(|applied| applied.text.digest() != self.options.scope_digest) {
            return Err(IndexingError::ScopeChanged);
        }
        let how = if fresh { How::Fresh } else { How::Changed };
        let result = self.update(repo, how, progress);
        if repo.retention().discard_sources {
            self.purge_mirror(repo)?;
        }
        quarantine::save(&self.options.data, &self.pool.quarantined())?;
        self.record(repo, &result)?;
        result
    }

    fn update(
        &self,
        repo: &ApprovedRepo,
        how: How,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Report, IndexingError> {
        let mut mirror = Mirror::open(&self.options.data, repo)?;
        if how != How::Erase {
            mirror.refresh(&mut |fetch| {
                progress(Progress::Fetching {
                    received: fetch.received_objects as u64,
                    total: fetch.total_objects as u64,
                });
                ControlFlow::Continue(())
            })?;
        }
        let snapshot = mirror.snapshot(&is_read)?;
        let mut update = self.options.index.begin(repo.name().as_ref())?;
        if how == How::Erase {
            update.erase_removed();
        }
        if how == How::Fresh
            || update
                .base()
                .is_some_and(|base| base.generation().info.extractor != EXTRACTOR)
        {
            update.clear()?;
        }
        let known = Known::of(&update)?;
        let mut read = read::all(&mirror, &snapshot, &known, &self.pool, self.options.jobs, progress)?;
        progress(Progress::Linking);
        let withholding = Withholding::apply(&mut read.files, &read.manifests, &snapshot, &self.options.word_key);
        let relations = link(&read.files, &read.manifests);
        let reader = mirror.reader()?;
        write(
            &mut update,
            &known,
            &rows::Rows::new(&read.files, &relations, &self.options.word_key, withholding.as_ref()),
            &read.files,
            &|at, path| {
                let mut facts = read::again(&reader, &snapshot, &self.pool, path)?;
                if let Some(withholding) = &withholding {
                    withholding.withhold(at, &mut facts);
                }
                Some(facts)
            },
            progress,
        )?;
        let past = history::Reading {
            repo,
            mirror: &mirror,
            pool: &self.pool,
            jobs: self.options.jobs,
            word_key: &self.options.word_key,
            is_guarded: withholding.is_some(),
        };
        past.update(&mut update, &snapshot, &read.files)?;
        let mut info = generation_info(&snapshot.commit(), &read.skips);
        info.packages = Arc::new(Packages {
            files: read.packages.clone(),
        });
        let generation = update.publish(info)?;
        Report::of(&self.options.index, repo, &generation, &read, &relations)
    }

    /// Every indexing leaves a record, the failed ones too.
    fn record(&self, repo: &ApprovedRepo, result: &Result<Report, IndexingError>) -> Result<(), IndexingError> {
        let mut record = Record::new(Class::Index);
        record.tool = Some("index".to_owned());
        record.scope_digest = audit::Sha256Digest::from_hex(&self.options.scope_digest);
        record.repos = vec![audit::Repo {
            name: repo.name().to_string(),
            commit: result.as_ref().ok().map(|report| report.commit.clone()),
            tier: Some(repo.tier().to_string()),
        }];
        record.decision = Some(if result.is_ok() {
            Decision::Allow
        } else {
            Decision::Error
        });
        let detail = match result {
            Ok(report) => report.detail(),
            Err(err) => error::detail(err),
        };
        let receipt = self.options.log.append(record.with_detail(detail))?;
        tracing::info!(repo = %repo.name(), record = receipt.index(), "indexed");
        Ok(())
    }
}

fn link(files: &[ReadFile], manifests: &[(String, ManifestFacts)]) -> Vec<FileRelations> {
    let facts: Vec<(&str, &FileFacts)> = files.iter().map(|file| (file.path.as_str(), &*file.facts)).collect();
    let manifests: Vec<(&str, &ManifestFacts)> = manifests.iter().map(|(path, facts)| (path.as_str(), facts)).collect();
    Workspace::new(&facts, &manifests).link()
}

/// Takes out what is gone and writes the rows that differ. `again` reads a file whose kept facts do not make a row.
fn write(
    update: &mut Update,
    known: &Known,
    rows: &rows::Rows<'_>,
    files: &[ReadFile],
    again: &dyn Fn(usize, &str) -> Option<FileFacts>,
    progress: &dyn Fn(Progress),
) -> Result<(), IndexingError> {
    for path in known
        .paths()
        .filter(|path| files.binary_search_by(|file| file.path.as_str().cmp(path)).is_err())
    {
        update.remove_file(path);
    }
    let total = files.len() as u64;
    for (at, file) in files.iter().enumerate() {
        if at % 64 == 0 {
            progress(Progress::Writing { done: at as u64, total });
        }
        let edges = rows.edges(at);
        let digests = Digests {
            row: rows.digest(at),
            edges: known::digest(&edges, rows.centrality(at)),
        };
        let held = known.digests(&file.path, file.blob);
        if held == Some(digests) {
            continue;
        }
        if held.is_none_or(|held| held.row != digests.row) {
            let complete = if file.is_complete { None } else { again(at, &file.path) };
            // A file that can suddenly not be read keeps the row it has.
            if file.is_complete || complete.is_some() {
                let row = rows.file(at, complete.as_ref().unwrap_or(&file.facts));
                update.remove_file(&file.path);
                update.put_file(&row)?;
            }
        }
        update.put_edges(&file.path, &edges, rows.centrality(at))?;
        update.put_facts(&file.path, *file.blob.as_bytes(), &known::pack(digests, &file.facts))?;
    }
    Ok(())
}

/// Whether anything is made of a file, as far as its path tells.
fn is_read(path: &str) -> bool {
    extraction::reads(path)
        || manifest::is_manifest(path)
        || extraction::packages::is_package_file(path)
        || extraction::owners::PLACES.contains(&path)
}

fn generation_info(commit: &CommitInfo, skips: &SkipCounts) -> GenerationInfo {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    GenerationInfo {
        commit: commit.id.to_string(),
        commit_time: commit.committed_at,
        indexed_at: i64::try_from(now).unwrap_or(i64::MAX),
        extractor: EXTRACTOR.to_owned(),
        skipped: skips.iter().map(|(reason, n)| (reason.to_string(), n)).collect(),
        packages: Arc::default(),
    }
}

/// A snapshot holds every candidate and every skip of the walk.
fn walked(snapshot: &Snapshot) -> SkipCounts {
    snapshot.skip_counts()
}
