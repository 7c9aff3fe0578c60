//! The store around the engine's store. What it is told and what it answers is about plain objects: sizes, ranges, copies.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use moka::future::Cache;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, RenameOptions, RenameTargetMode, Result,
};

use super::error::{STORE, damaged, reserved, told};
use super::format::{Chunks, HEADER_BYTES, Header, SMALLEST_BYTES, chunks, plain_size};
use super::keeper::{KeyKeeper, Keys};
use super::object::ObjectKey;
use super::upload::SealingUpload;
use crate::ids::TenantId;
use crate::storage::layout;

/// Chunks that a read of a whole object fetches at a time: 1 MiB.
const WINDOW_CHUNKS: u64 = 16;
/// Objects whose keys are kept ready, so that a range costs one request instead of two.
const SEEN: u64 = 8_192;
/// More bytes than this, a tenth of a millisecond's work, are sealed and opened beside the threads that wait for the network.
const INLINE_BYTES: usize = 1 << 20;
/// Reads of an object that is replaced while it is read.
const ATTEMPTS: usize = 3;

/// Seals what is put and opens what is read.
#[derive(Debug, Clone)]
pub(crate) struct EncryptedStore {
    inner: Arc<dyn ObjectStore>,
    keeper: Arc<KeyKeeper>,
    seen: Cache<Path, Arc<Seen>>,
}

/// An object whose header was read.
#[derive(Debug)]
struct Seen {
    key: ObjectKey,
    /// As it lies in the store.
    meta: ObjectMeta,
    plain: u64,
    chunks: u64,
}

impl Seen {
    /// Whether these are the words of the store about the same object.
    fn is(&self, meta: &ObjectMeta) -> bool {
        self.meta.size == meta.size && self.meta.e_tag == meta.e_tag
    }
}

/// The tenant of an object.
fn tenant_of(location: &Path) -> Result<String> {
    let (tenant, _) = location.as_ref().split_once('/').ok_or_else(|| reserved(location))?;
    TenantId::parse(tenant).map(String::from).map_err(|_| reserved(location))
}

/// What is said of an object in a list. One that cannot be ours is said to be empty; reading it says what is wrong.
fn listed(meta: ObjectMeta) -> ObjectMeta {
    ObjectMeta { size: plain_size(meta.size).unwrap_or(0), ..meta }
}

/// Whether an object that was read before may have been replaced since. An answer that did not come says nothing of that.
fn may_be_stale(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::Generic { store: STORE, .. } | object_store::Error::NotFound { .. })
}

/// Does work for the processor, off the async threads where it is much.
async fn work<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    if bytes <= INLINE_BYTES { Ok(work()) } else { Ok(tokio::task::spawn_blocking(work).await?) }
}

