//! Removes segments that nothing can need any more: those that a rewrite replaced longer ago than any query runs, and
//! those that no version ever named because what wrote them ended early. What is needed is decided from the log; this is
//! the only place that lists a dataset to find objects, and it lists before it asks the log, so that what is committed in
//! between counts. Rejected rows go when their version has left the log, and at once after an erasure: nobody can say whose text
//! they hold. Only segments, their stored partials, rejected rows and old profiles of loads are touched, never the log.

use std::borrow::Cow;
use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use super::history::Kept;
use super::layout;
use super::log::{DatasetLog, Snapshot};
use crate::error::{Error, Result};

/// How long an object that the log does not tell of is left alone: a load may be writing it in another process.
const UNNAMED_KEPT: TimeDelta = TimeDelta::hours(24);
/// How far clocks of engines on one store may be apart.
const CLOCK_SKEW: TimeDelta = TimeDelta::hours(1);
/// Profiles of loads that are kept, the latest.
const PROFILES_KEPT: usize = 500;
/// Objects that are removed at the same time.
const CONCURRENCY: usize = 16;

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Swept {
    pub objects: u64,
    pub bytes: u64,
}

impl DatasetLog {
    /// Removes the segments that no version which is kept needs, nor a query of it that has begun; those that an erasure took
    /// away from every version as soon as no query needs them. A call that is cut short has removed some of them.
    ///
    /// # Errors
    /// `NotFound` when there is no such dataset, `Corrupt` when the log cannot be read; what the store says.
    pub(crate) async fn sweep(&self, kept: Kept) -> Result<Swept> {
        let now = kept.now;
        let _no_rewrite = self.rewriting.lock().await;
        // What a load of this process has written must not be taken for a leftover, however long it runs. One that begins later writes what is
        // younger, and one that ends before the log is asked is in it.
        let loading_since = self.loading_since();
        let known = self.known().map_or(0, |known| known.version);
        let listed: Vec<ObjectMeta> = self.store.list(Some(&self.prefix)).try_collect().await.map_err(|error| Error::from(error).context("list segments"))?;
        let Some(snapshot) = self.snapshot().await? else { return Err(Error::not_found("there is no such dataset")) };
        // A rewrite that a power cut can still take back leaves its inputs in force.
        self.rely_on(snapshot.version).await?;
        let live: HashSet<&str> = snapshot.segments.iter().map(|segment| segment.path.as_str()).collect();
        let unnamed_kept = UNNAMED_KEPT.max(kept.segments());
        let left_before = loading_since.map_or(now - unnamed_kept, |begun| (begun - CLOCK_SKEW).min(now - unnamed_kept));
        let erased_at = match snapshot.erased_before {
            0 => None,
            version => self.committed_at(version).await?,
        };
        let not_live: HashSet<String> = listed.iter().filter_map(|object| self.segment_of(object)).filter(|path| !live.contains(&**path)).map(Cow::into_owned).collect();
        let removed = self.removals(&snapshot, &not_live).await?;
        self.forget_removals(&not_live, known);
        let needless = |object: &ObjectMeta| -> bool {
            let Some(path) = self.segment_of(object) else { return false };
            match removed.get(path.as_ref()) {
                _ if live.contains(path.as_ref()) => false,
                Some((version, removed_at)) => {
                    // Also what was merged before an erasure holds the rows that were erased; until then it could be asked for.
                    let erased_at = erased_at.filter(|_| *version <= snapshot.erased_before);
                    *removed_at + kept.segments() <= now || erased_at.is_some_and(|erased_at| erased_at + kept.running <= now)
                }
                // Removed before all that the log has, so that no version which it has needs it; or never named.
                None => object.last_modified <= left_before,
            }
        };
        let rejects = self.needless_rejects(&listed, &snapshot, left_before).await?;
        let old = self.old_profiles(&listed).into_iter().chain(rejects);
        let needless: Vec<ObjectMeta> = listed.iter().filter(|object| needless(object)).chain(old).cloned().collect();
        self.remove_objects(needless.into_iter()).await
    }

