//! One record: what happened, to whom, under which permission.
//!
//! `index-schema/record.schema.json` describes every field to an auditor; a test holds it equal to the types here. A field that does not apply is left
//! out. Personal values and questions have no place in a record: it takes a [`Commitment`] or a [`KeyedDigest`], which only the log can make.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::canonical::{self, Later};

/// The version of the record's form.
pub const VERSION: u32 = 1;
/// A record is at most this long: C2SP's entry bundles count the bytes of an entry in 16 bits.
pub const MAX_BYTES: usize = 65_535;
/// At most this many symbols are listed; more are counted and digested.
pub const MAX_SYMBOLS: usize = 64;
/// A detail longer than this is kept beside the log, under its digest.
pub const MAX_DETAIL_BYTES: usize = 16_384;
/// Text claimed by a client is cut to this many characters.
pub const MAX_CLAIMED: usize = 128;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// An answer was given.
    Retrieval,
    /// An answer was refused.
    Denial,
    /// A login, a consent, a token or a permission came, changed or went.
    Auth,
    /// The scope file in force changed.
    ScopeChange,
    /// An index was built, changed or purged.
    Index,
    /// Records left the log, or were read.
    Export,
    /// Somebody administered louver.
    Admin,
    /// A rule noticed something.
    Alert,
    /// Time passed: a missing tick is a missing record.
    Tick,
    /// The log was opened.
    Start,
    /// The log was closed in good order.
    Stop,
}

/// What was decided about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Answered.
    Allow,
    /// Refused.
    Deny,
    /// Answered, with something blotted out.
    Redact,
    /// Neither: something failed, and nothing was answered.
    Error,
}

/// A SHA-256 digest, written in lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256Digest([u8; 32]);

impl Sha256Digest {
    /// Digests some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads what `Display` writes.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut out = [0; 32];
        if bytes.len() != 64 {
            return None;
        }
        for (to, pair) in out.iter_mut().zip(bytes.chunks(2)) {
            *to = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(out))
    }

    /// Gives the first bytes.
    pub(super) const fn first(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = self.0;
        [a, b, c, d]
    }

    pub(super) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn hex(&self) -> [u8; 64] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 64];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        }
        digits
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.hex()
            .iter()
            .try_for_each(|&digit| fmt::Write::write_char(f, char::from(digit)))
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256Digest({self})")
    }
}

impl Serialize for Sha256Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = self.hex();
        serializer.serialize_str(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

/// Stands for a personal value: `sha256(salt ‖ value)`, with salt and value in a file beside the log from which they can be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Commitment(pub(super) Sha256Digest);

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Stands for a text that is not kept: its HMAC-SHA256 under a key of the log, with which a suspected text can be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct KeyedDigest(pub(super) Sha256Digest);

impl fmt::Display for KeyedDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who asked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Subject {
    /// The host that knows the person.
    pub host: String,
    /// The account's number or name there that never changes.
    pub id: String,
    /// The login at the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<Commitment>,
}

/// What the client says it is. Nobody checked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Client {
    name: String,
    version: String,
}

impl Client {
    /// Takes what the client claims, cut to a bounded length.
    pub fn claimed(name: &str, version: &str) -> Self {
        let cut = |text: &str| text.chars().take(MAX_CLAIMED).collect();
        Self {
            name: cut(name),
            version: cut(version),
        }
    }
}

/// A repository an answer came from.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Repo {
    /// The commit that was indexed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Its name in the scope file.
    pub name: String,
    /// Its tier at the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

/// What was asked. [`super::Log::query`] is the only source of one.
#[derive(Clone, Debug, Serialize)]
pub struct Query {
    pub(super) digest: KeyedDigest,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
}

/// What the permission rested on.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Permission {
    /// How old it was when it was used.
    pub age_ms: u64,
    /// When it was asked, in microseconds since 1970.
    pub checked_at: u64,
    /// Where it was asked.
    pub source: String,
}

/// The symbols an answer disclosed: all of them up to [`MAX_SYMBOLS`], else their number and the digest of a list kept beside the log.
#[derive(Clone, Debug, Serialize)]
pub struct Symbols {
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Sha256Digest>,
    /// The lines the digest is of, until they are kept beside the log.
    #[serde(skip)]
    pub(super) lines: Option<String>,
}

