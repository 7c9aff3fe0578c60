//! What is computed as who asks for it would write it, for errors: `n * 2`, and not the call that checks it (`whole_arithmetic`).

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, Operator};
use datafusion::physical_expr::expressions::{BinaryExpr, Column};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_common::physical_expr::fmt_sql;
use datafusion::sql::unparser::Unparser;

use super::whole_arithmetic::{WholeArithmetic, with_signs};

/// How strongly the parts of a text hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It needs brackets in anything else.
    Loose,
    Sum,
    Product,
    Sign,
    One,
}

#[derive(Debug)]
struct Text {
    written: String,
    rank: Rank,
}

impl Text {
    fn part(written: String, is_loose: bool) -> Self {
        let alone = if written.starts_with('-') { Rank::Sign } else { Rank::One };
        Self { written, rank: if is_loose { Rank::Loose } else { alone } }
    }

    fn within(self, brackets: bool) -> String {
        if brackets { format!("({})", self.written) } else { self.written }
    }

    fn negated(self) -> Self {
        let brackets = self.rank < Rank::One;
        Self { written: format!("-{}", self.within(brackets)), rank: Rank::Sign }
    }

    fn with(self, operator: Operator, right: Self) -> Self {
        let rank = if operator == Operator::Multiply { Rank::Product } else { Rank::Sum };
        let (left_apart, right_apart) = (self.rank < rank, right.rank <= rank || right.rank == Rank::Sign);
        Self { written: format!("{} {operator} {}", self.within(left_apart), right.within(right_apart)), rank }
    }
}

fn formula(formula: &WholeArithmetic, parts: Vec<Text>) -> Result<Text> {
    formula.walk(parts, |inner| Ok(inner.negated()), |left, operator, right| Ok(left.with(operator, right)))
}

/// An expression as it was written, or as it could have been.
pub(crate) fn of_expr(expr: &Expr) -> String {
    logical(expr).written
}

fn logical(expr: &Expr) -> Text {
    if let Expr::ScalarFunction(call) = expr
        && let Some(whole) = call.func.inner().downcast_ref::<WholeArithmetic>()
        && let Ok(text) = formula(whole, call.args.iter().map(logical).collect())
    {
        return text;
    }
    if let Expr::Column(column) = expr {
        return Text::part(column.name.clone(), false);
    }
    let written = Unparser::default().with_pretty(true).expr_to_sql(&with_signs(expr));
    Text::part(written.map_or_else(|_| expr.to_string(), |written| written.to_string()), matches!(expr, Expr::BinaryExpr(_)))
}

/// The same of one that is planned.
pub(crate) fn of_physical(expr: &Arc<dyn PhysicalExpr>) -> String {
    physical(expr).written
}

fn physical(expr: &Arc<dyn PhysicalExpr>) -> Text {
    if let Some(text) = of_formula(expr) {
        return text;
    }
    let shown = Arc::clone(expr).transform_down(|part| {
        Ok(match of_formula(&part) {
            Some(text) => Transformed::new(Arc::new(Column::new(&text.written, 0)) as Arc<dyn PhysicalExpr>, true, TreeNodeRecursion::Jump),
            None => Transformed::no(part),
        })
    });
    let written = shown.map_or_else(|_| expr.to_string(), |shown| fmt_sql(shown.data.as_ref()).to_string());
    Text::part(written, expr.downcast_ref::<BinaryExpr>().is_some())
}

fn of_formula(expr: &Arc<dyn PhysicalExpr>) -> Option<Text> {
    let call = expr.downcast_ref::<ScalarFunctionExpr>()?;
    let whole = call.fun().inner().downcast_ref::<WholeArithmetic>()?;
    formula(whole, call.args().iter().map(physical).collect()).ok()
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::common::DFSchema;
    use datafusion::logical_expr::{cast, lit};
    use datafusion::prelude::{SessionContext, col};

    use super::*;
    use crate::functions::whole_arithmetic::checked;

    #[test]
    fn formulas_are_told_with_their_signs_whatever_they_are_planned_as() {
        let schema = DFSchema::try_from(Schema::new(["a", "b"].map(|name| Field::new(name, DataType::Int64, true)).to_vec())).unwrap();
        let one = || lit(1_i64);
        let negative = |expr: Expr| Expr::Negative(Box::new(expr));
        for (expr, expected) in [
            (col("a"), "a"),
            (col("a") * lit(2_i64), "a * 2"),
            (col("a") - col("b") - one(), "a - b - 1"),
            (col("a") - (col("b") - one()), "a - (b - 1)"),
            ((col("a") + col("b")) * one(), "(a + b) * 1"),
            (col("a") * col("b") + one(), "a * b + 1"),
            (negative(col("a")) - negative(col("b")), "-a - (-b)"),
            (negative(col("a") + col("b")), "-(a + b)"),
            (col("a") + lit(-3_i64), "a + (-3)"),
            (col("a") % lit(3_i64) * one(), "(a % 3) * 1"),
        ] {
            let checked = checked(expr, &schema).unwrap().data;
            let physical = SessionContext::new().state().create_physical_expr(checked.clone(), &schema).unwrap();
            assert_eq!((of_expr(&checked).as_str(), of_physical(&physical).as_str()), (expected, expected));
        }
        // Also beneath others.
        let beneath = checked(cast(col("a") + one(), DataType::Float64), &schema).unwrap().data;
        let physical = SessionContext::new().state().create_physical_expr(beneath.clone(), &schema).unwrap();
        for told in [of_expr(&beneath), of_physical(&physical)] {
            assert!(told.contains("a + 1") && !told.contains("whole"), "{told}");
        }
    }
}
