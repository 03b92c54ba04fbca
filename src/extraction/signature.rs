//! Signatures: rebuilt token by token from syntax nodes, so that nothing is shown that was not meant to be.

use super::chain::{RawChain, Segment, field};
use super::facts::Lines;
use super::grammar::{Flags, Role};
use super::parsed::Parsed;
use super::tree::Node;
use super::walk::Draft;
use std::ops::Range;

/// How long a signature may become, in bytes.
const MAX_BYTES: usize = 400;

/// How deep types may be nested before the rest is left out.
const MAX_DEPTH: usize = 60;

/// What stands for everything that is left out.
const ELLIPSIS: &str = "…";

/// The signature of a symbol.
pub(super) fn of<'t>(parsed: &Parsed<'t>, draft: &Draft<'t>) -> String {
    let mut writer = Writer {
        parsed,
        body: draft.body,
        out: String::with_capacity(96),
        before: String::new(),
        end: 0,
        unit: Vec::new(),
    };
    for attribute in &draft.attributes {
        writer.attribute(*attribute);
    }
    if let Some(leading) = draft.leading {
        writer.leading(leading);
    }
    writer.node(draft.node, 0);
    writer.finish()
}

/// The lines of a symbol, without the attributes at its start.
pub(super) fn lines(draft: &Draft<'_>) -> Lines {
    let start = draft.start.line();
    Lines {
        start,
        end: draft.node.last_line().max(start),
    }
}

struct Writer<'t, 'p> {
    parsed: &'p Parsed<'t>,
    body: Option<Node<'t>>,
    out: String,
    /// The last token.
    before: String,
    /// Where the last token ended in the file.
    end: usize,
    /// The tokens since the last `|`, to leave out a repeated one.
    unit: Vec<usize>,
}

