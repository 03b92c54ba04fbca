//! Which definitions of a file are symbols, and what their heads say.

use super::{State, Walk, last_statement};
use crate::extraction::chain::{field, name_leaf};
use crate::extraction::facts::{Modifiers, SymbolKind, Visibility};
use crate::extraction::grammar::{Flags, MemberRule, NodeKind, Role};
use crate::extraction::outline::RawStep;
use crate::extraction::symbols::Candidate;
use crate::extraction::tree::Node;
use crate::extraction::vocabulary::Body;
use crate::extraction::{Skipped, docs};
use std::ops::Range;

/// A symbol while its file is walked.
pub(in crate::extraction) struct Draft<'t> {
    pub(in crate::extraction) kind: SymbolKind,
    pub(in crate::extraction) node: Node<'t>,
    pub(in crate::extraction) name: Node<'t>,
    pub(in crate::extraction) body: Option<Node<'t>>,
    pub(in crate::extraction) container: Option<u32>,
    pub(in crate::extraction) visibility: Visibility,
    /// It is as visible as its container.
    inherits: bool,
    pub(in crate::extraction) modifiers: Modifiers,
    /// The first byte that is neither attribute nor comment.
    pub(in crate::extraction) start: Node<'t>,
    pub(in crate::extraction) docs: Vec<Range<usize>>,
    pub(in crate::extraction) attributes: Vec<Node<'t>>,
    /// The node whose first words belong to the definition (`const`).
    pub(in crate::extraction) leading: Option<Node<'t>>,
    pub(in crate::extraction) steps: Vec<RawStep<'t>>,
    pub(in crate::extraction) scope: Option<u32>,
    pub(in crate::extraction) vocabulary: Body,
    /// Where the body or the value begins.
    pub(super) behaviour_start: usize,
    /// Further assignments to what an assignment defines.
    pub(in crate::extraction) again: Vec<Node<'t>>,
}

/// How many further assignments of a member are looked at.
pub(in crate::extraction) const MAX_AGAIN: usize = 8;

/// How many steps an outline has at most.
const MAX_STEPS: usize = 400;

impl<'t> Draft<'t> {
    /// Adds a step; gives its place, unless the outline is full.
    pub(super) fn push_step(&mut self, step: RawStep<'t>) -> Option<usize> {
        if self.steps.len() >= MAX_STEPS {
            return None;
        }
        self.steps.push(step);
        Some(self.steps.len() - 1)
    }
}

/// What stands in front of a name.
struct Head<'t> {
    visibility: Option<Visibility>,
    modifiers: Modifiers,
    start: Node<'t>,
}

