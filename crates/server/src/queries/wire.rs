//! Queries and results as they cross HTTP. The engine reads and writes them; most of these types tell OpenAPI their shape.

pub mod lineage;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::datasets::wire::{Cell, ColumnType};
use crate::rollups::wire::Explanation;

/// A statement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlQuery {
    /// One read-only statement.
    #[schema(example = "select carrier, count(*) from flights group by 1")]
    pub sql: String,
    /// Rows at most: 1 to 50,000, default 1,000.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Which state of the datasets is asked. Default: the latest. A version needs a statement over one dataset.
    #[serde(default, rename = "asOf")]
    #[schema(value_type = Option<AsOf>)]
    pub as_of: Option<tidemill::AsOf>,
    /// What it may read at most: less than what the tenant grants, never more.
    #[serde(default)]
    #[schema(value_type = Option<Budget>)]
    pub budget: Option<tidemill::Budget>,
    /// Whether the answer says how it was to be answered, as `/sql/explain` says it without answering. Of answers as JSON alone; where
    /// nothing is answered it changes nothing.
    #[serde(default)]
    #[schema(required = false)]
    pub explain: bool,
}

/// A state of a dataset: a version (a whole number), or what was there at a time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum AsOf {
    /// The version that a commit made.
    Version(u64),
    /// The version that was the latest at a time.
    Time(DateTime<Utc>),
}

/// A question in the words of a model.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SemanticQuery {
    #[schema(required = false, example = json!(["flights.count"]))]
    pub measures: Vec<String>,
    #[schema(required = false)]
    pub dimensions: Vec<String>,
    #[schema(required = false)]
    pub time_dimensions: Vec<TimeDimension>,
    #[schema(required = false)]
    pub filters: Vec<Filter>,
    /// Named filters, `model.segment`, that must all hold too.
    #[schema(required = false)]
    pub segments: Vec<String>,
    /// Pairs of a member and `asc` or `desc`.
    #[schema(required = false, value_type = Vec<Vec<String>>)]
    pub order: Vec<(String, String)>,
    pub limit: Option<u64>,
    pub offset: Option<u64>,
    /// Whether to count all rows, those cut by the limit included.
    #[schema(required = false)]
    pub total: bool,
    /// IANA name of the zone in which days begin. Default UTC.
    pub timezone: Option<String>,
    /// When days, weeks and years begin. Default: at midnight, on Monday and in January.
    pub calendar: Option<Calendar>,
    /// `true`: measures that are estimates by their kind (`count_distinct_approx`, `quantile`) are computed exactly, too. `false`:
    /// `count_distinct` of texts and floats may be an estimate as well. Default: every measure is what its kind says.
    pub exact: Option<bool>,
    /// Which state of the dataset is asked; relative ranges are counted from its time. Default: the latest.
    pub as_of: Option<AsOf>,
    /// Which totals are computed beside the answer, from rows of the same version.
    pub totals: Option<Totals>,
    /// Tells only the greatest values of one dimension apart.
    pub top: Option<Top>,
    /// Dimensions, or times with a granularity, whose values become columns.
    #[schema(required = false)]
    pub pivot: Vec<String>,
    /// Whether rows are asked for and not groups: of each measure the value that it takes from the row.
    #[schema(required = false)]
    pub ungrouped: bool,
    /// What it may read at most: less than what the tenant grants, never more.
    pub budget: Option<Budget>,
    /// Whether the answer says how it was to be answered, as `/queries/explain` says it without answering. Not of live questions.
    #[schema(required = false)]
    pub explain: bool,
}

/// The totals of an answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Totals {
    /// Every beginning of the groups, times first, the grand total among them.
    Every(bool),
    /// What each total keeps apart; nothing is the grand total.
    By(Vec<Vec<String>>),
}

/// The greatest values of a dimension, and whether the others are one more group.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Top {
    /// One of the dimensions that are asked for.
    pub dimension: String,
    /// How many of its values are told apart.
    #[schema(minimum = 1, maximum = 1000)]
    pub limit: u64,
    /// The measure that says which, over the whole answer. Default: the first one.
    pub by: Option<String>,
    /// Whether what all other values make together is told as well.
    #[schema(required = false)]
    pub others: bool,
}

/// What stands in a bucket of time that has no rows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// Nothing.
    Null,
    /// Zero for what counts or adds up and has no value, the number before for what is cumulative, what follows from these for ratios and
    /// formulas of something cumulative, nothing for the rest.
    Zero,
    /// The value of the last bucket before that has one.
    Previous,
}

/// What a question may read at most. A bound that is absent bounds nothing; what is kept and rollups cost nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Budget {
    /// Bytes that are fetched from the store, as they are estimated before.
    pub bytes: Option<u64>,
    /// Rows of the segments that are looked into.
    pub rows: Option<u64>,
    /// Units of cost, by the prices of the server: of the rows and the bytes together.
    pub cost: Option<u64>,
}

