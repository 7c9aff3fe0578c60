//! What a caller may say of how an input is written, where inference should not decide. Everything has a default; what is
//! declared is checked against the content, and a contradiction is an error instead of a guess.

mod signs;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::signs::Quote;
use super::Load;
use super::decode::json_path;
use crate::error::{Error, Result};
use crate::settings::UNPACK_RATIO_MAX;

/// How rows are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// Separated by commas (or what inference finds).
    Csv,
    /// Separated by tabs.
    Tsv,
    /// One JSON object a line, or one after the other.
    Ndjson,
    /// A JSON document: an array of objects, at its top or at a [path](ReadOptions::json_path) inside of it.
    Json,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow IPC, as a file (Feather 2) or as a stream.
    Arrow,
    /// An Apache Avro object container.
    Avro,
    /// A sheet of an Excel workbook (`.xlsx`).
    Xlsx,
}

impl FileFormat {
    /// The name in messages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow",
            Self::Avro => "Avro",
            Self::Xlsx => "xlsx",
        }
    }
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, several members too
    Gzip,
    /// Zstandard
    Zstd,
    /// bzip2, several streams too
    Bzip2,
    /// xz, several streams too
    Xz,
}

/// How characters are written in a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8, with or without byte order mark.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, low byte first.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// The code page of Western European Windows.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// ISO 8859-1, without the control characters from 0x80 to 0x9f.
    #[serde(rename = "latin-1")]
    Latin1,
}

impl Encoding {
    /// The name in JSON and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
            Self::Latin1 => "latin-1",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What becomes of a row of delimited text that has fewer cells than the file has columns. One with more is always rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RaggedRows {
    /// It is rejected, with the reason.
    #[default]
    Reject,
    /// The cells that are missing are null.
    Fill,
}

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Sheet {
    /// By its place, from 1.
    Number(u32),
    /// By its name.
    Name(String),
}

/// How an input is written. What is left out is inferred.
///
/// ```
/// use tidemill::ingest::{Encoding, ReadOptions};
/// let options: ReadOptions = serde_json::from_str(r#"{"format": "csv", "encoding": "latin-1", "ragged_rows": "fill"}"#)?;
/// assert_eq!(options.encoding, Some(Encoding::Latin1));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// How rows are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FileFormat>,
    /// What separates the cells of delimited text: one ASCII character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// What is written around cells of delimited text: `"` when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// What stands before a character of a quoted cell that means itself, like a backslash. Doubled quotes are read as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escape: Option<char>,
    /// What lines of delimited text begin with that are no rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<char>,
    /// The texts that mean "no value", in the place of the usual ones (`NA`, `NULL`, `\N`, and in columns of other types than string `N/A`,
    /// `null`, `nan`, `NaN` and `-`). They count in every column, of strings where they are not quoted; nothing at all is always null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub null_tokens: Option<Vec<String>>,
    /// Whether the first row of delimited text or of a sheet names the columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// How characters are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// What becomes of rows with too few cells.
    pub ragged_rows: RaggedRows,
    /// A JSON Pointer (RFC 6901) to the array of rows in a JSON document: `/data/items`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json_path: Option<String>,
    /// The sheet of a workbook; the first visible one when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<Sheet>,
    /// The cells of a sheet that are read: `B2:F100`, or open to one side, `B2:F`, `B:F`, `2:100`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell_range: Option<String>,
    /// How many times the size of the file its content may be once it is unpacked and written out, looked at from 256 MiB on. Range 1 to
    /// 1,000,000; the engine's setting where it is left out. Raise it for a file of very many equal rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpack_ratio: Option<u32>,
}

