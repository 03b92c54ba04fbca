//! Streamable HTTP: one endpoint, stateless, strict about who may reach it.

use super::McpServer;
use super::caller::Peer;
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
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The largest request body; the longest honest call is a hundred times smaller.
const MOST_BODY_BYTES: usize = 256 * 1024;

/// Where and until when to serve.
pub struct HttpOptions {
    /// The address to bind. Without a login at the repository host it must be a loopback address.
    pub address: SocketAddr,
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

/// Serves MCP at `/mcp` until `options.stop`; `ready` is told the bound address.
pub async fn serve_http(
    desk: Arc<Desk>,
    options: HttpOptions,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let HttpOptions { address, stop } = options;
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Bind { address, source })?;
    let bound = listener.local_addr().map_err(ServeError::Serve)?;
    let app = router(desk, bound, &stop);
    ready(bound);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
        .map_err(ServeError::Serve)
}

fn router(desk: Arc<Desk>, bound: SocketAddr, stop: &CancellationToken) -> Router {
    let server = McpServer::new(Arc::clone(&desk));
    let port = bound.port();
    // A page in the person's browser must not reach the endpoint, neither by name (rebinding) nor by origin.
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(["127.0.0.1", "localhost", "[::1]", "::1"])
        .with_allowed_origins([
            format!("http://127.0.0.1:{port}"),
            format!("http://localhost:{port}"),
            format!("http://[::1]:{port}"),
        ])
        .enforce_origin_validation()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MOST_BODY_BYTES)
        .with_cancellation_token(stop.child_token());
    let mcp = StreamableHttpService::new(
        move || Ok(server.clone()),
        LocalSessionManager::default().into(),
        config,
    );
    Router::new()
        .route_service("/mcp", mcp)
        .layer(middleware::from_fn(remember_peer))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readiness))
        .with_state(desk)
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
