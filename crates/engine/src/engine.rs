//! The engine: one store, one memory pool, one event stream, any number of tenants. Cheap to clone.

mod builder;
mod upkeep;

use std::sync::Arc;

use datafusion::execution::TaskContext;
use futures::future::BoxFuture;
use object_store::ObjectStore;
use tokio::sync::broadcast;

pub use builder::EngineBuilder;

use crate::advisor::Advice;
use crate::encryption::KeyKeeper;
use crate::error::{Error, ErrorKind, Result};
use crate::events::Event;
use crate::ids::TenantId;
use crate::mill::{Mill, Shared, UpkeepReport, keeper};
use crate::partial::codec::PlanCodec;
use crate::partial::memory::CacheBytes;
use crate::scope::Scope;

/// An analytics engine over one object store.
///
/// ```
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # runtime.block_on(async {
/// use tidemill::{Csv, Engine};
/// let folder = tempfile::tempdir()?;
/// let engine = Engine::open(folder.path()).await?;
/// let mill = engine.tenant("acme")?;
/// mill.load("orders", Csv::bytes("city,amount\nRome,2\nRome,3\nOslo,4\n")).await?;
/// let answer = mill.sql("select city, sum(amount) as total from orders group by city order by city").await?;
/// assert_eq!(answer.to_csv()?, "city,total\r\nOslo,4\r\nRome,5\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

impl Engine {
    /// Opens an engine over a folder of this machine; makes the folder when it is not there. No services are needed.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::Engine;
    /// # let folder = tempfile::tempdir().unwrap();
    /// // A folder that is not there is made.
    /// let engine = Engine::open(folder.path().join("data")).await?;
    /// engine.check().await?;
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Unavailable` when the folder cannot be made or read.
    pub fn open(folder: impl AsRef<std::path::Path>) -> BoxFuture<'static, Result<Self>> {
        Self::builder().path(folder).open()
    }

    /// An engine with another store, clock or settings.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Engine, Settings};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let settings = Settings { upkeep_seconds: 60, ..Settings::default() };
    /// let engine = Engine::builder().path(folder.path()).settings(settings).open().await?;
    /// engine.check().await?;
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Must be called in a runtime: what is done in the background runs in it.
    pub(crate) fn from_shared(shared: Shared) -> Self {
        let shared = Arc::new(shared);
        upkeep::start(&shared);
        if shared.settings.background_rollups && shared.settings.partial_cache_bytes > 0 {
            let stopped = shared.closing.clone().cancelled_owned();
            let work = keeper::keep(Arc::downgrade(&shared));
            tokio::spawn(async move {
                tokio::select! {
                    biased;
                    () = stopped => {}
                    () = work => {}
                }
            });
        }
        Self { shared }
    }

    /// All data of one tenant, unrestricted.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::Engine;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let engine = Engine::open(folder.path()).await?;
    /// let mill = engine.tenant("acme")?;
    /// assert_eq!(mill.scope().tenant().as_str(), "acme");
    /// assert!(engine.tenant("../acme").is_err());
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid` for a name that cannot be a tenant's.
    pub fn tenant(&self, name: &str) -> Result<Mill> {
        Ok(self.mill(Scope::of(TenantId::parse(name)?)))
    }

