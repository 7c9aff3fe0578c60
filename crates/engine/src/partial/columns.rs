//! Columns of segments, decoded once and kept in a form made for grouping: text as codes into its distinct values,
//! everything else as a plain array. A segment never changes, so a decoded column is true for ever.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder, UInt32Array};
use arrow::compute::{cast, concat, filter, take};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::path::Path;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};

use crate::error::{Error, Result};
use crate::storage::reader::SegmentReader;
use crate::storage::statistics::ColumnStatistics;

/// Rows that are decoded at a time.
const DECODE_ROWS: usize = 64 << 10;

/// A column of one segment, or of the rows of it that pass a filter.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    Plain(Plain),
    Coded(Coded),
}

/// A column as it is.
#[derive(Debug, Clone)]
pub(crate) struct Plain {
    pub array: ArrayRef,
    /// Statistics of its blocks of rows, once somebody wanted them.
    blocks: Arc<OnceLock<Vec<ColumnStatistics>>>,
}

impl Plain {
    fn column(array: ArrayRef) -> Column {
        Column::Plain(Self { array, blocks: Arc::default() })
    }

    /// Statistics of each block of so many rows; everybody asks for blocks of the same size.
    pub(crate) fn blocks(&self, rows: usize) -> &[ColumnStatistics] {
        self.blocks.get_or_init(|| {
            let starts = (0..self.array.len()).step_by(rows);
            starts.map(|from| ColumnStatistics::of(&self.array.slice(from, rows.min(self.array.len() - from)))).collect()
        })
    }
}

/// A column as codes into its distinct values. No code is null: a null is a value.
#[derive(Debug, Clone)]
pub(crate) struct Coded {
    pub codes: UInt32Array,
    pub values: ArrayRef,
}

impl Column {
    /// The column as a plain array.
    pub(crate) fn array(&self) -> Result<ArrayRef> {
        match self {
            Self::Plain(plain) => Ok(Arc::clone(&plain.array)),
            Self::Coded(coded) => Ok(take(&coded.values, &coded.codes, None)?),
        }
    }

    /// The rows that a filter lets pass.
    pub(crate) fn filtered(&self, passes: &arrow::array::BooleanArray) -> Result<Self> {
        Ok(match self {
            Self::Plain(plain) => Plain::column(filter(&plain.array, passes)?),
            Self::Coded(coded) => Self::Coded(Coded { codes: filter(&coded.codes, passes)?.as_primitive().clone(), values: Arc::clone(&coded.values) }),
        })
    }

    /// Some of its rows.
    pub(crate) fn slice(&self, from: usize, rows: usize) -> Self {
        match self {
            Self::Plain(plain) => Plain::column(plain.array.slice(from, rows)),
            Self::Coded(coded) => Self::Coded(Coded { codes: coded.codes.slice(from, rows), values: Arc::clone(&coded.values) }),
        }
    }

    /// Bytes that it holds.
    pub(crate) fn size_bytes(&self) -> usize {
        match self {
            Self::Plain(plain) => plain.array.get_array_memory_size(),
            Self::Coded(coded) => coded.codes.get_array_memory_size() + coded.values.get_array_memory_size(),
        }
    }
}

/// Reads one column of a segment, and says how many bytes it takes in the store. `field` is the column as the dataset
/// has it; a segment from before the column was added has only nulls.
pub(crate) async fn read(store: Arc<dyn ObjectStore>, location: Path, bytes: u64, footer: ArrowReaderMetadata, field: &Field) -> Result<(Column, u64)> {
    let coded = matches!(field.data_type(), DataType::Utf8View);
    let reader = SegmentReader::new(store, location.clone(), bytes);
    let context = |error: parquet::errors::ParquetError| Error::from(error).context(format!("read column {} of segment {location}", field.name()));
    let mut metadata = footer;
    let rows = usize::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
    let Ok(index) = metadata.schema().index_of(field.name()) else {
        return Ok((absent(field, rows, coded)?, 0));
    };
    if coded {
        // Dictionary pages are handed through as they are instead of being written out row by row.
        let options = ArrowReaderOptions::new().with_schema(with_dictionary(metadata.schema(), index));
        metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).map_err(context)?;
    }
    let stored = metadata.metadata().row_groups().iter().filter_map(|group| group.columns().get(index)).map(|column| column.compressed_size()).sum::<i64>();
    let stored = u64::try_from(stored).unwrap_or(0);
    let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata);
    let mask = ProjectionMask::roots(builder.parquet_schema(), [index]);
    let mut stream = builder.with_projection(mask).with_batch_size(DECODE_ROWS).build().map_err(context)?;
    let mut coder = Coder::default();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    while let Some(batch) = stream.try_next().await.map_err(context)? {
        let array = batch.columns().first().ok_or_else(|| Error::internal("a batch without its column"))?;
        if coded {
            coder.push(array)?;
        } else {
            arrays.push(if array.data_type() == field.data_type() { Arc::clone(array) } else { cast(array, field.data_type())? });
        }
    }
    if coded {
        return Ok((Column::Coded(coder.finish()), stored));
    }
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    let array = if arrays.is_empty() { arrow::array::new_empty_array(field.data_type()) } else { concat(&arrays)? };
    Ok((Plain::column(array), stored))
}

