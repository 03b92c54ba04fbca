//! Names that lead into files of which nothing may be known.
//!
//! Such a file stands in the workspace with a single symbol. Whatever is looked for in it is that symbol, and so is whatever is looked for in
//! that, so the rules by which names lead from file to file lead into it too, and what they cannot know of it is taken for its own.

use super::linker::Linker;
use super::relation::SymbolRef;
use super::value::{Found, ModuleId, Name, Value};
use super::workspace::{File, Workspace};
use crate::extraction::bindings::conventions::{ModuleRule, PackageUnit};
use crate::extraction::bindings::{Expr, ExprId, Import, ImportKind, TypeExpr, TypeId};
use crate::extraction::{Leading, NameId, SymbolIdx, SymbolKind};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

impl Workspace<'_> {
    /// Of every file that may be known, what leads into those of which nothing may be.
    pub fn leading(&self) -> Vec<Leading> {
        let mut linker = self.linker();
        let stems = self.stems();
        let file = |file| Search::new(self, &mut linker, file, &stems).run();
        (0..self.known).map(file).collect()
    }

    /// The symbol that stands for all of a file of which nothing may be known.
    pub(super) fn stand_in(&self, module: ModuleId) -> Option<SymbolRef> {
        let file = module.0;
        let is_stand_in = file >= self.known && (file as usize) < self.files.len();
        is_stand_in.then_some(SymbolRef {
            file,
            symbol: SymbolIdx(0),
        })
    }

    pub(super) fn is_stand_in(&self, at: SymbolRef) -> bool {
        at.file >= self.known
    }

    /// Whether a name is the language's own, as far as its table says.
    pub(super) fn is_common(&self, file: &File<'_>, name: Name) -> bool {
        let text = self.names.text(name);
        let is = |list: &[String]| list.iter().any(|it| it == text);
        file.conventions.is_some_and(|it| {
            is(&it.predeclared)
                || is(&it.macros)
                || is(&it.transparent)
                || is(&it.unwraps)
                || is(&it.awaits)
                || it.elements.contains_key(text)
                || it.indexes.contains_key(text)
                || it.methods.contains_key(text)
        })
    }

    /// The names that types have by the names of their files, where a package is what its files state: by language and name.
    fn stems(&self) -> FxHashSet<(&str, Name)> {
        let mut stems = FxHashSet::default();
        for file in &self.files[self.known as usize..] {
            let is_clause = file
                .conventions
                .is_some_and(|it| it.packages.unit == PackageUnit::Clause);
            let stem = file.path.rsplit('/').next().and_then(|name| name.split('.').next());
            let Some(stem) = stem.filter(|_| is_clause || file.rule() == ModuleRule::None) else {
                continue;
            };
            let grammar = file.facts.grammar.as_str();
            let names = [self.names.get(stem), self.names.get(&camel(stem))];
            stems.extend(names.into_iter().flatten().map(|name| (grammar, name)));
        }
        for (at, symbol) in self.symbols().filter(|(at, _)| at.file < self.known) {
            if symbol.kind != SymbolKind::Impl {
                let grammar = self.files[at.file as usize].facts.grammar.as_str();
                stems.remove(&(grammar, self.name_of(at)));
            }
        }
        stems
    }
}

/// `payment_ledger` as `PaymentLedger`.
fn camel(stem: &str) -> String {
    let parts = stem.split(['_', '-']);
    parts
        .map(|part| {
            let mut chars = part.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            first + chars.as_str()
        })
        .collect()
}

/// The search through one file.
struct Search<'s, 'w, 'a> {
    workspace: &'s Workspace<'a>,
    linker: &'s mut Linker<'w, 'a>,
    file: u32,
    stems: &'s FxHashSet<(&'s str, Name)>,
    names: BTreeSet<NameId>,
    /// Of every expression, whether it is made of what comes from such a file.
    reached: Vec<bool>,
}

