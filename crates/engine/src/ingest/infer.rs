//! Looks at the beginning of an input and says what it is: packing, format, encoding, dialect, columns and their types.
//! Content decides, the file name only helps. Refuses empty files, files that are no tables, and repeated column names.

mod declared;
mod delimited;
mod excel;
mod json;
mod observation;
mod packed;

use futures::future::BoxFuture;
use serde::Serialize;

use self::observation::Observation;
use super::decode::columnar::Columnar;
use super::decode::compression::Unpacked;
use super::decode::csv_dialect::Dialect;
use super::decode::encoding::Transcoder;
use super::decode::nulls::Nulls;
use super::decode::{Spooled, arrow, avro_blocks, parquet, spool};
use super::load::Load;
use super::options::{Compression, Encoding, FileFormat, ReadOptions};
use super::progress::Progress;
use crate::catalog::{COLUMNS_MAX, Column, ColumnType, DatasetSchema};
use crate::error::{Error, Result};
use crate::ids::suggest_dataset_name;

/// Bytes at the beginning that tell formats apart.
const HEAD_BYTES: usize = 16 << 10;
/// Plain bytes that are looked at. More only where not even two rows fit.
const SAMPLE_BYTES: [usize; 3] = [1 << 20, 18 << 20, 66 << 20];
/// Rows that are looked at.
const SAMPLE_ROWS: usize = 10_000;
/// Rows that a preview shows, and bytes of each of its values.
const PREVIEW_ROWS: usize = 20;
const PREVIEW_VALUE_BYTES: usize = 200;
/// Different values that are shown of a column.
const EXAMPLES_MAX: usize = 5;

/// What an input seems to be. Every part of it can be overruled by a [`Load`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inference {
    /// How rows are written.
    pub format: FileFormat,
    /// How the file is packed.
    pub compression: Compression,
    /// What separates cells; none but for delimited text.
    pub delimiter: Option<char>,
    /// Whether the file names its columns; everything but delimited text and sheets does.
    pub header: bool,
    /// `utf-8`, `utf-16le`, `utf-16be`, `windows-1252` or `latin-1`.
    pub encoding: String,
    /// The sheets of a workbook.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// The sheet that is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
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
    /// The first column of a sheet that is read, from 0.
    #[serde(skip)]
    pub(crate) first_column: u32,
    /// What was declared.
    #[serde(skip)]
    pub(crate) options: ReadOptions,
}

/// A column as the sample suggests it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InferredColumn {
    /// Its name, without spaces around it.
    pub name: String,
    /// The narrowest type that holds every value of the sample.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// What is inside of a struct or list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Column>,
    /// Whether the sample has rows without a value.
    pub nullable: bool,
    /// Texts that stand for "no value" in the sample, besides nothing at all.
    pub null_tokens: Vec<String>,
    /// The first different values.
    pub examples: Vec<String>,
    /// The sample has no value, so that the type is open.
    #[serde(skip)]
    pub(crate) undetermined: bool,
    /// Of floats: the sample has one that is no whole number. Of instants: one that does not begin a day.
    #[serde(skip)]
    pub(crate) needs_width: bool,
    /// A whole number of the sample that a float would round.
    #[serde(skip)]
    pub(crate) beyond: Option<String>,
    /// What the sample says of its values that its type does not.
    #[serde(skip)]
    pub(crate) notes: Vec<String>,
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
    Columnar(Columnar),
    /// A sheet of a workbook.
    Sheet,
}

/// What a format found in the sample.
struct Found {
    layout: Layout,
    header: bool,
    rows: u64,
    columns: Vec<InferredColumn>,
    preview: Preview,
    warnings: Vec<String>,
    sheet: Option<FoundSheet>,
}

/// The sheet that a workbook is read from.
struct FoundSheet {
    name: String,
    all: Vec<String>,
    first_column: u32,
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
pub fn infer(load: Load) -> BoxFuture<'static, Result<Inference>> {
    Box::pin(async move {
        let Load { input, options, types, progress, .. } = load;
        let source = spool(input, &progress).await?.with_unpack_ratio(options.unpack_ratio);
        let inferred = tokio::task::spawn_blocking(move || infer_spooled(&source, &options, None)).await;
        let mut inference = inferred.map_err(|error| Error::internal("the inference ended without a word").because(error))??;
        let (columns, declared) = inference.declared_with(&types)?;
        for ((column, known), declared) in columns.into_iter().zip(&mut inference.columns).zip(declared) {
            if declared {
                (known.column_type, known.fields, known.undetermined) = (column.column_type, column.fields, false);
                if matches!(known.column_type, ColumnType::String | ColumnType::Float) {
                    inference.warnings.retain(|warning| !known.notes.contains(warning));
                }
            }
        }
        Ok(inference)
    })
}