impl ReadOptions {
    /// Looks whether what is declared can be meant.
    ///
    /// # Errors
    /// `Invalid`, at the option.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(delimiter) = self.delimiter
            && (!delimiter.is_ascii() || matches!(delimiter, '"' | '\n' | '\r' | '\0'))
        {
            return Err(Error::invalid(format!("the delimiter {delimiter:?} cannot separate cells; take one ASCII character that is no quote and no line end")).at("delimiter"));
        }
        if let (Some(FileFormat::Tsv), Some(delimiter)) = (self.format, self.delimiter)
            && delimiter != '\t'
        {
            return Err(Error::invalid(format!("the format tsv is separated by tabs and not by {delimiter:?}; leave one of them out")).at("delimiter"));
        }
        self.check_signs()?;
        self.check_null_tokens()?;
        if let Some(path) = &self.json_path {
            json_path::steps_of(path).map_err(|what| Error::invalid(what).at("json_path"))?;
        }
        if self.sheet == Some(Sheet::Number(0)) {
            return Err(Error::invalid("sheets are counted from 1").at("sheet"));
        }
        if let Some(range) = &self.cell_range {
            CellRange::parse(range)?;
        }
        if let Some(ratio) = self.unpack_ratio.filter(|ratio| !(1..=UNPACK_RATIO_MAX).contains(ratio)) {
            return Err(Error::invalid(format!("the ratio {ratio} is none that a file may unpack to; it lies between 1 and {UNPACK_RATIO_MAX}")).at("unpack_ratio"));
        }
        Ok(())
    }

    /// Looks whether what is declared belongs to the format that a file has.
    ///
    /// # Errors
    /// `Invalid`, at the option.
    pub(crate) fn check_for(&self, file: &str, format: FileFormat) -> Result<()> {
        let text = matches!(format, FileFormat::Csv | FileFormat::Tsv);
        let json = matches!(format, FileFormat::Json | FileFormat::Ndjson);
        let sheet = format == FileFormat::Xlsx;
        let options = [
            ("delimiter", self.delimiter.is_some(), text, "delimited text"),
            ("quote", self.quote.is_some(), text, "delimited text"),
            ("escape", self.escape.is_some(), text, "delimited text"),
            ("comment", self.comment.is_some(), text, "delimited text"),
            ("null_tokens", self.null_tokens.is_some(), text || json || sheet, "text, JSON and sheets"),
            ("header", self.header.is_some(), text || sheet, "delimited text and sheets"),
            ("encoding", self.encoding.is_some(), text || json, "text"),
            ("ragged_rows", self.ragged_rows == RaggedRows::Fill, text, "delimited text"),
            // The empty path is the whole document.
            ("json_path", self.json_path.as_ref().is_some_and(|path| !path.is_empty()), json, "JSON"),
            ("sheet", self.sheet.is_some(), sheet, "workbooks"),
            ("cell_range", self.cell_range.is_some(), sheet, "workbooks"),
        ];
        match options.into_iter().find(|(_, declared, fits, _)| *declared && !fits) {
            Some((option, _, _, kinds)) => {
                Err(Error::invalid(format!("{file}: {option} is declared, which is for {kinds}, but the file is read as {}; leave it out, or send another file", format.as_str()))
                    .at(option))
            }
            None => Ok(()),
        }
    }
}

/// A rectangle of cells, from 0, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellRange {
    pub first_row: u32,
    pub last_row: u32,
    /// Where the range says it; the table begins there then, whether there is a cell or not.
    pub first_column: Option<u32>,
    pub last_column: u32,
}

impl CellRange {
    /// Everything.
    pub(crate) const ALL: Self = Self { first_row: 0, last_row: u32::MAX, first_column: None, last_column: u32::MAX };

