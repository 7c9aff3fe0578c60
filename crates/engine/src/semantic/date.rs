//! The written grammar of dates: days, instants and relative ranges, resolved to absolute instants in a zone.
//!
//! ```text
//!   range    = "all" | "today" | "yesterday" | ("this" | "last") unit | "last" N units
//!            | "last" [N] "business days" | "from" N (units | "business days") "ago" "to" "now"
//!            | anchor "to" anchor | day | instant
//!   anchor   = "now" [("-" | "+") N letter] ["/" letter]          letters: s m h d w M Q y, bd (counted only)
//!   any but the absolute ones may end in " of data": then the clock stands at the end of the latest row
//! ```
//! `last N units` are whole units before the current one; `of data` the unit of the latest row is the last of them.
//! `last N business days` are all days from the first to the last of so many business days before today, those in between included.
//! What is written to a fraction of a second lasts as long as its last digit says, everything else that names an instant a microsecond.
//! A local time that is there twice begins with the first and ends with the second; one that a clock change removed lies nowhere, and
//! begins and ends with the change.
//! There is no guessing: what does not fit is an error that lists the forms.

use chrono::{DateTime, MappedLocalTime, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use super::business::{BusinessDays, COUNTED_MAX};
use super::calendar::Calendar;
use super::grain::Grain;
use super::query::{DateRange, SemanticQuery};
use crate::error::{Error, Result};
use crate::functions::bucket::{bucket_of, day_of, day_start, reached, step};

/// Instants in microseconds: first, and first after. `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Range {
    pub from: Option<i64>,
    pub to: Option<i64>,
}

impl Range {
    /// What lies in both; nothing at the later beginning where they do not meet.
    fn and(self, other: Self) -> Self {
        let from = self.from.into_iter().chain(other.from).max();
        let to = self.to.into_iter().chain(other.to).min();
        Self { from, to: to.map(|to| from.map_or(to, |from| to.max(from))) }
    }
}

/// What relative dates are relative to.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub now: DateTime<Utc>,
    /// Latest instant of the data.
    pub latest: Option<DateTime<Utc>>,
    pub calendar: Calendar,
    /// What business days are.
    pub business: BusinessDays,
}

impl Reference {
    /// The day in which an instant lies.
    fn day(&self, micros: i64) -> Option<NaiveDate> {
        day_of(bucket_of(micros, Grain::Day, self.calendar).0, self.calendar)
    }

    /// The days from the first to the last of so many business days before the day of an instant, or up to that day.
    fn last_business_days(&self, micros: i64, count: i32, with_it: bool) -> Option<Range> {
        let day = self.day(micros)?;
        let end = if with_it { day.succ_opt()? } else { day };
        let (first, last) = (self.business.step(end, -count)?, self.business.step(end, -1)?);
        Some(Range { from: Some(day_start(first, self.calendar)?), to: Some(day_start(last.succ_opt()?, self.calendar)?) })
    }

    /// The same time of day so many business days later, or earlier where the count is negative.
    fn business_shift(&self, micros: i64, count: i32) -> Option<i64> {
        let day = self.day(micros)?;
        let there = self.business.step(day, count)?;
        shift(micros, Grain::Day, i32::try_from(there.signed_duration_since(day).num_days()).ok()?, self.zone())
    }

    pub(crate) fn zone(&self) -> Tz {
        self.calendar.zone
    }
}

const OF_DATA: &str = " of data";
const UNITS_MAX: i32 = 100_000;

/// Resolves a range.
///
/// # Errors
/// `Invalid` for text outside the grammar or a range that ends before it begins.
pub(crate) fn resolve(range: &DateRange, reference: &Reference) -> Result<Range> {
    let resolved = match range {
        DateRange::Between([from, to]) => Range { from: Some(point(from, reference)?.0), to: Some(point(to, reference)?.1) },
        DateRange::Named(text) => named(text.trim(), reference)?,
    };
    match resolved {
        Range { from: Some(from), to: Some(to) } if from > to => Err(Error::invalid(format!("date range {range:?} ends before it begins"))),
        _ => Ok(resolved),
    }
}

