//! An engine's way to the storage of its machine: each call is a step that may be the last one, or fail.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path as FilePath;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};
use tidemill::clock::Clock;
use tidemill::storage::{Disk, DurableLocalStore, Reason};
use tidemill::{Engine, EngineBuilder};

use crate::machine::{Fault, Machine, Storage};

/// One process of a machine.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub machine: Arc<Machine>,
    pub number: usize,
}

fn broken() -> std::io::Error {
    std::io::Error::other("input/output error")
}

fn lost() -> Error {
    Error::Generic { store: "simulated", source: "the connection was lost".into() }
}

fn not_found(location: &Path) -> Error {
    Error::NotFound { path: location.to_string(), source: "no such object".into() }
}

impl Node {
    /// A process over the storage of a machine, and the builder of an engine in it.
    pub(crate) fn start(machine: &Arc<Machine>) -> (Self, EngineBuilder) {
        let node = Self { machine: Arc::clone(machine), number: machine.start() };
        let shared = Arc::new(node.clone());
        let on_disk = matches!(machine.lock().storage, Storage::Disk(_));
        let builder = Engine::builder();
        let builder =
            if on_disk { builder.local_store(Arc::new(DurableLocalStore::simulated(Arc::clone(&shared) as Arc<dyn Disk>, shared))) } else { builder.object_store(shared) };
        (node, builder)
    }

    async fn step(&self, what: &str, name: &str) -> Option<Fault> {
        self.machine.step(self.number, what, name).await
    }

    async fn disk_step(&self, what: &str, path: &FilePath) -> Option<Fault> {
        self.step(what, &path.display().to_string()).await
    }

    /// Does something to the tree.
    fn tree<T>(&self, work: impl FnOnce(&mut crate::tree::Tree) -> T) -> T {
        match &mut self.machine.lock().storage {
            Storage::Disk(tree) => work(tree),
            Storage::Bucket(_) => panic!("a bucket has no files"),
        }
    }

    fn read(&self, location: &Path) -> Option<(Bytes, DateTime<Utc>)> {
        match &self.machine.lock().storage {
            Storage::Disk(tree) => tree.read(FilePath::new(location.as_ref())),
            Storage::Bucket(bucket) => bucket.objects.get(location.as_ref()).cloned(),
        }
    }

    fn objects(&self, prefix: Option<&Path>) -> Vec<ObjectMeta> {
        let prefix = prefix.map(AsRef::as_ref).unwrap_or_default();
        let found: Vec<(String, u64, DateTime<Utc>)> = match &self.machine.lock().storage {
            Storage::Disk(tree) => tree.list(FilePath::new(prefix)),
            Storage::Bucket(bucket) => {
                let below = |name: &&String| prefix.is_empty() || name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
                let names = bucket.objects.iter().filter(|(name, _)| below(name));
                names.map(|(name, (content, at))| (name.clone(), content.len() as u64, *at)).collect()
            }
        };
        found
            .into_iter()
            .map(|(name, size, last_modified)| ObjectMeta { location: Path::from(name), last_modified, size, e_tag: None, version: None })
            .collect()
    }

    /// The names of all objects that are stored.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.objects(None).into_iter().map(|object| object.location.to_string()).collect()
    }

    /// Segments that are stored below a prefix.
    pub(crate) fn segments(&self, prefix: &str) -> usize {
        let objects = self.objects(Some(&Path::from(prefix)));
        objects.iter().filter(|object| object.location.extension() == Some("parquet") && !object.location.as_ref().contains("_delta_log")).count()
    }

    async fn listed(&self, prefix: Option<Path>) -> Result<Vec<ObjectMeta>> {
        match self.step("list", prefix.as_ref().map(AsRef::as_ref).unwrap_or_default()).await {
            Some(_) => Err(lost()),
            None => Ok(self.objects(prefix.as_ref())),
        }
    }
}

#[async_trait]
impl Disk for Node {
    async fn create(&self, file: &FilePath, content: &PutPayload) -> std::io::Result<()> {
        let fault = self.disk_step("create", file).await;
        let (content, now) = (Bytes::from(content.clone()), self.machine.clock.now());
        let full = self.machine.lock().is_full();
        if full || fault.is_some() {
            // As much as there was room for, until it is removed, of which the disk may not know.
            let half = content.slice(..content.len() / 2);
            self.tree(|tree| tree.create(file, half, now).and_then(|()| tree.remove(file)))?;
            return Err(if full { std::io::Error::from(std::io::ErrorKind::StorageFull) } else { broken() });
        }
        self.tree(|tree| tree.create(file, content, now))
    }

    async fn link(&self, from: &FilePath, to: &FilePath) -> std::io::Result<()> {
        match self.disk_step("link", to).await {
            Some(_) => Err(broken()),
            None => self.tree(|tree| tree.link(from, to)),
        }
    }

