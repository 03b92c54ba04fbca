//! The keys of pseudonyms: one in force, and those before it, which only restore.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Not those that a backslash makes an escape of, nor those a percent sign does.
const FIRST: &[u8; 10] = b"ghklmpsvwz";
const CONSONANTS: &[u8; 16] = b"bdfghklmnprstvwz";
const VOWELS: &[u8; 5] = b"aeiou";
/// What a plural `s` can follow without a vowel.
const ENDS: &[u8; 8] = b"bdgklmnr";

/// A secret that decides which pseudonym a word has.
#[derive(Clone)]
pub(super) struct Key([u8; 32]);

/// The key in force and the earlier ones.
#[derive(Clone)]
pub struct Keyring(Vec<Key>);

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("cannot use the pseudonym keys `{path}`")]
    File { path: PathBuf, source: std::io::Error },
    #[error("`{path}` line {line}: a key is 64 hexadecimal digits, the one in force on the first line")]
    Form { path: PathBuf, line: usize },
    #[error("`{path}` can be read by others; make it private with `chmod 600`")]
    Open { path: PathBuf },
    #[error("the system gives no random bytes")]
    Random,
}

impl Key {
    /// The pseudonym of a word at the given attempt; later attempts are longer.
    pub(super) fn candidate(&self, word: &str, attempt: u32) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(b"louver pseudonym v1");
        mac.update(&attempt.to_be_bytes());
        mac.update(word.as_bytes());
        let digest = mac.finalize().into_bytes();
        let length = super::LENGTHS[usize::from(attempt > 0)];
        // Two bytes a letter keep the bias below a thousandth.
        let numbers = digest
            .chunks_exact(2)
            .map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])));
        let letter = |(at, number): (usize, usize)| {
            let of: &[u8] = match at {
                0 => FIRST,
                _ if at + 1 == length => ENDS,
                _ if at % 2 == 0 => CONSONANTS,
                _ => VOWELS,
            };
            char::from(of[number % of.len()])
        };
        numbers.take(length).enumerate().map(letter).collect()
    }
}

impl Keyring {
    /// A ring of one key.
    pub fn of(key: [u8; 32]) -> Self {
        Self(vec![Key(key)])
    }

    /// A ring of one random key, for a process that keeps none.
    pub fn ephemeral() -> Result<Self, KeyError> {
        Ok(Self::of(random()?))
    }

    /// Puts a new key in force; the ones before it go on to restore.
    #[must_use]
    pub fn rotated(mut self, key: [u8; 32]) -> Self {
        self.0.insert(0, Key(key));
        self
    }

    /// Reads the keys of a file, which is made if it is missing. It must be private.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        match fs::read_to_string(path) {
            Ok(text) => {
                private(path)?;
                parse(&text, path)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let fresh = Self::ephemeral()?;
                match fresh.save(path, false) {
                    Ok(()) => Ok(fresh),
                    // Another process was first, and its key counts.
                    Err(KeyError::File { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                        Self::open(path)
                    }
                    Err(error) => Err(error),
                }
            }
            Err(source) => Err(KeyError::File {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Puts a random key in force and writes the file anew.
    pub fn rotate(path: &Path) -> Result<Self, KeyError> {
        let ring = Self::open(path)?.rotated(random()?);
        ring.save(path, true)?;
        Ok(ring)
    }

    fn save(&self, path: &Path, replace: bool) -> Result<(), KeyError> {
        let failed = |source| KeyError::File {
            path: path.to_owned(),
            source,
        };
        let folder = path
            .parent()
            .filter(|it| !it.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        // Files of `tempfile` are private from the start, and a rename shows a file whole or not at all.
        let mut draft = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        for Key(key) in &self.0 {
            let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            writeln!(draft, "{digits}").map_err(failed)?;
        }
        draft.as_file().sync_all().map_err(failed)?;
        let kept = if replace {
            draft.persist(path)
        } else {
            draft.persist_noclobber(path)
        };
        kept.map(drop).map_err(|error| failed(error.error))
    }

    pub(super) fn current(&self) -> &Key {
        &self.0[0]
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyring({} keys)", self.0.len())
    }
}

fn random() -> Result<[u8; 32], KeyError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| KeyError::Random)?;
    Ok(key)
}

fn private(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_err(|source| KeyError::File {
        path: path.to_owned(),
        source,
    })?;
    if mode.permissions().mode() & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyError::Open { path: path.to_owned() })
    }
}

fn parse(text: &str, path: &Path) -> Result<Keyring, KeyError> {
    let form = |line| KeyError::Form {
        path: path.to_owned(),
        line,
    };
    let mut keys = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let digits = line.trim().as_bytes();
        let mut key = [0; 32];
        if digits.len() != 64 || !digits.is_ascii() {
            return Err(form(at + 1));
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            let pair = str::from_utf8(pair).map_err(|_| form(at + 1))?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| form(at + 1))?;
        }
        keys.push(Key(key));
    }
    if keys.is_empty() {
        return Err(form(1));
    }
    Ok(Keyring(keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_private_and_rotated() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pseudonym.key");
        let first = Keyring::open(&path).expect("made");
        let again = Keyring::open(&path).expect("read");
        assert_eq!(
            first.current().candidate("zorvik", 0),
            again.current().candidate("zorvik", 0)
        );
        let rotated = Keyring::rotate(&path).expect("rotated");
        assert_eq!(Keyring::open(&path).expect("read").0.len(), 2);
        assert_ne!(
            rotated.current().candidate("zorvik", 0),
            first.current().candidate("zorvik", 0)
        );
        let mode = |mode| {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
        };
        mode(0o644);
        assert!(matches!(Keyring::open(&path), Err(KeyError::Open { .. })));
        mode(0o600);
        fs::write(&path, "abc\n").expect("written");
        assert!(matches!(Keyring::open(&path), Err(KeyError::Form { line: 1, .. })));
    }
}
