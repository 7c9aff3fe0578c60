//! One aggregate over one version of a dataset: which segments it needs, what of each is left to look at, and the partial
//! of each, kept or computed.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::catalog::Session;
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::memory_pool::MemoryPool;
use futures::future::try_join_all;
use sha2::{Digest, Sha256};

use super::aggregator::Aggregator;
use super::columns::Column;
use super::fragment::{Fingerprint, Fragment};
use super::held::Held;
use super::kernel::{Kernel, TextKeys};
use super::memory::Partial;
use super::rollup::Route;
use super::simplify::{Verdict, judge};
use super::source::SegmentSource;
use crate::error::{Error, Result};
use crate::storage::segment::Segment;

/// A partial is kept if it has at most one row for so many rows of its segment: others cost as much to merge as to make.
const ROWS_PER_GROUP: u64 = 4;
/// Segments so small that their partial is always kept.
const SMALL_SEGMENT_ROWS: u64 = 8_192;

/// Rows, of a segment or of states, that take about a tenth of a millisecond.
const INLINE_ROWS: usize = 16 << 10;

/// A fragment over one version of a dataset.
#[derive(Debug)]
pub(crate) struct Aggregation {
    pub fragment: Fragment,
    pub kernel: Arc<Kernel>,
    pub source: SegmentSource,
    /// Rollups that it follows from.
    pub routes: Vec<Route>,
}

/// The part of a segment in an aggregation.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub segment: Arc<Segment>,
    /// Filters that the statistics of the segment leave open.
    pub filters: Arc<[usize]>,
    /// Identity of the partial.
    pub key: Fingerprint,
    /// Identity of the segment alone.
    pub identity: Fingerprint,
    /// A number out of it.
    pub segment_hash: u64,
}

impl Aggregation {
    pub(crate) async fn new(fragment: Fragment, source: SegmentSource, session: &dyn Session) -> Result<Self> {
        let kernel = Kernel::bind(&fragment, &source, TextKeys::Numbered, session).await?;
        Ok(Self::bound(fragment, kernel, source, session))
    }

    /// The same for a kernel that was bound before.
    pub(crate) fn bound(fragment: Fragment, kernel: Kernel, source: SegmentSource, session: &dyn Session) -> Self {
        let (routes, missed) = Route::find(&fragment, &source, session);
        source.counters.missed(missed);
        Self { fragment, kernel: Arc::new(kernel), source, routes }
    }

    /// The same without a look at rollups, for one of these.
    pub(crate) fn of(fragment: Fragment, kernel: Arc<Kernel>, source: SegmentSource) -> Self {
        Self { fragment, kernel, source, routes: Vec::new() }
    }

