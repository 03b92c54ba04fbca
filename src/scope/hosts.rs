//! `[[host]]`: the repository hosts people log in at, and what a repository is called there.

use super::error::Problem;
use super::fields::{Faults, Fields, Found, Key, Shape, position};
use super::name::RepoName;
use super::server::{SecretSource, base_url, secret};
use super::suggest;
use super::tier::Tier;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::time::Duration;
use url::Url;

/// A repository host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// The word for it in records, tokens and URLs.
    pub name: String,
    /// What it speaks.
    pub kind: HostKind,
    /// How long its answers are relied on.
    pub bounds: Bounds,
    /// How to talk to it; a static host is not talked to.
    pub remote: Option<RemoteHost>,
    /// The people of a static host.
    pub users: Vec<StaticUser>,
}

/// What is needed to talk to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteHost {
    /// Where people log in and git fetches.
    pub url: Url,
    /// Where its interface for programs is.
    pub api_url: Url,
    /// The public name of louver's registration there.
    pub client_id: String,
    /// Where the secret of that registration is found.
    pub client_secret: Option<SecretSource>,
    /// Whether GitHub's registration is an OAuth App, which needs a wide scope, and not a GitHub App.
    pub oauth_app: bool,
    /// What signs the host's webhooks; without it none are taken.
    pub webhook_secret: Option<SecretSource>,
    /// Set if people only prove who they are, and what they may read is asked with this.
    pub service: Option<ServiceCredential>,
    /// Whether it is asked who is in its groups.
    pub has_teams: bool,
}

/// What louver asks a host with when it does not ask as the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceCredential {
    /// The key of a GitHub App, and where it is installed.
    App {
        /// The number of the App.
        app_id: u64,
        /// The number of the installation.
        installation_id: u64,
        /// Where its private key is found.
        key: SecretSource,
    },
    /// A token of a bot or a workspace.
    Token(SecretSource),
}

/// A person of a static host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticUser {
    /// The id that stays when the login changes.
    pub id: String,
    /// The account name.
    pub login: String,
    /// The repositories they can read.
    pub repos: Vec<RepoName>,
}

/// What a host speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostKind {
    /// github.com or GitHub Enterprise Server.
    GitHub,
    /// gitlab.com or a GitLab of one's own.
    GitLab,
    /// Bitbucket Cloud.
    Bitbucket,
    /// Gitea or Forgejo.
    Gitea,
    /// The scope file itself.
    Static,
}

/// How long the answers of a host are relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Older than this, an answer is served and asked for anew behind.
    pub soft: Duration,
    /// Older than this, an answer is worth nothing.
    pub hard: Duration,
    /// How long a refusal is kept.
    pub negative: Duration,
    /// Hard bounds of single tiers, where they are tighter.
    pub tiers: BTreeMap<Tier, Duration>,
}

/// What a repository is called at its host: the host's name, and the id that stays through renames.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostBinding {
    /// The host's name in the scope file.
    pub host: String,
    /// The repository's numeric id there; at Bitbucket its UUID; at a static host its name.
    pub id: String,
}

impl HostKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::GitHub, Self::GitLab, Self::Bitbucket, Self::Gitea, Self::Static];

    /// The word for it in the scope file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Bitbucket => "bitbucket",
            Self::Gitea => "gitea",
            Self::Static => "static",
        }
    }

    fn usual_url(self) -> Option<&'static str> {
        match self {
            Self::GitHub => Some("https://github.com"),
            Self::GitLab => Some("https://gitlab.com"),
            Self::Bitbucket => Some("https://bitbucket.org"),
            Self::Gitea | Self::Static => None,
        }
    }

    fn usual_api(self, url: &Url) -> Option<Url> {
        let usual = match self {
            Self::GitHub if url.host_str() == Some("github.com") => return Url::parse("https://api.github.com").ok(),
            Self::Bitbucket if url.host_str() == Some("bitbucket.org") => {
                return Url::parse("https://api.bitbucket.org/2.0").ok();
            }
            Self::GitHub => "api/v3",
            Self::GitLab => "api/v4",
            Self::Bitbucket => "2.0",
            Self::Gitea => "api/v1",
            Self::Static => return None,
        };
        Url::parse(&format!("{}/{usual}", url.as_str().trim_end_matches('/'))).ok()
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            soft: Duration::from_secs(60),
            hard: Duration::from_secs(300),
            negative: Duration::from_secs(30),
            tiers: BTreeMap::new(),
        }
    }
}

