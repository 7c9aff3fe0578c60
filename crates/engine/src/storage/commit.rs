//! The one place where data becomes visible: a log entry is put under the next version, if and only if nobody was first.
//! A conflict with another appender is retried here, because appends commute; everything else is the caller's to decide.

use std::sync::Arc;

use futures::StreamExt;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload};

use super::entry::Entry;
use super::log::{DatasetLog, Snapshot, first_snapshot};
use super::{layout, log};
use crate::error::{Error, Result};

/// Tries before a busy dataset is given up.
const ATTEMPTS: usize = 64;

/// How a commit ended.
#[derive(Debug)]
pub(crate) enum Committed {
    /// It made this version.
    Version(Arc<Snapshot>),
    /// A load with the same idempotency key was there before: this is what it did.
    Before(u64, super::entry::LoadRecord),
}

impl DatasetLog {
    /// Commits an entry: creates the dataset when the entry brings metadata and there is none, else appends.
    ///
    /// # Errors
    /// `Conflict` when the entry creates a dataset that is there; `NotFound` when it appends to one that is not.
    pub(crate) async fn commit(&self, entry: Entry) -> Result<Committed> {
        let _turn = self.committing.lock().await;
        let creates = entry.metadata.as_ref().is_some_and(|metadata| !metadata.dropped);
        for _ in 0..ATTEMPTS {
            let before = self.snapshot().await?;
            let (version, arrow) = match &before {
                Some(snapshot) => {
                    if let Some((version, record)) = entry.load.as_ref().and_then(|load| load.idempotency_key.as_ref()).and_then(|key| snapshot.keys.get(key)) {
                        return Ok(Committed::Before(*version, record.clone()));
                    }
                    if creates {
                        return Err(Error::conflict("the dataset was created by somebody else in the meantime; load again to append"));
                    }
                    (snapshot.version + 1, Arc::clone(&snapshot.arrow))
                }
                None => {
                    let Some(metadata) = entry.metadata.as_ref().filter(|_| creates) else { return Err(Error::not_found("the dataset was deleted in the meantime")) };
                    (0, metadata.schema.arrow())
                }
            };
            let bytes = entry.encode(&arrow)?;
            match self.store.put_opts(&layout::log_entry(&self.prefix, version), PutPayload::from(bytes), PutMode::Create.into()).await {
                Ok(_) => {
                    let snapshot = Arc::new(match before {
                        None => first_snapshot(entry)?,
                        Some(before) => log::Snapshot::clone(&before).extended(version, entry)?,
                    });
                    self.publish(&snapshot);
                    return Ok(Committed::Version(snapshot));
                }
                Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {}
                Err(error) => return Err(Error::from(error).context("commit")),
            }
        }
        Err(Error::conflict(format!("{ATTEMPTS} other commits came first; try again")))
    }

    /// Deletes the dataset: one commit hides it, then its objects go, the log last and from its oldest entry on,
    /// so that a deletion that is cut short stays a deletion.
    pub(crate) async fn delete(&self) -> Result<bool> {
        let Some(snapshot) = self.snapshot().await? else { return Ok(false) };
        let metadata = super::entry::Metadata { dropped: true, ..(*snapshot.metadata).clone() };
        let removed = snapshot.segments.iter().map(|segment| segment.path.clone()).collect();
        let entry = Entry { metadata: Some(metadata), removed, committed_at: snapshot.updated_at, ..Entry::default() };
        self.commit(entry).await?;
        self.finish_deletion().await?;
        Ok(true)
    }

    /// Ends a deletion that was cut short, so that its name is free. Called before anything is written under the name:
    /// what a load has written but not committed must never be taken for a leftover.
    pub(crate) async fn clear_leftovers(&self) -> Result<()> {
        let _turn = self.committing.lock().await;
        if self.snapshot().await?.is_none() && self.store.list(Some(&layout::log_folder(&self.prefix))).next().await.is_some() {
            self.finish_deletion().await?;
        }
        Ok(())
    }

    async fn finish_deletion(&self) -> Result<()> {
        let objects: Vec<_> = self.store.list(Some(&self.prefix)).collect().await;
        let mut locations = objects.into_iter().map(|object| object.map(|object| object.location)).collect::<Result<Vec<_>, _>>()?;
        // Log entries after everything else, oldest first.
        locations.sort_by_key(|location| (layout::version_of(location).map_or(0, |version| version + 1), location.to_string()));
        for location in locations {
            match self.store.delete(&location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(Error::from(error).context("delete dataset")),
            }
        }
        self.forget();
        Ok(())
    }
}