    /// The data that a scope sees.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, DatasetName, Engine, Scope, TenantId};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let engine = Engine::open(folder.path()).await?;
    /// engine.tenant("acme")?.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let scope = Scope::of(TenantId::parse("acme")?).with_row_filter(DatasetName::parse("orders")?, "city = 'Rome'");
    /// let answer = engine.mill(scope).sql("select sum(amount) as total from orders").await?;
    /// assert_eq!(answer.to_csv()?, "total\r\n2\r\n");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn mill(&self, scope: Scope) -> Mill {
        Mill::new(Arc::clone(&self.shared), scope)
    }

    /// Everything that happens from now on, for all tenants. A listener that lags by more than
    /// [`Settings::event_capacity`](crate::Settings::event_capacity) is told so by the channel.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, Event};
    /// # let folder = tempfile::tempdir()?;
    /// let engine = Engine::open(folder.path()).await?;
    /// let mut events = engine.events();
    /// engine.tenant("acme")?.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// loop {
    ///     if let Event::SegmentCommitted(commit) = events.recv().await? {
    ///         assert_eq!((commit.dataset.as_str(), commit.version, commit.rows), ("orders", 0, 1));
    ///         break;
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.listen()
    }

    /// Live questions that are being kept fresh; equal ones count once.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let engine = Engine::open(folder.path()).await?;
    /// let mill = engine.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// let query = serde_json::from_str(r#"{"measures": ["orders.count"]}"#)?;
    /// let both = (mill.subscribe(&query).await?, mill.subscribe(&query).await?);
    /// assert_eq!(engine.live_queries(), 1);
    /// drop(both);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn live_queries(&self) -> usize {
        self.shared.live.len()
    }

    /// What the advisor thinks of every dataset that was asked or changed since the engine was opened, of all tenants.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::Engine;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let engine = Engine::open(folder.path()).await?;
    /// // Nothing was asked yet.
    /// assert!(engine.advice().await?.is_empty());
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer.
    pub fn advice(&self) -> BoxFuture<'_, Result<Vec<Advice>>> {
        Box::pin(async move {
            let mut advice = Vec::new();
            for (tenant, dataset) in self.shared.advisor.datasets() {
                match self.mill(Scope::of(tenant)).advice(dataset.as_str()).await {
                    Ok(found) => advice.extend(found),
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(advice)
        })
    }

    /// What upkeep did last for each dataset, of all tenants, how long it took and what failed; see
    /// [`Settings::upkeep_seconds`](crate::Settings::upkeep_seconds). [`Mill::upkeep_report`] says it of one tenant.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::Engine;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let engine = Engine::open(folder.path()).await?;
    /// let report = engine.upkeep_report();
    /// assert!(report.enabled && report.records.is_empty());
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn upkeep_report(&self) -> UpkeepReport {
        self.shared.chores.report(self.shared.settings.upkeep_seconds > 0, None)
    }

    /// Bytes that are kept in memory for the next questions, each inside its budget of the settings.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::Engine;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let engine = Engine::open(folder.path()).await?;
    /// // Nothing was asked yet.
    /// assert_eq!(engine.cache_bytes().await.total(), 0);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn cache_bytes(&self) -> BoxFuture<'_, CacheBytes> {
        Box::pin(self.shared.session.partials().kept())
    }

    /// Answers that live questions were given since the engine was opened: one a question and commit, however many
    /// listen, and fewer where commits come faster than answers.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let engine = Engine::open(folder.path()).await?;
    /// let mill = engine.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// let query = serde_json::from_str(r#"{"measures": ["orders.count"]}"#)?;
    /// use futures::StreamExt;
    /// let (mut one, mut other) = (mill.subscribe(&query).await?, mill.subscribe(&query).await?);
    /// (one.next().await.unwrap()?, other.next().await.unwrap()?);
    /// let before = engine.live_refreshes();
    /// mill.load("orders", Csv::bytes("city,amount\nOslo,4\n")).await?;
    /// (one.next().await.unwrap()?, other.next().await.unwrap()?);
    /// assert_eq!(engine.live_refreshes() - before, 1);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn live_refreshes(&self) -> u64 {
        self.shared.live.refreshes()
    }

    /// Puts the operators of plans ([`Mill::plan`], [`Mill::plan_sql`]) into bytes that another engine over the same store
    /// can run, and takes them out of such bytes. The engine that runs an operator reads and keeps what it needs itself.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use datafusion::common::tree_node::{Transformed, TreeNode};
    /// use datafusion::error::DataFusionError;
    /// use datafusion::physical_plan::collect;
    /// use tidemill::{Csv, Engine};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let (here, there) = (Engine::open(folder.path()).await?, Engine::open(folder.path()).await?);
    /// let mill = here.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nRome,3\nOslo,4\n")).await?;
    ///
    /// let plan = mill.plan_sql("select city, sum(amount) from orders group by city order by city").await?;
    /// let (codec, worker) = (here.physical_codec(), there.physical_codec());
    /// let external = |error: tidemill::Error| DataFusionError::External(Box::new(error));
    /// let sent = plan.transform_up(|operator| match codec.encode(operator.as_ref()).map_err(external)? {
    ///     Some(bytes) => Ok(Transformed::yes(worker.decode(&bytes).map_err(external)?)),
    ///     None => Ok(Transformed::no(operator)),
    /// })?;
    /// assert!(sent.transformed);
    /// let answer = collect(sent.data, there.task_context()).await?;
    /// assert_eq!(answer.iter().map(|batch| batch.num_rows()).sum::<usize>(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn physical_codec(&self) -> PlanCodec {
        PlanCodec::new(self.shared.session.shared().clone(), Arc::clone(self.shared.session.partials()))
    }

    /// What a plan is run with on this engine: its memory pool, its functions, its number of partitions.
    pub fn task_context(&self) -> Arc<TaskContext> {
        self.shared.session.shared().task_ctx()
    }

    /// The keys of tenants: rotate them, or destroy those of one tenant. `None`: the store is not encrypted.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use std::sync::Arc;
    /// use tidemill::encryption::MasterKeys;
    /// use tidemill::{Csv, Engine};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let keys = Arc::new(MasterKeys::parse(&MasterKeys::generate_text()?)?);
    /// let engine = Engine::builder().path(folder.path()).encryption(keys).open().await?;
    /// let mill = engine.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    ///
    /// let keys = engine.keys().unwrap();
    /// assert_eq!(keys.rotate("acme").await?.data_keys, 2);
    /// keys.erase("acme").await?;
    /// assert!(mill.sql("select * from orders").await.unwrap_err().message().contains("destroyed"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn keys(&self) -> Option<&KeyKeeper> {
        self.shared.keys.as_deref()
    }

    /// Asks the store for a sign of life.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::Engine;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let engine = Engine::open(folder.path()).await?;
    /// engine.check().await?;
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Unavailable` with what the store says.
    pub fn check(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.shared
                .store
                .list_with_delimiter(None)
                .await
                .map_err(|error| Error::new(ErrorKind::Unavailable, format!("the object store does not answer: {error}")).because(error))?;
            Ok(())
        })
    }

    /// Stops upkeep and the building of rollups, waits for the writes that are under way and refuses new ones.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, ErrorKind};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let engine = Engine::open(folder.path()).await?;
    /// let mill = engine.tenant("acme")?;
    /// engine.close().await;
    /// let refused = mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await.unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::Unavailable);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.shared.closing.cancel();
            *self.shared.open.write().await = false;
        })
    }
}
