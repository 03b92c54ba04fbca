//! One step of a chain of calls.

use super::reference::lines;
use crate::disclosure::page::Item;
use crate::disclosure::veil::Veil;
use schemars::JsonSchema;
use serde::Serialize;

/// A symbol that a chain of calls reaches. Steps are listed depth first: each belongs to the nearest one above it that is one less deep.
#[derive(Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct StepView {
    /// How many calls lie between the symbol asked for and this one.
    pub(crate) depth: u32,
    /// `repo:path#Type.method`; `repo:path` for the top of a file.
    pub(crate) handle: String,
    /// How the call was resolved; `dispatch` is a possible run-time target; empty for the symbol asked for.
    pub(crate) method: String,
    /// Where it is called, in the file of the caller.
    pub(crate) lines: Vec<u32>,
    /// `cycle`: it is above itself in this chain; `seen`: its own calls are listed where it is first met; `deeper`: its own calls were
    /// not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fold: Option<String>,
    /// Tests that call it, which are not listed.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) tests: u32,
    /// Further possible callers or targets at run time, which are listed elsewhere.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) seen: u32,
    /// Whether it is in the file of the step before, which the text then leaves out.
    #[serde(skip)]
    pub(crate) is_beside: bool,
}

impl StepView {
    /// Has the text say the file of steps that follow each other once.
    pub(crate) fn join(steps: &mut [Self]) {
        let mut before = None;
        for step in steps {
            let file = step.handle.split_once('#').map(|(file, _)| file.to_owned());
            step.is_beside = file.is_some() && file == before;
            before = file;
        }
    }
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

impl Item for StepView {
    fn heading(&self) -> Option<String> {
        None
    }

    fn write(&self, out: &mut String) {
        // Every step is in the repository that the header names.
        let place = self.handle.split_once(':').map_or("", |(_, place)| place);
        out.extend(std::iter::repeat_n(' ', self.depth as usize));
        let symbol = place.find('#').filter(|_| self.is_beside);
        out.push_str(&place[symbol.unwrap_or(0)..]);
        if !self.method.is_empty() {
            out.push_str(&format!(" {} {}", self.method, lines(&self.lines)));
        }
        if let Some(fold) = &self.fold {
            out.push_str(&format!(" ({fold})"));
        }
        for (count, what) in [(self.tests, "tests"), (self.seen, "dispatch seen")] {
            if count > 0 {
                out.push_str(&format!(" +{count} {what}"));
            }
        }
        out.push('\n');
    }

    fn shrink(&mut self) -> bool {
        let had = self.lines.len();
        self.lines.truncate(had.div_ceil(2).max(1));
        self.lines.len() < had
    }

    fn told(&self) -> Vec<String> {
        vec![self.handle.clone()]
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        // Exhaustive on purpose: a field that quotes the repository is a question asked here.
        let Self {
            depth: _,
            handle,
            method: _,
            lines,
            fold: _,
            tests: _,
            seen: _,
            is_beside: _,
        } = self;
        veil.lines(handle, lines);
        veil.item(handle, []);
    }

    fn withheld(&self) -> u32 {
        0
    }
}
