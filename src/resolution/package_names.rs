//! How names and import paths lead into packages.

use super::linker::Linker;
use super::members::Member;
use super::packages::{family_of, folder, is_value, join, key, stem};
use super::relation::SymbolRef;
use super::value::{Found, ModuleId, Name, Value};
use crate::extraction::bindings::conventions::{ModuleRule, PackageRule, PackageUnit};
use crate::extraction::bindings::{Import, ImportKind};
use crate::extraction::{SymbolIdx, SymbolKind};

/// A name that is looked up, and how many type arguments it is given, where that is known.
#[derive(Clone, Copy)]
pub(super) struct Sought {
    pub(super) name: Name,
    pub(super) arity: Option<u8>,
}

impl From<Name> for Sought {
    fn from(name: Name) -> Self {
        Self { name, arity: None }
    }
}

impl Linker<'_, '_> {
    pub(super) fn package_rule(&self, file: u32) -> Option<(&'static PackageRule, &str)> {
        let file = &self.workspace.files[file as usize];
        let rule = &file
            .conventions
            .filter(|it| it.modules == ModuleRule::Package)?
            .packages;
        Some((rule, family_of(rule, &file.facts.grammar)))
    }

    pub(super) fn package_named(&self, family: &str, name: &str) -> Option<ModuleId> {
        self.workspace.modules.named.by_name.get(&key(family, name)).copied()
    }

    /// What a name means that no scope of its file defines: `this` is the type around it, where members need no receiver.
    pub(super) fn package_name(
        &mut self,
        file: u32,
        sought: Sought,
        this: Option<SymbolIdx>,
        as_type: bool,
        depth: u32,
    ) -> Found {
        let (workspace, name) = (self.workspace, sought.name);
        let Some((rule, family)) = self.package_rule(file) else {
            return Found::Nothing;
        };
        if rule.unit == PackageUnit::Include {
            return self.include_name(file, name, this, depth);
        }
        let family = family.to_owned();
        let mut around = this.map(|symbol| SymbolRef { file, symbol });
        while let Some(of) = around {
            // A constructor has the name of its class, and that is what the name means.
            let owner = match workspace.tables.impl_types.get(&of) {
                Some(Value::Instance(extended, None)) => Value::Item(*extended),
                Some(extended @ (Value::Instance(..) | Value::Wrapper(..))) if workspace.is_extension(of) => {
                    extended.clone()
                }
                Some(Value::Instance(extended, _)) => Value::Item(*extended),
                _ => Value::Item(of),
            };
            let mut members = self.members(&owner, name, depth + 1);
            if members.is_empty() {
                let asked = self.asked_of_receiver(of, depth);
                members = asked.iter().flat_map(|of| self.members(of, name, depth + 1)).collect();
                members.retain(|it| self.is_seen_from(file, it.symbol));
            }
            members.retain(|it| workspace.symbol(it.symbol).kind != SymbolKind::Constructor);
            // A property can have the name of its type.
            members.retain(|it| !as_type || !is_value(workspace.symbol(it.symbol).kind));
            members.retain(|it| self.is_sought(it.symbol, sought));
            // Of what several blocks of a type give under conditions, those of the block around hold.
            let is_here = |it: &Member| workspace.container(it.symbol) == Some(of);
            let kind = |it: &Member| workspace.symbol(it.symbol).kind;
            let is_field = |it: &Member| is_value(kind(it)) && kind(it) != SymbolKind::Method;
            if members.iter().all(is_field) && members.iter().any(is_here) {
                members.retain(is_here);
            }
            if !members.is_empty() {
                return Found::Symbols(members.iter().map(|it| it.symbol).collect());
            }
            let is_constant = workspace.names.text(name).starts_with(char::is_uppercase);
            around = workspace
                .container(of)
                .filter(|_| is_constant || !rule.outer_constants_only);
        }
        if let Some(&index) = workspace.modules.imports.get((ModuleId(file), name)).last() {
            let found = self.import(file, index, false);
            if found != Found::Nothing {
                return found;
            }
        }
        if let Some(package) = workspace.modules.named.of_file.get(&file) {
            let own = self.package_members(*package, sought);
            if !own.is_empty() {
                return self.nearest(file, &own);
            }
        }
        let found = self.package_globs(file, ModuleId(file), sought);
        if found != Found::Nothing {
            return found;
        }
        if rule.nested {
            let found = self.outer_packages(file, rule, &family, sought);
            if found != Found::Nothing {
                return found;
            }
        }
        match rule.unit {
            PackageUnit::File | PackageUnit::Include => Found::Nothing,
            PackageUnit::Folder => match self.package_by_clause(file, name) {
                Some(package) => Found::Module(package),
                None => self.folder_stand_in(file, name),
            },
            PackageUnit::Clause => {
                let text = workspace.names.text(name);
                let root = || workspace.modules.named.roots.get(&key(&family, text)).copied();
                let package = self.package_named(&family, text).or_else(root);
                package.map_or(Found::Nothing, Found::Module)
            }
        }
    }

