//! The DataFusion session of an engine: one runtime (memory pool, object store, footer cache), one set of allowed
//! functions, one configuration. Made once; each query takes a cheap copy.

use std::sync::Arc;

use datafusion::catalog::{CatalogProviderList, MemoryCatalogProviderList};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionState;
use datafusion::prelude::SessionConfig;
use object_store::ObjectStore;

use crate::error::Result;
use crate::functions::allowed;
use crate::settings::Settings;

/// The address under which plans find the engine's store. It means nothing outside of the engine.
const STORE_URL: &str = "tidemill://segments";

/// Consumers that an out-of-memory message names.
const NAMED_CONSUMERS: std::num::NonZeroUsize = std::num::NonZeroUsize::MIN;

/// What every query starts from.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    state: SessionState,
    store_url: ObjectStoreUrl,
}

impl Session {
    pub(crate) fn new(settings: &Settings, store: Arc<dyn ObjectStore>) -> Result<Self> {
        let store_url = ObjectStoreUrl::parse(STORE_URL)?;
        let runtime = runtime(settings)?;
        runtime.register_object_store(store_url.as_ref(), store);
        let mut config = SessionConfig::new()
            .with_target_partitions(settings.query_partitions)
            .with_collect_statistics(false)
            .with_information_schema(false)
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema("tidemill", "public");
        let options = config.options_mut();
        options.execution.parquet.pushdown_filters = false;
        options.execution.parquet.enable_page_index = true;
        options.sql_parser.enable_ident_normalization = true;
        options.optimizer.repartition_file_min_size = 4 << 20;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::new(runtime))
            .with_default_features()
            .with_scalar_functions(allowed::scalar())
            .with_aggregate_functions(allowed::aggregate())
            .with_window_functions(allowed::window())
            .with_table_function_list(Vec::new())
            .with_file_formats(Vec::new())
            .with_table_factories(std::collections::HashMap::new())
            .build();
        Ok(Self { state, store_url })
    }

    /// A state for one query, whose catalog is empty.
    pub(crate) fn state(&self) -> SessionState {
        let catalogs: Arc<dyn CatalogProviderList> = Arc::new(MemoryCatalogProviderList::new());
        SessionStateBuilder::new_from_existing(self.state.clone()).with_catalog_list(catalogs).build()
    }

    /// The shared state, for planning that needs no catalog.
    pub(crate) fn shared(&self) -> &SessionState {
        &self.state
    }

    pub(crate) fn store_url(&self) -> &ObjectStoreUrl {
        &self.store_url
    }
}

fn runtime(settings: &Settings) -> Result<RuntimeEnv> {
    let pool = TrackConsumersPool::new(FairSpillPool::new(settings.query_memory_bytes), NAMED_CONSUMERS);
    Ok(RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .with_disk_manager_builder(DiskManagerBuilder::default())
        .with_metadata_cache_limit(settings.footer_cache_bytes)
        .build()?)
}
