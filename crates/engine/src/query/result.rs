//! A result and where it comes from: what was asked of which version, how complete, how exact, at what cost.

use std::collections::BTreeMap;
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::explanation::Explanation;
use crate::catalog::ColumnType;
use crate::semantic::{Grain, Granularity, Interval, UsedCalendar};

/// What part a column plays in a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnRole {
    /// A time bucket.
    Time,
    /// A group.
    Dimension,
    /// A number computed over the group.
    Measure,
    /// A column of SQL or of rows.
    Column,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultColumn {
    /// `model.member` for semantic queries, the output name for SQL.
    pub name: String,
    /// What people read.
    pub label: String,
    /// Type of its values.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// What part it plays.
    pub role: ColumnRole,
    /// The unit of the buckets of a time, or that of which they are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grain: Option<Grain>,
    /// As it was asked for, where that is not the unit alone: `15 minutes`, or a name of the dimension's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granularity: Option<Granularity>,
    /// How wide the buckets are and what they are counted from, where that is not the unit alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// A format preset or a d3-format string.
    pub format: Option<String>,
    /// The values that became this column, in the order of the query's `pivot`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pivot: Vec<serde_json::Value>,
    /// Whether it is about the values of the dimension of `top` that are not told apart; it has nothing in `pivot` for them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub others: bool,
}

/// How values that are not told apart are called together where they stand among values.
pub(crate) const OTHER: &str = "Other";

impl ResultColumn {
    /// A column that is called as it is named, without a format.
    pub(crate) fn new(name: &str, column_type: ColumnType, role: ColumnRole) -> Self {
        Self { name: name.to_owned(), label: name.to_owned(), column_type, role, grain: None, granularity: None, interval: None, format: None, pivot: Vec::new(), others: false }
    }

    /// The same, of buckets of time.
    pub(crate) fn in_buckets(self, asked: &Granularity, interval: Interval) -> Self {
        let several = interval.as_unit().is_none() || matches!(asked, Granularity::Named(_));
        Self { grain: Some(interval.unit()), granularity: several.then(|| asked.clone()), interval: several.then_some(interval), ..self }
    }

    /// How wide its buckets are.
    pub(crate) fn width(&self) -> Option<Interval> {
        self.interval.or_else(|| self.grain.map(Interval::from))
    }
}

/// Rows with their columns and provenance.
#[derive(Debug, Clone)]
pub struct QueryResult {
    /// The columns, in the order of the batch.
    pub columns: Vec<ResultColumn>,
    /// All rows in one batch.
    pub batch: RecordBatch,
    /// The totals that the query asks for, in its order.
    pub totals: Vec<Subtotal>,
    /// What the values that are not told apart make together, where the query asks for it: without the dimension of `top`.
    pub others: Option<Subtotal>,
    /// How it was to be answered, where the question asks for that: said before anything was read for it.
    pub explanation: Option<Explanation>,
    /// Where the numbers come from.
    pub provenance: Provenance,
}

/// The same numbers by fewer groups, from the same version.
#[derive(Debug, Clone, PartialEq)]
pub struct Subtotal {
    /// The members that it keeps apart.
    pub by: Vec<String>,
    /// Whether it is about the values that are not among the greatest.
    pub others: bool,
    /// Columns of the members and of the measures. A measure that means nothing by these groups, a rank for instance, is missing.
    pub columns: Vec<ResultColumn>,
    /// All rows in one batch.
    pub batch: RecordBatch,
    /// Whether a limit cut rows.
    pub truncated: bool,
    /// How far estimates may be off. Empty: the numbers are exact.
    pub bounds: Vec<Bound>,
}

/// An absolute range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TimeRange {
    /// First instant.
    pub from: DateTime<Utc>,
    /// First instant after it.
    pub to: DateTime<Utc>,
}

