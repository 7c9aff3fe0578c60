//! A sheet of an Excel workbook to batches, by the `calamine` crate, cell after cell. Numbers, dates and booleans come with
//! their types, text stays text. A cell with the error of a formula, or with a day that no calendar has, rejects its row;
//! `#N/A` and blanks are null. Refuses sheets that are not there, naming those that are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{CellErrorType, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Style, Xlsx};

use super::batch::{BatchBuilder, not_in_dataset};
use super::columnar::panic_text;
use super::excel_parts;
use super::json_rows::Scalar;
use super::nulls::Nulls;
use super::scalar_rows::{Origin, ScalarRows};
use super::spool::ReadSeek;
use super::{DecodeOutcome, DecodeTarget, Decoded, Spooled};
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};
use crate::ingest::infer::Inference;
use crate::ingest::options::CellRange;
use crate::ingest::{Progress, ReadOptions, Sheet};

/// Rows and columns that Excel has.
const ROWS_MAX: u32 = 1 << 20;
const COLUMNS_MAX: u32 = 1 << 14;
/// The largest whole number of which a double holds every smaller one.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
/// The day after the last that Excel has, counted from 1900. Counted from 1904 it is earlier, and its reader stops there.
const DAYS_MAX: f64 = 2_958_466.0;

/// A cell that is not empty.
pub(crate) struct ExcelCell<'a> {
    /// From 0, in the sheet.
    pub column: u32,
    pub content: Content<'a>,
}

/// What is in a cell.
pub(crate) enum Content<'a> {
    Value(Scalar<'a>),
    /// What is no value, and why.
    Fault(String, &'static str),
}

const FORMULA_FAULT: &str = "the cell holds the error of a formula; correct it in the sheet";
const DAY_FAULT: &str = "not a day of the calendar of the workbook; correct it, or format the cell as a number";

impl Content<'_> {
    /// As people read it.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Value(scalar) => scalar.text().unwrap_or_default(),
            Self::Fault(shown, _) => Cow::Borrowed(shown),
        }
    }
}

/// A row that is not empty; numbers from 0.
pub(crate) struct ExcelRow<'a> {
    pub row: u32,
    pub cells: Vec<ExcelCell<'a>>,
}

/// A workbook that was opened.
pub(crate) struct Workbook {
    name: String,
    workbook: Xlsx<Box<dyn ReadSeek>>,
    /// Its worksheets, and whether they are visible.
    sheets: Vec<(String, bool)>,
}

