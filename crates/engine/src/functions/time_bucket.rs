//! `time_bucket(grain, zone, instant)`: the instant at which the calendar bucket of an instant begins.
//!
//! A bucket is computed with the calendar once and then reused for every following instant inside it, so that rows
//! sorted by time, which segments are, cost two comparisons each. Days begin at local midnight, or where a clock change
//! removed midnight at the first instant after it; an hour that a clock change repeats is two buckets.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use datafusion::common::{exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility};

use crate::semantic::calendar::Calendar;
use crate::semantic::grain::Grain;

/// A bucket in microseconds since the epoch: first instant, first instant after it.
pub(crate) type Bucket = (i64, i64);

const SECOND: i64 = 1_000_000;
const QUARTER_MINUTES: i64 = 15;

/// The function for one grain and calendar. They are part of its name and identity, so that plans with other ones differ.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TimeBucket {
    grain: Grain,
    calendar: Calendar,
    name: String,
    signature: Signature,
}

impl TimeBucket {
    /// The function as DataFusion takes it.
    pub(crate) fn udf(grain: Grain, calendar: impl Into<Calendar>) -> ScalarUDF {
        let calendar = calendar.into().of_grain(grain);
        let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        ScalarUDF::from(Self {
            grain,
            calendar,
            name: format!("time_bucket_{}_{calendar}", grain.as_str()),
            signature: Signature::new(TypeSignature::Exact(vec![instant]), Volatility::Immutable),
        })
    }
}

impl TimeBucket {
    pub(crate) fn grain(&self) -> Grain {
        self.grain
    }

    pub(crate) fn calendar(&self) -> Calendar {
        self.calendar
    }
}

impl ScalarUDFImpl for TimeBucket {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [instant @ DataType::Timestamp(TimeUnit::Microsecond, _)] => Ok(instant.clone()),
            _ => plan_err!("time_bucket takes one timestamp"),
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [instants] = arguments.args.as_slice() else { return exec_err!("time_bucket takes one timestamp") };
        let instants = instants.to_array(arguments.number_rows)?;
        Ok(ColumnarValue::Array(bucket_all(&instants, self.grain, self.calendar)))
    }
}

fn bucket_all(instants: &ArrayRef, grain: Grain, calendar: Calendar) -> ArrayRef {
    let instants = instants.as_primitive::<TimestampMicrosecondType>();
    let mut buckets = Buckets::new(grain, calendar);
    let values: Vec<i64> = instants.values().iter().map(|instant| buckets.of(*instant).0).collect();
    Arc::new(PrimitiveArray::<TimestampMicrosecondType>::new(values.into(), instants.nulls().cloned()).with_data_type(instants.data_type().clone()))
}

/// Buckets that were computed before. The one of the instant before is looked at first: rows of a segment are sorted by
/// time more often than not. Groups of a rollup are not, and there each bucket is met again and again.
#[derive(Debug)]
pub(crate) struct Buckets {
    grain: Grain,
    calendar: Calendar,
    last: Bucket,
    known: BTreeMap<i64, i64>,
}

impl Buckets {
    /// Most that are remembered.
    const KNOWN_MAX: usize = 4_096;

    pub(crate) fn new(grain: Grain, calendar: impl Into<Calendar>) -> Self {
        Self { grain, calendar: calendar.into(), last: (0, 0), known: BTreeMap::new() }
    }

    /// The bucket of an instant.
    pub(crate) fn of(&mut self, micros: i64) -> Bucket {
        if micros < self.last.0 || micros >= self.last.1 {
            let before = self.known.range(..=micros).next_back().map(|(start, end)| (*start, *end));
            self.last = match before.filter(|(_, end)| micros < *end) {
                Some(known) => known,
                None => {
                    if self.known.len() >= Self::KNOWN_MAX {
                        self.known.clear();
                    }
                    let bucket = bucket_of(micros, self.grain, self.calendar);
                    self.known.insert(bucket.0, bucket.1);
                    bucket
                }
            };
        }
        self.last
    }
}

/// The bucket of an instant. Instants that the calendar cannot express (beyond the year 262,000) are their own bucket.
pub(crate) fn bucket_of(micros: i64, grain: Grain, calendar: impl Into<Calendar>) -> Bucket {
    let calendar = calendar.into();
    let zone = calendar.zone;
    let fixed = |width: i64| {
        let start = micros.div_euclid(width).saturating_mul(width);
        (start, start.saturating_add(width))
    };
    match grain {
        Grain::Second => fixed(SECOND),
        Grain::Minute | Grain::Hour => {
            let width = if grain == Grain::Minute { 60_000_000 } else { 3_600_000_000 };
            if zone == Tz::UTC {
                return fixed(width);
            }
            let Some(instant) = DateTime::from_timestamp_micros(micros) else { return (micros, micros.saturating_add(1)) };
            within_offset(micros, instant, width, zone)
        }
        _ => calendar_bucket(micros, grain, calendar).unwrap_or((micros, micros.saturating_add(1))),
    }
}

