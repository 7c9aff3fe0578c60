//! What is left of a table that was deleted: one small object beside the folder of its name, which says that it was. An entry that was
//! sent for the table and comes when its log is gone has nothing before it, as what is left of a damaged log has; by this
//! object the two are told apart. An entry of a table that was deleted is nobody's, and whoever loads under the name next
//! removes it; an entry of any other table is never touched.
//!
//! ```text
//!   put of entry 5 is sent │ deletion: last word, acme/_deleted/orders/<id>, objects, log │ entry 5 arrives │ load: 5 goes, 0 is put
//! ```

use bytes::Bytes;
use chrono::TimeDelta;
use futures::TryStreamExt;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use super::entry;
use super::layout;
use super::log::DatasetLog;
use crate::error::{Error, Result};

/// How long it is known that a table was deleted, by the clock of the store: far longer than any request is on its way.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

impl DatasetLog {
    /// Writes down that a table was deleted. Called when its last word is durable and before anything of its log goes. On a full disk
    /// nothing can be written, and that must keep nobody from deleting: then a late entry cannot be told.
    pub(super) async fn bury(&self, table: &str) {
        // Other engines may have made a table without an id.
        if table.is_empty() {
            return;
        }
        if let Err(error) = self.store.put(&layout::deleted_table(&self.prefix, table), "deleted\n".into()).await {
            tracing::warn!(dataset = %self.prefix, %error, "it could not be written down that a table was deleted");
        } else if let Err(error) = self.forget_old_burials().await {
            // One object too many does no harm.
            tracing::debug!(dataset = %self.prefix, %error, "what tells of tables that were deleted long ago is still there");
        }
    }

    async fn forget_old_burials(&self) -> Result<()> {
        let listed: Vec<ObjectMeta> = self.store.list(Some(&layout::deleted_tables(&self.prefix))).try_collect().await?;
        let Some(latest) = listed.iter().map(|object| object.last_modified).max() else { return Ok(()) };
        for old in listed.iter().filter(|object| object.last_modified + REMEMBERED < latest) {
            self.store.delete(&old.location).await?;
        }
        Ok(())
    }

    /// Whether a table was deleted, as far as that is known.
    pub(super) async fn is_buried(&self, table: &str) -> Result<bool> {
        if table.is_empty() {
            return Ok(false);
        }
        match self.store.head(&layout::deleted_table(&self.prefix, table)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(Error::from(error).context("look whether a table was deleted")),
        }
    }

    /// Whether an entry was put for a table that was deleted.
    pub(super) async fn is_nobodys(&self, entry: &[u8]) -> Result<bool> {
        match entry::put_for(entry) {
            Some(table) => self.is_buried(&table).await,
            None => Ok(false),
        }
    }

