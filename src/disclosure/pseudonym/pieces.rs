//! Text as pieces: the words of identifiers and prose, where they stand and how they are written.

use std::ops::Range;

/// How a word is written, where that can be undone and done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Lower,
    Capital,
    Upper,
    /// Letters beyond ASCII: the word is kept as it is.
    Exact,
}

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) at: Range<usize>,
    pub(super) style: Style,
}

impl Style {
    /// The word as it is looked up.
    pub(super) fn key(self, text: &str) -> String {
        match self {
            Self::Exact => text.to_owned(),
            _ => text.to_ascii_lowercase(),
        }
    }

    /// Writes a word of small letters in this way.
    pub(super) fn write(self, word: &str, out: &mut String) {
        match self {
            Self::Lower | Self::Exact => out.push_str(word),
            Self::Upper => out.push_str(&word.to_ascii_uppercase()),
            Self::Capital => {
                let mut chars = word.chars();
                out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
                out.push_str(chars.as_str());
            }
        }
    }
}

/// The words of a text, in order. What lies between them is no letter, or an escape such as `\n`, `\u00e9` and `%2F`.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if let Some(length) = escape(&text.as_bytes()[at..]) {
            at += length;
        } else if c.is_alphabetic() {
            let run = &text[at..];
            let end = at + run.find(|c: char| !c.is_alphabetic()).unwrap_or(run.len());
            split(text, at..end, &mut out);
            at = end;
        } else {
            at += c.len_utf8();
        }
    }
    out
}

/// How much of a text that goes on is certain: no word and no escape reaches its end.
pub(super) fn settled(text: &str) -> usize {
    let run = text.len() - text.trim_end_matches(char::is_alphabetic).len();
    let mut end = text.len() - run;
    // The longest escape has six bytes; whether one begins depends on what is read before it.
    let mut at = 0;
    while at < end {
        let rest = &text.as_bytes()[at..];
        let length = escape(rest).unwrap_or_else(|| text[at..].chars().next().map_or(1, char::len_utf8));
        if at + length > end || (matches!(rest[0], b'\\' | b'%') && rest.len() < 6) {
            end = at;
        }
        at += length;
    }
    end
}

/// How long the escape is that begins here: its letters belong to no word.
fn escape(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\\', b'u', rest @ ..] if rest.len() >= 4 && rest[..4].iter().all(u8::is_ascii_hexdigit) => Some(6),
        [
            b'\\',
            b'\\' | b'n' | b't' | b'r' | b'b' | b'f' | b'"' | b'\'' | b'/',
            ..,
        ] => Some(2),
        [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => Some(3),
        _ => None,
    }
}

/// Cuts a run of letters where its case changes: `HTTPServer` is `HTTP` and `Server`.
fn split(text: &str, run: Range<usize>, out: &mut Vec<Piece>) {
    let bytes = text[run.clone()].as_bytes();
    if !bytes.is_ascii() {
        out.push(Piece {
            at: run,
            style: Style::Exact,
        });
        return;
    }
    let mut start = 0;
    for at in 1..=bytes.len() {
        let ends = at == bytes.len()
            || (bytes[at - 1].is_ascii_lowercase() && bytes[at].is_ascii_uppercase())
            || (bytes[at].is_ascii_uppercase() && bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if ends && at > start {
            out.push(Piece {
                at: run.start + start..run.start + at,
                style: style(&bytes[start..at]),
            });
            start = at;
        }
    }
}

/// The style of a piece that [`split`] cut: its capitals stand before its small letters.
fn style(word: &[u8]) -> Style {
    match word {
        [first, .., last] if first.is_ascii_uppercase() && last.is_ascii_lowercase() => Style::Capital,
        [first, ..] if first.is_ascii_uppercase() => Style::Upper,
        _ => Style::Lower,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        pieces(text).into_iter().map(|piece| &text[piece.at]).collect()
    }

    #[test]
    fn identifiers_paths_and_escapes_are_cut() {
        assert_eq!(words("HTTPServer2_acmeLedgers"), ["HTTP", "Server", "acme", "Ledgers"]);
        assert_eq!(words("src/acme-pay/mod.rs"), ["src", "acme", "pay", "mod", "rs"]);
        assert_eq!(words(r#""a\nacme\u00e9x""#), ["a", "acme", "x"]);
        assert_eq!(words("x%2Facme"), ["x", "acme"]);
        assert_eq!(words("Größe ACMEs"), ["Größe", "ACM", "Es"]);
        assert_eq!(words("ÄB"), ["ÄB"]);
    }
}
