//! What inference says of small inputs, and how it says it in JSON.

use std::sync::Arc;

use ::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampNanosecondArray};
use ::parquet::arrow::ArrowWriter;

use super::*;
use crate::ingest::Input;
use crate::ingest::decode::testing::{gzip, spooled};

fn inferred(name: &str, bytes: impl Into<bytes::Bytes>) -> Inference {
    infer_spooled(&spooled(name, bytes), &ReadOptions::default(), None).unwrap()
}

#[test]
fn the_answer_has_the_shape_of_the_api() {
    let inference = inferred("Flights 2013.csv.gz", gzip(b"carrier,delay,when\nUA,2,2013-01-01T10:00:00Z\nAA,NA,2013-01-01T11:00:00Z\n"));
    let expected = serde_json::json!({
        "format": "csv", "compression": "gzip", "delimiter": ",", "header": true, "encoding": "utf-8", "suggested_name": "flights_2013", "sample_rows": 2,
        "columns": [
            {"name": "carrier", "type": "string", "nullable": false, "null_tokens": [], "examples": ["UA", "AA"]},
            {"name": "delay", "type": "integer", "nullable": true, "null_tokens": ["NA"], "examples": ["2"]},
            {"name": "when", "type": "timestamp", "nullable": false, "null_tokens": [], "examples": ["2013-01-01T10:00:00Z", "2013-01-01T11:00:00Z"]}
        ],
        "preview": {"columns": ["carrier", "delay", "when"], "rows": [["UA", "2", "2013-01-01T10:00:00Z"], ["AA", "NA", "2013-01-01T11:00:00Z"]]},
        "warnings": []
    });
    assert_eq!(serde_json::to_value(inference).unwrap(), expected);
}

#[test]
fn headers_are_told_from_rows() {
    let cases: [(&str, bool, &str); 10] = [
        ("a,b\n1,2\n", true, "a b"),
        ("a,b\nx,y\n", true, "a b"),
        ("1,2\n3,4\n", false, "column_1 column_2"),
        ("x,1\ny,2\n", false, "column_1 column_2"),
        ("x,x\ny,z\n", false, "column_1 column_2"),
        ("a,b\n", true, "a b"),
        ("1,2\n", false, "column_1 column_2"),
        ("\"\",a\n1,x\n", true, "column_1 a"),
        ("\" a \",\"b\nc\"\n1,2\n", true, "a b c"),
        ("name\nbob\n", true, "name"),
    ];
    for (text, header, names) in cases {
        let inference = inferred("t.csv", text);
        let found: Vec<&str> = inference.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!((inference.header, found.join(" ").as_str()), (header, names), "{text:?}");
        assert_eq!(inference.warnings.iter().any(|warning| warning.starts_with("no header line")), !header);
    }
}

#[test]
fn a_first_line_for_spreadsheets_says_the_delimiter() {
    for (text, delimiter) in [("sep=;\r\na;b\r\n1;2,5\r\n3;4,5\r\n", ';'), ("sep=,\na,b\n1,2\n3,4\n", ','), ("\u{feff}sep=\t\na\tb\n1\t2\n", '\t')] {
        let inference = inferred("t.csv", text);
        let names: Vec<&str> = inference.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!((names, inference.delimiter, inference.header), (vec!["a", "b"], Some(delimiter), true), "{text}");
        assert_eq!(inference.columns[0].column_type, ColumnType::Integer);
    }
}

#[test]
fn null_tokens_are_recognised_by_column() {
    let cases: [(&[&str], ColumnType, &[&str], bool); 9] = [
        (&["1", "N/A", "-", "2"], ColumnType::Integer, &["N/A", "-"], true),
        (&["1.5", "nan", "NaN"], ColumnType::Float, &["nan", "NaN"], true),
        (&["x", "N/A", "-", "null"], ColumnType::String, &[], false),
        (&["x", "NA", "\\N", "NULL"], ColumnType::String, &["NA", "\\N", "NULL"], true),
        (&["x", "\"NA\""], ColumnType::String, &[], false),
        (&["x", ""], ColumnType::String, &[], true),
        (&["true", "null"], ColumnType::Boolean, &["null"], true),
        (&["2013-01-01", "\"NULL\""], ColumnType::Date, &["NULL"], true),
        (&["NA", "NA"], ColumnType::String, &["NA"], true),
    ];
    for (cells, column_type, tokens, nullable) in cases {
        let text: String = std::iter::once("c,k\n".to_owned()).chain(cells.iter().map(|cell| format!("{cell},k\n"))).collect();
        let column = inferred("t.csv", text).columns.remove(0);
        assert_eq!((column.column_type, column.null_tokens, column.nullable), (column_type, tokens.iter().map(|token| (*token).to_owned()).collect(), nullable), "{cells:?}");
        assert_eq!(column.undetermined, cells == ["NA", "NA"]);
    }
}

