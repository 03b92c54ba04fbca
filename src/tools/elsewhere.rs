//! Uses of a public symbol from other approved repositories, as far as the caller may read both.
//!
//! A repository that requires the package a symbol is in, and imports its name from there, uses it. Nobody else is asked, and a repository that
//! the caller may not read has no part in it: the answer is the one that would be given without it.

use super::{Ask, Opened};
use crate::disclosure::Refusal;
use crate::extraction::Visibility;
use crate::index::{IndexedSymbol, PackageKey, Provided};
use crate::resolution::RelationKind;

/// Files read of one repository; a bound on work.
const MOST_FILES: usize = 20_000;
/// Uses listed of one symbol.
const MOST_USES: usize = 1_000;

/// One use from another repository.
pub(super) struct Use<'o> {
    pub(super) opened: Opened<'o>,
    pub(super) path: String,
    /// The symbol it starts from; `None` for the top of the file.
    pub(super) from: Option<IndexedSymbol>,
    pub(super) kind: RelationKind,
    pub(super) line: u32,
    /// Whether the package has only one public symbol of that name.
    pub(super) is_certain: bool,
}

/// Who uses `symbol` of `opened` from outside, in the order of repositories, paths and lines.
pub(super) fn uses<'o>(ask: &'o Ask<'_>, opened: Opened<'_>, symbol: &IndexedSymbol) -> Result<Vec<Use<'o>>, Refusal> {
    let packages = &opened.view.generation().info.packages;
    let is_told = opened.policy.relations.is_told() && opened.policy.answers_by_name();
    let Some(provided) = packages.provided_by(symbol.path()).filter(|_| is_told) else {
        return Ok(Vec::new());
    };
    if symbol.visibility() != Visibility::Public || symbol.modifiers().is_test {
        return Ok(Vec::new());
    }
    let is_certain = is_alone(opened, symbol, &provided)?;
    let mut out = Vec::new();
    for other in ask.opened() {
        let is_told = other.policy.relations.is_told() && other.policy.answers_by_name();
        if other.name() == opened.name() || !is_told {
            continue;
        }
        for import in other.view.generation().info.packages.imports_of(&provided) {
            search(ask, other, (symbol, &provided, &import), is_certain, &mut out)?;
        }
    }
    Ok(out)
}

/// Whether the package has no other public symbol that an import of this name could mean.
fn is_alone(opened: Opened<'_>, symbol: &IndexedSymbol, provided: &Provided) -> Result<bool, Refusal> {
    const MOST: usize = 50;
    let owner = |it: &IndexedSymbol| it.container().map(|it| it.qualified().to_owned());
    let all = opened.view.by_qualified_suffix(symbol.qualified(), MOST);
    let all = all.map_err(|err| opened.unavailable(&err))?;
    let rivals = all.iter().filter(|it| {
        it.visibility() == Visibility::Public
            && it.id() != symbol.id()
            && owner(it) == owner(symbol)
            && it.kind() == symbol.kind()
            && it.path().starts_with(&provided.folder)
            && !it.modifiers().is_test
    });
    Ok(all.len() < MOST && rivals.count() == 0)
}

fn search<'o>(
    ask: &Ask<'_>,
    other: Opened<'o>,
    (symbol, provided, import): (&IndexedSymbol, &Provided, &PackageKey),
    is_certain: bool,
    out: &mut Vec<Use<'o>>,
) -> Result<(), Refusal> {
    let unavailable = |err| other.unavailable(&err);
    let most = out.len() + MOST_USES;
    for summary in other.view.files().take(MOST_FILES) {
        if PackageKey::ecosystem_of(summary.grammar) != Some(import.ecosystem()) {
            continue;
        }
        if out.len() >= most {
            break;
        }
        ask.still_wanted()?;
        let edges = other.view.edges_outside(summary.path, symbol.name());
        let edges = edges.map_err(unavailable)?;
        let mut hits = edges
            .iter()
            .filter(|it| import.is_target(summary.grammar, &it.target, symbol, provided.place.as_deref()))
            .peekable();
        if hits.peek().is_none() {
            continue;
        }
        let file = other.view.file(summary.path).map_err(unavailable)?;
        out.extend(hits.map(|edge| Use {
            opened: other,
            path: summary.path.to_owned(),
            from: file.as_ref().and_then(|file| file.symbol(edge.from?)),
            kind: edge.kind,
            line: edge.line,
            is_certain,
        }));
    }
    Ok(())
}

/// Symbols whose uses from outside are looked for where a whole file or type changes.
const MOST_SYMBOLS: usize = 40;

/// The repositories that use any of `symbols` from outside, and one line about each.
pub(super) fn users<'o>(
    ask: &'o Ask<'_>,
    opened: Opened<'_>,
    symbols: &[IndexedSymbol],
) -> Result<Vec<(Opened<'o>, String)>, Refusal> {
    let mut found: Vec<(Opened<'o>, u64)> = Vec::new();
    let public = symbols.iter().filter(|it| it.visibility() == Visibility::Public);
    for symbol in public.take(MOST_SYMBOLS) {
        for outside in uses(ask, opened, symbol)? {
            match found.iter_mut().find(|(it, _)| it.name() == outside.opened.name()) {
                Some((_, places)) => *places += 1,
                None => found.push((outside.opened, 1)),
            }
        }
    }
    let line = |(other, places): (Opened<'o>, u64)| {
        let text = format!(
            "{} uses this from outside in {places} places: find_references lists them",
            other.name()
        );
        (other, text)
    };
    Ok(found.into_iter().map(line).collect())
}
