//! What a reference means: the symbol it names, something outside, or candidates of which none is certain.

use super::linker::Linker;
use super::members::Member;
use super::relation::{Method, SymbolRef};
use super::value::{Found, Name, Value};
use crate::extraction::SymbolKind;
use crate::extraction::bindings::conventions::ModuleRule;
use crate::extraction::bindings::{Expr, ExprId, Reference, ReferenceKind};

/// How many symbols that share a name are listed.
pub(super) const MAX_POSSIBLE: usize = 8;

/// What a reference was found to mean.
pub(super) enum Outcome {
    Symbols(Vec<SymbolRef>, Method),
    External,
    Possible(Vec<SymbolRef>),
    /// A local, or nothing worth telling.
    Nothing,
}

impl Linker<'_, '_> {
    pub(super) fn resolve(&mut self, file: u32, reference: &Reference) -> Outcome {
        let it = &self.workspace.files[file as usize];
        if reference.kind != ReferenceKind::Call || it.rule() != ModuleRule::Rust {
            return self.reference_target(file, reference);
        }
        let outcome = match it.expr(reference.target) {
            Expr::Given { call, first } => {
                let reference = Reference {
                    target: *call,
                    ..reference.clone()
                };
                let outcome = self.reference_target(file, &reference);
                self.by_first_argument(file, &reference, *first, outcome)
            }
            _ => self.reference_target(file, reference),
        };
        self.handed_on(file, reference, outcome)
    }

    fn reference_target(&mut self, file: u32, reference: &Reference) -> Outcome {
        let it = &self.workspace.files[file as usize];
        let name = it.name(reference.name);
        match reference.kind {
            ReferenceKind::Macro => return self.macro_target(file, reference.target, name),
            ReferenceKind::TypeUse if let Expr::Either(parts) = it.expr(reference.target) => {
                return self.first_target(file, reference, parts);
            }
            ReferenceKind::TypeUse | ReferenceKind::Extends | ReferenceKind::Implements => {
                let found = self.found(file, reference.target, true, 0);
                return self.named_target(file, reference, found, true);
            }
            _ => {}
        }
        match it.expr(reference.target) {
            Expr::Symbol(_) | Expr::Import(_) | Expr::Name { .. } | Expr::SelfType(_) => {
                let found = self.found(file, reference.target, reference.kind == ReferenceKind::Construct, 0);
                self.named_target(file, reference, found, reference.kind == ReferenceKind::Construct)
            }
            Expr::Super(_) | Expr::This(_) if reference.kind != ReferenceKind::Read => {
                match self.evaluate(file, reference.target, 0) {
                    Value::Instance(of, _) => Outcome::Symbols(vec![of], Method::Self_),
                    _ => Outcome::Nothing,
                }
            }
            Expr::Member(of, _) => self.member_target(file, reference, *of, name),
            Expr::Inherited { member, or } => self.inherited_target(file, reference, *member, *or),
            Expr::Keyed(of, key) => match self.workspace.name_with(*key) {
                Some(name) if !self.is_overloaded(file, *of) => self.given_target(file, reference, *of, name),
                _ => Outcome::Nothing,
            },
            Expr::Local(local)
                if reference.kind == ReferenceKind::Call && it.conventions.is_some_and(|it| it.methods_are_values) =>
            {
                self.renamed_target(file, reference, *local)
            }
            Expr::Index(of) if reference.kind == ReferenceKind::Call => self.instantiated_target(file, reference, *of),
            Expr::Path(of, _) => {
                let (of, by) = self.seen_by(file, *of);
                if let Some(outcome) = by.and_then(|by| self.qualified_target(file, reference, of, by)) {
                    return outcome;
                }
                let found = self.found(file, reference.target, reference.kind == ReferenceKind::Construct, 0);
                match found {
                    Found::Nothing | Found::External => self.path_target(file, reference, of, name),
                    Found::Either(symbols) | Found::Maybe(symbols) => Outcome::Possible(symbols),
                    Found::Symbols(symbols) if self.is_open_trait(file, reference, of, &symbols) => {
                        self.one_of_all(symbols[0])
                    }
                    Found::Symbols(symbols) => {
                        let symbols = self.of_block(file, of, symbols, reference.within);
                        let method = self.path_method(file, of);
                        let members = symbols.iter().map(|at| Member {
                            symbol: *at,
                            by_trait: false,
                        });
                        let outcome = self.pick(file, reference, members.collect(), method);
                        self.or_made(file, of, name, outcome)
                    }
                    _ => Outcome::Nothing,
                }
            }
            _ => Outcome::Nothing,
        }
    }

