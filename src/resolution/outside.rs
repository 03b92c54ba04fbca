//! What extensions that name their type give to it: to types whose own paths lead through other extensions, and to types from outside.

use super::linker::{Key, Linker};
use super::members::Member;
use super::relation::SymbolRef;
use super::tables::{Base, BaseKind, Multimap};
use super::value::{Found, Name, Value};
use super::workspace::Workspace;
use crate::extraction::bindings::conventions::ModuleRule;
use crate::extraction::bindings::{Expr, ExprId, Reference, TypeExpr};
use crate::extraction::{SymbolKind, Visibility};
use rustc_hash::{FxHashMap, FxHashSet};

/// How many segments of a path lead through extensions.
const MOST_SEGMENTS: usize = 8;

/// How many bases from outside one type from outside has, as far as is looked at.
const MOST_BASES: usize = 64;

/// What types from outside have by extensions of them, by their names.
#[derive(Default)]
pub(super) struct Outside {
    members: Multimap<(Name, Name), SymbolRef>,
    bases: Multimap<Name, Base>,
    names: FxHashSet<Name>,
}

impl Outside {
    /// Whether an extension is of a type from outside of this name.
    pub(super) fn has(&self, name: Name) -> bool {
        self.names.contains(&name)
    }
}

impl Workspace<'_> {
    /// Whether a symbol is an extension that stands apart from its type and is no implementation of a trait.
    pub(super) fn is_extension(&self, at: SymbolRef) -> bool {
        self.symbol(at).kind == SymbolKind::Impl && self.files[at.file as usize].rule() == ModuleRule::Package
    }

    /// Whether an extension is of a type of the workspace.
    pub(super) fn is_of_own(&self, extension: SymbolRef) -> bool {
        matches!(self.tables.impl_types.get(&extension), Some(Value::Instance(..)))
    }

    /// The path of the type that an extension is of.
    fn extended_path(&self, at: SymbolRef) -> Option<ExprId> {
        let of = self.declared(at)?.is?;
        match &self.files[at.file as usize].bindings().written[of.0 as usize] {
            TypeExpr::Named { path, .. } => Some(*path),
            _ => None,
        }
    }

    fn segments(&self, at: SymbolRef) -> usize {
        let it = &self.files[at.file as usize];
        let head = |path: &ExprId| match it.expr(*path) {
            Expr::Path(of, _) | Expr::Member(of, _) => Some(*of),
            _ => None,
        };
        std::iter::successors(self.extended_path(at), head).count()
    }

    /// Adds to the members of types what extensions give them, where the paths of other extensions lead through that (`extension Type.Inner`). The
    /// shortest paths come first.
    pub(super) fn members_through_paths(&mut self) {
        let extensions = self.symbols().map(|(at, _)| at).filter(|at| self.is_extension(*at));
        let extensions: Vec<(usize, SymbolRef)> = extensions.map(|at| (self.segments(at), at)).collect();
        let most = extensions.iter().map(|(segments, _)| *segments).max().unwrap_or(0);
        for length in 1..most.min(MOST_SEGMENTS) {
            let mut linker = self.linker();
            let mut of_type: FxHashMap<SymbolRef, SymbolRef> = FxHashMap::default();
            for &(_, at) in extensions.iter().filter(|(segments, _)| *segments <= length) {
                linker.begin(at.file);
                let of = self.declared(at).and_then(|declared| declared.is);
                if let Some(Value::Instance(of, _)) = of.map(|of| linker.written(at.file, of, None, 0)) {
                    of_type.insert(at, of);
                }
            }
            drop(linker);
            let mut members = Vec::new();
            for (at, symbol) in self.symbols() {
                let Some(container) = self.container(at).filter(|it| self.is_member(symbol, *it)) else {
                    continue;
                };
                let name = self.name_of(at);
                members.push(((container, name), at));
                members.extend(of_type.get(&container).map(|of| ((*of, name), at)));
            }
            self.tables.members = Multimap::new(members);
        }
    }

    /// What extensions give to types from outside.
    pub(super) fn extended_outside(&self) -> Outside {
        let mut linker = self.linker();
        let (mut members, mut bases) = (Vec::new(), Vec::new());
        let mut names = FxHashMap::default();
        for (at, _) in self.symbols().filter(|(at, _)| self.is_extension(*at)) {
            linker.begin(at.file);
            if let Some(Value::Wrapper(name, _)) = self.tables.impl_types.get(&at)
                && !linker.is_within_own(at.file, self.extended_path(at))
            {
                names.insert(at, *name);
                bases.extend(self.tables.bases.get(at).iter().map(|base| (*name, base.clone())));
            }
        }
        for (at, _) in self.symbols() {
            let of = self.container(at).and_then(|of| names.get(&of));
            members.extend(of.map(|of| ((*of, self.name_of(at)), at)));
        }
        Outside {
            members: Multimap::new(members),
            bases: Multimap::new(bases),
            names: names.into_values().collect(),
        }
    }
}

