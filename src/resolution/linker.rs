//! References to relations, file by file.

use super::includes::Seen;
use super::members::Member;
use super::relation::{FileRelations, SymbolRef};
use super::rust_names::Names;
use super::value::{Found, ModuleId, Name, Value};
use super::workspace::Workspace;
use crate::extraction::bindings::conventions::Conventions;
use crate::extraction::bindings::{ExprId, TypeId};
use rustc_hash::FxHashMap;

/// Resolves the references of a workspace, one file after the other.
///
/// What it remembers between files is where paths and imports lead. Values are forgotten: what they are can depend on which was asked for first,
/// where they depend on each other or take too many steps. So what a file's relations are is told by the workspace alone, whichever files were
/// linked before.
pub struct Linker<'w, 'a> {
    pub(super) workspace: &'w Workspace<'a>,
    pub(super) specifiers: FxHashMap<(u32, Name), Option<ModuleId>>,
    pub(super) imports: FxHashMap<(u32, u32, bool), Found>,
    /// Names of Rust modules.
    pub(super) names: Names,
    rust_heads: FxHashMap<(ModuleId, Name, bool), Found>,
    rust_steps: FxHashMap<(ModuleId, Name, bool), Found>,
    /// Members by the type and name they were looked up with, and whether an instance is meant.
    pub(super) found_members: FxHashMap<(SymbolRef, Name, bool), Vec<Member>>,
    /// The look-ups in progress.
    pub(super) searched: Vec<(SymbolRef, Name, bool)>,
    /// The bounds of type parameters that are being read.
    pub(super) bounds: Vec<(u32, TypeId)>,
    /// How many conditions of types are being looked into.
    pub(super) conditions: u32,
    /// The files that a file sees; with `true`, and those that the files around it see.
    pub(super) seen: FxHashMap<(u32, bool), Seen>,
    pub(super) seen_count: usize,
    /// The values of modules that are being looked up for others.
    pub(super) exporting: Vec<(u32, ExprId)>,
    /// The names of packages that are being looked up.
    pub(super) stepping: Vec<(ModuleId, Name)>,
    /// Run-time targets of members of traits and interfaces, by the type they are called on.
    pub(super) dispatched: FxHashMap<(SymbolRef, SymbolRef), Vec<SymbolRef>>,
    /// The type of what the member at work was named on.
    pub(super) receiver: Option<SymbolRef>,
    /// Values of symbols and results of functions, with whether they were inferred.
    values: FxHashMap<Key, (Value, bool)>,
    /// Values of the locals of the file at work.
    locals: FxHashMap<Key, (Value, bool)>,
    /// Values of the expressions of the file at work.
    expressions: Vec<Option<(Value, bool)>>,
    pub(super) file: u32,
    /// What is being evaluated, outermost first.
    open: Vec<Key>,
    /// The outermost entry of `open` that an evaluation ran into again; nothing found below it is final.
    pub(super) lowest: usize,
    /// The value at hand rests on results or callbacks rather than on declarations.
    pub(super) inferred: bool,
    /// Steps left for the reference at work.
    fuel: u32,
}

/// What can depend on itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Local(u32, u32),
    Value(SymbolRef),
    Result(u32, u32),
    /// What a definition asks of its receiver.
    Asked(SymbolRef),
}

/// How deep evaluation goes.
const MAX_DEPTH: u32 = 160;

/// How many steps one reference may cost.
const FUEL: u32 = 20_000;

/// No look-up ran into one that was in progress.
pub(super) const SETTLED: usize = usize::MAX;

impl<'w, 'a> Linker<'w, 'a> {
    pub(super) fn new(workspace: &'w Workspace<'a>) -> Self {
        Self {
            workspace,
            specifiers: FxHashMap::default(),
            imports: FxHashMap::default(),
            names: Names::default(),
            rust_heads: FxHashMap::default(),
            rust_steps: FxHashMap::default(),
            found_members: FxHashMap::default(),
            searched: Vec::new(),
            bounds: Vec::new(),
            conditions: 0,
            seen: FxHashMap::default(),
            seen_count: 0,
            exporting: Vec::new(),
            stepping: Vec::new(),
            dispatched: FxHashMap::default(),
            receiver: None,
            values: FxHashMap::default(),
            locals: FxHashMap::default(),
            expressions: Vec::new(),
            file: u32::MAX,
            open: Vec::new(),
            lowest: SETTLED,
            inferred: false,
            fuel: FUEL,
        }
    }

