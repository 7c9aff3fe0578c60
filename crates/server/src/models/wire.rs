//! Models as they cross HTTP. The engine reads and writes them; these types tell OpenAPI their shape.

use serde::Serialize;
use utoipa::ToSchema;

use crate::datasets::wire::ColumnType;
use crate::queries::wire::{Filter, Grain};

/// The words in which a dataset is asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    pub name: String,
    pub dataset: String,
    pub label: String,
    /// Grows with every change.
    pub version: u64,
    #[schema(required)]
    pub time_dimension: Option<String>,
    pub dimensions: Vec<Dimension>,
    pub measures: Vec<Measure>,
    #[schema(required = false)]
    pub rollups: Vec<Rollup>,
}

/// Measures by dimensions that are kept for every segment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rollup {
    pub name: String,
    pub measures: Vec<String>,
    #[schema(required = false)]
    pub dimensions: Vec<String>,
    pub time_dimension: Option<String>,
    pub granularity: Option<Grain>,
}

/// Something to group by: a column, or a SQL expression over columns.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dimension {
    pub name: String,
    pub label: String,
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    pub column: Option<String>,
    pub expression: Option<String>,
    /// `number`, `integer`, `percent`, `currency_usd`, `currency_eur`, `duration_minutes`, `bytes`, or a d3-format string.
    pub format: Option<String>,
}

/// Something to compute.
#[derive(Debug, Serialize, ToSchema)]
pub struct Measure {
    pub name: String,
    pub label: String,
    pub kind: MeasureKind,
    pub column: Option<String>,
    pub expression: Option<String>,
    /// Which quantile, from 0 to 1, for the kind `quantile`. Default 0.5, the median.
    pub quantile: Option<f64>,
    #[schema(required = false)]
    pub filters: Vec<Filter>,
    /// `number`, `integer`, `percent`, `currency_usd`, `currency_eur`, `duration_minutes`, `bytes`, or a d3-format string.
    pub format: Option<String>,
    #[schema(required = false)]
    pub lower_is_better: bool,
}

/// How a measure aggregates.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    CountDistinct,
    CountDistinctApprox,
    Quantile,
}

/// The models of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelList {
    /// By name.
    pub items: Vec<Model>,
}
