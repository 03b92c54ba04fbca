//! The stored form of rows: one value per file, names written once, numbers packed.

use super::SymbolId;
use super::flow::{FlowStep, Op};
use super::row::{EdgeRow, EdgeTarget, FileRow, SymbolRow};
use crate::extraction::{Fragment, Lines, Modifiers, SymbolKind, Visibility};
use crate::resolution::{Method, RelationKind};
use bitcode::{Decode, Encode};
use rustc_hash::FxHashMap;

/// What is stored of a [`FileRow`]: everything but the vocabularies.
#[derive(Clone, Debug, Default, Encode, Decode)]
pub(super) struct FilePack {
    pub(super) path: String,
    pub(super) blob: [u8; 20],
    pub(super) grammar: String,
    pub(super) lines: u32,
    pub(super) bytes: u32,
    pub(super) unparsed: Vec<Lines>,
    pub(super) unparsed_bytes: u32,
    pub(super) is_test: bool,
    pub(super) is_generated: bool,
    pub(super) imports: Vec<ImportPack>,
    /// Every name once.
    pub(super) names: Vec<Fragment>,
    pub(super) symbols: Vec<SymbolPack>,
    pub(super) passages: Vec<Lines>,
}

#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct ImportPack {
    pub(super) module: Fragment,
    pub(super) file: Option<String>,
    pub(super) line: u32,
}

#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct SymbolPack {
    pub(super) name: u32,
    pub(super) container: Option<u32>,
    pub(super) kind: SymbolKind,
    pub(super) visibility: Visibility,
    pub(super) modifiers: Modifiers,
    pub(super) start: u32,
    /// Lines after the first.
    pub(super) more: u32,
    pub(super) signature: Fragment,
    pub(super) summary: Fragment,
    pub(super) documentation: Fragment,
    pub(super) outline: Vec<StepPack>,
}

#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct StepPack {
    depth: u8,
    op: Op,
    names: Vec<u32>,
    count: u16,
    awaited: bool,
    propagated: bool,
}

impl FilePack {
    /// Packs a row.
    pub(super) fn of(row: &FileRow) -> Self {
        let mut names = Names::default();
        let symbols = row
            .symbols
            .iter()
            .map(|symbol| SymbolPack::of(symbol, &mut names))
            .collect();
        let imports = row.imports.iter().map(|import| ImportPack {
            module: import.module.clone(),
            file: import.file.clone(),
            line: import.line,
        });
        Self {
            path: row.path.clone(),
            blob: row.blob,
            grammar: row.grammar.clone(),
            lines: row.lines,
            bytes: row.bytes,
            unparsed: row.unparsed.clone(),
            unparsed_bytes: row.unparsed_bytes,
            is_test: row.is_test,
            is_generated: row.is_generated,
            imports: imports.collect(),
            names: names.list,
            symbols,
            passages: row.passages.iter().map(|passage| passage.lines).collect(),
        }
    }

    /// The bytes that are stored: where symbols start and what they are in as distances, which compress well.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        let mut before = 0;
        for (at, symbol) in self.symbols.iter_mut().enumerate() {
            let start = symbol.start;
            symbol.start = start.wrapping_sub(std::mem::replace(&mut before, start));
            symbol.container = symbol.container.map(|of| (at as u32).wrapping_sub(of));
        }
        bitcode::encode(&self)
    }

    /// Reads what [`Self::into_bytes`] made; `None` for anything else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut pack: Self = bitcode::decode(bytes).ok()?;
        let mut before = 0_u32;
        for (at, symbol) in pack.symbols.iter_mut().enumerate() {
            before = before.wrapping_add(symbol.start);
            symbol.start = before;
            symbol.container = symbol.container.map(|of| (at as u32).wrapping_sub(of));
        }
        Some(pack)
    }

    /// The name behind a number.
    pub(super) fn name(&self, at: u32) -> &Fragment {
        static NAMELESS: std::sync::LazyLock<Fragment> = std::sync::LazyLock::new(Fragment::default);
        self.names.get(at as usize).unwrap_or(&NAMELESS)
    }

    /// The steps of a symbol's outline.
    pub(super) fn outline(&self, symbol: &SymbolPack) -> Vec<FlowStep> {
        let step = |step: &StepPack| FlowStep {
            depth: step.depth,
            op: step.op,
            names: step
                .names
                .iter()
                .map(|&name| self.name(name).expose().to_owned())
                .collect(),
            count: step.count,
            awaited: step.awaited,
            propagated: step.propagated,
        };
        symbol.outline.iter().map(step).collect()
    }
}

impl SymbolPack {
    fn of(row: &SymbolRow, names: &mut Names) -> Self {
        // Exhaustive on purpose: whether a field added to `SymbolRow` is stored is decided here.
        let SymbolRow {
            name,
            container,
            kind,
            visibility,
            modifiers,
            lines,
            signature,
            summary,
            documentation,
            outline,
            vocabulary: _,
        } = row;
        let step = |step: &FlowStep, names: &mut Names| StepPack {
            depth: step.depth,
            op: step.op,
            names: step.names.iter().map(|name| names.text(name)).collect(),
            count: step.count,
            awaited: step.awaited,
            propagated: step.propagated,
        };
        Self {
            name: names.add(name),
            container: *container,
            kind: *kind,
            visibility: *visibility,
            modifiers: *modifiers,
            start: lines.start,
            more: lines.end.saturating_sub(lines.start),
            signature: signature.clone(),
            summary: summary.clone(),
            documentation: documentation.clone(),
            outline: outline.iter().map(|s| step(s, names)).collect(),
        }
    }

