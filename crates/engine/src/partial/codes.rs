//! A group key as small codes: each distinct value of the key has one, so that groups are addressed by number instead of
//! being looked up by hash. Keys over text cost one evaluation per distinct value, not one per row.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, PrimitiveArray};
use arrow::compute;
use arrow::datatypes::{DataType, Date32Type, Field, Int64Type, Schema, TimeUnit, TimestampMicrosecondType};
use datafusion::physical_plan::aggregates::group_values::new_group_values;
use datafusion::physical_plan::aggregates::order::GroupOrdering;

use super::columns::{Coded, Column};
use super::narrow::Codes;
use crate::error::{Error, Result};
use crate::functions::bucket::{Bucket, bucket_of};
use crate::functions::date_bucket::bucket_of_date;
use crate::functions::time_bucket::Buckets;
use crate::semantic::calendar::Calendar;
use crate::semantic::interval::Interval;

/// Widest range of integers that is addressed by value.
const DENSE_INTEGERS: i64 = 1 << 16;

/// Codes of any array: dense where integers lie close together, by DataFusion's interning of values elsewhere.
pub(crate) fn encode(array: &ArrayRef) -> Result<Coded> {
    if *array.data_type() == DataType::Int64
        && let Some(coded) = dense(array.as_primitive())
    {
        return Ok(coded);
    }
    let schema = Arc::new(Schema::new(vec![Field::new("key", array.data_type().clone(), true)]));
    let mut known = new_group_values(schema, &GroupOrdering::None)?;
    let mut groups = Vec::with_capacity(array.len());
    known.intern(&[Arc::clone(array)], &mut groups)?;
    let values = known.emit(datafusion::logical_expr::EmitTo::All)?.pop().ok_or_else(|| Error::internal("a key without values"))?;
    Ok(Coded::new(Codes::from_iter(values.len(), groups.into_iter().map(narrow)), values, true))
}

/// Codes of a key that is evaluated on the distinct values of another column.
pub(crate) fn encode_through(coded: &Coded, evaluated: &ArrayRef) -> Result<Coded> {
    let inner = encode(evaluated)?;
    let mut meaning = vec![0; evaluated.len()];
    inner.codes.add_to(0..evaluated.len(), 1, &mut meaning);
    let codes = coded.codes.translated(&meaning, inner.values.len());
    Ok(Coded::new(codes, inner.values, coded.complete && inner.complete))
}

fn dense(array: &Int64Array) -> Option<Coded> {
    let (min, max) = (compute::min(array)?, compute::max(array)?);
    let width = max.checked_sub(min).filter(|width| *width < DENSE_INTEGERS)?;
    let null = usize::try_from(width + 1).ok()?;
    let code = |value: i64| u32::try_from(value - min).unwrap_or(narrow(null));
    let codes = match array.null_count() {
        0 => Codes::from_iter(null, array.values().iter().map(|value| code(*value))),
        _ => Codes::from_iter(null + 1, array.iter().map(|value| value.map_or(narrow(null), code))),
    };
    let nulls = (array.null_count() > 0).then_some(None);
    let values: PrimitiveArray<Int64Type> = (min..=max).map(Some).chain(nulls).collect();
    Some(Coded::new(codes, Arc::new(values), false))
}

/// Codes of the calendar buckets of instants. Rows of a segment are sorted by time more often than not: then a bucket is a
/// run of rows whose end is looked for in strides. Elsewhere a row costs two comparisons while it stays in the bucket of
/// the row before it.
pub(crate) fn buckets(instants: &ArrayRef, sorted: bool, interval: Interval, calendar: Calendar) -> Result<Coded> {
    let DataType::Timestamp(TimeUnit::Microsecond, _) = instants.data_type() else { return Err(Error::internal("a bucket of what is not an instant")) };
    let array = instants.as_primitive::<TimestampMicrosecondType>();
    let (codes, starts) = if sorted && array.null_count() == 0 { runs_of_buckets(array.values(), interval, calendar) } else { scattered_buckets(array, interval, calendar) };
    let values = PrimitiveArray::<TimestampMicrosecondType>::from_iter(starts).with_data_type(instants.data_type().clone());
    Ok(Coded::new(codes, Arc::new(values), true))
}

