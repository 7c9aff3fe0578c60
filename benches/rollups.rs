//! Scenario `rollups`: a dashboard of twelve tiles that is opened after a restart, when nothing is in memory, and once more
//! when further rows have come. Tidemill answers from the partials that its rollups keep on storage and from the rows that
//! came since, DuckDB from its table.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::{Value, json};
use tidemill::{Parquet, Rollup, Settings};
use tidemill_benches::answer::Answer;
use tidemill_benches::dashboard::questions;
use tidemill_benches::events;
use tidemill_benches::measure::{median_ms, timed};
use tidemill_benches::peers::{DuckDb, EmbeddedTidemill, literal};
use tidemill_benches::report::{Report, Row};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 7] = [
    "Each round adds 10,000 rows durably to both, opens Tidemill anew and asks all twelve tiles one after the other; opening the engine is not in the time, opening its dataset and its rollups is in that of the first tile.",
    "The six rollups were built before the first round and never since: rows that came later are read as rows. What rollups hold and what was read is in `data`.",
    "Then 10,000 more rows come in and the same engine is asked again: now it has in memory what it derived from rollups.",
    "Windows are 7, 14, 30 and 90 whole days, as dashboards have them.",
    "DuckDB holds the events in a native table in a database file, stays open, and runs with as many threads as the machine has cores.",
    "`rows` is Tidemill itself without rollups, also opened anew: it reads and decodes the columns of the segments.",
    "All answers of all rounds were compared: equal apart from the order of rows and a relative difference of 1e-9 in floating point numbers.",
];
const NEW_ROWS: usize = 10_000;
const DAY_US: i64 = 86_400_000_000;

#[derive(Parser)]
struct Args {
    /// Events before the first round.
    #[arg(long, default_value_t = 18_000_000)]
    rows: usize,
    /// Timed rounds.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn rollups() -> Result<Vec<Rollup>> {
    let of = |name: &str, measures: &[&str], dimensions: &[&str], grain: &str| json!({"name": name, "measures": measures, "dimensions": dimensions, "time_dimension": "event_at", "granularity": grain});
    let declared: Vec<Value> = vec![
        of("by hour", &["count"], &[], "hour"),
        of("by day and device", &["count", "sum_revenue"], &["device"], "day"),
        of("by day, country, device and kind", &["count", "sum_revenue", "avg_duration_ms"], &["country", "device", "event_type"], "day"),
        of("by day and browser", &["count", "max_duration_ms"], &["browser", "device"], "day"),
        of("users by day", &["distinct_user_id", "count", "sum_revenue"], &[], "day"),
        of("pages by week", &["count"], &["url"], "week"),
    ];
    declared.into_iter().map(|rollup| Ok(serde_json::from_value(rollup)?)).collect()
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(&work).context("create a folder for the databases")?;
    let total = args.rows + (args.rounds + 1) * 2 * NEW_ROWS;
    let part = |from: usize, to: usize| Ok::<_, anyhow::Error>(events::prepare_part(&work, total, from..to)?.path);
    let (with, without) = (folder.path().join("with"), folder.path().join("without"));
    let settings = Settings { background_rollups: false, advised_rollup_bytes: 0, ..Settings::default() };
    let history = part(0, args.rows)?;
    let (first, plain) = (EmbeddedTidemill::open("tidemill", &with, settings.clone())?, EmbeddedTidemill::open("rows", &without, settings.clone())?);
    first.load("events", Parquet::path(&history))?;
    plain.load("events", Parquet::path(&history))?;
    let duckdb = DuckDb::open("duckdb", &folder.path().join("events.duckdb"))?;
    duckdb.execute(&format!("create table events as select * from read_parquet({}); checkpoint;", literal(&history)?))?;
    let (built, time) = timed(|| first.declare("events", rollups()?))?;
    let bytes: u64 = built.iter().map(|rollup| rollup.bytes).sum();
    eprintln!("built {} rollups of {bytes} bytes in {:.1} s", built.len(), time.as_secs_f64());
    drop((first, plain));

