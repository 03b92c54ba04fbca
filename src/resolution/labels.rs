//! Which functions a call can mean by the labels of its arguments, in languages where those are part of what a function is called by.

use super::linker::Linker;
use super::members::Member;
use super::relation::SymbolRef;
use super::value::{Name, Value};
use crate::extraction::bindings::Reference;
use crate::extraction::bindings::labels::{NO_LABEL, accepts};

/// How many levels of bases are looked into.
const MOST_LEVELS: usize = 8;

impl Linker<'_, '_> {
    /// The labels of a function's parameters: the name of each, and whether a call may leave it out or give it several times. `None` for what
    /// has none to tell.
    pub(super) fn labels_of(&self, at: SymbolRef) -> Option<Vec<(Name, bool, bool)>> {
        let workspace = self.workspace;
        let it = &workspace.files[at.file as usize];
        let tells = it.conventions.is_some_and(|it| it.labels_tell) && workspace.symbol(at).kind.is_callable();
        let function = workspace.declared(at).filter(|_| tells)?.function?;
        let labels = it.bindings().functions[function as usize].labels.iter();
        Some(
            labels
                .map(|label| (it.name(label.name), label.is_optional, label.is_many))
                .collect(),
        )
    }

    /// The candidates that a call with its labels can mean: those of the type itself, or else of its bases. None is left if none fits.
    pub(super) fn labelled(&mut self, file: u32, reference: &Reference, candidates: Vec<Member>) -> Vec<Member> {
        let Some(given) = &reference.given else {
            return candidates;
        };
        let it = &self.workspace.files[file as usize];
        let labels: Vec<Option<Name>> = given.labels.iter().map(|id| id.map(|id| it.name(id))).collect();
        let none = self.workspace.names.get(NO_LABEL);
        let mut level = candidates;
        for _ in 0..MOST_LEVELS {
            let fits = |member: &&Member| {
                let wanted = self.labels_of(member.symbol);
                wanted.is_none_or(|wanted| accepts(&wanted, none, &labels, given.closures))
            };
            let fitting: Vec<Member> = level.iter().filter(fits).copied().collect();
            if !fitting.is_empty() {
                return fitting;
            }
            let Some(first) = level.first().map(|it| it.symbol) else {
                break;
            };
            level = self.of_bases(first);
        }
        Vec::new()
    }

    /// The members by the name of one that the bases of its type have.
    fn of_bases(&mut self, at: SymbolRef) -> Vec<Member> {
        let workspace = self.workspace;
        let Some(around) = workspace.container(at) else {
            return Vec::new();
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
