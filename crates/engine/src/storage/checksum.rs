//! Checksums of a segment, written into its Parquet footer under `tidemill.crc32`: one of the footer itself, one of each
//! column chunk, row group by row group, one of the page index and, where the segment has bloom filters, one for each chunk
//! of its filter, as hexadecimal CRC-32.
//!
//! Parquet has a place for checksums of pages, but the writer does not fill it in, and a changed bit in a page of numbers
//! is a changed number. A chunk is fetched as a whole, also for a few of its pages ([`whole`]), because only a whole one can
//! be checked. Segments without checksums, which other programs may have added to the table, are read unchecked, and so are
//! page index and filters of segments from before these had some.

use std::ops::Range;

use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{KeyValue, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};

const KEY: &str = "tidemill.crc32";
const FOOTER: &str = "footer=";
const CHUNKS: &str = ";chunks=";
/// Hexadecimal digits of one checksum.
const DIGITS: usize = 8;

/// A chunk of a file, its filter or the page index, and its checksum.
pub(crate) type Chunk = (Range<u64>, u32);

/// Where the column chunks of row groups lie.
pub(crate) fn chunks_of(groups: &[RowGroupMetaData]) -> Result<Vec<Range<u64>>> {
    groups
        .iter()
        .flat_map(RowGroupMetaData::columns)
        .map(|column| {
            let from = u64::try_from(column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset()));
            let length = u64::try_from(column.compressed_size());
            match (from, length) {
                (Ok(from), Ok(length)) => Ok(from..from.saturating_add(length)),
                _ => Err(ParquetError::General("a column chunk that begins before its file".to_owned())),
            }
        })
        .collect()
}

/// Where the page index lies, which says which pages of a chunk may hold what is sought.
fn page_index_of(metadata: &ParquetMetaData) -> Option<Range<u64>> {
    let columns = || metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
    let parts = columns()
        .map(|column| (column.column_index_offset(), column.column_index_length()))
        .chain(columns().map(|column| (column.offset_index_offset(), column.offset_index_length())));
    parts
        .filter_map(|(from, length)| {
            let from = u64::try_from(from?).ok()?;
            Some(from..from.saturating_add(u64::try_from(length?).ok()?))
        })
        .reduce(|all, part| all.start.min(part.start)..all.end.max(part.end))
}

/// Where the bloom filter of each chunk lies, row group by row group.
fn filters_of(metadata: &ParquetMetaData) -> impl Iterator<Item = Option<Range<u64>>> {
    metadata.row_groups().iter().flat_map(RowGroupMetaData::columns).map(|column| {
        let from = u64::try_from(column.bloom_filter_offset()?).ok()?;
        Some(from..from.saturating_add(u64::try_from(column.bloom_filter_length()?).ok()?))
    })
}

/// The ranges, each with all of the chunks that it lies in: sorted, without those that lie in others.
pub(crate) fn whole(ranges: &[Range<u64>], chunks: &[Chunk]) -> Vec<Range<u64>> {
    let mut wide: Vec<Range<u64>> = ranges
        .iter()
        .map(|range| {
            // Chunks are in the order of the file.
            let first = chunks.partition_point(|(chunk, _)| chunk.end <= range.start);
            let met = chunks.iter().skip(first).take_while(|(chunk, _)| chunk.start < range.end);
            met.fold(range.clone(), |wide, (chunk, _)| wide.start.min(chunk.start)..wide.end.max(chunk.end))
        })
        .collect();
    wide.sort_unstable_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    wide.dedup_by(|next, kept| next.end <= kept.end);
    wide
}

/// Room for the checksums of so many chunks, of a page index and, where there are some, of filters. [`seal`] fills it in.
pub(crate) fn placeholder(chunks: usize, filters: bool) -> KeyValue {
    let checksums = chunks + 1 + if filters { chunks } else { 0 };
    KeyValue::new(KEY.to_owned(), format!("{FOOTER}{}{CHUNKS}{}", "0".repeat(DIGITS), "0".repeat(DIGITS * checksums)))
}

