//! Ranges and dates as they are written (`relative.rs`) come to absolute instants in a zone.
//!
//! `last N units` are whole units before the current one; `of data` the unit of the latest row is the last of them.
//! `last N business days` are all days from the first to the last of so many business days before today, those in between included.
//! What is written to a fraction of a second lasts as long as its last digit says, everything else that names an instant a microsecond.
//! A local time that is there twice begins with the first and ends with the second; one that a clock change removed lies nowhere, and
//! begins and ends with the change. So many units before an instant is found as for measures that look back (`functions/time_shift.rs`).

use chrono::{DateTime, MappedLocalTime, NaiveDate, NaiveDateTime, Offset as _, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use super::business::BusinessDays;
use super::calendar::Calendar;
use super::grain::Grain;
use super::query::{DateRange, SemanticQuery};
use super::relative::{End, Offset, Words, Written};
use crate::error::{Error, Result};
use crate::functions::bucket::{bucket_of, day_of, day_start, reached, step};
use crate::functions::time_shift::shift;

/// Units below a day that are counted one by one where clocks are put in between: more than a year of hours. Of more than these, half an
/// hour more or less is nothing.
const STEPS_MAX: i32 = 10_000;
/// How often it is looked whether clocks are put: no zone puts them forth and back within two weeks.
const LOOK_MICROS: i64 = 14 * 86_400 * 1_000_000;

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
        shift(micros, Grain::Day, there.signed_duration_since(day).num_days(), self.zone())
    }

    /// An instant so many units later or earlier. Where days begin later than midnight the hours after it are of the day before, and come to
    /// the day that lies so many months from that one, as the rest of it does.
    fn shifted(&self, micros: i64, grain: Grain, count: i32) -> Option<i64> {
        if self.calendar.day_start == 0 || grain < Grain::Month {
            return shift(micros, grain, count.into(), self.zone());
        }
        let day = self.day(micros)?;
        let there = step(day, grain, count)?;
        let found = shift(micros, Grain::Day, there.signed_duration_since(day).num_days(), self.zone())?;
        // A change of clocks may have removed the hours before the next day.
        Some(found.min(day_start(there.succ_opt()?, self.calendar)?.saturating_sub(1)))
    }

    /// First instant of an end, and first instant after it. `now`: from when to when it is.
    fn place(&self, end: End, now: (i64, i64)) -> Option<(i64, i64)> {
        Some(match end {
            End::Day(day) => (day_start(day, self.calendar)?, day_start(day.succ_opt()?, self.calendar)?),
            End::Instant(at, digits) => (at.timestamp_micros(), at.timestamp_micros() + digits.lasts()),
            End::Wall(at, digits) => on_the_wall(at, digits.lasts(), self.zone())?,
            End::Now { offset: None, rounded: None } => now,
            End::Now { offset, rounded } => {
                let there = match offset {
                    None => now.0,
                    Some(Offset::Units(count, grain)) => self.shifted(now.0, grain, count)?,
                    Some(Offset::BusinessDays(count)) => self.business_shift(now.0, count)?,
                };
                rounded.map_or((there, there), |grain| bucket_of(there, grain, self.calendar))
            }
        })
    }

    pub(crate) fn zone(&self) -> Tz {
        self.calendar.zone
    }
}

/// Resolves a range.
///
/// # Errors
/// `Invalid` for text outside the grammar, a range that ends before it begins, and one that no calendar reaches.
pub(crate) fn resolve(range: &DateRange, reference: &Reference) -> Result<Range> {
    let wrong = |why: &str| Error::invalid(format!("date range {} {why}", range.canonical().unwrap_or_default()));
    match instants(Written::of(range)?, reference) {
        Some(Range { from: Some(from), to: Some(to) }) if from > to => Err(wrong("ends before it begins")),
        Some(found) => Ok(found),
        None => Err(wrong("reaches beyond the years that can be told; ask for a shorter one")),
    }
}

