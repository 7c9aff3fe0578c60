//! Which columns of an answer are estimates, and how far they may be off. Told from the plan and from the answer's own
//! rows, so that an estimate cannot be passed off as exact by the way in which it was asked for.

use std::collections::HashSet;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan, WindowFunctionDefinition};

use super::result::{Bound, BoundKind};
use crate::error::Result;
use crate::functions::sketch::{Sketched, distinct, quantile};

/// A number of an answer that may be an estimate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Estimated {
    /// Name of the measure or column.
    pub measure: String,
    /// Where its error shows.
    pub shows: Shows,
    /// Whether rows are ordered by it, so that it decides which of them a limit keeps.
    pub orders: bool,
}

/// Where the error of an estimate shows in the rows of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    /// In the counts of this column: those that are greater than the bound are estimates.
    InCounts(usize),
    /// This column holds the relative error of each row.
    InErrors(usize),
    /// Nowhere, so it is taken at its worst: the estimate decided which rows there are.
    Nowhere(Sketched),
}

impl Estimated {
    /// How far the numbers may be off; `None` where all of them are exact. `cut`: there are rows that are not shown.
    pub(crate) fn bound(&self, rows: &RecordBatch, cut: bool) -> Option<Bound> {
        let column = |index: usize| rows.columns().get(index);
        let (value, confidence) = match self.shows {
            // A count that is not shown may be an estimate, but then it is greater than all that are exact, as it should be.
            Shows::InCounts(index) => {
                let counts = column(index)?.as_primitive_opt::<Int64Type>()?;
                counts.iter().flatten().any(|count| count > distinct::EXACT_MAX as i64).then_some((distinct::RELATIVE_ERROR, 0.95))?
            }
            Shows::InErrors(_) if self.orders && cut => (quantile::RELATIVE_ERROR, 1.0),
            Shows::InErrors(index) => {
                let errors = column(index)?.as_primitive_opt::<Float64Type>()?;
                (errors.iter().flatten().filter(|error| *error > 0.0).max_by(f64::total_cmp)?, 1.0)
            }
            Shows::Nowhere(Sketched::Distinct) => (distinct::RELATIVE_ERROR, 0.95),
            Shows::Nowhere(Sketched::Quantile) => (quantile::RELATIVE_ERROR, 1.0),
        };
        Some(Bound { measure: self.measure.clone(), kind: BoundKind::RelativeError, value, confidence })
    }
}

/// What a statement estimates.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Estimates {
    /// Columns of the answer that are estimates as they are.
    pub columns: Vec<Estimated>,
    /// Whether there are others, whose error cannot be followed to a column: inside of an expression, a filter, a window.
    pub hidden: bool,
}

/// Finds the estimates of a statement's plan.
pub(crate) fn of_plan(plan: &LogicalPlan) -> Result<Estimates> {
    let mut all = 0_usize;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                all += usize::from(sketched(part).is_some());
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    if all == 0 {
        return Ok(Estimates::default());
    }
    let mut seen = HashSet::new();
    let mut columns = Vec::new();
    for (index, field) in plan.schema().fields().iter().enumerate() {
        let Some((place, sketched)) = origin(plan, index) else { continue };
        seen.insert(place);
        let shows = if sketched == Sketched::Distinct { Shows::InCounts(index) } else { Shows::Nowhere(sketched) };
        columns.push(Estimated { measure: field.name().clone(), shows, orders: false });
    }
    Ok(Estimates { columns, hidden: all > seen.len() })
}

fn sketched(expr: &Expr) -> Option<Sketched> {
    match expr {
        Expr::AggregateFunction(call) => Sketched::by(call.func.name()),
        Expr::WindowFunction(call) => match &call.fun {
            WindowFunctionDefinition::AggregateUDF(function) => Sketched::by(function.name()),
            WindowFunctionDefinition::WindowUDF(_) => None,
        },
        _ => None,
    }
}

