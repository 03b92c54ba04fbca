//! Modules: which names they define and bring in. How paths lead from one to another is the business of `rust` and `node`.

use super::node::NodePackages;
use super::packages::NamedPackages;
use super::relation::SymbolRef;
use super::tables::Multimap;
use super::value::{ModuleId, Name};
use super::workspace::Workspace;
use crate::extraction::bindings::conventions::ModuleRule;
use crate::extraction::bindings::manifest::ManifestFacts;
use crate::extraction::bindings::{Exported, ImportKind};
use crate::extraction::{SymbolIdx, SymbolKind};
use rustc_hash::{FxHashMap, FxHashSet};

/// One module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Module {
    pub(super) file: u32,
    /// The inline module it is; `None` for a file.
    pub(super) symbol: Option<SymbolIdx>,
    pub(super) parent: Option<ModuleId>,
    pub(super) root: ModuleId,
}

/// All modules of a workspace. The first ones are the files, in their order.
#[derive(Default)]
pub(super) struct Modules {
    pub(super) all: Vec<Module>,
    pub(super) inline: FxHashMap<SymbolRef, ModuleId>,
    /// Symbols by the module they stand in.
    pub(super) names: Multimap<(ModuleId, Name), SymbolRef>,
    pub(super) children: FxHashMap<(ModuleId, Name), ModuleId>,
    /// Modules of one name in one place, of which a build has one, by a module that stands for them all.
    pub(super) variants: FxHashMap<ModuleId, Vec<ModuleId>>,
    /// What stands for a module and others of its name and place.
    pub(super) variant_of: FxHashMap<ModuleId, ModuleId>,
    /// Symbols of Rust whose module also brings in something by their name: another name space, or another build.
    pub(super) doubled: FxHashSet<SymbolRef>,
    /// Modules that stand for one of the workspace or something outside, as a build is set up.
    pub(super) partly_outside: FxHashSet<ModuleId>,
    /// Imports by the module and the name they bring in: positions in the file's list.
    pub(super) imports: Multimap<(ModuleId, Name), u32>,
    /// Imports of everything.
    pub(super) globs: Multimap<ModuleId, u32>,
    pub(super) default_exports: FxHashMap<u32, SymbolRef>,
    /// The roots of crates, by the crate that names them (`None` for all) and the name.
    pub(super) crates: FxHashMap<(Option<ModuleId>, Name), ModuleId>,
    pub(super) packages: NodePackages,
    /// Packages of the languages that [`super::packages`] is about.
    pub(super) named: NamedPackages,
}

impl Modules {
    /// Finds the modules of a workspace.
    pub(super) fn build<'a>(workspace: &mut Workspace<'a>, manifests: &[(&'a str, &'a ManifestFacts)]) -> Self {
        let mut modules = Self::default();
        for at in 0..workspace.files.len() as u32 {
            modules.all.push(Module {
                file: at,
                symbol: None,
                parent: None,
                root: ModuleId(at),
            });
        }
        modules.find_inline(workspace);
        modules.find_names(workspace);
        modules.packages = NodePackages::new(manifests);
        super::rust::find_tree(workspace, &mut modules, manifests);
        super::packages::find_packages(workspace, &mut modules, manifests);
        modules
    }

    fn find_inline(&mut self, workspace: &Workspace<'_>) {
        for (at, symbol) in workspace.symbols() {
            let is_rust = workspace.files[at.file as usize].rule() == ModuleRule::Rust;
            if symbol.kind != SymbolKind::Module || !is_rust {
                continue;
            }
            let id = ModuleId(self.all.len() as u32);
            let parent = self.around(workspace, at);
            self.all.push(Module {
                file: at.file,
                symbol: Some(at.symbol),
                parent: Some(parent),
                root: id,
            });
            self.inline.insert(at, id);
            self.children.insert((parent, workspace.name_of(at)), id);
        }
    }

    /// The module a symbol stands in.
    pub(super) fn around(&self, workspace: &Workspace<'_>, at: SymbolRef) -> ModuleId {
        let mut container = workspace.container(at);
        while let Some(symbol) = container {
            if let Some(module) = self.inline.get(&symbol) {
                return *module;
            }
            container = workspace.container(symbol);
        }
        ModuleId(at.file)
    }

    /// The module of a place in a file.
    pub(super) fn at(&self, file: u32, module: Option<SymbolIdx>) -> ModuleId {
        module
            .and_then(|symbol| self.inline.get(&SymbolRef { file, symbol }).copied())
            .unwrap_or(ModuleId(file))
    }

    fn find_names(&mut self, workspace: &Workspace<'_>) {
        let (mut names, mut imports, mut globs) = (Vec::new(), Vec::new(), Vec::new());
        for (at, symbol) in workspace.symbols() {
            let container = workspace
                .container(at)
                .map(|container| workspace.symbol(container).kind);
            if !matches!(container, None | Some(SymbolKind::Module)) || symbol.kind == SymbolKind::Impl {
                continue;
            }
            let exported = workspace.declared(at).map(|declared| declared.exported);
            if exported != Some(Exported::File) {
                names.push(((self.around(workspace, at), workspace.name_of(at)), at));
            }
            if matches!(exported, Some(Exported::Default | Exported::File)) && container.is_none() {
                self.default_exports.entry(at.file).or_insert(at);
            }
        }
        for (file, it) in workspace.files.iter().enumerate() {
            for (index, import) in it.bindings().imports.iter().enumerate() {
                let module = self.at(file as u32, import.module);
                match (&import.kind, import.local) {
                    (ImportKind::All, _) => globs.push((module, index as u32)),
                    (_, Some(local)) if !import.is_scoped || import.is_reexport => {
                        imports.push(((module, it.name(local)), index as u32));
                    }
                    _ => {}
                }
            }
        }
        self.names = Multimap::new(names);
        for (key, _) in &imports {
            let symbols = self.names.get(*key);
            let is_rust = || workspace.files[self.module(key.0).file as usize].rule() == ModuleRule::Rust;
            if !symbols.is_empty() && is_rust() {
                self.doubled.extend(symbols.iter().copied());
            }
        }
        self.imports = Multimap::new(imports);
        self.globs = Multimap::new(globs);
    }

    /// Whether a name means a module of the workspace in one build and something outside in another.
    pub(super) fn is_partly_outside(&self, module: ModuleId, name: Name) -> bool {
        let child = self.children.get(&(module, name));
        child.is_some_and(|child| self.partly_outside.contains(child))
    }

    pub(super) fn module(&self, at: ModuleId) -> &Module {
        &self.all[at.0 as usize]
    }
}
