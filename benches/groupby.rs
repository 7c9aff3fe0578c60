//! Scenario `groupby`: all events grouped by keys of few values, with a count, a sum and an average, by one thread. Asked
//! of Tidemill over decoded columns without kept partials, of DuckDB over its own table and of DataFusion over the same
//! rows in memory, in interleaved rounds, with the answers compared.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::json;
use tidemill::{Parquet, Settings};
use tidemill_benches::events;
use tidemill_benches::groupings::questions;
use tidemill_benches::measure::median_ms;
use tidemill_benches::peers::{DuckDb, EmbeddedTidemill, Peer, PlainDataFusion, compare_and_time, literal};
use tidemill_benches::report::{Report, Row};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 5] = [
    "Nanoseconds a row: the median time of the whole answer, parsing and planning included, over the number of rows. Each contender computes on one thread at a time.",
    "`ours` computes every answer from decoded columns that it keeps in memory, and keeps no partial.",
    "DuckDB is a native table in a database file with `threads = 1`, all of it in its buffer pool.",
    "DataFusion is a MemTable of the decoded rows with one partition.",
    "All answers were compared: equal apart from the order of rows and a relative difference of 1e-9 in sums and averages of floating point numbers.",
];
const TARGET: &str = "at least 1.5 times DuckDB's and 4 times DataFusion's rows per second and core";

#[derive(Parser)]
struct Args {
    /// Events.
    #[arg(long, default_value_t = 5_000_000)]
    rows: usize,
    /// Timed rounds.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let events = events::prepare(&work, args.rows)?;
    let folder = tempfile::tempdir_in(&work).context("create a folder for the databases")?;
    let data = json!({"generator": "website events, 90 days, skewed countries, devices, pages and users", "rows": events.rows, "rounds": args.rounds, "threads": 1});
    let mut report = Report::new("groupby", data, &NOTES);

    // Room for a byte is room for no partial.
    let settings = Settings { query_partitions: 1, column_cache_bytes: 4 << 30, partial_cache_bytes: 1, ..Settings::default() };
    let ours = EmbeddedTidemill::open("tidemill", &folder.path().join("tidemill"), settings)?;
    ours.load("events", Parquet::path(&events.path))?;
    let duckdb = DuckDb::open("duckdb", &folder.path().join("events.duckdb"))?;
    duckdb.execute(&format!("create table events as select * from read_parquet({}); checkpoint; set threads = 1;", literal(&events.path)?))?;
    let mut peers: Vec<Box<dyn Peer>> = vec![Box::new(ours), Box::new(duckdb), Box::new(PlainDataFusion::in_memory(&events.path)?)];
    for question in questions()? {
        let times = compare_and_time(&mut peers, &question, args.rounds).with_context(|| question.name)?;
        let nanos: Vec<f64> = times.iter().map(|times| median_ms(times) * 1e6 / args.rows as f64).collect();
        let others = peers.iter().zip(&nanos).skip(1).map(|(peer, nanos)| (peer.name(), *nanos)).collect();
        let holds = nanos[0] * 1.5 <= nanos[1] && nanos[0] * 4.0 <= nanos[2];
        report.push(Row { workload: format!("count, sum, avg {}", question.name), unit: "ns/row", ours: nanos[0], peers: others, target: TARGET.to_owned(), holds });
    }
    report.finish()
}