impl<'s, 'w, 'a> Search<'s, 'w, 'a> {
    fn new(
        workspace: &'s Workspace<'a>,
        linker: &'s mut Linker<'w, 'a>,
        file: u32,
        stems: &'s FxHashSet<(&'s str, Name)>,
    ) -> Self {
        let expressions = workspace.files[file as usize].bindings().expressions.len();
        Self {
            workspace,
            linker,
            file,
            stems,
            names: BTreeSet::new(),
            reached: vec![false; expressions],
        }
    }

    fn it(&self) -> &'s File<'a> {
        &self.workspace.files[self.file as usize]
    }

    fn run(mut self) -> Leading {
        for at in 0..self.it().bindings().imports.len() as u32 {
            self.import(at);
        }
        // A local may be used above where it gets its value.
        for _ in 0..3 {
            let before = self.reached.clone();
            for at in 0..self.reached.len() as u32 {
                self.reached[at as usize] |= self.expression(ExprId(at));
            }
            if before == self.reached {
                break;
            }
        }
        let places = self.places();
        self.definitions();
        Leading {
            names: self.names.into_iter().collect(),
            places,
        }
    }

    fn import(&mut self, at: u32) {
        let it = self.it();
        let import = &it.bindings().imports[at as usize];
        if import.kind == ImportKind::Clause {
            return;
        }
        self.linker.begin(self.file);
        let found = [false, true].map(|as_type| self.linker.import(self.file, at, as_type));
        let by_stem = import.path.last().is_some_and(|last| self.is_stem(*last));
        let leads = by_stem || found.iter().any(|found| self.is_beyond(found));
        if leads {
            self.names.extend(import.local);
            if let ImportKind::Member(name) = import.kind {
                self.names.insert(name);
            }
        }
        if leads || self.linker.names_stand_in(self.file, import) {
            let known = |id: &NameId| self.is_known_segment(*id);
            let path: Vec<NameId> = import.path.iter().copied().filter(|id| !known(id)).collect();
            self.names.extend(path);
        }
    }

    /// Whether a segment of a path is a folder or file that may be known, or a word of the language.
    fn is_known_segment(&self, id: NameId) -> bool {
        let name = self.it().name(id);
        let text = self.workspace.names.text(name);
        matches!(text, "crate" | "self" | "super")
            || self.workspace.files[..self.workspace.known as usize]
                .iter()
                .any(|file| file.path.split(['/', '.']).any(|part| part == text))
    }

    fn is_stem(&self, id: NameId) -> bool {
        self.stems
            .contains(&(self.it().facts.grammar.as_str(), self.it().name(id)))
    }

    /// Whether an expression comes from such a file; the names on the way are kept.
    fn expression(&mut self, id: ExprId) -> bool {
        let it = self.it();
        let reached = |of: ExprId| self.reached[of.0 as usize];
        match it.expr(id) {
            Expr::Import(at) => {
                let import = &it.bindings().imports[*at as usize];
                import.local.is_some_and(|local| self.names.contains(&local))
            }
            Expr::Name { name, .. } | Expr::Module(name) => {
                let leads = self.is_stem(*name) || self.leads(id);
                if leads {
                    self.names.insert(*name);
                }
                leads
            }
            Expr::Member(of, name) | Expr::Path(of, name) => {
                let leads = reached(*of) || self.comes_from(*of) || self.leads(id) || self.is_stem(*name);
                if leads && !self.workspace.is_common(it, it.name(*name)) {
                    self.names.insert(*name);
                }
                leads
            }
            Expr::Call(of, _)
            | Expr::Construct(of)
            | Expr::Await(of)
            | Expr::Unwrap(of)
            | Expr::UnwrapError(of)
            | Expr::Index(of)
            | Expr::Slice(of)
            | Expr::Deref(of)
            | Expr::Element(of)
            | Expr::TupleField(of, _)
            | Expr::Keyed(of, _)
            | Expr::Parameter(of, _)
            | Expr::Positional { path: of, .. }
            | Expr::Labelled { callee: of, .. }
            | Expr::Argument { callee: of, .. } => reached(*of),
            Expr::Given { call: of, first: other }
            | Expr::Inherited { member: of, or: other }
            | Expr::Narrowed { of, to: other, .. }
            | Expr::ArgumentAfter {
                callee: of,
                first: other,
                ..
            } => reached(*of) || reached(*other),
            Expr::Instantiated(of, types) => reached(*of) || types.iter().any(|it| self.is_type_reached(*it, 0)),
            Expr::Either(parts) | Expr::Assigned(parts) => parts.iter().any(|part| reached(*part)),
            Expr::Typed(of) => self.is_type_reached(*of, 0),
            Expr::Local(local) => {
                let local = &it.bindings().locals[*local as usize];
                local.value.is_some_and(reached) || local.declared.is_some_and(|of| self.is_type_reached(of, 0))
            }
            Expr::Symbol(symbol) => {
                let declared = it.bindings().types.get(symbol.0 as usize);
                declared.is_some_and(|it| {
                    it.value.is_some_and(reached) || it.is.is_some_and(|of| self.is_type_reached(of, 0))
                })
            }
            _ => false,
        }
    }

    fn is_type_reached(&self, of: TypeId, depth: u32) -> bool {
        let it = self.it();
        let inner = |of: &TypeId| depth < 16 && self.is_type_reached(*of, depth + 1);
        match &it.bindings().written[of.0 as usize] {
            TypeExpr::Named { path, .. } => self.reached[path.0 as usize],
            TypeExpr::Of(of) => self.reached[of.0 as usize],
            TypeExpr::Array(of) | TypeExpr::Index(of, _) => inner(of),
            TypeExpr::Tuple(parts) | TypeExpr::Union(parts) | TypeExpr::Intersection(parts) => parts.iter().any(inner),
            TypeExpr::Conditional(parts) => parts.iter().any(inner),
            _ => false,
        }
    }

    /// Whether resolution leads from an expression into such a file.
    fn leads(&mut self, id: ExprId) -> bool {
        self.linker.begin(self.file);
        let found = self.linker.found(self.file, id, true, 0);
        self.is_beyond(&found)
    }

    fn comes_from(&mut self, of: ExprId) -> bool {
        self.linker.begin(self.file);
        let value = self.linker.evaluate(self.file, of, 0);
        self.is_value_beyond(&value)
    }

    fn is_beyond(&self, found: &Found) -> bool {
        match found {
            Found::Symbols(symbols) | Found::Either(symbols) | Found::Maybe(symbols) => {
                symbols.iter().any(|at| self.workspace.is_stand_in(*at))
            }
            Found::Module(module) => self.is_module_beyond(*module),
            Found::Value(value) => self.is_value_beyond(value),
            Found::Nothing | Found::External => false,
        }
    }

    fn is_module_beyond(&self, module: ModuleId) -> bool {
        let modules = &self.workspace.modules;
        match modules.variants.get(&module) {
            Some(variants) => variants.iter().any(|variant| self.is_module_beyond(*variant)),
            None => modules.module(module).file >= self.workspace.known,
        }
    }

    fn is_value_beyond(&self, value: &Value) -> bool {
        match value {
            Value::Instance(of, _) | Value::Item(of) => self.workspace.is_stand_in(*of),
            Value::Module(module) => self.is_module_beyond(*module),
            // Nothing leads to a type by the name of its file, so it looks like one from outside.
            Value::Wrapper(name, _) | Value::Type(name) => {
                self.stems.contains(&(self.it().facts.grammar.as_str(), *name))
            }
            Value::Union(parts) | Value::Intersection(parts) => parts.iter().any(|part| self.is_value_beyond(part)),
            _ => false,
        }
    }

    /// The expressions whose own name leads there.
    fn places(&self) -> Vec<ExprId> {
        let it = self.it();
        let named = |(at, expression): (usize, &Expr)| {
            let (Expr::Name { name, .. } | Expr::Module(name) | Expr::Member(_, name) | Expr::Path(_, name)) =
                expression
            else {
                return None;
            };
            (self.reached[at] && self.names.contains(name)).then_some(ExprId(at as u32))
        };
        it.bindings().expressions.iter().enumerate().filter_map(named).collect()
    }

    /// A name that the file gives to a definition of its own stays; what declares such a file goes.
    fn definitions(&mut self) {
        let it = self.it();
        for (at, symbol) in it.facts.symbols.iter().enumerate() {
            let at = SymbolRef {
                file: self.file,
                symbol: SymbolIdx(at as u32),
            };
            let module = self.workspace.modules.inline.get(&at);
            let module = module.filter(|_| symbol.kind == SymbolKind::Module);
            if module.is_some_and(|module| self.workspace.stand_in(*module).is_some()) {
                self.names.insert(symbol.name);
                self.names
                    .extend(self.workspace.declared(at).and_then(|declared| declared.file));
            } else if symbol.kind != SymbolKind::Impl {
                self.names.remove(&symbol.name);
            }
        }
    }
}