impl Bounds {
    /// How old an answer about a repository of this tier may be.
    pub fn hard(&self, tier: Tier) -> Duration {
        self.tiers.get(&tier).map_or(self.hard, |own| self.hard.min(*own))
    }

    /// How old an answer may be before it is asked for anew.
    pub fn soft(&self, tier: Tier) -> Duration {
        self.soft.min(self.hard(tier))
    }
}

const SECONDS: &str = "a number of seconds from 0 to 900";

pub(super) static HOST: Shape = Shape {
    table: "[[host]]",
    keys: &[
        Key {
            name: "name",
            wanted: "a word, as in `name = \"github\"`",
        },
        Key {
            name: "kind",
            wanted: "`kind = \"github\"`, `\"gitlab\"`, `\"bitbucket\"`, `\"gitea\"` or `\"static\"`",
        },
        Key {
            name: "url",
            wanted: "where people log in, as in `url = \"https://git.example.com\"`",
        },
        Key {
            name: "api_url",
            wanted: "where its API is, as in `api_url = \"https://git.example.com/api/v4\"`",
        },
        Key {
            name: "client_id",
            wanted: "the client id of louver's registration at the host, as in `client_id = \"Iv23li…\"`",
        },
        Key {
            name: "client_secret_env",
            wanted: "the name of an environment variable, as in `client_secret_env = \"GITHUB_CLIENT_SECRET\"`",
        },
        Key {
            name: "client_secret_file",
            wanted: "a file that holds the secret, as in `client_secret_file = \"/run/secrets/github\"`",
        },
        Key {
            name: "oauth_app",
            wanted: "`oauth_app = true` if the registration is an OAuth App and no GitHub App",
        },
        Key {
            name: "webhook_secret_env",
            wanted: "the name of an environment variable, as in `webhook_secret_env = \"GITHUB_WEBHOOK_SECRET\"`",
        },
        Key {
            name: "webhook_secret_file",
            wanted: "a file that holds the secret, as in `webhook_secret_file = \"/run/secrets/webhook\"`",
        },
        Key {
            name: "identity_only",
            wanted: "`identity_only = true` to keep no tokens of people",
        },
        Key {
            name: "app_id",
            wanted: "the number of the GitHub App, as in `app_id = 12345`",
        },
        Key {
            name: "installation_id",
            wanted: "the number of the App's installation, as in `installation_id = 67890`",
        },
        Key {
            name: "app_key_env",
            wanted: "the name of an environment variable, as in `app_key_env = \"GITHUB_APP_KEY\"`",
        },
        Key {
            name: "app_key_file",
            wanted: "the App's private key, as in `app_key_file = \"/run/secrets/app.pem\"`",
        },
        Key {
            name: "service_token_env",
            wanted: "the name of an environment variable, as in `service_token_env = \"GITLAB_BOT_TOKEN\"`",
        },
        Key {
            name: "service_token_file",
            wanted: "a file that holds the token, as in `service_token_file = \"/run/secrets/bot\"`",
        },
        Key {
            name: "soft_seconds",
            wanted: SECONDS,
        },
        Key {
            name: "hard_seconds",
            wanted: SECONDS,
        },
        Key {
            name: "negative_seconds",
            wanted: SECONDS,
        },
        Key {
            name: "tier_seconds",
            wanted: "a table of tiers, as in `tier_seconds = { confidential = 0 }`",
        },
        Key {
            name: "user",
            wanted: "one table for each person, as in `[[host.user]]`",
        },
    ],
};

