//! The scopes of a file and the names they define: what a first walk over the tree leaves for the second.

use super::Import;
use super::documented::Documentation;
use super::nameless::NamelessDraft;
use super::rules::ImportRule;
use crate::extraction::facts::{NameId, SymbolIdx, SymbolKind};
use crate::extraction::parsed::SymbolNode;
use crate::extraction::tree::Node;
use rustc_hash::{FxHashMap, FxHashSet};

/// A scope and where it stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scope {
    pub(super) parent: Option<u32>,
    /// Lookups do not go on to the parent.
    pub(super) barrier: bool,
    /// The inline module around it.
    pub(super) module: Option<SymbolIdx>,
    /// The type whose receiver is meant here.
    pub(super) this: Option<SymbolIdx>,
    /// The innermost function around it.
    pub(super) function: Option<u32>,
    /// The innermost type without a name around it: an index into [`Survey::nameless`].
    pub(super) nameless: Option<u32>,
    /// The scope of a type: names assigned in it are members.
    pub(super) is_type: bool,
    /// The scope of a member: what a type binds while it is made does not count here.
    pub(super) is_apart: bool,
}

/// What a name stands for in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Local(u32),
    TypeParameter(u32),
    /// A name for a type that only documentation gives.
    Alias(u32),
    Symbol(SymbolIdx),
    Import(u32),
}

/// Where the name that is looked up stands: as a type, as a value, at the head of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    Type,
    Value,
    PathHead,
    /// What `new` stands before.
    Constructed,
}

/// Where the value of a local comes from.
#[derive(Clone, Copy)]
pub(super) enum Source<'t> {
    None,
    Value {
        node: Node<'t>,
        scope: u32,
    },
    Type {
        node: Node<'t>,
        scope: u32,
    },
    Parameter {
        function: u32,
        at: u8,
    },
    Element(u32),
    /// A type that documentation states.
    Stated(u32),
    /// Several values of a type.
    Rest {
        node: Node<'t>,
        scope: u32,
    },
    /// The receiver of a method, or its type.
    Receiver {
        this: Option<SymbolIdx>,
        is_type: bool,
    },
    /// What a method of the value gives (`__enter__`).
    Through {
        of: u32,
        method: &'t str,
    },
    Key {
        of: u32,
        key: &'t str,
    },
    Position {
        of: u32,
        at: u8,
    },
    Payload {
        path: Node<'t>,
        scope: u32,
        of: u32,
        at: u8,
    },
    /// What several locals were behind branches, by number in [`Survey::joined`].
    Joined(u32),
    /// Another local, where a check has found it to be of a type, or not to be; `at` where it was that argument of a function `to`.
    Narrowed {
        of: u32,
        to: Node<'t>,
        at: Option<u8>,
        scope: u32,
        is: bool,
    },
}

/// A reference before its target is lowered.
pub(super) struct ReferenceDraft<'t> {
    pub(super) kind: super::ReferenceKind,
    pub(super) target: Node<'t>,
    pub(super) name: Node<'t>,
    pub(super) scope: u32,
    pub(super) within: Option<SymbolIdx>,
    /// Only of interest if the name is a symbol or an import.
    pub(super) bare: bool,
    pub(super) arguments: Option<u8>,
    /// The first argument of a call, where it tells which implementation is meant.
    pub(super) first: Option<Node<'t>>,
    /// The name may leave out the end that the rule for this kind of node says.
    pub(super) shortened_in: Option<u16>,
    /// The call, where labels of its arguments tell functions apart.
    pub(super) call: Option<Node<'t>>,
    /// The arguments of the call, where their types tell functions apart.
    pub(super) list: Option<Node<'t>>,
}

/// A function, closure or function type before its types are lowered.
pub(super) struct FunctionDraft<'t> {
    pub(super) node: Node<'t>,
    pub(super) scope: u32,
    /// Its first parameter is the receiver.
    pub(super) has_receiver: bool,
    pub(super) results: Vec<(Node<'t>, u32)>,
}

