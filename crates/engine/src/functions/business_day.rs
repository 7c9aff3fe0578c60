//! `business_day(days)(instant)`: whether the day that begins with an instant is worked. It is asked of the beginnings of days, that is of
//! `time_bucket(day)` or `date_bucket(day)`: so a day here is the day of charts and ranges, and what a rollup keeps by the hour answers it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::exec_err;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility};

use super::bucket::day_of;
use crate::semantic::business::BusinessDays;
use crate::semantic::calendar::Calendar;
use crate::semantic::grain::Grain;

/// The function for one calendar and its business days. Its name says which, so that plans with other ones differ.
pub(crate) struct BusinessDay {
    calendar: Calendar,
    days: BusinessDays,
    name: String,
    signature: Signature,
}

impl BusinessDay {
    /// The function as DataFusion takes it.
    pub(crate) fn udf(calendar: Calendar, days: BusinessDays) -> ScalarUDF {
        let calendar = calendar.of(Grain::Day.into());
        let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let name = format!("business_day_{calendar}_{days}");
        ScalarUDF::from(Self { calendar, days, name, signature: Signature::new(TypeSignature::Exact(vec![instant]), Volatility::Immutable) })
    }

    /// Whether the day that begins with an instant is worked. Nothing where there is no instant.
    pub(crate) fn of(start: Expr, calendar: Calendar, days: BusinessDays) -> Expr {
        Self::udf(calendar, days).call(vec![start])
    }

    pub(crate) fn calendar(&self) -> Calendar {
        self.calendar
    }

    pub(crate) fn days(&self) -> &BusinessDays {
        &self.days
    }
}

/// Filters are put in order by what they print: the name says all of it, and a list of holidays is long.
impl fmt::Debug for BusinessDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for BusinessDay {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for BusinessDay {}

impl Hash for BusinessDay {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for BusinessDay {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [starts] = arguments.args.as_slice() else { return exec_err!("business_day takes one timestamp") };
        let starts = starts.to_array(arguments.number_rows)?;
        let starts = starts.as_primitive::<TimestampMicrosecondType>();
        // Rows of a segment are sorted by time more often than not: the day is that of the row before.
        let mut last = (None, false);
        let worked = BooleanBuffer::from_iter(starts.values().iter().map(|start| {
            if last.0 != Some(*start) {
                // An instant beyond all dates is of no day that is worked.
                last = (Some(*start), day_of(*start, self.calendar).is_some_and(|day| self.days.has(day)));
            }
            last.1
        }));
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(worked, starts.nulls().cloned()))))
    }
}
