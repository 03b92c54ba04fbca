//! What the calls of macros mean.

use super::linker::Linker;
use super::relation::{Method, SymbolRef};
use super::targets::Outcome;
use super::value::{Found, ModuleId, Name};
use super::workspace::Workspace;
use crate::extraction::Visibility;
use crate::extraction::bindings::{Expr, ExprId, Import, ImportKind};

impl Linker<'_, '_> {
    pub(super) fn macro_target(&mut self, file: u32, target: ExprId, name: Name) -> Outcome {
        let workspace = self.workspace;
        let candidates = workspace.tables.macros.get(name);
        if candidates.is_empty() {
            return Outcome::External;
        }
        let root = |file: u32| workspace.modules.module(ModuleId(file)).root;
        let own: Vec<SymbolRef> = candidates.iter().filter(|at| at.file == file).copied().collect();
        let is_open = |at: &SymbolRef| {
            workspace
                .container(*at)
                .is_none_or(|at| !workspace.symbol(at).kind.is_callable())
        };
        // A macro of another file that is called like a standard one seldom reaches as far as that one does.
        let text = workspace.names.text(name);
        let is_standard = self
            .rules()
            .is_some_and(|rules| rules.macros.iter().any(|it| it == text));
        let near: Vec<SymbolRef> = candidates
            .iter()
            .filter(|at| root(at.file) == root(file) && is_open(at) && !is_standard)
            .copied()
            .collect();
        let is_bare = !matches!(workspace.files[file as usize].expr(target), Expr::Path(..));
        match self.imported_macro(file, name, &near).filter(|_| is_bare) {
            Some(outcome) if own.is_empty() => return outcome,
            // The file has one for builds that do not import it.
            Some(Outcome::External) => return Outcome::Possible(own),
            _ => {}
        }
        let (found, method) = match (
            workspace.files[file as usize].expr(target),
            own.is_empty(),
            near.is_empty(),
        ) {
            (Expr::Path(of, _), _, _) => {
                let module = match self.found(file, *of, true, 0) {
                    Found::Module(module) => Some(module),
                    _ => None,
                };
                // A module gives away what it defines, or what stands anywhere in its crate.
                let is_inside = |at: &&SymbolRef| Some(workspace.modules.around(workspace, **at)) == module;
                let inside: Vec<SymbolRef> = candidates.iter().filter(is_inside).copied().collect();
                let roots: Vec<ModuleId> = module.map(|it| workspace.modules.module(it).root).into_iter().collect();
                let found = if inside.is_empty() {
                    given(workspace, candidates, &roots)
                } else {
                    inside
                };
                (found, Method::Module)
            }
            (_, false, _) => (own, Method::Lexical),
            (_, _, false) => (near, Method::Module),
            _ => (
                given(workspace, candidates, &self.macro_roots(file, name)),
                Method::Import,
            ),
        };
        match found.as_slice() {
            [] => Outcome::External,
            [one] => Outcome::Symbols(vec![*one], method),
            [first, ..] if found.iter().all(|at| at.file == first.file) => Outcome::Symbols(vec![*first], method),
            _ => Outcome::Possible(found),
        }
    }

    /// What a macro is that the file imports from elsewhere by its name: something from outside, or that as one build has it and `near` as another.
    fn imported_macro(&mut self, file: u32, name: Name, near: &[SymbolRef]) -> Option<Outcome> {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let is_it = |import: &&Import| {
            let local = import.local.is_some_and(|local| it.name(local) == name);
            local && import.kind == ImportKind::Path && import.path.len() > 1
        };
        let import = it.bindings().imports.iter().find(is_it)?;
        let around = Import {
            path: import.path[..import.path.len() - 1].to_vec(),
            ..import.clone()
        };
        match self.rust_import(file, &around, true) {
            Found::Module(module) if !workspace.modules.partly_outside.contains(&module) => None,
            Found::Module(_) | Found::Maybe(_) => Some(Outcome::Possible(near.to_vec())),
            Found::External => Some(Outcome::External),
            _ => None,
        }
    }

    /// The crates from which the imports of a file may bring in a macro.
    fn macro_roots(&mut self, file: u32, name: Name) -> Vec<ModuleId> {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        let mut roots = Vec::new();
        for import in &it.bindings().imports {
            let named = import.local.is_some_and(|local| it.name(local) == name);
            let Some(&first) = import.path.first() else { continue };
            if named || import.kind == ImportKind::All || import.path.len() == 1 {
                let from = workspace.modules.at(file, import.module);
                if let Found::Module(module) = self.rust_known(from, it.name(first), true) {
                    roots.push(workspace.modules.module(module).root);
                }
            }
        }
        roots
    }
}

/// The macros that crates give away.
fn given(workspace: &Workspace<'_>, candidates: &[SymbolRef], roots: &[ModuleId]) -> Vec<SymbolRef> {
    let is_given = |at: &&SymbolRef| {
        let root = workspace.modules.module(ModuleId(at.file)).root;
        workspace.symbol(**at).visibility == Visibility::Public && roots.contains(&root)
    };
    candidates.iter().filter(is_given).copied().collect()
}
