//! Steps that change what numbers and values are of: cast and unit. Nothing is cut off on the way: 1.5 is no integer, and an
//! integer that no float holds is no float.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, Int64Array, TimestampMicrosecondArray};
use arrow::datatypes::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};

use super::frame::{Frame, array};
use super::op::{Op, Site};
use super::step::OnError;
use crate::catalog::convert::{convert, show};
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result};
use crate::ingest::decode::value::{self, lenient};
use crate::ingest::treatment::rows::{Fault, Rows};

const DAY_MICROS: i64 = 86_400_000_000;

#[derive(Debug)]
struct Cast {
    targets: Vec<(usize, Column)>,
    on_error: OnError,
}

pub(super) fn cast(frame: &mut Frame, columns: &[String], to: ColumnType, on_error: OnError) -> Result<Box<dyn Op>> {
    let mut targets = Vec::new();
    for place in frame.places(columns)? {
        let Some(column) = frame.columns.get_mut(place) else { continue };
        let target = Column::new(&column.name, to);
        if to.is_nested() || !can_be(column, to) {
            return Err(Error::invalid(format!("column {:?} is {column}, which does not become {to}{}", column.name, hint(column, to))));
        }
        *column = target.clone();
        targets.push((place, target));
    }
    Ok(Box::new(Cast { targets, on_error }))
}

fn hint(column: &Column, to: ColumnType) -> &'static str {
    match (column.column_type, to) {
        (ColumnType::Struct, _) => "; flatten it, or cast it to string",
        (_, ColumnType::Date | ColumnType::Timestamp) => "; read it by parse_date",
        _ => "; derive it by an expression",
    }
}

fn can_be(from: &Column, to: ColumnType) -> bool {
    use ColumnType::{Boolean, Date, Float, Integer, String, Timestamp};
    matches!(
        (from.column_type, to),
        (_, String) | (String | Integer | Float | Boolean, Integer | Float) | (String | Integer | Boolean, Boolean) | (String | Date | Timestamp, Date | Timestamp)
    )
}

impl Op for Cast {
    fn apply(&mut self, rows: &mut Rows, site: &Site) -> Result<()> {
        let mut faults = Vec::new();
        for (place, target) in &self.targets {
            let (made, found) = converted(array(&rows.batch, *place)?, target)?;
            faults.extend(found.into_iter().map(|fault| Fault { column: Some(target.name.clone()), ..fault }));
            rows.put(*place, target, made)?;
        }
        site.settle(rows, faults, self.on_error)
    }
}

/// Reads values one by one; what cannot be read is null, and told.
struct Reader<'a> {
    stored: &'a ArrayRef,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn read<S, T>(&mut self, values: impl Iterator<Item = Option<S>>, reason: impl Fn(&str) -> String, read: impl Fn(S) -> Option<T>) -> Vec<Option<T>> {
        let mut found = Vec::with_capacity(self.stored.len());
        for (row, stored) in values.enumerate() {
            let is_null = stored.is_none();
            let value = stored.and_then(&read);
            if value.is_none() && !is_null {
                let shown = show(self.stored, row);
                let reason = reason(&shown);
                self.faults.push(Fault { row, column: None, value: Some(shown), reason });
            }
            found.push(value);
        }
        found
    }
}

