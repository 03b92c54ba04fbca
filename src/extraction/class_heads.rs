//! `class EXPORT_WORD Name {` read as `class Name {`. Every byte keeps its offset.

use regex::bytes::Regex;
use std::sync::LazyLock;

/// A word in capitals, perhaps with arguments, between the keyword and the name of a class that is defined, or a `class` that is declared.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"((?:[A-Z][A-Z0-9_]{2,}(?:\([^()\n]*\))?\s+)+)";
    let defined = format!(r"\b(?:class|struct|union)\s+{words}[A-Za-z_][\w:]*\s*(?:final\s*)?(?:\{{|:[^:])");
    let declared = format!(r"\bclass\s+{words}[A-Za-z_]\w*\s*;");
    Regex::new(&format!("(?:{defined})|(?:{declared})")).expect("the pattern is well formed")
});

/// The text with such words blanked; nothing if it has none.
pub(super) fn blanked(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out: Option<Vec<u8>> = None;
    for captures in HEAD.captures_iter(bytes) {
        let Some(words) = captures.get(1).or_else(|| captures.get(2)) else {
            continue;
        };
        let out = out.get_or_insert_with(|| bytes.to_vec());
        for byte in &mut out[words.range()] {
            if !byte.is_ascii_whitespace() {
                *byte = b' ';
            }
        }
    }
    out
}
