//! `nullif` of times of rows. DataFusion's makes nanoseconds of both values where the other one is written out, and these end in the year
//! 2262: one row that is valid for ever, until 9999-12-31, was an error for all. Here times of rows stay in the microseconds that they are
//! in; what the other value is there, `query::instants` says. All else is DataFusion's.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature};

use crate::catalog::ColumnType;

/// The function, where it is `nullif`, with times as they are; any other one as it is.
pub(super) fn of_times(function: Arc<ScalarUDF>) -> Arc<ScalarUDF> {
    if function.name() != "nullif" {
        return function;
    }
    let signature = Signature::user_defined(function.signature().volatility);
    Arc::new(ScalarUDF::from(NullIf { inner: function, signature }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct NullIf {
    inner: Arc<ScalarUDF>,
    signature: Signature,
}

impl ScalarUDFImpl for NullIf {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [value, other] = types else { return plan_err!("nullif takes two values, not {}", types.len()) };
        let says_a_time = matches!(other, DataType::Timestamp(..) | DataType::Date32 | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let common = if says_a_time && *value == ColumnType::Timestamp.data_type() { Some(value.clone()) } else { comparison_coercion(value, other) };
        match common {
            // As DataFusion has it for two nulls.
            Some(DataType::Null) => Ok(vec![DataType::Utf8View; 2]),
            Some(common) => Ok(vec![common; 2]),
            None => plan_err!("nullif: {value} and {other} cannot be compared"),
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.inner.invoke_with_args(arguments)
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::TimeUnit;
    use datafusion::functions::core::nullif;

    use super::*;

    #[test]
    fn times_of_rows_stay_what_they_are_and_all_else_is_as_ever() {
        let function = of_times(nullif());
        let (time, nanos) = (ColumnType::Timestamp.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, None));
        for (value, other, common) in [
            (&time, &nanos, Some(&time)),
            (&time, &DataType::Date32, Some(&time)),
            (&time, &DataType::Utf8, Some(&time)),
            (&time, &DataType::Null, Some(&time)),
            (&nanos, &nanos, Some(&nanos)),
            (&DataType::Int64, &DataType::Float64, Some(&DataType::Float64)),
            (&DataType::Null, &DataType::Null, Some(&DataType::Utf8View)),
            (&time, &DataType::Boolean, None),
        ] {
            let found = function.coerce_types(&[value.clone(), other.clone()]);
            assert_eq!(found.ok(), common.map(|common| vec![common.clone(); 2]), "{value} {other}");
        }
        assert!(function.coerce_types(&[time]).is_err());
    }
}
