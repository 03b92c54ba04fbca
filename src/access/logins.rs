//! Logins at hosts: made from a code, kept fresh, ended.

use super::single_flight::SingleFlight;
use super::{Clock, CodeHost, HostError, HostToken, HostTokens, Subject, TokensUnavailable};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::Duration;
use url::Url;

/// A token is replaced this long before it ends.
const MARGIN: Duration = Duration::from_secs(60);
/// How often a token is looked for that another process may be renewing.
const PATIENCE: usize = 20;

/// The hosts people log in at, and the tokens they have there.
pub struct Logins {
    hosts: RwLock<BTreeMap<String, Arc<dyn CodeHost>>>,
    tokens: Arc<dyn HostTokens>,
    clock: Clock,
    public_url: Option<Url>,
    renewals: SingleFlight<Subject, Result<HostToken, LoginFault>>,
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginFault {
    /// The person has to log in again.
    #[error("the login has ended")]
    Ended,
    /// The host could not be asked.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] TokensUnavailable),
}

impl Logins {
    /// Logins at `hosts`. Their callbacks are below `public_url`.
    pub fn new(
        hosts: Vec<Arc<dyn CodeHost>>,
        tokens: Arc<dyn HostTokens>,
        clock: Clock,
        public_url: Option<&Url>,
    ) -> Self {
        Self {
            hosts: RwLock::new(by_name(hosts)),
            tokens,
            clock,
            public_url: public_url.cloned(),
            renewals: SingleFlight::default(),
        }
    }

    /// The host of that name.
    pub fn host(&self, name: &str) -> Option<Arc<dyn CodeHost>> {
        self.read().get(name).cloned()
    }

    /// Every host, by name.
    pub fn hosts(&self) -> Vec<Arc<dyn CodeHost>> {
        self.read().values().cloned().collect()
    }

