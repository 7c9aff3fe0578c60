//! A group key as small codes: each distinct value of the key has one, so that groups are addressed by number instead of
//! being looked up by hash. Keys over text cost one evaluation per distinct value, not one per row.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, PrimitiveArray, UInt32Array};
use arrow::compute;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimeUnit, TimestampMicrosecondType};
use datafusion::physical_plan::aggregates::group_values::new_group_values;
use datafusion::physical_plan::aggregates::order::GroupOrdering;

use super::columns::{Coded, Column};
use crate::error::{Error, Result};
use crate::functions::time_bucket::{Bucket, bucket_of};
use crate::semantic::grain::Grain;

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
    Ok(Coded { codes: groups.into_iter().map(narrow).collect::<Vec<u32>>().into(), values })
}

/// Codes of a key that is evaluated on the distinct values of another column.
pub(crate) fn encode_through(codes: &UInt32Array, evaluated: &ArrayRef) -> Result<Coded> {
    let inner = encode(evaluated)?;
    let meaning = inner.codes.values();
    let codes: Vec<u32> = codes.values().iter().map(|code| meaning.get(*code as usize).copied().unwrap_or(0)).collect();
    Ok(Coded { codes: codes.into(), values: inner.values })
}

fn dense(array: &Int64Array) -> Option<Coded> {
    let (min, max) = (compute::min(array)?, compute::max(array)?);
    let width = max.checked_sub(min).filter(|width| *width < DENSE_INTEGERS)?;
    let null = narrow(usize::try_from(width + 1).ok()?);
    let code = |value: i64| u32::try_from(value - min).unwrap_or(null);
    let codes: Vec<u32> =
        if array.null_count() == 0 { array.values().iter().map(|value| code(*value)).collect() } else { array.iter().map(|value| value.map_or(null, code)).collect() };
    let nulls = (array.null_count() > 0).then_some(None);
    let values: PrimitiveArray<Int64Type> = (min..=max).map(Some).chain(nulls).collect();
    Some(Coded { codes: codes.into(), values: Arc::new(values) })
}

/// Codes of the calendar buckets of instants. Rows of a segment are sorted by time more often than not, so a row costs
/// two comparisons while it stays in the bucket of the row before it.
pub(crate) fn buckets(instants: &ArrayRef, grain: Grain, zone: chrono_tz::Tz) -> Result<Coded> {
    let DataType::Timestamp(TimeUnit::Microsecond, _) = instants.data_type() else { return Err(Error::internal("a bucket of what is not an instant")) };
    let array = instants.as_primitive::<TimestampMicrosecondType>();
    let mut known: HashMap<i64, u32> = HashMap::new();
    let mut starts: Vec<Option<i64>> = Vec::new();
    let (mut bucket, mut current): (Bucket, u32) = ((0, 0), 0);
    let mut null = None;
    let mut code_of = |instant: i64, starts: &mut Vec<Option<i64>>| {
        if instant < bucket.0 || instant >= bucket.1 {
            bucket = bucket_of(instant, grain, zone);
            current = *known.entry(bucket.0).or_insert_with(|| {
                starts.push(Some(bucket.0));
                narrow(starts.len() - 1)
            });
        }
        current
    };
    let codes: Vec<u32> = if array.null_count() == 0 {
        array.values().iter().map(|instant| code_of(*instant, &mut starts)).collect()
    } else {
        array
            .iter()
            .map(|instant| match instant {
                Some(instant) => code_of(instant, &mut starts),
                None => *null.get_or_insert_with(|| {
                    starts.push(None);
                    narrow(starts.len() - 1)
                }),
            })
            .collect()
    };
    let values = PrimitiveArray::<TimestampMicrosecondType>::from_iter(starts).with_data_type(instants.data_type().clone());
    Ok(Coded { codes: codes.into(), values: Arc::new(values) })
}

/// Dense group numbers of the rows, and for each group its row of key values.
pub(crate) struct Groups {
    /// Group of each row.
    pub rows: Vec<usize>,
    /// Key columns, one row a group.
    pub keys: Vec<ArrayRef>,
    pub count: usize,
}

/// Largest space of combined codes that is addressed directly: four bytes each, so the table fits the cache of a core.
const DIRECT_SLOTS: u64 = 1 << 20;

