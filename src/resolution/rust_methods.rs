//! Whose methods are called in Rust, where several types or traits have one of a name.

use super::linker::Linker;
use super::members::Member;
use super::relation::{Method, SymbolRef};
use super::targets::{MAX_POSSIBLE, Outcome};
use super::value::{Name, Value};
use super::workspace::Workspace;
use crate::extraction::bindings::{Expr, ExprId, Reference, ReferenceKind};
use crate::extraction::{SymbolIdx, SymbolKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

/// How many methods of a name are looked at for those of one trait.
const MAX_NAMED: usize = 64;

/// How many types that dereference to each other are looked at.
const MAX_TARGETS: usize = 4;

impl Linker<'_, '_> {
    /// The members of a value that a reference may mean.
    pub(super) fn value_members(
        &mut self,
        file: u32,
        reference: &Reference,
        (of, value): (ExprId, &Value),
        name: Name,
    ) -> Vec<Member> {
        if !self.is_rust(file) {
            return self.members(value, name, 0);
        }
        let own = self.wrapper_members(file, reference, value, name);
        if !own.is_empty() {
            return own;
        }
        if self.is_pinned_twice(value) && self.is_of_outside_trait(value, name) {
            return Vec::new();
        }
        if reference.kind == ReferenceKind::Call && self.is_forwarded(value, name) {
            return Vec::new();
        }
        let mut members = self.rust_members_of(file, reference, value, name);
        if members.len() > 1 {
            let here = self.of_block(
                file,
                of,
                members.iter().map(|member| member.symbol).collect(),
                reference.within,
            );
            members.retain(|member| here.contains(&member.symbol));
        }
        self.without_itself(file, reference, &mut members);
        members
    }

    /// Takes out the method that a reference stands in where only the trait's own is left then: `(**self).method()` in what is implemented for a
    /// reference to whatever has the trait.
    fn without_itself(&self, file: u32, reference: &Reference, members: &mut Vec<Member>) {
        let workspace = self.workspace;
        let [one, other] = members.as_slice() else { return };
        let is_itself = |at: SymbolRef| at.file == file && Some(at.symbol) == reference.within;
        let is_own = |at: SymbolRef| {
            let container = workspace.container(at);
            container.is_some_and(|at| workspace.symbol(at).kind == SymbolKind::Trait)
        };
        let (one, other) = (one.symbol, other.symbol);
        if is_itself(one) && is_own(other) || is_itself(other) && is_own(one) {
            members.retain(|member| !is_itself(member.symbol));
        }
    }

    /// Whether a value is a pin around a pin, which has traits of the standard library by itself.
    fn is_pinned_twice(&self, value: &Value) -> bool {
        let is_pin = |of: &Value| matches!(of, Value::Wrapper(name, _) if self.workspace.names.text(*name) == "Pin");
        is_pin(value) && matches!(value, Value::Wrapper(_, Some(parts)) if is_pin(&parts[0]))
    }

    /// Whether a pointer of the standard library has a trait by itself that what it points to has (`Hash` of `Box<T>`).
    fn is_forwarded(&mut self, value: &Value, name: Name) -> bool {
        let workspace = self.workspace;
        let is_pointer = |of: Name| matches!(workspace.names.text(of), "Box" | "Arc" | "Rc");
        if !matches!(value, Value::Wrapper(of, _) if is_pointer(*of)) {
            return false;
        }
        let members = self.members(value, name, 0);
        let forwards = self.rules().map(|rules| rules.forwards.as_slice()).unwrap_or_default();
        let is_one = |of: Name| forwards.iter().any(|it| it == workspace.names.text(of));
        let mut traits = members.iter().map(|member| self.implemented_name(member.symbol));
        !members.is_empty() && traits.all(|of| of.is_some_and(is_one))
    }

    /// Whether all members of a name that a value has are implementations of traits from outside.
    fn is_of_outside_trait(&mut self, value: &Value, name: Name) -> bool {
        let members = self.members(value, name, 0);
        members.iter().all(|member| {
            let block = self.workspace.container(member.symbol);
            let block = block.filter(|at| self.workspace.symbol(*at).kind == SymbolKind::Impl);
            block.is_some() && self.given_by(member.symbol).is_none()
        })
    }

    /// Whether nothing is known of what a pin holds: whose methods are called through it is open.
    pub(super) fn is_unknown_pin(&self, value: &Value) -> bool {
        let Value::Wrapper(name, parts) = value else {
            return false;
        };
        let is_known = parts.as_ref().is_some_and(|parts| parts[0] != Value::Unknown);
        self.workspace.names.text(*name) == "Pin" && !is_known
    }

    /// Of several methods by one name those of the block around, where they are called on its own type: it says for which type arguments and
    /// references it is. A method seldom means itself: `(**self).method()` is about another type.
    pub(super) fn of_block(
        &self,
        file: u32,
        of: ExprId,
        symbols: Vec<SymbolRef>,
        within: Option<SymbolIdx>,
    ) -> Vec<SymbolRef> {
        let (Expr::This(Some(around)) | Expr::SelfType(Some(around))) = self.workspace.files[file as usize].expr(of)
        else {
            return symbols;
        };
        let block = SymbolRef { file, symbol: *around };
        let is_here = |at: &SymbolRef| self.workspace.container(*at) == Some(block);
        let is_itself = |at: &SymbolRef| at.file == file && Some(at.symbol) == within;
        let is_told = symbols.len() > 1 && symbols.iter().any(is_here) && !symbols.iter().any(is_itself);
        if !is_told || !self.is_rust(file) {
            return symbols;
        }
        symbols.into_iter().filter(is_here).collect()
    }

    /// Members of a value that may be called on it. A function that takes no receiver hides nothing of what the type dereferences to.
    fn rust_members_of(&mut self, file: u32, reference: &Reference, of: &Value, name: Name) -> Vec<Member> {
        let mut members = self.members(of, name, 0);
        let is_on_value = matches!(
            self.workspace.files[file as usize].expr(reference.target),
            Expr::Member(..)
        );
        if !is_on_value || reference.kind != ReferenceKind::Call {
            return members;
        }
        let mut of = of.clone();
        for _ in 0..MAX_TARGETS {
            let count = members.len();
            members.retain(|member| self.takes_receiver(member.symbol));
            if !members.is_empty() || count == 0 {
                break;
            }
            let Some(target) = self.associated(&of, "Target", 0) else {
                break;
            };
            members = self.members(&target, name, 0);
            of = target;
        }
        members
    }

    pub(super) fn takes_receiver(&self, at: SymbolRef) -> bool {
        let workspace = self.workspace;
        let is_function = matches!(workspace.symbol(at).kind, SymbolKind::Function | SymbolKind::Method);
        !is_function || workspace.declared(at).is_some_and(|it| it.takes_receiver)
    }

    /// What is implemented for a wrapper itself, which hides what its content has.
    fn wrapper_members(&mut self, file: u32, reference: &Reference, of: &Value, name: Name) -> Vec<Member> {
        let Value::Wrapper(outside, _) = of else {
            return Vec::new();
        };
        let is_none = self.workspace.tables.extensions.get((*outside, name)).is_empty();
        // Methods of what is pinned are called through the pin.
        let is_pin = self.workspace.names.text(*outside) == "Pin";
        if is_none || is_pin || self.transparent(of).is_none() {
            return Vec::new();
        }
        let mut members = self.extension(file, Some(reference), *outside, name);
        members.retain(|member| self.is_implemented_for(member.symbol, of));
        members
    }

    /// Whether an implementation for a type from outside is one for such a value: what stands in the brackets may be another type.
    fn is_implemented_for(&mut self, method: SymbolRef, of: &Value) -> bool {
        let workspace = self.workspace;
        let block = workspace.container(method);
        let block = block.filter(|at| workspace.symbol(*at).kind == SymbolKind::Impl);
        let (Some(Value::Wrapper(_, stated)), Value::Wrapper(_, held)) =
            (block.and_then(|at| workspace.tables.impl_types.get(&at)), of)
        else {
            return false;
        };
        let is_trait = |at: &SymbolRef| workspace.symbol(*at).kind == SymbolKind::Trait;
        match (stated.as_ref().map(|it| &it[0]), held.as_ref().map(|it| &it[0])) {
            (Some(Value::Instance(bound, _)), Some(Value::Intersection(held))) if is_trait(bound) => {
                let held = held.clone();
                held.iter().any(|part| self.as_base(part, *bound, 0).is_some())
            }
            (Some(Value::Instance(bound, _)), Some(held)) if is_trait(bound) => {
                self.as_base(&held.clone(), *bound, 0).is_some()
            }
            (Some(Value::Instance(stated, _)), Some(Value::Instance(held, _))) => stated == held,
            (Some(Value::Unknown | Value::Intersection(_)), _) => true,
            (Some(Value::Wrapper(stated, _)), Some(Value::Wrapper(held, _))) => stated == held,
            _ => false,
        }
    }

    /// What a call means that was found to be of the very method it stands in, of a trait and a type from outside: the type's own method of that
    /// name, or that of what the type holds.
    pub(super) fn handed_on(&mut self, file: u32, reference: &Reference, outcome: Outcome) -> Outcome {
        let Outcome::Symbols(symbols, _) = &outcome else {
            return outcome;
        };
        let workspace = self.workspace;
        let within = reference.within.map(|symbol| SymbolRef { file, symbol });
        let (Some(within), [target]) = (within, symbols.as_slice()) else {
            return outcome;
        };
        let of = workspace
            .container(within)
            .and_then(|at| workspace.tables.impl_types.get(&at));
        let is_outside = of.is_some_and(|of| !matches!(of, Value::Instance(..) | Value::Intersection(_)));
        if within != *target || !is_outside {
            return outcome;
        }
        let Some(given_by) = self.given_by(within) else {
            return outcome;
        };
        let holds = |of: &Value| matches!(of, Value::Wrapper(_, Some(parts)) if parts.iter().any(|part| is_bound_by(part, given_by)));
        let own = workspace.tables.members.get((given_by, workspace.name_of(within)));
        let mut own = own.iter().filter(|at| workspace.container(**at) == Some(given_by));
        match own.next().filter(|_| of.is_some_and(holds)) {
            Some(own) => Outcome::Symbols(vec![*own], Method::Trait),
            None => Outcome::External,
        }
    }

    /// The target of a method of a number or a text.
    pub(super) fn literal_target(
        &mut self,
        file: u32,
        reference: &Reference,
        (of, is): (ExprId, Option<Name>),
        name: Name,
    ) -> Option<Outcome> {
        if let Some(is) = is {
            let members = self.given_to_primitive(file, Some(reference), is, name);
            if !members.is_empty() {
                return Some(self.pick(file, reference, members, Method::Typed));
            }
        }
        if self.is_inherent(name) {
            return None;
        }
        if let Some(own) = self.own_implementation(file, reference, of, name) {
            return Some(Outcome::Symbols(vec![own], Method::Self_));
        }
        let (symbol, of_trait) = self.given_to_literals(file, name)?;
        Some(self.implemented(symbol, of_trait))
    }

    /// What traits in scope give to a type of the language, unless it has a method of the name itself. A number whose type is not written is of
    /// any type of its kind that has the method.
    pub(super) fn given_to_primitive(
        &mut self,
        file: u32,
        reference: Option<&Reference>,
        of: Name,
        name: Name,
    ) -> Vec<Member> {
        let text = self.workspace.names.text(name);
        if self.rules().is_none_or(|rules| rules.inherent.contains(text)) {
            return Vec::new();
        }
        let Some(kind) = number_types(self.workspace.names.text(of)) else {
            return self.extension(file, reference, of, name);
        };
        let mut found: Vec<Member> = Vec::new();
        for of in kind.iter().filter_map(|of| self.workspace.names.get(of)) {
            let members = self.extension(file, reference, of, name);
            found.extend(
                members
                    .iter()
                    .filter(|it| !found.contains(it))
                    .copied()
                    .collect::<Vec<_>>(),
            );
        }
        found
    }

    /// The implementations of a method of a trait that only types from outside have.
    pub(super) fn implemented(&mut self, symbol: SymbolRef, of_trait: SymbolRef) -> Outcome {
        let methods = self.workspace.tables.methods.get(self.workspace.name_of(symbol));
        let mut implemented = Vec::new();
        for at in methods.iter().take(MAX_NAMED) {
            if *at != symbol && self.given_by(*at) == Some(of_trait) {
                implemented.push(*at);
            }
        }
        match implemented.len() {
            0 => Outcome::Symbols(vec![symbol], Method::Trait),
            1 => Outcome::Symbols(implemented, Method::Trait),
            2..=MAX_POSSIBLE => Outcome::Possible(implemented),
            _ => Outcome::Possible(Vec::new()),
        }
    }

    /// The method that an implementation for a built-in type has itself, where the receiver is of that type.
    pub(super) fn own_implementation(
        &self,
        file: u32,
        reference: &Reference,
        of: ExprId,
        name: Name,
    ) -> Option<SymbolRef> {
        let workspace = self.workspace;
        let Expr::This(Some(around)) = workspace.files[file as usize].expr(of) else {
            return None;
        };
        let block = SymbolRef { file, symbol: *around };
        let own = workspace.tables.members.get((block, name)).first().copied()?;
        let is_itself = reference.within == Some(own.symbol);
        (workspace.symbol(block).kind == SymbolKind::Impl && !is_itself && self.takes_receiver(own)).then_some(own)
    }

    /// The method that a trait gives to numbers and texts, and the trait: the only one with a method of this name, which no type of the workspace
    /// implements and which the file defines or imports.
    pub(super) fn given_to_literals(&mut self, file: u32, name: Name) -> Option<(SymbolRef, SymbolRef)> {
        let workspace = self.workspace;
        if !self.is_rust(file) || self.is_inherent(name) {
            return None;
        }
        let of_trait = |at: &SymbolRef| {
            let container = workspace.container(*at);
            container.filter(|of| workspace.symbol(*of).kind == SymbolKind::Trait)
        };
        let methods = workspace.tables.methods.get(name).iter();
        let mut given = methods.filter_map(|at| Some((*at, of_trait(at)?)));
        let (symbol, of) = given.next()?;
        let is_only = given.next().is_none() && workspace.tables.heirs.get(of).is_empty();
        (is_only && self.is_imported(file, of)).then_some((symbol, of))
    }

    /// Whether numbers and texts have a method of that name themselves.
    fn is_inherent(&self, name: Name) -> bool {
        let text = self.workspace.names.text(name);
        self.rules()
            .is_none_or(|rules| rules.inherent.contains(text) || rules.methods.contains_key(text))
    }
}

/// The types that a number may be of whose type is not written.
pub(super) fn number_types(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "(integer)" => Some(&[
            "i32", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i64", "i128", "isize",
        ]),
        "(float)" => Some(&["f64", "f32"]),
        _ => None,
    }
}

