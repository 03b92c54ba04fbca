//! Manifests and lock files that are read line by line, and the few whose dependencies stand in code as plain literals.

use super::tables::python_requirement;
use super::{Ecosystem, PackageFacts, Purpose, name, requirement, versioned};
use regex::Regex;
use std::sync::LazyLock;

fn of(ecosystem: Ecosystem) -> PackageFacts {
    PackageFacts {
        ecosystem,
        ..PackageFacts::default()
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that a test has used")
}

pub(super) fn go_mod(_: &str, text: &str) -> Option<PackageFacts> {
    let mut facts = of(Ecosystem::Go);
    let mut block = "";
    for line in text.lines() {
        let (line, comment) = line.split_once("//").unwrap_or((line, ""));
        let mut words = line.split_whitespace().map(|it| it.trim_matches('"'));
        let Some(first) = words.next() else { continue };
        let entry = match (block, first) {
            ("", "module") => {
                facts.provides = words.next().and_then(|it| versioned(it, ""));
                continue;
            }
            ("", "require") => match words.next() {
                Some("(") => {
                    block = "require";
                    continue;
                }
                entry => entry,
            },
            ("", _) => {
                if line.trim_end().ends_with('(') {
                    block = "other";
                }
                continue;
            }
            (_, ")") => {
                block = "";
                continue;
            }
            ("require", entry) => Some(entry),
            _ => continue,
        };
        let purpose = if comment.trim() == "indirect" {
            Purpose::Indirect
        } else {
            Purpose::Normal
        };
        if let (Some(module), Some(version)) = (entry, words.next()) {
            facts.requires.extend(requirement(module, version, purpose));
            facts.locked.extend(versioned(module, version));
        }
    }
    facts.provides.is_some().then_some(facts)
}

pub(super) fn requirements(path: &str, text: &str) -> Option<PackageFacts> {
    let mut facts = of(Ecosystem::PyPi);
    let is_dev = ["dev", "test", "lint", "doc"].iter().any(|it| path.contains(it));
    let purpose = if is_dev { Purpose::Dev } else { Purpose::Normal };
    for line in text.lines().map(str::trim) {
        // Options name files and servers, and so do addresses.
        if line.is_empty() || line.starts_with(['#', '-']) || line.contains("://") {
            continue;
        }
        let line = line.split(" --").next().unwrap_or(line).trim_end_matches('\\');
        let found = python_requirement(line, purpose);
        if let Some(pinned) = &found
            && let Some(version) = pinned.package.version.expose().strip_prefix("==")
        {
            facts.locked.extend(versioned(pinned.package.name.expose(), version));
        }
        facts.requires.extend(found);
    }
    Some(facts)
}

/// Both forms: `name@range:` above `version "1.2.3"` or `version: 1.2.3`.
pub(super) fn yarn_lock(_: &str, text: &str) -> Option<PackageFacts> {
    let mut facts = of(Ecosystem::Npm);
    let mut package: Option<&str> = None;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            let first = line
                .trim_end_matches(':')
                .split(", ")
                .next()
                .unwrap_or_default()
                .trim_matches('"');
            package = first
                .char_indices()
                .skip(1)
                .find(|(_, c)| *c == '@')
                .map(|(at, _)| &first[..at]);
        } else if let (Some(name), Some(version)) = (package, line.trim().strip_prefix("version")) {
            let version = version.trim_start_matches(':').trim().trim_matches('"');
            facts
                .locked
                .extend(versioned(name, version).filter(|_| version != "0.0.0-use.local"));
            package = None;
        }
    }
    Some(facts)
}

/// The keys below `packages:`: `name@1.2.3`, `/name@1.2.3` or `/name/1.2.3`, with peers in parentheses.
pub(super) fn pnpm_lock(_: &str, text: &str) -> Option<PackageFacts> {
    let mut facts = of(Ecosystem::Npm);
    let mut is_inside = false;
    for line in text.lines() {
        if !line.starts_with(' ') {
            is_inside = is_inside && line.is_empty() || line.trim_end() == "packages:";
            continue;
        }
        let key = line.strip_prefix("  ").filter(|it| is_inside && !it.starts_with(' '));
        let Some(key) = key.and_then(|it| it.trim_end().strip_suffix(':')) else {
            continue;
        };
        let key = key.trim_matches(['\'', '"']).trim_start_matches('/');
        let key = key.split('(').next().unwrap_or(key);
        let at = key.rfind('@').filter(|at| *at > 0).or_else(|| key.rfind('/'));
        facts
            .locked
            .extend(at.and_then(|at| versioned(&key[..at], &key[at + 1..])));
    }
    Some(facts)
}