    /// A name of the packages around the one a file belongs to.
    fn outer_packages(&self, file: u32, rule: &PackageRule, family: &str, sought: Sought) -> Found {
        let named = &self.workspace.modules.named;
        let package = named.of_file.get(&file).and_then(|package| named.names.get(package));
        let mut around = package.map(String::as_str).unwrap_or_default();
        while !around.is_empty() {
            around = around
                .rsplit_once(rule.separator.as_str())
                .map_or("", |(outer, _)| outer);
            if let Some(package) = self.package_named(family, around) {
                let symbols = self.package_members(package, sought);
                if !symbols.is_empty() {
                    return Found::Symbols(symbols);
                }
            }
        }
        Found::Nothing
    }

    /// The imported package that states a name which differs from the last segment of its path.
    fn package_by_clause(&mut self, file: u32, name: Name) -> Option<ModuleId> {
        let workspace = self.workspace;
        let imports = &workspace.files[file as usize].bindings().imports;
        imports.iter().find_map(|import| {
            let Found::Module(package) = self.package_import(file, import) else {
                return None;
            };
            (workspace.modules.named.clauses.get(&package) == Some(&name)).then_some(package)
        })
    }

    /// What a package that is no file has of what is sought.
    fn package_members(&self, package: ModuleId, sought: Sought) -> Vec<SymbolRef> {
        let all = self.workspace.modules.named.members.get((package, sought.name));
        all.iter().copied().filter(|at| self.is_sought(*at, sought)).collect()
    }

    fn is_sought(&self, at: SymbolRef, sought: Sought) -> bool {
        let own = || self.workspace.declared(at).map_or(0, |declared| declared.arity);
        let is_other = |arity: u8| self.workspace.symbol(at).kind.is_type() && own() != arity;
        !sought.arity.is_some_and(is_other)
    }

    /// A name that an import of everything brings in.
    pub(super) fn package_globs(&mut self, file: u32, module: ModuleId, sought: Sought) -> Found {
        let (workspace, name) = (self.workspace, sought.name);
        let rule = self.package_rule(file).map(|(rule, _)| rule.unit);
        let is_by_clause = rule == Some(PackageUnit::Clause);
        for &index in workspace.modules.globs.get(module) {
            let import = &workspace.files[file as usize].bindings().imports[index as usize];
            let found = match self.package_import(file, import) {
                Found::Module(package)
                    if self.workspace.stand_in(package).is_some() && self.is_own_word(file, name) =>
                {
                    Found::Nothing
                }
                Found::Module(package) => match self.package_step(package, sought) {
                    Found::Symbols(symbols) => self.nearest(file, &symbols),
                    // Everything of a package is its types, and no packages in it.
                    Found::Module(_) if is_by_clause => Found::Nothing,
                    found => found,
                },
                Found::Symbols(symbols) => match self.type_among(&symbols) {
                    Some(of) => self.own_member(of, name),
                    None => Found::Nothing,
                },
                _ => Found::Nothing,
            };
            if !matches!(found, Found::Nothing | Found::External) {
                return found;
            }
        }
        Found::Nothing
    }