impl<'t> Writer<'t, '_> {
    fn is_full(&self) -> bool {
        self.out.len() > MAX_BYTES
    }

    /// Writes a node and what is in it; a leaf is one token.
    fn node(&mut self, node: Node<'t>, depth: usize) {
        let kind = self.parsed.grammar.nodes().kind(node.kind_id());
        if depth > MAX_DEPTH || node.is_error() {
            return self.token(ELLIPSIS, node.byte_range());
        }
        if node.is_leaf() {
            return self.leaf(node);
        }
        let separated = kind.flags.has(Flags::SEPARATED);
        let mut after_member = false;
        for child in node.children() {
            let number = Some(child.field_id()).filter(|it| *it != 0);
            let is_body = self.body.is_some_and(|body| body.id() == child.id());
            if self.is_full() {
                return;
            }
            if separated && after_member && child.is_named() {
                self.token(";", child.start_byte()..child.start_byte());
            }
            after_member = child.is_named();
            if is_body || child.is_extra() {
                after_member = false;
            } else if number.is_some() && number == kind.dropped && !self.holds_body(child) {
                self.drop_equals();
            } else if number.is_some() && number == kind.default {
                self.default(child);
            } else {
                self.child(child, depth);
            }
        }
    }

    fn child(&mut self, child: Node<'t>, depth: usize) {
        let kind = self.parsed.grammar.nodes().kind(child.kind_id());
        let whole = child.byte_range();
        if child.is_missing() || kind.flags.has(Flags::COMMENT) || kind.flags.has(Flags::HIDDEN_WORD) {
            return;
        }
        if kind.flags.has(Flags::ATTRIBUTE) {
            self.attribute(child);
        } else if let Some(literal) = kind.literal {
            self.token(self.parsed.grammar.nodes().literal_word(literal), whole);
        } else if let Some(callee) = kind.shown_call {
            self.call(child, callee);
        } else if let Some(name) = child.child(0).filter(|first| self.parsed.is_macro_name(*first)) {
            self.chain(RawChain::of(self.parsed, name), name.byte_range());
            self.token("!", name.end_byte()..name.end_byte());
            self.token(ELLIPSIS, whole);
        } else if kind.flags.has(Flags::OPAQUE) && !self.holds_body(child) {
            self.token(ELLIPSIS, whole);
        } else {
            self.node(child, depth + 1);
        }
    }

    fn holds_body(&self, node: Node<'t>) -> bool {
        self.body
            .is_some_and(|body| node.start_byte() <= body.start_byte() && body.end_byte() <= node.end_byte())
    }

    fn leaf(&mut self, node: Node<'t>) {
        let text = self.parsed.text(node);
        let is_quote = |c: char| matches!(c, '"' | '`' | '\n') || c == '\'' && text.len() > 1;
        // Literals have kinds of their own; this holds for a grammar whose table forgot one.
        let strange = node.is_named() && (text.contains(is_quote) || text.starts_with(|c: char| c.is_ascii_digit()));
        self.token(if strange { ELLIPSIS } else { text }, node.byte_range());
    }

    /// A default value: a literal by its kind, `null` and the like by name, the rest not at all.
    fn default(&mut self, value: Node<'t>) {
        let kind = self.parsed.grammar.nodes().kind(value.kind_id());
        let text = match kind.literal {
            Some(literal) => self.parsed.grammar.nodes().literal_word(literal),
            None if value.is_leaf() && !kind.flags.has(Flags::IDENTIFIER) => return self.leaf(value),
            None => ELLIPSIS,
        };
        self.token(text, value.byte_range());
    }

    fn call(&mut self, node: Node<'t>, callee: u16) {
        match field(node, callee) {
            Some(callee) => {
                self.chain(RawChain::of(self.parsed, callee), callee.byte_range());
                self.token("(", callee.end_byte()..callee.end_byte());
                self.token(ELLIPSIS, callee.end_byte()..callee.end_byte());
                self.token(")", node.end_byte()..node.end_byte());
            }
            None => self.token(ELLIPSIS, node.byte_range()),
        }
    }

    fn chain(&mut self, chain: RawChain<'t>, at: Range<usize>) {
        let text = |segment| match segment {
            Segment::None => ELLIPSIS,
            Segment::Root(name) | Segment::Member(name) => name,
        };
        if chain.qualifier != Segment::None {
            self.token(text(chain.qualifier), at.start..at.start);
            self.token(".", at.start..at.start);
        }
        self.token(text(chain.name), at);
    }

    /// The words of a declaration before what it declares.
    fn leading(&mut self, node: Node<'t>) {
        let words: Vec<_> = node
            .children()
            .take_while(|child| !child.is_named() && child.kind() != "(")
            .collect();
        words.into_iter().for_each(|word| self.leaf(word));
    }

    /// An attribute or decorator: its name and how many arguments it has.
    fn attribute(&mut self, node: Node<'t>) {
        let inner = self.attribute_call(node);
        let (name, arguments) = match inner {
            Some((name, arguments)) => (RawChain::of(self.parsed, name), arguments),
            None => return,
        };
        let (Segment::Root(last) | Segment::Member(last)) = name.name else {
            return;
        };
        let first = match name.qualifier {
            Segment::Root(first) | Segment::Member(first) => first,
            Segment::None => last,
        };
        if self
            .parsed
            .grammar
            .nodes()
            .hidden_attributes
            .iter()
            .any(|it| it == first)
        {
            return;
        }
        let marks: Vec<_> = node.children().filter(|child| !child.is_named()).collect();
        let (before, after): (Vec<_>, Vec<_>) = marks.into_iter().partition(|mark| mark.end_byte() <= name.at as usize);
        for mark in before {
            self.leaf(mark);
        }
        let at = node.start_byte();
        self.chain(name, at..at);
        if let Some(count) = arguments {
            self.token("(", at..at);
            self.token(&count.to_string(), at..at);
            self.token(")", at..at);
        }
        for mark in after {
            self.token(self.parsed.text(mark), at..at);
        }
        self.before = "]".to_owned();
        self.end = usize::MAX;
    }

    /// The name of an attribute and the number of its arguments.
    fn attribute_call(&self, node: Node<'t>) -> Option<(Node<'t>, Option<usize>)> {
        let nodes = self.parsed.grammar.nodes();
        let mut inner = node.named_child(0)?;
        for _ in 0..4 {
            let kind = nodes.kind(inner.kind_id());
            let arguments = inner
                .child_by_field_name("arguments")
                .map(|it| count_arguments(it, kind_is_list(self.parsed, it)));
            if let Some(callee) = kind.shown_call.and_then(|callee| field(inner, callee)) {
                return Some((callee, arguments));
            }
            if kind.member.is_some() || kind.flags.has(Flags::IDENTIFIER) || kind.flags.has(Flags::RECEIVER) {
                return Some((inner, None));
            }
            if arguments.is_some() {
                return inner.named_child(0).map(|name| (name, arguments));
            }
            inner = inner.named_child(0)?;
        }
        None
    }

    fn drop_equals(&mut self) {
        if self.before == "=" {
            self.out.truncate(self.out.trim_end_matches('=').trim_end().len());
            self.before.clear();
        }
    }

    /// Writes one token, with a blank before it where that reads well.
    fn token(&mut self, text: &str, at: Range<usize>) {
        if text.is_empty() || self.is_full() {
            return;
        }
        let before = self.before.as_str();
        let closes = matches!(text, ")" | "]" | "}" | ">");
        let gap = at.start > self.end || self.end == usize::MAX;
        if closes && matches!(before, "," | ";") && self.broke_line(at.start) {
            self.out.truncate(self.out.len() - 1);
        }
        let stands_alone = self.parsed.bytes.get(at.end).is_some_and(u8::is_ascii_whitespace);
        if matches!(text, "|" | "&") && matches!(before, "=" | "(" | "<" | ":") && stands_alone {
            // The bar or ampersand that opens a list over several lines.
            self.end = at.end;
            return;
        }
        if text == "|" {
            self.unit.push(self.out.len());
        } else if self.repeats_literal(text) {
            self.end = at.end;
            return;
        }
        if !self.out.is_empty() && blank_between(&self.before, text, gap) {
            self.out.push(' ');
        }
        self.out.push_str(text);
        self.before.clear();
        self.before.push_str(text);
        self.end = at.end;
    }

    fn broke_line(&self, start: usize) -> bool {
        self.parsed
            .bytes
            .get(self.end..start)
            .is_some_and(|gap| gap.contains(&b'\n'))
    }

    /// Takes back the `|` before a literal of the kind that stands before it.
    fn repeats_literal(&mut self, text: &str) -> bool {
        let Some(&bar) = self
            .unit
            .last()
            .filter(|_| self.before == "|" && text.starts_with('<') && text.len() > 1)
        else {
            return false;
        };
        if !self.out[..bar].ends_with(text) {
            return false;
        }
        self.out.truncate(bar);
        self.unit.pop();
        self.before = text.to_owned();
        true
    }

    fn finish(mut self) -> String {
        if self.is_full() {
            cut(&mut self.out, MAX_BYTES);
        }
        let text = self.out.trim_end_matches([';', ',', ':', ' ']);
        // What a body that is an expression begins with.
        let end = text.strip_suffix(" =").unwrap_or(text).len();
        self.out.truncate(end);
        self.out
    }
}

