//! What a published generation says about itself. It is part of the same file whose renaming publishes the generation.

use super::packages::Packages;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the indexer knows about a generation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationInfo {
    /// The commit that was indexed, in hexadecimal.
    pub commit: String,
    /// Seconds since 1970.
    pub commit_time: i64,
    /// Seconds since 1970.
    pub indexed_at: i64,
    /// The version of extraction and resolution; another version means that every file is read again.
    pub extractor: String,
    /// Files left out, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// What its manifests and lock files name.
    #[serde(default, with = "super::packages")]
    pub packages: Arc<Packages>,
}

/// A published state of one repository's index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    pub repo: String,
    /// Counted from 1.
    pub number: u64,
    pub info: GenerationInfo,
}

/// Sums over a generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub files: u64,
    pub lines: u64,
    pub bytes: u64,
    pub symbols: u64,
    /// Symbols, and passages of files that no grammar reads.
    pub units: u64,
    /// Relations, those to dependencies included.
    pub references: u64,
    /// Bytes under a syntax error, of which nothing is known.
    pub unparsed_bytes: u64,
}

impl Totals {
    /// The share of the bytes that was understood, from 0 to 1.
    pub fn coverage(&self) -> f64 {
        if self.bytes == 0 {
            1.0
        } else {
            1.0 - self.unparsed_bytes as f64 / self.bytes as f64
        }
    }
}
