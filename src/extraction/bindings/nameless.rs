//! Types without a name (`new Base() { .. }`) and closures with a receiver (`value.apply { .. }`): what it is, and what bare names mean in them.

use super::collect::Lowering;
use super::place::place;
use super::rules::{ExprRule, Nameless, Rules, WalkRule};
use super::scopes::{Entry, LocalDraft, Source};
use super::walk::{Frame, Surveyor, has_members};
use super::{Expr, RECEIVER, TypeExpr, TypeId};
use crate::extraction::facts::{SymbolIdx, SymbolKind};
use crate::extraction::tree::Node;
use rustc_hash::FxHashMap;

/// How many bases and methods are looked at.
const MAX_PARTS: usize = 256;

/// How deep the bases may lie in the node that leads to them.
const MAX_DEPTH: u8 = 3;

/// How many types without a name may stand in each other.
const MAX_AROUND: usize = 8;

/// What the receiver of a closure is.
#[derive(Clone, Copy)]
enum Receiver<'t> {
    Value(Node<'t>),
    Type(Node<'t>),
    /// What the place of the closure says, if it does.
    Expected,
}

/// A type without a name, or a closure with a receiver, before its bases are lowered.
pub(super) struct NamelessDraft<'t> {
    body: Node<'t>,
    /// Whether each is implemented rather than extended stands beside it.
    bases: Vec<(Node<'t>, bool)>,
    /// Where it stands.
    scope: u32,
    within: Option<SymbolIdx>,
    /// Of a closure.
    receiver: Option<Receiver<'t>>,
    methods: FxHashMap<&'t str, Entry>,
}

/// The types in a node: itself, or those that it lists. A heritage clause in it says whether they are implemented.
fn bases_in<'t>(node: Node<'t>, rules: &Rules, implements: bool, depth: u8, found: &mut Vec<(Node<'t>, bool)>) {
    let kind = node.kind_id();
    if rules.written(kind).is_some() || rules.expression(kind).is_some() {
        found.push((node, implements));
    } else if depth < MAX_DEPTH && node.kind() != "type_arguments" {
        let clause = rules.walk(kind).and_then(|it| it.heritage.as_ref());
        let implements = implements || clause.is_some_and(|it| it.implements);
        let inner = node.named_children().filter(|it| !it.is_extra()).take(MAX_PARTS);
        inner.for_each(|it| bases_in(it, rules, implements, depth + 1, found));
    }
}

impl<'t> Surveyor<'t, '_> {
    /// Whether a body is that of a type without a name.
    pub(super) fn has_no_name(&self, body: Node<'t>, rule: &Nameless) -> bool {
        let of = body.parent().filter(|it| it.kind() == rule.within);
        let defined = |of: Node<'t>| self.survey.defined_by(of).map(|at| self.symbols[at.0 as usize].kind);
        of.is_some_and(|of| !defined(of).is_some_and(has_members))
    }

    /// Notes such a type, which stands in one scope and opens another.
    pub(super) fn open_nameless(&mut self, body: Node<'t>, rule: &Nameless, outer: &Frame<'t>, scope: u32) {
        let mut bases = Vec::new();
        let listed = [&rule.bases, &rule.interfaces].map(|it| place(body, it));
        for of in listed.into_iter().flatten() {
            bases_in(of, self.rules, false, 0, &mut bases);
        }
        let mut methods = FxHashMap::default();
        for method in body.named_children().take(MAX_PARTS) {
            let is_function = self.rules.walk(method.kind_id()).is_some_and(|it| it.function);
            if let Some(name) = method.child_by_field_name("name").filter(|_| is_function) {
                let entry = self.nameless_method(method, name, scope);
                methods.insert(self.parsed.text(name), entry);
            }
        }
        let at = self.survey.nameless.len() as u32;
        self.survey.nameless.push(NamelessDraft {
            body,
            bases,
            scope: outer.scope,
            within: outer.symbol,
            receiver: None,
            methods,
        });
        self.survey.scopes[scope as usize].nameless = Some(at);
    }

    /// Notes a closure or function that may have a receiver of its own.
    pub(super) fn open_receiving(&mut self, function: Node<'t>, rule: &WalkRule, outer: &Frame<'t>, scope: u32) {
        let stated = place(function, &rule.receiver).filter(|of| self.rules.written(of.kind_id()).is_some());
        let receiver = match stated {
            Some(of) => Some(Receiver::Type(of)),
            None if rule.may_have_receiver => self.receiver_of(function),
            None => None,
        };
        let Some(receiver) = receiver else { return };
        let at = self.survey.nameless.len() as u32;
        self.survey.nameless.push(NamelessDraft {
            body: function,
            bases: Vec::new(),
            scope: outer.scope,
            within: None,
            receiver: Some(receiver),
            methods: FxHashMap::default(),
        });
        self.survey.scopes[scope as usize].nameless = Some(at);
    }

    /// What the receiver of a closure is that a function takes; nothing if that is known to hand it none.
    fn receiver_of(&self, closure: Node<'t>) -> Option<Receiver<'t>> {
        let called = |call: Node<'t>| match self.rules.expression(call.kind_id())? {
            ExprRule::Call { function } => place(call, function),
            _ => None,
        };
        let call = closure
            .parent()
            .and_then(|it| it.parent())
            .filter(|it| called(*it).is_some());
        let Some(call) = call else {
            return Some(Receiver::Expected);
        };
        let function = called(call)?;
        // `f(a) { .. }` is one call.
        let (call, function) = called(function).map_or((call, function), |inner| (function, inner));
        let Some(name) = self.last_name(function) else {
            return Some(Receiver::Expected);
        };
        let name = self.parsed.text(name);
        if !self.rules.words.receiving_calls.iter().any(|it| it == name) {
            let callbacks = &super::language(self.parsed.grammar).conventions.callbacks;
            return (!callbacks.contains_key(name)).then_some(Receiver::Expected);
        }
        if let Some(ExprRule::Member { object, .. }) = self.rules.expression(function.kind_id()) {
            return place(function, object).map(Receiver::Value);
        }
        let list = place(call, &self.rules.words.arguments)?;
        let first = super::place::first_child(list).and_then(super::place::first_child);
        first.map(Receiver::Value)
    }

    /// What the name of a method stands for, which the scope of the type knows where no receiver is needed.
    fn nameless_method(&mut self, method: Node<'t>, name: Node<'t>, scope: u32) -> Entry {
        let symbol = self.survey.symbol_of.get(&method.id()).copied();
        let is_known = symbol.is_some_and(|at| self.symbols[at.0 as usize].kind == SymbolKind::Function);
        let entry = symbol.map(Entry::Symbol).unwrap_or_else(|| {
            let source = self.survey.source(Source::None);
            let local = self.survey.locals.len() as u32;
            self.survey.locals.push(LocalDraft {
                source,
                parameter: None,
                bound: None,
                function: Some(name.start_byte() as u32),
            });
            Entry::Local(local)
        });
        if self.rules.words.receiver_is_implied && !is_known {
            self.survey.define(scope, self.parsed.text(name), entry, 0);
        }
        entry
    }

    /// Whether a function is a method of a type without a name.
    pub(super) fn is_method_of(&self, function: Node<'t>, nameless: u32) -> bool {
        function.parent() == Some(self.survey.nameless[nameless as usize].body)
    }
}

