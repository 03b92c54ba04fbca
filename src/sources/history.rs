//! The past of an approved repository: which commits changed which approved files, and on which lines.
//!
//! As with the files of one commit, every object is tried before the git library reads it, and whatever the scope does not approve is
//! passed over by its path. A commit is compared with its first parent, the way a merge looks from the branch that it was merged into.

mod renames;
mod trees;

use super::content;
use super::error::SourceError;
use super::ids::CommitId;
use super::loose::LooseObjects;
use super::repository::damaged;
use super::snapshot::{Entry, approve};
use crate::extraction::SourceText;
use crate::scope::ApprovedRepo;
use git2::{DiffOptions, ObjectType, Odb, Oid, Patch, Repository};
use std::collections::HashSet;
use std::fs;
use trees::Side;

/// Of commits side by side there can be more than the history is deep.
const MOST_COMMITS: usize = 20_000;

/// A commit with more files than this is an import or a sweep: it says little about any of them.
const MOST_FILES: usize = 400;

/// One commit.
#[derive(Debug)]
pub struct PastCommit {
    pub id: CommitId,
    /// In seconds since 1970.
    pub committed_at: i64,
    /// First the one it is compared with.
    pub parents: Vec<CommitId>,
    /// The first line of its message.
    pub subject: SourceText,
    /// The address of its author.
    pub author: SourceText,
    /// `None` where there is nothing to compare with, or nobody asked.
    pub changes: Option<PastChanges>,
}

/// What a commit changed.
#[derive(Debug, Default)]
pub struct PastChanges {
    pub files: Vec<FileChange>,
    /// Whether more changed than is looked at.
    pub is_cut: bool,
}

/// A file before and after a commit; its paths differ if it was renamed.
#[derive(Debug)]
pub struct FileChange {
    pub before: Option<Entry>,
    pub after: Option<Entry>,
    /// Where the two differ, in order.
    pub hunks: Vec<Hunk>,
    /// Whether both sides that are there can be read.
    pub is_read: bool,
}

/// Lines that a commit replaced: the first, counted from 1, and how many. Where there are none, the first is the line before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hunk {
    pub before: (u32, u32),
    pub after: (u32, u32),
}

/// A commit before it is compared.
struct Met {
    commit: PastCommit,
    tree: Oid,
    /// Whether the commit begins the history, or the parents are elsewhere.
    is_root: bool,
}

/// A repository whose past is read.
struct Past<'g> {
    git: &'g Repository,
    odb: Odb<'g>,
    loose: LooseObjects,
    repo: &'g ApprovedRepo,
    supported: &'g dyn Fn(&str) -> bool,
    /// Commits whose parents were not fetched.
    shallow: HashSet<Oid>,
}

/// Lists the commits from `tip` on, at most as deep as the scope says.
pub(super) fn past(
    git: &Repository,
    repo: &ApprovedRepo,
    tip: CommitId,
    supported: &dyn Fn(&str) -> bool,
    known: &dyn Fn(CommitId) -> bool,
) -> Result<Vec<PastCommit>, SourceError> {
    let failed = |source| damaged(repo, source);
    let past = Past {
        git,
        odb: git.odb().map_err(failed)?,
        loose: LooseObjects::of(git.commondir()),
        repo,
        supported,
        shallow: shallow(git),
    };
    let met = past.commits(tip.oid().map_err(failed)?);
    let trees: std::collections::HashMap<CommitId, Oid> = met.iter().map(|it| (it.commit.id, it.tree)).collect();
    let compared = met.into_iter().map(|met| {
        let Met {
            mut commit,
            tree,
            is_root,
        } = met;
        let before = commit.parents.first().map(|parent| trees.get(parent).copied());
        commit.changes = match before {
            _ if known(commit.id) => None,
            Some(Some(before)) => Some(past.changes(Some(before), tree)),
            None if is_root => Some(past.changes(None, tree)),
            _ => None,
        };
        commit
    });
    Ok(compared.collect())
}

/// The commits that git keeps as ends of a history which is not there whole.
fn shallow(git: &Repository) -> HashSet<Oid> {
    let text = fs::read_to_string(git.commondir().join("shallow")).unwrap_or_default();
    text.lines()
        .filter_map(|line| Oid::from_str(line.trim()).ok())
        .collect()
}

