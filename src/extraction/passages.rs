//! Files that no grammar reads, in passages: keyed hashes of their words, so that they can be found, and nothing that can be read.

use super::extract::{Limits, Skipped};
use super::facts::{FileFacts, Lines, Passage};
use super::words::{self, WordKey};
use crate::secrets::Scanner;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::sync::LazyLock;

/// A passage ends at the next break between paragraphs or definitions after so many bytes.
const USUAL: usize = 900;
/// It ends in any case after so many.
const LONGEST: usize = 1_800;
/// How often the words of a heading, or of the name a line defines, count.
const DEFINED: usize = 4;
/// Longer words are no words.
const LONGEST_WORD: usize = 32;
/// Runs of letters and digits this long are keys, digests or encoded data.
const LONGEST_RUN: usize = 80;

/// The list in `grammars/passages.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    prose: Vec<String>,
    code: Vec<String>,
    templates: Vec<String>,
    names: Vec<String>,
}

static LIST: LazyLock<List> = LazyLock::new(|| {
    toml::from_str(include_str!("../../grammars/passages.toml")).expect("the list is checked by a test of this module")
});

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Prose,
    Code,
    /// Code that stands in quotes, too.
    Template,
}

/// How the file at `path` is written; `None` if it is not searched.
pub(super) fn style(path: &str) -> Option<Style> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if LIST.names.iter().any(|it| it == name) {
        return Some(Style::Code);
    }
    let (stem, extension) = name.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    match stem.is_empty() {
        true => None,
        false if LIST.prose.contains(&extension) => Some(Style::Prose),
        false if LIST.code.contains(&extension) => Some(Style::Code),
        false if LIST.templates.contains(&extension) => Some(Style::Template),
        false => None,
    }
}

/// The passages of what is around the code of a file.
pub(super) fn around(bytes: &[u8], key: &WordKey, limits: &Limits) -> Result<Vec<Passage>, Skipped> {
    extract(Style::Template, bytes, key, limits).map(|facts| facts.passages)
}

/// The facts of a file: its size and its passages.
pub(super) fn extract(style: Style, bytes: &[u8], key: &WordKey, limits: &Limits) -> Result<FileFacts, Skipped> {
    if bytes.len() > limits.bytes {
        return Err(Skipped::TooLarge);
    }
    if bytes.contains(&0) {
        return Err(Skipped::Binary);
    }
    let text = String::from_utf8_lossy(bytes);
    if text.lines().any(|line| line.len() > limits.line_bytes) {
        return Err(Skipped::LongLine);
    }
    let mut hasher = Hasher {
        key,
        known: FxHashMap::default(),
    };
    let mut passages = Vec::new();
    let mut lines = 0;
    for passage in cut(style, &text) {
        lines = passage.lines.end;
        let vocabulary = hasher.words(style, passage.text);
        if !vocabulary.is_empty() {
            passages.push(Passage {
                lines: passage.lines,
                vocabulary,
            });
        }
    }
    Ok(FileFacts {
        lines,
        bytes: bytes.len() as u32,
        passages,
        ..FileFacts::default()
    })
}

/// A stretch of a file.
struct Stretch<'t> {
    lines: Lines,
    text: &'t str,
}

/// Cuts a file where a heading, a paragraph or a definition begins.
fn cut(style: Style, text: &str) -> Vec<Stretch<'_>> {
    let mut out = Vec::new();
    let (mut from, mut at, mut first, mut number) = (0, 0, 1, 0);
    let mut after_blank = false;
    let mut push = |from: usize, to: usize, start: u32, end: u32| {
        if to > from {
            out.push(Stretch {
                lines: Lines { start, end },
                text: &text[from..to],
            });
        }
    };
    for line in text.split_inclusive('\n') {
        number += 1;
        let length = at - from;
        let is_flush = line.starts_with(|c: char| !c.is_whitespace() && !"})]".contains(c));
        let is_heading = style == Style::Prose && line.starts_with('#');
        let is_break = is_heading && length > USUAL / 3 || after_blank && is_flush && length > USUAL;
        if is_break || length > LONGEST {
            push(from, at, first, number - 1);
            (from, first) = (at, number);
        }
        at += line.len();
        after_blank = line.trim().is_empty();
    }
    push(from, at, first, number);
    out
}

