//! Expressions to values: where the type of a receiver comes from.

use super::linker::{Key, Linker};
use super::relation::SymbolRef;
use super::standard::agreed;
use super::types::{one_of, union};
use super::value::{Found, Name, Value};
use crate::extraction::bindings::conventions::{Conventions, ModuleRule, PackageUnit};
use crate::extraction::bindings::{Expr, ExprId};
use crate::extraction::{SymbolIdx, SymbolKind};

impl Linker<'_, '_> {
    /// The value of an expression of a file.
    pub(super) fn evaluate(&mut self, file: u32, id: ExprId, depth: u32) -> Value {
        if self.too_deep(depth) {
            return Value::Unknown;
        }
        if let Some(known) = self.remembered(file, id) {
            return known;
        }
        let before = std::mem::replace(&mut self.inferred, false);
        let value = self.compute(file, id, depth + 1);
        self.remember(file, id, &value);
        self.inferred |= before;
        value
    }

    fn compute(&mut self, file: u32, id: ExprId, depth: u32) -> Value {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        match it.expr(id) {
            Expr::Unknown => Value::Unknown,
            Expr::Dotted(path) => workspace.module_with(*path).map(Value::Module).unwrap_or_default(),
            Expr::Keyed(of, key) => match workspace.name_with(*key) {
                Some(name) => {
                    let value = self.evaluate(file, *of, depth);
                    match self.member_or_outside(&value, name, depth) {
                        // The path that goes on is told by itself.
                        Value::Module(module) if workspace.is_at(module, it.expr(*of), name) => Value::Unknown,
                        value => value,
                    }
                }
                None => Value::Unknown,
            },
            Expr::Literal => Value::Literal(None),
            Expr::Local(local) => self.local_value(file, *local, depth),
            Expr::Symbol(_) | Expr::Import(_) | Expr::Name { .. } => self.named_value(file, id, depth),
            Expr::This(around) => self.this_value(file, *around, depth),
            Expr::Super(around) => self.super_value(file, *around),
            Expr::SelfType(around) => match self.self_type(file, *around, None, depth) {
                Value::Instance(of, None) => Value::Item(of),
                value => value,
            },
            Expr::Member(of, name) => {
                let of = self.evaluate(file, *of, depth);
                self.member_or_outside(&of, it.name(*name), depth)
            }
            Expr::Path(of, name) => self.path_value(file, id, *of, it.name(*name), depth),
            Expr::Call(callee, closure) => self.call(file, *callee, *closure, depth),
            Expr::Construct(of) => self.construct(file, *of, depth),
            Expr::Await(of) => {
                let of = self.evaluate(file, *of, depth);
                self.awaited(file, of, depth)
            }
            Expr::Unwrap(of) => {
                let of = self.evaluate(file, *of, depth);
                let unwraps = |rules: &Conventions, name: &str| {
                    name.ends_with("Result") || rules.unwraps.iter().any(|it| it == name)
                };
                self.first_argument_if(&of, unwraps).unwrap_or_default()
            }
            Expr::UnwrapError(of) => match self.evaluate(file, *of, depth) {
                Value::Wrapper(_, Some(values)) if values.len() == 2 => values[1].clone(),
                _ => Value::Unknown,
            },
            Expr::Index(of) => self.index_value(file, *of, depth),
            Expr::Slice(of) => self.slice_value(file, *of, depth),
            Expr::Deref(of) => self.dereferenced(file, *of, depth),
            Expr::Element(of) => self.element_value(file, *of, depth),
            Expr::Typed(of) => self.written(file, *of, None, depth),
            Expr::Either(parts) => self.either(file, parts, depth),
            Expr::Inherited { member, or } => {
                let meant = self.inherited(file, *member, *or, depth);
                self.evaluate(file, meant, depth)
            }
            Expr::Assigned(parts) => self.assigned(file, parts, depth),
            Expr::Narrowed { of, to, is } => self.checked(file, (*of, *to), *is, depth),
            Expr::Given { call, first } => self.given(file, *call, *first, depth),
            Expr::Instantiated(call, types) => self.instantiated(file, *call, types, depth),
            Expr::Function(function) => Value::Function {
                file,
                function: *function,
                receiver: None,
            },
            Expr::Object(object) => Value::Object { file, object: *object },
            Expr::Array(first) => {
                let first = first.map(|first| self.evaluate(file, first, depth)).unwrap_or_default();
                self.wrapper("Array", vec![first])
            }
            Expr::Tuple(parts) => {
                let parts = parts.iter().map(|part| self.evaluate(file, *part, depth)).collect();
                self.wrapper("(tuple)", parts)
            }
            Expr::TupleField(of, at) => {
                let of = self.evaluate(file, *of, depth);
                self.position(&of, usize::from(*at), depth)
            }
            Expr::Positional { path, at } => self.positional(file, *path, *at, depth),
            Expr::Argument { callee, at } => self.argument(file, *callee, *at, None, depth),
            Expr::ArgumentAfter { callee, at, first } => self.argument(file, *callee, *at, Some(*first), depth),
            Expr::Labelled { callee, given, at } => self.argument_labelled(file, *callee, given, *at, depth),
            Expr::Parameter(of, at) => self.parameter(file, *of, *at, depth),
            Expr::Module(specifier) => match self.node_module(file, it.name(*specifier)) {
                Some(module) => self.node_whole(module),
                None => Value::External,
            },
        }
    }

