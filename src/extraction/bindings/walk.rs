//! The first walk over a syntax tree: scopes, what they define, and where the references are.

use super::Exported;
use super::joins::{Bound, Branching};
use super::narrowing::Widened;
use super::paths::arity;
use super::place::place;
use super::rules::{ExprRule, ImportRule, ReferenceWord, Rules, WalkRule};
use super::scopes::{Entry, FunctionDraft, ImportSite, Scope, Survey, SymbolDraft};
use crate::extraction::facts::{SymbolIdx, SymbolKind};
use crate::extraction::grammar::Flags;
use crate::extraction::parsed::{Names, Parsed, SymbolNode, Visited};
use crate::extraction::tree::Node;
use rustc_hash::FxHashSet;

/// A walk in progress.
pub(super) struct Surveyor<'t, 'p> {
    pub(super) parsed: &'p Parsed<'t>,
    pub(super) rules: &'p Rules,
    pub(super) symbols: &'p [SymbolNode<'t>],
    pub(super) names: &'p mut Names<'t>,
    pub(super) survey: Survey<'t>,
    /// The name nodes of symbols that are no parameters.
    pub(super) symbol_names: FxHashSet<usize>,
    /// Attributes that wait for the definition they precede.
    attributes: Vec<Node<'t>>,
    /// Where the last attribute that was looked into ends.
    attribute_end: usize,
    /// Locals that wait for the end of what a check holds for.
    pub(super) widened: Vec<Widened<'t>>,
    /// Branches that may assign locals, and what is assigned.
    pub(super) branching: Vec<Branching<'t>>,
    pub(super) bound: Vec<Bound<'t>>,
    pub(super) frames: Vec<Frame<'t>>,
    /// Documentation states types.
    hears: bool,
    notes_members: bool,
}

/// What holds for the children of a node.
#[derive(Clone, Copy)]
pub(super) struct Frame<'t> {
    pub(super) node: Node<'t>,
    pub(super) scope: u32,
    pub(super) symbol: Option<SymbolIdx>,
    exported: Exported,
}

/// Walks a file.
pub(super) fn survey<'t>(
    parsed: &Parsed<'t>,
    rules: &Rules,
    symbols: &[SymbolNode<'t>],
    visited: &[Visited<'t>],
    names: &mut Names<'t>,
) -> Survey<'t> {
    let mut walk = Surveyor {
        parsed,
        rules,
        symbols,
        names,
        survey: Survey::default(),
        symbol_names: symbols
            .iter()
            .filter(|it| it.kind != SymbolKind::Field)
            .map(|it| it.name.id())
            .collect(),
        attributes: Vec::new(),
        attribute_end: 0,
        widened: Vec::new(),
        branching: Vec::new(),
        bound: Vec::new(),
        frames: Vec::with_capacity(64),
        hears: !parsed.grammar.manifest().documented.tags.is_empty(),
        notes_members: parsed.grammar.manifest().documented.assigned_members,
    };
    walk.survey.locals_are_hoisted = rules.words.assignments_define;
    walk.survey.types_are_no_values = rules.words.types_are_no_values;
    walk.survey.paths_pass_locals = rules.words.paths_pass_locals;
    walk.survey.variables_are_types = rules.words.variables_are_types;
    if !rules.words.type_parameters.is_empty() {
        let own = |it: &SymbolNode<'t>| it.kind.is_type().then(|| arity(it.node, &rules.words.type_parameters));
        walk.survey.arities = symbols.iter().map(own).collect();
    }
    walk.survey.scopes.push(Scope::default());
    walk.survey.symbols.resize_with(symbols.len(), SymbolDraft::default);
    walk.survey.symbol_of = symbols
        .iter()
        .rev()
        .map(|symbol| (symbol.node.id(), symbol.index))
        .collect();
    walk.survey.again = symbols
        .iter()
        .flat_map(|symbol| symbol.again.iter().map(|node| (node.id(), symbol.index)))
        .collect();
    walk.survey.claimed = symbols.iter().map(|symbol| symbol.name.id()).collect();
    walk.run(visited);
    walk.widen(usize::MAX);
    walk.join();
    walk.survey
}

