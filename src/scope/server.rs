//! `[server]`: where louver is reached, which clients may register, and whose tokens it accepts beside its own.

use super::error::Problem;
use super::fields::{Faults, Fields, Found, Key, Shape};
use super::hosts::HostConfig;
use super::network::Network;
use super::values::is_variable_name;
use std::path::{Path, PathBuf};
use url::{Host, Url};

/// How louver serves people who log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// The address people and clients type, without a path; never taken from a request.
    pub public_url: Url,
    /// Where the key is found that logins are encrypted with.
    pub state_key: Option<SecretSource>,
    /// Whether clients may register themselves (RFC 7591).
    pub client_registration: bool,
    /// Which client-id metadata documents are taken.
    pub client_metadata: ClientMetadata,
    /// For `pinned` the document URLs, for `allowlist` the domains.
    pub client_metadata_allow: Vec<String>,
    /// Where clients in browsers come from that may ask at `/mcp`, beside louver's own address.
    pub browser_origins: Vec<String>,
    /// Proxies whose word for a client's address is taken.
    pub trusted_proxies: Vec<Network>,
    /// Clients known beforehand.
    pub clients: Vec<ClientConfig>,
    /// Identity providers whose access tokens are taken.
    pub jwt: Vec<JwtConfig>,
}

/// Which client-id metadata documents are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientMetadata {
    /// None.
    Off,
    /// The listed documents.
    Pinned,
    /// Documents of the listed domains.
    Allowlist,
    /// All that can be had safely.
    Open,
}

/// A client known beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// Its id.
    pub id: String,
    /// What people are shown.
    pub name: String,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
}

/// An identity provider whose access tokens are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwtConfig {
    /// The `iss` of its tokens, byte for byte.
    pub issuer: String,
    /// The `aud` its tokens must name; usually louver's own resource URL.
    pub audience: String,
    /// Where its keys are published.
    pub jwks: JwksSource,
    /// How far the clocks may differ.
    pub leeway_seconds: u64,
    /// The host whose account a token stands for.
    pub host: String,
    /// The claim that holds the account's id at that host.
    pub account_claim: String,
    /// The claim that holds the account's name, for people to read.
    pub login_claim: Option<String>,
}

/// Where an identity provider's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwksSource {
    /// Fetched, and fetched again when a key is unknown.
    Url(Url),
    /// A file, for sites without a way out.
    File(PathBuf),
}

/// Where a secret is found when it is needed; the scope file is no place for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The value of this environment variable.
    Env(String),
    /// The text of this file.
    File(PathBuf),
}

pub(super) static SERVER: Shape = Shape {
    table: "[server]",
    keys: &[
        Key {
            name: "public_url",
            wanted: "the address clients are given, as in `public_url = \"https://louver.example.com\"`",
        },
        Key {
            name: "state_key_env",
            wanted: "the name of an environment variable, as in `state_key_env = \"LOUVER_STATE_KEY\"`",
        },
        Key {
            name: "state_key_file",
            wanted: "a file that holds the key, as in `state_key_file = \"/run/secrets/louver-state\"`",
        },
        Key {
            name: "client_registration",
            wanted: "`client_registration = true` or `false`",
        },
        Key {
            name: "client_metadata",
            wanted: "`client_metadata = \"off\"`, `\"pinned\"`, `\"allowlist\"` or `\"open\"`",
        },
        Key {
            name: "client_metadata_allow",
            wanted: "a list of document URLs or domains, as in `client_metadata_allow = [\"claude.ai\"]`",
        },
        Key {
            name: "browser_origins",
            wanted: "a list of origins, as in `browser_origins = [\"https://inspector.example.com\"]`",
        },
        Key {
            name: "trusted_proxies",
            wanted: "a list of addresses or networks, as in `trusted_proxies = [\"10.0.0.0/8\"]`",
        },
        Key {
            name: "client",
            wanted: "one table for each known client, as in `[[server.client]]`",
        },
        Key {
            name: "jwt",
            wanted: "one table for each identity provider, as in `[[server.jwt]]`",
        },
    ],
};

pub(super) static CLIENT: Shape = Shape {
    table: "[[server.client]]",
    keys: &[
        Key {
            name: "id",
            wanted: "the client's id, as in `id = \"build-bot\"`",
        },
        Key {
            name: "name",
            wanted: "what people are shown, as in `name = \"Build bot\"`",
        },
        Key {
            name: "redirect_uris",
            wanted: "a list of addresses, as in `redirect_uris = [\"http://127.0.0.1/callback\"]`",
        },
    ],
};

