//! Tiers: how much of a repository may be told.

use super::suggest;
use std::fmt;
use std::str::FromStr;

/// How much of a repository's structure may be told, from the most to the least; a greater tier is more sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Everything but source text.
    Public,
    /// Structure, and the first sentence of documentation.
    Internal,
    /// Structure, with the organisation's own words withheld.
    Confidential,
    /// Nothing: the repository is never indexed.
    Restricted,
}

/// A word that names no tier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown tier `{tier}`; write {}", suggestion.unwrap_or("public, internal, confidential or restricted"))]
pub struct UnknownTier {
    tier: String,
    suggestion: Option<&'static str>,
}

impl Tier {
    /// Every tier, from the least to the most sensitive.
    pub const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Confidential, Self::Restricted];

    /// Returns the word for the tier in files and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }
}

impl FromStr for Tier {
    type Err = UnknownTier;

    fn from_str(text: &str) -> Result<Self, UnknownTier> {
        Self::ALL
            .into_iter()
            .find(|tier| tier.as_str() == text)
            .ok_or_else(|| UnknownTier {
                tier: text.escape_debug().to_string(),
                suggestion: suggest::nearest(text, Self::ALL.map(Self::as_str)),
            })
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
