//! What a dataset is and holds: summary, columns, latest rows, profile.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::Mill;
use super::held::Held;
use super::seen::{Extent, Seen};
use crate::catalog::{Column, ColumnType, Drift};
use crate::error::Result;
use crate::functions::sketch::distinct::EXACT_MAX;
use crate::ids::DatasetName;
use crate::ingest::profile::TopValue;
use crate::query::QueryResult;
use crate::query::write::columns_to_json;
use crate::storage::log::Snapshot;

/// Columns that a profile looks at in one pass.
const PROFILE_COLUMNS: usize = 50;
/// Most frequent values that a profile lists.
const TOP_VALUES: usize = 10;
/// Rows of a preview at most.
const PREVIEW_MAX: usize = 1_000;

/// A dataset in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetSummary {
    /// Its name.
    pub name: String,
    /// What people read.
    pub label: String,
    /// Rows of the latest version that are seen.
    pub rows: u64,
    /// Bytes of its segments. `None` for who does not see all rows and columns as they are.
    pub size_bytes: Option<u64>,
    /// Its segments. `None` for who does not see all rows and columns as they are.
    pub segments: Option<u64>,
    /// The latest version.
    pub version: u64,
    /// The column that places rows in time.
    pub time_column: Option<String>,
    /// First instant of it.
    pub time_min: Option<DateTime<Utc>>,
    /// Last instant of it.
    pub time_max: Option<DateTime<Utc>>,
    /// When the dataset was made.
    pub created_at: DateTime<Utc>,
    /// When the latest version was committed.
    pub updated_at: DateTime<Utc>,
}

/// A dataset with its columns and latest loads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetDetail {
    /// What a list says.
    #[serde(flatten)]
    pub summary: DatasetSummary,
    /// The columns that the scope sees.
    pub columns: Vec<ColumnDetail>,
    /// The latest loads, newest first.
    pub loads: Vec<LoadSummary>,
}

/// A column, from statistics alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnDetail {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// What is inside of a struct or list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Column>,
    /// Whether it may hold nulls.
    pub nullable: bool,
    /// How many nulls it holds, where every segment says so.
    pub nulls: Option<u64>,
    /// Its least value, where every segment says so.
    pub min: Value,
    /// Its greatest value, where every segment says so.
    pub max: Value,
}

/// A load that is part of the dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadSummary {
    /// Its id.
    pub load_id: String,
    /// The version that it made.
    pub version: u64,
    /// Name of the file or stream.
    pub source: String,
    /// Rows stored.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Values that were made null, because they did not hold to the contract.
    pub nulled: u64,
    /// Whether it has a profile.
    pub profiled: bool,
    /// What is not as it was in the load before: the strongest findings. Nothing for a scope that does not see the whole
    /// dataset.
    pub drift: Vec<Drift>,
    /// The load of which it brings rejected rows corrected, where it does.
    pub replays: Option<String>,
    /// When it became visible.
    pub committed_at: DateTime<Utc>,
}

/// What the values of a dataset look like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetProfile {
    /// The dataset.
    pub dataset: String,
    /// The version that was read.
    pub version: u64,
    /// Its rows (under a row filter: those of the scope).
    pub rows: u64,
    /// One profile a column.
    pub columns: Vec<ColumnProfile>,
}

/// What the values of a column look like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Missing values.
    pub nulls: u64,
    /// Distinct values.
    pub distinct: u64,
    /// Whether `distinct` is exact; otherwise it is a HyperLogLog estimate, 95 of 100 of which are off by less than 1.7 %.
    pub distinct_exact: bool,
    /// Least value.
    pub min: Value,
    /// Greatest value.
    pub max: Value,
    /// Mean of a number.
    pub mean: Option<f64>,
    /// The most frequent values.
    pub top: Vec<TopValue>,
}

