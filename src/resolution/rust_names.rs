//! What names and paths mean in the modules of Rust.
//!
//! Imports of everything make a graph in which modules reach each other many times over. So what a module has under a name is remembered, where
//! that is told by the module alone: not for whoever asked while it was itself being looked for.

use super::linker::{Linker, SETTLED};
use super::relation::SymbolRef;
use super::value::{Found, ModuleId, Name, Value};
use super::workspace::Workspace;

use crate::extraction::bindings::{Expr, Import, ImportKind, ReferenceKind, TypeExpr};
use crate::extraction::{SymbolIdx, SymbolKind};
use rustc_hash::{FxHashMap, FxHashSet};

/// How many look-ups may rest on each other. Real code stays far below.
const MAX_STEPS: usize = 256;

/// How many answers are remembered.
const MAX_KNOWN: usize = 1 << 20;

/// A name that is looked for in a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Asked {
    module: ModuleId,
    name: Name,
    /// Other crates count, which are in scope without being members.
    lexical: bool,
}

/// Look-ups in progress, and what earlier ones found.
#[derive(Debug)]
pub(super) struct Names {
    open: Vec<Asked>,
    /// The outermost of `open` that the look-up at work ran into again.
    lowest: usize,
    /// Some look-up was given up; nothing that rests on it is remembered.
    given_up: bool,
    known: FxHashMap<Asked, Found>,
    /// Where imports of everything lead, by file and position.
    globs: FxHashMap<(u32, u32), Found>,
    /// What the types of a file derive, by name.
    derived: FxHashMap<u32, FxHashSet<Name>>,
    /// Of files in which macros of others make items, what is implemented for in them.
    made: FxHashMap<u32, Option<FxHashSet<Name>>>,
    /// What found nothing as long as the look-up at this place of `open` is in progress; and in which order.
    pending: FxHashMap<Asked, usize>,
    order: Vec<Asked>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            open: Vec::new(),
            lowest: SETTLED,
            given_up: false,
            known: FxHashMap::default(),
            globs: FxHashMap::default(),
            derived: FxHashMap::default(),
            made: FxHashMap::default(),
            pending: FxHashMap::default(),
            order: Vec::new(),
        }
    }
}

impl Names {
    /// What is known already, or cannot be asked now.
    fn before(&mut self, asked: Asked) -> Option<Found> {
        if let Some(known) = self.known.get(&asked) {
            return Some(known.clone());
        }
        let of = (asked.module, asked.name);
        let again = self.open.iter().position(|open| (open.module, open.name) == of);
        if let Some(at) = again.or_else(|| self.pending.get(&asked).copied()) {
            self.lowest = self.lowest.min(at);
            return Some(Found::Nothing);
        }
        (self.open.len() > MAX_STEPS).then(|| {
            (self.lowest, self.given_up) = (0, true);
            Found::Nothing
        })
    }

    /// Ends the look-up that began with so many in progress and so many pending.
    fn after(&mut self, asked: Asked, found: &Found, (lowest_before, depth, pending): (usize, usize, usize)) {
        let lowest = std::mem::replace(&mut self.lowest, lowest_before);
        let is_nothing = *found == Found::Nothing;
        if lowest < depth {
            // It rests on one further out.
            self.lowest = lowest.min(lowest_before);
            if is_nothing {
                self.pending.insert(asked, lowest);
                self.order.push(asked);
            }
            return;
        }
        // All that ran into this one found nothing elsewhere, so they have nothing if this has nothing.
        for other in self.order.drain(pending..) {
            self.pending.remove(&other);
            if is_nothing && !self.given_up {
                self.known.insert(other, Found::Nothing);
            }
        }
        if (is_nothing || lowest == SETTLED) && !self.given_up {
            self.known.insert(asked, found.clone());
        }
        if depth == 0 {
            self.given_up = false;
            if self.known.len() > MAX_KNOWN {
                self.known.clear();
            }
        }
    }
}

