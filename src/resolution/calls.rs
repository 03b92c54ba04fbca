//! What calls give back, and what they expect of their arguments.

use super::linker::{Key, Linker};
use super::relation::{RelationKind, SymbolRef};
use super::types::{one_of, union};
use super::value::{Found, Name, Value};
use crate::extraction::bindings::conventions::{ModuleRule, Shape};
use crate::extraction::bindings::{Expr, ExprId, Function, LAST_ARGUMENT, RECEIVER, TypeId};
use crate::extraction::{SymbolIdx, SymbolKind};

/// Stands for the method of a type of functions among the methods that take closures.
const CALLED: &str = "()";

impl Linker<'_, '_> {
    pub(super) fn construct(&mut self, file: u32, of: ExprId, depth: u32) -> Value {
        let found = self.found(file, of, true, depth);
        match found {
            Found::Symbols(symbols) => match self.type_among(&symbols) {
                Some(symbol) => self.instance(symbol, None, None, depth),
                None => match self.value_of_found(&Found::Symbols(symbols), depth) {
                    Value::Item(symbol) if self.workspace.symbol(symbol).kind == SymbolKind::Class => {
                        Value::Instance(symbol, None)
                    }
                    value @ Value::Instance(..) => value,
                    _ => Value::Unknown,
                },
            },
            Found::Value(value) => value,
            Found::Either(symbols) => {
                let each = symbols.iter().map(|symbol| self.instance(*symbol, None, None, depth));
                one_of(each.collect())
            }
            Found::Module(_) | Found::Maybe(_) => Value::Unknown,
            Found::Nothing | Found::External => match self.last_name(file, of) {
                Some(name) => Value::Wrapper(name, None),
                None => Value::External,
            },
        }
    }

    pub(super) fn call(&mut self, file: u32, callee: ExprId, closure: Option<u32>, depth: u32) -> Value {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        match it.expr(callee) {
            Expr::Inherited { member, or } => {
                let meant = self.inherited(file, *member, *or, depth);
                self.call(file, meant, closure, depth + 1)
            }
            // A method of the base is called on the receiver all the same.
            Expr::Member(of, name) if let Expr::Super(around) = it.expr(*of) => {
                let (base, name) = (self.evaluate(file, *of, depth), it.name(*name));
                match self.members(&base, name, depth).as_slice() {
                    [member] if workspace.symbol(member.symbol).kind == SymbolKind::Method => {
                        let this = self.this_value(file, *around, depth);
                        self.result_of(member.symbol, Some(&this), depth)
                    }
                    _ => self.method_result(file, &base, name, closure, depth),
                }
            }
            Expr::Member(of, name) => {
                let name = it.name(*name);
                let of = self.receiver_of(file, *of, name, depth);
                self.method_result(file, &of, name, closure, depth)
            }
            Expr::Path(of, name) => {
                let head = self.evaluate(file, *of, depth);
                let name = it.name(*name);
                let constructs = matches!(workspace.names.text(name), "new" | "from" | "default" | "with_capacity");
                if let (Value::Type(of) | Value::Wrapper(of, _), true) = (&head, constructs) {
                    return if let Value::Wrapper(..) = head {
                        head
                    } else {
                        Value::Wrapper(*of, None)
                    };
                }
                let found = self.found(file, callee, false, depth);
                if let Found::Either(symbols) = &found {
                    return one_of(symbols.iter().map(|at| self.result_of(*at, None, depth)).collect());
                }
                let symbols = self.symbols_of(found);
                let receiver = match &head {
                    Value::Item(of) => Some(Value::Instance(*of, None)),
                    Value::Instance(..) => Some(head.clone()),
                    _ => None,
                };
                let is_rust = it.rule() == ModuleRule::Rust;
                if symbols.len() > 1 && is_rust {
                    return self.agreed(&symbols, receiver.as_ref(), depth);
                }
                match symbols.as_slice() {
                    [] if is_rust => self.outside_path(file, &head, name, constructs, depth),
                    [] if constructs => match head {
                        // What a derive or a blanket trait gives.
                        Value::Item(of) => Value::Instance(of, None),
                        _ => Value::Unknown,
                    },
                    [] => Value::Unknown,
                    [symbol, ..] => self.result_of(*symbol, receiver.as_ref(), depth),
                }
            }
            Expr::Name { name, .. } if matches!(workspace.names.text(it.name(*name)), "Some" | "Ok" | "Err") => {
                Value::Unknown
            }
            Expr::Name { .. } if it.rule() == ModuleRule::Package => {
                let found = self.found(file, callee, false, depth);
                let symbols = self.symbols_of(found);
                if let Some(methods) = self.apart(file, callee, &symbols) {
                    return match methods.as_slice() {
                        [] => Value::Unknown,
                        methods => self.agreed(methods, None, depth),
                    };
                }
                if symbols.len() > 1 {
                    return self.agreed(&symbols, None, depth);
                }
                let value = self.evaluate(file, callee, depth);
                self.call_value(&value, depth)
            }
            // A function and the types it is made for.
            Expr::Index(of) if it.rule() == ModuleRule::Package => {
                let value = match self.evaluate(file, *of, depth) {
                    value @ Value::Item(at) if workspace.symbol(at).kind.is_callable() => value,
                    _ => self.evaluate(file, callee, depth),
                };
                self.call_value(&value, depth)
            }
            _ => match self.evaluate(file, callee, depth) {
                value @ Value::Instance(..) if it.rule() == ModuleRule::Rust => value,
                value => self.call_value(&value, depth),
            },
        }
    }