    /// What is called under the name of a variable that is only another name for it (`parse = decoder.parse`).
    fn renamed_target(&mut self, file: u32, reference: &Reference, local: u32) -> Outcome {
        let it = &self.workspace.files[file as usize];
        let local = &it.bindings().locals[local as usize];
        let (true, Some(target)) = (local.is_constant, local.value) else {
            return Outcome::Nothing;
        };
        let name = match it.expr(target) {
            Expr::Member(_, name) => *name,
            Expr::Symbol(_) | Expr::Import(_) => reference.name,
            _ => return Outcome::Nothing,
        };
        let reference = Reference {
            target,
            name,
            ..reference.clone()
        };
        match self.reference_target(file, &reference) {
            found @ Outcome::Symbols(..) => found,
            _ => Outcome::Nothing,
        }
    }

    /// The member that a key names. What is given to a class is a field of it, unless a constructor of its own takes it.
    fn given_target(&mut self, file: u32, reference: &Reference, of: ExprId, name: Name) -> Outcome {
        let workspace = self.workspace;
        if !matches!(workspace.files[file as usize].expr(of), Expr::Construct(_)) {
            return self.member_target(file, reference, of, name);
        }
        let Value::Instance(class, _) = self.evaluate(file, of, 0) else {
            return Outcome::Nothing;
        };
        let conventions = workspace.files[file as usize].conventions;
        let initializer = conventions.and_then(|it| workspace.names.get(&it.initializer));
        let takes_them = initializer.is_some_and(|it| !self.members_named(class, it).is_empty());
        let is_field = |at: &SymbolRef| !workspace.symbol(*at).kind.is_callable();
        if takes_them || !self.members_named(class, name).iter().all(is_field) {
            return Outcome::Nothing;
        }
        match self.member_target(file, reference, of, name) {
            found @ Outcome::Symbols(..) => found,
            _ => Outcome::Nothing,
        }
    }

    /// The first of what a name of a type may mean that is found, or else the last.
    fn first_target(&mut self, file: u32, reference: &Reference, parts: &[ExprId]) -> Outcome {
        let mut outcome = Outcome::Nothing;
        for part in parts {
            let reference = Reference {
                target: *part,
                ..reference.clone()
            };
            let found = self.found(file, *part, true, 0);
            let is_known = !matches!(found, Found::Nothing | Found::External);
            outcome = self.named_target(file, &reference, found, true);
            if is_known {
                break;
            }
        }
        outcome
    }

    /// The target of a call that says which types it is made for, or that calls an element of a list, which has no name.
    fn instantiated_target(&mut self, file: u32, reference: &Reference, of: ExprId) -> Outcome {
        let reference = Reference {
            target: of,
            ..reference.clone()
        };
        match self.resolve(file, &reference) {
            Outcome::Symbols(symbols, method)
                if symbols.iter().all(|at| self.workspace.symbol(*at).kind.is_callable()) =>
            {
                Outcome::Symbols(symbols, method)
            }
            Outcome::External => Outcome::External,
            _ => Outcome::Nothing,
        }
    }

    /// The target of a path that no module leads to: what a trait gives to a type, or something from outside.
    fn path_target(&mut self, file: u32, reference: &Reference, of: ExprId, name: Name) -> Outcome {
        if self.is_implied(file, reference) {
            let outcome = self.or_made(file, of, name, Outcome::External);
            return match outcome {
                Outcome::External => self.implied_target(file, of, name),
                outcome => outcome,
            };
        }
        if self.begins_outside(file, of) {
            return Outcome::External;
        }
        match self.evaluate(file, of, 0) {
            Value::Type(outside) | Value::Literal(Some(outside)) => {
                let members = self.extension(file, Some(reference), outside, name);
                self.pick(file, reference, members, Method::Static)
            }
            // The type is known and has no such member: a derive or a blanket implementation gives it.
            Value::Item(_) => Outcome::External,
            _ => self.member_target(file, reference, of, name),
        }
    }

    /// What was found, or the type itself where a method that every type has makes an instance of it and none of its own fits.
    fn or_made(&mut self, file: u32, of: ExprId, name: Name, outcome: Outcome) -> Outcome {
        if !matches!(outcome, Outcome::External) || !self.is_constructor(file, name) {
            return outcome;
        }
        let of = self.evaluate(file, of, 0);
        match self.made_by(file, &of, name) {
            Some(made) => Outcome::Symbols(vec![made], Method::Static),
            None => outcome,
        }
    }

