//! Where the buckets of time begin and end, by the clock on a wall somewhere.
//!
//! ```text
//!   seconds, minutes, an hour   as time goes by within the hour; where the clock is put, one ends and another begins
//!   several hours               when the wall clock says so for the first time: one may be an hour longer or shorter
//!   days and longer             the same, at the hour with which days of the calendar begin
//! ```
//! A time of day that a clock change removed comes with the change, and one that it repeats the first time. So buckets
//! are half open, do not overlap, leave nothing out, and never begin twice.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::semantic::calendar::Calendar;
use crate::semantic::grain::Grain;
use crate::semantic::interval::Interval;

/// A bucket in microseconds since the epoch: first instant, first instant after it.
pub(crate) type Bucket = (i64, i64);

pub(super) const SECOND: i64 = 1_000_000;
const QUARTER_MINUTES: i64 = 15;

/// The bucket of an instant. Instants that the calendar cannot express (beyond the year 262,000) are their own bucket.
pub(crate) fn bucket_of(micros: i64, interval: impl Into<Interval>, calendar: impl Into<Calendar>) -> Bucket {
    let (interval, calendar) = (interval.into(), calendar.into());
    let alone = (micros, micros.saturating_add(1));
    let Some(seconds) = interval.seconds() else { return by_the_wall(micros, interval, calendar).unwrap_or(alone) };
    let (width, phase) = (seconds * SECOND, interval.phase_seconds() * SECOND);
    // Clocks are put by whole seconds.
    if calendar.zone == Tz::UTC || width == SECOND {
        let start = micros.saturating_sub(phase).div_euclid(width).saturating_mul(width).saturating_add(phase).min(micros);
        return (start, start.saturating_add(width));
    }
    if interval.unit() == Grain::Hour && interval.count() > 1 {
        return by_the_wall(micros, interval, calendar).unwrap_or(alone);
    }
    DateTime::from_timestamp_micros(micros).map_or(alone, |instant| within_offset(micros, instant, (width, phase), calendar.zone))
}

/// Hours and minutes of a zone: multiples of the width in local time, cut where the offset changes inside of them.
fn within_offset(micros: i64, instant: DateTime<Utc>, (width, phase): (i64, i64), zone: Tz) -> Bucket {
    let offset = |instant: DateTime<Utc>| i64::from(zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc()) * 1_000_000;
    let own = offset(instant);
    let shift = own - phase;
    let start = (micros.saturating_add(shift)).div_euclid(width).saturating_mul(width) - shift;
    let end = start.saturating_add(width);
    let same = |micros: i64| DateTime::from_timestamp_micros(micros).is_some_and(|instant| offset(instant) == own);
    // Offsets change on whole seconds; looking for the change is only needed in two hours of a year.
    let second = micros.div_euclid(SECOND) * SECOND;
    let first = if same(start) { start } else { edge(second, start, same) };
    let last = if same(end.saturating_sub(1)) { end } else { edge(second, end - SECOND, same) + SECOND };
    (first.min(micros), last.max(micros.saturating_add(1)))
}

/// The last instant, on the way in whole seconds from one where a condition holds to one where it does not, where it holds.
/// It changes once on the way.
fn edge(mut holds: i64, mut fails: i64, condition: impl Fn(i64) -> bool) -> i64 {
    while holds.abs_diff(fails) > SECOND.unsigned_abs() {
        let middle = holds + (fails - holds) / (2 * SECOND) * SECOND;
        if condition(middle) { holds = middle } else { fails = middle }
    }
    holds
}

/// The bucket that began last when the clock on the wall reached its beginning.
fn by_the_wall(micros: i64, interval: Interval, calendar: Calendar) -> Option<Bucket> {
    let zone = calendar.zone;
    let mut first = first_of(wall_of(micros, zone)?, interval, calendar)?;
    let mut start = reached(first, zone)?;
    loop {
        first = after(first, interval)?;
        let end = reached(first, zone)?;
        if micros < end {
            return Some((start, end));
        }
        // The clock has been put back to before what had begun already, and that does not begin again.
        start = end;
    }
}

/// What the clock on the wall says.
fn wall_of(micros: i64, zone: Tz) -> Option<NaiveDateTime> {
    let utc = DateTime::from_timestamp_micros(micros)?.naive_utc();
    utc.checked_add_offset(zone.offset_from_utc_datetime(&utc).fix())
}

