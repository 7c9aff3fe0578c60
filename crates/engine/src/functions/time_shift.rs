//! `time_shift(unit, zone)(instant, count)`: the instant that many units of the calendar later, by the clock of a zone. What
//! a day of the month does not have becomes its last day; a time that a clock change removed becomes the first after it.

use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{AsArray, PrimitiveArray};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use chrono::DateTime;
use chrono_tz::Tz;
use datafusion::common::{exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility};

use super::bucket::{reached, step};
use crate::semantic::grain::Grain;

/// The function for one unit and zone, which are part of its name and identity.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TimeShift {
    unit: Grain,
    zone: Tz,
    name: String,
    signature: Signature,
}

impl TimeShift {
    /// The function as DataFusion takes it.
    pub(crate) fn udf(unit: Grain, zone: Tz) -> ScalarUDF {
        let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        ScalarUDF::from(Self {
            unit,
            zone,
            name: format!("time_shift_{}_{}", unit.as_str(), zone.name()),
            signature: Signature::new(TypeSignature::Exact(vec![instant, DataType::Int64]), Volatility::Immutable),
        })
    }
}

impl ScalarUDFImpl for TimeShift {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [instant @ DataType::Timestamp(TimeUnit::Microsecond, _), DataType::Int64] => Ok(instant.clone()),
            _ => plan_err!("time_shift takes a timestamp and a whole number"),
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [instants, counts] = arguments.args.as_slice() else { return exec_err!("time_shift takes a timestamp and a whole number") };
        let (instants, counts) = (instants.to_array(arguments.number_rows)?, counts.to_array(arguments.number_rows)?);
        let counts = counts.as_primitive::<Int64Type>();
        let shifted = instants
            .as_primitive::<TimestampMicrosecondType>()
            .iter()
            .zip(counts)
            .map(|(instant, count)| instant.zip(count).and_then(|(instant, count)| shift(instant, self.unit, count, self.zone)));
        let shifted: PrimitiveArray<TimestampMicrosecondType> = shifted.collect();
        Ok(ColumnarValue::Array(Arc::new(shifted.with_data_type(instants.data_type().clone()))))
    }
}

/// An instant some units later (or, with a negative count, earlier): by the clock below a day, by the calendar from a day on. `None` outside of what the calendar can express.
pub(crate) fn shift(micros: i64, unit: Grain, count: i64, zone: Tz) -> Option<i64> {
    let seconds = match unit {
        Grain::Second => Some(1),
        Grain::Minute => Some(60),
        Grain::Hour => Some(3_600),
        _ => None,
    };
    if let Some(seconds) = seconds {
        return micros.checked_add(count.checked_mul(seconds * 1_000_000)?);
    }
    let local = DateTime::from_timestamp_micros(micros)?.with_timezone(&zone).naive_local();
    let moved = step(local.date(), unit, i32::try_from(count).ok()?)?.and_time(local.time());
    reached(moved, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_the_calendar_and_the_zone() {
        let micros = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
        for (instant, unit, count, zone, expected) in [
            ("2024-02-29T00:00:00Z", Grain::Year, -1, "UTC", "2023-02-28T00:00:00Z"),
            ("2024-03-31T12:00:00Z", Grain::Month, -1, "UTC", "2024-02-29T12:00:00Z"),
            ("2024-05-01T00:00:00Z", Grain::Quarter, 1, "UTC", "2024-08-01T00:00:00Z"),
            // The day with the clock change is 23 hours long; midnight stays midnight.
            ("2013-03-11T04:00:00Z", Grain::Day, -1, "America/New_York", "2013-03-10T05:00:00Z"),
            ("2013-03-11T04:00:00Z", Grain::Hour, -24, "America/New_York", "2013-03-10T04:00:00Z"),
            // Midnight was removed in São Paulo.
            ("2013-10-19T03:00:00Z", Grain::Day, 1, "America/Sao_Paulo", "2013-10-20T03:00:00Z"),
            // So were half an hour on Lord Howe Island, and a day in Samoa.
            ("2013-10-06T15:15:20.5Z", Grain::Day, -1, "Australia/Lord_Howe", "2013-10-05T15:30:00Z"),
            ("2011-12-30T22:00:00Z", Grain::Day, -1, "Pacific/Apia", "2011-12-30T10:00:00Z"),
            ("2013-01-07T00:00:00Z", Grain::Week, 2, "UTC", "2013-01-21T00:00:00Z"),
        ] {
            assert_eq!(shift(micros(instant), unit, count, zone.parse().unwrap()), Some(micros(expected)), "{instant} {count} {unit:?}");
        }
        assert_eq!(shift(0, Grain::Year, i64::MAX, Tz::UTC), None);
        assert_eq!(shift(i64::MAX, Grain::Second, 1, Tz::UTC), None);
    }
}