/// A time to group by or to restrict.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeDimension {
    pub dimension: String,
    /// A unit of the calendar, several of it such as `15 minutes`, `6 hours` or `2 weeks from 2024-01-02`, or the name that the
    /// dimension has for some (`granularities` of the model). Without it the member only restricts.
    #[schema(example = "15 minutes")]
    pub granularity: Option<String>,
    pub date_range: Option<DateRange>,
    /// Whether buckets without rows are there as well, and with what. They reach to the ends of the range, but not beyond now.
    pub fill: Option<Fill>,
}

/// In which zone and when days, weeks and years begin, and which days are worked. What it says nothing of is as the next wider calendar
/// says: that of the dashboard, of the user, of the tenant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Calendar {
    /// The zone in which days begin, where the question or its dashboard names none: a name of the IANA database. At last: `UTC`.
    #[schema(example = "Asia/Tokyo")]
    pub timezone: Option<String>,
    /// The day on which weeks begin. At last: `monday`.
    pub week_start: Option<Weekday>,
    /// The month with which years begin, 1 to 12; quarters follow it. At last: 1.
    #[schema(minimum = 1, maximum = 12)]
    pub year_start: Option<u32>,
    /// The hour with which days and everything longer begin, 0 to 23. At last: 0, midnight.
    #[schema(minimum = 0, maximum = 23)]
    pub day_start: Option<u32>,
    /// The days of the week that are not worked, six at most. At last: Saturday and Sunday.
    pub weekend: Option<Vec<Weekday>>,
    /// The dates that are not worked. At last: none.
    #[schema(max_items = 2000)]
    pub holidays: Option<Vec<Holiday>>,
}

/// A date that is not worked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Holiday {
    #[schema(example = "2026-12-25")]
    pub date: String,
    /// What it is called.
    #[schema(example = "Christmas", max_length = 120)]
    pub name: Option<String>,
}

/// The calendar by which an answer was made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsedCalendar {
    pub week_start: Weekday,
    pub year_start: u32,
    /// Left out where days begin at midnight.
    #[schema(required = false)]
    pub day_start: u32,
    /// The days of the week that are not worked, where the answer is about business days.
    pub weekend: Option<Vec<Weekday>>,
    /// How many holidays were known, where the answer is about business days.
    pub holiday_count: Option<u64>,
}

/// A day of the week.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A unit of the calendar; days and longer begin as the query's zone and calendar say.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// Two days, one day, or a relative range such as `last 30 days of data`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum DateRange {
    /// First and last, both included.
    Between(Vec<String>),
    /// A day or a relative range.
    Named(String),
}

/// A condition, or a group of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(no_recursion)]
pub enum Filter {
    /// All must hold.
    And {
        /// The conditions.
        and: Vec<Filter>,
    },
    /// One must hold.
    Or {
        /// The conditions.
        or: Vec<Filter>,
    },
    /// A comparison of one member.
    Condition(Condition),
}

/// A comparison of one member with values.
#[derive(Debug, Serialize, ToSchema)]
pub struct Condition {
    /// The member.
    pub member: String,
    /// How to compare.
    pub operator: Operator,
    /// With what. Empty for `set`, `notSet`, `onBusinessDays` and `offBusinessDays`.
    #[schema(required = false)]
    pub values: Vec<Cell>,
}

/// How a condition compares.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FilterOperator)]
pub enum Operator {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    StartsWith,
    NotStartsWith,
    EndsWith,
    NotEndsWith,
    Gt,
    Gte,
    Lt,
    Lte,
    Between,
    NotBetween,
    Set,
    NotSet,
    InDateRange,
    NotInDateRange,
    BeforeDate,
    BeforeOrOnDate,
    AfterDate,
    AfterOrOnDate,
    OnBusinessDays,
    OffBusinessDays,
}

/// A view that was asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsedView {
    pub name: String,
    /// The version in whose words the question was asked and answered.
    pub version: u64,
}

/// What access policies made of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppliedAccess {
    pub dataset: String,
    /// Names of the policies that apply.
    pub policies: Vec<String>,
    /// Why no row is seen, in a sentence.
    pub no_rows: Option<String>,
    /// The datasets that the policies look up in over joins, each with the version that decided.
    #[schema(required = false)]
    pub lookups: BTreeMap<String, u64>,
}

/// A column of a result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultColumn {
    pub name: String,
    pub label: String,
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    pub role: ColumnRole,
    /// The unit of the buckets of a time, or that of which they are several.
    pub grain: Option<Grain>,
    /// As the granularity was asked for, where it is not the unit alone: `15 minutes`, or a name of the dimension's.
    pub granularity: Option<String>,
    /// How wide the buckets are, where they are not one unit each as the calendar says: `2 weeks from 2024-01-02`.
    pub interval: Option<String>,
    #[schema(required)]
    pub format: Option<String>,
    /// The values that became this column, in the order of the query's `pivot`.
    #[schema(required = false)]
    pub pivot: Vec<Cell>,
    /// Whether it is about the values of the dimension of `top` that are not told apart.
    #[schema(required = false)]
    pub others: bool,
}

