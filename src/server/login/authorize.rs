//! The way of the browser: a client's request, the person's consent, the login at the host, and the code.
//!
//! Each step hands the next a random name that is good once, in the browser it was given to, for ten minutes. Consent comes before the
//! browser is sent anywhere, because a host that remembers louver asks nothing; and the callback is taken from no other browser, because
//! an attacker could consent himself and let somebody else log in (CVE-2026-27124).

use super::events::Event;
use super::limits::Attempt;
use super::routes::{Asked, Parameters};
use super::token::unavailable;
use super::{Login, clients, page};
use crate::access::{LoginFault, Secret, Subject};
use crate::store::{Client, Hash, Opaque, Request, Stage};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use url::Url;

const MOST_STATE_BYTES: usize = 2000;

/// `GET /authorize`
pub(super) fn begin(login: &Login, asked: &Asked) -> Response {
    if let Some(refusal) = login.too_many(Attempt::Login, asked.address) {
        return refusal;
    }
    let query = asked.query();
    let known = query.get("client_id").map(|id| login.client(id)).transpose();
    let client = match known {
        Ok(Some(Some(client))) => client,
        Ok(_) => return unknown_client(login, asked, query.get("client_id")),
        Err(err) => return unavailable(&err),
    };
    let redirect_uri = match (query.get("redirect_uri"), client.redirect_uris.as_slice()) {
        (Some(uri), registered) if clients::matches(registered, uri) => uri.to_owned(),
        (None, [only]) => only.clone(),
        // An answer must not be sent where nobody vouches for.
        _ => {
            return page::failed(
                StatusCode::BAD_REQUEST,
                "The program that sent you here asks for an answer at an address it has not registered.",
            );
        }
    };
    let request = match read(login, &query, &client, redirect_uri.clone()) {
        Ok(request) => request,
        Err(error) => return back(login, &redirect_uri, query.get("state"), &[("error", error)]),
    };
    let browser = match Browser::of(login, &asked.headers) {
        Ok(browser) => browser,
        Err(err) => return unavailable(&err),
    };
    match login.store.begin_request(Stage::Consent, &browser.hash(), &request) {
        Ok(Some(name)) => browser.remembered(login, page::consent(login, &client, &request, name.text())),
        Ok(None) => super::routes::too_many(60),
        Err(err) => unavailable(&err),
    }
}

/// A client nobody knows, or whose document is not taken. Why not is for the operator: it could tell of the network.
fn unknown_client(login: &Login, asked: &Asked, client: Option<&str>) -> Response {
    let event = Event {
        what: "client-refused",
        denied: true,
        client,
        address: Some(asked.address),
        ..Event::default()
    };
    match login.events.record(event) {
        Ok(()) => page::failed(
            StatusCode::BAD_REQUEST,
            "louver does not know the program that sent you here, or does not take how it describes itself.",
        ),
        Err(err) => unavailable(&err),
    }
}

/// Reads what a client asks for, or says which error it is told.
fn read(login: &Login, query: &Parameters, client: &Client, redirect_uri: String) -> Result<Request, &'static str> {
    if query.repeats() {
        return Err("invalid_request");
    }
    if query.get("response_type") != Some("code") {
        return Err("unsupported_response_type");
    }
    let is_challenge = |text: &&str| text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok();
    let challenge = query
        .get("code_challenge")
        .filter(is_challenge)
        .ok_or("invalid_request")?;
    if query.get("code_challenge_method") != Some("S256") {
        return Err("invalid_request");
    }
    let state = query.get("state").map(str::to_owned);
    if state.as_ref().is_some_and(|state| state.len() > MOST_STATE_BYTES) {
        return Err("invalid_request");
    }
    let resource = login.resource();
    if query.get("resource").is_some_and(|it| !login.is_resource(it)) {
        return Err("invalid_target");
    }
    let scope = query.get("scope").unwrap_or("code:read");
    if !scope.split(' ').all(|it| matches!(it, "code:read" | "offline_access")) {
        return Err("invalid_scope");
    }
    let verifier = Opaque::new("").map_err(|_| "server_error")?;
    Ok(Request {
        client: client.id.clone(),
        client_name: client.name.clone(),
        redirect_uri,
        state,
        resource,
        scope: scope.to_owned(),
        challenge: challenge.to_owned(),
        host: String::new(),
        verifier: Secret::new(verifier.text()),
    })
}

