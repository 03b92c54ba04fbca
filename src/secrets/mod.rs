//! Detection of credentials and personal data in text.
//!
//! Rules are data in the gitleaks TOML format (`index-schema/secrets/`). A text is read once by an Aho-Corasick automaton that holds every keyword, and
//! once for runs of digits and of base64 characters; only rules with a keyword or a run nearby evaluate their regex, and only around it. What a regex finds
//! still has to pass the rule's entropy, allowlists and check (a checksum, a decodable header, a value that is not a word).
//!
//! A leaf module: no clock, no network, and no file except [`Rules::load`]. A [`Finding`] names a rule and a place; it never holds the value.

mod base64_runs;
mod checks;
mod opaque;
mod pattern;
mod redact;
mod report;
mod rule_file;
mod rules;
mod scanner;
mod shapes;
mod values;

pub use redact::Redacted;
pub use report::{FileFinding, to_jsonl, to_sarif, to_text};
pub use rules::{Category, RuleError, RuleInfo, Rules};
pub use scanner::{Finding, Scanner};
