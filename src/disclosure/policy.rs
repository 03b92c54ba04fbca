//! What each tier tells, field by field: `index-schema/tiers.toml`, read once.

use crate::extraction::SymbolKind;
use crate::scope::{ApprovedRepo, Tier, TierChange};
use serde::Deserialize;
use std::sync::LazyLock;

/// What stands for a word that a tier keeps back.
pub(crate) const WITHHELD: &str = "‹withheld›";

/// How much of one field may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Telling {
    Shown,
    Pseudonym,
    Shape,
    Counts,
    Withheld,
}

impl Telling {
    pub(crate) fn is_shown(self) -> bool {
        self == Self::Shown
    }

    /// The word in the table.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Pseudonym => "pseudonym",
            Self::Shape => "shape",
            Self::Counts => "counts",
            Self::Withheld => "withheld",
        }
    }

    /// Whether anything is said of it, be it how much there is.
    pub(crate) fn is_counted(self) -> bool {
        self != Self::Withheld
    }

    /// Whether something stands in an answer for each of it: itself, or its pseudonym.
    pub(crate) fn is_told(self) -> bool {
        matches!(self, Self::Shown | Self::Pseudonym)
    }
}

/// One row of the tier table.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    pub(crate) names: Telling,
    pub(crate) paths: Telling,
    pub(crate) lines: Telling,
    pub(crate) kinds: Telling,
    pub(crate) relations: Telling,
    pub(crate) signature: Telling,
    pub(crate) summary: Telling,
    pub(crate) documentation: Telling,
    pub(crate) outline: Telling,
    /// Versions of dependencies, required and locked.
    pub(crate) versions: Telling,
    /// First lines of commit messages.
    pub(crate) messages: Telling,
    /// Who owns files by `CODEOWNERS`.
    pub(crate) owners: Telling,
    /// Names of routes, commands, events and keys.
    pub(crate) literals: Telling,
}

/// What a tier tells under a scope, as an auditor reads it: every field of the table with its word.
pub fn tier_table(tier: Tier, told: &TierChange) -> Vec<(&'static str, &'static str)> {
    let Policy {
        names,
        paths,
        lines,
        kinds,
        relations,
        signature,
        summary,
        documentation,
        outline,
        versions,
        messages,
        owners,
        literals,
    } = Policy::under(tier, told);
    [
        ("names", names),
        ("paths", paths),
        ("lines", lines),
        ("kinds", kinds),
        ("relations", relations),
        ("signature", signature),
        ("summary", summary),
        ("documentation", documentation),
        ("outline", outline),
        ("versions", versions),
        ("messages", messages),
        ("owners", owners),
        ("literals", literals),
    ]
    .map(|(field, telling)| (field, telling.word()))
    .to_vec()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    public: Policy,
    internal: Policy,
    confidential: Policy,
    restricted: Policy,
}

impl Policy {
    /// The row of a tier.
    pub(crate) fn of(tier: Tier) -> Self {
        static TABLE: LazyLock<Table> = LazyLock::new(|| {
            toml::from_str(include_str!("../../index-schema/tiers.toml"))
                .expect("the tier table is checked by a unit test")
        });
        match tier {
            Tier::Public => TABLE.public,
            Tier::Internal => TABLE.internal,
            Tier::Confidential => TABLE.confidential,
            Tier::Restricted => TABLE.restricted,
        }
    }

    /// What is told of a repository: its tier, with what the scope changes about that.
    pub(crate) fn of_repo(repo: &ApprovedRepo) -> Self {
        Self::under(repo.tier(), repo.told())
    }

    /// What a tier tells with what a scope changes about it.
    fn under(tier: Tier, told: &TierChange) -> Self {
        // Exhaustive on purpose: another way to change a tier is a question asked here.
        let TierChange {
            lowered,
            names_in_clear,
        } = told;
        let mut policy = Self::of(tier);
        if *names_in_clear {
            policy.show_names();
        }
        for (field, word) in lowered {
            policy.lower(field, word);
        }
        policy
    }

    /// Tells names as they are. What hides the same words in other fields would hide nothing any more.
    fn show_names(&mut self) {
        for field in [&mut self.names, &mut self.paths, &mut self.relations] {
            if *field == Telling::Pseudonym {
                *field = Telling::Shown;
            }
        }
        // Nothing hides their words any more, and nobody asked for strings to be told.
        if self.literals == Telling::Pseudonym {
            self.literals = Telling::Withheld;
        }
    }

    /// Lowers a field; what cannot be understood is withheld.
    fn lower(&mut self, field: &str, word: &str) {
        let telling = match word {
            "shape" => Telling::Shape,
            "counts" => Telling::Counts,
            _ => Telling::Withheld,
        };
        let field = match field {
            "names" => &mut self.names,
            "paths" => &mut self.paths,
            "lines" => &mut self.lines,
            "kinds" => &mut self.kinds,
            "relations" => &mut self.relations,
            "signature" => &mut self.signature,
            "summary" => &mut self.summary,
            "documentation" => &mut self.documentation,
            "outline" => &mut self.outline,
            "messages" => &mut self.messages,
            "owners" => &mut self.owners,
            "versions" => &mut self.versions,
            _ => &mut self.literals,
        };
        *field = telling.max(*field);
    }

    /// The word for a symbol's kind, if it is told.
    pub(crate) fn kind(self, kind: SymbolKind) -> &'static str {
        if self.kinds.is_shown() { kind.word() } else { WITHHELD }
    }

    /// Whether symbols can be asked for by name; where names are withheld, a match on one would tell it.
    pub(crate) fn answers_by_name(self) -> bool {
        self.names.is_told() && self.paths.is_told()
    }

    /// What is left where there are no keys to make pseudonyms with.
    pub(crate) fn without_pseudonyms(self) -> Self {
        if !self.is_veiled() {
            return self;
        }
        Self {
            names: Telling::Withheld,
            paths: Telling::Withheld,
            relations: Telling::Counts,
            signature: Telling::Withheld,
            literals: Telling::Withheld,
            ..self
        }
    }

    /// Whether own words are replaced. What is hidden in one field must not be told by another, so one is enough.
    pub(crate) fn is_veiled(self) -> bool {
        [self.names, self.paths, self.relations].contains(&Telling::Pseudonym)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stricter_tier_never_tells_more() {
        let tiers = [Tier::Public, Tier::Internal, Tier::Confidential, Tier::Restricted];
        for pair in tiers.windows(2) {
            for (open, strict) in fields(Policy::of(pair[0])).into_iter().zip(fields(Policy::of(pair[1]))) {
                assert!(open <= strict, "{} tells more than {}", pair[1], pair[0]);
            }
        }
    }

    #[test]
    fn the_row_of_restricted_tells_nothing() {
        assert_eq!(fields(Policy::of(Tier::Restricted)), [Telling::Withheld; 13]);
    }

    fn fields(policy: Policy) -> [Telling; 13] {
        let Policy {
            names,
            paths,
            lines,
            kinds,
            relations,
            signature,
            summary,
            documentation,
            outline,
            versions,
            messages,
            owners,
            literals,
        } = policy;
        [
            names,
            paths,
            lines,
            kinds,
            relations,
            signature,
            summary,
            documentation,
            outline,
            versions,
            messages,
            owners,
            literals,
        ]
    }
}
