//! Files of a few bytes that stand for very much, one of each kind for every format: each is refused by a sentence that says why, within
//! 512 MiB and ten seconds. `decode/parquet/crafted.rs` has those that no writer would write.

#![expect(clippy::unwrap_used, reason = "a test may be blunt")]
#![allow(unsafe_code, reason = "a global allocator is an unsafe trait; this one counts and passes everything on")]

#[path = "counting/memory.rs"]
mod memory;

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, LargeStringArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use tidemill::ErrorKind;
use tidemill::fuzzing::rows_of;

use crate::memory::measured;

/// Looks whether a file is refused with these words, at no great cost; says what is wrong.
fn look(name: &str, bytes: &[u8], words: &str) -> Result<(), String> {
    let (read, too_much) = measured(|| rows_of(name, bytes));
    let error = match read {
        Ok(rows) => return Err(format!("{name} of {} bytes has {rows} rows, and not: {words}", bytes.len())),
        Err(error) => error,
    };
    if error.kind() != ErrorKind::Invalid || !error.message().contains(words) {
        return Err(format!("{name}: {words:?} is not in: {error}"));
    }
    too_much.map_or(Ok(()), |too_much| Err(format!("{name}: {words}: {too_much}")))
}

fn packed_parquet(batch: &RecordBatch) -> Vec<u8> {
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).set_statistics_enabled(EnabledStatistics::None).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn packed_arrow(batch: &RecordBatch) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD)).unwrap();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn batch(column: impl arrow::array::Array + 'static) -> RecordBatch {
    RecordBatch::try_from_iter([("s", Arc::new(column) as ArrayRef)]).unwrap()
}

/// One text for all rows, which stands in a dictionary.
fn in_every_row(bytes: usize, rows: usize) -> RecordBatch {
    let values: ArrayRef = Arc::new(LargeStringArray::from(vec!["x".repeat(bytes)]));
    batch(DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0; rows]), values))
}

/// A number as Avro writes it.
fn number(value: i64, out: &mut Vec<u8>) {
    let mut rest = u64::try_from(value).unwrap() << 1;
    while rest >= 0x80 {
        out.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    out.push(u8::try_from(rest).unwrap());
}

/// A container of one block, which claims a length.
fn avro(rows: i64, length: i64, block: &[u8]) -> Vec<u8> {
    let mut bytes = b"Obj\x01".to_vec();
    number(2, &mut bytes);
    for text in ["avro.schema", r#"{"type":"record","name":"Row","fields":[{"name":"n","type":"long"}]}"#, "avro.codec", "zstandard"] {
        number(i64::try_from(text.len()).unwrap(), &mut bytes);
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.push(0);
    bytes.extend_from_slice(&[7; 16]);
    number(rows, &mut bytes);
    number(length, &mut bytes);
    bytes.extend_from_slice(block);
    bytes.extend_from_slice(&[7; 16]);
    bytes
}

fn workbook(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// xz that claims the largest dictionary that there is.
fn thirsty_xz() -> Vec<u8> {
    let mut bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats/orders.csv.xz")).unwrap();
    // The header of a block: its length, no flags, the filter LZMA2 with one byte of properties, filled up, and a checksum.
    assert_eq!(bytes[12..16], [2, 0, 0x21, 1]);
    bytes[16] = 40;
    let checksum = crc32fast::hash(&bytes[12..20]);
    bytes[20..24].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn joined(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(",")
}

/// One test, so that what it counts is its own.
#[test]
fn few_bytes_do_not_become_very_many() {
    const COLUMNS: usize = 1_000_000;
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    let zeros = vec![0; 200 << 20];
    let cells = format!("{}\n{}\n", joined(COLUMNS, |column| format!("c{column}")), vec!["1"; COLUMNS].join(","));
    let keys = format!("{{{}}}", joined(COLUMNS, |column| format!("\"k{column}\":1")));
    let deep = format!("{{\"a\":{}1{}}}\n", "[".repeat(10_000), "]".repeat(10_000));
    let wide = RecordBatch::try_from_iter((0..5_000).map(|column| (format!("c{column}"), Arc::new(Int64Array::from(vec![1])) as ArrayRef))).unwrap();
    let rows = format!("1,{}\n", "x".repeat(1_000)).repeat(300_000);
    let block = zstd(&zeros);
    let too_wide = "columns are more than the 2000 that a dataset may have";
    let much = "over 1000 times as much";
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("t.csv.zst", zstd(rows.as_bytes()), much),
        ("t.csv.xz", thirsty_xz(), "the xz data is damaged"),
        ("t.csv", cells.into_bytes(), too_wide),
        ("t.ndjson", keys.clone().into_bytes(), too_wide),
        ("t.json", format!("[{keys}]").into_bytes(), too_wide),
        ("t.ndjson", deep.clone().into_bytes(), "recursion limit exceeded"),
        ("t.json", format!("[{deep}]").into_bytes(), "recursion limit exceeded"),
        ("t.parquet", packed_parquet(&in_every_row(256 << 10, 8_000)), much),
        ("t.parquet", packed_parquet(&batch(StringArray::from(vec!["x".repeat(200 << 20)]))), "its pages take"),
        ("t.parquet", packed_parquet(&wide), too_wide),
        ("t.arrows", packed_arrow(&in_every_row(16 << 20, 32_768)), much),
        ("t.arrows", packed_arrow(&batch(Int64Array::from(vec![0; 25 << 20]))), "a batch unpacks to"),
        ("t.arrows", packed_arrow(&wide), too_wide),
        ("t.avro", avro(200 << 20, i64::try_from(block.len()).unwrap(), &block), "at most 33554432 are read at a time"),
        ("t.avro", avro(1, 1 << 50, &[0]), "at most 33554432 are read at a time"),
        ("t.avro", avro(1 << 50, 9, &zstd(&[])), "the Avro file is damaged in block 1"),
        ("t.xlsx", workbook(&[("xl/workbook.xml", b"<workbook/>".to_vec()), ("xl/worksheets/sheet1.xml", vec![b' '; 64 << 20])]), "over 200 times as much"),
        ("t.xlsx", workbook(&[("xl/workbook.xml", b"<workbook/>".to_vec()), ("xl/texts.bin", vec![b' '; 65 << 20])]), "at most 67108864 are read of a workbook of this size"),
    ];
    let wrong: Vec<String> = cases.iter().filter_map(|(name, bytes, words)| look(name, bytes, words).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