/// The range that is told of a question: that of the first time that has one, and where it has several, what lies in all of them.
///
/// # Errors
/// As [`resolve`].
pub(crate) fn asked(query: &SemanticQuery, reference: &Reference) -> Result<Option<Range>> {
    let mut ranges = query.time_dimensions.iter().filter_map(|time| Some((&time.dimension, time.date_range.as_ref()?)));
    let Some((member, first)) = ranges.next() else { return Ok(None) };
    let mut told = resolve(first, reference)?;
    for (_, other) in ranges.filter(|(other, _)| *other == member) {
        told = told.and(resolve(other, reference)?);
    }
    Ok(Some(told))
}

/// Whether the answer changes by the clock alone.
pub(crate) fn follows_clock(range: &DateRange) -> bool {
    let relative = |text: &str| !text.ends_with(OF_DATA) && text != "all" && absolute(text.trim(), Tz::UTC.into()).is_none();
    match range {
        DateRange::Between([from, to]) => relative(from) || relative(to),
        DateRange::Named(text) => relative(text),
    }
}

/// Whether it is counted from the latest row.
pub(crate) fn follows_data(range: &DateRange) -> bool {
    match range {
        DateRange::Between([from, to]) => from.ends_with(OF_DATA) || to.ends_with(OF_DATA),
        DateRange::Named(text) => text.ends_with(OF_DATA),
    }
}

/// First instant of a date or instant, and first instant after it: a day is 24 hours or so long, an instant as long as it is written.
pub(crate) fn point(text: &str, reference: &Reference) -> Result<(i64, i64)> {
    let text = text.trim();
    if let Some(found) = absolute(text, reference.calendar) {
        return Ok(found);
    }
    match anchor(text, reference.now.timestamp_micros(), reference) {
        Some((micros, None)) => Ok((micros, micros)),
        Some((micros, Some(grain))) => Ok(bucket_of(micros, grain, reference.calendar)),
        None => Err(Error::invalid(format!("{text:?} is not a date; write 2013-01-31, 2013-01-31T12:00:00 or now-7d/d"))),
    }
}

/// The same where it is more than an instant, or less: a day, what is written to few digits of a second, a time that was skipped.
pub(crate) fn whole(text: &str, reference: &Reference) -> Result<Option<(i64, i64)>> {
    let (start, end) = point(text, reference)?;
    // `now` has no width and is an instant.
    let is_instant = end - start == 1 || (start == end && absolute(text.trim(), reference.calendar).is_none());
    Ok((!is_instant).then_some((start, end)))
}

/// The same of a text that names a day and no time of it.
pub(crate) fn day(text: &str, reference: &Reference) -> Result<Option<(i64, i64)>> {
    text.trim().parse::<NaiveDate>().ok().map(|_| point(text, reference)).transpose()
}

fn absolute(text: &str, calendar: Calendar) -> Option<(i64, i64)> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Some((day_start(day, calendar)?, day_start(day.succ_opt()?, calendar)?));
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some((instant.timestamp_micros(), instant.timestamp_micros() + width_of(text)));
    }
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    Some(match local.and_local_timezone(calendar.zone) {
        MappedLocalTime::Single(instant) => (instant.timestamp_micros(), instant.timestamp_micros() + width_of(text)),
        MappedLocalTime::Ambiguous(first, second) => (first.timestamp_micros(), second.timestamp_micros() + width_of(text)),
        MappedLocalTime::None => {
            // Clocks are put by whole seconds.
            let change = reached(local.with_nanosecond(0)?, calendar.zone)?;
            (change, change)
        }
    })
}

/// How many microseconds an instant lasts: a last one such as 23:59:59.999 means the whole of its last digit.
fn width_of(text: &str) -> i64 {
    let fraction: &[u8] = text.split_once('.').map_or(&[], |(_, fraction)| fraction.as_bytes());
    let digits = fraction.iter().take_while(|digit| digit.is_ascii_digit());
    if digits.clone().all(|digit| *digit == b'0') {
        return 1;
    }
    (digits.count()..6).fold(1, |width, _| width * 10)
}

