//! A local object store whose answers can be believed: what it says is done is still done after a power cut.
//! `object_store`'s own local store does not sync, so an acknowledged write could be lost.
//!
//! ```text
//!   put     stage the bytes beside the file, sync them, give them their name, sync the folders that name it
//!           of what nobody asks for before something else names it: write the file, sync its bytes and the folders at once
//!   delete  take the name away, sync the folder, also where somebody else has taken it
//!   head    sync the folders that name the file, then say that it is there
//! ```
//! The bytes are synced before they have their name, so nobody ever sees, or builds upon, a file whose bytes may be lost; `writes` says
//! what need not wait for what.
//! A name can be seen before it is synced: by another process, or by a reader beside the put. Whoever promises something
//! because of what he has read asks with `head` first.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
    Result, UploadPart,
};

use super::disk::{Disk, Reason, SystemDisk, create_root};
use super::writes::{After, Unreferenced, Writes};

/// Folders that are remembered; then they are synced anew.
const FOLDERS_MAX: usize = 1 << 16;
/// Files that are removed at the same time.
const REMOVALS: usize = 10;
/// Names for what is staged beside one file.
const STAGED_MAX: u32 = 1_000;

/// Files below a root folder.
#[derive(Debug, Clone)]
pub struct DurableLocalStore {
    /// What reads and lists, and knows how objects are called as files.
    names: Arc<LocalFileSystem>,
    reads: Arc<dyn ObjectStore>,
    root: PathBuf,
    disk: Arc<dyn Disk>,
    /// Folders whose own names are known to be durable. Nobody removes folders.
    folders: Arc<Mutex<HashSet<PathBuf>>>,
}

