//! Folding the rows of a segment into groups. Rows come in blocks that fit the nearest cache of a core together with the
//! numbers of their groups, so that several aggregates over the same groups read these from there. A cell is what one
//! group holds. Where groups are few, a row often adds to the cell of the row before it and would have to wait for it:
//! then each cell is kept several times over and put together in the end. A block whose rows are all of one group, as
//! most are where rows lie in the order of time and time is the key, is added up without a look at cells.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};

use crate::error::{Error, Result};

/// Rows of a block.
pub(crate) const BLOCK_ROWS: usize = 4_096;

/// Groups up to which cells are kept several times over. Rows in the order of time use few of them at a time.
const BANKED_GROUPS: usize = 4_096;
/// Rows for each group that must have come before that is worth putting the cells together in the end.
const ROWS_PER_GROUP: usize = 4;
/// How many times.
const BANKS: usize = 4;
/// Independent sums of rows that are in no groups.
const LANES: usize = 8;

/// The rows of a segment as one aggregate sees them.
#[derive(Debug)]
pub(crate) struct Values {
    /// What is folded; absent where rows are counted.
    pub array: Option<ArrayRef>,
    /// The rows that count; absent where all do.
    pub valid: Option<BooleanBuffer>,
}

impl Values {
    /// Values that are in memory, and a condition on their rows. Null is not true.
    pub(crate) fn of(array: Option<&ArrayRef>, passes: Option<&BooleanArray>) -> Self {
        let known = array.and_then(|array| array.logical_nulls()).filter(|nulls| nulls.null_count() > 0);
        let passing = passes.map(|passes| match passes.nulls() {
            Some(nulls) => passes.values() & nulls.inner(),
            None => passes.values().clone(),
        });
        let valid = match (known.map(NullBuffer::into_inner), passing) {
            (Some(known), Some(passing)) => Some(&known & &passing),
            (one, other) => one.or(other),
        };
        Self { array: array.cloned(), valid }
    }

    pub(crate) fn array(&self) -> Result<&ArrayRef> {
        self.array.as_ref().ok_or_else(|| Error::internal("an aggregate without its values"))
    }

    fn valid(&self, rows: &Range<usize>) -> Option<BooleanBuffer> {
        self.valid.as_ref().map(|valid| valid.slice(rows.start, rows.len()))
    }
}

/// The groups of a block of rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Numbers<'a> {
    /// All rows are of one group.
    Same(u32),
    /// Each row has its own.
    Each(&'a [u32]),
}

impl<'a> Numbers<'a> {
    /// Of rows that have one each.
    pub(crate) fn of(numbers: &'a [u32]) -> Self {
        match numbers {
            // Mixed rows differ early.
            [first, .., last] if first == last && numbers.iter().all(|number| number == first) => Self::Same(*first),
            _ => Self::Each(numbers),
        }
    }

    /// The group of a row of the block.
    pub(crate) fn at(self, row: usize) -> u32 {
        match self {
            Self::Same(group) => group,
            Self::Each(numbers) => numbers.get(row).copied().unwrap_or(0),
        }
    }
}

/// One aggregate over groups, computed by us.
pub(crate) trait Fold: Send {
    /// Makes room for so many groups.
    fn grow(&mut self, groups: usize);

    /// Folds some rows of a segment, at most [`BLOCK_ROWS`]. `numbers` are the groups of these rows.
    fn update(&mut self, values: &Values, rows: Range<usize>, numbers: Numbers<'_>) -> Result<()>;

    /// Merges states, each into its group.
    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()>;

    /// The states of all groups.
    fn state(&mut self) -> Result<Vec<ArrayRef>>;

    /// The values of all groups.
    fn evaluate(&mut self) -> Result<ArrayRef>;

    /// How many rows each group has, where they are counted on the way.
    fn counts(&mut self) -> Option<Int64Array> {
        None
    }

    /// Bytes held.
    fn size_bytes(&self) -> usize;
}

/// What one group holds.
pub(crate) trait Cell: Clone + Send {
    type Value: Copy;
    /// Of a group without rows.
    const EMPTY: Self;

    fn add(&mut self, value: Self::Value);

