//! A record on its way to the log: written down by whoever appends it, but for its number and its time.
//!
//! Writing a record as canonical JSON takes longer than appending it. Callers do it side by side, and the one thread that appends only fills in
//! what it alone knows.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::{
    AuditError, Record,
    record::{MAX_BYTES, RecordError, Server, canonical},
};

/// The symbols of an identifier, in order: those of Crockford's base 32.
const ID_SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The canonical form of a record, in three parts: before its number, between its number and its time, after its time.
#[derive(Debug)]
pub(super) struct Draft {
    parts: [Vec<u8>; 3],
}

impl Draft {
    /// Writes a record down and gives it an id.
    pub(super) fn of(mut record: Record, server: &Server) -> Result<Self, AuditError> {
        record.id = new_id(now()).map_err(AuditError::Random)?;
        record.server = server.clone();
        let mut parts: [Map<String, Value>; 3] = Default::default();
        if let Value::Object(members) = serde_json::to_value(&record).map_err(RecordError::from)? {
            for (key, value) in members {
                match key.as_str() {
                    "seq" | "ts" => {}
                    before if before < "seq" => drop(parts[0].insert(key, value)),
                    between if between < "ts" => drop(parts[1].insert(key, value)),
                    _ => drop(parts[2].insert(key, value)),
                }
            }
        }
        let [before, between, after] = parts.map(members);
        let parts = [before?, between?, after?];
        let length = parts.iter().map(Vec::len).sum::<usize>() + Self::FILLED;
        if length > MAX_BYTES {
            return Err(RecordError::TooLong(length).into());
        }
        Ok(Self { parts })
    }

    /// At most this many bytes are filled in: names, punctuation and two numbers of 64 bits.
    const FILLED: usize = br#"{,"seq":,,"ts":,}"#.len() + 2 * 20;

    /// Fills in the number and the time and appends the whole record with its length in front, as entry bundles hold it.
    /// Gives the record's own length, which is what was appended but for two bytes.
    pub(super) fn frame(&self, seq: u64, now: Duration, out: &mut Vec<u8>) -> usize {
        let ts = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        let [before, between, after] = &self.parts;
        let start = out.len();
        // Every record has a class, a server and a version, so that no part is empty.
        out.extend_from_slice(b"\0\0{");
        out.extend_from_slice(before);
        out.extend_from_slice(format!(",\"seq\":{seq},").as_bytes());
        out.extend_from_slice(between);
        out.extend_from_slice(format!(",\"ts\":{ts},").as_bytes());
        out.extend_from_slice(after);
        out.push(b'}');
        let length = out.len() - start - 2;
        // `of` has refused what has no room here.
        let prefix = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
        out[start..start + 2].copy_from_slice(&prefix);
        length
    }
}

/// The time since 1970.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Writes the members of an object without the braces around them.
fn members(object: Map<String, Value>) -> Result<Vec<u8>, RecordError> {
    let mut bytes = canonical(&Value::Object(object))?;
    bytes.pop();
    drop(bytes.drain(..1));
    Ok(bytes)
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