fn instants(written: Written, reference: &Reference) -> Option<Range> {
    let now = match (written.of_data, reference.latest) {
        (false, _) => reference.now.timestamp_micros(),
        (true, Some(latest)) => latest.timestamp_micros(),
        // Without data every range of it is empty.
        (true, None) => return Some(Range { from: Some(0), to: Some(0) }),
    };
    let (calendar, range) = (reference.calendar, |from: i64, to: i64| Range { from: Some(from), to: Some(to) });
    match written.words {
        Words::All => Some(Range::default()),
        Words::This(grain) => {
            let (from, to) = bucket_of(now, grain, calendar);
            Some(range(from, to))
        }
        Words::Before(count, grain) => {
            let (start, _) = bucket_of(now, grain, calendar);
            Some(range(earlier(start, grain, count, calendar)?, start))
        }
        Words::UpTo(count, grain) => {
            let (_, end) = bucket_of(now, grain, calendar);
            Some(range(earlier(end, grain, count, calendar)?, end))
        }
        Words::BusinessDays(count) => reference.last_business_days(now, count, written.of_data),
        Words::Between(from, to) => {
            // The latest row is in what reaches up to it.
            let last = if written.of_data { now.saturating_add(1) } else { now };
            Some(range(reference.place(from, (now, last))?.0, reference.place(to, (now, last))?.1))
        }
    }
}

/// The range that is told of a question: that of the first time that has one, and where it has several, what lies in all of them.
///
/// # Errors
/// As [`resolve`].
pub(crate) fn asked(query: &SemanticQuery, reference: &Reference) -> Result<Option<Range>> {
    let first = query.time_dimensions.iter().find(|time| time.date_range.is_some());
    first.map(|time| of_time(query, &time.dimension, reference)).transpose()
}

/// What lies in all ranges that a question has of a time; open where it has none.
///
/// # Errors
/// As [`resolve`].
pub(crate) fn of_time(query: &SemanticQuery, member: &str, reference: &Reference) -> Result<Range> {
    let mut ranges = query.time_dimensions.iter().filter(|time| time.dimension == member).filter_map(|time| time.date_range.as_ref());
    ranges.try_fold(Range::default(), |all, range| Ok::<_, Error>(all.and(resolve(range, reference)?)))
}

/// How that range was written, where it is relative: its canonical text. What several ranges have in common has none.
pub(crate) fn asked_as(query: &SemanticQuery) -> Option<String> {
    let mut ranges = query.time_dimensions.iter().filter_map(|time| Some((&time.dimension, time.date_range.as_ref()?)));
    let (member, first) = ranges.next()?;
    if ranges.any(|(other, _)| other == member) { None } else { first.relative() }
}

/// First instant of a date or instant, and first instant after it: a day is 24 hours or so long, an instant as long as it is written.
pub(crate) fn point(text: &str, reference: &Reference) -> Result<(i64, i64)> {
    placed(End::of(text)?, text, reference)
}

/// The same where it is more than an instant, or less: a day, what is written to few digits of a second, a time that was skipped.
pub(crate) fn whole(text: &str, reference: &Reference) -> Result<Option<(i64, i64)>> {
    let end = End::of(text)?;
    let (start, stop) = placed(end, text, reference)?;
    // `now` has no width and is an instant.
    let is_instant = stop - start == 1 || (start == stop && !end.is_absolute());
    Ok((!is_instant).then_some((start, stop)))
}

/// The same of a text that names a day and no time of it.
pub(crate) fn day(text: &str, reference: &Reference) -> Result<Option<(i64, i64)>> {
    match End::of(text)? {
        end @ End::Day(_) => placed(end, text, reference).map(Some),
        _ => Ok(None),
    }
}

fn placed(end: End, text: &str, reference: &Reference) -> Result<(i64, i64)> {
    let now = reference.now.timestamp_micros();
    reference
        .place(end, (now, now))
        .ok_or_else(|| Error::invalid(format!("{text:?} lies beyond the years that can be told; write a date nearer to now")))
}

