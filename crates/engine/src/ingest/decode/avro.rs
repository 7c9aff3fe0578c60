//! Avro object containers as batches, by the `arrow-avro` crate. Blocks are taken out of their frame here and handed over
//! as one array of rows with a mark of our own behind it: an array whose rows are not as many, or not as long, as the
//! container says, does not come to the mark, and is refused instead of read wrongly or for ever.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_avro::reader::{Reader, ReaderBuilder};
use serde_json::{Value, json};

use super::Spooled;
use super::avro_blocks::{AvroBlock, AvroBlocks, MAGIC, write_varint};
use super::avro_schema::Extent;
use super::batch::BATCH_ROWS;
use super::columnar::Batches;
use crate::error::{Error, Result};

/// Plain bytes of blocks that are decoded together, unless one block has more.
const TOGETHER_BYTES: usize = 4 << 20;
/// Values of blocks that are decoded together at most, beyond one for each of their bytes. What is null takes a byte in the
/// file, and in memory room for every field of its record.
const VALUES_MAX: u64 = 128 << 20;
/// Stands behind the rows.
const MARK: &[u8; 16] = b"tidemill end mrk";

/// A container whose header was read.
pub(crate) struct AvroSource {
    name: String,
    schema: SchemaRef,
    /// A header of the wrapping schema, before blocks that are not packed.
    header: Vec<u8>,
    blocks: AvroBlocks,
    /// Rows that are wanted together.
    rows_together: u64,
    extent: Extent,
}

impl AvroSource {
    /// Reads the header; with a limit, batches are small.
    pub(crate) fn open(source: &Spooled, limit: Option<usize>) -> Result<Self> {
        let blocks = AvroBlocks::open(source)?;
        let name = source.name().to_owned();
        let wrong = |what: String| Error::invalid(format!("{name}: the schema of the Avro file cannot be read: {what}; write it anew"));
        let mut rows: Value = serde_json::from_str(&blocks.schema).map_err(|error| wrong(error.to_string()).because(error))?;
        leave_uuids(&mut rows);
        if rows.get("type").and_then(Value::as_str) != Some("record") {
            return Err(Error::invalid(format!("{name}: the Avro file does not hold records, which are what rows are made of; write it with a record schema")));
        }
        let extent = Extent::of(&rows).map_err(wrong)?;
        let fields = json!([
            {"name": "rows", "type": {"type": "array", "items": rows}},
            {"name": "mark", "type": {"type": "fixed", "name": "TidemillMark", "size": MARK.len()}}
        ]);
        let header = header_of(&json!({"type": "record", "name": "TidemillRows", "fields": fields}).to_string());
        let reader = reader_of(header.clone()).map_err(wrong)?;
        let schema = match reader.schema().fields().first().map(|field| field.data_type().clone()) {
            Some(DataType::List(element)) => match element.data_type() {
                DataType::Struct(fields) => Arc::new(Schema::new(fields.clone())),
                other => return Err(wrong(format!("its rows are of the type {other}"))),
            },
            _ => return Err(wrong("it has no rows".to_owned())),
        };
        Ok(Self { name, schema, header, blocks, rows_together: limit.unwrap_or(BATCH_ROWS) as u64, extent })
    }

    /// Blocks that are decoded together.
    fn gather(&mut self) -> Result<Vec<AvroBlock>> {
        let (mut gathered, mut rows, mut bytes) = (Vec::new(), 0, 0);
        // At most half of the values before the last block, which may have the other half.
        while rows < self.rows_together && bytes < TOGETHER_BYTES && self.values_of(rows, bytes) <= VALUES_MAX / 2 {
            let Some(block) = self.blocks.next()? else { break };
            let values = self.values_of(block.rows, block.bytes.len());
            if values > (VALUES_MAX / 2).max(block.bytes.len() as u64) {
                return Err(Error::invalid(format!(
                    "{}: block {} of the Avro file has {} rows in {} bytes, which may be {values} values with its schema; at most {} are read at a time, so write smaller blocks",
                    self.name,
                    self.blocks.count(),
                    block.rows,
                    block.bytes.len(),
                    VALUES_MAX / 2
                )));
            }
            rows += block.rows;
            bytes += block.bytes.len();
            gathered.push(block);
        }
        Ok(gathered)
    }

