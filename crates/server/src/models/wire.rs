//! Models as they cross HTTP. The engine reads and writes them; these types tell OpenAPI their shape.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::datasets::wire::{Cell, ColumnType};
use crate::queries::wire::{Filter, Grain};

/// The words in which a dataset is asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    pub name: String,
    pub dataset: String,
    pub label: String,
    /// What it is, in at most 10,000 bytes.
    pub description: Option<String>,
    /// What programs that read the model are to know of it; as JSON at most 50,000 bytes.
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists. What is not is answered all the same, by its name and through views: who may see what is
    /// said by access policies.
    #[schema(required = false, default = true)]
    pub public: bool,
    /// Grows with every change.
    pub version: u64,
    #[schema(required)]
    pub time_dimension: Option<String>,
    pub dimensions: Vec<Dimension>,
    pub measures: Vec<Measure>,
    /// Other models that rows of this one belong to, or that have rows which belong to this one.
    #[schema(required = false)]
    pub joins: Vec<Join>,
    /// Filters with a name, which a query asks for in `segments`.
    #[schema(required = false)]
    pub segments: Vec<NamedFilter>,
    /// Dimensions that lie one within the other.
    #[schema(required = false)]
    pub hierarchies: Vec<Hierarchy>,
    #[schema(required = false)]
    pub rollups: Vec<Rollup>,
    /// Who sees which rows and columns. Only admins and owners change them; who does not see everything does not see them.
    #[schema(required = false)]
    pub access_policies: Vec<AccessPolicy>,
}

/// Lets some people see some rows and columns. A value is seen when some policy that applies lets both its row and its
/// column be seen; where none applies there are no rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessPolicy {
    pub name: String,
    /// To whom it applies: all of these hold. Without any it applies to everybody.
    #[schema(required = false)]
    pub when: Vec<AttributeCondition>,
    /// Conditions on dimensions that all hold for the rows which are seen: dimensions of the model, or of what its rows belong to
    /// over many-to-one and one-to-one joins (`customers.region`). A row that belongs to nothing there is not seen by such a one. A value
    /// `{user.name}` stands for all values of that attribute; in a text each brace is written twice. Without any, all rows are seen.
    #[schema(required = false)]
    pub rows: Vec<Filter>,
    /// The only columns of the dataset that are there, with those of `masked`. All others are hidden, also those that a later load brings.
    /// Without it, all columns are there that are not hidden.
    #[schema(required = false)]
    pub columns: Vec<String>,
    /// Columns of the dataset that are not there.
    #[schema(required = false)]
    pub hidden: Vec<String>,
    /// Columns of the dataset whose values are not shown.
    #[schema(required = false)]
    pub masked: Vec<MaskedColumn>,
}

/// That a user has one of some values.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttributeCondition {
    pub attribute: String,
    /// One of these is among the user's.
    pub values: Vec<String>,
}

/// A column that is there without its values.
#[derive(Debug, Serialize, ToSchema)]
pub struct MaskedColumn {
    pub column: String,
    /// What is shown in its place: a SQL expression over the columns of the dataset. Without one, nothing is.
    pub expression: Option<String>,
}

/// That rows of a model belong to rows of another.
#[derive(Debug, Serialize, ToSchema)]
pub struct Join {
    /// What the other model is called from here.
    pub name: String,
    /// The other model; when it is not given, the one of the join's name.
    pub model: Option<String>,
    #[schema(required = false)]
    pub relationship: Relationship,
    /// Columns whose values are equal.
    pub on: Vec<JoinKey>,
}

/// A pair of columns.
#[derive(Debug, Serialize, ToSchema)]
pub struct JoinKey {
    /// A column of this model's dataset.
    pub column: String,
    /// The column of the other one's.
    pub other: String,
}

/// How many rows of this model belong to how many of the other; `many_to_one` when it is not given.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    ManyToOne,
    OneToOne,
    OneToMany,
}

/// A filter with a name.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedFilter {
    pub name: String,
    pub label: String,
    /// What it is, in at most 10,000 bytes.
    pub description: Option<String>,
    /// What programs that read the model are to know of it; as JSON at most 50,000 bytes.
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists; questions may name it all the same.
    #[schema(required = false, default = true)]
    pub public: bool,
    /// Conditions on dimensions that must all hold.
    pub filters: Vec<Filter>,
}

/// Dimensions that lie one within the other.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hierarchy {
    pub name: String,
    pub label: String,
    /// The widest first: dimensions of the model, or `join.dimension` where a join leads to them.
    pub levels: Vec<String>,
}

/// Measures by dimensions that are kept for every segment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rollup {
    pub name: String,
    pub measures: Vec<String>,
    #[schema(required = false)]
    pub dimensions: Vec<String>,
    pub time_dimension: Option<String>,
    /// A unit of the calendar, or several of it such as `15 minutes`, in UTC.
    pub granularity: Option<String>,
}