pub(super) static TIERS: Shape = Shape {
    table: "tier_seconds",
    keys: &[
        Key {
            name: "public",
            wanted: SECONDS,
        },
        Key {
            name: "internal",
            wanted: SECONDS,
        },
        Key {
            name: "confidential",
            wanted: SECONDS,
        },
    ],
};

pub(super) static USER: Shape = Shape {
    table: "[[host.user]]",
    keys: &[
        Key {
            name: "id",
            wanted: "an id that stays when the login changes, as in `id = \"1001\"`",
        },
        Key {
            name: "login",
            wanted: "the account name, as in `login = \"alice\"`",
        },
        Key {
            name: "repos",
            wanted: "a list of names, as in `repos = [\"acme/payments\"]`",
        },
    ],
};

/// Keys of hosts that are talked to.
const REMOTE_KEYS: [&str; 15] = [
    "url",
    "api_url",
    "client_id",
    "client_secret_env",
    "client_secret_file",
    "oauth_app",
    "webhook_secret_env",
    "webhook_secret_file",
    "identity_only",
    "app_id",
    "installation_id",
    "app_key_env",
    "app_key_file",
    "service_token_env",
    "service_token_file",
];

/// Names that subjects of louver's own have.
const RESERVED: [&str; 3] = ["local", "louver", "team"];

pub(super) fn hosts(file: &Fields<'_>, text: &str, base: &Path, faults: &mut Faults) -> Vec<HostConfig> {
    let mut lines: HashMap<String, usize> = HashMap::new();
    let mut hosts = Vec::new();
    for entry in file.tables("host", &HOST, faults) {
        let name = host_name(&entry, faults);
        if let Some(Found { value, span }) = &name {
            let (line, _) = position(text, span.start);
            match lines.entry(value.clone()) {
                Entry::Vacant(free) => _ = free.insert(line),
                Entry::Occupied(taken) => faults.add(
                    span,
                    Problem::DuplicateHost {
                        name: value.clone(),
                        first: *taken.get(),
                    },
                ),
            }
        }
        hosts.extend(host(&entry, name, base, faults));
    }
    hosts
}

fn host(entry: &Fields<'_>, name: Option<Found<String>>, base: &Path, faults: &mut Faults) -> Option<HostConfig> {
    let bounds = bounds(entry, faults);
    let kind = kind(entry, faults)?;
    let (remote, users) = if kind == HostKind::Static {
        for key in REMOTE_KEYS.into_iter().filter(|key| entry.has(key)) {
            faults.add(&entry.span_of(key), Problem::NotForKind { key, kind: "static" });
        }
        (None, users(entry, faults))
    } else {
        if entry.has("user") {
            let kind = kind.as_str();
            faults.add(&entry.span_of("user"), Problem::NotForKind { key: "user", kind });
        }
        (Some(remote(entry, kind, base, faults)?), Vec::new())
    };
    Some(HostConfig {
        name: name?.value,
        kind,
        bounds,
        remote,
        users,
    })
}

fn host_name(entry: &Fields<'_>, faults: &mut Faults) -> Option<Found<String>> {
    if !entry.has("name") {
        entry.missing("name", faults);
    }
    let Found { value, span } = entry.text("name", faults)?;
    let good = value.len() <= 40
        && value.starts_with(|c: char| c.is_ascii_lowercase())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !RESERVED.contains(&value);
    if good {
        let value = value.to_owned();
        return Some(Found { value, span });
    }
    faults.add(&span, Problem::HostName(value.escape_debug().to_string()));
    None
}

fn kind(entry: &Fields<'_>, faults: &mut Faults) -> Option<HostKind> {
    if !entry.has("kind") {
        entry.missing("kind", faults);
    }
    let Found { value, span } = entry.text("kind", faults)?;
    let found = HostKind::ALL.into_iter().find(|kind| kind.as_str() == value);
    if found.is_none() {
        let suggestion = suggest::nearest(value, HostKind::ALL.map(HostKind::as_str));
        let kind = value.escape_debug().to_string();
        faults.add(&span, Problem::HostKind { kind, suggestion });
    }
    found
}

