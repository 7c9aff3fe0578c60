//! A model: the names, measures and formats that people use for a dataset.

use serde::{Deserialize, Serialize};

use super::grain::Grain;
use super::query::Filter;
use crate::catalog::ColumnType;

/// The words in which a dataset is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Name, the first part of every member.
    pub name: String,
    /// The dataset that it speaks of.
    pub dataset: String,
    /// What people read.
    pub label: String,
    /// Grows with every change; set by the catalog.
    #[serde(default)]
    pub version: u64,
    /// The dimension that places rows in time.
    #[serde(default)]
    pub time_dimension: Option<String>,
    /// What can be grouped by and filtered.
    pub dimensions: Vec<Dimension>,
    /// What can be computed.
    pub measures: Vec<Measure>,
    /// Groups that are kept on storage for every segment, so that questions about them need no rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollups: Vec<Rollup>,
}

/// Measures by dimensions that are kept for every segment. Answers everything that follows from them: fewer dimensions,
/// filters on them, coarser grains, other time zones. Never stale: rows that it does not hold yet are read.
///
/// ```
/// let rollup: tidemill::Rollup = serde_json::from_str(
///     r#"{"name": "hourly", "measures": ["count", "sum_amount"], "dimensions": ["city"],
///         "time_dimension": "at", "granularity": "hour"}"#,
/// )?;
/// assert_eq!(rollup.dimensions, ["city"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollup {
    /// Name, unique in its model.
    pub name: String,
    /// Names of the measures that are kept.
    pub measures: Vec<String>,
    /// Names of the dimensions that they are kept by.
    #[serde(default)]
    pub dimensions: Vec<String>,
    /// Name of the dimension whose time they are kept by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_dimension: Option<String>,
    /// Width of its buckets, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granularity: Option<Grain>,
}

/// Something to group by: a column, or a SQL expression over columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// Name, the second part of the member.
    pub name: String,
    /// What people read.
    pub label: String,
    /// Type of its values.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// The column; when neither this nor `expression` is given, the column of the same name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// A SQL expression over the dataset's columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// A format preset or a d3-format string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

/// Something to compute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Name, the second part of the member.
    pub name: String,
    /// What people read.
    pub label: String,
    /// The aggregate.
    pub kind: MeasureKind,
    /// The column that is aggregated; `count` without one counts rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// A SQL expression over the dataset's columns, in place of a column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Which quantile a measure of the kind `quantile` is, from 0 (the least) to 1 (the greatest); 0.5, the median, when it
    /// is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
    /// Only rows for which these hold are counted in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
    /// A format preset or a d3-format string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Whether a fall is good news.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lower_is_better: bool,
}

/// How a measure aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// Rows, or values that are not missing.
    Count,
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// The least one.
    Min,
    /// The greatest one.
    Max,
    /// Distinct values: exact for whole numbers, dates, instants and booleans; for text and floats exact up to 4,096 and
    /// estimated beyond.
    CountDistinct,
    /// Distinct values of any type: exact up to 4,096 and estimated beyond, in a small state of bounded size.
    CountDistinctApprox,
    /// A quantile of numbers: exact while there are at most 4,096 distinct values, within 0.4 % of the value beyond.
    Quantile,
}
