//! Parquet files as batches, by the `parquet` crate. Refuses files with a broken footer.

use std::fs::File;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::ChunkReader;

use super::Spooled;
use super::batch::BATCH_ROWS;
use super::columnar::Batches;
use crate::error::{Error, Result};

/// What Parquet files begin and end with.
pub(crate) const MAGIC: &[u8] = b"PAR1";

/// A Parquet file whose footer was read.
pub(crate) struct ParquetSource {
    name: String,
    size: u64,
    schema: SchemaRef,
    rows: u64,
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
        let (name, size) = (source.name().to_owned(), source.size());
        let builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(|error| {
            Error::invalid(format!("{name}: the footer of the Parquet file ({size} bytes) cannot be read: {error}; the file may be cut off, send it whole")).because(error)
        })?;
        let schema = Arc::clone(builder.schema());
        let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
        let builder = builder.with_batch_size(BATCH_ROWS);
        let builder = if let Some(limit) = limit { builder.with_limit(limit) } else { builder };
        let reader = builder.build().map_err(|error| Error::invalid(format!("{name}: the Parquet file cannot be read: {error}; write it anew")).because(error))?;
        Ok(Self { name, size, schema, rows, reader })
    }
}

impl Batches for ParquetSource {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn read(&mut self, rows_before: u64) -> Result<Option<RecordBatch>> {
        let name = &self.name;
        self.reader
            .next()
            .transpose()
            .map_err(|error| Error::invalid(format!("{name}: the Parquet file is damaged after row {rows_before}: {error}; write it anew")).because(error))
    }

    /// Rows are all that the reader tells of its way through the file.
    fn bytes_read(&self, rows: u64) -> u64 {
        self.size.saturating_mul(rows).checked_div(self.rows).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, BinaryArray, Decimal128Array, Float32Array, Int32Array, ListArray, StringArray, TimestampNanosecondArray, UInt64Array};
    use arrow::datatypes::Int32Type;
    use parquet::arrow::ArrowWriter;

    use super::*;
    use crate::catalog::ColumnType;
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
    fn lists_stay_lists_and_become_text_on_demand() {
        let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None]), None]));
        let bytes = write(vec![("tags", list)]);
        let loaded = load("t.parquet", bytes.clone(), &[]).unwrap();
        assert_eq!((loaded.types().as_str(), loaded.rows()), ("tags:list(integer)", vec!["[1,null]".to_owned(), "~".to_owned()]));
        let loaded = load("t.parquet", bytes, &[("tags", ColumnType::String)]).unwrap();
        assert_eq!((loaded.types().as_str(), loaded.rows()), ("tags:string", vec!["[1,null]".to_owned(), "~".to_owned()]));
    }

    #[test]
    fn broken_files_and_columns_without_a_type_are_refused_by_name() {
        let good = write(vec![("i", Arc::new(Int32Array::from(vec![1, 2, 3])))]);
        let cut = refused("t.parquet", good[..good.len() - 10].to_vec(), &[]);
        assert!(
            cut.starts_with(&format!("t.parquet: the footer of the Parquet file ({} bytes) cannot be read: ", good.len() - 10))
                && cut.ends_with("the file may be cut off, send it whole"),
            "{cut}"
        );
        let binary = refused("t.parquet", write(vec![("b", Arc::new(BinaryArray::from(vec![&b"x"[..]])))]), &[]);
        assert!(binary.contains("column \"b\" is of the Parquet type Binary"), "{binary}");
        assert_eq!(refused("t.parquet.gz", gzip(&good), &[]), "t.parquet.gz: a Parquet file packed with another compression; unpack it and send the Parquet file itself");
    }
}
