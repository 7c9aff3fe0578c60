//! Point look-ups: segments whose bloom filters rule a value out are never opened, and what is opened is decoded late.
//!
//! The filters of a column are read once and kept, so that a second look-up costs a few hashes a segment and no reading at
//! all. Which segments have filters of which column is in the log: a column without one costs nothing here.

use std::any::Any;
use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef, TimeUnit};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, CaseExpr, CastExpr, Column, InListExpr, IsNotNullExpr, IsNullExpr, LikeExpr, Literal, NotExpr};
use datafusion::physical_expr::utils::{Guarantee, LiteralGuarantee};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::scalar::ScalarValue;
use futures::{StreamExt, TryStreamExt};

use crate::error::{Error, Result};
use crate::partial::looked_up::is_looked_up;
use crate::partial::source::SegmentSource;
use crate::storage::segment::Segment;

/// Filters that are read at the same time.
const CONCURRENCY: usize = 16;

/// A column that must be one of a few values, for a row to pass.
#[derive(Debug)]
pub(crate) struct Sought<'a> {
    index: usize,
    name: Arc<str>,
    values: &'a LiteralGuarantee,
}

/// What is sought in columns of which at least one of the segments has filters.
pub(crate) fn sought<'a>(guarantees: &'a [LiteralGuarantee], segments: &[Arc<Segment>], schema: &SchemaRef) -> Vec<Sought<'a>> {
    let demands = guarantees.iter().filter(|values| values.guarantee == Guarantee::In);
    demands
        .filter_map(|values| {
            let index = schema.index_of(&values.column.name).ok()?;
            segments.iter().any(|segment| has_filter(segment, index)).then(|| Sought { index, name: Arc::from(values.column.name.as_str()), values })
        })
        .collect()
}

fn has_filter(segment: &Segment, index: usize) -> bool {
    segment.statistics.get(index).is_some_and(|column| column.filtered)
}

