//! Formats that bring columns of Arrow types: Parquet, Arrow, Avro. Each opens its files and reads batches; here these are
//! cast to the columns of the target, rows that do not fit are rejected, and large batches are cut. Refuses columns of types
//! that have no place here, by name and type.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, UInt64Array, new_null_array};
use arrow::compute::{filter_record_batch, take_record_batch};
use arrow::datatypes::{DataType, Field, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use serde_json::{Map, Value};

use super::arrow::ArrowSource;
use super::avro::AvroSource;
use super::batch::{BATCH_ROWS, not_in_dataset, schema_of};
use super::compact::compact;
use super::parquet;
use super::plain_size::{Growth, RowSizes};
use super::tally::{Tally, shorten_value};
use super::{DecodeOutcome, DecodeTarget, Decoded, Spooled, value};
use crate::catalog::convert::{convert, convert_as, convert_with, misfits, show};
use crate::catalog::exact::{Rounding, Rounds, may_be_rounded};
use crate::catalog::json::column_to_json;
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result};
use crate::ingest::reject::{REJECTS_MAX, REJECTS_MAX_BYTES};
use crate::ingest::{Progress, Reject};

/// Plain bytes of rows that are cast and handed on together, unless one row has more.
const PIECE_BYTES: u64 = 64 << 20;

/// Which of the formats a file is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Columnar {
    Parquet,
    Arrow,
    Avro,
}

impl Columnar {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow",
            Self::Avro => "Avro",
        }
    }

    /// Opens a file and looks whether its columns can be loaded. At most `limit` rows are wanted.
    ///
    /// # Errors
    /// `Invalid` when the file is broken, or a column is of a type that has no place here.
    pub(crate) fn open(self, source: &Spooled, limit: Option<usize>) -> Result<Box<dyn Batches>> {
        let opened = guarded(self, source.name(), || match self {
            Self::Parquet => parquet::open(source, limit),
            Self::Arrow => ArrowSource::open(source).map(|file| Box::new(file) as Box<dyn Batches>),
            Self::Avro => AvroSource::open(source, limit).map(|file| Box::new(file) as Box<dyn Batches>),
        })?;
        self.check(source.name(), opened.schema())?;
        Ok(opened)
    }

    fn check(self, name: &str, schema: &SchemaRef) -> Result<()> {
        let format = self.as_str();
        let mut places = HashMap::new();
        for (index, field) in schema.fields().iter().enumerate() {
            if Column::from_field(field).is_none() {
                let (column, kind) = (field.name(), field.data_type());
                return Err(Error::invalid(format!("{name}: column {column:?} is of the {format} type {kind}, which cannot be loaded; convert it, or write the file without it")));
            }
            if let Some(earlier) = places.insert(field.name().to_lowercase(), index) {
                return Err(Error::invalid(format!("{name}: columns {} and {} have the same name {:?}; rename one", earlier + 1, index + 1, field.name())));
            }
        }
        Ok(())
    }

    /// The next rows.
    pub(crate) fn read(self, name: &str, file: &mut dyn Batches, rows_before: u64) -> Result<Option<RecordBatch>> {
        guarded(self, name, || file.read(rows_before))
    }
}

/// A file that gives batches.
pub(crate) trait Batches {
    /// Columns and types as stored.
    fn schema(&self) -> &SchemaRef;

    /// The next rows. `rows_before` were read already, for messages.
    fn read(&mut self, rows_before: u64) -> Result<Option<RecordBatch>>;

    /// Rows that the file claims to have, where it does so before they are read.
    fn rows_claimed(&self) -> u64 {
        0
    }

    /// Bytes of the file that are read, when so many rows of it are.
    fn bytes_read(&self, rows: u64) -> u64;
}

/// Runs a reader of another crate over bytes that somebody sent: where it panics, the file is at fault.
pub(crate) fn guarded<T>(format: Columnar, name: &str, read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let (format, what) = (format.as_str(), panic_text(&*panic));
        Err(Error::invalid(format!("{name}: the {format} file is damaged: {what}; write it anew")))
    })
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.and_then(|text| text.lines().next()).unwrap_or("its reader gave up").to_owned()
}

