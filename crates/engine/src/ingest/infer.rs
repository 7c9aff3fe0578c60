//! Looks at the beginning of an input and says what it is: packing, format, encoding, dialect, columns and their types.
//! Content decides, the file name only helps. Refuses empty files, files that are no tables, and repeated column names.

mod delimited;
mod json;
mod observation;
mod packed;

use serde::Serialize;

use self::observation::Observation;
use super::decode::compression::Unpacked;
use super::decode::csv_dialect::Dialect;
use super::decode::parquet::MAGIC;
use super::decode::text::Encoding;
use super::decode::{Spooled, spool};
use super::load::{Compression, FileFormat, Load};
use super::progress::Progress;
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};
use crate::ids::suggest_dataset_name;

/// Plain bytes that are looked at. More only where not even two rows fit.
const SAMPLE_BYTES: [usize; 3] = [1 << 20, 18 << 20, 66 << 20];
/// Rows that are looked at.
const SAMPLE_ROWS: usize = 10_000;
/// Rows that a preview shows, and bytes of each of its values.
const PREVIEW_ROWS: usize = 20;
const PREVIEW_VALUE_BYTES: usize = 200;

/// What an input seems to be. Every part of it can be overruled by a [`Load`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inference {
    /// How rows are written.
    pub format: FileFormat,
    /// How the file is packed.
    pub compression: Compression,
    /// What separates cells; none for JSON and Parquet.
    pub delimiter: Option<char>,
    /// Whether the file names its columns; JSON and Parquet do.
    pub header: bool,
    /// `utf-8`, `utf-16le`, `utf-16be` or `windows-1252`.
    pub encoding: String,
    /// A dataset name made from the file name.
    pub suggested_name: String,
    /// Rows that were looked at.
    pub sample_rows: u64,
    /// The columns, in the order of the file.
    pub columns: Vec<InferredColumn>,
    /// The first rows as they stand in the file.
    pub preview: Preview,
    /// What a person should know before loading.
    pub warnings: Vec<String>,
    #[serde(skip)]
    pub(crate) layout: Layout,
    #[serde(skip)]
    pub(crate) text_encoding: Encoding,
}

/// A column as the sample suggests it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InferredColumn {
    /// Its name, without spaces around it.
    pub name: String,
    /// The narrowest type that holds every value of the sample.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Whether the sample has rows without a value.
    pub nullable: bool,
    /// Texts that stand for "no value" in the sample, besides nothing at all.
    pub null_tokens: Vec<String>,
    /// The first different values.
    pub examples: Vec<String>,
    /// The sample has no value, so that the type is open.
    #[serde(skip)]
    pub(crate) undetermined: bool,
}

/// The first rows as they stand in the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Preview {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Up to 20 rows; a missing value is empty, a long one is shortened.
    pub rows: Vec<Vec<String>>,
}

/// How rows are laid out in the plain content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Delimited(Dialect),
    JsonLines,
    JsonArray,
    /// Objects one after the other, with line ends inside.
    JsonSequence,
    Parquet,
}

/// What a format found in the sample.
struct Found {
    layout: Layout,
    header: bool,
    rows: u64,
    columns: Vec<InferredColumn>,
    preview: Preview,
    warnings: Vec<String>,
}

/// Plain text from the beginning of a file.
struct Sample<'a> {
    name: &'a str,
    text: Vec<u8>,
    /// Nothing follows.
    complete: bool,
}

/// Infers format, dialect and types of an input. Declared types replace inferred ones.
///
/// # Errors
/// `Invalid` when the input is empty, truncated or no table, with file and line.
pub async fn infer(load: Load) -> Result<Inference> {
    let Load { input, format, types, progress, .. } = load;
    let source = spool(input, &progress).await?;
    let inferred = tokio::task::spawn_blocking(move || infer_spooled(&source, format)).await;
    let mut inference = inferred.map_err(|error| Error::internal("the inference ended without a word").because(error))??;
    for (name, column_type) in types {
        let Some(column) = inference.columns.iter_mut().find(|column| column.name == name) else {
            let near = near_names(&name, inference.columns.iter().map(|column| column.name.as_str()));
            return Err(Error::invalid(format!("a type is declared for column {name:?}, which the file does not have{near}")).at("types"));
        };
        column.column_type = column_type;
        column.undetermined = false;
    }
    Ok(inference)
}

/// The same for a source at hand; blocks.
pub(crate) fn infer_spooled(source: &Spooled, format: Option<FileFormat>) -> Result<Inference> {
    if source.size() == 0 {
        return Err(empty(source.name()));
    }
    for (step, bytes) in SAMPLE_BYTES.into_iter().enumerate() {
        if let Some(inference) = infer_from(source, format, bytes, step + 1 == SAMPLE_BYTES.len())? {
            return Ok(inference);
        }
    }
    Err(Error::invalid(format!("{}: no row ends within the first 64 MiB; look whether this is a table", source.name())))
}

fn empty(name: &str) -> Error {
    Error::invalid(format!("{name}: the file is empty; send one with a header line or with rows"))
}