    async fn rename(&self, from: &FilePath, to: &FilePath) -> std::io::Result<()> {
        match self.disk_step("rename", to).await {
            Some(_) => Err(broken()),
            None => self.tree(|tree| tree.rename(from, to)),
        }
    }

    async fn remove(&self, file: &FilePath) -> std::io::Result<()> {
        match self.disk_step("remove", file).await {
            Some(_) => Err(broken()),
            None => self.tree(|tree| tree.remove(file)),
        }
    }

    async fn create_folder(&self, folder: &FilePath) -> std::io::Result<()> {
        match self.disk_step("create folder", folder).await {
            Some(_) => Err(broken()),
            None => self.tree(|tree| tree.create_folder(folder)),
        }
    }

    async fn sync(&self, path: &FilePath, reason: Reason) -> std::io::Result<()> {
        let fault = self.disk_step("sync", path).await;
        if fault.is_some() {
            self.tree(|tree| tree.spoil(path));
            return Err(broken());
        }
        if self.machine.lock().omitted == Some(reason) {
            return Ok(());
        }
        self.tree(|tree| tree.sync(path))
    }

    // Whatever is seen is seen in a step.
    fn lacks(&self, _: &FilePath) -> bool {
        false
    }

    fn drive(&self, work: BoxFuture<'static, Result<()>>) -> BoxFuture<'static, Result<()>> {
        work
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.number)
    }
}

#[async_trait]
impl ObjectStore for Node {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let fault = self.step("put", location.as_ref()).await;
        let (content, create, now) = (Bytes::from(payload), opts.mode == PutMode::Create, self.machine.clock.now());
        let mut state = self.machine.lock();
        let (delay, full) = (state.steps + 1 + state.dice.below(20) as u64, state.is_full());
        let Storage::Bucket(bucket) = &mut state.storage else { panic!("what is on a disk is written as files") };
        if full || fault == Some(Fault::Before) {
            return Err(lost());
        }
        if fault == Some(Fault::Late) {
            bucket.put_later(delay, location.as_ref(), content, create);
            return Err(lost());
        }
        let done = bucket.put(location.as_ref(), content, create, now);
        match fault {
            Some(_) => Err(lost()),
            None if done => Ok(PutResult { e_tag: None, version: None }),
            None => Err(Error::AlreadyExists { path: location.to_string(), source: "there is such an object".into() }),
        }
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(Error::NotImplemented { operation: "upload in parts".to_owned(), implementer: self.to_string() })
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if self.step("get", location.as_ref()).await.is_some() {
            return Err(lost());
        }
        let (content, last_modified) = self.read(location).ok_or_else(|| not_found(location))?;
        let size = content.len() as u64;
        let range = match &options.range {
            Some(range) => range.as_range(size).map_err(|error| Error::Generic { store: "simulated", source: Box::new(error) })?,
            None => 0..size,
        };
        let part = content.slice(usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap());
        let payload = GetResultPayload::Stream(stream::once(async move { Ok(part) }).boxed());
        let meta = ObjectMeta { location: location.clone(), last_modified, size, e_tag: None, version: None };
        Ok(GetResult { payload, meta, range, attributes: Default::default() })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let node = self.clone();
        let deleted = locations.and_then(move |location| {
            let node = node.clone();
            async move {
                let fault = node.step("delete", location.as_ref()).await;
                let mut state = node.machine.lock();
                let Storage::Bucket(bucket) = &mut state.storage else { panic!("what is on a disk is removed as files") };
                let found = fault != Some(Fault::Before) && bucket.objects.remove(location.as_ref()).is_some();
                match fault {
                    Some(_) => Err(lost()),
                    None if found => Ok(location),
                    None => Err(not_found(&location)),
                }
            }
        });
        deleted.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (node, prefix) = (self.clone(), prefix.cloned());
        stream::once(async move { node.listed(prefix).await.map(|found| stream::iter(found.into_iter().map(Ok))) }).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let (mut objects, mut common_prefixes) = (Vec::new(), Vec::new());
        let depth = prefix.map_or(0, |prefix| prefix.parts().count());
        for object in self.listed(prefix.cloned()).await? {
            let mut parts = object.location.parts();
            let first: Vec<_> = parts.by_ref().take(depth + 1).collect();
            if parts.next().is_none() {
                objects.push(object);
            } else {
                let folder = Path::from_iter(first);
                if common_prefixes.last() != Some(&folder) {
                    common_prefixes.push(folder);
                }
            }
        }
        Ok(ListResult { common_prefixes, objects })
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(Error::NotImplemented { operation: "copy".to_owned(), implementer: self.to_string() })
    }
}
