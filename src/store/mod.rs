//! State that is neither index nor log: clients, logins, tokens, revocations.
//!
//! Every process of one louver opens the same SQLite file, so what one revokes is gone for all with their next request. Of tokens louver
//! gives out only a SHA-256 is kept; tokens of hosts are encrypted with a key that is never in the file. No SQL leaves this module, so that
//! another engine can take its place.

mod clients;
mod flow;
mod key;
mod logins;
mod opaque;
mod personal;
mod schema;
mod sessions;

pub use clients::{Client, ClientOrigin};
pub use flow::{Code, Request, Stage};
pub use key::StateKey;
pub use opaque::{Hash, Opaque};
pub use personal::{NewPersonalToken, PersonalToken};
pub use sessions::{Pair, Refreshed, Session, Sessions, Times};

use crate::access::{Clock, SecretFault};
use rusqlite::Connection;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The name of the file in the data directory.
const FILE: &str = "state.db";

/// The state of one louver, shared by its processes.
pub struct Store {
    connection: Mutex<Connection>,
    key: StateKey,
    clock: Clock,
}

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be made or opened.
    #[error("cannot open `{path}`; it must be a file of the user louver runs as")]
    Open { path: PathBuf, source: io::Error },
    /// SQLite says no.
    #[error("the state store cannot be used: {0}")]
    Sql(#[from] rusqlite::Error),
    /// Another louver made it.
    #[error(
        "`{path}` has schema version {found}, and this louver knows {known}; use the louver that made it, or move it away and log in again"
    )]
    Version { path: PathBuf, found: i64, known: i64 },
    /// It was encrypted with another key.
    #[error("`{0}` was made with another state key; restore the key, or move the file away and log in again")]
    OtherKey(PathBuf),
    /// There is no key.
    #[error("the state key cannot be used")]
    Key(#[from] KeyFault),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// Why there is no key to encrypt with.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// What the scope file names is not there.
    #[error(transparent)]
    Named(#[from] SecretFault),
    /// Too short to be a key.
    #[error("the state key has fewer than 32 characters; `openssl rand -hex 32` makes one")]
    Short,
    /// The key file of the data directory.
    #[error("cannot use the key file `{path}`")]
    File { path: PathBuf, source: io::Error },
}

impl Store {
    /// Opens the state below `dir`, or begins it. A state of another version is left alone.
    pub fn open(dir: &Path, key: StateKey, clock: Clock) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        let connection = schema::open(&path)?;
        if !key.is_the_one(&connection)? {
            return Err(StoreError::OtherKey(path));
        }
        let store = Self {
            connection: Mutex::new(connection),
            key,
            clock,
        };
        store.sweep()?;
        Ok(store)
    }

    /// Removes what has expired. Called now and then by a running server.
    pub fn sweep(&self) -> Result<(), StoreError> {
        let now = self.now();
        let connection = self.connection();
        for sql in [
            "DELETE FROM requests WHERE expires_at <= ?1",
            // A code that comes again within the day is still known to have been used.
            "DELETE FROM codes WHERE expires_at <= ?1 - 86400",
            "DELETE FROM sessions WHERE expires_at <= ?1",
            "DELETE FROM tokens WHERE session NOT IN (SELECT id FROM sessions WHERE expires_at > ?1)",
            "DELETE FROM tokens WHERE kind = 'access' AND expires_at <= ?1",
            "DELETE FROM clients WHERE used_at <= ?1 - 7776000",
            // Longer than anything learned before a change can be relied on.
            "DELETE FROM changes WHERE at <= ?1 - 86400",
            "DELETE FROM checks WHERE checked_at <= ?1 - 86400",
        ] {
            connection.execute(sql, [now])?;
        }
        Ok(())
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A statement that was interrupted is rolled back by SQLite.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        seconds(self.clock.now())
    }

    fn after(&self, span: Duration) -> i64 {
        seconds(self.clock.now() + span)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn time(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}
