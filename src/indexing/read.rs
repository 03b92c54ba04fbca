//! Reading: every approved file of a commit to its facts, on all cores. What the generation before read from the same blobs is not read again.

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
    pub(super) depth: Depth,
}

/// How much of the facts of a file is at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// None: it has not changed.
    Nothing,
    /// What other files can come to see.
    Interface,
    /// What linking works on.
    Kept,
    /// All, from this reading.
    Complete,
}

/// What files are read with.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) mirror: &'a Mirror,
    pub(super) snapshot: &'a Snapshot,
    pub(super) pool: &'a Pool,
    pub(super) jobs: usize,
}

/// What a commit holds.
pub(super) struct Read {
    /// In the order of paths.
    pub(super) files: Vec<ReadFile>,
    /// The manifests and lock files that can be read, in the order of paths.
    pub(super) manifests: Vec<(String, [u8; 20])>,
    /// What manifests and lock files name, in the order of paths.
    pub(super) packages: Vec<(String, PackageFacts)>,
    pub(super) skips: SkipCounts,
    /// How many files were parsed; the others were known.
    pub(super) parsed: u64,
}

/// What one entry of a commit gave.
#[derive(Default)]
struct Found {
    /// The file, or why it is left out.
    file: Option<Result<ReadFile, SkipReason>>,
    /// It is a manifest or lock file that can be read.
    manifest: Option<(String, [u8; 20])>,
    packages: Option<(String, PackageFacts)>,
}

impl Source<'_> {
    /// Reads every candidate that is not known; a file that cannot be read is a counted skip.
    pub(super) fn read(self, known: &Known, progress: &(dyn Fn(Progress) + Sync)) -> Result<Read, IndexingError> {
        let entries = self.snapshot.entries();
        let (mut found, mut unknown) = (Vec::with_capacity(entries.len()), Vec::new());
        for entry in entries {
            match known_file(entry, known) {
                Some(known) => found.push(known),
                None => unknown.push(entry),
            }
        }
        let (total, before) = (entries.len(), found.len());
        let readers = (0..self.jobs.min(unknown.len()))
            .map(|_| self.mirror.reader())
            .collect::<Result<Vec<_>, _>>()?;
        let (next, found, pool) = (AtomicUsize::new(0), Mutex::new(found), self.pool);
        std::thread::scope(|scope| {
            for reader in readers {
                let (next, found, unknown) = (&next, &found, &unknown);
                scope.spawn(move || {
                    while let Some(entry) = unknown.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let read = read_one(&reader, entry, pool);
                        let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                        found.push(read);
                        let done = found.len();
                        drop(found);
                        if (done - before) % 16 == 1 {
                            let (done, total) = (done as u64, total as u64);
                            progress(Progress::Reading { done, total });
                        }
                    }
                });
            }
        });
        let found = found.into_inner().map_err(|_| IndexingError::Reader)?;
        Ok(collect(found, super::walked(self.snapshot)))
    }

    /// Reads the manifests: what they say of modules and packages is not kept.
    pub(super) fn manifests(self) -> Result<Vec<(String, ManifestFacts)>, IndexingError> {
        let reader = self.mirror.reader()?;
        let facts = |entry: &Entry| {
            let path = entry.path().as_str();
            let text = reader.read_written(entry).ok()?.into_text();
            Some((path.to_owned(), manifest::read(path, &text)?))
        };
        let entries = self.snapshot.entries().iter();
        Ok(entries
            .filter(|entry| manifest::is_manifest(entry.path().as_str()))
            .filter_map(facts)
            .collect())
    }

    /// Reads a file again whose kept facts lack what its row needs. Its names are numbered as in those.
    pub(super) fn again(self, reader: &Reader, path: &str) -> Option<FileFacts> {
        let entries = self.snapshot.entries();
        let at = entries.binary_search_by(|entry| entry.path().as_str().cmp(path)).ok()?;
        let text = reader.read(&entries[at]).ok()?.into_text();
        let mut facts = self.pool.extract(path, text).ok()?;
        facts.arrange();
        Some(facts)
    }
}

/// Whether what a file says of modules or packages is asked for.
fn is_listed(path: &str) -> bool {
    manifest::is_manifest(path) || packages::is_package_file(path)
}

fn is_code(path: &str) -> bool {
    extraction::reads(path) && !manifest::is_manifest(path)
}

/// What is known of an entry without reading it; `None` if it has to be read.
fn known_file(entry: &Entry, known: &Known) -> Option<Found> {
    let (path, blob) = (entry.path().as_str(), entry.blob());
    let mut found = Found::default();
    if is_listed(path) {
        let manifest = (path.to_owned(), *blob.as_bytes());
        if !known.has_manifest(&manifest) {
            return None;
        }
        found.manifest = Some(manifest);
        found.packages = known.packages(path).map(|facts| (path.to_owned(), facts));
    }
    if known.place(path, *blob.as_bytes()).is_some() {
        found.file = Some(Ok(ReadFile {
            path: path.to_owned(),
            blob,
            facts: Box::default(),
            depth: Depth::Nothing,
        }));
    } else if is_code(path) {
        return None;
    }
    Some(found)
}

fn read_one(reader: &Reader, entry: &Entry, pool: &Pool) -> Found {
    let (path, blob) = (entry.path().as_str(), entry.blob());
    let mut found = Found::default();
    if is_listed(path)
        && let Ok(content) = reader.read_written(entry)
    {
        let text = content.into_text();
        if manifest::is_manifest(path) && manifest::read(path, &text).is_none() {
            found.file = Some(Err(SkipReason::Unreadable));
        } else {
            found.manifest = Some((path.to_owned(), *blob.as_bytes()));
        }
        let packages = packages::is_package_file(path).then(|| pool.packages(path, text));
        found.packages = packages.flatten().map(|facts| (path.to_owned(), facts));
    } else if manifest::is_manifest(path) {
        found.file = reader.read_written(entry).err().map(Err);
    }
    if !is_code(path) {
        return found;
    }
    let read = reader.read(entry).and_then(|content| {
        let read = pool.extract(path, content.into_text());
        read.map_err(|skip| SkipReason::from_word(skip.word()).unwrap_or(SkipReason::Unreadable))
    });
    found.file = Some(read.map(|facts| ReadFile {
        path: path.to_owned(),
        blob,
        facts: Box::new(facts),
        depth: Depth::Complete,
    }));
    found
}

fn collect(found: Vec<Found>, mut skips: SkipCounts) -> Read {
    let (mut files, mut manifests, mut packages) = (Vec::new(), Vec::new(), Vec::new());
    for found in found {
        match found.file {
            Some(Ok(file)) => files.push(file),
            Some(Err(reason)) => skips.add(reason),
            None => {}
        }
        manifests.extend(found.manifest);
        packages.extend(found.packages);
    }
    files.sort_unstable_by(|a: &ReadFile, b| a.path.cmp(&b.path));
    manifests.sort_unstable();
    packages.sort_unstable_by(|a: &(String, _), b| a.0.cmp(&b.0));
    let parsed = files.iter().filter(|file| file.depth == Depth::Complete).count() as u64;
    Read {
        files,
        manifests,
        packages,
        skips,
        parsed,
    }
}
