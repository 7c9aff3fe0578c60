//! Parquet to batches, by the `parquet` crate; types are cast to ours, checked. Refuses files with a broken footer and
//! columns that are nested or binary, by name and type.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, TimestampMicrosecondArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options, filter_record_batch};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use arrow::util::display::array_value_to_string;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::ChunkReader;

use super::batch::{BATCH_ROWS, schema_of};
use super::tally::{Tally, shorten_value};
use super::{DecodeOutcome, DecodeTarget, Decoded, Spooled, value};
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};
use crate::ingest::{Progress, Reject};

/// What Parquet files begin and end with.
pub(crate) const MAGIC: &[u8] = b"PAR1";

/// A Parquet file whose footer was read.
pub(crate) struct ParquetSource {
    name: String,
    /// Columns and types as stored.
    pub schema: SchemaRef,
    pub rows: u64,
    reader: ParquetRecordBatchReader,
}

impl ParquetSource {
    /// Reads the footer; the reader gives at most `limit` rows.
    pub(crate) fn open(source: &Spooled, limit: Option<usize>) -> Result<Self> {
        match source.file()? {
            Some(file) => Self::build::<File>(source, file, limit),
            None => Self::build::<Bytes>(source, source.bytes().cloned().unwrap_or_default(), limit),
        }
    }

    fn build<T: ChunkReader + 'static>(source: &Spooled, input: T, limit: Option<usize>) -> Result<Self> {
        let name = source.name().to_owned();
        let builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(|error| {
            let size = source.size();
            Error::invalid(format!("{name}: the footer of the Parquet file ({size} bytes) cannot be read: {error}; the file may be cut off, send it whole")).because(error)
        })?;
        let schema = Arc::clone(builder.schema());
        for (index, field) in schema.fields().iter().enumerate() {
            if ColumnType::from_data_type(field.data_type()).is_none() {
                let (column, kind) = (field.name(), field.data_type());
                return Err(Error::invalid(format!("{name}: column {column:?} is of the Parquet type {kind}, which cannot be loaded; flatten it, or write the file without it")));
            }
            if let Some(earlier) = schema.fields().iter().take(index).position(|other| other.name().eq_ignore_ascii_case(field.name())) {
                return Err(Error::invalid(format!("{name}: columns {} and {} have the same name {:?}; rename one", earlier + 1, index + 1, field.name())));
            }
        }
        let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
        let builder = builder.with_batch_size(BATCH_ROWS);
        let builder = if let Some(limit) = limit { builder.with_limit(limit) } else { builder };
        let reader = builder.build().map_err(|error| Error::invalid(format!("{name}: the Parquet file cannot be read: {error}; write it anew")).because(error))?;
        Ok(Self { name, schema, rows, reader })
    }

    /// The next rows.
    pub(crate) fn read(&mut self, rows_before: u64) -> Result<Option<RecordBatch>> {
        let name = &self.name;
        self.reader
            .next()
            .transpose()
            .map_err(|error| Error::invalid(format!("{name}: the Parquet file is damaged after row {rows_before}: {error}; write it anew")).because(error))
    }
}

