//! Routers: what routes are added to, and where one is put below a path of another.
//!
//! What a file says of its own routers is put before their routes at once. How files reach each other's routers is a fact of its own
//! ([`Below`], [`Mount`]), which linking follows.

use super::chains::{Scope, prefix_at};
use super::query::Capture;
use super::routes::{ANY_PATH, literals_beside};
use super::{Around, Flags, Found, constants, shape};
use crate::extraction::Fragment;
use crate::extraction::bindings::{Bindings, Expr, ExprId, Import, ImportKind};
use crate::extraction::facts::{Below, Mount, NameId, Router, RouterKind, SymbolIdx};
use crate::extraction::parsed::{Names, Parsed, SymbolNode};
use crate::extraction::tree::Node;
use rustc_hash::FxHashSet;

/// How many routers stand around a route in one file.
const MOST_GROUPS: usize = 8;
/// How many mounts one file has at most.
pub(super) const MOST_MOUNTS: usize = 500;

/// The routers of a file, in document order.
pub(super) struct Routers<'a, 't> {
    pub(super) parsed: &'a Parsed<'t>,
    around: &'a Around<'a, 't>,
    pub(super) known: Vec<Receiver<'t>>,
    pub(super) scopes: Vec<Scope>,
    /// What functions give back by name.
    returned: FxHashSet<(SymbolIdx, &'t str)>,
}

/// A variable that routes are added to.
pub(super) struct Receiver<'t> {
    pub(super) at: usize,
    pub(super) name: &'t str,
    /// `None` if it is not known what its routes begin with.
    pub(super) prefix: Option<String>,
    /// What its own value says of that.
    pub(super) own: String,
    /// The router whose routes its own are among, and where that is said.
    pub(super) parent: Option<(&'t str, usize)>,
    /// How other files can reach it.
    pub(super) router: Option<Router>,
}

/// What stands before the routes of a router.
#[derive(Default)]
pub(super) struct Before {
    pub(super) prefix: String,
    pub(super) below: Option<Below>,
}

impl Before {
    /// What stands before routes that a framework finds by itself.
    pub(super) fn of_folder() -> Self {
        let router = Router {
            kind: RouterKind::Folder,
            symbol: SymbolIdx(0),
        };
        Self {
            prefix: String::new(),
            below: Some(Below {
                router,
                own: 0,
                is_part: false,
            }),
        }
    }
}

/// A mount whose target is not yet an expression of the file.
pub(in crate::extraction) struct MountDraft {
    mount: Mount,
    /// The module that a literal names.
    module: Option<String>,
    /// The member that has the routes, where the target is a module.
    member: Option<String>,
}

impl MountDraft {
    fn plain(mount: Mount) -> Self {
        Self {
            mount,
            module: None,
            member: None,
        }
    }
}

impl<'a, 't> Routers<'a, 't> {
    /// Those of a file of which nothing is known.
    pub(super) fn none(parsed: &'a Parsed<'t>, around: &'a Around<'a, 't>) -> Self {
        Self {
            parsed,
            around,
            known: Vec::new(),
            scopes: Vec::new(),
            returned: FxHashSet::default(),
        }
    }

    pub(super) fn new(
        parsed: &'a Parsed<'t>,
        around: &'a Around<'a, 't>,
        found: &[Found<'t, '_>],
        scopes: Vec<Scope>,
    ) -> Self {
        let mut routers = Self::none(parsed, around);
        routers.scopes = scopes;
        for node in found.iter().flat_map(|found| found.all(Capture::Returned)) {
            let function = routers.symbol_around(node);
            let given_back = function.map(|function| (function.index, parsed.text(node)));
            routers.returned.extend(given_back);
        }
        for found in found {
            if let Some(node) = found.one(Capture::Receiver) {
                let receiver = routers.receiver(found, node);
                routers.add(receiver);
            }
            if let Some(receiver) = routers.holder(found) {
                routers.add(receiver);
            }
        }
        routers.known.sort_by_key(|it| it.at);
        for found in found {
            routers.prepend(found);
        }
        for found in found {
            routers.join(found);
        }
        routers
    }

