//! Counting distinct whole numbers, days and instants: one compressed bitmap a group. Bitmaps are unioned word by word,
//! so merging costs what they hold in bytes and not one look-up a value, and the count stays exact at any size.
//! The bitmaps are those of S. Chambi, D. Lemire and others, "Better bitmap performance with Roaring bitmaps" (2016).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use datafusion::common::internal_err;
use datafusion::error::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use roaring::{RoaringBitmap, RoaringTreemap};

/// Bits that are set directly, all groups together, before they are compressed: 16 MiB.
const DIRECT_BITS: u64 = 1 << 27;
const HALF: u64 = 1 << 32;

/// Distinct values by group. State: one `Binary`, the portable form of a 64 bit roaring bitmap.
#[derive(Debug, Default)]
pub(crate) struct DistinctIntegers {
    sets: Vec<RoaringTreemap>,
}

impl DistinctIntegers {
    /// Whether values of a type are counted here.
    pub(crate) fn takes(data_type: &DataType) -> bool {
        matches!(data_type, DataType::Int64 | DataType::Date32 | DataType::Timestamp(TimeUnit::Microsecond, _))
    }

    fn set(&mut self, group: usize) -> Result<&mut RoaringTreemap> {
        match self.sets.get_mut(group) {
            Some(set) => Ok(set),
            None => internal_err!("a row of a group that is not there"),
        }
    }

    /// Values that lie close together: a bit each.
    fn add_dense(&mut self, values: impl Iterator<Item = (usize, u64)>, base: u64, width: u64, groups: usize) -> Result<()> {
        let words = usize::try_from(width.div_ceil(64)).unwrap_or(usize::MAX);
        let mut bits = vec![0_u64; words * groups];
        for (group, value) in values {
            let bit = value - base;
            if let Some(word) = bits.get_mut(group * words + (bit / 64) as usize) {
                *word |= 1 << (bit % 64);
            }
        }
        for (group, bits) in bits.chunks_exact(words.max(1)).enumerate() {
            let bytes: Vec<u8> = bits.iter().flat_map(|word| word.to_le_bytes()).collect();
            let low = RoaringBitmap::from_lsb0_bytes((base % HALF) as u32, &bytes);
            *self.set(group)? |= RoaringTreemap::from_bitmaps([((base / HALF) as u32, low)]);
        }
        Ok(())
    }

    fn add_sorted(&mut self, mut values: Vec<(usize, u64)>) -> Result<()> {
        values.sort_unstable();
        values.dedup();
        for run in values.chunk_by(|one, next| one.0 == next.0) {
            let Some((group, _)) = run.first() else { continue };
            let set = RoaringTreemap::from_sorted_iter(run.iter().map(|(_, value)| *value));
            *self.set(*group)? |= set.map_err(|error| datafusion::common::internal_datafusion_err!("values are not sorted: {error}"))?;
        }
        Ok(())
    }
}

/// Order is kept, so that values that are close together stay so.
fn unsigned(value: i64) -> u64 {
    (value as u64) ^ (1 << 63)
}

impl GroupsAccumulator for DistinctIntegers {
    fn update_batch(&mut self, values: &[ArrayRef], rows: &[usize], passes: Option<&BooleanArray>, groups: usize) -> Result<()> {
        self.sets.resize_with(groups, RoaringTreemap::new);
        let [values] = values else { return internal_err!("distinct values of one column are counted") };
        let values = cast(&cast_days(values)?, &DataType::Int64)?;
        let values = values.as_primitive::<Int64Type>();
        let present = || {
            rows.iter()
                .enumerate()
                .filter(|(row, _)| values.is_valid(*row) && passes.is_none_or(|passes| passes.is_valid(*row) && passes.value(*row)))
                .map(|(row, group)| (*group, unsigned(values.value(row))))
        };
        let Some((min, max)) = present().map(|(_, value)| (value, value)).reduce(|(min, max), (value, _)| (min.min(value), max.max(value))) else { return Ok(()) };
        let base = min & !63;
        let width = (max - base).checked_add(1).filter(|width| width.checked_mul(groups as u64).is_some_and(|bits| bits <= DIRECT_BITS));
        match width.filter(|_| base / HALF == max / HALF) {
            Some(width) => self.add_dense(present(), base, width, groups),
            None => self.add_sorted(present().collect()),
        }
    }

    fn merge_batch(&mut self, states: &[ArrayRef], rows: &[usize], groups: usize) -> Result<()> {
        self.sets.resize_with(groups, RoaringTreemap::new);
        let [state] = states else { return internal_err!("distinct values have one state") };
        for (group, bytes) in rows.iter().zip(state.as_binary::<i32>()) {
            let Some(bytes) = bytes else { continue };
            let more = RoaringTreemap::deserialize_from(bytes).map_err(|error| datafusion::common::internal_datafusion_err!("a state of distinct values is damaged: {error}"))?;
            let set = self.set(*group)?;
            if set.is_empty() { *set = more } else { *set |= more }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let counts = emit_to.take_needed(&mut self.sets).into_iter().map(|set| i64::try_from(set.len()).unwrap_or(i64::MAX));
        Ok(Arc::new(counts.collect::<Int64Array>()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut states = Vec::new();
        for set in emit_to.take_needed(&mut self.sets) {
            let mut bytes = Vec::with_capacity(set.serialized_size());
            set.serialize_into(&mut bytes)?;
            states.push(bytes);
        }
        Ok(vec![Arc::new(BinaryArray::from_iter_values(states))])
    }

    fn convert_to_state(&self, _: &[ArrayRef], _: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        internal_err!("distinct values are always counted by group here")
    }

    fn size(&self) -> usize {
        self.sets.iter().map(RoaringTreemap::serialized_size).sum()
    }
}

/// Days are 32 bits wide and have no cast of their own to 64.
fn cast_days(values: &ArrayRef) -> Result<ArrayRef> {
    Ok(if *values.data_type() == DataType::Date32 { cast(values, &DataType::Int32)? } else { Arc::clone(values) })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn counts(batches: &[Vec<(usize, Option<i64>)>]) -> Vec<i64> {
        let mut merged = DistinctIntegers::default();
        for batch in batches {
            let mut part = DistinctIntegers::default();
            let values: ArrayRef = Arc::new(Int64Array::from_iter(batch.iter().map(|(_, value)| *value)));
            let rows: Vec<usize> = batch.iter().map(|(group, _)| *group).collect();
            part.update_batch(&[values], &rows, None, 3).unwrap();
            merged.merge_batch(&part.state(EmitTo::All).unwrap(), &[0, 1, 2], 3).unwrap();
        }
        merged.evaluate(EmitTo::All).unwrap().as_primitive::<Int64Type>().values().to_vec()
    }

    proptest! {
        #[test]
        fn counts_are_those_of_sets(
            near in proptest::collection::vec((0_usize..3, proptest::option::of(-300_i64..300)), 1..80),
            far in proptest::collection::vec((0_usize..3, proptest::option::of(any::<i64>())), 1..80),
        ) {
            let mut sets = [HashSet::new(), HashSet::new(), HashSet::new()];
            for (group, value) in near.iter().chain(&far) {
                sets[*group].extend(*value);
            }
            let expected: Vec<i64> = sets.iter().map(|set| set.len() as i64).collect();
            prop_assert_eq!(counts(&[near, far]), expected);
        }
    }
}
