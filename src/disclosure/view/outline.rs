//! A line of an outline: a folder, a file or a symbol.

use super::Head;
use crate::disclosure::page::Item;
use crate::disclosure::policy::Policy;
use crate::disclosure::veil::Veil;
use crate::extraction::Lines;
use crate::index::IndexedSymbol;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;

/// An entry of an outline, in reading order.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "entry", rename_all = "lowercase")]
pub(crate) enum OutlineView {
    Folder {
        /// `repo:folder/`.
        handle: String,
        files: u64,
        lines: u64,
        symbols: u64,
    },
    File {
        /// `repo:path`.
        handle: String,
        language: String,
        lines: u32,
        symbols: u64,
        /// Lines under a syntax error, of which nothing is known.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unparsed: Vec<[u32; 2]>,
        /// `kind name` of its outermost symbols, where the symbols themselves are not listed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        holds: Vec<String>,
        /// Whoever asked knows the path.
        #[serde(skip)]
        is_place_known: bool,
    },
    Symbol {
        #[serde(flatten)]
        head: Head,
        /// How many symbols are around it.
        depth: u8,
        /// In a map: how often it is used by resolved relations.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uses: Option<u64>,
    },
    /// Symbols that stand together, by name alone.
    Names {
        /// `repo:path#Type.method` of each.
        handles: Vec<String>,
        /// First line of the first, last line of the last.
        lines: [u32; 2],
        depth: u8,
    },
}

/// The text does not say where a symbol of fewer lines ends.
const SHORT: u32 = 40;
/// Symbols named in one entry.
const MOST_NAMES: usize = 24;

impl OutlineView {
    pub(crate) fn folder(repo: &str, path: &str, files: u64, lines: u64, symbols: u64) -> Self {
        Self::Folder {
            handle: format!("{repo}:{path}/"),
            files,
            lines,
            symbols,
        }
    }

    pub(crate) fn file(repo: &str, path: &str, facts: FileFacts<'_>) -> Self {
        Self::File {
            handle: format!("{repo}:{path}"),
            language: facts.language.to_owned(),
            lines: facts.lines,
            symbols: facts.symbols,
            unparsed: facts.unparsed.iter().map(|&lines| super::pair(lines)).collect(),
            holds: facts.holds,
            is_place_known: false,
        }
    }

    /// The answer to a question: the path of a file is not told again to who asked by the whole handle.
    pub(crate) fn answers(&mut self, asked: &str) {
        if let Self::File {
            handle, is_place_known, ..
        } = self
        {
            *is_place_known = handle == asked;
        }
    }

    pub(crate) fn symbol(repo: &str, symbol: &IndexedSymbol, depth: u8, policy: Policy) -> Self {
        Self::Symbol {
            head: Head::of(repo, symbol, policy),
            depth,
            uses: None,
        }
    }

    /// Names a symbol in the last of `entries`, or in one of its own where that is something else.
    pub(crate) fn name_after(entries: &mut Vec<Self>, repo: &str, symbol: &IndexedSymbol, depth: u8, policy: Policy) {
        let head = Head::of(repo, symbol, policy);
        match entries.last_mut() {
            Some(Self::Names {
                handles,
                lines,
                depth: before,
            }) if *before == depth
                && handles.len() < MOST_NAMES
                && container(&handles[0]) == container(&head.handle) =>
            {
                lines[1] = lines[1].max(head.lines[1]);
                handles.push(head.handle);
            }
            _ => entries.push(Self::Names {
                lines: head.lines,
                handles: vec![head.handle],
                depth,
            }),
        }
    }

    /// A symbol of a map: its signature, and how often it is used.
    pub(crate) fn landmark(repo: &str, symbol: &IndexedSymbol, uses: u64, policy: Policy) -> Self {
        Self::Symbol {
            head: Head {
                summary: None,
                ..Head::of(repo, symbol, policy)
            },
            depth: 0,
            uses: Some(uses),
        }
    }
}

/// What is said of a file in an outline.
#[derive(Debug, Default)]
pub(crate) struct FileFacts<'a> {
    pub(crate) language: &'a str,
    pub(crate) lines: u32,
    pub(crate) symbols: u64,
    pub(crate) unparsed: &'a [Lines],
    pub(crate) holds: Vec<String>,
}

impl Item for OutlineView {
    fn heading(&self) -> Option<String> {
        None
    }

    fn write(&self, out: &mut String) {
        let _ = match self {
            Self::Folder {
                handle,
                files,
                lines,
                symbols,
            } => {
                writeln!(out, "{} files={files} lines={lines} symbols={symbols}", path_of(handle))
            }
            Self::File {
                handle,
                language,
                lines,
                symbols,
                unparsed,
                holds,
                is_place_known,
            } => {
                if !is_place_known {
                    let _ = write!(out, "{} ", path_of(handle));
                }
                let _ = write!(out, "{language} lines={lines} symbols={symbols}");
                if !unparsed.is_empty() {
                    let spans: Vec<String> = unparsed.iter().map(|&it| super::span(it)).collect();
                    let _ = write!(out, " unparsed={}", spans.join(","));
                }
                if !holds.is_empty() {
                    let _ = write!(out, " : {}", holds.join(", "));
                }
                writeln!(out)
            }
            Self::Symbol { head, depth, uses } => write_symbol(out, head, *depth, *uses),
            Self::Names { handles, lines, depth } => {
                let names: Vec<&str> = handles.iter().map(|handle| name(handle)).collect();
                writeln!(out, "{}{} -{}", indent(*depth), brief_span(*lines), names.join(" -"))
            }
        };
    }

