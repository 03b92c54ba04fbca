//! A plain folder as a git repository, so that a benchmark on it runs the very pipeline that approved repositories do.

use super::SourceError;
use git2::{Repository, Signature, Time};
use std::path::Path;

/// Commits the files below `root`, hidden folders left out, to a new bare repository at `to`.
pub fn import_folder(root: &Path, to: &Path) -> Result<(), SourceError> {
    let failed = |source| SourceError::Import {
        path: root.to_owned(),
        source,
    };
    commit(root, to).map_err(failed)
}

fn commit(root: &Path, to: &Path) -> Result<(), git2::Error> {
    let repo = Repository::init_bare(to)?;
    let tree = tree(&repo, root)?;
    let who = Signature::new("louver bench", "bench@localhost", &Time::new(0, 0))?;
    repo.commit(
        Some("HEAD"),
        &who,
        &who,
        "a folder to measure",
        &repo.find_tree(tree)?,
        &[],
    )?;
    Ok(())
}

fn tree(repo: &Repository, folder: &Path) -> Result<git2::Oid, git2::Error> {
    let unreadable = |err: std::io::Error| git2::Error::from_str(&err.to_string());
    let mut builder = repo.treebuilder(None)?;
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (name, kind) = (entry.file_name(), entry.file_type().map_err(unreadable)?);
        let hidden = name.as_encoded_bytes().starts_with(b".");
        if kind.is_dir() && !hidden {
            builder.insert(&name, tree(repo, &entry.path())?, 0o040_000)?;
        } else if kind.is_file() {
            builder.insert(&name, repo.blob_path(&entry.path())?, 0o100_644)?;
        }
    }
    builder.write()
}
