//! What each tier tells, field by field: `index-schema/tiers.toml`, read once.

use crate::scope::Tier;
use serde::Deserialize;
use std::sync::LazyLock;

/// How much of one field may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Telling {
    Shown,
    Shape,
    Counts,
    Withheld,
}

impl Telling {
    pub(crate) fn is_shown(self) -> bool {
        self == Self::Shown
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

    /// Whether symbols can be asked for by name; where names are withheld, a match on one would tell it.
    pub(crate) fn answers_by_name(self) -> bool {
        self.names.is_shown() && self.paths.is_shown()
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

    fn fields(policy: Policy) -> [Telling; 9] {
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
        ]
    }
}
