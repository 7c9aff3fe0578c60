//! Verifications and lineages as they cross HTTP. The engine writes them; these types tell OpenAPI their shape.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Filter, Provenance, SourceVersion, TimeRange, UsedCalendar};
use crate::datasets::wire::Cell;
use crate::models::wire::{Dimension, JoinKey, Measure};
use crate::versions::wire::{Operation, VersionLoad};

/// Whether an answer is what its rows say.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verification {
    /// Whether there is no difference.
    pub equal: bool,
    /// Rows of the answer.
    pub rows: u64,
    /// Values of measures that were compared.
    pub values: u64,
    pub difference_count: u64,
    /// The first of them, 20 at most.
    pub differences: Vec<Difference>,
    /// What was read, both times.
    pub versions: Vec<SourceVersion>,
    /// Missing for who does not see all rows and columns.
    pub answered_ms: Option<u64>,
    /// Missing for who does not see all rows and columns.
    pub recomputed_ms: Option<u64>,
    /// Where the answer comes from.
    pub answered: Provenance,
    /// Where the numbers come from that it was compared with: rows alone.
    pub recomputed: Provenance,
}

/// Something in which an answer and its rows differ.
#[derive(Debug, Serialize, ToSchema)]
pub struct Difference {
    pub kind: DifferenceKind,
    /// What tells the row apart, by member. Empty where it is about the answer as a whole.
    pub row: BTreeMap<String, Cell>,
    /// The column; of an answer as a whole `columns`, `total_rows` or `truncated`.
    pub column: Option<String>,
    /// What was answered: a value, the measures of a row, or for an order the place of the row, from 0.
    pub answered: Cell,
    /// What the rows say.
    pub recomputed: Cell,
}

/// In what they differ.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// A value of a row that both have.
    Value,
    /// A row that the answer has and the rows do not give.
    OnlyAnswered,
    /// A row that the rows give and the answer lacks.
    OnlyRecomputed,
    /// The place of a row.
    Order,
    /// The answer as a whole: its columns, how many rows there are.
    Whole,
}

/// A view in whose words a question was asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewLineage {
    pub name: String,
    pub version: u64,
    /// The members of models by those of the view.
    pub members: BTreeMap<String, String>,
}

/// What the numbers of an answer are made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lineage {
    /// The view that was asked, and what its members are called below.
    pub view: Option<ViewLineage>,
    /// The measures that are asked for or filtered by, and after them what they are computed from.
    pub measures: Vec<MeasureLineage>,
    /// What is grouped by.
    pub dimensions: Vec<DimensionLineage>,
    /// The joins by which rows come to what is grouped by and filtered by, where that is of another model.
    pub ways: Vec<WayLineage>,
    /// The ranges of time, made absolute.
    pub time_ranges: Vec<AppliedRange>,
    /// The conditions of the question and of the segments that it names, made absolute.
    pub filters: Vec<AppliedFilter>,
    pub timezone: String,
    /// The calendar that the question goes by, where it has one, or is about buckets or ranges of time or business days.
    pub calendar: Option<UsedCalendar>,
    pub datasets: Vec<DatasetLineage>,
    /// Whether some segments are not listed, because there are more than 1,000.
    pub truncated: bool,
}

/// What the answer to a statement is made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementLineage {
    /// The measures that it calls, `measure(revenue)`, and after those of each model what they are computed from.
    pub measures: Vec<MeasureLineage>,
    /// Names in it that are dimensions of models, and no columns.
    pub dimensions: Vec<DimensionLineage>,
    /// What its SELECTs over views ask, in their order. Their `datasets` are empty: all that is read stands in those of the statement.
    pub questions: Vec<Lineage>,
    /// The zone in which days begin, where the statement does not say so itself.
    pub timezone: String,
    /// Where it reads rows, and by which conditions. Empty where the caller sees a part of something that it reads.
    pub reads: Vec<ReadLineage>,
    pub datasets: Vec<DatasetLineage>,
    /// Whether some segments are not listed, because there are more than 1,000.
    pub truncated: bool,
}

