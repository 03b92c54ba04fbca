//! Changing source text into what nobody writes, and scanners did not expect.

use fastrand::Rng;

/// No mutant is longer: what happens at the limits of length has tests of its own.
const MAX_BYTES: usize = 24 << 10;

/// What opens, closes, escapes and confuses, in any of the languages.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    "<<",
    ">>",
    "<<<",
    "\"",
    "'",
    "`",
    "\"\"\"",
    "'''",
    "/*",
    "*/",
    "//",
    "#",
    "##",
    "#{",
    "${",
    "$(",
    "\\",
    "\\\n",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\0",
    "\u{feff}",
    "\u{200b}",
    "\u{2028}",
    "é",
    "𝔘",
    "=>",
    "->",
    "::",
    "..",
    "...",
    "?.",
    "!",
    "@",
    "%w[",
    "%q(",
    "r#\"",
    "R\"x(",
    "<<EOF\n",
    "<<~EOF\n",
    "<<-'EOF'\n",
    "<?php",
    "?>",
    "=begin\n",
    "=end\n",
    "__END__\n",
    "if ",
    "else ",
    "for ",
    "match ",
    "case ",
    "when ",
    "fn ",
    "fun ",
    "func ",
    "def ",
    "class ",
    "struct ",
    "enum ",
    "interface ",
    "trait ",
    "impl ",
    "import ",
    "use ",
    "package ",
    "namespace ",
    "template<",
    "operator",
    "async ",
    "await ",
    "yield ",
    "where ",
    "extends ",
    "macro_rules! ",
    "#define ",
    "#if ",
    "#endif\n",
    "public ",
    "static ",
    "lambda ",
    "do ",
    "end\n",
    "then ",
    "fi\n",
    "esac\n",
    "done\n",
];

/// Changes `text` in one to eight ways, with pieces of `other`.
pub(crate) fn mutate(rng: &mut Rng, text: &[u8], other: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..rng.usize(1..=8) {
        step(rng, &mut text, other);
        text.truncate(MAX_BYTES);
    }
    text
}

fn step(rng: &mut Rng, text: &mut Vec<u8>, other: &[u8]) {
    let at = rng.usize(0..=text.len());
    match rng.u8(0..12) {
        0 if at < text.len() => text[at] = rng.u8(..),
        1 => drop(text.splice(at..at, token(rng).bytes())),
        2 => {
            let range = span(rng, text.len());
            text.drain(range);
        }
        3 => {
            let piece = text[span(rng, text.len())].to_vec();
            text.splice(at..at, piece);
        }
        4 => {
            let piece = other[span(rng, other.len())].to_vec();
            text.splice(at..at, piece);
        }
        5 => text.truncate(at),
        6 => {
            let piece = token(rng).repeat(1 << rng.u32(1..10));
            text.splice(at..at, piece.bytes());
        }
        7 => {
            // A word longer than a counter of eight bits.
            let word = vec![rng.alphabetic() as u8; rng.usize(1..600)];
            text.splice(at..at, word);
        }
        8 => {
            let piece = text[span(rng, text.len())].to_vec();
            let times = 1 << rng.u32(1..7);
            text.splice(at..at, piece.repeat(times));
        }
        9 => swap_lines(rng, text),
        10 => {
            let range = span(rng, text.len());
            let piece = other[span(rng, other.len())].to_vec();
            text.splice(range, piece);
        }
        _ => {
            let (open, close) = [
                ("(", ")"),
                ("{", "}"),
                ("[", "]"),
                ("<", ">"),
                ("\"#{", "}\""),
                ("`${", "}`"),
            ][rng.usize(0..6)];
            let range = span(rng, text.len());
            let depth = 1 << rng.u32(0..9);
            let inner = text[range.clone()].to_vec();
            let nested = [open.repeat(depth).as_bytes(), &inner, close.repeat(depth).as_bytes()].concat();
            text.splice(range, nested);
        }
    }
}

fn token(rng: &mut Rng) -> &'static str {
    TOKENS[rng.usize(0..TOKENS.len())]
}

/// A piece, mostly a short one.
fn span(rng: &mut Rng, length: usize) -> std::ops::Range<usize> {
    let start = rng.usize(0..=length);
    let most = if rng.u8(0..4) == 0 { length } else { 64 };
    start..length.min(start + rng.usize(0..=most))
}

fn swap_lines(rng: &mut Rng, text: &mut Vec<u8>) {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.is_empty() {
        return;
    }
    let (a, b) = (rng.usize(0..lines.len()), rng.usize(0..lines.len()));
    lines.swap(a, b);
    *text = lines.concat();
}
