//! Stored values, compressed. What says much the same as another value is written as what differs from it.

use rustc_hash::FxHasher;
use std::cell::RefCell;
use std::hash::Hasher as _;
use std::io;
use zstd::bulk::{Compressor, Decompressor};

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

/// Compresses `value`, given that `like` can be had when it is read.
pub(super) fn squeeze(value: &[u8], like: &[u8]) -> io::Result<Vec<u8>> {
    let body = WRITER.with_borrow_mut(|writer| {
        writer.set_dictionary(LEVEL, like)?;
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
        reader.set_dictionary(like).ok()?;
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