/// Decodes a Parquet file.
pub(crate) fn decode(source: &Spooled, target: &DecodeTarget, progress: &Progress, emit: &mut dyn FnMut(Decoded) -> Result<()>) -> Result<DecodeOutcome> {
    let mut file = ParquetSource::open(source, None)?;
    let schema = schema_of(&target.columns);
    for field in file.schema.fields() {
        if !target.columns.iter().any(|column| column.name == *field.name()) {
            let near = near_names(field.name(), target.columns.iter().map(|column| column.name.as_str()));
            return Err(Error::invalid(format!(
                "{}: column {:?} is not in the dataset{near}; rename or drop it in the file, or load into a new dataset",
                source.name(),
                field.name()
            )));
        }
    }
    let mut tally = Tally::new(source.name(), progress);
    while let Some(batch) = file.read(tally.rows())? {
        progress.check()?;
        // Rows are all that the reader tells of its way through the file.
        progress.set_bytes_read(source.size().saturating_mul(tally.rows() + batch.num_rows() as u64).checked_div(file.rows).unwrap_or_default().min(source.size()));
        let mut bad: Vec<Option<Reject>> = Vec::new();
        bad.resize_with(batch.num_rows(), || None);
        let mut arrays = Vec::with_capacity(target.columns.len());
        for column in &target.columns {
            let Some(stored) = batch.column_by_name(&column.name) else {
                arrays.push(new_null_array(&column.column_type.data_type(), batch.num_rows()));
                continue;
            };
            let array = convert(stored, column.column_type).map_err(|error| {
                Error::invalid(format!(
                    "{}: column {:?} of the Parquet type {} cannot be read as {}: {}; choose another type",
                    source.name(),
                    column.name,
                    stored.data_type(),
                    column.column_type,
                    error.message()
                ))
            })?;
            if array.null_count() > stored.logical_null_count() {
                for (row, slot) in bad.iter_mut().enumerate() {
                    if slot.is_none() && array.is_null(row) && !is_missing(stored, row) {
                        let text = show(stored, row);
                        let value = Some(shorten_value(text.as_bytes()));
                        *slot = Some(Reject {
                            line: tally.rows() + row as u64 + 1,
                            column: Some(column.name.clone()),
                            value,
                            reason: value::misfit(column.column_type, text.as_bytes()).to_owned(),
                            raw: String::new(),
                        });
                    }
                }
            }
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let mut decoded = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options)?;
        if bad.iter().any(Option::is_some) {
            decoded = filter_record_batch(&decoded, &bad.iter().map(|slot| Some(slot.is_none())).collect::<BooleanArray>())?;
        }
        let rejects: Vec<Reject> = bad.into_iter().flatten().collect();
        tally.add(batch.num_rows(), &rejects)?;
        emit(Decoded { batch: decoded, rejects })?;
    }
    tally.finish()?;
    progress.set_bytes_read(source.size());
    Ok(DecodeOutcome::Complete)
}

/// Whether a stored value is null, or not a number, which is null with us.
fn is_missing(stored: &ArrayRef, row: usize) -> bool {
    stored.is_null(row) || stored.logical_nulls().is_some_and(|nulls| nulls.is_null(row)) || show(stored, row) == "NaN"
}

/// A value as people read it.
pub(crate) fn show(array: &ArrayRef, row: usize) -> String {
    let slice = array.slice(row, 1);
    // The display of a named zone needs a table of zones; UTC needs none.
    let shown = match slice.as_any().downcast_ref::<TimestampMicrosecondArray>() {
        Some(instants) if instants.timezone() == Some("UTC") => array_value_to_string(&instants.clone().with_timezone("+00:00"), 0),
        _ => array_value_to_string(&slice, 0),
    };
    shown.unwrap_or_default()
}