/// The same for a source at hand, perhaps for a dataset of `known` columns; blocks.
pub(crate) fn infer_spooled(source: &Spooled, options: &ReadOptions, known: Option<&DatasetSchema>) -> Result<Inference> {
    options.check()?;
    if source.size() == 0 {
        return Err(empty(source.name()));
    }
    for (step, bytes) in SAMPLE_BYTES.into_iter().enumerate() {
        if let Some(inference) = infer_from(source, options, known, bytes, step + 1 == SAMPLE_BYTES.len())? {
            return Ok(inference);
        }
    }
    Err(Error::invalid(format!("{}: no row ends within the first 64 MiB; look whether this is a table", source.name())))
}

fn empty(name: &str) -> Error {
    Error::invalid(format!("{name}: the file is empty; send one with a header line or with rows"))
}

/// Infers from so many bytes; none when not even two rows fit into them.
fn infer_from(source: &Spooled, options: &ReadOptions, known: Option<&DatasetSchema>, sample_bytes: usize, final_try: bool) -> Result<Option<Inference>> {
    let name = source.name();
    let head = Unpacked::open(source, Compression::None, &Progress::new())?.read_up_to(HEAD_BYTES)?;
    let head = head.as_slice();
    let compression = Compression::sniff(head);
    if let Some(layout) = binary_layout(head) {
        let (format, _) = format_of(layout);
        if options.format.is_some_and(|declared| declared != format) {
            return Err(contradiction(name, options, &format!("it is {}", described(layout))));
        }
        options.check_for(name, format)?;
        let found = match layout {
            Layout::Columnar(format) => packed::infer(source, format, known)?,
            _ => excel::infer(source, options)?,
        };
        return Ok(Some(conclude(name, options, compression, Encoding::Utf8, found)));
    }
    refuse_foreign(name, head)?;
    let is_text = !matches!(options.format, Some(FileFormat::Parquet | FileFormat::Arrow | FileFormat::Avro | FileFormat::Xlsx));
    if !is_text && compression == Compression::None {
        let hex: Vec<String> = head.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        return Err(contradiction(name, options, &format!("does not begin like it (hex {})", hex.join(" "))));
    }
    let bytes = Unpacked::open(source, compression, &Progress::new())?.read_up_to(sample_bytes)?;
    let complete = bytes.len() < sample_bytes;
    if let Some(layout) = binary_layout(&bytes) {
        let what = if let Layout::Columnar(format) = layout { format!("{} file", format.as_str()) } else { "workbook".to_owned() };
        return Err(Error::invalid(format!("{name}: a {what} packed with another compression; unpack it and send the {what} itself")));
    }
    refuse_foreign(name, &bytes)?;
    if !is_text {
        return Err(contradiction(name, options, &format!("it is text, packed by {}", compression.as_str())));
    }
    let encoding = Encoding::find(options.encoding, &bytes, complete).map_err(|what| Error::invalid(format!("{name}: {what}")).at("encoding"))?;
    let nuls = memchr::memchr_iter(0, &bytes).count();
    if !matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be) && nuls * 10 > bytes.len() {
        return Err(Error::invalid(format!(
            "{name}: {nuls} of the first {} bytes are NUL, so this is no text in {encoding}; declare its encoding, or export it as CSV, JSON or Parquet",
            bytes.len()
        )));
    }
    let marked = matches!(bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let text = Transcoder::new(encoding).transcode(bytes, complete).map_err(|what| Error::invalid(format!("{name} {what}")))?;
    let sample = Sample { name, text, complete };
    if sample.text.iter().all(u8::is_ascii_whitespace) && complete {
        return Err(empty(name));
    }
    let Some(mut found) = infer_text(source, options, compression, encoding, &sample, final_try)? else { return Ok(None) };
    options.check_for(name, format_of(found.layout).0)?;
    if options.encoding.is_none() && encoding == Encoding::Windows1252 {
        found.warnings.insert(0, "the file is not UTF-8; it is read as windows-1252, look whether accents and umlauts are right".to_owned());
    }
    if options.encoding.is_none() && !marked && matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be) {
        found.warnings.insert(0, format!("the file has no byte order mark; it is read as {encoding}"));
    }
    Ok(Some(conclude(name, options, compression, encoding, found)))
}

