//! What DataFusion's planner asks about `measure(0)`: the answer is the expression of the measure with that number, with the
//! FILTER of the call in each of its aggregates. What is planned from then on is what would be planned if that had been written.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err, plan_err};
use datafusion::execution::FunctionRegistry;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawAggregateExpr};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature, Volatility};

/// Parts that the condition of a FILTER may come to in all aggregates of a measure.
const FILTER_PARTS_MAX: usize = 5_000;

/// How the function is called.
pub(super) const FUNCTION: &str = "measure";

/// The measures of one statement, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    expressions: Vec<Expr>,
}

impl Measures {
    pub(crate) fn new(expressions: Vec<Expr>) -> Self {
        Self { expressions }
    }

    /// A state whose planner knows these measures.
    ///
    /// # Errors
    /// None that are known.
    pub(crate) fn known_to(self: &Arc<Self>, state: SessionState) -> crate::Result<SessionState> {
        if self.expressions.is_empty() {
            return Ok(state);
        }
        let mut planners = state.expr_planners().to_vec();
        planners.push(Arc::<Self>::clone(self));
        let mut state = SessionStateBuilder::new_from_existing(state).with_expr_planners(planners).build();
        let number = Number { signature: Signature::any(1, Volatility::Immutable) };
        state.register_udaf(Arc::new(AggregateUDF::from(number)))?;
        Ok(state)
    }
}

impl ExprPlanner for Measures {
    fn plan_aggregate(&self, call: RawAggregateExpr) -> Result<PlannerResult<RawAggregateExpr>> {
        if call.func.inner().downcast_ref::<Number>().is_none() {
            return Ok(PlannerResult::Original(call));
        }
        let number = match call.args.as_slice() {
            [Expr::Literal(ScalarValue::Int64(Some(number)), _)] => usize::try_from(*number).ok(),
            _ => None,
        };
        let Some(expression) = number.and_then(|number| self.expressions.get(number)) else { return internal_err!("a measure without a number") };
        Ok(PlannerResult::Planned(match call.filter {
            Some(condition) => {
                check_size(expression, &condition)?;
                among(expression.clone(), &condition)?
            }
            None => expression.clone(),
        }))
    }
}

/// A condition is put into each aggregate of a measure, and both may be long.
fn check_size(measure: &Expr, condition: &Expr) -> Result<()> {
    let count = |expression: &Expr, counts: fn(&Expr) -> bool| {
        let mut found = 0_usize;
        expression.apply(|part| {
            found += usize::from(counts(part));
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok::<_, DataFusionError>(found)
    };
    let parts = count(measure, |part| matches!(part, Expr::AggregateFunction(_)))?.saturating_mul(count(condition, |_| true)?);
    if parts > FILTER_PARTS_MAX {
        return plan_err!("the FILTER of a measure comes to {parts} parts, because it is put into each of its aggregates; at most {FILTER_PARTS_MAX} are planned: use WHERE");
    }
    Ok(())
}

/// A measure of those rows alone for which a condition holds.
fn among(measure: Expr, condition: &Expr) -> Result<Expr> {
    measure
        .transform_up(|part| match part {
            Expr::AggregateFunction(mut aggregate) => {
                let both = match aggregate.params.filter.take() {
                    Some(own) => own.and(condition.clone()),
                    None => condition.clone(),
                };
                aggregate.params.filter = Some(Box::new(both));
                Ok(Transformed::yes(Expr::AggregateFunction(aggregate)))
            }
            other => Ok(Transformed::no(other)),
        })
        .data()
}

/// Stands for the number of a measure, and for nothing once the statement is planned.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Number {
    signature: Signature,
}

impl AggregateUDFImpl for Number {
    fn name(&self) -> &'static str {
        FUNCTION
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        internal_err!("a measure that was not put in")
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        internal_err!("a measure that was not put in")
    }
}
