//! Puts an engine together: settings are data, components are handed in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;

use super::Engine;
use crate::advisor::Advisor;
use crate::catalog::datasets::Datasets;
use crate::catalog::models::ModelStore;
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::live::refresh::SharedQueries;
use crate::mill::keeper::Keeper;
use crate::mill::{Shared, Tiles, VISIBLE_MODELS};
use crate::query::session::Session;
use crate::settings::Settings;
use crate::storage::DurableLocalStore;

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
}

enum Place {
    Folder(PathBuf),
    Store(Arc<dyn ObjectStore>),
}

impl std::fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl EngineBuilder {
    /// Stores in a folder of this machine, durably.
    #[must_use]
    pub fn path(mut self, folder: impl AsRef<Path>) -> Self {
        self.place = Some(Place::Folder(folder.as_ref().to_owned()));
        self
    }

    /// Stores in an object store. It must support conditional puts, because they are what makes a commit.
    #[must_use]
    pub fn object_store(mut self, store: Arc<dyn ObjectStore>) -> Self {
        self.place = Some(Place::Store(store));
        self
    }

    /// Replaces the settings.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Replaces the clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Opens the engine.
    ///
    /// # Errors
    /// `Invalid` for settings out of range or no place to store, `Unavailable` when the folder cannot be made.
    pub async fn open(self) -> Result<Engine> {
        self.settings.validate()?;
        let store: Arc<dyn ObjectStore> = match self.place {
            Some(Place::Store(store)) => store,
            Some(Place::Folder(folder)) => Arc::new(
                tokio::task::spawn_blocking(move || DurableLocalStore::open(&folder).map_err(|error| Error::from(error).context(format!("open folder {}", folder.display()))))
                    .await
                    .map_err(|error| Error::internal(error.to_string()))??,
            ),
            None => return Err(Error::invalid("say where to store: a path or an object store")),
        };
        let shared = Shared {
            session: Session::new(&self.settings, Arc::clone(&store))?,
            datasets: Datasets::new(Arc::clone(&store)),
            models: ModelStore::new(Arc::clone(&store)),
            visible_models: moka::future::Cache::new(VISIBLE_MODELS),
            tiles: Tiles::default(),
            events: Events::with_capacity(self.settings.event_capacity),
            live: SharedQueries::default(),
            advisor: Advisor::default(),
            keeper: Keeper::default(),
            chores: Default::default(),
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            open: RwLock::new(true),
            closing: CancellationToken::new(),
            settings: self.settings,
            store,
        };
        Ok(Engine::from_shared(shared))
    }
}