    /// Reads `B2:F100` and its open forms.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::invalid(format!("the range {text:?} is no range of cells; write it like B2:F100, B2:F, B:F or 2:100")).at("cell_range");
        let (from, to) = text.trim().split_once(':').ok_or_else(wrong)?;
        let ((first_column, first_row), (last_column, last_row)) = (corner(from).ok_or_else(wrong)?, corner(to).ok_or_else(wrong)?);
        let range = Self { first_row: first_row.unwrap_or(0), last_row: last_row.unwrap_or(u32::MAX), first_column, last_column: last_column.unwrap_or(u32::MAX) };
        if range.first_row > range.last_row || range.first_column.is_some_and(|first| first > range.last_column) { Err(wrong()) } else { Ok(range) }
    }

    pub(crate) fn holds(&self, row: u32, column: u32) -> bool {
        (self.first_row..=self.last_row).contains(&row) && (self.first_column.unwrap_or(0)..=self.last_column).contains(&column)
    }
}

/// Column and row of `B2`, each from 0; one of them may be left out.
fn corner(text: &str) -> Option<(Option<u32>, Option<u32>)> {
    let text = text.trim().replace('$', "");
    let split = text.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(text.len());
    let (letters, digits) = text.split_at_checked(split)?;
    if letters.len() > 3 || digits.len() > 7 || text.is_empty() {
        return None;
    }
    let column = letters.bytes().fold(0_u32, |number, letter| number * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1).checked_sub(1);
    let row = match digits {
        "" => None,
        digits => Some(digits.parse::<u32>().ok()?.checked_sub(1)?),
    };
    Some((column, row))
}

impl Load {
    /// Says how the input is written; replaces everything that was said of it before.
    ///
    /// ```
    /// use tidemill::ingest::{Load, ReadOptions};
    /// let load = Load::path("export.json").options(ReadOptions { json_path: Some("/data/items".into()), ..ReadOptions::default() });
    /// # let _ = load;
    /// ```
    #[must_use]
    pub fn options(mut self, options: ReadOptions) -> Self {
        self.options = options;
        self
    }

    /// Says the format.
    #[must_use]
    pub fn format(mut self, format: FileFormat) -> Self {
        self.options.format = Some(format);
        self
    }

    /// Says what separates cells.
    #[must_use]
    pub fn delimiter(mut self, delimiter: char) -> Self {
        self.options.delimiter = Some(delimiter);
        self
    }

