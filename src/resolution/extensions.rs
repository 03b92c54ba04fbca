//! What traits give to types they are not defined with: types from outside, numbers and texts, every type.

use super::linker::Linker;
use super::members::Member;
use super::relation::{Method, SymbolRef};
use super::targets::Outcome;
use super::value::{Found, ModuleId, Name, Value};
use super::workspace::Workspace;
use crate::extraction::SymbolKind;
use crate::extraction::bindings::{ImportKind, Reference, ReferenceKind};

impl Workspace<'_> {
    pub(super) fn implies_members(&self, file: u32) -> bool {
        let conventions = self.files[file as usize].conventions;
        conventions.is_some_and(|it| it.implied_members)
    }

    /// Whether a method is called on its first parameter, which a word marks as the receiver.
    pub(super) fn is_marked_extension(&self, at: SymbolRef) -> bool {
        let declared = self.declared(at);
        declared.is_some_and(|it| it.takes_receiver && it.receiver.is_some())
    }

    /// Whether a member of one type extends another (Kotlin), which it does where the one is a receiver.
    pub(super) fn is_member_extension(&self, at: SymbolRef) -> bool {
        let has_receiver = self
            .declared(at)
            .is_some_and(|it| it.receiver.is_some() && !it.takes_receiver);
        let is_method = self.symbol(at).kind == SymbolKind::Method;
        has_receiver && is_method && self.container(at).is_some_and(|of| self.symbol(of).kind.is_type())
    }
}

impl Linker<'_, '_> {
    /// What a trait in scope gives to a type from outside, unless the type is known to have a member of that name itself.
    pub(super) fn extension(
        &mut self,
        file: u32,
        reference: Option<&Reference>,
        outside: Name,
        name: Name,
    ) -> Vec<Member> {
        let workspace = self.workspace;
        let candidates = workspace.tables.extensions.get((outside, name));
        let text = workspace.names.text(name);
        let own = self.rules().and_then(|rules| rules.methods.get(text));
        let own = own.filter(|_| !self.is_added(name));
        let is_text = workspace.names.text(outside) == "String";
        let is_own = is_text && self.rules().is_some_and(|rules| rules.inherent.contains(text));
        let is_own =
            is_own || own.is_some_and(|of| of.contains_key("*") || of.contains_key(workspace.names.text(outside)));
        let mut members = Vec::new();
        for &symbol in candidates
            .iter()
            .filter(|_| !is_own && !matches!(text, "len" | "is_empty"))
        {
            if workspace
                .declared(symbol)
                .is_some_and(|declared| declared.receiver.is_some())
            {
                let is_member = workspace.is_member_extension(symbol);
                if self.is_extension_in_scope(file, symbol)
                    || is_member && self.is_member_extension_in_scope(file, reference, symbol)
                {
                    members.push(Member {
                        symbol,
                        by_trait: false,
                    });
                }
                continue;
            }
            let Some(given_by) = self.given_by(symbol) else {
                continue;
            };
            let is_in_scope = match reference {
                Some(reference) => self.is_in_scope(file, reference, given_by),
                None => self.is_imported(file, given_by),
            };
            if is_in_scope {
                members.push(Member { symbol, by_trait: true });
            }
        }
        // What an implementation says itself takes the place of what its trait says.
        let is_own = |member: &Member| {
            let container = workspace.container(member.symbol);
            container.is_none_or(|at| workspace.symbol(at).kind != SymbolKind::Trait)
        };
        if members.iter().any(is_own) {
            members.retain(is_own);
        }
        members
    }

    /// The same for a value.
    pub(super) fn extension_of(
        &mut self,
        file: u32,
        reference: Option<&Reference>,
        of: &Value,
        name: Name,
    ) -> Vec<Member> {
        let Value::Wrapper(outside, _) = of else {
            return Vec::new();
        };
        let members = self.extension(file, reference, *outside, name);
        self.for_its_arguments(of, members)
    }

