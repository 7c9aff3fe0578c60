//! Counting rows: no argument is looked at, so none has to be made.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array};
use arrow::datatypes::Int64Type;
use datafusion::common::internal_err;
use datafusion::error::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

/// Counts rows by group. State: one `Int64`.
#[derive(Debug, Default)]
pub(crate) struct CountRows {
    counts: Vec<i64>,
}

impl GroupsAccumulator for CountRows {
    fn update_batch(&mut self, _: &[ArrayRef], rows: &[usize], passes: Option<&BooleanArray>, groups: usize) -> Result<()> {
        self.counts.resize(groups, 0);
        let mut add = |group: usize| {
            if let Some(count) = self.counts.get_mut(group) {
                *count += 1;
            }
        };
        match passes {
            None => rows.iter().for_each(|group| add(*group)),
            Some(passes) => rows.iter().zip(passes).filter(|(_, passes)| *passes == Some(true)).for_each(|(group, _)| add(*group)),
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], rows: &[usize], groups: usize) -> Result<()> {
        self.counts.resize(groups, 0);
        let [state] = states else { return internal_err!("counting rows has one state") };
        for (group, more) in rows.iter().zip(state.as_primitive::<Int64Type>().values()) {
            if let Some(count) = self.counts.get_mut(*group) {
                *count += more;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(emit_to.take_needed(&mut self.counts))))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn convert_to_state(&self, _: &[ArrayRef], _: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        internal_err!("rows are always counted by group here")
    }

    fn size(&self) -> usize {
        self.counts.capacity() * size_of::<i64>()
    }
}
