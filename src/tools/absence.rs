//! What a list of uses does not have, and what an empty one means.

use super::find_references::sharing_name;
use super::{Opened, get_type_hierarchy};
use crate::disclosure::Refusal;
use crate::extraction::{SymbolKind, may_be_called_for, words};
use crate::index::{EdgeTarget, IndexedSymbol, SymbolId};
use crate::resolution::RelationKind;
use std::collections::BTreeMap;

/// How many edges are looked at for one that tells.
const MOST_SITES: usize = 5_000;

/// How many files that are searched as text are named.
const MOST_TEXTS: usize = 5;

/// How many files are named in which something was taken to lead out of the repository.
const MOST_OUTSIDE: usize = 3;

/// What a list of the uses of a member does not have.
const UNSEEN_USES: &str =
    "reads and writes through a receiver whose type no syntax states are in no list, not even as possible";

/// What an empty list does not mean of an annotated function.
const ANNOTATED: &str = "it is annotated: what reads its annotations may call it";

/// What an empty list means of a constructor.
const UNNAMED: &str = "none by this name; what constructs the type is listed at the type";

/// What an empty list means where everything was read and nothing has the name.
const WHOLE: &str = "none: every indexed file was parsed whole; uses through reflection or macros are not seen, those from other \
                     repositories only where they require its package";

/// What a list of what overrides a method does not have.
const NAMELESS: &str = "types without a name, which functions and variables have in them, may override it too; get_type_hierarchy of its \
                        type lists those";

/// The notes to a list of uses of a symbol, of the relations that were asked for.
pub(super) fn of_uses(
    opened: Opened<'_>,
    symbol: &IndexedSymbol,
    kinds: Option<&[RelationKind]>,
    is_empty: bool,
    counts: &BTreeMap<String, u64>,
) -> Result<Vec<String>, Refusal> {
    let mut notes = Vec::new();
    let texts = texts(opened, symbol, is_empty)?;
    let outside = outside(opened, symbol, is_empty)?;
    let asks_for_overrides = kinds.map_or(is_empty, |kinds| kinds.contains(&RelationKind::Overrides));
    let nameless = if asks_for_overrides {
        of_nameless(opened, symbol)?
    } else {
        None
    };
    let is_constructor = symbol.kind() == SymbolKind::Constructor;
    if is_empty && is_constructor {
        notes.push(UNNAMED.to_owned());
    }
    let others: u64 = counts
        .iter()
        .filter(|(what, _)| *what != "in_possible")
        .map(|(_, n)| *n)
        .sum();
    if is_empty && kinds.is_some() && others > 0 {
        notes.push("none of these relations; what there is of others is counted".to_owned());
    } else if is_empty {
        let absent = of_any(opened, counts);
        let is_whole = absent == WHOLE;
        let is_told = !is_whole || texts.is_none() && outside.is_none() && nameless.is_none() && !is_constructor;
        notes.extend(Some(absent).filter(|_| is_told));
    }
    notes.extend(outside);
    notes.extend(nameless.map(str::to_owned));
    notes.extend(annotated(symbol).filter(|_| is_empty).map(str::to_owned));
    notes.extend(texts);
    if symbol.kind().is_contract() {
        return Ok(notes);
    }
    let is_asked = |kind| kinds.is_none_or(|kinds| kinds.contains(&kind));
    let is_used = [RelationKind::Calls, RelationKind::Reads, RelationKind::Writes];
    if is_used.into_iter().any(is_asked) && !counts.contains_key("in_dispatch") {
        notes.extend(of_callers(opened, symbol)?);
    }
    if is_field(symbol.kind()) && kinds.is_none_or(asks_for_uses) {
        notes.push(UNSEEN_USES.to_owned());
    }
    if is_implemented_by_macros(opened, symbol.id(), kinds)? {
        notes.push(get_type_hierarchy::UNREAD_CALLS.to_owned());
    }
    let alike = sharing_name(opened, symbol)?;
    let unlisted = alike.total as usize - alike.edges.len();
    if unlisted > 0 {
        notes.push(format!(
            "{unlisted} of the possible uses are not listed: their receiver is of unknown type, and many symbols have this name"
        ));
    }
    Ok(notes)
}

