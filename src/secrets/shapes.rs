//! Runs of characters that values have and prose has not: the gate of rules without a keyword.

use std::ops::Range;

/// Shorter runs are left to rules with a keyword.
const MIN_TOKEN: usize = 24;
/// The shortest number any rule looks for: a social security number.
const MIN_DIGITS: u32 = 9;

const TOKEN: u8 = 1;
const DIGIT: u8 = 2;
const NUMBER_PART: u8 = 4;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-') {
            table[byte] |= TOKEN;
        }
        if b.is_ascii_digit() {
            table[byte] |= DIGIT | NUMBER_PART;
        }
        // Upper-case letters belong to an IBAN.
        if b.is_ascii_uppercase() || matches!(b, b' ' | b'-' | b'.' | b'(' | b')' | b'+') {
            table[byte] |= NUMBER_PART;
        }
        byte += 1;
    }
    table
}

/// Where a text has long runs.
#[derive(Default)]
pub(super) struct Shapes {
    /// Runs of at least [`MIN_TOKEN`] characters of the base64 alphabets, without padding.
    pub(super) tokens: Vec<Range<usize>>,
    /// Runs of digits, capitals and number separators that hold at least [`MIN_DIGITS`] digits.
    pub(super) numbers: Vec<Range<usize>>,
}

impl Shapes {
    /// Reads `text` once.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut shapes = Self::default();
        let (mut token, mut number, mut digits) = (0, 0, 0);
        for (at, &byte) in text.iter().enumerate() {
            let class = CLASSES[usize::from(byte)];
            if class & TOKEN == 0 {
                if at - token >= MIN_TOKEN {
                    shapes.tokens.push(token..at);
                }
                token = at + 1;
            }
            if class & NUMBER_PART == 0 {
                if digits >= MIN_DIGITS {
                    shapes.numbers.push(number..at);
                }
                (number, digits) = (at + 1, 0);
            } else {
                digits += u32::from(class & DIGIT != 0);
            }
        }
        if text.len() - token.min(text.len()) >= MIN_TOKEN {
            shapes.tokens.push(token..text.len());
        }
        if digits >= MIN_DIGITS {
            shapes.numbers.push(number..text.len());
        }
        shapes
    }
}
