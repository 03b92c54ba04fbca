//! Types as documentation states them.

use super::tags::{is_word, skip};
use super::{Signature, Stated};
use crate::extraction::bindings::ANY_MEMBER;
use crate::extraction::grammar::Documented;

/// How deep a type is followed, how many parts of it are read, and how many brackets may stand behind one.
const MAX_DEPTH: u8 = 24;
const MAX_PARTS: usize = 64;
const MAX_BRACKETS: usize = 16;

/// How long the names of members and modules in quotes are.
const MAX_NAME: usize = 64;
const MAX_SPECIFIER: usize = 200;

/// What can stand behind a type.
const ENDS: [char; 7] = ['>', ')', '|', ',', ']', '}', '='];

/// Reads the type that a text is, if it is one. Function types inside are numbered as they come.
pub(super) fn read<'t>(
    text: &'t str,
    table: &'t Documented,
    functions: &mut Signatures<'t>,
    scope: u32,
) -> Option<Stated<'t>> {
    let before = functions.len();
    let mut parser = Parser {
        rest: text,
        table,
        functions,
        scope,
        depth: 0,
    };
    let of = parser.r#type();
    parser.take("=");
    let of = of.filter(|_| parser.peek().is_empty());
    if of.is_none() {
        functions.truncate(before);
    }
    of
}

/// Function types, and the scopes from which their names are looked up.
pub(super) type Signatures<'t> = Vec<(Signature<'t>, u32)>;

struct Parser<'t, 'p> {
    rest: &'t str,
    table: &'t Documented,
    functions: &'p mut Signatures<'t>,
    scope: u32,
    depth: u8,
}

