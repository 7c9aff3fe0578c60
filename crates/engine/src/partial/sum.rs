//! Sums. Whole numbers do not wrap: a sum beyond 64 bits is an error. Inside of a segment, and while the states of an answer
//! are merged, only the sum of all of it counts, in whatever order its parts come and however far they go on the way. A
//! state is 64 bits wide: where the rows of a segment, of a block of it or of a run of segments have a larger sum, that is
//! an error, though others could have brought it back. Sums of floats are exact and rounded once, whatever the segments.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array};
use arrow::datatypes::{FieldRef, Float64Type, Int64Type};

use super::average::{Summed, Sums, counts};
use super::fold::{Cell, Cells, Fold, Numbers, Values};
use crate::error::{Error, Result};
use crate::functions::sum::too_large;

/// Sums of `Int64` by group. State: one `Int64`, null where there was no value.
#[derive(Debug)]
pub(crate) struct SumWhole {
    cells: Cells<Whole>,
    /// What is summed, for the error.
    of: Arc<str>,
}

/// Sums of `Float64` by group. State: as [`Sums`] has it.
#[derive(Debug, Default)]
pub(crate) struct SumFloats(Cells<Summed>);

/// A sum of any size: `sum` plus 2^64 times `carry`.
#[derive(Debug, Clone, Copy)]
struct Whole {
    sum: i64,
    carry: i32,
    /// 1 if there was a value, else 0.
    seen: u32,
}

impl Whole {
    fn of(value: i64) -> Self {
        Self { sum: value, carry: 0, seen: 1 }
    }

    /// The sum, if there was a value.
    ///
    /// # Errors
    /// It does not fit 64 bits.
    fn value(self, of: &str) -> Result<Option<i64>> {
        if self.carry != 0 { Err(too_large(of)) } else { Ok((self.seen != 0).then_some(self.sum)) }
    }
}

impl Cell for Whole {
    type Value = i64;
    const EMPTY: Self = Self { sum: 0, carry: 0, seen: 0 };

    fn add(&mut self, value: i64) {
        self.join(&Self::of(value));
    }

    fn join(&mut self, other: &Self) {
        let (sum, beyond) = self.sum.overflowing_add(other.sum);
        // A sum leaves 64 bits on the side of what is added, one time 2^64 at most.
        let side = (other.sum >> 63) as i32 | 1;
        self.sum = sum;
        self.carry = self.carry.wrapping_add(other.carry).wrapping_add(side & -i32::from(beyond));
        self.seen |= other.seen;
    }

    fn add_all(&mut self, values: &[i64]) {
        let sum = values.iter().fold(i128::from(self.sum), |sum, value| sum + i128::from(*value));
        // The lower half, and what is missing to the whole.
        self.sum = sum as i64;
        self.carry = self.carry.wrapping_add(((sum - i128::from(self.sum)) >> 64) as i32);
        self.seen |= u32::from(!values.is_empty());
    }
}

impl SumWhole {
    pub(crate) fn new(of: Arc<str>) -> Self {
        Self { cells: Cells::default(), of }
    }
}

impl Fold for SumWhole {
    fn grow(&mut self, groups: usize) {
        self.cells.grow(groups);
    }

    fn update(&mut self, values: &Values, rows: Range<usize>, numbers: Numbers<'_>) -> Result<()> {
        self.cells.update(values.array()?.as_primitive::<Int64Type>().values(), values, rows, numbers)
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let [sums] = states else { return Err(Error::internal("a sum has one state")) };
        let sums = sums.as_primitive::<Int64Type>();
        self.cells.join(sums.iter().map(|sum| sum.map_or(Whole::EMPTY, Whole::of)), groups);
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate()?])
    }

    fn evaluate(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.cells.take().into_iter().map(|cell| cell.value(&self.of)).collect::<Result<Int64Array>>()?))
    }

    fn size_bytes(&self) -> usize {
        self.cells.size_bytes()
    }
}

impl SumFloats {
    /// What its states look like.
    pub(crate) fn state_fields() -> Vec<FieldRef> {
        Sums::fields()
    }
}

impl Fold for SumFloats {
    fn grow(&mut self, groups: usize) {
        self.0.grow(groups);
    }

    fn update(&mut self, values: &Values, rows: Range<usize>, numbers: Numbers<'_>) -> Result<()> {
        self.0.update(values.array()?.as_primitive::<Float64Type>().values(), values, rows, numbers)
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let sums = Sums::of(states)?;
        let summed = (0..sums.len()).map(|row| Ok(sums.at(row)?.map_or(Summed::EMPTY, |sum| Summed { sum, count: 1 })));
        self.0.join(summed.collect::<Result<Vec<_>>>()?.into_iter(), groups);
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(Sums::columns(&self.0.take()))
    }

