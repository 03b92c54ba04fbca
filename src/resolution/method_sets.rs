//! Which types implement which interfaces where having the methods is all it takes: by name, number and types of what they take and give.

use super::linker::Linker;
use super::relation::SymbolRef;
use super::value::{Name, Value};
use super::workspace::Workspace;
use crate::extraction::SymbolKind;
use crate::extraction::bindings::{Expr, TypeExpr, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};

/// How deep embedded types and types of types are followed.
const MAX_DEPTH: u32 = 12;

/// What an interface asks for.
#[derive(Clone, PartialEq)]
enum Wanted {
    /// A method of the workspace.
    Method(SymbolRef),
    /// One of an interface from outside: its name, and how much it takes and gives.
    Outside(Name, usize, usize),
    /// One whose name no symbol of the workspace has.
    Missing,
}

impl Workspace<'_> {
    /// Each type and each interface that it implements by its methods alone. Interfaces of which not every method is known are left out.
    pub(super) fn implements_by_methods(&self) -> Vec<(SymbolRef, SymbolRef)> {
        let is_such = |file: u32| {
            let conventions = self.files[file as usize].conventions;
            conventions.is_some_and(|it| it.methods_implement)
        };
        if !(0..self.known).any(is_such) {
            return Vec::new();
        }
        let mut own: FxHashMap<SymbolRef, Vec<SymbolRef>> = FxHashMap::default();
        let mut interfaces = Vec::new();
        for (at, symbol) in self
            .symbols()
            .filter(|(at, _)| at.file < self.known && is_such(at.file))
        {
            match (symbol.kind, self.container(at)) {
                (SymbolKind::Interface, _) => interfaces.push(at),
                (SymbolKind::Method, Some(of)) if self.symbol(of).kind == SymbolKind::Interface => {
                    own.entry(of).or_default().push(at);
                }
                _ => {}
            }
        }
        let mut sets = MethodSets {
            linker: self.linker(),
            own,
            embedding: self.embedding(),
        };
        let mut found = Vec::new();
        for of in interfaces {
            let Some(wanted) = sets.wanted(of, 0).filter(|all| !all.is_empty()) else {
                continue;
            };
            let candidates = sets.candidates(&wanted);
            found.extend(
                candidates
                    .into_iter()
                    .filter(|at| sets.has_all(*at, of, &wanted))
                    .map(|at| (at, of)),
            );
        }
        found.sort_unstable();
        found
    }

    /// The types that embed each type.
    fn embedding(&self) -> FxHashMap<SymbolRef, Vec<SymbolRef>> {
        let mut embedding: FxHashMap<SymbolRef, Vec<SymbolRef>> = FxHashMap::default();
        for (at, _) in self.symbols().filter(|(_, symbol)| symbol.kind == SymbolKind::Struct) {
            for base in self.tables.bases.get(at) {
                if let Value::Instance(of, _) = base.of {
                    embedding.entry(of).or_default().push(at);
                }
            }
        }
        embedding
    }
}

struct MethodSets<'w, 'a> {
    linker: Linker<'w, 'a>,
    /// The methods that interfaces list themselves.
    own: FxHashMap<SymbolRef, Vec<SymbolRef>>,
    embedding: FxHashMap<SymbolRef, Vec<SymbolRef>>,
}