/// A time on the wall clock, which lasts so many microseconds.
fn on_the_wall(local: NaiveDateTime, lasts: i64, zone: Tz) -> Option<(i64, i64)> {
    Some(match local.and_local_timezone(zone) {
        MappedLocalTime::Single(instant) => (instant.timestamp_micros(), instant.timestamp_micros() + lasts),
        MappedLocalTime::Ambiguous(first, second) => (first.timestamp_micros(), second.timestamp_micros() + lasts),
        MappedLocalTime::None => {
            // Clocks are put by whole seconds.
            let change = reached(local.with_nanosecond(0)?, zone)?;
            (change, change)
        }
    })
}

/// The beginning of a bucket some units before the one that begins at `start`. By days and not by the time of day: where
/// a clock change removed its beginning a bucket begins later, but those before it do not.
fn earlier(start: i64, grain: Grain, count: i32, calendar: Calendar) -> Option<i64> {
    match grain {
        Grain::Second | Grain::Minute | Grain::Hour => {
            let there = bucket_of(shift(start, grain, -i64::from(count), calendar.zone)?, grain, calendar).0;
            if count > STEPS_MAX || !clocks_are_put(there, start, calendar.zone) {
                return Some(there);
            }
            // Where they are put by half an hour, one of the hours before is half of one.
            (0..count).try_fold(start, |start, _| Some(bucket_of(start.checked_sub(1)?, grain, calendar).0))
        }
        _ => day_start(step(day_of(start, calendar)?, grain, -count)?, calendar),
    }
}

