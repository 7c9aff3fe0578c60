//! Rows become segments: batches gather, are sorted by time and cut at time chunks and at the row limit ([`arrange`](super::arrange)),
//! encoded and put.
//! Nothing that is written here is visible; a writer that is dropped without its commit leaves only unreferenced objects,
//! which it removes as far as it can.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use datafusion::common::utils::memory::get_record_batch_memory_size;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::arrange::Arranged;
use super::bloom;
use super::encoder::{Packing, ROW_GROUP_ROWS, SegmentEncoder};
use super::layout;
use super::segment::Segment;
use super::writes::Writes;
use crate::catalog::TimeChunk;
use crate::error::{Error, Result};

/// Rows in memory are cut into segments once they take this much.
const BUFFER_MAX_BYTES: usize = 112 << 20;
/// Rows of a load at most that are handed over with their segments.
const FRESH_ROWS_MAX: usize = 64 << 10;
/// Segments encoded and put at the same time.
const CONCURRENCY: usize = 2;
/// Segments of a load at most that are put while its commit is made ready: all of them are in memory, and nobody waits for one before the others.
const BEGUN_MAX: usize = 16;
/// Rows, and their bytes in memory, that are encoded sooner than a thread is found for them.
pub(super) const INLINE_ROWS_MAX: u64 = 64;
pub(super) const INLINE_BYTES_MAX: u64 = 256 << 10;

/// Bytes that a row becomes, about: room that is made for them.
const ROW_BYTES: usize = 24;

/// Turns the batches of one load into segments.
#[derive(Debug)]
pub(crate) struct SegmentWriter {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    schema: SchemaRef,
    time_index: Option<usize>,
    chunk: Option<TimeChunk>,
    max_rows: usize,
    written_at: DateTime<Utc>,
    known_columns: usize,
    buffer: Vec<RecordBatch>,
    buffer_bytes: usize,
    segments: Vec<Segment>,
    /// Of segments with few rows.
    writes: Writes,
    fresh: Vec<(String, RecordBatch)>,
}

/// What a writer has written. Nobody sees it before its commit.
#[derive(Debug)]
pub(crate) struct Written {
    pub segments: Vec<Segment>,
    /// Those of them that are not stored yet.
    pub writes: Writes,
    /// The chunk width that was used.
    pub chunk: Option<TimeChunk>,
    /// The rows of a small load by the path of their segment; of a large one there are none.
    pub fresh: Vec<(String, RecordBatch)>,
}

impl SegmentWriter {
    /// A writer below a dataset's prefix. Without a `chunk` it chooses one from the first rows that it cuts.
    pub(crate) fn new(
        store: Arc<dyn ObjectStore>,
        prefix: Path,
        schema: SchemaRef,
        time_column: Option<&str>,
        chunk: Option<TimeChunk>,
        max_rows: usize,
        written_at: DateTime<Utc>,
    ) -> Self {
        let time_index = time_column.and_then(|column| schema.index_of(column).ok());
        Self {
            store,
            prefix,
            schema,
            time_index,
            chunk,
            max_rows,
            written_at,
            known_columns: usize::MAX,
            buffer: Vec::new(),
            buffer_bytes: 0,
            segments: Vec::new(),
            writes: Writes::default(),
            fresh: Vec::new(),
        }
    }

    /// Leaves columns beyond the first so many, those that are new to the dataset, out of segments in which they have no value:
    /// the type that they seem to have means nothing, and a later load may bring them with another one.
    #[must_use]
    pub(crate) fn knowing(mut self, columns: usize) -> Self {
        self.known_columns = columns;
        self
    }

    /// Takes a batch of the dataset's schema.
    pub(crate) async fn write(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        // Columns of one batch may be parts of one buffer.
        self.buffer_bytes += get_record_batch_memory_size(&batch);
        self.buffer.push(batch);
        if self.buffer_bytes >= BUFFER_MAX_BYTES {
            self.cut(false).await?;
        }
        Ok(())
    }

    /// Cuts the rest and hands over what was written.
    pub(crate) async fn finish(mut self) -> Result<Written> {
        let whole = self.segments.is_empty();
        self.cut(whole).await?;
        let small = whole && self.segments.iter().map(|segment| segment.rows).sum::<u64>() <= FRESH_ROWS_MAX as u64;
        Ok(Written { segments: self.segments, writes: self.writes, chunk: self.chunk, fresh: if small { self.fresh } else { Vec::new() } })
    }

    /// Removes what was written, after a load that failed.
    pub(crate) async fn abandon(self) {
        discard(&self.store, &self.prefix, &self.segments, &self.writes).await;
    }

