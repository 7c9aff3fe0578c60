//! Bad input: each a clear error with nothing half-stored.

use std::io::Write;

use tidemill::{Csv, ErrorKind, Json, Load, Parquet};

use crate::ward::{Ward, example};

async fn refused(load: Load, kind: ErrorKind, words: &[&str]) {
    let ward = Ward::new().await;
    let error = ward.mill.load("broken", load).await.expect_err("the load was taken");
    assert_eq!(error.kind(), kind, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is not in: {error}");
    }
    assert!(ward.objects("broken").is_empty(), "half-stored: {:?}", ward.objects("broken"));
    assert_eq!(ward.mill.datasets().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_gzip_is_refused() {
    let whole = std::fs::read(example("flights.csv.gz")).unwrap();
    let mut file = tempfile::Builder::new().suffix(".csv.gz").tempfile().unwrap();
    file.write_all(&whole[..whole.len() / 2]).unwrap();
    refused(Csv::path(file.path()), ErrorKind::Invalid, &["truncated", ".csv.gz"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parquet_file_without_its_footer_is_refused() {
    let ward = Ward::new().await;
    ward.mill.load("airports", Csv::path(example("airports.csv"))).await.unwrap();
    let parquet = ward.objects("airports").into_iter().find(|path| path.extension().is_some_and(|extension| extension == "parquet")).unwrap();
    let mut bytes = std::fs::read(parquet).unwrap();
    bytes.truncate(bytes.len() - 20);
    refused(Parquet::bytes(bytes), ErrorKind::Invalid, &["rows.parquet"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_is_refused() {
    refused(Csv::bytes(""), ErrorKind::Invalid, &["empty"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_header_is_refused() {
    refused(Csv::bytes("a,b,a\n1,2,3\n"), ErrorKind::Invalid, &["\"a\""]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_bad_rows_is_refused_with_the_first_of_them() {
    let text = format!("n\n{}", "many\n".repeat(2_000));
    refused(Csv::bytes(text).column_type("n", tidemill::ColumnType::Integer), ErrorKind::Invalid, &["line 2", "\"n\"", "many"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_json_is_refused_or_rejected_by_row() {
    let ward = Ward::new().await;
    let report = ward.mill.load("events", Json::bytes("{\"a\": 1}\n{\"a\": \n{\"a\": 3}\n")).await;
    match report {
        Ok(report) => assert_eq!((report.rows, report.rejected), (2, 1)),
        Err(error) => assert!(error.to_string().contains("line 2"), "{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ragged_rows_are_rejected_with_their_line() {
    let ward = Ward::new().await;
    let report = ward.mill.load("ragged", Csv::bytes("a,b\n1,2\n3\n4,5,6\n7,8\n9,10\n11,12\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected), (4, 2));
    let rejects = ward.mill.rejects("ragged", 0, 10).await.unwrap();
    let lines: Vec<(u64, &str)> = rejects.items.iter().map(|row| (row.reject.line, row.reject.raw.as_str())).collect();
    assert_eq!(lines, [(3, "3"), (4, "4,5,6")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_encoding_is_read_or_named() {
    let ward = Ward::new().await;
    // Windows-1252: é is one byte.
    ward.mill.load("cafes", Csv::bytes(b"name\ncaf\xe9\n".to_vec())).await.unwrap();
    assert_eq!(ward.rows("select name from cafes").await, serde_json::json!([["café"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_columns_are_fine_and_too_many_are_not() {
    let ward = Ward::new().await;
    let table = |columns: usize| {
        let header: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
        let row: Vec<String> = (0..columns).map(|column| column.to_string()).collect();
        format!("{}\n{}\n", header.join(","), row.join(","))
    };
    ward.mill.load("wide", Csv::bytes(table(200))).await.unwrap();
    assert_eq!(ward.rows("select c199 from wide").await, serde_json::json!([[199]]));
    assert_eq!(ward.mill.profile("wide").await.unwrap().columns.len(), 200);
    refused(Csv::bytes(table(2_001)), ErrorKind::Invalid, &["2001", "2000"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_members_name_the_field_and_near_names() {
    let ward = Ward::new().await;
    ward.mill.load("airports", Csv::path(example("airports.csv"))).await.unwrap();
    let cases = [
        (r#"{"measures": ["airports.cuont"]}"#, "measures[0]", "did you mean count?"),
        (r#"{"measures": ["airports.count"], "dimensions": ["airports.tzon"]}"#, "dimensions[0]", "tzone"),
        (r#"{"measures": ["airports.count"], "filters": [{"member": "airports.nme", "operator": "set"}]}"#, "filters[0]", "name"),
        (r#"{"measures": ["airports.count"], "filters": [{"member": "airports.alt", "operator": "gt", "values": ["high"]}]}"#, "filters[0]", "not of type integer"),
        (r#"{"measures": ["airports.count"], "timezone": "Mars/Olympus"}"#, "timezone", "Mars/Olympus"),
        (r#"{"measures": ["airports.count"], "limit": 0}"#, "limit", "between 1"),
        (r#"{"measures": ["airports.count"], "order": {"airports.alt": "asc"}}"#, "order[0]", "does not ask for"),
        (r#"{"measures": ["count"]}"#, "", "model.member"),
        (r#"{}"#, "measures", "asks for nothing"),
    ];
    for (query, field, words) in cases {
        let error = ward.mill.query(&serde_json::from_str(query).unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{query}: {error}");
        assert_eq!(error.field().unwrap_or_default(), field, "{query}: {error}");
        assert!(error.to_string().contains(words), "{query}: {error}");
    }
    let error = ward.mill.query(&serde_json::from_str(r#"{"measures": ["airprots.count"]}"#).unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("did you mean airports?"), "{error}");
}
