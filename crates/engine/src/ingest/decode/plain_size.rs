//! How large the rows of a batch are when each of their values is written out, however often one of them is stored: in columns, a
//! dictionary, a view or a run says with a few bytes what takes many. Large batches are cut by it, and a file whose rows are absurdly
//! much larger than itself is refused, as packed text is.

use arrow::array::{Array, ArrayRef, AsArray, OffsetSizeTrait};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;

use super::Spooled;
use crate::error::{Error, Result};

/// The ratio of plain to stored bytes is looked at from here on.
const LOOKED_AT_BYTES: u64 = 256 << 20;
/// Times the size of a file that a part of it may take which is held in memory whole, between what any file and no file may.
const HELD_RATIO: u64 = 64;

/// A UUID as it is written out.
const UUID_TEXT_BYTES: u64 = 36;

/// Bytes that a part of a file may take in memory: what is small in the file has no need of very much.
pub(crate) fn held_max(file_bytes: u64, least: u64, most: u64) -> u64 {
    file_bytes.saturating_mul(HELD_RATIO).clamp(least, most)
}

/// How much has been made of a file so far.
pub(crate) struct Growth {
    name: String,
    ratio: u64,
    plain: u64,
}

impl Growth {
    pub(crate) fn of(source: &Spooled) -> Self {
        Self { name: source.name().to_owned(), ratio: u64::from(source.unpack_ratio()).max(1), plain: 0 }
    }

    /// Counts plain bytes, made of the first `stored` bytes of a kind of data.
    ///
    /// # Errors
    /// `Invalid` when that is more than a table makes.
    pub(crate) fn add(&mut self, plain: u64, stored: u64, kind: &str) -> Result<()> {
        self.plain = self.plain.saturating_add(plain);
        if self.plain <= LOOKED_AT_BYTES || self.plain / self.ratio <= stored {
            return Ok(());
        }
        let Self { name, ratio, plain } = self;
        Err(Error::invalid(format!(
            "{name}: {stored} bytes of {kind} data unpack to more than {plain}, over {ratio} times as much, which few tables do; nothing is loaded. If the file is right, raise unpack_ratio for its load"
        ))
        .at("unpack_ratio"))
    }
}

/// Plain bytes of each row of a batch.
pub(crate) struct RowSizes {
    rows: usize,
    sizes: Sizes,
}

impl RowSizes {
    pub(crate) fn of(batch: &RecordBatch) -> Self {
        // A row without values is a line end at least.
        let start = Sizes::Equal(1);
        let sizes = batch.columns().iter().fold(start, |sizes, column| sizes.plus(sizes_of(column)));
        Self { rows: batch.num_rows(), sizes }
    }

    /// Rows from `start` on that take so many bytes together at most, but one of them in any case; and what they take.
    pub(crate) fn within(&self, start: usize, rows_max: usize, bytes_max: u64) -> (usize, u64) {
        let most = rows_max.min(self.rows.saturating_sub(start));
        match &self.sizes {
            Sizes::Equal(each) => {
                let rows = bytes_max.checked_div(*each).map_or(most, |rows| usize::try_from(rows).unwrap_or(usize::MAX)).clamp(1, most.max(1)).min(most);
                (rows, each.saturating_mul(rows as u64))
            }
            Sizes::Each(sizes) => {
                let (mut rows, mut bytes) = (0, 0_u64);
                for size in sizes.iter().skip(start).take(most) {
                    if rows > 0 && bytes.saturating_add(*size) > bytes_max {
                        break;
                    }
                    rows += 1;
                    bytes = bytes.saturating_add(*size);
                }
                (rows, bytes)
            }
        }
    }
}

/// Plain bytes of values, one after the other.
enum Sizes {
    Equal(u64),
    Each(Vec<u64>),
}

