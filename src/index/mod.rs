//! The semantic index: what was extracted and resolved, written, published, searched and walked.
//!
//! Every repository has an index of its own, so that nothing of one can be seen in the statistics of another, and a folder of its own, so
//! that purging is deleting. Publishing renames one file: a reader has one generation whole, and a crash leaves the one before.

mod cache;
mod coded;
mod contract;
mod error;
pub mod flow;
mod generation;
mod history;
mod id;
mod pack;
mod packages;
mod row;
mod schema;
mod search;
mod squeeze;
mod stored;
mod traits;
mod update;
mod view;
mod weigh;

pub use error::IndexError;
pub use generation::{Generation, GenerationInfo, Totals};
pub use history::{Diff, DiffFile, Fate, History, NoDiff, PastCommit, PastFile, PastState, PastSymbol, hex};
pub use id::{SymbolId, handle, parse_handle};
pub use packages::{PackageKey, Packages, Provided};
pub use row::{Centrality, EdgeRow, EdgeTarget, FileRow, Identity, ImportRow, Named, Passage, SymbolRow, identify};
pub use schema::SCHEMA_VERSION;
pub use search::{FileHit, Hit, Place, Ranking, SearchQuery, SearchResult, Spread, Why, search, search_by};
pub use stored::{IndexedFile, IndexedSymbol};
pub use update::Update;
pub use view::{EdgeCount, EdgePage, FileSummary, IncomingEdge, RepoView, Via, id_by_name};

use crate::access::Grant;
use crate::extraction::words::WordKey;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tantivy::directory::MmapDirectory;

/// How long a generation published by another process may stay unseen.
const RECHECK: Duration = Duration::from_millis(500);

/// The indexes of all repositories under one folder. Cheap to clone.
#[derive(Clone)]
pub struct Index(Arc<Shared>);

/// One generation of every repository, as it was when the snapshot was taken.
#[derive(Clone)]
pub struct Snapshot(Arc<BTreeMap<String, RepoView>>);

pub(crate) struct Shared {
    folder: PathBuf,
    key: WordKey,
    rows: Arc<cache::Cache>,
    current: RwLock<Snapshot>,
    /// When the folder was last compared with `current`. Held by the one thread that compares.
    checked: Mutex<Option<Instant>>,
}

impl Index {
    /// Opens the indexes under `folder`, which is made if it is missing. `key` is the one words are hashed with.
    pub fn open(folder: &Path, key: WordKey) -> Result<Self, IndexError> {
        private_folder(folder)?;
        let shared = Shared {
            folder: folder.to_owned(),
            key,
            rows: Arc::default(),
            current: RwLock::new(Snapshot(Arc::default())),
            checked: Mutex::new(None),
        };
        shared.refresh();
        Ok(Self(Arc::new(shared)))
    }

    /// Begins changing the index of `repo`. Only one process can do so at a time.
    pub fn begin(&self, repo: &str) -> Result<Update, IndexError> {
        let folder = self.0.version_folder(repo);
        private_folder(&folder)?;
        let (schema, fields) = schema::build();
        let settings = tantivy::IndexSettings {
            docstore_compression: tantivy::store::Compressor::None,
            ..Default::default()
        };
        let directory = MmapDirectory::open(&folder).map_err(|error| IndexError::tantivy(repo)(error.into()))?;
        let index = tantivy::Index::builder()
            .schema(schema)
            .settings(settings)
            .open_or_create(directory);
        let index = index.map_err(IndexError::tantivy(repo))?;
        schema::register(&index);
        // The writer's lock is taken before the base is read, so that nobody can publish in between.
        let mut update = Update::new(Arc::clone(&self.0), repo, &index, fields)?;
        self.0.reload(repo)?;
        update.follow(self.snapshot().repo(repo).cloned());
        Ok(update)
    }

    /// The current generation of every repository.
    pub fn snapshot(&self) -> Snapshot {
        self.0.refresh();
        self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks for what other processes published or purged, and returns when no later snapshot can hold what was gone before the call.
    /// A repository that cannot be read then is answered about no more.
    pub fn refresh_now(&self) {
        let mut checked = self.0.checked.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.compare(&mut checked, &|shared, name| {
            if shared.reload(name).is_err() {
                shared.replace(name, None);
            }
        });
    }

    /// Where everything that is kept of a repository lies.
    pub fn folder_of(&self, repo: &str) -> PathBuf {
        self.0.repo_folder(repo)
    }

    /// Removes every trace of a repository and makes sure of it.
    pub fn purge(&self, repo: &str) -> Result<(), IndexError> {
        let folder = self.0.repo_folder(repo);
        self.0.replace(repo, None);
        match fs::remove_dir_all(&folder) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(IndexError::Folder { path: folder, source }),
        }
        sync_folder(&self.0.folder)?;
        if folder.exists() {
            return Err(IndexError::NotPurged {
                repo: repo.to_owned(),
                path: folder,
            });
        }
        Ok(())
    }

    /// The bytes a repository's index takes on disk.
    pub fn bytes_on_disk(&self, repo: &str) -> Result<u64, IndexError> {
        bytes_below(&self.0.repo_folder(repo))
    }

    /// Every value a repository's index stores, as it was before it was compressed, and every term: what is kept, for those who look for what must not be.
    pub fn stored_values(&self, repo: &str) -> Result<Vec<Vec<u8>>, IndexError> {
        self.snapshot()
            .repo(repo)
            .map_or(Ok(Vec::new()), RepoView::stored_values)
    }

