//! Types that only documentation states: which comment is about which definition, and what its tags say.

mod lower;
mod parse;
mod tags;

use super::TypeParameter;
use super::binders::parameters;
use super::place::{first_child, place};
use super::rules::{ExprRule, PatternRule};
use super::scopes::{Entry, LocalDraft, Scope, Source, Space};
use super::walk::{Frame, Surveyor, has_members};
use crate::extraction::docs::{self, CommentKind};
use crate::extraction::facts::{SymbolIdx, SymbolKind};
use crate::extraction::grammar::TagWord;
use crate::extraction::parsed::line_of;
use crate::extraction::tree::Node;
use rustc_hash::FxHashMap;
use tags::Tag;

/// How many nodes lie between a comment and the definition it is about.
const MAX_AROUND: usize = 8;

/// How many assignments to members of one type are noted; of a type that has more, none counts.
const MAX_MEMBERS: usize = 1024;

/// A type as documentation states it.
#[derive(Clone, Debug)]
pub(super) enum Stated<'t> {
    Untyped,
    Builtin,
    This,
    Named {
        path: Vec<&'t str>,
        arguments: Vec<Self>,
    },
    /// A member of a module by its specifier; without a path, what the module is as a whole.
    Module {
        specifier: &'t str,
        path: Vec<&'t str>,
        arguments: Vec<Self>,
    },
    Array(Box<Self>),
    /// Several values of a type, where a parameter takes them.
    Rest(Box<Self>),
    Tuple(Vec<Self>),
    Union(Vec<Self>),
    Intersection(Vec<Self>),
    /// An index into [`Documentation::functions`].
    Function(u32),
    Object(Vec<(&'t str, Self)>),
    Of(Box<Self>),
    Index(Box<Self>, Option<&'t str>),
}

/// A function type.
#[derive(Clone, Debug)]
pub(super) struct Signature<'t> {
    parameters: Vec<Option<Stated<'t>>>,
    returns: Option<Stated<'t>>,
}

/// A value that a method assigns to a member of its receiver.
pub(super) struct AssignedMember<'t> {
    name: &'t str,
    assignment: usize,
    value: Option<Node<'t>>,
    scope: u32,
    in_constructor: bool,
}

