//! One place that refers to a symbol, or that a symbol refers to.

use crate::disclosure::page::Item;
use crate::disclosure::pseudonym::Lexicon;
use crate::disclosure::veil::Veil;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;

/// A relation at one place, before neighbours are joined.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    /// Sorts exact before dispatch before possible before external.
    pub(crate) rank: u8,
    /// `repo:path`, or `external`.
    pub(crate) place: String,
    /// `#Type.method`; empty for the top of a file.
    pub(crate) symbol: String,
    pub(crate) relation: &'static str,
    pub(crate) method: &'static str,
    pub(crate) line: u32,
}

impl Site {
    /// Whether it is a relation of two symbols of the repository, and not a name that one has or something outside.
    pub(crate) fn is_certain(&self) -> bool {
        self.rank < 2
    }
}

/// The relations between one symbol and the one asked for.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ReferenceView {
    /// `repo:path#Type.method`; `repo:path` for the top of a file; a name for what is external.
    handle: String,
    /// `calls`, `constructs`, `reads`, …
    relation: String,
    /// How it was found; `possible` shares the name and nothing more; `external` is a dependency.
    method: String,
    lines: Vec<u32>,
}

/// Joins the places that share everything but the line.
pub(crate) fn group_sites(mut sites: Vec<Site>) -> Vec<ReferenceView> {
    sites.sort_unstable();
    sites.dedup();
    let mut out: Vec<ReferenceView> = Vec::new();
    for Site {
        place,
        symbol,
        relation,
        method,
        line,
        ..
    } in sites
    {
        let handle = format!("{place}{symbol}");
        match out.last_mut() {
            Some(last) if last.handle == handle && last.relation == relation && last.method == method => {
                last.lines.push(line)
            }
            _ => out.push(ReferenceView {
                handle,
                relation: relation.to_owned(),
                method: method.to_owned(),
                lines: vec![line],
            }),
        }
    }
    out
}

impl ReferenceView {
    /// `#Type.method calls typed L12,30`.
    fn line(&self) -> String {
        format!("{} {} {}", self.symbol(), self.found(), lines(&self.lines))
    }

    /// `#Type.method L12,30`.
    pub(super) fn place(&self) -> String {
        format!("{} {}", self.symbol(), lines(&self.lines))
    }

    /// `calls typed`.
    pub(super) fn found(&self) -> String {
        format!("{} {}", self.relation, self.method)
    }

    fn symbol(&self) -> &str {
        match self.handle.find('#') {
            Some(at) => &self.handle[at..],
            None if self.is_external() => &self.handle,
            None => "(top of file)",
        }
    }

    /// Replaces own words as part of an entry about a symbol of another handle.
    pub(super) fn veil_as(&mut self, veil: &Veil<'_>, lexicon: Option<&Lexicon>) {
        veil.lines(&self.handle, &mut self.lines);
        match lexicon {
            Some(lexicon) if self.is_external() => veil.hide(lexicon, &mut self.handle),
            Some(_) => self.veil(veil),
            None => (),
        }
    }

    fn is_external(&self) -> bool {
        self.method == "external"
    }
}

impl Item for ReferenceView {
    fn heading(&self) -> Option<String> {
        Some(match self.method.as_str() {
            "external" => "external".to_owned(),
            "possible" => format!("possible {}", self.handle.split('#').next().unwrap_or_default()),
            _ => self.handle.split('#').next().unwrap_or_default().to_owned(),
        })
    }

    fn write(&self, out: &mut String) {
        let _ = writeln!(out, " {}", self.line());
    }

    fn shrink(&mut self) -> bool {
        let had = self.lines.len();
        self.lines.truncate(had.div_ceil(2).max(1));
        self.lines.len() < had
    }

    fn told(&self) -> Vec<String> {
        if self.is_external() {
            Vec::new()
        } else {
            vec![self.handle.clone()]
        }
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        let Self {
            handle,
            relation: _,
            method: _,
            lines,
        } = self;
        veil.lines(handle, lines);
        veil.item(handle, []);
    }

    fn withheld(&self) -> u32 {
        0
    }
}

/// `L12,30,31`; a long list ends in how many more there are. `L0` if a tier keeps them back.
pub(super) fn lines(all: &[u32]) -> String {
    const MOST: usize = 12;
    if all.is_empty() {
        return "L0".to_owned();
    }
    let mut out = String::from("L");
    let words: Vec<String> = all.iter().take(MOST).map(u32::to_string).collect();
    out.push_str(&words.join(","));
    if all.len() > MOST {
        let _ = write!(out, ",+{} more", all.len() - MOST);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(symbol: &str, line: u32) -> Site {
        Site {
            rank: 0,
            place: "r:a.rs".to_owned(),
            symbol: symbol.to_owned(),
            relation: "calls",
            method: "typed",
            line,
        }
    }

    #[test]
    fn places_of_one_symbol_share_an_entry() {
        let views = group_sites(vec![site("#b", 9), site("#a", 4), site("#a", 2), site("#a", 4)]);
        let lines: Vec<String> = views.iter().map(ReferenceView::line).collect();
        assert_eq!(lines, ["#a calls typed L2,4", "#b calls typed L9"]);
    }
}
