//! Names and paths: what they stand for where they are written.

use super::collect::Lowering;
use super::place::{first_child, place};
use super::rules::ExprRule;
use super::scopes::{Entry, Source, Space};
use super::{Expr, ExprId};
use crate::extraction::tree::Node;

/// How many parts a list of some kind has that stands in a node. One without names has a part before and behind each comma (`List<,>`).
pub(super) fn arity(around: Node<'_>, list: &str) -> u8 {
    let Some(list) = around.children().find(|it| it.kind() == list) else {
        return 0;
    };
    let commas = list.children().filter(|it| it.kind() == ",").count();
    u8::try_from(commas + 1).unwrap_or(u8::MAX)
}

/// The segments of a path, without what is in brackets.
fn segments<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    let (mut depth, mut start, mut out) = (0_usize, 0, Vec::new());
    let mut add = |segment: &'t str| {
        let is_operator = segment.trim_start().starts_with("operator");
        let name = segment.split(['<', '[', '(']).next().unwrap_or_default();
        let name = if is_operator { segment } else { name }.trim();
        if !name.is_empty() {
            out.push(name);
        }
    };
    for (at, c) in text.char_indices() {
        match c {
            '<' | '[' | '(' => depth += 1,
            '>' | ']' | ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 && at >= start && !separator.is_empty() && text[at..].starts_with(separator) => {
                add(&text[start..at]);
                start = at + separator.len();
            }
            _ => {}
        }
    }
    add(&text[start..]);
    out
}

impl<'t> Lowering<'t, '_> {
    /// What stands before the last segment of a path: a module or a type.
    pub(super) fn path_head(&mut self, node: Node<'t>, scope: u32, depth: u8) -> ExprId {
        match self.rules.expression(node.kind_id()) {
            Some(ExprRule::Name) => {
                let name = self.name(node, scope, Space::PathHead);
                self.keep(name)
            }
            Some(ExprRule::This) => {
                let (name, module) = (
                    self.names.id(self.parsed.text(node)),
                    self.survey.scopes[scope as usize].module,
                );
                self.keep(Expr::Name { name, module, arity: 0 })
            }
            Some(_) => self.expression(node, scope, depth),
            None => {
                let of = self.written(node, scope, depth);
                match &self.out.written[of.0 as usize] {
                    super::TypeExpr::Named { path, arguments } if arguments.is_empty() => *path,
                    _ => self.keep(Expr::Typed(of)),
                }
            }
        }
    }

    /// The trait by which a type is looked at in front of a path (`<T as Trait>::method`).
    pub(super) fn seen_by(&mut self, mut node: Node<'t>, scope: u32, depth: u8) -> Option<ExprId> {
        for _ in 0..2 {
            match self.rules.written(node.kind_id())? {
                super::rules::TypeRule::Inner { by, .. } if !by.is_empty() => {
                    return Some(self.path_head(place(node, by)?, scope, depth));
                }
                super::rules::TypeRule::Inner { r#type, .. } if r#type.is_empty() => node = first_child(node)?,
                _ => return None,
            }
        }
        None
    }

    /// What a name stands for where it is written.
    pub(super) fn name(&mut self, node: Node<'t>, scope: u32, space: Space) -> Expr {
        let text = self.parsed.text(node);
        let words = &self.rules.words;
        let this = self.survey.scopes[scope as usize].this;
        let is_one_of = |words: &[String]| words.iter().any(|it| it == text);
        if words.self_type.split(' ').any(|it| it == text) && !text.is_empty() {
            return Expr::SelfType(this);
        }
        if is_one_of(&words.this_names) {
            return self.own_receiver(scope);
        }
        if is_one_of(&words.super_names) {
            return self.base(scope);
        }
        let arity = self.arity_given(node);
        let find = || {
            self.survey
                .find_of(self.symbols, text, arity, scope, node.start_byte(), space)
        };
        match find() {
            Ok(Entry::Local(local)) => self.receiver(local).unwrap_or(Expr::Local(local)),
            Ok(Entry::TypeParameter(local) | Entry::Alias(local)) => Expr::Local(local),
            Ok(Entry::Symbol(symbol)) => Expr::Symbol(symbol),
            Ok(Entry::Import(import)) => Expr::Import(import),
            Err(_) if space == Space::Value => self.bare_name(text, arity, scope),
            Err(module) => Expr::Name {
                name: self.names.id(text),
                module,
                arity,
            },
        }
    }

    /// How many type arguments stand behind a name.
    fn arity_given(&self, name: Node<'t>) -> u8 {
        let list = &self.rules.words.type_arguments;
        if list.is_empty() {
            return 0;
        }
        name.parent().map_or(0, |around| arity(around, list))
    }

    /// A path that is one node, cut where the language cuts it; what is in brackets is no part of it.
    pub(super) fn qualified(&mut self, node: Node<'t>, scope: u32) -> Option<Expr> {
        self.qualified_but(node, 0, scope)
    }

    /// Such a path without its last segments.
    pub(super) fn qualified_but(&mut self, node: Node<'t>, but: usize, scope: u32) -> Option<Expr> {
        let separator = &super::language(self.parsed.grammar).conventions.packages.separator;
        let mut segments = segments(self.parsed.text(node), separator);
        segments.truncate(segments.len().saturating_sub(but));
        let mut segments = segments.into_iter();
        let first = segments.next()?;
        let found = self
            .survey
            .find(self.symbols, first, scope, node.start_byte(), Space::PathHead);
        let mut expr = match found {
            _ if self.rules.words.self_type.split(' ').any(|it| it == first) => {
                Expr::SelfType(self.survey.scopes[scope as usize].this)
            }
            // A path that begins with the separator begins at the top.
            _ if self.rules.words.namespaces_are_open && self.parsed.text(node).starts_with(separator.as_str()) => {
                let name = self.names.id(first);
                Expr::Name {
                    name,
                    module: None,
                    arity: 0,
                }
            }
            Ok(Entry::Symbol(symbol)) => Expr::Symbol(symbol),
            Ok(Entry::Import(import)) => Expr::Import(import),
            Ok(Entry::TypeParameter(local) | Entry::Alias(local)) => Expr::Local(local),
            Ok(Entry::Local(_)) | Err(_) => {
                let module = self.survey.scopes[scope as usize].module;
                let name = self.names.id(first);
                Expr::Name { name, module, arity: 0 }
            }
        };
        for segment in segments.take(16) {
            let of = self.keep(expr);
            expr = Expr::Path(of, self.names.id(segment));
        }
        Some(expr)
    }

    /// A local that is the receiver of its method.
    pub(super) fn receiver(&self, local: u32) -> Option<Expr> {
        match self.survey.sources[self.survey.locals[local as usize].source as usize] {
            Source::Receiver { this, is_type: false } => Some(Expr::This(this)),
            Source::Receiver { this, is_type: true } => Some(Expr::SelfType(this)),
            _ => None,
        }
    }
}
