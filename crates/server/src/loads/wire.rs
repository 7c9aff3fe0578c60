//! Loads as they cross HTTP.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::contracts::wire::Contract;
use crate::dataset_loads::wire::Drift;
use crate::datasets::wire::{ColumnField, ColumnType};
use crate::http::problem::WireProblem;
use crate::steps::wire::Step;
use crate::uploads::wire::ReadOptions;

/// A file to be loaded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLoad {
    /// From `POST /uploads`.
    pub upload_id: String,
    /// Name of the dataset: lower-case letters, digits and `_`.
    pub dataset: String,
    /// What people read; for a new dataset.
    #[serde(default)]
    pub label: Option<String>,
    /// Whether the dataset must or must not be there, and what becomes of the rows that it has.
    pub mode: Mode,
    /// First instant of the range that is replaced; with `replace_range` alone.
    #[serde(default)]
    pub from: Option<DateTime<Utc>>,
    /// The instant after the last of the range that is replaced; with `replace_range` alone.
    #[serde(default)]
    pub to: Option<DateTime<Utc>>,
    /// The columns that tell a row from every other; with `upsert` alone.
    #[serde(default)]
    pub key: Vec<String>,
    /// Declared types, by column; a field of a struct by its path, `address.zip`. Other columns keep the inferred type.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, ColumnType>)]
    pub types: BTreeMap<String, tidemill::ColumnType>,
    /// Whether columns of a dataset that is there may be widened for it.
    #[serde(default)]
    pub widening: Widening,
    /// What is done to the rows of a new dataset, and of every later load; see docs/steps.md.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Step>>)]
    pub steps: Option<tidemill::Steps>,
    /// What every row of a new dataset must hold to, this load's among them; see docs/contracts.md. That of a dataset that is there is changed by
    /// `PUT /datasets/{name}/contract`.
    #[serde(default)]
    #[schema(value_type = Option<Contract>)]
    pub contract: Option<tidemill::Contract>,
    /// How the file is written, where that is not to be inferred.
    #[serde(default)]
    pub options: ReadOptions,
    /// The time of a new dataset; `null` for none, left out to infer it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub time_column: Option<Option<String>>,
    /// The same load under the same key again is answered as the first time; another one under it is a conflict.
    pub idempotency_key: Option<String>,
    /// The part of a source that the file is. The same part again is answered as the first time.
    #[serde(default)]
    pub position: Option<SourcePart>,
}

/// A part of a source: what comes after one position, up to another. The position of the source moves in the commit of the load, and only
/// from there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourcePart {
    /// Name of the source, up to 128 characters.
    pub source: String,
    /// Where the source was before; left out at its beginning.
    #[serde(default)]
    pub from: Option<u64>,
    /// Where it is afterwards.
    pub to: u64,
}

/// Whether the dataset must or must not be there, and what becomes of the rows that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LoadMode)]
pub enum Mode {
    /// It must not be there.
    Create,
    /// It must be there; its rows stay.
    Append,
    /// It is made, or all of its rows go.
    Replace,
    /// It is made, or its rows from `from` on and before `to` go. The file may have no others.
    ReplaceRange,
    /// It is made, or its rows that have a key of the file go.
    Upsert,
}

/// Whether columns of a dataset that is there may be widened: whole numbers to floats, days to instants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Widening {
    /// Where the file needs it, unless it is a few rows for a large dataset.
    #[default]
    Automatic,
    /// Where the file needs it, whatever it costs.
    Always,
    /// Never: rows that do not fit are rejected.
    Never,
}

impl From<Widening> for tidemill::Widening {
    fn from(widening: Widening) -> Self {
        match widening {
            Widening::Automatic => Self::Automatic,
            Widening::Always => Self::Always,
            Widening::Never => Self::Never,
        }
    }
}

/// Tells `null` from a field that is not there.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

/// How a load stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadState {
    Running,
    Done,
    Failed,
    Cancelled,
}

/// A load.
#[derive(Debug, Serialize, ToSchema)]
pub struct Load {
    /// Id.
    pub id: Uuid,
    /// The dataset.
    pub dataset: String,
    /// How it stands.
    pub state: LoadState,
    /// Bytes of the file read so far.
    pub bytes_read: u64,
    /// Bytes of the file; 0 while unknown.
    pub bytes_total: u64,
    /// Rows decoded.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// What it did, once it is done.
    #[schema(value_type = Option<LoadReport>, required)]
    pub report: Option<Value>,
    /// Why it failed.
    #[schema(required)]
    pub problem: Option<WireProblem>,
}

/// Which loads.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LoadParams {
    /// Only those that stand so.
    pub state: Option<LoadState>,
}

/// The loads of uploads since the server was started.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoadList {
    /// Newest first; what has ended is here for an hour.
    pub items: Vec<Load>,
}

/// What a load did.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoadReport {
    pub load_id: String,
    pub dataset: String,
    pub source: String,
    pub version: u64,
    pub rows: u64,
    pub rejected: u64,
    /// Rows that the steps left out.
    pub left_out: u64,
    /// The datasets that rows were looked up in, and their versions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lookups: BTreeMap<String, u64>,
    /// Columns that the dataset did not have before.
    pub new_columns: Vec<String>,
    /// Columns of the dataset that became wider, in all rows.
    pub widened: Vec<Widened>,
    /// Rows that were there and went for these.
    pub replaced: u64,
    pub bytes: u64,
    pub segments: u64,
    pub duration_ms: u64,
    pub promotions: Vec<Promotion>,
    /// Values that were made null, because they did not hold to the contract.
    pub nulled: u64,
    /// Values of decimals and long whole numbers that a float has rounded, because their column was declared as float.
    pub rounded: u64,
    /// Whether it has a profile.
    pub profiled: bool,
    /// What is not as it was in the profiled load before: the strongest findings.
    pub drift: Vec<Drift>,
    pub replayed: bool,
}

/// A column whose inferred type had to give way.
#[derive(Debug, Serialize, ToSchema)]
pub struct Promotion {
    pub column: String,
    pub from: ColumnType,
    pub to: ColumnType,
    /// What is inside, where the latter is a struct or list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<ColumnField>,
    pub line: u64,
}

/// A column of a dataset that a load has widened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Widened {
    pub column: String,
    pub from: ColumnType,
    pub to: ColumnType,
}
