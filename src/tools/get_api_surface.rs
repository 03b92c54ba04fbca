//! `get_api_surface`: what a repository, folder or file offers to code outside.

mod changes;

use super::args::{self, Format};
use super::{Ask, Opened, Tool};
use crate::disclosure::{Prepared, Refusal, SurfaceView, prepare};
use crate::extraction::{SymbolKind, Visibility};
use crate::index::{EdgeRow, EdgeTarget, FileSummary, IndexedFile, IndexedSymbol};
use crate::resolution::RelationKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

pub(super) const TOOL: Tool = Tool {
    name: "get_api_surface",
    title: "Get API surface",
    description: "Signatures of all that a repository, folder or file makes public or exports, re-exports named; routes and commands; tests left out. \
                  With `from`, what was added, removed or changed since a commit. \
                  kinds=[\"route\"] lists endpoints, [\"environment_key\",\"configuration_key\"] keys, [\"publisher\",\"subscriber\"] events, [\"request\"] calls of endpoints.",
    schema: args::schema::<Args>,
    run,
};

/// Files read for one answer; a bound on work.
const MOST_FILES: usize = 5_000;

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// `repo`, `repo:folder/` or `repo:path`
    target: String,
    /// Only these, e.g. ["function","class"]
    #[serde(
        default,
        deserialize_with = "args::one_or_more",
        skip_serializing_if = "Vec::is_empty"
    )]
    kinds: Vec<String>,
    /// Only what is other than at this commit, by digits of its id; breaking changes marked
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The commit compared with it (default: the indexed one)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(default, skip_serializing)]
    format: Format,
    #[serde(default, skip_serializing)]
    max_tokens: Option<u32>,
    #[serde(default, skip_serializing)]
    cursor: Option<String>,
}

fn run(ask: &Ask<'_>, arguments: Map<String, Value>) -> Result<Prepared, Refusal> {
    let args: Args = args::parse(arguments)?;
    let budget = args::budget(args.format, args.max_tokens)?;
    let kinds = kinds(&args.kinds)?;
    let (opened, written) = ask.place(args::filled("target", &args.target, 1_000)?)?;
    let opened = opened.by_name()?;
    let key = Ask::cursor_key(TOOL.name, &args, &[opened]);
    let offset = key.offset(args.cursor.as_deref())?;
    let path = opened.asked(&written);
    if let Some(from) = &args.from {
        let changes = changes::between(ask, opened, &path, (from, args.to.as_deref()), &kinds)?;
        let total = changes.entries.len() as u64;
        let items = changes.entries.into_iter().skip(offset as usize).collect();
        let mut page = ask.page(&[opened], items, offset, total);
        (page.counts, page.notes) = (changes.counts, changes.notes);
        return Ok(prepare(page, &[opened.source()], budget, |n| Some(key.at(offset + n))));
    }
    if args.to.is_some() {
        return Err(args::bad("`to` needs `from`, the commit before"));
    }
    let files = files(opened, &path, &written)?;
    let mut surface = Surface::default();
    for file in files.iter().filter(|it| !it.is_test).take(MOST_FILES) {
        ask.still_wanted()?;
        surface.add(opened, file.path, &kinds)?;
    }
    let total = surface.entries.len() as u64;
    let items: Vec<SurfaceView> = surface.entries.into_iter().skip(offset as usize).collect();
    let mut page = ask.page(&[opened], items, offset, total);
    page.counts = surface.counts;
    if files.len() > MOST_FILES {
        page.notes.push(format!(
            "only the first {MOST_FILES} files were read: ask about a folder"
        ));
    }
    if total == 0 {
        let none = match kinds.is_empty() {
            true => "nothing here is public by its own syntax; get_outline lists what is private",
            false => {
                "nothing of these kinds was found here; names that are computed are not told, nor those of frameworks that louver does not know"
            }
        };
        page.notes.push(none.to_owned());
    }
    Ok(prepare(page, &[opened.source()], budget, |n| Some(key.at(offset + n))))
}

fn kinds(words: &[String]) -> Result<Vec<SymbolKind>, Refusal> {
    let kind = |word: &String| {
        SymbolKind::from_word(word).ok_or_else(|| {
            let all: Vec<&str> = SymbolKind::ALL.iter().map(|kind| kind.word()).collect();
            args::bad(format!("no kind `{word}`; they are {}", all.join(", ")))
        })
    };
    words.iter().map(kind).collect()
}

/// The file or the files of the folder at a path.
fn files<'o>(opened: Opened<'o>, path: &str, written: &str) -> Result<Vec<FileSummary<'o>>, Refusal> {
    let found: Vec<FileSummary<'_>> = match opened.view.summary_of(path) {
        Some(file) => vec![file],
        None => opened.view.files_under(path).collect(),
    };
    if found.is_empty() && !path.is_empty() {
        return Err(Refusal::NoSuchPath {
            repo: opened.name().to_owned(),
            path: written.to_owned(),
            near: Vec::new(),
        });
    }
    Ok(found)
}

/// What is offered, file by file.
#[derive(Default)]
struct Surface {
    entries: Vec<SurfaceView>,
    counts: BTreeMap<String, u64>,
}

