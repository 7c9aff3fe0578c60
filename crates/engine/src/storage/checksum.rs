//! Checksums of a segment, written into its Parquet footer under `tidemill.crc32`: one of the footer itself and one of
//! each column chunk, row group by row group, as hexadecimal CRC-32.
//!
//! Parquet has a place for checksums of pages, but the writer does not fill it in, and a changed bit in a page of numbers
//! is a changed number. Chunks are what this engine fetches, so a chunk is what it checks. Segments without checksums,
//! which other programs may have added to the table, are read unchecked.

use std::ops::Range;

use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{KeyValue, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};

const KEY: &str = "tidemill.crc32";
const FOOTER: &str = "footer=";
const CHUNKS: &str = ";chunks=";
/// Hexadecimal digits of one checksum.
const DIGITS: usize = 8;

/// A chunk of a file and its checksum.
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

/// Room for the checksums of so many chunks. [`seal`] fills it in.
pub(crate) fn placeholder(chunks: usize) -> KeyValue {
    KeyValue::new(KEY.to_owned(), format!("{FOOTER}{}{CHUNKS}{}", "0".repeat(DIGITS), "0".repeat(DIGITS * chunks)))
}

/// Fills in the checksums of a whole file with a placeholder.
pub(crate) fn seal(file: &mut [u8], chunks: &[Range<u64>]) -> Result<()> {
    let mut digits = String::with_capacity(DIGITS * chunks.len());
    for chunk in chunks {
        let bytes = slice(file, chunk).ok_or_else(|| ParquetError::EOF("a column chunk beyond its file".to_owned()))?;
        digits.push_str(&format!("{:08x}", crc32fast::hash(bytes)));
    }
    let lost = || ParquetError::General("the footer lost the place of its checksums".to_owned());
    let footer = footer_of(file).ok_or_else(lost)?;
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
    Ok(all_expected(metadata)?.into_iter().skip(column).step_by(width).collect())
}

/// The checksums of all chunks, row group by row group; none where the file has none.
pub(crate) fn all_expected(metadata: &ParquetMetaData) -> Result<Vec<Chunk>> {
    let pairs = metadata.file_metadata().key_value_metadata().map(Vec::as_slice).unwrap_or_default();
    let Some(value) = pairs.iter().rev().find(|pair| pair.key == KEY).and_then(|pair| pair.value.as_deref()) else { return Ok(Vec::new()) };
    let Some((_, digits)) = value.split_once(CHUNKS) else { return Ok(Vec::new()) };
    let chunks = chunks_of(metadata.row_groups())?.into_iter().enumerate();
    chunks
        .map(|(index, range)| {
            let checksum = digits.get(index * DIGITS..(index + 1) * DIGITS).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            checksum.map(|checksum| (range, checksum)).ok_or_else(|| ParquetError::General("a column chunk without its checksum".to_owned()))
        })
        .collect()
}

/// Checks fetched bytes: all of them must be there, and chunks that lie in them must be as they were written.
pub(crate) fn verify(range: &Range<u64>, bytes: &[u8], chunks: &[Chunk]) -> Result<()> {
    let wanted = range.end.saturating_sub(range.start);
    if bytes.len() as u64 != wanted {
        return Err(ParquetError::EOF(format!("{} bytes came where {wanted} were asked for", bytes.len())));
    }
    for (chunk, checksum) in chunks.iter().filter(|(chunk, _)| range.start <= chunk.start && chunk.end <= range.end) {
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

    use super::*;

    /// Two columns, three row groups.
    fn file() -> Vec<u8> {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..250));
        let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..250).map(|row| format!("tidemill.crc32 {}", row % 7))));
        let batch = RecordBatch::try_from_iter([("footer=", numbers), ("tidemill.crc32", texts)]).unwrap();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100)).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.flush().unwrap();
        let chunks = chunks_of(writer.flushed_row_groups()).unwrap();
        assert_eq!(chunks.len(), 6);
        writer.append_key_value_metadata(placeholder(chunks.len()));
        let mut file = writer.into_inner().unwrap();
        seal(&mut file, &chunks).unwrap();
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