fn runs_of_buckets(instants: &[i64], interval: Interval, calendar: Calendar) -> (Codes, Vec<Option<i64>>) {
    let mut starts: Vec<Option<i64>> = Vec::new();
    let mut runs: Vec<(usize, u32)> = Vec::new();
    let mut from = 0;
    while let Some(first) = instants.get(from) {
        let bucket = bucket_of(*first, interval, calendar);
        let mut stride = 1;
        while instants.get(from + stride).is_some_and(|instant| *instant < bucket.1) {
            stride *= 2;
        }
        let rest = instants.get(from + stride / 2..instants.len().min(from + stride)).unwrap_or_default();
        let end = (from + stride / 2 + rest.partition_point(|instant| *instant < bucket.1)).max(from + 1);
        // A clock change can make two buckets with the same beginning only if they are one.
        if starts.last() != Some(&Some(bucket.0)) {
            starts.push(Some(bucket.0));
        }
        runs.push((end, narrow(starts.len() - 1)));
        from = end;
    }
    (Codes::from_runs(starts.len(), &runs), starts)
}

fn scattered_buckets(array: &PrimitiveArray<TimestampMicrosecondType>, interval: Interval, calendar: Calendar) -> (Codes, Vec<Option<i64>>) {
    let mut known: HashMap<Option<i64>, u32> = HashMap::new();
    let mut starts: Vec<Option<i64>> = Vec::new();
    let mut code_of = |start: Option<i64>| {
        *known.entry(start).or_insert_with(|| {
            starts.push(start);
            narrow(starts.len() - 1)
        })
    };
    let mut buckets = Buckets::new(interval, calendar);
    let (mut bucket, mut current): (Bucket, u32) = ((0, 0), 0);
    let codes: Vec<u32> = array
        .iter()
        .map(|instant| {
            let Some(instant) = instant else { return code_of(None) };
            if instant < bucket.0 || instant >= bucket.1 {
                bucket = buckets.of(instant);
                current = code_of(Some(bucket.0));
            }
            current
        })
        .collect();
    (Codes::from_iter(starts.len(), codes.into_iter()), starts)
}

/// Codes of the calendar buckets of dates. There are few dates, so each is looked up in the calendar once, and a row costs one
/// comparison while it has the date of the row before it.
pub(crate) fn date_buckets(dates: &ArrayRef, interval: Interval, calendar: Calendar) -> Result<Coded> {
    let array = dates.as_primitive_opt::<Date32Type>().ok_or_else(|| Error::internal("a bucket of what is not a date"))?;
    let (mut known, mut of_dates) = (HashMap::<Option<i64>, u32>::new(), HashMap::<Option<i32>, u32>::new());
    let mut starts: Vec<Option<i64>> = Vec::new();
    let mut last: Option<(Option<i32>, u32)> = None;
    let mut code_of = |date: Option<i32>| {
        let start = date.map(|days| bucket_of_date(days, interval, calendar));
        *known.entry(start).or_insert_with(|| {
            starts.push(start);
            narrow(starts.len() - 1)
        })
    };
    let codes: Vec<u32> = array
        .iter()
        .map(|date| match last {
            Some((before, code)) if before == date => code,
            _ => {
                let code = *of_dates.entry(date).or_insert_with(|| code_of(date));
                last = Some((date, code));
                code
            }
        })
        .collect();
    let codes = Codes::from_iter(starts.len(), codes.into_iter());
    let values = PrimitiveArray::<TimestampMicrosecondType>::from_iter(starts).with_timezone("UTC");
    Ok(Coded::new(codes, Arc::new(values), true))
}

/// Codes are counted in `u32`: a segment has at most 2^24 rows.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The key of a column as it is.
pub(crate) fn of_column(column: &Column) -> Result<Coded> {
    match column {
        Column::Coded(coded) => Ok(coded.clone()),
        Column::Plain(plain) => encode(&plain.array),
    }
}

