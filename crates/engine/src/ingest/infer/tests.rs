//! What inference says of small inputs, and how it says it in JSON.

use super::*;
use crate::ingest::Input;
use crate::ingest::decode::testing::{gzip, spooled};

fn inferred(name: &str, bytes: impl Into<bytes::Bytes>) -> Inference {
    infer_spooled(&spooled(name, bytes), &ReadOptions::default()).unwrap()
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
    let tabs = infer_spooled(&spooled("x.csv", "a,b\n1,2\n"), &ReadOptions { format: Some(FileFormat::Tsv), ..ReadOptions::default() }).unwrap();
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
