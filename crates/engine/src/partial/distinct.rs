//! Counting distinct whole numbers, days and instants: one compressed [`Set`] a group. Sets are united word by word, so
//! merging costs what they hold in bytes and not one look-up a value, and the count stays exact at any size.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowNumericType, AsArray, Int64Array};
use arrow::compute;
use arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit, TimestampMicrosecondType};

use super::fold::{Fold, Numbers, Values};
use super::set::{Set, WORDS};
use crate::error::{Error, Result};
use crate::functions::sketch::binary;

/// Bits that are set directly, all groups together, before they are compressed: 16 MiB.
const DIRECT_BITS: u64 = 1 << 27;
/// Bits a row at most: with more of them, looking through the empty ones would take longer than sorting the rows.
const BITS_PER_ROW: u64 = 4_096;
/// Bits of a container.
const CONTAINER_BITS: u64 = 1 << 16;

/// Distinct values by group. State: one `Binary`, the bytes of a set.
#[derive(Debug, Default)]
pub(crate) struct DistinctIntegers {
    sets: Vec<Set>,
    rows: Gathered,
}

/// Values of the segment that is being folded, before they are compressed.
#[derive(Debug, Default)]
enum Gathered {
    #[default]
    Nothing,
    /// A bit each, where they lie close together: those of one group after those of another.
    Bits { base: u64, words_per_group: usize, bits: Vec<u64> },
    /// With their group.
    Loose(Vec<(u32, u64)>),
}

impl DistinctIntegers {
    /// Whether values of a type are counted here.
    pub(crate) fn takes(data_type: &DataType) -> bool {
        matches!(data_type, DataType::Int64 | DataType::Date32 | DataType::Timestamp(TimeUnit::Microsecond, _))
    }

    fn gather<T: ArrowNumericType>(&mut self, values: &Values, rows: Range<usize>, numbers: Numbers<'_>, whole: fn(T::Native) -> i64) -> Result<()> {
        let array = values.array()?.as_primitive::<T>();
        let all = array.values();
        if matches!(self.rows, Gathered::Nothing) {
            let (Some(min), Some(max)) = (compute::min(array), compute::max(array)) else { return Ok(()) };
            self.rows = Gathered::of(unsigned(whole(min)), unsigned(whole(max)), all.len(), self.sets.len());
        }
        let valid = values.valid.as_ref().map(|valid| valid.slice(rows.start, rows.len()));
        let block = all.get(rows).unwrap_or_default();
        let present = block.iter().enumerate().filter(|(row, _)| valid.as_ref().is_none_or(|valid| valid.value(*row)));
        let present = present.map(|(row, value)| (numbers.at(row), unsigned(whole(*value))));
        match &mut self.rows {
            Gathered::Nothing => {}
            Gathered::Loose(loose) => loose.extend(present),
            Gathered::Bits { base, words_per_group, bits } => {
                for (group, value) in present {
                    let bit = value.wrapping_sub(*base);
                    if let Some(word) = bits.get_mut(group as usize * *words_per_group + (bit / 64) as usize) {
                        *word |= 1 << (bit % 64);
                    }
                }
            }
        }
        Ok(())
    }

    fn settle(&mut self) {
        match std::mem::take(&mut self.rows) {
            Gathered::Nothing => {}
            Gathered::Bits { base, words_per_group, bits } => {
                for (set, bits) in self.sets.iter_mut().zip(bits.chunks_exact(words_per_group.max(1))) {
                    set.add_bits(base / CONTAINER_BITS, bits.as_chunks().0);
                }
            }
            Gathered::Loose(mut loose) => {
                loose.sort_unstable();
                loose.dedup();
                for run in loose.chunk_by(|one, next| one.0 == next.0) {
                    let numbers: Vec<u64> = run.iter().map(|(_, number)| *number).collect();
                    if let Some(set) = run.first().and_then(|(group, _)| self.sets.get_mut(*group as usize)) {
                        set.add_sorted(&numbers);
                    }
                }
            }
        }
    }
}

impl Gathered {
    fn of(min: u64, max: u64, rows: usize, groups: usize) -> Self {
        let base = min - min % CONTAINER_BITS;
        let containers = max.checked_sub(base).map(|width| width / CONTAINER_BITS + 1);
        let bits = containers.and_then(|containers| containers.checked_mul(CONTAINER_BITS)?.checked_mul(groups as u64));
        match (containers, bits) {
            (Some(containers), Some(bits)) if bits <= DIRECT_BITS.min(rows as u64 * BITS_PER_ROW) => {
                let words_per_group = usize::try_from(containers).unwrap_or(0) * WORDS;
                Self::Bits { base, words_per_group, bits: vec![0; words_per_group * groups] }
            }
            _ => Self::Loose(Vec::new()),
        }
    }
}

