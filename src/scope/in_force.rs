//! The scope in force: kept whole in the data directory, replaced by renaming one file, and followed by every process.
//!
//! A process that answers takes the scope once for each call. Before a new one is handed out, whoever follows it is told, so that what was
//! purged for its sake is gone from memory too.

use super::{Scope, ScopeErrors, ScopeText};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where applied scopes are kept.
#[derive(Clone, Debug)]
pub struct ScopeStore {
    dir: PathBuf,
}

/// A scope as it was put into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The first is 1.
    pub number: u64,
    /// When, in whole seconds.
    pub at: SystemTime,
    /// The files, word for word.
    pub text: ScopeText,
    /// The commit they were in, if they were in one.
    pub commit: Option<Commit>,
    /// The keys that had to have signed a change from then on, word for word.
    pub signers: Option<String>,
}

/// A commit a scope was applied from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// Who wrote it, by its own account.
    pub author: String,
    /// Whether one of the allowed keys signed it.
    pub verified: bool,
}

/// Held while a scope is put into force or an index is built under one.
#[derive(Debug)]
pub struct ScopeLock {
    _file: File,
}

/// Why the scope in force cannot be read or replaced.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot use `{path}`; check that louver may read and write there")]
    File { path: PathBuf, source: io::Error },
    /// The file is not one that louver wrote.
    #[error("`{path}` is damaged; restore it from a backup, or remove it and apply the scope again")]
    Damaged { path: PathBuf },
    /// Somebody else applied a scope in between.
    #[error("another scope was applied meanwhile; look at `louver scope plan` again")]
    Overtaken,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    number: u64,
    applied_at: u64,
    digest: String,
    path: PathBuf,
    files: Vec<KeptFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<Commit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signers: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptFile {
    name: String,
    text: String,
}

impl ScopeStore {
    /// The store below a data directory. Nothing is made before something is kept.
    pub fn below(data: &Path) -> Self {
        Self {
            dir: data.join("scope"),
        }
    }

    /// The scope in force, if one was ever applied.
    pub fn applied(&self) -> Result<Option<Applied>, StoreError> {
        read(&self.current())
    }

    /// Every scope that was in force, the oldest first.
    pub fn history(&self) -> Result<Vec<Applied>, StoreError> {
        let dir = self.dir.join("history");
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(StoreError::File { path: dir, source }),
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort_unstable();
        let json = |path: &&PathBuf| path.extension().is_some_and(|it| it == "json");
        paths
            .iter()
            .filter(json)
            .filter_map(|path| read(path).transpose())
            .collect()
    }

    /// Keeps a scope and puts it into force in one step, if `after` is still what is.
    pub fn apply(
        &self,
        after: Option<&Applied>,
        text: ScopeText,
        commit: Option<Commit>,
        signers: Option<String>,
    ) -> Result<Applied, StoreError> {
        let before = self.applied()?;
        if before.as_ref().map(|it| it.number) != after.map(|it| it.number) {
            return Err(StoreError::Overtaken);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let applied = Applied {
            number: before.map_or(0, |it| it.number) + 1,
            at: UNIX_EPOCH + Duration::from_secs(now.as_secs()),
            text,
            commit,
            signers,
        };
        let bytes =
            serde_json::to_vec_pretty(&Kept::of(&applied)).map_err(|_| StoreError::Damaged { path: self.current() })?;
        let history = self.dir.join("history");
        private_folder(&history)?;
        write(&history.join(format!("{:08}.json", applied.number)), &bytes)?;
        write(&self.current(), &bytes)?;
        Ok(applied)
    }

    /// Waits until nobody builds an index or applies a scope, and keeps others from it.
    pub fn exclusive(&self) -> Result<ScopeLock, StoreError> {
        self.lock(File::lock)
    }

    /// Waits until nobody applies a scope, and keeps others from it.
    pub fn shared(&self) -> Result<ScopeLock, StoreError> {
        self.lock(File::lock_shared)
    }

    fn lock(&self, take: fn(&File) -> io::Result<()>) -> Result<ScopeLock, StoreError> {
        private_folder(&self.dir)?;
        let path = self.dir.join("lock");
        let open = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path);
        let locked = open.and_then(|file| take(&file).map(|()| file));
        match locked {
            Ok(file) => Ok(ScopeLock { _file: file }),
            Err(source) => Err(StoreError::File { path, source }),
        }
    }

    fn current(&self) -> PathBuf {
        self.dir.join("applied.json")
    }
}

