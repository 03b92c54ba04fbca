//! Managers of Django: what a class variable of a model gives that is a manager or a set of its instances (`Site.objects`), and what their methods
//! give back.

use super::linker::Linker;
use super::relation::SymbolRef;
use super::value::{Name, Value};
use crate::extraction::SymbolKind;

/// The base that makes a class a model.
const MODEL: &str = "Model";

/// The types of managers, and of what they give.
const MANAGERS: [&str; 3] = ["Manager", "BaseManager", "QuerySet"];

/// What a model has without saying so.
const GIVEN: [&str; 3] = ["objects", "_default_manager", "_base_manager"];

/// How many bases above each other are looked at.
const MAX_BASES: u32 = 16;

impl Linker<'_, '_> {
    /// What a member of a class of Python is that manages its instances: what the class says, and a set of instances.
    pub(super) fn managed(&mut self, of: &Value, name: Name, member: Option<&Value>) -> Option<Value> {
        let Value::Item(class) = of else { return None };
        let workspace = self.workspace;
        let is_class = workspace.symbol(*class).kind == SymbolKind::Class;
        if !is_class || workspace.files[class.file as usize].facts.grammar != "python" {
            return None;
        }
        let own = match member {
            None if GIVEN.contains(&workspace.names.text(name)) => None,
            Some(value @ Value::Instance(at, _)) if self.has_base(*at, &MANAGERS, 0) => Some(value.clone()),
            Some(Value::Wrapper(outside, _)) if MANAGERS.contains(&workspace.names.text(*outside)) => None,
            _ => return None,
        };
        if !self.has_base(*class, &[MODEL], 0) {
            return None;
        }
        let all = self.wrapper("QuerySet", vec![Value::Instance(*class, None)]);
        Some(match own {
            Some(own) => Value::Intersection([own, all].into()),
            None => all,
        })
    }

    /// Whether a class has a base from outside of one of these names.
    fn has_base(&self, class: SymbolRef, names: &[&str], depth: u32) -> bool {
        let mut bases = self.workspace.tables.bases.get(class).iter();
        depth < MAX_BASES
            && bases.any(|base| match &base.of {
                Value::Instance(base, _) => self.has_base(*base, names, depth + 1),
                Value::Wrapper(outside, _) | Value::Type(outside) => {
                    names.contains(&self.workspace.names.text(*outside))
                }
                _ => false,
            })
    }

    /// The set of instances that a manager is, or the value itself.
    pub(super) fn managed_set(&self, of: Value) -> Value {
        match &of {
            Value::Intersection(parts) if self.is_set(parts.last()) => parts[parts.len() - 1].clone(),
            _ => of,
        }
    }

    pub(super) fn is_managed(&self, of: &Value) -> bool {
        matches!(of, Value::Intersection(parts) if self.is_set(parts.last()))
    }

    fn is_set(&self, of: Option<&Value>) -> bool {
        matches!(of, Some(Value::Wrapper(name, Some(_))) if self.workspace.names.text(*name) == "QuerySet")
    }

    /// What a method of a manager gives back that the repository does not define: the model, or the manager and what it manages.
    pub(super) fn managed_result(&mut self, of: &Value, name: Name, depth: u32) -> Option<Value> {
        let set = match of {
            Value::Intersection(_) if self.is_managed(of) => self.managed_set(of.clone()),
            Value::Instance(at, _) if self.is_known_of_sets(name) && self.has_base(*at, &MANAGERS, 0) => {
                self.wrapper("QuerySet", vec![Value::Unknown])
            }
            _ => return None,
        };
        let shape = self.own_standard_method(&set, name)?;
        if !self.members(of, name, depth + 1).is_empty() {
            return None;
        }
        let given = self.shaped(shape, &set, &Value::Unknown, depth + 1);
        Some(if given == set { of.clone() } else { given })
    }

    /// Whether sets from outside have a method of a name.
    fn is_known_of_sets(&self, name: Name) -> bool {
        let methods = self
            .rules()
            .and_then(|it| it.methods.get(self.workspace.names.text(name)));
        methods.is_some_and(|by_type| by_type.contains_key("QuerySet"))
    }

    /// What a method of the repository gives back that is called on a manager: where that is a manager as it is, it manages the same.
    pub(super) fn managing(&self, of: &Value, given: Value) -> Value {
        match (of, &given) {
            (Value::Intersection(parts), Value::Instance(..)) if self.is_managed(of) && parts[0] == given => of.clone(),
            _ => given,
        }
    }
}
