//! Replacing findings by their rule's name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::scanner::Scanner;

/// A text without its secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redacted<'t> {
    /// Borrowed when nothing was found.
    pub text: Cow<'t, str>,
    /// How often each rule found something.
    pub counts: BTreeMap<String, u32>,
}

impl Scanner {
    /// Replaces each secret in `text` by `[redacted:rule-id]`.
    pub fn redact<'t>(&self, text: &'t str) -> Redacted<'t> {
        self.redact_with(text, &|_| false)
    }

    /// Replaces each secret as [`Scanner::redact`] does, with the known identifiers of [`Scanner::scan_with`].
    pub fn redact_with<'t>(&self, text: &'t str, is_known_identifier: &dyn Fn(&str) -> bool) -> Redacted<'t> {
        let findings = self.scan_with(text.as_bytes(), is_known_identifier);
        if findings.is_empty() {
            return Redacted {
                text: Cow::Borrowed(text),
                counts: BTreeMap::new(),
            };
        }
        let mut counts = BTreeMap::new();
        let mut kept = String::with_capacity(text.len());
        let mut end = 0;
        for finding in findings {
            // Rules see bytes: a finding may begin or end inside a character, which then goes as a whole.
            let start = text.floor_char_boundary(finding.start).max(end);
            kept.push_str(&text[end..start]);
            kept.push_str("[redacted:");
            kept.push_str(finding.rule);
            kept.push(']');
            end = text.ceil_char_boundary(finding.end);
            *counts.entry(finding.rule.to_owned()).or_insert(0) += 1;
        }
        kept.push_str(&text[end..]);
        Redacted {
            text: Cow::Owned(kept),
            counts,
        }
    }
}
