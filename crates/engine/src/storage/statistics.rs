//! What a segment says of its columns: least and greatest value and nulls. Computed once from the batch, written into the
//! log in Delta's JSON form, read back from there. Text is left out where it is long, because Delta would shorten it.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, SchemaRef, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use datafusion::scalar::ScalarValue;
use serde_json::{Map, Value, json};

/// Longest text that is kept as a bound, in bytes.
const TEXT_MAX_BYTES: usize = 64;

/// What is known of one column of one segment. A bound that is absent is unknown (or there are only nulls).
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ColumnStatistics {
    pub min: Option<ScalarValue>,
    pub max: Option<ScalarValue>,
    pub nulls: Option<u64>,
    /// Whether the segment has bloom filters of it.
    pub filtered: bool,
}

impl ColumnStatistics {
    /// Statistics of a column in memory.
    pub(crate) fn of(array: &ArrayRef) -> Self {
        let (min, max) = bounds(array);
        // What the log does not say of nested columns is not said before it is read either.
        let nulls = (!array.data_type().is_nested()).then_some(array.null_count() as u64);
        Self { min, max, nulls, filtered: false }
    }

    /// Statistics of no rows at all.
    pub(crate) fn empty() -> Self {
        Self { min: None, max: None, nulls: Some(0), filtered: false }
    }

    /// Statistics of `rows` rows and `more` others together. A bound that is absent among nothing but nulls leaves the
    /// other one; a bound that is unknown stays unknown.
    #[must_use]
    pub(crate) fn with(self, rows: u64, other: Self, more: u64) -> Self {
        let (no_values, no_others) = (self.nulls == Some(rows), other.nulls == Some(more));
        let bound = |mine: Option<ScalarValue>, other: Option<ScalarValue>, outer: fn(&ScalarValue, &ScalarValue) -> bool| match (mine, other) {
            (Some(mine), Some(other)) => Some(if outer(&other, &mine) { other } else { mine }),
            (None, other) if no_values => other,
            (mine, None) if no_others => mine,
            _ => None,
        };
        Self {
            min: bound(self.min, other.min, |other, mine| other < mine),
            max: bound(self.max, other.max, |other, mine| other > mine),
            nulls: self.nulls.zip(other.nulls).map(|(nulls, more)| nulls + more),
            filtered: false,
        }
    }
}

fn bounds(array: &ArrayRef) -> (Option<ScalarValue>, Option<ScalarValue>) {
    let utc = || Some("UTC".into());
    match array.data_type() {
        DataType::Int64 => {
            let array = array.as_primitive::<Int64Type>();
            (compute::min(array).map(|value| ScalarValue::Int64(Some(value))), compute::max(array).map(|value| ScalarValue::Int64(Some(value))))
        }
        DataType::Float64 => {
            // A NaN is greater than everything in a total order and equal to nothing in JSON: no bounds then.
            let array = array.as_primitive::<Float64Type>();
            let (min, max) = (compute::min(array), compute::max(array));
            match (min, max) {
                (Some(min), Some(max)) if min.is_finite() && max.is_finite() => (Some(ScalarValue::Float64(Some(min))), Some(ScalarValue::Float64(Some(max)))),
                _ => (None, None),
            }
        }
        DataType::Date32 => {
            let array = array.as_primitive::<Date32Type>();
            (compute::min(array).map(|value| ScalarValue::Date32(Some(value))), compute::max(array).map(|value| ScalarValue::Date32(Some(value))))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let array = array.as_primitive::<TimestampMicrosecondType>();
            (
                compute::min(array).map(|value| ScalarValue::TimestampMicrosecond(Some(value), utc())),
                compute::max(array).map(|value| ScalarValue::TimestampMicrosecond(Some(value), utc())),
            )
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            let keep = |value: Option<&str>| value.filter(|text| text.len() <= TEXT_MAX_BYTES).map(|text| ScalarValue::Utf8View(Some(text.to_owned())));
            (keep(compute::min_string_view(array)), keep(compute::max_string_view(array)))
        }
        _ => (None, None),
    }
}

