//! The files of a repository, and what follows from them before any reference is resolved.

use super::handlers::Digests;
use super::includes::find_heads;
use super::linker::Linker;
use super::modules::Modules;
use super::relation::{FileRelations, SymbolRef};
use super::tables::{Interner, Multimap, Tables};
use super::value::{Name, Value};
use crate::extraction::bindings::conventions::{Conventions, ModuleRule};
use crate::extraction::bindings::manifest::ManifestFacts;
use crate::extraction::bindings::{Bindings, Declared, Expr, ExprId, TypeExpr, TypeId, TypeParameter, conventions};
use crate::extraction::{FileFacts, NameId, Symbol, SymbolIdx, SymbolKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

/// How deep a written type is looked into for another.
const MAX_TYPE_DEPTH: u32 = 6;

/// How many methods that traits say themselves are given to types from outside. Real code stays far below.
const MAX_GIVEN: usize = 200_000;

/// A file of the workspace.
pub(super) struct File<'a> {
    pub(super) path: &'a str,
    pub(super) facts: &'a FileFacts,
    /// The file's names as names of the workspace.
    names: Vec<Name>,
    pub(super) conventions: Option<&'static Conventions>,
}

impl File<'_> {
    pub(super) fn bindings(&self) -> &Bindings {
        &self.facts.bindings
    }

    pub(super) fn name(&self, id: NameId) -> Name {
        self.names[id.0 as usize]
    }

    pub(super) fn expr(&self, id: ExprId) -> &Expr {
        &self.facts.bindings.expressions[id.0 as usize]
    }

    /// The names of what the types of the file derive.
    pub(super) fn derived(&self) -> FxHashSet<Name> {
        use SymbolKind::{Enum, Struct, Union};
        let bindings = self.bindings();
        let types = self.facts.symbols.iter().zip(&bindings.types);
        let types = types.filter(|(symbol, _)| matches!(symbol.kind, Struct | Enum | Union));
        let name = |of: &TypeId| match &bindings.written[of.0 as usize] {
            TypeExpr::Named { path, .. } => match self.expr(*path) {
                Expr::Name { name, .. } => Some(self.name(*name)),
                Expr::Import(at) => bindings.imports[*at as usize].local.map(|local| self.name(local)),
                Expr::Symbol(at) => Some(self.name(self.facts.symbols[at.0 as usize].name)),
                _ => None,
            },
            _ => None,
        };
        types
            .flat_map(|(_, declared)| declared.implements.iter().filter_map(name))
            .collect()
    }

    /// The type parameter that a written type is, and its local.
    pub(super) fn type_parameter(&self, of: TypeId) -> Option<(TypeParameter, u32)> {
        let TypeExpr::Named { path, .. } = &self.bindings().written[of.0 as usize] else {
            return None;
        };
        let Expr::Local(local) = self.expr(*path) else {
            return None;
        };
        Some((self.bindings().locals[*local as usize].parameter?, *local))
    }

    /// Whether a written type, or a part of it, is one of some.
    pub(super) fn mentions(&self, of: TypeId, depth: u32, is: &dyn Fn(TypeId) -> bool) -> bool {
        if depth > MAX_TYPE_DEPTH {
            return false;
        }
        let bindings = self.bindings();
        let inner = |of: &TypeId| self.mentions(*of, depth + 1, is);
        is(of)
            || match &bindings.written[of.0 as usize] {
                TypeExpr::Named { arguments, .. } => arguments.iter().any(inner),
                TypeExpr::Array(of) => inner(of),
                TypeExpr::Tuple(parts) | TypeExpr::Union(parts) | TypeExpr::Intersection(parts) => {
                    parts.iter().any(inner)
                }
                TypeExpr::Conditional(parts) => parts.iter().any(inner),
                TypeExpr::Function(at) => {
                    let shape = &bindings.functions[*at as usize];
                    shape.parameters.iter().flatten().chain(&shape.returns).any(inner)
                }
                _ => false,
            }
    }

    pub(super) fn rule(&self) -> ModuleRule {
        self.conventions.map_or(ModuleRule::None, |it| it.modules)
    }
}