    /// Adds what another cell holds.
    fn join(&mut self, other: &Self);

    /// Bytes beside its own.
    fn heap_bytes(&self) -> usize {
        0
    }

    /// Adds values that are all of one group.
    fn add_all(&mut self, values: &[Self::Value]) {
        let mut lanes = [const { Self::EMPTY }; LANES];
        let (chunks, rest) = values.as_chunks::<LANES>();
        for chunk in chunks {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                lane.add(*value);
            }
        }
        for (lane, value) in lanes.iter_mut().zip(rest) {
            lane.add(*value);
        }
        lanes.iter().for_each(|lane| self.join(lane));
    }
}

/// The cells of all groups.
#[derive(Debug)]
pub(crate) struct Cells<C> {
    cells: Vec<C>,
    /// The other banks, one after the other, until they are put together.
    spare: Vec<C>,
    /// Rows that were folded into groups.
    rows: usize,
}

impl<C> Default for Cells<C> {
    fn default() -> Self {
        Self { cells: Vec::new(), spare: Vec::new(), rows: 0 }
    }
}

impl<C: Cell> Cells<C> {
    pub(crate) fn grow(&mut self, groups: usize) {
        if groups > self.cells.len() {
            self.settle();
            self.cells.resize(groups, C::EMPTY);
        }
    }

    /// Folds a block; `values` are all of the segment's.
    pub(crate) fn update(&mut self, values: &[C::Value], of: &Values, rows: Range<usize>, numbers: Numbers<'_>) -> Result<()> {
        let valid = of.valid(&rows);
        let values = values.get(rows).ok_or_else(|| Error::internal("rows beyond the end of a segment"))?;
        match (numbers, valid) {
            (Numbers::Same(group), None) => self.total(group, |cell| cell.add_all(values)),
            (Numbers::Same(group), Some(valid)) => self.total(group, |cell| {
                each_run(&valid, |rows| match values.get(rows) {
                    Some([value]) => cell.add(*value),
                    Some(values) => cell.add_all(values),
                    None => {}
                });
            }),
            (Numbers::Each(numbers), None) => self.scatter(values, numbers),
            (Numbers::Each(numbers), Some(valid)) => each_run(&valid, |rows| {
                let (values, numbers) = (values.get(rows.clone()).unwrap_or_default(), numbers.get(rows).unwrap_or_default());
                match (values, numbers) {
                    ([value], [number]) => {
                        if let Some(cell) = self.cells.get_mut(*number as usize) {
                            cell.add(*value);
                        }
                    }
                    _ => self.scatter(values, numbers),
                }
            }),
        }
        Ok(())
    }

    fn total(&mut self, group: u32, add: impl FnOnce(&mut C)) {
        if let Some(cell) = self.cells.get_mut(group as usize) {
            add(cell);
        }
    }

    fn scatter(&mut self, values: &[C::Value], numbers: &[u32]) {
        fn add<C: Cell>(cells: &mut [C], number: u32, value: C::Value) {
            if let Some(cell) = cells.get_mut(number as usize) {
                cell.add(value);
            }
        }
        let groups = self.cells.len();
        self.rows += values.len();
        if groups > BANKED_GROUPS || self.rows < groups * ROWS_PER_GROUP || values.len() < BANKS {
            for (value, number) in values.iter().zip(numbers) {
                add(&mut self.cells, *number, *value);
            }
            return;
        }
        self.spare.resize(groups * (BANKS - 1), C::EMPTY);
        let first = self.cells.as_mut_slice();
        let (second, rest) = self.spare.split_at_mut(groups);
        let (third, fourth) = rest.split_at_mut(groups);
        let (values, last_values) = values.as_chunks::<BANKS>();
        let (numbers, last_numbers) = numbers.as_chunks::<BANKS>();
        for ([v1, v2, v3, v4], [n1, n2, n3, n4]) in values.iter().zip(numbers) {
            add(first, *n1, *v1);
            add(second, *n2, *v2);
            add(third, *n3, *v3);
            add(fourth, *n4, *v4);
        }
        for (value, number) in last_values.iter().zip(last_numbers) {
            add(first, *number, *value);
        }
    }

