//! The door of the MCP endpoints: a token is looked up with every request, so that one that was revoked opens nothing.

use super::Login;
use super::events::Event;
use super::jwt::JwtFault;
use super::limits::Attempt;
use crate::access::Subject;
use crate::scope::RepoName;
use crate::store::{Hash, StoreError};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Longer than any token louver gives out.
const MOST_TOKEN_BYTES: usize = 200;
/// Longer than an identity provider's, which a header must have room for.
const MOST_JWT_BYTES: usize = 8 * 1024;

/// The scope that calls need.
const CALLS: &str = "code:read";

/// Who is calling, as their token says.
#[derive(Clone, Debug)]
pub(in crate::server) struct Authenticated {
    pub(in crate::server) subject: Subject,
    pub(in crate::server) session: String,
    pub(in crate::server) oauth_client: Option<String>,
    /// The only repositories the token is good for, if not all.
    pub(in crate::server) repos: Option<Arc<[RepoName]>>,
}

/// An endpoint, and which tokens it takes.
#[derive(Clone, Debug)]
pub(in crate::server) enum Door {
    /// `/mcp`: the access tokens of sessions.
    Sessions(Arc<Login>),
    /// `/t/mcp`: personal tokens.
    Personal(Arc<Login>),
}

/// Why a request stays outside.
#[derive(Debug)]
enum Outside {
    /// It shows no token.
    NoToken,
    /// Its token is not good here.
    BadToken,
    /// Its token is good, and not for this.
    OtherScope,
    /// It shows a token where none may be.
    InAddress,
    /// Too many were tried.
    TooMany(u64),
    /// Nobody can tell.
    Unavailable,
}

/// What is known of a token.
enum Known {
    /// It is good.
    Good(Authenticated),
    /// It is good, and not for calls.
    OtherScope,
    /// It is not good; the operator is told why, if there is more to tell than that nobody knows it.
    Bad(Option<JwtFault>),
}

/// Lets a request with a good token through, with what the token says about it.
pub(in crate::server) async fn guard(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let token = bearer(request.headers(), request.uri().query());
    let path = request.uri().path().to_owned();
    let asked = door.clone();
    let work = tokio::task::spawn_blocking(move || asked.admit(token?, peer.ip()));
    match work.await.unwrap_or(Err(Outside::Unavailable)) {
        Ok(who) => {
            // The token has done its work; nothing behind the door sees it.
            request.headers_mut().remove(header::AUTHORIZATION);
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err(outside) => door.refuse(&outside, &path),
    }
}

/// The one token of a request, which stands in its one header for that.
fn bearer(headers: &HeaderMap, query: Option<&str>) -> Result<String, Outside> {
    let mut parameters = query.unwrap_or_default().split('&');
    if parameters.any(|it| it.split('=').next() == Some("access_token")) {
        return Err(Outside::InAddress);
    }
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Outside::NoToken)?;
    if values.next().is_some() {
        return Err(Outside::BadToken);
    }
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .ok_or(Outside::BadToken)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.len() > MOST_JWT_BYTES {
        return Err(Outside::BadToken);
    }
    Ok(token.to_owned())
}

impl Door {
    const fn login(&self) -> &Arc<Login> {
        match self {
            Self::Sessions(login) | Self::Personal(login) => login,
        }
    }

    fn admit(&self, token: String, address: IpAddr) -> Result<Authenticated, Outside> {
        let login = self.login();
        if let Some(seconds) = login.wait(Attempt::BadToken, address) {
            return Err(Outside::TooMany(seconds));
        }
        let known = self.look_up(&token).map_err(|err| {
            tracing::error!(error = %err, "nobody is let in while tokens cannot be looked up");
            Outside::Unavailable
        })?;
        match known {
            Known::Good(who) => Ok(who),
            Known::OtherScope => Err(Outside::OtherScope),
            Known::Bad(Some(JwtFault::Keys(_))) => Err(Outside::Unavailable),
            Known::Bad(fault) => Err(login.refused(fault, address)),
        }
    }