impl DurableLocalStore {
    /// Opens (and creates) the root folder.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(root: impl AsRef<FilePath>) -> Result<Self> {
        Self::with_disk(root, Arc::new(SystemDisk))
    }

    /// The same with another way to write.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    #[doc(hidden)]
    pub fn with_disk(root: impl AsRef<FilePath>, disk: Arc<dyn Disk>) -> Result<Self> {
        let failed = |source: std::io::Error| object_store::Error::Generic { store: STORE, source: Box::new(source) };
        create_root(root.as_ref()).map_err(failed)?;
        let root = root.as_ref().canonicalize().map_err(failed)?;
        let names = Arc::new(LocalFileSystem::new_with_prefix(&root)?);
        Ok(Self { reads: Arc::clone(&names) as Arc<dyn ObjectStore>, names, root, disk, folders: Arc::default() })
    }

    /// Over a disk that is simulated, with who reads it.
    #[doc(hidden)]
    pub fn simulated(disk: Arc<dyn Disk>, reads: Arc<dyn ObjectStore>) -> Self {
        Self { names: Arc::new(LocalFileSystem::new()), reads, root: PathBuf::from("/"), disk, folders: Arc::default() }
    }

    /// Writes a file so that it is there as a whole or not at all, and not before others are.
    async fn write(self, location: Path, file: PathBuf, payload: PutPayload, mode: PutMode, others: Writes) -> Result<()> {
        let staging = self.on_disk(self.clone().stage_durably(file.clone(), payload));
        let (staged, others) = futures::join!(staging, others.done());
        let staged = staged?.map_err(not_written)?;
        match others {
            Ok(()) => self.on_disk(self.clone().name(location, staged, file, mode)).await?,
            Err(error) => {
                let disk = Arc::clone(&self.disk);
                let _ = self.on_disk(async move { disk.remove(&staged).await }).await;
                Err(not_written(std::io::Error::other(error)))
            }
        }
    }

    /// Stages the bytes of a file and syncs them.
    async fn stage_durably(self, file: PathBuf, payload: PutPayload) -> std::io::Result<PathBuf> {
        let staged = self.stage(&file, &payload).await?;
        if let Err(error) = self.disk.sync(&staged, Reason::Content).await {
            let _ = self.disk.remove(&staged).await;
            return Err(error);
        }
        Ok(staged)
    }

    /// Gives a staged file its name.
    async fn name(self, location: Path, staged: PathBuf, file: PathBuf, mode: PutMode) -> Result<()> {
        let creates = mode == PutMode::Create;
        let named = if creates { self.disk.link(&staged, &file).await } else { self.disk.rename(&staged, &file).await };
        if named.is_err() || creates {
            // What is left behind by a failure here takes room and nothing else.
            let _ = self.disk.remove(&staged).await;
        }
        named.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => object_store::Error::AlreadyExists { path: location.to_string(), source: Box::new(error) },
            _ => not_written(error),
        })?;
        self.sync_names(&file, Reason::Name).await.map_err(not_durable)
    }

    /// Writes a file that nobody asks for before this is answered: what is left behind by a failure takes room and nothing else.
    async fn write_unreferenced(self, location: Path, file: PathBuf, payload: PutPayload) -> Result<()> {
        let (store, named, bytes) = (self.clone(), file.clone(), payload.clone());
        match self.on_disk(async move { store.create(&named, &bytes).await }).await? {
            Ok(()) => {}
            // Somebody wrote it before: it is replaced as a whole.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return self.write(location, file, payload, PutMode::Overwrite, Writes::default()).await,
            Err(error) => return Err(not_written(error)),
        }
        let (content, names) = ((self.clone(), file.clone()), (self.clone(), file));
        let content = self.on_disk(async move {
            let (store, file) = content;
            let synced = store.disk.sync(&file, Reason::Content).await;
            if synced.is_err() {
                let _ = store.disk.remove(&file).await;
            }
            synced.map_err(not_written)
        });
        let names = self.on_disk(async move { names.0.sync_names(&names.1, Reason::Name).await.map_err(not_durable) });
        let (content, names) = futures::join!(content, names);
        content?.and(names?)
    }

    /// Lets the disk do something where it holds nobody up, and takes what comes of it. Nothing that is done there waits for something else
    /// that is done there: there are only so many threads for it.
    async fn on_disk<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T> {
        let (tell, told) = tokio::sync::oneshot::channel();
        self.disk.drive(work.map(|found| tell.send(found).or(Ok(()))).boxed()).await?;
        told.await.map_err(|error| object_store::Error::Generic { store: STORE, source: Box::new(error) })
    }

    /// Writes a new file, and makes its folders where they are missing.
    async fn create(&self, file: &FilePath, payload: &PutPayload) -> std::io::Result<()> {
        match self.disk.create(file, payload).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.create_folders(file.parent()).await?;
                self.disk.create(file, payload).await
            }
            created => created,
        }
    }

    /// Writes the bytes under a name that nobody asks for, in the folder of the file, so that they need not be copied.
    async fn stage(&self, file: &FilePath, payload: &PutPayload) -> std::io::Result<PathBuf> {
        let mut last = None;
        for number in 1..=STAGED_MAX {
            // The names that `object_store` keeps for this: they are never listed.
            let mut staged = file.as_os_str().to_owned();
            staged.push(format!("#{number}"));
            let staged = PathBuf::from(staged);
            match self.create(&staged, payload).await {
                Ok(()) => return Ok(staged),
                // Somebody else's, or left behind by a process that was killed.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| std::io::Error::other("nothing was tried")))
    }

    /// Makes a folder and those above it that are missing.
    async fn create_folders(&self, folder: Option<&FilePath>) -> std::io::Result<()> {
        let mut missing = Vec::new();
        let mut next = folder;
        while let Some(folder) = next {
            match self.disk.create_folder(folder).await {
                Ok(()) => break,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => break,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder != self.root => missing.push(folder),
                Err(error) => return Err(error),
            }
            next = folder.parent();
        }
        for folder in missing.into_iter().rev() {
            match self.disk.create_folder(folder).await {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Syncs the folder of a file, and the folders above as long as they are new: a new folder is durable once its parent
    /// is synced, and stays so.
    async fn sync_names(&self, file: &FilePath, reason: Reason) -> std::io::Result<()> {
        let known = |path: &FilePath| self.folders.lock().unwrap_or_else(PoisonError::into_inner).contains(path);
        let mut synced = Vec::new();
        let mut folder = file.parent();
        while let Some(path) = folder {
            self.disk.sync(path, if synced.is_empty() { reason } else { Reason::Parent }).await?;
            if path == self.root || known(path) {
                break;
            }
            synced.push(path.to_owned());
            folder = path.parent();
        }
        let mut known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > FOLDERS_MAX {
            known.clear();
        }
        known.extend(synced);
        Ok(())
    }

    async fn remove(self, location: Path, file: PathBuf) -> Result<()> {
        let removed = self.disk.remove(&file).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => object_store::Error::NotFound { path: location.to_string(), source: Box::new(error) },
            _ => not_written(error),
        });
        // Somebody else may have removed it a moment ago: whoever takes that for done relies on it.
        if let (Ok(()) | Err(object_store::Error::NotFound { .. }), Some(folder)) = (&removed, file.parent()) {
            match self.disk.sync(folder, Reason::Removal).await {
                // Where there is no folder there is no name.
                Err(error) if removed.is_err() && error.kind() == std::io::ErrorKind::NotFound => {}
                synced => synced.map_err(not_durable)?,
            }
        }
        removed
    }

    /// Lets the disk do something to its end, on a task of its own: a caller that goes away in between must not leave an
    /// object that is there and not durable.
    async fn drive(&self, work: BoxFuture<'static, Result<()>>) -> Result<()> {
        finished(tokio::spawn(self.disk.drive(work)).await)
    }

    async fn make_durable(&self, location: &Path) -> Result<()> {
        let (store, file) = (self.clone(), self.names.path_to_filesystem(location)?);
        self.drive(
            async move {
                store.disk.sync(&file, Reason::Content).await.map_err(not_durable)?;
                store.sync_names(&file, Reason::Name).await.map_err(not_durable)
            }
            .boxed(),
        )
        .await
    }
}

const STORE: &str = "local";

/// What a task of its own has come to.
fn finished(ended: std::result::Result<Result<()>, tokio::task::JoinError>) -> Result<()> {
    ended.map_err(|error| object_store::Error::Generic { store: STORE, source: Box::new(error) })?
}

/// A write that was not done: there is nothing of it to be seen, now or later.
#[derive(Debug, thiserror::Error)]
#[error("nothing was written: {0}")]
pub(crate) struct NotWritten(#[source] std::io::Error);

/// A write that was done but could not be synced: others see it, and a power cut may take it back.
#[derive(Debug, thiserror::Error)]
#[error("the write could not be made durable: {0}")]
pub(crate) struct NotDurable(#[source] std::io::Error);

fn not_written(error: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: STORE, source: Box::new(NotWritten(error)) }
}

fn not_durable(error: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: STORE, source: Box::new(NotDurable(error)) }
}

impl fmt::Display for DurableLocalStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DurableLocalStore({})", self.root.display())
    }
}

