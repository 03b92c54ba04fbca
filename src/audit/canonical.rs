//! JSON in the one form of RFC 8785, for whole numbers: sorted keys, no spaces, shortest escapes.
//!
//! Types of records declare their members in the order of their names, so that they are written as they are declared; [`Sorted`] is for values whose
//! members come in any order.

use std::io::{self, Write};

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Map, Value, ser::Formatter};

use super::record::RecordError;

/// Stands in a text for a number that is filled in later. No JSON text has this byte.
pub(super) const HOLE: u8 = 0;

/// Larger numbers are not the same in every reader of JSON.
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// A number that the log fills in when it appends the record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Later;

impl Serialize for Later {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // No other member is a number of this width, which is how `Whole` knows it.
        serializer.serialize_u128(0)
    }
}

/// Writes a value whose structures declare their members in sorted order.
pub(super) fn write(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), RecordError> {
    let mut refused = None;
    let mut serializer = serde_json::Serializer::with_formatter(out, Whole { refused: &mut refused });
    let written = value.serialize(&mut serializer);
    match refused {
        Some(number) => Err(RecordError::Number(number)),
        None => Ok(written?),
    }
}

/// Members of any order, written in sorted order.
pub(super) fn sorted<S: Serializer>(members: &Map<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut members: Vec<(&String, &Value)> = members.iter().collect();
    members.sort_unstable_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
    let mut map = serializer.serialize_map(Some(members.len()))?;
    for (key, value) in members {
        map.serialize_entry(key, &Sorted(value))?;
    }
    map.end()
}

/// A value that is written with sorted members, and theirs.
pub(super) struct Sorted<'value>(pub(super) &'value Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => sorted(members, serializer),
            Value::Array(values) => serializer.collect_seq(values.iter().map(Sorted)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => self.0.serialize(serializer),
        }
    }
}

/// Writes without spaces, and refuses numbers that are not whole or too large.
struct Whole<'out> {
    refused: &'out mut Option<String>,
}

impl Whole<'_> {
    fn refuse(&mut self, number: impl ToString) -> io::Result<()> {
        *self.refused = Some(number.to_string());
        Err(io::ErrorKind::InvalidData.into())
    }
}

impl Formatter for Whole<'_> {
    fn write_u64<W: ?Sized + Write>(&mut self, writer: &mut W, value: u64) -> io::Result<()> {
        if value > MAX_NUMBER {
            return self.refuse(value);
        }
        write!(writer, "{value}")
    }

    fn write_i64<W: ?Sized + Write>(&mut self, writer: &mut W, value: i64) -> io::Result<()> {
        if value.unsigned_abs() > MAX_NUMBER {
            return self.refuse(value);
        }
        write!(writer, "{value}")
    }

    fn write_u128<W: ?Sized + Write>(&mut self, writer: &mut W, _later: u128) -> io::Result<()> {
        writer.write_all(&[HOLE])
    }

    fn write_f32<W: ?Sized + Write>(&mut self, _writer: &mut W, value: f32) -> io::Result<()> {
        self.refuse(value)
    }

    fn write_f64<W: ?Sized + Write>(&mut self, _writer: &mut W, value: f64) -> io::Result<()> {
        self.refuse(value)
    }

    fn write_number_str<W: ?Sized + Write>(&mut self, _writer: &mut W, value: &str) -> io::Result<()> {
        self.refuse(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn canonical(value: &Value) -> Result<String, RecordError> {
        let mut out = Vec::new();
        write(&Sorted(value), &mut out)?;
        Ok(String::from_utf8(out).expect("text"))
    }

    #[test]
    fn members_are_sorted_by_utf_16_and_text_is_escaped_as_little_as_it_can_be() {
        let value =
            json!({ "b": [{ "z": 1, "a": -2 }], "a": "\u{0}\u{1b}\"\\\n é", "\u{e000}": null, "\u{10000}": true });
        let expected =
            "{\"a\":\"\\u0000\\u001b\\\"\\\\\\n é\",\"b\":[{\"a\":-2,\"z\":1}],\"\u{10000}\":true,\"\u{e000}\":null}";
        assert_eq!(canonical(&value).expect("whole numbers"), expected);
    }

    #[test]
    fn numbers_are_whole_and_fit_every_reader() {
        for good in [json!(0), json!(MAX_NUMBER), json!(-(MAX_NUMBER as i64))] {
            assert_eq!(canonical(&good).expect("it fits"), good.to_string());
        }
        for bad in [
            json!(0.5),
            json!(1.0),
            json!(MAX_NUMBER + 1),
            json!(u64::MAX),
            json!(i64::MIN),
        ] {
            assert!(
                matches!(canonical(&json!({ "a": [bad] })), Err(RecordError::Number(told)) if !told.is_empty()),
                "{bad}"
            );
        }
    }
}
