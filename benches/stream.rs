//! Scenario `stream`: rows that come in all the time. Batches of 10,000 rows, each durable before the next; 64 clients
//! that write single rows; and how long after its answer a batch shows in an answer, at 100,000 rows a second. Beside
//! DuckDB and a PostgreSQL that the scenario starts itself, where it is installed.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::json;
use tidemill::{Engine, Json, LoadMode, Mill, Parquet, Settings};
use tidemill_benches::events;
use tidemill_benches::measure::{median_ms, order_of_round, timed};
use tidemill_benches::peers::{DuckDb, PostgreSql, copy, literal};
use tidemill_benches::report::{Report, Row};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 5] = [
    "Every write is durable when it is answered: Tidemill syncs segments, log entries and their folders, DuckDB and PostgreSQL their logs, all as they come.",
    "A batch is a Parquet file for Tidemill and DuckDB and a CSV file, already written, for PostgreSQL's COPY; all systems have the same rows in the end.",
    "Clients are tasks of one process for Tidemill and threads with a connection each for PostgreSQL; each writes a row, waits for the answer and writes the next.",
    "A batch is visible when a count of all rows that is asked after its answer has it; the time is from one answer to the other.",
    "Tidemill's upkeep runs as it does by default.",
];
const ROWS_OF_A_BATCH: usize = 10_000;

#[derive(Parser)]
struct Args {
    /// Batches that are timed.
    #[arg(long, default_value_t = 60)]
    batches: usize,
    /// Clients that write single rows.
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// Seconds that clients write.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Batches of the third part, ten a second.
    #[arg(long, default_value_t = 200)]
    visible: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(&work).context("create a folder for the databases")?;
    let postgresql = PostgreSql::start()?;
    if postgresql.is_none() {
        eprintln!("PostgreSQL is not installed; it is left out");
    }
    let runtime = Runtime::new()?;
    let engine = runtime.block_on(Engine::builder().path(folder.path().join("tidemill")).settings(Settings::default()).open())?;
    let data = json!({
        "generator": "website events, 90 days, skewed countries, devices, pages and users", "rows_of_a_batch": ROWS_OF_A_BATCH,
        "batches": args.batches, "clients": args.clients, "seconds": args.seconds, "visible_batches": args.visible,
    });
    let mut report = Report::new("stream", data, &NOTES);
    batches(&args, &work, &runtime, &engine.tenant("batches")?, &folder.path().join("events.duckdb"), postgresql.as_ref(), &mut report)?;
    clients(&args, &work, &runtime, &engine.tenant("clients")?, postgresql.as_ref(), &mut report)?;
    visible(&args, &work, &runtime, &engine.tenant("visible")?, &mut report)?;
    runtime.block_on(engine.close());
    report.finish()
}

/// One batch after the other, in turns.
fn batches(args: &Args, work: &Path, runtime: &Runtime, mill: &Mill, duckdb: &Path, postgresql: Option<&PostgreSql>, report: &mut Report) -> Result<()> {
    let duckdb = DuckDb::open("duckdb", duckdb)?;
    let mut client = postgresql.map(PostgreSql::connect).transpose()?;
    let total = (args.batches + 1) * ROWS_OF_A_BATCH;
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=args.batches {
        let part = events::prepare_part(work, total, round * ROWS_OF_A_BATCH..(round + 1) * ROWS_OF_A_BATCH)?;
        let (source, csv) = (literal(&part.path)?, part.path.with_extension("csv"));
        if client.is_some() && !csv.exists() {
            duckdb.execute(&format!("copy (select * from read_parquet({source})) to {} (header)", literal(&csv)?))?;
        }
        for place in order_of_round(3, round) {
            let (wrote, time) = timed(|| match (place, &mut client) {
                (0, _) => Ok(runtime.block_on(mill.load("events", Parquet::path(&part.path)))?.rows),
                (1, _) => {
                    let statement = if round == 0 { "create table events as select" } else { "insert into events select" };
                    duckdb.execute(&format!("{statement} * from read_parquet({source})"))?;
                    Ok(ROWS_OF_A_BATCH as u64)
                }
                (_, Some(client)) => copy(client, &csv),
                (_, None) => Ok(ROWS_OF_A_BATCH as u64),
            })?;
            ensure!(wrote == ROWS_OF_A_BATCH as u64, "{wrote} rows of a batch");
            if round > 0 {
                times[place].push(time);
            }
        }
    }
    let facts = "select count(*), sum(user_id), max(event_at) from events";
    let (ours, theirs) = (runtime.block_on(mill.sql(facts))?, duckdb.sql(facts)?);
    tidemill_benches::answer::Answer::from_batches(&[ours.batch])?.compare(theirs).context("tidemill and duckdb disagree")?;
    if let Some(client) = &mut client {
        let rows: i64 = client.query_one("select count(*) from events", &[])?.get(0);
        ensure!(rows == total as i64, "PostgreSQL has {rows} rows of {total}");
        client.batch_execute("truncate events")?;
    }
    let [ours, duckdb, postgresql] = times.map(|times| median_ms(&times));
    let mut peers = vec![("duckdb", duckdb)];
    peers.extend(client.map(|_| ("postgresql", postgresql)));
    let holds = peers.iter().all(|(name, time)| if *name == "duckdb" { ours <= *time } else { ours * 8.0 <= *time });
    report.push(Row {
        workload: "a batch of 10,000 rows, durable".to_owned(),
        unit: "ms",
        ours,
        peers,
        target: "at least as fast as DuckDB, 8 times as fast as PostgreSQL's COPY".to_owned(),
        holds,
    });
    Ok(())
}

