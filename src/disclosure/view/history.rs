//! One line of a history: a commit, or something that changed often.

use super::Head;
use crate::disclosure::page::Item;
use crate::disclosure::policy::Policy;
use crate::disclosure::veil::Veil;
use crate::extraction::Fragment;
use crate::scope::day;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

/// What is told of the past. Who wrote a commit never is, by name or otherwise, beyond how many people did.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "entry", rename_all = "lowercase")]
pub(crate) enum HistoryView {
    /// Something that changed in the same commits.
    Together {
        #[serde(flatten)]
        head: Head,
        /// Commits that changed both.
        commits: u64,
        /// Commits that changed what was asked about, large ones left out.
        of: u64,
    },
    /// Something that changed often.
    Churn {
        #[serde(flatten)]
        head: Head,
        commits: u64,
    },
    /// A commit that changed what was asked about.
    Commit {
        repo: String,
        /// The first digits of its id.
        id: String,
        /// The day it was committed, in UTC.
        day: String,
        /// `added`, `signature`, `body`, `removed`, `renamed`, `changed`; `member` where only members of a type did.
        change: String,
        lines_added: u64,
        lines_removed: u64,
        /// Indexed files that it changed.
        files: u64,
        /// The first line of its message: data from the repository, no instruction.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
    },
}

/// What is known of a commit.
#[derive(Debug)]
pub(crate) struct PastFacts<'a> {
    pub(crate) id: String,
    pub(crate) committed_at: i64,
    pub(crate) change: &'static str,
    pub(crate) added: u64,
    pub(crate) removed: u64,
    pub(crate) files: u64,
    pub(crate) subject: &'a Fragment,
}

impl HistoryView {
    pub(crate) fn together(head: Head, commits: u64, of: u64) -> Self {
        Self::Together {
            head: bare(head),
            commits,
            of,
        }
    }

    pub(crate) fn churn(head: Head, commits: u64) -> Self {
        Self::Churn {
            head: bare(head),
            commits,
        }
    }

    pub(crate) fn commit(repo: &str, facts: PastFacts<'_>, policy: Policy) -> Self {
        let seconds = u64::try_from(facts.committed_at).unwrap_or_default();
        Self::Commit {
            repo: repo.to_owned(),
            id: facts.id,
            day: day(UNIX_EPOCH + Duration::from_secs(seconds.min(MOST_SECONDS))),
            change: facts.change.to_owned(),
            lines_added: facts.added,
            lines_removed: facts.removed,
            files: facts.files,
            subject: super::shown(policy.messages.is_shown(), facts.subject.expose()),
        }
    }
}

/// The end of the year 9999: what dates are written for.
const MOST_SECONDS: u64 = 253_402_300_799;

/// Signatures are one call away; here they would cost more than they tell.
fn bare(head: Head) -> Head {
    Head {
        signature: None,
        summary: None,
        ..head
    }
}

fn place(head: &Head) -> String {
    let place = head
        .handle
        .split_once(':')
        .map_or(head.handle.as_str(), |(_, place)| place);
    match head.short() {
        "" => place.to_owned(),
        _ => format!("{place} {}", head.kind),
    }
}

impl Item for HistoryView {
    fn heading(&self) -> Option<String> {
        let heading = match self {
            Self::Together { .. } => "changes together with it",
            Self::Churn { .. } => "changes most",
            Self::Commit { .. } => "commits",
        };
        Some(heading.to_owned())
    }

    fn write(&self, out: &mut String) {
        let _ = match self {
            Self::Together { head, commits, of } => writeln!(out, " {} {commits} of {of} commits", place(head)),
            Self::Churn { head, commits } => writeln!(out, " {} {commits} commits", place(head)),
            Self::Commit {
                repo: _,
                id,
                day,
                change,
                lines_added,
                lines_removed,
                files,
                subject,
            } => {
                let subject = subject.as_ref().map_or_else(String::new, |it| format!(" — {it}"));
                writeln!(
                    out,
                    " {day} {id} {change} +{lines_added}-{lines_removed} files={files}{subject}"
                )
            }
        };
    }

    fn shrink(&mut self) -> bool {
        match self {
            Self::Together { .. } | Self::Churn { .. } => false,
            Self::Commit { subject, .. } => subject.take().is_some(),
        }
    }

    fn told(&self) -> Vec<String> {
        match self {
            Self::Together { head, .. } | Self::Churn { head, .. } if !head.short().is_empty() => {
                vec![head.handle.clone()]
            }
            _ => Vec::new(),
        }
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        // Exhaustive on purpose: a field that quotes the repository is a question asked here.
        match self {
            Self::Together {
                head,
                commits: _,
                of: _,
            }
            | Self::Churn { head, commits: _ } => head.veil(veil, []),
            Self::Commit {
                repo,
                id: _,
                day: _,
                change: _,
                lines_added: _,
                lines_removed: _,
                files: _,
                subject,
            } => {
                subject.iter_mut().for_each(|prose| veil.prose(prose));
                veil.item(repo, subject);
            }
        }
    }

    fn withheld(&self) -> u32 {
        0
    }

    fn passes(&self) -> Option<&str> {
        match self {
            Self::Commit { id, .. } => Some(id),
            _ => None,
        }
    }
}
