//! Scenario `star`: the questions of RTABench over orders, items and events, asked of Tidemill in SQL with joins, of DuckDB
//! (its own tables) and of plain DataFusion (Parquet), in interleaved rounds, with the answers compared.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::{Map, json};
use tidemill::{Parquet, Settings};
use tidemill_benches::answer::Answer;
use tidemill_benches::dashboard::Question;
use tidemill_benches::measure::{median_ms, order_of_round, timed};
use tidemill_benches::peers::{DuckDb, EmbeddedTidemill, Peer, PlainDataFusion, literal};
use tidemill_benches::report::{Report, Row};
use tidemill_benches::star::{self, Star};
use tidemill_benches::star_questions::QUESTIONS;
use tidemill_benches::star_rollups;

// What the server uses. DuckDB brings an allocator of its own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 6] = [
    "The shape and the questions of RTABench in our own words and with our own rows; its JSON payload is two columns.",
    "Everybody takes the same SQL. `ours` keeps no partial, `tidemill_kept` is the same engine with its partials; questions with joins run as DataFusion runs them over our segments.",
    "`duckdb` are native tables in a database file; `datafusion_parquet` reads the Parquet files that Tidemill was loaded from. Peers run with their defaults and as many threads as the machine has cores.",
    "Every system has answered every question once before the timed rounds, and its files are in the page cache. Times are from the question to the answer completely read.",
    "Pairs of rollups: `ours` from a rollup that is read from storage, `tidemill_rows` the same question before the rollup was declared; not interleaved.",
    "All answers were compared: equal apart from the order of rows and a relative difference of 1e-9 in floating point numbers.",
];
const FASTER: &str = "not slower than DuckDB's native tables";

#[derive(Parser)]
struct Args {
    /// One in so many of RTABench's ten million orders.
    #[arg(long, default_value_t = 100)]
    part: usize,
    /// Timed rounds.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Asks one contender.
type Ask<'a> = Box<dyn Fn(&str) -> Result<Answer> + 'a>;

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let star = star::prepare(&work, args.part)?;
    let rows: Map<String, serde_json::Value> = star.tables.iter().zip(&star.rows).map(|((name, _), rows)| ((*name).to_owned(), json!(rows))).collect();
    let mut report =
        Report::new("star", json!({"generator": "orders, items and events in the shape of RTABench", "one_in": args.part, "rows": rows, "rounds": args.rounds}), &NOTES);

