//! Counts of different values over several buckets of time. They do not add up, so what goes from bucket to bucket are the values
//! themselves: each is there once for a group and bucket until it is known in which buckets of the answer it counts.
//!
//! ```text
//!   rows > one row for each (group, bucket, value)      partials, computed once
//!     rolling      > copied to the buckets that it counts for > counted, each value once
//!     cumulative   > 1 in the first bucket of a value, 0 in all others > added up from bucket to bucket
//! ```
//! What has no value has its row as well: a bucket of which nothing is counted is a bucket all the same.

use datafusion::common::Column;
use datafusion::functions_aggregate::expr_fn::count_distinct;
use datafusion::functions_aggregate::min_max::min_udaf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr, ExprFunctionExt, LogicalPlanBuilder, WindowFunctionDefinition, lit, when};

use super::Part;
use crate::error::{Error, Result};
use crate::functions::sum::sum;
use crate::semantic::compile::Compiler;
use crate::semantic::derived::Lens;
use crate::semantic::member::find_measure;
use crate::semantic::model::{Measure, MeasureKind};
use crate::semantic::states::States;

/// The column of the values.
const VALUE: &str = "value that is counted";
/// The first bucket that has the value.
const FIRST: &str = "first bucket of the value";
/// 1 in that bucket, 0 in later ones.
const NEW: &str = "values that are new";

impl Part<'_> {
    /// Whether it counts different values over several buckets. Such a measure is alone in its part.
    pub(in crate::semantic) fn counts_values(&self) -> bool {
        let (Lens::Rolling(_) | Lens::Cumulative, [(name, _)]) = (self.lens, self.measures.as_slice()) else { return false };
        let measure = self.world.model(self.root).and_then(|model| find_measure(model, &format!("{}.{name}", self.root)));
        measure.is_ok_and(|measure| matches!(measure.kind, MeasureKind::CountDistinct | MeasureKind::CountDistinctApprox))
    }
}

/// The value that a row has, by the name of its column: none where the measure does not count the row.
///
/// # Errors
/// As binding the measure.
pub(super) fn of_row(measure: &Measure, compiler: &Compiler<'_>) -> Result<(String, Expr)> {
    let value = compiler.columns.measured(measure)?.ok_or_else(|| Error::invalid(format!("measure {} needs a column or an expression", measure.name)))?;
    let counted = match compiler.counted_in(measure)? {
        Some(condition) => when(condition, value).end()?,
        None => value,
    };
    Ok((VALUE.to_owned(), counted))
}

/// How the number follows from these values, or, of a cumulative one, from which of them are new.
pub(super) fn states(column: &str, lens: Lens) -> States {
    let merged = if lens == Lens::Cumulative { sum(by_name(NEW)) } else { count_distinct(by_name(VALUE)) };
    States::of_values(column, merged)
}

/// Says of each value in each bucket whether it is new. `groups`: everything that is grouped by, under the names of the question.
///
/// # Errors
/// As planning.
pub(super) fn new_ones(plan: LogicalPlanBuilder, groups: Vec<Expr>, names: &[&str], time: &str) -> Result<LogicalPlanBuilder> {
    // What is looked up may be the same for several keys.
    let plan = plan.aggregate(groups.into_iter().chain([by_name(VALUE)]).collect::<Vec<_>>(), Vec::<Expr>::new())?;
    let of: Vec<Expr> = names.iter().filter(|name| **name != time).map(|name| by_name(name)).chain([by_name(VALUE)]).collect();
    let first = Expr::from(WindowFunction::new(WindowFunctionDefinition::AggregateUDF(min_udaf()), vec![by_name(time)]));
    let plan = plan.window([first.partition_by(of).build()?.alias(FIRST)])?;
    let is_new = by_name(VALUE).is_not_null().and(by_name(time).eq(by_name(FIRST)));
    let new = when(is_new, lit(1_i64)).otherwise(lit(0_i64))?.alias(NEW);
    Ok(plan.project(names.iter().map(|name| by_name(name)).chain([new]).collect::<Vec<_>>())?)
}

fn by_name(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}
