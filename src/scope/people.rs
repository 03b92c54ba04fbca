//! People of a scope file: how they are written, teams and roles.

use super::error::Problem;
use super::fields::{Faults, Fields, Found, Key, Shape};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Who asks, as a host knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The host's name in the scope file, or `local`.
    pub host: &'a str,
    /// The account's id there, which stays.
    pub id: &'a str,
    /// The account's name, which may change hands.
    pub login: &'a str,
}

/// A person or team, as a scope file writes them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// `HOST:LOGIN`.
    Login { host: String, login: String },
    /// `HOST#ID`.
    Id { host: String, id: String },
    /// `team:NAME`.
    Team(String),
}

/// Teams by name, and who has which role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    pub(super) teams: BTreeMap<String, Vec<Who>>,
    reveal: Vec<Who>,
    approve: Vec<String>,
}

pub(super) const WHO: &str = "a list of people, as in `[\"github:alice\", \"team:platform\"]`";

pub(super) static TEAM: Shape = Shape {
    table: "[[team]]",
    keys: &[
        Key {
            name: "name",
            wanted: "a word, as in `name = \"platform\"`",
        },
        Key {
            name: "members",
            wanted: "a list of people, as in `members = [\"github:alice\"]`",
        },
    ],
};

pub(super) static ROLES: Shape = Shape {
    table: "[roles]",
    keys: &[
        Key {
            name: "reveal",
            wanted: "a list of people, as in `reveal = [\"team:security\"]`",
        },
        Key {
            name: "approve",
            wanted: "a list of those who may approve exceptions, as in `approve = [\"ciso@example.com\"]`",
        },
    ],
};

/// A text that means nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write `HOST:LOGIN`, `HOST#ID` or `team:NAME`, as in `github:alice`")]
pub struct NobodyMeant;

impl FromStr for Who {
    type Err = NobodyMeant;

    fn from_str(text: &str) -> Result<Self, NobodyMeant> {
        let good = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
        if let Some(team) = text.strip_prefix("team:") {
            return if is_word(team) {
                Ok(Self::Team(team.to_owned()))
            } else {
                Err(NobodyMeant)
            };
        }
        let at = text.find([':', '#']).ok_or(NobodyMeant)?;
        let (host, name) = (&text[..at], &text[at + 1..]);
        if !is_word(host) || !good(name) {
            return Err(NobodyMeant);
        }
        let (host, name) = (host.to_owned(), name.to_owned());
        Ok(if text.as_bytes()[at] == b':' {
            Self::Login { host, login: name }
        } else {
            Self::Id { host, id: name }
        })
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login { host, login } => write!(f, "{host}:{login}"),
            Self::Id { host, id } => write!(f, "{host}#{id}"),
            Self::Team(name) => write!(f, "team:{name}"),
        }
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.login)
    }
}

impl People {
    /// The first of `list` that means the subject. A team holds people, never teams.
    pub(super) fn found<'a>(&self, subject: &Subject<'_>, list: &'a [Who]) -> Option<&'a Who> {
        list.iter().find(|who| match who {
            Who::Team(name) => self
                .teams
                .get(name)
                .is_some_and(|members| members.iter().any(|member| member.is(subject))),
            person => person.is(subject),
        })
    }

    /// Whether the subject may turn pseudonyms back into names.
    pub fn may_reveal(&self, subject: &Subject<'_>) -> bool {
        self.found(subject, &self.reveal).is_some()
    }

    pub(super) fn revealers(&self) -> &[Who] {
        &self.reveal
    }

    /// Whether this name may stand as the approver of an exception; without `[roles]`, any may.
    pub fn may_approve(&self, approver: &str) -> bool {
        self.approve.is_empty() || self.approve.iter().any(|name| name == approver)
    }

    /// Everybody `list` means, without teams.
    pub fn members<'a>(&'a self, list: &'a [Who]) -> Vec<&'a Who> {
        let mut out: Vec<&Who> = Vec::new();
        for who in list {
            match who {
                Who::Team(name) => out.extend(self.teams.get(name).into_iter().flatten()),
                person => out.push(person),
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}

impl Who {
    /// Hosts take `Alice` and `alice` for the same account.
    fn is(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Login { host, login } => host == subject.host && login.eq_ignore_ascii_case(subject.login),
            Self::Id { host, id } => host == subject.host && id == subject.id,
            Self::Team(_) => false,
        }
    }
}

/// A list of people under `key`; teams are looked up once every file is read.
pub(super) fn list(table: &Fields<'_>, key: &'static str, faults: &mut Faults) -> Option<Vec<Found<Who>>> {
    let texts = table.texts(key, faults)?;
    let mut list = Vec::new();
    for Found { value, span } in texts {
        match value.parse() {
            Ok(who) => list.push(Found { value: who, span }),
            Err(NobodyMeant) => faults.add(&span, Problem::Who(value.escape_debug().to_string())),
        }
    }
    Some(list)
}

pub(super) fn team(entry: &Fields<'_>, faults: &mut Faults) -> Option<(Found<String>, Vec<Who>)> {
    let name = word(entry, "name", faults);
    if !entry.has("members") {
        entry.missing("members", faults);
    }
    let mut members = Vec::new();
    for Found { value, span } in list(entry, "members", faults)? {
        match value {
            Who::Team(_) => faults.add(&span, Problem::TeamInTeam),
            person => members.push(person),
        }
    }
    Some((name?, members))
}

/// What `[roles]` says, and the people it names, whose teams are still to be looked up.
pub(super) fn roles(file: &Fields<'_>, people: &mut People, faults: &mut Faults) -> Vec<Found<Who>> {
    let Some(table) = file.table("roles", &ROLES, faults) else {
        return Vec::new();
    };
    let approve = table.texts("approve", faults).unwrap_or_default();
    people.approve = approve.into_iter().map(|name| name.value.to_owned()).collect();
    let reveal = list(&table, "reveal", faults).unwrap_or_default();
    people.reveal = reveal.iter().map(|who| who.value.clone()).collect();
    reveal
}

/// A required word of small letters, digits and `-`.
pub(super) fn word(entry: &Fields<'_>, key: &'static str, faults: &mut Faults) -> Option<Found<String>> {
    if !entry.has(key) {
        entry.missing(key, faults);
    }
    let Found { value, span } = entry.text(key, faults)?;
    if is_word(value) {
        let value = value.to_owned();
        return Some(Found { value, span });
    }
    let value = value.escape_debug().to_string();
    faults.add(&span, Problem::NotAWord { key, value });
    None
}

pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.'))
}
