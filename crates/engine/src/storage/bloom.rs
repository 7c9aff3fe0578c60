//! Bloom filters of segments: which columns get one when a segment is written, and what one says of a value later.
//!
//! A filter is for look-ups of one value among many: ids, names, addresses. Which columns these are is read from the rows
//! and is no setting: a value must be rare in its segment, and the bounds of the segment must not say the same already.
//! A filter never says no to a value that is there; to one that is not there it says yes once in fifty times: with half of that
//! a filter would be twice as large, because its size is a power of two.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::scalar::ScalarValue;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::bloom_filter::Sbbf;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;

use super::checksum;
use super::distinct::count_distinct;
use super::reader::SegmentReader;

/// How often a filter may let a value pass that is not there.
pub(crate) const FALSE_POSITIVES: f64 = 0.02;

/// A value occurs at most so often in its segment, on average: what is more frequent is in most segments anyway, and its
/// dictionary says so as well.
const ROWS_PER_VALUE: u64 = 16;

/// Whole numbers between the bounds of which at least one in so many is there need no filter: it would rarely say no.
const DENSEST: u64 = 4;

/// Bytes that all filters of a segment take at most, for each row. Columns take tens of bytes a row.
const BYTES_PER_ROW: u64 = 5;

/// Rows that tell whether it is worth counting all of them.
const SAMPLE_ROWS: usize = 4_096;

/// A column that gets a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filtered {
    pub column: usize,
    /// About how many distinct values it has.
    pub distinct: u64,
}

/// The columns of a segment that get filters, when it is written in groups of so many rows.
pub(crate) fn choose(rows: &RecordBatch, group_rows: usize) -> Vec<Filtered> {
    let count = rows.num_rows() as u64;
    let mut candidates: Vec<(bool, Filtered)> = rows
        .columns()
        .iter()
        .enumerate()
        .filter_map(|(column, array)| {
            let distinct = distinct_if_rare(array)?;
            Some((matches!(array.data_type(), DataType::Utf8View), Filtered { column, distinct }))
        })
        .collect();
    // Text first, because whole numbers are often measures; then what is nearest to a key.
    candidates.sort_by_key(|(text, filtered)| (!text, std::cmp::Reverse(filtered.distinct)));
    let mut room = count * BYTES_PER_ROW;
    let mut chosen = Vec::new();
    for (_, filtered) in candidates {
        let bytes = bytes_of(filtered.distinct, count, group_rows as u64);
        // A filter has at least a block of 32 bytes, which is little beside the footer even of one row.
        if bytes <= room.max(256) {
            room = room.saturating_sub(bytes);
            chosen.push(filtered);
        }
    }
    chosen.sort_by_key(|filtered| filtered.column);
    chosen
}

/// Bytes of the filters of a column with so many distinct values, one for each row group.
fn bytes_of(distinct: u64, rows: u64, group_rows: u64) -> u64 {
    let of_group = |rows: u64| {
        let bits = -8.0 * distinct.min(rows) as f64 / (1.0 - FALSE_POSITIVES.powf(1.0 / 8.0)).ln();
        ((bits / 8.0) as u64).next_power_of_two().max(32)
    };
    let group_rows = group_rows.max(1);
    let rest = if rows.is_multiple_of(group_rows) { 0 } else { of_group(rows % group_rows) };
    rows / group_rows * of_group(group_rows) + rest
}

/// About how many distinct values a column has, if a filter of it would be worth its bytes.
fn distinct_if_rare(array: &ArrayRef) -> Option<u64> {
    let known = (array.len() - array.null_count()) as u64;
    let rare = |distinct: u64, rows: u64| distinct > 0 && distinct.saturating_mul(ROWS_PER_VALUE) >= rows;
    let sample = array.slice(0, array.len().min(SAMPLE_ROWS));
    if known == 0 || !rare(distinct(&sample)?, (sample.len() - sample.null_count()) as u64) {
        return None;
    }
    let distinct = if sample.len() == array.len() { distinct(&sample)? } else { distinct(array)? };
    if !rare(distinct, known) {
        return None;
    }
    if let Some(integers) = array.as_primitive_opt::<Int64Type>() {
        let (least, greatest) = (compute::min(integers)?, compute::max(integers)?);
        if distinct.saturating_mul(DENSEST) > greatest.abs_diff(least) {
            return None;
        }
    }
    Some(distinct)
}

/// About how many distinct values a column of text or whole numbers has. `None`: of another type.
fn distinct(array: &ArrayRef) -> Option<u64> {
    match array.data_type() {
        DataType::Utf8View => Some(count_distinct(array.as_string_view().iter().flatten(), array.len())),
        DataType::Int64 => Some(count_distinct(array.as_primitive::<Int64Type>().iter().flatten(), array.len())),
        _ => None,
    }
}

/// The filters of one column of a segment, one for each of its row groups.
#[derive(Debug)]
pub(crate) struct ColumnFilter {
    groups: Vec<Sbbf>,
}

