//! Streamable HTTP: one endpoint, stateless, strict about who may reach it.

use super::caller::Peer;
use super::login::{Door, Login, for_listed, guard, routes};
use super::proxies::see_through;
use super::webhooks::{self, Webhooks};
use super::{Listed, McpServer};
use crate::tools::Desk;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The largest request body; the longest honest call is a hundred times smaller.
const MOST_BODY_BYTES: usize = 256 * 1024;

/// How often what has expired is removed.
const SWEEP: Duration = Duration::from_secs(600);

/// Where and until when to serve.
pub struct HttpOptions {
    /// The address to bind. Without logins it must be a loopback address.
    pub address: SocketAddr,
    /// How people prove who they are; without it, everybody who can connect is the local user.
    pub login: Option<Arc<Login>>,
    /// Takes the webhooks of the hosts people log in at.
    pub webhooks: Option<Arc<Webhooks>>,
    /// Ends the server when it is cancelled.
    pub stop: CancellationToken,
}

/// Why a server did not start or ended early.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(
        "`{0}` is not a loopback address, and without a login louver cannot tell who asks; bind 127.0.0.1 or [::1], \
         or reach it through an SSH tunnel"
    )]
    NotLoopback(SocketAddr),
    #[error("cannot listen on `{address}`; is another louver running there? Choose another port with --http")]
    Bind { address: SocketAddr, source: io::Error },
    #[error("the server ended")]
    Serve(#[source] io::Error),
    #[error("the client on standard input did not speak MCP: {0}")]
    Handshake(String),
}

/// Serves MCP at `/mcp`, and with every tool listed at `/mcp/all`, until `options.stop`; `ready` is told the bound address.
pub async fn serve_http(
    desk: Arc<Desk>,
    options: HttpOptions,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let HttpOptions {
        address,
        login,
        webhooks,
        stop,
    } = options;
    if login.is_none() && !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Bind { address, source })?;
    let bound = listener.local_addr().map_err(ServeError::Serve)?;
    let mut app = router(desk, bound, login.as_ref(), &stop);
    if let Some(webhooks) = &webhooks {
        app = app.merge(webhooks::routes(webhooks));
    }
    if let Some(login) = &login {
        let trusted: Arc<[_]> = login.trusted_proxies().into();
        app = app.layer(middleware::from_fn_with_state(trusted, see_through));
    }
    if let Some(login) = login {
        tokio::spawn(sweep(login, stop.clone()));
    }
    ready(bound);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
        .map_err(ServeError::Serve)
}

fn router(desk: Arc<Desk>, bound: SocketAddr, login: Option<&Arc<Login>>, stop: &CancellationToken) -> Router {
    let port = bound.port();
    // A page in the person's browser must not reach the endpoint, neither by name (rebinding) nor by origin.
    let mut hosts = ["127.0.0.1", "localhost", "[::1]", "::1"].map(str::to_owned).to_vec();
    let mut origins = ["127.0.0.1", "localhost", "[::1]"]
        .map(|host| format!("http://{host}:{port}"))
        .to_vec();
    if let Some(url) = login.map(|login| login.public_url()) {
        hosts.extend(url.host_str().map(str::to_owned));
        let port = url.port_or_known_default().unwrap_or(443);
        origins.extend(url.host_str().map(|host| format!("{}://{host}:{port}", url.scheme())));
    }
    origins.extend(login.iter().flat_map(|login| login.browser_origins().to_vec()));
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(hosts)
        .with_allowed_origins(origins)
        .enforce_origin_validation()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MOST_BODY_BYTES)
        .with_cancellation_token(stop.child_token());
    let mcp = |listed| {
        let server = McpServer::new(Arc::clone(&desk), listed);
        StreamableHttpService::new(
            move || Ok(server.clone()),
            LocalSessionManager::default().into(),
            config.clone(),
        )
    };
    let endpoints = match login {
        None => Router::new()
            .route_service("/mcp", mcp(Listed::Usual))
            .route_service("/mcp/all", mcp(Listed::All)),
        Some(login) => {
            let behind = |path: &str, door: Door| {
                Router::new()
                    .route_service(path, mcp(Listed::Usual))
                    .route_service(&format!("{path}/all"), mcp(Listed::All))
                    .layer(middleware::from_fn_with_state(door, guard))
                    .layer(middleware::from_fn_with_state(Arc::clone(login), for_listed))
            };
            behind("/mcp", Door::Sessions(Arc::clone(login)))
                .merge(behind("/t/mcp", Door::Personal(Arc::clone(login))))
                .merge(routes(login))
        }
    };
    endpoints
        .layer(middleware::from_fn(remember_peer))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readiness))
        .with_state(desk)
}

/// Removes expired logins now and then.
async fn sweep(login: Arc<Login>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(SWEEP)).await.is_some() {
        let login = Arc::clone(&login);
        // What it could not do now it does the next time, and it has said so.
        drop(tokio::task::spawn_blocking(move || login.sweep()).await);
    }
}

async fn remember_peer(ConnectInfo(address): ConnectInfo<SocketAddr>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Peer(address));
    next.run(request).await
}

/// Green while answers can be recorded.
async fn readiness(State(desk): State<Arc<Desk>>) -> (StatusCode, Json<serde_json::Value>) {
    match desk.not_ready() {
        None => (StatusCode::OK, Json(serde_json::json!({ "ready": true }))),
        Some(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(serde_json::json!({ "ready": false, "reason": reason })),
        ),
    }
}