/// Why an empty list may still not mean that there is nothing.
pub(super) fn of_any(opened: Opened<'_>, counts: &BTreeMap<String, u64>) -> String {
    let unparsed = opened.view.totals().unparsed_bytes;
    match (counts.get("in_possible").copied().unwrap_or_default(), unparsed) {
        (0, 0) => WHOLE.to_owned(),
        (0, _) => format!("none found, but {unparsed} bytes of this repository could not be parsed"),
        (possible, _) => format!("none confirmed; {possible} same-name places are possible"),
    }
}

/// What has to be said of a method whose type is the base of types without a name.
pub(super) fn of_nameless(opened: Opened<'_>, method: &IndexedSymbol) -> Result<Option<&'static str>, Refusal> {
    let Some(of) = method.container().filter(|_| method.kind().is_callable()) else {
        return Ok(None);
    };
    let inherits = |kind, _| matches!(kind, RelationKind::Extends | RelationKind::Implements);
    let page = opened.view.incoming(of.id(), inherits, 0, MOST_SITES);
    let page = page.map_err(|err| opened.unavailable(&err))?;
    let mut from = page.edges.iter().filter_map(|it| it.from.as_ref());
    Ok(from.any(has_nameless).then_some(NAMELESS))
}

/// Whether what inherits is no type of its own, but has a type without a name in it.
pub(super) fn has_nameless(from: &IndexedSymbol) -> bool {
    let kind = from.kind();
    // A function with members is what older JavaScript has for a class.
    let is_class = kind == SymbolKind::Function && from.members().next().is_some();
    !kind.is_type() && !matches!(kind, SymbolKind::Impl | SymbolKind::Macro | SymbolKind::Module) && !is_class
}

fn annotated(symbol: &IndexedSymbol) -> Option<&'static str> {
    (symbol.kind().is_callable() && may_be_called_for(symbol.signature())).then_some(ANNOTATED)
}

/// The calls of the name that were taken to lead out of the repository, and may lead here.
fn outside(opened: Opened<'_>, symbol: &IndexedSymbol, is_empty: bool) -> Result<Option<String>, Refusal> {
    if !is_empty || !symbol.kind().is_callable() {
        return Ok(None);
    }
    let found = opened.view.taken_outside(symbol);
    let (calls, files) = found.map_err(|err| opened.unavailable(&err))?;
    let named = files.iter().filter(|_| opened.policy.relations.is_told());
    let mut named: Vec<String> = named.take(MOST_OUTSIDE).map(|path| opened.told(path)).collect();
    if (1..files.len()).contains(&named.len()) {
        named.push("…".to_owned());
    }
    let listed = if named.is_empty() { "" } else { ": " };
    Ok((calls > 0).then(|| {
        let named = named.join(" ");
        format!("none resolved; {calls} calls of this name were taken to lead out of the repository, and may not{listed}{named}")
    }))
}

/// The files without relations that have the name: all of them for a name of several words, which says little by chance, and for any name
/// whose list is empty.
fn texts(opened: Opened<'_>, symbol: &IndexedSymbol, is_empty: bool) -> Result<Option<String>, Refusal> {
    let mut parts = 0;
    words::split(symbol.qualified().rsplit('.').next().unwrap_or_default(), |_| {
        parts += 1
    });
    if parts < 2 && !is_empty || symbol.kind().is_contract() {
        return Ok(None);
    }
    let files = opened
        .view
        .unread_uses(symbol)
        .map_err(|err| opened.unavailable(&err))?;
    if files.is_empty() {
        return Ok(None);
    }
    let what = "files read as text only (templates, configuration) have its name";
    let none = if is_empty { "none resolved; " } else { "" };
    let named = files.iter().filter(|_| opened.policy.relations.is_told());
    let mut named: Vec<String> = named.take(MOST_TEXTS).map(|path| opened.told(path)).collect();
    if (1..files.len()).contains(&named.len()) {
        named.push("…".to_owned());
    }
    let named = if named.is_empty() {
        String::new()
    } else {
        format!(": {}", named.join(" "))
    };
    Ok(Some(format!("{none}{} {what}{named}", files.len())))
}