    /// Of several members those for the arguments that the type of a value has, if there are any.
    fn for_its_arguments(&self, of: &Value, mut members: Vec<Member>) -> Vec<Member> {
        if members.len() > 1 {
            let all: Vec<SymbolRef> = members.iter().map(|member| member.symbol).collect();
            let mut fitting = self.for_arguments_of(of, &all);
            // An alias of another library (`wasmparser::Result<T>`) takes fewer.
            if fitting.iter().any(|at| self.takes_as_many(*at, of)) {
                fitting.retain(|at| self.takes_as_many(*at, of));
            }
            members.retain(|member| fitting.is_empty() || fitting.contains(&member.symbol));
        }
        members
    }

    /// A function that names its receiver is in scope where its bare name is, and a method that does where its class is.
    fn is_extension_in_scope(&mut self, file: u32, symbol: SymbolRef) -> bool {
        let workspace = self.workspace;
        let is_marked = workspace.is_marked_extension(symbol);
        let Some(bare) = (if is_marked {
            workspace.container(symbol)
        } else {
            Some(symbol)
        }) else {
            return false;
        };
        let found = self.package_name(file, workspace.name_of(bare).into(), None, is_marked, 0);
        matches!(found, Found::Symbols(all) if all.contains(&bare))
    }

    /// A member that extends another type is in scope inside its own and what inherits from that. Without a place to look from, in its file.
    fn is_member_extension_in_scope(&mut self, file: u32, reference: Option<&Reference>, symbol: SymbolRef) -> bool {
        let workspace = self.workspace;
        let Some(reference) = reference else {
            return symbol.file == file;
        };
        let mut around = reference.within.map(|symbol| SymbolRef { file, symbol });
        let name = workspace.name_of(symbol);
        while let Some(at) = around {
            if workspace.symbol(at).kind.is_type() {
                let members = self.members(&Value::Instance(at, None), name, 1);
                if members.iter().any(|member| member.symbol == symbol) {
                    return true;
                }
            }
            around = workspace.container(at);
        }
        false
    }

    /// Of extensions that share a name, those in scope, if there are any.
    pub(super) fn nearest_extensions(&mut self, file: u32, members: Vec<Member>) -> Vec<Member> {
        let workspace = self.workspace;
        let place = |member: &Member| workspace.container(member.symbol);
        let are_apart = members.iter().any(|member| place(member) != place(&members[0]));
        if !are_apart || !members.iter().all(|it| workspace.is_marked_extension(it.symbol)) {
            return members;
        }
        let in_scope: Vec<Member> = members
            .iter()
            .filter(|member| self.is_extension_in_scope(file, member.symbol))
            .copied()
            .collect();
        if in_scope.is_empty() { members } else { in_scope }
    }

    /// The trait that gives a member to a type from outside.
    pub(super) fn given_by(&mut self, symbol: SymbolRef) -> Option<SymbolRef> {
        let container = self.workspace.container(symbol)?;
        if self.workspace.symbol(container).kind == SymbolKind::Trait {
            return Some(container);
        }
        let of = *self.workspace.declared(container)?.implements.first()?;
        match self.written(container.file, of, None, 0) {
            Value::Instance(given_by, _) => Some(given_by),
            _ => None,
        }
    }

    /// What traits in scope give to a value of Rust for what it is outside of the workspace.
    pub(super) fn extensions(
        &mut self,
        file: u32,
        reference: Option<&Reference>,
        of: &Value,
        name: Name,
        depth: u32,
    ) -> Vec<Member> {
        if matches!(
            of,
            Value::Unknown | Value::Literal(_) | Value::External | Value::Module(_)
        ) {
            return Vec::new();
        }
        for outside in self.extended_as(of, depth) {
            let members = self.extension(file, reference, outside, name);
            if !members.is_empty() {
                return self.for_its_arguments(of, members);
            }
        }
        Vec::new()
    }

