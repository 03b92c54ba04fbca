//! What stands before the routes of a router: the paths that other files mount it under.
//!
//! Every step is one that syntax states. Where a mount states no path, or more than a few of them lead to a router, its routes stay as they are.

use super::handlers::{ANY_PATH, with_action};
use super::linker::Linker;
use super::relation::{RouteNames, SymbolRef};
use super::tables::Multimap;
use super::targets::Outcome;
use super::value::{Found, Value};
use super::workspace::Workspace;
use crate::extraction::bindings::ExprId;
use crate::extraction::bindings::conventions::ModuleRule;

use crate::extraction::{Below, Contract, Fragment, Handler, Mount, Router, RouterKind, SymbolIdx, SymbolKind};
use rustc_hash::FxHashMap;

/// How many mounts stand above each other.
const MOST_ABOVE: usize = 8;
/// Under how many names one route is told.
const MOST_NAMES: usize = 4;

/// Under how many names one is that classes inherit.
const MOST_HEIRS: usize = 64;

/// Mounts by the router they mount: the file and the place among its mounts.
pub(super) type Mounts = Multimap<Key, (u32, u32)>;

/// A router of the repository.
pub(super) type Key = (SymbolRef, RouterKind);

impl<'a> Workspace<'a> {
    /// Finds what every mount mounts.
    pub(super) fn find_mounts(&self) -> Mounts {
        let mut linker = self.linker();
        let mut found = Vec::new();
        for (file, it) in self.files.iter().enumerate() {
            let file = file as u32;
            for (at, mount) in it.bindings().mounts.iter().enumerate() {
                linker.begin(file);
                let symbol = match mount.takes {
                    RouterKind::Folder => Some(first_symbol(file)),
                    _ => linker.router_symbol(file, mount.target),
                };
                found.extend(symbol.map(|symbol| ((symbol, mount.takes), (file, at as u32))));
            }
        }
        Multimap::new(found)
    }

    /// The files that say what stands before the routes of their folders, by folder.
    pub(super) fn find_folder_mounts(&self) -> FxHashMap<String, u32> {
        let is_one = |mount: &Mount| mount.takes == RouterKind::Folder && !mount.is_test;
        let files = self.files.iter().enumerate();
        let saying = files.filter(|(_, it)| it.bindings().mounts.iter().any(is_one));
        saying
            .rev()
            .map(|(file, it)| (folder(it.path).to_owned(), file as u32))
            .collect()
    }

    /// The file that says what stands before the routes of another which a framework finds: the one in the nearest folder above.
    fn folder_mount(&self, file: u32) -> Option<u32> {
        let mut at = folder(self.files[file as usize].path);
        loop {
            match self.tables.folder_mounts.get(at) {
                Some(found) => return Some(*found),
                None if at.is_empty() => return None,
                None => at = folder(at),
            }
        }
    }

    fn mount(&self, (file, at): (u32, u32)) -> &Mount {
        &self.files[file as usize].bindings().mounts[at as usize]
    }
}

/// What stands before a path, and whether it replaces what the path begins with.
type Before = (String, bool);

impl Linker<'_, '_> {
    /// The whole names of the routes of a file whose routers others mount.
    pub(super) fn link_routes(&mut self, file: u32) -> Vec<RouteNames> {
        let contracts = &self.workspace.files[file as usize].facts.contracts;
        let mut out = Vec::new();
        for (at, contract) in contracts.iter().enumerate() {
            let Some(below) = contract.below else { continue };
            self.begin(file);
            if contract.kind == SymbolKind::EnvironmentKey {
                if self.is_read(file, below) {
                    let names = vec![Fragment::new(contract.name.expose().trim_end())];
                    let contract = at as u32;
                    out.push(RouteNames { contract, names });
                }
                continue;
            }
            let mut befores = match below.router.kind {
                RouterKind::Heirs => self.heirs_paths(file, below.router.symbol, contract),
                RouterKind::Registered => self.registered_paths(file, below, contract),
                _ => self.befores(file, below, contract.is_test, 0),
            };
            if befores.is_empty() && below.is_part {
                befores.push((ANY_PATH.to_owned(), false));
            }
            if below.router.kind == RouterKind::Class {
                let whole = |(path, replaces): Before| (with_action(path, contract, self.workspace, file), replaces);
                befores = befores.into_iter().map(whole).collect();
            }
            let most = match below.router.kind {
                RouterKind::Heirs | RouterKind::Registered => MOST_HEIRS,
                _ => MOST_NAMES,
            };
            let names = names_below(contract, &befores, most);
            // What took too many steps to find may be a part of it.
            if !names.is_empty() && !self.is_spent() {
                let contract = at as u32;
                out.push(RouteNames { contract, names });
            }
        }
        out
    }