impl EncryptedStore {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, keeper: Arc<KeyKeeper>) -> Self {
        Self { inner, keeper, seen: Cache::new(SEEN) }
    }

    /// What is known of an object by its first bytes.
    async fn look_into(&self, location: &Path, meta: ObjectMeta, first: &[u8]) -> Result<Arc<Seen>> {
        let header = Header::decode(first).map_err(|what| damaged(location, what))?;
        let plain = plain_size(meta.size).ok_or_else(|| damaged(location, "it was cut"))?;
        let tenant = tenant_of(location)?;
        let mut keys = self.keeper.keys(&tenant).await?;
        if !matches!(&keys, Keys::Open(keys) if keys.get(header.key_id).is_some()) {
            keys = self.keeper.fresh_keys(&tenant).await?;
        }
        let Keys::Open(keys) = keys else { return Err(damaged(location, format!("tenant {tenant} has no keys"))) };
        let data_key = keys.get(header.key_id).ok_or_else(|| damaged(location, format!("tenant {tenant} has no data key {}", header.key_id)))?;
        let key = ObjectKey::derive(data_key, &header, location).map_err(told)?;
        let seen = Arc::new(Seen { key, plain, chunks: chunks(plain), meta });
        self.seen.insert(location.clone(), Arc::clone(&seen)).await;
        Ok(seen)
    }

    /// Reads the first bytes of an object as stored, and learns from them.
    async fn begin(&self, location: &Path, options: GetOptions, bytes: u64) -> Result<(Arc<Seen>, GetResult, Bytes)> {
        let found = match self.inner.get_opts(location, GetOptions { range: Some(GetRange::Bounded(0..bytes)), ..options }).await {
            // A store may call a range of an empty object an error.
            Err(error @ object_store::Error::Generic { .. }) => {
                let meta = self.inner.head(location).await?;
                return Err(if meta.size < SMALLEST_BYTES { damaged(location, "it is too short to be encrypted") } else { error });
            }
            found => found?,
        };
        let empty = GetResult { payload: GetResultPayload::Stream(futures::stream::empty().boxed()), meta: found.meta.clone(), range: 0..0, attributes: found.attributes.clone() };
        let first = found.bytes().await?;
        let seen = self.look_into(location, empty.meta.clone(), &first).await?;
        Ok((seen, empty, first))
    }

    /// An object whose header is known, and whether it was known before.
    async fn find(&self, location: &Path) -> Result<(Arc<Seen>, bool)> {
        match self.seen.get(location).await {
            Some(seen) => Ok((seen, true)),
            None => Ok((self.begin(location, GetOptions::default(), HEADER_BYTES).await?.0, false)),
        }
    }

    /// Opens chunks, the first of which is `first`.
    async fn open(location: &Path, seen: &Arc<Seen>, span: Chunks, sealed: Bytes) -> Result<Bytes> {
        let expected = span.place(seen.meta.size);
        if sealed.len() as u64 != expected.end.saturating_sub(expected.start) {
            return Err(damaged(location, "it was cut"));
        }
        let object = Arc::clone(seen);
        let opened = work(sealed.len(), move || object.key.open(span.first, object.chunks, sealed)).await?;
        opened.map_err(|chunk| damaged(location, format!("chunk {chunk} of {} is not what was stored there", seen.chunks)))
    }

    /// The whole object, a window at a time.
    async fn get_all(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let window = Chunks { first: 0, end: WINDOW_CHUNKS };
        let (seen, found, first) = self.begin(location, options, window.place(u64::MAX).end).await?;
        let sealed = first.slice(first.len().min(HEADER_BYTES as usize)..);
        let opened = Self::open(location, &seen, window.until(seen.chunks), sealed).await?;
        let (store, location, count) = (self.inner.clone(), location.clone(), seen.chunks);
        let starts = (WINDOW_CHUNKS..count).step_by(WINDOW_CHUNKS as usize);
        let (plain, meta) = (seen.plain, listed(found.meta.clone()));
        let rest = futures::stream::iter(starts).then(move |first| {
            let (store, location, seen) = (Arc::clone(&store), location.clone(), Arc::clone(&seen));
            async move {
                let span = Chunks { first, end: first + WINDOW_CHUNKS }.until(seen.chunks);
                let sealed = store.get_range(&location, span.place(seen.meta.size)).await?;
                Self::open(&location, &seen, span, sealed).await
            }
        });
        let stream = futures::stream::once(async move { Ok(opened) }).chain(rest);
        Ok(GetResult { payload: GetResultPayload::Stream(stream.boxed()), meta, range: 0..plain, attributes: found.attributes })
    }

    /// A range of an object, if it is still the one that is known.
    async fn get_some(&self, location: &Path, options: &GetOptions, range: &GetRange, seen: &Arc<Seen>) -> Result<Option<GetResult>> {
        let range = range.as_range(seen.plain).map_err(|error| object_store::Error::Generic { store: STORE, source: Box::new(error) })?;
        let span = Chunks::holding(&range).until(seen.chunks);
        let options = GetOptions { range: Some(GetRange::Bounded(span.place(seen.meta.size))), ..options.clone() };
        let found = self.inner.get_opts(location, options).await?;
        if !seen.is(&found.meta) {
            return Ok(None);
        }
        let (meta, attributes) = (listed(found.meta.clone()), found.attributes.clone());
        let opened = Self::open(location, seen, span, found.bytes().await?).await?;
        let bytes = opened.slice(span.inside(&range));
        Ok(Some(GetResult { payload: GetResultPayload::Stream(futures::stream::once(async move { Ok(bytes) }).boxed()), meta, range, attributes }))
    }

    /// Ranges of an object that is known.
    async fn get_several(&self, location: &Path, ranges: &[Range<u64>], seen: &Arc<Seen>) -> Result<Vec<Bytes>> {
        let resolve = |range: &Range<u64>| GetRange::Bounded(range.clone()).as_range(seen.plain);
        let ranges: Vec<Range<u64>> = ranges
            .iter()
            .map(resolve)
            .collect::<Result<_, _>>()
            .map_err(|error| object_store::Error::Generic { store: STORE, source: Box::new(error) })?;
        let spans = Chunks::merged(ranges.iter().map(Chunks::holding), seen.chunks);
        let places: Vec<Range<u64>> = spans.iter().map(|span| span.place(seen.meta.size)).collect();
        let fetched = self.inner.get_ranges(location, &places).await?;
        if fetched.len() != spans.len() {
            return Err(damaged(location, format!("{} ranges came where {} were asked for", fetched.len(), spans.len())));
        }
        let mut opened = Vec::with_capacity(spans.len());
        for (span, sealed) in spans.iter().zip(fetched) {
            opened.push((*span, Self::open(location, seen, *span, sealed).await?));
        }
        let cut = |range: &Range<u64>| {
            let wanted = Chunks::holding(range);
            let (span, bytes) = opened.iter().find(|(span, _)| span.first <= wanted.first && wanted.first < span.end)?;
            Some(bytes.slice(span.inside(range)))
        };
        ranges.iter().map(|range| cut(range).ok_or_else(|| damaged(location, "a range lies in none of its chunks"))).collect()
    }

    /// Seals a whole object.
    async fn seal(&self, location: &Path, payload: PutPayload) -> Result<PutPayload> {
        let keys = self.keeper.keys_to_write(&tenant_of(location)?).await?;
        let (id, data_key) = keys.current().map_err(told)?;
        let (header, object) = ObjectKey::create(data_key, id, location).map_err(told)?;
        let plain = Bytes::from(payload);
        let sealed = work(plain.len(), move || object.seal_object(&header, &plain)).await?;
        Ok(sealed.map_err(told)?.into())
    }

    async fn copy_to(&self, from: &Path, to: &Path, mode: PutMode) -> Result<()> {
        // What is sealed is bound to its name, so a copy is sealed anew.
        let found = self.get_opts(from, GetOptions::default()).await?;
        let attributes = found.attributes.clone();
        self.put_opts(to, found.bytes().await?.into(), PutOptions { mode, attributes, ..PutOptions::default() }).await?;
        Ok(())
    }
}

