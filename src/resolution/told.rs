//! Type parameters in Rust: what a call says those of a function and of the block around it stand for.

use super::linker::Linker;
use super::relation::SymbolRef;
use super::value::{Value, arguments};
use crate::extraction::SymbolKind;
use crate::extraction::bindings::conventions::Shape;
use crate::extraction::bindings::{Expr, ExprId, Function, TypeExpr, TypeId, TypeParameter};

/// What type parameters of a function stand for, and those of the `impl` or trait it stands in.
#[derive(Default)]
struct Bound {
    own: Vec<Value>,
    outer: Vec<Value>,
}

impl Bound {
    fn set(&mut self, is_own: bool, at: usize, value: &Value) {
        let values = if is_own { &mut self.own } else { &mut self.outer };
        if values.len() <= at {
            values.resize(at + 1, Value::Unknown);
        }
        if values[at] == Value::Unknown {
            values[at] = value.clone();
        }
    }
}

impl Linker<'_, '_> {
    /// What a call gives back that depends on its type arguments or its first argument.
    pub(super) fn told(
        &mut self,
        file: u32,
        call: ExprId,
        types: &[TypeId],
        first: Option<ExprId>,
        depth: u32,
    ) -> Option<Value> {
        let workspace = self.workspace;
        let Expr::Call(callee, _) = workspace.files[file as usize].expr(call) else {
            return None;
        };
        if let Some(value) = first.and_then(|first| self.standard_function(file, *callee, first, depth)) {
            return Some(value);
        }
        if let Some(value) = self.stated(file, *callee, types, depth) {
            return Some(value);
        }
        let (function, receiver) = self.called(file, *callee, depth)?;
        let declared = workspace.declared(function)?;
        let is_path = !matches!(workspace.files[file as usize].expr(*callee), Expr::Member(..));
        if let (Some(first), true) = (first, is_path && declared.takes_receiver) {
            let receiver = self.evaluate(file, first, depth);
            let value = receiver
                .is_known()
                .then(|| self.result_of(function, Some(&receiver), depth));
            return value.filter(Value::is_known);
        }
        let shape = &workspace.files[function.file as usize].bindings().functions[declared.function? as usize];
        let returns = shape.returns.filter(|of| self.depends(function, *of))?;
        let mut bound = Bound {
            own: types.iter().map(|of| self.written(file, *of, None, depth)).collect(),
            outer: Vec::new(),
        };
        if let Some(first) = first {
            self.bind_first(file, function, shape, first, &mut bound, depth);
        }
        let stand_in = self.stand_in_for(function, bound, receiver)?;
        let value = self.written(function.file, returns, Some(&stand_in), depth + 1);
        let value = self.behind_opaque(function.file, declared.function?, value, depth);
        let value = if shape.is_async {
            self.wrapper("Promise", vec![value])
        } else {
            value
        };
        value.is_known().then_some(value)
    }

    /// The type that a call of a standard method states, completed by what its receiver holds.
    fn stated(&mut self, file: u32, callee: ExprId, types: &[TypeId], depth: u32) -> Option<Value> {
        let it = &self.workspace.files[file as usize];
        let (Expr::Member(of, name), [of_type]) = (it.expr(callee), types) else {
            return None;
        };
        let of = self.evaluate(file, *of, depth);
        let parts = self.standard_parts(&of, depth);
        let name = it.name(*name);
        let states = |part: &&Value| matches!(self.own_standard_method(part, name), Some(Shape::Written));
        let part = parts.iter().find(states)?.clone();
        let item = self.item_of(&part, depth);
        let written = self.written(file, *of_type, None, depth);
        Some(self.filled(written, &item))
    }

    /// The function that is called, and what it is called on.
    fn called(&mut self, file: u32, callee: ExprId, depth: u32) -> Option<(SymbolRef, Option<Value>)> {
        let it = &self.workspace.files[file as usize];
        match it.expr(callee) {
            Expr::Member(of, name) => {
                let of = self.evaluate(file, *of, depth);
                let members = self.members(&of, it.name(*name), depth);
                let is_function = |at: &SymbolRef| self.workspace.symbol(*at).kind.is_callable();
                let mut found = members.iter().map(|member| member.symbol).filter(is_function);
                let function = found.next().filter(|_| found.next().is_none())?;
                Some((function, Some(of)))
            }
            Expr::Path(of, _) => {
                let head = self.evaluate(file, *of, depth);
                let found = self.found(file, callee, false, depth);
                let [function] = self.symbols_of(found)[..] else {
                    return None;
                };
                let receiver = match head {
                    Value::Item(of) => Some(Value::Instance(of, None)),
                    Value::Instance(..) => Some(head),
                    _ => None,
                };
                Some((function, receiver))
            }
            _ => {
                let found = self.found(file, callee, false, depth);
                let [function] = self.symbols_of(found)[..] else {
                    return None;
                };
                Some((function, None))
            }
        }
    }

    fn bind_first(
        &mut self,
        file: u32,
        function: SymbolRef,
        shape: &Function,
        first: ExprId,
        bound: &mut Bound,
        depth: u32,
    ) {
        let Some(parameter) = shape.parameters.first().copied().flatten() else {
            return;
        };
        if self.depends(function, parameter) {
            let value = self.evaluate(file, first, depth);
            self.match_types(function, parameter, &value, bound, depth + 1);
        }
    }

