//! Scenario `memory`: what the caches of an engine take, told by the allocator and not by the engine. Hundreds of
//! different questions go over a few million events with budgets that hold only a part of what they would like to keep;
//! at several moments the bytes that are allocated are compared with the sum of the budgets.
//!
//! Two engines answer the same questions over the same folder. One keeps nothing; when it is through, everything that is
//! made once in a process is made. What the other one holds more than that is what it keeps.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]
#![allow(unsafe_code, reason = "a global allocator is an unsafe trait; this one counts and passes everything on")]

use std::alloc::{GlobalAlloc, Layout};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use clap::Parser;
use mimalloc::MiMalloc;
use serde_json::{Value, json};
use tidemill::{Engine, Mill, Parquet, SemanticQuery, Settings};
use tidemill_benches::events;
use tidemill_benches::random::Random;
use tidemill_benches::report::{Report, Row};
use tokio::runtime::Runtime;

/// Counts bytes that are allocated and not yet given back, as they were asked for.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to mimalloc as it came; the counter changes nothing that is handed out.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { MiMalloc.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_add(size, Ordering::Relaxed);
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { MiMalloc.realloc(pointer, layout, size) }
    }
}

const NOTES: [&str; 4] = [
    "Bytes are those that the program asked its allocator for and has not given back; what the allocator itself rounds up is not in them.",
    "The baseline is the same process after another engine over the same folder, without room for anything, has answered the same questions.",
    "Budgets: partials and their dictionaries, decoded columns, and footers twice, as the settings say.",
    "`weighed` is what the engine says that it keeps.",
];
const MIB: f64 = 1_048_576.0;

#[derive(Parser)]
struct Args {
    /// Events.
    #[arg(long, default_value_t = 3_000_000)]
    rows: usize,
    /// Different questions.
    #[arg(long, default_value_t = 400)]
    questions: usize,
    /// Questions between two looks.
    #[arg(long, default_value_t = 80)]
    every: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(&work).context("create a folder for the engine")?;
    let rows = events::prepare(&work, args.rows)?;
    let questions = questions(args.questions)?;
    let budgets = Settings { partial_cache_bytes: 12 << 20, column_cache_bytes: 48 << 20, footer_cache_bytes: 1 << 20, segment_max_rows: 100_000, ..Settings::default() };
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let nothing = Settings { partial_cache_bytes: 1, column_cache_bytes: 0, footer_cache_bytes: 0, ..budgets.clone() };
        let empty = Engine::builder().path(folder.path()).settings(nothing).open().await?;
        empty.tenant("bench")?.load("events", Parquet::path(&rows.path)).await?;
        for question in &questions {
            ask(&empty.tenant("bench")?, question).await?;
        }
        empty.cache_bytes().await;
        let full = Engine::builder().path(folder.path()).settings(budgets.clone()).open().await?;
        let mill = full.tenant("bench")?;
        // The log is read, the model too: both are no caches.
        mill.model("events").await?;
        let baseline = settled(&full).await;

        let budget = (budgets.partial_cache_bytes + budgets.column_cache_bytes + 2 * budgets.footer_cache_bytes) as f64;
        let data = json!({
            "generator": "website events, 90 days, skewed countries, devices, pages and users", "rows": args.rows, "questions": args.questions,
            "budgets_bytes": {"partials": budgets.partial_cache_bytes, "columns": budgets.column_cache_bytes, "footers": 2 * budgets.footer_cache_bytes},
        });
        let mut report = Report::new("memory", data, &NOTES);
        for (number, question) in questions.iter().enumerate() {
            ask(&mill, question).await?;
            if (number + 1) % args.every == 0 {
                let live = settled(&full).await.saturating_sub(baseline) as f64;
                let kept = full.cache_bytes().await;
                eprintln!("{} questions: {:.2} MiB allocated, {kept:?}", number + 1, live / MIB);
                report.push(Row {
                    workload: format!("caches after {} questions", number + 1),
                    unit: "MiB",
                    ours: live / MIB,
                    peers: vec![("budget", budget / MIB), ("weighed", kept.total() as f64 / MIB)],
                    target: "at most the budgets".to_owned(),
                    holds: live <= budget,
                });
            }
        }
        report.finish()
    })
}

/// Bytes that are allocated once everything that is over a budget has gone.
async fn settled(engine: &Engine) -> usize {
    // What a cache gives up is freed when no thread can still see it, which takes a few of its rounds.
    for _ in 0..64 {
        engine.cache_bytes().await;
        tokio::task::yield_now().await;
    }
    LIVE.load(Ordering::Relaxed)
}

async fn ask(mill: &Mill, question: &SemanticQuery) -> Result<()> {
    mill.query(question).await.map(drop).with_context(|| serde_json::to_string(question).unwrap_or_default())
}

/// Questions that hardly share anything: other measures, groups, windows and filters.
fn questions(count: usize) -> Result<Vec<SemanticQuery>> {
    let mut random = Random::seeded(12);
    let mut pick = |of: &[&'static str]| of[random.below(of.len() as u64) as usize];
    let measures = ["count", "sum_revenue", "avg_revenue", "sum_duration_ms", "avg_duration_ms", "max_duration_ms", "min_duration_ms", "distinct_user_id", "distinct_country"];
    let dimensions = ["country", "device", "browser", "event_type", "url"];
    let mut asked = Vec::with_capacity(count);
    for number in 0..count {
        let member = |name: &str| format!("events.{name}");
        let mut measured = [member(pick(&measures)), member(pick(&measures))].to_vec();
        measured.dedup();
        let mut grouped = [member(pick(&dimensions)), member(pick(&dimensions))].to_vec();
        grouped.dedup();
        grouped.truncate(1 + number % 2);
        let mut question = json!({"measures": measured, "dimensions": grouped, "limit": 1_000});
        if number % 3 == 0 {
            question["timeDimensions"] = json!([{"dimension": "events.event_at", "granularity": pick(&["day", "week", "month"])}]);
        }
        if number % 4 == 0 {
            question["filters"] = json!([{"member": "events.duration_ms", "operator": "gt", "values": [(number * 97 % 60_000).to_string()]}]);
        }
        asked.push(serde_json::from_value::<SemanticQuery>(Value::clone(&question)).with_context(|| question.to_string())?);
    }
    Ok(asked)
}
