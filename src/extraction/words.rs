//! Identifiers and prose as words: splitting, stemming, and the keyed hashes under which body words are indexed.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// The key under which words are hashed; each data directory has its own.
#[derive(Clone)]
pub struct WordKey([u8; 32]);

impl WordKey {
    /// Takes the key of a data directory.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The hash under which a word is indexed: 32 bits of HMAC-SHA256.
    pub fn hash(&self, word: &str) -> u32 {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(word.as_bytes());
        let digest = mac.finalize().into_bytes();
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for WordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WordKey")
    }
}

/// Calls `each` with every word of `text`, in lower case: runs of letters or digits, cut at changes of case.
///
/// `HTTPServer2` gives `http`, `server`, `2`; `parse_url` gives `parse`, `url`.
pub fn split(text: &str, each: impl FnMut(&str)) {
    if text.is_ascii() {
        split_ascii(text, each);
    } else {
        split_any(text, each);
    }
}

/// The same for a text of ASCII, as most are.
fn split_ascii(text: &str, mut each: impl FnMut(&str)) {
    let bytes = text.as_bytes();
    let class = |at: usize| bytes.get(at).map_or(Class::Other, |&byte| Class::of_ascii(byte));
    let mut lower = String::new();
    let mut start = 0;
    while start < bytes.len() {
        let first = class(start);
        if first == Class::Other {
            start += 1;
            continue;
        }
        let mut end = start + 1;
        let mut before = first;
        while !is_cut(before, class(end), || class(end + 1)) {
            before = class(end);
            end += 1;
        }
        let word = &text[start..end];
        if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
            lower.clear();
            lower.push_str(word);
            lower.make_ascii_lowercase();
            each(&lower);
        } else {
            each(word);
        }
        start = end;
    }
}

/// Whether a word ends between two characters, given what follows them.
fn is_cut(before: Class, class: Class, next: impl FnOnce() -> Class) -> bool {
    match (before, class) {
        (_, Class::Other) => true,
        (Class::Lower, Class::Upper) | (Class::Digit, Class::Upper | Class::Lower) => true,
        (Class::Upper, Class::Upper) => next() == Class::Lower,
        (Class::Upper | Class::Lower, Class::Digit) => true,
        _ => false,
    }
}

fn split_any(text: &str, mut each: impl FnMut(&str)) {
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    let mut before = Class::Other;
    while let Some(c) = chars.next() {
        let class = Class::of(c);
        let next = || chars.peek().map_or(Class::Other, |&c| Class::of(c));
        if is_cut(before, class, next) && !word.is_empty() {
            each(&word);
            word.clear();
        }
        if class != Class::Other {
            word.extend(c.to_lowercase());
        }
        before = class;
    }
    if !word.is_empty() {
        each(&word);
    }
}

/// The stem of an English word in lower case: Porter's second algorithm, then the ending of who does what the word says, so that `extractor`
/// and `extract`, `writer` and `write` meet.
pub fn stem(word: &str) -> String {
    thread_local! {
        static STEMMER: rust_stemmers::Stemmer = rust_stemmers::Stemmer::create(rust_stemmers::Algorithm::English);
    }
    let mut stem = STEMMER.with(|stemmer| stemmer.stem(word).into_owned());
    if !stem.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return stem;
    }
    if stem.len() > 5 && stem.ends_with("er") || stem.len() > 6 && stem.ends_with("or") {
        stem.truncate(stem.len() - 2);
        // `scanner` comes from `scan`, `caller` from `call`.
        if let [.., a, b] = stem.as_bytes()
            && a == b
            && b"bdgmnprt".contains(b)
        {
            stem.pop();
        }
    }
    if stem.len() > 4 && stem.ends_with('e') {
        stem.pop();
    }
    stem
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Upper,
    Lower,
    Digit,
    Other,
}

impl Class {
    fn of_ascii(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' => Self::Lower,
            b'A'..=b'Z' => Self::Upper,
            b'0'..=b'9' => Self::Digit,
            _ => Self::Other,
        }
    }

    fn of(c: char) -> Self {
        if c.is_uppercase() {
            Self::Upper
        } else if c.is_alphabetic() {
            Self::Lower
        } else if c.is_numeric() {
            Self::Digit
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_cut_at_case_digits_and_separators() {
        let words = |text: &str| {
            let mut out = Vec::new();
            split(text, |word| out.push(word.to_owned()));
            out.join(" ")
        };
        assert_eq!(words("HTTPServer2"), "http server 2");
        assert_eq!(words("parse_url"), "parse url");
        assert_eq!(words("getXMLHttpRequest"), "get xml http request");
        assert_eq!(words("Größe::new(x)"), "größe new x");
    }

    #[test]
    fn a_text_of_ascii_is_split_like_any_other() {
        let alphabet = ["a", "b", "Z", "Y", "1", "_", " "];
        for number in 0..alphabet.len().pow(6) {
            let letter = |at: u32| alphabet[number / alphabet.len().pow(at) % alphabet.len()];
            let text: String = (0..6).map(letter).collect();
            let (mut one, mut other) = (Vec::new(), Vec::new());
            split_ascii(&text, |word| one.push(word.to_owned()));
            split_any(&text, |word| other.push(word.to_owned()));
            assert_eq!(one, other, "{text}");
        }
    }

    #[test]
    fn a_hash_tells_nothing_without_its_key() {
        assert_ne!(
            WordKey::new([1; 32]).hash("ledger"),
            WordKey::new([2; 32]).hash("ledger")
        );
    }

    #[test]
    fn a_stem_joins_forms_of_a_word() {
        assert_eq!(stem("retries"), stem("retry"));
        assert_eq!(stem("indexing"), stem("indexed"));
        for (doer, done) in [
            ("extractors", "extract"),
            ("writer", "write"),
            ("scanner", "scan"),
            ("router", "routing"),
            ("iterator", "iterate"),
            ("caller", "calls"),
        ] {
            assert_eq!(stem(doer), stem(done), "{doer}");
        }
        assert_ne!(stem("user"), stem("us"));
        assert_ne!(stem("server"), stem("service"));
    }
}