impl Linker<'_, '_> {
    /// What a name means in a module. `lexical` adds what is in scope without being a member: other crates.
    fn rust_name(&mut self, module: ModuleId, name: Name, lexical: bool) -> Found {
        let asked = Asked { module, name, lexical };
        if let Some(found) = self.names.before(asked) {
            return found;
        }
        let names = &mut self.names;
        let begun = (
            std::mem::replace(&mut names.lowest, SETTLED),
            names.open.len(),
            names.order.len(),
        );
        names.open.push(asked);
        let found = self.rust_name_once(asked);
        self.names.open.pop();
        self.names.after(asked, &found, begun);
        found
    }

    fn rust_name_once(&mut self, asked: Asked) -> Found {
        let Asked { module, name, lexical } = asked;
        let workspace = self.workspace;
        let modules = &workspace.modules;
        if let Some(stand_in) = workspace.stand_in(module) {
            return Found::Symbols(vec![stand_in]);
        }
        if let Some(variants) = modules.variants.get(&module) {
            let found = variants.iter().map(|variant| self.rust_name(*variant, name, false));
            let mut found: Vec<Found> = found.collect();
            found.extend(modules.partly_outside.contains(&module).then_some(Found::External));
            return self.one_of(found);
        }
        let kind = |at: &SymbolRef| workspace.symbol(*at).kind;
        let symbols: Vec<SymbolRef> = modules
            .names
            .get((module, name))
            .iter()
            .copied()
            .filter(|at| !matches!(kind(at), SymbolKind::Module | SymbolKind::Macro))
            .collect();
        if symbols.iter().any(|at| modules.doubled.contains(at)) {
            return self.doubled(module, name, symbols);
        }
        if !symbols.is_empty() {
            return Found::Symbols(symbols);
        }
        let child = modules.children.get(&(module, name)).copied();
        let file = modules.module(module).file;
        let imports = modules.imports.get((module, name)).iter();
        let imported = imports.map(|index| {
            let import = &workspace.files[file as usize].bindings().imports[*index as usize];
            self.rust_import(file, import, false)
        });
        let imported = imported.collect();
        match (self.one_of(imported), child) {
            // A function may have the name of the module it comes from.
            (Found::Nothing | Found::External | Found::Module(_), Some(child)) => return Found::Module(child),
            (Found::Nothing, None) => {}
            (found, _) => return found,
        }
        for &index in modules.globs.get(module) {
            let found = match self.rust_glob(file, index) {
                // What the language itself defines does not come from there.
                Found::Module(target) if workspace.stand_in(target).is_some() && self.is_own_word(file, name) => {
                    Found::Nothing
                }
                Found::Module(target) => self.rust_name(target, name, false),
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

    /// What a name means that a module both defines and brings in.
    fn doubled(&mut self, module: ModuleId, name: Name, symbols: Vec<SymbolRef>) -> Found {
        let workspace = self.workspace;
        let file = workspace.modules.module(module).file;
        let mut found = Vec::new();
        for index in workspace.modules.imports.get((module, name)) {
            let import = &workspace.files[file as usize].bindings().imports[*index as usize];
            match self.rust_import(file, import, false) {
                Found::External if !self.takes_place_of(file, import, &symbols) => {}
                Found::Nothing | Found::Module(_) => {}
                other => found.push(other),
            }
        }
        found.insert(0, Found::Symbols(symbols));
        self.one_of(found)
    }

    /// Whether what an import brings in from outside has the name space of what is defined by its name: one of the two is there in a build.
    /// Macros have name spaces of their own, and those that are derived have the names of types.
    fn takes_place_of(&mut self, file: u32, import: &Import, symbols: &[SymbolRef]) -> bool {
        use SymbolKind::{Enum, Struct, Trait, TypeAlias, Union};
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let is_type = |at: &SymbolRef| matches!(workspace.symbol(*at).kind, Struct | Enum | Union | Trait | TypeAlias);
        let Some(local) = import.local else { return false };
        if symbols.iter().any(is_type) {
            let derived = self.names.derived.entry(file).or_insert_with(|| it.derived());
            return !derived.contains(&it.name(local));
        }
        // Of the standard library, two segments name a module.
        let first = import.path.first().map(|first| workspace.names.text(it.name(*first)));
        import.is_reexport && import.path.len() > 2 && matches!(first, Some("std" | "core" | "alloc"))
    }

    /// What a name means that is defined or brought in several times: once for each name space, or once for each of several builds.
    fn one_of(&self, mut found: Vec<Found>) -> Found {
        found.retain(|it| *it != Found::Nothing);
        let Some(first) = found.first() else {
            return Found::Nothing;
        };
        if found.iter().all(|it| it == first) {
            return found.swap_remove(0);
        }
        let is_outside = found.iter().any(|it| matches!(it, Found::External | Found::Maybe(_)));
        let is_open = found.iter().any(|it| matches!(it, Found::Either(_)));
        let mut symbols: Vec<SymbolRef> = Vec::new();
        let mut is_shared = false;
        for it in &found {
            let (Found::Symbols(more) | Found::Either(more) | Found::Maybe(more)) = it else {
                continue;
            };
            let more: Vec<SymbolRef> = more.iter().filter(|at| !symbols.contains(at)).copied().collect();
            is_shared |= more
                .iter()
                .any(|at| symbols.iter().any(|known| self.share_space(*at, *known)));
            symbols.extend(more);
        }
        let module = found.iter().position(|it| matches!(it, Found::Module(_)));
        match (symbols.is_empty(), module) {
            (true, Some(at)) => found.swap_remove(at),
            (true, None) => found.swap_remove(0),
            _ if is_outside => Found::Maybe(symbols),
            _ if is_open || is_shared => Found::Either(symbols),
            _ => Found::Symbols(symbols),
        }
    }

    /// Whether only one of two symbols can have their name in one place: two types, or two values.
    fn share_space(&self, one: SymbolRef, other: SymbolRef) -> bool {
        let is_value = |at| {
            let kind = self.workspace.symbol(at).kind;
            matches!(kind, SymbolKind::Function | SymbolKind::Constant | SymbolKind::Variable)
        };
        is_value(one) == is_value(other)
    }

    /// Where an import of everything leads.
    fn rust_glob(&mut self, file: u32, index: u32) -> Found {
        if let Some(known) = self.names.globs.get(&(file, index)) {
            return known.clone();
        }
        let workspace = self.workspace;
        let import = &workspace.files[file as usize].bindings().imports[index as usize];
        let before = std::mem::replace(&mut self.names.lowest, SETTLED);
        let found = self.rust_import(file, import, true);
        if self.names.lowest == SETTLED {
            self.names.globs.insert((file, index), found.clone());
        }
        self.names.lowest = self.names.lowest.min(before);
        found
    }

    /// A variant that `use Type::*` brings in.
    fn rust_variant(&self, types: &[SymbolRef], name: Name) -> Found {
        let of = |at: &SymbolRef| self.workspace.tables.members.get((*at, name)).to_vec();
        let found: Vec<SymbolRef> = types
            .iter()
            .flat_map(of)
            .filter(|at| self.workspace.symbol(*at).kind == SymbolKind::EnumMember)
            .collect();
        Found::symbols(found)
    }

    /// Where an import leads.
    pub(super) fn rust_import(&mut self, file: u32, import: &Import, as_module: bool) -> Found {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let from = workspace.modules.at(file, import.module);
        debug_assert!(matches!(import.kind, ImportKind::Path | ImportKind::All));
        let mut here = Found::Nothing;
        for (at, segment) in import.path.iter().enumerate() {
            let segment = it.name(*segment);
            let more = at + 1 < import.path.len() || as_module;
            here = match (at, here) {
                (0, _) => self.rust_head(from, segment, more),
                (_, Found::Module(module)) => self.rust_step(module, segment, more),
                (_, Found::Symbols(types)) if types.iter().any(|of| workspace.is_stand_in(*of)) => {
                    Found::Symbols(types)
                }
                (_, Found::Symbols(types)) => Found::symbols(self.rust_members(&types, segment)),
                (_, Found::Either(types)) => Found::either(self.rust_members(&types, segment)),
                (_, Found::Maybe(types)) => Found::maybe(self.rust_members(&types, segment)),
                (_, other) => other,
            };
            if here == Found::Nothing {
                break;
            }
        }
        here
    }

    fn rust_members(&self, types: &[SymbolRef], name: Name) -> Vec<SymbolRef> {
        let members = &self.workspace.tables.members;
        let of = |of: &SymbolRef| members.get((*of, name)).iter().copied();
        types.iter().flat_map(of).collect()
    }

    /// The first segment of a path.
    pub(super) fn rust_head(&mut self, from: ModuleId, segment: Name, more: bool) -> Found {
        let modules = &self.workspace.modules;
        match self.workspace.names.text(segment) {
            "crate" | "$crate" => Found::Module(modules.module(from).root),
            "self" => Found::Module(from),
            "super" => modules.module(from).parent.map(Found::Module).unwrap_or_default(),
            _ => {
                if let (Some(child), true) = (modules.children.get(&(from, segment)), more) {
                    return Found::Module(*child);
                }
                match self.rust_name(from, segment, true) {
                    Found::Nothing if self.may_be_made(from, segment, more) => Found::Value(Value::Unknown),
                    Found::Nothing => Found::External,
                    found => found,
                }
            }
        }
    }

    /// Whether a name that nothing explains may be that of an item which a macro of another file makes: what that macro says is not read here.
    /// Crates are named by paths, and what the file implements something for is known by its name.
    fn may_be_made(&mut self, module: ModuleId, name: Name, more: bool) -> bool {
        let workspace = self.workspace;
        let file = workspace.modules.module(module).file;
        let is_crate = more && !workspace.names.text(name).starts_with(char::is_uppercase);
        if is_crate || self.is_own_word(file, name) || !workspace.modules.imports.get((module, name)).is_empty() {
            return false;
        }
        let names = self
            .names
            .made
            .entry(file)
            .or_insert_with(|| workspace.made_elsewhere(file));
        names.as_ref().is_some_and(|named| !named.contains(&name))
    }

    /// The next segment of a path that is at a module.
    pub(super) fn rust_step(&mut self, module: ModuleId, segment: Name, more: bool) -> Found {
        let modules = &self.workspace.modules;
        match self.workspace.names.text(segment) {
            "super" => modules.module(module).parent.map(Found::Module).unwrap_or_default(),
            "self" => Found::Module(module),
            _ => match modules.children.get(&(module, segment)) {
                Some(child) if more => Found::Module(*child),
                _ => self.rust_name(module, segment, false),
            },
        }
    }
}

impl Workspace<'_> {
    /// The types that a file implements something for, by name, if macros of other files make items in it.
    fn made_elsewhere(&self, file: u32) -> Option<FxHashSet<Name>> {
        let it = &self.files[file as usize];
        let is_outside = |of: &Option<SymbolIdx>| {
            of.is_none_or(|at| self.symbol(SymbolRef { file, symbol: at }).kind == SymbolKind::Module)
        };
        let calls = it
            .bindings()
            .references
            .iter()
            .filter(|of| of.kind == ReferenceKind::Macro);
        let mut macros = calls
            .filter(|of| is_outside(&of.within))
            .map(|of| self.tables.macros.get(it.name(of.name)));
        let is_made = macros.any(|all| !all.is_empty() && all.iter().all(|at| at.file != file));
        let types = it.facts.symbols.iter().zip(&it.bindings().types);
        let blocks = types.filter(|(symbol, _)| symbol.kind == SymbolKind::Impl);
        let named = blocks.filter_map(|(_, declared)| match &it.bindings().written[declared.is?.0 as usize] {
            TypeExpr::Named { path, .. } => match it.expr(*path) {
                Expr::Name { name, .. } => Some(it.name(*name)),
                _ => None,
            },
            _ => None,
        });
        is_made.then(|| named.collect())
    }
}
