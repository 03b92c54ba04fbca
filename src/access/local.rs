//! The host of a louver that serves the person who started it, over stdio or loopback.

use super::{CodeAccess, RepoHost, Subject};
use crate::scope::ApprovedRepo;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

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
            issuer: "local".to_owned(),
            id,
            login,
        }
    }
}

impl RepoHost for LocalHost {
    fn source(&self) -> &'static str {
        "operating-system"
    }

    fn code_access(&self, subject: &Subject, _: &ApprovedRepo) -> CodeAccess {
        if subject.issuer == "local" {
            CodeAccess::Readable
        } else {
            CodeAccess::Denied
        }
    }

    fn bound(&self) -> Duration {
        Duration::from_secs(60)
    }
}
