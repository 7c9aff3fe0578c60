//! What is kept in memory: partials, merged runs, decoded columns, footers and bloom filters, each inside a budget of
//! bytes. Equal work that is asked for at the same time runs once. Everything here can be lost at any time: it is only
//! ever a saving.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::utils::memory::get_record_batch_memory_size;
use datafusion::logical_expr::Expr;
use moka::future::Cache;
use object_store::ObjectStore;
use object_store::path::Path;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::columns::{self, Column};
use super::dictionary::Dictionary;
use super::fragment::{Fingerprint, Fragment};
use super::rollup::RollupSet;
use crate::error::{Error, Result};
use crate::settings::Settings;
use crate::storage::bloom::ColumnFilter;
use crate::storage::reader::SegmentReader;

/// Bytes that an entry costs beside its content: key, policy, allocations.
const ENTRY_BYTES: usize = 768;
/// Bytes that an array costs beside its buffers: itself, the counters of both, and what is known of a buffer.
const ARRAY_BYTES: usize = 416;
/// Bytes of a column in the schemas that come with a footer.
const FOOTER_COLUMN_BYTES: usize = 512;
/// Schemas that are known before those that nobody has any more are dropped.
const SCHEMAS_MAX: usize = 1_024;

/// One part in so many of a budget is for what no weight tells: the allocator was seen to hold 8 % more than was weighed
/// (benches/results/memory.json).
const UNWEIGHED_SHARE: usize = 12;

/// One part in so many of the memory of partials is for the dictionaries of their text keys.
const DICTIONARIES_SHARE: u64 = 5;
/// One dictionary takes at most one part in so many of that; text of a key that has more stays text.
const DICTIONARY_PART: u64 = 2;
/// Keys that are remembered as having too much text.
const LARGE_KEYS: u64 = 4_096;

/// Bytes of states that take as long to merge as a row of numbers.
const BYTES_PER_ROW: usize = 64;
/// Segments whose columns are in use at the same time, for each partition of a query.
const SEGMENTS_PER_PARTITION: usize = 2;

/// The state of one fragment over one segment, or over a run of segments.
#[derive(Debug, Clone)]
pub(crate) struct Partial {
    pub state: RecordBatch,
    bytes: usize,
}

impl Partial {
    pub(crate) fn new(state: RecordBatch) -> Self {
        // Columns that were read from an object are parts of one buffer, which is held once.
        let bytes = get_record_batch_memory_size(&state);
        Self { state, bytes }
    }

    /// Bytes that its columns hold.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    fn weight(&self) -> u32 {
        weight(self.bytes + self.state.num_columns() * ARRAY_BYTES)
    }

    /// As how many rows it counts where work is weighed: a set or a sketch may be megabytes in one row.
    pub(super) fn effort_rows(&self) -> usize {
        self.state.num_rows().max(self.bytes / BYTES_PER_ROW)
    }
}

/// Bytes that an engine keeps in memory between questions, as it weighs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheBytes {
    /// Partials and merged partials.
    pub partials: u64,
    /// Dictionaries of their text keys.
    pub dictionaries: u64,
    /// Decoded columns.
    pub columns: u64,
    /// Parquet footers that partials are computed with.
    pub footers: u64,
}

impl CacheBytes {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.partials + self.dictionaries + self.columns + self.footers
    }
}

/// Columns of datasets that are remembered as asked for.
const HOT_COLUMNS: u64 = 16_384;

/// A column of a segment: where the segment lies, and the column's name.
pub(super) type ColumnKey = (Path, Arc<str>);

/// The memory tier of an engine.
#[derive(Debug)]
pub(crate) struct Partials {
    pub store: Arc<dyn ObjectStore>,
    states_room: Room,
    states: Cache<Fingerprint, Partial>,
    columns_room: Room,
    columns: Cache<ColumnKey, Arc<Column>>,
    /// Columns of datasets that somebody has asked for.
    hot: Cache<ColumnKey, ()>,
    dictionaries: Cache<Fingerprint, Arc<Dictionary>>,
    dictionary_max_bytes: u64,
    /// Keys whose text is too much for a dictionary.
    large: Cache<Fingerprint, ()>,
    /// Bounds the segments whose columns are in use: what queries hold of them is in no budget.
    in_use: Semaphore,
    footers: Cache<Path, ArrowReaderMetadata>,
    /// By prefix of their dataset.
    rollups: RwLock<HashMap<Path, RollupSet>>,
    filters: Cache<(Path, Arc<str>), Option<Arc<ColumnFilter>>>,
    /// What states look like: every state of a fragment holds on to the same schema, whoever computed it.
    schemas: Mutex<HashSet<SchemaRef>>,
}