/// A place at which a statement reads rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadLineage {
    pub dataset: String,
    /// What is asked of these rows alone, before they meet others, as SQL: all of it holds for each that is read.
    pub conditions: Vec<String>,
}

/// What a measure is.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeasureLineage {
    pub member: String,
    /// Whether it is part of the question; the others are what it is computed from.
    pub asked: bool,
    /// As the model has it.
    pub definition: Measure,
    /// Its own conditions, made absolute.
    pub conditions: Vec<Filter>,
    /// The measures that it is computed from.
    pub made_of: Vec<String>,
}

/// What a group is.
#[derive(Debug, Serialize, ToSchema)]
pub struct DimensionLineage {
    /// As the question names it.
    pub member: String,
    /// The model that it is of, which a join may call otherwise.
    pub model: String,
    /// As the model has it.
    pub definition: Dimension,
}

/// The way from rows that are counted to what is looked up for them.
#[derive(Debug, Serialize, ToSchema)]
pub struct WayLineage {
    /// What stands before the dot of the members that are looked up.
    pub name: String,
    /// The model whose rows are counted.
    pub from: String,
    /// From one model to the next, at least one.
    pub steps: Vec<StepLineage>,
}

/// One step of a way: at most one row of the next model belongs to each row.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepLineage {
    /// What the join calls the next model.
    pub join: String,
    /// The next model.
    pub model: String,
    /// Columns whose values are equal, of the model before and of this one.
    pub on: Vec<JoinKey>,
}

/// A range of time that rows are of; `to` is exclusive, and nothing is an open end.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppliedRange {
    pub member: String,
    #[schema(required)]
    pub from: Option<DateTime<Utc>>,
    #[schema(required)]
    pub to: Option<DateTime<Utc>>,
    /// As it was asked for, where it was relative to the clock or to the data: one text for all that mean the same.
    #[schema(example = "last 7 days")]
    pub relative: Option<String>,
}

/// A condition that was applied.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppliedFilter {
    /// The named filter that it is of, where it is of one.
    pub segment: Option<String>,
    pub filter: Filter,
}

/// What is read of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetLineage {
    pub dataset: String,
    pub label: String,
    pub model_version: u64,
    pub version: u64,
    /// Until when the rows that are seen are there.
    #[schema(required)]
    pub complete_until: Option<DateTime<Utc>>,
    /// Whether rows or columns are not seen. Then neither segments nor loads are told.
    pub restricted: bool,
    /// The access policies that apply.
    pub policies: Vec<String>,
    /// Why no row is seen, in a sentence.
    pub no_rows: Option<String>,
    pub segments_total: u64,
    /// Segments that may hold a row of the answer, by their bounds.
    pub segments_matching: u64,
    /// Rows of these.
    pub rows: u64,
    /// Where these come from, by commit, oldest first; what is not known comes last.
    pub commits: Vec<CommitLineage>,
}

/// How rows came to be where they are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// As a load brought them.
    Loaded,
    /// They were written anew since, so which loads have brought them cannot be told.
    Rewritten,
    /// The log does not go back so far any more, or too far to look.
    Unknown,
}

/// Segments that one commit brought.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommitLineage {
    pub origin: Origin,
    #[schema(required)]
    pub version: Option<u64>,
    #[schema(required)]
    pub committed_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub operation: Option<Operation>,
    /// Small loads share a commit and its segments.
    pub loads: Vec<VersionLoad>,
    pub rows: u64,
    pub segments: Vec<SegmentLineage>,
}

/// A segment that may hold a row of the answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentLineage {
    /// Its path below the dataset.
    pub path: String,
    pub rows: u64,
    pub bytes: u64,
    #[schema(required)]
    pub time_range: Option<TimeRange>,
}
