//! A store that fails when it is told to: at its n-th call, before it does anything or after it has done it, once, from
//! then on, or by never answering, so that whoever called can be dropped as a process is killed. For every test that asks
//! what is left of an operation which ended half-way.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result};
use tidemill::Progress;
use tokio::sync::Notify;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failing {
    /// Once, and nothing is done.
    Before,
    /// Once, and it is done: the answer is lost.
    After,
    /// From then on, and nothing is done.
    BeforeAlways,
    /// From then on, and everything is done: no answer arrives any more.
    AfterAlways,
    /// Never answers, and nothing is done.
    StopBefore,
    /// Never answers, and it is done.
    StopAfter,
}

impl Failing {
    pub(crate) const ALL: [Self; 6] = [Self::Before, Self::After, Self::BeforeAlways, Self::AfterAlways, Self::StopBefore, Self::StopAfter];

    fn is_done(self) -> bool {
        matches!(self, Self::After | Self::AfterAlways | Self::StopAfter)
    }
}

#[derive(Debug, Default)]
struct State {
    calls: u64,
    fault: Option<(u64, Failing)>,
    /// Segments until a load is cancelled, and the load.
    cancelling: Option<(u64, Progress)>,
    /// The end of the name of an object whose put is late, or of a folder that is listed late, and who lets it go on.
    late: Option<(String, Arc<Notify>)>,
}

/// A store around another one.
#[derive(Debug, Clone)]
pub(crate) struct FaultyStore {
    inner: Arc<dyn ObjectStore>,
    state: Arc<Mutex<State>>,
    stopped: Arc<Notify>,
}

impl FaultyStore {
    /// A store that works until it is armed.
    pub(crate) fn around(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, state: Arc::default(), stopped: Arc::default() }
    }

    /// Counts from now on, and fails at the n-th call, the first being 1.
    pub(crate) fn arm(&self, n: u64, failing: Failing) {
        *self.state.lock().unwrap() = State { fault: Some((n, failing)), ..State::default() };
    }

    /// Cancels a load when the n-th segment from now on is about to be stored, the first being 1. The store itself goes on.
    pub(crate) fn cancel_at_segment(&self, n: u64, progress: Progress) {
        *self.state.lock().unwrap() = State { cancelling: Some((n, progress)), ..State::default() };
    }

    /// Holds the next put of an object, or the next listing of a folder, whose name ends so, before it is done, or the answer of the next look
    /// whether such an object is there; once, until this is told.
    pub(crate) fn hold(&self, end: &str) -> Arc<Notify> {
        let release = Arc::new(Notify::new());
        *self.state.lock().unwrap() = State { late: Some((end.to_owned(), Arc::clone(&release))), ..State::default() };
        release
    }

    fn late(&self, location: &Path) -> Option<Arc<Notify>> {
        let mut state = self.state.lock().unwrap();
        state.late.take_if(|(end, _)| location.as_ref().ends_with(end.as_str())).map(|(_, release)| release)
    }

    fn see_segment(&self, location: &Path) {
        let path = location.to_string();
        if !path.ends_with(".parquet") || path.contains("_delta_log") {
            return;
        }
        if let Some((left, progress)) = &mut self.state.lock().unwrap().cancelling {
            *left = left.saturating_sub(1);
            if *left == 0 {
                progress.cancel();
            }
        }
    }

    /// Calls since it was armed.
    pub(crate) fn calls(&self) -> u64 {
        self.state.lock().unwrap().calls
    }

    /// Waits until a call is reached that never answers, or that is held.
    pub(crate) async fn stopped(&self) {
        self.stopped.notified().await;
    }

    /// How this call fails, if it does.
    fn next(&self) -> Option<Failing> {
        let mut state = self.state.lock().unwrap();
        state.calls += 1;
        let (n, failing) = state.fault?;
        let always = matches!(failing, Failing::BeforeAlways | Failing::AfterAlways);
        (state.calls == n || (always && state.calls > n)).then_some(failing)
    }

    async fn call<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(failing) = self.next() else { return work.await };
        if failing.is_done() {
            work.await?;
        }
        self.fail(failing).await
    }

    async fn fail<T>(&self, failing: Failing) -> Result<T> {
        if matches!(failing, Failing::StopBefore | Failing::StopAfter) {
            self.stopped.notify_one();
            std::future::pending::<()>().await;
        }
        Err(object_store::Error::Generic { store: "faulty", source: "the store was told to fail".into() })
    }

    fn stream<T: Send + 'static>(&self, work: BoxStream<'static, Result<T>>) -> BoxStream<'static, Result<T>> {
        let Some(failing) = self.next() else { return work };
        let store = self.clone();
        let failed = async move {
            if failing.is_done() {
                work.try_collect::<Vec<T>>().await?;
            }
            store.fail(failing).await
        };
        futures::stream::once(failed).boxed()
    }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultyStore({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.see_segment(location);
        if let Some(release) = self.late(location) {
            self.stopped.notify_one();
            release.notified().await;
        }
        self.call(self.inner.put_opts(location, payload, opts)).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.call(self.inner.put_multipart_opts(location, opts)).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if options.head
            && let Some(release) = self.late(location)
        {
            let answer = self.inner.get_opts(location, options).await;
            self.stopped.notify_one();
            release.notified().await;
            return answer;
        }
        self.call(self.inner.get_opts(location, options)).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.call(self.inner.get_ranges(location, ranges)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.stream(self.inner.delete_stream(locations))
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let Some(release) = prefix.and_then(|prefix| self.late(prefix)) else { return self.stream(self.inner.list(prefix)) };
        let (store, prefix) = (self.clone(), prefix.cloned());
        let listed = async move {
            store.stopped.notify_one();
            release.notified().await;
            store.inner.list(prefix.as_ref())
        };
        futures::stream::once(listed).flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.call(self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.call(self.inner.copy_opts(from, to, options)).await
    }
}
