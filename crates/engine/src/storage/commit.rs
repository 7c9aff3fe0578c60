//! The one place where data becomes visible: a log entry is put under the next version, if and only if nobody was first.
//! A conflict with another appender is retried here, because appends commute, and rewrites commute with appends; a rewrite
//! of segments that somebody else has rewritten is refused. An answer of the store that went missing is looked into:
//! what this module says was not committed was not, and where it cannot know it says so.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use super::durable::{NotDurable, NotWritten};
use super::entry::{Entry, HeldTo, LoadRecord};
use super::layout;
use super::log::{DatasetLog, Snapshot};
use super::look_back::LookedBack;
use super::positions::Positions;
use super::segment::Segment;
use super::writer::object_path;
use super::writes::{After, Writes};
use crate::catalog::dataset::agree;
use crate::error::{Error, ErrorKind, Result};

/// Tries before a busy dataset is given up.
const ATTEMPTS: usize = 64;
/// Segments that were written so long before their commit are looked for first: a vacuum elsewhere takes what nobody has named for leftovers.
const LOOKED_FOR_AFTER: TimeDelta = TimeDelta::hours(12);
/// Segments that are looked for at the same time.
const LOOKS_AT_ONCE: usize = 16;
/// Puts of one entry under one version, where the store does not say what became of them.
const PUTS: usize = 3;

/// How a commit ended.
#[derive(Debug)]
pub(crate) enum Committed {
    /// It made this version.
    Version(Arc<Snapshot>),
    /// A load with the same idempotency key as one of the entry's, or one that has brought a source as far, was there before: this
    /// is what it did.
    Before(u64, Box<LoadRecord>),
    /// The store did not say, and could not be asked: what the entry names may be visible, so nothing of it may be removed.
    Unknown(Error),
}

/// What became of one entry under one version.
enum Put {
    Done,
    /// Somebody else has the version.
    Taken,
    /// The store will not have it.
    Refused(Error),
    Unknown(Error),
}

impl DatasetLog {
    /// Commits an entry: creates the dataset when the entry brings metadata and there is none, else appends or rewrites.
    ///
    /// # Errors
    /// `Conflict` when the entry creates a dataset that is there, rewrites segments of which one is not in the latest
    /// version any more, goes on from where a source is not, or brings rejected rows whose place was taken; `NotFound` when the dataset is not there. After an error nothing was committed.
    pub(crate) async fn commit(&self, entry: Entry) -> Result<Committed> {
        self.commit_after(entry, &Writes::default()).await
    }