    /// Says what is written around cells that may hold anything; `None` where every quote is text.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("rooms", Csv::bytes("# exported\nroom,seats\n'the \"blue\" one, left',3\n-,n/a\n").quote(Some('\'')).comment('#').null_tokens(["n/a", "-"])).await?;
    /// assert_eq!(mill.sql("select * from rooms order by seats").await?.to_csv()?, "room,seats\r\n\"the \"\"blue\"\" one, left\",3\r\n,\r\n");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn quote(mut self, quote: Option<char>) -> Self {
        self.options.quote = Some(quote.map_or(Quote::None, Quote::Character));
        self
    }

    /// Says what stands before a character of a quoted cell that means itself.
    ///
    /// ```
    /// use tidemill::ingest::Csv;
    /// let load = Csv::bytes("said\n\"\\\"no\\\"\"\n").escape('\\');
    /// # let _ = load;
    /// ```
    #[must_use]
    pub fn escape(mut self, escape: char) -> Self {
        self.options.escape = Some(escape);
        self
    }

    /// Says what lines begin with that are no rows.
    #[must_use]
    pub fn comment(mut self, comment: char) -> Self {
        self.options.comment = Some(comment);
        self
    }

    /// Names the texts that mean "no value", in the place of the usual ones.
    #[must_use]
    pub fn null_tokens<T: Into<String>>(mut self, tokens: impl IntoIterator<Item = T>) -> Self {
        self.options.null_tokens = Some(tokens.into_iter().map(Into::into).collect());
        self
    }

    /// Says whether the first row names the columns.
    #[must_use]
    pub fn header(mut self, header: bool) -> Self {
        self.options.header = Some(header);
        self
    }

    /// Says how characters are written.
    ///
    /// ```
    /// use tidemill::ingest::{Csv, Encoding};
    /// let load = Csv::path("kunden.csv").encoding(Encoding::Utf16Le);
    /// # let _ = load;
    /// ```
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.options.encoding = Some(encoding);
        self
    }

    /// Says what becomes of rows with too few cells.
    #[must_use]
    pub fn ragged_rows(mut self, ragged_rows: RaggedRows) -> Self {
        self.options.ragged_rows = ragged_rows;
        self
    }

    /// Says where in a JSON document the array of rows is, by a JSON Pointer.
    ///
    /// ```
    /// use tidemill::ingest::Json;
    /// let load = Json::path("answer.json").json_path("/data/items");
    /// # let _ = load;
    /// ```
    #[must_use]
    pub fn json_path(mut self, pointer: impl Into<String>) -> Self {
        self.options.json_path = Some(pointer.into());
        self
    }

    /// Names the sheet of a workbook.
    ///
    /// ```
    /// use tidemill::ingest::Excel;
    /// let load = Excel::path("budget.xlsx").sheet("Plan 2026").cell_range("B3:H");
    /// # let _ = load;
    /// ```
    #[must_use]
    pub fn sheet(mut self, name: impl Into<String>) -> Self {
        self.options.sheet = Some(Sheet::Name(name.into()));
        self
    }

    /// Says the sheet of a workbook by its place, from 1.
    #[must_use]
    pub fn sheet_number(mut self, number: u32) -> Self {
        self.options.sheet = Some(Sheet::Number(number));
        self
    }

    /// Says how many times the size of the file its content may be, once it is unpacked.
    ///
    /// ```
    /// use tidemill::ingest::Csv;
    /// let load = Csv::path("heartbeats.csv.zst").unpack_ratio(20_000);
    /// # let _ = load;
    /// ```
    #[must_use]
    pub fn unpack_ratio(mut self, ratio: u32) -> Self {
        self.options.unpack_ratio = Some(ratio);
        self
    }

    /// Says which cells of a sheet are read.
    #[must_use]
    pub fn cell_range(mut self, range: impl Into<String>) -> Self {
        self.options.cell_range = Some(range.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_cells_are_read() {
        let all = u32::MAX;
        for (text, expected) in [
            ("B2:F100", Some((1, 99, Some(1), 5))),
            ("$B$2:$F$100", Some((1, 99, Some(1), 5))),
            ("b2:f", Some((1, all, Some(1), 5))),
            ("B:AA", Some((0, all, Some(1), 26))),
            ("2:100", Some((1, 99, None, all))),
            ("A1:A1", Some((0, 0, Some(0), 0))),
            ("B2", None),
            ("F2:B2", None),
            ("A0:B2", None),
            (":", None),
            ("A1:B2:C3", None),
            ("AAAA1:B2", None),
            ("", None),
        ] {
            let found = CellRange::parse(text).ok().map(|range| (range.first_row, range.last_row, range.first_column, range.last_column));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn options_that_cannot_be_meant_are_refused_by_name() {
        let wrong = [
            (ReadOptions { delimiter: Some('"'), ..ReadOptions::default() }, "delimiter"),
            (ReadOptions { json_path: Some("items".into()), ..ReadOptions::default() }, "does not begin with '/'"),
            (ReadOptions { sheet: Some(Sheet::Number(0)), ..ReadOptions::default() }, "from 1"),
            (ReadOptions { cell_range: Some("nonsense".into()), ..ReadOptions::default() }, "no range of cells"),
            (ReadOptions { unpack_ratio: Some(0), ..ReadOptions::default() }, "between 1 and 1000000"),
            (ReadOptions { unpack_ratio: Some(1_000_001), ..ReadOptions::default() }, "between 1 and 1000000"),
        ];
        for (options, expected) in wrong {
            assert!(options.check().unwrap_err().to_string().contains(expected), "{options:?}");
        }
        let sheets: Vec<Sheet> = serde_json::from_str(r#"[2, "Plan"]"#).unwrap();
        assert_eq!(sheets, [Sheet::Number(2), Sheet::Name("Plan".into())]);
    }
}
