//! A local object store whose answers can be believed: a put is answered after the file and every folder that names it
//! are synced. `object_store`'s own local store does not sync, so an acknowledged write could be lost at a power cut.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
    UploadPart,
};

/// Folders that are remembered; then they are synced anew.
const FOLDERS_MAX: usize = 1 << 16;

/// The calls that make a write durable. A trait, so that a test can count them and a simulation can lose them.
pub trait FileSync: fmt::Debug + Send + Sync + 'static {
    /// Flushes a file or a folder to the disk.
    ///
    /// # Errors
    /// What the operating system says.
    fn sync(&self, path: &FilePath) -> std::io::Result<()>;
}

/// `fsync` of the operating system.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemSync;

impl FileSync for SystemSync {
    fn sync(&self, path: &FilePath) -> std::io::Result<()> {
        std::fs::File::open(path)?.sync_all()
    }
}

/// Files below a root folder, synced before each answer.
#[derive(Debug, Clone)]
pub struct DurableLocalStore {
    inner: Arc<LocalFileSystem>,
    root: PathBuf,
    sync: Arc<dyn FileSync>,
    /// Folders whose own names are known to be durable. Nobody removes folders.
    folders: Arc<Mutex<HashSet<PathBuf>>>,
}

impl DurableLocalStore {
    /// Opens (and creates) the root folder.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(root: impl AsRef<FilePath>) -> Result<Self> {
        Self::with_sync(root, Arc::new(SystemSync))
    }

    /// The same with another way to sync.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn with_sync(root: impl AsRef<FilePath>, sync: Arc<dyn FileSync>) -> Result<Self> {
        let failed = |source: std::io::Error| object_store::Error::Generic { store: "local", source: Box::new(source) };
        std::fs::create_dir_all(root.as_ref()).map_err(failed)?;
        let root = root.as_ref().canonicalize().map_err(failed)?;
        Ok(Self { inner: Arc::new(LocalFileSystem::new_with_prefix(&root)?), root, sync, folders: Arc::default() })
    }

    async fn make_durable(&self, location: &Path) -> Result<()> {
        let file = self.inner.path_to_filesystem(location)?;
        let (root, sync, folders) = (self.root.clone(), Arc::clone(&self.sync), Arc::clone(&self.folders));
        let synced = tokio::task::spawn_blocking(move || sync_with_folders(&*sync, &folders, &root, &file)).await;
        let failed = |source: NotDurable| object_store::Error::Generic { store: "local", source: Box::new(source) };
        synced.map_err(|source| failed(NotDurable(Box::new(source))))?.map_err(|source| failed(NotDurable(Box::new(source))))
    }
}

/// A write that was done but could not be synced: others see it, and a power cut may take it back. A sync that failed once
/// is not tried again, because the operating system may say yes and have dropped the pages.
#[derive(Debug, thiserror::Error)]
#[error("the write could not be made durable: {0}")]
pub(crate) struct NotDurable(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Syncs a file, its folder, and the folders above as long as they are new: a new folder is durable once its parent is
/// synced, and stays so.
fn sync_with_folders(sync: &dyn FileSync, folders: &Mutex<HashSet<PathBuf>>, root: &FilePath, file: &FilePath) -> std::io::Result<()> {
    let folders = || folders.lock().unwrap_or_else(PoisonError::into_inner);
    sync.sync(file)?;
    let mut synced = Vec::new();
    let mut folder = file.parent();
    while let Some(path) = folder {
        sync.sync(path)?;
        if path == root || folders().contains(path) {
            break;
        }
        synced.push(path.to_owned());
        folder = path.parent();
    }
    let mut known = folders();
    if known.len() > FOLDERS_MAX {
        known.clear();
    }
    known.extend(synced);
    Ok(())
}

impl fmt::Display for DurableLocalStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DurableLocalStore({})", self.root.display())
    }
}