    /// Whether all entries of some versions were put for tables that were deleted.
    pub(super) async fn are_nobodys(&self, versions: &[u64]) -> Result<bool> {
        // From the newest: that of a log which is damaged says at once that it is none of these.
        for version in versions.iter().rev() {
            if let Some(bytes) = self.read_bytes(*version).await?
                && !self.is_nobodys(&bytes).await?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes entries that are nobody's, so that other readers do not meet them in the log that comes next under the name.
    pub(super) async fn remove_nobodys(&self, entries: Vec<(u64, Bytes)>) -> Result<()> {
        for (version, bytes) in entries {
            // Somebody else may have removed it and gone on as far: then the number is that of an entry which counts.
            if self.read_bytes(version).await?.as_ref() != Some(&bytes) {
                continue;
            }
            match self.store.delete(&layout::log_entry(&self.prefix, version)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(Error::from(error).context("remove a late log entry")),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;
    use object_store::path::Path;

    use super::*;
    use crate::ErrorKind;
    use crate::storage::commit::Committed;
    use crate::storage::testing;

    async fn names(store: &InMemory, folder: &Path) -> Vec<String> {
        let listed: Vec<ObjectMeta> = store.list(Some(folder)).try_collect().await.unwrap();
        let mut names: Vec<String> = listed.iter().filter_map(|object| object.location.filename().map(str::to_owned)).collect();
        names.sort();
        names
    }

    /// A table `id` of versions 0 to 3 that is deleted; its entries, put aside.
    async fn deleted(store: &Arc<InMemory>, id: &str) -> Vec<Bytes> {
        let log = testing::log(store.clone());
        log.commit(testing::creation(id, "a")).await.unwrap();
        for path in ["b", "c", "d"] {
            log.commit(testing::append(path)).await.unwrap();
        }
        let mut entries = Vec::new();
        for version in 0..4 {
            entries.push(log.read_bytes(version).await.unwrap().unwrap());
        }
        assert!(log.delete(std::future::ready(Ok(()))).await.unwrap());
        assert_eq!(names(store, log.prefix()).await, [""; 0]);
        entries
    }

    #[tokio::test]
    async fn an_entry_that_comes_after_the_deletion_is_nobodys_and_goes() {
        // One far behind, the next to none, one that was put twice, and several, of several tables.
        for late in [vec![3], vec![1], vec![0], vec![0, 3], vec![2, 3]] {
            let store = Arc::new(InMemory::new());
            let entries = [deleted(&store, "one").await, deleted(&store, "two").await];
            for (place, version) in late.iter().enumerate() {
                let bytes = entries[place % 2][*version as usize].clone();
                store.put(&layout::log_entry(&Path::from(testing::PREFIX), *version), bytes.into()).await.unwrap();
            }
            let log = testing::log(store.clone());
            assert!(log.snapshot().await.unwrap().is_none(), "{late:?}");
            log.clear_leftovers().await.unwrap();
            assert_eq!(names(&store, log.prefix()).await, [""; 0], "{late:?}");
            for (version, entry) in [testing::creation("three", "x"), testing::append("y")].into_iter().enumerate() {
                let committed = log.commit(entry).await.unwrap();
                assert!(matches!(&committed, Committed::Version(made) if made.version == version as u64), "{late:?}: {committed:?}");
            }
            assert_eq!(names(&store, &layout::log_folder(log.prefix())).await.len(), 2, "{late:?}");
        }
    }

    #[tokio::test]
    async fn what_is_left_of_a_damaged_log_is_never_touched() {
        let store = Arc::new(InMemory::new());
        deleted(&store, "one").await;
        let log = testing::log(store.clone());
        log.commit(testing::creation("two", "a")).await.unwrap();
        log.commit(testing::append("b")).await.unwrap();
        store.delete(&layout::log_entry(log.prefix(), 0)).await.unwrap();
        let again = testing::log(store.clone());
        assert_eq!(again.snapshot().await.unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(again.clear_leftovers().await.unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(names(&store, &layout::log_folder(log.prefix())).await.len(), 1);
    }

    #[tokio::test]
    async fn a_deletion_that_was_cut_short_is_ended_although_a_late_entry_stands_behind_it() {
        let store = Arc::new(InMemory::new());
        let late = deleted(&store, "one").await;
        let log = testing::log(store.clone());
        log.commit(testing::creation("two", "a")).await.unwrap();
        // It ends with its last word.
        let stopped = log.delete(std::future::ready(Err(Error::new(ErrorKind::Unavailable, "stopped")))).await;
        assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Unavailable);
        store.put(&layout::log_entry(log.prefix(), 2), late[2].clone().into()).await.unwrap();
        let again = testing::log(store.clone());
        again.clear_leftovers().await.unwrap();
        assert_eq!(names(&store, log.prefix()).await, [""; 0]);
        again.commit(testing::creation("three", "x")).await.unwrap();
        assert_eq!(again.snapshot().await.unwrap().unwrap().metadata.id, "three");
    }

    #[tokio::test]
    async fn one_that_removes_late_entries_takes_none_that_counts() {
        let store = Arc::new(InMemory::new());
        let late = deleted(&store, "one").await;
        let log = testing::log(store.clone());
        log.commit(testing::creation("two", "a")).await.unwrap();
        log.commit(testing::append("b")).await.unwrap();
        // It had seen an entry of the first table under this number, and slept.
        log.remove_nobodys(vec![(1, late[1].clone())]).await.unwrap();
        assert_eq!(testing::log(store).snapshot().await.unwrap().unwrap().version, 1);
    }
}
