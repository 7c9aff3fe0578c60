//! Versions, settings and upkeep as they cross HTTP. The engine writes them; these types tell OpenAPI their shape.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::loads::wire::Promotion;

/// What a commit was for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VersionOperation)]
pub enum Operation {
    /// Rows came in: a file, a push.
    Load,
    /// Rows came in, in the place of others: all of them, those of a time range or those of the same keys.
    Replacement,
    /// Small segments were merged; the rows are the same.
    Compaction,
    /// Rows were deleted; older versions have them.
    Deletion,
    /// Rows were erased, and older versions can no longer be read.
    Erasure,
    /// Time chunks went that are older than the dataset keeps rows.
    Retention,
    /// The settings of the dataset were changed.
    Settings,
    /// Something that another engine did.
    Other,
}

/// A load that made a version.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionLoad {
    pub load_id: String,
    pub source: String,
    #[schema(required)]
    pub idempotency_key: Option<String>,
    pub rows: u64,
    pub rejected: u64,
    pub bytes: u64,
    pub duration_ms: u64,
    /// Columns whose inferred type had to give way.
    pub promotions: Vec<Promotion>,
}

/// One version of a dataset, and the commit that made it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetVersion {
    pub version: u64,
    pub committed_at: DateTime<Utc>,
    pub operation: Operation,
    pub rows_added: u64,
    /// Nothing where another engine did not say.
    #[schema(required)]
    pub rows_removed: Option<u64>,
    pub segments_added: u64,
    pub segments_removed: u64,
    /// Small loads share a commit.
    pub loads: Vec<VersionLoad>,
    /// Whether it can be asked for with `asOf`.
    pub readable: bool,
}

/// Versions of a dataset, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionPage {
    pub latest: u64,
    /// The first version that can be asked for.
    pub first_readable: u64,
    /// When that one was made.
    pub readable_since: DateTime<Utc>,
    pub items: Vec<DatasetVersion>,
    /// The `before` of the next page; nothing at the end of the log.
    #[schema(required)]
    pub next: Option<u64>,
}

/// What happened between two versions.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetChanges {
    /// Its own commit is not part of the changes.
    pub from: u64,
    /// Its commit is.
    pub to: u64,
    pub rows_added: u64,
    #[schema(required)]
    pub rows_removed: Option<u64>,
    /// Oldest first.
    pub commits: Vec<DatasetVersion>,
}

/// Which versions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionParams {
    /// Versions at most: 1 to 1,000, default 100.
    pub limit: Option<usize>,
    /// Only versions before this one.
    pub before: Option<u64>,
}

/// Between which states.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangeParams {
    /// A version, or an RFC 3339 time.
    pub from: String,
    /// A version, or an RFC 3339 time. Default: the latest version.
    pub to: Option<String>,
}

/// What the owner of a dataset decides about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetSettings {
    /// Days that rows are kept, by the time column: 1 to 36,500. Nothing keeps all of them.
    #[schema(required)]
    pub keep_days: Option<u32>,
    /// Days that a version stays readable after the next one came: 0 to 3,650. Nothing takes what the server says.
    #[schema(required)]
    pub versions_kept_days: Option<u32>,
    /// Days that the idempotency key of a load is known at least, by the commits of the dataset: 0 to 36,500. 0, and nothing, keep them for ever.
    #[schema(required)]
    pub keys_kept_days: Option<u32>,
}

/// Something that upkeep does for a dataset.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Chore {
    Retention,
    Compaction,
    Checkpoint,
    Vacuum,
}

/// How a chore went the last time that it had something to do or failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct UpkeepRecord {
    pub dataset: String,
    pub chore: Chore,
    pub started_at: DateTime<Utc>,
    pub duration_ms: u64,
    /// Rows that were written again or taken out.
    pub rows: u64,
    /// Segments that were merged away or taken out, or objects that were removed.
    pub objects: u64,
    /// Bytes that were written or removed.
    pub bytes: u64,
    /// Why it failed. It is tried again later.
    #[schema(required)]
    pub error: Option<String>,
}

/// What upkeep did for the datasets of the tenant since the server was started.
#[derive(Debug, Serialize, ToSchema)]
pub struct UpkeepReport {
    pub enabled: bool,
    /// When the datasets of the store were last listed.
    #[schema(required)]
    pub listed_at: Option<DateTime<Utc>>,
    /// Newest first.
    pub records: Vec<UpkeepRecord>,
}