    /// Lets people log in at `hosts` from now on.
    pub(super) fn replace(&self, hosts: Vec<Arc<dyn CodeHost>>) {
        *self.hosts.write().unwrap_or_else(PoisonError::into_inner) = by_name(hosts);
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<dyn CodeHost>>> {
        self.hosts.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address a host sends the browser back to; each host has its own, so that their codes cannot be mixed up.
    pub fn callback(&self, host: &str) -> String {
        Self::callback_at(self.public_url.as_ref(), host)
    }

    /// The same of a louver that is reached at `public_url`.
    pub fn callback_at(public_url: Option<&Url>, host: &str) -> String {
        let base = public_url.map_or("", |url| url.as_str().trim_end_matches('/'));
        format!("{base}/oauth/callback/{host}")
    }

    /// Finishes a login: the code becomes a token, the token an account. Where people only prove who they are, the token ends here.
    pub fn sign_in(&self, host: &str, code: &str, pkce_verifier: &str) -> Result<Subject, LoginFault> {
        let host = self.host(host).ok_or(HostError::Unsupported)?;
        let token = host.exchange(code, pkce_verifier, &self.callback(host.name()))?;
        let subject = host.account(&token)?;
        if host.identity_only() {
            if let Err(err) = host.revoke(&token) {
                tracing::warn!(host = host.name(), error = %err, "a token that is not needed any more could not be ended");
            }
        } else {
            self.tokens.save(&subject, &token)?;
        }
        Ok(subject)
    }

    /// Ends a login, here first and then at the host.
    pub fn sign_out(&self, subject: &Subject) -> Result<(), TokensUnavailable> {
        let token = self.tokens.load(subject)?;
        self.tokens.delete(subject)?;
        if let (Some(token), Some(host)) = (token, self.host(&subject.issuer))
            && let Err(err) = host.revoke(&token)
        {
            tracing::warn!(host = host.name(), error = %err, "a token could not be ended at its host");
        }
        Ok(())
    }

    /// Whether louver can ask the subject's host on their behalf.
    pub fn is_signed_in(&self, subject: &Subject) -> Result<bool, TokensUnavailable> {
        match self.host(&subject.issuer) {
            Some(host) if host.identity_only() => Ok(true),
            Some(_) => Ok(self.tokens.load(subject)?.is_some()),
            None => Ok(false),
        }
    }

    /// Asks the host as the subject, with a token that is renewed once if the host does not take it.
    pub(super) fn ask_as<T>(
        &self,
        host: &dyn CodeHost,
        subject: &Subject,
        ask: impl Fn(Option<&HostToken>) -> Result<T, HostError>,
    ) -> Result<T, LoginFault> {
        if host.identity_only() {
            return Ok(ask(None)?);
        }
        let token = self.token(host, subject)?;
        match ask(Some(&token)) {
            Err(HostError::Unauthorized { .. }) => (),
            answer => return Ok(answer?),
        }
        let token = self.renew(host, subject, &token)?;
        match ask(Some(&token)) {
            Err(HostError::Unauthorized { .. }) => {
                self.forget(subject, &token)?;
                Err(LoginFault::Ended)
            }
            answer => Ok(answer?),
        }
    }

    /// The subject's token, renewed if it is about to end and can be.
    fn token(&self, host: &dyn CodeHost, subject: &Subject) -> Result<HostToken, LoginFault> {
        let token = self.tokens.load(subject)?.ok_or(LoginFault::Ended)?;
        let ends_soon = token.expires_at.is_some_and(|end| end <= self.clock.now() + MARGIN);
        if ends_soon && token.refresh.is_some() {
            return self.renew(host, subject, &token);
        }
        Ok(token)
    }

    /// Replaces a token that the host no longer takes; once, however many wait for it.
    fn renew(&self, host: &dyn CodeHost, subject: &Subject, old: &HostToken) -> Result<HostToken, LoginFault> {
        let renewed = self.renewals.ask(subject, || self.renew_now(host, subject, old));
        // A renewal that was lost says nothing about the login.
        renewed.unwrap_or_else(|| Err(TokensUnavailable("a renewal was interrupted".to_owned()).into()))
    }

    fn renew_now(&self, host: &dyn CodeHost, subject: &Subject, old: &HostToken) -> Result<HostToken, LoginFault> {
        let current = self.tokens.load(subject)?.ok_or(LoginFault::Ended)?;
        if current.access != old.access {
            return Ok(current);
        }
        match host.refresh(&current, &self.callback(host.name())) {
            Ok(token) => {
                self.tokens.save(subject, &token)?;
                Ok(token)
            }
            Err(HostError::Unauthorized { .. }) if current.refresh.is_none() => {
                self.forget(subject, &current)?;
                Err(LoginFault::Ended)
            }
            Err(HostError::Unauthorized { .. }) => self.renewed_elsewhere(subject, &current),
            Err(err) => Err(err.into()),
        }
    }

    /// Refresh tokens are taken once; another process of this louver may have been faster.
    fn renewed_elsewhere(&self, subject: &Subject, old: &HostToken) -> Result<HostToken, LoginFault> {
        for _ in 0..PATIENCE {
            let current = self.tokens.load(subject)?.ok_or(LoginFault::Ended)?;
            if current.access != old.access {
                return Ok(current);
            }
            thread::sleep(Duration::from_millis(25));
        }
        self.forget(subject, old)?;
        Err(LoginFault::Ended)
    }

    /// Forgets a token the host does not take, unless the person has logged in again meanwhile.
    fn forget(&self, subject: &Subject, token: &HostToken) -> Result<(), TokensUnavailable> {
        match self.tokens.load(subject)? {
            Some(current) if current.access == token.access => self.tokens.delete(subject),
            _ => Ok(()),
        }
    }
}

fn by_name(hosts: Vec<Arc<dyn CodeHost>>) -> BTreeMap<String, Arc<dyn CodeHost>> {
    hosts.into_iter().map(|host| (host.name().to_owned(), host)).collect()
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logins")
            .field("hosts", &self.read().keys())
            .finish_non_exhaustive()
    }
}
