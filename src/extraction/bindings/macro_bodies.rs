//! What the bodies of macros of C name. A body is one text to the parser, and code wherever the macro is used.

use super::collect::Lowering;
use super::scopes::{Entry, MacroNameDraft, Space};
use super::walk::{Frame, Surveyor};
use super::{Expr, Reference, ReferenceKind};
use crate::extraction::parsed::line_of;
use crate::extraction::tree::Node;
use rustc_hash::FxHashSet;

/// How many names of one body are looked at.
const MAX_NAMES: usize = 256;

/// Words before a bracket that call nothing.
const WORDS: [&str; 16] = [
    "__attribute__",
    "__extension__",
    "_Alignof",
    "_Static_assert",
    "alignof",
    "asm",
    "decltype",
    "defined",
    "for",
    "if",
    "return",
    "sizeof",
    "static_assert",
    "switch",
    "typeof",
    "while",
];

impl<'t> Surveyor<'t, '_> {
    /// Notes the names in the body of a macro that are no parameters of it and no members of anything.
    pub(super) fn note_macro_body(&mut self, node: Node<'t>, frame: &Frame<'t>) {
        let text = self.parsed.original.get(node.byte_range());
        let Some(text) = text.and_then(|it| std::str::from_utf8(it).ok()) else {
            return;
        };
        let list = node.parent().and_then(|it| it.child_by_field_name("parameters"));
        let mut seen: FxHashSet<&str> = list
            .into_iter()
            .flat_map(|it| it.named_children())
            .map(|it| self.parsed.text(it))
            .collect();
        let first = line_of(node);
        for Word {
            text: name,
            line,
            is_called,
        } in words(text).into_iter().take(MAX_NAMES)
        {
            if seen.insert(name) && !WORDS.contains(&name) {
                self.survey.macro_names.push(MacroNameDraft {
                    name,
                    at: node.start_byte(),
                    line: first + line,
                    scope: frame.scope,
                    within: frame.symbol,
                    is_called,
                });
            }
        }
    }
}

impl<'t> Lowering<'t, '_> {
    /// What the bodies of macros name is called or read there. A body may be anything, so only names count that the code of the file has as well.
    pub(super) fn macro_bodies(&mut self) {
        let survey = self.survey;
        if survey.macro_names.is_empty() {
            return;
        }
        let here: FxHashSet<&str> = self.symbols.iter().map(|it| self.parsed.text(it.name)).collect();
        for draft in &survey.macro_names {
            let is_here = here.contains(draft.name);
            let is_known = is_here || self.names.known(draft.name).is_some();
            let is_capital = !draft.name.bytes().any(|it| it.is_ascii_lowercase());
            let found = survey.find(self.symbols, draft.name, draft.scope, draft.at, Space::Value);
            let target = match found {
                Ok(Entry::Symbol(symbol)) => Expr::Symbol(symbol),
                Err(module) if is_known && (draft.is_called || is_here || is_capital) => Expr::Name {
                    name: self.names.id(draft.name),
                    module,
                    arity: 0,
                },
                _ => continue,
            };
            let reference = Reference {
                kind: if draft.is_called {
                    ReferenceKind::Call
                } else {
                    ReferenceKind::Read
                },
                target: self.keep(target),
                name: self.names.id(draft.name),
                line: draft.line,
                within: draft.within,
                arguments: None,
                given: None,
                values: Box::default(),
            };
            self.found.push((draft.at as u32, reference));
        }
    }
}

struct Word<'t> {
    text: &'t str,
    /// How many lines below the first.
    line: u32,
    is_called: bool,
}

/// The names of a text of C that stand for themselves: no part of a literal or comment, no member, nothing that is glued to something.
fn words(text: &str) -> Vec<Word<'_>> {
    let bytes = text.as_bytes();
    let (mut at, mut line, mut found) = (0, 0, Vec::new());
    let mut before = Vec::new();
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'\n' => line += 1,
            b'/' if bytes.get(at) == Some(&b'/') => break,
            b'/' if bytes.get(at) == Some(&b'*') => {
                let end = text.get(at..).and_then(|rest| rest.find("*/"));
                let end = end.map_or(bytes.len(), |length| at + length + 2);
                line += bytes[at..end].iter().filter(|it| **it == b'\n').count() as u32;
                at = end;
            }
            b'"' | b'\'' => at = behind_literal(bytes, at, byte),
            _ if is_word(byte) => {
                at += bytes[at..].iter().take_while(|it| is_word(**it)).count();
                let next = bytes[at..].iter().find(|it| !it.is_ascii_whitespace() && **it != b'\\');
                let is_member = before.ends_with(b".") || before.ends_with(b"->") || before.ends_with(b"::");
                let is_glued = before.ends_with(b"#") || next == Some(&b'#');
                if !byte.is_ascii_digit() && !is_member && !is_glued {
                    found.push(Word {
                        text: &text[start..at],
                        line,
                        is_called: next == Some(&b'('),
                    });
                }
                before.clear();
            }
            b' ' | b'\t' | b'\r' | b'\\' => {}
            _ => before.push(byte),
        }
    }
    found
}

fn behind_literal(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while let Some(&byte) = bytes.get(at) {
        at += if byte == b'\\' { 2 } else { 1 };
        if byte == quote {
            break;
        }
    }
    at.min(bytes.len())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
