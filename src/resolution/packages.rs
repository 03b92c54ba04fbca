//! Modules of the languages whose rules are a table: what a package is made of.

use super::includes::{Includes, find_spaces, gives_names};
use super::modules::{Module, Modules};
use super::relation::SymbolRef;
use super::tables::Multimap;
use super::value::{ModuleId, Name};
use super::workspace::Workspace;
use crate::extraction::SymbolKind;
use crate::extraction::bindings::ImportKind;
use crate::extraction::bindings::conventions::{ModuleRule, PackageRule, PackageUnit};
use crate::extraction::bindings::manifest::ManifestFacts;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The packages of a workspace. One that is not a file has a module of its own.
#[derive(Default)]
pub(super) struct NamedPackages {
    /// By family and name: a path from the repository's top without extension, or the name a clause states.
    pub(super) by_name: FxHashMap<String, ModuleId>,
    pub(super) names: FxHashMap<ModuleId, String>,
    /// The packages of files that are not packages themselves.
    pub(super) of_file: FxHashMap<u32, ModuleId>,
    pub(super) members: Multimap<(ModuleId, Name), SymbolRef>,
    pub(super) includes: Includes,
    /// Names of packages below folders that are none themselves, by family and last segment.
    pub(super) heads: FxHashMap<String, Vec<String>>,
    /// Import paths that manifests give to folders, longest first.
    pub(super) folders: Vec<(String, String)>,
    /// What stands for the files of a folder of which nothing may be known.
    pub(super) stand_ins: FxHashMap<ModuleId, SymbolRef>,
    /// The names that the files of a folder state for their package.
    pub(super) clauses: FxHashMap<ModuleId, Name>,
    /// The modules that folders are, whose names may stand before those of what they define, by family and name.
    pub(super) roots: FxHashMap<String, ModuleId>,
}

/// The key of a package in [`NamedPackages::by_name`].
pub(super) fn key(family: &str, name: &str) -> String {
    format!("{family}:{name}")
}

pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

pub(super) fn join(folder: &str, rest: &str) -> String {
    if folder.is_empty() || rest.is_empty() {
        format!("{folder}{rest}")
    } else {
        format!("{folder}/{rest}")
    }
}

/// A path without its extension.
pub(super) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.split_once('.').map_or(0, |(_, extension)| extension.len() + 1);
    &path[..path.len() - extension]
}

pub(super) fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Finds the packages of a workspace.
pub(super) fn find_packages(workspace: &Workspace<'_>, modules: &mut Modules, manifests: &[(&str, &ManifestFacts)]) {
    let mut found = NamedPackages::default();
    for (path, facts) in manifests {
        if let ManifestFacts::Go(go) = facts {
            found.folders.push((go.module.clone(), folder(path).to_owned()));
        }
    }
    found.folders.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    let mut members = Vec::new();
    for at in 0..workspace.files.len() as u32 {
        let file = &workspace.files[at as usize];
        let Some(conventions) = file.conventions.filter(|it| it.modules == ModuleRule::Package) else {
            continue;
        };
        let rule = &conventions.packages;
        let family = family_of(rule, &file.facts.grammar);
        let name = package_of_file(workspace, at, rule);
        if rule.unit == PackageUnit::File {
            found.add(family, &name, ModuleId(at));
            continue;
        }
        let package = found.module(modules, at, family, &name);
        found.of_file.insert(at, package);
        if rule.unit == PackageUnit::Folder
            && let Some(stand_in) = workspace.stand_in(ModuleId(at))
        {
            found.stand_ins.insert(package, stand_in);
        }
        if let Some(clause) = clause_of(workspace, at) {
            found.clauses.entry(package).or_insert(clause);
        }
    }
    found.add_folders(workspace, modules);
    found.includes = Includes::find(workspace);
    let mut spaces = Vec::new();
    find_spaces(workspace, |file, space| spaces.push((file, space.to_owned())));
    for (file, space) in spaces {
        let it = &workspace.files[file as usize];
        let Some(conventions) = it.conventions else { continue };
        let family = family_of(&conventions.packages, &it.facts.grammar).to_owned();
        found.module(modules, file, &family, &space);
    }
    for (at, symbol) in workspace.symbols() {
        let is_apart = workspace.declared(at).is_some_and(|it| it.receiver.is_some());
        let conventions = workspace.files[at.file as usize].conventions;
        let is_by_folder = conventions.is_some_and(|it| it.packages.unit == PackageUnit::Folder);
        if !found.of_file.contains_key(&at.file)
            || is_apart && symbol.kind == SymbolKind::Constructor
            || is_by_folder && symbol.kind == SymbolKind::Field
            || matches!(
                symbol.kind,
                SymbolKind::Namespace | SymbolKind::Method | SymbolKind::Impl
            )
        {
            continue;
        }
        if let Some(package) = found.package_of_symbol(workspace, modules, at) {
            let root = found.root_of(workspace, modules, at.file);
            let packages = [Some(package), root].into_iter().flatten();
            members.extend(packages.map(|it| ((it, workspace.name_of(at)), at)));
        }
    }
    found.members = Multimap::new(members);
    modules.named = found;
}

