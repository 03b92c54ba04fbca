//! How records end: a retention that removes old ones and says so under the log's own signature, and the legal holds that forbid it.
//!
//! Only whole bundles go. Their hashes stay in the tiles, so the tree, every checkpoint and every proof remain what they were: a pruned log verifies,
//! and whoever kept a record can still show that it was in it. `retention` in the directory of a log is a signed note:
//!
//! ```text
//! <origin>
//! louver-retention/v1
//! first <number of the first record that is kept>
//! at <microseconds since 1970>
//! ```

use super::aside;
use super::files::{ensure_dir, failed, read_if_any, replace, secret, sync_dir};
use super::merkle::Hash;
use super::note::{Checkpoint, Signer, Verifier};
use super::tiles::{Layout, WIDTH, frames};
use super::{AuditError, Personal, Reader, instances};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const KIND: &str = "louver-retention/v1";

/// What the signed note of a pruned log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retained {
    /// The number of the first record that is kept.
    pub first: u64,
    /// When the others were removed, in microseconds since 1970.
    pub at: u64,
}

impl Retained {
    /// Reads the note of the log in `dir`, if it was ever pruned.
    pub(super) fn read(dir: &Path, verifier: &Verifier) -> Result<Option<Self>, AuditError> {
        let Some(bytes) = read_if_any(&path_of(dir))? else {
            return Ok(None);
        };
        let note = String::from_utf8_lossy(&bytes);
        let refuse = || Layout::new(dir.to_owned()).contradiction("its retention note is not one".to_owned());
        Self::parse(verifier.open(&note)?, verifier.name())
            .map(Some)
            .ok_or_else(refuse)
    }

    fn parse(text: &str, origin: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != origin || lines.next()? != KIND {
            return None;
        }
        let mut number = |key: &str| lines.next()?.strip_prefix(key)?.parse::<u64>().ok();
        let first = number("first ")?;
        let at = number("at ")?;
        first.is_multiple_of(WIDTH).then_some(Self { first, at })
    }

    fn text(self, origin: &str) -> String {
        format!("{origin}\n{KIND}\nfirst {}\nat {}\n", self.first, self.at)
    }
}

/// What a retention did to one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// The origin of the log.
    pub origin: String,
    /// The number of the first record that is kept.
    pub first: u64,
    /// How many records were removed now.
    pub records: u64,
    /// How many personal values nobody needs any more.
    pub people: u64,
    /// The size and root of the tree they remain a part of.
    pub checkpoint: (u64, Hash),
}

/// Removes the records of every log in `dir` that are older than `before`, as far as whole bundles go, unless a hold forbids it.
pub fn prune(dir: &Path, before: u64, now: u64) -> Result<Vec<Pruned>, AuditError> {
    let holds = Hold::all(dir)?;
    if let Some(hold) = holds.first() {
        return Err(AuditError::Held {
            name: hold.name.clone(),
            reason: hold.reason.clone(),
        });
    }
    let seed = secret(&dir.join("key"))?;
    instances(dir)?
        .iter()
        .map(|log| prune_log(log, &seed, before, now))
        .collect()
}

fn prune_log(dir: &Path, seed: &[u8; 32], before: u64, now: u64) -> Result<Pruned, AuditError> {
    let reader = Reader::open(dir)?;
    let Checkpoint { origin, size, root } = Checkpoint::open(&reader.checkpoint()?, reader.verifier())?;
    let old = reader.first()?;
    let mut first = old;
    while first + WIDTH <= size && is_older(&reader.bundle(first / WIDTH)?, before) {
        first += WIDTH;
    }
    let layout = Layout::new(dir.to_owned());
    if first > old {
        let note = Signer::new(&origin, seed)?.sign(&Retained { first, at: now }.text(&origin));
        // The note is first: what is missing without one would be a finding.
        replace(&dir.join("retention.new"), &path_of(dir), note.as_bytes())?;
        sync_dir(dir)?;
    }
    // Also what an interrupted retention left.
    for bundle in 0..first / WIDTH {
        remove(&layout.bundle(bundle, None))?;
        remove(&layout.journal(bundle))?;
    }
    let people = if first > old { forget(&reader, dir)? } else { 0 };
    Ok(Pruned {
        origin,
        first,
        records: first - old,
        people,
        checkpoint: (size, root),
    })
}

/// Whether every record of a bundle is older than `before`; a bundle that is not there is none.
fn is_older(bundle: &[u8], before: u64) -> bool {
    let mut records = frames(bundle).map(|(_, record)| time_of(record)).peekable();
    records.peek().is_some() && records.all(|time| time.is_some_and(|time| time < before))
}

