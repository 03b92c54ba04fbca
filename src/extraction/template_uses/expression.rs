//! The names in one expression of a template, as far as its tokens tell.

use super::Does;

/// How deep brackets are followed.
const MAX_DEPTH: usize = 64;

/// What an expression names, and what it binds itself.
#[derive(Default)]
pub(super) struct Names<'t> {
    pub(super) uses: Vec<(&'t str, usize, Does)>,
    pub(super) bound: Vec<&'t str>,
}

/// The length of what stands before the brace that closes it.
pub(super) fn closed(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' | b'`' => at = string_end(bytes, at)?,
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the quote stands that ends a string.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            byte if *byte == bytes[start] => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Reads an expression. What is not understood ends it, and names in strings are none.
pub(super) fn read(text: &str) -> Names<'_> {
    let mut reader = Reader {
        text,
        at: 0,
        before: 0,
        word: "",
        open: Vec::new(),
        found: Names::default(),
    };
    while reader.at < text.len() && reader.step().is_some() {}
    reader.found
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The last byte that is no space.
    before: u8,
    /// The word that ends with it, if it does.
    word: &'t str,
    /// Where brackets were opened, and which uses came before.
    open: Vec<(u8, usize, bool)>,
    found: Names<'t>,
}

impl<'t> Reader<'t> {
    fn step(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let byte = bytes[self.at];
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {
                self.at += 1;
                return Some(());
            }
            b'"' | b'\'' | b'`' => self.at = string_end(bytes, self.at)?,
            b'/' if bytes.get(self.at + 1) == Some(&b'/') || !self.is_operand() => return None,
            b'/' if bytes.get(self.at + 1) == Some(&b'*') => return None,
            b'(' | b'[' | b'{' => {
                let is_function = self.word == "function";
                (self.open.len() < MAX_DEPTH).then(|| self.open.push((byte, self.at, is_function)))?;
            }
            b')' | b']' | b'}' => self.close()?,
            _ if is_part(byte) => {
                self.name();
                return Some(());
            }
            _ => {}
        }
        self.before = byte;
        self.word = "";
        self.at += 1;
        Some(())
    }

    /// Whether a value ends here, so that a sign is an operator.
    fn is_operand(&self) -> bool {
        is_part(self.before) || matches!(self.before, b')' | b']' | b'"' | b'\'' | b'`')
    }

    /// What stands in brackets before an arrow is bound.
    fn close(&mut self) -> Option<()> {
        let (_, start, is_function) = self.open.pop()?;
        let is_closure = self.text[self.at + 1..].trim_ascii_start().starts_with("=>");
        if is_closure || is_function {
            let names = self.text[start..self.at].split(|c: char| !c.is_ascii() || !is_part(c as u8));
            self.found.bound.extend(names.filter(|it| !it.is_empty()));
        }
        Some(())
    }

    fn name(&mut self) {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        self.at += rest.iter().position(|it| !is_part(*it)).unwrap_or(rest.len());
        let name = &self.text[start..self.at];
        let after = self.text[self.at..].trim_ascii_start();
        let is_spread = self.text[..start].ends_with("...");
        let is_member = self.before == b'.' && !is_spread;
        let is_key = after.starts_with(':') && self.is_in_object();
        let is_type = matches!(self.word, "as" | "satisfies" | "typeof" | "keyof");
        let is_word = matches!(name, "function" | "as" | "satisfies");
        let is_entity = self.before == b'&' && after.starts_with(';');
        if after.starts_with("=>") || self.word == "function" || matches!(self.word, "let" | "const" | "var") {
            self.found.bound.push(name);
        } else if !(is_member
            || is_key
            || is_type
            || is_word
            || is_entity
            || name.starts_with(|c: char| c.is_ascii_digit()))
        {
            let is_written = after.starts_with('=') && !after.starts_with("==");
            let does = match after.as_bytes().first() {
                Some(b'(') => Does::Calls,
                _ if is_written => Does::Writes,
                _ => Does::Reads,
            };
            self.found.uses.push((name, start, does));
        }
        // The brackets behind the name of a function hold what it binds.
        self.word = if self.word == "function" { "function" } else { name };
        self.before = b'a';
    }

    /// Whether a name here may be a key.
    fn is_in_object(&self) -> bool {
        matches!(self.before, b'{' | b',') && self.open.last().is_some_and(|(open, _, _)| *open == b'{')
    }
}

/// Whether a byte is part of a name. Names with other letters than those of ASCII are whole, whatever they mean.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}