/// A repository whose references can be resolved.
pub struct Workspace<'a> {
    pub(super) files: Vec<File<'a>>,
    pub(super) names: Interner<'a>,
    pub(super) paths: FxHashMap<&'a str, u32>,
    pub(super) modules: Modules,
    pub(super) tables: Tables,
    pub(super) digests: Digests,
    /// How many files come before those of which nothing may be known.
    pub(super) known: u32,
}

/// Names that resolution itself speaks of; known in every workspace.
const WELL_KNOWN: &[&str] = &[
    "default",
    "export=",
    "Array",
    "Promise",
    "(tuple)",
    "Iter",
    "usize",
    "Item",
    "Target",
    "crate",
    "self",
    "super",
    "$crate",
    "*",
    "LocalKey",
    "Pin",
    "(view)",
    "(function)",
];

impl<'a> Workspace<'a> {
    /// Takes the facts of all files, in any order, and the manifests among them.
    pub fn new(files: &[(&'a str, &'a FileFacts)], manifests: &[(&'a str, &'a ManifestFacts)]) -> Self {
        Self::with_stand_ins(files, files.len(), manifests)
    }

    /// The same, where files from `known` on stand for ones of which nothing may be known.
    pub fn with_stand_ins(
        files: &[(&'a str, &'a FileFacts)],
        known: usize,
        manifests: &[(&'a str, &'a ManifestFacts)],
    ) -> Self {
        let mut names = Interner::default();
        for name in WELL_KNOWN {
            names.id(name);
        }
        let mut by_grammar: FxHashMap<&str, Option<&'static Conventions>> = FxHashMap::default();
        let files: Vec<File<'a>> = files
            .iter()
            .map(|&(path, facts)| File {
                path,
                facts,
                names: facts.names.iter().map(|name| names.id(name.expose())).collect(),
                conventions: *by_grammar
                    .entry(&facts.grammar)
                    .or_insert_with(|| conventions(&facts.grammar)),
            })
            .collect();
        for conventions in by_grammar.values().flatten() {
            intern_shapes(conventions, &mut names);
        }
        let paths = files
            .iter()
            .enumerate()
            .map(|(at, file)| (file.path, at as u32))
            .collect();
        let mut workspace = Self {
            files,
            names,
            paths,
            modules: Modules::default(),
            tables: Tables::default(),
            digests: Digests::default(),
            known: known as u32,
        };
        workspace.modules = Modules::build(&mut workspace, manifests);
        workspace.tables = workspace.own_members();
        workspace.tables.same = workspace.parts_of_types();
        workspace.members_through_paths();
        workspace.tables = workspace.members_of_types();
        workspace.find_bases();
        workspace.tables.outside = workspace.extended_outside();
        workspace.tables.heirs = workspace.heirs(&[]);
        let by_methods = workspace.implements_by_methods();
        if !by_methods.is_empty() {
            workspace.tables.heirs = workspace.heirs(&by_methods);
            workspace.tables.by_methods = Multimap::new(by_methods);
        }
        workspace.tables.mounts = workspace.find_mounts();
        workspace.tables.settings = workspace.find_settings();
        workspace.tables.heads = find_heads(&workspace);
        workspace.tables.folder_mounts = workspace.find_folder_mounts();
        workspace
    }

    /// Resolves every file, one after the other.
    pub fn link(&self) -> Vec<FileRelations> {
        let mut linker = self.linker();
        (0..self.files.len() as u32)
            .map(|file| linker.link_file(file))
            .collect()
    }

    /// Starts a linker. Each thread that links files needs its own.
    pub fn linker(&self) -> Linker<'_, 'a> {
        Linker::new(self)
    }

    /// Whether calling a class of a file makes an instance.
    pub(super) fn classes_are_called(&self, file: u32) -> bool {
        self.files[file as usize]
            .conventions
            .is_some_and(|it| it.classes_are_called)
    }

    pub(super) fn symbol(&self, at: SymbolRef) -> &Symbol {
        &self.files[at.file as usize].facts.symbols[at.symbol.0 as usize]
    }

