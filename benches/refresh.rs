//! Scenario `refresh`: a dashboard of twelve tiles whose windows slide over website events. 10,000 rows come in, then all
//! tiles are asked again: of Tidemill, which merges what it kept with the new rows, and of DuckDB, which runs them again.
//! The same with ten times the history says whether a refresh costs what is new or what is there.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::json;
use tidemill::{Parquet, Settings};
use tidemill_benches::dashboard::{Question, questions};
use tidemill_benches::events;
use tidemill_benches::measure::{median_ms, order_of_round, timed};
use tidemill_benches::peers::{DuckDb, EmbeddedTidemill, Peer, PostgreSql, copy, literal};
use tidemill_benches::report::{Report, Row};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 6] = [
    "Each round adds 10,000 rows durably to both, then asks all twelve tiles one after the other; the time is that of the twelve tiles, in milliseconds.",
    "Windows of 7, 14, 30 and 90 days end with the last row, so both of their edges move in every round.",
    "DuckDB holds the events in a native table in a database file and runs with as many threads as the machine has cores.",
    "All answers of all rounds were compared: equal apart from the order of rows and a relative difference of 1e-9 in floating point numbers.",
    "`less history` is Tidemill itself with a tenth of the rows, in the same rounds.",
    "PostgreSQL, where it is installed, has the same rows in the end and answers the questions of the last round three times, of which the median counts; its answers were compared by their number of rows alone.",
];
const NEW_ROWS: usize = 10_000;

#[derive(Parser)]
struct Args {
    /// Events before the first refresh.
    #[arg(long, default_value_t = 18_000_000)]
    rows: usize,
    /// Timed rounds.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Leaves PostgreSQL out: it takes minutes.
    #[arg(long)]
    without_postgresql: bool,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A history and what is added to it.
struct History {
    total: usize,
    before: usize,
}

impl History {
    fn part(&self, work: &Path, round: usize) -> Result<PathBuf> {
        let from = self.before + round * NEW_ROWS;
        Ok(events::prepare_part(work, self.total, from..from + NEW_ROWS)?.path)
    }

