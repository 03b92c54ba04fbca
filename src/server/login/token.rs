//! The token endpoint and the revocation endpoint (RFC 7009).

use super::Login;
use super::clients::json_of;
use super::events::Event;
use super::limits::Attempt;
use super::routes::{Asked, Parameters, too_many};
use crate::access::Subject;
use crate::store::{Code, Hash, Opaque, Pair, Refreshed, Sessions, StoreError};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::ConstantTimeEq as _;

/// `POST /token`
pub(super) fn token(login: &Login, asked: &Asked) -> Response {
    if let Some(seconds) = login.wait(Attempt::BadToken, asked.address) {
        return too_many(seconds);
    }
    let form = asked.form();
    if form.repeats() {
        return refused("invalid_request", "a parameter stands there twice");
    }
    let Some(client) = form.get("client_id") else {
        return invalid_client();
    };
    let name = match login.client_name(client) {
        Ok(Some(name)) => name,
        Ok(None) => return invalid_client(),
        Err(err) => return unavailable(&err),
    };
    if form.get("resource").is_some_and(|it| !login.is_resource(it)) {
        return refused("invalid_target", "the resource is another");
    }
    match form.get("grant_type") {
        Some("authorization_code") => redeem(login, asked, &form, (client, &name)),
        Some("refresh_token") => refresh(login, asked, &form, client),
        Some(_) => refused("unsupported_grant_type", "use authorization_code or refresh_token"),
        None => refused("invalid_request", "`grant_type` is missing"),
    }
}

fn redeem(login: &Login, asked: &Asked, form: &Parameters, client: (&str, &str)) -> Response {
    let (Some(text), Some(verifier)) = (form.get("code"), form.get("code_verifier")) else {
        return refused("invalid_request", "`code` and `code_verifier` are needed");
    };
    let session = match Opaque::new("") {
        Ok(id) => id.text()[..22].to_owned(),
        Err(err) => return unavailable(&err),
    };
    let code = match login.store.spend_code(text, &session) {
        Ok(Some(code)) => code,
        Ok(None) => return bad_grant(login, asked, client.0, "code-refused"),
        Err(err) => return unavailable(&err),
    };
    if let Some(earlier) = &code.spent_on {
        // Whoever came second, one of the two is a thief: what the first got ends too.
        return match login.store.end_sessions(Sessions::One(earlier)) {
            Ok(_) => bad_grant(login, asked, client.0, "code-replayed"),
            Err(err) => unavailable(&err),
        };
    }
    if !code.in_time
        || !is_for(&code, client.0, form.get("redirect_uri"), verifier)
        || code.resource != login.resource()
    {
        return bad_grant(login, asked, client.0, "code-refused");
    }
    let begun = login
        .store
        .begin_session(&session, client, &code.subject, &code.resource, &code.scope);
    let pair = match begun {
        Ok(pair) => pair,
        Err(err) => return unavailable(&err),
    };
    let event = Event {
        what: "session-began",
        subject: Some(&code.subject),
        session: Some(&session),
        client: Some(client.0),
        address: Some(asked.address),
        ..Event::default()
    };
    match login.events.record(event) {
        Ok(()) => issued(&pair, &code.scope),
        Err(err) => unavailable(&err),
    }
}

/// Whether a code was made for whoever redeems it: same client, same address, and the verifier of the challenge.
fn is_for(code: &Code, client: &str, redirect_uri: Option<&str>, verifier: &str) -> bool {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let proven: bool = challenge.as_bytes().ct_eq(code.challenge.as_bytes()).into();
    let well_formed = (43..=128).contains(&verifier.len());
    code.client == client && redirect_uri == Some(&code.redirect_uri) && well_formed && proven
}