fn named(text: &str, reference: &Reference) -> Result<Range> {
    if text == "all" {
        return Ok(Range::default());
    }
    if let Some((from, to)) = absolute(text, reference.calendar) {
        return Ok(Range { from: Some(from), to: Some(to) });
    }
    let (zone, calendar) = (reference.zone(), reference.calendar);
    let (words, of_data) = match text.strip_suffix(OF_DATA) {
        Some(words) => (words.trim(), true),
        None => (text, false),
    };
    let now = match (of_data, reference.latest) {
        (false, _) => reference.now.timestamp_micros(),
        (true, Some(latest)) => latest.timestamp_micros(),
        // Without data every range of it is empty.
        (true, None) => return Ok(Range { from: Some(0), to: Some(0) }),
    };
    let end = if of_data { now.saturating_add(1) } else { now };
    let range = |from: Option<i64>, to: Option<i64>| from.zip(to).map(|(from, to)| Range { from: Some(from), to: Some(to) });
    let lower = words.to_ascii_lowercase();
    let parts: Vec<&str> = lower.split_whitespace().collect();
    let found = match parts.as_slice() {
        ["today"] => current(now, Grain::Day, calendar),
        ["yesterday"] => before(now, Grain::Day, 1, calendar),
        ["this", unit] => Grain::counted(unit).and_then(|grain| current(now, grain, calendar)),
        ["last", "business", "day" | "days"] => reference.last_business_days(now, 1, of_data),
        ["last", count, "business", "day" | "days"] => business(count).and_then(|count| reference.last_business_days(now, count, of_data)),
        ["last", unit] => Grain::counted(unit).and_then(|grain| if of_data { current(now, grain, calendar) } else { before(now, grain, 1, calendar) }),
        ["last", count, unit] => number(count).zip(Grain::counted(unit)).and_then(|(count, grain)| last(now, grain, count, of_data, calendar)),
        ["from", count, "business", "day" | "days", "ago", "to", "now"] => business(count).and_then(|count| range(reference.business_shift(now, -count), Some(end))),
        ["from", count, unit, "ago", "to", "now"] => number(count).zip(Grain::counted(unit)).and_then(|(count, grain)| range(shift(now, grain, -count, zone), Some(end))),
        _ => words.split_once(" to ").and_then(|(from, to)| {
            let start = anchor(from.trim(), now, reference).map(|(micros, grain)| grain.map_or(micros, |grain| bucket_of(micros, grain, calendar).0));
            let stop =
                anchor(to.trim(), now, reference).map(|(micros, grain)| grain.map_or(if micros == now { end } else { micros }, |grain| bucket_of(micros, grain, calendar).1));
            range(start, stop)
        }),
    };
    found.ok_or_else(|| {
        Error::invalid(format!(
            "date range {text:?} is not understood; write [\"2013-01-01\", \"2013-06-30\"], 2013-01-01, today, this month, last 7 days, last 5 business days, from 7 days ago to now, now-7d/d to now or all, the relative ones also with 'of data'"
        ))
    })
}

fn current(now: i64, grain: Grain, calendar: Calendar) -> Option<Range> {
    let (from, to) = bucket_of(now, grain, calendar);
    Some(Range { from: Some(from), to: Some(to) })
}

fn before(now: i64, grain: Grain, count: i32, calendar: Calendar) -> Option<Range> {
    let (start, _) = bucket_of(now, grain, calendar);
    Some(Range { from: Some(earlier(start, grain, count, calendar)?), to: Some(start) })
}

fn last(now: i64, grain: Grain, count: i32, of_data: bool, calendar: Calendar) -> Option<Range> {
    if !of_data {
        return before(now, grain, count, calendar);
    }
    let (_, end) = bucket_of(now, grain, calendar);
    Some(Range { from: Some(earlier(end, grain, count, calendar)?), to: Some(end) })
}

