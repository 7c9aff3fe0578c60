//! What Tidemill stores is a Delta table: other implementations of the protocol open it, after everything that changes it, and find the same
//! rows, the same sums and the same positions of sources.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tidemill::clock::ManualClock;
use tidemill::{ColumnType, Csv, Engine, Json, Load, LoadMode, Mill, Settings};
use url::Url;

use crate::ward::{Ward, example};

/// What the other readers are made of, from PyPI.
const PACKAGES: [&str; 6] = ["deltalake==1.6.6", "arro3-core==0.9.1", "deprecated==1.3.1", "wrapt==2.5.2", "typing-extensions==4.16.0", "pyarrow==21.0.0"];

#[tokio::test(flavor = "multi_thread")]
async fn another_delta_reader_opens_what_is_stored() {
    let ward = Ward::open_tables(Settings::default()).await;
    ward.mill.load("flights", Csv::path(example("flights.csv.gz"))).await.unwrap();
    ward.mill.load("flights", Json::bytes(r#"{"year": 2013, "carrier": "ZZ", "time_hour": "2013-12-31T23:00:00Z"}"#)).await.unwrap();
    let url = Url::from_directory_path(ward.folder.path().canonicalize().unwrap().join("acme/flights")).unwrap();
    let table = deltalake_core::open_table(url).await.unwrap();
    assert_eq!(table.version(), Some(1));
    let snapshot = table.snapshot().unwrap();
    assert_eq!(snapshot.schema().fields().count(), 19);
    let files = table.get_file_uris().unwrap().count();
    let stored = ward.objects("flights").into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "parquet")).count();
    assert_eq!(files, stored);
    let actions = snapshot.add_actions_table(true).unwrap();
    let rows: i64 = actions.column_by_name("num_records").unwrap().as_any().downcast_ref::<arrow::array::Int64Array>().unwrap().iter().flatten().sum();
    assert_eq!(rows, 336_777);
    compare(&ward.mill, ward.folder.path(), "flights", false, "a file and a push").await;
}