/// What the documentation of a file says.
#[derive(Default)]
pub(super) struct Documentation<'t> {
    /// Types, and the scopes from which their names are looked up.
    types: Vec<(Stated<'t>, u32)>,
    functions: parse::Signatures<'t>,
    /// By the node of a parameter, a variable, a field, a value in brackets.
    at: FxHashMap<usize, u32>,
    /// By the node of a function, what it gives back.
    results: FxHashMap<usize, u32>,
    /// Bases of types, and whether they are implemented.
    bases: FxHashMap<SymbolIdx, Vec<(u32, bool)>>,
    /// What a file gives away by names of types.
    exports: Vec<(&'t str, u32, u32)>,
    assigned: FxHashMap<SymbolIdx, Vec<AssignedMember<'t>>>,
    /// The comment that waits for what it is about: the node it stands in, and what it says.
    waiting: Option<(usize, Vec<Tag<'t>>)>,
    /// What comments say of functions and types that are still to be entered.
    about: FxHashMap<usize, Vec<Tag<'t>>>,
}

impl Documentation<'_> {
    /// The type that is stated for a node.
    pub(super) fn of(&self, node: Node<'_>) -> Option<u32> {
        self.at.get(&node.id()).copied()
    }
}

impl<'t> Surveyor<'t, '_> {
    /// Takes notice of a comment, or of the node that follows one.
    pub(super) fn hear(&mut self, node: Node<'t>, outer: &Frame<'t>) {
        if node.is_extra() {
            let text = self.parsed.text(node);
            if text.contains('@') && docs::comment_kind(self.parsed, node) == Some(CommentKind::Block) {
                let table = &self.parsed.grammar.manifest().documented;
                let tags = tags::read(text, table);
                self.name_types(&tags, outer.scope, line_of(node));
                self.survey.documentation.waiting = Some((outer.node.id(), tags));
            }
        } else if node.is_named()
            && let Some((around, tags)) = self.survey.documentation.waiting.take()
            && around == outer.node.id()
        {
            self.attach(node, &tags, outer.scope);
        }
    }

    /// Finds what a comment is about, from the node that follows it.
    fn attach(&mut self, mut node: Node<'t>, tags: &[Tag<'t>], scope: u32) {
        let table = &self.parsed.grammar.manifest().documented;
        let mut value = tags
            .iter()
            .find(|tag| tag.means == TagWord::Value)
            .and_then(|tag| tag.of);
        for _ in 0..MAX_AROUND {
            let rule = self.rules.walk(node.kind_id());
            let is_type = self.survey.symbol_of.get(&node.id());
            let is_type = is_type.is_some_and(|at| has_members(self.symbols[at.0 as usize].kind));
            if is_type || rule.is_some_and(|rule| rule.function) {
                self.survey.documentation.about.insert(node.id(), tags.to_vec());
                if let Some(value) = value {
                    self.state(node, value, scope);
                }
                return;
            }
            let is_cast = table.casts.iter().any(|kind| kind == node.kind());
            let declares = rule.and_then(|rule| rule.declares.as_ref());
            let is_wrapper = table.wrappers.iter().any(|kind| kind == node.kind());
            let written = rule.and_then(|rule| rule.writes.as_ref());
            let inside = match (written, declares) {
                _ if is_wrapper => node
                    .child_by_field_name("declaration")
                    .or_else(|| node.child_by_field_name("value"))
                    .or_else(|| first_child(node)),
                (Some(_), _) => node.child_by_field_name("right"),
                (_, Some(declares)) => place(node, &declares.value),
                _ if is_cast => None,
                _ => first_child(node).filter(|it| it.start_byte() == node.start_byte()),
            };
            let holds = is_cast || written.is_some() || declares.is_some();
            if let Some(text) = value.filter(|_| holds && !is_wrapper || self.is_parameter(node)) {
                value = None;
                self.state(node, text, scope);
            }
            match inside {
                Some(inner) => node = inner,
                None => return,
            }
        }
    }

    fn is_parameter(&self, node: Node<'t>) -> bool {
        let around = node.parent().and_then(|it| self.rules.walk(it.kind_id()));
        around.is_some_and(|rule| rule.parameters)
    }

    /// Notes the type of a node.
    fn state(&mut self, node: Node<'t>, text: &'t str, scope: u32) {
        if let Some(at) = self.stated(text, scope) {
            self.survey.documentation.at.entry(node.id()).or_insert(at);
        }
    }

    /// The number of a type that is stated; none for one that cannot be read or says nothing.
    fn stated(&mut self, text: &'t str, scope: u32) -> Option<u32> {
        match self.read_type(text, scope)? {
            Stated::Untyped => None,
            of => Some(self.keep_stated(of, scope)),
        }
    }

    fn keep_stated(&mut self, of: Stated<'t>, scope: u32) -> u32 {
        let types = &mut self.survey.documentation.types;
        types.push((of, scope));
        types.len() as u32 - 1
    }

    fn read_type(&mut self, text: &'t str, scope: u32) -> Option<Stated<'t>> {
        let table = &self.parsed.grammar.manifest().documented;
        parse::read(text, table, &mut self.survey.documentation.functions, scope)
    }

    /// Takes in what is said of a function or type, once its scope is open.
    pub(super) fn recall(&mut self, node: Node<'t>, scope: u32, symbol: Option<SymbolIdx>) {
        let Some(tags) = self.survey.documentation.about.remove(&node.id()) else {
            return;
        };
        let names = tags.iter().filter(|tag| tag.means == TagWord::TypeParameter);
        self.name_parameters(names.copied(), scope, symbol);
        if self.survey.function_of.contains_key(&node.id()) {
            return self.recall_function(node, &tags, scope);
        }
        for tag in tags {
            let implements = tag.means == TagWord::Implements;
            if (implements || tag.means == TagWord::Extends)
                && let (Some(text), Some(symbol)) = (tag.of, symbol)
                && let Some(at) = self.stated(text, scope)
            {
                let bases = self.survey.documentation.bases.entry(symbol).or_default();
                bases.push((at, implements));
            }
        }
    }

    fn recall_function(&mut self, node: Node<'t>, tags: &[Tag<'t>], scope: u32) {
        let end = tags.iter().position(|tag| tag.means == TagWord::Overload);
        let tags = &tags[..end.unwrap_or(tags.len())];
        let mut given = self.members(tags, TagWord::Parameter, scope);
        let list = node.child_by_field_name("parameters");
        let single = node.child_by_field_name("parameter");
        let nodes = list.map(|list| parameters(list, self.rules)).unwrap_or_default();
        let nodes: Vec<Node<'t>> = nodes.into_iter().chain(single).collect();
        for (at, parameter) in nodes.into_iter().enumerate() {
            let place = match self.single_name(parameter) {
                Some(name) => given.iter().position(|(given, _)| *given == name),
                None => Some(at).filter(|at| *at < given.len()),
            };
            let Some(place) = place else { continue };
            let of = std::mem::replace(&mut given[place].1, Stated::Untyped);
            if !matches!(of, Stated::Untyped) {
                let at = self.keep_stated(of, scope);
                self.survey.documentation.at.entry(parameter.id()).or_insert(at);
            }
        }
        let is_getter = self.survey.symbol_of.get(&node.id());
        let is_getter = is_getter.is_some_and(|at| self.symbols[at.0 as usize].kind == SymbolKind::Getter);
        for tag in tags {
            let is_result = tag.means == TagWord::Result || is_getter && tag.means == TagWord::Value;
            if is_result && let Some(at) = tag.of.and_then(|text| self.stated(text, scope)) {
                self.survey.documentation.results.entry(node.id()).or_insert(at);
            }
            if tag.means == TagWord::Receiver
                && let Some(at) = tag.of.and_then(|text| self.stated(text, scope))
            {
                let local = self.stated_local(at, None);
                let receiver: &'t str = super::language(self.parsed.grammar)
                    .rules
                    .as_ref()
                    .map_or("", |rules| rules.words.receiver_parameter.as_str());
                self.survey.define(scope, receiver, Entry::Local(local), 0);
            }
        }
    }

    /// The name of a parameter that is no pattern.
    fn single_name(&self, parameter: Node<'t>) -> Option<&'t str> {
        let inner = parameter.child_by_field_name("left").unwrap_or(parameter);
        let is_rest = matches!(self.rules.pattern(inner.kind_id()), Some(PatternRule::Rest));
        let inner = if is_rest { first_child(inner)? } else { inner };
        (inner.is_leaf()).then(|| self.parsed.text(inner))
    }

    /// What tags like `@param` and `@property` list, those with a path as members of the first segment.
    fn members(&mut self, tags: &[Tag<'t>], means: TagWord, scope: u32) -> Vec<(&'t str, Stated<'t>)> {
        let mut members = Vec::new();
        for tag in tags.iter().filter(|tag| tag.means == means) {
            let of = tag.of.and_then(|text| self.read_type(text, scope));
            let path = tags::name(tag.rest);
            insert(&mut members, &path, of.unwrap_or(Stated::Untyped));
        }
        members
    }

    /// Defines the type parameters that tags name, in the order of their list.
    fn name_parameters(&mut self, tags: impl Iterator<Item = Tag<'t>>, scope: u32, owner: Option<SymbolIdx>) {
        let mut count = 0_u8;
        for tag in tags {
            for name in tags::names(tag.rest) {
                let bound = tag.of.and_then(|text| self.read_type(text, scope));
                let at = self.keep_stated(bound.unwrap_or(Stated::Untyped), scope);
                let local = self.stated_local(at, Some(TypeParameter { owner, at: count }));
                self.survey.define(scope, name, Entry::TypeParameter(local), 0);
                count = count.saturating_add(1);
            }
        }
    }

    fn stated_local(&mut self, at: u32, parameter: Option<TypeParameter>) -> u32 {
        let source = self.survey.source(Source::Stated(at));
        self.survey.locals.push(LocalDraft {
            source,
            parameter,
            bound: None,
            function: None,
        });
        self.survey.locals.len() as u32 - 1
    }

    /// Defines the types that a comment gives names to.
    fn name_types(&mut self, tags: &[Tag<'t>], scope: u32, line: u32) {
        let names_type = |tag: &Tag<'t>| matches!(tag.means, TagWord::Alias | TagWord::Callback | TagWord::Import);
        let Some(first) = tags.iter().position(names_type) else {
            return;
        };
        let parameters = tags.iter().filter(|tag| tag.means == TagWord::TypeParameter);
        let inner = if parameters.clone().next().is_some() {
            let inner = Scope {
                parent: Some(scope),
                is_type: false,
                barrier: false,
                ..self.survey.scopes[scope as usize]
            };
            self.survey.scopes.push(inner);
            self.survey.scopes.len() as u32 - 1
        } else {
            scope
        };
        self.name_parameters(parameters.copied(), inner, None);
        let mut rest = &tags[first..];
        while let [tag, behind @ ..] = rest {
            let end = behind.iter().position(names_type).unwrap_or(behind.len());
            match tag.means {
                TagWord::Import => self.name_imports(tag, scope),
                _ => self.name_type(tag, &behind[..end], [scope, inner], line),
            }
            rest = &behind[end..];
        }
    }

    /// Defines one type: by the braces behind its tag, or by the tags behind that.
    fn name_type(&mut self, tag: &Tag<'t>, behind: &[Tag<'t>], [scope, inner]: [u32; 2], line: u32) {
        let path = tags::name(tag.rest);
        let [name] = path.as_slice() else { return };
        let of = if tag.means == TagWord::Callback {
            let given = self.members(behind, TagWord::Parameter, inner);
            let parameters = given.into_iter().map(|(_, of)| Some(of)).collect();
            let result = behind.iter().find(|tag| tag.means == TagWord::Result);
            let returns = result
                .and_then(|tag| tag.of)
                .and_then(|text| self.read_type(text, inner));
            let functions = &mut self.survey.documentation.functions;
            functions.push((Signature { parameters, returns }, inner));
            Stated::Function(functions.len() as u32 - 1)
        } else {
            let members = self.members(behind, TagWord::Member, inner);
            match tag.of.and_then(|text| self.read_type(text, inner)) {
                Some(Stated::Array(of)) if !members.is_empty() && matches!(*of, Stated::Untyped) => {
                    Stated::Array(Box::new(Stated::Object(members)))
                }
                None | Some(Stated::Untyped) if !members.is_empty() => Stated::Object(members),
                Some(of) => of,
                None => Stated::Untyped,
            }
        };
        self.define_alias(name, of, [scope, inner], Some(line));
    }

    fn define_alias(&mut self, name: &'t str, of: Stated<'t>, [scope, inner]: [u32; 2], exported: Option<u32>) {
        let at = self.keep_stated(of, inner);
        // Like a type parameter of nothing, whose bound is what it stands for.
        let parameter = TypeParameter {
            owner: None,
            at: u8::MAX,
        };
        let local = self.stated_local(at, Some(parameter));
        self.survey.define(scope, name, Entry::Alias(local), 0);
        if let Some(line) = exported.filter(|_| scope == 0) {
            self.survey.documentation.exports.push((name, at, line));
        }
    }

    /// `@import { A, B as C } from "./module"`, `@import * as A from "./module"`, `@import A from "./module"`.
    fn name_imports(&mut self, tag: &Tag<'t>, scope: u32) {
        let Some((named, from)) = tag.rest.split_once("from") else {
            return;
        };
        let from = from.trim_start();
        let quote = from.chars().next().filter(|c| matches!(c, '"' | '\''));
        let specifier = quote.and_then(|quote| from[1..].split(quote).next());
        let Some(specifier) = specifier.filter(|it| parse::is_specifier(it)) else {
            return;
        };
        let module = |path: Vec<&'t str>| Stated::Module {
            specifier,
            path,
            arguments: Vec::new(),
        };
        for one in tag.of.unwrap_or_default().split(',') {
            let mut words = one
                .split(|c| !tags::is_word(c))
                .filter(|it| !it.is_empty() && *it != "type");
            if let Some(name) = words.next() {
                let local = words.next_back().unwrap_or(name);
                self.define_alias(local, module(vec![name]), [scope, scope], None);
            }
        }
        let named = named.trim();
        if let Some(all) = named
            .strip_prefix('*')
            .map(|it| it.trim_start().trim_start_matches("as").trim())
        {
            self.define_alias(all, module(Vec::new()), [scope, scope], None);
        } else if let Some(default) = tags::names(named).first() {
            self.define_alias(default, module(vec!["default"]), [scope, scope], None);
        }
    }

    /// The class whose members an object holds (`Class.prototype`).
    fn class_of_prototype(&self, object: Node<'t>, scope: u32) -> Option<SymbolIdx> {
        let Some(ExprRule::Member { object: of, name, .. }) = self.rules.expression(object.kind_id()) else {
            return None;
        };
        let word = &self.rules.words.prototype;
        let name = place(object, name).filter(|it| !word.is_empty() && self.parsed.text(*it) == word)?;
        let of = place(object, of).filter(|it| matches!(self.rules.expression(it.kind_id()), Some(ExprRule::Name)))?;
        let text = self.parsed.text(of);
        let found = self
            .survey
            .find(self.symbols, text, scope, name.start_byte(), Space::Value);
        match found {
            Ok(Entry::Symbol(at)) => Some(at).filter(|at| self.symbols[at.0 as usize].kind == SymbolKind::Class),
            _ => None,
        }
    }

    /// Notes what is assigned to a member of the receiver, or of a class.
    pub(super) fn note_member(&mut self, node: Node<'t>, target: Node<'t>, frame: &Frame<'t>) {
        let Some(ExprRule::Member { object, name, .. }) = self.rules.expression(target.kind_id()) else {
            return;
        };
        let (Some(object), Some(name)) = (place(target, object), place(target, name)) else {
            return;
        };
        let name = self.parsed.text(name);
        let class = match self.rules.expression(object.kind_id()) {
            Some(ExprRule::This) => self.survey.scopes[frame.scope as usize].this,
            Some(ExprRule::Member { .. }) => self.class_of_prototype(object, frame.scope),
            _ => None,
        };
        let Some(class) = class else { return };
        let is_constructor = |at: SymbolIdx| self.symbols[at.0 as usize].kind == SymbolKind::Constructor;
        let is_plain = node.child_by_field_name("operator").is_none();
        let value = node
            .child_by_field_name("right")
            .filter(|it| is_plain && !self.is_nothing(*it));
        let members = self.survey.documentation.assigned.entry(class).or_default();
        if members.len() <= MAX_MEMBERS {
            members.push(AssignedMember {
                name,
                assignment: node.id(),
                value,
                scope: frame.scope,
                in_constructor: frame.symbol.is_some_and(is_constructor),
            });
        }
    }
}

/// Adds a member to an object type, or to one inside it.
fn insert<'t>(members: &mut Vec<(&'t str, Stated<'t>)>, path: &[&'t str], of: Stated<'t>) {
    match path {
        [] => {}
        [name] => members.push((name, of)),
        [first, rest @ ..] => {
            let Some((_, around)) = members.iter_mut().find(|(name, _)| name == first) else {
                return;
            };
            if matches!(around, Stated::Untyped) {
                *around = Stated::Object(Vec::new());
            }
            if let Stated::Object(inner) = around {
                insert(inner, rest, of);
            }
        }
    }
}
