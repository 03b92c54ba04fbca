//! The relations of a file: from its references, its imports, and its definitions themselves.

use super::linker::Linker;
use super::relation::{Import, Method, Relation, RelationKind, SymbolRef, Target};
use super::targets::{MAX_POSSIBLE, Outcome};
use super::value::{Found, Name, Value};
use crate::extraction::bindings::conventions::ModuleRule;
use crate::extraction::bindings::{Expr, ExprId, ImportKind, Reference, ReferenceKind, TypeExpr, TypeId};
use crate::extraction::{NameId, SymbolIdx, SymbolKind, Visibility};

impl Linker<'_, '_> {
    pub(super) fn link_references(&mut self, file: u32, out: &mut Vec<Relation>) {
        let references = &self.workspace.files[file as usize].bindings().references;
        for (index, reference) in references.iter().enumerate() {
            self.begin(file);
            let outcome = self.resolve(file, reference);
            let index = index as u32;
            match self.invoked(file, reference, &outcome) {
                Some(method) => {
                    let read = Reference {
                        kind: ReferenceKind::Read,
                        ..reference.clone()
                    };
                    self.relate(file, index, reference, method, out);
                    self.relate(file, index, &read, outcome, out);
                }
                None => self.relate(file, index, reference, outcome, out),
            }
        }
    }

    fn relate(&mut self, file: u32, index: u32, reference: &Reference, outcome: Outcome, out: &mut Vec<Relation>) {
        let workspace = self.workspace;
        let relation = |kind, target| Relation {
            from: reference.within,
            kind,
            target,
            line: reference.line,
            reference: Some(index),
        };
        let is_use = matches!(reference.kind, ReferenceKind::Read | ReferenceKind::Write);
        match outcome {
            Outcome::Symbols(symbols, method) => {
                // The name of a definition that stands apart from its declaration (`void Type::name()`) is no use of it.
                let is_itself = |at: &SymbolRef| {
                    let is_within = at.file == file && reference.within == Some(at.symbol);
                    is_within && reference.kind == ReferenceKind::Read && self.includes(file)
                };
                let symbols: Vec<SymbolRef> = symbols.into_iter().filter(|at| !is_itself(at)).collect();
                for at in symbols {
                    let name = workspace.files[file as usize].name(reference.name);
                    let kind = match self.relation_kind(reference.kind, name, at) {
                        RelationKind::Extends if self.is_implemented(file, reference, at) => RelationKind::Implements,
                        kind => kind,
                    };
                    out.push(relation(kind, Target::Symbol { at, method }));
                    if kind == RelationKind::Calls {
                        let mut targets = self.dispatch(at);
                        targets.extend(self.definitions_of_builds(at));
                        let targets = targets.into_iter().map(|at| Target::Symbol {
                            at,
                            method: Method::Dispatch,
                        });
                        out.extend(targets.map(|target| relation(kind, target)));
                    }
                    if matches!(reference.kind, ReferenceKind::Call | ReferenceKind::Construct)
                        && let Some(at) = self.wrapped(at)
                    {
                        let kind = self.relation_kind(reference.kind, name, at);
                        let method = Method::Dispatch;
                        out.push(relation(kind, Target::Symbol { at, method }));
                    }
                    if matches!(kind, RelationKind::Calls | RelationKind::Constructs)
                        && self.is_tested(file, reference.within, at)
                    {
                        out.push(relation(RelationKind::Tests, Target::Symbol { at, method }));
                    }
                }
            }
            Outcome::External if !is_use => {
                let (qualifier, package) = self.origin(file, reference.target);
                let is_open = self.is_open(file, reference);
                let kind = plain_kind(reference.kind);
                out.push(relation(
                    kind,
                    Target::External {
                        qualifier,
                        name: reference.name,
                        package,
                        is_open,
                    },
                ));
            }
            Outcome::Possible(mut symbols)
                if !is_use || self.is_implied(file, reference) || self.is_of_settings(file, reference) =>
            {
                symbols.truncate(if symbols.len() > MAX_POSSIBLE { 0 } else { MAX_POSSIBLE });
                symbols.retain(|at| workspace.symbol(*at).kind != SymbolKind::Impl);
                out.push(relation(plain_kind(reference.kind), Target::Possible(symbols)));
            }
            _ => {}
        }
    }

