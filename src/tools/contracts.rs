//! Who speaks of the same route, event or key: in one repository, and in the others that the caller may read.
//!
//! Both sides are told in clear, or nothing of the other is: that a name is the same would tell what a pseudonym stands for.

use super::{Ask, Opened};
use crate::disclosure::{Refusal, Site};
use crate::extraction::SymbolKind;
use crate::index::{EdgeTarget, IndexedSymbol};
use crate::resolution::RelationKind;
use std::collections::BTreeMap;

/// What a list of these places is called.
pub(super) const ABOUT: &str = "places that read, offer, ask, send or await the same as the place";

/// How a place was found: by the literal in it.
const METHOD: &str = "literal";
/// Places listed of one repository.
const MOST: usize = 2_000;

/// The places that speak of what `symbol` speaks of, its own among them, and what answers it.
pub(super) fn places<'o>(
    ask: &'o Ask<'_>,
    opened: Opened<'o>,
    symbol: &IndexedSymbol,
    kinds: Option<&[RelationKind]>,
    repos: &mut Vec<Opened<'o>>,
) -> Result<Vec<Site>, Refusal> {
    let mut sites = Vec::new();
    for other in ask.opened() {
        let is_own = other.name() == opened.name();
        let is_told = other.policy.relations.is_told() && other.policy.answers_by_name();
        let is_veiled = other.is_veiled() || opened.is_veiled();
        if !is_own && (is_veiled || !is_told) {
            continue;
        }
        ask.still_wanted()?;
        let alike = other
            .view
            .contracts_like(symbol, MOST)
            .map_err(|err| other.unavailable(&err))?;
        let before = sites.len();
        for one in &alike {
            let answered = answers(other, one)?;
            sites.extend(answered.into_iter().chain([site(other, one)]));
        }
        let wanted = |site: &Site| kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind.word() == site.relation));
        let mut at = 0;
        sites.retain(|site| {
            at += 1;
            at <= before || wanted(site)
        });
        if sites.len() > before && !is_own {
            repos.push(other);
        }
    }
    Ok(sites)
}

/// How many places there are of each sort, and how many of them in other repositories.
pub(super) fn counts(sites: &[Site], opened: Opened<'_>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for site in sites {
        *counts.entry(site.relation.to_owned()).or_default() += 1;
        let is_here = site
            .place
            .strip_prefix(opened.name())
            .is_some_and(|rest| rest.starts_with(':'));
        if !is_here {
            *counts.entry("in_other_repositories".to_owned()).or_default() += 1;
        }
    }
    counts
}

fn site(opened: Opened<'_>, contract: &IndexedSymbol) -> Site {
    // What reads a key is the symbol around the place; a route or an event is a thing of its own.
    let (relation, shown) = match contract.kind() {
        SymbolKind::EnvironmentKey | SymbolKind::ConfigurationKey => (RelationKind::Reads.word(), contract.container()),
        kind => (kind.word(), Some(contract.clone())),
    };
    Site {
        rank: 0,
        place: format!("{}:{}", opened.name(), contract.path()),
        symbol: shown.as_ref().map(short).unwrap_or_default(),
        relation,
        method: METHOD,
        line: contract.lines().start,
    }
}

/// The function that answers a route, command or event.
fn answers(opened: Opened<'_>, contract: &IndexedSymbol) -> Result<Vec<Site>, Refusal> {
    let edges = opened
        .view
        .outgoing(contract.id())
        .map_err(|err| opened.unavailable(&err))?;
    let mut out = Vec::new();
    for edge in edges.iter().filter(|edge| edge.kind == RelationKind::HandledBy) {
        let EdgeTarget::Symbol { id, method } = &edge.target else {
            continue;
        };
        let symbol = opened.view.symbol(*id).map_err(|err| opened.unavailable(&err))?;
        out.extend(symbol.map(|symbol| Site {
            rank: 0,
            place: format!("{}:{}", opened.name(), symbol.path()),
            symbol: short(&symbol),
            relation: RelationKind::HandledBy.word(),
            method: method.word(),
            line: edge.line,
        }));
    }
    Ok(out)
}

fn short(symbol: &IndexedSymbol) -> String {
    let handle = symbol.handle();
    handle.find('#').map_or_else(String::new, |at| handle[at..].to_owned())
}
