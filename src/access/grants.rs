//! Grants: the right of one person to be told about one repository, asked for when a call needs it.

use super::{Asked, Memberships, RepoHost, Subject, Verdict, Withheld};
use crate::scope::{self, Action, ApprovedRepo, Decision, Monitoring, RepoName, Request, Resource, Rule, Scope};
use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// The right of one person to be told about one repository. Not `Clone`: every request asks for its own.
#[derive(Debug)]
pub struct Grant {
    subject: Subject,
    repo: ApprovedRepo,
    source: &'static str,
    checked_at: SystemTime,
    expires_at: SystemTime,
    rule: Rule,
    monitoring: Monitoring,
}

impl Grant {
    /// The repository it opens.
    pub fn repo(&self) -> &ApprovedRepo {
        &self.repo
    }

    /// The person it was given to.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The check it rests on.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// When the host was asked.
    pub fn checked_at(&self) -> SystemTime {
        self.checked_at
    }

    /// The rule of the scope it rests on.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// How closely answers under it are watched.
    pub fn monitoring(&self) -> Monitoring {
        self.monitoring
    }

    /// Whether it still holds at `now`.
    pub fn holds(&self, now: SystemTime) -> bool {
        now <= self.expires_at
    }
}

/// The grants of one request. The host is asked about a repository when the request first needs it, and not before.
pub struct Grants<'h> {
    host: &'h dyn RepoHost,
    subject: Subject,
    scope: &'h Scope,
    decided: OnceLock<Decided>,
    all: OnceLock<All>,
}

/// What the scope lets the person ask about. A repository kept to others is as unknown as one that is not listed.
struct Decided {
    approved: Vec<ApprovedRepo>,
    /// What the scope decided about each of them.
    decisions: Vec<Decision>,
    named: Vec<OnceLock<Grant>>,
}

/// What came of asking about every repository.
struct All {
    grants: Vec<Option<Grant>>,
    /// Why something the person could read until now is missing.
    missing: Option<Withheld>,
}

impl<'h> Grants<'h> {
    /// Grants that `host` may give `subject` under `scope`. Nothing is asked yet.
    pub fn ask(host: &'h dyn RepoHost, subject: &Subject, scope: &'h Scope) -> Self {
        Self {
            host,
            subject: subject.clone(),
            scope,
            decided: OnceLock::new(),
            all: OnceLock::new(),
        }
    }

    /// Decides about every repository; groups of the host are asked about before, whatever the call is about.
    fn decided(&self) -> &Decided {
        self.decided.get_or_init(|| {
            let teams = self.scope.teams_at(&self.subject.issuer);
            let memberships = if teams.is_empty() {
                Memberships::default()
            } else {
                self.host.memberships(&self.subject, &teams)
            };
            let now = self.host.now();
            let decided = self.scope.approved().into_iter().map(|repo| {
                let decision = self.subject.decision(self.scope, &memberships, &repo, now);
                (repo, decision)
            });
            let (approved, decisions): (Vec<_>, Vec<_>) = decided.filter(|(_, decision)| decision.allow).unzip();
            Decided {
                named: approved.iter().map(|_| OnceLock::new()).collect(),
                approved,
                decisions,
            }
        })
    }

    /// The person who asks.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Every grant, in the order of the scope file. What the host does not confirm is not granted.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.all.get_or_init(|| self.ask_all()).grants.iter().flatten()
    }

    /// The grant for `name`. A repository that is unknown, not approved or not readable is withheld for the same reason, after the same
    /// questions.
    pub fn get(&self, name: &RepoName) -> Result<&Grant, Withheld> {
        let decided = self.decided();
        let Some(place) = decided.approved.iter().position(|repo| repo.name() == name) else {
            return Err(self.host.unknown(&self.subject, name.as_str()));
        };
        let asked = self.all.get().and_then(|all| all.grants.get(place)?.as_ref());
        if let Some(grant) = decided.named[place].get().or(asked) {
            return Ok(grant);
        }
        let verdict = self
            .host
            .verdicts(&self.subject, &[&decided.approved[place]], Asked::ByName)
            .pop();
        let grant = self.granted(place, verdict.unwrap_or(Verdict::Withheld(Withheld::NotReadable)))?;
        Ok(decided.named[place].get_or_init(|| grant))
    }

    /// Why an answer about every repository would say less than the person may know, if every repository was asked about and it would.
    pub fn incomplete(&self) -> Option<Withheld> {
        let all = self.all.get()?;
        if all.missing.is_some() {
            return all.missing.clone();
        }
        if all.grants.iter().any(Option::is_some) {
            return None;
        }
        // Somebody who may read nothing is told of an outage as somebody whose repositories are not even listed.
        match self.host.unknown(&self.subject, "") {
            Withheld::NotReadable => None,
            why => Some(why),
        }
    }

    fn ask_all(&self) -> All {
        let repos: Vec<&ApprovedRepo> = self.decided().approved.iter().collect();
        let verdicts = self.host.verdicts(&self.subject, &repos, Asked::WithAll);
        let mut all = All {
            grants: Vec::with_capacity(repos.len()),
            missing: None,
        };
        for (place, verdict) in verdicts.into_iter().enumerate().take(repos.len()) {
            let granted = self.granted(place, verdict);
            if let Err(why @ Withheld::Unverified { lapsed: true, .. }) = &granted {
                all.missing = Some(why.clone());
            }
            all.grants.push(granted.ok());
        }
        all
    }

    fn granted(&self, place: usize, verdict: Verdict) -> Result<Grant, Withheld> {
        let decided = self.decided();
        let (repo, decision) = (&decided.approved[place], &decided.decisions[place]);
        // A grant holds in the moment it expires in; what the scope sets an end to does not.
        let last = decision.until.map(|until| until - Duration::from_nanos(1));
        match verdict {
            Verdict::Readable {
                source,
                checked_at,
                expires_at,
            } => Ok(Grant {
                subject: self.subject.clone(),
                repo: repo.clone(),
                source,
                checked_at,
                expires_at: last.map_or(expires_at, |last| last.min(expires_at)),
                rule: decision.rule.clone(),
                monitoring: decision.monitoring,
            }),
            Verdict::Withheld(why) => Err(why),
        }
    }
}

impl Subject {
    /// What the scope says about this person and a repository it approves, whatever the host says.
    fn decision(&self, scope: &Scope, memberships: &Memberships, repo: &ApprovedRepo, at: SystemTime) -> Decision {
        let Self { issuer, id, login } = self;
        let subject = scope::Subject {
            host: issuer,
            id,
            login,
            teams: &memberships.teams,
            teams_until: memberships.until,
        };
        let resource = Resource {
            repo: repo.name(),
            path: None,
        };
        let action = Action::Retrieve;
        let request = Request {
            subject,
            resource,
            action,
            at,
        };
        scope::decide(scope, &request)
    }
}

impl fmt::Debug for Grants<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}