impl fmt::Display for EncryptedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encrypted({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for EncryptedStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let sealed = self.seal(location, payload).await?;
        self.inner.put_opts(location, sealed, opts).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let keys = self.keeper.keys_to_write(&tenant_of(location)?).await?;
        let (id, data_key) = keys.current().map_err(told)?;
        let (header, object) = ObjectKey::create(data_key, id, location).map_err(told)?;
        let upload = self.inner.put_multipart_opts(location, opts).await?;
        Ok(Box::new(SealingUpload::new(upload, object, &header)))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        // Says so when the keys were destroyed, also of what is not there.
        self.keeper.keys(&tenant_of(location)?).await?;
        if options.head {
            let found = self.inner.get_opts(location, options).await?;
            let size = plain_size(found.meta.size).ok_or_else(|| damaged(location, "it was cut, or it is not encrypted"))?;
            let payload = GetResultPayload::Stream(futures::stream::empty().boxed());
            return Ok(GetResult { payload, meta: ObjectMeta { size, ..found.meta }, range: 0..size, attributes: found.attributes });
        }
        let Some(range) = options.range.clone() else { return self.get_all(location, options).await };
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let (seen, before) = match self.seen.get(location).await {
                Some(seen) if options.version.is_none() => (seen, true),
                _ => (self.begin(location, options.clone(), HEADER_BYTES).await?.0, false),
            };
            match self.get_some(location, &options, &range, &seen).await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(error) if before && may_be_stale(&error) => last = Some(error),
                Err(error) => {
                    self.seen.invalidate(location).await;
                    return Err(error);
                }
            }
            self.seen.invalidate(location).await;
        }
        Err(last.unwrap_or_else(|| damaged(location, "it is replaced each time it is read")))
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.keeper.keys(&tenant_of(location)?).await?;
        let (seen, before) = self.find(location).await?;
        let error = match self.get_several(location, ranges, &seen).await {
            Ok(got) => return Ok(got),
            Err(error) => error,
        };
        self.seen.invalidate(location).await;
        if !before || !may_be_stale(&error) {
            return Err(error);
        }
        let (seen, _) = self.find(location).await?;
        self.get_several(location, ranges, &seen).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        // What is unreadable may be removed all the same; key rings go no way but the keeper's.
        let checked = locations.map(|location| location.and_then(|location| tenant_of(&location).map(|_| location)));
        self.inner.delete_stream(checked.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix).try_filter(|meta| std::future::ready(!layout::is_own(&meta.location))).map_ok(listed).boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset).try_filter(|meta| std::future::ready(!layout::is_own(&meta.location))).map_ok(listed).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let found = self.inner.list_with_delimiter(prefix).await?;
        let common_prefixes = found.common_prefixes.into_iter().filter(|prefix| !layout::is_own(prefix)).collect();
        let objects = found.objects.into_iter().filter(|meta| !layout::is_own(&meta.location)).map(listed).collect();
        Ok(ListResult { common_prefixes, objects })
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.copy_to(from, to, if options.mode == CopyMode::Create { PutMode::Create } else { PutMode::Overwrite }).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.copy_to(from, to, if options.target_mode == RenameTargetMode::Create { PutMode::Create } else { PutMode::Overwrite }).await?;
        self.delete(from).await
    }
}
