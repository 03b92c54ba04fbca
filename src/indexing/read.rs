//! Reading: every approved file of a commit to its facts, on all cores.

use super::known::Known;
use super::{IndexingError, Progress};
use crate::extraction::manifest::{self, ManifestFacts};
use crate::extraction::{FileFacts, Pool};
use crate::sources::{BlobId, Entry, Mirror, Reader, SkipCounts, SkipReason, Snapshot};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One file and its facts.
pub(super) struct ReadFile {
    pub(super) path: String,
    pub(super) blob: BlobId,
    pub(super) facts: Box<FileFacts>,
    /// Whether the facts are those of this reading. Kept ones lack what only rows need.
    pub(super) is_complete: bool,
}

/// What a commit holds.
pub(super) struct Read {
    /// In the order of paths.
    pub(super) files: Vec<ReadFile>,
    pub(super) manifests: Vec<(String, ManifestFacts)>,
    pub(super) skips: SkipCounts,
    /// How many files were parsed; the others were known.
    pub(super) parsed: u64,
}

/// What became of one file.
enum Outcome {
    File { file: ReadFile, parsed: bool },
    Manifest(String, ManifestFacts),
    Skipped(SkipReason),
}

/// Reads every candidate of `snapshot`; a file that cannot be read is a counted skip.
pub(super) fn all(
    mirror: &Mirror,
    snapshot: &Snapshot,
    known: &Known,
    pool: &Pool,
    jobs: usize,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Read, IndexingError> {
    let entries = snapshot.entries();
    let readers = (0..jobs).map(|_| mirror.reader()).collect::<Result<Vec<_>, _>>()?;
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::with_capacity(entries.len()));
    std::thread::scope(|scope| {
        for reader in readers {
            let (next, outcomes) = (&next, &outcomes);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(entry) = entries.get(at) else { break };
                    let outcome = read_one(&reader, entry, known, pool);
                    if at % 16 == 0 {
                        progress(Progress::Reading {
                            done: at as u64,
                            total: entries.len() as u64,
                        });
                    }
                    outcomes
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .push(outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().map_err(|_| IndexingError::Reader)?;
    Ok(collect(outcomes, super::walked(snapshot)))
}

fn read_one(reader: &Reader, entry: &Entry, known: &Known, pool: &Pool) -> Outcome {
    let (path, blob) = (entry.path().as_str(), entry.blob());
    let file = |facts: Box<FileFacts>, parsed| Outcome::File {
        file: ReadFile {
            path: path.to_owned(),
            blob,
            facts,
            is_complete: parsed,
        },
        parsed,
    };
    if let Some(facts) = known.facts(path, blob) {
        return file(Box::new(facts), false);
    }
    let is_manifest = manifest::is_manifest(path);
    let content = if is_manifest {
        reader.read_written(entry)
    } else {
        reader.read(entry)
    };
    let text = match content {
        Ok(content) => content.into_text(),
        Err(reason) => return Outcome::Skipped(reason),
    };
    if is_manifest {
        return manifest::read(path, &text).map_or(Outcome::Skipped(SkipReason::Unreadable), |facts| {
            Outcome::Manifest(path.to_owned(), facts)
        });
    }
    match pool.extract(path, text) {
        Ok(facts) => file(Box::new(facts), true),
        Err(skip) => Outcome::Skipped(SkipReason::from_word(skip.word()).unwrap_or(SkipReason::Unreadable)),
    }
}

/// Reads a file again whose kept facts lack what its row needs.
pub(super) fn again(reader: &Reader, snapshot: &Snapshot, pool: &Pool, path: &str) -> Option<FileFacts> {
    let entries = snapshot.entries();
    let at = entries.binary_search_by(|entry| entry.path().as_str().cmp(path)).ok()?;
    let text = reader.read(&entries[at]).ok()?.into_text();
    pool.extract(path, text).ok()
}

fn collect(outcomes: Vec<Outcome>, mut skips: SkipCounts) -> Read {
    let (mut files, mut manifests, mut parsed_files) = (Vec::new(), Vec::new(), 0);
    for outcome in outcomes {
        match outcome {
            Outcome::File { file, parsed } => {
                parsed_files += u64::from(parsed);
                files.push(file);
            }
            Outcome::Manifest(path, facts) => manifests.push((path, facts)),
            Outcome::Skipped(reason) => skips.add(reason),
        }
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    manifests.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Read {
        files,
        manifests,
        skips,
        parsed: parsed_files,
    }
}
