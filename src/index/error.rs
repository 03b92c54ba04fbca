//! What can go wrong with an index on disk.

use std::path::PathBuf;

/// Why an index could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("cannot use the index folder `{path}`; check that it exists and belongs to louver")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("another process is indexing `{repo}`; wait for it to finish")]
    Busy { repo: String },
    #[error("the index of `{repo}` cannot be used; remove its folder and index the repository again")]
    Tantivy {
        repo: String,
        source: tantivy::TantivyError,
    },
    #[error(
        "the index of `{repo}` holds a value that cannot be read; remove its folder and index the repository again"
    )]
    Corrupt { repo: String },
    #[error("files of `{repo}` are still in `{path}` after its index was removed; remove them by hand")]
    NotPurged { repo: String, path: PathBuf },
    #[error("the path pattern `{glob}` is malformed; write it like `src/**/*.rs`")]
    Glob { glob: String },
}

impl IndexError {
    /// Adds the repository to a failure of tantivy.
    pub(super) fn tantivy(repo: &str) -> impl Fn(tantivy::TantivyError) -> Self {
        move |source| match source {
            tantivy::TantivyError::LockFailure(..) => Self::Busy { repo: repo.to_owned() },
            source => Self::Tantivy {
                repo: repo.to_owned(),
                source,
            },
        }
    }

    pub(super) fn folder(path: &std::path::Path) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::Folder {
            path: path.to_owned(),
            source,
        }
    }
}
