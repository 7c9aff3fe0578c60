//! Parquet files as batches, by the `parquet` crate. What a file claims of itself is looked at before it is believed: the shape of its schema, its
//! rows, and each page (`parquet_pages.rs`). Texts are read as views, so that what a dictionary says once is in memory once, and batches have
//! as many rows as memory is meant for. Refuses files with a broken footer, and claims that a file of its size gives no reason for.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, SchemaRef, TimeUnit};
use arrow::record_batch::{RecordBatch, RecordBatchReader};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader};
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels};
use parquet::basic::{LogicalType, Type};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::schema::types::ColumnDescriptor;

use super::batch::BATCH_ROWS;
use super::columnar::Batches;
use super::parquet_header::{Trouble, schema_shape};
use super::parquet_pages::{Groups, Leaf, Meter};
use super::plain_size::held_max;
use super::{Access, Spooled};
use crate::catalog::COLUMNS_MAX;
use crate::catalog::column::as_uuid;
use crate::encryption::SealedReader;
use crate::error::{Error, Result};

/// What Parquet files begin and end with.
pub(crate) const MAGIC: &[u8] = b"PAR1";
/// Length of the footer and magic number, behind the footer.
const TAIL_BYTES: u64 = 8;
/// Bytes of a footer that are looked at for its schema: first those of common ones, then what there is.
const SCHEMA_BYTES: u64 = 64 << 10;
/// Columns and what they lie in at most, and how deep: a list takes three of them.
const ELEMENTS_MAX: u64 = 10 * COLUMNS_MAX as u64;
const DEPTH_MAX: usize = 64;
/// Bytes of the values of a batch, about, and rows of one at least: pages are counted when they come, whatever was said of them.
const BATCH_BYTES: u64 = 64 << 20;
const BATCH_LEAST_ROWS: u64 = 64;
/// Times its packed bytes that a column is believed to have plain.
const BELIEVED_RATIO: u64 = 1_000;
/// Rows of row groups that are read one after the other by one reader: a batch ends where it ends.
const RUN_ROWS: u64 = 4 * BATCH_ROWS as u64;
/// Bytes of pages that are held at a time: of a small file, and of any.
const HELD_LEAST_BYTES: u64 = 128 << 20;
const HELD_MOST_BYTES: u64 = 2 << 30;

/// Reads the footer; with a limit, batches have no more rows than that.
pub(crate) fn open(source: &Spooled, limit: Option<usize>) -> Result<Box<dyn Batches>> {
    Ok(match source.access()? {
        Access::File(file) => Box::new(ParquetSource::<File>::build(source, file, limit)?),
        Access::Sealed(reader) => Box::new(ParquetSource::<SealedReader>::build(source, reader, limit)?),
        Access::Bytes(bytes) => Box::new(ParquetSource::<Bytes>::build(source, bytes, limit)?),
    })
}

impl Length for SealedReader {
    fn len(&self) -> u64 {
        self.size()
    }
}

impl ChunkReader for SealedReader {
    type T = Self;

