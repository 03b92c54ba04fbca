//! One thing that a change may affect.

use super::Head;
use super::reference::lines;
use crate::disclosure::page::Item;
use crate::disclosure::veil::Veil;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;

/// A symbol, or the top of a file, that depends on what is changed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ImpactView {
    #[serde(flatten)]
    head: Head,
    /// How many relations lie between it and what is changed; 0 for what changed itself.
    distance: u32,
    /// What it does to `of`: `calls`, `constructs`, `overrides`, …; of what changed itself, how: `removed`, `signature`, `body`.
    relation: String,
    /// How that was found; `dispatch` is a possible run-time target, `commit` a difference between two.
    method: String,
    /// What it depends on, one step nearer to the change: `path#Type.method`.
    of: String,
    /// Where it does so.
    sites: Vec<u32>,
    is_test: bool,
}

/// What is known of an affected place but for the symbol itself.
#[derive(Debug)]
pub(crate) struct ImpactFacts {
    pub(crate) distance: u32,
    pub(crate) relation: &'static str,
    pub(crate) method: &'static str,
    pub(crate) of: String,
    pub(crate) sites: Vec<u32>,
    pub(crate) is_test: bool,
}

impl ImpactView {
    pub(crate) fn of(head: Head, facts: ImpactFacts) -> Self {
        let ImpactFacts {
            distance,
            relation,
            method,
            of,
            sites,
            is_test,
        } = facts;
        // Signatures are one call away; here they would cost more than they tell.
        let head = Head {
            signature: None,
            summary: None,
            ..head
        };
        Self {
            head,
            distance,
            relation: relation.to_owned(),
            method: method.to_owned(),
            of,
            sites,
            is_test,
        }
    }

    /// What changed itself between two commits, and how.
    pub(crate) fn changed(head: Head, change: &'static str) -> Self {
        let of = head.handle.split_once(':').map_or("", |(_, place)| place).to_owned();
        Self {
            head: Head {
                signature: None,
                summary: None,
                ..head
            },
            distance: 0,
            relation: change.to_owned(),
            method: "commit".to_owned(),
            of,
            sites: Vec::new(),
            is_test: false,
        }
    }

    /// The name of what it depends on, with its path unless that is the same.
    fn nearer(&self) -> &str {
        let path = self.head.place().split_once(':').map_or("", |(_, path)| path);
        match self.of.strip_prefix(path) {
            Some(short) if short.starts_with('#') => short,
            _ => &self.of,
        }
    }
}

impl Item for ImpactView {
    fn heading(&self) -> Option<String> {
        let kind = if self.is_test { "test " } else { "" };
        Some(format!("{kind}{}", self.head.place()))
    }

    fn write(&self, out: &mut String) {
        let line = match self.head.short() {
            "" => "(top of file)".to_owned(),
            // Which test to run is what is asked of it.
            short if self.is_test => short.to_owned(),
            _ => self.head.line(),
        };
        if self.distance == 0 {
            let _ = writeln!(out, " 0 {line}: {}", self.relation);
            return;
        }
        let of = match (self.is_test, self.of.split_once('#')) {
            (true, Some((_, name))) => name,
            _ => self.nearer(),
        };
        let _ = writeln!(
            out,
            " {} {line}: {} {of} {} {}",
            self.distance,
            self.relation,
            self.method,
            lines(&self.sites)
        );
    }

    fn shrink(&mut self) -> bool {
        let had = self.sites.len();
        self.sites.truncate(had.div_ceil(2).max(1));
        self.sites.len() < had
    }

    fn told(&self) -> Vec<String> {
        let repo = self.head.handle.split(':').next().unwrap_or_default();
        vec![self.head.handle.clone(), format!("{repo}:{}", self.of)]
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        // Exhaustive on purpose: a field that quotes the repository is a question asked here.
        let Self {
            head,
            distance: _,
            relation: _,
            method: _,
            of,
            sites,
            is_test: _,
        } = self;
        veil.lines(&head.handle, sites);
        head.veil(veil, [of]);
    }

    fn withheld(&self) -> u32 {
        0
    }
}
