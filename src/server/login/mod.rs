//! Who may come in: tokens at the door of the MCP endpoints, and the record of every login.
//!
//! `/mcp` takes the access tokens of sessions that began with a login and a consent; `/t/mcp` takes personal tokens, for places without a
//! browser. Neither takes the other's, nor a token of a repository host, nor one in the address.

mod door;
mod events;
mod limits;

pub(super) use door::{Authenticated, Door, guard};

use crate::audit;
use crate::scope::ServerConfig;
use crate::store::Store;
use events::Events;
use limits::Limits;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// What logins need, shared by all requests.
pub struct Login {
    config: ServerConfig,
    store: Arc<Store>,
    events: Events,
    limits: Limits,
}

impl Login {
    /// Logins as `config` says, with their state in `store` and their record in `log`.
    pub fn new(config: ServerConfig, store: Arc<Store>, log: Arc<audit::Log>, scope_digest: &str) -> Self {
        Self {
            config,
            store,
            events: Events::new(log, scope_digest),
            limits: Limits::default(),
        }
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

    /// The one resource that tokens of sessions are good for.
    fn resource(&self) -> String {
        format!("{}mcp", self.config.public_url)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}