    /// What awaiting a value gives.
    fn awaited(&mut self, file: u32, of: Value, depth: u32) -> Value {
        if let Some(value) = self.first_argument_if(&of, |rules, name| rules.awaits.iter().any(|it| it == name)) {
            return value;
        }
        if !self.is_rust(file) || !matches!(of, Value::Instance(..)) {
            return of;
        }
        let awaits = self.rules().map(|rules| rules.awaits.as_slice()).unwrap_or_default();
        let mut outputs = awaits
            .iter()
            .filter_map(|it| self.associated_in(&of, it, "Output", depth));
        outputs.next().unwrap_or(of)
    }

    fn named_value(&mut self, file: u32, id: ExprId, depth: u32) -> Value {
        let found = self.found(file, id, false, depth);
        if found == Found::Nothing && self.may_be_member(file, id) {
            return Value::Unknown;
        }
        if matches!(found, Found::Nothing | Found::External) {
            return self.last_name(file, id).map_or(Value::External, Value::Type);
        }
        self.value_of_found(&found, depth)
    }

    /// Whether a name that nothing defines may be a member from a base outside, of whose type nobody knows.
    fn may_be_member(&self, file: u32, id: ExprId) -> bool {
        let it = &self.workspace.files[file as usize];
        let Expr::Name { name, .. } = it.expr(id) else {
            return false;
        };
        let text = self.workspace.names.text(it.name(*name));
        it.conventions.is_some_and(|it| it.receiver_is_implied) && text.starts_with(char::is_lowercase)
    }

    fn super_value(&self, file: u32, around: Option<SymbolIdx>) -> Value {
        let Some(symbol) = around else { return Value::Unknown };
        let bases = self.workspace.tables.bases.get(SymbolRef { file, symbol });
        let mut of = bases.iter().map(|base| base.of.clone());
        match self.workspace.files[file as usize].rule() {
            ModuleRule::Package => first_of(of.collect()),
            _ => of.next().unwrap_or_default(),
        }
    }

    fn index_value(&mut self, file: u32, of: ExprId, depth: u32) -> Value {
        let of = self.evaluate(file, of, depth);
        let of = self.underlying(of, depth);
        let of = self.managed_set(of);
        let is_pointed_to = || self.rules().is_some_and(|rules| rules.indexes.contains_key("*"));
        match of {
            Value::Instance(..) if is_pointed_to() => of,
            Value::Wrapper(..) => self.argument_by(&of, |rules, name| rules.indexes.get(name).copied()),
            Value::Instance(..) if self.is_rust(file) => self.indexed(&of, depth),
            _ => self.any_member(&of, depth).unwrap_or_default(),
        }
    }

