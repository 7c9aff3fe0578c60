//! Predicates that could fail for some row (a cast, a division) look only at rows that the others have let pass.
//!
//! DataFusion evaluates the parts of a conjunction in any order and over all rows. With the row filter of a scope among
//! them that would be a leak: `cast(name as bigint) > 0` would fail with the name of somebody whom the scope does not see.
//! So the parts that cannot fail, which a row filter is made of as a rule, get a filter of their own below the others.
//! A row filter that can fail itself has no such protection.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::physical_expr::{PhysicalExpr, conjunction, split_conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};

use super::lookup::cannot_fail;

/// Puts the rule where filters have found their places and nothing depends on their shape yet.
pub(crate) fn add_to(rules: &mut Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>>) {
    let place = rules.iter().position(|rule| rule.name() == "FilterPushdown").map_or(0, |place| place + 1);
    rules.insert(place, Arc::new(SafeFiltersFirst));
}

#[derive(Debug)]
struct SafeFiltersFirst;

impl PhysicalOptimizerRule for SafeFiltersFirst {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            Ok(match node.downcast_ref::<FilterExec>().map(split).transpose()?.flatten() {
                Some(split) => Transformed::yes(split),
                None => Transformed::no(node),
            })
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "safe_filters_first"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Two filters in the place of one whose parts are of both kinds.
fn split(filter: &FilterExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let parts = split_conjunction(filter.predicate()).into_iter().cloned();
    let (safe, others): (Vec<Arc<dyn PhysicalExpr>>, Vec<_>) = parts.partition(cannot_fail);
    if safe.is_empty() || others.is_empty() {
        return Ok(None);
    }
    let below = FilterExecBuilder::new(conjunction(safe), Arc::clone(filter.input())).with_batch_size(filter.batch_size()).build()?;
    let above = FilterExecBuilder::new(conjunction(others), Arc::new(below))
        .with_batch_size(filter.batch_size())
        .with_default_selectivity(filter.default_selectivity())
        .with_fetch(filter.fetch())
        .apply_projection_by_ref(filter.projection().as_ref())?
        .build()?;
    Ok(Some(Arc::new(above)))
}
