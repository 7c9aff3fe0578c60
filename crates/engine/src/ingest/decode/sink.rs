//! One column on its way into a batch: values of text or JSON go in, an Arrow array comes out. It also watches whether
//! the values agree with the type, because an inferred type has to give way.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, ListArray, NullBufferBuilder, StringViewBuilder, StructArray, TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::Field;
use serde_json::Value;

use super::json_numbers::{PathStep, is_nearest, long_numbers, losing, lost_digits, shown};
use super::json_rows::{Scalar, read_value};
use super::nulls::Nulls;
use super::shape::Shape;
use super::split::{Cell, Signs};
use super::tally::shorten_value;
use super::value::{self, lenient};
use crate::catalog::column::ELEMENT;
use crate::catalog::exact::{Rounding, Rounds};
use crate::catalog::{Column, ColumnType, Promotion};
use crate::error::{Result as LoadResult, near_names};

/// Values for which there is room at first inside of structs and lists.
const INNER_CAPACITY: usize = 1_024;

/// Where the type of a column comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authority {
    /// Somebody said so: a value that does not fit is at fault.
    Declared,
    /// A sample said so: a value that does not fit promotes the column.
    Inferred,
    /// The sample had no value; the first values decide. Until then the type is string.
    Undetermined,
}

/// A column of the target.
pub(crate) struct Sink {
    pub column: Column,
    authority: Authority,
    /// What holds every value seen so far, and the line of the first that disagreed.
    observed: Option<Shape>,
    disagreed_at: Option<u64>,
    /// Whether a misfit becomes null and its row stays.
    nulling: bool,
    /// Whether whole numbers that no float gives back may be rounded, and of what is inside which.
    rounding: bool,
    rounds: Rounds,
    /// How its cells and texts are written.
    nulls: Nulls,
    signs: Signs,
    values: Values,
}

enum Values {
    Boolean(BooleanBuilder),
    Integer(Int64Builder),
    Float(Float64Builder),
    String(StringViewBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Struct { fields: Vec<Sink>, nulls: NullBufferBuilder },
    List { element: Box<Sink>, offsets: Vec<i32>, nulls: NullBufferBuilder },
}

/// A text that is no value, or a value that is none of the type.
pub(crate) struct Misfit {
    /// Where it is something inside of a struct or list that does not fit.
    pub inside: Option<Box<Inside>>,
    /// Whether it is a number of the type but for its last digits, so that no other type would hold it and all others.
    pub is_rounded: bool,
}

/// What does not fit inside of a struct or list.
pub(crate) struct Inside {
    /// The way to it: `.zip`, `[2].zip`.
    pub way: String,
    pub value: String,
    pub reason: String,
}

impl Misfit {
    const HERE: Self = Self { inside: None, is_rounded: false };
    const ROUNDED: Self = Self { inside: None, is_rounded: true };

    /// The first of two in one row, which is rounded if both are.
    fn and(first: Option<Self>, other: Self) -> Self {
        match first {
            Some(first) => Self { is_rounded: first.is_rounded && other.is_rounded, ..first },
            None => other,
        }
    }