impl Past<'_> {
    /// Breadth first, as a fetch counts depth.
    fn commits(&self, tip: Oid) -> Vec<Met> {
        let mut out = Vec::new();
        let mut seen = HashSet::from([tip]);
        let mut layer = vec![tip];
        for _ in 0..self.repo.history() {
            let mut next = Vec::new();
            for id in layer {
                let Some(met) = self.commit(id).filter(|_| out.len() < MOST_COMMITS) else {
                    continue;
                };
                let parents = met.commit.parents.iter().filter_map(|parent| parent.oid().ok());
                next.extend(parents.filter(|parent| seen.insert(*parent)));
                out.push(met);
            }
            layer = next;
        }
        out
    }

    fn commit(&self, id: Oid) -> Option<Met> {
        if !self.loose.can_be_read(id) {
            return None;
        }
        let commit = self.git.find_commit(id).ok()?;
        let is_end = self.shallow.contains(&id);
        let parents: Vec<CommitId> = commit.parent_ids().map(CommitId::of).filter(|_| !is_end).collect();
        Some(Met {
            tree: commit.tree_id(),
            is_root: parents.is_empty() && !is_end,
            commit: PastCommit {
                id: CommitId::of(id),
                committed_at: commit.time().seconds(),
                parents,
                subject: SourceText::new(commit.summary_bytes().unwrap_or_default().to_vec()),
                author: SourceText::new(commit.author().email_bytes().to_vec()),
                changes: None,
            },
        })
    }

    fn changes(&self, before: Option<Oid>, after: Oid) -> PastChanges {
        let cut = PastChanges {
            files: Vec::new(),
            is_cut: true,
        };
        let Some(differing) = trees::differing(self, before, after) else {
            return cut;
        };
        let mut files = Vec::new();
        for (path, before, after) in differing {
            let (was, is) = (self.approved(&path, before), self.approved(&path, after));
            if was.is_none() && is.is_none() {
                continue;
            }
            if files.len() == MOST_FILES {
                return cut;
            }
            files.push(FileChange {
                // A side that is there and may not be read is no side that is missing.
                is_read: (was.is_some() || before.is_none()) && (is.is_some() || after.is_none()),
                before: was,
                after: is,
                hunks: Vec::new(),
            });
        }
        renames::pair(self, &mut files);
        files.iter_mut().for_each(|file| self.compare(file));
        PastChanges { files, is_cut: false }
    }

    fn approved(&self, path: &[u8], side: Option<Side>) -> Option<Entry> {
        let Side { mode, id } = side?;
        approve(self.repo, &self.odb, self.supported, (path, mode, id)).ok()
    }

    fn compare(&self, file: &mut FileChange) {
        let bytes = |entry: &Option<Entry>| entry.as_ref().map_or(Some(Vec::new()), |entry| self.bytes(entry));
        let hunks = bytes(&file.before)
            .zip(bytes(&file.after))
            .filter(|_| file.is_read)
            .and_then(|(before, after)| hunks(&before, &after));
        file.is_read = hunks.is_some();
        file.hunks = hunks.unwrap_or_default();
    }

    /// The bytes of a file that is worth reading.
    fn bytes(&self, entry: &Entry) -> Option<Vec<u8>> {
        let id = entry.blob().oid().ok()?;
        if !self.loose.can_be_read(id) {
            return None;
        }
        let object = self.odb.read(id).ok().filter(|it| it.kind() == ObjectType::Blob)?;
        let is_code = content::objection(object.data()).is_none();
        is_code.then(|| object.data().to_vec())
    }
}

fn hunks(before: &[u8], after: &[u8]) -> Option<Vec<Hunk>> {
    let mut options = DiffOptions::new();
    options.context_lines(0).interhunk_lines(0).force_text(true);
    let patch = Patch::from_buffers(before, None, after, None, Some(&mut options)).ok()?;
    let hunk = |at| {
        let (hunk, _) = patch.hunk(at).ok()?;
        Some(Hunk {
            before: (hunk.old_start(), hunk.old_lines()),
            after: (hunk.new_start(), hunk.new_lines()),
        })
    };
    (0..patch.num_hunks()).map(hunk).collect()
}
