//! Manifests and lock files in TOML and JSON.

use super::{Ecosystem, PackageFacts, Purpose, Requirement, Versioned, name, requirement, version, versioned};
use serde_json::Value as Json;
use toml::{Table, Value as Toml};

pub(super) fn cargo(_: &str, text: &str) -> Option<PackageFacts> {
    let manifest: Table = text.parse().ok()?;
    let of = |table: &str, key: &str| manifest.get(table).and_then(|it| it.get(key)).and_then(Toml::as_str);
    let mut facts = PackageFacts {
        ecosystem: Ecosystem::Cargo,
        provides: of("package", "name").and_then(|it| versioned(it, of("package", "version").unwrap_or_default())),
        module: of("lib", "name").and_then(name).unwrap_or_default(),
        ..PackageFacts::default()
    };
    cargo_requirements(&manifest, &mut facts.requires);
    let targets = manifest.get("target").and_then(Toml::as_table).into_iter().flatten();
    for (_, target) in targets {
        target
            .as_table()
            .into_iter()
            .for_each(|target| cargo_requirements(target, &mut facts.requires));
    }
    Some(facts)
}

fn cargo_requirements(manifest: &Table, out: &mut Vec<Requirement>) {
    for (table, purpose) in [
        ("dependencies", Purpose::Normal),
        ("dev-dependencies", Purpose::Dev),
        ("build-dependencies", Purpose::Build),
    ] {
        for (key, value) in manifest.get(table).and_then(Toml::as_table).into_iter().flatten() {
            let text = |of: &str| value.get(of).and_then(Toml::as_str);
            let is_optional = value.get("optional").and_then(Toml::as_bool) == Some(true);
            let purpose = if is_optional { Purpose::Optional } else { purpose };
            let written = value.as_str().or(text("version")).unwrap_or_default();
            let found = requirement(text("package").unwrap_or(key), written, purpose);
            out.extend(found.map(|it| Requirement {
                alias: text("package").and_then(|_| name(key)).unwrap_or_default(),
                ..it
            }));
        }
    }
}

/// `[[package]]` tables with name and version. What has no source is of the workspace itself.
pub(super) fn packages_of_lock(text: &str, ecosystem: Ecosystem) -> Option<PackageFacts> {
    let lock: Table = text.parse().ok()?;
    let packages = lock.get("package")?.as_array()?.iter();
    let locked = packages.filter_map(|it| {
        let text = |key: &str| it.get(key).and_then(Toml::as_str);
        versioned(text("name")?, text("version")?)
    });
    Some(PackageFacts {
        ecosystem,
        locked: locked.collect(),
        ..PackageFacts::default()
    })
}

pub(super) fn pyproject(_: &str, text: &str) -> Option<PackageFacts> {
    let manifest: Table = text.parse().ok()?;
    let project = manifest.get("project");
    let poetry = manifest.get("tool").and_then(|tool| tool.get("poetry"));
    let of = |key: &str| {
        [project, poetry]
            .into_iter()
            .flatten()
            .find_map(|it| it.get(key)?.as_str())
    };
    let mut facts = PackageFacts {
        ecosystem: Ecosystem::PyPi,
        provides: of("name").and_then(|it| versioned(it, of("version").unwrap_or_default())),
        ..PackageFacts::default()
    };
    let strings = |list: Option<&Toml>, purpose: Purpose, out: &mut Vec<Requirement>| {
        let list = list.and_then(Toml::as_array).into_iter().flatten();
        out.extend(list.filter_map(|it| python_requirement(it.as_str()?, purpose)));
    };
    let out = &mut facts.requires;
    strings(project.and_then(|it| it.get("dependencies")), Purpose::Normal, out);
    let extras = project.and_then(|it| it.get("optional-dependencies"));
    for (_, list) in extras.and_then(Toml::as_table).into_iter().flatten() {
        strings(Some(list), Purpose::Optional, out);
    }
    for (_, list) in manifest
        .get("dependency-groups")
        .and_then(Toml::as_table)
        .into_iter()
        .flatten()
    {
        strings(Some(list), Purpose::Dev, out);
    }
    let mut poetry_tables = vec![(poetry.and_then(|it| it.get("dependencies")), Purpose::Normal)];
    poetry_tables.push((poetry.and_then(|it| it.get("dev-dependencies")), Purpose::Dev));
    let groups = poetry.and_then(|it| it.get("group")).and_then(Toml::as_table);
    poetry_tables.extend(
        groups
            .into_iter()
            .flatten()
            .map(|(_, group)| (group.get("dependencies"), Purpose::Dev)),
    );
    for (table, purpose) in poetry_tables {
        for (key, value) in table.and_then(Toml::as_table).into_iter().flatten() {
            let written = value.as_str().or_else(|| value.get("version")?.as_str());
            if key != "python" {
                out.extend(requirement(key, written.unwrap_or_default(), purpose));
            }
        }
    }
    Some(facts)
}

