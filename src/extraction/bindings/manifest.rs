//! Manifests: the names, paths and versions that tell packages apart.

use crate::extraction::SourceText;
use bitcode::{Decode, Encode};
use serde_json::Value as Json;

/// What a manifest says, by names, paths and versions only.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ManifestFacts {
    Cargo(Cargo),
    Package(Package),
    TypeScript(TypeScript),
    Go(Go),
}

/// A `go.mod`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Go {
    /// The import path of its folder.
    pub module: String,
}

/// A `Cargo.toml`. Paths are relative to its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Cargo {
    /// `None` for a virtual workspace.
    pub package: Option<String>,
    pub version: Option<String>,
    /// The name under which other crates use it.
    pub library: Option<String>,
    pub library_path: Option<String>,
    /// The roots of binaries, examples, tests and benchmarks that are named.
    pub targets: Vec<String>,
    pub dependencies: Vec<Dependency>,
}

/// A `package.json`. Paths are relative to its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Package {
    pub name: Option<String>,
    pub version: Option<String>,
    /// Where importing it leads, most source-like first.
    pub entries: Vec<String>,
    /// Subpaths it exports (`./client`), each with where it leads.
    pub exports: Vec<(String, Vec<String>)>,
    /// Private imports (`#util`), each with where it leads.
    pub imports: Vec<(String, Vec<String>)>,
    pub dependencies: Vec<Dependency>,
}

/// A `tsconfig.json` or `jsconfig.json`. Paths are relative to its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct TypeScript {
    pub base: Option<String>,
    pub paths: Vec<(String, Vec<String>)>,
    pub extends: Vec<String>,
    /// The folder of its source, and the one where it is built to.
    pub root: Option<String>,
    pub out: Option<String>,
}

/// Something a package depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Dependency {
    /// The name under which the package's code knows it.
    pub name: String,
    /// Its own name, where that differs.
    pub package: Option<String>,
    pub version: Option<String>,
}

/// Whether a path is that of a manifest.
pub fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "Cargo.toml" | "package.json" | "go.mod") || is_config(name)
}

/// Reads a manifest, if the path is that of one and its text has the form of one.
pub fn read(path: &str, text: &SourceText) -> Option<ManifestFacts> {
    let name = path.rsplit('/').next()?;
    let text = std::str::from_utf8(text.as_bytes()).ok()?;
    match name {
        "Cargo.toml" => Some(ManifestFacts::Cargo(cargo(&text.parse().ok()?))),
        "package.json" => Some(ManifestFacts::Package(package(&serde_json::from_str(text).ok()?))),
        "go.mod" => go(text).map(ManifestFacts::Go),
        _ if is_config(name) => Some(ManifestFacts::TypeScript(config(
            &serde_json::from_str(&plain_json(text)).ok()?,
        ))),
        _ => None,
    }
}

fn go(text: &str) -> Option<Go> {
    let mut words = text.lines().map(str::split_whitespace);
    let module = words.find_map(|mut words| (words.next() == Some("module")).then(|| words.next()).flatten())?;
    Some(Go {
        module: module.trim_matches('"').to_owned(),
    })
}

fn is_config(name: &str) -> bool {
    (name.starts_with("tsconfig") || name == "jsconfig.json") && name.ends_with(".json")
}

fn cargo(manifest: &toml::Table) -> Cargo {
    let text = |table: Option<&toml::Value>, key: &str| Some(table?.get(key)?.as_str()?.to_owned());
    let (package, library) = (manifest.get("package"), manifest.get("lib"));
    let mut facts = Cargo {
        package: text(package, "name"),
        version: text(package, "version"),
        library: text(library, "name")
            .or_else(|| text(package, "name"))
            .map(|name| name.replace('-', "_")),
        library_path: text(library, "path"),
        ..Cargo::default()
    };
    for kind in ["bin", "example", "test", "bench"] {
        let targets = manifest.get(kind).and_then(toml::Value::as_array).into_iter().flatten();
        facts
            .targets
            .extend(targets.filter_map(|target| text(Some(target), "path")));
    }
    cargo_dependencies(manifest, &mut facts.dependencies);
    for table in manifest
        .get("target")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flatten()
    {
        table
            .1
            .as_table()
            .into_iter()
            .for_each(|table| cargo_dependencies(table, &mut facts.dependencies));
    }
    if let Some(workspace) = manifest.get("workspace").and_then(toml::Value::as_table) {
        cargo_dependencies(workspace, &mut facts.dependencies);
    }
    facts
}

