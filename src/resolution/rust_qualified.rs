//! Whose function is meant where a path names the trait: `<Type as Trait<A>>::function(..)`, `Trait::<A>::function(value)`.

use super::linker::Linker;
use super::relation::{Method, SymbolRef};
use super::rust_methods::is_bound_by;
use super::targets::{MAX_POSSIBLE, Outcome};
use super::value::{Arguments, Name, Value};
use crate::extraction::bindings::{Expr, ExprId, Reference, ReferenceKind, TypeExpr, TypeId};
use crate::extraction::{SymbolIdx, SymbolKind};

/// How many functions of one name are compared.
const MAX_COMPARED: usize = 64;

impl Linker<'_, '_> {
    /// The type in front of a path, and the trait by which it is looked at.
    pub(super) fn seen_by(&self, file: u32, of: ExprId) -> (ExprId, Option<ExprId>) {
        match self.workspace.files[file as usize].expr(of) {
            Expr::Narrowed { of, to, .. } if self.is_rust(file) => (*of, Some(*to)),
            _ => (of, None),
        }
    }

    /// The function that a trait of the workspace gives to a type.
    pub(super) fn qualified_target(
        &mut self,
        file: u32,
        reference: &Reference,
        of: ExprId,
        by: ExprId,
    ) -> Option<Outcome> {
        if reference.kind != ReferenceKind::Call {
            return None;
        }
        let workspace = self.workspace;
        let name = workspace.files[file as usize].name(reference.name);
        let value = self.evaluate(file, of, 0);
        let Some((of_trait, wanted)) = self.named_trait(file, by) else {
            return self.of_trait_outside(file, reference, (&value, name), by);
        };
        let mut found = Vec::new();
        for symbol in self.functions_of(&value, name).into_iter().take(MAX_COMPARED) {
            if self.given_by(symbol) == Some(of_trait) && self.is_for_arguments(symbol, &wanted) {
                found.push(symbol);
            }
        }
        let is_own = |at: &SymbolRef| {
            workspace
                .container(*at)
                .is_some_and(|at| workspace.symbol(at).kind == SymbolKind::Impl)
        };
        if found.iter().any(is_own) {
            found.retain(is_own);
        }
        // What stands in an implementation is seldom about the same one. Which other one it is about, a parameter may leave open.
        let is_other = |at: &SymbolRef| at.file != file || Some(at.symbol) != reference.within;
        let mut is_open = false;
        if found.iter().any(is_other) {
            let is_within = !found.iter().all(is_other);
            found.retain(is_other);
            is_open = is_within && !self.states_all(file, by);
        }
        match found.len() {
            0 if self.is_whole(file, of, &value) || self.may_have(&value, of_trait) => {
                self.of_trait_itself(file, reference, of_trait, name)
            }
            0 => None,
            1 if !is_open => Some(Outcome::Symbols(found, Method::Trait)),
            1..=MAX_POSSIBLE => Some(Outcome::Possible(found)),
            _ => Some(Outcome::Possible(Vec::new())),
        }
    }

    /// Whether a type that has no function of its own may have that of a trait: one of the workspace, or one of which nothing else is known. What
    /// has other traits may as well be a reference, for which there are implementations of their own.
    fn may_have(&mut self, of: &Value, of_trait: SymbolRef) -> bool {
        match of {
            Value::Instance(at, _) | Value::Item(at) if self.workspace.symbol(*at).kind == SymbolKind::Trait => {
                self.as_base(&Value::Instance(*at, None), of_trait, 0).is_some()
            }
            Value::Instance(..) | Value::Item(_) => true,
            Value::Intersection(parts) => parts.iter().any(|part| is_bound_by(part, of_trait)),
            _ => false,
        }
    }

    /// Whether an expression is `Self` in a trait, or a type that another names (`T::Of`), which is no reference.
    fn is_whole(&self, file: u32, of: ExprId, value: &Value) -> bool {
        let it = &self.workspace.files[file as usize];
        if let (Expr::Path(..), Value::Unknown) = (it.expr(of), value) {
            return true;
        }
        let is_trait = |at: SymbolIdx| self.workspace.symbol(SymbolRef { file, symbol: at }).kind == SymbolKind::Trait;
        matches!(it.expr(of), Expr::SelfType(Some(around)) if is_trait(*around))
    }

    /// The function of a trait itself, unless what the path leads to is of that trait anyway.
    fn of_trait_itself(
        &mut self,
        file: u32,
        reference: &Reference,
        of_trait: SymbolRef,
        name: Name,
    ) -> Option<Outcome> {
        let workspace = self.workspace;
        let found = self.found(file, reference.target, false, 0);
        let symbols = self.symbols_of(found);
        if !symbols.is_empty() && symbols.iter().all(|at| self.given_by(*at) == Some(of_trait)) {
            return None;
        }
        let own = workspace.tables.members.get((of_trait, name)).iter();
        let mut own = own.filter(|at| workspace.container(**at) == Some(of_trait));
        own.next().map(|at| Outcome::Symbols(vec![*at], Method::Static))
    }

