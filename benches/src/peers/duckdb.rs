//! DuckDB, over a table of its own or over the Parquet file. Its results cross as rows, because its Arrow is another one.

use std::path::Path;

use anyhow::{Context, Result, bail};
use duckdb::Connection;
use duckdb::types::{TimeUnit, Value};

use super::Peer;
use crate::answer::{Answer, Cell};
use crate::dashboard::Question;
use crate::machine;

const DAY_US: i64 = 86_400_000_000;

/// A connection to a database with a table or view `events`.
pub struct DuckDb {
    name: &'static str,
    connection: Connection,
}

impl DuckDb {
    /// A database in a file.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn open(name: &'static str, file: &Path) -> Result<Self> {
        Self::with(name, Connection::open(file)?)
    }

    /// An empty database in memory.
    ///
    /// # Errors
    /// When DuckDB does not start.
    pub fn in_memory(name: &'static str) -> Result<Self> {
        Self::with(name, Connection::open_in_memory()?)
    }

    /// A database in memory whose `events` are a Parquet file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn over_parquet(name: &'static str, file: &Path) -> Result<Self> {
        let peer = Self::in_memory(name)?;
        peer.execute(&format!("create view events as select * from read_parquet({})", literal(file)?))?;
        Ok(peer)
    }

    fn with(name: &'static str, connection: Connection) -> Result<Self> {
        let peer = Self { name, connection };
        peer.execute(&format!("set threads = {}", machine::cores()))?;
        Ok(peer)
    }

    /// Runs statements.
    ///
    /// # Errors
    /// Whatever DuckDB says.
    pub fn execute(&self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).with_context(|| format!("DuckDB: {sql}"))
    }

    /// An answer to SQL.
    ///
    /// # Errors
    /// Whatever DuckDB says.
    pub fn sql(&self, sql: &str) -> Result<Answer> {
        let mut statement = self.connection.prepare(sql).with_context(|| format!("DuckDB: {sql}"))?;
        let mut found = statement.query([])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let columns = row.as_ref().column_count();
            rows.push((0..columns).map(|column| cell(row.get::<_, Value>(column)?)).collect::<Result<Vec<_>>>()?);
        }
        Ok(Answer { rows })
    }
}

/// A path in SQL.
///
/// # Errors
/// When the path is not UTF-8.
pub fn literal(path: &Path) -> Result<String> {
    let text = path.to_str().context("the path of the data is not UTF-8")?;
    Ok(format!("'{}'", text.replace('\'', "''")))
}

impl Peer for DuckDb {
    fn name(&self) -> &'static str {
        self.name
    }

    fn ask(&mut self, question: &Question) -> Result<Answer> {
        Self::sql(self, &question.sql)
    }

    fn sql(&mut self, sql: &str) -> Result<Answer> {
        Self::sql(self, sql)
    }
}

fn cell(value: Value) -> Result<Cell> {
    Ok(match value {
        Value::Null => Cell::Null,
        Value::Boolean(value) => Cell::Whole(i64::from(value)),
        Value::TinyInt(value) => Cell::Whole(i64::from(value)),
        Value::SmallInt(value) => Cell::Whole(i64::from(value)),
        Value::Int(value) => Cell::Whole(i64::from(value)),
        Value::BigInt(value) => Cell::Whole(value),
        Value::HugeInt(value) => Cell::Whole(i64::try_from(value).context("a sum is too large")?),
        Value::Float(value) => Cell::Number(f64::from(value)),
        Value::Double(value) => Cell::Number(value),
        Value::Text(value) => Cell::Text(value),
        Value::Date32(days) => Cell::Whole(i64::from(days) * DAY_US),
        Value::Timestamp(unit, value) => Cell::Whole(match unit {
            TimeUnit::Second => value * 1_000_000,
            TimeUnit::Millisecond => value * 1_000,
            TimeUnit::Microsecond => value,
            TimeUnit::Nanosecond => value / 1_000,
        }),
        other => bail!("no comparison of {other:?}"),
    })
}