    /// Values that so many rows of so many bytes may make.
    fn values_of(&self, rows: u64, bytes: usize) -> u64 {
        let inside = match self.extent.values_of_byte {
            // What is in lists takes its bytes.
            0 | 1 => 0,
            values => values.saturating_mul(bytes as u64),
        };
        rows.saturating_mul(self.extent.values).saturating_add(inside)
    }
}

impl Batches for AvroSource {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn read(&mut self, rows_before: u64) -> Result<Option<RecordBatch>> {
        let damaged = |name: &str, what: String| Error::invalid(format!("{name}: the Avro file is damaged after row {rows_before}: {what}; write it anew"));
        loop {
            let blocks = self.gather()?;
            if blocks.is_empty() {
                return Ok(None);
            }
            let rows: u64 = blocks.iter().map(|block| block.rows).sum();
            if rows == 0 {
                continue;
            }
            let mut reader = reader_of(wrapped(&self.header, &blocks)).map_err(|what| damaged(&self.name, what))?;
            let batch = reader.next().transpose().map_err(|error| damaged(&self.name, error.to_string()).because(error))?;
            let batch = batch.ok_or_else(|| damaged(&self.name, "its rows are missing".to_owned()))?;
            let mark = batch.column_by_name("mark").and_then(|mark| mark.as_fixed_size_binary_opt().map(|mark| mark.len() == 1 && mark.value(0) == MARK));
            let list = batch.column_by_name("rows").and_then(|list| list.as_list_opt::<i32>());
            let structs = list.and_then(|list| list.values().as_struct_opt());
            match structs {
                Some(structs) if mark == Some(true) && structs.len() as u64 == rows => return Ok(Some(RecordBatch::from(structs))),
                _ => return Err(damaged(&self.name, format!("its blocks do not hold the {rows} rows that they claim"))),
            }
        }
    }

    fn bytes_read(&self, _: u64) -> u64 {
        self.blocks.bytes_read()
    }
}

/// Takes from a schema that some of its texts are UUIDs: the reader would make bytes of them, and give up the file at one that is none.
fn leave_uuids(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(leave_uuids),
        Value::Object(map) => {
            let is = |key: &str, text: &str| map.get(key).and_then(Value::as_str) == Some(text);
            if is("type", "string") && is("logicalType", "uuid") {
                map.remove("logicalType");
            }
            ["type", "fields", "items", "values"].into_iter().for_each(|key| map.get_mut(key).into_iter().for_each(leave_uuids));
        }
        _ => {}
    }
}

fn reader_of(content: Vec<u8>) -> Result<Reader<Cursor<Vec<u8>>>, String> {
    // One row: the array of all rows. The reader is not asked for a second one.
    ReaderBuilder::new().with_batch_size(1).build(Cursor::new(content)).map_err(|error| error.to_string())
}

fn header_of(schema: &str) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    write_varint(2, &mut header);
    for text in ["avro.schema", schema, "avro.codec", "null"] {
        write_varint(text.len() as i64, &mut header);
        header.extend_from_slice(text.as_bytes());
    }
    write_varint(0, &mut header);
    header.extend_from_slice(MARK);
    header
}

