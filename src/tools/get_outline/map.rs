//! The map of a repository or folder: its most used symbols with their signatures, in the files that matter most.

use super::super::{Ask, Opened};
use crate::disclosure::{FileFacts, OutlineView, Refusal};
use crate::extraction::SymbolKind;
use crate::index::{EdgeCount, FileSummary, IndexedSymbol, Via};
use crate::resolution::RelationKind;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Files whose symbols are weighed: those that most others refer to.
const MOST_FILES: usize = 400;
/// Symbols shown of one file.
const MOST_SYMBOLS: usize = 6;

/// What a map shows, and what it leaves out.
pub(super) struct Map {
    pub(super) items: Vec<OutlineView>,
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) notes: Vec<String>,
}

/// A file with what of it is used.
struct Ranked<'o> {
    summary: FileSummary<'o>,
    weight: f64,
    /// In the order of lines.
    symbols: Vec<(u64, IndexedSymbol)>,
}

/// Draws the map of some files. The more a symbol is used the more it counts, and the more files use its file.
pub(super) fn draw(ask: &Ask<'_>, opened: Opened<'_>, files: Vec<FileSummary<'_>>) -> Result<Map, Refusal> {
    let (all, symbols) = (
        files.len() as u64,
        files.iter().map(|it| u64::from(it.symbols)).sum::<u64>(),
    );
    let mut read: Vec<FileSummary<'_>> = files.into_iter().filter(|it| !it.is_test && !it.is_generated).collect();
    read.sort_by_key(|it| (Reverse(it.centrality), it.path));
    read.truncate(MOST_FILES);
    let mut ranked = Vec::new();
    for summary in read {
        ask.still_wanted()?;
        ranked.extend(rank(opened, summary)?);
    }
    ranked.sort_by(|a, b| {
        b.weight
            .total_cmp(&a.weight)
            .then_with(|| a.summary.path.cmp(b.summary.path))
    });
    let mut map = Map {
        items: Vec::new(),
        counts: BTreeMap::new(),
        notes: Vec::new(),
    };
    let mut mapped = 0;
    for file in &ranked {
        mapped += file.symbols.len() as u64;
        file.write(opened, &mut map.items);
    }
    let left_out = [
        ("files_left_out", all - ranked.len() as u64),
        ("symbols_left_out", symbols - mapped),
    ];
    map.counts.extend(
        left_out
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(what, n)| (what.to_owned(), n)),
    );
    map.notes.push(
        "files by how much of them is used, each with its most used symbols; left out: tests, and what is used little or not at all by \
         resolved relations"
            .to_owned(),
    );
    Ok(map)
}

fn rank<'o>(opened: Opened<'_>, summary: FileSummary<'o>) -> Result<Option<Ranked<'o>>, Refusal> {
    let unavailable = |err| opened.unavailable(&err);
    let Some(file) = opened.view.file(summary.path).map_err(unavailable)? else {
        return Ok(None);
    };
    let mut symbols = Vec::new();
    for symbol in file.symbols().filter(is_landmark) {
        let counts = opened.view.incoming_counts(symbol.id()).map_err(unavailable)?;
        let uses = uses(&counts);
        if uses > 0 {
            symbols.push((uses, symbol));
        }
    }
    symbols.sort_by_key(|(uses, symbol)| (Reverse(*uses), symbol.position()));
    symbols.truncate(MOST_SYMBOLS);
    let weight = symbols.iter().map(|(uses, _)| (1.0 + *uses as f64).ln()).sum();
    symbols.sort_by_key(|(_, symbol)| symbol.position());
    Ok((!symbols.is_empty()).then_some(Ranked {
        summary,
        weight,
        symbols,
    }))
}

/// How often a symbol is certainly used by anything but tests. What a test uses is counted as a use and as tested.
fn uses(counts: &[EdgeCount]) -> u64 {
    let certain = counts.iter().filter(|it| it.via != Via::Possible);
    let (by_tests, all): (Vec<_>, Vec<_>) = certain.partition(|it| it.kind == RelationKind::Tests);
    let sum = |of: Vec<&EdgeCount>| of.into_iter().map(|it| u64::from(it.count)).sum::<u64>();
    sum(all).saturating_sub(sum(by_tests))
}

/// Whether a symbol says how code is built: fields and variables say it of one type or function.
fn is_landmark(symbol: &IndexedSymbol) -> bool {
    use SymbolKind::{EnumMember, Field, Getter, Impl, Module, Namespace, Property, Setter, Variable};
    let is_part = matches!(
        symbol.kind(),
        EnumMember | Field | Getter | Impl | Module | Namespace | Property | Setter | Variable
    );
    !is_part && !symbol.modifiers().is_test
}

impl Ranked<'_> {
    fn write(&self, opened: Opened<'_>, out: &mut Vec<OutlineView>) {
        let facts = FileFacts {
            language: self.summary.grammar,
            lines: self.summary.lines,
            symbols: u64::from(self.summary.symbols),
            ..FileFacts::default()
        };
        out.push(OutlineView::file(opened.name(), self.summary.path, facts));
        let symbols = self.symbols.iter();
        out.extend(symbols.map(|(uses, symbol)| OutlineView::landmark(opened.name(), symbol, *uses, opened.policy)));
    }
}
