//! Ordered work as it crosses HTTP.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::WireProblem;

/// Which rows.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RowsToCount {
    /// A SQL condition over the columns that the caller sees. A row is meant for which it is true; one for which it is false or null is not.
    #[schema(example = "customer_id = 7 and ordered_at < '2026-01-01'")]
    pub predicate: String,
}

/// How many rows a condition picks.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountedRows {
    /// Rows that the caller sees and that would go.
    pub rows: u64,
}

/// Rows that are to go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RowsToDelete {
    /// A SQL condition over the columns that the caller sees. A row goes for which it is true; one for which it is false or null stays.
    #[schema(example = "customer_id = 7 and ordered_at < '2026-01-01'")]
    pub predicate: String,
    /// How many rows `POST /datasets/{name}/rows/count` has found. Where there are more or fewer by now, nothing goes.
    pub expected_rows: u64,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DatasetWork)]
pub enum Work {
    /// Rows are deleted; older versions have them.
    Deletion,
    /// Rows are erased, and older versions can no longer be read.
    Erasure,
    /// Small segments are merged; the rows are the same.
    Compaction,
    /// What no version that is kept needs is removed.
    Vacuum,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DatasetJobState)]
pub enum State {
    Running,
    Done,
    Failed,
    Cancelled,
}

/// Work that was ordered.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetJob {
    /// Id.
    pub id: Uuid,
    /// The dataset.
    pub dataset: String,
    /// What is done.
    pub work: Work,
    /// How it stands.
    pub state: State,
    /// Whether it can be cancelled now.
    pub cancellable: bool,
    /// When it was ordered.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    #[schema(required)]
    pub ended_at: Option<DateTime<Utc>>,
    /// What it did, once it is done.
    #[schema(required)]
    pub report: Option<Report>,
    /// Why it failed.
    #[schema(required)]
    pub problem: Option<WireProblem>,
}

/// What ordered work did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DatasetJobReport)]
pub struct Report {
    /// The version of the dataset after it; nothing where none was made or looked at.
    #[schema(required)]
    pub version: Option<u64>,
    /// Rows that went, or that were written again.
    pub rows: u64,
    /// Segments that are fewer now, or objects that were removed.
    pub objects: u64,
    /// Bytes that were written or removed.
    pub bytes: u64,
}

/// The work that was ordered for a dataset since the server was started.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetJobs {
    /// Newest first; what has ended is here for an hour.
    pub items: Vec<DatasetJob>,
}
