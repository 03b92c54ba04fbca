//! What an indexing did, for people, scripts and the record.

use super::IndexingError;
use super::known::{Figures, State};
use super::read::Read;
use crate::index::{Generation, Index};
use crate::scope::ApprovedRepo;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The figures of one indexing.
#[derive(Clone, Debug)]
pub struct Report {
    pub repo: String,
    pub commit: String,
    /// Indexed files.
    pub files: u64,
    /// Files that were parsed this time; the others were known.
    pub read: u64,
    pub lines: u64,
    /// Bytes of the indexed files.
    pub bytes: u64,
    pub symbols: u64,
    pub references: u64,
    /// Share of bytes under no syntax error, in percent.
    pub coverage: String,
    /// Files left out, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Bytes of the index on disk.
    pub index_bytes: u64,
}

impl Report {
    pub(super) fn of(
        index: &Index,
        repo: &ApprovedRepo,
        generation: &Generation,
        read: &Read,
        state: &State,
    ) -> Result<Self, IndexingError> {
        let sum =
            |of: &dyn Fn(&Figures) -> u32| -> u64 { state.files.iter().map(|it| u64::from(of(&it.figures))).sum() };
        let bytes = sum(&|it| it.bytes);
        let unparsed = sum(&|it| it.unparsed_bytes);
        let coverage = if bytes == 0 {
            1.0
        } else {
            1.0 - unparsed as f64 / bytes as f64
        };
        Ok(Self {
            repo: repo.name().to_string(),
            commit: generation.info.commit.clone(),
            files: state.files.len() as u64,
            read: read.parsed,
            lines: sum(&|it| it.lines),
            bytes,
            symbols: sum(&|it| it.symbols),
            references: sum(&|it| it.relations),
            coverage: format!("{:.2}", coverage * 100.0),
            skipped: generation.info.skipped.clone(),
            index_bytes: index.bytes_on_disk(repo.name().as_ref())?,
        })
    }

    /// The report as one JSON object.
    pub fn to_json(&self, took: Duration) -> Value {
        let mut out = Value::Object(self.detail());
        out["version"] = 1.into();
        out["repo"] = self.repo.clone().into();
        out["commit"] = self.commit.clone().into();
        out["coverage_percent"] = self.coverage.clone().into();
        out["wall_ms"] = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).into();
        out
    }

    /// The figures in whole numbers, for the record.
    pub(super) fn detail(&self) -> Map<String, Value> {
        let detail = json!({
            "files": self.files,
            "read": self.read,
            "lines": self.lines,
            "bytes": self.bytes,
            "symbols": self.symbols,
            "references": self.references,
            "skipped": self.skipped,
            "index_bytes": self.index_bytes,
        });
        match detail {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}
