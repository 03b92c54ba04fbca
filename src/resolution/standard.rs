//! What values are as far as the standard library of Rust goes: what its functions give back, and what can be gone over.

use super::linker::Linker;
use super::types::{one_of, union};
use super::value::{Found, Name, Value};
use crate::extraction::SymbolKind;
use crate::extraction::bindings::conventions::{ModuleRule, Shape};
use crate::extraction::bindings::{Expr, ExprId, TypeExpr};
use rustc_hash::FxHashMap;

/// The type of what `thread_local!` defines.
const THREAD_LOCAL: &str = "LocalKey";

/// How many traits above each other are looked at.
const MAX_BASES: u32 = 4;

impl Linker<'_, '_> {
    pub(super) fn is_rust(&self, file: u32) -> bool {
        self.workspace.files[file as usize].rule() == ModuleRule::Rust
    }

    /// What a method is called on. A constant of a type without the method may stand in `thread_local!`, where it has methods of its own.
    pub(super) fn receiver_of(&mut self, file: u32, of: ExprId, name: Name, depth: u32) -> Value {
        let value = self.evaluate(file, of, depth);
        let workspace = self.workspace;
        let takes = |by_type: &FxHashMap<String, Vec<Shape>>| by_type.contains_key(THREAD_LOCAL);
        let callbacks = self.rules().map(|rules| &rules.callbacks);
        let is_one = callbacks
            .and_then(|it| it.get(workspace.names.text(name)))
            .is_some_and(takes);
        if !is_one || !self.is_rust(file) || self.standard_method(&value, name).is_some() {
            return value;
        }
        let found = self.found(file, of, false, depth);
        let is_constant =
            matches!(self.symbols_of(found)[..], [at] if workspace.symbol(at).kind == SymbolKind::Constant);
        if !is_constant || !self.members(&value, name, depth).is_empty() {
            return value;
        }
        self.wrapper(THREAD_LOCAL, vec![value])
    }

    /// The types from outside that a value is, has the traits of, or leads to.
    pub(super) fn standard_parts(&mut self, of: &Value, depth: u32) -> Vec<Value> {
        let mut found = Vec::new();
        self.add_standard_parts(of, 0, depth, &mut found);
        found
    }

    fn add_standard_parts(&mut self, of: &Value, level: u32, depth: u32, found: &mut Vec<Value>) {
        if self.too_deep(depth) || level > MAX_BASES {
            return;
        }
        match of {
            Value::Wrapper(..) if !found.contains(of) => found.push(of.clone()),
            Value::Intersection(parts) => {
                let item = self.bound_item(of, depth);
                for part in parts.iter() {
                    let part = self.with_item(part, item.as_ref());
                    self.add_standard_parts(&part, level + 1, depth, found);
                }
            }
            Value::Instance(at, _) => {
                let bases = self.workspace.tables.bases.get(*at).iter();
                let bases: Vec<Value> = bases.map(|base| base.of.clone()).collect();
                let item = self.associated(of, "Item", depth + 1);
                for base in &bases {
                    let is_trait = matches!(base, Value::Instance(base, _) if self.workspace.symbol(*base).kind == SymbolKind::Trait);
                    if is_trait || matches!(base, Value::Wrapper(..) | Value::Intersection(_)) {
                        let base = self.with_item(base, item.as_ref());
                        self.add_standard_parts(&base, level + 1, depth, found);
                    }
                }
                if let Some(target @ Value::Wrapper(..)) = self.associated(of, "Target", depth + 1) {
                    self.add_standard_parts(&target, level + 1, depth, found);
                }
            }
            _ => {}
        }
    }

    /// A trait from outside that says what it gives only elsewhere.
    fn with_item(&self, of: &Value, item: Option<&Value>) -> Value {
        match (of, item) {
            (Value::Wrapper(name, None), Some(item)) if self.gives_elements(*name) => {
                Value::Wrapper(*name, Some(vec![item.clone()].into()))
            }
            _ => of.clone(),
        }
    }

    fn gives_elements(&self, name: Name) -> bool {
        let text = self.workspace.names.text(name);
        self.rules().is_some_and(|rules| rules.elements.contains_key(text))
    }

