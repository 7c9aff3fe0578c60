//! Which versions took segments out, and when. Entries of a log never change, so what one of them says is read once: a sweep that
//! finds an object which no version names would otherwise go through the whole log each time, as far back as it is kept.

use std::collections::hash_map::Entry as MapEntry;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};

use super::entry::{self, Entry};
use super::log::{DatasetLog, Snapshot};
use super::opening::AHEAD;
use crate::error::{Error, Result};

/// Segments that are remembered; beyond, only those that are still stored.
const REMEMBERED: usize = 100_000;

/// The version that took a segment out, and when that was.
pub(super) type Removal = (u64, DateTime<Utc>);

/// What was read of a log.
#[derive(Debug, Default)]
pub(super) struct Removals {
    /// The table whose log it is.
    table: String,
    /// The versions whose entries were read, from the first to the last, without a gap.
    read: Option<(u64, u64)>,
    /// How far back the log goes, where it was read to its end.
    end: Option<End>,
    taken_out: HashMap<String, Removal>,
}

#[derive(Debug, Clone, Copy)]
enum End {
    /// There is nothing before the first version.
    Whole,
    /// The entry of this version is gone, and so must be all before it.
    CleanedUp(u64),
}

impl Removals {
    /// Remembers what an entry took out. Gives how many of some it were.
    fn note(&mut self, version: u64, entry: Entry, wanted: &HashSet<String>) -> usize {
        let mut found = 0;
        for path in entry.removed {
            if let MapEntry::Vacant(place) = self.taken_out.entry(path) {
                found += usize::from(wanted.contains(place.key()));
                place.insert((version, entry.committed_at));
            }
        }
        found
    }
}

impl DatasetLog {
    /// Which version took segments out, and when, for those of some that the log tells of: its entries from the newest on, as far back as they
    /// are needed, there and not read before, and then the oldest checkpoint, which tells of what was taken out not long before it.
    ///
    /// # Errors
    /// `Corrupt` when an entry is missing between others; what the store says.
    pub(super) async fn removals(&self, snapshot: &Snapshot, wanted: &HashSet<String>) -> Result<HashMap<String, Removal>> {
        let mut known = std::mem::take(&mut self.past().removals);
        if known.table != snapshot.metadata.id {
            known = Removals { table: snapshot.metadata.id.clone(), ..Removals::default() };
        }
        self.read_on(snapshot, wanted, &mut known).await?;
        let mut found = HashMap::new();
        let mut missing = HashSet::new();
        for path in wanted {
            match known.taken_out.get(path) {
                Some(removal) => {
                    found.insert(path.clone(), *removal);
                }
                None => {
                    missing.insert(path.as_str());
                }
            }
        }
        let end = known.end;
        self.past().removals = known;
        if let (false, Some(End::CleanedUp(version))) = (missing.is_empty(), end) {
            self.told_by_checkpoint(version, &snapshot.metadata.id, &missing, &mut found).await?;
        }
        Ok(found)
    }

    /// Reads what was not read before: the entries that are new, and older ones until all segments are found.
    async fn read_on(&self, snapshot: &Snapshot, wanted: &HashSet<String>, known: &mut Removals) -> Result<()> {
        let read = |version: u64| async move { Ok::<_, Error>((version, self.read(version, Some(snapshot)).await?)) };
        if let Some((first, last)) = known.read {
            let mut new = futures::stream::iter((last + 1..=snapshot.version).rev()).map(read).buffered(AHEAD);
            known.read = Some((first, snapshot.version));
            while let Some((version, entry)) = new.try_next().await? {
                let Some(entry) = entry else {
                    // More was cleaned up than had been read.
                    (known.read, known.end) = (Some((version + 1, snapshot.version)), Some(End::CleanedUp(version)));
                    break;
                };
                known.note(version, entry, wanted);
            }
        }
        if known.end.is_some() {
            return Ok(());
        }
        let mut first = known.read.map_or(snapshot.version + 1, |(first, _)| first);
        let mut missing = wanted.iter().filter(|path| !known.taken_out.contains_key(*path)).count();
        let mut older = futures::stream::iter((0..first).rev()).map(read).buffered(AHEAD);
        while missing > 0 {
            match older.try_next().await? {
                Some((version, Some(entry))) => {
                    missing -= known.note(version, entry, wanted);
                    first = version;
                }
                Some((version, None)) => {
                    known.end = Some(End::CleanedUp(version));
                    break;
                }
                None => {
                    known.end = Some(End::Whole);
                    break;
                }
            }
        }
        known.read = Some((first, snapshot.version));
        Ok(())
    }

