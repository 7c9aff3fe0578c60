//! Sums of distinct whole numbers, and of types that no column has but that a cast or a difference makes: unsigned numbers,
//! decimals and durations. They are added in 256 bits, and what their type cannot hold in the end is an error. DataFusion's go on
//! at the other end of the type.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType,
    Int64Type, TimeUnit, UInt64Type, i256,
};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, internal_err};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};
use datafusion::scalar::ScalarValue;

use crate::error::Error;

/// Whether sums of a type are made here where its values count as often as they are there.
pub(super) fn is_wide(kind: &DataType) -> bool {
    matches!(kind, DataType::UInt64 | DataType::Duration(_)) || kind.is_decimal()
}

/// What is summed, as errors call it, and the type of the sum.
#[derive(Debug, Clone)]
pub(super) struct Of {
    pub name: String,
    pub kind: DataType,
}

impl Of {
    fn failed(&self) -> DataFusionError {
        let Self { name, kind } = self;
        let error = match kind {
            DataType::Int64 => super::too_large(name),
            kind => Error::invalid(format!("the sum of {name} exceeds what a number of type {kind} holds; cast it to double to get an approximate one")),
        };
        DataFusionError::External(Box::new(error))
    }

    fn sum(&self, one: i256, other: i256) -> Result<i256> {
        one.checked_add(other).ok_or_else(|| self.failed())
    }

    /// Numbers as a column of the type.
    fn column(&self, numbers: impl Iterator<Item = Option<i256>>) -> Result<ArrayRef> {
        Ok(match &self.kind {
            DataType::Int64 => self.narrowed::<Int64Type>(numbers)?,
            DataType::UInt64 => self.narrowed::<UInt64Type>(numbers)?,
            DataType::Decimal32(..) => self.narrowed::<Decimal32Type>(numbers)?,
            DataType::Decimal64(..) => self.narrowed::<Decimal64Type>(numbers)?,
            DataType::Decimal128(..) => self.narrowed::<Decimal128Type>(numbers)?,
            DataType::Decimal256(..) => Arc::new(numbers.collect::<PrimitiveArray<Decimal256Type>>().with_data_type(self.kind.clone())),
            DataType::Duration(TimeUnit::Second) => self.narrowed::<DurationSecondType>(numbers)?,
            DataType::Duration(TimeUnit::Millisecond) => self.narrowed::<DurationMillisecondType>(numbers)?,
            DataType::Duration(TimeUnit::Microsecond) => self.narrowed::<DurationMicrosecondType>(numbers)?,
            DataType::Duration(TimeUnit::Nanosecond) => self.narrowed::<DurationNanosecondType>(numbers)?,
            other => return internal_err!("a sum of type {other}"),
        })
    }

    fn narrowed<T: ArrowPrimitiveType<Native: TryFrom<i128>>>(&self, numbers: impl Iterator<Item = Option<i256>>) -> Result<ArrayRef> {
        let narrow = |number: i256| number.to_i128().and_then(|number| T::Native::try_from(number).ok()).ok_or_else(|| self.failed());
        let column = numbers.map(|number| number.map(&narrow).transpose()).collect::<Result<PrimitiveArray<T>>>()?;
        Ok(Arc::new(column.with_data_type(self.kind.clone())))
    }

    fn scalar(&self, number: Option<i256>) -> Result<ScalarValue> {
        let column = if number.is_some() { self.column(std::iter::once(number))? } else { new_null_array(&self.kind, 1) };
        ScalarValue::try_from_array(&column, 0)
    }

    fn size(&self) -> usize {
        self.name.capacity()
    }
}

