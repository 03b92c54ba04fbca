//! The packages of a repository, as its manifests and lock files name them: a part of what a generation says about itself.

use super::{EdgeTarget, IndexedSymbol};
use crate::extraction::packages::{Ecosystem, PackageFacts, Requirement};
use crate::extraction::{Fragment, SymbolKind};
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

    /// Whether a relation to the outside names `symbol` of this package, imported as `place` where the ecosystem imports by path.
    pub fn is_target(&self, grammar: &str, target: &EdgeTarget, symbol: &IndexedSymbol, place: Option<&str>) -> bool {
        let EdgeTarget::External {
            qualifier,
            name,
            package,
            ..
        } = target
        else {
            return false;
        };
        let owner = symbol.container().filter(|it| it.kind() != SymbolKind::Module);
        let is_of = match (&owner, qualifier) {
            (Some(owner), qualifier) => qualifier.as_ref() == Some(owner.name()),
            (None, None) => true,
            // A name behind that of a type is a member's.
            (None, Some(qualifier)) => !qualifier.expose().starts_with(char::is_uppercase),
        };
        let is_here = match (package, qualifier, place) {
            (Some(package), _, Some(place)) => package.expose() == place,
            (Some(package), _, None) => Self::of_module(grammar, package).first() == Some(self),
            // A path in Rust begins with the package where nothing imports it.
            (None, Some(qualifier), None) if grammar == "rust" && owner.is_none() => {
                Self::of(Ecosystem::Cargo, qualifier) == *self
            }
            _ => false,
        };
        name == symbol.name() && is_of && is_here
    }

    /// The ecosystem whose packages the imports of a grammar name.
    pub fn ecosystem_of(grammar: &str) -> Option<Ecosystem> {
        let any = Self::of_module(grammar, &Fragment::default());
        any.first().map(Self::ecosystem)
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

/// A package as other repositories import what is in one of its folders.
#[derive(Clone, Debug)]
pub struct Provided {
    pub key: PackageKey,
    /// The name by which code imports it, unless it is renamed there.
    pub import: PackageKey,
    /// The import path, where the ecosystem imports by path.
    pub place: Option<String>,
    /// The folder of its manifest.
    pub folder: String,
}

impl Packages {
    /// The package that a file is a part of, if it has a manifest and imports of its language name packages.
    pub fn provided_by(&self, path: &str) -> Option<Provided> {
        let folder_of = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let (manifest, facts) = self.manifest_of(path)?;
        let own = facts.provides.as_ref()?;
        let folder = folder_of(manifest);
        let below = folder_of(path);
        let place = (facts.ecosystem == Ecosystem::Go).then(|| {
            let rest = below[folder.len()..].trim_matches('/');
            format!("{}/{rest}", own.name.expose()).trim_end_matches('/').to_owned()
        });
        let module = Some(&facts.module).filter(|it| !it.is_empty() && facts.ecosystem == Ecosystem::Cargo);
        Some(Provided {
            key: PackageKey::of(facts.ecosystem, &own.name),
            import: PackageKey::of(facts.ecosystem, module.unwrap_or(&own.name)),
            place,
            folder,
        })
    }

    /// The names by which the repository imports a package; none if it does not require it.
    pub fn imports_of(&self, provided: &Provided) -> Vec<PackageKey> {
        let mut out = Vec::new();
        for (_, facts) in self.files.iter().filter(|(_, it)| it.ecosystem == provided.key.0) {
            for required in &facts.requires {
                if PackageKey::of(facts.ecosystem, &required.package.name) == provided.key {
                    out.push(if required.alias.is_empty() {
                        provided.import.clone()
                    } else {
                        PackageKey::of(facts.ecosystem, &required.alias)
                    });
                }
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }

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
