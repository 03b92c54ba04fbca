//! One syntax tree to its bindings: the second walk, over what the first one noted.

use super::binders::{names_in, parameters};
use super::place::{Place, place};
use super::rules::{ExprRule, Rules};
use super::scopes::{Source, Survey};
use super::signs;
use super::walk::survey;
use super::{Bindings, Expr, ExprId, Function, Import, ImportKind, LAST_ARGUMENT, Local, Reference, TypeExpr, TypeId};
use crate::extraction::parsed::{Names, Parsed, SymbolNode, Visited};
use crate::extraction::template_uses::Use;
use crate::extraction::tree::Node;
use rustc_hash::FxHashMap;

/// What a file refers to, and where.
#[derive(Default)]
pub(in crate::extraction) struct Collected {
    pub(in crate::extraction) bindings: Bindings,
    /// The calls among `Bindings::references` by the first byte of the last name of what is referred to.
    pub(in crate::extraction) reference_at: FxHashMap<u32, u32>,
    /// That byte of every entry of `Bindings::references`, which are in this order.
    pub(in crate::extraction) places: Vec<u32>,
}

/// Collects what a file refers to.
pub(in crate::extraction) fn collect<'t>(
    parsed: &Parsed<'t>,
    path: &str,
    symbols: &[SymbolNode<'t>],
    visited: &[Visited<'t>],
    names: &mut Names<'t>,
    uses: &[Use],
) -> Collected {
    let Some(rules) = &super::language(parsed.grammar).rules else {
        return Collected::default();
    };
    for symbol in symbols {
        names.id(parsed.name(symbol.name));
    }
    let mut survey = survey(parsed, rules, symbols, visited, names);
    let imports = std::mem::take(&mut survey.imports);
    let has_glob = imports.iter().any(|it: &Import| it.kind == ImportKind::All);
    let mut lowering = Lowering {
        parsed,
        path,
        rules,
        symbols,
        names,
        survey: &survey,
        out: Bindings {
            imports,
            ..Bindings::default()
        },
        lowered: FxHashMap::default(),
        expression_ids: FxHashMap::default(),
        type_ids: FxHashMap::default(),
        sources: vec![None; survey.sources.len()],
        depths: Vec::new(),
        found: Vec::new(),
        stated: Vec::new(),
        has_glob,
    };
    lowering.references();
    lowering.template_uses(uses);
    lowering.keys();
    lowering.given_keys();
    lowering.dotted();
    lowering.quoted_types();
    lowering.paths_of_attributes();
    lowering.macro_bodies();
    lowering.locals();
    lowering.functions();
    lowering.declarations();
    lowering.exports();
    lowering.stated_exports();
    lowering.macro_implementations();
    lowering.item_macros();
    let (reference_at, places) = lowering.order_references();
    Collected {
        bindings: lowering.out,
        reference_at,
        places,
    }
}

/// The second walk in progress.
pub(super) struct Lowering<'t, 'p> {
    pub(super) parsed: &'p Parsed<'t>,
    /// Where the file lies.
    pub(super) path: &'p str,
    pub(super) rules: &'p Rules,
    pub(super) symbols: &'p [SymbolNode<'t>],
    pub(super) names: &'p mut Names<'t>,
    pub(super) survey: &'p Survey<'t>,
    pub(super) out: Bindings,
    /// What a node was lowered to, by its id.
    pub(super) lowered: FxHashMap<usize, ExprId>,
    expression_ids: FxHashMap<Expr, ExprId>,
    type_ids: FxHashMap<TypeExpr, TypeId>,
    sources: Vec<Option<ExprId>>,
    /// How many levels each expression has.
    depths: Vec<u8>,
    /// The references by the first byte of their name.
    pub(super) found: Vec<(u32, Reference)>,
    /// The types that documentation states, as far as they are lowered.
    pub(super) stated: Vec<Option<TypeId>>,
    /// The file imports all names of some module.
    pub(super) has_glob: bool,
}

