//! What the index is given: the rows of one file, with every name resolved into text.

use super::SymbolId;
use super::flow::FlowStep;
use crate::extraction::{Fragment, Lines, Modifiers, SymbolKind, Visibility};
use crate::resolution::{Method, RelationKind};
use rustc_hash::FxHashMap;

/// One file and the symbols it defines.
#[derive(Clone, Debug, Default)]
pub struct FileRow {
    /// From the root of the repository, with `/` between folders.
    pub path: String,
    /// The git blob it was read from.
    pub blob: [u8; 20],
    /// The folder of `grammars/` that read it; empty for a file no grammar reads.
    pub grammar: String,
    pub lines: u32,
    pub bytes: u32,
    /// The lines under a syntax error.
    pub unparsed: Vec<Lines>,
    pub unparsed_bytes: u32,
    pub is_test: bool,
    pub is_generated: bool,
    pub imports: Vec<ImportRow>,
    /// In document order; a container comes before what it contains. Contracts come last.
    pub symbols: Vec<SymbolRow>,
    /// Keyed hashes of the stems of words that stand in no symbol, repeated as often as they count.
    pub vocabulary: Vec<u32>,
    /// Stretches of a file that has no symbols, so that a part of it can be found.
    pub passages: Vec<Passage>,
}

/// One definition.
#[derive(Clone, Debug)]
pub struct SymbolRow {
    pub name: Fragment,
    /// The position in [`FileRow::symbols`] of the symbol around it.
    pub container: Option<u32>,
    pub kind: SymbolKind,
    pub visibility: Visibility,
    pub modifiers: Modifiers,
    pub lines: Lines,
    pub signature: Fragment,
    pub summary: Fragment,
    pub documentation: Fragment,
    /// What the body does, step by step.
    pub outline: Vec<FlowStep>,
    /// Keyed hashes of the stems of words in the body, repeated as often as they count. Indexed, never stored.
    pub vocabulary: Vec<u32>,
}

/// Lines of a file and the keyed hashes of the stems of their words.
#[derive(Clone, Debug)]
pub struct Passage {
    pub lines: Lines,
    pub vocabulary: Vec<u32>,
}

/// One import of a file.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// The module as written.
    pub module: Fragment,
    /// The path of the file it leads to; `None` for the standard library and dependencies.
    pub file: Option<String>,
    pub line: u32,
}

/// One relation that starts in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EdgeRow {
    /// The position in [`FileRow::symbols`] of the symbol it starts from; `None` for the top of the file.
    pub from: Option<u32>,
    pub kind: RelationKind,
    pub target: EdgeTarget,
    /// Counted from 1.
    pub line: u32,
}

/// What a relation points to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EdgeTarget {
    /// A symbol of the repository, and how it was found.
    Symbol { id: SymbolId, method: Method },
    /// The standard library or a dependency: the name as written, and the package when an import states it.
    External {
        qualifier: Option<Fragment>,
        name: Fragment,
        package: Option<Fragment>,
        /// What stands for all members of the name, where it may be one of them all the same.
        alike: Option<SymbolId>,
    },
    /// Symbols that share the name; nothing says that one of them is meant.
    Possible(Vec<SymbolId>),
}

/// How many other files refer to a file, in steps that hardly change when a few more do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Centrality(pub(super) u8);

impl Centrality {
    /// Steps for each doubling.
    const STEPS: f32 = 2.0;

    /// The centrality of a file that so many others refer to.
    pub fn of(referrers: u32) -> Self {
        Self(((1.0 + referrers as f32).log2() * Self::STEPS).round() as u8)
    }

    pub(super) fn from_stored(step: u64) -> Self {
        Self(step.min(u64::from(u8::MAX)) as u8)
    }

    /// From 0 for a file nobody refers to, to about 1 for one that thousands do.
    pub(super) fn value(self) -> f32 {
        f32::from(self.0) / Self::STEPS / 11.5
    }
}

/// What tells the symbols of a file apart.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    pub name: &'a str,
    pub container: Option<u32>,
    pub kind: SymbolKind,
    /// Whether its outline has steps.
    pub does_something: bool,
}

/// Gives every symbol of a file its qualified name, id and ordinal.
pub fn identify(path: &str, symbols: &[Named<'_>]) -> Vec<Identity> {
    let mut qualified: Vec<String> = Vec::with_capacity(symbols.len());
    for Named { name, container, .. } in symbols {
        qualified.push(match container.and_then(|at| qualified.get(at as usize)) {
            Some(container) => format!("{container}.{name}"),
            None => (*name).to_owned(),
        });
    }
    let mut same_kind = FxHashMap::<(&str, SymbolKind), u32>::default();
    let file = SymbolId::of_file(path);
    let ids = qualified.iter().zip(symbols).map(|(name, &Named { kind, .. })| {
        let count = same_kind.entry((name, kind)).or_default();
        *count += 1;
        file.in_file(name, kind, *count - 1)
    });
    let ids: Vec<SymbolId> = ids.collect();
    let ordinals = ordinals(&qualified, symbols);
    let parts = qualified.into_iter().zip(ids).zip(ordinals);
    parts
        .map(|((qualified, id), ordinal)| Identity { qualified, id, ordinal })
        .collect()
}

/// What a symbol is called within its repository.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Names from the outermost container inwards, `.` between them.
    pub qualified: String,
    pub id: SymbolId,
    /// Its number among the symbols of the file with this qualified name, from 1.
    pub ordinal: u32,
}

/// Counts symbols that share a qualified name. Functions that only declare come after those that do something, so that `path#name` is the
/// implementation and not one of its overloads; blocks of members come last, so that `path#Type` is the type and not one of its `impl`s.
fn ordinals(qualified: &[String], symbols: &[Named<'_>]) -> Vec<u32> {
    let mut out = vec![0; symbols.len()];
    let mut count = FxHashMap::<&str, u32>::default();
    let rank = |it: &Named<'_>| match it.kind {
        SymbolKind::Impl => 2,
        kind => u8::from(kind.is_callable() && !it.does_something),
    };
    for wanted in 0..=2 {
        for (at, symbol) in symbols.iter().enumerate() {
            if rank(symbol) == wanted {
                let next = count.entry(&qualified[at]).or_default();
                *next += 1;
                out[at] = *next;
            }
        }
    }
    out
}
