//! The authorization-code flow of the stand-ins: consent that was given before, codes taken once, PKCE, refresh tokens that rotate.

use super::{CLIENT_ID, CLIENT_SECRET, Response, StandIn, State, basic};
use crate::sources::host::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use louver::scope::HostKind;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::time::Duration;
use url::Url;

pub(super) struct Code {
    person: u64,
    redirect_uri: String,
    challenge: Option<String>,
}

impl StandIn {
    /// Logs a person in at the address louver sent the browser to, and returns the code and state of the callback.
    pub(crate) fn consent(&self, login: &str, address: &Url) -> (String, String) {
        let mut state = self.state();
        let callback = state
            .callback(login, &pairs(address.query().unwrap_or_default()))
            .expect("a right request");
        let said: HashMap<String, String> = callback.query_pairs().into_owned().collect();
        (said["code"].clone(), said["state"].clone())
    }
}

impl State {
    fn fresh(&mut self, prefix: &str) -> String {
        self.issued += 1;
        format!("{prefix}{:08}", self.issued)
    }

    /// Where the browser is sent back to. Consent was given before, so nobody is asked.
    fn callback(&mut self, login: &str, asked: &HashMap<String, String>) -> Option<Url> {
        let person = self.people.iter().find(|person| person.login == login)?.id;
        if asked.get("client_id")? != CLIENT_ID || asked.get("response_type")? != "code" {
            return None;
        }
        let challenge = asked.get("code_challenge").cloned();
        if challenge.is_some() && asked.get("code_challenge_method")? != "S256" {
            return None;
        }
        let redirect_uri = asked.get("redirect_uri")?.clone();
        let mut back = Url::parse(&redirect_uri).ok()?;
        let code = self.fresh("code");
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", asked.get("state")?);
        self.codes.insert(
            code,
            Code {
                person,
                redirect_uri,
                challenge,
            },
        );
        Some(back)
    }

    fn issue(&mut self, person: u64) -> Response {
        let (access, refresh) = (self.fresh("access"), self.fresh("refresh"));
        let lifetime = match self.kind {
            HostKind::GitHub => 28_800,
            HostKind::Gitea => 3_600,
            _ => 7_200,
        };
        self.tokens
            .insert(access.clone(), (person, self.now + Duration::from_secs(lifetime)));
        self.refresh_tokens.insert(refresh.clone(), person);
        let said = json!({ "access_token": access, "token_type": "bearer", "expires_in": lifetime, "refresh_token": refresh, "scope": "" });
        Response::json(200, &said)
    }

    fn token(&mut self, request: &Request) -> Response {
        let asked = pairs(&String::from_utf8_lossy(&request.body));
        let field = |name: &str| asked.get(name).cloned().unwrap_or_default();
        let client = match self.kind {
            HostKind::Bitbucket => basic(request),
            _ => Some((field("client_id"), field("client_secret"))),
        };
        if client != Some((CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned())) {
            return self.refuse("invalid_client");
        }
        let person = match field("grant_type").as_str() {
            "authorization_code" => self.redeem(&field("code"), &field("redirect_uri"), &field("code_verifier")),
            "refresh_token" if self.kind == HostKind::GitLab && field("redirect_uri").is_empty() => None,
            "refresh_token" => self.refresh_tokens.remove(&field("refresh_token")),
            _ => None,
        };
        match person {
            Some(person) => {
                // The pair that was replaced ends with its successor's beginning.
                self.tokens
                    .retain(|_, (whose, _)| *whose != person || field("grant_type") != "refresh_token");
                self.issue(person)
            }
            None => self.refuse("invalid_grant"),
        }
    }

    fn redeem(&mut self, code: &str, redirect_uri: &str, verifier: &str) -> Option<u64> {
        let code = self.codes.remove(code)?;
        let is_right = code
            .challenge
            .is_none_or(|challenge| challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())));
        (is_right && code.redirect_uri == redirect_uri).then_some(code.person)
    }

    /// GitHub says no with a 200.
    fn refuse(&self, error: &str) -> Response {
        match self.kind {
            HostKind::GitHub if error == "invalid_grant" => {
                Response::json(200, &json!({ "error": "bad_verification_code" }))
            }
            HostKind::GitHub => Response::json(200, &json!({ "error": "incorrect_client_credentials" })),
            _ => Response::json(400, &json!({ "error": error })),
        }
    }
}

/// Answers what belongs to logging in.
pub(super) fn answer(state: &mut State, request: &Request) -> Option<Response> {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/login/oauth/authorize" | "/oauth/authorize" | "/site/oauth2/authorize") => {
            // The browser's session at the host.
            let cookie = request.headers.get("cookie").cloned().unwrap_or_default();
            let login = cookie.strip_prefix("login=").unwrap_or_default().to_owned();
            Some(match state.callback(&login, &pairs(&request.query)) {
                Some(back) => Response::status(302).with("Location", back.as_str()),
                None => Response::status(400),
            })
        }
        ("POST", "/login/oauth/access_token" | "/oauth/token" | "/site/oauth2/access_token") => {
            Some(state.token(request))
        }
        ("POST", "/oauth/revoke") => Some(end_token(state, request, "token")),
        ("DELETE", path) if path == format!("/api/v3/applications/{CLIENT_ID}/token") => {
            Some(end_token(state, request, "access_token"))
        }
        _ => None,
    }
}

fn end_token(state: &mut State, request: &Request, field: &str) -> Response {
    if basic(request) != Some((CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned())) {
        return Response::status(401);
    }
    let said: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    state.tokens.remove(said[field].as_str().unwrap_or_default());
    Response::json(200, &json!({}))
}

fn pairs(text: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}
