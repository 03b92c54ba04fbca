//! The commit a scope file is in, and whether an allowed key signed it: asked of git, without the settings of this machine or the repository.

use crate::scope::{Commit, ScopeText};
use anyhow::{Context as _, bail};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The commit at `HEAD`, if it holds these files word for word.
pub(super) fn commit_of(text: &ScopeText, signers: Option<&Path>) -> Option<Commit> {
    let folder = folder(text.path());
    let main = text.path().file_name()?.to_str()?;
    let id = line(git(folder, &["rev-parse", "--verify", "HEAD"])?)?;
    let author = line(git(folder, &["show", "-s", "--format=%an <%ae>", &id])?)?;
    let committed = |name: &str| git(folder, &["show", &format!("{id}:./{name}")]);
    let mut files = vec![(main, text.main().to_vec())];
    files.extend(text.included().map(|(name, bytes)| (name, bytes.to_vec())));
    if let Some(path) = signers {
        files.push((path.file_name()?.to_str()?, fs::read(path).ok()?));
    }
    let same = files
        .iter()
        .all(|(name, bytes)| committed(name).as_ref() == Some(bytes));
    same.then_some(Commit {
        id,
        author,
        verified: false,
    })
}

/// Refuses a commit that none of `keys`, in the format of `allowed_signers`, has signed.
pub(super) fn verify(scope: &Path, commit: &str, keys: &str) -> anyhow::Result<()> {
    let file = tempfile::NamedTempFile::new().context("no temporary file")?;
    fs::write(file.path(), keys).context("no temporary file")?;
    let allowed = format!("gpg.ssh.allowedSignersFile={}", file.path().display());
    let output = command(folder(scope))
        .args(["-c", &allowed])
        // A repository could name programs of its own for these.
        .args([
            "-c",
            "gpg.ssh.program=ssh-keygen",
            "-c",
            "gpg.program=false",
            "-c",
            "gpg.x509.program=false",
        ])
        .args(["verify-commit", commit])
        .output();
    let Output { status, stderr, .. } = output.context("cannot run `git verify-commit`; install git")?;
    if status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&stderr);
    let said = said.lines().last().unwrap_or("it is not signed").trim();
    bail!("no allowed key signed the commit {commit}: {said}; sign it with a key of the allowed signers in force")
}

fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = command(folder).args(arguments).output().ok()?;
    output.status.success().then_some(output.stdout)
}

fn command(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_OPTIONAL_LOCKS", "0");
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        git.env_remove(variable);
    }
    git
}

fn line(bytes: Vec<u8>) -> Option<String> {
    Some(String::from_utf8(bytes).ok()?.trim().to_owned())
}