impl Linker<'_, '_> {
    /// Whether the path of a type that is not found begins with a type of the workspace.
    fn is_within_own(&mut self, file: u32, path: Option<ExprId>) -> bool {
        let Some(path) = path else { return false };
        let (Expr::Path(of, _) | Expr::Member(of, _)) = self.workspace.files[file as usize].expr(path) else {
            return false;
        };
        let is_found = |found| !matches!(found, Found::Nothing | Found::External);
        // A second name for a type from outside is found.
        is_found(self.found(file, *of, true, 0)) && !is_found(self.found(file, path, true, 0))
    }

    /// Members of a type from outside: those that extensions of it have hide those of the protocols that extensions say it has.
    pub(super) fn members_outside(&mut self, of: Name, name: Name, depth: u32) -> Vec<Member> {
        let workspace = self.workspace;
        let (mut found, mut names, mut at) = (Vec::new(), vec![of], 0);
        while let Some(&outside) = names.get(at) {
            let own = workspace.tables.outside.members.get((outside, name)).iter();
            let own = own.map(|symbol| Member {
                symbol: *symbol,
                by_trait: false,
            });
            let mut members: Vec<Member> = own.filter(|it| self.is_of_language(it.symbol)).collect();
            if members.is_empty() {
                for base in self.bases_outside(outside) {
                    match base {
                        Value::Wrapper(base, _) if names.contains(&base) || names.len() > MOST_BASES => {}
                        Value::Wrapper(base, _) => names.push(base),
                        base => members.extend(self.members(&base, name, depth)),
                    }
                }
            } else if at == 0 {
                return members;
            }
            members.retain(|it| !found.contains(it) && self.is_of_language(it.symbol));
            found.extend(members);
            at += 1;
        }
        found
    }

    /// What extensions say that a type from outside has as its bases.
    pub(super) fn bases_outside(&self, of: Name) -> Vec<Value> {
        let bases = self.workspace.tables.outside.bases.get(of).iter();
        let bases = bases.filter(|base| base.kind != BaseKind::Derives);
        bases.map(|base| base.of.clone()).collect()
    }

    /// What a path leads to that begins with a type from outside: a member that an extension gives to that.
    pub(super) fn found_outside(&mut self, file: u32, of: ExprId, name: Name, depth: u32) -> Found {
        let is_package = self.workspace.files[file as usize].rule() == ModuleRule::Package;
        let Some(of) = self.last_name(file, of).filter(|_| is_package) else {
            return Found::Nothing;
        };
        let members = self.members_outside(of, name, depth);
        Found::symbols(members.iter().map(|it| it.symbol).collect())
    }

    /// What a definition asks of the receiver. The names of it are not looked for in what it asks.
    pub(super) fn asked_of_receiver(&mut self, of: SymbolRef, depth: u32) -> Vec<Value> {
        let bounds = self.workspace.declared(of).map(|declared| declared.bounds.as_slice());
        let Some(bounds) = bounds.filter(|bounds| !bounds.is_empty()) else {
            return Vec::new();
        };
        let asked = self.guarded(Key::Asked(of), |linker| {
            let bounds = bounds.iter();
            Value::Intersection(bounds.map(|it| linker.written(of.file, *it, None, depth + 1)).collect())
        });
        match asked {
            Value::Intersection(asked) => asked.to_vec(),
            _ => Vec::new(),
        }
    }

    /// A receiver in a definition, with what that asks of it.
    pub(super) fn with_asked(&mut self, receiver: Value, of: SymbolRef, depth: u32) -> Value {
        let asked = self.asked_of_receiver(of, depth);
        if asked.is_empty() {
            return receiver;
        }
        Value::Intersection(std::iter::once(receiver).chain(asked).collect())
    }