/// What the clock says when the bucket begins in which it says `wall`.
pub(super) fn first_of(wall: NaiveDateTime, interval: Interval, calendar: Calendar) -> Option<NaiveDateTime> {
    if let Some(width) = interval.seconds() {
        let seconds = i64::from(wall.num_seconds_from_midnight());
        let since = (seconds - interval.phase_seconds()).rem_euclid(width);
        return wall.date().and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::seconds(seconds - since));
    }
    let begins = TimeDelta::hours(calendar.day_start.into());
    let day = wall.checked_sub_signed(begins)?.date();
    let first = match (interval.days(), interval.months()) {
        (Some(days), _) => {
            let counted = interval.counted_day();
            // Weeks without an origin of their own begin with the calendar's.
            let back = if interval.unit() == Grain::Week && interval.origin().is_none() { counted.weekday().days_since(calendar.week_start) } else { 0 };
            let since = (day.signed_duration_since(counted).num_days() + i64::from(back)).rem_euclid(days);
            day.checked_sub_days(Days::new(since.unsigned_abs()))?
        }
        (_, Some(months)) => first_of_months(day, months, interval, calendar)?,
        _ => return None,
    };
    first.and_time(NaiveTime::MIN).checked_add_signed(begins)
}

/// The first day of so many months, counted from an origin or from the month with which years begin.
fn first_of_months(day: NaiveDate, months: i32, interval: Interval, calendar: Calendar) -> Option<NaiveDate> {
    let place = |day: NaiveDate| day.year() * 12 + day.month0().cast_signed();
    let (counted, begins) = match interval.origin() {
        Some(origin) => (place(origin.date()), origin.day()),
        None => (calendar.year_start.cast_signed() - 1, 1),
    };
    let before = i32::from(day.day() < begins);
    let since = (place(day) - before - counted).rem_euclid(months);
    day.with_day(1)?.checked_sub_months(Months::new((since + before).unsigned_abs()))?.with_day(begins)
}

/// What the clock says when the next bucket begins.
pub(super) fn after(first: NaiveDateTime, interval: Interval) -> Option<NaiveDateTime> {
    match (interval.seconds(), interval.days(), interval.months()) {
        (Some(seconds), ..) => first.checked_add_signed(TimeDelta::seconds(seconds)),
        (_, Some(days), _) => first.checked_add_days(Days::new(days.unsigned_abs())),
        (.., Some(months)) => first.checked_add_months(Months::new(months.unsigned_abs())),
        _ => None,
    }
}

/// A date some units later (or, with a negative count, earlier). Units below a day step by days.
pub(crate) fn step(date: NaiveDate, unit: Grain, count: i32) -> Option<NaiveDate> {
    let months = |months: i32| if months >= 0 { date.checked_add_months(Months::new(months.unsigned_abs())) } else { date.checked_sub_months(Months::new(months.unsigned_abs())) };
    match unit {
        Grain::Week => date.checked_add_signed(TimeDelta::try_weeks(count.into())?),
        Grain::Month => months(count),
        Grain::Quarter => months(count.checked_mul(3)?),
        Grain::Year => months(count.checked_mul(12)?),
        _ => date.checked_add_signed(TimeDelta::try_days(count.into())?),
    }
}

/// The day of the calendar in which an instant lies by the clock on the wall.
pub(crate) fn day_of(micros: i64, calendar: Calendar) -> Option<NaiveDate> {
    Some(wall_of(micros, calendar.zone)?.checked_sub_signed(TimeDelta::hours(calendar.day_start.into()))?.date())
}

/// The first instant of a day of the calendar, in microseconds.
pub(crate) fn day_start(day: NaiveDate, calendar: Calendar) -> Option<i64> {
    reached(day.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::hours(calendar.day_start.into()))?, calendar.zone)
}