impl MethodSets<'_, '_> {
    /// Everything an interface asks for; nothing if that is not known.
    fn wanted(&mut self, of: SymbolRef, depth: u32) -> Option<Vec<Wanted>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let methods = self.own.get(&of).map(Vec::as_slice).unwrap_or_default();
        let mut all: Vec<Wanted> = methods.iter().map(|at| Wanted::Method(*at)).collect();
        let workspace = self.linker.workspace;
        let Some(declared) = workspace.declared(of) else {
            return Some(all);
        };
        self.linker.begin(of.file);
        for base in &declared.extends {
            let more = match self.linker.written(of.file, *base, None, 0) {
                Value::Instance(base, _) if workspace.symbol(base).kind == SymbolKind::Interface => {
                    self.wanted(base, depth + 1)?
                }
                _ => self.outside(of.file, *base)?,
            };
            all.extend(more);
        }
        Some(all)
    }

    /// What an interface from outside asks for, if the language's table has it.
    fn outside(&self, file: u32, of: TypeId) -> Option<Vec<Wanted>> {
        let workspace = self.linker.workspace;
        let it = &workspace.files[file as usize];
        let TypeExpr::Named { path, .. } = &it.bindings().written[of.0 as usize] else {
            return None;
        };
        let text = |name| workspace.names.text(it.name(name));
        let qualified = match it.expr(*path) {
            Expr::Name { name, .. } => text(*name).to_owned(),
            Expr::Path(head, name) | Expr::Member(head, name) => {
                let Expr::Import(import) = it.expr(*head) else {
                    return None;
                };
                let package = it.bindings().imports[*import as usize].path.last()?;
                let package = text(*package).rsplit('/').next()?;
                format!("{package}.{}", text(*name))
            }
            _ => return None,
        };
        let methods = it.conventions?.interfaces.get(&qualified)?;
        let method = |word: &str| {
            let mut parts = word.split('/');
            let name = workspace.names.get(parts.next().unwrap_or_default());
            let mut count = || parts.next().and_then(|it| it.parse().ok()).unwrap_or_default();
            let (takes, gives) = (count(), count());
            name.map_or(Wanted::Missing, |name| Wanted::Outside(name, takes, gives))
        };
        Some(methods.split_whitespace().map(method).collect())
    }

    fn name(&self, of: &Wanted) -> Option<Name> {
        match of {
            Wanted::Method(at) => Some(self.linker.workspace.name_of(*at)),
            Wanted::Outside(name, ..) => Some(*name),
            Wanted::Missing => None,
        }
    }

    /// The types that have the rarest of some methods, themselves or from a type they embed.
    fn candidates(&self, wanted: &[Wanted]) -> Vec<SymbolRef> {
        let workspace = self.linker.workspace;
        let named = |it: &Wanted| {
            let name = self.name(it);
            name.map_or(&[][..], |name| workspace.tables.methods.get(name))
        };
        // A method from outside may come with an embedded interface and have no symbol.
        let is_here = |it: &&Wanted| matches!(it, Wanted::Method(_));
        let here = wanted.iter().filter(is_here).map(named).min_by_key(|all| all.len());
        let rarest = here.or_else(|| wanted.iter().map(named).min_by_key(|all| all.len()));
        let mut open: Vec<SymbolRef> = rarest
            .into_iter()
            .flatten()
            .filter_map(|at| match workspace.tables.impl_types.get(at) {
                Some(Value::Instance(of, _)) => Some(*of),
                _ => workspace.container(*at),
            })
            .collect();
        let mut met = FxHashSet::default();
        let mut found = Vec::new();
        while let Some(at) = open.pop() {
            if !met.insert(at) {
                continue;
            }
            open.extend(self.embedding.get(&at).into_iter().flatten());
            if matches!(workspace.symbol(at).kind, SymbolKind::Struct | SymbolKind::Class) {
                found.push(at);
            }
        }
        found.sort_unstable();
        found
    }

    fn has_all(&mut self, of: SymbolRef, interface: SymbolRef, wanted: &[Wanted]) -> bool {
        let workspace = self.linker.workspace;
        let is_given = self.embeds(of, interface, 0);
        wanted.iter().all(|method| {
            let name = self.name(method);
            let own = name.and_then(|name| Some((name, self.method(of, name, 0)?)));
            let Some((name, own)) = own else {
                return is_given && !matches!(method, Wanted::Method(_));
            };
            // A method that is not given away is another one in every package.
            let is_hidden = workspace.names.text(name).starts_with(|c: char| !c.is_uppercase());
            let there = match method {
                Wanted::Method(at) => *at,
                _ => interface,
            };
            if is_hidden && !self.linker.share_package(own.file, there.file) {
                return false;
            }
            match method {
                Wanted::Method(at) => self.is_same(own, *at),
                Wanted::Outside(_, takes, gives) => self.counts(own) == Some((*takes, *gives)),
                Wanted::Missing => false,
            }
        })
    }

    /// The method a type has under a name, its own or the only one among those of the types it embeds.
    fn method(&self, of: SymbolRef, name: Name, depth: u32) -> Option<SymbolRef> {
        let workspace = self.linker.workspace;
        let own = workspace.tables.members.get((of, name));
        if let Some(first) = own.first() {
            return (workspace.symbol(*first).kind == SymbolKind::Method).then_some(*first);
        }
        if depth > MAX_DEPTH {
            return None;
        }
        let mut found = None;
        for base in workspace.tables.bases.get(of) {
            let Value::Instance(base, _) = base.of else { continue };
            if let Some(at) = self.method(base, name, depth + 1) {
                if found.is_some_and(|known| known != at) {
                    return None;
                }
                found = Some(at);
            }
        }
        found
    }

    /// Whether a type embeds an interface, so that it has what that asks for from outside.
    fn embeds(&self, of: SymbolRef, interface: SymbolRef, depth: u32) -> bool {
        let bases = self.linker.workspace.tables.bases.get(of);
        depth < MAX_DEPTH
            && bases.iter().any(|base| match base.of {
                Value::Instance(base, _) => base == interface || self.embeds(base, interface, depth + 1),
                _ => false,
            })
    }

    fn function(&self, of: SymbolRef) -> Option<u32> {
        self.linker.workspace.declared(of)?.function
    }

    /// How many parameters and results a method has.
    fn counts(&self, of: SymbolRef) -> Option<(usize, usize)> {
        let bindings = self.linker.workspace.files[of.file as usize].bindings();
        let function = &bindings.functions[self.function(of)? as usize];
        let gives = function.returns.map_or(0, |it| results(&bindings.written, it).len());
        Some((function.parameters.len(), gives))
    }

    fn is_same(&mut self, one: SymbolRef, other: SymbolRef) -> bool {
        let (Some(a), Some(b)) = (self.function(one), self.function(other)) else {
            return false;
        };
        self.are_functions_same((one.file, a), (other.file, b), 0)
    }

    fn are_functions_same(&mut self, one: (u32, u32), other: (u32, u32), depth: u32) -> bool {
        let files = &self.linker.workspace.files;
        let bindings = |file: u32| files[file as usize].bindings();
        let a = &bindings(one.0).functions[one.1 as usize];
        let b = &bindings(other.0).functions[other.1 as usize];
        if a.is_open != b.is_open || a.signs != b.signs || a.parameters.len() != b.parameters.len() {
            return false;
        }
        let list = |file: u32, of: Option<TypeId>| of.map_or_else(Vec::new, |it| results(&bindings(file).written, it));
        let (gives, also) = (list(one.0, a.returns), list(other.0, b.returns));
        let takes = a.parameters.iter().zip(&b.parameters);
        let takes: Vec<_> = takes.filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
        gives.len() == also.len()
            && takes
                .into_iter()
                .chain(gives.into_iter().zip(also))
                .all(|(a, b)| self.are_types_same((one.0, a), (other.0, b), depth + 1))
    }

    /// Whether two written types may be one. What no syntax states may be anything.
    fn are_types_same(&mut self, one: (u32, TypeId), other: (u32, TypeId), depth: u32) -> bool {
        if depth > MAX_DEPTH {
            return true;
        }
        let files = &self.linker.workspace.files;
        let written = |(file, of): (u32, TypeId)| &files[file as usize].bindings().written[of.0 as usize];
        match (written(one), written(other)) {
            (TypeExpr::Array(a), TypeExpr::Array(b)) => self.are_types_same((one.0, *a), (other.0, *b), depth + 1),
            (TypeExpr::Function(a), TypeExpr::Function(b)) => {
                self.are_functions_same((one.0, *a), (other.0, *b), depth + 1)
            }
            (TypeExpr::Unknown, _) | (_, TypeExpr::Unknown) | (TypeExpr::Builtin(_), TypeExpr::Builtin(_)) => true,
            (TypeExpr::Named { .. }, TypeExpr::Named { .. } | TypeExpr::Builtin(_))
            | (TypeExpr::Builtin(_), TypeExpr::Named { .. }) => {
                let (a, b) = (self.value(one), self.value(other));
                self.are_values_same(&a, &b)
            }
            (TypeExpr::Named { .. }, _) | (_, TypeExpr::Named { .. }) => {
                // A name can stand for a type that is written out in the other place.
                let (a, b) = (self.value(one), self.value(other));
                matches!(a, Value::Unknown) || matches!(b, Value::Unknown) || a == b
            }
            _ => false,
        }
    }

    fn value(&mut self, (file, of): (u32, TypeId)) -> Value {
        self.linker.begin(file);
        self.linker.written(file, of, None, 0)
    }

    fn are_values_same(&self, one: &Value, other: &Value) -> bool {
        let text = |of: &Value| match of {
            // Two words for one type.
            Value::Wrapper(name, _) => match self.linker.workspace.names.text(*name) {
                "byte" => "uint8",
                "rune" => "int32",
                text => text,
            },
            Value::Literal(_) => "any",
            _ => "",
        };
        match (one, other) {
            (Value::Unknown, _) | (_, Value::Unknown) => true,
            (Value::Instance(a, _), Value::Instance(b, _)) => a == b,
            (Value::Wrapper(..) | Value::Literal(_), Value::Wrapper(..) | Value::Literal(_)) => {
                text(one) == text(other)
            }
            _ => one == other,
        }
    }
}

/// The types of several results, or that of one.
fn results(written: &[TypeExpr], of: TypeId) -> Vec<TypeId> {
    match &written[of.0 as usize] {
        TypeExpr::Tuple(parts) => parts.clone().into(),
        _ => vec![of],
    }
}
