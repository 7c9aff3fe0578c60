//! Steps as they cross HTTP. The engine reads and writes them; these types tell OpenAPI their shape. docs/steps.md says what
//! each does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::datasets::wire::{Cell, ColumnField, ColumnType, RejectedValue};
use crate::uploads::wire::{Inference, ReadOptions};

/// The steps of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetSteps {
    /// The columns that a file has before the first step. Left out: they stay as they are.
    #[schema(required = false)]
    pub source: Vec<ColumnField>,
    /// What is done to its rows, one after the other. None: the file has the columns of the dataset.
    #[schema(required)]
    pub steps: Vec<Step>,
}

/// What is to be shown of an uploaded file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewOrder {
    /// The steps; none: the file as it would be loaded.
    #[serde(default)]
    #[schema(value_type = Vec<Step>)]
    pub steps: tidemill::Steps,
    /// Declared types, by column.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, ColumnType>)]
    pub types: BTreeMap<String, tidemill::ColumnType>,
    /// How the file is written, where that is not to be inferred.
    #[serde(default)]
    pub options: ReadOptions,
    /// Rows that are shown at most: 1 to 1,000, default 100.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// What a load would make of the beginning of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepsPreview {
    pub inference: Inference,
    /// The columns before the first step.
    pub source: Vec<ColumnField>,
    /// The columns after the last step.
    pub columns: Vec<ColumnField>,
    /// Rows that were looked at.
    pub rows: u64,
    /// Rows that come out of the last step.
    pub rows_out: u64,
    /// Rows that are rejected.
    pub rejected: u64,
    /// The first rows before the first step, by column.
    pub before: Vec<BTreeMap<String, Cell>>,
    /// The first rows after the last step, by column.
    pub after: Vec<BTreeMap<String, Cell>>,
    /// The first rejected rows.
    pub rejects: Vec<RejectedValue>,
    /// What became of the rows, step by step.
    pub steps: Vec<StepRows>,
}

/// What became of the rows that came to a step.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepRows {
    /// The step, from 1.
    pub step: usize,
    /// What it does.
    pub op: String,
    /// Rows that came to it.
    pub rows_in: u64,
    /// Rows that went on.
    pub rows_out: u64,
    /// Rows that it rejected.
    pub rejected: u64,
}

/// What becomes of a value that a step cannot read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StepOnError)]
pub enum OnError {
    /// Its row is rejected.
    Reject,
    /// It becomes null.
    Null,
    /// The load ends.
    Fail,
}

/// How texts are written.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StepCase)]
pub enum Case {
    Lower,
    Upper,
    Title,
}

/// Which row of a key is kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StepKeep)]
pub enum Keep {
    First,
    Last,
}

/// What becomes of a row that nothing is found for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StepMissing)]
pub enum Missing {
    Null,
    Reject,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Step {
    Trim {
        columns: Option<Vec<String>>,
        collapse: Option<bool>,
    },
    Case {
        columns: Vec<String>,
        to: Case,
    },
    NullTokens {
        columns: Option<Vec<String>>,
        tokens: Vec<String>,
        ignore_case: Option<bool>,
    },
    Replace {
        columns: Vec<String>,
        find: String,
        with: String,
        regex: Option<bool>,
        ignore_case: Option<bool>,
    },
    ParseDate {
        column: String,
        formats: Vec<String>,
        zone: Option<String>,
        to: Option<ColumnType>,
        into: Option<String>,
        on_error: Option<OnError>,
    },
    ParseNumber {
        column: String,
        decimal: Option<String>,
        group: Option<String>,
        strip: Option<Vec<String>>,
        to: Option<ColumnType>,
        into: Option<String>,
        on_error: Option<OnError>,
    },
    Unit {
        column: String,
        factor: f64,
        offset: Option<f64>,
        into: Option<String>,
        on_error: Option<OnError>,
    },
    Cast {
        columns: Vec<String>,
        to: ColumnType,
        on_error: Option<OnError>,
    },
    Derive {
        column: String,
        expression: String,
        on_error: Option<OnError>,
    },
    Split {
        column: String,
        separator: String,
        into: Vec<String>,
    },
    Rename {
        columns: BTreeMap<String, String>,
    },
    Drop {
        columns: Vec<String>,
    },
    Filter {
        condition: String,
        on_error: Option<OnError>,
    },
    Flatten {
        column: String,
        prefix: Option<String>,
    },
    Deduplicate {
        key: Option<Vec<String>>,
        keep: Option<Keep>,
    },
    Mask {
        columns: Vec<String>,
        keep_first: Option<usize>,
        keep_last: Option<usize>,
        with: Option<String>,
    },
    Hash {
        columns: Vec<String>,
        salt: Option<String>,
    },
    LookUp {
        dataset: String,
        on: BTreeMap<String, String>,
        take: BTreeMap<String, String>,
        missing: Option<Missing>,
    },
}
