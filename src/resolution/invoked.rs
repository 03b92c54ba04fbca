//! Calls of values: the method that calling an instance calls (`invoke`, `__call__`), and the fields that generated methods read and write.

use super::linker::Linker;
use super::relation::{Method, RelationKind, SymbolRef};
use super::targets::Outcome;
use super::value::{Name, Value};
use crate::extraction::SymbolKind;
use crate::extraction::bindings::{Expr, Reference, ReferenceKind};

impl Linker<'_, '_> {
    /// The method that a call of a variable or field means, which is read there, where its value is of a type that can be called.
    pub(super) fn invoked(&mut self, file: u32, reference: &Reference, outcome: &Outcome) -> Option<Outcome> {
        if reference.kind != ReferenceKind::Call {
            return None;
        }
        let it = &self.workspace.files[file as usize];
        let name = self.invoking(file);
        let may_hold = it.conventions.is_some_and(|it| it.methods_are_values);
        if name.is_none() && !may_hold {
            return None;
        }
        let is_value = |at: &SymbolRef| {
            use SymbolKind::{Constant, Field, Getter, Property, TypeAlias, Variable};
            let kind = self.workspace.symbol(*at).kind;
            matches!(kind, Constant | Field | Getter | Property | TypeAlias | Variable)
        };
        match (outcome, it.expr(reference.target)) {
            (Outcome::Nothing, Expr::Local(_)) => {}
            (Outcome::Symbols(all, _), _) if all.iter().all(is_value) => {}
            _ => return None,
        }
        self.inferred = false;
        let value = self.evaluate(file, reference.target, 0);
        let method = if self.inferred { Method::Inferred } else { Method::Typed };
        if may_hold && matches!(value, Value::External | Value::Type(_)) {
            return Some(Outcome::External);
        }
        let parts = match &value {
            Value::Union(parts) => parts.to_vec(),
            _ => vec![value],
        };
        let mut all: Vec<SymbolRef> = Vec::new();
        for part in parts {
            // A second name of a class stands for it.
            let part = match part {
                Value::Item(at) if self.workspace.symbol(at).kind == SymbolKind::TypeAlias => {
                    match self.call_value(&part, 0) {
                        Value::Instance(class, _) => Value::Item(class),
                        _ => return None,
                    }
                }
                part => part,
            };
            let called = match part {
                Value::Instance(..) => {
                    let members = self.members(&part, name?, 0);
                    self.pick(file, reference, members, method)
                }
                Value::Item(at) if self.is_called_by_value(file, at) => Outcome::Symbols(vec![at], method),
                _ => return None,
            };
            let Outcome::Symbols(called, _) = called else {
                return None;
            };
            all.extend(called.into_iter().filter(|it| !all.contains(it)).collect::<Vec<_>>());
        }
        Some(Outcome::Symbols(all, method))
    }

    /// Whether a variable that holds a class or function is called as that, and is not only another name for it.
    fn is_called_by_value(&self, file: u32, at: SymbolRef) -> bool {
        let conventions = self.workspace.files[file as usize].conventions;
        let kind = self.workspace.symbol(at).kind;
        conventions.is_some_and(|it| it.methods_are_values) && (kind == SymbolKind::Class || kind.is_callable())
    }

    /// The method that is called by calling an instance, in the language of a file.
    pub(super) fn invoking(&self, file: u32) -> Option<Name> {
        let word = self.workspace.files[file as usize].conventions?.invoked.as_str();
        self.workspace.names.get(word).filter(|_| !word.is_empty())
    }

    /// What a method of a class calls of an instance of it (`Job.perform_later`, which runs `perform`).
    pub(super) fn delegated(&mut self, file: u32, reference: &Reference, value: &Value, name: Name) -> Option<Outcome> {
        let Value::Item(class) = value else { return None };
        let rules = self.workspace.files[file as usize].conventions?;
        let method = rules.delegates.get(self.workspace.names.text(name))?;
        let method = self.workspace.names.get(method)?;
        let members = self.members(&Value::Instance(*class, None), method, 0);
        if reference.kind != ReferenceKind::Call || members.is_empty() {
            return None;
        }
        Some(self.pick(file, reference, members, Method::Static))
    }

    /// The field of a type that a method by this name reads or writes, where a tool makes such methods.
    pub(super) fn accessed(&self, of: SymbolRef, name: Name) -> Option<SymbolRef> {
        let text = self.workspace.names.text(name);
        let writes = text.starts_with("set");
        let whole = text.strip_prefix("is").map(|_| text.to_owned());
        let rest = text
            .strip_prefix("get")
            .or(text.strip_prefix("is"))
            .or(text.strip_prefix("set"))?;
        let rest = Some(rest).filter(|rest| rest.starts_with(char::is_uppercase))?;
        let small = rest
            .chars()
            .next()?
            .to_lowercase()
            .chain(rest.chars().skip(1))
            .collect();
        let set = writes.then(|| format!("is{rest}"));
        let names = [Some(small), whole, set, Some(rest.to_owned())];
        let fields = names
            .into_iter()
            .flatten()
            .filter_map(|it| self.workspace.names.get(&it));
        fields
            .flat_map(|field| self.workspace.tables.members.get((of, field)))
            .copied()
            .find(|at| self.workspace.symbol(*at).kind == SymbolKind::Field && self.is_accessed(*at, writes))
    }

    /// Whether a tool makes a method that reads a field, or one that writes it.
    fn is_accessed(&self, field: SymbolRef, writes: bool) -> bool {
        let says = |at: SymbolRef| {
            let declared = self.workspace.declared(at);
            declared.is_some_and(|it| {
                if writes {
                    it.is_written_by_methods
                } else {
                    it.is_read_by_methods
                }
            })
        };
        says(field)
            || self.workspace.container(field).is_some_and(says) && !self.workspace.symbol(field).modifiers.is_static
    }

    /// How a call that was found to mean a field uses it.
    pub(super) fn field_use(&self, name: Name, field: SymbolRef) -> Option<RelationKind> {
        let workspace = self.workspace;
        let text = workspace.names.text(name);
        let writes = text.starts_with("set");
        let is_accessor = writes || text.starts_with("get") || text.starts_with("is");
        if workspace.symbol(field).kind != SymbolKind::Field || !is_accessor {
            return None;
        }
        let kind = if writes {
            RelationKind::Writes
        } else {
            RelationKind::Reads
        };
        self.is_accessed(field, writes).then_some(kind)
    }
}
