//! People of a scope file: how they are written, teams and roles. A team is listed here, or is one of a host, which is asked who is in it.

use super::error::Problem;
use super::fields::{Faults, Fields, Found, Key, Shape};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

/// Who asks, as a host knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The host's name in the scope file, or `local`.
    pub host: &'a str,
    /// The account's id there, which stays.
    pub id: &'a str,
    /// The account's name, which may change hands.
    pub login: &'a str,
    /// Teams, by their names in the scope file, that the account was found to be in beside those that list it.
    pub teams: &'a [String],
    /// How long that may be relied on.
    pub teams_until: Option<SystemTime>,
}

/// A team of the scope file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Team {
    /// People, one by one.
    Listed(Vec<Who>),
    /// Whoever is in a group of a host.
    AtHost(HostTeam),
}

/// A group of a host that stands for a team: a team of GitHub or Gitea, a group of GitLab, a workspace of Bitbucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostTeam {
    /// The team's name in the scope file.
    pub name: String,
    /// The host's name there.
    pub host: String,
    /// What the host calls the group.
    pub group: String,
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
    pub(super) teams: BTreeMap<String, Team>,
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
        Key {
            name: "host",
            wanted: "the name of a [[host]] that has the team, as in `host = \"github\"`",
        },
        Key {
            name: "group",
            wanted: "what the host calls it, as in `group = \"acme/payments\"`",
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
    /// The first of `list` that means the subject, and until when if that rests on what a host said. A team holds people, never teams.
    pub(super) fn found<'a>(&self, subject: &Subject<'_>, list: &'a [Who]) -> Option<(&'a Who, Option<SystemTime>)> {
        let lists = |who: &&Who| match who {
            Who::Team(name) => match self.teams.get(name) {
                Some(Team::Listed(members)) => members.iter().any(|member| member.is(subject)),
                Some(Team::AtHost(_)) | None => false,
            },
            person => person.is(subject),
        };
        // Who is listed does not depend on a host.
        if let Some(who) = list.iter().find(lists) {
            return Some((who, None));
        }
        let is_in = |who: &&Who| matches!(who, Who::Team(name) if subject.teams.contains(name));
        list.iter().find(is_in).map(|who| (who, subject.teams_until))
    }

    /// The teams of `list` that are groups of a host.
    pub(super) fn at_hosts(&self, list: &[Who]) -> impl Iterator<Item = &HostTeam> {
        list.iter().filter_map(|who| match who {
            Who::Team(name) => match self.teams.get(name)? {
                Team::AtHost(team) => Some(team),
                Team::Listed(_) => None,
            },
            _ => None,
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

    /// Everybody `list` means; of teams, only those stay that a host would have to be asked about.
    pub fn members<'a>(&'a self, list: &'a [Who]) -> Vec<&'a Who> {
        let mut out: Vec<&Who> = Vec::new();
        for who in list {
            match who {
                Who::Team(name) => match self.teams.get(name) {
                    Some(Team::Listed(members)) => out.extend(members),
                    Some(Team::AtHost(_)) => out.push(who),
                    None => (),
                },
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

/// A team with where its members or its host are written.
pub(super) fn team(entry: &Fields<'_>, faults: &mut Faults) -> Option<(Found<String>, Found<Team>)> {
    let name = word(entry, "name", faults);
    if entry.has("host") || entry.has("group") {
        return at_host(entry, name?, faults);
    }
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
    let span = entry.span_of("members");
    let value = Team::Listed(members);
    Some((name?, Found { value, span }))
}

/// A team that is a group of a host. Whether it is there, and who is in it, the host says when somebody asks.
fn at_host(entry: &Fields<'_>, name: Found<String>, faults: &mut Faults) -> Option<(Found<String>, Found<Team>)> {
    for key in ["host", "group"] {
        if !entry.has(key) {
            entry.missing(key, faults);
        }
    }
    if entry.has("members") {
        faults.add(&entry.span_of("members"), Problem::TwoKindsOfTeam);
    }
    let host = entry.text("host", faults);
    let group = entry.text("group", faults)?;
    if !is_group(group.value) {
        faults.add(&group.span, Problem::Group(group.value.escape_debug().to_string()));
    }
    let host = host?;
    let value = Team::AtHost(HostTeam {
        name: name.value.clone(),
        host: host.value.to_owned(),
        group: group.value.to_owned(),
    });
    let span = host.span;
    Some((name, Found { value, span }))
}

/// Names between slashes, of which none leads elsewhere in an address.
fn is_group(text: &str) -> bool {
    let is_name = |part: &str| {
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        !part.is_empty() && part.bytes().all(good) && !part.bytes().all(|b| b == b'.')
    };
    text.len() <= 200 && text.split('/').all(is_name)
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
