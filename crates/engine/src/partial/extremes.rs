//! Least and greatest values of whole numbers, floats, days and instants. Floats are in their total order, as `min` and
//! `max` of plans that are no partials are (`functions::extreme`) and as `order by` sorts: -0.0 before 0.0, NaN after everything.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};

use super::fold::{Cell, Cells, Fold, Numbers, Values};
use crate::error::{Error, Result};

/// Values that are ordered as keys are.
pub(crate) trait Ordered: ArrowPrimitiveType {
    fn key(value: Self::Native) -> i64;
    fn value(key: i64) -> Self::Native;
}

macro_rules! ordered {
    ($type:ty, $value:ident => $key:expr, $back:ident => $from:expr) => {
        impl Ordered for $type {
            fn key($value: Self::Native) -> i64 {
                $key
            }

            fn value($back: i64) -> Self::Native {
                $from
            }
        }
    };
}

ordered!(Int64Type, value => value, key => key);
ordered!(TimestampMicrosecondType, value => value, key => key);
ordered!(Date32Type, value => i64::from(value), key => key as i32);
ordered!(Float64Type, value => flipped(value.to_bits() as i64), key => f64::from_bits(flipped(key) as u64));

/// The bits of negative floats grow as the floats become less: all bits but the sign are turned. Twice is not at all.
fn flipped(bits: i64) -> i64 {
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The least values by group, or the greatest. State: one value, null where there was none.
pub(crate) struct Extremes<T, const GREATEST: bool> {
    cells: Cells<Extreme<T, GREATEST>>,
    data_type: DataType,
}

#[derive(Debug)]
struct Extreme<T, const GREATEST: bool> {
    key: i64,
    seen: u64,
    values: PhantomData<fn() -> T>,
}

impl<T, const GREATEST: bool> Clone for Extreme<T, GREATEST> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const GREATEST: bool> Copy for Extreme<T, GREATEST> {}

impl<T: Ordered, const GREATEST: bool> Cell for Extreme<T, GREATEST> {
    type Value = T::Native;
    const EMPTY: Self = Self { key: if GREATEST { i64::MIN } else { i64::MAX }, seen: 0, values: PhantomData };

    fn add(&mut self, value: T::Native) {
        self.join(&Self { key: T::key(value), seen: 1, values: PhantomData });
    }

    fn join(&mut self, other: &Self) {
        self.key = if GREATEST { self.key.max(other.key) } else { self.key.min(other.key) };
        self.seen |= other.seen;
    }
}

/// Whether values of a type are compared here.
pub(crate) fn takes(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int64 | DataType::Float64 | DataType::Date32 | DataType::Timestamp(TimeUnit::Microsecond, _))
}

/// Least or greatest values of a type that is taken.
pub(crate) fn of<const GREATEST: bool>(data_type: &DataType) -> Result<Box<dyn Fold>> {
    fn boxed<T: Ordered, const GREATEST: bool>(data_type: &DataType) -> Box<dyn Fold> {
        Box::new(Extremes::<T, GREATEST> { cells: Cells::default(), data_type: data_type.clone() })
    }
    Ok(match data_type {
        DataType::Int64 => boxed::<Int64Type, GREATEST>(data_type),
        DataType::Float64 => boxed::<Float64Type, GREATEST>(data_type),
        DataType::Date32 => boxed::<Date32Type, GREATEST>(data_type),
        DataType::Timestamp(TimeUnit::Microsecond, _) => boxed::<TimestampMicrosecondType, GREATEST>(data_type),
        other => return Err(Error::internal(format!("no extremes of {other}"))),
    })
}

impl<T: Ordered, const GREATEST: bool> Fold for Extremes<T, GREATEST> {
    fn grow(&mut self, groups: usize) {
        self.cells.grow(groups);
    }

