//! Client-id metadata documents: a client whose id is the address of a JSON document that describes it.
//!
//! The operator says which are taken: none, listed ones, those of listed domains, or all that can be had from the public internet. A document
//! must name its own address, so that nobody can describe somebody else's client; and the person is shown the domain, not only the name.

use super::clients::{MOST_URI_BYTES, name_of, takes_redirects};
use super::fetch::{FetchFault, Reach, fetch};
use crate::scope::{ClientMetadata, ServerConfig};
use crate::store::{Client, ClientOrigin};
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use url::{Host, Url};

const MOST_BYTES: u64 = 64 * 1024;
/// A document is asked for again after this, whatever its server says.
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const USUAL: Duration = Duration::from_secs(600);
/// More documents than any organisation has clients.
const MOST_DOCUMENTS: usize = 1_000;

/// The documents that were fetched, each for as long as it may be relied on.
#[derive(Default)]
pub(super) struct Documents(Mutex<HashMap<String, Kept>>);

struct Kept {
    until: Instant,
    found: Result<Client, DocumentFault>,
}

/// Why a document makes no client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DocumentFault {
    #[error(transparent)]
    Fetch(#[from] FetchFault),
    #[error("it is no client metadata: it needs `client_id`, `client_name` and `redirect_uris`")]
    Shape,
    #[error("its `client_id` is another address")]
    OtherClient,
    #[error("its `redirect_uris` are not 1 to 10 addresses that codes may be sent to")]
    Redirects,
    #[error("it is of a client with a secret; only public clients are taken")]
    Secret,
}

/// What a document says. What louver does not need is ignored.
#[derive(Deserialize)]
struct Document {
    client_id: String,
    client_name: String,
    redirect_uris: Vec<String>,
    #[serde(default)]
    token_endpoint_auth_method: Option<String>,
    #[serde(default)]
    client_secret: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    client_secret_expires_at: Option<serde::de::IgnoredAny>,
}

/// The address of a document, if a client's id is one that the operator takes; and where it may be.
pub(super) fn address_of(config: &ServerConfig, id: &str) -> Option<(Url, Reach)> {
    let url = Url::parse(id).ok()?;
    let is_plain = id.len() <= MOST_URI_BYTES
        // What the parser would repair (dot segments, letters of the host, spaces) is another address.
        && url.as_str() == id
        && url.path() != "/"
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !is_plain {
        return None;
    }
    let allow = &config.client_metadata_allow;
    let is_https = url.scheme() == "https";
    match config.client_metadata {
        ClientMetadata::Off => None,
        // Word for word the operator's own: it may be inside the organisation, or on this machine.
        ClientMetadata::Pinned => allow
            .iter()
            .any(|pinned| pinned == id)
            .then_some((url, Reach::Anywhere)),
        ClientMetadata::Allowlist => {
            let listed = matches!(url.host(), Some(Host::Domain(name)) if allow.iter().any(|it| covers(it, name)));
            (is_https && listed).then_some((url, Reach::Public))
        }
        ClientMetadata::Open => is_https.then_some((url, Reach::Public)),
    }
}

/// Whether an entry of the list is a domain, or with `*.` the domains below it.
fn covers(entry: &str, name: &str) -> bool {
    match entry.strip_prefix("*.") {
        Some(domain) => name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => entry == name,
    }
}

impl Documents {
    /// The client a document describes: fetched, or as it was fetched not long ago. What could not be had is not tried again at once.
    pub(super) fn client(&self, url: &Url, reach: Reach) -> Result<Client, DocumentFault> {
        let now = Instant::now();
        if let Some(kept) = self.lock().get(url.as_str())
            && now < kept.until
        {
            return kept.found.clone();
        }
        let (found, fresh_for) = match fetch(url, reach, MOST_BYTES) {
            Ok(fetched) => (client_of(url, &fetched.body), fetched.fresh_for.unwrap_or(USUAL)),
            Err(fault) => (Err(fault.into()), SHORTEST),
        };
        let kept = Kept {
            until: now + fresh_for.clamp(SHORTEST, LONGEST),
            found: found.clone(),
        };
        let mut documents = self.lock();
        if documents.len() >= MOST_DOCUMENTS {
            documents.retain(|_, kept| now < kept.until);
        }
        if documents.len() >= MOST_DOCUMENTS {
            documents.clear();
        }
        documents.insert(url.as_str().to_owned(), kept);
        found
    }

    /// What a client calls itself, if that is still known; else where its description is.
    pub(super) fn name(&self, url: &Url) -> String {
        let documents = self.lock();
        let known = documents.get(url.as_str()).and_then(|kept| kept.found.as_ref().ok());
        known.map_or_else(
            || url.host_str().unwrap_or_default().to_owned(),
            |client| client.name.clone(),
        )
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").finish_non_exhaustive()
    }
}