impl Kept {
    fn of(applied: &Applied) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let main = KeptFile {
            name: String::new(),
            text: text(applied.text.main()),
        };
        let included = applied.text.included().map(|(name, bytes)| KeptFile {
            name: name.to_owned(),
            text: text(bytes),
        });
        Self {
            version: 1,
            number: applied.number,
            applied_at: applied.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            digest: applied.text.digest(),
            path: applied.text.path().to_owned(),
            files: [main].into_iter().chain(included).collect(),
            commit: applied.commit.clone(),
            signers: applied.signers.clone(),
        }
    }

    /// `None` if the file was changed after louver wrote it.
    fn applied(self) -> Option<Applied> {
        let Self {
            version,
            number,
            applied_at,
            digest,
            path,
            files,
            commit,
            signers,
        } = self;
        let mut files = files.into_iter();
        let main = files.next()?;
        let text = files.fold(ScopeText::of(&path, main.text), |text, file| {
            text.with(&file.name, file.text)
        });
        (version == 1 && text.digest() == digest).then(|| Applied {
            number,
            at: UNIX_EPOCH + Duration::from_secs(applied_at),
            text,
            commit,
            signers,
        })
    }
}

fn read(path: &Path) -> Result<Option<Applied>, StoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(path)(source)),
    };
    let kept: Option<Kept> = serde_json::from_slice(&bytes).ok();
    match kept.and_then(Kept::applied) {
        Some(applied) => Ok(Some(applied)),
        None => Err(StoreError::Damaged { path: path.to_owned() }),
    }
}

/// A file appears whole, and is on disk when this returns.
fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let put = || -> io::Result<()> {
        let mut draft = tempfile::NamedTempFile::new_in(folder)?;
        draft.write_all(bytes)?;
        draft.as_file().sync_all()?;
        draft.persist(path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    put().map_err(failed(path))
}

fn private_folder(path: &Path) -> Result<(), StoreError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(failed(path))
}

fn failed(path: &Path) -> impl Fn(io::Error) -> StoreError {
    move |source| StoreError::File {
        path: path.to_owned(),
        source,
    }
}

/// The scope calls are answered under. Cheap to ask, and the same for everybody who asks at once.
pub struct ScopeInForce {
    current: RwLock<Arc<Scope>>,
    followed: Option<ScopeStore>,
    seen: Mutex<Option<Stamp>>,
}

/// Renaming gives a path another file, so one of these differs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl ScopeInForce {
    /// Follows a store; until something is applied there, `scope` is in force.
    pub fn following(store: ScopeStore, scope: Scope) -> Self {
        Self {
            followed: Some(store),
            ..Self::from(scope)
        }
    }

    /// The scope in force now. `entering` is called with it before another one than last time is handed out to anybody.
    pub fn current(&self, entering: &dyn Fn(&Scope)) -> Arc<Scope> {
        if let Some(store) = &self.followed {
            self.follow(store, entering);
        }
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn follow(&self, store: &ScopeStore, entering: &dyn Fn(&Scope)) {
        let stamp = fs::metadata(store.current()).ok().as_ref().map(Stamp::of);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // A scope that has gone is damage; the one in force stays.
        if stamp.is_none() || *seen == stamp {
            return;
        }
        match load(store) {
            Ok(Some(scope)) => {
                let digest = |scope: &Scope| scope.digest().to_owned();
                let new = digest(&scope);
                if digest(&self.current.read().unwrap_or_else(PoisonError::into_inner)) != new {
                    entering(&scope);
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(scope);
                    tracing::info!(digest = new, "another scope is in force");
                }
            }
            Ok(None) => return,
            Err(error) => tracing::error!(%error, "the applied scope cannot be used; the one before stays in force"),
        }
        *seen = stamp;
    }
}

impl From<Scope> for ScopeInForce {
    /// A scope that stays.
    fn from(scope: Scope) -> Self {
        Self {
            current: RwLock::new(Arc::new(scope)),
            followed: None,
            seen: Mutex::new(None),
        }
    }
}

impl std::fmt::Debug for ScopeInForce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScopeInForce").finish_non_exhaustive()
    }
}

impl Stamp {
    fn of(meta: &Metadata) -> Self {
        Self {
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
        }
    }
}

/// Why an applied scope cannot be used.
#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Scope(#[from] ScopeErrors),
}

fn load(store: &ScopeStore) -> Result<Option<Scope>, LoadError> {
    match store.applied()? {
        Some(applied) => Ok(Some(Scope::of_text(&applied.text)?)),
        None => Ok(None),
    }
}