    /// The bound of what a type parameter gives to whoever goes over it (`T::Item: Bound`).
    fn bound_item(&mut self, of: &Value, depth: u32) -> Option<Value> {
        let name = self.workspace.names.get("Item")?;
        self.bound_member(of, name, depth)
    }

    /// The bound of a type that a type parameter names.
    pub(super) fn bound_member(&mut self, of: &Value, name: Name, depth: u32) -> Option<Value> {
        match of {
            Value::Object { .. } => self.member_value(of, name, depth + 1).map(|(value, _)| value),
            Value::Intersection(parts) => parts.iter().find_map(|part| self.bound_member(part, name, depth + 1)),
            _ => None,
        }
    }

    /// What a value gives to whoever goes over it.
    pub(super) fn item_of(&mut self, of: &Value, depth: u32) -> Value {
        if self.too_deep(depth) {
            return Value::Unknown;
        }
        if let Value::Union(parts) = of {
            let each = parts.iter().map(|part| self.item_of(part, depth + 1));
            return one_of(each.collect());
        }
        if let Some(item) = self.associated(of, "Item", depth) {
            return item;
        }
        for part in self.standard_parts(of, depth) {
            let entered = self.rules().and_then(|rules| rules.methods.get("into_iter"));
            let shape = match &part {
                Value::Wrapper(name, _) => entered.and_then(|by_type| by_type.get(self.workspace.names.text(*name))),
                _ => None,
            };
            let entered = shape.map(|shape| self.shaped(shape, &part, &Value::Unknown, depth));
            let item = self.element(entered.as_ref().unwrap_or(&part));
            if item.is_known() {
                return item;
            }
            if let Some(inner) = self.transparent(&part) {
                return self.item_of(&inner, depth + 1);
            }
        }
        Value::Unknown
    }