impl<'t> Walk<'t, '_> {
    /// Makes symbols of what a node defines. What is inside belongs to the last of them.
    pub(super) fn define_all(
        &mut self,
        node: Node<'t>,
        kind: &NodeKind,
        candidates: Vec<Candidate<'t>>,
    ) -> Result<(), Skipped> {
        let Some(state) = self.levels.last().map(|level| level.state) else {
            return Ok(());
        };
        let docs = std::mem::take(&mut self.docs);
        let attributes = std::mem::take(&mut self.attributes);
        for candidate in candidates {
            self.define(node, kind, candidate, state, docs.clone(), attributes.clone())?;
        }
        Ok(())
    }

    /// Whether an alias is only the name again of the type that it stands for, which is defined in its place: `typedef struct list { … } list;`.
    fn repeats_its_type(&self, node: Node<'t>, name: Node<'t>) -> bool {
        let of = node.parent().and_then(|it| it.child_by_field_name("type"));
        let of = of.filter(|it| *it != node && it.child_by_field_name("body").is_some());
        let own = of.and_then(|it| it.child_by_field_name("name"));
        own.is_some_and(|own| self.parsed.text(own) == self.parsed.text(name))
    }

    /// Makes a symbol of a candidate, unless it is local.
    fn define(
        &mut self,
        node: Node<'t>,
        kind: &NodeKind,
        candidate: Candidate<'t>,
        state: State,
        mut docs: Vec<Range<usize>>,
        attributes: Vec<Node<'t>>,
    ) -> Result<(), Skipped> {
        let apart = candidate
            .container
            .and_then(|of| self.defined_at_top(self.parsed.text(of)));
        let is_of_file = kind.flags.has(Flags::FILE_SCOPED);
        let container = state.symbol.or(apart).filter(|_| !is_of_file);
        let container_kind = container.map(|at| self.drafts[at as usize].kind);
        if is_local(&state, kind, candidate.kind, container_kind) || state.broken && self.is_quoted(node) {
            return Ok(());
        }
        let name = name_leaf(self.parsed, candidate.name).unwrap_or(candidate.name);
        let symbol_kind = settled_kind(candidate.kind, container_kind);
        if symbol_kind == SymbolKind::TypeAlias && self.repeats_its_type(node, name) {
            return Ok(());
        }
        let container = match symbol_kind {
            SymbolKind::Field => self.beyond_functions(container),
            _ => container,
        };
        if symbol_kind == SymbolKind::Field && container != state.symbol || matches!(kind.role, Role::Assign(_)) {
            let next = self.drafts.len() as u32;
            let first = *self.assigned.entry((container, self.parsed.text(name))).or_insert(next);
            if first != next {
                self.assigned_again(first, node);
                return Ok(());
            }
        }
        if self.drafts.len() >= self.max_symbols {
            return Err(Skipped::TooManySymbols);
        }
        let manifest = self.parsed.grammar.manifest();
        let head = self.head(node, candidate.body, &attributes);
        if manifest.comments.adjacent && !docs::reach(self.parsed, &docs, attributes.first().map_or(node, |it| *it)) {
            docs.clear();
        }
        if let Some(text) = candidate.body.and_then(|body| docs::doc_string(self.parsed, body)) {
            docs = vec![text];
        }
        let value = kind.dropped.and_then(|number| field(node, number));
        let behaviour_start = candidate.body.or(value).map_or(usize::MAX, |it| it.start_byte());
        let scope = if symbol_kind.is_callable() {
            Some(self.outlines.new_scope(state.scope))
        } else {
            state.scope
        };
        let visibility = match manifest.visibility.kinds.get(symbol_kind.word()) {
            Some(word) => Some((*word).into()),
            None => self.visibility(&head, name, container, &state),
        };
        let leading = self.leading();
        let index = self.drafts.len() as u32;
        self.drafts.push(Draft {
            kind: symbol_kind,
            node,
            name,
            body: candidate.body,
            container,
            visibility: visibility.unwrap_or_default(),
            inherits: visibility.is_none(),
            modifiers: head.modifiers,
            start: head.start,
            docs,
            attributes,
            leading,
            steps: Vec::new(),
            scope,
            vocabulary: Body::default(),
            behaviour_start,
            again: Vec::new(),
        });
        if container == state.symbol || symbol_kind != SymbolKind::Field {
            self.enter_symbol(index);
        }
        Ok(())
    }

    /// Notes that what an assignment defined is assigned again.
    fn assigned_again(&mut self, first: u32, node: Node<'t>) {
        if let Some(draft) = self.drafts.get_mut(first as usize)
            && draft.again.len() <= MAX_AGAIN
        {
            draft.again.push(node);
        }
    }

    /// The variable, function or type of a name that the file has defined outside of everything so far.
    fn defined_at_top(&self, name: &str) -> Option<u32> {
        use SymbolKind::{Class, Constant, Function, Interface, Struct, TypeAlias, Variable};
        let can_have_members = |draft: &Draft<'t>| {
            matches!(
                draft.kind,
                Class | Constant | Function | Interface | Struct | TypeAlias | Variable
            )
        };
        let at = self.drafts.iter().position(|draft| {
            draft.container.is_none() && can_have_members(draft) && self.parsed.text(draft.name) == name
        })?;
        u32::try_from(at).ok()
    }

    /// Sets what holds inside the symbol on top of the path.
    fn enter_symbol(&mut self, index: u32) {
        let Draft { kind, body, scope, .. } = &self.drafts[index as usize];
        let last = body.map_or(0, |body| last_statement(body, self.nodes));
        if let Some(level) = self.levels.last_mut() {
            let before = level.state;
            level.state = State {
                symbol: Some(index),
                scope: *scope,
                last,
                local: kind.is_callable() || before.local && !has_members(*kind),
                binding: before.binding && !kind.is_callable(),
                ..State::default()
            };
        }
    }

    /// What a field belongs to: the type where it is a parameter of the constructor.
    fn beyond_functions(&self, mut container: Option<u32>) -> Option<u32> {
        while let Some(at) = container.filter(|at| self.drafts[*at as usize].kind.is_callable()) {
            container = self.drafts[at as usize].container;
        }
        container
    }

    /// Whether a definition within a syntax error may be words of a string that was never closed.
    fn is_quoted(&mut self, node: Node<'t>) -> bool {
        let (from, open) = self.open_quote;
        let between = self.parsed.bytes.get(from..node.start_byte()).unwrap_or_default();
        let quotes = between.iter().filter(|byte| matches!(byte, b'"' | b'`')).count();
        self.open_quote = (node.start_byte().max(from), open ^ (quotes % 2 == 1));
        self.open_quote.1
    }

    /// The node around a definition that begins its declaration: `const a = 1`.
    fn leading(&self) -> Option<Node<'t>> {
        let [.., parent, _] = self.levels.as_slice() else {
            return None;
        };
        let flags = self.nodes.kind(parent.kind).flags;
        flags.has(Flags::LEADING).then_some(parent.node)
    }

    /// Reads the words in front of a definition's name.
    fn head(&mut self, node: Node<'t>, body: Option<Node<'t>>, attributes: &[Node<'t>]) -> Head<'t> {
        let mut head = Head {
            visibility: None,
            modifiers: Modifiers::default(),
            start: node,
        };
        let mut found_start = false;
        let mut own = Vec::new();
        let kind = self.nodes.kind(node.kind_id());
        head.modifiers.is_abstract = kind.flags.has(Flags::ABSTRACT);
        for child in node.children() {
            let flags = self.nodes.kind(child.kind_id()).flags;
            let past = body.is_some_and(|body| child.start_byte() >= body.start_byte());
            if past || kind.dropped.is_some() && Some(child.field_id()) == kind.dropped {
                self.value_words(child, &mut head.modifiers, past);
                break;
            }
            if !found_start
                && !flags.has(Flags::ATTRIBUTE)
                && !flags.has(Flags::COMMENT)
                && let Some(first) = self.first_word(child)
            {
                (head.start, found_start) = (first, true);
            }
            if flags.has(Flags::VISIBILITY) {
                head.visibility = self.modifier_visibility(self.parsed.text(child)).or(head.visibility);
            }
            if flags.has(Flags::MODIFIERS) {
                own.extend(self.modifier_list(child, &mut head));
            } else if flags.has(Flags::ATTRIBUTE) {
                own.push(child);
            } else if !child.is_named() {
                self.modifier(self.parsed.text(child), &mut head.modifiers);
            }
        }
        own.extend(attributes);
        self.attribute_modifiers(&own, &mut head);
        head
    }

    /// Where a node in front of a name begins, the attributes in it left out; nothing if it holds nothing else.
    fn first_word(&self, child: Node<'t>) -> Option<Node<'t>> {
        if !self.nodes.kind(child.kind_id()).flags.has(Flags::MODIFIERS) || child.is_leaf() {
            return Some(child);
        }
        let is_before = |it: &Node<'t>| {
            let flags = self.nodes.kind(it.kind_id()).flags;
            flags.has(Flags::ATTRIBUTE) || flags.has(Flags::COMMENT)
        };
        child.children().find(|it| !is_before(it))
    }

    /// Reads a node that holds words and attributes; gives the attributes.
    fn modifier_list(&self, list: Node<'t>, head: &mut Head<'t>) -> Vec<Node<'t>> {
        if list.is_leaf() {
            self.modifier(self.parsed.text(list), &mut head.modifiers);
        }
        let mut attributes = Vec::new();
        for child in list.children() {
            if self.nodes.kind(child.kind_id()).flags.has(Flags::ATTRIBUTE) {
                attributes.push(child);
                continue;
            }
            let word = self.parsed.text(child);
            self.modifier(word, &mut head.modifiers);
            head.visibility = self.modifier_visibility(word).or(head.visibility);
        }
        attributes
    }

    /// The words in front of a function that is a value: `async` of `const f = async () => 1`.
    fn value_words(&self, value: Node<'t>, modifiers: &mut Modifiers, is_body: bool) {
        if !is_body && let Some(first) = value.child(0).filter(|it| !it.is_named()) {
            self.modifier(self.parsed.text(first), modifiers);
        }
    }

    fn modifier(&self, word: &str, modifiers: &mut Modifiers) {
        let [is_async, is_static, is_abstract, is_unsafe, is_const] = &self
            .nodes
            .words
            .each_ref()
            .map(|words| words.iter().any(|it| it == word));
        modifiers.is_async |= is_async;
        modifiers.is_static |= is_static;
        modifiers.is_abstract |= is_abstract;
        modifiers.is_unsafe |= is_unsafe;
        modifiers.is_const |= is_const;
    }

    fn attribute_modifiers(&self, attributes: &[Node<'t>], head: &mut Head<'t>) {
        let manifest = self.parsed.grammar.manifest();
        let tests = &manifest.tests;
        for attribute in attributes {
            let text = self.parsed.text(*attribute);
            let inside = text.trim_start_matches(['#', '!', '[', '@']).trim_end_matches(']');
            let compact: String = inside.chars().filter(|c| !c.is_whitespace()).take(64).collect();
            let name = compact.split(['(', '=']).next().unwrap_or_default();
            let last = name.rsplit([':', '.']).next().unwrap_or_default();
            let is = |list: &[String]| list.iter().any(|it| *it == compact || it == last);
            head.modifiers.is_test |= is(&tests.attributes);
            head.modifiers.is_deprecated |= is(&tests.deprecated);
            head.modifiers.is_static |= is(&manifest.modifiers.static_attributes);
            if let Some(word) = manifest.visibility.attributes.get(last) {
                head.visibility = Some((*word).into());
            }
        }
    }

    pub(super) fn modifier_visibility(&self, text: &str) -> Option<Visibility> {
        let rules = &self.parsed.grammar.manifest().visibility.modifiers;
        let fitting = rules.iter().filter(|(prefix, _)| text.starts_with(prefix.as_str()));
        fitting
            .max_by_key(|(prefix, _)| prefix.len())
            .map(|(_, word)| (*word).into())
    }

    /// How visible a definition is; nothing if it is as visible as its container.
    fn visibility(&self, head: &Head<'t>, name: Node<'t>, container: Option<u32>, state: &State) -> Option<Visibility> {
        if head.visibility.is_some() {
            return head.visibility;
        }
        let table = &self.parsed.grammar.manifest().visibility;
        let text = self.parsed.text(name);
        if let Some((_, word)) = table
            .names
            .iter()
            .filter(|(prefix, _)| text.starts_with(prefix.as_str()))
            .max_by_key(|(prefix, _)| prefix.len())
        {
            return Some((*word).into());
        }
        if text.starts_with(char::is_uppercase)
            && let Some(word) = table.capitals
        {
            return Some(word.into());
        }
        if state.exported {
            return Some(Visibility::Public);
        }
        if state.section.is_some() {
            return state.section;
        }
        let rule = container.and_then(|at| {
            let container = self.drafts[at as usize].node;
            self.nodes
                .member_rule(container.kind_id(), |number| field(container, number).is_some())
        });
        match rule {
            Some(MemberRule::Public) => Some(Visibility::Public),
            Some(MemberRule::Private) => Some(Visibility::Private),
            Some(MemberRule::Inherit) => None,
            None => Some(table.default.into()),
        }
    }

    /// Applies exports that stand apart from their definitions, and lets members follow their containers.
    pub(super) fn settle_visibility(&mut self) {
        for at in 0..self.drafts.len() {
            let draft = &self.drafts[at];
            let settled = match draft.container {
                None if self.finder.exported.contains(self.parsed.text(draft.name)) => Visibility::Public,
                Some(container) if draft.inherits => self.drafts[container as usize].visibility,
                _ => continue,
            };
            self.drafts[at].visibility = settled;
        }
    }
}

/// Whether a definition is a local variable, or belongs to something without a name.
fn is_local(state: &State, node: &NodeKind, kind: SymbolKind, container: Option<SymbolKind>) -> bool {
    use SymbolKind::{Constant, Constructor, Field, Getter, Method, Property, Setter, Variable};
    let is_variable = kind != Field && (node.binder.is_some() || matches!(node.role, Role::Assign(_)));
    if is_variable && state.local {
        return true;
    }
    let of_value = matches!(container, Some(Variable | Constant | Property | Field));
    match kind {
        Property => state.local || !container.is_some_and(has_members) && (state.anonymous || !of_value),
        Method | Getter | Setter | Constructor => state.local,
        Field => state.local && state.anonymous,
        _ => false,
    }
}

/// What a definition is because of where it stands.
fn settled_kind(kind: SymbolKind, container: Option<SymbolKind>) -> SymbolKind {
    match (kind, container) {
        (SymbolKind::Function, Some(container)) if has_members(container) => SymbolKind::Method,
        (SymbolKind::Variable, Some(container)) if has_members(container) => SymbolKind::Field,
        (SymbolKind::TypeAlias, Some(SymbolKind::Impl | SymbolKind::Trait)) => SymbolKind::AssociatedType,
        (kind, _) => kind,
    }
}

/// Whether what is defined inside is a member of it.
fn has_members(kind: SymbolKind) -> bool {
    use SymbolKind::{Class, Enum, Impl, Interface, Struct, Trait, TypeAlias, Union};
    matches!(
        kind,
        Class | Struct | Union | Interface | Trait | Enum | Impl | TypeAlias
    )
}
