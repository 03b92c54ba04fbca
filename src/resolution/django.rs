//! Settings of Django: `settings.NAME` of `django.conf` is a variable of the modules of settings, whichever of them is in force.

use super::linker::Linker;
use super::relation::{Method, SymbolRef};
use super::targets::{MAX_POSSIBLE, Outcome};
use super::value::{Found, ModuleId, Name};
use super::workspace::Workspace;
use crate::extraction::SymbolKind;
use crate::extraction::bindings::{Expr, ExprId, ImportKind, Reference};

/// What every module of settings says, or one that it takes all names of.
const SIGN: &str = "INSTALLED_APPS";

impl Workspace<'_> {
    /// The modules of settings: those that list the applications, what they take all names of, and what takes all names of them.
    pub(super) fn find_settings(&self) -> Vec<u32> {
        let Some(sign) = self.names.get(SIGN) else {
            return Vec::new();
        };
        let files = 0..self.files.len() as u32;
        let says = |file: &u32| {
            let symbols = self.modules.names.get((ModuleId(*file), sign));
            self.files[*file as usize].facts.grammar == "python" && symbols.iter().any(|at| self.is_setting(*at))
        };
        let mut found: Vec<u32> = files.clone().filter(says).collect();
        if found.is_empty() {
            return found;
        }
        let taken: Vec<(u32, u32)> = files.flat_map(|file| self.taken_whole(file)).collect();
        let mut at = 0;
        while let Some(&file) = found.get(at) {
            for &(by, of) in &taken {
                let other = [(by, of), (of, by)]
                    .into_iter()
                    .find_map(|(it, other)| (it == file).then_some(other));
                found.extend(other.filter(|other| !found.contains(other)));
            }
            at += 1;
        }
        found.sort_unstable();
        found
    }

    /// The files that one of Python takes all names of.
    fn taken_whole(&self, file: u32) -> Vec<(u32, u32)> {
        let it = &self.files[file as usize];
        if it.facts.grammar != "python" {
            return Vec::new();
        }
        let mut linker = self.linker();
        let imports = it.bindings().imports.iter().enumerate();
        let whole = imports.filter(|(_, import)| import.kind == ImportKind::All);
        let modules = whole.filter_map(|(at, _)| {
            linker.begin(file);
            match linker.import(file, at as u32, false) {
                Found::Module(module) => Some((file, self.modules.module(module).file)),
                _ => None,
            }
        });
        modules.collect()
    }

    fn is_setting(&self, at: SymbolRef) -> bool {
        !self.is_stand_in(at) && matches!(self.symbol(at).kind, SymbolKind::Variable | SymbolKind::Constant)
    }
}

impl Linker<'_, '_> {
    /// What a member of `django.conf.settings` is; `None` for members of anything else, and for what no module of settings defines.
    pub(super) fn setting(&self, file: u32, of: ExprId, name: Name) -> Option<Outcome> {
        let workspace = self.workspace;
        if workspace.tables.settings.is_empty() || !self.is_settings(file, of) {
            return None;
        }
        let modules = workspace.tables.settings.iter();
        let named = modules.flat_map(|file| workspace.modules.names.get((ModuleId(*file), name)));
        let mut symbols: Vec<SymbolRef> = named.copied().filter(|at| workspace.is_setting(*at)).collect();
        symbols.dedup();
        match symbols.len() {
            0 => None,
            1 => Some(Outcome::Symbols(symbols, Method::Inferred)),
            _ => {
                symbols.truncate(MAX_POSSIBLE);
                Some(Outcome::Possible(symbols))
            }
        }
    }

    /// Whether a reference names a setting.
    pub(super) fn is_of_settings(&self, file: u32, reference: &Reference) -> bool {
        let it = &self.workspace.files[file as usize];
        matches!(it.expr(reference.target), Expr::Member(of, _) if self.is_settings(file, *of))
    }

    fn is_settings(&self, file: u32, of: ExprId) -> bool {
        let it = &self.workspace.files[file as usize];
        let Expr::Import(import) = it.expr(of) else {
            return false;
        };
        let import = &it.bindings().imports[*import as usize];
        let text = |id| self.workspace.names.text(it.name(id));
        let is_named = matches!(import.kind, ImportKind::Member(name) if text(name) == "settings");
        is_named && it.facts.grammar == "python" && matches!(import.path[..], [path] if text(path) == "django.conf")
    }
}