impl ColumnFilter {
    /// Reads the filters of a column. `None`: a part of the segment has none.
    pub(crate) async fn read(reader: &mut SegmentReader, footer: &ParquetMetaData, column: &str) -> Result<Option<Self>> {
        let Some(index) = footer.file_metadata().schema_descr().columns().iter().position(|leaf| matches!(leaf.path().parts(), [name] if name == column)) else { return Ok(None) };
        let place = |group: &parquet::file::metadata::RowGroupMetaData| {
            let chunk = group.columns().get(index)?;
            let offset = u64::try_from(chunk.bloom_filter_offset()?).ok()?;
            Some(offset..offset + u64::try_from(chunk.bloom_filter_length()?).ok()?)
        };
        let Some(ranges) = footer.row_groups().iter().map(place).collect::<Option<Vec<_>>>() else { return Ok(None) };
        reader.check(checksum::expected_of_filters(footer)?);
        let bytes = reader.get_byte_ranges(ranges).await?;
        let groups = bytes.iter().map(|bytes| Sbbf::from_bytes(bytes)).collect::<Result<Vec<_>, ParquetError>>()?;
        Ok(Some(Self { groups }))
    }

    /// Whether the value may be in the segment. It is not when this says no.
    pub(crate) fn may_contain(&self, value: &ScalarValue) -> bool {
        match value {
            ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)) | ScalarValue::LargeUtf8(Some(text)) => self.groups.iter().any(|group| group.check(text.as_str())),
            ScalarValue::Int64(Some(number)) => self.groups.iter().any(|group| group.check(number)),
            _ => true,
        }
    }

    /// Bytes that it holds.
    pub(crate) fn size_bytes(&self) -> usize {
        self.groups.iter().map(|group| group.num_blocks() * 32).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int64Array, StringViewArray};

    use super::*;

    /// Numbers spread over all 64 bits.
    fn spread(number: i64) -> i64 {
        number.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64)
    }

    fn chosen(columns: Vec<(&str, ArrayRef)>) -> Vec<usize> {
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
        choose(&batch, 128 << 10).into_iter().map(|filtered| filtered.column).collect()
    }

    #[test]
    fn ids_get_filters_and_what_bounds_or_dictionaries_say_does_not() {
        let rows = 10_000_i64;
        let integers = |value: &dyn Fn(i64) -> i64| Arc::new(Int64Array::from_iter_values((0..rows).map(value))) as ArrayRef;
        let texts = |value: &dyn Fn(i64) -> String| Arc::new(StringViewArray::from_iter_values((0..rows).map(value))) as ArrayRef;
        let columns = vec![
            ("id", integers(&spread)),
            ("counter", integers(&|row| 1_000_000 + row)),
            ("status", integers(&|row| row % 7 * 1_000_000)),
            ("country", texts(&|row| format!("c{}", row % 60))),
            ("email", texts(&|row| format!("somebody.{row}@example.org"))),
            ("price", Arc::new(Float64Array::from_iter_values((0..rows).map(|row| row as f64))) as ArrayRef),
            ("nothing", Arc::new(Int64Array::from(vec![None; rows as usize])) as ArrayRef),
        ];
        assert_eq!(chosen(columns), [0, 4]);
    }

    #[test]
    fn a_segment_of_few_rows_has_filters_of_its_ids() {
        let ids = Arc::new(Int64Array::from_iter_values((0..3).map(spread))) as ArrayRef;
        let names = Arc::new(StringViewArray::from_iter_values(["a", "b", "c"])) as ArrayRef;
        assert_eq!(chosen(vec![("id", ids), ("name", names)]), [0, 1]);
    }

    #[test]
    fn filters_of_a_segment_take_few_bytes_together() {
        let column = |salt: i64| Arc::new(Int64Array::from_iter_values((0..100_000).map(|row| spread(row + salt)))) as ArrayRef;
        let batch = RecordBatch::try_from_iter(["a", "b", "c", "d", "e", "f"].iter().zip(0..).map(|(name, salt)| (*name, column(salt * 1_000_000)))).unwrap();
        let filtered = choose(&batch, 128 << 10);
        let bytes: u64 = filtered.iter().map(|filtered| bytes_of(filtered.distinct, 100_000, 128 << 10)).sum();
        assert!((2..6).contains(&filtered.len()) && bytes <= 500_000, "{filtered:?} {bytes}");
    }

    #[test]
    fn distinct_values_are_estimated_well() {
        for (rows, distinct, off) in [(1_i64, 1_i64, 0), (100, 100, 15), (10_000, 9, 1), (10_000, 5_000, 150), (200_000, 200_000, 2_000)] {
            let estimate = count_distinct((0..rows).map(|row| spread(row % distinct)), rows as usize) as i64;
            assert!((estimate - distinct).abs() <= off, "{estimate} of {distinct}");
        }
    }
}