    /// Cuts what has gathered. `whole`: it is all of the load.
    async fn cut(&mut self, whole: bool) -> Result<()> {
        let batches = std::mem::take(&mut self.buffer);
        self.buffer_bytes = 0;
        if batches.is_empty() {
            return Ok(());
        }
        let (schema, time_index, chunk, max_rows) = (Arc::clone(&self.schema), self.time_index, self.chunk, self.max_rows);
        let few = is_little(&batches);
        let (arranged, chunk) = blocking_unless(few, move || Arranged::new(schema, batches, time_index, chunk, max_rows)).await?;
        self.chunk = chunk;
        // Rows of a load that is cut more than once would be too many, and they hold on to all of its memory.
        let keep = whole && arranged.rows() <= FRESH_ROWS_MAX;
        let begin = keep && arranged.pieces().len() <= BEGUN_MAX;
        let arranged = Arc::new(arranged);
        let target = Target { store: &self.store, prefix: &self.prefix, written_at: self.written_at, known_columns: self.known_columns, few, keep, begin };
        let mut written = futures::stream::iter(0..arranged.pieces().len()).map(|piece| target.put(Arc::clone(&arranged), piece)).buffered(CONCURRENCY);
        self.fresh.clear();
        while let Some((segment, writes, rows)) = written.try_next().await? {
            self.fresh.extend(rows.map(|rows| (segment.path.clone(), rows)));
            self.segments.push(segment);
            self.writes = std::mem::take(&mut self.writes).and(writes);
        }
        Ok(())
    }
}

/// Where segments go.
#[derive(Clone, Copy)]
struct Target<'a> {
    store: &'a Arc<dyn ObjectStore>,
    prefix: &'a Path,
    written_at: DateTime<Utc>,
    known_columns: usize,
    few: bool,
    keep: bool,
    begin: bool,
}

impl Target<'_> {
    /// Puts one piece of what was arranged, or begins to; with its rows, where they are kept.
    async fn put(self, arranged: Arc<Arranged>, piece: usize) -> Result<(Segment, Writes, Option<RecordBatch>)> {
        let known = self.known_columns;
        let (path, encoded, rows) = blocking_unless(self.few, move || {
            let (name, rows) = arranged.piece(piece)?;
            drop(arranged);
            let (columns, kept) = (rows.num_columns(), with_values(&rows, known));
            let rows = if kept.len() < columns { rows.project(&kept)? } else { rows };
            let filtered = bloom::choose(&rows, ROW_GROUP_ROWS);
            let mut encoder = SegmentEncoder::new(&rows.schema(), rows.num_rows() * ROW_BYTES, Packing::of_load(rows.num_rows()), filtered);
            encoder.write(&rows)?;
            Ok((layout::segment(&name), encoder.finish()?.among(columns, &kept), rows))
        })
        .await?;
        if self.begin {
            let (segment, writes) = encoded.begin(Arc::clone(self.store), self.prefix, path, self.written_at);
            return Ok((segment, writes, Some(rows)));
        }
        Ok((encoded.put(&**self.store, self.prefix, path, self.written_at).await?, Writes::default(), self.keep.then_some(rows)))
    }
}

/// Removes segments that no version names, also those that are still being written.
pub(crate) async fn discard(store: &Arc<dyn ObjectStore>, prefix: &Path, segments: &[Segment], writes: &Writes) {
    // What has failed is not there.
    let _ = writes.done().await;
    for segment in segments {
        remove(store, prefix, &segment.path).await;
    }
}

/// Removes a segment that no version refers to; a failure leaves an unreferenced object, which harms nobody.
pub(crate) async fn remove(store: &Arc<dyn ObjectStore>, prefix: &Path, path: &str) {
    if let Err(error) = store.delete(&object_path(prefix, path)).await {
        tracing::warn!(path, %error, "could not remove an unreferenced segment");
    }
}

/// The object of a segment.
pub(crate) fn object_path(prefix: &Path, segment: &str) -> Path {
    Path::from(format!("{prefix}/{segment}"))
}

/// The places of the first `known` columns and of those of the others that have a value.
fn with_values(rows: &RecordBatch, known: usize) -> Vec<usize> {
    let has_values = |place: usize| rows.column(place).null_count() < rows.num_rows();
    (0..rows.num_columns()).filter(|place| *place < known || has_values(*place)).collect()
}

fn is_little(batches: &[RecordBatch]) -> bool {
    let rows: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let bytes: u64 = batches.iter().map(|batch| batch.get_array_memory_size() as u64).sum();
    rows <= INLINE_ROWS_MAX && bytes <= INLINE_BYTES_MAX
}

/// Does what takes a fraction of a millisecond here, and the rest on a thread for it.
async fn blocking_unless<T: Send + 'static>(short: bool, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    if short { work() } else { blocking(work).await }
}

