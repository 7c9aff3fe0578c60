//! An Arrow array as one of a column: types of other programs become ours, at every level of nested data. What does not
//! fit becomes null, and [`misfits`] says where.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, ListArray, StringViewArray, StructArray, TimestampMicrosecondArray, new_null_array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::kernels::cmp::distinct;
use arrow::compute::{CastOptions, cast_with_options, max, min, nullif, take};
use arrow::datatypes::{ArrowNumericType, DataType, Date32Type, Field, FieldRef, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, TimestampNanosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{DateTime, NaiveDate};

use super::column::{Column, ColumnType, ELEMENT, FLOAT_EXACT_MAX, UUID_BYTES};
use super::exact::{Rounding, Rounds, floats, is_rounded};
use super::json::column_to_json;
use crate::error::{Error, Result};

const DAY_MICROS: i64 = 86_400_000_000;
const MICRO_NANOS: i64 = 1_000;

/// A value as people read it; nested ones are JSON.
pub(crate) fn show(array: &ArrayRef, row: usize) -> String {
    let slice = array.slice(row, 1);
    if slice.data_type().is_nested() {
        let natural = Column::from_field(&Field::new("", slice.data_type().clone(), true));
        let converted = natural.and_then(|column| convert(&slice, &column).ok()).map(|array| column_to_json(&array));
        return converted.and_then(|values| values.first().map(ToString::to_string)).unwrap_or_default();
    }
    if let Some(uuids) = slice.as_fixed_size_binary_opt().filter(|uuids| uuids.value_length() == UUID_BYTES) {
        return uuids.iter().flatten().find_map(uuid_text).unwrap_or_default();
    }
    // The display of a named zone needs a table of zones; UTC needs none.
    let shown = match slice.as_any().downcast_ref::<TimestampMicrosecondArray>() {
        Some(instants) if instants.timezone() == Some("UTC") => written(&instants.clone().with_timezone("+00:00")),
        _ => written(&slice),
    };
    shown.unwrap_or_else(|| number_of(&slice))
}

/// The first value as Arrow writes it; none where it cannot.
fn written(array: &dyn Array) -> Option<String> {
    let options = FormatOptions::default();
    ArrayFormatter::try_new(array, &options).ok()?.value(0).try_to_string().ok()
}

/// The number that a day or an instant is stored as, of which no calendar has the day.
fn number_of(time: &ArrayRef) -> String {
    let wide = match time.data_type() {
        DataType::Date32 => DataType::Int32,
        _ => DataType::Int64,
    };
    cast_with_options(time, &wide, &CastOptions::default()).ok().and_then(|number| written(&number)).unwrap_or_default()
}

/// An array as one of a column; what does not fit is null, a field that it lacks too. Long numbers become the nearest float.
pub(crate) fn convert(stored: &ArrayRef, column: &Column) -> Result<ArrayRef> {
    convert_as(stored, column, Rounding::Allowed)
}

/// The same, with what becomes of numbers that no float gives back.
pub(crate) fn convert_as(stored: &ArrayRef, column: &Column, rounding: Rounding) -> Result<ArrayRef> {
    convert_with(stored, column, &rounding.into())
}

/// The same, field by field.
pub(crate) fn convert_with(stored: &ArrayRef, column: &Column, rounds: &Rounds) -> Result<ArrayRef> {
    if !column.column_type.is_nested() && *stored.data_type() == column.column_type.data_type() && column.column_type != ColumnType::Float {
        return Ok(in_calendar(stored));
    }
    match column.column_type {
        ColumnType::Struct => {
            let Some(structs) = stored.as_struct_opt() else { return Err(no_way(stored, column)) };
            let inner = column.fields.iter().map(|field| match structs.column_by_name(&field.name) {
                Some(inner) => convert_with(inner, field, &rounds.of_field(&field.name)),
                None => Ok(new_null_array(&field.data_type(), stored.len())),
            });
            let inner = inner.collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(StructArray::try_new(column.fields.iter().map(Column::field).collect(), inner, stored.nulls().cloned())?))
        }
        ColumnType::List => {
            let Some(element) = column.fields.first() else { return Err(no_way(stored, column)) };
            let List { offsets, inner, nulls } = List::of(stored).ok_or_else(|| no_way(stored, column))??;
            let field: FieldRef = Arc::new(Field::new(ELEMENT, element.data_type(), true));
            Ok(Arc::new(ListArray::try_new(field, offsets, convert_with(&inner, element, rounds)?, nulls)?))
        }
        ColumnType::String if stored.data_type().is_nested() => {
            let natural = Column::from_field(&Field::new(&column.name, stored.data_type().clone(), true)).ok_or_else(|| no_way(stored, column))?;
            // Nobody has said of what is inside of a text that it may be rounded.
            let values = column_to_json(&convert_as(stored, &natural, Rounding::Refused)?);
            Ok(Arc::new(values.into_iter().map(|value| (!value.is_null()).then(|| value.to_string())).collect::<StringViewArray>()))
        }
        _ => Ok(in_calendar(&convert_plain(stored, column.column_type, rounds.here())?)),
    }
}

