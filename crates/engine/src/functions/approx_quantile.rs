//! Quantiles of numbers from a histogram: `approx_percentile_cont(value, part)` (also as `approx_percentile_cont(part)
//! within group (order by value)`), `approx_median(value)`, and `approx_quantile(value, part)`, which gives the value with
//! its error and is used by models alone. `percentile_cont` is the same without a limit to the histogram, and exact. They
//! stand in the place of DataFusion's functions of these names.
//!
//! The value is a float, between two values in proportion. Nulls do not count.
//! There is no third argument for the size of the sketch: its error is bounded as it is.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::types::{NativeType, logical_float64};
use datafusion::common::{ScalarValue, not_impl_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Coercion, ColumnarValue, GroupsAccumulator, Signature, TypeSignatureClass, Volatility};

use super::sketch::quantile::{ALL_VALUES, BUCKETS_MAX, Quantile, value_and_error};
use super::sketch::{OneSketch, Sketches, state_fields};

/// One of the functions.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ApproxQuantile {
    form: Form,
    aliases: Vec<String>,
    signature: Signature,
}

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// `approx_percentile_cont`
    Percentile,
    /// `approx_median`
    Median,
    /// `approx_quantile`: a struct of `value` and `error`
    WithError,
    /// `percentile_cont`, and `quantile_cont`
    Exact,
}

impl ApproxQuantile {
    /// The function as DataFusion takes it.
    pub(crate) fn udaf(form: Form) -> AggregateUDF {
        let value = Coercion::new_implicit(TypeSignatureClass::Float, vec![TypeSignatureClass::Numeric], NativeType::Float64);
        let part = Coercion::new_implicit(TypeSignatureClass::Native(logical_float64()), vec![TypeSignatureClass::Numeric], NativeType::Float64);
        let arguments = if form == Form::Median { vec![value] } else { vec![value, part] };
        let aliases = if form == Form::Exact { vec!["quantile_cont".to_owned()] } else { Vec::new() };
        AggregateUDF::from(Self { form, aliases, signature: Signature::coercible(arguments, Volatility::Immutable) })
    }

    fn estimate<const BUCKETS: usize>(&self, args: &AccumulatorArgs<'_>) -> Result<Quantile<BUCKETS>> {
        if args.is_distinct {
            return not_impl_err!("{} of distinct values is not there", self.name());
        }
        let descending = args.order_bys.first().is_some_and(|order| order.options.descending);
        let part = self.part(args)?;
        Ok(Quantile { part: if descending { 1.0 - part } else { part }, with_error: self.form == Form::WithError })
    }

    fn part(&self, args: &AccumulatorArgs<'_>) -> Result<f64> {
        if self.form == Form::Median {
            return Ok(0.5);
        }
        // What depends on a column cannot be evaluated on no columns.
        let no_columns = RecordBatch::new_empty(Arc::new(Schema::empty()));
        match args.exprs.get(1).map(|part| part.evaluate(&no_columns)) {
            Some(Ok(ColumnarValue::Scalar(ScalarValue::Float64(Some(part))))) if (0.0..=1.0).contains(&part) => Ok(part),
            _ => plan_err!("the second argument of {} is a number from 0 to 1", self.name()),
        }
    }
}

impl AggregateUDFImpl for ApproxQuantile {
    fn name(&self) -> &'static str {
        match self.form {
            Form::Percentile => "approx_percentile_cont",
            Form::Median => "approx_median",
            Form::WithError => "approx_quantile",
            Form::Exact => "percentile_cont",
        }
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(if self.form == Form::WithError { DataType::Struct(value_and_error()) } else { DataType::Float64 })
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(state_fields(&args))
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(match self.form {
            Form::Exact => Box::new(OneSketch::new(self.estimate::<ALL_VALUES>(&args)?)),
            _ => Box::new(OneSketch::new(self.estimate::<BUCKETS_MAX>(&args)?)),
        })
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(match self.form {
            Form::Exact => Box::new(Sketches::new(self.estimate::<ALL_VALUES>(&args)?)),
            _ => Box::new(Sketches::new(self.estimate::<BUCKETS_MAX>(&args)?)),
        })
    }

    fn supports_within_group_clause(&self) -> bool {
        matches!(self.form, Form::Percentile | Form::Exact)
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}
