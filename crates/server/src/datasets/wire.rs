//! Datasets as they cross HTTP. The engine writes them; these types tell OpenAPI their shape.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::dataset_loads::wire::Drift;

/// Type of a column.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    Boolean,
    Integer,
    Float,
    String,
    Date,
    Timestamp,
    /// Named fields.
    Struct,
    /// Any number of values of one type.
    List,
}

/// A field inside of a struct or list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnField {
    /// Its name; `element` inside of a list.
    pub name: String,
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// What is inside of it, where it is a struct or list.
    #[schema(no_recursion)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<ColumnField>,
}

/// A value: text, number, boolean or nothing. Dates and timestamps are text; structs are objects and lists arrays.
#[derive(Debug, Serialize)]
pub struct Cell(pub serde_json::Value);

impl PartialSchema for Cell {
    fn schema() -> RefOr<Schema> {
        let plain = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Number, Type::Boolean, Type::Null]));
        let object = ObjectBuilder::new().schema_type(Type::Object);
        let array = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(SchemaType::AnyValue));
        let description = "A value. Dates and timestamps are text; structs are objects and lists arrays.";
        AnyOfBuilder::new().item(plain).item(object).item(array).description(Some(description)).into()
    }
}

impl ToSchema for Cell {}

/// A dataset in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetSummary {
    pub name: String,
    pub label: String,
    /// Rows that the caller sees.
    pub rows: u64,
    /// Nothing for who does not see all rows and columns as they are.
    #[schema(required)]
    pub size_bytes: Option<u64>,
    /// Nothing for who does not see all rows and columns as they are.
    #[schema(required)]
    pub segments: Option<u64>,
    pub version: u64,
    #[schema(required)]
    pub time_column: Option<String>,
    #[schema(required)]
    pub time_min: Option<DateTime<Utc>>,
    #[schema(required)]
    pub time_max: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The datasets of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetList {
    /// By name.
    pub items: Vec<DatasetSummary>,
}

/// A column with what is known of its values.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetColumn {
    pub name: String,
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// What is inside of a struct or list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<ColumnField>,
    pub nullable: bool,
    #[schema(required)]
    pub nulls: Option<u64>,
    pub min: Cell,
    pub max: Cell,
}

/// A load that was committed.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetLoad {
    pub load_id: String,
    pub version: u64,
    pub source: String,
    pub rows: u64,
    pub rejected: u64,
    /// Values that were made null, because they did not hold to the contract.
    pub nulled: u64,
    /// Whether it has a profile.
    pub profiled: bool,
    /// What is not as it was in the profiled load before: the strongest findings.
    pub drift: Vec<Drift>,
    /// The load of which it brings rejected rows corrected.
    #[schema(required)]
    pub replays: Option<String>,
    pub committed_at: DateTime<Utc>,
}

/// A dataset with its columns and its newest loads.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetDetail {
    /// As in the list.
    #[serde(flatten)]
    pub summary: DatasetSummary,
    /// In the order of the dataset.
    pub columns: Vec<DatasetColumn>,
    /// The newest 20.
    pub loads: Vec<DatasetLoad>,
}

/// How often a value occurs.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValueCount {
    pub value: Cell,
    pub count: u64,
}

/// What a column holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnProfile {
    pub name: String,
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    pub nulls: u64,
    pub distinct: u64,
    pub distinct_exact: bool,
    pub min: Cell,
    pub max: Cell,
    #[schema(required)]
    pub mean: Option<f64>,
    pub top: Vec<ValueCount>,
}

/// What a dataset holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetProfile {
    pub dataset: String,
    pub version: u64,
    pub rows: u64,
    pub columns: Vec<ColumnProfile>,
}

/// A row that could not be taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct RejectedRow {
    pub load_id: String,
    /// Its number among the rejected rows of the load.
    pub number: u64,
    pub line: u64,
    #[schema(required)]
    pub column: Option<String>,
    #[schema(required)]
    pub value: Option<String>,
    pub reason: String,
    /// The rule of the contract, from 1, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    pub raw: String,
    /// The load that brought it corrected.
    #[schema(required)]
    pub replayed_by: Option<String>,
    /// Why it cannot be loaded again from here, where it cannot: a sentence.
    #[schema(required)]
    pub obstacle: Option<String>,
}

/// What the text of a rejected row does not say of its values.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowHeader {
    /// The columns of the file, in its order.
    pub columns: Vec<String>,
    /// The character between the cells; none where rows are objects of JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// The texts that mean "no value" in it, where the load named some in the place of the usual ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub null_tokens: Option<Vec<String>>,
}

/// A row that would not be taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct RejectedValue {
    pub line: u64,
    #[schema(required)]
    pub column: Option<String>,
    #[schema(required)]
    pub value: Option<String>,
    pub reason: String,
    pub raw: String,
}

/// Some of the rejected rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct RejectedRows {
    /// How many there are.
    pub total: u64,
    /// Those asked for; fewer than the limit where they are long, so the next page begins as many rows later as these are.
    pub items: Vec<RejectedRow>,
    /// By load of these: how its rows are written, where their text does not name its values and that was kept.
    pub headers: BTreeMap<String, RowHeader>,
}

/// What a push did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pushed {
    /// Id of the load, for its rejected rows.
    pub load_id: String,
    /// The version that it made.
    pub version: u64,
    /// Rows stored.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Rows that were there and went for these.
    pub replaced: u64,
    /// Rows that the steps of the dataset left out.
    pub left_out: u64,
    /// Whether this is the answer of an earlier push with the same idempotency key.
    pub replayed: bool,
}

/// How many of the latest rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PreviewParams {
    /// Rows at most: 1 to 1,000, default 50.
    pub limit: Option<usize>,
}

/// What becomes of the rows that are there.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PushParams {
    /// Names of columns with commas between them: rows with the same values in them are replaced. Left out, all rows stay.
    pub key: Option<String>,
}

/// Which of the rejected rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RejectParams {
    /// Rows at most: 1 to 1,000, default 100.
    pub limit: Option<usize>,
    /// Rows to leave out first.
    pub offset: Option<usize>,
    /// Only rows of this load. Default: of all loads whose versions are kept.
    pub load_id: Option<String>,
}
