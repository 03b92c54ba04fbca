//! Which type and implementation is meant where only a trait is named: by the first argument of a path's call, by the body of a function.

use super::linker::{Key, Linker};
use super::members::Member;
use super::relation::{Method, SymbolRef};
use super::rust_methods::{is_bound_by, number_types};
use super::standard::agreed;
use super::targets::{MAX_POSSIBLE, Outcome};
use super::value::{Name, Value};
use crate::extraction::SymbolKind;
use crate::extraction::bindings::{Expr, ExprId, Reference, ReferenceKind, TypeExpr};

/// How many implementations are compared.
const MAX_COMPARED: usize = 64;

impl Linker<'_, '_> {
    /// The target of a call by a path (`Trait::method(value)`, `Type::from(value)`), after its first argument.
    pub(super) fn by_first_argument(
        &mut self,
        file: u32,
        reference: &Reference,
        first: ExprId,
        outcome: Outcome,
    ) -> Outcome {
        match outcome {
            Outcome::Possible(symbols) if symbols.len() > 1 => self.taking(file, first, symbols),
            Outcome::Symbols(symbols, method) => {
                let of_trait = match symbols.as_slice() {
                    [one] => self.trait_of(*one).map(|of_trait| (*one, of_trait)),
                    _ => None,
                };
                match of_trait {
                    Some((symbol, of_trait)) => self.of_trait(file, reference, (symbol, of_trait), first),
                    None => Outcome::Symbols(symbols, method),
                }
            }
            Outcome::External => self.of_outside_trait(file, reference, first),
            other => other,
        }
    }

    /// Whether a call by the path of a trait is of a function of its own that takes no receiver (`Trait::make()`): which type has it, the
    /// compiler finds by what is done with the result.
    pub(super) fn is_open_trait(
        &mut self,
        file: u32,
        reference: &Reference,
        of: ExprId,
        symbols: &[SymbolRef],
    ) -> bool {
        let workspace = self.workspace;
        let [symbol] = symbols else { return false };
        let is_trait = |at: &SymbolRef| workspace.symbol(*at).kind == SymbolKind::Trait;
        let of_trait = workspace.container(*symbol).filter(is_trait);
        let (Some(of_trait), true) = (of_trait, reference.kind == ReferenceKind::Call && self.is_rust(file)) else {
            return false;
        };
        let it = &workspace.files[file as usize];
        let path = match it.expr(of) {
            Expr::Typed(of) => match &it.bindings().written[of.0 as usize] {
                TypeExpr::Named { path, .. } => *path,
                _ => return false,
            },
            _ => of,
        };
        let takes_receiver = workspace.declared(*symbol).is_some_and(|it| it.takes_receiver);
        if takes_receiver || !self.names_type(file, of) || workspace.symbol(*symbol).kind != SymbolKind::Method {
            return false;
        }
        let found = self.found(file, path, true, 0);
        self.symbols_of(found).contains(&of_trait) && !self.is_bound_around(file, reference, of_trait)
    }

    /// Whether just one type parameter that the function around a reference gives back something of has a trait: it is the one that is meant.
    fn is_bound_around(&mut self, file: u32, reference: &Reference, of_trait: SymbolRef) -> bool {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let within = reference.within.map(|symbol| SymbolRef { file, symbol });
        let function = within.and_then(|at| workspace.declared(at)).and_then(|it| it.function);
        let returns = function.and_then(|at| it.bindings().functions[at as usize].returns);
        let (Some(within), Some(returns)) = (within, returns) else {
            return false;
        };
        let around = [Some(within), workspace.container(within)];
        let mut count = 0;
        for local in &it.bindings().locals {
            let (Some(parameter), Some(bound)) = (local.parameter, local.declared) else {
                continue;
            };
            let owner = parameter.owner.map(|symbol| SymbolRef { file, symbol });
            let is_given = |of| it.type_parameter(of).is_some_and(|(found, _)| found == parameter);
            if owner.is_none() || !around.contains(&owner) || !it.mentions(returns, 0, &is_given) {
                continue;
            }
            let bound = self.written(file, bound, None, 0);
            count += u32::from(is_bound_by(&bound, of_trait));
        }
        count == 1
    }

    /// A function of a trait and those of its implementations, of which one is meant.
    pub(super) fn one_of_all(&mut self, symbol: SymbolRef) -> Outcome {
        let of_trait = self.workspace.container(symbol);
        let methods = self.workspace.tables.methods.get(self.workspace.name_of(symbol));
        let mut all = vec![symbol];
        for at in methods.iter().take(MAX_COMPARED) {
            if *at != symbol && self.given_by(*at) == of_trait {
                all.push(*at);
            }
        }
        match all.len() {
            1 => Outcome::Symbols(all, Method::Static),
            ..=MAX_POSSIBLE => Outcome::Possible(all),
            _ => Outcome::Possible(Vec::new()),
        }
    }

