//! Purging: what a scope does not approve is taken off the disk, and the disk is read back to make sure.

use super::{Indexer, IndexingError, Progress};
use crate::audit::{self, Class, Decision, Record};
use crate::scope::{ApprovedRepo, PathDecision, Scope};
use crate::sources;
use aho_corasick::AhoCorasick;
use serde_json::{Map, Value, json};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What was taken off the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Repositories whose index went as a whole.
    pub repos: Vec<PurgedRepo>,
    /// Repositories that lost files.
    pub files: Vec<PurgedRepo>,
    /// Mirrors that were removed.
    pub mirrors: u64,
    /// The bytes they took.
    pub mirror_bytes: u64,
}

/// What one repository lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgedRepo {
    /// Its name.
    pub repo: String,
    /// Files.
    pub files: u64,
    /// Symbols of those files.
    pub symbols: u64,
}

impl Purged {
    /// Whether nothing was there to purge.
    pub fn is_empty(&self) -> bool {
        self.repos.is_empty() && self.files.is_empty() && self.mirrors == 0
    }

    /// What the record says.
    pub fn detail(&self) -> Map<String, Value> {
        let list = |repos: &[PurgedRepo]| -> Value {
            let each = |it: &PurgedRepo| json!({ "repo": it.repo, "files": it.files, "symbols": it.symbols });
            repos.iter().map(each).collect()
        };
        Map::from_iter([
            ("purged_repos".to_owned(), list(&self.repos)),
            ("purged_files".to_owned(), list(&self.files)),
            ("purged_mirrors".to_owned(), self.mirrors.into()),
            ("purged_mirror_bytes".to_owned(), self.mirror_bytes.into()),
        ])
    }
}

impl Indexer {
    /// Takes off the disk what `scope` does not approve: indexes, files of indexes, mirrors. `before` is the scope they were made under, if
    /// it is known: a repository that lies elsewhere now is another one.
    pub fn enforce(&self, scope: &Scope, before: Option<&Scope>) -> Result<Purged, IndexingError> {
        let mut purged = Purged::default();
        let approved = scope.approved();
        for name in self.options.index.on_disk()? {
            let repo = approved.iter().find(|repo| repo.name().as_str() == name);
            match repo.filter(|repo| !moved(repo, before)) {
                Some(repo) => purged.files.extend(self.leave_out(repo)?),
                None => purged.repos.push(self.purge_repo(&name)?),
            }
        }
        self.purge_mirrors(&approved, before, &mut purged)?;
        if !purged.is_empty() {
            let mut record = Record::new(Class::Index);
            record.tool = Some("purge".to_owned());
            record.scope_digest = audit::Sha256Digest::from_hex(scope.digest());
            record.decision = Some(Decision::Allow);
            let receipt = self.options.log.append(record.with_detail(purged.detail()))?;
            tracing::info!(record = receipt.index(), "purged");
        }
        Ok(purged)
    }

    /// Removes every trace of one repository, approved or not.
    pub fn purge_repo(&self, name: &str) -> Result<PurgedRepo, IndexingError> {
        let totals = self.options.index.snapshot().repo(name).map(|view| view.totals());
        self.options.index.purge(name)?;
        Ok(PurgedRepo {
            repo: name.to_owned(),
            files: totals.map_or(0, |totals| totals.files),
            symbols: totals.map_or(0, |totals| totals.symbols),
        })
    }

    /// Removes the mirror of one repository and returns the bytes it took.
    pub fn purge_mirror(&self, repo: &ApprovedRepo) -> Result<u64, IndexingError> {
        let path = self.options.data.join("mirrors").join(repo.storage_key());
        remove(&path)
    }

    /// Publishes a generation without the files that the scope excludes now; if that cannot be done, the index goes as a whole.
    fn leave_out(&self, repo: &ApprovedRepo) -> Result<Option<PurgedRepo>, IndexingError> {
        let name = repo.name().as_str();
        let index = &self.options.index;
        let snapshot = index.snapshot();
        let Some(view) = snapshot.repo(name) else {
            // A generation that cannot be read cannot be cleaned either.
            return self.purge_repo(name).map(Some);
        };
        let hidden = |path: &str| repo.paths().decide(path) != PathDecision::Approved;
        let gone: Vec<(String, u64)> = view
            .files()
            .filter(|file| hidden(file.path))
            .map(|file| (file.path.to_owned(), u64::from(file.symbols)))
            .collect();
        let past = view.history().unwrap_or_default();
        let mut past_gone: Vec<&str> = past.paths().filter(|path| hidden(path)).collect();
        past_gone.sort_unstable();
        past_gone.dedup();
        if gone.is_empty() && past_gone.is_empty() && past.depth <= repo.history() {
            return Ok(None);
        }
        let lost = PurgedRepo {
            repo: name.to_owned(),
            files: gone.len() as u64,
            symbols: gone.iter().map(|(_, symbols)| symbols).sum(),
        };
        let folder = index.folder_of(name);
        if let Err(error) = self.erase(repo, &|_| ()) {
            tracing::warn!(repo = name, %error, "cannot index again without excluded files; the whole index is purged");
            return self.purge_repo(name).map(Some);
        }
        let paths: Vec<&str> = gone.iter().map(|(path, _)| path.as_str()).chain(past_gone).collect();
        let snapshot = index.snapshot();
        let kept = snapshot.repo(name).into_iter().flat_map(|view| view.files());
        let search = Search::new(&paths, kept.map(|file| file.path))?;
        // Values are compressed, so they are searched as they read, and the files beside them as they are.
        if search.is_below(&folder)? || index.stored_values(name)?.iter().any(|value| search.finds(value)) {
            tracing::warn!(
                repo = name,
                "an excluded path is still on disk; the whole index is purged"
            );
            return self.purge_repo(name).map(Some);
        }
        Ok(Some(lost))
    }