/// Fills in the checksums of a whole file with a placeholder.
pub(crate) fn seal(file: &mut [u8], chunks: &[Range<u64>], filters: bool) -> Result<()> {
    let mut digits = String::with_capacity(DIGITS * (2 * chunks.len() + 1));
    for chunk in chunks {
        let bytes = slice(file, chunk).ok_or_else(|| ParquetError::EOF("a column chunk beyond its file".to_owned()))?;
        digits.push_str(&format!("{:08x}", crc32fast::hash(bytes)));
    }
    let lost = || ParquetError::General("the footer lost the place of its checksums".to_owned());
    let footer = footer_of(file).ok_or_else(lost)?;
    let metadata = ParquetMetaDataReader::decode_metadata(file.get(footer.clone()).ok_or_else(lost)?)?;
    let others = std::iter::once(page_index_of(&metadata)).chain(filters_of(&metadata).filter(|_| filters));
    for range in others {
        let bytes = range.and_then(|range| slice(file, &range)).unwrap_or_default();
        digits.push_str(&format!("{:08x}", crc32fast::hash(bytes)));
    }
    let footer = file.get_mut(footer).ok_or_else(lost)?;
    let place = place_of_footer(footer).ok_or_else(lost)?;
    let after = place.end + CHUNKS.len();
    footer.get_mut(after..after + digits.len()).ok_or_else(lost)?.copy_from_slice(digits.as_bytes());
    let checksum = format!("{:08x}", crc32fast::hash(footer));
    footer.get_mut(place).ok_or_else(lost)?.copy_from_slice(checksum.as_bytes());
    Ok(())
}

/// Checks a whole file, if it says what its checksums are.
pub(crate) fn verify_file(file: &[u8]) -> Result<()> {
    let footer = footer_of(file).and_then(|place| file.get(place)).ok_or_else(|| ParquetError::EOF("a file without a footer".to_owned()))?;
    verify_footer(footer)?;
    let metadata = ParquetMetaDataReader::decode_metadata(footer)?;
    for chunk in all_expected(&metadata)? {
        let bytes = slice(file, &chunk.0).ok_or_else(|| ParquetError::EOF("a column chunk beyond its file".to_owned()))?;
        verify(&chunk.0, bytes, std::slice::from_ref(&chunk))?;
    }
    Ok(())
}

/// Checks the bytes of a footer, if it says what they should be.
pub(crate) fn verify_footer(footer: &[u8]) -> Result<()> {
    let Some(place) = place_of_footer(footer) else { return Ok(()) };
    let (Some(before), Some(digits), Some(after)) = (footer.get(..place.start), footer.get(place.clone()), footer.get(place.end..)) else { return Ok(()) };
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(before);
    hasher.update(&[b'0'; DIGITS]);
    hasher.update(after);
    let checksum = format!("{:08x}", hasher.finalize());
    if digits == checksum.as_bytes() { Ok(()) } else { Err(ParquetError::General("the footer is damaged: its checksum is another one".to_owned())) }
}

/// The checksums of all chunks of one column; none where the file has none.
pub(crate) fn expected(metadata: &ParquetMetaData, column: usize) -> Result<Vec<Chunk>> {
    let width = metadata.row_groups().first().map_or(1, RowGroupMetaData::num_columns).max(1);
    Ok(Stated::of(metadata)?.chunks.into_iter().skip(column).step_by(width).collect())
}

/// The checksums of all bloom filters; none where the file has none.
pub(crate) fn expected_of_filters(metadata: &ParquetMetaData) -> Result<Vec<Chunk>> {
    Ok(Stated::of(metadata)?.filters)
}

/// The checksums of all chunks, of the filters and of the page index, in the order of the file; none where the file has none.
pub(crate) fn all_expected(metadata: &ParquetMetaData) -> Result<Vec<Chunk>> {
    let Stated { mut chunks, filters, index } = Stated::of(metadata)?;
    chunks.extend(filters.into_iter().chain(index));
    chunks.sort_unstable_by_key(|(range, _)| range.start);
    Ok(chunks)
}

