//! Where a plan reads rows: by which conditions, and in which segments it may find some by what the log says of them. Nothing is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::DFSchema;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::expr_rewriter::unnormalize_cols;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan};
use datafusion::sql::unparser::expr_to_sql;

use super::pruning::Pruner;
use super::table::DatasetTable;
use super::zeros;
use crate::error::Result;
use crate::functions::whole_arithmetic::with_signs;
use crate::storage::segment::Segment;

/// Characters at most of a condition that is told: lists of values may be long.
const CONDITION_MAX: usize = 2_000;

/// Segments by prefix of their dataset and by path.
pub(crate) type Matching = BTreeMap<String, BTreeMap<String, Arc<Segment>>>;

/// One place at which a plan reads rows.
#[derive(Debug)]
pub(crate) struct Scan {
    /// Of their dataset.
    pub prefix: String,
    /// What is asked of these rows alone, as SQL: all of it holds for each that is read.
    pub conditions: Vec<String>,
    /// Where such rows may be.
    pub segments: Vec<Arc<Segment>>,
}

/// The segments that the tables of a plan may find rows in. `state` must be one that leaves tables in plans.
pub(crate) fn matching(plan: &LogicalPlan, state: &SessionState) -> Result<Matching> {
    Ok(merged(scans(&state.optimize(plan)?, state)?))
}

/// The segments that are read at any of some places.
pub(crate) fn merged(scans: Vec<Scan>) -> Matching {
    let mut found = Matching::new();
    for Scan { prefix, segments, .. } in scans {
        found.entry(prefix).or_default().extend(segments.into_iter().map(|segment| (segment.path.clone(), segment)));
    }
    found
}

/// Where a plan reads rows, once it has been optimised by such a `state`.
pub(crate) fn scans(plan: &LogicalPlan, state: &SessionState) -> Result<Vec<Scan>> {
    let mut found = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            found.extend(look(scan, state)?);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

fn look(scan: &TableScan, state: &SessionState) -> DataFusionResult<Option<Scan>> {
    let provider = source_as_provider(&scan.source)?;
    let Some(source) = DatasetTable::source(provider.as_ref()) else { return Ok(None) };
    let schema = provider.schema();
    let filters = unnormalize_cols(scan.filters.iter().cloned());
    let conditions = filters.iter().map(|condition| written(&zeros::as_written(&with_signs(condition)))).collect();
    let filter = conjunction(filters).map(|filter| state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(&schema))?)).transpose()?;
    let segments = &source.snapshot.segments;
    let segments = match filter.and_then(|filter| Pruner::new(&filter, &schema)) {
        Some(pruner) => pruner.prune(segments, &schema),
        None => segments.clone(),
    };
    Ok(Some(Scan { prefix: source.prefix.to_string(), conditions, segments }))
}

/// A condition as SQL; of a long one its beginning.
fn written(condition: &Expr) -> String {
    let text = expr_to_sql(condition).map_or_else(|_| condition.to_string(), |written| written.to_string());
    let end = text.char_indices().nth(CONDITION_MAX).map(|(end, _)| end);
    match end {
        Some(end) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