fn absent(field: &Field, rows: usize, coded: bool) -> Result<Column> {
    let nulls = arrow::array::new_null_array(field.data_type(), if coded { 1 } else { rows });
    Ok(if coded { Column::Coded(Coded { codes: UInt32Array::from(vec![0; rows]), values: nulls }) } else { Plain::column(nulls) })
}

fn with_dictionary(schema: &SchemaRef, index: usize) -> SchemaRef {
    let fields = schema.fields().iter().enumerate().map(|(at, field)| {
        if at == index {
            let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(field.as_ref().clone().with_data_type(dictionary))
        } else {
            Arc::clone(field)
        }
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Codes of one segment out of the dictionaries of its batches.
#[derive(Default)]
struct Coder {
    codes: Vec<u32>,
    values: StringViewBuilder,
    known: HashMap<Box<str>, u32>,
    null: Option<u32>,
    /// The dictionary that was seen last and what its keys mean: batches of one row group share theirs.
    seen: Option<(ArrayRef, Vec<u32>)>,
}

impl Coder {
    fn push(&mut self, array: &ArrayRef) -> Result<()> {
        let dictionary = array.as_dictionary_opt::<Int32Type>().ok_or_else(|| Error::internal("a text column was not read as a dictionary"))?;
        let values = dictionary.values();
        let same = self.seen.as_ref().is_some_and(|(seen, _)| seen.len() == values.len() && seen.to_data().ptr_eq(&values.to_data()));
        if !same {
            let code_of = |value: Option<&str>| match value {
                Some(value) => self.code(value),
                None => self.null_code(),
            };
            let meaning = values.as_string::<i32>().iter().map(code_of).collect();
            self.seen = Some((Arc::clone(values), meaning));
        }
        let null = if dictionary.null_count() > 0 { self.null_code() } else { 0 };
        let Some((_, meaning)) = &self.seen else { return Ok(()) };
        let keys = dictionary.keys();
        let code_of = |key: i32| usize::try_from(key).ok().and_then(|key| meaning.get(key).copied()).unwrap_or(null);
        if dictionary.null_count() == 0 {
            self.codes.extend(keys.values().iter().map(|key| code_of(*key)));
        } else {
            self.codes.extend(keys.iter().map(|key| key.map_or(null, code_of)));
        }
        Ok(())
    }

    fn code(&mut self, value: &str) -> u32 {
        if let Some(code) = self.known.get(value) {
            return *code;
        }
        let code = self.next();
        self.values.append_value(value);
        self.known.insert(value.into(), code);
        code
    }

    fn null_code(&mut self) -> u32 {
        if let Some(code) = self.null {
            return code;
        }
        let code = self.next();
        self.values.append_null();
        self.null = Some(code);
        code
    }

    fn next(&self) -> u32 {
        u32::try_from(self.known.len() + usize::from(self.null.is_some())).unwrap_or(u32::MAX)
    }

    fn finish(mut self) -> Coded {
        Coded { codes: UInt32Array::from(self.codes), values: Arc::new(self.values.finish()) }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{RecordBatch, StringViewArray};
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;

    use super::*;

    async fn stored(array: ArrayRef, row_group_rows: usize) -> (Arc<dyn ObjectStore>, Path, u64) {
        let schema = Arc::new(Schema::new(vec![Field::new("before", DataType::Int64, true), Field::new("c", array.data_type().clone(), true)]));
        let before: ArrayRef = Arc::new(arrow::array::Int64Array::from_iter_values(0..array.len() as i64));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![before, array]).unwrap();
        let mut bytes = Vec::new();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(row_group_rows)).build();
        let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let (store, location, length) = (Arc::new(InMemory::new()), Path::from("s.parquet"), bytes.len() as u64);
        store.put(&location, bytes.into()).await.unwrap();
        (store, location, length)
    }

    #[tokio::test]
    async fn text_is_coded_across_row_groups_and_nulls() {
        let texts: Vec<Option<String>> = (0..10_000).map(|row| (row % 7 != 0).then(|| format!("v{}", (row / 100) % 13))).collect();
        let array: ArrayRef = Arc::new(StringViewArray::from_iter(texts.iter().map(Option::as_deref)));
        let (store, location, bytes) = stored(Arc::clone(&array), 1_500).await;
        let footer = SegmentReader::new(Arc::clone(&store), location.clone(), bytes).footer().await.unwrap();
        let (column, stored) = read(store, location, bytes, footer, &Field::new("c", DataType::Utf8View, true)).await.unwrap();
        assert!(stored > 0 && stored < bytes);
        let Column::Coded(coded) = &column else { panic!("text is coded") };
        assert_eq!(coded.values.len(), 14);
        assert_eq!(&column.array().unwrap(), &array);
    }

    #[tokio::test]
    async fn a_column_that_was_added_later_is_null() {
        let (store, location, bytes) = stored(Arc::new(arrow::array::Int64Array::from(vec![1, 2, 3])), 10).await;
        for data_type in [DataType::Utf8View, DataType::Float64] {
            let footer = SegmentReader::new(Arc::clone(&store), location.clone(), bytes).footer().await.unwrap();
            let (column, _) = read(Arc::clone(&store), location.clone(), bytes, footer, &Field::new("later", data_type, true)).await.unwrap();
            assert_eq!((column.array().unwrap().len(), column.array().unwrap().logical_null_count()), (3, 3));
        }
    }
}
