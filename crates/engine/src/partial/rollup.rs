//! Rollups: fragments whose partials are kept on storage, for every segment. A dashboard that is opened after a restart,
//! or a question that nobody has asked before, is then answered from a few kept groups a segment instead of its rows.
//!
//! A rollup is never stale, because it says nothing of a dataset as a whole: where a segment has no stored partial yet,
//! its rows answer. So there is no refresh, no watermark and no invalidation; building is done in the background.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::execution::memory_pool::MemoryPool;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};

use super::compute::{Aggregation, Leaf, work};
use super::derive::{Derivation, Kept};
use super::fragment::{Fingerprint, Fragment};
use super::held::Held;
use super::kernel::{Kernel, TextKeys};
use super::memory::{Partial, Partials};
use super::regroup::regroup;
use super::source::SegmentSource;
use super::stored;
use crate::catalog::dataset::agree;
use crate::error::{Error, Result};
use crate::storage::layout;
use crate::storage::log::Snapshot;
use crate::storage::segment::Segment;

/// Groups of a stored partial at most, as a share of the rows of its segment: others are no saving.
const ROWS_PER_GROUP: u64 = 2;

/// Decoding so many bytes of an object takes as long as a row elsewhere.
const BYTES_PER_ROW: usize = 16;

/// What is known of one stored partial. Zero where it was stored by another process and not read yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StoredPartial {
    pub bytes: u64,
    /// Not worth storing: its segment has hardly more rows than the rollup has groups, or fewer bytes than all the values that these hold.
    pub skipped: bool,
}

/// A fragment that is kept.
#[derive(Debug)]
pub(crate) struct Rollup {
    pub name: String,
    pub fragment: Fragment,
    pub fingerprint: Fingerprint,
    kernel: Arc<Kernel>,
    prefix: Path,
    /// What is stored, by segment.
    stored: RwLock<HashMap<String, StoredPartial>>,
    /// Segments that were answered from here, and rows that were not read for it.
    pub segments_answered: AtomicU64,
    pub rows_saved: AtomicU64,
}

impl Rollup {
    /// Binds a rollup and looks up what is stored of it.
    pub(crate) async fn open(name: String, fragment: Fragment, source: &SegmentSource, session: &dyn Session) -> Result<Self> {
        let kernel = Arc::new(Kernel::bind(&fragment, source, TextKeys::Written, session).await?);
        let fingerprint = fragment.fingerprint(0..fragment.filters.len());
        let rollup = Self {
            name,
            fragment,
            fingerprint,
            kernel,
            prefix: source.prefix.clone(),
            stored: RwLock::default(),
            segments_answered: AtomicU64::new(0),
            rows_saved: AtomicU64::new(0),
        };
        let folder = rollup.folder();
        let objects: Vec<_> = source.partials.store.list(Some(&folder)).try_collect().await.map_err(|error| Error::from(error).context("list stored partials"))?;
        let found = objects
            .into_iter()
            .filter_map(|object| Some((layout::segment_of_partial(&folder, &object.location)?, StoredPartial { bytes: object.size, skipped: false })));
        *rollup.stored.write().unwrap_or_else(PoisonError::into_inner) = found.collect();
        Ok(rollup)
    }

    /// Where its partials lie.
    pub(crate) fn folder(&self) -> Path {
        layout::partials_of(&self.prefix, &stored::hex(&self.fingerprint))
    }

    fn object(&self, segment: &str) -> Path {
        layout::partial(&self.prefix, &stored::hex(&self.fingerprint), segment)
    }

    /// What is stored of a segment.
    pub(crate) fn find(&self, segment: &str) -> Option<StoredPartial> {
        self.stored.read().unwrap_or_else(PoisonError::into_inner).get(segment).copied()
    }

    /// Segments with a stored partial, and the bytes of these.
    pub(crate) fn size(&self) -> (u64, u64) {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let kept = stored.values().filter(|partial| !partial.skipped);
        kept.fold((0, 0), |(count, bytes), partial| (count + 1, bytes + partial.bytes))
    }

    fn note(&self, segment: &str, partial: Option<StoredPartial>) {
        let mut stored = self.stored.write().unwrap_or_else(PoisonError::into_inner);
        match partial {
            Some(partial) => stored.insert(segment.to_owned(), partial),
            None => stored.remove(segment),
        };
    }

    /// How a fragment follows from this rollup.
    ///
    /// # Errors
    /// What the rollup lacks, in a sentence.
    pub(crate) fn derive(&self, wanted: &Fragment, session: &dyn Session) -> Result<Derivation, String> {
        Derivation::new(wanted, Kept { fragment: &self.fragment, layout: &self.kernel.layout }, session)
    }

