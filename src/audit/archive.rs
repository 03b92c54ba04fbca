//! All logs of one louver, read together: stored records, whose they are, and the ones a question is about.

use super::aside::{self, Personal};
use super::note::Checkpoint;
use super::{AuditError, Reader, instances};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// One record as an auditor reads it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The origin of the log that has it.
    pub log: String,
    /// Its number there.
    pub index: u64,
    /// Its bytes: what the leaf is the hash of.
    pub bytes: Vec<u8>,
    /// Who asked, unless erased.
    pub login: Option<String>,
    /// Where from, unless erased.
    pub address: Option<String>,
    json: Value,
    /// The symbols of a list too long for the record.
    beside: Vec<String>,
}

impl Stored {
    /// A record that is in no log.
    #[cfg(test)]
    pub(crate) fn of(log: &str, index: u64, json: Value) -> Self {
        Self {
            log: log.to_owned(),
            index,
            bytes: json.to_string().into_bytes(),
            login: json.pointer("/subject/id").and_then(Value::as_str).map(str::to_owned),
            address: None,
            json,
            beside: Vec::new(),
        }
    }

    /// Gives a text of the record by its JSON pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.json.pointer(pointer).and_then(Value::as_str)
    }

    /// Gives a number of the record by its JSON pointer.
    pub fn number(&self, pointer: &str) -> Option<u64> {
        self.json.pointer(pointer).and_then(Value::as_u64)
    }

    /// When it was written, in microseconds since 1970.
    pub fn time(&self) -> u64 {
        self.number("/ts").unwrap_or_default()
    }

    /// What it is about.
    pub fn class(&self) -> &str {
        self.text("/class").unwrap_or_default()
    }

    /// The repositories it names: name, commit and tier.
    pub fn repos(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let repos = self.json.get("repos").and_then(Value::as_array);
        repos.into_iter().flatten().map(|repo| {
            let word = |key: &str| repo.get(key).and_then(Value::as_str).unwrap_or_default();
            (word("name"), word("commit"), word("tier"))
        })
    }

    /// The symbols it lists, in the record or beside the log.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        let ids = self.json.pointer("/symbols/ids").and_then(Value::as_array);
        let ids = ids.into_iter().flatten().filter_map(Value::as_str);
        ids.chain(self.beside.iter().map(String::as_str))
    }

    /// Whether it disclosed symbols that are not known any more: a long list was lost or changed beside the log.
    pub fn has_unknown_symbols(&self) -> bool {
        self.text("/symbols/sha256").is_some() && self.beside.is_empty()
    }

    /// How often each rule blotted something out.
    pub fn redactions(&self) -> impl Iterator<Item = (&str, u64)> {
        let rules = self.json.get("redactions").and_then(Value::as_object);
        rules
            .into_iter()
            .flatten()
            .map(|(rule, count)| (rule.as_str(), count.as_u64().unwrap_or_default()))
    }

    /// The account as its host knows it: `host:id`.
    pub fn account(&self) -> Option<String> {
        let id = self.text("/subject/id")?;
        // An id that is the login's commitment stands for the login, as long as somebody knows it.
        let is_login = self.text("/subject/login") == Some(id);
        let id = self.login.as_deref().filter(|_| is_login).unwrap_or(id);
        Some(format!("{}:{id}", self.text("/subject/host")?))
    }

    /// The record as JSON.
    pub const fn json(&self) -> &Value {
        &self.json
    }
}

/// Which records are meant. Everything that is set must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// A login, an account id, or `host:id`.
    pub user: Option<String>,
    pub repo: Option<String>,
    /// A handle, or the name at its end.
    pub symbol: Option<String>,
    pub tool: Option<String>,
    pub decision: Option<String>,
    pub class: Option<String>,
    pub session: Option<String>,
    /// An OAuth client's id, or the name a client claims.
    pub client: Option<String>,
    /// Microseconds since 1970; included.
    pub since: Option<u64>,
    /// Microseconds since 1970; not included.
    pub until: Option<u64>,
}

impl Filter {
    /// Whether a record is meant.
    pub fn fits(&self, record: &Stored) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|it| Some(it) == found);
        let time = record.time();
        self.since.is_none_or(|since| since <= time)
            && self.until.is_none_or(|until| time < until)
            && is(&self.tool, record.text("/tool"))
            && is(&self.decision, record.text("/decision"))
            && is(&self.class, Some(record.class()))
            && is(&self.session, record.text("/session"))
            && self.user.as_deref().is_none_or(|user| is_of(record, user))
            && self.client.as_deref().is_none_or(|client| {
                [record.text("/oauth_client"), record.text("/client/name")].contains(&Some(client))
            })
            && self
                .repo
                .as_deref()
                .is_none_or(|repo| record.repos().any(|(name, _, _)| name == repo))
            && self
                .symbol
                .as_deref()
                .is_none_or(|symbol| record.symbols().any(|id| is_named(id, symbol)))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            ("user", &self.user),
            ("repo", &self.repo),
            ("symbol", &self.symbol),
            ("tool", &self.tool),
            ("decision", &self.decision),
            ("class", &self.class),
            ("session", &self.session),
            ("client", &self.client),
        ];
        let mut parts: Vec<String> = words
            .iter()
            .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}={value}")))
            .collect();
        parts.extend(self.since.map(|at| format!("since={}", rfc3339(at))));
        parts.extend(self.until.map(|at| format!("until={}", rfc3339(at))));
        f.write_str(&if parts.is_empty() {
            "everything".to_owned()
        } else {
            parts.join(" ")
        })
    }
}

