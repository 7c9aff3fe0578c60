//! The groups of the rows of a segment, out of the codes of their keys. Where the keys have few combinations, the
//! combined code of a row is the number of its group: it is made for a block of rows at a time, never written out for a
//! segment, and nothing is looked up. Elsewhere groups are numbered in the order in which they appear.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Field, Schema};
use datafusion::logical_expr::EmitTo;
use datafusion::physical_plan::aggregates::group_values::new_group_values;
use datafusion::physical_plan::aggregates::order::GroupOrdering;

use super::columns::Coded;
use super::dictionary::Dictionary;
use super::fold::{BLOCK_ROWS, Numbers};
use crate::error::Result;

/// Combinations of keys up to which each has a cell, whether a row has it or not: they fit the nearest caches of a core.
const DIRECT_GROUPS: u64 = 4_096;
/// Largest space of combined codes that is looked up directly: four bytes each, so the table fits the cache of a core.
const DIRECT_SLOTS: u64 = 1 << 20;

/// The groups of some rows.
pub(crate) enum Groups {
    /// There is no key: all rows are one group.
    One,
    /// Each combination of codes is a group.
    Combined { keys: Vec<Coded>, count: usize },
    /// Each combination that a row has is a group; which one is `found`.
    Numbered { numbers: Vec<u32>, keys: Vec<Coded>, found: Vec<u64> },
    /// There are more combinations than can be counted.
    Interned { numbers: Vec<u32>, keys: Vec<ArrayRef>, count: usize },
}

impl Groups {
    /// Groups of `rows` rows. `dense`: every group must have a row.
    pub(crate) fn of(keys: Vec<Coded>, rows: usize, dense: bool) -> Result<Self> {
        if keys.is_empty() {
            return Ok(Self::One);
        }
        let Some(space) = keys.iter().try_fold(1_u64, |space, key| space.checked_mul(key.values.len().max(1) as u64)) else {
            return interned(&keys);
        };
        let complete = matches!(keys.as_slice(), [key] if key.complete);
        if (complete || !dense && space <= DIRECT_GROUPS) && space <= rows as u64 {
            return Ok(Self::Combined { keys, count: usize::try_from(space).unwrap_or(0) });
        }
        let (numbers, found) = numbered(&keys, rows, space);
        Ok(Self::Numbered { numbers, keys, found })
    }

    pub(crate) fn count(&self) -> usize {
        match self {
            Self::One => 1,
            Self::Combined { count, .. } | Self::Interned { count, .. } => *count,
            Self::Numbered { found, .. } => found.len(),
        }
    }

    /// The groups of a block of rows. `block` is room to make them in.
    pub(crate) fn numbers<'a>(&'a self, rows: Range<usize>, block: &'a mut Vec<u32>) -> Numbers<'a> {
        match self {
            Self::One => Numbers::Same(0),
            Self::Combined { keys, .. } => {
                combine(keys, rows, block);
                Numbers::of(block)
            }
            Self::Numbered { numbers, .. } | Self::Interned { numbers, .. } => Numbers::of(numbers.get(rows).unwrap_or_default()),
        }
    }

    /// The groups of all rows, as DataFusion counts them.
    pub(crate) fn wide(&self, rows: usize) -> Vec<usize> {
        match self {
            Self::One => vec![0; rows],
            Self::Combined { keys, .. } => {
                let mut numbers: Vec<u32> = Vec::new();
                combine(keys, 0..rows, &mut numbers);
                numbers.into_iter().map(|number| number as usize).collect()
            }
            Self::Numbered { numbers, .. } | Self::Interned { numbers, .. } => numbers.iter().map(|number| *number as usize).collect(),
        }
    }

    /// Whether each group is known to have a row.
    pub(crate) fn complete(&self) -> bool {
        match self {
            Self::One | Self::Numbered { .. } | Self::Interned { .. } => true,
            Self::Combined { keys, .. } => matches!(keys.as_slice(), [key] if key.complete),
        }
    }

    /// The keys of the groups, of those alone that are `present` where that is said. Text comes as numbers of its
    /// dictionary.
    pub(crate) fn keys(self, present: Option<&BooleanArray>, dictionaries: &[Option<Arc<Dictionary>>]) -> Result<Vec<ArrayRef>> {
        match self {
            Self::One => Ok(Vec::new()),
            Self::Interned { keys, .. } => Ok(keys.into_iter().zip(dictionaries).map(|(key, dictionary)| numbers_of(key, dictionary.as_deref())).collect()),
            Self::Numbered { keys, found, .. } => decoded(&keys, found, dictionaries),
            Self::Combined { keys, count } => {
                let found = (0..count as u64).filter(|group| present.is_none_or(|present| present.value(*group as usize)));
                decoded(&keys, found.collect(), dictionaries)
            }
        }
    }
}

