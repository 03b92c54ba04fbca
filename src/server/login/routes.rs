//! The addresses of the authorization server, and the documents that tell clients about them (RFC 9728, RFC 8414).

use super::events::Event;
use super::limits::Attempt;
use super::{Login, authorize, clients, cors, token};
use crate::scope::ClientMetadata;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use url::form_urlencoded;

/// Longer than any honest form or registration.
const MOST_BODY_BYTES: usize = 32 * 1024;

/// A request to the authorization server, read whole.
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) address: IpAddr,
}

/// Parameters of a request; one that stands there twice is a mistake.
pub(super) struct Parameters(Vec<(String, String)>);

type Handler = fn(&Login, &Asked) -> Response;

pub(in crate::server) fn routes<S: Clone + Send + Sync + 'static>(login: &Arc<Login>) -> Router<S> {
    let for_clients = Router::new()
        .route("/.well-known/oauth-protected-resource", get(resource))
        .route("/.well-known/oauth-protected-resource/mcp", get(resource))
        .route("/.well-known/oauth-protected-resource/mcp/all", get(resource_with_all))
        .route("/.well-known/oauth-authorization-server", get(server))
        .route("/register", writing(clients::register))
        .route("/token", writing(token::token))
        .route("/revoke", writing(token::revoke))
        .layer(middleware::from_fn(cors::for_all));
    Router::new()
        .route("/authorize", reading(authorize::begin))
        .route("/consent", writing(authorize::consent))
        .route("/oauth/callback/{host}", reading(authorize::callback))
        .merge(for_clients)
        .with_state(Arc::clone(login))
}

fn reading(handler: Handler) -> MethodRouter<Arc<Login>> {
    get(move |state, peer, request| run(handler, state, peer, request))
}

fn writing(handler: Handler) -> MethodRouter<Arc<Login>> {
    post(move |state, peer, request| run(handler, state, peer, request))
}

/// Runs a handler where it may block: on the store, on the log, on a host.
async fn run(
    handler: Handler,
    State(login): State<Arc<Login>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BODY_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let asked = Asked {
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.into(),
        address: peer.ip(),
    };
    let work = tokio::task::spawn_blocking(move || handler(&login, &asked));
    let answer = work.await;
    answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

impl Asked {
    pub(super) fn query(&self) -> Parameters {
        Parameters::of(self.query.as_bytes())
    }

    pub(super) fn form(&self) -> Parameters {
        Parameters::of(&self.body)
    }
}

impl Parameters {
    fn of(text: &[u8]) -> Self {
        let pairs =
            form_urlencoded::parse(text).map(|(key, value): (Cow<'_, str>, Cow<'_, str>)| (key.into(), value.into()));
        Self(pairs.collect())
    }

    /// The value of a parameter, if it is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a parameter stands there twice.
    pub(super) fn repeats(&self) -> bool {
        self.0
            .iter()
            .enumerate()
            .any(|(at, (key, _))| self.0[..at].iter().any(|(other, _)| other == key))
    }
}

impl Login {
    /// What clients know this authorization server by.
    pub(super) fn issuer(&self) -> &str {
        self.public_url().as_str().trim_end_matches('/')
    }

    /// Counts an attempt, and refuses it if there were too many.
    pub(super) fn too_many(&self, attempt: Attempt, address: IpAddr) -> Option<Response> {
        let wait = self.wait(attempt, address);
        self.limits.count(attempt, address);
        wait.map(too_many)
    }

    /// How many seconds to wait before the next attempt, if there were too many. The first of each minute is recorded.
    pub(super) fn wait(&self, attempt: Attempt, address: IpAddr) -> Option<u64> {
        let wait = self.limits.wait(attempt, address)?;
        if self.limits.is_news(attempt, address) {
            let event = Event {
                what: "rate-limited",
                denied: true,
                address: Some(address),
                detail: Map::from_iter([("attempt".to_owned(), attempt.word().into())]),
                ..Event::default()
            };
            if let Err(err) = self.events.record(event) {
                // It is refused all the same.
                tracing::error!(error = %err, "too many attempts could not be recorded");
            }
        }
        Some(wait)
    }
}

pub(super) fn too_many(seconds: u64) -> Response {
    let wait = [(header::RETRY_AFTER, seconds.to_string())];
    (StatusCode::TOO_MANY_REQUESTS, wait, "too many attempts\n").into_response()
}

fn public(document: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, document.to_string()).into_response()
}

async fn resource(State(login): State<Arc<Login>>) -> Response {
    resource_document(&login, &login.resource())
}

async fn resource_with_all(State(login): State<Arc<Login>>) -> Response {
    resource_document(&login, &format!("{}/all", login.resource()))
}

fn resource_document(login: &Login, resource: &str) -> Response {
    let own = std::iter::once(login.issuer());
    let servers: Vec<&str> = own
        .chain(login.config.jwt.iter().map(|it| it.issuer.as_str()))
        .collect();
    public(&json!({
        "resource": resource,
        "authorization_servers": servers,
        "scopes_supported": ["code:read"],
        "bearer_methods_supported": ["header"],
        "resource_name": "louver",
    }))
}

async fn server(State(login): State<Arc<Login>>) -> Response {
    let at = |path: &str| format!("{}{path}", login.issuer());
    let mut document = json!({
        "issuer": login.issuer(),
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "revocation_endpoint": at("/revoke"),
        "revocation_endpoint_auth_methods_supported": ["none"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": ["code:read", "offline_access"],
        "authorization_response_iss_parameter_supported": true,
    });
    if login.config.client_metadata != ClientMetadata::Off {
        document["client_id_metadata_document_supported"] = true.into();
    }
    if login.config.client_registration {
        document["registration_endpoint"] = at("/register").into();
    }
    public(&document)
}
