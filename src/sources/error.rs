//! Why a repository cannot be read, and what to do about it.

use super::credential::CredentialFault;
use crate::scope::RepoName;
use std::io;
use std::path::PathBuf;

/// Why a repository cannot be read, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A folder could not be read into a repository for a benchmark.
    #[error("cannot read the folder `{}` into a repository", path.display())]
    Import {
        /// The folder.
        path: PathBuf,
        /// What git said.
        source: git2::Error,
    },
    /// The folder is not the root of a repository.
    #[error("`{}` of `{repo}` is not a git repository; correct `path` to the folder that holds `.git`, or run `git init` there", path.display())]
    NotARepository {
        /// The repository.
        repo: RepoName,
        /// The folder.
        path: PathBuf,
    },
    /// The folder belongs to another user.
    #[error(
        "`{}` of `{repo}` belongs to another user; run louver as that user, or allow the folder with `git config --global --add safe.directory {}`",
        path.display(), path.display()
    )]
    ForeignOwner {
        /// The repository.
        repo: RepoName,
        /// The folder.
        path: PathBuf,
    },
    /// Objects are named by SHA-256.
    #[error("`{repo}` names its objects by SHA-256, which is not supported; leave it out of the scope")]
    Sha256 {
        /// The repository.
        repo: RepoName,
    },
    /// Nothing was ever committed.
    #[error("`{repo}` has no commit yet; commit something, or leave it out of the scope until then")]
    Empty {
        /// The repository.
        repo: RepoName,
    },
    /// The checked-out or default branch has no commit.
    #[error("`HEAD` of `{repo}` names a branch without a commit; set `branch` in the scope file to one of: {branches}")]
    UnbornHead {
        /// The repository.
        repo: RepoName,
        /// Branches that have commits.
        branches: String,
    },
    /// A commit is checked out instead of a branch.
    #[error(
        "`HEAD` of `{repo}` is detached, so that no branch is approved; set `branch` in the scope file, or `branch = \"HEAD\"` for whatever is checked out"
    )]
    DetachedHead {
        /// The repository.
        repo: RepoName,
    },
    /// The approved branch is not there.
    #[error("`{repo}` has no branch `{branch}`; set `branch` in the scope file to one of: {branches}")]
    MissingBranch {
        /// The repository.
        repo: RepoName,
        /// The branch of the scope file.
        branch: String,
        /// Branches that have commits.
        branches: String,
    },
    /// The approved tag is not there.
    #[error("`{repo}` has no tag `{tag}`; set `tag` in the scope file to one it has")]
    MissingTag {
        /// The repository.
        repo: RepoName,
        /// The tag of the scope file.
        tag: String,
    },
    /// A mirror was asked for a commit before anything was fetched.
    #[error("`{repo}` has not been fetched yet; run `louver index`")]
    NotFetched {
        /// The repository.
        repo: RepoName,
    },
    /// The place of the mirror cannot be prepared.
    #[error("cannot prepare the mirror folder `{}`; check that louver may write there and that the disk has room", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The credential cannot be had.
    #[error("no credential for `{repo}`: {fault}")]
    Credential {
        /// The repository.
        repo: RepoName,
        /// Why.
        fault: CredentialFault,
    },
    /// The host refuses the credential.
    #[error(
        "the host of `{repo}` refuses the credential, or it does not reach this repository; renew it, and check that it may read code"
    )]
    Refused {
        /// The repository.
        repo: RepoName,
    },
    /// The host knows no such repository.
    #[error(
        "the host of `{repo}` knows no repository at `{url}`, or hides it from this credential; correct `url`, or the rights of the credential"
    )]
    NotFound {
        /// The repository.
        repo: RepoName,
        /// The clone URL.
        url: String,
    },
    /// The host sends the request elsewhere.
    #[error(
        "the host of `{repo}` redirects `{url}` to another host, which is not followed; write the final address as `url` if the security team approves it"
    )]
    Redirected {
        /// The repository.
        repo: RepoName,
        /// The clone URL.
        url: String,
    },
    /// The host went silent.
    #[error("the host of `{repo}` sent nothing for {seconds} s; try again, or check the connection to `{url}`")]
    Stalled {
        /// The repository.
        repo: RepoName,
        /// The clone URL.
        url: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The caller ended the fetch.
    #[error("the fetch of `{repo}` was stopped; run `louver index` to take it up again")]
    Stopped {
        /// The repository.
        repo: RepoName,
    },
    /// Anything else on the way to the host.
    #[error("cannot fetch `{repo}` from `{url}`; check the address and the connection")]
    Fetch {
        /// The repository.
        repo: RepoName,
        /// The clone URL.
        url: String,
        /// What the git library says.
        source: git2::Error,
    },
    /// More files than any repository has.
    #[error(
        "`{repo}` has more than {limit} files and folders, which no real repository has; look at its history, or leave it out of the scope"
    )]
    TooManyFiles {
        /// The repository.
        repo: RepoName,
        /// How many are read at most.
        limit: usize,
    },
    /// The repository is damaged.
    #[error("cannot read `{repo}`; check it with `git fsck`, or remove its mirror so that it is fetched anew")]
    Damaged {
        /// The repository.
        repo: RepoName,
        /// What the git library says.
        source: git2::Error,
    },
}