/// `POST /consent`
pub(super) fn consent(login: &Login, asked: &Asked) -> Response {
    if let Some(refusal) = login.too_many(Attempt::Login, asked.address) {
        return refusal;
    }
    let form = asked.form();
    let request = match (Browser::known(login, &asked.headers), form.get("request")) {
        (Some(browser), Some(name)) => login
            .store
            .take_request(Stage::Consent, &browser.hash(), name)
            .map(|found| found.map(|request| (browser, request))),
        _ => Ok(None),
    };
    let (browser, mut request) = match request {
        Ok(Some(found)) => found,
        Ok(None) => return page::failed(StatusCode::BAD_REQUEST, EXPIRED),
        Err(err) => return unavailable(&err),
    };
    if form.get("decision") != Some("allow") {
        return denied(login, asked, &request, "consent-refused", "access_denied");
    }
    let Some(host) = form.get("host").and_then(|name| login.logins.host(name)) else {
        return denied(login, asked, &request, "login-failed", "invalid_request");
    };
    request.host = host.name().to_owned();
    if host.is_static() {
        return by_token(login, asked, &request, form.get("token").unwrap_or_default());
    }
    let state = match login.store.begin_request(Stage::Host, &browser.hash(), &request) {
        Ok(Some(state)) => state,
        Ok(None) => return super::routes::too_many(60),
        Err(err) => return unavailable(&err),
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(request.verifier.reveal().as_bytes()));
    let callback = login.logins.callback(host.name());
    match host.authorize_url(state.text(), &challenge, &callback) {
        Ok(url) => browser.remembered(login, see_other(url.as_str())),
        Err(err) => unavailable(&err),
    }
}

const EXPIRED: &str = "This login has expired, or began in another browser. Start it again from your program.";

/// Where people have no account to log in with, a personal token says who they are.
fn by_token(login: &Login, asked: &Asked, request: &Request, token: &str) -> Response {
    if let Some(seconds) = login.wait(Attempt::BadToken, asked.address) {
        return super::routes::too_many(seconds);
    }
    match login.store.personal_token(&Hash::of(token.trim())) {
        // A token that is good for some repositories only must not become a session that is good for all.
        Ok(Some(found)) if found.subject.issuer == request.host && found.repos.is_none() => {
            finish(login, asked, request, &found.subject)
        }
        Ok(_) => {
            login.limits.count(Attempt::BadToken, asked.address);
            denied(login, asked, request, "login-failed", "access_denied")
        }
        Err(err) => unavailable(&err),
    }
}

/// `GET /oauth/callback/{host}`
pub(super) fn callback(login: &Login, asked: &Asked) -> Response {
    if let Some(refusal) = login.too_many(Attempt::Login, asked.address) {
        return refusal;
    }
    let query = asked.query();
    let host = asked.path.rsplit('/').next().unwrap_or_default();
    let request = match (Browser::known(login, &asked.headers), query.get("state")) {
        (Some(browser), Some(state)) => login.store.take_request(Stage::Host, &browser.hash(), state),
        _ => Ok(None),
    };
    let request = match request {
        Ok(Some(request)) if request.host == host => request,
        Ok(_) => {
            let event = Event {
                what: "callback-refused",
                denied: true,
                address: Some(asked.address),
                ..Event::default()
            };
            return match login.events.record(event) {
                Ok(()) => page::failed(StatusCode::BAD_REQUEST, EXPIRED),
                Err(err) => unavailable(&err),
            };
        }
        Err(err) => return unavailable(&err),
    };
    let Some(code) = query.get("code") else {
        return denied(login, asked, &request, "login-failed", "access_denied");
    };
    match login.logins.sign_in(host, code, request.verifier.reveal()) {
        Ok(subject) => finish(login, asked, &request, &subject),
        Err(LoginFault::Store(err)) => unavailable(&err),
        Err(err) => {
            tracing::warn!(host, error = %err, "a login did not succeed");
            denied(login, asked, &request, "login-failed", "access_denied")
        }
    }
}

