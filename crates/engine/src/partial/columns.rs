//! Columns of segments, decoded once and kept in a form made for grouping: text as codes into its distinct values,
//! everything else as a plain array. A segment never changes, so a decoded column is true for ever.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder, UInt32Array};
use arrow::compute::{cast, concat, filter, take};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef, TimestampMicrosecondType};
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::path::Path;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};

use super::dictionary::Dictionary;
use super::narrow::Codes;
use crate::error::{Error, Result};
use crate::storage::checksum;
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
    /// Whether its instants are in order, once somebody wanted to know.
    sorted: Arc<OnceLock<bool>>,
}

impl Plain {
    fn column(array: ArrayRef) -> Column {
        Column::Plain(Self { array, blocks: Arc::default(), sorted: Arc::default() })
    }

    /// Some of its rows, in their order.
    fn part(&self, array: ArrayRef) -> Column {
        let sorted = if self.sorted.get() == Some(&true) { Arc::clone(&self.sorted) } else { Arc::default() };
        Column::Plain(Self { array, blocks: Arc::default(), sorted })
    }

    /// Whether they are instants without nulls, none before the one that it follows.
    pub(crate) fn is_sorted(&self) -> bool {
        let in_order = || self.array.null_count() == 0 && self.array.as_primitive_opt::<TimestampMicrosecondType>().is_some_and(|instants| instants.values().is_sorted());
        *self.sorted.get_or_init(in_order)
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
    pub codes: Codes,
    pub values: ArrayRef,
    /// Whether every value is known to have a row.
    pub complete: bool,
    /// The numbers of its values in a dictionary, by the dictionary's id, once somebody wanted them.
    numbers: Arc<OnceLock<(u64, ArrayRef)>>,
}

impl Coded {
    pub(crate) fn new(codes: Codes, values: ArrayRef, complete: bool) -> Self {
        Self { codes, values, complete, numbers: Arc::default() }
    }

    /// The numbers of all of its values in a dictionary, if they are known or most of them are `wanted`: values that no
    /// group has must not fill a dictionary.
    pub(crate) fn numbers(&self, dictionary: &Dictionary, wanted: usize) -> Option<ArrayRef> {
        if self.numbers.get().is_none() && wanted < self.values.len() / 2 {
            return None;
        }
        let (id, numbers) = self.numbers.get_or_init(|| (dictionary.id, Arc::new(dictionary.numbers(&self.values))));
        (*id == dictionary.id).then(|| Arc::clone(numbers))
    }

    /// Some of its rows.
    fn part(&self, codes: Codes) -> Column {
        Column::Coded(Self { codes, values: Arc::clone(&self.values), complete: false, numbers: Arc::clone(&self.numbers) })
    }
}

impl Column {
    /// A column that is in memory, in the form in which it would be read from its segment. It holds on to nothing else.
    pub(crate) fn of(array: &ArrayRef) -> Result<Self> {
        if let Some(texts) = array.as_string_view_opt() {
            let mut coder = Coder::default();
            coder.push_texts(texts);
            return Ok(Self::Coded(coder.finish()));
        }
        let rows = UInt32Array::from_iter_values(0..u32::try_from(array.len()).unwrap_or(u32::MAX));
        Ok(Plain::column(take(array, &rows, None)?))
    }

    /// The column as a plain array.
    pub(crate) fn array(&self) -> Result<ArrayRef> {
        match self {
            Self::Plain(plain) => Ok(Arc::clone(&plain.array)),
            Self::Coded(coded) => coded.codes.values(&coded.values),
        }
    }

    /// The rows that a filter lets pass.
    pub(crate) fn filtered(&self, passes: &arrow::array::BooleanArray) -> Result<Self> {
        Ok(match self {
            Self::Plain(plain) => plain.part(filter(&plain.array, passes)?),
            Self::Coded(coded) => coded.part(coded.codes.filtered(passes)?),
        })
    }

    /// Some of its rows.
    pub(crate) fn slice(&self, from: usize, rows: usize) -> Self {
        match self {
            Self::Plain(plain) => plain.part(plain.array.slice(from, rows)),
            Self::Coded(coded) => coded.part(coded.codes.slice(from, rows)),
        }
    }

