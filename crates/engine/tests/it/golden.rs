//! Golden queries: every `.slt` file under `tests/golden` runs against the example data.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};
use sqllogictest::{DBOutput, DefaultColumnType, Runner};
use tidemill::{Csv, EngineBuilder, Measure, Mill, Settings};

use crate::ward::{KEY, Ward, builder, example, sealed};

/// A statement that begins with `{` is a semantic query, anything else SQL.
struct Asker {
    mill: Mill,
    /// Segments that rollups stood for.
    rolled: Arc<AtomicU64>,
}

#[async_trait]
impl sqllogictest::AsyncDB for Asker {
    type Error = tidemill::Error;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, text: &str) -> Result<DBOutput<DefaultColumnType>, tidemill::Error> {
        let result = if text.trim_start().starts_with('{') { self.mill.query(&serde_json::from_str(text)?).await? } else { self.mill.sql(text).await? };
        self.rolled.fetch_add(result.provenance.segments_rolled, Ordering::Relaxed);
        let json = result.to_json();
        let cell = |value: &Value| match value {
            Value::Null => "NULL".to_owned(),
            Value::String(text) if text.is_empty() => "(empty)".to_owned(),
            Value::String(text) => text.clone(),
            Value::Number(number) if number.is_f64() => format!("{:.6}", number.as_f64().unwrap_or_default()),
            other => other.to_string(),
        };
        let rows = (0..result.batch.num_rows()).map(|row| (0..result.columns.len()).map(|column| cell(&json["data"][column][row])).collect()).collect();
        Ok(DBOutput::Rows { types: vec![DefaultColumnType::Any; result.columns.len()], rows })
    }

    async fn shutdown(&mut self) {}
}

/// How the same answers come about: every aggregate from its rows, from partials that are computed each time, and from
/// partials that are kept (asked twice, so that the second time they are); the last two again where rollups are stored.
const MODES: [(&str, usize, usize); 3] = [("raw", 0, 1), ("cold", 1, 1), ("kept", 64 << 20, 2)];

/// Rollups from which many of the questions follow.
fn rollups() -> Value {
    let common = ["count", "sum_distance", "avg_dep_delay", "min_dep_delay", "max_dep_delay", "avg_arr_delay", "min_arr_delay", "max_arr_delay", "distinct_flight"];
    let sketched = ["count", "median_dep_delay", "p95_arr_delay", "quartile_distance", "median_speed", "planes", "routes", "plane_days", "distinct_tailnum", "distinct_dest"];
    json!([
        {"name": "hourly", "measures": common, "dimensions": ["origin"], "time_dimension": "time_hour", "granularity": "hour"},
        {"name": "carriers", "measures": common, "dimensions": ["carrier", "origin"], "time_dimension": "time_hour", "granularity": "day"},
        {"name": "sketches", "measures": sketched, "dimensions": ["origin", "carrier", "month"]}
    ])
}

/// Measures of the flights that a generated model does not have.
fn estimates() -> Value {
    json!([
        {"name": "median_dep_delay", "label": "Median dep delay", "kind": "quantile", "column": "dep_delay"},
        {"name": "p95_arr_delay", "label": "95 % of arr delays", "kind": "quantile", "column": "arr_delay", "quantile": 0.95},
        {"name": "quartile_distance", "label": "First quartile of distance", "kind": "quantile", "column": "distance", "quantile": 0.25},
        {"name": "median_speed", "label": "Median miles an hour", "kind": "quantile", "expression": "distance * 60.0 / air_time"},
        {"name": "planes", "label": "Planes", "kind": "count_distinct_approx", "column": "tailnum"},
        {"name": "routes", "label": "Routes", "kind": "count_distinct", "expression": "concat(origin, '-', dest)"},
        {"name": "plane_days", "label": "Plane days", "kind": "count_distinct", "expression": "concat(tailnum, ' ', month, ' ', day)"}
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn golden_queries_hold_however_they_are_answered() {
    hold(&Ward::new().await, builder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn golden_queries_hold_over_an_encrypted_store() {
    hold(&Ward::sealed(Settings::default()).await, |folder, settings| sealed(folder, settings, KEY)).await;
}

/// How the store is opened.
type Open = fn(&Path, Settings) -> EngineBuilder;

async fn hold(ward: &Ward, open: Open) {
    for (dataset, file) in [("flights", "flights.csv.gz"), ("airports", "airports.csv"), ("planes", "planes.csv"), ("airlines", "airlines.csv"), ("weather", "weather.csv")] {
        ward.mill.load(dataset, Csv::path(example(file))).await.unwrap();
    }
    let mut model = ward.mill.model("flights").await.unwrap();
    model.measures.extend(serde_json::from_value::<Vec<Measure>>(estimates()).unwrap());
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for (mode, partial_cache_bytes, times) in MODES {
        assert_eq!(run(ward, open, &files, mode, partial_cache_bytes, times).await, 0, "{mode}: there are no rollups");
    }
    let mut model = ward.mill.model("flights").await.unwrap();
    model.rollups = serde_json::from_value(rollups()).unwrap();
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    ward.mill.build_rollups("flights").await.unwrap();
    for (mode, partial_cache_bytes, times) in MODES {
        let rolled = run(ward, open, &files, mode, partial_cache_bytes, times).await;
        assert_eq!(rolled > 0, partial_cache_bytes > 0, "{mode} with rollups: {rolled} segments");
    }
}

/// Runs all files in an engine of its own; gives how many segments rollups stood for.
async fn run(ward: &Ward, open: Open, files: &[PathBuf], mode: &str, partial_cache_bytes: usize, times: usize) -> u64 {
    let engine = open(ward.folder.path(), Settings { partial_cache_bytes, background_rollups: false, ..Settings::default() }).open().await.unwrap();
    let rolled = Arc::new(AtomicU64::new(0));
    for file in std::iter::repeat_n(files, times).flatten() {
        let (mill, rolled) = (engine.tenant("acme").unwrap(), Arc::clone(&rolled));
        let asked = Runner::new(move || {
            let asker = Asker { mill: mill.clone(), rolled: Arc::clone(&rolled) };
            async move { Ok(asker) }
        })
        .run_file_async(file)
        .await;
        asked.unwrap_or_else(|error| panic!("{mode}: {error}"));
    }
    rolled.load(Ordering::Relaxed)
}
