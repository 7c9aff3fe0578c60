//! Loads of a dataset as they cross HTTP. The engine writes them; these types tell OpenAPI their shape.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::datasets::wire::{Cell, ColumnType, DatasetLoad, ValueCount};

/// How far something is from what it was.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Notice,
    Warning,
}

/// What is not as it was in the load before.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    Rows,
    Nulls,
    Distinct,
    Range,
    NewCategory,
    MissingCategory,
    Distribution,
}

/// Something about a load that is not as it was in the profiled load before.
#[derive(Debug, Serialize, ToSchema)]
pub struct Drift {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    pub kind: DriftKind,
    pub severity: Severity,
    pub before: Cell,
    pub now: Cell,
    /// The same in a sentence.
    pub message: String,
}

/// The latest loads.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetLoads {
    /// Newest first, at most 20.
    pub items: Vec<DatasetLoad>,
}

/// What the rows of a load look like.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoadProfile {
    pub format: u32,
    pub load_id: String,
    pub dataset: String,
    pub rows: u64,
    /// Rows that everything but nulls, `min` and `max` was taken from.
    pub sampled_rows: u64,
    pub columns: Vec<LoadColumnProfile>,
    /// The load that this one was compared with.
    #[schema(required)]
    pub compared_with: Option<String>,
    pub drift: Vec<Drift>,
    /// Rows of the profiled loads before, the latest last.
    pub rows_before: Vec<u64>,
}

/// What a column of a load looks like.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoadColumnProfile {
    pub name: String,
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    pub nulls: u64,
    pub min: Cell,
    pub max: Cell,
    pub sampled_values: u64,
    /// Among the sampled values.
    pub distinct: u64,
    #[schema(required)]
    pub mean: Option<f64>,
    #[schema(required)]
    pub lengths: Option<Lengths>,
    pub top: Vec<ValueCount>,
    pub histogram: Vec<Bucket>,
    /// Bins of about a tenth of the values each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deciles: Option<Deciles>,
}

/// How long texts are, in characters.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TextLengths)]
pub struct Lengths {
    pub min: u64,
    pub max: u64,
    pub mean: f64,
}

/// A bucket of a histogram: from a value up to another one, which falls into the last bucket only.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistogramBucket)]
pub struct Bucket {
    pub from: Cell,
    pub to: Cell,
    pub count: u64,
}

/// Upper ends of all bins but the last, and values in each.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deciles {
    pub edges: Vec<f64>,
    pub counts: Vec<u64>,
}

/// How rejected rows are exported.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RejectFormat)]
pub enum Format {
    #[default]
    Csv,
    Ndjson,
}

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Rows at most: 1 to 1,000, default 100.
    pub limit: Option<usize>,
    /// Rows to leave out first.
    pub offset: Option<usize>,
}

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// Default: `csv`.
    #[param(inline)]
    pub format: Option<Format>,
}

/// Rejected rows that were corrected.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedRows {
    /// At most 1,000.
    #[schema(value_type = Vec<FixedRow>)]
    pub rows: Vec<tidemill::FixedRow>,
}

/// A rejected row that was corrected.
#[derive(Debug, Serialize, ToSchema)]
pub struct FixedRow {
    /// Its number among the rejected rows of the load.
    pub number: u64,
    /// Values by column.
    #[schema(value_type = std::collections::BTreeMap<String, Cell>)]
    pub row: std::collections::BTreeMap<String, Cell>,
}

/// How far a source has been loaded.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourcePosition {
    /// Name of the source.
    pub source: String,
    /// Everything up to it has been loaded.
    pub position: u64,
    /// The version that has brought it there.
    pub version: u64,
    /// The load that has.
    pub load_id: String,
}

/// How far the sources of a dataset have been loaded.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourcePositions {
    /// By name of the source.
    pub items: Vec<SourcePosition>,
}
