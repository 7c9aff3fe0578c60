//! The difference of two results by place: which rows of the new one stand where the old one has others.
//! Applying it to the old result gives the new one, whatever the order of rows is.

use arrow::array::{Array, ArrayRef, RecordBatch, UInt64Array};
use arrow::compute;
use arrow::compute::kernels::cmp;
use serde_json::{Value, json};

use crate::error::Result;
use crate::query::write::columns_to_json;

/// Rows to put in place.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// Rows of the new result; what is beyond is cut.
    pub row_count: usize,
    /// Places of the changed rows, ascending.
    pub indices: Vec<u64>,
    /// The changed rows, in the order of `indices`.
    pub rows: RecordBatch,
}

impl Patch {
    /// `row_count` and `changed` of the live message.
    pub fn to_json(&self) -> Value {
        json!({"row_count": self.row_count, "changed": {"indices": self.indices, "data": columns_to_json(&self.rows)}})
    }
}

/// The patch from `old` to `new`; `None` when they are equal. Both have the same schema.
pub(crate) fn diff(old: &RecordBatch, new: &RecordBatch) -> Result<Option<Patch>> {
    let shared = old.num_rows().min(new.num_rows());
    let mut changed = vec![false; shared];
    for (before, after) in old.columns().iter().zip(new.columns()) {
        mark(&before.slice(0, shared), &after.slice(0, shared), &mut changed)?;
    }
    let grown = shared as u64..new.num_rows() as u64;
    let indices: Vec<u64> = changed.iter().zip(0..).filter(|(changed, _)| **changed).map(|(_, index)| index).chain(grown).collect();
    if indices.is_empty() && old.num_rows() == new.num_rows() {
        return Ok(None);
    }
    let rows = compute::take_record_batch(new, &UInt64Array::from(indices.clone()))?;
    Ok(Some(Patch { row_count: new.num_rows(), indices, rows }))
}

fn mark(before: &ArrayRef, after: &ArrayRef, changed: &mut [bool]) -> Result<()> {
    // NULL is not distinct from NULL here; NaN equals NaN in Arrow's total order.
    let distinct = cmp::distinct(before, after)?;
    for (changed, index) in changed.iter_mut().zip(0..distinct.len()) {
        *changed |= distinct.value(index);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringViewArray};
    use arrow::datatypes::{DataType, Field, Schema};
    use proptest::prelude::*;

    use super::*;

    fn batch(rows: &[(Option<i64>, String)]) -> RecordBatch {
        let schema = Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("s", DataType::Utf8View, true)]);
        let numbers: Int64Array = rows.iter().map(|row| row.0).collect();
        let texts: StringViewArray = rows.iter().map(|row| Some(row.1.as_str())).collect();
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(numbers), Arc::new(texts)]).unwrap()
    }

    proptest! {
        #[test]
        fn applying_a_patch_gives_the_new_rows(
            old in prop::collection::vec((prop::option::of(0..3_i64), "[ab]{0,2}"), 0..8),
            new in prop::collection::vec((prop::option::of(0..3_i64), "[ab]{0,2}"), 0..8),
        ) {
            match diff(&batch(&old), &batch(&new)).unwrap() {
                None => prop_assert_eq!(old, new),
                Some(patch) => {
                    let mut applied = old.clone();
                    applied.resize(patch.row_count, (None, String::new()));
                    for (place, index) in patch.indices.iter().enumerate() {
                        prop_assert!(old.get(*index as usize) != new.get(*index as usize));
                        prop_assert_eq!(patch.rows.slice(place, 1), batch(&new).slice(*index as usize, 1));
                        applied[*index as usize] = new[*index as usize].clone();
                    }
                    prop_assert_eq!(applied, new);
                }
            }
        }
    }
}