/// The segments that may hold what is sought, in their order.
pub(crate) async fn rule_out(segments: Vec<Arc<Segment>>, sought: &[Sought<'_>], source: &SegmentSource) -> Result<Vec<Arc<Segment>>> {
    let kept = futures::stream::iter(segments).map(|segment| async move { Ok::<_, Error>(may_hold(&segment, sought, source).await?.then_some(segment)) });
    kept.buffered(CONCURRENCY).try_filter_map(|kept| async move { Ok(kept) }).try_collect().await
}

async fn may_hold(segment: &Segment, sought: &[Sought<'_>], source: &SegmentSource) -> Result<bool> {
    for column in sought.iter().filter(|column| has_filter(segment, column.index)) {
        let filter = source.partials.filter(&source.location(segment), segment.bytes, &column.name, &source.counters.bytes).await?;
        if filter.is_some_and(|filter| !column.values.literals.iter().any(|value| filter.may_contain(value))) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether filters run inside of the decoder, which then decodes the other columns only where a row has passed.
///
/// That pays where few rows pass, and costs where many do: rows come in small pieces then, and columns of the filter are
/// decoded apart from the others. Statistics do not say how many will pass, but a column that got filters does: its values
/// are rare (`storage::bloom`), so few rows have one of those that are sought. Every other scan decodes its columns in one
/// go and filters then. An order with a limit has a rule of its own, for the same reason: once it is known which key the
/// first rows reach, few other rows reach it (`query::first_rows`).
///
/// A filter that could fail for some row stays above the scan, where it is evaluated as it was written.
pub(crate) fn decodes_late(sought: &[Sought<'_>], filter: &Arc<dyn PhysicalExpr>, schema: &Schema, projected: usize) -> bool {
    !sought.is_empty() && projected > sought.len() && cannot_fail(filter, schema)
}

/// Functions that have a value for every argument.
const TOTAL: &[&str] = &["btrim", "coalesce", "contains", "ends_with", "get_field", "lower", "ltrim", "nvl", "nullif", "rtrim", "starts_with", "strpos", "upper"];

/// Whether a cast has a value for every value.
fn keeps(cast: &CastExpr, schema: &Schema) -> bool {
    use DataType::{Boolean, Date32, Float64, Int8, Int16, Int32, Int64, LargeUtf8, Timestamp, Utf8, Utf8View};
    let Ok(input) = cast.expr().data_type(schema) else { return false };
    match cast.cast_type() {
        Utf8 | LargeUtf8 | Utf8View => matches!(input, Utf8 | LargeUtf8 | Utf8View | Boolean | Int8 | Int16 | Int32 | Int64),
        Int64 | Float64 => matches!(input, Int8 | Int16 | Int32) || (input == Int64 && *cast.cast_type() == Float64),
        Timestamp(TimeUnit::Microsecond, _) => input == Date32,
        other => input == *other,
    }
}

/// Whether a sum is one with a fraction that is written out, as those that make one zero of both are (`query::zeros`): fractions have sums.
fn adds_fraction(binary: &BinaryExpr) -> bool {
    *binary.op() == Operator::Plus && binary.right().downcast_ref::<Literal>().is_some_and(|added| matches!(added.value(), ScalarValue::Float64(Some(_))))
}

/// Whether a filter has an answer for every row, in whatever order and for whichever rows its parts are evaluated.
pub(crate) fn cannot_fail(filter: &Arc<dyn PhysicalExpr>, schema: &Schema) -> bool {
    let total = match filter.downcast_ref::<BinaryExpr>() {
        Some(binary) => {
            matches!(
                binary.op(),
                Operator::And
                    | Operator::Or
                    | Operator::Eq
                    | Operator::NotEq
                    | Operator::Lt
                    | Operator::LtEq
                    | Operator::Gt
                    | Operator::GtEq
                    | Operator::IsDistinctFrom
                    | Operator::IsNotDistinctFrom
            ) || adds_fraction(binary)
        }
        None => {
            let calls = |call: &ScalarFunctionExpr| TOTAL.contains(&call.name()) || is_looked_up(call.fun());
            if filter.downcast_ref::<ScalarFunctionExpr>().is_some_and(calls) || filter.downcast_ref::<CastExpr>().is_some_and(|cast| keeps(cast, schema)) {
                return filter.children().into_iter().all(|child| cannot_fail(child, schema));
            }
            let filter = filter.as_ref() as &dyn Any;
            filter.is::<Column>()
                || filter.is::<CaseExpr>()
                || filter.is::<Literal>()
                || filter.is::<NotExpr>()
                || filter.is::<IsNullExpr>()
                || filter.is::<IsNotNullExpr>()
                || filter.is::<InListExpr>()
                || filter.is::<LikeExpr>()
        }
    };
    total && filter.children().into_iter().all(|child| cannot_fail(child, schema))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Field;
    use datafusion::common::DFSchema;
    use datafusion::logical_expr::execution_props::ExecutionProps;
    use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
    use datafusion::logical_expr::{Expr, cast, lit};
    use datafusion::physical_expr::create_physical_expr;
    use datafusion::prelude::col;

    use super::*;

    fn schema() -> Schema {
        let fields = [("id", DataType::Int64), ("n", DataType::Int64), ("m", DataType::Int64), ("a", DataType::Utf8View), ("b", DataType::Utf8View), ("code", DataType::Utf8View)];
        Schema::new(fields.map(|(name, data_type)| Field::new(name, data_type, true)).to_vec())
    }

    fn physical(filter: &Expr) -> Arc<dyn PhysicalExpr> {
        create_physical_expr(filter, &DFSchema::try_from(schema()).unwrap(), &ExecutionProps::new(), &PhysicalPlanningContext::default()).unwrap()
    }

    #[test]
    fn filters_that_could_fail_stay_above_the_scan() {
        for filter in [
            col("id").eq(lit(7_i64)),
            col("a").like(lit(ScalarValue::Utf8View(Some("x%".into())))).or(col("b").is_null()),
            col("id").in_list(vec![lit(1_i64)], false).and(!col("n").gt(lit(1_i64))),
            col("n").between(lit(1_i64), lit(2_i64)).and(col("m").is_not_null()),
            cast(col("n"), DataType::Utf8View).eq(col("a")),
            datafusion::functions::expr_fn::lower(col("a")).eq(col("b")),
            (cast(col("n"), DataType::Float64) + lit(0.0)).eq(cast(col("m"), DataType::Float64) + lit(0.0)),
        ] {
            assert!(cannot_fail(&physical(&filter), &schema()), "{filter}");
        }
        for filter in [cast(col("code"), DataType::Int64).eq(lit(7_i64)), (col("n") / col("m")).gt(lit(1_i64)), !(col("n") + col("m")).eq(lit(1_i64))] {
            assert!(!cannot_fail(&physical(&filter), &schema()), "{filter}");
        }
    }

    #[test]
    fn only_what_is_sought_in_filters_is_decoded_late() {
        let values = LiteralGuarantee { column: "id".into(), guarantee: Guarantee::In, literals: [ScalarValue::Int64(Some(7))].into() };
        let filter = physical(&col("id").eq(lit(7_i64)));
        let sought = [Sought { index: 0, name: "id".into(), values: &values }];
        assert!(decodes_late(&sought, &filter, &schema(), 5));
        assert!(!decodes_late(&[], &filter, &schema(), 5));
        // Nothing is left to decode late.
        assert!(!decodes_late(&sought, &filter, &schema(), 1));
    }
}
