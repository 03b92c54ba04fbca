//! Who asks, and what they may read: grants, and the hosts that answer for them.
//!
//! A [`Grant`] says that one person may read the code of one approved repository now. It expires, cannot be copied and cannot be
//! written down, so an answer always rests on a fresh one.

mod clock;
mod code_host;
mod freshness;
mod grants;
mod hosts;
mod limited;
mod listing;
mod local;
mod logins;
mod permissions;
mod secret_source;
mod setup;
mod single_flight;
mod state;
mod upstream;
mod webhook;
mod wire;

pub use clock::Clock;
pub use code_host::{CodeHost, Granted, HostError, HostToken, HostTokens, Secret, TokensUnavailable};
pub use grants::{Grant, Grants};
pub use hosts::{StaticUsers, code_host, code_hosts};
pub use limited::Limited;
pub use listing::Listed;
pub use local::{LocalHost, Loopback};
pub use logins::{LoginFault, Logins};
pub use permissions::Permissions;
pub use secret_source::SecretFault;
pub use state::{AccessState, Change, Check, Hold, News};
pub use webhook::{HeaderOf, WebhookFault};

use crate::scope::{ApprovedRepo, HostTeam, Scope};
use std::time::SystemTime;

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

/// Who vouches for the people who ask, and says what each may read.
pub trait RepoHost: Send + Sync {
    /// What time it is for whoever relies on its verdicts.
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    /// Takes note of the scope that comes into force, before anything is decided under it.
    fn follow(&self, scope: &Scope) {
        let _ = scope;
    }

    /// Whether `subject` can read the code of each repository, in their order. One that is missing counts as withheld.
    fn verdicts(&self, subject: &Subject, repos: &[&ApprovedRepo], asked: Asked) -> Vec<Verdict>;

    /// Which of these groups of its host `subject` is in. What is not known for certain counts as no.
    fn memberships(&self, subject: &Subject, teams: &[&HostTeam]) -> Memberships {
        let _ = (subject, teams);
        Memberships::default()
    }

    /// Why nothing is told about a name that no approved repository has; in words and time as of one that may not be read.
    fn unknown(&self, subject: &Subject, name: &str) -> Withheld;
}

/// The teams somebody was found to be in, and how long that may be relied on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    /// By their names in the scope file.
    pub teams: Vec<String>,
    /// The earliest end.
    pub until: Option<SystemTime>,
}

/// How a question came to be about a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The caller named it, and can tell from the time an answer takes whether anybody was asked.
    ByName,
    /// It is one of all.
    WithAll,
}

/// Whether a person can read the code of a repository, and how long that may be relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They can.
    Readable {
        /// The word that names the check in the record.
        source: &'static str,
        /// When the host was asked.
        checked_at: SystemTime,
        /// From when on it is worth nothing.
        expires_at: SystemTime,
    },
    /// Nothing may be told.
    Withheld(Withheld),
}

/// Why nothing is told about a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// The person cannot read it, or it is not there.
    NotReadable,
    /// The host has not said for too long, whatever the repository.
    Unverified {
        /// The host.
        host: String,
        /// Whether the person could read it when the host last said so.
        lapsed: bool,
    },
    /// The person has to log in again.
    LoggedOut {
        /// The host.
        host: String,
    },
    /// An operator has stopped the person, or everybody.
    Suspended,
}