/// The beginning of a bucket some units before the one that begins at `start`. By days and not by the time of day: where
/// a clock change removed its beginning a bucket begins later, but those before it do not.
fn earlier(start: i64, grain: Grain, count: i32, calendar: Calendar) -> Option<i64> {
    match grain {
        Grain::Second | Grain::Minute | Grain::Hour => shift(start, grain, -count, calendar.zone),
        _ => day_start(step(day_of(start, calendar)?, grain, -count)?, calendar),
    }
}

/// An instant some units earlier or later: by the clock below a day, by the calendar from a day on.
fn shift(micros: i64, grain: Grain, count: i32, zone: Tz) -> Option<i64> {
    let seconds = match grain {
        Grain::Second => 1,
        Grain::Minute => 60,
        Grain::Hour => 3_600,
        _ => {
            let local = DateTime::from_timestamp_micros(micros)?.with_timezone(&zone).naive_local();
            let day = step(local.date(), grain, count)?;
            let time = day.and_time(local.time());
            return match time.and_local_timezone(zone).earliest() {
                Some(instant) => Some(instant.timestamp_micros()),
                None => (time + TimeDelta::hours(1)).and_local_timezone(zone).earliest().map(|instant| instant.timestamp_micros()),
            };
        }
    };
    micros.checked_add(i64::from(count).checked_mul(seconds)?.checked_mul(1_000_000)?)
}

fn number(text: &str) -> Option<i32> {
    text.parse().ok().filter(|count| (1..=UNITS_MAX).contains(count))
}

fn business(text: &str) -> Option<i32> {
    number(text).filter(|count| *count <= COUNTED_MAX)
}

/// Whether a text counts business days.
pub(crate) fn counts_business_days(text: &str) -> bool {
    let offset = |text: &str| text.trim().split_once('/').map_or(text.trim(), |(offset, _)| offset).ends_with("bd");
    let words = text.strip_suffix(OF_DATA).unwrap_or(text);
    words.to_ascii_lowercase().contains(" business ") || words.split(" to ").any(|part| part.trim_start().starts_with("now") && offset(part))
}