    /// Bytes that it holds.
    pub(crate) fn size_bytes(&self) -> usize {
        match self {
            // With the statistics of its blocks, which may come later.
            Self::Plain(plain) => plain.array.get_array_memory_size() + plain.array.len() / super::blocks::BLOCK_ROWS * size_of::<ColumnStatistics>(),
            Self::Coded(coded) => coded.codes.size_bytes() + coded.values.get_array_memory_size() + coded.values.len() * size_of::<u32>(),
        }
    }
}

/// Reads one column of a segment, and says how many bytes it takes in the store. `field` is the column as the dataset
/// has it; a segment from before the column was added has only nulls.
pub(crate) async fn read(store: Arc<dyn ObjectStore>, location: Path, bytes: u64, footer: ArrowReaderMetadata, field: Field) -> Result<(Column, u64)> {
    let coded = matches!(field.data_type(), DataType::Utf8View);
    let context = |error: parquet::errors::ParquetError| Error::from(error).context(format!("read column {} of segment {location}", field.name()));
    let mut metadata = footer;
    let rows = usize::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
    let Ok(index) = metadata.schema().index_of(field.name()) else {
        return Ok((absent(&field, rows, coded)?, 0));
    };
    if coded {
        // Dictionary pages are handed through as they are instead of being written out row by row.
        let options = ArrowReaderOptions::new().with_schema(with_dictionary(metadata.schema(), index));
        metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).map_err(context)?;
    }
    // A column of a dataset is one leaf of Parquet, but for structs and lists.
    let schema = metadata.parquet_schema();
    let leaves: Vec<usize> = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == index).collect();
    let leaves_of = |group: &RowGroupMetaData| leaves.iter().filter_map(|leaf| group.columns().get(*leaf)).map(ColumnChunkMetaData::compressed_size).sum::<i64>();
    let stored = u64::try_from(metadata.metadata().row_groups().iter().map(leaves_of).sum::<i64>()).unwrap_or(0);
    let mut chunks = Vec::new();
    for leaf in leaves {
        chunks.extend(checksum::expected(metadata.metadata(), leaf).map_err(context)?);
    }
    let reader = SegmentReader::new(store, location.clone(), bytes).checking(chunks);
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
    let codes = || Codes::from_runs(1, &[(rows, 0)]);
    Ok(if coded { Column::Coded(Coded::new(codes(), nulls, rows > 0)) } else { Plain::column(nulls) })
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
    known: HashMap<Box<str>, u32, foldhash::fast::RandomState>,
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

    fn push_texts(&mut self, texts: &StringViewArray) {
        self.codes.reserve(texts.len());
        for text in texts {
            let code = match text {
                Some(text) => self.code(text),
                None => self.null_code(),
            };
            self.codes.push(code);
        }
    }

    fn finish(mut self) -> Coded {
        let values: ArrayRef = Arc::new(self.values.finish());
        // A dictionary of a file may hold a value that no row has.
        let mut seen = vec![false; values.len()];
        for code in &self.codes {
            if let Some(seen) = seen.get_mut(*code as usize) {
                *seen = true;
            }
        }
        Coded::new(Codes::from_iter(values.len(), self.codes.into_iter()), values, seen.into_iter().all(|seen| seen))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::RecordBatch;
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
        let (column, stored) = read(store, location, bytes, footer, Field::new("c", DataType::Utf8View, true)).await.unwrap();
        assert!(stored > 0 && stored < bytes);
        let Column::Coded(coded) = &column else { panic!("text is coded") };
        assert_eq!(coded.values.len(), 14);
        assert_eq!(&column.array().unwrap(), &array);
    }

    #[test]
    fn a_column_in_memory_is_what_would_be_read() {
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![Some("b"), None, Some("a text that is longer than its view"), Some("b"), Some("")]));
        let instants: ArrayRef = Arc::new(arrow::array::TimestampMicrosecondArray::from(vec![Some(3), None, Some(5), Some(4), Some(9)]).with_timezone("UTC"));
        for array in [texts, instants] {
            let part = array.slice(1, 3);
            let column = Column::of(&part).unwrap();
            assert_eq!(&column.array().unwrap(), &part);
            if let Column::Coded(coded) = &column {
                assert!(coded.complete && coded.values.len() == 3);
            }
        }
        let large: ArrayRef = Arc::new(arrow::array::Int64Array::from_iter_values(0..100_000));
        assert!(Column::of(&large.slice(0, 10)).unwrap().size_bytes() < 1_000);
    }

    #[test]
    fn a_part_of_what_is_sorted_is_sorted() {
        let of = |instants: Vec<Option<i64>>| match Column::of(&(Arc::new(arrow::array::TimestampMicrosecondArray::from(instants)) as ArrayRef)).unwrap() {
            Column::Plain(plain) => plain,
            Column::Coded(_) => panic!("instants are not coded"),
        };
        assert!(of(vec![Some(1), Some(1), Some(2)]).is_sorted());
        assert!(!of(vec![Some(1), None, Some(2)]).is_sorted());
        let unsorted = of(vec![Some(3), Some(1), Some(2)]);
        assert!(!unsorted.is_sorted());
        let Column::Plain(part) = Column::Plain(unsorted).slice(1, 2) else { panic!("a part is of the same form") };
        assert!(part.is_sorted());
    }

    #[tokio::test]
    async fn a_column_that_was_added_later_is_null() {
        let (store, location, bytes) = stored(Arc::new(arrow::array::Int64Array::from(vec![1, 2, 3])), 10).await;
        for data_type in [DataType::Utf8View, DataType::Float64] {
            let footer = SegmentReader::new(Arc::clone(&store), location.clone(), bytes).footer().await.unwrap();
            let (column, _) = read(Arc::clone(&store), location.clone(), bytes, footer, Field::new("later", data_type, true)).await.unwrap();
            assert_eq!((column.array().unwrap().len(), column.array().unwrap().logical_null_count()), (3, 3));
        }
    }
}
