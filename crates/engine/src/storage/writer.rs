//! Rows become segments: batches gather, are sorted by time, cut at time chunks and at the row limit, encoded and put.
//! Nothing that is written here is visible; a writer that is dropped without its commit leaves only unreferenced objects,
//! which it removes as far as it can.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{self, SortOptions};
use arrow::datatypes::{DataType, Date32Type, SchemaRef, TimestampMicrosecondType};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use datafusion::common::utils::memory::get_record_batch_memory_size;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::bloom;
use super::encoder::{ROW_GROUP_ROWS, SegmentEncoder};
use super::layout;
use super::segment::Segment;
use crate::catalog::TimeChunk;
use crate::error::{Error, Result};

/// Rows in memory are cut into segments once they take this much.
const BUFFER_MAX_BYTES: usize = 256 << 20;
/// Rows that a chunk should hold on average, so that a segment is worth opening.
const CHUNK_ROWS_WANTED: usize = 256 << 10;
/// Rows of a load at most that are handed over with their segments.
const FRESH_ROWS_MAX: usize = 64 << 10;
/// Segments encoded and put at the same time.
const CONCURRENCY: usize = 2;
/// Rows, and their bytes in memory, that are encoded sooner than a thread is found for them.
pub(super) const INLINE_ROWS_MAX: u64 = 64;
pub(super) const INLINE_BYTES_MAX: u64 = 256 << 10;

const MICROS_OF_DAY: i64 = 86_400_000_000;

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
    buffer: Vec<RecordBatch>,
    buffer_bytes: usize,
    segments: Vec<Segment>,
    fresh: Vec<(String, RecordBatch)>,
}