impl Workbook {
    /// Looks at its parts and reads what all sheets share.
    pub(crate) fn open(source: &Spooled, progress: &Progress) -> Result<Self> {
        let name = source.name().to_owned();
        excel_parts::check(source, progress)?;
        let damaged = |what: String| Error::invalid(format!("{name}: the workbook cannot be read: {what}; save it anew"));
        let input = source.seekable()?;
        let opened = caught(|| Xlsx::new(input)).map_err(damaged)?;
        let workbook = opened.map_err(|error| damaged(error.to_string()).because(error))?;
        let worksheets = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let sheets: Vec<(String, bool)> = worksheets.map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible)).collect();
        if sheets.is_empty() {
            return Err(Error::invalid(format!("{name}: the workbook has no sheet of cells; add one")));
        }
        Ok(Self { name, workbook, sheets })
    }

    /// The names of its worksheets.
    pub(crate) fn sheets(&self) -> Vec<String> {
        self.sheets.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The name of the wanted sheet, or of the first that is visible.
    pub(crate) fn find_sheet(&self, wanted: Option<&Sheet>) -> Result<String> {
        let names = || self.sheets.iter().map(|(name, _)| name.as_str());
        let found = match wanted {
            None => names().zip(&self.sheets).find(|(_, (_, visible))| *visible).map(|(name, _)| name).or_else(|| names().next()),
            Some(Sheet::Number(number)) => usize::try_from(*number).ok().and_then(|number| names().nth(number.checked_sub(1)?)),
            Some(Sheet::Name(name)) => names().find(|known| known == name),
        };
        found.map(str::to_owned).ok_or_else(|| {
            let (what, near) = match wanted {
                Some(Sheet::Name(name)) => (format!("sheet {name:?}"), near_names(name, names())),
                Some(Sheet::Number(number)) => (format!("sheet {number}"), String::new()),
                None => ("a sheet".to_owned(), String::new()),
            };
            let list: Vec<String> = names().map(|name| format!("{name:?}")).collect();
            Error::invalid(format!("{}: the workbook does not have {what}{near}; its sheets are {}", self.name, list.join(", "))).at("sheet")
        })
    }

    /// Hands the rows of a sheet over, in their order, until `take` says that it has enough.
    pub(crate) fn read(&mut self, sheet: &str, range: CellRange, take: &mut dyn FnMut(ExcelRow<'_>) -> Result<bool>) -> Result<()> {
        let name = self.name.clone();
        let damaged = |row: u32, what: String| Error::invalid(format!("{name} row {}: sheet {sheet:?} of the workbook cannot be read: {what}; save it anew", row + 1));
        let workbook = &mut self.workbook;
        let opened = caught(move || workbook.worksheet_cells_reader(sheet)).map_err(|what| damaged(0, what))?;
        let mut reader = opened.map_err(|error| damaged(0, error.to_string()).because(error))?;
        let mut at = ExcelRow { row: 0, cells: Vec::new() };
        loop {
            let next = caught(|| reader.next_cell_with_style_id()).map_err(|what| damaged(at.row, what))?;
            let Some((cell, style)) = next.map_err(|error| damaged(at.row, error.to_string()).because(error))? else { break };
            let (row, column) = cell.get_position();
            if row >= ROWS_MAX || column >= COLUMNS_MAX {
                return Err(damaged(row.min(ROWS_MAX), format!("a cell in column {} of that row, which no sheet has", column.saturating_add(1))));
            }
            if row < at.row {
                return Err(damaged(at.row, format!("row {} comes after it", row + 1)));
            }
            if row > at.row {
                if row > range.last_row {
                    break;
                }
                let whole = std::mem::replace(&mut at, ExcelRow { row, cells: Vec::new() });
                if !whole.cells.is_empty() && !take(whole)? {
                    return Ok(());
                }
            }
            if range.holds(row, column)
                && let Some(content) = content_of(cell.get_value(), || shows_days(reader.styles().get(style)))
            {
                at.cells.push(ExcelCell { column, content });
            }
        }
        if !at.cells.is_empty() {
            take(at)?;
        }
        Ok(())
    }
}

/// Runs the reader of another crate; where it panics, says what it said.
fn caught<T>(read: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).map_err(|panic| panic_text(&*panic))
}

/// The range of cells that the options say; it was checked when it was declared.
pub(crate) fn range_of(options: &ReadOptions) -> Result<CellRange> {
    options.cell_range.as_deref().map_or(Ok(CellRange::ALL), CellRange::parse)
}

/// Whether a format shows the day, so that a number below 1 is more than a time of day.
fn shows_days(style: Option<&Style>) -> bool {
    let format = style.and_then(|style| style.number_format.as_ref());
    // What stands in quotes or brackets, or behind a backslash, is shown as it is.
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    format.is_some_and(|format| {
        format.format_code.chars().any(|character| {
            match character {
                _ if std::mem::take(&mut escaped) => {}
                '\\' | '_' | '*' if !quoted => escaped = true,
                '"' => quoted = !quoted,
                '[' if !quoted => bracketed = true,
                ']' if !quoted => bracketed = false,
                'd' | 'D' | 'y' | 'Y' => return !quoted && !bracketed,
                _ => {}
            }
            false
        })
    })
}

