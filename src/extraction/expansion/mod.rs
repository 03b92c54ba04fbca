//! Macros of Rust that a file defines and calls where items stand, as the items these calls become.
//!
//! The calls are replaced in the text that is parsed, and every line of that text remembers the line of the file it stands for. Definitions are
//! found by their names, in the file itself: of several that stand one after the other, the last before the call counts. What has others by its name
//! under settings or in other modules, or uses what is not understood here, is left alone.

mod rules;
mod tokens;

use rules::{MAX_TOKENS, Rule};
use rustc_hash::FxHashMap;
use tokens::{Kind, Token, closing, tokens};

/// Lines that macros make are broken where they are longer.
const LONG_LINE: usize = 4000;

/// How many tokens are looked at for all calls of a file.
const MAX_WORK: usize = 4_000_000;

/// How often what a call becomes is looked through for further calls.
const MAX_ROUNDS: u8 = 6;

/// A text in which calls of macros were replaced.
pub(super) struct Expanded {
    pub(super) text: String,
    /// The line of the file that each line of the text stands for, counted from 1.
    pub(super) lines: Vec<u32>,
}

/// The macros of a file.
#[derive(Default)]
struct Macros<'s>(FxHashMap<&'s str, Vec<Definition<'s>>>);

/// One definition of a macro.
struct Definition<'s> {
    start: usize,
    /// Whether it stands in a module of its own, or a build may leave it out.
    is_apart: bool,
    /// `None` for what is not understood.
    rules: Option<Vec<Rule<'s>>>,
}

impl<'s> Macros<'s> {
    /// The rules of a macro that is called at a byte.
    fn rules(&self, name: &str, at: usize) -> Option<&[Rule<'s>]> {
        let all = self.0.get(name)?;
        if all.len() > 1 && all.iter().any(|it| it.is_apart) {
            return None;
        }
        let before = all.iter().rfind(|it| it.start < at);
        let definition = before.or_else(|| all.first().filter(|_| all.len() == 1))?;
        definition.rules.as_deref()
    }
}

/// A call of a macro where an item stands.
struct Call {
    name: usize,
    open: usize,
    close: usize,
}

/// Replaces the calls of a file's own macros where items stand; `None` if there are none.
pub(super) fn expanded(text: &str) -> Option<Expanded> {
    if !text.contains("macro_rules!") {
        return None;
    }
    let tokens = tokens(text)?;
    let (calls, macros) = survey(&tokens);
    let mut out = Writer::default();
    let (mut copied, mut budget, mut work) = (0, text.len() + MAX_TOKENS, MAX_WORK);
    for call in calls {
        let name = &tokens[call.name];
        let Some(rules) = macros.rules(name.text, name.start) else {
            continue;
        };
        let inside = &tokens[call.open + 1..call.close];
        let Some(became) = applied(rules, inside, (&macros, name.start), (0, &mut work))
            .filter(|it| it.len() <= budget && !it.is_empty())
        else {
            continue;
        };
        budget -= became.len();
        out.copy(&text[copied..name.start]);
        out.begin(name.line.unwrap_or_default());
        // The call itself stays, without its arguments.
        out.put(name.text);
        out.put("! { }");
        out.tokens(&became, name.line.unwrap_or_default());
        let close = &tokens[call.close];
        out.begin(close.line.unwrap_or_default());
        copied = close.start + 1;
        if text[copied..].trim_start().starts_with(';') && close.text != "}" {
            copied += text[copied..].find(';').unwrap_or_default() + 1;
        }
    }
    if copied == 0 {
        return None;
    }
    out.copy(&text[copied..]);
    Some(Expanded {
        text: out.text,
        lines: out.lines,
    })
}

/// What a call at a byte becomes, and the calls in that.
fn applied<'s>(
    rules: &[Rule<'s>],
    inside: &[Token<'s>],
    (macros, at): (&Macros<'s>, usize),
    (round, work): (u8, &mut usize),
) -> Option<Vec<Token<'s>>> {
    if round > MAX_ROUNDS || inside.len() > MAX_TOKENS {
        return None;
    }
    *work = work.checked_sub(1 + inside.len() * rules.len())?;
    let became = rules.iter().find_map(|rule| rule.applied(inside))?;
    *work = work.checked_sub(became.len())?;
    let (calls, _) = survey(&became);
    let (mut out, mut copied) = (Vec::new(), 0);
    for call in calls {
        let Some(rules) = macros.rules(became[call.name].text, at) else {
            continue;
        };
        out.extend_from_slice(&became[copied..call.name]);
        out.extend(applied(
            rules,
            &became[call.open + 1..call.close],
            (macros, at),
            (round + 1, &mut *work),
        )?);
        copied = call.close + 1;
        copied += usize::from(became.get(copied).is_some_and(|it| it.text == ";"));
        if out.len() > MAX_TOKENS {
            return None;
        }
    }
    out.extend_from_slice(&became[copied..]);
    Some(out)
}

/// What stands in brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Items,
    Other,
}