pub(super) fn family_of<'r>(rule: &'r PackageRule, grammar: &'r str) -> &'r str {
    if rule.family.is_empty() { grammar } else { &rule.family }
}

/// The name of the package a file is or belongs to.
fn package_of_file(workspace: &Workspace<'_>, at: u32, rule: &PackageRule) -> String {
    let path = workspace.files[at as usize].path;
    match rule.unit {
        PackageUnit::File => {
            let stem = stem(path);
            let is_index = rule.index.iter().any(|it| it == last_segment(stem));
            if is_index {
                folder(path).to_owned()
            } else {
                stem.to_owned()
            }
        }
        PackageUnit::Folder => {
            let clause = clause_of(workspace, at).map(|name| workspace.names.text(name));
            let is_apart = clause.is_some_and(|name| name.ends_with("_test"));
            format!("{}{}", folder(path), if is_apart { "#test" } else { "" })
        }
        PackageUnit::Clause => {
            let clause = clause_of(workspace, at).or_else(|| first_namespace(workspace, at));
            clause
                .map(|name| workspace.names.text(name).to_owned())
                .unwrap_or_default()
        }
        PackageUnit::Include => String::new(),
    }
}

/// The package a file says it belongs to.
fn clause_of(workspace: &Workspace<'_>, at: u32) -> Option<Name> {
    let file = &workspace.files[at as usize];
    let mut imports = file.bindings().imports.iter();
    let clause = imports.find(|import| import.kind == ImportKind::Clause)?;
    clause.path.first().map(|name| file.name(*name))
}

fn first_namespace(workspace: &Workspace<'_>, at: u32) -> Option<Name> {
    let file = &workspace.files[at as usize];
    let mut symbols = file.facts.symbols.iter();
    let first = symbols.find(|symbol| symbol.kind == SymbolKind::Namespace && symbol.container.is_none())?;
    Some(file.name(first.name))
}

impl NamedPackages {
    fn add(&mut self, family: &str, name: &str, module: ModuleId) {
        self.by_name.entry(key(family, name)).or_insert(module);
        self.names.insert(module, name.to_owned());
    }

    /// The module of a package, new or known.
    fn module(&mut self, modules: &mut Modules, file: u32, family: &str, name: &str) -> ModuleId {
        if let Some(known) = self.by_name.get(&key(family, name)) {
            return *known;
        }
        let id = ModuleId(modules.all.len() as u32);
        modules.all.push(Module {
            file,
            symbol: None,
            parent: None,
            root: id,
        });
        self.add(family, name, id);
        id
    }

    /// The module that a folder around a file is.
    fn root_of(&mut self, workspace: &Workspace<'_>, modules: &mut Modules, file: u32) -> Option<ModuleId> {
        let it = &workspace.files[file as usize];
        let rule = &it.conventions?.packages;
        let mut folders = folder(it.path).split('/');
        folders.find(|folder| rule.roots.iter().any(|root| root == folder))?;
        let full = key(family_of(rule, &it.facts.grammar), folders.next()?);
        let known = self.roots.entry(full);
        let id = *known.or_insert_with(|| {
            let id = ModuleId(modules.all.len() as u32);
            modules.all.push(Module {
                file,
                symbol: None,
                parent: None,
                root: id,
            });
            id
        });
        Some(id)
    }

    /// Adds what packages are in: folders without an index, and the first segments of the names of clauses.
    fn add_folders(&mut self, workspace: &Workspace<'_>, modules: &mut Modules) {
        let known: Vec<(ModuleId, String)> = self.names.iter().map(|(id, name)| (*id, name.clone())).collect();
        let mut known: Vec<_> = known;
        known.sort();
        for (id, name) in known {
            let at = modules.module(id).file;
            let file = &workspace.files[at as usize];
            let Some(conventions) = file.conventions else { continue };
            let rule = &conventions.packages;
            let family = family_of(rule, &file.facts.grammar).to_owned();
            let separator = match rule.unit {
                PackageUnit::File => "/",
                PackageUnit::Clause => rule.separator.as_str(),
                PackageUnit::Folder | PackageUnit::Include => continue,
            };
            let mut around = name.as_str();
            while let Some((outer, _)) = around.rsplit_once(separator) {
                self.module(modules, at, &family, outer);
                around = outer;
            }
        }
        let mut heads: Vec<(String, String)> = Vec::new();
        for (full, id) in &self.by_name {
            let at = modules.module(*id).file;
            let rule = workspace.files[at as usize].conventions.map(|it| &it.packages);
            let Some((family, name)) = full
                .split_once(':')
                .filter(|_| rule.is_some_and(|it| it.unit == PackageUnit::File))
            else {
                continue;
            };
            let around = self.by_name.get(&key(family, folder(name)));
            let is_package = around.is_some_and(|around| around.0 < workspace.files.len() as u32);
            if !is_package {
                heads.push((key(family, last_segment(name)), name.to_owned()));
            }
        }
        heads.sort();
        for (head, name) in heads {
            self.heads.entry(head).or_default().push(name);
        }
    }

