//! The pages of a Parquet file, each looked at before the reader of the `parquet` crate makes room for it: that reader trusts what
//! headers claim, and makes very many values of a few bytes. A few pages are in memory at a time, one a column and those that a batch
//! goes over; their bytes, and what they may become, are counted here. Refuses pages beyond what the file gives reason for, pages that
//! are not where they should be, and dictionaries and lengths that claim values which are not there.

use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::{Compression, ConvertedType, Encoding, LogicalType, Type};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, SerializedPageReader};
use parquet::schema::types::ColumnDescriptor;

use super::parquet_header::{self, Kind, PageHeader, Trouble};
use super::parquet_lengths;

/// Bytes of a header: most have fifty, one with the least and greatest of long texts has as many as these.
const HEADER_BYTES: [u64; 3] = [256, 64 << 10, 16 << 20];
/// A view of a text.
const VIEW_BYTES: u64 = 16;
/// The levels of a value in nested data: how deep it is defined, and whether it begins a row.
const LEVELS_BYTES: u64 = 4;
/// Two lengths of a text that is written as what differs from the one before.
const LENGTHS_BYTES: u64 = 8;
/// Bytes of a number that is written like text.
const NUMBER_MAX_BYTES: u64 = 64;

/// Bytes in memory that the pages of a file take, shared by the readers of its columns.
pub(super) struct Meter {
    most: u64,
    /// Of the pages at hand.
    held: AtomicU64,
    /// Of those, when the batch began, and of all that came since.
    taken: AtomicU64,
    /// What was wrong with a page.
    trouble: Mutex<Option<String>>,
}

impl Meter {
    pub(super) fn new(most: u64) -> Self {
        Self { most, held: AtomicU64::new(0), taken: AtomicU64::new(0), trouble: Mutex::new(None) }
    }