    fn look_up(&self, token: &str) -> Result<Known, StoreError> {
        let login = self.login();
        match self {
            Self::Sessions(_) if login.issuers.are_for(token) => Ok(login.of_jwt(token)),
            _ if token.len() > MOST_TOKEN_BYTES => Ok(Known::Bad(None)),
            Self::Sessions(_) => login.of_session(&Hash::of(token)),
            Self::Personal(_) => {
                let found = login.store.personal_token(&Hash::of(token))?;
                Ok(found.map_or(Known::Bad(None), |token| {
                    Known::Good(Authenticated {
                        subject: token.subject,
                        session: format!("token:{}", token.id),
                        oauth_client: None,
                        repos: token.repos.map(Arc::from),
                    })
                }))
            }
        }
    }

    fn refuse(&self, why: &Outside, path: &str) -> Response {
        let challenge = |error: &str| {
            let mut parts = match error {
                "" => Vec::new(),
                "invalid_token" => vec![
                    format!("error=\"{error}\""),
                    "error_description=\"the token is unknown, expired or revoked\"".to_owned(),
                ],
                error => vec![format!("error=\"{error}\"")],
            };
            if let Self::Sessions(login) = self {
                let at = format!("{}/.well-known/oauth-protected-resource{path}", login.issuer());
                parts.push(format!("resource_metadata=\"{at}\""));
                parts.push("scope=\"code:read\"".to_owned());
            }
            [(
                header::WWW_AUTHENTICATE,
                format!("Bearer {}", parts.join(", ")).trim().to_owned(),
            )]
        };
        match why {
            Outside::NoToken => (StatusCode::UNAUTHORIZED, challenge(""), "a token is needed\n").into_response(),
            Outside::BadToken => {
                let text = "the token is unknown, expired or revoked\n";
                (StatusCode::UNAUTHORIZED, challenge("invalid_token"), text).into_response()
            }
            Outside::OtherScope => {
                let text = "the token is not for calls; log in with the scope code:read\n";
                (StatusCode::FORBIDDEN, challenge("insufficient_scope"), text).into_response()
            }
            Outside::InAddress => {
                let text = "a token belongs into the Authorization header, never into the address\n";
                (StatusCode::BAD_REQUEST, challenge("invalid_request"), text).into_response()
            }
            Outside::TooMany(seconds) => {
                let wait = [(header::RETRY_AFTER, seconds.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, wait, "too many attempts\n").into_response()
            }
            Outside::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "logins cannot be checked now\n").into_response(),
        }
    }
}

impl Login {
    fn of_session(&self, hash: &Hash) -> Result<Known, StoreError> {
        let resource = self.resource();
        let session = self.store.session_of_access(hash)?;
        let Some(session) = session.filter(|it| it.resource == resource) else {
            return Ok(Known::Bad(None));
        };
        // Where a personal token was the login, it ends with the last one that is good.
        let host = self.logins.host(&session.subject.issuer);
        if host.is_some_and(|it| it.is_static()) && !self.store.has_personal_token(&session.subject, true)? {
            return Ok(Known::Bad(None));
        }
        if !session.scope.split(' ').any(|it| it == CALLS) {
            return Ok(Known::OtherScope);
        }
        Ok(Known::Good(Authenticated {
            subject: session.subject,
            session: session.id,
            oauth_client: Some(session.client),
            repos: None,
        }))
    }

    fn of_jwt(&self, token: &str) -> Known {
        match self.issuers.vouch(token) {
            Ok(vouched) => Known::Good(Authenticated {
                subject: vouched.subject,
                session: vouched.session,
                oauth_client: vouched.client,
                repos: None,
            }),
            Err(fault) => Known::Bad(Some(fault)),
        }
    }

    /// Counts and records a token that was refused.
    fn refused(&self, fault: Option<JwtFault>, address: IpAddr) -> Outside {
        self.limits.count(Attempt::BadToken, address);
        let why = fault.map(|fault| ("why".to_owned(), Value::from(fault.to_string())));
        let event = Event {
            what: "token-refused",
            denied: true,
            address: Some(address),
            detail: why.into_iter().collect(),
            ..Event::default()
        };
        match self.events.record(event) {
            Ok(()) => Outside::BadToken,
            Err(err) => {
                tracing::error!(error = %err, "a refused token could not be recorded");
                Outside::Unavailable
            }
        }
    }
}
