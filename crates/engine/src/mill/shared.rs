//! What all mills of an engine share. The engine's builder makes it; a mill only uses it.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use object_store::ObjectStore;
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;

use super::chores::ChoreLog;
use super::keeper::Keeper;
use super::mappings::Mappings;
use super::planners::Planners;
use super::seen::Sight;
use super::tiles::Tiles;
use super::value_lists::ValueLists;
use crate::advisor::Advisor;
use crate::catalog::datasets::Datasets;
use crate::catalog::models::ModelStore;
use crate::clock::Clock;
use crate::encryption::KeyKeeper;
use crate::events::Events;
use crate::ingest::contract::reference::KnownReferences;
use crate::ingest::gather::Gatherings;
use crate::live::refresh::SharedQueries;
use crate::query::pace::Pace;
use crate::query::session::Session;
use crate::semantic::Model;
use crate::settings::Settings;
use crate::storage::compaction::Room;

/// Models that are kept, over all scopes.
pub(crate) const VISIBLE_MODELS: u64 = 1_000;

/// Keys that are remembered to be unique.
pub(crate) const UNIQUE_KEYS: u64 = 10_000;

/// A model without what a scope hides.
#[derive(Debug, Clone)]
pub(crate) struct VisibleModel {
    pub model: Arc<Model>,
    /// As it is stored.
    pub stored: Arc<Model>,
    /// The columns that it was checked against.
    pub columns: SchemaRef,
}

/// What all tenants of an engine share.
pub(crate) struct Shared {
    pub store: Arc<dyn ObjectStore>,
    /// The keys of tenants, where the store is encrypted.
    pub keys: Option<Arc<KeyKeeper>>,
    pub settings: Settings,
    pub clock: Arc<dyn Clock>,
    pub datasets: Arc<Datasets>,
    pub models: ModelStore,
    pub views: ModelStore,
    /// Models as they are stored, by id of the dataset.
    pub stored_models: moka::future::Cache<String, Arc<Model>>,
    /// What scopes see of datasets.
    pub sight: Sight,
    /// Models as scopes see them, by id of the dataset and what is hidden.
    pub visible_models: moka::future::Cache<(String, String), VisibleModel>,
    /// Keys that were looked at and tell rows apart, by dataset, version, columns and scope.
    pub unique_keys: moka::future::Cache<String, ()>,
    /// Lookups that are functions of their keys.
    pub mappings: Mappings,
    /// Values of dimensions.
    pub value_lists: ValueLists,
    /// Questions that were compiled.
    pub tiles: Tiles,
    pub session: Session,
    /// The same for answers from rows alone.
    pub rows: Session,
    /// Statements that are planned at the same time, each on a thread with a large stack.
    pub planners: Planners,
    /// How fast answers are.
    pub pace: Pace,
    pub events: Events,
    pub live: SharedQueries,
    /// Small loads that wait for a commit.
    pub gatherings: Arc<Gatherings>,
    /// Whether the store makes a log entry visible after what it names, however they are put.
    pub keeps_order: bool,
    /// Values that contracts refer to.
    pub references: Arc<KnownReferences>,
    pub advisor: Advisor,
    pub keeper: Keeper,
    /// Held by merges of segments, for what they hold in memory.
    pub merging: Room,
    /// What upkeep did.
    pub chores: ChoreLog,
    /// Held for reading by each write, for writing by `close`: then nothing new begins.
    pub open: RwLock<bool>,
    /// Cancelled by `close`, and when the last handle is gone: what is done in the background stops where it is.
    pub closing: CancellationToken,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({})", self.store)
    }
}
