//! The stored form of rows: one value per file, names written once, numbers packed.

use super::SymbolId;
use super::flow::{FlowStep, Op};
use super::row::{EdgeRow, EdgeTarget, FileRow, SymbolRow};
use crate::extraction::{Fragment, Lines, Modifiers, SymbolKind, Visibility};
use crate::resolution::{Method, RelationKind};
use bitcode::{Decode, Encode};
use rustc_hash::FxHashMap;

/// What a symbol's names and an import's texts take beside their rows, about.
const IDENTITY: usize = 120;

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
    /// The steps of all outlines, in the order of their symbols, and the names of all steps in theirs.
    steps: Vec<StepPack>,
    step_names: Vec<u32>,
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
    /// Where its steps end, and their names; as stored, how many there are.
    steps: u32,
    step_names: u32,
}

#[derive(Clone, Debug, Encode, Decode)]
struct StepPack {
    depth: u8,
    op: Op,
    names: u32,
    count: u16,
    awaited: bool,
    propagated: bool,
}

impl FilePack {
    /// Packs a row.
    pub(super) fn of(row: &FileRow) -> Self {
        let (mut names, mut steps) = (Names::default(), Steps::default());
        let symbols = row
            .symbols
            .iter()
            .map(|symbol| SymbolPack::of(symbol, &mut names, &mut steps))
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
            steps: steps.list,
            step_names: steps.names,
            passages: row.passages.iter().map(|passage| passage.lines).collect(),
        }
    }

    /// The bytes that are stored: where symbols start, what they are in and where their steps end as distances, which compress well.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        let mut before = [0; 3];
        for (at, symbol) in self.symbols.iter_mut().enumerate() {
            for (place, before) in symbol.places().into_iter().zip(&mut before) {
                let now = *place;
                *place = now.wrapping_sub(std::mem::replace(before, now));
            }
            symbol.container = symbol.container.map(|of| (at as u32).wrapping_sub(of));
        }
        bitcode::encode(&self)
    }

    /// Reads what [`Self::into_bytes`] made; `None` for anything else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut pack: Self = bitcode::decode(bytes).ok()?;
        let mut before = [0_u32; 3];
        for (at, symbol) in pack.symbols.iter_mut().enumerate() {
            for (place, before) in symbol.places().into_iter().zip(&mut before) {
                *before = before.wrapping_add(*place);
                *place = *before;
            }
            symbol.container = symbol.container.map(|of| (at as u32).wrapping_sub(of));
        }
        Some(pack)
    }

    /// The name behind a number.
    pub(super) fn name(&self, at: u32) -> &Fragment {
        static NAMELESS: std::sync::LazyLock<Fragment> = std::sync::LazyLock::new(Fragment::default);
        self.names.get(at as usize).unwrap_or(&NAMELESS)
    }

    /// The steps of the outline of the symbol at a place.
    pub(super) fn outline(&self, at: u32) -> Vec<FlowStep> {
        let (from, to) = self.ends(at, |symbol| symbol.steps);
        let (mut name, _) = self.ends(at, |symbol| symbol.step_names);
        let step = |step: &StepPack| {
            let first = name;
            name = first.saturating_add(step.names as usize);
            let names = self.step_names.get(first..name).unwrap_or_default();
            FlowStep {
                depth: step.depth,
                op: step.op,
                names: names.iter().map(|&name| self.name(name).expose().to_owned()).collect(),
                count: step.count,
                awaited: step.awaited,
                propagated: step.propagated,
            }
        };
        self.steps.get(from..to).unwrap_or_default().iter().map(step).collect()
    }

    /// Whether the outline of the symbol at a place has steps.
    pub(super) fn does_something(&self, at: u32) -> bool {
        let (from, to) = self.ends(at, |symbol| symbol.steps);
        from < to
    }

    /// Where something of the symbol before ends, and where it ends for the symbol at a place.
    fn ends(&self, at: u32, of: impl Fn(&SymbolPack) -> u32) -> (usize, usize) {
        let end = |at: Option<u32>| at.and_then(|at| self.symbols.get(at as usize)).map_or(0, &of) as usize;
        (end(at.checked_sub(1)), end(Some(at)))
    }

    /// About how many bytes it takes in memory, with what is worked out of it.
    pub(super) fn weight(&self) -> usize {
        let text = |symbol: &SymbolPack| symbol.signature.len() + symbol.summary.len() + symbol.documentation.len();
        let texts: usize = self.symbols.iter().map(text).sum();
        let names: usize = self.names.iter().map(Fragment::len).sum();
        texts
            + names
            + self.names.len() * size_of::<Fragment>()
            + self.symbols.len() * (size_of::<SymbolPack>() + IDENTITY)
            + self.imports.len() * (size_of::<ImportPack>() + IDENTITY)
            + self.steps.len() * size_of::<StepPack>()
            + self.step_names.len() * size_of::<u32>()
    }
}

