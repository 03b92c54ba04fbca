//! Committing a file to a repository, and pushing it to one that somebody else keeps: checkpoints of the log, so that louver cannot take them back.

use super::credential;
use crate::scope::Credential;
use git2::{ErrorClass, ErrorCode, Oid, PushOptions, RemoteCallbacks, RemoteRedirect, Repository, Signature, Tree};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The branch that is committed to. Nothing is checked out, and no other branch is touched.
const BRANCH: &str = "refs/heads/louver-checkpoints";

/// Why a file could not be committed.
#[derive(Debug, thiserror::Error)]
#[error("cannot commit to the git repository `{}`; make one there with `git init --bare` that louver may write to", path.display())]
pub struct CommitError {
    path: PathBuf,
    source: git2::Error,
}

/// A branch of little text is pushed well within this time.
const PUSH_LIMIT: Duration = Duration::from_secs(60);

/// Why commits could not be pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The other side or the way to it did not work, or would not take the commits.
    #[error(
        "cannot push to `{url}`; it must take new commits on the branch `louver-checkpoints` from louver's credential"
    )]
    Failed {
        /// Where to.
        url: String,
        /// What git said.
        source: git2::Error,
    },
    /// Nothing was heard for too long.
    #[error("`{0}` did not take the commits within {limit} s", limit = PUSH_LIMIT.as_secs())]
    Silent(String),
}

/// Pushes the branch that [`commit_file`] commits to. What the other side has beside it is never overwritten.
///
/// It runs in a thread of its own, because the git library has no time limit that can be set safely: a silent host is given up.
pub fn push_branch(repository: &Path, url: &str, credential: &Credential) -> Result<(), PushError> {
    let (ended, end) = mpsc::channel();
    let (repository, to, credential) = (repository.to_owned(), url.to_owned(), credential.clone());
    thread::spawn(move || {
        // Nobody listens any more once the push is given up.
        drop(ended.send(push(&repository, &to, &credential)));
    });
    match end.recv_timeout(PUSH_LIMIT) {
        Ok(pushed) => pushed.map_err(|source| PushError::Failed {
            url: url.to_owned(),
            source,
        }),
        Err(_) => Err(PushError::Silent(url.to_owned())),
    }
}

fn push(repository: &Path, url: &str, credential: &Credential) -> Result<(), git2::Error> {
    let repository = Repository::open(repository)?;
    let mut refused = None;
    let mut callbacks = RemoteCallbacks::new();
    let mut is_asked_again = false;
    callbacks.credentials(|_, account, allowed| {
        if std::mem::replace(&mut is_asked_again, true) {
            return Err(git2::Error::new(ErrorCode::Auth, ErrorClass::Callback, "refused"));
        }
        credential::answer(credential, account, allowed)
            .map_err(|fault| git2::Error::new(ErrorCode::User, ErrorClass::Callback, fault.to_string()))
    });
    callbacks.push_update_reference(|_, why| {
        refused = why.map(str::to_owned);
        Ok(())
    });
    let mut options = PushOptions::new();
    options
        .follow_redirects(RemoteRedirect::None)
        .remote_callbacks(callbacks);
    let refspec = format!("{BRANCH}:{BRANCH}");
    repository.remote_anonymous(url)?.push(&[refspec], Some(&mut options))?;
    drop(options);
    match refused {
        Some(why) => Err(git2::Error::from_str(&why)),
        None => Ok(()),
    }
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
