//! Small segments of one time chunk become one: fewer objects to open, fewer partials to merge, the same rows.
//!
//! Which: [`choose`] looks for neighbours of similar size, as a log-structured merge does. A run is merged when it has at
//! least [`INPUTS_MIN`] segments and the largest is at most half of the result, so that every row that is written again
//! lands in a segment at least twice as large as the one it was in. A row is therefore rewritten at most log2(rows of a
//! segment) times, and about log4 where commits are of one size. What has a quarter of the largest size or
//! more is left alone.
//!
//! How: [`merge`] streams the inputs in the order of time into one output; see [`rewrite`](super::rewrite) for what makes
//! it safe. It never mixes chunks, drops a row or changes a value.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet};
use datafusion::physical_plan::sorts::streaming_merge::StreamingMergeBuilder;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{StreamExt, TryStreamExt};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::entry::Rewrite;
use super::log::Snapshot;
use super::rewrite::{Replacement, Rewriter, chunk_of};
use super::rows::Rows;
use super::rowsum::RowSummer;
use super::segment::Segment;
use crate::error::{Error, Result};

/// Segments that are merged at least.
const INPUTS_MIN: usize = 4;
/// Segments that are merged at most: each is open while they are.
const INPUTS_MAX: usize = 64;
/// Bytes of the inputs of a run at most. The output is held in memory until it is put.
const RUN_MAX_BYTES: u64 = 256 << 20;
/// Rows of a merged batch.
const BATCH_ROWS: usize = 8_192;

/// A run of segments to merge into one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Work {
    /// Their chunk.
    pub chunk: String,
    /// The segments, in the order of the version.
    pub inputs: Vec<Arc<Segment>>,
}

/// Room in memory for the merges of an engine. Those of several datasets together have as much as the largest of one takes; what is
/// read of the inputs counts beside it, in the pool that queries have.
#[derive(Debug)]
pub(crate) struct Room(Semaphore);

const ROOM_MIB: u32 = (RUN_MAX_BYTES >> 20) as u32;

impl Default for Room {
    fn default() -> Self {
        Self(Semaphore::new(ROOM_MIB as usize))
    }
}

impl Room {
    /// Room for what a run of segments becomes, once there is some. Who came first has it first.
    pub(crate) async fn take(&self, work: &Work) -> Result<SemaphorePermit<'_>> {
        let bytes: u64 = work.inputs.iter().map(|input| input.bytes).sum();
        let wanted = u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(ROOM_MIB).clamp(1, ROOM_MIB);
        self.0.acquire_many(wanted).await.map_err(|_| Error::internal("the room for merges was closed"))
    }
}

/// Told of every merge, so that what was computed over the inputs can be carried to the output instead of being computed
/// anew. It is called when the output is written and checked and nothing of it is visible. The commit may still fail:
/// then the output never becomes part of a version, and what was carried is never asked for.
#[async_trait]
pub(crate) trait Carry: Send + Sync {
    /// `output` holds exactly the rows of `inputs`, which come in the order of the version.
    async fn carry(&self, inputs: &[Arc<Segment>], output: &Segment);
}

/// What a merge did.
#[derive(Debug)]
pub(crate) struct Merged {
    pub snapshot: Arc<Snapshot>,
    pub output: Segment,
    pub inputs: Vec<Arc<Segment>>,
}

/// The runs worth merging, each of one chunk, no segment in two of them. Nothing to do is an empty list.
pub(crate) fn choose(segments: &[Arc<Segment>], max_rows: u64) -> Vec<Work> {
    let mut order: Vec<&str> = Vec::new();
    let mut chunks: HashMap<&str, Vec<&Arc<Segment>>> = HashMap::new();
    for segment in segments.iter().filter(|segment| is_small(segment, max_rows)) {
        let Some(chunk) = chunk_of(segment) else { continue };
        chunks
            .entry(chunk)
            .or_insert_with(|| {
                order.push(chunk);
                Vec::new()
            })
            .push(segment);
    }
    let mut works = Vec::new();
    for chunk in order {
        let found = runs(chunks.remove(chunk).unwrap_or_default(), max_rows);
        works.extend(found.into_iter().map(|inputs| Work { chunk: chunk.to_owned(), inputs }));
    }
    works
}

/// Any [`INPUTS_MIN`] small segments fit into one.
fn is_small(segment: &Segment, max_rows: u64) -> bool {
    // Rows are unknown where another writer left out statistics.
    segment.rows > 0 && segment.rows < max_rows / INPUTS_MIN as u64 && segment.bytes < RUN_MAX_BYTES / INPUTS_MIN as u64
}