fn remote(entry: &Fields<'_>, kind: HostKind, base: &Path, faults: &mut Faults) -> Option<RemoteHost> {
    let url = match kind.usual_url().filter(|_| !entry.has("url")) {
        Some(usual) => Url::parse(usual).ok(),
        None => {
            if !entry.has("url") {
                entry.missing("url", faults);
            }
            base_url(entry, "url", faults)
        }
    };
    if !entry.has("client_id") {
        entry.missing("client_id", faults);
    }
    let client_id = entry.text("client_id", faults);
    let client_secret = secret(entry, "client_secret_env", "client_secret_file", base, faults);
    if client_secret.is_none() && !entry.has("client_secret_env") && !entry.has("client_secret_file") {
        entry.missing("client_secret_env", faults);
    }
    let webhook_secret = secret(entry, "webhook_secret_env", "webhook_secret_file", base, faults);
    let oauth_app = entry.boolean("oauth_app", faults).is_some_and(|found| found.value);
    if entry.has("oauth_app") && kind != HostKind::GitHub {
        let problem = Problem::NotForKind {
            key: "oauth_app",
            kind: kind.as_str(),
        };
        faults.add(&entry.span_of("oauth_app"), problem);
    }
    let service = service(entry, kind, base, faults);
    let api_url = if entry.has("api_url") {
        base_url(entry, "api_url", faults)
    } else {
        url.as_ref().and_then(|url| kind.usual_api(url))
    };
    Some(RemoteHost {
        url: url?,
        api_url: api_url?,
        client_id: client_id?.value.to_owned(),
        client_secret,
        oauth_app,
        webhook_secret,
        service,
        // Teams are read later.
        has_teams: false,
    })
}

fn service(entry: &Fields<'_>, kind: HostKind, base: &Path, faults: &mut Faults) -> Option<ServiceCredential> {
    let wanted = entry.boolean("identity_only", faults).is_some_and(|found| found.value);
    if wanted && kind == HostKind::Gitea {
        faults.add(&entry.span_of("identity_only"), Problem::NoIdentityOnly);
        return None;
    }
    let key = secret(entry, "app_key_env", "app_key_file", base, faults);
    let token = secret(entry, "service_token_env", "service_token_file", base, faults);
    let number = |key, faults: &mut Faults| entry.integer(key, faults).and_then(|it| u64::try_from(it.value).ok());
    let (app_id, installation_id) = (number("app_id", faults), number("installation_id", faults));
    if !wanted {
        return None;
    }
    if kind != HostKind::GitHub {
        if token.is_none() {
            entry.missing("service_token_env", faults);
        }
        return token.map(ServiceCredential::Token);
    }
    for key in ["app_id", "installation_id"].into_iter().filter(|key| !entry.has(key)) {
        entry.missing(key, faults);
    }
    if key.is_none() {
        entry.missing("app_key_file", faults);
    }
    Some(ServiceCredential::App {
        app_id: app_id?,
        installation_id: installation_id?,
        key: key?,
    })
}

fn bounds(entry: &Fields<'_>, faults: &mut Faults) -> Bounds {
    let usual = Bounds::default();
    let hard = seconds(entry, "hard_seconds", faults).unwrap_or(usual.hard);
    let soft = seconds(entry, "soft_seconds", faults);
    if soft.is_some_and(|soft| soft > hard) {
        faults.add(&entry.span_of("soft_seconds"), Problem::SoftAboveHard(hard.as_secs()));
    }
    let negative = seconds(entry, "negative_seconds", faults).unwrap_or(usual.negative);
    let mut tiers = BTreeMap::new();
    if let Some(table) = entry.table("tier_seconds", &TIERS, faults) {
        for (key, tier) in [
            ("public", Tier::Public),
            ("internal", Tier::Internal),
            ("confidential", Tier::Confidential),
        ] {
            if let Some(own) = seconds(&table, key, faults) {
                tiers.insert(tier, own);
            }
        }
    }
    Bounds {
        soft: soft.unwrap_or(usual.soft.min(hard)),
        hard,
        negative,
        tiers,
    }
}