    /// What a function gives that only says which trait of the workspace its result has: the one type that all its results are of.
    pub(super) fn behind_opaque(&mut self, file: u32, function: u32, stated: Value, depth: u32) -> Value {
        let workspace = self.workspace;
        let is_trait = |at: SymbolRef| workspace.symbol(at).kind == SymbolKind::Trait;
        let shape = &workspace.files[file as usize].bindings().functions[function as usize];
        if shape.results.is_empty() || !matches!(stated, Value::Instance(at, _) if is_trait(at)) {
            return stated;
        }
        let value = self.guarded(Key::Result(file, function), |linker| {
            let results = shape.results.iter();
            let values = results.map(|result| linker.evaluate(file, *result, depth + 1));
            agreed(values.collect()).unwrap_or_default()
        });
        match value {
            Value::Instance(at, _) if !is_trait(at) => value,
            // A structure without fields is its own value.
            Value::Item(at) if workspace.symbol(at).kind == SymbolKind::Struct => Value::Instance(at, None),
            _ => stated,
        }
    }

    /// The trait whose own method takes a receiver.
    fn trait_of(&self, symbol: SymbolRef) -> Option<SymbolRef> {
        let workspace = self.workspace;
        let of_trait = workspace.container(symbol)?;
        let takes_receiver = workspace.declared(symbol)?.takes_receiver;
        (workspace.symbol(of_trait).kind == SymbolKind::Trait && takes_receiver).then_some(of_trait)
    }

    /// Of several functions the one whose first parameter is of the type of the argument.
    fn taking(&mut self, file: u32, first: ExprId, symbols: Vec<SymbolRef>) -> Outcome {
        let value = self.evaluate(file, first, 0);
        // A bound says less than a type.
        let is_bound = matches!(&value, Value::Instance(at, _) if self.workspace.symbol(*at).kind == SymbolKind::Trait);
        if is_bound
            || !matches!(
                value,
                Value::Instance(..) | Value::Wrapper(..) | Value::Literal(Some(_))
            )
        {
            return Outcome::Possible(symbols);
        }
        let mut fitting = Vec::new();
        for symbol in symbols.iter().take(MAX_COMPARED) {
            if self
                .first_parameter(*symbol)
                .is_some_and(|of| is_same_type(&of, &value) || self.may_be_number(&value, &of))
            {
                fitting.push(*symbol);
            }
        }
        match fitting.as_slice() {
            [_] if symbols.len() <= MAX_COMPARED => Outcome::Symbols(fitting, Method::Static),
            _ => Outcome::Possible(symbols),
        }
    }

    /// Whether a number whose type is not written may be of a type.
    pub(super) fn may_be_number(&self, number: &Value, of: &Value) -> bool {
        let (Value::Literal(Some(kind)), Value::Literal(Some(of))) = (number, of) else {
            return false;
        };
        let text = |name: Name| self.workspace.names.text(name);
        number_types(text(*kind)).is_some_and(|types| types.contains(&text(*of)))
    }

    fn first_parameter(&mut self, symbol: SymbolRef) -> Option<Value> {
        let workspace = self.workspace;
        let function = workspace.declared(symbol)?.function?;
        let bindings = workspace.files[symbol.file as usize].bindings();
        let parameter = bindings.functions[function as usize]
            .parameters
            .first()
            .copied()
            .flatten()?;
        Some(self.written(symbol.file, parameter, None, 0))
    }

    /// A method of a trait of the workspace, as the type of the receiver has it.
    fn of_trait(
        &mut self,
        file: u32,
        reference: &Reference,
        (symbol, of_trait): (SymbolRef, SymbolRef),
        first: ExprId,
    ) -> Outcome {
        let name = self.workspace.name_of(symbol);
        let unchanged = Outcome::Symbols(vec![symbol], Method::Static);
        let named = match self.workspace.files[file as usize].expr(reference.target) {
            Expr::Path(of, _) => self.named_trait(file, *of).filter(|_| self.names_type(file, *of)),
            _ => None,
        };
        let members = match self.evaluate(file, first, 0) {
            Value::Literal(Some(is)) if !self.given_to_primitive(file, Some(reference), is, name).is_empty() => {
                self.given_to_primitive(file, Some(reference), is, name)
            }
            Value::Literal(_) => {
                let own = self.own_implementation(file, reference, first, name);
                let own = own.filter(|own| self.given_by(*own) == Some(of_trait));
                return own.map_or_else(
                    || self.implemented(symbol, of_trait),
                    |own| Outcome::Symbols(vec![own], Method::Trait),
                );
            }
            value @ (Value::Instance(..) | Value::Intersection(_)) => self.members_by(&value, name, of_trait),
            value @ Value::Wrapper(..) => self.extension_of(file, Some(reference), &value, name),
            Value::Unknown | Value::External if named.is_some() => return self.one_of_all(symbol),
            _ => return unchanged,
        };
        let wanted = named.and_then(|(_, arguments)| arguments);
        let members = self.given_by_trait(members, |linker, symbol| {
            linker.given_by(symbol) == Some(of_trait) && linker.is_for_arguments(symbol, &wanted)
        });
        if members.is_empty() {
            return unchanged;
        }
        match self.pick(file, reference, members, Method::Trait) {
            Outcome::External => unchanged,
            outcome => outcome,
        }
    }