    /// The same while what the entry names is being written. There may be writes only where the store knows what comes after what.
    ///
    /// # Errors
    /// As [`commit`](Self::commit), and that of a write that failed.
    pub(crate) async fn commit_after(&self, mut entry: Entry, writes: &Writes) -> Result<Committed> {
        let _turn = self.committing.lock().await;
        let creates = entry.alters.is_none() && entry.metadata.as_ref().is_some_and(|metadata| !metadata.dropped);
        entry.commit_id = Some(uuid::Uuid::new_v4().to_string());
        // As exact as the log, so that this engine finds versions by the same times as all others.
        entry.committed_at = entry.committed_at.trunc_subsecs(3);
        let long_ago = entry.committed_at - LOOKED_FOR_AFTER;
        for _ in 0..ATTEMPTS {
            // An entry that follows a log which is gone, or that others had and cleaned up, would be lost.
            let before = self.certain_snapshot().await?;
            let (version, arrow) = match &before {
                Some(snapshot) => {
                    if let Some((version, record)) = entry.loads.iter().flat_map(LoadRecord::keys).find_map(|key| snapshot.keys.get(&key)) {
                        self.rely_on(*version).await?;
                        return Ok(Committed::Before(*version, Box::new(record.clone())));
                    }
                    match snapshot.positions.follow(&entry.loads) {
                        Ok(None) => {}
                        Ok(Some((version, record))) => {
                            self.rely_on(*version).await?;
                            return Ok(Committed::Before(*version, Box::new(record.clone())));
                        }
                        // Who is told where his source is goes on from there.
                        Err(elsewhere) => {
                            self.rely_on(snapshot.version).await?;
                            return Err(elsewhere);
                        }
                    }
                    if let Err(late) = snapshot.rejections.refuse_late(&entry.loads, entry.compared_with) {
                        self.rely_on(snapshot.version).await?;
                        return Err(late);
                    }
                    if creates {
                        return Err(Error::conflict("the dataset was created by somebody else in the meantime; load again to append"));
                    }
                    if entry.table.as_ref().is_some_and(|table| *table != snapshot.metadata.id) {
                        return Err(Error::conflict("the dataset was made anew in the meantime; load again"));
                    }
                    if !entry.loads.is_empty() && entry.steps != snapshot.metadata.steps {
                        return Err(Error::conflict("the steps of the dataset were changed in the meantime; load again, so that the rows go through the new ones"));
                    }
                    if entry.based_on.is_some_and(|version| version != snapshot.version) {
                        return Err(Error::conflict("somebody else has committed in the meantime; look again at what goes"));
                    }
                    refuse_lost(&entry, snapshot)?;
                    refuse_altered(&entry, snapshot)?;
                    refuse_moved(&entry, snapshot)?;
                    // Versions are found by time, so time never goes back in a log, whatever the clocks of engines do.
                    entry.committed_at = entry.committed_at.max(snapshot.updated_at);
                    entry.rows_removed = entry.rewrite.map(|_| rows_removed(&entry, snapshot));
                    entry.put_for = Some(snapshot.metadata.id.clone());
                    let altered = entry.metadata.as_ref().filter(|metadata| metadata.schema != snapshot.metadata.schema);
                    (snapshot.version + 1, altered.map_or_else(|| Arc::clone(&snapshot.arrow), |metadata| metadata.schema.arrow()))
                }
                None => {
                    let Some(metadata) = entry.metadata.as_ref().filter(|_| creates && entry.table.is_none()) else {
                        return Err(Error::not_found("the dataset was deleted in the meantime"));
                    };
                    Positions::default().follow(&entry.loads)?;
                    entry.put_for = Some(metadata.id.clone());
                    (0, metadata.schema.arrow())
                }
            };
            if entry.added.iter().any(|segment| segment.written_at <= long_ago) {
                writes.done().await?;
            }
            self.look_for(&entry, long_ago).await?;
            match self.put_entry(version, entry.encode(&arrow)?.into(), writes).await {
                Put::Done => {
                    // It may have been on its way so long that the log was gone which it follows: then nobody sees it.
                    if let Some(before) = &before
                        && !self.is_still_there(before).await.unwrap_or(true)
                    {
                        // Or the log was cleaned up, which says nothing of the entry.
                        match self.look_back(version, &entry, &before.metadata.id).await {
                            LookedBack::Made => {}
                            LookedBack::NotMade => continue,
                            LookedBack::Deleted => return Err(Error::not_found("the dataset was deleted in the meantime")),
                            LookedBack::Unknown(error) => return Ok(unknown(version, error)),
                        }
                    }
                    let snapshot = Arc::new(match before {
                        None => Snapshot::first(entry)?,
                        Some(before) => Snapshot::clone(&before).extended(version, entry)?,
                    });
                    self.publish(&snapshot);
                    return Ok(Committed::Version(snapshot));
                }
                Put::Taken => {}
                Put::Refused(error) => {
                    writes.done().await?;
                    return Err(error.context("commit"));
                }
                Put::Unknown(error) => return Ok(unknown(version, error)),
            }
        }
        Err(Error::conflict(format!("{ATTEMPTS} other commits came first; try again")))
    }