fn seconds(table: &Fields<'_>, key: &'static str, faults: &mut Faults) -> Option<Duration> {
    let Found { value, span } = table.integer(key, faults)?;
    match u64::try_from(value) {
        Ok(seconds) if seconds <= 900 => Some(Duration::from_secs(seconds)),
        _ => {
            faults.add(&span, Problem::Seconds { key, value });
            None
        }
    }
}

fn users(entry: &Fields<'_>, faults: &mut Faults) -> Vec<StaticUser> {
    let mut users: Vec<StaticUser> = Vec::new();
    for table in entry.tables("user", &USER, faults) {
        for key in ["id", "login"].into_iter().filter(|key| !table.has(key)) {
            table.missing(key, faults);
        }
        let (id, login) = (table.text("id", faults), table.text("login", faults));
        let mut repos = Vec::new();
        for Found { value, span } in table.texts("repos", faults).unwrap_or_default() {
            match RepoName::new(value) {
                Ok(name) => repos.push(name),
                Err(fault) => {
                    let name = value.escape_debug().to_string();
                    faults.add(&span, Problem::Name { name, fault });
                }
            }
        }
        let (Some(id), Some(login)) = (id, login) else { continue };
        if users.iter().any(|user| user.id == id.value) {
            faults.add(&id.span, Problem::DuplicateUser(id.value.escape_debug().to_string()));
        }
        users.push(StaticUser {
            id: id.value.to_owned(),
            login: login.value.to_owned(),
            repos,
        });
    }
    users
}

/// Reads `host` and `id` of a repository; both or neither.
pub(super) fn binding(
    entry: &Fields<'_>,
    name: Option<&RepoName>,
    hosts: &[HostConfig],
    faults: &mut Faults,
) -> Option<HostBinding> {
    if !entry.has("host") {
        if entry.has("id") {
            faults.add(&entry.span_of("id"), Problem::IdWithoutHost);
        }
        return None;
    }
    let Found { value, span } = entry.text("host", faults)?;
    let Some(host) = hosts.iter().find(|host| host.name == value) else {
        faults.add(&span, Problem::NoSuchHost(value.escape_debug().to_string()));
        return None;
    };
    if host.kind == HostKind::Static {
        if entry.has("id") {
            let problem = Problem::NotForKind {
                key: "id",
                kind: "static",
            };
            faults.add(&entry.span_of("id"), problem);
        }
        return Some(HostBinding {
            host: host.name.clone(),
            id: name?.to_string(),
        });
    }
    if !entry.has("id") {
        entry.missing("id", faults);
        return None;
    }
    let id = if host.kind == HostKind::Bitbucket {
        let Found { value, span } = entry.text("id", faults)?;
        let uuid = uuid(value);
        if uuid.is_none() {
            faults.add(&span, Problem::NotAUuid);
        }
        uuid?
    } else {
        let Found { value, span } = entry.integer("id", faults)?;
        if value <= 0 {
            faults.add(&span, Problem::NotAnId(value));
            return None;
        }
        value.to_string()
    };
    Some(HostBinding {
        host: host.name.clone(),
        id,
    })
}

/// Bitbucket writes UUIDs in braces; the scope file may leave them out.
fn uuid(text: &str) -> Option<String> {
    let bare = text
        .strip_prefix('{')
        .and_then(|it| it.strip_suffix('}'))
        .unwrap_or(text);
    let form: Vec<usize> = bare.split('-').map(str::len).collect();
    let good = form == [8, 4, 4, 4, 12] && bare.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    good.then(|| format!("{{{}}}", bare.to_lowercase()))
}