impl Sizes {
    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Equal(one), Self::Equal(other)) => Self::Equal(one.saturating_add(other)),
            (Self::Equal(each), Self::Each(mut sizes)) | (Self::Each(mut sizes), Self::Equal(each)) => {
                sizes.iter_mut().for_each(|size| *size = size.saturating_add(each));
                Self::Each(sizes)
            }
            (Self::Each(mut sizes), Self::Each(others)) => {
                sizes.iter_mut().zip(others).for_each(|(size, other)| *size = size.saturating_add(other));
                Self::Each(sizes)
            }
        }
    }

    fn get(&self, index: usize) -> u64 {
        match self {
            Self::Equal(each) => *each,
            Self::Each(sizes) => sizes.get(index).copied().unwrap_or_default(),
        }
    }

    /// What the first values take together, for each number of them from none on.
    fn sums(&self, count: usize) -> Vec<u64> {
        let mut all = 0_u64;
        let mut sums = Vec::with_capacity(count + 1);
        sums.push(0);
        sums.extend((0..count).map(|index| {
            all = all.saturating_add(self.get(index));
            all
        }));
        sums
    }
}

fn sizes_of(array: &ArrayRef) -> Sizes {
    // A column of nothing is nothing when it is written out, also a wide one.
    if array.null_count() == array.len() {
        return Sizes::Equal(0);
    }
    match array.data_type() {
        DataType::Null => Sizes::Equal(0),
        DataType::Boolean => Sizes::Equal(1),
        DataType::Utf8View => Sizes::Each(array.as_string_view().lengths().map(u64::from).collect()),
        DataType::Utf8 => offsets_to_sizes(array.as_string::<i32>().value_offsets()),
        DataType::LargeUtf8 => offsets_to_sizes(array.as_string::<i64>().value_offsets()),
        DataType::Dictionary(..) => array.as_any_dictionary_opt().map_or(Sizes::Equal(0), |dictionary| {
            if dictionary.values().is_empty() {
                return Sizes::Equal(0);
            }
            match sizes_of(dictionary.values()) {
                Sizes::Equal(each) => Sizes::Equal(each),
                Sizes::Each(sizes) => {
                    let nulls = dictionary.nulls();
                    let keys = dictionary.normalized_keys().into_iter().enumerate();
                    let size = |(row, key): (usize, usize)| if nulls.is_some_and(|nulls| nulls.is_null(row)) { 0 } else { sizes.get(key).copied().unwrap_or_default() };
                    Sizes::Each(keys.map(size).collect())
                }
            }
        }),
        DataType::Struct(_) => array.as_struct().columns().iter().fold(Sizes::Equal(1), |sizes, inner| sizes.plus(sizes_of(inner))),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            ranges_to_sizes(list.values(), list.value_offsets().windows(2).map(ends))
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            ranges_to_sizes(list.values(), list.value_offsets().windows(2).map(ends))
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let entries: ArrayRef = std::sync::Arc::new(map.entries().clone());
            ranges_to_sizes(&entries, map.value_offsets().windows(2).map(ends))
        }
        // These say where each of them begins and how long it is: several may share their elements.
        DataType::ListView(_) => {
            let list = array.as_list_view::<i32>();
            ranges_to_sizes(list.values(), list.value_offsets().iter().zip(list.value_sizes()).map(|(from, length)| range(*from, *length)))
        }
        DataType::LargeListView(_) => {
            let list = array.as_list_view::<i64>();
            ranges_to_sizes(list.values(), list.value_offsets().iter().zip(list.value_sizes()).map(|(from, length)| range(*from, *length)))
        }
        DataType::FixedSizeList(_, length) => {
            let list = array.as_fixed_size_list();
            let length = usize::try_from(*length).unwrap_or_default();
            ranges_to_sizes(list.values(), (0..list.len()).map(|index| (index * length, (index + 1) * length)))
        }
        // None but UUIDs are read, which are text.
        DataType::FixedSizeBinary(_) => Sizes::Equal(UUID_TEXT_BYTES),
        other => Sizes::Equal(other.primitive_width().map_or(8, |width| width as u64)),
    }
}

fn ends<O: OffsetSizeTrait>(offsets: &[O]) -> (usize, usize) {
    match offsets {
        [from, to] => (from.as_usize(), to.as_usize()),
        _ => (0, 0),
    }
}

fn range<O: OffsetSizeTrait>(from: O, length: O) -> (usize, usize) {
    (from.as_usize(), from.as_usize().saturating_add(length.as_usize()))
}