    /// Makes certain that what was written before an instant is still there, so that no version names what is gone.
    ///
    /// # Errors
    /// `Unavailable` when some of it is gone; what the store says.
    async fn look_for(&self, entry: &Entry, long_ago: DateTime<Utc>) -> Result<()> {
        let looks: Vec<_> = entry.added.iter().filter(|segment| segment.written_at <= long_ago).map(|segment| self.look_for_one(segment)).collect();
        futures::stream::iter(looks).buffer_unordered(LOOKS_AT_ONCE).try_collect().await
    }

    async fn look_for_one(&self, segment: &Segment) -> Result<()> {
        match self.store.head(&object_path(&self.prefix, &segment.path)).await {
            Ok(_) => Ok(()),
            Err(object_store::Error::NotFound { .. }) => {
                let message = format!(
                    "segment {} is gone: it was written {} and not named since, so a vacuum took it for a leftover; nothing was committed, try again, in parts if it takes as long",
                    segment.path,
                    segment.written_at.to_rfc3339()
                );
                Err(Error::new(ErrorKind::Unavailable, message))
            }
            Err(error) => Err(Error::from(error).context("look for segment")),
        }
    }

    /// Puts an entry if nobody else has put one. A put that failed may have been done, and one that finds the version
    /// taken may have taken it itself before its answer was lost: the object says which. Putting the same bytes again
    /// under the same name is harmless, and decides about a put that may still be on its way.
    async fn put_entry(&self, version: u64, bytes: Bytes, writes: &Writes) -> Put {
        let location = layout::log_entry(&self.prefix, version);
        let mut last = Error::internal("no put was tried");
        let mut sent = false;
        for _ in 0..PUTS {
            let mut options = PutOptions::from(PutMode::Create);
            options.extensions.insert(After(writes.clone()));
            match self.store.put_opts(&location, PutPayload::from(bytes.clone()), options).await {
                Ok(_) => return Put::Done,
                Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                    last = Error::conflict(format!("log entry {location} is there, but cannot be read"));
                }
                // That this one was refused says nothing of one before it.
                Err(error) if is_refusal(&error) && !sent => return Put::Refused(error.into()),
                // It is there and may be gone after a power cut: neither done nor undone.
                Err(error) if is_not_durable(&error) => return Put::Unknown(error.into()),
                Err(error) => last = error.into(),
            }
            sent = true;
            match self.read_bytes(version).await {
                Ok(Some(found)) if found == bytes => return Put::Done,
                Ok(Some(_)) => return Put::Taken,
                Ok(None) => {}
                Err(error) => last = error,
            }
        }
        Put::Unknown(last)
    }

    /// Deletes the dataset, after the loads that are under way: one commit hides it, then its objects go, the log last and from its oldest entry on,
    /// so that a deletion that is cut short stays a deletion. What lies elsewhere goes when it is certain that the dataset does.
    pub(crate) async fn delete(&self, elsewhere: impl Future<Output = Result<()>>) -> Result<bool> {
        // A rewrite or a load that ends after this would leave its segments behind, or find them gone.
        let _last = self.rewriting.lock().await;
        let _no_load = self.loading.write().await;
        let Some(snapshot) = self.snapshot().await? else { return Ok(false) };
        let metadata = super::entry::Metadata { dropped: true, ..(*snapshot.metadata).clone() };
        let removed = snapshot.segments.iter().map(|segment| segment.path.clone()).collect();
        let entry = Entry { metadata: Some(metadata), removed, committed_at: snapshot.updated_at, ..Entry::default() };
        match self.commit(entry).await? {
            Committed::Unknown(error) => return Err(error),
            Committed::Version(last) => {
                elsewhere.await?;
                self.finish_deletion(last.version).await?;
            }
            Committed::Before(..) => return Err(Error::internal("a deletion was taken for a load")),
        }
        Ok(true)
    }

    /// Ends a deletion that was cut short, so that its name is free. Called before anything is written under the name:
    /// what a load has written but not committed must never be taken for a leftover.
    pub(crate) async fn clear_leftovers(&self) -> Result<()> {
        let _turn = self.committing.lock().await;
        if self.snapshot().await?.is_some() {
            return Ok(());
        }
        let objects = self.objects().await?;
        let mut versions: Vec<u64> = objects.iter().filter_map(layout::version_of).collect();
        versions.sort_unstable();
        let mut late = Vec::new();
        for version in versions.into_iter().rev() {
            let Some(bytes) = self.read_bytes(version).await? else { return Ok(()) };
            if is_last_word(&bytes, version)? {
                return self.remove_log(objects, version, &bytes).await;
            }
            // Somebody may have made the dataset since: only what a deletion has left behind ends with its last word.
            if !self.is_nobodys(&bytes).await? {
                return Ok(());
            }
            late.push((version, bytes));
        }
        self.remove_nobodys(late).await
    }

    async fn finish_deletion(&self, version: u64) -> Result<()> {
        // Listed first: what is there while the last word is belongs to what was deleted, and what comes later to somebody who has ended it.
        let objects = self.objects().await?;
        match self.read_bytes(version).await? {
            Some(bytes) if is_last_word(&bytes, version)? => self.remove_log(objects, version, &bytes).await,
            // Somebody else has ended it.
            _ => {
                self.forget().await;
                Ok(())
            }
        }
    }

    async fn objects(&self) -> Result<Vec<Path>> {
        let objects: Vec<_> = self.store.list(Some(&self.prefix)).collect().await;
        Ok(objects.into_iter().map(|object| object.map(|object| object.location)).collect::<Result<Vec<_>, _>>()?)
    }

    /// Removes what there was when a dataset was deleted by the entry of a version: what was listed before that was seen there.
    async fn remove_log(&self, mut locations: Vec<Path>, last: u64, last_word: &Bytes) -> Result<()> {
        // Another engine may be putting it at this moment.
        self.rely_on(last).await?;
        // What was sent for the table and comes later is known by that.
        if let Some(metadata) = super::log::decode(last_word, last, None)?.metadata {
            self.bury(&metadata.id).await;
        }
        // Log entries after everything else, oldest first. Behind the last one stand at most some of tables before, which came late.
        locations.sort_by_key(|location| (layout::version_of(location).filter(|version| *version <= last).map_or(0, |version| version + 1), location.to_string()));
        let log = layout::log_folder(&self.prefix);
        for location in locations {
            // Where somebody else has ended the deletion, names in the log may be those of a new dataset. No other name is given twice.
            if location.prefix_matches(&log) && self.read_bytes(last).await?.as_ref() != Some(last_word) {
                break;
            }
            match self.store.delete(&location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(Error::from(error).context("delete dataset")),
            }
        }
        self.forget().await;
        Ok(())
    }
}

