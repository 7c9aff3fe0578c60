//! Puts an engine together: settings are data, components are handed in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::BoxFuture;
use object_store::ObjectStore;
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;

use super::Engine;
use crate::advisor::Advisor;
use crate::catalog::datasets::Datasets;
use crate::catalog::models::ModelStore;
use crate::clock::{Clock, SystemClock};
use crate::encryption::{EncryptedStore, KeyKeeper, KeyProvider};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::live::refresh::SharedQueries;
use crate::mill::keeper::Keeper;
use crate::mill::{Mappings, Planners, Shared, Sight, Tiles, UNIQUE_KEYS, VISIBLE_MODELS, ValueLists};
use crate::query::session::Session;
use crate::settings::Settings;
use crate::storage::leftovers::{self, LEFT_AFTER};
use crate::storage::{DurableLocalStore, S3Store, s3};

/// Builds an [`Engine`].
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::sync::Arc;
/// use tidemill::{Engine, Settings};
/// let settings = Settings { query_partitions: 1, ..Settings::default() };
/// let engine = Engine::builder().object_store(Arc::new(object_store::memory::InMemory::new())).settings(settings).open().await?;
/// engine.check().await?;
/// # Ok::<(), tidemill::Error>(())
/// # }).unwrap();
/// ```
#[derive(Default)]
pub struct EngineBuilder {
    place: Option<Place>,
    settings: Settings,
    clock: Option<Arc<dyn Clock>>,
    keys: Option<Arc<dyn KeyProvider>>,
}

enum Place {
    Folder(PathBuf),
    Bucket(Box<S3Store>),
    Store(Arc<dyn ObjectStore>),
    Disk(Arc<DurableLocalStore>),
}

impl std::fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl EngineBuilder {
    /// Stores in a folder of this machine, durably.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::Engine;
    /// # let folder = tempfile::tempdir().unwrap();
    /// Engine::builder().path(folder.path()).open().await?;
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn path(mut self, folder: impl AsRef<Path>) -> Self {
        self.place = Some(Place::Folder(folder.as_ref().to_owned()));
        self
    }

    /// Stores in a bucket. It is asked when the engine is opened, and must keep to conditional puts.
    ///
    /// ```no_run
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use tidemill::Engine;
    /// use tidemill::storage::S3Store;
    ///
    /// let bucket = S3Store::at("s3://my-bucket/analytics")?.region("eu-central-1");
    /// let engine = Engine::builder().s3(bucket).open().await?;
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn s3(mut self, bucket: S3Store) -> Self {
        self.place = Some(Place::Bucket(Box::new(bucket)));
        self
    }

    /// Stores in an object store. It must support conditional puts, because they are what makes a commit.
    #[must_use]
    pub fn object_store(mut self, store: Arc<dyn ObjectStore>) -> Self {
        self.place = Some(Place::Store(store));
        self
    }

    /// Stores in a folder that is open already, or simulated.
    #[doc(hidden)]
    #[must_use]
    pub fn local_store(mut self, store: Arc<DurableLocalStore>) -> Self {
        self.place = Some(Place::Disk(store));
        self
    }

