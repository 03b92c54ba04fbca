//! What of a public interface is other at one commit than at another.

use super::super::{Ask, Opened, past};
use crate::disclosure::{ChangeFacts, Head, Refusal, SurfaceView};
use crate::extraction::SymbolKind;
use crate::index::{History, PastState, PastSymbol};
use std::collections::BTreeMap;

/// The difference, in the order of paths.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) entries: Vec<SurfaceView>,
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) notes: Vec<String>,
    /// Entries that may not be named.
    unnamed: u64,
}

/// What happened to an entry of the interface, seen by those who use it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Removed,
    /// It is there, and no longer for everybody.
    Hidden,
    Changed,
    Added,
}

impl Change {
    fn of(before: Option<&PastState>, after: Option<&PastState>) -> Option<Self> {
        let is_offered = |state: Option<&PastState>| state.is_some_and(|it| it.is_offered);
        match (is_offered(before), is_offered(after)) {
            (true, false) if after.is_some() => Some(Self::Hidden),
            (true, false) => Some(Self::Removed),
            (false, true) => Some(Self::Added),
            (true, true) if before != after => Some(Self::Changed),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Hidden => "no longer public",
            Self::Changed => "changed",
            Self::Added => "added",
        }
    }
}

/// The changes below `path` between two commits.
pub(super) fn between(
    ask: &Ask<'_>,
    opened: Opened<'_>,
    path: &str,
    (from, to): (&str, Option<&str>),
    kinds: &[SymbolKind],
) -> Result<Changes, Refusal> {
    let (history, diff) = past::between(opened, from, to)?;
    let mut out = Changes {
        notes: past::diff_note(opened, &diff),
        ..Changes::default()
    };
    let is_below = |it: &str| {
        path.is_empty()
            || it
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    for file in &diff.files {
        ask.still_wanted()?;
        let sides = [&file.before, &file.after];
        if !sides.into_iter().flatten().any(|it| is_below(it)) || is_test(opened, file.path()) {
            continue;
        }
        if !file.is_read {
            *out.counts.entry("files_not_compared".to_owned()).or_default() += 1;
        }
        let is_wanted = |it: &&PastSymbol| kinds.is_empty() || kinds.contains(&it.kind);
        for symbol in file.symbols.iter().filter(is_wanted) {
            out.add(opened, &history, file.path(), symbol)?;
        }
    }
    out.finish(&history);
    Ok(out)
}

fn is_test(opened: Opened<'_>, path: &str) -> bool {
    opened.view.summary_of(path).is_some_and(|file| file.is_test)
}

impl Changes {
    fn add(&mut self, opened: Opened<'_>, history: &History, path: &str, symbol: &PastSymbol) -> Result<(), Refusal> {
        let Some(change) = Change::of(symbol.before.as_ref(), symbol.after.as_ref()) else {
            return Ok(());
        };
        let is_breaking = change != Change::Added;
        let mut count = |what: &str| *self.counts.entry(what.to_owned()).or_default() += 1;
        count(change.word());
        if is_breaking {
            count("breaking");
        }
        let former = past::tells_former(opened, history);
        let state = symbol.after.as_ref().or(symbol.before.as_ref());
        let now = match &symbol.after {
            Some(_) => symbol.now(opened.view, path).map_err(|err| opened.unavailable(&err))?,
            None => None,
        };
        // What is told of a symbol that is there is what is told of it everywhere.
        let is_same = now
            .as_ref()
            .is_some_and(|now| state.is_some_and(|it| it.signature == *now.signature()));
        let head = match (&now, state) {
            (Some(now), _) if is_same || !former => Head::of(opened.name(), now, opened.policy),
            (_, Some(state)) if former => Head::of_past(opened.name(), path, symbol, state, opened.policy),
            _ => {
                self.unnamed += 1;
                return Ok(());
            }
        };
        let before = symbol.before.as_ref().filter(|_| change == Change::Changed && former);
        self.entries.push(SurfaceView::change(
            head,
            ChangeFacts {
                change: change.word(),
                is_breaking,
                before: before.map(|state| &state.signature),
            },
            opened.policy,
        ));
        Ok(())
    }

    fn finish(&mut self, history: &History) {
        if self.unnamed > 0 {
            let why = if history.is_guarded {
                "the scope excludes code they may live on in"
            } else {
                "the tier tells names by pseudonyms or not at all"
            };
            self.notes.push(format!(
                "{} entries that are no longer there are counted, not named: {why}",
                self.unnamed
            ));
        }
        if self.counts.contains_key("breaking") {
            self.notes.push(
                "breaking is what was offered and is gone, hidden or has another signature; a parameter that only has another name counts too"
                    .to_owned(),
            );
        }
    }
}
