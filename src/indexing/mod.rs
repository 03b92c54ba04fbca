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
mod write;

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
use known::{Interfaces, Known, State};
use read::{Depth, Read, ReadFile, Source};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use withhold::Withholding;

/// Changes whenever extraction or resolution would give other facts for the same bytes; everything is then read again.
pub const EXTRACTOR: &str = "43";

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
        let source = Source {
            mirror: &mirror,
            snapshot: &snapshot,
            pool: &self.pool,
            jobs: self.options.jobs,
        };
        let mut read = source.read(&known, progress)?;
        let is_guarded = withhold::excluded_digest(&snapshot) != 0;
        let state = self.link_and_write(source, &mut update, &known, &mut read, progress)?;
        let past = history::Reading {
            repo,
            mirror: &mirror,
            pool: &self.pool,
            jobs: self.options.jobs,
            word_key: &self.options.word_key,
            is_guarded,
        };
        past.update(&mut update, &snapshot, &read.files)?;
        let mut info = generation_info(&snapshot.commit(), &read.skips);
        info.packages = Arc::new(Packages {
            files: read.packages.clone(),
        });
        let generation = update.publish(info)?;
        Report::of(&self.options.index, repo, &generation, &read, &state)
    }

    /// Links what has to be, and writes the rows that differ.
    fn link_and_write(
        &self,
        source: Source<'_>,
        update: &mut Update,
        known: &Known,
        read: &mut Read,
        progress: &dyn Fn(Progress),
    ) -> Result<State, IndexingError> {
        let excluded = withhold::excluded_digest(source.snapshot);
        let (depth, linked) = match Extent::of(known, read, excluded) {
            Extent::None => {
                let manifests = read.manifests.clone();
                let files = known.state.files.clone();
                let state = State {
                    manifests,
                    excluded,
                    files,
                };
                known::keep(update, &known.state, &state, &|_| None)?;
                return Ok(state);
            }
            Extent::Some(linked) => (Depth::Interface, linked),
            Extent::All => (Depth::Kept, (0..read.files.len()).collect()),
        };
        let interfaces = self.load(source, known, read, depth)?;
        progress(Progress::Linking);
        let manifests = source.manifests()?;
        let key = &self.options.word_key;
        let withholding = Withholding::apply(&mut read.files, &manifests, source.snapshot, key);
        let relations = link(&read.files, &manifests, &linked);
        let reader = source.mirror.reader()?;
        let writer = write::Writer {
            update,
            known,
            read,
            rows: &rows::Rows::new(&read.files, &relations, key, withholding.as_ref()),
            interfaces: &interfaces,
            excluded,
            again: &|at, path| {
                let mut facts = source.again(&reader, path)?;
                if let Some(withholding) = &withholding {
                    withholding.withhold(at, &mut facts);
                }
                Some(facts)
            },
        };
        writer.write(&linked, progress)
    }

    /// Gives every file facts as deep as they are needed. Where kept ones cannot be read, the file is.
    fn load(
        &self,
        source: Source<'_>,
        known: &Known,
        read: &mut Read,
        depth: Depth,
    ) -> Result<Interfaces, IndexingError> {
        let interfaces = known.interfaces()?;
        known.load(&mut read.files, &interfaces, depth, self.options.jobs)?;
        let reader = source.mirror.reader()?;
        for file in read.files.iter_mut().filter(|file| file.depth == Depth::Nothing) {
            if let Some(facts) = source.again(&reader, &file.path) {
                (*file.facts, file.depth) = (facts, Depth::Complete);
            }
        }
        Ok(interfaces)
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

/// The relations of the files at `linked`; of the others there is nothing.
fn link(files: &[ReadFile], manifests: &[(String, ManifestFacts)], linked: &[usize]) -> Vec<FileRelations> {
    let facts: Vec<(&str, &FileFacts)> = files.iter().map(|file| (file.path.as_str(), &*file.facts)).collect();
    let manifests: Vec<(&str, &ManifestFacts)> = manifests.iter().map(|(path, facts)| (path.as_str(), facts)).collect();
    let workspace = Workspace::new(&facts, &manifests);
    let mut linker = workspace.linker();
    let mut out = vec![FileRelations::default(); files.len()];
    for &at in linked {
        out[at] = linker.link_file(at as u32);
    }
    out
}

/// What a commit asks to be linked.
#[derive(Debug, PartialEq, Eq)]
enum Extent {
    /// Nothing: no file is another.
    None,
    /// The files at these places: others cannot see what changed in them.
    Some(Vec<usize>),
    All,
}

impl Extent {
    fn of(known: &Known, read: &Read, excluded: u64) -> Self {
        let before = &known.state;
        let paths = read.files.iter().map(|file| &file.path);
        let manifests = |all: &[(String, [u8; 20])]| -> Vec<(String, [u8; 20])> {
            let manifests = all.iter().filter(|it| manifest::is_manifest(&it.0));
            manifests.cloned().collect()
        };
        if excluded != before.excluded
            || !paths.eq(before.files.iter().map(|file| &file.path))
            || manifests(&before.manifests) != manifests(&read.manifests)
        {
            return Self::All;
        }
        let blobs = read.files.iter().map(|file| file.blob.as_bytes());
        if blobs.eq(before.files.iter().map(|file| &file.blob)) {
            return Self::None;
        }
        // What leads into excluded code is taken out of every file.
        if excluded != 0 {
            return Self::All;
        }
        let files = read.files.iter().enumerate();
        let changed = files.filter(|(_, file)| file.depth == Depth::Complete);
        let changed: Vec<usize> = changed.map(|(at, _)| at).collect();
        let looks_the_same = |&at: &usize| {
            let interface = read.files[at].facts.to_kept().interface;
            before.files[at].digests.interface == known::digest(&interface)
        };
        if changed.iter().all(looks_the_same) {
            Self::Some(changed)
        } else {
            Self::All
        }
    }
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
