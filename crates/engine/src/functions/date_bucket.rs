//! `date_bucket(interval, calendar, date)`: the instant at which the calendar bucket of a date begins.
//!
//! A date has no time of day and lies in no zone. Its bucket is found by the date alone; only where that bucket begins is told by
//! the clock of a zone, so that buckets of dates and of instants meet. What a date is compared with is the instant at which its
//! day begins.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{DataType, Date32Type, TimeUnit, TimestampMicrosecondType};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use datafusion::common::{exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility};

use super::bucket::{SECOND, after, bucket_of, day_of, day_start, first_of, reached};
use crate::semantic::calendar::Calendar;
use crate::semantic::grain::Grain;
use crate::semantic::interval::Interval;

/// A day in microseconds, where clocks are never put.
const DAY: i64 = 86_400 * SECOND;

/// The first instant of the bucket in which a date lies. Dates that the calendar cannot express are their own bucket.
pub(crate) fn bucket_of_date(days: i32, interval: Interval, calendar: Calendar) -> i64 {
    let found = NaiveDate::from_epoch_days(days).and_then(|date| placed(date, interval, calendar));
    found.unwrap_or_else(|| i64::from(days).saturating_mul(DAY))
}

fn placed(date: NaiveDate, interval: Interval, calendar: Calendar) -> Option<i64> {
    if interval.unit() < Grain::Day {
        // Without a time of day it is of the hour with which its day begins.
        return Some(bucket_of(day_start(date, calendar)?, interval, calendar).0);
    }
    let begins = TimeDelta::hours(calendar.day_start.into());
    let first = first_of(date.and_time(NaiveTime::MIN).checked_add_signed(begins)?, interval, calendar)?;
    let (start, end) = (reached(first, calendar.zone)?, reached(after(first, interval)?, calendar.zone)?);
    // A day that a zone left out at the date line has no instant of its own, and counts with the day before.
    Some(if start == end { bucket_of(start.saturating_sub(1), interval, calendar).0 } else { start })
}

/// The first date whose day begins at an instant or later. The ends of the calendar stand for what is beyond them.
pub(crate) fn first_date(micros: i64, calendar: Calendar) -> NaiveDate {
    let found = || {
        let mut date = day_of(micros, calendar)?;
        while day_start(date, calendar)? < micros {
            date = date.succ_opt()?;
        }
        Some(date)
    };
    found().unwrap_or(if micros < 0 { NaiveDate::MIN } else { NaiveDate::MAX })
}

/// The function for one width and calendar. They are part of its name and identity, so that plans with other ones differ.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct DateBucket {
    interval: Interval,
    calendar: Calendar,
    name: String,
    signature: Signature,
}

impl DateBucket {
    /// The function as DataFusion takes it.
    pub(crate) fn udf(interval: impl Into<Interval>, calendar: impl Into<Calendar>) -> ScalarUDF {
        let (interval, calendar) = (interval.into(), calendar.into());
        // A date begins with its day, also in buckets of hours.
        let calendar = Calendar { day_start: calendar.day_start, ..calendar.of(interval) };
        ScalarUDF::from(Self {
            interval,
            calendar,
            name: format!("date_bucket_{interval}_{calendar}"),
            signature: Signature::new(TypeSignature::Exact(vec![DataType::Date32]), Volatility::Immutable),
        })
    }

    pub(crate) fn interval(&self) -> Interval {
        self.interval
    }

    pub(crate) fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// Whether its buckets begin at the midnights of UTC, as dates are stored.
    pub(crate) fn is_of_utc(&self) -> bool {
        self.calendar.zone == Tz::UTC && self.calendar.day_start == 0
    }
}

impl ScalarUDFImpl for DateBucket {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [DataType::Date32] => Ok(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
            _ => plan_err!("date_bucket takes one date"),
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [dates] = arguments.args.as_slice() else { return exec_err!("date_bucket takes one date") };
        let dates = dates.to_array(arguments.number_rows)?;
        Ok(ColumnarValue::Array(bucket_all(&dates, self.interval, self.calendar)))
    }
}

/// The first instants of the buckets of dates.
pub(crate) fn bucket_all(dates: &ArrayRef, interval: Interval, calendar: Calendar) -> ArrayRef {
    let dates = dates.as_primitive::<Date32Type>();
    let mut buckets = DateBuckets::new(interval, calendar);
    let values: Vec<i64> = dates.values().iter().map(|days| buckets.of(*days)).collect();
    Arc::new(PrimitiveArray::<TimestampMicrosecondType>::new(values.into(), dates.nulls().cloned()).with_timezone("UTC"))
}

/// Buckets of dates that were met before, the last one first: there are few dates, and rows come in runs of them.
struct DateBuckets {
    interval: Interval,
    calendar: Calendar,
    last: Option<(i32, i64)>,
    known: HashMap<i32, i64>,
}

impl DateBuckets {
    fn new(interval: Interval, calendar: Calendar) -> Self {
        Self { interval, calendar, last: None, known: HashMap::new() }
    }

