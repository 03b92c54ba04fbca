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

/// Words of Kotlin that mean something in some places only, where they are names, or functions that are called.
static SOFT: LazyLock<Regex> = LazyLock::new(|| {
    let words = "abstract|actual|annotation|by|companion|constructor|crossinline|data|delegate|dynamic|enum|expect|external|field|file|final|get|\
        import|infix|init|inline|inner|internal|lateinit|noinline|open|operator|out|override|param|private|property|protected|public|receiver|\
        reified|sealed|set|setparam|suspend|tailrec|value|vararg|where";
    let after = r"[.,;)\]=?!<>+*%&|-]|(?:or|and|shl|shr|xor|is|as|to)\b";
    Regex::new(&format!(r"\b({words})[ \t]*(?:{after})")).expect("a correct pattern")
});

/// Names that begin with a keyword, for a parser that does not look at the digit behind it.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(in)[0-9]").expect("a correct pattern"));

/// The function that makes a closure one that can be suspended.
static SUSPENDED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(suspend)[ \t]*\{").expect("a correct pattern"));

/// Whether a repair gives names a capital.
pub(super) fn may_rename(repairs: &[Repair]) -> bool {
    let renames = |it: &Repair| {
        matches!(
            it,
            Repair::KeywordsAsNames | Repair::ReservedExports | Repair::SoftKeywords
        )
    };
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
        Repair::SoftKeywords => {
            for pattern in [&SOFT, &NUMBERED, &SUSPENDED] {
                all(pattern, 0..original.len());
            }
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
