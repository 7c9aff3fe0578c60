//! `time_bucket(interval, calendar, instant)`: the instant at which the calendar bucket of an instant begins.
//!
//! A bucket is computed with the calendar once and then reused for every following instant inside it, so that rows
//! sorted by time, which segments are, cost two comparisons each. What buckets there are is said in [`bucket`](super::bucket).

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility};

use super::bucket::{Bucket, bucket_of};
use crate::semantic::calendar::Calendar;
use crate::semantic::interval::Interval;

/// The function for one width and calendar. They are part of its name and identity, so that plans with other ones differ.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TimeBucket {
    interval: Interval,
    calendar: Calendar,
    name: String,
    signature: Signature,
}

impl TimeBucket {
    /// The function as DataFusion takes it.
    pub(crate) fn udf(interval: impl Into<Interval>, calendar: impl Into<Calendar>) -> ScalarUDF {
        let interval = interval.into();
        let calendar = calendar.into().of(interval);
        let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        ScalarUDF::from(Self {
            interval,
            calendar,
            name: format!("time_bucket_{interval}_{calendar}"),
            signature: Signature::new(TypeSignature::Exact(vec![instant]), Volatility::Immutable),
        })
    }
}

impl TimeBucket {
    pub(crate) fn interval(&self) -> Interval {
        self.interval
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
        Ok(ColumnarValue::Array(bucket_all(&instants, self.interval, self.calendar)))
    }
}

/// The beginnings of the buckets of instants in microseconds.
pub(super) fn bucket_all(instants: &ArrayRef, interval: Interval, calendar: Calendar) -> ArrayRef {
    let instants = instants.as_primitive::<TimestampMicrosecondType>();
    let mut buckets = Buckets::new(interval, calendar);
    let values: Vec<i64> = instants.values().iter().map(|instant| buckets.of(*instant).0).collect();
    Arc::new(PrimitiveArray::<TimestampMicrosecondType>::new(values.into(), instants.nulls().cloned()).with_data_type(instants.data_type().clone()))
}

/// Buckets that were computed before. The one of the instant before is looked at first: rows of a segment are sorted by
/// time more often than not. Groups of a rollup are not, and there each bucket is met again and again.
#[derive(Debug)]
pub(crate) struct Buckets {
    interval: Interval,
    calendar: Calendar,
    last: Bucket,
    known: BTreeMap<i64, i64>,
}

impl Buckets {
    /// Most that are remembered.
    const KNOWN_MAX: usize = 4_096;

    pub(crate) fn new(interval: impl Into<Interval>, calendar: impl Into<Calendar>) -> Self {
        Self { interval: interval.into(), calendar: calendar.into(), last: (0, 0), known: BTreeMap::new() }
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
                    let bucket = bucket_of(micros, self.interval, self.calendar);
                    self.known.insert(bucket.0, bucket.1);
                    bucket
                }
            };
        }
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::bucket::SECOND;
    use crate::semantic::grain::Grain;

    proptest::proptest! {
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
