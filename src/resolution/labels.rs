//! Which functions a call can mean by the labels of its arguments, in languages where those are part of what a function is called by.

use super::linker::Linker;
use super::members::Member;
use super::relation::SymbolRef;
use super::value::Value;
use crate::extraction::SymbolKind;
use crate::extraction::bindings::Reference;
use crate::extraction::bindings::labels::Label;

/// How many levels of bases are looked into.
const MOST_LEVELS: usize = 8;

impl Linker<'_, '_> {
    /// The labels of a function's parameters; `None` for what has none to tell.
    pub(super) fn labels_of(&self, at: SymbolRef) -> Option<&[Label]> {
        let workspace = self.workspace;
        let it = &workspace.files[at.file as usize];
        let tells = it.conventions.is_some_and(|it| it.labels_tell) && workspace.symbol(at).kind.is_callable();
        let function = workspace.declared(at).filter(|_| tells)?.function?;
        Some(&it.bindings().functions[function as usize].labels)
    }

    /// The candidates that a call with its labels can mean: those of the type itself, or else of its bases. None is left if none fits.
    pub(super) fn labelled(&mut self, reference: &Reference, candidates: Vec<Member>) -> Vec<Member> {
        let Some(given) = &reference.given else {
            return candidates;
        };
        let is_callable = |member: &&Member| self.workspace.symbol(member.symbol).kind.is_callable();
        let mut level: Vec<Member> = candidates.iter().filter(is_callable).copied().collect();
        if level.is_empty() {
            return candidates;
        }
        for round in 0..MOST_LEVELS {
            let fits = |member: &&Member| {
                let wanted = self.labels_of(member.symbol);
                wanted.is_none_or(|wanted| given.fits(wanted))
            };
            let fitting: Vec<Member> = level.iter().filter(fits).copied().collect();
            if !fitting.is_empty() {
                return fitting;
            }
            let Some(first) = level.first().map(|it| it.symbol) else {
                break;
            };
            level = self.elsewhere(first, round);
            level.retain(|it| self.workspace.symbol(it.symbol).kind.is_callable());
        }
        // Of what is no function, a case is made by what looks like a call, and a property may hold a function.
        let is_value = |member: &Member| {
            let symbol = self.workspace.symbol(member.symbol);
            match symbol.kind {
                SymbolKind::EnumMember => true,
                SymbolKind::Field | SymbolKind::Property => !symbol.modifiers.is_static,
                _ => false,
            }
        };
        candidates.into_iter().filter(is_value).collect()
    }

    /// What has the name of a function besides: members of the bases of its type, or else what its file has, and then its package.
    fn elsewhere(&mut self, at: SymbolRef, round: usize) -> Vec<Member> {
        let workspace = self.workspace;
        let Some(around) = workspace.container(at) else {
            let named = &workspace.modules.named;
            let package = named.of_file.get(&at.file).copied();
            let all = package.map(|package| named.members.get((package, workspace.name_of(at))));
            let all = all.unwrap_or_default().iter().copied();
            let seen = all.filter(|it| round > 0 || it.file == at.file);
            let member = |symbol| Member {
                symbol,
                by_trait: false,
            };
            return seen.map(member).collect();
        };
        let of = match workspace.tables.impl_types.get(&around) {
            Some(Value::Instance(of, _)) => *of,
            _ => around,
        };
        let bases = workspace.tables.bases.get(of).iter().map(|base| base.of.clone());
        let bases: Vec<Value> = bases.collect();
        let name = workspace.name_of(at);
        bases.iter().flat_map(|base| self.members(base, name, 0)).collect()
    }
}
