//! Sessions: one consent of one person for one client, and the family of tokens that came of it.

use super::{Hash, Opaque, Store, StoreError, time};
use crate::access::Subject;
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};
use std::time::{Duration, SystemTime};

const COLUMNS: &str = "s.id, s.client, s.client_name, s.host, s.subject, s.login, s.resource, s.scope, s.began_at, s.used_at, s.expires_at, s.revoked_at";

/// A session as it is listed.
#[derive(Clone, Debug)]
pub struct Session {
    /// Named in records; it opens nothing.
    pub id: String,
    pub client: String,
    pub client_name: String,
    pub subject: Subject,
    /// What its tokens are good for.
    pub resource: String,
    pub scope: String,
    pub times: Times,
}

/// When a session began, was used, ends, and was ended.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub began_at: SystemTime,
    pub used_at: SystemTime,
    pub expires_at: SystemTime,
    pub revoked_at: Option<SystemTime>,
}

/// Which sessions.
#[derive(Clone, Copy, Debug)]
pub enum Sessions<'a> {
    /// One, by its id.
    One(&'a str),
    /// A person's, by host and id.
    Of(&'a str, &'a str),
    /// A client's.
    By(&'a str),
    /// All.
    All,
}

/// An access token and a refresh token that were just made.
#[derive(Debug)]
pub struct Pair {
    pub access: Opaque,
    pub refresh: Opaque,
    /// How long the access token is good.
    pub lives: Duration,
}

/// What came of a refresh.
#[derive(Debug)]
pub enum Refreshed {
    /// A new pair; the old refresh token is spent.
    Pair(Session, Pair),
    /// The token had been spent before: somebody else has it, and the session is over for both.
    Reused(Session),
    /// The token is not good, or not this client's.
    Refused,
}

impl Store {
    /// How long an access token is good.
    pub const ACCESS_LIFE: Duration = Duration::from_secs(15 * 60);
    /// How long a session lives without being used.
    const IDLE_LIFE: Duration = Duration::from_secs(30 * 86_400);
    /// How long after its beginning a session ends, however much it is used.
    const WHOLE_LIFE: Duration = Duration::from_secs(180 * 86_400);

    /// Begins a session under an id that [`Store::spend_code`] was told.
    pub fn begin_session(
        &self,
        id: &str,
        client: (&str, &str),
        subject: &Subject,
        resource: &str,
        scope: &str,
    ) -> Result<Pair, StoreError> {
        let mut connection = self.connection();
        let all = connection.transaction()?;
        all.execute(
            "INSERT INTO sessions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, NULL)",
            params![
                id,
                client.0,
                client.1,
                subject.issuer,
                subject.id,
                subject.login,
                resource,
                scope,
                self.now(),
                self.after(Self::WHOLE_LIFE)
            ],
        )?;
        let pair = self.pair(&all, id)?;
        all.commit()?;
        Ok(pair)
    }

    fn pair(&self, connection: &Connection, session: &str) -> Result<Pair, StoreError> {
        let pair = Pair {
            access: Opaque::new("lva_")?,
            refresh: Opaque::new("lvr_")?,
            lives: Self::ACCESS_LIFE,
        };
        for (token, kind, life) in [
            (&pair.access, "access", Self::ACCESS_LIFE),
            (&pair.refresh, "refresh", Self::IDLE_LIFE),
        ] {
            connection.execute(
                "INSERT INTO tokens VALUES (?1, ?2, ?3, ?4, NULL)",
                params![token.hash().bytes(), session, kind, self.after(life)],
            )?;
        }
        Ok(pair)
    }

    /// The session of an access token that is good now.
    pub fn session_of_access(&self, token: &Hash) -> Result<Option<Session>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM tokens t JOIN sessions s ON s.id = t.session
             WHERE t.hash = ?1 AND t.kind = 'access' AND t.expires_at > ?2 AND s.expires_at > ?2 AND s.revoked_at IS NULL"
        );
        let now = self.now();
        let connection = self.connection();
        let found = connection
            .prepare_cached(&sql)?
            .query_row(params![token.bytes(), now], session)
            .optional()?;
        if let Some(session) = &found {
            // For the list only; once a minute is enough.
            connection.execute(
                "UPDATE sessions SET used_at = ?2 WHERE id = ?1 AND used_at < ?2 - 60",
                params![session.id, now],
            )?;
        }
        Ok(found)
    }

    /// Trades a refresh token for a new pair, once.
    pub fn refresh(&self, token: &Hash, client: &str) -> Result<Refreshed, StoreError> {
        let now = self.now();
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = format!(
            "SELECT {COLUMNS}, t.used_at, t.expires_at FROM tokens t JOIN sessions s ON s.id = t.session
             WHERE t.hash = ?1 AND t.kind = 'refresh' AND s.client = ?2 AND s.expires_at > ?3 AND s.revoked_at IS NULL"
        );
        let found = all
            .query_row(&sql, params![token.bytes(), client, now], |row| {
                Ok((session(row)?, row.get::<_, Option<i64>>(12)?, row.get::<_, i64>(13)?))
            })
            .optional()?;
        let Some((session, spent, expires_at)) = found else {
            return Ok(Refreshed::Refused);
        };
        if spent.is_some() {
            end(&all, &session.id, now)?;
            all.commit()?;
            return Ok(Refreshed::Reused(session));
        }
        if expires_at <= now {
            return Ok(Refreshed::Refused);
        }
        all.execute(
            "UPDATE tokens SET used_at = ?2 WHERE hash = ?1",
            params![token.bytes(), now],
        )?;
        // Whoever refreshes has the new access token; the old one would only be good for a thief.
        all.execute(
            "DELETE FROM tokens WHERE session = ?1 AND kind = 'access'",
            [&session.id],
        )?;
        let pair = self.pair(&all, &session.id)?;
        all.commit()?;
        Ok(Refreshed::Pair(session, pair))
    }

    /// Ends the session a token of this client belongs to. Returns it, unless the token is unknown.
    pub fn end_session_of(&self, token: &Hash, client: &str) -> Result<Option<Session>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM tokens t JOIN sessions s ON s.id = t.session
             WHERE t.hash = ?1 AND s.client = ?2 AND s.revoked_at IS NULL"
        );
        let now = self.now();
        let connection = self.connection();
        let found = connection
            .query_row(&sql, params![token.bytes(), client], session)
            .optional()?;
        if let Some(session) = &found {
            end(&connection, &session.id, now)?;
        }
        Ok(found)
    }

    /// Ends sessions in every process, from their next request on. Returns those that ended.
    pub fn end_sessions(&self, which: Sessions<'_>) -> Result<Vec<Session>, StoreError> {
        let sessions = self.sessions(which)?;
        let now = self.now();
        let mut connection = self.connection();
        let all = connection.transaction()?;
        for session in &sessions {
            end(&all, &session.id, now)?;
        }
        all.commit()?;
        Ok(sessions)
    }

    /// Sessions that are alive, oldest first.
    pub fn sessions(&self, which: Sessions<'_>) -> Result<Vec<Session>, StoreError> {
        let (condition, first, second) = match which {
            Sessions::One(id) => ("s.id = ?2 AND ?3 = ''", id, ""),
            Sessions::Of(host, subject) => ("s.host = ?2 AND s.subject = ?3", host, subject),
            Sessions::By(client) => ("s.client = ?2 AND ?3 = ''", client, ""),
            Sessions::All => ("?2 = ?3", "", ""),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM sessions s WHERE s.revoked_at IS NULL AND s.expires_at > ?1 AND {condition}
             ORDER BY s.began_at, s.id"
        );
        let now = self.now();
        let connection = self.connection();
        let mut rows = connection.prepare(&sql)?;
        let found = rows.query_map(params![now, first, second], session)?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

/// Ends a session. Its refresh tokens stay until it expires, so that a spent one is still known.
fn end(connection: &Connection, session: &str, now: i64) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE sessions SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
        params![session, now],
    )?;
    connection.execute("DELETE FROM tokens WHERE session = ?1 AND kind = 'access'", [session])?;
    Ok(())
}

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: row.get(0)?,
        client: row.get(1)?,
        client_name: row.get(2)?,
        subject: Subject {
            issuer: row.get(3)?,
            id: row.get(4)?,
            login: row.get(5)?,
        },
        resource: row.get(6)?,
        scope: row.get(7)?,
        times: Times {
            began_at: time(row.get(8)?),
            used_at: time(row.get(9)?),
            expires_at: time(row.get(10)?),
            revoked_at: row.get::<_, Option<i64>>(11)?.map(time),
        },
    })
}