impl<'t> Lowering<'t, '_> {
    /// The receiver: of the type around, or one of what a type without a name is based on.
    pub(super) fn own_receiver(&mut self, scope: u32) -> Expr {
        let is_told = |draft: &NamelessDraft<'t>| !matches!(draft.receiver, Some(Receiver::Expected));
        let innermost = self
            .around(scope)
            .find(|at| is_told(&self.survey.nameless[*at as usize]));
        match innermost {
            Some(at) => self.based_on(at).unwrap_or_default(),
            None => Expr::This(self.survey.scopes[scope as usize].this),
        }
    }

    /// The types without a name and closures around a place, the innermost first.
    fn around(&self, scope: u32) -> impl Iterator<Item = u32> + use<'t, '_> {
        let survey = self.survey;
        let outer = |at: &u32| survey.scopes[survey.nameless[*at as usize].scope as usize].nameless;
        std::iter::successors(survey.scopes[scope as usize].nameless, outer).take(MAX_AROUND)
    }

    /// The receiver as its base type.
    pub(super) fn base(&mut self, scope: u32) -> Expr {
        let here = self.survey.scopes[scope as usize];
        let is_type = |at: &u32| self.survey.nameless[*at as usize].receiver.is_none();
        let innermost = self.around(scope).find(is_type);
        match innermost {
            Some(at) => self.based_on(at).unwrap_or_default(),
            None => Expr::Super(here.this),
        }
    }

    /// A value of the bases of a type without a name, or the receiver of a closure.
    fn based_on(&mut self, nameless: u32) -> Option<Expr> {
        let survey = self.survey;
        let draft = &survey.nameless[nameless as usize];
        match draft.receiver {
            Some(Receiver::Value(of)) => {
                let of = self.expression(of, draft.scope, 0);
                return Some(self.out.expressions[of.0 as usize].clone());
            }
            Some(Receiver::Type(of)) => return Some(Expr::Typed(self.written(of, draft.scope, 0))),
            Some(Receiver::Expected) => {
                let of = self.expected(draft.body, draft.scope, 0)?;
                return Some(Expr::Parameter(of, RECEIVER));
            }
            None => {}
        }
        let bases = draft.bases.iter().map(|(base, _)| self.base_type(*base, draft.scope));
        let mut bases: Vec<TypeId> = bases.collect();
        let of = match bases.len() {
            0 => return None,
            1 => bases.remove(0),
            _ => self.keep_type(TypeExpr::Intersection(bases.into())),
        };
        Some(Expr::Typed(of))
    }

    /// The method of a type without a name that is called on its receiver.
    pub(super) fn own_method(&self, object: Node<'t>, name: Node<'t>, scope: u32) -> Option<Expr> {
        let is_told = |at: &u32| !matches!(self.survey.nameless[*at as usize].receiver, Some(Receiver::Expected));
        let nameless = self.around(scope).find(is_told)?;
        let is_this = match self.rules.expression(object.kind_id())? {
            ExprRule::This => object.named_child_count() == 0,
            ExprRule::Name | ExprRule::Variable => {
                let text = self.parsed.text(object);
                self.rules.words.this_names.iter().any(|it| it == text)
            }
            _ => false,
        };
        let methods = &self.survey.nameless[nameless as usize].methods;
        match *methods.get(self.parsed.text(self.leaf(name))).filter(|_| is_this)? {
            Entry::Symbol(symbol) => Some(Expr::Symbol(symbol)),
            Entry::Local(local) => Some(Expr::Local(local)),
            _ => None,
        }
    }

    /// What types without a name extend and implement, which is told of the symbol that they stand in. Where methods are members of a
    /// variable, it has the bases as well.
    pub(super) fn nameless_bases(&mut self) {
        use SymbolKind::{Constant, EnumMember, Field, Property, Variable};
        let survey = self.survey;
        for draft in &survey.nameless {
            let Some(within) = draft.within else { continue };
            let kind = self.symbols[within.0 as usize].kind;
            let is_variable = matches!(kind, Constant | EnumMember | Field | Property | Variable);
            for &(base, implements) in &draft.bases {
                let of = self.base_type(base, draft.scope);
                // That a value of an enumeration is one goes without saying.
                if kind != EnumMember {
                    self.refer_to_base(base, of, implements, within);
                }
                if is_variable && self.rules.words.receiver_is_implied {
                    self.out.types[within.0 as usize].extends.push(of);
                }
            }
        }
    }

    /// Whether a local is a method of a type without a name.
    pub(super) fn is_nameless_method(&self, local: u32) -> bool {
        let draft = &self.survey.locals[local as usize];
        draft.function.is_some() && matches!(self.survey.sources[draft.source as usize], Source::None)
    }

    /// What a name means that no scope of the file defines: perhaps a member of the types without a name around it, the innermost first.
    pub(super) fn bare_name(&mut self, text: &'t str, arity: u8, scope: u32) -> Expr {
        let survey = self.survey;
        let here = survey.scopes[scope as usize];
        let name = self.names.id(text);
        let mut expr = Expr::Name {
            name,
            module: here.module,
            arity,
        };
        // What begins with a capital letter is a type most often, but for constants.
        let is_type = text.starts_with(char::is_uppercase) && text.contains(char::is_lowercase);
        if is_type || !self.rules.words.receiver_is_implied {
            return expr;
        }
        let all: Vec<u32> = self.around(scope).collect();
        for at in all.into_iter().rev() {
            if let Some(of) = self.based_on(at) {
                let of = self.keep(of);
                let (member, or) = (self.keep(Expr::Member(of, name)), self.keep(expr));
                expr = Expr::Inherited { member, or };
            }
        }
        expr
    }
}
