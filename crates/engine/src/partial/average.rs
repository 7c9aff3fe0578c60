//! Averages: an exact sum and how many there were. Whole numbers are added as such, so that nobody has to write out a
//! column of floats first.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, Decimal128Array, Float64Array, Int64Array, UInt64Array};
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, Float64Type, Int64Type, UInt64Type};

use super::fold::{Cell, Cells, Fold, Numbers, Values};
use crate::error::{Error, Result};
use crate::functions::exact::ExactSum;

/// Averages of `Float64` or `Int64` by group. State: `UInt64` how many, which is not null, and the sum: of floats as [`Sums`]
/// has it, of whole numbers one of 128 bits.
#[derive(Debug)]
pub(crate) enum Average {
    Floats(Cells<Summed>),
    Whole(Cells<SummedWhole>),
}

/// A sum and how many values are in it.
#[derive(Debug, Clone)]
pub(crate) struct Summed {
    pub sum: ExactSum,
    pub count: u64,
}

/// The same out of whole numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SummedWhole {
    sum: i128,
    count: u64,
}

/// The type of a sum of whole numbers of any size.
const WHOLE: DataType = DataType::Decimal128(38, 0);

impl Cell for Summed {
    type Value = f64;
    const EMPTY: Self = Self { sum: ExactSum::ZERO, count: 0 };

    fn add(&mut self, value: f64) {
        self.sum.add(value);
        self.count += 1;
    }

    fn join(&mut self, other: &Self) {
        self.sum.join(&other.sum);
        self.count += other.count;
    }

    fn heap_bytes(&self) -> usize {
        self.sum.heap_bytes()
    }

    fn add_all(&mut self, values: &[f64]) {
        self.sum.add_all(values);
        self.count += values.len() as u64;
    }
}

impl Cell for SummedWhole {
    type Value = i64;
    const EMPTY: Self = Self { sum: 0, count: 0 };

    fn add(&mut self, value: i64) {
        self.sum = self.sum.wrapping_add(as_float(value));
        self.count += 1;
    }

    fn join(&mut self, other: &Self) {
        self.sum = self.sum.wrapping_add(other.sum);
        self.count += other.count;
    }

    fn add_all(&mut self, values: &[i64]) {
        let sum = if values.iter().all(|value| is_float(*value)) {
            // Lower halves, and upper ones beside them: neither can leave 64 bits, and several are added at once.
            let (lower, upper) = values.iter().fold((0_i64, 0_i64), |(lower, upper), value| (lower + (value & 0xffff_ffff), upper + (value >> 32)));
            (i128::from(upper) << 32) + i128::from(lower)
        } else {
            values.iter().map(|value| as_float(*value)).sum()
        };
        self.join(&Self { sum, count: values.len() as u64 });
    }
}

/// Whether a whole number is a float without being rounded.
fn is_float(value: i64) -> bool {
    value.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS
}

/// A whole number as the float that SQL makes of it before it is averaged.
fn as_float(value: i64) -> i128 {
    if is_float(value) { value.into() } else { value as f64 as i128 }
}

/// How many values are in each of some sums.
pub(super) fn counts(counts: impl Iterator<Item = u64>) -> Int64Array {
    counts.map(|count| i64::try_from(count).unwrap_or(i64::MAX)).collect()
}

/// Sums of floats as columns of a state: two floats whose sum it is, null where there was no value, and for the few that
/// these do not hold the rest.
pub(super) struct Sums<'a> {
    high: &'a Float64Array,
    low: &'a Float64Array,
    wide: &'a arrow::array::BinaryArray,
}

impl<'a> Sums<'a> {
    pub(super) fn fields() -> Vec<FieldRef> {
        [("sum", DataType::Float64), ("sum.low", DataType::Float64), ("sum.wide", DataType::Binary)]
            .map(|(name, data_type)| Arc::new(Field::new(name, data_type, true)))
            .to_vec()
    }

    pub(super) fn columns(sums: &[Summed]) -> Vec<ArrayRef> {
        let (mut low, mut wide) = (Vec::with_capacity(sums.len()), BinaryBuilder::new());
        let high: Float64Array = sums
            .iter()
            .map(|summed| {
                let (high, rest, beyond) = summed.sum.state();
                low.push(rest);
                wide.append_option(beyond);
                (summed.count > 0).then_some(high)
            })
            .collect();
        vec![Arc::new(high), Arc::new(Float64Array::from(low)), Arc::new(wide.finish())]
    }

    pub(super) fn of(states: &'a [ArrayRef]) -> Result<Self> {
        let [high, low, wide] = states else { return Err(Error::internal("a sum of floats has three states")) };
        Ok(Self { high: high.as_primitive(), low: low.as_primitive(), wide: wide.as_binary() })
    }

    /// The sum in a row, none where there was no value.
    pub(super) fn at(&self, row: usize) -> Result<Option<ExactSum>> {
        if self.high.is_null(row) {
            return Ok(None);
        }
        let wide = self.wide.is_valid(row).then(|| self.wide.value(row));
        let sum = ExactSum::of_state(self.high.value(row), self.low.value(row), wide);
        sum.map(Some).ok_or_else(|| Error::corrupt("the state of a sum cannot be read"))
    }

