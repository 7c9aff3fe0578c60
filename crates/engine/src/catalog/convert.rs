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
mod tests;