impl<'t> Surveyor<'t, '_> {
    /// Goes over the nodes that were met; what was passed over then is looked for in the tree.
    fn run(&mut self, visited: &[Visited<'t>]) {
        let top = Frame {
            node: self.parsed.root,
            scope: 0,
            symbol: None,
            exported: Exported::No,
        };
        self.frames.push(top);
        let Some(root) = visited.first().filter(|root| root.is_entered) else {
            return self.descend(self.parsed.root);
        };
        // Where the nodes of each frame end.
        let mut ends = vec![root.next];
        let mut at = 1;
        while let Some(one) = visited.get(at as usize) {
            while ends.last().is_some_and(|end| *end <= at) {
                ends.pop();
                self.frames.pop();
            }
            let frame = self.enter(one.node, one.kind, one.defines);
            let Some(frame) = frame else {
                at = one.next;
                continue;
            };
            at += 1;
            if one.next > at {
                self.frames.push(frame);
                ends.push(one.next);
            } else if !one.is_entered {
                self.frames.push(frame);
                self.descend(one.node);
                self.frames.pop();
            }
        }
    }

    /// Looks at all nodes inside one whose frame is the innermost.
    fn descend(&mut self, node: Node<'t>) {
        let mut cursor = node.walk();
        if !cursor.goto_first_child() {
            return;
        }
        let outer = self.frames.len();
        loop {
            let node = cursor.node();
            if let Some(frame) = self.enter(node, node.kind_id(), true)
                && cursor.goto_first_child()
            {
                self.frames.push(frame);
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() || self.frames.len() == outer {
                    return;
                }
                self.frames.pop();
            }
        }
    }

    /// Looks at a node; gives what holds inside it, or nothing if its children do not matter. `may_define` is false where it is known to
    /// define nothing.
    fn enter(&mut self, node: Node<'t>, kind: u16, may_define: bool) -> Option<Frame<'t>> {
        let outer = *self.frames.last()?;
        if self.hears {
            self.hear(node, &outer);
        }
        let mut frame = Frame { node, ..outer };
        let rule = self.rules.walk(kind);
        let symbol = may_define
            .then(|| self.survey.symbol_of.get(&node.id()).copied())
            .flatten();
        let symbols = self.symbols;
        let beside = symbol.map_or(&[][..], |at| &symbols[at.0 as usize + 1..]);
        // One node can define several names: `x, y int`.
        let beside = beside.iter().take_while(|it| it.node.id() == node.id());
        if let Some(rule) = rule {
            if rule.attribute {
                self.attributes.push(node);
                rule.reference.as_ref()?;
                self.attribute_end = node.end_byte();
            }
            if let Some(import) = rule.import.filter(|it| *it != ImportRule::Required) {
                self.read_import(self.import_site(node, import, outer.scope));
                // What an export statement declares is looked at; what it only names is not.
                if import != ImportRule::Around && self.names_only(node) {
                    return None;
                }
                frame.exported = self.export_of(node);
                if frame.exported == Exported::Default {
                    self.read_default_export(node, outer.scope);
                }
            }
        }
        if let Some(symbol) = symbol {
            for also in beside.clone() {
                self.enter_symbol(also.index, &outer, &mut frame);
            }
            self.enter_symbol(symbol, &outer, &mut frame);
        } else if node.is_named() && !node.is_extra() && node.start_byte() >= self.attribute_end {
            self.attributes.clear();
        }
        if let Some(rule) = rule {
            self.apply(node, rule, &outer, &mut frame);
        }
        // Last, so that the name means what is imported before it means the variable.
        if rule.is_some_and(|rule| rule.import == Some(ImportRule::Required)) && self.asks_for_module(node) {
            self.read_import(self.import_site(node, ImportRule::Required, outer.scope));
        }
        if let Some(symbol) = symbol {
            self.survey.symbols[symbol.0 as usize].scope = frame.scope;
            for also in beside {
                self.survey.symbols[also.index.0 as usize].scope = frame.scope;
            }
            frame.exported = Exported::No;
        }
        if rule.is_some_and(|rule| rule.opaque) {
            return None;
        }
        Some(frame)
    }

    fn import_site(&self, node: Node<'t>, rule: ImportRule, scope: u32) -> ImportSite<'t> {
        let is_scoped = self.survey.scopes[scope as usize].function.is_some();
        ImportSite {
            node,
            rule,
            scope,
            is_scoped,
        }
    }

    fn enter_symbol(&mut self, symbol: SymbolIdx, outer: &Frame<'t>, frame: &mut Frame<'t>) {
        use SymbolKind::{Constant, Function, Macro, Module, Namespace, Variable};
        let parts = &self.symbols[symbol.0 as usize];
        let container = parts.container.map(|at| self.symbols[at.0 as usize].kind);
        let is_member = match parts.kind {
            Function | Constant | Variable | Module | Namespace | Macro => container.is_some_and(has_members),
            kind if has_members(kind) => kind == SymbolKind::Impl || container.is_some_and(has_members),
            _ => true,
        };
        let name = self.parsed.name(parts.name);
        let is_elsewhere_too = parts.kind == Function && self.rules.words.functions_overload;
        if !is_member && !is_elsewhere_too {
            let nodes = self.parsed.grammar.nodes();
            let is_of_file = nodes.kind(parts.node.kind_id()).flags.has(Flags::FILE_SCOPED);
            let scope = if is_of_file { 0 } else { outer.scope };
            self.survey.define(scope, name, Entry::Symbol(symbol), 0);
        }
        // A field that a method assigns belongs to the type; what is assigned is done by the method.
        let is_inside = outer
            .symbol
            .is_some_and(|at| self.symbols[at.0 as usize].kind.is_callable());
        if !(parts.kind == SymbolKind::Field && is_inside) {
            frame.symbol = Some(symbol);
        }
        let exported = self.export_of(parts.node);
        let draft = &mut self.survey.symbols[symbol.0 as usize];
        draft.exported = if exported == Exported::No {
            outer.exported
        } else {
            exported
        };
        for attribute in std::mem::take(&mut self.attributes) {
            self.read_attribute(attribute, symbol);
            self.read_view(attribute, symbol, outer.scope);
            self.read_attribute_values(attribute, symbol, outer.scope);
        }
    }

    /// What an attribute says about where members are, or which traits are implemented.
    fn read_attribute(&mut self, attribute: Node<'t>, symbol: SymbolIdx) {
        let words = &self.rules.words;
        let inside = attribute.named_child(0).unwrap_or(attribute);
        let Some(path) = inside.named_child(0) else {
            let word = self.parsed.text(inside);
            let draft = &mut self.survey.symbols[symbol.0 as usize];
            draft.is_static |= words.static_attributes.iter().any(|it| it == word);
            draft.is_of_class |= words.class_attributes.iter().any(|it| it == word);
            return;
        };
        let name = self.parsed.text(path);
        if name == words.file_attribute {
            let value = inside
                .child_by_field_name("value")
                .map(|value| self.parsed.text(value).trim_matches('"'));
            self.survey.symbols[symbol.0 as usize].file = value;
        } else if name == words.derive_attribute
            && let Some(list) = inside.child_by_field_name("arguments")
        {
            let derives: Vec<Node<'t>> = list.named_children().filter(|child| !child.is_extra()).collect();
            self.survey.symbols[symbol.0 as usize].derives.extend(derives);
        }
    }

    /// The names that an attribute gives to views of a type: `#[project = Name]`, `#[pin_project(project = Name)]`.
    fn read_view(&mut self, attribute: Node<'t>, symbol: SymbolIdx, scope: u32) {
        let words = &self.rules.words.view_attributes;
        let is_type = has_members(self.symbols[symbol.0 as usize].kind);
        let inside = attribute.named_child(0).filter(|_| is_type && !words.is_empty());
        let Some((inside, path)) = inside.and_then(|it| Some((it, it.named_child(0)?))) else {
            return;
        };
        let is_word = |node: Node<'t>| words.iter().any(|word| word == self.parsed.text(node));
        let mut views: Vec<Node<'t>> = inside
            .child_by_field_name("value")
            .filter(|_| is_word(path))
            .into_iter()
            .collect();
        if let Some(list) = inside.child_by_field_name("arguments") {
            let tokens: Vec<Node<'t>> = list.children().collect();
            let pairs = tokens.windows(3).filter(|it| is_word(it[0]) && it[1].kind() == "=");
            views.extend(pairs.map(|it| it[2]));
        }
        for view in views.into_iter().filter(|it| it.kind() == "identifier") {
            self.survey.claimed.insert(view.id());
            let name = self.parsed.text(view);
            self.survey.define(scope, name, Entry::Symbol(symbol), 0);
        }
    }

    fn apply(&mut self, node: Node<'t>, rule: &'_ WalkRule, outer: &Frame<'t>, frame: &mut Frame<'t>) {
        let nameless = rule.nameless.iter().find(|it| self.has_no_name(node, it));
        if rule.scope || nameless.is_some() {
            frame.scope = self.open_scope(node, rule, frame);
        }
        if let Some(nameless) = nameless {
            self.open_nameless(node, nameless, outer, frame.scope);
        }
        if let (true, Some(symbol)) = (rule.signature, outer.symbol) {
            let signature = &mut self.survey.symbols[symbol.0 as usize].signature;
            *signature = signature.or(self.survey.scopes[frame.scope as usize].function);
        }
        if rule.may_have_receiver || !rule.receiver.is_empty() {
            self.open_receiving(node, rule, outer, frame.scope);
        }
        if rule.names_function {
            self.note_function(node, frame.scope, false);
        }
        if rule.parameters {
            self.bind_parameters(node, frame);
        }
        if let Some(binds) = &rule.binds {
            self.bind_node(node, binds, outer, frame);
        }
        if let Some(binds) = &rule.type_parameter {
            self.bind_type_parameter(node, binds, frame);
        }
        if let Some(binds) = &rule.type_bound {
            self.note_bound(node, binds, frame.scope, frame.symbol);
        }
        if let Some(name) = rule.names_receiver.as_ref().and_then(|name| place(node, name)) {
            self.name_receiver(name, frame.scope);
        }
        if rule.result {
            self.note_result(node.named_child(0), frame.scope);
        }
        if let Some(heritage) = &rule.heritage
            && let Some(symbol) = frame.symbol
            && has_members(self.symbols[symbol.0 as usize].kind)
            && (heritage.within.is_empty() || heritage.within == outer.node.kind())
            && (heritage.only.is_empty()
                // A call that mixes in means the type it stands in, and no object a block is run by.
                || self.survey.scopes[frame.scope as usize].is_type
                    && self.is_one_of(place(node, &heritage.word), &heritage.only))
        {
            let list = if heritage.list.is_empty() {
                Some(node)
            } else {
                place(node, &heritage.list)
            };
            let is_base = |child: &Node<'t>| {
                let is_word = heritage.words.iter().any(|it| it == child.kind());
                !child.is_extra() && child.kind() != "keyword_argument" && !is_word
            };
            let bases: Vec<Node<'t>> = match list {
                Some(list) if heritage.field.is_empty() => list.named_children().filter(is_base).collect(),
                _ => place(node, &heritage.field).into_iter().collect(),
            };
            let is_none = place(node, &heritage.unless).is_some();
            for base in bases.into_iter().filter(|_| !is_none) {
                if heritage.asked {
                    self.survey.symbols[symbol.0 as usize].bounds.push(base);
                } else if heritage.argument {
                    self.survey.symbols[symbol.0 as usize].arguments.push(base);
                } else if base.kind() != "type_arguments" {
                    if let Some(name) = self.last_name(base) {
                        self.claim_path(base, name);
                    }
                    self.survey.symbols[symbol.0 as usize]
                        .heritage
                        .push((base, heritage.implements));
                }
            }
        }
        if let Some(written) = &rule.writes
            && let Some(target) = place(node, written)
        {
            self.mark_written(target, 0);
            self.note_assignment(node, target, frame.scope);
            if let Some(symbol) = self.survey.again.get(&node.id()) {
                self.survey.symbols[symbol.0 as usize].again.push((node, frame.scope));
            }
            if self.notes_members {
                self.note_member(node, target, frame);
            }
            self.read_exports_assignment(node, target, frame.scope);
        }
        if let Some(counted) = &rule.counts
            && let text = self.parsed.text(node)
            && ["++", "--"].iter().any(|it| text.starts_with(it) || text.ends_with(it))
            && let Some(target) = place(node, counted)
        {
            self.mark_written(target, 0);
        }
        if rule.joins.is_some() {
            let scope = frame.scope;
            self.branching.push(Branching { node, scope });
        }
        if let Some(narrows) = &rule.narrows {
            self.narrow(node, narrows, frame.scope);
        }
        if rule.names {
            self.note_dotted(node, frame);
            self.note_quoted(node, frame);
        }
        if rule.macro_body {
            self.note_macro_body(node, frame);
        }
        if rule.constants {
            self.note_constants(node, frame);
        }
        if rule.gives.is_some() {
            self.note_giving(node, frame);
        }
        if let Some(reference) = &rule.reference {
            let is_call = reference.kind == ReferenceWord::Call;
            // A call that defines a member is made by the type around it.
            let defines = is_call && self.survey.symbol_of.contains_key(&node.id());
            let symbol = if defines { outer.symbol } else { frame.symbol };
            let at = Frame { symbol, ..*frame };
            self.refer(node, reference, &at);
            if is_call {
                self.refer_to_callbacks(node, &at);
            }
        }
    }

    /// What a function that is no symbol is a method of: by being assigned to a member of it, or by a name that is computed (`[Symbol.iterator]`).
    fn method_of(&self, node: Node<'t>, frame: &Frame<'t>) -> Option<SymbolIdx> {
        let around = frame.symbol?;
        let parts = &self.symbols[around.0 as usize];
        if has_members(parts.kind) {
            let definition = node.parent().and_then(|list| list.parent());
            return definition.filter(|it| it.id() == parts.node.id()).map(|_| around);
        }
        let is_value = parts.kind == SymbolKind::Method && node.parent().is_some_and(|it| it.id() == parts.node.id());
        parts.container.filter(|_| is_value)
    }

    fn open_scope(&mut self, node: Node<'t>, rule: &WalkRule, frame: &Frame<'t>) -> u32 {
        let scope = self.survey.scopes.len() as u32;
        let mut inner = Scope {
            parent: Some(frame.scope),
            barrier: rule.barrier,
            is_type: false,
            is_apart: false,
            ..self.survey.scopes[frame.scope as usize]
        };
        let is_definition = matches!(self.rules.expression(node.kind_id()), Some(ExprRule::Definition));
        let definition = node.parent().filter(|_| is_definition).map(|it| it.id());
        let defines = frame.symbol.filter(|symbol| {
            let parts = &self.symbols[symbol.0 as usize];
            let own = parts.node.id();
            own == node.id() || has_members(parts.kind) && Some(own) == definition
        });
        inner.is_apart = self.is_member(node, defines, frame);
        if let Some(symbol) = defines {
            let parts = &self.symbols[symbol.0 as usize];
            match parts.kind {
                SymbolKind::Module => inner.module = Some(symbol),
                SymbolKind::Namespace if self.rules.words.namespaces_are_open => inner.module = Some(symbol),
                kind if has_members(kind) => {
                    inner.this = Some(symbol);
                    inner.nameless = None;
                    inner.is_type = true;
                    if self.rules.words.receiver_is_implied {
                        inner.module = Some(symbol);
                    }
                }
                SymbolKind::Method | SymbolKind::Getter | SymbolKind::Setter | SymbolKind::Constructor => {
                    let is_apart = self.rules.words.receiver_is_implied && self.names_its_type(node, rule);
                    inner.this = if is_apart { Some(symbol) } else { parts.container };
                    if is_apart {
                        inner.module = Some(symbol);
                    }
                }
                _ => {}
            }
        } else if rule.function && rule.own_receiver {
            inner.this = self.method_of(node, frame);
        }
        if rule.function && rule.own_receiver {
            inner.nameless = inner.nameless.filter(|at| self.is_method_of(node, *at));
        }
        self.survey.scope_of.insert(node.id(), scope);
        if rule.function {
            // The name of a function that is no symbol refers to nothing either.
            self.survey
                .claimed
                .extend(node.child_by_field_name("name").map(|name| name.id()));
            let is_method = |at: SymbolIdx| {
                let parts = &self.symbols[at.0 as usize];
                let in_type = parts
                    .container
                    .is_some_and(|of| has_members(self.symbols[of.0 as usize].kind));
                in_type && !self.survey.symbols[at.0 as usize].is_static
            };
            let has_receiver = self.rules.words.receiver_comes_first && defines.is_some_and(is_method);
            inner.function = Some(self.note_function(node, scope, has_receiver));
        }
        self.survey.scopes.push(inner);
        if self.hears {
            self.recall(node, scope, frame.symbol);
        }
        if rule.function {
            self.bind_single_parameter(node, function_of(&inner), scope);
            self.bind_implied_parameter(node, function_of(&inner), scope);
            if let Some(body) = node.child_by_field_name("body")
                && rule.result_is_body
            {
                self.note_result(Some(body), scope);
            }
            if rule.result_is_last
                && let Some(last) = node.named_children().filter(|it| !it.is_extra()).last()
                && self.rules.expression(last.kind_id()).is_some()
            {
                self.note_result(Some(last), scope);
            }
        }
        scope
    }

    /// Keeps a function and gives its number.
    fn note_function(&mut self, node: Node<'t>, scope: u32, has_receiver: bool) -> u32 {
        let function = self.survey.functions.len() as u32;
        self.survey.functions.push(FunctionDraft {
            node,
            scope,
            has_receiver,
            results: Vec::new(),
        });
        self.survey.function_of.insert(node.id(), function);
        function
    }

    /// Whether a method stands apart from its type and names it.
    fn names_its_type(&self, node: Node<'t>, rule: &WalkRule) -> bool {
        let declares = rule.declares.as_ref();
        declares.is_some_and(|it| place(node, &it.qualified).is_some())
    }

    fn is_one_of(&self, word: Option<Node<'t>>, words: &[String]) -> bool {
        word.is_some_and(|word| words.iter().any(|it| it == self.parsed.text(word)))
    }

    fn note_result(&mut self, node: Option<Node<'t>>, scope: u32) {
        if let (Some(node), Some(function)) = (node, self.survey.scopes[scope as usize].function) {
            self.survey.functions[function as usize].results.push((node, scope));
        }
    }
}

fn function_of(scope: &Scope) -> u32 {
    scope.function.unwrap_or_default()
}

/// Whether what is defined inside is a member of it.
pub(super) fn has_members(kind: SymbolKind) -> bool {
    use SymbolKind::{Class, Enum, Impl, Interface, Struct, Trait, TypeAlias, Union};
    matches!(
        kind,
        Class | Struct | Union | Interface | Trait | Enum | Impl | TypeAlias
    )
}
