//! Names and paths to what they lead to.

use super::linker::Linker;
use super::package_names::Sought;
use super::packages::{last_segment, stem};
use super::relation::SymbolRef;
use super::types::one_of;
use super::value::{Found, ModuleId, Name, Value};
use crate::extraction::SymbolKind;
use crate::extraction::bindings::conventions::{ModuleRule, PackageUnit};
use crate::extraction::bindings::{Expr, ExprId, ImportKind};

/// How many modules one value may be handed through.
const MAX_EXPORTING: usize = 12;

impl Linker<'_, '_> {
    /// What a path, name or member leads to. `as_type` where a type stands.
    pub(super) fn found(&mut self, file: u32, id: ExprId, as_type: bool, depth: u32) -> Found {
        if self.too_deep(depth) {
            return Found::Nothing;
        }
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        match it.expr(id) {
            Expr::Symbol(symbol) => {
                let at = SymbolRef { file, symbol: *symbol };
                let modules = &workspace.modules;
                match modules.inline.get(&at) {
                    Some(module) => Found::Module(*modules.variant_of.get(module).unwrap_or(module)),
                    None if modules.doubled.contains(&at) => {
                        self.rust_known(modules.around(workspace, at), workspace.name_of(at), as_type)
                    }
                    None => Found::Symbols(self.with_variants(at)),
                }
            }
            Expr::Import(import) => self.imported(file, *import, as_type),
            Expr::Name { name, module, arity } => {
                match it.rule() {
                    ModuleRule::Rust => {}
                    ModuleRule::Package => {
                        let sought = Sought {
                            name: it.name(*name),
                            arity: Some(*arity),
                        };
                        return self.package_name(file, sought, *module, as_type, depth);
                    }
                    ModuleRule::Node | ModuleRule::None => return Found::Nothing,
                }
                let from = workspace.modules.at(file, *module);
                self.rust_known(from, it.name(*name), as_type)
            }
            Expr::SelfType(_) => {
                let value = self.evaluate(file, id, depth + 1);
                match value {
                    Value::Item(symbol) | Value::Instance(symbol, _) => Found::Symbols(vec![symbol]),
                    value => Found::Value(value),
                }
            }
            Expr::Path(of, name) | Expr::Member(of, name) => {
                let name = it.name(*name);
                match self.found(file, *of, true, depth + 1) {
                    Found::Module(module) if it.rule() == ModuleRule::Rust => self.rust_stepped(module, name, as_type),
                    Found::Module(module) if self.includes(file) => self.space_member(file, module, name),
                    Found::Module(module) => self.module_member(module, name),
                    Found::Symbols(symbols) => self.static_member(&symbols, name, depth + 1),
                    Found::Value(value) => {
                        let members = self.members(&value, name, depth + 1);
                        Found::symbols(members.iter().map(|it| it.symbol).collect())
                    }
                    Found::Either(types) => Found::either(self.static_members(&types, name, depth + 1)),
                    Found::Maybe(types) => Found::maybe(self.static_members(&types, name, depth + 1)),
                    outside @ (Found::External | Found::Nothing) => match self.found_outside(file, *of, name, depth) {
                        Found::Nothing => outside,
                        found => found,
                    },
                }
            }
            Expr::Inherited { member, or } => {
                let meant = self.inherited(file, *member, *or, depth);
                self.found(file, meant, as_type, depth + 1)
            }
            // A type, looked at by one of its traits.
            Expr::Narrowed { of, .. } if it.rule() == ModuleRule::Rust => self.found(file, *of, as_type, depth + 1),
            Expr::Module(specifier) => {
                let module = self.node_module(file, it.name(*specifier));
                module.map_or(Found::External, Found::Module)
            }
            _ => match self.evaluate(file, id, depth + 1) {
                Value::Item(symbol) => Found::Symbols(vec![symbol]),
                Value::Module(module) => Found::Module(module),
                Value::Unknown => Found::Nothing,
                value => Found::Value(value),
            },
        }
    }

    fn static_member(&mut self, symbols: &[SymbolRef], name: Name, depth: u32) -> Found {
        if self.are_variants(symbols) {
            return Found::either(self.static_members(symbols, name, depth + 1));
        }
        let of = self.type_among(symbols).or_else(|| symbols.first().copied());
        let Some(of) = of else { return Found::Nothing };
        let members = self.members(&Value::Item(of), name, depth);
        Found::symbols(members.iter().map(|it| it.symbol).collect())
    }

    /// A symbol, and the second names of types of Rust that stand beside it under its name.
    fn with_variants(&self, at: SymbolRef) -> Vec<SymbolRef> {
        let workspace = self.workspace;
        if workspace.symbol(at).kind == SymbolKind::TypeAlias && self.is_rust(at.file) {
            let place = (workspace.modules.around(workspace, at), workspace.name_of(at));
            let all = workspace.modules.names.get(place);
            if all.contains(&at) && self.are_variants(all) {
                return all.to_vec();
            }
        }
        vec![at]
    }

    /// Whether symbols are second names of types of Rust that stand side by side, of which a build has one.
    pub(super) fn are_variants(&self, symbols: &[SymbolRef]) -> bool {
        let is_alias =
            |at: &SymbolRef| self.workspace.symbol(*at).kind == SymbolKind::TypeAlias && self.is_rust(at.file);
        symbols.len() > 1 && symbols.iter().all(is_alias)
    }

    /// The members of several types.
    fn static_members(&mut self, types: &[SymbolRef], name: Name, depth: u32) -> Vec<SymbolRef> {
        let mut members = Vec::new();
        for of in types {
            if let Found::Symbols(more) = self.static_member(&[*of], name, depth) {
                members.extend(more);
            }
        }
        members
    }

