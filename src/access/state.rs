//! What the processes of one louver share about access: who is stopped, what has changed, and what the hosts last said.

use super::{Subject, TokensUnavailable};
use std::time::SystemTime;

/// The shared state. An implementation answers from one place for all processes, so that a revocation reaches each with its next request.
pub trait AccessState: Send + Sync {
    /// Everything since change number `after`, and what is on hold now.
    fn news(&self, after: u64) -> Result<News, TokensUnavailable>;

    /// Tells every process that what was known about something is to be asked for anew.
    fn announce(&self, change: &Change) -> Result<(), TokensUnavailable>;

    /// Keeps what a host has said, in place of what it said before. Gives whether that was that the person may read, if it is still known.
    fn saw(&self, check: &Check) -> Result<Option<bool>, TokensUnavailable>;
}

/// What has happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The number of the latest change.
    pub latest: u64,
    /// The changes since, in their order.
    pub changes: Vec<Change>,
    /// What is stopped.
    pub holds: Vec<Hold>,
}

/// Something whose permissions may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// One person's.
    Subject {
        /// The host.
        host: String,
        /// The person's id there.
        id: String,
    },
    /// One repository's.
    Repo {
        /// The host.
        host: String,
        /// The repository's id there.
        id: String,
    },
    /// Anybody's at a host.
    Host(String),
    /// Anybody's anywhere.
    All,
}

/// Something an operator has stopped, until it is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Every answer.
    All,
    /// One person.
    Subject {
        /// The host.
        host: String,
        /// The person's id there.
        id: String,
    },
    /// One repository, by its name in the scope file.
    Repo(String),
}

/// What a host said about one person and one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The person.
    pub subject: Subject,
    /// The repository's name in the scope file.
    pub repo: String,
    /// The repository's id at the host.
    pub repo_id: String,
    /// Whether they can read the code.
    pub readable: bool,
    /// The word that names the check.
    pub source: String,
    /// When the host was asked.
    pub checked_at: SystemTime,
}
