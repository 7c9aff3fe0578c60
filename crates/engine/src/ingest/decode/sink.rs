//! One column on its way into a batch: values of text or JSON go in, an Arrow array comes out. It also watches whether
//! the values agree with the type, because an inferred type has to give way.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringViewBuilder, TimestampMicrosecondBuilder};

use super::json_rows::Scalar;
use super::split::Cell;
use super::value::{self, lenient};
use crate::catalog::{Column, ColumnType, Promotion};

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
    /// The type that holds every value seen so far, and the line of the first that disagreed.
    observed: Option<ColumnType>,
    disagreed_at: Option<u64>,
    values: Values,
}

enum Values {
    Boolean(BooleanBuilder),
    Integer(Int64Builder),
    Float(Float64Builder),
    String(StringViewBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
}

/// A text that is no value.
pub(crate) struct Misfit;

/// Reads one cell that the fast way did not take: it may be null, padded, quoted within or written leniently.
fn read_slowly<T>(column_type: ColumnType, declared: bool, text: &[u8], strict: impl Fn(&[u8]) -> Option<T>, lenient: impl Fn(&[u8]) -> Option<T>) -> Result<Option<T>, Misfit> {
    let trimmed = value::trim(text);
    if value::is_null(column_type, trimmed, true) {
        return Ok(None);
    }
    strict(trimmed).or_else(|| if declared { lenient(trimmed) } else { None }).map(Some).ok_or(Misfit)
}

/// Puts a column of cells into a builder; returns the first misfit of an inferred column.
macro_rules! fill_cells {
    ($builder:expr, $cells:expr, $text:expr, $kind:expr, $declared:expr, $strict:path, $lenient:path, $misfits:expr) => {
        for (row, cell) in $cells.enumerate() {
            let raw: &[u8] = $text.as_bytes().get(cell.range()).unwrap_or_default();
            if let Some(found) = $strict(raw) {
                $builder.append_value(found);
                continue;
            }
            let content = if cell.is_escaped() { unescape(raw) } else { Cow::Borrowed(raw) };
            match read_slowly($kind, $declared, &content, $strict, $lenient) {
                Ok(found) => $builder.append_option(found),
                Err(Misfit) => {
                    $builder.append_null();
                    $misfits.push(row);
                    if !$declared {
                        return;
                    }
                }
            }
        }
    };
}

/// The content of a quoted cell: doubled quotes become one.
pub(crate) fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut content = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        content.extend_from_slice(rest.get(..=quote).unwrap_or_default());
        rest = rest.get(quote + 2..).unwrap_or_default();
    }
    content.extend_from_slice(rest);
    Cow::Owned(content)
}

impl Sink {
    pub(crate) fn new(column: Column, authority: Authority, capacity: usize) -> Self {
        let values = match column.column_type {
            ColumnType::Boolean => Values::Boolean(BooleanBuilder::with_capacity(capacity)),
            ColumnType::Integer => Values::Integer(Int64Builder::with_capacity(capacity)),
            ColumnType::Float => Values::Float(Float64Builder::with_capacity(capacity)),
            ColumnType::String => Values::String(StringViewBuilder::with_capacity(capacity).with_fixed_block_size(256 << 10)),
            ColumnType::Date => Values::Date(Date32Builder::with_capacity(capacity)),
            ColumnType::Timestamp => Values::Timestamp(TimestampMicrosecondBuilder::with_capacity(capacity).with_timezone("UTC")),
        };
        let observed = (authority != Authority::Undetermined).then_some(column.column_type);
        Self { column, authority, observed, disagreed_at: None, values }
    }

    pub(crate) fn is_declared(&self) -> bool {
        self.authority == Authority::Declared
    }

    /// Whether values of text must still be shown to `observe_text` while they are appended.
    pub(crate) fn is_open(&self) -> bool {
        self.authority == Authority::Undetermined && self.observed != Some(ColumnType::String)
    }