/// A container of one row, which is an array of the rows of all blocks.
fn wrapped(header: &[u8], blocks: &[AvroBlock]) -> Vec<u8> {
    let mut row = Vec::with_capacity(blocks.iter().map(|block| block.bytes.len() + 16).sum::<usize>() + 32);
    for block in blocks.iter().filter(|block| block.rows > 0) {
        write_varint(block.rows.cast_signed(), &mut row);
        row.extend_from_slice(&block.bytes);
    }
    write_varint(0, &mut row);
    row.extend_from_slice(MARK);
    let mut content = header.to_vec();
    write_varint(1, &mut content);
    write_varint(row.len() as i64, &mut content);
    content.extend_from_slice(&row);
    content.extend_from_slice(MARK);
    content
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ingest::FileFormat;
    use crate::ingest::decode::testing::{load, refused};

    const SCHEMA: &str =
        r#"{"type":"record","name":"Row","fields":[{"name":"n","type":"long"},{"name":"s","type":["null","string"]},{"name":"l","type":{"type":"array","items":"int"}}]}"#;

    fn text(text: &str, out: &mut Vec<u8>) {
        write_varint(text.len() as i64, out);
        out.extend_from_slice(text.as_bytes());
    }

    /// A container of blocks, each a number of rows and their bytes.
    fn container(schema: &str, codec: &str, blocks: &[(i64, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        write_varint(2, &mut bytes);
        for part in ["avro.schema", schema, "avro.codec", codec] {
            text(part, &mut bytes);
        }
        write_varint(0, &mut bytes);
        bytes.extend_from_slice(&[7; 16]);
        for (rows, data) in blocks {
            write_varint(*rows, &mut bytes);
            write_varint(data.len() as i64, &mut bytes);
            bytes.extend_from_slice(data);
            bytes.extend_from_slice(&[7; 16]);
        }
        bytes
    }

    fn row(n: i64, s: Option<&str>, out: &mut Vec<u8>) {
        write_varint(n, out);
        write_varint(i64::from(s.is_some()), out);
        if let Some(s) = s {
            text(s, out);
        }
        write_varint(1, out);
        write_varint(n * 2, out);
        write_varint(0, out);
    }

    fn two_rows() -> Vec<u8> {
        let mut rows = Vec::new();
        row(-1, Some("x"), &mut rows);
        row(2, None, &mut rows);
        rows
    }

    #[test]
    fn blocks_are_read_whatever_they_hold() {
        let bytes = container(SCHEMA, "null", &[(2, two_rows()), (0, Vec::new()), (2, two_rows())]);
        let loaded = load("t", bytes, &[]).unwrap();
        assert_eq!((loaded.inference.format, loaded.types().as_str()), (FileFormat::Avro, "n:integer s:string l:list(integer)"));
        assert_eq!(loaded.rows(), ["-1|x|[-2]", "2|~|[4]", "-1|x|[-2]", "2|~|[4]"]);
        let mut snappy = snap::raw::Encoder::new().compress_vec(&two_rows()).unwrap();
        snappy.extend_from_slice(&crc32fast::hash(&two_rows()).to_be_bytes());
        assert_eq!(load("t.avro", container(SCHEMA, "snappy", &[(2, snappy)]), &[]).unwrap().rows(), ["-1|x|[-2]", "2|~|[4]"]);
    }

    #[test]
    fn uuids_are_the_texts_that_they_are() {
        let schema = r#"{"type":"record","name":"Row","fields":[
            {"name":"id","type":{"type":"string","logicalType":"uuid"}},
            {"name":"other","type":["null",{"type":"string","logicalType":"uuid"}]},
            {"name":"bytes","type":{"type":"fixed","name":"Id","size":16,"logicalType":"uuid"}}]}"#;
        let mut rows = Vec::new();
        for (id, other) in [("F81D4FAE-7dec-11d0-a765-00a0c91e6bf6", None), ("none at all", Some("x"))] {
            text(id, &mut rows);
            write_varint(i64::from(other.is_some()), &mut rows);
            other.into_iter().for_each(|other| text(other, &mut rows));
            rows.extend_from_slice(&[9; 16]);
        }
        let loaded = load("t.avro", container(schema, "null", &[(2, rows)]), &[]).unwrap();
        assert_eq!(loaded.types(), "id:string other:string bytes:string");
        let bytes = "09090909-0909-0909-0909-090909090909";
        assert_eq!(loaded.rows(), [format!("F81D4FAE-7dec-11d0-a765-00a0c91e6bf6|~|{bytes}"), format!("none at all|x|{bytes}")]);
    }

    #[test]
    fn broken_containers_are_refused_with_their_place() {
        let good = container(SCHEMA, "null", &[(2, two_rows()), (2, two_rows())]);
        let cut = |bytes: usize| good[..good.len() - bytes].to_vec();
        let header = container(SCHEMA, "null", &[]).len();
        let bomb = zstd::encode_all(vec![0; 300 << 20].as_slice(), 1).unwrap();
        let cases: [(Vec<u8>, &str); 9] = [
            (cut(3), "t.avro: the Avro file is cut off in block 2; send the whole file again"),
            (cut(20), "t.avro: the Avro file is cut off in block 2; send the whole file again"),
            (good[..header - 4].to_vec(), "t.avro: the Avro file is cut off in its header; send the whole file again"),
            (container(SCHEMA, "null", &[(1, two_rows())]), "the Avro file is damaged after row 0: "),
            (container(SCHEMA, "null", &[(3, two_rows())]), "the Avro file is damaged after row 0: "),
            (container(SCHEMA, "null", &[(1 << 60, two_rows())]), "bytes claim to be 1152921504606846976 rows"),
            (container(SCHEMA, "lzma", &[(2, two_rows())]), "packed with \"lzma\", which is not read"),
            (container("\"string\"", "null", &[]), "does not hold records"),
            (container(SCHEMA, "zstandard", &[(2, bomb)]), "at most 33554432 are read at a time of a file of this size"),
        ];
        for (bytes, expected) in cases {
            let found = refused("t.avro", bytes, &[]);
            assert!(found.contains(expected), "{found}");
        }
    }

    #[test]
    fn schemas_that_expand_to_too_much_are_refused_before_they_do() {
        let mut record = r#"{"type":"record","name":"R0","fields":[{"name":"a","type":"int"}]}"#.to_owned();
        for level in 1..30 {
            record = format!(r#"{{"type":"record","name":"R{level}","fields":[{{"name":"a","type":{record}}},{{"name":"b","type":"R{}"}}]}}"#, level - 1);
        }
        let found = refused("t.avro", container(&record, "null", &[]), &[]);
        assert_eq!(found, "t.avro: the schema of the Avro file cannot be read: it expands to more than 10000 fields and types; write it anew");
    }

    #[test]
    fn few_bytes_do_not_become_many_values() {
        let fields: Vec<String> = (0..1_500).map(|field| format!(r#"{{"name":"f{field}","type":"long"}}"#)).collect();
        let wide = format!(r#"["null",{{"type":"record","name":"Wide","fields":[{}]}}]"#, fields.join(","));
        let schema = format!(r#"{{"type":"record","name":"Row","fields":[{{"name":"w","type":{wide}}}]}}"#);
        let zeros = |rows: usize| zstd::encode_all(vec![0; rows].as_slice(), 1).unwrap();
        let found = refused("t.avro", container(&schema, "zstandard", &[(1 << 20, zeros(1 << 20))]), &[]);
        assert!(found.contains("block 1 of the Avro file has 1048576 rows in 1048576 bytes"), "{found}");
        // The same within a list, of which there is one.
        let lists = format!(r#"{{"type":"record","name":"Row","fields":[{{"name":"l","type":{{"type":"array","items":{wide}}}}}]}}"#);
        let mut row = Vec::new();
        write_varint(1 << 20, &mut row);
        row.resize(row.len() + (1 << 20) + 1, 0);
        let found = refused("t.avro", container(&lists, "zstandard", &[(1, zstd::encode_all(row.as_slice(), 1).unwrap())]), &[]);
        assert!(found.contains("block 1 of the Avro file has 1 rows"), "{found}");
        // Blocks as writers make them are read, one after the other.
        let few = vec![(300, zeros(300)); 3];
        assert_eq!(load("t.avro", container(&schema, "zstandard", &few), &[]).unwrap().batch.num_rows(), 900);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        /// A damaged container is loaded or refused, never more.
        #[test]
        fn damage_is_loaded_or_refused(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
            let mut bytes = container(SCHEMA, "null", &[(2, two_rows()), (2, two_rows())]);
            let header = container(SCHEMA, "null", &[]).len();
            for (at, byte) in damage {
                let at = header + at.index(bytes.len() - header);
                bytes[at] = byte;
            }
            let _ = load("t.avro", bytes, &[]);
        }
    }
}