/// What the walk notes of a symbol.
#[derive(Default)]
pub(super) struct SymbolDraft<'t> {
    /// The scope inside the definition, for its types.
    pub(super) scope: u32,
    /// Base types, and whether they are implemented rather than extended.
    pub(super) heritage: Vec<(Node<'t>, bool)>,
    /// What is asked of the receiver.
    pub(super) bounds: Vec<Node<'t>>,
    /// What the type parameters of the extended type stand for.
    pub(super) arguments: Vec<Node<'t>>,
    pub(super) derives: Vec<Node<'t>>,
    /// What calling an instance means.
    pub(super) signature: Option<u32>,
    pub(super) exported: super::Exported,
    pub(super) file: Option<&'t str>,
    /// A method without a receiver, or with its type as receiver.
    pub(super) is_static: bool,
    pub(super) is_of_class: bool,
    /// Further assignments to it, and their scopes.
    pub(super) again: Vec<(Node<'t>, u32)>,
}

/// A local before it is lowered.
#[derive(Clone, Copy)]
pub(super) struct LocalDraft<'t> {
    pub(super) source: u32,
    pub(super) parameter: Option<super::TypeParameter>,
    pub(super) bound: Option<(Node<'t>, u32)>,
    /// Where its name begins, if its value is a function.
    pub(super) function: Option<u32>,
}

/// A member that a pattern takes out of a value.
pub(super) struct KeyDraft<'t> {
    pub(super) name: Node<'t>,
    pub(super) source: u32,
    pub(super) within: Option<SymbolIdx>,
}

/// A string that may be the path of something.
pub(super) struct DottedDraft<'t> {
    pub(super) node: Node<'t>,
    pub(super) path: &'t str,
    pub(super) within: Option<SymbolIdx>,
}

/// A type in quotes.
pub(super) struct QuotedDraft<'t> {
    pub(super) node: Node<'t>,
    pub(super) scope: u32,
    pub(super) within: Option<SymbolIdx>,
}

/// A name in the body of a macro.
pub(super) struct MacroNameDraft<'t> {
    pub(super) name: &'t str,
    pub(super) at: usize,
    pub(super) line: u32,
    pub(super) scope: u32,
    pub(super) within: Option<SymbolIdx>,
    pub(super) is_called: bool,
}

/// A path that an attribute or a text names.
pub(super) struct PathDraft<'t> {
    pub(super) segments: Vec<&'t str>,
    pub(super) node: Node<'t>,
    pub(super) scope: u32,
    pub(super) within: Option<SymbolIdx>,
    pub(super) is_called: bool,
    /// It stands in a literal, of which nothing is kept.
    pub(super) is_text: bool,
}

/// A node that gives members to a type.
pub(super) struct GivingDraft<'t> {
    pub(super) node: Node<'t>,
    pub(super) scope: u32,
    pub(super) within: Option<SymbolIdx>,
}

/// A bound of a type parameter (`T: Bound`), or of a type that it names (`T::Item: Bound`).
pub(super) struct Bound<'t> {
    pub(super) member: Option<&'t str>,
    pub(super) node: Node<'t>,
    pub(super) scope: u32,
}

/// An import node whose names wait for the second walk.
pub(super) struct ValueExport<'t> {
    pub(super) name: NameId,
    pub(super) value: Node<'t>,
    pub(super) scope: u32,
    pub(super) line: u32,
}