fn unknown(version: u64, error: Error) -> Committed {
    let message = format!("commit: it is not known whether version {version} was made: {error}; look before you try again, or repeat a load with the same key or position");
    Committed::Unknown(Error::new(ErrorKind::Unavailable, message).because(error))
}

/// Whether an entry is that of a deleted dataset.
fn is_last_word(bytes: &Bytes, version: u64) -> Result<bool> {
    // Other engines know no last word, and what they wrote may need a schema to be read.
    if memchr::memmem::find(bytes, super::entry::KEY_DROPPED.as_bytes()).is_none() {
        return Ok(false);
    }
    Ok(super::log::decode(bytes, version, None)?.metadata.is_some_and(|metadata| metadata.dropped))
}

/// Refuses a rewrite of segments of which one is gone. A dataset that is dropped takes everything with it.
fn refuse_lost(entry: &Entry, latest: &Snapshot) -> Result<()> {
    if entry.removed.is_empty() || entry.metadata.as_ref().is_some_and(|metadata| metadata.dropped) {
        return Ok(());
    }
    let there: HashSet<&str> = latest.segments.iter().map(|segment| segment.path.as_str()).collect();
    match entry.removed.iter().find(|path| !there.contains(path.as_str())) {
        Some(lost) => Err(Error::conflict(format!("segment {lost} was rewritten by somebody else in the meantime; read the dataset again and retry"))),
        None => Ok(()),
    }
}