/// What a writer has written. Nobody sees it before its commit.
#[derive(Debug)]
pub(crate) struct Written {
    pub segments: Vec<Segment>,
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
        Self { store, prefix, schema, time_index, chunk, max_rows, written_at, buffer: Vec::new(), buffer_bytes: 0, segments: Vec::new(), fresh: Vec::new() }
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
            self.cut().await?;
        }
        Ok(())
    }

    /// Cuts the rest and hands over what was written.
    pub(crate) async fn finish(mut self) -> Result<Written> {
        let whole = self.segments.is_empty();
        self.cut().await?;
        let small = whole && self.segments.iter().map(|segment| segment.rows).sum::<u64>() <= FRESH_ROWS_MAX as u64;
        Ok(Written { segments: self.segments, chunk: self.chunk, fresh: if small { self.fresh } else { Vec::new() } })
    }

    /// Removes what was written, after a load that failed.
    pub(crate) async fn abandon(mut self) {
        for segment in std::mem::take(&mut self.segments) {
            remove(&self.store, &self.prefix, &segment.path).await;
        }
    }

    async fn cut(&mut self) -> Result<()> {
        let batches = std::mem::take(&mut self.buffer);
        self.buffer_bytes = 0;
        if batches.is_empty() {
            return Ok(());
        }
        let (schema, time_index, chunk, max_rows) = (Arc::clone(&self.schema), self.time_index, self.chunk, self.max_rows);
        let few = is_little(&batches);
        let (pieces, chunk) = blocking_unless(few, move || {
            let rows = compute::concat_batches(&schema, &batches)?;
            drop(batches);
            arrange(&rows, time_index, chunk, max_rows)
        })
        .await?;
        self.chunk = chunk;
        let pieces: Vec<Piece> = pieces.into_iter().map(|(name, rows)| (layout::segment(&name), rows)).collect();
        // Rows of a load that is cut more than once would be too many, and they hold on to all of its memory.
        let rows: usize = pieces.iter().map(|(_, rows)| rows.num_rows()).sum();
        self.fresh = if rows <= FRESH_ROWS_MAX { pieces.clone() } else { Vec::new() };
        let (store, prefix, written_at) = (Arc::clone(&self.store), self.prefix.clone(), self.written_at);
        let mut written = futures::stream::iter(pieces)
            .map(|(path, rows)| {
                let (store, prefix) = (Arc::clone(&store), prefix.clone());
                async move { put(&*store, &prefix, path, rows, written_at).await }
            })
            .buffered(CONCURRENCY);
        while let Some(segment) = written.try_next().await? {
            self.segments.push(segment);
        }
        Ok(())
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

async fn put(store: &dyn ObjectStore, prefix: &Path, path: String, rows: RecordBatch, written_at: DateTime<Utc>) -> Result<Segment> {
    let encoded = blocking_unless(is_little(std::slice::from_ref(&rows)), move || {
        let filtered = bloom::choose(&rows, ROW_GROUP_ROWS);
        let mut encoder = SegmentEncoder::new(&rows.schema(), rows.get_array_memory_size() / 4, filtered)?;
        encoder.write(&rows)?;
        encoder.finish()
    })
    .await?;
    encoded.put(store, prefix, path, written_at).await
}

/// Rows of one chunk with its name, or of one segment with its path.
type Piece = (String, RecordBatch);

/// Sorts rows by time and cuts them into named pieces, each within one chunk and the row limit. Rows without a time come last.
fn arrange(rows: &RecordBatch, time_index: Option<usize>, chunk: Option<TimeChunk>, max_rows: usize) -> Result<(Vec<Piece>, Option<TimeChunk>)> {
    let Some(time_index) = time_index else {
        return Ok((split("all", rows.clone(), max_rows).collect(), None));
    };
    let micros = micros_of(rows.column(time_index))?;
    let sorted = if is_sorted(&micros) { rows.clone() } else { sort(rows, rows.column(time_index))? };
    let micros = micros_of(sorted.column(time_index))?;
    let known = micros.len() - micros.null_count();
    let times = micros.values().get(..known).unwrap_or_default();
    let chunk = chunk.unwrap_or_else(|| choose_chunk(times));
    let mut pieces = Vec::new();
    let mut start = 0;
    while let Some(first) = times.get(start) {
        let (name, end) = chunk_of(*first, chunk);
        let rest = times.get(start..).unwrap_or_default();
        let length = rest.partition_point(|time| *time < end).max(1);
        pieces.extend(split(&name, sorted.slice(start, length), max_rows));
        start += length;
    }
    if known < sorted.num_rows() {
        pieces.extend(split("no-time", sorted.slice(known, sorted.num_rows() - known), max_rows));
    }
    Ok((pieces, Some(chunk)))
}

fn split(name: &str, rows: RecordBatch, max_rows: usize) -> impl Iterator<Item = Piece> {
    let name = name.to_owned();
    (0..rows.num_rows()).step_by(max_rows.max(1)).map(move |start| (name.clone(), rows.slice(start, max_rows.min(rows.num_rows() - start))))
}

type Micros = arrow::array::PrimitiveArray<TimestampMicrosecondType>;

fn micros_of(column: &ArrayRef) -> Result<Micros> {
    match column.data_type() {
        DataType::Timestamp(..) => Ok(column.as_primitive::<TimestampMicrosecondType>().clone()),
        DataType::Date32 => Ok(column.as_primitive::<Date32Type>().unary(|days| i64::from(days) * MICROS_OF_DAY)),
        other => Err(Error::internal(format!("time column of type {other}"))),
    }
}

fn is_sorted(times: &Micros) -> bool {
    let known = times.len() - times.null_count();
    let nulls_last = (known..times.len()).all(|row| times.is_null(row));
    nulls_last && times.values().get(..known).is_some_and(<[i64]>::is_sorted)
}

fn sort(rows: &RecordBatch, by: &ArrayRef) -> Result<RecordBatch> {
    let order: UInt32Array = compute::sort_to_indices(by, Some(SortOptions { descending: false, nulls_first: false }), None)?;
    Ok(compute::take_record_batch(rows, &order)?)
}

/// The narrowest chunk that still holds enough rows on average, at the rate of the first rows.
fn choose_chunk(times: &[i64]) -> TimeChunk {
    let span_days = match (times.first(), times.last()) {
        (Some(first), Some(last)) => last.saturating_sub(*first) as f64 / MICROS_OF_DAY as f64,
        _ => 0.0,
    };
    let enough = |days: f64| times.len() as f64 * days >= CHUNK_ROWS_WANTED as f64 * span_days && span_days > 0.0;
    if enough(1.0 / 24.0) {
        TimeChunk::Hour
    } else if enough(1.0) {
        TimeChunk::Day
    } else if enough(7.0) {
        TimeChunk::Week
    } else {
        TimeChunk::Month
    }
}

/// Name of the chunk of an instant, and the first instant after it, both in UTC.
pub(super) fn chunk_of(micros: i64, chunk: TimeChunk) -> (String, i64) {
    let Some(time) = DateTime::from_timestamp_micros(micros) else { return ("out-of-range".to_owned(), i64::MAX) };
    let day = time.date_naive();
    let (name, next) = match chunk {
        TimeChunk::Hour => {
            let end = micros.div_euclid(MICROS_OF_DAY / 24).saturating_add(1).saturating_mul(MICROS_OF_DAY / 24);
            return (time.format("%Y-%m-%dT%H").to_string(), end);
        }
        TimeChunk::Day => (day.to_string(), day.succ_opt()),
        TimeChunk::Week => {
            let monday = day - TimeDelta::days(day.weekday().num_days_from_monday().into());
            (monday.format("%G-W%V").to_string(), monday.checked_add_signed(TimeDelta::weeks(1)))
        }
        TimeChunk::Month => (time.format("%Y-%m").to_string(), day.with_day(1).and_then(|first| first.checked_add_months(chrono::Months::new(1)))),
    };
    (name, next.map_or(i64::MAX, |next| next.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()))
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
    use arrow::array::{Int64Array, TimestampMicrosecondArray};
    use datafusion::scalar::ScalarValue;
    use object_store::memory::InMemory;

    use super::*;
    use crate::catalog::{Column, ColumnType, DatasetSchema};
    use crate::storage::bloom::ColumnFilter;
    use crate::storage::reader::SegmentReader;

    fn rows(times: Vec<Option<i64>>) -> RecordBatch {
        let columns = vec![Column::new("at", ColumnType::Timestamp), Column::new("n", ColumnType::Integer)];
        let numbers = Int64Array::from_iter_values(0..times.len() as i64);
        let times = TimestampMicrosecondArray::from(times).with_timezone("UTC");
        RecordBatch::try_new(DatasetSchema::new(columns, None).unwrap().arrow(), vec![Arc::new(times), Arc::new(numbers)]).unwrap()
    }

    fn micros(text: &str) -> Option<i64> {
        Some(text.parse::<DateTime<Utc>>().unwrap().timestamp_micros())
    }

    #[test]
    fn rows_go_to_their_chunk_in_order_and_none_is_lost() {
        let rows = rows(vec![micros("2013-02-01T00:00:00Z"), None, micros("2013-01-31T23:59:59.999999Z"), micros("1969-12-31T23:00:00Z")]);
        for (chunk, expected) in [
            (TimeChunk::Month, ["1969-12", "2013-01", "2013-02", "no-time"]),
            (TimeChunk::Day, ["1969-12-31", "2013-01-31", "2013-02-01", "no-time"]),
            (TimeChunk::Week, ["1970-W01", "2013-W05", "2013-W05", "no-time"]),
            (TimeChunk::Hour, ["1969-12-31T23", "2013-01-31T23", "2013-02-01T00", "no-time"]),
        ] {
            let (pieces, _) = arrange(&rows, Some(0), Some(chunk), 1).unwrap();
            let names: Vec<&str> = pieces.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, expected, "{chunk:?}");
            assert_eq!(pieces.iter().map(|(_, rows)| rows.num_rows()).sum::<usize>(), 4);
        }
    }

    #[test]
    fn a_chunk_holds_enough_rows() {
        let hour = MICROS_OF_DAY / 24;
        for (count, step, expected) in
            [(10, hour, TimeChunk::Month), (600_000, hour / 300_000, TimeChunk::Hour), (1, 1, TimeChunk::Month), (600_000, 24 * hour / 300_000, TimeChunk::Day)]
        {
            let times: Vec<i64> = (0..count).map(|row| row * step).collect();
            assert_eq!(choose_chunk(&times), expected, "{count} rows, one each {step} us");
        }
    }

    #[tokio::test]
    async fn segments_hold_what_was_written_and_can_be_abandoned() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let batch = rows((0..2_500).map(|row| Some(row * 1_000_000)).collect());
        let writer = || SegmentWriter::new(Arc::clone(&store), Path::from("acme/x"), batch.schema(), Some("at"), None, 1_000, Utc::now());
        let mut first = writer();
        first.write(batch.clone()).await.unwrap();
        let Written { segments, chunk, fresh } = first.finish().await.unwrap();
        assert_eq!(chunk, Some(TimeChunk::Week));
        assert!(fresh.iter().map(|(path, rows)| (path, rows.num_rows() as u64)).eq(segments.iter().map(|segment| (&segment.path, segment.rows))));
        assert_eq!(segments.iter().map(|segment| segment.rows).collect::<Vec<_>>(), [1_000, 1_000, 500]);
        assert_eq!(segments[0].time_range(&batch.schema(), "at").unwrap().1, DateTime::from_timestamp(999, 0).unwrap());

        let mut second = writer();
        second.write(batch.clone()).await.unwrap();
        second.cut().await.unwrap();
        second.abandon().await;
        assert_eq!(store.list(None).count().await, 3);
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
        let segments = writer.finish().await.unwrap().segments;
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