/// A time of a record as people and other programs read it.
pub fn rfc3339(micros: u64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

fn is_of(record: &Stored, user: &str) -> bool {
    record.login.as_deref() == Some(user)
        || record.text("/subject/id") == Some(user)
        || record.account().as_deref() == Some(user)
}

/// Whether `wanted` is the handle `id`, or whole names at its end.
fn is_named(id: &str, wanted: &str) -> bool {
    id.strip_suffix(wanted)
        .is_some_and(|before| before.is_empty() || before.ends_with(['#', '.', ':', '/']))
}

/// The logs of one directory.
#[derive(Debug)]
pub struct Archive {
    logs: Vec<PathBuf>,
}

/// The state of one log: what a figure rests on.
#[derive(Clone, Debug)]
pub struct LogState {
    pub dir: PathBuf,
    pub origin: String,
    pub checkpoint: Checkpoint,
    pub signed: String,
}

impl Archive {
    /// Opens every log in `dir`; there may be none yet.
    pub fn open(dir: &Path) -> Result<Self, AuditError> {
        let logs = if dir.is_dir() { instances(dir)? } else { Vec::new() };
        Ok(Self { logs })
    }

    /// One log alone.
    pub(super) fn open_one(dir: &Path) -> Self {
        Self {
            logs: vec![dir.to_owned()],
        }
    }

    /// The directories of the logs.
    pub fn logs(&self) -> &[PathBuf] {
        &self.logs
    }

    /// The last checkpoint of each log.
    pub fn states(&self) -> Result<Vec<LogState>, AuditError> {
        self.logs.iter().map(|dir| state(dir)).collect()
    }

    /// Gives every record that fits, log by log; whole logs never lie in memory.
    pub fn each(
        &self,
        filter: &Filter,
        visit: &mut dyn FnMut(Stored) -> Result<(), AuditError>,
    ) -> Result<(), AuditError> {
        for dir in &self.logs {
            let reader = Reader::open(dir)?;
            let first = reader.first()?;
            stored_from(dir, &reader, first..u64::MAX, &mut |record| {
                if filter.fits(&record) {
                    visit(record)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Gives the records from a time on, and does not look at those long before it. Where a clock was set back it may give less, so it is for
    /// counting and not for evidence.
    pub fn recent(
        &self,
        since: u64,
        visit: &mut dyn FnMut(Stored) -> Result<(), AuditError>,
    ) -> Result<(), AuditError> {
        for dir in &self.logs {
            let reader = Reader::open(dir)?;
            let from = reader.position(since)?;
            stored_from(dir, &reader, from..u64::MAX, &mut |record| {
                if record.time() >= since {
                    visit(record)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The records that fit, in the order of time.
    pub fn find(&self, filter: &Filter) -> Result<Vec<Stored>, AuditError> {
        let mut found = Vec::new();
        self.each(filter, &mut |record| {
            found.push(record);
            Ok(())
        })?;
        found.sort_by(|a, b| (a.time(), &a.log, a.index).cmp(&(b.time(), &b.log, b.index)));
        Ok(found)
    }

    /// Every account that ever asked, with the login it had last.
    pub fn accounts(&self) -> Result<BTreeMap<String, Option<String>>, AuditError> {
        let mut accounts = BTreeMap::new();
        self.each(&Filter::default(), &mut |record| {
            if let Some(account) = record.account() {
                accounts.insert(account, record.login);
            }
            Ok(())
        })?;
        Ok(accounts)
    }
}

/// Gives the records of the log in `dir` with these numbers, with what lies beside the log, and the number after the last one.
pub(super) fn stored_from(
    dir: &Path,
    reader: &Reader,
    numbers: Range<u64>,
    visit: &mut dyn FnMut(Stored) -> Result<(), AuditError>,
) -> Result<u64, AuditError> {
    let people = aside::people(dir)?;
    let log = reader.verifier().name().to_owned();
    let mut next = numbers.start;
    for entry in reader.records(numbers.start) {
        let entry = entry?;
        if entry.index >= numbers.end {
            break;
        }
        next = entry.index + 1;
        let json: Value = serde_json::from_slice(&entry.record).unwrap_or_default();
        let person = |pointer: &str, kind: Personal| {
            let commitment = json.pointer(pointer).and_then(Value::as_str)?;
            people
                .get(commitment)
                .filter(|(it, _)| *it == kind)
                .map(|(_, value)| value.clone())
        };
        let list = json.pointer("/symbols/sha256").and_then(Value::as_str);
        let list = list.map(|sha256| aside::list(dir, sha256)).transpose()?.flatten();
        visit(Stored {
            beside: list.iter().flat_map(|lines| lines.lines()).map(str::to_owned).collect(),
            log: log.clone(),
            index: entry.index,
            login: person("/subject/login", Personal::Login),
            address: person("/address", Personal::Address),
            bytes: entry.record,
            json,
        })?;
    }
    Ok(next)
}

/// The last checkpoint of the log in `dir`, whose signature is checked.
pub(super) fn state(dir: &Path) -> Result<LogState, AuditError> {
    let reader = Reader::open(dir)?;
    let signed = reader.checkpoint()?;
    Ok(LogState {
        dir: dir.to_owned(),
        origin: reader.verifier().name().to_owned(),
        checkpoint: Checkpoint::open(&signed, reader.verifier())?,
        signed,
    })
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn a_symbol_is_meant_by_its_handle_or_by_whole_names_at_its_end() {
        let id = "acme/app:src/pay.rs#Ledger.price";
        for wanted in [id, "src/pay.rs#Ledger.price", "Ledger.price", "price"] {
            assert!(is_named(id, wanted), "{wanted}");
        }
        for wanted in ["ice", "edger.price", "Ledger", "prices"] {
            assert!(!is_named(id, wanted), "{wanted}");
        }
    }
}