/// The calls of macros where items stand, and the macros that are defined.
fn survey<'s>(tokens: &[Token<'s>]) -> (Vec<Call>, Macros<'s>) {
    let (mut calls, mut macros) = (Vec::new(), Macros::default());
    let mut open = vec![Place::Items];
    // Whether an item begins here, what its brackets would hold, and whether a build may leave it out.
    let (mut begins, mut holds, mut is_optional) = (true, Place::Other, false);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let is_items = open.last() == Some(&Place::Items);
        let text = |ahead: usize| tokens.get(at + ahead).map_or("", |it| it.text);
        if is_items && begins && token.text == "#" {
            let bracket = at + 1 + usize::from(text(1) == "!");
            if let Some(close) = closing(tokens, bracket).filter(|_| tokens[bracket].text == "[") {
                is_optional |= tokens[bracket..close].iter().any(|it| it.text == "cfg");
                at = close + 1;
                continue;
            }
        }
        let is_definition = token.text == "macro_rules" && text(1) == "!";
        let bracket = at + 2 + usize::from(is_definition);
        let is_call = token.kind == Kind::Word && text(1) == "!";
        if is_call
            && (is_definition || is_items && begins)
            && let Some(close) = closing(tokens, bracket).filter(|_| tokens[bracket].kind == Kind::Open)
        {
            if is_definition {
                let rules = Rule::all(&tokens[bracket + 1..close]);
                macros.0.entry(tokens[at + 2].text).or_default().push(Definition {
                    start: token.start,
                    is_apart: is_optional || open.len() > 1,
                    rules,
                });
            } else if !is_optional {
                calls.push(Call {
                    name: at,
                    open: bracket,
                    close,
                });
            }
            at = close + 1;
            at += usize::from(tokens.get(at).is_some_and(|it| it.text == ";"));
            (begins, holds, is_optional) = (true, Place::Other, false);
            continue;
        }
        (begins, is_optional) = (false, is_optional && is_items);
        match (token.kind, token.text) {
            (Kind::Word, "mod" | "impl" | "trait") if is_items && holds == Place::Other => holds = Place::Items,
            (Kind::Word, "fn" | "struct" | "enum" | "union" | "const" | "static") if is_items => {
                // What follows is no place for items, whatever words come next.
                at = skip_item(tokens, at);
                (begins, holds, is_optional) = (true, Place::Other, false);
                continue;
            }
            (Kind::Open, "{") if is_items => {
                open.push(holds);
                (begins, holds, is_optional) = (true, Place::Other, false);
            }
            (Kind::Open, _) => open.push(Place::Other),
            (Kind::Close, _) => {
                _ = open.pop();
                let is_end = token.text == "}" && open.last() == Some(&Place::Items);
                (begins, holds) = (is_end, if is_end { Place::Other } else { holds });
            }
            (_, ";") if is_items => (begins, holds, is_optional) = (true, Place::Other, false),
            _ => {}
        }
        at += 1;
    }
    (calls, macros)
}

/// Where the item ends whose first word stands at `at`: behind its braces or its `;`.
fn skip_item(tokens: &[Token<'_>], mut at: usize) -> usize {
    // `const fn`, and `const X: T = value;`, in which braces end nothing.
    let is_value = matches!(tokens[at].text, "const" | "static") && tokens.get(at + 1).is_none_or(|it| it.text != "fn");
    while let Some(token) = tokens.get(at) {
        match (token.kind, token.text) {
            (Kind::Open, "{") if !is_value => return closing(tokens, at).map_or(tokens.len(), |close| close + 1),
            (Kind::Open, _) => at = closing(tokens, at).unwrap_or(tokens.len()),
            (Kind::Close, _) => return at,
            (_, ";") => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}

/// A text in the making.
#[derive(Default)]
struct Writer {
    text: String,
    lines: Vec<u32>,
    /// The line of the file that is being written.
    line: u32,
    /// Where the line of the text begins.
    begun: usize,
}

impl Writer {
    /// Copies a part of the file.
    fn copy(&mut self, part: &str) {
        if self.lines.is_empty() {
            self.line = 1;
            self.lines.push(1);
        }
        for _ in part.bytes().filter(|byte| *byte == b'\n') {
            self.line += 1;
            self.lines.push(self.line);
        }
        self.text.push_str(part);
    }

    /// Begins a line of the text for a line of the file.
    fn begin(&mut self, line: u32) {
        self.text.push('\n');
        self.begun = self.text.len();
        self.line = line;
        self.lines.push(line);
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Writes tokens, each on a line of the text that stands for its own. What the definition wrote counts to the next token that the call did.
    fn tokens(&mut self, tokens: &[Token<'_>], line: u32) {
        let mut of = vec![line; tokens.len()];
        let mut next = tokens.iter().rev().find_map(|it| it.line).unwrap_or(line);
        for (at, token) in tokens.iter().enumerate().rev() {
            next = token.line.unwrap_or(next);
            of[at] = next;
        }
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            // Documentation of what a macro makes is mostly made, too.
            if token.text == "#" && tokens.get(at + 2).is_some_and(|it| it.text == "doc") {
                at = closing(tokens, at + 1).map_or(tokens.len(), |close| close + 1);
                continue;
            }
            if of[at] != self.line || self.text.len() - self.begun > LONG_LINE {
                self.begin(of[at]);
            } else if self.needs_space(token) {
                self.text.push(' ');
            }
            if token.text.contains('\n') {
                self.put("\"\"");
            } else {
                self.put(token.text);
            }
            at += 1;
        }
    }

    fn needs_space(&self, next: &Token<'_>) -> bool {
        let is_bound = matches!(next.text, "!" | "." | "," | ";" | "?" | "::" | ")" | "]")
            || next.text == "(" && self.text.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let binds = self.text.ends_with(['(', '[', '.', '#', '&', '!']) || self.text.ends_with("::");
        !is_bound && !binds
    }
}
