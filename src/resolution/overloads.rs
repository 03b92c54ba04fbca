//! Which of several members that share a name a method stands for: the one whose parameters are like its own.

use super::linker::Linker;
use super::members::Member;
use super::relation::SymbolRef;
use super::tables::{Base, BaseKind};
use super::value::{Name, Value};
use crate::extraction::bindings::conventions::{Conventions, PackageUnit};
use crate::extraction::bindings::labels::Given;
use crate::extraction::bindings::{Expr, Function, Reference, TypeExpr, TypeId};
use crate::extraction::{SymbolKind, Visibility};

/// How many overloads a call is told to be one of.
const MAX_OVERLOADS: usize = 32;

/// How many bases are looked at for overloads.
const MAX_LEVELS: u8 = 32;

/// What overloads of bases are looked for by, and what was met on the way.
struct Search<'a> {
    file: u32,
    reference: &'a Reference,
    arguments: usize,
    /// Those of the nearest type that take as many arguments.
    nearest: Vec<Member>,
    /// A base is from outside.
    is_open: bool,
    /// How many more bases are looked at.
    left: u8,
}

impl Linker<'_, '_> {
    /// Of some members, those most like a method: as many parameters, and as many of them as can be of types that are called the same.
    pub(super) fn with_parameters_of(&self, at: SymbolRef, members: Vec<SymbolRef>) -> Vec<SymbolRef> {
        if members.len() < 2 {
            return members;
        }
        let alike: Vec<Option<usize>> = members.iter().map(|member| self.alike(at, *member)).collect();
        let most = alike.iter().max().copied().flatten();
        match most {
            Some(_) => members
                .into_iter()
                .zip(alike)
                .filter(|(_, it)| *it == most)
                .map(|(at, _)| at)
                .collect(),
            None => members,
        }
    }

    /// The members among which the types of arguments decide, if there are several: those that something can be called by, with parameters of
    /// different types.
    pub(super) fn overloads_among(
        &mut self,
        file: u32,
        reference: &Reference,
        candidates: &[Member],
    ) -> Option<Vec<SymbolRef>> {
        let workspace = self.workspace;
        // What is private is called from its own file alone, where a type is in one file.
        let is_hidden = |at: &SymbolRef| {
            let is_private = workspace.symbol(*at).visibility == Visibility::Private;
            is_private && at.file != file && !self.includes(at.file)
        };
        let can_be_meant = |at: &SymbolRef| {
            let symbol = workspace.symbol(*at);
            let container = workspace.container(*at).map(|of| workspace.symbol(of).kind);
            let is_open = matches!(container, Some(SymbolKind::Interface | SymbolKind::Trait));
            // Elsewhere, what does nothing is a declaration of what another does.
            let is_apart = self.overloads(at.file) || is_open || symbol.modifiers.is_abstract;
            symbol.kind.is_callable() && (is_apart || !symbol.outline.is_empty())
        };
        let all = candidates.iter().map(|it| it.symbol).filter(can_be_meant);
        let (hidden, all): (Vec<_>, Vec<_>) = all.take(MAX_OVERLOADS + 1).partition(is_hidden);
        let [first, rest @ ..] = all.as_slice() else {
            return None;
        };
        let parameters = self.function_of(*first)?.parameters.len();
        let differs = |other: &SymbolRef| {
            let alike = self.alike(*first, *other);
            alike.is_none_or(|it| it < parameters) || self.takes_builtins(*first) && self.takes_builtins(*other)
        };
        let is_left = rest.is_empty() && !hidden.is_empty();
        let count = all.len() + hidden.len();
        if count > MAX_OVERLOADS || !(is_left || rest.iter().any(differs)) {
            return None;
        }
        let values = reference.values.iter().map(|it| self.evaluate(file, *it, 0));
        let mut values: Vec<Value> = values.collect();
        if self.overloads(file) && self.labels_tell(file) {
            // A literal can be of any type that says so.
            let is_literal = |it: &&mut Value| matches!(it, Value::Literal(_));
            values.iter_mut().filter(is_literal).for_each(|it| *it = Value::Unknown);
        }
        let given = reference.given.as_deref();
        let taking = all.iter().filter(|at| self.takes(**at, given, &values));
        let taking: Vec<SymbolRef> = taking.copied().collect();
        Some(if taking.is_empty() { all } else { taking })
    }

