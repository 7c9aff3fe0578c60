//! What values become in columns of another type, and which of them fit in none.

use arrow::array::{
    Date64Array, Decimal128Array, FixedSizeListArray, Int64Array, LargeListArray, StringArray, Time64MicrosecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow::datatypes::Int32Type;
use serde_json::json;

use super::*;

fn element(column_type: ColumnType) -> Column {
    Column { name: "l".into(), column_type: ColumnType::List, fields: vec![Column::new(ELEMENT, column_type)] }
}

#[test]
fn lists_of_every_kind_become_ours() {
    let values = [Some(vec![Some(1), None]), None, Some(vec![]), Some(vec![Some(7)])];
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(values.clone()));
    let large: ArrayRef = Arc::new(LargeListArray::from_iter_primitive::<Int32Type, _, _>(values));
    for stored in [list, large] {
        let made = convert(&stored.slice(1, 3), &element(ColumnType::Float)).unwrap();
        assert_eq!(json!(column_to_json(&made)), json!([null, [], [7.0]]));
        assert_eq!(json!(column_to_json(&convert(&stored, &Column::new("l", ColumnType::String)).unwrap())), json!(["[1,null]", null, "[]", "[7]"]));
    }
}

#[test]
fn misfits_inside_are_found_with_their_way() {
    let inner: ArrayRef = Arc::new(UInt64Array::from(vec![1, u64::MAX, u64::MAX]));
    let stored: ArrayRef = Arc::new(StructArray::new(vec![Field::new("n", DataType::UInt64, true)].into(), vec![inner], Some(vec![true, true, false].into())));
    let column = Column { name: "s".into(), column_type: ColumnType::Struct, fields: vec![Column::new("n", ColumnType::Integer)] };
    let made = convert(&stored, &column).unwrap();
    assert_eq!(misfits(&stored, &made, &column), [Misfit { row: 1, path: "s.n".into(), value: u64::MAX.to_string(), column_type: ColumnType::Integer }]);

    let stored: ArrayRef = Arc::new(ListArray::from_iter_primitive::<arrow::datatypes::UInt64Type, _, _>([Some(vec![Some(1)]), Some(vec![]), Some(vec![Some(2), Some(u64::MAX)])]));
    let column = element(ColumnType::Integer);
    let made = convert(&stored, &column).unwrap();
    let found = misfits(&stored, &made, &column);
    assert_eq!(found.iter().map(|misfit| (misfit.row, misfit.path.as_str())).collect::<Vec<_>>(), [(2, "l[]")]);
    let whole: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1)])]));
    assert_eq!(misfits(&whole, &convert(&whole, &column).unwrap(), &column), []);
}

#[test]
fn misfits_of_what_becomes_text_are_found_too() {
    let inner: ArrayRef = Arc::new(UInt64Array::from(vec![Some(1), Some(u64::MAX), None]));
    let stored: ArrayRef = Arc::new(StructArray::new(vec![Field::new("n", DataType::UInt64, true)].into(), vec![inner], None));
    let column = Column::new("s", ColumnType::String);
    let made = convert(&stored, &column).unwrap();
    assert_eq!(made.as_string_view().value(0), r#"{"n":1}"#);
    assert_eq!(misfits(&stored, &made, &column), [Misfit { row: 1, path: "s.n".into(), value: u64::MAX.to_string(), column_type: ColumnType::Integer }]);
}

#[test]
fn what_stands_below_a_null_list_means_nothing() {
    let inner: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, 1, 2, u64::MAX]));
    let field: FieldRef = Arc::new(Field::new("item", DataType::UInt64, true));
    let nulls = NullBuffer::from(vec![false, true, true]);
    let stored: ArrayRef = Arc::new(ListArray::new(Arc::clone(&field), OffsetBuffer::from_lengths([1, 2, 1]), Arc::clone(&inner), Some(nulls)));
    let fixed: ArrayRef = Arc::new(FixedSizeListArray::new(field, 2, inner, Some(vec![false, true].into())));
    let column = element(ColumnType::Integer);
    for (stored, row) in [(stored, 2), (fixed, 1)] {
        let made = convert(&stored, &column).unwrap();
        assert_eq!(misfits(&stored, &made, &column).iter().map(|misfit| misfit.row).collect::<Vec<_>>(), [row]);
    }
}

