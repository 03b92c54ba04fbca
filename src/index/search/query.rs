//! What a query asks for: words, and names that stand in it.

use crate::extraction::words;
use crate::index::traits::compact;

/// A query, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Query {
    /// Words in lower case, each with how often it counts. Names of several words count as one more.
    pub(super) words: Vec<(String, f32)>,
    pub(super) names: Vec<Name>,
    /// The query is a name and nothing else.
    pub(super) is_name: bool,
}

/// A name that the query may mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    /// As written, without its container.
    pub(super) text: String,
    /// Letters and digits in lower case.
    pub(super) compact: String,
    /// The container before the name, in the same form.
    pub(super) container: Option<String>,
    /// The words of the name.
    pub(super) parts: Vec<String>,
    /// How sure it is that a name is meant, from 0 to 1.
    pub(super) weight: f32,
    /// Whether names that differ a little are looked for.
    pub(super) loose: bool,
    /// Whether the name was put together from separate words, all of which must then be found.
    pub(super) joined: bool,
    /// Whether the points and slashes in it are part of the name, as in those of events and routes, so that it is meant as it stands or not at all.
    pub(super) whole: bool,
}

/// A query of more words than this is a sentence and not the words of one name.
const NAME_WORDS: usize = 6;
/// What a weak word counts.
const WEAK: f32 = 0.2;
/// More runs of adjacent words than this are not tried as names.
const RUNS: usize = 40;

impl Query {
    /// Takes `text` apart.
    pub(super) fn parse(text: &str) -> Self {
        let tokens = tokens(text);
        let alone = tokens.len() == 1 && tokens[0].len() == text.trim().len();
        let mut query = Self {
            is_name: alone,
            ..Self::default()
        };
        for (at, token) in tokens.iter().enumerate() {
            if let Some(name) = Name::of_token(token, at, alone) {
                query.names.push(name);
            }
            if segments(token).count() > 1 {
                query.names.push(Name {
                    whole: alone,
                    ..Name::new(token, None, 1.0)
                });
            }
        }
        query.add_runs(&tokens);
        query.add_words(&tokens);
        query
    }

    /// Adjacent words may be the words of one name: `session store` means `SessionStore`.
    fn add_runs(&mut self, tokens: &[&str]) {
        let whole = tokens.len();
        let windows = (0..whole).flat_map(|from| (from + 2..=whole.min(from + 4)).map(move |to| (from, to)));
        let all = (5..=NAME_WORDS).contains(&whole).then_some((0, whole));
        for (from, to) in all.into_iter().chain(windows).take(RUNS) {
            let covers_all = from == 0 && to == whole;
            let text = tokens[from..to].join("_");
            let content = tokens[from..to].iter().filter(|token| !is_stop_word(token)).count();
            if content < 2 && !covers_all {
                continue;
            }
            let weight = if covers_all { 1.0 } else { 0.35 };
            self.names.push(Name {
                loose: covers_all,
                joined: true,
                ..Name::new(&text, None, weight)
            });
        }
    }

    fn add_words(&mut self, tokens: &[&str]) {
        let mut list: Vec<(String, f32, bool)> = Vec::new();
        let mut add = |word: &str, weight: f32| match list.iter_mut().find(|(known, ..)| known == word) {
            Some((_, sum, _)) => *sum += weight,
            None => list.push((word.to_owned(), weight, is_stop_word(word))),
        };
        for token in tokens {
            let mut parts = 0;
            words::split(token, |word| {
                parts += 1;
                add(word, 1.0);
            });
            if parts > 1 {
                for segment in segments(token) {
                    if count_words(segment) > 1 {
                        add(&compact(segment), 1.0);
                    }
                }
            }
        }
        for (_, weight, _) in list.iter_mut().filter(|(word, ..)| is_weak_word(word)) {
            *weight *= WEAK;
        }
        let all_stop = list.iter().all(|&(_, _, stop)| stop);
        self.words = list
            .into_iter()
            .filter(|&(_, _, stop)| all_stop || !stop)
            .map(|(word, weight, _)| (word, weight))
            .collect();
    }
}

impl Name {
    fn new(text: &str, container: Option<&str>, weight: f32) -> Self {
        let mut parts = Vec::new();
        words::split(text, |part| parts.push(part.to_owned()));
        parts.sort_unstable();
        parts.dedup();
        Self {
            text: text.to_owned(),
            compact: compact(text),
            container: container.map(compact),
            parts,
            weight,
            loose: false,
            joined: false,
            whole: false,
        }
    }

    /// The name a token is, if it can be one.
    fn of_token(token: &str, at: usize, alone: bool) -> Option<Self> {
        let segments: Vec<&str> = segments(token).collect();
        let (&last, before) = segments.split_last()?;
        let weight = if alone || looks_like_name(token) {
            1.0
        } else if at > 0 && token.starts_with(char::is_uppercase) {
            0.5
        } else if token.len() > 3 && !is_stop_word(token) {
            0.25
        } else {
            return None;
        };
        let name = Self::new(last, before.last().copied(), weight);
        Some(Self { loose: alone, ..name })
    }
}

