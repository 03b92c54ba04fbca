//! OAuth clients: how louver knows them, how they register (RFC 7591), and where their codes may be sent.

use super::Login;
use super::documents;
use super::events::Event;
use super::limits::Attempt;
use super::routes::Asked;
use crate::store::{Client, ClientOrigin, StoreError};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::{Host, Url};

const MOST_REDIRECTS: usize = 10;
pub(super) const MOST_URI_BYTES: usize = 512;
const MOST_NAME_CHARS: usize = 80;
/// Programs that receive codes under a scheme of their own.
const APP_SCHEMES: [&str; 5] = ["cursor", "vscode", "vscode-insiders", "windsurf", "zed"];

/// What a client says of itself. What louver does not need is ignored.
#[derive(Deserialize)]
struct Registration {
    #[serde(default)]
    client_name: Option<String>,
    redirect_uris: Vec<String>,
}

/// `POST /register`
pub(super) fn register(login: &Login, asked: &Asked) -> Response {
    if !login.config.client_registration {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some(refusal) = login.too_many(Attempt::Register, asked.address) {
        return refusal;
    }
    let Ok(said) = serde_json::from_slice::<Registration>(&asked.body) else {
        return refused("invalid_client_metadata", "`redirect_uris` is a list of addresses");
    };
    if !takes_redirects(&said.redirect_uris) {
        return refused(
            "invalid_redirect_uri",
            "1 to 10 addresses: https, http to this machine, or a known program's own scheme; without a fragment",
        );
    }
    let name = name_of(&said.client_name.unwrap_or_default());
    match login.store.register_client(&name, &said.redirect_uris) {
        Ok(Some(client)) => registered(login, asked, &client),
        Ok(None) => super::routes::too_many(3600),
        Err(err) => super::token::unavailable(&err),
    }
}

fn registered(login: &Login, asked: &Asked, client: &Client) -> Response {
    let event = Event {
        what: "client-registered",
        client: Some(&client.id),
        address: Some(asked.address),
        detail: Map::from_iter([
            ("name".to_owned(), json!(client.name)),
            ("redirect_uris".to_owned(), json!(client.redirect_uris)),
        ]),
        ..Event::default()
    };
    if let Err(err) = login.events.record(event) {
        return super::token::unavailable(&err);
    }
    let answer = json!({
        "client_id": client.id,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    json_of(StatusCode::CREATED, &answer)
}

fn refused(error: &str, description: &str) -> Response {
    json_of(
        StatusCode::BAD_REQUEST,
        &json!({ "error": error, "error_description": description }),
    )
}

pub(super) fn json_of(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}

impl Login {
    /// The client with this id. One that describes itself in a document may be fetched for it.
    pub(super) fn client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        if let Some(client) = self.listed(id) {
            return Ok(Some(client));
        }
        let Some((url, reach)) = documents::address_of(&self.config, id) else {
            return self.store.registered_client(id);
        };
        let found = self.documents.client(&url, reach);
        Ok(found
            .inspect_err(|fault| tracing::warn!(client = id, %fault, "a client-id metadata document is not taken"))
            .ok())
    }

    /// What the client with this id calls itself, if louver takes such a client. Nothing is fetched: what the client shows is bound to its id.
    pub(super) fn client_name(&self, id: &str) -> Result<Option<String>, StoreError> {
        if let Some(client) = self.listed(id) {
            return Ok(Some(client.name));
        }
        match documents::address_of(&self.config, id) {
            Some((url, _)) => Ok(Some(self.documents.name(&url))),
            None => Ok(self.store.registered_client(id)?.map(|client| client.name)),
        }
    }

    fn listed(&self, id: &str) -> Option<Client> {
        let client = self.config.clients.iter().find(|client| client.id == id)?;
        Some(Client {
            id: client.id.clone(),
            name: client.name.clone(),
            redirect_uris: client.redirect_uris.clone(),
            origin: ClientOrigin::Listed,
        })
    }
}

/// What people are shown of a client's name.
pub(super) fn name_of(claimed: &str) -> String {
    let plain = claimed.chars().filter(|c| !c.is_control());
    plain.take(MOST_NAME_CHARS).collect()
}

/// Whether a client may have these addresses.
pub(super) fn takes_redirects(uris: &[String]) -> bool {
    (1..=MOST_REDIRECTS).contains(&uris.len()) && uris.iter().all(|uri| may_receive(uri))
}

/// Whether a client may register an address.
fn may_receive(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let plain = uri.len() <= MOST_URI_BYTES
        && !uri.contains(|c: char| c.is_whitespace() || c.is_control())
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    plain
        && match url.scheme() {
            "https" => url.host_str().is_some(),
            "http" => is_loopback(&url),
            scheme => APP_SCHEMES.contains(&scheme),
        }
}

/// Whether an address is this machine's.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether `asked` is a registered address: exactly, or but for the port if it is a program on the person's own machine (RFC 8252 §7.3).
pub(super) fn matches(registered: &[String], asked: &str) -> bool {
    registered.iter().any(|own| {
        if own == asked {
            return true;
        }
        let (Ok(own), Ok(mut other)) = (Url::parse(own), Url::parse(asked)) else {
            return false;
        };
        // What the parser would repair is not what was registered.
        own.scheme() == "http"
            && is_loopback(&own)
            && other.as_str() == asked
            && other.set_port(own.port()).is_ok()
            && other == own
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_match_exactly_but_for_the_port_of_loopback() {
        let registered = [
            "http://localhost/callback",
            "http://127.0.0.1:3000/cb",
            "https://app.example.com/cb",
        ]
        .map(str::to_owned);
        for good in [
            "http://localhost/callback",
            "http://localhost:51234/callback",
            "http://127.0.0.1:3000/cb",
            "http://127.0.0.1:9/cb",
            "https://app.example.com/cb",
        ] {
            assert!(matches(&registered, good), "{good}");
        }
        for bad in [
            "http://localhost:51234/other",
            "http://127.0.0.1/callback",
            "http://localhost:1/callback?x=1",
            "http://user@localhost:1/callback",
            "http://localhost:1/callback#x",
            "http://localhost.example.com/callback",
            "http://localhost:1/a/../callback",
            "https://localhost/callback",
            "https://app.example.com:444/cb",
            "https://app.example.com/cb/",
            "https://APP.example.com/cb",
        ] {
            assert!(!matches(&registered, bad), "{bad}");
        }
    }

    #[test]
    fn codes_are_sent_to_programs_and_https_only() {
        for good in [
            "https://app.example.com/cb",
            "http://[::1]/cb",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ] {
            assert!(may_receive(good), "{good}");
        }
        for bad in [
            "http://app.example.com/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://app.example.com/cb#x",
            "https://a:b@app.example.com/cb",
            "file:///etc/passwd",
            "/cb",
        ] {
            assert!(!may_receive(bad), "{bad}");
        }
    }
}
