//! References as facts: what each of them names, and which are worth telling.

use super::collect::Lowering;
use super::place::{named_parts, place};
use super::rules::ExprRule;
use super::scopes::{Entry, ReferenceDraft, Space};
use super::words::Owner;
use super::{Expr, ExprId, Reference, ReferenceKind, TypeExpr};
use crate::extraction::facts::SymbolKind;
use crate::extraction::parsed::{SymbolNode, line_of};
use crate::extraction::tree::Node;
use rustc_hash::FxHashMap;

/// How many arguments are told of a call.
const MAX_VALUES: usize = 8;

impl<'t> Lowering<'t, '_> {
    /// Lowers the references, inner ones first, so that long chains need no deep recursion.
    pub(super) fn references(&mut self) {
        let survey = self.survey;
        for draft in survey.references.iter().rev() {
            let labelled = self.label(draft);
            // The call of a member that is named without its type has labels too.
            let is_implied = draft.bare && matches!(labelled, Some(Some((ReferenceKind::Construct, _))));
            let implied = is_implied.then(|| self.implied_call(draft.name)).flatten();
            let found = match labelled {
                Some(labelled) => labelled,
                None => self.target(draft),
            };
            let Some((kind, target)) = found else {
                continue;
            };
            let taken = self.taken(kind, target);
            let target = taken.map_or(target, |(target, _)| target);
            // The name of a local stays behind, here too.
            let is_variable = matches!(self.rules.expression(draft.target.kind_id()), Some(ExprRule::Variable));
            let is_local = is_variable || matches!(self.out.expressions[target.0 as usize], Expr::Local(_));
            let name = match taken {
                Some((_, key)) => key,
                None => self.names.id(if is_local { "_" } else { self.parsed.name(draft.name) }),
            };
            let (line, within) = (line_of(draft.name), draft.within);
            let target = match draft.first {
                Some(first) if matches!(self.out.expressions[target.0 as usize], Expr::Path(..)) => {
                    let first = self.expression(first, draft.scope, 0);
                    self.keep(Expr::Given { call: target, first })
                }
                _ => target,
            };
            let reference = Reference {
                kind,
                target: self.shortened(draft, target),
                name,
                line,
                within,
                arguments: draft.arguments,
                given: draft.call.or(implied).map(|call| self.labels_given(call)).map(Box::new),
                values: self.values_given(draft).into(),
            };
            self.found.push((draft.name.start_byte() as u32, reference));
        }
    }

    /// What the arguments of a call are, if something is known of one.
    fn values_given(&mut self, draft: &ReferenceDraft<'t>) -> Vec<ExprId> {
        let Some(list) = draft.list else { return Vec::new() };
        let given = named_parts(list, MAX_VALUES + 1);
        if given.len() > MAX_VALUES {
            return Vec::new();
        }
        let values: Vec<ExprId> = given
            .into_iter()
            .map(|it| match self.parsed.text(it) {
                // Nothing is of any type.
                "null" | "default" => self.unknown(),
                _ => self.expression(it, draft.scope, 0),
            })
            .collect();
        let is_known = |it: &ExprId| self.out.expressions[it.0 as usize] != Expr::Unknown;
        if values.iter().any(is_known) {
            values
        } else {
            Vec::new()
        }
    }

    /// What a name may mean that can leave out its end: first the whole of it.
    fn shortened(&mut self, draft: &ReferenceDraft<'t>, target: ExprId) -> ExprId {
        let rule = draft.shortened_in.and_then(|kind| self.rules.walk(kind));
        let Some(rule) = rule.and_then(|rule| rule.reference.as_ref()) else {
            return target;
        };
        let whole = format!("{}{}", self.parsed.text(draft.name), rule.ending);
        let whole = match self.out.expressions[target.0 as usize] {
            Expr::Path(of, _) => Expr::Path(of, self.names.id_of(&whole)),
            Expr::Name { .. } | Expr::Symbol(_) => {
                let at = draft.name.start_byte();
                match self.survey.find(self.symbols, &whole, draft.scope, at, Space::PathHead) {
                    Ok(Entry::Symbol(symbol)) => Expr::Symbol(symbol),
                    _ => Expr::Name {
                        name: self.names.id_of(&whole),
                        module: self.survey.scopes[draft.scope as usize].module,
                        arity: 0,
                    },
                }
            }
            _ => return target,
        };
        let whole = self.keep(whole);
        self.keep(Expr::Either(Box::new([whole, target])))
    }

    /// Puts the references in document order.
    pub(super) fn order_references(&mut self) -> (FxHashMap<u32, u32>, Vec<u32>) {
        let mut found = std::mem::take(&mut self.found);
        found.sort_by_key(|(at, reference)| (*at, reference.kind));
        let calls = found.iter().enumerate().filter(|(_, (_, reference))| {
            matches!(
                reference.kind,
                ReferenceKind::Call | ReferenceKind::Construct | ReferenceKind::Macro
            )
        });
        let reference_at = calls.map(|(index, (at, _))| (*at, index as u32)).collect();
        let places = found.iter().map(|(at, _)| *at).collect();
        self.out.references = found.into_iter().map(|(_, reference)| reference).collect();
        (reference_at, places)
    }

    /// What a reference is and what it names, if that is worth telling.
    fn target(&mut self, draft: &ReferenceDraft<'t>) -> Option<(ReferenceKind, ExprId)> {
        let is_expression = self.rules.expression(draft.target.kind_id()).is_some();
        let target = match draft.kind {
            ReferenceKind::TypeUse => {
                let of = self.written(draft.target, draft.scope, 0);
                match self.out.written[of.0 as usize] {
                    TypeExpr::Named { path, .. } => path,
                    _ => return None,
                }
            }
            ReferenceKind::Construct => match self.rules.expression(draft.target.kind_id()) {
                Some(ExprRule::Name) => {
                    let name = self.name(draft.target, draft.scope, Space::Constructed);
                    self.keep(name)
                }
                _ => {
                    let of = self.path_head(draft.target, draft.scope, 0);
                    self.without_arguments(of)
                }
            },
            ReferenceKind::Macro => {
                let name = self.names.id(self.parsed.text(draft.name));
                match self.rules.expression(draft.target.kind_id()) {
                    Some(ExprRule::Path { path, .. }) if place(draft.target, path).is_some() => {
                        self.expression(draft.target, draft.scope, 0)
                    }
                    _ => self.keep(Expr::Name {
                        name,
                        module: None,
                        arity: 0,
                    }),
                }
            }
            _ if !is_expression => return None,
            ReferenceKind::Call if self.is_symbol(draft.target) => {
                let module = self.survey.scopes[draft.scope as usize].module;
                let name = self.names.id(self.parsed.name(draft.name));
                self.keep(Expr::Name { name, module, arity: 0 })
            }
            ReferenceKind::Call
                if matches!(
                    self.rules.expression(draft.target.kind_id()),
                    Some(ExprRule::MethodCall { .. })
                ) =>
            {
                self.callee(draft.target, draft.scope, 0)?
            }
            ReferenceKind::Call => {
                let awaited = matches!(self.rules.expression(draft.target.kind_id()), Some(ExprRule::Await));
                let inner = super::place::first_child(draft.target).filter(|_| awaited);
                self.expression(inner.unwrap_or(draft.target), draft.scope, 0)
            }
            _ => self.expression(draft.target, draft.scope, 0),
        };
        let is_free = matches!(self.out.expressions[target.0 as usize], Expr::Name { .. });
        if draft.bare && is_free && draft.kind == ReferenceKind::Read && self.rules.words.names_are_calls {
            let is_constant = self.parsed.text(draft.name).starts_with(char::is_uppercase);
            let kind = if is_constant {
                ReferenceKind::Read
            } else {
                ReferenceKind::Call
            };
            return Some((kind, target));
        }
        let wanted = match &self.out.expressions[target.0 as usize] {
            Expr::Local(_) | Expr::Unknown | Expr::Literal | Expr::SelfType(_) if draft.bare => false,
            Expr::Local(_) | Expr::Literal if draft.kind == ReferenceKind::TypeUse => false,
            Expr::Name { .. } | Expr::Inherited { .. } if draft.bare && draft.kind != ReferenceKind::Call => {
                self.reaches_out(draft.name)
            }
            Expr::Module(_) | Expr::Typed(_) | Expr::Function(_) => false,
            _ => true,
        };
        wanted.then_some((draft.kind, target))
    }

    /// Whether a name that no scope of the file defines may be one of another file, or a member of the type around.
    fn reaches_out(&self, name: Node<'t>) -> bool {
        let text = self.parsed.text(name);
        let words = &self.rules.words;
        words.names_reach_out
            || words.globs_bring_names && self.has_glob
            || words.patterns_name_constants && text.starts_with(char::is_uppercase)
    }

    /// What a bare name refers to that is a field or parameter of something else: nothing, if nobody says of what. `None` for any other name.
    fn label(&mut self, draft: &ReferenceDraft<'t>) -> Option<Option<(ReferenceKind, ExprId)>> {
        if !draft.bare || draft.kind == ReferenceKind::Call {
            return None;
        }
        if self.parsed.text(draft.name) == "_" {
            return Some(None);
        }
        let rules = self.rules;
        let mut labels = rules.words.labels.iter().filter(|label| label.is_at(draft.name));
        let label = labels.next()?;
        if label.implied {
            let owner = std::iter::once(label).chain(labels).find_map(|it| it.owner(draft.name));
            return Some(Some(self.implied(draft, owner)));
        }
        let owner = label.owner(draft.name);
        let writes = owner.as_ref().is_some_and(|owner| label.writes(owner));
        let of = match owner {
            // Of a type that is a map, a key may be a local, whose name stays behind.
            Some(Owner::Type(_)) if !label.shorthand && self.may_be_local(draft) => return Some(None),
            Some(Owner::Type(of)) => {
                if let Some(known) = self.known_name(draft).filter(|_| label.shorthand) {
                    return Some(Some(known));
                }
                let of = self.written(of, draft.scope, 0);
                let mut of = self.keep(Expr::Typed(of));
                for _ in 0..label.elements(draft.name) {
                    of = self.keep(Expr::Element(of));
                }
                of
            }
            Some(Owner::Value(of)) => match self.known_name(draft).filter(|_| !writes) {
                Some(known) => return Some(Some(known)),
                None => self.expression(of, draft.scope, 0),
            },
            None => return Some(None),
        };
        let kind = if writes {
            ReferenceKind::Write
        } else {
            ReferenceKind::Read
        };
        let name = self.names.id(self.parsed.text(draft.name));
        Some(Some((kind, self.keep(Expr::Member(of, name)))))
    }

    /// Whether a name is that of a local and of nothing else that the file is known to name.
    fn may_be_local(&mut self, draft: &ReferenceDraft<'t>) -> bool {
        let text = self.parsed.text(draft.name);
        let of = self.expression(draft.target, draft.scope, 0);
        matches!(self.out.expressions[of.0 as usize], Expr::Local(_)) && self.names.known(text).is_none()
    }

    /// What a name means that this file defines or imports, whatever else may have it.
    fn known_name(&mut self, draft: &ReferenceDraft<'t>) -> Option<(ReferenceKind, ExprId)> {
        let (kind, target) = self.target(draft)?;
        let text = self.parsed.text(draft.name);
        let is_it = |it: &SymbolNode<'_>| it.kind != SymbolKind::EnumMember && self.parsed.text(it.name) == text;
        let is_free = matches!(self.out.expressions[target.0 as usize], Expr::Name { .. });
        (!is_free || self.symbols.iter().any(is_it)).then_some((kind, target))
    }

    /// The type that is meant by one with arguments.
    fn without_arguments(&self, of: ExprId) -> ExprId {
        let Expr::Typed(written) = self.out.expressions[of.0 as usize] else {
            return of;
        };
        match &self.out.written[written.0 as usize] {
            TypeExpr::Named { path, .. } => *path,
            _ => of,
        }
    }
}
