//! Scenario `ingest`: a compressed CSV file becomes a table that can be asked, in Tidemill and in DuckDB.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::json;
use tidemill::Csv;
use tidemill_benches::answer::Answer;
use tidemill_benches::measure::{median_ms, order_of_round, timed};
use tidemill_benches::peers::{DuckDb, EmbeddedTidemill, literal};
use tidemill_benches::report::{Report, Row};

// What the server uses. DuckDB brings an allocator of its own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 4] = [
    "A round begins with an empty folder and ends when a count over the new table has been answered; data is durable by then in both systems.",
    "Tidemill also infers types and time column, writes a model, sorts by time and commits to its log; DuckDB infers types (it was told that NA means missing).",
    "One round before the timed ones, so that the file is in the page cache and code is in memory.",
    "Both answers were compared in every round.",
];
const RATIO_MAX: f64 = 1.5;
const FACTS: &str = "select carrier, count(*) as flights, avg(arr_delay) as arr_delay from flights group by 1";

/// Loads the file into the folder; gives an answer over it and the time that loading took.
type Contender = fn(folder: &Path, file: &Path) -> Result<(Answer, Duration)>;

#[derive(Parser)]
struct Args {
    /// Timed rounds.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/flights.csv.gz").canonicalize().context("find the flights")?;
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&work)?;
    let bytes = std::fs::metadata(&file)?.len();
    let mut report = Report::new("ingest", json!({"file": "examples/data/flights.csv.gz", "rows": 336_776, "compressed_bytes": bytes, "rounds": args.rounds}), &NOTES);

    let contenders: [Contender; 2] = [ours, duckdb];
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=args.rounds {
        let mut answers = Vec::new();
        for place in order_of_round(contenders.len(), round) {
            let folder = tempfile::tempdir_in(&work)?;
            let (answer, time) = contenders[place](folder.path(), &file)?;
            answers.push(answer);
            if round > 0 {
                times[place].push(time);
            }
        }
        if let (Some(one), Some(other)) = (answers.pop(), answers.pop()) {
            one.compare(other).context("tidemill and duckdb disagree")?;
        }
    }
    let [ours, duckdb] = times.map(|times| median_ms(&times));
    let target = format!("at most {RATIO_MAX} times DuckDB's time");
    report.push(Row {
        workload: "CSV (gzip) to a table that can be asked".to_owned(),
        unit: "ms",
        ours,
        peers: vec![("duckdb", duckdb)],
        target,
        holds: ours <= RATIO_MAX * duckdb,
    });
    report.finish()
}

fn ours(folder: &Path, file: &Path) -> Result<(Answer, Duration)> {
    let engine = EmbeddedTidemill::open("tidemill", folder, tidemill::Settings::default())?;
    let (_, time) = timed(|| {
        engine.load("flights", Csv::path(file))?;
        engine.sql("select count(*) from flights")
    })?;
    Ok((engine.sql(FACTS)?, time))
}

fn duckdb(folder: &Path, file: &Path) -> Result<(Answer, Duration)> {
    let database = DuckDb::open("duckdb", &folder.join("flights.duckdb"))?;
    let source = literal(file)?;
    let (_, time) = timed(|| {
        database.execute(&format!("create table flights as select * from read_csv({source}, nullstr = 'NA')"))?;
        database.sql("select count(*) from flights")
    })?;
    Ok((database.sql(FACTS)?, time))
}
