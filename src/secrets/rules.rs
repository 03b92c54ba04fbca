//! Rules: what is looked for, and when a match counts.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use super::checks::Check;
use super::pattern::{Allowlist, Pattern};
use super::rule_file::{Context, Gate, RuleEntry, RuleFile};

/// In order: of two rules that find the same value, the earlier is named.
const BUILTIN: [&str; 13] = [
    include_str!("../../index-schema/secrets/cloud.toml"),
    include_str!("../../index-schema/secrets/data.toml"),
    include_str!("../../index-schema/secrets/developer.toml"),
    include_str!("../../index-schema/secrets/delivery.toml"),
    include_str!("../../index-schema/secrets/ai.toml"),
    include_str!("../../index-schema/secrets/messaging.toml"),
    include_str!("../../index-schema/secrets/payment.toml"),
    include_str!("../../index-schema/secrets/observability.toml"),
    include_str!("../../index-schema/secrets/business.toml"),
    include_str!("../../index-schema/secrets/public.toml"),
    include_str!("../../index-schema/secrets/keys.toml"),
    include_str!("../../index-schema/secrets/generic.toml"),
    include_str!("../../index-schema/secrets/personal.toml"),
];

/// Bytes after a keyword within which a built-in match ends.
const BUILTIN_REACH: usize = 512;
/// Bytes between a keyword and the value near it.
const NEAR_REACH: usize = 80;
/// An escape in a string literal or a URL, whose last letter begins no word.
const ESCAPE: &str = r"\\[nrt]|%[0-9a-fA-F]{2}";
/// The longest value of a rule with a context.
pub(super) const MAX_VALUE: usize = 1024;

/// A set of rules, to be given to [`Scanner::with`](super::Scanner::with).
#[derive(Clone)]
pub struct Rules {
    rules: Vec<Arc<Rule>>,
}

/// What a rule is about; decides which of two overlapping findings is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Personal data.
    Personal,
    /// A value with the looks of a credential, of no known vendor.
    Generic,
    /// A word or host name of the organisation.
    Organisation,
    /// A credential of a known format.
    Credential,
}

/// What can be told about a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleInfo<'s> {
    pub id: &'s str,
    pub description: &'s str,
    pub category: Category,
}

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    #[error("cannot read the rules in `{path}`; check that the file exists and is readable")]
    Read { path: PathBuf, source: io::Error },
    #[error("the rules are not in the gitleaks TOML format: {0}")]
    Syntax(Box<toml::de::Error>),
    #[error("rule `{id}`: regex `{regex}` does not compile; write it in RE2 syntax")]
    Regex {
        id: String,
        regex: String,
        source: Box<regex::Error>,
    },
    #[error("rule `{id}`: there is no group {group} in its regex; correct `secretGroup`")]
    Group { id: String, group: usize },
    #[error("rule id `{0}` cannot be used; write 1 to 80 letters, digits, `-`, `_` or `.`")]
    Id(String),
    #[error("rule `{0}`: `context` needs `regex` and `keywords`; add them")]
    Context(String),
    #[error("the word `{0}` would match everywhere; write at least 2 letters or digits")]
    Word(String),
}

impl Rules {
    /// Returns the rules that come with louver.
    pub fn builtin() -> Self {
        let rules = BUILTIN.iter().flat_map(|text| {
            let file: RuleFile =
                toml::from_str(text).expect("the built-in rules are checked by tests/it/secret_rules.rs");
            Self::from_file(file, true)
                .expect("the built-in rules are checked by tests/it/secret_rules.rs")
                .rules
        });
        Self { rules: rules.collect() }
    }

    /// Reads an additional file of rules in the gitleaks TOML format.
    ///
    /// Its allowlists apply to its own rules: an added file can find more and cannot hide what the built-in rules find. Rules about file names alone and
    /// allowlists of commits are left out.
    pub fn load(path: &Path) -> Result<Self, RuleError> {
        let text = fs::read_to_string(path).map_err(|source| RuleError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Reads rules from `text`, as [`Rules::load`] does from a file.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let file: RuleFile = toml::from_str(text).map_err(|e| RuleError::Syntax(Box::new(e)))?;
        let rules = Self::from_file(file, false)?;
        rules.check()?;
        Ok(rules)
    }

    /// Makes one rule, `organisation-word`, of the organisation's own words.
    ///
    /// Case does not matter; a word is found as a part of an identifier (`acme` in `AcmeClient`, `ACME_HOST`) and not inside another word (`acme` in
    /// `acmeist`). The parts of a phrase may be joined by a space, `-`, `_`, `.` or nothing.
    pub fn words<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Result<Self, RuleError> {
        let mut keywords = Vec::new();
        for word in words {
            let word = word.as_ref().trim();
            if word.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
                return Err(RuleError::Word(word.to_owned()));
            }
            spellings(word, &mut keywords);
        }
        let rule = Rule {
            keywords,
            matcher: Matcher::Word,
            ..Rule::own("organisation-word", "a word of the organisation", String::new())
        };
        Ok(Self {
            rules: vec![Arc::new(rule)],
        })
    }