    fn evaluate(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.0.take().iter().map(|cell| (cell.count > 0).then(|| cell.sum.value())).collect::<Float64Array>()))
    }

    fn counts(&mut self) -> Option<Int64Array> {
        Some(counts(self.0.all().iter().map(|cell| cell.count)))
    }

    fn size_bytes(&self) -> usize {
        self.0.size_bytes()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;
    use proptest::prelude::*;

    use super::super::fold::testing::{folded, rows};
    use super::*;

    fn whole(values: Vec<Option<i64>>, segment: usize) -> Result<ArrayRef> {
        let rows = vec![(true, 0); values.len()];
        folded(&|| Box::new(SumWhole::new("amount".into())), Some(&(Arc::new(Int64Array::from(values)) as ArrayRef)), &rows, 1, segment)
    }

    proptest! {
        #[test]
        fn sums_are_those_of_the_values((rows, groups) in rows(700), values in proptest::collection::vec(proptest::option::weighted(0.9, -1_000_000_i64..1_000_000), 700), segment in 1_usize..800) {
            let mut expected: Vec<Option<i64>> = vec![None; groups];
            for ((passes, group), value) in rows.iter().zip(&values) {
                if let (true, Some(value)) = (*passes, value) {
                    *expected[*group as usize].get_or_insert(0) += value;
                }
            }
            let array: ArrayRef = Arc::new(Int64Array::from(values.clone()));
            let sums = folded(&|| Box::new(SumWhole::new("amount".into())), Some(&array), &rows, groups, segment).unwrap();
            prop_assert_eq!(sums.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), expected.clone());
            // Quarters of whole numbers of this size have no error.
            let array: ArrayRef = Arc::new(values.iter().map(|value| value.map(|value| value as f64 / 4.0)).collect::<Float64Array>());
            let sums = folded(&|| Box::<SumFloats>::default(), Some(&array), &rows, groups, segment).unwrap();
            let expected: Vec<Option<f64>> = expected.into_iter().map(|sum| sum.map(|sum| sum as f64 / 4.0)).collect();
            prop_assert_eq!(sums.as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_sum_that_fits_is_found_in_any_order() {
        let (most, least) = (i64::MAX, i64::MIN);
        for (values, expected) in
            [([most, most, -most, -most], 0), ([most, -most, -most, most], 0), ([least, least, most, most], -2), ([most, 1, -1, 5 - most], 5), ([least, -1, 1, 0], least)]
        {
            // In one group; in four groups and over again, so that cells are kept several times over.
            assert_eq!(whole(values.map(Some).to_vec(), 4).unwrap().as_primitive::<Int64Type>().values(), &[expected], "{values:?}");
            let rows: Vec<(bool, u32)> = (0..16).map(|row| (true, row % 4)).collect();
            let array: ArrayRef = Arc::new(Int64Array::from_iter_values(values.into_iter().flat_map(|value| [value; 4])));
            let sums = folded(&|| Box::new(SumWhole::new("amount".into())), Some(&array), &rows, 4, 16).unwrap();
            assert_eq!(sums.as_primitive::<Int64Type>().values(), &[expected; 4], "{values:?}");
            // States that are merged into an answer.
            let merged: Result<ArrayRef> = whole(values.map(Some).to_vec(), 1);
            assert_eq!(merged.unwrap().as_primitive::<Int64Type>().values(), &[expected], "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn sums_of_large_numbers_are_those_of_128_bits(values in proptest::collection::vec(prop_oneof![any::<i64>(), Just(i64::MAX), Just(i64::MIN), -9_i64..9], 0..40), at in 0_usize..40) {
            let (one, all) = values.split_at(at.min(values.len()));
            let mut cell = Whole::EMPTY;
            one.iter().for_each(|value| cell.add(*value));
            cell.add_all(all);
            let sum: i128 = values.iter().map(|value| i128::from(*value)).sum();
            prop_assert_eq!(i128::from(cell.sum) + (i128::from(cell.carry) << 64), sum);
            prop_assert_eq!(cell.value("x").ok().flatten(), i64::try_from(sum).ok().filter(|_| !values.is_empty()));
        }
    }

    #[test]
    fn a_sum_beyond_64_bits_is_an_error_and_never_another_number() {
        let most = i64::MAX;
        for segment in [1, 2, 100] {
            for values in [vec![Some(most), Some(1)], vec![Some(i64::MIN), Some(-1), None], vec![Some(most), Some(most), Some(most), Some(most), Some(4)]] {
                let error = whole(values, segment).unwrap_err();
                assert_eq!(error.kind(), crate::ErrorKind::Invalid);
                assert!(error.to_string().contains("sum of amount exceeds 64 bits"), "{error}");
            }
        }
        assert_eq!(whole(vec![Some(most), None], 1).unwrap().as_primitive::<Int64Type>().value(0), most);
        assert!(whole(vec![None, None], 1).unwrap().is_null(0));
        let groups: Vec<(bool, u32)> = (0..600).map(|row| (true, row % 3)).collect();
        let array: ArrayRef = Arc::new(Int64Array::from(vec![most / 100; 600]));
        assert!(folded(&|| Box::new(SumWhole::new("amount".into())), Some(&array), &groups, 3, 600).is_err());
    }
}