    /// The same, seen from the struct or list around it.
    fn within(self, step: &str, column_type: ColumnType, scalar: &Scalar<'_>) -> Self {
        let inside = match self.inside {
            Some(inside) => Inside { way: format!("{step}{}", inside.way), ..*inside },
            None => {
                let text = scalar.text().unwrap_or_default();
                Inside { way: step.to_owned(), value: shorten_value(text.as_bytes()), reason: reason(column_type, scalar, &text) }
            }
        };
        Self { inside: Some(Box::new(inside)), is_rounded: self.is_rounded }
    }
}

/// Why a value of JSON does not fit a type.
pub(crate) fn reason(column_type: ColumnType, scalar: &Scalar<'_>, text: &str) -> String {
    match (scalar, column_type) {
        (_, ColumnType::Struct) => "not an object; the column holds objects".to_owned(),
        (_, ColumnType::List) => "not an array; the column holds arrays".to_owned(),
        (Scalar::Nested(_), _) => format!("an object or array does not fit the type {column_type}; declare the column as string to keep its JSON"),
        _ => value::misfit(column_type, text.as_bytes()).to_owned(),
    }
}

/// Reads one cell that the fast way did not take: it may be null, padded, quoted within or written leniently.
fn read_slowly<T>(
    nulls: &Nulls,
    column_type: ColumnType,
    declared: bool,
    text: &[u8],
    strict: impl Fn(&[u8]) -> Option<T>,
    lenient: impl Fn(&[u8]) -> Option<T>,
) -> Result<Option<T>, Misfit> {
    let trimmed = value::trim(text);
    if nulls.hold(column_type, trimmed, true) {
        return Ok(None);
    }
    strict(trimmed).or_else(|| if declared { lenient(trimmed) } else { None }).map(Some).ok_or(Misfit::HERE)
}

/// Puts a column of cells into a builder; ends with true at the first misfit of an inferred column, unless it is only rounded.
macro_rules! fill_cells {
    ($builder:expr, $cells:expr, $text:expr, $how:expr, $kind:expr, $declared:expr, $strict:path, $lenient:path, $misfits:expr) => {{
        let (nulls, signs): (&Nulls, Signs) = $how;
        let named = nulls.are_named();
        for (row, cell) in $cells.enumerate() {
            let raw: &[u8] = $text.as_bytes().get(cell.range()).unwrap_or_default();
            if !named && let Some(found) = $strict(raw) {
                $builder.append_value(found);
                continue;
            }
            let content = if cell.is_escaped() { signs.unescape(raw) } else { Cow::Borrowed(raw) };
            match read_slowly(nulls, $kind, $declared, &content, $strict, $lenient) {
                Ok(found) => $builder.append_option(found),
                Err(Misfit { .. }) => {
                    $builder.append_null();
                    $misfits.push(row);
                    if !$declared && !($kind == ColumnType::Float && value::float(value::trim(&content)).is_some()) {
                        return true;
                    }
                }
            }
        }
    }};
}

/// Appends one value to each field; a key that no field has does not fit.
fn append_fields(fields: &mut [Sink], object: &Value) -> Result<(), Misfit> {
    let mut fault = None;
    let mut known = 0;
    for field in fields.iter_mut() {
        let Some(value) = object.get(&field.column.name) else {
            field.append_nulls(1);
            continue;
        };
        known += 1;
        let scalar = Scalar::of(value);
        if let Err(misfit) = field.append_scalar(&scalar) {
            let step = format!(".{}", field.column.name);
            fault = Some(Misfit::and(fault, misfit.within(&step, field.column.column_type, &scalar)));
        }
    }
    let keys = object.as_object().into_iter().flatten();
    if known < keys.clone().count() {
        let names: Vec<&str> = fields.iter().map(|field| field.column.name.as_str()).collect();
        if let Some((key, value)) = keys.into_iter().find(|(key, _)| !names.contains(&key.as_str())) {
            let text = Scalar::of(value).text().unwrap_or_default().into_owned();
            let reason = format!("the struct has no such field{}", near_names(key, names.iter().copied()));
            let inside = Inside { way: format!(".{key}"), value: shorten_value(text.as_bytes()), reason };
            fault = Some(Misfit::and(fault, Misfit { inside: Some(Box::new(inside)), is_rounded: false }));
        }
    }
    fault.map_or(Ok(()), Err)
}

fn append_elements(element: &mut Sink, values: &[Value]) -> Result<(), Misfit> {
    let mut fault = None;
    for (index, value) in values.iter().enumerate() {
        let scalar = Scalar::of(value);
        if let Err(misfit) = element.append_scalar(&scalar) {
            fault = Some(Misfit::and(fault, misfit.within(&format!("[{index}]"), element.column.column_type, &scalar)));
        }
    }
    fault.map_or(Ok(()), Err)
}

impl Sink {
    pub(crate) fn new(column: Column, authority: Authority, capacity: usize) -> Self {
        // What is inside of a column is never open by itself.
        let inner = if authority == Authority::Declared { Authority::Declared } else { Authority::Inferred };
        let inside = |column: &Column| Self::new(column.clone(), inner, INNER_CAPACITY);
        let values = match column.column_type {
            ColumnType::Boolean => Values::Boolean(BooleanBuilder::with_capacity(capacity)),
            ColumnType::Integer => Values::Integer(Int64Builder::with_capacity(capacity)),
            ColumnType::Float => Values::Float(Float64Builder::with_capacity(capacity)),
            ColumnType::String => Values::String(StringViewBuilder::with_capacity(capacity).with_fixed_block_size(256 << 10)),
            ColumnType::Date => Values::Date(Date32Builder::with_capacity(capacity)),
            ColumnType::Timestamp => Values::Timestamp(TimestampMicrosecondBuilder::with_capacity(capacity).with_timezone("UTC")),
            ColumnType::Struct => Values::Struct { fields: column.fields.iter().map(inside).collect(), nulls: NullBufferBuilder::new(capacity) },
            ColumnType::List => {
                let element = column.fields.first().map_or_else(|| inside(&Column::new(ELEMENT, ColumnType::String)), inside);
                Values::List { element: Box::new(element), offsets: vec![0], nulls: NullBufferBuilder::new(capacity) }
            }
        };
        let observed = (authority != Authority::Undetermined).then(|| Shape::of_column(&column));
        Self { column, authority, observed, disagreed_at: None, nulling: false, rounding: true, rounds: Rounds::All, nulls: Nulls::default(), signs: Signs::default(), values }
    }

