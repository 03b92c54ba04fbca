//! The bytes of a scope: the file and what it includes, as they were read at one moment.

use super::ScopeErrors;
use super::hex;
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// The scope file and the files it includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeText {
    path: PathBuf,
    main: Vec<u8>,
    included: Vec<(String, Vec<u8>)>,
}

impl ScopeText {
    /// Reads the scope file at `path`, and the files it includes from the same directory.
    pub fn read(path: &Path) -> Result<Self, ScopeErrors> {
        let failed = |source| ScopeErrors::Read {
            path: path.to_owned(),
            source,
        };
        let main = fs::read(path).map_err(failed)?;
        let mut text = Self::of(path, main);
        let folder = path.parent().unwrap_or(Path::new(""));
        for name in text.includes() {
            match read_plain(&folder.join(&name)) {
                Ok(bytes) => text.included.push((name, bytes)),
                // Whoever parses it knows where the name stands, and says so.
                Err(error) if error.kind() == io::ErrorKind::NotFound => (),
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(text)
    }

    /// A scope file that includes nothing.
    pub fn of(path: &Path, main: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.to_owned(),
            main: main.into(),
            included: Vec::new(),
        }
    }

    /// Adds an included file.
    #[must_use]
    pub fn with(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.included.push((name.to_owned(), bytes.into()));
        self
    }

    /// Where the scope file lies, from which its relative paths are counted.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of the scope file.
    pub fn main(&self) -> &[u8] {
        &self.main
    }

    /// The included files that were there, by name.
    pub fn included(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.included.iter().map(|(name, bytes)| (name.as_str(), &bytes[..]))
    }

    /// SHA-256 of the scope file; with included files, of all of them with their names and lengths.
    pub fn digest(&self) -> String {
        if self.included.is_empty() {
            return hex(&Sha256::digest(&self.main));
        }
        let mut hash = Sha256::new();
        for (name, bytes) in [("", &self.main[..])].into_iter().chain(self.included()) {
            for part in [name.as_bytes(), bytes] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        hex(&hash.finalize())
    }

    /// The names of included files that can be looked for: good ones, each once.
    fn includes(&self) -> Vec<String> {
        let Ok(text) = str::from_utf8(&self.main) else {
            return Vec::new();
        };
        let (table, _) = DeTable::parse_recoverable(text);
        let mut names: Vec<String> = Vec::new();
        let list = table
            .get_ref()
            .get("include")
            .and_then(|value| value.get_ref().as_array());
        for item in list.into_iter().flat_map(|list| list.iter()) {
            if let Some(name) = item.get_ref().as_str().filter(|name| is_plain_name(name))
                && !names.iter().any(|known| known == name)
            {
                names.push(name.to_owned());
            }
        }
        names
    }
}

/// Whether `name` can only mean a file in the same directory.
pub(super) fn is_plain_name(name: &str) -> bool {
    name.ends_with(".toml") && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

/// A link could lead out of the directory whose changes are reviewed.
fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    if fs::symlink_metadata(path)?.file_type().is_file() {
        fs::read(path)
    } else {
        let what = format!("the included `{}` is no plain file", path.display());
        Err(io::Error::new(io::ErrorKind::InvalidInput, what))
    }
}