impl Symbols {
    /// Notes these symbols, in sorted order and each once.
    pub fn of<I>(ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let mut ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        ids.sort_unstable();
        ids.dedup();
        let count = ids.len() as u64;
        if ids.len() <= MAX_SYMBOLS {
            return Self {
                count,
                ids: Some(ids),
                sha256: None,
                lines: None,
            };
        }
        let lines = ids.join("\n");
        Self {
            count,
            ids: None,
            sha256: Some(Sha256Digest::of(lines.as_bytes())),
            lines: Some(lines),
        }
    }
}

/// What a class has to say of its own, in words and whole numbers.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// As it is.
    Inline(#[serde(serialize_with = "canonical::sorted")] Map<String, Value>),
    /// Too long: kept beside the log, in `detail/<sha256>.json`.
    Beside {
        /// The number of the kept bytes.
        bytes: u64,
        /// Their digest.
        sha256: Sha256Digest,
    },
}

/// The louver that wrote the record.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Server {
    pub(super) instance: String,
    pub(super) version: String,
}

/// One entry of the log. The log itself fills in number, time, id and server. Members stand in the order of their names, in which they are written.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// The network address the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Commitment>,
    /// All arguments of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<KeyedDigest>,
    /// The length of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    class: Class,
    /// The MCP client, as it calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Client>,
    /// What was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<Detail>,
    /// The time from request to record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_us: Option<u64>,
    pub(super) id: String,
    /// The number of things in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<u64>,
    /// The number of names withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names_withheld: Option<u64>,
    /// The OAuth client's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth_client: Option<String>,
    /// The bytes that were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_sha256: Option<Sha256Digest>,
    /// What the permission rested on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<Permission>,
    /// The number of pseudonyms in place of names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pseudonyms: Option<u64>,
    /// What was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<Query>,
    /// The bytes of source text in the answer, counted by whoever made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_source_bytes: Option<u64>,
    /// How often each rule blotted something out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub redactions: BTreeMap<String, u64>,
    /// The repositories that the answer came from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repos: Vec<Repo>,
    /// The rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The scope file in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope_digest: Option<Sha256Digest>,
    seq: Later,
    pub(super) server: Server,
    /// The client's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Who asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The symbols disclosed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbols: Option<Symbols>,
    /// The length of the answer in tokens, estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// The tool or command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The trace this was part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    ts: Later,
    v: u32,
}

impl Record {
    /// Begins a record in which nothing but its class is said.
    pub fn new(class: Class) -> Self {
        Self {
            address: None,
            arguments: None,
            bytes: None,
            class,
            client: None,
            decision: None,
            detail: None,
            duration_us: None,
            id: String::new(),
            items: None,
            names_withheld: None,
            oauth_client: None,
            output_sha256: None,
            permission: None,
            pseudonyms: None,
            query: None,
            raw_source_bytes: None,
            redactions: BTreeMap::new(),
            repos: Vec::new(),
            rule: None,
            scope_digest: None,
            seq: Later,
            server: Server::default(),
            session: None,
            subject: None,
            symbols: None,
            tokens: None,
            tool: None,
            trace_id: None,
            ts: Later,
            v: VERSION,
        }
    }

    /// Adds what only this class has to say. Numbers are whole numbers.
    #[must_use]
    pub fn with_detail(mut self, detail: Map<String, Value>) -> Self {
        self.detail = Some(Detail::Inline(detail));
        self
    }

    /// Gives the class.
    pub const fn class(&self) -> Class {
        self.class
    }
}

/// Tells why a record cannot be written down.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A number has a fraction or does not fit.
    #[error("`{0}` is not a whole number that fits; records hold whole numbers up to 2^53")]
    Number(String),
    /// The record is longer than an entry may be.
    #[error("the record has {0} bytes; at most {MAX_BYTES} can be recorded")]
    TooLong(usize),
    /// The record has no form in JSON.
    #[error("the record has no form in JSON")]
    Json(#[from] serde_json::Error),
}