impl<'t> Parser<'t, '_> {
    fn peek(&mut self) -> &'t str {
        self.rest = skip(self.rest);
        self.rest
    }

    /// Goes past a sign, if it is next.
    fn take(&mut self, sign: &str) -> bool {
        let rest = self.peek().strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Goes past a whole word, if it is next.
    fn take_word(&mut self, word: &str) -> bool {
        let rest = self.peek().strip_prefix(word);
        let rest = rest.filter(|it| !it.starts_with(is_word));
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self) -> Option<&'t str> {
        let text = self.peek();
        let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
        self.rest = &text[end..];
        (end > 0).then(|| &text[..end])
    }

    fn r#type(&mut self) -> Option<Stated<'t>> {
        self.nested(Self::union)
    }

    /// Reads what stands inside of something else, if that is not too deep.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<Stated<'t>>) -> Option<Stated<'t>> {
        self.depth += 1;
        let of = if self.depth <= MAX_DEPTH { read(self) } else { None };
        self.depth -= 1;
        of
    }

    fn union(&mut self) -> Option<Stated<'t>> {
        self.take("|");
        let mut parts = vec![self.intersection()?];
        while self.take("|") {
            parts.push(self.intersection()?);
        }
        if self.take_word("extends") {
            // A type that depends on another.
            self.intersection()?;
            self.take("?").then_some(())?;
            self.r#type()?;
            self.take(":").then_some(())?;
            self.r#type()?;
            return Some(Stated::Untyped);
        }
        if self.take_word("is") {
            self.r#type()?;
            return Some(Stated::Builtin);
        }
        Some(one_or(parts, Stated::Union))
    }

    fn intersection(&mut self) -> Option<Stated<'t>> {
        self.take("&");
        let mut parts = vec![self.prefixed()?];
        while self.take("&") {
            parts.push(self.prefixed()?);
        }
        Some(one_or(parts, Stated::Intersection))
    }

    fn prefixed(&mut self) -> Option<Stated<'t>> {
        if self.take("...") {
            let of = self.nested(Self::prefixed)?;
            return Some(Stated::Rest(Box::new(of)));
        }
        if self.take("!") || self.take_word("readonly") || self.take_word("infer") {
            return self.nested(Self::prefixed);
        }
        if self.take("?") {
            let is_alone = self.peek().is_empty() || self.rest.starts_with(ENDS);
            return if is_alone {
                Some(Stated::Untyped)
            } else {
                self.nested(Self::prefixed)
            };
        }
        if self.take_word("keyof") || self.take_word("unique") {
            self.nested(Self::prefixed)?;
            return Some(Stated::Builtin);
        }
        if self.take_word("asserts") {
            self.r#type()?;
            return Some(Stated::Builtin);
        }
        if self.take_word("new") {
            self.nested(Self::prefixed)?;
            return Some(Stated::Untyped);
        }
        let of = self.primary()?;
        self.bracketed(of)
    }

    /// A type with what stands in brackets behind it, and with the signs that say whether it may be nothing.
    fn bracketed(&mut self, mut of: Stated<'t>) -> Option<Stated<'t>> {
        for _ in 0..MAX_BRACKETS {
            if self.take("[]") {
                of = Stated::Array(Box::new(of));
            } else if self.rest.starts_with('[') {
                self.take("[");
                let key = self.literal();
                if key.is_none() {
                    self.r#type()?;
                }
                self.take("]").then_some(())?;
                of = Stated::Index(Box::new(of), key.filter(|key| is_name(key)));
            } else {
                self.take("!");
                let after = self.rest.strip_prefix('?').map(str::trim_start);
                if after.is_some_and(|it| it.is_empty() || it.starts_with(ENDS)) {
                    self.take("?");
                }
                return Some(of);
            }
        }
        None
    }

    fn primary(&mut self) -> Option<Stated<'t>> {
        let text = self.peek();
        match text.chars().next()? {
            '(' => self.round(),
            '{' => self.object(),
            '[' => self.tuple(),
            '"' | '\'' | '`' => self.literal().map(|_| Stated::Builtin),
            '*' => {
                self.take("*");
                Some(Stated::Untyped)
            }
            '-' | '0'..='9' => {
                let end = text.find(|c: char| !is_word(c) && !matches!(c, '-' | '.'));
                self.rest = &text[end.unwrap_or(text.len())..];
                Some(Stated::Builtin)
            }
            _ => self.named(),
        }
    }

    /// The text of a string.
    fn literal(&mut self) -> Option<&'t str> {
        let quote = self.peek().chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let inside = &self.rest[1..];
        let end = inside.find(quote)?;
        self.rest = &inside[end + 1..];
        Some(&inside[..end])
    }

    /// Brackets around a type, or the parameters of a function.
    fn round(&mut self) -> Option<Stated<'t>> {
        let before = self.rest;
        let count = self.functions.len();
        if let Some(parameters) = self.parameters()
            && self.take("=>")
        {
            let returns = self.r#type()?;
            return Some(self.function(parameters, Some(returns)));
        }
        self.functions.truncate(count);
        self.rest = before;
        self.take("(");
        let of = self.r#type()?;
        self.take(")").then_some(of)
    }

    /// `(name: Type, other?: Type, ...rest)`
    fn parameters(&mut self) -> Option<Vec<Option<Stated<'t>>>> {
        let mut out = Vec::new();
        self.take("(").then_some(())?;
        while !self.take(")") {
            let is_rest = self.take("...");
            let is_pattern = self.peek().starts_with(['{', '[']);
            if is_pattern {
                self.r#type()?;
            } else {
                self.word()?;
            }
            self.take("?");
            let of = if self.take(":") { Some(self.r#type()?) } else { None };
            let of = of.filter(|_| !is_rest);
            out.push(of);
            if !self.take(",") {
                self.take(")").then_some(())?;
                break;
            }
            (out.len() < MAX_PARTS).then_some(())?;
        }
        Some(out)
    }

    fn function(&mut self, parameters: Vec<Option<Stated<'t>>>, returns: Option<Stated<'t>>) -> Stated<'t> {
        self.functions.push((Signature { parameters, returns }, self.scope));
        Stated::Function(self.functions.len() as u32 - 1)
    }

    fn object(&mut self) -> Option<Stated<'t>> {
        self.take("{");
        let mut members = Vec::new();
        while !self.take("}") {
            (members.len() < MAX_PARTS).then_some(())?;
            if let Some(member) = self.member()? {
                members.push(member);
            }
            let _ = self.take(",") || self.take(";");
        }
        Some(Stated::Object(members))
    }

    /// One member of an object type; one whose name is computed says nothing.
    fn member(&mut self) -> Option<Option<(&'t str, Stated<'t>)>> {
        let is_mark = self.take_word("readonly") && self.peek().starts_with([':', '?']);
        let name = if is_mark {
            Some("readonly")
        } else if self.take("[") {
            self.word()?;
            let is_key = self.take(":");
            if !is_key {
                self.take_word("in").then_some(())?;
            }
            self.r#type()?;
            self.take("]").then_some(())?;
            is_key.then_some(ANY_MEMBER)
        } else {
            match self.literal() {
                Some(name) => Some(name).filter(|name| is_name(name)),
                None => Some(self.word()?),
            }
        };
        self.take("?");
        if self.rest.starts_with('(') {
            let parameters = self.parameters()?;
            let returns = if self.take(":") { Some(self.r#type()?) } else { None };
            let of = self.function(parameters, returns);
            return Some(name.map(|name| (name, of)));
        }
        if !self.take(":") {
            return Some(None);
        }
        let of = self.r#type()?;
        Some(name.map(|name| (name, of)))
    }

    fn tuple(&mut self) -> Option<Stated<'t>> {
        self.take("[");
        let mut parts = Vec::new();
        while !self.take("]") {
            let before = self.rest;
            let is_named = self.word().is_some() && {
                self.take("?");
                self.take(":")
            };
            if !is_named {
                self.rest = before;
            }
            parts.push(self.r#type()?);
            self.take("?");
            self.take(",");
            (parts.len() < MAX_PARTS).then_some(())?;
        }
        Some(Stated::Tuple(parts))
    }

    fn named(&mut self) -> Option<Stated<'t>> {
        if self.take_word("typeof") {
            let of = self.nested(Self::named)?;
            return Some(Stated::Of(Box::new(of)));
        }
        let word = self.word()?;
        if word == "import" && self.take("(") {
            let specifier = self.literal().filter(|it| is_specifier(it))?;
            self.take(")").then_some(())?;
            let path = self.segments(Vec::new())?;
            let arguments = self.arguments()?;
            return Some(Stated::Module {
                specifier,
                path,
                arguments,
            });
        }
        if word == "function" && self.rest.starts_with('(') {
            return self.closure();
        }
        if word == "this" {
            return Some(Stated::This);
        }
        let path = self.segments(vec![word])?;
        let arguments = self.arguments()?;
        if path.len() == 1 && arguments.is_empty() {
            if self.table.untyped.iter().any(|it| it == word) {
                return Some(Stated::Untyped);
            }
            if self.table.builtin.iter().any(|it| it == word) {
                return Some(Stated::Builtin);
            }
        }
        Some(Stated::Named { path, arguments })
    }

    fn segments(&mut self, mut path: Vec<&'t str>) -> Option<Vec<&'t str>> {
        while self.peek().starts_with('.') && !self.rest.starts_with(".<") {
            self.take(".");
            path.push(self.word()?);
        }
        Some(path)
    }

    /// `<A, B>` or `.<A, B>`
    fn arguments(&mut self) -> Option<Vec<Stated<'t>>> {
        let mut out = Vec::new();
        if !self.take("<") && !self.take(".<") {
            return Some(out);
        }
        while !self.take(">") {
            out.push(self.r#type()?);
            self.take(",");
            (out.len() < MAX_PARTS).then_some(())?;
        }
        Some(out)
    }

    /// `function(A, B): C`
    fn closure(&mut self) -> Option<Stated<'t>> {
        self.take("(");
        let mut parameters = Vec::new();
        while !self.take(")") {
            let is_receiver = self.take_word("this") || self.take_word("new");
            if is_receiver {
                self.take(":");
            }
            let of = self.r#type()?;
            self.take("=");
            self.take(",");
            if !is_receiver {
                parameters.push(Some(of));
            }
            (parameters.len() < MAX_PARTS).then_some(())?;
        }
        let returns = if self.take(":") { Some(self.r#type()?) } else { None };
        Some(self.function(parameters, returns))
    }
}

/// Whether the text of a string can be the name of a member; other text of a comment is kept nowhere.
fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME && text.chars().all(|c| is_word(c) || matches!(c, '-' | '.' | ':' | '/'))
}

/// Whether the text of a string can name a module.
pub(super) fn is_specifier(text: &str) -> bool {
    text.len() <= MAX_SPECIFIER && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn one_or<'t>(mut parts: Vec<Stated<'t>>, several: fn(Vec<Stated<'t>>) -> Stated<'t>) -> Stated<'t> {
    if parts.len() == 1 {
        parts.swap_remove(0)
    } else {
        several(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_without_end_is_none() {
        let table = Documented::default();
        let long = |part: &str| format!("{}A", part.repeat(200_000));
        let hostile = [
            "!", "?", "...", "typeof ", "keyof ", "new ", "(", "[", "{a:", "A<", "({a:",
        ]
        .map(long);
        let brackets = format!("A{}", "[]".repeat(200_000));
        for text in hostile.iter().chain([&brackets]) {
            assert!(read(text, &table, &mut Vec::new(), 0).is_none());
        }
        assert!(read("!Array<?A[]>=", &table, &mut Vec::new(), 0).is_some());
    }

    #[test]
    fn strings_are_kept_as_names_only() {
        let table = Documented::default();
        let texts = [
            "{ 'canary of words': A }",
            "A['canary of words']",
            "import('canary of words').A",
        ];
        assert!(!is_specifier("canary of words"));
        for text in texts {
            let of = format!("{:?}", read(text, &table, &mut Vec::new(), 0));
            assert!(!of.contains("canary"), "{of}");
            let of = format!("{:?}", read(&text.replace(' ', ""), &table, &mut Vec::new(), 0));
            assert!(of.contains("canaryofwords"), "{of}");
        }
    }
}
