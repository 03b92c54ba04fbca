//! What the generation before knows: blobs, facts, and digests of the rows it holds.

use super::IndexingError;
use crate::extraction::FileFacts;
use crate::index::{EdgeRow, FileRow, Update};
use crate::sources::BlobId;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash as _, Hasher as _};

/// How many bytes of a facts entry hold the digest of its rows.
const DIGEST: usize = 8;

/// One file of the generation before.
struct KnownFile {
    blob: BlobId,
    digest: u64,
    facts: Vec<u8>,
}

/// The files of the generation before.
pub(super) struct Known {
    files: FxHashMap<String, KnownFile>,
}

impl Known {
    /// Reads what `update` builds on.
    pub(super) fn of(update: &Update) -> Result<Self, IndexingError> {
        let mut files = FxHashMap::default();
        for (path, blob) in update.blobs()? {
            let Some((of_blob, mut bytes)) = update.facts(&path)? else {
                continue;
            };
            if of_blob != blob || bytes.len() < DIGEST {
                continue;
            }
            let facts = bytes.split_off(DIGEST);
            let digest = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
            let blob = BlobId::from_bytes(blob);
            files.insert(path, KnownFile { blob, digest, facts });
        }
        Ok(Self { files })
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The facts of a file whose blob has not changed.
    pub(super) fn facts(&self, path: &str, blob: BlobId) -> Option<FileFacts> {
        let known = self.files.get(path).filter(|known| known.blob == blob)?;
        FileFacts::from_bytes(&known.facts)
    }

    /// Whether the index already holds exactly these rows.
    pub(super) fn holds(&self, path: &str, blob: BlobId, digest: u64) -> bool {
        self.files
            .get(path)
            .is_some_and(|known| known.blob == blob && known.digest == digest)
    }
}

/// What is kept for the next indexing: the digest of the rows, then the facts.
pub(super) fn pack(digest: u64, facts: &FileFacts) -> Vec<u8> {
    let mut bytes = digest.to_le_bytes().to_vec();
    bytes.extend(facts.to_bytes());
    bytes
}

/// Digests what the index would be given beyond the facts of the blob itself: outlines and relations depend on other files.
pub(super) fn digest(row: &FileRow, edges: &[EdgeRow]) -> u64 {
    let mut hasher = FxHasher::default();
    for symbol in &row.symbols {
        for step in &symbol.outline {
            step.names.hash(&mut hasher);
        }
    }
    for import in &row.imports {
        import.file.hash(&mut hasher);
    }
    edges.len().hash(&mut hasher);
    for edge in edges {
        edge.hash(&mut hasher);
    }
    hasher.finish()
}
