//! Checkpoints of a log: a version written down as a whole, so that opening a dataset reads one object and the few entries
//! after it instead of all entries there ever were; and the removal of entries that nobody needs then.
//!
//! ```text
//!   _delta_log/00…0.json … 00…0499.json 00…0500.json 00…0501.json …
//!              '------ cleaned up ------'      '-- 00…0500.checkpoint.parquet   <-- _last_checkpoint
//! ```
//! A checkpoint is derived: it says what the log says, so losing one costs time and nothing else, and a damaged one, or one
//! that does not belong to the entry of its version, is left aside. That ends with a clean-up; so it reads the checkpoint that it
//! relies on first, removes entries from the oldest on, and leaves the entry of the checkpoint itself.

pub(crate) mod table;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::entry::{self, Rewrite};
use super::layout;
use super::log::DatasetLog;
use super::opening::AHEAD;
use super::writer::blocking;
use crate::error::{Error, Result};
use table::{Checkpoint, Tombstone};

/// A checkpoint that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checkpointed {
    pub version: u64,
    pub bytes: u64,
}

impl DatasetLog {
    /// The version and the checkpoint that the hint names, if it can be used.
    pub(super) async fn hinted_checkpoint(&self) -> Result<Option<Checkpoint>> {
        let bytes = match self.store.get(&layout::last_checkpoint(&self.prefix)).await {
            Ok(object) => object.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(Error::from(error).context("read checkpoint hint")),
        };
        let version = serde_json::from_slice::<Value>(&bytes).ok().and_then(|hint| hint.get("version")?.as_u64());
        let Some(version) = version else {
            tracing::warn!(dataset = %self.prefix, "the checkpoint hint cannot be read; it is left aside");
            return Ok(None);
        };
        self.read_checkpoint(version).await
    }

    /// The checkpoint of a version. `None`: there is none, or it cannot be used.
    pub(super) async fn read_checkpoint(&self, version: u64) -> Result<Option<Checkpoint>> {
        let object = layout::checkpoint(&self.prefix, version);
        let (bytes, entry) = futures::join!(self.store.get(&object), self.read_bytes(version));
        let bytes = match bytes {
            Ok(object) => object.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(Error::from(error).context("read checkpoint")),
        };
        let Some(entry) = entry? else { return Ok(None) };
        match blocking(move || Checkpoint::decode(bytes)).await {
            Ok(mut checkpoint) if checkpoint.snapshot.version == version && checkpoint.entry == fingerprint(&entry) => {
                checkpoint.snapshot.commit_id = entry::commit_id(&entry);
                self.past().note_checkpoint(version);
                Ok(Some(checkpoint))
            }
            Ok(_) => {
                tracing::warn!(dataset = %self.prefix, version, "the checkpoint belongs to another log; it is left aside");
                Ok(None)
            }
            Err(error) => {
                tracing::warn!(dataset = %self.prefix, version, %error, "the checkpoint cannot be read; it is left aside");
                Ok(None)
            }
        }
    }

    /// The newest checkpoint that can be used, whatever the hint says.
    async fn listed_checkpoint(&self) -> Result<Option<Checkpoint>> {
        for version in self.list_log().await?.checkpoints.into_iter().rev() {
            if let Some(checkpoint) = self.read_checkpoint(version).await? {
                return Ok(Some(checkpoint));
            }
        }
        Ok(None)
    }

    /// Commits since the last checkpoint that this process knows of.
    pub(crate) fn commits_since_checkpoint(&self) -> u64 {
        let last = self.past().checkpoint();
        self.known().map_or(0, |known| last.map_or(known.version + 1, |last| known.version.saturating_sub(last)))
    }