/// Runs work that keeps a core busy away from the threads that answer requests.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::internal(format!("write segment: {error}")).because(error))?
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use arrow::array::{ArrayRef, Int64Array, TimestampMicrosecondArray};
    use async_trait::async_trait;
    use datafusion::scalar::ScalarValue;
    use futures::FutureExt;
    use object_store::memory::InMemory;
    use object_store::{PutOptions, PutPayload, PutResult};
    use tokio::sync::Semaphore;
    use tokio::time::timeout;

    use super::*;
    use crate::catalog::{Column, ColumnType, DatasetSchema};
    use crate::storage::arrange::tests::rows;
    use crate::storage::bloom::ColumnFilter;
    use crate::storage::reader::SegmentReader;
    use crate::storage::testing::{Watch, Watched};

    #[tokio::test]
    async fn segments_hold_what_was_written_and_can_be_abandoned() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let batch = rows((0..2_500).map(|row| Some(row * 1_000_000)).collect());
        let writer = || SegmentWriter::new(Arc::clone(&store), Path::from("acme/x"), batch.schema(), Some("at"), None, 1_000, Utc::now());
        let mut first = writer();
        first.write(batch.clone()).await.unwrap();
        let Written { segments, writes, chunk, fresh } = first.finish().await.unwrap();
        writes.done().await.unwrap();
        assert_eq!(chunk, Some(TimeChunk::Week));
        assert!(fresh.iter().map(|(path, rows)| (path, rows.num_rows() as u64)).eq(segments.iter().map(|segment| (&segment.path, segment.rows))));
        assert_eq!(segments.iter().map(|segment| segment.rows).collect::<Vec<_>>(), [1_000, 1_000, 500]);
        assert_eq!(segments[0].time_range(&batch.schema(), "at").unwrap().1, DateTime::from_timestamp(999, 0).unwrap());

        let mut second = writer();
        second.write(batch.clone()).await.unwrap();
        second.cut(true).await.unwrap();
        second.abandon().await;
        assert_eq!(store.list(None).count().await, 3);
    }

    /// Holds puts up until it is open.
    #[derive(Debug)]
    struct Gate {
        permits: Semaphore,
        held: AtomicUsize,
    }

    #[async_trait]
    impl Watch for Gate {
        async fn put(&self, store: &dyn ObjectStore, location: &Path, payload: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
            self.held.fetch_add(1, Ordering::SeqCst);
            // There are none until it is closed, and then nobody waits for one.
            let _ = self.permits.acquire().await;
            self.held.fetch_sub(1, Ordering::SeqCst);
            store.put_opts(location, payload, options).await
        }
    }

    #[tokio::test]
    async fn no_more_puts_are_begun_than_a_commit_waits_for_and_none_is_lost() {
        const LONG: Duration = Duration::from_secs(60);
        for pieces in [1, BEGUN_MAX, BEGUN_MAX + 1, 3 * BEGUN_MAX] {
            let store = Arc::new(Watched::new(Arc::new(InMemory::new()), Gate { permits: Semaphore::new(0), held: AtomicUsize::new(0) }));
            let (batch, prefix) = (rows((0..pieces as i64).map(|row| Some(row * 1_000_000)).collect()), Path::from("acme/x"));
            // One row a segment.
            let mut writer = SegmentWriter::new(Arc::clone(&store) as Arc<dyn ObjectStore>, prefix.clone(), batch.schema(), Some("at"), None, 1, Utc::now());
            writer.write(batch).await.unwrap();
            let mut finishing = Box::pin(writer.finish());
            let mut written = None;
            // So few rows go to no other thread, so all that can go on while the store does nothing has gone on then.
            for _ in 0..10 * pieces {
                if written.is_none() {
                    written = finishing.as_mut().now_or_never().transpose().unwrap();
                }
                tokio::task::yield_now().await;
            }
            let is_begun = pieces <= BEGUN_MAX;
            assert_eq!((written.is_some(), store.held.load(Ordering::SeqCst)), (is_begun, if is_begun { pieces } else { CONCURRENCY }), "{pieces}");
            assert_eq!(store.list(None).count().await, 0, "{pieces}");
            store.permits.close();
            let written = match written {
                Some(written) => written,
                None => timeout(LONG, finishing).await.unwrap().unwrap(),
            };
            // Nothing is left to a commit that was not begun.
            assert_eq!(written.writes.done().now_or_never().is_none(), is_begun, "{pieces}");
            timeout(LONG, written.writes.done()).await.unwrap().unwrap();
            let stored: BTreeSet<Path> = store.list(None).map(|object| object.unwrap().location).collect().await;
            let named: BTreeSet<Path> = written.segments.iter().map(|segment| object_path(&prefix, &segment.path)).collect();
            assert_eq!((named.len(), written.fresh.len()), (pieces, pieces));
            assert_eq!(stored, named);
        }
    }

    #[tokio::test]
    async fn new_columns_without_a_value_are_not_in_a_segment() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let columns = [("n", ColumnType::Integer), ("guess", ColumnType::String), ("tip", ColumnType::Integer)].map(|(name, column_type)| Column::new(name, column_type));
        let schema = DatasetSchema::new(columns.to_vec(), None).unwrap().arrow();
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(vec![None::<i64>, None])),
            Arc::new(arrow::array::StringViewArray::from(vec![None::<&str>, None])),
            Arc::new(Int64Array::from(vec![None, Some(5)])),
        ];
        let mut writer = SegmentWriter::new(Arc::clone(&store), Path::from("acme/x"), Arc::clone(&schema), None, None, 1_000, Utc::now()).knowing(1);
        writer.write(RecordBatch::try_new(schema, arrays).unwrap()).await.unwrap();
        let Written { segments, writes, fresh, .. } = writer.finish().await.unwrap();
        writes.done().await.unwrap();
        let segment = &segments[0];
        assert_eq!(segment.statistics.iter().map(|column| column.nulls).collect::<Vec<_>>(), [Some(2), Some(2), Some(1)]);
        assert_eq!(segment.statistics[2].max, Some(5_i64.into()), "each has its own");
        assert_eq!(fresh[0].1.num_columns(), 2);
        let mut reader = SegmentReader::new(Arc::clone(&store), object_path(&Path::from("acme/x"), &segment.path), segment.bytes);
        let footer = reader.footer().await.unwrap();
        let written = footer.metadata().file_metadata().schema_descr().columns();
        assert_eq!(written.iter().map(|column| column.name()).collect::<Vec<_>>(), ["n", "tip"]);
    }

    #[tokio::test]
    async fn ids_get_filters_that_never_deny_what_is_there() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let columns = [("at", ColumnType::Timestamp), ("id", ColumnType::Integer), ("name", ColumnType::String), ("city", ColumnType::String)]
            .map(|(name, column_type)| Column::new(name, column_type));
        let schema = DatasetSchema::new(columns.to_vec(), None).unwrap().arrow();
        let id = |row: i64| row.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64);
        let rows = 300_000_i64;
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(TimestampMicrosecondArray::from_iter_values(0..rows).with_timezone("UTC")),
            Arc::new(Int64Array::from_iter_values((0..rows).map(id))),
            Arc::new(arrow::array::StringViewArray::from_iter((0..rows).map(|row| (row % 3 != 0).then(|| format!("somebody.{row}@example.org"))))),
            Arc::new(arrow::array::StringViewArray::from_iter_values((0..rows).map(|row| format!("c{}", row % 50)))),
        ];
        let mut writer = SegmentWriter::new(Arc::clone(&store), Path::from("acme/x"), Arc::clone(&schema), Some("at"), None, 1 << 20, Utc::now());
        writer.write(RecordBatch::try_new(schema, arrays).unwrap()).await.unwrap();
        let Written { segments, writes, .. } = writer.finish().await.unwrap();
        writes.done().await.unwrap();
        let segment = &segments[0];
        assert_eq!(segment.statistics.iter().map(|column| column.filtered).collect::<Vec<_>>(), [false, true, true, false]);

        let mut reader = SegmentReader::new(Arc::clone(&store), object_path(&Path::from("acme/x"), &segment.path), segment.bytes);
        let footer = reader.footer().await.unwrap();
        assert!(ColumnFilter::read(&mut reader, footer.metadata(), "city").await.unwrap().is_none());
        let ids = ColumnFilter::read(&mut reader, footer.metadata(), "id").await.unwrap().unwrap();
        let names = ColumnFilter::read(&mut reader, footer.metadata(), "name").await.unwrap().unwrap();
        let (number, text) = (|row: i64| ScalarValue::Int64(Some(id(row))), |row: i64| ScalarValue::Utf8View(Some(format!("somebody.{row}@example.org"))));
        assert!((0..rows).all(|row| ids.may_contain(&number(row)) && (row % 3 == 0 || names.may_contain(&text(row)))));
        for wrong in [(rows..2 * rows).filter(|row| ids.may_contain(&number(*row))).count(), (rows..2 * rows).filter(|row| names.may_contain(&text(*row))).count()] {
            // There are three row groups, each with a filter of its own.
            assert!(wrong as f64 <= 3.0 * bloom::FALSE_POSITIVES * rows as f64, "{wrong} of {rows}");
        }
        assert!(ids.may_contain(&ScalarValue::Float64(Some(1.0))) && ids.may_contain(&ScalarValue::Int64(None)), "of what is not known nothing is denied");
        assert!((ids.size_bytes() + names.size_bytes()) as i64 <= 5 * rows);
    }
}
