//! Words that are nobody's own: `index-schema/public-words.txt`, which `index-schema/public-words.py` makes from public packages.

use super::forms::singular;
use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// Shorter words say too little to be anybody's.
const SHORTEST: usize = 3;

static WORDS: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| {
    let found = include_str!("../../../index-schema/public-words.txt");
    let kept = include_str!("../../../index-schema/public-words.extra.txt");
    let kept = kept.lines().filter(|line| !line.starts_with('#'));
    found
        .lines()
        .chain(kept.flat_map(|line| line.split([' ', '_'])))
        .collect()
});

/// The first and last letters of long public words: no pseudonym of that length may look like them.
static ENDS: LazyLock<FxHashSet<&'static [u8]>> = LazyLock::new(|| {
    let long = WORDS.iter().map(|word| word.as_bytes());
    long.flat_map(|word| {
        super::LENGTHS
            .into_iter()
            .filter(|length| *length < word.len())
            .flat_map(|length| [&word[..length], &word[word.len() - length..]])
    })
    .collect()
});

/// Whether a word in small letters, or the singular of it, is public.
pub(super) fn is_public(word: &str) -> bool {
    (word.is_ascii() && word.len() < SHORTEST)
        || WORDS.contains(word)
        || singular(word).is_some_and(|stem| WORDS.contains(stem.as_str()))
        || word.strip_suffix('s').is_some_and(|stem| WORDS.contains(stem))
}

/// Whether `word` could be taken for a part of a public word.
pub(super) fn looks_public(word: &str) -> bool {
    is_public(word) || ENDS.contains(word.as_bytes())
}
