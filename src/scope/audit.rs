//! `[audit]`: what records keep and for how long, who is told of them, and what is worth an alert.

use super::error::Problem;
use super::fields::{Faults, Fields, Found, Key, Shape};
use super::server::{SecretSource, base_url, secret};
use super::values::credential;
use super::{Credential, Location};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// What records keep and for how long, who is told of them, and what is worth an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditConfig {
    /// Whether the words of questions are kept, and not their keyed digest alone.
    pub keep_queries: bool,
    /// Nothing is answered while the disk of the log has less room than this.
    pub min_free_bytes: u64,
    /// For how many days `louver audit retention apply` keeps records.
    pub retention_days: Option<u32>,
    /// How many different symbols a person may be told of in an hour.
    pub symbols_per_hour: Option<u64>,
    /// What is worth an alert.
    pub alerts: AlertRules,
    /// Where records and checkpoints are sent.
    pub streams: Vec<StreamConfig>,
    /// Where checkpoints are kept out of louver's reach.
    pub anchors: Vec<AnchorConfig>,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self {
            keep_queries: false,
            min_free_bytes: 64 << 20,
            retention_days: None,
            symbols_per_hour: None,
            alerts: AlertRules::default(),
            streams: Vec::new(),
            anchors: Vec::new(),
        }
    }
}

/// What is worth an alert. A number of 0 and `false` turn a rule off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertRules {
    /// A credential or personal data was blotted out of an answer.
    pub secret_finding: bool,
    /// A session was told of so many different symbols.
    pub distinct_symbols: u64,
    /// A session was told of so many times more than the person's sessions usually are.
    pub times_usual: u64,
    /// A session was told about so many repositories.
    pub repositories: u64,
    /// A person was refused so often within ten minutes.
    pub denials: u64,
    /// A client asked that `[clients]` does not approve.
    pub unknown_client: bool,
    /// An answer rests on an exception that is closely watched.
    pub exception: bool,
    /// A log has a gap of so many minutes, or was not closed in good order.
    pub silence_minutes: u64,
    /// A host did not say for too long what somebody may read.
    pub permission_source: bool,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self {
            secret_finding: true,
            distinct_symbols: 2_000,
            times_usual: 5,
            repositories: 25,
            denials: 20,
            unknown_client: true,
            exception: true,
            silence_minutes: 5,
            permission_source: true,
        }
    }
}

/// Where records are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamConfig {
    /// What its place in the log is remembered by.
    pub name: String,
    /// Where to.
    pub to: StreamTarget,
    /// Only records of these classes; `None` sends all.
    pub classes: Option<Vec<String>>,
}

/// How records are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamTarget {
    /// RFC 5424 over TCP, with the lengths of RFC 6587.
    Syslog {
        /// The machine.
        host: String,
        /// Its port.
        port: u16,
        /// Whether in TLS.
        tls: bool,
        /// The authority that vouches for it, if not a public one.
        ca_file: Option<PathBuf>,
    },
    /// One request for some records, a JSON object a line.
    Webhook {
        /// The address.
        url: Url,
        /// The bearer token that is sent with it.
        token: Option<SecretSource>,
    },
    /// A file that somebody else takes away, a JSON object a line.
    File(PathBuf),
}

/// Where checkpoints are kept out of louver's reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorConfig {
    /// What it is called in messages.
    pub name: String,
    /// Where.
    pub at: AnchorTarget,
    /// How often.
    pub every: Duration,
}

/// How checkpoints are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorTarget {
    /// As commits of a git repository.
    Git {
        /// The repository, on this machine.
        path: PathBuf,
        /// Where they are pushed to.
        push: Option<PushTarget>,
    },
    /// By a C2SP witness, which signs that it saw them.
    Witness {
        /// Its address.
        url: Url,
        /// The key it signs with.
        vkey: String,
    },
}

/// A remote repository that takes checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushTarget {
    /// Its address.
    pub url: String,
    /// What louver shows it.
    pub credential: Credential,
}

