//! `sum(a * b) filter (where …)`: what is wrong with a row that an aggregate does not count is no error. DataFusion computes arguments
//! over all rows and leaves rows out then, so that a product that exceeds 64 bits, or a division by zero, failed the answer although
//! nobody had asked for it. Here the argument is computed over all rows first, which is the quick way and nearly always enough; where
//! that fails, over the rows that count. Partials do the same over their columns (`partial/kernel/rows.rs`).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use datafusion::common::Result;
use datafusion::common::cast::as_boolean_array;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateInputMode};

use super::lookup::cannot_fail;

/// The rule. It comes after those that compare the two halves of an aggregate, of which only the first has arguments.
#[derive(Debug)]
pub(super) struct CountedRows;

impl PhysicalOptimizerRule for CountedRows {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            Ok(match node.downcast_ref::<AggregateExec>().and_then(of_counted_rows) {
                Some(aggregate) => Transformed::yes(Arc::new(aggregate) as Arc<dyn ExecutionPlan>),
                None => Transformed::no(node),
            })
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "counted_rows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The aggregate whose arguments are those of the rows that count. `None`: it is that already.
fn of_counted_rows(aggregate: &AggregateExec) -> Option<AggregateExec> {
    if aggregate.mode().input_mode() != AggregateInputMode::Raw {
        return None;
    }
    let schema = aggregate.input_schema();
    let mut changed = false;
    let functions = aggregate.aggr_expr().iter().zip(aggregate.filter_expr()).map(|(function, condition)| {
        let counted = condition.as_ref().and_then(|condition| counted(function, condition, &schema));
        changed |= counted.is_some();
        counted.map_or_else(|| Arc::clone(function), Arc::new)
    });
    let functions: Vec<Arc<AggregateFunctionExpr>> = functions.collect();
    changed.then(|| aggregate.with_new_aggr_exprs(functions))
}

fn counted(function: &AggregateFunctionExpr, condition: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Option<AggregateFunctionExpr> {
    let arguments = function.expressions();
    // One that was turned round would forget it.
    if function.is_reversed() || arguments.iter().all(|argument| cannot_fail(argument, schema)) {
        return None;
    }
    let counted = arguments.into_iter().map(|argument| {
        if cannot_fail(&argument, schema) {
            return argument;
        }
        Arc::new(Counted { argument, condition: Arc::clone(condition) }) as Arc<dyn PhysicalExpr>
    });
    function.with_new_expressions(counted.collect(), function.order_bys().iter().map(|order| Arc::clone(&order.expr)).collect())
}

/// An argument that is null in rows that do not count, where it cannot be computed for all rows.
#[derive(Debug)]
struct Counted {
    argument: Arc<dyn PhysicalExpr>,
    condition: Arc<dyn PhysicalExpr>,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.argument)
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        self.argument.eq(&other.argument) && self.condition.eq(&other.condition)
    }
}

impl Eq for Counted {}

impl Hash for Counted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.argument.hash(state);
        self.condition.hash(state);
    }
}

impl PhysicalExpr for Counted {
    fn data_type(&self, schema: &Schema) -> Result<DataType> {
        self.argument.data_type(schema)
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, rows: &RecordBatch) -> Result<ColumnarValue> {
        self.argument.evaluate(rows).or_else(|_| {
            let counts = self.condition.evaluate(rows)?.into_array(rows.num_rows())?;
            self.argument.evaluate_selection(rows, as_boolean_array(&counts)?)
        })
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.argument, &self.condition]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        match <[Arc<dyn PhysicalExpr>; 2]>::try_from(children) {
            Ok([argument, condition]) => Ok(Arc::new(Self { argument, condition })),
            Err(_) => datafusion::common::internal_err!("a counted argument without its condition"),
        }
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.argument.fmt_sql(f)
    }
}
