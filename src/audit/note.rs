//! Signed notes and checkpoints: what a log says about itself, with its signature.
//!
//! The formats are C2SP's `signed-note` and `tlog-checkpoint`, with Ed25519 signatures. A checkpoint states the origin, the number of records and the
//! root of their tree.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::merkle::Hash;

/// The signature type of Ed25519 in C2SP's registry.
const ED25519: u8 = 1;
/// What begins each signature line: an em dash and a space.
const SIGNATURE_MARK: &str = "\u{2014} ";
/// More signature lines than this are refused, as the specification allows.
const MAX_SIGNATURES: usize = 100;

/// Tells why a note or a key was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is not a signed note.
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// The text of the note is not a checkpoint.
    #[error("not a checkpoint: {0}")]
    NotCheckpoint(&'static str),
    /// The key is not written as `name+hash+key`.
    #[error("`{0}` is not a verifier key; expected `name+hash+key` with an Ed25519 key")]
    VerifierKey(String),
    /// The name cannot be used for a key.
    #[error("`{0}` cannot name a log; use letters, digits, dots and slashes")]
    Name(String),
    /// No signature is by the expected key.
    #[error("no signature by `{0}`")]
    Unsigned(String),
    /// A signature by the expected key is wrong.
    #[error("the signature by `{0}` is wrong")]
    Forged(String),
}

/// The public half of a log's key, under the name it signs with.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier {
    /// Reads the form `name+hash+key` of C2SP's `signed-note`.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let fail = || NoteError::VerifierKey(text.trim().to_owned());
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(fail());
        };
        let key = STANDARD.decode(key).map_err(|_| fail())?;
        let [ED25519, key @ ..] = key.as_slice() else {
            return Err(fail());
        };
        let key = <[u8; 32]>::try_from(key).map_err(|_| fail())?;
        let verifier = Self::new(name, VerifyingKey::from_bytes(&key).map_err(|_| fail())?)?;
        let expected = format!("{:08x}", u32::from_be_bytes(verifier.key_hash()));
        if hash == expected { Ok(verifier) } else { Err(fail()) }
    }

    /// Gives the name the key signs with: the origin of its log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells whether both names stand for one key, as the instances of one log do.
    pub fn same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Opens a signed note: its text, once the signature of this key has been checked. Signatures by other keys are ignored.
    pub fn open<'note>(&self, note: &'note str) -> Result<&'note str, NoteError> {
        let (text, signatures) = split(note)?;
        let mut signed = false;
        for line in signatures {
            let (name, hash, signature) = signature_line(line)?;
            if name != self.name || hash != self.key_hash() {
                continue;
            }
            let signature = Signature::from_slice(&signature).map_err(|_| NoteError::Forged(name.to_owned()))?;
            self.key
                .verify_strict(text.as_bytes(), &signature)
                .map_err(|_| NoteError::Forged(name.to_owned()))?;
            signed = true;
        }
        if signed {
            Ok(text)
        } else {
            Err(NoteError::Unsigned(self.name.clone()))
        }
    }

    pub(super) fn new(name: &str, key: VerifyingKey) -> Result<Self, NoteError> {
        let usable = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+');
        if usable {
            Ok(Self {
                name: name.to_owned(),
                key,
            })
        } else {
            Err(NoteError::Name(name.to_owned()))
        }
    }

    fn key_hash(&self) -> [u8; 4] {
        let hasher = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes());
        let digest: [u8; 32] = hasher.finalize().into();
        [digest[0], digest[1], digest[2], digest[3]]
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            u32::from_be_bytes(self.key_hash()),
            STANDARD.encode(key)
        )
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({self})")
    }
}

/// The private half of a log's key. It has no form in text: it is written to its file and nowhere else.
pub struct Signer {
    verifier: Verifier,
    key: SigningKey,
}

impl Signer {
    /// Signs in the given name with the key of the given seed.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let key = SigningKey::from_bytes(seed);
        Ok(Self {
            verifier: Verifier::new(name, key.verifying_key())?,
            key,
        })
    }

    /// Gives the public half.
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Signs a checkpoint of this log.
    pub fn checkpoint(&self, size: u64, root: Hash) -> String {
        let text = Checkpoint {
            origin: self.verifier.name.clone(),
            size,
            root,
        }
        .to_string();
        self.sign(&text)
    }

    /// Signs a text, which ends with a newline and is none that another kind of note could have.
    pub(super) fn sign(&self, text: &str) -> String {
        let mut line = self.verifier.key_hash().to_vec();
        line.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!(
            "{text}\n{SIGNATURE_MARK}{} {}\n",
            self.verifier.name,
            STANDARD.encode(line)
        )
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

/// The state of a log at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// The number of records.
    pub size: u64,
    /// The root of the tree of these records.
    pub root: Hash,
}

