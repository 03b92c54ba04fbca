//! The hosts of the scope file, one file per kind.

mod app;
mod bitbucket;
mod gitea;
mod github;
mod gitlab;
mod static_users;

use super::upstream::Upstream;
use super::wire::Wire;
use super::{Clock, CodeHost, Granted, HostError, Secret};
use crate::scope::{ApprovedRepo, HostConfig, HostKind, RemoteHost, Scope};
use std::sync::Arc;

pub use static_users::StaticUsers;

/// Makes every host the scope file describes. What is not set up right is named, and nothing is served until it is.
pub fn code_hosts(scope: &Scope, clock: &Clock) -> Result<Vec<Arc<dyn CodeHost>>, HostError> {
    scope.hosts().iter().map(|config| code_host(config, clock)).collect()
}

/// Makes one host.
pub fn code_host(config: &HostConfig, clock: &Clock) -> Result<Arc<dyn CodeHost>, HostError> {
    let Some(remote) = &config.remote else {
        return Ok(Arc::new(StaticUsers::new(config)));
    };
    let parts = Parts {
        wire: Wire::to(&config.name),
        remote: remote.clone(),
        clock: clock.clone(),
    };
    Ok(match config.kind {
        HostKind::GitHub => Arc::new(github::GitHub::new(parts)?),
        HostKind::GitLab => Arc::new(gitlab::GitLab::new(parts)?),
        HostKind::Bitbucket => Arc::new(bitbucket::Bitbucket::new(parts)?),
        HostKind::Gitea => Arc::new(gitea::Gitea::new(parts)?),
        HostKind::Static => Arc::new(StaticUsers::new(config)),
    })
}

/// More repositories than these are not looked for one by one when the set-up is checked.
const MOST_LOOKED_FOR: usize = 100;

/// What every kind is made of.
struct Parts {
    wire: Wire,
    remote: RemoteHost,
    clock: Clock,
}

/// Where a kind's login is, below the host's address, and what it asks for.
struct Endpoints {
    authorize: &'static str,
    token: &'static str,
    scopes: &'static [&'static str],
    auth_type: oauth2::AuthType,
    pkce: bool,
}

impl Parts {
    fn upstream(&self, at: Endpoints) -> Result<Upstream, HostError> {
        let source = self.remote.client_secret.as_ref();
        let source = source.ok_or_else(|| self.wire.setup("it has no client secret".to_owned()))?;
        Ok(Upstream {
            wire: self.wire.clone(),
            clock: self.clock.clone(),
            client_id: self.remote.client_id.clone(),
            client_secret: Secret::from_source(source).map_err(|err| self.wire.setup(err.to_string()))?,
            authorize: self.wire.below(&self.remote.url, at.authorize)?,
            token: self.wire.below(&self.remote.url, at.token)?,
            scopes: at.scopes,
            auth_type: at.auth_type,
            pkce: at.pkce,
        })
    }

    /// Which of the repositories louver's own credential cannot ask about, and `way` to change that.
    fn unseen(
        &self,
        repos: &[ApprovedRepo],
        way: &str,
        is_seen: impl Fn(&str) -> Result<bool, HostError>,
    ) -> Result<Vec<Granted>, HostError> {
        let (mut out, mut seen) = (Vec::new(), 0);
        let here = repos.iter().filter_map(|repo| Some((repo.name(), self.id_of(repo)?)));
        for (name, id) in here.take(MOST_LOOKED_FOR) {
            if is_seen(id)? {
                seen += 1;
            } else {
                out.push(Granted::Wrong(format!(
                    "it cannot ask about `{name}`; {way}, or correct the `id` {id}"
                )));
            }
        }
        if seen > 0 {
            out.push(Granted::Right(format!("it can ask about {seen} repositories")));
        }
        Ok(out)
    }

    /// The id the repository has at this host; a repository of another host has none here.
    fn id_of<'a>(&self, repo: &'a ApprovedRepo) -> Option<&'a str> {
        let binding = repo.host()?;
        (binding.host == self.wire.host()).then_some(binding.id.as_str())
    }
}