/// Refuses metadata that was made from what is no longer in force.
fn refuse_altered(entry: &Entry, latest: &Snapshot) -> Result<()> {
    match &entry.alters {
        Some(before) if **before != *latest.metadata => {
            Err(Error::conflict("the settings of the dataset were changed by somebody else in the meantime; read them again and retry"))
        }
        _ => Ok(()),
    }
}

/// Refuses rows that were held to another contract than the one in force, that are of other types than the columns are by now,
/// or whose keys were looked for in another version.
fn refuse_moved(entry: &Entry, latest: &Snapshot) -> Result<()> {
    match &entry.held_to {
        Some(held_to) if held_to.contract != latest.metadata.contract => Err(Error::conflict("the contract of the dataset was changed in the meantime; load again")),
        Some(held_to) if !agree(&held_to.columns, &latest.arrow) => Err(Error::conflict("a column of the dataset was widened in the meantime; load again")),
        Some(HeldTo { version: Some(version), .. }) if *version != latest.version => {
            Err(Error::conflict("other rows came into the dataset in the meantime, whose keys were not compared; load again"))
        }
        _ => Ok(()),
    }
}

/// Rows that a rewrite leaves out.
fn rows_removed(entry: &Entry, before: &Snapshot) -> u64 {
    let gone: HashSet<&str> = entry.removed.iter().map(String::as_str).collect();
    let rows: u64 = before.segments.iter().filter(|segment| gone.contains(segment.path.as_str())).map(|segment| segment.rows).sum();
    // What takes no place has come in.
    let rewritten = entry.added.iter().filter(|segment| entry.places.contains_key(&segment.path));
    rows.saturating_sub(rewritten.map(|segment| segment.rows).sum())
}

/// Whether the store has certainly not done it, or not even tried: errors of ours come before anything is sent.
fn is_refusal(error: &object_store::Error) -> bool {
    use object_store::Error as Store;
    matches!(error, Store::Generic { source, .. } if source.is::<Error>() || source.is::<NotWritten>())
        || matches!(error, Store::InvalidPath { .. } | Store::NotSupported { .. } | Store::NotImplemented { .. } | Store::PermissionDenied { .. } | Store::Unauthenticated { .. })
}

