//! What could fail for some row (a cast, a division) looks only at rows that the other conditions have let pass.
//!
//! DataFusion evaluates the parts of a conjunction in any order and over all rows, computes what several of them share
//! beneath the filter, and moves a projection that makes rows narrower beneath it too. With the row filter of a scope among
//! them that would be a leak: `cast(name as bigint) > 0` would fail with the name of somebody whom the scope does not see.
//! So the parts that cannot fail, which a row filter is made of as a rule, get a filter of their own below the others;
//! nothing is computed beneath a filter because several parts share it; and a projection that could fail stays where it is.
//! A row filter that could fail itself is marked, and comes first all the same.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{DFSchema, Result};
use datafusion::config::ConfigOptions;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::optimizer::OptimizerRule;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr, conjunction, split_conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::projection::ProjectionExec;

use super::counted::CountedRows;
use super::lookup::cannot_fail;
use super::passing::Passing;

/// Puts the rule where filters have found their places and nothing depends on their shape yet, and takes what holds
/// projections back out again when all of them have found theirs. Then nothing looks at the arguments of aggregates any more.
pub(crate) fn add_to(rules: &mut Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>>) {
    let place = rules.iter().position(|rule| rule.name() == "FilterPushdown").map_or(0, |place| place + 1);
    rules.insert(place, Arc::new(SafeFiltersFirst));
    let place = rules.iter().rposition(|rule| rule.name() == "ProjectionPushdown").map_or(rules.len(), |place| place + 1);
    rules.insert(place, Arc::new(CountedRows));
    rules.insert(place, Arc::new(BarriersGone));
}

/// The logical rules without the one that computes beneath a filter what its parts share.
pub(crate) fn without_sharing(mut rules: Vec<Arc<dyn OptimizerRule + Send + Sync>>) -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    rules.retain(|rule| rule.name() != "common_sub_expression_eliminate");
    rules
}

#[derive(Debug)]
struct SafeFiltersFirst;

impl PhysicalOptimizerRule for SafeFiltersFirst {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            if let Some(split) = node.downcast_ref::<FilterExec>().map(split).transpose()?.flatten() {
                return Ok(Transformed::yes(split));
            }
            match node
                .downcast_ref::<ProjectionExec>()
                .filter(|projection| !projection.expr().iter().all(|column| cannot_fail(&column.expr, &projection.input().schema())))
            {
                Some(projection) => {
                    let held: Arc<dyn ExecutionPlan> = Arc::new(Passing { name: BARRIER, input: Arc::clone(projection.input()), hand: Arc::new(|rows, _, _| rows) });
                    Ok(Transformed::yes(replace_children_if_necessary(Arc::clone(&node), vec![held])?))
                }
                None => Ok(Transformed::no(node)),
            }
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
    let is_marked = |part: &Arc<dyn PhysicalExpr>| part.downcast_ref::<ScalarFunctionExpr>().is_some_and(|call| is_mark(call.fun()));
    let (safe, others): (Vec<Arc<dyn PhysicalExpr>>, Vec<_>) = parts.partition(|part| is_marked(part) || cannot_fail(part, &filter.input().schema()));
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

/// The row filter of a scope, marked where it could fail: then nobody else's conditions are evaluated beside it.
///
/// # Errors
/// It does not fit the columns.
pub(crate) fn marked(filter: Expr, schema: &DFSchema, state: &SessionState) -> Result<Expr> {
    let physical = state.create_physical_expr(filter.clone(), schema)?;
    Ok(if cannot_fail(&physical, schema.as_arrow()) { filter } else { ScalarUDF::from(RowFilter::default()).call(vec![filter]) })
}

/// Whether a function is the mark. It comes with tables and cannot be named.
pub(crate) fn is_mark(function: &ScalarUDF) -> bool {
    function.inner().downcast_ref::<RowFilter>().is_some()
}

/// A truth value as it is. It is registered nowhere, so nobody can mark conditions of their own.
#[derive(Debug, PartialEq, Eq, Hash)]
struct RowFilter {
    signature: Signature,
}

impl Default for RowFilter {
    fn default() -> Self {
        Self { signature: Signature::exact(vec![DataType::Boolean], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for RowFilter {
    fn name(&self) -> &'static str {
        "row_filter"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        arguments.args.into_iter().next().ok_or_else(|| datafusion::common::internal_datafusion_err!("a row filter without a condition"))
    }
}

/// Stands beneath a projection that could fail while places are looked for: projections do not move through it.
const BARRIER: &str = "Barrier";

#[derive(Debug)]
struct BarriersGone;

impl PhysicalOptimizerRule for BarriersGone {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            Ok(match node.downcast_ref::<Passing>().filter(|passing| passing.name == BARRIER) {
                Some(barrier) => Transformed::yes(Arc::clone(&barrier.input)),
                None => Transformed::no(node),
            })
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "barriers_gone"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
