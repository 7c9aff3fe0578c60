//! Uploads as they cross HTTP.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tidemill::ingest;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::staging::StagedFile;
use crate::datasets::wire::{Cell, ColumnField, ColumnType};
use crate::http::{Answer, Problem};

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

/// A staged file that waits for its types to be confirmed.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingUpload {
    /// For `POST /uploads/{id}/inference` and `POST /loads`.
    pub upload_id: Uuid,
    /// The name that the client gave, made harmless.
    pub file_name: String,
    /// Its size.
    pub size_bytes: u64,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// When it is let go of.
    pub expires_at: DateTime<Utc>,
}

impl WaitingUpload {
    /// What is told of a staged file.
    pub fn of(staged: &StagedFile) -> Self {
        Self { upload_id: staged.id, file_name: staged.file_name.clone(), size_bytes: staged.size_bytes, created_at: staged.staged_at, expires_at: staged.expires_at() }
    }
}

/// The uploads of a tenant that wait for their types to be confirmed.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadList {
    /// Newest first.
    pub items: Vec<WaitingUpload>,
}

/// The form of an upload.
#[derive(Debug, ToSchema)]
pub struct UploadForm {
    /// The file, with its name.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
}

/// How a file is written, where that is not to be inferred.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadOptions {
    /// How rows are written.
    #[schema(value_type = Option<FileFormat>)]
    #[param(value_type = Option<FileFormat>)]
    pub format: Option<ingest::FileFormat>,
    /// What separates the cells of delimited text: one ASCII character.
    pub delimiter: Option<String>,
    /// What is written around cells of delimited text: one ASCII character, or `none`; `"` when it is left out.
    pub quote: Option<String>,
    /// What stands before a character of a quoted cell that means itself: one ASCII character.
    pub escape: Option<String>,
    /// What lines of delimited text begin with that are no rows: one ASCII character.
    pub comment: Option<String>,
    /// The texts that mean "no value" in text, JSON and sheets, in the place of the usual ones: at most 100. In an address they are one text,
    /// separated by commas.
    #[serde(deserialize_with = "tokens")]
    #[param(value_type = Option<String>)]
    pub null_tokens: Option<Vec<String>>,
    /// Whether the first row of delimited text or of a sheet names the columns.
    pub header: Option<bool>,
    /// How characters are written.
    #[schema(value_type = Option<Encoding>)]
    #[param(value_type = Option<Encoding>)]
    pub encoding: Option<ingest::Encoding>,
    /// What becomes of rows of delimited text with too few cells.
    #[schema(value_type = Option<RaggedRows>)]
    #[param(value_type = Option<RaggedRows>)]
    pub ragged_rows: Option<ingest::RaggedRows>,
    /// A JSON Pointer to the array of rows in a JSON document: `/data/items`.
    pub json_path: Option<String>,
    /// The name of a sheet of a workbook.
    pub sheet: Option<String>,
    /// The place of a sheet, from 1, instead of its name.
    pub sheet_number: Option<u32>,
    /// The cells of a sheet that are read: `B2:F100`, or open to one side, `B2:F`.
    pub cell_range: Option<String>,
    /// How many times the size of the file its content may be once it is unpacked, from 256 MiB on: 1 to 1,000,000, 1,000 when it is left out.
    pub unpack_ratio: Option<u32>,
}

/// A list, or its members in one text.
fn tokens<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Tokens {
        List(Vec<String>),
        Text(String),
    }
    Ok(Option::<Tokens>::deserialize(deserializer)?.map(|tokens| match tokens {
        Tokens::List(list) => list,
        Tokens::Text(text) => text.split(',').filter(|token| !token.is_empty()).map(str::to_owned).collect(),
    }))
}

fn character(field: &str, text: Option<&str>) -> Answer<Option<char>> {
    match text.map(|text| (text.chars().next(), text.chars().count())) {
        None => Ok(None),
        Some((Some(character), 1)) => Ok(Some(character)),
        Some(_) => Err(Problem::field(field, "is one character")),
    }
}

impl ReadOptions {
    /// As the engine takes them; it checks the rest.
    ///
    /// # Errors
    /// `Invalid` with the field.
    pub fn to_engine(&self) -> Answer<ingest::ReadOptions> {
        let quote = self.quote.clone().map(ingest::Quote::try_from).transpose();
        let sheet = match (&self.sheet, self.sheet_number) {
            (Some(_), Some(_)) => return Err(Problem::field("sheet_number", "is given beside a name; give one of them")),
            (Some(name), None) => Some(ingest::Sheet::Name(name.clone())),
            (None, number) => number.map(ingest::Sheet::Number),
        };
        Ok(ingest::ReadOptions {
            format: self.format,
            delimiter: character("delimiter", self.delimiter.as_deref())?,
            quote: quote.map_err(|_| Problem::field("quote", "is one character, or none"))?,
            escape: character("escape", self.escape.as_deref())?,
            comment: character("comment", self.comment.as_deref())?,
            null_tokens: self.null_tokens.clone(),
            header: self.header,
            encoding: self.encoding,
            ragged_rows: self.ragged_rows.unwrap_or_default(),
            json_path: self.json_path.clone(),
            sheet,
            cell_range: self.cell_range.clone(),
            unpack_ratio: self.unpack_ratio,
        })
    }
}

/// How rows are written.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    Csv,
    Tsv,
    Ndjson,
    Json,
    Parquet,
    Arrow,
    Avro,
    Xlsx,
}

/// How characters are written.
#[derive(Debug, Serialize, ToSchema)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "windows-1252")]
    Windows1252,
    #[serde(rename = "latin-1")]
    Latin1,
}

/// What becomes of a row with too few cells.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RaggedRows {
    /// It is rejected.
    Reject,
    /// What is missing is null.
    Fill,
}

/// How a file is packed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    None,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

/// A column as its first values suggest it.
#[derive(Debug, Serialize, ToSchema)]
pub struct InferredColumn {
    pub name: String,
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// What is inside of a struct or list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<ColumnField>,
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
    /// The sheets of a workbook.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// The sheet that is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    pub suggested_name: String,
    pub sample_rows: u64,
    pub columns: Vec<InferredColumn>,
    pub preview: InferencePreview,
    pub warnings: Vec<String>,
}