    /// The function that a trait from outside gives to a type: that of an implementation in the workspace, or one that is made.
    fn of_trait_outside(
        &mut self,
        file: u32,
        reference: &Reference,
        (of, name): (&Value, Name),
        by: ExprId,
    ) -> Option<Outcome> {
        let (of_trait, wanted) = match self.evaluate(file, by, 0) {
            Value::Type(of_trait) => (of_trait, None),
            Value::Wrapper(of_trait, arguments) => (of_trait, arguments),
            Value::External => (self.last_name(file, by)?, None),
            _ => return None,
        };
        let mut found = Vec::new();
        for symbol in self.functions_of(of, name).into_iter().take(MAX_COMPARED) {
            if self.implemented_name(symbol) == Some(of_trait) && self.is_for_arguments(symbol, &wanted) {
                found.push(symbol);
            }
        }
        // What stands in an implementation is seldom about the same one.
        found.retain(|at| at.file != file || Some(at.symbol) != reference.within);
        match found.len() {
            0 => Some(Outcome::External),
            1 => Some(Outcome::Symbols(found, Method::Trait)),
            2..=MAX_POSSIBLE => Some(Outcome::Possible(found)),
            _ => Some(Outcome::Possible(Vec::new())),
        }
    }

    /// The trait of the workspace that an expression names, with its arguments.
    pub(super) fn named_trait(&mut self, file: u32, by: ExprId) -> Option<(SymbolRef, Arguments)> {
        let (at, arguments) = match self.evaluate(file, by, 0) {
            Value::Instance(at, arguments) => (at, arguments),
            Value::Item(at) => (at, None),
            _ => return None,
        };
        (self.workspace.symbol(at).kind == SymbolKind::Trait).then_some((at, arguments))
    }

