//! `[tiers.…]`: what a tier tells, made less than `index-schema/tiers.toml` says. One thing can be made more, in a word of its own: names of
//! `confidential` repositories in clear.

use super::error::Problem;
use super::fields::{Faults, Fields, Key, Shape};
use super::tier::Tier;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What the scope changes about a tier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TierChange {
    /// Fields that tell less than the table says, each with the word that is in force.
    pub lowered: BTreeMap<&'static str, &'static str>,
    /// Whether names, paths and relations are told as they are where the table says pseudonyms.
    pub names_in_clear: bool,
}

/// What the scope changes about each tier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changed(BTreeMap<Tier, TierChange>);

/// The word for names in clear, of the one field and tier that take it.
const CLEAR: (&str, Tier, &str) = ("names", Tier::Confidential, "clear");

/// The words of the table, from the most to the least that is told.
const WORDS: [&str; 5] = ["shown", "pseudonym", "shape", "counts", "withheld"];

/// What a field may be lowered to.
const LESS: [(&str, &[&str]); 13] = [
    ("names", &["withheld"]),
    ("paths", &["withheld"]),
    ("lines", &["withheld"]),
    ("kinds", &["withheld"]),
    ("relations", &["counts", "withheld"]),
    ("signature", &["shape", "withheld"]),
    ("summary", &["withheld"]),
    ("documentation", &["withheld"]),
    ("outline", &["counts", "withheld"]),
    ("versions", &["withheld"]),
    ("messages", &["withheld"]),
    ("owners", &["withheld"]),
    ("literals", &["withheld"]),
];

const TIER: &str = "a table, as in `[tiers.internal]`";

pub(super) static TIERS: Shape = Shape {
    table: "[tiers]",
    keys: &[
        Key {
            name: "public",
            wanted: TIER,
        },
        Key {
            name: "internal",
            wanted: TIER,
        },
        Key {
            name: "confidential",
            wanted: TIER,
        },
    ],
};

const WITHHELD: &str = "`\"withheld\"`";
const COUNTED: &str = "`\"counts\"` or `\"withheld\"`";

pub(super) static TELLING: Shape = Shape {
    table: "[tiers.…]",
    keys: &[
        Key {
            name: "names",
            wanted: "`\"withheld\"`, or `\"clear\"` in `[tiers.confidential]`",
        },
        Key {
            name: "paths",
            wanted: WITHHELD,
        },
        Key {
            name: "lines",
            wanted: WITHHELD,
        },
        Key {
            name: "kinds",
            wanted: WITHHELD,
        },
        Key {
            name: "relations",
            wanted: COUNTED,
        },
        Key {
            name: "signature",
            wanted: "`\"shape\"` or `\"withheld\"`",
        },
        Key {
            name: "summary",
            wanted: WITHHELD,
        },
        Key {
            name: "documentation",
            wanted: WITHHELD,
        },
        Key {
            name: "outline",
            wanted: COUNTED,
        },
        Key {
            name: "versions",
            wanted: WITHHELD,
        },
        Key {
            name: "messages",
            wanted: WITHHELD,
        },
        Key {
            name: "owners",
            wanted: WITHHELD,
        },
        Key {
            name: "literals",
            wanted: WITHHELD,
        },
    ],
};

impl Changed {
    /// What is changed about a tier.
    pub(super) fn of(&self, tier: Tier) -> TierChange {
        self.0.get(&tier).cloned().unwrap_or_default()
    }
}

/// The words a field may be lowered to.
pub(super) fn words_of(field: &str) -> &'static [&'static str] {
    LESS.iter()
        .find(|(name, _)| *name == field)
        .map_or(&[], |(_, words)| words)
}

pub(super) fn changed(file: &Fields<'_>, faults: &mut Faults) -> Changed {
    let mut out = Changed::default();
    let Some(tiers) = file.table("tiers", &TIERS, faults) else {
        return out;
    };
    for tier in [Tier::Public, Tier::Internal, Tier::Confidential] {
        let Some(table) = tiers.table(tier.as_str(), &TELLING, faults) else {
            continue;
        };
        for (field, words) in LESS {
            let Some(found) = table.text(field, faults) else {
                continue;
            };
            if (field, tier, found.value) == CLEAR {
                out.0.entry(tier).or_default().names_in_clear = true;
                continue;
            }
            match words.iter().find(|word| **word == found.value) {
                Some(word) if rank(word) >= rank(usual(tier, field)) => {
                    out.0.entry(tier).or_default().lowered.insert(field, word);
                }
                _ => faults.add(
                    &found.span,
                    Problem::TellsMore {
                        field,
                        word: found.value.escape_debug().to_string(),
                        tier,
                        usual: usual(tier, field),
                    },
                ),
            }
        }
    }
    out
}

fn rank(word: &str) -> usize {
    WORDS.iter().position(|known| *known == word).unwrap_or(WORDS.len())
}

/// What the table says of a field.
fn usual(tier: Tier, field: &str) -> &'static str {
    type Table = BTreeMap<String, BTreeMap<String, String>>;
    static TABLE: LazyLock<Table> =
        LazyLock::new(|| toml::from_str(include_str!("../../index-schema/tiers.toml")).unwrap_or_default());
    TABLE
        .get(tier.as_str())
        .and_then(|row| row.get(field))
        .map_or("withheld", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_table_is_known_with_its_words() {
        let table: toml::Table = toml::from_str(include_str!("../../index-schema/tiers.toml")).expect("the table");
        let fields = |tier: &str| -> Vec<String> {
            let row = table[tier].as_table().expect("a row");
            for word in row.values() {
                assert!(WORDS.contains(&word.as_str().expect("a word")), "{word}");
            }
            row.keys().cloned().collect()
        };
        let mut known: Vec<String> = LESS.iter().map(|(name, _)| (*name).to_owned()).collect();
        known.sort();
        for tier in ["public", "internal", "confidential"] {
            let mut fields = fields(tier);
            fields.sort();
            assert_eq!(fields, known, "{tier}");
        }
    }
}
