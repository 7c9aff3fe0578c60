//! The same datasets in Tidemill and in DuckDB, and everybody who is asked about them. What Tidemill reads are the files that
//! DuckDB writes of its own tables.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate};
use serde_json::Value;
use tempfile::TempDir;
use tidemill::{ColumnType, Filter, Mill, Parquet, SemanticQuery, Settings};
use tidemill_benches::answer::Cell;
use tidemill_benches::peers::{DuckDb, literal};

use crate::compare::Expected;
use crate::measures::Measure;
use crate::models::{self, Dataset, Fact, quoted_name};
use crate::{sql, ways};

/// Commits of each dataset with measures; after each of them questions are asked.
pub(crate) const TIDES: usize = 2;
/// Values of each member that questions know.
const SAMPLES: usize = 40;
const SEGMENT_MAX_ROWS: usize = 20_000;

pub(crate) struct World {
    pub(crate) facts: Vec<Fact>,
    /// Some values of each member.
    pub(crate) samples: BTreeMap<String, Vec<Value>>,
    /// First and last day of the times of facts.
    pub(crate) days: [NaiveDate; 2],
    datasets: Vec<Dataset>,
    mills: Vec<(&'static str, Mill)>,
    duckdb: DuckDb,
    folder: TempDir,
    /// Segments whose partials were kept from before, over all answers.
    pub(crate) reused: u64,
    /// Answers that had at least one row.
    pub(crate) telling: usize,
}

/// The table of DuckDB with the rows of a fact and everything that they belong to.
pub(crate) fn rows_of(fact: &str) -> String {
    format!("rows_of_{fact}")
}

impl World {
    /// A world without rows, of datasets whose files lie in the folder or elsewhere.
    pub(crate) async fn new(datasets: Vec<Dataset>, folder: TempDir) -> Result<Self> {
        let mills = ways::open(&Settings { query_partitions: 2, segment_max_rows: SEGMENT_MAX_ROWS, ..Settings::default() }).await?;
        let duckdb = DuckDb::in_memory("duckdb")?;
        duckdb.execute("set threads = 1; set timezone = 'UTC'")?;
        for Dataset { name, select, .. } in &datasets {
            duckdb.execute(&format!("create table all_{name} as select *, row_number() over () as number from ({select})"))?;
            duckdb.execute(&format!("create table {name} as select * exclude (number) from all_{name} limit 0"))?;
        }
        let facts = datasets.iter().filter(|dataset| !dataset.measures.is_empty()).map(|dataset| models::fact(dataset, &datasets)).collect();
        let days = [NaiveDate::default(); 2];
        Ok(Self { facts, samples: BTreeMap::new(), days, datasets, mills, duckdb, folder, reused: 0, telling: 0 })
    }

    /// Commits the rows of a tide: a part of each fact, and lookups with the first one.
    pub(crate) async fn load(&mut self, tide: usize) -> Result<()> {
        let mill = &self.mills[0].1;
        for Dataset { name, time, measures, .. } in &self.datasets {
            let condition = match (measures.is_empty(), tide) {
                (false, _) => format!("number % {TIDES} = {tide}"),
                (true, 0) => "true".to_owned(),
                (true, _) => continue,
            };
            let rows = format!("select * exclude (number) from all_{name} where {condition}");
            let path = self.folder.path().join(format!("{name}-{tide}.parquet"));
            self.duckdb.execute(&format!("insert into {name} {rows}; copy ({rows}) to {} (format parquet)", literal(&path)?))?;
            let report = mill.load(name, Parquet::path(&path).time_column(*time)).await.with_context(|| format!("load {name}"))?;
            anyhow::ensure!(report.rejected == 0, "{name}: {report:?}");
        }
        if tide == 0 {
            // What lies behind joins first: conditions name it.
            for dataset in self.datasets.iter().rev() {
                ways::describe(mill, dataset.name, &dataset.parts()).await.with_context(|| format!("describe {}", dataset.name))?;
            }
        }
        for Fact { name, select, .. } in &self.facts {
            self.duckdb.execute(&format!("create or replace table {} as {select}", rows_of(name)))?;
        }
        self.look()
    }

