//! Zero is one number in keys of joins too. DataFusion 55 finds a row by a zero of either sign, but what the rows of one side tell the scan
//! of the other (its dynamic filters) goes by an order in which `-0.0` comes before `0.0`: the scan leaves rows out that would be found.
//!
//! ```text
//!   t.x = u.y, u has the row -0.0 alone    scan of t: x >= -0.0 and x <= -0.0, and 0.0 is gone
//!   t.x + 0.0 = u.y + 0.0                  scan of t: x + 0.0 >= 0.0 and x + 0.0 <= 0.0
//! ```
//! `zeros` says it of comparisons that are written, before it is known which of them are keys: what finds keys knows columns alone. So this is
//! the last of the logical rules.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::{JoinConstraint, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use super::zeros;

/// The rule.
#[derive(Debug)]
pub(super) struct ZeroKeys;

impl OptimizerRule for ZeroKeys {
    fn name(&self) -> &'static str {
        "zero_keys"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Join(mut join) = plan else { return Ok(Transformed::no(plan)) };
        let (left, right) = (Arc::clone(&join.left), Arc::clone(&join.right));
        let mut changed = false;
        for (l, r) in &mut join.on {
            for (key, schema) in [(l, left.schema()), (r, right.schema())] {
                if zeros::may_be_either(key, schema) {
                    *key = zeros::plain(std::mem::take(key));
                    changed = true;
                }
            }
        }
        if changed {
            // Names that both sides share were resolved before; keys are formulas now.
            join.join_constraint = JoinConstraint::On;
        }
        Ok(Transformed::new_transformed(LogicalPlan::Join(join), changed))
    }
}