#[test]
fn dictionaries_are_read_as_their_values() {
    let texts = [Some("2026-01-31"), None, Some("12"), Some("true"), Some("2026-01-31T05:00:00+01:00"), Some("1.5")];
    let plain: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
    for value in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View] {
        let kind = DataType::Dictionary(Box::new(DataType::Int8), Box::new(value));
        let stored = arrow::compute::cast(&plain, &kind).unwrap();
        for column_type in [ColumnType::String, ColumnType::Integer, ColumnType::Float, ColumnType::Boolean, ColumnType::Date, ColumnType::Timestamp] {
            let column = Column::new("x", column_type);
            let (expected, made) = (convert(&plain, &column).unwrap(), convert(&stored, &column).unwrap());
            assert_eq!(made.as_ref(), expected.as_ref(), "{kind} {column_type}");
            assert_eq!(misfits(&stored, &made, &column), misfits(&plain, &expected, &column), "{kind} {column_type}");
        }
    }
}

#[test]
fn whole_floats_are_whole_numbers_also_below_zero() {
    let column = Column::new("n", ColumnType::Integer);
    let doubles: ArrayRef = Arc::new(Float64Array::from(vec![Some(-0.0), Some(0.0), Some(-3.0), Some(0.5), None, Some(f64::NAN), Some(1e30)]));
    for kind in [DataType::Float64, DataType::Float32] {
        let stored = arrow::compute::cast(&doubles, &kind).unwrap();
        let made = convert(&stored, &column).unwrap();
        assert_eq!(made.as_primitive::<Int64Type>(), &Int64Array::from(vec![Some(0), Some(0), Some(-3), None, None, None, None]), "{kind}");
        assert_eq!(misfits(&stored, &made, &column).iter().map(|misfit| misfit.row).collect::<Vec<_>>(), [3, 6], "{kind}");
    }
}

/// The values of a conversion as text, nulls as `~`, and the rows that are misfits.
fn converted(stored: &ArrayRef, column_type: ColumnType) -> (Vec<String>, Vec<usize>) {
    let column = Column::new("x", column_type);
    let made = convert(stored, &column).unwrap();
    let shown = (0..made.len()).map(|row| if made.is_null(row) { "~".to_owned() } else { show(&made, row) }).collect();
    (shown, misfits(stored, &made, &column).iter().map(|misfit| misfit.row).collect())
}

#[test]
fn nothing_is_lost_on_the_way_to_a_narrower_type() {
    let texts = ["2013-01-31", "2013-01-31T05:00:00", "2013-01-31T00:00:00Z", "2013-01-31T01:00:00+01:00", "soon"];
    let texts: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
    let day = "2013-01-31";
    assert_eq!(converted(&texts, ColumnType::Date), ([day, "~", day, day, "~"].map(str::to_owned).to_vec(), vec![1, 4]));
    let numbers: ArrayRef = Arc::new(StringArray::from(vec!["1.5", "inf", "-Infinity", "NaN", "1e999"]));
    // What is not a number is missing, as everywhere.
    assert_eq!(converted(&numbers, ColumnType::Float), (["1.5", "~", "~", "~", "~"].map(str::to_owned).to_vec(), vec![1, 2, 4]));
    let long: ArrayRef = Arc::new(StringArray::from(vec!["9007199254740992", "-9007199254740993", "9007199254740993.0", "1152921504606846976"]));
    for (rounding, expected) in [(Rounding::Refused, vec![1]), (Rounding::Allowed, vec![])] {
        let column = Column::new("x", ColumnType::Float);
        let made = convert_as(&long, &column, rounding).unwrap();
        assert_eq!(misfits(&long, &made, &column).iter().map(|misfit| misfit.row).collect::<Vec<_>>(), expected, "{rounding:?}");
    }
    let millis: ArrayRef = Arc::new(Date64Array::from(vec![86_400_000, 86_400_001, -1]));
    assert_eq!(converted(&millis, ColumnType::Date), (["1970-01-02", "~", "~"].map(str::to_owned).to_vec(), vec![1, 2]));
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![0, 1, 2, -1]));
    let halves: ArrayRef = Arc::new(Float64Array::from(vec![-0.0, 1.0, 2.0, 0.5]));
    for stored in [whole, halves] {
        assert_eq!(converted(&stored, ColumnType::Boolean), (["false", "true", "~", "~"].map(str::to_owned).to_vec(), vec![2, 3]));
    }
}

