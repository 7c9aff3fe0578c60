//! Rows of one segment become the bytes of its object, batch after batch, with their statistics. What is held is the
//! row group that is being filled and the bytes of those that are full, never all rows.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use object_store::path::Path;
use object_store::{ObjectStore, PutPayload};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::bloom::{self, Filtered};
use super::checksum;
use super::encodings;
use super::segment::Segment;
use super::statistics::ColumnStatistics;
use super::writer::object_path;
use super::writes::{Unreferenced, Writes};
use crate::error::{Error, Result};

/// Rows of a row group.
pub(super) const ROW_GROUP_ROWS: usize = 128 << 10;
/// Rows of a page, the unit that a page index skips.
const PAGE_ROWS: usize = 20_000;

/// What is written once and read often may take a little longer: about as fast to read as level 1, and smaller.
const ZSTD_LEVEL: i32 = 3;
/// Rows of a small segment of a load.
const FAST_ROWS_MAX: usize = 16 << 10;

/// How the pages of a segment are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// Sooner done, by Snappy, which every reader of Parquet has: a small segment is written again when it is merged.
    Fast,
    /// Smaller: of what is written once and read often.
    Small,
}

impl Packing {
    /// How the rows of a load are packed.
    pub(super) fn of_load(rows: usize) -> Self {
        if rows <= FAST_ROWS_MAX { Self::Fast } else { Self::Small }
    }

    fn compression(self) -> Result<Compression> {
        match self {
            Self::Fast => Ok(Compression::SNAPPY),
            Self::Small => Ok(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?)),
        }
    }
}

/// Encodes one segment. Keeps a core busy: call it where that is allowed.
pub(super) struct SegmentEncoder {
    schema: SchemaRef,
    expected_bytes: usize,
    packing: Packing,
    /// Made when the first rows come: they tell how their columns are encoded.
    writer: Option<ArrowWriter<Vec<u8>>>,
    rows: u64,
    statistics: Vec<ColumnStatistics>,
    filtered: Vec<Filtered>,
}

impl SegmentEncoder {
    /// An encoder for batches of a schema that expects about so many bytes, and writes bloom filters of some columns.
    pub(super) fn new(schema: &SchemaRef, expected_bytes: usize, packing: Packing, filtered: Vec<Filtered>) -> Self {
        Self { schema: SchemaRef::clone(schema), expected_bytes, packing, writer: None, rows: 0, statistics: vec![ColumnStatistics::empty(); schema.fields().len()], filtered }
    }

    fn open(&self, rows: &RecordBatch) -> Result<ArrowWriter<Vec<u8>>> {
        let mut properties = WriterProperties::builder()
            .set_compression(self.packing.compression()?)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_data_page_row_count_limit(PAGE_ROWS)
            .set_write_batch_size(8192)
            .set_dictionary_page_size_limit(encodings::DICTIONARY_MAX_BYTES)
            .set_statistics_enabled(EnabledStatistics::Page);
        properties = encodings::choose(properties, rows);
        for (field, distinct) in self.filtered.iter().filter_map(|filtered| self.schema.fields().get(filtered.column).map(|field| (field, filtered.distinct))) {
            let column = ColumnPath::new(vec![field.name().clone()]);
            properties = properties
                .set_column_bloom_filter_fpp(column.clone(), bloom::FALSE_POSITIVES)
                .set_column_bloom_filter_max_ndv(column, distinct.clamp(1, ROW_GROUP_ROWS as u64));
        }
        Ok(ArrowWriter::try_new(Vec::with_capacity(self.expected_bytes), SchemaRef::clone(&self.schema), Some(properties.build()))?)
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.open(batch)?,
        };
        writer.write(batch)?;
        self.writer = Some(writer);
        let rows = batch.num_rows() as u64;
        for (known, column) in self.statistics.iter_mut().zip(batch.columns()) {
            *known = std::mem::take(known).with(self.rows, ColumnStatistics::of(column), rows);
        }
        self.rows += rows;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Encoded> {
        for filtered in &self.filtered {
            if let Some(column) = self.statistics.get_mut(filtered.column) {
                column.filtered = true;
            }
        }
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.open(&RecordBatch::new_empty(SchemaRef::clone(&self.schema)))?,
        };
        writer.flush()?;
        let chunks = checksum::chunks_of(writer.flushed_row_groups())?;
        writer.append_key_value_metadata(checksum::placeholder(chunks.len(), !self.filtered.is_empty()));
        let mut bytes = writer.into_inner()?;
        checksum::seal(&mut bytes, &chunks, !self.filtered.is_empty())?;
        Ok(Encoded { bytes, rows: self.rows, statistics: self.statistics })
    }
}

/// A segment that is not stored yet.
pub(super) struct Encoded {
    bytes: Vec<u8>,
    pub(super) rows: u64,
    statistics: Vec<ColumnStatistics>,
}

impl Encoded {
    /// As a segment of so many columns, of which those at the `written` places are in it: the others have no value.
    #[must_use]
    pub(super) fn among(self, columns: usize, written: &[usize]) -> Self {
        let mut statistics = vec![ColumnStatistics { nulls: Some(self.rows), ..ColumnStatistics::default() }; columns];
        for (place, known) in written.iter().zip(self.statistics) {
            if let Some(column) = statistics.get_mut(*place) {
                *column = known;
            }
        }
        Self { statistics, ..self }
    }

    /// Stores it. It is visible to nobody before a commit names it.
    pub(super) async fn put(self, store: &dyn ObjectStore, prefix: &Path, path: String, written_at: DateTime<Utc>) -> Result<Segment> {
        let (segment, bytes) = self.into_segment(path, written_at);
        put(store, &object_path(prefix, &segment.path), bytes).await?;
        Ok(segment)
    }

    /// Begins to store it. No commit may name it before that is done.
    pub(super) fn begin(self, store: Arc<dyn ObjectStore>, prefix: &Path, path: String, written_at: DateTime<Utc>) -> (Segment, Writes) {
        let (segment, bytes) = self.into_segment(path, written_at);
        let object = object_path(prefix, &segment.path);
        (segment, Writes::begin(async move { put(&*store, &object, bytes).await }))
    }

    fn into_segment(self, path: String, written_at: DateTime<Utc>) -> (Segment, PutPayload) {
        let bytes = self.bytes.len() as u64;
        (Segment { path, rows: self.rows, bytes, written_at, statistics: self.statistics }, self.bytes.into())
    }
}

async fn put(store: &dyn ObjectStore, object: &Path, bytes: PutPayload) -> Result<()> {
    store.put_opts(object, bytes, Unreferenced::options()).await.map(drop).map_err(|error| Error::from(error).context("write segment"))
}
