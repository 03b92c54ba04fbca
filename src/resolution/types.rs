//! Written types to values.

use super::linker::Linker;
use super::relation::SymbolRef;
use super::value::{Arguments, Found, Name, Value, arguments};
use crate::extraction::SymbolKind;
use crate::extraction::bindings::conventions::{Conventions, ModuleRule, Shape};
use crate::extraction::bindings::{Expr, ExprId, TypeExpr, TypeId, TypeParameter};
use std::sync::Arc;

impl Linker<'_, '_> {
    /// An instance of a written type. `receiver` stands for the type's own parameters.
    pub(super) fn written(&mut self, file: u32, of: TypeId, receiver: Option<&Value>, depth: u32) -> Value {
        if self.too_deep(depth) {
            return Value::Unknown;
        }
        let depth = depth + 1;
        match &self.workspace.files[file as usize].bindings().written[of.0 as usize] {
            TypeExpr::Unknown => Value::Unknown,
            TypeExpr::Builtin(of) => Value::Literal(of.map(|of| self.workspace.files[file as usize].name(of))),
            TypeExpr::This => match receiver {
                // A method of a class itself gives an instance of the class it is called on.
                Some(Value::Item(class)) if self.workspace.files[file as usize].rule() == ModuleRule::Package => {
                    Value::Instance(*class, None)
                }
                receiver => receiver.cloned().unwrap_or_default(),
            },
            TypeExpr::Array(of) => {
                let element = self.written(file, *of, receiver, depth);
                self.wrapper("Array", vec![element])
            }
            TypeExpr::Tuple(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| self.written(file, *part, receiver, depth))
                    .collect();
                self.wrapper("(tuple)", parts)
            }
            TypeExpr::Union(parts) => {
                let parts: Vec<Value> = parts
                    .iter()
                    .map(|part| self.written(file, *part, receiver, depth))
                    .collect();
                union(parts)
            }
            TypeExpr::Intersection(parts) => {
                let parts: Vec<Value> = parts
                    .iter()
                    .map(|part| self.written(file, *part, receiver, depth))
                    .collect();
                match union(parts) {
                    Value::Union(parts) => {
                        let mut parts = parts.to_vec();
                        parts.sort_by_key(|part| self.is_part(part));
                        Value::Intersection(parts.into())
                    }
                    one => one,
                }
            }
            TypeExpr::Conditional(parts) => self.whichever(file, *parts, receiver, depth),
            TypeExpr::Function(function) => {
                let receiver = receiver.cloned().map(Arc::new);
                Value::Function {
                    file,
                    function: *function,
                    receiver,
                }
            }
            TypeExpr::Object(object) => Value::Object { file, object: *object },
            TypeExpr::Of(expr) => self.evaluate(file, *expr, depth),
            TypeExpr::Index(of, key) => {
                let of = self.written(file, *of, receiver, depth);
                let key = key.map(|key| self.workspace.files[file as usize].name(key));
                let found = key.and_then(|key| self.member_value(&of, key, depth));
                self.typed_alike(found.map(|(value, _)| value).unwrap_or_default())
            }
            TypeExpr::Named { path, arguments } => self.named(file, *path, arguments, receiver, depth),
        }
    }

    fn is_variant(&self, symbols: &[SymbolRef]) -> bool {
        symbols
            .first()
            .is_some_and(|at| self.workspace.symbol(*at).kind == SymbolKind::EnumMember)
    }

    /// A type from outside, known by its name.
    pub(super) fn wrapper(&self, name: &str, parts: Vec<Value>) -> Value {
        self.workspace
            .names
            .get(name)
            .map_or(Value::External, |name| Value::Wrapper(name, arguments(parts)))
    }

    fn named(&mut self, file: u32, path: ExprId, parts: &[TypeId], receiver: Option<&Value>, depth: u32) -> Value {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        match it.expr(path) {
            Expr::Local(local) => {
                let local = &it.bindings().locals[*local as usize];
                let Some(parameter) = local.parameter else {
                    return Value::Unknown;
                };
                // A wildcard says less than the bound does.
                let given = receiver.and_then(|of| self.argument_of(of, file, parameter));
                let is_bound = matches!(it.rule(), ModuleRule::Package | ModuleRule::Rust) && local.declared.is_some();
                if let Some(value) = given.filter(|value| !is_bound || *value != Value::Unknown) {
                    return value;
                }
                return local
                    .declared
                    .map(|bound| self.bounded(file, bound, receiver, depth))
                    .unwrap_or_default();
            }
            Expr::SelfType(around) => return self.self_type(file, *around, receiver, depth),
            Expr::Path(of, name) if matches!(it.expr(*of), Expr::SelfType(_) | Expr::Local(_) | Expr::Typed(_)) => {
                // An associated type: what the implementing type says, or the bound of the trait.
                return self.of_type(file, *of, it.name(*name), receiver, depth);
            }
            _ => {}
        }
        let values: Vec<Value> = parts
            .iter()
            .map(|part| self.written(file, *part, receiver, depth))
            .collect();
        let values = arguments(values);
        let found = self.found(file, path, true, depth);
        match self.of_arity(found, parts.len()) {
            // A variant stands where a type does only in patterns, which are about its fields.
            Found::Symbols(symbols) if it.rule() == ModuleRule::Rust && self.is_variant(&symbols) => {
                Value::Instance(symbols[0], None)
            }
            Found::Symbols(symbols) if !self.are_variants(&symbols) => match self.type_among(&symbols) {
                Some(symbol) => self.instance(symbol, values, receiver, depth),
                None => self.held_class(file, symbols, depth),
            },
            Found::Value(value) => value,
            Found::Symbols(symbols) | Found::Either(symbols) => {
                let each = symbols
                    .iter()
                    .map(|symbol| self.instance(*symbol, values.clone(), receiver, depth));
                one_of(each.collect())
            }
            // A module that is a class.
            Found::Module(module) if it.rule() == ModuleRule::Node => match self.node_whole(module) {
                Value::Item(symbol) => match self.type_among(&[symbol]) {
                    Some(symbol) => self.instance(symbol, values, receiver, depth),
                    None => Value::Unknown,
                },
                _ => Value::Unknown,
            },
            Found::Module(_) | Found::Maybe(_) => Value::Unknown,
            Found::Nothing | Found::External => {
                let of = self.outside(file, path, values, depth);
                self.adapted(of, depth)
            }
        }
    }

    /// What a path leads to without types that have other numbers of type parameters, if one has this number.
    fn of_arity(&self, found: Found, arity: usize) -> Found {
        let own = |at: &SymbolRef| self.workspace.declared(*at).map_or(0, |it| usize::from(it.arity));
        match found {
            Found::Symbols(all) if all.len() > 1 && all.iter().any(|at| own(at) == arity) => {
                Found::Symbols(all.into_iter().filter(|at| own(at) == arity).collect())
            }
            found => found,
        }
    }

    /// An instance of the class that a variable holds, where variables stand for types.
    fn held_class(&mut self, file: u32, symbols: Vec<SymbolRef>, depth: u32) -> Value {
        if !self.workspace.classes_are_called(file) {
            return Value::Unknown;
        }
        match self.value_of_found(&Found::Symbols(symbols), depth) {
            Value::Item(class) if self.workspace.symbol(class).kind == SymbolKind::Class => {
                Value::Instance(class, None)
            }
            _ => Value::Unknown,
        }
    }

    /// The bound of a type parameter, which may mention the parameter itself.
    fn bounded(&mut self, file: u32, bound: TypeId, receiver: Option<&Value>, depth: u32) -> Value {
        if self.bounds.contains(&(file, bound)) {
            self.lowest = 0;
            return Value::Unknown;
        }
        self.bounds.push((file, bound));
        let value = self.written(file, bound, receiver, depth);
        self.bounds.pop();
        value
    }

    /// The type that another names (`Self::Item`, `T::Item`).
    fn of_type(&mut self, file: u32, of: ExprId, name: Name, receiver: Option<&Value>, depth: u32) -> Value {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let of = match it.expr(of) {
            Expr::SelfType(Some(around)) => {
                let own = workspace
                    .tables
                    .members
                    .get((SymbolRef { file, symbol: *around }, name));
                if let ([own], SymbolKind::Impl) = (own, it.facts.symbols[around.0 as usize].kind) {
                    let around = self.self_type(file, Some(*around), receiver, depth);
                    return self.instance(*own, None, Some(&around), depth);
                }
                self.self_type(file, Some(*around), receiver, depth)
            }
            Expr::Local(local) => {
                let local = &it.bindings().locals[*local as usize];
                let given = local.parameter.zip(receiver);
                let given = given.and_then(|(parameter, of)| self.argument_of(of, file, parameter));
                match given.filter(Value::is_known) {
                    Some(given) => given,
                    None => self.evaluate(file, of, depth),
                }
            }
            _ => self.evaluate(file, of, depth),
        };
        let of = if of.is_known() {
            of
        } else {
            receiver.cloned().unwrap_or_default()
        };
        self.projected(&of, name, depth)
    }

    /// An instance of a type the workspace does not define.
    fn outside(&mut self, file: u32, path: ExprId, values: Arguments, depth: u32) -> Value {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let Some(name) = self.last_name(file, path) else {
            return Value::External;
        };
        let text = workspace.names.text(name);
        if text == "_" {
            // The compiler is left to find it.
            return Value::Unknown;
        }
        let is_one = |list: fn(&Conventions) -> &Vec<String>| {
            it.conventions
                .is_some_and(|rules| list(rules).iter().any(|it| it == text))
        };
        let is_transparent = is_one(|rules| &rules.transparent);
        match &values {
            Some(parts) if is_one(|rules| &rules.unions) => union(parts.to_vec()),
            Some(parts) if parts.len() > 1 && is_one(|rules| &rules.tuples) => self.wrapper("(tuple)", parts.to_vec()),
            Some(parts) if is_one(|rules| &rules.classes) => class_of(&parts[0]),
            Some(parts) if is_one(|rules| &rules.instances) => self.instance_of(&parts[0]),
            Some(parts) if is_one(|rules| &rules.results) => self.call_value(&parts[0], depth),
            Some(parts) if is_one(|rules| &rules.awaited) => self
                .first_argument_if(&parts[0], |rules, name| rules.awaits.iter().any(|it| it == name))
                .unwrap_or_else(|| parts[0].clone()),
            // Rust's wrappers have methods of their own; the others are only there for the checker.
            Some(parts) if is_transparent && it.rule() != ModuleRule::Rust => parts[0].clone(),
            _ => Value::Wrapper(name, values),
        }
    }

    /// What making a class gives.
    fn instance_of(&self, of: &Value) -> Value {
        match of {
            Value::Item(class) if self.workspace.symbol(*class).kind == SymbolKind::Class => {
                Value::Instance(*class, None)
            }
            Value::Union(parts) => union(parts.iter().map(|part| self.instance_of(part)).collect()),
            _ => Value::Unknown,
        }
    }

    /// The last name of a path, under the name it has where it is defined.
    pub(super) fn last_name(&self, file: u32, path: ExprId) -> Option<Name> {
        let it = &self.workspace.files[file as usize];
        match it.expr(path) {
            Expr::Narrowed { of, .. } if self.is_rust(file) => self.last_name(file, *of),
            Expr::Name { name, .. } | Expr::Path(_, name) | Expr::Member(_, name) => Some(it.name(*name)),
            Expr::Import(import) => {
                let import = &it.bindings().imports[*import as usize];
                let member = match import.kind {
                    crate::extraction::bindings::ImportKind::Member(name) => Some(name),
                    crate::extraction::bindings::ImportKind::Path => import.path.last().copied(),
                    _ => None,
                };
                let default = self.workspace.names.get("default");
                let member = member.map(|name| it.name(name)).filter(|name| Some(*name) != default);
                member.or_else(|| import.local.map(|local| it.name(local)))
            }
            _ => None,
        }
    }

    /// Which of several symbols of one name is a type.
    pub(super) fn type_among(&self, symbols: &[SymbolRef]) -> Option<SymbolRef> {
        if self.is_ambiguous(symbols) {
            return None;
        }
        use SymbolKind::{AssociatedType, Class, Enum, Interface, Namespace, Struct, Trait, TypeAlias, Union};
        let kind = |at: &&SymbolRef| self.workspace.symbol(**at).kind;
        let is_type = |at: &&SymbolRef| {
            matches!(
                kind(at),
                Class | Interface | TypeAlias | Enum | Struct | Union | Trait | Namespace | AssociatedType
            )
        };
        let variant = || symbols.iter().find(|at| kind(at) == SymbolKind::EnumMember);
        // `typedef struct a a`: the alias stands for the type of its name.
        let is_own = |at: &&SymbolRef| is_type(at) && kind(at) != TypeAlias;
        let is_by_file = symbols.first().is_some_and(|at| self.includes(at.file));
        let own = symbols.iter().find(is_own).filter(|_| is_by_file);
        // A namespace adds to the class of its name.
        let is_whole = |at: &&SymbolRef| is_type(at) && kind(at) != Namespace;
        own.or_else(|| symbols.iter().find(is_whole))
            .or_else(|| symbols.iter().find(is_type))
            .copied()
            .or_else(|| variant().and_then(|at| self.workspace.container(*at)))
    }

    /// An instance of a type symbol; an alias gives what it stands for.
    pub(super) fn instance(&mut self, of: SymbolRef, values: Arguments, receiver: Option<&Value>, depth: u32) -> Value {
        let workspace = self.workspace;
        let kind = workspace.symbol(of).kind;
        if !matches!(kind, SymbolKind::TypeAlias | SymbolKind::AssociatedType) {
            return Value::Instance(of, values);
        }
        let Some(is) = workspace.declared(of).and_then(|declared| declared.is) else {
            return Value::Unknown;
        };
        let bindings = workspace.files[of.file as usize].bindings();
        if matches!(bindings.written[is.0 as usize], TypeExpr::Object(_)) {
            return Value::Instance(of, values);
        }
        let me = if kind == SymbolKind::TypeAlias {
            Value::Instance(of, values)
        } else {
            receiver.cloned().unwrap_or_default()
        };
        self.written(of.file, is, Some(&me), depth + 1)
    }

    /// What `Self` means in a type.
    pub(super) fn self_type(
        &mut self,
        file: u32,
        around: Option<crate::extraction::SymbolIdx>,
        receiver: Option<&Value>,
        depth: u32,
    ) -> Value {
        let Some(symbol) = around else { return Value::Unknown };
        let at = SymbolRef { file, symbol };
        let workspace = self.workspace;
        match workspace.symbol(at).kind {
            SymbolKind::Impl => {
                let is = workspace.declared(at).and_then(|declared| declared.is);
                if let (Some(stand_in), Some(is)) = (receiver.filter(|of| binds(of, at)), is) {
                    return self.written(file, is, Some(stand_in), depth + 1);
                }
                let receiver = self.actual(receiver);
                if let (Some(receiver @ Value::Instance(of, _)), Some(Value::Instance(own, _))) =
                    (receiver, workspace.tables.impl_types.get(&at))
                    && of == own
                {
                    return receiver.clone();
                }
                if let Some(known) = workspace.tables.impl_types.get(&at) {
                    return self.with_asked(known.clone(), at, depth);
                }
                is.map(|is| self.written(file, is, None, depth + 1)).unwrap_or_default()
            }
            SymbolKind::Trait => match self.actual(receiver) {
                Some(receiver) if receiver.is_known() => receiver.clone(),
                _ => Value::Instance(at, None),
            },
            _ => Value::Instance(at, None),
        }
    }

    /// A receiver without what stands for the type parameters of the function that is called.
    fn actual<'v>(&self, receiver: Option<&'v Value>) -> Option<&'v Value> {
        let Some(Value::Intersection(parts)) = receiver else {
            return receiver;
        };
        match parts.first() {
            Some(first) if self.stands_in(first) => parts.last().filter(|last| !self.stands_in(last)),
            _ => receiver,
        }
    }

    /// The argument a receiver has for a type parameter.
    fn argument_of(&mut self, receiver: &Value, file: u32, parameter: TypeParameter) -> Option<Value> {
        if let (Value::Intersection(parts), true) = (receiver, self.is_rust(file)) {
            let mut given = parts.iter().filter_map(|part| self.argument_of(part, file, parameter));
            return given.find(|value| *value != Value::Unknown);
        }
        let owner = SymbolRef {
            file,
            symbol: parameter.owner?,
        };
        let workspace = self.workspace;
        let at = usize::from(parameter.at);
        if workspace.symbol(owner).kind != SymbolKind::Impl {
            return self.as_base(receiver, owner, 0)?.as_ref()?.get(at).cloned();
        }
        if let Value::Instance(of, values) = receiver
            && *of == owner
        {
            return values.as_ref()?.get(at).cloned();
        }
        let it = &workspace.files[file as usize];
        let bindings = it.bindings();
        let is_parameter = |of: TypeId| it.type_parameter(of).is_some_and(|(found, _)| found == parameter);
        let is = workspace.declared(owner)?.is?;
        // An `impl` for whatever has a trait is for the receiver itself.
        if is_parameter(is) && !self.stands_in(receiver) {
            return Some(receiver.clone());
        }
        // Any other parameter is found by where it stands among the type's own arguments.
        let (Value::Instance(_, Some(values)), TypeExpr::Named { arguments, .. }) =
            (receiver, &bindings.written[is.0 as usize])
        else {
            return None;
        };
        let position = arguments.iter().position(|argument| is_parameter(*argument))?;
        values.get(position).cloned()
    }

    /// Whether a value only says what the type parameters of a function or of an `impl` stand for.
    fn stands_in(&self, value: &Value) -> bool {
        matches!(value, Value::Instance(at, _) if {
            let kind = self.workspace.symbol(*at).kind;
            kind.is_callable() || kind == SymbolKind::Impl
        })
    }

    /// The arguments a value has for a base type of its own.
    pub(super) fn as_base(&mut self, value: &Value, base: SymbolRef, depth: u32) -> Option<Arguments> {
        let Value::Instance(of, values) = value else {
            return None;
        };
        if *of == base {
            return Some(values.clone());
        }
        if depth > 8 {
            return None;
        }
        let workspace = self.workspace;
        for it in workspace.tables.bases.get(*of) {
            if let Value::Instance(..) = it.of
                && let Some(found) = self.as_base(&it.of, base, depth + 1)
            {
                return Some(found);
            }
        }
        None
    }

    /// A type in terms of a receiver's arguments.
    pub(super) fn shaped(&mut self, shape: &Shape, receiver: &Value, called: &Value, depth: u32) -> Value {
        let values = match receiver {
            Value::Wrapper(_, values) => values,
            Value::Instance(..) if *shape == Shape::Receiver => return receiver.clone(),
            _ => return Value::Unknown,
        };
        match shape {
            Shape::Argument(at) => values
                .as_ref()
                .and_then(|values| values.get(*at))
                .cloned()
                .unwrap_or_default(),
            Shape::Receiver => receiver.clone(),
            Shape::Call => called.clone(),
            Shape::Written => Value::Unknown,
            Shape::Each(of) => {
                let of = self.shaped(of, receiver, called, depth);
                self.item_of(&of, depth + 1)
            }
            Shape::Inside(of) => match self.shaped(of, receiver, called, depth) {
                Value::Wrapper(_, Some(values)) => values[0].clone(),
                _ => Value::Unknown,
            },
            Shape::Type(name, _) if name.is_empty() => Value::Unknown,
            Shape::Type(name, parts) => {
                let parts = parts
                    .iter()
                    .map(|part| self.shaped(part, receiver, called, depth))
                    .collect();
                self.wrapper(name, parts)
            }
        }
    }
}