impl SymbolPack {
    fn of(row: &SymbolRow, names: &mut Names, steps: &mut Steps) -> Self {
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
        let name = names.add(name);
        outline.iter().for_each(|step| steps.add(step, names));
        Self {
            name,
            container: *container,
            kind: *kind,
            visibility: *visibility,
            modifiers: *modifiers,
            start: lines.start,
            more: lines.end.saturating_sub(lines.start),
            signature: signature.clone(),
            summary: summary.clone(),
            documentation: documentation.clone(),
            steps: steps.list.len() as u32,
            step_names: steps.names.len() as u32,
        }
    }

    /// What is stored as the distance from the symbol before.
    fn places(&mut self) -> [&mut u32; 3] {
        [&mut self.start, &mut self.steps, &mut self.step_names]
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
    /// The halves of symbol ids that name files, each once.
    files: Vec<u32>,
    /// Symbol ids, each once: the place of the file's half, and the other half.
    targets: Vec<(u32, u32)>,
    names: Vec<Fragment>,
    /// What relations say of what, each once: most are said again and again.
    sorts: Vec<SortPack>,
    edges: Vec<EdgePack>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode)]
struct SortPack {
    kind: u8,
    target: TargetPack,
}

#[derive(Clone, Debug, Encode, Decode)]
struct EdgePack {
    /// How much further its symbol is than that of the relation before it, modulo 2^32; the top of the file comes before the first.
    from: u32,
    sort: u32,
    /// Lines after the relation before it, modulo 2^32.
    line: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode)]
enum TargetPack {
    Symbol {
        at: u32,
        method: u8,
    },
    External {
        qualifier: Option<u32>,
        name: u32,
        package: Option<u32>,
        alike: Option<u32>,
    },
    Possible(Vec<u32>),
}

/// A relation: the number of its sort, that sort, its kind, start and line.
type Read<'a> = (u32, &'a SortPack, RelationKind, Option<u32>, u32);

impl EdgesPack {
    /// Packs the relations that start in a file.
    pub(super) fn of(rows: &[EdgeRow]) -> Self {
        let (mut targets, mut names, mut sorts) = (Targets::default(), Names::default(), Vec::new());
        let mut known = FxHashMap::<SortPack, u32>::default();
        let (mut line, mut from) = (0, 0);
        let edges = rows.iter().map(|row| {
            let sort = SortPack {
                kind: kind_number(row.kind),
                target: match &row.target {
                    EdgeTarget::Symbol { id, method } => TargetPack::Symbol {
                        at: targets.add(*id),
                        method: method_number(*method),
                    },
                    EdgeTarget::External {
                        qualifier,
                        name,
                        package,
                        alike,
                    } => TargetPack::External {
                        qualifier: qualifier.as_ref().map(|q| names.add(q)),
                        name: names.add(name),
                        package: package.as_ref().map(|p| names.add(p)),
                        alike: alike.map(|id| targets.add(id)),
                    },
                    EdgeTarget::Possible(ids) => TargetPack::Possible(ids.iter().map(|&id| targets.add(id)).collect()),
                },
            };
            let sort = match known.get(&sort) {
                Some(&at) => at,
                None => {
                    let at = sorts.len() as u32;
                    sorts.push(sort.clone());
                    known.insert(sort, at);
                    at
                }
            };
            let now = (row.line, row.from.map_or(0, |at| at.wrapping_add(1)));
            EdgePack {
                from: now.1.wrapping_sub(std::mem::replace(&mut from, now.1)),
                sort,
                line: now.0.wrapping_sub(std::mem::replace(&mut line, now.0)),
            }
        });
        let edges = edges.collect();
        Self {
            files: targets.files,
            targets: targets.list,
            names: names.list,
            sorts,
            edges,
        }
    }

    /// The relations of which `wanted` keeps start and kind, in the order they were given. One with a number that no table has is left out.
    pub(super) fn rows(&self, wanted: impl Fn(Option<u32>, RelationKind) -> bool) -> impl Iterator<Item = EdgeRow> {
        let wanted = self.each().filter(move |&(_, _, kind, from, _)| wanted(from, kind));
        wanted.filter_map(|edge| self.row(edge))
    }

    /// The relations to what lies outside of the repository and bears `name`.
    pub(super) fn outside(&self, name: &Fragment) -> impl Iterator<Item = EdgeRow> {
        let wanted = self.names.iter().position(|it| it == name);
        let is_it = move |sort: &SortPack| match &sort.target {
            TargetPack::External { name, .. } => Some(*name as usize) == wanted,
            TargetPack::Symbol { .. } | TargetPack::Possible(_) => false,
        };
        let edges = wanted.map(|_| self.each()).into_iter().flatten();
        edges
            .filter(move |(_, sort, ..)| is_it(sort))
            .filter_map(|edge| self.row(edge))
    }

