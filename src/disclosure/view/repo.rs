//! A repository in a list.

use crate::disclosure::page::{Item, RepoHeader};
use crate::disclosure::veil::Veil;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is counted of a repository. Counts are shown at every tier that is indexed.
#[derive(Debug, Default)]
pub(crate) struct RepoFacts {
    pub(crate) owner: String,
    pub(crate) files: u64,
    pub(crate) lines: u64,
    pub(crate) symbols: u64,
    pub(crate) relations: u64,
    /// Files by language.
    pub(crate) languages: BTreeMap<String, u64>,
    /// Files left out, by reason.
    pub(crate) skipped: BTreeMap<String, u64>,
}

/// A repository the caller may ask about.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RepoView {
    #[serde(flatten)]
    header: RepoHeader,
    owner: String,
    files: u64,
    lines: u64,
    symbols: u64,
    relations: u64,
    languages: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    skipped: BTreeMap<String, u64>,
}

impl RepoView {
    pub(crate) fn of(header: RepoHeader, facts: RepoFacts) -> Self {
        let RepoFacts {
            owner,
            files,
            lines,
            symbols,
            relations,
            languages,
            skipped,
        } = facts;
        Self {
            header,
            owner,
            files,
            lines,
            symbols,
            relations,
            languages,
            skipped,
        }
    }
}

impl Item for RepoView {
    fn heading(&self) -> Option<String> {
        None
    }

    fn write(&self, out: &mut String) {
        let Self {
            header,
            owner,
            files,
            lines,
            symbols,
            relations,
            languages,
            skipped,
        } = self;
        let _ = writeln!(out, "{}", header.line());
        let _ = writeln!(
            out,
            " files={files} lines={lines} symbols={symbols} relations={relations} languages={} owner={owner}",
            list(languages)
        );
        if !skipped.is_empty() {
            let _ = writeln!(out, " skipped {}", list(skipped));
        }
    }

    fn shrink(&mut self) -> bool {
        !std::mem::take(&mut self.skipped).is_empty()
    }

    fn told(&self) -> Vec<String> {
        Vec::new()
    }

    // What is listed of a repository are the words of the scope file, and counts.
    fn veil(&mut self, _: &Veil<'_>) {}

    fn withheld(&self) -> u32 {
        0
    }
}

fn list(counts: &BTreeMap<String, u64>) -> String {
    let words: Vec<String> = counts.iter().map(|(what, n)| format!("{what}:{n}")).collect();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(",")
    }
}
