//! Expressions over rows that are in no plan: conditions of deletions, steps of loads, formulas over what was filled. No rule of plans sees
//! them, so what the rules do is done here: types become what they are, zeros and times are compared as rows have them, sums are checked.
//!
//! Some functions of DataFusion 55 (`coalesce`, `nvl`, `nvl2`, `arrow_cast`) cannot be computed at all, only what they are simplified to.
//! More than functions is not simplified: what is computed while it is read has no row that it fails on, and a sum would wrap round.

use std::sync::Arc;

use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::physical_expr::PhysicalExpr;

use super::zeros;
use crate::functions::whole_arithmetic::checked_alone;

/// What computes an expression, batch by batch.
///
/// # Errors
/// What it compares has no type in common, or a function does not take what it is given.
pub(crate) fn planned(expr: Expr, schema: &DFSchema, state: &SessionState) -> Result<Arc<dyn PhysicalExpr>> {
    let context = SimplifyContext::builder().with_schema(Arc::new(schema.clone())).build();
    let computable = zeros::in_expr(expr, schema)?.transform_up(|part| without_call(part, &context))?.data;
    checked_alone(state.create_physical_expr(computable, schema)?)
}

/// What a function is simplified to, where it is.
fn without_call(part: Expr, context: &SimplifyContext) -> Result<Transformed<Expr>> {
    let Expr::ScalarFunction(ScalarFunction { func, args }) = part else { return Ok(Transformed::no(part)) };
    Ok(match func.simplify(args, context)? {
        ExprSimplifyResult::Simplified(expr) => Transformed::yes(expr),
        ExprSimplifyResult::Original(args) => Transformed::no(Expr::ScalarFunction(ScalarFunction { func, args })),
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringViewArray};
    use datafusion::prelude::SessionContext;

    use super::*;

    fn rows() -> RecordBatch {
        let whole: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
        let fraction: ArrayRef = Arc::new(Float64Array::from(vec![None, Some(2.5), Some(-0.0)]));
        let text: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a_c"), Some("abc"), None]));
        RecordBatch::try_from_iter_with_nullable([("i", whole, true), ("x", fraction, true), ("t", text, true)]).unwrap()
    }

    /// The rows for which a condition is true.
    fn held(condition: &str) -> Result<Vec<usize>> {
        let (state, rows) = (SessionContext::new().state(), rows());
        let schema = DFSchema::try_from(rows.schema())?;
        let physical = planned(state.create_logical_expr(condition, &schema)?, &schema, &state)?;
        let values = physical.evaluate(&rows)?.into_array(rows.num_rows())?;
        Ok(values.as_boolean().iter().enumerate().filter(|(_, holds)| *holds == Some(true)).map(|(row, _)| row).collect())
    }

    #[test]
    fn every_form_of_a_condition_can_be_computed() {
        for (condition, expected) in [
            ("coalesce(i, 7) = 7", vec![1]),
            ("coalesce(i, x) > 2", vec![1, 2]),
            ("coalesce(x, 0) = 0", vec![0, 2]),
            ("coalesce(nullif(i, 3), 9) = 9", vec![1, 2]),
            ("coalesce(null, i) = 1", vec![0]),
            ("coalesce(i) = 1", vec![0]),
            ("coalesce(coalesce(null, i), nvl(x, 4)) = 2.5", vec![1]),
            ("nvl(i, 7) = 7", vec![1]),
            ("nvl2(t, 'there', 'missing') = 'missing'", vec![2]),
            ("arrow_cast(i, 'Utf8') = '3'", vec![2]),
            ("greatest(i, 2) = 2 and least(i, 2) = 1", vec![0]),
            ("case when i is null then true else i > 2 end", vec![1, 2]),
            ("case i when 1 then x is null else false end", vec![0]),
            ("i between 1 and 2", vec![0]),
            ("i not in (1, 2)", vec![2]),
            ("t like 'a%' and t not like 'a\\_c'", vec![1]),
            ("starts_with(t, 'a_')", vec![0]),
            ("regexp_like(t, '^ab')", vec![1]),
            ("concat(t, '!') = 'abc!'", vec![1]),
            ("power(i, 2) = 9", vec![2]),
            ("timestamp '2024-01-02' - interval '1 day' = timestamp '2024-01-01' and i = 1", vec![0]),
        ] {
            assert_eq!(held(condition).unwrap_or_else(|error| panic!("{condition}: {error}")), expected, "{condition}");
        }
    }

    #[test]
    fn what_is_not_needed_is_not_computed_and_sums_do_not_wrap_round() {
        // Of the second row alone the division is needed.
        assert!(held("coalesce(i, 1 / (i - i)) > 0").is_ok());
        assert!(held("coalesce(nullif(i, 1), 1 / (i - 1)) > 0").is_err());
        assert!(held("i + (9223372036854775807 + 1) > 0").is_err());
        assert!(held("coalesce(i, 0) + 9223372036854775807 > 0").is_err());
    }
}