/// The values of a column.
fn numbers(values: &ArrayRef) -> Result<Vec<Option<i256>>> {
    fn of<T: ArrowPrimitiveType<Native: Into<i128>>>(values: &ArrayRef) -> Vec<Option<i256>> {
        values.as_primitive::<T>().iter().map(|value| value.map(|value| i256::from_i128(value.into()))).collect()
    }
    Ok(match values.data_type() {
        DataType::Int64 => of::<Int64Type>(values),
        DataType::UInt64 => of::<UInt64Type>(values),
        DataType::Decimal32(..) => of::<Decimal32Type>(values),
        DataType::Decimal64(..) => of::<Decimal64Type>(values),
        DataType::Decimal128(..) => of::<Decimal128Type>(values),
        DataType::Decimal256(..) => values.as_primitive::<Decimal256Type>().iter().collect(),
        DataType::Duration(_) => of::<Int64Type>(&cast(values, &DataType::Int64)?),
        other => return internal_err!("a sum of values of type {other}"),
    })
}

fn argument(values: &[ArrayRef]) -> Result<&ArrayRef> {
    match values {
        [values] => Ok(values),
        _ => internal_err!("a sum has one argument"),
    }
}

/// One sum, also one whose rows leave again as a window moves on.
#[derive(Debug)]
pub(super) struct One {
    of: Of,
    sum: i256,
    count: u64,
}

impl One {
    pub(super) fn new(of: Of) -> Self {
        Self { of, sum: i256::ZERO, count: 0 }
    }
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for number in numbers(argument(values)?)?.into_iter().flatten() {
            self.sum = self.of.sum(self.sum, number)?;
            self.count += 1;
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for number in numbers(argument(values)?)?.into_iter().flatten() {
            self.sum = self.sum.checked_sub(number).ok_or_else(|| self.of.failed())?;
            self.count = self.count.saturating_sub(1);
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.of.scalar((self.count > 0).then_some(self.sum))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.of.size()
    }
}

/// The sums of many groups.
#[derive(Debug)]
pub(super) struct Many {
    of: Of,
    sums: Vec<Option<i256>>,
}

impl Many {
    pub(super) fn new(of: Of) -> Self {
        Self { of, sums: Vec::new() }
    }
}

impl GroupsAccumulator for Many {
    fn update_batch(&mut self, values: &[ArrayRef], rows: &[usize], passes: Option<&BooleanArray>, groups: usize) -> Result<()> {
        self.sums.resize(groups, None);
        for (row, (number, group)) in numbers(argument(values)?)?.into_iter().zip(rows).enumerate() {
            let passes = passes.is_none_or(|passes| passes.is_valid(row) && passes.value(row));
            if let (true, Some(number), Some(sum)) = (passes, number, self.sums.get_mut(*group)) {
                *sum = Some(self.of.sum(sum.unwrap_or(i256::ZERO), number)?);
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], rows: &[usize], groups: usize) -> Result<()> {
        self.update_batch(states, rows, None, groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.of.column(emit_to.take_needed(&mut self.sums).into_iter())
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn convert_to_state(&self, values: &[ArrayRef], passes: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let passes = |row: usize| passes.is_none_or(|passes| passes.is_valid(row) && passes.value(row));
        let numbers = numbers(argument(values)?)?.into_iter().enumerate();
        Ok(vec![self.of.column(numbers.map(|(row, number)| number.filter(|_| passes(row))))?])
    }

    fn size(&self) -> usize {
        self.sums.capacity() * size_of::<Option<i256>>() + self.of.size()
    }
}

/// One sum of values that count once each. It knows how many rows have each of them, so that a window may move on.
#[derive(Debug)]
pub(super) struct Distinct {
    of: Of,
    rows: HashMap<i256, u64>,
}

impl Distinct {
    pub(super) fn new(of: Of) -> Self {
        Self { of, rows: HashMap::new() }
    }
}

impl Accumulator for Distinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for number in numbers(argument(values)?)?.into_iter().flatten() {
            *self.rows.entry(number).or_default() += 1;
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [states] = states else { return internal_err!("a sum has one state") };
        for values in states.as_list::<i32>().iter().flatten() {
            self.update_batch(&[values])?;
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for number in numbers(argument(values)?)?.into_iter().flatten() {
            if let Some(rows) = self.rows.get_mut(&number) {
                *rows -= 1;
                if *rows == 0 {
                    self.rows.remove(&number);
                }
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = self.of.column(self.rows.keys().map(|number| Some(*number)))?;
        Ok(vec![SingleRowListArrayBuilder::new(values).with_nullable(true).build_list_scalar()])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let sum = self.rows.keys().try_fold(i256::ZERO, |sum, number| self.of.sum(sum, *number))?;
        self.of.scalar((!self.rows.is_empty()).then_some(sum))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.of.size() + self.rows.capacity() * (size_of::<(i256, u64)>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, DurationMicrosecondArray, Int64Array, UInt64Array};

    use super::*;

    fn of(kind: DataType) -> Of {
        Of { name: "x".to_owned(), kind }
    }

    fn refused(result: Result<ScalarValue>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn distinct_numbers_beyond_64_bits_are_an_error_and_no_other_number() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(i64::MAX), Some(1), Some(i64::MAX), None]));
        let mut sum = Distinct::new(of(DataType::Int64));
        sum.update_batch(&[values]).unwrap();
        assert!(refused(sum.evaluate()).contains("the sum of x exceeds 64 bits"));
        // One of two equal rows leaves, then the other, then nothing too large is left.
        let largest: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX]));
        sum.retract_batch(&[Arc::clone(&largest)]).unwrap();
        assert!(sum.evaluate().is_err());
        sum.retract_batch(&[largest]).unwrap();
        assert_eq!(sum.evaluate().unwrap(), ScalarValue::Int64(Some(1)));
    }