/// What a footer says.
#[derive(Default)]
struct Stated {
    chunks: Vec<Chunk>,
    filters: Vec<Chunk>,
    index: Option<Chunk>,
}

impl Stated {
    fn of(metadata: &ParquetMetaData) -> Result<Self> {
        let pairs = metadata.file_metadata().key_value_metadata().map(Vec::as_slice).unwrap_or_default();
        let Some(value) = pairs.iter().rev().find(|pair| pair.key == KEY).and_then(|pair| pair.value.as_deref()) else { return Ok(Self::default()) };
        let Some((_, digits)) = value.split_once(CHUNKS) else { return Ok(Self::default()) };
        let checksum = |place: usize| digits.get(place * DIGITS..(place + 1) * DIGITS).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let chunks = chunks_of(metadata.row_groups())?;
        let index = page_index_of(metadata).zip(checksum(chunks.len()));
        let filters = (chunks.len() + 1..).zip(filters_of(metadata)).filter_map(|(place, range)| range.zip(checksum(place))).collect();
        let chunks = chunks.into_iter().enumerate().map(|(place, range)| {
            let missing = || ParquetError::General("a column chunk without its checksum".to_owned());
            checksum(place).map(|checksum| (range, checksum)).ok_or_else(missing)
        });
        Ok(Self { chunks: chunks.collect::<Result<_>>()?, filters, index })
    }
}

/// Checks fetched bytes: all of them must be there, and chunks that lie in them must be as they were written.
pub(crate) fn verify(range: &Range<u64>, bytes: &[u8], chunks: &[Chunk]) -> Result<()> {
    let wanted = range.end.saturating_sub(range.start);
    if bytes.len() as u64 != wanted {
        return Err(ParquetError::EOF(format!("{} bytes came where {wanted} were asked for", bytes.len())));
    }
    // Chunks are in the order of the file.
    let first = chunks.partition_point(|(chunk, _)| chunk.start < range.start);
    for (chunk, checksum) in chunks.iter().skip(first).take_while(|(chunk, _)| chunk.end <= range.end) {
        let inside = slice(bytes, &(chunk.start - range.start..chunk.end - range.start));
        if inside.map(crc32fast::hash) != Some(*checksum) {
            return Err(ParquetError::General(format!("bytes {} to {} are damaged: their checksum is another one", chunk.start, chunk.end)));
        }
    }
    Ok(())
}

/// The footer of a whole file.
fn footer_of(file: &[u8]) -> Option<Range<usize>> {
    let end = file.len().checked_sub(8)?;
    let length = file.get(end..)?.first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    Some(end.checked_sub(length)?..end)
}

/// Where the digits of a footer's own checksum are. Nothing that a caller names comes after them.
fn place_of_footer(footer: &[u8]) -> Option<Range<usize>> {
    let key = memchr::memmem::rfind(footer, KEY.as_bytes())?;
    let behind = footer.get(key..)?;
    let from = key + memchr::memmem::find(behind, FOOTER.as_bytes())? + FOOTER.len();
    (from + DIGITS <= footer.len()).then(|| from..from + DIGITS)
}