/// Days and instants without those that no calendar has. Programs write the greatest number of a type for "for ever": it has no day that
/// a chunk, a range or an age could be told by.
fn in_calendar(times: &ArrayRef) -> ArrayRef {
    match times.data_type() {
        DataType::Date32 => inside::<Date32Type>(times, |days| NaiveDate::from_epoch_days(days).is_some()),
        DataType::Timestamp(TimeUnit::Microsecond, _) => inside::<TimestampMicrosecondType>(times, |micros| DateTime::from_timestamp_micros(micros).is_some()),
        _ => Arc::clone(times),
    }
}

/// Values without those outside of a range: where its least and its greatest are inside, all are.
fn inside<T: ArrowNumericType>(values: &ArrayRef, is_inside: impl Fn(T::Native) -> bool) -> ArrayRef {
    let Some(found) = values.as_primitive_opt::<T>() else { return Arc::clone(values) };
    if [min(found), max(found)].into_iter().flatten().all(&is_inside) {
        return Arc::clone(values);
    }
    Arc::new(found.unary_opt::<_, T>(|value| is_inside(value).then_some(value)).with_data_type(values.data_type().clone()))
}

fn no_way(stored: &ArrayRef, column: &Column) -> Error {
    Error::invalid(format!("{} does not become {column}", stored.data_type()))
}

fn convert_plain(stored: &ArrayRef, column_type: ColumnType, rounding: Rounding) -> Result<ArrayRef> {
    let options = CastOptions { safe: true, ..CastOptions::default() };
    let target = column_type.data_type();
    let plain = match stored.data_type() {
        DataType::Dictionary(_, value) => of_dictionary(stored, value, &options)?,
        _ => Arc::clone(stored),
    };
    if column_type == ColumnType::Float
        && let Some(floats) = floats(&plain, rounding)
    {
        return Ok(floats);
    }
    refuse_reinterpretation(plain.data_type(), column_type)?;
    Ok(match (plain.data_type(), column_type) {
        (DataType::Null, _) => new_null_array(&target, plain.len()),
        (DataType::FixedSizeBinary(UUID_BYTES), ColumnType::String) => uuids(&plain),
        // Whoever has it as text has it with all of its digits.
        (DataType::Timestamp(unit, _), ColumnType::String) => {
            let instants = cast_with_options(&plain, &DataType::Timestamp(*unit, Some("+00:00".into())), &options)?;
            cast_with_options(&instants, &target, &options)?
        }
        // The instant stays; a time without zone is UTC.
        (DataType::Timestamp(..), _) => {
            let instants = micros(&plain, &options)?;
            if column_type == ColumnType::Date { narrowed(&instants, &target, &options)? } else { cast_with_options(&instants, &target, &options)? }
        }
        // Milliseconds, which need not begin a day.
        (DataType::Date64, ColumnType::Date) => narrowed(&plain, &target, &options)?,
        (kind, ColumnType::Date) if is_text(kind) => days_of(&plain, &options)?,
        (kind, ColumnType::Integer) if kind.is_floating() || kind.is_decimal() => narrowed(&plain, &target, &options)?,
        // What is neither 0 nor 1 says neither no nor yes.
        (kind, ColumnType::Boolean) if kind.is_floating() || kind.is_integer() => narrowed(&plain, &target, &options)?,
        (DataType::Float16 | DataType::Float32 | DataType::Float64, ColumnType::Float) => without(&cast_with_options(&plain, &target, &options)?, f64::is_nan),
        // Of texts no other number is one that has no end.
        (kind, ColumnType::Float) if is_text(kind) => {
            let floats = without(&cast_with_options(&plain, &target, &options)?, |value| !value.is_finite());
            if rounding == Rounding::Refused { given_back(&plain, floats, &options)? } else { floats }
        }
        _ => cast_with_options(&plain, &target, &options)?,
    })
}