    fn get_read(&self, start: u64) -> ParquetResult<Self> {
        let mut reader = self.clone();
        reader.seek(SeekFrom::Start(start))?;
        Ok(reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        if start.saturating_add(length as u64) > self.size() {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} on, of a file of {}", self.size())));
        }
        let mut bytes = vec![0; length];
        self.get_read(start)?.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// A Parquet file whose footer was read.
struct ParquetSource<R> {
    name: String,
    size: u64,
    schema: SchemaRef,
    rows: u64,
    input: Arc<R>,
    metadata: Arc<ParquetMetaData>,
    levels: FieldLevels,
    /// Rows of a batch at most.
    most_rows: usize,
    /// The first row group that no reader was opened for.
    next_group: usize,
    run: Option<Run>,
}

/// Row groups that are being read.
struct Run {
    reader: ParquetRecordBatchReader,
    meter: Arc<Meter>,
}

impl<R: ChunkReader + 'static> ParquetSource<R> {
    fn build(source: &Spooled, input: R, limit: Option<usize>) -> Result<Self> {
        let (name, size) = (source.name().to_owned(), source.size());
        let refused = |what: &str| Error::invalid(format!("{name}: the Parquet file cannot be read: {what}; write it anew"));
        look_at_schema(&input, size).map_err(|what| refused(&what))?;
        let loaded = ArrowReaderMetadata::load(&input, ArrowReaderOptions::new()).map_err(|error| {
            Error::invalid(format!("{name}: the footer of the Parquet file ({size} bytes) cannot be read: {error}; the file may be cut off, send it whole")).because(error)
        })?;
        let metadata = Arc::clone(loaded.metadata());
        let claimed = metadata.file_metadata().num_rows();
        let mut rows = 0_u64;
        for group in metadata.row_groups() {
            let more = u64::try_from(group.num_rows()).map_err(|_| refused("a row group of less than no rows"))?;
            rows = rows.saturating_add(more);
        }
        if u64::try_from(claimed) != Ok(rows) {
            return Err(refused(&format!("its footer claims {claimed} rows, and its row groups {rows}")));
        }
        let columns = metadata.file_metadata().schema_descr();
        let mut leaves = columns.columns().iter().map(|leaf| &**leaf);
        let hint = loaded.schema().fields().iter().map(|field| viewed(field, &mut leaves)).collect();
        let levels = parquet_to_arrow_field_levels(columns, ProjectionMask::all(), Some(&hint)).map_err(|error| refused(&error.to_string()).because(error))?;
        let most_rows = limit.unwrap_or(BATCH_ROWS).clamp(1, BATCH_ROWS);
        let schema = Arc::clone(loaded.schema());
        let mut file = Self { name, size, schema, rows, input: Arc::new(input), metadata, levels, most_rows, next_group: 0, run: None };
        let run = file.open_run(true)?;
        file.schema = run.as_ref().map_or_else(|| Arc::clone(&file.schema), |run| run.reader.schema());
        file.run = run;
        if let Some(field) = file.schema.fields().iter().find(|field| copies(field.data_type())) {
            return Err(Error::invalid(format!(
                "{}: column {:?} of the Parquet file would be read as {}, copy by copy; write it anew",
                file.name,
                field.name(),
                field.data_type()
            )));
        }
        Ok(file)
    }

    /// Opens the next row groups; none at the end, but for the first ones, whose reader knows the schema.
    fn open_run(&mut self, is_first: bool) -> Result<Option<Run>> {
        let (mut groups, mut rows) = (Vec::new(), 0_u64);
        while rows < RUN_ROWS
            && let Some(group) = self.metadata.row_groups().get(self.next_group)
        {
            groups.push(self.next_group);
            rows = rows.saturating_add(u64::try_from(group.num_rows()).unwrap_or_default());
            self.next_group += 1;
        }
        if groups.is_empty() && !is_first {
            return Ok(None);
        }
        let batch_rows = self.rows_together(&groups);
        let meter = Arc::new(Meter::new(held_max(self.size, HELD_LEAST_BYTES, HELD_MOST_BYTES)));
        let groups = Groups { reader: Arc::clone(&self.input), metadata: Arc::clone(&self.metadata), groups, meter: Arc::clone(&meter) };
        let reader = ParquetRecordBatchReader::try_new_with_row_groups(&self.levels, &groups, batch_rows, None)
            .map_err(|error| Error::invalid(format!("{}: the Parquet file cannot be read: {error}; write it anew", self.name)).because(error))?;
        Ok(Some(Run { reader, meter }))
    }

    /// Rows of a batch of these row groups: fewer where rows are said to be large.
    fn rows_together(&self, groups: &[usize]) -> usize {
        let groups = groups.iter().filter_map(|group| self.metadata.row_groups().get(*group));
        let row_bytes = groups.map(bytes_of_row).max().unwrap_or_default().max(1);
        usize::try_from((BATCH_BYTES / row_bytes).max(BATCH_LEAST_ROWS)).unwrap_or(BATCH_ROWS).min(self.most_rows)
    }
}

/// What a row of a row group takes in memory, about, by what is said of its columns.
fn bytes_of_row(group: &RowGroupMetaData) -> u64 {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    let rows = count(group.num_rows()).max(1);
    let bytes = group.columns().iter().fold(0_u64, |bytes, chunk| {
        let leaf = Leaf::of(chunk.column_descr());
        let plain = count(chunk.uncompressed_size()).min(count(chunk.compressed_size()).saturating_mul(BELIEVED_RATIO));
        let values = if leaf.repeated { count(chunk.num_values()).max(rows) } else { rows };
        bytes.saturating_add(plain).saturating_add(values.saturating_mul(leaf.bytes))
    });
    bytes / rows
}

impl<R: ChunkReader + 'static> Batches for ParquetSource<R> {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn read(&mut self, rows_before: u64) -> Result<Option<RecordBatch>> {
        while let Some(run) = &mut self.run {
            run.meter.begin();
            match run.reader.next() {
                Some(Ok(batch)) => return Ok(Some(batch)),
                Some(Err(error)) => {
                    let name = &self.name;
                    return Err(Error::invalid(match run.meter.trouble() {
                        Some(what) => format!("{name}: the Parquet file cannot be read after row {rows_before}: {what}"),
                        None => format!("{name}: the Parquet file is damaged after row {rows_before}: {error}; write it anew"),
                    })
                    .because(error));
                }
                None => self.run = self.open_run(false)?,
            }
        }
        Ok(None)
    }

    fn rows_claimed(&self) -> u64 {
        self.rows
    }

    /// Rows are all that the reader tells of its way through the file.
    fn bytes_read(&self, rows: u64) -> u64 {
        self.size.saturating_mul(rows).checked_div(self.rows).unwrap_or_default()
    }
}

