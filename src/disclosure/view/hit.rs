//! A search result.

use super::Head;
use crate::disclosure::page::Item;
use crate::disclosure::policy::Policy;
use crate::disclosure::veil::Veil;
use crate::extraction::Lines;
use crate::index::IndexedSymbol;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;

/// A symbol, or a file as a whole, that a search found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HitView {
    #[serde(flatten)]
    head: Head,
    /// What matched: `name`, `path`, `signature`, `documentation`, `body`.
    why: Vec<String>,
}

impl HitView {
    pub(crate) fn of(repo: &str, symbol: &IndexedSymbol, why: Vec<String>, policy: Policy) -> Self {
        Self {
            head: Head::of(repo, symbol, policy),
            why,
        }
    }

    /// Lines of a file that stand in no symbol.
    pub(crate) fn of_lines(repo: &str, path: &str, lines: Lines, why: Vec<String>) -> Self {
        let head = Head {
            lines: super::pair(lines),
            ..Head::of_file(repo, path)
        };
        Self { head, why }
    }
}

impl Item for HitView {
    fn heading(&self) -> Option<String> {
        Some(self.head.place().to_owned())
    }

    fn write(&self, out: &mut String) {
        let why = self.why.join(",");
        let _ = if self.head.short().is_empty() {
            writeln!(out, " file {} why={why}", super::span(self.head.lines))
        } else {
            writeln!(out, " {} why={why}", self.head.line())
        };
        if let Some(signature) = &self.head.signature {
            let _ = writeln!(out, "  sig {signature}");
        }
        if let Some(summary) = &self.head.summary {
            let _ = writeln!(out, "  doc {summary}");
        }
    }

    fn shrink(&mut self) -> bool {
        self.head.summary.take().is_some() || self.head.signature.take().is_some()
    }

    fn told(&self) -> Vec<String> {
        vec![self.head.handle.clone()]
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        let Self { head, why: _ } = self;
        head.veil(veil, []);
    }

    fn withheld(&self) -> u32 {
        0
    }
}
