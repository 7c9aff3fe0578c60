//! Values of our types as JSON: what results, previews and the text of nested data are made of.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use chrono::DateTime;
use serde_json::{Map, Value};

/// One value a row. An array of a type that is not ours gives nulls.
pub(crate) fn column_to_json(array: &ArrayRef) -> Vec<Value> {
    fn values<T>(values: impl Iterator<Item = Option<T>>, write: impl Fn(T) -> Value) -> Vec<Value> {
        values.map(|value| value.map_or(Value::Null, &write)).collect()
    }
    match array.data_type() {
        DataType::Boolean => values(array.as_boolean().iter(), Value::from),
        DataType::Int64 => values(array.as_primitive::<Int64Type>().iter(), Value::from),
        // NaN and infinity have no JSON; they are no value for a chart either.
        DataType::Float64 => values(array.as_primitive::<Float64Type>().iter(), Value::from),
        DataType::Utf8View => values(array.as_string_view().iter(), Value::from),
        DataType::Date32 => {
            values(array.as_primitive::<Date32Type>().iter(), |days| chrono::NaiveDate::from_epoch_days(days).map_or(Value::Null, |date| Value::from(date.to_string())))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => values(array.as_primitive::<TimestampMicrosecondType>().iter(), |micros| {
            DateTime::from_timestamp_micros(micros).map_or(Value::Null, |time| Value::from(time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)))
        }),
        DataType::Struct(_) => structs_to_json(array),
        DataType::List(_) => values(array.as_list::<i32>().iter(), |inner| Value::Array(column_to_json(&inner))),
        _ => vec![Value::Null; array.len()],
    }
}

/// Each row an object of all fields.
fn structs_to_json(array: &ArrayRef) -> Vec<Value> {
    let structs = array.as_struct();
    let mut rows: Vec<Map<String, Value>> = vec![Map::new(); array.len()];
    for (field, inner) in structs.fields().iter().zip(structs.columns()) {
        for (row, value) in rows.iter_mut().zip(column_to_json(inner)) {
            row.insert(field.name().clone(), value);
        }
    }
    rows.into_iter().enumerate().map(|(index, row)| if array.is_null(index) { Value::Null } else { Value::Object(row) }).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Date32Array, Float64Array, Int64Array, ListArray, StringViewArray, StructArray, TimestampMicrosecondArray};
    use arrow::datatypes::{Field, Fields};
    use serde_json::json;

    use super::*;

    #[test]
    fn every_type_has_a_json_form() {
        let fields: Fields = vec![Field::new("n", DataType::Int64, true), Field::new("s", DataType::Utf8View, true)].into();
        let inner: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(vec![Some(1), None])), Arc::new(StringViewArray::from(vec![Some("x"), None]))];
        let structs = StructArray::new(fields, inner, Some(vec![true, false].into()));
        let cases: Vec<(ArrayRef, Value)> = vec![
            (Arc::new(BooleanArray::from(vec![Some(true), None])), json!([true, null])),
            (Arc::new(Int64Array::from(vec![Some(i64::MAX), None])), json!([i64::MAX, null])),
            (Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::NAN)])), json!([0.1, null])),
            (Arc::new(StringViewArray::from(vec![Some("a\"b"), None])), json!(["a\"b", null])),
            (Arc::new(Date32Array::from(vec![Some(0), None])), json!(["1970-01-01", null])),
            (Arc::new(TimestampMicrosecondArray::from(vec![Some(0), Some(1_500_000)]).with_timezone("UTC")), json!(["1970-01-01T00:00:00Z", "1970-01-01T00:00:01.500Z"])),
            (Arc::new(structs), json!([{"n": 1, "s": "x"}, null])),
            (Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None]), None, Some(vec![])])), json!([[1, null], null, []])),
        ];
        for (array, expected) in cases {
            assert_eq!(json!(column_to_json(&array)), expected);
        }
    }
}
