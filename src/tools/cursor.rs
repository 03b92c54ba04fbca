//! Cursors: where the next page of an answer begins.
//!
//! A cursor is a name, not a right: every use asks for new grants. It holds an offset and a digest of the question and of the index
//! generations it was asked of, so a cursor of another question or of an older index is refused instead of skipping entries.

use crate::disclosure::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::hash::Hasher as _;

/// The question a cursor belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CursorKey(u64);

impl CursorKey {
    /// Digests a question and the generations it is asked of.
    pub(crate) fn new<'a>(question: &str, generations: impl Iterator<Item = &'a str>) -> Self {
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write(question.as_bytes());
        for generation in generations {
            hasher.write_u8(0);
            hasher.write(generation.as_bytes());
        }
        Self(hasher.finish())
    }

    /// The cursor of the page that begins at `offset`.
    pub(crate) fn at(self, offset: u64) -> String {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&self.0.to_be_bytes());
        bytes[8..].copy_from_slice(&u32::try_from(offset).unwrap_or(u32::MAX).to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Where the page of `cursor` begins; 0 without one.
    pub(crate) fn offset(self, cursor: Option<&str>) -> Result<u64, Refusal> {
        let Some(cursor) = cursor else { return Ok(0) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| Refusal::StaleCursor)?;
        let bytes: [u8; 12] = bytes.try_into().map_err(|_| Refusal::StaleCursor)?;
        let (key, offset) = bytes.split_at(8);
        if key != self.0.to_be_bytes() {
            return Err(Refusal::StaleCursor);
        }
        let offset: [u8; 4] = offset.try_into().map_err(|_| Refusal::StaleCursor)?;
        Ok(u64::from(u32::from_be_bytes(offset)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_serves_its_own_question_and_generation_only() {
        let key = CursorKey::new("search x", ["g1"].into_iter());
        assert_eq!(key.offset(Some(&key.at(20))), Ok(20));
        assert_eq!(key.offset(None), Ok(0));
        let other = CursorKey::new("search y", ["g1"].into_iter());
        let newer = CursorKey::new("search x", ["g2"].into_iter());
        for (key, cursor) in [
            (other, key.at(20)),
            (newer, key.at(20)),
            (key, "!".into()),
            (key, String::new()),
        ] {
            assert_eq!(key.offset(Some(&cursor)), Err(Refusal::StaleCursor));
        }
    }
}
