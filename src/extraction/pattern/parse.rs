//! The text of queries.

use super::{Item, KindIs, NodeShape, Pattern, Predicate, Property, QueryError, Repeat, Shape, Test};
use std::num::NonZeroU16;
use std::sync::OnceLock;
use tree_sitter::Language;

pub(super) struct Parser<'a> {
    language: &'a Language,
    text: &'a str,
    at: usize,
    pub(super) captures: Vec<String>,
}

type Parsed<T> = Result<T, QueryError>;

impl<'a> Parser<'a> {
    pub(super) fn new(language: &'a Language, text: &'a str) -> Self {
        Self {
            language,
            text,
            at: 0,
            captures: Vec::new(),
        }
    }

    pub(super) fn patterns(&mut self) -> Parsed<Vec<Pattern>> {
        let mut all = Vec::new();
        while self.peek().is_some() {
            let mut pattern = Pattern::default();
            let item = self.item(&mut pattern)?;
            if item.repeat != Repeat::Once || item.field.is_some() {
                return Err(self.wrong("a pattern begins with one node"));
            }
            pattern.nodes = match item.shape {
                Shape::Several(nodes) if item.captures.is_empty() => nodes,
                _ => vec![item],
            };
            if pattern.nodes.first().is_some_and(|it| it.repeat != Repeat::Once) {
                return Err(self.wrong("the first node of a pattern stands there once"));
            }
            all.push(pattern);
        }
        Ok(all)
    }