/// Sends the browser back to the client with a code, once that is recorded.
fn finish(login: &Login, asked: &Asked, request: &Request, subject: &Subject) -> Response {
    let event = Event {
        what: "consent-given",
        subject: Some(subject),
        client: Some(&request.client),
        address: Some(asked.address),
        ..Event::default()
    };
    if let Err(err) = login.events.record(event) {
        return unavailable(&err);
    }
    match login.store.grant_code(request, subject) {
        Ok(code) => back(
            login,
            &request.redirect_uri,
            request.state.as_deref(),
            &[("code", code.text())],
        ),
        Err(err) => unavailable(&err),
    }
}

fn denied(login: &Login, asked: &Asked, request: &Request, what: &'static str, error: &str) -> Response {
    let event = Event {
        what,
        denied: true,
        client: Some(&request.client),
        address: Some(asked.address),
        ..Event::default()
    };
    match login.events.record(event) {
        Ok(()) => back(
            login,
            &request.redirect_uri,
            request.state.as_deref(),
            &[("error", error)],
        ),
        Err(err) => unavailable(&err),
    }
}

/// Sends the browser back to the client, which is told who answers (RFC 9207).
fn back(login: &Login, redirect_uri: &str, state: Option<&str>, answer: &[(&str, &str)]) -> Response {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return page::failed(StatusCode::BAD_REQUEST, EXPIRED);
    };
    let mut pairs = url.query_pairs_mut();
    pairs.extend_pairs(answer);
    if let Some(state) = state {
        pairs.append_pair("state", state);
    }
    pairs.append_pair("iss", login.issuer());
    drop(pairs);
    see_other(url.as_str())
}

fn see_other(url: &str) -> Response {
    let headers = [
        (header::LOCATION, url),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// A browser, as a cookie of louver's tells it from others.
struct Browser(String);

impl Browser {
    /// The browser of a request; one that has no cookie yet is given one.
    fn of(login: &Login, headers: &HeaderMap) -> Result<Self, crate::store::StoreError> {
        match Self::known(login, headers) {
            Some(browser) => Ok(browser),
            None => Ok(Self(Opaque::new("")?.text().to_owned())),
        }
    }

    fn known(login: &Login, headers: &HeaderMap) -> Option<Self> {
        let name = cookie_name(login);
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
        let mut pairs = cookies
            .flat_map(|it| it.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(key, _)| *key == name)?;
        (value.len() == 43).then(|| Self(value.to_owned()))
    }

    fn hash(&self) -> Hash {
        Hash::of(&self.0)
    }

    /// Adds the cookie to an answer.
    fn remembered(&self, login: &Login, mut answer: Response) -> Response {
        let (name, value) = (cookie_name(login), &self.0);
        let secure = if is_https(login) { "; Secure" } else { "" };
        let cookie = format!("{name}={value}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax{secure}");
        if let Ok(cookie) = cookie.parse() {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        answer
    }
}

fn is_https(login: &Login) -> bool {
    login.public_url().scheme() == "https"
}

/// `__Host-` keeps other hosts of the domain from planting one; it needs HTTPS, which loopback does not have.
fn cookie_name(login: &Login) -> &'static str {
    if is_https(login) { "__Host-louver" } else { "louver" }
}
