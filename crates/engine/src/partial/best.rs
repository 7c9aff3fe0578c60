//! A question for the first few groups in an order wants few of many groups. Which ones can be among them is known from
//! the one aggregate that the order begins with, before a single key is looked up: those that are not beyond the last one
//! wanted. Groups that are equal in it stay, so the sort that follows decides among them as it would among all.

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::compute::{SortOptions, is_null, kernels::cmp, or_kleene, prep_null_mask_filter, sort_limit};

/// The first groups of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Hash)]
pub(crate) struct Best {
    /// The aggregate that the order begins with, counted without the keys.
    pub aggregate: usize,
    pub descending: bool,
    pub nulls_first: bool,
    /// How many groups are wanted.
    pub wanted: usize,
}

impl Best {
    /// The groups that can be among the wanted ones; `None`: any of them can.
    pub(crate) fn of(&self, values: &[ArrayRef], groups: usize) -> Option<BooleanArray> {
        let values = values.get(self.aggregate).filter(|_| self.wanted > 0 && self.wanted < groups / 2)?;
        if !values.data_type().is_numeric() {
            return None;
        }
        let options = SortOptions { descending: self.descending, nulls_first: self.nulls_first };
        let first = sort_limit(values, Some(options), Some(self.wanted)).ok()?;
        let last = first.slice(first.len().checked_sub(1)?, 1);
        let nulls = is_null(values).ok()?;
        if last.is_null(0) {
            // All values come before nulls, or the wanted ones are nulls alone.
            return self.nulls_first.then_some(nulls);
        }
        let last = arrow::array::Scalar::new(last);
        let before = if self.descending { cmp::gt_eq(values, &last) } else { cmp::lt_eq(values, &last) }.ok()?;
        let wanted = if before.null_count() > 0 { prep_null_mask_filter(&before) } else { before };
        if self.nulls_first { or_kleene(&wanted, &nulls).ok() } else { Some(wanted) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int64Array};
    use arrow::compute::{filter, sort};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_groups_are_always_among_them(
            values in proptest::collection::vec(proptest::option::weighted(0.8, -20_i64..20), 1..100),
            wanted in 1_usize..20, descending in any::<bool>(), nulls_first in any::<bool>(), floats in any::<bool>(),
        ) {
            let array: ArrayRef = if floats {
                // Zero of both signs and NaN, too.
                Arc::new(values.iter().map(|value| value.map(|value| if value == 7 { f64::NAN } else { value as f64 * 0.5 * if value == 0 { -1.0 } else { 1.0 } })).collect::<Float64Array>())
            } else {
                Arc::new(Int64Array::from(values))
            };
            let best = Best { aggregate: 0, descending, nulls_first, wanted };
            let options = Some(SortOptions { descending, nulls_first });
            let all = sort(&array, options).unwrap();
            let Some(found) = best.of(&[Arc::clone(&array)], array.len()) else { return Ok(()) };
            prop_assert_eq!(found.null_count(), 0);
            let kept = sort(&filter(&array, &found).unwrap(), options).unwrap();
            prop_assert!(kept.len() >= wanted);
            prop_assert_eq!(kept.slice(0, wanted).to_data(), all.slice(0, wanted).to_data());
        }
    }

    #[test]
    fn few_of_many_are_left() {
        let values: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1_000));
        let best = Best { aggregate: 0, descending: true, nulls_first: false, wanted: 11 };
        assert_eq!(best.of(&[Arc::clone(&values)], 1_000).unwrap().true_count(), 11);
        assert!(best.of(&[values], 15).is_none());
    }
}
