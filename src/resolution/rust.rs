//! Rust's modules: the tree that `mod` makes of files, the crates of a workspace, and paths through both.

use super::linker::Linker;
use super::modules::Modules;
use super::relation::SymbolRef;
use super::value::{Found, ModuleId, Name};
use super::workspace::Workspace;
use crate::extraction::SymbolKind;
use crate::extraction::bindings::manifest::{Cargo, ManifestFacts};
use crate::extraction::bindings::rules::ModuleRule;
use crate::extraction::bindings::{Import, ImportKind};
use std::collections::BTreeSet;

/// Joins modules to their files, files to their crates, and crates to their names.
pub(super) fn find_tree<'a>(
    workspace: &mut Workspace<'a>,
    modules: &mut Modules,
    manifests: &[(&'a str, &'a ManifestFacts)],
) {
    let cargos: Vec<(&str, &Cargo)> = manifests
        .iter()
        .filter_map(|(path, facts)| match facts {
            ManifestFacts::Cargo(cargo) => Some((folder(path), cargo)),
            _ => None,
        })
        .collect();
    let roots: BTreeSet<String> = cargos
        .iter()
        .flat_map(|(folder, cargo)| named_roots(folder, cargo))
        .collect();
    find_files(workspace, modules, &roots, &cargos);
    settle_roots(modules);
    for (folder, cargo) in &cargos {
        let path = join(folder, cargo.library_path.as_deref().unwrap_or("src/lib.rs"));
        if let (Some(name), Some(&file)) = (&cargo.library, workspace.paths.get(path.as_str())) {
            modules.crates.insert((None, workspace.names.id(name)), ModuleId(file));
        }
    }
    find_renames(workspace, modules, &cargos);
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn join(folder: &str, path: &str) -> String {
    let path = path.trim_start_matches("./");
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            ".." => _ = parts.pop(),
            "." | "" => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn named_roots(folder: &str, cargo: &Cargo) -> Vec<String> {
    let usual = ["src/lib.rs", "src/main.rs", "build.rs"].into_iter();
    let library = cargo.library_path.as_deref().into_iter();
    usual
        .chain(library)
        .chain(cargo.targets.iter().map(String::as_str))
        .map(|path| join(folder, path))
        .collect()
}

/// Whether a file begins a crate: named by a manifest, or where Cargo looks for binaries, tests, examples and benchmarks. Without a
/// manifest, by its usual name.
fn is_root(path: &str, roots: &BTreeSet<String>, cargos: &[(&str, &Cargo)]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_covered = cargos
        .iter()
        .any(|(folder, _)| folder.is_empty() || path.starts_with(&format!("{folder}/")));
    (!is_covered && matches!(name, "lib.rs" | "main.rs"))
        || roots.contains(path)
        || cargos.iter().any(|(folder, _)| {
            let prefix = if folder.is_empty() {
                String::new()
            } else {
                format!("{folder}/")
            };
            let Some(rest) = path.strip_prefix(&prefix) else {
                return false;
            };
            ["src/bin/", "tests/", "examples/", "benches/"]
                .into_iter()
                .any(|place| {
                    rest.strip_prefix(place)
                        .is_some_and(|file| !file.contains('/') || file.ends_with("/main.rs"))
                })
        })
}

/// Leads each `mod name;` to its file.
fn find_files(workspace: &Workspace<'_>, modules: &mut Modules, roots: &BTreeSet<String>, cargos: &[(&str, &Cargo)]) {
    for (at, symbol) in workspace.symbols() {
        let Some(&id) = modules.inline.get(&at) else { continue };
        let file = &workspace.files[at.file as usize];
        if file.rule() != ModuleRule::Rust || symbol.kind != SymbolKind::Module {
            continue;
        }
        let parent = modules.around(workspace, at);
        let here = folder(file.path);
        let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        let mut base = here.to_owned();
        if stem != "mod" && !is_root(file.path, roots, cargos) {
            base = join(&base, stem);
        }
        let mut inline = Vec::new();
        let mut around = modules.module(parent);
        while let (Some(symbol), Some(next)) = (around.symbol, around.parent) {
            inline.push(workspace.name_of(SymbolRef {
                file: around.file,
                symbol,
            }));
            around = modules.module(next);
        }
        for name in inline.iter().rev() {
            base = join(&base, workspace.names.text(*name));
        }
        let name = workspace.names.text(file.name(symbol.name)).trim_start_matches("r#");
        let stated = workspace.declared(at).and_then(|declared| declared.file).map(|path| {
            let from = if inline.is_empty() { here } else { &base };
            join(from, workspace.names.text(file.name(path)))
        });
        let usual = [
            join(&base, &format!("{name}.rs")),
            join(&base, &format!("{name}/mod.rs")),
        ];
        let target = stated
            .into_iter()
            .chain(usual)
            .find_map(|path| workspace.paths.get(path.as_str()).copied());
        if let Some(target) = target.filter(|&target| target != at.file) {
            let target_id = ModuleId(target);
            modules.all[target as usize].parent = Some(parent);
            modules.inline.insert(at, target_id);
            modules.children.insert((parent, workspace.name_of(at)), target_id);
            modules.all[id.0 as usize].parent = Some(parent);
        }
    }
}

fn settle_roots(modules: &mut Modules) {
    for at in 0..modules.all.len() {
        let mut root = ModuleId(at as u32);
        for _ in 0..64 {
            match modules.module(root).parent {
                Some(parent) => root = parent,
                None => break,
            }
        }
        modules.all[at].root = root;
    }
}

/// Names under which one crate knows another (`package = ".."`).
fn find_renames<'a>(workspace: &mut Workspace<'a>, modules: &mut Modules, cargos: &[(&'a str, &'a Cargo)]) {
    for (_, cargo) in cargos {
        for dependency in &cargo.dependencies {
            let Some(package) = &dependency.package else { continue };
            let package = package.replace('-', "_");
            let known = workspace
                .names
                .get(&package)
                .and_then(|name| modules.crates.get(&(None, name)).copied());
            if let Some(module) = known {
                let alias = workspace.names.id(&dependency.name);
                modules.crates.entry((None, alias)).or_insert(module);
            }
        }
    }
}

/// How many steps a path may take through imports of imports.
const MAX_STEPS: usize = 48;

/// The way a look-up came: what is being looked up already.
pub(super) type Trail = Vec<(ModuleId, Name)>;

impl Linker<'_, '_> {
    /// What a name means in a module. `lexical` adds what is in scope without being a member: other crates.
    pub(super) fn rust_name(&self, module: ModuleId, name: Name, lexical: bool, trail: &mut Trail) -> Found {
        if trail.contains(&(module, name)) || trail.len() > MAX_STEPS {
            return Found::Nothing;
        }
        trail.push((module, name));
        let found = self.rust_name_once(module, name, lexical, trail);
        trail.pop();
        found
    }

    fn rust_name_once(&self, module: ModuleId, name: Name, lexical: bool, trail: &mut Trail) -> Found {
        let modules = &self.workspace.modules;
        if let Some(stand_in) = self.workspace.stand_in(module) {
            return Found::Symbols(vec![stand_in]);
        }
        let kind = |at: &SymbolRef| self.workspace.symbol(*at).kind;
        let symbols: Vec<SymbolRef> = modules
            .names
            .get((module, name))
            .iter()
            .copied()
            .filter(|at| !matches!(kind(at), SymbolKind::Module | SymbolKind::Macro))
            .collect();
        if !symbols.is_empty() {
            return Found::Symbols(symbols);
        }
        let child = modules.children.get(&(module, name)).copied();
        let file = modules.module(module).file;
        let mut outside = false;
        for &index in modules.imports.get((module, name)) {
            let import = &self.workspace.files[file as usize].bindings().imports[index as usize];
            match self.rust_import(file, import, false, trail) {
                Found::Nothing => {}
                Found::External => outside = true,
                // A function may have the name of the module it comes from.
                Found::Module(_) if child.is_some() => {}
                found => return found,
            }
        }
        if let Some(child) = child {
            return Found::Module(child);
        }
        if outside {
            return Found::External;
        }
        for &index in modules.globs.get(module) {
            let import = &self.workspace.files[file as usize].bindings().imports[index as usize];
            let found = match self.rust_import(file, import, true, trail) {
                // What the language itself defines does not come from there.
                Found::Module(target) if self.workspace.stand_in(target).is_some() && self.is_own_word(file, name) => {
                    Found::Nothing
                }
                Found::Module(target) => self.rust_name(target, name, false, trail),
                Found::Symbols(types) => self.rust_variant(&types, name),
                _ => Found::Nothing,
            };
            if !matches!(found, Found::Nothing | Found::External) {
                return found;
            }
        }
        match modules.crates.get(&(None, name)) {
            Some(root) if lexical => Found::Module(*root),
            _ => Found::Nothing,
        }
    }

    /// A variant that `use Type::*` brings in.
    fn rust_variant(&self, types: &[SymbolRef], name: Name) -> Found {
        let of = |at: &SymbolRef| self.workspace.tables.members.get((*at, name)).to_vec();
        let found: Vec<SymbolRef> = types
            .iter()
            .flat_map(of)
            .filter(|at| self.workspace.symbol(*at).kind == SymbolKind::EnumMember)
            .collect();
        if found.is_empty() {
            Found::Nothing
        } else {
            Found::Symbols(found)
        }
    }

    /// Where an import leads.
    pub(super) fn rust_import(&self, file: u32, import: &Import, as_module: bool, trail: &mut Trail) -> Found {
        let it = &self.workspace.files[file as usize];
        let path: Vec<Name> = import.path.iter().map(|name| it.name(*name)).collect();
        let from = self.workspace.modules.at(file, import.module);
        debug_assert!(matches!(import.kind, ImportKind::Path | ImportKind::All));
        self.rust_path(from, &path, as_module, trail)
    }

    /// Where a path of an import leads.
    fn rust_path(&self, from: ModuleId, path: &[Name], as_module: bool, trail: &mut Trail) -> Found {
        let mut here = Found::Nothing;
        for (at, &segment) in path.iter().enumerate() {
            let more = at + 1 < path.len() || as_module;
            here = match (at, &here) {
                (0, _) => self.rust_head(from, segment, more, trail),
                (_, Found::Module(module)) => self.rust_step(*module, segment, more, trail),
                (_, Found::Symbols(types)) if types.iter().any(|of| self.workspace.is_stand_in(*of)) => here,
                (_, Found::Symbols(types)) => {
                    let members: Vec<SymbolRef> = types
                        .iter()
                        .flat_map(|of| self.workspace.tables.members.get((*of, segment)).iter().copied())
                        .collect();
                    if members.is_empty() {
                        Found::Nothing
                    } else {
                        Found::Symbols(members)
                    }
                }
                (_, other) => other.clone(),
            };
            if here == Found::Nothing {
                break;
            }
        }
        here
    }

    /// The first segment of a path.
    pub(super) fn rust_head(&self, from: ModuleId, segment: Name, more: bool, trail: &mut Trail) -> Found {
        let modules = &self.workspace.modules;
        match self.workspace.names.text(segment) {
            "crate" | "$crate" => Found::Module(modules.module(from).root),
            "self" => Found::Module(from),
            "super" => modules.module(from).parent.map(Found::Module).unwrap_or_default(),
            _ => {
                if let (Some(child), true) = (modules.children.get(&(from, segment)), more) {
                    return Found::Module(*child);
                }
                match self.rust_name(from, segment, true, trail) {
                    Found::Nothing => Found::External,
                    found => found,
                }
            }
        }
    }

    /// The next segment of a path that is at a module.
    pub(super) fn rust_step(&self, module: ModuleId, segment: Name, more: bool, trail: &mut Trail) -> Found {
        let modules = &self.workspace.modules;
        match self.workspace.names.text(segment) {
            "super" => modules.module(module).parent.map(Found::Module).unwrap_or_default(),
            "self" => Found::Module(module),
            _ => match modules.children.get(&(module, segment)) {
                Some(child) if more => Found::Module(*child),
                _ => self.rust_name(module, segment, false, trail),
            },
        }
    }
}
