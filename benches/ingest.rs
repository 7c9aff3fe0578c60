//! Scenario `ingest`: a compressed CSV file, and one of a gigabyte, become tables that can be asked, in Tidemill and in DuckDB;
//! what memory a process takes at most that loads the larger one and answers a question, and how many bytes a row has then.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use serde_json::json;
use tidemill::{Csv, Settings};
use tidemill_benches::answer::Answer;
use tidemill_benches::csv_file::{self, CsvFile};
use tidemill_benches::measure::{median_ms, order_of_round, timed};
use tidemill_benches::memory_of;
use tidemill_benches::peers::{DuckDb, EmbeddedTidemill, literal};
use tidemill_benches::report::{Report, Row};

// What the server uses. DuckDB brings an allocator of its own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 6] = [
    "A round begins with an empty folder and ends when a count over the new table has been answered; data is durable by then in both systems.",
    "Tidemill also infers types and time column, writes a model, takes a profile, sorts by time and commits to its log; DuckDB infers types (it was told that NA means missing).",
    "One round before the timed ones, so that the file is in the page cache and code is in memory.",
    "Both answers were compared in every round.",
    "Memory is the most that a process of its own held (VmHWM of Linux: resident, program and mapped files with it) that loads the file once, counts its rows, and ends.",
    "Bytes a row are those of the segments of Tidemill after the load and a compaction, and those of DuckDB's database file after a checkpoint, of the same events.",
];
const RATIO_MAX: f64 = 1.5;
const LARGE_RATIO_MAX: f64 = 1.0;
const MEMORY_MAX: f64 = 512.0 * MIB;
const SIZE_RATIO_MAX: f64 = 0.75;
const MIB: f64 = 1_048_576.0;
const FLIGHTS: &str = "select carrier, count(*) as flights, avg(arr_delay) as arr_delay from flights group by 1";
const EVENTS: &str = "select country, device, count(*) as events, sum(duration_ms) as duration, sum(revenue) as revenue, min(event_at) as first, max(event_at) as last, count(distinct user_id) as users from events group by 1, 2";

/// Loads the file into the folder; gives an answer over it and the time that loading took.
type Contender = fn(folder: &Path, file: &Path) -> Result<(Answer, Duration)>;

#[derive(Parser)]
struct Args {
    /// Timed rounds of the compressed file.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Megabytes of the large file.
    #[arg(long, default_value_t = 1_000)]
    megabytes: u64,
    /// Timed rounds of the large file.
    #[arg(long, default_value_t = 3)]
    large_rounds: usize,
    /// Loads a file in this process, answers as in a round, and says what memory that took: `tidemill` or `duckdb`, the file and an
    /// empty folder.
    #[arg(long, hide = true, num_args = 3)]
    child: Option<Vec<String>>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some([system, file, folder]) = args.child.as_deref() {
        return alone(system, Path::new(folder), Path::new(file));
    }
    let flights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/flights.csv.gz").canonicalize().context("find the flights")?;
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&work)?;
    let events = csv_file::prepare(&work, args.megabytes * 1_000_000)?;
    let data = json!({
        "file": "examples/data/flights.csv.gz", "rows": 336_776, "compressed_bytes": std::fs::metadata(&flights)?.len(), "rounds": args.rounds,
        "large": {"generator": "website events, 90 days, skewed countries, devices, pages and users", "rows": events.rows, "bytes": events.bytes, "rounds": args.large_rounds},
    });
    let mut report = Report::new("ingest", data, &NOTES);
    let [ours, duckdb] = race([our_flights, duckdb_flights], &work, &flights, args.rounds)?;
    report.push(Row {
        workload: "CSV (gzip) to a table that can be asked".to_owned(),
        unit: "ms",
        ours,
        peers: vec![("duckdb", duckdb)],
        target: format!("at most {RATIO_MAX} times DuckDB's time"),
        holds: ours <= RATIO_MAX * duckdb,
    });
    let [ours, duckdb] = race([our_events, duckdb_events], &work, &events.path, args.large_rounds)?;
    report.push(Row {
        workload: format!("{:.2} GB of CSV to a table that can be asked", events.bytes as f64 / 1e9),
        unit: "ms",
        ours,
        peers: vec![("duckdb", duckdb)],
        target: "not slower than DuckDB's read_csv".to_owned(),
        holds: ours <= LARGE_RATIO_MAX * duckdb,
    });
    memory(&work, &events, &mut report)?;
    size(&work, &events, &mut report)?;
    report.finish()
}

