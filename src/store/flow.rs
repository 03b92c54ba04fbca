//! A login on its way: the request that waits for consent, then for the host, and the code it ends in.

use super::{Hash, Opaque, Store, StoreError};
use crate::access::{Secret, Subject};
use rusqlite::{OptionalExtension as _, Row, TransactionBehavior, params};
use std::time::Duration;

/// How long a person may take for each step.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long a client may take to redeem its code.
const CODE_LIFE: Duration = Duration::from_secs(60);
/// More than people log in at once.
const MOST_REQUESTS: i64 = 10_000;

/// What a login waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The person's word.
    Consent,
    /// The host's.
    Host,
}

/// What a client asked for, as it was checked.
#[derive(Clone, Debug)]
pub struct Request {
    pub client: String,
    pub client_name: String,
    pub redirect_uri: String,
    /// The client's own state, given back as it came.
    pub state: Option<String>,
    pub resource: String,
    pub scope: String,
    pub challenge: String,
    /// The host the person logs in at; none before consent.
    pub host: String,
    /// The verifier of louver's own PKCE towards the host.
    pub verifier: Secret,
}

/// A code that was redeemed.
#[derive(Clone, Debug)]
pub struct Code {
    pub client: String,
    pub redirect_uri: String,
    pub resource: String,
    pub scope: String,
    pub challenge: String,
    pub subject: Subject,
    /// The session an earlier redemption began, if this is not the first.
    pub spent_on: Option<String>,
    /// Whether it came in time.
    pub in_time: bool,
}

impl Stage {
    const fn word(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Host => "host",
        }
    }
}

impl Store {
    /// Keeps a request for the browser it came from, under a name only that browser is told. `None` if too many wait.
    pub fn begin_request(&self, stage: Stage, browser: &Hash, request: &Request) -> Result<Option<Opaque>, StoreError> {
        let name = Opaque::new("")?;
        let verifier = self.key.seal("verifier", request.verifier.reveal().as_bytes())?;
        let expires_at = self.after(PATIENCE);
        let kept = self.connection().execute(
            "INSERT INTO requests SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
             WHERE (SELECT count(*) FROM requests) < ?14",
            params![
                name.hash().bytes(),
                stage.word(),
                browser.bytes(),
                request.client,
                request.client_name,
                request.redirect_uri,
                request.state,
                request.resource,
                request.scope,
                request.challenge,
                request.host,
                verifier,
                expires_at,
                MOST_REQUESTS
            ],
        )?;
        Ok((kept > 0).then_some(name))
    }

    /// Takes a request out, if it is at that stage and came from that browser. It cannot be taken twice.
    pub fn take_request(&self, stage: Stage, browser: &Hash, name: &str) -> Result<Option<Request>, StoreError> {
        let now = self.now();
        let connection = self.connection();
        let found = connection
            .query_row(
                "DELETE FROM requests WHERE hash = ?1 AND stage = ?2 AND browser = ?3 AND expires_at > ?4
                 RETURNING client, client_name, redirect_uri, state, resource, scope, challenge, host, verifier",
                params![Hash::of(name).bytes(), stage.word(), browser.bytes(), now],
                |row| Ok((request(row)?, row.get::<_, Vec<u8>>(8)?)),
            )
            .optional()?;
        Ok(found.and_then(|(request, sealed)| {
            let verifier = String::from_utf8(self.key.open("verifier", &sealed)?).ok()?;
            Some(Request {
                verifier: Secret::new(verifier),
                ..request
            })
        }))
    }

    /// Notes that a person let a client ask in their name, and makes the code that says so.
    pub fn grant_code(&self, request: &Request, subject: &Subject) -> Result<Opaque, StoreError> {
        let code = Opaque::new("lvg_")?;
        let (now, expires_at) = (self.now(), self.after(CODE_LIFE));
        let mut connection = self.connection();
        let both = connection.transaction()?;
        both.execute(
            "INSERT OR REPLACE INTO consents VALUES (?1, ?2, ?3, ?4, ?5)",
            params![subject.issuer, subject.id, request.client, request.scope, now],
        )?;
        both.execute(
            "INSERT INTO codes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, NULL)",
            params![
                code.hash().bytes(),
                request.client,
                request.redirect_uri,
                request.resource,
                request.scope,
                request.challenge,
                subject.issuer,
                subject.id,
                subject.login,
                expires_at
            ],
        )?;
        both.commit()?;
        Ok(code)
    }

    /// Spends a code on `session`. One that was spent before says on what.
    pub fn spend_code(&self, code: &str, session: &str) -> Result<Option<Code>, StoreError> {
        let now = self.now();
        let hash = Hash::of(code);
        let mut connection = self.connection();
        let both = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = both
            .query_row(
                "SELECT client, redirect_uri, resource, scope, challenge, host, subject, login, session, expires_at
                 FROM codes WHERE hash = ?1",
                [hash.bytes()],
                |row| {
                    Ok(Code {
                        client: row.get(0)?,
                        redirect_uri: row.get(1)?,
                        resource: row.get(2)?,
                        scope: row.get(3)?,
                        challenge: row.get(4)?,
                        subject: Subject {
                            issuer: row.get(5)?,
                            id: row.get(6)?,
                            login: row.get(7)?,
                        },
                        spent_on: row.get(8)?,
                        in_time: row.get::<_, i64>(9)? > now,
                    })
                },
            )
            .optional()?;
        both.execute(
            "UPDATE codes SET session = ?2 WHERE hash = ?1 AND session IS NULL",
            params![hash.bytes(), session],
        )?;
        both.commit()?;
        Ok(found)
    }
}

fn request(row: &Row<'_>) -> rusqlite::Result<Request> {
    Ok(Request {
        client: row.get(0)?,
        client_name: row.get(1)?,
        redirect_uri: row.get(2)?,
        state: row.get(3)?,
        resource: row.get(4)?,
        scope: row.get(5)?,
        challenge: row.get(6)?,
        host: row.get(7)?,
        verifier: Secret::new(""),
    })
}
