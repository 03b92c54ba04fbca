//! What nothing but a name tells: candidates of which none is certain.

use super::linker::Linker;
use super::relation::SymbolRef;
use super::targets::{MAX_POSSIBLE, Outcome};
use super::value::{Name, Value};
use super::workspace::File;
use crate::extraction::bindings::conventions::ModuleRule;
use crate::extraction::bindings::{Expr, ExprId, Reference, ReferenceKind};
use crate::extraction::{SymbolKind, Visibility};

impl Linker<'_, '_> {
    /// Whether a reference names a member without its type.
    pub(super) fn is_implied(&self, file: u32, reference: &Reference) -> bool {
        let is_use = matches!(reference.kind, ReferenceKind::Read | ReferenceKind::Construct);
        let it = &self.workspace.files[file as usize];
        is_use && self.workspace.implies_members(file) && matches!(it.expr(reference.target), Expr::Path(..))
    }

    /// What a member is whose type is left out and is none of the workspace.
    pub(super) fn implied_target(&mut self, file: u32, of: ExprId, name: Name) -> Outcome {
        let expected = self.evaluate(file, of, 0);
        let files = &self.workspace.files;
        let is_outside = match expected {
            // It may stand in a list of what is expected.
            Value::Wrapper(outside, _) => {
                let outside = self.workspace.names.text(outside);
                let conventions = files[file as usize].conventions;
                !conventions.is_some_and(|it| it.elements.contains_key(outside))
            }
            value => matches!(value, Value::External | Value::Literal(_) | Value::Type(_)),
        };
        if is_outside {
            return Outcome::External;
        }
        let grammar = &files[file as usize].facts.grammar;
        let all = self.workspace.tables.implied.get(name).iter();
        let all: Vec<SymbolRef> = all
            .filter(|at| files[at.file as usize].facts.grammar == *grammar)
            .copied()
            .collect();
        match all.is_empty() {
            true => Outcome::External,
            false => Outcome::Possible(all),
        }
    }

    /// Whether a call that is taken to lead out of the repository may not: it names a member as members of the repository are named, of a value
    /// that something from outside gave. What outside gives back can be what it was given (`get(Ours)`, `next(ours)`).
    pub(super) fn is_open(&mut self, file: u32, reference: &Reference) -> bool {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        if reference.kind != ReferenceKind::Call {
            return false;
        }
        let mut target = reference.target;
        while let Expr::Given { call: of, .. } | Expr::Instantiated(of, _) = it.expr(target) {
            target = *of;
        }
        let Expr::Member(of, name) = *it.expr(target) else {
            return false;
        };
        let is_same = |at: &SymbolRef| workspace.files[at.file as usize].rule() == it.rule();
        if self.begins_with_import(file, of) || !workspace.tables.methods.get(it.name(name)).iter().any(is_same) {
            return false;
        }
        matches!(self.evaluate(file, of, 0), Value::External | Value::Unknown)
    }

    /// Whether an expression is a path that begins with an import: a module, or what a module holds.
    fn begins_with_import(&self, file: u32, mut of: ExprId) -> bool {
        let it = &self.workspace.files[file as usize];
        loop {
            match it.expr(of) {
                Expr::Member(next, _) | Expr::Path(next, _) => of = *next,
                Expr::Import(_) | Expr::Module(_) => return true,
                _ => return false,
            }
        }
    }

    /// What is called on something from outside: from outside too, unless the repository gives a method of the name to such a type.
    pub(super) fn extended_alike(&mut self, file: u32, reference: &Reference, value: &Value, name: Name) -> Outcome {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        // What reads as a type may be a property that a base from outside has.
        let is_value = matches!(
            value,
            Value::External | Value::Literal(_) | Value::Wrapper(..) | Value::Type(_)
        );
        if it.rule() != ModuleRule::Package || !is_value {
            return Outcome::External;
        }
        let is_same = |at: &&SymbolRef| workspace.files[at.file as usize].facts.grammar == it.facts.grammar;
        let alike = workspace.tables.methods.get(name).iter();
        let mut possible: Vec<SymbolRef> = alike.filter(is_same).copied().collect();
        let is_hidden = |at: SymbolRef| at.file != file && workspace.symbol(at).visibility == Visibility::Private;
        possible.retain(|at| !(workspace.is_member_extension(*at) && is_hidden(*at)));
        possible.retain(|at| self.can_mean(reference, *at) && self.may_extend(*at, value));
        match possible.is_empty() {
            true => Outcome::External,
            false => Outcome::Possible(possible),
        }
    }