    /// What a trait in scope may give to a value from outside by a trait from outside (`impl<B: Buf> Ext for B`). Whether the value has that one is not
    /// known. It is taken to have it if no standard type has a method of the name.
    pub(super) fn given_to_some(&mut self, file: u32, reference: &Reference, of: &Value, name: Name) -> Outcome {
        let workspace = self.workspace;
        let candidates = workspace.tables.by_bound.get(name);
        if candidates.is_empty() || reference.kind != ReferenceKind::Call || !self.is_rust(file) {
            return Outcome::External;
        }
        let text = workspace.names.text(name);
        let own = self
            .rules()
            .map(|rules| (rules.methods.get(text), rules.inherent.contains(text)));
        let (by_type, is_inherent) = own.unwrap_or_default();
        let is_own =
            |of: &Name| by_type.is_some_and(|it| it.contains_key("*") || it.contains_key(workspace.names.text(*of)));
        let is_made = |of: &Name| matches!(workspace.names.text(*of), "(tuple)" | "Array");
        let is_text = |of: &Name| is_inherent && workspace.names.text(*of) == "String";
        if matches!(of, Value::Wrapper(of, _) if is_text(of) || is_own(of) || is_made(of) || workspace.tables.hidden.contains(&(*of, name)))
            || matches!(of, Value::Literal(_)) && is_inherent
        {
            return Outcome::External;
        }
        let mut members = Vec::new();
        for &symbol in candidates {
            let given_by = self.given_by(symbol);
            if self.takes_receiver(symbol) && given_by.is_some_and(|of| self.is_in_scope(file, reference, of)) {
                members.push(Member { symbol, by_trait: true });
            }
        }
        let is_known = matches!(of, Value::Wrapper(..)) && by_type.is_none() && !is_inherent;
        match members.as_slice() {
            [] => Outcome::External,
            [_] if is_known => self.pick(file, reference, members, Method::Typed),
            _ => Outcome::Possible(members.into_iter().map(|it| it.symbol).collect()),
        }
    }

    /// Whether a method of a standard type is one that packages add to it.
    pub(super) fn is_added(&self, name: Name) -> bool {
        let text = self.workspace.names.text(name);
        self.rules()
            .is_some_and(|rules| rules.added.iter().any(|added| added == text))
    }

    /// Whether any module of a file defines or imports a trait.
    pub(super) fn is_imported(&mut self, file: u32, of: SymbolRef) -> bool {
        let imports = self.workspace.files[file as usize].bindings().imports.len();
        of.file == file || (0..imports).any(|at| self.brings_in(file, at, of))
    }

    /// Whether the module of a reference defines or imports a trait, so that its methods can be called there.
    fn is_in_scope(&mut self, file: u32, reference: &Reference, of: SymbolRef) -> bool {
        if of.file == file {
            return true;
        }
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let within = reference.within.map(|symbol| SymbolRef { file, symbol });
        let here = within.map_or(ModuleId(file), |symbol| workspace.modules.around(workspace, symbol));
        let imports = it.bindings().imports.iter().enumerate();
        let mut here = imports.filter(|(_, import)| workspace.modules.at(file, import.module) == here);
        here.any(|(at, _)| self.brings_in(file, at, of))
    }

    /// Whether one import of a file brings in a symbol.
    fn brings_in(&mut self, file: u32, import: usize, of: SymbolRef) -> bool {
        let workspace = self.workspace;
        let is_glob = workspace.files[file as usize].bindings().imports[import].kind == ImportKind::All;
        let found = match self.import(file, import as u32, is_glob) {
            Found::Module(module) if is_glob => self.rust_stepped(module, workspace.name_of(of), false),
            found => found,
        };
        matches!(found, Found::Symbols(symbols) | Found::Either(symbols) | Found::Maybe(symbols) if symbols.contains(&of))
    }
}