    /// The path of a segment relative to its dataset: `<chunk>/<uuid>.parquet`. `None` for whatever else lies there.
    fn segment_path<'a>(&self, object: &'a ObjectMeta) -> Option<&'a str> {
        let path = object.location.as_ref().strip_prefix(self.prefix.as_ref())?.strip_prefix('/')?;
        let (chunk, file) = path.split_once('/')?;
        let named = uuid::Uuid::try_parse(file.strip_suffix(".parquet")?).is_ok();
        (named && !chunk.starts_with('_')).then_some(path)
    }

    /// The segment that an object is, or belongs to: a stored partial holds keys out of the rows of its segment, and goes with it.
    fn segment_of<'a>(&self, object: &'a ObjectMeta) -> Option<Cow<'a, str>> {
        self.segment_path(object).map(Cow::Borrowed).or_else(|| self.segment_of_partial(object).map(Cow::Owned))
    }

    /// Removes the rejected rows of all loads before the last erasure, and those that no version knows: rejected rows are text, of which nobody
    /// can say whether it tells of somebody who is to be forgotten. What another engine may be writing at the moment is left to a
    /// sweep; nobody is shown it before its load has committed.
    ///
    /// # Errors
    /// `NotFound` when there is no such dataset; what the store says. Some are gone then.
    pub(crate) async fn erase_rejects(&self, now: DateTime<Utc>) -> Result<Swept> {
        let listed: Vec<ObjectMeta> = self
            .store
            .list(Some(&layout::all_rejects(&self.prefix)))
            .try_collect()
            .await
            .map_err(|error| Error::from(error).context("list rejected rows"))?;
        let Some(snapshot) = self.snapshot().await? else { return Err(Error::not_found("there is no such dataset")) };
        let needless = self.needless_rejects(&listed, &snapshot, now - UNNAMED_KEPT).await?;
        self.remove_objects(needless.into_iter().cloned()).await
    }

    /// Rejected rows that are not told of any more: those of loads before an erasure; and, where they were written before an instant, those
    /// of versions that the log does not have, and of loads that never committed.
    async fn needless_rejects<'a>(&self, listed: &'a [ObjectMeta], snapshot: &Snapshot, left_before: DateTime<Utc>) -> Result<Vec<&'a ObjectMeta>> {
        let stored: Vec<_> = listed.iter().filter_map(|object| Some((layout::load_of_rejects(&self.prefix, &object.location)?.to_string(), object))).collect();
        if stored.is_empty() {
            return Ok(Vec::new());
        }
        let first_entry = self.first_entry().await?;
        let kept: HashSet<&str> = snapshot.kept_rejections(first_entry).map(|load| load.load_id.as_str()).collect();
        let erased: HashSet<&str> = snapshot
            .rejections
            .newest()
            .filter(|load| snapshot.erased_before > 0 && load.version <= snapshot.erased_before)
            .map(|load| load.load_id.as_str())
            .collect();
        // A log that was opened from an old checkpoint does not know all: what it does not know may be of a version that it still has, unless
        // an erasure has ended that too.
        let complete_from = snapshot.rejections.complete_from();
        let complete = complete_from <= first_entry || complete_from <= snapshot.erased_before;
        let known: HashSet<&str> = snapshot.rejections.newest().map(|load| load.load_id.as_str()).collect();
        let is_needless = |load_id: &str, object: &ObjectMeta| {
            let left = !kept.contains(load_id) && (complete || known.contains(load_id));
            erased.contains(load_id) || (left && object.last_modified <= left_before)
        };
        Ok(stored.into_iter().filter(|(load_id, object)| is_needless(load_id, object)).map(|(_, object)| object).collect())
    }

    async fn remove_objects(&self, objects: impl Iterator<Item = ObjectMeta>) -> Result<Swept> {
        let removals: Vec<_> = objects.map(|object| self.remove_object(object)).collect();
        let sizes: Vec<u64> = futures::stream::iter(removals).buffer_unordered(CONCURRENCY).try_collect().await?;
        Ok(Swept { objects: sizes.len() as u64, bytes: sizes.iter().sum() })
    }

    /// Profiles of loads before the latest ones. Ids of loads are in the order of time.
    fn old_profiles<'a>(&self, listed: &'a [ObjectMeta]) -> Vec<&'a ObjectMeta> {
        let mut profiles: Vec<_> = listed.iter().filter_map(|object| Some((layout::load_of_profile(&self.prefix, &object.location)?, object))).collect();
        profiles.sort_unstable_by_key(|(load_id, _)| std::cmp::Reverse(*load_id));
        profiles.into_iter().skip(PROFILES_KEPT).map(|(_, object)| object).collect()
    }

    /// The path of the segment of a stored partial.
    fn segment_of_partial(&self, object: &ObjectMeta) -> Option<String> {
        let folder = layout::partials(&self.prefix);
        let (fragment, _) = object.location.as_ref().strip_prefix(folder.as_ref())?.strip_prefix('/')?.split_once('/')?;
        layout::segment_of_partial(&layout::partials_of(&self.prefix, fragment), &object.location)
    }

    async fn remove_object(&self, object: ObjectMeta) -> Result<u64> {
        match self.store.delete(&object.location).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(object.size),
            Err(error) => Err(Error::from(error).context("remove segment")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;
    use object_store::path::Path;

    use super::*;
    use crate::catalog::{Column, ColumnType, DatasetSchema};
    use crate::storage::checkpoint::table::Checkpoint;
    use crate::storage::entry::{Entry, LoadRecord, Metadata, Rewrite};
    use crate::storage::rejections::Rejections;
    use crate::storage::segment::Segment;

    fn name(id: u128) -> String {
        format!("2013-01/{}.parquet", uuid::Uuid::from_u128(id))
    }

    fn segment(id: u128) -> Segment {
        Segment { path: name(id), rows: 1, bytes: 1, written_at: DateTime::UNIX_EPOCH, statistics: vec![Default::default()] }
    }

    struct Fixture {
        store: Arc<dyn ObjectStore>,
        log: DatasetLog,
        start: DateTime<Utc>,
        versions_kept: TimeDelta,
    }

    impl Fixture {
        /// Segments 1 to 4; an hour later 1 and 2 become 5, two hours later 5 and 3 become 6; 7 was never committed.
        async fn new() -> Self {
            let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
            let log = DatasetLog::new(Arc::clone(&store), Path::from("acme/orders"));
            // Objects are dated by the store, so the log has to be of today.
            let start = Utc::now();
            let partial = layout::partial(&Path::from("acme/orders"), "f", &name(1));
            store.put(&partial, "x".into()).await.unwrap();
            let others = ["_rejects/l.ndjson", "_partials/x/1.parquet", "2013-01/notes.txt", "part-0.parquet"].map(str::to_owned);
            for path in (1..=7).map(name).chain(others) {
                store.put(&Path::from(format!("acme/orders/{path}")), "x".into()).await.unwrap();
            }
            store.put(&Path::from(format!("acme/orders_old/{}", name(8))), "x".into()).await.unwrap();
            let schema = DatasetSchema::new(vec![Column::new("n", ColumnType::Integer)], None).unwrap();
            let metadata = Metadata {
                id: "i".into(),
                label: "Orders".into(),
                schema,
                chunk: None,
                created_at: start,
                settings: Default::default(),
                contract: Default::default(),
                steps: None,
                dropped: false,
            };
            log.commit(Entry { metadata: Some(metadata), added: (1..=4).map(segment).collect(), committed_at: start, ..Entry::default() })
                .await
                .unwrap();
            for (hours, removed, added) in [(1, [1, 2], 5), (2, [5, 3], 6)] {
                let entry = Entry {
                    removed: removed.map(name).to_vec(),
                    added: vec![segment(added)],
                    rewrite: Some(Rewrite::Compaction),
                    committed_at: start + TimeDelta::hours(hours),
                    ..Entry::default()
                };
                log.commit(entry).await.unwrap();
            }
            Self { store, log, start, versions_kept: TimeDelta::zero() }
        }

        async fn sweep_after(&self, minutes: i64) -> u64 {
            let kept = Kept { versions: self.versions_kept, running: TimeDelta::hours(1), now: self.start + TimeDelta::minutes(minutes) };
            self.log.sweep(kept).await.unwrap().objects
        }

        async fn left(&self) -> Vec<u128> {
            let listed: Vec<ObjectMeta> = self.store.list(None).try_collect().await.unwrap();
            let ids = listed.iter().filter_map(|object| uuid::Uuid::try_parse(object.location.filename()?.strip_suffix(".parquet")?).ok());
            let mut ids: Vec<u128> = ids.map(|id| id.as_u128()).collect();
            ids.sort_unstable();
            ids
        }
    }

    #[tokio::test]
    async fn what_a_version_of_the_last_hour_needs_stays() {
        let fixture = Fixture::new().await;
        assert_eq!(fixture.sweep_after(119).await, 0);
        assert_eq!(fixture.sweep_after(120).await, 3);
        assert_eq!(fixture.left().await, [3, 4, 5, 6, 7, 8]);
        assert_eq!(fixture.sweep_after(181).await, 2);
        assert_eq!(fixture.left().await, [4, 6, 7, 8]);
    }

    #[tokio::test]
    async fn profiles_of_the_latest_loads_stay() {
        let fixture = Fixture::new().await;
        for id in 0..PROFILES_KEPT as u128 + 3 {
            let profile = layout::profile(&Path::from("acme/orders"), &uuid::Uuid::from_u128(id << 64).to_string());
            fixture.store.put(&profile, "x".into()).await.unwrap();
        }
        assert_eq!(fixture.sweep_after(0).await, 3);
        assert!(fixture.store.head(&layout::profile(&Path::from("acme/orders"), &uuid::Uuid::from_u128(2 << 64).to_string())).await.is_err());
        assert!(fixture.store.head(&layout::profile(&Path::from("acme/orders"), &uuid::Uuid::from_u128(3 << 64).to_string())).await.is_ok());
    }

    /// A log of loads that rejected rows, an erasure after the first two of four, and rejected rows of one that never committed.
    async fn rejecting() -> (Fixture, Vec<String>) {
        let fixture = Fixture::new().await;
        let ids: Vec<String> = (1..=5).map(|id: u128| uuid::Uuid::from_u128(id << 64).to_string()).collect();
        for id in &ids {
            fixture.store.put(&layout::rejects(&Path::from("acme/orders"), id), "x".into()).await.unwrap();
        }
        for (hour, id) in (3..).zip(ids.iter().take(4)) {
            let rewrite = (hour == 5).then_some(Rewrite::Erasure);
            if rewrite.is_some() {
                fixture.log.commit(Entry { rewrite, committed_at: fixture.start + TimeDelta::hours(hour), ..Entry::default() }).await.unwrap();
            }
            let load = LoadRecord { load_id: id.clone(), rejected: 1, ..LoadRecord::default() };
            fixture.log.commit(Entry { loads: vec![load], committed_at: fixture.start + TimeDelta::hours(hour), ..Entry::default() }).await.unwrap();
        }
        (fixture, ids)
    }

    async fn kept_rejects(fixture: &Fixture, ids: &[String]) -> Vec<usize> {
        let mut kept = Vec::new();
        for (place, id) in ids.iter().enumerate() {
            if fixture.store.head(&layout::rejects(&Path::from("acme/orders"), id)).await.is_ok() {
                kept.push(place + 1);
            }
        }
        kept
    }

    #[tokio::test]
    async fn rejected_rows_go_with_an_erasure_and_when_no_version_knows_them() {
        let (fixture, ids) = rejecting().await;
        assert_eq!(fixture.log.erase_rejects(fixture.start + TimeDelta::hours(9)).await.unwrap().objects, 2);
        // The last one may be of a load that runs elsewhere.
        assert_eq!(kept_rejects(&fixture, &ids).await, [3, 4, 5]);
        let (fixture, ids) = rejecting().await;
        let load = fixture.log.begin_load(fixture.start).await;
        fixture.sweep_after(26 * 60).await;
        assert_eq!(kept_rejects(&fixture, &ids).await, [3, 4, 5]);
        drop(load);
        fixture.sweep_after(26 * 60).await;
        assert_eq!(kept_rejects(&fixture, &ids).await, [3, 4]);
        // Nothing else lies there that is touched.
        assert!(fixture.store.head(&Path::from("acme/orders/_rejects/l.ndjson")).await.is_ok());
    }

    #[tokio::test]
    async fn what_an_old_checkpoint_has_forgotten_stays_while_its_version_is_there() {
        let (fixture, ids) = rejecting().await;
        let mut latest = Snapshot::clone(&fixture.log.snapshot().await.unwrap().unwrap());
        let listed: Vec<ObjectMeta> = fixture.store.list(None).try_collect().await.unwrap();
        let far = fixture.start + TimeDelta::days(2);
        for (erased_before, complete_from, needless) in [(0, 0, vec![5]), (0, 4, vec![]), (6, 6, vec![1, 2, 3, 4, 5]), (3, 6, vec![])] {
            // It knows none of them, or all.
            let known: Vec<_> = if complete_from == 0 { latest.rejections.newest().cloned().collect() } else { Vec::new() };
            let snapshot = Snapshot { erased_before, rejections: Rejections::kept(known, complete_from), ..latest.clone() };
            let found = fixture.log.needless_rejects(&listed, &snapshot, far).await.unwrap();
            let mut found: Vec<usize> = found
                .iter()
                .filter_map(|object| ids.iter().position(|id| object.location == layout::rejects(&Path::from("acme/orders"), id)).map(|place| place + 1))
                .collect();
            found.sort_unstable();
            assert_eq!(found, needless, "{erased_before} {complete_from}");
        }
        // Told of by the next checkpoint too.
        latest.rejections = Rejections::kept(Vec::new(), 4);
        let checkpoint = Checkpoint { snapshot: latest, tombstones: Vec::new(), entry: String::new() };
        let read = Checkpoint::decode(checkpoint.encode().unwrap().bytes.into()).unwrap();
        assert_eq!(read.snapshot.rejections.complete_from(), 4);
    }

    #[tokio::test]
    async fn what_nobody_named_goes_after_a_day_unless_a_load_runs() {
        let fixture = Fixture::new().await;
        let day = 24 * 60 + 5;
        let load = fixture.log.begin_load(fixture.start).await;
        assert_eq!(fixture.sweep_after(day).await, 5);
        drop(load);
        assert_eq!(fixture.sweep_after(day).await, 1);
        assert_eq!(fixture.left().await, [4, 6, 8]);
        // Long after, when the log entries are not read any more, nothing else goes.
        assert_eq!(fixture.sweep_after(10 * day).await, 0);
        let all: Vec<ObjectMeta> = fixture.store.list(None).try_collect().await.unwrap();
        assert_eq!(all.len(), 3 + 4 + 3);
    }

    #[tokio::test]
    async fn what_was_taken_out_goes_however_late_and_whatever_load_runs() {
        let days = 24 * 60;
        for cleaned in [false, true] {
            let fixture = Fixture::new().await;
            if cleaned {
                let now = fixture.start + TimeDelta::hours(3);
                fixture.log.write_checkpoint(TimeDelta::days(7), now).await.unwrap();
                // Of the entries only the last is left, and what the others took out stands in the checkpoint.
                assert!(fixture.log.clean_log(TimeDelta::zero(), now).await.unwrap() >= 2);
            }
            let load = fixture.log.begin_load(fixture.start).await;
            assert_eq!(fixture.sweep_after(10 * days).await, 5, "{cleaned}");
            assert_eq!(fixture.left().await, [4, 6, 7, 8], "{cleaned}");
            drop(load);
        }
    }

    #[tokio::test]
    async fn a_load_keeps_only_what_was_written_since_it_began() {
        let days = 24 * 60;
        let fixture = Fixture::new().await;
        let (early, late) = (fixture.log.begin_load(fixture.start).await, fixture.log.begin_load(fixture.start + TimeDelta::days(2)).await);
        fixture.sweep_after(10 * days).await;
        assert_eq!(fixture.left().await, [4, 6, 7, 8]);
        drop(early);
        // Nobody has named 7, and the load that still runs began long after it was written.
        assert_eq!(fixture.sweep_after(10 * days).await, 1);
        assert_eq!(fixture.left().await, [4, 6, 8]);
        drop(late);
    }

    #[tokio::test]
    async fn a_load_that_lets_deletions_pass_keeps_what_it_wrote() {
        let fixture = Fixture::new().await;
        let day = 24 * 60 + 5;
        let mut load = fixture.log.begin_load(fixture.start).await;
        assert!(fixture.log.loading.try_write().is_err());
        load.let_deletions_pass();
        assert!(fixture.log.loading.try_write().is_ok());
        assert_eq!(fixture.sweep_after(day).await, 5);
        drop(load);
        assert_eq!(fixture.sweep_after(day).await, 1);
    }

    #[tokio::test]
    async fn nothing_goes_where_an_entry_is_missing_between_others() {
        let fixture = Fixture::new().await;
        // It has all in memory, so that it finds out on its way back.
        fixture.log.snapshot().await.unwrap();
        fixture.store.delete(&layout::log_entry(&Path::from("acme/orders"), 1)).await.unwrap();
        let kept = Kept { versions: TimeDelta::zero(), running: TimeDelta::hours(1), now: fixture.start + TimeDelta::days(10) };
        assert_eq!(fixture.log.sweep(kept).await.unwrap_err().kind(), crate::ErrorKind::Corrupt);
        assert_eq!(fixture.left().await, [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[tokio::test]
    async fn what_a_version_that_is_kept_needs_stays_unless_it_was_erased() {
        let mut fixture = Fixture::new().await;
        fixture.versions_kept = TimeDelta::days(2);
        assert_eq!(fixture.sweep_after(120).await, 0);
        // 1 and 2 were merged into 5, and that was merged once more.
        let erasure =
            Entry { removed: vec![name(6)], added: vec![segment(9)], rewrite: Some(Rewrite::Erasure), committed_at: fixture.start + TimeDelta::hours(3), ..Entry::default() };
        fixture.store.put(&Path::from(format!("acme/orders/{}", name(9))), "x".into()).await.unwrap();
        fixture.log.commit(erasure).await.unwrap();
        assert_eq!(fixture.sweep_after(239).await, 0);
        // With the stored partial of 1.
        assert_eq!(fixture.sweep_after(240).await, 6);
        assert_eq!(fixture.left().await, [4, 7, 8, 9]);
    }
}