/// Values of a primitive array, for tests.
#[cfg(test)]
fn decoded<T: arrow::datatypes::ArrowPrimitiveType>(coded: &Coded) -> Vec<Option<T::Native>> {
    let array = coded.codes.values(&coded.values).unwrap();
    array.as_primitive::<T>().iter().collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::{Date32Array, Float64Array, StringViewArray, TimestampMicrosecondArray};
    use arrow::datatypes::Float64Type;
    use proptest::prelude::*;

    use super::*;
    use crate::semantic::grain::Grain;

    proptest! {
        #[test]
        fn codes_stand_for_their_values(values in proptest::collection::vec(proptest::option::of(-5_i64..70_000), 0..200)) {
            let array: ArrayRef = Arc::new(Int64Array::from(values.clone()));
            prop_assert_eq!(&decoded::<Int64Type>(&encode(&array).unwrap()), &values);
            let floats: Vec<Option<f64>> = values.iter().map(|value| value.map(|value| value as f64 / 4.0)).collect();
            let array: ArrayRef = Arc::new(Float64Array::from(floats.clone()));
            prop_assert_eq!(decoded::<Float64Type>(&encode(&array).unwrap()), floats);
        }

        #[test]
        fn buckets_of_dates_are_those_of_the_function(days in proptest::collection::vec(proptest::option::of(0_i32..30_000), 0..50)) {
            let array: ArrayRef = Arc::new(Date32Array::from(days.clone()));
            for (interval, calendar) in [("day", "America/New_York"), ("2 weeks", "Asia/Tokyo weeks-Sun"), ("year", "UTC years-4 days-6")] {
                let (interval, calendar) = (interval.parse::<Interval>().unwrap(), calendar.parse::<Calendar>().unwrap());
                let expected: Vec<Option<i64>> = days.iter().map(|days| days.map(|days| bucket_of_date(days, interval, calendar))).collect();
                prop_assert_eq!(decoded::<TimestampMicrosecondType>(&date_buckets(&array, interval, calendar).unwrap()), expected);
            }
        }

        #[test]
        fn buckets_are_those_of_the_function(micros in proptest::collection::vec(proptest::option::of(0_i64..4_000_000_000_000_000), 0..50)) {
            let array: ArrayRef = Arc::new(TimestampMicrosecondArray::from(micros.clone()).with_timezone("UTC"));
            let zone = chrono_tz::Europe::Berlin;
            let expected: Vec<Option<i64>> = micros.iter().map(|micros| micros.map(|micros| bucket_of(micros, Grain::Day, zone).0)).collect();
            prop_assert_eq!(decoded::<TimestampMicrosecondType>(&buckets(&array, false, Grain::Day.into(), zone.into()).unwrap()), expected);
            let mut sorted: Vec<i64> = micros.iter().flatten().copied().collect();
            sorted.sort_unstable();
            let array: ArrayRef = Arc::new(TimestampMicrosecondArray::from(sorted.clone()).with_timezone("UTC"));
            for grain in ["hour", "day", "6 hours", "2 weeks from 2024-01-02", "year"].map(|text| text.parse::<Interval>().unwrap()) {
                let coded = buckets(&array, true, grain, zone.into()).unwrap();
                let expected: Vec<Option<i64>> = sorted.iter().map(|micros| Some(bucket_of(*micros, grain, zone).0)).collect();
                prop_assert_eq!(decoded::<TimestampMicrosecondType>(&coded), expected);
                let distinct: std::collections::HashSet<_> = sorted.iter().map(|micros| bucket_of(*micros, grain, zone).0).collect();
                prop_assert_eq!(coded.values.len(), distinct.len());
            }
        }
    }

    #[test]
    fn a_key_over_text_is_evaluated_once_per_value() {
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["a", "b", "c"]));
        let coded = Coded::new(Codes::from_iter(3, [0, 2, 1, 0].into_iter()), texts, true);
        let evaluated: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None, Some(7)]));
        assert_eq!(decoded::<Int64Type>(&encode_through(&coded, &evaluated).unwrap()), [Some(7), Some(7), None, Some(7)]);
    }
}