/// Hashes words, remembering those it has seen.
struct Hasher<'k> {
    key: &'k WordKey,
    known: FxHashMap<String, u32>,
}

impl Hasher<'_> {
    /// The hashes of a passage's words, sorted, each as often as it counts.
    fn words(&mut self, style: Style, text: &str) -> Vec<u32> {
        let clean = Scanner::builtin().redact(text).text;
        let mut out = Vec::new();
        for line in clean.lines() {
            let line = match style {
                Style::Prose => line.to_owned(),
                Style::Code | Style::Template => without_literals(line, style),
            };
            let named = match style {
                Style::Prose => line.strip_prefix('#').map(|heading| heading.trim_start_matches('#')),
                Style::Code | Style::Template => defined(&line),
            };
            self.add(&line, 1, &mut out);
            if let Some(name) = named {
                self.add(name, DEFINED - 1, &mut out);
            }
        }
        out.sort_unstable();
        out
    }

    fn add(&mut self, text: &str, times: usize, out: &mut Vec<u32>) {
        for run in text.split(|c: char| c.is_whitespace()) {
            if run.len() > LONGEST_RUN && !run.contains(['(', '.', '/', '_', ',']) {
                continue;
            }
            for name in run.split(|c: char| !c.is_alphanumeric() && c != '_') {
                let before = out.len();
                words::split(name, |word| {
                    if (2..=LONGEST_WORD).contains(&word.len()) {
                        let hash = self.hash(word);
                        out.extend(std::iter::repeat_n(hash, times));
                    }
                });
                // A name of several words is found as one word, too.
                if out.len() > before + times && name.len() <= 2 * LONGEST_WORD {
                    let whole: String = name
                        .chars()
                        .filter(|c| *c != '_')
                        .flat_map(char::to_lowercase)
                        .collect();
                    let hash = self.hash(&whole);
                    out.extend(std::iter::repeat_n(hash, times));
                }
            }
        }
    }

    fn hash(&mut self, word: &str) -> u32 {
        if let Some(&hash) = self.known.get(word) {
            return hash;
        }
        let hash = self.key.hash(&words::stem(word));
        self.known.insert(word.to_owned(), hash);
        hash
    }
}

/// A line without what stands between quotes, unless that is code.
fn without_literals(line: &str, style: Style) -> String {
    let mut out = String::with_capacity(line.len());
    let mut before = ' ';
    let mut rest = line.char_indices();
    while let Some((at, c)) = rest.next() {
        // An apostrophe after a letter is part of a word, and a quote that no other ends is no literal.
        let is_quote = c == '"' || c == '`' || c == '\'' && !before.is_alphanumeric();
        before = c;
        if !is_quote {
            out.push(c);
            continue;
        }
        let Some(length) = quoted(&line[at + 1..], c) else {
            continue;
        };
        let inside = &line[at + 1..at + 1 + length];
        let is_code = style == Style::Template && holds_code(&line[..at], inside);
        out.push(' ');
        out.push_str(if is_code { inside } else { "" });
        out.push_str(if is_code { " " } else { "" });
        rest = line.char_indices();
        rest.by_ref()
            .take_while(|(place, _)| *place < at + 1 + length)
            .for_each(drop);
    }
    out
}

/// How long a text in quotes is that one ends, if one does.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => _ = chars.next(),
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    text.contains(quote).then_some(text.len())
}

/// Whether what stands in quotes in a template is filled in, or is what an attribute of the template's language says (`@click="save"`).
fn holds_code(before: &str, inside: &str) -> bool {
    const FILLED: [&str; 5] = ["<%", "{{", "{%", "${", "@{"];
    const BINDING: [&str; 10] = ["@", ":", "(", "[", "*", "#", "v-", "on:", "bind:", "x-"];
    let attribute = before.strip_suffix('=').and_then(|it| it.split_whitespace().last());
    FILLED.iter().any(|mark| inside.contains(mark))
        || attribute.is_some_and(|name| BINDING.iter().any(|mark| name.starts_with(mark)))
}