/// Infers from so many bytes; none when not even two rows fit into them.
fn infer_from(source: &Spooled, format: Option<FileFormat>, sample_bytes: usize, final_try: bool) -> Result<Option<Inference>> {
    let name = source.name();
    let mut head = [0; 16];
    let head_length = Unpacked::open(source, Compression::None, &Progress::new())?.read_full(&mut head)?;
    let head = head.get(..head_length).unwrap_or_default();
    let compression = Compression::sniff(head);
    if head.starts_with(MAGIC) || (compression == Compression::None && format == Some(FileFormat::Parquet)) {
        let (columns, preview, rows) = packed::infer(source)?;
        let found = Found { layout: Layout::Parquet, header: true, rows, columns, preview, warnings: Vec::new() };
        return Ok(Some(conclude(name, compression, Encoding::Utf8, found)));
    }
    refuse_foreign(name, head)?;
    let mut bytes = vec![0; sample_bytes];
    let read = Unpacked::open(source, compression, &Progress::new())?.read_full(&mut bytes)?;
    bytes.truncate(read);
    let complete = read < sample_bytes;
    if bytes.starts_with(MAGIC) {
        return Err(Error::invalid(format!("{name}: a Parquet file packed with another compression; unpack it and send the Parquet file itself")));
    }
    refuse_foreign(name, &bytes)?;
    let encoding = sniff_encoding(&bytes, complete);
    let nuls = memchr::memchr_iter(0, &bytes).count();
    if matches!(encoding, Encoding::Utf8 | Encoding::Windows1252) && nuls * 10 > bytes.len() {
        return Err(Error::invalid(format!(
            "{name}: {nuls} of the first {} bytes are NUL, so this is no text in UTF-8; export it as CSV, JSON or Parquet (UTF-16 needs a byte order mark)",
            bytes.len()
        )));
    }
    let sample = Sample { name, text: encoding.transcode(&bytes), complete };
    drop(bytes);
    if sample.text.iter().all(u8::is_ascii_whitespace) && complete {
        return Err(empty(name));
    }
    let found = match (format, json::layout_of(&sample)) {
        (Some(FileFormat::Ndjson), layout) => json::infer(&sample, layout.unwrap_or(Layout::JsonLines), final_try)?,
        (None, Some(layout)) => json::infer(&sample, layout, final_try)?,
        (None, None) if named(name, &["json", "ndjson", "jsonl"]) => json::infer(&sample, Layout::JsonLines, final_try)?,
        _ => delimited::infer(&sample, format == Some(FileFormat::Tsv), named(name, &["tsv", "tab"]), final_try)?,
    };
    let Some(mut found) = found else { return Ok(None) };
    if encoding == Encoding::Windows1252 {
        found.warnings.insert(0, "the file is not UTF-8; it is read as windows-1252, look whether accents and umlauts are right".to_owned());
    }
    Ok(Some(conclude(name, compression, encoding, found)))
}

fn conclude(name: &str, compression: Compression, encoding: Encoding, found: Found) -> Inference {
    let mut warnings = found.warnings;
    let open: Vec<&str> = found.columns.iter().filter(|column| column.undetermined).map(|column| column.name.as_str()).collect();
    if !open.is_empty() && found.rows > 0 {
        warnings.push(format!("no value in the sample: {}; the type follows from the first value", open.join(", ")));
    }
    let (format, delimiter) = match found.layout {
        Layout::Delimited(Dialect { delimiter: b'\t', .. }) => (FileFormat::Tsv, Some('\t')),
        Layout::Delimited(dialect) => (FileFormat::Csv, Some(char::from(dialect.delimiter))),
        Layout::JsonLines | Layout::JsonArray | Layout::JsonSequence => (FileFormat::Ndjson, None),
        Layout::Parquet => (FileFormat::Parquet, None),
    };
    Inference {
        format,
        compression,
        delimiter,
        header: found.header,
        encoding: encoding.as_str().to_owned(),
        suggested_name: suggest_dataset_name(name).as_str().to_owned(),
        sample_rows: found.rows,
        columns: found.columns,
        preview: found.preview,
        warnings,
        layout: found.layout,
        text_encoding: encoding,
    }
}

/// Like [`Encoding::sniff`], but text that is mostly good UTF-8 stays it: its few bad rows are rejected.
fn sniff_encoding(bytes: &[u8], complete: bool) -> Encoding {
    let encoding = Encoding::sniff(bytes, complete);
    if encoding != Encoding::Windows1252 {
        return encoding;
    }
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if good > 4 * bad { Encoding::Utf8 } else { Encoding::Windows1252 }
}

/// Whether one of the last two parts of the file name is one of these.
fn named(name: &str, endings: &[&str]) -> bool {
    name.rsplit('.').take(2).any(|part| endings.iter().any(|ending| part.eq_ignore_ascii_case(ending)))
}

fn refuse_foreign(name: &str, head: &[u8]) -> Result<()> {
    let kind = match head {
        [b'P', b'K', 3, 4, ..] => "a ZIP archive or an Excel workbook",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an old Excel workbook",
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => "packed with bzip2",
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => "packed with xz",
        [b'%', b'P', b'D', b'F', b'-', ..] => "a PDF document",
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => "an Arrow file",
        [b'O', b'b', b'j', 1, ..] => "an Avro file",
        [0x89, b'P', b'N', b'G', ..] => "a picture",
        _ if head.starts_with(b"SQLite format 3\0") => "an SQLite database",
        _ => return Ok(()),
    };
    Err(Error::invalid(format!("{name}: the file is {kind}, which cannot be loaded; export CSV, JSON or Parquet (plain, gzip or zstd)")))
}

impl Preview {
    fn push(&mut self, row: impl Iterator<Item = String>) {
        self.rows.push(row.map(shorten).collect());
    }
}

fn shorten(mut text: String) -> String {
    if text.len() > PREVIEW_VALUE_BYTES {
        text.truncate(text.floor_char_boundary(PREVIEW_VALUE_BYTES));
        text.push('…');
    }
    text
}

impl InferredColumn {
    /// Whether nothing is known of its type.
    pub fn is_undetermined(&self) -> bool {
        self.undetermined
    }
}

#[cfg(test)]
mod tests;
