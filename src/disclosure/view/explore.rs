//! One symbol that matters for a task, with how it relates to the others that do.

use super::Head;
use crate::disclosure::page::Item;
use crate::disclosure::veil::Veil;
use crate::extraction::Lines;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;

/// A symbol, or lines of a file, that matters for a task.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ExploreView {
    #[serde(flatten)]
    head: Head,
    /// What matched: `name`, `path`, `signature`, `documentation`, `body`; `connects`: it lies between others that matched.
    why: Vec<String>,
    /// What it does to others of this answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<LinkView>,
    /// How many resolved uses it has in its repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used_by: Option<u64>,
}

/// A relation to another symbol of the same answer.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(crate) struct LinkView {
    /// `calls`, `constructs`, `extends`, …
    pub(crate) relation: String,
    /// `path#Type.method`, in the same repository.
    pub(crate) to: String,
}

impl ExploreView {
    pub(crate) fn of(head: Head, why: Vec<String>, links: Vec<LinkView>, used_by: Option<u64>) -> Self {
        Self {
            head,
            why,
            links,
            used_by,
        }
    }

    /// Lines of a file that stand in no symbol.
    pub(crate) fn of_lines(repo: &str, path: &str, lines: Lines, why: Vec<String>) -> Self {
        let head = Head {
            lines: super::pair(lines),
            ..Head::of_file(repo, path)
        };
        Self::of(head, why, Vec::new(), None)
    }

    /// `repo:path`.
    pub(crate) fn place(&self) -> &str {
        self.head.place()
    }

    fn repo(&self) -> &str {
        self.head.handle.split(':').next().unwrap_or_default()
    }

    fn path(&self) -> &str {
        self.head.place().split_once(':').map_or("", |(_, path)| path)
    }

    /// What links lead to, each file said once and the own one not at all: `path#{A, B}`, `#C`.
    fn by_file(&self, links: &[LinkView]) -> Vec<String> {
        let file = |link: &LinkView| link.to.split('#').next().unwrap_or_default().to_owned();
        let name = |link: &LinkView| link.to.split_once('#').map_or("", |(_, name)| name).to_owned();
        let groups = links.chunk_by(|one, two| file(one) == file(two)).map(|group| {
            let names: Vec<String> = group.iter().map(name).collect();
            match (file(&group[0]), names.as_slice()) {
                (path, _) if path == self.path() => format!("#{}", names.join(", #")),
                (path, [one]) => format!("{path}#{one}"),
                (path, _) => format!("{path}#{{{}}}", names.join(", ")),
            }
        });
        groups.collect()
    }
}

impl Item for ExploreView {
    fn heading(&self) -> Option<String> {
        Some(self.head.place().to_owned())
    }

    fn write(&self, out: &mut String) {
        let why = self.why.join(",");
        let _ = match self.head.short() {
            "" => writeln!(out, " file {} why={why}", super::span(self.head.lines)),
            _ => {
                let used_by = self.used_by.map(|n| format!(" used_by={n}")).unwrap_or_default();
                writeln!(out, " {} why={why}{used_by}", self.head.line())
            }
        };
        if let Some(signature) = &self.head.signature {
            let _ = writeln!(out, "  sig {signature}");
        }
        if let Some(summary) = &self.head.summary {
            let _ = writeln!(out, "  doc {summary}");
        }
        for links in self.links.chunk_by(|one, two| one.relation == two.relation) {
            let to = self.by_file(links).join(", ");
            let _ = writeln!(out, "  {} {to}", links[0].relation);
        }
    }

    fn shrink(&mut self) -> bool {
        let had = self.links.len();
        self.links.truncate(had / 2);
        had > 0 || self.head.summary.take().is_some() || self.head.signature.take().is_some()
    }

    fn told(&self) -> Vec<String> {
        let links = self.links.iter().map(|link| format!("{}:{}", self.repo(), link.to));
        std::iter::once(self.head.handle.clone()).chain(links).collect()
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        // Exhaustive on purpose: a field that quotes the repository is a question asked here.
        let Self {
            head,
            why: _,
            links,
            used_by: _,
        } = self;
        head.veil(veil, links.iter_mut().map(|LinkView { relation: _, to }| to));
    }

    fn withheld(&self) -> u32 {
        0
    }
}
