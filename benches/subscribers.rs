//! Scenario `subscribers`: a thousand listeners of one dashboard of twelve tiles, while ten commits a second come in.
//! Everything is in one process: what is measured is the engine, from the answer to a load until a listener holds the
//! change, and how often the questions were asked for that.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use clap::Parser;
use futures::StreamExt;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;
use tidemill::{Engine, Mill, Parquet, Settings, Subscription};
use tidemill_benches::dashboard::{Question, questions};
use tidemill_benches::events;
use tidemill_benches::report::{Report, Row};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 5] = [
    "One process: the engine in a folder of its own, each listener a task that takes its changes as they come.",
    "Listeners are spread evenly over the twelve tiles of scenario `refresh`; the windows hold all rows that come in.",
    "The time of a commit begins when the load is answered, which is after it is durable; a listener that got a newer version first got this one with it.",
    "Refreshes are counted by the engine: answers computed for live questions, divided by tiles and versions; compaction runs as it does by default and makes versions too.",
    "A commit is made every tenth of a second; one that takes longer delays the next.",
];
const PUSHED_WITHIN_MS: f64 = 150.0;
const GIVE_UP: Duration = Duration::from_secs(60);

#[derive(Parser)]
struct Args {
    /// Events before the first commit.
    #[arg(long, default_value_t = 2_000_000)]
    rows: usize,
    /// Listeners.
    #[arg(long, default_value_t = 1_000)]
    subscribers: usize,
    /// Commits.
    #[arg(long, default_value_t = 200)]
    commits: usize,
    /// Rows of a commit.
    #[arg(long, default_value_t = 100)]
    new_rows: usize,
    /// Milliseconds from one commit to the next.
    #[arg(long, default_value_t = 100)]
    every_ms: u64,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A version and when somebody had it.
type Seen = Vec<(u64, Instant)>;

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(&work).context("create a folder for the engine")?;
    let total = args.rows + args.commits * args.new_rows;
    let history = events::prepare_part(&work, total, 0..args.rows)?;
    let loads = loads(&events::prepare_part(&work, total, args.rows..total)?.path, args.new_rows)?;
    ensure!(loads.len() == args.commits, "{} loads for {} commits", loads.len(), args.commits);
    let questions = questions(events::instant_of(total, total - 1)?)?;
    tokio::runtime::Runtime::new()?.block_on(run(&args, &folder.path().join("engine"), &history.path, loads, &questions))
}

/// The rows of a file in loads of so many.
fn loads(path: &std::path::Path, rows: usize) -> Result<Vec<Vec<u8>>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path)?)?.build()?;
    let batches = reader.collect::<Result<Vec<RecordBatch>, _>>()?;
    let schema = batches.first().context("a file without rows")?.schema();
    let all = concat_batches(&schema, &batches)?;
    (0..all.num_rows())
        .step_by(rows)
        .map(|from| {
            let mut writer = ArrowWriter::try_new(Vec::new(), all.schema(), None)?;
            writer.write(&all.slice(from, rows.min(all.num_rows() - from)))?;
            Ok(writer.into_inner()?)
        })
        .collect()
}