    #[test]
    fn states_of_distinct_numbers_are_put_together_by_value() {
        let numbers = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
        let (mut one, mut other) = (Distinct::new(of(DataType::Int64)), Distinct::new(of(DataType::Int64)));
        one.update_batch(&[numbers(vec![1, 2, 2])]).unwrap();
        other.update_batch(&[numbers(vec![2, 4])]).unwrap();
        let state = other.state().unwrap().remove(0).to_array().unwrap();
        one.merge_batch(&[state]).unwrap();
        assert_eq!(one.evaluate().unwrap(), ScalarValue::Int64(Some(7)));
        assert_eq!(Distinct::new(of(DataType::Int64)).evaluate().unwrap(), ScalarValue::Int64(None));
    }

    #[test]
    fn every_type_is_added_until_it_cannot_hold_the_sum() {
        let nearly = 99_999_999_999_999_999_999_999_999_999_999_999_999_i128;
        let decimals = DataType::Decimal128(38, 0);
        let cases: [(ArrayRef, DataType); 3] = [
            (Arc::new(UInt64Array::from(vec![u64::MAX, 1])), DataType::UInt64),
            (Arc::new(DurationMicrosecondArray::from(vec![i64::MAX, 1])), DataType::Duration(TimeUnit::Microsecond)),
            (Arc::new(Decimal128Array::from(vec![nearly, nearly]).with_precision_and_scale(38, 0).unwrap()), decimals),
        ];
        for (values, kind) in cases {
            assert!(is_wide(&kind), "{kind}");
            let mut one = One::new(of(kind.clone()));
            one.update_batch(&[Arc::clone(&values)]).unwrap();
            assert!(refused(one.evaluate()).contains("the sum of x exceeds what a number of type"), "{kind}");
            one.retract_batch(&[values.slice(1, 1)]).unwrap();
            assert_eq!(one.evaluate().unwrap(), ScalarValue::try_from_array(&values, 0).unwrap());
            let mut many = Many::new(of(kind.clone()));
            many.update_batch(&[Arc::clone(&values)], &[0, 1], None, 3).unwrap();
            let apart = many.evaluate(EmitTo::All).unwrap();
            assert_eq!((apart.data_type(), apart.null_count()), (&kind, 1));
            let state = many.convert_to_state(&[Arc::clone(&values)], Some(&BooleanArray::from(vec![true, false]))).unwrap();
            assert_eq!((state[0].data_type(), state[0].null_count()), (&kind, 1));
            many.update_batch(&[values], &[0, 0], None, 1).unwrap();
            assert!(many.evaluate(EmitTo::All).is_err(), "{kind}");
        }
    }
}
