//! What became of an entry that was put, when the one before it is gone by the time that somebody looks. Either the dataset was deleted
//! meanwhile, or the log was cleaned up: a process that sleeps for longer than the log is kept finds nothing of what it knew. Then
//! the entry counts if it was put while its number was the next one; it does not if it was put where an entry of that number had
//! been cleaned up already. The latest version tells, by what the entry has brought; where it does not, that is said.
//!
//! ```text
//!   4 known ─ put 5 ─ asleep ─ others: 6 … 60, checkpoint of 55, 0 … 54 go ─ awake: 4 is gone     5 counts
//!   4 known ─ asleep ─ others: 5 … 60, checkpoint of 55, 0 … 54 go ─ awake: 5 is free, put 5       5 does not count
//! ```

use super::entry::{self, Entry, LoadRecord};
use super::log::{DatasetLog, Snapshot};
use crate::error::{Error, ErrorKind, Result};

/// What the store says of an entry that was put.
#[derive(Debug)]
pub(super) enum LookedBack {
    /// It is part of the dataset.
    Made,
    /// It is not, and never will be: its number had been given before.
    NotMade,
    /// Its dataset is not there any more.
    Deleted,
    /// There is no telling.
    Unknown(Error),
}

impl DatasetLog {
    /// Finds out what became of an entry that was put under a version of a table, from what is there now.
    pub(super) async fn look_back(&self, version: u64, entry: &Entry, table: &str) -> LookedBack {
        // What is known here may be of a log that is gone.
        self.forget().await;
        let latest = match self.certain_snapshot().await {
            Ok(Some(latest)) if latest.metadata.id == table => latest,
            Ok(_) => return LookedBack::Deleted,
            Err(error) => return LookedBack::Unknown(error),
        };
        match self.take_back_stray(version, entry, &latest).await {
            Ok(true) => return LookedBack::NotMade,
            Ok(false) => {}
            Err(error) => return LookedBack::Unknown(error),
        }
        let told = match told_by_version(entry, &latest) {
            Some(told) => Ok(Some(told)),
            None => self.was_taken_out(entry, &latest).await.map(|gone| gone.then_some(true)),
        };
        match told {
            Ok(Some(true)) => LookedBack::Made,
            Ok(Some(false)) => LookedBack::NotMade,
            Ok(None) => {
                let message = format!("the log was cleaned up to behind version {version} meanwhile, and the latest version does not tell whether it has what this one brought");
                LookedBack::Unknown(Error::new(ErrorKind::Unavailable, message))
            }
            Err(error) => LookedBack::Unknown(error),
        }
    }

    /// Removes an entry that came where those around it had been cleaned up. Entries go from the oldest on, so one that is there when the one
    /// behind it is gone was never part of the log; left there, what is missing behind it would be taken for damage.
    async fn take_back_stray(&self, version: u64, entry: &Entry, latest: &Snapshot) -> Result<bool> {
        // In this order: a clean-up may be under way.
        if version >= latest.version || self.read_bytes(version + 1).await?.is_some() {
            return Ok(false);
        }
        match self.read_bytes(version).await? {
            Some(bytes) if entry.commit_id.is_some() && entry::commit_id(&bytes) == entry.commit_id => {
                self.remove_nobodys(vec![(version, bytes)]).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Whether a later version has taken out a segment that an entry brought: then it was part of the dataset.
    async fn was_taken_out(&self, entry: &Entry, latest: &Snapshot) -> Result<bool> {
        let brought = entry.added.iter().map(|segment| segment.path.clone()).collect();
        Ok(!entry.added.is_empty() && !self.removals(latest, &brought).await?.is_empty())
    }
}

/// Whether a version is one that comes after an entry, where it tells.
fn told_by_version(entry: &Entry, latest: &Snapshot) -> Option<bool> {
    let is_there = |path: &str| latest.segments.iter().any(|segment| segment.path == path);
    if entry.added.iter().any(|segment| is_there(&segment.path)) {
        return Some(true);
    }
    // What came with keys that are forgotten by now is not known by them.
    let has_keys = latest.keys.forgotten_until().is_none_or(|until| until < entry.committed_at);
    let loads: Vec<Option<bool>> = entry.loads.iter().map(|load| told_of_load(load, latest, has_keys)).collect();
    if loads.contains(&Some(true)) {
        return Some(true);
    }
    // What the dataset has taken from nobody else it has not taken from this entry.
    if loads.contains(&Some(false)) || entry.removed.iter().any(|path| is_there(path)) {
        return Some(false);
    }
    // Of rows it says nothing: somebody else may have brought the same columns.
    let brings_rows = !entry.added.is_empty() || !entry.removed.is_empty() || !entry.loads.is_empty();
    let is_in_force = !brings_rows && entry.alters.is_some() && entry.metadata.as_ref() == Some(&*latest.metadata);
    is_in_force.then_some(true)
}

/// Whether a version has a load, where it tells.
fn told_of_load(load: &LoadRecord, latest: &Snapshot, has_keys: bool) -> Option<bool> {
    let is_it = |known: &LoadRecord| known.load_id == load.load_id;
    if latest.recent_loads.iter().any(|(.., known)| is_it(known)) || latest.rejections.get(&load.load_id).is_some() {
        return Some(true);
    }
    let by_key = load.keys().map(|key| latest.keys.get(&key).is_some_and(|(_, known)| is_it(known))).reduce(|one, other| one || other);
    let by_position = load.advance.as_ref().and_then(|advance| match latest.positions.get(&advance.source) {
        // Positions never go back.
        None => Some(false),
        Some(position) if position < advance.to => Some(false),
        Some(_) => latest.positions.done(advance).map(|(_, known)| is_it(known)),
    });
    by_key.filter(|is_it| *is_it || has_keys).or(by_position)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, TimeDelta};
    use object_store::ObjectStore;
    use object_store::memory::InMemory;

    use super::*;
    use crate::storage::commit::Committed;
    use crate::storage::entry::Rewrite;
    use crate::storage::testing::{self, Reads, Sleep, Watched, append, creation, paths};

    /// Commits, and leaves of the log what stands behind a checkpoint of the last one.
    async fn go_on(log: &DatasetLog, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            assert!(matches!(log.commit(entry).await.unwrap(), Committed::Version(_)));
        }
        let now = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
        log.write_checkpoint(TimeDelta::days(7), now).await.unwrap();
        assert!(log.clean_log(TimeDelta::zero(), now).await.unwrap() > 0);
    }

    /// A dataset of one segment, `a`; a process that sleeps over the put of version 1; and what is there when it has ended.
    async fn asleep<F: Future<Output = ()> + Send + 'static>(entry: Entry, is_done: bool, meanwhile: impl FnOnce(DatasetLog) -> F) -> (Result<Committed>, DatasetLog) {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        testing::log(Arc::clone(&store)).commit(creation("i", "a")).await.unwrap();
        let sleep = Sleep { over: testing::entry(1), is_done, meanwhile: Box::pin(meanwhile(testing::log(Arc::clone(&store)))) };
        let ended = testing::log(Arc::new(Watched::new(Arc::clone(&store), Reads::with(sleep)))).commit(entry).await;
        (ended, testing::log(store))
    }