fn slice<'a>(bytes: &'a [u8], range: &Range<u64>) -> Option<&'a [u8]> {
    bytes.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;
    use parquet::schema::types::ColumnPath;

    use super::*;

    /// Two columns, three row groups.
    fn file() -> Vec<u8> {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..250));
        let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..250).map(|row| format!("tidemill.crc32 {}", row % 7))));
        let batch = RecordBatch::try_from_iter([("footer=", numbers), ("tidemill.crc32", texts)]).unwrap();
        let filtered = ColumnPath::new(vec!["footer=".to_owned()]);
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100)).set_column_bloom_filter_enabled(filtered, true).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.flush().unwrap();
        let chunks = chunks_of(writer.flushed_row_groups()).unwrap();
        assert_eq!(chunks.len(), 6);
        writer.append_key_value_metadata(placeholder(chunks.len(), true));
        let mut file = writer.into_inner().unwrap();
        seal(&mut file, &chunks, true).unwrap();
        file
    }

    #[test]
    fn a_sealed_file_is_whole_and_no_changed_bit_of_its_footer_goes_unnoticed() {
        let file = file();
        let footer = &file[footer_of(&file).unwrap()];
        verify_footer(footer).unwrap();
        let whole = ParquetMetaDataReader::decode_metadata(footer).unwrap();
        for place in 0..footer.len() {
            let mut changed = footer.to_vec();
            changed[place] ^= 1 << (place % 8);
            // Where the key itself is hit there is nothing to check against: everything else is as it was.
            let harmless = || place_of_footer(&changed).is_none() && ParquetMetaDataReader::decode_metadata(&changed).map_or(true, |read| read.row_groups() == whole.row_groups());
            assert!(verify_footer(&changed).is_err() || harmless(), "byte {place}");
        }
    }

    #[test]
    fn no_changed_bit_of_a_chunk_goes_unnoticed() {
        let file = file();
        let metadata = ParquetMetaDataReader::decode_metadata(&file[footer_of(&file).unwrap()]).unwrap();
        let mut checked = 0;
        for column in 0..2 {
            let chunks = expected(&metadata, column).unwrap();
            assert_eq!(chunks.len(), 3);
            for (range, _) in &chunks {
                let bytes = slice(&file, range).unwrap();
                verify(range, bytes, &chunks).unwrap();
                assert!(verify(range, &bytes[1..], &chunks).is_err());
                for place in 0..bytes.len() {
                    let mut changed = bytes.to_vec();
                    changed[place] ^= 1 << (place % 8);
                    assert!(verify(range, &changed, &chunks).is_err());
                    checked += 1;
                }
            }
        }
        assert!(checked > 500, "{checked}");
    }

    #[test]
    fn no_changed_bit_of_the_page_index_or_of_a_filter_goes_unnoticed() {
        let file = file();
        let metadata = ParquetMetaDataReader::decode_metadata(&file[footer_of(&file).unwrap()]).unwrap();
        let filters = expected_of_filters(&metadata).unwrap();
        assert_eq!((filters.len(), all_expected(&metadata).unwrap().len()), (3, 6 + 3 + 1));
        let index = page_index_of(&metadata).unwrap();
        assert!(index.end - index.start > 50 && index.end == footer_of(&file).unwrap().start as u64, "{index:?}");
        verify_file(&file).unwrap();
        for place in filters.into_iter().flat_map(|(range, _)| range).step_by(7).chain(index) {
            let mut changed = file.clone();
            changed[usize::try_from(place).unwrap()] ^= 1 << (place % 8);
            assert!(verify_file(&changed).is_err(), "byte {place}");
        }
    }

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "it is one range")]
    fn what_lies_in_a_chunk_is_read_with_all_of_it() {
        let chunks = [(4..10, 0), (10..20, 0), (25..30, 0)];
        for (ranges, expected) in [
            (vec![4..10, 10..20], vec![4..10, 10..20]),
            (vec![12..14, 15..16, 5..6], vec![4..10, 10..20]),
            (vec![9..11], vec![4..20]),
            (vec![20..25, 40..50], vec![20..25, 40..50]),
            (vec![26..28, 22..27, 26..27], vec![22..30]),
            (vec![], vec![]),
        ] {
            assert_eq!(whole(&ranges, &chunks), expected, "{ranges:?}");
        }
        assert_eq!(whole(&[3..5, 1..2], &[]), [1..2, 3..5]);
    }

    #[test]
    fn a_file_without_checksums_is_read_unchecked() {
        let batch = RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        let file = writer.into_inner().unwrap();
        let footer = &file[footer_of(&file).unwrap()];
        verify_footer(footer).unwrap();
        assert_eq!(expected(&ParquetMetaDataReader::decode_metadata(footer).unwrap(), 0).unwrap(), []);
    }
}