/// `name[extra]>=1,<2 ; marker`; behind an `@` stands an address.
pub(super) fn python_requirement(text: &str, purpose: Purpose) -> Option<Requirement> {
    let text = text.split(';').next()?.split(" #").next()?.trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)));
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    let rest = match rest.trim_start().strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1,
        None => rest,
    };
    let rest = rest.trim().trim_start_matches('(').trim_end_matches(')');
    let rest = if rest.starts_with('@') { "" } else { rest };
    requirement(name, rest, purpose)
}

pub(super) fn npm(_: &str, text: &str) -> Option<PackageFacts> {
    let manifest: Json = serde_json::from_str(text).ok()?;
    let mut facts = PackageFacts {
        ecosystem: Ecosystem::Npm,
        provides: manifest["name"]
            .as_str()
            .and_then(|it| versioned(it, manifest["version"].as_str().unwrap_or_default())),
        ..PackageFacts::default()
    };
    for (table, purpose) in [
        ("dependencies", Purpose::Normal),
        ("devDependencies", Purpose::Dev),
        ("peerDependencies", Purpose::Peer),
        ("optionalDependencies", Purpose::Optional),
    ] {
        for (key, value) in manifest[table].as_object().into_iter().flatten() {
            facts.requires.extend(npm_requirement(key, value.as_str()?, purpose));
        }
    }
    Some(facts)
}

fn npm_requirement(key: &str, written: &str, purpose: Purpose) -> Option<Requirement> {
    let Some(target) = written.strip_prefix("npm:") else {
        return requirement(key, written.strip_prefix("workspace:").unwrap_or(written), purpose);
    };
    let at = target.rfind('@').filter(|at| *at > 0).unwrap_or(target.len());
    Some(Requirement {
        alias: name(key)?,
        ..requirement(&target[..at], target[at..].trim_start_matches('@'), purpose)?
    })
}

pub(super) fn npm_lock(_: &str, text: &str) -> Option<PackageFacts> {
    const INSTALLED: &str = "node_modules/";
    let lock: Json = serde_json::from_str(text).ok()?;
    let mut locked = Vec::new();
    for (path, package) in lock["packages"].as_object().into_iter().flatten() {
        let (Some(at), Some(version)) = (path.rfind(INSTALLED), package["version"].as_str()) else {
            continue;
        };
        let own = package["name"].as_str().unwrap_or(&path[at + INSTALLED.len()..]);
        locked.extend(versioned(own, version));
    }
    if lock["packages"].is_null() {
        npm_lock_tree(&lock["dependencies"], 0, &mut locked);
    }
    Some(PackageFacts {
        ecosystem: Ecosystem::Npm,
        locked,
        ..PackageFacts::default()
    })
}

fn npm_lock_tree(of: &Json, depth: u32, out: &mut Vec<Versioned>) {
    const MOST_DEPTH: u32 = 32;
    for (name, package) in of.as_object().into_iter().flatten().filter(|_| depth < MOST_DEPTH) {
        out.extend(package["version"].as_str().and_then(|version| versioned(name, version)));
        npm_lock_tree(&package["dependencies"], depth + 1, out);
    }
}

pub(super) fn composer(_: &str, text: &str) -> Option<PackageFacts> {
    let manifest: Json = serde_json::from_str(text).ok()?;
    let mut facts = PackageFacts {
        ecosystem: Ecosystem::Composer,
        provides: manifest["name"]
            .as_str()
            .and_then(|it| versioned(it, manifest["version"].as_str().unwrap_or_default())),
        ..PackageFacts::default()
    };
    for (table, purpose) in [("require", Purpose::Normal), ("require-dev", Purpose::Dev)] {
        for (key, value) in manifest[table].as_object().into_iter().flatten() {
            // Without a vendor it is PHP itself or an extension of it.
            if key.contains('/') {
                let written = value.as_str().unwrap_or_default();
                facts.requires.extend(requirement(key, written, purpose));
            }
        }
    }
    Some(facts)
}

pub(super) fn composer_lock(_: &str, text: &str) -> Option<PackageFacts> {
    let lock: Json = serde_json::from_str(text).ok()?;
    let lists = ["packages", "packages-dev"]
        .into_iter()
        .filter_map(|key| lock[key].as_array());
    let locked = lists.flatten().filter_map(|it| {
        Some(Versioned {
            name: name(it["name"].as_str()?)?,
            version: version(it["version"].as_str()?.trim_start_matches('v')),
        })
    });
    Some(PackageFacts {
        ecosystem: Ecosystem::Composer,
        locked: locked.collect(),
        ..PackageFacts::default()
    })
}
