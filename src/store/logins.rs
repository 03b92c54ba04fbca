//! Tokens of hosts, and what the processes of one louver tell each other about access.

use super::{Store, StoreError, seconds, time};
use crate::access::{
    AccessState, Change, Check, Hold, HostToken, HostTokens, News, Secret, Subject, TokensUnavailable,
};
use rusqlite::{OptionalExtension as _, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

/// A host token as it is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    access: String,
    refresh: Option<String>,
    expires_at: Option<i64>,
}

impl From<StoreError> for TokensUnavailable {
    fn from(err: StoreError) -> Self {
        Self(err.to_string())
    }
}

/// What a token is sealed for: another person's row cannot be put in its place.
fn place(subject: &Subject) -> String {
    format!("host token\n{}\n{}", subject.issuer, subject.id)
}

impl HostTokens for Store {
    fn load(&self, subject: &Subject) -> Result<Option<HostToken>, TokensUnavailable> {
        let sealed: Option<Vec<u8>> = self
            .connection()
            .query_row(
                "SELECT sealed FROM host_tokens WHERE host = ?1 AND subject = ?2",
                [&subject.issuer, &subject.id],
                |row| row.get(0),
            )
            .optional()
            .map_err(StoreError::from)?;
        let Some(sealed) = sealed else { return Ok(None) };
        let text = self.key.open(&place(subject), &sealed);
        let token: Option<Sealed> = text.and_then(|text| serde_json::from_slice(&text).ok());
        let token = token.ok_or_else(|| TokensUnavailable("a host token cannot be decrypted".to_owned()))?;
        Ok(Some(HostToken {
            access: Secret::new(token.access),
            refresh: token.refresh.map(Secret::new),
            expires_at: token.expires_at.map(time),
        }))
    }

    fn save(&self, subject: &Subject, token: &HostToken) -> Result<(), TokensUnavailable> {
        let text = Sealed {
            access: token.access.reveal().to_owned(),
            refresh: token.refresh.as_ref().map(|it| it.reveal().to_owned()),
            expires_at: token.expires_at.map(seconds),
        };
        let text = serde_json::to_vec(&text).map_err(|err| TokensUnavailable(err.to_string()))?;
        let sealed = self.key.seal(&place(subject), &text)?;
        self.connection()
            .execute(
                "INSERT OR REPLACE INTO host_tokens VALUES (?1, ?2, ?3)",
                params![subject.issuer, subject.id, sealed],
            )
            .map_err(StoreError::from)?;
        Ok(())
    }

    fn delete(&self, subject: &Subject) -> Result<(), TokensUnavailable> {
        self.connection()
            .execute(
                "DELETE FROM host_tokens WHERE host = ?1 AND subject = ?2",
                [&subject.issuer, &subject.id],
            )
            .map_err(StoreError::from)?;
        Ok(())
    }
}

impl AccessState for Store {
    fn news(&self, after: u64) -> Result<News, TokensUnavailable> {
        self.read_news(after).map_err(|err| StoreError::from(err).into())
    }

    fn announce(&self, change: &Change) -> Result<(), TokensUnavailable> {
        let (kind, host, id) = match change {
            Change::Subject { host, id } => ("subject", host.as_str(), id.as_str()),
            Change::Repo { host, id } => ("repo", host.as_str(), id.as_str()),
            Change::Host(host) => ("host", host.as_str(), ""),
            Change::All => ("all", "", ""),
        };
        self.connection()
            .execute(
                "INSERT INTO changes (kind, host, id, at) VALUES (?1, ?2, ?3, ?4)",
                params![kind, host, id, self.now()],
            )
            .map_err(StoreError::from)?;
        Ok(())
    }

    fn saw(&self, check: &Check) -> Result<Option<bool>, TokensUnavailable> {
        Ok(self.replace_check(check).map_err(StoreError::from)?)
    }
}

impl Store {
    /// Of several processes that hear of the same change, one finds what was said before it.
    fn replace_check(&self, check: &Check) -> rusqlite::Result<Option<bool>> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = transaction
            .prepare_cached("SELECT readable FROM checks WHERE host = ?1 AND subject = ?2 AND repo = ?3")?
            .query_row(params![check.subject.issuer, check.subject.id, check.repo], |row| {
                row.get(0)
            })
            .optional()?;
        transaction.execute(
            "INSERT OR REPLACE INTO checks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                check.subject.issuer,
                check.subject.id,
                check.subject.login,
                check.repo,
                check.repo_id,
                check.readable,
                check.source,
                seconds(check.checked_at)
            ],
        )?;
        transaction.commit()?;
        Ok(before)
    }

    fn read_news(&self, after: u64) -> rusqlite::Result<News> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let connection = self.connection();
        let mut rows =
            connection.prepare_cached("SELECT number, kind, host, id FROM changes WHERE number > ?1 ORDER BY 1")?;
        let mut latest = after;
        let mut changes = Vec::new();
        let mut rows = rows.query([after])?;
        while let Some(row) = rows.next()? {
            latest = row.get(0)?;
            let (kind, host, id): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
            changes.push(match kind.as_str() {
                "subject" => Change::Subject { host, id },
                "repo" => Change::Repo { host, id },
                "host" => Change::Host(host),
                // What a newer louver means is not known here; forgetting everything is safe.
                _ => Change::All,
            });
        }
        let mut rows = connection.prepare_cached("SELECT kind, host, id FROM holds")?;
        let holds = rows
            .query_map([], |row| {
                let (kind, host, id): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(match kind.as_str() {
                    "subject" => Hold::Subject { host, id },
                    "repo" => Hold::Repo(id),
                    _ => Hold::All,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(News {
            latest: u64::try_from(latest).unwrap_or_default(),
            changes,
            holds,
        })
    }

    /// Stops something in every process, from their next request on.
    pub fn hold(&self, hold: &Hold) -> Result<(), StoreError> {
        let (kind, host, id) = parts(hold);
        let now = self.now();
        self.connection().execute(
            "INSERT OR IGNORE INTO holds VALUES (?1, ?2, ?3, ?4)",
            params![kind, host, id, now],
        )?;
        Ok(())
    }

    /// Lets something go on. Returns whether it was stopped.
    pub fn release(&self, hold: &Hold) -> Result<bool, StoreError> {
        let (kind, host, id) = parts(hold);
        let released = self.connection().execute(
            "DELETE FROM holds WHERE kind = ?1 AND host = ?2 AND id = ?3",
            [kind, host, id],
        )?;
        Ok(released > 0)
    }

    /// What hosts have said last, newest first.
    pub fn checks(&self) -> Result<Vec<Check>, StoreError> {
        let connection = self.connection();
        let mut rows = connection.prepare("SELECT * FROM checks ORDER BY checked_at DESC, host, subject, repo")?;
        let checks = rows.query_map([], |row| {
            Ok(Check {
                subject: Subject {
                    issuer: row.get(0)?,
                    id: row.get(1)?,
                    login: row.get(2)?,
                },
                repo: row.get(3)?,
                repo_id: row.get(4)?,
                readable: row.get(5)?,
                source: row.get(6)?,
                checked_at: time(row.get(7)?),
            })
        })?;
        Ok(checks.collect::<Result<_, _>>()?)
    }
}

fn parts(hold: &Hold) -> (&'static str, &str, &str) {
    match hold {
        Hold::All => ("all", "", ""),
        Hold::Subject { host, id } => ("subject", host, id),
        Hold::Repo(name) => ("repo", "", name),
    }
}