/// Rows with values of every type, and without.
fn orders(numbers: std::ops::Range<u64>) -> Load {
    let (cities, tags) = (["Köln", "Rome", "O'Hare", ""], ["new", "vip"]);
    let row = |n: u64| {
        let (city, tags) = (cities[n as usize % 4], &tags[..n as usize % 3]);
        let mut row = json!({
            "id": n,
            "at": format!("2013-{:02}-{:02}T05:06:07.{:06}Z", n % 12 + 1, n % 28 + 1, n * 7 % 1_000_000),
            "day": format!("2013-{:02}-{:02}", n % 12 + 1, n % 28 + 1),
            "amount": n * 3,
            "price": n as f64 / 8.0 + 0.25,
            "paid": n.is_multiple_of(3),
            "city": city,
            "address": {"city": format!("c{}", n % 5), "zip": n % 7},
            "tags": tags,
        });
        if n % 6 == 5 {
            for column in ["day", "amount", "price", "paid", "city", "address", "tags"] {
                row[column] = Value::Null;
            }
        }
        row.to_string()
    };
    Json::bytes(numbers.map(row).collect::<Vec<_>>().join("\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_other_readers_find_the_same_rows_after_every_change() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at("2014-01-15T12:00:00Z".parse().unwrap()));
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, versions_kept_seconds: 86_400, ..Settings::default() };
    let engine = Engine::builder().path(folder.path()).settings(settings).clock(clock.clone()).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    let check = async |after: &str| compare(&mill, folder.path(), "orders", true, after).await;

    mill.load("orders", orders(0..300).position("shop", None, 300)).await.unwrap();
    for part in 0..8 {
        let from = 300 + part * 10;
        mill.load("orders", orders(from..from + 10).position("shop", Some(from), from + 10)).await.unwrap();
    }
    check("appends").await;
    assert!(mill.delete_rows("orders", "id % 10 = 7 or city = 'Rome'").await.unwrap().rows > 50);
    check("a deletion").await;
    let upsert = mill.load("orders", orders(250..420).mode(LoadMode::Upsert { key: vec!["id".to_owned()] })).await.unwrap();
    assert!(upsert.replaced > 0 && upsert.replaced < upsert.rows, "{upsert:?}");
    check("an upsert").await;
    // All of one day, so that they lie in one chunk.
    for n in (600..1_300).step_by(84) {
        mill.load("orders", orders(n..n + 1)).await.unwrap();
    }
    let compacted = mill.compact("orders").await.unwrap();
    assert!(compacted.segments_after < compacted.segments_before, "{compacted:?}");
    check("a compaction").await;
    let widened = mill.load("orders", Json::bytes(r#"{"id": 440, "at": "2013-01-01T00:00:00Z", "amount": 2.5}"#)).await.unwrap();
    assert_eq!((widened.widened[0].column.as_str(), widened.widened[0].to), ("amount", ColumnType::Float), "{widened:?}");
    check("a widened column").await;
    mill.load("orders", Json::bytes(r#"{"id": 441, "at": "2013-01-01T00:00:00Z", "note": "new"}"#)).await.unwrap();
    check("a new column").await;

    mill.checkpoint("orders").await.unwrap();
    check("a checkpoint").await;
    // What was replaced is known from the log: objects go before its entries do.
    clock.advance(chrono::TimeDelta::minutes(25 * 60 + 30));
    mill.load("orders", orders(500..510)).await.unwrap();
    assert!(mill.vacuum("orders").await.unwrap().objects > 0);
    let cleaned = mill.checkpoint("orders").await.unwrap();
    assert!(cleaned.objects_removed > 0, "{cleaned:?}");
    assert!(!folder.path().join("acme/orders/_delta_log/00000000000000000000.json").exists());
    mill.load("orders", orders(510..520).position("shop", Some(380), 520)).await.unwrap();
    mill.load("orders", orders(520..530).position("other shop", None, 7)).await.unwrap();
    check("the log was cleaned up").await;
    mill.erase_rows("orders", "id = 3").await.unwrap();
    mill.load("orders", orders(0..20).mode(LoadMode::Replace)).await.unwrap();
    check("all rows were replaced").await;
}

/// Asks the other readers, and the engine, of every column what there is to add up; with `rows` also for all rows.
async fn compare(mill: &Mill, folder: &Path, dataset: &str, rows: bool, after: &str) {
    let detail = mill.dataset(dataset).await.unwrap();
    let columns: Vec<(String, ColumnType)> = detail.columns.iter().map(|column| (column.name.clone(), column.column_type)).collect();
    let asked: Vec<(&str, &str)> = columns.iter().flat_map(|(name, column_type)| aggregates(*column_type).iter().map(move |aggregate| (name.as_str(), *aggregate))).collect();
    let list: Vec<String> = asked.iter().enumerate().map(|(at, (name, aggregate))| format!("{aggregate}(\"{name}\") as a{at}")).collect();
    let answer = mill.sql(&format!("select {} from {dataset}", list.join(", "))).await.unwrap().to_json();
    let mut told: Map<String, Value> = Map::new();
    for ((name, aggregate), values) in asked.iter().zip(answer["data"].as_array().unwrap()) {
        told.entry(*name).or_insert_with(|| json!({}))[*aggregate] = values[0].clone();
    }
    let all = if rows {
        let names: Vec<String> = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let columns = mill.sql(&format!("select {} from {dataset}", names.join(", "))).await.unwrap().to_json()["data"].clone();
        let count = columns[0].as_array().unwrap().len();
        assert_eq!(count as u64, detail.summary.rows);
        Some((0..count).map(|row| columns.as_array().unwrap().iter().map(|column| column[row].clone()).collect::<Vec<Value>>()).collect::<Vec<_>>())
    } else {
        None
    };
    let positions: Map<String, Value> = mill.positions(dataset).await.unwrap().into_iter().map(|told| (told.source, json!(told.position))).collect();
    let said = json!({
        "table": folder.join("acme").join(dataset),
        "version": detail.summary.version,
        "columns": columns.iter().map(|(name, column_type)| json!({"name": name, "type": column_type})).collect::<Vec<_>>(),
        "aggregates": told,
        "rows": all,
        "positions": positions,
    });
    let found = tokio::task::spawn_blocking(move || read(&said.to_string())).await.unwrap();
    assert_eq!(found.trim(), "compared 0", "after {after}");
}

/// What there is to ask of the values of a column.
fn aggregates(column_type: ColumnType) -> &'static [&'static str] {
    match column_type {
        ColumnType::Integer | ColumnType::Float => &["count", "sum", "min", "max"],
        ColumnType::String | ColumnType::Date | ColumnType::Timestamp => &["count", "min", "max"],
        ColumnType::Boolean | ColumnType::Struct | ColumnType::List => &["count"],
    }
}

/// What the readers say differs.
fn read(said: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/interop/read.py");
    let mut reader = Command::new("python3");
    let mut running = reader.arg(script).env("PYTHONPATH", packages()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Nothing comes out before all has come in.
    running.stdin.take().unwrap().write_all(said.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The packages, kept beside what is built.
fn packages() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("tools").join(PACKAGES[0].replace("==", "-"));
    if folder.join("deltalake").is_dir() {
        return folder;
    }
    // Another test may do the same: each in a folder of its own, and the first one stays.
    let own = tempfile::tempdir_in(target).unwrap();
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target"]).arg(own.path().join("all")).args(PACKAGES);
    let output = pip.output().unwrap_or_else(|error| panic!("{pip:?}: {error}"));
    assert!(output.status.success(), "{pip:?}: {}\nThe readers come from PyPI", String::from_utf8_lossy(&output.stderr));
    std::fs::create_dir_all(target.join("tools")).unwrap();
    if let Err(error) = std::fs::rename(own.path().join("all"), &folder) {
        assert!(folder.join("deltalake").is_dir(), "{error}");
    }
    folder
}