fn cargo_dependencies(manifest: &toml::Table, out: &mut Vec<Dependency>) {
    for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for (name, value) in manifest.get(kind).and_then(toml::Value::as_table).into_iter().flatten() {
            let text = |key: &str| value.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            let version = value.as_str().map(str::to_owned).or_else(|| text("version"));
            out.push(Dependency {
                name: name.replace('-', "_"),
                package: text("package"),
                version,
            });
        }
    }
}

fn package(manifest: &Json) -> Package {
    let text = |key: &str| manifest[key].as_str().map(str::to_owned);
    let mut facts = Package {
        name: text("name"),
        version: text("version"),
        ..Package::default()
    };
    facts
        .entries
        .extend(["source", "module", "main", "types"].into_iter().filter_map(text));
    match &manifest["exports"] {
        Json::Object(table) if table.keys().any(|key| key.starts_with('.')) => {
            facts
                .exports
                .extend(table.iter().map(|(key, value)| (key.clone(), leads(value))));
        }
        Json::Null => {}
        value => facts.exports.push((".".to_owned(), leads(value))),
    }
    if let Json::Object(table) = &manifest["imports"] {
        facts
            .imports
            .extend(table.iter().map(|(key, value)| (key.clone(), leads(value))));
    }
    for kind in [
        "dependencies",
        "devDependencies",
        "peerDependencies",
        "optionalDependencies",
    ] {
        for (name, version) in manifest[kind].as_object().into_iter().flatten() {
            let version = version.as_str().map(str::to_owned);
            facts.dependencies.push(Dependency {
                name: name.clone(),
                package: None,
                version,
            });
        }
    }
    facts
}

/// Every path a conditional export may lead to.
fn leads(value: &Json) -> Vec<String> {
    match value {
        Json::String(path) => vec![path.clone()],
        Json::Object(table) => table.values().flat_map(leads).collect(),
        Json::Array(parts) => parts.iter().flat_map(leads).collect(),
        _ => Vec::new(),
    }
}

fn config(manifest: &Json) -> TypeScript {
    let options = &manifest["compilerOptions"];
    let extends = match &manifest["extends"] {
        Json::String(path) => vec![path.clone()],
        Json::Array(paths) => paths
            .iter()
            .filter_map(|path| path.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    };
    let paths = options["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), leads(value)));
    TypeScript {
        base: options["baseUrl"].as_str().map(str::to_owned),
        paths: paths.collect(),
        extends,
        root: options["rootDir"].as_str().map(str::to_owned),
        out: options["outDir"].as_str().map(str::to_owned),
    }
}

/// JSON without the comments and trailing commas that configuration files may have.
fn plain_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', _) if quoted => {
                out.push(c);
                out.extend(chars.next());
                continue;
            }
            ('"', _) => quoted = !quoted,
            ('/', Some('/')) if !quoted => {
                while chars.peek().is_some_and(|&c| c != '\n') {
                    chars.next();
                }
                continue;
            }
            ('/', Some('*')) if !quoted => {
                let mut before = ' ';
                for c in chars.by_ref() {
                    if (before, c) == ('*', '/') {
                        break;
                    }
                    before = c;
                }
                continue;
            }
            ('}' | ']', _) if !quoted => {
                let kept = out.trim_end().trim_end_matches(',').len();
                if out.trim_end().ends_with(',') {
                    out.truncate(kept);
                }
            }
            _ => {}
        }
        out.push(c);
    }
    out
}