    /// Whether members stand in several blocks that add to one type: its own, which is no protocol, and those of extensions.
    pub(super) fn are_of_blocks(&self, members: &[Member]) -> bool {
        let workspace = self.workspace;
        let block = |member: &Member| workspace.container(member.symbol);
        let is_extension = |of: SymbolRef| workspace.is_extension(of);
        let type_of = |of: SymbolRef| match workspace.tables.impl_types.get(&of).filter(|_| is_extension(of)) {
            Some(Value::Instance(extended, _)) => Some(Value::Item(*extended)),
            Some(Value::Wrapper(outside, _)) => Some(Value::Type(*outside)),
            Some(_) => None,
            None => Some(Value::Item(of)).filter(|_| workspace.symbol(of).kind != SymbolKind::Interface),
        };
        let Some(first) = members.first().and_then(block) else {
            return false;
        };
        let wanted = type_of(first);
        let blocks = || members.iter().map(block);
        wanted.is_some()
            && blocks().any(|it| it != Some(first))
            && blocks().any(|it| it.is_some_and(is_extension))
            && blocks().all(|it| it.and_then(type_of) == wanted)
    }

    /// Whether a member is not private in another file.
    pub(super) fn is_seen_from(&self, file: u32, member: SymbolRef) -> bool {
        member.file == file || self.workspace.symbol(member).visibility != Visibility::Private
    }

    /// Of members that several blocks of a type give, those that a reference can mean: what is private elsewhere is not, nor is what only the
    /// conditions of its block tell apart from what the block around the reference has.
    pub(super) fn of_blocks(&self, file: u32, reference: &Reference, mut members: Vec<Member>) -> Vec<Member> {
        if !self.are_of_blocks(&members) {
            return members;
        }
        let workspace = self.workspace;
        let is_seen = |it: &Member| self.is_seen_from(file, it.symbol);
        if members.iter().any(is_seen) {
            members.retain(is_seen);
        }
        if !self.is_of_receiver(file, reference.target) {
            return members;
        }
        let within = reference.within.map(|symbol| SymbolRef { file, symbol });
        let around: Vec<SymbolRef> = std::iter::successors(within, |at| workspace.container(*at)).collect();
        let is_here = |it: &Member| workspace.container(it.symbol).is_some_and(|of| around.contains(&of));
        match members.iter().copied().find(is_here) {
            Some(first)
                if members
                    .iter()
                    .all(|it| is_here(it) || self.takes_the_same(first.symbol, it.symbol)) =>
            {
                members.retain(is_here);
                members
            }
            _ => members,
        }
    }

    /// Whether what is named is a member of the receiver at hand.
    fn is_of_receiver(&self, file: u32, target: ExprId) -> bool {
        let it = &self.workspace.files[file as usize];
        match it.expr(target) {
            Expr::Name { .. } | Expr::Symbol(_) | Expr::Inherited { .. } => true,
            Expr::Member(of, _) | Expr::Path(of, _) => matches!(it.expr(*of), Expr::This(_) | Expr::SelfType(_)),
            _ => false,
        }
    }

    /// Of members of a type, those that are given to types with the arguments of a value, if there are any.
    pub(super) fn with_arguments_of(&self, of: &Value, members: Vec<Member>) -> Vec<Member> {
        let (given, is_own) = match of {
            Value::Instance(_, Some(given)) => (Some(given), true),
            Value::Wrapper(_, given) => (given.as_ref(), false),
            _ => return members,
        };
        let workspace = self.workspace;
        let fits = |it: &&Member| {
            let block = workspace.container(it.symbol).filter(|of| workspace.is_extension(*of));
            match block.and_then(|of| workspace.tables.impl_types.get(&of)) {
                Some(Value::Instance(_, Some(wanted)) | Value::Wrapper(_, Some(wanted))) => {
                    given.is_some_and(|given| !given.iter().zip(wanted.iter()).any(are_other_types))
                }
                _ => true,
            }
        };
        let fitting: Vec<Member> = members.iter().filter(fits).copied().collect();
        if fitting.is_empty() && is_own { members } else { fitting }
    }

    /// Whether a symbol is of the language of the file at work.
    fn is_of_language(&self, at: SymbolRef) -> bool {
        let files = &self.workspace.files;
        let here = files.get(self.file as usize);
        here.is_some_and(|it| it.facts.grammar == files[at.file as usize].facts.grammar)
    }
}

fn are_other_types((one, other): (&Value, &Value)) -> bool {
    match (one, other) {
        (Value::Instance(one, _), Value::Instance(other, _)) => one != other,
        (Value::Wrapper(one, _), Value::Wrapper(other, _)) => one != other,
        (Value::Instance(..), Value::Wrapper(..)) | (Value::Wrapper(..), Value::Instance(..)) => true,
        _ => false,
    }
}