    pub(super) fn receiver(&self, found: &Found<'t, '_>, node: Node<'t>) -> Receiver<'t> {
        let name = self.parsed.text(node);
        let paths: Option<Vec<Node<'t>>> = match found.one(Capture::ReceiverPrefix).filter(|_| found.pattern.is_listed)
        {
            Some(first) => literals_beside(first),
            None => Some(found.all(Capture::ReceiverPrefix).collect()),
        };
        let path = |node: Node<'t>| constants::path(self.parsed, self.around, node);
        let known = paths.and_then(|paths| shape::of_literals(paths.into_iter().map(path)));
        let prefix = known.unwrap_or_else(|| ANY_PATH.to_owned());
        let parent = found.one(Capture::ReceiverParent);
        let around = || self.symbol_around(node).map(|it| it.index);
        let router = |kind, symbol| Router { kind, symbol };
        let symbol = self.around.symbols.iter().find(|it| it.name == node);
        let router = match symbol {
            Some(symbol) => Some(router(RouterKind::Held, symbol.index)),
            None if found.pattern.is_given => {
                let given = RouterKind::Given(parameter_place(self.parsed, node));
                around().map(|around| router(given, around))
            }
            None => around()
                .filter(|around| self.returned.contains(&(*around, name)))
                .map(|around| router(RouterKind::Made, around)),
        };
        Receiver {
            at: node.start_byte(),
            name,
            own: prefix.clone(),
            prefix: Some(prefix),
            parent: parent.map(|node| (self.parsed.text(node), node.start_byte())),
            router,
        }
    }

    /// Adds a receiver; of two matches at one place, the one that knows more counts.
    fn add(&mut self, receiver: Receiver<'t>) {
        match self.known.iter_mut().find(|known| known.at == receiver.at) {
            Some(known) => {
                let is_plain = known.prefix.as_deref() == Some("");
                if is_plain {
                    known.prefix = receiver.prefix;
                    known.own = receiver.own;
                }
                known.parent = known.parent.or(receiver.parent);
                known.router = known.router.or(receiver.router);
            }
            None => self.known.push(receiver),
        }
    }

    /// Puts a path before the routes of a router that is told so later: `router.prefix("/users")`.
    fn prepend(&mut self, found: &Found<'t, '_>) {
        let (Some(name), Some(path)) = (found.one(Capture::ReceiverLater), found.one(Capture::ReceiverPrefix)) else {
            return;
        };
        let Some(place) = self.place(self.parsed.text(name), name.start_byte()) else {
            return;
        };
        let path = constants::path(self.parsed, self.around, path).unwrap_or_else(|| ANY_PATH.to_owned());
        let known = &mut self.known[place];
        known.prefix = known.prefix.take().map(|own| shape::prefixed(&[&path, &own]));
    }

    /// Puts a router that no other file can reach below the one it is mounted on.
    fn join(&mut self, found: &Found<'t, '_>) {
        let (Some(target), Some(onto)) = (found.one(Capture::MountTarget), found.one(Capture::MountOnto)) else {
            return;
        };
        if found.pattern.is_chained {
            return self.join_in_chain(target, onto);
        }
        let (name, at, onto) = (self.parsed.text(target), target.start_byte(), head(onto));
        let path = self.mount_path(found);
        let onto = (self.parsed.text(onto), onto.start_byte());
        let replaces = found.pattern.is_replacing && found.one(Capture::MountPath).is_some();
        let Some(place) = self.place(name, at) else { return };
        let known = &mut self.known[place];
        if known.router.is_some() || known.parent.is_some() || onto.0 == name {
            return;
        }
        known.parent = Some(onto);
        known.prefix = match known.prefix.take() {
            _ if replaces => Some(path),
            own => own.map(|own| shape::prefixed(&[&path, &own])),
        };
    }

    /// What stands before the routes that are added to an expression; `None` if it is no router, or nobody knows.
    pub(super) fn before(&self, on: Node<'t>) -> Option<Before> {
        self.before_name(self.parsed.text(on), on.start_byte(), 0)
    }

    /// The same for what a chain of calls begins with. What this file does not make a router may be one of another file, if it `is_loose`.
    pub(super) fn before_chain(&self, on: Node<'t>, is_loose: bool) -> Option<Before> {
        let head = head(on);
        let flags = self.parsed.grammar.nodes().kind(head.kind_id()).flags;
        if !flags.has(Flags::IDENTIFIER) {
            return Some(self.variable_around(head, None));
        }
        let elsewhere = || self.elsewhere(self.parsed.text(head));
        self.before(head).or_else(|| is_loose.then(elsewhere))
    }

    pub(super) fn before_name(&self, name: &str, at: usize, depth: usize) -> Option<Before> {
        let receiver = &self.known[self.place(name, at)?];
        let own = receiver.prefix.clone()?;
        match receiver.parent {
            Some((parent, at)) if depth < MOST_GROUPS => {
                let around = self.before_name(parent, at, depth + 1);
                let mut before = around.unwrap_or_else(|| self.elsewhere(parent));
                before.prefix.push_str(&own);
                Some(before)
            }
            _ => Some(Before {
                below: receiver.router.map(|router| Below {
                    router,
                    own: own.len() as u32,
                    is_part: false,
                }),
                prefix: own,
            }),
        }
    }

    /// What is known of a name that this file does not make a router: that another file may.
    pub(super) fn elsewhere(&self, name: &str) -> Before {
        let is_it = |id: NameId| self.around.names[id.0 as usize].expose() == name;
        let mut symbols = self.around.symbols.iter();
        let symbol = symbols.find(|it| it.container.is_none() && self.parsed.text(it.name) == name);
        let imports = &self.around.bindings.imports;
        let import = || {
            imports
                .iter()
                .position(|it| !it.is_reexport && it.local.is_some_and(is_it))
        };
        let router = match symbol {
            Some(symbol) => Some((RouterKind::Held, symbol.index)),
            None => import().map(|at| (RouterKind::Imported, SymbolIdx(at as u32))),
        };
        Before {
            prefix: String::new(),
            below: router.map(|(kind, symbol)| Below {
                router: Router { kind, symbol },
                own: 0,
                is_part: false,
            }),
        }
    }

    /// The variable whose value a node is part of, for routes that are added to no name: `new Router().get(..)`, a list of routes.
    pub(super) fn variable_around(&self, node: Node<'t>, name: Option<&str>) -> Before {
        let around = self.symbol_around(node).filter(|it| !it.kind.is_callable());
        let mut symbols = self.around.symbols.iter();
        let symbol = around.or_else(|| {
            symbols.find(|it| it.container.is_none() && name.is_some_and(|name| self.parsed.text(it.name) == name))
        });
        Before {
            prefix: String::new(),
            below: symbol.map(|symbol| Below {
                router: Router {
                    kind: RouterKind::Held,
                    symbol: symbol.index,
                },
                own: 0,
                is_part: false,
            }),
        }
    }

    /// The last definition of a name before a place, or the first after it.
    pub(super) fn place(&self, name: &str, at: usize) -> Option<usize> {
        let all = || self.known.iter().enumerate().filter(|(_, it)| it.name == name);
        let before = all().filter(|(_, it)| it.at < at).max_by_key(|(_, it)| it.at);
        before.or_else(|| all().next()).map(|(place, _)| place)
    }

    pub(super) fn symbol_around(&self, node: Node<'t>) -> Option<&'a SymbolNode<'t>> {
        let range = node.byte_range();
        let around = |it: &&SymbolNode<'_>| it.node.start_byte() <= range.start && range.end <= it.node.end_byte();
        self.around.symbols.iter().rev().find(around)
    }

    /// What the routes of variables that other files can reach begin with.
    pub(super) fn own_paths(&self) -> Vec<(SymbolIdx, Fragment)> {
        let own = self.known.iter().filter_map(|it| {
            let router = it.router.filter(|router| router.kind == RouterKind::Held)?;
            let path = it.prefix.as_deref().filter(|path| !path.is_empty())?;
            super::is_clean(path).then(|| (router.symbol, Fragment::new(path)))
        });
        own.collect()
    }

    /// The path that a mount states; any where it is computed.
    fn mount_path(&self, found: &Found<'t, '_>) -> String {
        let Some(path) = found.one(Capture::MountPath) else {
            return String::new();
        };
        let known = match found.pattern.is_regex {
            true => super::literal(self.parsed, path).and_then(shape::route_of_regex),
            false => constants::path(self.parsed, self.around, path),
        };
        known.unwrap_or_else(|| ANY_PATH.to_owned())
    }

    /// What one match puts below a path; `None` for a router that is not reached through files.
    pub(super) fn mount(&self, found: &Found<'t, '_>) -> Option<MountDraft> {
        let target = found.one(Capture::MountTarget);
        let module = found.one(Capture::MountModule);
        let is_of_folder = found.pattern.is_of_folder;
        let place = target.or(module).or(found.one(Capture::MountPath))?;
        let path = self.mount_path(found);
        let handed = target.and_then(|target| argument_place(target, found.one(Capture::MountOnto)?));
        let is_argument = handed.is_some();
        let before = match found.one(Capture::MountOnto) {
            Some(onto) if found.pattern.is_chained => self.before_in_chain(onto, place.start_byte()),
            // Whatever is handed something that is no router is no mount.
            Some(onto) if is_argument || found.pattern.is_known => self.before(head(onto))?,
            Some(onto) => self.before_chain(onto, true)?,
            None if is_of_folder => Before::default(),
            None => self.variable_around(place, found.pattern.root.as_deref()),
        };
        let scopes = match found.pattern.is_chained {
            true => String::new(),
            false => prefix_at(&self.scopes, place.start_byte()),
        };
        let path = shape::prefixed(&[&scopes, &before.prefix, &path]);
        let line = place.line();
        if self.around.is_unparsed(line) || !super::is_clean(&path) {
            return None;
        }
        let mut mount = Mount {
            path: Fragment::new(path),
            onto: before.below.map(|below| below.beyond(&scopes)),
            target: ExprId(0),
            takes: RouterKind::Held,
            replaces: found.pattern.is_replacing && found.one(Capture::MountPath).is_some(),
            is_test: false,
            line,
        };
        if found.pattern.is_given {
            mount.takes = RouterKind::Given(handed.unwrap_or(0));
        }
        if is_of_folder {
            mount.takes = RouterKind::Folder;
            return Some(MountDraft::plain(mount));
        }
        let member = found.pattern.root.clone();
        let Some(target) = target else {
            let text = super::literal(self.parsed, module?)?;
            if !(shape::is_module(text) && super::is_clean(text)) {
                return None;
            }
            let module = Some(text.to_owned());
            return Some(MountDraft { mount, module, member });
        };
        let (leaf, is_call) = last_name(target);
        if is_call && !found.pattern.is_given {
            mount.takes = RouterKind::Made;
        }
        mount.target = self.around.reference_target(leaf.start_byte())?;
        Some(MountDraft {
            mount,
            module: None,
            member,
        })
    }
}

impl Below {
    /// The same where more stands before the path, so that what is the router's own cannot be cut off.
    pub(super) fn beyond(self, scopes: &str) -> Self {
        let own = if scopes.is_empty() { self.own } else { 0 };
        Self { own, ..self }
    }
}

/// The place of a parameter among those of its function, the receiver left out.
pub(super) fn parameter_place(parsed: &Parsed<'_>, node: Node<'_>) -> u8 {
    let mut list = node;
    for _ in 0..4 {
        let Some(parent) = list.parent() else { return 0 };
        list = parent;
        if list.kind().contains("parameters") || list.kind() == "parameter_list" {
            break;
        }
    }
    let first = list.named_child(0).map(|first| parsed.text(first));
    let is_method = first.is_some_and(|first| matches!(first, "self" | "cls"));
    place_in(list, node).saturating_sub(u8::from(is_method))
}

/// The place of a router among the arguments of the call of a function; `None` if it is none of them.
fn argument_place(function: Node<'_>, given: Node<'_>) -> Option<u8> {
    let arguments = function.parent()?.child_by_field_name("arguments")?;
    let is_among = arguments.byte_range().contains(&given.start_byte());
    is_among.then(|| place_in(arguments, given))
}

/// How many commas of a list stand before a node. Several parameters of Go can share their type.
pub(super) fn place_in(list: Node<'_>, node: Node<'_>) -> u8 {
    let commas = |list: Node<'_>| {
        let before = list.children().take_while(|it| it.start_byte() < node.start_byte());
        before.filter(|it| it.kind() == ",").count()
    };
    let inside = list.named_children().filter(|it| it.kind() == "parameter_declaration");
    let inside: usize = inside.map(commas).sum();
    (commas(list) + inside).min(255) as u8
}

/// What the first call of a chain is made on: `app` of `app.route(..).route(..)`, `new App()` and `App()` of what makes one there.
pub(super) fn head(node: Node<'_>) -> Node<'_> {
    let mut head = node;
    while let Some(of) = receiver_of(head) {
        head = of;
    }
    head
}

/// What a member is one of, or a call of a member is made on.
pub(super) fn receiver_of(node: Node<'_>) -> Option<Node<'_>> {
    let member = node.child_by_field_name("function").unwrap_or(node);
    let fields = ["object", "operand", "value"];
    fields.iter().find_map(|field| member.child_by_field_name(field))
}

/// The last name of an expression, and whether it is called.
fn last_name(node: Node<'_>) -> (Node<'_>, bool) {
    let (mut leaf, mut is_call) = (node, false);
    if let Some(function) = node.child_by_field_name("function") {
        (leaf, is_call) = (function, true);
    }
    while let Some(last) = (leaf.named_child_count() as u32)
        .checked_sub(1)
        .and_then(|at| leaf.named_child(at))
    {
        leaf = last;
    }
    (leaf, is_call)
}

/// Makes the mounts of a file part of its bindings. A module that a literal names is imported by that.
pub(in crate::extraction) fn keep_mounts(
    bindings: &mut Bindings,
    names: &mut Names<'_>,
    drafts: Vec<MountDraft>,
    is_test: bool,
) {
    for MountDraft {
        mut mount,
        module,
        member,
    } in drafts
    {
        mount.is_test = is_test;
        if mount.takes == RouterKind::Folder {
            bindings.expressions.push(Expr::Unknown);
            mount.target = ExprId(bindings.expressions.len() as u32 - 1);
        }
        if let Some(module) = module {
            bindings.imports.push(Import {
                kind: ImportKind::Namespace,
                path: vec![names.id_of(&module)],
                local: None,
                module: None,
                is_scoped: true,
                is_reexport: false,
                line: mount.line,
            });
            bindings
                .expressions
                .push(Expr::Import(bindings.imports.len() as u32 - 1));
            mount.target = ExprId(bindings.expressions.len() as u32 - 1);
        }
        if let Some(member) = member {
            let inner = Expr::Member(mount.target, names.id_of(&member));
            bindings.expressions.push(inner);
            bindings.mounts.push(Mount {
                target: ExprId(bindings.expressions.len() as u32 - 1),
                ..mount.clone()
            });
        }
        bindings.mounts.push(mount);
    }
}
