//! Personal tokens: made by an operator for a person or a CI job, without a browser.

use super::{Hash, Opaque, Store, StoreError, seconds, time};
use crate::access::Subject;
use crate::scope::RepoName;
use rusqlite::{OptionalExtension as _, Row, params};
use std::time::SystemTime;

const PREFIX: &str = "lvp_";
const COLUMNS: &str = "id, name, host, subject, login, repos, created_at, expires_at, used_at, revoked_at";

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewPersonalToken<'a> {
    /// What it is for.
    pub name: &'a str,
    /// Whom it stands for.
    pub subject: &'a Subject,
    /// The only repositories it may be used for, if it is not good for all.
    pub repos: Option<&'a [RepoName]>,
    /// When it ends.
    pub expires_at: SystemTime,
}

/// A token as it is listed. The token itself is nowhere.
#[derive(Clone, Debug)]
pub struct PersonalToken {
    pub id: String,
    pub name: String,
    pub subject: Subject,
    pub repos: Option<Vec<RepoName>>,
    pub created_at: SystemTime,
    pub expires_at: SystemTime,
    pub used_at: Option<SystemTime>,
    pub revoked_at: Option<SystemTime>,
}

impl Store {
    /// Makes a token. Returns its id, and the token, which cannot be had again.
    pub fn create_personal_token(&self, new: &NewPersonalToken<'_>) -> Result<(String, Opaque), StoreError> {
        let token = Opaque::new(PREFIX)?;
        let id = Opaque::new("")?.text()[..12].to_owned();
        let repos: Option<Vec<&str>> = new.repos.map(|repos| repos.iter().map(RepoName::as_str).collect());
        self.connection().execute(
            "INSERT INTO personal_tokens VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, NULL)",
            params![
                id,
                token.hash().bytes(),
                new.name,
                new.subject.issuer,
                new.subject.id,
                new.subject.login,
                repos.map(|repos| repos.join("\n")),
                self.now(),
                seconds(new.expires_at)
            ],
        )?;
        Ok((id, token))
    }

    /// The token somebody shows, if it is good now.
    pub fn personal_token(&self, hash: &Hash) -> Result<Option<PersonalToken>, StoreError> {
        let now = self.now();
        let connection = self.connection();
        let sql =
            format!("SELECT {COLUMNS} FROM personal_tokens WHERE hash = ?1 AND revoked_at IS NULL AND expires_at > ?2");
        let found = connection
            .query_row(&sql, params![hash.bytes(), now], personal_token)
            .optional()?;
        if let Some(token) = &found {
            // For the list only; once a minute is enough.
            connection.execute(
                "UPDATE personal_tokens SET used_at = ?2 WHERE id = ?1 AND coalesce(used_at, 0) < ?2 - 60",
                params![token.id, now],
            )?;
        }
        Ok(found)
    }

    /// Whether a person has a token that is good now; if `whole`, one for all they may read.
    pub fn has_personal_token(&self, subject: &Subject, whole: bool) -> Result<bool, StoreError> {
        let found = self.connection().query_row(
            "SELECT EXISTS (SELECT 1 FROM personal_tokens
             WHERE host = ?1 AND subject = ?2 AND (repos IS NULL OR NOT ?4) AND revoked_at IS NULL AND expires_at > ?3)",
            params![subject.issuer, subject.id, self.now(), whole],
            |row| row.get(0),
        )?;
        Ok(found)
    }

    /// Every token, oldest first; those that ended too.
    pub fn personal_tokens(&self) -> Result<Vec<PersonalToken>, StoreError> {
        let connection = self.connection();
        let mut rows = connection.prepare(&format!(
            "SELECT {COLUMNS} FROM personal_tokens ORDER BY created_at, id"
        ))?;
        let tokens = rows.query_map([], personal_token)?;
        Ok(tokens.collect::<Result<_, _>>()?)
    }

    /// Ends a token for every process, from their next request on. Returns it, unless there is no good one with that id.
    pub fn revoke_personal_token(&self, id: &str) -> Result<Option<PersonalToken>, StoreError> {
        let now = self.now();
        let sql = format!(
            "UPDATE personal_tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL RETURNING {COLUMNS}"
        );
        let connection = self.connection();
        Ok(connection
            .query_row(&sql, params![id, now], personal_token)
            .optional()?)
    }

    /// Ends every token of a person, or everybody's. Returns how many.
    pub fn revoke_personal_tokens(&self, subject: Option<(&str, &str)>) -> Result<usize, StoreError> {
        let (host, id) = subject.unzip();
        let ended = self.connection().execute(
            "UPDATE personal_tokens SET revoked_at = ?1
             WHERE revoked_at IS NULL AND (?2 IS NULL OR (host = ?2 AND subject = ?3))",
            params![self.now(), host, id],
        )?;
        Ok(ended)
    }
}

fn personal_token(row: &Row<'_>) -> rusqlite::Result<PersonalToken> {
    let repos: Option<String> = row.get(5)?;
    Ok(PersonalToken {
        id: row.get(0)?,
        name: row.get(1)?,
        subject: Subject {
            issuer: row.get(2)?,
            id: row.get(3)?,
            login: row.get(4)?,
        },
        // A limit that cannot be read is a limit to nothing.
        repos: repos.map(|repos| repos.lines().filter_map(|name| name.parse().ok()).collect()),
        created_at: time(row.get(6)?),
        expires_at: time(row.get(7)?),
        used_at: row.get::<_, Option<i64>>(8)?.map(time),
        revoked_at: row.get::<_, Option<i64>>(9)?.map(time),
    })
}
