//! The patterns of `queries/contracts.scm` by what a file has to hold before they can match in it.
//!
//! Few files need more than two patterns. Those that are tried in the same files are tried together, and read when the first such file is met.

use super::query::ContractQuery;
use crate::extraction::Grammar;
use aho_corasick::AhoCorasick;
use regex::Regex;
use std::sync::{LazyLock, OnceLock};

/// The patterns of a language.
pub(in crate::extraction) struct Groups {
    words: AhoCorasick,
    groups: Vec<Group>,
}

/// Patterns that are tried in the same files.
pub(super) struct Group {
    conditions: Conditions,
    /// Where they stand among all, and their text.
    patterns: Vec<(usize, String)>,
    /// They say what routes are added to.
    makes_receivers: bool,
    query: OnceLock<ContractQuery>,
}

/// What `#set!` says of the files that a pattern is tried in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    /// Words of which the text must hold one; without any, the last parts of the modules.
    pub(super) gates: Vec<String>,
    /// Modules of which the file must import one.
    pub(super) requires: Vec<String>,
    /// What the routes are added to has to be known in the file.
    pub(super) needs_receiver: bool,
}

impl Groups {
    /// Divides the patterns of a query.
    pub(in crate::extraction) fn of(patterns: impl Iterator<Item = String>) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for (number, pattern) in patterns.enumerate() {
            let conditions = Conditions::of(&pattern);
            let makes_receivers = pattern.contains("@receiver");
            match groups.iter_mut().find(|group| group.conditions == conditions) {
                Some(group) => {
                    group.makes_receivers |= makes_receivers;
                    group.patterns.push((number, pattern));
                }
                None => groups.push(Group {
                    conditions,
                    patterns: vec![(number, pattern)],
                    makes_receivers,
                    query: OnceLock::new(),
                }),
            }
        }
        let words = groups.iter().flat_map(|group| &group.conditions.gates);
        let words = AhoCorasick::new(words).expect("a few hundred short words are below every limit");
        Self { words, groups }
    }

    /// The groups that can match in a text, given which modules its file imports.
    pub(super) fn open(&self, text: &[u8], imports_one: impl Fn(&[String]) -> bool) -> Vec<&Group> {
        let mut seen = vec![false; self.words.patterns_len()];
        for found in self.words.find_overlapping_iter(text) {
            seen[found.pattern().as_usize()] = true;
        }
        let mut seen = seen.into_iter();
        let has_word = |group: &&Group| {
            let own = seen.by_ref().take(group.conditions.gates.len());
            own.fold(false, |any, one| any | one)
        };
        let open = self.groups.iter().filter(has_word);
        let mut open: Vec<&Group> = open.filter(|group| imports_one(&group.conditions.requires)).collect();
        let has_receivers = open.iter().any(|group| group.makes_receivers);
        open.retain(|group| has_receivers || !group.conditions.needs_receiver);
        open
    }
}

impl Group {
    /// Its patterns, compiled. Those that name nodes which the language lacks are another's that it adds to, and left out.
    pub(super) fn query(&self, grammar: &Grammar) -> &ContractQuery {
        self.query.get_or_init(|| {
            let compiled = ContractQuery::of(grammar, &self.patterns);
            let known = || {
                let known = self.patterns.iter().filter(|(_, pattern)| grammar.knows(pattern));
                ContractQuery::of(grammar, &known.cloned().collect::<Vec<_>>())
            };
            compiled
                .or_else(|_| known())
                .expect("`Grammar::check` and tests/it/corpus.rs see to it")
        })
    }
}

impl Conditions {
    /// Reads the text of a pattern.
    pub(super) fn of(pattern: &str) -> Self {
        static SET: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"#set!\s+(gate|requires|known)\s+"((?:[^"\\]|\\.)*)""#).expect("a correct pattern")
        });
        let mut conditions = Self::default();
        for [what, list] in SET.captures_iter(pattern).map(|found| found.extract().1) {
            let list = list.replace(r"\\", r"\");
            let list = list.split_ascii_whitespace().map(str::to_owned);
            match what {
                "gate" => conditions.gates.extend(list),
                "requires" => conditions.requires.extend(list),
                _ => conditions.needs_receiver = true,
            }
        }
        if conditions.gates.is_empty() {
            // A path of Rust or PHP is written with other separators.
            let last = |word: &String| word.split(['.', '\\']).next_back().unwrap_or_default().to_owned();
            conditions.gates.extend(conditions.requires.iter().map(last));
        }
        conditions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_all_patterns_with_the_conditions_the_parser_reads() {
        for grammar in Grammar::all() {
            let groups = &grammar.contracts().groups;
            let whole = grammar.query("contracts").expect("a query");
            let mut compiled = 0;
            for group in groups {
                let query = &group.query(grammar).query;
                compiled += query.pattern_count();
                for at in 0..query.pattern_count() {
                    let said = |key: &str| {
                        let settings = query.properties(at).iter().filter(|it| it.key == key);
                        let lists = settings.map(|it| it.value.as_str());
                        lists.flat_map(str::split_ascii_whitespace).collect::<Vec<_>>()
                    };
                    assert_eq!(said("requires"), group.conditions.requires, "{}", grammar.name());
                    let gates = said("gate");
                    assert!(
                        gates.is_empty() || gates == group.conditions.gates,
                        "{gates:?} of {}",
                        grammar.name()
                    );
                    assert!(!group.conditions.gates.is_empty(), "{}", grammar.name());
                    // A blank in a gate parts it, and what is left may be a comma, which opens every file. Shells have words that short.
                    let opens_all = group.conditions.gates.iter().any(|gate| gate.len() < 2);
                    assert!(
                        !opens_all || grammar.name() == "bash",
                        "{gates:?} of {}",
                        grammar.name()
                    );
                }
            }
            assert_eq!(compiled, whole.pattern_count(), "{}", grammar.name());
        }
    }
}
