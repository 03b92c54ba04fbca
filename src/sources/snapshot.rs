//! The files of one commit: which of them may be read, and why the others may not.

use super::error::SourceError;
use super::ids::{BlobId, RepoPath};
use super::loose::LooseObjects;
use super::mirror::CommitInfo;
use super::repository::damaged;
use super::skip::{Skip, SkipCounts, SkipReason};
use crate::scope::{ApprovedRepo, PathDecision};
use git2::{ObjectType, Odb, Oid, Repository, Tree};

/// Real repositories have up to half a million files and folders; a crafted one can list the same folder exponentially often.
const MAX_FILES: usize = 1_000_000;

/// Real paths have up to thirty folders.
pub(super) const MAX_DEPTH: usize = 128;

/// The longest path that any file system takes.
pub(super) const MAX_PATH_BYTES: usize = 4096;

/// A folder with this many bytes of names has some million files.
pub(super) const MAX_TREE_BYTES: usize = 64 << 20;

const SYMLINK: i32 = 0o120_000;
const SUBMODULE: i32 = 0o160_000;

/// The files of one commit of an approved repository, in the order of their paths.
#[derive(Clone, Debug)]
pub struct Snapshot {
    commit: CommitInfo,
    entries: Vec<Entry>,
    skips: Vec<Skip>,
}

/// A file that may be read. Only a [`Snapshot`] makes one, so that nothing is read that the scope does not approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    path: RepoPath,
    blob: BlobId,
    size: u64,
}

/// A folder that is being listed.
struct Folder<'g> {
    tree: Tree<'g>,
    next: usize,
    /// How long the path is without what this folder adds to it.
    parent: usize,
}

struct Walk<'g> {
    git: &'g Repository,
    odb: Odb<'g>,
    loose: LooseObjects,
    repo: &'g ApprovedRepo,
    supported: &'g dyn Fn(&str) -> bool,
    entries: Vec<Entry>,
    skips: Vec<Skip>,
    /// How many files and folders were seen.
    seen: usize,
}

impl Snapshot {
    pub(super) fn of(
        git: &Repository,
        repo: &ApprovedRepo,
        commit: CommitInfo,
        supported: &dyn Fn(&str) -> bool,
    ) -> Result<Self, SourceError> {
        let failed = |source| damaged(repo, source);
        let loose = LooseObjects::of(git.commondir());
        let root = commit.id.oid().and_then(|oid| {
            let tree = git.find_commit(oid)?.tree_id();
            if loose.can_be_read(tree) {
                Ok(())
            } else {
                Err(git2::Error::from_str("the tree of the commit is cut off"))
            }
        });
        root.map_err(failed)?;
        let tree = commit
            .id
            .oid()
            .and_then(|oid| git.find_commit(oid)?.tree())
            .map_err(failed)?;
        let odb = git.odb().map_err(failed)?;
        let mut walk = Walk {
            git,
            odb,
            loose,
            repo,
            supported,
            entries: Vec::new(),
            skips: Vec::new(),
            seen: 0,
        };
        walk.run(tree)?;
        let Walk {
            mut entries, mut skips, ..
        } = walk;
        // Git keeps folders sorted, and a crafted repository need not; a path that comes twice would be two files of one name.
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries.dedup_by(|later, first| {
            let twice = later.path == first.path;
            if twice {
                skips.push(Skip {
                    path: later.path.to_string(),
                    reason: SkipReason::InvalidPath,
                });
            }
            twice
        });
        Ok(Self { commit, entries, skips })
    }

    /// Returns the commit the files are of.
    pub fn commit(&self) -> CommitInfo {
        self.commit
    }

    /// Returns the files that may be read, in the order of their paths.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the files that are passed over without being read.
    pub fn skips(&self) -> &[Skip] {
        &self.skips
    }

    /// Counts the files that are passed over, by reason.
    pub fn skip_counts(&self) -> SkipCounts {
        self.skips.iter().collect()
    }
}

impl Entry {
    /// Returns the path of the file.
    pub fn path(&self) -> &RepoPath {
        &self.path
    }

    /// Returns the name of its content.
    pub fn blob(&self) -> BlobId {
        self.blob
    }

