//! The words of one repository and their pseudonyms: a bijection that a key decides.

use super::LENGTHS;
use super::forms::{plural, singular};
use super::keys::{Key, Keyring};
use super::pieces::{Piece, Style, pieces};
use super::public::{is_public, looks_public};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{OnceLock, PoisonError, RwLock};

/// A text whose own words are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    pub text: String,
    /// How many words were replaced.
    pub replaced: u32,
}

/// Words that the organisation calls its own, public or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnWords {
    /// Small letters alone: `Acme-Pay` is kept as `acmepay`, and found as `acmePay` and `acme_pay` too.
    words: FxHashSet<String>,
    longest: usize,
}

impl OwnWords {
    /// Takes names in any spelling.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: FxHashSet<String> = words.into_iter().map(letters).filter(|word| !word.is_empty()).collect();
        let longest = words.iter().map(String::len).max().unwrap_or_default();
        Self { words, longest }
    }

    /// These words and others.
    pub(crate) fn and(&self, others: &Self) -> Self {
        Self {
            words: self.words.union(&others.words).cloned().collect(),
            longest: self.longest.max(others.longest),
        }
    }

    pub(crate) fn contains(&self, word: &str) -> bool {
        self.words.contains(word) || word.strip_suffix('s').is_some_and(|stem| self.words.contains(stem))
    }

    /// How many pieces from the first on are one of these words.
    fn phrase(&self, text: &str, from: &[Piece]) -> usize {
        let (mut joined, mut found) = (String::new(), 0);
        let mut end = None;
        for (at, piece) in from.iter().enumerate() {
            let gap = end.map_or("", |end| &text[end..piece.at.start]);
            if joined.len() > self.longest || !matches!(gap, "" | "_" | "-" | "." | " " | "/") {
                break;
            }
            joined.push_str(&text[piece.at.clone()].to_lowercase());
            end = Some(piece.at.end);
            if self.contains(&joined) {
                found = at + 1;
            }
        }
        found
    }
}

