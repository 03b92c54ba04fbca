//! `[clients]`: the MCP clients the organisation has approved, by the name they give themselves.
//!
//! A name is a claim, so this keeps honest people to the approved tools; what a person may be told never depends on it.

use super::fields::{Faults, Fields, Key, Shape};

/// Which clients are answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clients {
    approved: Option<Vec<String>>,
    others: Others,
}

/// What becomes of a client that is not approved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// It gets no answer.
    #[default]
    Deny,
    /// It is answered.
    Allow,
}

pub(super) static CLIENTS: Shape = Shape {
    table: "[clients]",
    keys: &[
        Key {
            name: "approved",
            wanted: "a list of client names, as in `approved = [\"claude-code\", \"cursor*\"]`",
        },
        Key {
            name: "others",
            wanted: "`others = \"deny\"` or `\"allow\"`",
        },
    ],
};

impl Clients {
    /// Whether a client of that name is answered. Without `[clients]` every client is; one without a name is none of the approved.
    pub fn answers(&self, name: Option<&str>) -> bool {
        self.others == Others::Allow || self.approved(name)
    }

    /// Whether a client of that name is approved.
    pub fn approved(&self, name: Option<&str>) -> bool {
        let Some(approved) = &self.approved else { return true };
        let Some(name) = name.map(str::to_lowercase) else {
            return false;
        };
        approved.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == *pattern,
        })
    }
}

pub(super) fn clients(file: &Fields<'_>, faults: &mut Faults) -> Clients {
    let Some(table) = file.table("clients", &CLIENTS, faults) else {
        return Clients::default();
    };
    if !table.has("approved") {
        table.missing("approved", faults);
    }
    let names = table.texts("approved", faults).unwrap_or_default();
    let others = table.word("others", &[("deny", Others::Deny), ("allow", Others::Allow)], faults);
    Clients {
        approved: Some(names.into_iter().map(|name| name.value.to_lowercase()).collect()),
        others: others.unwrap_or_default(),
    }
}
