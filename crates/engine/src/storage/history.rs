//! Versions that are not the latest: which of them can be read, what they consist of, and what each commit did.
//!
//! A version can be read until it was replaced longer ago than versions are kept; and for as long as everything that it
//! consists of is still part of the latest version. An erasure ends that at once for all versions before it: segments of
//! theirs may hold rows of a person who is to be forgotten. What is decided here keeps to the log and the clock alone, so it is
//! the same in every engine over the store, and `garbage` removes a segment only after nothing decided here can lead to it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;

use super::entry::{self, Entry};
use super::layout;
use super::log::{DatasetLog, Snapshot, decode};
use super::opening::AHEAD;
use super::removals::Removals;
use super::segment::Segment;
use crate::catalog::AsOf;
use crate::error::{Error, Result};

/// Older versions that are kept in memory.
const SNAPSHOTS: usize = 8;
/// Times of commits that are kept in memory.
const TIMES: usize = 65_536;

/// What was read of older versions, and is true for as long as the dataset is there.
#[derive(Debug, Default)]
pub(crate) struct Past {
    times: BTreeMap<u64, DateTime<Utc>>,
    /// The one that was asked for last is the last.
    snapshots: VecDeque<Arc<Snapshot>>,
    checkpoint: Option<u64>,
    /// What took segments out.
    pub(super) removals: Removals,
}

impl Past {
    pub(super) fn note_checkpoint(&mut self, version: u64) {
        self.checkpoint = self.checkpoint.max(Some(version));
    }

    /// The newest checkpoint that was seen.
    pub(super) fn checkpoint(&self) -> Option<u64> {
        self.checkpoint
    }

    fn note_time(&mut self, version: u64, committed_at: DateTime<Utc>) {
        if self.times.len() >= TIMES {
            self.times.pop_first();
        }
        self.times.insert(version, committed_at);
    }

    fn keep(&mut self, snapshot: &Arc<Snapshot>) {
        self.snapshots.retain(|kept| kept.version != snapshot.version);
        if self.snapshots.len() >= SNAPSHOTS {
            self.snapshots.pop_front();
        }
        self.snapshots.push_back(Arc::clone(snapshot));
    }
}

/// How long versions are kept, seen from an instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// After the next version came.
    pub versions: TimeDelta,
    /// What a query may take that has begun.
    pub running: TimeDelta,
    pub now: DateTime<Utc>,
}

impl Kept {
    /// Whether a version is old enough not to be kept that was replaced at an instant.
    fn is_over(&self, replaced_at: DateTime<Utc>) -> bool {
        replaced_at + self.versions <= self.now
    }

    /// How long after it was taken out a segment stays.
    pub(crate) fn segments(&self) -> TimeDelta {
        self.versions + self.running
    }
}

/// A version and when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dated {
    pub version: u64,
    pub committed_at: DateTime<Utc>,
}

impl DatasetLog {
    pub(super) fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The dataset as it was.
    ///
    /// # Errors
    /// `Invalid`, saying which versions there are, for one that never was, is not yet, or cannot be read any more.
    pub(crate) async fn snapshot_at(&self, latest: &Arc<Snapshot>, as_of: AsOf, kept: Kept) -> Result<Arc<Snapshot>> {
        let Some(version) = self.resolve(latest, as_of, kept.now).await? else { return Err(self.unavailable(latest, as_of, kept).await) };
        if version == latest.version {
            return Ok(Arc::clone(latest));
        }
        if version < latest.erased_before {
            return Err(self.unavailable(latest, as_of, kept).await);
        }
        let replaced_at = self.committed_at(version + 1).await?;
        let (Some(replaced_at), Some(snapshot)) = (replaced_at, self.rebuild(version, latest).await?) else { return Err(self.unavailable(latest, as_of, kept).await) };
        if kept.is_over(replaced_at) && !is_part_of(&snapshot, latest) {
            return Err(self.unavailable(latest, as_of, kept).await);
        }
        Ok(snapshot)
    }

    /// The number of the version that is meant; `None` where there is none.
    pub(crate) async fn resolve(&self, latest: &Snapshot, as_of: AsOf, now: DateTime<Utc>) -> Result<Option<u64>> {
        match as_of {
            AsOf::Version(version) => Ok((version <= latest.version).then_some(version)),
            AsOf::Time(time) if time > now.max(latest.updated_at) => Ok(None),
            AsOf::Time(time) => self.version_at(latest, time).await,
        }
    }

