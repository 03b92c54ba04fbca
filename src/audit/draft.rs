//! A record on its way to the log: written down by whoever appends it, but for its number and its time.
//!
//! Writing a record as canonical JSON and hashing it takes longer than appending it. Callers do it side by side, and whoever appends for all of
//! them only fills in what the log alone knows.

use std::{
    io::Write as _,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{
    AuditError, Record,
    canonical::{self, HOLE},
    merkle::{Hash, LeafHasher},
    record::{MAX_BYTES, RecordError, Server},
};

/// The symbols of an identifier, in order: those of Crockford's base 32.
const ID_SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How long a record usually is.
const USUAL_BYTES: usize = 1_536;

/// The canonical form of a record with holes for its number and its time.
#[derive(Debug)]
pub(super) struct Draft {
    bytes: Vec<u8>,
    seq: usize,
    ts: usize,
    /// What comes before the first hole is hashed already.
    hasher: LeafHasher,
}

impl Draft {
    /// Writes a record down and gives it an id.
    pub(super) fn of(mut record: Record, server: &Server) -> Result<Self, AuditError> {
        record.id = new_id(now()).map_err(AuditError::Random)?;
        record.server = server.clone();
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        canonical::write(&record, &mut bytes)?;
        let length = bytes.len() + Self::FILLED;
        if length > MAX_BYTES {
            return Err(RecordError::TooLong(length).into());
        }
        // Every record has both holes.
        let seq = bytes.iter().position(|&byte| byte == HOLE).unwrap_or_default();
        let ts = bytes.iter().rposition(|&byte| byte == HOLE).unwrap_or_default();
        Ok(Self {
            hasher: LeafHasher::new(&bytes[..seq]),
            bytes,
            seq,
            ts,
        })
    }

    /// At most this many bytes are filled in: two numbers of 64 bits, for two holes.
    const FILLED: usize = 2 * (20 - 1);

    /// Fills in the number and the time and appends the whole record with its length in front, as entry bundles hold it. Gives its leaf.
    pub(super) fn frame(&self, seq: u64, now: Duration, out: &mut Vec<u8>) -> Hash {
        let start = out.len() + 2;
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&self.bytes[..self.seq]);
        // Nothing can go wrong while writing to memory.
        drop(write!(out, "{seq}"));
        out.extend_from_slice(&self.bytes[self.seq + 1..self.ts]);
        drop(write!(out, "{}", now.as_micros()));
        out.extend_from_slice(&self.bytes[self.ts + 1..]);
        // `of` has refused what has no room here.
        let length = u16::try_from(out.len() - start).unwrap_or(u16::MAX);
        out[start - 2..start].copy_from_slice(&length.to_be_bytes());
        self.hasher.clone().finish(&out[start + self.seq..])
    }
}

/// The time since 1970.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Makes an identifier in the form of a ULID: 48 bits of milliseconds, 80 of chance.
fn new_id(now: Duration) -> Result<String, getrandom::Error> {
    let mut chance = [0; 16];
    getrandom::fill(&mut chance[6..])?;
    let bits = (now.as_millis() << 80) | u128::from_be_bytes(chance);
    Ok((0..26)
        .rev()
        .map(|position| char::from(ID_SYMBOLS[(bits >> (position * 5)) as usize & 31]))
        .collect())
}
