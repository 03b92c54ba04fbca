//! Opaque tokens: random text that is given out once, and the hash that is kept of it.

use super::StoreError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A token that was just made. The text is for whoever asked for it; only the hash is kept.
pub struct Opaque {
    text: String,
}

/// What is kept of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Opaque {
    /// Makes 256 random bits, behind a word that lets a scanner of secrets know them.
    pub fn new(prefix: &str) -> Result<Self, StoreError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| StoreError::Random)?;
        Ok(Self {
            text: format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)),
        })
    }

    /// The token itself.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is kept of it.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.text)
    }
}

impl Hash {
    /// The hash of a token somebody shows.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opaque")
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}