    /// Begins a batch: pages that were read through are let go.
    pub(super) fn begin(&self) {
        self.taken.store(self.held.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// What was wrong, where it was found here and not by the reader.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn take(&self, bytes: u64) -> Result<(), String> {
        let taken = self.taken.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        self.held.fetch_add(bytes, Ordering::Relaxed);
        if taken > self.most {
            return Err(format!(
                "its pages take {taken} bytes or more with what they may become; at most {} are held of a file of this size, so write it with smaller pages",
                self.most
            ));
        }
        Ok(())
    }

    fn give_back(&self, bytes: u64) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Some row groups of a file, behind a meter.
pub(super) struct Groups<R> {
    pub reader: Arc<R>,
    pub metadata: Arc<ParquetMetaData>,
    /// Their places in the file.
    pub groups: Vec<usize>,
    pub meter: Arc<Meter>,
}

impl<R: ChunkReader + 'static> RowGroups for Groups<R> {
    fn num_rows(&self) -> usize {
        self.row_groups().map(|group| usize::try_from(group.num_rows()).unwrap_or_default()).sum()
    }

    fn column_chunks(&self, column: usize) -> ParquetResult<Box<dyn PageIterator>> {
        let (reader, metadata, meter) = (Arc::clone(&self.reader), Arc::clone(&self.metadata), Arc::clone(&self.meter));
        Ok(Box::new(Chunks { reader, metadata, groups: self.groups.clone().into_iter(), column, meter }))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.groups.iter().filter_map(|group| self.metadata.row_groups().get(*group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// The chunks of one column, a row group each.
struct Chunks<R> {
    reader: Arc<R>,
    metadata: Arc<ParquetMetaData>,
    groups: std::vec::IntoIter<usize>,
    column: usize,
    meter: Arc<Meter>,
}

impl<R: ChunkReader + 'static> Iterator for Chunks<R> {
    type Item = ParquetResult<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.metadata.row_groups().get(self.groups.next()?)?;
        let chunk = group.columns().get(self.column)?;
        let rows = usize::try_from(group.num_rows()).unwrap_or_default();
        Some(Pages::open(Arc::clone(&self.reader), chunk, rows, Arc::clone(&self.meter)).map(|pages| Box::new(pages) as Box<dyn PageReader>))
    }
}

impl<R: ChunkReader + 'static> PageIterator for Chunks<R> {}

/// What a value of a column takes in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Once it is decoded, beside the bytes of a text.
    pub bytes: u64,
    /// In a page without compression at least.
    stored: u64,
    /// Whether a row may have several.
    pub repeated: bool,
    max_def: i16,
    max_rep: i16,
    /// Whether it is a number that is written like text.
    is_long_number: bool,
}

impl Leaf {
    pub(super) fn of(column: &ColumnDescriptor) -> Self {
        let length = u64::try_from(column.type_length()).unwrap_or_default();
        let (bytes, stored) = match column.physical_type() {
            Type::BOOLEAN => (1, 0),
            Type::INT32 | Type::FLOAT => (8, 4),
            Type::INT64 | Type::DOUBLE => (8, 8),
            Type::INT96 => (20, 12),
            Type::BYTE_ARRAY => (VIEW_BYTES, 4),
            Type::FIXED_LEN_BYTE_ARRAY => (length.saturating_add(32), length),
        };
        let (max_def, max_rep) = (column.max_def_level(), column.max_rep_level());
        let is_decimal = column.converted_type() == ConvertedType::DECIMAL || matches!(column.logical_type_ref(), Some(LogicalType::Decimal { .. }));
        let is_long_number = column.physical_type() == Type::BYTE_ARRAY && is_decimal;
        let levels = if max_def > 0 || max_rep > 0 { LEVELS_BYTES } else { 0 };
        Self { bytes: bytes.saturating_add(levels), stored, repeated: max_rep > 0, max_def, max_rep, is_long_number }
    }
}

/// The pages of one chunk.
struct Pages<R: ChunkReader> {
    inner: SerializedPageReader<R>,
    reader: Arc<R>,
    meter: Arc<Meter>,
    column: String,
    leaf: Leaf,
    compression: Compression,
    /// Where the next page begins, and where the chunk ends.
    at: u64,
    end: u64,
    /// What the dictionary and the page at hand take.
    dictionary: u64,
    current: u64,
}

impl<R: ChunkReader> Pages<R> {
    fn open(reader: Arc<R>, chunk: &ColumnChunkMetaData, rows: usize, meter: Arc<Meter>) -> ParquetResult<Self> {
        let column = chunk.column_path().string();
        let refuse = |what: String| refusal(&meter, &column, &what);
        let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
        let (start, length) = (u64::try_from(start), u64::try_from(chunk.compressed_size()));
        let (Ok(start), Ok(length)) = (start, length) else { return Err(refuse("its pages begin or end below zero".to_owned())) };
        let (end, size) = (start.saturating_add(length), reader.len());
        if end > size {
            return Err(refuse(format!("its pages are said to end at byte {end} of {size}")));
        }
        let compression = chunk.compression();
        // That reader unpacks gzip whatever the header says; here it is unpacked within bounds.
        let inner = if matches!(compression, Compression::GZIP(_)) {
            let plain = chunk.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
            SerializedPageReader::new(Arc::clone(&reader), &plain, rows, None)?
        } else {
            SerializedPageReader::new(Arc::clone(&reader), chunk, rows, None)?
        };
        let leaf = Leaf::of(chunk.column_descr());
        Ok(Self { inner, reader, meter, column, leaf, compression, at: start, end, dictionary: 0, current: 0 })
    }

    fn refuse(&self, what: &str) -> ParquetError {
        refusal(&self.meter, &self.column, what)
    }

    /// The header of the next page that is of use; none at the end.
    fn next_header(&mut self) -> ParquetResult<Option<PageHeader>> {
        while self.at < self.end {
            let header = self.header()?;
            let data_at = self.at.saturating_add(header.length);
            if header.packed > self.end.saturating_sub(data_at) {
                return Err(self.refuse(&format!("a page claims {} bytes, which end behind the column", header.packed)));
            }
            self.at = data_at.saturating_add(header.packed);
            if header.kind != Kind::Index {
                self.look_at_frame(data_at, header.packed)?;
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    fn header(&self) -> ParquetResult<PageHeader> {
        let left = self.end.saturating_sub(self.at);
        for most in HEADER_BYTES {
            let length = left.min(most);
            let bytes = self.reader.get_bytes(self.at, usize::try_from(length).unwrap_or_default())?;
            match parquet_header::read(&bytes) {
                Ok(header) => return Ok(header),
                Err(Trouble::Broken(what)) => return Err(self.refuse(&format!("the header of a page at byte {} is broken: {what}", self.at))),
                Err(Trouble::Short) if length == left => break,
                Err(Trouble::Short) => {}
            }
        }
        Err(self.refuse(&format!("the header of a page at byte {} does not end", self.at)))
    }

    /// The oldest way of LZ4 was written in three ways, of which one unpacks whatever the header says.
    fn look_at_frame(&self, at: u64, packed: u64) -> ParquetResult<()> {
        if self.compression == Compression::LZ4 && packed >= 4 {
            let head = self.reader.get_bytes(at, 4)?;
            if matches!(head.as_ref(), [0x04, 0x22, 0x4d, 0x18] | [0x02, 0x21, 0x4c, 0x18]) {
                return Err(self.refuse("it is packed in frames of LZ4, which are not read; write it with LZ4_RAW, snappy or zstd"));
            }
        }
        Ok(())
    }

    /// Counts a page in, before there is room for it.
    fn admit(&mut self, header: &PageHeader) -> ParquetResult<()> {
        let bytes = header.plain.max(header.packed);
        if header.kind == Kind::Dictionary {
            // Each value takes its length at least; a dictionary of booleans there is none.
            if header.values.saturating_mul(self.leaf.stored.max(1)) > bytes {
                return Err(self.refuse(&format!("a dictionary of {bytes} bytes claims {} values", header.values)));
            }
            let charge = bytes.saturating_add(header.values.saturating_mul(self.leaf.bytes));
            let before = std::mem::replace(&mut self.dictionary, charge);
            self.meter.give_back(before);
            return self.charge(charge);
        }
        // Of a row with several values nobody knows how many of a page belong to it. Others are decoded a batch at a time.
        let charge = if self.leaf.repeated { bytes.saturating_add(header.values.saturating_mul(self.leaf.bytes)) } else { bytes };
        let before = std::mem::replace(&mut self.current, charge);
        self.meter.give_back(before);
        self.charge(charge)
    }

    fn charge(&self, bytes: u64) -> ParquetResult<()> {
        self.meter.take(bytes).map_err(|what| self.refuse(&what))
    }

    /// Holds a page against its header, and counts in what it may become beyond that.
    fn check(&mut self, header: &PageHeader, page: &Page) -> ParquetResult<()> {
        let is_dictionary = page.is_dictionary_page();
        if u64::from(page.num_values()) != header.values || is_dictionary != (header.kind == Kind::Dictionary) || page.buffer().len() as u64 > header.plain.max(header.packed) {
            return Err(self.refuse("a page is another one than its header says"));
        }
        if is_dictionary {
            let is_long = self.leaf.is_long_number.then(|| longest(page.buffer())).is_some_and(|longest| longest > NUMBER_MAX_BYTES);
            return if is_long { Err(self.refuse("a number of its dictionary is longer than any number")) } else { Ok(()) };
        }
        let encoding = page.encoding();
        if !matches!(encoding, Encoding::DELTA_BYTE_ARRAY | Encoding::DELTA_LENGTH_BYTE_ARRAY) {
            return Ok(());
        }
        // The lengths are read here too.
        self.extend(header.values.saturating_mul(LENGTHS_BYTES))?;
        let Some(values) = self.leaf.values_of(page) else { return Err(self.refuse("a page ends before its values")) };
        let becomes = if encoding == Encoding::DELTA_BYTE_ARRAY {
            parquet_lengths::joined(values, header.values)
        } else {
            let count = parquet_lengths::claimed(values);
            count.and_then(|count| if count > header.values { Err("more lengths than there are values") } else { Ok(0) })
        };
        let becomes = becomes.map_err(|what| self.refuse(&format!("a page has {what}")))?;
        self.extend(becomes)
    }

    fn extend(&mut self, bytes: u64) -> ParquetResult<()> {
        self.current = self.current.saturating_add(bytes);
        self.charge(bytes)
    }
}

fn refusal(meter: &Meter, column: &str, what: &str) -> ParquetError {
    let what = format!("column {column:?}: {what}");
    *meter.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(what.clone());
    ParquetError::General(what)
}

/// The length of the longest text of a dictionary.
fn longest(dictionary: &[u8]) -> u64 {
    let (mut rest, mut longest) = (dictionary, 0);
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length);
        longest = longest.max(u64::from(length));
        rest = usize::try_from(length).ok().and_then(|length| behind.get(length..)).unwrap_or_default();
    }
    longest
}

impl Leaf {
    /// The values of a page of data, behind its levels.
    fn values_of<'a>(&self, page: &'a Page) -> Option<&'a [u8]> {
        match page {
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
                let levels = usize::try_from(*def_levels_byte_len).ok()?.checked_add(usize::try_from(*rep_levels_byte_len).ok()?)?;
                buf.get(levels..)
            }
            Page::DataPage { buf, num_values, def_level_encoding, rep_level_encoding, .. } => {
                let mut rest = buf.as_ref();
                for (max, encoding) in [(self.max_rep, rep_level_encoding), (self.max_def, def_level_encoding)] {
                    if max > 0 {
                        rest = rest.get(levels_length(rest, max, *encoding, *num_values)?..)?;
                    }
                }
                Some(rest)
            }
            Page::DictionaryPage { .. } => None,
        }
    }
}

