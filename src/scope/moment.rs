//! Days and moments of a scope file, in coordinated universal time.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};
use toml::value::{Datetime, Offset};

/// A day, or a moment with its offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    begins: i64,
    whole_day: bool,
}

const DAY: i64 = 24 * 60 * 60;

impl Moment {
    /// Reads a TOML date, or a date with time and offset; a time without an offset could mean two things and is none.
    pub(super) fn of(written: &Datetime) -> Option<Self> {
        let date = written.date?;
        let month = Month::try_from(date.month).ok()?;
        let date = Date::from_calendar_date(i32::from(date.year), month, date.day).ok()?;
        let Some(clock) = written.time else {
            return Some(Self {
                begins: date.midnight().assume_utc().unix_timestamp(),
                whole_day: true,
            });
        };
        let minutes = match written.offset? {
            Offset::Z => 0,
            Offset::Custom { minutes } => minutes,
        };
        let offset = UtcOffset::from_whole_seconds(i32::from(minutes) * 60).ok()?;
        let clock = Time::from_hms(clock.hour, clock.minute, clock.second.unwrap_or_default()).ok()?;
        Some(Self {
            begins: OffsetDateTime::new_in_offset(date, clock, offset).unix_timestamp(),
            whole_day: false,
        })
    }

    /// The moment, or the first second of the day.
    pub fn begins(self) -> SystemTime {
        at(self.begins)
    }

    /// The first second after it: a day lasts until midnight, a moment is over at once.
    pub fn ends(self) -> SystemTime {
        at(self.begins + if self.whole_day { DAY } else { 0 })
    }

    /// Whole days from `earlier` to this, begun ones counted.
    pub(super) fn days_since(self, earlier: Self) -> i64 {
        let end = self.begins + if self.whole_day { DAY } else { 0 };
        (end - earlier.begins + DAY - 1).div_euclid(DAY)
    }
}

impl FromStr for Moment {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let written: Datetime = text.parse().map_err(drop)?;
        Self::of(&written).ok_or(())
    }
}

/// Writes a day, for a scope file.
pub fn day(at: SystemTime) -> String {
    let date = moment(at).date();
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// Writes a moment to the second, for a scope file.
pub fn second(at: SystemTime) -> String {
    let whole = moment(at).replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    whole.format(&Rfc3339).unwrap_or_default()
}

fn moment(at: SystemTime) -> OffsetDateTime {
    OffsetDateTime::from(at)
}

fn at(seconds: i64) -> SystemTime {
    match u64::try_from(seconds) {
        Ok(after) => UNIX_EPOCH + Duration::from_secs(after),
        Err(_) => UNIX_EPOCH - Duration::from_secs(seconds.unsigned_abs()),
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begins = at(self.begins);
        f.write_str(&if self.whole_day { day(begins) } else { second(begins) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Moment> {
        Moment::of(&text.parse().expect("a TOML date"))
    }

    #[test]
    fn a_day_lasts_until_midnight_and_a_moment_does_not_last() {
        let day = read("2027-02-18").expect("a day");
        assert_eq!(day.to_string(), "2027-02-18");
        assert_eq!(
            day.ends().duration_since(day.begins()).expect("later"),
            Duration::from_secs(86_400)
        );
        let moment = read("2027-02-18T12:00:00+01:00").expect("a moment");
        assert_eq!(moment.to_string(), "2027-02-18T11:00:00Z");
        assert_eq!(moment.begins(), moment.ends());
        assert_eq!(read("2027-02-18T12:00:00"), None, "no offset");
        assert_eq!(read("12:00:00"), None);
    }

    #[test]
    fn days_are_counted_with_both_ends() {
        let from = read("2026-11-21").expect("a day");
        assert_eq!(read("2026-11-21").expect("a day").days_since(from), 1);
        assert_eq!(read("2027-02-18").expect("a day").days_since(from), 90);
        assert_eq!(read("2027-02-19T00:00:00Z").expect("a moment").days_since(from), 90);
        assert_eq!(read("2027-02-19T00:00:01Z").expect("a moment").days_since(from), 91);
    }
}
