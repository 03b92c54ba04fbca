//! `[[test]]`: what the scope must decide, written beside the rules and checked before they apply.

use super::decision::{Action, Decision, Request, Resource, Rule, decide};
use super::exception;
use super::fields::{Faults, Fields, Key, Shape};
use super::moment::Moment;
use super::people::{Subject, Who};
use super::{Problem, RepoName, Scope};
use std::slice;
use std::time::SystemTime;

/// One expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Where it stands, as `file:line`.
    pub place: String,
    /// Who asks; without one, whether the path is indexed is meant.
    pub user: Option<Who>,
    /// About what.
    pub repo: RepoName,
    /// A path from the root of the repository.
    pub path: Option<String>,
    /// When; without it, now.
    pub on: Option<Moment>,
    /// What must be decided.
    pub expect: Outcome,
}

/// What a decision comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It may be known.
    Allowed,
    /// An exclusion hides the path.
    Excluded,
    /// The path is others' code or the output of a build.
    Vendored,
    /// The repository is never indexed.
    Restricted,
    /// The file does not list the repository.
    Unlisted,
    /// The repository is kept to others.
    NotReader,
}

/// An expectation that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Which.
    pub expectation: Expectation,
    /// What was decided.
    pub decision: Decision,
}

const OUTCOMES: [(&str, Outcome); 6] = [
    ("allowed", Outcome::Allowed),
    ("excluded", Outcome::Excluded),
    ("vendored", Outcome::Vendored),
    ("restricted", Outcome::Restricted),
    ("unlisted", Outcome::Unlisted),
    ("not-a-reader", Outcome::NotReader),
];

pub(super) static TEST: Shape = Shape {
    table: "[[test]]",
    keys: &[
        Key {
            name: "user",
            wanted: "who asks, as in `user = \"github:alice\"`, or a member of `team:NAME`",
        },
        Key {
            name: "repo",
            wanted: "the name of a repository, as in `repo = \"acme/core\"`",
        },
        Key {
            name: "path",
            wanted: "a path from its root, as in `path = \"infra/prod/db.tf\"`",
        },
        Key {
            name: "on",
            wanted: "a day, as in `on = 2027-01-01`",
        },
        Key {
            name: "expect",
            wanted: "`expect = \"allowed\"`, `\"excluded\"`, `\"vendored\"`, `\"restricted\"`, `\"unlisted\"` or `\"not-a-reader\"`",
        },
    ],
};

impl Outcome {
    /// What a decision comes to.
    pub fn of(decision: &Decision) -> Self {
        match decision.rule {
            Rule::Unlisted => Self::Unlisted,
            Rule::Restricted => Self::Restricted,
            Rule::Excluded(_) => Self::Excluded,
            Rule::Vendored(_) => Self::Vendored,
            Rule::NotReader => Self::NotReader,
            Rule::Listed | Rule::Reader(_) | Rule::Exception(_) => Self::Allowed,
        }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        OUTCOMES
            .iter()
            .find(|(_, outcome)| *outcome == self)
            .map_or("", |(word, _)| word)
    }
}

/// Tries every expectation of the scope; `now` stands in where one names no day.
pub fn unmet(scope: &Scope, now: SystemTime) -> Vec<Unmet> {
    let mut unmet = Vec::new();
    for expectation in scope.expectations() {
        let at = expectation.on.map_or(now, Moment::begins);
        let resource = Resource {
            repo: &expectation.repo,
            path: expectation.path.as_deref(),
        };
        let (subject, action) = match &expectation.user {
            Some(who) => (asking(who), Action::Retrieve),
            None => (Subject::LOUVER, Action::Index),
        };
        let request = Request {
            subject,
            resource,
            action,
            at,
        };
        let decision = decide(scope, &request);
        if Outcome::of(&decision) != expectation.expect {
            unmet.push(Unmet {
                expectation: expectation.clone(),
                decision,
            });
        }
    }
    unmet
}

/// What matches nothing.
const NOBODY: Subject<'static> = Subject {
    host: "",
    id: "",
    login: "",
    teams: &[],
    teams_until: None,
};

/// The subject that a person written in the file stands for, or a member of a team; what is not written matches nothing.
pub fn asking(who: &Who) -> Subject<'_> {
    match who {
        Who::Login { host, login } => Subject { host, login, ..NOBODY },
        Who::Id { host, id } => Subject { host, id, ..NOBODY },
        Who::Team(name) => Subject {
            host: "team",
            login: name,
            teams: slice::from_ref(name),
            ..NOBODY
        },
    }
}

pub(super) fn expectation(entry: &Fields<'_>, place: String, faults: &mut Faults) -> Option<Expectation> {
    for key in ["repo", "expect"] {
        if !entry.has(key) {
            entry.missing(key, faults);
        }
    }
    let user = user(entry, faults);
    let repo = exception::repo(entry, faults);
    let path = entry.text("path", faults).map(|path| path.value.to_owned());
    let on = entry.moment("on", faults).map(|on| on.value);
    let expect = entry.word("expect", &OUTCOMES, faults);
    Some(Expectation {
        place,
        user: user?,
        repo: repo?.value,
        path,
        on,
        expect: expect?,
    })
}

/// The outer `None` is a fault.
fn user(entry: &Fields<'_>, faults: &mut Faults) -> Option<Option<Who>> {
    if !entry.has("user") {
        return Some(None);
    }
    let found = entry.text("user", faults)?;
    match found.value.parse() {
        Ok(who) => Some(Some(who)),
        Err(_) => {
            faults.add(&found.span, Problem::Who(found.value.escape_debug().to_string()));
            None
        }
    }
}