/// Looks how large and deep the schema is, where there is one to be found: the rest of a broken footer is told by who reads it whole.
fn look_at_schema<R: ChunkReader>(input: &R, size: u64) -> Result<(), String> {
    let footer = size.checked_sub(TAIL_BYTES).and_then(|tail_at| {
        let tail = input.get_bytes(tail_at, TAIL_BYTES as usize).ok()?;
        let length = u64::from(u32::from_le_bytes(*tail.strip_suffix(MAGIC)?.first_chunk::<4>()?));
        Some((tail_at.checked_sub(length)?, length))
    });
    let Some((at, length)) = footer else { return Ok(()) };
    for most in [SCHEMA_BYTES, u64::MAX] {
        let Ok(bytes) = input.get_bytes(at, usize::try_from(length.min(most)).unwrap_or_default()) else { return Ok(()) };
        match schema_shape(&bytes) {
            Ok((elements, _)) if elements > ELEMENTS_MAX => {
                return Err(format!("its schema has {elements} columns and what they lie in; at most {ELEMENTS_MAX} are read, and {COLUMNS_MAX} columns"));
            }
            Ok((_, depth)) if depth > DEPTH_MAX => return Err(format!("its schema is {depth} levels deep; at most {DEPTH_MAX} are read")),
            Ok(_) => return Ok(()),
            Err(Trouble::Short) if length > most => {}
            Err(Trouble::Short) => return Err("its schema is cut off".to_owned()),
            Err(Trouble::Broken(what)) => return Err(format!("its footer has {what}")),
        }
    }
    Ok(())
}

/// A field with views for its texts, and lists that know their offsets: other types make copies of what is stored once, which the schema
/// that a file brings along can ask for. `leaves` says how the file stores what has no fields, from here on; what it calls UUIDs is marked.
fn viewed(field: &FieldRef, leaves: &mut dyn Iterator<Item = &ColumnDescriptor>) -> FieldRef {
    let (data_type, leaf) = viewed_type(field.data_type(), leaves);
    let viewed = field.as_ref().clone().with_data_type(data_type);
    let is_uuid = matches!(leaf.and_then(ColumnDescriptor::logical_type_ref), Some(LogicalType::Uuid));
    Arc::new(if is_uuid { as_uuid(viewed) } else { viewed })
}

/// The type of a field, and how the file stores it where it has no fields.
fn viewed_type<'a>(data_type: &DataType, leaves: &mut dyn Iterator<Item = &'a ColumnDescriptor>) -> (DataType, Option<&'a ColumnDescriptor>) {
    let nested = match data_type {
        DataType::Dictionary(_, value) => return viewed_type(value, leaves),
        DataType::List(element) | DataType::LargeList(element) | DataType::ListView(element) | DataType::LargeListView(element) | DataType::FixedSizeList(element, _) => {
            DataType::List(viewed(element, leaves))
        }
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(|field| viewed(field, leaves)).collect()),
        DataType::Map(entries, sorted) => DataType::Map(viewed(entries, leaves), *sorted),
        plain => {
            let leaf = leaves.next();
            let viewed = match (plain, leaf.map(ColumnDescriptor::physical_type)) {
                (DataType::Utf8 | DataType::LargeUtf8, _) => DataType::Utf8View,
                // The days of old programs reach further than nanoseconds do: the year 9999 would come out as one of the nineteenth century.
                (DataType::Timestamp(TimeUnit::Nanosecond, zone), Some(Type::INT96)) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
                _ => plain.clone(),
            };
            return (viewed, leaf);
        }
    };
    (nested, None)
}