impl Partials {
    pub(crate) fn new(settings: &Settings, store: Arc<dyn ObjectStore>) -> Self {
        let weighed = |budget: usize| (budget - budget / UNWEIGHED_SHARE) as u64;
        let dictionaries_max_bytes = weighed(settings.partial_cache_bytes) / DICTIONARIES_SHARE;
        let states_room = Room::of(weighed(settings.partial_cache_bytes) - dictionaries_max_bytes);
        let columns_room = Room::of(weighed(settings.column_cache_bytes));
        Self {
            store,
            rollups: RwLock::default(),
            states: Cache::builder().name("partials").max_capacity(states_room.max_bytes).weigher(|_, partial: &Partial| partial.weight()).build(),
            states_room,
            footers: Cache::builder()
                .name("footers")
                .max_capacity(settings.footer_cache_bytes as u64)
                .weigher(|_, footer: &ArrowReaderMetadata| weight(footer.metadata().memory_size() + footer.schema().fields().len() * FOOTER_COLUMN_BYTES))
                .build(),
            filters: Cache::builder()
                .name("bloom filters")
                .max_capacity(settings.footer_cache_bytes as u64)
                .weigher(|_, filter: &Option<Arc<ColumnFilter>>| weight(filter.as_ref().map_or(0, |filter| filter.size_bytes())))
                .build(),
            dictionaries: Cache::builder()
                .name("dictionaries")
                .max_capacity(dictionaries_max_bytes)
                .weigher(|_, dictionary: &Arc<Dictionary>| weight(dictionary.size_bytes()))
                .build(),
            columns: Cache::builder().name("columns").max_capacity(columns_room.max_bytes).weigher(|_, column: &Arc<Column>| weight(column.size_bytes())).build(),
            columns_room,
            dictionary_max_bytes: dictionaries_max_bytes / DICTIONARY_PART,
            large: Cache::new(LARGE_KEYS),
            in_use: Semaphore::new(SEGMENTS_PER_PARTITION * settings.query_partitions.max(1)),
            hot: Cache::new(HOT_COLUMNS),
            schemas: Mutex::default(),
        }
    }

    /// The rollups of a dataset.
    pub(crate) fn rollups(&self, dataset: &Path) -> Option<RollupSet> {
        self.rollups.read().unwrap_or_else(PoisonError::into_inner).get(dataset).cloned()
    }

    /// Replaces the rollups of a dataset.
    pub(crate) fn set_rollups(&self, dataset: &Path, set: Option<RollupSet>) {
        let mut rollups = self.rollups.write().unwrap_or_else(PoisonError::into_inner);
        match set {
            Some(set) => rollups.insert(dataset.clone(), set),
            None => rollups.remove(dataset),
        };
    }