fn time_of(record: &[u8]) -> Option<u64> {
    let record: Value = serde_json::from_slice(record).ok()?;
    record.get("ts")?.as_u64()
}

/// Removes what is kept beside the log for records that are gone.
fn forget(reader: &Reader, dir: &Path) -> Result<u64, AuditError> {
    let mut needed = BTreeSet::new();
    for entry in reader.records(reader.first()?) {
        let record: Value = serde_json::from_slice(&entry?.record).unwrap_or_default();
        for pointer in ["/subject/login", "/address", "/detail/sha256", "/symbols/sha256"] {
            let digest = record.pointer(pointer).and_then(Value::as_str);
            needed.extend(digest.map(str::to_owned));
        }
    }
    let details = dir.join("detail");
    if details.is_dir() {
        for item in fs::read_dir(&details).map_err(failed("read the directory", &details))? {
            let path = item.map_err(failed("read the directory", &details))?.path();
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
            if path.extension().is_some_and(|it| it == "json") && name.is_none_or(|name| !needed.contains(&name)) {
                remove(&path)?;
            }
        }
    }
    let erased = aside::erase(dir, &|commitment, _, _| needed.contains(commitment))?;
    Ok(erased.values().sum())
}

fn remove(path: &Path) -> Result<(), AuditError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

fn path_of(dir: &Path) -> PathBuf {
    dir.join("retention")
}

/// Erases a login from every log in `dir`, and the addresses that only this person came from. The records stay as they are.
pub fn erase_person(dir: &Path, login: &str) -> Result<BTreeMap<Personal, u64>, AuditError> {
    let mut erased = BTreeMap::new();
    for log in instances(dir)? {
        let people = aside::people(&log)?;
        let is_theirs = |commitment: &str| {
            people
                .get(commitment)
                .is_some_and(|(kind, value)| *kind == Personal::Login && value == login)
        };
        let (mut theirs, mut others) = (BTreeSet::new(), BTreeSet::new());
        let reader = Reader::open(&log)?;
        for entry in reader.records(reader.first()?) {
            let record: Value = serde_json::from_slice(&entry?.record).unwrap_or_default();
            let word = |pointer: &str| record.pointer(pointer).and_then(Value::as_str);
            if let Some(address) = word("/address") {
                let seen = if word("/subject/login").is_some_and(is_theirs) {
                    &mut theirs
                } else {
                    &mut others
                };
                seen.insert(address.to_owned());
            }
        }
        let gone = aside::erase(&log, &|commitment, kind, value| match kind {
            Personal::Login => value != login,
            Personal::Address => !theirs.contains(commitment) || others.contains(commitment),
        })?;
        for (kind, count) in gone {
            *erased.entry(kind).or_default() += count;
        }
    }
    Ok(erased)
}

/// A legal hold: while there is one, retention removes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What it is called.
    pub name: String,
    /// Why it was set.
    pub reason: String,
    /// Since when, in microseconds since 1970.
    pub since: u64,
}

impl Hold {
    /// Every hold on the logs in `dir`, by name.
    pub fn all(dir: &Path) -> Result<Vec<Self>, AuditError> {
        let folder = dir.join("holds");
        let mut found = Vec::new();
        if folder.is_dir() {
            for item in fs::read_dir(&folder).map_err(failed("read the directory", &folder))? {
                let path = item.map_err(failed("read the directory", &folder))?.path();
                if path.extension().is_some_and(|it| it == "json") {
                    let bytes = fs::read(&path).map_err(failed("read", &path))?;
                    // A hold that cannot be read still holds.
                    found.push(serde_json::from_slice(&bytes).unwrap_or_else(|_| Self {
                        name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                        reason: "its file cannot be read".to_owned(),
                        since: 0,
                    }));
                }
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Sets the hold; one of the same name is replaced.
    pub fn set(&self, dir: &Path) -> Result<(), AuditError> {
        let folder = dir.join("holds");
        ensure_dir(&folder)?;
        let bytes = serde_json::to_vec(self).map_err(super::RecordError::from)?;
        replace(
            &folder.join("temporary"),
            &folder.join(format!("{}.json", self.name)),
            &bytes,
        )?;
        sync_dir(&folder)
    }

    /// Releases the hold called `name`; says whether there was one.
    pub fn release(dir: &Path, name: &str) -> Result<bool, AuditError> {
        let path = dir.join("holds").join(format!("{name}.json"));
        let was_there = path.exists();
        remove(&path)?;
        Ok(was_there)
    }

    /// Whether a name can be a file's.
    pub fn is_name(name: &str) -> bool {
        (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    }
}
