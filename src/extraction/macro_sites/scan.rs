//! Where the macros of a Rust file stand, by its lexical structure alone.

mod branches;

use super::MacroSite;
use std::ops::Range;

/// How many bytes type arguments in an expression take at most.
const MOST_TYPE_ARGUMENTS: usize = 200;

/// Words before a `!` that make it a negation.
const KEYWORDS: [&[u8]; 14] = [
    b"as", b"await", b"break", b"do", b"else", b"if", b"in", b"let", b"match", b"move", b"mut", b"ref", b"return",
    b"while",
];

/// Words no argument begins with that is an expression.
const ITEM_WORDS: [&[u8]; 13] = [
    b"const", b"default", b"dyn", b"else", b"enum", b"fn", b"impl", b"let", b"pub", b"static", b"struct", b"trait",
    b"type",
];

/// Words an item begins with.
const ITEM_HEADS: [&[u8]; 14] = [
    b"async", b"const", b"enum", b"extern", b"fn", b"impl", b"mod", b"pub", b"static", b"struct", b"trait", b"type",
    b"unsafe", b"use",
];

/// Finds every `name!(…)` and `name![…]` of a Rust file that stands inside a function or an expression, and every `name! {…}` of items.
pub(super) fn macro_sites(bytes: &[u8]) -> Vec<MacroSite> {
    let mut scan = Scan {
        bytes,
        at: 0,
        open: Vec::new(),
        sites: Vec::new(),
        fn_ahead: false,
        statement: true,
        argument: false,
    };
    scan.run();
    scan.sites.iter_mut().for_each(|site| site.read_pattern(bytes));
    scan.sites.retain(|site| site.close != 0 && !site.is_odd());
    scan.sites.sort_by_key(|site| site.bang);
    let odd: Vec<Range<usize>> = scan.sites.iter().flat_map(MacroSite::odd).collect();
    if !odd.is_empty() {
        scan.sites.retain(|site| !site.is_in(&odd));
    }
    scan.sites
}

/// A bracket that is still open.
struct Bracket {
    closing: u8,
    /// Whether it is in the body of a function.
    code: bool,
    site: Option<usize>,
    /// The macro whose items it holds.
    items: Option<usize>,
    /// The macro of whose branches it holds one.
    branch: Option<usize>,
}

/// A walk over the lexical structure of Rust, as far as strings, comments and brackets go.
struct Scan<'b> {
    bytes: &'b [u8],
    at: usize,
    open: Vec<Bracket>,
    sites: Vec<MacroSite>,
    /// A `fn` was seen whose body has not begun.
    fn_ahead: bool,
    /// An item or a statement begins here.
    statement: bool,
    /// An argument of a macro begins here.
    argument: bool,
}