    /// The partial of a segment, where one is stored. One that is damaged is forgotten.
    pub(crate) async fn partial(&self, partials: &Partials, segment: &Segment) -> Option<Partial> {
        if self.find(&segment.path).is_none_or(|stored| stored.skipped) {
            return None;
        }
        let read = async {
            let bytes = partials.store.get(&self.object(&segment.path)).await?.bytes().await?;
            let (fingerprint, path, kernel) = (self.fingerprint, segment.path.clone(), Arc::clone(&self.kernel));
            work(bytes.len() / BYTES_PER_ROW, move || Ok(Partial::new(stored::decode(&bytes, &fingerprint, &path, &kernel.layout.state)?))).await
        };
        match partials.get_or_compute(self.key(&segment.path), |_| true, read).await {
            Ok(partial) => Some(partial),
            Err(error) => {
                // Rows answer now, and the keeper stores it anew.
                tracing::warn!(rollup = self.name, segment = segment.path, %error, "a stored partial cannot be used");
                self.note(&segment.path, None);
                None
            }
        }
    }

    /// Identity of the partial in memory.
    fn key(&self, segment: &str) -> Fingerprint {
        let mut hash = Sha256::new();
        hash.update(b"rollup");
        hash.update(self.fingerprint);
        hash.update(self.prefix.as_ref());
        hash.update([0]);
        hash.update(segment);
        hash.finalize().into()
    }

    /// Computes and stores the partial of a segment. Gives what is stored then.
    pub(crate) async fn build(&self, source: &SegmentSource, segment: &Arc<Segment>) -> Result<StoredPartial> {
        let aggregation = Arc::new(Aggregation::of(self.fragment.clone(), Arc::clone(&self.kernel), source.clone()));
        let partial = aggregation.of_segment(segment).await?;
        self.store(source, segment, &partial).await
    }

    /// Groups and bytes of the partial of one segment, computed to be weighed and not kept.
    pub(crate) async fn measure(fragment: Fragment, source: &SegmentSource, segment: &Arc<Segment>, session: &dyn Session) -> Result<(u64, u64)> {
        let kernel = Arc::new(Kernel::bind(&fragment, source, TextKeys::Written, session).await?);
        let aggregation = Arc::new(Aggregation::of(fragment, kernel, source.clone()));
        let partial = aggregation.of_segment(segment).await?;
        let bytes = stored::encode(&Fingerprint::default(), &segment.path, &partial.state)?;
        Ok((partial.state.num_rows() as u64, bytes.len() as u64))
    }

    /// Stores a partial that is there already.
    async fn store(&self, source: &SegmentSource, segment: &Segment, partial: &Partial) -> Result<StoredPartial> {
        let has_many_groups = partial.state.num_rows() as u64 * ROWS_PER_GROUP > segment.rows.max(ROWS_PER_GROUP);
        let mut stored = StoredPartial { bytes: 0, skipped: has_many_groups };
        let segment = segment.path.as_str();
        if !stored.skipped {
            let bytes = stored::encode(&self.fingerprint, segment, &partial.state)?;
            stored.bytes = bytes.len() as u64;
            source.partials.store.put(&self.object(segment), bytes.into()).await.map_err(|error| Error::from(error).context("store partial"))?;
        }
        self.note(segment, Some(stored));
        Ok(stored)
    }

    /// Makes the partial of a segment that compaction wrote out of those of the segments that went into it, if all of
    /// these are stored. Nothing is read of the rows.
    ///
    /// # Errors
    /// As reading and storing them; `Exhausted` where the pool has no room for states without a bound.
    pub(crate) async fn carry(&self, source: &SegmentSource, inputs: &[Arc<Segment>], output: &Segment, pool: &Arc<dyn MemoryPool>) -> Result<bool> {
        let held = Held::of(&self.kernel.layout, pool);
        let mut states = Vec::with_capacity(inputs.len());
        for input in inputs {
            match self.partial(&source.partials, input).await {
                Some(partial) => {
                    held.grow(partial.bytes())?;
                    states.push(partial);
                }
                None => return Ok(false),
            }
        }
        let aggregation = Aggregation::of(self.fragment.clone(), Arc::clone(&self.kernel), source.clone());
        let merged = aggregation.merge(states, held).await?;
        self.store(source, output, &merged).await?;
        Ok(true)
    }

