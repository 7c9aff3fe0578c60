//! Uploads as they cross HTTP.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::datasets::wire::{Cell, ColumnType};

/// A staged file and what it seems to hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct Upload {
    /// For `POST /loads`, within an hour.
    pub upload_id: Uuid,
    /// The name that the client gave, made harmless.
    pub file_name: String,
    /// Its size.
    pub size_bytes: u64,
    /// What it seems to hold.
    #[schema(value_type = Inference)]
    pub inference: Value,
}

/// The form of an upload.
#[derive(Debug, ToSchema)]
pub struct UploadForm {
    /// The file, with its name.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
}

/// How rows are written.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    Csv,
    Tsv,
    Ndjson,
    Parquet,
}

/// How a file is packed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// A column as its first values suggest it.
#[derive(Debug, Serialize, ToSchema)]
pub struct InferredColumn {
    pub name: String,
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    pub nullable: bool,
    pub null_tokens: Vec<String>,
    pub examples: Vec<String>,
}

/// The first rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct InferencePreview {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// What a file seems to hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct Inference {
    pub format: FileFormat,
    pub compression: Compression,
    #[schema(required)]
    pub delimiter: Option<String>,
    #[schema(required)]
    pub header: Option<bool>,
    #[schema(required)]
    pub encoding: Option<String>,
    pub suggested_name: String,
    pub sample_rows: u64,
    pub columns: Vec<InferredColumn>,
    pub preview: InferencePreview,
    pub warnings: Vec<String>,
}
