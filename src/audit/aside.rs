//! What is kept beside the log: personal values, which can be erased, and details too long for a record.
//!
//! `people.jsonl` has one line per personal value: `{"commitment", "kind", "salt", "value"}`, with `commitment = sha256(salt ‖ value)`. The log holds the
//! commitment. Without its line nobody can tell whose it is, and every leaf is what it was.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io::Write,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    AuditError, canonical,
    files::{ensure_dir, failed, parent, private, read_if_any, replace, sync_dir},
    record::{Commitment, Detail, MAX_DETAIL_BYTES, RecordError, Sha256Digest},
};

/// Personal values and long details of one log.
#[derive(Debug)]
pub(super) struct Aside {
    details: PathBuf,
    people: Mutex<People>,
}

/// What kind of personal value stands behind a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    /// The name of an account.
    Login,
    /// A network address.
    Address,
}

#[derive(Debug)]
struct People {
    path: PathBuf,
    file: File,
    /// How many names the file has.
    links: u64,
    known: HashMap<Personal, HashMap<String, Commitment>>,
    /// Set when a line may be half written: no line can follow it.
    broken: bool,
}

#[derive(Serialize, Deserialize)]
struct Line {
    commitment: String,
    kind: Personal,
    salt: String,
    value: String,
}

impl Aside {
    /// Opens what is kept beside the log in `dir`, which this process has locked.
    pub(super) fn open(dir: &Path) -> Result<Self, AuditError> {
        Ok(Self {
            details: dir.join("detail"),
            people: Mutex::new(People::open(dir.join(FILE))?),
        })
    }

    /// Gives the commitment to a personal value. A new one is on disk before it is given, so before any record that has it.
    pub(super) fn commit(&self, kind: Personal, value: &str) -> Result<Commitment, AuditError> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.follow()?;
        match people.known.get(&kind).and_then(|known| known.get(value)) {
            Some(commitment) => Ok(*commitment),
            None => people.add(kind, value),
        }
    }

    /// Keeps a detail that is too long for a record, and gives what stands for it.
    pub(super) fn keep(&self, detail: Map<String, Value>) -> Result<Detail, AuditError> {
        let detail = Detail::Inline(detail);
        let mut bytes = Vec::new();
        canonical::write(&detail, &mut bytes)?;
        if bytes.len() <= MAX_DETAIL_BYTES {
            return Ok(detail);
        }
        Ok(Detail::Beside {
            bytes: bytes.len() as u64,
            sha256: self.keep_bytes(&bytes)?,
        })
    }

    /// Keeps a list of lines, under their digest.
    pub(super) fn keep_list(&self, lines: &str) -> Result<(), AuditError> {
        self.keep_bytes(lines.as_bytes()).map(drop)
    }

    /// Keeps some bytes beside the log, under their digest.
    pub(super) fn keep_bytes(&self, bytes: &[u8]) -> Result<Sha256Digest, AuditError> {
        let sha256 = Sha256Digest::of(bytes);
        let path = self.details.join(format!("{sha256}.json"));
        // The lock also keeps two threads from writing one temporary file.
        let _people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if path.exists() {
            return Ok(sha256);
        }
        ensure_dir(&self.details)?;
        replace(&self.details.join("temporary"), &path, bytes)?;
        sync_dir(&self.details)?;
        Ok(sha256)
    }
}

impl People {
    fn open(path: PathBuf) -> Result<Self, AuditError> {
        let _held = hold(&path)?;
        let (lines, whole) = read_lines(&path)?;
        let mut known: HashMap<Personal, HashMap<String, Commitment>> = HashMap::new();
        for line in lines {
            let commitment = commitment(&line.salt, &line.value);
            known.entry(line.kind).or_default().insert(line.value, commitment);
        }
        let file = private()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(failed("open", &path))?;
        file.set_len(whole)
            .and_then(|()| file.sync_all())
            .map_err(failed("repair", &path))?;
        sync_dir(parent(&path))?;
        let links = file.metadata().map_err(failed("look at", &path))?.nlink();
        Ok(Self {
            path,
            file,
            links,
            known,
            broken: false,
        })
    }

    /// Reads the file again if another process has erased somebody from it: that puts a new file in its place, and the old one has lost a name.
    fn follow(&mut self) -> Result<(), AuditError> {
        if self.file.metadata().is_ok_and(|meta| meta.nlink() == self.links) {
            return Ok(());
        }
        *self = Self::open(self.path.clone())?;
        Ok(())
    }