fn content_of<'a>(value: &DataRef<'a>, shows_days: impl FnOnce() -> bool) -> Option<Content<'a>> {
    let text = |text: Cow<'a, str>| (!text.trim().is_empty()).then(|| Content::Value(Scalar::Text(text)));
    match value {
        DataRef::Empty | DataRef::Error(CellErrorType::NA) => None,
        DataRef::Int(number) => Some(Content::Value(Scalar::Integer(*number))),
        DataRef::Float(number) => Some(Content::Value(number_of(*number))),
        DataRef::Bool(value) => Some(Content::Value(Scalar::Boolean(*value))),
        DataRef::String(found) | DataRef::DateTimeIso(found) | DataRef::DurationIso(found) => text(Cow::Owned(found.clone())),
        DataRef::SharedString(found) => text(Cow::Borrowed(*found)),
        DataRef::DateTime(time) => Some(match time_of(time, shows_days()) {
            Some(text) => Content::Value(Scalar::Text(Cow::Owned(text))),
            None => Content::Fault(time.as_f64().to_string(), DAY_FAULT),
        }),
        DataRef::Error(error) => Some(Content::Fault(error.to_string(), FORMULA_FAULT)),
    }
}

/// Excel has only doubles; a whole one is meant as an integer.
fn number_of(number: f64) -> Scalar<'static> {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the range of both types")]
    if number.fract() == 0.0 && number.abs() < EXACT_MAX { Scalar::Integer(number as i64) } else { Scalar::Float(number) }
}

/// A day, an instant, a time of day or a duration; none for a day that is not in the calendar: before its first or after
/// its last, and the 29th of February 1900, which Excel alone has.
fn time_of(time: &ExcelDateTime, shows_days: bool) -> Option<String> {
    let days = time.as_f64();
    if time.is_duration() || (days.abs() < 1.0 && !shows_days) {
        let seconds = (days.abs() * 86_400_000.0).round() / 1_000.0;
        let (hours, minutes, rest) = ((seconds / 3_600.0).floor(), (seconds / 60.0).floor() % 60.0, seconds % 60.0);
        let sign = if days < 0.0 { "-" } else { "" };
        let width = if rest.fract() == 0.0 { 2 } else { 6 };
        let decimals = if rest.fract() == 0.0 { 0 } else { 3 };
        return Some(format!("{sign}{hours:02}:{minutes:02}:{rest:0width$.decimals$}"));
    }
    if !(0.0..DAYS_MAX).contains(&days) {
        return None;
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    // Of the other calendar, 0 is the first day; of this one it is the last of 1899, which Excel shows as the 0th of January.
    if !(1900..=9999).contains(&year) || (year, month, day) == (1900, 2, 29) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    Some(match (hour, minute, second, milli) {
        (0, 0, 0, 0) => date,
        (.., 0) => format!("{date}T{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    })
}

/// The letters of a column, from 0.
pub(crate) fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0)));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// Decodes a sheet.
pub(crate) fn decode(source: &Spooled, inference: &Inference, target: &DecodeTarget, progress: &Progress, emit: &mut dyn FnMut(Decoded) -> Result<()>) -> Result<DecodeOutcome> {
    let mut batch = BatchBuilder::new(source.name(), inference, target, progress, emit);
    let keys: HashMap<&str, usize> = target.columns.iter().enumerate().map(|(place, column)| (column.name.as_str(), place)).collect();
    let mut places = Vec::with_capacity(inference.columns.len());
    for column in &inference.columns {
        let place = keys.get(column.name.as_str()).copied().ok_or_else(|| not_in_dataset(source.name(), &column.name, &target.columns))?;
        places.push(place);
    }
    let names = inference.columns.iter().map(|column| column.name.as_str()).collect();
    let mut rows = Rows { names, places, first_column: inference.first_column, nulls: Nulls::of(&inference.options), taken: ScalarRows::default() };
    let mut workbook = Workbook::open(source, progress)?;
    let sheet = workbook.find_sheet(inference.options.sheet.as_ref())?;
    let mut header = inference.header;
    workbook.read(&sheet, range_of(&inference.options)?, &mut |row| {
        if !std::mem::take(&mut header) {
            rows.take(&row, target.columns.len(), &mut batch);
            rows.taken.hand_over_if_due(&mut batch)?;
        }
        Ok(true)
    })?;
    rows.taken.hand_over(&mut batch)?;
    progress.set_bytes_read(source.size());
    batch.finish()
}

struct Rows<'a> {
    /// For each column of the file its name and its place in the target.
    names: Vec<&'a str>,
    places: Vec<usize>,
    first_column: u32,
    nulls: Nulls,
    taken: ScalarRows,
}

