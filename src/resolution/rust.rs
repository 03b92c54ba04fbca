//! Rust's modules: the tree that `mod` makes of files, and the crates of a workspace. Paths through both are the business of `rust_names`.

use super::modules::Modules;
use super::relation::SymbolRef;
use super::value::{ModuleId, Name};
use super::workspace::Workspace;
use crate::extraction::SymbolKind;
use crate::extraction::bindings::ImportKind;
use crate::extraction::bindings::conventions::ModuleRule;
use crate::extraction::bindings::manifest::{Cargo, ManifestFacts};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How deep modules are gathered that share their names; files that name each other as modules never end.
const MAX_DEPTH: u8 = 8;

/// How many names are gathered inside of such modules. Real code stays far below.
const MAX_INNER: usize = 10_000;

/// The place and name of modules that share them, the modules, and how deep they are inside of others like them.
type Shared = ((ModuleId, Name), Vec<ModuleId>, u8);

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
    find_variants(workspace, modules);
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

/// Gathers modules that share their place and name, of which a build has one: each has its own file or braces below another `cfg`.
fn find_variants(workspace: &Workspace<'_>, modules: &mut Modules) {
    let mut places: BTreeMap<(ModuleId, Name), Vec<ModuleId>> = BTreeMap::new();
    let inline: BTreeMap<SymbolRef, ModuleId> = modules.inline.iter().map(|(at, id)| (*at, *id)).collect();
    for (at, id) in inline {
        let place = (modules.around(workspace, at), workspace.name_of(at));
        let all = places.entry(place).or_default();
        if !all.contains(&id) {
            all.push(id);
        }
    }
    let outside = partly_outside(workspace, modules);
    places.retain(|place, all| all.len() > 1 || outside.contains(place));
    let imported = imported_variants(workspace, modules);
    if places.is_empty() && imported.is_empty() {
        return;
    }
    let mut below: BTreeMap<ModuleId, Vec<(Name, ModuleId)>> = BTreeMap::new();
    for ((parent, name), id) in &modules.children {
        below.entry(*parent).or_default().push((*name, *id));
    }
    let mut waiting: VecDeque<Shared> = places.into_iter().map(|(place, all)| (place, all, 0)).collect();
    let mut left = MAX_INNER;
    while let Some((place, all, depth)) = waiting.pop_front() {
        let (id, inner) = add_variant(modules, &below, place, all);
        if outside.contains(&place) {
            modules.partly_outside.insert(id);
        }
        if depth == MAX_DEPTH {
            continue;
        }
        for (name, all) in inner.into_iter().take(left) {
            left -= 1;
            if all.len() == 1 {
                modules.children.insert((id, name), all[0]);
            } else {
                waiting.push_back(((id, name), all, depth + 1));
            }
        }
    }
    for (place, all) in imported {
        let id = ModuleId(modules.all.len() as u32);
        modules.all.push(*modules.module(all[0]));
        modules.children.insert(place, id);
        modules.variants.insert(id, all);
    }
}

/// The modules that imports of one place give one name (`use unix as system`, `use windows as system`), of which a build has one.
fn imported_variants(workspace: &Workspace<'_>, modules: &Modules) -> BTreeMap<(ModuleId, Name), Vec<ModuleId>> {
    let mut places: BTreeMap<(ModuleId, Name), Vec<ModuleId>> = BTreeMap::new();
    for (file, it) in workspace
        .files
        .iter()
        .enumerate()
        .filter(|(_, it)| it.rule() == ModuleRule::Rust)
    {
        for import in it
            .bindings()
            .imports
            .iter()
            .filter(|it| it.kind == ImportKind::Path && !it.is_scoped)
        {
            let from = modules.at(file as u32, import.module);
            let place = import.local.map(|local| (from, it.name(local)));
            let Some(place) = place.filter(|place| !modules.children.contains_key(place)) else {
                continue;
            };
            let found = import.path.iter().try_fold(None, |here: Option<ModuleId>, segment| {
                let name = it.name(*segment);
                match (here, workspace.names.text(name)) {
                    (None, "crate") => Some(Some(modules.module(from).root)),
                    (None, "self") => Some(Some(from)),
                    (here, "super") => Some(Some(modules.module(here.unwrap_or(from)).parent?)),
                    (here, _) => Some(Some(*modules.children.get(&(here.unwrap_or(from), name))?)),
                }
            });
            let all = places.entry(place).or_default();
            all.extend(found.flatten().filter(|module| !all.contains(module)));
        }
    }
    places.retain(|_, all| all.len() > 1);
    places
}

/// Whether a name that an import consists of is that of a crate from outside.
fn is_outside(workspace: &Workspace<'_>, modules: &Modules, name: Name) -> bool {
    let is_word = matches!(workspace.names.text(name), "crate" | "self" | "super" | "$crate");
    !is_word && !modules.crates.contains_key(&(None, name))
}

/// The places and names of modules in whose place an import brings in one of the standard library (`use std::io as imp`) or another crate
/// (`use log`). Other imports may be of functions, which have a name space of their own.
fn partly_outside(workspace: &Workspace<'_>, modules: &Modules) -> BTreeSet<(ModuleId, Name)> {
    let mut found = BTreeSet::new();
    for place in modules.children.keys() {
        for index in modules.imports.get(*place) {
            let it = &workspace.files[modules.module(place.0).file as usize];
            let path = &it.bindings().imports[*index as usize].path;
            let text = |at: usize| path.get(at).map(|name| workspace.names.text(it.name(*name)));
            let is_renamed = path.last().is_some_and(|last| it.name(*last) != place.1);
            let is_macro = || {
                let macros = it.conventions.map(|rules| rules.macros.as_slice()).unwrap_or_default();
                macros.iter().any(|word| Some(word.as_str()) == text(1))
            };
            let is_crate = path.len() == 1
                && path
                    .first()
                    .is_some_and(|first| is_outside(workspace, modules, it.name(*first)));
            // Of a module that nothing may be known of, an import of its own is no crate.
            let is_withheld = modules
                .children
                .get(place)
                .is_some_and(|of| modules.module(*of).file >= workspace.known);
            let is_standard = matches!(text(0), Some("std" | "core" | "alloc"));
            if is_crate && !is_withheld || is_standard && (is_renamed || path.len() == 2 && !is_macro()) {
                found.insert(*place);
            }
        }
    }
    found
}

/// Adds a module that stands for several. Gives it with what they hold, by name.
fn add_variant(
    modules: &mut Modules,
    below: &BTreeMap<ModuleId, Vec<(Name, ModuleId)>>,
    place: (ModuleId, Name),
    all: Vec<ModuleId>,
) -> (ModuleId, BTreeMap<Name, Vec<ModuleId>>) {
    let mut inner: BTreeMap<Name, Vec<ModuleId>> = BTreeMap::new();
    for (name, id) in all.iter().filter_map(|id| below.get(id)).flatten() {
        let named = inner.entry(*name).or_default();
        if !named.contains(id) {
            named.push(*id);
        }
    }
    let id = ModuleId(modules.all.len() as u32);
    modules.all.push(*modules.module(all[0]));
    modules.children.insert(place, id);
    for one in &all {
        modules.variant_of.entry(*one).or_insert(id);
    }
    modules.variants.insert(id, all);
    (id, inner)
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
