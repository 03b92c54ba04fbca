//! What answers contracts by names that literals say, and what classes inherit that stands before their routes.
//!
//! A literal itself is no fact. Of what the repository defines, the one that has its digest is meant.

use super::linker::Linker;
use super::packages::{family_of, folder, key};
use super::relation::{Method, Relation, SymbolRef, Target};
use super::value::{ModuleId, Name, Value};
use super::workspace::Workspace;
use crate::extraction::bindings::conventions::{ModuleRule, PackageUnit};
use crate::extraction::bindings::{Expr, TypeExpr};
use crate::extraction::{Contract, Handler, SymbolKind, class_digest, digest, digest_on};
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// How many bases stand above each other.
const MOST_ABOVE: usize = 8;
/// Stands before a path of which only the end is known.
pub(super) const ANY_PATH: &str = "/*";
/// The parameters that stand for the names of a controller and of its action, in the paths of controllers of ASP.NET.
const CONTROLLER: &str = "{controller}";
const ACTION: &str = "{action}";
/// Bases from outside that put nothing before routes.
const PLAIN_BASES: [&str; 5] = [
    "Controller",
    "ControllerBase",
    "ApiController",
    "ODataController",
    "Hub",
];

/// Names and controllers of a workspace by digests, made when the first literal is looked for.
#[derive(Default)]
pub(super) struct Digests {
    names: OnceLock<FxHashMap<u64, Name>>,
    controllers: OnceLock<FxHashMap<u64, Vec<SymbolRef>>>,
    modules: OnceLock<Modules>,
}

/// The files that are modules by digests of their dotted paths; nothing where several are.
#[derive(Default)]
struct Modules {
    whole: FxHashMap<u64, Option<ModuleId>>,
    /// Those of models by the last two names, which are what an application is called by.
    models: FxHashMap<u64, Option<ModuleId>>,
}

impl Workspace<'_> {
    pub(super) fn name_with(&self, wanted: u64) -> Option<Name> {
        let names = self.digests.names.get_or_init(|| {
            let all = self.names.all();
            all.map(|(name, text)| (digest(text), name)).collect()
        });
        names.get(&wanted).copied()
    }

    /// The file that is a module by a dotted path with this digest, if it is the only one.
    pub(super) fn module_with(&self, wanted: u64) -> Option<ModuleId> {
        let modules = self.digests.modules.get_or_init(|| {
            let mut modules = Modules::default();
            let note = |all: &mut FxHashMap<u64, Option<ModuleId>>, path: &str, module: ModuleId| {
                let known = all.entry(digest(&path.replace('/', "."))).or_insert(Some(module));
                *known = known.filter(|it| *it == module);
            };
            let named = &self.modules.named;
            for (&module, name) in named.names.iter().filter(|(module, _)| self.is_file(**module)) {
                // From the top of the repository, and from the outermost package around.
                let within = self.outside_of(module, name);
                for path in [0, within].iter().take(1 + usize::from(within > 0)) {
                    note(&mut modules.whole, &name[*path..], module);
                }
                if let Some(app) = name.strip_suffix("/models") {
                    let last = app.rfind('/').map_or(0, |at| at + 1);
                    note(&mut modules.models, &name[last..], module);
                }
            }
            modules
        });
        let found = modules.whole.get(&wanted).or_else(|| modules.models.get(&wanted));
        found.copied().flatten()
    }

    /// Whether a module has the dotted path of another one with a name behind it, and is not one that is imported there.
    pub(super) fn is_at(&self, module: ModuleId, outer: &Expr, name: Name) -> bool {
        let Expr::Dotted(outer) = outer else { return false };
        let path = digest_on(digest_on(*outer, "."), self.names.text(name));
        self.module_with(path) == Some(module)
    }

    /// Whether a module is a file that its path names.
    fn is_file(&self, module: ModuleId) -> bool {
        let file = self.files.get(module.0 as usize);
        file.and_then(|file| file.conventions)
            .is_some_and(|it| it.modules == ModuleRule::Package && it.packages.unit == PackageUnit::File)
    }

    /// How many bytes of the name of a module are folders around its outermost package.
    fn outside_of(&self, module: ModuleId, name: &str) -> usize {
        let named = &self.modules.named;
        let file = &self.files[module.0 as usize];
        let family = file
            .conventions
            .map_or("", |it| family_of(&it.packages, &file.facts.grammar));
        let mut top = name;
        loop {
            let around = folder(top);
            let package = named.by_name.get(&key(family, around)).filter(|_| !around.is_empty());
            match package {
                Some(package) if self.is_file(*package) => top = around,
                _ if around.is_empty() => return 0,
                _ => return around.len() + 1,
            }
        }
    }

    /// The classes with a name that ends as that of a controller, reopened ones several times.
    fn controllers_with(&self, wanted: u64) -> &[SymbolRef] {
        let controllers = self.digests.controllers.get_or_init(|| {
            let mut controllers: FxHashMap<u64, Vec<SymbolRef>> = FxHashMap::default();
            for (at, symbol) in self.symbols() {
                let is_one = || self.names.text(self.name_of(at)).ends_with("Controller");
                if symbol.kind == SymbolKind::Class && !self.is_stand_in(at) && is_one() {
                    controllers.entry(self.class_digest(at)).or_default().push(at);
                }
            }
            controllers
        });
        controllers.get(&wanted).map_or(&[], Vec::as_slice)
    }

    /// The digest of a controller with its modules: those that its file lies in, as Rails loads it by, or else those around it.
    fn class_digest(&self, class: SymbolRef) -> u64 {
        let own = self.names.text(self.name_of(class));
        let path = self.files[class.file as usize].path.rsplit_once("controllers/");
        if let Some(path) = path.and_then(|(_, rest)| rest.strip_suffix(".rb"))
            && let Some(last) = path.rsplit('/').next()
            && class_digest(std::iter::once(last)) == class_digest(std::iter::once(own))
        {
            return class_digest(path.split('/'));
        }
        let around = std::iter::successors(Some(class), |at| self.container(*at)).take(MOST_ABOVE);
        let mut names: Vec<&str> = around.map(|at| self.names.text(self.name_of(at))).collect();
        names.reverse();
        class_digest(names.iter().flat_map(|name| name.split("::")))
    }
}

