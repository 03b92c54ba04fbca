//! Clients that run in a browser: which pages may read which answers.
//!
//! What louver tells every client it tells every page, too: no cookie opens these addresses. The MCP endpoint is open to pages the operator
//! lists; the pages a person sees (`/authorize`, `/consent`, the callback) to none.

use super::Login;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderValue, ORIGIN, VARY,
};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, OPTIONS");
const SENT: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id",
);
const READ: HeaderValue = HeaderValue::from_static("www-authenticate, retry-after, mcp-session-id");
const A_DAY: HeaderValue = HeaderValue::from_static("86400");
const ANY: HeaderValue = HeaderValue::from_static("*");

/// Lets every page read the answers.
pub(super) async fn for_all(request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return preflight(ANY);
    }
    let mut answer = next.run(request).await;
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    answer
}

/// Lets the pages read the answers that the operator lists.
pub(in crate::server) async fn for_listed(State(login): State<Arc<Login>>, request: Request, next: Next) -> Response {
    let listed = origin_of(&login, request.headers());
    match listed {
        Some(origin) if request.method() == Method::OPTIONS => preflight(origin),
        Some(origin) => {
            let mut answer = next.run(request).await;
            let headers = answer.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, READ);
            headers.append(VARY, HeaderValue::from_static("Origin"));
            answer
        }
        None => next.run(request).await,
    }
}

fn origin_of(login: &Login, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    let listed = login.browser_origins().iter().any(|it| origin == it.as_str());
    listed.then(|| origin.clone())
}

fn preflight(origin: HeaderValue) -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, origin),
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, SENT),
        (ACCESS_CONTROL_MAX_AGE, A_DAY),
        (VARY, HeaderValue::from_static("Origin")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
