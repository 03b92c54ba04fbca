//! The hosts of one scope as permissions are decided with them: replaced whole, so that nothing is decided half under one scope and half
//! under another.

use super::webhook::Webhook;
use super::{Clock, CodeHost, HostError, Logins, Secret, code_host};
use crate::scope::{Bounds, HostConfig, Scope};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every host of a scope, by name.
pub(super) struct Setup(BTreeMap<String, HostSetup>);

/// One host.
pub(super) struct HostSetup {
    config: HostConfig,
    /// `None` if it cannot be set up, and nothing is granted until it can.
    host: Option<Arc<dyn CodeHost>>,
    webhook: Option<Webhook>,
}

impl Setup {
    /// The hosts a process starts with. A secret that is named and cannot be had is an error.
    pub(super) fn first(scope: &Scope, logins: &Logins, clock: &Clock) -> Result<Self, HostError> {
        let hosts = scope.hosts().iter().map(|config| {
            let own = HostSetup {
                config: config.clone(),
                host: logins.host(&config.name),
                webhook: webhook(config, clock)?,
            };
            Ok((config.name.clone(), own))
        });
        hosts.collect::<Result<_, _>>().map(Self)
    }

    /// The hosts of another scope. One that cannot be set up stays as it was if nothing about it has changed, and is closed otherwise.
    pub(super) fn after(&self, scope: &Scope, clock: &Clock) -> Self {
        let hosts = scope.hosts().iter().map(|config| {
            let same = self.0.get(&config.name).filter(|it| it.config == *config);
            let host = code_host(config, clock).map_err(|err| closed(&err, same.is_some()));
            let fresh = webhook(config, clock).map_err(|err| closed(&err, same.is_some()));
            let before = self.0.get(&config.name).and_then(|it| it.webhook.as_ref());
            let own = HostSetup {
                config: config.clone(),
                host: host.ok().or_else(|| same?.host.clone()),
                webhook: match fresh {
                    Ok(fresh) => fresh.map(|it| it.remembering(before)),
                    Err(()) => same.and_then(|it| it.webhook.clone()),
                },
            };
            (config.name.clone(), own)
        });
        Self(hosts.collect())
    }

    /// The hosts that are not what they were in `before`, those that are gone among them.
    pub(super) fn changed_since(&self, before: &Self) -> Vec<String> {
        let config = |setup: &Self, name: &String| setup.0.get(name).map(|it| it.config.clone());
        let names = self.0.keys().chain(before.0.keys());
        names
            .filter(|name| config(self, name) != config(before, name))
            .cloned()
            .collect()
    }

    /// A host of the scope.
    pub(super) fn host(&self, name: &str) -> Option<&HostSetup> {
        self.0.get(name)
    }

    /// The hosts that can be talked to.
    pub(super) fn hosts(&self) -> Vec<Arc<dyn CodeHost>> {
        self.0.values().filter_map(|it| it.host.clone()).collect()
    }
}

impl HostSetup {
    /// The host, if it can be asked.
    pub(super) fn host(&self) -> Option<&Arc<dyn CodeHost>> {
        self.host.as_ref()
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.config.bounds
    }

    pub(super) fn webhook(&self) -> Option<&Webhook> {
        self.webhook.as_ref()
    }
}

fn webhook(config: &HostConfig, clock: &Clock) -> Result<Option<Webhook>, HostError> {
    let Some(source) = config.remote.as_ref().and_then(|remote| remote.webhook_secret.as_ref()) else {
        return Ok(None);
    };
    let secret = Secret::from_source(source).map_err(|err| HostError::Setup {
        host: config.name.clone(),
        advice: err.to_string(),
    })?;
    Ok(Some(Webhook::new(&config.name, config.kind, secret, clock.clone())))
}

fn closed(err: &HostError, stays: bool) {
    if stays {
        tracing::error!(error = %err, "a host stays as it was set up before");
    } else {
        tracing::error!(error = %err, "nothing is granted at this host until it is set up right and the scope is applied again");
    }
}
