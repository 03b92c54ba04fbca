//! The leak oracle: a last look at every byte of an answer about a repository whose names are told by pseudonyms.
//!
//! It shares no code with what made the answer but the table of pseudonyms. It does not ask which words are the organisation's own; it asks of
//! every word whether there is a reason to let it pass, so that a name nobody thought of is blotted out and counted.

use super::pseudonym::Lexicon;
use crate::extraction::words;
use rustc_hash::FxHashSet;
use std::sync::{Arc, LazyLock};

/// The rule a blotted word is counted under.
pub(super) const RULE: &str = "organisation-word";

/// What stands for a word that was blotted out.
const BLOT: &str = "‹withheld›";

/// What may stand in one answer beside public words and pseudonyms.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    pub(super) lexicons: Vec<Arc<Lexicon>>,
    /// Texts that pass whole: what the scope file calls a repository, the commit, the cursor.
    pub(super) passes: Vec<String>,
    /// Words that repositories told in clear bring into the same answer.
    pub(super) clear: FxHashSet<String>,
}

/// In the order of bytes, as the script writes them.
static PUBLIC: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    include_str!("../../index-schema/public-words.txt")
        .split_ascii_whitespace()
        .collect()
});

static KEPT: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    include_str!("../../index-schema/public-words.extra.txt")
        .split_ascii_whitespace()
        .flat_map(|word| word.split('_'))
        .collect()
});

impl Oracle {
    /// Lets the words of a text pass.
    pub(super) fn clear_words(&mut self, text: &str) {
        words::split(text, |word| {
            self.clear.insert(word.to_owned());
        });
    }

    /// Blots out every word without a reason to be there, and counts them.
    pub(super) fn guard(&self, text: String) -> (String, u64) {
        if self.lexicons.is_empty() {
            return (text, 0);
        }
        let mut leaked = FxHashSet::default();
        // The longest first: a short one may be a part of it, and what is left of the long one would not pass.
        let mut passes = self.passes.clone();
        passes.sort_unstable_by_key(|pass| std::cmp::Reverse(pass.len()));
        self.look(&text, &passes, &mut leaked);
        let mut out = text;
        for word in &leaked {
            out = blot(&out, word);
        }
        for word in self.joined(&out) {
            out = out.replace(&word, BLOT);
            leaked.insert(word);
        }
        (out, leaked.len() as u64)
    }

    /// Collects what may not pass from the parts of a text between those that do.
    fn look(&self, text: &str, passes: &[String], leaked: &mut FxHashSet<String>) {
        match passes.split_first() {
            Some((pass, rest)) if !pass.is_empty() => {
                text.split(pass.as_str()).for_each(|part| self.look(part, rest, leaked));
            }
            Some((_, rest)) => self.look(text, rest, leaked),
            None => words::split(&unescaped(text), |word| {
                if !self.may_pass(word) {
                    leaked.insert(word.to_owned());
                }
            }),
        }
    }

    fn may_pass(&self, word: &str) -> bool {
        let short = word.is_ascii() && word.len() <= 2;
        short
            || word.chars().all(char::is_numeric)
            || is_public(word)
            || self.clear.contains(word)
            || self.lexicons.iter().any(|it| it.is_pseudonym(word))
    }

    /// Spellings of the organisation's names that are put together from public words.
    fn joined(&self, text: &str) -> Vec<String> {
        let names = |run: &str| {
            let compact: String = run
                .chars()
                .filter(|c| c.is_alphabetic())
                .flat_map(char::to_lowercase)
                .collect();
            self.lexicons.iter().any(|it| it.own().contains(&compact))
        };
        text.split(|c: char| !(c.is_alphabetic() || matches!(c, '_' | '-' | '.')))
            .filter(|run| !run.is_empty() && !self.passes.iter().any(|pass| pass.contains(run)) && names(run))
            .map(str::to_owned)
            .collect()
    }
}

fn is_public(word: &str) -> bool {
    let known = |word: &str| PUBLIC.binary_search(&word).is_ok() || KEPT.contains(&word);
    let stem = |cut: usize| word.len().checked_sub(cut).and_then(|end| word.get(..end));
    known(word)
        || (word.ends_with("ies") && stem(3).is_some_and(|stem| known(&format!("{stem}y"))))
        || (word.ends_with("es") && stem(2).is_some_and(known))
        || (word.ends_with('s') && stem(1).is_some_and(known))
}

/// Without the escapes of JSON, whose letters belong to no word.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' {
            chars.next();
            ' '
        } else {
            c
        });
    }
    out
}

/// Replaces a word in small letters in whatever case it stands.
fn blot(text: &str, word: &str) -> String {
    let lower = text.to_lowercase();
    if lower.len() != text.len() {
        // Letters whose small form has another length: what was found cannot be placed, so nothing of the line is kept.
        return text
            .lines()
            .map(|line| if line.to_lowercase().contains(word) { BLOT } else { line })
            .collect::<Vec<_>>()
            .join("\n");
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in lower.match_indices(word) {
        let (Some(kept), true) = (text.get(from..at), text.is_char_boundary(at + word.len())) else {
            continue;
        };
        out.push_str(kept);
        out.push_str(BLOT);
        from = at + word.len();
    }
    out + &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disclosure::pseudonym::{Keyring, OwnWords};

    fn oracle(own: &[&str]) -> Oracle {
        let lexicon = Lexicon::new(Keyring::of([1; 32]), OwnWords::new(own.iter().copied()), |each| {
            each("zorvik")
        });
        Oracle {
            lexicons: vec![Arc::new(lexicon)],
            passes: vec!["zorvik/pay".to_owned()],
            clear: FxHashSet::from_iter(["mirvane".to_owned()]),
        }
    }

    #[test]
    fn a_commit_passes_whole_although_a_shorter_text_passes_too() {
        let mut oracle = oracle(&[]);
        let commit = "0fdeceb1fbadcafedefacedbeadedfabfacecab1";
        oracle.passes = vec!["fa".to_owned(), commit[..10].to_owned(), commit.to_owned()];
        for text in [
            format!("acme@{} ref", &commit[..10]),
            format!("{{\"commit\":\"{commit}\"}}"),
        ] {
            assert_eq!(oracle.guard(text.clone()).0.matches('‹').count(), 0, "{text}");
        }
        assert_eq!(oracle.guard(format!("{commit} zorvik")).1, 1);
    }

    #[test]
    fn a_word_without_a_reason_is_blotted_out() {
        let oracle = oracle(&[]);
        let told = oracle.lexicons[0].hide("zorviks").text;
        for fine in ["zorvik/pay@0af ref=main", "function getEntries L12 mirvane", &told] {
            assert_eq!(oracle.guard(fine.to_owned()), (fine.to_owned(), 0));
        }
        let (text, leaked) = oracle.guard(r#"{"a":"x\nZorvikClient and \"ZORVIKS\""}"#.to_owned());
        assert!(!text.to_lowercase().contains("zorvik"), "{text}");
        assert_eq!(leaked, 2);
        assert_eq!(oracle.guard("Größe x".to_owned()).1, 1);
    }

    #[test]
    fn a_name_made_of_public_words_is_found() {
        let oracle = oracle(&["Type ORM"]);
        let (text, leaked) = oracle.guard("a TypeOrm b".to_owned());
        assert_eq!((text.as_str(), leaked), ("a ‹withheld› b", 1));
    }
}