    /// The overloads that can take the arguments of a call: those of the type itself, or else of its bases. All if none does, unless a base from
    /// outside may have the one that is meant.
    pub(super) fn accepting(&mut self, file: u32, reference: &Reference, candidates: Vec<Member>) -> Vec<Member> {
        // Labels have decided already.
        let Some(arguments) = reference.arguments.filter(|_| reference.given.is_none()) else {
            return candidates;
        };
        let mut search = Search {
            file,
            reference,
            arguments: usize::from(arguments),
            nearest: Vec::new(),
            is_open: false,
            left: MAX_LEVELS,
        };
        match self.accepting_from(&mut search, &candidates) {
            Some(accepting) => accepting,
            None if search.nearest.is_empty() && !search.is_open => candidates,
            None => search.nearest,
        }
    }

    /// The same for the overloads of one type, and then for its bases, the first of which counts that has one.
    fn accepting_from(&mut self, search: &mut Search<'_>, overloads: &[Member]) -> Option<Vec<Member>> {
        // What a nearer one takes the place of is not another.
        let is_other = |it: &Member| {
            let mut nearer = search.nearest.iter();
            !nearer.any(|nearer| self.takes_the_same(nearer.symbol, it.symbol))
        };
        let fits = |it: &&Member| self.takes_number(it.symbol, search.arguments) && is_other(it);
        let fitting: Vec<Member> = overloads.iter().filter(fits).copied().collect();
        let taking = self.overloads_taking(search, &fitting);
        if !taking.is_empty() {
            return Some(taking);
        }
        if search.nearest.is_empty() {
            search.nearest = fitting;
        }
        let workspace = self.workspace;
        let first = overloads.first()?.symbol;
        let name = workspace.name_of(first);
        let bases = workspace.tables.bases.get(workspace.container(first)?);
        let (extended, other): (Vec<&Base>, Vec<&Base>) = bases.iter().partition(|it| it.kind == BaseKind::Extends);
        for base in extended.into_iter().chain(other) {
            let Value::Instance(..) = base.of else {
                search.is_open = true;
                continue;
            };
            search.left = search.left.checked_sub(1)?;
            let members = self.members(&base.of, name, 0);
            if let Some(found) = self.accepting_from(search, &members) {
                return Some(found);
            }
        }
        None
    }

    /// Whether a function takes that many arguments.
    fn takes_number(&self, at: SymbolRef, arguments: usize) -> bool {
        self.function_of(at).is_none_or(|function| {
            // Of an extension the first parameter is the receiver, unless its type is named in the call.
            let all = function.parameters.len();
            let own = all.saturating_sub(usize::from(self.workspace.is_marked_extension(at)));
            function.is_open || (own..=all).contains(&arguments)
        })
    }

    /// Of some overloads those that the arguments of a call can be those of: of the first ones, if a base may have another.
    fn overloads_taking(&mut self, search: &Search<'_>, overloads: &[Member]) -> Vec<Member> {
        let inherits = |at: SymbolRef| {
            let of = self.workspace.container(at);
            of.is_some_and(|of| !self.workspace.tables.bases.get(of).is_empty())
        };
        let may_be_other = !search.nearest.is_empty() || overloads.iter().any(|it| inherits(it.symbol));
        if search.reference.values.is_empty() || !may_be_other {
            return overloads.to_vec();
        }
        let values = search.reference.values.iter();
        let values: Vec<Value> = values.map(|it| self.evaluate(search.file, *it, 0)).collect();
        let taking = overloads.iter().filter(|it| self.takes(it.symbol, None, &values));
        taking.copied().collect()
    }

