//! The gitleaks TOML format, with louver's own keys.
//!
//! Own keys, which gitleaks ignores: `check` (see [`Check`]), `gate` (see [`Gate`]), `context` (see [`Context`]) and `reach`, the bytes after a keyword within
//! which a match has to end. Without `reach` a rule whose keyword occurs is evaluated on the whole text, as gitleaks does.

use serde::Deserialize;

use super::checks::Check;

#[derive(Deserialize)]
pub(super) struct RuleFile {
    #[serde(default)]
    pub(super) rules: Vec<RuleEntry>,
    pub(super) allowlist: Option<AllowlistEntry>,
    #[serde(default)]
    pub(super) allowlists: Vec<AllowlistEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleEntry {
    pub(super) id: String,
    #[serde(default)]
    pub(super) description: String,
    /// Absent in rules about file names.
    pub(super) regex: Option<String>,
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) entropy: f64,
    #[serde(default)]
    pub(super) secret_group: usize,
    #[serde(default)]
    pub(super) keywords: Vec<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) allowlist: Option<AllowlistEntry>,
    #[serde(default)]
    pub(super) allowlists: Vec<AllowlistEntry>,
    pub(super) check: Option<Check>,
    pub(super) gate: Option<Gate>,
    pub(super) context: Option<Context>,
    pub(super) reach: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AllowlistEntry {
    #[serde(default)]
    pub(super) condition: Option<String>,
    #[serde(default)]
    pub(super) paths: Vec<String>,
    #[serde(default)]
    pub(super) commits: Vec<String>,
    pub(super) regex_target: Option<RegexTarget>,
    #[serde(default)]
    pub(super) regexes: Vec<String>,
    #[serde(default)]
    pub(super) stopwords: Vec<String>,
    /// Ids of the rules a global allowlist is for; all when empty.
    #[serde(default)]
    pub(super) target_rules: Vec<String>,
}

/// What the regexes of an allowlist are matched against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RegexTarget {
    #[default]
    Secret,
    Match,
    Line,
}

/// What a text must hold before a rule without keywords is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Gate {
    /// A long run of base64 characters.
    Token,
    /// A long run of digits.
    Number,
}

/// Says that `regex` describes only the value, which follows a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Context {
    /// The keyword is part of a name that is given the value.
    Assigned,
    /// The value stands within `reach` bytes after the keyword, whatever is between.
    Near,
}
