//! Repository names: `acme/payments`.

use std::fmt;
use std::str::FromStr;

/// The longest name that is accepted, so that a name fits everywhere one is shown.
const MAX_LENGTH: usize = 200;

/// A repository as a person names it; nothing is promised about it beyond its form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoName(String);

/// Why a text is not a repository name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a repository name has letters, digits, `.`, `_` and `-`, in parts divided by `/`, as in `acme/payments`")]
pub struct InvalidName;

impl RepoName {
    /// Checks the form of a name.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        let name = name.into();
        let well_formed = name.len() <= MAX_LENGTH && name.split('/').all(is_segment);
        well_formed.then_some(Self(name)).ok_or(InvalidName)
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..")
        && segment
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

impl FromStr for RepoName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl AsRef<str> for RepoName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::RepoName;

    #[test]
    fn accepts_segments_and_refuses_what_could_be_a_path_or_markup() {
        for good in ["louver", "acme/payments", "a/b/c", "acme/pay.ments_2-x", ".github"] {
            assert!(RepoName::new(good).is_ok(), "{good}");
        }
        for bad in [
            "", "/", "a/", "/a", "a//b", "..", "a/../b", "a b", "a:b", "a\nb", "é", "a\\b",
        ] {
            assert!(RepoName::new(bad).is_err(), "{bad}");
        }
        assert!(RepoName::new("a".repeat(201)).is_err());
    }
}
