//! The tamper-evident log: one record per answer, refusal and administrative act.
//!
//! A [`Log`] is a Merkle tree in the layout of C2SP's `tlog-tiles`, with checkpoints signed by the log's key. [`Log::append`] returns once the record is
//! durable, and its [`Receipt`] is what an answer is sent with. A [`Reader`] verifies a log, makes proofs, and needs no part of louver to be running.
//!
//! Several processes share a directory, each with a log of its own in `<directory>/<instance>`, and one key in `<directory>/key`.

mod archive;
mod aside;
mod bundle;
mod canonical;
mod draft;
mod error;
pub mod export;
mod files;
mod journal;
mod log;
pub mod merkle;
pub mod note;
mod publish;
mod reader;
mod record;
pub mod report;
mod retention;
mod tail;
mod tiles;
mod verify;
mod witness;
mod writer;

pub use archive::{Archive, Filter, LogState, Stored, rfc3339};
pub use aside::Personal;
pub use bundle::{Bundle, BundleError, BundledLog, Manifest, verify_bundle};
pub use error::AuditError;
pub use log::{Log, Options, Receipt};
pub use reader::{Entry, Proof, Reader, Records, check_continued, instances};
pub use record::{
    Class, Client, Commitment, Decision, Detail, KeyedDigest, MAX_BYTES, MAX_CLAIMED, MAX_DETAIL_BYTES, MAX_SYMBOLS,
    Permission, Query, Record, RecordError, Repo, Server, Sha256Digest, Subject, Symbols, VERSION,
};
pub use retention::{Hold, Pruned, Retained, erase_person, prune};
pub use tail::Tail;
pub use tiles::WIDTH;
pub use verify::{Finding, Verified};
pub use witness::{Unsigned, Witness, WitnessKey, cosigned, keep_cosigned};
