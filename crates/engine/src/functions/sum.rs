//! `sum` as DataFusion has it, except that a sum of whole numbers that leaves 64 bits is an error: DataFusion's goes on at
//! the other end of the range, and a wrong number that looks like one is the worst answer there is. It is the sum of all
//! rows that has to fit, and that of each state; in which order an accumulator gets its rows does not matter. Nor does it
//! for floats, whose sum is exact (`exact`). Distinct numbers and other types are in `wide`.

mod wide;

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array};
use arrow::compute::{not, nullif, prep_null_mask_filter};
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::{Result, internal_err};
use datafusion::error::DataFusionError;
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, EmitTo, Expr, GroupsAccumulator};
use datafusion::scalar::ScalarValue;

use self::wide::{Of, is_wide};
use super::differing::{Differs, MakeFields, MakeMany, MakeOne, differing};
use super::exact::aggregate as floats;
use super::exact::statistic::Statistic;
use super::written;
use crate::error::Error;

/// The error of a sum that 64 bits cannot hold.
pub(crate) fn too_large(of: &str) -> Error {
    Error::invalid(format!("the sum of {of} exceeds 64 bits; cast it to double to get an approximate one"))
}

/// The function, one for all plans.
pub(crate) fn checked_sum() -> Arc<AggregateUDF> {
    static SUM: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| differing(sum_udaf(), CheckedSum));
    Arc::clone(&SUM)
}

/// `sum(expr)`.
pub(crate) fn sum(expr: Expr) -> Expr {
    Expr::AggregateFunction(AggregateFunction::new_udf(checked_sum(), vec![expr], false, None, Vec::new(), None))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CheckedSum;

fn is_ours(arguments: &AccumulatorArgs<'_>) -> bool {
    !arguments.is_distinct && *arguments.return_field.data_type() == DataType::Int64
}

/// What is summed in more bits than it has, where it is.
fn widely(arguments: &AccumulatorArgs<'_>) -> Option<Of> {
    let kind = arguments.return_field.data_type();
    let is_wide = is_wide(kind) || (arguments.is_distinct && *kind == DataType::Int64);
    is_wide.then(|| Of { name: of(arguments), kind: kind.clone() })
}

/// The sum of one group of such.
fn wide_accumulator(of: Of, is_distinct: bool) -> Box<dyn Accumulator> {
    if is_distinct { Box::new(wide::Distinct::new(of)) } else { Box::new(wide::One::new(of)) }
}

fn of(arguments: &AccumulatorArgs<'_>) -> String {
    let argument = arguments.exprs.first().map_or_else(|| arguments.name.to_owned(), written::of_physical);
    if arguments.is_distinct { format!("distinct {argument}") } else { argument }
}

fn failed(of: &str) -> DataFusionError {
    DataFusionError::External(Box::new(too_large(of)))
}

impl Differs for CheckedSum {
    fn state_fields(&self, arguments: StateFieldsArgs<'_>, theirs: MakeFields<'_>) -> Result<Vec<FieldRef>> {
        if floats::are_floats(arguments.input_fields) { Ok(floats::state_fields(arguments.name)) } else { theirs(arguments) }
    }

    fn accumulator(&self, arguments: AccumulatorArgs<'_>, theirs: MakeOne<'_>) -> Result<Box<dyn Accumulator>> {
        if is_ours(&arguments) {
            Ok(Box::new(Checked::of(of(&arguments))))
        } else if floats::are_floats(arguments.expr_fields) {
            Ok(floats::accumulator(Statistic::Sum, arguments.is_distinct))
        } else if let Some(of) = widely(&arguments) {
            Ok(wide_accumulator(of, arguments.is_distinct))
        } else {
            theirs(arguments)
        }
    }

    fn has_groups(&self, arguments: &AccumulatorArgs<'_>) -> Option<bool> {
        floats::are_floats(arguments.expr_fields).then_some(!arguments.is_distinct)
    }

    fn groups(&self, arguments: AccumulatorArgs<'_>, theirs: MakeMany<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        if is_ours(&arguments) {
            Ok(Box::new(CheckedGroups::of(of(&arguments))))
        } else if floats::are_floats(arguments.expr_fields) {
            Ok(floats::groups_accumulator(Statistic::Sum))
        } else if let Some(of) = widely(&arguments) {
            Ok(Box::new(wide::Many::new(of)))
        } else {
            theirs(arguments)
        }
    }
}

/// One sum, also one whose rows leave again as a window moves on.
#[derive(Debug)]
struct Checked {
    sum: i128,
    count: u64,
    of: String,
}

impl Checked {
    fn of(of: String) -> Self {
        Self { sum: 0, count: 0, of }
    }

    fn add(&mut self, values: &[ArrayRef], sign: i128) -> Result<u64> {
        let [values] = values else { return internal_err!("a sum has one argument") };
        let values = values.as_primitive::<Int64Type>();
        self.sum += sign * values.iter().flatten().map(i128::from).sum::<i128>();
        Ok((values.len() - values.null_count()) as u64)
    }
}