    /// The schema that states which are kept have already, where it is equal.
    pub(crate) fn known_schema(&self, schema: SchemaRef) -> SchemaRef {
        let mut known = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&schema) {
            return Arc::clone(known);
        }
        if known.len() >= SCHEMAS_MAX {
            known.retain(|schema| Arc::strong_count(schema) > 1);
        }
        known.insert(Arc::clone(&schema));
        schema
    }

    /// A state that is there already.
    pub(crate) async fn get(&self, key: &Fingerprint) -> Option<Partial> {
        self.states.get(key).await
    }

    /// Whether a state is there. Does not count as a use.
    pub(crate) fn has(&self, key: &Fingerprint) -> bool {
        self.states.contains_key(key)
    }

    /// Whether a column is decoded. Does not count as a use.
    pub(crate) fn has_column(&self, location: &Path, name: &str) -> bool {
        self.columns.contains_key(&(location.clone(), Arc::from(name)))
    }

    /// A state, computed if it is not there and kept if it is `worth` it. Whoever asks for the same while it is computed
    /// waits for it.
    pub(crate) async fn get_or_compute(&self, key: Fingerprint, worth: impl Fn(&Partial) -> bool, compute: impl Future<Output = Result<Partial>>) -> Result<Partial> {
        let mut computed = false;
        let compute = async {
            let partial = compute.await?;
            computed = true;
            Ok(partial)
        };
        let partial = self.states.try_get_with(key, compute).await.map_err(shared)?;
        let bytes = u64::from(partial.weight());
        // The cache would evict what is larger than itself only some time later.
        if !worth(&partial) || bytes > self.states_room.max_bytes {
            self.states.invalidate(&key).await;
        } else if computed && self.states_room.is_due_after(bytes) {
            self.states.run_pending_tasks().await;
        }
        Ok(partial)
    }

    /// A decoded column of a segment of `bytes` of a dataset. What had to be fetched is added to `fetched`.
    pub(crate) async fn column(&self, dataset: &Path, location: &Path, bytes: u64, field: &arrow::datatypes::Field, fetched: &AtomicU64) -> Result<Arc<Column>> {
        let key = (location.clone(), Arc::from(field.name().as_str()));
        let hot = (dataset.clone(), Arc::clone(&key.1));
        if !self.hot.contains_key(&hot) {
            self.hot.insert(hot, ()).await;
        }
        let mut decoded = false;
        let read = async {
            let footer = self.footer(location, bytes, fetched).await?;
            // In a task of its own, so that columns are decoded side by side and not by who waits for all of them.
            let read = SpawnedTask::spawn(columns::read(Arc::clone(&self.store), location.clone(), bytes, footer, field.clone()));
            let (column, size) = read.join().await.map_err(|error| Error::internal(format!("decoding failed: {error}")))??;
            fetched.fetch_add(size, Ordering::Relaxed);
            decoded = true;
            Ok(Arc::new(column))
        };
        let column = self.columns.try_get_with(key, read).await.map_err(shared)?;
        if decoded && self.columns_room.is_due_after(column.size_bytes() as u64) {
            self.columns.run_pending_tasks().await;
        }
        Ok(column)
    }

    /// The footer of a segment of `bytes`. What had to be fetched is added to `fetched`.
    pub(crate) async fn footer(&self, location: &Path, bytes: u64, fetched: &AtomicU64) -> Result<ArrowReaderMetadata> {
        let read = async {
            let mut reader = SegmentReader::new(Arc::clone(&self.store), location.clone(), bytes);
            let footer = reader.footer().await;
            fetched.fetch_add(reader.fetched_bytes(), Ordering::Relaxed);
            footer
        };
        self.footers.try_get_with(location.clone(), read).await.map_err(shared)
    }

    /// The bloom filters of a column of a segment of `bytes`, if there are some. What had to be fetched is added to `fetched`.
    pub(crate) async fn filter(&self, location: &Path, bytes: u64, column: &Arc<str>, fetched: &AtomicU64) -> Result<Option<Arc<ColumnFilter>>> {
        let read = async {
            let footer = self.footer(location, bytes, fetched).await?;
            let mut reader = SegmentReader::new(Arc::clone(&self.store), location.clone(), bytes);
            let filter = ColumnFilter::read(&mut reader, footer.metadata(), column).await;
            fetched.fetch_add(reader.fetched_bytes(), Ordering::Relaxed);
            let filter = filter.map_err(|error| Error::from(error).context(format!("read bloom filter of column {column} of segment {location}")))?;
            Ok(filter.map(Arc::new))
        };
        self.filters.try_get_with((location.clone(), Arc::clone(column)), read).await.map_err(shared)
    }

    /// Whether somebody has asked for a column of a dataset.
    pub(super) fn is_hot(&self, dataset: &Path, column: &Arc<str>) -> bool {
        self.hot.contains_key(&(dataset.clone(), Arc::clone(column)))
    }

    /// Keeps a column of a segment.
    pub(super) async fn put_column(&self, key: ColumnKey, column: Arc<Column>) {
        let bytes = column.size_bytes() as u64;
        self.columns.insert(key, column).await;
        if self.columns_room.is_due_after(bytes) {
            self.columns.run_pending_tasks().await;
        }
    }

    /// Whether there is room for states.
    pub(super) fn keeps_states(&self) -> bool {
        self.states_room.max_bytes > ENTRY_BYTES as u64
    }

    /// Whether there is room for columns.
    pub(super) fn keeps_columns(&self) -> bool {
        self.columns_room.max_bytes > ENTRY_BYTES as u64
    }

    /// The dictionary of a text key of a dataset. `None`: its texts are too many, so they are not numbered. A dictionary
    /// that cannot be kept gets another identity each time, and no partial of it would ever be found again.
    pub(crate) async fn dictionary(&self, dataset: &Path, key: &Expr) -> Option<Arc<Dictionary>> {
        let identity = dictionary_of(dataset, key);
        if self.large.get(&identity).await.is_some() {
            return None;
        }
        Some(self.dictionaries.get_with(identity, async { Arc::new(Dictionary::new()) }).await)
    }

    /// Weighs the dictionaries of a query again, after they have grown. One that is too large now is not used again.
    pub(crate) async fn weigh(&self, dataset: &Path, keys: &[Expr], dictionaries: &[Option<Arc<Dictionary>>]) {
        for (key, dictionary) in keys.iter().zip(dictionaries) {
            let Some(dictionary) = dictionary.as_ref().filter(|dictionary| dictionary.has_outgrown_its_weight()) else { continue };
            let identity = dictionary_of(dataset, key);
            if dictionary.size_bytes() as u64 > self.dictionary_max_bytes {
                self.large.insert(identity, ()).await;
                self.dictionaries.invalidate(&identity).await;
            } else if self.dictionaries.get(&identity).await.is_some_and(|known| known.id == dictionary.id) {
                // What is put in again is weighed again.
                self.dictionaries.insert(identity, Arc::clone(dictionary)).await;
            }
        }
    }

    /// Waits until few enough segments are computed from their columns; the caller may then hold those of one.
    pub(super) async fn room_for_columns(&self) -> Result<SemaphorePermit<'_>> {
        self.in_use.acquire().await.map_err(|error| Error::internal(format!("wait for room for columns: {error}")))
    }

    /// What is kept, after everything that is over a budget has gone.
    pub(crate) async fn kept(&self) -> CacheBytes {
        self.states.run_pending_tasks().await;
        self.columns.run_pending_tasks().await;
        self.dictionaries.run_pending_tasks().await;
        self.footers.run_pending_tasks().await;
        CacheBytes {
            partials: self.states.weighted_size(),
            dictionaries: self.dictionaries.weighted_size(),
            columns: self.columns.weighted_size(),
            footers: self.footers.weighted_size(),
        }
    }
}

