//! The packages of a repository, as its manifests and lock files name them: a part of what a generation says about itself.

use crate::extraction::Fragment;
use crate::extraction::packages::{Ecosystem, PackageFacts, Requirement};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bitcode::{Decode, Encode};
use serde::{Deserialize as _, Deserializer, Serializer};
use std::sync::Arc;

/// What the manifests and lock files of a repository say, in the order of their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Packages {
    pub files: Vec<(String, PackageFacts)>,
}

/// A package by the name its ecosystem compares.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageKey(Ecosystem, String);

impl PackageKey {
    pub fn of(ecosystem: Ecosystem, name: &Fragment) -> Self {
        Self(ecosystem, ecosystem.normal(name.expose()))
    }

    /// The name by which code imports what it requires.
    pub fn of_import(ecosystem: Ecosystem, requirement: &Requirement) -> Self {
        let alias = Some(&requirement.alias).filter(|it| !it.is_empty());
        Self::of(ecosystem, alias.unwrap_or(&requirement.package.name))
    }

    /// The packages that an import in a file of a grammar may name, the most likely first; none where an import names no package.
    pub fn of_module(grammar: &str, module: &Fragment) -> Vec<Self> {
        let module = module.expose();
        match grammar {
            "rust" => vec![Self(Ecosystem::Cargo, Ecosystem::Cargo.normal(module))],
            "typescript" | "tsx" | "javascript" => {
                let parts = if module.starts_with('@') { 2 } else { 1 };
                let package = module.splitn(parts + 1, '/').take(parts).collect::<Vec<_>>().join("/");
                vec![Self(Ecosystem::Npm, package)]
            }
            "python" => {
                let package = module.split('.').next().unwrap_or(module);
                vec![Self(Ecosystem::PyPi, Ecosystem::PyPi.normal(package))]
            }
            // The module is the path of the package or of a folder around it.
            "go" => {
                let ends = module.match_indices('/').map(|(at, _)| at).chain([module.len()]);
                let mut all: Vec<Self> = ends.map(|at| Self(Ecosystem::Go, module[..at].to_owned())).collect();
                all.reverse();
                all
            }
            _ => Vec::new(),
        }
    }

    pub fn ecosystem(&self) -> Ecosystem {
        self.0
    }

    /// Whether this is what somebody calls `name`.
    pub fn is(&self, name: &str) -> bool {
        self.0.normal(name) == self.1
    }
}

impl std::fmt::Debug for PackageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PackageKey({})", self.0.word())
    }
}

impl Packages {
    /// The value as it is stored, for those who look for what must not be.
    pub(super) fn stored(&self) -> Vec<u8> {
        bitcode::encode(self)
    }

    /// The manifest of the innermost package a file is in.
    pub fn manifest_of(&self, path: &str) -> Option<(&str, &PackageFacts)> {
        let manifests = self.files.iter().filter(|(_, facts)| facts.provides.is_some());
        let around = manifests.filter(|(manifest, _)| {
            let folder = manifest.rsplit_once('/').map_or("", |(folder, _)| folder);
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        });
        around
            .max_by_key(|(manifest, _)| manifest.matches('/').count())
            .map(|(manifest, facts)| (manifest.as_str(), facts))
    }
}

pub(super) fn serialize<S: Serializer>(packages: &Arc<Packages>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&STANDARD_NO_PAD.encode(packages.stored()))
}

/// Reads what was stored; what cannot be read counts as nothing, and the next indexing writes it anew.
pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Arc<Packages>, D::Error> {
    let text = String::deserialize(from)?;
    let bytes = STANDARD_NO_PAD.decode(text).unwrap_or_default();
    Ok(Arc::new(bitcode::decode(&bytes).unwrap_or_default()))
}
