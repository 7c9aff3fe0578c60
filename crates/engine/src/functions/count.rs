//! `count` as DataFusion has it, except that zero is one value whatever its sign where distinct fractions are counted, as it is one group
//! and one key of a join. So a count of distinct values is that of the groups by them, and so is what is no number.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::Float64Type;
use datafusion::common::Result;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{Accumulator, AggregateUDF, Expr};
use datafusion::scalar::ScalarValue;

use super::differing::{Differs, MakeOne, differing};
use super::exact::aggregate::are_floats;

/// The function, one for all plans.
pub(crate) fn counted() -> Arc<AggregateUDF> {
    static COUNT: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| differing(count_udaf(), Count));
    Arc::clone(&COUNT)
}

/// `count(expr)`.
pub(crate) fn count(expr: Expr) -> Expr {
    call(expr, false)
}

/// `count(distinct expr)`.
pub(crate) fn count_distinct(expr: Expr) -> Expr {
    call(expr, true)
}

fn call(expr: Expr, distinct: bool) -> Expr {
    Expr::AggregateFunction(AggregateFunction::new_udf(counted(), vec![expr], distinct, None, Vec::new(), None))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Count;

/// Whether distinct fractions are counted.
fn of_fractions(arguments: &AccumulatorArgs<'_>) -> bool {
    arguments.is_distinct && are_floats(arguments.expr_fields)
}

impl Differs for Count {
    fn accumulator(&self, arguments: AccumulatorArgs<'_>, theirs: MakeOne<'_>) -> Result<Box<dyn Accumulator>> {
        let of_fractions = of_fractions(&arguments);
        let theirs = theirs(arguments)?;
        Ok(if of_fractions { Box::new(OneZero(theirs)) } else { theirs })
    }

    fn has_groups(&self, arguments: &AccumulatorArgs<'_>) -> Option<bool> {
        of_fractions(arguments).then_some(false)
    }
}

/// Counts distinct fractions by one form of each. What it merges are states of its own.
#[derive(Debug)]
struct OneZero(Box<dyn Accumulator>);

/// Fractions in one form: zero has two, and what is no number has many.
fn in_one_form(values: &[ArrayRef]) -> Vec<ArrayRef> {
    let one = |value: f64| if value.is_nan() { f64::NAN } else { value + 0.0 };
    let values = values.iter().map(|values| {
        let formed: Float64Array = values.as_primitive::<Float64Type>().unary(one);
        Arc::new(formed) as ArrayRef
    });
    values.collect()
}

impl Accumulator for OneZero {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0.update_batch(&in_one_form(values))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.0.merge_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0.retract_batch(&in_one_form(values))
    }

    fn supports_retract_batch(&self) -> bool {
        self.0.supports_retract_batch()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.state()
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.0.evaluate()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.0.size()
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Int64Type;
    use datafusion::prelude::{SessionConfig, SessionContext};

    use super::*;

    #[tokio::test]
    async fn zero_is_one_value_whatever_its_sign() {
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2).with_batch_size(2));
        context.register_udaf(counted().as_ref().clone());
        let rows = "(values (1, 0.0e0), (2, -0.0e0), (3, 1.5e0), (4, cast(null as double))) as t(i, x)";
        for (asked, expected) in [
            ("select count(distinct x) as n from", vec![2]),
            // The average keeps DataFusion from making groups of the values.
            ("select count(distinct x), avg(i) from", vec![2]),
            ("select count(*), count(x) from", vec![4]),
            ("select count(distinct x) over (order by i rows between 1 preceding and current row) as n, i from", vec![1, 1, 2, 1]),
        ] {
            let batches = context.sql(&format!("{asked} {rows}")).await.unwrap().collect().await.unwrap();
            let batch = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
            assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &expected, "{asked}");
        }
    }
}