    let mut times = [const { Vec::new() }; 5];
    let mut read: Vec<Value> = Vec::new();
    for round in 0..=args.rounds {
        let from = args.rows + round * 2 * NEW_ROWS;
        let new = part(from, from + NEW_ROWS)?;
        // Whole days: the window ends with the day of the last row.
        let last = events::instant_of(total, from + NEW_ROWS - 1)?;
        let asked = questions((last.div_euclid(DAY_US) + 1) * DAY_US - 1)?;
        for path in [&with, &without] {
            EmbeddedTidemill::open("loader", path, settings.clone())?.load("events", Parquet::path(&new))?;
        }
        duckdb.execute(&format!("insert into events select * from read_parquet({})", literal(&new)?))?;
        let (ours, rows) = (EmbeddedTidemill::open("tidemill", &with, settings.clone())?, EmbeddedTidemill::open("rows", &without, settings.clone())?);
        let mut tiles = [const { Vec::new() }; 5];
        for question in &asked {
            let (answer, time) = timed(|| ours.query(question)).with_context(|| question.name)?;
            tiles[0].push(time);
            let (theirs, time) = timed(|| duckdb.sql(&question.sql)).with_context(|| question.name)?;
            tiles[1].push(time);
            let (raw, time) = timed(|| rows.query(question)).with_context(|| question.name)?;
            tiles[2].push(time);
            ensure!(raw.provenance.segments_rolled == 0, "{}: the engine without rollups has some", question.name);
            if round == args.rounds {
                let found = &answer.provenance;
                let by: Vec<&str> = found.rollups.iter().filter(|rollup| rollup.segments > 0).map(|rollup| rollup.name.as_str()).collect();
                read.push(json!({"tile": question.name, "rollups": by, "segments_by_rollup": found.segments_rolled, "segments_read": found.segments_read, "rows_read": found.rows_scanned}));
            }
            let answer = Answer::from_batches(&[answer.batch])?;
            answer.clone().compare(Answer::from_batches(&[raw.batch])?).with_context(|| format!("{}: with and without rollups", question.name))?;
            answer.compare(theirs).with_context(|| format!("{}: tidemill and duckdb disagree", question.name))?;
        }
        // The same engine goes on, and more rows come in.
        let more = part(from + NEW_ROWS, from + 2 * NEW_ROWS)?;
        ours.load("events", Parquet::path(&more))?;
        rows.load("events", Parquet::path(&more))?;
        duckdb.execute(&format!("insert into events select * from read_parquet({})", literal(&more)?))?;
        let last = events::instant_of(total, from + 2 * NEW_ROWS - 1)?;
        for question in &questions((last.div_euclid(DAY_US) + 1) * DAY_US - 1)? {
            let (answer, time) = timed(|| ours.query(question)).with_context(|| question.name)?;
            tiles[3].push(time);
            let (theirs, time) = timed(|| duckdb.sql(&question.sql)).with_context(|| question.name)?;
            tiles[4].push(time);
            Answer::from_batches(&[answer.batch])?.compare(theirs).with_context(|| format!("{}: tidemill and duckdb disagree", question.name))?;
        }
        // The first round brings files into the page cache.
        if round > 0 {
            for (times, tiles) in times.iter_mut().zip(tiles) {
                times.push(tiles);
            }
        }
    }
    let data = json!({
        "generator": "website events, 90 days, skewed countries, devices, pages and users", "rows": args.rows, "new_rows": NEW_ROWS, "rounds": args.rounds,
        "rollups": built.iter().map(|status| json!({"name": status.rollup.name, "segments": status.segments_stored, "bytes": status.bytes})).collect::<Vec<_>>(),
        "last_round": read,
    });
    let mut report = Report::new("rollups", data, &NOTES);
    let tile = |place: usize, tile: usize| median_ms(&times[place].iter().map(|tiles: &Vec<Duration>| tiles[tile]).collect::<Vec<_>>());
    let whole = |place: usize| median_ms(&times[place].iter().map(|tiles| tiles.iter().sum()).collect::<Vec<_>>());
    let target = "at least 20 times faster than DuckDB, with the rows that just came";
    for (index, question) in questions(tidemill_benches::dashboard::END_US)?.iter().enumerate() {
        let [ours, duckdb, rows] = [0, 1, 2].map(|place| tile(place, index));
        let workload = format!("tile: {}", question.name);
        report.push(Row { workload, unit: "ms", ours, peers: vec![("duckdb", duckdb), ("rows", rows)], target: target.to_owned(), holds: ours * 20.0 <= duckdb });
    }
    for (index, question) in questions(tidemill_benches::dashboard::END_US)?.iter().enumerate() {
        let [ours, duckdb] = [3, 4].map(|place| tile(place, index));
        let workload = format!("tile while the engine runs: {}", question.name);
        report.push(Row { workload, unit: "ms", ours, peers: vec![("duckdb", duckdb)], target: target.to_owned(), holds: ours * 20.0 <= duckdb });
    }
    let [ours, duckdb, rows, running, again] = [0, 1, 2, 3, 4].map(whole);
    let workload = "12 tiles after a restart".to_owned();
    report.push(Row { workload, unit: "ms", ours, peers: vec![("duckdb", duckdb), ("rows", rows)], target: target.to_owned(), holds: ours * 20.0 <= duckdb });
    let workload = "12 tiles while the engine runs, after 10,000 more rows".to_owned();
    report.push(Row { workload, unit: "ms", ours: running, peers: vec![("duckdb", again)], target: target.to_owned(), holds: running * 20.0 <= again });
    report.finish()
}
