//! `louver bench calls`: every resolved call of a folder as JSON lines, so that anyone can grade them.

use super::{Shared, progress};
use crate::extraction::bindings::manifest::{self, ManifestFacts};
use crate::extraction::bindings::{Expr, ReferenceKind};
use crate::extraction::words::WordKey;
use crate::extraction::{Extraction, FileFacts, Grammar, Limits, Options, SourceText, SymbolIdx, SymbolKind, extract};
use crate::resolution::{Method, Relation, RelationKind, SymbolRef, Target, Workspace};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

/// Prints the calls below a folder.
pub(super) fn run(_: &Shared, root: &Path) -> anyhow::Result<ExitCode> {
    for line in calls_jsonl(root)? {
        progress::put(format_args!("{line}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Folders that hold no code of the repository.
const SKIPPED: &[&str] = &["node_modules", "target", ".git"];

/// The text of one line per resolved call below `root`, in the order of paths and lines.
pub(super) fn calls_jsonl(root: &Path) -> io::Result<Vec<String>> {
    let paths = files_below(root)?;
    let mut sources: Vec<(String, FileFacts)> = Vec::new();
    let mut names: Vec<Vec<u32>> = Vec::new();
    let mut texts: Vec<Vec<u8>> = Vec::new();
    let mut manifests: Vec<(String, ManifestFacts)> = Vec::new();
    for path in paths {
        let bytes = fs::read(root.join(&path))?;
        let text = SourceText::new(bytes.clone());
        manifests.extend(manifest::read(&path, &text).map(|facts| (path.clone(), facts)));
        let Some(grammar) = Grammar::for_path(&path, Some(&bytes)) else {
            continue;
        };
        let options = Options {
            word_key: WordKey::new([0; 32]),
            limits: Limits::default(),
        };
        match extract(&path, grammar, &text, &options) {
            Extraction::Facts(facts) => {
                names.push(name_lines(&facts, &String::from_utf8_lossy(&bytes)));
                sources.push((path, *facts));
                texts.push(bytes);
            }
            Extraction::Skipped(why) => progress::say(format_args!("{path}: skipped, {}", why.word())),
        }
    }
    let files: Vec<(&str, &FileFacts)> = sources.iter().map(|(path, facts)| (path.as_str(), facts)).collect();
    let manifests: Vec<(&str, &ManifestFacts)> = manifests.iter().map(|(path, facts)| (path.as_str(), facts)).collect();
    let workspace = Workspace::new(&files, &manifests);
    let mut lines = Vec::new();
    for (file, relations) in workspace.link().iter().enumerate() {
        let relations = relations.relations.iter();
        let mut found: Vec<(u32, String)> = relations
            .flat_map(|it| {
                describe(&files, &names, file, it)
                    .into_iter()
                    .map(|line| (it.line, line))
            })
            .collect();
        found.extend(calls_of_locals(files[file], &names[file], &texts[file]));
        found.sort_by_key(|(at, _)| *at);
        lines.extend(found.into_iter().map(|(_, line)| line));
    }
    Ok(lines)
}

/// The calls of functions that local variables hold. Their names are in no facts, so that none can be told: here is the text to read them in.
fn calls_of_locals((path, facts): (&str, &FileFacts), names: &[u32], text: &[u8]) -> Vec<(u32, String)> {
    let bindings = &facts.bindings;
    let calls = bindings.references.iter().filter(|it| it.kind == ReferenceKind::Call);
    let line = |it: &crate::extraction::bindings::Reference| {
        let Expr::Local(local) = bindings.expressions[it.target.0 as usize] else {
            return None;
        };
        let at = bindings.locals[local as usize].function? as usize;
        let before = text.get(..at)?.iter().filter(|byte| **byte == b'\n').count();
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_' || **byte == b'$' || !byte.is_ascii();
        let name: Vec<u8> = text[at..].iter().take_while(is_part).copied().collect();
        let callee = json!({"path": path, "line": before + 1, "name": String::from_utf8_lossy(&name)});
        let caller = it.within.and_then(|from| callable_around(facts, from)).map(|from| {
            let name = facts.name(facts.symbol(from).name).expose();
            json!({"path": path, "line": names[from.0 as usize], "name": name})
        });
        let at = json!({"path": path, "line": it.line});
        let said = json!({"at": at, "caller": caller, "callee": callee, "method": Method::Lexical.word()});
        Some((it.line, said.to_string()))
    };
    calls.filter_map(line).collect()
}

/// The paths of the files below a folder, from there, in their order.
pub(super) fn files_below(root: &Path) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    collect(root, root, &mut paths)?;
    paths.sort();
    Ok(paths)
}

fn collect(root: &Path, folder: &Path, out: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !SKIPPED.iter().any(|name| entry.file_name() == *name) {
                collect(root, &entry.path(), out)?;
            }
        } else if kind.is_file()
            && let Some(path) = entry.path().strip_prefix(root).ok().and_then(Path::to_str)
        {
            out.push(path.to_owned());
        }
    }
    Ok(())
}

/// The line each symbol's name stands on: facts know where a definition starts, which may be a line or two earlier.
fn name_lines(facts: &FileFacts, text: &str) -> Vec<u32> {
    let lines: Vec<&str> = text.lines().collect();
    let find = |symbol: &crate::extraction::Symbol| {
        let name = facts.name(symbol.name).expose();
        let first = symbol.lines.start.max(1) as usize - 1;
        let range = lines.iter().enumerate().skip(first).take(8);
        let found = range
            .map(|(at, line)| (at, *line))
            .find(|(_, line)| has_word(line, name));
        found.map_or(symbol.lines.start, |(at, _)| at as u32 + 1)
    };
    facts.symbols.iter().map(find).collect()
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(is_part);
        let after = line[at + word.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })
}