    /// The relations that start in a file.
    pub fn link_file(&mut self, file: u32) -> FileRelations {
        self.begin(file);
        self.values.clear();
        self.found_members.clear();
        self.imports.clear();
        self.dispatched.clear();
        self.expressions.clear();
        self.expressions
            .resize(self.workspace.files[file as usize].bindings().expressions.len(), None);
        self.locals.clear();
        let mut relations = Vec::new();
        self.link_references(file, &mut relations);
        let imports = self.link_imports(file, &mut relations);
        self.link_symbols(file, &mut relations);
        self.link_declarations(file, &mut relations);
        relations.sort_by_key(|relation| {
            (
                relation.line,
                relation.reference.is_none(),
                relation.reference,
                relation.kind,
            )
        });
        let routes = self.link_routes(file);
        let handlers = self.link_handlers(file, &relations);
        FileRelations {
            relations,
            imports,
            routes,
            handlers,
        }
    }

    // What evaluation remembers.

    /// Turns to a reference or definition of a file, with nothing in progress.
    pub(super) fn begin(&mut self, file: u32) {
        if self.file != file {
            self.file = file;
            self.expressions.clear();
            self.locals.clear();
        }
        (self.fuel, self.lowest, self.inferred) = (FUEL, SETTLED, false);
        self.receiver = None;
        self.open.clear();
        self.searched.clear();
        self.exporting.clear();
    }

    /// Whether evaluation has to stop here. What rests on that is not remembered.
    pub(super) fn too_deep(&mut self, depth: u32) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        let stops = depth > MAX_DEPTH || self.fuel == 0;
        if stops {
            self.lowest = 0;
        }
        stops
    }

    /// Whether the reference at work took all the steps it may.
    pub(super) fn is_spent(&self) -> bool {
        self.fuel == 0
    }

    pub(super) fn remembered(&mut self, file: u32, id: ExprId) -> Option<Value> {
        let (value, inferred) = self
            .expressions
            .get(id.0 as usize)
            .filter(|_| file == self.file)?
            .clone()?;
        self.inferred |= inferred;
        Some(value)
    }

    pub(super) fn remember(&mut self, file: u32, id: ExprId, value: &Value) {
        if file == self.file
            && self.lowest == SETTLED
            && let Some(slot) = self.expressions.get_mut(id.0 as usize)
        {
            *slot = Some((value.clone(), self.inferred));
        }
    }

    /// Evaluates what may depend on itself; then it is unknown where it does.
    pub(super) fn guarded(&mut self, key: Key, evaluate: impl FnOnce(&mut Self) -> Value) -> Value {
        let is_local = matches!(key, Key::Local(..));
        if let Some((value, inferred)) = if is_local {
            self.locals.get(&key)
        } else {
            self.values.get(&key)
        } {
            self.inferred |= *inferred;
            return value.clone();
        }
        if let Some(at) = self.open.iter().position(|open| *open == key) {
            self.lowest = self.lowest.min(at);
            return Value::Unknown;
        }
        let before = std::mem::replace(&mut self.inferred, false);
        let at = self.open.len();
        self.open.push(key);
        let value = evaluate(self);
        self.open.pop();
        if self.lowest >= at && self.fuel > 0 {
            self.lowest = SETTLED;
            let values = if is_local { &mut self.locals } else { &mut self.values };
            values.insert(key, (value.clone(), self.inferred));
        }
        self.inferred |= before;
        value
    }

    /// What a name of a Rust module means, for code that stands in it.
    pub(super) fn rust_known(&mut self, module: ModuleId, name: Name, more: bool) -> Found {
        if let Some(known) = self.rust_heads.get(&(module, name, more)) {
            return known.clone();
        }
        let found = self.rust_head(module, name, more);
        self.rust_heads.insert((module, name, more), found.clone());
        found
    }

    /// The next segment of a path that is at a Rust module.
    pub(super) fn rust_stepped(&mut self, module: ModuleId, name: Name, more: bool) -> Found {
        if let Some(known) = self.rust_steps.get(&(module, name, more)) {
            return known.clone();
        }
        let found = self.rust_step(module, name, more);
        self.rust_steps.insert((module, name, more), found.clone());
        found
    }

    /// The rules of the language of the file at work.
    pub(super) fn rules(&self) -> Option<&'static Conventions> {
        self.workspace
            .files
            .get(self.file as usize)
            .or(self.workspace.files.first())?
            .conventions
    }
}