    /// The symbols nearest to a file, of those that share a name in a package: another program may have a package of the same name.
    pub(super) fn nearest(&self, file: u32, symbols: &[SymbolRef]) -> Found {
        let path = |at: u32| self.workspace.files[at as usize].path;
        let shared = |at: &SymbolRef| {
            let (mine, other) = (path(file).split('/'), path(at.file).split('/'));
            mine.zip(other).take_while(|(mine, other)| mine == other).count()
        };
        let most = symbols.iter().map(shared).max().unwrap_or(0);
        Found::Symbols(symbols.iter().filter(|at| shared(at) == most).copied().collect())
    }

    /// Whether symbols of one name are of different programs, so that nobody can tell which one is meant.
    pub(super) fn is_ambiguous(&self, symbols: &[SymbolRef]) -> bool {
        let Some(first) = symbols.first() else { return false };
        let unit = self.package_rule(first.file).map(|(rule, _)| rule.unit);
        unit == Some(PackageUnit::Clause)
            && symbols.iter().any(|at| at.file != first.file)
            && !self.workspace.tables.same.contains_key(first)
    }

    pub(super) fn own_member(&mut self, of: SymbolRef, name: Name) -> Found {
        let members = self.members(&Value::Item(of), name, 0);
        Found::symbols(members.iter().map(|it| it.symbol).collect())
    }

    /// What a package has under a name.
    pub(super) fn package_step(&mut self, package: ModuleId, sought: Sought) -> Found {
        let name = sought.name;
        // What a package imports from itself is a package within it.
        if self.stepping.contains(&(package, name)) {
            return self.inner_package(package, name);
        }
        if self.stepping.len() > 48 {
            return Found::Nothing;
        }
        self.stepping.push((package, name));
        let found = self.package_step_once(package, sought);
        self.stepping.pop();
        found
    }

    fn package_step_once(&mut self, package: ModuleId, sought: Sought) -> Found {
        let (workspace, name) = (self.workspace, sought.name);
        let modules = &workspace.modules;
        let is_file = package.0 < workspace.files.len() as u32;
        let symbols = if is_file {
            modules.names.get((package, name)).to_vec()
        } else {
            self.package_members(package, sought)
        };
        if let Some(stand_in) = workspace.stand_in(package) {
            return Found::Symbols(vec![stand_in]);
        }
        if !symbols.is_empty() {
            return Found::Symbols(symbols);
        }
        if let Some(stand_in) = modules.named.stand_ins.get(&package) {
            return Found::Symbols(vec![*stand_in]);
        }
        let file = modules.module(package).file;
        let Some((rule, _)) = self.package_rule(file) else {
            return Found::Nothing;
        };
        if is_file && rule.gives_imports {
            if let Some(&index) = modules.imports.get((package, name)).last() {
                return match self.import(file, index, false) {
                    Found::Nothing => Found::External,
                    found => found,
                };
            }
            let found = self.package_globs(file, package, sought);
            if found != Found::Nothing {
                return found;
            }
        }
        self.inner_package(package, name)
    }

    /// Where an import leads.
    pub(super) fn package_import(&mut self, file: u32, import: &Import) -> Found {
        let workspace = self.workspace;
        let Some((rule, family)) = self.package_rule(file) else {
            return Found::Nothing;
        };
        if rule.unit == PackageUnit::Include {
            return self.include_import(file, import);
        }
        let family = family.to_owned();
        let it = &workspace.files[file as usize];
        let path: Vec<&str> = import
            .path
            .iter()
            .map(|segment| workspace.names.text(it.name(*segment)))
            .collect();
        match import.kind {
            ImportKind::Clause | ImportKind::Value(_) | ImportKind::Include { .. } => Found::Nothing,
            ImportKind::Path => match self.clause_path(rule, &family, &path) {
                Found::Symbols(symbols) => self.nearest(file, &symbols),
                found => found,
            },
            ImportKind::All if rule.unit == PackageUnit::Clause => self.clause_path(rule, &family, &path),
            ImportKind::Member(name) => match self.specified(file, rule, &family, &path) {
                Some(package) => match self.package_step(package, it.name(name).into()) {
                    Found::Nothing => Found::External,
                    found => found,
                },
                None => Found::External,
            },
            ImportKind::Namespace | ImportKind::All => self
                .specified(file, rule, &family, &path)
                .map_or(Found::External, Found::Module),
        }
    }

