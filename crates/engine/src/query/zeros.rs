//! Zero is one number, whatever its sign, where fractions are compared. DataFusion's comparisons put `-0.0` before `0.0`, so that
//! `x < 0` held for a zero that came as `-0.0`, and `x = 0` did not. Filters of questions say it themselves (`semantic::filter`);
//! here it is said of what statements, expressions of models and steps and predicates of deletions compare.
//!
//! With a zero that is written out (`x < 0`) a comparison becomes one that holds for both, or for none: bounds of segments can still be held
//! against it. What is compared with something else that may be a zero (`x < y`, `case x when y`, a key of a window) gets `+ 0.0`, which
//! makes one zero of both and nothing of any other number; so do keys of joins, later (`zero_keys`). Groups and distinct values are one for both in DataFusion as well.
//! An ORDER BY is left as it is, and puts `-0.0` first: that is an order of equals too, unless another key comes after, and `first_rows`,
//! tiles and the first groups of partials go by columns, which a sum is not.
//!
//! What is compared as times is made right on the same walk (`instants`).

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::logical_expr::expr::{InList, WindowFunctionParams};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, Volatility, binary_expr, in_list, lit};
use datafusion::optimizer::AnalyzerRule;
use datafusion::optimizer::simplify_expressions::{ExprSimplifier, SimplifyContext};
use datafusion::scalar::ScalarValue;

use super::instants;

/// The rule. It comes after types are what they will be.
#[derive(Debug)]
pub(super) struct OneZero;

impl AnalyzerRule for OneZero {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_down_with_subqueries(with_one_zero)?.data)
    }

    fn name(&self) -> &'static str {
        "one_zero"
    }
}

fn with_one_zero(node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    if matches!(node, LogicalPlan::Extension(_) | LogicalPlan::Unnest(_)) || !could_concern(&node)? {
        return Ok(Transformed::no(node));
    }
    let mut schema = merge_schema(&node.inputs());
    if let LogicalPlan::TableScan(scan) = &node {
        schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?);
    }
    let names = NamePreserver::new(&node);
    node.map_expressions(|expr| {
        // Names are only made where one is needed: of a long list of values it is as long.
        if matches!(expr, Expr::GroupingSet(_)) || !expr.exists(|part| Ok(concerns(part, Some(&schema)) || instants::concerns(part)))? {
            return Ok(Transformed::no(expr));
        }
        let name = names.save(&expr);
        Ok(expr.transform_up(|part| of_rows(part, &schema))?.update_data(|expr| name.restore(expr)))
    })
}

/// A part of an expression that compares as rows have it: with one zero, and times in microseconds.
fn of_rows(part: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    compared(part, schema).transform_data(|part| Ok(instants::compared(part, schema)))
}

/// The same of an expression over rows that is no part of a plan; its types become what they are in one.
///
/// # Errors
/// What it compares has no type in common.
pub(super) fn in_expr(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    let context = SimplifyContext::builder().with_schema(Arc::new(schema.clone())).build();
    let typed = ExprSimplifier::new(context).coerce(expr, schema)?;
    // The sign of the least whole number would leave it as it is; a difference is checked.
    let signed = typed.transform_up(|part| match part {
        Expr::Negative(inner) => match inner.get_type(schema)? {
            kind if kind.is_signed_integer() => Ok(Transformed::yes(Expr::Literal(ScalarValue::new_zero(&kind)?, None) - *inner)),
            _ => Ok(Transformed::no(Expr::Negative(inner))),
        },
        part => Ok(Transformed::no(part)),
    })?;
    Ok(signed.data.transform_up(|part| of_rows(part, schema))?.data)
}

/// An expression without the zeros that were added, to be told to people.
pub(crate) fn as_written(expr: &Expr) -> Expr {
    let written = expr.clone().transform_up(|part| {
        Ok(match part {
            Expr::BinaryExpr(sum) if adds_zero(&sum) => Transformed::yes(*sum.left),
            part => Transformed::no(part),
        })
    });
    written.map_or_else(|_| expr.clone(), |written| written.data)
}

/// What a side of a comparison may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// A zero among fractions that is written out, perhaps a whole one that becomes one.
    Zero,
    /// Another value that is written out.
    Known,
    /// What has one zero already: a sum with it.
    Plain,
    /// Anything.
    Open,
}