fn kind_is_list(parsed: &Parsed<'_>, node: Node<'_>) -> bool {
    parsed.grammar.nodes().kind(node.kind_id()).role == Role::Arguments
}

/// How many arguments a list has, or a tree of tokens with commas.
fn count_arguments(node: Node<'_>, is_list: bool) -> usize {
    if is_list {
        return node.named_child_count();
    }
    let children: Vec<_> = node.children().collect();
    let inside = children.get(1..children.len().saturating_sub(1)).unwrap_or_default();
    inside
        .split(|child| child.kind() == ",")
        .filter(|argument| !argument.is_empty())
        .count()
}

fn blank_between(before: &str, text: &str, gap: bool) -> bool {
    let never_before = matches!(text, "," | ";" | ")" | "]" | ">" | "." | "?.");
    let never_after = matches!(before, "(" | "[" | "<" | "." | "?." | "::" | "@" | "#");
    let always_after = matches!(before, "," | ";" | "=" | "=>" | "->" | "|" | ":" | "{");
    let always_before = matches!(text, "=" | "=>" | "->" | "|" | "{" | "}");
    match (before, text) {
        ("{", "}") => false,
        _ if never_before || never_after => false,
        _ => always_after || always_before || gap,
    }
}

/// Cuts a text to `max` bytes, with an ellipsis where something is gone.
pub(super) fn cut(text: &mut String, max: usize) {
    if text.len() <= max {
        return;
    }
    let end = text.floor_char_boundary(max - ELLIPSIS.len());
    text.truncate(end);
    text.push_str(ELLIPSIS);
}