impl Surface {
    fn add(&mut self, opened: Opened<'_>, path: &str, kinds: &[SymbolKind]) -> Result<(), Refusal> {
        let file = opened.view.file(path).map_err(|err| opened.unavailable(&err))?;
        let Some(file) = file else { return Ok(()) };
        let edges = opened.view.edges_of(path).map_err(|err| opened.unavailable(&err))?;
        let given = edges.iter().filter(|edge| edge.kind == RelationKind::Implements);
        let blocks = Blocks {
            given: given.filter_map(|edge| edge.from).collect(),
            private: private_blocks(&file),
        };
        let own: HashSet<u32> = file
            .symbols()
            .filter(|it| depth_if_offered(it, &blocks).is_some())
            .filter_map(|it| it.container().map(|container| container.position()))
            .collect();
        for symbol in file.symbols() {
            let depth = match symbol.kind() {
                // Offered to whoever reaches the program, wherever in it they stand; keys and events are listed where asked for.
                SymbolKind::Route | SymbolKind::Command => (!symbol.modifiers().is_test).then_some(0),
                kind if kind.is_contract() => (kinds.contains(&kind) && !symbol.modifiers().is_test).then_some(0),
                SymbolKind::Impl => is_offered_block(&symbol, &blocks, &own).then_some(0),
                _ => depth_if_offered(&symbol, &blocks),
            };
            let Some(depth) = depth.filter(|_| kinds.is_empty() || kinds.contains(&symbol.kind())) else {
                continue;
            };
            *self
                .counts
                .entry(opened.policy.kind(symbol.kind()).to_owned())
                .or_default() += 1;
            self.entries
                .push(SurfaceView::symbol(opened.name(), &symbol, depth, opened.policy));
        }
        if kinds.is_empty() && opened.policy.relations.is_told() {
            self.add_exports(opened, path, &edges)?;
        }
        Ok(())
    }

    fn add_exports(&mut self, opened: Opened<'_>, path: &str, edges: &[EdgeRow]) -> Result<(), Refusal> {
        let mut told = HashSet::new();
        for edge in edges.iter().filter(|edge| edge.kind == RelationKind::Exports) {
            let (of, is_external) = match &edge.target {
                EdgeTarget::Symbol { id, .. } => {
                    let symbol = opened.view.symbol(*id).map_err(|err| opened.unavailable(&err))?;
                    let Some(symbol) = symbol else { continue };
                    // Overloads are given away by one name.
                    let of = format!("{}#{}", symbol.path(), symbol.qualified());
                    if !told.insert((edge.line, of.clone())) {
                        continue;
                    }
                    (of, false)
                }
                EdgeTarget::External {
                    qualifier,
                    name,
                    package,
                    ..
                } => {
                    let name = crate::disclosure::external_name(qualifier.as_ref(), name, package.as_ref());
                    (name, true)
                }
                EdgeTarget::Possible(_) => continue,
            };
            *self.counts.entry("exports".to_owned()).or_default() += 1;
            self.entries.push(SurfaceView::Export {
                handle: format!("{}:{path}", opened.name()),
                of,
                is_external,
                line: edge.line,
            });
        }
        Ok(())
    }
}

/// The blocks of members of one file, by their positions.
struct Blocks {
    /// They give an interface to a type.
    given: HashSet<u32>,
    /// They belong to a type of the same file that code outside cannot name.
    private: HashSet<u32>,
}

/// Finds the blocks of types that code outside cannot name. The first of what shares a name counts.
fn private_blocks(file: &Arc<IndexedFile>) -> HashSet<u32> {
    let symbols: Vec<IndexedSymbol> = file.symbols().collect();
    let (blocks, others): (Vec<_>, Vec<_>) = symbols.iter().partition(|it| it.kind() == SymbolKind::Impl);
    let mut types = HashMap::new();
    for symbol in others {
        types.entry(symbol.qualified()).or_insert(symbol.visibility());
    }
    let is_private = |block: &&IndexedSymbol| {
        let visibility = types.get(block.qualified());
        visibility.is_some_and(|it| *it != Visibility::Public)
    };
    let private = blocks.into_iter().filter(is_private);
    private.map(IndexedSymbol::position).collect()
}

/// How many symbols are around one that code outside can name; `None` for one that it cannot, and for what a block that is given repeats of an
/// interface.
fn depth_if_offered(symbol: &IndexedSymbol, blocks: &Blocks) -> Option<u8> {
    let is_plain = symbol.kind() != SymbolKind::Impl && !symbol.modifiers().is_test;
    if !is_plain || symbol.visibility() != Visibility::Public {
        return None;
    }
    let mut depth = 0_u8;
    let mut at = symbol.container();
    while let Some(container) = at {
        let is_open = match container.kind() {
            SymbolKind::Impl => {
                !blocks.given.contains(&container.position()) && !blocks.private.contains(&container.position())
            }
            kind => container.visibility() == Visibility::Public && !kind.is_callable(),
        };
        if !is_open {
            return None;
        }
        depth = depth.saturating_add(1);
        at = container.container();
    }
    Some(depth)
}

/// Whether a block of members is worth a line: it gives an interface to a type, or holds members in `own` that are offered.
fn is_offered_block(block: &IndexedSymbol, blocks: &Blocks, own: &HashSet<u32>) -> bool {
    let at = block.position();
    let is_used = blocks.given.contains(&at) || own.contains(&at);
    is_used && !block.modifiers().is_test && !blocks.private.contains(&at)
}