/// A `Gemfile` or a `.gemspec`.
pub(super) fn gemfile(_: &str, text: &str) -> Option<PackageFacts> {
    static GEM: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"^\s*(?:gem|[a-z_]+\.add_(?:runtime_|development_)?dependency)[\s(]+['"]([^'"]+)['"](?:\s*,\s*['"]([^'"]+)['"])?"#,
        )
    });
    static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^\s*[a-z_]+\.name\s*=\s*['"]([^'"]+)['"]"#));
    let mut facts = of(Ecosystem::Gem);
    let mut groups = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.ends_with(" do") || trimmed.contains(" do |") {
            let is_dev = trimmed.starts_with("group") && [":dev", ":test"].iter().any(|it| trimmed.contains(it));
            groups.push(is_dev);
        } else if trimmed == "end" {
            groups.pop();
        }
        if let Some(found) = NAME.captures(line) {
            facts.provides = versioned(&found[1], "");
        }
        if let Some(found) = GEM.captures(line) {
            let is_dev = groups.contains(&true) || trimmed.contains("add_development_dependency");
            let purpose = if is_dev { Purpose::Dev } else { Purpose::Normal };
            let version = found.get(2).map_or("", |it| it.as_str());
            facts.requires.extend(requirement(&found[1], version, purpose));
        }
    }
    Some(facts)
}

pub(super) fn gemfile_lock(_: &str, text: &str) -> Option<PackageFacts> {
    let mut facts = of(Ecosystem::Gem);
    for line in text.lines() {
        // Four blanks are a gem that was chosen, six what it asks for.
        let entry = line.strip_prefix("    ").filter(|it| !it.starts_with(' '));
        if let Some((name, version)) = entry.and_then(|it| it.strip_suffix(')')?.split_once(" (")) {
            facts.locked.extend(versioned(name, version));
        }
    }
    Some(facts)
}

pub(super) fn gradle(_: &str, text: &str) -> Option<PackageFacts> {
    static ENTRY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r#"^\s*([a-z][A-Za-z]*)[\s(]+(?:platform\()?['"]([^'":\s]+:[^'":\s]+)(?::([^'":@$\s]+))?['"]"#)
    });
    let mut facts = of(Ecosystem::Maven);
    for found in text.lines().filter_map(|line| ENTRY.captures(line)) {
        let configuration = found[1].to_lowercase();
        let known = [
            "implementation",
            "api",
            "compile",
            "runtime",
            "compileonly",
            "runtimeonly",
            "classpath",
            "ksp",
            "kapt",
        ];
        let plain = configuration.trim_start_matches("test").trim_start_matches("android");
        if !known.contains(&plain) && plain != "annotationprocessor" {
            continue;
        }
        let purpose = if configuration.contains("test") {
            Purpose::Dev
        } else {
            Purpose::Normal
        };
        let version = found.get(3).map_or("", |it| it.as_str());
        facts.requires.extend(requirement(&found[2], version, purpose));
    }
    Some(facts)
}

/// Of an address only the last segment is read: what people call the package.
pub(super) fn swift(_: &str, text: &str) -> Option<PackageFacts> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r#"Package\(\s*name:\s*"([^"]+)""#));
    static ENTRY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r#"\.package\((?:name:\s*"[^"]*",\s*)?url:\s*"[^"]*/([^"/]+)"\s*,\s*(?:(?:from|exact):\s*"([^"]+)")?"#)
    });
    let mut facts = of(Ecosystem::Swift);
    facts.provides = NAME.captures(text).and_then(|found| versioned(&found[1], ""));
    for found in ENTRY.captures_iter(text) {
        let own = found[1].strip_suffix(".git").unwrap_or(&found[1]);
        let version = found.get(2).map_or("", |it| it.as_str());
        facts.requires.extend(requirement(own, version, Purpose::Normal));
    }
    facts.module = facts
        .provides
        .as_ref()
        .and_then(|it| name(it.name.expose()))
        .unwrap_or_default();
    Some(facts)
}
