//! The same rows in Tidemill and in DuckDB, and everybody who is asked about them.

use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta};
use tidemill::clock::{Clock, ManualClock};
use tidemill::{Engine, LoadMode, Mill, SemanticQuery, Settings};
use tidemill_benches::answer::Cell;
use tidemill_benches::peers::DuckDb;

use crate::compare::Expected;
use crate::data::{self, Row};
use crate::members;
use crate::sql;
use crate::words::When;

/// A tenant whose model declares no rollups, and one with the same rows whose model does.
const TENANTS: [&str; 2] = ["plain", "rolled"];

/// The ways in which Tidemill answers: a name, room for partials in bytes, and whose rows. Another way is a line here.
/// From the rows, from partials that are computed each time, from partials that are kept, from rollups that are stored.
const MODES: [(&str, usize, &str); 4] = [("raw", 0, "plain"), ("cold", 1, "plain"), ("kept", 32 << 20, "plain"), ("rollups", 1, "rolled")];

pub(crate) struct World {
    clock: Arc<ManualClock>,
    mills: Vec<(&'static str, Mill)>,
    /// One a tenant.
    writers: Vec<Mill>,
    duckdb: DuckDb,
    time_column: Option<&'static str>,
    latest: Option<i64>,
    /// Segments whose partials were kept from before, over all answers.
    pub(crate) reused: u64,
    /// Segments that a rollup stood for, over all answers.
    pub(crate) rolled: u64,
    /// Answers that had at least one row.
    pub(crate) telling: usize,
}

impl World {
    pub(crate) async fn new(time_column: Option<&'static str>, segment_max_rows: usize, query_partitions: usize) -> Result<Self> {
        let (clock, store) = (Arc::new(ManualClock::at(DateTime::UNIX_EPOCH)), data::store());
        let mut mills = Vec::new();
        let mut writers = Vec::new();
        for (name, partial_cache_bytes, tenant) in MODES {
            let settings =
                Settings { partial_cache_bytes, segment_max_rows, query_partitions, background_rollups: false, advised_rollup_bytes: 0, upkeep_seconds: 0, ..Settings::default() };
            let engine = Engine::builder().object_store(Arc::clone(&store)).settings(settings).clock(clock.clone()).open().await?;
            mills.push((name, engine.tenant(tenant)?));
            // The last engine writes, because it is the one that builds rollups.
            writers = TENANTS.iter().map(|tenant| engine.tenant(tenant)).collect::<tidemill::Result<_>>()?;
        }
        let duckdb = DuckDb::in_memory("duckdb")?;
        duckdb.execute("set threads = 1")?;
        duckdb.execute(&data::tables())?;
        Ok(Self { clock, mills, writers, duckdb, time_column, latest: None, reused: 0, rolled: 0, telling: 0 })
    }

    /// Commits rows, and the model with the first of them.
    pub(crate) async fn load(&mut self, rows: &[Row]) -> Result<()> {
        for (tenant, writer) in TENANTS.iter().zip(&self.writers) {
            let first = writer.datasets().await?.is_empty();
            let mode = if first { LoadMode::Create } else { LoadMode::Append };
            let report = writer.load(members::NAME, data::load(rows, self.time_column).mode(mode)).await?;
            anyhow::ensure!((report.rows, report.rejected) == (rows.len() as u64, 0), "{report:?}");
            if first {
                let mut model = members::model(writer.model(members::NAME).await?);
                if *tenant == "rolled" {
                    model.rollups = members::rollups();
                }
                let version = model.version;
                writer.update_model(model, version).await?;
            }
        }
        for part in rows.chunks(2_000) {
            self.duckdb.execute(&data::insert(part))?;
        }
        self.look()
    }

    /// Stores what is missing of the rollups. Segments that come later are answered from their rows until the next time.
    pub(crate) async fn build_rollups(&self) -> Result<()> {
        for (tenant, writer) in TENANTS.iter().zip(&self.writers) {
            let built = writer.build_rollups(members::NAME).await?;
            anyhow::ensure!(built.is_empty() == (*tenant == "plain"), "{built:?}");
        }
        Ok(())
    }

    /// Merges small segments.
    pub(crate) async fn compact(&self) -> Result<()> {
        for writer in &self.writers {
            writer.compact(members::NAME).await?;
        }
        Ok(())
    }

    /// Deletes rows. The predicate means the same to everybody.
    pub(crate) async fn delete(&mut self, predicate: &str) -> Result<()> {
        let before = self.count()?;
        self.duckdb.execute(&format!("delete from facts where {predicate}"))?;
        let gone = before - self.count()?;
        for writer in &self.writers {
            let report = writer.delete_rows(members::NAME, predicate).await?;
            anyhow::ensure!(report.rows as i64 == gone, "{report:?} where {gone} rows went");
        }
        self.look()
    }

    fn count(&self) -> Result<i64> {
        match self.duckdb.sql("select count(*) from facts")?.rows.first().map(Vec::as_slice) {
            Some([Cell::Whole(count)]) => Ok(*count),
            other => anyhow::bail!("a count that is none: {other:?}"),
        }
    }

    /// Moves the clock to an instant.
    pub(crate) fn stand_at(&self, micros: i64) {
        self.clock.advance(TimeDelta::microseconds(micros - self.clock.now().timestamp_micros()));
    }

    /// Finds the latest time in the data.
    fn look(&mut self) -> Result<()> {
        self.latest = match self.duckdb.sql("select max(seen) from facts")?.rows.first().map(Vec::as_slice) {
            Some([Cell::Whole(latest)]) => self.time_column.map(|_| *latest),
            _ => None,
        };
        Ok(())
    }

    /// Asks everybody. Gives what is wrong, one text for each way of answering.
    pub(crate) async fn ask(&mut self, query: &SemanticQuery) -> Result<Vec<String>> {
        let when = When { now: self.clock.now().timestamp_micros(), latest: self.latest };
        let sql = sql::compile(query, when);
        let rows = self.duckdb.sql(&sql.text).with_context(|| sql.text.clone())?.rows;
        self.telling += usize::from(!rows.is_empty());
        let expected = Expected { rows, groups: sql.groups, order: sql.order };
        let mut wrong = Vec::new();
        for (mode, mill) in &self.mills {
            let checked = match mill.query(query).await {
                Ok(answer) => {
                    self.reused += answer.provenance.segments_reused;
                    self.rolled += answer.provenance.segments_rolled;
                    expected.check_answer(query, &answer)
                }
                Err(error) => Err(format!("{}: {error}", error.kind().as_str())),
            };
            if let Err(what) = checked {
                wrong.push(format!("{mode}: {what}\n  query {}\n  now {} latest {:?}\n  sql {}", serde_json::to_string(query)?, when.now, when.latest, sql.text));
            }
        }
        Ok(wrong)
    }
}