#[test]
fn a_field_that_is_said_to_be_a_float_is_rounded_alone() {
    let long: ArrayRef = Arc::new(Decimal128Array::from(vec![123_456_789_012_345_678]).with_precision_and_scale(20, 2).unwrap());
    let field = |name: &str| Field::new(name, long.data_type().clone(), true);
    let stored: ArrayRef = Arc::new(StructArray::new(vec![field("x"), field("y")].into(), vec![Arc::clone(&long), Arc::clone(&long)], None));
    let fields = vec![Column::new("x", ColumnType::Float), Column::new("y", ColumnType::Float)];
    let column = Column { name: "s".into(), column_type: ColumnType::Struct, fields };
    for (rounds, expected) in [
        (Rounds::Nothing, json!([{"x": null, "y": null}])),
        (Rounds::Inside(vec!["x".into()]), json!([{"x": 1_234_567_890_123_456.8, "y": null}])),
        (Rounds::All, json!([{"x": 1_234_567_890_123_456.8, "y": 1_234_567_890_123_456.8}])),
    ] {
        assert_eq!(json!(column_to_json(&convert_with(&stored, &column, &rounds).unwrap())), expected, "{rounds:?}");
    }
}

#[test]
fn a_day_that_no_calendar_has_does_not_fit() {
    // As other programs write "for ever", and "always has been".
    let days: ArrayRef = Arc::new(arrow::array::Date32Array::from(vec![Some(0), Some(i32::MAX), None, Some(-i32::MAX)]));
    let micros: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(0), Some(i64::MAX), None, Some(-i64::MAX)]).with_timezone("UTC"));
    let millis: ArrayRef = Arc::new(arrow::array::TimestampMillisecondArray::from(vec![Some(0), Some(9_000_000_000_000_000), None, Some(-9_000_000_000_000_000)]));
    for (stored, column_type, first, value) in [
        (&days, ColumnType::Date, "1970-01-01", i32::MAX.to_string()),
        (&micros, ColumnType::Timestamp, "1970-01-01T00:00:00Z", i64::MAX.to_string()),
        (&millis, ColumnType::Timestamp, "1970-01-01T00:00:00Z", "9000000000000000".to_owned()),
    ] {
        assert_eq!(converted(stored, column_type), ([first, "~", "~", "~"].map(str::to_owned).to_vec(), vec![1, 3]), "{column_type}");
        let column = Column::new("x", column_type);
        let made = convert(stored, &column).unwrap();
        assert_eq!((made.data_type(), misfits(stored, &made, &column)[0].value.as_str()), (&column_type.data_type(), value.as_str()));
        assert_eq!(convert(&stored.slice(0, 1), &column).unwrap().null_count(), 0);
    }
    let kept: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![1, 2]).with_timezone("UTC"));
    assert!(Arc::ptr_eq(&convert(&kept, &Column::new("t", ColumnType::Timestamp)).unwrap(), &kept));
}

