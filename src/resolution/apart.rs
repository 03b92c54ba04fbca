//! Languages in which methods and variables have name spaces of their own: a field hides no method of its name.

use super::linker::Linker;
use super::members::Member;
use super::packages::is_value;
use super::relation::SymbolRef;
use super::value::{Found, ModuleId, Name, Value};
use crate::extraction::SymbolIdx;
use crate::extraction::bindings::{Expr, ExprId, Reference, ReferenceKind};

impl Linker<'_, '_> {
    fn has_methods_apart(&self, file: u32) -> bool {
        let conventions = self.workspace.files[file as usize].conventions;
        conventions.is_some_and(|it| it.methods_apart)
    }

    fn is_method(&self, at: SymbolRef) -> bool {
        self.workspace.symbol(at).kind.is_callable()
    }

    /// Members that an instance has itself, and behind them, if all are fields, the methods that it has from its bases.
    pub(super) fn with_methods(
        &mut self,
        of: &Value,
        at: SymbolRef,
        name: Name,
        mut own: Vec<Member>,
        depth: u32,
    ) -> Vec<Member> {
        let is_value = matches!(of, Value::Instance(..));
        if is_value && self.has_methods_apart(at.file) && !own.iter().any(|it| self.is_method(it.symbol)) {
            let inherited = self.inherited_members(of, at, name, depth);
            own.extend(inherited.into_iter().filter(|it| self.is_method(it.symbol)));
        }
        own
    }

    /// What a call of a bare name means that leads to fields: a method of the types around, or one that an import brings in. Nothing where the name may
    /// be a field.
    pub(super) fn called_apart(
        &mut self,
        file: u32,
        reference: &Reference,
        symbols: &[SymbolRef],
    ) -> Option<Vec<SymbolRef>> {
        let is_call = reference.kind == ReferenceKind::Call;
        is_call.then(|| self.apart(file, reference.target, symbols)).flatten()
    }

    /// The same of what is called.
    pub(super) fn apart(&mut self, file: u32, callee: ExprId, symbols: &[SymbolRef]) -> Option<Vec<SymbolRef>> {
        let it = &self.workspace.files[file as usize];
        let Expr::Name { name, module, .. } = it.expr(callee) else {
            return None;
        };
        let (name, around) = (it.name(*name), *module);
        let is_field = |at: &SymbolRef| is_value(self.workspace.symbol(*at).kind);
        let are_fields = self.has_methods_apart(file) && symbols.iter().all(is_field);
        let methods = are_fields.then(|| self.methods_in_scope(file, name, around))?;
        // Of a record the method that gives a component has its name; other classes have the method from outside.
        let is_component = |at: &SymbolRef| {
            let of = self.workspace.container(*at);
            let bases = of.map(|of| self.workspace.tables.bases.get(of));
            bases.is_some_and(|all| all.iter().all(|it| matches!(it.of, Value::Instance(..))))
        };
        let are_components = methods.is_empty() && symbols.iter().all(is_component);
        (!are_components).then_some(methods)
    }

    /// The methods that a bare name means at a place.
    fn methods_in_scope(&mut self, file: u32, name: Name, this: Option<SymbolIdx>) -> Vec<SymbolRef> {
        let workspace = self.workspace;
        let mut around = this.map(|symbol| SymbolRef { file, symbol });
        while let Some(of) = around {
            let members = self.members(&Value::Instance(of, None), name, 0);
            let methods = members.into_iter().map(|it| it.symbol);
            let methods: Vec<SymbolRef> = methods.filter(|at| self.is_method(*at)).collect();
            if !methods.is_empty() {
                return methods;
            }
            around = workspace.container(of);
        }
        for &index in workspace.modules.imports.get((ModuleId(file), name)) {
            let found = self.import(file, index, false);
            let methods = self.methods_of(found);
            if !methods.is_empty() {
                return methods;
            }
        }
        let found = self.package_globs(file, ModuleId(file), name.into());
        self.methods_of(found)
    }

    fn methods_of(&self, found: Found) -> Vec<SymbolRef> {
        let all = self.symbols_of(found).into_iter();
        all.filter(|at| self.is_method(*at)).collect()
    }
}