    fn update(&mut self, values: &Values, rows: Range<usize>, numbers: Numbers<'_>) -> Result<()> {
        self.cells.update(values.array()?.as_primitive::<T>().values(), values, rows, numbers)
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let [extremes] = states else { return Err(Error::internal("an extreme has one state")) };
        let cell = |value: Option<T::Native>| value.map_or(Extreme::EMPTY, |value| Extreme { key: T::key(value), seen: 1, values: PhantomData });
        self.cells.join(extremes.as_primitive::<T>().iter().map(cell), groups);
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate()?])
    }

    fn evaluate(&mut self) -> Result<ArrayRef> {
        let values = self.cells.take().into_iter().map(|cell| (cell.seen > 0).then(|| T::value(cell.key)));
        Ok(Arc::new(values.collect::<PrimitiveArray<T>>().with_data_type(self.data_type.clone())))
    }

    fn size_bytes(&self) -> usize {
        self.cells.size_bytes()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, Date32Array, Float64Array, Int64Array, TimestampMicrosecondArray};
    use proptest::prelude::*;

    use super::super::fold::testing::{Rows, folded, rows};
    use super::*;

    fn check<T: Ordered>(array: &ArrayRef, rows: &Rows, groups: usize, segment: usize, less: fn(&T::Native, &T::Native) -> bool) {
        let values = array.as_primitive::<T>();
        for greatest in [false, true] {
            let mut expected: Vec<Option<T::Native>> = vec![None; groups];
            for ((passes, group), value) in rows.iter().zip(values) {
                let best = &mut expected[*group as usize];
                if let (true, Some(value)) = (*passes, value)
                    && best.is_none_or(|best| if greatest { less(&best, &value) } else { less(&value, &best) })
                {
                    *best = Some(value);
                }
            }
            let make = || if greatest { of::<true>(array.data_type()).unwrap() } else { of::<false>(array.data_type()).unwrap() };
            let found = folded(&make, Some(array), rows, groups, segment).unwrap();
            assert_eq!(found.data_type(), array.data_type());
            let expected: ArrayRef = Arc::new(expected.into_iter().collect::<PrimitiveArray<T>>().with_data_type(array.data_type().clone()));
            // Arrays of floats are compared bit by bit, NaN and the sign of zero included.
            assert_eq!(found.to_data(), expected.to_data(), "greatest: {greatest}");
        }
    }

    proptest! {
        #[test]
        fn extremes_are_those_of_the_values((rows, groups) in rows(300), numbers in proptest::collection::vec(proptest::option::weighted(0.9, any::<i64>()), 300), segment in 1_usize..400) {
            check::<Int64Type>(&(Arc::new(Int64Array::from(numbers.clone())) as ArrayRef), &rows, groups, segment, |a, b| a < b);
            let days: ArrayRef = Arc::new(numbers.iter().map(|number| number.map(|number| number as i32)).collect::<Date32Array>());
            check::<Date32Type>(&days, &rows, groups, segment, |a, b| a < b);
            let instants: ArrayRef = Arc::new(TimestampMicrosecondArray::from(numbers.clone()).with_timezone("UTC"));
            check::<TimestampMicrosecondType>(&instants, &rows, groups, segment, |a, b| a < b);
            // Any bits: subnormals, infinities and NaNs of both signs are among them.
            let floats: ArrayRef = Arc::new(numbers.iter().map(|number| number.map(|number| f64::from_bits(number as u64))).collect::<Float64Array>());
            check::<Float64Type>(&floats, &rows, groups, segment, |a, b| a.total_cmp(b).is_lt());
        }

        #[test]
        fn special_floats_are_ordered((rows, groups) in rows(40), picks in proptest::collection::vec(0..8_usize, 40), segment in 1_usize..60) {
            let special = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 1.5];
            let floats: ArrayRef = Arc::new(picks.iter().map(|pick| Some(special[*pick])).collect::<Float64Array>());
            check::<Float64Type>(&floats, &rows, groups, segment, |a, b| a.total_cmp(b).is_lt());
        }
    }
}
