//! Mirrors of approved repositories.

use super::error::SourceError;
use super::fetch::{self, FETCHED, FetchProgress};
use super::history::{self, PastCommit};
use super::ids::CommitId;
use super::reader::Reader;
use super::repository;
use super::snapshot::Snapshot;
use crate::scope::{ApprovedRepo, Location};
use git2::{Repository, RepositoryInitOptions};
use std::fmt;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Every fetch adds a pack; beyond this many the mirror is fetched anew, which takes seconds and leaves one.
const MAX_PACKS: usize = 32;

/// The file of a mirror that says how many commits deep it was fetched.
const DEPTH: &str = "louver-depth";

/// An approved repository that can be read.
///
/// A remote one is a bare clone that louver fetches and never pushes; a local one is read where it is.
pub struct Mirror {
    repo: ApprovedRepo,
    path: PathBuf,
    git: Repository,
}

/// A commit, as answers and records name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    /// The commit.
    pub id: CommitId,
    /// When it was committed, in seconds since 1970.
    pub committed_at: i64,
}

impl Mirror {
    /// Opens the repository in place, or its mirror under the data directory, which is made when it is missing.
    pub fn open(data_dir: &Path, repo: &ApprovedRepo) -> Result<Self, SourceError> {
        let path = match repo.location() {
            Location::Path(path) => path.clone(),
            Location::Url(_) => prepared(data_dir, repo)?,
        };
        let git = repository::open(repo, &path)?;
        Ok(Self {
            repo: repo.clone(),
            path,
            git,
        })
    }

    /// Opens what is there already, and makes nothing.
    pub fn existing(data_dir: &Path, repo: &ApprovedRepo) -> Option<Self> {
        let there = match repo.location() {
            Location::Path(_) => true,
            Location::Url(_) => data_dir.join("mirrors").join(repo.storage_key()).join("HEAD").is_file(),
        };
        there.then(|| Self::open(data_dir, repo).ok()).flatten()
    }

    /// Returns the repository this is the mirror of.
    pub fn repo(&self) -> &ApprovedRepo {
        &self.repo
    }

    /// Fetches the approved branch of a remote repository and returns its commit; a local repository has nothing to fetch.
    ///
    /// When it fails, what was fetched before stays readable. `progress` ends the fetch by returning [`ControlFlow::Break`].
    pub fn refresh(
        &mut self,
        progress: &mut dyn FnMut(FetchProgress) -> ControlFlow<()>,
    ) -> Result<CommitInfo, SourceError> {
        let Location::Url(url) = self.repo.location() else {
            return self.commit();
        };
        // A mirror of another depth is replaced: what the scope leaves out of the past does not stay on disk.
        if packs(&self.path) <= MAX_PACKS && depth_of(&self.path) == self.repo.history() {
            fetch::fetch(&self.repo, url, &self.path, progress)?;
            return self.commit();
        }
        let fresh = self.path.with_extension("fresh");
        remove(&fresh)?;
        create(&self.repo, &fresh)?;
        fetch::fetch(&self.repo, url, &fresh, progress)?;
        self.replace_by(&fresh)?;
        self.commit()
    }

    /// Returns the commit the approved branch stands at, as far as it was fetched.
    pub fn commit(&self) -> Result<CommitInfo, SourceError> {
        match self.repo.location() {
            Location::Path(_) => repository::local_commit(&self.git, &self.repo),
            Location::Url(_) => repository::fetched_commit(&self.git, &self.repo, FETCHED),
        }
    }

    /// Lists the files of the approved commit; `supported` says which paths have a grammar.
    pub fn snapshot(&self, supported: &dyn Fn(&str) -> bool) -> Result<Snapshot, SourceError> {
        Snapshot::of(&self.git, &self.repo, self.commit()?, supported)
    }

    /// Lists the commits up to the depth that the scope sets, the approved one first, with what each changed; `known` says which need not be
    /// compared again.
    pub fn past(
        &self,
        supported: &dyn Fn(&str) -> bool,
        known: &dyn Fn(CommitId) -> bool,
    ) -> Result<Vec<PastCommit>, SourceError> {
        history::past(&self.git, &self.repo, self.commit()?.id, supported, known)
    }

    /// Opens a reader of file contents, one for each thread that reads.
    pub fn reader(&self) -> Result<Reader, SourceError> {
        repository::open(&self.repo, &self.path).map(Reader::new)
    }

    fn replace_by(&mut self, fresh: &Path) -> Result<(), SourceError> {
        let old = self.path.with_extension("old");
        let folder = |source| SourceError::Folder {
            path: self.path.clone(),
            source,
        };
        remove(&old)?;
        fs::rename(&self.path, &old).map_err(folder)?;
        fs::rename(fresh, &self.path).map_err(folder)?;
        self.git = repository::open(&self.repo, &self.path)?;
        remove(&old)
    }
}

/// When something was last fetched into the mirror in a folder.
pub fn fetched_at(mirror: &Path) -> Option<SystemTime> {
    fs::metadata(mirror.join(FETCHED)).and_then(|meta| meta.modified()).ok()
}

impl fmt::Debug for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mirror({})", self.repo.name())
    }
}

fn prepared(data_dir: &Path, repo: &ApprovedRepo) -> Result<PathBuf, SourceError> {
    let mirrors = data_dir.join("mirrors");
    private_folder(&mirrors)?;
    let path = mirrors.join(repo.storage_key());
    if !path.join("HEAD").is_file() {
        create(repo, &path)?;
    }
    private_folder(&path)?;
    Ok(path)
}

/// Makes an empty bare repository, without the hooks and templates of this machine.
fn create(repo: &ApprovedRepo, path: &Path) -> Result<(), SourceError> {
    private_folder(path)?;
    let mut options = RepositoryInitOptions::new();
    options.bare(true).external_template(false).no_reinit(false);
    Repository::init_opts(path, &options).map_err(|source| repository::damaged(repo, source))?;
    let file = path.join(DEPTH);
    fs::write(&file, repo.history().to_string()).map_err(|source| SourceError::Folder { path: file, source })
}

/// How many commits deep a mirror is; those made before depth was a setting have one.
fn depth_of(mirror: &Path) -> u32 {
    let written = fs::read_to_string(mirror.join(DEPTH)).ok();
    written.and_then(|text| text.trim().parse().ok()).unwrap_or(1)
}

/// Makes sure of a folder that only this user can enter, also when it was there before.
fn private_folder(path: &Path) -> Result<(), SourceError> {
    let prepare = || -> io::Result<()> {
        fs::create_dir_all(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    };
    prepare().map_err(|source| SourceError::Folder {
        path: path.to_owned(),
        source,
    })
}

fn remove(path: &Path) -> Result<(), SourceError> {
    match fs::remove_dir_all(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(SourceError::Folder {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

fn packs(mirror: &Path) -> usize {
    let entries = fs::read_dir(mirror.join("objects").join("pack"));
    let is_pack = |entry: &fs::DirEntry| entry.path().extension().is_some_and(|extension| extension == "pack");
    entries.map_or(0, |entries| entries.flatten().filter(is_pack).count())
}