fn side(expr: &Expr) -> Side {
    match expr {
        Expr::Literal(value, _) => of_value(value),
        Expr::Column(_) => Side::Open,
        Expr::BinaryExpr(sum) if adds_zero(sum) => Side::Plain,
        Expr::Cast(cast) if *cast.field.data_type() == DataType::Float64 => match cast.expr.as_ref() {
            Expr::Literal(ScalarValue::Int64(Some(number)), _) => of_value(&ScalarValue::Float64(Some(*number as f64))),
            _ => of_constant(expr),
        },
        _ => of_constant(expr),
    }
}

fn adds_zero(sum: &BinaryExpr) -> bool {
    sum.op == Operator::Plus && matches!(sum.right.as_ref(), Expr::Literal(ScalarValue::Float64(Some(zero)), _) if zero.to_bits() == 0)
}

fn is_written_out(expr: &Expr) -> bool {
    matches!(side(expr), Side::Zero | Side::Known)
}

fn of_value(value: &ScalarValue) -> Side {
    if matches!(value, ScalarValue::Float64(Some(number)) if *number == 0.0) { Side::Zero } else { Side::Known }
}

/// The same of what names no column, like `1.0 - 1.0`: it is computed.
fn of_constant(expr: &Expr) -> Side {
    let varies = |part: &Expr| match part {
        Expr::Literal(..) | Expr::Cast(_) | Expr::Negative(_) | Expr::BinaryExpr(_) => false,
        Expr::ScalarFunction(call) => call.func.signature().volatility != Volatility::Immutable,
        _ => true,
    };
    if expr.exists(|part| Ok(varies(part))).unwrap_or(true) {
        return Side::Open;
    }
    if !is_fraction(expr, &DFSchema::empty()) {
        return Side::Known;
    }
    match ExprSimplifier::new(SimplifyContext::builder().build()).simplify(expr.clone()) {
        Ok(Expr::Literal(value, _)) => of_value(&value),
        // What cannot be computed says so when it is.
        _ => Side::Known,
    }
}

/// Calls with each part of a comparison: what is compared with what.
fn each_part<'a>(expr: &'a Expr, mut call: impl FnMut(&'a Expr)) {
    match expr {
        Expr::BinaryExpr(binary) if is_comparison(binary.op) => [&binary.left, &binary.right].into_iter().for_each(|part| call(part)),
        Expr::InList(list) => std::iter::once(list.expr.as_ref()).chain(&list.list).for_each(call),
        Expr::Between(between) => [&between.expr, &between.low, &between.high].into_iter().for_each(|part| call(part)),
        Expr::Case(case) => {
            if let Some(base) = &case.expr {
                std::iter::once(base).chain(case.when_then_expr.iter().map(|(when, _)| when)).for_each(|part| call(part));
            }
        }
        Expr::ScalarFunction(nullif) if nullif.func.name() == "nullif" => nullif.args.iter().for_each(call),
        _ => {}
    }
}

/// Whether an operator compares two values.
pub(super) fn is_comparison(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

/// Whether an expression compares what may be a zero with what may be the other one. Without a schema: whether it could.
fn concerns(expr: &Expr, schema: Option<&DFSchema>) -> bool {
    let of_fractions = |part: &Expr| schema.is_none_or(|schema| is_fraction(part, schema));
    if let Expr::WindowFunction(window) = expr {
        return keys(&window.params).any(|key| side(key) == Side::Open && of_fractions(key));
    }
    let (mut zeros, mut unknown, mut open) = (0, 0, None);
    each_part(expr, |part| match side(part) {
        Side::Zero => zeros += 1,
        Side::Known => {}
        Side::Plain => unknown += 1,
        Side::Open => {
            unknown += 1;
            open.get_or_insert(part);
        }
    });
    match open {
        None => zeros > 1,
        Some(_) if zeros > 0 => true,
        // An equality with a row further out becomes a key of a join, where there is one zero; it has to be one of columns for that.
        Some(open) if unknown > 1 => !is_key(expr) && of_fractions(open),
        Some(_) => false,
    }
}

fn is_fraction(expr: &Expr, schema: &DFSchema) -> bool {
    expr.get_type(schema).is_ok_and(|kind| kind == DataType::Float64)
}

fn is_key(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryExpr(binary) if binary.op == Operator::Eq) && expr.contains_outer()
}

/// What rows of a window are put together and in order by.
fn keys(window: &WindowFunctionParams) -> impl Iterator<Item = &Expr> {
    window.partition_by.iter().chain(window.order_by.iter().map(|order| &order.expr))
}

