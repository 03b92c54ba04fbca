//! Types without a name (`new Base() { .. }`): what their receiver is, and what bare names mean in them.

use super::collect::Lowering;
use super::place::place;
use super::rules::{ExprRule, Nameless, Rules};
use super::scopes::{Entry, LocalDraft, Source};
use super::walk::{Frame, Surveyor, has_members};
use super::{Expr, TypeExpr, TypeId};
use crate::extraction::facts::{SymbolIdx, SymbolKind};
use crate::extraction::tree::Node;
use rustc_hash::FxHashMap;

/// How many bases and methods are looked at.
const MAX_PARTS: usize = 256;

/// How deep the bases may lie in the node that leads to them.
const MAX_DEPTH: u8 = 3;

/// How many types without a name may stand in each other.
const MAX_AROUND: usize = 8;

/// A type without a name before its bases are lowered.
pub(super) struct NamelessDraft<'t> {
    body: Node<'t>,
    /// Whether each is implemented rather than extended stands beside it.
    bases: Vec<(Node<'t>, bool)>,
    /// Where it stands.
    scope: u32,
    within: Option<SymbolIdx>,
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
            methods,
        });
        self.survey.scopes[scope as usize].nameless = Some(at);
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
        let here = self.survey.scopes[scope as usize];
        match here.nameless {
            Some(at) => self.based_on(at).unwrap_or_default(),
            None => Expr::This(here.this),
        }
    }

    /// The receiver as its base type.
    pub(super) fn base(&mut self, scope: u32) -> Expr {
        let here = self.survey.scopes[scope as usize];
        match here.nameless {
            Some(at) => self.based_on(at).unwrap_or_default(),
            None => Expr::Super(here.this),
        }
    }

    /// A value of the bases of a type without a name.
    fn based_on(&mut self, nameless: u32) -> Option<Expr> {
        let survey = self.survey;
        let draft = &survey.nameless[nameless as usize];
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
        let nameless = self.survey.scopes[scope as usize].nameless?;
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
        let around = |at: &u32| survey.scopes[survey.nameless[*at as usize].scope as usize].nameless;
        let all: Vec<u32> = std::iter::successors(here.nameless, around).take(MAX_AROUND).collect();
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