/// All clients at once, each row by row.
fn clients(args: &Args, work: &Path, runtime: &Runtime, mill: &Mill, postgresql: Option<&PostgreSql>, report: &mut Report) -> Result<()> {
    let first = events::prepare_part(work, 10 * ROWS_OF_A_BATCH, 0..ROWS_OF_A_BATCH)?;
    runtime.block_on(mill.load("events", Parquet::path(&first.path)))?;
    let lasting = Duration::from_secs(args.seconds);
    let before = runtime.block_on(mill.dataset("events"))?.summary.version;
    let written = runtime.block_on(async {
        let begin = Instant::now();
        let mut tasks = JoinSet::new();
        for client in 0..args.clients {
            let mill = mill.clone();
            tasks.spawn(async move {
                let mut rows = 0_u64;
                while begin.elapsed() < lasting {
                    let row = json!({
                        "event_at": "2026-03-31T12:00:00Z", "event_type": "click", "country": "DE", "device": "mobile", "browser": "Chrome", "url": "/products/1",
                        "user_id": client, "session_id": rows, "duration_ms": 1200, "revenue": null,
                    });
                    rows += mill.load("events", Json::bytes(row.to_string()).mode(LoadMode::Append)).await?.rows;
                }
                Ok::<_, tidemill::Error>(rows)
            });
        }
        tasks.join_all().await.into_iter().sum::<tidemill::Result<u64>>()
    })?;
    let summary = runtime.block_on(mill.dataset("events"))?.summary;
    ensure!(summary.rows == written + ROWS_OF_A_BATCH as u64, "{} rows of {written} that were answered", summary.rows);
    eprintln!("{} clients wrote {written} rows in {} commits", args.clients, summary.version - before);
    let theirs = postgresql.map(|server| single_rows(server, args.clients, lasting)).transpose()?;
    let rate = |rows: u64| rows as f64 / lasting.as_secs_f64();
    let peers: Vec<_> = theirs.map(|rows| ("postgresql", rate(rows))).into_iter().collect();
    let holds = peers.iter().all(|(_, theirs)| rate(written) >= 3.0 * theirs);
    report.push(Row {
        workload: format!("{} clients write single rows, durable", args.clients),
        unit: "/s",
        ours: rate(written),
        peers,
        target: "at least 3 times PostgreSQL's commits a second".to_owned(),
        holds,
    });
    Ok(())
}

fn single_rows(server: &PostgreSql, clients: usize, lasting: Duration) -> Result<u64> {
    let written = Arc::new(AtomicU64::new(0));
    let connections = (0..clients).map(|_| server.connect()).collect::<Result<Vec<_>>>()?;
    let begin = Instant::now();
    let threads: Vec<_> = connections
        .into_iter()
        .enumerate()
        .map(|(number, mut client)| {
            let written = Arc::clone(&written);
            std::thread::spawn(move || {
                let insert = client.prepare("insert into events values (timestamp '2026-03-31T12:00:00', 'click', 'DE', 'mobile', 'Chrome', '/products/1', $1, $2, 1200, null)")?;
                let mut row = 0_i64;
                while begin.elapsed() < lasting {
                    client.execute(&insert, &[&(number as i64), &row])?;
                    row += 1;
                    written.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, anyhow::Error>(())
            })
        })
        .collect();
    for thread in threads {
        thread.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
    }
    Ok(written.load(Ordering::Relaxed))
}

/// Ten batches a second, and a count after each.
fn visible(args: &Args, work: &Path, runtime: &Runtime, mill: &Mill, report: &mut Report) -> Result<()> {
    let total = args.visible * ROWS_OF_A_BATCH;
    let parts = (0..args.visible)
        .map(|part| Ok(events::prepare_part(work, total, part * ROWS_OF_A_BATCH..(part + 1) * ROWS_OF_A_BATCH)?.path))
        .collect::<Result<Vec<_>>>()?;
    let (mut times, rate) = runtime.block_on(async {
        let mut ticks = interval(Duration::from_millis(100));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut times, mut rows) = (Vec::new(), 0);
        let begin = Instant::now();
        for part in &parts {
            ticks.tick().await;
            rows += mill.load("events", Parquet::path(part)).await?.rows;
            let answered = Instant::now();
            let count = mill.sql("select count(*) as n from events").await?.to_json()["data"][0][0].as_u64();
            ensure!(count == Some(rows), "{count:?} rows are visible of {rows}");
            times.push(answered.elapsed().as_secs_f64() * 1e3);
        }
        Ok((times, rows as f64 / begin.elapsed().as_secs_f64()))
    })?;
    times.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    let fast = rate >= 99_000.0;
    report.push(Row { workload: "rows a second meanwhile".to_owned(), unit: "/s", ours: rate, peers: Vec::new(), target: "100,000 rows a second".to_owned(), holds: fast });
    for (name, share) in [("median", 0.5), ("99th percentile", 0.99)] {
        let (ours, target) = (at(share), "within 150 ms at the 99th percentile".to_owned());
        report.push(Row { workload: format!("answered to visible, {name}"), unit: "ms", ours, peers: Vec::new(), target, holds: fast && ours <= 150.0 });
    }
    Ok(())
}