    /// Whether what extends a type implements it, in languages that write both alike.
    fn is_implemented(&self, file: u32, reference: &Reference, of: SymbolRef) -> bool {
        use SymbolKind::{Interface, Trait};
        let is_open = |kind| matches!(kind, Interface | Trait);
        let from = reference.within.map(|symbol| SymbolRef { file, symbol });
        let from = from.map(|at| self.workspace.symbol(at).kind);
        // A trait of PHP and a module of Ruby are taken in, not implemented.
        self.overloads(file) && is_open(self.workspace.symbol(of).kind) && from.is_some_and(|kind| !is_open(kind))
    }

    fn relation_kind(&self, kind: ReferenceKind, name: Name, at: SymbolRef) -> RelationKind {
        use SymbolKind::{Class, EnumMember, Field, Struct, Union};
        match (kind, self.workspace.symbol(at).kind) {
            (ReferenceKind::Call, Class | Struct | EnumMember | Union) => RelationKind::Constructs,
            (ReferenceKind::Call, Field) => self.field_use(name, at).unwrap_or(RelationKind::Calls),
            _ => plain_kind(kind),
        }
    }

    /// The qualifier of an external name as written, and the package an import states.
    fn origin(&self, file: u32, target: ExprId) -> (Option<NameId>, Option<NameId>) {
        let it = &self.workspace.files[file as usize];
        let mut head = target;
        // A path and the first argument of its call.
        if let Expr::Given { call, .. } = it.expr(head)
            && matches!(it.expr(*call), Expr::Path(..))
        {
            head = *call;
        }
        while let Expr::Inherited { or, .. } = it.expr(head) {
            head = *or;
        }
        let mut qualifier = None;
        for depth in 0..64 {
            let next = match it.expr(head) {
                Expr::Member(of, name) | Expr::Path(of, name) => {
                    if depth == 1 {
                        qualifier = Some(*name);
                    }
                    *of
                }
                Expr::Call(of, _) | Expr::Construct(of) | Expr::Await(of) | Expr::Unwrap(of) | Expr::Index(of) => *of,
                Expr::Given { call: of, .. } | Expr::Instantiated(of, _) | Expr::Narrowed { of, .. } => *of,
                Expr::Inherited { or, .. } => *or,
                Expr::Name { name, .. } if depth > 0 => return (qualifier.or(Some(*name)), None),
                Expr::Import(import) => {
                    let import = &it.bindings().imports[*import as usize];
                    let package = import.path.first().copied();
                    return (if depth == 1 { import.local } else { qualifier }, package);
                }
                Expr::Module(specifier) => return (qualifier, Some(*specifier)),
                _ => return (qualifier, None),
            };
            head = next;
        }
        (qualifier, None)
    }

    fn is_tested(&self, file: u32, from: Option<SymbolIdx>, target: SymbolRef) -> bool {
        let Some(from) = from else { return false };
        let from = self.workspace.symbol(SymbolRef { file, symbol: from });
        from.modifiers.is_test && !self.workspace.symbol(target).modifiers.is_test
    }

    pub(super) fn link_imports(&mut self, file: u32, out: &mut Vec<Relation>) -> Vec<Import> {
        let workspace = self.workspace;
        let mut imports = Vec::new();
        let it = &workspace.files[file as usize];
        for (index, import) in it.bindings().imports.iter().enumerate() {
            if matches!(import.kind, ImportKind::Value(_) | ImportKind::Clause) || import.path.is_empty() {
                continue;
            }
            self.begin(file);
            let found = self.import(file, index as u32, false);
            let name = import.local.or(import.path.last().copied());
            let target = match &found {
                Found::Symbols(symbols) | Found::Either(symbols) | Found::Maybe(symbols) => {
                    symbols.first().map(|at| at.file)
                }
                Found::Module(module) => Some(workspace.modules.module(*module).file),
                _ => None,
            };
            let target = target.or_else(|| {
                let specifier = import.path.first().filter(|_| it.rule() == ModuleRule::Node)?;
                let module = self.node_module(file, it.name(*specifier))?;
                Some(workspace.modules.module(module).file)
            });
            let module = match (&import.kind, import.path.as_slice()) {
                (ImportKind::Path, [.., module, _]) if target.is_some() => *module,
                (ImportKind::All, [.., module]) if target.is_some() => *module,
                (_, path) => path[0],
            };
            let entry = Import {
                module,
                file: target,
                line: import.line,
            };
            if imports.last() != Some(&entry) {
                imports.push(entry);
            }
            let targets: Vec<Target> = match (found, name) {
                (Found::Symbols(symbols), _) => symbols
                    .into_iter()
                    .map(|at| Target::Symbol {
                        at,
                        method: Method::Import,
                    })
                    .collect(),
                (Found::External | Found::Nothing, Some(name)) => {
                    vec![Target::External {
                        qualifier: None,
                        name,
                        package: import.path.first().copied(),
                        is_open: false,
                    }]
                }
                _ => Vec::new(),
            };
            let kinds = [RelationKind::Imports, RelationKind::Exports];
            for kind in &kinds[..1 + usize::from(import.is_reexport)] {
                out.extend(targets.iter().map(|target| Relation {
                    from: None,
                    kind: *kind,
                    target: target.clone(),
                    line: import.line,
                    reference: None,
                }));
            }
        }
        imports
    }