/// The `stats` text of Delta's add action.
pub(crate) fn to_delta(schema: &SchemaRef, rows: u64, statistics: &[ColumnStatistics]) -> String {
    let (mut min_values, mut max_values, mut null_count) = (Map::new(), Map::new(), Map::new());
    for (field, column) in schema.fields().iter().zip(statistics) {
        // Delta says them field by field where a column has fields; nobody needs them.
        if field.data_type().is_nested() {
            continue;
        }
        let put = |target: &mut Map<String, Value>, value: &Option<ScalarValue>| {
            if let Some(value) = value.as_ref().and_then(scalar_to_json) {
                target.insert(field.name().clone(), value);
            }
        };
        put(&mut min_values, &column.min);
        put(&mut max_values, &column.max);
        if let Some(nulls) = column.nulls {
            null_count.insert(field.name().clone(), json!(nulls));
        }
    }
    json!({"numRecords": rows, "minValues": min_values, "maxValues": max_values, "nullCount": null_count}).to_string()
}

/// Rows and statistics out of the `stats` text. What is missing or not understood stays unknown.
pub(crate) fn from_delta(schema: &SchemaRef, stats: &str) -> Option<(u64, Vec<ColumnStatistics>)> {
    let stats: Value = serde_json::from_str(stats).ok()?;
    let rows = stats.get("numRecords")?.as_u64()?;
    let columns = schema
        .fields()
        .iter()
        .map(|field| {
            let bound = |key: &str| stats.get(key).and_then(|values| values.get(field.name())).and_then(|value| json_to_scalar(value, field.data_type()));
            ColumnStatistics {
                min: bound("minValues"),
                max: bound("maxValues").map(|max| not_cut(max, stats.get("maxValues").and_then(|values| values.get(field.name())))),
                nulls: stats.get("nullCount").and_then(|values| values.get(field.name())).and_then(Value::as_u64),
                filtered: false,
            }
        })
        .collect();
    Some((rows, columns))
}

fn scalar_to_json(value: &ScalarValue) -> Option<Value> {
    Some(match value {
        ScalarValue::Int64(Some(value)) => json!(value),
        ScalarValue::Float64(Some(value)) => json!(value),
        ScalarValue::Utf8View(Some(text)) => json!(text),
        ScalarValue::Date32(Some(days)) => json!(date_of(*days)?.to_string()),
        ScalarValue::TimestampMicrosecond(Some(micros), _) => json!(DateTime::from_timestamp_micros(*micros)?.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()),
        _ => return None,
    })
}

/// The greatest value that a bound may stand for: other writers cut timestamps to milliseconds, which the protocol allows.
fn not_cut(max: ScalarValue, written: Option<&Value>) -> ScalarValue {
    let digits = |text: &str| text.rsplit_once('.').map_or(0, |(_, fraction)| fraction.bytes().take_while(u8::is_ascii_digit).count());
    match max {
        ScalarValue::TimestampMicrosecond(Some(micros), zone) if written.and_then(Value::as_str).is_some_and(|text| digits(text) <= 3) => {
            ScalarValue::TimestampMicrosecond(Some(micros.saturating_add(999)), zone)
        }
        max => max,
    }
}

fn json_to_scalar(value: &Value, data_type: &DataType) -> Option<ScalarValue> {
    Some(match data_type {
        DataType::Int64 => ScalarValue::Int64(Some(value.as_i64()?)),
        DataType::Float64 => ScalarValue::Float64(Some(value.as_f64()?)),
        DataType::Utf8View => ScalarValue::Utf8View(Some(value.as_str()?.to_owned())),
        DataType::Date32 => ScalarValue::Date32(Some(days_of(value.as_str()?.parse().ok()?)?)),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            ScalarValue::TimestampMicrosecond(Some(value.as_str()?.parse::<DateTime<Utc>>().ok()?.timestamp_micros()), zone.clone())
        }
        _ => return None,
    })
}

/// A date or timestamp as an instant.
pub(crate) fn instant(value: &ScalarValue) -> Option<DateTime<Utc>> {
    match value {
        ScalarValue::TimestampMicrosecond(Some(micros), _) => DateTime::from_timestamp_micros(*micros),
        ScalarValue::Date32(Some(days)) => Some(date_of(*days)?.and_time(chrono::NaiveTime::MIN).and_utc()),
        _ => None,
    }
}

fn date_of(days: i32) -> Option<NaiveDate> {
    DateTime::UNIX_EPOCH.date_naive().checked_add_signed(TimeDelta::try_days(days.into())?)
}