/// Refuses what Arrow would do without a word: take a number for a time of some unit, and a time for a number.
fn refuse_reinterpretation(stored: &DataType, column_type: ColumnType) -> Result<()> {
    let is_clock = matches!(stored, DataType::Time32(_) | DataType::Time64(_));
    let is_time = is_clock || matches!(stored, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..));
    match column_type {
        ColumnType::Date | ColumnType::Timestamp if stored.is_numeric() => {
            Err(Error::invalid(format!("{stored} does not become {column_type}: a number does not say its unit, a step does (parse_date by unix, unix_ms or unix_us)")))
        }
        ColumnType::Date | ColumnType::Timestamp if is_clock => Err(Error::invalid(format!("{stored} does not become {column_type}: it says no day"))),
        ColumnType::Boolean | ColumnType::Integer | ColumnType::Float if is_time => {
            Err(Error::invalid(format!("{stored} does not become {column_type}: a time is no number, derive one by a step")))
        }
        _ => Ok(()),
    }
}

/// UUIDs as people write them. No other sixteen bytes come this far: a column is told by its field.
fn uuids(stored: &ArrayRef) -> ArrayRef {
    let texts = stored.as_fixed_size_binary_opt().into_iter().flat_map(|found| found.iter().map(|bytes| bytes.and_then(uuid_text)));
    Arc::new(texts.collect::<StringViewArray>())
}

fn uuid_text(bytes: &[u8]) -> Option<String> {
    uuid::Uuid::from_slice(bytes).ok().map(|uuid| uuid.hyphenated().to_string())
}