/// Decodes a file of columns.
pub(crate) fn decode(source: &Spooled, format: Columnar, target: &DecodeTarget, progress: &Progress, emit: &mut dyn FnMut(Decoded) -> Result<()>) -> Result<DecodeOutcome> {
    let mut file = format.open(source, None)?;
    let columns: HashMap<&str, &Column> = target.columns.iter().map(|column| (column.name.as_str(), column)).collect();
    for field in file.schema().fields() {
        let column = columns.get(field.name().as_str()).ok_or_else(|| not_in_dataset(source.name(), field.name(), &target.columns))?;
        if let Some(way) = Column::from_field(field).and_then(|stored| unknown_field(&stored, column, &column.name)) {
            return Err(Error::invalid(format!("{}: field {way:?} is not in the dataset; drop it in the file, or load into a new dataset", source.name())));
        }
    }
    let mut tally = Tally::new(source.name(), progress);
    // Each row is a byte at least when it is written out.
    Growth::of(source).add(file.rows_claimed(), source.size(), format.as_str())?;
    let mut growth = Growth::of(source);
    while let Some(batch) = format.read(source.name(), &mut *file, tally.rows())? {
        let mut start = 0;
        let sizes = RowSizes::of(&batch);
        while start < batch.num_rows() {
            progress.check()?;
            // A value that is stored once may stand in every row: what all of them take is counted before any is cast.
            let (rows, bytes) = sizes.within(start, BATCH_ROWS, PIECE_BYTES);
            growth.add(bytes, source.size(), format.as_str())?;
            let piece = batch.slice(start, rows);
            start += rows;
            let decoded = take(source, format, &piece, target, tally.rows(), progress)?;
            tally.add(piece.num_rows(), &decoded.rejects)?;
            emit(decoded)?;
        }
        progress.set_bytes_read(file.bytes_read(tally.rows()).min(source.size()));
    }
    tally.finish()?;
    progress.set_bytes_read(source.size());
    Ok(DecodeOutcome::Complete)
}

/// The first field of a stored struct that the column does not have.
fn unknown_field(stored: &Column, column: &Column, way: &str) -> Option<String> {
    if stored.column_type != column.column_type {
        return None;
    }
    let is_list = column.column_type == crate::catalog::ColumnType::List;
    stored.fields.iter().find_map(|inner| {
        let way = if is_list { format!("{way}[]") } else { format!("{way}.{}", inner.name) };
        match column.fields.iter().find(|known| known.name == inner.name) {
            Some(known) => unknown_field(inner, known, &way),
            None => Some(way),
        }
    })
}

fn take(source: &Spooled, format: Columnar, batch: &RecordBatch, target: &DecodeTarget, rows_before: u64, progress: &Progress) -> Result<Decoded> {
    let mut bad: Vec<Option<Reject>> = Vec::new();
    bad.resize_with(batch.num_rows(), || None);
    let mut arrays = Vec::with_capacity(target.columns.len());
    let mut nulled = 0;
    for (place, column) in target.columns.iter().enumerate() {
        let Some(stored) = batch.column_by_name(&column.name) else {
            arrays.push(new_null_array(&column.data_type(), batch.num_rows()));
            continue;
        };
        let rounds = target.rounding.get(place).cloned().unwrap_or_default();
        let array = convert_with(stored, column, &rounds).and_then(compact).map_err(|error| {
            Error::invalid(format!(
                "{}: column {:?} of the {} type {} cannot be read as {column}: {}; choose another type",
                source.name(),
                column.name,
                format.as_str(),
                stored.data_type(),
                error.message()
            ))
        })?;
        if rounds != Rounds::Nothing && may_be_rounded(stored.data_type()) {
            let exact = convert_as(stored, column, Rounding::Refused)?;
            progress.add_rounded(misfits(stored, &exact, column).len().saturating_sub(misfits(stored, &array, column).len()) as u64);
        }
        if target.nulling.get(place).copied().unwrap_or_default() {
            nulled += misfits(stored, &array, column).len() as u64;
            arrays.push(array);
            continue;
        }
        let unfit = misfits(stored, &array, column);
        // A row is rejected for its first misfit; whether a column should be widened is asked of all.
        if !unfit.is_empty() {
            progress.note_misfit(&column.name);
        }
        for misfit in unfit {
            if let Some(slot) = bad.get_mut(misfit.row).filter(|slot| slot.is_none()) {
                *slot = Some(Reject {
                    line: rows_before + misfit.row as u64 + 1,
                    column: Some(misfit.path),
                    value: Some(shorten_value(misfit.value.as_bytes())),
                    reason: value::misfit(misfit.column_type, misfit.value.as_bytes()).to_owned(),
                    rule: None,
                    // When all of them are known.
                    raw: String::new(),
                });
            }
        }
        arrays.push(array);
    }
    for (raw, reject) in whole_rows(batch, &bad)?.into_iter().zip(bad.iter_mut().flatten()) {
        reject.raw = raw;
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let mut lines = Vec::new();
    if target.lines {
        lines.extend((rows_before + 1..).zip(&bad).filter(|(_, slot)| slot.is_none()).map(|(line, _)| line));
    }
    let mut decoded = RecordBatch::try_new_with_options(Arc::clone(&schema_of(&target.columns)), arrays, &options)?;
    if bad.iter().any(Option::is_some) {
        decoded = filter_record_batch(&decoded, &bad.iter().map(|slot| Some(slot.is_none())).collect::<BooleanArray>())?;
    }
    Ok(Decoded { batch: decoded, rejects: bad.into_iter().flatten().collect(), lines, source: None, nulled })
}

/// Rows that are written as JSON at a time.
const WHOLE_ROWS: usize = 256;

/// The rows that are rejected, in their order, each with all its values as a JSON object: so it can be corrected and loaded again. Of more
/// than a load may reject there is nothing to keep: it ends by that.
fn whole_rows(batch: &RecordBatch, bad: &[Option<Reject>]) -> Result<Vec<String>> {
    let rows: Vec<u64> = (0..).zip(bad).filter(|(_, slot)| slot.is_some()).map(|(row, _)| row).take(REJECTS_MAX + 1).collect();
    let (mut texts, mut bytes) = (Vec::with_capacity(rows.len()), 0);
    for rows in rows.chunks(WHOLE_ROWS) {
        let picked = take_record_batch(batch, &UInt64Array::from(rows.to_vec()))?;
        let mut objects = vec![Map::new(); picked.num_rows()];
        for (field, column) in picked.schema_ref().fields().iter().zip(picked.columns()) {
            for (object, value) in objects.iter_mut().zip(values_of(field.name(), column)) {
                if !value.is_null() {
                    object.insert(field.name().clone(), value);
                }
            }
        }
        for object in objects {
            let text = Value::Object(object).to_string();
            bytes += text.len();
            texts.push(text);
            if bytes > REJECTS_MAX_BYTES {
                return Ok(texts);
            }
        }
    }
    Ok(texts)
}

/// The values of a stored column as JSON. What JSON would lose something of is text: numbers that no type of ours holds, decimals.
fn values_of(name: &str, stored: &ArrayRef) -> Vec<Value> {
    let natural = Column::from_field(&Field::new(name, stored.data_type().clone(), true)).filter(|_| !stored.data_type().is_decimal());
    let natural = natural.map(|column| with_digits(column, stored.data_type()));
    let values = natural.and_then(|column| convert(stored, &column).ok()).map(|array| column_to_json(&array));
    let mut values = values.unwrap_or_else(|| vec![Value::Null; stored.len()]);
    let nulls = stored.logical_nulls();
    for (row, value) in values.iter_mut().enumerate().filter(|(_, value)| value.is_null()) {
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            *value = Value::from(show(stored, row));
        }
    }
    values
}