impl Scan<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'/' if self.peek(1) == b'/' => self.skip_past(b"\n"),
                b'/' if self.peek(1) == b'*' => self.block_comment(),
                b'"' => self.string(),
                b'\'' => self.quote(),
                b'_' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => self.word(),
                b'0'..=b'9' => {
                    self.skip_word();
                    (self.statement, self.argument) = (false, false);
                }
                b'(' | b'[' | b'{' => self.open(byte, None),
                b')' | b']' | b'}' => self.close(byte),
                b';' => self.semicolon(),
                b'@' if self.statement && !self.in_code() => self.own_words(),
                b':' | b'=' | b'?' | b'%' | b'$' | b',' => self.punctuation(byte),
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                _ => {
                    (self.statement, self.argument) = (false, false);
                    self.at += 1;
                }
            }
        }
    }

    /// A line that begins with `@` where an item may stand among those of a macro.
    fn own_words(&mut self) {
        let start = self.at;
        let rest = &self.bytes[start..];
        self.at += rest
            .iter()
            .position(|byte| matches!(byte, b'\r' | b'\n'))
            .unwrap_or(rest.len());
        if let Some(site) = self.open.iter().rev().find_map(|bracket| bracket.items) {
            self.sites[site].own_words.push(start..self.at);
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or_default()
    }

    fn in_code(&self) -> bool {
        self.open.last().is_some_and(|it| it.code)
    }

    /// Looks for what no expression has: `key: value`, `pattern => value`, `?field`.
    fn punctuation(&mut self, byte: u8) {
        if byte == b',' && self.end_arm() {
            return;
        }
        self.statement = false;
        let starts_argument = self.argument;
        self.argument = matches!(byte, b',' | b'=');
        let next = self.peek(1);
        let key = byte == b':' && self.previous(self.at) == b'"';
        let odd = match byte {
            b':' => next != b':',
            b'=' => next == b'>' || starts_argument,
            b'?' | b'%' => false,
            b',' => starts_argument,
            _ => true,
        };
        if starts_argument && matches!(byte, b'?' | b'%') {
            self.sign();
        }
        self.at += if next == byte || byte == b'=' && next == b'>' {
            2
        } else {
            1
        };
        if odd {
            self.mark_odd();
        }
        if key {
            self.mark_around_odd();
        }
        if byte == b',' {
            self.next_argument(self.at - 1, self.at);
        }
    }

    /// Where an argument of the innermost bracket ends, if that is a macro's, and the next one begins.
    fn next_argument(&mut self, end: usize, start: usize) {
        if let Some(Bracket { site: Some(site), .. }) = self.open.last() {
            self.sites[*site].begin_argument(end, start);
        }
    }

    /// A sign before a value, and the name of a field before that.
    fn sign(&mut self) {
        let is_named = self.previous(self.at) == b'=';
        if let Some(Bracket { site: Some(site), .. }) = self.open.last() {
            let site = &mut self.sites[*site];
            let begun = site.arguments.last().map(|it| it.range.start).filter(|_| is_named);
            site.signs.push(begun.unwrap_or(self.at)..self.at + 1);
        }
    }

    /// The argument just looked at is no expression.
    fn mark_odd(&mut self) {
        if let Some(Bracket { site: Some(site), .. }) = self.open.last() {
            self.sites[*site].mark_odd();
        }
    }

    /// Something within the arguments of the innermost macro is no expression.
    fn mark_around_odd(&mut self) {
        if let Some(site) = self.open.iter().rev().find_map(|bracket| bracket.site) {
            self.sites[site].mark_odd();
        }
    }

    fn previous(&self, at: usize) -> u8 {
        let before = self.bytes[..at].iter().rev();
        before
            .copied()
            .find(|byte| !byte.is_ascii_whitespace())
            .unwrap_or_default()
    }

    fn skip_past(&mut self, end: &[u8]) {
        let rest = &self.bytes[self.at..];
        self.at += rest
            .windows(end.len())
            .position(|it| it == end)
            .map_or(rest.len(), |at| at + end.len());
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => (depth, self.at) = (depth + 1, self.at + 2),
                (b'*', b'/') => (depth, self.at) = (depth - 1, self.at + 2),
                _ => self.at += 1,
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        (self.statement, self.argument) = (false, false);
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }

    /// A character or a lifetime.
    fn quote(&mut self) {
        (self.statement, self.argument) = (false, false);
        self.at += 1;
        if self.peek(0) == b'\\' {
            self.at += 2;
            self.skip_past(b"'");
            return;
        }
        let width = match self.peek(0) {
            0xf0.. => 4,
            0xe0.. => 3,
            0xc0.. => 2,
            _ => 1,
        };
        if self.peek(width) == b'\'' {
            self.at += width + 1;
        }
    }

    fn skip_word(&mut self) -> &[u8] {
        let start = self.at;
        while matches!(self.peek(0), b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | 0x80..) {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    fn word(&mut self) {
        let start = self.at;
        let bytes = self.bytes;
        let end = {
            self.skip_word();
            self.at
        };
        let word = &bytes[start..end];
        let next = self.peek(0);
        if std::mem::take(&mut self.argument) && ITEM_WORDS.contains(&word) {
            self.mark_odd();
        }
        if word == b"_" && !self.is_placeholder(start) {
            self.mark_around_odd();
        }
        if matches!(word, b"r" | b"br" | b"cr") && matches!(next, b'"' | b'#') && self.raw_string() {
            self.statement = false;
            return;
        }
        if word == b"fn" {
            self.fn_ahead = true;
        }
        let begins = self.statement;
        self.statement = word == b"else" && self.statement;
        let calls = next == b'!' && self.peek(1) != b'=' && !KEYWORDS.contains(&word);
        // Outside functions a macro is an item or a type, unless it is the value of something.
        let is_code = self.in_code() && !self.fn_ahead;
        if calls && self.branches(start) {
            return;
        }
        if calls && begins && !is_code && word != b"macro_rules" {
            return self.items(start);
        }
        if !calls || !is_code && (begins || self.previous(start) != b'=') {
            return;
        }
        let bang = self.at;
        self.at += 1;
        while self.peek(0) == b' ' {
            self.at += 1;
        }
        if matches!(self.peek(0), b'(' | b'[') {
            let mut site = MacroSite {
                bang,
                open: self.at,
                ..MacroSite::default()
            };
            site.begin_argument(self.at, self.at + 1);
            self.sites.push(site);
            self.open(self.peek(0), Some(self.sites.len() - 1));
        }
    }

    /// Whether a `_` stands for a type or a parameter, or in a block, which is code as anywhere.
    fn is_placeholder(&self, at: usize) -> bool {
        let before = &self.bytes[..at];
        if before.last() == Some(&b'|') || before.trim_ascii_end().ends_with(b" as") {
            return true;
        }
        let inside = self.open.iter().rev().take_while(|bracket| bracket.site.is_none());
        if inside.into_iter().any(|bracket| bracket.closing == b'}') {
            return true;
        }
        // Type arguments that are written in an expression: `::<_, (_, Error)>`.
        let near = &before[at.saturating_sub(MOST_TYPE_ARGUMENTS)..];
        let Some(begun) = near.windows(3).rposition(|it| it == b"::<") else {
            return false;
        };
        let count = |sign: u8| near[begun..].iter().filter(|byte| **byte == sign).count();
        count(b'<') > count(b'>') && count(b';') == 0
    }

    /// A macro where an item may stand: `name! { items }`. It begins at `start`, and its `!` comes next.
    fn items(&mut self, start: usize) {
        self.at += 1;
        while self.peek(0).is_ascii_whitespace() {
            self.at += 1;
        }
        let open = self.at;
        let inside = self.bytes.get(open + 1..).unwrap_or_default();
        let Some(first) = first_item(inside).filter(|_| self.peek(0) == b'{') else {
            return;
        };
        let own_words = (first > 0).then(|| open + 1..open + 1 + first);
        self.sites.push(MacroSite {
            bang: start,
            open,
            holds_items: true,
            own_words: own_words.into_iter().collect(),
            ..MacroSite::default()
        });
        self.open(b'{', None);
        if let Some(bracket) = self.open.last_mut() {
            bracket.items = Some(self.sites.len() - 1);
        }
    }

    /// `r#"…"#`; a raw identifier is none.
    fn raw_string(&mut self) -> bool {
        let hashes = self.bytes[self.at..].iter().take_while(|byte| **byte == b'#').count();
        if self.peek(hashes) != b'"' {
            return false;
        }
        self.at += hashes + 1;
        let end: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
        self.skip_past(&end);
        true
    }

    fn open(&mut self, byte: u8, site: Option<usize>) {
        let closing = match byte {
            b'(' => b')',
            b'[' => b']',
            _ => b'}',
        };
        let body = byte == b'{' && self.fn_ahead;
        if byte == b'{' {
            self.fn_ahead = false;
        }
        if byte == b'{' && std::mem::take(&mut self.argument) {
            self.mark_odd();
        }
        self.argument = site.is_some();
        let code = body || self.in_code() || site.is_some();
        self.open.push(Bracket {
            closing,
            code,
            site,
            items: None,
            branch: None,
        });
        self.statement = byte == b'{';
        self.at += 1;
    }

    fn close(&mut self, byte: u8) {
        self.argument = false;
        self.statement = byte == b'}';
        if let Some(bracket) = self.open.pop_if(|it| it.closing == byte) {
            if let Some(site) = bracket.site.or(bracket.items) {
                self.sites[site].close = self.at;
                self.sites[site].end_arguments(self.bytes, self.at);
            }
            if let Some(site) = bracket.branch {
                return self.end_branch(site);
            }
        }
        // After an attribute an item or a statement begins.
        self.statement |= byte == b']' && self.open.last().is_none_or(|it| !it.code || it.closing == b'}');
        self.at += 1;
    }

    fn semicolon(&mut self) {
        match self.open.last() {
            Some(Bracket { site: Some(site), .. }) => {
                self.sites[*site].semicolons.push(self.at);
                self.sites[*site].begin_argument(self.at, self.at + 1);
            }
            Some(Bracket { closing: b'}', .. }) | None => self.fn_ahead = false,
            Some(_) => (),
        }
        self.statement = true;
        self.at += 1;
    }
}

/// Where the items of a macro begin: at once, or after one line of words and texts that are the macro's own.
fn first_item(text: &[u8]) -> Option<usize> {
    if begins_item(text) {
        return Some(0);
    }
    let line = text.len() - text.trim_ascii_start().len();
    let end = line + text[line..].iter().position(|byte| *byte == b'\n')?;
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\'' | b'"' | b',' | b' ' | b'\r');
    let are_words = text[line..end].iter().all(is_word) && end > line;
    (are_words && begins_item(&text[end..])).then_some(end)
}

/// Whether an item, or a macro that may hold some, comes first in a text, but for comments.
fn begins_item(text: &[u8]) -> bool {
    let rest = past_comments(text);
    let length = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
    let (word, after) = rest.split_at(length.count());
    // `static ref` is a syntax of its own.
    let is_own = word == b"static" && after.trim_ascii_start().starts_with(b"ref ");
    rest.starts_with(b"#[")
        || rest.starts_with(b"#![")
        || !word.is_empty() && after.starts_with(b"!")
        || ITEM_HEADS.contains(&word) && !is_own
}

/// A text without the comments that are lines of their own before it.
fn past_comments(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = rest.trim_ascii_start();
        let Some(comment) = rest.strip_prefix(b"//") else {
            return rest;
        };
        let end = comment.iter().position(|byte| *byte == b'\n').unwrap_or(comment.len());
        rest = &comment[end..];
    }
}