fn describe(files: &[(&str, &FileFacts)], names: &[Vec<u32>], file: usize, relation: &Relation) -> Vec<String> {
    if !matches!(relation.kind, RelationKind::Calls | RelationKind::Constructs) {
        return Vec::new();
    }
    let symbol = |at: SymbolRef| {
        let (path, facts) = files[at.file as usize];
        let name = facts.name(facts.symbol(at.symbol).name).expose();
        let line = names[at.file as usize][at.symbol.0 as usize];
        let is_macro = facts.symbol(at.symbol).kind == SymbolKind::Macro;
        json!({"path": path, "line": line, "name": name, "container": type_around(facts, at.symbol), "macro": is_macro})
    };
    // A call of the base constructor names nothing.
    let reference = relation
        .reference
        .and_then(|at| files[file].1.bindings.references.get(at as usize));
    if reference.is_some_and(|it| files[file].1.name(it.name).expose() == "super") {
        return Vec::new();
    }
    let caller = relation.from.and_then(|from| callable_around(files[file].1, from));
    let caller = caller.map_or(Value::Null, |from| {
        symbol(SymbolRef {
            file: file as u32,
            symbol: from,
        })
    });
    let line = |callee: SymbolRef, method: &str| {
        let at = json!({"path": files[file].0, "line": relation.line});
        json!({"at": at, "caller": caller, "callee": symbol(callee), "method": method}).to_string()
    };
    match &relation.target {
        Target::Symbol { at, method } => vec![line(*at, method.word())],
        Target::Possible(all) => all.iter().map(|at| line(*at, "possible")).collect(),
        Target::External { .. } => Vec::new(),
    }
}

/// The name of the type that a symbol is a member of, or nothing.
fn type_around(facts: &FileFacts, of: SymbolIdx) -> &str {
    let container = facts.symbol(of).container.map(|at| facts.symbol(at));
    let container = container.filter(|it| !it.kind.is_callable() && it.kind != SymbolKind::Module);
    container.map_or("", |it| facts.name(it.name).expose())
}

/// The innermost function around a place.
fn callable_around(facts: &FileFacts, from: SymbolIdx) -> Option<SymbolIdx> {
    let mut at = Some(from);
    while let Some(symbol) = at.filter(|symbol| !facts.symbol(*symbol).kind.is_callable()) {
        at = facts.symbol(symbol).container;
    }
    at
}