    /// A package whose name begins with that of another.
    pub(super) fn inner_package(&self, package: ModuleId, name: Name) -> Found {
        let workspace = self.workspace;
        let modules = &workspace.modules;
        let is_file = package.0 < workspace.files.len() as u32;
        let file = modules.module(package).file;
        let Some((rule, family)) = self.package_rule(file) else {
            return Found::Nothing;
        };
        let separator = match rule.unit {
            PackageUnit::File => "/",
            PackageUnit::Clause => rule.separator.as_str(),
            PackageUnit::Folder | PackageUnit::Include => return Found::Nothing,
        };
        let own = modules
            .named
            .names
            .get(&package)
            .map(String::as_str)
            .unwrap_or_default();
        let is_closed = is_file
            && !rule
                .index
                .iter()
                .any(|it| it == last_segment(stem(workspace.files[file as usize].path)));
        if is_closed {
            return Found::Nothing;
        }
        let text = workspace.names.text(name);
        let inner = if own.is_empty() {
            text.to_owned()
        } else {
            format!("{own}{separator}{text}")
        };
        self.package_named(family, &inner).map_or(Found::Nothing, Found::Module)
    }

    /// What a name means that an import brings in.
    fn imported(&mut self, file: u32, import: u32, as_type: bool) -> Found {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let entry = &it.bindings().imports[import as usize];
        let module = workspace.modules.at(file, entry.module);
        match entry.local.map(|local| it.name(local)) {
            // Variants of a configuration.
            Some(local)
                if it.rule() == ModuleRule::Rust
                    && !entry.is_scoped
                    && (workspace.modules.imports.get((module, local)).len() > 1
                        || workspace.modules.is_partly_outside(module, local)) =>
            {
                self.rust_known(module, local, as_type)
            }
            Some(local)
                if it.rule() == ModuleRule::Rust
                    && !entry.is_scoped
                    && !workspace.modules.names.get((module, local)).is_empty() =>
            {
                match self.import(file, import, as_type) {
                    // A function may have the name of a module.
                    Found::Module(of) if as_type => Found::Module(of),
                    _ => self.rust_known(module, local, as_type),
                }
            }
            _ => self.import(file, import, as_type),
        }
    }

    /// Where an import of a file leads.
    pub(super) fn import(&mut self, file: u32, import: u32, as_type: bool) -> Found {
        if let Some(known) = self.imports.get(&(file, import, as_type)) {
            return known.clone();
        }
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let entry = &it.bindings().imports[import as usize];
        let before = self.lowest;
        let found = match (it.rule(), &entry.kind) {
            (ModuleRule::Rust, _) => {
                let local = entry.local.map(|local| it.name(local));
                let module = workspace.modules.at(file, entry.module);
                match self.rust_import(file, entry, as_type) {
                    // Several imports of one name: variants of a configuration.
                    Found::Nothing | Found::External if local.is_some() && !entry.is_scoped => local
                        .map(|local| self.rust_known(module, local, as_type))
                        .unwrap_or_default(),
                    found => found,
                }
            }
            (ModuleRule::Node, ImportKind::Namespace) => match self.node_import(file, entry) {
                Found::Module(module) => match self.node_whole(module) {
                    Value::Module(module) => Found::Module(module),
                    Value::Item(symbol) => Found::Symbols(vec![symbol]),
                    value => Found::Value(value),
                },
                found => found,
            },
            (ModuleRule::Node, _) => self.node_import(file, entry),
            (ModuleRule::Package, _) => self.package_import(file, entry),
            (ModuleRule::None, _) => Found::Nothing,
        };
        // What was found on a way that led back to itself is not all there is.
        if self.lowest == before {
            self.imports.insert((file, import, as_type), found.clone());
        }
        found
    }

    /// What a thing that was found is as a value.
    pub(super) fn value_of_found(&mut self, found: &Found, depth: u32) -> Value {
        let workspace = self.workspace;
        match found {
            Found::Symbols(symbols) if self.is_ambiguous(symbols) => Value::Unknown,
            Found::Symbols(symbols) => {
                use SymbolKind::{Interface, Namespace, TypeAlias};
                let kind = |at: &&SymbolRef| workspace.symbol(**at).kind;
                let is_value = |at: &&SymbolRef| !matches!(kind(at), TypeAlias | Interface);
                // A namespace adds to the class or function of its name.
                let value = symbols.iter().find(|at| is_value(at) && kind(at) != Namespace);
                let value = value.or_else(|| symbols.iter().find(is_value));
                let Some(at) = value.or(symbols.first()).copied() else {
                    return Value::Unknown;
                };
                match self.symbol_value(at, None, depth) {
                    // What is assigned to the members of a variable is known, whatever its value is.
                    Value::Unknown | Value::External if workspace.tables.variables_with_members.contains(&at) => {
                        Value::Item(at)
                    }
                    value => value,
                }
            }
            Found::Module(module) => Value::Module(*module),
            Found::Value(value) => value.clone(),
            Found::Either(symbols) => one_of(symbols.iter().map(|at| self.symbol_value(*at, None, depth)).collect()),
            Found::Maybe(_) => Value::Unknown,
            Found::Nothing | Found::External => Value::External,
        }
    }

    /// An expression of another module as what it leads to. It may lead through other modules, and back to itself.
    pub(super) fn found_value(&mut self, file: u32, id: ExprId) -> Found {
        if self.exporting.contains(&(file, id)) || self.exporting.len() >= MAX_EXPORTING {
            self.lowest = 0;
            return Found::Nothing;
        }
        self.exporting.push((file, id));
        let found = match self.found(file, id, false, 0) {
            Found::Nothing => Found::Value(self.evaluate(file, id, 0)),
            found => found,
        };
        self.exporting.pop();
        found
    }
}
