//! Scenario `rows`: questions that are no aggregates, over website events that came in many commits. The latest rows, those
//! of one user, look-ups of an id that is there and of one that is not, lists of values: asked of Tidemill, of DuckDB's
//! native table and of plain DataFusion over Parquet, in interleaved rounds, with the answers compared.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::json;
use tidemill::{Parquet, Settings};
use tidemill_benches::answer::{Answer, Cell};
use tidemill_benches::events;
use tidemill_benches::measure::{median_ms, order_of_round, timed};
use tidemill_benches::peers::{DuckDb, EmbeddedTidemill, Peer, PlainDataFusion, literal};
use tidemill_benches::report::{Report, Row};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 6] = [
    "Tidemill took the events in commits of 10,000 rows and compacted once, which upkeep does by itself ten seconds after a commit; what is left is the number of segments. The peers have the events in one table or one file.",
    "Every system has answered every question once before the timed rounds: all runs are warm, and Tidemill's footers and bloom filters are in memory.",
    "`ours` keeps no partial, so its lists of values are computed from decoded columns each time; `tidemill_kept` is the same engine with its partials.",
    "Times are from the SQL text to the answer completely read in this process, parsing and planning included.",
    "DuckDB `duckdb` is a native table in a database file; `datafusion_parquet` reads the Parquet file that all were loaded from. Peers run with their defaults and as many threads as the machine has cores.",
    "All answers were compared: equal apart from the order of rows.",
];
const TARGET: &str = "not slower than DuckDB's native table";
const ROWS_OF_A_COMMIT: usize = 10_000;

#[derive(Parser)]
struct Args {
    /// Events.
    #[arg(long, default_value_t = 10_000_000)]
    rows: usize,
    /// Timed rounds.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let events = events::prepare(&work, args.rows)?;
    let folder = tempfile::tempdir_in(&work).context("create a folder for the databases")?;

    let store = folder.path().join("tidemill");
    // Room for a byte is room for no partial: each is computed again, from columns that are kept.
    let columns = Settings { column_cache_bytes: 2 << 30, upkeep_seconds: 0, ..Settings::default() };
    let ours = EmbeddedTidemill::open("tidemill", &store, Settings { partial_cache_bytes: 1, ..columns })?;
    let (commits, our_load) = timed(|| load(&ours, &events.path))?;
    let (segment_bytes, filter_bytes) = weigh(&store)?;
    let (compacted, compaction) = timed(|| ours.compact("events"))?;
    let kept = EmbeddedTidemill::open("tidemill_kept", &store, columns)?;
    let duckdb = DuckDb::open("duckdb", &folder.path().join("events.duckdb"))?;
    let source = literal(&events.path)?;
    let ((), their_load) = timed(|| duckdb.execute(&format!("create table events as select * from read_parquet({source}); checkpoint;")))?;
    eprintln!("loaded in {:.1} s by {commits} commits, compacted in {:.1} s; DuckDB in {:.1} s", our_load.as_secs_f64(), compaction.as_secs_f64(), their_load.as_secs_f64());

    let data = json!({
        "generator": "website events, 90 days, skewed countries, devices, pages and users", "rows": events.rows, "commits": commits, "segments": compacted.segments_after,
        "bytes_before_compaction": segment_bytes, "bloom_filter_bytes_before_compaction": filter_bytes, "rounds": args.rounds
    });
    let mut report = Report::new("rows", data, &NOTES);
    let questions = questions(&duckdb)?;
    let mut peers: Vec<Box<dyn Peer>> = vec![Box::new(ours), Box::new(duckdb), Box::new(PlainDataFusion::over(&events.path)?), Box::new(kept)];
    for (name, sql) in &questions {
        let times = ask(&mut peers, sql, args.rounds).with_context(|| name.clone())?;
        let medians: Vec<f64> = times.iter().map(|times| median_ms(times)).collect();
        let others = peers.iter().zip(&medians).skip(1).map(|(peer, median)| (peer.name(), *median)).collect();
        report.push(Row { workload: name.clone(), unit: "ms", ours: medians[0], peers: others, target: TARGET.to_owned(), holds: medians[0] <= medians[1] });
    }
    report.finish()
}

