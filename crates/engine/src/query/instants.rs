//! Times are compared in whole microseconds, as rows have them. DataFusion makes nanoseconds of both sides where one is written out, and
//! these end in the year 2262: a condition failed on every row beyond, such as one that is valid for ever, until 9999-12-31. Where its
//! optimiser takes that back, it cuts off what is finer than a microsecond, and the time is another one:
//!
//! ```text
//!   at >= timestamp '2024-01-01T00:00:00.0000001'    DataFusion    at >= 00:00:00.000000, which has one microsecond too many
//!                                                    here          at >= 00:00:00.000001
//! ```
//! So what lies between two microseconds is compared with the one before it or the one after it, as the operator has it, and is the same as
//! no time of rows, in `case at when …` and `nullif(at, …)` too. `zeros` walks through plans and expressions, and asks here for each of their parts.

use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::{Case, InList, ScalarFunction};
use datafusion::logical_expr::{Between, BinaryExpr, Cast, Expr, ExprSchemable, Operator, binary_expr, in_list, lit};
use datafusion::optimizer::simplify_expressions::{ExprSimplifier, SimplifyContext};
use datafusion::scalar::ScalarValue;

use super::zeros::is_comparison;

/// Whether an expression compares what was made nanoseconds.
pub(super) fn concerns(expr: &Expr) -> bool {
    match expr {
        Expr::BinaryExpr(binary) => is_comparison(binary.op) && (in_nanos(&binary.left) || in_nanos(&binary.right)),
        Expr::Between(between) => in_nanos(&between.expr) || in_nanos(&between.low) || in_nanos(&between.high),
        Expr::InList(among) => in_nanos(&among.expr) || among.list.iter().any(in_nanos),
        Expr::Case(case) => case.expr.as_ref().is_some_and(|base| in_nanos(base) || case.when_then_expr.iter().any(|(when, _)| in_nanos(when))),
        Expr::ScalarFunction(call) => call.func.name() == "nullif" && matches!(call.args.as_slice(), [_, Expr::Cast(cast)] if *cast.field.data_type() == of_rows()),
        _ => false,
    }
}

fn in_nanos(expr: &Expr) -> bool {
    matches!(expr, Expr::Cast(cast) if matches!(cast.field.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, _)))
}

/// The same comparison in microseconds, where its types are what they will be. What is none of rows' times stays as it is.
pub(super) fn compared(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    if !concerns(&expr) {
        return Transformed::no(expr);
    }
    let found = match &expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => pair(left, *op, right, schema),
        Expr::Between(Between { expr: time, negated, low, high }) => {
            let (from, to) = if *negated { (Operator::Lt, Operator::Gt) } else { (Operator::GtEq, Operator::LtEq) };
            let ends = pair(time, from, low, schema).zip(pair(time, to, high, schema));
            ends.map(|(from, to)| if *negated { from.or(to) } else { from.and(to) })
        }
        Expr::InList(among) => list(among, schema),
        Expr::Case(case) => matched(case, schema),
        Expr::ScalarFunction(nullif) => left_out(nullif),
        _ => None,
    };
    found.map_or_else(|| Transformed::no(expr), Transformed::yes)
}

fn pair(left: &Expr, op: Operator, right: &Expr, schema: &DFSchema) -> Option<Expr> {
    match (side(left, schema)?, side(right, schema)?) {
        (Side::Rows(time), Side::Written(at)) => Some(at.against(time, op)),
        (Side::Written(at), Side::Rows(time)) => Some(at.against(time, op.swap()?)),
        (left, right) => Some(binary_expr(left.whole()?, op, right.whole()?)),
    }
}

/// What lies between two microseconds is left out of a list: no time of rows is it.
fn list(InList { expr, list, negated }: &InList, schema: &DFSchema) -> Option<Expr> {
    let sides = list.iter().map(|value| side(value, schema)).collect::<Option<Vec<_>>>()?;
    let known: Vec<Expr> = sides.into_iter().filter_map(Side::whole).collect();
    if known.is_empty() {
        return pair(expr, if *negated { Operator::NotEq } else { Operator::Eq }, list.first()?, schema);
    }
    Some(in_list(side(expr, schema)?.whole()?, known, *negated))
}