    /// The version that was the latest at an instant; `None` before the first whose entry is there.
    async fn version_at(&self, latest: &Snapshot, time: DateTime<Utc>) -> Result<Option<u64>> {
        if time >= latest.updated_at {
            return Ok(Some(latest.version));
        }
        let (mut low, mut high) = (self.first_entry().await?, latest.version);
        let mut found = self.committed_at(low).await?;
        if found.is_some_and(|first| first > time) {
            return Ok(None);
        }
        // Commit times never go back: `low` is not after the instant, `high` is. What is cleaned up meanwhile was the oldest.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.committed_at(middle).await? {
                Some(committed_at) if committed_at > time => high = middle,
                committed_at => (low, found) = (middle, committed_at),
            }
        }
        Ok(found.map(|_| low))
    }

    /// The first version whose entry is there.
    ///
    /// # Errors
    /// `NotFound` when there is no log.
    pub(crate) async fn first_entry(&self) -> Result<u64> {
        // What is known of an entry does not say that it is still there.
        match self.store.get_range(&layout::log_entry(&self.prefix, 0), 0..1).await {
            Ok(_) => return Ok(0),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(Error::from(error).context("look for log entry")),
        }
        self.list_log().await?.first().ok_or_else(|| Error::not_found("there is no such dataset"))
    }

    /// When a version was made; `None` where its entry is not there.
    pub(super) async fn committed_at(&self, version: u64) -> Result<Option<DateTime<Utc>>> {
        if let Some(known) = self.past().times.get(&version) {
            return Ok(Some(*known));
        }
        let Some(bytes) = self.read_bytes(version).await? else { return Ok(None) };
        let committed_at = entry::committed_at(&bytes).ok_or_else(|| Error::corrupt(format!("log entry {version} of {} does not say when it was made", self.prefix)))?;
        self.past().note_time(version, committed_at);
        Ok(Some(committed_at))
    }

    /// The first version that can be read for certain, and when it was made.
    pub(crate) async fn first_readable(&self, latest: &Arc<Snapshot>, kept: Kept) -> Result<Dated> {
        let kept_from = match self.version_at(latest, kept.now - kept.versions).await? {
            Some(version) => version,
            None => self.first_entry().await?,
        };
        let version = kept_from.max(latest.erased_before);
        Ok(Dated { version, committed_at: self.committed_at(version).await?.unwrap_or(latest.updated_at) })
    }

    /// Why a version cannot be read, and which can.
    async fn unavailable(&self, latest: &Arc<Snapshot>, as_of: AsOf, kept: Kept) -> Error {
        let first = match self.first_readable(latest, kept).await {
            Ok(first) => first,
            Err(error) => return error,
        };
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let why = match as_of {
            AsOf::Version(version) if version > latest.version => "there is none yet",
            AsOf::Time(at) if at > latest.updated_at => "that is in the future",
            _ if first.version == 0 => "that is before the first version",
            _ => "it cannot be read any more",
        };
        let there = format!("versions {} ({}) to {} ({}) can be read", first.version, time(first.committed_at), latest.version, time(latest.updated_at));
        Error::invalid(format!("{as_of}: {why}; {there}")).at("asOf")
    }

    /// What an older version consists of. `None`: the log does not say any more.
    async fn rebuild(&self, version: u64, latest: &Arc<Snapshot>) -> Result<Option<Arc<Snapshot>>> {
        let known = self.past().snapshots.iter().filter(|kept| kept.version <= version).max_by_key(|kept| kept.version).cloned();
        let near = match known {
            Some(exact) if exact.version == version => {
                self.past().keep(&exact);
                return Ok(Some(exact));
            }
            // Nearer than any checkpoint that is worth a listing, unless the log was cleaned up in between.
            Some(near) if version - near.version <= AHEAD as u64 => self.extend_to(near, version).await?,
            _ => None,
        };
        let base = match near {
            Some(near) => Some(near),
            None => self.replay(&self.list_log().await?, version).await?,
        };
        let Some(base) = base else { return Ok(None) };
        let snapshot = Arc::new(shared_with(Arc::unwrap_or_clone(base), latest));
        self.past().keep(&snapshot);
        Ok(Some(snapshot))
    }

    /// The entries of some versions, oldest first.
    ///
    /// # Errors
    /// `Invalid` when the log does not have all of them any more.
    pub(crate) async fn entries(&self, latest: &Snapshot, first: u64, last: u64) -> Result<Vec<(u64, Entry)>> {
        let read = |version: u64| async move {
            let bytes = self.read_bytes(version).await?;
            let bytes = bytes.ok_or_else(|| Error::invalid(format!("version {version}: the log does not go back so far any more")))?;
            let entry = decode(&bytes, version, Some(latest))?;
            self.past().note_time(version, entry.committed_at);
            Ok((version, entry))
        };
        futures::stream::iter(first..=last).map(read).buffered(AHEAD).try_collect().await
    }
}

/// Whether everything that a version consists of is part of another.
fn is_part_of(snapshot: &Snapshot, latest: &Snapshot) -> bool {
    let there: std::collections::HashSet<&str> = latest.segments.iter().map(|segment| segment.path.as_str()).collect();
    snapshot.segments.iter().all(|segment| there.contains(segment.path.as_str()))
}

/// The same version, holding what it has in common with the latest one: segments, so that it costs little memory, and the
/// schema, because what is compiled for columns is kept by this very schema.
fn shared_with(mut snapshot: Snapshot, latest: &Snapshot) -> Snapshot {
    let there: HashMap<&str, &Arc<Segment>> = latest.segments.iter().map(|segment| (segment.path.as_str(), segment)).collect();
    for segment in &mut snapshot.segments {
        if let Some(same) = there.get(segment.path.as_str()) {
            *segment = Arc::clone(same);
        }
    }
    if snapshot.metadata.schema == latest.metadata.schema {
        snapshot.arrow = Arc::clone(&latest.arrow);
    }
    snapshot
}