    /// Whether a function may be an extension of a type from outside that a value is of.
    fn may_extend(&mut self, at: SymbolRef, value: &Value) -> bool {
        let workspace = self.workspace;
        let is_marked = workspace.is_marked_extension(at);
        let receiver = workspace.declared(at).and_then(|declared| declared.receiver);
        let is_member = workspace.is_member_extension(at);
        let is_function = workspace.symbol(at).kind == SymbolKind::Function;
        let receiver = receiver.filter(|_| is_marked || is_member || is_function);
        if let Some(receiver) = receiver {
            let (Value::Wrapper(outside, _) | Value::Literal(Some(outside))) = value else {
                return is_marked || !matches!(value, Value::Type(_));
            };
            return match self.written(at.file, receiver, None, 0) {
                // Which of those are in scope is known, unless the whole project brings them in.
                Value::Wrapper(extended, _) => extended != *outside || is_marked || is_member,
                Value::Instance(..) => false,
                _ => true,
            };
        }
        let around = workspace.container(at);
        let around = around.filter(|around| workspace.symbol(*around).kind == SymbolKind::Impl);
        let is_value = !matches!(value, Value::Type(_));
        around.is_some_and(|around| {
            (is_value || workspace.symbol(at).modifiers.is_static) && !workspace.is_of_own(around)
        })
    }

    /// Whether all that can be called on a value is known, or comes from outside.
    pub(super) fn has_known_members(&self, file: u32, value: &Value) -> bool {
        let (Value::Instance(of, _) | Value::Item(of)) = value else {
            return false;
        };
        let rules = self.workspace.files[file as usize].conventions;
        rules.is_some_and(|it| it.members_are_known) && is_open_type(self.workspace.symbol(*of).kind)
    }

    /// Of methods that share a name, those that extend types; it is one from outside if there is none.
    pub(super) fn extensions_among(&self, of: &Value, mut all: Vec<SymbolRef>) -> Outcome {
        let workspace = self.workspace;
        // A base from outside may be what an extension is of.
        let is_all_known = matches!(of, Value::Instance(of, _) | Value::Item(of) if self.has_known_bases(*of, 0));
        let is_apart = |at: SymbolRef| {
            let around = workspace
                .container(at)
                .filter(|around| workspace.is_extension(*around) && !is_all_known);
            around.is_some_and(|around| !workspace.is_of_own(around))
        };
        all.retain(|at| is_apart(*at) || workspace.declared(*at).is_some_and(|it| it.receiver.is_some()));
        match all.is_empty() {
            true => Outcome::External,
            false => Outcome::Possible(all),
        }
    }

    /// Methods that share the name, where nothing is known of the receiver.
    pub(super) fn named_alike(&self, file: u32, reference: &Reference, name: Name) -> Outcome {
        let it = &self.workspace.files[file as usize];
        let possible = self.workspace.tables.methods.get(name);
        let is_same = |other: &File<'_>| match it.rule() {
            ModuleRule::Package => other.facts.grammar == it.facts.grammar,
            rule => other.rule() == rule,
        };
        let same_language = |at: &&SymbolRef| is_same(&self.workspace.files[at.file as usize]);
        // What takes no receiver is not called on one.
        let through_value = it.rule() == ModuleRule::Rust && matches!(it.expr(reference.target), Expr::Member(..));
        let takes_it = |at: &&SymbolRef| {
            let declared = self.workspace.declared(**at);
            !through_value || declared.is_some_and(|it| it.takes_receiver)
        };
        // What is private is called from its own file, where that is checked.
        let is_checked = it.conventions.is_some_and(|it| it.overloads || it.members_are_known);
        let is_seen = |at: &&SymbolRef| {
            !is_checked || at.file == file || self.workspace.symbol(**at).visibility != Visibility::Private
        };
        let possible: Vec<SymbolRef> = possible
            .iter()
            .filter(same_language)
            .filter(is_seen)
            .filter(takes_it)
            .filter(|at| self.can_mean(reference, **at))
            .take(MAX_POSSIBLE + 1)
            .copied()
            .collect();
        match possible.len() {
            0 => Outcome::External,
            1..=MAX_POSSIBLE => Outcome::Possible(possible),
            _ => Outcome::Possible(Vec::new()),
        }
    }
}

/// Whether a symbol of a kind is a type with members that can be listed.
fn is_open_type(kind: SymbolKind) -> bool {
    // A trait has what the types have that take it in.
    use SymbolKind::{Class, Enum, Interface, Struct};
    matches!(kind, Class | Enum | Interface | Struct)
}
