//! Why files are passed over, and how often.

use std::collections::BTreeMap;
use std::fmt;

/// Why a file was not read, or yielded nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// An exclusion of the scope hides it.
    Excluded,
    /// Others wrote it, or a build made it.
    Vendored,
    /// No grammar takes it.
    UnsupportedLanguage,
    /// It is larger than the limit of its repository.
    TooLarge,
    /// It is not text.
    Binary,
    /// It says that a program wrote it.
    Generated,
    /// Its lines are too long to be written by a person.
    Minified,
    /// It is a link to another path.
    Symlink,
    /// It is a commit of another repository.
    Submodule,
    /// It stands for a file that is kept elsewhere.
    LfsPointer,
    /// Its path is not UTF-8.
    NonUtf8Path,
    /// Its path has parts or characters that cannot be shown safely.
    InvalidPath,
    /// It is nested too deeply, in folders or in syntax.
    TooDeep,
    /// Its object is missing or damaged.
    Unreadable,
    /// It crashed the parser.
    ParserCrash,
    /// It kept the parser busy for too long.
    ParserTimeout,
}

/// A file that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// Its path, with replacement characters where it is not UTF-8.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
}

/// How many files were passed over, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkipCounts(BTreeMap<SkipReason, u64>);

impl SkipReason {
    /// Every reason.
    pub const ALL: [Self; 16] = [
        Self::Excluded,
        Self::Vendored,
        Self::UnsupportedLanguage,
        Self::TooLarge,
        Self::Binary,
        Self::Generated,
        Self::Minified,
        Self::Symlink,
        Self::Submodule,
        Self::LfsPointer,
        Self::NonUtf8Path,
        Self::InvalidPath,
        Self::TooDeep,
        Self::Unreadable,
        Self::ParserCrash,
        Self::ParserTimeout,
    ];

    /// Returns the word for the reason in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::Vendored => "vendored",
            Self::UnsupportedLanguage => "unsupported-language",
            Self::TooLarge => "too-large",
            Self::Binary => "binary",
            Self::Generated => "generated",
            Self::Minified => "minified",
            Self::Symlink => "symlink",
            Self::Submodule => "submodule",
            Self::LfsPointer => "lfs-pointer",
            Self::NonUtf8Path => "non-utf8-path",
            Self::InvalidPath => "invalid-path",
            Self::TooDeep => "too-deep",
            Self::Unreadable => "unreadable",
            Self::ParserCrash => "parser-crash",
            Self::ParserTimeout => "parser-timeout",
        }
    }

    /// Reads the word for a reason.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

impl SkipCounts {
    /// Counts one more file.
    pub fn add(&mut self, reason: SkipReason) {
        *self.0.entry(reason).or_default() += 1;
    }

    /// Returns how many files were passed over for a reason.
    pub fn of(&self, reason: SkipReason) -> u64 {
        self.0.get(&reason).copied().unwrap_or_default()
    }

    /// Returns how many files were passed over in all.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Returns the reasons that occurred with their counts, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (SkipReason, u64)> + '_ {
        self.0.iter().map(|(reason, count)| (*reason, *count))
    }
}

impl<'a> FromIterator<&'a Skip> for SkipCounts {
    fn from_iter<I: IntoIterator<Item = &'a Skip>>(skips: I) -> Self {
        let mut counts = Self::default();
        skips.into_iter().for_each(|skip| counts.add(skip.reason));
        counts
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
