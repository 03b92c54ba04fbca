//! Names of symbols that outlive commits: ids for relations, handles for people and agents.

use crate::extraction::SymbolKind;
use std::fmt;

/// Names one symbol of a repository, or one file.
///
/// A hash of path, qualified name, kind and the ordinal among equals, so it does not depend on a commit or on line numbers. The upper half
/// is the file's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolId(pub u64);

impl SymbolId {
    /// The id of the symbol that is the `ordinal`th, from 0, of its file with this qualified name and kind.
    pub fn of(path: &str, qualified: &str, kind: SymbolKind, ordinal: u32) -> Self {
        Self::of_file(path).in_file(qualified, kind, ordinal)
    }

    /// The same for a symbol of the file this is the id of.
    pub(super) fn in_file(self, qualified: &str, kind: SymbolKind, ordinal: u32) -> Self {
        let symbol = Fingerprint::new()
            .add(qualified)
            .add(kind.word())
            .add(&ordinal.to_string());
        // 0 stands for the file itself.
        self.with_symbol(symbol.finish().max(1))
    }

    fn with_symbol(self, symbol: u32) -> Self {
        Self::of_halves(self.file(), symbol)
    }

    /// The id of a file as a whole: what relations at the top of the file start from.
    pub fn of_file(path: &str) -> Self {
        Self(file_half(path))
    }

    /// What stands for all symbols of a family of languages that share a name, where too many do for a relation to name each: those that are
    /// called on a receiver, or all others.
    pub fn of_name(family: &str, name: &str, is_called: bool) -> Self {
        let use_of = if is_called { "()" } else { "" };
        let symbol = Fingerprint::new().add(family).add(name).add(use_of);
        // No path ends so.
        Self::of_file("/").with_symbol(symbol.finish().max(1))
    }

    /// The id that [`Self::file`] and [`Self::symbol`] took apart.
    pub(super) fn of_halves(file: u32, symbol: u32) -> Self {
        Self(u64::from(file) << 32 | u64::from(symbol))
    }

    /// Whether it names a file.
    pub fn is_file(self) -> bool {
        self.0 as u32 == 0
    }

    /// The half shared by everything in a file.
    pub(super) fn file(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(super) fn symbol(self) -> u32 {
        self.0 as u32
    }
}

impl fmt::Debug for SymbolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SymbolId({:016x})", self.0)
    }
}

fn file_half(path: &str) -> u64 {
    u64::from(Fingerprint::new().add(path).finish()) << 32
}

/// FNV-1a with a final mix: the same on every machine and in every version, which `std`'s hashers do not promise.
struct Fingerprint(u64);

impl Fingerprint {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(mut self, part: &str) -> Self {
        // 0xff occurs in no UTF-8 text, so parts cannot run into each other.
        for byte in part.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }

    fn finish(self) -> u32 {
        let mixed = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        (mixed >> 32) as u32
    }
}

/// Splits a handle `path#Qual.name~2`, `path#GET /users ~2`, into path, qualified name and ordinal, which counts from 1.
pub fn parse_handle(handle: &str) -> Option<(&str, &str, u32)> {
    let (path, symbol) = handle.split_once('#')?;
    let numbered = symbol.rsplit_once('~').and_then(|(name, digits)| {
        let ordinal = digits.parse().ok().filter(|&n| n >= 1)?;
        Some((name.trim_end(), ordinal))
    });
    // What stands behind it in a path is no number: `GET /~{user}`.
    let is_broken = || symbol.contains('~') && !symbol.contains(' ');
    let (qualified, ordinal) = match numbered {
        Some(numbered) => numbered,
        None if is_broken() => return None,
        None => (symbol, 1),
    };
    (!path.is_empty() && !qualified.is_empty()).then_some((path, qualified, ordinal))
}

/// Joins what [`parse_handle`] splits.
pub fn handle(path: &str, qualified: &str, ordinal: u32) -> String {
    if ordinal > 1 {
        // The number is no part of the path of a route, which is what has a space in its name.
        let between = if qualified.contains(' ') { " " } else { "" };
        format!("{path}#{qualified}{between}~{ordinal}")
    } else {
        format!("{path}#{qualified}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_read_as_it_is_written() {
        for (path, name, ordinal) in [("src/a.rs", "Type.method", 1), ("src/a.rs", "new", 3)] {
            assert_eq!(parse_handle(&handle(path, name, ordinal)), Some((path, name, ordinal)));
        }
        for bad in ["src/a.rs", "#name", "src/a.rs#", "src/a.rs#name~0", "src/a.rs#name~x"] {
            assert_eq!(parse_handle(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_id_tells_files_names_kinds_and_ordinals_apart() {
        let id = |path, name, kind, ordinal| SymbolId::of(path, name, kind, ordinal);
        let one = id("a", "b", SymbolKind::Struct, 0);
        assert_eq!(
            one,
            SymbolId(0x5667_8dc8_c2fc_4156),
            "ids are kept on disk, so the hash cannot change"
        );
        let others = [
            id("ab", "", SymbolKind::Struct, 0),
            id("a", "b", SymbolKind::Impl, 0),
            id("a", "b", SymbolKind::Struct, 1),
            id("c", "b", SymbolKind::Struct, 0),
        ];
        assert!(others.iter().all(|&other| other != one));
        assert_eq!(one.file(), SymbolId::of_file("a").file());
    }
}
