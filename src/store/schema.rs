//! The tables, and how the file is opened.

use super::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

/// Raised with every change of the tables. Nothing is migrated silently.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE clients (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, redirect_uris TEXT NOT NULL, registered_at INTEGER NOT NULL, used_at INTEGER NOT NULL
);
CREATE TABLE consents (
    host TEXT NOT NULL, subject TEXT NOT NULL, client TEXT NOT NULL, scope TEXT NOT NULL, given_at INTEGER NOT NULL,
    PRIMARY KEY (host, subject, client)
);
CREATE TABLE requests (
    hash BLOB PRIMARY KEY, stage TEXT NOT NULL, browser BLOB NOT NULL, client TEXT NOT NULL, client_name TEXT NOT NULL,
    redirect_uri TEXT NOT NULL, state TEXT, resource TEXT NOT NULL, scope TEXT NOT NULL, challenge TEXT NOT NULL,
    host TEXT NOT NULL, verifier BLOB NOT NULL, expires_at INTEGER NOT NULL
);
CREATE TABLE codes (
    hash BLOB PRIMARY KEY, client TEXT NOT NULL, redirect_uri TEXT NOT NULL, resource TEXT NOT NULL, scope TEXT NOT NULL,
    challenge TEXT NOT NULL, host TEXT NOT NULL, subject TEXT NOT NULL, login TEXT NOT NULL, expires_at INTEGER NOT NULL,
    session TEXT
);
CREATE TABLE sessions (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, client_name TEXT NOT NULL, host TEXT NOT NULL, subject TEXT NOT NULL, login TEXT NOT NULL,
    resource TEXT NOT NULL, scope TEXT NOT NULL, began_at INTEGER NOT NULL, used_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    revoked_at INTEGER
);
CREATE INDEX sessions_of_subject ON sessions (host, subject);
CREATE TABLE tokens (
    hash BLOB PRIMARY KEY, session TEXT NOT NULL, kind TEXT NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER
);
CREATE INDEX tokens_of_session ON tokens (session);
CREATE TABLE personal_tokens (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, host TEXT NOT NULL, subject TEXT NOT NULL, login TEXT NOT NULL,
    repos TEXT, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER, revoked_at INTEGER
);
CREATE TABLE host_tokens (host TEXT NOT NULL, subject TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (host, subject));
CREATE TABLE changes (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, host TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE holds (kind TEXT NOT NULL, host TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (kind, host, id));
CREATE TABLE checks (
    host TEXT NOT NULL, subject TEXT NOT NULL, login TEXT NOT NULL, repo TEXT NOT NULL, repo_id TEXT NOT NULL, readable INTEGER NOT NULL,
    source TEXT NOT NULL, checked_at INTEGER NOT NULL, PRIMARY KEY (host, subject, repo)
);
";

pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    // Made before SQLite makes it, so that it is never readable by others; its companions inherit the mode.
    let made = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    made.map_err(|source| StoreError::Open {
        path: path.to_owned(),
        source,
    })?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    // A revocation that was confirmed survives a power cut, and what is deleted is overwritten.
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")?;
    let begin = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = begin.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: i64 = begin.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if found == 0 && tables == 0 {
        begin.execute_batch(TABLES)?;
        begin.pragma_update(None, "user_version", VERSION)?;
    } else if found != VERSION {
        return Err(StoreError::Version {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    begin.commit()?;
    Ok(connection)
}