impl Mill {
    /// The datasets of the tenant, by name. For who sees some rows only, one whose rows cannot be counted now has none here;
    /// [`dataset`](Self::dataset) says why.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// mill.load("cities", Csv::bytes("city,country\nRome,IT\n")).await?;
    /// let told: Vec<(String, u64)> = mill.datasets().await?.into_iter().map(|dataset| (dataset.name, dataset.rows)).collect();
    /// assert_eq!(told, [("cities".to_owned(), 1), ("orders".to_owned(), 2)]);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer.
    pub fn datasets(&self) -> BoxFuture<'_, Result<Vec<DatasetSummary>>> {
        Box::pin(self.in_class(async move {
            let listed = self.shared.datasets.list(self.scope.tenant()).await?;
            let mut summaries = Vec::with_capacity(listed.len());
            for (name, snapshot) in listed {
                let seen = self.see(&name, snapshot).await?;
                // One that cannot be counted now must not take the list of all others away.
                let extent = self.extent_of(&name, &seen).await.unwrap_or_else(|error| {
                    tracing::warn!(dataset = %name, %error, "the rows that are seen could not be counted");
                    Extent::default()
                });
                summaries.push(Self::summary(&name, &seen, extent));
            }
            Ok(summaries)
        }))
    }

    /// One dataset, from its log alone.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{ColumnType, Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let detail = mill.dataset("orders").await?;
    /// assert_eq!((detail.summary.rows, detail.summary.version), (2, 0));
    /// assert_eq!((detail.columns[1].name.as_str(), detail.columns[1].column_type), ("amount", ColumnType::Integer));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` with near names.
    pub fn dataset<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<DatasetDetail>> {
        Box::pin(self.in_class(async move {
            let name = DatasetName::parse(dataset)?;
            let snapshot = self.find(&name).await?;
            let access = snapshot.access();
            let columns = snapshot.metadata.schema.columns.iter().enumerate().filter(|(_, column)| !access.hides(&column.name));
            let columns = columns
                .map(|(index, column)| {
                    let (nulls, min, max) = if access.filters_rows() || !access.shows(&column.name) { (None, Value::Null, Value::Null) } else { bounds(&snapshot, index) };
                    ColumnDetail { name: column.name.clone(), column_type: column.column_type, fields: column.fields.clone(), nullable: true, nulls, min, max }
                })
                .collect();
            let loads = load_summaries(&snapshot);
            Ok(DatasetDetail { summary: Self::summary(&name, &snapshot, self.extent_of(&name, &snapshot).await?), columns, loads })
        }))
    }

    /// The latest rows: by the time column where there is one.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("at,amount\n2013-01-01,2\n2013-01-02,3\n")).await?;
    /// assert_eq!(mill.preview("orders", 1).await?.to_json()["data"], serde_json::json!([["2013-01-02"], [3]]));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound`; as for a query.
    pub fn preview<'a>(&'a self, dataset: &'a str, limit: usize) -> BoxFuture<'a, Result<QueryResult>> {
        Box::pin(self.in_class(async move {
            let name = DatasetName::parse(dataset)?;
            let snapshot = self.find(&name).await?;
            let order = match &snapshot.metadata.schema.time_column {
                Some(column) if snapshot.access().shows(column) => format!(" order by {} desc nulls last", identifier(column)),
                _ => String::new(),
            };
            self.sql(&format!("select * from {}{order} limit {}", identifier(name.as_str()), limit.clamp(1, PREVIEW_MAX))).await
        }))
    }

    /// What the values look like, from one pass over the data.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\nRome,\n")).await?;
    /// let profile = mill.profile("orders").await?;
    /// let [city, amount] = profile.columns.as_slice() else { panic!() };
    /// assert_eq!((city.distinct, city.top[0].count, amount.nulls, amount.mean), (2, 2, 1, Some(3.0)));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound`; as for a query.
    pub fn profile<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<DatasetProfile>> {
        Box::pin(self.in_class(async move {
            let name = DatasetName::parse(dataset)?;
            // All that is told is of one version, whatever is committed between the statements.
            let mill = Self { held: Some(Held::since(self.shared.clock.now()).into()), ..self.clone() };
            let snapshot = mill.find(&name).await?;
            let visible: Vec<_> = snapshot.metadata.schema.columns.iter().filter(|column| !snapshot.access().hides(&column.name)).collect();
            let (mut rows, mut columns) = (0, Vec::new());
            for group in visible.chunks(PROFILE_COLUMNS) {
                let aggregates = group.iter().flat_map(|column| {
                    let name = identifier(&column.name);
                    let mean = if matches!(column.column_type, ColumnType::Integer | ColumnType::Float) { format!("avg({name})") } else { "cast(null as double)".to_owned() };
                    let bound = |function: &str| match column.column_type {
                        ColumnType::Boolean | ColumnType::Struct | ColumnType::List => "cast(null as boolean)".to_owned(),
                        _ => format!("{function}({name})"),
                    };
                    let distinct = if column.column_type.is_nested() { "cast(null as bigint)".to_owned() } else { format!("approx_distinct({name})") };
                    [format!("count({name})"), distinct, bound("min"), bound("max"), mean]
                });
                // Output names must differ, whatever the columns are called.
                let list = aggregates.enumerate().map(|(index, aggregate)| format!("{aggregate} as c{index}")).collect::<Vec<_>>().join(", ");
                let result = mill.sql(&format!("select count(*) as rows, {list} from {}", identifier(name.as_str()))).await?;
                let values = columns_to_json(&result.batch);
                let cell = |index: usize| values.get(index).and_then(|column| column.first()).cloned().unwrap_or(Value::Null);
                rows = cell(0).as_u64().unwrap_or(0);
                for (place, column) in group.iter().enumerate() {
                    let base = 1 + place * 5;
                    let known = cell(base).as_u64().unwrap_or(0);
                    let distinct = cell(base + 1).as_u64().unwrap_or(0);
                    columns.push(ColumnProfile {
                        name: column.name.clone(),
                        column_type: column.column_type,
                        nulls: rows.saturating_sub(known),
                        distinct: distinct.min(known),
                        distinct_exact: distinct <= EXACT_MAX as u64,
                        min: cell(base + 2),
                        max: cell(base + 3),
                        mean: cell(base + 4).as_f64(),
                        top: Vec::new(),
                    });
                }
            }
            for column in columns.iter_mut().filter(|column| !column.column_type.is_nested()) {
                mill.add_top_values(&name, column).await?;
            }
            Ok(DatasetProfile { dataset: name.to_string(), version: snapshot.version, rows, columns })
        }))
    }

    fn summary(name: &DatasetName, seen: &Seen, extent: Extent) -> DatasetSummary {
        // Hidden columns have bytes as well, and one that places rows in time decides how many segments there are.
        let whole = !seen.access().restricts();
        DatasetSummary {
            name: name.to_string(),
            label: seen.metadata.label.clone(),
            rows: extent.rows,
            size_bytes: whole.then_some(seen.bytes),
            segments: whole.then_some(seen.segments.len() as u64),
            version: seen.version,
            time_column: seen.metadata.schema.time_column.clone().filter(|column| seen.access().shows(column)),
            time_min: extent.time_range.map(|(first, _)| first),
            time_max: extent.time_range.map(|(_, last)| last),
            created_at: seen.metadata.created_at,
            updated_at: seen.updated_at,
        }
    }

    /// Frequent values of columns with few distinct ones; their number is then known exactly.
    async fn add_top_values(&self, dataset: &DatasetName, column: &mut ColumnProfile) -> Result<()> {
        const FEW: u64 = 1_000;
        if column.distinct > FEW {
            return Ok(());
        }
        let name = identifier(&column.name);
        let sql = format!(
            "select value, number, count(*) over () as groups from (select {name} as value, count(*) as number from {} where {name} is not null group by 1) as counted order by number desc, value limit {TOP_VALUES}",
            identifier(dataset.as_str())
        );
        let result = self.sql(&sql).await?;
        let values = columns_to_json(&result.batch);
        let integers = |index: usize| {
            result
                .batch
                .columns()
                .get(index)
                .and_then(|column| column.as_primitive_opt::<Int64Type>())
                .map(|array| array.values().to_vec())
                .unwrap_or_default()
        };
        column.distinct = integers(2).first().copied().and_then(|groups| u64::try_from(groups).ok()).unwrap_or(0);
        column.distinct_exact = true;
        column.top = values
            .first()
            .into_iter()
            .flatten()
            .zip(integers(1))
            .map(|(value, count)| TopValue { value: value.clone(), count: u64::try_from(count).unwrap_or(0) })
            .collect();
        Ok(())
    }
}

