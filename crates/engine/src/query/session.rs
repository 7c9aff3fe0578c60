//! The DataFusion session of an engine: one runtime (memory pool, object store), one set of allowed
//! functions, one configuration. Made once; each query takes a cheap copy.

use std::sync::Arc;

use datafusion::catalog::{CatalogProviderList, MemoryCatalogProviderList};
use datafusion::common::tree_node::TreeNode;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::OptimizerRule;
use datafusion::optimizer::optimizer::Optimizer;
use datafusion::optimizer::push_down_limit::PushDownLimit;
use datafusion::optimizer::simplify_expressions::SimplifyExpressions;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use object_store::ObjectStore;

use super::checked_arithmetic::CheckedArithmetic;
use super::table::DatasetTable;
use super::zero_keys::ZeroKeys;
use super::{first_rows, guard, holding, left_alone, probing, zeros};
use crate::encryption::SealedSpills;
use crate::error::Result;
use crate::functions::{allowed, text_concat};
use crate::partial::fragment::Fragment;
use crate::partial::memory::Partials;
use crate::partial::rule;
use crate::settings::Settings;

/// The address under which plans find the engine's store. It means nothing outside of the engine.
const STORE_URL: &str = "tidemill://segments";

/// Consumers that an out-of-memory message names.
const NAMED_CONSUMERS: std::num::NonZeroUsize = std::num::NonZeroUsize::MIN;

/// Marks plans that read rows and believe nothing that is kept of them: no partial, no bound of a segment in the log, no
/// bloom filter.
#[derive(Debug)]
pub(super) struct FromRows;

/// What every query starts from.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    state: SessionState,
    /// Plans what comes down to partials: the few rules that such a plan needs, once.
    lean: Option<SessionState>,
    store_url: ObjectStoreUrl,
    partials: Arc<Partials>,
}

impl Session {
    /// `sealed`: what queries write away when their memory is full must not be readable either.
    pub(crate) fn new(settings: &Settings, store: Arc<dyn ObjectStore>, sealed: bool) -> Result<Self> {
        let store_url = ObjectStoreUrl::parse(STORE_URL)?;
        let runtime = runtime(settings, sealed)?;
        runtime.register_object_store(store_url.as_ref(), Arc::clone(&store));
        let mut config = SessionConfig::new()
            .with_target_partitions(settings.query_partitions)
            .with_collect_statistics(false)
            .with_information_schema(false)
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema("tidemill", "public");
        let options = config.options_mut();
        // Each scan decides for itself (`query::lookup::decodes_late`).
        options.execution.parquet.pushdown_filters = false;
        options.execution.parquet.enable_page_index = true;
        options.sql_parser.enable_ident_normalization = true;
        options.optimizer.repartition_file_min_size = 4 << 20;
        let mut physical = first_rows::optimizer_rules();
        guard::add_to(&mut physical);
        holding::add_to(&mut physical);
        probing::add_to(&mut physical);
        let functions = allowed::scalar();
        let builder = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::new(runtime))
            // Before those of DataFusion, the first of which that knows is asked.
            .with_expr_planners(vec![Arc::new(text_concat::Planner::new(&functions))])
            .with_default_features()
            .with_scalar_functions(functions)
            .with_aggregate_functions(allowed::aggregate())
            .with_window_functions(allowed::window())
            .with_analyzer_rule(Arc::new(CheckedArithmetic))
            .with_analyzer_rule(Arc::new(zeros::OneZero))
            .with_table_function_list(Vec::new())
            .with_higher_order_functions(Vec::new())
            .with_physical_optimizer_rules(physical)
            .with_file_formats(Vec::new())
            .with_table_factories(std::collections::HashMap::new());
        let builder = if settings.partial_cache_bytes > 0 {
            builder.with_optimizer_rules(logical(rule::optimizer_rules(DatasetTable::source))).with_query_planner(Arc::new(rule::Planner))
        } else {
            builder.with_optimizer_rules(logical(Optimizer::new().rules))
        };
        let state = builder.build();
        let lean = (settings.partial_cache_bytes > 0).then(|| lean(&state));
        Ok(Self { state, lean, store_url, partials: Arc::new(Partials::new(settings, store)) })
    }

    /// The same for plans that compute from rows alone, by DataFusion's own operators: what answers are verified with. What
    /// keeps the conditions of callers away from rows that they do not see stays.
    pub(crate) fn of_rows(&self) -> Self {
        let mut physical = first_rows::known_rules();
        guard::add_to(&mut physical);
        holding::add_to(&mut physical);
        probing::add_to(&mut physical);
        let state = SessionStateBuilder::new_from_existing(self.state.clone())
            .with_config(self.state.config().clone().with_extension(Arc::new(FromRows)))
            .with_optimizer_rules(logical(Optimizer::new().rules))
            .with_physical_optimizer_rules(physical)
            .build();
        Self { state, lean: None, ..self.clone() }
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

    /// Plans a query of the semantic layer. Most of them come down to partials, a sort and a limit: DataFusion's forty
    /// rules have nothing to do there and would take longer than the answer.
    pub(crate) async fn physical(&self, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
        if let Some(lean) = &self.lean
            && let Some(plan) = self.merges(plan)?
        {
            return Ok(lean.query_planner().create_physical_plan(&plan, lean).await?);
        }
        Ok(self.state.create_physical_plan(plan).await?)
    }

    /// The fragment that a query of the semantic layer comes down to, where it does.
    pub(crate) fn fragment(&self, plan: &LogicalPlan) -> Result<Option<Fragment>> {
        let Some(lean) = &self.lean else { return Ok(None) };
        Ok(rule::fragment_of(&lean.optimize(plan)?).cloned())
    }

    /// A plan of the semantic layer, optimised, if it comes down to merges of partials.
    pub(crate) fn merges(&self, plan: &LogicalPlan) -> Result<Option<LogicalPlan>> {
        let Some(lean) = self.lean.as_ref().filter(|_| is_chain(plan)) else { return Ok(None) };
        let plan = lean.optimize(plan)?;
        let scans = plan.exists(|node| Ok(matches!(node, LogicalPlan::TableScan(_))))?;
        Ok((!scans).then_some(plan))
    }

    /// What is kept of segments.
    pub(crate) fn partials(&self) -> &Arc<Partials> {
        &self.partials
    }

    pub(crate) fn store_url(&self) -> &ObjectStoreUrl {
        &self.store_url
    }
}