/// Something to group by: a column, or a SQL expression over columns.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dimension {
    pub name: String,
    pub label: String,
    /// What it is, in at most 10,000 bytes.
    pub description: Option<String>,
    /// What programs that read the model are to know of it; as JSON at most 50,000 bytes.
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists; questions may name it all the same.
    #[schema(required = false, default = true)]
    pub public: bool,
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    pub column: Option<String>,
    pub expression: Option<String>,
    /// `number`, `integer`, `percent`, `currency_usd`, `currency_eur`, `duration_minutes`, `bytes`, or a d3-format string.
    pub format: Option<String>,
    /// A dimension of another model that has the same values with the same meaning.
    pub same_as: Option<String>,
    /// Names for buckets of a time, which questions give as their granularity.
    #[schema(required = false)]
    pub granularities: Vec<NamedGranularity>,
    /// What it says of a place, for maps.
    pub geo: Option<GeoRole>,
    /// Of a longitude: the dimension that is the latitude of the same points.
    pub latitude: Option<String>,
}

/// What a dimension says of a place: degrees north and east, a country by name or ISO code, its first division, a city, a postal code.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GeoRole {
    Latitude,
    Longitude,
    Country,
    Region,
    City,
    PostalCode,
}

/// Buckets of time that have a name.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedGranularity {
    /// Letters, digits and `_`; not the name of a unit.
    #[schema(example = "sprint")]
    pub name: String,
    pub label: String,
    /// How wide its buckets are: a unit of the calendar, or several of it.
    #[schema(example = "2 weeks")]
    pub interval: String,
    /// When one of its buckets begins, on the wall clock of whoever asks: a day, or a day and a time for buckets below a day.
    #[schema(example = "2024-01-02")]
    pub origin: Option<String>,
}

/// Something to compute.
#[derive(Debug, Serialize, ToSchema)]
pub struct Measure {
    pub name: String,
    pub label: String,
    /// What it is, in at most 10,000 bytes.
    pub description: Option<String>,
    /// What programs that read the model are to know of it; as JSON at most 50,000 bytes.
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists; questions and other measures may name it all the same.
    #[schema(required = false, default = true)]
    pub public: bool,
    pub kind: MeasureKind,
    pub column: Option<String>,
    pub expression: Option<String>,
    /// Which quantile, from 0 to 1, for the kind `quantile`. Default 0.5, the median.
    pub quantile: Option<f64>,
    #[schema(required = false)]
    pub filters: Vec<Filter>,
    /// The measure that a derived one looks at; the numerator of a ratio, which may be of another model (`visits.count`).
    pub measure: Option<String>,
    /// The measure that a ratio divides by, of this model or of another one (`visits.count`).
    pub denominator: Option<String>,
    /// How long a rolling measure looks back, or by how much a time shift is earlier.
    pub span: Option<Span>,
    /// Dimensions of which each combination has a balance of its own.
    #[schema(required = false)]
    pub by: Vec<String>,
    /// Whether a balance stays what it was where a bucket, or the range that is asked for, has no row of a combination.
    #[schema(required = false)]
    pub carry: bool,
    /// Dimensions in which groups are alike that a share is told of, or among which a rank is counted.
    #[schema(required = false)]
    pub within: Vec<String>,
    /// `number`, `integer`, `percent`, `currency_usd`, `currency_eur`, `duration_minutes`, `bytes`, or a d3-format string.
    pub format: Option<String>,
    #[schema(required = false)]
    pub lower_is_better: bool,
    /// The dimensions that are shown of the rows behind a number, in this order; without any, all that the model has.
    #[schema(required = false)]
    pub drill: Vec<String>,
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
    First,
    Last,
    Balance,
    Number,
    Ratio,
    ShareOfTotal,
    Rank,
    Cumulative,
    Rolling,
    TimeShift,
}

/// A length of time in whole units of the calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct Span {
    pub count: u32,
    pub unit: Grain,
}

/// The models of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelList {
    /// By name.
    pub items: Vec<Model>,
}

/// What is wrong with a model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelCheck {
    /// Empty where it could be saved. What is found first may hide what else is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Something that is wrong with a model.
#[derive(Debug, Serialize, ToSchema)]
pub struct Diagnostic {
    /// Path of the part that is wrong, for instance `measures[2].column`; empty where the text cannot be read, and where it is no part.
    pub field: String,
    /// What is wrong, with near names where there are some.
    pub detail: String,
    /// Line of the text, from 1; of YAML alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Character of the line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

/// Values of a dimension.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValuePage {
    /// In ascending order, without what is missing.
    pub values: Vec<Cell>,
    /// Whether there are more.
    pub more: bool,
}