    /// Whether all that a call can mean reads the environment under the name at a place of its arguments.
    fn is_read(&mut self, file: u32, below: Below) -> bool {
        let workspace = self.workspace;
        let RouterKind::Given(place) = below.router.kind else {
            return false;
        };
        let references = &workspace.files[file as usize].bindings().references;
        let Some(reference) = references.get(below.router.symbol.0 as usize) else {
            return false;
        };
        let reads = |at: &SymbolRef| {
            let readers = &workspace.files[at.file as usize].bindings().readers;
            readers.contains(&(at.symbol, place))
        };
        match self.resolve(file, reference) {
            Outcome::Symbols(symbols, _) => !symbols.is_empty() && symbols.iter().all(reads),
            _ => false,
        }
    }

    /// What stands before a path that hangs on a router; nothing where no mount of it is known.
    fn befores(&mut self, file: u32, below: Below, is_test: bool, depth: usize) -> Vec<Before> {
        let workspace = self.workspace;
        if below.router.kind == RouterKind::Class {
            let symbol = below.router.symbol;
            let path = self.class_path(SymbolRef { file, symbol });
            return path.into_iter().map(|path| (path, false)).collect();
        }
        let is_far = depth >= MOST_ABOVE || self.too_deep(depth as u32);
        let Some(key) = self.router(file, below.router).filter(|_| !is_far) else {
            return Vec::new();
        };
        let made = self.made_path(key, depth);
        let own = match below.router.kind {
            RouterKind::Imported => made.clone().unwrap_or_else(|| workspace.own_path(key)),
            _ => String::new(),
        };
        let mounts = workspace.tables.mounts.get(key).iter();
        let mut mounts: Vec<(u32, &Mount)> = mounts.map(|&at| (at.0, workspace.mount(at))).collect();
        // How tests mount a router says nothing of how it is reached.
        if !is_test && mounts.iter().any(|(_, mount)| !mount.is_test) {
            mounts.retain(|(_, mount)| !mount.is_test);
        }
        let mut out: Vec<Before> = Vec::new();
        for (at, mount) in mounts {
            let above = match mount.onto {
                Some(onto) => self.befores(at, onto, is_test, depth + 1),
                None => Vec::new(),
            };
            let path = mount.path.expose();
            let own = if mount.replaces { "" } else { &own };
            let first = mount.onto.map_or(0, |onto| onto.own as usize);
            let whole = above.iter().map(|(before, replaces)| {
                let first = if *replaces { first } else { 0 };
                format!("{before}{}{own}", path.get(first..).unwrap_or(path))
            });
            let whole: Vec<String> = whole.collect();
            let bare = whole.is_empty().then(|| format!("{path}{own}"));
            out.extend(whole.into_iter().chain(bare).map(|path| (path, mount.replaces)));
            out.sort_unstable();
            out.dedup();
            if out.len() > MOST_NAMES {
                break;
            }
        }
        if out.is_empty() && !own.is_empty() {
            out.push((own, false));
        }
        match made {
            Some(made) if below.router.kind == RouterKind::Held => begun(out, &made),
            _ => out,
        }
    }

    /// What the routes of a router begin with by its class, whatever that is given.
    fn made_path(&mut self, (router, kind): Key, depth: usize) -> Option<String> {
        if kind != RouterKind::Held || self.workspace.is_stand_in(router) {
            return None;
        }
        match self.symbol_value(router, None, depth as u32) {
            Value::Instance(class, _) => self.stated_above(class),
            _ => None,
        }
    }

    /// The router that a name of a file means.
    fn router(&mut self, file: u32, router: Router) -> Option<Key> {
        let symbol = match router.kind {
            RouterKind::Imported => {
                let found = self.import(file, router.symbol.0, false);
                return Some((self.router_found(file, found)?, RouterKind::Held));
            }
            RouterKind::Folder => first_symbol(self.workspace.folder_mount(file)?),
            _ => SymbolRef {
                file,
                symbol: router.symbol,
            },
        };
        Some((symbol, router.kind))
    }

    fn router_symbol(&mut self, file: u32, target: ExprId) -> Option<SymbolRef> {
        let found = self.found(file, target, false, 0);
        self.router_found(file, found)
    }

    /// The one symbol that is meant, or what a module of JavaScript gives away as a whole.
    fn router_found(&mut self, file: u32, found: Found) -> Option<SymbolRef> {
        let found = match found {
            Found::Module(module) if self.workspace.files[file as usize].rule() == ModuleRule::Node => {
                let default = self.workspace.names.get("default")?;
                self.node_export(module, default, &mut Vec::new())
            }
            found => found,
        };
        match found {
            Found::Symbols(symbols) => symbols
                .first()
                .copied()
                .filter(|first| symbols.iter().all(|it| it == first)),
            Found::Value(Value::Item(symbol)) => Some(symbol),
            _ => None,
        }
        .filter(|symbol| !self.workspace.is_stand_in(*symbol))
    }
}