    /// Calls `each` with start, kind, method and line of every relation to `id`, and with no method for each time it is a possible target.
    pub(super) fn each_site(&self, id: SymbolId, mut each: impl FnMut(Option<u32>, RelationKind, Option<Method>, u32)) {
        let is_it =
            |&(file, symbol): &(u32, u32)| symbol == id.symbol() && self.files.get(file as usize) == Some(&id.file());
        let Some(wanted) = self.targets.iter().position(is_it) else {
            return;
        };
        let meant = |sort: &SortPack| match &sort.target {
            TargetPack::Symbol { at, method } if *at as usize == wanted => {
                Method::ALL.get(usize::from(*method)).map(|&method| (Some(method), 1))
            }
            TargetPack::Possible(list) => {
                let times = list.iter().filter(|&&at| at as usize == wanted).count();
                (times > 0).then_some((None, times))
            }
            TargetPack::Symbol { .. } | TargetPack::External { .. } => None,
        };
        let sorts = (0_u32..).zip(&self.sorts);
        let sorts: Vec<_> = sorts.filter_map(|(at, sort)| Some((at, meant(sort)?))).collect();
        for (sort, _, kind, from, line) in self.each() {
            if let Some(&(_, (method, times))) = sorts.iter().find(|(at, _)| *at == sort) {
                (0..times).for_each(|_| each(from, kind, method, line));
            }
        }
    }

    /// Every relation.
    fn each(&self) -> impl Iterator<Item = Read<'_>> {
        let (mut line, mut from) = (0_u32, 0_u32);
        self.edges.iter().filter_map(move |edge| {
            line = line.wrapping_add(edge.line);
            from = from.wrapping_add(edge.from);
            let sort = self.sorts.get(edge.sort as usize)?;
            let kind = *RelationKind::ALL.get(usize::from(sort.kind))?;
            Some((edge.sort, sort, kind, from.checked_sub(1), line))
        })
    }

    /// About how many bytes it takes in memory.
    pub(super) fn weight(&self) -> usize {
        let possible = |sort: &SortPack| match &sort.target {
            TargetPack::Possible(list) => list.len() * size_of::<u32>(),
            TargetPack::Symbol { .. } | TargetPack::External { .. } => 0,
        };
        let names: usize = self.names.iter().map(|name| name.len() + size_of::<Fragment>()).sum();
        names
            + self.sorts.iter().map(possible).sum::<usize>()
            + self.sorts.len() * size_of::<SortPack>()
            + self.edges.len() * size_of::<EdgePack>()
            + self.files.len() * size_of::<u32>()
            + self.targets.len() * size_of::<(u32, u32)>()
    }

    fn row(&self, (_, sort, kind, from, line): Read<'_>) -> Option<EdgeRow> {
        let id = |at: u32| {
            let &(file, symbol) = self.targets.get(at as usize)?;
            Some(SymbolId::of_halves(*self.files.get(file as usize)?, symbol))
        };
        let name = |at: u32| self.names.get(at as usize).cloned();
        let target = match &sort.target {
            TargetPack::Symbol { at, method } => EdgeTarget::Symbol {
                id: id(*at)?,
                method: *Method::ALL.get(usize::from(*method))?,
            },
            TargetPack::External {
                qualifier,
                name: last,
                package,
                alike,
            } => EdgeTarget::External {
                qualifier: qualifier.and_then(name),
                name: name(*last)?,
                package: package.and_then(name),
                alike: alike.and_then(id),
            },
            TargetPack::Possible(list) => EdgeTarget::Possible(list.iter().filter_map(|&at| id(at)).collect()),
        };
        Some(EdgeRow {
            from,
            kind,
            target,
            line,
        })
    }
}

/// Gives every symbol id a number.
#[derive(Default)]
struct Targets {
    files: Vec<u32>,
    list: Vec<(u32, u32)>,
    known_files: FxHashMap<u32, u32>,
    known: FxHashMap<SymbolId, u32>,
}

impl Targets {
    fn add(&mut self, id: SymbolId) -> u32 {
        *self.known.entry(id).or_insert_with(|| {
            let file = *self.known_files.entry(id.file()).or_insert_with(|| {
                self.files.push(id.file());
                self.files.len() as u32 - 1
            });
            self.list.push((file, id.symbol()));
            self.list.len() as u32 - 1
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

/// The steps of outlines, one after the other.
#[derive(Default)]
struct Steps {
    list: Vec<StepPack>,
    names: Vec<u32>,
}

impl Steps {
    fn add(&mut self, step: &FlowStep, names: &mut Names) {
        self.names.extend(step.names.iter().map(|name| names.text(name)));
        self.list.push(StepPack {
            depth: step.depth,
            op: step.op,
            names: step.names.len() as u32,
            count: step.count,
            awaited: step.awaited,
            propagated: step.propagated,
        });
    }
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