    /// Whether functions of one name in a file differ by what they take.
    pub(super) fn overloads(&self, file: u32) -> bool {
        let conventions = self.workspace.files[file as usize].conventions;
        conventions.is_some_and(|it| it.overloads)
    }

    fn labels_tell(&self, file: u32) -> bool {
        let conventions = self.workspace.files[file as usize].conventions;
        conventions.is_some_and(|it| it.labels_tell)
    }

    /// Whether two methods take different numbers of arguments where that makes them different.
    pub(super) fn differ_in_number(&self, one: SymbolRef, other: SymbolRef) -> bool {
        let count = |at| self.function_of(at).map(|it| it.parameters.len());
        self.overloads(one.file)
            && !self.labels_tell(one.file)
            && matches!((count(one), count(other)), (Some(one), Some(other)) if one != other)
    }

    /// Whether a method has a parameter of a type that the language itself has, which has no name here (`int`, `long`).
    fn takes_builtins(&self, at: SymbolRef) -> bool {
        let it = &self.workspace.files[at.file as usize];
        let includes = |it: &Conventions| it.overloads && it.packages.unit == PackageUnit::Include;
        let are_compared = it.conventions.is_some_and(|it| !it.closed.is_empty() || includes(it));
        let written = |of: TypeId| &it.bindings().written[of.0 as usize];
        let is_builtin = |of: &TypeId| match written(*of) {
            TypeExpr::Array(of) => matches!(written(*of), TypeExpr::Builtin(None)),
            of => matches!(of, TypeExpr::Builtin(None)),
        };
        let parameters = self.function_of(at).map(|it| it.parameters.as_slice());
        are_compared && parameters.unwrap_or_default().iter().flatten().any(is_builtin)
    }

    /// Whether arguments of these types can be those of a method, as far as types are known.
    fn takes(&mut self, at: SymbolRef, given: Option<&Given>, values: &[Value]) -> bool {
        let Some(function) = self.function_of(at) else {
            return true;
        };
        let of_argument = |argument: usize| match (given, self.labels_of(at)) {
            (Some(given), Some(wanted)) => given.parameter_of(argument, wanted),
            _ => Some(argument).filter(|_| !function.is_open && function.parameters.len() == values.len()),
        };
        let taken = |argument: usize| function.parameters.get(of_argument(argument)?).copied();
        let Some(parameters) = (0..values.len()).map(taken).collect::<Option<Vec<_>>>() else {
            return true;
        };
        values.iter().zip(parameters).all(|(value, of)| {
            let of = of.map_or(Value::Unknown, |of| self.written(at.file, of, None, 0));
            self.can_be(at.file, value, &of)
        })
    }

    /// Whether a value can stand where one of another type is wanted; so it is, where too little is known.
    fn can_be(&mut self, file: u32, value: &Value, wanted: &Value) -> bool {
        let conventions = self.workspace.files[file as usize].conventions;
        let closed = conventions.map(|it| it.closed.as_slice()).unwrap_or_default();
        let text = |name: &Name| self.workspace.names.text(*name);
        let is_closed = |of: &Value| match of {
            Value::Wrapper(name, _) | Value::Type(name) => {
                closed.iter().any(|it| it == text(name)) || text(name) == "Array"
            }
            _ => false,
        };
        let is_class = |of: &Value| match of {
            Value::Instance(at, _) => !matches!(
                self.workspace.symbol(*at).kind,
                SymbolKind::Interface | SymbolKind::Trait | SymbolKind::TypeAlias
            ),
            _ => false,
        };
        // `this` in the body of one value of an enumeration.
        let is_member = |at: &SymbolRef| self.workspace.symbol(*at).kind == SymbolKind::EnumMember;
        match (value, wanted) {
            (Value::Instance(of, _), _) if is_member(of) => true,
            (Value::Instance(of, _), Value::Instance(base, _)) => {
                let (of, is_class) = (*of, is_class(wanted));
                self.as_base(value, *base, 0).is_some() || !self.has_known_bases_of(of, is_class, 0)
            }
            (Value::Instance(..), Value::Literal(_)) | (Value::Literal(_), Value::Instance(..)) => false,
            (Value::Instance(..), wanted) if is_closed(wanted) => false,
            // An extension may say that it has a protocol.
            (Value::Wrapper(of, _), Value::Instance(base, _)) if self.workspace.tables.outside.has(*of) => {
                let bases = self.bases_outside(*of);
                !is_class(wanted) && bases.iter().any(|it| self.as_base(it, *base, 0).is_some())
            }
            (value, Value::Instance(..)) if is_closed(value) => false,
            (Value::Wrapper(..), wanted) if is_class(wanted) => false,
            (Value::Wrapper(one, _), Value::Wrapper(other, _)) if is_closed(value) && is_closed(wanted) => one == other,
            (Value::Function { .. }, wanted) => {
                !(is_closed(wanted) || is_class(wanted) || matches!(wanted, Value::Literal(_)))
            }
            _ => true,
        }
    }

