//! Parquet files that no writer would write: a few bytes that claim very much, or lie about where they are. Each is refused by a sentence
//! of ours before there is room for what it claims; without that, most of these tests would end their process.

use std::io::Write;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, encode_arrow_schema};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::{ColumnChunkMetaData, FileMetaData, KeyValue, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::SchemaDescriptor;

use super::super::avro_blocks::write_varint;
use super::super::parquet_header::{self, Kind};
use super::super::testing::{gzip, load, refused};
use super::MAGIC;

const TEXT: &str = "message rows { required binary s (UTF8); }";
/// Encodings of values.
const PLAIN: i32 = 0;
const DELTA_LENGTH: i32 = 6;
const DELTA: i32 = 7;
const DICTIONARY: i32 = 8;

/// A file of one column in one row group.
struct Crafted {
    message: &'static str,
    arrow: Option<Schema>,
    compression: Compression,
    rows: i64,
    pages: Vec<u8>,
    /// Where the pages are said to begin and how long they are, where that is not so.
    place: Option<(i64, i64)>,
}

impl Crafted {
    fn of(message: &'static str, rows: i64) -> Self {
        Self { message, arrow: None, compression: Compression::UNCOMPRESSED, rows, pages: Vec::new(), place: None }
    }

    fn packed(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// A page with what it claims: plain bytes and values.
    fn page(mut self, kind: Kind, encoding: i32, plain: usize, values: i32, packed: &[u8]) -> Self {
        self.pages
            .extend_from_slice(&parquet_header::write(kind, encoding, i32::try_from(plain).unwrap(), i32::try_from(packed.len()).unwrap(), values));
        self.pages.extend_from_slice(packed);
        self
    }

    fn bytes(self) -> Vec<u8> {
        let schema = Arc::new(SchemaDescriptor::new(Arc::new(parse_message_type(self.message).unwrap())));
        let (start, length) = self.place.unwrap_or((4, i64::try_from(self.pages.len()).unwrap()));
        let chunk = ColumnChunkMetaData::builder(schema.column(0))
            .set_compression(self.compression)
            .set_num_values(self.rows)
            .set_data_page_offset(start)
            .set_total_compressed_size(length)
            .set_total_uncompressed_size(length)
            .build()
            .unwrap();
        let group = RowGroupMetaData::builder(Arc::clone(&schema))
            .set_num_rows(self.rows)
            .set_total_byte_size(length)
            .set_column_metadata(vec![chunk])
            .build()
            .unwrap();
        let arrow = self.arrow.map(|arrow| vec![KeyValue::new(ARROW_SCHEMA_META_KEY.to_owned(), encode_arrow_schema(&arrow))]);
        let metadata = ParquetMetaData::new(FileMetaData::new(2, self.rows, None, arrow, schema, None), vec![group]);
        let mut bytes = [MAGIC, &self.pages].concat();
        ParquetMetaDataWriter::new(&mut bytes, &metadata).finish().unwrap();
        bytes
    }
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn zstandard() -> Compression {
    Compression::ZSTD(ZstdLevel::default())
}

/// One text, as it stands in a page.
fn text(bytes: usize) -> Vec<u8> {
    let mut page = u32::try_from(bytes).unwrap().to_le_bytes().to_vec();
    page.resize(4 + bytes, b'x');
    page
}

/// The first value of a dictionary, so many times.
fn run(values: i64) -> Vec<u8> {
    let mut page = vec![1];
    unsigned(values << 1, &mut page);
    page.push(0);
    page
}

/// A number that is never below zero.
fn unsigned(value: i64, out: &mut Vec<u8>) {
    let mut rest = value;
    while rest >= 0x80 {
        out.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    out.push(u8::try_from(rest).unwrap());
}

/// So many equal lengths.
fn lengths(count: i64, each: i64) -> Vec<u8> {
    let mut bytes = vec![0x80, 0x01, 4];
    unsigned(count, &mut bytes);
    write_varint(each, &mut bytes);
    for _ in 0..u64::try_from(count - 1).unwrap().div_ceil(128) {
        bytes.extend_from_slice(&[0; 5]);
    }
    bytes
}

/// A dictionary of one text, in every row.
fn repeated(bytes: usize, rows: i32) -> Crafted {
    let (dictionary, data) = (text(bytes), run(i64::from(rows)));
    Crafted::of(TEXT, i64::from(rows)).packed(zstandard()).page(Kind::Dictionary, PLAIN, dictionary.len(), 1, &zstd(&dictionary)).page(
        Kind::Data,
        DICTIONARY,
        data.len(),
        rows,
        &zstd(&data),
    )
}

fn one_field(data_type: DataType) -> Option<Schema> {
    Some(Schema::new(vec![Field::new("s", data_type, false)]))
}

#[test]
fn crafted_files_are_read_where_they_are_right() {
    assert_eq!(load("t.parquet", repeated(3, 4).bytes(), &[]).unwrap().rows(), ["xxx"; 4]);
    let shared = [lengths(3, 5), lengths(3, 2), b"abcdef".to_vec()].concat();
    let delta = Crafted::of(TEXT, 3).page(Kind::Data, DELTA, shared.len(), 3, &shared);
    assert_eq!(load("t.parquet", delta.bytes(), &[]).unwrap().rows(), ["ab", "abcd", "abcdef"]);
    let own = [lengths(3, 2), b"abcdef".to_vec()].concat();
    let packed = Crafted::of(TEXT, 3)
        .packed(Compression::GZIP(parquet::basic::GzipLevel::default()))
        .page(Kind::Data, DELTA_LENGTH, own.len(), 3, &gzip(&own));
    assert_eq!(load("t.parquet", packed.bytes(), &[]).unwrap().rows(), ["ab", "cd", "ef"]);
}

#[test]
fn a_value_that_stands_in_every_row_is_not_copied() {
    // 512 GiB, were it copied for each row, and 16 GiB for the sample.
    for kind in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View, DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::LargeUtf8))] {
        let mut crafted = repeated(16 << 20, 32_768);
        crafted.arrow = one_field(kind.clone());
        let bytes = crafted.bytes();
        assert!(bytes.len() < 20_000, "{}", bytes.len());
        let found = refused("t.parquet", bytes, &[]);
        assert!(found.contains("over 1000 times as much") && found.contains("unpack_ratio"), "{kind}: {found}");
    }
}

#[test]
fn texts_that_share_their_beginnings_are_counted_before_they_are_made() {
    // Each is a byte longer than the one before: 5 GB of 100 KB.
    let data = [lengths(100_000, 1 << 30), lengths(100_000, 1), vec![b'x'; 100_000]].concat();
    let found = refused("t.parquet", Crafted::of(TEXT, 100_000).page(Kind::Data, DELTA, data.len(), 100_000, &data).bytes(), &[]);
    assert!(found.contains("column \"s\": its pages take 50") && found.contains("at most 134217728 are held"), "{found}");
    for encoding in [DELTA, DELTA_LENGTH] {
        let mut claims = vec![0x80, 0x01, 4];
        unsigned(1 << 40, &mut claims);
        claims.extend_from_slice(&[0; 20]);
        let found = refused("t.parquet", Crafted::of(TEXT, 3).page(Kind::Data, encoding, claims.len(), 3, &claims).bytes(), &[]);
        assert!(found.contains("more lengths than there are values"), "{found}");
    }
}

#[test]
fn rows_without_end_are_refused_at_once() {
    let pages = (0..100).fold(Crafted::of(TEXT, 100 << 30).page(Kind::Dictionary, PLAIN, 5, 1, &text(1)), |crafted, _| {
        let data = run(1 << 30);
        crafted.page(Kind::Data, DICTIONARY, data.len(), 1 << 30, &data)
    });
    let found = refused("t.parquet", pages.bytes(), &[]);
    assert!(found.contains("unpack to more than 107374182400, over 1000 times as much"), "{found}");
}

#[test]
fn pages_are_no_larger_than_the_file_gives_reason_for() {
    let zeros = vec![0; 200 << 20];
    let cases: [(Crafted, &str); 6] = [
        // What is claimed comes first, whatever there is.
        (Crafted::of(TEXT, 1).packed(zstandard()).page(Kind::Data, PLAIN, i32::MAX as usize, 1, &zstd(&text(10))), "its pages take 2147483647 bytes or more"),
        (Crafted::of(TEXT, 1).packed(zstandard()).page(Kind::Dictionary, PLAIN, zeros.len(), 1, &zstd(&zeros)), "its pages take 209715"),
        // gzip and the frames of LZ4 unpack until they end.
        (
            Crafted::of(TEXT, 1).packed(Compression::GZIP(parquet::basic::GzipLevel::default())).page(Kind::Data, PLAIN, 100, 1, &gzip(&zeros)),
            "a page does not unpack to the 100 bytes that it claims",
        ),
        (Crafted::of(TEXT, 1).packed(Compression::LZ4).page(Kind::Data, PLAIN, 100, 1, &[0x04, 0x22, 0x4d, 0x18, 0, 0, 0, 0]), "it is packed in frames of LZ4"),
        (Crafted::of(TEXT, 1).page(Kind::Dictionary, PLAIN, 14, i32::MAX, &text(10)), "a dictionary of 14 bytes claims 2147483647 values"),
        // A row of a list may have all values of a page.
        (
            Crafted::of("message rows { optional group l (LIST) { repeated group list { required int64 element; } } }", 1)
                .page(Kind::Dictionary, PLAIN, 8, 1, &[0; 8])
                .page(Kind::Data, DICTIONARY, 8, 1 << 30, &[0; 8]),
            "its pages take ",
        ),
    ];
    for (crafted, expected) in cases {
        let found = refused("t.parquet", crafted.bytes(), &[]);
        assert!(found.contains(expected) && found.contains("column "), "{found}");
    }
}

#[test]
fn numbers_that_are_written_like_text_are_no_longer_than_numbers() {
    let (dictionary, data) = (text(1 << 20), run(32_768));
    let crafted = Crafted::of("message rows { required binary n (DECIMAL(10, 2)); }", 32_768)
        .packed(zstandard())
        .page(Kind::Dictionary, PLAIN, dictionary.len(), 1, &zstd(&dictionary))
        .page(Kind::Data, DICTIONARY, data.len(), 32_768, &zstd(&data));
    assert!(refused("t.parquet", crafted.bytes(), &[]).contains("a number of its dictionary is longer than any number"));
}

#[test]
fn footers_that_lie_are_refused() {
    let lying = |place: Option<(i64, i64)>, rows: i64| {
        let mut crafted = repeated(3, 4);
        (crafted.place, crafted.rows) = (place, rows);
        refused("t.parquet", crafted.bytes(), &[])
    };
    assert!(lying(Some((1 << 40, 100)), 4).contains("its pages are said to end at byte 1099511627876 of "));
    assert!(lying(Some((4, i64::MAX)), 4).contains("its pages are said to end at byte"));
    assert!(lying(Some((-4, 100)), 4).contains("begin or end below zero"));
    assert!(lying(Some((4, -1)), 4).contains("begin or end below zero"));
    assert!(lying(Some((5, 20)), 4).contains("t.parquet: "));
    assert!(lying(None, -1).contains("a row group of less than no rows"));
    assert!(lying(None, i64::MAX).contains("over 1000 times as much"));
    // The writer adds up the rows of row groups: what the footer says of all is the first number of four in it.
    let mut bytes = repeated(3, 4).bytes();
    let footer = bytes.len() - 8 - u32::from_le_bytes(*bytes[bytes.len() - 8..].first_chunk().unwrap()) as usize;
    let rows = footer + bytes[footer..].windows(2).position(|pair| pair == [0x16, 4 << 1]).unwrap();
    bytes[rows + 1] = 5 << 1;
    assert!(refused("t.parquet", bytes, &[]).contains("its footer claims 5 rows, and its row groups 4"));
}

#[test]
fn schemas_without_end_are_refused_before_types_are_made_of_them() {
    // A footer of a version and elements of so many children each.
    let file = |children: &[u8]| {
        let mut footer = vec![0x15, 2, 0x19, 0xfc];
        unsigned(i64::try_from(children.len()).unwrap(), &mut footer);
        children.iter().for_each(|count| footer.extend_from_slice(&[0x48, 1, b'a', 0x15, count * 2, 0]));
        footer.extend_from_slice(&[0x16, 0, 0x19, 0x0c, 0]);
        let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
        let mut bytes = MAGIC.to_vec();
        for part in [footer.as_slice(), &length, MAGIC] {
            bytes.write_all(part).unwrap();
        }
        bytes
    };
    assert!(refused("t.parquet", file(&vec![0; 1_000_000]), &[]).contains("its schema has 1000000 columns"));
    assert!(refused("t.parquet", file(&[1; 10_000]), &[]).contains("its schema is 10000 levels deep"));
}
