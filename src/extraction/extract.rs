//! One file to its facts.

use super::bindings;
use super::components::Component;
use super::contracts::{self, Around};
use super::facts::{FileFacts, Modifiers, Symbol, SymbolIdx};
use super::parse::{self, ErrorCoverage};
use super::parsed::{Names, Parsed, SymbolNode};
use super::tree::Tree;
use super::walk::{Draft, Walked};
use super::words::WordKey;
use super::{
    Fragment, Grammar, SourceText, docs, embedded, lines, passages, redact, renames, signature, template_uses, walk,
};
use rustc_hash::FxHashMap;
use std::fmt;
use std::time::Duration;

/// How far extraction goes before it gives a file up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub bytes: usize,
    pub line_bytes: usize,
    /// Brackets open at once.
    pub depth: usize,
    pub symbols: usize,
    pub parse_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 1 << 20,
            line_bytes: 20_000,
            depth: 1_000,
            symbols: 20_000,
            parse_time: parse::PARSE_TIME,
        }
    }
}

/// What extraction needs beside the file.
#[derive(Clone)]
pub struct Options {
    pub word_key: WordKey,
    pub limits: Limits,
}

/// What became of one file.
#[derive(Debug)]
pub enum Extraction {
    Facts(Box<FileFacts>),
    Skipped(Skipped),
}

/// Why a file was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, bitcode::Encode, bitcode::Decode)]
pub enum Skipped {
    TooLarge,
    LongLine,
    TooDeep,
    Binary,
    TooManySymbols,
    ParserTimeout,
    /// The parser's tables do not fit this build.
    ParserMismatch,
}