/// Bytes of the levels that stand before the values of a page as version 1 has it.
fn levels_length(bytes: &[u8], max: i16, encoding: Encoding, values: u32) -> Option<usize> {
    if encoding == Encoding::RLE {
        let length = bytes.first_chunk::<4>().map(|length| u32::from_le_bytes(*length))?;
        return usize::try_from(length).ok()?.checked_add(4);
    }
    // Of a fixed number of bits, as the oldest writers do.
    let width = 16 - max.leading_zeros();
    usize::try_from((u64::from(values) * u64::from(width)).div_ceil(8)).ok()
}

impl<R: ChunkReader> Iterator for Pages<R> {
    type Item = ParquetResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl<R: ChunkReader> PageReader for Pages<R> {
    fn get_next_page(&mut self) -> ParquetResult<Option<Page>> {
        let Some(header) = self.next_header()? else {
            return match self.inner.get_next_page()? {
                Some(_) => Err(self.refuse("a page is where none should be")),
                None => Ok(None),
            };
        };
        self.admit(&header)?;
        let page = self.inner.get_next_page()?.ok_or_else(|| self.refuse("a page is not where it should be"))?;
        let page = if matches!(self.compression, Compression::GZIP(_)) { unpacked(page, header.plain).map_err(|what| self.refuse(&what))? } else { page };
        self.check(&header, &page)?;
        Ok(Some(page))
    }

    fn peek_next_page(&mut self) -> ParquetResult<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> ParquetResult<()> {
        self.next_header()?;
        self.inner.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> ParquetResult<bool> {
        self.inner.at_record_boundary()
    }
}

impl<R: ChunkReader> Drop for Pages<R> {
    fn drop(&mut self) {
        self.meter.give_back(self.dictionary.saturating_add(self.current));
    }
}

/// A page whose content is unpacked by gzip, to so many bytes with its levels.
fn unpacked(page: Page, plain: u64) -> Result<Page, String> {
    Ok(match page {
        Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, statistics } => {
            Page::DataPage { buf: gunzip(&buf, 0, plain)?, num_values, encoding, def_level_encoding, rep_level_encoding, statistics }
        }
        Page::DictionaryPage { buf, num_values, encoding, is_sorted } => Page::DictionaryPage { buf: gunzip(&buf, 0, plain)?, num_values, encoding, is_sorted },
        Page::DataPageV2 { buf, num_values, encoding, num_nulls, num_rows, def_levels_byte_len, rep_levels_byte_len, is_compressed: true, statistics } => {
            let buf = gunzip(&buf, u64::from(def_levels_byte_len) + u64::from(rep_levels_byte_len), plain)?;
            Page::DataPageV2 { buf, num_values, encoding, num_nulls, num_rows, def_levels_byte_len, rep_levels_byte_len, is_compressed: false, statistics }
        }
        page @ Page::DataPageV2 { .. } => page,
    })
}

/// Unpacks what stands behind the levels, which are not packed.
fn gunzip(bytes: &Bytes, levels: u64, plain: u64) -> Result<Bytes, String> {
    let (head, packed) = usize::try_from(levels).ok().and_then(|levels| bytes.split_at_checked(levels)).ok_or("a page ends within its levels")?;
    let mut unpacked = Vec::with_capacity(usize::try_from(plain).unwrap_or_default());
    unpacked.extend_from_slice(head);
    // Where there are no values, there may be nothing to unpack.
    if plain > levels {
        MultiGzDecoder::new(packed)
            .take(plain - levels + 1)
            .read_to_end(&mut unpacked)
            .map_err(|error| format!("a page cannot be unpacked: {error}"))?;
    }
    if unpacked.len() as u64 == plain { Ok(unpacked.into()) } else { Err(format!("a page does not unpack to the {plain} bytes that it claims")) }
}
