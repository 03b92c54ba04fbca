//! The credential of a GitHub App: a short-lived token of one installation, got with the App's private key.

use super::Parts;
use crate::access::wire::{Login, Said};
use crate::access::{Granted, HostError, Secret};
use crate::scope::SecretSource;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A token is replaced this long before it ends.
const MARGIN: Duration = Duration::from_secs(300);

/// An installation of the App.
pub(super) struct Installation {
    app_id: u64,
    id: u64,
    key: EncodingKey,
    current: Mutex<Option<(Secret, SystemTime)>>,
}

#[derive(Serialize)]
struct Claims {
    iat: u64,
    exp: u64,
    iss: String,
}

#[derive(Deserialize)]
struct Issued {
    token: String,
    expires_at: String,
}

/// What the installation may do, and hears of.
#[derive(Deserialize)]
pub(super) struct About {
    permissions: BTreeMap<String, String>,
    events: Vec<String>,
    suspended_at: Option<String>,
}

/// The events that tell of a right that is gone. `installation` and `github_app_authorization` come to every App.
const EVENTS: [&str; 7] = [
    "member",
    "membership",
    "organization",
    "team",
    "repository",
    "public",
    "org_block",
];

impl About {
    /// What is right about it and what is not; events count if louver takes webhooks.
    pub(super) fn granted(&self, takes_webhooks: bool) -> Vec<Granted> {
        let mut out = Vec::new();
        if self.suspended_at.is_some() {
            out.push(Granted::Wrong(
                "the installation is suspended; an owner of the organisation unsuspends it".to_owned(),
            ));
        }
        out.push(if self.permissions.contains_key("metadata") {
            Granted::Right("the App is granted Metadata: read".to_owned())
        } else {
            Granted::Wrong(
                "the App lacks Metadata: read; grant it in the App's settings and accept it for the installation"
                    .to_owned(),
            )
        });
        let writes: Vec<&str> = self
            .permissions
            .iter()
            .filter(|(_, level)| *level != "read")
            .map(|(name, _)| name.as_str())
            .collect();
        if !writes.is_empty() {
            out.push(Granted::Odd(format!(
                "the App may do more than read: {}; louver needs none of it",
                writes.join(", ")
            )));
        }
        let unheard: Vec<&str> = EVENTS
            .into_iter()
            .filter(|event| takes_webhooks && !self.events.iter().any(|it| it == event))
            .collect();
        if !unheard.is_empty() {
            out.push(Granted::Odd(format!(
                "the App is not subscribed to {}; until then the hard bound is what counts for those",
                unheard.join(", ")
            )));
        }
        out
    }
}

impl Installation {
    /// Asks what the App was granted where it is installed.
    pub(super) fn about(&self, parts: &Parts) -> Result<About, HostError> {
        let url = parts
            .wire
            .below(&parts.remote.api_url, &format!("app/installations/{}", self.id))?;
        let proof = self.proof(parts, parts.clock.now())?;
        match parts.wire.get(url, Login::Bearer(&proof), &[]) {
            Ok(Said::Yes(about)) => Ok(about),
            Ok(Said::No) | Err(HostError::Unauthorized { .. }) => Err(unknown(parts)),
            Err(err) => Err(err),
        }
    }

    pub(super) fn new(parts: &Parts, app_id: u64, id: u64, key: &SecretSource) -> Result<Self, HostError> {
        let pem = Secret::from_source(key).map_err(|err| parts.wire.setup(err.to_string()))?;
        let key = EncodingKey::from_rsa_pem(pem.reveal().as_bytes()).map_err(|_| {
            parts
                .wire
                .setup("the App's key is no RSA key in PEM form; download it again from the App's settings".to_owned())
        })?;
        Ok(Self {
            app_id,
            id,
            key,
            current: Mutex::new(None),
        })
    }

    /// A token that reads metadata of the repositories the App is installed on.
    pub(super) fn token(&self, parts: &Parts) -> Result<Secret, HostError> {
        // Held while asking, so that many questions at once cost one token.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let now = parts.clock.now();
        if let Some((token, until)) = &*current
            && now + MARGIN < *until
        {
            return Ok(token.clone());
        }
        let path = format!("app/installations/{}/access_tokens", self.id);
        let url = parts.wire.below(&parts.remote.api_url, &path)?;
        let proof = self.proof(parts, now)?;
        let body = json!({ "permissions": { "metadata": "read" } });
        let said = parts.wire.tell(http::Method::POST, url, Login::Bearer(&proof), &body);
        let body = match said {
            Ok(Said::Yes(body)) => body,
            // A refusal of louver's own credential says nothing about the person who asks.
            Ok(Said::No) | Err(HostError::Unauthorized { .. }) => return Err(unknown(parts)),
            Err(err) => return Err(err),
        };
        let Issued { token, expires_at } = parts.wire.parse(&body)?;
        let until = OffsetDateTime::parse(&expires_at, &Rfc3339)
            .map_err(|_| parts.wire.garbage("a date that is none".to_owned()))?;
        let token = Secret::new(token);
        *current = Some((token.clone(), until.into()));
        Ok(token)
    }

    fn proof(&self, parts: &Parts, now: SystemTime) -> Result<Secret, HostError> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // GitHub's clock may be behind, and takes at most ten minutes.
        let claims = Claims {
            iat: now.saturating_sub(60),
            exp: now + 540,
            iss: self.app_id.to_string(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.key)
            .map(Secret::new)
            .map_err(|_| parts.wire.setup("the App's key cannot sign".to_owned()))
    }
}

fn unknown(parts: &Parts) -> HostError {
    let advice = "it does not know the App or its installation; compare `app_id`, `installation_id` and the key";
    parts.wire.setup(advice.to_owned())
}
