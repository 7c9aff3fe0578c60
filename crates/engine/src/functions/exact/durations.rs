//! Averages of durations, of a sum of 128 bits. DataFusion's sum has 64: a million years of microseconds, which twenty million rows
//! of a week or two come to, go on at the other end of it.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, Int64Type, UInt64Type};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::Accumulator;
use datafusion::logical_expr::utils::format_state_name;
use datafusion::scalar::ScalarValue;

/// Digits of the sum in a state.
const DIGITS: u8 = 38;

/// Whether some arguments are a duration.
pub(super) fn are_durations(fields: &[FieldRef]) -> bool {
    matches!(fields, [field] if matches!(field.data_type(), DataType::Duration(_)))
}

/// How many rows, and their sum.
pub(super) fn state_fields(name: &str) -> Vec<FieldRef> {
    let count = Field::new(format_state_name(name, "count"), DataType::UInt64, true);
    let sum = Field::new(format_state_name(name, "wide sum"), DataType::Decimal128(DIGITS, 0), true);
    vec![count.into(), sum.into()]
}

/// The average of one group, also of one whose rows leave again as a window moves on.
#[derive(Debug)]
pub(super) struct Average {
    count: u64,
    sum: i128,
    kind: DataType,
}

impl Average {
    pub(super) fn new(kind: DataType) -> Self {
        Self { count: 0, sum: 0, kind }
    }

    /// How many values there are, and their sum.
    fn of(values: &[ArrayRef]) -> Result<(u64, i128)> {
        let [values] = values else { return internal_err!("an average has one argument") };
        let values = cast(values, &DataType::Int64)?;
        let values = values.as_primitive::<Int64Type>();
        Ok(((values.len() - values.null_count()) as u64, values.iter().flatten().map(i128::from).sum()))
    }
}

impl Accumulator for Average {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (count, sum) = Self::of(values)?;
        self.count += count;
        self.sum += sum;
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (count, sum) = Self::of(values)?;
        self.count = self.count.saturating_sub(count);
        self.sum -= sum;
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [counts, sums] = states else { return internal_err!("an average has two states") };
        self.count += counts.as_primitive::<UInt64Type>().iter().flatten().sum::<u64>();
        self.sum += sums.as_primitive::<Decimal128Type>().iter().flatten().sum::<i128>();
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::UInt64(Some(self.count)), ScalarValue::Decimal128(Some(self.sum), DIGITS, 0)])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        // An average lies between values, so it fits where they do.
        let average = (self.count > 0).then(|| self.sum / i128::from(self.count)).and_then(|average| i64::try_from(average).ok());
        ScalarValue::Int64(average).cast_to(&self.kind)
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::DurationMicrosecondArray;
    use arrow::datatypes::TimeUnit;

    use super::*;

    fn durations(values: Vec<Option<i64>>) -> ArrayRef {
        Arc::new(DurationMicrosecondArray::from(values))
    }

    #[test]
    fn many_long_durations_have_the_average_that_they_have() {
        let kind = DataType::Duration(TimeUnit::Microsecond);
        let (mut one, mut other) = (Average::new(kind.clone()), Average::new(kind.clone()));
        assert_eq!(one.evaluate().unwrap(), ScalarValue::DurationMicrosecond(None));
        one.update_batch(&[durations(vec![Some(i64::MAX), Some(i64::MAX), None])]).unwrap();
        other.update_batch(&[durations(vec![Some(i64::MAX), Some(i64::MAX - 4)])]).unwrap();
        let state: Vec<ArrayRef> = other.state().unwrap().iter().map(|part| part.to_array().unwrap()).collect();
        one.merge_batch(&state).unwrap();
        assert_eq!(one.evaluate().unwrap(), ScalarValue::DurationMicrosecond(Some(i64::MAX - 1)));
        one.retract_batch(&[durations(vec![Some(i64::MAX), Some(i64::MAX)])]).unwrap();
        assert_eq!(one.evaluate().unwrap(), ScalarValue::DurationMicrosecond(Some(i64::MAX - 2)));
        let fields = [Arc::new(Field::new("d", kind, true))];
        assert!(are_durations(&fields) && !are_durations(&[]));
        assert_eq!(state_fields("avg(d)").iter().map(|field| field.data_type().clone()).collect::<Vec<_>>(), state.iter().map(|part| part.data_type().clone()).collect::<Vec<_>>());
    }
}
