//! Routes that a file answers by where it lies, as web frameworks with routes by file have it.

use super::{Around, is_clean, shape};
use crate::extraction::Fragment;
use crate::extraction::bindings::{Exported, ImportKind};
use crate::extraction::facts::{Contract, Handler, Lines, NameId, SymbolKind};
use crate::extraction::grammar::FileRoutes;
use crate::extraction::parsed::{Parsed, SymbolNode};

/// The routes of a file. The first rule that fits its path counts.
pub(super) fn read(parsed: &Parsed<'_>, path: &str, around: &Around<'_, '_>) -> Vec<Contract> {
    let rules = &parsed.grammar.manifest().file_routes;
    let fitting = rules.iter().find_map(|rule| Some((rule, route(rule, path)?)));
    let Some((rule, route)) = fitting.filter(|(rule, _)| around.imports_one(parsed, &rule.requires)) else {
        return Vec::new();
    };
    let answers: Vec<(&str, &SymbolNode<'_>)> = match &rule.method {
        Some(method) => default_export(parsed, around)
            .map(|at| (method.as_str(), at))
            .into_iter()
            .collect(),
        None => exports(around)
            .map(|at| (parsed.text(at.name), at))
            .filter(|(name, _)| shape::method(name) == Some(name))
            .collect(),
    };
    let contract = |(method, at): (&str, &SymbolNode<'_>)| {
        let line = at.name.line();
        Contract {
            kind: SymbolKind::Route,
            name: Fragment::new(format!("{method} {route}")),
            within: None,
            handler: Some(Handler::Symbol(at.index)),
            lines: Lines { start: line, end: line },
            is_test: false,
            below: None,
        }
    };
    let told = answers.into_iter().map(contract);
    told.filter(|it| is_clean(it.name.expose())).collect()
}

/// What all routes of a file begin with because of where it lies.
pub(super) fn prefix<'t>(parsed: &Parsed<'t>, path: &str, around: &Around<'_, '_>) -> Option<&'t str> {
    let is_it = |file: &str| {
        path.strip_suffix(file)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    let mut rules = parsed.grammar.manifest().file_prefixes.iter();
    let rule = rules.find(|rule| is_it(&rule.file) && around.imports_one(parsed, &rule.requires))?;
    Some(&rule.prefix)
}

/// The route that a path is by a rule.
fn route(rule: &FileRoutes, path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/')?;
    // A second ending marks a test, a story, a declaration.
    let stem = name
        .rsplit_once('.')
        .map(|(stem, _)| stem)
        .filter(|stem| !stem.contains('.'))?;
    if rule.but.iter().any(|it| it == stem) || !(rule.stems.is_empty() || rule.stems.iter().any(|it| it == stem)) {
        return None;
    }
    let around = format!("/{folder}/");
    let at = around.rfind(&format!("/{}/", rule.under))?;
    // What stands above may begin the route too: `pages/api/..` is at `/api/..`.
    let above = rule.under.split_once('/').map(|(_, rest)| rest);
    let below = &around[at + rule.under.len() + 2..];
    let mut parts: Vec<&str> = above.into_iter().chain(below.split('/')).collect();
    if rule.stems.is_empty() && stem != "index" {
        parts.push(stem);
    }
    let is_private = |part: &&str| part.starts_with('_') || part.starts_with("(.");
    if !rule.stems.is_empty() && parts.iter().any(is_private) {
        return None;
    }
    let is_grouping = |part: &str| part.starts_with('(') && part.ends_with(')');
    parts.retain(|part| !(part.is_empty() || part.starts_with('@') || is_grouping(part)));
    let route = shape::route_of_parts(&parts)?;
    Some(if route.is_empty() { "/".to_owned() } else { route })
}

fn exports<'a, 't>(around: &'a Around<'a, 't>) -> impl Iterator<Item = &'a SymbolNode<'t>> {
    let all = around.symbols.iter().zip(&around.bindings.types);
    all.filter(|(at, declared)| at.container.is_none() && declared.exported == Exported::Named)
        .map(|(at, _)| at)
}

fn default_export<'a, 't>(parsed: &Parsed<'t>, around: &'a Around<'a, 't>) -> Option<&'a SymbolNode<'t>> {
    let mut all = around.symbols.iter().zip(&around.bindings.types);
    let declared = all.find(|(_, declared)| declared.exported == Exported::Default);
    declared.map(|(at, _)| at).or_else(|| named_default(parsed, around))
}

/// What `export default name` names.
fn named_default<'a, 't>(parsed: &Parsed<'t>, around: &'a Around<'a, 't>) -> Option<&'a SymbolNode<'t>> {
    let text = |id: NameId| around.names[id.0 as usize].expose();
    let exported = around.bindings.imports.iter().find_map(|import| match import.kind {
        ImportKind::Member(name) if import.is_reexport && import.path.is_empty() => {
            (text(import.local?) == "default").then(|| text(name))
        }
        _ => None,
    })?;
    let mut symbols = around.symbols.iter().filter(|at| at.container.is_none());
    symbols.find(|at| parsed.text(at.name) == exported)
}
