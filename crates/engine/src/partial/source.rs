//! One version of a dataset, as partials are computed from it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use object_store::path::Path;

use super::memory::Partials;
use crate::storage::log::Snapshot;
use crate::storage::segment::Segment;
use crate::storage::writer::object_path;

/// What a query has read and reused so far; shared by all tables of the query.
#[derive(Debug, Default)]
pub(crate) struct ScanCounters {
    /// Segments of the versions that the query is pinned to.
    pub total: AtomicU64,
    /// Segments that were opened, or whose decoded columns were looked at.
    pub read: AtomicU64,
    /// Rows in these.
    pub rows: AtomicU64,
    /// Bytes that were fetched from the store: footers, bloom filters, columns.
    pub bytes: AtomicU64,
    /// Segments whose partial was there already.
    pub reused: AtomicU64,
    /// What rollups did, by name.
    rollups: Mutex<BTreeMap<String, RollupCount>>,
}

/// What a rollup did for a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RollupCount {
    /// Segments that it answered for.
    pub segments: u64,
    /// What it lacks for this query.
    pub lacks: Option<String>,
}

impl ScanCounters {
    /// A rollup stood for the rows of a segment.
    pub(crate) fn answered_by(&self, rollup: &str) {
        let mut rollups = self.rollups.lock().unwrap_or_else(PoisonError::into_inner);
        match rollups.get_mut(rollup) {
            Some(known) => known.segments += 1,
            None => {
                rollups.insert(rollup.to_owned(), RollupCount { segments: 1, lacks: None });
            }
        }
    }

    /// Rollups that could not be used, each with what it lacks.
    pub(crate) fn missed(&self, missed: Vec<(String, String)>) {
        let mut rollups = self.rollups.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, lack) in missed {
            rollups.entry(name).or_default().lacks = Some(lack);
        }
    }

    /// What all rollups did.
    pub(crate) fn rollups(&self) -> BTreeMap<String, RollupCount> {
        self.rollups.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The segments of one version, where they lie, and what is kept of them.
#[derive(Clone)]
pub(crate) struct SegmentSource {
    pub snapshot: Arc<Snapshot>,
    pub prefix: Path,
    pub partials: Arc<Partials>,
    pub counters: Arc<ScanCounters>,
}

impl SegmentSource {
    /// Where a segment lies in the store.
    pub(crate) fn location(&self, segment: &Segment) -> Path {
        object_path(&self.prefix, &segment.path)
    }
}

impl fmt::Debug for SegmentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at version {}", self.prefix, self.snapshot.version)
    }
}
