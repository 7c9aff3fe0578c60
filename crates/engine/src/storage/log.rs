//! The log of a dataset, followed incrementally: what each version consists of. Reading it never lists anything on the
//! query path; the next entry is asked for by name, so that commits of other processes appear too.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, RwLock};

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::entry::{Entry, LoadRecord, Metadata};
use super::layout;
use super::segment::Segment;
use crate::error::{Error, Result};

/// Log entries read at the same time when a dataset is opened.
const OPEN_CONCURRENCY: usize = 16;

/// Loads that a snapshot remembers for people to see.
const RECENT_LOADS: usize = 20;

/// A dataset at one version. Cheap to clone by `Arc`, never changed.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub version: u64,
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
    pub keys: Arc<HashMap<String, (u64, LoadRecord)>>,
}

impl Snapshot {
    fn first(entry: Entry) -> Result<Self> {
        let metadata = entry.metadata.clone().ok_or_else(|| Error::corrupt("the first entry of the log has no metadata"))?;
        let empty = Self {
            version: 0,
            arrow: metadata.schema.arrow(),
            metadata: Arc::new(metadata),
            segments: Vec::new(),
            rows: 0,
            bytes: 0,
            updated_at: entry.committed_at,
            time_range: None,
            recent_loads: Vec::new(),
            keys: Arc::default(),
        };
        empty.extended(0, entry)
    }

    /// The snapshot after one more entry.
    pub(crate) fn extended(mut self, version: u64, entry: Entry) -> Result<Self> {
        if let Some(metadata) = entry.metadata {
            self.arrow = metadata.schema.arrow();
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
        if let Some(load) = entry.load {
            if let Some(key) = &load.idempotency_key {
                Arc::make_mut(&mut self.keys).insert(key.clone(), (version, load.clone()));
            }
            self.recent_loads.insert(0, (version, entry.committed_at, load));
            self.recent_loads.truncate(RECENT_LOADS);
        }
        self.version = version;
        self.updated_at = entry.committed_at;
        Ok(self)
    }

    /// Takes segments out and puts others in. What has a place takes it: the order of segments is the order in which
    /// sums of floats are merged and runs of partials begin and end, so a rewrite must not move what it does not touch.
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

    fn widen(&mut self, segment: &Segment) {
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
    /// Held for reading by each load: while one runs, segments that no version names may be its own.
    pub(crate) loading: tokio::sync::RwLock<()>,
    refreshing: tokio::sync::Mutex<()>,
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
            refreshing: tokio::sync::Mutex::default(),
        }
    }

    /// Prefix of the dataset in the store.
    pub(crate) fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// The latest version, with whatever other processes have committed. `None`: there is no such dataset.
    pub(crate) async fn snapshot(&self) -> Result<Option<Arc<Snapshot>>> {
        let _one_at_a_time = self.refreshing.lock().await;
        let mut snapshot = self.known();
        if snapshot.is_none() {
            snapshot = self.open().await?;
        }
        let Some(mut snapshot) = snapshot else { return Ok(None) };
        while let Some(entry) = self.read(snapshot.version + 1, Some(&snapshot)).await? {
            let version = snapshot.version + 1;
            snapshot = Arc::new(Snapshot::clone(&snapshot).extended(version, entry)?);
        }
        self.publish(&snapshot);
        Ok((!snapshot.metadata.dropped).then_some(snapshot))
    }

    pub(super) fn known(&self) -> Option<Arc<Snapshot>> {
        self.latest.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Makes a snapshot the latest, unless a newer one is there.
    pub(super) fn publish(&self, snapshot: &Arc<Snapshot>) {
        let mut latest = self.latest.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if latest.as_ref().is_none_or(|known| known.version < snapshot.version) {
            *latest = Some(Arc::clone(snapshot));
        }
    }

    /// Forgets what was read, after the dataset was deleted.
    pub(super) fn forget(&self) {
        *self.latest.write().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }

    /// The entry of a version. `before` is any snapshot with the schema in force before it.
    pub(super) async fn read(&self, version: u64, before: Option<&Snapshot>) -> Result<Option<Entry>> {
        match self.read_bytes(version).await? {
            Some(bytes) => decode(&bytes, version, before).map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn read_bytes(&self, version: u64) -> Result<Option<bytes::Bytes>> {
        match self.store.get(&layout::log_entry(&self.prefix, version)).await {
            Ok(object) => Ok(Some(object.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::from(error).context("read log entry")),
        }
    }

    /// Reads the whole log once: the list says how far it goes, the entries come in parallel.
    async fn open(&self) -> Result<Option<Arc<Snapshot>>> {
        let listed: Vec<u64> = self
            .store
            .list(Some(&layout::log_folder(&self.prefix)))
            .try_filter_map(|object| async move { Ok(layout::version_of(&object.location)) })
            .try_collect()
            .await?;
        let Some(last) = listed.iter().max().copied() else { return Ok(None) };
        if listed.len() as u64 != last + 1 {
            // A deletion that did not end leaves the end of a log; deletion goes from the oldest entry to the newest.
            return match self.read_bytes(last).await? {
                Some(bytes) if String::from_utf8_lossy(&bytes).contains("tidemill.dropped") => Ok(None),
                _ => Err(Error::corrupt(format!("log of {} has {} of {} entries", self.prefix, listed.len(), last + 1))),
            };
        }
        let mut entries = futures::stream::iter(0..=last)
            .map(|version| async move { Ok::<_, Error>((version, self.read_bytes(version).await?)) })
            .buffered(OPEN_CONCURRENCY);
        let mut snapshot: Option<Snapshot> = None;
        while let Some((version, bytes)) = entries.try_next().await? {
            let bytes = bytes.ok_or_else(|| Error::corrupt(format!("log entry {version} of {} is missing", self.prefix)))?;
            let entry = decode(&bytes, version, snapshot.as_ref())?;
            snapshot = Some(match snapshot {
                None => Snapshot::first(entry)?,
                Some(snapshot) => snapshot.extended(version, entry)?,
            });
        }
        Ok(snapshot.map(Arc::new))
    }
}

pub(super) fn first_snapshot(entry: Entry) -> Result<Snapshot> {
    Snapshot::first(entry)
}

fn decode(bytes: &[u8], version: u64, before: Option<&Snapshot>) -> Result<Entry> {
    Entry::decode(bytes, before.map(|snapshot| &snapshot.metadata.schema)).map_err(|error| error.context(format!("version {version}")))
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
        let metadata =
            Metadata { id: "id".into(), label: "Orders".into(), schema: DatasetSchema::new(columns, None).unwrap(), chunk: None, created_at: DateTime::UNIX_EPOCH, dropped: false };
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