    /// What a path of Rust gives that leads to no function of a type: what a trait gives to it, or a derive.
    fn outside_path(&mut self, file: u32, head: &Value, name: Name, constructs: bool, depth: u32) -> Value {
        match head {
            Value::Type(of) | Value::Literal(Some(of)) => match self.extension(file, None, *of, name)[..] {
                [member] => self.result_of(member.symbol, Some(head), depth),
                _ => Value::Unknown,
            },
            // What a derive or a blanket trait gives.
            Value::Item(of) if constructs => Value::Instance(*of, None),
            _ => Value::Unknown,
        }
    }

    /// What a method gives back.
    pub(super) fn method_result(
        &mut self,
        file: u32,
        of: &Value,
        name: Name,
        closure: Option<u32>,
        depth: u32,
    ) -> Value {
        if let (Value::Union(parts), ModuleRule::Rust) = (of, self.workspace.files[file as usize].rule()) {
            let each = parts
                .iter()
                .map(|part| self.method_result(file, part, name, closure, depth + 1));
            return one_of(each.collect());
        }
        let mut of = of.clone();
        for _ in 0..4 {
            if let Some(shape) = self.standard_method(&of, name) {
                let called = match closure {
                    Some(function) if mentions_call(shape) => self.function_result(file, function, None, depth),
                    _ => Value::Unknown,
                };
                return self.shaped(shape, &of, &called, depth);
            }
            match self.transparent(&of) {
                Some(inner) => of = inner,
                None => break,
            }
        }
        if let Some(made) = self.made_by(file, &of, name) {
            return Value::Instance(made, None);
        }
        if let Some(given) = self.managed_result(&of, name, depth) {
            return given;
        }
        let members = self.members(&of, name, depth);
        let is_rust = self.workspace.files[file as usize].rule() == ModuleRule::Rust;
        let is_field = |at: SymbolRef| self.workspace.symbol(at).kind == SymbolKind::Field;
        let member = members
            .iter()
            .find(|it| !is_rust || !is_field(it.symbol))
            .or(members.first());
        let is_package = self.workspace.files[file as usize].rule() == ModuleRule::Package;
        if (is_package || is_rust) && members.len() > 1 {
            let symbols = members.iter().map(|it| it.symbol);
            let symbols: Vec<SymbolRef> = symbols.filter(|at| !is_rust || !is_field(*at)).collect();
            return self.agreed(&symbols, Some(&of), depth);
        }
        if let Some(member) = member {
            if let Some(use_of) = self.field_use(name, member.symbol) {
                return match use_of {
                    RelationKind::Reads => self.symbol_value(member.symbol, Some(&of), depth),
                    _ => Value::Unknown,
                };
            }
            let given = self.result_of(member.symbol, Some(&of), depth);
            return self.managing(&of, given);
        }
        if let Some((value, None)) = self.member_value(&of, name, depth) {
            return self.call_value(&value, depth);
        }
        if let (Value::Item(class), true) = (&of, self.is_constructor(file, name)) {
            return Value::Instance(*class, None);
        }
        if let Value::Literal(Some(is)) = &of
            && let [member] = self.given_to_primitive(file, None, *is, name)[..]
        {
            return self.result_of(member.symbol, Some(&of), depth);
        }
        if let (Value::Literal(_), Some((symbol, _))) = (&of, self.given_to_literals(file, name)) {
            return self.result_of(symbol, None, depth);
        }
        if is_rust && let Some(value) = self.outside_result(file, &of, name, closure, depth) {
            return value;
        }
        if is_package && let Some(value) = self.extension_result(file, &of, name, depth) {
            return value;
        }
        let text = self.workspace.names.text(name);
        let keeps = self
            .rules()
            .and_then(|rules| rules.methods.get(text)?.get("*"))
            .is_some();
        match of {
            Value::Instance(..) | Value::Intersection(_) if self.is_view(name) => self.wrapper("(view)", vec![of]),
            Value::Instance(..) | Value::Intersection(_) if keeps => of,
            Value::Literal(_) => Value::External,
            // What is outside can give back what it was handed, or what a type that it was handed says.
            _ => Value::Unknown,
        }
    }

