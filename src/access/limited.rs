//! A host seen through a credential that is good for some repositories only.

use super::{Asked, Memberships, RepoHost, Subject, Verdict, Withheld};
use crate::scope::{ApprovedRepo, HostTeam, RepoName, Scope};
use std::time::SystemTime;

/// Says of every repository that is not listed what would be said of one the person cannot read.
#[expect(missing_debug_implementations, reason = "it lives for one call")]
pub struct Limited<'a> {
    host: &'a dyn RepoHost,
    repos: &'a [RepoName],
}

impl<'a> Limited<'a> {
    /// Lets `host` speak of `repos` alone.
    pub const fn new(host: &'a dyn RepoHost, repos: &'a [RepoName]) -> Self {
        Self { host, repos }
    }
}

impl RepoHost for Limited<'_> {
    fn now(&self) -> SystemTime {
        self.host.now()
    }

    fn follow(&self, scope: &Scope) {
        self.host.follow(scope);
    }

    fn verdicts(&self, subject: &Subject, repos: &[&ApprovedRepo], asked: Asked) -> Vec<Verdict> {
        // The host is asked about all, so that the time an answer takes tells nothing about the limit.
        let verdicts = self.host.verdicts(subject, repos, asked);
        let limited = repos.iter().zip(verdicts).map(|(repo, verdict)| match verdict {
            Verdict::Readable { .. } if !self.repos.contains(repo.name()) => Verdict::Withheld(Withheld::NotReadable),
            verdict => verdict,
        });
        limited.collect()
    }

    fn memberships(&self, subject: &Subject, teams: &[&HostTeam]) -> Memberships {
        self.host.memberships(subject, teams)
    }

    fn unknown(&self, subject: &Subject, name: &str) -> Withheld {
        self.host.unknown(subject, name)
    }
}
