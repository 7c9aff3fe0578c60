//! What tests of the log begin with: a dataset of one column whose segments are names, and who watches a store.

#[path = "../../tests/shared/watched.rs"]
mod watched;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::DateTime;
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{GetOptions, GetResult, ObjectStore, PutOptions, PutPayload, PutResult, Result};

use super::entry::{Entry, Metadata};
use super::layout;
use super::log::{DatasetLog, Snapshot};
use super::segment::Segment;
use crate::catalog::{Column, ColumnType, DatasetSchema};
pub(super) use watched::{Watch, Watched};

/// Where it lies.
pub(super) const PREFIX: &str = "acme/orders";

pub(super) fn log(store: Arc<dyn ObjectStore>) -> DatasetLog {
    DatasetLog::new(store, Path::from(PREFIX))
}

pub(super) fn metadata(id: &str) -> Metadata {
    Metadata {
        id: id.to_owned(),
        label: "Orders".into(),
        schema: DatasetSchema::new(vec![Column::new("n", ColumnType::Integer)], None).unwrap(),
        chunk: None,
        created_at: DateTime::UNIX_EPOCH,
        settings: Default::default(),
        contract: Default::default(),
        steps: None,
        dropped: false,
    }
}

pub(super) fn segment(path: &str) -> Segment {
    Segment { path: path.to_owned(), rows: 1, bytes: 1, written_at: DateTime::UNIX_EPOCH, statistics: vec![Default::default()] }
}

/// Brings one segment.
pub(super) fn append(path: &str) -> Entry {
    Entry { added: vec![segment(path)], ..Entry::default() }
}

/// Makes the dataset with one segment.
pub(super) fn creation(id: &str, path: &str) -> Entry {
    Entry { metadata: Some(metadata(id)), ..append(path) }
}

pub(super) fn paths(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.segments.iter().map(|segment| segment.path.as_str()).collect()
}

/// Where the entry of a version lies.
pub(super) fn entry(version: u64) -> Path {
    layout::log_entry(&Path::from(PREFIX), version)
}

/// A process sleeps over the put of an object while others go on.
pub(super) struct Sleep {
    pub over: Path,
    /// Whether the put is done when it falls asleep.
    pub is_done: bool,
    pub meanwhile: BoxFuture<'static, ()>,
}

/// Counts the objects that are read, and may sleep once.
#[derive(Default)]
pub(super) struct Reads {
    count: AtomicUsize,
    sleep: Mutex<Option<Sleep>>,
}

impl Reads {
    pub(super) fn with(sleep: Sleep) -> Self {
        Self { sleep: Mutex::new(Some(sleep)), ..Self::default() }
    }

    /// Objects that were asked for since somebody looked.
    pub(super) fn take_reads(&self) -> usize {
        self.count.swap(0, Ordering::SeqCst)
    }

    fn falls_asleep(&self, location: &Path) -> Option<Sleep> {
        self.sleep.lock().unwrap().take_if(|sleep| sleep.over == *location)
    }
}

impl fmt::Debug for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reads")
    }
}

#[async_trait]
impl Watch for Reads {
    async fn put(&self, store: &dyn ObjectStore, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        match self.falls_asleep(location) {
            None => store.put_opts(location, payload, options).await,
            Some(Sleep { is_done: true, meanwhile, .. }) => {
                let put = store.put_opts(location, payload, options).await;
                meanwhile.await;
                put
            }
            Some(Sleep { meanwhile, .. }) => {
                meanwhile.await;
                store.put_opts(location, payload, options).await
            }
        }
    }

    async fn get(&self, store: &dyn ObjectStore, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.count.fetch_add(1, Ordering::SeqCst);
        store.get_opts(location, options).await
    }
}