    /// Says how its cells and texts are written.
    pub(crate) fn reading(mut self, nulls: &Nulls, signs: Signs) -> Self {
        (self.nulls, self.signs) = (nulls.clone(), signs);
        self
    }

    /// Says what of it may be rounded where no float gives a whole number back.
    pub(crate) fn rounding(mut self, rounds: Rounds) -> Self {
        self.set_rounding(rounds);
        self
    }

    fn set_rounding(&mut self, rounds: Rounds) {
        self.rounding = rounds.here() == Rounding::Allowed;
        match &mut self.values {
            Values::Struct { fields, .. } => fields.iter_mut().for_each(|field| field.set_rounding(rounds.of_field(&field.column.name))),
            Values::List { element, .. } => element.set_rounding(rounds.clone()),
            _ => {}
        }
        self.rounds = rounds;
    }

    /// Whether it loses digits of a number of which the reader of JSON gives the nearest float alone: then how many steps of the way lead to
    /// the value that is not what it was.
    pub(crate) fn losing(&self, way: &[PathStep], number: &str) -> Option<usize> {
        if self.is_open() {
            // Its type is not known yet, and a number would make it one of floats.
            return (!is_nearest(number)).then_some(0);
        }
        losing(&self.column, way, number, self.is_declared(), &self.rounds)
    }

    /// What of a cell that holds JSON does not fit because digits of it would be lost.
    pub(crate) fn lost_inside(&self, cell: &[u8]) -> Option<Inside> {
        read_value(value::trim(cell)).ok()?;
        long_numbers(cell).find_map(|long| {
            let way = long.way.get(..self.losing(&long.way, long.number)?)?;
            Some(Inside { way: shown(way), value: shorten_value(long.number.as_bytes()), reason: lost_digits(long.number).to_owned() })
        })
    }

    /// Says whether a misfit becomes null and its row stays.
    pub(crate) fn nulling(mut self, nulling: bool) -> Self {
        self.nulling = nulling && self.is_declared();
        self
    }

    /// Whether a misfit, which is null as it is, is nobody's fault.
    pub(crate) fn is_nulling(&self) -> bool {
        self.nulling
    }

    pub(crate) fn is_declared(&self) -> bool {
        self.authority == Authority::Declared
    }

    /// Whether values of text must still be shown to `observe_text` while they are appended.
    pub(crate) fn is_open(&self) -> bool {
        self.authority == Authority::Undetermined && !self.is_text()
    }