    pub(super) fn len(&self) -> usize {
        self.high.len()
    }
}

impl Average {
    /// Of values of a type.
    pub(crate) fn of(data_type: &DataType) -> Self {
        if *data_type == DataType::Int64 { Self::Whole(Cells::default()) } else { Self::Floats(Cells::default()) }
    }

    /// What its states look like.
    pub(crate) fn state_fields(data_type: &DataType) -> Vec<FieldRef> {
        let mut fields: Vec<FieldRef> = vec![Arc::new(Field::new("count", DataType::UInt64, true))];
        if *data_type == DataType::Int64 {
            fields.push(Arc::new(Field::new("sum", WHOLE, true)));
        } else {
            fields.extend(Sums::fields());
        }
        fields
    }
}

impl Fold for Average {
    fn grow(&mut self, groups: usize) {
        match self {
            Self::Floats(cells) => cells.grow(groups),
            Self::Whole(cells) => cells.grow(groups),
        }
    }

    fn update(&mut self, values: &Values, rows: Range<usize>, numbers: Numbers<'_>) -> Result<()> {
        match self {
            Self::Floats(cells) => cells.update(values.array()?.as_primitive::<Float64Type>().values(), values, rows, numbers),
            Self::Whole(cells) => cells.update(values.array()?.as_primitive::<Int64Type>().values(), values, rows, numbers),
        }
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let Some((counts, sums)) = states.split_first() else { return Err(Error::internal("an average without a count")) };
        let counts = counts.as_primitive::<UInt64Type>().values();
        match self {
            Self::Floats(cells) => {
                let sums = Sums::of(sums)?;
                let summed = counts.iter().enumerate().map(|(row, count)| Ok(Summed { sum: sums.at(row)?.unwrap_or_default(), count: *count }));
                cells.join(summed.collect::<Result<Vec<_>>>()?.into_iter(), groups);
            }
            Self::Whole(cells) => {
                let [sums] = sums else { return Err(Error::internal("an average of whole numbers has two states")) };
                let sums = sums.as_primitive::<Decimal128Type>().values();
                cells.join(counts.iter().zip(sums).map(|(count, sum)| SummedWhole { sum: *sum, count: *count }), groups);
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(match self {
            Self::Floats(cells) => {
                let cells = cells.take();
                let counts: ArrayRef = Arc::new(cells.iter().map(|cell| Some(cell.count)).collect::<UInt64Array>());
                [counts].into_iter().chain(Sums::columns(&cells)).collect()
            }
            Self::Whole(cells) => {
                let (counts, sums): (Vec<u64>, Vec<i128>) = cells.take().into_iter().map(|cell| (cell.count, cell.sum)).unzip();
                vec![Arc::new(UInt64Array::from(counts)), Arc::new(Decimal128Array::from(sums).with_data_type(WHOLE))]
            }
        })
    }

    fn evaluate(&mut self) -> Result<ArrayRef> {
        let averages: Float64Array = match self {
            Self::Floats(cells) => cells.take().iter().map(|cell| (cell.count > 0).then(|| cell.sum.value() / cell.count as f64)).collect(),
            Self::Whole(cells) => cells.take().into_iter().map(|cell| (cell.count > 0).then(|| cell.sum as f64 / cell.count as f64)).collect(),
        };
        Ok(Arc::new(averages))
    }

    fn counts(&mut self) -> Option<Int64Array> {
        Some(match self {
            Self::Floats(cells) => counts(cells.all().iter().map(|cell| cell.count)),
            Self::Whole(cells) => counts(cells.all().iter().map(|cell| cell.count)),
        })
    }

    fn size_bytes(&self) -> usize {
        match self {
            Self::Floats(cells) => cells.size_bytes(),
            Self::Whole(cells) => cells.size_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fold::testing::{folded, rows};
    use super::*;

    proptest! {
        #[test]
        fn averages_are_those_of_the_values((rows, groups) in rows(700), values in proptest::collection::vec(proptest::option::weighted(0.9, -1_000_i64..1_000), 700), segment in 1_usize..800) {
            let mut sums = vec![(0_i64, 0_i64); groups];
            for ((passes, group), value) in rows.iter().zip(&values) {
                if let (true, Some(value)) = (*passes, value) {
                    sums[*group as usize].0 += value;
                    sums[*group as usize].1 += 1;
                }
            }
            // Sums of this size are exact as floats, so that the quotient is the same to the last bit.
            let expected: Vec<Option<f64>> = sums.iter().map(|(sum, count)| (*count > 0).then(|| *sum as f64 / *count as f64)).collect();
            let floats: ArrayRef = Arc::new(values.iter().map(|value| value.map(|value| value as f64)).collect::<Float64Array>());
            for (array, data_type) in [(Arc::new(Int64Array::from(values)) as ArrayRef, DataType::Int64), (floats, DataType::Float64)] {
                let averages = folded(&|| Box::new(Average::of(&data_type)), Some(&array), &rows, groups, segment).unwrap();
                prop_assert_eq!(averages.as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), expected.clone());
            }
        }
    }
}
