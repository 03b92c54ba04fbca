//! Types from outside that hold a value of the type they are given: `Json<T>`, `Query<T>`.

use super::linker::Linker;
use super::relation::Method;
use super::targets::Outcome;
use super::value::{Name, Value};
use crate::extraction::SymbolKind;
use crate::extraction::bindings::{ExprId, Reference, ReferenceKind};

impl Linker<'_, '_> {
    /// What a pattern binds that names a type: a field of it, or what a type from outside with one argument holds (`Json(data)`).
    pub(super) fn matched(&mut self, file: u32, (path, at): (ExprId, u8), of: ExprId, depth: u32) -> Value {
        let field = self.positional(file, path, at, depth);
        if field.is_known() || at > 0 {
            return field;
        }
        match self.evaluate(file, of, depth) {
            Value::Wrapper(name, Some(values)) if values.len() == 1 && self.last_name(file, path) == Some(name) => {
                values[0].clone()
            }
            _ => field,
        }
    }

    /// What a value holds whose fields can be reached through it.
    fn held(&self, of: &Value) -> Option<Value> {
        let Value::Wrapper(name, Some(values)) = of else {
            return None;
        };
        let text = self.workspace.names.text(*name);
        let derefs = self.rules()?.derefs.iter().any(|it| it == text);
        values.first().filter(|_| derefs).cloned()
    }

    /// The value of a field of what a value holds.
    pub(super) fn held_field(&mut self, of: &Value, name: Name, depth: u32) -> Option<Value> {
        let held = self.held(of)?;
        let (value, symbol) = self.member_value(&held, name, depth)?;
        let is_field = self.workspace.symbol(symbol?).kind == SymbolKind::Field;
        is_field.then_some(value)
    }

    /// A member of what a value holds: a field is meant for sure, a method may be one that the value has itself.
    pub(super) fn held_target(&mut self, file: u32, reference: &Reference, of: &Value, name: Name) -> Option<Outcome> {
        let held = self.held(of)?;
        let members = self.members(&held, name, 0);
        if members.is_empty() {
            return None;
        }
        let is_field = |kind: SymbolKind| kind == SymbolKind::Field;
        let are_fields = members.iter().all(|it| is_field(self.workspace.symbol(it.symbol).kind));
        match reference.kind {
            ReferenceKind::Call if !are_fields => {
                Some(Outcome::Possible(members.into_iter().map(|it| it.symbol).collect()))
            }
            ReferenceKind::Read | ReferenceKind::Write if are_fields => {
                Some(self.pick(file, reference, members, Method::Typed))
            }
            _ => None,
        }
    }
}