    /// Appends one cell of every row. `misfits` gets the rows (counted from 0) whose cell does not fit; they are null then.
    /// An inferred column stops at the first, because then its array is void.
    pub(crate) fn append_cells<'c>(&mut self, cells: impl Iterator<Item = &'c Cell>, text: &str, misfits: &mut Vec<usize>) {
        let declared = self.is_declared();
        let kind = self.column.column_type;
        match &mut self.values {
            Values::Boolean(builder) => fill_cells!(builder, cells, text, kind, declared, value::boolean, lenient::boolean, misfits),
            Values::Integer(builder) => fill_cells!(builder, cells, text, kind, declared, value::integer, lenient::integer, misfits),
            Values::Float(builder) => fill_cells!(builder, cells, text, kind, declared, value::float, lenient::float, misfits),
            Values::Date(builder) => fill_cells!(builder, cells, text, kind, declared, value::date, lenient::date, misfits),
            Values::Timestamp(builder) => fill_cells!(builder, cells, text, kind, declared, value::timestamp, lenient::timestamp, misfits),
            Values::String(builder) => {
                for cell in cells {
                    let raw = text.get(cell.range()).unwrap_or_default();
                    if value::is_null(ColumnType::String, raw.as_bytes(), cell.is_quoted()) {
                        builder.append_null();
                    } else if cell.is_escaped() {
                        builder.append_value(raw.replace("\"\"", "\""));
                    } else {
                        builder.append_value(raw);
                    }
                }
            }
        }
    }

    /// Appends one value of JSON; a misfit is null then.
    pub(crate) fn append_scalar(&mut self, scalar: &Scalar<'_>) -> Result<(), Misfit> {
        let declared = self.is_declared();
        let kind = self.column.column_type;
        macro_rules! append {
            ($builder:expr, $found:expr) => {{
                let found = $found;
                match found {
                    Ok(found) => {
                        $builder.append_option(found);
                        Ok(())
                    }
                    Err(Misfit) => {
                        $builder.append_null();
                        Err(Misfit)
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
                    Scalar::Text(text) if declared => read_slowly(kind, true, text.as_bytes(), value::boolean, lenient::boolean),
                    // A text that says nothing of a type is no value.
                    Scalar::Text(_) if scalar.column_type().is_none() => Ok(None),
                    _ => Err(Misfit),
                }
            ),
            Values::Integer(builder) => append!(
                builder,
                match scalar {
                    Scalar::Null => Ok(None),
                    Scalar::Integer(found) => Ok(Some(*found)),
                    Scalar::Float(found) if declared => lenient::integer(found.to_string().as_bytes()).map(Some).ok_or(Misfit),
                    Scalar::Text(text) if declared => read_slowly(kind, true, text.as_bytes(), value::integer, lenient::integer),
                    // A text that says nothing of a type is no value.
                    Scalar::Text(_) if scalar.column_type().is_none() => Ok(None),
                    _ => Err(Misfit),
                }
            ),
            Values::Float(builder) => append!(
                builder,
                match scalar {
                    Scalar::Null => Ok(None),
                    Scalar::Integer(found) => Ok(Some(*found as f64)),
                    Scalar::Large(found) => Ok(Some(*found as f64)),
                    Scalar::Float(found) => Ok(Some(*found)),
                    Scalar::Text(text) if declared => read_slowly(kind, true, text.as_bytes(), value::float, lenient::float),
                    // A text that says nothing of a type is no value.
                    Scalar::Text(_) if scalar.column_type().is_none() => Ok(None),
                    _ => Err(Misfit),
                }
            ),
            Values::Date(builder) => append!(
                builder,
                match scalar {
                    Scalar::Null => Ok(None),
                    Scalar::Text(text) => read_slowly(kind, declared, text.as_bytes(), value::date, lenient::date),
                    _ => Err(Misfit),
                }
            ),
            Values::Timestamp(builder) => append!(
                builder,
                match scalar {
                    Scalar::Null => Ok(None),
                    Scalar::Text(text) => read_slowly(kind, declared, text.as_bytes(), value::timestamp, lenient::timestamp),
                    _ => Err(Misfit),
                }
            ),
            Values::String(builder) => {
                match scalar.text() {
                    Some(text) => builder.append_value(text),
                    None => builder.append_null(),
                }
                Ok(())
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
        }
    }

    /// Looks whether a cell agrees with the type so far, and widens that where it does not.
    pub(crate) fn observe_text(&mut self, text: &[u8], line: u64) {
        if self.is_declared() || self.observed == Some(ColumnType::String) {
            return;
        }
        let text = value::trim(text);
        // As long as it is not a string, every token of the other types is null.
        if value::is_null(ColumnType::Integer, text, true) {
            return;
        }
        self.widen(value::widen(self.observed, text), line);
    }

    /// The same for a value of JSON.
    pub(crate) fn observe_scalar(&mut self, scalar: &Scalar<'_>, line: u64) {
        if self.is_declared() || self.observed == Some(ColumnType::String) {
            return;
        }
        if let Some(found) = scalar.column_type() {
            self.widen(self.observed.map_or(found, |observed| observed.promoted_with(found)), line);
        }
    }

    fn widen(&mut self, wider: ColumnType, line: u64) {
        if Some(wider) != self.observed {
            self.observed = Some(wider);
            if wider != self.column.column_type {
                self.disagreed_at.get_or_insert(line);
            }
        }
    }

    /// The type that holds every value, where it is not the one at hand.
    pub(crate) fn promotion(&self) -> Option<Promotion> {
        let to = self.observed.filter(|observed| *observed != self.column.column_type)?;
        Some(Promotion { column: self.column.name.clone(), from: self.column.column_type, to, line: self.disagreed_at.unwrap_or(0) })
    }

    /// The array of what was appended; the sink is empty then.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match &mut self.values {
            Values::Boolean(builder) => Arc::new(builder.finish()),
            Values::Integer(builder) => Arc::new(builder.finish()),
            Values::Float(builder) => Arc::new(builder.finish()),
            Values::String(builder) => Arc::new(builder.finish()),
            Values::Date(builder) => Arc::new(builder.finish()),
            Values::Timestamp(builder) => Arc::new(builder.finish()),
        }
    }
}