/// Hours and minutes of a zone: multiples of the width in local time, cut where the offset changes inside of them.
fn within_offset(micros: i64, instant: DateTime<Utc>, width: i64, zone: Tz) -> Bucket {
    let offset = |instant: DateTime<Utc>| i64::from(zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc()) * 1_000_000;
    let shift = offset(instant);
    let start = (micros.saturating_add(shift)).div_euclid(width).saturating_mul(width) - shift;
    let end = start.saturating_add(width);
    let same = |micros: i64| DateTime::from_timestamp_micros(micros).is_some_and(|instant| offset(instant) == shift);
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

fn calendar_bucket(micros: i64, grain: Grain, calendar: Calendar) -> Option<Bucket> {
    let zone = calendar.zone;
    let day = DateTime::from_timestamp_micros(micros)?.with_timezone(&zone).date_naive();
    let first = match grain {
        Grain::Week => day.checked_sub_signed(TimeDelta::days(day.weekday().days_since(calendar.week_start).into()))?,
        Grain::Month => day.with_day(1)?,
        Grain::Quarter => first_of_months(day, 3, calendar)?,
        Grain::Year => first_of_months(day, 12, calendar)?,
        _ => day,
    };
    Some((day_start(first, zone)?, day_start(step(first, grain, 1)?, zone)?))
}

/// The first day of as many months as make a quarter or a year, counted from the month with which years begin.
fn first_of_months(day: NaiveDate, months: u32, calendar: Calendar) -> Option<NaiveDate> {
    let since = (day.month0() + 12 - (calendar.year_start - 1)) % months;
    day.with_day(1)?.checked_sub_months(Months::new(since))
}

/// A date some grains later (or, with a negative count, earlier). Grains below a day step by days.
pub(crate) fn step(date: NaiveDate, grain: Grain, count: i32) -> Option<NaiveDate> {
    let months = |months: i32| if months >= 0 { date.checked_add_months(Months::new(months.unsigned_abs())) } else { date.checked_sub_months(Months::new(months.unsigned_abs())) };
    match grain {
        Grain::Week => date.checked_add_signed(TimeDelta::try_weeks(count.into())?),
        Grain::Month => months(count),
        Grain::Quarter => months(count.checked_mul(3)?),
        Grain::Year => months(count.checked_mul(12)?),
        _ => date.checked_add_signed(TimeDelta::try_days(count.into())?),
    }
}

/// The first instant of a local day, in microseconds.
pub(crate) fn day_start(day: NaiveDate, zone: Tz) -> Option<i64> {
    let midnight = day.and_time(NaiveTime::MIN);
    let after = |minutes: i64| Some(zone.from_local_datetime(&midnight.checked_add_signed(TimeDelta::minutes(minutes))?).earliest()?.timestamp_micros());
    if let Some(start) = after(0) {
        return Some(start);
    }
    // Clock changes remove at most a few hours; a zone that skipped a whole day (the date line) has none of it. A quarter
    // of an hour that is there follows one that is not, so the change is between them.
    let found = (1..=24 * 4).find_map(|quarters| after(quarters * QUARTER_MINUTES))?;
    let begun = |micros: i64| DateTime::from_timestamp_micros(micros).is_some_and(|instant| instant.with_timezone(&zone).date_naive() >= day);
    Some(edge(found, found - QUARTER_MINUTES * 60 * SECOND, begun))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(grain: Grain, zone: &str, instant: &str, start: &str, end: &str) {
        let micros = |text: &str| text.parse::<DateTime<Utc>>().unwrap().timestamp_micros();
        let bucket = bucket_of(micros(instant), grain, zone.parse::<Calendar>().unwrap());
        let shown = |micros: i64| DateTime::from_timestamp_micros(micros).unwrap().to_rfc3339();
        assert_eq!((shown(bucket.0), shown(bucket.1)), (shown(micros(start)), shown(micros(end))), "{grain:?} {zone} {instant}");
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

    proptest::proptest! {
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

        #[test]
        fn remembered_buckets_are_those_of_the_calendar(seconds in proptest::collection::vec(1_300_000_000_i64..1_400_000_000, 1..60), grain in 0..4_usize) {
            let (grain, zone) = ([Grain::Hour, Grain::Day, Grain::Month, Grain::Year][grain], chrono_tz::Australia::Lord_Howe);
            let mut buckets = Buckets::new(grain, zone);
            for seconds in seconds.iter().chain(seconds.iter().rev()) {
                proptest::prop_assert_eq!(buckets.of(seconds * SECOND), bucket_of(seconds * SECOND, grain, zone));
            }
        }
    }
}