    fn path_method(&mut self, file: u32, of: ExprId) -> Method {
        let it = &self.workspace.files[file as usize];
        match (it.expr(of), self.found(file, of, true, 0)) {
            (Expr::SelfType(_), _) => Method::Self_,
            (_, Found::Module(_)) => Method::Module,
            _ => Method::Static,
        }
    }

    /// The target of a bare name.
    fn named_target(&mut self, file: u32, reference: &Reference, found: Found, as_type: bool) -> Outcome {
        let it = &self.workspace.files[file as usize];
        let symbols = match found {
            Found::Symbols(symbols) => match self.called_apart(file, reference, &symbols) {
                Some(found) => found,
                None => symbols,
            },
            Found::Value(Value::Item(symbol)) => vec![symbol],
            Found::Either(symbols) | Found::Maybe(symbols) => return Outcome::Possible(symbols),
            Found::External => return Outcome::External,
            Found::Nothing if matches!(it.expr(reference.target), Expr::Local(_) | Expr::Typed(_)) => {
                return Outcome::Nothing;
            }
            Found::Nothing => return Outcome::External,
            Found::Module(_) | Found::Value(_) => return Outcome::Nothing,
        };
        if symbols.is_empty() {
            return Outcome::External;
        }
        let kind = |at: &SymbolRef| self.workspace.symbol(*at).kind;
        let fits = |at: &&SymbolRef| {
            let only_type = matches!(
                kind(at),
                SymbolKind::Interface | SymbolKind::TypeAlias | SymbolKind::AssociatedType
            );
            let is_value = matches!(
                kind(at),
                SymbolKind::Function | SymbolKind::Constant | SymbolKind::Variable
            );
            if as_type { !is_value } else { !only_type }
        };
        let fitting: Vec<SymbolRef> = symbols.iter().filter(fits).copied().collect();
        let mut symbols = if fitting.is_empty() { symbols } else { fitting };
        // A namespace adds to the class or function of its name.
        if symbols.iter().any(|at| kind(at) != SymbolKind::Namespace) {
            symbols.retain(|at| kind(at) != SymbolKind::Namespace);
        }
        if let Some(possible) = self.without_receiver(file, &symbols) {
            return Outcome::Possible(possible);
        }
        let method = match it.expr(reference.target) {
            Expr::Symbol(_) => Method::Lexical,
            Expr::SelfType(_) => Method::Self_,
            Expr::Path(of, _) | Expr::Member(of, _) => self.path_method(file, *of),
            Expr::Name { .. } if it.rule() == ModuleRule::Package && self.is_member(&symbols) => Method::Self_,
            _ if symbols.iter().all(|at| at.file == file) => Method::Lexical,
            _ if self.includes(file) => Method::Import,
            _ if symbols.iter().all(|at| self.share_package(file, at.file)) => Method::Module,
            _ => Method::Import,
        };
        self.pick(
            file,
            reference,
            symbols
                .iter()
                .map(|at| Member {
                    symbol: *at,
                    by_trait: false,
                })
                .collect(),
            method,
        )
    }

    /// What a bare name may mean that is found to be a function with a receiver, where other functions of that name have receivers too: which
    /// one it is depends on the receiver at hand, and no syntax states it.
    fn without_receiver(&self, file: u32, symbols: &[SymbolRef]) -> Option<Vec<SymbolRef>> {
        let workspace = self.workspace;
        let extends = |at: &SymbolRef| {
            let declared = workspace.declared(*at);
            let kind = workspace.symbol(*at).kind;
            kind == SymbolKind::Function && declared.is_some_and(|it| it.receiver.is_some())
        };
        let first = symbols
            .first()
            .filter(|_| symbols.iter().all(extends) && !self.includes(file))?;
        let grammar = &workspace.files[file as usize].facts.grammar;
        let all = workspace.tables.methods.get(workspace.name_of(*first));
        let here = all
            .iter()
            .filter(|at| workspace.files[at.file as usize].facts.grammar == *grammar);
        let all: Vec<SymbolRef> = here.take(MAX_POSSIBLE + 1).copied().collect();
        let is_alone = all.iter().all(|at| at.file == first.file && extends(at));
        (!is_alone).then_some(all)
    }

    fn is_member(&self, symbols: &[SymbolRef]) -> bool {
        let workspace = self.workspace;
        let is_member = |at: &SymbolRef| match workspace.container(*at) {
            Some(of) if workspace.symbol(of).kind != SymbolKind::Namespace => true,
            _ => self.includes(at.file) && workspace.declared(*at).is_some_and(|it| it.receiver.is_some()),
        };
        symbols.iter().all(is_member)
    }