fn letters(word: &str) -> String {
    word.chars()
        .filter(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Replaces the words of a repository by pseudonyms and back.
pub struct Lexicon {
    keys: Keyring,
    own: OwnWords,
    words: Box<dyn Fn() -> BTreeSet<String> + Send + Sync>,
    /// One for each key, the one in force first. Made at first use, because it takes reading every name of the repository.
    tables: OnceLock<Vec<RwLock<Table>>>,
}

/// A bijection between words in small letters and their pseudonyms.
#[derive(Default)]
struct Table {
    to: FxHashMap<String, String>,
    back: FxHashMap<String, String>,
}

impl Lexicon {
    /// A lexicon of the words in the texts that `names` lists; words it meets later join them.
    pub fn new(keys: Keyring, own: OwnWords, names: impl Fn(&mut dyn FnMut(&str)) + Send + Sync + 'static) -> Self {
        let own_too = own.clone();
        let words = move || {
            let mut words = BTreeSet::new();
            names(&mut |name| collect(name, &own_too, &mut words));
            words
        };
        Self {
            keys,
            own,
            words: Box::new(words),
            tables: OnceLock::new(),
        }
    }

    /// Replaces the words that are the organisation's own.
    pub fn hide(&self, text: &str) -> Hidden {
        self.rewrite(text, |_, _, is_own, key, style| {
            is_own.then(|| (self.pseudonym(key, style), true))
        })
    }

    /// Puts the words back, whatever case, plural or compound the pseudonyms were put into.
    pub fn restore(&self, text: &str) -> String {
        self.rewrite(text, |_, _, _, key, _| self.original(key).map(|word| (word, false)))
            .text
    }

    /// Reads a question as one about the repository that was told: pseudonyms are put back, and words of the organisation's own in clear match
    /// nothing, because a match would tell that the word is there.
    pub(crate) fn asked(&self, text: &str) -> String {
        self.rewrite(text, |_, _, is_own, key, style| match self.original(key) {
            Some(word) => Some((word, false)),
            None => is_own.then(|| (self.pseudonym(key, style), true)),
        })
        .text
    }

    /// Whether a word in small letters is a pseudonym, or one with a public word beside it.
    pub(crate) fn is_pseudonym(&self, word: &str) -> bool {
        self.original(word).is_some()
    }

    /// The names the organisation calls its own.
    pub(crate) fn own(&self) -> &OwnWords {
        &self.own
    }

    /// Writes `text` anew, each word as `by` says: from its place among the pieces, whether it is the organisation's own, its key and style.
    fn rewrite(&self, text: &str, by: impl Fn(&[Piece], usize, bool, &str, Style) -> Option<(String, bool)>) -> Hidden {
        let all = pieces(text);
        let mut out = Hidden {
            text: String::with_capacity(text.len() + text.len() / 4),
            replaced: 0,
        };
        let (mut copied, mut forced) = (0, 0);
        for (at, piece) in all.iter().enumerate() {
            forced = forced.max(at + self.own.phrase(text, &all[at..]));
            let written = &text[piece.at.clone()];
            let key = piece.style.key(written);
            let is_own = at < forced || !is_public(&key);
            if let Some((word, replaced)) = by(&all, at, is_own, &key, piece.style) {
                out.text.push_str(&text[copied..piece.at.start]);
                piece.style.write(&word, &mut out.text);
                copied = piece.at.end;
                out.replaced += u32::from(replaced);
            }
        }
        out.text.push_str(&text[copied..]);
        out
    }

    fn pseudonym(&self, key: &str, style: Style) -> String {
        match singular(key).filter(|_| style != Style::Exact) {
            Some(stem) => plural(&self.of_stem(&stem)),
            None => self.of_stem(key),
        }
    }

    fn of_stem(&self, stem: &str) -> String {
        let table = &self.tables()[0];
        let known = table
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .to
            .get(stem)
            .cloned();
        known.unwrap_or_else(|| {
            let mut table = table.write().unwrap_or_else(PoisonError::into_inner);
            table.add(self.keys.current(), stem, 0)
        })
    }

    /// What a word of a told text stands for: a pseudonym, its plural, or one with a public word grown to it.
    fn original(&self, word: &str) -> Option<String> {
        if word.len() < LENGTHS[0] || !word.is_ascii() {
            return None;
        }
        self.tables().iter().find_map(|table| {
            let table = table.read().unwrap_or_else(PoisonError::into_inner);
            table.whole(word).or_else(|| table.grown(word))
        })
    }

    fn tables(&self) -> &[RwLock<Table>] {
        self.tables.get_or_init(|| {
            let words = (self.words)();
            self.keys.all().map(|key| RwLock::new(Table::of(key, &words))).collect()
        })
    }
}

impl fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lexicon").finish_non_exhaustive()
    }
}

/// Adds the stems of the own words of a text.
fn collect(text: &str, own: &OwnWords, words: &mut BTreeSet<String>) {
    let all = pieces(text);
    let mut forced = 0;
    for (at, piece) in all.iter().enumerate() {
        forced = forced.max(at + own.phrase(text, &all[at..]));
        let key = piece.style.key(&text[piece.at.clone()]);
        if at < forced || !is_public(&key) {
            words.insert(singular(&key).filter(|_| piece.style != Style::Exact).unwrap_or(key));
        }
    }
}