/// Size class: each is four times as large as the one before.
fn tier(segment: &Segment) -> u32 {
    segment.rows.max(1).ilog2() / 2
}

/// Runs of neighbours, the smallest class first: what is small is merged among its like before it is merged with larger
/// ones, so that large segments are not written again for the sake of a few rows.
fn runs(small: Vec<&Arc<Segment>>, max_rows: u64) -> Vec<Vec<Arc<Segment>>> {
    let highest = small.iter().map(|segment| tier(segment)).max().unwrap_or(0);
    // `None` stands where a run was taken out: what lies on either side are no neighbours any more.
    let mut left: Vec<Option<&Arc<Segment>>> = small.into_iter().map(Some).collect();
    let mut found = Vec::new();
    for class in 0..=highest {
        let mut rest = Vec::with_capacity(left.len());
        let mut run: Vec<&Arc<Segment>> = Vec::new();
        for segment in left {
            match segment {
                Some(segment) if tier(segment) <= class => run.push(segment),
                border => {
                    take_runs(std::mem::take(&mut run), max_rows, &mut found, &mut rest);
                    rest.push(border);
                }
            }
        }
        take_runs(run, max_rows, &mut found, &mut rest);
        left = rest;
    }
    found
}

/// Cuts neighbours into pieces that fit into one segment; those worth merging go to `found`, the others stay.
fn take_runs<'a>(run: Vec<&'a Arc<Segment>>, max_rows: u64, found: &mut Vec<Vec<Arc<Segment>>>, rest: &mut Vec<Option<&'a Arc<Segment>>>) {
    let mut piece: Vec<&Arc<Segment>> = Vec::new();
    let (mut rows, mut bytes) = (0, 0);
    let mut close = |piece: Vec<&'a Arc<Segment>>| {
        if is_worth_it(&piece) {
            found.push(piece.into_iter().map(Arc::clone).collect());
            rest.push(None);
        } else {
            rest.extend(piece.into_iter().map(Some));
        }
    };
    for segment in run {
        if piece.len() == INPUTS_MAX || rows + segment.rows > max_rows || bytes + segment.bytes > RUN_MAX_BYTES {
            close(std::mem::take(&mut piece));
            (rows, bytes) = (0, 0);
        }
        rows += segment.rows;
        bytes += segment.bytes;
        piece.push(segment);
    }
    close(piece);
}

fn is_worth_it(piece: &[&Arc<Segment>]) -> bool {
    let total: u64 = piece.iter().map(|segment| segment.rows).sum();
    let largest = piece.iter().map(|segment| segment.rows).max().unwrap_or(0);
    piece.len() >= INPUTS_MIN && largest * 2 <= total
}

/// Merges a run: writes, checks, carries, commits.
///
/// # Errors
/// `Conflict` when one of the inputs was rewritten meanwhile; `Corrupt` when an input cannot be read or the output is not
/// what was written; `Exhausted` when queries leave no memory; what the store says. The rows are where they were then.
pub(crate) async fn merge(rewriter: &Rewriter<'_>, snapshot: &Snapshot, work: Work, pool: &Arc<dyn MemoryPool>, carry: &dyn Carry) -> Result<Merged> {
    let schema = &snapshot.arrow;
    let summer = Arc::new(Mutex::new(RowSummer::new(schema)?));
    let inputs = work.inputs.iter().map(|input| summed(rewriter.rows(input, schema), &summer)).collect();
    let rows = in_order_of_time(inputs, snapshot, pool)?;
    let Some(output) = rewriter.write(&work.chunk, schema, &work.inputs, rows).await? else {
        return Err(Error::corrupt(format!("the segments of chunk {} hold no rows, but the log says that they do", work.chunk)));
    };
    let read = summer.lock().unwrap_or_else(PoisonError::into_inner).sum();
    let expected: u64 = work.inputs.iter().map(|input| input.rows).sum();
    if read.rows != expected {
        rewriter.discard(&output).await;
        return Err(Error::corrupt(format!("the segments of chunk {} hold {} rows, but the log says {expected}; nothing was changed", work.chunk, read.rows)));
    }
    rewriter.check(&output, schema, read).await?;
    carry.carry(&work.inputs, &output).await;
    let replacement = Replacement { inputs: work.inputs.clone(), output: Some(output.clone()) };
    let snapshot = rewriter.replace(Rewrite::Compaction, vec![replacement]).await?;
    Ok(Merged { snapshot, output, inputs: work.inputs })
}

