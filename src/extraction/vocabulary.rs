//! The words of a body, as keyed hashes.

use super::words::{self, WordKey};
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// How often one word counts for a symbol.
const MAX_REPEATS: u16 = 8;

/// How many words one thread remembers the hashes of.
const MAX_CACHED: usize = 100_000;

/// The identifiers of one file as they are met, each split and hashed once.
#[derive(Default)]
pub(super) struct Vocabulary<'t> {
    seen: FxHashMap<&'t str, u32>,
    /// Identifiers by number.
    identifiers: Vec<&'t str>,
}

/// The identifiers of one body, by number.
#[derive(Default)]
pub(super) struct Body(Vec<u32>);

impl<'t> Vocabulary<'t> {
    /// Adds an identifier to a body.
    pub(super) fn add(&mut self, body: &mut Body, identifier: &'t str) {
        let next = self.identifiers.len() as u32;
        let number = *self.seen.entry(identifier).or_insert_with(|| {
            self.identifiers.push(identifier);
            next
        });
        body.0.push(number);
    }

    /// The hashes of every identifier's words, in order of number.
    pub(super) fn hash(&self, key: &WordKey) -> Hashed {
        let mut hashed = Hashed {
            words: Vec::with_capacity(self.identifiers.len() * 2),
            ends: Vec::new(),
        };
        CACHE.with_borrow_mut(|cache| {
            cache.turn_to(key);
            for identifier in &self.identifiers {
                words::split(identifier, |word| {
                    if word.len() > 1 {
                        hashed.words.push(cache.hash(key, word));
                    }
                });
                hashed.ends.push(hashed.words.len() as u32);
            }
        });
        hashed
    }
}

/// The word hashes of the identifiers of one file.
pub(super) struct Hashed {
    words: Vec<u32>,
    ends: Vec<u32>,
}

impl Hashed {
    /// The word hashes of one body, sorted, each repeated as often as it occurs, within a bound.
    pub(super) fn of(&self, body: Body) -> Vec<u32> {
        let mut numbers = body.0;
        numbers.sort_unstable();
        let mut out = Vec::new();
        for run in numbers.chunk_by(|a, b| a == b) {
            let at = run[0] as usize;
            let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
            let words = &self.words[start as usize..self.ends[at] as usize];
            for _ in 0..run.len().min(usize::from(MAX_REPEATS)) {
                out.extend_from_slice(words);
            }
        }
        out.sort_unstable();
        let mut repeats = 0;
        let mut last = None;
        out.retain(|word| {
            repeats = if last == Some(*word) { repeats + 1 } else { 1 };
            last = Some(*word);
            repeats <= MAX_REPEATS
        });
        out.shrink_to_fit();
        out
    }
}

/// The hashes a thread has computed under one key.
#[derive(Default)]
struct Cache {
    key: [u8; 32],
    hashes: FxHashMap<String, u32>,
}

impl Cache {
    fn turn_to(&mut self, key: &WordKey) {
        if self.key != *key.bytes() || self.hashes.len() > MAX_CACHED {
            self.hashes.clear();
            self.key = *key.bytes();
        }
    }

    fn hash(&mut self, key: &WordKey, word: &str) -> u32 {
        if let Some(hash) = self.hashes.get(word) {
            return *hash;
        }
        let hash = key.hash(&words::stem(word));
        self.hashes.insert(word.to_owned(), hash);
        hash
    }
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}