/// What part a column plays.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnRole {
    Time,
    Dimension,
    Measure,
    Column,
}

/// Rows, columnar: `data` has one list a column.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueryResult {
    pub columns: Vec<ResultColumn>,
    pub data: Vec<Vec<Cell>>,
    pub row_count: u64,
    /// The totals that the query asks for, in its order.
    #[schema(required = false)]
    pub totals: Vec<Subtotal>,
    /// What the values that are not told apart make together: without the dimension of `top`.
    pub others: Option<Subtotal>,
    /// How it was to be answered, where the query asks for that: said before anything was read for it.
    pub explanation: Option<Explanation>,
    pub provenance: Provenance,
}

/// The same numbers by fewer groups, from the same version.
#[derive(Debug, Serialize, ToSchema)]
pub struct Subtotal {
    /// The members that it keeps apart.
    pub by: Vec<String>,
    /// Whether it is about the values that are not among the greatest.
    #[schema(required = false)]
    pub others: bool,
    /// A measure that means nothing by these groups, a rank for instance, is missing.
    pub columns: Vec<ResultColumn>,
    pub data: Vec<Vec<Cell>>,
    pub row_count: u64,
    pub truncated: bool,
    /// How far estimates may be off.
    pub bounds: Vec<Bound>,
}

/// An absolute range of time; `to` is exclusive.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeRange {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// What a rollup did for an answer, or what it lacks for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RollupUse {
    pub name: String,
    pub segments: u64,
    pub lacks: Option<String>,
}

/// Time spent in one stage.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stage {
    pub name: String,
    pub duration_us: u64,
}

/// How far the estimates of one measure may be off.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bound {
    /// The measure, by the name of its column.
    pub measure: String,
    pub kind: BoundKind,
    /// The bound: 0.01 for one hundredth.
    pub value: f64,
    /// The part of estimates that keep the bound: 0.95, or 1 where it is certain.
    pub confidence: f64,
}

/// What a bound says of an estimate.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoundKind {
    /// Its distance from the true number, divided by the true number.
    RelativeError,
}

/// A dataset that was read.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceVersion {
    pub dataset: String,
    pub version: u64,
    /// Until when its rows are there.
    #[schema(required)]
    pub complete_until: Option<DateTime<Utc>>,
}

/// Where the numbers come from.
#[derive(Debug, Serialize, ToSchema)]
pub struct Provenance {
    /// The view that was asked, where it was one. Everything below is of the models that it is about.
    pub view: Option<UsedView>,
    #[schema(required)]
    pub dataset: Option<String>,
    #[schema(required)]
    pub version: Option<u64>,
    /// What was read, where it was not exactly one dataset.
    #[schema(required = false)]
    pub sources: Vec<SourceVersion>,
    /// Rows before this instant are gone, because they were older than the dataset keeps rows.
    pub retained_from: Option<DateTime<Utc>>,
    /// Until when rows are there: the latest instant, but not beyond `answered_at`, or the end of the latest date's day. Of several datasets
    /// whose rows are counted the one counts that has the least.
    #[schema(required)]
    pub complete_until: Option<DateTime<Utc>>,
    /// The clock by which the answer was made; of an older state, the time of the state. What ends later still goes on.
    pub answered_at: Option<DateTime<Utc>>,
    /// Where the first bucket begins that is still running: it ends after `answered_at`, or more than a twentieth of it lies behind
    /// `complete_until`, where buckets are of the dataset's time column, or the end of `time_range`. Left out where the answer has no buckets.
    pub running_from: Option<DateTime<Utc>>,
    #[schema(required)]
    pub time_range: Option<TimeRange>,
    /// That range as it was asked for, where it was relative to the clock or to the data: one text for all that mean the same.
    #[schema(example = "last 7 days")]
    pub relative_range: Option<String>,
    pub timezone: String,
    /// The calendar that the question goes by, where it has one, or is about buckets or ranges of time or business days.
    pub calendar: Option<UsedCalendar>,
    pub exact: bool,
    /// How far the numbers that are estimates may be off, one entry a measure.
    pub bounds: Vec<Bound>,
    #[schema(required)]
    pub total_rows: Option<u64>,
    pub truncated: bool,
    pub segments_total: u64,
    pub segments_read: u64,
    pub segments_reused: u64,
    pub segments_rolled: u64,
    pub segments_pruned: u64,
    pub rows_scanned: u64,
    pub bytes_read: u64,
    pub rollups: Vec<RollupUse>,
    /// Whether rows were left out because the caller may not see them. What tells of all rows is left out then.
    pub row_filter_applied: bool,
    /// The access policies that restrict what was seen, an entry for each dataset that is not seen as a whole.
    #[schema(required = false)]
    pub access: Vec<AppliedAccess>,
    /// Empty where the caller may not see all rows and columns as they are.
    pub stages: Vec<Stage>,
}
