//! What tests of the log begin with: a dataset of one column whose segments are names, and a store that is watched.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::DateTime;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result};

use super::entry::{Entry, Metadata};
use super::layout;
use super::log::{DatasetLog, Snapshot};
use super::segment::Segment;
use crate::catalog::{Column, ColumnType, DatasetSchema};

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

/// A store whose objects that are read are counted, and over which a process may sleep once.
pub(super) struct Watched {
    inner: Arc<dyn ObjectStore>,
    reads: AtomicUsize,
    sleep: Mutex<Option<Sleep>>,
}

impl Watched {
    pub(super) fn new(inner: Arc<dyn ObjectStore>, sleep: Option<Sleep>) -> Self {
        Self { inner, reads: AtomicUsize::new(0), sleep: Mutex::new(sleep) }
    }

    /// Objects that were asked for since somebody looked.
    pub(super) fn take_reads(&self) -> usize {
        self.reads.swap(0, Ordering::SeqCst)
    }

    fn falls_asleep(&self, location: &Path) -> Option<Sleep> {
        self.sleep.lock().unwrap().take_if(|sleep| sleep.over == *location)
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

#[async_trait]
impl ObjectStore for Watched {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        match self.falls_asleep(location) {
            None => self.inner.put_opts(location, payload, opts).await,
            Some(Sleep { is_done: true, meanwhile, .. }) => {
                let put = self.inner.put_opts(location, payload, opts).await;
                meanwhile.await;
                put
            }
            Some(Sleep { meanwhile, .. }) => {
                meanwhile.await;
                self.inner.put_opts(location, payload, opts).await
            }
        }
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
