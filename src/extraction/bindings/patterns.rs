//! Patterns: which names they bind, and to which part of a value.

use super::joins::Bound;
use super::place::place;
use super::rules::PatternRule;
use super::scopes::{Entry, LocalDraft, Source};
use super::walk::Surveyor;
use crate::extraction::tree::Node;

/// How deep patterns are followed.
const MAX_DEPTH: u8 = 24;

/// Where the names of a pattern are put, and from which byte on they count.
#[derive(Clone, Copy)]
pub(super) struct Site {
    pub(super) scope: u32,
    pub(super) from: usize,
    /// The scope in which names inside the pattern are looked up.
    pub(super) around: u32,
    /// What is bound is a function.
    pub(super) of_function: bool,
    /// It counts where the type around it is made, and not in its members.
    pub(super) initial: bool,
}

impl<'t> Surveyor<'t, '_> {
    /// Binds the names of a pattern to a source.
    pub(super) fn bind(&mut self, pattern: Node<'t>, source: u32, site: Site, depth: u8) {
        if depth > MAX_DEPTH {
            return;
        }
        let Some(rule) = self.rules.pattern(pattern.kind_id()) else {
            return;
        };
        match rule {
            PatternRule::Name => {
                let name = self.parsed.text(pattern);
                let constant = self.rules.words.patterns_name_constants && name.starts_with(char::is_uppercase);
                if !constant {
                    self.bind_name(pattern, name, source, site);
                }
            }
            PatternRule::Shorthand => {
                let key = self.parsed.text(pattern);
                let source = self.survey.source(Source::Key { of: source, key });
                self.note_taken(pattern, source);
                self.bind_name(pattern, key, source, site);
            }
            PatternRule::Pair { key, value } => {
                let places = (place(pattern, key), place(pattern, value));
                self.bind_pair(pattern, places, source, site, depth);
            }
            PatternRule::Only if pattern.named_child_count() != 1 => {}
            PatternRule::Only | PatternRule::Keys | PatternRule::Each => {
                self.bind_children(pattern, site, depth, |_, _| source)
            }
            PatternRule::List if pattern.named_child_count() == 1 => {
                self.bind_children(pattern, site, depth, |_, _| source)
            }
            PatternRule::Positions | PatternRule::List => {
                self.bind_children(pattern, site, depth, |it, at| {
                    it.survey.source(Source::Position { of: source, at })
                });
            }
            PatternRule::Elements => {
                self.bind_children(pattern, site, depth, |it, _| it.survey.source(Source::Element(source)));
            }
            PatternRule::Fields { r#type } => self.bind_fields(pattern, place(pattern, r#type), site, depth),
            PatternRule::Payload { r#type } => {
                self.bind_payload(pattern, place(pattern, r#type), source, site, depth);
            }
            PatternRule::Inner { value } => {
                let inner = if value.is_empty() {
                    pattern.named_child(0)
                } else {
                    place(pattern, value)
                };
                if let Some(inner) = inner {
                    self.bind(inner, source, site, depth + 1);
                }
            }
            PatternRule::Rest => {
                let is_stated = matches!(self.survey.sources[source as usize], Source::Stated(_));
                // What is left of an object still has the members that are named of it.
                let around = pattern.parent().and_then(|it| self.rules.pattern(it.kind_id()));
                let is_object = self.rules.words.keys_are_members && matches!(around, Some(PatternRule::Keys));
                let source = if is_stated || is_object {
                    source
                } else {
                    self.survey.source(Source::None)
                };
                self.bind_children(pattern, site, depth, |_, _| source);
            }
        }
    }

    /// Binds the value of a pair, or the key itself where it stands for both.
    fn bind_pair(
        &mut self,
        pattern: Node<'t>,
        (key, value): (Option<Node<'t>>, Option<Node<'t>>),
        source: u32,
        site: Site,
        depth: u8,
    ) {
        let source = match key {
            Some(node) => {
                let key = self.parsed.text(node);
                let source = self.survey.source(Source::Key { of: source, key });
                self.note_taken(node, source);
                source
            }
            None => source,
        };
        let key = key.map(|key| self.parsed.text(key));
        if let Some(value) = value {
            return self.bind(value, source, site, depth + 1);
        }
        let first = pattern.child_by_field_name("name").or_else(|| pattern.named_child(0));
        if let (Some(name), Some(key)) = (first, key) {
            self.bind_name(name, key, source, site);
        }
    }

    /// Binds names that share a stated type.
    fn bind_fields(&mut self, pattern: Node<'t>, typed: Option<Node<'t>>, site: Site, depth: u8) {
        let source = match typed {
            Some(node) => {
                self.survey.claimed.remove(&node.id());
                let scope = site.around;
                self.survey.source(Source::Type { node, scope })
            }
            None => self.survey.source(Source::None),
        };
        self.bind_children_but(pattern, typed, site, depth, |_, _| source);
    }

    /// Binds what a variant holds.
    fn bind_payload(&mut self, pattern: Node<'t>, path: Option<Node<'t>>, of: u32, site: Site, depth: u8) {
        let scope = site.around;
        self.bind_children_but(pattern, path, site, depth, |it, at| match path {
            Some(path) => it.survey.source(Source::Payload { path, scope, of, at }),
            None => it.survey.source(Source::None),
        });
    }

    fn bind_children(&mut self, of: Node<'t>, site: Site, depth: u8, source: impl Fn(&mut Self, u8) -> u32) {
        self.bind_children_but(of, None, site, depth, source);
    }

    fn bind_children_but(
        &mut self,
        of: Node<'t>,
        but: Option<Node<'t>>,
        site: Site,
        depth: u8,
        source: impl Fn(&mut Self, u8) -> u32,
    ) {
        let children: Vec<Node<'t>> = of
            .named_children()
            .filter(|child| Some(*child) != but && !child.is_extra())
            .collect();
        for (at, child) in children.into_iter().enumerate() {
            let source = source(self, at.min(255) as u8);
            self.bind(child, source, site, depth + 1);
        }
    }

    /// Binds one name, unless an enclosing definition made it a symbol.
    fn bind_name(&mut self, node: Node<'t>, name: &'t str, source: u32, site: Site) {
        self.survey.claimed.insert(node.id());
        let is_member = self.survey.scopes[site.scope as usize].is_type;
        let is_member = is_member && !site.initial;
        if self.symbol_names.contains(&node.id()) || is_member || self.survey.defines_symbol(site.scope, name) {
            return;
        }
        let local = self.survey.locals.len() as u32;
        self.survey.locals.push(LocalDraft {
            source,
            parameter: None,
            bound: None,
            function: site.of_function.then(|| node.start_byte() as u32),
        });
        if site.initial {
            self.survey.initial.insert(local);
        }
        self.survey.define(site.scope, name, Entry::Local(local), site.from);
        if self.rules.words.assignments_define {
            let (from, scope) = (site.from, site.scope);
            self.bound.push(Bound { from, scope, name });
        }
    }
}