impl Skipped {
    /// The word operators see.
    pub fn word(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::LongLine => "long-line",
            Self::TooDeep => "too-deep",
            Self::Binary => "binary",
            Self::TooManySymbols => "too-many-symbols",
            Self::ParserTimeout => "parser-timeout",
            Self::ParserMismatch => "parser-mismatch",
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Reads one file. Broken code yields fewer symbols, not an error; only a broken limit yields none.
pub fn extract(path: &str, grammar: &Grammar, text: &SourceText, options: &Options) -> Extraction {
    match facts(path, grammar, text, options) {
        Ok(facts) => Extraction::Facts(Box::new(facts)),
        Err(skipped) => Extraction::Skipped(skipped),
    }
}

fn facts(path: &str, grammar: &Grammar, text: &SourceText, options: &Options) -> Result<FileFacts, Skipped> {
    // What a file's own macros make is read as if it stood there; where that is too much, it is left out.
    if let Some(expanded) = parse::expanded(grammar, text.as_bytes())
        && let Ok(mut facts) = facts_of(path, grammar, expanded.text.as_bytes(), options)
    {
        lines::restore(&mut facts, &expanded.lines, text.len());
        return Ok(facts);
    }
    facts_of(path, grammar, text.as_bytes(), options)
}

fn facts_of(path: &str, grammar: &Grammar, text: &[u8], options: &Options) -> Result<FileFacts, Skipped> {
    let limits = grammar.limits(&options.limits);
    let halves = embedded::halves(grammar, path, text);
    let code = halves.as_ref().map_or(text, |it| it.code.as_slice());
    let source = parse::parse(grammar, code, &limits)?;
    let tree = Tree::of(&source.tree, grammar.kinds());
    let root = tree.root();
    let mut parsed = Parsed {
        grammar,
        root,
        bytes: source.bytes(),
        original: &source.original,
        is_renamed: source.repaired.is_some() && renames::may_rename(&grammar.manifest().repairs),
        hidden: Vec::new(),
        item_macros: &source.item_macros,
    };
    let mut walked = walk::walk(&parsed, limits.symbols, &|kind| bindings::looks_at(grammar, kind))?;
    parsed.hidden = std::mem::take(&mut walked.hidden);
    let nodes: Vec<SymbolNode<'_>> = walked
        .drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| symbol_node(at, draft))
        .collect();
    let mut names = Names::default();
    let uses = halves.as_ref().map(|it| template_uses::of(it.template, &it.around));
    let uses = uses.unwrap_or_default();
    let mut collected = bindings::collect(&parsed, path, &nodes, &walked.visited, &mut names, &uses);
    let test_file = grammar.manifest().is_test_path(path);
    let (mut symbols, vocabulary) = finish(
        &parsed,
        walked,
        &collected.reference_at,
        &mut names,
        &options.word_key,
        test_file,
    );
    let coverage = ErrorCoverage::of(source.tree.root_node());
    let around = Around {
        symbols: &nodes,
        names: names.all(),
        references: &collected.places,
        unparsed: &coverage.lines,
        bindings: &collected.bindings,
    };
    let found = contracts::read(&parsed, path, &around);
    if tree.is_too_much() {
        return Err(Skipped::ParserTimeout);
    }
    collected.bindings.routers = found.routers;
    collected.bindings.readers = found.readers;
    contracts::keep_mounts(&mut collected.bindings, &mut names, found.mounts, test_file);
    let mut contracts = found.contracts;
    for contract in &mut contracts {
        let within = contract.within.map(|at| &symbols[at.0 as usize]);
        contract.is_test = test_file || within.is_some_and(|it| it.modifiers.is_test);
    }
    if halves.is_some() {
        let component = Component {
            path,
            lines: tree.lines(),
            modifiers: Modifiers {
                is_test: test_file,
                is_generated: is_generated(parsed.original),
                ..Modifiers::default()
            },
            names: &mut names,
            symbols: &mut symbols,
            bindings: &mut collected.bindings,
            contracts: &mut contracts,
        };
        component.define();
    }
    let about = docs::file(&parsed);
    let around = halves.as_ref().map(|it| it.around.as_slice());
    let passages = around.map_or(Ok(Vec::new()), |it| passages::around(it, &options.word_key, &limits))?;
    let mut facts = FileFacts {
        grammar: grammar.name().to_owned(),
        lines: tree.lines(),
        bytes: text.len() as u32,
        unparsed_bytes: coverage.bytes,
        unparsed: coverage.lines,
        summary: about.summary,
        documentation: about.rest,
        names: names.into_fragments(),
        symbols,
        bindings: collected.bindings,
        vocabulary,
        passages,
        contracts,
    };
    redact::redact(&mut facts);
    Ok(facts)
}

fn finish<'t>(
    parsed: &Parsed<'t>,
    walked: Walked<'t>,
    references: &FxHashMap<u32, u32>,
    names: &mut Names<'t>,
    key: &WordKey,
    test_file: bool,
) -> (Vec<Symbol>, Vec<u32>) {
    let hashed = walked.vocabulary.hash(key);
    let is_generated = is_generated(parsed.original);
    let mut symbols: Vec<Symbol> = Vec::with_capacity(walked.drafts.len());
    for draft in walked.drafts {
        let documentation = docs::read(parsed, &draft.docs);
        let container = draft.container.map(SymbolIdx);
        let mut modifiers = draft.modifiers;
        modifiers.is_deprecated |= documentation.is_deprecated;
        modifiers.is_generated |= is_generated;
        modifiers.is_test |= test_file || container.is_some_and(|at| symbols[at.0 as usize].modifiers.is_test);
        symbols.push(Symbol {
            name: names.id(parsed.name(draft.name)),
            kind: draft.kind,
            container,
            visibility: draft.visibility,
            modifiers,
            lines: signature::lines(&draft),
            signature: Fragment::new(signature::of(parsed, &draft)),
            summary: documentation.summary,
            documentation: documentation.rest,
            outline: walked.outlines.finish(draft.steps, draft.scope, references, names),
            vocabulary: hashed.of(draft.vocabulary),
        });
    }
    (symbols, hashed.of(walked.rest))
}

/// Whether the first lines of a file say that a program wrote it.
fn is_generated(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
    ["@generated", "DO NOT EDIT", "Code generated by", "<auto-generated"]
        .iter()
        .any(|mark| head.contains(mark))
}

fn symbol_node<'t>(at: usize, draft: &Draft<'t>) -> SymbolNode<'t> {
    SymbolNode {
        index: SymbolIdx(at as u32),
        kind: draft.kind,
        container: draft.container.map(SymbolIdx),
        node: draft.node,
        name: draft.name,
        again: draft.again.clone(),
    }
}