    /// Returns how many bytes it has.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl<'g> Walk<'g> {
    /// Lists folder by folder on a stack of its own, which no depth of nesting can exhaust.
    fn run(&mut self, root: Tree<'g>) -> Result<(), SourceError> {
        let mut path = Vec::new();
        let mut stack = vec![Folder {
            tree: root,
            next: 0,
            parent: 0,
        }];
        while let Some(folder) = stack.last_mut() {
            let Some(entry) = folder.tree.get(folder.next) else {
                path.truncate(folder.parent);
                stack.pop();
                continue;
            };
            folder.next += 1;
            self.seen += 1;
            if self.seen > MAX_FILES {
                return Err(SourceError::TooManyFiles {
                    repo: self.repo.name().clone(),
                    limit: MAX_FILES,
                });
            }
            let (mode, id) = (entry.filemode(), entry.id());
            let is_folder = entry.kind() == Some(ObjectType::Tree);
            let parent = path.len();
            if parent > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(entry.name_bytes());
            drop(entry);
            let opened = if is_folder {
                self.folder(&path, id, stack.len())
            } else {
                None
            };
            match opened {
                Some(tree) => stack.push(Folder { tree, next: 0, parent }),
                None => {
                    if !is_folder {
                        self.file(&path, mode, id);
                    }
                    path.truncate(parent);
                }
            }
        }
        Ok(())
    }

    /// Opens a folder, or records why it is passed over as a whole.
    fn folder(&mut self, path: &[u8], id: Oid, depth: usize) -> Option<Tree<'g>> {
        // A header is read without inflating what follows it.
        let reason = match self.odb.read_header(id) {
            _ if depth >= MAX_DEPTH || path.len() > MAX_PATH_BYTES => SkipReason::TooDeep,
            Ok((size, ObjectType::Tree)) if size <= MAX_TREE_BYTES && !self.loose.can_be_read(id) => {
                SkipReason::Unreadable
            }
            Ok((size, ObjectType::Tree)) if size <= MAX_TREE_BYTES => match self.git.find_tree(id) {
                Ok(tree) => return Some(tree),
                Err(_) => SkipReason::Unreadable,
            },
            Ok((_, ObjectType::Tree)) => SkipReason::TooLarge,
            _ => SkipReason::Unreadable,
        };
        self.skip(path, reason);
        None
    }

    fn file(&mut self, path: &[u8], mode: i32, id: Oid) {
        match self.approve(path, mode, id) {
            Ok(entry) => self.entries.push(entry),
            Err(reason) => self.skip(path, reason),
        }
    }

    fn approve(&self, path: &[u8], mode: i32, id: Oid) -> Result<Entry, SkipReason> {
        approve(self.repo, &self.odb, self.supported, (path, mode, id))
    }

    fn skip(&mut self, path: &[u8], reason: SkipReason) {
        let path = String::from_utf8_lossy(path).into_owned();
        self.skips.push(Skip { path, reason });
    }
}

/// Asks everything that can be asked without inflating the file. Policy comes first, so that what it hides is counted as hidden.
pub(super) fn approve(
    repo: &ApprovedRepo,
    odb: &Odb<'_>,
    supported: &dyn Fn(&str) -> bool,
    (path, mode, id): (&[u8], i32, Oid),
) -> Result<Entry, SkipReason> {
    let text = str::from_utf8(path).map_err(|_| SkipReason::NonUtf8Path)?;
    match repo.paths().decide(text) {
        PathDecision::Excluded { .. } => return Err(SkipReason::Excluded),
        PathDecision::Vendored { .. } => return Err(SkipReason::Vendored),
        PathDecision::Approved => {}
    }
    match mode {
        SYMLINK => return Err(SkipReason::Symlink),
        SUBMODULE => return Err(SkipReason::Submodule),
        _ => {}
    }
    let path = RepoPath::new(text).map_err(|_| SkipReason::InvalidPath)?;
    if !supported(text) {
        return Err(SkipReason::UnsupportedLanguage);
    }
    let Ok((size, ObjectType::Blob)) = odb.read_header(id) else {
        return Err(SkipReason::Unreadable);
    };
    let size = size as u64;
    if size > repo.max_file_bytes() {
        return Err(SkipReason::TooLarge);
    }
    Ok(Entry {
        path,
        blob: BlobId::of(id),
        size,
    })
}
