//! Webhooks of the repository hosts: a signed word that something has changed, after which louver asks again.
//!
//! They open nothing. What is wrong with one is said in its status alone, and a bound that no webhook shortens holds by itself.

use super::login::{Attempt, Event, Events, Limits};
use crate::access::{Change, Check, Permissions, WebhookFault};
use crate::audit::{self, AuditError};
use crate::scope::ScopeInForce;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Map, Value, json};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Longer than any event about permissions; a push of a thousand commits is none.
const MOST_BODY_BYTES: usize = 1 << 20;
/// A host that sends slower than this sends again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes the webhooks of every host and records what they did.
pub struct Webhooks {
    permissions: Permissions,
    events: Events,
    /// Bounds the records of wrong deliveries; right ones are taken however many wrong ones there are.
    limits: Limits,
}

impl Webhooks {
    /// Webhooks that shorten what `permissions` relies on. From now on rights that come and go are recorded, webhook or not.
    pub fn new(permissions: Permissions, scope: &Arc<ScopeInForce>, log: Arc<audit::Log>) -> Self {
        let turns = Events::new(Arc::clone(&log), Arc::clone(scope));
        permissions.tell(move |check| {
            if let Err(err) = record_turn(&turns, check) {
                tracing::error!(error = %err, "a change of a right could not be recorded");
            }
        });
        Self {
            permissions,
            events: Events::new(log, Arc::clone(scope)),
            limits: Limits::default(),
        }
    }

    fn take(&self, host: &str, headers: &HeaderMap, body: &[u8], address: IpAddr) -> StatusCode {
        let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let taken = self.permissions.webhook(host, &header, body);
        let recorded = match &taken {
            Ok(changes) if changes.is_empty() => Ok(()),
            Ok(changes) => self.record(host, address, Some(changes)),
            Err(WebhookFault::Unexpected | WebhookFault::NotShared) => Ok(()),
            Err(fault) if self.limits.wait(Attempt::BadWebhook, address).is_some() => {
                tracing::warn!(host, %fault, "wrong webhooks keep coming and are not recorded one by one");
                Ok(())
            }
            Err(_) => {
                self.limits.count(Attempt::BadWebhook, address);
                self.record(host, address, None)
            }
        };
        if let Err(err) = recorded {
            tracing::error!(error = %err, host, "a webhook could not be recorded");
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        match taken {
            Ok(_) => StatusCode::NO_CONTENT,
            Err(WebhookFault::Unexpected) => StatusCode::NOT_FOUND,
            Err(WebhookFault::Signature) => StatusCode::UNAUTHORIZED,
            Err(WebhookFault::Body) => StatusCode::BAD_REQUEST,
            Err(WebhookFault::NotShared) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Records a delivery: what it made louver ask for anew, or that it was refused.
    fn record(&self, host: &str, address: IpAddr, changes: Option<&[Change]>) -> Result<(), AuditError> {
        let mut detail = Map::new();
        detail.insert("host".to_owned(), host.into());
        if let Some(changes) = changes {
            detail.insert("asked_anew".to_owned(), changes.iter().map(written).collect());
        }
        self.events.record(Event {
            what: if changes.is_some() {
                "webhook-taken"
            } else {
                "webhook-refused"
            },
            denied: changes.is_none(),
            address: Some(address),
            detail,
            ..Event::default()
        })
    }
}

/// Records that a host says of a right what it did not say before.
fn record_turn(events: &Events, check: &Check) -> Result<(), AuditError> {
    let detail = [("repo", &check.repo), ("source", &check.source)];
    events.record(Event {
        what: if check.readable {
            "permission-gained"
        } else {
            "permission-lost"
        },
        denied: !check.readable,
        subject: Some(&check.subject),
        detail: detail
            .map(|(what, it)| (what.to_owned(), it.as_str().into()))
            .into_iter()
            .collect(),
        ..Event::default()
    })
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks").finish_non_exhaustive()
    }
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>(webhooks: &Arc<Webhooks>) -> Router<S> {
    Router::new()
        .route("/webhooks/{host}", post(receive))
        .with_state(Arc::clone(webhooks))
}

async fn receive(
    State(webhooks): State<Arc<Webhooks>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(host): Path<String>,
    request: Request,
) -> StatusCode {
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(PATIENCE, to_bytes(body, MOST_BODY_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE,
        Err(_) => return StatusCode::REQUEST_TIMEOUT,
    };
    // It blocks: on the store, on the log.
    let work = tokio::task::spawn_blocking(move || webhooks.take(&host, &parts.headers, &body, peer.ip()));
    work.await.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// What is asked for anew, by ids.
fn written(change: &Change) -> Value {
    match change {
        Change::Subject { id, .. } => json!({ "subject": id }),
        Change::Repo { id, .. } => json!({ "repo": id }),
        Change::Host(_) => json!("host"),
        Change::All => json!("all"),
    }
}