/// Whether the clocks of a zone are put between two instants.
fn clocks_are_put(from: i64, to: i64, zone: Tz) -> bool {
    let offset = |micros: i64| DateTime::from_timestamp_micros(micros).map(|instant| zone.offset_from_utc_datetime(&instant.naive_utc()).fix());
    let last = offset(to);
    (0..=to.saturating_sub(from) / LOOK_MICROS).any(|look| offset(from + look * LOOK_MICROS) != last)
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
    fn what_is_wrong_with_a_range_is_told_in_its_own_words() {
        let reference = Reference { now: "2013-03-14T15:09:26Z".parse().unwrap(), latest: None, calendar: Tz::UTC.into(), business: BusinessDays::default() };
        let told = |from: &str, to: &str| resolve(&DateRange::Between([from.to_owned(), to.to_owned()]), &reference).unwrap_err().message().to_owned();
        assert_eq!(told("2013-01-05", "2013-01-03"), "date range 2013-01-05 to 2013-01-03 ends before it begins");
        assert_eq!(told("now/d", "2013-01-03"), "date range now/d to 2013-01-03 ends before it begins");
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
            ("now-1w/d to now", "2013-03-07T00:00:00 .. 2013-03-14T15:09:26"),
            // One end may be absolute.
            ("2013-01-01 to now", "2013-01-01T00:00:00 .. 2013-03-14T15:09:26"),
            ("2013-01-01 to now/d", "2013-01-01T00:00:00 .. 2013-03-15T00:00:00"),
            ("2013-01-01 to now of data", "2013-01-01T00:00:00 .. 2013-02-28T23:30:00.000001"),
            ("now-7d/d to 2013-12-31", "2013-03-07T00:00:00 .. 2014-01-01T00:00:00"),
            ("now-7d/d,2013-12-31", "2013-03-07T00:00:00 .. 2014-01-01T00:00:00"),
            ("2013-01-01 to 2013-06-30", "2013-01-01T00:00:00 .. 2013-07-01T00:00:00"),
            ("now to 2013-01-01", "invalid"),
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
    fn the_range_that_is_told_says_how_it_was_asked() {
        let asked_as = |times: serde_json::Value| super::asked_as(&serde_json::from_value(serde_json::json!({"timeDimensions": times})).unwrap());
        let time = |member: &str, range: &str| serde_json::json!({"dimension": member, "dateRange": range});
        assert_eq!(asked_as(serde_json::json!([{"dimension": "f.at", "granularity": "day"}, time("f.at", "Last 7 Days")])).as_deref(), Some("last 7 days"));
        assert_eq!(asked_as(serde_json::json!([time("f.at", "now/M to now/M"), time("f.due", "today")])).as_deref(), Some("this month"));
        assert_eq!(asked_as(serde_json::json!([time("f.at", "2013-01-31"), time("f.due", "today")])), None);
        assert_eq!(asked_as(serde_json::json!([time("f.at", "last 7 days"), time("f.at", "this month")])), None);
        assert_eq!(asked_as(serde_json::json!([time("f.at", "all")])), None);
        assert_eq!(asked_as(serde_json::json!([])), None);
    }

    #[test]
    fn what_a_clock_change_skipped_or_cut_is_where_the_change_is() {
        for (zone, now, text, expected) in [
            // Samoa had no 30th of December in 2011.
            ("Pacific/Apia", "2011-12-30T22:00:00Z", "from 1 day ago to now of data", "2011-12-30T10:00:00 .. 2011-12-30T22:00:00.000001"),
            ("Pacific/Apia", "2011-12-30T22:00:00Z", "from 2 days ago to now", "2011-12-29T22:00:00 .. 2011-12-30T22:00:00"),
            ("Pacific/Apia", "2012-01-30T22:00:00Z", "from 1 month ago to now", "2011-12-30T22:00:00 .. 2012-01-30T22:00:00"),
            // On Lord Howe Island it was half past two when it was to be two on the 6th of October 2013.
            ("Australia/Lord_Howe", "2013-10-06T15:15:00Z", "now-1d to now", "2013-10-05T15:30:00 .. 2013-10-06T15:15:00"),
            // On the 7th of April clocks were put back by half an hour at two: what followed until two is an hour of its own.
            ("Australia/Lord_Howe", "2013-04-06T15:40:00Z", "last 1 hours", "2013-04-06T15:00:00 .. 2013-04-06T15:30:00"),
            ("Australia/Lord_Howe", "2013-04-06T15:40:00Z", "last 2 hours", "2013-04-06T14:00:00 .. 2013-04-06T15:30:00"),
            ("Australia/Lord_Howe", "2013-04-06T20:40:00Z", "last 24 hours", "2013-04-05T21:00:00 .. 2013-04-06T20:30:00"),
            ("Australia/Lord_Howe", "2013-04-06T20:40:00Z", "last 2 hours of data", "2013-04-06T19:30:00 .. 2013-04-06T21:30:00"),
        ] {
            let now = now.parse().unwrap();
            let reference = Reference { now, latest: Some(now), calendar: zone.parse::<Tz>().unwrap().into(), business: BusinessDays::default() };
            let range = resolve(&DateRange::Named(text.to_owned()), &reference).unwrap();
            let shown = [range.from, range.to].map(|micros| DateTime::from_timestamp_micros(micros.unwrap()).unwrap().format("%FT%T%.f").to_string());
            assert_eq!(shown.join(" .. "), expected, "{text} in {zone}");
        }
    }

    proptest::proptest! {
        #[test]
        fn so_many_units_ago_is_where_measures_that_look_back_find_it(seconds in 1_200_000_000_i64..1_500_000_000, count in 1_i32..40, grain in 0..8_usize, zone in 0..5_usize) {
            let (grain, word) = [
                (Grain::Second, "seconds"), (Grain::Minute, "minutes"), (Grain::Hour, "hours"), (Grain::Day, "days"),
                (Grain::Week, "weeks"), (Grain::Month, "months"), (Grain::Quarter, "quarters"), (Grain::Year, "years"),
            ][grain];
            let zone: Tz = ["UTC", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"][zone].parse().unwrap();
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let reference = Reference { now, latest: None, calendar: zone.into(), business: BusinessDays::default() };
            let ago = resolve(&DateRange::Named(format!("from {count} {word} ago to now")), &reference).unwrap();
            let back = shift(now.timestamp_micros(), grain, (-count).into(), zone);
            proptest::prop_assert!(back.is_some());
            proptest::prop_assert_eq!(ago.from, back);
            // Whole units are as many buckets.
            let whole = resolve(&DateRange::Named(format!("last {count} {word}")), &reference).unwrap();
            let (from, to) = (whole.from.unwrap(), whole.to.unwrap());
            proptest::prop_assert_eq!(bucket_of(from, grain, zone).0, from);
            proptest::prop_assert_eq!(bucket_of(to, grain, zone).0, to);
            let mut buckets = 0;
            let mut end = to;
            while end > from {
                end = bucket_of(end - 1, grain, zone).0;
                buckets += 1;
            }
            proptest::prop_assert!(end == from && (buckets == count || zone == chrono_tz::Pacific::Apia), "{} buckets", buckets);
        }
    }

    #[test]
    fn units_that_stand_for_others_lead_to_the_same_instant() {
        for zone in [Tz::UTC, chrono_tz::America::New_York, chrono_tz::Australia::Lord_Howe, chrono_tz::Pacific::Apia] {
            for now in ["2012-02-29T12:00:00Z", "2013-03-31T07:30:00Z", "2012-01-06T10:00:00Z", "2013-11-10T05:30:00Z"] {
                let now = now.parse::<DateTime<Utc>>().unwrap().timestamp_micros();
                for (grain, other, each) in [
                    (Grain::Minute, Grain::Second, 60),
                    (Grain::Hour, Grain::Second, 3_600),
                    (Grain::Week, Grain::Day, 7),
                    (Grain::Quarter, Grain::Month, 3),
                    (Grain::Year, Grain::Month, 12),
                    (Grain::Year, Grain::Quarter, 4),
                ] {
                    for count in [-13, -4, -1, 1, 5] {
                        assert_eq!(shift(now, grain, count, zone), shift(now, other, count * each, zone), "{count} {grain:?} in {zone}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_latest_unit_of_data_is_whole_where_the_next_day_is_none() {
        // Samoa had no 30th of December in 2011.
        let latest = "2011-12-30T05:00:00Z".parse().unwrap();
        let reference = Reference { now: latest, latest: Some(latest), calendar: chrono_tz::Pacific::Apia.into(), business: BusinessDays::default() };
        for text in ["today of data", "last day of data", "last 1 days of data", "now/d to now/d of data"] {
            let range = resolve(&DateRange::Named(text.to_owned()), &reference).unwrap();
            let shown = [range.from, range.to].map(|micros| DateTime::from_timestamp_micros(micros.unwrap()).unwrap().to_rfc3339());
            assert_eq!(shown, ["2011-12-29T10:00:00+00:00", "2011-12-30T10:00:00+00:00"], "{text}");
        }
    }

    #[test]
    fn months_before_now_are_those_of_the_day_that_has_not_ended() {
        // Days begin at six, so at three in the morning of the first it is still the last day of the month.
        for (now, text, expected) in [
            ("2013-02-28T15:00:00Z", "now-1M/d to now-1M/d", "2013-01-28T06:00:00 .. 2013-01-29T06:00:00"),
            ("2013-03-01T03:00:00Z", "now-1M/d to now-1M/d", "2013-01-28T06:00:00 .. 2013-01-29T06:00:00"),
            ("2013-03-01T03:00:00Z", "now-1M to now", "2013-01-29T03:00:00 .. 2013-03-01T03:00:00"),
            ("2013-03-01T03:00:00Z", "now-1M/M to now-1M/M", "2013-01-01T06:00:00 .. 2013-02-01T06:00:00"),
            ("2013-03-31T03:00:00Z", "now-1M/d to now-1M/d", "2013-02-28T06:00:00 .. 2013-03-01T06:00:00"),
            ("2013-03-01T03:00:00Z", "now+1y/d to now+1y/d", "2014-02-28T06:00:00 .. 2014-03-01T06:00:00"),
            ("2013-03-01T03:00:00Z", "now-1w/d to now-1w/d", "2013-02-21T06:00:00 .. 2013-02-22T06:00:00"),
        ] {
            let reference = Reference { now: now.parse().unwrap(), latest: None, calendar: "UTC days-6".parse().unwrap(), business: BusinessDays::default() };
            let range = resolve(&DateRange::Named(text.to_owned()), &reference).unwrap();
            let found = [range.from, range.to].map(|micros| DateTime::from_timestamp_micros(micros.unwrap()).unwrap().format("%FT%T").to_string()).join(" .. ");
            assert_eq!(found, expected, "{text} at {now}");
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
        }
    }
}
