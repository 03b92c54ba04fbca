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
}

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
        }
    }

    pub(crate) fn symbol(repo: &str, symbol: &IndexedSymbol, depth: u8, policy: Policy) -> Self {
        Self::Symbol {
            head: Head::of(repo, symbol, policy),
            depth,
            uses: None,
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
            } => {
                let _ = write!(out, "{} {language} lines={lines} symbols={symbols}", path_of(handle));
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
        };
    }

    fn shrink(&mut self) -> bool {
        match self {
            Self::Folder { .. } => false,
            Self::File { holds, .. } => holds.pop().is_some(),
            Self::Symbol { head, .. } => head.summary.take().is_some() || head.signature.take().is_some(),
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
            } => {
                veil.lines(handle, unparsed);
                veil.item(handle, holds);
            }
            Self::Symbol {
                head,
                depth: _,
                uses: _,
            } => head.veil(veil, []),
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

/// The signature names the symbol already, so its handle is left to be built: `#` and the names around it.
fn write_symbol(out: &mut String, head: &Head, depth: u8, uses: Option<u64>) -> std::fmt::Result {
    let indent = " ".repeat(usize::from(depth.min(8)) + 1);
    let private = if head.visibility == "public" {
        ""
    } else {
        head.visibility.as_str()
    };
    match &head.signature {
        // A signature names no type around it, which a map does not show.
        Some(signature) if uses.is_some() && head.short().contains('.') => {
            write!(out, "{indent}{} {}: {signature}", super::span(head.lines), head.short())?;
        }
        Some(signature) => write!(out, "{indent}{} {signature}", super::span(head.lines))?,
        None => write!(
            out,
            "{indent}{} {} {}",
            super::span(head.lines),
            head.kind,
            head.short()
        )?,
    }
    if !private.is_empty() {
        write!(out, " ·{private}")?;
    }
    if let Some(uses) = uses {
        write!(out, " uses={uses}")?;
    }
    if let Some(summary) = &head.summary {
        write!(out, " — {summary}")?;
    }
    writeln!(out)
}