    /// What comes next, behind blanks and comments.
    fn peek(&mut self) -> Option<char> {
        loop {
            let rest = self.text[self.at..].trim_start();
            self.at = self.text.len() - rest.len();
            if !rest.starts_with(';') {
                return rest.chars().next();
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_next = self.peek() == Some(wanted);
        if is_next {
            self.at += wanted.len_utf8();
        }
        is_next
    }

    fn expect(&mut self, wanted: char) -> Parsed<()> {
        match self.take(wanted) {
            true => Ok(()),
            false => Err(self.wrong(&format!("`{wanted}` is missing"))),
        }
    }

    fn word(&mut self) -> &'a str {
        self.peek();
        let rest = &self.text[self.at..];
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '?' | '!');
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// The name of a node or field.
    fn name(&mut self) -> &'a str {
        self.peek();
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn string(&mut self) -> Parsed<String> {
        self.expect('"')?;
        let mut out = String::new();
        let mut rest = self.text[self.at..].char_indices();
        while let Some((at, c)) = rest.next() {
            match c {
                '"' => {
                    self.at += at + 1;
                    return Ok(out);
                }
                '\\' => match rest.next() {
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 't')) => out.push('\t'),
                    Some((_, 'r')) => out.push('\r'),
                    Some((_, '0')) => out.push('\0'),
                    Some((_, c)) => out.push(c),
                    None => break,
                },
                c => out.push(c),
            }
        }
        Err(self.wrong("a string is not closed"))
    }

    /// One node with what stands behind it: `*`, `@name`.
    fn item(&mut self, pattern: &mut Pattern) -> Parsed<Item> {
        let mut item = Item {
            shape: Shape::Several(Vec::new()),
            field: None,
            captures: Vec::new(),
            repeat: Repeat::Once,
            is_next: false,
        };
        match self.peek() {
            Some('(') => item.shape = self.parenthesized(pattern)?,
            Some('[') => item.shape = self.one_of(pattern)?,
            Some('"') => {
                let word = self.string()?;
                item.shape = Shape::Node(NodeShape::of(self.kind(&word, false)?));
            }
            Some(c) if c.is_alphabetic() => {
                let name = self.name();
                let field = self.field(name)?;
                self.expect(':')?;
                item = self.item(pattern)?;
                item.field = Some(field);
                return Ok(item);
            }
            _ => return Err(self.wrong("a node is missing")),
        }
        item.repeat = match self.peek() {
            Some('*') => Repeat::Any,
            Some('+') => Repeat::Some,
            Some('?') => Repeat::Maybe,
            _ => Repeat::Once,
        };
        self.at += usize::from(item.repeat != Repeat::Once);
        while self.take('@') {
            let name = self.word();
            item.captures.push(self.capture(name));
        }
        if matches!(item.shape, Shape::Several(_)) && !item.captures.is_empty() {
            return Err(self.wrong("several nodes have no capture of their own"));
        }
        Ok(item)
    }

    fn capture(&mut self, name: &str) -> u16 {
        let known = self.captures.iter().position(|it| it == name);
        known.unwrap_or_else(|| {
            self.captures.push(name.to_owned());
            self.captures.len() - 1
        }) as u16
    }

    fn parenthesized(&mut self, pattern: &mut Pattern) -> Parsed<Shape> {
        self.expect('(')?;
        if matches!(self.peek(), Some('(' | '[' | '"')) {
            let (items, ends) = self.list(')', pattern, &mut Vec::new())?;
            return match ends {
                true => Err(self.wrong("a `.` stands behind a node of no list")),
                false => Ok(Shape::Several(items)),
            };
        }
        let name = self.name();
        let mut node = NodeShape::of(match name {
            "_" => KindIs::Any,
            _ => self.kind(name, true)?,
        });
        (node.children, node.ends) = self.list(')', pattern, &mut node.without)?;
        Ok(Shape::Node(node))
    }

    fn one_of(&mut self, pattern: &mut Pattern) -> Parsed<Shape> {
        self.expect('[')?;
        let (items, _) = self.list(']', pattern, &mut Vec::new())?;
        let is_odd = items.iter().any(|it| it.repeat != Repeat::Once);
        match items.is_empty() || is_odd {
            true => Err(self.wrong("between `[` and `]` stand nodes without `*`, `+` or `?`")),
            false => Ok(Shape::OneOf(items)),
        }
    }

    /// What stands before a bracket, and whether a `.` does.
    fn list(&mut self, close: char, pattern: &mut Pattern, without: &mut Vec<u16>) -> Parsed<(Vec<Item>, bool)> {
        let mut items = Vec::new();
        loop {
            if self.take('!') {
                let name = self.name();
                without.push(self.field(name)?);
                continue;
            }
            self.peek();
            if self.text[self.at..].starts_with("(#") {
                self.predicate(pattern)?;
                continue;
            }
            if self.peek().is_none() {
                return Err(self.wrong(&format!("`{close}` is missing")));
            }
            let is_next = self.take('.');
            if self.take(close) {
                return Ok((items, is_next));
            }
            let mut item = self.item(pattern)?;
            item.is_next = is_next;
            items.push(item);
        }
    }

    fn predicate(&mut self, pattern: &mut Pattern) -> Parsed<()> {
        self.at += "(#".len();
        let what = self.word();
        if what == "set!" {
            let key = self.word().to_owned();
            let value = if self.peek() == Some('"') {
                self.string()?
            } else {
                String::new()
            };
            pattern.properties.push(Property { key, value });
            return self.expect(')');
        }
        self.expect('@')?;
        let name = self.word();
        let capture = self.capture(name);
        let mut words = Vec::new();
        while self.peek() == Some('"') {
            words.push(self.string()?);
        }
        self.expect(')')?;
        let (is_negated, kind) = what.strip_prefix("not-").map_or((false, what), |it| (true, it));
        let test = match (kind, words.as_slice()) {
            ("eq?", [_]) | ("any-of?", [_, ..]) => Test::IsOneOf(words),
            ("match?", [regex]) => match regex::bytes::Regex::new(regex) {
                Ok(_) => Test::Matches(regex.clone(), OnceLock::new()),
                _ => return Err(self.wrong("a regular expression cannot be read")),
            },
            _ => return Err(self.wrong(&format!("`#{what}` says nothing of `@{name}`"))),
        };
        pattern.predicates.push(Predicate {
            capture,
            test,
            is_negated,
        });
        Ok(())
    }

    fn kind(&self, name: &str, is_named: bool) -> Parsed<KindIs> {
        match self.language.id_for_node_kind(name, is_named) {
            0 => Err(self.foreign("node", name)),
            kind if self.language.node_kind_is_supertype(kind) => {
                Err(self.wrong(&format!("`{name}` stands for several kinds of nodes; name these")))
            }
            kind => Ok(KindIs::One(kind)),
        }
    }

    fn field(&self, name: &str) -> Parsed<u16> {
        let field = self.language.field_id_for_name(name);
        field.map(NonZeroU16::get).ok_or_else(|| self.foreign("field", name))
    }

    fn foreign(&self, what: &str, name: &str) -> QueryError {
        QueryError {
            is_foreign: true,
            ..self.wrong(&format!("the parser has no {what} `{name}`"))
        }
    }

    fn wrong(&self, message: &str) -> QueryError {
        QueryError {
            row: self.text[..self.at].matches('\n').count(),
            message: message.to_owned(),
            is_foreign: false,
        }
    }
}

impl NodeShape {
    fn of(kind: KindIs) -> Self {
        Self {
            kind,
            children: Vec::new(),
            ends: false,
            without: Vec::new(),
        }
    }
}