/// How much a cache may hold, and how much has come in since it was last made to keep to it: of itself it evicts a few
/// hundred entries late, which can be many times its budget where entries are large.
#[derive(Debug)]
struct Room {
    max_bytes: u64,
    arrived: AtomicU64,
}

impl Room {
    fn of(max_bytes: u64) -> Self {
        Self { max_bytes, arrived: AtomicU64::new(0) }
    }

    /// Notes what came in; says whether evicting is due.
    fn is_due_after(&self, bytes: u64) -> bool {
        let due = self.arrived.fetch_add(bytes, Ordering::Relaxed) + bytes > self.max_bytes / 16;
        if due {
            self.arrived.store(0, Ordering::Relaxed);
        }
        due
    }
}

fn dictionary_of(dataset: &Path, key: &Expr) -> Fingerprint {
    let mut hash = Sha256::new();
    hash.update(dataset.as_ref());
    hash.update(Fragment { filters: Vec::new(), groups: vec![key.clone()], aggregates: Vec::new() }.fingerprint(std::iter::empty()));
    hash.finalize().into()
}

fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes.saturating_add(ENTRY_BYTES)).unwrap_or(u32::MAX)
}

/// An error that several waiters got. The kind and the words are the same for all of them.
pub(crate) fn shared(error: Arc<Error>) -> Error {
    match Arc::try_unwrap(error) {
        Ok(error) => error,
        Err(error) => Error::new(error.kind(), error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use arrow::array::{ArrayRef, Int64Array};
    use object_store::memory::InMemory;

    use super::*;
    use crate::error::ErrorKind;

    fn partial(rows: usize) -> Partial {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows as i64));
        Partial::new(RecordBatch::try_from_iter([("n", column)]).unwrap())
    }

    #[test]
    fn a_buffer_that_columns_share_is_weighed_once() {
        let values: arrow::buffer::ScalarBuffer<i64> = (0..8_000).collect();
        let column = |from: usize| Arc::new(Int64Array::new(values.slice(from, 1_000), None)) as ArrayRef;
        let state = RecordBatch::try_from_iter((0..8).map(|column_index| (column_index.to_string(), column(column_index * 1_000)))).unwrap();
        assert!((64_000..65_000).contains(&Partial::new(state).bytes()));
    }

    #[tokio::test]
    async fn what_is_kept_stays_inside_its_budget() {
        let settings = Settings { partial_cache_bytes: 1 << 20, ..Settings::default() };
        let partials = Partials::new(&settings, Arc::new(InMemory::new()));
        for number in 0..200_u8 {
            let found = partials.get_or_compute([number; 32], |_| true, async { Ok(partial(4_096)) }).await.unwrap();
            assert_eq!(found.state.num_rows(), 4_096);
        }
        // Also before anybody has tidied up.
        let held: u64 = partials.states.iter().map(|(_, partial)| u64::from(partial.weight())).sum();
        assert!(held <= (1 << 20) + (1 << 17), "{held}");
        let kept = partials.kept().await;
        assert!((1 << 19..=1 << 20).contains(&kept.partials) && kept.columns == 0, "{kept:?}");
    }

    #[tokio::test]
    async fn a_key_with_more_text_than_there_is_room_for_is_not_numbered() {
        let settings = Settings { partial_cache_bytes: 1 << 20, ..Settings::default() };
        let partials = Partials::new(&settings, Arc::new(InMemory::new()));
        let (dataset, key) = (Path::from("acme/orders"), datafusion::prelude::col("city"));
        let grown = async |texts: usize| {
            let dictionary = partials.dictionary(&dataset, &key).await?;
            let texts: ArrayRef = Arc::new(arrow::array::StringViewArray::from_iter_values((0..texts).map(|text| format!("text {text}"))));
            dictionary.numbers(&texts);
            partials.weigh(&dataset, std::slice::from_ref(&key), &[Some(Arc::clone(&dictionary))]).await;
            Some(dictionary.id)
        };
        let first = grown(100).await;
        assert!(first.is_some());
        assert_eq!(grown(10_000).await, first);
        assert_eq!(grown(1).await, None);
        assert_eq!(partials.kept().await.dictionaries, 0);
    }

    #[tokio::test]
    async fn equal_work_runs_once_and_what_is_not_worth_it_is_not_kept() {
        let partials = Partials::new(&Settings::default(), Arc::new(InMemory::new()));
        let computed = AtomicUsize::new(0);
        let ask = |key: u8, worth: bool| {
            let (partials, computed) = (&partials, &computed);
            async move {
                let compute = async {
                    computed.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                    Ok(partial(1))
                };
                partials.get_or_compute([key; 32], |_| worth, compute).await.unwrap()
            }
        };
        futures::join!(ask(1, true), ask(1, true), ask(1, true));
        assert_eq!(computed.load(Ordering::Relaxed), 1);
        ask(2, false).await;
        ask(2, false).await;
        assert_eq!(computed.load(Ordering::Relaxed), 3);
        let room_for_nothing = Partials::new(&Settings { partial_cache_bytes: 1, ..Settings::default() }, Arc::new(InMemory::new()));
        room_for_nothing.get_or_compute([1; 32], |_| true, async { Ok(partial(1)) }).await.unwrap();
        assert!(room_for_nothing.get(&[1; 32]).await.is_none());
        let failed = partials.get_or_compute([3; 32], |_| true, async { Err(Error::corrupt("damaged")) }).await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Corrupt);
        ask(3, true).await;
    }
}