    /// Whether all bases of a type are known.
    pub(super) fn has_known_bases(&self, of: SymbolRef, depth: u8) -> bool {
        self.has_known_bases_of(of, false, depth)
    }

    /// The same, or whether all are known that can be classes.
    fn has_known_bases_of(&self, of: SymbolRef, classes: bool, depth: u8) -> bool {
        let bases = self.workspace.tables.bases.get(of);
        let mut bases = bases.iter().filter(|it| !classes || it.kind == BaseKind::Extends);
        depth < 16
            && bases.all(|base| match base.of {
                Value::Instance(base, _) => self.has_known_bases_of(base, classes, depth + 1),
                _ => false,
            })
    }

    /// Whether two members take the same, by the words of their types, so that something else tells them apart.
    pub(super) fn takes_the_same(&self, one: SymbolRef, other: SymbolRef) -> bool {
        let is_callable = |at| self.workspace.symbol(at).kind.is_callable();
        match (is_callable(one), is_callable(other)) {
            (true, true) => self.function_of(one).map(|it| it.parameters.len()) == self.alike(one, other),
            (one, other) => one == other,
        }
    }

    /// How many parameters of two methods have types that are called the same; nothing if one has more parameters.
    fn alike(&self, one: SymbolRef, other: SymbolRef) -> Option<usize> {
        let (mine, theirs) = (self.function_of(one)?, self.function_of(other)?);
        if mine.parameters.len() != theirs.parameters.len() {
            return None;
        }
        let word = |file: u32, of: &Option<TypeId>| of.map(|of| self.type_word(file, of, 0));
        let pairs = mine.parameters.iter().zip(&theirs.parameters);
        Some(
            pairs
                .filter(|(mine, theirs)| word(one.file, mine) == word(other.file, theirs))
                .count(),
        )
    }

    fn function_of(&self, at: SymbolRef) -> Option<&Function> {
        let function = self.workspace.declared(at)?.function?;
        self.workspace.files[at.file as usize]
            .bindings()
            .functions
            .get(function as usize)
    }

    /// What a type is called, and how many lists it is in.
    fn type_word(&self, file: u32, of: TypeId, depth: u8) -> (u8, Option<Name>) {
        let it = &self.workspace.files[file as usize];
        match &it.bindings().written[of.0 as usize] {
            TypeExpr::Array(of) if depth < 8 => self.type_word(file, *of, depth + 1),
            TypeExpr::Named { path, .. } => (
                depth,
                match it.expr(*path) {
                    Expr::Name { name, .. } | Expr::Path(_, name) | Expr::Member(_, name) => Some(it.name(*name)),
                    Expr::Symbol(symbol) => Some(self.workspace.name_of(SymbolRef { file, symbol: *symbol })),
                    Expr::Import(import) => it.bindings().imports[*import as usize].local.map(|name| it.name(name)),
                    _ => None,
                },
            ),
            _ => (depth, None),
        }
    }
}
