//! Regexes of rules, and the allowlists made of them.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::rule_file::{AllowlistEntry, RegexTarget};

const MAX_COMPILED: usize = 32 << 20;

/// A regex that is compiled when it is first needed: most rules never are.
pub(super) struct Pattern {
    pub(super) source: String,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    pub(super) fn new(source: String) -> Self {
        Self {
            source,
            compiled: OnceLock::new(),
        }
    }

    pub(super) fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            self.compile()
                .expect("added rules are compiled when read, built-in ones by tests/it/secret_rules.rs")
        })
    }

    pub(super) fn compile(&self) -> Result<Regex, regex::Error> {
        RegexBuilder::new(&self.source)
            .unicode(false)
            .size_limit(MAX_COMPILED)
            .build()
    }
}

/// What is not a finding although the rule matches.
pub(super) struct Allowlist {
    regexes: Vec<Pattern>,
    target: RegexTarget,
    stopwords: Vec<String>,
    paths: Vec<Pattern>,
    /// Whether every criterion has to hold; otherwise one is enough.
    all: bool,
    /// A criterion that never holds here, such as a commit.
    foreign: bool,
}

impl Allowlist {
    pub(super) fn from_entry(entry: AllowlistEntry) -> Self {
        let AllowlistEntry {
            condition,
            paths,
            commits,
            regex_target,
            regexes,
            stopwords,
            target_rules: _,
        } = entry;
        Self {
            regexes: regexes.into_iter().map(Pattern::new).collect(),
            target: regex_target.unwrap_or_default(),
            stopwords: stopwords.iter().map(|word| word.to_ascii_lowercase()).collect(),
            paths: paths.into_iter().map(Pattern::new).collect(),
            all: condition.is_some_and(|word| matches!(word.as_str(), "AND" | "&&")),
            foreign: !commits.is_empty(),
        }
    }

    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.regexes.iter().chain(&self.paths)
    }

    /// Whether the match is to be left alone. `secret` and `matched` are parts of `line`.
    pub(super) fn allows(&self, secret: &[u8], matched: &[u8], line: &[u8], path: Option<&str>) -> bool {
        let target = match self.target {
            RegexTarget::Secret => secret,
            RegexTarget::Match => matched,
            RegexTarget::Line => line,
        };
        let lowered = secret.to_ascii_lowercase();
        let holds = [
            (
                !self.regexes.is_empty(),
                self.regexes.iter().any(|pattern| pattern.regex().is_match(target)),
            ),
            (
                !self.stopwords.is_empty(),
                self.stopwords.iter().any(|word| contains(&lowered, word.as_bytes())),
            ),
            (
                !self.paths.is_empty(),
                path.is_some_and(|path| {
                    self.paths
                        .iter()
                        .any(|pattern| pattern.regex().is_match(path.as_bytes()))
                }),
            ),
            (self.foreign, false),
        ];
        let mut stated = holds
            .into_iter()
            .filter(|(stated, _)| *stated)
            .map(|(_, holds)| holds)
            .peekable();
        stated.peek().is_some()
            && if self.all {
                stated.all(|holds| holds)
            } else {
                stated.any(|holds| holds)
            }
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    !word.is_empty() && text.windows(word.len()).any(|window| window == word)
}