/// Combined codes of some rows: the first key counts ones, the second as many as the first has values, and so on.
fn combine<N: arrow::datatypes::ArrowNativeType>(keys: &[Coded], rows: Range<usize>, block: &mut Vec<N>) {
    block.clear();
    block.resize(rows.len(), N::usize_as(0));
    let mut stride = 1;
    for key in keys {
        key.codes.add_to(rows.clone(), stride, block);
        stride *= key.values.len().max(1);
    }
}

/// Groups by first appearance: the number of each row, the combined code of each group.
fn numbered(keys: &[Coded], rows: usize, space: u64) -> (Vec<u32>, Vec<u64>) {
    let mut found: Vec<u64> = Vec::new();
    let mut numbers: Vec<u32> = Vec::with_capacity(rows);
    let mut block: Vec<u64> = Vec::new();
    let mut slots = if space <= DIRECT_SLOTS { vec![u32::MAX; usize::try_from(space).unwrap_or(0)] } else { Vec::new() };
    let mut known: HashMap<u64, u32, foldhash::fast::FixedState> = HashMap::default();
    for from in (0..rows).step_by(BLOCK_ROWS) {
        combine(keys, from..rows.min(from + BLOCK_ROWS), &mut block);
        if slots.is_empty() {
            numbers.extend(block.iter().map(|combined| {
                *known.entry(*combined).or_insert_with(|| {
                    found.push(*combined);
                    narrow(found.len() - 1)
                })
            }));
        } else {
            numbers.extend(block.iter().map(|combined| {
                let Some(slot) = slots.get_mut(*combined as usize) else { return 0 };
                if *slot == u32::MAX {
                    *slot = narrow(found.len());
                    found.push(*combined);
                }
                *slot
            }));
        }
    }
    (numbers, found)
}

/// The keys that combined codes stand for.
fn decoded(keys: &[Coded], mut combined: Vec<u64>, dictionaries: &[Option<Arc<Dictionary>>]) -> Result<Vec<ArrayRef>> {
    let mut columns = Vec::with_capacity(keys.len());
    for (key, dictionary) in keys.iter().zip(dictionaries) {
        let width = key.values.len().max(1) as u64;
        let codes: UInt32Array = combined.iter().map(|combined| (combined % width) as u32).collect::<Vec<u32>>().into();
        combined.iter_mut().for_each(|combined| *combined /= width);
        columns.push(match dictionary.as_deref().and_then(|dictionary| key.numbers(dictionary, codes.len())) {
            Some(numbers) => take(&numbers, &codes, None)?,
            None => numbers_of(take(&key.values, &codes, None)?, dictionary.as_deref()),
        });
    }
    Ok(columns)
}

fn numbers_of(key: ArrayRef, dictionary: Option<&Dictionary>) -> ArrayRef {
    match dictionary {
        Some(dictionary) => Arc::new(dictionary.numbers(&key)),
        // Text that is kept must not hold on to all the text of its segment.
        None => match key.as_string_view_opt() {
            Some(text) => Arc::new(text.gc()),
            None => key,
        },
    }
}

/// Groups of keys whose codes have no common number: there are more combinations than 64 bits count.
fn interned(keys: &[Coded]) -> Result<Groups> {
    let arrays = keys.iter().map(|key| key.codes.values(&key.values)).collect::<Result<Vec<_>>>()?;
    let fields = arrays.iter().enumerate().map(|(index, array)| Field::new(index.to_string(), array.data_type().clone(), true));
    let mut known = new_group_values(Arc::new(Schema::new(fields.collect::<Vec<_>>())), &GroupOrdering::None)?;
    let mut numbers = Vec::new();
    known.intern(&arrays, &mut numbers)?;
    let count = known.len();
    Ok(Groups::Interned { numbers: numbers.into_iter().map(narrow).collect(), keys: known.emit(EmitTo::All)?, count })
}