/// Whether a value stands for the type parameters of an `impl` among others.
fn binds(of: &Value, block: SymbolRef) -> bool {
    match of {
        Value::Intersection(parts) => parts.iter().any(|part| binds(part, block)),
        Value::Instance(at, _) => *at == block,
        _ => false,
    }
}

/// One of several values, as a build is set up; unknown if one of them is.
pub(super) fn one_of(values: Vec<Value>) -> Value {
    if values.iter().all(|it| *it != Value::Unknown) {
        union(values)
    } else {
        Value::Unknown
    }
}

/// What a value is an instance of.
fn class_of(of: &Value) -> Value {
    match of {
        Value::Instance(class, _) => Value::Item(*class),
        Value::Union(parts) => union(parts.iter().map(class_of).collect()),
        _ => Value::Unknown,
    }
}

/// One of several values; what says nothing is left out.
pub(super) fn union(parts: Vec<Value>) -> Value {
    let mut known: Vec<Value> = Vec::new();
    for part in parts {
        let is_empty = matches!(&part, Value::Literal(_) | Value::Unknown);
        if !is_empty && !known.contains(&part) {
            known.push(part);
        }
    }
    match known.len() {
        0 => Value::Unknown,
        1 => known.swap_remove(0),
        _ => Value::Union(known.into()),
    }
}