/// Where the numbers of a result come from.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Provenance {
    /// The view that was asked, where it was one. Everything below is of the models that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<UsedView>,
    /// The dataset, where there is exactly one.
    pub dataset: Option<String>,
    /// The version of the dataset that was read.
    pub version: Option<u64>,
    /// What was read, where it was not exactly one dataset.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceVersion>,
    /// Rows before this instant are gone, because they were older than the dataset keeps rows. `None`: none went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retained_from: Option<DateTime<Utc>>,
    /// Until when rows are there: the latest instant of the dataset's time column, but not beyond `answered_at`, or, where that has dates,
    /// the end of the latest day, unless the latest load or this version came on that day. Of several datasets whose rows are
    /// counted the one counts that has the least; what is only looked up has no say.
    pub complete_until: Option<DateTime<Utc>>,
    /// The clock by which the answer was made: that of the engine or, of an older state, the time of the state. What ends later still goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<Utc>>,
    /// Where the first bucket begins that is still running, so that its numbers may change: it ends after `answered_at`, or more than a
    /// twentieth of it lies behind `complete_until`, where buckets are of the time column, or the end of `time_range`. `None`: the
    /// answer has no buckets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_from: Option<DateTime<Utc>>,
    /// The range of time that was asked for, made absolute.
    pub time_range: Option<TimeRange>,
    /// That range as it was asked for, where it was relative to the clock or to the data: the one text that stands for all that mean
    /// the same, `last 7 days` ([`DateRange::canonical`](crate::DateRange::canonical)). `None` where a time has several ranges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative_range: Option<String>,
    /// The zone in which days begin.
    pub timezone: String,
    /// When days, weeks and years begin, where the question says so, or asks for buckets or ranges of time, which go by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<UsedCalendar>,
    /// Whether the numbers are exact.
    pub exact: bool,
    /// How far the numbers that are estimates may be off, one entry a measure. Empty in a semantic query that is exact.
    pub bounds: Vec<Bound>,
    /// Rows of the whole answer, where they were counted.
    pub total_rows: Option<u64>,
    /// Whether a limit cut rows.
    pub truncated: bool,
    /// Segments of the version.
    pub segments_total: u64,
    /// Segments that were opened.
    pub segments_read: u64,
    /// Segments whose partials were kept from before, so that no row of them was read.
    pub segments_reused: u64,
    /// Segments that rollups stood for, so that no row of them was read.
    pub segments_rolled: u64,
    /// Segments that need not be opened: ruled out by their statistics, by bloom filters, or by the rows that were found
    /// already.
    pub segments_pruned: u64,
    /// Rows of the segments that were opened.
    pub rows_scanned: u64,
    /// Bytes that were read from storage, footers and bloom filters among them.
    pub bytes_read: u64,
    /// What each rollup of the dataset did for this answer, or what it lacks for it. Empty where every partial was kept
    /// from before and no rollup lacks anything.
    pub rollups: Vec<RollupUse>,
    /// Whether the scope, or an access policy, restricted the rows. What tells of all rows, such as how many were read or
    /// when the latest is of, is left out then.
    pub row_filter_applied: bool,
    /// The access policies that restrict what was seen, an entry for each dataset that is not seen as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<AppliedAccess>,
    /// Segments that could not be read and that the answer leaves out, because the caller asked for that:
    /// [`Mill::skipping_damaged`](crate::Mill::skipping_damaged). Their rows are missing in every number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<DamagedSegment>,
    /// Time spent, by stage. Empty for who does not see all rows and columns as they are: how long it took tells of what is not seen.
    pub stages: Vec<Stage>,
    /// Whether anything of what was read is not seen as it is: rows or columns.
    #[serde(skip)]
    pub(crate) restricted: bool,
}

impl Provenance {
    /// What was read, each dataset with its version.
    pub(crate) fn sources_read(&self) -> Vec<SourceVersion> {
        let only = self.dataset.clone().zip(self.version);
        let only = only.map(|(dataset, version)| SourceVersion { dataset, version, complete_until: self.complete_until });
        only.into_iter().chain(self.sources.iter().cloned()).collect()
    }

    /// One number for the versions that were read: that of the dataset, or of several, added up. A commit to any of them makes it greater.
    pub(crate) fn version_read(&self) -> u64 {
        self.version.unwrap_or_else(|| self.sources.iter().map(|source| source.version).sum())
    }
}

/// A view that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsedView {
    /// Its name.
    pub name: String,
    /// The version in whose words the question was asked and answered.
    pub version: u64,
}

/// A dataset that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceVersion {
    /// Its name.
    pub dataset: String,
    /// The version that was read.
    pub version: u64,
    /// Until when its rows are there.
    pub complete_until: Option<DateTime<Utc>>,
}

/// What access policies made of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppliedAccess {
    /// The dataset.
    pub dataset: String,
    /// Names of the policies that apply.
    pub policies: Vec<String>,
    /// Why no row is seen, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_rows: Option<String>,
    /// The datasets that the policies look up in over joins, each with the version that decided.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lookups: BTreeMap<String, u64>,
}

/// A segment that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DamagedSegment {
    /// Its dataset.
    pub dataset: String,
    /// Its path below the dataset.
    pub segment: String,
    /// Its rows, for a scope that sees the whole dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// When its rows are of, for a scope that sees the whole dataset; `to` is the first microsecond after the last of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_range: Option<TimeRange>,
    /// What is wrong with it.
    pub error: String,
}

/// What a rollup did for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RollupUse {
    /// Its name.
    pub name: String,
    /// Segments that it stood for.
    pub segments: u64,
    /// What it lacks for this question, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacks: Option<String>,
}

/// How far the estimates of one measure may be off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bound {
    /// The measure, by the name of its column.
    pub measure: String,
    /// What the value is a bound of.
    pub kind: BoundKind,
    /// The bound: 0.01 for one hundredth.
    pub value: f64,
    /// The part of estimates that keep the bound: 0.95, or 1 where it is certain.
    pub confidence: f64,
}

/// What a bound says of an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BoundKind {
    /// Its distance from the true number, divided by the true number. For a quantile that lies between two values, the
    /// true number is the one of them that is farther from zero.
    RelativeError,
}

/// Time spent in one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// `plan`, `execute`, `count`.
    pub name: &'static str,
    /// How long it took.
    #[serde(rename = "duration_us", serialize_with = "as_micros")]
    pub duration: Duration,
}

fn as_micros<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}
