//! Scenario `day`: a day of ten commits a second, in simulated time. A clock that is moved by a tenth of a second after each
//! commit stands in for the day; what upkeep does by itself is done at the times at which it would be: compaction and
//! checkpoints with the clean-up of the log every ten seconds, a look for what nothing needs any more every ten minutes.
//! In the end a new engine opens what there is.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::json;
use tidemill::clock::{Clock, ManualClock};
use tidemill::{Engine, Json, LoadMode, Mill, SemanticQuery, Settings};
use tidemill_benches::measure::median_ms;
use tidemill_benches::report::{Report, Row};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 6] = [
    "Commits are pushes of rows as JSON, one after the other; each is a commit of its own. `data` says how many were made: with fewer than the whole day the scenario ran out of its minutes.",
    "The store is in memory while the day goes on, so that a day fits into minutes; then all of its objects are copied to a folder, and engines over the folder are opened and asked.",
    "Compaction and checkpoints are called every 10 simulated seconds, the removal of replaced segments every 10 minutes, with the settings that an engine has by default but for how long versions are kept, which `data` says.",
    "Opening is from an engine that has just started to the answer of what the dataset is: log, checkpoint and all. The median of 9 engines.",
    "Planning is the stage of that name of a tile over the last hour that no engine has compiled before, the median of 9 engines; a second figure is of the same tile asked again.",
    "Objects are all that lie under the dataset in the end: log, segments, profiles and stored partials.",
];
const COMMITS_PER_SECOND: u64 = 10;
const UPKEEP_COMMITS: u64 = 10 * COMMITS_PER_SECOND;
const VACUUM_COMMITS: u64 = 600 * COMMITS_PER_SECOND;
const ENGINES: usize = 9;
const OPENING_MAX_MS: f64 = 200.0;
const PLANNING_MAX_MS: f64 = 5.0;
const OBJECTS_PER_COMMIT: u64 = 4;
const OBJECTS_SPARE: u64 = 1_000;

#[derive(Parser)]
struct Args {
    /// Hours of the day.
    #[arg(long, default_value_t = 24.0)]
    hours: f64,
    /// Minutes after which the day ends where it is.
    #[arg(long, default_value_t = 480.0)]
    minutes: f64,
    /// Rows of a commit.
    #[arg(long, default_value_t = 2)]
    rows: u64,
    /// Seconds that versions, and what was replaced, are kept each.
    #[arg(long, default_value_t = 3_600)]
    kept_seconds: u64,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a day left behind.
struct Day {
    commits: u64,
    /// Milliseconds of a commit in the first and in the last thousand.
    first_ms: f64,
    last_ms: f64,
    took: Duration,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&work)?;
    Runtime::new()?.block_on(run(&args, &work))
}

async fn run(args: &Args, work: &std::path::Path) -> Result<()> {
    let store = Arc::new(InMemory::new());
    let clock = Arc::new(ManualClock::at("2026-03-02T00:00:00Z".parse::<DateTime<Utc>>()?));
    let settings = Settings { upkeep_seconds: 0, versions_kept_seconds: args.kept_seconds, replaced_kept_seconds: args.kept_seconds.max(60), ..Settings::default() };
    let engine = Engine::builder().object_store(store.clone()).clock(clock.clone()).settings(settings.clone()).open().await?;
    let day = live(args, &engine.tenant("bench")?, &clock).await?;
    engine.close().await;
    drop(engine);
    let (objects, bytes) = count(&*store).await?;
    eprintln!("{} commits in {:.0} s; {objects} objects, {:.1} MB", day.commits, day.took.as_secs_f64(), bytes as f64 / 1e6);
    let folder = tempfile::tempdir_in(work).context("create a folder for the store")?;
    copy(&*store, folder.path()).await?;
    drop(store);
    let (mut opening, mut planning, mut again, mut segments) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..ENGINES {
        let engine = Engine::builder().path(folder.path()).clock(clock.clone()).settings(settings.clone()).open().await?;
        let mill = engine.tenant("bench")?;
        let began = Instant::now();
        let summary = mill.dataset("events").await?.summary;
        opening.push(began.elapsed());
        ensure!(summary.rows == (day.commits + 1) * args.rows, "{} rows after {} commits", summary.rows, day.commits);
        segments = summary.segments.unwrap_or(0);
        let tile = tile(clock.now())?;
        for planned in [&mut planning, &mut again] {
            let answer = mill.query(&tile).await?;
            planned.push(answer.provenance.stages.iter().filter(|stage| stage.name == "plan").map(|stage| stage.duration).sum());
        }
    }
    let data = json!({
        "commits": day.commits, "simulated_hours": day.commits as f64 / (COMMITS_PER_SECOND * 3_600) as f64, "rows_of_a_commit": args.rows, "kept_seconds": args.kept_seconds,
        "segments": segments, "objects": objects, "bytes": bytes, "took_seconds": day.took.as_secs(),
    });
    let mut report = Report::new("day", data, &NOTES);
    let mut push = |workload: String, unit: &'static str, ours: f64, target: &str, holds: bool| {
        report.push(Row { workload, unit, ours, peers: Vec::new(), target: target.to_owned(), holds });
    };
    let (opening, planning, again) = (median_ms(&opening), median_ms(&planning), median_ms(&again));
    push(format!("opening after {} commits", day.commits), "ms", opening, "within 200 ms", opening <= OPENING_MAX_MS);
    push("planning of a new tile".to_owned(), "ms", planning, "within 5 ms", planning <= PLANNING_MAX_MS);
    push("planning of the tile, asked again".to_owned(), "ms", again, "within 5 ms", again <= PLANNING_MAX_MS);
    // Four for each commit, while its version is kept and as long again after what it wrote was replaced; the rest is what is left of the day.
    let bound = OBJECTS_PER_COMMIT * 2 * COMMITS_PER_SECOND * args.kept_seconds + OBJECTS_SPARE;
    push(
        "objects of the dataset".to_owned(),
        "",
        objects as f64,
        "at most eight for each commit of the time that versions are kept, and 1,000, however long the day",
        objects <= bound,
    );
    push(
        "a commit in the last thousand, the first in memory".to_owned(),
        "ms",
        day.last_ms,
        "at most twice what it took in the first thousand",
        day.last_ms <= 2.0 * day.first_ms.max(0.1),
    );
    report.finish()
}

