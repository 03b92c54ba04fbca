//! The decision about a request, and the rule it rests on: one pure function, asked by the server and by `louver scope explain` alike.

use super::exception::{Exception, ExceptionState, Monitoring};
use super::filter::PathDecision;
use super::people::{Subject, Who};
use super::{ListedRepo, RepoName, Scope, Tier};
use std::fmt;
use std::time::SystemTime;

/// What a decision is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub subject: Subject<'a>,
    /// About what.
    pub resource: Resource<'a>,
    /// To do what.
    pub action: Action,
    /// When.
    pub at: SystemTime,
}

/// A repository, or a path in it.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// The repository.
    pub repo: &'a RepoName,
    /// A path from the root of the repository.
    pub path: Option<&'a str>,
}

/// What is to be done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read and index it, which louver does for itself.
    Index,
    /// Tell the subject about it, as far as the repository's host agrees.
    Retrieve,
}

/// Whether the scope allows a request, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allow: bool,
    /// The rule that decided.
    pub rule: Rule,
    /// When the ground it rests on ends, if it does.
    pub until: Option<SystemTime>,
    /// Whether the answer is to be watched closely.
    pub monitoring: Monitoring,
    /// Sentences for a person, from the general to the particular.
    pub reasons: Vec<String>,
}

/// The rule a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The scope file does not list the repository.
    Unlisted,
    /// The repository's tier is `restricted`.
    Restricted,
    /// A glob hides the path.
    Excluded(String),
    /// The path holds others' code or the output of a build.
    Vendored(String),
    /// The repository names its readers, and the subject is none of them.
    NotReader,
    /// The repository is listed, and nothing speaks against the request.
    Listed,
    /// The repository names its readers, and the subject is one.
    Reader(Who),
    /// An exception opens the repository to the subject.
    Exception(String),
}

impl Subject<'_> {
    /// louver itself, which indexes.
    pub const LOUVER: Subject<'static> = Subject {
        host: "louver",
        id: "louver",
        login: "louver",
        teams: &[],
        teams_until: None,
    };
}

/// Decides about a request. What no rule allows is denied, and whatever denies overrides what allows.
pub fn decide(scope: &Scope, request: &Request<'_>) -> Decision {
    let Resource { repo, path } = request.resource;
    let Some(listed) = scope.listed(repo) else {
        return Decision::deny(Rule::Unlisted, vec![format!("the scope file does not list `{repo}`")]);
    };
    let clear = if listed.told.names_in_clear {
        ", whose names are told in clear"
    } else {
        ""
    };
    let mut reasons = vec![format!(
        "`{repo}` is listed with tier {}{clear}, owner {}",
        listed.tier, listed.owner
    )];
    if listed.tier == Tier::Restricted {
        reasons.push("restricted repositories are never indexed".to_owned());
        return Decision::deny(Rule::Restricted, reasons);
    }
    match path.map(|path| (path, listed.filter.decide(path))) {
        Some((path, PathDecision::Excluded { rule })) => {
            reasons.push(format!("`{path}` is excluded by `{rule}`"));
            return Decision::deny(Rule::Excluded(rule.to_owned()), reasons);
        }
        Some((path, PathDecision::Vendored { rule })) => {
            reasons.push(format!("`{path}` is passed over as vendored by `{rule}`"));
            return Decision::deny(Rule::Vendored(rule.to_owned()), reasons);
        }
        Some((_, PathDecision::Approved)) | None => (),
    }
    match (&listed.readers, request.action) {
        (Some(readers), Action::Retrieve) => circle(scope, listed, readers, request, reasons),
        _ => Decision::allow(Rule::Listed, reasons),
    }
}

/// Decides about a repository that names its readers.
fn circle(
    scope: &Scope,
    listed: &ListedRepo,
    readers: &[Who],
    request: &Request<'_>,
    mut reasons: Vec<String>,
) -> Decision {
    let (subject, repo) = (request.subject, &listed.name);
    if let Some((who, until)) = scope.people().found(&subject, readers) {
        reasons.push(format!("`{subject}` is a reader of `{repo}` as `{who}`"));
        return Decision {
            until,
            ..Decision::allow(Rule::Reader(who.clone()), reasons)
        };
    }
    for team in scope.people().at_hosts(readers) {
        reasons.push(format!(
            "`{}` is asked who is in `{}` when somebody of it asks",
            team.host, team.group
        ));
    }
    reasons.push(format!(
        "`{repo}` is kept to its readers, and `{subject}` is none of them"
    ));
    let own =
        |exception: &&Exception| exception.repo == *repo && scope.people().found(&subject, &exception.who).is_some();
    let active = |exception: &&Exception| exception.state(request.at) == ExceptionState::Active;
    // Of several, the one that is watched more closely counts, and of those the one that lasts.
    let best = scope.exceptions().iter().filter(own).filter(active);
    if let Some(exception) = best.max_by_key(|exception| (exception.monitoring, exception.until.ends())) {
        let Exception { id, until, .. } = exception;
        reasons.push(format!("the exception `{id}` opens it until {until}"));
        let of_team = scope
            .people()
            .found(&subject, &exception.who)
            .and_then(|(_, until)| until);
        let ends = until.ends();
        return Decision {
            until: Some(of_team.map_or(ends, |of_team| of_team.min(ends))),
            monitoring: exception.monitoring,
            ..Decision::allow(Rule::Exception(id.clone()), reasons)
        };
    }
    for exception in scope.exceptions().iter().filter(own) {
        let state = exception.state(request.at).as_str();
        reasons.push(format!("the exception `{}` is {state} and opens nothing", exception.id));
    }
    Decision::deny(Rule::NotReader, reasons)
}

impl Decision {
    fn deny(rule: Rule, reasons: Vec<String>) -> Self {
        Self {
            allow: false,
            ..Self::allow(rule, reasons)
        }
    }

    fn allow(rule: Rule, reasons: Vec<String>) -> Self {
        Self {
            allow: true,
            rule,
            until: None,
            monitoring: Monitoring::Normal,
            reasons,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlisted => f.write_str("unlisted"),
            Self::Restricted => f.write_str("restricted"),
            Self::Excluded(rule) => write!(f, "excluded:{rule}"),
            Self::Vendored(rule) => write!(f, "vendored:{rule}"),
            Self::NotReader => f.write_str("not-a-reader"),
            Self::Listed => f.write_str("listed"),
            Self::Reader(who) => write!(f, "reader:{who}"),
            Self::Exception(id) => write!(f, "exception:{id}"),
        }
    }
}
