//! The log of a dataset, followed incrementally: what each version consists of. Reading it never lists anything on the
//! query path; the next entry is asked for by name, so that commits of other processes appear too.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::checked_text;
use super::entry::{Entry, LoadRecord, Metadata, Rewrite};
use super::history::Past;
use super::keys::Keys;
use super::layout;
use super::positions::Positions;
use super::rejections::{Rejection, Rejections};
use super::segment::Segment;
use crate::error::{Error, Result};

/// How long the log is taken for the same one without a look at the entry of the version that is known.
const BELIEVED: Duration = Duration::from_secs(5);
/// Times that a log is opened because another has come in its place.
const REOPENINGS: usize = 4;

/// Loads that a snapshot remembers for people to see.
const RECENT_LOADS: usize = 20;

/// A dataset at one version. Cheap to clone by `Arc`, never changed.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub version: u64,
    /// Id of the commit that made it, where this engine or one like it has written it.
    pub commit_id: Option<String>,
    pub metadata: Arc<Metadata>,
    pub arrow: SchemaRef,
    pub segments: Vec<Arc<Segment>>,
    pub rows: u64,
    pub bytes: u64,
    pub updated_at: DateTime<Utc>,
    /// First and last instant of the time column.
    pub time_range: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The latest loads, newest first, with their versions.
    pub recent_loads: Vec<(u64, DateTime<Utc>, LoadRecord)>,
    /// Loads by idempotency key.
    pub keys: Keys,
    /// Loads that rejected rows.
    pub rejections: Rejections,
    /// How far each source has been loaded.
    pub positions: Positions,
    /// The latest load that has a profile.
    pub profiled: Option<String>,
    /// Versions before this one may hold rows that were erased: nobody reads them any more.
    pub erased_before: u64,
    /// Rows before this instant went, because they were older than the dataset keeps rows.
    pub retained_from: Option<DateTime<Utc>>,
}

impl Snapshot {
    /// The snapshot of the first entry.
    pub(super) fn first(entry: Entry) -> Result<Self> {
        let metadata = entry.metadata.clone().ok_or_else(|| Error::corrupt("the first entry of the log has no metadata"))?;
        let empty = Self {
            version: 0,
            commit_id: None,
            arrow: metadata.schema.arrow(),
            metadata: Arc::new(metadata),
            segments: Vec::new(),
            rows: 0,
            bytes: 0,
            updated_at: entry.committed_at,
            time_range: None,
            recent_loads: Vec::new(),
            keys: Keys::default(),
            rejections: Rejections::default(),
            positions: Positions::default(),
            profiled: None,
            erased_before: 0,
            retained_from: None,
        };
        empty.extended(0, entry)
    }

    /// The snapshot after one more entry.
    pub(crate) fn extended(mut self, version: u64, entry: Entry) -> Result<Self> {
        if let Some(metadata) = entry.metadata {
            // What is compiled for columns is kept by this very schema.
            if metadata.schema != self.metadata.schema {
                self.arrow = metadata.schema.arrow();
            }
            self.metadata = Arc::new(metadata);
        }
        if entry.removed.is_empty() {
            for segment in entry.added {
                self.rows += segment.rows;
                self.bytes += segment.bytes;
                self.widen(&segment);
                self.segments.push(Arc::new(segment));
            }
        } else {
            self.replace(&entry.removed, entry.added, &entry.places);
        }
        self.keys.pass(entry.committed_at - self.updated_at, self.metadata.settings.days_of_keys());
        for load in entry.loads {
            self.keys.remember(version, &load, entry.committed_at);
            self.rejections.note(version, &load);
            self.positions.remember(version, &load);
            if load.profiled {
                self.profiled = Some(load.load_id.clone());
            }
            self.recent_loads.insert(0, (version, entry.committed_at, load));
            self.recent_loads.truncate(RECENT_LOADS);
        }
        if entry.rewrite == Some(Rewrite::Erasure) {
            self.erased_before = version;
            // Frequent values in it may be of rows that are to be forgotten.
            self.profiled = None;
        }
        self.retained_from = self.retained_from.max(entry.retained_from);
        self.version = version;
        self.commit_id = entry.commit_id;
        self.updated_at = entry.committed_at;
        Ok(self)
    }