/// Order is kept, so that values that are close together stay so.
fn unsigned(value: i64) -> u64 {
    (value as u64) ^ (1 << 63)
}

impl Fold for DistinctIntegers {
    fn grow(&mut self, groups: usize) {
        if groups > self.sets.len() {
            self.settle();
            self.sets.resize_with(groups, Set::default);
        }
    }

    fn update(&mut self, values: &Values, rows: Range<usize>, numbers: Numbers<'_>) -> Result<()> {
        match values.array()?.data_type() {
            DataType::Int64 => self.gather::<Int64Type>(values, rows, numbers, |value| value),
            DataType::Date32 => self.gather::<Date32Type>(values, rows, numbers, i64::from),
            DataType::Timestamp(TimeUnit::Microsecond, _) => self.gather::<TimestampMicrosecondType>(values, rows, numbers, |value| value),
            other => Err(Error::internal(format!("distinct values of {other}"))),
        }
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let [state] = states else { return Err(Error::internal("distinct values have one state")) };
        for (group, bytes) in groups.iter().zip(state.as_binary::<i32>()) {
            if let (Some(set), Some(bytes)) = (self.sets.get_mut(*group), bytes) {
                set.add_bytes(bytes)?;
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>> {
        self.settle();
        let states = std::mem::take(&mut self.sets).into_iter().map(|set| set.to_bytes());
        Ok(vec![binary(states.collect())?])
    }

    fn evaluate(&mut self) -> Result<ArrayRef> {
        self.settle();
        let counts = std::mem::take(&mut self.sets).into_iter().map(|set| i64::try_from(set.len()).unwrap_or(i64::MAX));
        Ok(Arc::new(Int64Array::from_iter_values(counts)))
    }

    fn size_bytes(&self) -> usize {
        let gathered = match &self.rows {
            Gathered::Nothing => 0,
            Gathered::Bits { bits, .. } => bits.capacity() * size_of::<u64>(),
            Gathered::Loose(loose) => loose.capacity() * size_of::<(u32, u64)>(),
        };
        gathered + self.sets.capacity() * size_of::<Set>() + self.sets.iter().map(Set::held_bytes).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use arrow::array::{Date32Array, TimestampMicrosecondArray};
    use proptest::prelude::*;

    use super::super::fold::testing::{folded, rows};
    use super::*;

    #[test]
    fn a_number_alone_in_its_container_is_weighed_with_it() {
        let array: ArrayRef = Arc::new(Int64Array::from_iter_values((0..1_000_i64).map(|number| number << 32)));
        let mut distinct = DistinctIntegers::default();
        distinct.grow(1);
        distinct.update(&Values::of(Some(&array), None), 0..1_000, Numbers::Same(0)).unwrap();
        distinct.settle();
        assert!(distinct.size_bytes() > 1_000 * 40, "{}", distinct.size_bytes());
    }

    proptest! {
        #[test]
        fn counts_are_those_of_sets(
            (rows, groups) in rows(400),
            values in prop_oneof![
                proptest::collection::vec(proptest::option::weighted(0.9, -300_i64..300), 400),
                proptest::collection::vec(proptest::option::weighted(0.9, 0_i64..3_000_000), 400),
                proptest::collection::vec(proptest::option::weighted(0.9, any::<i64>()), 400),
            ],
            segment in 1_usize..500,
        ) {
            let whole: ArrayRef = Arc::new(Int64Array::from(values.clone()));
            let days: ArrayRef = Arc::new(values.iter().map(|value| value.map(|value| value as i32)).collect::<Date32Array>());
            let instants: ArrayRef = Arc::new(TimestampMicrosecondArray::from(values.clone()).with_timezone("UTC"));
            for array in [whole, days, instants] {
                let mut sets = vec![HashSet::new(); groups];
                for (row, (passes, group)) in rows.iter().enumerate() {
                    if let (true, Some(value)) = (*passes, values[row]) {
                        sets[*group as usize].insert(if *array.data_type() == DataType::Date32 { i64::from(value as i32) } else { value });
                    }
                }
                let expected: Vec<i64> = sets.iter().map(|set| set.len() as i64).collect();
                let counts = folded(&|| Box::<DistinctIntegers>::default(), Some(&array), &rows, groups, segment).unwrap();
                prop_assert_eq!(counts.as_primitive::<Int64Type>().values().to_vec(), expected);
            }
        }
    }
}
