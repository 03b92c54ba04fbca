//! Type parameters of functions: what a call says they stand for, by its type arguments or its first argument.

use super::linker::Linker;
use super::relation::SymbolRef;
use super::types::union;
use super::value::{Value, arguments};
use crate::extraction::bindings::{Expr, ExprId, Function, TypeExpr, TypeId};

/// How many conditions inside each other a type may have.
const MAX_CONDITIONS: u32 = 6;

impl Linker<'_, '_> {
    /// What a call gives whose result may depend on its first argument.
    pub(super) fn given(&mut self, file: u32, call: ExprId, first: ExprId, depth: u32) -> Value {
        if let Expr::Positional { path, at } = self.workspace.files[file as usize].expr(call) {
            return self.matched(file, (*path, *at), first, depth);
        }
        if self.is_rust(file) {
            let result = self.told(file, call, &[], Some(first), depth);
            return result.unwrap_or_else(|| self.evaluate(file, call, depth));
        }
        let result = self.generic_result(file, call, depth, |linker, function, shape| {
            linker.bound_by(file, function, shape, first, depth)
        });
        result.unwrap_or_else(|| self.evaluate(file, call, depth))
    }

    /// What a call gives to which its type arguments are written.
    pub(super) fn instantiated(&mut self, file: u32, call: ExprId, types: &[TypeId], depth: u32) -> Value {
        if self.is_rust(file) {
            let result = self.told(file, call, types, None, depth);
            return result.unwrap_or_else(|| self.evaluate(file, call, depth));
        }
        let result = self.generic_result(file, call, depth, |linker, function, _| {
            let values = types.iter().map(|of| linker.written(file, *of, None, depth)).collect();
            Some(Value::Instance(function, arguments(values)))
        });
        result.unwrap_or_else(|| self.evaluate(file, call, depth))
    }

    /// What a function gives whose result mentions type parameters of its own, once it is said what these stand for.
    fn generic_result(
        &mut self,
        file: u32,
        call: ExprId,
        depth: u32,
        bind: impl FnOnce(&mut Self, SymbolRef, &Function) -> Option<Value>,
    ) -> Option<Value> {
        let workspace = self.workspace;
        let Expr::Call(callee, _) = workspace.files[file as usize].expr(call) else {
            return None;
        };
        let function = self.callee(file, *callee, depth)?;
        let at = workspace.declared(function)?.function?;
        let shape = &workspace.files[function.file as usize].bindings().functions[at as usize];
        let returns = shape.returns.filter(|of| self.mentions(function, *of))?;
        let bound = bind(self, function, shape)?;
        let value = self.written(function.file, returns, Some(&bound), depth + 1);
        value.is_known().then_some(value)
    }

    fn callee(&mut self, file: u32, callee: ExprId, depth: u32) -> Option<SymbolRef> {
        match self.workspace.files[file as usize].expr(callee) {
            Expr::Member(of, name) => {
                let name = self.workspace.files[file as usize].name(*name);
                let of = self.evaluate(file, *of, depth);
                let members = self.members(&of, name, depth);
                members.first().map(|member| member.symbol)
            }
            _ => {
                let found = self.found(file, callee, false, depth);
                self.symbols_of(found).first().copied()
            }
        }
    }

    /// A stand-in for a receiver of a function's types: the function with what its type parameters stand for, by its first argument.
    fn bound_by(
        &mut self,
        file: u32,
        function: SymbolRef,
        shape: &Function,
        first: ExprId,
        depth: u32,
    ) -> Option<Value> {
        let parameter = shape.parameters.first().copied().flatten()?;
        if !self.mentions(function, parameter) {
            return None;
        }
        let value = self.evaluate(file, first, depth);
        let mut bound = Vec::new();
        self.unify(function, parameter, &value, &mut bound, depth + 1);
        (!bound.is_empty()).then(|| Value::Instance(function, arguments(bound)))
    }

    /// The stand-in for a receiver in which the type of a parameter is to be read, if it depends on the first argument.
    pub(super) fn receiver_given(
        &mut self,
        file: u32,
        function: SymbolRef,
        at: u8,
        first: ExprId,
        depth: u32,
    ) -> Option<Value> {
        let workspace = self.workspace;
        let shape = workspace.declared(function)?.function?;
        let shape = &workspace.files[function.file as usize].bindings().functions[shape as usize];
        let parameter = shape.parameters.get(usize::from(at)).copied().flatten()?;
        if !self.mentions(function, parameter) {
            return None;
        }
        self.bound_by(file, function, shape, first, depth)
    }

