//! Manifests in XML, of which elements, a few attributes and plain text are understood.

use super::{Ecosystem, PackageFacts, Purpose, requirement, versioned};
use std::collections::BTreeMap;

/// Deeper elements are not followed.
const MOST_DEPTH: usize = 64;

/// One element as it ends: the names of the elements around it and its own, its attributes as written, and its text.
struct Element<'t> {
    path: Vec<&'t str>,
    attributes: &'t str,
    text: &'t str,
}

/// Calls `each` with every element, children before their parents.
fn elements<'t>(text: &'t str, mut each: impl FnMut(&Element<'t>)) {
    let mut path: Vec<(&str, &str)> = Vec::new();
    let mut rest = text;
    let mut last = "";
    while let Some(at) = rest.find('<') {
        last = if rest[..at].trim().is_empty() {
            last
        } else {
            rest[..at].trim()
        };
        rest = &rest[at + 1..];
        let (end, skip) = if rest.starts_with("!--") {
            (rest.find("-->"), 3)
        } else {
            (rest.find('>'), 1)
        };
        let Some(end) = end else { return };
        let tag = &rest[..end];
        rest = &rest[end + skip..];
        if tag.starts_with(['!', '?']) {
            continue;
        }
        let names = |path: &[(&'t str, &'t str)]| path.iter().map(|it| it.0).collect::<Vec<_>>();
        if tag.starts_with('/') {
            let of = names(&path);
            if let Some((_, attributes)) = path.pop() {
                each(&Element {
                    path: of,
                    attributes,
                    text: last,
                });
            }
            last = "";
            continue;
        }
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        path.push((name.trim_end_matches('/'), attributes));
        last = "";
        if tag.ends_with('/') {
            let of = names(&path);
            path.pop();
            each(&Element {
                path: of,
                attributes,
                text: "",
            });
        }
        if path.len() > MOST_DEPTH {
            return;
        }
    }
}

fn attribute<'t>(attributes: &'t str, name: &str) -> Option<&'t str> {
    let at = attributes.find(&format!("{name}=\""))? + name.len() + 2;
    attributes[at..].split('"').next()
}

pub(super) fn maven(_: &str, text: &str) -> Option<PackageFacts> {
    let mut facts = PackageFacts {
        ecosystem: Ecosystem::Maven,
        ..PackageFacts::default()
    };
    let mut properties = BTreeMap::<&str, &str>::new();
    elements(text, |it| {
        if let ["project", "properties", name] = it.path[..] {
            properties.insert(name, it.text);
        }
    });
    let (mut own, mut parent, mut dependency) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    elements(text, |it| match it.path[..] {
        ["project", key @ ("groupId" | "artifactId" | "version")] => _ = own.insert(key, it.text),
        ["project", "parent", key] => _ = parent.insert(key, it.text),
        ["project", "dependencies", "dependency", key] => _ = dependency.insert(key, it.text),
        ["project", "dependencies", "dependency"] => {
            let of = std::mem::take(&mut dependency);
            let resolved = |key: &str| {
                let written = of.get(key).copied().unwrap_or_default();
                let property = written.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
                property.map_or(written, |it| properties.get(it).copied().unwrap_or_default())
            };
            let is_optional = of.get("optional") == Some(&"true");
            let purpose = match of.get("scope").copied() {
                Some("test") => Purpose::Dev,
                _ if is_optional => Purpose::Optional,
                _ => Purpose::Normal,
            };
            let name = format!("{}:{}", resolved("groupId"), resolved("artifactId"));
            facts.requires.extend(requirement(&name, resolved("version"), purpose));
        }
        _ => {}
    });
    let inherited = |key: &str| own.get(key).or_else(|| parent.get(key)).copied().unwrap_or_default();
    let artifact = own.get("artifactId")?;
    facts.provides = versioned(&format!("{}:{artifact}", inherited("groupId")), inherited("version"));
    Some(facts)
}

pub(super) fn nuget(path: &str, text: &str) -> Option<PackageFacts> {
    let mut facts = PackageFacts {
        ecosystem: Ecosystem::NuGet,
        ..PackageFacts::default()
    };
    let (mut name, mut version) = (None, "");
    let mut nested = "";
    elements(text, |it| match it.path[..] {
        [.., "PropertyGroup", "PackageId"] => name = Some(it.text),
        [.., "PropertyGroup", "Version"] => version = it.text,
        [.., "PackageReference", "Version"] => nested = it.text,
        [.., "PackageReference"] => {
            let written = attribute(it.attributes, "Version").unwrap_or(std::mem::take(&mut nested));
            let package = attribute(it.attributes, "Include");
            facts
                .requires
                .extend(package.and_then(|package| requirement(package, written, Purpose::Normal)));
        }
        [.., "PackageVersion"] => {
            let package = attribute(it.attributes, "Include").zip(attribute(it.attributes, "Version"));
            facts
                .locked
                .extend(package.and_then(|(package, version)| versioned(package, version)));
        }
        _ => {}
    });
    let stem = path.rsplit('/').next()?.rsplit_once('.')?.0;
    if !path.ends_with(".props") {
        facts.provides = versioned(name.unwrap_or(stem), version);
    }
    Some(facts)
}