/// The aggregate that a column is, if it is one as it stands and nothing above decides by it which rows there are.
fn origin(plan: &LogicalPlan, index: usize) -> Option<(usize, Sketched)> {
    match plan {
        LogicalPlan::Projection(projection) => match projection.expr.get(index)?.clone().unalias_nested().data {
            Expr::Column(column) => origin(&projection.input, projection.input.schema().index_of_column(&column).ok()?),
            // The value of an estimate that comes with its error, as quantiles of models do.
            Expr::ScalarFunction(call) if call.name() == "get_field" => match call.args.first()?.clone().unalias_nested().data {
                Expr::Column(column) => origin(&projection.input, projection.input.schema().index_of_column(&column).ok()?).filter(|(_, sketched)| *sketched == Sketched::Quantile),
                _ => None,
            },
            _ => None,
        },
        LogicalPlan::Sort(sort) => origin(&sort.input, index),
        LogicalPlan::Limit(limit) => origin(&limit.input, index),
        LogicalPlan::SubqueryAlias(alias) => origin(&alias.input, index),
        LogicalPlan::Aggregate(aggregate) => {
            let place = index.checked_sub(aggregate.schema.fields().len().checked_sub(aggregate.aggr_expr.len())?)?;
            let call = aggregate.aggr_expr.get(place)?.clone().unalias_nested().data;
            Some((place, sketched(&call)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, Int64Array};
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::logical_expr::{LogicalPlanBuilder, lit, table_scan};
    use datafusion::prelude::col;

    use super::*;
    use crate::functions::approx_distinct::ApproxDistinct;
    use crate::functions::approx_quantile::{ApproxQuantile, Form};

    fn aggregated() -> LogicalPlanBuilder {
        let schema = Schema::new(vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Float64, true)]);
        let aggregates = [ApproxDistinct::udaf().call(vec![col("t.a")]).alias("d"), ApproxQuantile::udaf(Form::Median).call(vec![col("t.b")]).alias("m")];
        table_scan(Some("t"), &schema, None).unwrap().aggregate([col("t.a")], aggregates).unwrap()
    }

    fn names(plan: LogicalPlanBuilder) -> (Vec<String>, bool) {
        let found = of_plan(&plan.build().unwrap()).unwrap();
        (found.columns.into_iter().map(|column| column.measure).collect(), found.hidden)
    }

    #[test]
    fn estimates_are_followed_through_names_orders_and_limits() {
        let plan = aggregated()
            .project([col("m").alias("middle"), col("t.a"), col("d")])
            .unwrap()
            .sort([col("d").sort(true, false)])
            .unwrap()
            .limit(0, Some(3))
            .unwrap();
        assert_eq!(names(plan), (vec!["middle".to_owned(), "d".to_owned()], false));
    }

    #[test]
    fn estimates_that_are_not_seen_are_hidden() {
        assert_eq!(names(aggregated().project([col("d")]).unwrap()), (vec!["d".to_owned()], true));
        assert_eq!(names(aggregated().project([col("d") + lit(1_i64), col("m")]).unwrap()), (vec!["m".to_owned()], true));
        assert_eq!(names(aggregated().filter(col("d").gt(lit(3_i64))).unwrap()), (Vec::new(), true));
        let plain = aggregated().build().unwrap();
        let LogicalPlan::Aggregate(aggregate) = plain else { unreachable!() };
        assert_eq!(of_plan(&aggregate.input).unwrap(), Estimates::default());
    }

    #[test]
    fn only_what_is_not_exact_has_a_bound() {
        let rows = |counts: Vec<Option<i64>>, errors: Vec<f64>| {
            RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(counts)) as ArrayRef), ("e", Arc::new(Float64Array::from(errors)))]).unwrap()
        };
        let bound = |shows: Shows, rows: &RecordBatch| Estimated { measure: "x".to_owned(), shows, orders: true }.bound(rows, false).map(|bound| (bound.value, bound.confidence));
        let exact = rows(vec![Some(4_096), None], vec![0.0, 0.0]);
        let estimated = rows(vec![Some(3), Some(4_097)], vec![0.001, 0.002]);
        assert_eq!(bound(Shows::InCounts(0), &exact), None);
        assert_eq!(bound(Shows::InCounts(0), &estimated), Some((distinct::RELATIVE_ERROR, 0.95)));
        assert_eq!(bound(Shows::InErrors(1), &exact), None);
        assert_eq!(bound(Shows::InErrors(1), &estimated), Some((0.002, 1.0)));
        assert_eq!(bound(Shows::Nowhere(Sketched::Quantile), &exact), Some((quantile::RELATIVE_ERROR, 1.0)));
        // Rows that a limit left out because of an estimate may belong here.
        let first = Estimated { measure: "x".to_owned(), shows: Shows::InErrors(1), orders: true };
        assert_eq!(first.bound(&exact, true).map(|bound| bound.value), Some(quantile::RELATIVE_ERROR));
        assert_eq!(Estimated { orders: false, ..first }.bound(&exact, true), None);
    }
}
