//! Stored values, compressed. What says much the same as another value is written as what differs from it; any other, as what differs from a
//! dictionary of what rows of code have in common, by which the rows of short files become short too.

use rustc_hash::FxHasher;
use std::cell::RefCell;
use std::hash::Hasher as _;
use std::io;
use std::sync::LazyLock;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::CParameter;

/// Trained by `zstd --train` on the rows of louver's own sources. What was written with another one cannot be read.
const COMMON: &[u8] = include_bytes!("../../index-schema/rows.dict");
static COMMON_WRITER: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(COMMON, LEVEL));
static COMMON_READER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(COMMON));

/// Higher levels take longer and save little on values of this size.
const LEVEL: i32 = 6;
/// No stored value is longer; a damaged one may say so.
const LONGEST: usize = 256 << 20;
/// Length and digest come before what was compressed.
const HEAD: usize = 8;

thread_local! {
    // To make one takes longer than most values do.
    static WRITER: RefCell<Compressor<'static>> = RefCell::default();
    static READER: RefCell<Decompressor<'static>> = RefCell::default();
}

/// Compresses `value`, given that `like`, which may be empty, can be had when it is read.
pub(super) fn squeeze(value: &[u8], like: &[u8]) -> io::Result<Vec<u8>> {
    let body = WRITER.with_borrow_mut(|writer| {
        match like {
            [] => writer.set_prepared_dictionary(&COMMON_WRITER)?,
            like => writer.set_dictionary(LEVEL, like)?,
        }
        writer.set_parameter(CParameter::DictIdFlag(false))?;
        writer.compress(value)
    })?;
    let mut out = Vec::with_capacity(body.len() + HEAD);
    out.extend((value.len() as u32).to_le_bytes());
    out.extend(digest(like).to_le_bytes());
    out.extend(body);
    Ok(out)
}

/// Reads what [`squeeze`] made of a value and `like`; `None` for anything else.
pub(super) fn expand(bytes: &[u8], like: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (seen, body) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    if u32::from_le_bytes(*seen) != digest(like) || length > LONGEST {
        return None;
    }
    let out = READER.with_borrow_mut(|reader| {
        match like {
            [] => reader.set_prepared_dictionary(&COMMON_READER).ok()?,
            like => reader.set_dictionary(like).ok()?,
        }
        reader.decompress(body, length).ok()
    })?;
    (out.len() == length).then_some(out)
}

/// The digest of what has to be had to read a value; `None` if it is too short to be one.
pub(super) fn needed(bytes: &[u8]) -> Option<u32> {
    let seen = bytes.get(4..HEAD)?;
    seen.try_into().ok().map(u32::from_le_bytes)
}

/// The digest by which a likeness is told from others.
pub(super) fn digest(like: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(like);
    (hasher.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::SCHEMA_VERSION;

    #[test]
    fn another_dictionary_is_another_version() {
        assert_eq!((SCHEMA_VERSION, digest(COMMON)), (9, 3_417_416_973));
    }

    #[test]
    fn values_take_turns_with_likenesses() {
        let value = b"pub fn parse(text: &str) -> Result<Self, Error>";
        let (common, like) = (squeeze(value, b""), squeeze(value, b"fn parse(text: &str)"));
        let (common, like) = (common.expect("compresses"), like.expect("compresses"));
        assert!(common.len() < value.len(), "{} bytes", common.len());
        for _ in 0..2 {
            assert_eq!(expand(&common, b"").as_deref(), Some(&value[..]));
            assert_eq!(expand(&like, b"fn parse(text: &str)").as_deref(), Some(&value[..]));
            assert_eq!(squeeze(value, b"").expect("compresses"), common);
        }
    }

    #[test]
    fn a_value_comes_back_and_a_likeness_makes_it_small() {
        let like: Vec<u8> = (0..4_000_u32).flat_map(|n| (n * n).to_le_bytes()).collect();
        let value = [&like[100..9_000], b"something new"].concat();
        let alone = squeeze(&value, &[]).expect("compresses");
        let small = squeeze(&value, &like).expect("compresses");
        assert!(small.len() * 4 < alone.len(), "{} {}", small.len(), alone.len());
        assert_eq!(expand(&alone, &[]).as_deref(), Some(&*value));
        assert_eq!(expand(&small, &like).as_deref(), Some(&*value));
        assert_eq!(expand(&small, &[]), None);
        assert_eq!(expand(&small[..HEAD + 3], &like), None);
        assert_eq!(expand(b"", &[]), None);
    }
}