/// Names and words of a text. A name keeps what joins its segments: `a::b`, `a.b`, `a->b`, `a#b`, `a\b`.
fn tokens(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_name_char) {
        let tail = &rest[start..];
        let mut end = tail.find(|c| !is_name_char(c)).unwrap_or(tail.len());
        while let Some(joint) = joint(&tail[end..]) {
            let next = &tail[end + joint..];
            let length = next.find(|c| !is_name_char(c)).unwrap_or(next.len());
            if length == 0 {
                break;
            }
            end += joint + length;
        }
        out.push(&tail[..end]);
        rest = &tail[end..];
    }
    out
}

/// The segments of a qualified name.
fn segments(token: &str) -> impl Iterator<Item = &str> {
    token.split(|c| !is_name_char(c)).filter(|segment| !segment.is_empty())
}

fn joint(text: &str) -> Option<usize> {
    ["::", "->", ".", "#", "\\", "/"]
        .iter()
        .find(|joint| text.starts_with(**joint))
        .map(|joint| joint.len())
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Whether a token is spelled as names are and words are not.
fn looks_like_name(token: &str) -> bool {
    let pairs = token.chars().zip(token.chars().skip(1));
    let case_changes = pairs.filter(|(a, b)| a.is_lowercase() && b.is_uppercase()).count() > 0;
    let acronym = token.chars().filter(|c| c.is_uppercase()).count() > 1 && token.chars().any(char::is_lowercase);
    case_changes || acronym || token.contains('_') || segments(token).count() > 1
}

fn count_words(text: &str) -> usize {
    let mut count = 0;
    words::split(text, |_| count += 1);
    count
}

/// Words that say how a question is put and not what it is about.
fn is_stop_word(word: &str) -> bool {
    const STOP: [&str; 87] = [
        "a", "about", "across", "an", "and", "any", "are", "as", "at", "be", "been", "being", "between", "but", "by",
        "can", "could", "do", "does", "during", "for", "from", "had", "has", "have", "how", "i", "if", "in", "into",
        "is", "it", "its", "may", "me", "more", "must", "my", "no", "not", "of", "on", "one", "or", "other", "our",
        "out", "over", "per", "should", "so", "some", "such", "than", "that", "the", "their", "them", "there", "these",
        "they", "this", "those", "through", "to", "under", "up", "use", "used", "using", "via", "was", "we", "were",
        "what", "when", "where", "which", "while", "who", "why", "will", "with", "within", "would", "you", "your",
    ];
    STOP.iter().any(|stop| word.eq_ignore_ascii_case(stop))
}

/// Words that say what is done with a thing more often than which thing is meant.
fn is_weak_word(word: &str) -> bool {
    const WEAK: [&str; 58] = [
        "add",
        "added",
        "adds",
        "all",
        "allow",
        "also",
        "avoid",
        "better",
        "bug",
        "change",
        "clarify",
        "cleanup",
        "comes",
        "correct",
        "correctly",
        "different",
        "ensure",
        "fix",
        "fixed",
        "fixes",
        "gets",
        "given",
        "go",
        "goes",
        "handle",
        "happen",
        "happens",
        "implement",
        "implementation",
        "implemented",
        "improve",
        "improved",
        "instead",
        "introduce",
        "introduced",
        "issue",
        "make",
        "makes",
        "many",
        "minor",
        "new",
        "now",
        "only",
        "properly",
        "reach",
        "reaches",
        "refactor",
        "remove",
        "return",
        "returns",
        "simplify",
        "support",
        "true",
        "typo",
        "update",
        "various",
        "work",
        "works",
    ];
    WEAK.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qualified_name_is_one_token() {
        assert_eq!(tokens("Haystack::is_explicit"), ["Haystack::is_explicit"]);
        assert_eq!(
            tokens("how does `a.b->c` end. Then"),
            ["how", "does", "a.b->c", "end", "Then"]
        );
        let query = Query::parse("Haystack::is_explicit");
        assert!(query.is_name);
        assert_eq!(query.names[0].container.as_deref(), Some("haystack"));
        assert_eq!(query.names[0].compact, "isexplicit");
    }

    #[test]
    fn a_sentence_gives_its_words_and_the_names_in_it() {
        let query = Query::parse("how the session store rotates SigningKey");
        let words: Vec<&str> = query.words.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["session", "store", "rotates", "signing", "key", "signingkey"]);
        let named = |compact: &str| {
            query
                .names
                .iter()
                .find(|name| name.compact == compact)
                .map(|name| name.weight)
        };
        assert_eq!(named("signingkey"), Some(1.0));
        assert_eq!(named("sessionstore"), Some(0.35));
        assert!(!query.is_name);
    }
}
