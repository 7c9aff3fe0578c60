//! Golden queries: every `.slt` file under `tests/golden` runs against the example data.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};
use sqllogictest::{DBOutput, DefaultColumnType, Runner};
use tidemill::{Csv, EngineBuilder, Measure, Mill, Model, ResultColumn, Settings};

use crate::ward::{KEY, Ward, builder, example, sealed};

/// A statement that begins with `{` is a semantic query, anything else SQL.
struct Asker {
    mill: Mill,
    told: Arc<Told>,
}

/// Where answers came from.
#[derive(Default)]
struct Told {
    /// Segments that rollups stood for.
    rolled: AtomicU64,
    /// Segments of which rows were read.
    read: AtomicU64,
}

#[async_trait]
impl sqllogictest::AsyncDB for Asker {
    type Error = tidemill::Error;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, text: &str) -> Result<DBOutput<DefaultColumnType>, tidemill::Error> {
        let result = if text.trim_start().starts_with('{') { self.mill.query(&serde_json::from_str(text)?).await? } else { self.mill.sql(text).await? };
        self.told.rolled.fetch_add(result.provenance.segments_rolled, Ordering::Relaxed);
        self.told.read.fetch_add(result.provenance.segments_read, Ordering::Relaxed);
        let json = result.to_json();
        let mut rows = lines(&json["data"]);
        // Which values wide columns are of is a part of the answer.
        if result.columns.iter().any(|column| !column.pivot.is_empty()) {
            let head = |column: &ResultColumn| match column.pivot.as_slice() {
                _ if column.others => "others".to_owned(),
                [] => "-".to_owned(),
                values => values.iter().map(cell).collect::<Vec<_>>().join("/"),
            };
            rows.insert(0, std::iter::once("pivot".to_owned()).chain(result.columns.iter().map(head)).collect());
        }
        // They have no order of their own.
        let mut others: Vec<Vec<String>> = named("others", &json["others"]).collect();
        others.sort_unstable();
        rows.extend(others);
        rows.extend(json["totals"].as_array().into_iter().flatten().flat_map(|total| named("total", total)));
        Ok(DBOutput::Rows { types: vec![DefaultColumnType::Any; result.columns.len()], rows })
    }

    async fn shutdown(&mut self) {}
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => format!("{:.6}", number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

/// Lists of columns as rows of text.
fn lines(data: &Value) -> Vec<Vec<String>> {
    let columns: Vec<&Vec<Value>> = data.as_array().into_iter().flatten().filter_map(Value::as_array).collect();
    let count = columns.first().map_or(0, |column| column.len());
    (0..count).map(|row| columns.iter().map(|column| cell(&column[row])).collect()).collect()
}

/// The rows of what stands around an answer, with its name before them.
fn named<'a>(name: &'a str, around: &'a Value) -> impl Iterator<Item = Vec<String>> + 'a {
    lines(&around["data"]).into_iter().map(move |row| std::iter::once(name.to_owned()).chain(row).collect())
}

/// How the same answers come about: every aggregate from its rows, from partials that are computed each time, and from
/// partials that are kept (asked twice, so that the second time they are); the last two again where rollups are stored.
const MODES: [(&str, usize, usize); 3] = [("raw", 0, 1), ("cold", 1, 1), ("kept", 64 << 20, 2)];

/// Rollups from which many of the questions follow.
fn rollups(dataset: &str) -> Value {
    if dataset == "stock" {
        return json!([{"name": "quarters", "measures": ["count", "sum_amount", "avg_amount"], "dimensions": ["shop"], "time_dimension": "at", "granularity": "15 minutes"}]);
    }
    let common = ["count", "sum_distance", "avg_dep_delay", "min_dep_delay", "max_dep_delay", "avg_arr_delay", "min_arr_delay", "max_arr_delay", "distinct_flight"];
    let sketched = ["count", "median_dep_delay", "p95_arr_delay", "quartile_distance", "median_speed", "planes", "routes", "plane_days", "distinct_tailnum", "distinct_dest"];
    let inputs = ["count", "late", "far", "sum_distance", "sum_dep_delay", "sum_arr_delay", "avg_dep_delay", "distinct_tailnum"];
    json!([
        {"name": "hourly", "measures": common, "dimensions": ["origin"], "time_dimension": "time_hour", "granularity": "hour"},
        {"name": "quarters", "measures": common, "dimensions": ["origin"], "time_dimension": "time_hour", "granularity": "15 minutes"},
        {"name": "carriers", "measures": common, "dimensions": ["carrier", "origin"], "time_dimension": "time_hour", "granularity": "day"},
        {"name": "monthly", "measures": inputs, "dimensions": ["carrier", "origin"], "time_dimension": "time_hour", "granularity": "month"},
        {"name": "sketches", "measures": sketched, "dimensions": ["origin", "carrier", "month"]}
    ])
}

/// Measures that a generated model does not have.
fn measures(dataset: &str) -> Value {
    if dataset == "stock" {
        return json!([
            {"name": "on_hand", "label": "Pieces on hand", "kind": "balance", "column": "pieces", "by": ["shop", "article"]},
            {"name": "kept", "label": "Pieces kept", "kind": "balance", "column": "pieces", "by": ["shop", "article"], "carry": true},
            {"name": "first_pieces", "label": "First pieces", "kind": "first", "column": "pieces"},
            {"name": "last_pieces", "label": "Last pieces", "kind": "last", "column": "pieces"}
        ]);
    }
    let (is_late, is_far) =
        (json!({"member": "flights.arr_delay", "operator": "gt", "values": [60]}), json!({"member": "flights.dest", "operator": "notStartsWith", "values": ["S"]}));
    let big = json!({"member": "flights.carrier", "operator": "equals", "values": ["UA", "DL"]});
    let [of_boeing, not_of_boeing] = ["equals", "notEquals"].map(|operator| json!({"member": "planes.manufacturer", "operator": operator, "values": ["BOEING"]}));
    json!([
        {"name": "median_dep_delay", "label": "Median dep delay", "kind": "quantile", "column": "dep_delay"},
        {"name": "p95_arr_delay", "label": "95 % of arr delays", "kind": "quantile", "column": "arr_delay", "quantile": 0.95},
        {"name": "quartile_distance", "label": "First quartile of distance", "kind": "quantile", "column": "distance", "quantile": 0.25},
        {"name": "median_speed", "label": "Median miles an hour", "kind": "quantile", "expression": "distance * 60.0 / air_time"},
        {"name": "planes", "label": "Planes", "kind": "count_distinct_approx", "column": "tailnum"},
        {"name": "routes", "label": "Routes", "kind": "count_distinct", "expression": "concat(origin, '-', dest)"},
        {"name": "plane_days", "label": "Plane days", "kind": "count_distinct", "expression": "concat(tailnum, ' ', month, ' ', day)"},
        {"name": "late", "label": "Late flights", "kind": "count", "filters": [is_late]},
        {"name": "far", "label": "Miles of two carriers", "kind": "sum", "column": "distance", "filters": [big, is_far]},
        {"name": "first_dep_delay", "label": "First dep delay", "kind": "first", "column": "dep_delay"},
        {"name": "last_dep_delay", "label": "Last dep delay", "kind": "last", "column": "dep_delay"},
        {"name": "late_part", "label": "Late part", "kind": "number", "expression": "{late} / {count}"},
        {"name": "gained", "label": "Minutes gained", "kind": "number", "expression": "{sum_dep_delay} - {sum_arr_delay}"},
        {"name": "far_ratio", "label": "Part of the miles", "kind": "ratio", "measure": "far", "denominator": "sum_distance"},
        {"name": "share", "label": "Share", "kind": "share_of_total", "measure": "count"},
        {"name": "plane_share", "label": "Share of planes", "kind": "share_of_total", "measure": "distinct_tailnum"},
        {"name": "place", "label": "Place", "kind": "rank", "measure": "count"},
        {"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "count"},
        {"name": "mean_so_far", "label": "Mean so far", "kind": "cumulative", "measure": "avg_dep_delay"},
        {"name": "three_months", "label": "Miles of three months", "kind": "rolling", "measure": "sum_distance", "span": {"count": 3, "unit": "month"}},
        {"name": "seven_days", "label": "Seven days", "kind": "rolling", "measure": "count", "span": {"count": 7, "unit": "day"}},
        {"name": "month_before", "label": "A month before", "kind": "time_shift", "measure": "count", "span": {"count": 1, "unit": "month"}},
        {"name": "week_before", "label": "A week before", "kind": "time_shift", "measure": "count", "span": {"count": 1, "unit": "week"}},
        {"name": "hour_before", "label": "An hour before", "kind": "time_shift", "measure": "count", "span": {"count": 1, "unit": "hour"}},
        {"name": "day_before", "label": "A day before", "kind": "time_shift", "measure": "count", "span": {"count": 1, "unit": "day"}},
        {"name": "quarter_before", "label": "A quarter before", "kind": "time_shift", "measure": "count", "span": {"count": 1, "unit": "quarter"}},
        {"name": "year_before", "label": "A year before", "kind": "time_shift", "measure": "count", "span": {"count": 1, "unit": "year"}},
        {"name": "least_so_far", "label": "Least so far", "kind": "cumulative", "measure": "min_dep_delay"},
        {"name": "longest_so_far", "label": "Longest so far", "kind": "cumulative", "measure": "max_distance"},
        {"name": "six_hours", "label": "Least of six hours", "kind": "rolling", "measure": "min_dep_delay", "span": {"count": 6, "unit": "hour"}},
        {"name": "two_weeks", "label": "Two weeks", "kind": "rolling", "measure": "count", "span": {"count": 2, "unit": "week"}},
        {"name": "two_quarters", "label": "Greatest of two quarters", "kind": "rolling", "measure": "max_dep_delay", "span": {"count": 2, "unit": "quarter"}},
        {"name": "growth", "label": "Growth", "kind": "number", "expression": "{count} / {month_before} - 1"},
        {"name": "by_boeing", "label": "Flights of Boeing's", "kind": "count", "filters": [of_boeing]},
        {"name": "not_boeing", "label": "Other flights", "kind": "count", "filters": [not_of_boeing]},
        {"name": "boeing_tails", "label": "Planes of Boeing's", "kind": "count_distinct", "column": "tailnum", "filters": [of_boeing]},
        {"name": "boeing_part", "label": "Part of Boeing's", "kind": "ratio", "measure": "by_boeing", "denominator": "count"},
        {"name": "boeing_so_far", "label": "Boeing's so far", "kind": "cumulative", "measure": "by_boeing"},
        {"name": "share_of_origin", "label": "Share of the origin", "kind": "share_of_total", "measure": "count", "within": ["origin"]},
        {"name": "share_of_airline", "label": "Share of the airline", "kind": "share_of_total", "measure": "count", "within": ["airlines.name"]},
        {"name": "plane_share_of_month", "label": "Share of the planes", "kind": "share_of_total", "measure": "distinct_tailnum", "within": ["time_hour"]},
        {"name": "place_in_origin", "label": "Place in the origin", "kind": "rank", "measure": "count", "within": ["origin"]}
    ])
}

/// Measures over several buckets, or as they were before, of what has no states that add up.
fn over_time(dataset: &str) -> Value {
    if dataset == "stock" {
        return json!([
            {"name": "amounts", "label": "Amounts", "kind": "count_distinct", "column": "amount"},
            {"name": "amounts_so_far", "label": "Amounts so far", "kind": "cumulative", "measure": "amounts"},
            {"name": "amounts_two_days", "label": "Amounts of two days", "kind": "rolling", "measure": "amounts", "span": {"count": 2, "unit": "day"}},
            {"name": "amounts_day_before", "label": "Amounts a day before", "kind": "time_shift", "measure": "amounts", "span": {"count": 1, "unit": "day"}},
            {"name": "amounts_month_before", "label": "Amounts a month before", "kind": "time_shift", "measure": "amounts", "span": {"count": 1, "unit": "month"}},
            {"name": "median_amount", "label": "Median amount", "kind": "quantile", "column": "amount"},
            {"name": "median_two_days", "label": "Median of two days", "kind": "rolling", "measure": "median_amount", "span": {"count": 2, "unit": "day"}},
            {"name": "median_month_before", "label": "Median a month before", "kind": "time_shift", "measure": "median_amount", "span": {"count": 1, "unit": "month"}},
            {"name": "last_two_days", "label": "Last of two days", "kind": "rolling", "measure": "last_pieces", "span": {"count": 2, "unit": "day"}},
            {"name": "last_month_before", "label": "Last a month before", "kind": "time_shift", "measure": "last_pieces", "span": {"count": 1, "unit": "month"}},
            {"name": "sum_month_before", "label": "Amount a month before", "kind": "time_shift", "measure": "sum_amount", "span": {"count": 1, "unit": "month"}},
            {"name": "on_hand_day_before", "label": "On hand a day before", "kind": "time_shift", "measure": "on_hand", "span": {"count": 1, "unit": "day"}},
            {"name": "on_hand_share", "label": "Share of what is on hand", "kind": "share_of_total", "measure": "on_hand"}
        ]);
    }
    json!([
        {"name": "tails_three_months", "label": "Planes of three months", "kind": "rolling", "measure": "distinct_tailnum", "span": {"count": 3, "unit": "month"}},
        {"name": "tails_so_far", "label": "Planes so far", "kind": "cumulative", "measure": "distinct_tailnum"},
        {"name": "tails_month_before", "label": "Planes a month before", "kind": "time_shift", "measure": "distinct_tailnum", "span": {"count": 1, "unit": "month"}}
    ])
}

/// Saves the model of a dataset with something else in it.
async fn change(mill: &Mill, dataset: &str, edit: impl FnOnce(&mut Model)) {
    let mut model = mill.model(dataset).await.unwrap();
    edit(&mut model);
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
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
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    // In two loads, so that what is earliest and latest is told across segments.
    let stock = std::fs::read_to_string(folder.join("stock.csv")).unwrap();
    let (head, rows) = stock.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    for part in rows.chunks(rows.len().div_ceil(2)) {
        ward.mill.load("stock", Csv::bytes(format!("{head}\n{}\n", part.join("\n")))).await.unwrap();
    }
    let named = json!([
        {"name": "sprint", "label": "Sprint", "interval": "2 weeks", "origin": "2013-01-08"},
        {"name": "shift", "label": "Shift", "interval": "8 hours", "origin": "2013-01-01T06:00"}
    ]);
    change(&ward.mill, "stock", |model| model.dimensions[0].granularities = serde_json::from_value(named).unwrap()).await;
    let joins = json!([{"name": "planes", "on": [{"column": "tailnum", "other": "tailnum"}]}, {"name": "airlines", "on": [{"column": "carrier", "other": "carrier"}]}]);
    let fewer_seats = |name: &str, seats: i64| json!({"name": name, "label": name, "filters": [{"member": "planes.seats", "operator": "lt", "values": [seats]}]});
    let segments = json!([fewer_seats("small", 60), fewer_seats("below_150", 150)]);
    change(&ward.mill, "flights", |model| (model.joins, model.segments) = (serde_json::from_value(joins).unwrap(), serde_json::from_value(segments).unwrap())).await;
    for dataset in ["flights", "stock"] {
        let more = [measures(dataset), over_time(dataset)].map(|measures| serde_json::from_value::<Vec<Measure>>(measures).unwrap());
        change(&ward.mill, dataset, |model| model.measures.extend(more.into_iter().flatten())).await;
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "slt"));
    files.sort();
    assert!(!files.is_empty());
    for (mode, partial_cache_bytes, times) in MODES {
        assert_eq!(run(ward, open, &files, mode, partial_cache_bytes, times).await.0, 0, "{mode}: there are no rollups");
    }
    for dataset in ["flights", "stock"] {
        change(&ward.mill, dataset, |model| model.rollups = serde_json::from_value(rollups(dataset)).unwrap()).await;
        ward.mill.build_rollups(dataset).await.unwrap();
    }
    for (mode, partial_cache_bytes, times) in MODES {
        let (rolled, _) = run(ward, open, &files, mode, partial_cache_bytes, times).await;
        assert_eq!(rolled > 0, partial_cache_bytes > 0, "{mode} with rollups: {rolled} segments");
    }
    // Zones that no hours of UTC fit into are answered from quarters of an hour, and nothing else is read.
    files.retain(|file| file.ends_with("zones.slt"));
    let (rolled, read) = run(ward, open, &files, "zones", 1, 1).await;
    assert!(rolled > 0 && read == 0, "{rolled} segments from rollups, {read} from rows");
}

/// Runs all files in an engine of its own; gives how many segments rollups stood for, and of how many rows were read.
async fn run(ward: &Ward, open: Open, files: &[PathBuf], mode: &str, partial_cache_bytes: usize, times: usize) -> (u64, u64) {
    let engine = open(ward.folder.path(), Settings { partial_cache_bytes, background_rollups: false, ..Settings::default() }).open().await.unwrap();
    let told = Arc::new(Told::default());
    for file in std::iter::repeat_n(files, times).flatten() {
        let (mill, told) = (engine.tenant("acme").unwrap(), Arc::clone(&told));
        let asked = Runner::new(move || {
            let asker = Asker { mill: mill.clone(), told: Arc::clone(&told) };
            async move { Ok(asker) }
        })
        .run_file_async(file)
        .await;
        asked.unwrap_or_else(|error| panic!("{mode}: {error}"));
    }
    (told.rolled.load(Ordering::Relaxed), told.read.load(Ordering::Relaxed))
}
