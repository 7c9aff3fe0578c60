//! Counting rows, all of them or those that have a value: what the value is, is not looked at.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Int64Type;

use super::fold::{BLOCK_ROWS, Cell, Cells, Fold, Numbers, Values};
use crate::error::{Error, Result};

/// Counts rows by group. State: one `Int64`, never null.
#[derive(Debug, Default)]
pub(crate) struct Count(Cells<Rows>);

#[derive(Debug, Clone, Copy)]
struct Rows(i64);

impl Cell for Rows {
    type Value = ();
    const EMPTY: Self = Self(0);

    fn add(&mut self, (): ()) {
        self.0 += 1;
    }

    fn join(&mut self, other: &Self) {
        self.0 += other.0;
    }

    fn add_all(&mut self, values: &[()]) {
        self.0 += values.len() as i64;
    }
}

impl Fold for Count {
    fn grow(&mut self, groups: usize) {
        self.0.grow(groups);
    }

    fn update(&mut self, values: &Values, rows: Range<usize>, numbers: Numbers<'_>) -> Result<()> {
        // As many nothings as there can be rows.
        const ROWS: [(); u32::MAX as usize] = [(); u32::MAX as usize];
        debug_assert!(rows.len() <= BLOCK_ROWS);
        self.0.update(&ROWS, values, rows, numbers)
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let [counts] = states else { return Err(Error::internal("a count has one state")) };
        self.0.join(counts.as_primitive::<Int64Type>().values().iter().map(|count| Rows(*count)), groups);
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate()?])
    }

    fn evaluate(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from_iter_values(self.0.take().into_iter().map(|Rows(count)| count))))
    }

    fn counts(&mut self) -> Option<Int64Array> {
        Some(self.0.all().iter().map(|Rows(count)| *count).collect())
    }

    fn size_bytes(&self) -> usize {
        self.0.size_bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fold::testing::{folded, rows};
    use super::*;

    proptest! {
        #[test]
        fn rows_and_values_are_counted((rows, groups) in rows(700), values in proptest::collection::vec(proptest::option::of(Just(1_i64)), 700), segment in 1_usize..800) {
            for array in [None, Some(Arc::new(Int64Array::from(values.clone())) as ArrayRef)] {
                let mut expected = vec![0; groups];
                for ((passes, group), value) in rows.iter().zip(&values) {
                    expected[*group as usize] += i64::from(*passes && (array.is_none() || value.is_some()));
                }
                let counts = folded(&|| Box::<Count>::default(), array.as_ref(), &rows, groups, segment).unwrap();
                prop_assert_eq!(counts.as_primitive::<Int64Type>().values().to_vec(), expected);
            }
        }
    }
}