    /// Appends one cell of every row. `misfits` gets the rows (counted from 0) whose cell does not fit; they are null then.
    /// An inferred column stops at the first that asks for another type: it is said that its array is void then.
    pub(crate) fn append_cells<'c>(&mut self, cells: impl Iterator<Item = &'c Cell>, text: &str, misfits: &mut Vec<usize>) -> bool {
        let declared = self.is_declared();
        let kind = self.column.column_type;
        if kind.is_nested() {
            for (row, cell) in cells.enumerate() {
                let raw = text.as_bytes().get(cell.range()).unwrap_or_default();
                let content = if cell.is_escaped() { self.signs.unescape(raw) } else { Cow::Borrowed(raw) };
                if let Err(misfit) = self.append_json_cell(&content, cell.is_quoted()) {
                    misfits.push(row);
                    if !declared && !misfit.is_rounded {
                        return true;
                    }
                }
            }
            return false;
        }
        match &mut self.values {
            // Handled above.
            Values::Struct { .. } | Values::List { .. } => {}
            Values::Boolean(builder) => fill_cells!(builder, cells, text, (&self.nulls, self.signs), kind, declared, value::boolean, lenient::boolean, misfits),
            Values::Integer(builder) => fill_cells!(builder, cells, text, (&self.nulls, self.signs), kind, declared, value::integer, lenient::integer, misfits),
            Values::Float(builder) if !self.rounding => {
                fill_cells!(builder, cells, text, (&self.nulls, self.signs), kind, declared, value::exact_float, lenient::exact_float, misfits);
            }
            Values::Float(builder) => fill_cells!(builder, cells, text, (&self.nulls, self.signs), kind, declared, value::float, lenient::float, misfits),
            Values::Date(builder) => fill_cells!(builder, cells, text, (&self.nulls, self.signs), kind, declared, value::date, lenient::date, misfits),
            Values::Timestamp(builder) => fill_cells!(builder, cells, text, (&self.nulls, self.signs), kind, declared, value::timestamp, lenient::timestamp, misfits),
            Values::String(builder) => {
                for cell in cells {
                    let raw = text.get(cell.range()).unwrap_or_default();
                    if self.nulls.hold(ColumnType::String, raw.as_bytes(), cell.is_quoted()) {
                        builder.append_null();
                    } else if cell.is_escaped() {
                        builder.append_value(String::from_utf8_lossy(&self.signs.unescape(raw.as_bytes())));
                    } else {
                        builder.append_value(raw);
                    }
                }
            }
        }
        false
    }

