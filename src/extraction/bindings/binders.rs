//! What a walk binds: parameters, variables, type parameters.

use super::TypeParameter;
use super::patterns::Site;
use super::place::{Place, part, place};
use super::rules::{Binds, ExprRule, Rules, TypeRule};
use super::scopes::{Bound, Entry, LocalDraft, Source, Space};
use super::walk::{Frame, Surveyor, has_members};
use crate::extraction::facts::{SymbolIdx, SymbolKind};
use crate::extraction::tree::Node;

impl<'t> Surveyor<'t, '_> {
    /// The parameter of a function that has no list of them.
    pub(super) fn bind_single_parameter(&mut self, node: Node<'t>, function: u32, scope: u32) {
        let parameter = node.child_by_field_name("parameter");
        if let Some(parameter) = parameter.or_else(|| node.child_by_field_name("parameters")) {
            let stated = self.survey.documentation.of(parameter);
            let source = stated.map_or(Source::Parameter { function, at: 0 }, Source::Stated);
            let source = self.survey.source(source);
            self.bind(
                parameter,
                source,
                Site {
                    scope,
                    from: 0,
                    around: scope,
                    of_function: false,
                    initial: false,
                },
                0,
            );
        }
    }

    /// The parameter of a function that states none, under the name it has then.
    pub(super) fn bind_implied_parameter(&mut self, node: Node<'t>, function: u32, scope: u32) {
        let rules = super::language(self.parsed.grammar).rules.as_ref();
        let Some(rule) = rules.and_then(|it| it.walk(node.kind_id())) else {
            return;
        };
        let name: &'t str = &rule.implied_parameter;
        let states = |list: &Place| place(node, list).is_some();
        if name.is_empty() || rule.parameter_list.as_ref().is_some_and(states) {
            return;
        }
        let source = self.survey.source(Source::Parameter { function, at: 0 });
        let local = self.survey.locals.len() as u32;
        self.survey.locals.push(LocalDraft {
            source,
            parameter: None,
            bound: None,
            function: None,
        });
        self.survey.define(scope, name, Entry::Local(local), 0);
    }

    /// A receiver whose type is written among the parameters (`this: Type`).
    fn bind_typed_receiver(&mut self, list: Node<'t>, scope: u32) {
        let first = list.named_child(0);
        let pattern = first.and_then(|it| it.child_by_field_name("pattern"));
        let Some(name) = pattern.filter(|it| it.kind() == self.rules.words.receiver_parameter) else {
            return;
        };
        if let Some(node) = first.and_then(|it| it.child_by_field_name("type")) {
            let source = self.survey.source(Source::Type { node, scope });
            self.define_local(self.parsed.text(name), source, scope);
        }
    }

    /// Binds a name that the receiver has in the members of a type.
    pub(super) fn name_receiver(&mut self, name: Node<'t>, scope: u32) {
        let this = self.survey.scopes[scope as usize].this;
        let source = self.survey.source(Source::Receiver { this, is_type: false });
        self.survey.claimed.insert(name.id());
        self.define_local(self.parsed.text(name), source, scope);
    }

    fn define_local(&mut self, name: &'t str, source: u32, scope: u32) {
        let local = self.survey.locals.len() as u32;
        self.survey.locals.push(LocalDraft {
            source,
            parameter: None,
            bound: None,
            function: None,
        });
        self.survey.define(scope, name, Entry::Local(local), 0);
    }

    /// Binds parameters that stand in a list without nodes of their own, and numbers the others.
    pub(super) fn bind_parameters(&mut self, list: Node<'t>, frame: &Frame<'t>) {
        let scope = frame.scope;
        let Some(function) = self.survey.scopes[scope as usize].function else {
            return;
        };
        let has_receiver = self.survey.functions[function as usize].has_receiver;
        self.bind_typed_receiver(list, scope);
        for (position, child) in parameters(list, self.rules).into_iter().enumerate() {
            let at = position.saturating_sub(usize::from(has_receiver)).min(255) as u8;
            let stated = self.survey.documentation.of(child);
            let source = stated.map_or(Source::Parameter { function, at }, Source::Stated);
            let source = self.survey.source(source);
            if has_receiver && position == 0 {
                let this = self.survey.scopes[scope as usize].this;
                let symbol = self
                    .survey
                    .symbol_of
                    .get(&self.survey.functions[function as usize].node.id());
                let is_type = symbol.is_some_and(|at| self.survey.symbols[at.0 as usize].is_of_class);
                let source = self.survey.source(Source::Receiver { this, is_type });
                let name = if child.is_leaf() {
                    Some(child)
                } else {
                    child.named_child(0)
                };
                if let Some(name) = name {
                    self.bind(
                        name,
                        source,
                        Site {
                            scope,
                            from: 0,
                            around: scope,
                            of_function: false,
                            initial: false,
                        },
                        0,
                    );
                }
                continue;
            }
            match self.rules.walk(child.kind_id()).and_then(|rule| rule.binds.as_ref()) {
                Some(binds) => {
                    let source = self.own_source(child, binds, scope).unwrap_or(source);
                    for pattern in binds.pattern.all(child) {
                        self.bind(
                            pattern,
                            source,
                            Site {
                                scope,
                                from: 0,
                                around: scope,
                                of_function: false,
                                initial: false,
                            },
                            0,
                        );
                    }
                }
                None => self.bind(
                    child,
                    source,
                    Site {
                        scope,
                        from: 0,
                        around: scope,
                        of_function: false,
                        initial: false,
                    },
                    0,
                ),
            }
        }
    }

    /// The source a binding node states itself.
    fn own_source(&mut self, node: Node<'t>, binds: &Binds, scope: u32) -> Option<u32> {
        let field = |word: &Place| place(node, word);
        if let Some(node) = field(&binds.rest) {
            return Some(self.survey.source(Source::Rest { node, scope }));
        }
        let is_inferred = |node: &Node<'t>| {
            self.rules
                .words
                .inferred_types
                .iter()
                .any(|it| it == self.parsed.text(*node))
        };
        if let Some(node) = field(&binds.r#type).filter(|node| !is_inferred(node)) {
            return Some(self.survey.source(Source::Type { node, scope }));
        }
        if let Some(at) = self.survey.documentation.of(node) {
            return Some(self.survey.source(Source::Stated(at)));
        }
        if let Some(value) = field(&binds.value) {
            let of = self.survey.source(Source::Value { node: value, scope });
            return Some(match self.through(node) {
                Some(method) => self.survey.source(Source::Through { of, method }),
                None => of,
            });
        }
        let node = field(&binds.elements)?;
        let whole = self.survey.source(Source::Value { node, scope });
        Some(self.survey.source(Source::Element(whole)))
    }

    /// The method that gives what a node binds, as a word of the grammar, which outlives the walk.
    fn through(&self, node: Node<'t>) -> Option<&'t str> {
        let rules: &'t Rules = super::language(self.parsed.grammar).rules.as_ref()?;
        let binds = rules.walk(node.kind_id())?.binds.as_ref()?;
        Some(binds.through.as_str()).filter(|method| !method.is_empty())
    }

    pub(super) fn bind_node(&mut self, node: Node<'t>, binds: &Binds, outer: &Frame<'t>, frame: &Frame<'t>) {
        if self
            .rules
            .walk(outer.node.kind_id())
            .is_some_and(|rule| rule.parameters)
        {
            return;
        }
        if binds.initial && self.survey.symbol_of.contains_key(&node.id()) {
            return;
        }
        let found = binds.pattern.all(node);
        if found.is_empty() || binds.single && binds.r#type.all(node).len() != 1 {
            return;
        }
        // A pattern whose type or value the node around it states is bound already.
        let is_plain = binds.r#type.is_empty() && binds.value.is_empty() && binds.elements.is_empty();
        if is_plain && found.iter().all(|it| self.survey.claimed.contains(&it.id())) {
            return;
        }
        let scope = frame.scope;
        let source = if binds.outer_value.is_empty() {
            self.own_source(node, binds, scope)
        } else {
            let around = self.frames.iter().rev().nth(1).map(|frame| (frame.node, frame.scope));
            let value = around.and_then(|(node, scope)| Some((place(node, &binds.outer_value)?, scope)));
            value.map(|(node, scope)| self.survey.source(Source::Value { node, scope }))
        };
        let source = source.unwrap_or_else(|| self.survey.source(Source::None));
        let from = match binds.after {
            true => node.end_byte(),
            false if self.rules.words.assignments_define => node.start_byte(),
            false => 0,
        };
        let value = (!binds.value.is_empty()).then(|| place(node, &binds.value)).flatten();
        let site = Site {
            scope,
            from,
            around: scope,
            initial: binds.initial,
            of_function: value
                .is_some_and(|it| matches!(self.rules.expression(it.kind_id()), Some(ExprRule::Function))),
        };
        if let Some(whole) = place(node, &binds.entries) {
            return self.bind_entries(found[0], whole, site);
        }
        for pattern in found {
            self.bind(pattern, source, site, 0);
        }
    }

    /// Binds what a loop over keys and elements gives: `for key, element := range whole`.
    fn bind_entries(&mut self, list: Node<'t>, whole: Node<'t>, site: Site) {
        let patterns: Vec<Node<'t>> = list.named_children().filter(|it| !it.is_extra()).collect();
        for (at, pattern) in patterns.into_iter().enumerate() {
            let source = if at == 1 {
                let of = self.survey.source(Source::Value {
                    node: whole,
                    scope: site.scope,
                });
                self.survey.source(Source::Element(of))
            } else {
                self.survey.source(Source::None)
            };
            self.bind(pattern, source, site, 0);
        }
    }

    /// Whether a node is a member of a type, or what a property does when it is read or written.
    pub(super) fn is_member(&self, node: Node<'t>, defines: Option<SymbolIdx>, frame: &Frame<'t>) -> bool {
        use SymbolKind::{Constructor, Getter, Method, Setter};
        let kind = |at: SymbolIdx| self.symbols[at.0 as usize].kind;
        let is_in = |at: &SymbolIdx| {
            node.parent()
                .is_some_and(|it| it.id() == self.symbols[at.0 as usize].node.id())
        };
        let accessor = frame.symbol.filter(is_in).map(kind);
        let is_accessor = accessor.is_some_and(|kind| matches!(kind, Getter | Setter));
        let own = defines.map(kind);
        is_accessor
            || own.is_some_and(|kind| has_members(kind) || matches!(kind, Constructor | Getter | Method | Setter))
    }

    pub(super) fn bind_type_parameter(&mut self, node: Node<'t>, binds: &Binds, frame: &Frame<'t>) {
        let Some(name) = place(node, &binds.pattern) else {
            return;
        };
        let bound = place(node, &binds.r#type).map(|bound| (bound, frame.scope));
        let text = self.parsed.text(name);
        if !self.survey.claimed.insert(name.id()) {
            return;
        }
        let list = self.frames.last().map(|frame| frame.node);
        let position = list.and_then(|list| {
            let kind = node.kind_id();
            list.named_children()
                .filter(|child| child.kind_id() == kind)
                .position(|child| child == node)
        });
        let parameter = TypeParameter {
            owner: frame.symbol,
            at: position.unwrap_or(0).min(255) as u8,
        };
        let local = self.survey.locals.len() as u32;
        let source = self.survey.source(Source::None);
        self.survey.locals.push(LocalDraft {
            source,
            parameter: Some(parameter),
            bound,
            function: None,
        });
        self.survey.define(frame.scope, text, Entry::TypeParameter(local), 0);
    }

    /// Notes a bound that stands apart from its type parameter.
    pub(super) fn note_bound(&mut self, node: Node<'t>, binds: &Binds, scope: u32, symbol: Option<SymbolIdx>) {
        let Some(name) = place(node, &binds.pattern) else {
            return;
        };
        let (of, member) = self.bounded(name);
        let found = self.survey.find(self.symbols, of, scope, usize::MAX, Space::Type);
        if let (Ok(Entry::TypeParameter(local)), Some(node)) = (found, place(node, &binds.r#type))
            // What a method asks of a type parameter of the block around it holds in that method only.
            && self.survey.locals[local as usize].parameter.is_none_or(|it| it.owner == symbol)
        {
            let bound = Bound { member, node, scope };
            self.survey.bounds.entry(local).or_default().push(bound);
        }
    }

    /// The name that is bounded, and the type it names (`T::Item`, `<T as Trait>::Item`).
    fn bounded(&self, node: Node<'t>) -> (&'t str, Option<&'t str>) {
        let Some(TypeRule::Path { path, name }) = self.rules.written(node.kind_id()) else {
            return (self.parsed.text(node), None);
        };
        let (Some(mut of), Some(name)) = (place(node, path), place(node, name)) else {
            return (self.parsed.text(node), None);
        };
        while let Some(TypeRule::Inner { r#type, .. }) = self.rules.written(of.kind_id()) {
            match part(of, r#type) {
                Some(inner) => of = inner,
                None => break,
            }
        }
        (self.parsed.text(of), Some(self.parsed.text(name)))
    }
}

/// The parameters of a list, the receiver left out.
pub(super) fn parameters<'t>(list: Node<'t>, rules: &Rules) -> Vec<Node<'t>> {
    let receiver = &rules.words.receiver_parameter;
    let is_receiver = |child: &Node<'t>| {
        child.kind() == receiver
            || child
                .child_by_field_name("pattern")
                .is_some_and(|it| it.kind() == receiver)
    };
    let is_noise = |child: &Node<'t>| child.is_extra() || child.kind() == "attribute_item";
    list.named_children()
        .filter(|child| !is_noise(child) && !is_receiver(child))
        .collect()
}

/// How many parameters or results a node declares: as many as it has names (`a, b int`).
pub(super) fn names_in(node: Node<'_>, rules: &Rules) -> usize {
    let binds = rules.walk(node.kind_id()).and_then(|rule| rule.binds.as_ref());
    if binds.is_none_or(|binds| &*binds.pattern != "name") {
        return 1;
    }
    let names = node.children_by_field_name("name");
    names.filter(|it| it.is_named()).count().max(1)
}