    /// The package a specifier names in a file.
    pub(super) fn specified(&self, file: u32, rule: &PackageRule, family: &str, path: &[&str]) -> Option<ModuleId> {
        let named = &self.workspace.modules.named;
        let specifier = path.first()?;
        match rule.unit {
            PackageUnit::Include => None,
            PackageUnit::Clause => self.package_named(family, &path.join(&rule.separator)),
            PackageUnit::Folder => {
                let mut folders = named.folders.iter();
                folders.find_map(|(prefix, folder)| {
                    let rest = specifier.strip_prefix(prefix.as_str())?;
                    let rest = if rest.is_empty() { rest } else { rest.strip_prefix('/')? };
                    self.package_named(family, &join(folder, rest))
                })
            }
            PackageUnit::File => {
                let here = folder(self.workspace.files[file as usize].path);
                let inner = specifier.trim_start_matches('.');
                let levels = specifier.len() - inner.len();
                let inner = inner.replace(rule.separator.as_str(), "/");
                if levels > 0 {
                    let mut around = here;
                    for _ in 1..levels {
                        around = folder(around);
                    }
                    return self.package_named(family, &join(around, &inner));
                }
                let (head, rest) = inner
                    .split_once('/')
                    .map_or((inner.as_str(), ""), |(head, rest)| (head, rest));
                self.nearest_below(family, here, head, rest)
            }
        }
    }

    /// The package by a path from the top of a search path, as seen from a folder: beside or above it, or else one that cannot be mistaken.
    /// Of several tops with one name (`app/app.py` in a folder without an index) it is the nearest that has the rest of the path.
    fn nearest_below(&self, family: &str, here: &str, head: &str, rest: &str) -> Option<ModuleId> {
        let workspace = self.workspace;
        let named = &workspace.modules.named;
        let all = named.heads.get(&key(family, head))?;
        let is_above = |name: &&String| {
            let around = folder(name);
            around.is_empty() || here == around || here.strip_prefix(around).is_some_and(|rest| rest.starts_with('/'))
        };
        let is_regular = |name: &&String| {
            let id = named.by_name.get(&key(family, name));
            let file = id.filter(|id| id.0 < workspace.files.len() as u32);
            file.is_some_and(|id| stem(workspace.files[id.0 as usize].path) != name.as_str())
        };
        let mut regular = all.iter().filter(is_regular);
        let only = regular.next().filter(|_| regular.next().is_none());
        let mut above: Vec<&String> = all.iter().filter(is_above).collect();
        above.retain(|name| is_regular(name) || only.is_none());
        above.sort_by_key(|name| std::cmp::Reverse(folder(name).len()));
        let mut nearest = above.into_iter().chain(only);
        nearest.find_map(|head| self.package_named(family, &join(head, rest)))
    }

    /// What a path of packages, types and members leads to.
    fn clause_path(&mut self, rule: &PackageRule, family: &str, path: &[&str]) -> Found {
        for length in (1..=path.len()).rev() {
            let Some(package) = self.package_named(family, &path[..length].join(&rule.separator)) else {
                continue;
            };
            let mut found = Found::Module(package);
            for segment in &path[length..] {
                let name = self.workspace.names.get(segment);
                found = match (found, name) {
                    (Found::Module(package), Some(name)) => self.package_step(package, name.into()),
                    (Found::Symbols(symbols), Some(name)) => match self.type_among(&symbols) {
                        Some(of) => match self.own_member(of, name) {
                            Found::Nothing if *segment == rule.companion => Found::Symbols(symbols),
                            found => found,
                        },
                        None => Found::Nothing,
                    },
                    (Found::Symbols(symbols), None) if *segment == rule.companion => Found::Symbols(symbols),
                    _ => Found::Nothing,
                };
            }
            if found != Found::Nothing {
                return found;
            }
        }
        Found::External
    }

    /// Whether two files belong to one package.
    pub(super) fn share_package(&self, file: u32, other: u32) -> bool {
        let of_file = &self.workspace.modules.named.of_file;
        of_file
            .get(&file)
            .is_some_and(|package| of_file.get(&other) == Some(package))
    }
}
