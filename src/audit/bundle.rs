//! Evidence to take away: the records a question is about, each with its proof, and everything that is needed to check them without louver.
//!
//! ```text
//! manifest.json                   what was asked, which records are here, the digest of every file
//! README.md, verify.py            how to check it, and a verifier that is no part of louver
//! people.jsonl                    who stands behind the commitments, if that was wanted
//! logs/<n>/checkpoint, vkey       the signed state of each log, and its key
//! logs/<n>/records.jsonl          the records, one a line, byte for byte
//! logs/<n>/proofs/<index>         a C2SP tlog-proof for each
//! logs/<n>/detail/<sha256>.json   what was too long for a record
//! ```

use super::archive::{Archive, Filter, Stored, state};
use super::aside;
use super::files::{ensure_dir, failed, read_if_any, replace};
use super::note::{Checkpoint, Verifier};
use super::reader::Proof;
use super::record::Sha256Digest;
use super::{AuditError, Reader};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

const FORM: &str = "louver-bundle/v1";
const VERIFIER: &str = include_str!("../../examples/verify.py");
const READ_ME: &str = include_str!("bundle.md");

/// How often a log is asked for a checkpoint that covers a record written a moment ago.
const ATTEMPTS: u32 = 20;

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    form: String,
    /// When it was made, in microseconds since 1970.
    pub made: u64,
    /// The question, in words.
    pub question: String,
    /// The logs it has records of.
    pub logs: Vec<BundledLog>,
    /// The SHA-256 of every other file.
    pub files: BTreeMap<String, String>,
}

/// One log in a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundledLog {
    /// Its name.
    pub origin: String,
    /// Its directory in the bundle.
    pub directory: String,
    /// The number of records its checkpoint covers.
    pub size: u64,
    /// The numbers of the records in the bundle.
    pub records: Vec<u64>,
}

/// What is wrong with a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It has no manifest, or one that cannot be read.
    #[error("`{}` is no bundle: {why}", dir.display())]
    NotABundle { dir: PathBuf, why: String },
    /// A file is not the one that was put in.
    #[error("`{0}` is not what the manifest says")]
    Changed(String),
    /// The records do not go with the numbers in the manifest.
    #[error("`{directory}` has {found} records, and the manifest names {named}")]
    Count {
        directory: String,
        found: usize,
        named: usize,
    },
    /// A record is not the one that is in the log.
    #[error("record {index} of {origin} is not the one in the log")]
    Record { origin: String, index: u64 },
    /// The key is not the one that is trusted.
    #[error("{0} is signed with another key than the one you trust")]
    Key(String),
    /// A file cannot be read, or is not what it should be.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// A bundle that is being written.
#[derive(Debug)]
pub struct Bundle {
    dir: PathBuf,
    files: BTreeMap<String, String>,
}

impl Bundle {
    /// Writes the records of `archive` that `filter` means to the new directory `dir`. `with_people` adds who they are about.
    pub fn write(
        archive: &Archive,
        filter: &Filter,
        dir: &Path,
        with_people: bool,
        made: u64,
    ) -> Result<Manifest, AuditError> {
        ensure_dir(dir)?;
        let mut bundle = Self {
            dir: dir.to_owned(),
            files: BTreeMap::new(),
        };
        let mut people = BTreeSet::new();
        let mut logs = Vec::new();
        for (number, log) in archive.logs().iter().enumerate() {
            let (mut found, mut beside) = (Vec::new(), BTreeSet::new());
            Archive::open_one(log).each(filter, &mut |record| {
                people.extend(people_of(&record));
                let digests = [record.text("/symbols/sha256"), record.text("/detail/sha256")];
                beside.extend(digests.into_iter().flatten().map(str::to_owned));
                found.push((record.index, record.bytes));
                Ok(())
            })?;
            if !found.is_empty() {
                let directory = format!("logs/{number}");
                logs.push(bundle.log(log, &directory, &found)?);
                for digest in beside {
                    if let Some(text) = aside::list(log, &digest)? {
                        bundle.put(&format!("{directory}/detail/{digest}.json"), text.as_bytes())?;
                    }
                }
            }
        }
        if with_people {
            let lines: String = people.iter().map(|line| format!("{line}\n")).collect();
            bundle.put("people.jsonl", lines.as_bytes())?;
        }
        bundle.put("README.md", READ_ME.as_bytes())?;
        bundle.put("verify.py", VERIFIER.as_bytes())?;
        let manifest = Manifest {
            form: FORM.to_owned(),
            made,
            question: filter.to_string(),
            logs,
            files: bundle.files,
        };
        let text = serde_json::to_vec_pretty(&manifest).map_err(super::RecordError::from)?;
        replace(&dir.join("temporary"), &dir.join("manifest.json"), &text)?;
        Ok(manifest)
    }

