//! Scenario `costs`: what is paid for what one may ask of the engine, each beside the same work without it: a scan of an
//! encrypted store, and a load that is held to a contract or goes through steps.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::json;
use tidemill::encryption::MasterKeys;
use tidemill::{Contract, Csv, Engine, Load, Mill, Parquet, Settings, Steps};
use tidemill_benches::answer::Answer;
use tidemill_benches::measure::{median_ms, order_of_round};
use tidemill_benches::report::{Report, Row};
use tidemill_benches::{csv_file, events};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 5] = [
    "`ours` has what is asked for, `plain` is the same engine and the same work without it, in turns, after a round that is not timed.",
    "Scans keep next to nothing in memory, neither partials nor decoded columns nor footers; files are in the page cache of the system. Columns that a question names are read from segments each time.",
    "A load is of CSV into an empty folder, to its durable commit.",
    "A profile is part of every load, with and without; it cannot be turned off, so it is not measured by itself.",
    "The answers of scans were compared. Of a load its rows were counted: steps and contract let all of them through.",
];
const SCAN_RATIO_MAX: f64 = 1.15;
const LOAD_RATIO_MAX: f64 = 1.25;
/// A master key of this benchmark alone.
const KEY: &str = "5b0c6f0d9c3e4a7788a1d2f3044c5e6f7a8b9c0d1e2f30415263748596a7b8c9";
const SCANS: [(&str, &str); 3] = [
    ("scan of one column", "select sum(duration_ms) as total from events"),
    ("scan of four columns, grouped", "select country, device, count(*) as events, sum(duration_ms) as total, sum(revenue) as revenue from events group by 1, 2"),
    (
        "scan of all columns",
        "select count(event_at) as a, max(event_type) as b, max(country) as c, max(device) as d, max(browser) as e, max(url) as f, max(user_id) as g, max(session_id) as h, max(duration_ms) as i, max(revenue) as j from events",
    ),
];
const STEPS: &str = r#"[{"op": "trim"}, {"op": "case", "columns": ["device"], "to": "upper"}, {"op": "derive", "column": "seconds", "expression": "duration_ms / 1000.0"},
    {"op": "filter", "condition": "duration_ms >= 0"}]"#;
const RULES: &str = r#"{"rules": [
    {"check": "required", "column": "event_at"}, {"check": "required", "column": "user_id"}, {"check": "range", "column": "duration_ms", "min": 0, "max": 1000000},
    {"check": "range", "column": "revenue", "min": 0}, {"check": "pattern", "column": "url", "pattern": "https://.*"}, {"check": "pattern", "column": "country", "pattern": "[A-Z]{2}"}]}"#;

#[derive(Parser)]
struct Args {
    /// Events that are scanned.
    #[arg(long, default_value_t = 10_000_000)]
    rows: usize,
    /// Megabytes that are loaded.
    #[arg(long, default_value_t = 100)]
    megabytes: u64,
    /// Timed rounds.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a load has beside its file.
#[derive(Debug, Clone, Copy)]
struct Asked {
    contract: bool,
    steps: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&work)?;
    let file = csv_file::prepare(&work, args.megabytes * 1_000_000)?;
    let data = json!({
        "generator": "website events, 90 days, skewed countries, devices, pages and users", "rows_scanned": args.rows, "rows_loaded": file.rows, "bytes_loaded": file.bytes, "rounds": args.rounds,
    });
    let runtime = Runtime::new()?;
    let mut report = Report::new("costs", data, &NOTES);
    runtime.block_on(scans(&args, &work, &mut report))?;
    let loads = [
        ("a load held to a contract of six rules", Asked { contract: true, steps: false }),
        ("a load through four steps", Asked { contract: false, steps: true }),
        ("a load through four steps, held to the contract", Asked { contract: true, steps: true }),
    ];
    for (name, asked) in loads {
        let (ours, plain) = runtime.block_on(loads_of(&args, &work, &file, asked))?;
        report.push(Row {
            workload: name.to_owned(),
            unit: "ms",
            ours,
            peers: vec![("plain", plain)],
            target: format!("at most {LOAD_RATIO_MAX} times the same load without"),
            holds: ours <= LOAD_RATIO_MAX * plain,
        });
    }
    report.finish()
}

async fn scans(args: &Args, work: &Path, report: &mut Report) -> Result<()> {
    let events = events::prepare(work, args.rows)?;
    let folder = tempfile::tempdir_in(work).context("create a folder for the stores")?;
    let settings = Settings { partial_cache_bytes: 0, column_cache_bytes: 0, footer_cache_bytes: 0, upkeep_seconds: 0, ..Settings::default() };
    let sealed = Engine::builder().path(folder.path().join("sealed")).settings(settings.clone()).encryption(Arc::new(MasterKeys::parse(KEY)?)).open().await?;
    let plain = Engine::builder().path(folder.path().join("plain")).settings(settings).open().await?;
    let mills = [sealed.tenant("bench")?, plain.tenant("bench")?];
    for mill in &mills {
        mill.load("events", Parquet::path(&events.path)).await?;
    }
    for (name, sql) in SCANS {
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..=args.rounds {
            let mut answers = Vec::new();
            for place in order_of_round(mills.len(), round) {
                let began = Instant::now();
                let answer = mills[place].sql(sql).await?;
                if round > 0 {
                    times[place].push(began.elapsed());
                }
                answers.push(Answer::from_batches(&[answer.batch])?);
            }
            if let (Some(one), Some(other)) = (answers.pop(), answers.pop()) {
                one.compare(other).with_context(|| format!("{name}: an encrypted store answers otherwise"))?;
            }
        }
        let [ours, plain] = times.map(|times| median_ms(&times));
        report.push(Row {
            workload: format!("{name}, encrypted"),
            unit: "ms",
            ours,
            peers: vec![("plain", plain)],
            target: format!("at most {SCAN_RATIO_MAX} times the same scan of an open store"),
            holds: ours <= SCAN_RATIO_MAX * plain,
        });
    }
    Ok(())
}

/// Medians with what is asked for and without.
async fn loads_of(args: &Args, work: &Path, file: &csv_file::CsvFile, asked: Asked) -> Result<(f64, f64)> {
    let nothing = Asked { contract: false, steps: false };
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=args.rounds {
        for place in order_of_round(2, round) {
            let (time, rows) = load(work, file, if place == 0 { asked } else { nothing }).await?;
            ensure!(rows == file.rows as u64, "{rows} rows of {} were loaded", file.rows);
            if round > 0 {
                times[place].push(time);
            }
        }
    }
    let [ours, plain] = times.map(|times| median_ms(&times));
    Ok((ours, plain))
}

async fn load(work: &Path, file: &csv_file::CsvFile, asked: Asked) -> Result<(Duration, u64)> {
    let folder = tempfile::tempdir_in(work).context("create a folder for the store")?;
    let engine = Engine::builder().path(folder.path()).settings(Settings { upkeep_seconds: 0, ..Settings::default() }).open().await?;
    let mill: Mill = engine.tenant("bench")?;
    let mut load: Load = Csv::path(&file.path);
    if asked.contract {
        load = load.contract(serde_json::from_str::<Contract>(RULES)?);
    }
    if asked.steps {
        load = load.steps(Steps::parse(STEPS)?);
    }
    let began = Instant::now();
    let report = mill.load("events", load).await?;
    Ok((began.elapsed(), report.rows))
}