    /// Relations that definitions have by themselves: heritage and overrides.
    pub(super) fn link_symbols(&mut self, file: u32, out: &mut Vec<Relation>) {
        let workspace = self.workspace;
        let it = &workspace.files[file as usize];
        for (index, symbol) in it.facts.symbols.iter().enumerate() {
            let at = SymbolRef {
                file,
                symbol: SymbolIdx(index as u32),
            };
            self.begin(file);
            let relation = |kind, target| Relation {
                from: Some(at.symbol),
                kind,
                target,
                line: symbol.lines.start,
                reference: None,
            };
            self.link_heritage(at, &mut |kind, target| out.push(relation(kind, target)));
            let by_methods = |at| Target::Symbol {
                at,
                method: Method::Inferred,
            };
            for of in workspace.tables.by_methods.get(at) {
                out.push(relation(RelationKind::Implements, by_methods(*of)));
            }
            let is_method = matches!(
                symbol.kind,
                SymbolKind::Method | SymbolKind::Getter | SymbolKind::Setter
            );
            let is_method = is_method || symbol.kind == SymbolKind::Function && self.is_in_nameless(at);
            let overriding = it.conventions.map(|it| it.overriding.as_slice()).unwrap_or_default();
            if !is_method && !overriding.iter().any(|kind| kind == symbol.kind.word()) {
                continue;
            }
            if let Some(base) = self.overridden(at) {
                out.push(relation(
                    RelationKind::Overrides,
                    Target::Symbol {
                        at: base,
                        method: Method::Lexical,
                    },
                ));
            }
            for of in self.asked_for(at) {
                out.push(relation(RelationKind::Overrides, by_methods(of)));
            }
        }
    }

    /// Whether a function is a method of a type without a name that a variable holds.
    fn is_in_nameless(&self, at: SymbolRef) -> bool {
        let container = self.workspace.container(at);
        container.is_some_and(|of| {
            let is_type = self.workspace.symbol(of).kind.is_type();
            !is_type && !self.workspace.tables.bases.get(of).is_empty()
        })
    }

    /// The methods of interfaces that a method stands for, where a type implements them by its methods.
    fn asked_for(&mut self, at: SymbolRef) -> Vec<SymbolRef> {
        let workspace = self.workspace;
        let Some(Value::Instance(of, _)) = workspace.tables.impl_types.get(&at) else {
            return Vec::new();
        };
        let name = workspace.name_of(at);
        let mut found = Vec::new();
        for interface in workspace.tables.by_methods.get(*of) {
            let member = self.members_named(*interface, name);
            found.extend(member.into_iter().filter(|it| !found.contains(it)).collect::<Vec<_>>());
        }
        found
    }

    /// What an `impl` block gives to which type, and which traits a trait asks for: said by the definition itself, not by a reference in it.
    fn link_heritage(&mut self, at: SymbolRef, out: &mut dyn FnMut(RelationKind, Target)) {
        let workspace = self.workspace;
        let Some(declared) = workspace.declared(at) else { return };
        let written = match workspace.symbol(at).kind {
            SymbolKind::Impl => &declared.implements,
            SymbolKind::Trait if !self.refers(at, ReferenceKind::Extends) => &declared.extends,
            _ => return,
        };
        let lexical = |at| Target::Symbol {
            at,
            method: Method::Lexical,
        };
        let kind = if workspace.symbol(at).kind == SymbolKind::Impl {
            if let Some(Value::Instance(of, _)) = workspace.tables.impl_types.get(&at) {
                out(RelationKind::TypeUse, lexical(*of));
            }
            RelationKind::Implements
        } else {
            RelationKind::Extends
        };
        for of in written.clone() {
            let mut parts = vec![self.written(at.file, of, None, 0)];
            let mut is_here = false;
            while let Some(part) = parts.pop() {
                match part {
                    Value::Instance(of, _) => {
                        is_here = true;
                        out(kind, lexical(of));
                    }
                    Value::Intersection(more) => parts.extend(more.iter().rev().cloned()),
                    _ => {}
                }
            }
            if let (false, Some(target)) = (is_here, self.external_type(at.file, of)) {
                out(kind, target);
            }
        }
    }

