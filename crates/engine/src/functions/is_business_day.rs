//! `is_business_day(time[, zone])` in SQL: whether a date, or the day of an instant, is worked in the calendar of who asks.
//!
//! Each statement gets the function of its own calendar, under this one name. While the statement is optimised it becomes
//! `business_day(date_bucket(day))` or `business_day(time_bucket(day))`, what the filters `onBusinessDays` and `offBusinessDays` are: these
//! say the calendar and the days in what is kept, so that no list of holidays answers for another one.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{DataType, Date32Type, Field, FieldRef, TimestampMicrosecondType};
use chrono_tz::Tz;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{ColumnarValue, Expr, LogicalPlan, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::scalar::ScalarValue;

use super::bucket::{bucket_of, day_of};
use super::business_day::BusinessDay;
use super::date_bucket::{DateBucket, bucket_of_date};
use super::time_bucket::TimeBucket;
use crate::catalog::ColumnType;
use crate::semantic::business::BusinessDays;
use crate::semantic::calendar::{Calendar, CalendarSettings};
use crate::semantic::grain::Grain;

/// How the function is called.
pub(crate) const NAME: &str = "is_business_day";

/// The function for one calendar. Days are those of the calendar's zone where a call names no other one.
pub(crate) struct IsBusinessDay {
    calendar: Calendar,
    days: BusinessDays,
    /// Which one it is: plans with other calendars differ.
    identity: String,
    signature: Signature,
}

impl IsBusinessDay {
    /// The function as DataFusion takes it.
    pub(crate) fn udf(settings: &CalendarSettings) -> ScalarUDF {
        let calendar = Calendar::new(settings.zone(), settings).of(Grain::Day.into());
        let days = settings.business_days();
        let identity = format!("{NAME}_{calendar}_{days}");
        ScalarUDF::from(Self { calendar, days, identity, signature: Signature::user_defined(Volatility::Immutable) })
    }

    /// Whether days of these times are worked.
    fn worked(&self, times: &ArrayRef, zone: Tz) -> Result<BooleanArray> {
        let (calendar, day) = (Calendar { zone, ..self.calendar }, Grain::Day);
        let has = |start: i64| day_of(start, calendar).is_some_and(|day| self.days.has(day));
        if let Some(dates) = times.as_primitive_opt::<Date32Type>() {
            return Ok(dates.iter().map(|date| date.map(|date| has(bucket_of_date(date, day.into(), calendar)))).collect());
        }
        let Some(instants) = times.as_primitive_opt::<TimestampMicrosecondType>() else { return exec_err!("{NAME} takes a date or a timestamp") };
        Ok(instants.iter().map(|instant| instant.map(|instant| has(bucket_of(instant, day, calendar).0))).collect())
    }
}

/// Whether a function is this one, of whatever calendar.
pub(crate) fn is_this(function: &ScalarUDF) -> bool {
    function.inner().downcast_ref::<IsBusinessDay>().is_some()
}

/// Whether a plan asks which days are worked, by a call of this or by a filter of a measure.
///
/// # Errors
/// None that are known.
pub(crate) fn is_asked(plan: &LogicalPlan) -> Result<bool> {
    let mut asked = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            asked |= expr.exists(|part| Ok(matches!(part, Expr::ScalarFunction(call) if is_this(&call.func) || call.func.inner().downcast_ref::<BusinessDay>().is_some())))?;
            Ok(if asked { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })
    })?;
    Ok(asked)
}

/// The zone that a call names.
fn zone_of(zone: Option<&ScalarValue>) -> Result<Tz> {
    let Some(name) = zone.and_then(|zone| zone.try_as_str().flatten()) else {
        return plan_err!("the time zone of {NAME} is a text in quotes, as in {NAME}(at, 'Europe/Oslo')");
    };
    match name.parse() {
        Ok(zone) => Ok(zone),
        Err(_) => plan_err!("{NAME}: there is no time zone {name:?}; write one as 'Europe/Oslo'"),
    }
}

/// Filters are put in order by what they print, and a list of holidays is long.
impl fmt::Debug for IsBusinessDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identity)
    }
}

