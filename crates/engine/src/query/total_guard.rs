//! Filters stay above aggregates that answer even of no rows. DataFusion 55 finds that two conditions contradict each other while it
//! pushes them down, and pushes the `false` that is left of them below such an aggregate, because it names no column of it: then
//! a count of nothing comes out where there should be no row. (Its physical rule knows.)

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

type Rule = Arc<dyn OptimizerRule + Send + Sync>;

/// The logical rules, of which the one that pushes filters down keeps to that.
pub(super) fn guarded(rules: Vec<Rule>) -> Vec<Rule> {
    rules.into_iter().map(|rule| if rule.name() == "push_down_filter" { Arc::new(Guarded(rule)) as Rule } else { rule }).collect()
}

#[derive(Debug)]
struct Guarded(Rule);

impl OptimizerRule for Guarded {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if is_over_total(&plan) { Ok(Transformed::no(plan)) } else { self.0.rewrite(plan, config) }
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
