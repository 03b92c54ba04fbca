//! Turns the text of a scope file into a [`Scope`], or into everything that is wrong with it.

use super::error::{Problem, ScopeErrors};
use super::fields::{Faults, Fields, Found, Key, Shape, position};
use super::filter::{PathFilter, PathFilterBuilder};
use super::hosts::{self, HostConfig};
use super::location::Location;
use super::name::RepoName;
use super::server::{self, ServerConfig};
use super::tier::Tier;
use super::{Credential, DEFAULT_MAX_FILE_BYTES, ListedRepo, Scope, hex};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use toml::de::DeTable;

const MAX_FILE_BYTES: Key = Key {
    name: "max_file_bytes",
    wanted: "a number of bytes, as in `max_file_bytes = 1048576`",
};

const TIER: Key = Key {
    name: "tier",
    wanted: "`tier = \"public\"`, `\"internal\"`, `\"confidential\"` or `\"restricted\"`",
};

const EXCLUDE: Key = Key {
    name: "exclude",
    wanted: "a list of globs, as in `exclude = [\"infra/prod/**\"]`",
};

static FILE: Shape = Shape {
    table: "the scope file",
    keys: &[
        Key {
            name: "version",
            wanted: "`version = 1`",
        },
        EXCLUDE,
        Key {
            name: "defaults",
            wanted: "a table, as in `[defaults]`",
        },
        Key {
            name: "repo",
            wanted: "one table for each repository, as in `[[repo]]`",
        },
        Key {
            name: "host",
            wanted: "one table for each repository host, as in `[[host]]`",
        },
        Key {
            name: "server",
            wanted: "a table, as in `[server]`",
        },
    ],
};

static DEFAULTS: Shape = Shape {
    table: "[defaults]",
    keys: &[TIER, MAX_FILE_BYTES],
};

static REPO: Shape = Shape {
    table: "[[repo]]",
    keys: &[
        Key {
            name: "name",
            wanted: "a name, as in `name = \"acme/payments\"`",
        },
        Key {
            name: "path",
            wanted: "a folder, as in `path = \"../payments\"`",
        },
        Key {
            name: "url",
            wanted: "a clone URL, as in `url = \"https://git.example.com/acme/payments.git\"`",
        },
        TIER,
        Key {
            name: "owner",
            wanted: "who answers for it, as in `owner = \"payments@example.com\"`",
        },
        Key {
            name: "branch",
            wanted: "a branch, as in `branch = \"main\"`",
        },
        EXCLUDE,
        Key {
            name: "credential_env",
            wanted: "the name of an environment variable, as in `credential_env = \"GIT_TOKEN\"`",
        },
        Key {
            name: "credential_command",
            wanted: "a program and its arguments, as in `credential_command = [\"pass\", \"git/token\"]`",
        },
        Key {
            name: "credential_user",
            wanted: "an account name, as in `credential_user = \"oauth2\"`",
        },
        Key {
            name: "host",
            wanted: "the name of a [[host]], as in `host = \"github\"`",
        },
        Key {
            name: "id",
            wanted: "its id at the host, as in `id = 583231` (Bitbucket: its UUID in quotes)",
        },
        MAX_FILE_BYTES,
    ],
};

/// The account name that hosts accept beside a token.
const TOKEN_USER: &str = "oauth2";

/// What one repository takes over from the rest of the file.
struct Defaults {
    tier: Tier,
    max_file_bytes: u64,
    filter: PathFilterBuilder,
}

/// What the file says.
#[derive(Default)]
struct Document {
    server: Option<ServerConfig>,
    hosts: Vec<HostConfig>,
    repos: Vec<Arc<ListedRepo>>,
}

/// What the checks of single repositories share.
struct Context<'a> {
    base: &'a Path,
    folder_exists: &'a dyn Fn(&Path) -> bool,
    defaults: Defaults,
    hosts: &'a [HostConfig],
}

pub(super) fn scope(bytes: &[u8], path: &Path, folder_exists: &dyn Fn(&Path) -> bool) -> Result<Scope, ScopeErrors> {
    let mut faults = Faults::default();
    let (text, valid) = match str::from_utf8(bytes) {
        Ok(text) => (text, true),
        Err(error) => (str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(), false),
    };
    let document = if valid {
        let base = path.parent().unwrap_or(Path::new(""));
        document(text, base, folder_exists, &mut faults)
    } else {
        faults.add(&(text.len()..text.len()), Problem::NotUtf8);
        Document::default()
    };
    if !faults.is_empty() {
        return Err(ScopeErrors::Invalid {
            errors: faults.located(text, path),
        });
    }
    Ok(Scope {
        digest: hex(&Sha256::digest(bytes)),
        repos: document.repos,
        hosts: document.hosts.into(),
        server: document.server.map(Arc::new),
    })
}

