//! The files that crash or hang a parser, remembered by content so that each costs its time once.

use super::{EXTRACTOR, IndexingError};
use crate::extraction::ContentHash;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Hashes found by this version of the extractor; another version tries again.
fn path(data: &Path) -> PathBuf {
    data.join(format!("quarantine-{EXTRACTOR}"))
}

/// Reads what earlier runs found: one hash in hexadecimal a line.
pub(super) fn load(data: &Path) -> Result<Vec<ContentHash>, IndexingError> {
    let path = path(data);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().filter_map(from_hex).collect()),
        Err(err) if err.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(IndexingError::Quarantine { path, source }),
    }
}

/// Writes the list whole, or leaves the one before.
pub(super) fn save(data: &Path, files: &[ContentHash]) -> Result<(), IndexingError> {
    let path = path(data);
    if files.is_empty() && !path.exists() {
        return Ok(());
    }
    let mut lines: Vec<String> = files.iter().map(to_hex).collect();
    lines.sort_unstable();
    let write = || -> std::io::Result<()> {
        let mut draft = tempfile::NamedTempFile::new_in(data)?;
        draft.write_all((lines.join("\n") + "\n").as_bytes())?;
        draft.persist(&path)?;
        Ok(())
    };
    write().map_err(|source| IndexingError::Quarantine {
        path: path.clone(),
        source,
    })
}

fn to_hex(hash: &ContentHash) -> String {
    hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(line: &str) -> Option<ContentHash> {
    let mut out = [0; 32];
    if line.len() != 64 || !line.is_ascii() {
        return None;
    }
    for (to, at) in out.iter_mut().zip((0..64).step_by(2)) {
        *to = u8::from_str_radix(&line[at..at + 2], 16).ok()?;
    }
    Some(ContentHash(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let dir = tempfile::tempdir().expect("a folder");
        assert!(load(dir.path()).expect("none yet").is_empty());
        save(dir.path(), &[ContentHash([7; 32])]).expect("saved");
        assert_eq!(load(dir.path()).expect("loaded").len(), 1);
    }
}
