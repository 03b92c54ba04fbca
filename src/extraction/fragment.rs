//! Short pieces of source text that an index needs: names, signatures, documentation.

use std::fmt;

/// A piece of source text that has not been through `disclosure`.
///
/// It has no `Display` and no `Serialize`, and its `Debug` prints a size, so it cannot reach a log line or an answer by accident.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, bitcode::Encode, bitcode::Decode)]
pub struct Fragment(String);

impl Fragment {
    /// Lifts `text` out of a source file.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. `tests/it/tidy.rs` lists the modules that may call this.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes of text there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fragment({} bytes)", self.0.len())
    }
}
