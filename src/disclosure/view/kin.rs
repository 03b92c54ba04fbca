//! One line of a type hierarchy.

use super::reference::lines;
use crate::disclosure::page::Item;
use crate::disclosure::veil::Veil;
use schemars::JsonSchema;
use serde::Serialize;

/// A type or member above or below the one asked for, depth first: each belongs to the nearest one above it that is one less deep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct KinView {
    /// `supertypes`, `subtypes`, or `overrides` for members of the type asked for that take the place of another's.
    pub(crate) side: String,
    /// How many relations lie between it and the symbol asked for.
    pub(crate) depth: u32,
    /// `repo:path#Type`; a name for what is external.
    pub(crate) handle: String,
    /// Empty for what is external.
    pub(crate) kind: String,
    /// `extends`, `implements` or `overrides`.
    pub(crate) relation: String,
    /// How it was found; `external` is the standard library or a dependency.
    pub(crate) method: String,
    pub(crate) lines: Vec<u32>,
    /// What a member overrides: `repo:path#Type.method`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) of: Option<String>,
    /// `cycle`: it is above itself in this chain; `seen`: what follows is listed where it is first met; `deeper`: not looked further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fold: Option<String>,
}

/// The path and symbol of a handle: the header names the repository.
fn place(handle: &str) -> &str {
    handle.split_once(':').map_or(handle, |(_, place)| place)
}

impl KinView {
    fn is_external(&self) -> bool {
        self.method == "external"
    }
}

impl Item for KinView {
    fn heading(&self) -> Option<String> {
        Some(self.side.clone())
    }

    fn write(&self, out: &mut String) {
        out.extend(std::iter::repeat_n(' ', self.depth as usize));
        if self.is_external() {
            out.push_str(&self.handle);
        } else {
            out.push_str(&format!("{} {}", place(&self.handle), self.kind));
        }
        out.push_str(&format!(" {} ", self.relation));
        if let Some(of) = &self.of {
            out.push_str(&format!("{} ", place(of)));
        }
        out.push_str(&format!("{} {}", self.method, lines(&self.lines)));
        if let Some(fold) = &self.fold {
            out.push_str(&format!(" ({fold})"));
        }
        out.push('\n');
    }

    fn shrink(&mut self) -> bool {
        let had = self.lines.len();
        self.lines.truncate(had.div_ceil(2).max(1));
        self.lines.len() < had
    }

    fn told(&self) -> Vec<String> {
        if self.is_external() {
            return Vec::new();
        }
        std::iter::once(self.handle.clone()).chain(self.of.clone()).collect()
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        // Exhaustive on purpose: a field that quotes the repository is a question asked here.
        let Self {
            side: _,
            depth: _,
            handle,
            kind,
            relation: _,
            method: _,
            lines,
            of,
            fold: _,
        } = self;
        veil.lines(handle, lines);
        veil.kind(handle, kind);
        veil.item(handle, []);
        of.iter_mut().for_each(|of| veil.item(of, []));
    }

    fn withheld(&self) -> u32 {
        0
    }
}