fn could_concern(node: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    node.apply_expressions(|expr| {
        found = expr.exists(|part| Ok(concerns(part, None) || instants::concerns(part)))?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// A comparison that holds for both zeros, or for none.
fn compared(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    if !concerns(&expr, Some(schema)) {
        return Transformed::no(expr);
    }
    Transformed::yes(match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => comparison(*left, op, *right),
        Expr::InList(InList { expr, mut list, negated }) if side(&expr) == Side::Open && list.iter().all(is_written_out) => {
            list.retain(|value| side(value) != Side::Zero);
            list.extend([lit(0.0), lit(-0.0)]);
            Expr::InList(InList { expr, list, negated })
        }
        Expr::InList(InList { expr, list, negated }) => in_list(plain(*expr), list.into_iter().map(plain).collect(), negated),
        Expr::Between(Between { expr, negated, low, high }) => {
            if side(&expr) == Side::Open && is_written_out(&low) && is_written_out(&high) {
                let low = if side(&low) == Side::Zero { Box::new(lit(-0.0)) } else { low };
                let high = if side(&high) == Side::Zero { Box::new(lit(0.0)) } else { high };
                Expr::Between(Between { expr, negated, low, high })
            } else {
                Expr::Between(Between { expr: Box::new(plain(*expr)), negated, low: Box::new(plain(*low)), high: Box::new(plain(*high)) })
            }
        }
        Expr::Case(mut case) => {
            case.expr = case.expr.map(|base| Box::new(plain(*base)));
            case.when_then_expr = case.when_then_expr.into_iter().map(|(when, then)| (Box::new(plain(*when)), then)).collect();
            Expr::Case(case)
        }
        Expr::ScalarFunction(mut nullif) => {
            nullif.args = nullif.args.into_iter().map(plain).collect();
            Expr::ScalarFunction(nullif)
        }
        Expr::WindowFunction(mut window) => {
            let params = &mut window.params;
            for key in params.partition_by.iter_mut().chain(params.order_by.iter_mut().map(|order| &mut order.expr)) {
                if is_fraction(key, schema) {
                    *key = plain(std::mem::take(key));
                }
            }
            Expr::WindowFunction(window)
        }
        other => other,
    })
}

fn comparison(left: Expr, op: Operator, right: Expr) -> Expr {
    let (left, op, right) = match (side(&left), op.swap()) {
        (Side::Zero, Some(op)) => (right, op, left),
        _ => (left, op, right),
    };
    let (first, last) = (lit(-0.0), lit(0.0));
    match (op, side(&left) == Side::Open && side(&right) == Side::Zero) {
        (Operator::Eq, true) => in_list(left, vec![last, first], false),
        (Operator::NotEq, true) => in_list(left, vec![last, first], true),
        (Operator::Lt | Operator::GtEq, true) => binary_expr(left, op, first),
        (Operator::LtEq | Operator::Gt, true) => binary_expr(left, op, last),
        _ => binary_expr(plain(left), op, plain(right)),
    }
}

/// Whether an expression is a fraction that may be a zero of either sign.
pub(super) fn may_be_either(expr: &Expr, schema: &DFSchema) -> bool {
    side(expr) == Side::Open && is_fraction(expr, schema)
}

/// What is compared, with one zero alone.
pub(super) fn plain(expr: Expr) -> Expr {
    match side(&expr) {
        Side::Zero => lit(0.0),
        Side::Known | Side::Plain => expr,
        Side::Open => expr + lit(0.0),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use datafusion::execution::SessionStateBuilder;
    use datafusion::prelude::SessionContext;

    use super::*;

    const ROWS: &str = "(values (1, 0.0e0, -0.0e0), (2, -0.0e0, 0.0e0), (3, 1.5e0, 1.5e0), (4, -2.5e0, 0.0e0), (5, cast(null as double), 0.0e0)) as t(i, x, y)";

    fn context(ruled: bool) -> SessionContext {
        let builder = SessionStateBuilder::new().with_default_features();
        let builder = if ruled { builder.with_analyzer_rule(Arc::new(OneZero)) } else { builder };
        SessionContext::new_with_state(builder.build())
    }

    #[tokio::test]
    async fn zero_is_compared_with_as_one_number() {
        for (condition, expected) in [
            ("x = 0", vec![1, 2]),
            ("x = -0.0", vec![1, 2]),
            ("x <> 0", vec![3, 4]),
            ("x < 0", vec![4]),
            ("x <= 0", vec![1, 2, 4]),
            ("x > 0", vec![3]),
            ("x > -0.0", vec![3]),
            ("x >= 0", vec![1, 2, 3]),
            ("0 > x", vec![4]),
            ("0.0 <= x", vec![1, 2, 3]),
            ("not x < 0", vec![1, 2, 3]),
            ("x in (0, 7)", vec![1, 2]),
            ("x not in (0, 7)", vec![3, 4]),
            ("x between 0 and 1", vec![1, 2]),
            ("x between -1 and 0", vec![1, 2]),
            ("x not between 0 and 1", vec![3, 4]),
            ("case when x = 0 then i < 9 else i = 0 end", vec![1, 2]),
            ("i = 0 or i > 4", vec![5]),
            ("x = 1.0e0 - 1.0e0", vec![1, 2]),
            ("-0.0e0 = 0.0e0", vec![1, 2, 3, 4, 5]),
            ("x is not distinct from 0", vec![1, 2]),
            ("x is distinct from 0", vec![3, 4, 5]),
            ("x = y", vec![1, 2, 3]),
            ("x <> y", vec![4]),
            ("x < y", vec![4]),
            ("x <= y", vec![1, 2, 3, 4]),
            ("x > y", vec![]),
            ("x >= y", vec![1, 2, 3]),
            ("x is not distinct from y", vec![1, 2, 3]),
            ("x is distinct from y", vec![4, 5]),
            ("x * 2 = y * 3", vec![1, 2]),
            ("x in (y, 7)", vec![1, 2, 3]),
            ("x not in (y, 7)", vec![4]),
            ("0 in (x, 7)", vec![1, 2]),
            ("x between y and 2", vec![1, 2, 3]),
            ("0 between x and y", vec![1, 2, 4]),
            ("nullif(x, 0) is null", vec![1, 2, 5]),
            ("nullif(x, y) is null", vec![1, 2, 3, 5]),
            ("case x when 0 then true else false end", vec![1, 2]),
            ("case x when -0.0 then true else false end", vec![1, 2]),
            ("case x when y then true else false end", vec![1, 2, 3]),
            ("case 0 when x then true else false end", vec![1, 2]),
            ("case x when 1.5 then true else false end", vec![3]),
        ] {
            let batches = context(true).sql(&format!("select i from {ROWS} where {condition} order by i")).await.unwrap().collect().await.unwrap();
            let found: Vec<i64> = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
            assert_eq!(found, expected, "{condition}");
        }
    }

    #[tokio::test]
    async fn columns_are_called_as_they_were() {
        for sql in [
            format!("select x < 0, count(*) from {ROWS} group by x < 0 order by x < 0"),
            format!("select x = y, nullif(x, y), rank() over (partition by x order by y) from {ROWS}"),
        ] {
            let mut names = Vec::new();
            for ruled in [true, false] {
                let batches = context(ruled).sql(&sql).await.unwrap().collect().await.unwrap();
                names.push(batches[0].schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>());
            }
            assert_eq!(names[0], names[1], "{sql}");
        }
    }

    /// A plan as the rule leaves it, twice over.
    async fn ruled(condition: &str) -> [String; 2] {
        let context = context(false);
        let plan = context.sql(&format!("select i from {ROWS} where {condition}")).await.unwrap().into_unoptimized_plan();
        let typed = context.state().analyzer().execute_and_check(plan, context.state().config_options(), |_, _| {}).unwrap();
        let once = OneZero.analyze(typed, &ConfigOptions::default()).unwrap();
        let twice = OneZero.analyze(once.clone(), &ConfigOptions::default()).unwrap();
        [once, twice].map(|plan| plan.display_indent().to_string())
    }

    #[tokio::test]
    async fn bounds_of_segments_can_be_held_against_what_is_written_out() {
        for condition in ["x > 5", "x = 2.5", "x between 1 and 2", "x in (1, 2)", "x > 1.0 + 2.0", "i = i + 1"] {
            let [once, twice] = ruled(condition).await;
            assert!(!once.contains("+ Float64(0)") && once == twice, "{once}");
        }
        let [once, twice] = ruled("x = y and nullif(x, 0) < 1 and case x when y then true else false end").await;
        assert!(once.contains("t.x + Float64(0) = t.y + Float64(0)") && once == twice, "{once}\n{twice}");
    }
}