    /// Replaces the settings.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Replaces the clock.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// use std::sync::Arc;
    /// use tidemill::clock::ManualClock;
    /// use tidemill::{Csv, Engine};
    ///
    /// let clock = Arc::new(ManualClock::at("2013-06-01T00:00:00Z".parse()?));
    /// let engine = Engine::builder().path(folder.path()).clock(clock).open().await?;
    /// let mill = engine.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// assert_eq!(mill.dataset("orders").await?.summary.updated_at.to_rfc3339(), "2013-06-01T00:00:00+00:00");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Encrypts everything that is stored, with data keys that this provider wraps. The store must be empty or encrypted.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use std::sync::Arc;
    /// use tidemill::encryption::MasterKeys;
    /// use tidemill::{Csv, Engine, ErrorKind};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let keys = Arc::new(MasterKeys::parse(&MasterKeys::generate_text()?)?);
    /// let engine = Engine::builder().path(folder.path()).encryption(keys).open().await?;
    /// engine.tenant("acme")?.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// // Without the key, nobody gets in.
    /// assert_eq!(Engine::open(folder.path()).await.unwrap_err().kind(), ErrorKind::Invalid);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn encryption(mut self, keys: Arc<dyn KeyProvider>) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Checks what [`open`](Self::open) checks, and changes nothing in the store: whether settings are in range, whether
    /// the store answers, and whether it is encrypted exactly when there are keys, and with these.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let folder = tempfile::tempdir().unwrap();
    /// tidemill::Engine::builder().path(folder.path()).check().await?;
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn check(mut self) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            self.settings.validate()?;
            let store = open_place(self.place.take()).await?;
            self.lock(store, false).await.map(drop)
        })
    }

    /// Opens the engine.
    ///
    /// # Errors
    /// `Invalid` for settings out of range, no place to store, a store that is encrypted without keys or holds data that
    /// is not encrypted with keys; `Unavailable` when the folder cannot be made, the store does not answer or the keys are
    /// not those of the store; `Corrupt` when its keys are damaged.
    pub fn open(mut self) -> BoxFuture<'static, Result<Engine>> {
        Box::pin(async move {
            self.settings.validate()?;
            let bucket = matches!(self.place, Some(Place::Bucket(_)));
            let folder = if let Some(Place::Folder(folder)) = &self.place { Some(folder.clone()) } else { None };
            // Of other stores it is not known what they make of the extensions of a put.
            let keeps_order = matches!(self.place, Some(Place::Folder(_) | Place::Disk(_)));
            let store = open_place(self.place.take()).await?;
            let closing = CancellationToken::new();
            // Where the engine is not opened after all, nothing goes on for it.
            let guard = closing.clone().drop_guard();
            if let Some(folder) = folder {
                // Beside everything else: nobody waits for it, nor does a process that has ended its work.
                let closing = closing.clone();
                drop(tokio::task::spawn_blocking(move || leftovers::sweep(&folder, LEFT_AFTER, || closing.is_cancelled())));
            }
            if bucket {
                s3::refuse_unconditional(&*store).await?;
            }
            let (store, keys) = self.lock(store, true).await?;
            let session = Session::new(&self.settings, Arc::clone(&store), keys.is_some())?;
            let shared = Shared {
                rows: session.of_rows(),
                session,
                keys,
                datasets: Arc::new(Datasets::new(Arc::clone(&store))),
                references: Arc::default(),
                models: ModelStore::of_models(Arc::clone(&store)),
                views: ModelStore::of_views(Arc::clone(&store)),
                stored_models: moka::future::Cache::new(VISIBLE_MODELS),
                sight: Sight::default(),
                visible_models: moka::future::Cache::new(VISIBLE_MODELS),
                mappings: Mappings::new(&self.settings),
                value_lists: ValueLists::new(&self.settings),
                unique_keys: moka::future::Cache::new(UNIQUE_KEYS),
                tiles: Tiles::default(),
                events: Events::with_capacity(self.settings.event_capacity),
                live: SharedQueries::default(),
                gatherings: Arc::default(),
                keeps_order,
                planners: Planners::new(self.settings.tenant_planned_statements),
                pace: Default::default(),
                advisor: Advisor::default(),
                keeper: Keeper::default(),
                merging: Default::default(),
                chores: Default::default(),
                clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
                open: RwLock::new(true),
                closing,
                settings: self.settings,
                store,
            };
            // From now on the engine does it.
            drop(guard.disarm());
            Ok(Engine::from_shared(shared))
        })
    }

    /// Puts encryption around the store, or makes sure that there is none.
    async fn lock(&self, store: Arc<dyn ObjectStore>, create: bool) -> Result<(Arc<dyn ObjectStore>, Option<Arc<KeyKeeper>>)> {
        let Some(provider) = &self.keys else {
            if KeyKeeper::is_encrypted(&*store).await? {
                return Err(Error::invalid("the store is encrypted and no key was given; give the master key that it was made with"));
            }
            return Ok((store, None));
        };
        let clock = self.clock.clone().unwrap_or_else(|| Arc::new(SystemClock));
        let keeper = Arc::new(KeyKeeper::new(Arc::clone(&store), Arc::clone(provider), clock));
        keeper.unlock(create).await?;
        Ok((Arc::new(EncryptedStore::new(store, Arc::clone(&keeper))), Some(keeper)))
    }
}

async fn open_place(place: Option<Place>) -> Result<Arc<dyn ObjectStore>> {
    match place {
        Some(Place::Store(store)) => Ok(store),
        Some(Place::Disk(store)) => Ok(store),
        Some(Place::Bucket(bucket)) => bucket.build(),
        Some(Place::Folder(folder)) => {
            let opened =
                tokio::task::spawn_blocking(move || DurableLocalStore::open(&folder).map_err(|error| Error::from(error).context(format!("open folder {}", folder.display()))));
            Ok(Arc::new(opened.await.map_err(|error| Error::internal(error.to_string()))??))
        }
        None => Err(Error::invalid("say where to store: a path or an object store")),
    }
}
