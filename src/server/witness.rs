//! A witness over HTTP: `add-checkpoint` of C2SP's tlog-witness.

use super::http::ServeError;
use crate::audit::{Unsigned, Witness};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// No honest request is a tenth as long.
const MOST_BODY_BYTES: usize = 64 * 1024;

/// Serves until `stop`; `ready` is told the bound address.
pub async fn serve_witness(
    witness: Arc<Witness>,
    address: SocketAddr,
    stop: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Bind { address, source })?;
    let bound = listener.local_addr().map_err(ServeError::Serve)?;
    let app = Router::new()
        .route("/add-checkpoint", post(add))
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .with_state(witness);
    ready(bound);
    axum::serve(listener, app)
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
        .map_err(ServeError::Serve)
}

async fn add(State(witness): State<Arc<Witness>>, request: String) -> Response {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let answer = tokio::task::spawn_blocking(move || witness.add(&request, now)).await;
    let Ok(answer) = answer else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match answer {
        Ok(line) => line.into_response(),
        Err(Unsigned::Conflict(size)) => (
            StatusCode::CONFLICT,
            [(header::CONTENT_TYPE, "text/x.tlog.size")],
            format!("{size}\n"),
        )
            .into_response(),
        Err(unsigned) => (status(&unsigned), format!("{unsigned}\n")).into_response(),
    }
}

fn status(unsigned: &Unsigned) -> StatusCode {
    match unsigned {
        Unsigned::Malformed => StatusCode::BAD_REQUEST,
        Unsigned::UnknownLog => StatusCode::NOT_FOUND,
        Unsigned::Forged => StatusCode::FORBIDDEN,
        Unsigned::Conflict(_) => StatusCode::CONFLICT,
        Unsigned::Unproven => StatusCode::UNPROCESSABLE_ENTITY,
        Unsigned::Failed(error) => {
            tracing::error!(%error, "a checkpoint could not be kept");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