impl Linker<'_, '_> {
    /// What answers those contracts of a file whose handlers are named by literals.
    pub(super) fn link_handlers(&mut self, file: u32, relations: &[Relation]) -> Vec<(u32, SymbolRef)> {
        let contracts = &self.workspace.files[file as usize].facts.contracts;
        let mut out = Vec::new();
        for (at, contract) in contracts.iter().enumerate() {
            let found = match contract.handler {
                Some(Handler::Member { of, name }) => {
                    let relation = relations.iter().find(|it| it.reference == Some(of));
                    relation.and_then(|it| self.member_of_class(file, &it.target, name))
                }
                Some(Handler::Action { controller, name }) => self.action(file, controller, name),
                _ => None,
            };
            out.extend(found.map(|symbol| (at as u32, symbol)));
        }
        out
    }

    /// The member of a class, or the class if nothing is known of such a member.
    fn member_of_class(&mut self, file: u32, target: &Target, name: u64) -> Option<SymbolRef> {
        let class = match target {
            Target::Symbol { at, method } if *method != Method::Dispatch => *at,
            _ => return None,
        };
        let is_class = self.workspace.symbol(class).kind == SymbolKind::Class && !self.workspace.is_stand_in(class);
        is_class.then(|| self.named_member(file, class, name).unwrap_or(class))
    }

    /// The action of a controller, or the controller, which needs no method for what only shows something.
    fn action(&mut self, file: u32, controller: u64, name: u64) -> Option<SymbolRef> {
        let workspace = self.workspace;
        let parts = workspace.controllers_with(controller);
        let of_tests = |at: &&SymbolRef| workspace.symbol(**at).modifiers.is_test;
        let parts: Vec<SymbolRef> = parts.iter().filter(|it| !of_tests(it)).copied().collect();
        let found: Vec<SymbolRef> = parts
            .iter()
            .filter_map(|at| self.named_member(file, *at, name))
            .collect();
        match (found.first(), parts.as_slice()) {
            (Some(first), _) => found.iter().all(|it| it == first).then_some(*first),
            (None, [only]) => Some(*only),
            (None, _) => None,
        }
    }

