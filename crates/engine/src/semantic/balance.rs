//! Stocks: the latest row of each of them in each bucket of time, with everything that it said then. Only these rows are looked up,
//! filtered and added up. What is carried on stays what it was: its row stands for the buckets up to the next one.

use datafusion::common::Column;
use datafusion::functions::core::expr_fn::{get_field, greatest, named_struct};
use datafusion::functions_aggregate::first_last::last_value_udaf;
use datafusion::functions_aggregate::min_max::max_udaf;
use datafusion::functions_nested::expr_fn::make_array;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr, ExprFunctionExt, LogicalPlanBuilder, WindowFunctionDefinition, lit};

use super::compile::Compiler;
use super::member::find_dimension;
use super::model::Measure;
use super::timed::instant;
use crate::error::{Error, Result};

/// The column that holds the row.
const ROW: &str = "latest row";
/// The bucket for which a row stands.
const CARRIED_TO: &str = "carried to";
/// The last bucket that has a row.
const LAST: &str = "last bucket with a row";

/// Keeps the latest row of each stock in each bucket. `buckets` are grouped by; `others` are what is asked of the row, by name;
/// `value` is the stock itself, of rows that have one.
///
/// # Errors
/// As binding the measure.
pub(super) fn latest(
    plan: LogicalPlanBuilder,
    measure: &Measure,
    buckets: Vec<(String, Expr)>,
    others: Vec<(String, Expr)>,
    value: (String, Expr),
    compiler: &Compiler<'_>,
) -> Result<LogicalPlanBuilder> {
    let mut groups = Vec::new();
    for name in &measure.by {
        let dimension = find_dimension(compiler.model, &format!("{}.{name}", compiler.model.name))?;
        groups.push(compiler.columns.dimension(dimension)?.alias(combined(name)));
    }
    let mut shown: Vec<Expr> = buckets.iter().map(|(name, _)| by_name(name)).collect();
    if measure.carry {
        shown.extend(measure.by.iter().map(|name| by_name(&combined(name))));
    }
    groups.extend(buckets.into_iter().map(|(name, expr)| expr.alias(name)));
    // One row and not the latest value of each column: what is told together was there together. Of several at the same time
    // the one with the greatest value counts.
    let fields: Vec<(String, Expr)> = std::iter::once(value).chain(others).collect();
    let row = fields.iter().enumerate().flat_map(|(place, (_, expr))| [lit(field(place)), expr.clone()]).collect();
    let mut order = vec![compiler.time(&measure.name)?];
    for (_, expr) in &fields {
        // DataFusion counts what is there twice once in one place and twice in another.
        if !order.contains(expr) {
            order.push(expr.clone());
        }
    }
    let latest = last_value_udaf().call(vec![named_struct(row)]).order_by(order.into_iter().map(|expr| expr.sort(true, true)).collect()).build()?;
    let taken = fields.iter().enumerate().map(|(place, (name, _))| get_field(by_name(ROW), field(place)).alias(name));
    let shown = shown.into_iter().chain(taken).collect::<Vec<_>>();
    Ok(plan.aggregate(groups, vec![latest.alias(ROW)])?.project(shown)?)
}

/// Has the latest row of each stock stand for all buckets that begin at `starts`, up to its next row. `bucket`: the column of buckets.
/// Beyond `now`, where it is given, only as far as there are rows: what is to come is not known.
///
/// # Errors
/// As planning.
pub(super) fn carried(mut plan: LogicalPlanBuilder, measure: &Measure, bucket: &str, starts: &[i64], now: Option<i64>) -> Result<LogicalPlanBuilder> {
    let of: Vec<String> = measure.by.iter().map(|name| combined(name)).collect();
    let told: Vec<String> = plan.schema().fields().iter().map(|field| field.name().clone()).filter(|name| name != bucket && !of.contains(name)).collect();
    if starts.is_empty() {
        return Ok(plan.filter(lit(false))?);
    }
    let mut stands_for = by_name(bucket).lt_eq(by_name(CARRIED_TO));
    if let Some(now) = now {
        let last = Expr::from(WindowFunction::new(WindowFunctionDefinition::AggregateUDF(max_udaf()), vec![by_name(bucket)]));
        plan = plan.window([last.alias(LAST)])?;
        stands_for = stands_for.and(by_name(CARRIED_TO).lt_eq(greatest(vec![by_name(LAST), instant(now)])));
    }
    let mut shown: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
    shown.push(make_array(starts.iter().copied().map(instant).collect()).alias(CARRIED_TO));
    let plan = plan.project(shown)?.unnest_column(Column::new_unqualified(CARRIED_TO))?.filter(stands_for)?;
    let row = told.iter().enumerate().flat_map(|(place, name)| [lit(field(place)), by_name(name)]).collect();
    let latest = last_value_udaf().call(vec![named_struct(row)]).order_by(vec![by_name(bucket).sort(true, true)]).build()?;
    let groups: Vec<Expr> = of.iter().map(|name| by_name(name)).chain([by_name(CARRIED_TO)]).collect();
    let taken = told.iter().enumerate().map(|(place, name)| get_field(by_name(ROW), field(place)).alias(name));
    let shown: Vec<Expr> = std::iter::once(by_name(CARRIED_TO).alias(bucket)).chain(taken).collect();
    Ok(plan.aggregate(groups, vec![latest.alias(ROW)])?.project(shown)?)
}

/// The rows that have a value of a stock and a time.
///
/// # Errors
/// As binding the measure.
pub(super) fn conditions(measure: &Measure, compiler: &Compiler<'_>) -> Result<Vec<Expr>> {
    let value = compiler.columns.measured(measure)?.ok_or_else(|| Error::invalid(format!("measure {} needs a column or an expression", measure.name)))?;
    Ok([value.is_not_null(), compiler.time(&measure.name)?.is_not_null()].into_iter().chain(compiler.counted_in(measure)?).collect())
}

/// The column of a dimension of which each combination has a stock.
fn combined(name: &str) -> String {
    format!("of {name}")
}

fn field(place: usize) -> String {
    format!("c{place}")
}

fn by_name(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}
