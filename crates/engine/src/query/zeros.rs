//! Zero is one number, whatever its sign, where fractions are compared with it. DataFusion's comparisons put `-0.0` before `0.0`, so that
//! `x < 0` held for a zero that came as `-0.0`, and `x = 0` did not. Filters of questions say it themselves (`semantic::filter`);
//! here it is said of what statements, expressions of models and steps and predicates of deletions compare with a zero that is written out.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, lit};
use datafusion::optimizer::AnalyzerRule;
use datafusion::optimizer::simplify_expressions::{ExprSimplifier, SimplifyContext};
use datafusion::scalar::ScalarValue;

/// The rule. It comes after types are what they will be.
#[derive(Debug)]
pub(super) struct OneZero;

impl AnalyzerRule for OneZero {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let plan = plan.transform_down_with_subqueries(|node| {
            if matches!(node, LogicalPlan::Extension(_) | LogicalPlan::Unnest(_)) {
                return Ok(Transformed::no(node));
            }
            let names = NamePreserver::new(&node);
            node.map_expressions(|expr| {
                // Names are only made where one is needed: of a long list of values it is as long.
                if matches!(expr, Expr::GroupingSet(_)) || !expr.exists(|part| Ok(names_zero(part)))? {
                    return Ok(Transformed::no(expr));
                }
                let name = names.save(&expr);
                Ok(expr.transform_up(|part| Ok(compared(part)))?.update_data(|expr| name.restore(expr)))
            })
        })?;
        Ok(plan.data)
    }

    fn name(&self) -> &'static str {
        "one_zero"
    }
}

/// The same of an expression over rows that is no part of a plan; its types become what they are in one.
///
/// # Errors
/// What it compares has no type in common.
pub(crate) fn in_expr(expr: Expr, schema: &DFSchema) -> Result<Expr> {
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
    Ok(signed.data.transform_up(|part| Ok(compared(part)))?.data)
}

/// Whether an expression is a zero among fractions, perhaps a whole one that becomes one.
fn is_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(ScalarValue::Float64(Some(number)), _) => *number == 0.0,
        Expr::Cast(cast) => *cast.field.data_type() == DataType::Float64 && matches!(cast.expr.as_ref(), Expr::Literal(ScalarValue::Int64(Some(0)), _)),
        _ => false,
    }
}

/// Whether an expression compares something with a zero.
fn names_zero(expr: &Expr) -> bool {
    match expr {
        Expr::BinaryExpr(binary) => is_zero(&binary.left) || is_zero(&binary.right),
        Expr::InList(list) => list.list.iter().any(is_zero),
        Expr::Between(between) => is_zero(&between.low) || is_zero(&between.high),
        _ => false,
    }
}

/// A comparison with the zero that makes it hold for both, or for none.
fn compared(expr: Expr) -> Transformed<Expr> {
    if !names_zero(&expr) {
        return Transformed::no(expr);
    }
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let turned = if is_zero(&right) { Some((left.clone(), op)) } else { op.swap().map(|op| (right.clone(), op)) };
            let (first, last) = (lit(-0.0), lit(0.0));
            let to = |number: Box<Expr>, op: Operator, zero: Expr| Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(number, op, Box::new(zero))));
            match turned {
                Some((number, Operator::Eq)) => Transformed::yes(Expr::InList(InList::new(number, vec![last, first], false))),
                Some((number, Operator::NotEq)) => Transformed::yes(Expr::InList(InList::new(number, vec![last, first], true))),
                Some((number, op @ (Operator::Lt | Operator::GtEq))) => to(number, op, first),
                Some((number, op @ (Operator::LtEq | Operator::Gt))) => to(number, op, last),
                _ => Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })),
            }
        }
        Expr::InList(InList { expr, mut list, negated }) => {
            list.retain(|value| !is_zero(value));
            list.extend([lit(0.0), lit(-0.0)]);
            Transformed::yes(Expr::InList(InList { expr, list, negated }))
        }
        Expr::Between(Between { expr, negated, low, high }) => {
            let low = if is_zero(&low) { Box::new(lit(-0.0)) } else { low };
            let high = if is_zero(&high) { Box::new(lit(0.0)) } else { high };
            Transformed::yes(Expr::Between(Between { expr, negated, low, high }))
        }
        other => Transformed::no(other),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use datafusion::execution::SessionStateBuilder;
    use datafusion::prelude::SessionContext;

    use super::*;

    const ROWS: &str = "(values (1, 0.0e0), (2, -0.0e0), (3, 1.5e0), (4, -2.5e0), (5, cast(null as double))) as t(i, x)";

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
        ] {
            let batches = context(true).sql(&format!("select i from {ROWS} where {condition} order by i")).await.unwrap().collect().await.unwrap();
            let found: Vec<i64> = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
            assert_eq!(found, expected, "{condition}");
        }
    }

    #[tokio::test]
    async fn columns_are_called_as_they_were() {
        let sql = format!("select x < 0, count(*) from {ROWS} group by x < 0 order by x < 0");
        let mut names = Vec::new();
        for ruled in [true, false] {
            let batches = context(ruled).sql(&sql).await.unwrap().collect().await.unwrap();
            names.push(batches[0].schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>());
        }
        assert_eq!(names[0], names[1]);
    }
}
