//! The host of a louver that serves the person who started it, over stdio or loopback.

use super::{Asked, RepoHost, Subject, Verdict, Withheld};
use crate::scope::{ApprovedRepo, Scope};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const ISSUER: &str = "local";
/// Longer than any call takes.
const BOUND: Duration = Duration::from_secs(60);

/// Grants every approved repository to the one local user.
///
/// Whoever can start louver with a scope file can read the working copies and credentials it names, so the operating system has
/// already made the decision. It answers for [`LocalHost::subject`] and for nobody else.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalHost;

impl LocalHost {
    /// The local user.
    pub fn subject() -> Subject {
        let login = std::env::var("USER")
            .or_else(|_| std::env::var("LOGNAME"))
            .unwrap_or_else(|_| "local".to_owned());
        // The number stays when the name is erased from the record. A process that cannot see itself has none.
        let id = fs::metadata("/proc/self").map_or_else(|_| "self".to_owned(), |own| own.uid().to_string());
        Subject {
            issuer: ISSUER.to_owned(),
            id,
            login,
        }
    }
}

/// The local user over loopback, until the scope says that people log in: then a server that started without logins stops answering.
#[derive(Debug, Default)]
pub struct Loopback {
    is_over: AtomicBool,
}

impl RepoHost for Loopback {
    fn follow(&self, scope: &Scope) {
        let is_over = !scope.hosts().is_empty();
        if is_over {
            tracing::error!("the scope has a [[host]] now, so people log in; restart `louver serve`");
        }
        self.is_over.store(is_over, Ordering::SeqCst);
    }

    fn verdicts(&self, subject: &Subject, repos: &[&ApprovedRepo], asked: Asked) -> Vec<Verdict> {
        if self.is_over.load(Ordering::SeqCst) {
            return repos.iter().map(|_| Verdict::Withheld(Withheld::Suspended)).collect();
        }
        LocalHost.verdicts(subject, repos, asked)
    }

    fn unknown(&self, subject: &Subject, name: &str) -> Withheld {
        if self.is_over.load(Ordering::SeqCst) {
            return Withheld::Suspended;
        }
        LocalHost.unknown(subject, name)
    }
}

impl RepoHost for LocalHost {
    fn verdicts(&self, subject: &Subject, repos: &[&ApprovedRepo], _: Asked) -> Vec<Verdict> {
        let now = self.now();
        let verdict = || {
            if subject.issuer == ISSUER {
                Verdict::Readable {
                    source: "operating-system",
                    checked_at: now,
                    expires_at: now + BOUND,
                }
            } else {
                Verdict::Withheld(Withheld::NotReadable)
            }
        };
        repos.iter().map(|_| verdict()).collect()
    }

    fn unknown(&self, _: &Subject, _: &str) -> Withheld {
        Withheld::NotReadable
    }
}