    fn questions(&self, round: usize) -> Result<Vec<Question>> {
        questions(events::instant_of(self.total, self.before + (round + 1) * NEW_ROWS - 1)?)
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(&work).context("create a folder for the databases")?;
    let added = (args.rounds + 1) * NEW_ROWS;
    let full = History { before: args.rows, total: args.rows + added };
    let tenth = History { before: args.rows / 10, total: args.rows / 10 + added };
    let data =
        json!({"generator": "website events, 90 days, skewed countries, devices, pages and users", "rows": args.rows, "new_rows": NEW_ROWS, "tiles": 12, "rounds": args.rounds});
    let mut report = Report::new("refresh", data, &NOTES);

    let settings = Settings { column_cache_bytes: 4 << 30, partial_cache_bytes: 1 << 30, advised_rollup_bytes: 0, ..Settings::default() };
    let mut ours = EmbeddedTidemill::open("tidemill", &folder.path().join("full"), settings.clone())?;
    let mut less = EmbeddedTidemill::open("less history", &folder.path().join("tenth"), settings)?;
    let mut duckdb = DuckDb::open("duckdb", &folder.path().join("events.duckdb"))?;
    let history = events::prepare_part(&work, full.total, 0..full.before)?;
    ours.load("events", Parquet::path(&history.path))?;
    duckdb.execute(&format!("create table events as select * from read_parquet({}); checkpoint;", literal(&history.path)?))?;
    less.load("events", Parquet::path(&events::prepare_part(&work, tenth.total, 0..tenth.before)?.path))?;

    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=args.rounds {
        let (part, small_part) = (full.part(&work, round)?, tenth.part(&work, round)?);
        ours.load("events", Parquet::path(&part))?;
        less.load("events", Parquet::path(&small_part))?;
        duckdb.execute(&format!("insert into events select * from read_parquet({})", literal(&part)?))?;
        let (questions, fewer) = (full.questions(round)?, tenth.questions(round)?);
        let mut answers = [Vec::new(), Vec::new(), Vec::new()];
        for place in order_of_round(3, round) {
            let (asked, peer): (_, &mut dyn Peer) = match place {
                0 => (&questions, &mut ours),
                1 => (&questions, &mut duckdb),
                _ => (&fewer, &mut less),
            };
            let mut tiles: Vec<Duration> = Vec::with_capacity(asked.len());
            for question in asked {
                let (answer, time) = timed(|| peer.ask(question)).with_context(|| question.name)?;
                answers[place].push(answer);
                tiles.push(time);
            }
            // The first round makes the partials.
            if round > 0 {
                times[place].push(tiles);
            } else if place < 2 {
                eprintln!("first answers of {}: {:.1} ms", peer.name(), tiles.iter().sum::<Duration>().as_secs_f64() * 1e3);
            }
        }
        let [ours, theirs, _] = answers;
        for ((ours, theirs), question) in ours.into_iter().zip(theirs).zip(&questions) {
            ours.compare(theirs).with_context(|| format!("{}: tidemill and duckdb disagree", question.name))?;
        }
    }
    let tile = |place: usize, tile: usize| median_ms(&times[place].iter().map(|tiles: &Vec<Duration>| tiles[tile]).collect::<Vec<_>>());
    let whole = |place: usize| median_ms(&times[place].iter().map(|tiles| tiles.iter().sum()).collect::<Vec<_>>());
    let server = if args.without_postgresql { None } else { PostgreSql::start()? };
    let last = full.questions(args.rounds)?;
    let theirs = server.map(|server| postgresql(&server, &duckdb, folder.path(), &last)).transpose()?;
    for (index, question) in last.iter().enumerate() {
        let (ours, duckdb) = (tile(0, index), tile(1, index));
        let mut peers = vec![("duckdb", duckdb)];
        peers.extend(theirs.as_ref().map(|theirs| ("postgresql", theirs[index])));
        let workload = format!("tile: {}", question.name);
        report.push(Row { workload, unit: "ms", ours, peers, target: "at least 50 times faster than DuckDB".to_owned(), holds: ours * 50.0 <= duckdb });
    }
    let [ours, duckdb, less] = [0, 1, 2].map(whole);
    let mut push = |workload: String, peer: (&'static str, f64), target: &str, holds: bool| {
        report.push(Row { workload, unit: "ms", ours, peers: vec![peer], target: target.to_owned(), holds });
    };
    push(format!("12 tiles after 10,000 new rows, {} before", args.rows), ("duckdb", duckdb), "at least 50 times faster than DuckDB", ours * 50.0 <= duckdb);
    if let Some(theirs) = theirs {
        let theirs = theirs.iter().sum::<f64>();
        push("12 tiles after 10,000 new rows, beside PostgreSQL".to_owned(), ("postgresql", theirs), "at least 500 times faster than PostgreSQL", ours * 500.0 <= theirs);
    }
    push("12 tiles after 10,000 new rows, time alone".to_owned(), ("duckdb", duckdb), "all tiles within 20 ms", ours <= 20.0);
    push("the same with 10 times the history".to_owned(), ("less history", less), "at most 1.2 times its own time with a tenth", ours <= 1.2 * less);
    report.finish()
}

/// Gives PostgreSQL the rows that DuckDB has and asks it; the median of each tile in milliseconds.
fn postgresql(server: &PostgreSql, duckdb: &DuckDb, folder: &Path, questions: &[Question]) -> Result<Vec<f64>> {
    let mut client = server.connect()?;
    let csv = folder.join("part.csv");
    // Day by day, so that no file has them all.
    for day in 0..events::DAYS {
        let from = format!("timestamp '2026-01-01' + interval {day} day");
        duckdb.execute(&format!("copy (select * from events where event_at >= {from} and event_at < {from} + interval 1 day) to {} (header)", literal(&csv)?))?;
        copy(&mut client, &csv)?;
    }
    std::fs::remove_file(&csv)?;
    client.batch_execute("vacuum analyze events")?;
    eprintln!("PostgreSQL has its rows");
    let mut medians = Vec::with_capacity(questions.len());
    for question in questions {
        let expected = duckdb.sql(&question.sql)?.rows.len();
        let mut times = Vec::new();
        for _ in 0..3 {
            let (rows, time) = timed(|| Ok(client.query(&question.sql, &[])?.len()))?;
            ensure!(rows == expected, "{}: PostgreSQL has {rows} rows, DuckDB {expected}", question.name);
            times.push(time);
        }
        medians.push(median_ms(&times));
    }
    Ok(medians)
}
