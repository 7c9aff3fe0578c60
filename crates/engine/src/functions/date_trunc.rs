//! `date_trunc` of all times that rows have. DataFusion's computes in nanoseconds, which reach from 1677 to 2262: one row that is valid for
//! ever, until 9999-12-31, was an error for all. What it cannot compute is put into the buckets of the calendar in microseconds, with its own
//! weeks and years: in UTC, from Monday and from January.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, TimeUnit};
use chrono_tz::Tz;
use datafusion::common::Result;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature};

use super::time_bucket::bucket_all;
use crate::semantic::grain::Grain;

/// The function, where it is `date_trunc`, for all times; any other one as it is.
pub(super) fn of_all_times(function: Arc<ScalarUDF>) -> Arc<ScalarUDF> {
    if function.name() == "date_trunc" { Arc::new(ScalarUDF::from(DateTrunc { inner: function })) } else { function }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct DateTrunc {
    inner: Arc<ScalarUDF>,
}

impl ScalarUDFImpl for DateTrunc {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(arguments)
    }

    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        self.inner.output_ordering(inputs)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        // Most rows have times that it reaches, and it is the faster one for those in no order.
        self.inner.invoke_with_args(arguments.clone()).or_else(|error| by_calendar(&arguments).ok_or(error))
    }
}

/// The same of microseconds in UTC; nothing for other units of time, and for what is no unit.
fn by_calendar(arguments: &ScalarFunctionArgs) -> Option<ColumnarValue> {
    let [ColumnarValue::Scalar(unit), times] = arguments.args.as_slice() else { return None };
    let grain = Grain::named(&unit.try_as_str().flatten()?.to_lowercase())?;
    if !matches!(times.data_type(), DataType::Timestamp(TimeUnit::Microsecond, zone) if zone.as_deref().is_none_or(|zone| zone == "UTC")) {
        return None;
    }
    let times = times.to_array(arguments.number_rows).ok()?;
    Some(ColumnarValue::Array(bucket_all(&times, grain.into(), Tz::UTC.into())))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, TimestampMicrosecondArray};
    use arrow::datatypes::TimestampMicrosecondType;
    use chrono::{DateTime, Utc};
    use datafusion::common::DFSchema;
    use datafusion::execution::SessionStateDefaults;
    use datafusion::prelude::{SessionContext, col, lit};

    use super::*;

    /// Times as the two functions put them into units: DataFusion's, and the one for all times.
    fn truncated(unit: &str, times: &[Option<&str>]) -> [Result<Vec<Option<String>>>; 2] {
        let micros: Vec<Option<i64>> = times.iter().map(|at| at.map(|at| at.parse::<DateTime<Utc>>().unwrap().timestamp_micros())).collect();
        let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"));
        let rows = RecordBatch::try_from_iter_with_nullable([("at", at, true)]).unwrap();
        let schema = DFSchema::try_from(rows.schema()).unwrap();
        let theirs = SessionStateDefaults::default_scalar_functions().into_iter().find(|function| function.name() == "date_trunc").unwrap();
        [Arc::clone(&theirs), of_all_times(theirs)].map(|function| {
            let physical = SessionContext::new().state().create_physical_expr(function.call(vec![lit(unit), col("at")]), &schema)?;
            let made = physical.evaluate(&rows)?.into_array(rows.num_rows())?;
            assert_eq!(made.data_type(), rows.column(0).data_type());
            let made = made.as_primitive::<TimestampMicrosecondType>();
            Ok(made.iter().map(|at| at.map(|at| DateTime::from_timestamp_micros(at).unwrap().to_rfc3339())).collect())
        })
    }

    #[test]
    fn times_that_nanoseconds_do_not_reach_have_units_too() {
        let times = [Some("9999-12-31T13:14:15.678901Z"), None, Some("0001-02-03T04:05:06.789Z"), Some("2013-05-16T07:08:09Z")];
        for (unit, expected) in [
            ("hour", ["9999-12-31T13:00:00+00:00", "0001-02-03T04:00:00+00:00", "2013-05-16T07:00:00+00:00"]),
            ("day", ["9999-12-31T00:00:00+00:00", "0001-02-03T00:00:00+00:00", "2013-05-16T00:00:00+00:00"]),
            ("week", ["9999-12-27T00:00:00+00:00", "0001-01-29T00:00:00+00:00", "2013-05-13T00:00:00+00:00"]),
            ("MONTH", ["9999-12-01T00:00:00+00:00", "0001-02-01T00:00:00+00:00", "2013-05-01T00:00:00+00:00"]),
            ("quarter", ["9999-10-01T00:00:00+00:00", "0001-01-01T00:00:00+00:00", "2013-04-01T00:00:00+00:00"]),
            ("year", ["9999-01-01T00:00:00+00:00", "0001-01-01T00:00:00+00:00", "2013-01-01T00:00:00+00:00"]),
        ] {
            let [theirs, ours] = truncated(unit, &times);
            assert!(theirs.is_err(), "{unit}: not needed any more");
            let [last, first, usual] = expected.map(|at| Some(at.to_owned()));
            assert_eq!(ours.unwrap(), [last, None, first, usual], "{unit}");
        }
        // What is no unit is told as before.
        let [theirs, ours] = truncated("fortnight", &times);
        assert_eq!(ours.unwrap_err().to_string(), theirs.unwrap_err().to_string());
    }

    #[test]
    fn all_other_times_are_as_they_were() {
        let times = [Some("1969-12-31T23:59:59.999999Z"), Some("2012-02-29T12:00:00Z"), Some("2261-12-31T23:00:00Z"), Some("1700-01-01T00:00:00Z"), None];
        for grain in Grain::ALL {
            let [theirs, ours] = truncated(grain.as_str(), &times);
            assert_eq!(ours.unwrap(), theirs.unwrap(), "{grain:?}");
        }
    }

    #[test]
    fn both_ways_say_the_same_where_both_can() {
        let usual = ["1969-12-31T23:59:59.999999Z", "2012-02-29T12:00:00Z", "2261-12-31T23:00:00Z", "1700-01-01T00:00:00Z"];
        for grain in Grain::ALL.into_iter().filter(|grain| *grain >= Grain::Hour) {
            let [theirs, _] = truncated(grain.as_str(), &usual.map(Some));
            // Beside the last day of all, all of them go the other way.
            let [_, ours] = truncated(grain.as_str(), &[usual.map(Some).as_slice(), &[Some("9999-12-31T00:00:00Z")]].concat());
            assert_eq!(ours.unwrap()[..usual.len()], theirs.unwrap()[..], "{grain:?}");
        }
    }
}