    /// The package a symbol is a name of, if it is not inside another definition.
    fn package_of_symbol(
        &mut self,
        workspace: &Workspace<'_>,
        modules: &mut Modules,
        at: SymbolRef,
    ) -> Option<ModuleId> {
        let mut spaces = Vec::new();
        let mut container = workspace.container(at);
        while let Some(of) = container {
            let rule = workspace.files[at.file as usize].conventions.map(|it| &it.packages);
            let is_open =
                rule.is_some_and(|it| it.unit == PackageUnit::Include) && gives_names(workspace.symbol(of).kind);
            match workspace.symbol(of).kind {
                SymbolKind::Namespace => spaces.push(workspace.names.text(workspace.name_of(of))),
                _ if is_open => {}
                _ => return None,
            }
            container = workspace.container(of);
        }
        if spaces.is_empty() {
            return self.of_file.get(&at.file).copied();
        }
        let file = &workspace.files[at.file as usize];
        let rule = &file.conventions?.packages;
        if let Some(clause) = clause_of(workspace, at.file) {
            spaces.push(workspace.names.text(clause));
        }
        spaces.reverse();
        let name = spaces.join(&rule.separator);
        Some(self.module(modules, at.file, family_of(rule, &file.facts.grammar), &name))
    }
}

impl Workspace<'_> {
    /// The definitions that are parts of one type, by each of them.
    pub(super) fn parts_of_types(&self) -> FxHashMap<SymbolRef, Arc<[SymbolRef]>> {
        type Named = (Name, u8);
        let mut groups: FxHashMap<(ModuleId, Vec<Named>), Vec<SymbolRef>> = FxHashMap::default();
        let named = |at| (self.name_of(at), self.declared(at).map_or(0, |it| it.arity));
        for (at, symbol) in self.symbols() {
            let Some(around) = self.merges_within(at.file, symbol.kind) else {
                continue;
            };
            let names = std::iter::successors(Some(at), |of| self.container(*of));
            let names = names.map(named).collect();
            groups.entry((around, names)).or_default().push(at);
        }
        let mut parts = FxHashMap::default();
        for group in groups.into_values().filter(|group| self.are_parts(group)) {
            let group = Arc::<[SymbolRef]>::from(group);
            parts.extend(group.iter().map(|at| (*at, Arc::clone(&group))));
        }
        parts
    }

    /// Where definitions of a kind and one name are parts of the same: a package, or in a module of JavaScript the file.
    fn merges_within(&self, file: u32, kind: SymbolKind) -> Option<ModuleId> {
        use SymbolKind::{Class, Enum, Function, Interface, Namespace};
        let it = &self.files[file as usize];
        if it.rule() == ModuleRule::Node {
            return matches!(kind, Class | Enum | Function | Interface | Namespace).then_some(ModuleId(file));
        }
        let is_merged = it.conventions.is_some_and(|it| it.packages.merged) && is_open_type(kind);
        self.modules.named.of_file.get(&file).copied().filter(|_| is_merged)
    }

    /// Whether definitions of one name add to each other. Functions of one name do not: they are overloads.
    fn are_parts(&self, group: &[SymbolRef]) -> bool {
        let is_function = |at: &SymbolRef| self.symbol(*at).kind == SymbolKind::Function;
        group.len() > 1 && !group.iter().all(is_function)
    }
}

/// Whether a member of a kind is never what a type's name means.
pub(super) fn is_value(kind: SymbolKind) -> bool {
    use SymbolKind::{Field, Getter, Method, Property, Setter};
    matches!(kind, Field | Getter | Method | Property | Setter)
}

/// Whether a type of a kind can have several definitions.
fn is_open_type(kind: SymbolKind) -> bool {
    use SymbolKind::{Class, Interface, Struct, Trait};
    matches!(kind, Class | Interface | Struct | Trait)
}
