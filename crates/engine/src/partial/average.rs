//! Averages: a sum of floats and how many there were. Whole numbers are turned into floats one by one, so that nobody has
//! to write out a column of them first.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, UInt64Array};
use arrow::datatypes::{DataType, Float64Type, Int64Type, UInt64Type};

use super::fold::{Cell, Cells, Fold, Numbers, Values};
use crate::error::{Error, Result};

/// Averages of `Float64` or `Int64` by group. State: `UInt64` how many, `Float64` their sum; neither is null.
#[derive(Debug)]
pub(crate) enum Average {
    Floats(Cells<Summed>),
    Whole(Cells<SummedWhole>),
}

/// A sum and how many values are in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Summed {
    pub sum: f64,
    pub count: u64,
}

/// The same out of whole numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SummedWhole(Summed);

/// Sums that are added independently of each other.
const LANES: usize = 8;

fn sum(values: impl Iterator<Item = [f64; LANES]>, rest: impl Iterator<Item = f64>) -> f64 {
    let mut lanes = [0.0; LANES];
    for chunk in values {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.into_iter().chain(rest).sum()
}

impl Cell for Summed {
    type Value = f64;
    const EMPTY: Self = Self { sum: 0.0, count: 0 };

    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn join(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    fn add_all(&mut self, values: &[f64]) {
        let (chunks, rest) = values.as_chunks::<LANES>();
        self.join(Self { sum: sum(chunks.iter().copied(), rest.iter().copied()), count: values.len() as u64 });
    }
}

impl Cell for SummedWhole {
    type Value = i64;
    const EMPTY: Self = Self(Summed::EMPTY);

    fn add(&mut self, value: i64) {
        self.0.add(value as f64);
    }

    fn join(&mut self, other: Self) {
        self.0.join(other.0);
    }

    fn add_all(&mut self, values: &[i64]) {
        let (chunks, rest) = values.as_chunks::<LANES>();
        let sum = sum(chunks.iter().map(|chunk| chunk.map(|value| value as f64)), rest.iter().map(|value| *value as f64));
        self.0.join(Summed { sum, count: values.len() as u64 });
    }
}

/// How many values are in each of some sums.
pub(super) fn counts(sums: impl Iterator<Item = Summed>) -> Int64Array {
    sums.map(|summed| i64::try_from(summed.count).unwrap_or(i64::MAX)).collect()
}

impl Average {
    /// Of values of a type.
    pub(crate) fn of(data_type: &DataType) -> Self {
        if *data_type == DataType::Int64 { Self::Whole(Cells::default()) } else { Self::Floats(Cells::default()) }
    }

    fn take(&mut self) -> Vec<Summed> {
        match self {
            Self::Floats(cells) => cells.take(),
            Self::Whole(cells) => cells.take().into_iter().map(|SummedWhole(summed)| summed).collect(),
        }
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
        let [counts, sums] = states else { return Err(Error::internal("an average has two states")) };
        let (counts, sums) = (counts.as_primitive::<UInt64Type>().values(), sums.as_primitive::<Float64Type>().values());
        let others = counts.iter().zip(sums).map(|(count, sum)| Summed { sum: *sum, count: *count });
        match self {
            Self::Floats(cells) => cells.join(others, groups),
            Self::Whole(cells) => cells.join(others.map(SummedWhole), groups),
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>> {
        let (counts, sums): (Vec<u64>, Vec<f64>) = self.take().into_iter().map(|summed| (summed.count, summed.sum)).unzip();
        Ok(vec![Arc::new(UInt64Array::from(counts)), Arc::new(Float64Array::from(sums))])
    }

    fn evaluate(&mut self) -> Result<ArrayRef> {
        let averages = self.take().into_iter().map(|summed| (summed.count > 0).then(|| summed.sum / summed.count as f64));
        Ok(Arc::new(averages.collect::<Float64Array>()))
    }

    fn counts(&mut self) -> Option<Int64Array> {
        Some(match self {
            Self::Floats(cells) => counts(cells.all().iter().copied()),
            Self::Whole(cells) => counts(cells.all().iter().map(|SummedWhole(summed)| *summed)),
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