fn offsets_to_sizes<O: OffsetSizeTrait>(offsets: &[O]) -> Sizes {
    Sizes::Each(offsets.windows(2).map(ends).map(|(from, to)| to.saturating_sub(from) as u64).collect())
}

/// Lists: each has a separator, and its elements.
fn ranges_to_sizes(elements: &ArrayRef, ranges: impl Iterator<Item = (usize, usize)>) -> Sizes {
    let sums = sizes_of(elements).plus(Sizes::Equal(1)).sums(elements.len());
    let at = |place: usize| sums.get(place).or(sums.last()).copied().unwrap_or_default();
    Sizes::Each(ranges.map(|(from, to)| at(to).saturating_sub(at(from)).saturating_add(1)).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{DictionaryArray, FixedSizeListArray, Int32Array, Int64Array, ListArray, ListViewArray, StringArray, StringViewArray};
    use arrow::datatypes::{Field, Int32Type};

    use super::*;

    fn sizes(array: ArrayRef) -> Vec<u64> {
        let rows = RowSizes::of(&RecordBatch::try_from_iter([("a", array)]).unwrap());
        (0..rows.rows).map(|row| rows.within(row, 1, 0).1).collect()
    }

    #[test]
    fn values_are_as_large_as_they_are_written_out() {
        assert_eq!(sizes(Arc::new(Int64Array::from(vec![1, 2]))), [9, 9]);
        assert_eq!(sizes(Arc::new(Int64Array::from(vec![None, None]))), [1, 1]);
        assert_eq!(sizes(Arc::new(StringViewArray::from(vec!["a", "", "a text that is longer"]))), [2, 1, 22]);
        assert_eq!(sizes(Arc::new(StringArray::from(vec!["a", "", "abc"]).slice(1, 2))), [1, 4]);
        let keys = Int32Array::from(vec![Some(1), Some(1), Some(0), None]);
        let words: ArrayRef = Arc::new(StringArray::from(vec!["a", "abcdefg"]));
        assert_eq!(sizes(Arc::new(DictionaryArray::<Int32Type>::new(keys, words))), [8, 8, 2, 1]);
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), Some(vec![]), Some(vec![Some(7)])]);
        assert_eq!(sizes(Arc::new(list)), [12, 2, 7]);
    }

    #[test]
    fn lists_that_share_their_elements_are_as_large_as_each_by_itself() {
        let words: ArrayRef = Arc::new(StringArray::from(vec!["abcdefghi", "", ""]));
        let field = Arc::new(Field::new("item", words.data_type().clone(), true));
        let views = ListViewArray::new(Arc::clone(&field), vec![0, 0, 1].into(), vec![1, 3, 2].into(), Arc::clone(&words), None);
        assert_eq!(sizes(Arc::new(views)), [12, 14, 4]);
        assert_eq!(sizes(Arc::new(FixedSizeListArray::new(field, 3, words, None))), [14]);
    }

    #[test]
    fn batches_are_cut_where_they_become_too_large() {
        let texts = RowSizes::of(&RecordBatch::try_from_iter([("a", Arc::new(StringViewArray::from(vec!["aaaa", "bbbb", "a text that is longer"])) as ArrayRef)]).unwrap());
        assert_eq!(texts.within(0, 9, 100), (3, 32));
        assert_eq!(texts.within(0, 9, 12), (2, 10));
        assert_eq!(texts.within(2, 9, 12), (1, 22));
        assert_eq!(texts.within(3, 9, 12), (0, 0));
        let numbers = RowSizes::of(&RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1; 10])) as ArrayRef)]).unwrap());
        assert_eq!((numbers.within(0, 4, 100), numbers.within(8, 4, 100), numbers.within(0, 9, 20), numbers.within(0, 9, 1)), ((4, 36), (2, 18), (2, 18), (1, 9)));
    }

    #[test]
    fn small_files_hold_little() {
        assert_eq!((held_max(10, 100, 1_000), held_max(4, 100, 1_000), held_max(u64::MAX, 100, 1_000)), (640, 256, 1_000));
        assert_eq!(held_max(1, 100, 1_000), 100);
    }
}