impl Linker<'_, '_> {
    /// Whether a name is one of the language of a file.
    pub(super) fn is_own_word(&self, file: u32, name: Name) -> bool {
        self.workspace.is_common(&self.workspace.files[file as usize], name)
    }

    /// What stands for the files beside one of which nothing may be known, for a name that no other explains.
    pub(super) fn folder_stand_in(&self, file: u32, name: Name) -> Found {
        let named = &self.workspace.modules.named;
        let stand_in = named
            .of_file
            .get(&file)
            .and_then(|package| named.stand_ins.get(package));
        match stand_in.filter(|_| !self.is_own_word(file, name)) {
            Some(stand_in) => Found::Symbols(vec![*stand_in]),
            None => Found::Nothing,
        }
    }

    /// The package that an import names with its whole path.
    fn specified_by(&self, file: u32, import: &Import) -> Option<ModuleId> {
        let (rule, family) = self.package_rule(file)?;
        let it = &self.workspace.files[file as usize];
        let names = import.path.iter().map(|id| self.workspace.names.text(it.name(*id)));
        self.specified(file, rule, family, &names.collect::<Vec<_>>())
    }

    /// Whether an import names such a file by its whole path, whatever it brings in.
    fn names_stand_in(&mut self, file: u32, import: &Import) -> bool {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let beyond = |module: ModuleId| workspace.modules.module(module).file >= workspace.known;
        if let ImportKind::Include { .. } = import.kind {
            let last = |path: &str| path.rsplit('/').next().map(str::to_owned);
            let mut names = import.path.iter().map(|id| workspace.names.text(it.name(*id)));
            let mut stand_ins = workspace.files[workspace.known as usize..].iter();
            return names
                .next_back()
                .is_some_and(|named| stand_ins.any(|file| last(file.path) == last(named)));
        }
        match it.rule() {
            ModuleRule::Package => self.specified_by(file, import).is_some_and(beyond),
            ModuleRule::Node => {
                let specifier = import.path.first().map(|id| it.name(*id));
                specifier.is_some_and(|specifier| self.node_module(file, specifier).is_some_and(beyond))
            }
            ModuleRule::Rust | ModuleRule::None => false,
        }
    }
}