    /// What the one extension in scope gives back that is called on a value from outside.
    fn extension_result(&mut self, file: u32, of: &Value, name: Name, depth: u32) -> Option<Value> {
        match self.extension_of(file, None, of, name).as_slice() {
            [member] => Some(self.result_of(member.symbol, Some(of), depth)),
            _ => None,
        }
    }

    /// What a method gives back that a value of Rust has from a type or trait from outside, or from a trait that extends it.
    fn outside_result(&mut self, file: u32, of: &Value, name: Name, closure: Option<u32>, depth: u32) -> Option<Value> {
        for part in self.standard_parts(of, depth) {
            if let Some(shape) = self.own_standard_method(&part, name) {
                let called = match closure {
                    Some(function) if mentions_call(shape) => self.function_result(file, function, None, depth),
                    _ => Value::Unknown,
                };
                return Some(self.shaped(shape, &part, &called, depth));
            }
        }
        let members = self.extensions(file, None, of, name, depth);
        match members.as_slice() {
            [member] => Some(self.result_of(member.symbol, Some(of), depth)).filter(Value::is_known),
            _ => None,
        }
    }

    /// Whether a method gives a view of its receiver that has the same members.
    fn is_view(&self, name: Name) -> bool {
        let text = self.workspace.names.text(name);
        self.rules()
            .is_some_and(|rules| rules.views.iter().any(|it| it == text))
    }

