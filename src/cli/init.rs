//! `louver init`: writes a scope file for the repositories given.

use super::{Shared, progress};
use crate::scope::{RepoName, Scope, starter};
use crate::sources::Mirror;
use anyhow::{Context as _, bail};
use clap::Args;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Git repositories to approve [default: this folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let here = [PathBuf::from(".")];
    let paths = if options.paths.is_empty() {
        &here[..]
    } else {
        &options.paths
    };
    let mut repos: Vec<(RepoName, PathBuf)> = Vec::new();
    for path in paths {
        let path = path
            .canonicalize()
            .with_context(|| format!("no folder `{}`; give the path of a git repository", path.display()))?;
        let name = free_name(&path, &repos)?;
        repos.push((name, path));
    }
    let text = starter(repos.iter().map(|(name, path)| (name, path.as_path())));
    let scope = Scope::parse(&text, &shared.config).context("the new scope file is not valid; please report this")?;
    for repo in scope.approved() {
        // A local repository is opened in place, so the folder for mirrors is not used.
        Mirror::open(Path::new("."), &repo)?.commit()?;
    }
    write_new(&shared.config, &text)?;
    for (name, path) in &repos {
        progress::say(format_args!("approved {name} ({})", path.display()));
    }
    progress::say(format_args!(
        "wrote {}; read it, then run `louver index`",
        shared.config.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Names a repository after its folder; a second one of the same name gets a number.
fn free_name(path: &Path, taken: &[(RepoName, PathBuf)]) -> anyhow::Result<RepoName> {
    let folder = path
        .file_name()
        .map_or_else(|| "repo".into(), |name| name.to_string_lossy());
    let base = name_of(&folder);
    let mut name: RepoName = base.parse()?;
    let mut n = 2;
    while taken.iter().any(|(it, _)| *it == name) {
        name = format!("{base}-{n}").parse()?;
        n += 1;
    }
    Ok(name)
}

/// A folder's name with only the characters a repository's name may have.
pub(super) fn name_of(folder: &str) -> String {
    let clean: String = folder
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') {
                c
            } else {
                '-'
            }
        })
        .collect();
    let base = clean.trim_matches(['.', '-']);
    if base.is_empty() {
        "repo".to_owned()
    } else {
        base.to_owned()
    }
}

fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    match file {
        Ok(mut file) => file
            .write_all(text.as_bytes())
            .with_context(|| format!("cannot write `{}`", path.display())),
        Err(err) if err.kind() == ErrorKind::AlreadyExists => {
            bail!(
                "`{}` is already there; edit it, or name another file with --config",
                path.display()
            )
        }
        Err(err) => Err(err).with_context(|| format!("cannot write `{}`", path.display())),
    }
}
