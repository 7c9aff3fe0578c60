//! Opening a dataset, and finding any version of it: from a checkpoint where there is one that can be used, else from the
//! first entry of the log on, and then entry by entry.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;

use super::entry;
use super::layout;
use super::log::{DatasetLog, Snapshot, decode};
use crate::error::{Error, Result};

/// Log entries read at the same time.
pub(super) const AHEAD: usize = 16;

/// What lies in the folder of a log, in order.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub entries: Vec<u64>,
    pub checkpoints: Vec<u64>,
}

impl Listing {
    /// The last version before the first that is missing.
    fn end(&self) -> Option<u64> {
        let first = *self.entries.first()?;
        // Numbers grow, so those that follow each other without a gap are the first so many.
        let run = (first..).zip(&self.entries).take_while(|(expected, version)| expected == *version).count();
        self.entries.get(run.checked_sub(1)?).copied()
    }

    /// Whether an entry stands by itself before all checkpoints. What a clean-up has left follows each other without a gap, because it takes the
    /// oldest first, and checkpoints before entries. So this one was put where the log had been cleaned up, by a process that has slept, and is no
    /// part of it.
    pub(super) fn is_stray(&self, version: u64) -> bool {
        let has = |version: u64| self.entries.binary_search(&version).is_ok();
        // There is no first entry that somebody else has put under the same table.
        let stands_alone = version.checked_sub(1).is_some_and(|before| !has(before)) && !has(version + 1);
        stands_alone && self.checkpoints.first().is_some_and(|first| version < *first)
    }

    /// The first entry of the log.
    pub(super) fn first(&self) -> Option<u64> {
        self.entries.iter().copied().find(|version| !self.is_stray(*version))
    }

    /// Whether all entries of some versions are there.
    fn has(&self, first: u64, last: u64) -> bool {
        first > last || self.entries.iter().filter(|version| (first..=last).contains(*version)).count() as u64 == last - first + 1
    }
}

impl DatasetLog {
    /// A version from which the latest one can be reached. `None`: there is no such dataset.
    pub(super) async fn open(&self) -> Result<Option<Arc<Snapshot>>> {
        if let Some(checkpoint) = self.hinted_checkpoint().await? {
            return Ok(Some(Arc::new(checkpoint.snapshot)));
        }
        let listing = self.list_log().await?;
        let Some(last) = listing.entries.last().copied() else { return Ok(None) };
        let found = match self.replay(&listing, last).await? {
            Some(snapshot) => Some(snapshot),
            None => self.before_others(&listing).await?,
        };
        if let Some(snapshot) = found {
            // The first entry alone may have come a second time, when its table was deleted: puts are repeated.
            let is_gone = snapshot.version == 0 && self.is_buried(&snapshot.metadata.id).await?;
            return Ok((!is_gone).then_some(snapshot));
        }
        if self.are_nobodys(&listing.entries).await? {
            return Ok(None);
        }
        // A deletion that did not end leaves the end of a log; deletion goes from the oldest entry to the newest.
        match self.read_bytes(last).await? {
            Some(bytes) if String::from_utf8_lossy(&bytes).contains("tidemill.dropped") => Ok(None),
            _ => Err(Error::corrupt(format!(
                "log of {} has {} of {} entries, and no checkpoint that stands for the others{}",
                self.prefix,
                listing.entries.len(),
                last + 1,
                self.unusable(&listing)
            ))),
        }
    }

    /// The latest version, where all entries behind it were put for other tables: sent before the dataset was deleted under this name and made
    /// anew, they came afterwards. `None`: what is missing is missing.
    async fn before_others(&self, listing: &Listing) -> Result<Option<Arc<Snapshot>>> {
        let Some(end) = listing.end() else { return Ok(None) };
        let Some(snapshot) = self.replay(listing, end).await? else { return Ok(None) };
        for version in listing.entries.iter().filter(|version| **version > end) {
            let table = self.read_bytes(*version).await?.and_then(|bytes| entry::put_for(&bytes));
            if table.is_none_or(|table| table == snapshot.metadata.id) {
                return Ok(None);
            }
        }
        Ok(Some(snapshot))
    }

    /// The checkpoints that are there all the same, for whoever has to restore one.
    fn unusable(&self, listing: &Listing) -> String {
        let names: Vec<String> = listing.checkpoints.iter().map(|version| layout::checkpoint(&self.prefix, *version).to_string()).collect();
        if names.is_empty() { String::new() } else { format!("; {} cannot be used", names.join(", ")) }
    }

    /// What is there of the log.
    pub(super) async fn list_log(&self) -> Result<Listing> {
        let mut listing = Listing::default();
        let mut listed = self.store.list(Some(&layout::log_folder(&self.prefix)));
        while let Some(object) = listed.try_next().await.map_err(|error| Error::from(error).context("list log"))? {
            if let Some(version) = layout::version_of(&object.location) {
                listing.entries.push(version);
            } else if let Some(version) = layout::checkpoint_of(&object.location) {
                listing.checkpoints.push(version);
            }
        }
        listing.entries.sort_unstable();
        listing.checkpoints.sort_unstable();
        Ok(listing)
    }

    /// A version out of the newest checkpoint before it, or out of all entries. `None`: something of it is missing.
    pub(super) async fn replay(&self, listing: &Listing, target: u64) -> Result<Option<Arc<Snapshot>>> {
        for version in listing.checkpoints.iter().rev().filter(|version| **version <= target) {
            if let Some(checkpoint) = self.read_checkpoint(*version).await? {
                return if listing.has(*version + 1, target) { self.extend_to(Arc::new(checkpoint.snapshot), target).await } else { Ok(None) };
            }
        }
        if !listing.has(0, target) {
            return Ok(None);
        }
        let Some(bytes) = self.read_bytes(0).await? else { return Ok(None) };
        self.extend_to(Arc::new(Snapshot::first(decode(&bytes, 0, None)?)?), target).await
    }

    /// A later version out of an earlier one. `None`: an entry between them is missing.
    pub(super) async fn extend_to(&self, base: Arc<Snapshot>, target: u64) -> Result<Option<Arc<Snapshot>>> {
        if base.version >= target {
            return Ok(Some(base));
        }
        let mut entries = futures::stream::iter(base.version + 1..=target).map(|version| self.read_bytes(version)).buffered(AHEAD);
        let mut snapshot = Snapshot::clone(&base);
        while let Some(bytes) = entries.try_next().await? {
            let Some(bytes) = bytes else { return Ok(None) };
            let version = snapshot.version + 1;
            let entry = decode(&bytes, version, Some(&snapshot))?;
            snapshot = snapshot.extended(version, entry)?;
        }
        Ok(Some(Arc::new(snapshot)))
    }

    /// The latest version out of an earlier one. Mostly it is that one: then a single object is looked for. Where more were
    /// missed, more are asked for at a time.
    pub(super) async fn extend_to_end(&self, base: Arc<Snapshot>) -> Result<Arc<Snapshot>> {
        let (mut snapshot, mut ahead) = (base, 1);
        loop {
            let from = snapshot.version + 1;
            let found: Vec<_> = futures::stream::iter(from..from + ahead as u64).map(|version| self.read_bytes(version)).buffered(AHEAD).try_collect().await?;
            for (version, bytes) in (from..).zip(found) {
                let Some(bytes) = bytes else { return Ok(snapshot) };
                let entry = decode(&bytes, version, Some(&snapshot))?;
                // Copied once, when it is still somebody else's.
                snapshot = Arc::new(Arc::unwrap_or_clone(snapshot).extended(version, entry)?);
            }
            ahead = (ahead * 2).min(AHEAD);
        }
    }
}