pub(super) static JWT: Shape = Shape {
    table: "[[server.jwt]]",
    keys: &[
        Key {
            name: "issuer",
            wanted: "the `iss` of its tokens, as in `issuer = \"https://id.example.com\"`",
        },
        Key {
            name: "audience",
            wanted: "the `aud` of its tokens, as in `audience = \"https://louver.example.com/mcp\"`",
        },
        Key {
            name: "jwks_url",
            wanted: "where its keys are, as in `jwks_url = \"https://id.example.com/jwks\"`",
        },
        Key {
            name: "jwks_file",
            wanted: "a file with its keys, as in `jwks_file = \"/etc/louver/jwks.json\"`",
        },
        Key {
            name: "leeway_seconds",
            wanted: "a number of seconds from 0 to 300, as in `leeway_seconds = 30`",
        },
        Key {
            name: "host",
            wanted: "the name of a [[host]], as in `host = \"github\"`",
        },
        Key {
            name: "account_claim",
            wanted: "the claim with the account's id at that host, as in `account_claim = \"github_id\"`",
        },
        Key {
            name: "login_claim",
            wanted: "the claim with the account's name, as in `login_claim = \"preferred_username\"`",
        },
    ],
};

pub(super) fn server(
    file: &Fields<'_>,
    base: &Path,
    hosts: &[HostConfig],
    faults: &mut Faults,
) -> Option<ServerConfig> {
    let table = file.table("server", &SERVER, faults)?;
    if !table.has("public_url") {
        table.missing("public_url", faults);
    }
    let public_url = origin(&table, faults);
    let state_key = secret(&table, "state_key_env", "state_key_file", base, faults);
    let client_registration = table.boolean("client_registration", faults);
    let client_metadata = client_metadata(&table, faults).unwrap_or(ClientMetadata::Off);
    let allow = document_sources(&table, client_metadata, faults);
    if allow.is_empty() && matches!(client_metadata, ClientMetadata::Pinned | ClientMetadata::Allowlist) {
        table.missing("client_metadata_allow", faults);
    }
    let browser_origins = origins(&table, faults);
    let trusted_proxies = proxies(&table, faults);
    let clients = table.tables("client", &CLIENT, faults);
    let clients = clients.iter().filter_map(|it| client(it, faults)).collect();
    let jwt = table.tables("jwt", &JWT, faults);
    let jwt = jwt.iter().filter_map(|it| issuer(it, base, hosts, faults)).collect();
    Some(ServerConfig {
        public_url: public_url?,
        state_key,
        client_registration: client_registration.is_none_or(|found| found.value),
        client_metadata,
        client_metadata_allow: allow,
        browser_origins,
        trusted_proxies,
        clients,
        jwt,
    })
}

/// Paths under it are louver's own, so the address has none.
fn origin(table: &Fields<'_>, faults: &mut Faults) -> Option<Url> {
    let url = base_url(table, "public_url", faults)?;
    if url.path() != "/" {
        faults.add(&table.span_of("public_url"), Problem::PublicPath);
        return None;
    }
    Some(url)
}

fn client_metadata(table: &Fields<'_>, faults: &mut Faults) -> Option<ClientMetadata> {
    let Found { value, span } = table.text("client_metadata", faults)?;
    match value {
        "off" => Some(ClientMetadata::Off),
        "pinned" => Some(ClientMetadata::Pinned),
        "allowlist" => Some(ClientMetadata::Allowlist),
        "open" => Some(ClientMetadata::Open),
        other => {
            faults.add(&span, Problem::ClientMetadata(other.escape_debug().to_string()));
            None
        }
    }
}

/// Reads what `pinned` and `allowlist` take.
fn document_sources(table: &Fields<'_>, mode: ClientMetadata, faults: &mut Faults) -> Vec<String> {
    let found = table.texts("client_metadata_allow", faults).unwrap_or_default();
    for Found { value, span } in &found {
        let is_good = match mode {
            ClientMetadata::Pinned => Url::parse(value).is_ok_and(|url| is_safe(&url) && url.path() != "/"),
            ClientMetadata::Allowlist => matches!(
                Host::parse(value.strip_prefix("*.").unwrap_or(value)),
                Ok(Host::Domain(domain)) if value.ends_with(&domain) && domain.contains('.')
            ),
            ClientMetadata::Off | ClientMetadata::Open => true,
        };
        if !is_good {
            faults.add(span, Problem::DocumentSource(value.escape_debug().to_string()));
        }
    }
    found.into_iter().map(|found| found.value.to_owned()).collect()
}

