//! The names of routes: the path that literals state, with what stands before it.

use super::actions::Action;
use super::chains::prefix_at;
use super::query::{Capture, Part};
use super::rails::{self, Call};
use super::routers::Before;
use super::{Found, Named, Reader, constants, documented, resources, shape};
use crate::extraction::Fragment;
use crate::extraction::facts::{Below, Router, RouterKind, SymbolIdx, SymbolKind};
use crate::extraction::parsed::SymbolNode;
use crate::extraction::tree::Node;

/// Stands before a path of which only the end is known.
pub(super) const ANY_PATH: &str = "/*";

/// A path as it is written.
struct Written {
    /// The method in front of it, `GET /users/{id}`, or those that are said with it.
    methods: Vec<&'static str>,
    /// One, or several where parts can be left out.
    paths: Vec<String>,
    /// Nothing stands before it.
    is_whole: bool,
    /// Something has to stand before it.
    is_part: bool,
}

impl<'t> Reader<'_, 't> {
    /// What the routes in a place begin with.
    pub(super) fn scopes(&self, at: usize) -> String {
        prefix_at(&self.routers.scopes, at)
    }

    /// What the routes in a scope begin with. Where a match names it and nobody knows what that says, it is any path.
    pub(super) fn scope_prefix(&self, found: &Found<'t, '_>, prefix: Node<'t>) -> Option<Option<String>> {
        if let Some(resources) = found.pattern.resources {
            return resources::scope(self.parsed, prefix, resources);
        }
        if found.pattern.is_documented {
            return documented::prefix(resources::written(self.parsed, prefix)).map(Some);
        }
        let Some(text) = self.literal(prefix) else {
            let known = constants::constant(self.parsed, self.around, prefix).and_then(|text| shape::route(text, true));
            return Some(Some(known.unwrap_or_else(|| ANY_PATH.to_owned())));
        };
        let path = shape::route(text, true).unwrap_or_else(|| ANY_PATH.to_owned());
        Some(Some(self.with_name(found, path, Part::Scope)))
    }

    /// What a scope that is a class says for those that inherit from it, where its language has that.
    pub(super) fn class_path(
        &self,
        found: &Found<'t, '_>,
        prefix: Node<'t>,
        scope: Node<'t>,
    ) -> Option<(SymbolIdx, Fragment)> {
        if found.pattern.token.is_none() && !found.pattern.is_inherited {
            return None;
        }
        let path = constants::path(self.parsed, self.around, prefix);
        let path = path
            .filter(|path| super::is_clean(path))
            .unwrap_or_else(|| ANY_PATH.to_owned());
        let class = self.around.symbols.iter().find(|it| it.node == scope)?;
        Some((class.index, Fragment::new(path)))
    }

    /// The names of the routes that one match tells of, and the router they are added to.
    pub(super) fn routes(
        &self,
        found: &Found<'t, '_>,
        node: Node<'t>,
        name: Option<Node<'t>>,
    ) -> (Vec<Named>, Option<Below>) {
        let nothing = (Vec::new(), None);
        let (Some(written), Some(around)) = (self.written(found, name), self.before(found, node)) else {
            return nothing;
        };
        let call = Call::of(self.parsed, node).filter(|_| found.pattern.is_rails);
        if call.is_some_and(Call::is_in_concern) {
            return nothing;
        }
        let is_around = written.is_whole || found.pattern.is_chained;
        let mut scopes = match is_around {
            true => String::new(),
            false => self.scopes(node.start_byte()),
        };
        if call.is_some_and(Call::is_of_all) {
            scopes.truncate(scopes.strip_suffix(resources::ONE).map_or(scopes.len(), str::len));
        }
        let class = self.class_around(found, node).filter(|_| !written.is_whole);
        let is_placed = match found.pattern.is_chained {
            true => self.is_in_scope(node) || !around.prefix.is_empty(),
            false => !scopes.is_empty() || class.is_some(),
        };
        if found.pattern.is_scoped && !is_placed {
            return nothing;
        }
        let is_part = written.is_part && around.prefix.is_empty() && scopes.is_empty();
        let below = around.below.or(class).map(|below| below.beyond(&scopes));
        let below = below.map(|below| Below { is_part, ..below });
        let unknown = if is_part && below.is_none() { ANY_PATH } else { "" };
        if let (Some(resources), Some(name)) = (found.pattern.resources, name) {
            return (resources::routes(self.parsed, name, resources, &scopes), None);
        }
        let methods = match call.and_then(Call::methods) {
            Some(methods) => methods,
            None => self.methods(found, &written),
        };
        let mut names = Vec::new();
        for path in &written.paths {
            let whole = format!("{unknown}{scopes}{}{path}", around.prefix);
            let whole = self.with_name(found, whole, Part::Handler);
            let is_bare = found.pattern.is_scoped && class.is_some();
            let whole = if whole.is_empty() && !is_bare { "/" } else { &whole };
            let also = found.pattern.also.as_deref();
            let also = also.map(|end| format!("{}/{end}", whole.trim_end_matches('/')));
            let paths = || std::iter::once(whole).chain(also.as_deref());
            let told = methods
                .iter()
                .flat_map(|method| paths().map(move |path| format!("{method} {path}")));
            names.extend(told.map(Named::from));
        }
        (names, below)
    }

    fn is_in_scope(&self, node: Node<'t>) -> bool {
        let mut scopes = self.routers.scopes.iter();
        scopes.any(|(range, _)| range.contains(&node.start_byte()))
    }

    /// The class around a route, if that says nothing of its path and has a base that may.
    fn class_around(&self, found: &Found<'t, '_>, node: Node<'t>) -> Option<Below> {
        let at = node.start_byte();
        let is_inherited = found.pattern.is_inherited;
        if !(found.pattern.is_inheriting || is_inherited) || self.is_in_scope(node) {
            return None;
        }
        let is_class =
            |it: &SymbolNode<'_>| it.kind == SymbolKind::Class || is_inherited && it.kind == SymbolKind::Interface;
        let around = |it: &&SymbolNode<'_>| is_class(it) && it.node.byte_range().contains(&at);
        let class = self.around.symbols.iter().rev().find(around)?;
        if is_inherited {
            let (kind, symbol) = (RouterKind::Heirs, class.index);
            let router = Router { kind, symbol };
            return Some(Below {
                router,
                own: 0,
                is_part: false,
            });
        }
        let declared = self.around.bindings.types.get(class.index.0 as usize)?;
        let has_bases = !(declared.extends.is_empty() && declared.implements.is_empty());
        has_bases.then_some(Below {
            router: Router {
                kind: RouterKind::Class,
                symbol: class.index,
            },
            own: 0,
            is_part: false,
        })
    }

    fn written(&self, found: &Found<'t, '_>, name: Option<Node<'t>>) -> Option<Written> {
        let mut written = Written {
            methods: Vec::new(),
            paths: vec![String::new()],
            is_whole: false,
            is_part: false,
        };
        let Some(name) = name else { return Some(written) };
        if found.pattern.is_documented {
            (written.paths, written.methods) = documented::routes(resources::written(self.parsed, name))?;
            return Some(written);
        }
        if let Some(said) = found.part(SymbolKind::Route, Part::Action) {
            let action = Action::of(self.parsed, name, said)?;
            (written.paths, written.methods, written.is_part) = (vec![action.path], action.methods, true);
            return Some(written);
        }
        if found.pattern.is_joined {
            let parts = match found.pattern.is_listed {
                true => literals_beside(name)?,
                false => found.all(Capture::Part(SymbolKind::Route, Part::Name)).collect(),
            };
            let paths = parts.into_iter().map(|part| path(found, self.literal(part)?));
            written.paths = vec![shape::of_literals(paths)?];
            return Some(written);
        }
        let mut text = self.literal(name).filter(|text| text.len() <= shape::MOST_IN_PATH)?;
        if let Some((first, rest)) = text.split_once(' ')
            && let Some(method) = shape::method(first)
        {
            written.methods = vec![method];
            text = rest;
        }
        written.is_part = found.pattern.is_mounted && !text.starts_with(['/', '*']);
        if found.pattern.is_rooted {
            text = text.strip_prefix('~').unwrap_or(text);
            written.is_whole = text.starts_with('/');
        }
        let ways = match found.pattern.is_rails {
            true => rails::without_options(text),
            false => vec![text.to_owned()],
        };
        written.paths = ways.iter().map(|text| path(found, text)).collect::<Option<_>>()?;
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
        if !written.methods.is_empty() {
            return written.methods.clone();
        }
        found.pattern.method.as_deref().into_iter().collect()
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

    /// What stands before the route of a definition that is added to routers by its name.
    fn handed(&self, found: &Found<'t, '_>) -> Before {
        let node = found.part(SymbolKind::Route, Part::Handler);
        let symbol = node.and_then(|node| self.around.symbols.iter().find(|it| it.node == node));
        let router = |symbol| Router {
            kind: RouterKind::Held,
            symbol,
        };
        Before {
            prefix: String::new(),
            below: symbol.map(|it| Below {
                router: router(it.index),
                own: 0,
                is_part: false,
            }),
        }
    }

    /// What stands before the route of an action of a class; `None` outside of classes.
    fn registered(&self, node: Node<'t>) -> Option<Before> {
        let at = node.start_byte();
        let around = |it: &&SymbolNode<'_>| it.kind == SymbolKind::Class && it.node.byte_range().contains(&at);
        let class = self.around.symbols.iter().rev().find(around)?;
        let (kind, symbol) = (RouterKind::Registered, class.index);
        Some(Before {
            prefix: String::new(),
            below: Some(Below {
                router: Router { kind, symbol },
                own: 0,
                is_part: true,
            }),
        })
    }

    /// What stands before a route by what it is added to; `None` where that is no router.
    fn before(&self, found: &Found<'t, '_>, node: Node<'t>) -> Option<Before> {
        if found.pattern.is_of_folder {
            return Some(Before::of_folder());
        }
        if found.pattern.is_handed {
            return Some(self.handed(found));
        }
        if found.part(SymbolKind::Route, Part::Action).is_some() {
            return self.registered(node);
        }
        let on = found.part(SymbolKind::Route, Part::On);
        if let Some(on) = on.filter(|_| found.pattern.is_chained) {
            return Some(self.routers.before_in_chain(on, node.start_byte()));
        }
        let Some(on) = on else {
            let root = found.pattern.root.as_deref();
            return Some(root.map_or_else(Before::default, |root| self.routers.variable_around(node, Some(root))));
        };
        self.routers.before_chain(on, found.pattern.is_loose)
    }
}

/// A literal and those that stand behind it in a list of arguments without labels; nothing if something else stands among them.
pub(super) fn literals_beside(first: Node<'_>) -> Option<Vec<Node<'_>>> {
    let argument = first.parent()?;
    let is_unlabelled = |it: &Node<'_>| it.kind() == argument.kind() && it.child_by_field_name("name").is_none();
    let beside = std::iter::successors(Some(argument), Node::next_named_sibling).take_while(is_unlabelled);
    beside
        .map(|it| it.named_child(0).filter(|it| it.kind() == first.kind()))
        .collect()
}

fn path(found: &Found<'_, '_>, text: &str) -> Option<String> {
    match found.pattern.is_regex {
        true => shape::route_of_regex(text),
        false => shape::route(text, found.pattern.is_relative),
    }
}