    pub(super) fn declared(&self, at: SymbolRef) -> Option<&Declared> {
        self.files[at.file as usize].bindings().types.get(at.symbol.0 as usize)
    }

    pub(super) fn name_of(&self, at: SymbolRef) -> Name {
        self.files[at.file as usize].name(self.symbol(at).name)
    }

    pub(super) fn container(&self, at: SymbolRef) -> Option<SymbolRef> {
        self.symbol(at)
            .container
            .map(|symbol| SymbolRef { file: at.file, symbol })
    }

    pub(super) fn symbols(&self) -> impl Iterator<Item = (SymbolRef, &Symbol)> {
        self.files.iter().enumerate().flat_map(|(file, it)| {
            let symbols = it.facts.symbols.iter().enumerate();
            symbols.map(move |(at, symbol)| {
                (
                    SymbolRef {
                        file: file as u32,
                        symbol: SymbolIdx(at as u32),
                    },
                    symbol,
                )
            })
        })
    }

    /// Members by the symbol that contains them.
    fn own_members(&self) -> Tables {
        let (mut members, mut methods, mut macros) = (Vec::new(), Vec::new(), Vec::new());
        let (mut variables, mut implied) = (FxHashSet::default(), Vec::new());
        for (at, symbol) in self.symbols() {
            let name = self.name_of(at);
            if let Some(container) = self.container(at) {
                let is_member = self.is_member(symbol, container);
                let kind = self.symbol(container).kind;
                if is_member {
                    members.push(((container, name), at));
                    let is_apart = symbol.lines.start > self.symbol(container).lines.end;
                    if is_apart && matches!(kind, SymbolKind::Variable | SymbolKind::Constant) {
                        variables.insert(container);
                    }
                }
                if is_member && symbol.kind.is_callable() && !matches!(kind, SymbolKind::Module | SymbolKind::Namespace)
                {
                    methods.push((name, at));
                }
            } else if symbol.kind == SymbolKind::Method || self.declared(at).is_some_and(|it| it.receiver.is_some()) {
                methods.push((name, at));
            }
            if (symbol.kind == SymbolKind::EnumMember || symbol.modifiers.is_static) && self.implies_members(at.file) {
                implied.push((name, at));
            }
            if symbol.kind == SymbolKind::Macro {
                macros.push((name, at));
            }
        }
        Tables {
            members: Multimap::new(members),
            methods: Multimap::new(methods),
            macros: Multimap::new(macros),
            implied: Multimap::new(implied),
            variables_with_members: variables,
            ..Tables::default()
        }
    }

    /// Whether what stands in a container is a member of it. A function within a function is none, unless it was assigned to one
    /// (`Type.prototype.method = ..`).
    pub(super) fn is_member(&self, symbol: &Symbol, container: SymbolRef) -> bool {
        symbol.kind == SymbolKind::Method || !self.symbol(container).kind.is_callable()
    }