fn refresh(login: &Login, asked: &Asked, form: &Parameters, client: &str) -> Response {
    let Some(text) = form.get("refresh_token") else {
        return refused("invalid_request", "`refresh_token` is missing");
    };
    let (what, session, pair) = match login.store.refresh(&Hash::of(text), client) {
        Ok(Refreshed::Pair(session, pair)) => ("session-refreshed", session, Some(pair)),
        Ok(Refreshed::Reused(session)) => ("refresh-reused", session, None),
        Ok(Refreshed::Refused) => return bad_grant(login, asked, client, "refresh-refused"),
        Err(err) => return unavailable(&err),
    };
    let event = Event {
        what,
        denied: pair.is_none(),
        subject: Some(&session.subject),
        session: Some(&session.id),
        client: Some(client),
        address: Some(asked.address),
        ..Event::default()
    };
    match (login.events.record(event), pair) {
        (Ok(()), Some(pair)) => issued(&pair, &session.scope),
        (Ok(()), None) => refused(
            "invalid_grant",
            "the refresh token was used before, so the session has ended",
        ),
        (Err(err), _) => unavailable(&err),
    }
}

fn issued(pair: &Pair, scope: &str) -> Response {
    let answer = json!({
        "access_token": pair.access.text(),
        "token_type": "Bearer",
        "expires_in": pair.lives.as_secs(),
        "refresh_token": pair.refresh.text(),
        "scope": scope,
    });
    json_of(StatusCode::OK, &answer)
}

/// `POST /revoke`: the answer is the same whether or not there was something to end.
pub(super) fn revoke(login: &Login, asked: &Asked) -> Response {
    if let Some(seconds) = login.wait(Attempt::BadToken, asked.address) {
        return too_many(seconds);
    }
    let form = asked.form();
    let (Some(client), Some(token)) = (form.get("client_id"), form.get("token")) else {
        return refused("invalid_request", "`client_id` and `token` are needed");
    };
    let ended = match login.store.end_session_of(&Hash::of(token), client) {
        Ok(ended) => ended,
        Err(err) => return unavailable(&err),
    };
    let event = Event {
        what: if ended.is_some() {
            "session-revoked"
        } else {
            "revocation-refused"
        },
        denied: ended.is_none(),
        subject: ended.as_ref().map(|it| &it.subject),
        session: ended.as_ref().map(|it| it.id.as_str()),
        client: Some(client),
        address: Some(asked.address),
        ..Event::default()
    };
    if ended.is_none() {
        login.limits.count(Attempt::BadToken, asked.address);
    }
    if let Err(err) = login.events.record(event) {
        return unavailable(&err);
    }
    match ended.map_or(Ok(()), |session| login.forget_if_last(&session.subject)) {
        Ok(()) => ([(header::CACHE_CONTROL, "no-store")], "").into_response(),
        Err(err) => unavailable(&err),
    }
}

impl Login {
    /// Ends a person's login at the host when nothing of theirs rests on it any more.
    fn forget_if_last(&self, subject: &Subject) -> Result<(), StoreError> {
        let is_vouched_for = self.config.jwt.iter().any(|it| it.host == subject.issuer);
        let others = self.store.sessions(Sessions::Of(&subject.issuer, &subject.id))?;
        if is_vouched_for || !others.is_empty() || self.store.has_personal_token(subject, false)? {
            return Ok(());
        }
        if let Err(err) = self.logins.sign_out(subject) {
            tracing::warn!(error = %err, "a login that nothing rests on any more could not be forgotten");
        }
        Ok(())
    }
}

/// A guess, or something worse: counted and recorded.
fn bad_grant(login: &Login, asked: &Asked, client: &str, what: &'static str) -> Response {
    login.limits.count(Attempt::BadToken, asked.address);
    let event = Event {
        what,
        denied: true,
        client: Some(client),
        address: Some(asked.address),
        ..Event::default()
    };
    match login.events.record(event) {
        Ok(()) => refused(
            "invalid_grant",
            "it is unknown, expired, used, or was made for something else",
        ),
        Err(err) => unavailable(&err),
    }
}

fn refused(error: &str, description: &str) -> Response {
    json_of(
        StatusCode::BAD_REQUEST,
        &json!({ "error": error, "error_description": description }),
    )
}

fn invalid_client() -> Response {
    json_of(
        StatusCode::UNAUTHORIZED,
        &json!({ "error": "invalid_client", "error_description": "louver knows no such client; register it" }),
    )
}

/// Tells the operator what is wrong, and the client that something is.
pub(super) fn unavailable(err: &dyn fmt::Display) -> Response {
    tracing::error!(error = %err, "a login could not go on");
    json_of(
        StatusCode::SERVICE_UNAVAILABLE,
        &json!({ "error": "temporarily_unavailable" }),
    )
}
