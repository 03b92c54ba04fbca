//! Reads the secrets that the scope file names the places of.

use super::Secret;
use crate::scope::SecretSource;
use std::path::PathBuf;
use std::{env, fs};

/// No secret is longer.
const MOST_BYTES: u64 = 64 << 10;

/// Why a secret cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// The variable is not set, or blank.
    #[error("the environment variable `{0}` is not set; set it for the louver process")]
    Variable(String),
    /// The file cannot be read.
    #[error("the file `{path}` cannot be read ({kind}); create it, readable by the user louver runs as")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        kind: std::io::ErrorKind,
    },
    /// The file holds nothing, or too much.
    #[error("the file `{0}` holds no secret; it holds one line of text, or a key in PEM form")]
    Blank(PathBuf),
}

impl Secret {
    /// Reads a secret from where the scope file says it is.
    pub fn from_source(source: &SecretSource) -> Result<Self, SecretFault> {
        match source {
            SecretSource::Env(name) => match env::var(name) {
                Ok(value) if !value.trim().is_empty() => Ok(Self::new(value.trim())),
                _ => Err(SecretFault::Variable(name.clone())),
            },
            SecretSource::File(path) => {
                let fault = |err: std::io::Error| SecretFault::File {
                    path: path.clone(),
                    kind: err.kind(),
                };
                if fs::metadata(path).map_err(fault)?.len() > MOST_BYTES {
                    return Err(SecretFault::Blank(path.clone()));
                }
                let text = fs::read_to_string(path).map_err(fault)?;
                if text.trim().is_empty() {
                    return Err(SecretFault::Blank(path.clone()));
                }
                Ok(Self::new(text.trim()))
            }
        }
    }
}
