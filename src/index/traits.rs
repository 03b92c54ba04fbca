//! What ranking and filters must know of a symbol without reading its row, packed into one number.

use super::row::{FileRow, SymbolRow};
use crate::extraction::{SymbolKind, Visibility, words};

/// Kind, visibility, flags and the shape of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Traits(pub(super) u64);

const KIND_BITS: u64 = 0x1f;
const VISIBILITY_AT: u32 = 5;
const TEST: u64 = 1 << 7;
const GENERATED: u64 = 1 << 8;
const LENGTH_AT: u32 = 9;
const PARTS_AT: u32 = 16;
const CASE_AT: u32 = 21;

impl Traits {
    /// The traits of a symbol.
    pub(super) fn of_symbol(symbol: &SymbolRow, file: &FileRow) -> Self {
        let name = symbol.name.expose();
        let mut parts = 0;
        words::split(name, |_| parts += 1);
        let mut bits = Self::flags(
            symbol.modifiers.is_test || file.is_test,
            symbol.modifiers.is_generated || file.is_generated,
        );
        bits |= u64::from(super::pack::place(&SymbolKind::ALL, symbol.kind));
        bits |= u64::from(super::pack::place(&Visibility::ALL, symbol.visibility)) << VISIBILITY_AT;
        bits |= (compact(name).chars().count().min(127) as u64) << LENGTH_AT;
        bits |= parts.min(31) << PARTS_AT;
        bits |= u64::from(case_mark(name)) << CASE_AT;
        Self(bits)
    }

    /// The traits of a file, or of a passage in it.
    pub(super) fn of_file(file: &FileRow) -> Self {
        Self(Self::flags(file.is_test, file.is_generated) | KIND_BITS)
    }

    fn flags(is_test: bool, is_generated: bool) -> u64 {
        u64::from(is_test) * TEST + u64::from(is_generated) * GENERATED
    }

    /// The symbol's kind; `None` for a file or passage.
    pub(super) fn kind(self) -> Option<SymbolKind> {
        SymbolKind::ALL.get((self.0 & KIND_BITS) as usize).copied()
    }

    pub(super) fn visibility(self) -> Visibility {
        Visibility::ALL[(self.0 >> VISIBILITY_AT & 3) as usize]
    }

    pub(super) fn is_test(self) -> bool {
        self.0 & TEST != 0
    }

    pub(super) fn is_generated(self) -> bool {
        self.0 & GENERATED != 0
    }

    /// Letters and digits in the name.
    pub(super) fn name_length(self) -> u32 {
        (self.0 >> LENGTH_AT & 127) as u32
    }

    /// Words in the name.
    pub(super) fn name_parts(self) -> u32 {
        (self.0 >> PARTS_AT & 31) as u32
    }

    /// Whether the name may be spelled exactly so, given that it is the same without case and separators.
    pub(super) fn may_be_spelled(self, name: &str) -> bool {
        self.0 >> CASE_AT & 0xff == u64::from(case_mark(name))
    }
}

/// The letters and digits of a name in lower case; the name itself where it has none.
pub(super) fn compact(name: &str) -> String {
    let letters: String = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if letters.is_empty() { name.to_owned() } else { letters }
}

fn case_mark(name: &str) -> u8 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    (hash >> 32) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_drops_case_and_separators() {
        assert_eq!(compact("parse_URL2"), "parseurl2");
        assert_eq!(compact("<=>"), "<=>");
    }
}
