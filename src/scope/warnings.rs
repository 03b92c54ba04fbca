//! What is allowed in a scope file, and yet deserves a look.

use super::exception::ExceptionState;
use super::filter::{self, PathDecision, PathFilter};
use super::moment;
use super::people::Who;
use super::{ListedRepo, RepoName, Scope};
use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, SystemTime};

/// Exceptions and reviews are announced this long before their day.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Something that deserves a look, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file and line.
    pub place: String,
    /// What it is, and what to write.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: warning: {}", self.place, self.text)
    }
}

/// Everything that deserves a look at `now`. `paths` lists the paths of a repository, where they can be had.
pub fn warnings(scope: &Scope, now: SystemTime, paths: &dyn Fn(&RepoName) -> Option<Vec<String>>) -> Vec<Warning> {
    let mut found = Vec::new();
    for repo in scope.repos() {
        let mut warn = |text: String| {
            found.push(Warning {
                place: repo.place.clone(),
                text,
            });
        };
        review(repo, now, &mut warn);
        shadowed(&repo.filter, &mut warn);
        if let Some(paths) = paths(&repo.name) {
            unreachable(&repo.filter, &paths, &mut warn);
        }
    }
    for exception in scope.exceptions() {
        let mut warn = |text: String| {
            found.push(Warning {
                place: exception.place.clone(),
                text,
            });
        };
        let id = &exception.id;
        let ends = exception.until.ends();
        match exception.state(now) {
            ExceptionState::Expired => warn(format!(
                "the exception `{id}` ended with {} and opens nothing; remove it",
                exception.until
            )),
            ExceptionState::Requested => warn(format!(
                "nobody approved the exception `{id}`, so it opens nothing; `louver exception approve {id}` writes who did"
            )),
            _ if ends <= now + SOON => warn(format!(
                "the exception `{id}` ends with {}; decide whether it is still needed",
                exception.until
            )),
            _ => (),
        }
        let open = |repo: &ListedRepo| repo.name == exception.repo && repo.readers.is_none();
        if scope.repos().any(open) {
            warn(format!(
                "`{}` names no `readers`, so the exception `{id}` opens nothing that is not open; remove it, or name readers",
                exception.repo
            ));
        }
    }
    teams(scope, &mut found);
    found
}

fn review(repo: &ListedRepo, now: SystemTime, warn: &mut dyn FnMut(String)) {
    let Some(day) = repo.review_by else { return };
    let name = &repo.name;
    if day.ends() <= now {
        warn(format!(
            "the review of `{name}` was due by {day}; review its entry and write a later `review_by`"
        ));
    } else if day.ends() <= now + SOON {
        warn(format!(
            "the review of `{name}` is due by {day}, and today is {}",
            moment::day(now)
        ));
    }
}

/// A glob whose every path another rule hides already.
fn shadowed(filter: &PathFilter, warn: &mut dyn FnMut(String)) {
    let rules: Vec<&str> = filter.rules().collect();
    for (at, rule) in rules.iter().enumerate() {
        let Some(glob) = rule.strip_prefix("repo:") else {
            continue;
        };
        let by = filter::covers(&rules, at);
        if let Some(by) = by {
            warn(format!(
                "`{glob}` hides nothing that `{by}` does not hide already; remove it"
            ));
        }
    }
}

fn unreachable(filter: &PathFilter, paths: &[String], warn: &mut dyn FnMut(String)) {
    for rule in filter.rules() {
        let Some(glob) = rule.strip_prefix("repo:") else {
            continue;
        };
        let Some(alone) = filter::alone(glob) else { continue };
        if !paths.iter().any(|path| alone.decide(path) != PathDecision::Approved) {
            warn(format!(
                "`{glob}` matches none of the {} paths of the repository; correct it, or remove it",
                paths.len()
            ));
        }
    }
}

fn teams(scope: &Scope, found: &mut Vec<Warning>) {
    let lists = scope.repos().filter_map(|repo| repo.readers.as_deref());
    let lists = lists.chain(scope.exceptions().iter().map(|exception| &exception.who[..]));
    let lists = lists.chain([scope.people().revealers()]);
    let named: BTreeSet<&str> = lists
        .flatten()
        .filter_map(|who| match who {
            Who::Team(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    for team in scope
        .people()
        .teams
        .keys()
        .filter(|team| !named.contains(team.as_str()))
    {
        found.push(Warning {
            place: format!("team:{team}"),
            text: format!("nothing names the team `{team}`; remove it, or name it as a reader"),
        });
    }
}
