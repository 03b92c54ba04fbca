//! A repository host as louver uses it: log a person in, keep the login fresh, ask what they may read.
//!
//! Calls block; they are made from threads that may. A host that answers with anything but what its interface promises has not answered.

use super::{CodeAccess, Listed, Subject};
use crate::scope::ApprovedRepo;
use std::fmt;
use std::time::SystemTime;
use url::Url;

/// One host of the scope file. Implementations keep no state about people: tokens come in and go out.
pub trait CodeHost: Send + Sync {
    /// The host's name in the scope file: the issuer of the subjects it vouches for.
    fn name(&self) -> &str;

    /// The word that names its check in records.
    fn source(&self) -> &'static str;

    /// Whether people only prove who they are, and what they may read is asked with a credential of louver's own.
    fn identity_only(&self) -> bool {
        false
    }

    /// Whether its people are listed in the scope file and log in with louver's own tokens.
    fn is_static(&self) -> bool {
        false
    }

    /// Where the browser is sent to log in. `pkce_challenge` is the S256 challenge; hosts that do not know PKCE are not sent it.
    fn authorize_url(&self, state: &str, pkce_challenge: &str, redirect_uri: &str) -> Result<Url, HostError>;

    /// Turns the code of a callback into a token.
    fn exchange(&self, code: &str, pkce_verifier: &str, redirect_uri: &str) -> Result<HostToken, HostError>;

    /// Replaces a token that has ended; hosts that rotate end the old pair.
    fn refresh(&self, token: &HostToken, redirect_uri: &str) -> Result<HostToken, HostError>;

    /// Asks whose token it is.
    fn account(&self, token: &HostToken) -> Result<Subject, HostError>;

    /// Asks, as the person, whether they can read the code of `repo` at this moment.
    fn code_access(&self, token: &HostToken, repo: &ApprovedRepo) -> Result<CodeAccess, HostError>;

    /// Asks, as the person, whether they are in one of the host's groups.
    fn in_group(&self, token: &HostToken, subject: &Subject, group: &str) -> Result<bool, HostError> {
        let _ = (token, subject, group);
        Ok(false)
    }

    /// Asks, as the person, which repositories the host lists to them as ones whose code they can read, until all of `wanted` are found or
    /// there are no more. A hint: who is not listed may read all the same, and who is listed is still to be let in by git.
    fn listed(&self, token: &HostToken, wanted: &[&str]) -> Result<Listed, HostError> {
        let _ = (token, wanted);
        Ok(Listed::new())
    }

    /// Asks git alone, as the person, about a repository the host has just listed to them under `path`.
    fn code_access_at(&self, token: &HostToken, path: &str) -> Result<CodeAccess, HostError> {
        let _ = (token, path);
        Err(HostError::Unsupported)
    }

    /// Asks whether somebody can read the code of `repo` with louver's own credential; only where [`CodeHost::identity_only`] is true.
    fn code_access_of(&self, subject: &Subject, repo: &ApprovedRepo) -> Result<CodeAccess, HostError> {
        let _ = (subject, repo);
        Err(HostError::Unsupported)
    }

    /// Asks the host something that costs what a refused question costs, and tells nothing about any repository.
    ///
    /// A name that no approved repository has is answered with the help of this, so that it takes as long as one that may not be read.
    fn alive(&self, token: Option<&HostToken>) -> Result<(), HostError>;

    /// What louver's own credential may do and see, where there is one and the host tells; for whoever set it up.
    fn granted(&self, repos: &[ApprovedRepo]) -> Result<Vec<Granted>, HostError> {
        let _ = repos;
        Ok(Vec::new())
    }

    /// Makes the host forget a token, where it can.
    fn revoke(&self, token: &HostToken) -> Result<(), HostError>;
}

/// Something a host says about louver's own credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granted {
    /// It is as it should be.
    Right(String),
    /// It works, and could be better.
    Odd(String),
    /// Something will not work.
    Wrong(String),
}

/// A person's token at a host.
#[derive(Clone, Debug)]
pub struct HostToken {
    /// What requests are made with.
    pub access: Secret,
    /// What a new one is got with.
    pub refresh: Option<Secret>,
    /// When the host stops taking it; `None` if it does not say.
    pub expires_at: Option<SystemTime>,
}

/// Where tokens are kept between calls, encrypted. Shared by every process of one louver.
pub trait HostTokens: Send + Sync {
    /// The subject's token, if they have one.
    fn load(&self, subject: &Subject) -> Result<Option<HostToken>, TokensUnavailable>;

    /// Keeps a token in place of any earlier one.
    fn save(&self, subject: &Subject, token: &HostToken) -> Result<(), TokensUnavailable>;

    /// Forgets the subject's token.
    fn delete(&self, subject: &Subject) -> Result<(), TokensUnavailable>;
}

/// The place tokens are kept in does not answer. Whoever depends on one is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the login store cannot be used: {0}")]
pub struct TokensUnavailable(pub String);

/// Text that is never printed: it has no `Display`, its `Debug` is a word, and reading it is a call one can search for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes up a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for a request to the host or for the store.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Why a host gave no answer. None of them is a grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The host does not take the token, or not the code: the person has to log in again.
    #[error("`{host}` does not accept the login")]
    Unauthorized { host: String },
    /// The host is down, slow, or busy.
    #[error("`{host}` cannot be reached: {cause}")]
    Unavailable { host: String, cause: String },
    /// The host said something else than its interface promises.
    #[error("`{host}` gave an answer that cannot be used: {cause}")]
    Garbage { host: String, cause: String },
    /// The scope file, or louver's registration at the host, is not right.
    #[error("`{host}` is not set up: {advice}")]
    Setup { host: String, advice: String },
    /// This kind of host has no way to do it.
    #[error("the host has no way to do this")]
    Unsupported,
}
