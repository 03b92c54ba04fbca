//! Expressions as what they are made of, for as far as that says which symbol or type they stand for.

use super::collect::Lowering;
use super::place::{Place, first_child, named_parts, part, place};
use super::rules::{ExprRule, Rules};
use super::scopes::{Entry, Space};
use super::{Expr, ExprId, ObjectMember};
use crate::extraction::tree::Node;

/// How many levels an expression has at most; what lies deeper is unknown.
pub(super) const MAX_DEPTH: u8 = 64;

/// The types that may stand behind a number.
const NUMBERS: [&str; 14] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64",
];

impl<'t> Lowering<'t, '_> {
    /// The value a node stands for. Names are looked up from `scope`.
    pub(super) fn expression(&mut self, node: Node<'t>, scope: u32, depth: u8) -> ExprId {
        if let Some(&known) = self.lowered.get(&node.id()) {
            return known;
        }
        if depth > MAX_DEPTH {
            return self.unknown();
        }
        let scope = self.survey.scope_of.get(&node.id()).copied().unwrap_or(scope);
        let expr = self.lower(node, scope, depth + 1).unwrap_or(Expr::Unknown);
        let id = self.keep(expr);
        self.lowered.insert(node.id(), id);
        id
    }

    fn lower(&mut self, node: Node<'t>, scope: u32, depth: u8) -> Option<Expr> {
        let rule = self.rules.expression(node.kind_id())?;
        Some(match rule {
            ExprRule::Name => return Some(self.name(node, scope, Space::Value)),
            ExprRule::This => match first_child(node).filter(|label| self.is_capital(*label)) {
                // `this@Outer`: the receiver of a type around it. A small letter names a function, which has that of this place.
                Some(of) => self.receiver_named(of, scope, depth),
                None => self.this(scope),
            },
            ExprRule::Super => self.base(scope),
            ExprRule::Literal { .. } => return rule.holds_for(node).then(|| self.literal(node)),
            ExprRule::Symbol => Expr::Literal,
            ExprRule::Function => Expr::Function(*self.survey.function_of.get(&node.id())?),
            ExprRule::Definition => Expr::Symbol(self.survey.defined_by(node)?),
            ExprRule::Object => self.object(node, scope, depth),
            ExprRule::Array { element } => {
                Expr::Array(part(node, element).map(|first| self.expression(first, scope, depth)))
            }
            ExprRule::List if node.named_child_count() == 1 => return self.same(first_child(node)?, scope, depth),
            ExprRule::Tuple | ExprRule::List => {
                let parts = named_parts(node, 8);
                Expr::Tuple(parts.into_iter().map(|it| self.expression(it, scope, depth)).collect())
            }
            ExprRule::Last => {
                let last = node.named_child(u32::try_from(node.named_child_count()).ok()?.checked_sub(1)?)?;
                return self.same(last, scope, depth);
            }
            ExprRule::Member { object, name, opens } => {
                let is_opened = !opens.is_empty() && self.operator(node) == opens;
                let parts = (place(node, object)?, place(node, name)?);
                self.member(parts, is_opened, scope, depth)
            }
            ExprRule::Path { path, name, itself } => {
                let name = place(node, name)?;
                let Some(path) = place(node, path) else {
                    return Some(self.name(name, scope, Space::Value));
                };
                let head = self.path_head(path, scope, depth);
                let path = self.seen_by(path, scope, depth).map_or(head, |to| {
                    let (of, is) = (head, true);
                    self.keep(Expr::Narrowed { of, to, is })
                });
                if self.parsed.text(name) == itself {
                    return Some(self.out.expressions[path.0 as usize].clone());
                }
                Expr::Path(path, self.names.id(self.parsed.text(self.leaf(name))))
            }
            ExprRule::Variable => {
                return Some(self.name(node, scope, Space::Value)).filter(|it| !matches!(it, Expr::Name { .. }));
            }
            ExprRule::Qualified => return self.qualified(node, scope),
            ExprRule::OwnMember => {
                let this = self.own_receiver(scope);
                let this = self.keep(this);
                Expr::Member(this, self.names.id(self.parsed.text(node)))
            }
            ExprRule::Call { function } => match place(node, function) {
                Some(function) => return self.call(node, function, scope, depth),
                None => return None,
            },
            ExprRule::MethodCall { .. } => {
                let callee = self.callee(node, scope, depth)?;
                let closure = self.closure_argument(node.child_by_field_name("arguments"));
                Expr::Call(callee, closure)
            }
            ExprRule::Construct { r#type } => self.constructed(node, place(node, r#type)?, scope, depth),
            ExprRule::Await => Expr::Await(self.first(node, scope, depth)?),
            ExprRule::Unwrap => Expr::Unwrap(self.first(node, scope, depth)?),
            ExprRule::Index { value, slice, at, .. } => {
                let index = node.named_child(1).filter(|_| !slice.is_empty());
                let value = part(node, value)?;
                if index.is_some_and(|it| it.kind() == slice) {
                    Expr::Slice(self.expression(value, scope, depth))
                } else {
                    self.indexed(value, place(node, at), scope, depth)
                }
            }
            ExprRule::Spread => Expr::Element(self.first(node, scope, depth)?),
            ExprRule::Inner { .. } if self.survey.documentation.of(node).is_some() => {
                Expr::Typed(self.stated_of(node)?)
            }
            ExprRule::Inner { value, .. } => {
                let inner = part(node, value)?;
                if self.leads_further(node, inner) {
                    return Some(Expr::Deref(self.expression(inner, scope, depth)));
                }
                return self.same(inner, scope, depth);
            }
            ExprRule::Typed { r#type } => match self.cast_type(node, r#type) {
                Some(of) => Expr::Typed(self.written(of, scope, depth)),
                None => return self.same(first_child(node)?, scope, depth),
            },
            ExprRule::Either { of } => {
                let parts = of.iter().filter_map(|word| place(node, word)).collect::<Vec<_>>();
                self.either(parts, scope, depth)
            }
            ExprRule::Arms { body, value } => self.arms(place(node, body)?, value, scope, depth),
            ExprRule::Made { .. } => self.made(node, scope, depth)?,
            ExprRule::Operator { either, right, methods } => {
                let operator = self.operator(node);
                let (left, other) = (node.child_by_field_name("left")?, node.child_by_field_name("right")?);
                if either.iter().any(|it| it == operator) {
                    self.either(vec![left, other], scope, depth)
                } else if right.iter().any(|it| it == operator) {
                    return self.same(other, scope, depth);
                } else if methods.contains_key(operator) {
                    self.operation(node, left, scope, depth)?
                } else {
                    Expr::Literal
                }
            }
        })
    }

    /// A value that is written out, of a type that its syntax says.
    fn literal(&mut self, node: Node<'t>) -> Expr {
        // A word of the grammar, which outlives the walk.
        let rules: Option<&'t Rules> = super::language(self.parsed.grammar).rules.as_ref();
        match rules.and_then(|rules| rules.expression(node.kind_id())) {
            // `b"bytes"` is of another type.
            Some(ExprRule::Literal { of, .. }) if !of.is_empty() && self.begins_as_usual(node) => {
                let stated = Some(of)
                    .filter(|it| it.starts_with('('))
                    .and_then(|_| self.suffix(node));
                let name = self.names.id(stated.unwrap_or(of));
                Expr::Typed(self.keep_type(super::TypeExpr::Builtin(Some(name))))
            }
            Some(ExprRule::Literal { of, .. }) if of == "char" => {
                let name = self.names.id("u8");
                Expr::Typed(self.keep_type(super::TypeExpr::Builtin(Some(name))))
            }
            _ => Expr::Literal,
        }
    }

    /// The type that stands behind a number (`1u8`).
    fn suffix(&self, node: Node<'t>) -> Option<&'static str> {
        let text = self.parsed.bytes.get(node.byte_range())?;
        let is_behind = |of: &&&str| {
            let is_hex = text.starts_with(b"0x") && of.starts_with('f');
            text.ends_with(of.as_bytes()) && !is_hex
        };
        NUMBERS.iter().find(is_behind).copied()
    }

    /// Whether no letter of its own stands before a literal in quotes.
    fn begins_as_usual(&self, node: Node<'t>) -> bool {
        let first = self.parsed.bytes.get(node.start_byte());
        !matches!(first, Some(b'b' | b'c'))
    }

    /// Whether an operator leads to what a value refers to as a type says, and not only through a reference: `*self.field`, and `**self` where
    /// `*self` is of the type around.
    fn leads_further(&self, node: Node<'t>, inner: Node<'t>) -> bool {
        let Some(target) = self.dereferenced(node, inner) else {
            return false;
        };
        match self.rules.expression(target.kind_id()) {
            Some(ExprRule::Member { .. }) => true,
            _ => first_child(target)
                .and_then(|inner| self.dereferenced(target, inner))
                .is_some_and(|of| matches!(self.rules.expression(of.kind_id()), Some(ExprRule::This))),
        }
    }

    /// What is dereferenced by a node around it, without brackets.
    fn dereferenced(&self, node: Node<'t>, mut inner: Node<'t>) -> Option<Node<'t>> {
        let Some(ExprRule::Inner { dereferences, .. }) = self.rules.expression(node.kind_id()) else {
            return None;
        };
        let sign = node.child(0).map(|it| self.parsed.text(it));
        if dereferences.is_empty() || sign != Some(dereferences.as_str()) {
            return None;
        }
        for _ in 0..4 {
            match self.rules.expression(inner.kind_id()) {
                Some(ExprRule::Inner { value, dereferences }) if dereferences.is_empty() => inner = part(inner, value)?,
                _ => break,
            }
        }
        Some(inner)
    }

    /// A member of a value. `is_opened` where the operator reaches through what may be nothing.
    fn member(&mut self, (object, name): (Node<'t>, Node<'t>), is_opened: bool, scope: u32, depth: u8) -> Expr {
        if matches!(self.rules.expression(name.kind_id()), Some(ExprRule::This)) {
            return self.receiver_named(object, scope, depth);
        }
        if let Some(own) = self.own_method(object, name, scope) {
            return own;
        }
        let mut object = self.expression(object, scope, depth);
        if is_opened {
            let inner = self.keep(Expr::Unwrap(object));
            object = self.keep(Expr::Either(Box::new([inner, object])));
        }
        match self.position(name) {
            Some(at) => Expr::TupleField(object, at),
            None => Expr::Member(object, self.names.id(self.parsed.text(self.leaf(name)))),
        }
    }

    /// `Outer.this`: the receiver of a type around it.
    fn receiver_named(&mut self, of: Node<'t>, scope: u32, depth: u8) -> Expr {
        let path = self.path_head(of, scope, depth);
        let arguments = Vec::new();
        Expr::Typed(self.keep_type(super::TypeExpr::Named {
            path,
            arguments: arguments.into(),
        }))
    }

    fn is_capital(&self, name: Node<'t>) -> bool {
        self.parsed.text(name).starts_with(char::is_uppercase)
    }

    /// What is made of a type.
    fn constructed(&mut self, node: Node<'t>, of: Node<'t>, scope: u32, depth: u8) -> Expr {
        let rule = self.rules.expression(of.kind_id());
        match (rule, node.child_by_field_name("type_arguments")) {
            (None, _) => Expr::Typed(self.written(of, scope, depth)),
            (Some(_), Some(list)) => {
                let path = self.path_head(of, scope, depth);
                let arguments = self.type_list(list, scope, depth);
                Expr::Typed(self.keep_type(super::TypeExpr::Named {
                    path,
                    arguments: arguments.into(),
                }))
            }
            (Some(ExprRule::This), None) => Expr::Construct(self.expression(of, scope, depth)),
            (Some(_), None) => {
                let path = self.path_head(of, scope, depth);
                match self.made_of(node, of, scope, depth) {
                    Some(arguments) => Expr::Typed(self.keep_type(super::TypeExpr::Named {
                        path,
                        arguments: arguments.into(),
                    })),
                    None => Expr::Construct(path),
                }
            }
        }
    }

    /// The values of the arms of a match.
    fn arms(&mut self, body: Node<'t>, value: &Place, scope: u32, depth: u8) -> Expr {
        let arms: Vec<Node<'t>> = body.named_children().take(64).collect();
        let mut parts = Vec::new();
        for arm in arms {
            let scope = self.survey.scope_of.get(&arm.id()).copied().unwrap_or(scope);
            parts.extend(place(arm, value).map(|part| self.expression(part, scope, depth)));
        }
        Expr::Either(parts.into())
    }

    /// An operator as the call of a method of its left side. Of a built-in type it gives one.
    fn operation(&mut self, node: Node<'t>, left: Node<'t>, scope: u32, depth: u8) -> Option<Expr> {
        // A word of the grammar, which outlives the walk.
        let rules: &'t Rules = super::language(self.parsed.grammar).rules.as_ref()?;
        let Some(ExprRule::Operator { methods, .. }) = rules.expression(node.kind_id()) else {
            return None;
        };
        let method = self.names.id(methods.get(self.operator(node))?);
        let left = self.expression(left, scope, depth);
        let member = self.keep(Expr::Member(left, method));
        let parts = [Expr::Call(member, None), Expr::Literal];
        Some(Expr::Either(parts.into_iter().map(|part| self.keep(part)).collect()))
    }

    pub(super) fn operator(&self, node: Node<'t>) -> &'t str {
        let operator = node.child_by_field_name("operator");
        operator.map(|it| self.parsed.text(it)).unwrap_or_default()
    }

    /// The name inside a name that carries more (`Get<T>`).
    pub(super) fn leaf(&self, mut name: Node<'t>) -> Node<'t> {
        for _ in 0..4 {
            match self.rules.expression(name.kind_id()) {
                Some(ExprRule::Inner { value, .. }) => match part(name, value) {
                    Some(inner) => name = inner,
                    None => break,
                },
                _ => break,
            }
        }
        name
    }

    /// The number that stands in place of a field's name.
    pub(super) fn position(&self, name: Node<'t>) -> Option<u8> {
        let bytes = self.parsed.bytes.get(name.byte_range())?;
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }

    /// The type of a cast: the field, or for an empty name what stands last.
    fn cast_type(&self, node: Node<'t>, field: &Place) -> Option<Node<'t>> {
        if !field.is_empty() {
            return place(node, field);
        }
        let count = u32::try_from(node.named_child_count()).ok()?;
        if count < 2 { None } else { node.named_child(count - 1) }
    }

    fn first(&mut self, node: Node<'t>, scope: u32, depth: u8) -> Option<ExprId> {
        let first = first_child(node)?;
        Some(self.expression(first, scope, depth))
    }

    fn same(&mut self, node: Node<'t>, scope: u32, depth: u8) -> Option<Expr> {
        let id = self.expression(node, scope, depth);
        Some(self.out.expressions[id.0 as usize].clone())
    }

    /// The receiver: of the type that a parameter of its name says, else of the type around.
    fn this(&mut self, scope: u32) -> Expr {
        let name = self.rules.words.receiver_parameter.as_str();
        match self.survey.find(self.symbols, name, scope, usize::MAX, Space::Value) {
            Ok(Entry::Local(local)) if !name.is_empty() => Expr::Local(local),
            _ => self.own_receiver(scope),
        }
    }

    fn either(&mut self, parts: Vec<Node<'t>>, scope: u32, depth: u8) -> Expr {
        Expr::Either(
            parts
                .into_iter()
                .map(|part| self.expression(part, scope, depth))
                .collect(),
        )
    }

    fn call(&mut self, node: Node<'t>, function: Node<'t>, scope: u32, depth: u8) -> Option<Expr> {
        if self.parsed.is_macro_name(function) {
            return Some(self.macro_value(node, function, scope, depth));
        }
        if self
            .rules
            .words
            .super_calls
            .iter()
            .any(|it| it == self.parsed.text(function))
        {
            return Some(Expr::Super(self.survey.scopes[scope as usize].this));
        }
        let arguments = node.child_by_field_name("arguments");
        if let Some(first) = arguments.and_then(first_child) {
            let word = self.parsed.text(function);
            if self.rules.words.typed_calls.iter().any(|it| it == word) {
                return Some(Expr::Typed(self.written(first, scope, depth)));
            }
            if self.rules.words.same_calls.iter().any(|it| it == word) {
                return self.same(first, scope, depth);
            }
            if self.rules.words.merging_calls.iter().any(|it| it == word) {
                return Some(self.merged(arguments?, scope, depth));
            }
            if let Some(of) = self.gathered(word, arguments?, scope, depth) {
                return Some(of);
            }
        }
        if let Some(of) = arguments.and_then(|list| self.language_call(function, list, scope, depth)) {
            return Some(of);
        }
        if let Some(arguments) = arguments
            && self
                .rules
                .words
                .module_calls
                .iter()
                .any(|it| it == self.parsed.text(function))
            && let Some(specifier) = arguments.named_child(0)
        {
            let text = self.parsed.text(specifier).trim_matches(['"', '\'', '`']);
            self.component_loaded(specifier, text);
            return Some(Expr::Module(self.names.id(text)));
        }
        self.called(node, function, arguments, scope, depth)
    }

    /// The callee of a method that gives a part of a list, as if it gave one of a list of such lists (`list.get(1..)`).
    pub(super) fn sliced(
        &mut self,
        function: Node<'t>,
        arguments: Option<Node<'t>>,
        scope: u32,
        depth: u8,
    ) -> Option<ExprId> {
        let methods = &self.rules.words.slicing_methods;
        let Some(ExprRule::Member { object, name, .. }) = self.rules.expression(function.kind_id()) else {
            return None;
        };
        if methods.is_empty() {
            return None;
        }
        let first = first_child(arguments?)?;
        let is_range = matches!(self.rules.expression(first.kind_id()), Some(ExprRule::Made { .. }));
        let name = place(function, name).filter(|_| is_range)?;
        let name = self.parsed.text(name);
        let object = place(function, object).filter(|_| methods.iter().any(|it| it == name))?;
        let of = self.expression(object, scope, depth);
        let lists = self.keep(Expr::Array(Some(of)));
        let name = self.names.id(name);
        Some(self.keep(Expr::Member(lists, name)))
    }

    /// What an operator between two values makes of them (`a..b`), a type of the standard library.
    fn made(&mut self, node: Node<'t>, scope: u32, depth: u8) -> Option<Expr> {
        // A word of the grammar, which outlives the walk.
        let rules: &'t Rules = super::language(self.parsed.grammar).rules.as_ref()?;
        let Some(ExprRule::Made { from, types }) = rules.expression(node.kind_id()) else {
            return None;
        };
        let operator = node.child(1).map(|it| self.parsed.text(it))?;
        let made = types.get(operator).filter(|_| node.named_child_count() == 2)?;
        let first = self.first(node, scope, depth)?;
        let (head, module) = (self.names.id(from), self.survey.scopes[scope as usize].module);
        let head = self.keep(Expr::Name {
            name: head,
            module,
            arity: 0,
        });
        let path = self.names.id(made);
        let path = self.keep(Expr::Path(head, path));
        let arguments = vec![self.keep_type(super::TypeExpr::Of(first))];
        Some(Expr::Typed(self.keep_type(super::TypeExpr::Named {
            path,
            arguments: arguments.into(),
        })))
    }

    /// An object into which all arguments of a call are spread.
    fn merged(&mut self, arguments: Node<'t>, scope: u32, depth: u8) -> Expr {
        let parts = super::binders::parameters(arguments, self.rules);
        let spread = parts.into_iter().take(8).map(|part| ObjectMember {
            name: None,
            value: self.expression(part, scope, depth),
            symbol: None,
        });
        let members = spread.collect();
        self.out.objects.push(members);
        Expr::Object(self.out.objects.len() as u32 - 1)
    }

    /// The first closure among the arguments of a call.
    pub(super) fn closure_argument(&self, arguments: Option<Node<'t>>) -> Option<u32> {
        let list = arguments?;
        let mut children = list.named_children();
        children.find_map(|it| self.survey.function_of.get(&it.id()).copied())
    }

    /// The closure that stands behind the other arguments of a call.
    pub(super) fn closure_behind(&self, call: Node<'t>) -> Option<u32> {
        let last = &self.rules.words.last_arguments;
        let behind = call
            .named_children()
            .filter(|it| last.iter().any(|kind| kind == it.kind()));
        let inner = behind.last()?;
        let closures = std::iter::once(inner).chain(inner.named_children());
        closures
            .into_iter()
            .find_map(|it| self.survey.function_of.get(&it.id()).copied())
    }

    /// What a call that names object and method itself calls. A local variable is not what a bare name means there.
    pub(super) fn callee(&mut self, node: Node<'t>, scope: u32, depth: u8) -> Option<ExprId> {
        let Some(ExprRule::MethodCall { object, name }) = self.rules.expression(node.kind_id()) else {
            return None;
        };
        let name = self.leaf(place(node, name)?);
        let text = self.parsed.text(name);
        if let Some(object) = place(node, object) {
            if let Some(own) = self.own_method(object, name, scope) {
                return Some(self.keep(own));
            }
            let object = self.expression(object, scope, depth);
            let name = self.names.id(text);
            return Some(self.keep(Expr::Member(object, name)));
        }
        let found = self
            .survey
            .find(self.symbols, text, scope, name.start_byte(), Space::Value);
        let module = self.survey.scopes[scope as usize].module;
        Some(match found {
            Ok(Entry::Symbol(symbol)) => self.keep(Expr::Symbol(symbol)),
            Ok(Entry::Import(import)) if module.is_none() => self.keep(Expr::Import(import)),
            Ok(Entry::Local(local)) if self.is_nameless_method(local) => self.keep(Expr::Local(local)),
            // A method of the type around it hides one that is imported.
            _ => {
                let name = self.bare_name(text, 0, scope);
                self.keep(name)
            }
        })
    }

    fn object(&mut self, node: Node<'t>, scope: u32, depth: u8) -> Expr {
        let children: Vec<Node<'t>> = node.named_children().filter(|it| !it.is_extra()).take(256).collect();
        let mut members = Vec::with_capacity(children.len());
        for child in children {
            let symbol = self.survey.symbol_of.get(&child.id()).copied();
            let name = child
                .child_by_field_name("key")
                .or_else(|| child.child_by_field_name("name"));
            let value = if let Some(value) = child.child_by_field_name("value") {
                self.expression(value, scope, depth)
            } else if let Some(&function) = self.survey.function_of.get(&child.id()) {
                self.keep(Expr::Function(function))
            } else if child.is_leaf() {
                let expr = self.name(child, scope, Space::Value);
                self.keep(expr)
            } else {
                self.first(child, scope, depth).unwrap_or_else(|| self.unknown())
            };
            let name = name.or_else(|| (child.is_leaf()).then_some(child));
            let name = name.map(|name| self.names.id(self.parsed.text(name).trim_matches(['"', '\''])));
            members.push(ObjectMember { name, value, symbol });
        }
        self.out.objects.push(members);
        Expr::Object(self.out.objects.len() as u32 - 1)
    }
}