/// Loads the events in the order of their time, a commit for each 10,000.
fn load(ours: &EmbeddedTidemill, path: &Path) -> Result<usize> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.with_batch_size(ROWS_OF_A_COMMIT).build()?;
    let mut commits = 0;
    for batch in reader {
        let batch = batch?;
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None)?;
        writer.write(&batch)?;
        let report = ours.load("events", Parquet::bytes(writer.into_inner()?))?;
        anyhow::ensure!(report.rows == batch.num_rows() as u64 && report.rejected == 0, "loaded {} rows, rejected {}", report.rows, report.rejected);
        commits += 1;
    }
    Ok(commits)
}

/// Bytes of segments, and how many of these are bloom filters.
fn weigh(folder: &Path) -> Result<(u64, u64)> {
    let (mut bytes, mut filters) = (0, 0);
    for entry in std::fs::read_dir(folder).context("list a folder")? {
        let path = entry?.path();
        if path.is_dir() {
            let (its_bytes, its_filters) = weigh(&path)?;
            (bytes, filters) = (bytes + its_bytes, filters + its_filters);
        } else if path.extension().is_some_and(|extension| extension == "parquet") {
            let reader = SerializedFileReader::new(File::open(&path)?)?;
            let chunks = reader.metadata().row_groups().iter().flat_map(|group| group.columns());
            filters += chunks.filter_map(|chunk| chunk.bloom_filter_length()).map(|length| u64::from(length.unsigned_abs())).sum::<u64>();
            bytes += path.metadata()?.len();
        }
    }
    Ok((bytes, filters))
}

/// Names and SQL. Ids are taken from the data.
fn questions(duckdb: &DuckDb) -> Result<Vec<(String, String)>> {
    let number = |sql: &str| match duckdb.sql(sql)?.rows.first().and_then(|row| row.first()) {
        Some(Cell::Whole(number)) => Ok(*number),
        other => anyhow::bail!("no number but {other:?}: {sql}"),
    };
    let busy = number("select user_id from events group by user_id order by count(*) desc, user_id limit 1")?;
    let rare = number("select user_id from events group by user_id having count(*) between 8 and 12 order by hash(user_id) limit 1")?;
    let session = number("select session_id from events group by session_id having count(*) = 1 order by hash(session_id) limit 1")?;
    // Between others, so that bounds do not rule it out.
    let absent = number("select min(session_id) + 1 from events where session_id > 2000000000 and session_id + 1 not in (select session_id from events)")?;
    let question = |name: &str, sql: String| (name.to_owned(), sql);
    Ok(vec![
        question("latest 100 rows", "select * from events order by event_at desc limit 100".to_owned()),
        question("latest 100 rows of a busy user", format!("select * from events where user_id = {busy} order by event_at desc limit 100")),
        question("latest 100 purchases of a small country", "select * from events where country = 'LU' and event_type = 'purchase' order by event_at desc limit 100".to_owned()),
        question("all rows of a rare user", format!("select * from events where user_id = {rare}")),
        question("a session that is there", format!("select * from events where session_id = {session}")),
        question("a session that is not there", format!("select * from events where session_id = {absent}")),
        question("ten greatest revenues", "select revenue from events order by revenue desc nulls last limit 10".to_owned()),
        question("distinct countries", "select distinct country from events order by country".to_owned()),
        question("100 pages whose address contains a text", "select distinct url from events where url like '%checkout/000%' order by url limit 100".to_owned()),
    ])
}

/// Asks everybody once, compares the answers, then times them.
fn ask(peers: &mut [Box<dyn Peer>], sql: &str, rounds: usize) -> Result<Vec<Vec<Duration>>> {
    let mut first: Option<Answer> = None;
    for peer in peers.iter_mut() {
        let answer = peer.sql(sql).with_context(|| peer.name())?;
        match &first {
            None => first = Some(answer),
            Some(first) => first.clone().compare(answer).with_context(|| format!("tidemill and {} disagree", peer.name()))?,
        }
    }
    let mut times = vec![Vec::with_capacity(rounds); peers.len()];
    for round in 0..rounds {
        for place in order_of_round(peers.len(), round) {
            let (_, time) = timed(|| peers[place].sql(sql))?;
            times[place].push(time);
        }
    }
    Ok(times)
}
