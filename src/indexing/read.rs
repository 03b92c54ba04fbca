//! Reading: every approved file of a commit to its facts, on all cores.

use super::known::Known;
use super::{IndexingError, Progress};
use crate::extraction::manifest::{self, ManifestFacts};
use crate::extraction::packages::{self, PackageFacts};
use crate::extraction::{self, FileFacts, Pool};
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
    /// What manifests and lock files name, in the order of paths.
    pub(super) packages: Vec<(String, PackageFacts)>,
    pub(super) skips: SkipCounts,
    /// How many files were parsed; the others were known.
    pub(super) parsed: u64,
}

/// What became of one file.
enum Outcome {
    File {
        file: ReadFile,
        parsed: bool,
    },
    Manifest(String, ManifestFacts),
    /// A lock file, which is read for the packages it names and nothing else.
    Lock,
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
    let outcomes = Mutex::new((Vec::with_capacity(entries.len()), Vec::new()));
    std::thread::scope(|scope| {
        for reader in readers {
            let (next, outcomes) = (&next, &outcomes);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(entry) = entries.get(at) else { break };
                    let packages = packages_of(&reader, entry, pool);
                    let outcome = read_one(&reader, entry, known, pool);
                    if at % 16 == 0 {
                        progress(Progress::Reading {
                            done: at as u64,
                            total: entries.len() as u64,
                        });
                    }
                    let mut outcomes = outcomes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    outcomes.0.push(outcome);
                    outcomes.1.extend(packages);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().map_err(|_| IndexingError::Reader)?;
    Ok(collect(outcomes, super::walked(snapshot)))
}

/// The packages that a file names, if it is a manifest or lock file. There are few, so they are read every time.
fn packages_of(reader: &Reader, entry: &Entry, pool: &Pool) -> Option<(String, PackageFacts)> {
    let path = entry.path().as_str();
    if !packages::is_package_file(path) {
        return None;
    }
    let facts = pool.packages(path, reader.read_written(entry).ok()?.into_text())?;
    Some((path.to_owned(), facts))
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
    // What was withheld may not have to be any more, and is in no facts that are kept.
    if let Some(facts) = known.facts(path, blob).filter(|facts| !facts.is_withheld()) {
        return file(Box::new(facts), false);
    }
    let is_manifest = manifest::is_manifest(path);
    if !extraction::reads(path) && !is_manifest {
        return Outcome::Lock;
    }
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

fn collect((outcomes, mut packages): (Vec<Outcome>, Vec<(String, PackageFacts)>), mut skips: SkipCounts) -> Read {
    let (mut files, mut manifests, mut parsed_files) = (Vec::new(), Vec::new(), 0);
    for outcome in outcomes {
        match outcome {
            Outcome::File { file, parsed } => {
                parsed_files += u64::from(parsed);
                files.push(file);
            }
            Outcome::Manifest(path, facts) => manifests.push((path, facts)),
            Outcome::Lock => {}
            Outcome::Skipped(reason) => skips.add(reason),
        }
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    manifests.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    packages.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Read {
        files,
        manifests,
        packages,
        skips,
        parsed: parsed_files,
    }
}
