//! How a repository or a path is classified.

use crate::disclosure::page::Item;
use crate::disclosure::veil::Veil;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the rules say about a repository or a path that the caller may ask about.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ClassificationView {
    /// `repo` or `repo:path`.
    pub(crate) handle: String,
    /// `approved`; `excluded`: nothing of it is known; `vendored`: others' code or the output of a build.
    pub(crate) decision: String,
    /// `tier`; `scope` for an exclusion of the security team's, or the default exclusion that decides.
    pub(crate) rule: String,
    /// How many indexed files it is about.
    pub(crate) files: u64,
    /// Fields of an answer by how they are told: `shown`, `pseudonym`, `shape`, `counts` or `withheld`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) told: BTreeMap<String, Vec<String>>,
    /// How many exclusions of the security team's are in force, beside the default ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) exclusions: Option<u64>,
    /// Who answers for the repository.
    pub(crate) owner: String,
    /// Why the caller may ask: `listed`, `reader` or `exception`.
    pub(crate) ground: String,
}

impl Item for ClassificationView {
    fn heading(&self) -> Option<String> {
        None
    }

    fn write(&self, out: &mut String) {
        let Self {
            handle,
            decision,
            rule,
            files,
            told,
            exclusions,
            owner,
            ground,
        } = self;
        let _ = writeln!(
            out,
            "{handle} {decision} rule={rule} files={files} owner={owner} ground={ground}"
        );
        for (word, fields) in told {
            let _ = writeln!(out, " {word} {}", fields.join(","));
        }
        if let Some(exclusions) = exclusions {
            let _ = writeln!(out, " exclusions {exclusions} and the default ones");
        }
    }

    fn shrink(&mut self) -> bool {
        false
    }

    fn told(&self) -> Vec<String> {
        Vec::new()
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        // Exhaustive on purpose: a field that quotes the repository is a question asked here.
        let Self {
            handle,
            decision: _,
            rule: _,
            files: _,
            told: _,
            exclusions: _,
            owner: _,
            ground: _,
        } = self;
        veil.item(handle, []);
    }

    fn withheld(&self) -> u32 {
        0
    }
}