fn infer_text(source: &Spooled, options: &ReadOptions, compression: Compression, encoding: Encoding, sample: &Sample<'_>, final_try: bool) -> Result<Option<Found>> {
    let nulls = Nulls::of(options);
    let json = matches!(options.format, None | Some(FileFormat::Json | FileFormat::Ndjson));
    if let Some(pointer) = options.json_path.as_deref().filter(|pointer| json && !pointer.is_empty()) {
        return json::infer_at(source, compression, encoding, pointer, &nulls).map(Some);
    }
    match (options.format, json::layout_of(sample)) {
        (Some(FileFormat::Ndjson | FileFormat::Json), layout) => json::infer(sample, layout.unwrap_or(Layout::JsonLines), &nulls, final_try),
        (None, Some(layout)) => json::infer(sample, layout, &nulls, final_try),
        (None, None) if named(sample.name, &["json", "ndjson", "jsonl"]) => json::infer(sample, Layout::JsonLines, &nulls, final_try),
        // Whoever says how its cells are separated or named means cells that hold JSON.
        (Some(_), Some(layout)) if options.delimiter.is_none() && options.header.is_none() && json::begins_with_object(sample, layout) => {
            Err(contradiction(sample.name, options, "it holds JSON objects"))
        }
        _ => delimited::infer(sample, options, named(sample.name, &["tsv", "tab"]), final_try),
    }
}

/// Formats that are no text, by what they begin with.
fn binary_layout(head: &[u8]) -> Option<Layout> {
    if head.starts_with(parquet::MAGIC) {
        Some(Layout::Columnar(Columnar::Parquet))
    } else if head.starts_with(b"ARROW1\0\0") || arrow::is_stream(head) {
        Some(Layout::Columnar(Columnar::Arrow))
    } else if head.starts_with(avro_blocks::MAGIC) {
        Some(Layout::Columnar(Columnar::Avro))
    } else if head.starts_with(b"PK\x03\x04") {
        Some(Layout::Sheet)
    } else {
        None
    }
}

fn described(layout: Layout) -> &'static str {
    match layout {
        Layout::Columnar(Columnar::Parquet) => "a Parquet file",
        Layout::Columnar(Columnar::Arrow) => "an Arrow file",
        Layout::Columnar(Columnar::Avro) => "an Avro file",
        _ => "a workbook, or another ZIP archive",
    }
}

/// The error of a file that is not what it is declared as.
fn contradiction(name: &str, options: &ReadOptions, found: &str) -> Error {
    let declared = options.format.map_or("", FileFormat::as_str);
    Error::invalid(format!("{name}: the file is declared as {declared} but {found}; leave the format out, or send another file")).at("format")
}

/// The format of a layout, and what separates its cells.
fn format_of(layout: Layout) -> (FileFormat, Option<char>) {
    match layout {
        Layout::Delimited(Dialect { delimiter: b'\t', .. }) => (FileFormat::Tsv, Some('\t')),
        Layout::Delimited(dialect) => (FileFormat::Csv, Some(char::from(dialect.delimiter))),
        Layout::JsonLines | Layout::JsonSequence => (FileFormat::Ndjson, None),
        Layout::JsonArray => (FileFormat::Json, None),
        Layout::Columnar(Columnar::Parquet) => (FileFormat::Parquet, None),
        Layout::Columnar(Columnar::Arrow) => (FileFormat::Arrow, None),
        Layout::Columnar(Columnar::Avro) => (FileFormat::Avro, None),
        Layout::Sheet => (FileFormat::Xlsx, None),
    }
}

fn is_old_workbook(head: &[u8]) -> bool {
    head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
}