    /// Adds what `impl`s give to types.
    fn members_of_types(&mut self) -> Tables {
        let mut linker = self.linker();
        let (mut impl_types, mut given, mut extensions) = (FxHashMap::default(), Vec::new(), Vec::new());
        let impls: Vec<SymbolRef> = self
            .symbols()
            .filter(|(_, symbol)| symbol.kind == SymbolKind::Impl)
            .map(|(at, _)| at)
            .collect();
        for &at in &impls {
            let Some(declared) = self.declared(at) else { continue };
            linker.begin(at.file);
            let of = declared
                .is
                .map(|of| linker.written(at.file, of, None, 0))
                .unwrap_or_default();
            let is_trait_known = declared
                .implements
                .first()
                .is_some_and(|of| matches!(linker.written(at.file, *of, None, 0), Value::Instance(..)));
            match blanket(&of) {
                Value::Instance(of, _) => given.push((at, *of)),
                Value::Wrapper(name, _) | Value::Literal(Some(name)) if is_trait_known => extensions.push((at, *name)),
                Value::Function { .. } | Value::Intersection(_) if is_trait_known => {
                    let is_function = holds_function(&of);
                    extensions.extend(self.names.get("(function)").filter(|_| is_function).map(|of| (at, of)));
                }
                Value::Unknown if is_trait_known && self.is_for_all(at) => {
                    extensions.extend(self.names.get("*").map(|all| (at, all)))
                }
                _ => {}
            }
            impl_types.insert(at, of);
        }
        let (apart, mut extended) = methods_apart(self, &mut linker, &mut impl_types);
        drop(linker);
        let by_bound = self.given_by_bound(&extensions);
        let (defaults, mut left) = (self.outside_heirs(&extensions), MAX_GIVEN);
        let for_type: FxHashMap<SymbolRef, SymbolRef> = given.into_iter().collect();
        let for_name: FxHashMap<SymbolRef, Name> = extensions.into_iter().collect();
        let hidden = self.hidden_by_own(&for_name);
        let mut members = apart;
        for (at, symbol) in self.symbols() {
            let Some(container) = self.container(at) else { continue };
            let name = self.name_of(at);
            if self.is_member(symbol, container) {
                members.push(((container, name), at));
            }
            for part in self.other_parts(container) {
                members.push(((part, name), at));
            }
            if let Some(of) = for_type.get(&container) {
                members.push(((*of, name), at));
            }
            let is_given = |of: &&Name| symbol.kind.is_callable() && !hidden.contains(&(**of, name));
            if let Some(of) = for_name.get(&container).filter(is_given) {
                extended.push(((*of, name), at));
            }
            if !symbol.modifiers.is_abstract && symbol.kind.is_callable() {
                let all = defaults.get(container);
                let all = &all[..all.len().min(left)];
                left -= all.len();
                extended.extend(all.iter().map(|of| ((*of, name), at)));
            }
        }
        let tables = std::mem::take(&mut self.tables);
        Tables {
            members: Multimap::new(members),
            extensions: Multimap::new(extended),
            by_bound,
            hidden,
            impl_types,
            ..tables
        }
    }

    /// The types from outside that have a trait, by the trait: what it says itself is theirs too.
    fn outside_heirs(&self, extensions: &[(SymbolRef, Name)]) -> Multimap<SymbolRef, Name> {
        let mut linker = self.linker();
        let mut heirs = BTreeSet::new();
        for (at, name) in extensions {
            let Some(of) = self.declared(*at).and_then(|declared| declared.implements.first()) else {
                continue;
            };
            linker.begin(at.file);
            if let Value::Instance(given_by, _) = linker.written(at.file, *of, None, 0) {
                heirs.insert((given_by, *name));
            }
        }
        Multimap::new(heirs.into_iter().collect())
    }

    /// The members of traits that are implemented for whatever has a trait from outside: those of the implementation, and those of the trait that
    /// it leaves out.
    fn given_by_bound(&self, extensions: &[(SymbolRef, Name)]) -> Multimap<Name, SymbolRef> {
        let mut linker = self.linker();
        let mut given = BTreeSet::new();
        let is_blanket = |at: SymbolRef| {
            let is = self.declared(at).and_then(|declared| declared.is);
            is.is_some_and(|is| self.files[at.file as usize].type_parameter(is).is_some())
        };
        let is_bound = |name: Name| !matches!(self.names.text(name), "(function)" | "*");
        let blocks = extensions
            .iter()
            .filter(|(at, name)| is_bound(*name) && is_blanket(*at));
        let blocks = blocks.map(|(at, _)| *at);
        let blocks: BTreeSet<SymbolRef> = blocks.collect();
        let mut traits = BTreeMap::new();
        for block in &blocks {
            let of = self.declared(*block).and_then(|declared| declared.implements.first());
            linker.begin(block.file);
            if let Some(Value::Instance(of, _)) = of.map(|of| linker.written(block.file, *of, None, 0)) {
                traits.insert(of, *block);
            }
        }
        if traits.is_empty() {
            return Multimap::default();
        }
        let methods = self.symbols().filter(|(_, symbol)| symbol.kind.is_callable());
        let methods = methods.filter_map(|(at, _)| Some((at, self.container(at)?)));
        let methods: Vec<(SymbolRef, SymbolRef)> = methods.collect();
        let of_blocks = methods.iter().filter(|(_, of)| blocks.contains(of));
        given.extend(of_blocks.map(|(at, _)| (self.name_of(*at), *at)));
        let is_own = |block: SymbolRef, name: Name| {
            given
                .iter()
                .any(|(it, at)| *it == name && self.container(*at) == Some(block))
        };
        let defaults = methods.iter().filter(|(at, of)| {
            let is_default = !self.symbol(*at).modifiers.is_abstract;
            is_default && traits.get(of).is_some_and(|block| !is_own(*block, self.name_of(*at)))
        });
        let defaults: Vec<(Name, SymbolRef)> = defaults.map(|(at, _)| (self.name_of(*at), *at)).collect();
        given.extend(defaults);
        Multimap::new(given.into_iter().collect())
    }

