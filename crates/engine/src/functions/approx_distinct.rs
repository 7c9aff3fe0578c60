//! `approx_distinct(value)`: the number of distinct values, exact up to 4,096 and estimated beyond. Takes text, numbers,
//! dates, instants and booleans; nulls are not counted. It stands in the place of DataFusion's function of this name.

use std::hash::Hash;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, Signature, Volatility};

use super::sketch::distinct::CountValues;
use super::sketch::{OneSketch, Sketches, hash, state_fields};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ApproxDistinct {
    signature: Signature,
}

impl ApproxDistinct {
    /// The function as DataFusion takes it.
    pub(crate) fn udaf() -> AggregateUDF {
        AggregateUDF::from(Self { signature: Signature::user_defined(Volatility::Immutable) })
    }
}

impl AggregateUDFImpl for ApproxDistinct {
    fn name(&self) -> &'static str {
        "approx_distinct"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        match arguments {
            [only] if hash::takes(only) => Ok(vec![only.clone()]),
            [other] => plan_err!("approx_distinct does not take {other}; cast it to text"),
            _ => plan_err!("approx_distinct takes one argument"),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn is_nullable(&self) -> bool {
        false
    }

    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(Some(0)))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(state_fields(&args))
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneSketch::new(CountValues)))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Sketches::new(CountValues)))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}
