//! Runs every case of `grammars/*/corpus/*.txt` through extraction.
//!
//! A case is a title between two lines of `=`, source with canaries, a line `---`, and the facts as text: one line per symbol, its
//! documentation and its outline below it. A title may end in `| path`. `UPDATE_EXPECT=1` rewrites the facts.

use louver::extraction::words::WordKey;
use louver::extraction::{
    Chain, Contract, Extraction, FileFacts, Fragment, Grammar, Handler, Limits, Modifiers, NameId, Options, SourceText,
    Step, StepKind, Symbol, SymbolIdx, extract,
};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The word no fact may contain, in capitals where it stands for source text and in small letters where it is a local name.
const CANARY: &str = "canary";

/// What the facts of a case with a leak begin with.
const LEAK: &str = "source text left extraction";

#[test]
fn compiled_in_grammars_are_complete() {
    for grammar in Grammar::all() {
        grammar.check().expect("queries fit the parser");
        assert!(
            !cases(grammar).is_empty(),
            "grammars/{}/corpus is empty",
            grammar.name()
        );
    }
}

#[test]
fn every_corpus_case_gives_its_facts() {
    let mut failures = String::new();
    for grammar in Grammar::all() {
        for (file, cases) in cases(grammar) {
            let mut updated: Vec<(Case, String)> = Vec::new();
            for case in cases {
                let actual = facts_of(grammar, &case);
                assert!(!actual.starts_with(LEAK), "in `{}`: {actual}", case.title);
                if actual != case.expected {
                    let name = file.file_name().unwrap_or_default().display();
                    let _ = writeln!(
                        failures,
                        "{} {name}: {}\n--- expected\n{}\n--- actual\n{actual}\n",
                        grammar.name(),
                        case.title,
                        case.expected
                    );
                }
                updated.push((case, actual));
            }
            if env::var_os("UPDATE_EXPECT").is_some() {
                write_cases(&file, &updated);
                failures.clear();
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// One case: what is read, and what is made of it.
pub(crate) struct Case {
    pub(crate) title: String,
    pub(crate) source: String,
    pub(crate) expected: String,
}

fn cases(grammar: &Grammar) -> Vec<(PathBuf, Vec<Case>)> {
    read_cases(grammar, "corpus")
}

/// The cases in a folder of a grammar, by file; none if there is no such folder.
pub(crate) fn read_cases(grammar: &Grammar, folder: &str) -> Vec<(PathBuf, Vec<Case>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("grammars")
        .join(grammar.name())
        .join(folder);
    let Ok(entries) = fs::read_dir(&folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let cases = parse(&fs::read_to_string(&file).expect("a readable case"));
            (file, cases)
        })
        .collect()
}

/// Writes cases with what was made of them.
pub(crate) fn write_cases(file: &Path, cases: &[(Case, String)]) {
    let mut text = String::new();
    for (case, actual) in cases {
        let rule = "=".repeat(case.title.chars().count().max(3));
        let _ = write!(
            text,
            "{rule}\n{}\n{rule}\n{}\n---\n{actual}\n\n",
            case.title, case.source
        );
    }
    fs::write(file, text).expect("the case can be written");
}

fn parse(text: &str) -> Vec<Case> {
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |line: &str, c: char| line.len() >= 3 && line.chars().all(|it| it == c);
    let heads: Vec<usize> = (0..lines.len().saturating_sub(2))
        .filter(|&at| is_rule(lines[at], '=') && is_rule(lines[at + 2], '='))
        .collect();
    let ends = heads.iter().copied().skip(1).chain([lines.len()]);
    heads
        .iter()
        .zip(ends)
        .map(|(&at, end)| {
            let body = &lines[at + 3..end];
            let cut = body
                .iter()
                .rposition(|line| *line == "---")
                .expect("a case has a line `---`");
            Case {
                title: lines[at + 1].to_owned(),
                source: body[..cut].join("\n"),
                expected: body[cut + 1..].join("\n").trim_matches('\n').to_owned(),
            }
        })
        .collect()
}

fn facts_of(grammar: &Grammar, case: &Case) -> String {
    let options = Options {
        word_key: WordKey::new([7; 32]),
        limits: Limits::default(),
    };
    let extension = grammar.extensions().first().map_or("txt", String::as_str);
    let path = match case.title.split_once(" | ") {
        Some((_, path)) => path.to_owned(),
        None => format!("src/case.{extension}"),
    };
    match extract(
        &path,
        grammar,
        &SourceText::new(case.source.clone().into_bytes()),
        &options,
    ) {
        Extraction::Skipped(reason) => format!("skipped {reason}"),
        Extraction::Facts(facts) => {
            let bytes = bitcode::encode(&*facts);
            let text = Facts(&facts).to_text();
            let leak = has_canary(&bytes) || has_canary(text.as_bytes());
            if leak { format!("{LEAK}\n{text}") } else { text }
        }
    }
}

fn has_canary(bytes: &[u8]) -> bool {
    bytes
        .windows(CANARY.len())
        .any(|window| window.eq_ignore_ascii_case(CANARY.as_bytes()))
}

/// Facts in a form to read.
struct Facts<'f>(&'f FileFacts);

impl Facts<'_> {
    fn to_text(&self) -> String {
        let mut out = String::new();
        self.documentation(&self.0.summary, &self.0.documentation, &mut out);
        for symbol in &self.0.symbols {
            self.symbol(symbol, &mut out);
        }
        for contract in &self.0.contracts {
            self.contract(contract, &mut out);
        }
        if self.0.unparsed_bytes > 0 {
            let lines = self
                .0
                .unparsed
                .iter()
                .map(|lines| format!("L{}-{}", lines.start, lines.end));
            let _ = writeln!(
                out,
                "unparsed {} bytes {}",
                self.0.unparsed_bytes,
                lines.collect::<Vec<_>>().join(" ")
            );
        }
        out.trim_end().to_owned()
    }

    fn contract(&self, contract: &Contract, out: &mut String) {
        let named = |at: SymbolIdx| self.name(self.0.symbol(at).name);
        let _ = write!(
            out,
            "{} {} L{}",
            contract.kind.word(),
            text(&contract.name),
            contract.lines.start
        );
        if let Some(within) = contract.within {
            let _ = write!(out, " in {}", named(within));
        }
        let _ = match contract.handler {
            Some(Handler::Symbol(at)) => writeln!(out, " handled_by {}", named(at)),
            Some(Handler::Reference(at)) => {
                let reference = &self.0.bindings.references[at as usize];
                writeln!(out, " handled_by → {}", self.name(reference.name))
            }
            Some(Handler::Member { of, .. }) => {
                let reference = &self.0.bindings.references[of as usize];
                writeln!(out, " handled_by → a member of {}", self.name(reference.name))
            }
            Some(Handler::Inline { last_line, .. }) => writeln!(out, " handled to L{last_line}"),
            Some(Handler::Action { .. }) => writeln!(out, " handled_by → an action"),
            None => writeln!(out),
        };
    }

    fn symbol(&self, symbol: &Symbol, out: &mut String) {
        let mut name = self.name(symbol.name);
        if let Some(container) = symbol.container {
            name = format!("{}.{name}", self.name(self.0.symbol(container).name));
        }
        let _ = writeln!(
            out,
            "{} {}{} {name} L{}-{} {}",
            symbol.kind.word(),
            symbol.visibility.word(),
            words(symbol.modifiers),
            symbol.lines.start,
            symbol.lines.end,
            text(&symbol.signature)
        );
        self.documentation(&symbol.summary, &symbol.documentation, out);
        for step in &symbol.outline {
            let _ = writeln!(out, "  {}{}", "  ".repeat(usize::from(step.depth)), self.step(step));
        }
    }

    fn documentation(&self, summary: &Fragment, rest: &Fragment, out: &mut String) {
        for (mark, prose) in [("///", summary), ("//+", rest)] {
            if !prose.is_empty() {
                let _ = writeln!(out, "  {mark} {}", text(prose).replace('\n', " / "));
            }
        }
    }

    fn step(&self, step: &Step) -> String {
        let names = step
            .names
            .iter()
            .map(|chain| self.chain(*chain))
            .collect::<Vec<_>>()
            .join(", ");
        let name = format!(" {names}");
        let name = if names.is_empty() { "" } else { &name };
        match step.kind {
            StepKind::If => format!("if{name}"),
            StepKind::Else => "else".to_owned(),
            StepKind::Match(arms) => format!("match{name} arms={arms}"),
            StepKind::Arm => "arm".to_owned(),
            StepKind::Loop => format!("loop{name}"),
            StepKind::Try => "try".to_owned(),
            StepKind::Catch => "catch".to_owned(),
            StepKind::Finally => "finally".to_owned(),
            StepKind::Closure => "closure".to_owned(),
            StepKind::Unsafe => "unsafe".to_owned(),
            StepKind::Return => "return".to_owned(),
            StepKind::EarlyReturn => "return early".to_owned(),
            StepKind::ErrorExit => format!("error{name}"),
            StepKind::Break => "break".to_owned(),
            StepKind::Continue => "continue".to_owned(),
            StepKind::Yield => "yield".to_owned(),
            StepKind::Set => format!("set{name}"),
            StepKind::Call {
                arguments,
                awaited,
                propagated,
                ..
            } => {
                let awaited = if awaited { " await" } else { "" };
                format!("call{name}/{arguments}{awaited}{}", if propagated { " ?" } else { "" })
            }
            StepKind::New { arguments, .. } => format!("new{name}/{arguments}"),
            StepKind::Macro { propagated, .. } => format!("macro{name}{}", if propagated { " ?" } else { "" }),
        }
    }

    fn chain(&self, chain: Chain) -> String {
        let segment = |id: Option<NameId>| id.map_or("_".to_owned(), |id| self.name(id));
        match chain.qualifier {
            Some(qualifier) => format!("{}.{}", self.name(qualifier), segment(chain.name)),
            None => segment(chain.name),
        }
    }

    fn name(&self, id: NameId) -> String {
        text(self.0.name(id))
    }
}

/// A fragment keeps its text to itself; the encoding that carries it between processes does not.
fn text(fragment: &Fragment) -> String {
    bitcode::decode(&bitcode::encode(fragment)).expect("a fragment is encoded as its text")
}

fn words(modifiers: Modifiers) -> String {
    let Modifiers {
        is_async,
        is_static,
        is_abstract,
        is_unsafe,
        is_const,
        is_deprecated,
        is_test,
        is_generated,
    } = modifiers;
    let all = [
        (is_async, "async"),
        (is_static, "static"),
        (is_abstract, "abstract"),
        (is_unsafe, "unsafe"),
        (is_const, "const"),
        (is_deprecated, "deprecated"),
        (is_test, "test"),
        (is_generated, "generated"),
    ];
    all.iter()
        .filter(|(is, _)| *is)
        .map(|(_, word)| format!("+{word}"))
        .collect()
}