/// An array as one of a plain column, and what does not fit. The columns of the faults are for the caller to name.
pub(super) fn converted(stored: &ArrayRef, target: &Column) -> Result<(ArrayRef, Vec<Fault>)> {
    let to = target.column_type;
    if to == ColumnType::String || *stored.data_type() == target.data_type() {
        return Ok((convert(stored, target)?, Vec::new()));
    }
    let mut reader = Reader { stored, faults: Vec::new() };
    let misfit = |shown: &str| value::misfit(to, shown.as_bytes()).to_owned();
    let timed = |_: &str| "it has a time of day, which a date has not; derive the day by date_trunc('day', ...)".to_owned();
    let none = || Error::internal(format!("{} does not become {to}", stored.data_type()));
    let texts = stored.as_string_view_opt();
    let (integers, floats, booleans) = (stored.as_primitive_opt::<Int64Type>(), stored.as_primitive_opt::<Float64Type>(), stored.as_boolean_opt());
    let made: ArrayRef = match to {
        ColumnType::Integer => {
            let values = match (texts, floats, booleans) {
                (Some(texts), ..) => reader.read(texts.iter(), misfit, |text| lenient::integer(value::trim(text.as_bytes()))),
                (_, Some(floats), _) => reader.read(floats.iter(), misfit, whole),
                (.., Some(booleans)) => reader.read(booleans.iter(), misfit, |value| Some(i64::from(value))),
                _ => return Err(none()),
            };
            Arc::new(values.into_iter().collect::<Int64Array>())
        }
        ColumnType::Float => {
            let inexact = |_: &str| "too many digits for a float; keep it as integer or string".to_owned();
            let values = match (texts, integers, booleans) {
                (Some(texts), ..) => reader.read(texts.iter(), misfit, |text| lenient::float(value::trim(text.as_bytes()))),
                (_, Some(integers), _) => reader.read(integers.iter(), inexact, |value| Some(value as f64).filter(|float| whole(*float) == Some(value))),
                (.., Some(booleans)) => reader.read(booleans.iter(), misfit, |value| Some(f64::from(u8::from(value)))),
                _ => return Err(none()),
            };
            Arc::new(values.into_iter().collect::<Float64Array>())
        }
        ColumnType::Boolean => {
            let values = match (texts, integers) {
                (Some(texts), _) => reader.read(texts.iter(), misfit, |text| lenient::boolean(value::trim(text.as_bytes()))),
                (_, Some(integers)) => reader.read(integers.iter(), misfit, |value| (0..=1).contains(&value).then_some(value == 1)),
                _ => return Err(none()),
            };
            Arc::new(values.into_iter().collect::<BooleanArray>())
        }
        ColumnType::Date => {
            let values = match (texts, stored.as_primitive_opt::<TimestampMicrosecondType>()) {
                (Some(texts), _) => reader.read(texts.iter(), misfit, |text| lenient::date(value::trim(text.as_bytes()))),
                (_, Some(instants)) => reader.read(instants.iter(), timed, |micros| i32::try_from(micros.div_euclid(DAY_MICROS)).ok().filter(|_| micros.rem_euclid(DAY_MICROS) == 0)),
                _ => return Err(none()),
            };
            Arc::new(values.into_iter().collect::<Date32Array>())
        }
        ColumnType::Timestamp => {
            let values = match (texts, stored.as_primitive_opt::<Date32Type>()) {
                (Some(texts), _) => reader.read(texts.iter(), misfit, |text| lenient::timestamp(value::trim(text.as_bytes()))),
                (_, Some(days)) => reader.read(days.iter(), misfit, |days| i64::from(days).checked_mul(DAY_MICROS)),
                _ => return Err(none()),
            };
            Arc::new(values.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
        ColumnType::String | ColumnType::Struct | ColumnType::List => return Err(none()),
    };
    Ok((made, reader.faults))
}

/// The integer that a float is, where it is one.
fn whole(value: f64) -> Option<i64> {
    // Beyond, a float holds some integers and not others; 2^63 itself is none of ours.
    (value.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value)).then_some(value as i64)
}

/// Numbers in another unit.
#[derive(Debug)]
struct Unit {
    from: usize,
    to: usize,
    target: Column,
    factor: f64,
    offset: f64,
    on_error: OnError,
}

pub(super) fn unit(frame: &mut Frame, column: &str, factor: f64, offset: f64, into: Option<&str>, on_error: OnError) -> Result<Box<dyn Op>> {
    let (from, found) = frame.find(column)?;
    if !matches!(found.column_type, ColumnType::Integer | ColumnType::Float) {
        return Err(Error::invalid(format!("column {column:?} is {found}; only numbers have a unit")));
    }
    if !factor.is_finite() || !offset.is_finite() || factor == 0.0 {
        return Err(Error::invalid(format!("the factor is {factor} and the offset {offset}; give finite numbers, and a factor that is not 0")));
    }
    // Integers stay integers where nothing else can come out.
    let stays = found.column_type == ColumnType::Integer && whole(factor).is_some() && whole(offset).is_some();
    let target = Column::new(into.unwrap_or(column), if stays { ColumnType::Integer } else { ColumnType::Float });
    let to = frame.put(target.clone())?;
    Ok(Box::new(Unit { from, to, target, factor, offset, on_error }))
}

impl Op for Unit {
    fn apply(&mut self, rows: &mut Rows, site: &Site) -> Result<()> {
        let stored = Arc::clone(array(&rows.batch, self.from)?);
        let mut reader = Reader { stored: &stored, faults: Vec::new() };
        let beyond = |_: &str| "beyond the numbers of its type in the new unit".to_owned();
        let linear = |value: f64| Some(value * self.factor + self.offset).filter(|value| value.is_finite());
        let made: ArrayRef = match (stored.as_primitive_opt::<Int64Type>(), stored.as_primitive_opt::<Float64Type>()) {
            (Some(integers), _) if self.target.column_type == ColumnType::Integer => {
                let (factor, offset) = (whole(self.factor).unwrap_or(1), whole(self.offset).unwrap_or(0));
                let read = |value: i64| value.checked_mul(factor)?.checked_add(offset);
                Arc::new(reader.read(integers.iter(), beyond, read).into_iter().collect::<Int64Array>())
            }
            (Some(integers), _) => Arc::new(reader.read(integers.iter(), beyond, |value| linear(value as f64)).into_iter().collect::<Float64Array>()),
            (_, Some(floats)) => Arc::new(reader.read(floats.iter(), beyond, linear).into_iter().collect::<Float64Array>()),
            _ => return Err(Error::internal(format!("{} has no unit", stored.data_type()))),
        };
        let name = rows.name(self.from);
        let faults = reader.faults.into_iter().map(|fault| Fault { column: name.clone(), ..fault }).collect();
        rows.put(self.to, &self.target, made)?;
        site.settle(rows, faults, self.on_error)
    }
}