    /// Writes a checkpoint of the latest version; `None` when there is one. A call that is cut short leaves at most an
    /// object that the hint does not name yet.
    ///
    /// # Errors
    /// `NotFound` when there is no such dataset; what the store says.
    pub(crate) async fn write_checkpoint(&self, tombstones_kept: TimeDelta, now: DateTime<Utc>) -> Result<Option<Checkpointed>> {
        // Nor a deletion of the dataset, which would leave this behind.
        let _no_rewrite = self.rewriting.lock().await;
        let Some(snapshot) = self.certain_snapshot().await? else { return Err(Error::not_found("there is no such dataset")) };
        let before = match self.hinted_checkpoint().await? {
            Some(hinted) => Some(hinted),
            None => self.listed_checkpoint().await?,
        };
        if before.as_ref().is_some_and(|before| before.snapshot.version >= snapshot.version) {
            return Ok(None);
        }
        let first = before.as_ref().map_or(0, |before| before.snapshot.version + 1);
        let mut tombstones = before.map(|before| before.tombstones).unwrap_or_default();
        let mut entries = futures::stream::iter(first..=snapshot.version)
            .map(|version| async move { Ok::<_, Error>((version, self.read_bytes(version).await?)) })
            .buffered(AHEAD);
        let mut last = Bytes::new();
        while let Some((version, bytes)) = entries.try_next().await? {
            let bytes = bytes.ok_or_else(|| Error::corrupt(format!("log entry {version} of {} is missing", self.prefix)))?;
            let entry = super::log::decode(&bytes, version, Some(&snapshot))?;
            let data_change = entry.rewrite != Some(Rewrite::Compaction);
            tombstones.extend(entry.removed.into_iter().map(|path| Tombstone { path, removed_at: entry.committed_at, data_change }));
            last = bytes;
        }
        tombstones.retain(|gone| gone.removed_at + tombstones_kept > now);
        let version = snapshot.version;
        let checkpoint = Checkpoint { snapshot: (*snapshot).clone(), tombstones, entry: fingerprint(&last) };
        let encoded = blocking(move || checkpoint.encode()).await?;
        let (object, bytes, actions) = (layout::checkpoint(&self.prefix, version), Bytes::from(encoded.bytes), encoded.actions);
        let size = bytes.len() as u64;
        match self.store.put_opts(&object, bytes.clone().into(), PutMode::Create.into()).await {
            Ok(_) => {}
            // Another engine was first: what it says of the same version is the same. What cannot be read is put right.
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                if self.read_checkpoint(version).await?.is_none() {
                    self.store.put(&object, bytes.into()).await.map_err(|error| Error::from(error).context("write checkpoint anew"))?;
                }
            }
            Err(error) => return Err(Error::from(error).context("write checkpoint")),
        }
        let hint = json!({"version": version, "size": actions, "sizeInBytes": size, "numOfAddFiles": snapshot.segments.len()});
        let hint = PutPayload::from(hint.to_string().into_bytes());
        self.store.put(&layout::last_checkpoint(&self.prefix), hint).await.map_err(|error| Error::from(error).context("write checkpoint hint"))?;
        self.past().note_checkpoint(version);
        Ok(Some(Checkpointed { version, bytes: size }))
    }

    /// Removes log entries and checkpoints before the newest checkpoint that is at least so old: every version that came
    /// after it can still be read. Gives how many objects went.
    ///
    /// # Errors
    /// What the store says. Some of them are gone then, the oldest first.
    pub(crate) async fn clean_log(&self, kept: TimeDelta, now: DateTime<Utc>) -> Result<u64> {
        let _no_rewrite = self.rewriting.lock().await;
        let listing = self.list_log().await?;
        let mut base = None;
        for version in listing.checkpoints.iter().rev() {
            let old = self.committed_at(*version).await?.is_some_and(|committed_at| committed_at + kept <= now);
            if old && self.read_checkpoint(*version).await?.is_some() {
                base = Some(*version);
                break;
            }
        }
        let Some(base) = base else { return Ok(0) };
        let Some(entry) = self.read_bytes(base).await? else { return Ok(0) };
        // Another engine may be putting it at this moment.
        self.store.head(&layout::checkpoint(&self.prefix, base)).await.map_err(|error| Error::from(error).context("rely on checkpoint"))?;
        let mut removed = 0;
        let checkpoints = listing.checkpoints.iter().filter(|version| **version < base).map(|version| layout::checkpoint(&self.prefix, *version));
        // One after the other: an engine that has slept since takes the entry it knows for a sign that it has missed none.
        let entries = listing.entries.iter().filter(|version| **version < base).map(|version| layout::log_entry(&self.prefix, *version));
        for object in checkpoints.chain(entries) {
            // Where another engine has deleted the dataset and made it anew, these names are those of its log.
            if self.read_bytes(base).await?.as_ref() != Some(&entry) {
                break;
            }
            match self.store.delete(&object).await {
                Ok(()) => removed += 1,
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(Error::from(error).context("clean up log")),
            }
        }
        Ok(removed)
    }
}

/// What tells an entry from any other.
fn fingerprint(entry: &[u8]) -> String {
    Sha256::digest(entry).iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write;
        let _ = write!(text, "{byte:02x}");
        text
    })
}
