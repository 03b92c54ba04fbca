//! Who asks, and what they may read: grants, and the hosts that answer for them.
//!
//! A [`Grant`] says that one person may read the code of one approved repository now. It expires, cannot be copied and cannot be
//! written down, so an answer always rests on a fresh one.

mod code_host;
mod local;

pub use code_host::{CodeHost, HostError, HostToken, HostTokens, Secret, TokensUnavailable};
pub use local::LocalHost;

use crate::scope::{ApprovedRepo, RepoName, Scope};
use std::time::{Duration, SystemTime};

/// A person or program that asks, as the host knows them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// The host that vouches for the account.
    pub issuer: String,
    /// The account's stable id at that host.
    pub id: String,
    /// The account's name, for people to read.
    pub login: String,
}

/// What a host says about one person and one repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeAccess {
    /// The person can read the code.
    Readable,
    /// The person cannot, or the host could not tell: both deny.
    Denied,
}

/// A repository host, asked for the right to read code, not for visibility.
pub trait RepoHost: Send + Sync {
    /// The word that names the check in the record.
    fn source(&self) -> &'static str;

    /// Whether `subject` can read the code of `repo` at this moment.
    fn code_access(&self, subject: &Subject, repo: &ApprovedRepo) -> CodeAccess;

    /// How long an answer may be relied on.
    fn bound(&self) -> Duration;
}

/// The right of one person to be told about one repository. Not `Clone`: every request asks for its own.
#[derive(Debug)]
pub struct Grant {
    subject: Subject,
    repo: ApprovedRepo,
    source: &'static str,
    checked_at: SystemTime,
    expires_at: SystemTime,
}

impl Grant {
    /// The repository it opens.
    pub fn repo(&self) -> &ApprovedRepo {
        &self.repo
    }

    /// The person it was given to.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The check it rests on.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// When the host was asked.
    pub fn checked_at(&self) -> SystemTime {
        self.checked_at
    }

    /// Whether it still holds at `now`.
    pub fn holds(&self, now: SystemTime) -> bool {
        now < self.expires_at
    }
}

/// The grants of one request: every approved repository the subject can read.
#[derive(Debug)]
pub struct Grants {
    subject: Subject,
    grants: Vec<Grant>,
}

impl Grants {
    /// Asks `host` about every repository the scope approves. What it does not confirm is not granted.
    pub fn ask(host: &dyn RepoHost, subject: &Subject, scope: &Scope, now: SystemTime) -> Self {
        let grants = scope
            .approved()
            .into_iter()
            .filter(|repo| host.code_access(subject, repo) == CodeAccess::Readable)
            .map(|repo| Grant {
                subject: subject.clone(),
                repo,
                source: host.source(),
                checked_at: now,
                expires_at: now + host.bound(),
            })
            .collect();
        Self {
            subject: subject.clone(),
            grants,
        }
    }

    /// The person who asks.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Every grant, in the order of the scope file.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter()
    }

    /// The grant for `name`; a repository that is unknown, not approved or not readable has none.
    pub fn get(&self, name: &RepoName) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.repo.name() == name)
    }
}