/// The latest loads, newest first. None for who sees some rows only: how many rows came when is told of all of them.
pub(super) fn load_summaries(seen: &Seen) -> Vec<LoadSummary> {
    let (all_rows, restricted) = (!seen.access().filters_rows(), seen.access().restricts());
    let loads = seen.recent_loads.iter().filter(|_| all_rows).map(|(version, committed_at, load)| LoadSummary {
        load_id: load.load_id.clone(),
        version: *version,
        source: load.source.clone(),
        rows: load.rows,
        rejected: load.rejected,
        nulled: load.nulled,
        profiled: load.profiled,
        drift: if restricted { Vec::new() } else { load.drift.clone() },
        replays: load.replays.as_ref().map(|replays| replays.load_id.clone()),
        committed_at: *committed_at,
    });
    loads.collect()
}

/// Nulls, least and greatest value of a column over all segments; unknown where one segment does not say.
fn bounds(snapshot: &Snapshot, index: usize) -> (Option<u64>, Value, Value) {
    let statistics = || snapshot.segments.iter().map(move |segment| (segment.rows, segment.statistics.get(index)));
    let nulls = statistics().map(|(_, column)| column.and_then(|column| column.nulls)).sum();
    let bound = |least: bool| {
        let mut found = None;
        for (rows, column) in statistics() {
            let column = column?;
            match if least { &column.min } else { &column.max } {
                Some(value) => found = Some(if found.as_ref().is_none_or(|found| (value < found) == least) { value.clone() } else { found? }),
                None if column.nulls == Some(rows) => {}
                None => return None,
            }
        }
        let array = found?.to_array().ok()?;
        let batch = arrow::array::RecordBatch::try_from_iter([("bound", array)]).ok()?;
        columns_to_json(&batch).pop()?.pop()
    };
    (nulls, bound(true).unwrap_or(Value::Null), bound(false).unwrap_or(Value::Null))
}

/// A name as SQL takes it literally.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
