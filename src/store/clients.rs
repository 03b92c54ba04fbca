//! OAuth clients that registered themselves.

use super::{Opaque, Store, StoreError};
use rusqlite::{OptionalExtension as _, params};

/// More registrations than any organisation has programs.
const MOST_CLIENTS: i64 = 10_000;

/// An OAuth client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub id: String,
    /// What it calls itself.
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub origin: ClientOrigin,
}

/// How louver knows a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientOrigin {
    /// It registered itself.
    Registered,
    /// The scope file lists it.
    Listed,
    /// A document at its address describes it.
    Document,
}

impl Store {
    /// Registers a client. `None` if there are too many already.
    pub fn register_client(&self, name: &str, redirect_uris: &[String]) -> Result<Option<Client>, StoreError> {
        let id = Opaque::new("lvc-")?.text()[..26].to_owned();
        let now = self.now();
        let registered = self.connection().execute(
            "INSERT INTO clients SELECT ?1, ?2, ?3, ?4, ?4 WHERE (SELECT count(*) FROM clients) < ?5",
            params![id, name, redirect_uris.join("\n"), now, MOST_CLIENTS],
        )?;
        Ok((registered > 0).then(|| Client {
            id,
            name: name.to_owned(),
            redirect_uris: redirect_uris.to_vec(),
            origin: ClientOrigin::Registered,
        }))
    }

    /// A client that registered itself. Asking for it keeps it from being swept.
    pub fn registered_client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        let now = self.now();
        let found = self
            .connection()
            .query_row(
                "UPDATE clients SET used_at = ?2 WHERE id = ?1 RETURNING name, redirect_uris",
                params![id, now],
                |row| {
                    let redirect_uris: String = row.get(1)?;
                    Ok(Client {
                        id: id.to_owned(),
                        name: row.get(0)?,
                        redirect_uris: redirect_uris.lines().map(str::to_owned).collect(),
                        origin: ClientOrigin::Registered,
                    })
                },
            )
            .optional()?;
        Ok(found)
    }
}
