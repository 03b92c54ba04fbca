//! `get_outline`: what is in a repository, folder or file.

mod map;

use super::args::{self, Format};
use super::{Ask, Opened, Tool};
use crate::disclosure::{FileFacts, OutlineView, Policy, Prepared, Refusal, prepare};
use crate::extraction::{SymbolKind, Visibility};
use crate::index::{FileSummary, IndexedFile, IndexedSymbol};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const TOOL: Tool = Tool {
    name: "get_outline",
    title: "Outline a repository, folder or file",
    description: "See what is in a repository, folder or file without reading it: folders and files with their symbols; for a file, \
                  nested signatures with lines and documentation.",
    schema: args::schema::<Args>,
    run,
};

/// A folder with more files than this is shown by its folders.
const MOST_FILES: usize = 60;
/// Outermost symbols named for a file in a folder.
const MOST_HELD: usize = 12;

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// `repo`, `repo:folder/` or `repo:path`
    target: String,
    /// Private symbols of a file: `false` for none, `true` for all they have (default: their names; what tests define inside is left out)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private: Option<bool>,
    /// Of a repository or folder: its most used symbols, ranked, with signatures
    #[serde(default, skip_serializing_if = "Option::is_none")]
    map: Option<bool>,
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
    let (opened, path) = ask.place(args::filled("target", &args.target, 1_000)?)?;
    let path = path.as_str();
    if !opened.policy.answers_by_name() && path.is_empty() {
        return counts_only(ask, opened, budget);
    }
    let opened = opened.by_name()?;
    let key = Ask::cursor_key(TOOL.name, &args, &[opened]);
    let offset = key.offset(args.cursor.as_deref())?;
    ask.still_wanted()?;
    let is_map = args.map.unwrap_or(false) && opened.policy.relations.is_counted();
    let mapped = if is_map { mapped(ask, opened, path)? } else { None };
    let (mut items, counts, notes) = match mapped {
        Some(map) => (map.items, map.counts, map.notes),
        None => (entries(opened, path, args.private)?, BTreeMap::new(), Vec::new()),
    };
    if let Some(first) = items.first_mut() {
        first.answers(&args.target);
    }
    let total = items.len() as u64;
    let items: Vec<OutlineView> = items.into_iter().skip(offset as usize).collect();
    let mut page = ask.page(&[opened], items, offset, total);
    (page.counts, page.notes) = (counts, notes);
    if total == 0 {
        page.notes
            .push("nothing is indexed here; list_repos says what was skipped and why".to_owned());
    }
    Ok(prepare(page, &[opened.source()], budget, |n| Some(key.at(offset + n))))
}

/// What a tier that withholds names still tells: how many of what.
fn counts_only(ask: &Ask<'_>, opened: Opened<'_>, budget: crate::disclosure::Budget) -> Result<Prepared, Refusal> {
    let mut page = ask.page::<OutlineView>(&[opened], Vec::new(), 0, 0);
    for symbol in opened.view.outline("") {
        let symbol = symbol.map_err(|err| opened.unavailable(&err))?;
        *page
            .counts
            .entry(opened.policy.kind(symbol.kind()).to_owned())
            .or_default() += 1;
    }
    page.counts.insert("files".to_owned(), opened.view.totals().files);
    page.notes
        .push("the tier of this repository withholds names and paths".to_owned());
    Ok(prepare(page, &[opened.source()], budget, |_| None))
}

fn entries(opened: Opened<'_>, written: &str, private: Option<bool>) -> Result<Vec<OutlineView>, Refusal> {
    let path = &opened.asked(written);
    let file = opened.view.file(path).map_err(|err| opened.unavailable(&err))?;
    if let Some(file) = file {
        return Ok(of_file(opened, &file, private));
    }
    let files: Vec<FileSummary<'_>> = opened.view.files_under(path).collect();
    if files.is_empty() && !path.is_empty() {
        return Err(Refusal::NoSuchPath {
            repo: opened.name().to_owned(),
            path: written.to_owned(),
            near: near(opened, path),
        });
    }
    if files.len() > MOST_FILES {
        return of_folders(opened, path, &files);
    }
    files.iter().map(|file| of_summary(opened, file)).collect()
}

/// The map of what is below a path; `None` where a file or nothing is there.
fn mapped(ask: &Ask<'_>, opened: Opened<'_>, written: &str) -> Result<Option<map::Map>, Refusal> {
    let files: Vec<FileSummary<'_>> = opened.view.files_under(&opened.asked(written)).collect();
    if files.is_empty() {
        return Ok(None);
    }
    map::draw(ask, opened, files).map(Some)
}

