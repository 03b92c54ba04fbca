//! Where the value of an assignment begins: what may stand between a name and its value.

use std::ops::Range;

/// Longer tails of a name than this are not names.
const MAX_TAIL: usize = 48;
const MAX_SEPARATORS: usize = 40;
/// `Authorization: Token token="…"` has three.
const MAX_BRIDGES: usize = 4;

/// Words that may stand between a name and its value.
const BRIDGES: [&str; 28] = [
    "authorization",
    "basic",
    "bearer",
    "char",
    "const",
    "data",
    "default",
    "env",
    "from",
    "is",
    "key",
    "literal",
    "new",
    "password",
    "secret",
    "secretkey",
    "set",
    "static",
    "str",
    "string",
    "stringdata",
    "text",
    "to",
    "token",
    "value",
    "var",
    "with",
    "wstring",
];

/// Calls `visit` with each place after `name_end` where the value of an assignment may begin, and whether an operator stood before it, until it answers.
///
/// Understands code, environment files, JSON, YAML, XML, command lines and headers: `name = "v"`, `"name": "v"`, `<name>v`, `--name v`, `name: Bearer v`,
/// `name: &str = "v"`, `key="name" value="v"`.
pub(super) fn find_value(
    text: &[u8],
    name_end: usize,
    mut visit: impl FnMut(usize, bool) -> Option<Range<usize>>,
) -> Option<Range<usize>> {
    let mut at = skip(text, name_end, MAX_TAIL, is_name);
    let mut operator = false;
    for _ in 0..=MAX_BRIDGES {
        let separators = at;
        at = skip(text, at, MAX_SEPARATORS, is_separator);
        let between = &text[separators..at];
        if between.is_empty() || between.iter().filter(|&&b| b == b'\n').count() > 2 {
            return None;
        }
        operator |= between
            .iter()
            .any(|b| matches!(b, b':' | b'=' | b'>' | b'"' | b'\'' | b'`'));
        // The next line belongs to the assignment only when this one is unfinished; else it may still say `value:`.
        if is_continued(between)
            && let Some(found) = visit(at, operator)
        {
            return Some(found);
        }
        // `<key>name</key><string>value`
        let closing = between.ends_with(b"<") && text.get(at) == Some(&b'/');
        let word = at + usize::from(closing);
        at = skip(text, word, 16, |b| b.is_ascii_alphabetic());
        if !closing && !is_bridge(&text[word..at]) {
            return None;
        }
    }
    None
}

/// Whether what follows the name's keyword gives it a value: a method call (`password.encode("latin1")`) and a list (`"PasswordReader", "latin1"`) do not.
pub(super) fn is_assignment(text: &[u8], name_end: usize) -> bool {
    let tail_end = skip(text, name_end, MAX_TAIL, is_name);
    let between = &text[tail_end..skip(text, tail_end, MAX_SEPARATORS, is_separator)];
    let tail = &text[name_end..tail_end];
    let call = tail.contains(&b'.') && between.starts_with(b"(");
    let list = !tail.is_empty() && between.contains(&b',') && !between.iter().any(|b| matches!(b, b'=' | b':' | b'>'));
    !call && !list
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn is_continued(between: &[u8]) -> bool {
    let Some(line_break) = between.iter().position(|b| *b == b'\n') else {
        return true;
    };
    let unfinished = between[..line_break].trim_ascii_end().last();
    matches!(unfinished, Some(b'=' | b':' | b'>' | b'(' | b'[' | b'{' | b'|' | b'\\'))
}

fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(
            byte,
            b'"' | b'\''
                | b'`'
                | b':'
                | b'='
                | b'>'
                | b','
                | b'('
                | b')'
                | b'['
                | b']'
                | b'{'
                | b'|'
                | b'<'
                | b'\\'
                | b'?'
                | b'&'
                | b'@'
                | b'*'
                | b';'
        )
}

fn is_bridge(word: &[u8]) -> bool {
    BRIDGES
        .iter()
        .any(|bridge| word.eq_ignore_ascii_case(bridge.as_bytes()))
}

fn skip(text: &[u8], from: usize, most: usize, accepts: impl Fn(u8) -> bool) -> usize {
    from + text[from..].iter().take(most).take_while(|&&b| accepts(b)).count()
}