    fn log(&mut self, log: &Path, directory: &str, found: &[(u64, Vec<u8>)]) -> Result<BundledLog, AuditError> {
        let reader = Reader::open(log)?;
        wait_for(&reader, found.iter().map(|(index, _)| *index).max().unwrap_or_default())?;
        let mut lines = Vec::new();
        for (index, record) in found {
            let proof = reader.prove(*index)?;
            self.put(&format!("{directory}/proofs/{index}"), proof.to_string().as_bytes())?;
            lines.extend_from_slice(record);
            lines.push(b'\n');
        }
        let state = state(log)?;
        self.put(&format!("{directory}/records.jsonl"), &lines)?;
        self.put(&format!("{directory}/checkpoint"), state.signed.as_bytes())?;
        self.put(
            &format!("{directory}/vkey"),
            format!("{}\n", reader.verifier()).as_bytes(),
        )?;
        Ok(BundledLog {
            origin: state.origin,
            directory: directory.to_owned(),
            size: state.checkpoint.size,
            records: found.iter().map(|(index, _)| *index).collect(),
        })
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), AuditError> {
        let path = self.dir.join(name);
        ensure_dir(path.parent().unwrap_or(&self.dir))?;
        std::fs::write(&path, bytes).map_err(failed("write", &path))?;
        self.files.insert(name.to_owned(), Sha256Digest::of(bytes).to_string());
        Ok(())
    }
}

/// Waits until the checkpoint covers a record: a log that is being written publishes one a moment after the record.
fn wait_for(reader: &Reader, index: u64) -> Result<(), AuditError> {
    for _ in 0..ATTEMPTS {
        if Checkpoint::open(&reader.checkpoint()?, reader.verifier())?.size > index {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(200));
    }
    reader.prove(index).map(drop)
}

/// The lines of `people.jsonl` a record needs.
fn people_of(record: &Stored) -> Vec<String> {
    let line = |pointer: &str, kind: &str, value: Option<&String>| {
        let (commitment, value) = (record.text(pointer)?, value?);
        Some(serde_json::json!({ "commitment": commitment, "kind": kind, "value": value }).to_string())
    };
    let login = line("/subject/login", "login", record.login.as_ref());
    login
        .into_iter()
        .chain(line("/address", "address", record.address.as_ref()))
        .collect()
}

/// Checks a bundle, offline: every file against the manifest, every record against its proof, every proof against the log's key, which is the one in
/// the bundle unless `trusted` names a better one. Says everything that is wrong.
pub fn verify_bundle(dir: &Path, trusted: &[Verifier]) -> Result<Manifest, Vec<BundleError>> {
    let manifest = read_manifest(dir).map_err(|error| vec![error])?;
    let mut wrong = Vec::new();
    for (name, digest) in &manifest.files {
        match read_if_any(&dir.join(name)) {
            Ok(Some(bytes)) if Sha256Digest::of(&bytes).to_string() == *digest => (),
            Ok(_) => wrong.push(BundleError::Changed(name.clone())),
            Err(error) => wrong.push(error.into()),
        }
    }
    for log in &manifest.logs {
        if let Err(errors) = verify_log(dir, log, trusted) {
            wrong.extend(errors);
        }
    }
    if wrong.is_empty() { Ok(manifest) } else { Err(wrong) }
}

fn read_manifest(dir: &Path) -> Result<Manifest, BundleError> {
    let refuse = |why: String| BundleError::NotABundle {
        dir: dir.to_owned(),
        why,
    };
    let bytes = read_if_any(&dir.join("manifest.json"))?.ok_or_else(|| refuse("it has no manifest.json".to_owned()))?;
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| refuse(error.to_string()))?;
    if manifest.form == FORM {
        return Ok(manifest);
    }
    Err(refuse(format!(
        "its form is `{}`, and this louver reads `{FORM}`",
        manifest.form
    )))
}

fn verify_log(dir: &Path, log: &BundledLog, trusted: &[Verifier]) -> Result<(), Vec<BundleError>> {
    let one = |error: AuditError| vec![BundleError::from(error)];
    let at = dir.join(&log.directory);
    let vkey = at.join("vkey");
    let key = std::fs::read_to_string(&vkey).map_err(|error| one(failed("read", &vkey)(error)))?;
    let verifier = Verifier::parse(&key).map_err(|error| one(error.into()))?;
    let is_trusted = trusted
        .iter()
        .any(|it| it.same_key(&verifier) && it.name() == verifier.name());
    if verifier.name() != log.origin || !(trusted.is_empty() || is_trusted) {
        return Err(vec![BundleError::Key(log.origin.clone())]);
    }
    let records = read_if_any(&at.join("records.jsonl")).map_err(one)?.unwrap_or_default();
    let records: Vec<&[u8]> = records
        .split(|byte| *byte == b'\n')
        .filter(|it| !it.is_empty())
        .collect();
    if records.len() != log.records.len() {
        return Err(vec![BundleError::Count {
            directory: log.directory.clone(),
            found: records.len(),
            named: log.records.len(),
        }]);
    }
    let mut wrong = Vec::new();
    for (index, record) in log.records.iter().zip(records) {
        let path = at.join(format!("proofs/{index}"));
        let proof = std::fs::read_to_string(path).ok().and_then(|text| Proof::parse(&text));
        let seq = serde_json::from_slice::<Value>(record)
            .ok()
            .and_then(|it| it.get("seq")?.as_u64());
        if proof.and_then(|proof| proof.check(&verifier, record)) != Some(*index) || seq != Some(*index) {
            wrong.push(BundleError::Record {
                origin: log.origin.clone(),
                index: *index,
            });
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}
