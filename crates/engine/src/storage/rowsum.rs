//! A sum over rows that does not depend on their order: equal for the same rows, however they are spread over segments.
//! A rewrite holds what it wrote against what it read by it, before anything of it becomes visible. It finds what was
//! lost, doubled or mixed up by accident; it is no protection against somebody who makes rows to fool it.

use std::hash::BuildHasher;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, SortField};
use foldhash::quality::FixedState;

use crate::error::Result;

/// The same in every process, so that sums could be compared across them.
const SEED: u64 = 0x7469_6465_6d69_6c6c;

/// Number of some rows and the wrapping sum of their hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RowSum {
    /// How many rows.
    pub rows: u64,
    hashes: u64,
}

impl RowSum {
    /// What is left when some of the rows go.
    #[must_use]
    pub(crate) fn without(self, gone: Self) -> Self {
        Self { rows: self.rows.saturating_sub(gone.rows), hashes: self.hashes.wrapping_sub(gone.hashes) }
    }
}

/// Adds batches up. All of them have the same columns in the same order.
#[derive(Debug)]
pub(crate) struct RowSummer {
    converter: RowConverter,
    hash: FixedState,
    sum: RowSum,
}

impl RowSummer {
    pub(crate) fn new(schema: &SchemaRef) -> Result<Self> {
        let fields = schema.fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
        Ok(Self { converter: RowConverter::new(fields)?, hash: FixedState::with_seed(SEED), sum: RowSum::default() })
    }

    /// Adds the rows of a batch.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        // The row format keeps apart what differs: nulls from values, columns from each other, every bit of a float.
        let rows = self.converter.convert_columns(batch.columns())?;
        self.sum.rows += batch.num_rows() as u64;
        self.sum.hashes = rows.iter().fold(self.sum.hashes, |sum, row| sum.wrapping_add(self.hash.hash_one(row.data())));
        Ok(())
    }

    /// The sum of everything so far.
    pub(crate) fn sum(&self) -> RowSum {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int64Array, StringViewArray};
    use arrow::compute::{concat_batches, take_record_batch};
    use arrow::datatypes::{DataType, Field, Schema};
    use proptest::prelude::*;

    use super::*;

    fn batch(rows: &[(Option<i64>, Option<i64>, String)]) -> RecordBatch {
        let schema = Schema::new(vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Int64, true), Field::new("s", DataType::Utf8View, true)]);
        let a: Int64Array = rows.iter().map(|row| row.0).collect();
        let b: Int64Array = rows.iter().map(|row| row.1).collect();
        let s: StringViewArray = rows.iter().map(|row| Some(row.2.as_str())).collect();
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(a), Arc::new(b), Arc::new(s)]).unwrap()
    }

    fn sum(batches: &[RecordBatch]) -> RowSum {
        let mut summer = RowSummer::new(&batches[0].schema()).unwrap();
        batches.iter().for_each(|batch| summer.add(batch).unwrap());
        summer.sum()
    }

    proptest! {
        #[test]
        fn order_and_batches_do_not_matter_but_rows_do(
            rows in prop::collection::vec((prop::option::of(0..4_i64), prop::option::of(0..4_i64), "[ab]{0,2}"), 1..20),
            cut in 0_usize..20,
            changed in 0_usize..20,
        ) {
            let whole = batch(&rows);
            let cut = cut % rows.len();
            let reversed = arrow::array::UInt64Array::from_iter_values((0..rows.len() as u64).rev());
            let backwards = take_record_batch(&whole, &reversed).unwrap();
            let parts = [whole.slice(cut, rows.len() - cut), whole.slice(0, cut)];
            prop_assert_eq!(sum(&[backwards]), sum(std::slice::from_ref(&whole)));
            prop_assert_eq!(sum(&parts), sum(std::slice::from_ref(&whole)));
            prop_assert_eq!(sum(std::slice::from_ref(&whole)).without(sum(&parts[1..])), sum(&parts[..1]));

            let mut other = rows.clone();
            let changed = changed % rows.len();
            other[changed].2.push('c');
            prop_assert_ne!(sum(&[batch(&other)]), sum(std::slice::from_ref(&whole)));
            // One row twice instead of another one.
            let doubled = concat_batches(&whole.schema(), [&whole.slice(0, 1), &whole]).unwrap();
            prop_assert_ne!(sum(&[doubled]), sum(&[whole]));
        }
    }

    #[test]
    fn what_looks_alike_is_kept_apart() {
        let sums: Vec<RowSum> = [(Some(1), None, ""), (None, Some(1), ""), (None, None, ""), (Some(0), None, ""), (Some(1), Some(1), "")]
            .map(|(a, b, s)| sum(&[batch(&[(a, b, s.to_owned())])]))
            .to_vec();
        for (index, left) in sums.iter().enumerate() {
            assert!(sums.iter().skip(index + 1).all(|right| left != right), "{index}");
        }
        let float = |value: f64| {
            let schema = Arc::new(Schema::new(vec![Field::new("f", DataType::Float64, true)]));
            sum(&[RecordBatch::try_new(schema, vec![Arc::new(Float64Array::from(vec![value]))]).unwrap()])
        };
        assert_ne!(float(0.1 + 0.2), float(0.3));
        assert_eq!(float(f64::NAN), float(f64::NAN));
    }
}