impl PartialEq for IsBusinessDay {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

impl Eq for IsBusinessDay {}

impl Hash for IsBusinessDay {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

impl ScalarUDFImpl for IsBusinessDay {
    fn name(&self) -> &'static str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        if let Some(zone) = arguments.scalar_arguments.get(1) {
            zone_of(*zone)?;
        }
        Ok(Arc::new(Field::new(NAME, DataType::Boolean, true)))
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let (time, zone) = match types {
            [time] => (time, None),
            [time, zone @ (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)] => (time, Some(zone.clone())),
            _ => return plan_err!("{NAME} takes a date or a timestamp, and a time zone as a text in quotes"),
        };
        let time = match time {
            DataType::Date32 | DataType::Date64 | DataType::Null => ColumnType::Date.data_type(),
            DataType::Timestamp(..) => ColumnType::Timestamp.data_type(),
            other => return plan_err!("{NAME} takes a date or a timestamp, not {other}; write a day as date '2026-12-25'"),
        };
        Ok(std::iter::once(time).chain(zone).collect())
    }

    fn simplify(&self, mut arguments: Vec<Expr>, context: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let zone = match arguments.get(1) {
            Some(Expr::Literal(zone, _)) => zone_of(Some(zone))?,
            Some(_) => return Ok(ExprSimplifyResult::Original(arguments)),
            None => self.calendar.zone,
        };
        let calendar = Calendar { zone, ..self.calendar };
        let day = match arguments.first().map(|time| context.get_data_type(time)).transpose()? {
            Some(data_type) if data_type == ColumnType::Date.data_type() => DateBucket::udf(Grain::Day, calendar),
            Some(data_type) if data_type == ColumnType::Timestamp.data_type() => TimeBucket::udf(Grain::Day, calendar),
            // Nobody has made it one of the two yet.
            _ => return Ok(ExprSimplifyResult::Original(arguments)),
        };
        let day = day.call(vec![arguments.swap_remove(0)]);
        Ok(ExprSimplifyResult::Simplified(BusinessDay::of(day, calendar, self.days.clone())))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (times, zone) = match arguments.args.as_slice() {
            [times] => (times, self.calendar.zone),
            [times, ColumnarValue::Scalar(zone)] => (times, zone_of(Some(zone))?),
            _ => return exec_err!("{NAME} takes a date or a timestamp, and a time zone as a text in quotes"),
        };
        let times = times.to_array(arguments.number_rows)?;
        Ok(ColumnarValue::Array(Arc::new(self.worked(&times, zone)?)))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Date32Array, TimestampMicrosecondArray};
    use chrono::{DateTime, NaiveDate, Utc};

    use super::*;

    fn christmas() -> CalendarSettings {
        serde_json::from_str(r#"{"holidays": [{"date": "2026-12-25"}]}"#).unwrap()
    }

    fn worked(settings: &CalendarSettings, times: &ArrayRef, zone: Tz) -> Vec<Option<bool>> {
        let udf = IsBusinessDay::udf(settings);
        udf.inner().downcast_ref::<IsBusinessDay>().unwrap().worked(times, zone).unwrap().iter().collect()
    }

    #[test]
    fn dates_are_their_own_days_and_instants_are_of_the_day_of_their_zone() {
        let dates = ["2026-12-24", "2026-12-25", "2026-12-26"].map(|date| Some(date.parse::<NaiveDate>().unwrap().to_epoch_days()));
        let dates: ArrayRef = Arc::new(dates.into_iter().chain([None]).collect::<Date32Array>());
        for zone in [Tz::UTC, Tz::America__New_York, Tz::Asia__Tokyo] {
            assert_eq!(worked(&christmas(), &dates, zone), [Some(true), Some(false), Some(false), None], "{zone}");
        }
        let late = "2026-12-24T20:00:00Z".parse::<DateTime<Utc>>().unwrap().timestamp_micros();
        let instants: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(late), None]).with_timezone("UTC"));
        assert_eq!(worked(&christmas(), &instants, Tz::UTC), [Some(true), None]);
        assert_eq!(worked(&christmas(), &instants, Tz::Asia__Tokyo), [Some(false), None]);
        assert_eq!(worked(&CalendarSettings { day_start: Some(6), ..christmas() }, &instants, Tz::Asia__Tokyo), [Some(true), None]);
    }

    #[test]
    fn other_calendars_are_other_functions() {
        let plain = CalendarSettings::default();
        assert_eq!(IsBusinessDay::udf(&plain), IsBusinessDay::udf(&CalendarSettings { year_start: Some(4), ..plain.clone() }));
        for other in [christmas(), CalendarSettings { day_start: Some(6), ..plain.clone() }, CalendarSettings { timezone: Some("Asia/Tokyo".to_owned()), ..plain.clone() }] {
            assert_ne!(IsBusinessDay::udf(&plain), IsBusinessDay::udf(&other));
        }
    }
}
