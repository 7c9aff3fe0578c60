//! No limit between the two steps of an aggregate. What comes from the first step are parts of groups, several of one group, and
//! whoever keeps the first ten of them does not keep ten groups.
//!
//! ```text
//!   merge, 3 rows  <-  groups  <-  sort, 3 rows  <-  parts of groups: 0 0 1 1 2 2
//!                                  ^ groups 0 and 1 alone would come through
//! ```
//! DataFusion 55 carries the limit above groups that come in order down to the sort that brings their parts in order (its issue 24927).
//! Nobody else puts a limit there, so it is taken away again.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;

/// The rule; its place is after the one that puts sorts into plans.
#[derive(Debug)]
pub(super) struct WholeGroups;

impl PhysicalOptimizerRule for WholeGroups {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let parts = node
                .downcast_ref::<AggregateExec>()
                .filter(|aggregate| matches!(aggregate.mode(), AggregateMode::Final | AggregateMode::FinalPartitioned))
                .map(|aggregate| without_limit(aggregate.input()))
                .transpose()?
                .flatten();
            Ok(match parts {
                Some(parts) => Transformed::yes(replace_children_if_necessary(Arc::clone(&node), vec![parts])?),
                None => Transformed::no(node),
            })
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "whole_groups"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The same parts of groups without a limit on their way from the first step, where there is one.
fn without_limit(parts: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let on_the_way = parts.downcast_ref::<SortExec>().is_some()
        || parts.downcast_ref::<RepartitionExec>().is_some()
        || parts.downcast_ref::<CoalescePartitionsExec>().is_some()
        || parts.downcast_ref::<SortPreservingMergeExec>().is_some();
    if !on_the_way {
        return Ok(None);
    }
    let beneath = match parts.children().first() {
        Some(input) => without_limit(input)?,
        None => None,
    };
    let changed = match beneath {
        Some(input) => Some(replace_children_if_necessary(Arc::clone(parts), vec![input])?),
        None => None,
    };
    let known = changed.as_ref().unwrap_or(parts);
    let unlimited = if known.fetch().is_some() { known.with_fetch(None) } else { None };
    Ok(unlimited.or(changed))
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use datafusion::execution::SessionStateBuilder;
    use datafusion::prelude::{SessionConfig, SessionContext};

    use super::super::first_rows::known_rules;

    #[tokio::test]
    async fn a_limit_counts_groups_and_not_their_parts() {
        let statement = "with s(x) as (values (0), (1), (2) order by 1 limit 3), \
            u as (select * from s union all select * from s union all select * from s) select distinct x from u order by x limit 3";
        for partitions in [1, 2, 4] {
            let config = SessionConfig::new().with_target_partitions(partitions);
            let state = SessionStateBuilder::new().with_default_features().with_config(config).with_physical_optimizer_rules(known_rules()).build();
            let batches = SessionContext::new_with_state(state).sql(statement).await.unwrap().collect().await.unwrap();
            let values: Vec<i64> = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
            assert_eq!(values, [0, 1, 2], "{partitions} partitions");
        }
    }
}
