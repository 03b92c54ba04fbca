//! Opens git repositories so that nothing outside their object database has a say, and finds the approved commit.

use super::SourceError;
use super::ids::CommitId;
use super::loose::LooseObjects;
use super::mirror::CommitInfo;
use crate::scope::{ApprovedRepo, Reference};
use git2::{Config, ErrorClass, ErrorCode, ObjectFormat, Repository, RepositoryOpenFlags};
use std::path::Path;

/// The branch name that stands for whatever is checked out, on a branch or not.
const CHECKED_OUT: &str = "HEAD";

/// How many branches an error lists.
const LISTED_BRANCHES: usize = 8;

/// Opens the repository at exactly this folder.
///
/// It gets an empty configuration: neither this machine's nor its own files can rewrite an address, name a helper or change how objects are read.
pub(super) fn open(repo: &ApprovedRepo, path: &Path) -> Result<Repository, SourceError> {
    let flags = RepositoryOpenFlags::NO_SEARCH;
    let git = Repository::open_ext(path, flags, [] as [&str; 0]).map_err(|error| open_error(repo, path, error))?;
    if git.object_format() != ObjectFormat::Sha1 {
        return Err(SourceError::Sha256 {
            repo: repo.name().clone(),
        });
    }
    Config::new()
        .and_then(|empty| git.set_config(&empty))
        .map_err(|source| damaged(repo, source))?;
    Ok(git)
}

/// Finds the approved commit of a local repository.
pub(super) fn local_commit(git: &Repository, repo: &ApprovedRepo) -> Result<CommitInfo, SourceError> {
    let name = || repo.name().clone();
    let reference = match repo.reference() {
        Reference::Branch(branch) if branch == CHECKED_OUT => git.head(),
        Reference::Branch(branch) => git.find_reference(&format!("refs/heads/{branch}")),
        Reference::Tag(tag) => git.find_reference(&format!("refs/tags/{tag}")),
        Reference::Head if git.head_detached().unwrap_or(false) => {
            return Err(SourceError::DetachedHead { repo: name() });
        }
        Reference::Head => git.head(),
    };
    let reference = match reference {
        Ok(reference) => reference,
        Err(error)
            if matches!(
                error.code(),
                ErrorCode::NotFound | ErrorCode::UnbornBranch | ErrorCode::InvalidSpec
            ) =>
        {
            return Err(no_commit(git, repo));
        }
        Err(source) => return Err(damaged(repo, source)),
    };
    whole(git, &reference).map_err(|source| damaged(repo, source))?;
    let commit = reference.peel_to_commit().map_err(|source| damaged(repo, source))?;
    Ok(CommitInfo::of(&commit))
}

/// Refuses a reference that leads to an object the library would never return from: a commit, or a tag on the way to one.
fn whole(git: &Repository, reference: &git2::Reference<'_>) -> Result<(), git2::Error> {
    let loose = LooseObjects::of(git.commondir());
    let mut next = reference.resolve()?.target();
    while let Some(id) = next {
        if !loose.can_be_read(id) {
            return Err(git2::Error::from_str("an object is cut off"));
        }
        next = git.find_tag(id).ok().map(|tag| tag.target_id());
    }
    Ok(())
}

/// Finds the commit that was last fetched into a mirror.
pub(super) fn fetched_commit(
    git: &Repository,
    repo: &ApprovedRepo,
    reference: &str,
) -> Result<CommitInfo, SourceError> {
    match git.find_reference(reference) {
        Ok(reference) => {
            let commit = reference.peel_to_commit().map_err(|source| damaged(repo, source))?;
            Ok(CommitInfo::of(&commit))
        }
        Err(error) if error.code() == ErrorCode::NotFound => Err(SourceError::NotFetched {
            repo: repo.name().clone(),
        }),
        Err(source) => Err(damaged(repo, source)),
    }
}

/// Says why there is no commit, from the branches that do have one.
pub(super) fn nothing_at(repo: &ApprovedRepo, mut branches: Vec<String>) -> SourceError {
    let name = repo.name().clone();
    if branches.is_empty() {
        return SourceError::Empty { repo: name };
    }
    branches.sort_unstable();
    let more = branches.len().saturating_sub(LISTED_BRANCHES);
    branches.truncate(LISTED_BRANCHES);
    let mut listed = branches.join(", ");
    if more > 0 {
        listed.push_str(&format!(" and {more} more"));
    }
    match repo.reference() {
        Reference::Tag(tag) => SourceError::MissingTag {
            repo: name,
            tag: tag.clone(),
        },
        Reference::Branch(branch) if branch != CHECKED_OUT => SourceError::MissingBranch {
            repo: name,
            branch: branch.clone(),
            branches: listed,
        },
        Reference::Branch(_) | Reference::Head => SourceError::UnbornHead {
            repo: name,
            branches: listed,
        },
    }
}

pub(super) fn damaged(repo: &ApprovedRepo, source: git2::Error) -> SourceError {
    SourceError::Damaged {
        repo: repo.name().clone(),
        source,
    }
}

fn no_commit(git: &Repository, repo: &ApprovedRepo) -> SourceError {
    let listed = git.references_glob("refs/heads/*");
    match listed {
        Ok(mut references) => {
            let names = references.names().flatten();
            let branches = names.filter_map(|name| name.strip_prefix("refs/heads/").map(str::to_owned));
            nothing_at(repo, branches.collect())
        }
        Err(source) => damaged(repo, source),
    }
}

fn open_error(repo: &ApprovedRepo, path: &Path, error: git2::Error) -> SourceError {
    let (repo_name, folder) = (repo.name().clone(), path.to_owned());
    match (error.code(), error.class()) {
        (ErrorCode::Owner, _) => SourceError::ForeignOwner {
            repo: repo_name,
            path: folder,
        },
        (ErrorCode::NotFound, _) => SourceError::NotARepository {
            repo: repo_name,
            path: folder,
        },
        (_, ErrorClass::Repository) if error.message().contains("object format") => {
            SourceError::Sha256 { repo: repo_name }
        }
        _ => damaged(repo, error),
    }
}

impl CommitInfo {
    fn of(commit: &git2::Commit<'_>) -> Self {
        Self {
            id: CommitId::of(commit.id()),
            committed_at: commit.time().seconds(),
        }
    }
}