    /// Appends one value of JSON; a misfit is null then.
    pub(crate) fn append_scalar(&mut self, scalar: &Scalar<'_>) -> Result<(), Misfit> {
        let declared = self.is_declared();
        let kind = self.column.column_type;
        let (named, rounding) = (self.nulls.are_named(), self.rounding);
        let is_null = match scalar {
            Scalar::Text(text) if kind != ColumnType::String => self.nulls.hold(ColumnType::Integer, value::trim(text.as_bytes()), true),
            _ => self.nulls.name(scalar),
        };
        if is_null {
            self.append_nulls(1);
            return Ok(());
        }
        macro_rules! append {
            ($builder:expr, $found:expr) => {{
                let found = $found;
                match found {
                    Ok(found) => {
                        $builder.append_option(found);
                        Ok(())
                    }
                    Err(misfit) => {
                        $builder.append_null();
                        Err(misfit)
                    }
                }
            }};
        }
        match &mut self.values {
            Values::Boolean(builder) => append!(
                builder,
                match scalar {
                    Scalar::Null => Ok(None),
                    Scalar::Boolean(found) => Ok(Some(*found)),
                    Scalar::Integer(found @ 0..=1) if declared => Ok(Some(*found == 1)),
                    Scalar::Text(text) if declared => read_slowly(&self.nulls, kind, true, text.as_bytes(), value::boolean, lenient::boolean),
                    // A text that says nothing of a type is no value.
                    Scalar::Text(_) if !named && scalar.column_type().is_none() => Ok(None),
                    _ => Err(Misfit::HERE),
                }
            ),
            Values::Integer(builder) => append!(
                builder,
                match scalar {
                    Scalar::Null => Ok(None),
                    Scalar::Integer(found) => Ok(Some(*found)),
                    Scalar::Float(found) if declared => lenient::integer(found.to_string().as_bytes()).map(Some).ok_or(Misfit::HERE),
                    Scalar::Text(text) if declared => read_slowly(&self.nulls, kind, true, text.as_bytes(), value::integer, lenient::integer),
                    // A text that says nothing of a type is no value.
                    Scalar::Text(_) if !named && scalar.column_type().is_none() => Ok(None),
                    _ => Err(Misfit::HERE),
                }
            ),
            Values::Float(builder) => append!(
                builder,
                match scalar {
                    Scalar::Null => Ok(None),
                    Scalar::Integer(found) if rounding || value::is_exact(i128::from(*found)) => Ok(Some(*found as f64)),
                    Scalar::Large(found) if rounding || value::is_exact(i128::from(*found)) => Ok(Some(*found as f64)),
                    Scalar::Integer(_) | Scalar::Large(_) => Err(Misfit::ROUNDED),
                    Scalar::Float(found) => Ok(Some(*found)),
                    Scalar::Text(text) if declared && !rounding => read_slowly(&self.nulls, kind, true, text.as_bytes(), value::exact_float, lenient::exact_float),
                    Scalar::Text(text) if declared => read_slowly(&self.nulls, kind, true, text.as_bytes(), value::float, lenient::float),
                    // A text that says nothing of a type is no value.
                    Scalar::Text(_) if !named && scalar.column_type().is_none() => Ok(None),
                    _ => Err(Misfit::HERE),
                }
            ),
            Values::Date(builder) => append!(
                builder,
                match scalar {
                    Scalar::Null => Ok(None),
                    Scalar::Text(text) => read_slowly(&self.nulls, kind, declared, text.as_bytes(), value::date, lenient::date),
                    _ => Err(Misfit::HERE),
                }
            ),
            Values::Timestamp(builder) => append!(
                builder,
                match scalar {
                    Scalar::Null => Ok(None),
                    Scalar::Text(text) => read_slowly(&self.nulls, kind, declared, text.as_bytes(), value::timestamp, lenient::timestamp),
                    _ => Err(Misfit::HERE),
                }
            ),
            Values::String(builder) => {
                match scalar.text() {
                    Some(text) => builder.append_value(text),
                    None => builder.append_null(),
                }
                Ok(())
            }
            Values::Struct { fields, nulls } => match scalar {
                Scalar::Nested(value) if value.is_object() => {
                    nulls.append_non_null();
                    append_fields(fields, value)
                }
                _ => {
                    fields.iter_mut().for_each(|field| field.append_nulls(1));
                    nulls.append_null();
                    if *scalar == Scalar::Null { Ok(()) } else { Err(Misfit::HERE) }
                }
            },
            Values::List { element, offsets, nulls } => {
                let last = offsets.last().copied().unwrap_or(0);
                let values = if let Scalar::Nested(value) = scalar { value.as_array() } else { None };
                let Some(values) = values else {
                    offsets.push(last);
                    nulls.append_null();
                    return if *scalar == Scalar::Null { Ok(()) } else { Err(Misfit::HERE) };
                };
                nulls.append_non_null();
                offsets.push(last.saturating_add(i32::try_from(values.len()).unwrap_or(i32::MAX)));
                append_elements(element, values)
            }
        }
    }

    /// Appends cells of delimited text to a struct or list: they hold its JSON.
    fn append_json_cell(&mut self, cell: &[u8], quoted: bool) -> Result<(), Misfit> {
        let text = value::trim(cell);
        if self.nulls.hold(ColumnType::String, text, false) || (quoted && text.is_empty()) {
            return self.append_scalar(&Scalar::Null);
        }
        match read_value(text) {
            Ok(mut value) => {
                let mut is_lost = false;
                for long in long_numbers(text) {
                    if let Some(depth) = self.losing(&long.way, long.number) {
                        value.forget(long.way.get(..depth).unwrap_or_default());
                        is_lost = true;
                    }
                }
                self.append_scalar(&value)?;
                if is_lost { Err(Misfit::HERE) } else { Ok(()) }
            }
            Err(_) => {
                self.append_nulls(1);
                Err(Misfit::HERE)
            }
        }
    }

