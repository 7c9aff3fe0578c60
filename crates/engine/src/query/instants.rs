//! Times that are written out are compared in whole microseconds, as rows have them. DataFusion compares in nanoseconds, which end in
//! the year 2262: a condition failed on every row beyond, such as one that is valid for ever, until 9999-12-31. In a plan the optimiser
//! takes that out; here it is taken out of an expression that is no part of one, of steps and of deletions.
//!
//! A time that says more than microseconds stays one of nanoseconds: cut off, it would be another one.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Between, BinaryExpr, Cast, Expr, ExprSchemable};
use datafusion::optimizer::simplify_expressions::{ExprSimplifier, SimplifyContext};
use datafusion::scalar::ScalarValue;

use super::zeros::is_comparison;

/// The same expression, whose types are what they will be, with its times compared in microseconds where nothing is lost by it.
pub(super) fn in_expr(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    Ok(expr.transform_up(|part| Ok(compared(part, schema)))?.data)
}

fn compared(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    let micros = |part: &Expr| in_micros(part, schema).map(Box::new);
    let found = match &expr {
        Expr::BinaryExpr(binary) if is_comparison(binary.op) => {
            micros(&binary.left).zip(micros(&binary.right)).map(|(left, right)| Expr::BinaryExpr(BinaryExpr { left, op: binary.op, right }))
        }
        Expr::Between(between) => match (micros(&between.expr), micros(&between.low), micros(&between.high)) {
            (Some(expr), Some(low), Some(high)) => Some(Expr::Between(Between { expr, negated: between.negated, low, high })),
            _ => None,
        },
        Expr::InList(among) => micros(&among.expr).and_then(|expr| {
            let list: Option<Vec<Expr>> = among.list.iter().map(|value| in_micros(value, schema)).collect();
            list.map(|list| Expr::InList(InList { expr, list, negated: among.negated }))
        }),
        _ => None,
    };
    found.map_or_else(|| Transformed::no(expr), Transformed::yes)
}

/// The type of the times of rows.
fn of_rows() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// A side of a comparison of nanoseconds, in microseconds: what was made nanoseconds of them, or a time that is written out.
fn in_micros(expr: &Expr, schema: &DFSchema) -> Option<Expr> {
    match expr {
        Expr::Cast(cast) if matches!(cast.field.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, _)) => match cast.expr.get_type(schema) {
            Ok(kind) if kind == of_rows() => Some(cast.expr.as_ref().clone()),
            _ => written_out(expr),
        },
        Expr::Literal(ScalarValue::TimestampNanosecond(..), _) => written_out(expr),
        _ => None,
    }
}

/// A time that is written out, unless it says more than microseconds. What is none says so when it is compared.
fn written_out(expr: &Expr) -> Option<Expr> {
    if expr.exists(|part| Ok(!is_whole(part))).unwrap_or(true) {
        return None;
    }
    let typed = expr.clone().transform_up(|part| {
        Ok(match part {
            Expr::Cast(cast) => match cast.field.data_type() {
                DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
                    let kind = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
                    Transformed::yes(Expr::Cast(Cast::new(cast.expr, kind)))
                }
                _ => Transformed::no(Expr::Cast(cast)),
            },
            part => Transformed::no(part),
        })
    });
    let whole = Expr::Cast(Cast::new(Box::new(typed.ok()?.data), of_rows()));
    match ExprSimplifier::new(SimplifyContext::builder().build()).simplify(whole) {
        Ok(value @ Expr::Literal(ScalarValue::TimestampMicrosecond(Some(_), _), _)) => Some(value),
        _ => None,
    }
}

/// Whether a part of a time is the same in microseconds. A number is not: it counts what it is made.
fn is_whole(part: &Expr) -> bool {
    match part {
        Expr::Cast(cast) => matches!(cast.field.data_type(), DataType::Timestamp(..) | DataType::Date32),
        Expr::Literal(ScalarValue::TimestampNanosecond(Some(nanos), _), _) => nanos % 1_000 == 0,
        Expr::Literal(ScalarValue::Date32(Some(_)) | ScalarValue::TimestampMicrosecond(Some(_), _), _) => true,
        Expr::Literal(value, _) => value.try_as_str().flatten().is_some_and(|text| !is_finer(text)),
        _ => false,
    }
}

/// Whether the text of a time has more than six digits behind its point.
fn is_finer(text: &str) -> bool {
    text.split_once('.').is_some_and(|(_, fraction)| fraction.bytes().take_while(u8::is_ascii_digit).count() > 6)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, TimestampMicrosecondArray};
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::query::zeros;

    /// The rows for which a condition is true.
    fn held(condition: &str, batch: &RecordBatch) -> Vec<usize> {
        let (state, schema) = (SessionContext::new().state(), DFSchema::try_from(batch.schema()).unwrap());
        let expr = state.create_logical_expr(condition, &schema).unwrap();
        let physical = state.create_physical_expr(zeros::in_expr(expr, &schema).unwrap(), &schema).unwrap();
        let values = physical.evaluate(batch).unwrap().into_array(batch.num_rows()).unwrap();
        let values = values.as_boolean();
        (0..values.len()).filter(|row| values.is_valid(*row) && values.value(*row)).collect()
    }

    fn rows() -> RecordBatch {
        // The first day of the year 1, the first of 2020, a microsecond later, the last of 9999, none.
        let micros = vec![Some(-62_135_596_800_000_000), Some(1_577_836_800_000_000), Some(1_577_836_800_000_001), Some(253_402_214_400_000_000), None];
        let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"));
        RecordBatch::try_from_iter_with_nullable([("at", at, true)]).unwrap()
    }

    #[test]
    fn times_that_nanoseconds_do_not_reach_are_compared() {
        for (condition, expected) in [
            ("at = timestamp '2020-01-01T00:00:00Z'", vec![1]),
            ("at < timestamp '2020-01-01'", vec![0]),
            ("timestamp '2020-01-01' < at", vec![2, 3]),
            ("at <> '2020-01-01T00:00:00.000001Z'", vec![0, 1, 3]),
            ("at >= date '2020-01-01'", vec![1, 2, 3]),
            ("at = timestamp '9999-12-31'", vec![3]),
            ("at between timestamp '2019-01-01' and timestamp '2021-01-01'", vec![1, 2]),
            ("at not between timestamp '2019-01-01' and timestamp '2021-01-01'", vec![0, 3]),
            ("at in (timestamp '2020-01-01', timestamp '2020-01-01T00:00:00.000001')", vec![1, 2]),
            ("at is distinct from timestamp '2020-01-01'", vec![0, 2, 3, 4]),
        ] {
            assert_eq!(held(condition, &rows()), expected, "{condition}");
        }
    }

    #[test]
    fn a_time_that_says_more_than_microseconds_is_not_cut_off() {
        let near = rows().slice(1, 2);
        for (condition, expected) in [
            ("at >= timestamp '2020-01-01T00:00:00.0000001'", vec![1]),
            ("at = timestamp '2020-01-01T00:00:00.0000001'", vec![]),
            ("at < timestamp '2020-01-01T00:00:00.0000001'", vec![0]),
        ] {
            assert_eq!(held(condition, &near), expected, "{condition}");
        }
    }
}
