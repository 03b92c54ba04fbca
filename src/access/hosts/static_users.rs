//! A host without a host: people and their repositories are in the scope file, and louver's own tokens are their logins.

use crate::access::{CodeAccess, CodeHost, HostError, HostToken, Subject};
use crate::scope::{ApprovedRepo, HostConfig, StaticUser};
use url::Url;

/// The people a `static` host lists.
#[derive(Debug)]
pub struct StaticUsers {
    name: String,
    users: Vec<StaticUser>,
}

impl StaticUsers {
    /// Takes over the people of a host of the scope file.
    pub fn new(config: &HostConfig) -> Self {
        Self {
            name: config.name.clone(),
            users: config.users.clone(),
        }
    }

    /// The person with this login.
    pub fn subject(&self, login: &str) -> Option<Subject> {
        let user = self.users.iter().find(|user| user.login == login)?;
        Some(Subject {
            issuer: self.name.clone(),
            id: user.id.clone(),
            login: user.login.clone(),
        })
    }
}

impl CodeHost for StaticUsers {
    fn name(&self) -> &str {
        &self.name
    }

    fn source(&self) -> &'static str {
        "scope-file"
    }

    fn identity_only(&self) -> bool {
        true
    }

    fn is_static(&self) -> bool {
        true
    }

    fn authorize_url(&self, _: &str, _: &str, _: &str) -> Result<Url, HostError> {
        Err(HostError::Unsupported)
    }

    fn exchange(&self, _: &str, _: &str, _: &str) -> Result<HostToken, HostError> {
        Err(HostError::Unsupported)
    }

    fn refresh(&self, _: &HostToken, _: &str) -> Result<HostToken, HostError> {
        Err(HostError::Unsupported)
    }

    fn account(&self, _: &HostToken) -> Result<Subject, HostError> {
        Err(HostError::Unsupported)
    }

    fn code_access(&self, _: &HostToken, _: &ApprovedRepo) -> Result<CodeAccess, HostError> {
        Err(HostError::Unsupported)
    }

    fn code_access_of(&self, subject: &Subject, repo: &ApprovedRepo) -> Result<CodeAccess, HostError> {
        let listed = self
            .users
            .iter()
            .any(|user| user.id == subject.id && user.repos.contains(repo.name()));
        Ok(if listed && subject.issuer == self.name {
            CodeAccess::Readable
        } else {
            CodeAccess::Denied
        })
    }

    fn alive(&self, _: Option<&HostToken>) -> Result<(), HostError> {
        Ok(())
    }

    fn revoke(&self, _: &HostToken) -> Result<(), HostError> {
        Ok(())
    }
}