fn is_text(stored: &DataType) -> bool {
    matches!(stored, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Instants in whole microseconds of UTC. What is finer is cut off, in the years before 1970 too, as it is in text.
fn micros(stored: &ArrayRef, options: &CastOptions<'_>) -> Result<ArrayRef> {
    if let Some(nanos) = stored.as_primitive_opt::<TimestampNanosecondType>() {
        return Ok(Arc::new(nanos.unary::<_, TimestampMicrosecondType>(|value| value.div_euclid(MICRO_NANOS)).with_timezone("UTC")));
    }
    let zone = if let DataType::Timestamp(_, zone) = stored.data_type() { zone.clone() } else { None };
    let micros = cast_with_options(stored, &DataType::Timestamp(TimeUnit::Microsecond, zone), options)?;
    let micros = micros.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(|| Error::internal("a cast to timestamps gave something else"))?;
    Ok(Arc::new(micros.clone().with_timezone("UTC")))
}

/// The rows in which an instant is finer than a microsecond.
pub(crate) fn finer_than_micros(stored: &ArrayRef) -> usize {
    stored
        .as_primitive_opt::<TimestampNanosecondType>()
        .map_or(0, |nanos| nanos.iter().flatten().filter(|value| value.rem_euclid(MICRO_NANOS) != 0).count())
}

/// The days of texts; one with a time of day would lose it.
fn days_of(texts: &ArrayRef, options: &CastOptions<'_>) -> Result<ArrayRef> {
    let days = cast_with_options(texts, &DataType::Date32, options)?;
    let instants = cast_with_options(texts, &DataType::Timestamp(TimeUnit::Microsecond, None), options)?;
    let is_timed = |micros: Option<i64>| Some(micros.is_some_and(|micros| micros.rem_euclid(DAY_MICROS) != 0));
    let timed: BooleanArray = instants.as_primitive_opt::<TimestampMicrosecondType>().into_iter().flat_map(|found| found.iter().map(is_timed)).collect();
    Ok(if timed.true_count() > 0 { nullif(&days, &timed)? } else { days })
}

/// The floats of texts, without those that are other numbers than the texts say.
fn given_back(texts: &ArrayRef, floats: ArrayRef, options: &CastOptions<'_>) -> Result<ArrayRef> {
    let texts = cast_with_options(texts, &DataType::Utf8View, options)?;
    let rounded: BooleanArray = texts.as_string_view_opt().into_iter().flat_map(|texts| texts.iter().map(|text| Some(text.is_some_and(is_rounded)))).collect();
    Ok(if rounded.true_count() > 0 { nullif(&floats, &rounded)? } else { floats })
}

/// Floats without those that are no values.
fn without(floats: &ArrayRef, is_none: impl Fn(f64) -> bool) -> ArrayRef {
    match floats.as_primitive_opt::<Float64Type>() {
        Some(found) if found.values().iter().any(|value| is_none(*value)) => Arc::new(found.iter().map(|value| value.filter(|value| !is_none(*value))).collect::<Float64Array>()),
        _ => Arc::clone(floats),
    }
}

/// The values of a dictionary, row by row. Texts are viewed where they are: one of them may stand in very many rows, and copies of it would
/// take what no file gives reason for.
fn of_dictionary(stored: &ArrayRef, value: &DataType, options: &CastOptions<'_>) -> Result<ArrayRef> {
    let texts = stored.as_any_dictionary_opt().filter(|_| matches!(value, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View));
    Ok(match texts {
        Some(dictionary) => take(&cast_with_options(dictionary.values(), &DataType::Utf8View, options)?, dictionary.keys(), None)?,
        None => cast_with_options(stored, value, options)?,
    })
}

/// A cast to a narrower type, without the values that would lose something by it: a fraction, a time of day.
fn narrowed(stored: &ArrayRef, target: &DataType, options: &CastOptions<'_>) -> Result<ArrayRef> {
    let stored = if stored.data_type().is_floating() { with_one_zero(stored, options)? } else { Arc::clone(stored) };
    let made = cast_with_options(&stored, target, options)?;
    let back = cast_with_options(&made, stored.data_type(), options)?;
    let lost = distinct(&stored, &back)?;
    Ok(if lost.true_count() > 0 { nullif(&made, &lost)? } else { made })
}

/// Floats in which minus zero is zero: what they are compared with has no other, and kernels tell the two apart.
fn with_one_zero(stored: &ArrayRef, options: &CastOptions<'_>) -> Result<ArrayRef> {
    let floats = cast_with_options(stored, &DataType::Float64, options)?;
    Ok(match floats.as_primitive_opt::<Float64Type>() {
        Some(found) => Arc::new(found.unary::<_, Float64Type>(|value| if value == 0.0 { 0.0 } else { value })),
        None => floats,
    })
}

/// Values as those of a wider type that they are to be found among. What that type has no value of its own for becomes null: a
/// whole number beyond 2^53 would be equal to one of its neighbours as a float.
pub(crate) fn as_wider(stored: &ArrayRef, target: &DataType) -> Result<ArrayRef> {
    if stored.data_type() == target {
        return Ok(Arc::clone(stored));
    }
    match (stored.as_primitive_opt::<Int64Type>(), target) {
        (Some(whole), DataType::Float64) => Ok(Arc::new(whole.unary_opt::<_, Float64Type>(|value| (value.unsigned_abs() <= FLOAT_EXACT_MAX).then_some(value as f64)))),
        _ => Ok(cast_with_options(stored, target, &CastOptions { safe: true, ..CastOptions::default() })?),
    }
}

/// A list of any kind, with offsets that begin at 0 and nothing behind them.
struct List {
    offsets: OffsetBuffer<i32>,
    inner: ArrayRef,
    nulls: Option<NullBuffer>,
}

impl List {
    /// `None`: no list. A map is a list of its entries.
    fn of(array: &ArrayRef) -> Option<Result<Self>> {
        let (offsets, inner, nulls) = match array.data_type() {
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                (list.offsets().clone(), Arc::clone(list.values()), list.nulls().cloned())
            }
            DataType::Map(..) => {
                let map = array.as_map();
                let entries: ArrayRef = Arc::new(map.entries().clone());
                (map.offsets().clone(), entries, map.nulls().cloned())
            }
            DataType::LargeList(element) | DataType::FixedSizeList(element, _) | DataType::ListView(element) | DataType::LargeListView(element) => {
                let options = CastOptions { safe: false, ..CastOptions::default() };
                return match cast_with_options(array, &DataType::List(Arc::clone(element)), &options) {
                    Ok(list) => Self::of(&list),
                    Err(error) => Some(Err(error.into())),
                };
            }
            _ => return None,
        };
        let (first, last) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
        let inner = inner.slice(usize::try_from(first).unwrap_or(0), usize::try_from(last - first).unwrap_or(0));
        let offsets = if first == 0 { offsets } else { OffsetBuffer::new(offsets.iter().map(|offset| offset - first).collect()) };
        Some(Ok(Self { offsets, inner, nulls }))
    }
}

/// A value that became null because it did not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub row: usize,
    /// The column, or the way to a field inside of it: `address.zip`, `tags[]`.
    pub path: String,
    pub value: String,
    /// The type that it does not fit.
    pub column_type: ColumnType,
}

