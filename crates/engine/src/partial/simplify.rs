//! What a filter says of a segment, from the segment's statistics alone: every row passes, no row passes, or look.

use std::cmp::Ordering;

use arrow::datatypes::Schema;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use datafusion::scalar::ScalarValue;

use crate::storage::segment::Segment;
use crate::storage::statistics::ColumnStatistics;

/// What is known of a filter over the rows of one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is true for every row.
    All,
    /// It is true for no row.
    None,
    /// Only the rows can tell.
    Some,
}

/// Judges one filter.
pub(crate) fn judge(filter: &Expr, segment: &Segment, schema: &Schema) -> Verdict {
    let known = |expr: &Expr| known(expr, segment, schema);
    match filter {
        Expr::Literal(ScalarValue::Boolean(Some(true)), _) => Verdict::All,
        Expr::Literal(ScalarValue::Boolean(_), _) => Verdict::None,
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => match (judge(left, segment, schema), judge(right, segment, schema)) {
            (Verdict::None, _) | (_, Verdict::None) => Verdict::None,
            (Verdict::All, Verdict::All) => Verdict::All,
            _ => Verdict::Some,
        },
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => match (judge(left, segment, schema), judge(right, segment, schema)) {
            (Verdict::All, _) | (_, Verdict::All) => Verdict::All,
            (Verdict::None, Verdict::None) => Verdict::None,
            _ => Verdict::Some,
        },
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (left.as_ref(), right.as_ref()) {
            (column @ Expr::Column(_), Expr::Literal(value, _)) => known(column).map_or(Verdict::Some, |column| compare(column, *op, value)),
            (Expr::Literal(value, _), column @ Expr::Column(_)) => match (known(column), op.swap()) {
                (Some(column), Some(op)) => compare(column, op, value),
                _ => Verdict::Some,
            },
            _ => Verdict::Some,
        },
        // NOT is true where its input is false. A filter that is true for no row may be null for some, so only one
        // direction is certain.
        Expr::Not(inner) if judge(inner, segment, schema) == Verdict::All => Verdict::None,
        Expr::IsNull(inner) => known(inner).map_or(Verdict::Some, |column| nulls(column, segment.rows)),
        Expr::IsNotNull(inner) => match known(inner).map(|column| nulls(column, segment.rows)) {
            Some(Verdict::All) => Verdict::None,
            Some(Verdict::None) => Verdict::All,
            _ => Verdict::Some,
        },
        Expr::Between(between) if !between.negated => match (known(&between.expr), between.low.as_ref(), between.high.as_ref()) {
            (Some(column), Expr::Literal(low, _), Expr::Literal(high, _)) => match (compare(column, Operator::GtEq, low), compare(column, Operator::LtEq, high)) {
                (Verdict::None, _) | (_, Verdict::None) => Verdict::None,
                (Verdict::All, Verdict::All) => Verdict::All,
                _ => Verdict::Some,
            },
            _ => Verdict::Some,
        },
        Expr::InList(list) if !list.negated => match known(&list.expr) {
            Some(column) => {
                let mut verdicts = list.list.iter().map(|item| if let Expr::Literal(value, _) = item { compare(column, Operator::Eq, value) } else { Verdict::Some });
                verdicts
                    .try_fold(Verdict::None, |_, verdict| if verdict == Verdict::None { Ok(verdict) } else { Err(verdict) })
                    .unwrap_or_else(|verdict| verdict)
            }
            None => Verdict::Some,
        },
        _ => Verdict::Some,
    }
}

fn known<'a>(expr: &Expr, segment: &'a Segment, schema: &Schema) -> Option<&'a ColumnStatistics> {
    let Expr::Column(column) = expr else { return None };
    segment.statistics.get(schema.index_of(&column.name).ok()?)
}

fn nulls(column: &ColumnStatistics, rows: u64) -> Verdict {
    match column.nulls {
        Some(0) => Verdict::None,
        Some(nulls) if nulls == rows => Verdict::All,
        _ => Verdict::Some,
    }
}

