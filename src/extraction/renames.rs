//! Names that a parser takes for keywords. Their first letter becomes a capital for the parser alone: every byte keeps its offset, and where
//! text is read, letters are as they were.

use super::grammar::Repair;
use regex::bytes::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// `using` where it declares nothing.
static USING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(using)(?:[ \t]*(?:[^\s\w$]|[\r\n])|[ \t]+(?:as|in|instanceof|is|satisfies)\b)")
        .expect("a correct pattern")
});

/// `abstract` and `accessor` where they are no modifiers.
static MODIFIER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(abstract|accessor)\s*[?!:(=;.<,)}]").expect("a correct pattern"));

/// The names between the braces of an export or import.
static NAMED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:export|import)\s*\{([^{}]*)\}").expect("a correct pattern"));

/// Keywords that stand for themselves there, because what they name has that name elsewhere.
static RESERVED: LazyLock<Regex> = LazyLock::new(|| {
    let words = "break|case|catch|class|const|continue|debugger|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|\
        instanceof|new|null|return|super|switch|this|throw|true|try|typeof|var|void|while|with";
    Regex::new(&format!(r"\b({words})\b")).expect("a correct pattern")
});

/// Whether a repair gives names a capital.
pub(super) fn may_rename(repairs: &[Repair]) -> bool {
    let renames = |it: &Repair| matches!(it, Repair::KeywordsAsNames | Repair::ReservedExports);
    repairs.iter().any(renames)
}

/// Gives names of a text a capital that are keywords to its parser.
pub(super) fn capitalize(repair: Repair, original: &[u8], bytes: &mut [u8]) {
    let mut raise = |at: usize| bytes[at] = bytes[at].to_ascii_uppercase();
    let mut all = |pattern: &Regex, within: Range<usize>| {
        for found in pattern.captures_iter(&original[within.clone()]) {
            if let Some(word) = found.get(1) {
                raise(within.start + word.start());
            }
        }
    };
    match repair {
        Repair::KeywordsAsNames => {
            all(&USING, 0..original.len());
            all(&MODIFIER, 0..original.len());
        }
        Repair::ReservedExports => {
            for found in NAMED.captures_iter(original) {
                if let Some(names) = found.get(1) {
                    all(&RESERVED, names.range());
                }
            }
        }
        _ => (),
    }
}
