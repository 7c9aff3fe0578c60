//! Rules of DataFusion 55 leave plans alone that they would make wrong.
//!
//! - Filters stay above aggregates that answer even of no rows. The rule that pushes filters down finds on the way that two conditions
//!   contradict each other, and pushes the `false` that is left of them below such an aggregate, because it names no column of it: then
//!   a count of nothing comes out where there should be no row. (The physical rule knows.)
//! - Sums of fractions are those of their rows. The rule for distinct values makes groups by `b` out of `count(distinct b), sum(c)`, and adds
//!   up the sums of these: each of them is rounded (ADR 0039), so the sum is another number, and depends on which values of `b` there are.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use crate::functions::exact::aggregate::adds_fractions;

type Rule = Arc<dyn OptimizerRule + Send + Sync>;
/// Whether a rule leaves a plan alone.
type Leaves = fn(&LogicalPlan) -> bool;

/// Which plans a rule leaves alone, by its name.
const LEFT_ALONE: [(&str, Leaves); 2] = [("push_down_filter", is_over_total), ("single_distinct_aggregation_to_group_by", adds_them)];

/// The logical rules, as they keep to that.
pub(super) fn guarded(rules: Vec<Rule>) -> Vec<Rule> {
    let guard = |rule: Rule| match LEFT_ALONE.iter().find(|(name, _)| *name == rule.name()) {
        Some((_, leaves)) => Arc::new(Guarded { rule, leaves: *leaves }) as Rule,
        None => rule,
    };
    rules.into_iter().map(guard).collect()
}

#[derive(Debug)]
struct Guarded {
    rule: Rule,
    leaves: Leaves,
}

impl OptimizerRule for Guarded {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.rule.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if (self.leaves)(&plan) { Ok(Transformed::no(plan)) } else { self.rule.rewrite(plan, config) }
    }
}

/// Whether a plan is a filter, or several, of an aggregate that has a row whatever it is made of.
fn is_over_total(plan: &LogicalPlan) -> bool {
    let LogicalPlan::Filter(filter) = plan else { return false };
    match &*filter.input {
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty() || aggregate.group_expr.iter().any(|group| matches!(group, Expr::GroupingSet(_))),
        below => is_over_total(below),
    }
}

/// Whether a plan is an aggregate that adds fractions up.
fn adds_them(plan: &LogicalPlan) -> bool {
    let LogicalPlan::Aggregate(aggregate) = plan else { return false };
    aggregate.aggr_expr.iter().any(|expr| matches!(expr, Expr::AggregateFunction(call) if adds_fractions(call, aggregate.input.schema())))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::functions_aggregate::expr_fn::count_distinct;
    use datafusion::logical_expr::{LogicalPlanBuilder, table_scan};
    use datafusion::optimizer::optimizer::{Optimizer, OptimizerContext};
    use datafusion::prelude::col;

    use super::*;
    use crate::functions::sum::sum;

    /// How many aggregates a plan comes to.
    fn aggregates(rules: Vec<Rule>, plan: LogicalPlan) -> usize {
        let optimised = Optimizer::with_rules(rules).optimize(plan, &OptimizerContext::new(), |_, _| {}).unwrap();
        optimised.display_indent().to_string().matches("Aggregate:").count()
    }

    #[test]
    fn sums_of_fractions_are_not_added_up_by_distinct_values() {
        let fields = [("b", DataType::Utf8), ("n", DataType::Int64), ("x", DataType::Float64)];
        let schema = Schema::new(fields.map(|(name, data_type)| Field::new(name, data_type, true)).to_vec());
        for (added, alone, with_guard) in [("x", 2, 1), ("n", 2, 2)] {
            let scan: LogicalPlanBuilder = table_scan(Some("t"), &schema, None).unwrap();
            let plan = scan.aggregate(Vec::<Expr>::new(), [count_distinct(col("b")), sum(col(added))]).unwrap().build().unwrap();
            assert_eq!(aggregates(Optimizer::new().rules, plan.clone()), alone, "{added}: if it is one, this guard is not needed any more");
            assert_eq!(aggregates(guarded(Optimizer::new().rules), plan), with_guard, "{added}");
        }
    }
}
