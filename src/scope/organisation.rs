//! `[organisation]` and `[[pattern]]`: words, domains and patterns of the organisation's own, which no answer may carry.

use super::error::Problem;
use super::fields::{Faults, Fields, Found, Key, Shape};
use super::people;
use regex::bytes::Regex;

/// What the organisation calls its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organisation {
    /// Names of the company, its customers and products.
    pub words: Vec<String>,
    /// Internal domains: a host below one is internal too.
    pub domains: Vec<String>,
    /// Names of environments, such as `prod-eu-1`.
    pub environments: Vec<String>,
    /// Regexes with a name each.
    pub patterns: Vec<OwnPattern>,
}

/// A regex with the word findings name it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPattern {
    /// The word.
    pub id: String,
    /// The regex, which was found to compile.
    pub regex: String,
}

pub(super) static ORGANISATION: Shape = Shape {
    table: "[organisation]",
    keys: &[
        Key {
            name: "words",
            wanted: "a list of words, as in `words = [\"acme\"]`",
        },
        Key {
            name: "domains",
            wanted: "a list of domains, as in `domains = [\"corp.example.com\"]`",
        },
        Key {
            name: "environments",
            wanted: "a list of names, as in `environments = [\"prod-eu-1\"]`",
        },
    ],
};

pub(super) static PATTERN: Shape = Shape {
    table: "[[pattern]]",
    keys: &[
        Key {
            name: "id",
            wanted: "a word, as in `id = \"ticket-number\"`",
        },
        Key {
            name: "regex",
            wanted: "a regular expression, as in `regex = 'ACME-[0-9]{4,}'`",
        },
    ],
};

/// Shorter words would be found everywhere.
const SHORTEST_WORD: usize = 3;

pub(super) fn organisation(file: &Fields<'_>, faults: &mut Faults) -> Organisation {
    let table = file.table("organisation", &ORGANISATION, faults);
    let mut own = Organisation::default();
    if let Some(table) = &table {
        own.words = words(table, "words", faults);
        own.domains = domains(table, faults);
        own.environments = words(table, "environments", faults);
    }
    for entry in file.tables("pattern", &PATTERN, faults) {
        own.patterns.extend(pattern(&entry, faults));
    }
    own
}

fn words(table: &Fields<'_>, key: &'static str, faults: &mut Faults) -> Vec<String> {
    let mut words = Vec::new();
    for Found { value, span } in table.texts(key, faults).unwrap_or_default() {
        if value.chars().filter(|c| c.is_alphanumeric()).count() < SHORTEST_WORD {
            let value = value.escape_debug().to_string();
            faults.add(&span, Problem::ShortWord { key, value });
        } else {
            words.push(value.trim().to_owned());
        }
    }
    words
}

fn domains(table: &Fields<'_>, faults: &mut Faults) -> Vec<String> {
    let mut domains = Vec::new();
    for Found { value, span } in table.texts("domains", faults).unwrap_or_default() {
        let good = value.contains('.')
            && value.split('.').all(|label| {
                !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            });
        if good {
            domains.push(value.to_ascii_lowercase());
        } else {
            faults.add(&span, Problem::Domain(value.escape_debug().to_string()));
        }
    }
    domains
}

fn pattern(entry: &Fields<'_>, faults: &mut Faults) -> Option<OwnPattern> {
    let id = people::word(entry, "id", faults);
    if !entry.has("regex") {
        entry.missing("regex", faults);
    }
    let Found { value, span } = entry.text("regex", faults)?;
    let fault = match Regex::new(value) {
        Ok(regex) if regex.is_match(b"") => "it matches nothing at all, and so everywhere".to_owned(),
        Ok(_) => {
            return Some(OwnPattern {
                id: id?.value,
                regex: value.to_owned(),
            });
        }
        Err(regex::Error::CompiledTooBig(_)) => "it is too large".to_owned(),
        Err(error) => error.to_string().lines().last().unwrap_or_default().trim().to_owned(),
    };
    faults.add(&span, Problem::Pattern(fault));
    None
}
