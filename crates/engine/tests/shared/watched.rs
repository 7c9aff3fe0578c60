//! A store that hands everything on to another one, with somebody in between who sees what is put and what is read: who counts, sleeps,
//! waits or fails there says that alone. Tests of the storage and tests from the outside share it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result};

/// Who is in between.
#[async_trait]
pub(crate) trait Watch: fmt::Debug + Send + Sync + 'static {
    /// A put on its way to the store.
    async fn put(&self, store: &dyn ObjectStore, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        store.put_opts(location, payload, options).await
    }

    /// A read on its way to the store. Ranges are fetched through this too: the trait's own `get_ranges` comes down to it.
    async fn get(&self, store: &dyn ObjectStore, location: &Path, options: GetOptions) -> Result<GetResult> {
        store.get_opts(location, options).await
    }
}

/// The store.
#[derive(Debug)]
pub(crate) struct Watched<W> {
    inner: Arc<dyn ObjectStore>,
    watch: W,
}

impl<W> Watched<W> {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, watch: W) -> Self {
        Self { inner, watch }
    }
}

impl<W> Deref for Watched<W> {
    type Target = W;

    fn deref(&self) -> &W {
        &self.watch
    }
}

impl<W> fmt::Display for Watched<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watched({})", self.inner)
    }
}

#[async_trait]
impl<W: Watch> ObjectStore for Watched<W> {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        Watch::put(&self.watch, &*self.inner, location, payload, opts).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        Watch::get(&self.watch, &*self.inner, location, options).await
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