/// The same column, in which decimals are text: with all of their digits.
fn with_digits(mut column: Column, stored: &DataType) -> Column {
    match stored {
        kind if kind.is_decimal() => column.column_type = ColumnType::String,
        DataType::Struct(fields) => {
            let inner = column.fields.into_iter().zip(fields).map(|(column, field)| with_digits(column, field.data_type()));
            column.fields = inner.collect();
        }
        DataType::List(element) | DataType::LargeList(element) | DataType::FixedSizeList(element, _) | DataType::ListView(element) | DataType::LargeListView(element) => {
            column.fields = column.fields.into_iter().map(|column| with_digits(column, element.data_type())).collect();
        }
        DataType::Map(entries, _) => column.fields = column.fields.into_iter().map(|column| with_digits(column, entries.data_type())).collect(),
        _ => {}
    }
    column
}

#[cfg(test)]
mod tests {
    use ::parquet::arrow::ArrowWriter;
    use arrow::array::{Decimal128Array, Float64Array, Int64Array, ListArray, StringArray};
    use arrow::datatypes::Int32Type;

    use super::*;
    use crate::ingest::decode::testing::load;

    fn write(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn a_row_that_does_not_fit_is_kept_with_all_its_values() {
        let bytes = write(vec![
            ("u", Arc::new(UInt64Array::from(vec![1, u64::MAX, 3, 4, 5]))),
            ("d", Arc::new(Decimal128Array::from(vec![Some(150), Some(1), None, Some(5), None]).with_precision_and_scale(38, 2).unwrap())),
            ("s", Arc::new(StringArray::from(vec![Some("a"), Some("b \"c\""), None, Some("7"), Some("8")]))),
            ("n", Arc::new(StringArray::from(vec!["1", "2", "x", "4", "5"]))),
            ("tags", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), Some(vec![Some(2)]), None, None, None]))),
            ("f", Arc::new(Float64Array::from(vec![0.5, f64::INFINITY, 1.5, 2.5, 3.5]))),
        ]);
        let loaded = load("t.parquet", bytes, &[("n", ColumnType::Integer)]).unwrap();
        assert_eq!(loaded.batch.num_rows(), 3);
        let kept: Vec<(u64, &str)> = loaded.rejects.iter().map(|reject| (reject.line, reject.raw.as_str())).collect();
        let second = r#"{"u":"18446744073709551615","d":"0.01","s":"b \"c\"","n":"2","tags":[2],"f":"inf"}"#;
        assert_eq!(kept, [(2, second), (3, r#"{"u":3,"n":"x","f":1.5}"#)]);
    }

    #[test]
    fn of_rows_that_end_the_load_not_all_are_written() {
        let batch = RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from_iter_values(0..20_000)) as ArrayRef)]).unwrap();
        let reject = Reject { line: 1, column: None, value: None, reason: String::new(), rule: None, raw: String::new() };
        assert_eq!(whole_rows(&batch, &vec![Some(reject); 20_000]).unwrap().len(), REJECTS_MAX + 1);
    }
}