    /// Whether an expression names a type itself, and not a parameter that stands for some.
    fn names_type(&self, file: u32, of: ExprId) -> bool {
        let it = &self.workspace.files[file as usize];
        let path = match it.expr(of) {
            Expr::Typed(of) => match &it.bindings().written[of.0 as usize] {
                TypeExpr::Named { path, .. } => *path,
                _ => return false,
            },
            _ => of,
        };
        matches!(
            it.expr(path),
            Expr::Symbol(_) | Expr::Import(_) | Expr::Name { .. } | Expr::Path(..)
        )
    }

    /// The members of a value that a trait gives to it: those that hide them do not count.
    fn members_by(&mut self, of: &Value, name: Name, of_trait: SymbolRef) -> Vec<Member> {
        let workspace = self.workspace;
        let Value::Instance(at, _) = of else {
            return self.members(of, name, 0);
        };
        let mut given = Vec::new();
        for symbol in workspace.tables.members.get((*at, name)).iter().take(MAX_COMPARED) {
            if self.given_by(*symbol) == Some(of_trait) {
                let (symbol, by_trait) = (*symbol, true);
                given.push(Member { symbol, by_trait });
            }
        }
        if given.is_empty() {
            self.members(of, name, 0)
        } else {
            given
        }
    }

    /// A method of a trait from outside, as a type of the workspace has it (`fmt::Display::fmt(&self.name, f)`).
    fn of_outside_trait(&mut self, file: u32, reference: &Reference, first: ExprId) -> Outcome {
        let it = &self.workspace.files[file as usize];
        let (Expr::Path(of, name), Some(of_trait)) =
            (it.expr(reference.target), self.head_name(file, reference.target))
        else {
            return Outcome::External;
        };
        let (of, name) = (*of, it.name(*name));
        let value = self.evaluate(file, first, 0);
        if !matches!(value, Value::Instance(..)) || matches!(it.expr(of), Expr::SelfType(_) | Expr::Local(_)) {
            return Outcome::External;
        }
        let members = self.members(&value, name, 0);
        let members = self.given_by_trait(members, |linker, symbol| {
            linker.implemented_name(symbol) == Some(of_trait)
        });
        if members.is_empty() {
            return Outcome::External;
        }
        self.pick(file, reference, members, Method::Trait)
    }

    /// The name before the last of a path.
    fn head_name(&self, file: u32, path: ExprId) -> Option<Name> {
        match self.workspace.files[file as usize].expr(path) {
            Expr::Path(of, _) => self.last_name(file, *of),
            _ => None,
        }
    }

    fn given_by_trait(&mut self, members: Vec<Member>, is: impl Fn(&mut Self, SymbolRef) -> bool) -> Vec<Member> {
        let mut found = Vec::new();
        for member in members.into_iter().take(MAX_COMPARED) {
            let takes_receiver = self
                .workspace
                .declared(member.symbol)
                .is_some_and(|it| it.takes_receiver);
            if takes_receiver && is(self, member.symbol) {
                found.push(member);
            }
        }
        found
    }

    /// The name of the trait that an implementation with a method is of.
    pub(super) fn implemented_name(&self, symbol: SymbolRef) -> Option<Name> {
        let workspace = self.workspace;
        let block = workspace.container(symbol)?;
        let of = *workspace
            .declared(block)
            .filter(|_| workspace.symbol(block).kind == SymbolKind::Impl)?
            .implements
            .first()?;
        match &workspace.files[block.file as usize].bindings().written[of.0 as usize] {
            TypeExpr::Named { path, .. } => self.last_name(block.file, *path),
            _ => None,
        }
    }
}

/// Whether two values are of one type, as far as their names and first arguments go.
fn is_same_type(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Instance(one, _), Value::Instance(other, _)) => one == other,
        (Value::Literal(Some(one)), Value::Literal(Some(other))) => one == other,
        (Value::Wrapper(one, parts), Value::Wrapper(other, others)) => {
            let first = |parts: &Option<std::sync::Arc<[Value]>>| parts.as_ref().map(|parts| parts[0].clone());
            one == other
                && match (first(parts), first(others)) {
                    (Some(one), Some(other)) => is_same_type(&one, &other),
                    (one, other) => one == other,
                }
        }
        _ => false,
    }
}
