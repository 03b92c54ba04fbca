//! Committing a file to a repository that somebody else keeps: checkpoints of the log, so that louver cannot take them back.

use git2::{ErrorCode, Oid, Repository, Signature, Tree};
use std::path::{Path, PathBuf};

/// The branch that is committed to. Nothing is checked out, and no other branch is touched.
const BRANCH: &str = "refs/heads/louver-checkpoints";

/// Why a file could not be committed.
#[derive(Debug, thiserror::Error)]
#[error("cannot commit to the git repository `{}`; make one there with `git init --bare` that louver may write to", path.display())]
pub struct CommitError {
    path: PathBuf,
    source: git2::Error,
}

/// Commits `bytes` as `folder/file` on a branch of its own, unless they are what it holds already.
pub fn commit_file(
    repository: &Path,
    (folder, file): (&str, &str),
    bytes: &[u8],
    message: &str,
) -> Result<(), CommitError> {
    commit(repository, (folder, file), bytes, message).map_err(|source| CommitError {
        path: repository.to_owned(),
        source,
    })
}

fn commit(path: &Path, (folder, file): (&str, &str), bytes: &[u8], message: &str) -> Result<(), git2::Error> {
    let repository = Repository::open(path)?;
    let parent = match repository.find_reference(BRANCH) {
        Ok(branch) => Some(branch.peel_to_commit()?),
        Err(error) if error.code() == ErrorCode::NotFound => None,
        Err(error) => return Err(error),
    };
    let before = parent.as_ref().map(git2::Commit::tree).transpose()?;
    let below = match before
        .as_ref()
        .and_then(|tree| tree.get_name(folder).map(|entry| entry.id()))
    {
        Some(id) => Some(repository.find_tree(id)?),
        None => None,
    };
    let blob = repository.blob(bytes)?;
    let inner = with(&repository, below.as_ref(), file, blob, 0o100_644)?;
    let tree = with(&repository, before.as_ref(), folder, inner, 0o040_000)?;
    if before.is_some_and(|before| before.id() == tree) {
        return Ok(());
    }
    let tree = repository.find_tree(tree)?;
    let louver = Signature::now("louver", "louver@localhost")?;
    let parents: Vec<_> = parent.iter().collect();
    repository.commit(Some(BRANCH), &louver, &louver, message, &tree, &parents)?;
    Ok(())
}

/// A tree with one entry more, or another one.
fn with(repository: &Repository, tree: Option<&Tree<'_>>, name: &str, id: Oid, mode: i32) -> Result<Oid, git2::Error> {
    let mut builder = repository.treebuilder(tree)?;
    builder.insert(name, id, mode)?;
    builder.write()
}
