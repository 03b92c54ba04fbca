//! The names of routes: the path that literals state, with what stands before it.

use super::query::{Capture, Part};
use super::routers::Before;
use super::{Found, Reader, resources, shape};
use crate::extraction::facts::{Below, SymbolKind};
use tree_sitter::Node;

/// A path as it is written.
struct Written {
    /// The method in front of it: `GET /users/{id}`.
    method: Option<&'static str>,
    path: String,
    /// Nothing stands before it.
    is_whole: bool,
}

impl<'t> Reader<'_, 't> {
    /// What the routes in a place begin with.
    pub(super) fn scopes(&self, at: usize) -> String {
        let mut out = String::new();
        for (_, prefix) in self.scopes.iter().filter(|(range, _)| range.contains(&at)) {
            match prefix {
                Some(prefix) => out.push_str(prefix),
                None => out.truncate(out.strip_suffix(resources::ONE).map_or(out.len(), str::len)),
            }
        }
        out
    }

    pub(super) fn scope_prefix(&self, found: &Found<'t, '_>, prefix: Node<'t>) -> Option<Option<String>> {
        if let Some(resources) = found.pattern.resources {
            return resources::scope(self.parsed, prefix, resources);
        }
        let path = shape::route(self.literal(prefix)?, true)?;
        Some(Some(self.with_name(found, path, Part::Scope)))
    }

    /// The names of the routes that one match tells of, and the router they are added to.
    pub(super) fn routes(
        &self,
        found: &Found<'t, '_>,
        node: Node<'t>,
        name: Option<Node<'t>>,
    ) -> (Vec<String>, Option<Below>) {
        let (Some(written), Some(around)) = (self.written(found, name), self.before(found, node)) else {
            return (Vec::new(), None);
        };
        let scopes = match written.is_whole {
            true => String::new(),
            false => self.scopes(node.start_byte()),
        };
        if found.pattern.is_scoped && scopes.is_empty() {
            return (Vec::new(), None);
        }
        let below = around.below.map(|below| below.beyond(&scopes));
        if let (Some(resources), Some(name)) = (found.pattern.resources, name) {
            return (resources::routes(self.parsed, name, resources, &scopes), None);
        }
        let whole = format!("{scopes}{}{}", around.prefix, written.path);
        let whole = self.with_name(found, whole, Part::Handler);
        let whole = if whole.is_empty() { "/" } else { &whole };
        let also = found.pattern.also.as_deref();
        let also = also.map(|end| format!("{}/{end}", whole.trim_end_matches('/')));
        let paths = || std::iter::once(whole).chain(also.as_deref());
        let methods = self.methods(found, &written);
        let names = methods
            .into_iter()
            .flat_map(|method| paths().map(move |path| format!("{method} {path}")));
        (names.collect(), below)
    }

    fn written(&self, found: &Found<'t, '_>, name: Option<Node<'t>>) -> Option<Written> {
        let mut written = Written {
            method: None,
            path: String::new(),
            is_whole: false,
        };
        let Some(name) = name else { return Some(written) };
        if found.pattern.is_joined {
            let parts = found.all(Capture::Part(SymbolKind::Route, Part::Name));
            written.path = shape::of_literals(parts.map(|part| path(found, self.literal(part)?)))?;
            return Some(written);
        }
        let mut text = self.literal(name).filter(|text| text.len() <= shape::MOST)?;
        if let Some((first, rest)) = text.split_once(' ')
            && let Some(method) = shape::method(first)
        {
            written.method = Some(method);
            text = rest;
        }
        if found.pattern.is_rooted {
            text = text.strip_prefix('~').unwrap_or(text);
            written.is_whole = text.starts_with('/');
        }
        written.path = path(found, text)?;
        Some(written)
    }

    fn methods<'a>(&'a self, found: &'a Found<'t, '_>, written: &Written) -> Vec<&'a str> {
        let captured = found.all(Capture::Part(SymbolKind::Route, Part::Method));
        let methods: Vec<&str> = captured
            .filter_map(|node| shape::method(self.literal(node).unwrap_or_else(|| self.parsed.text(node))))
            .collect();
        if !methods.is_empty() {
            return methods;
        }
        let usual = written.method.or(found.pattern.method.as_deref());
        usual.into_iter().collect()
    }

    /// A path with the name of what is captured in place of the parameter that stands for it.
    fn with_name(&self, found: &Found<'t, '_>, path: String, part: Part) -> String {
        let Some((word, end)) = found.pattern.token.as_ref().filter(|(word, _)| path.contains(word)) else {
            return path;
        };
        let node = found.part(SymbolKind::Route, part);
        let symbol = node.and_then(|node| self.around.symbols.iter().find(|it| it.node == node));
        let Some(name) = symbol.map(|it| self.parsed.text(it.name)) else {
            return path;
        };
        let bare = name.strip_suffix(end.as_str()).filter(|it| !it.is_empty());
        path.replace(word, bare.unwrap_or(name))
    }

    /// What stands before a route by what it is added to; `None` where that is no router.
    fn before(&self, found: &Found<'t, '_>, node: Node<'t>) -> Option<Before> {
        if found.pattern.is_of_folder {
            return Some(Before::of_folder());
        }
        let Some(on) = found.part(SymbolKind::Route, Part::On) else {
            let root = found.pattern.root.as_deref();
            return Some(root.map_or_else(Before::default, |root| self.routers.variable_around(node, Some(root))));
        };
        self.routers.before_chain(on, found.pattern.is_loose)
    }
}

fn path(found: &Found<'_, '_>, text: &str) -> Option<String> {
    match found.pattern.is_regex {
        true => shape::route_of_regex(text),
        false => shape::route(text, found.pattern.is_relative),
    }
}