fn document(text: &str, base: &Path, folder_exists: &dyn Fn(&Path) -> bool, faults: &mut Faults) -> Document {
    let (table, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        // What a broken text seems to say is no ground for further complaints.
        for error in syntax {
            faults.add(
                &error.span().unwrap_or(0..0),
                Problem::Syntax(error.message().replace('\n', ", ")),
            );
        }
        return Document::default();
    }
    let file = Fields::of(table.get_ref(), 0..0, &FILE, faults);
    version(&file, faults);
    let hosts = hosts::hosts(&file, text, base, faults);
    let server = server::server(&file, base, &hosts, faults);
    let context = Context {
        base,
        folder_exists,
        defaults: defaults(&file, faults),
        hosts: &hosts,
    };
    let entries = file.tables("repo", &REPO, faults);
    let mut repos = Vec::new();
    let mut lines = HashMap::new();
    for entry in &entries {
        let name = name(entry, faults);
        if let Some(name) = &name {
            unique(name, text, &mut lines, faults);
        }
        repos.extend(context.repo(entry, name, faults).map(Arc::new));
    }
    Document { server, hosts, repos }
}

fn version(file: &Fields<'_>, faults: &mut Faults) {
    if !file.has("version") {
        file.missing("version", faults);
    }
    match file.integer("version", faults) {
        Some(Found { value, span }) if value != 1 => faults.add(&span, Problem::Version(value)),
        _ => {}
    }
}

fn defaults(file: &Fields<'_>, faults: &mut Faults) -> Defaults {
    let mut filter = PathFilterBuilder::new();
    exclude(file, "scope", &mut filter, faults);
    let table = file.table("defaults", &DEFAULTS, faults);
    let read_tier = table.as_ref().and_then(|table| tier(table, faults));
    let read_limit = table.as_ref().and_then(|table| max_file_bytes(table, faults));
    Defaults {
        tier: read_tier.unwrap_or(Tier::Restricted),
        max_file_bytes: read_limit.unwrap_or(DEFAULT_MAX_FILE_BYTES),
        filter,
    }
}

fn name(entry: &Fields<'_>, faults: &mut Faults) -> Option<Found<RepoName>> {
    if !entry.has("name") {
        entry.missing("name", faults);
    }
    let Found { value, span } = entry.text("name", faults)?;
    match RepoName::new(value) {
        Ok(name) => Some(Found { value: name, span }),
        Err(fault) => {
            let name = value.escape_debug().to_string();
            faults.add(&span, Problem::Name { name, fault });
            None
        }
    }
}

/// Hosts take `Acme/Pay` and `acme/pay` for the same repository, so two entries must differ in more than letter case.
fn unique(name: &Found<RepoName>, text: &str, lines: &mut HashMap<String, usize>, faults: &mut Faults) {
    let (line, _) = position(text, name.span.start);
    match lines.entry(name.value.as_str().to_lowercase()) {
        Entry::Vacant(free) => _ = free.insert(line),
        Entry::Occupied(taken) => {
            let (name_text, first) = (name.value.to_string(), *taken.get());
            faults.add(&name.span, Problem::DuplicateName { name: name_text, first });
        }
    }
}

impl Context<'_> {
    fn repo(&self, entry: &Fields<'_>, name: Option<Found<RepoName>>, faults: &mut Faults) -> Option<ListedRepo> {
        if !entry.has("owner") {
            entry.missing("owner", faults);
        }
        let owner = entry.text("owner", faults);
        let read_tier = tier(entry, faults);
        let limit = max_file_bytes(entry, faults);
        let branch = branch(entry, faults);
        let location = self.location(entry, faults);
        let credential = credential(entry, faults);
        let filter = self.filter(entry, faults);
        let host = hosts::binding(entry, name.as_ref().map(|name| &name.value), self.hosts, faults);
        Some(ListedRepo {
            name: name?.value,
            tier: read_tier.unwrap_or(self.defaults.tier),
            owner: owner?.value.to_owned(),
            location: location?,
            branch,
            credential,
            max_file_bytes: limit.unwrap_or(self.defaults.max_file_bytes),
            filter: filter?,
            host,
        })
    }

    fn location(&self, entry: &Fields<'_>, faults: &mut Faults) -> Option<Location> {
        match (entry.has("path"), entry.has("url")) {
            (true, true) => {
                faults.add(&entry.span_of("url"), Problem::PathAndUrl);
                None
            }
            (false, false) => {
                faults.add(&entry.span(), Problem::NoLocation);
                None
            }
            (true, false) => self.folder(entry, faults),
            (false, true) => {
                let Found { value, span } = entry.text("url", faults)?;
                let location = Location::from_url(value);
                location.map_err(|fault| faults.add(&span, Problem::Url(fault))).ok()
            }
        }
    }

    fn folder(&self, entry: &Fields<'_>, faults: &mut Faults) -> Option<Location> {
        let Found { value, span } = entry.text("path", faults)?;
        let folder = self.base.join(value);
        let problem = if value.contains("://") {
            Problem::UrlAsPath
        } else if value == "~" || value.starts_with("~/") {
            Problem::HomePath
        } else if !(self.folder_exists)(&folder) {
            Problem::NoSuchFolder(folder)
        } else {
            return Some(Location::Path(folder));
        };
        faults.add(&span, problem);
        None
    }

    fn filter(&self, entry: &Fields<'_>, faults: &mut Faults) -> Option<PathFilter> {
        let mut filter = self.defaults.filter.clone();
        exclude(entry, "repo", &mut filter, faults);
        let glob = "exclude".to_owned();
        let built = filter.build();
        built
            .map_err(|fault| faults.add(&entry.span_of("exclude"), Problem::Glob { glob, fault }))
            .ok()
    }
}