/// The day itself.
async fn live(args: &Args, mill: &Mill, clock: &ManualClock) -> Result<Day> {
    let began = Instant::now();
    let wanted = (args.hours * 3_600.0) as u64 * COMMITS_PER_SECOND;
    mill.load("events", Json::bytes(rows(args.rows, 0, clock.now()))).await?;
    let (mut times, mut last, mut commits) = (Vec::new(), Vec::new(), 0);
    while commits < wanted && began.elapsed().as_secs_f64() < args.minutes * 60.0 {
        clock.advance(TimeDelta::milliseconds(1_000 / COMMITS_PER_SECOND as i64));
        commits += 1;
        let text = rows(args.rows, commits, clock.now());
        let start = Instant::now();
        mill.load("events", Json::bytes(text).mode(LoadMode::Append)).await?;
        let list = if times.len() < 1_000 { &mut times } else { &mut last };
        list.push(start.elapsed());
        if last.len() > 1_999 {
            last.drain(..1_000);
        }
        if commits % UPKEEP_COMMITS == 0 {
            mill.compact("events").await?;
            mill.checkpoint("events").await?;
        }
        if commits % VACUUM_COMMITS == 0 {
            let gone = mill.vacuum("events").await?;
            eprintln!("{:>7} commits, {:>5.1} h, {:>5.0} s: {} objects removed", commits, commits as f64 / 36_000.0, began.elapsed().as_secs_f64(), gone.objects);
        }
    }
    Ok(Day { commits, first_ms: median_ms(&times), last_ms: median_ms(if last.is_empty() { &times } else { &last }), took: began.elapsed() })
}

/// Rows of one commit, as JSON lines.
fn rows(count: u64, commit: u64, at: DateTime<Utc>) -> String {
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let row = |number: u64| {
        let (device, country) = (["mobile", "desktop", "tablet"][(commit + number) as usize % 3], ["DE", "FR", "US", "JP"][commit as usize % 4]);
        format!("{{\"event_at\": \"{at}\", \"device\": \"{device}\", \"country\": \"{country}\", \"user_id\": {}, \"duration_ms\": {}}}\n", commit * 7 % 10_007, commit % 5_000)
    };
    (0..count).map(row).collect()
}

fn tile(now: DateTime<Utc>) -> Result<SemanticQuery> {
    let from = (now - TimeDelta::hours(1)).to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let until = now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    Ok(serde_json::from_value(json!({
        "measures": ["events.count", "events.sum_duration_ms"], "dimensions": ["events.device"],
        "timeDimensions": [{"dimension": "events.event_at", "granularity": "minute", "dateRange": [from, until]}],
    }))?)
}

/// Objects of the dataset, and their bytes.
async fn count(store: &dyn ObjectStore) -> Result<(u64, u64)> {
    let objects: Vec<_> = store.list(Some(&ObjectPath::from("bench/events"))).try_collect().await?;
    Ok((objects.len() as u64, objects.iter().map(|object| object.size).sum()))
}

async fn copy(store: &dyn ObjectStore, folder: &std::path::Path) -> Result<()> {
    let objects: Vec<_> = store.list(None).try_collect().await?;
    for object in objects {
        let bytes = store.get(&object.location).await?.bytes().await?;
        let path = folder.join(object.location.as_ref());
        std::fs::create_dir_all(path.parent().context("an object without a folder")?)?;
        std::fs::write(path, bytes)?;
    }
    Ok(())
}