    fn add(&mut self, kind: Personal, value: &str) -> Result<Commitment, AuditError> {
        if self.broken {
            return Err(AuditError::Stopped(format!(
                "an earlier write to `{}` failed",
                self.path.display()
            )));
        }
        // Nobody may put another file in the place of this one between the question and the write.
        let held = hold(&self.path)?;
        let number = |meta: std::io::Result<fs::Metadata>| meta.map(|meta| meta.ino()).ok();
        if number(self.file.metadata()) != number(fs::metadata(&self.path)) {
            drop(held);
            *self = Self::open(self.path.clone())?;
            return self.add(kind, value);
        }
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(AuditError::Random)?;
        let salt: String = salt.iter().map(|byte| format!("{byte:02x}")).collect();
        let commitment = commitment(&salt, value);
        let line = Line {
            commitment: commitment.to_string(),
            kind,
            salt,
            value: value.to_owned(),
        };
        let mut bytes = serde_json::to_vec(&line).map_err(RecordError::from)?;
        bytes.push(b'\n');
        let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        if written.is_err() {
            self.broken = true;
        }
        written.map_err(failed("write", &self.path))?;
        self.known.entry(kind).or_default().insert(line.value, commitment);
        Ok(commitment)
    }
}

/// Computes `sha256(salt ‖ value)`, with the salt as it is written: in hexadecimal.
fn commitment(salt: &str, value: &str) -> Commitment {
    Commitment(Sha256Digest::of(
        [salt.as_bytes(), value.as_bytes()].concat().as_slice(),
    ))
}

/// The personal values beside the log in `dir`, by their commitments.
pub(super) fn people(dir: &Path) -> Result<HashMap<String, (Personal, String)>, AuditError> {
    let (lines, _) = read_lines(&dir.join(FILE))?;
    Ok(lines
        .into_iter()
        .map(|line| (line.commitment, (line.kind, line.value)))
        .collect())
}

/// Erases the personal values that `keep` does not want, and gives how many there were of each kind. A log that is being written follows.
pub(super) fn erase(
    dir: &Path,
    keep: &dyn Fn(&str, Personal, &str) -> bool,
) -> Result<BTreeMap<Personal, u64>, AuditError> {
    let path = dir.join(FILE);
    let _held = hold(&path)?;
    let (lines, _) = read_lines(&path)?;
    let mut erased = BTreeMap::new();
    let mut kept = Vec::new();
    for line in lines {
        if keep(&line.commitment, line.kind, &line.value) {
            serde_json::to_writer(&mut kept, &line).map_err(RecordError::from)?;
            kept.push(b'\n');
        } else {
            *erased.entry(line.kind).or_default() += 1;
        }
    }
    if !erased.is_empty() {
        replace(&dir.join("people.new"), &path, &kept)?;
        sync_dir(dir)?;
    }
    Ok(erased)
}

/// The file of personal values.
const FILE: &str = "people.jsonl";

/// Waits until no other process changes the file at `path`. The lock ends with the file that is given.
fn hold(path: &Path) -> Result<File, AuditError> {
    let path = path.with_extension("lock");
    let file = private()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(failed("open", &path))?;
    file.lock().map_err(failed("lock", &path))?;
    Ok(file)
}

/// Reads the whole lines of a file of personal values, and how long they are. What follows the last newline was never used in a record.
fn read_lines(path: &Path) -> Result<(Vec<Line>, u64), AuditError> {
    let bytes = read_if_any(path)?.unwrap_or_default();
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let lines = bytes[..whole]
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty());
    let lines = lines
        .map(|line| serde_json::from_slice(line).map_err(|error| failed("read a line of", path)(error.into())))
        .collect::<Result<_, _>>()?;
    Ok((lines, whole as u64))
}

/// Reads a list that is kept beside the log in `dir`, if it still is.
pub(super) fn list(dir: &Path, sha256: &str) -> Result<Option<String>, AuditError> {
    let is_digest = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_digest {
        return Ok(None);
    }
    let bytes = read_if_any(&dir.join("detail").join(format!("{sha256}.json")))?;
    // What was changed there is not what the record stands for.
    let bytes = bytes.filter(|bytes| Sha256Digest::of(bytes).to_string() == sha256);
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}
