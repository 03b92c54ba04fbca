//! One entry of a public interface.

use super::Head;
use crate::disclosure::page::Item;
use crate::disclosure::policy::Policy;
use crate::disclosure::veil::Veil;
use crate::extraction::Fragment;
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
    /// A symbol that is other at one commit than at another.
    Change {
        #[serde(flatten)]
        head: Head,
        /// `removed`, `no longer public`, `changed` or `added`.
        change: String,
        is_breaking: bool,
        /// The signature before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
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

/// What is known of a change but for the symbol itself.
#[derive(Debug)]
pub(crate) struct ChangeFacts<'a> {
    pub(crate) change: &'static str,
    pub(crate) is_breaking: bool,
    pub(crate) before: Option<&'a Fragment>,
}

impl SurfaceView {
    pub(crate) fn change(head: Head, facts: ChangeFacts<'_>, policy: Policy) -> Self {
        let before = facts
            .before
            .and_then(|it| super::shown(policy.signature.is_shown(), it.expose()));
        Self::Change {
            // The same signature on both sides says that something else changed: who may use it.
            before: before.filter(|before| head.signature.as_ref() != Some(before)),
            head: Head { summary: None, ..head },
            change: facts.change.to_owned(),
            is_breaking: facts.is_breaking,
        }
    }

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
            Self::Symbol { head, .. } | Self::Change { head, .. } => head.place().to_owned(),
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
            Self::Change {
                head,
                change,
                is_breaking,
                before,
            } => {
                let breaking = if *is_breaking { "breaking: " } else { "" };
                let line = match head.lines {
                    [0, 0] => String::new(),
                    lines => format!("{} ", super::span(lines)),
                };
                let now = head.signature.as_deref().unwrap_or_default();
                let before = before.as_ref().map_or_else(String::new, |it| format!("; before {it}"));
                writeln!(
                    out,
                    " {line}{breaking}{change} {} {} {now}{before}",
                    head.kind,
                    head.short()
                )
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
            Self::Change { head, before, .. } => before.take().is_some() || head.signature.take().is_some(),
            Self::Export { .. } => false,
        }
    }

    fn told(&self) -> Vec<String> {
        match self {
            Self::Symbol { head, .. } | Self::Change { head, .. } => vec![head.handle.clone()],
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
            Self::Change {
                head,
                change: _,
                is_breaking: _,
                before,
            } => head.veil(veil, before),
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
