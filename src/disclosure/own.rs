//! What the organisation calls its own, as the scope in force lists it: looked for in everything that leaves.
//!
//! Domains, environments and patterns are redacted wherever they stand. Words, which are often part of names and paths, are redacted in prose, and
//! told by pseudonyms where names are.

use super::pseudonym::OwnWords;
use crate::scope::Organisation;
use crate::secrets::{Redacted, RuleError, Rules, Scanner};
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The rule that finds a word of the organisation.
pub(super) const RULE: &str = "organisation-word";

/// Words, domains, environments and patterns of one scope.
pub struct Own {
    organisation: Organisation,
    /// The built-in rules, and what may stand nowhere. Without them nothing may.
    anywhere: Option<Scanner>,
    /// What may not stand in prose.
    prose: Option<Scanner>,
    words: OwnWords,
}

impl Own {
    fn of(organisation: &Organisation) -> Result<Self, RuleError> {
        let Organisation {
            words,
            domains,
            environments,
            patterns,
        } = organisation;
        let mut added = Vec::new();
        if !domains.is_empty() {
            added.push(Rules::domains(domains)?);
        }
        if !environments.is_empty() {
            added.push(Rules::words(environments)?);
        }
        if !patterns.is_empty() {
            added.push(Rules::patterns(patterns.iter().map(|it| (&it.id, &it.regex)))?);
        }
        let prose = match words.is_empty() {
            true => None,
            false => Some(Scanner::of([Rules::words(words)?])),
        };
        let hidden = words.iter().chain(environments).map(String::as_str);
        Ok(Self {
            anywhere: Some(Scanner::with(added)),
            prose,
            words: OwnWords::new(hidden),
            organisation: organisation.clone(),
        })
    }

    /// Rules that leave nothing of any text.
    fn mute(organisation: &Organisation) -> Self {
        Self {
            organisation: organisation.clone(),
            anywhere: None,
            prose: None,
            words: OwnWords::default(),
        }
    }

    /// Redacts credentials, personal data and what may stand nowhere in an answer.
    pub(super) fn redact<'t>(&self, text: &'t str) -> Redacted<'t> {
        match &self.anywhere {
            Some(scanner) => scanner.redact(text),
            None => Redacted {
                text: "[redacted]".into(),
                counts: [(RULE.to_owned(), 1)].into(),
            },
        }
    }

    /// Names that are told by pseudonyms even if they consist of public words.
    pub(crate) fn words(&self) -> &OwnWords {
        &self.words
    }

    /// Redacts words in prose, and says how many there were.
    pub(super) fn redact_prose(&self, text: &mut String) -> u32 {
        let Some(scanner) = &self.prose else { return 0 };
        let redacted = scanner.redact(text);
        let found = redacted.counts.values().sum();
        if let Cow::Owned(clean) = redacted.text {
            *text = clean;
        }
        found
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").finish_non_exhaustive()
    }
}

/// The rules of the scope in force, made once for each that differs.
#[derive(Debug, Default)]
pub struct OwnInForce(Mutex<Option<Arc<Own>>>);

impl OwnInForce {
    /// The rules for what `organisation` lists.
    pub fn follow(&self, organisation: &Organisation) -> Arc<Own> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = held.as_ref().filter(|own| own.organisation == *organisation) {
            return Arc::clone(own);
        }
        let own = Arc::new(Own::of(organisation).unwrap_or_else(|error| {
            tracing::error!(%error, "a rule of `[organisation]` or `[[pattern]]` cannot be used, so nothing is told; correct the scope");
            Own::mute(organisation)
        }));
        *held = Some(Arc::clone(&own));
        own
    }
}