/// Combines the codes of several keys into groups, in the order in which groups appear.
pub(crate) fn group(keys: &[Coded], rows: usize) -> Result<Groups> {
    if keys.is_empty() {
        return Ok(Groups { rows: vec![0; rows], keys: Vec::new(), count: usize::from(rows > 0) });
    }
    let Some(_) = keys.iter().try_fold(1_u64, |space, key| space.checked_mul(key.values.len().max(1) as u64)) else {
        return interned(keys);
    };
    let mut space: u64 = 1;
    let mut combined: Vec<u64> = Vec::new();
    for key in keys {
        let width = key.values.len().max(1) as u64;
        if combined.is_empty() {
            combined = key.codes.values().iter().map(|code| u64::from(*code)).collect();
        } else {
            for (sum, code) in combined.iter_mut().zip(key.codes.values()) {
                *sum += u64::from(*code) * space;
            }
        }
        space *= width;
    }
    // First appearance of each group, as its combined code.
    let mut found: Vec<u64> = Vec::new();
    let numbers: Vec<usize> = if space <= DIRECT_SLOTS {
        const EMPTY: u32 = u32::MAX;
        let mut slots = vec![EMPTY; usize::try_from(space).unwrap_or(0)];
        let number = |combined: &u64| {
            let Some(slot) = slots.get_mut(*combined as usize) else { return 0 };
            if *slot == EMPTY {
                *slot = narrow(found.len());
                found.push(*combined);
            }
            *slot as usize
        };
        combined.iter().map(number).collect()
    } else {
        let mut known: HashMap<u64, u32, foldhash::fast::FixedState> = HashMap::default();
        let number = |combined: &u64| {
            let next = narrow(found.len());
            let number = *known.entry(*combined).or_insert_with(|| {
                found.push(*combined);
                next
            });
            number as usize
        };
        combined.iter().map(number).collect()
    };
    let count = found.len();
    let mut rest = found;
    let mut columns = Vec::with_capacity(keys.len());
    for key in keys {
        let width = key.values.len().max(1) as u64;
        let codes: UInt32Array = rest.iter().map(|combined| (combined % width) as u32).collect::<Vec<u32>>().into();
        rest.iter_mut().for_each(|combined| *combined /= width);
        columns.push(compact(compute::take(&key.values, &codes, None)?));
    }
    Ok(Groups { rows: numbers, keys: columns, count })
}

/// Groups of keys whose codes have no common number: there are more combinations than 64 bits count.
fn interned(keys: &[Coded]) -> Result<Groups> {
    let arrays = keys.iter().map(|key| Ok(compute::take(&key.values, &key.codes, None)?)).collect::<Result<Vec<_>>>()?;
    let fields = arrays.iter().enumerate().map(|(index, array)| Field::new(index.to_string(), array.data_type().clone(), true));
    let mut known = new_group_values(Arc::new(Schema::new(fields.collect::<Vec<_>>())), &GroupOrdering::None)?;
    let mut rows = Vec::new();
    known.intern(&arrays, &mut rows)?;
    Ok(Groups { rows, count: known.len(), keys: known.emit(datafusion::logical_expr::EmitTo::All)? })
}

/// Text that is kept must not hold on to all the text of its segment.
fn compact(array: ArrayRef) -> ArrayRef {
    match array.as_string_view_opt() {
        Some(text) => Arc::new(text.gc()),
        None => array,
    }
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
    let array = compute::take(&coded.values, &coded.codes, None).unwrap();
    array.as_primitive::<T>().iter().collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float64Array, StringViewArray, TimestampMicrosecondArray};
    use arrow::datatypes::Float64Type;
    use proptest::prelude::*;

    use super::*;

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
        fn buckets_are_those_of_the_function(micros in proptest::collection::vec(proptest::option::of(0_i64..4_000_000_000_000_000), 0..50)) {
            let array: ArrayRef = Arc::new(TimestampMicrosecondArray::from(micros.clone()).with_timezone("UTC"));
            let zone = chrono_tz::Europe::Berlin;
            let expected: Vec<Option<i64>> = micros.iter().map(|micros| micros.map(|micros| bucket_of(micros, Grain::Day, zone).0)).collect();
            prop_assert_eq!(decoded::<TimestampMicrosecondType>(&buckets(&array, Grain::Day, zone).unwrap()), expected);
        }

        #[test]
        fn equal_rows_share_a_group(rows in proptest::collection::vec((0_i64..4, 0_i64..2_000_000), 0..100)) {
            let column = |pick: fn(&(i64, i64)) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(rows.iter().map(pick))) };
            let keys = [encode(&column(|row| row.0)).unwrap(), encode(&column(|row| row.1)).unwrap()];
            let groups = group(&keys, rows.len()).unwrap();
            let (first, second) = (groups.keys[0].as_primitive::<Int64Type>(), groups.keys[1].as_primitive::<Int64Type>());
            let distinct: std::collections::HashSet<_> = rows.iter().collect();
            prop_assert_eq!(groups.count, distinct.len());
            for (row, number) in rows.iter().zip(&groups.rows) {
                prop_assert_eq!((first.value(*number), second.value(*number)), *row);
            }
        }
    }

    #[test]
    fn a_large_space_of_codes_is_hashed() {
        let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..3_000).map(|row| format!("t{row}"))));
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((0..3_000).map(|row| row * 100_000)));
        let groups = group(&[encode(&texts).unwrap(), encode(&numbers).unwrap()], 3_000).unwrap();
        assert_eq!((groups.count, groups.rows[2_999]), (3_000, 2_999));
    }

    #[test]
    fn more_combinations_than_can_be_counted_are_interned() {
        let wide: ArrayRef = Arc::new(Int64Array::from(vec![0, 65_535, 0]));
        let groups = group(&vec![encode(&wide).unwrap(); 5], 3).unwrap();
        assert_eq!((groups.count, groups.rows), (2, vec![0, 1, 0]));
        assert_eq!(groups.keys[4].as_primitive::<Int64Type>().values(), &[0, 65_535]);
    }

    #[test]
    fn a_key_over_text_is_evaluated_once_per_value() {
        let codes = UInt32Array::from(vec![0, 2, 1, 0]);
        let evaluated: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None, Some(7)]));
        assert_eq!(decoded::<Int64Type>(&encode_through(&codes, &evaluated).unwrap()), [Some(7), Some(7), None, Some(7)]);
    }
}