    /// What a standard method of a type itself gives back, and not one that every type has.
    pub(super) fn own_standard_method(&self, of: &Value, name: Name) -> Option<&'static Shape> {
        let Value::Wrapper(wrapper, _) = of else { return None };
        let by_type = self.rules()?.methods.get(self.workspace.names.text(name))?;
        by_type.get(self.workspace.names.text(*wrapper))
    }

    /// A type from outside that gives what its first argument does (`Peekable<I>`), as an iterator.
    pub(super) fn adapted(&mut self, of: Value, depth: u32) -> Value {
        let Value::Wrapper(name, Some(values)) = &of else {
            return of;
        };
        let text = self.workspace.names.text(*name);
        let is_adaptor = self
            .rules()
            .is_some_and(|rules| rules.adaptors.iter().any(|it| it == text));
        if !is_adaptor {
            return of;
        }
        let item = self.item_of(&values[0].clone(), depth + 1);
        self.wrapper("Iter", vec![item])
    }

    /// What a function from outside gives back that is told by its first argument (`Some(x)`, `Box::new(x)`).
    pub(super) fn standard_function(&mut self, file: u32, callee: ExprId, first: ExprId, depth: u32) -> Option<Value> {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let (of, name) = match it.expr(callee) {
            Expr::Name { name, .. } => ("-", it.name(*name)),
            Expr::Path(of, name) => (workspace.names.text(self.last_name(file, *of)?), it.name(*name)),
            _ => return None,
        };
        let shape = self.rules()?.functions.get(workspace.names.text(name))?.get(of)?;
        if !matches!(self.found(file, callee, false, depth), Found::Nothing | Found::External) {
            return None;
        }
        let value = self.evaluate(file, first, depth);
        let given = self.wrapper("(tuple)", vec![value]);
        Some(self.shaped(shape, &given, &Value::Unknown, depth))
    }

    /// What an instance's traits make it name, in the implementation of one trait.
    pub(super) fn associated_in(&mut self, of: &Value, of_trait: &str, name: &str, depth: u32) -> Option<Value> {
        let Value::Instance(at, _) = of else { return None };
        let workspace = self.workspace;
        let found = workspace.tables.members.get((*at, workspace.names.get(name)?));
        let mut values = Vec::new();
        for it in self.for_arguments_of(of, found) {
            let is_type = workspace.symbol(it).kind == SymbolKind::AssociatedType;
            let Some(container) = workspace.container(it).filter(|_| is_type) else {
                continue;
            };
            let implements = workspace.declared(container).and_then(|it| it.implements.first());
            let bindings = workspace.files[container.file as usize].bindings();
            let path = implements.and_then(|of| match &bindings.written[of.0 as usize] {
                TypeExpr::Named { path, .. } => self.last_name(container.file, *path),
                _ => None,
            });
            if path.is_some_and(|path| workspace.names.text(path) == of_trait) {
                values.push(self.instance(it, None, Some(of), depth + 1));
            }
        }
        agreed(values)
    }

    /// A type that a value's traits name: as its type says, or as it is bounded.
    pub(super) fn projected(&mut self, of: &Value, name: Name, depth: u32) -> Value {
        let members = self.members(of, name, depth + 1);
        let mut values = Vec::new();
        for member in members {
            match self.workspace.symbol(member.symbol).kind {
                SymbolKind::AssociatedType => values.push(self.instance(member.symbol, None, Some(of), depth + 1)),
                // A pattern (`Self::Variant { field }`) is about the fields of a variant.
                SymbolKind::EnumMember => return Value::Instance(member.symbol, None),
                _ => {}
            }
        }
        values.retain(|value| *value != Value::Unknown);
        let by_type = agreed(values).unwrap_or_default();
        let by_bound = self.bound_member(of, name, depth + 1).unwrap_or_default();
        match (by_type.is_known(), by_bound.is_known()) {
            (true, true) if by_type != by_bound => Value::Intersection([by_bound, by_type].into()),
            (_, true) => by_bound,
            (true, _) => by_type,
            _ => self.projected_outside(of, name, depth),
        }
    }

    /// What a type from outside names by a trait from outside.
    fn projected_outside(&mut self, of: &Value, name: Name, depth: u32) -> Value {
        match self.workspace.names.text(name) {
            "Item" => self.item_of(of, depth + 1),
            "Target" => self.transparent(of).unwrap_or_default(),
            "Output" => {
                let parts = self.standard_parts(of, depth + 1);
                let awaited = |linker: &Self, part: &Value| {
                    linker.first_argument_if(part, |rules, name| rules.awaits.iter().any(|it| it == name))
                };
                parts.iter().find_map(|part| awaited(self, part)).unwrap_or_default()
            }
            _ => Value::Unknown,
        }
    }

    /// The trait that extends a type from outside: the type itself, what it implements, and everything.
    pub(super) fn extended_as(&mut self, of: &Value, depth: u32) -> Vec<Name> {
        let parts = self.standard_parts(of, depth);
        let mut names = Vec::new();
        let implements = |linker: &Self, name: Name| {
            let text = linker.workspace.names.text(name);
            let of = linker.rules()?.implements.get(text)?;
            linker.workspace.names.get(of)
        };
        for part in &parts {
            if let Value::Wrapper(name, _) = part {
                names.push(*name);
                names.extend(implements(self, *name));
            }
        }
        let is_function = match of {
            Value::Item(at) => self.workspace.symbol(*at).kind.is_callable(),
            of => matches!(of, Value::Function { .. }),
        };
        names.extend(self.workspace.names.get("(function)").filter(|_| is_function));
        names.extend(self.workspace.names.get("*"));
        names
    }

    /// A type that a call states, where what it leaves open is what a receiver gives (`collect::<Vec<_>>()`).
    pub(super) fn filled(&mut self, written: Value, item: &Value) -> Value {
        let (name, values) = match &written {
            Value::Wrapper(name, Some(values)) => (name, values),
            Value::Wrapper(name, None) => {
                return self.with_item(&written, Some(item).filter(|_| self.gives_elements(*name)));
            }
            _ => return written,
        };
        let text = self.workspace.names.text(*name);
        let is_option = self
            .rules()
            .is_some_and(|rules| rules.unwraps.iter().any(|it| it == text));
        let mut values = values.to_vec();
        values[0] = match (is_option, item) {
            (true, Value::Wrapper(_, Some(inner))) => self.filled(values[0].clone(), &inner[0].clone()),
            (false, _) if values[0] == Value::Unknown => item.clone(),
            _ => return written,
        };
        Value::Wrapper(*name, Some(values.into()))
    }
}

/// The one value that all of several are.
pub(super) fn agreed(values: Vec<Value>) -> Option<Value> {
    let first = values.first()?;
    let is_one = values.iter().all(|it| it == first);
    is_one.then(|| union(vec![first.clone()])).filter(Value::is_known)
}
