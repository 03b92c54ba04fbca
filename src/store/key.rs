//! The key that what must be read again is encrypted with. It comes from outside the database.

use super::{KeyFault, StoreError};
use crate::access::Secret;
use crate::scope::SecretSource;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::{env, fmt, fs, io};

const FILE: &str = "state.key";
/// The name of a systemd credential that holds the key.
const CREDENTIAL: &str = "louver-state-key";
const NONCE_BYTES: usize = 24;
const CHECK: &[u8] = b"louver state";

/// Encrypts and decrypts.
#[derive(Clone)]
pub struct StateKey(XChaCha20Poly1305);

impl StateKey {
    /// Reads the key from where the scope file says, else from a systemd credential, else from a file of the data directory that is made once.
    pub fn load(dir: &Path, named: Option<&SecretSource>) -> Result<Self, KeyFault> {
        let credential = env::var_os("CREDENTIALS_DIRECTORY")
            .map(|dir| PathBuf::from(dir).join(CREDENTIAL))
            .filter(|path| path.is_file())
            .map(SecretSource::File);
        match named.or(credential.as_ref()) {
            Some(source) => {
                let secret = Secret::from_source(source)?;
                if secret.reveal().len() < 32 {
                    return Err(KeyFault::Short);
                }
                Ok(Self::of(&Sha256::digest(secret.reveal().as_bytes()).into()))
            }
            None => own(&dir.join(FILE)).map(|key| Self::of(&key)),
        }
    }

    fn of(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Encrypts `text` so that it can be read for `place` only.
    pub(super) fn seal(&self, place: &str, text: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut sealed = vec![0; NONCE_BYTES];
        getrandom::fill(&mut sealed).map_err(|_| StoreError::Random)?;
        let payload = Payload {
            msg: text,
            aad: place.as_bytes(),
        };
        let body = self.0.encrypt(XNonce::from_slice(&sealed), payload);
        sealed.extend(body.map_err(|_| StoreError::Random)?);
        Ok(sealed)
    }

    /// Reads what was sealed for `place`; `None` if it was not, or not with this key.
    pub(super) fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_BYTES)?;
        let payload = Payload {
            msg: body,
            aad: place.as_bytes(),
        };
        self.0.decrypt(XNonce::from_slice(nonce), payload).ok()
    }

    /// Whether the database was made with this key; one without a mark is marked.
    pub(super) fn is_the_one(&self, connection: &Connection) -> Result<bool, StoreError> {
        let mark = self.seal("key check", CHECK)?;
        connection.execute("INSERT OR IGNORE INTO meta VALUES ('key_check', ?1)", [mark])?;
        let mark: Option<Vec<u8>> = connection
            .query_row("SELECT value FROM meta WHERE name = 'key_check'", [], |row| row.get(0))
            .optional()?;
        Ok(mark.is_some_and(|mark| self.open("key check", &mark).is_some()))
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKey")
    }
}

/// The key of a data directory: made once, readable by the user alone.
fn own(path: &Path) -> Result<[u8; 32], KeyFault> {
    let failed = |source| KeyFault::File {
        path: path.to_owned(),
        source,
    };
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh).map_err(|err| failed(io::Error::other(err.to_string())))?;
    // A hard link appears whole or not at all, so two processes that start together agree on one key.
    let draft = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    fs::write(draft.path(), fresh).map_err(failed)?;
    match draft.persist_noclobber(path) {
        Ok(_) => return Ok(fresh),
        Err(err) if err.error.kind() == io::ErrorKind::AlreadyExists => (),
        Err(err) => return Err(failed(err.error)),
    }
    let bytes = fs::read(path).map_err(failed)?;
    bytes.try_into().map_err(|_| KeyFault::Short)
}
