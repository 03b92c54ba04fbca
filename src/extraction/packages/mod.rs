//! Packages: what manifests provide and require, and what lock files settle on. Names and versions, nothing else of the file.
//!
//! These files are written by anybody, so a worker process reads them like source. Addresses never leave here: a requirement that is a path,
//! a branch or a place on some server keeps its name and no version.

mod lines;
mod markup;
mod tables;

use super::{Fragment, SourceText};
use crate::secrets::Scanner;
use bitcode::{Decode, Encode};

/// Longer names and versions are none.
const MOST_NAME: usize = 128;
const MOST_VERSION: usize = 64;
/// More entries are not read of one file.
const MOST_ENTRIES: usize = 20_000;

/// Who gives packages their names: the words of package URLs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Ecosystem {
    #[default]
    Cargo,
    Npm,
    Go,
    PyPi,
    Maven,
    Gem,
    Composer,
    NuGet,
    Swift,
}

/// What a requirement is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Purpose {
    #[default]
    Normal,
    Dev,
    Build,
    Peer,
    Optional,
    /// Named because something else needs it.
    Indirect,
}

/// A package and, as far as it is known, its version.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Versioned {
    pub name: Fragment,
    /// Empty where none is stated.
    pub version: Fragment,
}

/// Something a package needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Requirement {
    pub package: Versioned,
    /// The name by which the code knows it; empty where that is its own.
    pub alias: Fragment,
    pub purpose: Purpose,
}

/// What one manifest or lock file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct PackageFacts {
    pub ecosystem: Ecosystem,
    /// The package that the folder of the manifest is.
    pub provides: Option<Versioned>,
    /// The name under which other code imports it, where that differs.
    pub module: Fragment,
    pub requires: Vec<Requirement>,
    pub locked: Vec<Versioned>,
}

impl Ecosystem {
    pub const ALL: [Self; 9] = [
        Self::Cargo,
        Self::Npm,
        Self::Go,
        Self::PyPi,
        Self::Maven,
        Self::Gem,
        Self::Composer,
        Self::NuGet,
        Self::Swift,
    ];

    /// The word clients see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Npm => "npm",
            Self::Go => "golang",
            Self::PyPi => "pypi",
            Self::Maven => "maven",
            Self::Gem => "gem",
            Self::Composer => "composer",
            Self::NuGet => "nuget",
            Self::Swift => "swift",
        }
    }

    /// A name as this ecosystem compares it.
    pub fn normal(self, name: &str) -> String {
        match self {
            Self::Cargo | Self::PyPi => name.to_lowercase().replace(['-', '.'], "_"),
            Self::NuGet | Self::Composer => name.to_lowercase(),
            _ => name.to_owned(),
        }
    }
}

impl Purpose {
    /// The word clients see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Dev => "dev",
            Self::Build => "build",
            Self::Peer => "peer",
            Self::Optional => "optional",
            Self::Indirect => "indirect",
        }
    }
}

type Reader = fn(&str, &str) -> Option<PackageFacts>;

/// Which reader takes a file, by its name.
fn reader(path: &str) -> Option<Reader> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let reader: Reader = match name {
        "Cargo.toml" => tables::cargo,
        "Cargo.lock" => |_, text| tables::packages_of_lock(text, Ecosystem::Cargo),
        "poetry.lock" | "uv.lock" => |_, text| tables::packages_of_lock(text, Ecosystem::PyPi),
        "pyproject.toml" => tables::pyproject,
        "package.json" => tables::npm,
        "package-lock.json" | "npm-shrinkwrap.json" => tables::npm_lock,
        "composer.json" => tables::composer,
        "composer.lock" => tables::composer_lock,
        "yarn.lock" => lines::yarn_lock,
        "pnpm-lock.yaml" => lines::pnpm_lock,
        "go.mod" => lines::go_mod,
        "Gemfile" => lines::gemfile,
        "Gemfile.lock" => lines::gemfile_lock,
        "build.gradle" | "build.gradle.kts" => lines::gradle,
        "Package.swift" => lines::swift,
        "pom.xml" => markup::maven,
        "Directory.Packages.props" => markup::nuget,
        _ if name.ends_with(".csproj") || name.ends_with(".fsproj") => markup::nuget,
        _ if name.ends_with(".gemspec") => lines::gemfile,
        _ if name.starts_with("requirements") && name.ends_with(".txt") => lines::requirements,
        _ => return None,
    };
    Some(reader)
}

/// Whether a path is that of a manifest or lock file.
pub fn is_package_file(path: &str) -> bool {
    reader(path).is_some()
}

/// Reads a manifest or lock file; `None` where the text does not have the form of one.
pub fn read(path: &str, text: &SourceText) -> Option<PackageFacts> {
    let text = std::str::from_utf8(text.as_bytes()).ok()?;
    let mut facts = reader(path)?(path, text)?;
    facts.requires.truncate(MOST_ENTRIES);
    facts.locked.sort_unstable();
    facts.locked.dedup();
    facts.locked.truncate(MOST_ENTRIES);
    Some(facts)
}

/// A name, if it can be one and holds nothing secret.
fn name(text: &str) -> Option<Fragment> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-@/+:".contains(c);
    let is_fine = !text.is_empty() && text.len() <= MOST_NAME && text.chars().all(is_name) && !text.contains("//");
    (is_fine && Scanner::builtin().redact(text).text == text).then(|| Fragment::new(text))
}

/// A version or range of versions; empty for anything else, such as an address.
fn version(text: &str) -> Fragment {
    let text = text.trim();
    let is_version = |c: char| c.is_ascii_alphanumeric() || ".-+^~<>=!*|, ()[]".contains(c);
    // A range names numbers or is open; a word alone may be a branch.
    let says_one = text.contains(|c: char| c.is_ascii_digit() || c == '*') || matches!(text, "latest" | "next");
    let is_fine = says_one && text.len() <= MOST_VERSION && text.chars().all(is_version);
    if is_fine && Scanner::builtin().redact(text).text == text {
        Fragment::new(text)
    } else {
        Fragment::default()
    }
}

fn versioned(name_as_written: &str, version_as_written: &str) -> Option<Versioned> {
    Some(Versioned {
        name: name(name_as_written)?,
        version: version(version_as_written),
    })
}

fn requirement(name_as_written: &str, version_as_written: &str, purpose: Purpose) -> Option<Requirement> {
    Some(Requirement {
        package: versioned(name_as_written, version_as_written)?,
        alias: Fragment::default(),
        purpose,
    })
}
