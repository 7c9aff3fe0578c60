//! `checked_number(whole, float)`: the whole number, where the same computed with floats is about the same; an error where it is
//! not, because then the whole one has gone on at the other end of its range.

use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::common::exec_err;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility};

use crate::error::Error;

/// Whole numbers that wrapped are off by 2^64 or more; floats of 64 bits are off by far less than half of that.
const WRAPPED: f64 = 9.2e18;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct CheckedNumber {
    signature: Signature,
}

impl CheckedNumber {
    /// The function as DataFusion takes it.
    pub(crate) fn udf() -> ScalarUDF {
        ScalarUDF::from(Self { signature: Signature::new(TypeSignature::Exact(vec![DataType::Int64, DataType::Float64]), Volatility::Immutable) })
    }
}

impl ScalarUDFImpl for CheckedNumber {
    fn name(&self) -> &'static str {
        "checked_number"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [whole, float] = arguments.args.as_slice() else { return exec_err!("checked_number takes a whole number and a float") };
        let (whole, float): (ArrayRef, ArrayRef) = (whole.to_array(arguments.number_rows)?, float.to_array(arguments.number_rows)?);
        let pairs = whole.as_primitive::<Int64Type>().iter().zip(float.as_primitive::<Float64Type>());
        for (whole, float) in pairs {
            if let (Some(whole), Some(float)) = (whole, float)
                && (whole as f64 - float).abs() > WRAPPED
            {
                let error = Error::invalid("a formula over whole numbers exceeds 64 bits; write 1.0 * before it to get an approximate one");
                return Err(DataFusionError::External(Box::new(error)));
            }
        }
        Ok(ColumnarValue::Array(Arc::clone(&whole)))
    }
}