/// Whether values of a type are copied for each row that has them.
fn copies(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Dictionary(..) | DataType::FixedSizeList(..) => true,
        DataType::List(inner) | DataType::LargeList(inner) | DataType::Map(inner, _) => copies(inner.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| copies(field.data_type())),
        _ => false,
    }
}

#[cfg(test)]
mod crafted;

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, BinaryArray, Decimal128Array, FixedSizeBinaryArray, Float32Array, Int32Array, ListArray, StringArray, TimestampNanosecondArray, UInt64Array};
    use arrow::datatypes::Int32Type;
    use parquet::arrow::ArrowWriter;
    use parquet::data_type::{FixedLenByteArray, FixedLenByteArrayType, Int64Type, Int96, Int96Type};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

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

    /// Nanoseconds of a day and days, counted as astronomers do.
    fn old_time(nanos: u64, days_since_1970: i32) -> Int96 {
        let mut time = Int96::new();
        time.set_data((nanos & u64::from(u32::MAX)) as u32, (nanos >> 32) as u32, (2_440_588 + days_since_1970).cast_unsigned());
        time
    }

    #[test]
    fn times_of_old_programs_keep_their_year() {
        // Beside one that is of nanoseconds by itself, and one inside of a struct.
        let schema = "message rows { optional group s { required int64 n (TIMESTAMP(NANOS,false)); required int96 inside; } required int96 t; }";
        let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(parse_message_type(schema).unwrap()), Default::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let times = [old_time(1_500, 2_932_896), old_time(0, -719_162), old_time(43_200_000_000_000, 0)];
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[1_500, 0, -1], Some(&[1, 1, 1]), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int96Type>().write_batch(&times, Some(&[1, 1, 1]), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int96Type>().write_batch(&times, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        let loaded = load("t.parquet", writer.into_inner().unwrap(), &[]).unwrap();
        assert_eq!(loaded.types(), "s:struct(n timestamp, inside timestamp) t:timestamp");
        let (last, first, noon) = ("9999-12-31T00:00:00.000001Z", "0001-01-01T00:00:00Z", "1970-01-01T12:00:00Z");
        let row = |n: &str, time: &str| format!("{{\"n\":\"{n}\",\"inside\":\"{time}\"}}|{time}");
        assert_eq!(loaded.rows(), [row("1970-01-01T00:00:00.000001Z", last), row("1970-01-01T00:00:00Z", first), row("1969-12-31T23:59:59.999999Z", noon)]);
        assert_eq!(loaded.described(), Vec::<String>::new());
    }

    #[test]
    fn uuids_are_text() {
        let schema = "message rows { required fixed_len_byte_array(16) id (UUID); optional group s { optional fixed_len_byte_array(16) inside (UUID); } }";
        let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(parse_message_type(schema).unwrap()), Default::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let uuid = |last: u8| FixedLenByteArray::from([[7_u8; 15].as_slice(), &[last]].concat());
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<FixedLenByteArrayType>().write_batch(&[uuid(1), uuid(2)], None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<FixedLenByteArrayType>().write_batch(&[uuid(3)], Some(&[2, 0]), None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        let bytes = writer.into_inner().unwrap();
        let loaded = load("t.parquet", bytes.clone(), &[]).unwrap();
        assert_eq!(loaded.types(), "id:string s:struct(inside string)");
        let text = |last: &str| format!("07070707-0707-0707-0707-0707070707{last}");
        assert_eq!(loaded.rows(), [format!("{}|{{\"inside\":\"{}\"}}", text("01"), text("03")), format!("{}|~", text("02"))]);
        // The sample shows it as people write it, and it becomes nothing else.
        assert_eq!(loaded.inference.preview.rows[0][0], text("01"));
        assert!(refused("t.parquet", bytes, &[("id", ColumnType::Integer)]).contains("cannot be read as"));
        // Sixteen bytes of which nobody says what they are have no place.
        let bytes: ArrayRef = Arc::new(FixedSizeBinaryArray::try_from_iter([[7_u8; 16]].into_iter()).unwrap());
        assert!(refused("t.parquet", write(vec![("b", bytes)]), &[]).contains("column \"b\" is of the Parquet type FixedSizeBinary(16)"));
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