    fn named_member(&mut self, file: u32, class: SymbolRef, name: u64) -> Option<SymbolRef> {
        let name = self.workspace.name_with(name)?;
        self.begin(file);
        let found = self.members(&Value::Instance(class, None), name, 0);
        let is_method = |at: SymbolRef| {
            self.workspace.symbol(at).kind.is_callable() && !self.workspace.is_stand_in(at) && !self.is_spent()
        };
        match found.as_slice() {
            [only] => Some(only.symbol).filter(|at| is_method(*at)),
            _ => None,
        }
    }

    /// What the routes of a class begin with by the nearest of its bases that says so; nothing where none does.
    pub(super) fn class_path(&self, class: SymbolRef) -> Option<String> {
        let workspace = self.workspace;
        let name = workspace.names.text(workspace.name_of(class));
        let name = name
            .strip_suffix("Controller")
            .filter(|it| !it.is_empty())
            .unwrap_or(name);
        let mut at = class;
        for _ in 0..MOST_ABOVE {
            let path = std::iter::once(at)
                .chain(workspace.other_parts(at))
                .find_map(|part| workspace.stated_path(part));
            if let Some(path) = path {
                return Some(path.replace(CONTROLLER, name));
            }
            let bases = workspace.tables.bases.get(at).iter();
            let mut bases = bases.filter_map(|base| match base.of {
                Value::Instance(of, _) if of != at => Some(of),
                _ => None,
            });
            let may_say =
                |of: &SymbolRef| workspace.is_stand_in(*of) || workspace.symbol(*of).kind == SymbolKind::Class;
            match bases.find(may_say) {
                Some(next) if workspace.is_stand_in(next) => return Some(ANY_PATH.to_owned()),
                Some(next) => at = next,
                None => break,
            }
        }
        workspace.has_base_outside(at).then(|| ANY_PATH.to_owned())
    }
}

impl Linker<'_, '_> {
    /// What is stated of the routes of a class, or of the nearest of its bases of which it is.
    pub(super) fn stated_above(&self, class: SymbolRef) -> Option<String> {
        let workspace = self.workspace;
        let mut at = class;
        for _ in 0..MOST_ABOVE {
            if let Some(path) = workspace.stated_path(at) {
                return Some(path.to_owned());
            }
            at = workspace.tables.bases.get(at).iter().find_map(|base| match base.of {
                Value::Instance(of, _) if of != at && !workspace.is_stand_in(of) => Some(of),
                _ => None,
            })?;
        }
        None
    }
}

impl Workspace<'_> {
    pub(super) fn stated_path(&self, class: SymbolRef) -> Option<&str> {
        let routers = &self.files[class.file as usize].bindings().routers;
        let own = routers.iter().find(|(at, _)| *at == class.symbol);
        own.map(|(_, path)| path.expose())
    }

    /// Whether a class has a base from outside that may put something before its routes.
    fn has_base_outside(&self, class: SymbolRef) -> bool {
        let mut parts = std::iter::once(class).chain(self.other_parts(class));
        parts.any(|part| {
            let it = &self.files[part.file as usize];
            let Some(declared) = self.declared(part) else {
                return false;
            };
            let mut written = declared.extends.iter().chain(&declared.implements);
            written.any(|base| {
                let TypeExpr::Named { path, .. } = &it.bindings().written[base.0 as usize] else {
                    return false;
                };
                let (Expr::Name { name, .. } | Expr::Member(_, name) | Expr::Path(_, name)) = it.expr(*path) else {
                    return false;
                };
                let name = self.names.text(it.name(*name));
                !(PLAIN_BASES.contains(&name) || is_interface(name) || self.is_type_here(part, *base))
            })
        })
    }

    fn is_type_here(&self, at: SymbolRef, base: crate::extraction::bindings::TypeId) -> bool {
        let mut linker = self.linker();
        linker.begin(at.file);
        matches!(linker.written(at.file, base, None, 0), Value::Instance(..))
    }
}

/// Interfaces of C# are called `IName`.
fn is_interface(name: &str) -> bool {
    name.strip_prefix('I')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// A path with the name of the action that answers it.
pub(super) fn with_action(path: String, contract: &Contract, workspace: &Workspace<'_>, file: u32) -> String {
    match contract.handler {
        Some(Handler::Symbol(symbol)) if path.contains(ACTION) => {
            let name = workspace.names.text(workspace.name_of(SymbolRef { file, symbol }));
            path.replace(ACTION, name.strip_suffix("Async").unwrap_or(name))
        }
        _ => path,
    }
}