#[async_trait]
impl ObjectStore for DurableLocalStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        // On a task of its own: a caller that goes away in between must not leave an object that is there and not durable.
        let (store, location) = (self.clone(), location.clone());
        let put = tokio::spawn(async move {
            let result = store.inner.put_opts(&location, payload, opts).await?;
            store.make_durable(&location).await?;
            Ok(result)
        });
        put.await.map_err(|error| object_store::Error::Generic { store: "local", source: Box::new(error) })?
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.inner.put_multipart_opts(location, opts).await?;
        Ok(Box::new(DurableUpload { upload, store: self.clone(), location: location.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        // Every query looks for a version that is hardly ever there. Asking the file system takes two microseconds, going
        // to another thread for it fifty.
        let path = self.inner.path_to_filesystem(location)?;
        if let Err(error) = std::fs::metadata(&path)
            && error.kind() == std::io::ErrorKind::NotFound
        {
            return Err(object_store::Error::NotFound { path: location.to_string(), source: Box::new(error) });
        }
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await?;
        self.make_durable(to).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await?;
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
    use object_store::{ObjectStoreExt, PutMode};

    use super::*;

    #[derive(Debug, Default)]
    struct Recorder(Mutex<Vec<PathBuf>>);

    impl FileSync for Recorder {
        fn sync(&self, path: &FilePath) -> std::io::Result<()> {
            assert!(path.exists(), "synced before it was written: {}", path.display());
            self.0.lock().unwrap().push(path.to_owned());
            SystemSync.sync(path)
        }
    }

    #[derive(Debug)]
    struct BrokenDisk;

    impl FileSync for BrokenDisk {
        fn sync(&self, _: &FilePath) -> std::io::Result<()> {
            Err(std::io::Error::other("disk is gone"))
        }
    }

    #[tokio::test]
    async fn a_put_is_answered_after_file_and_folders_are_synced() {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Arc::new(Recorder::default());
        let store = DurableLocalStore::with_sync(folder.path(), recorder.clone()).unwrap();
        store.put_opts(&Path::from("acme/flights/a.parquet"), "x".into(), PutMode::Create.into()).await.unwrap();
        let root = folder.path().canonicalize().unwrap();
        let expected: Vec<PathBuf> = ["acme/flights/a.parquet", "acme/flights", "acme", ""].iter().map(|path| root.join(path)).map(|path| path.components().collect()).collect();
        assert_eq!(*recorder.0.lock().unwrap(), expected);
        // The folders are durable now, but not what they name.
        store.put_opts(&Path::from("acme/flights/b.parquet"), "x".into(), PutMode::Create.into()).await.unwrap();
        assert_eq!(recorder.0.lock().unwrap()[4..], [root.join("acme/flights/b.parquet"), root.join("acme/flights")]);
        store.put_opts(&Path::from("acme/weather/c.parquet"), "x".into(), PutMode::Create.into()).await.unwrap();
        assert_eq!(recorder.0.lock().unwrap()[6..], [root.join("acme/weather/c.parquet"), root.join("acme/weather"), root.join("acme")]);
    }

    #[tokio::test]
    async fn an_upload_in_parts_is_synced_when_it_completes() {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Arc::new(Recorder::default());
        let store = DurableLocalStore::with_sync(folder.path(), recorder.clone()).unwrap();
        let mut upload = store.put_multipart(&Path::from("a/b")).await.unwrap();
        upload.put_part("x".into()).await.unwrap();
        assert!(recorder.0.lock().unwrap().is_empty());
        upload.complete().await.unwrap();
        assert_eq!(recorder.0.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn a_failed_sync_is_never_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let store = DurableLocalStore::with_sync(folder.path(), Arc::new(BrokenDisk)).unwrap();
        let error = store.put(&Path::from("a/b"), "x".into()).await.unwrap_err();
        assert!(error.to_string().contains("disk is gone"), "{error}");
    }

    #[tokio::test]
    async fn the_second_create_of_one_name_fails() {
        let folder = tempfile::tempdir().unwrap();
        let store = DurableLocalStore::open(folder.path()).unwrap();
        store.put_opts(&Path::from("a"), "1".into(), PutMode::Create.into()).await.unwrap();
        let error = store.put_opts(&Path::from("a"), "2".into(), PutMode::Create.into()).await.unwrap_err();
        assert!(matches!(error, object_store::Error::AlreadyExists { .. }), "{error}");
    }
}