/// Adds up the rows that pass.
fn summed(rows: Rows, summer: &Arc<Mutex<RowSummer>>) -> Rows {
    let summer = Arc::clone(summer);
    rows.and_then(move |batch| {
        let added = summer.lock().unwrap_or_else(PoisonError::into_inner).add(&batch);
        std::future::ready(added.map(|()| batch))
    })
    .boxed()
}

/// One stream out of several: by time where the dataset has one, for each input is sorted by it; else one after the other.
fn in_order_of_time(inputs: Vec<Rows>, snapshot: &Snapshot, pool: &Arc<dyn MemoryPool>) -> Result<Rows> {
    let schema = &snapshot.arrow;
    let time = snapshot.metadata.schema.time_column.as_deref().and_then(|column| Some((column, schema.index_of(column).ok()?)));
    let Some((name, index)) = time else {
        return Ok(futures::stream::iter(inputs).flatten().boxed());
    };
    let options = SortOptions { descending: false, nulls_first: false };
    let order = LexOrdering::from([PhysicalSortExpr::new(Arc::new(Column::new(name, index)), options)]);
    let merged = StreamingMergeBuilder::new()
        .with_streams(inputs.into_iter().map(|rows| for_datafusion(rows, schema)).collect())
        .with_schema(Arc::clone(schema))
        .with_expressions(&order)
        .with_metrics(BaselineMetrics::new(&ExecutionPlanMetricsSet::new(), 0))
        .with_batch_size(BATCH_ROWS)
        .with_reservation(MemoryConsumer::new("compaction").register(pool))
        // Equal times come in the order of the inputs, so that the output does not depend on who was read first.
        .with_round_robin_tie_breaker(false)
        .build()?;
    Ok(merged.map_err(Error::from).boxed())
}