async fn run(args: &Args, folder: &std::path::Path, history: &std::path::Path, loads: Vec<Vec<u8>>, questions: &[Question]) -> Result<()> {
    let engine = Engine::builder().path(folder).settings(Settings { column_cache_bytes: 2 << 30, ..Settings::default() }).open().await?;
    let mill = engine.tenant("bench")?;
    let version = mill.load("events", Parquet::path(history)).await?.version;
    let mut listeners = JoinSet::new();
    // Set when all commits are made: compactions take versions too.
    let (end, ended) = watch::channel(None);
    for (number, question) in questions.iter().cycle().take(args.subscribers).enumerate() {
        let mut live = mill.subscribe(&question.semantic).await.with_context(|| question.name)?;
        // Everybody has the beginning before anything is measured.
        live.next().await.context("a stream that ended at once")??;
        listeners.spawn(follow(number, live, ended.clone()));
    }
    ensure!(engine.live_queries() == questions.len(), "{} live questions for {} tiles", engine.live_queries(), questions.len());
    eprintln!("{} listeners of {} tiles, {} rows", args.subscribers, questions.len(), args.rows);

    let before = engine.live_refreshes();
    let begin = Instant::now();
    let (acknowledged, took) = commit(&mill, loads, Duration::from_millis(args.every_ms)).await?;
    let elapsed = begin.elapsed();
    let last = acknowledged.last().map_or(version, |(version, _)| *version);
    end.send_replace(Some(last));
    let seen = timeout(GIVE_UP, listeners.join_all()).await.context("a listener never got the last version")?.into_iter().collect::<Result<Vec<Seen>>>()?;
    // Compactions are commits too, and one may have come after the last load.
    let latest = mill.versions("events", None, 1).await?.latest;
    let refreshes = (engine.live_refreshes() - before) as f64 / (questions.len() as u64 * (latest - version)) as f64;
    engine.close().await;

    let mut latencies: Vec<f64> = seen.iter().flat_map(|seen| latencies(&acknowledged, seen)).collect();
    ensure!(latencies.len() == args.subscribers * args.commits, "{} changes for {} listeners and {} commits", latencies.len(), args.subscribers, args.commits);
    latencies.sort_unstable_by(f64::total_cmp);
    let mut took: Vec<f64> = took.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    took.sort_unstable_by(f64::total_cmp);
    let rate = args.commits as f64 / elapsed.as_secs_f64();
    let wanted = 1e3 / args.every_ms as f64;

    let data = json!({
        "generator": "website events, 90 days, skewed countries, devices, pages and users",
        "rows": args.rows, "tiles": questions.len(), "subscribers": args.subscribers, "commits": args.commits, "rows_of_a_commit": args.new_rows, "every_ms": args.every_ms,
    });
    let mut report = Report::new("subscribers", data, &NOTES);
    let mut push = |workload: &str, unit: &'static str, ours: f64, target: String, holds: bool| {
        report.push(Row { workload: workload.to_owned(), unit, ours, peers: Vec::new(), target, holds });
    };
    push("commits a second", "/s", rate, format!("{wanted:.0} commits a second"), rate >= 0.99 * wanted);
    push("refreshes of a tile for each commit", "", refreshes, "at most one refresh a commit".to_owned(), refreshes <= 1.0);
    for (name, share) in [("median", 0.5), ("90th percentile", 0.9), ("99th percentile", 0.99), ("longest", 1.0)] {
        let time = percentile(&latencies, share);
        push(&format!("commit to change, {name}"), "ms", time, format!("within {PUSHED_WITHIN_MS} ms at the 99th percentile"), time <= PUSHED_WITHIN_MS);
    }
    push(
        "the load itself, 99th percentile",
        "ms",
        percentile(&took, 0.99),
        format!("done before the next, within {} ms", args.every_ms),
        percentile(&took, 0.99) <= args.every_ms as f64,
    );
    report.finish()
}

/// Takes changes until the last version is there.
async fn follow(number: usize, mut live: Subscription, mut last: watch::Receiver<Option<u64>>) -> Result<Seen> {
    let mut seen: Seen = Vec::new();
    loop {
        if let (Some((version, _)), Some(last)) = (seen.last(), *last.borrow())
            && *version >= last
        {
            return Ok(seen);
        }
        tokio::select! {
            change = live.next() => seen.push((change.with_context(|| format!("the stream of listener {number} ended"))??.version, Instant::now())),
            changed = last.changed() => changed.context("nobody says which version is the last")?,
        }
    }
}

/// Loads at a steady pace; says when each version was acknowledged and how long its load took.
async fn commit(mill: &Mill, loads: Vec<Vec<u8>>, every: Duration) -> Result<(Seen, Vec<Duration>)> {
    let mut pace = interval(every);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut acknowledged, mut took) = (Vec::with_capacity(loads.len()), Vec::with_capacity(loads.len()));
    for load in loads {
        pace.tick().await;
        let start = Instant::now();
        let version = mill.load("events", Parquet::bytes(load)).await?.version;
        acknowledged.push((version, Instant::now()));
        took.push(start.elapsed());
    }
    pace.tick().await;
    Ok((acknowledged, took))
}

/// Milliseconds from each acknowledged version until a listener had it or a newer one.
fn latencies(acknowledged: &[(u64, Instant)], seen: &[(u64, Instant)]) -> Vec<f64> {
    let mut place = 0;
    let mut times = Vec::with_capacity(acknowledged.len());
    for (version, at) in acknowledged {
        while seen.get(place).is_some_and(|(seen, _)| seen < version) {
            place += 1;
        }
        let Some((_, had)) = seen.get(place) else { break };
        times.push(had.saturating_duration_since(*at).as_secs_f64() * 1e3);
    }
    times
}

/// A value that so many of sorted ones do not exceed.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