    /// All functions of a name that a type itself has, whoever gives them.
    fn functions_of(&self, of: &Value, name: Name) -> Vec<SymbolRef> {
        let workspace = self.workspace;
        let is_type = |at: SymbolRef| {
            let kind = workspace.symbol(at).kind;
            !kind.is_callable() && !matches!(kind, SymbolKind::Trait | SymbolKind::Impl)
        };
        match of {
            Value::Instance(at, _) | Value::Item(at) if is_type(*at) => {
                workspace.tables.members.get((*at, name)).to_vec()
            }
            Value::Wrapper(outside, _) | Value::Type(outside) | Value::Literal(Some(outside)) => {
                let given = workspace.tables.extensions.get((*outside, name));
                let in_block = |at: &SymbolRef| {
                    let block = workspace.container(*at);
                    block.is_some_and(|at| workspace.symbol(at).kind == SymbolKind::Impl)
                };
                if given.iter().any(in_block) {
                    return given.to_vec();
                }
                // What the type's own hides elsewhere.
                let is_for = |at: &&SymbolRef| {
                    let block = workspace.container(**at);
                    let of = block.and_then(|block| workspace.tables.impl_types.get(&block));
                    matches!(of, Some(Value::Wrapper(of, _) | Value::Literal(Some(of))) if of == outside)
                };
                let hidden = workspace.tables.methods.get(name).iter().filter(is_for);
                hidden.chain(given).copied().collect()
            }
            Value::Intersection(parts) => parts.iter().flat_map(|part| self.functions_of(part, name)).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether an implementation with a function may be that of its trait with certain arguments.
    pub(super) fn is_for_arguments(&mut self, symbol: SymbolRef, wanted: &Arguments) -> bool {
        let workspace = self.workspace;
        let block = workspace.container(symbol);
        let implements = block.and_then(|block| Some((block, *workspace.declared(block)?.implements.first()?)));
        let (Some(wanted), Some((block, of))) = (wanted, implements) else {
            return true;
        };
        match self.written(block.file, of, None, 0) {
            Value::Instance(_, Some(stated)) | Value::Wrapper(_, Some(stated)) => {
                let mut pairs = stated.iter().zip(wanted.iter());
                pairs.all(|(stated, wanted)| self.may_be_one(stated, wanted))
            }
            _ => true,
        }
    }

    /// Whether the arguments of a trait name types, and not what others make of them (`DB::Syntax`).
    fn states_all(&self, file: u32, by: ExprId) -> bool {
        let it = &self.workspace.files[file as usize];
        let Expr::Typed(of) = it.expr(by) else { return true };
        let TypeExpr::Named { arguments, .. } = &it.bindings().written[of.0 as usize] else {
            return true;
        };
        let is_made = |of: &TypeId| match &it.bindings().written[of.0 as usize] {
            TypeExpr::Named { path, .. } => match it.expr(*path) {
                Expr::Path(of, _) => matches!(it.expr(*of), Expr::SelfType(_) | Expr::Local(_) | Expr::Typed(_)),
                _ => false,
            },
            _ => false,
        };
        !arguments.iter().any(is_made)
    }

    /// Whether two types may be the same, as far as their names go.
    fn may_be_one(&self, one: &Value, other: &Value) -> bool {
        let is_open = |of: &Value| match of {
            Value::Instance(at, _) => self.workspace.symbol(*at).kind == SymbolKind::Trait,
            Value::Wrapper(..) | Value::Literal(Some(_)) => false,
            _ => true,
        };
        if is_open(one) || is_open(other) {
            return true;
        }
        match (one, other) {
            (Value::Instance(one, of), Value::Instance(other, by)) => one == other && self.may_be_all(of, by),
            (Value::Wrapper(one, of), Value::Wrapper(other, by)) => one == other && self.may_be_all(of, by),
            (one, other) => one == other || self.may_be_number(one, other) || self.may_be_number(other, one),
        }
    }

    /// Of what a type has under a name, what its implementations give to types with the arguments of a value (`impl Builder<Ready>`).
    pub(super) fn for_arguments_of(&self, of: &Value, own: &[SymbolRef]) -> Vec<SymbolRef> {
        if !matches!(of, Value::Instance(_, Some(_)) | Value::Wrapper(_, Some(_))) {
            return own.to_vec();
        }
        let fits = |at: &&SymbolRef| {
            let block = self.workspace.container(**at).filter(|_| self.is_rust(at.file));
            block.is_none_or(|block| !self.is_for_others(block, of))
        };
        own.iter().filter(fits).copied().collect()
    }

    /// Whether the implementation that gives a member states as many arguments as the type of a value has.
    pub(super) fn takes_as_many(&self, member: SymbolRef, of: &Value) -> bool {
        let block = self.workspace.container(member);
        let is = block.and_then(|block| self.workspace.tables.impl_types.get(&block));
        match (is, of) {
            (Some(Value::Wrapper(_, Some(wanted))), Value::Wrapper(_, Some(given))) => wanted.len() == given.len(),
            _ => false,
        }
    }

    /// Whether an implementation names other types than a value has as arguments of its type. A parameter stands for any.
    fn is_for_others(&self, block: SymbolRef, of: &Value) -> bool {
        let workspace = self.workspace;
        let it = &workspace.files[block.file as usize];
        let is = workspace.declared(block).and_then(|it| it.is);
        let Some(TypeExpr::Named { arguments, .. }) = is.map(|is| &it.bindings().written[is.0 as usize]) else {
            return false;
        };
        let (wanted, given) = match (workspace.tables.impl_types.get(&block), of) {
            (Some(Value::Instance(one, Some(wanted))), Value::Instance(other, Some(given))) if one == other => {
                (wanted, given)
            }
            (Some(Value::Wrapper(one, Some(wanted))), Value::Wrapper(other, Some(given))) if one == other => {
                (wanted, given)
            }
            _ => return false,
        };
        let stated = arguments.iter().zip(wanted.iter().zip(given.iter()));
        stated
            .filter(|(stated, _)| it.type_parameter(**stated).is_none())
            .any(|(_, (wanted, given))| !self.may_be_alike(wanted, given))
    }

    /// Whether two types may be the same, as far as what stands before their arguments goes.
    fn may_be_alike(&self, one: &Value, other: &Value) -> bool {
        let bare = |of: &Value| match of {
            Value::Instance(at, _) => Value::Instance(*at, None),
            Value::Wrapper(name, _) => Value::Wrapper(*name, None),
            of => of.clone(),
        };
        let is_type = |of: &Value| match of {
            Value::Instance(at, _) => self.workspace.symbol(*at).kind != SymbolKind::Trait,
            of => matches!(of, Value::Wrapper(..)),
        };
        match (one, other) {
            // Without a name there are the types without values and `()`.
            (Value::Literal(None), of) | (of, Value::Literal(None)) if is_type(of) => false,
            (one, other) => self.may_be_one(&bare(one), &bare(other)),
        }
    }

    fn may_be_all(&self, some: &Arguments, others: &Arguments) -> bool {
        let (Some(some), Some(others)) = (some, others) else {
            return true;
        };
        let mut pairs = some.iter().zip(others.iter());
        pairs.all(|(one, other)| self.may_be_one(one, other))
    }
}