/// An array as one of a column type; what does not fit is null.
pub(crate) fn convert(stored: &ArrayRef, column_type: ColumnType) -> Result<ArrayRef> {
    let options = CastOptions { safe: true, ..CastOptions::default() };
    let target = column_type.data_type();
    let plain = match stored.data_type() {
        DataType::Dictionary(_, value) => cast_with_options(stored, value, &options)?,
        _ => Arc::clone(stored),
    };
    Ok(match (plain.data_type(), column_type) {
        // The instant stays; a time without zone is UTC.
        (DataType::Timestamp(_, zone), _) => {
            let micros = cast_with_options(&plain, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()), &options)?;
            let micros = micros.as_any().downcast_ref::<TimestampMicrosecondArray>().ok_or_else(|| Error::internal("a cast to timestamps gave something else"))?;
            let zone = if column_type == ColumnType::String { "+00:00" } else { "UTC" };
            let instants: ArrayRef = Arc::new(micros.clone().with_timezone(zone));
            cast_with_options(&instants, &target, &options)?
        }
        (DataType::Float16 | DataType::Float32 | DataType::Float64, ColumnType::Float) => {
            let floats = cast_with_options(&plain, &target, &options)?;
            match floats.as_any().downcast_ref::<Float64Array>() {
                Some(found) if found.values().iter().any(|value| value.is_nan()) => {
                    Arc::new(found.iter().map(|value| value.filter(|value| !value.is_nan())).collect::<Float64Array>())
                }
                _ => floats,
            }
        }
        _ => cast_with_options(&plain, &target, &options)?,
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::{BinaryArray, Decimal128Array, Float32Array, Int32Array, ListArray, StringArray, TimestampNanosecondArray, UInt64Array};
    use arrow::datatypes::Int32Type;
    use parquet::arrow::ArrowWriter;

    use super::*;
    use crate::ingest::decode::testing::{gzip, load, refused};

    fn write(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn types_are_cast_and_what_does_not_fit_is_rejected() {
        let bytes = write(vec![
            ("u", Arc::new(UInt64Array::from(vec![Some(1), Some(u64::MAX), None, Some(4)]))),
            ("f", Arc::new(Float32Array::from(vec![Some(0.5), None, Some(f32::NAN), Some(2.0)]))),
            ("d", Arc::new(Decimal128Array::from(vec![Some(150), Some(1), None, Some(5)]).with_precision_and_scale(10, 2).unwrap())),
            ("t", Arc::new(TimestampNanosecondArray::from(vec![Some(1_500), None, None, Some(0)]))),
            ("s", Arc::new(StringArray::from(vec![Some("x"), None, Some(""), Some("NA")]))),
            ("i", Arc::new(Int32Array::from(vec![1, 2, 3, 4]))),
        ]);
        let loaded = load("t.parquet", bytes, &[]).unwrap();
        assert_eq!(loaded.types(), "u:integer f:float d:float t:timestamp s:string i:integer");
        assert_eq!(loaded.rows(), ["1|0.5|1.5|1970-01-01T00:00:00.000001Z|x|1", "~|~|~|~||3", "4|2.0|0.05|1970-01-01T00:00:00Z|NA|4"]);
        assert_eq!(loaded.described(), ["line 2, column \"u\", value \"18446744073709551615\": too large for a 64-bit integer; declare the column as string or float"]);
        assert_eq!(loaded.inference.preview.rows[0], ["1", "0.5", "1.5", "1970-01-01T00:00:00.000001Z", "x", "1"]);
    }

    #[test]
    fn declared_types_are_cast_to() {
        let bytes = write(vec![("a", Arc::new(StringArray::from(vec!["1", "2", "x"]))), ("t", Arc::new(TimestampNanosecondArray::from(vec![0, 1_000_000_000, 2_000_000_000])))]);
        let loaded = load("t.parquet", bytes, &[("a", ColumnType::Integer), ("t", ColumnType::String)]).unwrap();
        assert_eq!(loaded.rows(), ["1|1970-01-01T00:00:00Z", "2|1970-01-01T00:00:01Z"]);
        assert_eq!(loaded.described(), ["line 3, column \"a\", value \"x\": not an integer"]);
    }

    #[test]
    fn broken_files_and_nested_columns_are_refused_by_name() {
        let good = write(vec![("i", Arc::new(Int32Array::from(vec![1, 2, 3])))]);
        let cut = refused("t.parquet", good[..good.len() - 10].to_vec(), &[]);
        assert!(
            cut.starts_with(&format!("t.parquet: the footer of the Parquet file ({} bytes) cannot be read: ", good.len() - 10))
                && cut.ends_with("the file may be cut off, send it whole"),
            "{cut}"
        );
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)])]);
        let nested = refused("t.parquet", write(vec![("i", Arc::new(Int32Array::from(vec![1]))), ("tags", Arc::new(list))]), &[]);
        assert!(nested.starts_with("t.parquet: column \"tags\" is of the Parquet type List(") && nested.ends_with("flatten it, or write the file without it"), "{nested}");
        let binary = refused("t.parquet", write(vec![("b", Arc::new(BinaryArray::from(vec![&b"x"[..]])))]), &[]);
        assert!(binary.contains("column \"b\" is of the Parquet type Binary"), "{binary}");
        assert_eq!(refused("t.parquet.gz", gzip(&good), &[]), "t.parquet.gz: a Parquet file packed with another compression; unpack it and send the Parquet file itself");
    }
}
