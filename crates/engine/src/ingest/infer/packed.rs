//! A sample of a file of columns: its schema says names and types, the first rows give examples.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Field, Int64Type};

use super::observation::finer_note;
use super::{EXAMPLES_MAX, Found, InferredColumn, Layout, PREVIEW_ROWS, Preview, check_width, shorten};
use crate::catalog::column::FLOAT_EXACT_MAX;
use crate::catalog::convert::{Misfit, convert, convert_as, finer_than_micros, misfits, show};
use crate::catalog::exact::{Rounding, may_be_rounded};
use crate::catalog::{Column, ColumnType, DatasetSchema};
use crate::error::{Error, Result};
use crate::ingest::decode::Spooled;
use crate::ingest::decode::columnar::Columnar;
use crate::ingest::decode::plain_size::RowSizes;
use crate::ingest::decode::value;

const SAMPLE_ROWS: usize = 1_000;
/// Plain bytes of the rows that are looked at, unless the first has more: one value may stand in all of them.
const SAMPLE_BYTES: u64 = 32 << 20;

/// Looks at a file. Where it has just the columns of a dataset, all of which are `known`, its rows have nothing to add: no examples
/// are taken then, which would cost as much as decoding a page of each column.
pub(super) fn infer(source: &Spooled, format: Columnar, known: Option<&DatasetSchema>) -> Result<Found> {
    let mut file = format.open(source, Some(SAMPLE_ROWS))?;
    let schema = file.schema().clone();
    if schema.fields().is_empty() {
        return Err(Error::invalid(format!("{}: the {} file has no columns; write it anew", source.name(), format.as_str())));
    }
    check_width(source.name(), schema.fields().len())?;
    let is_known = known.is_some_and(|known| schema.fields().iter().all(|field| is_of(known, field)));
    let batch = if is_known { None } else { format.read(source.name(), &mut *file, 0)?.map(|batch| batch.slice(0, RowSizes::of(&batch).within(0, SAMPLE_ROWS, SAMPLE_BYTES).0)) };
    let rows = batch.as_ref().map_or(0, |batch| batch.num_rows());
    let mut preview = Preview { columns: schema.fields().iter().map(|field| field.name().clone()).collect(), rows: vec![Vec::new(); rows.min(PREVIEW_ROWS)] };
    let (mut columns, mut warnings) = (Vec::new(), Vec::new());
    for (index, field) in schema.fields().iter().enumerate() {
        // Every type was checked when the file was opened.
        let ours = Column::from_field(field).unwrap_or_else(|| Column::new(field.name(), ColumnType::String));
        let mut examples: Vec<String> = Vec::new();
        if let Some(batch) = &batch {
            let array = converted(source, format, batch.column(index), &ours)?;
            for row in 0..rows {
                let text = if array.is_null(row) { String::new() } else { shorten(show(&array, row)) };
                if array.is_valid(row) && examples.len() < EXAMPLES_MAX && !examples.contains(&text) {
                    examples.push(text.clone());
                }
                match preview.rows.get_mut(row) {
                    Some(cells) => cells.push(text),
                    None if examples.len() >= EXAMPLES_MAX => break,
                    None => {}
                }
            }
        }
        if let Some(batch) = batch.as_ref().filter(|_| ours.column_type == ColumnType::Float && may_be_rounded(field.data_type())) {
            let exact = convert_as(batch.column(index), &ours, Rounding::Refused)?;
            let long = misfits(batch.column(index), &exact, &ours).len();
            if long > 0 {
                let name = field.name();
                warnings.push(format!(
                    "{long} of the first {rows} rows have a number in column {name:?} that a float would round; they will be rejected, unless it is declared as string, to keep all digits, or as float"
                ));
            }
        }
        let narrow = match ours.column_type {
            ColumnType::Float => Some(ColumnType::Integer),
            ColumnType::Timestamp => Some(ColumnType::Date),
            _ => None,
        };
        let (mut needs_width, mut beyond) = (false, None);
        if let (Some(narrow), Some(batch)) = (narrow, &batch) {
            let narrow = Column::new(field.name(), narrow);
            let made = converted(source, format, batch.column(index), &narrow)?;
            let unfit = misfits(batch.column(index), &made, &narrow);
            // Floats are what they are, however large. A decimal is exact, and may be a whole number that is too long.
            let is_decimal = field.data_type().is_decimal();
            let is_long = |misfit: &Misfit| is_decimal && value::is_whole_number(misfit.value.as_bytes());
            needs_width = unfit.iter().any(|misfit| !is_long(misfit));
            beyond = unfit.iter().find(|misfit| is_long(misfit)).map(|misfit| misfit.value.clone());
            if is_decimal && beyond.is_none() {
                beyond = beyond_floats(&made);
            }
        }
        let finer = batch.as_ref().map_or(0, |batch| finer_than_micros(batch.column(index)));
        let notes = if finer > 0 { vec![finer_note(field.name(), finer)] } else { Vec::new() };
        let Column { name, column_type, fields } = ours;
        let (nullable, null_tokens, undetermined) = (field.is_nullable(), Vec::new(), false);
        columns.push(InferredColumn { name, column_type, fields, nullable, null_tokens, examples, undetermined, needs_width, beyond, notes });
    }
    Ok(Found { layout: Layout::Columnar(format), header: true, rows: rows as u64, columns, preview, warnings, sheet: None })
}

/// Values as those of a column of ours; what cannot be read so is the file's fault.
fn converted(source: &Spooled, format: Columnar, stored: &ArrayRef, column: &Column) -> Result<ArrayRef> {
    convert(stored, column).map_err(|error| {
        let (name, field, format) = (source.name(), &column.name, format.as_str());
        Error::invalid(format!("{name}: column {field:?} of the {format} type {} has values that cannot be read: {}; write it anew", stored.data_type(), error.message()))
            .because(error)
    })
}

/// Whether a dataset has such a column.
fn is_of(known: &DatasetSchema, field: &Field) -> bool {
    known.get(field.name()).zip(Column::from_field(field)).is_some_and(|(known, stored)| *known == stored)
}

/// The first of some whole numbers that a float would round.
fn beyond_floats(whole: &ArrayRef) -> Option<String> {
    let found = whole.as_primitive_opt::<Int64Type>()?.iter().flatten().find(|value| value.unsigned_abs() > FLOAT_EXACT_MAX);
    found.map(|value| value.to_string())
}
