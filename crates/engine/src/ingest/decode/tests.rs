//! Whole files through inference and decoding: good ones, bad ones, the sample data, and random tables.

use std::path::Path;

use proptest::prelude::*;

use super::testing::{gzip, load, load_into, load_source, refused, spooled};
use super::{DecodeTarget, spool};
use crate::catalog::{Column, ColumnType};
use crate::ingest::infer::infer_spooled;
use crate::ingest::{Input, Progress, ReadOptions};

#[test]
fn values_are_read_by_the_type_of_their_column() {
    let cases: [(&str, &str, &[&str]); 17] = [
        ("a,b\n1,x\n2,y\n", "a:integer b:string", &["1|x", "2|y"]),
        ("a,b\r\n1,x\r\n2,y\r\n", "a:integer b:string", &["1|x", "2|y"]),
        ("a,b\r1,x\r2,y", "a:integer b:string", &["1|x", "2|y"]),
        ("\u{feff}a,b\n1,x\n", "a:integer b:string", &["1|x"]),
        ("a,b\n1,\"x, \"\"y\"\"\nz\"\n2,w\n\n", "a:integer b:string", &["1|x, \"y\"\nz", "2|w"]),
        ("a;b\n1;2,5\n2;3,5\n", "a:integer b:string", &["1|2,5", "2|3,5"]),
        ("a\tb\n1\t0.5\n2\t1e3\n", "a:integer b:float", &["1|0.5", "2|1000.0"]),
        ("a,b\nNA,x\n2,NA\n3,\"NA\"\n-,-\n,\n", "a:integer b:string", &["~|x", "2|~", "3|NA", "~|-", "~|~"]),
        ("a,b\n\"1\",\"\"\n\"NULL\",x\n", "a:integer b:string", &["1|", "~|x"]),
        ("a,b\nyes,2013-01-01\nno,2013-01-02\n", "a:boolean b:date", &["true|2013-01-01", "false|2013-01-02"]),
        (
            "a,b\n2013-01-01,2013-01-01T05:00:00Z\n2013-01-01 05:00,2013-01-01T05:00:00+01:00\n",
            "a:timestamp b:timestamp",
            &["2013-01-01T00:00:00Z|2013-01-01T05:00:00Z", "2013-01-01T05:00:00Z|2013-01-01T04:00:00Z"],
        ),
        ("zip,n\n007,1\n123,2.5\n", "zip:string n:float", &["007|1.0", "123|2.5"]),
        ("a\n1\n\n2\n", "a:integer", &["1", "2"]),
        ("1,2\n3,4\n", "column_1:integer column_2:integer", &["1|2", "3|4"]),
        ("a,b\n 1 , x \n", "a:integer b:string", &["1| x "]),
        ("a,b\n", "a:string b:string", &[]),
        ("a,b", "a:string b:string", &[]),
    ];
    for (text, types, rows) in cases {
        let loaded = load("t.csv", text, &[]).unwrap();
        assert_eq!((loaded.types().as_str(), loaded.rows()), (types, rows.iter().map(|row| (*row).to_owned()).collect()), "{text:?}");
        assert_eq!(loaded.described(), Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn encodings_are_read() {
    let text = "name,n\ngröße,1\nçava,2\n";
    let utf16 = |order: fn(u16) -> [u8; 2]| std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect::<Vec<u8>>();
    let latin: Vec<u8> = text.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect();
    for (bytes, encoding) in [(utf16(u16::to_le_bytes), "utf-16le"), (utf16(u16::to_be_bytes), "utf-16be"), (latin, "windows-1252"), (text.as_bytes().to_vec(), "utf-8")] {
        let loaded = load("t.csv", bytes, &[]).unwrap();
        assert_eq!(loaded.inference.encoding, encoding);
        assert_eq!(loaded.rows(), ["größe|1", "çava|2"]);
        assert_eq!(loaded.inference.warnings.iter().any(|warning| warning.contains("read as windows-1252")), encoding == "windows-1252");
    }
}

#[test]
fn later_rows_promote_inferred_columns_once() {
    let mut text = String::from("i,d,s,late,n\n");
    for row in 0..12_000 {
        text.push_str(&format!("{row},2013-01-01,{row},,1\n"));
    }
    text.push_str("1.5,2013-01-01 05:00,x,,1\n2,2013-01-01,1,7,1\n2013-01-01,2013-01-02,1,,1\n3,2013-01-02,1,8,1\n");
    let loaded = load("t.csv", text, &[]).unwrap();
    let promotions: Vec<String> = loaded.promotions.iter().map(|found| format!("{} {} {} {}", found.column, found.from, found.to, found.line)).collect();
    assert_eq!(promotions, ["i integer string 12002", "d date timestamp 12002", "s integer string 12002", "late string integer 12003"]);
    assert_eq!(loaded.types(), "i:string d:timestamp s:string late:integer n:integer");
    assert_eq!(loaded.rows().last().unwrap(), "3|2013-01-02T00:00:00Z|1|8|1");
    assert_eq!(loaded.batch.num_rows(), 12_004);
}

#[test]
fn misfits_of_declared_columns_and_ragged_rows_are_rejected_with_their_place() {
    let text = "n,s\n1,a\nabc,b\n3\n4,d,e\n\"5\n\",f\n6,\"g\"h\n007,i\n99999999999999999999,j\n8,k\n9,l\n10,m\n11,n\n12,o\n13,p\n";
    let loaded = load("t.csv", text, &[("n", ColumnType::Integer)]).unwrap();
    assert_eq!(
        loaded.described(),
        [
            "line 3, column \"n\", value \"abc\": not an integer",
            "line 4: 1 cells where the file has 2 columns",
            "line 5: 3 cells where the file has 2 columns; quote cells that hold the delimiter",
            "line 6, column \"n\", value \"5\\n\": not an integer",
            "line 8, column \"s\": text after a closing quote; double the quotes inside a quoted cell",
            "line 10, column \"n\", value \"99999999999999999999\": too large for a 64-bit integer; declare the column as string or float",
        ]
    );
    assert_eq!(loaded.rejects[0].raw, "abc,b");
    assert_eq!(loaded.rows(), ["1|a", "7|i", "8|k", "9|l", "10|m", "11|n", "12|o", "13|p"]);
}

#[test]
fn rows_that_are_not_text_are_rejected() {
    let mut bytes = b"n,s\n".to_vec();
    // Beyond the sample, so that the encoding is settled.
    for row in 0..150_000 {
        bytes.extend_from_slice(format!("{row},abcdefgh\n").as_bytes());
    }
    bytes.extend_from_slice(b"1,ab\xff\xfecd\n2,a\0b\n3,fine\n\xc3,1,2\n4,last\n");
    let loaded = load("t.csv", bytes, &[]).unwrap();
    assert_eq!(
        loaded.described(),
        [
            "line 150002, column \"s\", value \"ab\u{fffd}\u{fffd}cd\": not valid UTF-8 (hex ff); save the file as UTF-8",
            "line 150003, column \"s\", value \"a\\0b\": a NUL byte (hex 00); a text file has none, export it anew",
            "line 150005: 3 cells where the file has 2 columns; quote cells that hold the delimiter",
        ]
    );
    assert_eq!(loaded.batch.num_rows(), 150_002);
    assert_eq!(loaded.rows().last().unwrap(), "4|last");
}

#[test]
fn broken_delimited_files_are_refused_with_their_place() {
    let packed = gzip("a,b\n1,2\n".repeat(50_000).as_bytes());
    let zstd = zstd::encode_all(&b"a,b\n1,2\n".repeat(50_000)[..], 1).unwrap();
    let cases: [(&str, Vec<u8>, String); 14] = [
        ("e.csv", b"".to_vec(), "e.csv: the file is empty; send one with a header line or with rows".into()),
        ("e.csv", b" \n\n".to_vec(), "e.csv: the file is empty; send one with a header line or with rows".into()),
        ("n.csv", b"\"a\" ,\"b\"\n1,2\n3,4\n".to_vec(), "n.csv line 1: the first row has text after a closing quote; double the quotes inside a quoted cell, and leave no space behind it".into()),
        ("n.csv", b"\n\"a\"b\n\"c\"d\n".to_vec(), "n.csv line 2: the first row has text after a closing quote; double the quotes inside a quoted cell, and leave no space behind it".into()),
        ("q.csv", b"a,b\n1,2\n3,\"x\ny\n".to_vec(), "q.csv line 3, column \"b\": the quote that opens here is never closed; close it, or double it if it belongs to the text".into()),
        ("d.csv", b"x,y,X\n1,2,3\n".to_vec(), "d.csv line 1: columns 1 and 3 have the same name \"X\" (case does not count); rename one".into()),
        ("f.csv.gz", packed[..packed.len() / 2].to_vec(), format!("f.csv.gz: the gzip data is truncated: it ends after {} bytes, before its end mark; send the whole file again", packed.len() / 2)),
        ("f.csv.zst", zstd[..zstd.len() / 2].to_vec(), format!("f.csv.zst: the zstd data is truncated: it ends after {} bytes, before its end mark; send the whole file again", zstd.len() / 2)),
        ("x.csv", b"\xd0\xcf\x11\xe0rest".to_vec(), "x.csv: the file is an old Excel workbook (.xls), or one with a password; save it as .xlsx without one. CSV, JSON, Parquet, Arrow, Avro and Excel .xlsx can be loaded, text also packed by gzip, zstd, bzip2 or xz".into()),
        ("x.bin", vec![0; 4_000], "x.bin: 4000 of the first 4000 bytes are NUL, so this is no text in utf-8; declare its encoding, or export it as CSV, JSON or Parquet".into()),
        ("c.csv", [b"a,b\n1,".to_vec(), vec![b'x'; (16 << 20) + 1], b"\n".to_vec()].concat(), "c.csv line 2, column \"b\": the cell is longer than 16 MiB; look whether the delimiter and the line ends are right".into()),
        ("c.csv", [b"a,b\n1,\"".to_vec(), vec![b'x'; 20 << 20]].concat(), "c.csv line 2, column \"b\": the cell is longer than 16 MiB; look for a quote that is not closed".into()),
        ("r.csv", [b"a,b\n1,2\n".to_vec(), b"xxxxxxx,".repeat(9 << 20)].concat(), "r.csv line 3: the row is longer than 64 MiB; look for a quote that is not closed, or for missing line ends".into()),
        ("h.csv", b"n,s\n1,a\nx,b\ny,c\n".to_vec(), "h.csv: 2 of the first 3 rows do not fit; the first is line 3, column \"n\", value \"x\": not an integer. Correct the file, or choose other column types, and load it again".into()),
    ];
    for (name, bytes, expected) in cases {
        let declared: &[_] = if name == "h.csv" { &[("n", ColumnType::Integer)] } else { &[] };
        assert_eq!(refused(name, bytes, declared), expected, "{name}");
    }
    let mut damaged = packed;
    let middle = damaged.len() / 2;
    damaged[middle..middle + 40].fill(0xff);
    assert!(refused("f.csv.gz", damaged, &[]).contains("the gzip data is damaged within the first "));
}

#[test]
fn too_many_rejects_end_the_load() {
    let mut text = String::from("n\n");
    for row in 0..30_000 {
        text.push_str(if row > 2_000 && row % 2 == 0 { "x\n" } else { "1\n" });
    }
    assert!(
        refused("t.csv", text, &[("n", ColumnType::Integer)])
            .starts_with("t.csv: more than 10000 rows do not fit; the first is line 2004, column \"n\", value \"x\": not an integer. ")
    );
    let text = format!("n\n{}{}", "x\n".repeat(501), "1\n".repeat(5_000));
    assert!(refused("t.csv", text, &[("n", ColumnType::Integer)]).starts_with("t.csv: 501 of the first 1000 rows do not fit; "));
    let text = format!("n\n{}{}", "x\n".repeat(500), "1\n".repeat(5_000));
    assert_eq!(load("t.csv", text, &[("n", ColumnType::Integer)]).unwrap().rejects.len(), 500);
}

#[test]
fn short_rows_end_with_nulls_where_that_is_declared() {
    let source = spooled("t.csv", "n,s,f\n1,x,0.5\n2\n3,\"y\"\n4,z,1,2\n,,\n");
    let options = ReadOptions { ragged_rows: crate::ingest::RaggedRows::Fill, ..ReadOptions::default() };
    let loaded = super::testing::load_with(&source, &options, &[]).unwrap();
    assert_eq!((loaded.types().as_str(), loaded.rows()), ("n:integer s:string f:float", ["1|x|0.5", "2|~|~", "3|y|~", "~|~|~"].map(str::to_owned).to_vec()));
    assert_eq!(loaded.described(), ["line 5: 4 cells where the file has 3 columns; quote cells that hold the delimiter"]);
    assert_eq!(
        loaded.inference.warnings,
        ["2 of the first 5 rows have fewer than 3 cells; what is missing will be null", "1 of the first 5 rows do not have 3 cells; they will be rejected"]
    );
}

#[test]
fn what_is_declared_of_a_dialect_is_held_to() {
    let options = ReadOptions { delimiter: Some(';'), header: Some(false), ..ReadOptions::default() };
    let loaded = super::testing::load_with(&spooled("t.csv", "a,b;c\nd,e;f\n"), &options, &[]).unwrap();
    assert_eq!((loaded.types().as_str(), loaded.rows()), ("column_1:string column_2:string", ["a,b|c", "d,e|f"].map(str::to_owned).to_vec()));
    assert_eq!(loaded.inference.warnings, Vec::<String>::new());
    let options = ReadOptions { header: Some(true), ..ReadOptions::default() };
    assert_eq!(super::testing::load_with(&spooled("t.csv", "1,2\n3,4\n"), &options, &[]).unwrap().types(), "1:integer 2:integer");
}

#[test]
fn packed_files_of_several_members_are_read_whole() {
    let mut bytes = gzip(b"a,b\n1,x\n");
    bytes.extend(gzip(b"2,y\n"));
    assert_eq!(load("t.csv.gz", bytes, &[]).unwrap().rows(), ["1|x", "2|y"]);
    let mut bytes = zstd::encode_all(&b"a,b\n1,x\n"[..], 3).unwrap();
    bytes.extend(zstd::encode_all(&b"2,y\n"[..], 3).unwrap());
    assert_eq!(load("t.csv.zst", bytes, &[]).unwrap().rows(), ["1|x", "2|y"]);
}

#[test]
fn columns_of_the_target_are_matched_by_name() {
    let source = spooled("t.csv", "b,a\n1,x\n");
    let column = |name: &str, column_type| Column::new(name, column_type);
    let target = |columns: Vec<Column>| DecodeTarget { declared: vec![true; columns.len()], columns, lines: false, nulling: Vec::new(), rounding: Vec::new() };
    let loaded = load_into(
        &source,
        infer_spooled(&source, &ReadOptions::default(), None).unwrap(),
        target(vec![column("a", ColumnType::String), column("new", ColumnType::Date), column("b", ColumnType::Float)]),
    )
    .unwrap();
    assert_eq!(loaded.rows(), ["x|~|1.0"]);
    let error = load_into(&source, infer_spooled(&source, &ReadOptions::default(), None).unwrap(), target(vec![column("aa", ColumnType::String), column("b", ColumnType::Float)]))
        .unwrap_err();
    assert_eq!(error.message(), "t.csv: column \"a\" is not in the dataset; did you mean aa, b?; rename or drop it in the file, or load into a new dataset");
}

#[test]
fn a_load_stops_when_it_is_cancelled_or_nobody_listens() {
    let source = spooled("t.csv", format!("n\n{}", "1\n".repeat(100_000)));
    let inference = infer_spooled(&source, &ReadOptions::default(), None).unwrap();
    let target = DecodeTarget { columns: vec![Column::new("n", ColumnType::Integer)], declared: vec![true], lines: false, nulling: Vec::new(), rounding: Vec::new() };
    let progress = Progress::new();
    let error = super::decode(&source, &inference, &target, &progress, &mut |_| {
        progress.cancel();
        Ok(())
    });
    assert_eq!(error.unwrap_err().kind(), crate::error::ErrorKind::Cancelled);
    let error = super::decode(&source, &inference, &target, &Progress::new(), &mut |_| Err(crate::error::Error::internal("gone")));
    assert_eq!(error.unwrap_err().message(), "gone");
}

fn sample_file(name: &str) -> super::Spooled {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data").join(name);
    futures::executor::block_on(async { tokio::runtime::Runtime::new().unwrap().block_on(spool(Input::Path(path), &Progress::new())) }).unwrap()
}

#[test]
fn the_sample_data_is_read() {
    let cases = [
        ("airlines.csv", 16, "carrier:string name:string"),
        ("airports.csv", 1_458, "faa:string name:string lat:float lon:float alt:integer tz:integer dst:string tzone:string"),
        ("planes.csv", 3_322, "tailnum:string year:integer type:string manufacturer:string model:string engines:integer seats:integer speed:integer engine:string"),
        (
            "weather.csv",
            26_115,
            "origin:string year:integer month:integer day:integer hour:integer temp:float dewp:float humid:float wind_dir:integer wind_speed:float wind_gust:float precip:float pressure:float visib:float time_hour:timestamp",
        ),
    ];
    for (name, rows, types) in cases {
        let loaded = load_source(&sample_file(name), &[]).unwrap();
        assert_eq!((loaded.batch.num_rows(), loaded.types().as_str(), loaded.described()), (rows, types, vec![]), "{name}");
    }
    let loaded = load_source(&sample_file("flights.csv.gz"), &[]).unwrap();
    assert_eq!((loaded.batch.num_rows(), loaded.batch.num_columns(), loaded.rejects.len()), (336_776, 19, 0));
    let nulls = |name: &str| loaded.batch.column_by_name(name).unwrap().null_count();
    assert_eq!((nulls("dep_delay"), nulls("arr_delay"), nulls("tailnum"), nulls("time_hour")), (8_255, 9_430, 2_512, 0));
    assert!(loaded.types().contains("dep_delay:integer ") && loaded.types().contains(" tailnum:string ") && loaded.types().ends_with("time_hour:timestamp"), "{}", loaded.types());
    assert_eq!(loaded.rows()[0], "2013|1|1|517|515|2|830|819|11|UA|1545|N14228|EWR|IAH|227|1400|5|15|2013-01-01T10:00:00Z");
}

fn any_cell() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z]{1,8}",
        1 => "[a-z ,;|\t\"\r\n]{0,12}",
        1 => Just(String::new()),
        1 => "[à-ÿ€漢]{1,4}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Tables of text written in any dialect are read as they were written; the first column is a number.
    #[test]
    fn what_is_written_is_read(
        table in (1_usize..5).prop_flat_map(|width| proptest::collection::vec(proptest::collection::vec(any_cell(), width), 1..30)),
        delimiter in prop_oneof![Just(','), Just(';'), Just('\t'), Just('|')],
        line_end in prop_oneof![Just("\n"), Just("\r\n")],
        quote_all in any::<bool>(),
        last_line_ends in any::<bool>(),
        packed in any::<bool>(),
    ) {
        let quoted = |cell: &str| {
            // An empty text is quoted, because an unquoted one is null.
            let must = quote_all || cell.is_empty() || cell.contains([delimiter, '"', '\r', '\n']);
            if must { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
        };
        let mut lines = vec![std::iter::once("number".to_owned()).chain((0..table[0].len()).map(|place| format!("text{place}"))).collect::<Vec<_>>().join(&delimiter.to_string())];
        for (number, row) in table.iter().enumerate() {
            lines.push(std::iter::once(number.to_string()).chain(row.iter().map(|cell| quoted(cell))).collect::<Vec<_>>().join(&delimiter.to_string()));
        }
        let mut text = lines.join(line_end);
        if last_line_ends {
            text.push_str(line_end);
        }
        let source = spooled("t.csv", if packed { gzip(text.as_bytes()) } else { text.clone().into_bytes() });
        let inference = infer_spooled(&source, &ReadOptions::default(), None).unwrap();
        prop_assert_eq!(inference.delimiter, Some(delimiter));
        // Texts may look like anything; they are declared to stay text.
        let names: Vec<String> = (0..table[0].len()).map(|place| format!("text{place}")).collect();
        let declared: Vec<(&str, ColumnType)> = names.iter().map(|name| (name.as_str(), ColumnType::String)).collect();
        let loaded = load_source(&source, &declared).unwrap();
        let expected: Vec<String> = table.iter().enumerate().map(|(number, row)| format!("{number}|{}", row.join("|"))).collect();
        prop_assert_eq!(loaded.rows(), expected, "{:?}", text);
    }

    /// No bytes make the decoder do anything but load or refuse.
    #[test]
    fn any_bytes_are_loaded_or_refused(bytes in proptest::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(b'1'), Just(b'{'), Just(b'['), Just(b'}'), Just(b':'), any::<u8>()], 0..200)) {
        let _ = load("t", bytes, &[]);
    }
}