/// Whether rows go one way through a plan. Where they come together, or windows look over them, partitions and orders have to be
/// made, which is done by rules that lean planning does without.
fn is_chain(mut plan: &LogicalPlan) -> bool {
    loop {
        plan = match (plan, plan.inputs().as_slice()) {
            (LogicalPlan::Window(_), _) | (_, [_, _, ..]) => return false,
            (_, [input]) => input,
            (_, []) => return true,
        };
    }
}

/// Rules of logical plans, as they are safe for us.
fn logical(rules: Vec<Arc<dyn OptimizerRule + Send + Sync>>) -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let mut rules = left_alone::guarded(guard::without_sharing(rules));
    rules.push(Arc::new(ZeroKeys));
    rules
}

fn lean(state: &SessionState) -> SessionState {
    let mut config = state.config().clone();
    config.options_mut().optimizer.max_passes = 1;
    let rules: Vec<Arc<dyn OptimizerRule + Send + Sync>> =
        vec![Arc::new(SimplifyExpressions::new()), rule::aggregate_by_segment(DatasetTable::source), Arc::new(PushDownLimit::new()), rule::first_groups()];
    SessionStateBuilder::new_from_existing(state.clone())
        .with_config(config)
        .with_optimizer_rules(rules)
        .with_physical_optimizer_rules(Vec::new())
        .build()
}

fn runtime(settings: &Settings, sealed: bool) -> Result<RuntimeEnv> {
    let pool = TrackConsumersPool::new(FairSpillPool::new(settings.query_memory_bytes), NAMED_CONSUMERS);
    let disk = DiskManagerBuilder::default();
    let disk = if sealed { disk.with_temp_file_factory(Arc::new(SealedSpills::default())) } else { disk };
    Ok(RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).with_disk_manager_builder(disk).build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_away_has_no_name_where_the_store_is_sealed() {
        for sealed in [false, true] {
            let file = runtime(&Settings::default(), sealed).unwrap().disk_manager.create_tmp_file("a test").unwrap();
            assert_eq!(file.path().is_none(), sealed);
        }
    }
}