    /// Loads whose rejected rows are kept, from the newest: those whose versions the log has, which begins at `first_entry`, and the
    /// latest ones; none from before an erasure.
    pub(crate) fn kept_rejections(&self, first_entry: u64) -> impl Iterator<Item = &Rejection> {
        let recent = self.recent_loads.iter().map(|(version, ..)| *version).min().unwrap_or(first_entry);
        self.rejections
            .newest()
            .filter(move |load| load.version >= first_entry.min(recent) && (self.erased_before == 0 || load.version > self.erased_before))
    }

    /// Takes segments out and puts others in. What has a place takes it: runs of partials begin and end by the
    /// order of segments, so a rewrite must not move what it does not touch.
    fn replace(&mut self, removed: &[String], added: Vec<Segment>, places: &HashMap<String, String>) {
        let removed: HashSet<&str> = removed.iter().map(String::as_str).collect();
        let mut placed: BTreeMap<&str, Vec<Arc<Segment>>> = BTreeMap::new();
        let mut last = Vec::new();
        for segment in added.into_iter().map(Arc::new) {
            match places.get(&segment.path) {
                Some(place) => placed.entry(place).or_default().push(segment),
                None => last.push(segment),
            }
        }
        let mut segments = Vec::with_capacity(self.segments.len());
        for segment in std::mem::take(&mut self.segments) {
            segments.extend(placed.remove(segment.path.as_str()).into_iter().flatten());
            if !removed.contains(segment.path.as_str()) {
                segments.push(segment);
            }
        }
        segments.extend(placed.into_values().flatten().chain(last));
        self.rows = segments.iter().map(|segment| segment.rows).sum();
        self.bytes = segments.iter().map(|segment| segment.bytes).sum();
        self.time_range = None;
        segments.iter().for_each(|segment| self.widen(segment));
        self.segments = segments;
    }

    pub(super) fn widen(&mut self, segment: &Segment) {
        let Some(column) = &self.metadata.schema.time_column else { return };
        let Some((from, to)) = segment.time_range(&self.arrow, column) else { return };
        self.time_range = Some(self.time_range.map_or((from, to), |(first, last)| (first.min(from), last.max(to))));
    }
}

/// The log of one dataset and the latest snapshot that was read from it.
#[derive(Debug)]
pub(crate) struct DatasetLog {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) prefix: Path,
    pub(super) latest: RwLock<Option<Arc<Snapshot>>>,
    /// One commit of this process at a time; others wait here instead of racing for a version.
    pub(super) committing: tokio::sync::Mutex<()>,
    /// One rewrite of this process at a time: two of them would read the same segments and one would have to give way.
    pub(crate) rewriting: tokio::sync::Mutex<()>,
    /// Held for reading by each load, so that a deletion waits for it.
    pub(super) loading: tokio::sync::RwLock<()>,
    /// When the loads that hold it began, by number: segments that no version names and that were written since may be theirs.
    loads: Mutex<BTreeMap<u64, DateTime<Utc>>>,
    /// Held by who commits rows with unique keys, from the look at what is there to the commit.
    pub(crate) keying: tokio::sync::Mutex<()>,
    /// Held for reading while a load commits, and for writing while a load finds out what it replaces: what comes in
    /// between would make it look again and again. A load that decodes for a long time holds up nobody.
    pub(crate) appending: tokio::sync::RwLock<()>,
    /// Held by who looks into the store for all that wait meanwhile.
    refreshing: tokio::sync::Mutex<Looks>,
    /// How many looks into the store have begun.
    looks: AtomicU64,
    /// What was read of older versions.
    pub(super) past: Mutex<Past>,
}

/// A load that is under way in this process.
#[derive(Debug)]
pub(crate) struct Loading<'a> {
    log: &'a DatasetLog,
    number: u64,
    /// For as long as a deletion waits for it.
    turn: Option<tokio::sync::RwLockReadGuard<'a, ()>>,
}

impl Loading<'_> {
    /// From now on a deletion does not wait for it; what it has written is still taken for no leftover.
    pub(crate) fn let_deletions_pass(&mut self) {
        drop(self.turn.take());
    }
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        self.log.loads.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

/// The last looks into the store that came to an end, by their numbers. Whoever asked before a look began takes what it found:
/// many that ask at once wait for one look or two, and not each for those of all before it.
#[derive(Debug, Default)]
struct Looks {
    /// The last one.
    last: u64,
    /// The last one that has read the entry of the version that was known.
    certain: u64,
    /// When that was.
    read_at: Option<Instant>,
    /// What the last one has found. What is published may be of a log that was gone by then: a commit ends at any time.
    found: Option<Arc<Snapshot>>,
}