    /// From its first line to its last.
    pub(super) fn lines(&self) -> Lines {
        Lines {
            start: self.start,
            end: self.start.saturating_add(self.more),
        }
    }
}

/// The relations of one file as they are stored.
#[derive(Clone, Debug, Default, Encode, Decode)]
pub(super) struct EdgesPack {
    pub(super) path: String,
    /// The halves of symbol ids that name files, each once.
    files: Vec<u32>,
    /// Symbol ids, each once: the place of the file's half, and the other half.
    targets: Vec<(u32, u32)>,
    names: Vec<Fragment>,
    edges: Vec<EdgePack>,
}

#[derive(Clone, Debug, Encode, Decode)]
struct EdgePack {
    /// How much further its symbol is than that of the relation before it, modulo 2^32; the top of the file comes before the first.
    from: u32,
    kind: u8,
    target: TargetPack,
    /// Lines after the relation before it, modulo 2^32.
    line: u32,
}

#[derive(Clone, Debug, Encode, Decode)]
enum TargetPack {
    Symbol {
        at: u32,
        method: u8,
    },
    External {
        qualifier: Option<u32>,
        name: u32,
        package: Option<u32>,
    },
    Possible(Vec<u32>),
}

impl EdgesPack {
    /// Packs the relations that start in a file.
    pub(super) fn of(path: &str, rows: &[EdgeRow]) -> Self {
        let (mut files, mut targets) = (Vec::new(), Vec::new());
        let mut known_files = FxHashMap::<u32, u32>::default();
        let mut known = FxHashMap::<SymbolId, u32>::default();
        let mut target = |id: SymbolId| {
            *known.entry(id).or_insert_with(|| {
                let file = *known_files.entry(id.file()).or_insert_with(|| {
                    files.push(id.file());
                    files.len() as u32 - 1
                });
                targets.push((file, id.symbol()));
                targets.len() as u32 - 1
            })
        };
        let mut names = Names::default();
        let edges = rows.iter().map(|row| EdgePack {
            from: row.from.map_or(0, |at| at.wrapping_add(1)),
            kind: kind_number(row.kind),
            target: match &row.target {
                EdgeTarget::Symbol { id, method } => TargetPack::Symbol {
                    at: target(*id),
                    method: method_number(*method),
                },
                EdgeTarget::External {
                    qualifier,
                    name,
                    package,
                } => TargetPack::External {
                    qualifier: qualifier.as_ref().map(|q| names.add(q)),
                    name: names.add(name),
                    package: package.as_ref().map(|p| names.add(p)),
                },
                EdgeTarget::Possible(ids) => TargetPack::Possible(ids.iter().map(|&id| target(id)).collect()),
            },
            line: row.line,
        });
        let mut edges: Vec<EdgePack> = edges.collect();
        let (mut line, mut from) = (0, 0);
        for edge in &mut edges {
            let now = (edge.line, edge.from);
            edge.line = now.0.wrapping_sub(std::mem::replace(&mut line, now.0));
            edge.from = now.1.wrapping_sub(std::mem::replace(&mut from, now.1));
        }
        Self {
            path: path.to_owned(),
            files,
            targets,
            names: names.list,
            edges,
        }
    }

    /// The relations, in the order they were given. One with a number that no table has is left out.
    pub(super) fn rows(&self) -> impl Iterator<Item = EdgeRow> {
        let (mut line, mut from) = (0_u32, 0_u32);
        self.edges.iter().filter_map(move |edge| {
            line = line.wrapping_add(edge.line);
            from = from.wrapping_add(edge.from);
            self.row(edge, line, from.checked_sub(1))
        })
    }

    fn row(&self, edge: &EdgePack, line: u32, from: Option<u32>) -> Option<EdgeRow> {
        let id = |at: u32| {
            let &(file, symbol) = self.targets.get(at as usize)?;
            Some(SymbolId::of_halves(*self.files.get(file as usize)?, symbol))
        };
        let name = |at: u32| self.names.get(at as usize).cloned();
        let target = match &edge.target {
            TargetPack::Symbol { at, method } => EdgeTarget::Symbol {
                id: id(*at)?,
                method: *Method::ALL.get(usize::from(*method))?,
            },
            TargetPack::External {
                qualifier,
                name: last,
                package,
            } => EdgeTarget::External {
                qualifier: qualifier.and_then(name),
                name: name(*last)?,
                package: package.and_then(name),
            },
            TargetPack::Possible(list) => EdgeTarget::Possible(list.iter().filter_map(|&at| id(at)).collect()),
        };
        let kind = *RelationKind::ALL.get(usize::from(edge.kind))?;
        Some(EdgeRow {
            from,
            kind,
            target,
            line,
        })
    }
}

/// A kind's place in [`RelationKind::ALL`].
pub(super) fn kind_number(kind: RelationKind) -> u8 {
    place(&RelationKind::ALL, kind)
}

/// A method's place in [`Method::ALL`].
pub(super) fn method_number(method: Method) -> u8 {
    place(&Method::ALL, method)
}

/// A value's place in the list of all values.
pub(super) fn place<T: PartialEq>(all: &[T], value: T) -> u8 {
    all.iter()
        .position(|each| *each == value)
        .expect("ALL lists every value") as u8
}

/// Gives every name a number.
#[derive(Default)]
struct Names {
    list: Vec<Fragment>,
    known: FxHashMap<String, u32>,
}

impl Names {
    fn add(&mut self, name: &Fragment) -> u32 {
        self.text(name.expose())
    }

    fn text(&mut self, name: &str) -> u32 {
        if let Some(&at) = self.known.get(name) {
            return at;
        }
        let at = self.list.len() as u32;
        self.list.push(Fragment::new(name));
        self.known.insert(name.to_owned(), at);
        at
    }
}