/// What lies between two microseconds is matched by none, as if it were missing.
fn matched(case: &Case, schema: &DFSchema) -> Option<Expr> {
    let base = side(case.expr.as_ref()?, schema)?.whole()?;
    let branches = case.when_then_expr.iter().map(|(when, then)| {
        let when = side(when, schema)?.whole().unwrap_or_else(|| micros(None));
        Some((Box::new(when), then.clone()))
    });
    Some(Expr::Case(Case::new(Some(Box::new(base)), branches.collect::<Option<_>>()?, case.else_expr.clone())))
}

/// What `nullif` leaves out (`functions::nullif`): what lies between two microseconds would be made the one before it.
fn left_out(nullif: &ScalarFunction) -> Option<Expr> {
    let [time, Expr::Cast(cast)] = nullif.args.as_slice() else { return None };
    let nanos = Cast::new(cast.expr.clone(), DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())));
    let at = Side::Written(written_out(&Expr::Cast(nanos))?).whole().unwrap_or_else(|| micros(None));
    Some(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&nullif.func), vec![time.clone(), at])))
}

/// A side of a comparison of nanoseconds.
enum Side {
    /// What was made nanoseconds of times of rows, as it was before.
    Rows(Expr),
    Written(Written),
}

impl Side {
    /// The same in microseconds, where it does not lie between two of them.
    fn whole(self) -> Option<Expr> {
        match self {
            Self::Rows(time) => Some(time),
            Self::Written(at) => (!at.finer).then(|| micros(at.floor)),
        }
    }
}

fn side(expr: &Expr, schema: &DFSchema) -> Option<Side> {
    match expr {
        Expr::Cast(cast) if in_nanos(expr) && cast.expr.get_type(schema).is_ok_and(|kind| kind == of_rows()) => Some(Side::Rows(cast.expr.as_ref().clone())),
        _ => written_out(expr).map(Side::Written),
    }
}

/// A time that is written out.
struct Written {
    /// Its microsecond, or the last one before it; `None` where it is missing.
    floor: Option<i64>,
    /// Whether it lies between two of them.
    finer: bool,
}

impl Written {
    /// What a time of rows is to it.
    fn against(&self, time: Expr, op: Operator) -> Expr {
        let (floor, ceiling) = (micros(self.floor), micros(self.floor.map(|floor| floor + i64::from(self.finer))));
        match op {
            // Nothing lies between the two, and it is not known where there is no time.
            Operator::Eq if self.finer => time.clone().gt(floor).and(time.lt(ceiling)),
            Operator::NotEq if self.finer => time.clone().lt_eq(floor).or(time.gt_eq(ceiling)),
            Operator::IsDistinctFrom | Operator::IsNotDistinctFrom if self.finer => lit(op == Operator::IsDistinctFrom),
            Operator::Lt | Operator::GtEq => binary_expr(time, op, ceiling),
            _ => binary_expr(time, op, floor),
        }
    }
}

fn micros(at: Option<i64>) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(at, Some("UTC".into())))
}

/// The type of the times of rows.
fn of_rows() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// A time that is written out, or made of what is. What is none says so when it is compared.
fn written_out(expr: &Expr) -> Option<Written> {
    if expr.any_column_refs() {
        return None;
    }
    // First: nanoseconds do not reach it everywhere.
    if let Some(floor) = in_micros(expr) {
        return Some(Written { floor: Some(floor), finer: false });
    }
    match computed(expr.clone())? {
        ScalarValue::TimestampNanosecond(nanos, _) => {
            Some(Written { floor: nanos.map(|nanos| nanos.div_euclid(1_000)), finer: nanos.is_some_and(|nanos| nanos.rem_euclid(1_000) > 0) })
        }
        _ => None,
    }
}

/// A time that is written out, unless it says more than microseconds.
fn in_micros(expr: &Expr) -> Option<i64> {
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
    match computed(Expr::Cast(Cast::new(Box::new(typed.ok()?.data), of_rows())))? {
        ScalarValue::TimestampMicrosecond(at, _) => at,
        _ => None,
    }
}

