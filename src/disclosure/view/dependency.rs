//! A package that a repository provides, requires or has settled on.

use crate::disclosure::page::Item;
use crate::disclosure::policy::Policy;
use crate::disclosure::veil::Veil;
use crate::extraction::Fragment;
use crate::extraction::packages::{Ecosystem, Requirement, Versioned};
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;

/// One line of a manifest or lock file, with who imports the package and who provides it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DependencyView {
    /// `repo:path` of the manifest or lock file.
    handle: String,
    /// `requires`, `provides` or `locks`.
    relation: String,
    /// `cargo`, `npm`, `golang`, `pypi`, `maven`, `gem`, `composer`, `nuget` or `swift`.
    ecosystem: String,
    package: String,
    /// The version it has, or the range that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// `normal`, `dev`, `build`, `peer`, `optional` or `indirect`; empty for what is not required.
    purpose: String,
    /// The name by which the code knows it, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    /// Versions that a lock file beside or above the manifest settles on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    locked: Vec<String>,
    /// How many files import it; none where imports of the language name no package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    imported_by: Option<u64>,
    /// Some of these files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    importers: Vec<String>,
    /// `repo:path` of the manifests of approved repositories that provide it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    provided_by: Vec<String>,
}

/// What is known of a requirement beyond its line.
#[derive(Debug, Default)]
pub(crate) struct DependencyFacts<'a> {
    pub(crate) locked: Vec<&'a Fragment>,
    pub(crate) importers: Option<Vec<String>>,
    pub(crate) provided_by: Vec<String>,
}

/// Files named of those that import a package.
const MOST_IMPORTERS: usize = 3;

impl DependencyView {
    pub(crate) fn required(
        handle: String,
        ecosystem: Ecosystem,
        of: &Requirement,
        facts: DependencyFacts<'_>,
        policy: Policy,
    ) -> Self {
        let DependencyFacts {
            locked,
            importers,
            provided_by,
        } = facts;
        let shows = policy.versions.is_shown();
        Self {
            purpose: of.purpose.word().to_owned(),
            alias: super::shown(true, of.alias.expose()),
            locked: locked
                .iter()
                .filter(|_| shows)
                .map(|it| it.expose().to_owned())
                .collect(),
            imported_by: importers.as_ref().map(|it| it.len() as u64),
            importers: importers.into_iter().flatten().take(MOST_IMPORTERS).collect(),
            provided_by,
            ..Self::bare(handle, "requires", ecosystem, &of.package, policy)
        }
    }

    /// What a manifest provides, or a lock file settles on.
    pub(crate) fn bare(handle: String, relation: &str, ecosystem: Ecosystem, of: &Versioned, policy: Policy) -> Self {
        Self {
            handle,
            relation: relation.to_owned(),
            ecosystem: ecosystem.word().to_owned(),
            package: of.name.expose().to_owned(),
            version: super::shown(policy.versions.is_shown(), of.version.expose()),
            purpose: String::new(),
            alias: None,
            locked: Vec::new(),
            imported_by: None,
            importers: Vec::new(),
            provided_by: Vec::new(),
        }
    }
}

impl Item for DependencyView {
    fn heading(&self) -> Option<String> {
        Some(format!("{} {}", self.handle, self.ecosystem))
    }

    fn write(&self, out: &mut String) {
        let Self {
            handle: _,
            relation,
            ecosystem: _,
            package,
            version,
            purpose,
            alias,
            locked,
            imported_by,
            importers,
            provided_by,
        } = self;
        let relation = if relation == "requires" { "" } else { relation.as_str() };
        let mut words = vec![relation, package];
        words.extend(version.as_deref());
        words.extend(Some(purpose.as_str()).filter(|it| *it != "normal"));
        words.retain(|it| !it.is_empty());
        let _ = write!(out, " {}", words.join(" "));
        if let Some(alias) = alias {
            let _ = write!(out, " as={alias}");
        }
        if !locked.is_empty() {
            let _ = write!(out, " locked={}", locked.join(","));
        }
        if let Some(files) = imported_by {
            let _ = write!(out, " imported_by={files}");
        }
        if !importers.is_empty() {
            let _ = write!(out, " {}", importers.join(","));
        }
        if !provided_by.is_empty() {
            let _ = write!(out, " provided_by={}", provided_by.join(","));
        }
        out.push('\n');
    }

    fn shrink(&mut self) -> bool {
        self.importers.pop().is_some() || self.locked.pop().is_some() || self.provided_by.pop().is_some()
    }

    fn told(&self) -> Vec<String> {
        std::iter::once(self.handle.clone())
            .chain(self.provided_by.clone())
            .collect()
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        // Exhaustive on purpose: a field that quotes the repository is a question asked here.
        let Self {
            handle,
            relation: _,
            ecosystem: _,
            package,
            version: _,
            purpose: _,
            alias,
            locked: _,
            imported_by: _,
            importers,
            provided_by,
        } = self;
        veil.item(handle, std::iter::once(package).chain(alias).chain(importers));
        provided_by.iter_mut().for_each(|it| veil.item(it, []));
    }

    fn withheld(&self) -> u32 {
        0
    }
}