    /// The target of a member of a value.
    fn member_target(&mut self, file: u32, reference: &Reference, of: ExprId, name: Name) -> Outcome {
        let it = &self.workspace.files[file as usize];
        if let Some(outcome) = self.setting(file, of, name) {
            return outcome;
        }
        self.inferred = false;
        let value = self.receiver_of(file, of, name, 0);
        let inferred = self.inferred;
        self.receiver = match &value {
            Value::Instance(of, _) => Some(*of),
            _ => None,
        };
        // What a wrapper has itself hides what its content has.
        if self.standard_method(&value, name).is_some() {
            return match &value {
                Value::Wrapper(..) if self.is_added(name) => {
                    let members = self.extension_of(file, Some(reference), &value, name);
                    self.pick(file, reference, members, Method::Typed)
                }
                _ => Outcome::External,
            };
        }
        if let Value::Literal(is) = value
            && self.is_rust(file)
            && let Some(outcome) = self.literal_target(file, reference, (of, is), name)
        {
            return outcome;
        }
        let mut members = self.value_members(file, reference, (of, &value), name);
        // Of several bases the first that has it counts, with all its overloads.
        if let (Expr::Super(_), Some(first)) = (it.expr(of), members.first().copied())
            && it.rule() == ModuleRule::Package
        {
            let container = |member: &Member| self.workspace.container(member.symbol);
            members.retain(|member| container(member) == container(&first));
        }
        let members = self.nearest_extensions(file, members);
        if !members.is_empty() {
            let method = match (it.expr(of), &value) {
                (Expr::This(_) | Expr::Super(_) | Expr::SelfType(_), _) => Method::Self_,
                (_, Value::Module(_)) => Method::Module,
                (_, Value::Item(_) | Value::Type(_)) => Method::Static,
                _ if inferred => Method::Inferred,
                _ => Method::Typed,
            };
            if self.is_partly_outside(file, &value, name) {
                return Outcome::Possible(members.into_iter().map(|it| it.symbol).collect());
            }
            // A union only has to have the member in the parts that checks before the reference have left of it.
            let outcome = self.pick(file, reference, members, method);
            return self.or_made(file, of, name, outcome);
        }
        if let (Value::Item(class), true) = (&value, self.is_constructor(file, name)) {
            return Outcome::Symbols(vec![*class], Method::Static);
        }
        if self.managed_result(&value, name, 0).is_some() {
            return Outcome::External;
        }
        if reference.kind == ReferenceKind::Call && self.is_rust(file) && self.is_unknown_pin(&value) {
            return self.named_alike(file, reference, name);
        }
        if let Some(outcome) = self.delegated(file, reference, &value, name) {
            return outcome;
        }
        if it.rule() == ModuleRule::Rust {
            let members = self.extensions(file, Some(reference), &value, name, 0);
            if !members.is_empty() {
                return self.pick(file, reference, members, Method::Typed);
            }
        }
        if let Some(outcome) = self.held_target(file, reference, &value, name) {
            return outcome;
        }
        if let Value::Wrapper(..) = &value {
            let members = self.extension_of(file, Some(reference), &value, name);
            if members.is_empty() {
                return match self.given_to_some(file, reference, &value, name) {
                    Outcome::External => self.extended_alike(file, reference, &value, name),
                    outcome => outcome,
                };
            }
            return self.pick(file, reference, members, Method::Typed);
        }
        if let (Value::Literal(Some(of)), ModuleRule::Package) = (&value, it.rule()) {
            let members = self.extension(file, Some(reference), *of, name);
            if !members.is_empty() {
                return self.pick(file, reference, members, Method::Typed);
            }
        }
        let is_known_outside = matches!(
            value,
            Value::External | Value::Literal(_) | Value::Wrapper(..) | Value::Type(_) | Value::Module(_)
        );
        if is_known_outside {
            return match self.given_to_some(file, reference, &value, name) {
                Outcome::External => self.extended_alike(file, reference, &value, name),
                outcome => outcome,
            };
        }
        if matches!(reference.kind, ReferenceKind::Read | ReferenceKind::Write) || self.is_closure(&value, name) {
            return Outcome::Nothing;
        }
        match self.named_alike(file, reference, name) {
            Outcome::Possible(all) if self.has_known_members(file, &value) => self.extensions_among(&value, all),
            // What an object gives is not from outside, wherever it has it from.
            Outcome::External if self.is_in_object(&value, name) => Outcome::Nothing,
            outcome => outcome,
        }
    }

    /// Whether a value of Rust is of one of several types, as a build is set up, of which some have a member from outside.
    fn is_partly_outside(&mut self, file: u32, value: &Value, name: Name) -> bool {
        let is_rust = self.workspace.files[file as usize].rule() == ModuleRule::Rust;
        match value {
            Value::Union(parts) if is_rust => parts.iter().any(|part| self.members(part, name, 0).is_empty()),
            _ => false,
        }
    }

