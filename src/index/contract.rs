//! Contracts in the index: which of them, in one repository or several, speak of the same thing.

use super::IndexError;
use super::stored::{IndexedFile, IndexedSymbol};
use super::view::RepoView;
use crate::extraction::SymbolKind;
use std::sync::Arc;
use tantivy::DocAddress;

/// What two contracts have in common that speak of the same thing: a key by its name, an event by its name, an endpoint by its method and
/// path whatever its parameters are called. `None` for what is no contract.
pub(super) fn meaning(kind: SymbolKind, name: &str) -> Option<String> {
    use SymbolKind::{Command, ConfigurationKey, EnvironmentKey, Publisher, Request, Route, Subscriber};
    match kind {
        EnvironmentKey | ConfigurationKey | Command => Some(format!("{} {name}", kind.word())),
        Publisher | Subscriber => Some(format!("event {name}")),
        Route | Request => Some(format!("endpoint {}", without_parameters(name))),
        _ => None,
    }
}

fn without_parameters(route: &str) -> String {
    let mut out = String::with_capacity(route.len());
    let mut is_inside = false;
    for c in route.chars() {
        is_inside &= c != '}';
        if !is_inside {
            out.push(c);
        }
        is_inside |= c == '{';
    }
    out
}

impl RepoView {
    /// The contracts that speak of what `contract`, of this repository or another, speaks of, in the order of paths and lines; at most `limit`.
    pub fn contracts_like(&self, contract: &IndexedSymbol, limit: usize) -> Result<Vec<IndexedSymbol>, IndexError> {
        let (kind, name) = (contract.kind(), contract.name().expose());
        let mut wanted: Vec<String> = meaning(kind, name).into_iter().collect();
        if let (SymbolKind::Route | SymbolKind::Request, Some((_, path))) = (kind, name.split_once(' ')) {
            wanted.extend(meaning(kind, &format!("ANY {path}")));
            wanted.dedup();
        }
        let mut units = Vec::new();
        for (at, segment) in self.loaded().segments.iter().enumerate() {
            for term in wanted.iter().filter(|_| !self.hides_contracts()) {
                let mut found = |doc| units.push(DocAddress::new(at as u32, doc));
                self.each(segment, &segment.names, term.as_bytes(), &mut found)?;
            }
        }
        self.symbols_at(units, limit, |_| true)
    }

    /// The symbols of documents, in the order of paths and lines, as far as they are wanted; at most `limit`.
    pub(super) fn symbols_at(
        &self,
        mut units: Vec<DocAddress>,
        limit: usize,
        is_wanted: impl Fn(&IndexedSymbol) -> bool,
    ) -> Result<Vec<IndexedSymbol>, IndexError> {
        units.sort_by_key(|&unit| self.loaded().place(unit));
        units.dedup();
        let mut out = Vec::new();
        let mut file: Option<(u32, Arc<IndexedFile>)> = None;
        for unit in units {
            let Some((entry, ordinal)) = self.loaded().place(unit) else {
                continue;
            };
            if file.as_ref().is_none_or(|(at, _)| *at != entry) {
                file = Some((entry, self.entry_file(entry)?));
            }
            let symbol = file.as_ref().and_then(|(_, file)| file.symbol(ordinal.checked_sub(1)?));
            out.extend(symbol.filter(&is_wanted));
            if out.len() == limit {
                break;
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_the_same_whatever_its_parameters_are_called() {
        let route = |name| meaning(SymbolKind::Route, name);
        assert_eq!(route("GET /users/{id}"), meaning(SymbolKind::Request, "GET /users/{}"));
        assert_eq!(route("GET /users/{id}").as_deref(), Some("endpoint GET /users/{}"));
        assert_ne!(route("GET /users/{id}"), route("GET /users"));
        assert_eq!(
            meaning(SymbolKind::Publisher, "order.created"),
            meaning(SymbolKind::Subscriber, "order.created")
        );
        assert_eq!(meaning(SymbolKind::Function, "main"), None);
    }
}