    /// What the oldest checkpoint that can be used tells of segments that no entry tells of.
    async fn told_by_checkpoint(&self, cleaned_up: u64, table: &str, missing: &HashSet<&str>, found: &mut HashMap<String, Removal>) -> Result<()> {
        // Where a log was cleaned up, nothing of it is left before. What came there later is left to the next clean-up: a process that is awake
        // again looks for what it has put there.
        let listing = self.list_log().await?;
        for version in listing.entries.iter().copied().take_while(|version| *version < cleaned_up) {
            if !listing.is_stray(version) && !self.is_of_another_table(version, table).await? {
                // Somebody may put it back.
                self.past().removals = Removals::default();
                return Err(Error::corrupt(format!("log entry {cleaned_up} of {} is missing, but {version} is there; nothing was removed", self.prefix)));
            }
        }
        for version in listing.checkpoints {
            if let Some(checkpoint) = self.read_checkpoint(version).await? {
                let told = checkpoint.tombstones.into_iter().filter(|gone| missing.contains(gone.path.as_str()));
                // By this version at the latest.
                found.extend(told.map(|gone| (gone.path, (version, gone.removed_at))));
                break;
            }
        }
        Ok(())
    }

    /// Whether an entry was put for another table, or is gone by now.
    async fn is_of_another_table(&self, version: u64, table: &str) -> Result<bool> {
        let Some(bytes) = self.read_bytes(version).await? else { return Ok(true) };
        Ok(entry::put_for(&bytes).is_some_and(|other| other != table))
    }