    /// Makes one rule, `internal-host`, of the organisation's own domains: finds them and every host below them.
    pub fn domains<S: AsRef<str>>(domains: impl IntoIterator<Item = S>) -> Result<Self, RuleError> {
        let mut rules = Vec::new();
        for domain in domains {
            let domain = domain
                .as_ref()
                .trim()
                .trim_start_matches("*.")
                .trim_matches('.')
                .to_lowercase();
            if domain.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
                return Err(RuleError::Word(domain));
            }
            let regex = format!(
                r"(?i)\b{{start-half}}(?:[a-z0-9_-]+\.)*{}\b{{end-half}}",
                regex::escape(&domain)
            );
            rules.push(Arc::new(Rule {
                keywords: vec![domain],
                ..Rule::own("internal-host", "an internal host name", regex)
            }));
        }
        rules.iter().try_for_each(|rule: &Arc<Rule>| rule.compile_all())?;
        Ok(Self { rules })
    }

    /// Makes a rule of each regex of the organisation's own.
    pub fn patterns<S: AsRef<str>>(patterns: impl IntoIterator<Item = (S, S)>) -> Result<Self, RuleError> {
        let mut rules = Vec::new();
        for (id, regex) in patterns {
            let rule = Rule {
                reach: None,
                ..Rule::own(
                    checked_id(id.as_ref())?,
                    "a pattern of the organisation",
                    regex.as_ref().to_owned(),
                )
            };
            rule.compile_all()?;
            rules.push(Arc::new(rule));
        }
        Ok(Self { rules })
    }

    /// Keeps the rules with the given id.
    #[must_use]
    pub fn only(mut self, id: &str) -> Self {
        self.rules.retain(|rule| rule.id == id);
        self
    }

    /// Compiles every regex, which a scan does only when it needs one.
    pub fn check(&self) -> Result<(), RuleError> {
        self.rules.iter().try_for_each(|rule| rule.compile_all())
    }

    pub(super) fn into_rules(self) -> Vec<Arc<Rule>> {
        self.rules
    }

    fn from_file(file: RuleFile, builtin: bool) -> Result<Self, RuleError> {
        let RuleFile {
            rules,
            allowlist,
            allowlists,
        } = file;
        let global: Vec<(Vec<String>, Arc<Allowlist>)> = allowlist
            .into_iter()
            .chain(allowlists)
            .map(|mut entry| {
                (
                    std::mem::take(&mut entry.target_rules),
                    Arc::new(Allowlist::from_entry(entry)),
                )
            })
            .collect();
        let mut made = Vec::with_capacity(rules.len());
        for entry in rules {
            let Some(mut rule) = Rule::from_entry(entry, builtin)? else {
                continue;
            };
            let for_rule = global
                .iter()
                .filter(|(ids, _)| ids.is_empty() || ids.contains(&rule.id));
            rule.allowlists.extend(for_rule.map(|(_, list)| list.clone()));
            made.push(Arc::new(rule));
        }
        Ok(Self { rules: made })
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rules({})", self.rules.len())
    }
}

/// One rule.
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) description: String,
    pub(super) category: Category,
    /// In lower case; without any, the rule is evaluated on every text its gate admits.
    pub(super) keywords: Vec<String>,
    pub(super) gate: Option<Gate>,
    pub(super) matcher: Matcher,
    pub(super) path: Option<Pattern>,
    pub(super) group: usize,
    pub(super) entropy: f64,
    pub(super) check: Option<Check>,
    pub(super) allowlists: Vec<Arc<Allowlist>>,
    /// Bytes after a keyword within which a match ends; `None` is the whole text.
    pub(super) reach: Option<usize>,
    /// Whether louver's own notion of a placeholder applies.
    pub(super) refuses_placeholders: bool,
}

pub(super) enum Matcher {
    /// A regex over the text around a keyword.
    Pattern(Pattern),
    /// A value assigned to a name that holds a keyword.
    Assigned(Pattern),
    /// A value after a keyword.
    Near(Pattern),
    /// The keyword itself, as a whole word.
    Word,
}

impl Rule {
    fn own(id: &str, description: &str, regex: String) -> Self {
        Self {
            id: id.to_owned(),
            description: description.to_owned(),
            category: Category::Organisation,
            keywords: Vec::new(),
            gate: None,
            matcher: Matcher::Pattern(Pattern::new(regex)),
            path: None,
            group: 0,
            entropy: 0.0,
            check: None,
            allowlists: Vec::new(),
            reach: Some(BUILTIN_REACH),
            refuses_placeholders: false,
        }
    }

