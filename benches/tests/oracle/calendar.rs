//! The calendar of the test, which shares nothing with the engine's. Days and longer buckets are computed by DuckDB with
//! ICU; hours, of which a clock change makes two or a shorter one, are found by walking back minute by minute.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Offset, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;

/// Zones of questions: none, whole hours with clock changes north and south of the equator, a quarter of an hour, a
/// change by half an hour, and a change at midnight.
pub(crate) const ZONES: [&str; 6] = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo"];

/// Instants in 2013 at which the clocks of these zones change.
pub(crate) const CHANGES: [&str; 8] = [
    "2013-02-17T02:00:00Z",
    "2013-03-10T07:00:00Z",
    "2013-03-31T01:00:00Z",
    "2013-04-06T15:00:00Z",
    "2013-10-05T15:30:00Z",
    "2013-10-20T03:00:00Z",
    "2013-10-27T01:00:00Z",
    "2013-11-03T06:00:00Z",
];

/// Lengths of buckets from a day on, which have a column each.
pub(crate) const LONG: [&str; 5] = ["day", "week", "month", "quarter", "year"];

const MINUTE_US: i64 = 60_000_000;

pub(crate) fn micros(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
}

fn local(micros: i64, zone: Tz) -> DateTime<Tz> {
    DateTime::from_timestamp_micros(micros).unwrap().with_timezone(&zone)
}

/// The day on which an instant lies.
pub(crate) fn day_of(micros: i64, zone: &str) -> NaiveDate {
    local(micros, zone.parse().unwrap()).date_naive()
}

/// The first instant from which on the wall clock shows the same hour under the same offset.
pub(crate) fn hour_start(micros: i64, zone: &str) -> i64 {
    let zone: Tz = zone.parse().unwrap();
    let face = |minute: i64| {
        let time = local(minute, zone);
        (time.offset().fix().local_minus_utc(), time.date_naive(), time.hour())
    };
    let mut minute = micros.div_euclid(MINUTE_US) * MINUTE_US;
    let shown = face(minute);
    while face(minute - MINUTE_US) == shown {
        minute -= MINUTE_US;
    }
    minute
}

/// When the clocks showed the same some days before; where they skipped it, when they were put.
pub(crate) fn days_before(micros: i64, count: i64, zone: &str) -> i64 {
    let zone: Tz = zone.parse().unwrap();
    let face = local(micros, zone).naive_local() - TimeDelta::days(count);
    if let Some(there) = zone.from_local_datetime(&face).earliest() {
        return there.timestamp_micros();
    }
    let minute = face.with_second(0).unwrap().with_nanosecond(0).unwrap();
    (1..).find_map(|later| zone.from_local_datetime(&(minute + TimeDelta::minutes(later))).earliest()).unwrap().timestamp_micros()
}

/// The first day of the week, month, quarter or year of a day, or the day itself.
pub(crate) fn floor(day: NaiveDate, unit: &str) -> NaiveDate {
    match unit {
        "week" => day - TimeDelta::days(day.weekday().num_days_from_monday().into()),
        "month" => day.with_day(1).unwrap(),
        "quarter" => NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1).unwrap(),
        "year" => NaiveDate::from_ymd_opt(day.year(), 1, 1).unwrap(),
        _ => day,
    }
}

/// A day some units later or earlier.
pub(crate) fn step(day: NaiveDate, unit: &str, count: i64) -> NaiveDate {
    let months = |each: u64| {
        let months = Months::new((count.unsigned_abs() * each) as u32);
        if count < 0 { day - months } else { day + months }
    };
    let days = |each: u64| {
        let days = Days::new(count.unsigned_abs() * each);
        if count < 0 { day - days } else { day + days }
    };
    match unit {
        "week" => days(7),
        "month" => months(1),
        "quarter" => months(3),
        "year" => months(12),
        _ => days(1),
    }
}

/// SQL for the instant, as a timestamp of UTC, that the clocks of a zone show.
pub(crate) fn shown_in(zone: &str, local: &str) -> String {
    format!("timezone('UTC', timezone('{zone}', timestamp '{local}'))")
}

/// SQL for the first instant of a day.
pub(crate) fn day_start(day: NaiveDate, zone: &str) -> String {
    shown_in(zone, &format!("{day} 00:00:00"))
}

/// SQL for the first instant of the day that a date names.
pub(crate) fn day_begins(date: &str, zone: &str) -> String {
    format!("timezone('UTC', timezone('{zone}', {date}::timestamp))")
}

/// SQL for the first instant of the bucket of an instant, from a day on.
pub(crate) fn long_bucket(unit: &str, instant: &str, zone: &str) -> String {
    bucket_of_face(unit, &face(instant, zone), zone)
}

/// SQL for what the clocks of a zone show at an instant.
pub(crate) fn face(instant: &str, zone: &str) -> String {
    format!("timezone('{zone}', timezone('UTC', {instant}))")
}

/// The same for what clocks show.
pub(crate) fn bucket_of_face(unit: &str, face: &str, zone: &str) -> String {
    format!("timezone('UTC', timezone('{zone}', date_trunc('{unit}', {face})::timestamp))")
}

/// SQL for an instant.
pub(crate) fn instant(micros: i64) -> String {
    format!("make_timestamp({micros})")
}

#[test]
fn hours_end_where_the_clock_changes() {
    for (zone, instant, start) in [
        ("UTC", "1969-12-31T23:59:59Z", "1969-12-31T23:00:00Z"),
        ("Asia/Kathmandu", "2013-01-01T00:00:00Z", "2012-12-31T23:15:00Z"),
        ("America/New_York", "2013-11-03T05:30:00Z", "2013-11-03T05:00:00Z"),
        ("America/New_York", "2013-11-03T06:30:00Z", "2013-11-03T06:00:00Z"),
        ("Australia/Lord_Howe", "2013-04-06T14:59:00Z", "2013-04-06T14:00:00Z"),
        ("Australia/Lord_Howe", "2013-04-06T15:10:00Z", "2013-04-06T15:00:00Z"),
        ("Australia/Lord_Howe", "2013-04-06T15:40:00Z", "2013-04-06T15:30:00Z"),
        ("Australia/Lord_Howe", "2013-10-05T15:45:00Z", "2013-10-05T15:30:00Z"),
    ] {
        assert_eq!(hour_start(micros(instant), zone), micros(start), "{zone} {instant}");
    }
}
