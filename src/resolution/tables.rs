//! Tables shared by all linkers.

use super::outside::Outside;
use super::relation::SymbolRef;
use super::routes::Mounts;
use super::value::{Name, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use std::hash::Hash;
use std::sync::Arc;

/// The names of a workspace, each once.
#[derive(Default)]
pub(super) struct Interner<'a> {
    ids: FxHashMap<&'a str, Name>,
    texts: Vec<&'a str>,
}

impl<'a> Interner<'a> {
    /// The id of a name, new or known.
    pub(super) fn id(&mut self, text: &'a str) -> Name {
        let next = Name(self.texts.len() as u32);
        *self.ids.entry(text).or_insert_with(|| {
            self.texts.push(text);
            next
        })
    }

    /// The id of a name that is known.
    pub(super) fn get(&self, text: &str) -> Option<Name> {
        self.ids.get(text).copied()
    }

    pub(super) fn text(&self, name: Name) -> &'a str {
        self.texts[name.0 as usize]
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (Name, &'a str)> {
        self.texts.iter().enumerate().map(|(at, text)| (Name(at as u32), *text))
    }
}

/// Several values per key, in the order they were added.
pub(super) struct Multimap<K, V> {
    ranges: FxHashMap<K, (u32, u32)>,
    values: Vec<V>,
}

impl<K, V> Default for Multimap<K, V> {
    fn default() -> Self {
        Self {
            ranges: FxHashMap::default(),
            values: Vec::new(),
        }
    }
}

impl<K: Copy + Ord + Hash, V> Multimap<K, V> {
    pub(super) fn new(mut entries: Vec<(K, V)>) -> Self {
        entries.sort_by_key(|(key, _)| *key);
        let mut map = Self {
            ranges: FxHashMap::default(),
            values: Vec::with_capacity(entries.len()),
        };
        for (key, value) in entries {
            let at = map.values.len() as u32;
            map.ranges.entry(key).or_insert((at, at)).1 = at + 1;
            map.values.push(value);
        }
        map
    }

    pub(super) fn get(&self, key: K) -> &[V] {
        self.ranges
            .get(&key)
            .map_or(&[], |&(start, end)| &self.values[start as usize..end as usize])
    }
}

/// What types have, by type and name.
#[derive(Default)]
pub(super) struct Tables {
    /// Members of a symbol, those of its `impl`s among them.
    pub(super) members: Multimap<(SymbolRef, Name), SymbolRef>,
    /// What an `impl` is for.
    pub(super) impl_types: FxHashMap<SymbolRef, Value>,
    /// The traits and interfaces a type implements, and its base types.
    pub(super) bases: Multimap<SymbolRef, Base>,
    /// The types that implement a trait or interface, or extend a class.
    pub(super) heirs: Multimap<SymbolRef, SymbolRef>,
    /// The interfaces a type implements by the methods it has, where no syntax states it.
    pub(super) by_methods: Multimap<SymbolRef, SymbolRef>,
    /// Members that traits of the workspace give to types from outside.
    pub(super) extensions: Multimap<(Name, Name), SymbolRef>,
    /// Members that traits of the workspace give to whatever has a trait from outside. Which types that are is not known.
    pub(super) by_bound: Multimap<Name, SymbolRef>,
    /// What extensions give to types from outside that are known by their names.
    pub(super) outside: Outside,
    /// Types from outside and methods that they are known to have themselves.
    pub(super) hidden: FxHashSet<(Name, Name)>,
    /// Everything that can be called on a receiver.
    pub(super) methods: Multimap<Name, SymbolRef>,
    /// Variables and constants to which members are assigned below their definition.
    pub(super) variables_with_members: FxHashSet<SymbolRef>,
    pub(super) macros: Multimap<Name, SymbolRef>,
    /// Members that can be named without their type.
    pub(super) implied: Multimap<Name, SymbolRef>,
    /// Where routers are put below paths of others.
    pub(super) mounts: Mounts,
    /// The files that say what stands before all routes of their folders.
    pub(super) folder_mounts: FxHashMap<String, u32>,
    /// The modules of settings of Django.
    pub(super) settings: Vec<u32>,
    /// What stands or may stand before `::` in languages that include files: namespaces, types, macros, and what imports call so.
    pub(super) heads: FxHashSet<Name>,
    /// The definitions that are parts of one type, by each of them.
    pub(super) same: FxHashMap<SymbolRef, Arc<[SymbolRef]>>,
}

/// A base of a type.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub(super) of: Value,
    pub(super) kind: BaseKind,
}

/// How a type has a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BaseKind {
    Extends,
    Implements,
    /// By a derive: there is no code to it.
    Derives,
}