/// `column op value`. Bounds of text may be absent but are never shortened (see `storage::statistics`); those of floats
/// are absent where there is a NaN.
fn compare(column: &ColumnStatistics, op: Operator, value: &ScalarValue) -> Verdict {
    if !matches!(op, Operator::Eq | Operator::NotEq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq) {
        return Verdict::Some;
    }
    if value.is_null() {
        return Verdict::None;
    }
    let (Some(min), Some(max)) = (&column.min, &column.max) else { return Verdict::Some };
    // Values of another type cannot be compared here: no ordering, no verdict.
    let (Some(low), Some(high)) = (min.partial_cmp(value), max.partial_cmp(value)) else { return Verdict::Some };
    let complete = column.nulls == Some(0);
    let (all, none) = match op {
        Operator::Eq => (low == Ordering::Equal && high == Ordering::Equal, low == Ordering::Greater || high == Ordering::Less),
        Operator::NotEq => (low == Ordering::Greater || high == Ordering::Less, low == Ordering::Equal && high == Ordering::Equal),
        Operator::Lt => (high == Ordering::Less, low != Ordering::Less),
        Operator::LtEq => (high != Ordering::Greater, low == Ordering::Greater),
        Operator::Gt => (low == Ordering::Greater, high != Ordering::Greater),
        Operator::GtEq => (low != Ordering::Less, high == Ordering::Less),
        _ => return Verdict::Some,
    };
    match (all && complete, none) {
        (true, _) => Verdict::All,
        (_, true) => Verdict::None,
        _ => Verdict::Some,
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field};
    use datafusion::prelude::{col, lit};

    use super::*;

    fn segment(nulls: u64) -> (Segment, Schema) {
        let bounds =
            |min: i64, max: i64| ColumnStatistics { min: Some(ScalarValue::Int64(Some(min))), max: Some(ScalarValue::Int64(Some(max))), nulls: Some(nulls), filtered: false };
        let schema = Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("unknown", DataType::Int64, true)]);
        let segment = Segment { path: "p".into(), rows: 10, bytes: 1, written_at: chrono::DateTime::UNIX_EPOCH, statistics: vec![bounds(3, 7), ColumnStatistics::default()] };
        (segment, schema)
    }

    #[test]
    fn a_filter_is_judged_by_bounds() {
        use Verdict::{All, None, Some};
        let (segment, schema) = segment(0);
        let n = || col("n");
        let cases = [
            (n().gt_eq(lit(3_i64)), All),
            (n().gt(lit(3_i64)), Some),
            (n().gt(lit(7_i64)), None),
            (n().lt(lit(8_i64)), All),
            (n().lt_eq(lit(2_i64)), None),
            (lit(2_i64).lt(n()), All),
            (n().eq(lit(5_i64)), Some),
            (n().eq(lit(9_i64)), None),
            (n().not_eq(lit(9_i64)), All),
            (n().between(lit(0_i64), lit(9_i64)), All),
            (n().between(lit(8_i64), lit(9_i64)), None),
            (n().in_list(vec![lit(1_i64), lit(9_i64)], false), None),
            (n().in_list(vec![lit(1_i64), lit(4_i64)], false), Some),
            (n().is_null(), None),
            (n().is_not_null(), All),
            (!n().gt_eq(lit(3_i64)), None),
            (!n().gt(lit(7_i64)), Some),
            (n().gt(lit(7_i64)).or(n().lt(lit(8_i64))), All),
            (n().gt(lit(7_i64)).and(col("unknown").lt(lit(8_i64))), None),
            (col("unknown").lt(lit(8_i64)), Some),
            (n().lt(lit(8_i32)), Some),
            (n().lt(lit(ScalarValue::Int64(Option::None))), None),
            (datafusion::logical_expr::binary_expr(n(), Operator::IsDistinctFrom, lit(ScalarValue::Int64(Option::None))), Some),
        ];
        for (filter, expected) in cases {
            assert_eq!(judge(&filter, &segment, &schema), expected, "{filter}");
        }
    }

    #[test]
    fn a_null_is_not_a_row_that_passes() {
        let (segment, schema) = segment(2);
        assert_eq!(judge(&col("n").gt_eq(lit(3_i64)), &segment, &schema), Verdict::Some);
        assert_eq!(judge(&col("n").is_null(), &segment, &schema), Verdict::Some);
        assert_eq!(judge(&col("n").gt(lit(7_i64)), &segment, &schema), Verdict::None);
    }
}
