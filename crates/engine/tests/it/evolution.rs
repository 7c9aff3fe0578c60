//! Columns that come to a dataset that is there: added by the load that brings them, null in all rows before it, in every
//! way in which rows are read.

mod widening;

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use futures::future::join_all;
use parquet::arrow::ArrowWriter;
use serde_json::json;
use tidemill::{ColumnType, Csv, ErrorKind, Json, LoadMode, Operation, Parquet, Settings};

use crate::ward::{Ward, open};

async fn columns(ward: &Ward) -> Vec<(String, ColumnType)> {
    let detail = ward.mill.dataset("orders").await.unwrap();
    detail.columns.into_iter().map(|column| (column.name, column.column_type)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_brings_its_new_columns() {
    let ward = Ward::with(Settings { upkeep_seconds: 0, ..Settings::default() }).await;
    let mut rows = String::from("at,city,n\n");
    (0..4).for_each(|n| rows.push_str(&format!("2013-01-0{}T00:00:00Z,Rome,{n}\n", n + 1)));
    ward.mill.load("orders", Csv::bytes(rows)).await.unwrap();
    assert_eq!(ward.rows("select city, count(*), sum(n) from orders group by city").await, json!([["Rome"], [4], [6]]));
    // One column with values, one without any, one that is declared.
    let load = Csv::bytes("at,city,tip,note,code\n2013-01-05T00:00:00Z,Oslo,2,,7\n2013-01-06T00:00:00Z,Rome,0.5,,8\n").column_type("code", ColumnType::String);
    let report = ward.mill.load("orders", load.mode(LoadMode::Append)).await.unwrap();
    assert_eq!((report.rows, report.new_columns.as_slice()), (2, ["tip".to_owned(), "code".to_owned()].as_slice()));
    assert_eq!(columns(&ward).await[3..], [("tip".to_owned(), ColumnType::Float), ("code".to_owned(), ColumnType::String)]);
    let questions = [
        ("select city, count(*), sum(tip), count(code), min(code) from orders group by city order by city", json!([["Oslo", "Rome"], [1, 5], [2.0, 0.5], [1, 1], ["7", "8"]])),
        ("select code, count(*) from orders group by code order by code", json!([["7", "8", null], [1, 1, 4]])),
        ("select n, tip from orders where code = '8'", json!([[null], [0.5]])),
        ("select n from orders where tip is null order by at", json!([[0, 1, 2, 3]])),
        ("select code from orders order by at desc limit 3", json!([["8", "7", null]])),
        ("select count(distinct code), count(note) from (select code, null as note from orders)", json!([[2], [0]])),
    ];
    for step in ["as it came", "merged", "opened anew"] {
        for (sql, expected) in &questions {
            assert_eq!(&ward.rows(sql).await, expected, "{step}: {sql}");
        }
        if step == "as it came" {
            // Segments of both kinds become one.
            for n in 0..4 {
                ward.mill
                    .load("orders", Json::bytes(format!(r#"{{"at": "2013-01-01T00:00:0{n}Z", "city": "Bern"}}"#)).mode(LoadMode::Append))
                    .await
                    .unwrap();
            }
            assert!(ward.mill.compact("orders").await.unwrap().rows > 0);
            assert_eq!(ward.mill.delete_rows("orders", "city = 'Bern' and tip is null").await.unwrap().rows, 4);
            ward.mill.checkpoint("orders").await.unwrap();
        }
        if step == "merged" {
            let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
            for (sql, expected) in &questions {
                assert_eq!(&again.sql(sql).await.unwrap().to_json()["data"], expected, "another engine: {sql}");
            }
        }
    }
    // The model has members for them, and those that it had.
    let model = ward.mill.model("orders").await.unwrap();
    assert_eq!(model.version, 2);
    let answer = ward
        .ask(r#"{"measures": ["orders.sum_tip", "orders.sum_n"], "dimensions": ["orders.code"], "order": {"orders.code": "asc"}}"#)
        .await
        .to_json();
    assert_eq!(answer["data"], json!([["7", "8", null], [2.0, 0.5, null], [null, null, 6]]));
    // The version before has neither the rows nor the columns.
    assert_eq!(ward.mill.sql_as_of("select * from orders limit 1", 0).await.unwrap().to_json()["columns"].as_array().unwrap().len(), 3);
    let versions = ward.mill.versions("orders", None, 100).await.unwrap();
    assert_eq!(versions.items.iter().find(|version| version.version == 1).unwrap().operation, Operation::Load);
    // A column that was left out without values may come with any type.
    let report = ward.mill.load("orders", Json::bytes(r#"{"at": "2013-01-07T00:00:00Z", "note": 12}"#)).await.unwrap();
    assert_eq!(report.new_columns, ["note"]);
    assert_eq!(ward.rows("select sum(note), count(*) from orders").await, json!([[12], [7]]));
    // A name that differs by case alone is taken for a mistake.
    let error = ward.mill.load("orders", Csv::bytes("at,City\n2013-01-07T00:00:00Z,Rome\n")).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.to_string().contains("the columns \"city\" and \"City\" differ by case alone"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_came_without_a_value_may_come_with_any_type() {
    let ward = Ward::with(Settings { upkeep_seconds: 0, ..Settings::default() }).await;
    let (numbers, nothing): (ArrayRef, ArrayRef) = (Arc::new(Int64Array::from(vec![3, 4])), Arc::new(Int64Array::from(vec![None::<i64>, None])));
    let batch = RecordBatch::try_from_iter([("n", numbers), ("code", nothing)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    ward.mill.load("orders", Json::bytes(r#"{"n": 1}"#)).await.unwrap();
    // Without a value: what seems to be text, and whole numbers.
    let report = ward.mill.load("orders", Json::bytes(r#"{"n": 2, "address": null}"#).mode(LoadMode::Append)).await.unwrap();
    assert!(report.rows == 1 && report.new_columns.is_empty(), "{report:?}");
    let report = ward.mill.load("orders", Parquet::bytes(writer.into_inner().unwrap()).mode(LoadMode::Append)).await.unwrap();
    assert!(report.rows == 2 && report.new_columns.is_empty(), "{report:?}");
    // With values: a struct, and text.
    let report = ward.mill.load("orders", Json::bytes(r#"{"n": 5, "address": {"city": "Rome"}, "code": "x7"}"#).mode(LoadMode::Append)).await.unwrap();
    assert_eq!(report.new_columns.len(), 2, "{report:?}");
    let all = json!([[1, 2, 3, 4, 5], [null, null, null, null, "Rome"], [null, null, null, null, "x7"]]);
    let questions = [
        ("select n, address.city as city, code from orders order by n", all),
        ("select code, count(*), sum(n) from orders group by code order by code", json!([["x7", null], [1, 4], [5, 10]])),
        ("select count(*) from orders where code is null and address is null", json!([[4]])),
    ];
    for (sql, expected) in &questions {
        assert_eq!(&ward.rows(sql).await, expected, "as it came: {sql}");
    }
    let upsert = Json::bytes(r#"{"n": 2, "code": "y"}"#).mode(LoadMode::Upsert { key: vec!["n".into()] });
    assert_eq!(ward.mill.load("orders", upsert).await.unwrap().rows, 1);
    assert_eq!(ward.mill.delete_rows("orders", "n = 3").await.unwrap().rows, 1);
    let after = json!([[1, 2, 4, 5], [null, null, null, "Rome"], [null, "y", null, "x7"]]);
    assert_eq!(ward.rows(questions[0].0).await, after);
    ward.mill.compact("orders").await.unwrap();
    assert_eq!(ward.rows(questions[0].0).await, after, "merged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn columns_that_come_at_the_same_time_all_stay() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Json::bytes(r#"{"at": "2013-01-01T00:00:00Z", "n": 0}"#)).await.unwrap();
    let other = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let loads = (1..=16).map(|n| {
        let mill = if n % 2 == 0 { ward.mill.clone() } else { other.clone() };
        let mode = if n % 5 == 0 { LoadMode::Upsert { key: vec!["n".into()] } } else { LoadMode::Append };
        async move { mill.load("orders", Json::bytes(format!(r#"{{"at": "2013-01-01T00:00:00Z", "n": {n}, "c{}": {n}}}"#, n % 4)).mode(mode)).await }
    });
    for report in join_all(loads).await {
        assert_eq!(report.unwrap().rows, 1);
    }
    assert_eq!(ward.rows("select count(*), sum(n), sum(c0), sum(c1), sum(c2), sum(c3) from orders").await, json!([[17], [136], [40], [28], [32], [36]]));
    assert_eq!(columns(&ward).await.len(), 6);
}