    /// Appends a null for each row of a column that the file lacks.
    pub(crate) fn append_nulls(&mut self, rows: usize) {
        match &mut self.values {
            Values::Boolean(builder) => builder.append_nulls(rows),
            Values::Integer(builder) => builder.append_nulls(rows),
            Values::Float(builder) => builder.append_nulls(rows),
            Values::Date(builder) => builder.append_nulls(rows),
            Values::Timestamp(builder) => builder.append_nulls(rows),
            Values::String(builder) => (0..rows).for_each(|_| builder.append_null()),
            Values::Struct { fields, nulls } => {
                fields.iter_mut().for_each(|field| field.append_nulls(rows));
                nulls.append_n_nulls(rows);
            }
            Values::List { offsets, nulls, .. } => {
                let last = offsets.last().copied().unwrap_or(0);
                offsets.resize(offsets.len() + rows, last);
                nulls.append_n_nulls(rows);
            }
        }
    }

    /// Looks whether a cell agrees with the type so far, and widens that where it does not.
    pub(crate) fn observe_text(&mut self, text: &[u8], line: u64) {
        if self.is_declared() || self.is_text() {
            return;
        }
        let text = value::trim(text);
        // As long as it is not a string, every token of the other types is null.
        if self.nulls.hold(ColumnType::Integer, text, true) {
            return;
        }
        let wider = match &self.observed {
            None => Shape::Plain(value::classify(text)),
            Some(Shape::Plain(observed)) => Shape::Plain(value::widen(Some(*observed), text)),
            // Only JSON has nested values.
            Some(_) => Shape::Plain(ColumnType::String),
        };
        self.widen(wider, line);
    }

    /// The same for a value of JSON.
    pub(crate) fn observe_scalar(&mut self, scalar: &Scalar<'_>, line: u64) {
        if self.is_declared() || self.is_text() {
            return;
        }
        if self.nulls.name(scalar) {
            return;
        }
        if let Some(found) = self.nulls.shape_of(scalar) {
            let wider = match &self.observed {
                None => found,
                Some(observed) => observed.clone().with(found),
            };
            self.widen(wider, line);
        }
    }

    /// Whether it holds any value, so that there is nothing more to observe.
    fn is_text(&self) -> bool {
        self.observed == Some(Shape::Plain(ColumnType::String))
    }

    fn widen(&mut self, wider: Shape, line: u64) {
        if self.observed.as_ref() != Some(&wider) {
            if wider.column(&self.column.name) != self.column {
                self.disagreed_at.get_or_insert(line);
            }
            self.observed = Some(wider);
        }
    }

    /// The type that holds every value, where it is not the one at hand.
    pub(crate) fn promotion(&self) -> Option<Promotion> {
        let wider = self.observed.as_ref()?.column(&self.column.name);
        if wider == self.column {
            return None;
        }
        let Column { name, column_type, fields } = wider;
        Some(Promotion { column: name, from: self.column.column_type, to: column_type, fields, line: self.disagreed_at.unwrap_or(0) })
    }

    /// The array of what was appended; the sink is empty then.
    pub(crate) fn finish(&mut self) -> LoadResult<ArrayRef> {
        Ok(match &mut self.values {
            Values::Boolean(builder) => Arc::new(builder.finish()),
            Values::Integer(builder) => Arc::new(builder.finish()),
            Values::Float(builder) => Arc::new(builder.finish()),
            Values::String(builder) => Arc::new(builder.finish()),
            Values::Date(builder) => Arc::new(builder.finish()),
            Values::Timestamp(builder) => Arc::new(builder.finish()),
            Values::Struct { fields, nulls } => {
                let inner = fields.iter_mut().map(Self::finish).collect::<LoadResult<Vec<_>>>()?;
                Arc::new(StructArray::try_new(fields.iter().map(|field| field.column.field()).collect(), inner, nulls.finish())?)
            }
            Values::List { element, offsets, nulls } => {
                let field = Arc::new(Field::new(ELEMENT, element.column.data_type(), true));
                let offsets = OffsetBuffer::new(std::mem::replace(offsets, vec![0]).into());
                Arc::new(ListArray::try_new(field, offsets, element.finish()?, nulls.finish())?)
            }
        })
    }
}
