//! `median` as DataFusion has it, except that one of decimals has a digit more than its values: the middle of 1.0 and 1.5 is 1.25, and that of
//! 1 and 2 is 1.5. DataFusion's has as many digits as they, and cuts the half off. (Whole numbers are fractions to it, whose middle is right.)

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, BooleanArray};
use arrow::compute::cast;
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DECIMAL256_MAX_PRECISION, DataType, FieldRef};
use datafusion::common::Result;
use datafusion::functions_aggregate::median::median_udaf;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, EmitTo, GroupsAccumulator};
use datafusion::scalar::ScalarValue;

use super::differing::{Differs, MakeFields, MakeMany, MakeOne, differing};

/// The function, one for all plans.
pub(crate) fn median() -> Arc<AggregateUDF> {
    static MEDIAN: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| differing(median_udaf(), Median));
    Arc::clone(&MEDIAN)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Median;

/// The type of the middle of two values; other types than decimals have a middle themselves.
fn middle(kind: &DataType) -> DataType {
    match *kind {
        DataType::Decimal32(digits, scale) | DataType::Decimal64(digits, scale) => DataType::Decimal128(digits + 1, scale + 1),
        DataType::Decimal128(digits, scale) if digits < DECIMAL128_MAX_PRECISION => DataType::Decimal128(digits + 1, scale + 1),
        DataType::Decimal128(digits, scale) => DataType::Decimal256(digits + 1, scale + 1),
        DataType::Decimal256(digits, scale) if digits < DECIMAL256_MAX_PRECISION => DataType::Decimal256(digits + 1, scale + 1),
        _ => kind.clone(),
    }
}

/// Arguments as they are given to DataFusion's function.
fn widened(fields: &[FieldRef]) -> Vec<FieldRef> {
    fields.iter().map(|field| Arc::new(field.as_ref().clone().with_data_type(middle(field.data_type())))).collect()
}

impl Differs for Median {
    fn return_type(&self, kind: DataType) -> DataType {
        middle(&kind)
    }

    fn state_fields(&self, arguments: StateFieldsArgs<'_>, theirs: MakeFields<'_>) -> Result<Vec<FieldRef>> {
        let input_fields = widened(arguments.input_fields);
        theirs(StateFieldsArgs { input_fields: &input_fields, ..arguments })
    }

    fn accumulator(&self, arguments: AccumulatorArgs<'_>, theirs: MakeOne<'_>) -> Result<Box<dyn Accumulator>> {
        let (kind, expr_fields) = (arguments.return_field.data_type().clone(), widened(arguments.expr_fields));
        let inner = theirs(AccumulatorArgs { expr_fields: &expr_fields, ..arguments })?;
        Ok(if kind.is_decimal() { Box::new(One { inner, kind }) } else { inner })
    }

    fn groups(&self, arguments: AccumulatorArgs<'_>, theirs: MakeMany<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let (kind, expr_fields) = (arguments.return_field.data_type().clone(), widened(arguments.expr_fields));
        let inner = theirs(AccumulatorArgs { expr_fields: &expr_fields, ..arguments })?;
        Ok(if kind.is_decimal() { Box::new(Many { inner, kind }) } else { inner })
    }
}

fn wide(values: &[ArrayRef], kind: &DataType) -> Result<Vec<ArrayRef>> {
    values.iter().map(|values| Ok(cast(values, kind)?)).collect()
}

/// One group. Its state is of the wider values.
#[derive(Debug)]
struct One {
    inner: Box<dyn Accumulator>,
    kind: DataType,
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.update_batch(&wide(values, &self.kind)?)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.inner.merge_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.retract_batch(&wide(values, &self.kind)?)
    }

    fn supports_retract_batch(&self) -> bool {
        self.inner.supports_retract_batch()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.inner.evaluate()
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}

/// Many groups.
struct Many {
    inner: Box<dyn GroupsAccumulator>,
    kind: DataType,
}

impl GroupsAccumulator for Many {
    fn update_batch(&mut self, values: &[ArrayRef], rows: &[usize], passes: Option<&BooleanArray>, groups: usize) -> Result<()> {
        self.inner.update_batch(&wide(values, &self.kind)?, rows, passes, groups)
    }

    fn merge_batch(&mut self, states: &[ArrayRef], rows: &[usize], groups: usize) -> Result<()> {
        self.inner.merge_batch(states, rows, groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.inner.evaluate(emit_to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.inner.state(emit_to)
    }

    fn convert_to_state(&self, values: &[ArrayRef], passes: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(&wide(values, &self.kind)?, passes)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}