    /// Whether every class has a method of that name which makes an instance.
    pub(super) fn is_constructor(&self, file: u32, name: Name) -> bool {
        let text = self.workspace.names.text(name);
        let conventions = self.workspace.files[file as usize].conventions;
        conventions.is_some_and(|it| it.constructors.iter().any(|it| it == text))
    }

    /// The one meant among several candidates.
    pub(super) fn pick(
        &mut self,
        file: u32,
        reference: &Reference,
        candidates: Vec<Member>,
        method: Method,
    ) -> Outcome {
        let candidates = self.labelled(reference, candidates);
        let is_here = |member: &Member| member.symbol.file == file;
        let method = match method {
            Method::Lexical if reference.given.is_some() && !candidates.iter().all(is_here) => Method::Module,
            method => method,
        };
        let workspace = self.workspace;
        let is_rust = workspace.files[file as usize].rule() == ModuleRule::Rust;
        let kind = |at: SymbolRef| workspace.symbol(at).kind;
        let called = reference.kind == ReferenceKind::Call;
        let fits = |member: &&Member| {
            let is_field = kind(member.symbol) == SymbolKind::Field;
            let is_method = kind(member.symbol) == SymbolKind::Method;
            let through_value = matches!(workspace.files[file as usize].expr(reference.target), Expr::Member(..));
            !is_rust
                || if called {
                    !is_field
                } else {
                    !(through_value && is_method)
                }
        };
        let fitting: Vec<Member> = candidates.iter().filter(fits).copied().collect();
        let candidates = if fitting.is_empty() && !is_rust {
            candidates
        } else {
            fitting
        };
        // Where methods and variables have name spaces of their own, a call means a method.
        let is_callable = |member: &&Member| kind(member.symbol).is_callable() == called;
        let fitting: Vec<Member> = candidates.iter().filter(is_callable).copied().collect();
        let is_package = workspace.files[file as usize].rule() == ModuleRule::Package;
        let candidates = if fitting.is_empty() || !is_package {
            candidates
        } else {
            fitting
        };
        let candidates = self.accepting(file, reference, candidates);
        let is_by_file = self.includes(file);
        let candidates = if is_by_file {
            self.defined(file, &candidates)
        } else {
            candidates
        };
        let candidates = self.of_blocks(file, reference, candidates);
        let Some(first) = candidates.first().copied() else {
            return Outcome::External;
        };
        if self.are_of_blocks(&candidates) {
            let overloads = called.then(|| self.overloads_among(file, reference, &candidates));
            let all = || candidates.iter().map(|it| it.symbol).collect();
            let all: Vec<SymbolRef> = overloads.flatten().unwrap_or_else(all);
            let method = if all.len() == 1 { method } else { Method::Overload };
            return Outcome::Symbols(all, method);
        }
        let place = |at: SymbolRef| (at.file, workspace.container(at).filter(|_| !is_by_file));
        let by_place = |member: &Member| place(member.symbol) == place(first.symbol);
        if candidates.iter().all(by_place) {
            if called
                && is_package
                && let Some(all) = self.overloads_among(file, reference, &candidates)
            {
                let method = if all.len() == 1 { method } else { Method::Overload };
                return Outcome::Symbols(all, method);
            }
            let has_body = |member: &&Member| !workspace.symbol(member.symbol).outline.is_empty();
            let wanted = candidates.iter().rev().find(has_body).unwrap_or(&first);
            let method = if wanted.by_trait && method != Method::Self_ {
                Method::Trait
            } else {
                method
            };
            return Outcome::Symbols(vec![wanted.symbol], method);
        }
        let mut symbols: Vec<SymbolRef> = Vec::new();
        for member in &candidates {
            if !symbols.iter().any(|known| place(*known) == place(member.symbol)) {
                symbols.push(member.symbol);
            }
        }
        if let Some(parts) = workspace.tables.same.get(&symbols[0])
            && symbols.iter().all(|it| parts.contains(it))
        {
            return Outcome::Symbols(vec![symbols[0]], method);
        }
        let by_name = matches!(
            method,
            Method::Import | Method::Module | Method::Static | Method::Lexical
        );
        let are_extensions = symbols.iter().all(|at| workspace.is_marked_extension(*at));
        if is_rust || is_by_file || are_extensions || by_name && self.is_ambiguous(&symbols) {
            Outcome::Possible(symbols)
        } else {
            Outcome::Symbols(symbols, method)
        }
    }
}
