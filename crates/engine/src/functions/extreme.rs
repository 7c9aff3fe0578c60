//! `min` and `max` as DataFusion has them, except that those of fractions by group are in their total order too, as they are without groups
//! and in partials: DataFusion's begin with the least and the greatest finite float, so that the greatest of nothing but minus infinity
//! was -1.797e308, and what is no number made it depend on the order of rows.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array};
use arrow::compute::{not, nullif, prep_null_mask_filter};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, internal_err};
use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{AggregateUDF, EmitTo, Expr, GroupsAccumulator};

use super::differing::{Differs, MakeMany, differing};

/// `min`, one for all plans.
pub(crate) fn least() -> Arc<AggregateUDF> {
    static LEAST: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| differing(min_udaf(), Extreme { greatest: false }));
    Arc::clone(&LEAST)
}

/// `max`, one for all plans.
pub(crate) fn greatest() -> Arc<AggregateUDF> {
    static GREATEST: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| differing(max_udaf(), Extreme { greatest: true }));
    Arc::clone(&GREATEST)
}

/// `min(expr)`.
pub(crate) fn min(expr: Expr) -> Expr {
    call(least(), expr)
}

/// `max(expr)`.
pub(crate) fn max(expr: Expr) -> Expr {
    call(greatest(), expr)
}

fn call(function: Arc<AggregateUDF>, expr: Expr) -> Expr {
    Expr::AggregateFunction(AggregateFunction::new_udf(function, vec![expr], false, None, Vec::new(), None))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Extreme {
    greatest: bool,
}

impl Differs for Extreme {
    fn groups(&self, arguments: AccumulatorArgs<'_>, theirs: MakeMany<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        if *arguments.return_field.data_type() == DataType::Float64 { Ok(Box::new(Extremes { found: Vec::new(), greatest: self.greatest })) } else { theirs(arguments) }
    }
}

/// The least or the greatest fractions of many groups.
#[derive(Debug)]
struct Extremes {
    found: Vec<Option<f64>>,
    greatest: bool,
}

impl GroupsAccumulator for Extremes {
    fn update_batch(&mut self, values: &[ArrayRef], rows: &[usize], passes: Option<&BooleanArray>, groups: usize) -> Result<()> {
        self.found.resize(groups, None);
        let [values] = values else { return internal_err!("an extreme has one argument") };
        for (row, (value, group)) in values.as_primitive::<Float64Type>().iter().zip(rows).enumerate() {
            let passes = passes.is_none_or(|passes| passes.is_valid(row) && passes.value(row));
            if let (true, Some(value), Some(found)) = (passes, value, self.found.get_mut(*group)) {
                let beats = |known: f64| if self.greatest { value.total_cmp(&known).is_gt() } else { value.total_cmp(&known).is_lt() };
                if found.is_none_or(beats) {
                    *found = Some(value);
                }
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], rows: &[usize], groups: usize) -> Result<()> {
        self.update_batch(states, rows, None, groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(Arc::new(Float64Array::from(emit_to.take_needed(&mut self.found))))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn convert_to_state(&self, values: &[ArrayRef], passes: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let [values] = values else { return internal_err!("an extreme has one argument") };
        Ok(vec![match passes {
            Some(passes) => nullif(values, &not(&prep_null_mask_filter(passes))?)?,
            None => Arc::clone(values),
        }])
    }

    fn size(&self) -> usize {
        self.found.capacity() * size_of::<Option<f64>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(greatest: bool, values: &[Option<f64>], rows: &[usize]) -> Vec<Option<u64>> {
        let array: ArrayRef = Arc::new(Float64Array::from(values.to_vec()));
        let mut one = Extremes { found: Vec::new(), greatest };
        one.update_batch(&[array], rows, None, 3).unwrap();
        let state = one.state(EmitTo::All).unwrap();
        let mut merged = Extremes { found: Vec::new(), greatest };
        merged.merge_batch(&state, &[0, 1, 2], 3).unwrap();
        let found = merged.evaluate(EmitTo::All).unwrap();
        found.as_primitive::<Float64Type>().iter().map(|value| value.map(f64::to_bits)).collect()
    }

    #[test]
    fn extremes_by_group_are_those_of_the_total_order_whatever_comes_first() {
        let bits = |values: [Option<f64>; 3]| values.map(|value| value.map(f64::to_bits)).to_vec();
        let (no, most) = (f64::NAN, f64::INFINITY);
        // Infinities alone; what is no number, which comes after all others; nothing.
        assert_eq!(found(true, &[Some(-most), Some(no), Some(1.0), None], &[0, 1, 1, 2]), bits([Some(-most), Some(no), None]));
        assert_eq!(found(true, &[Some(-most), Some(1.0), Some(no), None], &[0, 1, 1, 2]), bits([Some(-most), Some(no), None]));
        assert_eq!(found(false, &[Some(most), Some(no), Some(1.0), None], &[0, 1, 1, 2]), bits([Some(most), Some(1.0), None]));
        assert_eq!(found(false, &[Some(most), Some(1.0), Some(no), None], &[0, 1, 1, 2]), bits([Some(most), Some(1.0), None]));
        assert_eq!(found(false, &[Some(0.0), Some(-0.0), Some(2.0), Some(-3.0)], &[0, 0, 1, 1]), bits([Some(-0.0), Some(-3.0), None]));
    }

    #[test]
    fn rows_that_do_not_pass_are_not_looked_at() {
        let passes = BooleanArray::from(vec![Some(true), Some(false), None]);
        let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 5.0, 7.0]));
        let mut greatest = Extremes { found: Vec::new(), greatest: true };
        greatest.update_batch(&[Arc::clone(&values)], &[0, 0, 0], Some(&passes), 1).unwrap();
        assert_eq!(greatest.evaluate(EmitTo::All).unwrap().as_primitive::<Float64Type>().value(0), 1.0);
        let state = greatest.convert_to_state(&[values], Some(&passes)).unwrap();
        assert_eq!((state[0].len(), state[0].null_count()), (3, 2));
    }

    #[tokio::test]
    async fn statements_take_them_by_group() {
        let context = datafusion::prelude::SessionContext::new();
        for function in crate::functions::allowed::aggregate() {
            context.register_udaf(function.as_ref().clone());
        }
        let sql = "select g, max(-x) as most, min(x) as least from (values (1, exp(1.0e3)), (1, exp(1.0e3)), (2, 3.0e0)) as t(g, x) group by g order by g";
        let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
        let batch = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
        let column = |place: usize| batch.column(place).as_primitive::<Float64Type>().values().to_vec();
        assert_eq!((column(1), column(2)), (vec![f64::NEG_INFINITY, -3.0], vec![f64::INFINITY, 3.0]));
    }
}