#[test]
fn uuids_are_text_at_every_level() {
    let bytes = [1_u8, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    let found = vec![Some(&bytes[..]), None];
    let uuids: ArrayRef = Arc::new(arrow::array::FixedSizeBinaryArray::try_from_sparse_iter_with_size(found.into_iter(), UUID_BYTES).unwrap());
    let text = "01020304-0506-0708-090a-0b0c0d0e0f10";
    assert_eq!(converted(&uuids, ColumnType::String), (vec![text.to_owned(), "~".to_owned()], vec![]));
    assert_eq!((show(&uuids, 0), show(&uuids, 1)), (text.to_owned(), String::new()));
    assert!(convert(&uuids, &Column::new("x", ColumnType::Integer)).is_err());
    let field = crate::catalog::column::as_uuid(Field::new("id", DataType::FixedSizeBinary(UUID_BYTES), true));
    let nested: ArrayRef = Arc::new(StructArray::new(vec![field].into(), vec![uuids], None));
    let column = Column::from_field(&Field::new("s", nested.data_type().clone(), true)).unwrap();
    assert_eq!(column.to_string(), "struct(id string)");
    assert_eq!(json!(column_to_json(&convert(&nested, &column).unwrap())), json!([{"id": text}, {"id": null}]));
}

#[test]
fn a_number_is_no_time_and_a_time_no_number() {
    let number: ArrayRef = Arc::new(Int64Array::from(vec![1_357_034_400]));
    let decimal: ArrayRef = Arc::new(Decimal128Array::from(vec![Some(1)]));
    let time: ArrayRef = Arc::new(TimestampSecondArray::from(vec![1]));
    let clock: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![1]));
    for (stored, column_type, expected) in [
        (&number, ColumnType::Timestamp, "Int64 does not become timestamp: a number does not say its unit"),
        (&number, ColumnType::Date, "parse_date"),
        (&decimal, ColumnType::Timestamp, "does not say its unit"),
        (&time, ColumnType::Integer, "a time is no number"),
        (&time, ColumnType::Float, "a time is no number"),
        (&clock, ColumnType::Integer, "a time is no number"),
        (&clock, ColumnType::Timestamp, "it says no day"),
    ] {
        let error = convert(stored, &Column::new("x", column_type)).unwrap_err();
        assert!(error.message().contains(expected), "{error}");
    }
    assert_eq!(converted(&clock, ColumnType::String).0, ["00:00:00.000001"]);
}

#[test]
fn what_is_finer_than_a_microsecond_is_cut_off_towards_the_past_and_kept_as_text() {
    let stored: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![Some(1_999), Some(-1), Some(-1_000), Some(2_000), None]));
    let made = convert(&stored, &Column::new("t", ColumnType::Timestamp)).unwrap();
    assert_eq!(made.as_primitive::<TimestampMicrosecondType>(), &TimestampMicrosecondArray::from(vec![Some(1), Some(-1), Some(-1), Some(2), None]).with_timezone("UTC"));
    assert_eq!(finer_than_micros(&stored), 2);
    let (texts, misfits) = converted(&stored, ColumnType::String);
    assert_eq!((texts[0].as_str(), texts[1].as_str(), misfits), ("1970-01-01T00:00:00.000001999Z", "1969-12-31T23:59:59.999999999Z", vec![]));
}

#[test]
fn what_is_looked_for_as_a_wider_type_is_itself_or_nothing() {
    let far = 1_i64 << 53;
    let stored: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), Some(far), Some(-far), Some(far + 1), Some(i64::MIN), None]));
    let made = as_wider(&stored, &DataType::Float64).unwrap();
    assert_eq!(made.as_primitive::<Float64Type>(), &Float64Array::from(vec![Some(7.0), Some(far as f64), Some(-(far as f64)), None, None, None]));
    let days: ArrayRef = Arc::new(arrow::array::Date32Array::from(vec![1, i32::MAX]));
    let made = as_wider(&days, &ColumnType::Timestamp.data_type()).unwrap();
    assert_eq!(made.data_type(), &ColumnType::Timestamp.data_type());
    assert_eq!((made.is_null(0), made.is_null(1)), (false, true));
    assert!(Arc::ptr_eq(&as_wider(&stored, &DataType::Int64).unwrap(), &stored));
}

#[test]
fn plain_arrays_of_our_types_stay_as_they_are() {
    let stored: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    assert!(Arc::ptr_eq(&convert(&stored, &Column::new("n", ColumnType::Integer)).unwrap(), &stored));
}