    /// A part of a list is a list. A type of the workspace says what its parts are.
    fn slice_value(&mut self, file: u32, of: ExprId, depth: u32) -> Value {
        let of = self.evaluate(file, of, depth);
        if !matches!(of, Value::Instance(..) | Value::Union(_) | Value::Intersection(_)) || self.is_managed(&of) {
            return of;
        }
        let index = self.rules().map(|rules| rules.index.as_slice());
        let said = match index {
            Some([of_trait, name]) => self.associated_in(&of, of_trait, name, depth),
            _ => None,
        };
        let target = |linker: &mut Self| linker.associated(&of, "Target", depth);
        said.or_else(|| target(self).filter(|target| matches!(target, Value::Wrapper(..))))
            .unwrap_or_default()
    }

    /// What a value refers to by its type; itself where its type refers to nothing.
    fn dereferenced(&mut self, file: u32, of: ExprId, depth: u32) -> Value {
        let value = self.evaluate(file, of, depth);
        let Value::Instance(at, _) = &value else {
            return self.transparent(&value).unwrap_or(value);
        };
        let workspace = self.workspace;
        let target = workspace.names.get("Target");
        let named = target.map(|name| workspace.tables.members.get((*at, name)));
        let is_type = |it: &SymbolRef| workspace.symbol(*it).kind == SymbolKind::AssociatedType;
        if !named.is_some_and(|all| all.iter().any(is_type)) {
            return value;
        }
        self.associated(&value, "Target", depth).unwrap_or_default()
    }

    /// What going over a value gives, one after the other.
    fn element_value(&mut self, file: u32, of: ExprId, depth: u32) -> Value {
        let of = self.evaluate(file, of, depth);
        if self.is_rust(file) {
            return self.item_of(&of, depth);
        }
        if let Some(item) = self.associated(&of, "Item", depth) {
            return item;
        }
        let of = self.underlying(of, depth);
        let of = self.iterator_of(file, of, depth);
        let of = self.managed_set(of);
        self.element(&of)
    }

    /// What branches give: that of the first of which something is known.
    fn either(&mut self, file: u32, parts: &[ExprId], depth: u32) -> Value {
        let parts = parts.iter().take(16);
        let values: Vec<Value> = parts.map(|part| self.evaluate(file, *part, depth)).collect();
        if self.choices_differ(file) {
            return self.known_of(values, depth);
        }
        let is_literal = |it: &Value| matches!(it, Value::Literal(_) | Value::External);
        if self.is_rust(file) && values.iter().all(is_literal) {
            return values.into_iter().next_back().unwrap_or_default();
        }
        values.into_iter().find(Value::is_known).unwrap_or_default()
    }

    /// Whether what is one of several values has the members of all of them.
    pub(super) fn choices_differ(&self, file: u32) -> bool {
        let conventions = self.workspace.files[file as usize].conventions;
        conventions.is_some_and(|it| it.choices_differ)
    }

    /// What is left of a value behind a check against a type.
    fn checked(&mut self, file: u32, (of, to): (ExprId, ExprId), is: bool, depth: u32) -> Value {
        let of = self.evaluate(file, of, depth);
        if self.is_rust(file) {
            return of;
        }
        let to = match self.workspace.files[file as usize].expr(to) {
            Expr::Argument { callee, at } => return self.guarded_by(file, *callee, *at, of, is, depth),
            Expr::Tuple(parts) if parts.iter().any(|part| self.may_be_guard(file, *part)) => {
                let each = parts.iter().map(|part| self.checked_as(file, *part, &of, is, depth));
                return one_of(each.collect());
            }
            Expr::Tuple(parts) => union(parts.iter().map(|part| self.construct(file, *part, depth)).collect()),
            _ => self.construct(file, to, depth),
        };
        self.narrowed(&of, &to, is)
    }

