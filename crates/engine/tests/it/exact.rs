//! Numbers that a float would round: decimals of Parquet, Arrow and Avro, and whole numbers beyond 2^53. They are rejected with all of
//! their digits, unless somebody says what is to become of them; nothing is rounded without a word.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, UInt64Array};
use arrow::ipc::writer::FileWriter;
use parquet::arrow::ArrowWriter;
use serde_json::json;
use tidemill::ingest::{Arrow, Avro};
use tidemill::{ColumnType, Contract, Csv, Json, Load, Parquet, Rule, Steps};

use crate::ward::Ward;

/// Three amounts in hundredths; the second has 18 digits.
const AMOUNTS: [i128; 3] = [150, 123_456_789_012_345_678, 10];
const LONG: &str = "1234567890123456.78";

fn amounts() -> RecordBatch {
    let column: ArrayRef = Arc::new(Decimal128Array::from(AMOUNTS.to_vec()).with_precision_and_scale(20, 2).unwrap());
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    RecordBatch::try_from_iter([("id", ids), ("d", column)]).unwrap()
}

fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn arrow_file(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn varint(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest > 0x7f {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn bytes(value: &[u8], out: &mut Vec<u8>) {
    varint(value.len() as i64, out);
    out.extend_from_slice(value);
}

/// The same rows as an object container of one block.
fn avro() -> Vec<u8> {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"id","type":"long"},{"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}}]}"#;
    let mut out = b"Obj\x01".to_vec();
    varint(1, &mut out);
    bytes(b"avro.schema", &mut out);
    bytes(schema.as_bytes(), &mut out);
    varint(0, &mut out);
    out.extend_from_slice(&[7; 16]);
    let mut block = Vec::new();
    for (id, amount) in (1..).zip(AMOUNTS) {
        varint(id, &mut block);
        bytes(&amount.to_be_bytes(), &mut block);
    }
    varint(3, &mut out);
    bytes(&block, &mut out);
    out.extend_from_slice(&[7; 16]);
    out
}

/// A load of each format.
fn loads() -> [Load; 3] {
    [Parquet::bytes(parquet(&amounts())), Arrow::bytes(arrow_file(&amounts())), Avro::bytes(avro())]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decimal_that_a_float_would_round_is_rejected_with_all_digits() {
    for (format, load) in ["parquet", "arrow", "avro"].into_iter().zip(loads()) {
        let ward = Ward::new().await;
        let report = ward.mill.load("orders", load).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (2, 1, 0), "{format}");
        assert_eq!(ward.rows("select id, d from orders order by id").await, json!([[1, 3], [1.5, 0.1]]), "{format}");
        let rejects = ward.mill.rejects("orders", 0, 10).await.unwrap();
        let reject = &rejects.items[0].reject;
        assert_eq!((reject.line, reject.column.as_deref(), reject.value.as_deref()), (2, Some("d"), Some(LONG)), "{format}");
        assert!(reject.reason.starts_with("a float would round it; declare the column as string"), "{format}: {}", reject.reason);
        assert_eq!(reject.raw, format!(r#"{{"id":2,"d":"{LONG}"}}"#), "{format}");
        // The same where the dataset is there.
        let report = ward.mill.load("orders", Parquet::bytes(parquet(&amounts()))).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (2, 1, 0), "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_what_is_to_become_of_it_gets_that() {
    let cast = || Steps::parse(r#"[{"op": "rename", "columns": {"d": "amount"}}, {"op": "cast", "columns": ["amount"], "to": "float"}]"#).unwrap();
    let rule = || Contract::new(vec![serde_json::from_value::<Rule>(json!({"check": "type", "column": "d", "type": "float"})).unwrap()]);
    for load in loads() {
        let ward = Ward::new().await;
        let report = ward.mill.load("orders", load.column_type("d", ColumnType::Float)).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (3, 0, 1));
        // And of the few rows of a dataset that is there.
        let report = ward.mill.load("orders", Parquet::bytes(parquet(&amounts())).column_type("d", ColumnType::Float)).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (3, 0, 1));
    }
    for load in loads() {
        let ward = Ward::new().await;
        let report = ward.mill.load("orders", load.contract(rule())).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (3, 0, 1));
        // The contract holds for the next load too.
        let report = ward.mill.load("orders", Parquet::bytes(parquet(&amounts()))).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (3, 0, 1));
    }
    for load in loads() {
        let report = Ward::new().await.mill.load("orders", load.steps(cast())).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (3, 0, 1));
    }
    // A contract calls columns as they are called behind the steps.
    let rename = Steps::parse(r#"[{"op": "rename", "columns": {"d": "amount"}}]"#).unwrap();
    let renamed = Contract::new(vec![serde_json::from_value::<Rule>(json!({"check": "type", "column": "amount", "type": "float"})).unwrap()]);
    for load in loads() {
        let ward = Ward::new().await;
        let report = ward.mill.load("orders", load.steps(rename.clone()).contract(renamed.clone())).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (3, 0, 1));
        let report = ward.mill.load("orders", Parquet::bytes(parquet(&amounts()))).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (3, 0, 1));
    }
    for load in loads() {
        let ward = Ward::new().await;
        let report = ward.mill.load("orders", load.column_type("d", ColumnType::String)).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (3, 0, 0));
        assert_eq!(ward.rows("select d from orders order by id").await, json!([["1.50", LONG, "0.10"]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_whole_numbers_are_not_rounded_where_the_type_is_inferred() {
    let (far, exact) = ((1_i64 << 53) + 1, 1_i64 << 60);
    // Among the fractions of the sample, and where whole numbers turn out to be fractions behind it.
    let many: String = (0..12_000).map(|n| format!("{n}\n")).collect();
    for (text, rows) in [(format!("n\n1.5\n{far}\n{exact}\n"), 2), (format!("n\n{far}\n{many}1.5\n"), 12_001)] {
        let ward = Ward::new().await;
        let report = ward.mill.load("orders", Csv::bytes(text)).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (rows, 1, 0));
        let reject = ward.mill.rejects("orders", 0, 1).await.unwrap().items.remove(0).reject;
        assert!(reject.value == Some(far.to_string()) && reject.reason.starts_with("a float would round it"), "{reject:?}");
    }
    let ward = Ward::new().await;
    let row = |n: &str, x: &str| format!("{{\"n\":{n},\"s\":{{\"x\":[{x}]}}}}\n");
    let rows = [row("0.5", "1.5"), row(&far.to_string(), "2"), row("1", &format!("2,{far}")), row("2", "3"), row(&exact.to_string(), "4")].concat();
    let report = ward.mill.load("orders", Json::bytes(rows)).await.unwrap();
    assert_eq!((report.rows, report.rejected), (3, 2));
    let rejects = ward.mill.rejects("orders", 0, 9).await.unwrap().items;
    let places: Vec<_> = rejects.into_iter().map(|row| (row.reject.line, row.reject.column, row.reject.value)).collect();
    let place = |line: u64, column: &str| (line, Some(column.to_owned()), Some(far.to_string()));
    assert_eq!(places, [place(2, "n"), place(3, "s.x[1]")]);
    assert_eq!(ward.rows("select n from orders order by n").await, json!([[0.5, 2.0, exact as f64]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn long_whole_numbers_do_not_become_floats_unseen() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n\n0.5\n1.5\n")).await.unwrap();
    let far = (1_i64 << 53) + 1;
    let signed: ArrayRef = Arc::new(Int64Array::from(vec![1, far, 1 << 60]));
    let unsigned: ArrayRef = Arc::new(UInt64Array::from(vec![1, u64::MAX, 1 << 63]));
    for (column, long) in [(signed, far.to_string()), (unsigned, u64::MAX.to_string())] {
        let file = parquet(&RecordBatch::try_from_iter([("n", column)]).unwrap());
        let report = ward.mill.load("orders", Parquet::bytes(file.clone())).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (2, 1, 0), "{long}");
        let load = report.load_id;
        let rejects = ward.mill.rejects("orders", 0, 10).await.unwrap();
        let reject = rejects.items.iter().map(|row| &row.reject).find(|reject| reject.value.as_deref() == Some(long.as_str()));
        assert!(reject.is_some_and(|reject| reject.line == 2 && reject.reason.starts_with("a float would round it")), "{load}: {reject:?}");
        let report = ward.mill.load("orders", Parquet::bytes(file).column_type("n", ColumnType::Float)).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.rounded), (3, 0, 1), "{long}");
    }
    // As text too.
    for text in [Csv::bytes(format!("n\n1\n{far}\n{}\n", 1_i64 << 60)), Json::bytes(format!("{{\"n\":1}}\n{{\"n\":{far}}}\n{{\"n\":{}}}\n", u64::MAX / 2 + 1))] {
        let report = ward.mill.load("orders", text).await.unwrap();
        assert_eq!((report.rows, report.rejected), (2, 1));
    }
    let report = ward.mill.load("orders", Csv::bytes(format!("n\n1\n{far}\n")).column_type("n", ColumnType::Float)).await.unwrap();
    assert_eq!((report.rows, report.rejected), (2, 0));
    // As whole numbers, what is beyond 64 bits with a sign does not fit.
    let unsigned: ArrayRef = Arc::new(UInt64Array::from(vec![1, u64::MAX, 3]));
    let report = ward.mill.load("counts", Parquet::bytes(parquet(&RecordBatch::try_from_iter([("n", unsigned)]).unwrap()))).await.unwrap();
    assert_eq!((report.rows, report.rejected), (2, 1));
    let reason = &ward.mill.rejects("counts", 0, 1).await.unwrap().items[0].reject.reason;
    assert!(reason.starts_with("too large for a 64-bit integer"), "{reason}");
}