/// What the first walk found.
#[derive(Default)]
pub(super) struct Survey<'t> {
    pub(super) scopes: Vec<Scope>,
    entries: FxHashMap<(u32, &'t str), Vec<(Entry, usize)>>,
    pub(super) scope_of: FxHashMap<usize, u32>,
    pub(super) function_of: FxHashMap<usize, u32>,
    pub(super) symbol_of: FxHashMap<usize, SymbolIdx>,
    pub(super) sources: Vec<Source<'t>>,
    pub(super) locals: Vec<LocalDraft<'t>>,
    /// Types without a name.
    pub(super) nameless: Vec<NamelessDraft<'t>>,
    pub(super) references: Vec<ReferenceDraft<'t>>,
    pub(super) keys: Vec<KeyDraft<'t>>,
    pub(super) givings: Vec<GivingDraft<'t>>,
    pub(super) dotted: Vec<DottedDraft<'t>>,
    pub(super) quoted: Vec<QuotedDraft<'t>>,
    pub(super) paths: Vec<PathDraft<'t>>,
    pub(super) macro_names: Vec<MacroNameDraft<'t>>,
    pub(super) functions: Vec<FunctionDraft<'t>>,
    /// Bounds of type parameters that stand apart from them, or those of a type that they name.
    pub(super) bounds: FxHashMap<u32, Vec<Bound<'t>>>,
    pub(super) symbols: Vec<SymbolDraft<'t>>,
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<ValueExport<'t>>,
    /// What nodes assign that an assignment before them defines.
    pub(super) again: FxHashMap<usize, SymbolIdx>,
    /// Nodes that are no reference of their own: callees, names of definitions, names in patterns.
    pub(super) claimed: FxHashSet<usize>,
    /// Nodes that are assigned to.
    pub(super) written: FxHashSet<usize>,
    pub(super) documentation: Documentation<'t>,
    /// What locals are assigned that are defined without type and value.
    pub(super) assigned: FxHashMap<u32, Vec<(Node<'t>, u32)>>,
    /// Locals that a name was in one branch and another.
    pub(super) joined: Vec<Vec<u32>>,
    /// What else a check may have found a local to be of, by its source, and which argument of a function it was.
    pub(super) others: FxHashMap<u32, Vec<(Node<'t>, Option<u8>)>>,
    /// Locals that are assigned to after they are defined.
    pub(super) reassigned: FxHashSet<u32>,
    /// Locals that count where the type around them is made, and not in its members.
    pub(super) initial: FxHashSet<u32>,
    /// A local counts in its whole scope.
    pub(super) locals_are_hoisted: bool,
    /// A name that only interfaces and type aliases have is never meant where a value stands.
    pub(super) types_are_no_values: bool,
    /// A local is never what a path begins with.
    pub(super) paths_pass_locals: bool,
    /// A variable can stand for a type.
    pub(super) variables_are_types: bool,
    /// How many type parameters each symbol has that is a type; empty where that tells no types apart.
    pub(super) arities: Vec<Option<u8>>,
}

impl<'t> Survey<'t> {
    /// Makes a name known in a scope, from a byte of the file on.
    pub(super) fn define(&mut self, scope: u32, name: &'t str, entry: Entry, from: usize) {
        let entries = self.entries.entry((scope, name)).or_default();
        let place = entries.partition_point(|(_, begins)| *begins <= from);
        entries.insert(place, (entry, from));
    }

    /// The symbol that a value defines: one of its own, or the one that is given its name.
    pub(super) fn defined_by(&self, value: Node<'t>) -> Option<SymbolIdx> {
        let own = self.symbol_of.get(&value.id());
        own.or_else(|| self.symbol_of.get(&value.parent()?.id())).copied()
    }

    /// What a name comes to mean in a scope behind a byte of the file, and from which byte on.
    pub(super) fn entries_since(
        &self,
        scope: u32,
        name: &'t str,
        after: usize,
    ) -> impl Iterator<Item = (Entry, usize)> + use<'_, 't> {
        let entries = self.entries.get(&(scope, name)).into_iter().flatten();
        entries.filter(move |(_, from)| *from > after).copied()
    }

    /// What a name means in a scope, and from which byte on each.
    pub(super) fn entries_of(&self, scope: u32, name: &'t str) -> Option<&[(Entry, usize)]> {
        self.entries.get(&(scope, name)).map(Vec::as_slice)
    }

    /// Whether a local is another one that a check has found to be of a type.
    pub(super) fn is_narrowed(&self, local: u32) -> bool {
        let source = self.locals[local as usize].source;
        matches!(self.sources[source as usize], Source::Narrowed { .. })
    }

    /// Whether a scope defines a name as a symbol.
    pub(super) fn defines_symbol(&self, scope: u32, name: &'t str) -> bool {
        let entries = self.entries.get(&(scope, name));
        entries.is_some_and(|all| all.iter().any(|(entry, _)| matches!(entry, Entry::Symbol(_))))
    }

    /// The locals that hold the only value which their name is given in its scope.
    pub(super) fn constants(&self) -> FxHashSet<u32> {
        let is_value = |local: &u32| {
            let source = self.locals[*local as usize].source;
            matches!(self.sources[source as usize], Source::Value { .. }) && !self.reassigned.contains(local)
        };
        let only = self.entries.values().filter_map(|all| match all.as_slice() {
            [(Entry::Local(local), _)] => Some(*local),
            _ => None,
        });
        only.filter(is_value).collect()
    }

    /// Keeps a source and gives its number.
    pub(super) fn source(&mut self, source: Source<'t>) -> u32 {
        self.sources.push(source);
        self.sources.len() as u32 - 1
    }

    /// What a name means at a place, and the module to look in if no scope of the file defines it.
    pub(super) fn find(
        &self,
        symbols: &[SymbolNode<'t>],
        name: &str,
        scope: u32,
        at: usize,
        space: Space,
    ) -> Result<Entry, Option<SymbolIdx>> {
        self.find_of(symbols, name, 0, scope, at, space)
    }

    /// The same for a name that has type arguments.
    pub(super) fn find_of(
        &self,
        symbols: &[SymbolNode<'t>],
        name: &str,
        arity: u8,
        mut scope: u32,
        at: usize,
        space: Space,
    ) -> Result<Entry, Option<SymbolIdx>> {
        let module = self.scopes[scope as usize].module;
        let mut from_member = false;
        loop {
            if let Some(entries) = self.entries.get(&(scope, name)) {
                let visible = || {
                    entries
                        .iter()
                        .rev()
                        .filter(|(_, from)| *from <= at)
                        .map(|(entry, _)| *entry)
                };
                let passes_locals = self.paths_pass_locals && space == Space::PathHead;
                let is_passed = |entry: &Entry| matches!(entry, Entry::Local(local) if passes_locals || from_member && self.initial.contains(local));
                let is_alias = |entry: &Entry, strict: bool| {
                    !strict && space == Space::Type && self.variables_are_types && is_variable(symbols, *entry)
                };
                let fits = |entry: &Entry, strict: bool| {
                    !is_passed(entry)
                        && self.has_arity(*entry, arity)
                        && (fits(symbols, *entry, space, strict) || is_alias(entry, strict))
                };
                let is_no_value = self.types_are_no_values
                    && matches!(space, Space::Value | Space::Constructed)
                    && entries.iter().all(|(entry, _)| is_only_type(symbols, *entry));
                // A local that is assigned further down is the same local.
                let later = || {
                    let mut locals = entries.iter().map(|(entry, _)| *entry);
                    locals.find(|entry| self.locals_are_hoisted && matches!(entry, Entry::Local(_)))
                };
                // A namespace can add to a function or type of its name, which is then what the name alone means.
                let is_whole = |entry: &Entry| space == Space::PathHead || !is_namespace(symbols, *entry);
                if let Some(found) = visible()
                    .find(|it| is_whole(it) && fits(it, true))
                    .or_else(|| visible().find(|it| fits(it, true)))
                    .or_else(|| visible().find(|it| fits(it, false)))
                    .or_else(later)
                    .filter(|_| !is_no_value)
                {
                    return Ok(found);
                }
            }
            let here = &self.scopes[scope as usize];
            match here.parent {
                Some(parent) if !here.barrier => (scope, from_member) = (parent, here.is_apart),
                _ => return Err(module),
            }
        }
    }

    fn has_arity(&self, entry: Entry, arity: u8) -> bool {
        let own = |at: SymbolIdx| self.arities.get(at.0 as usize).copied().flatten();
        !matches!(entry, Entry::Symbol(at) if own(at).is_some_and(|own| own != arity))
    }
}

fn is_only_type(symbols: &[SymbolNode<'_>], entry: Entry) -> bool {
    use SymbolKind::{AssociatedType, Interface, TypeAlias};
    matches!(entry, Entry::Symbol(at) if matches!(symbols[at.0 as usize].kind, Interface | TypeAlias | AssociatedType))
}

fn is_variable(symbols: &[SymbolNode<'_>], entry: Entry) -> bool {
    use SymbolKind::{Constant, Variable};
    matches!(entry, Entry::Symbol(at) if matches!(symbols[at.0 as usize].kind, Constant | Variable))
}

fn is_namespace(symbols: &[SymbolNode<'_>], entry: Entry) -> bool {
    matches!(entry, Entry::Symbol(at) if symbols[at.0 as usize].kind == SymbolKind::Namespace)
}

/// Whether an entry can be meant; `strict` tells apart what languages with two name spaces tell apart.
fn fits(symbols: &[SymbolNode<'_>], entry: Entry, space: Space, strict: bool) -> bool {
    use SymbolKind::{Class, Enum, Macro, Module, Namespace, Struct, Trait, Union};
    match entry {
        Entry::Local(_) => space != Space::Type,
        Entry::TypeParameter(_) => space != Space::Value,
        Entry::Alias(_) => space == Space::Type,
        Entry::Import(_) => true,
        Entry::Symbol(at) => {
            let kind = symbols[at.0 as usize].kind;
            let only_type = is_only_type(symbols, entry);
            let is_type = only_type || matches!(kind, Class | Struct | Union | Trait | Enum | Module | Namespace);
            match space {
                _ if kind == Macro => false,
                Space::Type => is_type,
                Space::Value if strict => !only_type && !matches!(kind, Module | Trait),
                Space::PathHead | Space::Constructed if strict => is_type,
                Space::Value | Space::PathHead | Space::Constructed => true,
            }
        }
    }
}

/// How an import node is read, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct ImportSite<'t> {
    pub(super) node: Node<'t>,
    pub(super) rule: ImportRule,
    pub(super) scope: u32,
    pub(super) is_scoped: bool,
}