fn conclude(name: &str, options: &ReadOptions, compression: Compression, encoding: Encoding, found: Found) -> Inference {
    let mut warnings = found.warnings;
    let open: Vec<&str> = found.columns.iter().filter(|column| column.undetermined).map(|column| column.name.as_str()).collect();
    if !open.is_empty() && found.rows > 0 {
        warnings.push(format!("no value in the sample: {}; the type follows from the first value", open.join(", ")));
    }
    warnings.extend(found.columns.iter().flat_map(|column| column.notes.iter().cloned()));
    let (format, delimiter) = format_of(found.layout);
    let (sheet, sheets, first_column) = found.sheet.map_or((None, Vec::new(), 0), |sheet| (Some(sheet.name), sheet.all, sheet.first_column));
    Inference {
        format,
        compression,
        delimiter,
        header: found.header,
        encoding: encoding.as_str().to_owned(),
        sheets,
        sheet,
        suggested_name: suggest_dataset_name(name).as_str().to_owned(),
        sample_rows: found.rows,
        columns: found.columns,
        preview: found.preview,
        warnings,
        layout: found.layout,
        text_encoding: encoding,
        first_column,
        options: options.clone(),
    }
}

/// Whether one of the last two parts of the file name is one of these.
fn named(name: &str, endings: &[&str]) -> bool {
    name.rsplit('.').take(2).any(|part| endings.iter().any(|ending| part.eq_ignore_ascii_case(ending)))
}

fn refuse_foreign(name: &str, head: &[u8]) -> Result<()> {
    let kind = match head {
        _ if is_old_workbook(head) => "an old Excel workbook (.xls), or one with a password; save it as .xlsx without one",
        [b'%', b'P', b'D', b'F', b'-', ..] => "a PDF document; copy its table into a sheet",
        [b'O', b'R', b'C', 0..=31, ..] => "an ORC file; write Parquet",
        [0x89, b'P', b'N', b'G', ..] => "a picture; send the numbers it shows",
        [0x04, 0x22, 0x4d, 0x18, ..] => "packed by lz4; pack it in another way",
        [0x1f, 0x9d, ..] => "packed by compress; pack it in another way",
        [b'7', b'z', 0xbc, 0xaf, ..] | [b'R', b'a', b'r', b'!', 0x1a, ..] => "an archive (7z or RAR); send the files in it",
        _ if head.starts_with(b"SQLite format 3\0") => "an SQLite database; export a table as CSV",
        // The text of the first file in it follows, and would be read with a strange first name.
        _ if is_tar(head) => "a tar archive; send the files in it, each by itself",
        _ if is_page(head) => "a page of the web, as servers send one to sign in; look where it comes from",
        _ => return Ok(()),
    };
    Err(Error::invalid(format!("{name}: the file is {kind}. CSV, JSON, Parquet, Arrow, Avro and Excel .xlsx can be loaded, text also packed by gzip, zstd, bzip2 or xz")))
}

fn is_tar(head: &[u8]) -> bool {
    let is_marked = matches!(head.get(257..263), Some(b"ustar\0" | b"ustar "));
    is_marked && head.get(..257).is_some_and(|before| memchr::memchr(0, before).is_some())
}

fn is_page(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    [&b"<!doctype html"[..], b"<html"].iter().any(|begin| text.get(..begin.len()).is_some_and(|found| found.eq_ignore_ascii_case(begin)))
}

impl Preview {
    fn push(&mut self, row: impl Iterator<Item = String>) {
        self.rows.push(row.map(shorten).collect());
    }
}

/// Refuses a file with more columns than a dataset may have, before anything is made of each.
fn check_width(name: &str, columns: usize) -> Result<()> {
    if columns > COLUMNS_MAX {
        return Err(Error::invalid(format!(
            "{name}: {columns} columns are more than the {COLUMNS_MAX} that a dataset may have; look whether the file is read as what it is, or turn columns into rows"
        )));
    }
    Ok(())
}

fn shorten(mut text: String) -> String {
    if text.len() > PREVIEW_VALUE_BYTES {
        text.truncate(text.floor_char_boundary(PREVIEW_VALUE_BYTES));
        text.push('…');
    }
    text
}

impl Inference {
    /// Whether the file itself says the types of its columns.
    pub(crate) fn is_typed(&self) -> bool {
        matches!(self.layout, Layout::Columnar(_))
    }
}

impl InferredColumn {
    /// Whether nothing is known of its type.
    pub fn is_undetermined(&self) -> bool {
        self.undetermined
    }
}

#[cfg(test)]
mod tests;