fn is_field(kind: SymbolKind) -> bool {
    matches!(
        kind,
        SymbolKind::Field | SymbolKind::Property | SymbolKind::Getter | SymbolKind::Setter
    )
}

/// Whether macros implement a trait, of which an answer about its implementors has to speak.
fn is_implemented_by_macros(opened: Opened<'_>, id: SymbolId, kinds: Option<&[RelationKind]>) -> Result<bool, Refusal> {
    if kinds.is_some_and(|kinds| !kinds.contains(&RelationKind::Implements)) {
        return Ok(false);
    }
    let page = opened
        .view
        .incoming(id, |kind, _| kind == RelationKind::Implements, 0, MOST_SITES);
    let page = page.map_err(|err| opened.unavailable(&err))?;
    let mut from = page.edges.iter().filter_map(|edge| edge.from.as_ref());
    Ok(from.any(|from| from.kind() == SymbolKind::Macro))
}

fn asks_for_uses(kinds: &[RelationKind]) -> bool {
    let is_use = |kind: &RelationKind| matches!(kind, RelationKind::Reads | RelationKind::Writes);
    kinds.iter().any(is_use)
}

/// How many overridden members are named.
const MOST_NAMED: usize = 3;

/// What has to be said where nothing resolved leads to a symbol.
pub(super) fn of_nobody(opened: Opened<'_>, symbol: &IndexedSymbol) -> Result<Vec<String>, Refusal> {
    let notes = [
        of_callers(opened, symbol)?,
        outside(opened, symbol, true)?,
        annotated(symbol).map(str::to_owned),
        texts(opened, symbol, true)?,
    ];
    Ok(notes.into_iter().flatten().collect())
}

/// What has to be said of a member whose list of callers has no run-time targets.
pub(super) fn of_callers(opened: Opened<'_>, symbol: &IndexedSymbol) -> Result<Option<String>, Refusal> {
    let is_called = symbol.kind().is_callable();
    if !(is_called || is_field(symbol.kind())) || !opened.policy.relations.is_told() {
        return Ok(None);
    }
    let mut overridden = Vec::new();
    for target in targets(opened, symbol.id(), &[RelationKind::Overrides])? {
        match target {
            EdgeTarget::Symbol { id, .. } => {
                let of = opened.view.symbol(id).map_err(|err| opened.unavailable(&err))?;
                overridden.extend(of.map(|of| opened.full_handle(&of)));
            }
            EdgeTarget::External { .. } | EdgeTarget::Possible(_) => {}
        }
    }
    if !overridden.is_empty() {
        overridden.truncate(MOST_NAMED);
        let of = overridden.join(", ");
        let uses = if is_called { "calls" } else { "uses" };
        return Ok(Some(format!("{uses} of {of}, which it overrides, may reach it")));
    }
    if !is_called {
        return Ok(None);
    }
    let Some(container) = symbol.container() else {
        return Ok(None);
    };
    let bases = targets(
        opened,
        container.id(),
        &[RelationKind::Extends, RelationKind::Implements],
    )?;
    let is_outside = bases.iter().any(|base| matches!(base, EdgeTarget::External { .. }));
    Ok(is_outside.then(|| "a base of its type from outside of the repository may call it".to_owned()))
}

fn targets(opened: Opened<'_>, id: SymbolId, kinds: &[RelationKind]) -> Result<Vec<EdgeTarget>, Refusal> {
    let edges = opened.view.outgoing(id).map_err(|err| opened.unavailable(&err))?;
    let wanted = edges.into_iter().filter(|edge| kinds.contains(&edge.kind));
    Ok(wanted.map(|edge| edge.target).collect())
}
