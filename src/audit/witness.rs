//! Witnesses: others who sign that they saw a checkpoint, and that it continues the one they saw before (C2SP tlog-witness, tlog-cosignature).
//!
//! [`Witness`] is one; [`WitnessKey`] checks what one signed.

use super::{
    AuditError,
    files::{ensure_dir, parent, read_if_any, replace, secret, sync_dir},
    note::{Checkpoint, NoteError, Verifier, signature_line, split},
    reader::Continuation,
    record::Sha256Digest,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The kind of key that makes timestamped Ed25519 cosignatures.
const COSIGNATURE: u8 = 4;

/// The public half of a witness's key: `name+hash+key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    key: VerifyingKey,
}

impl WitnessKey {
    /// Reads a key as witnesses publish it.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let malformed = NoteError::Malformed("it is no key of a witness; those begin with `name+hash+B`");
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(hash), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed);
        };
        let bytes = STANDARD.decode(encoded).unwrap_or_default();
        let key = match bytes.split_first() {
            Some((&COSIGNATURE, key)) => key.try_into().ok().and_then(|key| VerifyingKey::from_bytes(key).ok()),
            _ => None,
        };
        let key = key.map(|key| Self {
            name: name.to_owned(),
            key,
        });
        key.filter(|key| hex(&key.hash()) == hash).ok_or(malformed)
    }

    /// Checks that a note has this witness's signature, and gives when it was made, in seconds since 1970.
    pub fn check(&self, note: &str) -> Result<u64, NoteError> {
        let (text, lines) = split(note)?;
        for line in lines {
            let (name, hash, rest) = signature_line(line)?;
            if name != self.name || hash != self.hash() {
                continue;
            }
            let (Some((time, _)), Ok(signature)) = (
                rest.split_first_chunk::<8>(),
                Signature::from_slice(rest.get(8..).unwrap_or_default()),
            ) else {
                return Err(NoteError::Malformed("a cosignature has another length"));
            };
            let time = u64::from_be_bytes(*time);
            let signed = self.key.verify_strict(message(text, time).as_bytes(), &signature);
            return signed.map(|()| time).map_err(|_| NoteError::Forged(self.name.clone()));
        }
        Err(NoteError::Unsigned(self.name.clone()))
    }

    fn hash(&self) -> [u8; 4] {
        let digest = [self.name.as_bytes(), b"\n", &[COSIGNATURE], self.key.as_bytes()].concat();
        Sha256Digest::of(&digest).first()
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[COSIGNATURE], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex(&self.hash()), STANDARD.encode(key))
    }
}

/// Why a witness does not sign.
#[derive(Debug, thiserror::Error)]
pub enum Unsigned {
    /// The request is not one.
    #[error("the request is no add-checkpoint request")]
    Malformed,
    /// It is not asked to witness that log.
    #[error("this witness does not know the log")]
    UnknownLog,
    /// The checkpoint is not signed by the log.
    #[error("the checkpoint is not signed by the log")]
    Forged,
    /// It saw another checkpoint last.
    #[error("the checkpoint seen last has {0} records")]
    Conflict(u64),
    /// The checkpoint does not continue the one seen last.
    #[error("the checkpoint does not continue the one seen last")]
    Unproven,
    /// It cannot keep what it signs.
    #[error("the witness cannot keep the checkpoint")]
    Failed(#[from] AuditError),
}

/// Signs checkpoints that continue those it signed before.
#[derive(Debug)]
pub struct Witness {
    dir: PathBuf,
    key: WitnessKey,
    signing: SigningKey,
    logs: Vec<Verifier>,
    /// One request at a time: two must not continue the same checkpoint.
    turn: Mutex<()>,
}

impl Witness {
    /// Opens a witness of these logs that keeps its key and what it saw in `dir`.
    pub fn open(dir: &Path, name: &str, logs: Vec<Verifier>) -> Result<Self, AuditError> {
        ensure_dir(dir)?;
        let signing = SigningKey::from_bytes(&secret(&dir.join("key"))?);
        // The same rules for names as for logs.
        let key = Verifier::new(name, signing.verifying_key()).map(|verifier| WitnessKey {
            name: verifier.name().to_owned(),
            key: signing.verifying_key(),
        })?;
        Ok(Self {
            dir: dir.to_owned(),
            key,
            signing,
            logs,
            turn: Mutex::new(()),
        })
    }

    /// The key to check its signatures with.
    pub const fn key(&self) -> &WitnessKey {
        &self.key
    }

    /// Takes an `add-checkpoint` request and gives the line of its signature. `now` is in seconds since 1970.
    pub fn add(&self, request: &str, now: u64) -> Result<String, Unsigned> {
        let proof = Continuation::parse(request).ok_or(Unsigned::Malformed)?;
        let origin = proof.checkpoint.lines().next().unwrap_or_default();
        let log = self
            .logs
            .iter()
            .find(|log| log.name() == origin)
            .ok_or(Unsigned::UnknownLog)?;
        let newer = Checkpoint::open(proof.checkpoint, log).map_err(|_| Unsigned::Forged)?;
        if proof.old > newer.size {
            return Err(Unsigned::Malformed);
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self
            .dir
            .join(format!("{}.checkpoint", Sha256Digest::of(origin.as_bytes())));
        let seen = match read_if_any(&path)? {
            Some(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                Some(Checkpoint::open(&text, log).map_err(|error| Unsigned::Failed(error.into()))?)
            }
            None => None,
        };
        let (size, root) = seen.map_or((0, super::merkle::empty_root()), |seen| (seen.size, seen.root));
        if proof.old != size || (newer.size == size && newer.root != root) {
            return Err(Unsigned::Conflict(size));
        }
        if !proof.continues(&root, &newer) {
            return Err(Unsigned::Unproven);
        }
        // What is signed must never be forgotten, so it is kept first.
        replace(&path.with_extension("new"), &path, proof.checkpoint.as_bytes())?;
        sync_dir(parent(&path))?;
        let (text, _) = split(proof.checkpoint).map_err(|_| Unsigned::Malformed)?;
        Ok(self.line(text, now))
    }

    fn line(&self, text: &str, time: u64) -> String {
        let signature = self.signing.sign(message(text, time).as_bytes());
        let bytes = [&self.key.hash()[..], &time.to_be_bytes(), &signature.to_bytes()].concat();
        format!("\u{2014} {} {}\n", self.key.name, STANDARD.encode(bytes))
    }
}

/// What a witness signs: when, and the text of the checkpoint.
fn message(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Keeps a checkpoint with the signature of the witness `name` beside the log in `dir`.
pub fn keep_cosigned(dir: &Path, name: &str, note: &str) -> Result<(), AuditError> {
    let folder = dir.join("witnessed");
    ensure_dir(&folder)?;
    replace(&folder.join(format!("{name}.new")), &folder.join(name), note.as_bytes())?;
    sync_dir(&folder)
}

/// The size of the checkpoint that the witness `name` signed last.
pub fn cosigned(dir: &Path, name: &str, verifier: &Verifier) -> Result<u64, AuditError> {
    match read_if_any(&dir.join("witnessed").join(name))? {
        Some(bytes) => Ok(Checkpoint::open(&String::from_utf8_lossy(&bytes), verifier)?.size),
        None => Ok(0),
    }
}
