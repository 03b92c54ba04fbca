//! What documentation states, as types like any other.

use super::super::collect::Lowering;
use super::super::scopes::{Entry, Space};
use super::super::{Expr, ExprId, Function, Import, ImportKind, Local, ObjectMember, TypeExpr, TypeId};
use super::{AssignedMember, MAX_MEMBERS, Stated};
use crate::extraction::facts::SymbolIdx;
use crate::extraction::tree::Node;

/// How many assignments to one member are compared; of one that has more, nobody knows whether they agree.
const MAX_COMPARED: usize = 16;

impl<'t> Lowering<'t, '_> {
    /// The type that is stated for a node.
    pub(in crate::extraction::bindings) fn stated_of(&mut self, node: Node<'t>) -> Option<TypeId> {
        let at = self.survey.documentation.of(node)?;
        Some(self.stated(at))
    }

    /// The type that is stated for what a node stands in, or for the node itself.
    pub(in crate::extraction::bindings) fn stated_around(
        &mut self,
        node: Node<'t>,
        around: Node<'t>,
    ) -> Option<TypeId> {
        let is_value = |field| around.child_by_field_name(field) == Some(node);
        let own = self.stated_of(node);
        own.or_else(|| {
            (is_value("value") || is_value("right"))
                .then(|| self.stated_of(around))
                .flatten()
        })
    }

    /// What a function is stated to give back.
    pub(in crate::extraction::bindings) fn stated_result(&mut self, function: Node<'t>) -> Option<TypeId> {
        let at = *self.survey.documentation.results.get(&function.id())?;
        Some(self.stated(at))
    }

    /// A type by its number.
    pub(in crate::extraction::bindings) fn stated(&mut self, at: u32) -> TypeId {
        let survey = self.survey;
        if self.stated.is_empty() {
            self.stated.resize(survey.documentation.types.len(), None);
        }
        if let Some(known) = self.stated[at as usize] {
            return known;
        }
        let (of, scope) = &survey.documentation.types[at as usize];
        let of = self.lower_stated(of, *scope);
        self.stated[at as usize] = Some(of);
        of
    }

    fn lower_stated(&mut self, of: &Stated<'t>, scope: u32) -> TypeId {
        let of = match of {
            Stated::Untyped => TypeExpr::Unknown,
            Stated::Builtin => TypeExpr::Builtin(None),
            Stated::This => TypeExpr::This,
            Stated::Named { path, arguments } => {
                let path = self.stated_path(path, !arguments.is_empty(), scope);
                let arguments = self.stated_list(arguments, scope);
                TypeExpr::Named {
                    path,
                    arguments: arguments.into(),
                }
            }
            Stated::Module {
                specifier,
                path,
                arguments,
            } => {
                let mut head = self.keep_module(specifier);
                for segment in path {
                    let segment = self.names.id(segment);
                    head = self.keep(Expr::Path(head, segment));
                }
                let arguments = self.stated_list(arguments, scope);
                TypeExpr::Named {
                    path: head,
                    arguments: arguments.into(),
                }
            }
            Stated::Array(of) | Stated::Rest(of) => TypeExpr::Array(self.lower_stated(of, scope)),
            Stated::Tuple(parts) => TypeExpr::Tuple(self.stated_list(parts, scope).into()),
            Stated::Union(parts) => TypeExpr::Union(self.stated_list(parts, scope).into()),
            Stated::Intersection(parts) => TypeExpr::Intersection(self.stated_list(parts, scope).into()),
            Stated::Function(at) => TypeExpr::Function(self.survey.functions.len() as u32 + at),
            Stated::Object(members) => TypeExpr::Object(self.stated_object(members, scope)),
            Stated::Of(of) => match self.stated_value(of, scope) {
                Some(of) => TypeExpr::Of(of),
                None => TypeExpr::Unknown,
            },
            Stated::Index(of, key) => {
                let key = key.map(|key| self.names.id(key));
                TypeExpr::Index(self.lower_stated(of, scope), key)
            }
        };
        self.keep_type(of)
    }

    fn stated_list(&mut self, parts: &[Stated<'t>], scope: u32) -> Vec<TypeId> {
        parts.iter().map(|part| self.lower_stated(part, scope)).collect()
    }

    fn keep_module(&mut self, specifier: &'t str) -> ExprId {
        let specifier = self.names.id(specifier);
        self.keep(Expr::Module(specifier))
    }

    fn stated_object(&mut self, members: &[(&'t str, Stated<'t>)], scope: u32) -> u32 {
        let mut lowered = Vec::with_capacity(members.len());
        for (name, of) in members {
            let of = self.lower_stated(of, scope);
            lowered.push(ObjectMember {
                name: Some(self.names.id(name)),
                value: self.keep(Expr::Typed(of)),
                symbol: None,
            });
        }
        self.out.objects.push(lowered);
        self.out.objects.len() as u32 - 1
    }

    /// The path of a type, by what the file calls its first segment.
    fn stated_path(&mut self, path: &[&'t str], is_generic: bool, scope: u32) -> ExprId {
        let (first, rest) = path.split_first().expect("a path has a segment");
        let mut head = self.stated_name(first, Space::Type, scope);
        if is_generic
            && matches!(head, Expr::Name { .. })
            && let Some(name) = self.parsed.grammar.manifest().documented.generic.get(*first)
        {
            let name = self.names.id(name);
            head = Expr::Name {
                name,
                module: None,
                arity: 0,
            };
        }
        for segment in rest {
            let of = self.keep(head);
            head = Expr::Path(of, self.names.id(segment));
        }
        self.keep(head)
    }

    fn stated_name(&mut self, name: &'t str, space: Space, scope: u32) -> Expr {
        match self.survey.find(self.symbols, name, scope, usize::MAX, space) {
            Ok(Entry::Symbol(symbol)) => Expr::Symbol(symbol),
            Ok(Entry::Import(import)) => Expr::Import(import),
            Ok(Entry::TypeParameter(local) | Entry::Alias(local) | Entry::Local(local)) => Expr::Local(local),
            Err(module) => Expr::Name {
                name: self.names.id(name),
                module,
                arity: 0,
            },
        }
    }

    /// The value whose type is meant (`typeof value`).
    fn stated_value(&mut self, of: &Stated<'t>, scope: u32) -> Option<ExprId> {
        match of {
            Stated::Named { path, .. } => {
                let (first, rest) = path.split_first()?;
                let head = self.stated_name(first, Space::Value, scope);
                let mut head = self.keep(head);
                for segment in rest {
                    let segment = self.names.id(segment);
                    head = self.keep(Expr::Member(head, segment));
                }
                Some(head)
            }
            Stated::Module { specifier, path, .. } => {
                let mut head = self.keep_module(specifier);
                for segment in path {
                    let segment = self.names.id(segment);
                    head = self.keep(Expr::Member(head, segment));
                }
                Some(head)
            }
            _ => None,
        }
    }

    /// The function types among what is stated; their numbers follow those of the functions of the file.
    pub(in crate::extraction::bindings) fn stated_functions(&mut self) {
        let survey = self.survey;
        for (signature, scope) in &survey.documentation.functions {
            let mut function = Function::default();
            for parameter in &signature.parameters {
                let of = parameter.as_ref().map(|of| self.lower_stated(of, *scope));
                function.parameters.push(of);
            }
            function.returns = signature.returns.as_ref().map(|of| self.lower_stated(of, *scope));
            self.out.functions.push(function);
        }
    }

    /// The bases of a type that documentation states.
    pub(in crate::extraction::bindings) fn stated_bases(&mut self, of: SymbolIdx, implemented: bool) -> Vec<TypeId> {
        let survey = self.survey;
        let bases = survey.documentation.bases.get(&of).map_or(&[][..], Vec::as_slice);
        let fits = bases.iter().filter(|(_, implements)| *implements == implemented);
        fits.map(|(at, _)| self.stated(*at)).collect()
    }

    /// The members that methods assign, as an object type.
    pub(in crate::extraction::bindings) fn assigned_members(&mut self, of: SymbolIdx) -> Option<TypeId> {
        let survey = self.survey;
        let all = survey.documentation.assigned.get(&of)?;
        let all = Some(all).filter(|all| all.len() <= MAX_MEMBERS)?;
        let mut members: Vec<ObjectMember> = Vec::new();
        for (at, first) in all.iter().enumerate() {
            if all[..at].iter().any(|it| it.name == first.name) {
                continue;
            }
            let same: Vec<&AssignedMember<'t>> = all[at..].iter().filter(|it| it.name == first.name).collect();
            if let Some(local) = self.assigned_member(&same) {
                self.out.locals.push(local);
                let value = self.keep(Expr::Local(self.out.locals.len() as u32 - 1));
                let name = Some(self.names.id(first.name));
                let symbol = None;
                members.push(ObjectMember { name, value, symbol });
            }
        }
        self.out.objects.push(members);
        let object = self.out.objects.len() as u32 - 1;
        Some(self.keep_type(TypeExpr::Object(object)))
    }

    /// One of them: of the type that is stated, or else what the constructor assigns, or any method if that does not.
    fn assigned_member(&mut self, all: &[&AssignedMember<'t>]) -> Option<Local> {
        let survey = self.survey;
        let stated = all.iter().find_map(|it| survey.documentation.at.get(&it.assignment));
        if let Some(at) = stated {
            return Some(Local {
                declared: Some(self.stated(*at)),
                ..Local::default()
            });
        }
        let is_made = all.iter().any(|it| it.in_constructor);
        let fits = all.iter().filter(|it| !is_made || it.in_constructor);
        let parts: Vec<ExprId> = fits
            .filter_map(|it| Some(self.expression(it.value?, it.scope, 0)))
            .collect();
        let value = match parts.as_slice() {
            [] => return None,
            _ if parts.len() > MAX_COMPARED => return None,
            [one] => *one,
            _ => self.keep(Expr::Assigned(parts.into())),
        };
        Some(Local {
            value: Some(value),
            ..Local::default()
        })
    }

    /// Types that a file gives away by their names, unless something else of the file has the name.
    pub(in crate::extraction::bindings) fn stated_exports(&mut self) {
        let survey = self.survey;
        for (name, at, line) in &survey.documentation.exports {
            if survey.defines_symbol(0, name) {
                continue;
            }
            let of = self.stated(*at);
            let value = self.keep(Expr::Typed(of));
            self.out.imports.push(Import {
                kind: ImportKind::Value(value),
                path: Vec::new(),
                local: Some(self.names.id(name)),
                module: None,
                is_scoped: false,
                is_reexport: true,
                line: *line,
            });
        }
    }
}
