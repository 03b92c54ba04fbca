//! What is kept beside the log: personal values, which can be erased, and details too long for a record.
//!
//! `people.jsonl` has one line per personal value: `{"commitment", "kind", "salt", "value"}`, with `commitment = sha256(salt ‖ value)`. The log holds the
//! commitment. Without its line nobody can tell whose it is, and every leaf is what it was.

use std::{
    collections::HashMap,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    AuditError,
    files::{ensure_dir, failed, parent, private, read_if_any, replace, sync_dir},
    record::{Commitment, Detail, MAX_DETAIL_BYTES, RecordError, Sha256Digest, canonical},
};

/// Personal values and long details of one log.
#[derive(Debug)]
pub(super) struct Aside {
    details: PathBuf,
    people: Mutex<People>,
}

/// What kind of personal value stands behind a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    known: HashMap<(Personal, String), Commitment>,
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
            people: Mutex::new(People::open(dir.join("people.jsonl"))?),
        })
    }

    /// Gives the commitment to a personal value. A new one is on disk before it is given, so before any record that has it.
    pub(super) fn commit(&self, kind: Personal, value: &str) -> Result<Commitment, AuditError> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        match people.known.get(&(kind, value.to_owned())) {
            Some(commitment) => Ok(*commitment),
            None => people.add(kind, value),
        }
    }

    /// Keeps a detail that is too long for a record, and gives what stands for it.
    pub(super) fn keep(&self, detail: Map<String, Value>) -> Result<Detail, AuditError> {
        let detail = Value::Object(detail);
        let bytes = canonical(&detail)?;
        let Value::Object(detail) = detail else {
            return Ok(Detail::Inline(Map::new()));
        };
        if bytes.len() <= MAX_DETAIL_BYTES {
            return Ok(Detail::Inline(detail));
        }
        let sha256 = Sha256Digest::of(&bytes);
        let path = self.details.join(format!("{sha256}.json"));
        // The lock also keeps two threads from writing one temporary file.
        let _people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        ensure_dir(&self.details)?;
        replace(&self.details.join("temporary"), &path, &bytes)?;
        sync_dir(&self.details)?;
        Ok(Detail::Beside {
            sha256,
            bytes: bytes.len() as u64,
        })
    }
}

impl People {
    fn open(path: PathBuf) -> Result<Self, AuditError> {
        let bytes = read_if_any(&path)?.unwrap_or_default();
        // What follows the last newline was never used in a record.
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let mut known = HashMap::new();
        for line in bytes[..whole]
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let line: Line =
                serde_json::from_slice(line).map_err(|error| failed("read a line of", &path)(error.into()))?;
            let commitment = commitment(&line.salt, &line.value);
            known.insert((line.kind, line.value), commitment);
        }
        let file = private()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(failed("open", &path))?;
        file.set_len(whole as u64)
            .and_then(|()| file.sync_all())
            .map_err(failed("repair", &path))?;
        sync_dir(parent(&path))?;
        Ok(Self {
            path,
            file,
            known,
            broken: false,
        })
    }

    fn add(&mut self, kind: Personal, value: &str) -> Result<Commitment, AuditError> {
        if self.broken {
            return Err(AuditError::Stopped(format!(
                "an earlier write to `{}` failed",
                self.path.display()
            )));
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
        self.known.insert((kind, line.value), commitment);
        Ok(commitment)
    }
}

/// Computes `sha256(salt ‖ value)`, with the salt as it is written: in hexadecimal.
fn commitment(salt: &str, value: &str) -> Commitment {
    Commitment(Sha256Digest::of(
        [salt.as_bytes(), value.as_bytes()].concat().as_slice(),
    ))
}
