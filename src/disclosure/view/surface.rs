//! One entry of a public interface.

use super::Head;
use crate::disclosure::page::Item;
use crate::disclosure::policy::Policy;
use crate::disclosure::veil::Veil;
use crate::index::IndexedSymbol;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;

/// What code outside of its package can use.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "entry", rename_all = "lowercase")]
pub(crate) enum SurfaceView {
    /// A symbol that is public by its own syntax and that of what is around it.
    Symbol {
        #[serde(flatten)]
        head: Head,
        /// How many symbols are around it.
        depth: u8,
    },
    /// A file that gives on what is defined elsewhere.
    Export {
        /// `repo:path` of the file that gives it on.
        handle: String,
        /// `path#Type.method`; a name for what is external.
        of: String,
        is_external: bool,
        line: u32,
    },
}

impl SurfaceView {
    pub(crate) fn symbol(repo: &str, symbol: &IndexedSymbol, depth: u8, policy: Policy) -> Self {
        let head = Head {
            summary: None,
            ..Head::of(repo, symbol, policy)
        };
        Self::Symbol { head, depth }
    }
}

impl Item for SurfaceView {
    fn heading(&self) -> Option<String> {
        Some(match self {
            Self::Symbol { head, .. } => head.place().to_owned(),
            Self::Export { handle, .. } => handle.clone(),
        })
    }

    fn write(&self, out: &mut String) {
        let _ = match self {
            Self::Symbol { head, depth } => {
                let indent = " ".repeat(usize::from(*depth.min(&8)) + 1);
                let line = super::span(head.lines);
                match &head.signature {
                    Some(signature) => writeln!(out, "{indent}{line} {signature}"),
                    None => writeln!(out, "{indent}{line} {} {}", head.kind, head.short()),
                }
            }
            Self::Export {
                of, is_external, line, ..
            } => {
                let kind = if *is_external { " (external)" } else { "" };
                writeln!(out, " L{line} exports {of}{kind}")
            }
        };
    }

    fn shrink(&mut self) -> bool {
        match self {
            Self::Symbol { head, .. } => head.signature.take().is_some(),
            Self::Export { .. } => false,
        }
    }

    fn told(&self) -> Vec<String> {
        match self {
            Self::Symbol { head, .. } => vec![head.handle.clone()],
            Self::Export {
                handle,
                of,
                is_external: false,
                ..
            } => {
                let repo = handle.split(':').next().unwrap_or_default();
                vec![format!("{repo}:{of}")]
            }
            Self::Export { .. } => Vec::new(),
        }
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        // Exhaustive on purpose: a field that quotes the repository is a question asked here.
        match self {
            Self::Symbol { head, depth: _ } => head.veil(veil, []),
            Self::Export {
                handle,
                of,
                is_external: _,
                line,
            } => {
                veil.line(handle, line);
                veil.item(handle, [of]);
            }
        }
    }

    fn withheld(&self) -> u32 {
        0
    }
}