    fn of(&mut self, days: i32) -> i64 {
        match self.last {
            Some((last, start)) if last == days => start,
            _ => {
                let start = *self.known.entry(days).or_insert_with(|| bucket_of_date(days, self.interval, self.calendar));
                self.last = Some((days, start));
                start
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Datelike};

    use super::*;

    const ZONES: [&str; 8] = ["UTC", "America/New_York", "Pacific/Honolulu", "Asia/Tokyo", "Pacific/Kiritimati", "Asia/Kolkata", "America/Sao_Paulo", "America/St_Johns"];

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn bucket(date: &str, interval: &str, calendar: &str) -> String {
        let micros = bucket_of_date(day(date).to_epoch_days(), interval.parse().unwrap(), calendar.parse().unwrap());
        DateTime::from_timestamp_micros(micros).unwrap().format("%FT%TZ").to_string()
    }

    #[test]
    fn a_date_belongs_to_the_bucket_that_it_names_and_that_begins_with_the_clock_of_the_zone() {
        for (date, interval, calendar, expected) in [
            ("2024-03-01", "day", "UTC", "2024-03-01T00:00:00Z"),
            ("2024-03-01", "day", "America/New_York", "2024-03-01T05:00:00Z"),
            ("2024-03-01", "month", "America/New_York", "2024-03-01T05:00:00Z"),
            ("2024-03-31", "month", "Asia/Tokyo", "2024-02-29T15:00:00Z"),
            ("2024-01-01", "year", "Pacific/Honolulu", "2024-01-01T10:00:00Z"),
            ("2024-03-03", "week", "Pacific/Kiritimati", "2024-02-25T10:00:00Z"),
            ("2024-03-03", "week", "Asia/Kolkata weeks-Sun", "2024-03-02T18:30:00Z"),
            ("2024-03-31", "year", "America/New_York years-4", "2023-04-01T04:00:00Z"),
            ("2024-04-01", "quarter", "America/New_York years-4", "2024-04-01T04:00:00Z"),
            ("2024-01-15", "2 weeks from 2024-01-02", "America/New_York", "2024-01-02T05:00:00Z"),
            // Days begin at six, and a date is a whole one of them.
            ("2024-03-01", "day", "America/New_York days-6", "2024-03-01T11:00:00Z"),
            ("2024-03-01", "month", "UTC days-6", "2024-03-01T06:00:00Z"),
            ("2024-03-01", "hour", "UTC days-6", "2024-03-01T06:00:00Z"),
            ("2024-03-01", "hour", "America/New_York", "2024-03-01T05:00:00Z"),
            // The day began at one o'clock.
            ("2013-10-20", "day", "America/Sao_Paulo", "2013-10-20T03:00:00Z"),
            // Days that the date line left out: their month and year are theirs.
            ("1994-12-31", "day", "Pacific/Kiritimati", "1994-12-30T10:00:00Z"),
            ("1994-12-31", "year", "Pacific/Kiritimati", "1994-01-01T10:00:00Z"),
            ("2011-12-30", "month", "Pacific/Apia", "2011-12-01T10:00:00Z"),
        ] {
            assert_eq!(bucket(date, interval, calendar), expected, "{date} by {interval} in {calendar}");
        }
    }

    proptest::proptest! {
        #[test]
        fn an_instant_of_a_day_and_its_date_are_of_one_bucket(days in 0_i32..40_000, zone in 0..8_usize, day_start_hour in 0_u32..24, week_start in 0..7_usize, year_start in 1_u32..13, interval in 0..8_usize) {
            let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
            let settings = [format!(" weeks-{}", names[week_start]), format!(" years-{year_start}"), format!(" days-{day_start_hour}")].concat();
            let calendar: Calendar = format!("{}{settings}", ZONES[zone]).parse().unwrap();
            let interval: Interval = ["day", "3 days", "week", "2 weeks from 2024-01-02", "month", "4 months", "quarter", "year"][interval].parse().unwrap();
            let date = NaiveDate::from_epoch_days(days).unwrap();
            let begins = day_start(date, calendar).unwrap();
            // But for the one that the date line left out.
            if day_of(begins, calendar) == Some(date) {
                proptest::prop_assert_eq!(bucket_of_date(days, interval, calendar), bucket_of(begins, interval, calendar).0);
                proptest::prop_assert_eq!(first_date(begins, calendar), date);
                proptest::prop_assert_eq!(first_date(begins + 1, calendar), date.succ_opt().unwrap());
            }
        }

        #[test]
        fn months_of_dates_are_those_that_they_name(days in 0_i32..40_000, zone in 0..8_usize) {
            let zone: Tz = ZONES[zone].parse().unwrap();
            let date = NaiveDate::from_epoch_days(days).unwrap();
            let first = date.with_day(1).unwrap();
            proptest::prop_assert_eq!(bucket_of_date(days, Grain::Month.into(), zone.into()), day_start(first, zone.into()).unwrap());
            proptest::prop_assert_eq!(first.month(), date.month());
        }
    }
}
