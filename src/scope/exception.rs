//! `[[exception]]`: people who may ask about a repository that is kept to others, for a while.
//!
//! An exception widens the circle of people and nothing else: it never opens a `restricted` repository or an excluded path.

use super::error::Problem;
use super::fields::{Faults, Fields, Found, Key, Shape};
use super::moment::Moment;
use super::name::RepoName;
use super::people::{self, WHO, Who};
use std::time::SystemTime;

/// The longest an exception may last, in days.
pub const MOST_DAYS: i64 = 90;

/// An exception as the scope file writes it. Without an approver it is a request and opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The word it is called by.
    pub id: String,
    /// The repository it opens.
    pub repo: RepoName,
    /// Whom it is opened to.
    pub who: Vec<Who>,
    /// When it begins.
    pub from: Moment,
    /// When it ends; a day is included.
    pub until: Moment,
    /// Why it is needed.
    pub justification: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// How closely answers under it are watched.
    pub monitoring: Monitoring,
    /// The file and line it stands at.
    pub place: String,
}

/// How closely answers under an exception are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Monitoring {
    /// As every answer is.
    Normal,
    /// The record of every answer names the exception, for alert rules to find.
    Enhanced,
}

/// Where an exception is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionState {
    /// Nobody approved it.
    Requested,
    /// Approved, and not begun.
    Waiting,
    /// In force.
    Active,
    /// Over.
    Expired,
}

impl Exception {
    /// Where it is in its life at `now`, to the second.
    pub fn state(&self, now: SystemTime) -> ExceptionState {
        if now >= self.until.ends() {
            ExceptionState::Expired
        } else if self.approved_by.is_none() {
            ExceptionState::Requested
        } else if now < self.from.begins() {
            ExceptionState::Waiting
        } else {
            ExceptionState::Active
        }
    }
}

impl ExceptionState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Waiting => "waiting",
            Self::Active => "active",
            Self::Expired => "expired",
        }
    }
}

impl Monitoring {
    /// The word for it in the scope file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Enhanced => "enhanced",
        }
    }
}

pub(super) static EXCEPTION: Shape = Shape {
    table: "[[exception]]",
    keys: &[
        Key {
            name: "id",
            wanted: "a word to call it by, as in `id = \"core-audit\"`",
        },
        Key {
            name: "repo",
            wanted: "the name of a [[repo]], as in `repo = \"acme/core\"`",
        },
        Key {
            name: "who",
            wanted: "a list of people, as in `who = [\"github:alice\", \"team:platform\"]`",
        },
        Key {
            name: "from",
            wanted: "the first day, as in `from = 2026-11-21`",
        },
        Key {
            name: "until",
            wanted: "the last day, at most 90 days, as in `until = 2027-02-18`",
        },
        Key {
            name: "justification",
            wanted: "why it is needed, as in `justification = \"incident 4711\"`",
        },
        Key {
            name: "approved_by",
            wanted: "who approved it, as in `approved_by = \"ciso@example.com\"`",
        },
        Key {
            name: "monitoring",
            wanted: "`monitoring = \"enhanced\"` or `\"normal\"`",
        },
    ],
};

/// An exception, with where its parts stand that can only be checked once every file is read.
pub(super) struct Draft {
    pub(super) exception: Exception,
    pub(super) id: std::ops::Range<usize>,
    pub(super) repo: std::ops::Range<usize>,
    pub(super) who: Vec<Found<Who>>,
    pub(super) approved_by: std::ops::Range<usize>,
}

pub(super) fn exception(entry: &Fields<'_>, place: String, faults: &mut Faults) -> Option<Draft> {
    let id = people::word(entry, "id", faults);
    for key in ["repo", "who", "from", "until", "justification"] {
        if !entry.has(key) {
            entry.missing(key, faults);
        }
    }
    let repo = repo(entry, faults);
    let who = people::list(entry, "who", faults);
    if who.as_ref().is_some_and(Vec::is_empty) {
        let (key, wanted) = ("who", WHO);
        faults.add(&entry.span_of(key), Problem::Empty { key, wanted });
    }
    let from = entry.moment("from", faults);
    let until = entry.moment("until", faults);
    if let (Some(from), Some(until)) = (&from, &until) {
        span(from, until, faults);
    }
    let justification = entry.text("justification", faults);
    let approved_by = entry.text("approved_by", faults);
    let monitoring = monitoring(entry, faults);
    let (id, repo, who) = (id?, repo?, who?);
    Some(Draft {
        id: id.span,
        repo: repo.span,
        approved_by: entry.span_of("approved_by"),
        exception: Exception {
            id: id.value,
            repo: repo.value,
            who: who.iter().map(|who| who.value.clone()).collect(),
            from: from?.value,
            until: until?.value,
            justification: justification?.value.to_owned(),
            approved_by: approved_by.map(|name| name.value.to_owned()),
            monitoring,
            place,
        },
        who,
    })
}

pub(super) fn repo(entry: &Fields<'_>, faults: &mut Faults) -> Option<Found<RepoName>> {
    let Found { value, span } = entry.text("repo", faults)?;
    match RepoName::new(value) {
        Ok(name) => Some(Found { value: name, span }),
        Err(fault) => {
            let name = value.escape_debug().to_string();
            faults.add(&span, Problem::Name { name, fault });
            None
        }
    }
}

fn span(from: &Found<Moment>, until: &Found<Moment>, faults: &mut Faults) {
    let days = until.value.days_since(from.value);
    if until.value.ends() <= from.value.begins() {
        faults.add(&until.span, Problem::EndsBefore(from.value));
    } else if days > MOST_DAYS {
        faults.add(&until.span, Problem::TooLong(days));
    }
}

/// What is not said is watched closely.
fn monitoring(entry: &Fields<'_>, faults: &mut Faults) -> Monitoring {
    let found = entry.word(
        "monitoring",
        &[
            (Monitoring::Normal.as_str(), Monitoring::Normal),
            (Monitoring::Enhanced.as_str(), Monitoring::Enhanced),
        ],
        faults,
    );
    found.unwrap_or(Monitoring::Enhanced)
}
