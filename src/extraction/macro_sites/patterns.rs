//! The pattern of `matches!(value, Shape::Round(_) | Shape::Flat { .. })`, read as an expression that names the same things.

use std::ops::Range;

/// Macros whose second argument is a pattern.
const MACROS: [&[u8]; 3] = [b"matches", b"assert_matches", b"debug_assert_matches"];

/// Words that stand before what a pattern binds.
const BINDING: [&[u8]; 3] = [b"ref", b"mut", b"box"];

/// Words in small letters that are no binding.
const VALUES: [&[u8]; 6] = [b"true", b"false", b"self", b"crate", b"super", b"const"];

/// Whether a macro of this name takes a pattern.
pub(super) fn takes_pattern(bytes: &[u8], bang: usize) -> bool {
    let before = bytes.get(..bang).unwrap_or_default();
    let start = before.iter().rposition(|it| !is_word(*it)).map_or(0, |at| at + 1);
    MACROS.contains(&&before[start..])
}

/// Which bytes are put in place of others, so that a pattern reads as an expression; none if it has something that cannot.
pub(super) fn edits(bytes: &[u8], range: Range<usize>) -> Vec<(usize, u8)> {
    let mut reading = Reading {
        bytes: &bytes[..range.end],
        at: range.start,
        names: false,
        open: Vec::new(),
        edits: Vec::new(),
        bound: Vec::new(),
    };
    match reading.run() {
        Some(()) => reading.edits,
        None => Vec::new(),
    }
}

struct Reading<'b> {
    bytes: &'b [u8],
    at: usize,
    /// A path ends just before.
    names: bool,
    /// The brackets that are open, and whether they hold the fields of what a path names.
    open: Vec<bool>,
    edits: Vec<(usize, u8)>,
    /// What the pattern binds.
    bound: Vec<Range<usize>>,
}

impl Reading<'_> {
    fn run(&mut self) -> Option<()> {
        while let Some(&byte) = self.bytes.get(self.at) {
            let start = self.at;
            self.at += 1;
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => continue,
                b'"' => self.skip_string()?,
                b'\'' => self.skip_character()?,
                b'0'..=b'9' => {
                    self.skip_word();
                    self.names = false;
                    continue;
                }
                _ if is_word(byte) => {
                    if self.word(start) {
                        return Some(());
                    }
                    continue;
                }
                b'(' | b'{' => self.open_fields(start),
                b')' | b'}' if self.open.pop()? => self.edits.push((start, b' ')),
                b'@' => self.edits.push((start, b'|')),
                b'.' if self.peek() == b'.' => self.rest(start),
                b':' if self.peek() == b':' => self.at += 1,
                b'/' | b'!' | b'#' | b';' => return None,
                _ => {}
            }
            self.names = false;
        }
        self.open.is_empty().then_some(())
    }

    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or_default()
    }

    fn next(&self) -> u8 {
        let mut rest = self.bytes[self.at..].iter().filter(|it| !it.is_ascii_whitespace());
        rest.next().copied().unwrap_or_default()
    }

    fn skip_word(&mut self) {
        while is_word(self.peek()) {
            self.at += 1;
        }
    }

    fn skip_string(&mut self) -> Option<()> {
        while self.peek() != b'"' {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
            self.bytes.get(self.at)?;
        }
        self.at += 1;
        Some(())
    }

    fn skip_character(&mut self) -> Option<()> {
        self.at += if self.peek() == b'\\' { 2 } else { 1 };
        let rest = self.bytes.get(self.at..)?;
        self.at += rest.iter().take(12).position(|it| *it == b'\'')? + 1;
        Some(())
    }

    /// A word; whether it begins a condition, which is an expression already.
    fn word(&mut self, start: usize) -> bool {
        self.skip_word();
        let word = &self.bytes[start..self.at];
        if word == b"if" {
            self.edits.extend([(start, b'|'), (start + 1, b'|')]);
            self.hide_bound();
            return true;
        }
        let is_small = word[0].is_ascii_lowercase() || word[0] == b'_';
        let in_path = self.bytes[..start].ends_with(b"::") || self.bytes[self.at..].starts_with(b"::");
        let has_fields = matches!(self.next(), b'(' | b'{');
        self.names = true;
        let is_key = self.next() == b':' && !self.bytes[self.at..].trim_ascii_start().starts_with(b"::");
        if is_key {
            self.at += self.bytes[self.at..]
                .iter()
                .position(|it| *it == b':')
                .unwrap_or_default()
                + 1;
            self.replace(start, b' ');
            self.names = false;
        } else if BINDING.contains(&word) {
            self.replace(start, b' ');
            self.names = false;
        } else if is_small && !in_path && !has_fields && !VALUES.contains(&word) {
            self.bound.push(start..self.at);
            self.replace(start, b'0');
            self.names = false;
        }
        false
    }

    /// In a condition, what the pattern binds is nothing that the file defines.
    fn hide_bound(&mut self) {
        while self.at < self.bytes.len() {
            let start = self.at;
            self.skip_word();
            let word = &self.bytes[start..self.at];
            // A name of one letter is that of no definition, mostly, and an underscore alone is no expression.
            let is_bound = word.len() > 1 && self.bound.iter().any(|it| &self.bytes[it.clone()] == word);
            if is_bound && !self.bytes[..start].ends_with(b"::") && !self.bytes[..start].ends_with(b".") {
                self.edits.extend((start..self.at).map(|at| (at, b'_')));
            }
            self.at += usize::from(self.at == start);
        }
    }

    /// Puts one byte, and blanks behind it, in place of what was read.
    fn replace(&mut self, start: usize, first: u8) {
        self.edits.push((start, first));
        // Line breaks stay where they are.
        let rest = (start + 1..self.at).filter(|at| !matches!(self.bytes[*at], b'\r' | b'\n'));
        self.edits.extend(rest.map(|at| (at, b' ')));
    }

    /// A bracket: behind a path, what it holds stands beside the path.
    fn open_fields(&mut self, start: usize) {
        let is_empty = matches!(self.next(), b')' | b'}');
        self.open.push(self.names);
        if self.names {
            self.edits.push((start, if is_empty { b' ' } else { b'|' }));
        }
    }

    /// `..`, which is a range or stands for what is not named.
    fn rest(&mut self, start: usize) {
        self.at += 1;
        let before = self.bytes[..start].trim_ascii_end().last().copied();
        let is_alone =
            matches!(self.next(), b',' | b')' | b']' | b'}' | 0) && matches!(before, Some(b',' | b'(' | b'[' | b'{'));
        if is_alone {
            self.replace(start, b'0');
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