impl Workspace<'_> {
    /// Types from outside and the names of methods given to them that call what these types have by the same name (`Event::record(self)`,
    /// `self.record()`), which comes before them.
    pub(super) fn hidden_by_own(&self, for_name: &FxHashMap<SymbolRef, Name>) -> FxHashSet<(Name, Name)> {
        let mut linker = self.linker();
        let files: BTreeSet<u32> = for_name.keys().map(|at| at.file).collect();
        let mut found = FxHashSet::default();
        for file in files {
            let it = &self.files[file as usize];
            linker.begin(file);
            for reference in &it.bindings().references {
                let Some(symbol) = reference.within else { continue };
                let within = SymbolRef { file, symbol };
                let Some(of) = self.container(within).and_then(|at| for_name.get(&at)) else {
                    continue;
                };
                let path = match it.expr(reference.target) {
                    Expr::Given { call, .. } => it.expr(*call),
                    path => path,
                };
                let is_type = |head: &ExprId| match it.expr(*head) {
                    Expr::SelfType(_) => true,
                    // It is said to be a trait's.
                    Expr::Narrowed { .. } => false,
                    _ => linker.last_name(file, *head) == Some(*of),
                };
                // A method that calls itself on its receiver would never end.
                let is_receiver = |head: &ExprId| {
                    let held = Value::Wrapper(*of, Some([Value::Unknown].into()));
                    matches!(it.expr(*head), Expr::This(_)) && linker.transparent(&held).is_none()
                };
                let is_same = reference.kind == ReferenceKind::Call && it.name(reference.name) == self.name_of(within);
                let is_own = match path {
                    Expr::Path(head, _) => is_type(head),
                    Expr::Member(of, _) => is_receiver(of),
                    _ => false,
                };
                if is_same && is_own {
                    found.insert((*of, self.name_of(within)));
                }
            }
        }
        found
    }
}

/// Whether a value is of whatever has a trait.
pub(super) fn is_bound_by(of: &Value, given_by: SymbolRef) -> bool {
    match of {
        Value::Instance(at, _) => *at == given_by,
        Value::Intersection(parts) => parts.iter().any(|part| is_bound_by(part, given_by)),
        _ => false,
    }
}