fn tier(table: &Fields<'_>, faults: &mut Faults) -> Option<Tier> {
    let Found { value, span } = table.text("tier", faults)?;
    value
        .parse()
        .map_err(|unknown| faults.add(&span, Problem::Tier(unknown)))
        .ok()
}

fn max_file_bytes(table: &Fields<'_>, faults: &mut Faults) -> Option<u64> {
    let Found { value, span } = table.integer("max_file_bytes", faults)?;
    if (1..=64 << 20).contains(&value) {
        return u64::try_from(value).ok();
    }
    faults.add(&span, Problem::FileBytes(value));
    None
}

fn exclude(table: &Fields<'_>, origin: &str, filter: &mut PathFilterBuilder, faults: &mut Faults) {
    for Found { value, span } in table.texts("exclude", faults).unwrap_or_default() {
        if let Err(fault) = filter.exclude(origin, value) {
            let glob = value.escape_debug().to_string();
            faults.add(&span, Problem::Glob { glob, fault });
        }
    }
}

fn branch(entry: &Fields<'_>, faults: &mut Faults) -> Option<String> {
    let Found { value, span } = entry.text("branch", faults)?;
    if is_branch_name(value) {
        return Some(value.to_owned());
    }
    faults.add(&span, Problem::Branch(value.escape_debug().to_string()));
    None
}

/// Applies git's own rules for reference names; a full reference name is refused, so that a tag cannot pass for a branch.
fn is_branch_name(name: &str) -> bool {
    let parts_are_good = name
        .split('/')
        .all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"));
    let forbidden = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    parts_are_good
        && !name.starts_with("refs/")
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && name != "@"
        && !name.contains(forbidden)
}

fn credential(entry: &Fields<'_>, faults: &mut Faults) -> Credential {
    if !entry.has("url") {
        for key in ["credential_env", "credential_command", "credential_user"] {
            if entry.has(key) {
                faults.add(&entry.span_of(key), Problem::UselessCredential(key));
            }
        }
        return Credential::None;
    }
    let user = entry
        .text("credential_user", faults)
        .map_or(TOKEN_USER, |user| user.value)
        .to_owned();
    let variable = entry.text("credential_env", faults);
    let command = command(entry, faults);
    match (variable, command) {
        (Some(_), Some(command)) => {
            faults.add(&command.span, Problem::TwoCredentials);
            Credential::None
        }
        (Some(variable), None) => {
            if !is_variable_name(variable.value) {
                faults.add(&variable.span, Problem::NotAVariable);
            }
            Credential::Env {
                user,
                variable: variable.value.to_owned(),
            }
        }
        (None, Some(command)) => Credential::Command {
            user,
            command: command.value,
        },
        (None, None) => Credential::None,
    }
}

fn command(entry: &Fields<'_>, faults: &mut Faults) -> Option<Found<Vec<String>>> {
    const KEY: &str = "credential_command";
    let words = entry.texts(KEY, faults)?;
    let span: Range<usize> = entry.span_of(KEY);
    if words.first().is_none_or(|program| program.value.trim().is_empty()) {
        let wanted = "a program and its arguments, as in `credential_command = [\"pass\", \"git/token\"]`";
        faults.add(&span, Problem::Empty { key: KEY, wanted });
        return None;
    }
    let value = words.iter().map(|word| word.value.to_owned()).collect();
    Some(Found { value, span })
}

/// Variables of credentials are written in capitals everywhere, and hardly any token is: a token pasted here by mistake is noticed.
pub(super) fn is_variable_name(text: &str) -> bool {
    text.len() <= 64
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