    pub(super) fn standard_method(&self, of: &Value, name: Name) -> Option<&'static Shape> {
        let Value::Wrapper(wrapper, _) = of else { return None };
        let by_type = self.rules()?.methods.get(self.workspace.names.text(name))?;
        by_type
            .get(self.workspace.names.text(*wrapper))
            .or_else(|| by_type.get("*"))
    }

    /// What calling a value gives.
    pub(super) fn call_value(&mut self, of: &Value, depth: u32) -> Value {
        if self.too_deep(depth) {
            return Value::Unknown;
        }
        match of {
            Value::Item(at) => self.result_of(*at, None, depth + 1),
            Value::Function {
                file,
                function,
                receiver,
            } => self.function_result(*file, *function, receiver.as_deref(), depth + 1),
            Value::Union(parts) | Value::Intersection(parts) => {
                let parts = parts.iter().map(|part| self.call_value(part, depth + 1)).collect();
                union(parts)
            }
            Value::Instance(at, _) => {
                let function = self.workspace.declared(*at).and_then(|declared| declared.function);
                let has_signature = matches!(
                    self.workspace.symbol(*at).kind,
                    SymbolKind::Interface | SymbolKind::TypeAlias
                );
                match function.filter(|_| has_signature) {
                    Some(function) => self.function_result(at.file, function, Some(of), depth + 1),
                    None => match self.invoking(at.file) {
                        Some(name) => self.method_result(at.file, of, name, None, depth + 1),
                        None => Value::Unknown,
                    },
                }
            }
            Value::Wrapper(..) => match self.transparent(of) {
                Some(inner) => self.call_value(&inner, depth + 1),
                None => Value::Unknown,
            },
            Value::Type(name) if self.workspace.tables.outside.has(*name) => Value::Wrapper(*name, None),
            // An instance of a class from outside; any function from outside can give back what it was handed.
            Value::Type(name) if self.is_capitalized(*name) => Value::External,
            _ => Value::Unknown,
        }
    }

    /// Whether a name is spelled as types are.
    fn is_capitalized(&self, name: Name) -> bool {
        let text = self.workspace.names.text(name);
        text.trim_start_matches('_').starts_with(char::is_uppercase)
    }

    /// What all overloads of a name give; unknown if they differ, unless one gives a type that those of the others inherit from.
    fn agreed(&mut self, symbols: &[SymbolRef], receiver: Option<&Value>, depth: u32) -> Value {
        let workspace = self.workspace;
        let is_callable = |at: &&SymbolRef| workspace.symbol(**at).kind.is_callable();
        let callable: Vec<SymbolRef> = symbols.iter().filter(is_callable).copied().collect();
        let all = if callable.is_empty() {
            symbols
        } else {
            callable.as_slice()
        };
        let results = all.iter().take(16).map(|at| self.result_of(*at, receiver, depth));
        let results: Vec<Value> = results.collect();
        let Some(first) = results.first() else {
            return Value::Unknown;
        };
        if results.iter().all(|it| it == first) {
            return first.clone();
        }
        if !self.overloads(all[0].file) {
            return Value::Unknown;
        }
        let is_base = |base: &Value| match base {
            Value::Instance(base, _) => results.iter().all(|of| self.as_base(of, *base, 0).is_some()),
            _ => false,
        };
        match results.iter().any(is_base) {
            true => union(results),
            false => Value::Unknown,
        }
    }

    /// What calling a symbol gives.
    pub(super) fn result_of(&mut self, at: SymbolRef, receiver: Option<&Value>, depth: u32) -> Value {
        if self.too_deep(depth) {
            return Value::Unknown;
        }
        let workspace = self.workspace;
        if workspace.is_stand_in(at) {
            return Value::Instance(at, None);
        }
        let Some(declared) = workspace.declared(at) else {
            return Value::Unknown;
        };
        match workspace.symbol(at).kind {
            SymbolKind::Struct => Value::Instance(at, None),
            SymbolKind::EnumMember => workspace
                .container(at)
                .map_or(Value::Unknown, |of| Value::Instance(of, None)),
            SymbolKind::Constant | SymbolKind::Variable | SymbolKind::Field | SymbolKind::Property
                if declared.is.is_some() =>
            {
                let value = self.symbol_value(at, receiver, depth + 1);
                match workspace.files[at.file as usize].conventions {
                    Some(rules) if rules.fields_are_called => value,
                    _ => self.call_value(&value, depth + 1),
                }
            }
            // What a getter gives is what is called.
            SymbolKind::Getter => {
                let value = self.got(at, receiver, depth + 1);
                self.call_value(&value, depth + 1)
            }
            SymbolKind::Class if workspace.classes_are_called(at.file) => Value::Instance(at, None),
            SymbolKind::Class | SymbolKind::Interface | SymbolKind::TypeAlias => Value::Unknown,
            _ => match declared.function {
                Some(function) => self.function_result(at.file, function, receiver, depth + 1),
                None => match self.symbol_value(at, receiver, depth + 1) {
                    Value::Item(same) if same == at => Value::Unknown,
                    value => self.call_value(&value, depth + 1),
                },
            },
        }
    }

    /// The value that a getter gives.
    pub(super) fn got(&mut self, at: SymbolRef, receiver: Option<&Value>, depth: u32) -> Value {
        let function = self.workspace.declared(at).and_then(|declared| declared.function);
        match function {
            _ if self.workspace.is_stand_in(at) => Value::Instance(at, None),
            Some(function) => self.function_result(at.file, function, receiver, depth),
            None => Value::Unknown,
        }
    }

    /// What a function gives back: what it says, or else what its results imply.
    fn function_result(&mut self, file: u32, function: u32, receiver: Option<&Value>, depth: u32) -> Value {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let shape = &it.bindings().functions[function as usize];
        if let Some(returns) = shape.returns {
            let value = self.written(file, returns, receiver, depth);
            let value = self.behind_opaque(file, function, value, depth);
            let is_future = shape.is_async && it.rule() == ModuleRule::Rust;
            return if is_future {
                self.wrapper("Promise", vec![value])
            } else {
                value
            };
        }
        if shape.is_generator || shape.results.is_empty() {
            return Value::Unknown;
        }
        let gives_receiver = shape
            .results
            .iter()
            .all(|result| matches!(it.expr(*result), Expr::This(_)));
        if let (true, Some(receiver)) = (gives_receiver, receiver) {
            return receiver.clone();
        }
        self.inferred = true;
        let value = self.guarded(Key::Result(file, function), |linker| {
            let results = shape.results.iter();
            let mut values = results.map(|result| linker.evaluate(file, *result, depth + 1));
            values.find(Value::is_known).unwrap_or_default()
        });
        self.inferred = true;
        if shape.is_async && value.is_known() {
            let inner = self.first_argument_if(&value, |rules, name| rules.awaits.iter().any(|it| it == name));
            return self.wrapper("Promise", vec![inner.unwrap_or(value)]);
        }
        value
    }

    /// The declared type of an argument of a callee.
    pub(super) fn argument(&mut self, file: u32, callee: ExprId, at: u8, first: Option<ExprId>, depth: u32) -> Value {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let (symbols, receiver) = match it.expr(callee) {
            Expr::Member(of, name) => {
                let of = self.evaluate(file, *of, depth);
                (
                    self.members(&of, it.name(*name), depth)
                        .iter()
                        .map(|it| it.symbol)
                        .collect(),
                    Some(of),
                )
            }
            _ => {
                let found = self.found(file, callee, false, depth);
                (self.symbols_of(found), None)
            }
        };
        // A function that is declared several times takes closures of several types.
        let has_overloads = it.conventions.is_some_and(|rules| !rules.closed.is_empty());
        let mut told = Value::Unknown;
        for symbol in symbols {
            let given = first.and_then(|first| match self.is_rust(file) {
                true => self.receiver_told(file, symbol, first, receiver.clone(), depth),
                false => self.receiver_given(file, symbol, at, first, depth),
            });
            let value = self.parameter_of(symbol, at, given.as_ref().or(receiver.as_ref()), depth);
            if told.is_known() && value.is_known() && value != told {
                return Value::Unknown;
            }
            if value.is_known() {
                self.inferred = true;
                told = value;
            }
            if told.is_known() && !has_overloads {
                break;
            }
        }
        told
    }

    /// Whether an argument is one of a function that is declared several times, so that nobody knows what it is for.
    pub(super) fn is_overloaded(&mut self, file: u32, argument: ExprId) -> bool {
        let it = &self.workspace.files[file as usize];
        let (Expr::Argument { callee, .. } | Expr::ArgumentAfter { callee, .. }) = it.expr(argument) else {
            return false;
        };
        let symbols = match it.expr(*callee) {
            Expr::Member(of, name) => {
                let of = self.evaluate(file, *of, 0);
                let members = self.members(&of, it.name(*name), 0);
                members.iter().map(|it| it.symbol).collect()
            }
            _ => {
                let found = self.found(file, *callee, false, 0);
                self.symbols_of(found)
            }
        };
        use SymbolKind::{Interface, Namespace, TypeAlias};
        let is_value = |at: &&SymbolRef| !matches!(self.workspace.symbol(**at).kind, Interface | Namespace | TypeAlias);
        symbols.iter().filter(is_value).count() > 1
    }

    /// The declared type of a parameter of a symbol.
    pub(super) fn parameter_of(&mut self, at: SymbolRef, position: u8, receiver: Option<&Value>, depth: u32) -> Value {
        let workspace = self.workspace;
        let mut symbol = at;
        if workspace.symbol(at).kind == SymbolKind::Class {
            let constructor = workspace
                .names
                .get("constructor")
                .map(|name| workspace.tables.members.get((at, name)));
            match constructor.and_then(|found| found.last()) {
                Some(found) => symbol = *found,
                None => return self.component_taking(at, position),
            }
        }
        let bindings = workspace.files[symbol.file as usize].bindings();
        let function = workspace.declared(symbol).and_then(|declared| declared.function);
        if let Some(function) = function {
            return taken_at(&bindings.functions[function as usize], position)
                .map(|of| self.written(symbol.file, of, receiver, depth + 1))
                .unwrap_or_default();
        }
        if matches!(
            workspace.symbol(symbol).kind,
            SymbolKind::Interface | SymbolKind::TypeAlias | SymbolKind::Struct
        ) {
            return match self.only_method(symbol) {
                Some(method) => self.parameter_of(method, position, receiver, depth + 1),
                None => Value::Unknown,
            };
        }
        let value = self.symbol_value(symbol, receiver, depth + 1);
        self.parameter_of_value(&value, position, depth + 1)
    }

    /// The method of an interface that a closure is, where its language has such.
    fn only_method(&self, interface: SymbolRef) -> Option<SymbolRef> {
        let workspace = self.workspace;
        let rules = workspace.files[interface.file as usize].conventions?;
        if !rules.interfaces_are_functions || workspace.is_stand_in(interface) {
            return None;
        }
        let symbols = workspace.files[interface.file as usize].facts.symbols.iter();
        let mut methods = symbols.enumerate().filter(|(_, it)| {
            it.container == Some(interface.symbol) && it.kind == SymbolKind::Method && !it.modifiers.is_static
        });
        let (at, _) = methods.next().filter(|_| methods.next().is_none())?;
        Some(SymbolRef {
            file: interface.file,
            symbol: SymbolIdx(at as u32),
        })
    }

    /// What a class takes that has no constructor, by a base from outside that says it.
    fn component_taking(&self, class: SymbolRef, position: u8) -> Value {
        let bases = self.workspace.tables.bases.get(class).iter();
        let mut taking = bases.map(|base| self.taken_from_outside(&base.of, position));
        taking.find(Value::is_known).unwrap_or_default()
    }

    /// What a type from outside takes whose first argument says it.
    fn taken_from_outside(&self, of: &Value, position: u8) -> Value {
        self.first_argument_if(of, |rules, name| rules.components.iter().any(|it| it == name))
            .filter(|_| position == 0)
            .unwrap_or_default()
    }

    fn parameter_of_value(&mut self, of: &Value, position: u8, depth: u32) -> Value {
        let workspace = self.workspace;
        match of {
            Value::Function {
                file,
                function,
                receiver,
            } => {
                let function = &workspace.files[*file as usize].bindings().functions[*function as usize];
                taken_at(function, position)
                    .map(|of| self.written(*file, of, receiver.as_deref(), depth + 1))
                    .unwrap_or_default()
            }
            Value::Union(parts) | Value::Intersection(parts) => {
                let mut values = parts
                    .iter()
                    .map(|part| self.parameter_of_value(part, position, depth + 1));
                values.find(Value::is_known).unwrap_or_default()
            }
            Value::Instance(at, _)
                if matches!(
                    workspace.symbol(*at).kind,
                    SymbolKind::Interface | SymbolKind::TypeAlias
                ) =>
            {
                self.parameter_of(*at, position, Some(of), depth + 1)
            }
            Value::Wrapper(wrapper, _) => {
                let name = workspace.names.text(*wrapper);
                let shapes = self.rules().and_then(|rules| rules.callbacks.get(CALLED)?.get(name));
                match shapes.and_then(|shapes| shapes.get(usize::from(position))) {
                    Some(shape) => self.shaped(shape, of, &Value::Unknown, depth + 1),
                    None => self.taken_from_outside(of, position),
                }
            }
            _ => Value::Unknown,
        }
    }

    /// A parameter of a closure, by what the place it stands in expects.
    pub(super) fn parameter(&mut self, file: u32, of: ExprId, at: u8, depth: u32) -> Value {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        if let Expr::Argument { callee, .. } | Expr::ArgumentAfter { callee, .. } = it.expr(of)
            && let Expr::Member(receiver, name) = it.expr(*callee)
        {
            let receiver = self.receiver_of(file, *receiver, it.name(*name), depth);
            // Of several types, only a list has a method that takes a closure like this one.
            let parts = match &receiver {
                Value::Union(parts) => parts.to_vec(),
                one => vec![one.clone()],
            };
            for mut receiver in parts {
                let has_own = matches!(receiver, Value::Instance(..))
                    && !self.members(&receiver, it.name(*name), depth).is_empty();
                for _ in 0..if has_own { 0 } else { 4 } {
                    if let Some(shape) = self.callback(&receiver, it.name(*name), at) {
                        return self.shaped(shape, &receiver, &Value::Unknown, depth);
                    }
                    match self.transparent(&receiver) {
                        Some(inner) => receiver = inner,
                        None => break,
                    }
                }
            }
            if it.rule() == ModuleRule::Rust && self.members(&receiver, it.name(*name), depth).is_empty() {
                for part in self.standard_parts(&receiver, depth) {
                    if let Some(shape) = self.callback(&part, it.name(*name), at) {
                        return self.shaped(shape, &part, &Value::Unknown, depth);
                    }
                }
            }
        }
        let of = self.evaluate(file, of, depth);
        self.parameter_of_value(&of, at, depth)
    }

    /// What a method from outside gives the closure it takes: one of the type itself, or one that everything has (`let`).
    fn callback(&self, of: &Value, name: Name, at: u8) -> Option<&'static Shape> {
        let by_type = self.rules()?.callbacks.get(self.workspace.names.text(name))?;
        let own = match of {
            Value::Wrapper(wrapper, _) => by_type.get(self.workspace.names.text(*wrapper)),
            Value::Instance(..) => None,
            _ => return None,
        };
        own.or_else(|| by_type.get("*"))?.get(usize::from(at))
    }
}

fn mentions_call(shape: &Shape) -> bool {
    match shape {
        Shape::Call => true,
        Shape::Type(_, parts) => parts.iter().any(mentions_call),
        Shape::Each(of) | Shape::Inside(of) => mentions_call(of),
        Shape::Argument(_) | Shape::Receiver | Shape::Written => false,
    }
}

/// The type of what a function takes at a position.
fn taken_at(function: &Function, position: u8) -> Option<TypeId> {
    let taken = match position {
        LAST_ARGUMENT => function.parameters.last(),
        RECEIVER => return function.receiver,
        _ => function.parameters.get(usize::from(position)),
    };
    taken.copied().flatten()
}