fn is_not_durable(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::Generic { source, .. } if source.is::<NotDurable>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::LoadMode;
    use crate::catalog::{Column, ColumnType, DatasetSchema};
    use crate::storage::disk::recording::RecordingDisk;
    use crate::storage::entry::{Metadata, Replays, Rewrite};
    use crate::storage::{DurableLocalStore, Reason};

    fn segment(path: &str) -> Segment {
        Segment { path: path.to_owned(), rows: 1, bytes: 1, written_at: DateTime::UNIX_EPOCH, statistics: vec![Default::default()] }
    }

    fn append(path: &str) -> Entry {
        Entry { added: vec![segment(path)], ..Entry::default() }
    }

    fn rewrite(removed: &[&str], added: &str) -> Entry {
        Entry { removed: removed.iter().map(|path| (*path).to_owned()).collect(), rewrite: Some(Rewrite::Compaction), ..append(added) }
    }

    async fn log(store: Arc<dyn ObjectStore>) -> DatasetLog {
        let log = DatasetLog::new(store, Path::from("acme/orders"));
        let schema = DatasetSchema::new(vec![Column::new("n", ColumnType::Integer)], None).unwrap();
        let metadata = Metadata {
            id: "i".into(),
            label: "Orders".into(),
            schema,
            chunk: None,
            created_at: DateTime::UNIX_EPOCH,
            settings: Default::default(),
            contract: Default::default(),
            steps: None,
            dropped: false,
        };
        log.commit(Entry { metadata: Some(metadata), ..append("a") }).await.unwrap();
        log
    }

    fn paths(snapshot: &Snapshot) -> Vec<&str> {
        snapshot.segments.iter().map(|segment| segment.path.as_str()).collect()
    }

    #[tokio::test]
    async fn a_rewrite_bears_appends_but_no_other_rewrite() {
        let store: Arc<dyn ObjectStore> = Arc::new(object_store::memory::InMemory::new());
        let log = log(Arc::clone(&store)).await;
        log.commit(append("b")).await.unwrap();
        let other = DatasetLog::new(store, Path::from("acme/orders"));
        other.commit(append("c")).await.unwrap();
        // This log has not seen `c` yet.
        log.commit(rewrite(&["a", "b"], "ab")).await.unwrap();
        let late = other.commit(rewrite(&["b", "c"], "bc")).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Conflict, "{late}");
        let latest = other.snapshot().await.unwrap().unwrap();
        assert_eq!((latest.version, paths(&latest)), (3, vec!["c", "ab"]));
    }

    #[tokio::test]
    async fn a_replay_that_a_replacement_has_overtaken_is_refused() {
        let log = log(Arc::new(object_store::memory::InMemory::new())).await;
        let load = |id: &str, rejected: u64, mode: LoadMode| LoadRecord { load_id: id.to_owned(), rejected, mode: Some(mode), ..LoadRecord::default() };
        let bringing = |path: &str, load: LoadRecord| Entry { loads: vec![load], ..append(path) };
        log.commit(bringing("b", load("first", 2, LoadMode::Append))).await.unwrap();
        let replay = |number: u64| {
            let replays = Some(Replays { load_id: "first".to_owned(), rejects: vec![number] });
            Entry { compared_with: Some(1), ..bringing(&format!("replay {number}"), LoadRecord { replays, ..load("replay", 0, LoadMode::Append) }) }
        };
        log.commit(replay(0)).await.unwrap();
        log.commit(bringing("c", load("second", 0, LoadMode::Replace))).await.unwrap();
        let late = log.commit(replay(1)).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Conflict, "{late}");
        // What was done before is told of all the same.
        assert!(matches!(log.commit(replay(0)).await.unwrap(), Committed::Before(2, _)));
        assert_eq!(log.snapshot().await.unwrap().unwrap().version, 3);
    }

    #[tokio::test]
    async fn what_a_vacuum_took_from_a_long_load_is_never_named() {
        let store: Arc<dyn ObjectStore> = Arc::new(object_store::memory::InMemory::new());
        let log = log(Arc::clone(&store)).await;
        let there = Path::from("acme/orders/there");
        store.put(&there, "x".into()).await.unwrap();
        // Both were written at the beginning of a load that took a day.
        let after = |path: &str| Entry { committed_at: DateTime::UNIX_EPOCH + TimeDelta::hours(25), ..append(path) };
        let error = log.commit(after("gone")).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Unavailable && error.message().contains("segment gone is gone"), "{error}");
        assert_eq!(paths(&log.snapshot().await.unwrap().unwrap()), ["a"]);
        log.commit(after("there")).await.unwrap();
        assert_eq!(paths(&log.snapshot().await.unwrap().unwrap()), ["a", "there"]);
    }

    #[tokio::test]
    async fn an_entry_that_could_not_be_synced_is_neither_there_nor_not() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(RecordingDisk::default());
        let log = log(Arc::new(DurableLocalStore::with_disk(folder.path(), disk.clone()).unwrap())).await;
        disk.refuse(Reason::Name);
        let ended = log.commit(append("b")).await.unwrap();
        assert!(matches!(&ended, Committed::Unknown(error) if error.kind() == ErrorKind::Unavailable), "{ended:?}");
        assert_eq!(log.snapshot().await.unwrap().unwrap().version, 1);
    }

    #[tokio::test]
    async fn an_entry_whose_bytes_could_not_be_synced_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(RecordingDisk::default());
        let log = log(Arc::new(DurableLocalStore::with_disk(folder.path(), disk.clone()).unwrap())).await;
        disk.refuse(Reason::Content);
        let error = log.commit(append("b")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert_eq!(log.snapshot().await.unwrap().unwrap().version, 0);
    }
}