/// The values of `stored` that are null in `made`, its conversion, although they are not missing; at most one a row.
pub(crate) fn misfits(stored: &ArrayRef, made: &ArrayRef, column: &Column) -> Vec<Misfit> {
    let mut found = Vec::new();
    look(stored, made, column, &column.name, &Some, &mut found);
    found.sort_by_key(|misfit| misfit.row);
    found.dedup_by_key(|misfit| misfit.row);
    found
}

/// `row_of` says to which row a value belongs; none where it stands below a null, so that it means nothing.
fn look(stored: &ArrayRef, made: &ArrayRef, column: &Column, path: &str, row_of: &dyn Fn(usize) -> Option<usize>, found: &mut Vec<Misfit>) {
    match column.column_type {
        ColumnType::Struct => {
            let (Some(from), Some(to)) = (stored.as_struct_opt(), made.as_struct_opt()) else { return };
            let below = |index: usize| if from.is_null(index) { None } else { row_of(index) };
            for (field, inner) in column.fields.iter().zip(to.columns()) {
                if let Some(stored) = from.column_by_name(&field.name) {
                    look(stored, inner, field, &format!("{path}.{}", field.name), &below, found);
                }
            }
        }
        ColumnType::List => {
            let (Some(Ok(from)), Some(Ok(to)), Some(element)) = (List::of(stored), List::of(made), column.fields.first()) else { return };
            let (offsets, nulls) = (from.offsets.clone(), from.nulls.clone());
            let outer = |inner: usize| {
                let index = offsets.partition_point(|offset| usize::try_from(*offset).unwrap_or(0) <= inner).saturating_sub(1);
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(index)) { None } else { row_of(index) }
            };
            look(&from.inner, &to.inner, element, &format!("{path}[]"), &outer, found);
        }
        // The text of what is nested is made of our types, which may not hold everything either.
        ColumnType::String if stored.data_type().is_nested() => {
            let natural = Column::from_field(&Field::new(&column.name, stored.data_type().clone(), true));
            if let Some((natural, made)) = natural.and_then(|natural| convert_as(stored, &natural, Rounding::Refused).ok().map(|made| (natural, made))) {
                look(stored, &made, &natural, path, row_of, found);
            }
        }
        column_type => {
            if made.null_count() <= stored.logical_null_count() {
                return;
            }
            for index in 0..stored.len() {
                if made.is_null(index)
                    && !is_missing(stored, index)
                    && let Some(row) = row_of(index)
                {
                    found.push(Misfit { row, path: path.to_owned(), value: show(stored, index), column_type });
                }
            }
        }
    }
}

/// Whether a stored value is null, or not a number, which is null with us.
fn is_missing(stored: &ArrayRef, row: usize) -> bool {
    stored.is_null(row) || stored.logical_nulls().is_some_and(|nulls| nulls.is_null(row)) || show(stored, row) == "NaN"
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        Date64Array, Decimal128Array, FixedSizeListArray, Int64Array, LargeListArray, StringArray, Time64MicrosecondArray, TimestampNanosecondArray, TimestampSecondArray,
        UInt64Array,
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

        let stored: ArrayRef =
            Arc::new(ListArray::from_iter_primitive::<arrow::datatypes::UInt64Type, _, _>([Some(vec![Some(1)]), Some(vec![]), Some(vec![Some(2), Some(u64::MAX)])]));
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
}
