//! Which segments a plan may find rows in, by what the log says of them. Nothing is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::DFSchema;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::expr_rewriter::unnormalize_cols;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{LogicalPlan, TableScan};

use super::pruning::Pruner;
use super::table::DatasetTable;
use crate::error::Result;
use crate::storage::segment::Segment;

/// Segments by prefix of their dataset and by path.
pub(crate) type Matching = BTreeMap<String, BTreeMap<String, Arc<Segment>>>;

/// The segments that the tables of a plan may find rows in. `state` must be one that leaves tables in plans.
pub(crate) fn matching(plan: &LogicalPlan, state: &SessionState) -> Result<Matching> {
    let mut found = Matching::new();
    state.optimize(plan)?.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            add(scan, state, &mut found)?;
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

fn add(scan: &TableScan, state: &SessionState, found: &mut Matching) -> DataFusionResult<()> {
    let provider = source_as_provider(&scan.source)?;
    let Some(source) = DatasetTable::source(provider.as_ref()) else { return Ok(()) };
    let schema = provider.schema();
    let filter = conjunction(unnormalize_cols(scan.filters.iter().cloned()))
        .map(|filter| state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(&schema))?))
        .transpose()?;
    let segments = &source.snapshot.segments;
    let kept = match filter.and_then(|filter| Pruner::new(&filter, &schema)) {
        Some(pruner) => pruner.prune(segments, &schema),
        None => segments.clone(),
    };
    found.entry(source.prefix.to_string()).or_default().extend(kept.into_iter().map(|segment| (segment.path.clone(), segment)));
    Ok(())
}