    fn may_be_guard(&self, file: u32, to: ExprId) -> bool {
        matches!(self.workspace.files[file as usize].expr(to), Expr::Argument { .. })
    }

    /// A value as one of several checks finds it.
    fn checked_as(&mut self, file: u32, to: ExprId, of: &Value, is: bool, depth: u32) -> Value {
        match self.workspace.files[file as usize].expr(to) {
            Expr::Argument { callee, at } => self.guarded_by(file, *callee, *at, of.clone(), is, depth),
            _ => {
                let to = self.construct(file, to, depth);
                self.narrowed(of, &to, is)
            }
        }
    }

    pub(super) fn positional(&mut self, file: u32, path: ExprId, at: u8, depth: u32) -> Value {
        let found = self.found(file, path, true, depth);
        match self.symbols_of(found).first() {
            Some(symbol) => self.parameter_of(*symbol, at, None, depth),
            None => Value::Unknown,
        }
    }

    fn local_value(&mut self, file: u32, local: u32, depth: u32) -> Value {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize].bindings().locals[local as usize];
        if let Some(declared) = it.declared {
            return self.written(file, declared, None, depth);
        }
        let Some(value) = it.value else { return Value::Unknown };
        self.guarded(Key::Local(file, local), |linker| linker.evaluate(file, value, depth))
    }

    pub(super) fn this_value(&mut self, file: u32, around: Option<SymbolIdx>, depth: u32) -> Value {
        let Some(symbol) = around else { return Value::Unknown };
        let at = SymbolRef { file, symbol };
        let kind = self.workspace.symbol(at).kind;
        // A method that stands apart from its type.
        if let Some(of) = self.workspace.tables.impl_types.get(&at).filter(|_| kind.is_callable()) {
            return of.clone();
        }
        match kind {
            SymbolKind::Impl => self.self_type(file, around, None, depth),
            SymbolKind::Constant | SymbolKind::Variable | SymbolKind::Property | SymbolKind::Field => {
                self.this_in_object(at, depth)
            }
            _ => self.with_asked(Value::Instance(at, None), at, depth),
        }
    }

    /// The receiver in an object literal: of the type that is written for the object, or else the object itself.
    fn this_in_object(&mut self, at: SymbolRef, depth: u32) -> Value {
        let workspace = self.workspace;
        let it = &workspace.files[at.file as usize];
        let declared = workspace.declared(at).filter(|_| it.rule() == ModuleRule::Node);
        let written = declared.and_then(|declared| match it.expr(declared.value?) {
            Expr::Typed(of) => Some(*of),
            Expr::Object(_) => declared.is,
            _ => None,
        });
        let of = written.map(|of| self.written(at.file, of, None, depth + 1));
        let tells = |of: &Value| matches!(of, Value::Instance(..) | Value::Intersection(_) | Value::Union(_));
        of.filter(tells).unwrap_or(Value::Item(at))
    }

    /// The value of a symbol itself.
    pub(super) fn symbol_value(&mut self, at: SymbolRef, receiver: Option<&Value>, depth: u32) -> Value {
        use SymbolKind::{Constant, EnumMember, Field, Getter, Module, Property, Setter, TypeAlias, Variable};
        if self.too_deep(depth) {
            return Value::Unknown;
        }
        let workspace = self.workspace;
        let Some(declared) = workspace.declared(at) else {
            return Value::Unknown;
        };
        match workspace.symbol(at).kind {
            Module => workspace
                .modules
                .inline
                .get(&at)
                .map_or(Value::Unknown, |module| Value::Module(*module)),
            TypeAlias => match self.instance(at, None, None, depth + 1) {
                Value::Instance(of, _) => Value::Item(of),
                _ => Value::Item(at),
            },
            EnumMember => workspace
                .container(at)
                .map_or(Value::Unknown, |of| Value::Instance(of, None)),
            Getter => self.got(at, receiver, depth + 1),
            Setter => Value::Unknown,
            Constant | Variable | Field | Property => {
                if let Some(is) = declared.is {
                    return self.written(at.file, is, receiver, depth + 1);
                }
                let Some(value) = declared.value else {
                    return Value::Unknown;
                };
                if matches!(
                    workspace.files[at.file as usize].expr(value),
                    Expr::Function(_) | Expr::Object(_)
                ) {
                    return Value::Item(at);
                }
                self.guarded(Key::Value(at), |linker| linker.evaluate(at.file, value, depth + 1))
            }
            _ => Value::Item(at),
        }
    }

    pub(super) fn member_or_outside(&mut self, of: &Value, name: Name, depth: u32) -> Value {
        let member = self.member_value(of, name, depth);
        if let Some(managed) = self.managed(of, name, member.as_ref().map(|(value, _)| value)) {
            return managed;
        }
        if let Some((value, _)) = member {
            // What a view has may be pinned.
            let is_view = matches!(of, Value::Wrapper(of, _) if self.workspace.names.text(*of) == "(view)");
            return if is_view {
                self.wrapper("Pin", vec![value])
            } else {
                value
            };
        }
        match of {
            Value::Wrapper(..) => self.held_field(of, name, depth).unwrap_or(Value::External),
            Value::External | Value::Literal(_) | Value::Type(_) => Value::External,
            _ => Value::Unknown,
        }
    }

    fn path_value(&mut self, file: u32, id: ExprId, of: ExprId, name: Name, depth: u32) -> Value {
        let found = self.found(file, id, false, depth);
        if found != Found::Nothing && found != Found::External {
            return self.value_of_found(&found, depth);
        }
        let of = self.evaluate(file, of, depth);
        self.member_or_outside(&of, name, depth)
    }

    /// A type that an instance's traits make it name (`Item`, `Target`).
    pub(super) fn associated(&mut self, of: &Value, name: &str, depth: u32) -> Option<Value> {
        let Value::Instance(at, _) = of else { return None };
        let workspace = self.workspace;
        let found = workspace.tables.members.get((*at, workspace.names.get(name)?));
        let found = self.for_arguments_of(of, found);
        let is_type = |it: &&SymbolRef| workspace.symbol(**it).kind == SymbolKind::AssociatedType;
        let values = found
            .iter()
            .filter(is_type)
            .map(|it| self.instance(*it, None, Some(of), depth));
        agreed(values.collect())
    }

    /// What an index of a value of Rust leads to, by the trait for that, or in what the value dereferences to.
    fn indexed(&mut self, of: &Value, depth: u32) -> Value {
        let Some([of_trait, name]) = self.rules().map(|rules| rules.index.as_slice()) else {
            return Value::Unknown;
        };
        if let Some(value) = self.associated_in(of, of_trait, name, depth) {
            return value;
        }
        match self.associated(of, "Target", depth) {
            Some(target @ Value::Wrapper(..)) => {
                self.argument_by(&target, |rules, name| rules.indexes.get(name).copied())
            }
            Some(target @ Value::Instance(..)) if target != *of => self.indexed(&target, depth + 1),
            _ => Value::Unknown,
        }
    }

    fn position(&mut self, of: &Value, at: usize, depth: u32) -> Value {
        match of {
            Value::Wrapper(name, Some(values)) => match self.workspace.names.text(*name) {
                "(tuple)" => values.get(at).cloned().unwrap_or_default(),
                _ if self.takes_single_values() => only_first(of, at),
                _ if matches!(self.transparent(of), Some(Value::Instance(..) | Value::Intersection(_))) => {
                    self.position(&values[0].clone(), at, depth)
                }
                _ => self.element(of),
            },
            Value::Instance(..) if self.takes_single_values() => only_first(of, at),
            Value::Instance(symbol, _) if self.workspace.files[symbol.file as usize].rule() != ModuleRule::Node => {
                self.parameter_of(*symbol, at.min(255) as u8, Some(of), depth)
            }
            // A type and what stands for its parameters.
            Value::Intersection(parts) => {
                let has_fields = |at: &SymbolRef| {
                    let is_type = self.workspace.symbol(*at).kind == SymbolKind::Struct;
                    is_type && self.workspace.files[at.file as usize].rule() == ModuleRule::Rust
                };
                let mut types = parts.iter().filter_map(|part| match part {
                    Value::Instance(of, _) => Some(*of).filter(has_fields),
                    _ => None,
                });
                match types.next() {
                    Some(symbol) => self.parameter_of(symbol, at.min(255) as u8, Some(of), depth),
                    None => Value::Unknown,
                }
            }
            _ => Value::Unknown,
        }
    }

    /// Whether a place for several values may be given one, which then is the first (`value, found := table[key]`).
    fn takes_single_values(&self) -> bool {
        self.rules()
            .is_some_and(|rules| rules.packages.unit == PackageUnit::Folder && rules.modules == ModuleRule::Package)
    }

    /// The list behind a type that is a list with methods of its own (`type Pages []*Page`).
    fn underlying(&mut self, of: Value, depth: u32) -> Value {
        let Value::Instance(at, _) = &of else { return of };
        let is = self.workspace.declared(*at).and_then(|declared| declared.is);
        let is_named = self.workspace.symbol(*at).kind == SymbolKind::Class && self.takes_single_values();
        match is
            .filter(|_| is_named)
            .map(|is| self.written(at.file, is, Some(&of), depth))
        {
            Some(list @ Value::Wrapper(..)) => list,
            _ => of,
        }
    }

    /// What an instance gives to whoever goes over it.
    fn iterator_of(&mut self, file: u32, of: Value, depth: u32) -> Value {
        let conventions = self.workspace.files[file as usize].conventions;
        let method = conventions.and_then(|rules| self.workspace.names.get(&rules.iterator));
        match (&of, method) {
            (Value::Instance(..), Some(method)) => self.method_result(file, &of, method, None, depth),
            _ => of,
        }
    }

    pub(super) fn element(&mut self, of: &Value) -> Value {
        let by_type = self.rules().and_then(|rules| rules.methods.get("@iterator"));
        let shape = by_type.and_then(|by_type| match of {
            Value::Wrapper(name, Some(_)) => by_type.get(self.workspace.names.text(*name)),
            _ => None,
        });
        let entries = shape.map(|shape| self.shaped(shape, of, &Value::Unknown, 0));
        let of = entries.as_ref().unwrap_or(of);
        self.argument_by(of, |rules, name| rules.elements.get(name).copied())
    }

    pub(super) fn first_argument_if(&self, of: &Value, test: impl Fn(&Conventions, &str) -> bool) -> Option<Value> {
        let Value::Wrapper(name, values) = of else { return None };
        let fits = self
            .rules()
            .is_some_and(|rules| test(rules, self.workspace.names.text(*name)));
        fits.then(|| {
            values
                .as_ref()
                .and_then(|values| values.first())
                .cloned()
                .unwrap_or_default()
        })
    }

    fn argument_by(&self, of: &Value, position: impl Fn(&Conventions, &str) -> Option<usize>) -> Value {
        let Value::Wrapper(name, Some(values)) = of else {
            return Value::Unknown;
        };
        let text = self.workspace.names.text(*name);
        if let Some(inner) = self.transparent(of) {
            return self.argument_by(&inner, position);
        }
        let at = self.rules().and_then(|rules| position(rules, text));
        at.and_then(|at| values.get(at)).cloned().unwrap_or_default()
    }
}

fn only_first(of: &Value, at: usize) -> Value {
    if at == 0 { of.clone() } else { Value::Unknown }
}

/// Several bases, of which the first that has a member counts.
fn first_of(mut bases: Vec<Value>) -> Value {
    match bases.len() {
        0 => Value::Unknown,
        1 => bases.swap_remove(0),
        _ => Value::Intersection(bases.into()),
    }
}