fn of_file(opened: Opened<'_>, file: &Arc<IndexedFile>, private: Option<bool>) -> Vec<OutlineView> {
    let facts = FileFacts {
        language: file.grammar(),
        lines: file.lines(),
        symbols: file.symbol_count() as u64,
        unparsed: file.unparsed(),
        holds: Vec::new(),
    };
    let mut out = vec![OutlineView::file(opened.name(), file.path(), facts)];
    let is_test = file.is_test();
    let is_hidden = |symbol: &IndexedSymbol| match private {
        Some(true) => false,
        Some(false) => symbol.visibility() == Visibility::Private,
        None => is_local(symbol) && (is_test || symbol.container().is_some_and(|it| it.modifiers().is_test)),
    };
    let symbols: Vec<(IndexedSymbol, u8)> = file
        .symbols()
        .filter(|symbol| !is_hidden(symbol))
        .map(|symbol| (depth(&symbol), symbol))
        .map(|(depth, symbol)| (symbol, depth))
        .collect();
    for (at, (symbol, depth)) in symbols.iter().enumerate() {
        let is_leaf = symbols.get(at + 1).is_none_or(|(_, next)| next <= depth);
        let is_brief = private.is_none() && (is_leaf || is_callable(symbol)) && (is_test || is_aside(symbol));
        if is_brief {
            OutlineView::name_after(&mut out, opened.name(), symbol, *depth, opened.policy);
        } else {
            out.push(OutlineView::symbol(opened.name(), symbol, *depth, opened.policy));
        }
    }
    out
}

/// Whether the name of a symbol is enough: others hardly ask for it, or the trait that it implements has its signature.
fn is_aside(symbol: &IndexedSymbol) -> bool {
    let is_given = symbol.container().is_some_and(|around| around.is_implementation());
    symbol.visibility() == Visibility::Private || symbol.modifiers().is_test || is_given || is_local(symbol)
}

fn is_local(symbol: &IndexedSymbol) -> bool {
    symbol.container().as_ref().is_some_and(is_callable)
}

fn is_callable(symbol: &IndexedSymbol) -> bool {
    matches!(
        symbol.kind(),
        SymbolKind::Function | SymbolKind::Method | SymbolKind::Constructor
    )
}

fn depth(symbol: &IndexedSymbol) -> u8 {
    let mut depth = 0;
    let mut at = symbol.container();
    while let Some(container) = at {
        depth += 1;
        at = container.container();
    }
    depth
}

/// A file in a folder: its outermost symbols by name, the visible ones first.
fn of_summary(opened: Opened<'_>, summary: &FileSummary<'_>) -> Result<OutlineView, Refusal> {
    let file = opened.view.file(summary.path).map_err(|err| opened.unavailable(&err))?;
    let facts = FileFacts {
        language: summary.grammar,
        lines: summary.lines,
        symbols: u64::from(summary.symbols),
        unparsed: file.as_ref().map_or(&[], |file| file.unparsed()),
        holds: file.as_ref().map(|file| held(file, opened.policy)).unwrap_or_default(),
    };
    Ok(OutlineView::file(opened.name(), summary.path, facts))
}

fn held(file: &Arc<IndexedFile>, policy: Policy) -> Vec<String> {
    let mut outermost: Vec<IndexedSymbol> = file
        .symbols()
        .filter(|symbol| symbol.container().is_none() && symbol.kind() != SymbolKind::Impl)
        .collect();
    outermost.sort_by_key(|symbol| (symbol.visibility(), symbol.modifiers().is_test, symbol.position()));
    let mut words: Vec<String> = outermost
        .iter()
        .take(MOST_HELD)
        .map(|symbol| format!("{} {}", policy.kind(symbol.kind()), symbol.qualified()))
        .collect();
    if outermost.len() > MOST_HELD {
        words.push(format!("+{} more", outermost.len() - MOST_HELD));
    }
    words
}

/// The folders right below `path`, then the files right in it.
fn of_folders(opened: Opened<'_>, path: &str, files: &[FileSummary<'_>]) -> Result<Vec<OutlineView>, Refusal> {
    let prefix = if path.is_empty() { 0 } else { path.len() + 1 };
    let mut folders = BTreeMap::<&str, (u64, u64, u64)>::new();
    let mut direct = Vec::new();
    for file in files {
        match file.path[prefix..].find('/') {
            Some(end) => {
                let sums = folders.entry(&file.path[..prefix + end]).or_default();
                sums.0 += 1;
                sums.1 += u64::from(file.lines);
                sums.2 += u64::from(file.symbols);
            }
            None => direct.push(file),
        }
    }
    let mut out: Vec<OutlineView> = folders
        .into_iter()
        .map(|(folder, (files, lines, symbols))| OutlineView::folder(opened.name(), folder, files, lines, symbols))
        .collect();
    for file in direct {
        out.push(of_summary(opened, file)?);
    }
    Ok(out)
}

/// Paths that end like the one asked for, among what is indexed.
fn near(opened: Opened<'_>, path: &str) -> Vec<String> {
    const MOST: usize = 5;
    let last = path.rsplit('/').next().unwrap_or(path);
    let stem = last.split('.').next().unwrap_or(last).to_lowercase();
    if stem.is_empty() {
        return Vec::new();
    }
    opened
        .view
        .files()
        .filter(|file| {
            file.path
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_lowercase()
                .contains(&stem)
        })
        .take(MOST)
        .map(|file| opened.told(file.path))
        .collect()
}
