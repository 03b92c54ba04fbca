//! What two commits differ in, as something whose impact is asked: the symbols that are other than before, and those that are gone.

use super::super::{Ask, Opened, past};
use super::Place;
use crate::disclosure::{Head, ImpactView, Refusal};
use crate::index::{DiffFile, Fate, History, PastSymbol};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What changed between two commits.
pub(super) struct Between<'o> {
    pub(super) opened: Opened<'o>,
    /// What is still there: its users are followed.
    pub(super) places: Vec<Place>,
    /// What changed and how, to be told before what it affects.
    pub(super) views: Vec<ImpactView>,
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) notes: Vec<String>,
    /// The files that differ and are still there.
    pub(super) files: Vec<String>,
}

/// Reads a target of the form `repo@from..to`; `None` for any other.
pub(super) fn between<'o>(ask: &'o Ask<'_>, target: &str) -> Result<Option<Between<'o>>, Refusal> {
    let Some((repo, from, to)) = past::commits_of(target) else {
        return Ok(None);
    };
    let opened = past::repo(ask, repo)?;
    let (history, diff) = past::between(opened, from, to)?;
    let mut out = Between {
        opened,
        places: Vec::new(),
        views: Vec::new(),
        counts: BTreeMap::new(),
        notes: past::diff_note(opened, &diff),
        files: Vec::new(),
    };
    for file in &diff.files {
        ask.still_wanted()?;
        out.add(file, &history)?;
    }
    let unnamed = out.counts.get("removed").copied().unwrap_or_default();
    if unnamed > 0 {
        let told = past::tells_former(opened, &history);
        let names = if told { "are named" } else { "are not named here" };
        out.notes.push(format!(
            "{unnamed} removed symbols {names}: the index holds no relations to what is gone, so whoever still uses them is not listed"
        ));
    }
    Ok(Some(out))
}

impl Between<'_> {
    fn add(&mut self, file: &DiffFile, history: &History) -> Result<(), Refusal> {
        let opened = self.opened;
        let path = file.path();
        let now = opened.view.file(path).map_err(|err| opened.unavailable(&err))?;
        if let Some(now) = &now {
            self.files.push(path.to_owned());
            if !file.is_read {
                // Nothing says which of its symbols are other than before.
                let symbols = now.symbols().map(Some);
                self.places
                    .extend(std::iter::once(None).chain(symbols).map(|symbol| Place {
                        file: Arc::clone(now),
                        symbol,
                    }));
                self.count("files_as_a_whole");
            }
        }
        for symbol in &file.symbols {
            let Some(fate) = symbol.fate() else { continue };
            // A type whose members changed is told by its members.
            if fate == Fate::Body && past::is_around(symbol, &file.symbols) {
                continue;
            }
            self.count(match fate {
                Fate::Removed => "removed",
                Fate::Added => "added",
                Fate::Signature => "changed_signature",
                Fate::Body => "changed_body",
            });
            if symbol.before.as_ref().is_some_and(|it| it.is_offered) {
                self.count("public_changed");
            }
            let found = symbol.now(opened.view, path).map_err(|err| opened.unavailable(&err))?;
            match (found, &now) {
                // Nobody depends on what is new.
                _ if fate == Fate::Added => (),
                (Some(found), Some(now)) if fate != Fate::Removed => {
                    let head = Head::of(opened.name(), &found, opened.policy);
                    self.views.push(ImpactView::changed(head, fate.word()));
                    self.places.push(Place {
                        file: Arc::clone(now),
                        symbol: Some(found),
                    });
                }
                _ if fate == Fate::Removed && past::tells_former(opened, history) => self.gone(path, symbol),
                _ => (),
            }
        }
        Ok(())
    }

    fn gone(&mut self, path: &str, symbol: &PastSymbol) {
        if let Some(state) = &symbol.before {
            let head = Head::of_past(self.opened.name(), path, symbol, state, self.opened.policy);
            self.views.push(ImpactView::changed(head, Fate::Removed.word()));
        }
    }

    fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }
}