impl Linker<'_, '_> {
    /// What a route of a class begins with in those that inherit it: the path that each of them states, or any where none does.
    fn heirs_paths(&self, file: u32, class: SymbolIdx, contract: &Contract) -> Vec<Before> {
        let workspace = self.workspace;
        let class = SymbolRef { file, symbol: class };
        let method = method_of(contract, file);
        let (mut open, mut paths) = (vec![class], Vec::new());
        let mut at = 0;
        while let Some(&of) = open.get(at) {
            at += 1;
            for &heir in workspace.tables.heirs.get(of) {
                let is_told = workspace.symbol(heir).modifiers.is_test && !contract.is_test
                    || method.is_some_and(|method| self.answers_itself(heir, method));
                if open.contains(&heir) || workspace.is_stand_in(heir) || is_told || open.len() > MOST_HEIRS {
                    continue;
                }
                open.push(heir);
                paths.extend(workspace.stated_path(heir).map(|path| (path.to_owned(), false)));
            }
        }
        paths.sort_unstable();
        paths.dedup();
        if paths.is_empty() || paths.len() > MOST_HEIRS {
            paths = vec![(ANY_PATH.to_owned(), false)];
        }
        paths
    }

    /// What stands before a route of a class and of those that inherit it: the paths that routers give to each. A class with a method of the
    /// same name answers by that.
    fn registered_paths(&mut self, file: u32, below: Below, contract: &Contract) -> Vec<Before> {
        let workspace = self.workspace;
        let symbol = below.router.symbol;
        let (mut open, mut paths) = (vec![SymbolRef { file, symbol }], Vec::new());
        let mut at = 0;
        while let Some(&of) = open.get(at) {
            at += 1;
            let (kind, symbol) = (RouterKind::Held, of.symbol);
            let router = Router { kind, symbol };
            paths.extend(self.befores(of.file, Below { router, ..below }, contract.is_test, 0));
            for &heir in workspace.tables.heirs.get(of) {
                let is_told = workspace.symbol(heir).modifiers.is_test && !contract.is_test
                    || method_of(contract, file).is_some_and(|method| self.has_own(heir, method));
                if !(open.contains(&heir) || workspace.is_stand_in(heir) || is_told || open.len() > MOST_HEIRS) {
                    open.push(heir);
                }
            }
        }
        paths.sort_unstable();
        paths.dedup();
        if paths.len() > MOST_HEIRS {
            paths.clear();
        }
        paths
    }

    fn has_own(&self, class: SymbolRef, method: SymbolRef) -> bool {
        let name = self.workspace.name_of(method);
        !self.workspace.tables.members.get((class, name)).is_empty()
    }

    /// Whether a class has a method in place of one that it inherits, which answers a route by what stands at it itself.
    fn answers_itself(&self, class: SymbolRef, method: SymbolRef) -> bool {
        let workspace = self.workspace;
        let members = workspace.tables.members.get((class, workspace.name_of(method)));
        let mut others = members.iter().filter(|it| !self.differ_in_number(method, **it));
        others.any(|it| workspace.stated_path(*it).is_some())
    }
}

impl Workspace<'_> {
    /// What the routes of a router begin with where it is made, for those that other files add.
    fn own_path(&self, (symbol, _): Key) -> String {
        let routers = &self.files[symbol.file as usize].bindings().routers;
        let own = routers.iter().find(|(at, _)| *at == symbol.symbol);
        own.map(|(_, path)| path.expose().to_owned()).unwrap_or_default()
    }
}

/// What stands before the routes of a router, with `made` in place of what it is given where it is made.
fn begun(befores: Vec<Before>, made: &str) -> Vec<Before> {
    if befores.is_empty() {
        return vec![(made.to_owned(), true)];
    }
    let begun = |(before, replaces): Before| match replaces {
        true => (before, true),
        false => (format!("{before}{made}"), true),
    };
    befores.into_iter().map(begun).collect()
}

/// The definition of a file that answers a contract of it.
fn method_of(contract: &Contract, file: u32) -> Option<SymbolRef> {
    match contract.handler {
        Some(Handler::Symbol(symbol)) => Some(SymbolRef { file, symbol }),
        _ => None,
    }
}

/// Stands for what a file says of its folder.
fn first_symbol(file: u32) -> SymbolRef {
    SymbolRef {
        file,
        symbol: SymbolIdx(0),
    }
}

/// The folder of a file or folder; nothing for the root.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The names of a route by what stands before it; none where that is nothing, or too much to be sure of.
fn names_below(contract: &Contract, befores: &[Before], most: usize) -> Vec<Fragment> {
    let names = befores
        .iter()
        .map(|(before, replaces)| contract.mounted(before, *replaces));
    let names: Option<Vec<_>> = names.collect();
    let mut names = names.unwrap_or_default();
    names.dedup();
    let is_as_it_stands = names.len() == 1 && names[0] == contract.name;
    if names.len() > most || is_as_it_stands {
        names.clear();
    }
    names
}