/// Medians of both, in turns, with their answers compared.
fn race(contenders: [Contender; 2], work: &Path, file: &Path, rounds: usize) -> Result<[f64; 2]> {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=rounds {
        let mut answers = Vec::new();
        for place in order_of_round(contenders.len(), round) {
            let folder = tempfile::tempdir_in(work)?;
            let (answer, time) = contenders[place](folder.path(), file)?;
            answers.push(answer);
            if round > 0 {
                times[place].push(time);
            }
        }
        if let (Some(one), Some(other)) = (answers.pop(), answers.pop()) {
            one.compare(other).context("tidemill and duckdb disagree")?;
        }
    }
    Ok(times.map(|times| median_ms(&times)))
}

/// Loads the large file and tells what that took of memory; what questions take is not a part of it.
fn alone(system: &str, folder: &Path, file: &Path) -> Result<()> {
    match system {
        "tidemill" => {
            let engine = open(folder)?;
            engine.load("events", Csv::path(file))?;
            engine.sql("select count(*) from events")?;
            memory_of::tell()
        }
        "duckdb" => {
            let database = DuckDb::open("duckdb", &folder.join("events.duckdb"))?;
            database.execute(&format!("create table events as select * from read_csv({})", literal(file)?))?;
            database.sql("select count(*) from events")?;
            memory_of::tell()
        }
        other => bail!("there is no contender {other}"),
    }
}

/// What a process holds at most that loads the large file once.
fn memory(work: &Path, events: &CsvFile, report: &mut Report) -> Result<()> {
    let peak = |system: &str| -> Result<f64> {
        let folder = tempfile::tempdir_in(work)?;
        let path = |path: &Path| path.to_str().map(str::to_owned).context("a path is not UTF-8");
        memory_of::child(&["--child".to_owned(), system.to_owned(), path(&events.path)?, path(folder.path())?])
    };
    let (ours, duckdb) = (peak("tidemill")?, peak("duckdb")?);
    report.push(Row {
        workload: "the same, memory of the process at most".to_owned(),
        unit: "MiB",
        ours: ours / MIB,
        peers: vec![("duckdb", duckdb / MIB)],
        target: format!("at most {} MiB", MEMORY_MAX / MIB),
        holds: ours <= MEMORY_MAX,
    });
    Ok(())
}

/// What a row takes once everything is tidied up.
fn size(work: &Path, events: &CsvFile, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir_in(work)?;
    let engine = open(&folder.path().join("tidemill"))?;
    engine.load("events", Csv::path(&events.path))?;
    engine.compact("events")?;
    let ours = engine.dataset("events")?.summary.size_bytes.unwrap_or(0) as f64 / events.rows as f64;
    let file = folder.path().join("events.duckdb");
    let database = DuckDb::open("duckdb", &file)?;
    database.execute(&format!("create table events as select * from read_csv({}); checkpoint;", literal(&events.path)?))?;
    drop(database);
    let duckdb = std::fs::metadata(&file).context("look at DuckDB's file")?.len() as f64 / events.rows as f64;
    report.push(Row {
        workload: "bytes of a row on storage".to_owned(),
        unit: "B",
        ours,
        peers: vec![("duckdb", duckdb)],
        target: format!("at most {SIZE_RATIO_MAX} times DuckDB's"),
        holds: ours <= SIZE_RATIO_MAX * duckdb,
    });
    Ok(())
}

fn open(folder: &Path) -> Result<EmbeddedTidemill> {
    EmbeddedTidemill::open("tidemill", folder, Settings::default())
}

fn ours(folder: &Path, file: &Path, dataset: &str, facts: &str) -> Result<(Answer, Duration)> {
    let engine = open(folder)?;
    let (_, time) = timed(|| {
        engine.load(dataset, Csv::path(file))?;
        engine.sql(&format!("select count(*) from {dataset}"))
    })?;
    Ok((engine.sql(facts)?, time))
}

fn duckdb(folder: &Path, file: &Path, dataset: &str, options: &str, facts: &str) -> Result<(Answer, Duration)> {
    let database = DuckDb::open("duckdb", &folder.join(format!("{dataset}.duckdb")))?;
    let source = literal(file)?;
    let (_, time) = timed(|| {
        database.execute(&format!("create table {dataset} as select * from read_csv({source}{options})"))?;
        database.sql(&format!("select count(*) from {dataset}"))
    })?;
    Ok((database.sql(facts)?, time))
}

fn our_flights(folder: &Path, file: &Path) -> Result<(Answer, Duration)> {
    ours(folder, file, "flights", FLIGHTS)
}

fn duckdb_flights(folder: &Path, file: &Path) -> Result<(Answer, Duration)> {
    duckdb(folder, file, "flights", ", nullstr = 'NA'", FLIGHTS)
}

fn our_events(folder: &Path, file: &Path) -> Result<(Answer, Duration)> {
    ours(folder, file, "events", EVENTS)
}

fn duckdb_events(folder: &Path, file: &Path) -> Result<(Answer, Duration)> {
    duckdb(folder, file, "events", "", EVENTS)
}
