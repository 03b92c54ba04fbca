//! The decision about a resource, and the rule it rests on.

use super::filter::PathDecision;
use super::{RepoName, Scope, Tier};
use std::fmt;

/// What a decision is asked about: a repository, or a path in it.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// The repository.
    pub repo: &'a RepoName,
    /// A path from the root of the repository.
    pub path: Option<&'a str>,
}

/// Whether the scope allows a resource to be known, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may be known.
    pub allow: bool,
    /// The rule that decided.
    pub rule: Rule,
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
    /// The repository is listed, and nothing speaks against the path.
    Listed,
}

/// Decides whether a resource may be known. What no rule allows is denied, and whatever denies overrides what allows.
pub fn decide(scope: &Scope, resource: &Resource<'_>) -> Decision {
    let Resource { repo, path } = resource;
    let Some(listed) = scope.listed(repo) else {
        return Decision::deny(Rule::Unlisted, vec![format!("the scope file does not list `{repo}`")]);
    };
    let mut reasons = vec![format!(
        "`{repo}` is listed with tier {}, owner {}",
        listed.tier, listed.owner
    )];
    if listed.tier == Tier::Restricted {
        reasons.push("restricted repositories are never indexed".to_owned());
        return Decision::deny(Rule::Restricted, reasons);
    }
    match path.map(|path| (path, listed.filter.decide(path))) {
        Some((path, PathDecision::Excluded { rule })) => {
            reasons.push(format!("`{path}` is excluded by `{rule}`"));
            Decision::deny(Rule::Excluded(rule.to_owned()), reasons)
        }
        Some((path, PathDecision::Vendored { rule })) => {
            reasons.push(format!("`{path}` is passed over as vendored by `{rule}`"));
            Decision::deny(Rule::Vendored(rule.to_owned()), reasons)
        }
        Some((_, PathDecision::Approved)) | None => Decision {
            allow: true,
            rule: Rule::Listed,
            reasons,
        },
    }
}

impl Decision {
    fn deny(rule: Rule, reasons: Vec<String>) -> Self {
        Self {
            allow: false,
            rule,
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
            Self::Listed => f.write_str("listed"),
        }
    }
}