/// Groups are counted in `u32`: a segment has at most 2^24 rows.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringViewArray};
    use arrow::datatypes::Int64Type;
    use proptest::prelude::*;

    use super::super::codes::encode;
    use super::super::columns::Column;
    use super::*;

    fn codes(values: impl IntoIterator<Item = i64>) -> Coded {
        encode(&(Arc::new(Int64Array::from_iter_values(values)) as ArrayRef)).unwrap()
    }

    proptest! {
        #[test]
        fn equal_rows_share_a_group(rows in proptest::collection::vec((0_i64..4, prop_oneof![0_i64..9, 0_i64..2_000_000]), 1..100), few in any::<bool>(), dense in any::<bool>()) {
            let rows: Vec<(i64, i64)> = rows.into_iter().map(|(first, second)| (first, if few { second % 5 } else { second })).collect();
            let keys = vec![codes(rows.iter().map(|row| row.0)), codes(rows.iter().map(|row| row.1))];
            let groups = Groups::of(keys, rows.len(), dense).unwrap();
            let mut block = Vec::new();
            let numbers: Vec<u32> = (0..rows.len()).map(|row| groups.numbers(0..rows.len(), &mut block).at(row)).collect();
            let wide = groups.wide(rows.len());
            let (count, complete) = (groups.count(), groups.complete());
            prop_assert!(complete || !dense);
            let keys = groups.keys(None, &[None, None]).unwrap();
            prop_assert_eq!(keys[0].len(), count);
            let (first, second) = (keys[0].as_primitive::<Int64Type>(), keys[1].as_primitive::<Int64Type>());
            let distinct: std::collections::HashSet<_> = rows.iter().collect();
            prop_assert!(count >= distinct.len() && (!complete || count == distinct.len()));
            for ((row, number), wide) in rows.iter().zip(&numbers).zip(&wide) {
                prop_assert_eq!((first.value(*wide), second.value(*wide)), *row);
                prop_assert_eq!(*number as usize, *wide);
            }
        }
    }

    #[test]
    fn groups_without_rows_have_no_keys() {
        let groups = Groups::of(vec![codes([3, 3, 9, 9, 9, 3, 3, 3, 9])], 9, false).unwrap();
        assert!(matches!(groups, Groups::Combined { count: 7, .. }) && !groups.complete());
        let present = BooleanArray::from(vec![true, false, false, false, false, false, true]);
        assert_eq!(groups.keys(Some(&present), &[None]).unwrap()[0].as_primitive::<Int64Type>().values(), &[3, 9]);
    }

    #[test]
    fn text_comes_as_numbers_of_its_dictionary() {
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![Some("b"), Some("a"), None, Some("b"), Some("c"), Some("c")]));
        let (all, few) = (Arc::new(Dictionary::new()), Arc::new(Dictionary::new()));
        for (rows, dictionary, known) in [(6, &all, 3), (1, &few, 1), (6, &few, 3)] {
            let Column::Coded(coded) = Column::Coded(encode(&texts).unwrap()).slice(0, rows) else { panic!("a part is coded") };
            let groups = Groups::of(vec![coded], rows, true).unwrap();
            let wide = groups.wide(rows);
            let keys = groups.keys(None, &[Some(Arc::clone(dictionary))]).unwrap();
            assert_eq!(dictionary.len(), known, "only what is there gets a number");
            let found = dictionary.texts(&keys[0]).unwrap();
            let found = found.as_string_view();
            for (row, group) in wide.into_iter().enumerate() {
                assert_eq!(found.is_valid(group).then(|| found.value(group)), [Some("b"), Some("a"), None, Some("b"), Some("c"), Some("c")][row]);
            }
        }
    }

    #[test]
    fn a_large_space_of_codes_is_hashed() {
        let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..3_000).map(|row| format!("t{row}"))));
        let groups = Groups::of(vec![encode(&texts).unwrap(), codes((0..3_000).map(|row| row * 100_000))], 3_000, false).unwrap();
        assert_eq!((groups.count(), groups.wide(3_000)[2_999]), (3_000, 2_999));
    }

    #[test]
    fn more_combinations_than_can_be_counted_are_interned() {
        let groups = Groups::of(vec![codes([0, 65_535, 0]); 5], 3, false).unwrap();
        assert_eq!((groups.count(), groups.wide(3)), (2, vec![0, 1, 0]));
        assert_eq!(groups.keys(None, &[None, None, None, None, None]).unwrap()[4].as_primitive::<Int64Type>().values(), &[0, 65_535]);
    }
}