fn computed(expr: Expr) -> Option<ScalarValue> {
    match ExprSimplifier::new(SimplifyContext::builder().build()).simplify(expr) {
        Ok(Expr::Literal(value, _)) => Some(value),
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
            ("case at when timestamp '2020-01-01' then true when '9999-12-31T00:00:00Z' then true else false end", vec![1, 3]),
            ("case at when date '2020-01-01' then true else at is null end", vec![1, 4]),
            ("case timestamp '9999-12-31' when at then true else false end", vec![3]),
        ] {
            assert_eq!(held(condition, &rows()), expected, "{condition}");
        }
    }

    #[test]
    fn a_time_that_says_more_than_microseconds_is_not_cut_off() {
        for (condition, expected) in [
            ("at >= timestamp '2020-01-01T00:00:00.0000001'", vec![2, 3]),
            ("at > timestamp '2020-01-01T00:00:00.0000001'", vec![2, 3]),
            ("at < timestamp '2020-01-01T00:00:00.0000001'", vec![0, 1]),
            ("at <= timestamp '2020-01-01T00:00:00.0000001'", vec![0, 1]),
            ("at = timestamp '2020-01-01T00:00:00.0000001'", vec![]),
            ("not at = timestamp '2020-01-01T00:00:00.0000001'", vec![0, 1, 2, 3]),
            ("at <> timestamp '2020-01-01T00:00:00.0000001'", vec![0, 1, 2, 3]),
            ("at is distinct from timestamp '2020-01-01T00:00:00.0000001'", vec![0, 1, 2, 3, 4]),
            ("at is not distinct from timestamp '2020-01-01T00:00:00.0000001'", vec![]),
            ("timestamp '2020-01-01T00:00:00.0000001' <= at", vec![2, 3]),
            // As a text, in a zone, and computed.
            ("at >= '2020-01-01T00:00:00.000000001Z'", vec![2, 3]),
            ("at >= '2020-01-01T01:00:00.0000001+01:00'", vec![2, 3]),
            ("at >= timestamp '2019-12-31T00:00:00.0000001' + interval '1 day'", vec![2, 3]),
            ("at = '2020-01-01T00:00:00.000001000Z'", vec![2]),
            ("at between timestamp '2020-01-01T00:00:00.0000001' and timestamp '2021-01-01'", vec![2]),
            ("at between timestamp '2019-01-01' and timestamp '2020-01-01T00:00:00.0000009'", vec![1]),
            ("at not between timestamp '2020-01-01T00:00:00.0000001' and timestamp '2020-01-01T00:00:00.0000019'", vec![0, 1, 3]),
            ("at in (timestamp '2020-01-01T00:00:00.0000001', timestamp '2020-01-01')", vec![1]),
            ("at in (timestamp '2020-01-01T00:00:00.0000001', timestamp '2020-01-01T00:00:00.0000002')", vec![]),
            ("at not in (timestamp '2020-01-01T00:00:00.0000001', timestamp '2020-01-01')", vec![0, 2, 3]),
            ("at not in (timestamp '2020-01-01T00:00:00.0000001', timestamp '2020-01-01T00:00:00.0000002')", vec![0, 1, 2, 3]),
            ("at in (timestamp '2020-01-01T00:00:00.0000001', timestamp '2020-01-01', null)", vec![1]),
            ("case at when timestamp '2020-01-01T00:00:00.0000001' then true when timestamp '2020-01-01T00:00:00.000001' then true else at is null end", vec![2, 4]),
        ] {
            assert_eq!(held(condition, &rows()), expected, "{condition}");
        }
    }

    #[test]
    fn before_the_epoch_the_microsecond_before_is_the_earlier_one() {
        let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![-1, 0]).with_timezone("UTC"));
        let rows = RecordBatch::try_from_iter_with_nullable([("at", at, true)]).unwrap();
        assert_eq!(held("at > timestamp '1969-12-31T23:59:59.9999995'", &rows), [1]);
        assert_eq!(held("at <= timestamp '1969-12-31T23:59:59.9999995'", &rows), [0]);
        assert_eq!(held("at < timestamp '1969-12-31T23:59:59.9999985'", &rows), Vec::<usize>::new());
    }
}