impl Accumulator for Checked {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.count += self.add(values, 1)?;
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.count -= self.add(values, -1)?;
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let sum = i64::try_from(self.sum).map_err(|_| failed(&self.of))?;
        Ok(ScalarValue::Int64((self.count > 0).then_some(sum)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.of.capacity()
    }
}

/// The sums of many groups.
#[derive(Debug)]
struct CheckedGroups {
    sums: Vec<Option<i128>>,
    of: String,
}

impl CheckedGroups {
    fn of(of: String) -> Self {
        Self { sums: Vec::new(), of }
    }
}

impl GroupsAccumulator for CheckedGroups {
    fn update_batch(&mut self, values: &[ArrayRef], rows: &[usize], passes: Option<&BooleanArray>, groups: usize) -> Result<()> {
        self.sums.resize(groups, None);
        let [values] = values else { return internal_err!("a sum has one argument") };
        for (row, (value, group)) in values.as_primitive::<Int64Type>().iter().zip(rows).enumerate() {
            let passes = passes.is_none_or(|passes| passes.is_valid(row) && passes.value(row));
            if let (true, Some(value), Some(sum)) = (passes, value, self.sums.get_mut(*group)) {
                *sum = Some(sum.unwrap_or(0) + i128::from(value));
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], rows: &[usize], groups: usize) -> Result<()> {
        self.update_batch(states, rows, None, groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let sums = emit_to.take_needed(&mut self.sums).into_iter();
        let sums = sums.map(|sum| sum.map(i64::try_from).transpose().map_err(|_| failed(&self.of)));
        Ok(Arc::new(sums.collect::<Result<Int64Array>>()?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn convert_to_state(&self, values: &[ArrayRef], passes: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let [values] = values else { return internal_err!("a sum has one argument") };
        Ok(vec![match passes {
            Some(passes) if passes.null_count() > 0 => nullif(values, &not(&prep_null_mask_filter(passes))?)?,
            Some(passes) => nullif(values, &not(passes)?)?,
            None => Arc::clone(values),
        }])
    }

    fn size(&self) -> usize {
        self.sums.capacity() * size_of::<Option<i128>>() + self.of.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(values: Vec<Option<i64>>) -> ArrayRef {
        Arc::new(Int64Array::from(values))
    }

    #[test]
    fn a_sum_beyond_64_bits_is_an_error() {
        let mut one = Checked::of("x".to_owned());
        one.update_batch(&[array(vec![Some(i64::MAX), Some(1), None])]).unwrap();
        assert!(one.evaluate().unwrap_err().to_string().contains("the sum of x exceeds 64 bits"));
        // The window moves on, and what is left fits again.
        one.retract_batch(&[array(vec![Some(1)])]).unwrap();
        assert_eq!(one.evaluate().unwrap(), ScalarValue::Int64(Some(i64::MAX)));
        let mut many = CheckedGroups::of("x".to_owned());
        many.update_batch(&[array(vec![Some(i64::MIN), Some(1)])], &[0, 1], None, 2).unwrap();
        assert!(many.merge_batch(&[array(vec![Some(1), Some(2)])], &[0, 1], 2).is_ok());
        many.update_batch(&[array(vec![Some(-2)])], &[0], None, 2).unwrap();
        assert!(many.evaluate(EmitTo::All).unwrap_err().to_string().contains("the sum of x exceeds 64 bits"));
    }

    #[test]
    fn a_sum_that_fits_is_found_in_any_order() {
        let values = array([i64::MAX, i64::MAX, -i64::MAX, -i64::MAX].map(Some).to_vec());
        let mut one = Checked::of("x".to_owned());
        one.update_batch(&[Arc::clone(&values)]).unwrap();
        assert_eq!(one.evaluate().unwrap(), ScalarValue::Int64(Some(0)));
        let mut many = CheckedGroups::of("x".to_owned());
        many.update_batch(&[values], &[0; 4], None, 1).unwrap();
        assert_eq!(many.evaluate(EmitTo::All).unwrap().as_primitive::<Int64Type>().values(), &[0]);
    }

    #[test]
    fn rows_that_do_not_pass_are_not_summed() {
        let mut sums = CheckedGroups::of("x".to_owned());
        let passes = BooleanArray::from(vec![Some(true), Some(false), None, Some(true)]);
        let values = array(vec![Some(1), Some(2), Some(4), None]);
        sums.update_batch(&[Arc::clone(&values)], &[0, 0, 0, 1], Some(&passes), 2).unwrap();
        assert_eq!(sums.evaluate(EmitTo::All).unwrap().as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(1), None]);
        let state = sums.convert_to_state(&[values], Some(&passes)).unwrap();
        assert_eq!(state[0].as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(1), None, None, None]);
    }
}