    /// Makes a rule of `entry`; none of an entry that is about file names alone.
    fn from_entry(entry: RuleEntry, builtin: bool) -> Result<Option<Self>, RuleError> {
        let category = category(&entry.tags);
        let RuleEntry {
            id,
            description,
            regex,
            path,
            entropy,
            secret_group,
            keywords,
            tags: _,
            allowlist,
            allowlists,
            check,
            gate,
            context,
            reach,
        } = entry;
        checked_id(&id)?;
        let Some(regex) = regex else {
            return if context.is_some() {
                Err(RuleError::Context(id))
            } else {
                Ok(None)
            };
        };
        if context.is_some() && keywords.is_empty() {
            return Err(RuleError::Context(id));
        }
        let (matcher, default_reach) = match context {
            None => (
                Matcher::Pattern(Pattern::new(if builtin { after_escape(regex) } else { regex })),
                BUILTIN_REACH,
            ),
            Some(Context::Assigned) => (
                Matcher::Assigned(Pattern::new(format!(r"\A({regex})\b{{end-half}}"))),
                0,
            ),
            Some(Context::Near) => (
                Matcher::Near(Pattern::new(format!(
                    r"(?:\b{{start-half}}|{ESCAPE})({regex})\b{{end-half}}"
                ))),
                NEAR_REACH,
            ),
        };
        Ok(Some(Self {
            id,
            description,
            category,
            keywords: keywords.iter().map(|word| word.to_ascii_lowercase()).collect(),
            gate,
            matcher,
            path: path.map(Pattern::new),
            group: secret_group,
            entropy,
            check,
            allowlists: allowlist
                .into_iter()
                .chain(allowlists)
                .map(|entry| Arc::new(Allowlist::from_entry(entry)))
                .collect(),
            reach: reach.or(builtin.then_some(default_reach)),
            refuses_placeholders: builtin && category != Category::Personal,
        }))
    }

    pub(super) fn info(&self) -> RuleInfo<'_> {
        RuleInfo {
            id: &self.id,
            description: &self.description,
            category: self.category,
        }
    }

    /// Compiles what a scan would compile on first use, so that errors are known before.
    fn compile_all(&self) -> Result<(), RuleError> {
        let lists = self.allowlists.iter().flat_map(|list| list.patterns());
        for pattern in self.path.iter().chain(lists).chain(self.matcher.pattern()) {
            pattern.compile().map_err(|source| RuleError::Regex {
                id: self.id.clone(),
                regex: pattern.source.clone(),
                source: Box::new(source),
            })?;
        }
        match self.matcher.pattern() {
            Some(pattern) if self.group >= pattern.regex().captures_len() => Err(RuleError::Group {
                id: self.id.clone(),
                group: self.group,
            }),
            _ => Ok(()),
        }
    }
}

impl Matcher {
    fn pattern(&self) -> Option<&Pattern> {
        match self {
            Self::Pattern(pattern) | Self::Assigned(pattern) | Self::Near(pattern) => Some(pattern),
            Self::Word => None,
        }
    }
}

fn category(tags: &[String]) -> Category {
    tags.iter()
        .find_map(|tag| match tag.as_str() {
            "personal" => Some(Category::Personal),
            "generic" => Some(Category::Generic),
            "organisation" => Some(Category::Organisation),
            _ => None,
        })
        .unwrap_or(Category::Credential)
}

/// Lets a built-in regex that begins at a word boundary begin behind an escape too: `\nvalue` in JSON, `%3Dvalue` in a URL.
fn after_escape(regex: String) -> String {
    match regex.strip_prefix(r"\b") {
        // The escape is no part of the secret: that is a group of the regex, or all of it.
        Some(rest) if has_group(rest) => format!(r"(?:\b|{ESCAPE})(?:{rest})"),
        Some(rest) => format!(r"(?:\b|{ESCAPE})({rest})"),
        None => regex,
    }
}

/// Whether `regex`, a built-in one, has a group that captures.
fn has_group(regex: &str) -> bool {
    let bytes = regex.as_bytes();
    (0..bytes.len()).any(|at| {
        bytes[at] == b'(' && bytes.get(at + 1) != Some(&b'?') && (at == 0 || !matches!(bytes[at - 1], b'\\' | b'['))
    })
}

/// An id goes out in answers, so it cannot carry text of its own.
fn checked_id(id: &str) -> Result<&str, RuleError> {
    let fits = (1..=80).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if fits {
        Ok(id)
    } else {
        Err(RuleError::Id(id.chars().take(80).collect()))
    }
}

/// Adds the spellings of a word or phrase: its parts joined in each usual way, and the other cases of letters the automaton does not fold.
fn spellings(phrase: &str, into: &mut Vec<String>) {
    let parts: Vec<&str> = phrase
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let mut joined = vec![phrase.to_owned()];
    if parts.len() > 1 {
        joined.extend(["", " ", "-", "_", "."].map(|joint| parts.join(joint)));
    }
    for word in joined {
        for spelling in [word.to_lowercase(), word.to_uppercase()] {
            if !into.iter().any(|known| known.eq_ignore_ascii_case(&spelling)) {
                into.push(spelling);
            }
        }
    }
}
