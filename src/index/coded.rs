//! Terms with a frequency, written as text: how computed weights and counts enter tantivy's postings.
//!
//! A field value is a list of terms separated by spaces, each behind a character that says how often it occurs. The tokenizer repeats it that
//! often, so the postings carry the number where other indexes carry a term frequency.

use super::SymbolId;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The name under which the tokenizer is registered.
pub(super) const CODED: &str = "coded";

/// The largest frequency one character can say.
const MAX: u32 = 64;

/// A field value under construction.
#[derive(Default)]
pub(super) struct Coded(String);

impl Coded {
    /// Adds `term`, which holds no space, `count` times.
    pub(super) fn add(&mut self, term: &str, mut count: u32) {
        while count > 0 {
            let step = count.min(MAX);
            if !self.0.is_empty() {
                self.0.push(' ');
            }
            self.0.push(char::from(b'0' + step as u8));
            self.0.push_str(term);
            count -= step;
        }
    }

    /// The finished value.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Reads field values written by [`Coded`].
#[derive(Clone, Default)]
pub(super) struct CodedTokenizer(Token);

impl Tokenizer for CodedTokenizer {
    type TokenStream<'a> = CodedStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> CodedStream<'a> {
        self.0.reset();
        // No positions are kept, so all terms may stand at the first.
        self.0.position = 0;
        CodedStream {
            terms: text.split(' '),
            left: 0,
            token: &mut self.0,
        }
    }
}

pub(super) struct CodedStream<'a> {
    terms: std::str::Split<'a, char>,
    left: u8,
    token: &'a mut Token,
}

impl TokenStream for CodedStream<'_> {
    fn advance(&mut self) -> bool {
        while self.left == 0 {
            let Some(term) = self.terms.next() else { return false };
            let Some((&count, _)) = term.as_bytes().split_first() else {
                continue;
            };
            self.left = count.saturating_sub(b'0');
            self.token.text.clear();
            self.token.text.push_str(&term[1..]);
        }
        self.left -= 1;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// A number of 32 bits as a term: five digits to the base 85, in the order of the numbers.
pub(super) fn number(value: u32) -> [u8; 5] {
    let mut rest = value;
    let mut out = [0; 5];
    for digit in out.iter_mut().rev() {
        *digit = b'!' + (rest % 85) as u8;
        rest /= 85;
    }
    out
}

/// The same as text.
pub(super) fn number_text(digits: &[u8; 5]) -> &str {
    std::str::from_utf8(digits).expect("the digits are ASCII")
}

/// What every term for relations to `id` begins with.
pub(super) fn target_prefix(id: SymbolId) -> [u8; 10] {
    let mut out = [0; 10];
    out[..5].copy_from_slice(&number(id.file()));
    out[5..].copy_from_slice(&number(id.symbol()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_comes_back_as_often_as_it_was_added() {
        let mut coded = Coded::default();
        coded.add("one", 1);
        coded.add("none", 0);
        coded.add("many", 130);
        let text = coded.finish();
        let mut tokenizer = CodedTokenizer::default();
        let mut stream = tokenizer.token_stream(&text);
        let mut counts = std::collections::BTreeMap::<String, u32>::new();
        while stream.advance() {
            *counts.entry(stream.token().text.clone()).or_default() += 1;
        }
        assert_eq!(counts, [("one".to_owned(), 1), ("many".to_owned(), 130)].into());
    }

    #[test]
    fn numbers_as_terms_keep_their_order() {
        let values = [0, 1, 84, 85, 7_000_000, u32::MAX - 1, u32::MAX];
        assert!(values.windows(2).all(|two| number(two[0]) < number(two[1])));
    }
}
