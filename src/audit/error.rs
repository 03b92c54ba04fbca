//! What can go wrong with a log, told to operators.

use std::{io, path::PathBuf};

use super::{note::NoteError, record::RecordError};

/// Tells why the log could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file or directory of the log did not work.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The record cannot be written down; the log goes on.
    #[error("the record was refused")]
    Record(#[from] RecordError),
    /// The origin, a key or a checkpoint is not acceptable.
    #[error("the log's name, key or checkpoint was refused")]
    Note(#[from] NoteError),
    /// A key file has another length than its key.
    #[error("`{}` is not a key of 32 bytes; restore it, or move the whole log aside to begin a new one", path.display())]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// The system has no randomness for a key, a salt or an id.
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
    /// Every instance's log is locked by a process.
    #[error("all {count} logs in `{}` are in use by other processes", dir.display())]
    InUse {
        /// The directory of the logs.
        dir: PathBuf,
        /// How many there can be.
        count: u32,
    },
    /// What is stored contradicts itself. Nothing is written to such a log.
    #[error("the log `{}` contradicts itself: {what}; verify it, keep it as it is, and begin a new log elsewhere", dir.display())]
    Contradiction {
        /// The directory of the log.
        dir: PathBuf,
        /// What does not fit, and at which record.
        what: String,
    },
    /// A legal hold forbids that records are removed.
    #[error(
        "the legal hold `{name}` ({reason}) forbids that records are removed; `louver audit hold release {name}` ends it"
    )]
    Held {
        /// The hold.
        name: String,
        /// Why it was set.
        reason: String,
    },
    /// There is no such record under the checkpoint.
    #[error("there is no record {index} in the checkpoint of `{}`, which covers {size}", dir.display())]
    NoRecord {
        /// The directory of the log.
        dir: PathBuf,
        /// The record asked for.
        index: u64,
        /// The number of records in the checkpoint.
        size: u64,
    },
    /// The disk is almost full; records are taken again once there is room.
    #[error("the disk of `{}` has {free} bytes left and the audit log needs {needed}; make room", dir.display())]
    DiskLow {
        /// The directory of the log.
        dir: PathBuf,
        /// The bytes left.
        free: u64,
        /// The bytes that must be left.
        needed: u64,
    },
    /// An earlier write failed, and what is on disk is not known for certain.
    #[error("the audit log stopped and takes no more records until louver is restarted: {0}")]
    Stopped(String),
    /// The log was closed.
    #[error("the audit log is closed")]
    Closed,
}

impl AuditError {
    /// Says the same again, to another one who waited for the same write.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Stopped(failure) => Self::Stopped(failure.clone()),
            Self::DiskLow { dir, free, needed } => Self::DiskLow {
                dir: dir.clone(),
                free: *free,
                needed: *needed,
            },
            Self::File { action, path, source } => Self::File {
                action,
                path: path.clone(),
                source: source
                    .raw_os_error()
                    .map_or_else(|| source.kind().into(), io::Error::from_raw_os_error),
            },
            _ => Self::Closed,
        }
    }

    /// Writes the error and its causes in one line.
    pub(super) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}
