//! Sources: git repositories the scope approves, read one commit at a time.
//!
//! A remote repository is mirrored: bare, as deep as the scope says (one commit without its word), one approved branch, no work tree. A local one is read in place. Both are read
//! through git's object database and never through the file system, so that no hook or filter runs and no link is followed.
//! Files leave here as [`SourceText`](crate::extraction::SourceText), which this module can make and cannot read back.

mod commit;
mod content;
mod credential;
mod error;
mod fetch;
mod folder;
mod history;
mod ids;
mod loose;
mod mirror;
mod reader;
mod repository;
mod skip;
mod snapshot;

pub use commit::{CommitError, PushError, commit_file, push_branch};
pub use credential::CredentialFault;
pub use error::SourceError;
pub use fetch::FetchProgress;
pub use folder::import_folder;
pub use history::{FileChange, Hunk, PastChanges, PastCommit};
pub use ids::{BlobId, CommitId, InvalidPath, RepoPath};
pub use mirror::{CommitInfo, Mirror, fetched_at};
pub use reader::{Content, Reader};
pub use skip::{Skip, SkipCounts, SkipReason};
pub use snapshot::{Entry, Snapshot};