    /// Which type parameter of a function a written type is.
    fn own_parameter(&self, function: SymbolRef, of: TypeId) -> Option<usize> {
        let it = &self.workspace.files[function.file as usize];
        let (parameter, _) = it.type_parameter(of)?;
        (parameter.owner == Some(function.symbol)).then_some(usize::from(parameter.at))
    }

    /// Whether a written type mentions a type parameter of a function.
    fn mentions(&self, function: SymbolRef, of: TypeId) -> bool {
        let it = &self.workspace.files[function.file as usize];
        it.mentions(of, 0, &|of| self.own_parameter(function, of).is_some())
    }

    /// Finds what type parameters of a function stand for where a value has a written type.
    fn unify(&mut self, function: SymbolRef, of: TypeId, value: &Value, bound: &mut Vec<Value>, depth: u32) {
        if self.too_deep(depth) || !value.is_known() {
            return;
        }
        if let Some(at) = self.own_parameter(function, of) {
            if bound.len() <= at {
                bound.resize(at + 1, Value::Unknown);
            }
            if bound[at] == Value::Unknown {
                bound[at] = value.clone();
            }
            return;
        }
        let workspace = self.workspace;
        let bindings = workspace.files[function.file as usize].bindings();
        match &bindings.written[of.0 as usize] {
            TypeExpr::Array(of) => {
                let element = self.element(value);
                self.unify(function, *of, &element, bound, depth + 1);
            }
            TypeExpr::Union(parts) => {
                // `T | Promise<T>`: what is no type parameter itself is tried first.
                let is_bare = |part: &&TypeId| self.own_parameter(function, **part).is_some();
                let (bare, others): (Vec<&TypeId>, Vec<&TypeId>) = parts.iter().partition(is_bare);
                for part in others.into_iter().chain(bare) {
                    self.unify(function, *part, value, bound, depth + 1);
                }
            }
            TypeExpr::Function(at) => {
                if let Some(returns) = bindings.functions[*at as usize].returns {
                    let result = self.call_value(value, depth + 1);
                    self.unify(function, returns, &result, bound, depth + 1);
                }
            }
            TypeExpr::Named { arguments, .. } => {
                let (Value::Wrapper(_, Some(values)) | Value::Instance(_, Some(values))) = value else {
                    return;
                };
                for (of, value) in arguments.iter().zip(values.iter()) {
                    self.unify(function, *of, value, bound, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// A value where a check has found it to be of a type, or not to be.
    pub(super) fn narrowed(&mut self, of: &Value, to: &Value, is: bool) -> Value {
        let parts = match of {
            Value::Union(parts) => parts.to_vec(),
            one => vec![one.clone()],
        };
        let fits = |linker: &mut Self, part: &Value| match (part, to) {
            (Value::Instance(..), Value::Instance(to, _)) => linker.as_base(part, *to, 0).is_some(),
            (Value::Wrapper(part, _), Value::Wrapper(to, _)) => part == to,
            _ => false,
        };
        let (fitting, others): (Vec<Value>, Vec<Value>) = parts.into_iter().partition(|part| fits(self, part));
        match (is, fitting.is_empty()) {
            (true, false) => union(fitting),
            (true, true) if to.is_known() => to.clone(),
            (false, _) if !others.is_empty() => union(others),
            _ => of.clone(),
        }
    }

    /// A value that was an argument of a function, where that gave back `true`, or did not. Most functions say nothing of the type it has.
    pub(super) fn guarded_by(&mut self, file: u32, callee: ExprId, at: u8, of: Value, is: bool, depth: u32) -> Value {
        let workspace = self.workspace;
        let Some(function) = self.callee(file, callee, depth) else {
            return of;
        };
        let shape = workspace.declared(function).and_then(|declared| declared.function);
        let guard = shape.and_then(|shape| {
            let functions = &workspace.files[function.file as usize].bindings().functions;
            functions[shape as usize].guard
        });
        let Some((_, to)) = guard.filter(|(parameter, _)| *parameter == at) else {
            return of;
        };
        let to = self.written(function.file, to, None, depth + 1);
        let narrowed = self.narrowed(&of, &to, is);
        let is_same = !is || narrowed != to || !of.is_known() || self.is_below(&to, &of);
        if is_same {
            return narrowed;
        }
        // It is both what it was declared to be and what the function has found.
        Value::Intersection([to, of].into())
    }

    /// One of several values: those count that are of the workspace, and of these a type stands for what is below it.
    pub(super) fn known_of(&mut self, values: Vec<Value>, depth: u32) -> Value {
        let is_own = |it: &Value| it.is_known() && !matches!(it, Value::Wrapper(..) | Value::Type(_));
        let says_more = |it: &&Value| matches!(it, Value::Wrapper(_, Some(held)) if held.iter().any(Value::is_known));
        if !values.iter().any(is_own) {
            let known = values.iter().find(says_more);
            let known = known.or_else(|| values.iter().find(|it| it.is_known()));
            let first = values.first().filter(|first| values.iter().all(|it| it == *first));
            return known.or(first).cloned().unwrap_or_default();
        }
        let mut own: Vec<Value> = Vec::new();
        for value in values.into_iter().filter(is_own) {
            if own
                .iter()
                .any(|known| value == *known || self.is_instance_below(&value, known, depth))
            {
                continue;
            }
            own.retain(|known| !self.is_instance_below(known, &value, depth));
            own.push(value);
        }
        union(own)
    }

    fn is_instance_below(&mut self, one: &Value, other: &Value, depth: u32) -> bool {
        match (one, other) {
            (Value::Instance(..), Value::Instance(base, _)) => self.as_base(one, *base, depth + 1).is_some(),
            _ => false,
        }
    }

    /// Whether a type is a part of another, or has one as its base.
    fn is_below(&mut self, to: &Value, of: &Value) -> bool {
        let parts = match of {
            Value::Union(parts) => parts.to_vec(),
            one => vec![one.clone()],
        };
        parts.iter().any(|part| match part {
            Value::Instance(base, _) => self.as_base(to, *base, 0).is_some(),
            part => part == to,
        })
    }

    /// What is of the type of a value: like a method, and not that method.
    pub(super) fn typed_alike(&self, of: Value) -> Value {
        match of {
            Value::Item(at) if self.workspace.symbol(at).kind.is_callable() => {
                let function = self.workspace.declared(at).and_then(|declared| declared.function);
                let receiver = None;
                let file = at.file;
                function.map_or(Value::Unknown, |function| Value::Function {
                    file,
                    function,
                    receiver,
                })
            }
            of => of,
        }
    }

    /// One of two types, by a condition nobody looks into: known where both are of one type, or one has no members of interest.
    pub(super) fn whichever(&mut self, file: u32, parts: [TypeId; 2], receiver: Option<&Value>, depth: u32) -> Value {
        if self.conditions >= MAX_CONDITIONS {
            self.lowest = 0;
            return Value::Unknown;
        }
        self.conditions += 1;
        let one = self.written(file, parts[0], receiver, depth);
        let other = match one {
            Value::Unknown => Value::Unknown,
            _ => self.written(file, parts[1], receiver, depth),
        };
        self.conditions -= 1;
        match (one, other) {
            (one, Value::Literal(_)) | (Value::Literal(_), one) => one,
            (one, other) if one == other => one,
            (Value::Instance(one, _), Value::Instance(other, _)) if one == other => Value::Instance(one, None),
            _ => Value::Unknown,
        }
    }

    /// What all that a variable is assigned agree on.
    pub(super) fn assigned(&mut self, file: u32, parts: &[ExprId], depth: u32) -> Value {
        if self.choices_differ(file) {
            let values = parts.iter().map(|part| self.evaluate(file, *part, depth)).collect();
            return self.known_of(values, depth);
        }
        let mut found = Value::Unknown;
        for part in parts {
            let value = self.evaluate(file, *part, depth);
            if !value.is_known() || value == found {
                continue;
            }
            if found != Value::Unknown {
                return Value::Unknown;
            }
            found = value;
        }
        found
    }
}