    /// Whether an `impl` is for a type parameter that has no bound.
    fn is_for_all(&self, at: SymbolRef) -> bool {
        let it = &self.files[at.file as usize];
        let is = self.declared(at).and_then(|declared| declared.is);
        let parameter = is.and_then(|is| it.type_parameter(is));
        parameter.is_some_and(|(_, local)| it.bindings().locals[local as usize].declared.is_none())
    }
}

/// Methods that name the type they belong to and stand apart from it: those of types of the workspace, and of types from outside.
fn methods_apart(
    workspace: &Workspace<'_>,
    linker: &mut Linker<'_, '_>,
    types: &mut FxHashMap<SymbolRef, Value>,
) -> (MembersOf<SymbolRef>, MembersOf<Name>) {
    let (mut members, mut extended) = (Vec::new(), Vec::new());
    for (at, _) in workspace.symbols() {
        let Some(of) = workspace.declared(at).and_then(|declared| declared.receiver) else {
            continue;
        };
        linker.begin(at.file);
        let of = linker.written(at.file, of, None, 0);
        if !workspace.is_marked_extension(at) {
            types.insert(at, of.clone());
        }
        match of {
            Value::Instance(of, _) => members.push(((of, workspace.name_of(at)), at)),
            Value::Wrapper(of, _) => extended.push(((of, workspace.name_of(at)), at)),
            _ => {}
        }
    }
    (members, extended)
}

/// What an `impl` is for: of the bounds of a type parameter, the first of the workspace, or else the first.
fn blanket(of: &Value) -> &Value {
    let Value::Intersection(parts) = of else { return of };
    // What is for functions is not for all that can be cloned as these can.
    if parts.iter().any(|part| matches!(part, Value::Function { .. })) {
        return of;
    }
    let own = parts.iter().find(|part| matches!(part, Value::Instance(..)));
    own.or_else(|| parts.iter().find(|part| matches!(part, Value::Wrapper(..))))
        .unwrap_or(of)
}

/// Whether a value is one that can be called, whatever else it is.
fn holds_function(of: &Value) -> bool {
    match of {
        Value::Intersection(parts) => parts.iter().any(holds_function),
        of => matches!(of, Value::Function { .. }),
    }
}

/// Members by what has them and their name.
type MembersOf<T> = Vec<((T, Name), SymbolRef)>;

/// Makes the type names of a rule table names of the workspace.
fn intern_shapes(conventions: &'static Conventions, names: &mut Interner<'_>) {
    use crate::extraction::bindings::conventions::Shape;
    fn each(shape: &'static Shape, names: &mut Interner<'_>) {
        match shape {
            Shape::Type(name, parts) => {
                names.id(name);
                parts.iter().for_each(|part| each(part, names));
            }
            Shape::Each(of) | Shape::Inside(of) => each(of, names),
            Shape::Argument(_) | Shape::Receiver | Shape::Call | Shape::Written => {}
        }
    }
    let tables = conventions.methods.values().chain(conventions.functions.values());
    tables.flat_map(|of| of.values()).for_each(|shape| each(shape, names));
    conventions.implements.values().for_each(|name| _ = names.id(name));
    conventions
        .callbacks
        .values()
        .flat_map(|of| of.values())
        .flatten()
        .for_each(|shape| each(shape, names));
}
