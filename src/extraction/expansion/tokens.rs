//! The tokens of a Rust file, as far as its macros look at them.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Lifetime,
    Literal,
    Sign,
    Open,
    Close,
}

/// A token, and the line it stands on, counted from 1. `None` where a macro's definition wrote it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind,
    pub(super) text: &'s str,
    pub(super) start: usize,
    pub(super) line: Option<u32>,
}

/// Signs of several letters, longest first.
const SIGNS: [&str; 24] = [
    "<<=", ">>=", "...", "..=", "::", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "^=",
    "&=", "|=", "%=", "<<", ">>", "..",
];

/// The tokens of a text; none if its brackets do not match.
pub(super) fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut scan = Scan {
        text,
        at: 0,
        line: 1,
        out: Vec::new(),
        open: Vec::new(),
    };
    while scan.at < text.len() {
        scan.next()?;
    }
    scan.open.is_empty().then_some(scan.out)
}

/// The index of the bracket that closes the one at `open`.
pub(super) fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

struct Scan<'s> {
    text: &'s str,
    at: usize,
    line: u32,
    out: Vec<Token<'s>>,
    open: Vec<u8>,
}

impl<'s> Scan<'s> {
    fn rest(&self) -> &'s str {
        &self.text[self.at..]
    }

    /// Takes the next bytes for a token, or for nothing.
    fn take(&mut self, length: usize, kind: Option<Kind>) -> Option<()> {
        let text = self.rest().get(..length)?;
        if let Some(kind) = kind {
            self.out.push(Token {
                kind,
                text,
                start: self.at,
                line: Some(self.line),
            });
        }
        self.line += text.bytes().filter(|byte| *byte == b'\n').count() as u32;
        self.at += length;
        Some(())
    }

    fn next(&mut self) -> Option<()> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        if first.is_whitespace() {
            return self.take(first.len_utf8(), None);
        }
        if rest.starts_with("//") {
            return self.comment();
        }
        if rest.starts_with("/*") {
            return self.take(block_comment(rest)?, None);
        }
        if let Some(length) = literal(rest) {
            return self.take(length, Some(Kind::Literal));
        }
        if first == '\'' {
            let length = 1 + word(&rest[1..]);
            return self.take(length, (length > 1).then_some(Kind::Lifetime));
        }
        if first.is_alphabetic() || first == '_' {
            return self.take(word(rest), Some(Kind::Word));
        }
        match first {
            '(' | '[' | '{' => {
                self.open.push(first as u8);
                self.take(1, Some(Kind::Open))
            }
            ')' | ']' | '}' => {
                let opened = self.open.pop()?;
                let fits = matches!((opened, first), (b'(', ')') | (b'[', ']') | (b'{', '}'));
                self.take(fits.then_some(1)?, Some(Kind::Close))
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                self.take(sign.map_or(first.len_utf8(), |sign| sign.len()), Some(Kind::Sign))
            }
        }
    }

    /// A comment of one line; one of documentation is an attribute for macros.
    fn comment(&mut self) -> Option<()> {
        let rest = self.rest();
        let length = rest.find('\n').unwrap_or(rest.len());
        let is_inner = rest.starts_with("//!");
        if is_inner || rest.starts_with("///") && !rest.starts_with("////") {
            let parts = [
                ("#", Kind::Sign),
                ("!", Kind::Sign),
                ("[", Kind::Open),
                ("doc", Kind::Word),
                ("]", Kind::Close),
            ];
            for (text, kind) in parts.into_iter().filter(|(text, _)| is_inner || *text != "!") {
                self.out.push(Token {
                    kind,
                    text,
                    start: self.at,
                    line: Some(self.line),
                });
            }
        }
        self.take(length, None)
    }
}

fn block_comment(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_u32, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += 1;
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn word(text: &str) -> usize {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    end.unwrap_or(text.len())
}

/// How long the literal is that a text begins with.
fn literal(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes[0].is_ascii_digit() {
        let mut end = word(text);
        let is_fraction = bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if is_fraction {
            end += 1 + word(&text[end + 1..]);
        }
        return Some(end);
    }
    let prefix = ["br", "cr", "r", "b", "c"].into_iter().find(|prefix| {
        let after = text.strip_prefix(prefix);
        after.is_some_and(|after| after.starts_with(['"', '#', '\'']))
    });
    let prefix = prefix.unwrap_or_default();
    let rest = &text[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
        if rest.as_bytes().get(hashes) != Some(&b'"') {
            return None;
        }
        let end = format!("\"{}", "#".repeat(hashes));
        let length = rest[hashes + 1..].find(&end)?;
        return Some(prefix.len() + hashes + 1 + length + end.len());
    }
    match rest.as_bytes().first()? {
        b'"' => Some(prefix.len() + quoted(rest, b'"')?),
        b'\'' if rest[1..].starts_with('\\') => Some(prefix.len() + quoted(rest, b'\'')?),
        b'\'' => {
            let inside = rest[1..].chars().next()?;
            let end = 1 + inside.len_utf8();
            rest[end..].starts_with('\'').then_some(prefix.len() + end + 1)
        }
        _ => None,
    }
}

fn quoted(text: &str, end: u8) -> Option<usize> {
    let mut at = 1;
    loop {
        match *text.as_bytes().get(at)? {
            b'\\' => at += 2,
            byte if byte == end => return Some(at + 1),
            _ => at += 1,
        }
    }
}