    /// Removes the partials of segments that are no longer there.
    pub(crate) async fn sweep(&self, source: &SegmentSource) -> Result<()> {
        let present: std::collections::HashSet<&str> = source.snapshot.segments.iter().map(|segment| segment.path.as_str()).collect();
        let known: Vec<String> = self.stored.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        for segment in known.iter().filter(|segment| !present.contains(segment.as_str())) {
            remove(&*source.partials.store, &self.object(segment)).await?;
            self.note(segment, None);
        }
        Ok(())
    }
}

/// Removes an object, if it is there.
pub(crate) async fn remove(store: &dyn ObjectStore, object: &Path) -> Result<()> {
    match store.delete(object).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(Error::from(error).context("remove stored partial")),
    }
}

/// The rollups of one dataset, as of one version of what is declared.
#[derive(Debug, Clone)]
pub(crate) struct RollupSet {
    /// Id of the dataset, version of its model and of what is advised: another identity makes another set.
    pub identity: RollupIdentity,
    /// The columns that they are bound to, and the version of the dataset that had them.
    pub columns: SchemaRef,
    pub version: u64,
    pub rollups: Arc<[Arc<Rollup>]>,
}

impl RollupSet {
    /// Whether its states are of the types that columns of a version have. A column may have been widened since, or before.
    pub(crate) fn is_of(&self, snapshot: &Snapshot) -> bool {
        self.identity.dataset_id == snapshot.metadata.id && agree(&self.columns, &snapshot.arrow)
    }
}

/// What a set of rollups was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RollupIdentity {
    pub dataset_id: String,
    pub model_version: u64,
    pub advice_version: u64,
}

/// A rollup that can answer a fragment.
#[derive(Debug)]
pub(crate) struct Route {
    pub rollup: Arc<Rollup>,
    derivation: Derivation,
}

impl Route {
    /// The ways to a fragment through rollups, those with the fewest bytes first; and what the others lack.
    pub(crate) fn find(fragment: &Fragment, source: &SegmentSource, session: &dyn Session) -> (Vec<Self>, Vec<(String, String)>) {
        let (mut routes, mut missed) = (Vec::new(), Vec::new());
        let set = source.partials.rollups(&source.prefix).filter(|set| set.is_of(&source.snapshot));
        for rollup in set.iter().flat_map(|set| set.rollups.iter()) {
            match rollup.derive(fragment, session) {
                Ok(derivation) => {
                    missed.extend(derivation.lacks().map(|lack| (rollup.name.clone(), lack.clone())));
                    routes.push(Self { rollup: Arc::clone(rollup), derivation });
                }
                Err(lack) => missed.push((rollup.name.clone(), lack)),
            }
        }
        routes.sort_by_cached_key(|route| {
            let (segments, bytes) = route.rollup.size();
            bytes / segments.max(1)
        });
        (routes, missed)
    }

    /// Whether this route could give the partial of a segment, without reading anything.
    pub(crate) fn leads_to(&self, segment: &Segment, filters: &[usize]) -> bool {
        let derived = filters.iter().all(|filter| matches!(self.derivation.filters.get(*filter), Some(Ok(_))));
        derived && self.rollup.find(&segment.path).is_some_and(|stored| !stored.skipped)
    }

    /// Whether the boundaries of the question lie between kept buckets of a segment, wherever its rows are.
    pub(super) fn fits(&self, arrow: &SchemaRef, segment: &Segment, filters: &[usize]) -> bool {
        let range = self.derivation.time_column().and_then(|column| segment.time_range(arrow, column));
        range.is_none_or(|(from, to)| self.derivation.fits(filters, from.timestamp_micros(), to.timestamp_micros()).unwrap_or(false))
    }
}

impl Aggregation {
    /// The partial of a segment out of what a rollup stores; `None` where only the rows can answer.
    pub(super) async fn by_route(self: &Arc<Self>, place: usize, leaf: &Leaf) -> Result<Option<Partial>> {
        let Some(route) = self.routes.get(place).filter(|route| route.leads_to(&leaf.segment, &leaf.filters)) else { return Ok(None) };
        let Some(kept) = route.rollup.partial(&self.source.partials, &leaf.segment).await else { return Ok(None) };
        let (aggregation, filters) = (Arc::clone(self), Arc::clone(&leaf.filters));
        let regrouped = work(kept.effort_rows(), move || match aggregation.routes.get(place) {
            Some(route) => regroup(&route.derivation, &aggregation.kernel.layout, &kept.state, &filters),
            None => Ok(None),
        });
        let Some(state) = regrouped.await? else { return Ok(None) };
        route.rollup.segments_answered.fetch_add(1, Ordering::Relaxed);
        route.rollup.rows_saved.fetch_add(leaf.segment.rows, Ordering::Relaxed);
        self.source.counters.answered_by(&route.rollup.name);
        Ok(Some(Partial::new(state)))
    }
}