impl Rows<'_> {
    /// The row as text separated by tabs, each cell at its place.
    fn text_of(&self, row: &ExcelRow<'_>) -> String {
        let mut cells = vec![String::new(); self.names.len()];
        for cell in &row.cells {
            let text = cell.content.text();
            let quoted = text.contains(['\t', '"', '\n', '\r']) || self.seems_missing(&cell.content);
            let text = if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into_owned() };
            let index = cell.column.checked_sub(self.first_column).and_then(|index| usize::try_from(index).ok());
            match index.and_then(|index| cells.get_mut(index)) {
                Some(slot) => *slot = text,
                // What has no name comes last.
                None => cells.push(text),
            }
        }
        cells.join("\t")
    }

    /// Whether a text is a value in the sheet that would be none in delimited text without quotes.
    fn seems_missing(&self, content: &Content<'_>) -> bool {
        let Content::Value(scalar) = content else { return false };
        matches!(scalar, Scalar::Text(text) if self.nulls.hold(ColumnType::String, text.as_bytes(), false)) && !self.nulls.name(scalar)
    }

    fn take(&mut self, row: &ExcelRow<'_>, width: usize, batch: &mut BatchBuilder<'_>) {
        let raw = self.text_of(row);
        self.taken.see(raw.len());
        let origin = Origin { line: u64::from(row.row) + 1, raw: raw.as_bytes() };
        let mut scalars = vec![Scalar::Null; width];
        for cell in &row.cells {
            let index = cell.column.checked_sub(self.first_column).and_then(|index| usize::try_from(index).ok());
            let Some((place, name)) = index.and_then(|index| self.places.get(index).zip(self.names.get(index))) else {
                let reason = format!("a cell in column {}, which has no name; name it in the header, or leave it out by a range", letters(cell.column));
                return self.taken.reject(origin.reject(None, Some(cell.content.text().into_owned()), reason));
            };
            match &cell.content {
                Content::Value(scalar) => {
                    if let Some(slot) = scalars.get_mut(*place) {
                        *slot = scalar.clone();
                    }
                }
                Content::Fault(shown, reason) => {
                    return self.taken.reject(origin.reject(Some((*name).to_owned()), Some(shown.clone()), (*reason).to_owned()));
                }
            }
        }
        self.taken.append(&scalars, &origin, batch);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use calamine::ExcelDateTimeType;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::ingest::decode::testing::{Loaded, load_with, spooled};

    /// A workbook of one sheet, of these rows of XML. Style 1 is a day, 2 a time of day, 3 a moment.
    fn workbook(rows: &str, from_1904: bool) -> Vec<u8> {
        let namespace = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
        let relations = |kind: &str, target: &str| {
            format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}\" Target=\"{target}\"/></Relationships>"
            )
        };
        let properties = if from_1904 { "<workbookPr date1904=\"1\"/>" } else { "" };
        let formats = "<numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\"/><numFmt numFmtId=\"165\" formatCode=\"dd.mm.yyyy hh:mm\"/></numFmts>";
        let cells = "<cellXfs count=\"4\"><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"20\"/><xf numFmtId=\"165\"/></cellXfs>";
        let parts = [
            ("_rels/.rels", relations("officeDocument", "xl/workbook.xml")),
            ("xl/_rels/workbook.xml.rels", relations("worksheet", "worksheets/sheet1.xml")),
            ("xl/workbook.xml", format!("<workbook {namespace}>{properties}<sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>")),
            ("xl/styles.xml", format!("<styleSheet {namespace}>{formats}{cells}</styleSheet>")),
            ("xl/worksheets/sheet1.xml", format!("<worksheet {namespace}><sheetData>{rows}</sheetData></worksheet>")),
        ];
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in parts {
            archive.start_file(name, SimpleFileOptions::default()).unwrap();
            archive.write_all(content.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn text(place: &str, text: &str) -> String {
        format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    }

    fn number(place: &str, style: u32, number: f64) -> String {
        format!("<c r=\"{place}\" s=\"{style}\"><v>{number}</v></c>")
    }

    fn sheet(rows: &[String], from_1904: bool, range: Option<&str>) -> Loaded {
        let rows: String = rows.iter().map(|cells| format!("<row>{cells}</row>")).collect();
        let options = ReadOptions { cell_range: range.map(str::to_owned), ..ReadOptions::default() };
        load_with(&spooled("t.xlsx", workbook(&rows, from_1904)), &options, &[]).unwrap()
    }

    #[test]
    fn days_that_no_calendar_has_reject_their_row() {
        let rows = |days: &[f64]| {
            let mut rows = vec![[text("A1", "n"), text("B1", "day"), text("C1", "clock")].concat()];
            for (place, day) in days.iter().enumerate() {
                let row = place + 2;
                rows.push([number(&format!("A{row}"), 0, place as f64), number(&format!("B{row}"), 1, *day), number(&format!("C{row}"), 2, 0.25)].concat());
            }
            rows.push(format!("{}<c r=\"B{row}\" t=\"e\"><v>#N/A</v></c>", number(&format!("A{}", days.len() + 2), 0, 9.0), row = days.len() + 2));
            rows
        };
        let days = [45_000.0, 1.0, 0.0, -5.0, 60.0, 3e6, 45_001.0, 45_002.0, 45_003.0];
        let loaded = sheet(&rows(&days), false, None);
        assert_eq!(loaded.types(), "n:integer day:date clock:string");
        let good = ["0|2023-03-15|06:00:00", "1|1900-01-01|06:00:00", "6|2023-03-16|06:00:00", "7|2023-03-17|06:00:00", "8|2023-03-18|06:00:00", "9|~|~"];
        assert_eq!(loaded.rows(), good);
        let rejected: Vec<String> = [(4, "0"), (5, "-5"), (6, "60"), (7, "3000000")]
            .iter()
            .map(|(line, value)| format!("line {line}, column \"day\", value \"{value}\": not a day of the calendar of the workbook; correct it, or format the cell as a number"))
            .collect();
        assert_eq!(loaded.described(), rejected);
        // Counted from 1904, day 0 is the first, and day 60 a day like others.
        let loaded = sheet(&rows(&days), true, None);
        assert_eq!(loaded.rows()[1..4], ["1|1904-01-02|06:00:00", "2|1904-01-01|06:00:00", "4|1904-03-01|06:00:00"]);
        assert_eq!(loaded.described().len(), 2);
    }

    #[test]
    fn a_rejected_row_keeps_each_value_at_its_place() {
        let row = |row: usize, note: &str, day: f64| {
            let note = if note.is_empty() { String::new() } else { text(&format!("B{row}"), note) };
            [number(&format!("A{row}"), 0, 7.0), note, number(&format!("C{row}"), 1, day)].concat()
        };
        let header = [text("A1", "n"), text("B1", "note"), text("C1", "day")].concat();
        let loaded = sheet(&[header, row(2, "x", 45_000.0), row(3, "", -5.0), row(4, "a \"b\"", -6.0), row(5, "y", 45_001.0)], false, None);
        let raws: Vec<&str> = loaded.rejects.iter().map(|reject| reject.raw.as_str()).collect();
        assert_eq!(raws, ["7\t\t-5", "7\t\"a \"\"b\"\"\"\t-6"]);
    }

    #[test]
    fn numbers_are_missing_where_the_load_names_them_and_texts_of_rejected_rows_are_not() {
        let row = |row: usize, n: f64, note: &str, day: f64| [number(&format!("A{row}"), 0, n), text(&format!("B{row}"), note), number(&format!("C{row}"), 1, day)].concat();
        let header = [text("A1", "n"), text("B1", "note"), text("C1", "day")].concat();
        let rows = [header, row(2, 1.0, "NA", 45_000.0), row(3, -999.0, "x", 45_001.0), row(4, 9_999.0, "NA", -5.0), row(5, 2.5, "y", 45_002.0)];
        let usual = sheet(&rows, false, None);
        assert_eq!(usual.rows(), ["1.0|NA|2023-03-15", "-999.0|x|2023-03-16", "2.5|y|2023-03-17"]);
        // Who corrects the row reads it as delimited text, where this would be a missing value without its quotes.
        assert_eq!(usual.rejects[0].raw, "9999\t\"NA\"\t-5");
        let cells: String = rows.iter().map(|cells| format!("<row>{cells}</row>")).collect();
        let options = ReadOptions { null_tokens: Some(["-999", "9999", "NA"].map(str::to_owned).to_vec()), ..ReadOptions::default() };
        let named = load_with(&spooled("t.xlsx", workbook(&cells, false)), &options, &[]).unwrap();
        assert_eq!(named.rows(), ["1.0|~|2023-03-15", "~|x|2023-03-16", "2.5|y|2023-03-17"]);
        assert_eq!((named.rejects[0].raw.as_str(), &named.inference.columns[0].null_tokens), ("9999\tNA\t-5", &vec!["-999".to_owned(), "9999".to_owned()]));
    }

    #[test]
    fn the_first_cell_of_a_table_may_be_empty() {
        let rows = [
            [text("B1", "x"), text("C1", "y")].concat(),
            [number("A2", 0, 0.0), number("B2", 0, 1.0), number("C2", 0, 2.0)].concat(),
            [number("A3", 0, 1.0), number("C3", 0, 4.0)].concat(),
        ];
        for range in [None, Some("A1:C3"), Some("A:C"), Some("1:3")] {
            let loaded = sheet(&rows, false, range);
            assert_eq!((loaded.types().as_str(), loaded.rows()), ("column_1:integer x:integer y:integer", vec!["0|1|2".to_owned(), "1|~|4".to_owned()]), "{range:?}");
            assert_eq!((loaded.described(), loaded.inference.preview.rows[0].join("|")), (vec![], "0|1|2".to_owned()));
        }
        // A column of nothing but a range.
        let rows = [[text("C2", "x"), text("D2", "y")].concat(), [number("C3", 0, 1.0), number("D3", 0, 2.0)].concat()];
        assert_eq!(sheet(&rows, false, None).rows(), ["1|2"]);
        assert_eq!(sheet(&rows, false, Some("B2:D3")).types(), "column_1:string x:integer y:integer");
        // Columns further to the left belong to something else.
        let rows = [[text("C1", "x"), text("D1", "y")].concat(), [number("C2", 0, 1.0), number("D2", 0, 2.0)].concat(), text("A3", "note")];
        assert_eq!((sheet(&rows, false, None).rows(), sheet(&rows, false, None).rejects.len()), (vec!["1|2".to_owned()], 1));
    }

    #[test]
    fn times_are_written_as_what_they_are() {
        let time = |days: f64, kind| time_of(&ExcelDateTime::new(days, kind, false), false).unwrap();
        assert_eq!(time(45_000.0, ExcelDateTimeType::DateTime), "2023-03-15");
        assert_eq!(time(45_000.5, ExcelDateTimeType::DateTime), "2023-03-15T12:00:00");
        assert_eq!(time(0.25, ExcelDateTimeType::DateTime), "06:00:00");
        assert_eq!(time(1.5, ExcelDateTimeType::TimeDelta), "36:00:00");
        let shows = |code: &str| {
            let mut style = Style::default();
            let mut format = calamine::NumberFormat::default();
            format.format_code = code.to_owned();
            style.number_format = Some(format);
            shows_days(Some(&style))
        };
        assert!(["yyyy-mm-dd", "[$-409]d. mmm", "dd.mm.yyyy hh:mm"].into_iter().all(shows));
        assert!(!["hh:mm", "[Red]hh:mm", "h \"day\"", "hh\\d", "General"].into_iter().any(shows));
    }

    #[test]
    fn whole_numbers_are_integers_and_columns_have_letters() {
        assert_eq!(number_of(3.0), Scalar::Integer(3));
        assert_eq!(number_of(3.5), Scalar::Float(3.5));
        assert_eq!(number_of(1e300), Scalar::Float(1e300));
        assert_eq!([0, 25, 26, 701, 702, 16_383].map(letters), ["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
    }
}