pub(super) static AUDIT: Shape = Shape {
    table: "[audit]",
    keys: &[
        Key {
            name: "queries",
            wanted: "`queries = \"digest\"` or `\"text\"`",
        },
        Key {
            name: "min_free_mb",
            wanted: "a number of megabytes, as in `min_free_mb = 64`",
        },
        Key {
            name: "retention_days",
            wanted: "a number of days, as in `retention_days = 400`",
        },
        Key {
            name: "symbols_per_hour",
            wanted: "a number of symbols, as in `symbols_per_hour = 3000`",
        },
        Key {
            name: "alerts",
            wanted: "a table, as in `[audit.alerts]`",
        },
        Key {
            name: "stream",
            wanted: "one table for each stream, as in `[[audit.stream]]`",
        },
        Key {
            name: "anchor",
            wanted: "one table for each anchor, as in `[[audit.anchor]]`",
        },
    ],
};

pub(super) static ALERTS: Shape = Shape {
    table: "[audit.alerts]",
    keys: &[
        Key {
            name: "secret_finding",
            wanted: "`secret_finding = true` or `false`",
        },
        Key {
            name: "distinct_symbols",
            wanted: "a number of symbols, as in `distinct_symbols = 2000`",
        },
        Key {
            name: "times_usual",
            wanted: "a number, as in `times_usual = 5`",
        },
        Key {
            name: "repositories",
            wanted: "a number of repositories, as in `repositories = 25`",
        },
        Key {
            name: "denials",
            wanted: "a number of refusals, as in `denials = 20`",
        },
        Key {
            name: "unknown_client",
            wanted: "`unknown_client = true` or `false`",
        },
        Key {
            name: "exception",
            wanted: "`exception = true` or `false`",
        },
        Key {
            name: "silence_minutes",
            wanted: "a number of minutes, as in `silence_minutes = 5`",
        },
        Key {
            name: "permission_source",
            wanted: "`permission_source = true` or `false`",
        },
    ],
};

pub(super) static STREAM: Shape = Shape {
    table: "[[audit.stream]]",
    keys: &[
        Key {
            name: "name",
            wanted: "a word, as in `name = \"siem\"`",
        },
        Key {
            name: "kind",
            wanted: "`kind = \"syslog\"`, `\"webhook\"` or `\"file\"`",
        },
        Key {
            name: "address",
            wanted: "`tls://` or `tcp://`, a machine and a port, as in `address = \"tls://siem.example.com:6514\"`",
        },
        Key {
            name: "ca_file",
            wanted: "a file of certificates, as in `ca_file = \"siem-ca.pem\"`",
        },
        Key {
            name: "url",
            wanted: "an address, as in `url = \"https://siem.example.com/louver\"`",
        },
        Key {
            name: "token_env",
            wanted: "the name of an environment variable, as in `token_env = \"SIEM_TOKEN\"`",
        },
        Key {
            name: "token_file",
            wanted: "a file that holds the token, as in `token_file = \"/run/secrets/siem\"`",
        },
        Key {
            name: "path",
            wanted: "a file, as in `path = \"/var/log/louver/records.jsonl\"`",
        },
        Key {
            name: "classes",
            wanted: "a list of classes of records, as in `classes = [\"alert\", \"denial\"]`",
        },
    ],
};

pub(super) static ANCHOR: Shape = Shape {
    table: "[[audit.anchor]]",
    keys: &[
        Key {
            name: "name",
            wanted: "a word, as in `name = \"witness\"`",
        },
        Key {
            name: "kind",
            wanted: "`kind = \"git\"` or `\"witness\"`",
        },
        Key {
            name: "path",
            wanted: "a git repository, as in `path = \"../checkpoints\"`",
        },
        Key {
            name: "push",
            wanted: "the repository to push to, as in `push = \"https://git.example.com/security/checkpoints.git\"`",
        },
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
            wanted: "the account name that goes with the token, as in `credential_user = \"git\"`",
        },
        Key {
            name: "url",
            wanted: "the witness, as in `url = \"https://witness.example.com\"`",
        },
        Key {
            name: "vkey",
            wanted: "the key it signs with, as in `vkey = \"witness.example.com+8b0a5ecd+BA…\"`",
        },
        Key {
            name: "every_minutes",
            wanted: "a number of minutes, as in `every_minutes = 60`",
        },
    ],
};

/// The classes of records, as records write them.
pub const CLASSES: [&str; 11] = [
    "retrieval",
    "denial",
    "auth",
    "scope_change",
    "index",
    "export",
    "admin",
    "alert",
    "tick",
    "start",
    "stop",
];