    /// Looks what values there are.
    fn look(&mut self) -> Result<()> {
        let mut days = Vec::new();
        for fact in &self.facts {
            let rows = rows_of(fact.name);
            for member in &fact.members {
                let column = quoted_name(&member.name);
                let sql = format!("select distinct {column} from {rows} where {column} is not null order by hash({column}) limit {SAMPLES}");
                let values = self.duckdb.sql(&sql)?.rows.iter().map(|row| value(&row[0], member.kind)).collect();
                self.samples.insert(member.name.clone(), values);
            }
            if let Some(time) = fact.times.first().map(|time| quoted_name(time)) {
                days.extend(self.duckdb.sql(&format!("select unnest([min({time}), max({time})]) from {rows}"))?.rows.iter().filter_map(|row| day(&row[0])));
            }
        }
        days.sort_unstable();
        if let [first, .., last] = days.as_slice() {
            self.days = [*first, *last];
        }
        Ok(())
    }

    pub(crate) fn dataset(&self, name: &str) -> &Dataset {
        self.datasets.iter().find(|dataset| dataset.name == name).unwrap()
    }

    /// A measure, and the name of its fact.
    pub(crate) fn measure(&self, member: &str) -> Option<(&'static str, &Measure)> {
        let (fact, name) = member.split_once('.')?;
        let dataset = self.datasets.iter().find(|dataset| dataset.name == fact)?;
        Some((dataset.name, dataset.measures.iter().find(|measure| measure.name == name)?))
    }

    /// Type of a dimension.
    pub(crate) fn kind(&self, member: &str) -> ColumnType {
        self.facts.iter().flat_map(|fact| &fact.members).find(|known| known.name == member).unwrap().kind
    }

    /// Names and conditions of all named filters.
    pub(crate) fn segments(&self) -> impl Iterator<Item = (String, Vec<Filter>)> {
        let all = self.datasets.iter().flat_map(|dataset| dataset.segments.iter().map(|(name, filters)| (format!("{}.{name}", dataset.name), filters)));
        all.map(|(name, filters)| (name, serde_json::from_value(filters.clone()).unwrap()))
    }

    /// Asks everybody: without partials once, and with them twice, so that what is kept is asked for. Gives what is wrong, one text
    /// for each answer.
    pub(crate) async fn ask(&mut self, query: &SemanticQuery) -> Result<Vec<String>> {
        let (sql, groups, order) = sql::compile(query, self);
        let rows = self.duckdb.sql(&sql).with_context(|| serde_json::to_string(query).unwrap())?.rows;
        self.telling += usize::from(!rows.is_empty());
        let expected = Expected { rows, groups, order };
        let mut wrong = Vec::new();
        for (number, (mode, mill)) in self.mills.iter().enumerate() {
            for time in ["first", "again"].into_iter().take(1 + usize::from(number > 0)) {
                let checked = match mill.query(query).await {
                    Ok(answer) => {
                        self.reused += answer.provenance.segments_reused;
                        expected.check_answer(query, &answer)
                    }
                    Err(error) => Err(format!("{}: {error}", error.kind().as_str())),
                };
                if let Err(what) = checked {
                    wrong.push(format!("{mode}, {time}: {what}\n  query {}\n  sql {sql}", serde_json::to_string(query)?));
                }
            }
        }
        Ok(wrong)
    }
}

fn instant(cell: &Cell) -> Option<DateTime<chrono::Utc>> {
    match cell {
        Cell::Whole(micros) => DateTime::from_timestamp_micros(*micros),
        _ => None,
    }
}

fn day(cell: &Cell) -> Option<NaiveDate> {
    Some(instant(cell)?.date_naive())
}

/// A value as queries write it.
fn value(cell: &Cell, kind: ColumnType) -> Value {
    match (cell, kind) {
        (_, ColumnType::Date) => day(cell).map(|day| day.to_string()).into(),
        (_, ColumnType::Timestamp) => instant(cell).map(|instant| instant.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()).into(),
        (Cell::Null, _) => Value::Null,
        (Cell::Text(text), _) => text.as_str().into(),
        (Cell::Whole(whole), _) => (*whole).into(),
        (Cell::Number(number), _) => (*number).into(),
    }
}