    let folder = tempfile::tempdir_in(&work).context("create a folder for the databases")?;
    let (mut ours, kept) = tidemill(&star, folder.path())?;
    let mut duckdb = duckdb(&star, &folder.path().join("star.duckdb"))?;
    let tables: Vec<(&str, &Path)> = star.tables.iter().map(|(name, path)| (*name, path.as_path())).collect();
    let datafusion = PlainDataFusion::over_tables(&tables)?;
    let contenders: [(&'static str, Ask); 4] = [
        ("tidemill", Box::new(|sql| ours.sql(sql))),
        ("duckdb", Box::new(|sql| duckdb.sql(sql))),
        ("datafusion_parquet", Box::new(|sql| datafusion.sql(sql))),
        ("tidemill_kept", Box::new(|sql| kept.sql(sql))),
    ];
    let mut sums = [0.0; 4];
    for question in QUESTIONS {
        let medians = ask(&contenders, question.sql, args.rounds).with_context(|| format!("question {}: {}", question.id, question.name))?;
        for (sum, median) in sums.iter_mut().zip(&medians) {
            *sum += median;
        }
        report.push(row(format!("{}: {}", question.id, question.name), &contenders, &medians));
    }
    report.push(row(format!("all {}, one after the other", QUESTIONS.len()), &contenders, &sums));
    drop(contenders);
    pairs(&mut report, &mut ours, &mut duckdb, args.rounds)?;
    report.finish()
}

fn tidemill(star: &Star, folder: &Path) -> Result<(EmbeddedTidemill, EmbeddedTidemill)> {
    // No rollup is built before it is asked for.
    let columns = Settings { column_cache_bytes: 4 << 30, background_rollups: false, advised_rollup_bytes: 0, ..Settings::default() };
    let ours = EmbeddedTidemill::open("tidemill", &folder.join("tidemill"), Settings { partial_cache_bytes: 1, ..columns })?;
    for ((name, path), rows) in star.tables.iter().zip(&star.rows) {
        let loaded = ours.load(name, Parquet::path(path))?;
        anyhow::ensure!(loaded.rows == *rows as u64 && loaded.rejected == 0, "{name}: loaded {} rows, rejected {}", loaded.rows, loaded.rejected);
    }
    let kept = EmbeddedTidemill::open("tidemill_kept", &folder.join("tidemill"), columns)?;
    Ok((ours, kept))
}

fn duckdb(star: &Star, file: &Path) -> Result<DuckDb> {
    let duckdb = DuckDb::open("duckdb", file)?;
    for (name, path) in &star.tables {
        duckdb.execute(&format!("create table {name} as select * from read_parquet({})", literal(path)?))?;
    }
    duckdb.execute("checkpoint")?;
    Ok(duckdb)
}

fn row(workload: String, contenders: &[(&'static str, Ask)], medians: &[f64]) -> Row {
    let peers = contenders.iter().zip(medians).skip(1).map(|((name, _), median)| (*name, *median)).collect();
    Row { workload, unit: "ms", ours: medians[0], peers, target: FASTER.to_owned(), holds: medians[0] <= medians[1] }
}

/// The same questions of the rows, and of rollups that are declared after that.
fn pairs(report: &mut Report, ours: &mut EmbeddedTidemill, duckdb: &mut DuckDb, rounds: usize) -> Result<()> {
    let questions = star_rollups::questions()?;
    let measured = |peer: &mut dyn Peer| questions.iter().map(|question| repeated(peer, question, rounds).context(question.name)).collect::<Result<Vec<_>>>();
    let rows = measured(ours)?;
    let theirs = measured(duckdb)?;
    ours.declare("order_events", star_rollups::rollups()?)?;
    let rolled = measured(ours)?;
    for (((question, (from_rows, rows_ms)), (their, duckdb_ms)), (from_rollup, rollup_ms)) in questions.iter().zip(rows).zip(theirs).zip(rolled) {
        from_rows.clone().compare(their).with_context(|| format!("{}: tidemill and duckdb disagree", question.name))?;
        from_rows.compare(from_rollup).with_context(|| format!("{}: rows and rollup disagree", question.name))?;
        report.push(Row {
            workload: format!("rollup of {}", question.name),
            unit: "ms",
            ours: rollup_ms,
            peers: vec![("duckdb", duckdb_ms), ("tidemill_rows", rows_ms)],
            target: FASTER.to_owned(),
            holds: rollup_ms <= duckdb_ms,
        });
    }
    Ok(())
}

/// An answer, and the median of its repetitions.
fn repeated(peer: &mut dyn Peer, question: &Question, rounds: usize) -> Result<(Answer, f64)> {
    let answer = peer.ask(question)?;
    let times = (0..rounds).map(|_| Ok(timed(|| peer.ask(question))?.1)).collect::<Result<Vec<_>>>()?;
    Ok((answer, median_ms(&times)))
}

/// Asks everybody once, compares the answers, then times them.
fn ask(contenders: &[(&'static str, Ask)], sql: &str, rounds: usize) -> Result<Vec<f64>> {
    let mut first: Option<Answer> = None;
    for (name, ask) in contenders {
        let answer = ask(sql).with_context(|| (*name).to_owned())?;
        match &first {
            None => first = Some(answer),
            Some(first) => first.clone().compare(answer).with_context(|| format!("tidemill and {name} disagree"))?,
        }
    }
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..rounds {
        for place in order_of_round(contenders.len(), round) {
            let (_, time) = timed(|| contenders[place].1(sql))?;
            times[place].push(time);
        }
    }
    Ok(times.iter().map(|times| median_ms(times)).collect())
}
