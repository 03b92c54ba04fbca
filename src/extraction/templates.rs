//! `` f<number>`text` `` read as `` f`text` ``: the parser takes the types for two comparisons, which is no error. Every byte keeps its offset.

use super::grammar::Repair;
use regex::bytes::Regex;
use std::sync::LazyLock;

/// Type arguments of the tag of a literal, without names of types: nobody asks who uses the others.
pub(super) static TYPED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\w$)\]](<[a-z |\[\]]+>)`").expect("a correct pattern"));

/// The text as it is parsed first, if that is another one.
pub(super) fn prepared(repairs: &[Repair], original: &[u8]) -> Option<Vec<u8>> {
    if !repairs.contains(&Repair::TypedTemplates) {
        return None;
    }
    let mut bytes: Option<Vec<u8>> = None;
    for found in TYPED.captures_iter(original) {
        let types = found.get(1).map_or(0..0, |it| it.range());
        bytes.get_or_insert_with(|| original.to_vec())[types].fill(b' ');
    }
    bytes
}
