//! Text hidden in base64: a run that decodes to readable text is scanned as that text.

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Decodes either base64 alphabet, padded or not.
pub(super) fn decode(value: &[u8]) -> Option<Vec<u8>> {
    let padding = value.iter().rev().take_while(|&&b| b == b'=').count();
    let value = &value[..value.len() - padding];
    // A remainder of one character cannot be a byte: the run was cut.
    let value = &value[..value.len() - usize::from(value.len() % 4 == 1)];
    let url_safe = value.iter().any(|b| matches!(b, b'-' | b'_'));
    let engine = if url_safe { &URL_SAFE } else { &STANDARD };
    engine.decode(value).ok()
}

/// Decodes the run `range` of `text` when it holds readable text.
pub(super) fn readable(text: &[u8], range: &Range<usize>) -> Option<Vec<u8>> {
    let run = &text[range.clone()];
    // Nearly every run is an identifier or a digest; eight characters tell.
    if !decode(run.get(..8)?)?.iter().all(is_readable) {
        return None;
    }
    decode(run).filter(|bytes| bytes.iter().all(is_readable))
}

fn is_readable(byte: &u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n')
}
