//! Scenario `dashboards`: twelve questions over website events, asked of Tidemill, DuckDB (its own table, and Parquet)
//! and plain DataFusion (Parquet), in interleaved rounds, with the answers compared.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::json;
use tidemill::{Parquet, Settings};
use tidemill_benches::dashboard::{END_US, questions};
use tidemill_benches::measure::{median_ms, timed};
use tidemill_benches::peers::{DuckDb, EmbeddedTidemill, Peer, PlainDataFusion, compare_and_time, literal};
use tidemill_benches::report::{Report, Row};
use tidemill_benches::{events, export};

// What the server uses. DuckDB brings an allocator of its own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 6] = [
    "Every system has answered every question once before the timed rounds, and its files are in the page cache: all runs are warm.",
    "`ours` computes every answer from decoded columns that it keeps in memory, and keeps no partial: what a question costs that nobody has asked before. `tidemill_kept` is the same engine with its partials.",
    "Times are from the question to the answer completely read in this process, parsing and planning included.",
    "DuckDB `duckdb` is a native table in a database file; `duckdb_parquet` and `datafusion_parquet` read the same Parquet file that Tidemill was loaded from.",
    "Peers run with their defaults and as many threads as the machine has cores. Nobody keeps results of questions.",
    "All answers were compared: equal apart from the order of rows and a relative difference of 1e-9 in sums and averages of floating point numbers.",
];
const FASTER: &str = "not slower than DuckDB's native table";
const ALL: &str = "at most 0.7 times DuckDB's native table and 0.5 times DataFusion";

#[derive(Parser)]
struct Args {
    /// Events.
    #[arg(long, default_value_t = 10_000_000)]
    rows: usize,
    /// Timed rounds.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Write the events and the questions into this folder, for the scripts in benches/peers, and measure nothing.
    #[arg(long)]
    export: Option<PathBuf>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let events = events::prepare(&work, args.rows)?;
    if let Some(folder) = &args.export {
        return export::write(&events, &questions(END_US)?, folder);
    }
    let folder = tempfile::tempdir_in(&work).context("create a folder for the databases")?;
    let data = json!({"generator": "website events, 90 days, skewed countries, devices, pages and users", "rows": events.rows, "parquet_bytes": events.bytes, "questions": 12, "rounds": args.rounds});
    let mut report = Report::new("dashboards", data, &NOTES);

    let store = folder.path().join("tidemill");
    // Room for a byte is room for no partial: each is computed again, from columns that are kept.
    // And nobody learns what is asked again and again.
    let columns = Settings { column_cache_bytes: 4 << 30, advised_rollup_bytes: 0, ..Settings::default() };
    let ours = EmbeddedTidemill::open("tidemill", &store, Settings { partial_cache_bytes: 1, ..columns })?;
    let (loaded, our_load) = timed(|| ours.load("events", Parquet::path(&events.path)))?;
    anyhow::ensure!(loaded.rows == events.rows as u64 && loaded.rejected == 0, "loaded {} rows, rejected {}", loaded.rows, loaded.rejected);
    let kept = EmbeddedTidemill::open("tidemill_kept", &store, columns)?;
    let duckdb = DuckDb::open("duckdb", &folder.path().join("events.duckdb"))?;
    let source = literal(&events.path)?;
    let ((), their_load) = timed(|| duckdb.execute(&format!("create table events as select * from read_parquet({source}); checkpoint;")))?;
    eprintln!("loaded in {:.1} s; DuckDB in {:.1} s", our_load.as_secs_f64(), their_load.as_secs_f64());

    let mut peers: Vec<Box<dyn Peer>> =
        vec![Box::new(ours), Box::new(duckdb), Box::new(PlainDataFusion::over(&events.path)?), Box::new(DuckDb::over_parquet("duckdb_parquet", &events.path)?), Box::new(kept)];
    let mut sums = vec![0.0; peers.len()];
    for question in questions(END_US)? {
        let times = compare_and_time(&mut peers, &question, args.rounds).with_context(|| question.name)?;
        let medians: Vec<f64> = times.iter().map(|times| median_ms(times)).collect();
        for (sum, median) in sums.iter_mut().zip(&medians) {
            *sum += median;
        }
        report.push(row(question.name, &peers, &medians, FASTER, medians[0] <= medians[1]));
    }
    let holds = sums[0] <= 0.7 * sums[1] && sums[0] <= 0.5 * sums[2];
    report.push(row("all twelve, one after the other", &peers, &sums, ALL, holds));
    report.finish()
}

fn row(workload: &str, peers: &[Box<dyn Peer>], medians: &[f64], target: &str, holds: bool) -> Row {
    let others = peers.iter().zip(medians).skip(1).map(|(peer, median)| (peer.name(), *median)).collect();
    Row { workload: workload.to_owned(), unit: "ms", ours: medians[0], peers: others, target: target.to_owned(), holds }
}