#[async_trait]
impl ObjectStore for DurableLocalStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        if matches!(opts.mode, PutMode::Update(_)) || !opts.attributes.is_empty() {
            return Err(object_store::Error::NotImplemented { operation: "a put that updates, or has attributes".to_owned(), implementer: self.to_string() });
        }
        let file = self.names.path_to_filesystem(location)?;
        let (store, location) = (self.clone(), location.clone());
        let work = if opts.mode == PutMode::Overwrite && opts.extensions.get::<Unreferenced>().is_some() {
            store.write_unreferenced(location, file, payload).boxed()
        } else {
            let others = opts.extensions.get::<After>().map(|after| after.0.clone()).unwrap_or_default();
            store.write(location, file, payload, opts.mode, others).boxed()
        };
        finished(tokio::spawn(work).await)?;
        Ok(PutResult { e_tag: None, version: None })
    }

    // The engine never uploads in parts; the bytes of one that completes have their name before they are synced.
    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.reads.put_multipart_opts(location, opts).await?;
        Ok(Box::new(DurableUpload { upload, store: self.clone(), location: location.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        // Every query looks for a version that is hardly ever there. Asking the file system takes two microseconds, going
        // to another thread for it fifty.
        let file = self.names.path_to_filesystem(location)?;
        if self.disk.lacks(&file) {
            return Err(object_store::Error::NotFound { path: location.to_string(), source: "there is no such file".into() });
        }
        if options.head {
            let (store, file) = (self.clone(), file);
            let missing = location.to_string();
            let synced = async move {
                store.sync_names(&file, Reason::Reliance).await.map_err(|error| match error.kind() {
                    // Where there is no folder there is no file.
                    std::io::ErrorKind::NotFound => object_store::Error::NotFound { path: missing, source: Box::new(error) },
                    _ => not_durable(error),
                })
            };
            self.drive(synced.boxed()).await?;
        }
        self.reads.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.reads.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let removed = locations.map(move |location| {
            let store = store.clone();
            async move {
                let location = location?;
                let file = store.names.path_to_filesystem(&location)?;
                store.drive(store.clone().remove(location.clone(), file).boxed()).await?;
                Ok(location)
            }
        });
        removed.buffered(REMOVALS).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.reads.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.reads.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.reads.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.reads.copy_opts(from, to, options).await?;
        self.make_durable(to).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.reads.rename_opts(from, to, options).await?;
        self.make_durable(to).await
    }
}

/// An upload in parts that is synced when it completes.
#[derive(Debug)]
struct DurableUpload {
    upload: Box<dyn MultipartUpload>,
    store: DurableLocalStore,
    location: Path,
}

#[async_trait]
impl MultipartUpload for DurableUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.upload.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let result = self.upload.complete().await?;
        self.store.make_durable(&self.location).await?;
        Ok(result)
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;

    use super::*;
    use crate::storage::disk::recording::RecordingDisk;

    struct Fixture {
        folder: tempfile::TempDir,
        disk: Arc<RecordingDisk>,
        store: DurableLocalStore,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let disk = Arc::new(RecordingDisk::default());
            let store = DurableLocalStore::with_disk(folder.path(), disk.clone()).unwrap();
            Self { folder, disk, store }
        }

        async fn create(&self, name: &str) -> Result<PutResult> {
            self.store.put_opts(&Path::from(name), "x".into(), PutMode::Create.into()).await
        }

        /// What was synced since the last look, without what lies above the root.
        fn synced(&self) -> Vec<(String, Reason)> {
            let root = self.folder.path().canonicalize().unwrap();
            self.disk.take().into_iter().map(|(path, reason)| (path.strip_prefix(&root).unwrap().display().to_string(), reason)).collect()
        }
    }

    fn pairs<const N: usize>(pairs: [(&str, Reason); N]) -> Vec<(String, Reason)> {
        pairs.map(|(path, reason)| (path.to_owned(), reason)).to_vec()
    }

    #[tokio::test]
    async fn a_put_is_answered_after_bytes_and_names_are_synced() {
        let fixture = Fixture::new();
        fixture.create("acme/flights/a.parquet").await.unwrap();
        let first = [("acme/flights/a.parquet#1", Reason::Content), ("acme/flights", Reason::Name), ("acme", Reason::Parent), ("", Reason::Parent)];
        assert_eq!(fixture.synced(), pairs(first));
        // The folders are durable now, but not what they name.
        fixture.create("acme/flights/b.parquet").await.unwrap();
        assert_eq!(fixture.synced(), pairs([("acme/flights/b.parquet#1", Reason::Content), ("acme/flights", Reason::Name)]));
        fixture.create("acme/weather/c.parquet").await.unwrap();
        let third = [("acme/weather/c.parquet#1", Reason::Content), ("acme/weather", Reason::Name), ("acme", Reason::Parent)];
        assert_eq!(fixture.synced(), pairs(third));
        // Nothing that was staged is left.
        let left: Vec<_> = std::fs::read_dir(fixture.folder.path().join("acme/flights")).unwrap().collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    #[tokio::test]
    async fn what_nobody_asks_for_is_synced_where_it_lies() {
        let fixture = Fixture::new();
        let put = async |name: &str, text: &'static str| fixture.store.put_opts(&Path::from(name), text.into(), Unreferenced::options()).await;
        put("acme/a.parquet", "x").await.unwrap();
        let mut synced = fixture.synced();
        // Both at once, in any order.
        synced.sort_by_key(|(path, _)| path.clone());
        assert_eq!(synced, pairs([("", Reason::Parent), ("acme", Reason::Name), ("acme/a.parquet", Reason::Content)]));
        // One that is there after all is replaced as a whole.
        put("acme/a.parquet", "y").await.unwrap();
        assert_eq!(fixture.synced(), pairs([("acme/a.parquet#1", Reason::Content), ("acme", Reason::Name)]));
        assert_eq!(fixture.store.get(&Path::from("acme/a.parquet")).await.unwrap().bytes().await.unwrap(), "y");
        fixture.disk.refuse(Reason::Content);
        let error = put("acme/b.parquet", "x").await.unwrap_err();
        assert!(error.to_string().contains("nothing was written: disk is gone"), "{error}");
        fixture.disk.refuse(Reason::Name);
        let error = put("acme/c.parquet", "x").await.unwrap_err();
        assert!(error.to_string().contains("could not be made durable: disk is gone"), "{error}");
        let mut left: Vec<_> = std::fs::read_dir(fixture.folder.path().join("acme")).unwrap().map(|file| file.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["a.parquet", "c.parquet"]);
    }

    #[tokio::test]
    async fn a_name_comes_after_what_it_must_come_after() {
        let fixture = Fixture::new();
        fixture.create("log/0").await.unwrap();
        fixture.synced();
        let after = |writes: &Writes| {
            let mut options = PutOptions::from(PutMode::Create);
            options.extensions.insert(After(writes.clone()));
            options
        };
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let writes = Writes::begin(async move { wait.await.map_err(|error| crate::Error::internal(error.to_string())) });
        let (name, options) = (Path::from("log/1"), after(&writes));
        let (put, ()) = tokio::join!(fixture.store.put_opts(&name, "x".into(), options), async {
            // Its bytes are synced meanwhile, and nobody sees it.
            while fixture.synced() != pairs([("log/1#1", Reason::Content)]) {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            assert!(fixture.store.get(&Path::from("log/1")).await.is_err());
            go.send(()).unwrap();
        });
        put.unwrap();
        assert_eq!(fixture.synced(), pairs([("log", Reason::Name)]));

        let failed = Writes::begin(async { Err(crate::Error::exhausted("the disk is full")) });
        let error = fixture.store.put_opts(&Path::from("log/2"), "x".into(), after(&failed)).await.unwrap_err();
        assert!(error.to_string().contains("nothing was written: the disk is full"), "{error}");
        assert_eq!(std::fs::read_dir(fixture.folder.path().join("log")).unwrap().count(), 2);
    }

    #[test]
    fn many_at_once_do_not_wait_for_each_others_threads() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).max_blocking_threads(2).enable_all().build().unwrap();
        let ended = runtime.block_on(async {
            let fixture = Fixture::new();
            let commits = (0..20).map(|number| {
                let (store, other) = (fixture.store.clone(), fixture.store.clone());
                let segment = Path::from(format!("acme/{number}/a.parquet"));
                let put = async move { other.put_opts(&segment, "x".into(), Unreferenced::options()).await };
                let mut options = PutOptions::from(PutMode::Create);
                options.extensions.insert(After(Writes::begin(async move { Ok(put.await.map(drop)?) })));
                async move { store.put_opts(&Path::from(format!("acme/{number}/log/0")), "x".into(), options).await }
            });
            tokio::time::timeout(std::time::Duration::from_secs(60), futures::future::try_join_all(commits)).await
        });
        assert_eq!(ended.unwrap().unwrap().len(), 20);
    }

    #[tokio::test]
    async fn a_removal_and_a_look_are_answered_after_the_folder_is_synced() {
        let fixture = Fixture::new();
        fixture.create("acme/a").await.unwrap();
        fixture.synced();
        fixture.store.get(&Path::from("acme/a")).await.unwrap();
        assert_eq!(fixture.synced(), []);
        fixture.store.head(&Path::from("acme/a")).await.unwrap();
        assert_eq!(fixture.synced(), pairs([("acme", Reason::Reliance)]));
        fixture.store.delete(&Path::from("acme/a")).await.unwrap();
        assert_eq!(fixture.synced(), pairs([("acme", Reason::Removal)]));
        for gone in [fixture.store.delete(&Path::from("acme/a")).await.unwrap_err(), fixture.store.head(&Path::from("acme/a")).await.unwrap_err()] {
            assert!(matches!(gone, object_store::Error::NotFound { .. }), "{gone}");
        }
        // That it is gone is said when it is gone for good, whoever has removed it.
        assert_eq!(fixture.synced(), pairs([("acme", Reason::Removal)]));
        let nowhere = fixture.store.delete(&Path::from("else/a")).await.unwrap_err();
        assert!(matches!(nowhere, object_store::Error::NotFound { .. }), "{nowhere}");
    }

    #[tokio::test]
    async fn an_upload_in_parts_is_synced_when_it_completes() {
        let fixture = Fixture::new();
        let mut upload = fixture.store.put_multipart(&Path::from("a/b")).await.unwrap();
        upload.put_part("x".into()).await.unwrap();
        assert_eq!(fixture.synced(), []);
        upload.complete().await.unwrap();
        assert_eq!(fixture.synced().len(), 3);
    }

    #[tokio::test]
    async fn a_failed_sync_is_never_acknowledged() {
        let content = Fixture::new();
        content.disk.refuse(Reason::Content);
        let error = content.create("a/b").await.unwrap_err();
        assert!(error.to_string().contains("nothing was written: disk is gone"), "{error}");
        // Not even the bytes are there that could not be synced.
        assert_eq!(std::fs::read_dir(content.folder.path().join("a")).unwrap().count(), 0);
        for refused in [Reason::Name, Reason::Parent] {
            let fixture = Fixture::new();
            fixture.disk.refuse(refused);
            let error = fixture.create("a/b").await.unwrap_err();
            assert!(error.to_string().contains("could not be made durable: disk is gone"), "{error}");
        }
    }

    #[tokio::test]
    async fn the_second_create_of_one_name_fails_and_an_overwrite_replaces() {
        let fixture = Fixture::new();
        fixture.create("a").await.unwrap();
        let error = fixture.create("a").await.unwrap_err();
        assert!(matches!(error, object_store::Error::AlreadyExists { .. }), "{error}");
        fixture.store.put(&Path::from("a"), "2".into()).await.unwrap();
        assert_eq!(fixture.store.get(&Path::from("a")).await.unwrap().bytes().await.unwrap(), "2");
        assert_eq!(std::fs::read_dir(fixture.folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn what_a_killed_process_has_staged_is_in_nobodys_way() {
        let fixture = Fixture::new();
        std::fs::write(fixture.folder.path().join("a#1"), "half").unwrap();
        fixture.create("a").await.unwrap();
        assert_eq!(fixture.store.get(&Path::from("a")).await.unwrap().bytes().await.unwrap(), "x");
        assert_eq!(fixture.store.list(None).count().await, 1);
    }
}
