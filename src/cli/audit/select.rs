//! Which records a command is about.

use crate::audit::Filter;
use anyhow::{Context as _, bail};
use clap::Args;
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime};

const DAY: u64 = 24 * 3600;

/// Selects records; everything that is given must fit.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Select {
    /// A login, an account id, or HOST:ID
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// A repository by its name in the scope file
    #[arg(long, value_name = "NAME")]
    repo: Option<String>,
    /// A handle, or the name at its end
    #[arg(long, value_name = "SYMBOL")]
    symbol: Option<String>,
    /// A tool or command
    #[arg(long, value_name = "TOOL")]
    tool: Option<String>,
    /// allow, deny, redact or error
    #[arg(long, value_name = "WORD")]
    decision: Option<String>,
    /// retrieval, denial, auth, scope_change, index, export, admin, alert, tick, start or stop
    #[arg(long, value_name = "WORD")]
    class: Option<String>,
    /// A session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// An OAuth client's id, or the name a client gives itself
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// From when: 2026-03, 2026-03-01 or 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "range")]
    since: Option<String>,
    /// Until when: a month or day is included whole
    #[arg(long, value_name = "TIME", conflicts_with = "range")]
    until: Option<String>,
    /// The last 90d, 12h or 30m
    #[arg(long, value_name = "SPAN")]
    range: Option<String>,
}

impl Select {
    /// The filter these options mean, at a time in microseconds.
    pub(super) fn filter(&self, now: u64) -> anyhow::Result<Filter> {
        let Self {
            user,
            repo,
            symbol,
            tool,
            decision,
            class,
            session,
            client,
            since,
            until,
            range,
        } = self.clone();
        let ago = range.as_deref().map(span).transpose()?;
        Ok(Filter {
            user,
            repo,
            symbol,
            tool,
            decision,
            class,
            session,
            client,
            since: match ago {
                Some(micros) => Some(now.saturating_sub(micros)),
                None => since
                    .as_deref()
                    .map(|text| Ok::<_, anyhow::Error>(instant(text)?.0))
                    .transpose()?,
            },
            until: until
                .as_deref()
                .map(|text| Ok::<_, anyhow::Error>(instant(text)?.1))
                .transpose()?,
        })
    }
}

/// A span as people write it, in microseconds.
pub(super) fn span(text: &str) -> anyhow::Result<u64> {
    let refused = || format!("`{text}` is no span of time; write it as `90d`, `12h` or `30m`");
    let unit = text.chars().next_back().with_context(refused)?;
    let count: u64 = text[..text.len() - unit.len_utf8()].parse().with_context(refused)?;
    let seconds = match unit {
        'd' => DAY,
        'h' => 3600,
        'm' => 60,
        _ => bail!(refused()),
    };
    count.checked_mul(seconds * 1_000_000).with_context(refused)
}

/// First and one past the last microsecond of a month, a day or a moment.
fn instant(text: &str) -> anyhow::Result<(u64, u64)> {
    let refused = || format!("`{text}` is no time; write it as `2026-03`, `2026-03-01` or `2026-03-01T12:00:00Z`");
    if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
        let at = micros(moment).with_context(refused)?;
        return Ok((at, at));
    }
    let mut parts = text.split('-').map(str::parse::<u16>);
    let mut next = || parts.next().transpose().ok().flatten();
    let year = next().with_context(refused)?;
    let month = next()
        .and_then(|it| Month::try_from(u8::try_from(it).ok()?).ok())
        .with_context(refused)?;
    let (day, is_month) = match (text.matches('-').count(), next()) {
        (1, None) => (1, true),
        (2, Some(day)) => (u8::try_from(day).ok().with_context(refused)?, false),
        _ => bail!(refused()),
    };
    let first = Date::from_calendar_date(i32::from(year), month, day).with_context(refused)?;
    let after = if is_month {
        let days = month.length(i32::from(year));
        first
            .checked_add(time::Duration::days(i64::from(days)))
            .with_context(refused)?
    } else {
        first.next_day().with_context(refused)?
    };
    let at = |date: Date| micros(date.midnight().assume_utc()).with_context(refused);
    Ok((at(first)?, at(after)?))
}

fn micros(at: OffsetDateTime) -> Option<u64> {
    u64::try_from(at.unix_timestamp_nanos() / 1_000).ok()
}

/// Now, in microseconds since 1970.
pub(super) fn now() -> u64 {
    micros(OffsetDateTime::now_utc()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{instant, span};
    use crate::audit::rfc3339;

    #[test]
    fn times_are_months_days_moments_and_spans() {
        let read = |text: &str| instant(text).map(|(from, to)| (rfc3339(from), rfc3339(to))).ok();
        let both = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(read("2026-02"), both("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"));
        assert_eq!(read("2026-12-31"), both("2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z"));
        assert_eq!(
            read("2026-03-01T12:00:00+01:00"),
            both("2026-03-01T11:00:00Z", "2026-03-01T11:00:00Z")
        );
        for wrong in [
            "",
            "2026",
            "2026-13",
            "2026-02-30",
            "2026-02-01-01",
            "march",
            "-1",
            "2026-é",
        ] {
            assert!(instant(wrong).is_err(), "{wrong}");
        }
        assert_eq!(span("90d").ok(), Some(90 * 86_400_000_000));
        for wrong in ["", "90", "d", "9w", "-1d", "99999999999999999d", "é"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