    /// Indexes what was fetched before once more, under the exclusions of now, and rewrites what held anything else.
    fn erase(&self, repo: &ApprovedRepo, progress: &(dyn Fn(Progress) + Sync)) -> Result<(), IndexingError> {
        self.update(repo, super::How::Erase, progress).map(drop)
    }

    fn purge_mirrors(
        &self,
        approved: &[ApprovedRepo],
        before: Option<&Scope>,
        purged: &mut Purged,
    ) -> Result<(), IndexingError> {
        let mirrors = self.options.data.join("mirrors");
        let entries = match fs::read_dir(&mirrors) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(IndexingError::Purge { path: mirrors, source }),
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let repo = approved.iter().find(|repo| repo.storage_key() == name);
            if repo.is_some_and(|repo| keeps(repo, before, &entry.path())) {
                continue;
            }
            purged.mirror_bytes += remove(&entry.path())?;
            purged.mirrors += 1;
        }
        Ok(())
    }
}

/// Whether the name meant a repository at another place, or another branch of it.
fn moved(repo: &ApprovedRepo, before: Option<&Scope>) -> bool {
    let earlier = before.and_then(|scope| scope.approve(repo.name()));
    earlier.is_some_and(|earlier| earlier.storage_key() != repo.storage_key() || earlier.location() != repo.location())
}

/// A mirror holds whole commits, so one that was fetched under fewer exclusions, or deeper, goes.
fn keeps(repo: &ApprovedRepo, before: Option<&Scope>, path: &Path) -> bool {
    let retention = repo.retention();
    let expired = retention.days.is_some_and(|days| {
        let fetched = sources::fetched_at(path);
        let age = fetched.and_then(|at| SystemTime::now().duration_since(at).ok());
        age.is_some_and(|age| age.as_secs() >= u64::from(days) * 24 * 60 * 60)
    });
    let earlier = before.and_then(|scope| scope.approve(repo.name()));
    let same_rules = earlier
        .as_ref()
        .is_none_or(|earlier| earlier.paths().rules().eq(repo.paths().rules()));
    let same_depth = earlier.is_none_or(|earlier| earlier.history() <= repo.history());
    !retention.discard_sources && !expired && same_rules && same_depth
}

/// Removes a folder, makes sure of it, and returns the bytes it took.
fn remove(path: &Path) -> Result<u64, IndexingError> {
    let failed = |source| IndexingError::Purge {
        path: path.to_owned(),
        source,
    };
    let bytes = bytes_below(path);
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => (),
    }
    if path.exists() {
        return Err(failed(io::Error::other("it is still there")));
    }
    Ok(bytes)
}

fn bytes_below(path: &Path) -> u64 {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => bytes_below(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// Looks for excluded paths. One that stands in the path of a file that remains, as `a.rs` does in `src/data.rs`, is none there.
struct Search {
    excluded: AhoCorasick,
    /// Paths that remain and hold an excluded one.
    kept: Option<AhoCorasick>,
}

impl Search {
    fn new<'p>(excluded: &[&str], kept: impl Iterator<Item = &'p str>) -> Result<Self, IndexingError> {
        let made = |paths: &[&str]| AhoCorasick::new(paths).map_err(|_| IndexingError::Reader);
        let excluded = made(excluded)?;
        let kept: Vec<&str> = kept.filter(|path| excluded.is_match(path)).collect();
        let kept = (!kept.is_empty()).then(|| made(&kept)).transpose()?;
        Ok(Self { excluded, kept })
    }

    fn finds(&self, bytes: &[u8]) -> bool {
        let Some(kept) = &self.kept else {
            return self.excluded.is_match(bytes);
        };
        let spans: Vec<Range<usize>> = kept.find_overlapping_iter(bytes).map(|it| it.range()).collect();
        let mut found = self.excluded.find_overlapping_iter(bytes);
        found.any(|hit| {
            !spans
                .iter()
                .any(|span| span.start <= hit.start() && hit.end() <= span.end)
        })
    }

    /// Reads every byte below a folder.
    fn is_below(&self, folder: &Path) -> Result<bool, IndexingError> {
        let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            let failed = |source| IndexingError::Purge {
                path: next.clone(),
                source,
            };
            for entry in fs::read_dir(&next).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                if entry.file_type().map_err(failed)?.is_dir() {
                    folders.push(entry.path());
                } else if self.finds(&fs::read(entry.path()).map_err(failed)?) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::Search;

    #[test]
    fn a_path_inside_the_path_of_a_file_that_remains_is_not_found_there() {
        let search = Search::new(
            &["a.rs", "src/gone"],
            ["src/data.rs", "src/gone.rs", "b.rs"].into_iter(),
        )
        .expect("made");
        for (bytes, found) in [
            ("src/data.rs src/gone.rs", false),
            ("xsrc/data.rsx", false),
            ("src/data.rs a.rs", true),
            ("\u{4}a.rs", true),
            ("src/gone", true),
            ("src/gone/x", true),
            ("b.rs", false),
        ] {
            assert_eq!(search.finds(bytes.as_bytes()), found, "{bytes}");
        }
        let search = Search::new(&["a.rs"], ["b.rs"].into_iter()).expect("made");
        assert!(search.finds(b"src/data.rs") && !search.finds(b"b.rs"));
    }
}
