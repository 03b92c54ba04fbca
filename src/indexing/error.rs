//! Why a repository could not be indexed, told to operators.

use crate::audit::AuditError;
use crate::index::IndexError;
use crate::scope::StoreError;
use crate::sources::SourceError;
use serde_json::{Map, Value};
use std::io;
use std::path::PathBuf;

/// Why a repository could not be indexed. The generation before stays in use.
#[derive(Debug, thiserror::Error)]
pub enum IndexingError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("the indexing could not be recorded")]
    Audit(#[from] AuditError),
    #[error("cannot keep the list of files that crash a parser, `{path}`; check that louver may write there")]
    Quarantine { path: PathBuf, source: io::Error },
    #[error("cannot purge `{path}`; check that louver may write there, and purge again")]
    Purge { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Scope(#[from] StoreError),
    #[error("another scope was put into force meanwhile; run `louver index` again")]
    ScopeChanged,
    #[error("the thread that reads files ended early; please report this")]
    Reader,
}

/// What the record of a failed indexing says: which step failed, in a word. Messages can quote paths, so they stay out.
pub(super) fn detail(err: &IndexingError) -> Map<String, Value> {
    let step = match err {
        IndexingError::Source(_) => "source",
        IndexingError::Index(_) => "index",
        IndexingError::Audit(_) => "record",
        IndexingError::Quarantine { .. } | IndexingError::Reader => "workers",
        IndexingError::Purge { .. } => "purge",
        IndexingError::Scope(_) | IndexingError::ScopeChanged => "scope",
    };
    Map::from_iter([("failed".to_owned(), Value::from(step))])
}