#[test]
fn content_decides_the_format_and_names_help() {
    let cases: [(&str, &str, FileFormat, Option<char>); 8] = [
        ("x.csv", "{\"a\":1}\n", FileFormat::Ndjson, None),
        ("x.json", "[{\"a\":1}]", FileFormat::Json, None),
        ("x.csv", "[a],[b]\n1,2\n", FileFormat::Csv, Some(',')),
        ("x.csv", "a\tb\n1\t2\n", FileFormat::Tsv, Some('\t')),
        ("x.tsv", "a,b\tc\n1,2\t3\n", FileFormat::Tsv, Some('\t')),
        ("x", "a|b\n1|2\n", FileFormat::Csv, Some('|')),
        ("x.txt", "a;b\n1;2\n", FileFormat::Csv, Some(';')),
        ("x.csv", "a\n1\n", FileFormat::Csv, Some(',')),
    ];
    for (name, text, format, delimiter) in cases {
        let inference = inferred(name, text);
        assert_eq!((inference.format, inference.delimiter), (format, delimiter), "{name} {text:?}");
    }
    let tabs = infer_spooled(&spooled("x.csv", "a,b\n1,2\n"), &ReadOptions { format: Some(FileFormat::Tsv), ..ReadOptions::default() }, None).unwrap();
    assert_eq!(tabs.columns.len(), 1);
}

#[test]
fn a_sample_may_end_anywhere() {
    let row = format!("1,\"{}\n\",é\n", "x".repeat(1_000));
    let inference = inferred("t.csv", format!("a,b,c\n{}", row.repeat(5_000)));
    assert!(inference.sample_rows > 1_000 && inference.sample_rows < 1_100, "{}", inference.sample_rows);
    assert_eq!((inference.encoding.as_str(), inference.warnings.len()), ("utf-8", 0));
    let long = format!("a,b\n1,\"{}\"\n2,x\n", "x".repeat(3 << 20));
    assert_eq!(inferred("t.csv", long).sample_rows, 2);
    let json = format!("{{\"a\":\"{}\"}}\n{{\"a\":\"y\"}}\n", "x".repeat(3 << 20));
    assert_eq!(inferred("t.json", json).sample_rows, 2);
}

#[tokio::test]
async fn declared_types_replace_inferred_ones() {
    let load = || Load::from_input(Input::Bytes { name: "t.csv".into(), bytes: "zip,n\n1,2\n".into() });
    let inference = infer(load().column_type("zip", ColumnType::String)).await.unwrap();
    assert_eq!(inference.columns[0].column_type, ColumnType::String);
    let error = infer(load().column_type("zipp", ColumnType::String)).await.unwrap_err();
    assert_eq!(error.message(), "a type is declared for column \"zipp\", which the file does not have; did you mean zip?");
}

fn refusal(bytes: impl Into<bytes::Bytes>, options: &ReadOptions) -> String {
    infer_spooled(&spooled("t", bytes), options, None).map_or_else(|error| error.message().to_owned(), |inference| format!("read as {:?}", inference.format))
}