pub(super) fn audit(file: &Fields<'_>, base: &Path, faults: &mut Faults) -> AuditConfig {
    let usual = AuditConfig::default();
    let Some(table) = file.table("audit", &AUDIT, faults) else {
        return usual;
    };
    let keep_queries = table.word("queries", &[("digest", false), ("text", true)], faults);
    let free = number(&table, "min_free_mb", 1..=1 << 20, faults);
    let days = number(&table, "retention_days", 1..=36_500, faults);
    let mut names = HashSet::new();
    let streams = table.tables("stream", &STREAM, faults);
    let streams = streams
        .iter()
        .filter_map(|it| stream(it, base, &mut names, faults))
        .collect();
    let anchors = table.tables("anchor", &ANCHOR, faults);
    let anchors = anchors
        .iter()
        .filter_map(|it| anchor(it, base, &mut names, faults))
        .collect();
    AuditConfig {
        keep_queries: keep_queries.unwrap_or(usual.keep_queries),
        min_free_bytes: free.map_or(usual.min_free_bytes, |mb| mb << 20),
        retention_days: days.and_then(|days| u32::try_from(days).ok()),
        symbols_per_hour: number(&table, "symbols_per_hour", 1..=1 << 40, faults),
        alerts: alerts(&table, faults),
        streams,
        anchors,
    }
}

fn alerts(table: &Fields<'_>, faults: &mut Faults) -> AlertRules {
    let usual = AlertRules::default();
    let Some(table) = table.table("alerts", &ALERTS, faults) else {
        return usual;
    };
    let mut flag = |key, usual| table.boolean(key, faults).map_or(usual, |found| found.value);
    let secret_finding = flag("secret_finding", usual.secret_finding);
    let unknown_client = flag("unknown_client", usual.unknown_client);
    let exception = flag("exception", usual.exception);
    let permission_source = flag("permission_source", usual.permission_source);
    let mut count = |key, usual| number(&table, key, 0..=1 << 40, faults).unwrap_or(usual);
    AlertRules {
        secret_finding,
        distinct_symbols: count("distinct_symbols", usual.distinct_symbols),
        times_usual: count("times_usual", usual.times_usual),
        repositories: count("repositories", usual.repositories),
        denials: count("denials", usual.denials),
        unknown_client,
        exception,
        silence_minutes: count("silence_minutes", usual.silence_minutes),
        permission_source,
    }
}

fn number(
    table: &Fields<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<u64>,
    faults: &mut Faults,
) -> Option<u64> {
    let Found { value, span } = table.integer(key, faults)?;
    let number = u64::try_from(value).ok().filter(|it| range.contains(it));
    if number.is_none() {
        let (least, most) = range.into_inner();
        faults.add(
            &span,
            Problem::Number {
                key,
                value,
                least,
                most,
            },
        );
    }
    number
}

/// The name by which a stream or an anchor is remembered, which is a file name too.
fn name(table: &Fields<'_>, names: &mut HashSet<String>, faults: &mut Faults) -> Option<String> {
    if !table.has("name") {
        table.missing("name", faults);
    }
    let Found { value, span } = table.text("name", faults)?;
    let is_word = value.len() <= 64
        && !value.starts_with('.')
        && value
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b));
    let value = value.escape_debug().to_string();
    if !is_word {
        faults.add(&span, Problem::NotAWord { key: "name", value });
        return None;
    }
    if !names.insert(value.clone()) {
        faults.add(&span, Problem::SameName(value));
        return None;
    }
    Some(value)
}