    /// Whether a symbol itself makes a reference of this kind.
    fn refers(&self, at: SymbolRef, kind: ReferenceKind) -> bool {
        let references = &self.workspace.files[at.file as usize].bindings().references;
        references
            .iter()
            .any(|it| it.within == Some(at.symbol) && it.kind == kind)
    }

    /// A type from outside, by the name that is written; `None` for what may be a type of the repository.
    fn external_type(&mut self, file: u32, of: TypeId) -> Option<Target> {
        if !matches!(
            self.written(file, of, None, 0),
            Value::External | Value::Wrapper(..) | Value::Literal(_)
        ) {
            return None;
        }
        let it = &self.workspace.files[file as usize];
        let TypeExpr::Named { path, .. } = &it.bindings().written[of.0 as usize] else {
            return None;
        };
        let name = match it.expr(*path) {
            Expr::Member(_, name) | Expr::Path(_, name) | Expr::Name { name, .. } => *name,
            Expr::Import(import) => {
                let import = &it.bindings().imports[*import as usize];
                import.path.last().copied().or(import.local)?
            }
            _ => return None,
        };
        let (qualifier, package) = self.origin(file, *path);
        Some(Target::External {
            qualifier: qualifier.filter(|it| *it != name),
            name,
            package,
            is_open: false,
        })
    }

    /// The member of a base that a method takes the place of.
    fn overridden(&mut self, at: SymbolRef) -> Option<SymbolRef> {
        let workspace = self.workspace;
        let container = workspace.container(at)?;
        let name = workspace.name_of(at);
        let extended = match workspace.tables.impl_types.get(&container) {
            Some(Value::Instance(of, _)) if workspace.is_extension(container) => *of,
            _ => container,
        };
        let is_block = workspace.symbol(container).kind == SymbolKind::Impl;
        let bases: Vec<Value> = if is_block && !workspace.is_extension(container) {
            let implements = &workspace.declared(container)?.implements;
            implements
                .iter()
                .map(|base| self.written(at.file, *base, None, 0))
                .collect()
        } else {
            workspace
                .tables
                .bases
                .get(extended)
                .iter()
                .map(|base| base.of.clone())
                .collect()
        };
        bases.iter().find_map(|base| {
            let found = self.members(base, name, 0).into_iter().map(|member| member.symbol);
            let found = self.with_parameters_of(at, found.collect());
            found
                .into_iter()
                .find(|base| *base != at && self.may_override(at, *base) && !self.differ_in_number(at, *base))
        })
    }
}

impl Linker<'_, '_> {
    /// Whether a member can take the place of another: its labels are the same, and a property replaces one that can be seen.
    fn may_override(&self, at: SymbolRef, base: SymbolRef) -> bool {
        use SymbolKind::{Field, Getter, Property};
        let (own, other) = (self.workspace.symbol(at), self.workspace.symbol(base));
        if matches!(own.kind, Field | Property)
            && (!matches!(other.kind, Field | Getter | Property)
                || other.visibility == Visibility::Private
                || own.modifiers.is_static != other.modifiers.is_static)
        {
            return false;
        }
        match (self.labels_of(at), self.labels_of(base)) {
            (Some(own), Some(other)) => own.iter().map(|it| it.label).eq(other.iter().map(|it| it.label)),
            _ => true,
        }
    }
}

fn plain_kind(kind: ReferenceKind) -> RelationKind {
    match kind {
        ReferenceKind::Call | ReferenceKind::Macro => RelationKind::Calls,
        ReferenceKind::Construct => RelationKind::Constructs,
        ReferenceKind::TypeUse => RelationKind::TypeUse,
        ReferenceKind::Read => RelationKind::Reads,
        ReferenceKind::Write => RelationKind::Writes,
        ReferenceKind::Extends => RelationKind::Extends,
        ReferenceKind::Implements => RelationKind::Implements,
    }
}