    /// A receiver in which a function's types can be read: what it is called on, with what its type parameters stand for.
    fn stand_in_for(&self, function: SymbolRef, bound: Bound, receiver: Option<Value>) -> Option<Value> {
        let mut parts = Vec::new();
        if !bound.own.is_empty() {
            parts.push(Value::Instance(function, arguments(bound.own)));
        }
        if let (Some(block), false) = (self.workspace.container(function), bound.outer.is_empty()) {
            parts.push(Value::Instance(block, arguments(bound.outer)));
        }
        if parts.is_empty() {
            return None;
        }
        parts.extend(receiver);
        Some(Value::Intersection(parts.into()))
    }

    /// The stand-in for a receiver in which the type of a parameter is to be read, if it depends on the first argument.
    pub(super) fn receiver_told(
        &mut self,
        file: u32,
        function: SymbolRef,
        first: ExprId,
        receiver: Option<Value>,
        depth: u32,
    ) -> Option<Value> {
        let workspace = self.workspace;
        let shape = workspace.declared(function)?.function?;
        let shape = &workspace.files[function.file as usize].bindings().functions[shape as usize];
        let mut bound = Bound::default();
        self.bind_first(file, function, shape, first, &mut bound, depth);
        self.stand_in_for(function, bound, receiver)
    }

    /// Which type parameter a written type is: one of the function itself, or one of the `impl` around it.
    fn parameter_in(&self, function: SymbolRef, of: TypeId) -> Option<(bool, TypeParameter, u32)> {
        let it = &self.workspace.files[function.file as usize];
        let (parameter, local) = it.type_parameter(of)?;
        let is_own = parameter.owner == Some(function.symbol);
        let is_outer = || {
            self.block_around(function)
                .is_some_and(|at| parameter.owner == Some(at.symbol))
        };
        (is_own || is_outer()).then_some((is_own, parameter, local))
    }

    fn block_around(&self, function: SymbolRef) -> Option<SymbolRef> {
        let block = self.workspace.container(function)?;
        (self.workspace.symbol(block).kind == SymbolKind::Impl).then_some(block)
    }

    /// Whether a written type depends on a type parameter of a function or of the `impl` around it.
    fn depends(&self, function: SymbolRef, of: TypeId) -> bool {
        let it = &self.workspace.files[function.file as usize];
        let is_open = |of: TypeId| {
            let TypeExpr::Named { path, .. } = &it.bindings().written[of.0 as usize] else {
                return false;
            };
            let mut head = *path;
            while let Expr::Path(of, _) = it.expr(head) {
                head = *of;
            }
            match it.expr(head) {
                Expr::SelfType(_) => self.block_around(function).is_some(),
                Expr::Local(_) => head != *path,
                _ => false,
            }
        };
        it.mentions(of, 0, &|of| self.parameter_in(function, of).is_some() || is_open(of))
    }

    /// Finds what type parameters stand for where a value has a written type.
    fn match_types(&mut self, function: SymbolRef, of: TypeId, value: &Value, bound: &mut Bound, depth: u32) {
        if self.too_deep(depth) || !value.is_known() {
            return;
        }
        let workspace = self.workspace;
        let it = &workspace.files[function.file as usize];
        if let Some((is_own, parameter, local)) = self.parameter_in(function, of) {
            bound.set(is_own, usize::from(parameter.at), value);
            if let Some(limit) = it.bindings().locals[local as usize].declared {
                self.match_types(function, limit, value, bound, depth + 1);
            }
            return;
        }
        match &it.bindings().written[of.0 as usize] {
            TypeExpr::Array(of) => {
                let element = self.item_of(value, depth);
                self.match_types(function, *of, &element, bound, depth + 1);
            }
            TypeExpr::Tuple(parts) => {
                if let Value::Wrapper(_, Some(values)) = value
                    && values.len() == parts.len()
                {
                    for (of, value) in parts.iter().zip(values.iter()) {
                        self.match_types(function, *of, value, bound, depth + 1);
                    }
                }
            }
            TypeExpr::Intersection(parts) => {
                for part in parts {
                    self.match_types(function, *part, value, bound, depth + 1);
                }
            }
            TypeExpr::Function(at) => {
                if let (Some(returns), Value::Function { .. } | Value::Item(_)) =
                    (it.bindings().functions[*at as usize].returns, value)
                {
                    let result = self.call_value(value, depth + 1);
                    self.match_types(function, returns, &result, bound, depth + 1);
                }
            }
            TypeExpr::Named { path, arguments } => {
                self.match_named(function, *path, arguments, value, bound, depth);
            }
            _ => {}
        }
    }

    fn match_named(
        &mut self,
        function: SymbolRef,
        path: ExprId,
        of: &[TypeId],
        value: &Value,
        bound: &mut Bound,
        depth: u32,
    ) {
        let workspace = self.workspace;
        let name = match workspace.files[function.file as usize].expr(path) {
            Expr::Symbol(symbol) => Some(workspace.name_of(SymbolRef {
                file: function.file,
                symbol: *symbol,
            })),
            _ => self.last_name(function.file, path),
        };
        let (Some(name), false) = (name, of.is_empty()) else {
            return;
        };
        let values = match value {
            Value::Wrapper(own, Some(values)) if *own == name => values.to_vec(),
            Value::Instance(at, Some(values)) if workspace.name_of(*at) == name => values.to_vec(),
            _ => {
                let text = workspace.names.text(name);
                let is_iterator = self.rules().is_some_and(|rules| rules.elements.get(text) == Some(&0));
                let inner = self.transparent(value);
                match (is_iterator, inner) {
                    (true, _) => vec![self.item_of(value, depth)],
                    (_, Some(inner)) => return self.match_named(function, path, of, &inner, bound, depth + 1),
                    _ => return,
                }
            }
        };
        for (of, value) in of.iter().zip(values.iter()) {
            self.match_types(function, *of, value, bound, depth + 1);
        }
    }
}