/// The first instant at which the clock on the wall says so, or something later where that was removed.
pub(crate) fn reached(wall: NaiveDateTime, zone: Tz) -> Option<i64> {
    let after = |minutes: i64| Some(zone.from_local_datetime(&wall.checked_add_signed(TimeDelta::minutes(minutes))?).earliest()?.timestamp_micros());
    if let Some(start) = after(0) {
        return Some(start);
    }
    // Clock changes remove at most a few hours; a zone that skipped a whole day (the date line) has none of it. A quarter
    // of an hour that is there follows one that is not, so the change is between them.
    let found = (1..=24 * 4).find_map(|quarters| after(quarters * QUARTER_MINUTES))?;
    let begun = |micros: i64| wall_of(micros, zone).is_some_and(|now| now >= wall);
    // Clocks are put by whole seconds.
    let found = found.div_euclid(SECOND) * SECOND;
    Some(edge(found, found - QUARTER_MINUTES * 60 * SECOND, begun))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(interval: impl Into<Interval>, calendar: &str, instant: &str, start: &str, end: &str) {
        let micros = |text: &str| text.parse::<DateTime<Utc>>().unwrap().timestamp_micros();
        let interval = interval.into();
        let bucket = bucket_of(micros(instant), interval, calendar.parse::<Calendar>().unwrap());
        let shown = |micros: i64| DateTime::from_timestamp_micros(micros).unwrap().to_rfc3339();
        assert_eq!((shown(bucket.0), shown(bucket.1)), (shown(micros(start)), shown(micros(end))), "{interval} {calendar} {instant}");
    }

    fn every(text: &str) -> Interval {
        text.parse().unwrap()
    }

    #[test]
    fn buckets_follow_the_calendar_of_the_zone() {
        check(Grain::Second, "UTC", "2013-01-01T00:00:00.999999Z", "2013-01-01T00:00:00Z", "2013-01-01T00:00:01Z");
        check(Grain::Hour, "UTC", "1969-12-31T23:59:59Z", "1969-12-31T23:00:00Z", "1970-01-01T00:00:00Z");
        check(Grain::Hour, "Asia/Kathmandu", "2013-01-01T00:00:00Z", "2012-12-31T23:15:00Z", "2013-01-01T00:15:00Z");
        check(Grain::Day, "America/New_York", "2013-01-01T04:59:59Z", "2012-12-31T05:00:00Z", "2013-01-01T05:00:00Z");
        check(Grain::Week, "UTC", "2013-01-06T12:00:00Z", "2012-12-31T00:00:00Z", "2013-01-07T00:00:00Z");
        check(Grain::Month, "Europe/Berlin", "2013-03-31T22:30:00Z", "2013-03-31T22:00:00Z", "2013-04-30T22:00:00Z");
        check(Grain::Quarter, "UTC", "2013-12-31T23:00:00Z", "2013-10-01T00:00:00Z", "2014-01-01T00:00:00Z");
        check(Grain::Year, "Asia/Tokyo", "2013-12-31T15:00:00Z", "2013-12-31T15:00:00Z", "2014-12-31T15:00:00Z");
    }

    #[test]
    fn clock_changes_make_short_and_long_days() {
        check(Grain::Day, "America/New_York", "2013-03-10T12:00:00Z", "2013-03-10T05:00:00Z", "2013-03-11T04:00:00Z");
        check(Grain::Day, "America/New_York", "2013-11-03T12:00:00Z", "2013-11-03T04:00:00Z", "2013-11-04T05:00:00Z");
        // Midnight itself was skipped in São Paulo on that day.
        check(Grain::Day, "America/Sao_Paulo", "2013-10-20T12:00:00Z", "2013-10-20T03:00:00Z", "2013-10-21T02:00:00Z");
        // 01:30 happens twice in New York; the two hours stay apart.
        check(Grain::Hour, "America/New_York", "2013-11-03T05:30:00Z", "2013-11-03T05:00:00Z", "2013-11-03T06:00:00Z");
        check(Grain::Hour, "America/New_York", "2013-11-03T06:30:00Z", "2013-11-03T06:00:00Z", "2013-11-03T07:00:00Z");
        // Liberia's clocks went on by 44 minutes and 30 seconds at midnight.
        for (grain, instant, start, end) in [
            (Grain::Hour, "1972-01-07T00:44:29.999999Z", "1972-01-06T23:44:30Z", "1972-01-07T00:44:30Z"),
            (Grain::Hour, "1972-01-07T00:44:30Z", "1972-01-07T00:44:30Z", "1972-01-07T01:00:00Z"),
            (Grain::Hour, "1972-01-07T00:44:45.5Z", "1972-01-07T00:44:30Z", "1972-01-07T01:00:00Z"),
            (Grain::Minute, "1972-01-07T00:44:45Z", "1972-01-07T00:44:30Z", "1972-01-07T00:45:00Z"),
            (Grain::Minute, "1972-01-07T00:44:29Z", "1972-01-07T00:43:30Z", "1972-01-07T00:44:30Z"),
            (Grain::Day, "1972-01-07T00:44:29Z", "1972-01-06T00:44:30Z", "1972-01-07T00:44:30Z"),
            (Grain::Day, "1972-01-07T00:44:30Z", "1972-01-07T00:44:30Z", "1972-01-08T00:00:00Z"),
        ] {
            check(grain, "Africa/Monrovia", instant, start, end);
        }
        // Samoa had no 30th of December in 2011.
        check(Grain::Day, "Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z");
        check(Grain::Day, "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z");
        // Lord Howe Island changes by half an hour.
        check(Grain::Hour, "Australia/Lord_Howe", "2013-04-06T15:10:00Z", "2013-04-06T15:00:00Z", "2013-04-06T15:30:00Z");
    }

    #[test]
    fn several_units_begin_with_the_next_larger_one_or_are_counted() {
        for (interval, calendar, instant, start, end) in [
            ("15 minutes", "UTC", "2013-01-01T00:29:59Z", "2013-01-01T00:15:00Z", "2013-01-01T00:30:00Z"),
            // In Kathmandu it is a quarter to when it is o'clock in UTC.
            ("30 minutes", "Asia/Kathmandu", "2013-01-01T00:00:00Z", "2012-12-31T23:45:00Z", "2013-01-01T00:15:00Z"),
            ("10 seconds", "UTC", "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:50Z", "1970-01-01T00:00:00Z"),
            ("6 hours", "UTC", "2013-01-01T17:59:59Z", "2013-01-01T12:00:00Z", "2013-01-01T18:00:00Z"),
            ("6 hours", "Asia/Kolkata", "2013-01-01T00:00:00Z", "2012-12-31T18:30:00Z", "2013-01-01T00:30:00Z"),
            ("2 weeks", "UTC", "2013-01-10T00:00:00Z", "2012-12-31T00:00:00Z", "2013-01-14T00:00:00Z"),
            ("2 weeks", "UTC weeks-Sun", "2013-01-06T00:00:00Z", "2012-12-30T00:00:00Z", "2013-01-13T00:00:00Z"),
            ("90 days", "UTC", "2013-01-10T00:00:00Z", "2012-10-26T00:00:00Z", "2013-01-24T00:00:00Z"),
            ("2 weeks from 2024-01-02", "UTC weeks-Sun", "2024-01-20T12:00:00Z", "2024-01-16T00:00:00Z", "2024-01-30T00:00:00Z"),
            ("2 weeks from 2024-01-02", "Europe/Berlin", "2023-12-31T12:00:00Z", "2023-12-18T23:00:00Z", "2024-01-01T23:00:00Z"),
            ("4 months", "UTC", "2013-08-31T23:00:00Z", "2013-05-01T00:00:00Z", "2013-09-01T00:00:00Z"),
            ("4 months", "UTC years-2", "2013-01-31T23:00:00Z", "2012-10-01T00:00:00Z", "2013-02-01T00:00:00Z"),
            ("2 months from 2024-02-01", "UTC", "2023-12-31T00:00:00Z", "2023-12-01T00:00:00Z", "2024-02-01T00:00:00Z"),
            ("1 month from 2024-01-25", "UTC", "2024-02-24T23:59:59Z", "2024-01-25T00:00:00Z", "2024-02-25T00:00:00Z"),
            ("1 month from 2024-01-25", "UTC", "2024-02-25T00:00:00Z", "2024-02-25T00:00:00Z", "2024-03-25T00:00:00Z"),
            ("1 year from 2024-10-01", "UTC years-7", "2024-05-05T00:00:00Z", "2023-10-01T00:00:00Z", "2024-10-01T00:00:00Z"),
            ("1 quarter from 2024-02-15", "UTC", "2024-02-14T00:00:00Z", "2023-11-15T00:00:00Z", "2024-02-15T00:00:00Z"),
            ("8 hours from 2024-01-01T06:00", "Europe/Berlin", "2024-01-09T23:30:00Z", "2024-01-09T21:00:00Z", "2024-01-10T05:00:00Z"),
            ("15 minutes from 2024-01-01T00:05", "UTC", "2024-01-09T00:04:59Z", "2024-01-08T23:50:00Z", "2024-01-09T00:05:00Z"),
        ] {
            check(every(interval), calendar, instant, start, end);
        }
    }

    #[test]
    fn days_and_longer_begin_at_the_hour_of_the_calendar() {
        for (interval, calendar, instant, start, end) in [
            ("day", "UTC days-6", "2013-01-01T05:59:59Z", "2012-12-31T06:00:00Z", "2013-01-01T06:00:00Z"),
            ("day", "Europe/Berlin days-6", "2013-01-01T05:00:00Z", "2013-01-01T05:00:00Z", "2013-01-02T05:00:00Z"),
            ("week", "UTC weeks-Sun days-6", "2013-01-06T05:00:00Z", "2012-12-30T06:00:00Z", "2013-01-06T06:00:00Z"),
            ("year", "UTC years-4 days-23", "2013-04-01T22:00:00Z", "2012-04-01T23:00:00Z", "2013-04-01T23:00:00Z"),
            ("2 weeks from 2024-01-02", "UTC days-6", "2024-01-02T05:00:00Z", "2023-12-19T06:00:00Z", "2024-01-02T06:00:00Z"),
            ("6 hours", "UTC days-5", "2013-01-01T05:59:59Z", "2013-01-01T00:00:00Z", "2013-01-01T06:00:00Z"),
            // Two o'clock does not exist in Berlin on that day, and exists twice on the other.
            ("day", "Europe/Berlin days-2", "2013-03-31T00:59:59Z", "2013-03-30T01:00:00Z", "2013-03-31T01:00:00Z"),
            ("day", "Europe/Berlin days-2", "2013-10-27T00:30:00Z", "2013-10-27T00:00:00Z", "2013-10-28T01:00:00Z"),
            ("day", "Europe/Berlin days-2", "2013-10-26T23:59:59Z", "2013-10-26T00:00:00Z", "2013-10-27T00:00:00Z"),
        ] {
            check(every(interval), calendar, instant, start, end);
        }
    }

    const ZONES: [&str; 6] = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"];
    /// Days around which some of them put their clocks; St. John's did so a minute after midnight in 2010.
    const EDGES: [&str; 8] = ["2010-03-13", "2010-11-06", "2013-03-09", "2013-03-30", "2013-04-05", "2013-10-04", "2013-10-26", "2013-11-02"];

    /// The beginnings of buckets in three days, found by looking at a clock every minute: `begins` is told what it says, and
    /// by how much it is ahead of UTC.
    fn walked(zone: &str, day: &str, mut begins: impl FnMut(NaiveDateTime, i32) -> bool) -> Vec<i64> {
        let zone: Tz = zone.parse().unwrap();
        let first = format!("{day}T00:00:00Z").parse::<DateTime<Utc>>().unwrap();
        let minutes = (0..3 * 24 * 60).map(|minute| first + TimeDelta::minutes(minute));
        let looked = minutes.filter(|instant| {
            let local = instant.with_timezone(&zone);
            begins(local.naive_local(), local.offset().fix().local_minus_utc())
        });
        // Where the first one began was not seen.
        looked.skip(1).map(|instant| instant.timestamp_micros()).collect()
    }

    fn compare(starts: &[i64], interval: &str, calendar: &str, day: &str) {
        assert!(starts.len() > 1, "{interval} {calendar} {day}");
        for pair in starts.windows(2) {
            let [start, end] = pair else { unreachable!() };
            for instant in [*start, *start + 59_999_999, *start + (*end - *start) / 2, *end - 1] {
                let found = bucket_of(instant, every(interval), calendar.parse::<Calendar>().unwrap());
                assert_eq!(found, (*start, *end), "{interval} {calendar} {day}: {}", DateTime::from_timestamp_micros(instant).unwrap());
            }
        }
    }

    #[test]
    fn minutes_go_by_elapsed_time_and_end_where_the_clock_is_put() {
        for (zone, day) in ZONES.iter().flat_map(|zone| EDGES.iter().map(move |day| (zone, day))) {
            for (interval, minutes, phase) in [("5 minutes", 5, 0), ("15 minutes", 15, 0), ("20 minutes", 20, 0), ("hour", 60, 0), ("30 minutes from 2013-01-01T00:10", 30, 10)] {
                let mut before = None;
                let starts = walked(zone, day, |wall, offset| {
                    let put = before.replace(offset) != Some(offset);
                    put || (wall.hour() * 60 + wall.minute() + 60 - phase).is_multiple_of(minutes)
                });
                compare(&starts, interval, zone, day);
            }
        }
    }

    #[test]
    fn hours_and_days_begin_when_the_wall_clock_says_so_for_the_first_time() {
        for (zone, day) in ZONES.iter().flat_map(|zone| EDGES.iter().map(move |day| (zone, day))) {
            for (interval, hours, phase, day_start) in [
                ("2 hours", 2, 0, 0),
                ("3 hours", 3, 0, 0),
                ("6 hours", 6, 0, 0),
                ("12 hours", 12, 0, 4),
                ("8 hours from 2013-01-01T06:00", 8, 6, 0),
                ("day", 24, 0, 0),
                ("day", 24, 1, 1),
                ("day", 24, 2, 2),
                ("day", 24, 3, 3),
                ("day", 24, 23, 23),
            ] {
                let mut latest = i32::MIN;
                let starts = walked(zone, day, |wall, _| {
                    let number = (wall.date().num_days_from_ce() * 24 + wall.hour().cast_signed() - phase).div_euclid(hours);
                    let begins = number > latest;
                    latest = latest.max(number);
                    begins
                });
                let calendar = if day_start == 0 { (*zone).to_owned() } else { format!("{zone} days-{day_start}") };
                compare(&starts, interval, &calendar, day);
            }
        }
    }

    const INTERVALS: [&str; 22] = [
        "second",
        "10 seconds",
        "minute",
        "5 minutes",
        "15 minutes",
        "30 minutes",
        "hour",
        "2 hours",
        "6 hours",
        "12 hours",
        "day",
        "3 days",
        "90 days",
        "week",
        "2 weeks",
        "2 weeks from 2024-01-02",
        "month",
        "1 month from 2024-01-25",
        "2 months",
        "6 months",
        "quarter",
        "year",
    ];

    proptest::proptest! {
        #[test]
        fn buckets_of_any_width_follow_each_other(seconds in 0_i64..4_000_000_000, interval in 0..22_usize, zone in 0..6_usize, day_start in 0_u32..24, week_start in 0..7_usize, year_start in 1_u32..13) {
            let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
            let settings = [format!(" weeks-{}", days[week_start]), format!(" years-{year_start}"), format!(" days-{day_start}")].concat();
            let calendar: Calendar = format!("{}{settings}", ZONES[zone]).parse().unwrap();
            let (micros, interval) = (seconds * 1_000_000 + 7, every(INTERVALS[interval]));
            let (start, end) = bucket_of(micros, interval, calendar);
            proptest::prop_assert!(start <= micros && micros < end);
            proptest::prop_assert_eq!(bucket_of(start, interval, calendar), (start, end));
            proptest::prop_assert_eq!(bucket_of(end - 1, interval, calendar), (start, end));
            proptest::prop_assert_eq!(bucket_of(end, interval, calendar).0, end);
            proptest::prop_assert!(bucket_of(start - 1, interval, calendar).1 == start);
            // What a grain does not look at changes none of its buckets.
            proptest::prop_assert_eq!(bucket_of(micros, interval, calendar.of(interval)), (start, end));
            // What is wider is made of whole buckets.
            if day_start == 0 {
                for wider in INTERVALS.map(every).into_iter().filter(|wider| interval.divides(*wider)) {
                    let whole = bucket_of(micros, wider, calendar);
                    proptest::prop_assert!(whole.0 <= start && end <= whole.1, "{} in {}", interval, wider);
                    proptest::prop_assert_eq!(bucket_of(start, wider, calendar), whole);
                }
            }
        }

        #[test]
        fn an_instant_lies_in_its_bucket_and_buckets_do_not_overlap(seconds in -4_000_000_000_i64..8_000_000_000, grain in 0..8_usize, zone in 0..6_usize) {
            let grain = [Grain::Second, Grain::Minute, Grain::Hour, Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Year][grain];
            let zone: Tz = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo"][zone].parse().unwrap();
            let micros = seconds * 1_000_000 + 7;
            let (start, end) = bucket_of(micros, grain, zone);
            proptest::prop_assert!(start <= micros && micros < end);
            proptest::prop_assert_eq!(bucket_of(start, grain, zone), (start, end));
            proptest::prop_assert_eq!(bucket_of(end - 1, grain, zone), (start, end));
            proptest::prop_assert_eq!(bucket_of(end, grain, zone).0, end);
        }
    }
}