/// `now-7d/d`: an instant, and the unit to which it is rounded.
fn anchor(text: &str, now: i64, reference: &Reference) -> Option<(i64, Option<Grain>)> {
    let letter = |text: &str| {
        Some(match text {
            "s" => Grain::Second,
            "m" => Grain::Minute,
            "h" => Grain::Hour,
            "d" => Grain::Day,
            "w" => Grain::Week,
            "M" => Grain::Month,
            "Q" => Grain::Quarter,
            "y" => Grain::Year,
            _ => return None,
        })
    };
    let rest = text.strip_prefix("now")?;
    let (offset, rounding) = match rest.split_once('/') {
        Some((offset, unit)) => (offset, Some(letter(unit)?)),
        None => (rest, None),
    };
    if offset.is_empty() {
        return Some((now, rounding));
    }
    let (sign, amount) = offset.strip_prefix('-').map(|amount| (-1, amount)).or_else(|| offset.strip_prefix('+').map(|amount| (1, amount)))?;
    let unit = amount.trim_start_matches(|character: char| character.is_ascii_digit());
    let count = number(amount.strip_suffix(unit)?)?;
    let there = match unit {
        "bd" => reference.business_shift(now, sign * Some(count).filter(|count| *count <= COUNTED_MAX)?)?,
        _ => shift(now, letter(unit)?, sign * count, reference.zone())?,
    };
    Some((there, rounding))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, zone: &str) -> String {
        let reference = Reference {
            now: "2013-03-14T15:09:26Z".parse().unwrap(),
            latest: Some("2013-02-28T23:30:00Z".parse().unwrap()),
            calendar: zone.parse::<Tz>().unwrap().into(),
            business: BusinessDays::default(),
        };
        let range = match text.split_once(',') {
            Some((from, to)) => DateRange::Between([from.to_owned(), to.to_owned()]),
            None => DateRange::Named(text.to_owned()),
        };
        match resolve(&range, &reference) {
            Ok(range) => {
                let end = |micros: Option<i64>| micros.map_or("open".to_owned(), |micros| DateTime::from_timestamp_micros(micros).unwrap().format("%FT%T%.f").to_string());
                format!("{} .. {}", end(range.from), end(range.to))
            }
            Err(error) => error.kind().as_str().to_owned(),
        }
    }

    #[test]
    fn ranges_resolve_as_the_grammar_says() {
        for (text, expected) in [
            ("all", "open .. open"),
            ("2013-01-31", "2013-01-31T00:00:00 .. 2013-02-01T00:00:00"),
            ("2013-01-01,2013-06-30", "2013-01-01T00:00:00 .. 2013-07-01T00:00:00"),
            ("2013-01-01T10:00:00Z,2013-01-01T11:59:59.999Z", "2013-01-01T10:00:00 .. 2013-01-01T12:00:00"),
            ("2013-01-01T00:00:00,2013-01-31T23:59:59.999", "2013-01-01T00:00:00 .. 2013-02-01T00:00:00"),
            ("2013-01-01T00:00:00,2013-01-31T23:59:59.999999", "2013-01-01T00:00:00 .. 2013-02-01T00:00:00"),
            ("2013-01-01T00:00:00,2013-01-31 23:59:59.9", "2013-01-01T00:00:00 .. 2013-02-01T00:00:00"),
            ("2013-01-01T00:00:00Z,2013-01-31T23:59:59.9999999+00:00", "2013-01-01T00:00:00 .. 2013-02-01T00:00:00"),
            ("2013-01-01T00:00:00.5Z,2013-01-01T00:00:00.50Z", "2013-01-01T00:00:00.500 .. 2013-01-01T00:00:00.510"),
            // A fraction that says nothing is none.
            ("2013-01-01T00:00:00Z,2013-01-31T00:00:00.000Z", "2013-01-01T00:00:00 .. 2013-01-31T00:00:00.000001"),
            ("2013-01-01T00:00,2013-01-31T00:00", "2013-01-01T00:00:00 .. 2013-01-31T00:00:00.000001"),
            ("today", "2013-03-14T00:00:00 .. 2013-03-15T00:00:00"),
            ("yesterday", "2013-03-13T00:00:00 .. 2013-03-14T00:00:00"),
            ("this week", "2013-03-11T00:00:00 .. 2013-03-18T00:00:00"),
            ("this quarter", "2013-01-01T00:00:00 .. 2013-04-01T00:00:00"),
            ("last month", "2013-02-01T00:00:00 .. 2013-03-01T00:00:00"),
            ("last 7 days", "2013-03-07T00:00:00 .. 2013-03-14T00:00:00"),
            ("Last 2 Hours", "2013-03-14T13:00:00 .. 2013-03-14T15:00:00"),
            ("from 7 days ago to now", "2013-03-07T15:09:26 .. 2013-03-14T15:09:26"),
            ("now-7d/d to now", "2013-03-07T00:00:00 .. 2013-03-14T15:09:26"),
            ("now-1M/M to now-1M/M", "2013-02-01T00:00:00 .. 2013-03-01T00:00:00"),
            ("last 30 days of data", "2013-01-30T00:00:00 .. 2013-03-01T00:00:00"),
            ("this month of data", "2013-02-01T00:00:00 .. 2013-03-01T00:00:00"),
            ("from 1 hours ago to now of data", "2013-02-28T22:30:00 .. 2013-02-28T23:30:00.000001"),
            ("next week", "invalid"),
            ("5 days", "invalid"),
            ("last 0 days", "invalid"),
            ("last 999999999 years", "invalid"),
            ("2013-13-01", "invalid"),
            ("2013-06-30,2013-01-01", "invalid"),
        ] {
            assert_eq!(shown(text, "UTC"), expected, "{text}");
        }
    }

    #[test]
    fn days_are_those_of_the_zone() {
        assert_eq!(shown("2013-03-10", "America/New_York"), "2013-03-10T05:00:00 .. 2013-03-11T04:00:00");
        assert_eq!(shown("last 1 days of data", "America/New_York"), "2013-02-28T05:00:00 .. 2013-03-01T05:00:00");
        // Across the clock change a day ago is the same time of day.
        assert_eq!(shown("from 7 days ago to now", "America/New_York"), "2013-03-07T16:09:26 .. 2013-03-14T15:09:26");
    }

    #[test]
    fn local_times_that_are_there_twice_or_never_are_where_the_clock_is_put() {
        for (text, zone, expected) in [
            // From the first three to the second one.
            ("2024-10-27T02:00:00,2024-10-27T02:59:59.999", "Europe/Berlin", "2024-10-27T00:00:00 .. 2024-10-27T02:00:00"),
            ("2024-10-27T02:30,2024-10-27T02:30", "Europe/Berlin", "2024-10-27T00:30:00 .. 2024-10-27T01:30:00.000001"),
            ("2024-10-27T00:00,2024-10-27T03:00", "Europe/Berlin", "2024-10-26T22:00:00 .. 2024-10-27T02:00:00.000001"),
            // It is three when it was to be two.
            ("2024-03-31T02:30,2024-03-31T03:59:59.999", "Europe/Berlin", "2024-03-31T01:00:00 .. 2024-03-31T02:00:00"),
            ("2024-03-31T00:00,2024-03-31T02:59:59.999", "Europe/Berlin", "2024-03-30T23:00:00 .. 2024-03-31T01:00:00"),
            ("2013-10-20 00:00:00,2013-10-20 23:59:59", "America/Sao_Paulo", "2013-10-20T03:00:00 .. 2013-10-21T01:59:59.000001"),
            // Samoa had no 30th of December in 2011.
            ("2011-12-30T12:00,2011-12-31T00:00", "Pacific/Apia", "2011-12-30T10:00:00 .. 2011-12-30T10:00:00.000001"),
        ] {
            assert_eq!(shown(text, zone), expected, "{text} in {zone}");
        }
    }

    #[test]
    fn units_before_a_day_without_midnight_begin_at_midnight() {
        // In São Paulo the 20th of October 2013 began at one o'clock.
        let reference = Reference {
            now: "2013-10-20T12:00:00Z".parse().unwrap(),
            latest: Some("2013-10-19T12:00:00Z".parse().unwrap()),
            calendar: chrono_tz::America::Sao_Paulo.into(),
            business: BusinessDays::default(),
        };
        for text in ["last 3 days", "last 3 days of data"] {
            let range = resolve(&DateRange::Named(text.to_owned()), &reference).unwrap();
            let shown = [range.from, range.to].map(|micros| DateTime::from_timestamp_micros(micros.unwrap()).unwrap().to_rfc3339());
            assert_eq!(shown, ["2013-10-17T03:00:00+00:00", "2013-10-20T03:00:00+00:00"], "{text}");
        }
    }

    #[test]
    fn of_several_ranges_of_a_time_what_lies_in_all_of_them_is_told() {
        let reference = Reference { now: "2013-03-14T15:09:26Z".parse().unwrap(), latest: None, calendar: Tz::UTC.into(), business: BusinessDays::default() };
        let asked = |times: serde_json::Value| {
            let query = serde_json::from_value(serde_json::json!({"measures": ["f.count"], "timeDimensions": times})).unwrap();
            let end = |micros: Option<i64>| micros.map(|micros| DateTime::from_timestamp_micros(micros).unwrap().format("%F").to_string());
            super::asked(&query, &reference).unwrap().map(|range| (end(range.from), end(range.to)))
        };
        let time = |member: &str, from: &str, to: &str| serde_json::json!({"dimension": member, "dateRange": [from, to]});
        let told = |from: &str, to: &str| Some((Some(from.to_owned()), Some(to.to_owned())));
        let (year, spring) = (time("f.at", "2013-01-01", "2013-12-31"), time("f.at", "2013-03-01", "2013-05-31"));
        assert_eq!(asked(serde_json::json!([year, spring])), told("2013-03-01", "2013-06-01"));
        assert_eq!(asked(serde_json::json!([spring, {"dimension": "f.at", "granularity": "day"}, {"dimension": "f.at", "dateRange": "all"}])), told("2013-03-01", "2013-06-01"));
        // Of different times the first is told.
        assert_eq!(asked(serde_json::json!([time("f.due", "2013-02-01", "2013-02-28"), spring, year])), told("2013-02-01", "2013-03-01"));
        // Ranges that do not meet have nothing in common.
        assert_eq!(asked(serde_json::json!([spring, time("f.at", "2013-08-01", "2013-08-31")])), told("2013-08-01", "2013-08-01"));
        assert_eq!(asked(serde_json::json!([{"dimension": "f.at", "granularity": "day"}])), None);
    }

    #[test]
    fn only_relative_ranges_follow_the_clock() {
        for (text, expected) in [("today", true), ("last 7 days", true), ("last 7 days of data", false), ("2013-01-01", false), ("all", false), ("now-1h to now", true)] {
            assert_eq!(follows_clock(&DateRange::Named(text.to_owned())), expected, "{text}");
        }
    }

    #[test]
    fn business_days_are_counted_and_what_lies_between_them_is_there() {
        // Thursday, 14 March 2013 at four in the morning; the latest row is of Saturday, the 9th. Monday, the 11th, is a holiday.
        let holidays = serde_json::from_str(r#"[{"date": "2013-03-11"}]"#).unwrap();
        for (calendar, text, expected) in [
            ("UTC", "last business day", "2013-03-13T00:00:00 .. 2013-03-14T00:00:00"),
            ("UTC", "last 1 business days", "2013-03-13T00:00:00 .. 2013-03-14T00:00:00"),
            ("UTC", "Last 3 Business Days", "2013-03-08T00:00:00 .. 2013-03-14T00:00:00"),
            ("UTC", "last 2 business days of data", "2013-03-07T00:00:00 .. 2013-03-09T00:00:00"),
            ("UTC", "from 3 business days ago to now", "2013-03-08T04:00:00 .. 2013-03-14T04:00:00"),
            ("UTC", "now-3bd/d to now", "2013-03-08T00:00:00 .. 2013-03-14T04:00:00"),
            ("UTC", "now-3bd/d to now-2bd/d", "2013-03-08T00:00:00 .. 2013-03-13T00:00:00"),
            ("UTC", "now/d to now+2bd/d", "2013-03-14T00:00:00 .. 2013-03-19T00:00:00"),
            // Days begin at six: it is still Wednesday.
            ("UTC days-6", "last business day", "2013-03-12T06:00:00 .. 2013-03-13T06:00:00"),
            ("UTC days-6", "last 2 business days", "2013-03-08T06:00:00 .. 2013-03-13T06:00:00"),
            // Clocks were put on the 10th, between the two.
            ("America/New_York", "last 3 business days", "2013-03-08T05:00:00 .. 2013-03-14T04:00:00"),
            ("UTC", "last 0 business days", "invalid"),
            ("UTC", "last 10001 business days", "invalid"),
            ("UTC", "last 99999 business days", "invalid"),
            ("UTC", "this business day", "invalid"),
            ("UTC", "now-1d/bd to now", "invalid"),
        ] {
            let reference = Reference {
                now: "2013-03-14T04:00:00Z".parse().unwrap(),
                latest: Some("2013-03-09T23:30:00Z".parse().unwrap()),
                calendar: calendar.parse().unwrap(),
                business: BusinessDays::new(None, Some(&holidays)),
            };
            let found = match resolve(&DateRange::Named(text.to_owned()), &reference) {
                Ok(range) => [range.from, range.to].map(|micros| DateTime::from_timestamp_micros(micros.unwrap()).unwrap().format("%FT%T").to_string()).join(" .. "),
                Err(error) => error.kind().as_str().to_owned(),
            };
            assert_eq!(found, expected, "{text} in {calendar}");
            assert!(expected == "invalid" || counts_business_days(text), "{text}");
        }
        for text in ["last 5 days", "now-7d/d to now", "2013-03-14", "all"] {
            assert!(!counts_business_days(text), "{text}");
        }
    }
}