impl<'t> Lowering<'t, '_> {
    /// Keeps an expression once; one that has too many levels is unknown.
    pub(super) fn keep(&mut self, expr: Expr) -> ExprId {
        let depth = self.depth_of(&expr);
        let expr = if depth > super::expressions::MAX_DEPTH {
            Expr::Unknown
        } else {
            expr
        };
        let next = ExprId(self.out.expressions.len() as u32);
        *self.expression_ids.entry(expr).or_insert_with_key(|expr| {
            self.out.expressions.push(expr.clone());
            self.depths.push(depth);
            next
        })
    }

    fn depth_of(&self, expr: &Expr) -> u8 {
        let depth = |id: &ExprId| self.depths[id.0 as usize];
        let below = match expr {
            Expr::Member(of, _) | Expr::Path(of, _) | Expr::Call(of, _) | Expr::Construct(of) | Expr::Await(of) => {
                depth(of)
            }
            Expr::Unwrap(of)
            | Expr::UnwrapError(of)
            | Expr::Index(of)
            | Expr::Slice(of)
            | Expr::Deref(of)
            | Expr::Element(of)
            | Expr::Keyed(of, _)
            | Expr::TupleField(of, _) => depth(of),
            Expr::Positional { path: of, .. } | Expr::Argument { callee: of, .. } | Expr::Parameter(of, _) => depth(of),
            Expr::Given { call: of, first: other }
            | Expr::Inherited { member: of, or: other }
            | Expr::Narrowed { of, to: other, .. }
            | Expr::ArgumentAfter {
                callee: of,
                first: other,
                ..
            } => depth(of).max(depth(other)),
            Expr::Instantiated(of, _) | Expr::Labelled { callee: of, .. } => depth(of),
            Expr::Either(parts) | Expr::Assigned(parts) | Expr::Tuple(parts) => {
                parts.iter().map(depth).max().unwrap_or(0)
            }
            Expr::Array(first) => first.as_ref().map_or(0, depth),
            _ => 0,
        };
        below.saturating_add(1)
    }

    /// Keeps a written type once.
    pub(super) fn keep_type(&mut self, of: TypeExpr) -> TypeId {
        let next = TypeId(self.out.written.len() as u32);
        *self.type_ids.entry(of).or_insert_with_key(|of| {
            self.out.written.push(of.clone());
            next
        })
    }

    pub(super) fn unknown(&mut self) -> ExprId {
        self.keep(Expr::Unknown)
    }

    fn locals(&mut self) {
        let survey = self.survey;
        let constants = survey.constants();
        for (at, draft) in survey.locals.iter().enumerate() {
            let local = match draft.parameter {
                Some(parameter) => {
                    let stated = match survey.sources[draft.source as usize] {
                        Source::Stated(at) => Some(self.stated(at)),
                        _ => None,
                    };
                    let declared = self.bounds(at as u32, draft.bound).or(stated);
                    Local {
                        declared,
                        parameter: Some(parameter),
                        ..Local::default()
                    }
                }
                None => match survey.sources[draft.source as usize] {
                    Source::Type { node, scope } => Local {
                        declared: Some(self.written(node, scope, 0)),
                        ..Local::default()
                    },
                    Source::Stated(at) => Local {
                        declared: Some(self.stated(at)),
                        ..Local::default()
                    },
                    _ => Local {
                        value: self.assigned(at as u32).or_else(|| self.source(draft.source, 0)),
                        ..Local::default()
                    },
                },
            };
            self.out.locals.push(Local {
                is_constant: constants.contains(&(at as u32)),
                function: draft.function,
                ..local
            });
        }
    }

    /// The value behind a binding.
    pub(super) fn source(&mut self, at: u32, depth: u8) -> Option<ExprId> {
        let source = at;
        if depth > super::expressions::MAX_DEPTH {
            return None;
        }
        if let Some(known) = self.sources[at as usize] {
            return Some(known);
        }
        let id = match self.survey.sources[at as usize] {
            Source::None => return None,
            Source::Value { node, scope } => self.expression(node, scope, 0),
            Source::Type { node, scope } => {
                let of = self.written(node, scope, 0);
                self.keep(Expr::Typed(of))
            }
            Source::Stated(at) => {
                let of = self.stated(at);
                self.keep(Expr::Typed(of))
            }
            Source::Parameter { function, at } => {
                let function = &self.survey.functions[function as usize];
                let expected = self.expected(function.node, function.scope, depth + 1)?;
                self.keep(Expr::Parameter(expected, at))
            }
            Source::Rest { node, scope } => {
                let of = self.written(node, scope, 0);
                let of = self.keep_type(TypeExpr::Array(of));
                self.keep(Expr::Typed(of))
            }
            Source::Receiver { this, is_type: false } => self.keep(Expr::This(this)),
            Source::Receiver { this, is_type: true } => self.keep(Expr::SelfType(this)),
            Source::Through { of, method } => {
                let of = self.source(of, depth + 1)?;
                let called = method.split(' ').map(|method| {
                    let method = self.names.id(method);
                    let member = self.keep(Expr::Member(of, method));
                    self.keep(Expr::Call(member, None))
                });
                // Where no such method is known, it most often gives the value itself.
                let called: Vec<ExprId> = called.collect::<Vec<_>>().into_iter().chain([of]).collect();
                self.keep(Expr::Either(called.into()))
            }
            Source::Element(of) => {
                let of = self.source(of, depth + 1)?;
                self.keep(Expr::Element(of))
            }
            Source::Key { of, key } => {
                let of = self.source(of, depth + 1)?;
                let key = self.names.id(key);
                self.keep(Expr::Member(of, key))
            }
            Source::Position { of, at } => {
                let of = self.source(of, depth + 1)?;
                self.keep(Expr::TupleField(of, at))
            }
            Source::Joined(at) => self.joined(at),
            Source::Payload { path, scope, of, at } => self.payload(path, scope, of, at, depth)?,
            Source::Narrowed { of, to, at, scope, is } => {
                let of = self.keep(Expr::Local(of));
                let others = self.survey.others.get(&source).into_iter().flatten().copied();
                let each = std::iter::once((to, at)).chain(others);
                let mut each: Vec<ExprId> = each.map(|(to, at)| self.checked(to, at, scope)).collect();
                let to = match each.as_mut_slice() {
                    [only] => *only,
                    _ => self.keep(Expr::Tuple(each.into())),
                };
                self.keep(Expr::Narrowed { of, to, is })
            }
        };
        self.sources[at as usize] = Some(id);
        Some(id)
    }

    /// What a pattern like `Some(x)` or `Shape::Circle(x)` binds.
    fn payload(&mut self, path: Node<'t>, scope: u32, of: u32, at: u8, depth: u8) -> Option<ExprId> {
        let head = self.path_head(path, scope, 0);
        let text = self.parsed.text(path);
        let is_free = matches!(self.out.expressions[head.0 as usize], Expr::Name { .. });
        if is_free && self.rules.words.payloads.iter().any(|it| it == text) {
            let of = self.source(of, depth + 1)?;
            return Some(self.keep(Expr::Unwrap(of)));
        }
        if is_free && self.rules.words.error_payloads.iter().any(|it| it == text) {
            let of = self.source(of, depth + 1)?;
            return Some(self.keep(Expr::UnwrapError(of)));
        }
        let field = self.keep(Expr::Positional { path: head, at });
        // A variant that is imported, or named by a path: that of a type from outside, unless it has such a field.
        if at == 0 && self.rules.words.outside_payloads.iter().any(|it| it == text) {
            let of = self.source(of, depth + 1)?;
            let inside = self.keep(Expr::Unwrap(of));
            return Some(self.keep(Expr::Either(Box::new([field, inside]))));
        }
        // A type from outside may hold what is bound.
        let is_outside = !matches!(self.out.expressions[head.0 as usize], Expr::Symbol(_));
        if at == 0 && is_outside && self.rules.words.patterns_open {
            let first = self.source(of, depth + 1)?;
            return Some(self.keep(Expr::Given { call: field, first }));
        }
        Some(field)
    }

    /// What is called with an argument that stands behind the others.
    fn callee_before(&mut self, last: Node<'t>, scope: u32) -> Option<ExprId> {
        let rules = self.rules;
        let call = last.parent()?;
        let is_last = rules.words.last_arguments.iter().any(|it| it == last.kind());
        match rules.expression(call.kind_id())? {
            ExprRule::Call { function } if is_last => {
                let called = place(call, function)?;
                let called = match rules.expression(called.kind_id()) {
                    // `f(a) { … }` is one call.
                    Some(ExprRule::Call { function }) => place(called, function)?,
                    _ => called,
                };
                Some(self.expression(called, scope, 0))
            }
            _ => None,
        }
    }

    /// The type the place of a closure or literal expects, as an expression of that type.
    pub(super) fn expected(&mut self, node: Node<'t>, scope: u32, depth: u8) -> Option<ExprId> {
        if depth > 24 {
            return None;
        }
        let parent = node.parent()?;
        let rules = self.rules;
        if let Some(of) = self.stated_around(node, parent) {
            return Some(self.keep(Expr::Typed(of)));
        }
        if let Some(call) = parent
            .parent()
            .filter(|call| call.child_by_field_name("arguments") == Some(parent))
        {
            let callee = match rules.expression(call.kind_id())? {
                ExprRule::Call { function } => self.expression(place(call, function)?, scope, 0),
                ExprRule::Construct { r#type } => self.expression(place(call, r#type)?, scope, 0),
                ExprRule::MethodCall { .. } => self.callee(call, scope, 0)?,
                _ => return None,
            };
            let at = parent
                .named_children()
                .filter(|it| !it.is_extra())
                .position(|it| it == node)?;
            let first = (at > 0).then(|| self.given(parent, scope, 0)).flatten();
            let at = at.min(255) as u8;
            return Some(self.keep(match first {
                Some(first) => Expr::ArgumentAfter { callee, at, first },
                None => Expr::Argument { callee, at },
            }));
        }
        if let Some(callee) = self.callee_before(parent, scope) {
            let at = LAST_ARGUMENT;
            return Some(self.keep(Expr::Argument { callee, at }));
        }
        let bound = rules.walk(parent.kind_id()).and_then(|walk| walk.binds.as_ref());
        let bound = bound.filter(|it| place(parent, &it.value) == Some(node));
        let of = bound.and_then(|it| place(parent, &it.r#type)).or_else(|| {
            let is_value = parent.child_by_field_name("value") == Some(node);
            parent.child_by_field_name("type").filter(|_| is_value)
        });
        if let Some(of) = of {
            let of = self.written(of, scope, 0);
            return Some(self.keep(Expr::Typed(of)));
        }
        if let (Some(key), true) = (
            parent.child_by_field_name("key"),
            parent.child_by_field_name("value") == Some(node),
        ) {
            let object = self.expected(parent.parent()?, scope, depth + 1)?;
            let key = self.names.id(self.parsed.text(key));
            return Some(self.keep(Expr::Member(object, key)));
        }
        let walk = rules.walk(parent.kind_id());
        if walk.is_some_and(|walk| walk.writes.is_some()) {
            let target = parent.child_by_field_name("left").filter(|left| *left != node)?;
            return Some(self.expression(target, scope, 0));
        }
        match rules.expression(parent.kind_id()) {
            Some(ExprRule::Inner { .. }) => return self.expected(parent, scope, depth + 1),
            // A method of an object literal.
            Some(ExprRule::Object) => {
                let name = node.child_by_field_name("name")?;
                let object = self.expected(parent, scope, depth + 1)?;
                let name = self.names.id(self.parsed.text(name));
                return Some(self.keep(Expr::Member(object, name)));
            }
            Some(ExprRule::Array { .. }) => {
                let list = self.expected(parent, scope, depth + 1)?;
                return Some(self.keep(Expr::Element(list)));
            }
            _ => {}
        }
        let walk = walk?;
        let function = if walk.result {
            let inner = self
                .survey
                .scope_of
                .get(&node.id())
                .and_then(|it| self.survey.scopes[*it as usize].parent);
            let around = self.survey.scopes[inner.unwrap_or(scope) as usize].function?;
            self.survey.functions[around as usize].node
        } else if walk.function && parent.child_by_field_name("body") == Some(node) {
            parent
        } else {
            return None;
        };
        let stated = rules.walk(function.kind_id()).and_then(|walk| walk.returns.as_ref());
        let stated = stated.and_then(|returns| place(function, returns));
        if let Some(returns) = function.child_by_field_name("return_type").or(stated) {
            let of = self.written(returns, scope, 0);
            let of = self.keep(Expr::Typed(of));
            return Some(self.keep(Expr::Await(of)));
        }
        if let Some(of) = self.stated_result(function) {
            let of = self.keep(Expr::Typed(of));
            return Some(self.keep(Expr::Await(of)));
        }
        let expected = self.expected(function, scope, depth + 1)?;
        Some(self.keep(Expr::Call(expected, None)))
    }

    /// A function that is named where one is wanted (`Type::method`), by what calling it gives.
    fn function_named(&mut self, node: Node<'t>, scope: u32) -> Function {
        let result = match self.rules.expression(node.kind_id()) {
            Some(ExprRule::Member { object, name, .. }) if place(node, object) == place(node, name) => {
                let of = place(node, object).map(|of| self.path_head(of, scope, 0));
                of.map(Expr::Construct)
            }
            _ => Some(Expr::Call(self.expression(node, scope, 0), None)),
        };
        Function {
            results: result.map(|it| self.keep(it)).into_iter().collect(),
            is_open: true,
            ..Function::default()
        }
    }

    fn functions(&mut self) {
        let survey = self.survey;
        for draft in &survey.functions {
            let rule = self.rules.walk(draft.node.kind_id());
            if rule.is_some_and(|rule| rule.names_function) {
                let function = self.function_named(draft.node, draft.scope);
                self.out.functions.push(function);
                continue;
            }
            let at = |word: Option<&Place>, usual: &str| match word {
                Some(word) => place(draft.node, word),
                None => draft.node.child_by_field_name(usual),
            };
            let parameters = at(rule.and_then(|rule| rule.parameter_list.as_ref()), "parameters");
            let receiver = usize::from(draft.has_receiver);
            let mut function = self.shape(parameters, receiver, draft.scope);
            if draft.node.kind() == self.rules.words.nameless_parameters
                && let Some(list) = parameters
            {
                function.parameters = self.nameless(list, draft.scope);
                let declares = rule.and_then(|rule| rule.declares.as_ref());
                let receiver = declares.and_then(|it| place(draft.node, &it.receiver));
                let receiver = receiver.filter(|of| self.rules.written(of.kind_id()).is_some());
                function.receiver = receiver.map(|of| self.written(of, draft.scope, 0));
            }
            for child in draft.node.children().take(8) {
                let is_async = || self.parsed.text(child).split_whitespace().any(|it| it == "async");
                match child.kind() {
                    "async" => function.is_async = true,
                    "function_modifiers" => function.is_async |= is_async(),
                    "*" => function.is_generator = true,
                    _ => (),
                }
            }
            let returns = at(rule.and_then(|rule| rule.returns.as_ref()), "return_type");
            let returns = returns.filter(|of| self.rules.written(of.kind_id()).is_some());
            function.returns = returns.map(|of| self.written(of, draft.scope, 0));
            function.returns = function.returns.or_else(|| self.stated_result(draft.node));
            function.labels = self.labels_of(draft.node);
            if self.rules.words.labelled.is_told() {
                function.is_open = function.labels.iter().any(|it| it.is_optional || it.is_many);
            }
            function.guard = self.guard(draft.node, parameters, draft.scope);
            if super::language(self.parsed.grammar).conventions.methods_implement {
                function.signs = signs::of(self.parsed, self.rules, [parameters, returns]);
            }
            if function.returns.is_none() {
                let results = draft.results.iter().take(16);
                function.results = results.map(|(node, scope)| self.expression(*node, *scope, 0)).collect();
            } else if returns.is_some_and(|of| of.kind() == self.rules.words.opaque_result)
                && let Some(body) = draft.node.child_by_field_name("body")
            {
                let said = draft.results.iter().take(16).copied();
                let results = said.chain([(body, draft.scope)]);
                function.results = results.map(|(node, scope)| self.expression(node, scope, 0)).collect();
            }
            self.out.functions.push(function);
        }
        self.stated_functions();
    }

    /// The parameters of a list in which types stand without names (`Fn(Type)`).
    fn nameless(&mut self, list: Node<'t>, scope: u32) -> Vec<Option<TypeId>> {
        let parameters = parameters(list, self.rules).into_iter().take(32);
        let types = parameters.map(|parameter| match self.rules.written(parameter.kind_id()) {
            Some(_) => Some(parameter),
            None => parameter.child_by_field_name("type"),
        });
        let types: Vec<Option<Node<'t>>> = types.collect();
        types
            .into_iter()
            .map(|of| of.map(|of| self.written(of, scope, 0)))
            .collect()
    }

    /// The parameters of a list, without the first ones.
    pub(super) fn shape(&mut self, list: Option<Node<'t>>, but: usize, scope: u32) -> Function {
        let mut function = Function::default();
        let Some(list) = list else {
            return function;
        };
        let text = self.parsed.text(list);
        let words = &self.rules.words.open_parameters;
        function.is_open = words.iter().any(|word| text.contains(word.as_str()));
        let labelled = &self.rules.words.labelled;
        // Where there is no list of them, parameters stand beside the other parts of a function.
        let is_parameter = |it: &Node<'t>| !labelled.is_told() || labelled.is_parameter(*it);
        let all = parameters(list, self.rules).into_iter().skip(but).filter(is_parameter);
        for parameter in all.take(32) {
            let rule = self.rules.walk(parameter.kind_id());
            let binds = rule.and_then(|rule| rule.binds.as_ref());
            let of = parameter.child_by_field_name("type");
            let of = of.or_else(|| place(parameter, &binds?.r#type));
            let of = of.map(|of| self.written(of, scope, 0));
            let of = of.or_else(|| self.stated_of(parameter));
            let count = if labelled.is_told() {
                1
            } else {
                names_in(parameter, self.rules)
            };
            function.parameters.extend(std::iter::repeat_n(of, count));
        }
        function
    }

    fn exports(&mut self) {
        for export in &self.survey.exports {
            // `exports.name = function () {}` is a symbol of its own.
            let assignment = export.value.parent().map(|it| it.id());
            let symbol = assignment.and_then(|id| self.survey.symbol_of.get(&id));
            let value = match symbol {
                Some(symbol) => self.keep(Expr::Symbol(*symbol)),
                None => self.expression(export.value, export.scope, 0),
            };
            self.out.imports.push(Import {
                kind: ImportKind::Value(value),
                path: Vec::new(),
                local: Some(export.name),
                module: None,
                is_scoped: false,
                is_reexport: true,
                line: export.line,
            });
        }
    }
}