/// Reads a document that was found at `url`.
fn client_of(url: &Url, body: &[u8]) -> Result<Client, DocumentFault> {
    let said: Document = serde_json::from_slice(body).map_err(|_| DocumentFault::Shape)?;
    if said.client_id != url.as_str() {
        return Err(DocumentFault::OtherClient);
    }
    let is_public = matches!(said.token_endpoint_auth_method.as_deref(), None | Some("none"));
    if !is_public || said.client_secret.is_some() || said.client_secret_expires_at.is_some() {
        return Err(DocumentFault::Secret);
    }
    if !takes_redirects(&said.redirect_uris) {
        return Err(DocumentFault::Redirects);
    }
    let name = name_of(&said.client_name);
    if name.trim().is_empty() {
        return Err(DocumentFault::Shape);
    }
    Ok(Client {
        id: said.client_id,
        name,
        redirect_uris: said.redirect_uris,
        origin: ClientOrigin::Document,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const AT: &str = "https://app.example.com/client.json";

    fn config(mode: ClientMetadata, allow: &[&str]) -> ServerConfig {
        ServerConfig {
            public_url: Url::parse("https://louver.example.com").expect("an address"),
            state_key: None,
            client_registration: true,
            client_metadata: mode,
            client_metadata_allow: allow.iter().map(|it| (*it).to_owned()).collect(),
            browser_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            clients: Vec::new(),
            jwt: Vec::new(),
        }
    }

    #[test]
    fn the_operator_says_which_documents_are_taken() {
        use ClientMetadata::{Allowlist, Off, Open, Pinned};
        let reach = |mode, allow: &[&str], id| address_of(&config(mode, allow), id).map(|it| it.1);
        assert_eq!(reach(Off, &[AT], AT), None);
        assert_eq!(reach(Open, &[], AT), Some(Reach::Public));
        assert_eq!(reach(Pinned, &[AT], AT), Some(Reach::Anywhere));
        assert_eq!(reach(Pinned, &[AT], "https://app.example.com/client.json?x"), None);
        assert_eq!(reach(Allowlist, &["app.example.com"], AT), Some(Reach::Public));
        assert_eq!(reach(Allowlist, &["*.example.com"], AT), Some(Reach::Public));
        for other in ["example.com", "pp.example.com", "*.app.example.com", "*.ple.com", "com"] {
            assert_eq!(reach(Allowlist, &[other], AT), None, "{other}");
        }
        for bad in [
            "http://app.example.com/client.json",
            "https://app.example.com/",
            "https://app.example.com",
            "https://app.example.com/a/../client.json",
            "https://app.example.com/%2e%2e/client.json#x",
            "https://user@app.example.com/client.json",
            "https://APP.example.com/client.json",
            "https://app.example.com:443/client.json",
            "ftp://app.example.com/client.json",
            "lvc-0123456789",
        ] {
            assert_eq!(reach(Open, &[], bad), None, "{bad}");
        }
    }

    #[test]
    fn a_document_describes_its_own_public_client_and_no_other() {
        let url = Url::parse(AT).expect("an address");
        let good = json!({ "client_id": AT, "client_name": "An app", "redirect_uris": ["http://127.0.0.1/cb"], "logo_uri": 1 });
        let read = |change: &[(&str, Value)]| {
            let mut document = good.clone();
            for (key, value) in change {
                document[key] = value.clone();
            }
            client_of(&url, document.to_string().as_bytes())
        };
        let client = read(&[("token_endpoint_auth_method", json!("none"))]).expect("a client");
        assert_eq!((client.id.as_str(), client.name.as_str()), (AT, "An app"));
        for (change, fault) in [
            (
                ("client_id", json!("https://claude.ai/client.json")),
                DocumentFault::OtherClient,
            ),
            (
                ("client_id", json!("https://app.example.com/client.json/")),
                DocumentFault::OtherClient,
            ),
            (("client_name", json!("\u{7}")), DocumentFault::Shape),
            (("client_name", Value::Null), DocumentFault::Shape),
            (("redirect_uris", json!("http://127.0.0.1/cb")), DocumentFault::Shape),
            (("redirect_uris", json!([])), DocumentFault::Redirects),
            (
                ("redirect_uris", json!(["javascript:alert(1)"])),
                DocumentFault::Redirects,
            ),
            (("client_secret", json!("x")), DocumentFault::Secret),
            (("client_secret_expires_at", json!(0)), DocumentFault::Secret),
            (
                ("token_endpoint_auth_method", json!("client_secret_basic")),
                DocumentFault::Secret,
            ),
        ] {
            assert_eq!(read(std::slice::from_ref(&change)), Err(fault), "{change:?}");
        }
        assert_eq!(client_of(&url, b"<html>"), Err(DocumentFault::Shape));
    }
}
