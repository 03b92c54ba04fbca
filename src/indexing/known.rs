//! What the generation before knows: blobs, facts, and digests of the rows it holds.

use super::IndexingError;
use crate::extraction::FileFacts;
use crate::index::{Centrality, EdgeRow, Update};
use crate::sources::BlobId;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash as _, Hasher as _};

/// How many bytes of a facts entry hold digests.
const DIGESTS: usize = 16;

/// What the index holds of a file beyond the facts of its blob, in short: outlines and relations depend on other files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digests {
    pub(super) row: u64,
    pub(super) edges: u64,
}

/// One file of the generation before.
struct KnownFile {
    blob: BlobId,
    digests: Digests,
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
            if of_blob != blob || bytes.len() < DIGESTS {
                continue;
            }
            let facts = bytes.split_off(DIGESTS);
            let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or_default());
            let digests = Digests {
                row: number(0),
                edges: number(8),
            };
            let blob = BlobId::from_bytes(blob);
            files.insert(path, KnownFile { blob, digests, facts });
        }
        Ok(Self { files })
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The facts of a file whose blob has not changed.
    pub(super) fn facts(&self, path: &str, blob: BlobId) -> Option<FileFacts> {
        let known = self.files.get(path).filter(|known| known.blob == blob)?;
        FileFacts::from_kept(&known.facts)
    }

    /// What the index holds of a file whose blob has not changed.
    pub(super) fn digests(&self, path: &str, blob: BlobId) -> Option<Digests> {
        let known = self.files.get(path).filter(|known| known.blob == blob)?;
        Some(known.digests)
    }
}

/// What is kept for the next indexing: the digests, then the facts.
pub(super) fn pack(digests: Digests, facts: &FileFacts) -> Vec<u8> {
    let mut bytes = digests.row.to_le_bytes().to_vec();
    bytes.extend(digests.edges.to_le_bytes());
    bytes.extend(facts.to_kept());
    bytes
}

/// The digest of the relations of a file, and of how central it is.
pub(super) fn digest(edges: &[EdgeRow], centrality: Centrality) -> u64 {
    let mut hasher = FxHasher::default();
    (edges, centrality).hash(&mut hasher);
    hasher.finish()
}