fn for_datafusion(rows: Rows, schema: &SchemaRef) -> SendableRecordBatchStream {
    let rows = rows.map_err(|error| DataFusionError::External(Box::new(error)));
    Box::pin(RecordBatchStreamAdapter::new(Arc::clone(schema), rows))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use arrow::array::{Int64Array, RecordBatch, TimestampMicrosecondArray};
    use chrono::{DateTime, Utc};
    use datafusion::execution::memory_pool::{GreedyMemoryPool, UnboundedMemoryPool};
    use futures::FutureExt;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{ObjectStore, ObjectStoreExt};
    use proptest::prelude::*;

    use super::*;
    use crate::catalog::{Column as DatasetColumn, ColumnType, DatasetSchema, TimeChunk};
    use crate::clock::SystemClock;
    use crate::error::ErrorKind;
    use crate::storage::entry::{Entry, Metadata};
    use crate::storage::log::DatasetLog;
    use crate::storage::writer::{SegmentWriter, Written, object_path};

    /// Carries nothing: what is asked of the output is computed from its rows.
    #[derive(Debug, Default, Clone, Copy)]
    struct CarryNothing;

    #[async_trait]
    impl Carry for CarryNothing {
        async fn carry(&self, _: &[Arc<Segment>], _: &Segment) {}
    }

    const MAX_ROWS: u64 = 1 << 20;

    fn segment(chunk: &str, id: usize, rows: u64) -> Arc<Segment> {
        Arc::new(Segment { path: format!("{chunk}/{id}.parquet"), rows, bytes: rows * 10, written_at: DateTime::UNIX_EPOCH, statistics: Vec::new() })
    }

    /// Segments as a log keeps them, and what compaction wrote.
    #[derive(Default)]
    struct Table {
        segments: Vec<Arc<Segment>>,
        made: usize,
        rewritten_rows: u64,
        /// How often a row of a segment was rewritten at most.
        rewrites: HashMap<String, u32>,
    }

    impl Table {
        fn append(&mut self, chunk: &str, rows: u64) {
            self.made += 1;
            self.segments.push(segment(chunk, self.made, rows));
        }

        /// Does what is chosen until nothing is, each output in the place of its first input.
        fn compact(&mut self) {
            loop {
                let works = choose(&self.segments, MAX_ROWS);
                if works.is_empty() {
                    return;
                }
                for work in works {
                    self.made += 1;
                    let output = segment(&work.chunk, self.made, work.inputs.iter().map(|input| input.rows).sum());
                    let often = work.inputs.iter().map(|input| self.rewrites.get(&input.path).copied().unwrap_or(0)).max().unwrap();
                    self.rewrites.insert(output.path.clone(), often + 1);
                    self.rewritten_rows += output.rows;
                    let place = self.segments.iter().position(|segment| *segment == work.inputs[0]).unwrap();
                    self.segments[place] = output;
                    self.segments.retain(|segment| !work.inputs[1..].contains(segment));
                }
            }
        }
    }

    #[test]
    fn equal_commits_are_rewritten_a_logarithm_of_times() {
        for (rows, commits) in [(1, 5_000_u64), (1_000, 3_000), (70_000, 60)] {
            let mut table = Table::default();
            for commit in 1..=commits {
                table.append("2013-01", rows);
                table.compact();
                let classes = u64::from(MAX_ROWS.ilog2() / 2 + 1);
                let small = table.segments.iter().filter(|segment| is_small(segment, MAX_ROWS)).count() as u64;
                assert!(small <= classes * (INPUTS_MIN as u64 - 1), "{small} small segments after {commit} commits of {rows} rows");
            }
            let total = rows * commits;
            assert_eq!(table.segments.iter().map(|segment| segment.rows).sum::<u64>(), total);
            // About log4 of the commits, and never more than what brings a row into a segment that is left alone. One more
            // than that, because a run of four of a class may take smaller ones in that lie between.
            let levels = u64::from(commits.ilog2() / 2 + 1).min(u64::from((MAX_ROWS / 4 / rows).max(2).ilog2() / 2 + 1)) + 1;
            assert!(table.rewritten_rows <= total * levels, "{} rows written again of {total}, {levels} levels", table.rewritten_rows);
        }
    }

    #[test]
    fn a_large_segment_is_not_written_again_for_a_few_rows() {
        let sizes = |rows: &[u64]| choose(&rows.iter().enumerate().map(|(id, rows)| segment("d", id, *rows)).collect::<Vec<_>>(), MAX_ROWS);
        assert_eq!(sizes(&[100_000, 1, 1, 1]), []);
        assert_eq!(sizes(&[100_000, 1, 1, 1, 1])[0].inputs.len(), 4);
        assert_eq!(sizes(&[MAX_ROWS, MAX_ROWS, MAX_ROWS, MAX_ROWS]), []);
        // What is full does not part what lies beside it.
        assert_eq!(sizes(&[5, MAX_ROWS, 5, MAX_ROWS, 5, MAX_ROWS, 5])[0].inputs.len(), 4);
        assert_eq!(sizes(&[0, 0, 0, 0, 0]), [], "rows that nobody has counted");
    }

    proptest! {
        #[test]
        fn a_run_is_of_one_chunk_bounded_and_worth_it(
            sizes in prop::collection::vec((0_usize..3, prop_oneof![0_u64..4, 1_u64..5_000, 1_u64..2_000_000]), 0..200),
        ) {
            let segments: Vec<Arc<Segment>> = sizes.iter().enumerate().map(|(id, (chunk, rows))| segment(["a", "b", "c"][*chunk], id, *rows)).collect();
            let mut seen = HashSet::new();
            for work in choose(&segments, MAX_ROWS) {
                let total: u64 = work.inputs.iter().map(|input| input.rows).sum();
                prop_assert!(work.inputs.iter().all(|input| chunk_of(input) == Some(work.chunk.as_str())));
                prop_assert!(work.inputs.iter().all(|input| seen.insert(input.path.clone()) && segments.contains(input)));
                prop_assert!((INPUTS_MIN..=INPUTS_MAX).contains(&work.inputs.len()));
                prop_assert!(total <= MAX_ROWS && work.inputs.iter().map(|input| input.bytes).sum::<u64>() <= RUN_MAX_BYTES);
                prop_assert!(work.inputs.iter().all(|input| input.rows * 2 <= total));
                let places: Vec<usize> = work.inputs.iter().map(|input| segments.iter().position(|segment| segment == input).unwrap()).collect();
                prop_assert!(places.is_sorted());
            }
        }

        #[test]
        fn commits_of_any_size_stay_few_and_are_rewritten_seldom(sizes in prop::collection::vec(prop_oneof![1_u64..4, 1_u64..3_000, 1_u64..300_000], 1..300)) {
            let mut table = Table::default();
            for rows in &sizes {
                table.append("all", *rows);
                table.compact();
            }
            prop_assert_eq!(table.segments.iter().map(|segment| segment.rows).sum::<u64>(), sizes.iter().sum::<u64>());
            let most = table.rewrites.values().max().copied().unwrap_or(0);
            prop_assert!(most <= MAX_ROWS.ilog2(), "a row was rewritten {most} times");
            let small = table.segments.iter().filter(|segment| is_small(segment, MAX_ROWS)).count();
            prop_assert!(small <= 60, "{small} small segments of {} commits", sizes.len());
        }
    }

    /// A dataset of one segment for each list of seconds.
    struct Dataset {
        store: Arc<dyn ObjectStore>,
        log: DatasetLog,
        pool: Arc<dyn MemoryPool>,
    }

    impl Dataset {
        async fn new(segments: &[&[i64]]) -> Self {
            let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
            let log = DatasetLog::new(Arc::clone(&store), Path::from("acme/orders"));
            let columns = [("at", ColumnType::Timestamp), ("n", ColumnType::Integer)].map(|(name, column_type)| DatasetColumn::new(name, column_type));
            let schema = DatasetSchema::new(columns.to_vec(), Some("at".into())).unwrap();
            let arrow = schema.arrow();
            let mut metadata = Some(Metadata {
                id: "i".into(),
                label: "Orders".into(),
                schema,
                chunk: Some(TimeChunk::Month),
                created_at: Utc::now(),
                settings: Default::default(),
                contract: Default::default(),
                steps: None,
                dropped: false,
            });
            for seconds in segments {
                let at = TimestampMicrosecondArray::from_iter_values(seconds.iter().map(|second| second * 1_000_000)).with_timezone("UTC");
                let batch = RecordBatch::try_new(Arc::clone(&arrow), vec![Arc::new(at), Arc::new(Int64Array::from(seconds.to_vec()))]).unwrap();
                let mut writer = SegmentWriter::new(Arc::clone(&store), log.prefix().clone(), Arc::clone(&arrow), Some("at"), Some(TimeChunk::Month), 1_000, Utc::now());
                writer.write(batch).await.unwrap();
                let Written { segments: added, writes, .. } = writer.finish().await.unwrap();
                writes.done().await.unwrap();
                log.commit(Entry { metadata: metadata.take(), added, ..Entry::default() }).await.unwrap();
            }
            Self { store, log, pool: Arc::new(UnboundedMemoryPool::default()) }
        }

        async fn latest(&self) -> Arc<Snapshot> {
            self.log.snapshot().await.unwrap().unwrap()
        }

        fn rewriter(&self) -> Rewriter<'_> {
            Rewriter { store: &self.store, log: &self.log, clock: &SystemClock }
        }

        async fn merge(&self, snapshot: &Snapshot, carry: &dyn Carry) -> Result<Merged> {
            let work = choose(&snapshot.segments, 1_000).remove(0);
            merge(&self.rewriter(), snapshot, work, &self.pool, carry).await
        }

        async fn seconds(&self, segment: &Segment) -> Vec<i64> {
            let batches: Vec<RecordBatch> = self.rewriter().rows(segment, &self.latest().await.arrow).try_collect().await.unwrap();
            batches
                .iter()
                .flat_map(|batch| arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(batch.column(1)).values().to_vec())
                .collect()
        }

        async fn objects(&self) -> usize {
            self.store.list(None).count().await
        }
    }

    /// Looks at the world when it is told of a merge.
    struct Witness<'a> {
        dataset: &'a Dataset,
        seen: Mutex<Vec<(usize, u64, u64)>>,
    }

    #[async_trait]
    impl Carry for Witness<'_> {
        async fn carry(&self, inputs: &[Arc<Segment>], output: &Segment) {
            assert!(self.dataset.store.head(&object_path(self.dataset.log.prefix(), &output.path)).await.is_ok(), "the output is stored");
            let latest = self.dataset.latest().await;
            assert!(inputs.iter().all(|input| latest.segments.contains(input)), "the inputs are still what everybody sees");
            self.seen.lock().unwrap().push((inputs.len(), output.rows, latest.version));
        }
    }

    #[tokio::test]
    async fn inputs_are_merged_by_time_and_what_was_computed_can_be_carried() {
        let dataset = Dataset::new(&[&[5, 1, 9], &[2], &[7, 3], &[2, 8], &[100]]).await;
        let witness = Witness { dataset: &dataset, seen: Mutex::default() };
        let before = dataset.latest().await;
        let merged = dataset.merge(&before, &witness).await.unwrap();
        assert_eq!(*witness.seen.lock().unwrap(), [(5, 9, 4)]);
        assert_eq!(dataset.seconds(&merged.output).await, [1, 2, 2, 3, 5, 7, 8, 9, 100]);
        let statistics = &merged.output.statistics[1];
        assert_eq!((&statistics.min, &statistics.max, statistics.nulls), (&Some(1_i64.into()), &Some(100_i64.into()), Some(0)));
        assert_eq!(dataset.latest().await.segments, [Arc::new(merged.output)]);
    }

    #[tokio::test]
    async fn who_comes_second_leaves_nothing_behind() {
        let dataset = Dataset::new(&[&[1], &[2], &[3], &[4]]).await;
        let before = dataset.latest().await;
        dataset.merge(&before, &CarryNothing).await.unwrap();
        let objects = dataset.objects().await;
        assert_eq!(dataset.merge(&before, &CarryNothing).await.unwrap_err().kind(), ErrorKind::Conflict);
        assert_eq!(dataset.objects().await, objects);
        assert_eq!(dataset.latest().await.rows, 4);
    }

    #[tokio::test]
    async fn what_is_not_as_the_log_says_is_not_merged() {
        let mut dataset = Dataset::new(&[&[1], &[2], &[3], &[4]]).await;
        let before = dataset.latest().await;
        let objects = dataset.objects().await;

        let mut miscounted = Snapshot::clone(&before);
        miscounted.segments[2] = Arc::new(Segment { rows: 2, ..Segment::clone(&before.segments[2]) });
        let error = dataset.merge(&miscounted, &CarryNothing).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert_eq!((dataset.objects().await, dataset.latest().await.version), (objects, before.version));

        dataset.pool = Arc::new(GreedyMemoryPool::new(1));
        assert_eq!(dataset.merge(&before, &CarryNothing).await.unwrap_err().kind(), ErrorKind::Exhausted);
        assert_eq!((dataset.objects().await, dataset.latest().await.version), (objects, before.version));

        dataset.pool = Arc::new(UnboundedMemoryPool::default());
        let damaged = object_path(dataset.log.prefix(), &before.segments[3].path);
        dataset.store.put(&damaged, vec![b'x'; usize::try_from(before.segments[3].bytes).unwrap()].into()).await.unwrap();
        let error = dataset.merge(&before, &CarryNothing).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Corrupt && error.to_string().contains(&before.segments[3].path), "{error}");
        assert_eq!((dataset.objects().await, dataset.latest().await.version), (objects, before.version));
    }

    #[tokio::test]
    async fn an_output_with_other_rows_is_found_before_it_is_seen() {
        let dataset = Dataset::new(&[&[1], &[2]]).await;
        let snapshot = dataset.latest().await;
        let [first, second] = [&snapshot.segments[0], &snapshot.segments[1]];
        let rewriter = dataset.rewriter();
        let rows = rewriter.rows(first, &snapshot.arrow);
        let output = rewriter.write("1970-01", &snapshot.arrow, &snapshot.segments, rows).await.unwrap().unwrap();
        let mut other = RowSummer::new(&snapshot.arrow).unwrap();
        let batches: Vec<RecordBatch> = rewriter.rows(second, &snapshot.arrow).try_collect().await.unwrap();
        batches.iter().for_each(|batch| other.add(batch).unwrap());
        let objects = dataset.objects().await;
        let error = rewriter.check(&output, &snapshot.arrow, other.sum()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert_eq!(dataset.objects().await, objects - 1);
    }

    #[tokio::test]
    async fn merges_beside_each_other_hold_no_more_than_the_largest_one() {
        let room = Room::default();
        let of = |bytes: u64| Work { chunk: "all".into(), inputs: vec![Arc::new(Segment { bytes, ..Segment::clone(&segment("all", 1, 1)) })] };
        let large = room.take(&of(RUN_MAX_BYTES)).await.unwrap();
        assert!(room.take(&of(1)).now_or_never().is_none());
        drop(large);
        let half = of(RUN_MAX_BYTES / 2);
        let both = [room.take(&half).await.unwrap(), room.take(&half).await.unwrap()];
        assert!(room.take(&of(1)).now_or_never().is_none());
        drop(both);
        // What is larger than a run may be has all of it, and does not wait for ever.
        assert!(room.take(&of(9 * RUN_MAX_BYTES)).now_or_never().is_some_and(|room| room.is_ok()));
    }
}