impl Checkpoint {
    /// Opens a signed checkpoint of the log that the key belongs to.
    pub fn open(note: &str, verifier: &Verifier) -> Result<Self, NoteError> {
        let checkpoint = Self::parse(verifier.open(note)?)?;
        if checkpoint.origin != verifier.name {
            return Err(NoteError::NotCheckpoint("its origin is not the name of its key"));
        }
        Ok(checkpoint)
    }

    /// Reads the text of a checkpoint, whoever may have written it.
    fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(NoteError::NotCheckpoint("it has fewer than three lines"));
        };
        let number: u64 = size
            .parse()
            .map_err(|_| NoteError::NotCheckpoint("its size is not a number"))?;
        if number.to_string() != size {
            return Err(NoteError::NotCheckpoint("its size is not in its shortest form"));
        }
        let root = Hash::from_base64(root).ok_or(NoteError::NotCheckpoint("its root is not a hash"))?;
        // What extends a checkpoint are whole lines that are not empty.
        let more: Vec<&str> = lines.collect();
        match more.split_last() {
            Some((&"", more)) if more.iter().all(|line| !line.is_empty()) => {}
            _ => return Err(NoteError::NotCheckpoint("it has an empty line")),
        }
        Ok(Self {
            origin: origin.to_owned(),
            size: number,
            root,
        })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root)
    }
}

/// Splits a note into its text, which ends in a newline, and its signature lines.
pub(super) fn split(note: &str) -> Result<(&str, Vec<&str>), NoteError> {
    // What the format forbids; DEL and what follows ASCII are no control characters to it.
    if note.chars().any(|c| c < ' ' && c != '\n') {
        return Err(NoteError::Malformed("it has control characters"));
    }
    let end = note
        .rfind("\n\n")
        .ok_or(NoteError::Malformed("no empty line before the signatures"))?;
    let (text, rest) = note.split_at(end + 1);
    let lines = rest[1..]
        .strip_suffix('\n')
        .ok_or(NoteError::Malformed("its last line does not end"))?;
    let lines: Vec<&str> = lines.split('\n').collect();
    if lines.len() > MAX_SIGNATURES {
        return Err(NoteError::Malformed("too many signatures"));
    }
    Ok((text, lines))
}

/// Reads a signature line: the name, the key's hash and the signature.
pub(super) fn signature_line(line: &str) -> Result<(&str, [u8; 4], Vec<u8>), NoteError> {
    let malformed = || NoteError::Malformed("a signature line is broken");
    let (name, encoded) = line
        .strip_prefix(SIGNATURE_MARK)
        .and_then(|line| line.split_once(' '))
        .ok_or_else(malformed)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| malformed())?;
    let (hash, signature) = bytes.split_first_chunk::<4>().ok_or_else(malformed)?;
    Ok((name, *hash, signature.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::merkle::empty_root;

    fn signer(name: &str) -> Signer {
        Signer::new(name, &[7; 32]).expect("a usable name")
    }

    /// The example key and note of the Go package that defined the format.
    #[test]
    fn the_note_of_the_specification_is_accepted() {
        let key = Verifier::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
            .expect("the published key");
        let text =
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let line = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        assert_eq!(key.open(&format!("{text}\n{line}")), Ok(text));
        assert_eq!(
            key.open(&format!("{text} \n{line}")),
            Err(NoteError::Malformed("no empty line before the signatures"))
        );
        let other = text.replace("answer", "solution");
        assert_eq!(
            key.open(&format!("{other}\n{line}")),
            Err(NoteError::Forged("PeterNeumann".into()))
        );
    }

    #[test]
    fn a_checkpoint_opens_with_its_own_key_only() {
        let note = signer("log.example/0").checkpoint(0, empty_root());
        let key = signer("log.example/0").verifier().clone();
        assert_eq!(Checkpoint::open(&note, &key).map(|checkpoint| checkpoint.size), Ok(0));
        assert_eq!(Verifier::parse(&key.to_string()), Ok(key.clone()));

        let other = signer("log.example/1");
        assert_eq!(
            Checkpoint::open(&note, other.verifier()),
            Err(NoteError::Unsigned("log.example/1".into()))
        );
        let larger = note.replacen("\n0\n", "\n1\n", 1);
        assert_eq!(
            Checkpoint::open(&larger, &key),
            Err(NoteError::Forged("log.example/0".into()))
        );
    }

    #[test]
    fn names_that_break_the_format_are_refused() {
        for name in ["", "a b", "a+b", "a\nb"] {
            assert_eq!(Signer::new(name, &[7; 32]).err(), Some(NoteError::Name(name.into())));
        }
    }

    #[test]
    fn a_verifier_key_with_another_hash_is_refused() {
        let key = signer("log.example").verifier().to_string();
        let (name, rest) = key.split_once('+').expect("three parts");
        assert!(Verifier::parse(&format!("{name}+0{}", &rest[1..])).is_err() || rest.starts_with('0'));
        assert!(Verifier::parse(&format!("other+{rest}")).is_err());
    }
}
