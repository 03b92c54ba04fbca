//! The host of a louver that serves the person who started it, over stdio or loopback.

use super::{Asked, RepoHost, Subject, Verdict, Withheld};
use crate::scope::ApprovedRepo;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
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