    fn shrink(&mut self) -> bool {
        match self {
            Self::Folder { .. } => false,
            Self::File { holds, .. } => holds.pop().is_some(),
            Self::Symbol { head, .. } => head.summary.take().is_some() || head.signature.take().is_some(),
            Self::Names { .. } => false,
        }
    }

    fn told(&self) -> Vec<String> {
        match self {
            Self::Folder { .. } => Vec::new(),
            Self::File { handle, holds, .. } => holds
                .iter()
                .filter_map(|it| it.split_once(' '))
                .map(|(_, name)| format!("{handle}#{name}"))
                .collect(),
            Self::Symbol { head, .. } => vec![head.handle.clone()],
            Self::Names { handles, .. } => handles.clone(),
        }
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        match self {
            Self::Folder {
                handle,
                files: _,
                lines: _,
                symbols: _,
            } => veil.item(handle, []),
            Self::File {
                handle,
                language: _,
                lines: _,
                symbols: _,
                unparsed,
                holds,
                is_place_known: _,
            } => {
                veil.lines(handle, unparsed);
                veil.item(handle, holds);
            }
            Self::Symbol {
                head,
                depth: _,
                uses: _,
            } => head.veil(veil, []),
            Self::Names {
                handles,
                lines,
                depth: _,
            } => {
                handles.first().into_iter().for_each(|handle| veil.span(handle, lines));
                handles.iter_mut().for_each(|handle| veil.item(handle, []));
            }
        }
    }

    fn withheld(&self) -> u32 {
        0
    }
}

/// The path alone: the header has the repository, and tools take paths without it.
fn path_of(handle: &str) -> &str {
    handle.split_once(':').map_or(handle, |(_, path)| path)
}

/// What a handle has before the last name in it.
fn container(handle: &str) -> &str {
    &handle[..handle.len() - name(handle).len()]
}

/// The last name of a handle; that of a contract may have dots and slashes.
fn name(handle: &str) -> &str {
    let symbol = handle.split_once('#').map_or(handle, |(_, symbol)| symbol);
    let is_plain = |c: char| !c.is_whitespace() && c != '/';
    match symbol.rsplit_once('.') {
        Some((_, last)) if symbol.chars().all(is_plain) && !last.is_empty() => last,
        _ => symbol,
    }
}

/// The first line; the last one too where a symbol is long.
fn brief_span([start, end]: [u32; 2]) -> String {
    if end.saturating_sub(start) < SHORT {
        super::span([start, start])
    } else {
        super::span([start, end])
    }
}

/// How many bytes of a summary stand in an outline; `get_symbol` tells all of it.
const MOST_SUMMARY: usize = 80;

/// A summary up to the last word that fits.
fn first_words(summary: &str) -> String {
    let end = summary.floor_char_boundary(MOST_SUMMARY);
    match summary[..end].rfind(' ') {
        Some(last) if end < summary.len() => format!("{}…", &summary[..last]),
        _ => summary.to_owned(),
    }
}

/// A sentence without the name that it begins with (`Parse reads a value.`): the signature before it has it.
fn without_name<'s>(sentence: &'s str, short: &str) -> &'s str {
    let name = short.rsplit(['.', '#']).next().unwrap_or(short);
    let verb = sentence.strip_prefix(name).and_then(|rest| rest.strip_prefix(' '));
    verb.filter(|verb| verb.starts_with(|first: char| first.is_lowercase()))
        .unwrap_or(sentence)
}

fn indent(depth: u8) -> String {
    " ".repeat(usize::from(depth.min(8)) + 1)
}

/// The signature names the symbol already, so its handle is left to be built: `#` and the names around it.
fn write_symbol(out: &mut String, head: &Head, depth: u8, uses: Option<u64>) -> std::fmt::Result {
    let indent = indent(depth);
    // What is of its package says nothing else in Java and begins with a small letter in Go; other words may stand in the signature.
    let is_said = |signature: &String| signature.split(' ').any(|word| word == head.visibility);
    let private = match head.visibility.as_str() {
        "public" | "package" => "",
        _ if head.signature.as_ref().is_some_and(is_said) => "",
        other => other,
    };
    let span = brief_span(head.lines);
    match &head.signature {
        // A signature names no type around it, which a map does not show.
        Some(signature) if uses.is_some() && head.short().contains('.') => {
            write!(out, "{indent}{span} {}: {signature}", head.short())?;
        }
        Some(signature) => write!(out, "{indent}{span} {signature}")?,
        None => write!(out, "{indent}{span} {} {}", head.kind, head.short())?,
    }
    if !private.is_empty() {
        write!(out, " ·{private}")?;
    }
    if let Some(uses) = uses {
        write!(out, " uses={uses}")?;
    }
    if let Some(summary) = &head.summary {
        let words = first_words(summary);
        write!(out, " — {}", without_name(&words, head.short()))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_begins_behind_the_name_it_repeats() {
        for (sentence, short, told) in [
            ("Parse reads a value.", "#Parse", "reads a value."),
            ("Parse reads a value.", "#Reader.Parse", "reads a value."),
            ("Parse reads a value.", "#Par", "Parse reads a value."),
            ("Parse Trees are read.", "#Parse", "Parse Trees are read."),
            ("Parse", "#Parse", "Parse"),
        ] {
            assert_eq!(without_name(sentence, short), told);
        }
    }

    #[test]
    fn a_file_that_was_asked_for_is_not_named_again() {
        let facts = || FileFacts {
            language: "go",
            ..FileFacts::default()
        };
        let told = |asked: &str| {
            let mut view = OutlineView::file("app", "src/a.go", facts());
            view.answers(asked);
            let mut out = String::new();
            view.write(&mut out);
            out
        };
        assert_eq!(told("app:src/a.go"), "go lines=0 symbols=0\n");
        assert_eq!(told("app:src"), "src/a.go go lines=0 symbols=0\n");
    }
}