/// Reads the origins of clients in browsers, as browsers write them.
fn origins(table: &Fields<'_>, faults: &mut Faults) -> Vec<String> {
    let found = table.texts("browser_origins", faults).unwrap_or_default();
    for Found { value, span } in &found {
        let own = Url::parse(value).ok().filter(is_safe);
        if own.is_none_or(|url| url.origin().ascii_serialization() != *value) {
            faults.add(span, Problem::Origin(value.escape_debug().to_string()));
        }
    }
    found.into_iter().map(|found| found.value.to_owned()).collect()
}

fn proxies(table: &Fields<'_>, faults: &mut Faults) -> Vec<Network> {
    let mut networks = Vec::new();
    for Found { value, span } in table.texts("trusted_proxies", faults).unwrap_or_default() {
        match Network::parse(value) {
            Some(network) => networks.push(network),
            None => faults.add(&span, Problem::Network(value.escape_debug().to_string())),
        }
    }
    networks
}

/// HTTPS, or HTTP to this machine.
fn is_safe(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

fn owned(table: &Fields<'_>, key: &'static str, faults: &mut Faults) -> Vec<String> {
    let texts = table.texts(key, faults).unwrap_or_default();
    texts.into_iter().map(|found| found.value.to_owned()).collect()
}

fn client(table: &Fields<'_>, faults: &mut Faults) -> Option<ClientConfig> {
    require(table, &["id", "name", "redirect_uris"], faults);
    let (id, name) = (table.text("id", faults), table.text("name", faults));
    let redirect_uris = owned(table, "redirect_uris", faults);
    Some(ClientConfig {
        id: id?.value.to_owned(),
        name: name?.value.to_owned(),
        redirect_uris,
    })
}

fn issuer(table: &Fields<'_>, base: &Path, hosts: &[HostConfig], faults: &mut Faults) -> Option<JwtConfig> {
    require(table, &["issuer", "audience", "host", "account_claim"], faults);
    let text = |key, faults: &mut Faults| table.text(key, faults).map(|found| found.value.to_owned());
    let (issuer, audience) = (text("issuer", faults), text("audience", faults));
    let (account_claim, login_claim) = (text("account_claim", faults), text("login_claim", faults));
    let host = table.text("host", faults);
    if let Some(Found { value, span }) = &host
        && !hosts.iter().any(|host| host.name == *value)
    {
        faults.add(span, Problem::NoSuchHost(value.escape_debug().to_string()));
    }
    let leeway = table.integer("leeway_seconds", faults);
    if let Some(Found { value, span }) = &leeway
        && !(0..=300).contains(value)
    {
        let (key, value) = ("leeway_seconds", *value);
        faults.add(span, Problem::Seconds { key, value });
    }
    let jwks = match (table.has("jwks_url"), table.has("jwks_file")) {
        (true, true) => {
            let problem = Problem::TwoSources("jwks_url", "jwks_file");
            faults.add(&table.span_of("jwks_file"), problem);
            None
        }
        (false, true) => text("jwks_file", faults).map(|file| JwksSource::File(base.join(file))),
        (true, false) => base_url(table, "jwks_url", faults).map(JwksSource::Url),
        (false, false) => {
            table.missing("jwks_url", faults);
            None
        }
    };
    Some(JwtConfig {
        issuer: issuer?,
        audience: audience?,
        jwks: jwks?,
        leeway_seconds: leeway.and_then(|it| u64::try_from(it.value).ok()).unwrap_or(30),
        host: host?.value.to_owned(),
        account_claim: account_claim?,
        login_claim,
    })
}

fn require(table: &Fields<'_>, keys: &[&'static str], faults: &mut Faults) {
    for key in keys.iter().filter(|key| !table.has(key)) {
        table.missing(key, faults);
    }
}

/// Reads an address that tokens and codes may be sent to: HTTPS, or HTTP to this machine.
pub(super) fn base_url(table: &Fields<'_>, key: &'static str, faults: &mut Faults) -> Option<Url> {
    let Found { value, span } = table.text(key, faults)?;
    let good = Url::parse(value).ok().filter(|url| {
        is_safe(url)
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if good.is_none() {
        faults.add(&span, Problem::BaseUrl(key));
    }
    good
}

/// Reads where a secret is found, if either key is there.
pub(super) fn secret(
    table: &Fields<'_>,
    env: &'static str,
    file: &'static str,
    base: &Path,
    faults: &mut Faults,
) -> Option<SecretSource> {
    if table.has(env) && table.has(file) {
        faults.add(&table.span_of(file), Problem::TwoSources(env, file));
        return None;
    }
    if let Some(Found { value, .. }) = table.text(file, faults) {
        return Some(SecretSource::File(base.join(value)));
    }
    let Found { value, span } = table.text(env, faults)?;
    if !is_variable_name(value) {
        faults.add(&span, Problem::SecretInScope(env));
        return None;
    }
    Some(SecretSource::Env(value.to_owned()))
}
