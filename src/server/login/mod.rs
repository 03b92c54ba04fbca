//! Who may come in: louver as the authorization server and resource server of MCP clients, and the record of every login.
//!
//! `/mcp` takes the access tokens of sessions that began with a login and a consent; `/t/mcp` takes personal tokens, for places without a
//! browser. Neither takes the other's, nor a token of a repository host, nor one in the address. Where the organisation has an identity
//! provider, `/mcp` takes the access tokens that one gives out for it, too.

mod authorize;
mod clients;
mod cors;
mod documents;
mod door;
mod events;
mod fetch;
mod jwks;
mod jwt;
mod limits;
mod page;
mod routes;
mod token;

pub(super) use cors::for_listed;
pub(super) use door::{Authenticated, Door, guard};
pub(super) use events::{Event, Events};
pub(super) use limits::{Attempt, Limits};
pub(super) use routes::routes;

use crate::access::Logins;
use crate::audit;
use crate::scope::{Network, ScopeInForce, ServerConfig};
use crate::store::Store;
use documents::Documents;
use jwks::KeysFault;
use jwt::Issuers;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// What logins need, shared by all requests.
pub struct Login {
    config: ServerConfig,
    store: Arc<Store>,
    logins: Arc<Logins>,
    events: Events,
    limits: Limits,
    documents: Documents,
    issuers: Issuers,
}

/// Why people cannot log in as the scope file says.
#[derive(Debug, thiserror::Error)]
#[error("the tokens of an identity provider cannot be checked: {0}")]
pub struct LoginSetup(#[from] KeysFault);

impl Login {
    /// Logins under `scope` as `config` says, at the hosts of `logins`, with their state in `store` and their record in `log`.
    pub fn new(
        scope: &Arc<ScopeInForce>,
        config: ServerConfig,
        store: Arc<Store>,
        logins: Arc<Logins>,
        log: Arc<audit::Log>,
    ) -> Result<Self, LoginSetup> {
        Ok(Self {
            issuers: Issuers::new(&config.jwt)?,
            config,
            store,
            logins,
            events: Events::new(log, Arc::clone(scope)),
            limits: Limits::default(),
            documents: Documents::default(),
        })
    }

    /// Removes what has expired.
    pub(super) fn sweep(&self) {
        if let Err(err) = self.store.sweep() {
            tracing::warn!(error = %err, "expired logins could not be removed");
        }
    }

    pub(super) const fn public_url(&self) -> &Url {
        &self.config.public_url
    }

    pub(super) fn browser_origins(&self) -> &[String] {
        &self.config.browser_origins
    }

    pub(super) fn trusted_proxies(&self) -> &[Network] {
        &self.config.trusted_proxies
    }

    /// The one resource that tokens of sessions are good for.
    fn resource(&self) -> String {
        format!("{}mcp", self.config.public_url)
    }

    /// Whether a client means that resource; `/mcp/all` is the same one with more of its tools listed.
    fn is_resource(&self, named: &str) -> bool {
        named.strip_suffix("/all").unwrap_or(named) == self.resource()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}
