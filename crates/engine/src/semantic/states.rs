//! States of measures in plans: what is computed over rows, how it is merged, and the number that it comes to.

use datafusion::common::Column;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr, ExprFunctionExt, LogicalPlanBuilder, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition, cast, lit};

use super::compile::Compiler;
use super::model::{Measure, MeasureKind};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::functions::count::count;
use crate::functions::extreme::{greatest, least, max, min};
use crate::functions::sum::{checked_sum, sum};

/// The states of one measure.
#[derive(Debug)]
pub(super) struct States {
    /// Aggregates over rows.
    pub partial: Vec<Expr>,
    /// Aggregates over these.
    pub merge: Vec<Expr>,
    /// The number, under the name of its column.
    pub last: Expr,
    /// How the states go on from bucket to bucket.
    running: Vec<(String, Running)>,
}

#[derive(Debug, Clone, Copy)]
enum Running {
    Sum,
    Min,
    Max,
}

impl States {
    /// The name of the state of a measure.
    pub(super) fn name_of(column: &str) -> String {
        format!("state of {column}")
    }

    /// Those of a count of different values over several buckets, for which values are kept and no states.
    pub(super) fn of_values(column: &str, merge: Expr) -> Self {
        let state = Self::name_of(column);
        let last = coalesce(vec![by_name(&state), lit(0_i64)]).alias(column);
        Self { partial: Vec::new(), merge: vec![merge.alias(&state)], last, running: vec![(state, Running::Sum)] }
    }

    /// The states of a measure; `None` where states cannot be merged in a plan.
    ///
    /// # Errors
    /// As binding the measure.
    pub(super) fn of(measure: &Measure, column: &str, compiler: &Compiler<'_>) -> Result<Option<Self>> {
        let (whole, column_type, _) = compiler.aggregate(measure)?;
        let input = compiler.columns.measured(measure)?;
        let needed = || input.clone().ok_or_else(|| Error::invalid(format!("measure {} needs a column or an expression", measure.name)));
        let (state, counted) = (Self::name_of(column), format!("count of {column}"));
        let one = |partial: Expr, running: Running, merge: Expr, last: Expr| Self {
            partial: vec![partial.alias(&state)],
            merge: vec![merge.alias(&state)],
            last: last.alias(column),
            running: vec![(state.clone(), running)],
        };
        let of = by_name(&state);
        Ok(Some(match measure.kind {
            MeasureKind::Count => one(whole, Running::Sum, sum(of.clone()), coalesce(vec![of, lit(0_i64)])),
            MeasureKind::Sum | MeasureKind::Balance => one(whole, Running::Sum, sum(of.clone()), of),
            MeasureKind::Min => one(whole, Running::Min, min(of.clone()), of),
            MeasureKind::Max => one(whole, Running::Max, max(of.clone()), of),
            MeasureKind::Avg => {
                let total = compiler.filtered(measure, sum(cast(needed()?, ColumnType::Float.data_type())))?;
                let counts = compiler.filtered(measure, count(needed()?))?;
                let mean = cast(of.clone(), ColumnType::Float.data_type())
                    / datafusion::functions::core::expr_fn::nullif(cast(by_name(&counted), ColumnType::Float.data_type()), lit(0.0));
                debug_assert_eq!(column_type, ColumnType::Float);
                Self {
                    partial: vec![total.alias(&state), counts.alias(&counted)],
                    merge: vec![sum(of).alias(&state), sum(by_name(&counted)).alias(&counted)],
                    last: mean.alias(column),
                    running: vec![(state, Running::Sum), (counted, Running::Sum)],
                }
            }
            _ => return Ok(None),
        }))
    }
}

/// Adds up states from bucket to bucket.
///
/// # Errors
/// As planning.
pub(super) fn accumulate<'a>(plan: LogicalPlanBuilder, states: &[States], time: &str, others: impl Iterator<Item = &'a str>) -> Result<LogicalPlanBuilder> {
    let others: Vec<Expr> = others.map(by_name).collect();
    let so_far = |name: &str| format!("so far: {name}");
    let mut windows = Vec::new();
    for (name, running) in states.iter().flat_map(|states| &states.running) {
        let function = match running {
            Running::Sum => checked_sum(),
            Running::Min => least(),
            Running::Max => greatest(),
        };
        let frame = WindowFrame::new_bounds(WindowFrameUnits::Rows, WindowFrameBound::Preceding(datafusion::scalar::ScalarValue::UInt64(None)), WindowFrameBound::CurrentRow);
        let window = Expr::from(WindowFunction::new(WindowFunctionDefinition::AggregateUDF(function), vec![by_name(name)]));
        windows.push(window.partition_by(others.clone()).order_by(vec![by_name(time).sort(true, false)]).window_frame(frame).build()?.alias(so_far(name)));
    }
    let names: Vec<String> = states.iter().flat_map(|states| &states.running).map(|(name, _)| name.clone()).collect();
    let plan = plan.window(windows)?;
    let shown = others.into_iter().chain([by_name(time)]).chain(names.iter().map(|name| by_name(&so_far(name)).alias(name))).collect::<Vec<_>>();
    Ok(plan.project(shown)?)
}

fn by_name(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}