    /// Adds cells, each to its group.
    pub(crate) fn join(&mut self, cells: impl Iterator<Item = C>, groups: &[usize]) {
        for (other, group) in cells.zip(groups) {
            if let Some(cell) = self.cells.get_mut(*group) {
                cell.join(&other);
            }
        }
    }

    /// All cells as they are, in the order of the groups.
    pub(crate) fn all(&mut self) -> &[C] {
        self.settle();
        &self.cells
    }

    /// All cells, in the order of the groups.
    pub(crate) fn take(&mut self) -> Vec<C> {
        self.settle();
        std::mem::take(&mut self.cells)
    }

    fn settle(&mut self) {
        let groups = self.cells.len().max(1);
        for bank in self.spare.chunks(groups) {
            for (cell, other) in self.cells.iter_mut().zip(bank) {
                cell.join(other);
            }
        }
        self.spare.clear();
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let beside = if std::mem::needs_drop::<C>() { self.cells.iter().chain(&self.spare).map(C::heap_bytes).sum() } else { 0 };
        (self.cells.capacity() + self.spare.capacity()) * size_of::<C>() + beside
    }
}

/// Calls with the rows that are set: 64 at once where all of a word are, else one by one.
fn each_run(valid: &BooleanBuffer, mut call: impl FnMut(Range<usize>)) {
    for (index, word) in valid.bit_chunks().iter_padded().enumerate() {
        let from = index * 64;
        if word == u64::MAX {
            call(from..from + 64);
            continue;
        }
        let mut word = word;
        while word != 0 {
            let row = from + word.trailing_zeros() as usize;
            call(row..row + 1);
            word &= word - 1;
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Runs an aggregate as a kernel does, to be compared with a loop that is too simple to be wrong.

    use proptest::prelude::*;

    use super::*;

    /// Rows: whether each passes a filter, and its group.
    pub(crate) type Rows = Vec<(bool, u32)>;

    /// Few groups and many, each in a piece or all over, no filter and some.
    pub(crate) fn rows(length: usize) -> impl Strategy<Value = (Rows, usize)> {
        let groups = prop_oneof![Just(1_usize), Just(7), Just(2_000)];
        (groups, prop_oneof![Just(1.0), Just(0.5), Just(0.02)], any::<bool>()).prop_flat_map(move |(groups, passing, sorted)| {
            let row = (proptest::bool::weighted(passing), 0..groups as u32);
            let rows = proptest::collection::vec(row, length).prop_map(move |mut rows| {
                if sorted {
                    rows.sort_by_key(|(_, group)| *group);
                }
                rows
            });
            (rows, Just(groups))
        })
    }

    /// The values of an aggregate over groups, computed in segments and in blocks, merged state by state. With one group
    /// the rows have no numbers.
    pub(crate) fn folded(make: &dyn Fn() -> Box<dyn Fold>, array: Option<&ArrayRef>, rows: &Rows, groups: usize, segment: usize) -> Result<ArrayRef> {
        let mut merged = make();
        merged.grow(groups);
        for from in (0..rows.len()).step_by(segment.max(1)) {
            let part = rows.get(from..rows.len().min(from + segment)).unwrap_or_default();
            let array = array.map(|array| array.slice(from, part.len()));
            let valid: Vec<bool> = part.iter().enumerate().map(|(row, (passes, _))| *passes && array.as_ref().is_none_or(|array| array.is_valid(row))).collect();
            let valid = valid.contains(&false).then(|| BooleanBuffer::from(valid));
            let numbers: Vec<u32> = part.iter().map(|(_, number)| *number).collect();
            let values = Values { array, valid };
            let mut fold = make();
            fold.grow(groups);
            for start in (0..part.len()).step_by(BLOCK_ROWS) {
                let rows = start..part.len().min(start + BLOCK_ROWS);
                fold.update(&values, rows.clone(), if groups > 1 { Numbers::of(&numbers[rows]) } else { Numbers::Same(0) })?;
            }
            merged.merge(&fold.state()?, &(0..groups).collect::<Vec<_>>())?;
        }
        merged.evaluate()
    }
}