impl Table {
    fn of(key: &Key, words: &BTreeSet<String>) -> Self {
        let mut seen = FxHashMap::<String, u32>::default();
        for word in words {
            *seen.entry(key.candidate(word, 0)).or_default() += 1;
        }
        let mut table = Self::default();
        let (clear, clashing): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| {
            let first = key.candidate(word, 0);
            seen.get(&first) == Some(&1) && !words.contains(&first) && !looks_public(&first)
        });
        for word in clear {
            table.add(key, word, 0);
        }
        for word in clashing {
            table.add(key, word, 1);
        }
        table
    }

    /// Gives a word the first free pseudonym from an attempt on.
    fn add(&mut self, key: &Key, stem: &str, from: u32) -> String {
        if let Some(known) = self.to.get(stem) {
            return known.clone();
        }
        let mut attempt = from;
        let found = loop {
            let candidate = key.candidate(stem, attempt);
            if !self.back.contains_key(&candidate) && !self.to.contains_key(&candidate) && !looks_public(&candidate) {
                break candidate;
            }
            attempt += 1;
        };
        self.back.insert(found.clone(), stem.to_owned());
        self.to.insert(stem.to_owned(), found.clone());
        found
    }

    fn whole(&self, word: &str) -> Option<String> {
        let exact = self.back.get(word).cloned();
        exact.or_else(|| self.back.get(word.strip_suffix('s')?).map(|stem| plural(stem)))
    }

    /// `vokarulenservice`: a pseudonym and a public word that lost what stood between them.
    fn grown(&self, word: &str) -> Option<String> {
        LENGTHS
            .into_iter()
            .filter(|length| *length < word.len())
            .find_map(|length| {
                let (head, tail) = word.split_at(length);
                let first = self.back.get(head).filter(|_| is_public(tail));
                first.map(|stem| format!("{stem}{tail}")).or_else(|| {
                    let (head, tail) = word.split_at(word.len() - length);
                    let last = self.back.get(tail).filter(|_| is_public(head));
                    last.map(|stem| format!("{head}{stem}"))
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon(names: &'static str, own: &[&str]) -> Lexicon {
        Lexicon::new(Keyring::of([7; 32]), OwnWords::new(own.iter().copied()), |each| {
            each(names)
        })
    }

    #[test]
    fn own_words_change_and_public_ones_stay() {
        let lexicon = lexicon("ZorvikLedgerClient", &[]);
        let hidden = lexicon.hide("ZorvikLedgerClient::open(get_zorviks, ZORVIK_KEY)");
        let name = lexicon.hide("zorvik").text;
        let capital = name[..1].to_uppercase() + &name[1..];
        let upper = name.to_uppercase();
        assert_eq!(
            hidden.text,
            format!("{capital}LedgerClient::open(get_{name}s, {upper}_KEY)")
        );
        assert_eq!(hidden.replaced, 3);
        assert_eq!(
            lexicon.restore(&hidden.text),
            "ZorvikLedgerClient::open(get_zorviks, ZORVIK_KEY)"
        );
        assert_eq!(
            lexicon.restore(&format!("`{name}service` and {capital}s")),
            "`zorvikservice` and Zorviks"
        );
    }

    #[test]
    fn a_public_word_the_organisation_calls_its_own_is_hidden_where_it_stands_whole() {
        let lexicon = lexicon("", &["Type-ORM", "apple"]);
        let hidden = lexicon.hide("TypeOrm type_orm apples typeof(Type) form");
        assert!(hidden.text.ends_with("typeof(Type) form"), "{hidden:?}");
        assert_eq!(hidden.replaced, 5);
        assert_eq!(
            lexicon.restore(&hidden.text),
            "TypeOrm type_orm apples typeof(Type) form"
        );
    }

    #[test]
    fn a_question_in_clear_matches_nothing() {
        let lexicon = lexicon("zorvik", &[]);
        let told = lexicon.hide("zorvik").text;
        assert_eq!(lexicon.asked(&format!("{told} client")), "zorvik client");
        assert_eq!(lexicon.asked("zorvik client"), format!("{told} client"));
    }

    #[test]
    fn another_key_gives_other_words_and_an_earlier_key_is_still_read() {
        let before = lexicon("zorvik", &[]);
        let keys = Keyring::of([7; 32]).rotated([8; 32]);
        let after = Lexicon::new(keys, OwnWords::default(), |each| each("zorvik"));
        let (old, new) = (before.hide("zorvik").text, after.hide("zorvik").text);
        assert_ne!(old, new);
        assert_eq!(after.restore(&format!("{old} {new}")), "zorvik zorvik");
    }
}