    /// The names of the repositories that have a folder, whether or not it can be used. What is here and in no scope is to be purged.
    pub fn on_disk(&self) -> Result<Vec<String>, IndexError> {
        self.0.on_disk()
    }
}

impl Snapshot {
    /// A repository's generation; `None` if it was never published, or by another version of the schema.
    ///
    /// For the one who indexes and administers; who answers clients opens it with a grant.
    pub(crate) fn repo(&self, name: &str) -> Option<&RepoView> {
        self.0.get(name)
    }

    /// The generation a grant opens.
    pub fn open(&self, grant: &Grant) -> Option<&RepoView> {
        self.repo(grant.repo().name().as_ref())
    }

    /// All repositories, in the order of their names.
    pub(crate) fn repos(&self) -> impl Iterator<Item = &RepoView> {
        self.0.values()
    }
}

impl Shared {
    fn repo_folder(&self, repo: &str) -> PathBuf {
        self.folder.join(folder_name(repo))
    }

    /// Where this version of the schema keeps a repository. Another version never looks here.
    fn version_folder(&self, repo: &str) -> PathBuf {
        self.repo_folder(repo).join(format!("v{SCHEMA_VERSION}"))
    }

    fn on_disk(&self) -> Result<Vec<String>, IndexError> {
        let entries = fs::read_dir(&self.folder).map_err(IndexError::folder(&self.folder))?;
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|entry| repo_name(entry.file_name().to_str()?))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Looks for generations that other processes published or purged.
    ///
    /// One thread compares while the others go on with what they have. A repository that cannot be read is left as it was.
    fn refresh(&self) {
        let Ok(mut checked) = self.checked.try_lock() else {
            return;
        };
        if checked.is_some_and(|at| at.elapsed() < RECHECK) {
            return;
        }
        self.compare(&mut checked, &|shared, name| drop(shared.reload(name)));
    }

    /// Compares the folder with what is known, and calls `reload` for each repository that differs.
    fn compare(&self, checked: &mut Option<Instant>, reload: &dyn Fn(&Self, &str)) {
        let names = self.on_disk().unwrap_or_default();
        let known: Vec<String> = self
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .keys()
            .cloned()
            .collect();
        for gone in known.iter().filter(|name| !names.contains(name)) {
            self.replace(gone, None);
        }
        for name in &names {
            let stamp = view::Stamp::of(&self.version_folder(name));
            let seen = self.view(name).map(|view| view.stamp());
            if stamp != seen {
                reload(self, name);
            }
        }
        *checked = Some(Instant::now());
    }

    fn view(&self, repo: &str) -> Option<RepoView> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .repo(repo)
            .cloned()
    }

    /// Reads the generation of `repo` that is on disk.
    fn reload(&self, repo: &str) -> Result<(), IndexError> {
        let view = RepoView::open(&self.version_folder(repo), repo, &self.key, &self.rows)?;
        self.replace(repo, view);
        Ok(())
    }

    fn replace(&self, repo: &str, view: Option<RepoView>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let mut repos = BTreeMap::clone(&current.0);
        match view {
            Some(view) => repos.insert(repo.to_owned(), view),
            None => repos.remove(repo),
        };
        *current = Snapshot(Arc::new(repos));
    }

    /// Removes what other versions of the schema left behind.
    fn remove_other_versions(&self, repo: &str) -> Result<(), IndexError> {
        let folder = self.repo_folder(repo);
        let keep = self.version_folder(repo);
        for entry in fs::read_dir(&folder).map_err(IndexError::folder(&folder))?.flatten() {
            if entry.path() != keep {
                fs::remove_dir_all(entry.path()).map_err(IndexError::folder(&folder))?;
            }
        }
        Ok(())
    }
}

/// A repository's name as the name of a folder: what is not a small letter, a digit, `-`, `_` or an inner `.` is written `%` and two digits.
fn folder_name(repo: &str) -> String {
    let mut out = String::new();
    for (at, byte) in repo.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
            b'.' if at > 0 => out.push('.'),
            _ => out.push_str(&format!("%{byte:02x}")),
        }
    }
    out
}

/// The name a folder stands for; `None` for a folder that louver did not make.
fn repo_name(folder: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = folder.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    let name = String::from_utf8(bytes).ok()?;
    (folder_name(&name) == folder).then_some(name)
}

fn bytes_below(folder: &Path) -> Result<u64, IndexError> {
    let mut sum = 0;
    for entry in fs::read_dir(folder).map_err(IndexError::folder(folder))?.flatten() {
        let Ok(meta) = entry.metadata() else { continue };
        sum += if meta.is_dir() {
            bytes_below(&entry.path())?
        } else {
            meta.len()
        };
    }
    Ok(sum)
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Index({})", self.0.folder.display())
    }
}

fn private_folder(path: &Path) -> Result<(), IndexError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(IndexError::folder(path))
}

fn sync_folder(path: &Path) -> Result<(), IndexError> {
    fs::File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(IndexError::folder(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_name_is_read_back_and_leaves_the_parent() {
        for repo in ["acme/vault", "louver", "..", "Acme", ".git", "a%b", "größe"] {
            let folder = folder_name(repo);
            assert!(!folder.contains('/') && !folder.starts_with('.'), "{folder}");
            assert_eq!(repo_name(&folder).as_deref(), Some(repo));
        }
        assert_eq!(repo_name("Not%louver"), None);
    }
}
