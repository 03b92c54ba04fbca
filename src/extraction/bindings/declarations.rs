//! What definitions say about themselves: types, values, bases.

use super::collect::Lowering;
use super::place::{Place, place};
use super::rules::{Declares, ExprRule, TypeRule};
use super::{ANY_MEMBER, Declared, Expr, Function, ObjectMember, Reference, ReferenceKind, TypeExpr, TypeId};
use crate::extraction::facts::{SymbolIdx, SymbolKind};
use crate::extraction::parsed::line_of;
use crate::extraction::tree::Node;

impl<'t> Lowering<'t, '_> {
    pub(super) fn declarations(&mut self) {
        for at in 0..self.symbols.len() {
            let declared = self.declaration(at);
            self.out.types.push(declared);
        }
        self.nameless_bases();
    }

    fn declaration(&mut self, at: usize) -> Declared {
        let symbol = &self.symbols[at];
        let draft = &self.survey.symbols[at];
        let scope = draft.scope;
        let node = symbol.node;
        let mut declared = Declared {
            exported: draft.exported,
            arity: self.survey.arities.get(at).copied().flatten().unwrap_or_default(),
            ..Declared::default()
        };
        declared.file = draft.file.map(|file| self.names.id(file));
        declared.function = self.survey.function_of.get(&node.id()).copied().or(draft.signature);
        if let Some(declares) = self.rules.walk(node.kind_id()).and_then(|rule| rule.declares.as_ref()) {
            self.declared_fields(node, declares, scope, &mut declared);
            let value = place(node, &declares.value).filter(|_| declared.is.is_none());
            let held = value.and_then(|value| self.held(SymbolIdx(at as u32), value, scope));
            declared.value = held.or(declared.value);
            if held.is_none() && self.rules.words.assignments_define {
                self.assigned_again(at, declares, value, &mut declared);
            }
            // An assignment that gives a type a second name writes that type as a value.
            if symbol.kind == SymbolKind::TypeAlias
                && self.rules.words.assignments_define
                && let Some(of) = place(node, &declares.value)
            {
                declared.is = Some(self.written(of, scope, 0));
                declared.value = None;
            }
        }
        declared.is = declared.is.or_else(|| self.named_after(symbol, scope));
        self.note_accessors(node, &mut declared);
        if let Some(list) = node.child_by_field_name("parameters")
            && !self.rules.words.receiver_parameter.is_empty()
        {
            let receiver = &self.rules.words.receiver_parameter;
            declared.takes_receiver = list.named_child(0).is_some_and(|first| {
                first.kind() == receiver
                    || first
                        .child_by_field_name("pattern")
                        .is_some_and(|it| it.kind() == "self")
            });
        }
        let mut stated = self.stated_bases(SymbolIdx(at as u32), false).into_iter();
        declared
            .implements
            .extend(self.stated_bases(SymbolIdx(at as u32), true));
        for &(base, implements) in &draft.heritage {
            let of = self.base_type(base, scope);
            if implements {
                declared.implements.push(of)
            } else {
                // Documentation says the same with type arguments.
                declared.extends.push(stated.next().unwrap_or(of))
            }
            self.refer_to_base(base, of, implements, SymbolIdx(at as u32));
        }
        if let Some(TypeExpr::Named { path, arguments }) = declared.is.map(|is| self.out.written[is.0 as usize].clone())
            && arguments.is_empty()
            && !draft.arguments.is_empty()
        {
            let arguments = draft.arguments.iter().map(|of| self.written(*of, scope, 0)).collect();
            declared.is = Some(self.keep_type(TypeExpr::Named { path, arguments }));
        }
        declared.bounds = draft.bounds.iter().map(|of| self.written(*of, scope, 0)).collect();
        if symbol.kind == SymbolKind::Class {
            declared.is = declared.is.or_else(|| self.assigned_members(SymbolIdx(at as u32)));
        }
        for &derive in &draft.derives {
            let path = self.expression(derive, scope, 0);
            let of = self.keep_type(TypeExpr::Named {
                path,
                arguments: Box::default(),
            });
            declared.implements.push(of);
        }
        declared
    }

    fn declared_fields(&mut self, node: Node<'t>, declares: &Declares, scope: u32, declared: &mut Declared) {
        let field = |word: &Place| place(node, word);
        let has_word = |it: Node<'t>, word: &str| self.parsed.text(it).split_whitespace().any(|of| of == word);
        let is_marked = |(mark, word): &(Place, String)| field(mark).is_some_and(|it| has_word(it, word));
        let receiver = field(&declares.receiver).filter(|of| self.rules.written(of.kind_id()).is_some());
        let receiver = receiver.filter(|_| declares.marked.as_ref().is_none_or(is_marked));
        declared.takes_receiver = receiver.is_some() && declares.marked.is_some();
        declared.receiver = receiver.map(|of| self.written(of, scope, 0));
        if let Some(name) = field(&declares.qualified)
            && let Some(head) = self.qualified_but(name, 1, scope)
        {
            let path = self.keep(head);
            let arguments = Vec::new();
            declared.receiver = Some(self.keep_type(TypeExpr::Named {
                path,
                arguments: arguments.into(),
            }));
        }
        if let Some(shape) = field(&declares.function) {
            let mut function = self.shape(shape.child_by_field_name("parameters"), 0, scope);
            let returns = field(&declares.r#type).filter(|of| self.rules.written(of.kind_id()).is_some());
            function.returns = returns.map(|of| self.written(of, scope, 0));
            self.out.functions.push(function);
            declared.function = Some(self.out.functions.len() as u32 - 1);
            declared.is_prototype = true;
        }
        let is_inferred = |of: &Node<'t>| {
            self.rules
                .words
                .inferred_types
                .iter()
                .any(|it| it == self.parsed.text(*of))
        };
        let stated = field(&declares.r#type).filter(|of| !is_inferred(of));
        declared.is = stated.map(|of| self.written(of, scope, 0));
        declared.is = declared.is.or_else(|| self.stated_of(node));
        if let Some(members) = field(&declares.members) {
            declared.is = self.any_member(members, scope);
        }
        if let Some(value) = field(&declares.value) {
            declared.wraps = self.wrapped(value, scope);
            let value = self.expression(value, scope, 0);
            declared.value = Some(value);
            if let Expr::Function(function) = self.out.expressions[value.0 as usize] {
                declared.function = declared.function.or(Some(function));
            }
        }
        if let Some(of) = field(&declares.implements) {
            let of = self.written(of, scope, 0);
            declared.implements.push(of);
        }
        if let Some(list) = field(&declares.extends) {
            let of = self.written(list, scope, 0);
            match self.out.written[of.0 as usize].clone() {
                TypeExpr::Intersection(parts) => declared.extends.extend(parts),
                _ => declared.extends.push(of),
            }
        }
        if let Some(list) = field(&declares.fields) {
            let types: Vec<Node<'t>> = list
                .named_children()
                .filter(|it| self.rules.written(it.kind_id()).is_some())
                .take(32)
                .collect();
            let parameters = types.into_iter().map(|of| Some(self.written(of, scope, 0))).collect();
            if !list.kind().contains("field_declaration_list") || list.kind().starts_with("ordered") {
                self.out.functions.push(Function {
                    parameters,
                    ..Function::default()
                });
                declared.function = Some(self.out.functions.len() as u32 - 1);
            }
        }
    }

    /// What a signature among the members of a type says about all of them.
    fn any_member(&mut self, members: Node<'t>, scope: u32) -> Option<TypeId> {
        let mut members = members.named_children();
        let signature = members.find(|it| it.kind() == self.rules.words.index_signature)?;
        let of = self.written(signature.child_by_field_name("type")?, scope, 0);
        let member = ObjectMember {
            name: Some(self.names.id(ANY_MEMBER)),
            value: self.keep(Expr::Typed(of)),
            symbol: None,
        };
        self.out.objects.push(vec![member]);
        let object = self.out.objects.len() as u32 - 1;
        Some(self.keep_type(TypeExpr::Object(object)))
    }

    /// A base type, which languages with classes as values write as an expression.
    pub(super) fn base_type(&mut self, base: Node<'t>, scope: u32) -> TypeId {
        let is_generic = matches!(self.rules.written(base.kind_id()), Some(TypeRule::Generic { .. }));
        if self.rules.written(base.kind_id()).is_some()
            && (is_generic || self.rules.expression(base.kind_id()).is_none())
        {
            return self.written(base, scope, 0);
        }
        let path = match self.rules.expression(base.kind_id()) {
            Some(ExprRule::Name) => self.path_head(base, scope, 0),
            _ => self.expression(base, scope, 0),
        };
        let list = base
            .parent()
            .and_then(|parent| parent.child_by_field_name("type_arguments"));
        let mut arguments = Vec::new();
        if let Some(list) = list {
            let parts: Vec<Node<'t>> = list.named_children().filter(|it| !it.is_extra()).take(16).collect();
            arguments.extend(parts.into_iter().map(|part| self.written(part, scope, 0)));
        }
        self.keep_type(TypeExpr::Named {
            path,
            arguments: arguments.into(),
        })
    }

    pub(super) fn refer_to_base(&mut self, base: Node<'t>, of: TypeId, implements: bool, within: SymbolIdx) {
        let TypeExpr::Named { path, .. } = self.out.written[of.0 as usize] else {
            return;
        };
        let name = match &self.out.expressions[path.0 as usize] {
            Expr::Path(_, name) | Expr::Member(_, name) | Expr::Name { name, .. } => *name,
            _ => self.names.id(self
                .parsed
                .text(base)
                .split(['<', '('])
                .next()
                .unwrap_or_default()
                .trim()),
        };
        let kind = if implements {
            ReferenceKind::Implements
        } else {
            ReferenceKind::Extends
        };
        let reference = Reference {
            kind,
            target: path,
            name,
            line: line_of(base),
            within: Some(within),
            arguments: None,
            given: None,
            values: Box::default(),
        };
        self.found.push((base.start_byte() as u32, reference));
    }
}
