//! Modules of TypeScript and JavaScript: specifiers to files, and what files export.

use super::linker::Linker;
use super::relation::SymbolRef;
use super::value::{Found, ModuleId, Name, Value};
use crate::extraction::bindings::manifest::{ManifestFacts, Package};
use crate::extraction::bindings::{Exported, Import, ImportKind};

/// What manifests say about where specifiers lead.
#[derive(Default)]
pub(super) struct NodePackages {
    packages: Vec<PackageAt>,
    /// Path mappings by the folder they hold in, innermost first.
    mappings: Vec<Mapping>,
    /// Where source is built to: the folder of what is built, and that of the source.
    builds: Vec<(String, String)>,
}

struct PackageAt {
    folder: String,
    facts: Package,
}

struct Mapping {
    folder: String,
    /// Where targets are relative to.
    base: String,
    has_base: bool,
    paths: Vec<(String, Vec<String>)>,
}

impl NodePackages {
    pub(super) fn new(manifests: &[(&str, &ManifestFacts)]) -> Self {
        let mut all = Self::default();
        for (path, facts) in manifests {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            match facts {
                ManifestFacts::Package(facts) => all.packages.push(PackageAt {
                    folder,
                    facts: facts.clone(),
                }),
                ManifestFacts::TypeScript(facts) => {
                    let base = join(&folder, facts.base.as_deref().unwrap_or("."));
                    let has_base = facts.base.is_some();
                    if let (Some(out), Some(root)) = (&facts.out, &facts.root) {
                        all.builds.push((join(&folder, out), join(&folder, root)));
                    }
                    all.mappings.push(Mapping {
                        folder,
                        base,
                        has_base,
                        paths: facts.paths.clone(),
                    });
                }
                ManifestFacts::Cargo(_) | ManifestFacts::Go(_) => {}
            }
        }
        all.packages.sort_by(|a, b| a.folder.cmp(&b.folder));
        all.mappings.sort_by(|a, b| {
            b.folder
                .len()
                .cmp(&a.folder.len())
                .then_with(|| a.folder.cmp(&b.folder))
        });
        all
    }
}

fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn is_inside(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Extensions that a specifier may leave out, most source-like first.
const EXTENSIONS: &[&str] = &["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];

/// What a built file may have been built from.
const SOURCES: &[(&str, &[&str])] = &[
    (".js", &[".ts", ".tsx", ".jsx"]),
    (".jsx", &[".tsx"]),
    (".mjs", &[".mts"]),
    (".cjs", &[".cts"]),
    (".d.ts", &[".ts", ".tsx"]),
    (".d.mts", &[".mts", ".ts"]),
];

impl Linker<'_, '_> {
    /// The file a path means, with or without its extension.
    fn file_at(&self, path: &str) -> Option<u32> {
        let known = |path: &str| self.workspace.paths.get(path).copied();
        let replaced = || {
            SOURCES.iter().find_map(|(built, sources)| {
                let stem = path.strip_suffix(built)?;
                sources.iter().find_map(|source| known(&format!("{stem}{source}")))
            })
        };
        let extended = || {
            EXTENSIONS
                .iter()
                .find_map(|extension| known(&format!("{path}.{extension}")))
        };
        let index = || {
            let folder = if path.is_empty() {
                "index".to_owned()
            } else {
                format!("{path}/index")
            };
            EXTENSIONS
                .iter()
                .find_map(|extension| known(&format!("{folder}.{extension}")))
        };
        known(path).or_else(replaced).or_else(extended).or_else(index)
    }

    /// The file a specifier leads to from a file.
    pub(super) fn node_module(&mut self, from: u32, specifier: Name) -> Option<ModuleId> {
        if let Some(known) = self.specifiers.get(&(from, specifier)) {
            return *known;
        }
        let found = self
            .find_module(from, self.workspace.names.text(specifier))
            .map(ModuleId);
        self.specifiers.insert((from, specifier), found);
        found
    }

    fn find_module(&self, from: u32, specifier: &str) -> Option<u32> {
        let path = self.workspace.files[from as usize].path;
        if specifier.starts_with('.') {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path = join(folder, specifier);
            return self.file_at(&path).or_else(|| self.source_of(&path));
        }
        let packages = &self.workspace.modules.packages;
        for mapping in packages
            .mappings
            .iter()
            .filter(|mapping| is_inside(path, &mapping.folder))
        {
            if let Some(file) = self.mapped(mapping, specifier) {
                return Some(file);
            }
        }
        if specifier.starts_with('#') {
            let around = packages
                .packages
                .iter()
                .filter(|it| is_inside(path, &it.folder))
                .max_by_key(|it| it.folder.len())?;
            return self.exported_path(&around.folder, &around.facts.imports, specifier);
        }
        let package = packages.packages.iter().filter(|it| {
            let name = it.facts.name.as_deref().filter(|name| !name.is_empty());
            name.is_some_and(|name| {
                specifier == name || specifier.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
            })
        });
        package
            .max_by_key(|it| it.facts.name.as_ref().map(String::len))
            .and_then(|it| self.in_package(it, specifier))
    }

    fn mapped(&self, mapping: &Mapping, specifier: &str) -> Option<u32> {
        for (pattern, targets) in &mapping.paths {
            let rest = match pattern.split_once('*') {
                Some((before, after)) => specifier.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)),
                None => (pattern == specifier).then_some(""),
            };
            let Some(rest) = rest else { continue };
            let found = targets
                .iter()
                .find_map(|target| self.file_at(&join(&mapping.base, &target.replace('*', rest))));
            if found.is_some() {
                return found;
            }
        }
        if mapping.has_base {
            self.file_at(&join(&mapping.base, specifier))
        } else {
            None
        }
    }

    fn in_package(&self, package: &PackageAt, specifier: &str) -> Option<u32> {
        let name = package.facts.name.as_deref()?;
        let rest = specifier.strip_prefix(name)?.trim_start_matches('/');
        let subpath = if rest.is_empty() {
            ".".to_owned()
        } else {
            format!("./{rest}")
        };
        if let Some(file) = self.exported_path(&package.folder, &package.facts.exports, &subpath) {
            return Some(file);
        }
        if !rest.is_empty() {
            return [rest.to_owned(), format!("src/{rest}")]
                .iter()
                .find_map(|path| self.file_at(&join(&package.folder, path)));
        }
        let entries = package
            .facts
            .entries
            .iter()
            .find_map(|entry| self.built_path(&package.folder, entry));
        entries.or_else(|| {
            ["src/index", "index", "src", "lib/index"]
                .iter()
                .find_map(|path| self.file_at(&join(&package.folder, path)))
        })
    }

    fn exported_path(&self, folder: &str, table: &[(String, Vec<String>)], subpath: &str) -> Option<u32> {
        table.iter().find_map(|(pattern, targets)| {
            let rest = match pattern.split_once('*') {
                Some((before, after)) => subpath.strip_prefix(before)?.strip_suffix(after)?,
                None if pattern == subpath => "",
                None => return None,
            };
            targets
                .iter()
                .find_map(|target| self.built_path(folder, &target.replace('*', rest)))
        })
    }

    /// The source of a file that a package gives out.
    fn built_path(&self, folder: &str, path: &str) -> Option<u32> {
        let path = path.trim_start_matches("./");
        let whole = join(folder, path);
        let known = self.file_at(&whole).or_else(|| self.source_of(&whole));
        known.or_else(|| {
            let (first, rest) = path.split_once('/')?;
            let is_output = matches!(first, "dist" | "build" | "lib" | "out" | "esm" | "cjs" | "types");
            let inner = rest
                .split_once('/')
                .filter(|(next, _)| matches!(*next, "esm" | "cjs" | "types" | "src" | "dev" | "prod"));
            let candidates = [Some(rest), inner.map(|(_, rest)| rest)];
            let mut candidates = candidates.into_iter().flatten().filter(|_| is_output);
            candidates.find_map(|rest| {
                self.file_at(&join(folder, &format!("src/{rest}")))
                    .or_else(|| self.file_at(&join(folder, rest)))
            })
        })
    }

    /// The source of a file, where configuration says what is built to its folder.
    fn source_of(&self, path: &str) -> Option<u32> {
        let builds = self.workspace.modules.packages.builds.iter();
        let mut sources = builds.filter_map(|(out, root)| {
            let rest = path.strip_prefix(out.as_str())?.strip_prefix('/')?;
            self.file_at(&join(root, rest))
        });
        sources.next()
    }

    /// Where an import leads.
    pub(super) fn node_import(&mut self, file: u32, import: &Import) -> Found {
        self.node_import_on(file, import, &mut Vec::new())
    }

    /// The same, on the way from other exports: modules can give away what they import from each other.
    fn node_import_on(&mut self, file: u32, import: &Import, trail: &mut Vec<(ModuleId, Name)>) -> Found {
        let it = &self.workspace.files[file as usize];
        let Some(&specifier) = import.path.first() else {
            return Found::Nothing;
        };
        let Some(target) = self.node_module(file, it.name(specifier)) else {
            return Found::External;
        };
        match import.kind {
            ImportKind::Member(name) => match self.node_export(target, it.name(name), trail) {
                Found::Nothing => Found::External,
                found => found,
            },
            _ => Found::Module(target),
        }
    }

    /// What a module exports under a name.
    pub(super) fn node_export(&mut self, module: ModuleId, name: Name, trail: &mut Vec<(ModuleId, Name)>) -> Found {
        if trail.contains(&(module, name)) || trail.len() > 48 {
            return Found::Nothing;
        }
        trail.push((module, name));
        let found = self.node_export_once(module, name, trail);
        trail.pop();
        found
    }

    fn node_export_once(&mut self, module: ModuleId, name: Name, trail: &mut Vec<(ModuleId, Name)>) -> Found {
        let (workspace, file) = (self.workspace, self.workspace.modules.module(module).file);
        if let Some(stand_in) = workspace.stand_in(module) {
            return Found::Symbols(vec![stand_in]);
        }
        let it = &workspace.files[file as usize];
        let is_default = workspace.names.text(name) == "default";
        let default = workspace.modules.default_exports.get(&file).filter(|_| is_default);
        let is_component = |at: &SymbolRef| workspace.declared(*at).is_some_and(|it| it.exported == Exported::File);
        // A component is told as such, whatever its script gives away.
        if let Some(component) = default.filter(|at| is_component(at)) {
            return Found::Symbols(vec![*component]);
        }
        for &index in workspace.modules.imports.get((module, name)) {
            let import = &it.bindings().imports[index as usize];
            if !import.is_reexport {
                continue;
            }
            let found = match &import.kind {
                ImportKind::Value(value) => self.found_value(file, *value),
                ImportKind::Member(member) if import.path.is_empty() => self.node_own(module, it.name(*member), trail),
                ImportKind::Member(member) => match self.node_module(file, it.name(import.path[0])) {
                    Some(target) => self.node_export(target, it.name(*member), trail),
                    None => Found::External,
                },
                _ => self.node_import_on(file, import, trail),
            };
            if found != Found::Nothing {
                return found;
            }
        }
        if is_default {
            if let Some(symbol) = default {
                return Found::Symbols(vec![*symbol]);
            }
        } else {
            let symbols = workspace.modules.names.get((module, name));
            if !symbols.is_empty() {
                return Found::Symbols(symbols.to_vec());
            }
        }
        for &index in workspace.modules.globs.get(module) {
            let import = &it.bindings().imports[index as usize];
            let target = import
                .path
                .first()
                .and_then(|specifier| self.node_module(file, it.name(*specifier)));
            let found = target
                .map(|target| self.node_export(target, name, trail))
                .unwrap_or_default();
            if !matches!(found, Found::Nothing | Found::External) {
                return found;
            }
        }
        self.common_export(module, file, name)
    }

    /// A member of what a CommonJS module assigns to its exports.
    fn common_export(&mut self, module: ModuleId, file: u32, name: Name) -> Found {
        let workspace = self.workspace;
        let Some(whole) = workspace.names.get("export=") else {
            return Found::Nothing;
        };
        let Some(&index) = workspace.modules.imports.get((module, whole)).last() else {
            return Found::Nothing;
        };
        let import = &workspace.files[file as usize].bindings().imports[index as usize];
        let ImportKind::Value(value) = import.kind else {
            return Found::Nothing;
        };
        let found = self.found_value(file, value);
        if workspace.names.text(name) == "default" {
            return found;
        }
        let of = self.value_of_found(&found, 0);
        match self.member_value(&of, name, 0) {
            Some((_, Some(symbol))) => Found::Symbols(vec![symbol]),
            Some((value, None)) => Found::Value(value),
            None => Found::Nothing,
        }
    }

    /// A name as the code of a module sees it at its top.
    fn node_own(&mut self, module: ModuleId, name: Name, trail: &mut Vec<(ModuleId, Name)>) -> Found {
        let workspace = self.workspace;
        let symbols: &[SymbolRef] = workspace.modules.names.get((module, name));
        if !symbols.is_empty() {
            return Found::Symbols(symbols.to_vec());
        }
        let file = workspace.modules.module(module).file;
        let imports = workspace.modules.imports.get((module, name)).iter();
        let import = imports
            .map(|at| &workspace.files[file as usize].bindings().imports[*at as usize])
            .find(|it| !it.is_reexport);
        import
            .map(|import| self.node_import_on(file, import, trail))
            .unwrap_or_default()
    }

    /// The whole of a module, as `require` and `import * as` give it.
    pub(super) fn node_whole(&mut self, module: ModuleId) -> Value {
        let workspace = self.workspace;
        let whole = workspace.names.get("export=");
        let has_whole = whole.is_some_and(|whole| !workspace.modules.imports.get((module, whole)).is_empty());
        match workspace.names.get("default") {
            Some(default) if has_whole => {
                let found = self.node_export(module, default, &mut Vec::new());
                match self.value_of_found(&found, 0) {
                    value @ (Value::Item(_) | Value::Instance(..)) => value,
                    _ => Value::Module(module),
                }
            }
            _ => Value::Module(module),
        }
    }
}