    /// The segments that can hold a row that passes, in the order of the version.
    pub(crate) fn leaves(&self) -> Vec<Leaf> {
        let schema = &self.source.snapshot.arrow;
        // Most segments leave the same filters open: these share what is computed from them.
        let mut variants: Vec<(Arc<[usize]>, Fingerprint)> = Vec::new();
        let mut leaves = Vec::with_capacity(self.source.snapshot.segments.len());
        let mut open = Vec::with_capacity(self.fragment.filters.len());
        'segments: for segment in &self.source.snapshot.segments {
            open.clear();
            for (index, filter) in self.fragment.filters.iter().enumerate() {
                match judge(filter, segment, schema) {
                    Verdict::All => {}
                    Verdict::None => continue 'segments,
                    Verdict::Some => open.push(index),
                }
            }
            let (filters, fingerprint) = match variants.iter().find(|(filters, _)| **filters == *open) {
                Some(known) => known.clone(),
                None => {
                    let variant = (Arc::from(open.as_slice()), self.fingerprint(&open));
                    variants.push(variant.clone());
                    variant
                }
            };
            let mut hash = Sha256::new();
            hash.update(self.source.prefix.as_ref());
            hash.update([0]);
            hash.update(&segment.path);
            let identity: Fingerprint = hash.clone().finalize().into();
            hash.update(fingerprint);
            let [a, b, c, d, e, f, g, h, ..] = identity;
            leaves.push(Leaf { segment: Arc::clone(segment), filters, key: hash.finalize().into(), identity, segment_hash: u64::from_le_bytes([a, b, c, d, e, f, g, h]) });
        }
        leaves
    }

    /// Identity of what is computed with some filters open, and of the numbers that stand for text in it.
    pub(super) fn fingerprint(&self, filters: &[usize]) -> Fingerprint {
        let mut hash = Sha256::new();
        hash.update(self.fragment.fingerprint(filters.iter().copied()));
        self.kernel.layout.dictionary_ids().for_each(|id| hash.update(id.to_le_bytes()));
        hash.finalize().into()
    }

    /// The partial of a segment: kept, being computed by somebody else, or computed now.
    ///
    /// # Errors
    /// As computing it; `Exhausted` where the pool has no room for states without a bound.
    pub(super) async fn partial(self: &Arc<Self>, leaf: &Leaf, pool: &Arc<dyn MemoryPool>) -> Result<Partial> {
        if let Some(kept) = self.source.partials.get(&leaf.key).await {
            self.source.counters.reused.fetch_add(1, Ordering::Relaxed);
            return Ok(kept);
        }
        let rows = leaf.segment.rows;
        let worth = |partial: &Partial| rows <= SMALL_SEGMENT_ROWS || partial.state.num_rows() as u64 * ROWS_PER_GROUP <= rows;
        let computed = AtomicBool::new(false);
        let compute = async {
            computed.store(true, Ordering::Relaxed);
            self.by_rollup_or_rows(leaf, pool).await
        };
        let partial = self.source.partials.get_or_compute(leaf.key, worth, compute).await?;
        if !computed.load(Ordering::Relaxed) {
            self.source.counters.reused.fetch_add(1, Ordering::Relaxed);
        }
        Ok(partial)
    }

    /// The partial of a segment out of what a rollup keeps, else out of its rows.
    async fn by_rollup_or_rows(self: &Arc<Self>, leaf: &Leaf, pool: &Arc<dyn MemoryPool>) -> Result<Partial> {
        for place in 0..self.routes.len() {
            if let Some(partial) = self.by_route(place, leaf).await? {
                return Ok(partial);
            }
        }
        let counters = &self.source.counters;
        counters.read.fetch_add(1, Ordering::Relaxed);
        counters.rows.fetch_add(leaf.segment.rows, Ordering::Relaxed);
        self.compute(leaf, pool).await
    }

    /// The partial of one segment out of its rows, with all filters open; nothing is kept of it.
    pub(crate) async fn of_segment(self: &Arc<Self>, segment: &Arc<Segment>) -> Result<Partial> {
        let filters: Arc<[usize]> = (0..self.fragment.filters.len()).collect();
        let leaf = Leaf { segment: Arc::clone(segment), filters, key: Fingerprint::default(), identity: Fingerprint::default(), segment_hash: 0 };
        let _room = self.source.partials.room_for_columns().await?;
        let columns = self.columns(&leaf).await?;
        self.compute_rows(columns, usize::try_from(segment.rows).unwrap_or(usize::MAX), leaf.filters).await
    }

    /// The columns of a segment that are looked at.
    async fn columns(self: &Arc<Self>, leaf: &Leaf) -> Result<Vec<Option<Column>>> {
        let source = &self.source;
        let location = source.location(&leaf.segment);
        let reads = self.kernel.columns.iter().zip(self.kernel.needed(&leaf.filters)).map(async |(column, needed)| {
            if !needed {
                return Ok(None);
            }
            let field = source.snapshot.arrow.fields().get(*column).ok_or_else(|| Error::internal("a kernel for another schema"))?;
            source
                .partials
                .column(&source.prefix, &location, leaf.segment.bytes, field, &source.counters.bytes)
                .await
                .map(|column| Some(Column::clone(&column)))
        });
        try_join_all(reads).await
    }

    /// About how many bytes of a segment have to be fetched: its columns are taken to be of the same size. Columns that are
    /// `counted` elsewhere are fetched once.
    pub(super) fn bytes_to_read(&self, leaf: &Leaf, counted: &mut HashSet<(Fingerprint, usize)>) -> u64 {
        let (location, fields) = (self.source.location(&leaf.segment), self.source.snapshot.arrow.fields());
        let needed = self.kernel.columns.iter().zip(self.kernel.needed(&leaf.filters)).filter(|(_, needed)| *needed);
        let absent = needed.filter(|(column, _)| fields.get(**column).is_some_and(|field| !self.source.partials.has_column(&location, field.name())));
        let new = absent.filter(|(column, _)| counted.insert((leaf.identity, **column)));
        leaf.segment.bytes * new.count() as u64 / fields.len().max(1) as u64
    }

    async fn compute(self: &Arc<Self>, leaf: &Leaf, pool: &Arc<dyn MemoryPool>) -> Result<Partial> {
        // Whoever has room waits for columns and for blocks, which others compute who have room too: never for more room.
        let _room = self.source.partials.room_for_columns().await?;
        let columns = self.columns(leaf).await?;
        let rows = usize::try_from(leaf.segment.rows).unwrap_or(usize::MAX);
        if self.source.partials.keeps_states()
            && let Some(blocks) = self.blocks(leaf, &columns, rows)
        {
            return self.by_blocks(leaf, &columns, rows, blocks, pool).await;
        }
        self.compute_rows(columns, rows, Arc::clone(&leaf.filters)).await
    }

    /// The state of some rows.
    pub(super) async fn compute_rows(&self, columns: Vec<Option<Column>>, rows: usize, filters: Arc<[usize]>) -> Result<Partial> {
        let kernel = Arc::clone(&self.kernel);
        work(rows, move || Ok(Partial::new(kernel.compute(columns, rows, &filters)?))).await
    }

    /// One state out of several, in their order, if there is memory for it.
    pub(super) async fn merge(&self, states: Vec<Partial>, held: Held) -> Result<Partial> {
        let kernel = Arc::clone(&self.kernel);
        let (rows, effort) = rows_of(&states);
        let merge = move || {
            let mut aggregator = Aggregator::new(&kernel.layout, rows)?;
            let bytes: usize = states.iter().map(Partial::bytes).sum();
            for partial in &states {
                aggregator.merge(&partial.state)?;
                held.resize(|| bytes + aggregator.size_bytes())?;
            }
            // The state is made beside what was gathered for it.
            held.resize(|| bytes + 2 * aggregator.size_bytes())?;
            Ok(Partial::new(aggregator.into_state()?))
        };
        work(effort, merge).await
    }
}

/// Rows of states, and as how many they count for the time that merging takes.
pub(super) fn rows_of(states: &[Partial]) -> (usize, usize) {
    (states.iter().map(|partial| partial.state.num_rows()).sum(), states.iter().map(Partial::effort_rows).sum())
}

/// Computes without waiting for anything: here, if it takes less than going to another thread does, else on a thread that
/// may be held up.
pub(super) async fn work<T: Send + 'static>(rows: usize, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    if rows <= INLINE_ROWS {
        return work();
    }
    SpawnedTask::spawn_blocking(work).join().await.map_err(|error| Error::internal(format!("computing failed: {error}")))?
}