/// The name that a line of code defines, as far as a line alone can tell.
fn defined(line: &str) -> Option<&str> {
    const BEFORE: [&str; 15] = [
        "pub",
        "public",
        "private",
        "protected",
        "internal",
        "static",
        "export",
        "local",
        "inline",
        "async",
        "abstract",
        "final",
        "sealed",
        "override",
        "open",
    ];
    const DEFINES: [&str; 30] = [
        "actor",
        "class",
        "const",
        "data",
        "def",
        "define",
        "defmacro",
        "defmodule",
        "defp",
        "defprotocol",
        "enum",
        "fn",
        "fun",
        "func",
        "function",
        "instance",
        "interface",
        "message",
        "mixin",
        "module",
        "namespace",
        "newtype",
        "object",
        "package",
        "proc",
        "protocol",
        "record",
        "struct",
        "trait",
        "type",
    ];
    let indented = line.starts_with(char::is_whitespace);
    let mut rest = line.trim_start().trim_start_matches("#");
    loop {
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if BEFORE.contains(&word) {
            rest = after.trim_start();
        } else if DEFINES.contains(&word) {
            return leading_name(after.trim_start());
        } else {
            break;
        }
    }
    if indented {
        return None;
    }
    // `name() {` of shells, `name :: Type` of Haskell, `M.name = function` of Lua.
    let name = leading_name(rest)?;
    let after = rest[name.len()..].trim_start();
    let defines = after.starts_with("()") && after.trim_end().ends_with('{')
        || after.starts_with(":: ")
        || after
            .strip_prefix('=')
            .is_some_and(|value| value.trim_start().starts_with("function"));
    defines.then_some(name)
}

fn leading_name(text: &str) -> Option<&str> {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && !"_.:?!'".contains(c))
        .unwrap_or(text.len());
    let name = text[..end].trim_end_matches([':', '.']);
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_and_names_no_data() {
        assert_eq!(style("docs/guide.md"), Some(Style::Prose));
        assert_eq!(style("lib/Makefile"), Some(Style::Code));
        assert_eq!(style("lib/Query.HS"), Some(Style::Code));
        assert_eq!(style("views/Index.cshtml"), Some(Style::Template));
        for path in [
            "a.json",
            "Cargo.lock",
            "image.svg",
            ".env",
            ".toml",
            "LICENSE",
            "a.pem",
            "data.csv",
        ] {
            assert_eq!(style(path), None, "{path}");
        }
    }

    #[test]
    fn literals_are_left_out_and_apostrophes_are_not_quotes() {
        let code = |line| without_literals(line, Style::Code);
        assert_eq!(code(r#"f("a \" b", x') y = 'c'"#), "f( , x') y =  ");
        assert_eq!(code("-- don't \"open"), "-- don't open");
        let template = |line| without_literals(line, Style::Template);
        assert_eq!(
            template(r#"<a class="x" @click="save(it)" href="{{ url }}">"#),
            "<a class=  @click= save(it)  href= {{ url }} >"
        );
        assert_eq!(code(r#"<a @click="save(it)">"#), "<a @click= >");
    }

    #[test]
    fn a_line_tells_what_it_defines() {
        for (line, name) in [
            ("  defp merge_opts(opts) do", Some("merge_opts")),
            ("local function find_files(opts)", Some("find_files")),
            ("M.grep = function(opts)", Some("M.grep")),
            ("nvm_ls() {", Some("nvm_ls")),
            ("withObject :: String -> Parser a", Some("withObject")),
            ("pub fn parse(self: *Self) !void {", Some("parse")),
            ("return value", None),
            ("  call() {", None),
        ] {
            assert_eq!(defined(line), name, "{line}");
        }
    }

    #[test]
    fn passages_are_cut_between_definitions_and_cover_every_line() {
        let body = "  some words of a body\n".repeat(50);
        let text = format!("f() {{\n{body}}}\n\ng() {{\n{body}}}\n");
        let stretches = cut(Style::Code, &text);
        let lines: Vec<_> = stretches.iter().map(|it| (it.lines.start, it.lines.end)).collect();
        assert_eq!(lines, [(1, 53), (54, 105)]);
        let facts = extract(Style::Code, text.as_bytes(), &WordKey::new([7; 32]), &Limits::default());
        let facts = facts.expect("facts");
        assert_eq!((facts.lines, facts.passages.len()), (105, 2));
    }
}