fn days_of(date: NaiveDate) -> Option<i32> {
    i32::try_from((date - DateTime::UNIX_EPOCH.date_naive()).num_days()).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Date32Array, Float64Array, Int64Array, StringViewArray, TimestampMicrosecondArray};

    use super::*;
    use crate::catalog::{Column, ColumnType, DatasetSchema};

    #[test]
    fn bounds_of_floats_hold_after_they_were_read() {
        let columns = vec![Column::new("x", ColumnType::Float)];
        let schema = DatasetSchema::new(columns, None).unwrap().arrow();
        for value in [449.491_064_788_738_13, 976.390_000_000_000_1, 100.000_000_000_000_01, 1e23, 5e-324, 0.1, 1.5, 6.895_376_757_319_205, -449.491_064_788_738_13, 1e-7, 1e300] {
            let array: ArrayRef = Arc::new(Float64Array::from(vec![value]));
            let (_, read) = from_delta(&schema, &to_delta(&schema, 1, &[ColumnStatistics::of(&array)])).unwrap();
            let exact = ScalarValue::Float64(Some(value));
            assert!(*read[0].min.as_ref().unwrap() <= exact && exact <= *read[0].max.as_ref().unwrap(), "{value}: {read:?}");
        }
    }

    #[test]
    fn statistics_survive_the_log() {
        let types = [ColumnType::Boolean, ColumnType::Integer, ColumnType::Float, ColumnType::String, ColumnType::Date, ColumnType::Timestamp];
        let schema = DatasetSchema::new(types.iter().map(|t| Column::new(t.as_str(), *t)).collect(), None).unwrap().arrow();
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(BooleanArray::from(vec![Some(true), None])),
            Arc::new(Int64Array::from(vec![Some(i64::MAX), Some(i64::MIN)])),
            Arc::new(Float64Array::from(vec![Some(0.1), Some(-1e300)])),
            Arc::new(StringViewArray::from(vec![Some("ä"), None])),
            Arc::new(Date32Array::from(vec![Some(-1), Some(20_000)])),
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1), Some(1_356_998_400_123_456)]).with_timezone("UTC")),
        ];
        let statistics: Vec<ColumnStatistics> = arrays.iter().map(ColumnStatistics::of).collect();
        let (rows, read) = from_delta(&schema, &to_delta(&schema, 2, &statistics)).unwrap();
        assert_eq!(rows, 2);
        assert_eq!(read, statistics);
        assert_eq!(read[1].max, Some(ScalarValue::Int64(Some(i64::MAX))));
        assert_eq!(read[3].nulls, Some(1));
    }

    #[test]
    fn statistics_of_parts_are_those_of_the_whole() {
        let long = "x".repeat(100);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(vec![None, None, Some(3), Some(-1), None, Some(7)])),
            Arc::new(Float64Array::from(vec![Some(1.5), None, Some(-2.5), Some(0.0), None, Some(1.0)])),
            Arc::new(StringViewArray::from(vec![Some("b"), Some("a"), None, None, None, Some("c")])),
            Arc::new(BooleanArray::from(vec![Some(true), None, None, Some(false), None, None])),
            Arc::new(Int64Array::from(vec![None, None, None, None, None, None])),
            Arc::new(Float64Array::from(vec![Some(1.0), Some(f64::NAN), None, None, None, Some(9.0)])),
        ];
        for column in &columns {
            for cut in 0..=column.len() {
                let part = |from: usize, rows: usize| ColumnStatistics::of(&column.slice(from, rows));
                let parts = part(0, cut).with(cut as u64, part(cut, column.len() - cut), (column.len() - cut) as u64);
                let whole = ColumnStatistics::of(column);
                assert_eq!(parts, whole, "{column:?} cut at {cut}");
            }
        }
        // A part whose bound is a long text does not know it: then less is known of the whole, nothing wrong.
        let texts = |texts: &[&str]| ColumnStatistics::of(&(Arc::new(StringViewArray::from(texts.to_vec())) as ArrayRef));
        let parts = texts(&["x"]).with(1, texts(&[long.as_str(), "y"]), 2);
        assert_eq!((parts.min, parts.max), (None, Some(ScalarValue::Utf8View(Some("y".into())))));
        let unknown = ColumnStatistics::default().with(5, ColumnStatistics::of(&columns[0]), 6);
        assert_eq!(unknown, ColumnStatistics::default());
    }

    #[test]
    fn what_cannot_be_bounded_is_left_open() {
        let long = "x".repeat(100);
        for array in
            [Arc::new(StringViewArray::from(vec![long.as_str()])) as ArrayRef, Arc::new(Float64Array::from(vec![f64::NAN, 1.0])), Arc::new(Int64Array::from(vec![None, None]))]
        {
            let statistics = ColumnStatistics::of(&array);
            assert_eq!(statistics.max, None, "{array:?}");
        }
    }
}