impl DatasetLog {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, prefix: Path) -> Self {
        Self {
            store,
            prefix,
            latest: RwLock::new(None),
            committing: tokio::sync::Mutex::default(),
            rewriting: tokio::sync::Mutex::default(),
            loading: tokio::sync::RwLock::default(),
            loads: Mutex::default(),
            keying: tokio::sync::Mutex::default(),
            appending: tokio::sync::RwLock::default(),
            refreshing: tokio::sync::Mutex::default(),
            looks: AtomicU64::default(),
            past: Mutex::default(),
        }
    }

    /// Begins to load: from now on a deletion waits, and what is written is taken for no leftover, until what this gives is dropped.
    pub(crate) async fn begin_load(&self, now: DateTime<Utc>) -> Loading<'_> {
        let turn = self.loading.read().await;
        let mut loads = self.loads.lock().unwrap_or_else(PoisonError::into_inner);
        let number = loads.last_key_value().map_or(0, |(last, _)| last + 1);
        loads.insert(number, now);
        drop(loads);
        Loading { log: self, number, turn: Some(turn) }
    }

    /// When the oldest of the loads began that are under way here.
    pub(super) fn loading_since(&self) -> Option<DateTime<Utc>> {
        self.loads.lock().unwrap_or_else(PoisonError::into_inner).values().min().copied()
    }

    /// Prefix of the dataset in the store.
    pub(crate) fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// The latest version, with whatever other processes have committed. `None`: there is no such dataset.
    pub(crate) async fn snapshot(&self) -> Result<Option<Arc<Snapshot>>> {
        self.refreshed(BELIEVED).await
    }

    /// The same, certainly of the log that is there now: another engine may have deleted the dataset and made it anew, or
    /// cleaned up all that was known of it. What is put behind a log that is gone would be lost.
    pub(crate) async fn certain_snapshot(&self) -> Result<Option<Arc<Snapshot>>> {
        self.refreshed(Duration::ZERO).await
    }

    /// Waits until the entry of a version is durable. Another engine, or another call here, may have put it just now and not
    /// yet be sure of it; whoever answers or removes something because of that entry promises more than he has seen.
    pub(crate) async fn rely_on(&self, version: u64) -> Result<()> {
        match self.store.head(&layout::log_entry(&self.prefix, version)).await {
            // One that was cleaned up stands behind a checkpoint that was relied on.
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::from(error).context("rely on log entry")),
        }
    }

    async fn refreshed(&self, believed: Duration) -> Result<Option<Arc<Snapshot>>> {
        let begun = self.looks.load(Ordering::SeqCst);
        let mut looks = self.refreshing.lock().await;
        let since = if believed.is_zero() { looks.certain } else { looks.last };
        if since > begun
            && let Some(found) = looks.found.clone()
        {
            let same_log = |known: &Arc<Snapshot>| known.metadata.id == found.metadata.id && known.version >= found.version;
            let newest = self.known().filter(same_log).unwrap_or(found);
            return Ok((!newest.metadata.dropped).then_some(newest));
        }
        let look = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
        let mut believed = believed;
        let mut certain = false;
        for _ in 0..REOPENINGS {
            let mut known = self.known();
            if let Some(snapshot) = &known
                && looks.read_at.is_none_or(|read_at| read_at.elapsed() >= believed)
            {
                // Entries are cleaned up from the oldest on: while this one is there, no newer one was cleaned up.
                if !self.is_still_there(snapshot).await? {
                    self.clear();
                    known = None;
                }
                (certain, looks.read_at) = (true, Some(Instant::now()));
            }
            if known.is_none() {
                known = self.open().await?;
                (certain, looks.read_at) = (true, Some(Instant::now()));
            }
            let Some(base) = known else { return Ok(None) };
            let snapshot = self.extend_to_end(Arc::clone(&base)).await?;
            // What was found may be of another log, which came in the place of that which is known.
            if snapshot.version > base.version && !self.is_still_there(&base).await? {
                self.clear();
                believed = Duration::ZERO;
                continue;
            }
            self.publish(&snapshot);
            (looks.last, looks.found) = (look, Some(Arc::clone(&snapshot)));
            if certain {
                looks.certain = look;
            }
            return Ok((!snapshot.metadata.dropped).then_some(snapshot));
        }
        Err(Error::conflict("the dataset is deleted and made anew all the time; try again"))
    }

    /// Whether the entry of a version is the one that was read or written.
    pub(super) async fn is_still_there(&self, snapshot: &Snapshot) -> Result<bool> {
        let Some(bytes) = self.read_bytes(snapshot.version).await? else { return Ok(false) };
        Ok(snapshot.commit_id.as_deref().is_none_or(|id| memchr::memmem::find(&bytes, id.as_bytes()).is_some()))
    }

    /// The latest snapshot that was read or written here.
    pub(crate) fn known(&self) -> Option<Arc<Snapshot>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a snapshot the latest, unless a newer one is there.
    pub(super) fn publish(&self, snapshot: &Arc<Snapshot>) {
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        if latest.as_ref().is_none_or(|known| known.version < snapshot.version) {
            *latest = Some(Arc::clone(snapshot));
        }
    }

    /// Forgets what was read, after the dataset was deleted.
    pub(super) async fn forget(&self) {
        // Whoever reads the log at this moment must not publish afterwards what it has read.
        let mut looks = self.refreshing.lock().await;
        looks.found = None;
        self.clear();
    }

    fn clear(&self) {
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.past.lock().unwrap_or_else(PoisonError::into_inner) = Past::default();
    }

    /// The entry of a version. `before` is any snapshot with the schema in force before it.
    pub(super) async fn read(&self, version: u64, before: Option<&Snapshot>) -> Result<Option<Entry>> {
        match self.read_bytes(version).await? {
            Some(bytes) => decode(&bytes, version, before).map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn read_bytes(&self, version: u64) -> Result<Option<bytes::Bytes>> {
        let location = layout::log_entry(&self.prefix, version);
        match self.store.get(&location).await {
            Ok(object) => {
                let bytes = object.bytes().await?;
                checked_text::check_entry(&bytes, &format_args!("log entry {location}"))?;
                Ok(Some(bytes))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::from(error).context("read log entry")),
        }
    }
}

/// Reads the entry of a version. One that was put for another table under the same name, and came when that was deleted and made anew, changes
/// nothing: it only has the number.
pub(super) fn decode(bytes: &[u8], version: u64, before: Option<&Snapshot>) -> Result<Entry> {
    let entry = Entry::decode(bytes, before.map(|snapshot| &snapshot.metadata.schema)).map_err(|error| error.context(format!("version {version}")))?;
    match before {
        Some(before) if entry.put_for.as_ref().is_some_and(|table| *table != before.metadata.id) => {
            tracing::debug!(version, "a log entry of a table that was deleted came late; it changes nothing");
            // Time never goes back in a log.
            let committed_at = if before.version < version { entry.committed_at.max(before.updated_at) } else { entry.committed_at };
            Ok(Entry { commit_id: entry.commit_id, put_for: entry.put_for, committed_at, ..Entry::default() })
        }
        _ => Ok(entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Column, ColumnType, DatasetSchema};

    fn segment(path: &str) -> Segment {
        Segment { path: path.to_owned(), rows: 10, bytes: 100, written_at: DateTime::UNIX_EPOCH, statistics: Vec::new() }
    }

    fn paths(snapshot: &Snapshot) -> Vec<&str> {
        snapshot.segments.iter().map(|segment| segment.path.as_str()).collect()
    }

    #[test]
    fn what_replaces_a_segment_takes_its_place() {
        let columns = vec![Column::new("n", ColumnType::Integer)];
        let metadata = Metadata {
            id: "id".into(),
            label: "Orders".into(),
            schema: DatasetSchema::new(columns, None).unwrap(),
            chunk: None,
            created_at: DateTime::UNIX_EPOCH,
            settings: Default::default(),
            contract: Default::default(),
            steps: None,
            dropped: false,
        };
        let added = ["a", "b", "c", "d", "e"].map(segment).to_vec();
        let first = Snapshot::first(Entry { metadata: Some(metadata), added, ..Entry::default() }).unwrap();

        let places = HashMap::from([("B".to_owned(), "b".to_owned()), ("E".to_owned(), "e".to_owned())]);
        let entry = Entry { removed: ["b", "d", "e"].map(str::to_owned).to_vec(), added: ["E", "new", "B"].map(segment).to_vec(), places, ..Entry::default() };
        let second = first.extended(1, entry).unwrap();
        assert_eq!(paths(&second), ["a", "B", "c", "E", "new"]);
        assert_eq!((second.rows, second.bytes), (50, 500));

        let third = second.extended(2, Entry { removed: vec!["c".into()], ..Entry::default() }).unwrap();
        assert_eq!(paths(&third), ["a", "B", "E", "new"]);
        assert_eq!(third.rows, 40);
    }
}
