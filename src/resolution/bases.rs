//! What types inherit from, and what inherits from them.

use super::relation::SymbolRef;
use super::tables::{Base, BaseKind, Multimap};
use super::value::Value;
use super::workspace::Workspace;
use crate::extraction::SymbolKind;
use crate::extraction::bindings::conventions::ModuleRule;
use rustc_hash::FxHashSet;

/// How often bases are looked for anew: how many types that inherit may stand in each other.
const MAX_ROUNDS: usize = 3;

impl Workspace<'_> {
    /// Finds the bases of all types. A type may inherit from one that the type around it inherits in turn.
    pub(super) fn find_bases(&mut self) {
        let mut bases = self.bases(|_| true);
        self.tables.bases = self.with_parts(&bases);
        let mut unknown = self.inner_without_bases();
        for _ in 0..MAX_ROUNDS {
            if unknown.is_empty() {
                return;
            }
            bases.retain(|(of, _)| !unknown.contains(of));
            bases.extend(self.bases(|of| unknown.contains(&of)));
            self.tables.bases = self.with_parts(&bases);
            let left = self.inner_without_bases();
            if left.len() == unknown.len() {
                return;
            }
            unknown = left;
        }
    }

    /// The types in types that inherit, with bases that have not been found.
    fn inner_without_bases(&self) -> FxHashSet<SymbolRef> {
        let is_found = |base: &Base| matches!(base.of, Value::Instance(..));
        let inherits = |of: SymbolRef| self.tables.bases.get(of).iter().any(is_found);
        let is_inner = |at: &SymbolRef| {
            let is_nested = self.files[at.file as usize].rule() == ModuleRule::Package;
            let around = |of: &SymbolRef| self.container(*of);
            is_nested && std::iter::successors(self.container(*at), around).any(inherits)
        };
        let types = self.symbols().filter(|(_, symbol)| symbol.kind.is_type());
        let unknown = types.filter(|(at, _)| !self.tables.bases.get(*at).iter().all(is_found));
        unknown.map(|(at, _)| at).filter(is_inner).collect()
    }

    /// The bases of types, of which some are wanted.
    fn bases(&self, is_wanted: impl Fn(SymbolRef) -> bool) -> Vec<(SymbolRef, Base)> {
        let mut linker = self.linker();
        let mut bases = Vec::new();
        for (at, symbol) in self.symbols() {
            let Some(declared) = self.declared(at) else { continue };
            let of = match symbol.kind {
                SymbolKind::Impl => match self.tables.impl_types.get(&at) {
                    Some(Value::Instance(of, _)) => *of,
                    Some(Value::Wrapper(..)) if self.is_extension(at) => at,
                    _ => continue,
                },
                _ => at,
            };
            if !is_wanted(of) {
                continue;
            }
            linker.begin(at.file);
            let is_derive = matches!(symbol.kind, SymbolKind::Struct | SymbolKind::Enum | SymbolKind::Union);
            let implements = if is_derive {
                BaseKind::Derives
            } else {
                BaseKind::Implements
            };
            let extended = declared.extends.iter().map(|base| (*base, BaseKind::Extends));
            let implemented = declared.implements.iter().map(|base| (*base, implements));
            bases.extend(extended.chain(implemented).map(|(base, kind)| {
                let base = linker.written(at.file, base, None, 0);
                (of, Base { of: base, kind })
            }));
        }
        bases
    }

    /// The bases of types that have several definitions, by each of those.
    fn with_parts(&self, bases: &[(SymbolRef, Base)]) -> Multimap<SymbolRef, Base> {
        let mut all = bases.to_vec();
        for (of, base) in bases {
            all.extend(self.other_parts(*of).map(|part| (part, base.clone())));
        }
        Multimap::new(all)
    }

    /// The other definitions of a type.
    pub(super) fn other_parts(&self, of: SymbolRef) -> impl Iterator<Item = SymbolRef> {
        let parts = self.tables.same.get(&of);
        parts
            .into_iter()
            .flat_map(|parts| parts.iter().copied())
            .filter(move |part| *part != of)
    }

    /// What inherits from each type, by the bases that are stated and those that are known by methods.
    pub(super) fn heirs(&self, by_methods: &[(SymbolRef, SymbolRef)]) -> Multimap<SymbolRef, SymbolRef> {
        let mut heirs: Vec<_> = by_methods.iter().map(|&(heir, of)| (of, heir)).collect();
        for (at, _) in self.symbols() {
            for base in self.tables.bases.get(at) {
                if let Value::Instance(of, _) = base.of {
                    heirs.push((of, at));
                }
            }
        }
        Multimap::new(heirs)
    }
}