    /// Forgets what nobody will ask for where it is very much: segments that were not stored any more when a version was known.
    pub(super) fn forget_removals(&self, stored: &HashSet<String>, version: u64) {
        let mut past = self.past();
        if past.removals.taken_out.len() > REMEMBERED {
            past.removals.taken_out.retain(|path, (taken_out, _)| *taken_out > version || stored.contains(path));
            // Still too many: the next sweep reads them once more.
            if past.removals.taken_out.len() > REMEMBERED {
                past.removals = Removals::default();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeDelta;
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;
    use object_store::path::Path;

    use super::*;
    use crate::storage::entry::Rewrite;
    use crate::storage::history::Kept;
    use crate::storage::testing::{self, Reads, Watched, append, creation};

    fn name(id: u128) -> String {
        format!("2013-01/{}.parquet", uuid::Uuid::from_u128(id))
    }

    fn kept(hours: i64) -> Kept {
        Kept { versions: TimeDelta::zero(), running: TimeDelta::hours(1), now: DateTime::UNIX_EPOCH + TimeDelta::hours(hours) }
    }

    #[tokio::test]
    async fn what_was_read_of_the_log_is_not_read_again() {
        let store = Arc::new(Watched::new(Arc::new(InMemory::new()), Reads::default()));
        let log = testing::log(store.clone());
        // The last of them is named by nobody, and young by the clock of the store.
        for id in 0..3 {
            store.put(&Path::from(format!("{}/{}", testing::PREFIX, name(id))), "x".into()).await.unwrap();
        }
        log.commit(creation("i", &name(0))).await.unwrap();
        log.commit(append(&name(1))).await.unwrap();
        for n in 0..200 {
            log.commit(append(&format!("s{n}"))).await.unwrap();
        }
        store.take_reads();
        assert_eq!(log.sweep(kept(0)).await.unwrap().objects, 0);
        assert!(store.take_reads() >= 200);
        let deletion = |id: u128| Entry { removed: vec![name(id)], rewrite: Some(Rewrite::Deletion), ..Entry::default() };
        log.commit(deletion(0)).await.unwrap();
        for (hours, objects) in [(0, 0), (0, 0), (2, 1), (2, 0)] {
            store.take_reads();
            assert_eq!(log.sweep(kept(hours)).await.unwrap().objects, objects, "{hours}");
            let reads = store.take_reads();
            assert!(reads < 10, "{hours}: {reads}");
        }
        // A clean-up takes entries that were read, and with them one that was not.
        for entry in [deletion(1), append("t")] {
            log.commit(entry).await.unwrap();
        }
        let now = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
        log.write_checkpoint(TimeDelta::days(7), now).await.unwrap();
        assert!(log.clean_log(TimeDelta::zero(), now).await.unwrap() > 200);
        for objects in [1, 0] {
            store.take_reads();
            assert_eq!(log.sweep(kept(2)).await.unwrap().objects, objects);
            let reads = store.take_reads();
            assert!(reads < 15, "{reads}");
        }
    }

    #[tokio::test]
    async fn what_came_where_the_log_was_cleaned_up_keeps_nobody_from_removing() {
        let store = Arc::new(InMemory::new());
        let log = || testing::log(store.clone());
        // The last of them is named by nobody, so the log is gone through to its beginning.
        for id in 0..3 {
            store.put(&Path::from(format!("{}/{}", testing::PREFIX, name(id))), "x".into()).await.unwrap();
        }
        let deletion = Entry { removed: vec![name(0)], rewrite: Some(Rewrite::Deletion), ..Entry::default() };
        for entry in [creation("i", &name(0)), append(&name(1)), append("a"), append("b"), deletion, append("c"), append("d"), append("e")] {
            log().commit(entry).await.unwrap();
        }
        let [second, third] = [log().read_bytes(2).await.unwrap().unwrap(), log().read_bytes(3).await.unwrap().unwrap()];
        let now = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
        log().write_checkpoint(TimeDelta::days(7), now).await.unwrap();
        assert!(log().clean_log(TimeDelta::zero(), now).await.unwrap() >= 7);
        // A put that was on its way for long.
        store.put(&testing::entry(2), second.into()).await.unwrap();
        assert_eq!(log().first_entry().await.unwrap(), 7);
        assert_eq!(log().sweep(kept(2)).await.unwrap().objects, 1);
        assert!(store.head(&testing::entry(2)).await.is_ok());
        // Two that follow each other may be what is left of a log of which something is missing.
        store.put(&testing::entry(3), third.into()).await.unwrap();
        assert_eq!(log().sweep(kept(2)).await.unwrap_err().kind(), crate::ErrorKind::Corrupt);
        // What was put for another table is none of it.
        let elsewhere = Arc::new(InMemory::new());
        for entry in [creation("j", "a"), append("b")] {
            testing::log(elsewhere.clone()).commit(entry).await.unwrap();
        }
        for (version, of) in [(2, 0), (3, 1)] {
            let bytes = testing::log(elsewhere.clone()).read_bytes(of).await.unwrap().unwrap();
            store.put(&testing::entry(version), bytes.into()).await.unwrap();
        }
        assert_eq!(log().sweep(kept(2)).await.unwrap().objects, 0);
        // The next clean-up takes them.
        log().commit(append("f")).await.unwrap();
        log().write_checkpoint(TimeDelta::days(7), now).await.unwrap();
        assert!(log().clean_log(TimeDelta::zero(), now).await.unwrap() > 0);
        for version in [2, 3] {
            assert!(store.head(&testing::entry(version)).await.is_err(), "{version}");
        }
    }
}