#[test]
fn what_is_done_to_times_without_a_rejection_is_told() {
    let csv = "t,u\n2013-01-01T05:00:00Z,2013-01-01 05:00:00.1234567\n2013-01-01 05:00,2013-01-02\n";
    let lines = "{\"t\":\"2013-01-01T05:00:00Z\",\"u\":\"2013-01-01 05:00:00.1234567\"}\n{\"t\":\"2013-01-01 05:00\",\"u\":\"2013-01-02\"}\n";
    let cut = |column: &str| format!("column {column:?} has 1 times in the sample with digits beyond the microsecond, which are cut off; declare it as string to keep them");
    let mixed = "column \"t\" has 1 times with a zone in the sample and 1 without one, which are taken as UTC; a step can say their zone (parse_date)";
    for (name, text) in [("t.csv", csv), ("t.json", lines)] {
        assert_eq!(inferred(name, text).warnings, [mixed.to_owned(), cut("u")], "{name}");
    }
    // Days have no zone, and text stays as it is.
    for text in ["t\n2013-01-01T05:00:00Z\n2013-01-02\n", "t\n2013-01-01T05:00:00Z\n2013-01-01 05:00:00.1234567\nsoon\n"] {
        assert_eq!(inferred("t.csv", text).warnings, Vec::<String>::new(), "{text}");
    }
    let nanos: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1_000, 1_001]));
    let batch = RecordBatch::try_from_iter([("n", nanos)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    assert_eq!(inferred("t.parquet", writer.into_inner().unwrap()).warnings, [cut("n")]);
}

#[tokio::test]
async fn numbers_that_a_float_would_round_are_told() {
    let text = "n,w\n1.5,1\n9007199254740993,9007199254740993\n1152921504606846976,3\n-9223372036854775807,4\n";
    let told = "column \"n\" has 2 numbers in the sample that a float would round; their rows will be rejected, unless it is declared as string, to keep all digits, or as float";
    assert_eq!(inferred("t.csv", text).warnings, [told]);
    for column_type in [ColumnType::String, ColumnType::Float] {
        let load = Load::from_input(Input::Bytes { name: "t.csv".into(), bytes: text.into() }).column_type("n", column_type);
        assert_eq!(infer(load).await.unwrap().warnings, Vec::<String>::new());
    }
}

#[test]
fn a_word_that_may_be_a_code_is_told_where_it_stands_alone() {
    let told = "column \"c\" has nothing but \"NO\" in the sample, which is read as false; declare it as string where it is a code";
    for (cells, expected) in [("NO,NO", Some(told)), ("NO,,NA,NO", Some(told)), ("no,yes", None), ("NO,SE", None), ("false,False", None), ("NO,false", None)] {
        let text: String = std::iter::once("c,n\n".to_owned()).chain(cells.split(',').map(|cell| format!("{cell},1\n"))).collect();
        assert_eq!(inferred("t.csv", text).warnings, expected.into_iter().map(str::to_owned).collect::<Vec<_>>(), "{cells}");
    }
}

#[tokio::test]
async fn what_is_declared_as_text_is_not_warned_of() {
    let text = "t\n2013-01-01T05:00:00Z\n2013-01-01 05:00\n";
    let load = || Load::from_input(Input::Bytes { name: "t.csv".into(), bytes: text.into() });
    assert_eq!(infer(load()).await.unwrap().warnings.len(), 1);
    assert_eq!(infer(load().column_type("t", ColumnType::String)).await.unwrap().warnings, Vec::<String>::new());
}

/// An Avro container without rows.
fn avro() -> Vec<u8> {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#;
    let mut bytes = avro_blocks::MAGIC.to_vec();
    avro_blocks::write_varint(1, &mut bytes);
    for text in ["avro.schema", schema] {
        avro_blocks::write_varint(text.len() as i64, &mut bytes);
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.push(0);
    bytes.extend_from_slice(&[7; 16]);
    bytes
}

#[test]
fn a_declared_format_that_the_content_contradicts_is_an_error() {
    let declared = |format| ReadOptions { format: Some(format), ..ReadOptions::default() };
    let text = b"a,b\n1,2\n".to_vec();
    for format in [FileFormat::Csv, FileFormat::Tsv, FileFormat::Json, FileFormat::Ndjson, FileFormat::Parquet, FileFormat::Arrow, FileFormat::Xlsx] {
        let expected = format!("t: the file is declared as {} but it is an Avro file; leave the format out, or send another file", format.as_str());
        assert_eq!(refusal(avro(), &declared(format)), expected);
    }
    assert_eq!(refusal(avro(), &declared(FileFormat::Avro)), "read as Avro");
    for format in [FileFormat::Parquet, FileFormat::Arrow, FileFormat::Avro, FileFormat::Xlsx] {
        assert!(refusal(text.clone(), &declared(format)).contains("but does not begin like it (hex 61 2c"), "{format:?}");
        assert!(refusal(gzip(&text), &declared(format)).contains("but it is text, packed by gzip"), "{format:?}");
    }
    for (json, found) in [("{\"a\":1}\n", FileFormat::Ndjson), ("[{\"a\":1}]", FileFormat::Json), ("{\n\"a\":1}", FileFormat::Ndjson)] {
        assert!(refusal(json, &declared(FileFormat::Csv)).contains("declared as csv but it holds JSON objects"), "{json}");
        assert_eq!(refusal(json, &declared(FileFormat::Json)), format!("read as {found:?}"));
    }
    assert_eq!(refusal("{\"a\":1},x\n{},y\n", &declared(FileFormat::Csv)), "read as Csv");
    assert_eq!(refusal("{\"a\":1}\n{}\n", &ReadOptions { header: Some(false), ..declared(FileFormat::Csv) }), "read as Csv");
    assert!(refusal(text, &declared(FileFormat::Json)).contains("no row of the sample is a JSON object"));
}

#[test]
fn options_of_another_format_are_errors_at_their_name() {
    let delimiter = ReadOptions { delimiter: Some(';'), ..ReadOptions::default() };
    let header = ReadOptions { header: Some(true), ..ReadOptions::default() };
    let encoding = ReadOptions { encoding: Some(Encoding::Utf8), ..ReadOptions::default() };
    let ragged = ReadOptions { ragged_rows: crate::ingest::RaggedRows::Fill, ..ReadOptions::default() };
    let path = ReadOptions { json_path: Some("/rows".to_owned()), ..ReadOptions::default() };
    let sheet = ReadOptions { sheet: Some(crate::ingest::Sheet::Number(1)), ..ReadOptions::default() };
    let range = ReadOptions { cell_range: Some("A:B".to_owned()), ..ReadOptions::default() };
    let (text, json) = (b"a;b\n1;2\n".to_vec(), b"[{\"a\":1}]".to_vec());
    for (options, name, fits_text, fits_json) in [
        (delimiter, "delimiter", true, false),
        (header, "header", true, false),
        (encoding, "encoding", true, true),
        (ragged, "ragged_rows", true, false),
        (sheet, "sheet", false, false),
        (range, "cell_range", false, false),
    ] {
        for (bytes, fits) in [(&text, fits_text), (&json, fits_json), (&avro(), false)] {
            let found = refusal(bytes.clone(), &options);
            assert_eq!(found.contains(&format!("t: {name} is declared, which is for ")), !fits, "{name}: {found}");
            assert_eq!(found.starts_with("read as"), fits, "{name}: {found}");
        }
    }
    assert!(refusal(avro(), &path).contains("json_path is declared, which is for JSON, but the file is read as Avro"));
    let tabs = ReadOptions { format: Some(FileFormat::Tsv), delimiter: Some(','), ..ReadOptions::default() };
    assert!(refusal(text, &tabs).contains("separated by tabs and not by ','"));
}

#[test]
fn rows_of_a_file_with_the_columns_of_the_dataset_are_not_looked_at() {
    let columns: Vec<(&str, ArrayRef)> = vec![("n", Arc::new(Int64Array::from(vec![1, 2]))), ("share", Arc::new(Float64Array::from(vec![0.5, 1.0])))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let source = spooled("x.parquet", writer.into_inner().unwrap());
    let looked = |share: ColumnType, name: &str| {
        let columns = vec![Column::new("n", ColumnType::Integer), Column::new(name, share), Column::new("more", ColumnType::String)];
        let inference = infer_spooled(&source, &ReadOptions::default(), Some(&DatasetSchema::new(columns, None).unwrap())).unwrap();
        assert_eq!(inference.columns.iter().map(|column| column.column_type).collect::<Vec<_>>(), [ColumnType::Integer, ColumnType::Float]);
        (inference.sample_rows, inference.columns[1].needs_width)
    };
    assert_eq!(looked(ColumnType::Float, "share"), (0, false));
    // A column may have to be widened, or is new: that is told by rows.
    assert_eq!((looked(ColumnType::Integer, "share"), looked(ColumnType::Float, "other")), ((2, true), (2, true)));
}

#[test]
fn files_that_are_no_tables_are_told_by_their_kind() {
    let mut tar = vec![0; 512];
    tar[..8].copy_from_slice(b"rows.csv");
    tar[257..263].copy_from_slice(b"ustar\0");
    tar.extend_from_slice(b"a,b\n1,2\n3,4\n");
    tar.resize(1_024, 0);
    let cases: [(Vec<u8>, &str); 9] = [
        (gzip(&tar), "a tar archive; send the files in it, each by itself"),
        (tar, "a tar archive"),
        (b"\xef\xbb\xbf \n<!DOCTYPE HTML>\n<html>".to_vec(), "a page of the web"),
        (b"<html lang=\"en\">\n<table>\n".to_vec(), "a page of the web"),
        (b"\x04\x22\x4d\x18 and more".to_vec(), "packed by lz4"),
        (b"\x1f\x9d\x90 and more".to_vec(), "packed by compress"),
        (b"7z\xbc\xaf\x27\x1c and more".to_vec(), "an archive (7z or RAR)"),
        (b"Rar!\x1a\x07\x01\x00".to_vec(), "an archive (7z or RAR)"),
        (b"ORC\x01 and more".to_vec(), "an ORC file"),
    ];
    let declared = ReadOptions { format: Some(FileFormat::Csv), ..ReadOptions::default() };
    for (bytes, expected) in cases {
        for options in [&ReadOptions::default(), &declared] {
            let found = refusal(bytes.clone(), options);
            assert!(found.starts_with("t: the file is ") && found.contains(expected), "{expected}: {found}");
        }
    }
    let text = format!("{},b\n1,mustard\n", "x".repeat(200));
    for table in ["<a>,b\n1,2\n", "html,b\n<html>,2\n", "Rar!,b\n1,2\n", text.as_str()] {
        assert_eq!(refusal(table.to_owned(), &ReadOptions::default()), "read as Csv", "{table}");
    }
}