    async fn found(log: &DatasetLog) -> Vec<String> {
        let latest = log.snapshot().await.unwrap().unwrap();
        let mut found: Vec<String> = paths(&latest).into_iter().map(str::to_owned).collect();
        found.sort();
        found
    }

    fn load(key: Option<&str>) -> LoadRecord {
        LoadRecord { load_id: "mine".into(), idempotency_key: key.map(str::to_owned), ..LoadRecord::default() }
    }

    #[tokio::test]
    async fn what_was_put_in_time_is_done_although_the_log_was_cleaned_up_since() {
        let keyed = Entry { loads: vec![load(Some("k"))], ..append("b") };
        let without_rows = Entry { loads: vec![load(Some("k"))], ..Entry::default() };
        for entry in [append("b"), keyed, without_rows] {
            let brings = entry.added.len();
            let (ended, log) = asleep(entry, true, |log| async move { go_on(&log, ["c", "d"].map(append)).await }).await;
            assert!(matches!(&ended, Ok(Committed::Version(made)) if made.version == 1), "{ended:?}");
            assert_eq!(found(&log).await.len(), 3 + brings);
        }
        // What it brought was merged since.
        let merge = Entry { removed: vec!["b".into(), "c".into()], rewrite: Some(Rewrite::Compaction), ..append("bc") };
        let (ended, log) = asleep(append("b"), true, |log| async move { go_on(&log, [append("c"), merge, append("d")]).await }).await;
        assert!(matches!(&ended, Ok(Committed::Version(made)) if made.version == 1), "{ended:?}");
        assert_eq!(found(&log).await, ["a", "bc", "d"]);
    }

    #[tokio::test]
    async fn what_was_put_where_an_entry_was_cleaned_up_is_put_again() {
        let others = |log: DatasetLog| async move { go_on(&log, ["c", "d", "e"].map(append)).await };
        let keyed = Entry { loads: vec![load(Some("k"))], ..append("b") };
        let (ended, log) = asleep(keyed, false, others).await;
        assert!(matches!(&ended, Ok(Committed::Version(made)) if made.version == 4), "{ended:?}");
        assert_eq!(found(&log).await, ["a", "b", "c", "d", "e"]);

        // An entry that stands alone before those that were kept was never part of the log, and does not stay there.
        let (ended, log) = asleep(append("b"), false, others).await;
        assert!(matches!(&ended, Ok(Committed::Version(made)) if made.version == 4), "{ended:?}");
        assert_eq!(found(&log).await, ["a", "b", "c", "d", "e"]);
        assert!(log.read_bytes(1).await.unwrap().is_none());

        // Its segments are there still, so it has taken none out.
        let rewrite = Entry { removed: vec!["a".into()], rewrite: Some(Rewrite::Deletion), ..append("b") };
        let (ended, log) = asleep(rewrite, false, others).await;
        assert!(matches!(&ended, Ok(Committed::Version(made)) if made.version == 4), "{ended:?}");
        assert_eq!(found(&log).await, ["b", "c", "d", "e"]);
    }

    #[tokio::test]
    async fn what_was_put_for_a_dataset_that_was_deleted_is_refused() {
        for is_done in [true, false] {
            for anew in [true, false] {
                let meanwhile = move |log: DatasetLog| async move {
                    assert!(log.delete(std::future::ready(Ok(()))).await.unwrap());
                    if anew {
                        log.commit(creation("j", "x")).await.unwrap();
                    }
                };
                let (ended, log) = asleep(Entry { loads: vec![load(Some("k"))], ..append("b") }, is_done, meanwhile).await;
                assert_eq!(ended.unwrap_err().kind(), ErrorKind::NotFound, "{is_done} {anew}");
                let found = log.snapshot().await.unwrap().map(|latest| paths(&latest).len());
                assert_eq!(found, anew.then_some(1), "{is_done} {anew}");
            }
        }
    }
}
