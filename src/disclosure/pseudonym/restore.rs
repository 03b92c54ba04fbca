//! Restoring a stream: chunks may end anywhere, in the middle of a word or of a character.

use super::Lexicon;
use super::pieces::settled;

/// What is held back at most: no word or escape is longer.
const MOST_HELD: usize = 1_024;

/// Puts words back in a text that arrives in chunks.
#[derive(Debug)]
pub struct Restorer<'l> {
    lexicon: &'l Lexicon,
    held: Vec<u8>,
}

impl<'l> Restorer<'l> {
    /// Begins a text.
    pub fn new(lexicon: &'l Lexicon) -> Self {
        Self {
            lexicon,
            held: Vec::new(),
        }
    }

    /// Takes the next bytes and returns what is certain by now.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(chunk);
        let mut out = Vec::with_capacity(self.held.len());
        let mut done = 0;
        loop {
            let rest = &self.held[done..];
            let (text, bad) = valid(rest);
            let ends_here = bad.is_none();
            let safe = match ends_here {
                true if rest.len() <= MOST_HELD => settled(text),
                _ => text.len(),
            };
            out.extend_from_slice(self.lexicon.restore(&text[..safe]).as_bytes());
            done += safe;
            let Some(bad) = bad else { break };
            out.extend_from_slice(&self.held[done..done + bad]);
            done += bad;
        }
        self.held.drain(..done);
        out
    }

    /// Ends the text and returns what was held back.
    pub fn finish(self) -> Vec<u8> {
        match str::from_utf8(&self.held) {
            Ok(text) => self.lexicon.restore(text).into_bytes(),
            Err(error) => {
                let (text, rest) = self.held.split_at(error.valid_up_to());
                let text = str::from_utf8(text).unwrap_or_default();
                [self.lexicon.restore(text).as_bytes(), rest].concat()
            }
        }
    }
}

/// The text at the beginning, and how many bytes behind it are none; `None` if it may go on in the next chunk.
fn valid(bytes: &[u8]) -> (&str, Option<usize>) {
    match str::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let text = str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            (text, error.error_len())
        }
    }
}