/// Reports the keys that a kind needs and lacks, and those that mean nothing for it.
fn only(
    table: &Fields<'_>,
    kind: &'static str,
    needed: &[&'static str],
    all: (&[&'static str], &[&'static str]),
    faults: &mut Faults,
) {
    for key in needed.iter().filter(|key| !table.has(key)) {
        table.missing(key, faults);
    }
    let (own, every) = all;
    for key in every.iter().filter(|key| table.has(key) && !own.contains(key)) {
        faults.add(&table.span_of(key), Problem::NotForStream { key, kind });
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Syslog,
    Webhook,
    File,
}

fn stream(table: &Fields<'_>, base: &Path, names: &mut HashSet<String>, faults: &mut Faults) -> Option<StreamConfig> {
    const EVERY: &[&str] = &["address", "ca_file", "url", "token_env", "token_file", "path"];
    if !table.has("kind") {
        table.missing("kind", faults);
    }
    let name = name(table, names, faults);
    let kinds = [
        ("syslog", Kind::Syslog),
        ("webhook", Kind::Webhook),
        ("file", Kind::File),
    ];
    let kind = table.word("kind", &kinds, faults);
    let classes = table.texts("classes", faults).map(|found| classes(found, faults));
    let to = match kind? {
        Kind::Syslog => {
            only(table, "syslog", &["address"], (&["address", "ca_file"], EVERY), faults);
            syslog(table, base, faults)
        }
        Kind::Webhook => {
            only(
                table,
                "webhook",
                &["url"],
                (&["url", "token_env", "token_file"], EVERY),
                faults,
            );
            let token = secret(table, "token_env", "token_file", base, faults);
            base_url(table, "url", faults).map(|url| StreamTarget::Webhook { url, token })
        }
        Kind::File => {
            only(table, "file", &["path"], (&["path"], EVERY), faults);
            table
                .text("path", faults)
                .map(|path| StreamTarget::File(base.join(path.value)))
        }
    };
    Some(StreamConfig {
        name: name?,
        to: to?,
        classes,
    })
}

fn classes(found: Vec<Found<&str>>, faults: &mut Faults) -> Vec<String> {
    let mut classes = Vec::new();
    for Found { value, span } in found {
        if CLASSES.contains(&value) {
            classes.push(value.to_owned());
        } else {
            faults.add(&span, Problem::Class(value.escape_debug().to_string()));
        }
    }
    classes
}

fn syslog(table: &Fields<'_>, base: &Path, faults: &mut Faults) -> Option<StreamTarget> {
    let ca_file = table.text("ca_file", faults).map(|file| base.join(file.value));
    let Found { value, span } = table.text("address", faults)?;
    let url = Url::parse(value).ok().filter(|url| {
        matches!(url.scheme(), "tls" | "tcp") && url.username().is_empty() && matches!(url.path(), "" | "/")
    });
    match url.as_ref().and_then(|url| Some((url.host_str()?, url.port()?))) {
        Some((host, port)) => Some(StreamTarget::Syslog {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            tls: value.starts_with("tls:"),
            ca_file,
        }),
        None => {
            faults.add(&span, Problem::SyslogAddress(value.escape_debug().to_string()));
            None
        }
    }
}

fn anchor(table: &Fields<'_>, base: &Path, names: &mut HashSet<String>, faults: &mut Faults) -> Option<AnchorConfig> {
    const EVERY: &[&str] = &[
        "path",
        "push",
        "credential_env",
        "credential_command",
        "credential_user",
        "url",
        "vkey",
    ];
    const GIT: &[&str] = &[
        "path",
        "push",
        "credential_env",
        "credential_command",
        "credential_user",
    ];
    if !table.has("kind") {
        table.missing("kind", faults);
    }
    let name = name(table, names, faults);
    let is_git = table.word("kind", &[("git", true), ("witness", false)], faults);
    let every = number(table, "every_minutes", 1..=10_080, faults);
    let at = if is_git? {
        only(table, "git", &["path"], (GIT, EVERY), faults);
        let push = push(table, faults);
        table.text("path", faults).map(|path| AnchorTarget::Git {
            path: base.join(path.value),
            push,
        })
    } else {
        only(table, "witness", &["url", "vkey"], (&["url", "vkey"], EVERY), faults);
        let vkey = table.text("vkey", faults).map(|found| found.value.to_owned());
        let url = base_url(table, "url", faults);
        url.zip(vkey).map(|(url, vkey)| AnchorTarget::Witness { url, vkey })
    };
    Some(AnchorConfig {
        name: name?,
        at: at?,
        every: Duration::from_secs(60 * every.unwrap_or(60)),
    })
}

/// Reads where checkpoints are pushed to, if anywhere.
fn push(table: &Fields<'_>, faults: &mut Faults) -> Option<PushTarget> {
    let credential = credential(table, "push", faults);
    let Found { value, span } = table.text("push", faults)?;
    match Location::from_url(value) {
        Ok(_) => Some(PushTarget {
            url: value.to_owned(),
            credential,
        }),
        Err(fault) => {
            faults.add(&span, Problem::PushUrl(fault));
            None
        }
    }
}
