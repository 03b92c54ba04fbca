//! What a call of a member of a trait, interface or abstract class may reach at run time.

use super::linker::Linker;
use super::members::Member;
use super::relation::SymbolRef;
use super::value::{Name, Value};
use crate::extraction::SymbolKind;

/// How many run-time targets of one call are listed.
const MAX_DISPATCH: usize = 16;

/// How many types below another are looked at.
const MAX_HEIRS: usize = 256;

/// How many wrappers of wrappers are gone through.
const MAX_WRAPPERS: usize = 4;

impl Linker<'_, '_> {
    /// The members that a call of `at` may reach, on a value of the type that the reference at work names it on: a member that a type has from
    /// a base reaches nothing of what else has that base.
    pub(super) fn dispatch(&mut self, at: SymbolRef) -> Vec<SymbolRef> {
        let Some(container) = self.workspace.container(at) else {
            return Vec::new();
        };
        let is_abstract = self.workspace.symbol(at).modifiers.is_abstract;
        let is_open = matches!(
            self.workspace.symbol(container).kind,
            SymbolKind::Trait | SymbolKind::Interface
        );
        if !is_open && !is_abstract {
            return Vec::new();
        }
        // What a field of the receiver holds is called on the value of that field.
        let name = self.workspace.name_of(at);
        let has_it = |linker: &mut Self, of: &SymbolRef| linker.members_named(*of, name).contains(&at);
        let of = self.receiver.filter(|of| has_it(self, of)).unwrap_or(container);
        if let Some(known) = self.dispatched.get(&(at, of)) {
            return known.clone();
        }
        let found = self.find_dispatched(at, container, of);
        self.dispatched.insert((at, of), found.clone());
        found
    }

    fn find_dispatched(&mut self, at: SymbolRef, container: SymbolRef, root: SymbolRef) -> Vec<SymbolRef> {
        let workspace = self.workspace;
        let name = workspace.name_of(at);
        let (mut queue, mut seen, mut found) = (vec![root], vec![root], Vec::new());
        while let Some(of) = queue.pop() {
            for heir in workspace.tables.heirs.get(of) {
                if seen.contains(heir) || seen.len() > MAX_HEIRS {
                    continue;
                }
                seen.push(*heir);
                queue.push(*heir);
                let of_type = match workspace.tables.impl_types.get(heir) {
                    Some(Value::Instance(of, _)) => *of,
                    _ => *heir,
                };
                let members = workspace.tables.members.get((of_type, name)).to_vec();
                let by_methods = workspace.tables.by_methods.get(of_type);
                // What a type has from elsewhere takes the place of the member too.
                let is_from_elsewhere = container != root || by_methods.contains(&container);
                let members = if members.is_empty() && is_from_elsewhere {
                    self.members_named(of_type, name)
                } else {
                    members
                };
                let members = members.into_iter();
                let members = members.filter(|it| *it != at && workspace.symbol(*it).kind.is_callable());
                found.extend(self.with_parameters_of(at, members.collect()));
            }
        }
        if self.includes(at.file) {
            let members = found.iter().map(|symbol| Member {
                symbol: *symbol,
                by_trait: false,
            });
            let members: Vec<Member> = members.collect();
            found = self.defined(at.file, &members).iter().map(|it| it.symbol).collect();
        }
        found.sort_unstable();
        found.dedup();
        if found.len() > MAX_DISPATCH { Vec::new() } else { found }
    }

    /// What a call of a constant may run: the function or type that it wraps, or that one does which it wraps.
    pub(super) fn wrapped(&self, at: SymbolRef) -> Option<SymbolRef> {
        let mut at = at;
        for _ in 0..MAX_WRAPPERS {
            let symbol = self.workspace.declared(at)?.wraps?;
            at = SymbolRef { file: at.file, symbol };
            if self.workspace.symbol(at).kind != SymbolKind::Constant {
                return Some(at);
            }
        }
        None
    }

    pub(super) fn members_named(&mut self, of: SymbolRef, name: Name) -> Vec<SymbolRef> {
        let members = self.members(&Value::Instance(of, None), name, 0);
        members.into_iter().map(|member| member.symbol).collect()
    }
}
