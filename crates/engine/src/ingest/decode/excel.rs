//! A sheet of an Excel workbook to batches, by the `calamine` crate, cell after cell. Numbers, dates and booleans come with
//! their types, text stays text. A cell with the error of a formula rejects its row; `#N/A` and blanks are null. Refuses
//! sheets that are not there, naming those that are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{CellErrorType, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};

use super::batch::BatchBuilder;
use super::columnar::panic_text;
use super::excel_parts;
use super::json_rows::Scalar;
use super::scalar_rows::{Origin, ScalarRows};
use super::spool::ReadSeek;
use super::{DecodeOutcome, DecodeTarget, Decoded, Spooled};
use crate::error::{Error, Result, near_names};
use crate::ingest::infer::Inference;
use crate::ingest::options::CellRange;
use crate::ingest::{Progress, ReadOptions, Sheet};

/// Rows and columns that Excel has.
const ROWS_MAX: u32 = 1 << 20;
const COLUMNS_MAX: u32 = 1 << 14;
/// The largest whole number of which a double holds every smaller one.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// A cell that is not empty.
pub(crate) struct ExcelCell<'a> {
    /// From 0, in the sheet.
    pub column: u32,
    pub content: Content<'a>,
}

/// What is in a cell.
pub(crate) enum Content<'a> {
    Value(Scalar<'a>),
    /// A formula that went wrong.
    Fault(String),
}

impl Content<'_> {
    /// As people read it.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Value(scalar) => scalar.text().unwrap_or_default(),
            Self::Fault(error) => Cow::Borrowed(error),
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
            let next = caught(|| reader.next_cell()).map_err(|what| damaged(at.row, what))?;
            let Some(cell) = next.map_err(|error| damaged(at.row, error.to_string()).because(error))? else { break };
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
                && let Some(content) = content_of(cell.get_value())
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

fn content_of<'a>(value: &DataRef<'a>) -> Option<Content<'a>> {
    let text = |text: Cow<'a, str>| (!text.trim().is_empty()).then(|| Content::Value(Scalar::Text(text)));
    match value {
        DataRef::Empty | DataRef::Error(CellErrorType::NA) => None,
        DataRef::Int(number) => Some(Content::Value(Scalar::Integer(*number))),
        DataRef::Float(number) => Some(Content::Value(number_of(*number))),
        DataRef::Bool(value) => Some(Content::Value(Scalar::Boolean(*value))),
        DataRef::String(found) | DataRef::DateTimeIso(found) | DataRef::DurationIso(found) => text(Cow::Owned(found.clone())),
        DataRef::SharedString(found) => text(Cow::Borrowed(*found)),
        DataRef::DateTime(time) => Some(Content::Value(Scalar::Text(Cow::Owned(time_of(time))))),
        DataRef::Error(error) => Some(Content::Fault(error.to_string())),
    }
}

/// Excel has only doubles; a whole one is meant as an integer.
fn number_of(number: f64) -> Scalar<'static> {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the range of both types")]
    if number.fract() == 0.0 && number.abs() < EXACT_MAX { Scalar::Integer(number as i64) } else { Scalar::Float(number) }
}

/// A day, an instant, a time of day or a duration.
fn time_of(time: &ExcelDateTime) -> String {
    let days = time.as_f64();
    if time.is_duration() || days.abs() < 1.0 {
        let seconds = (days.abs() * 86_400_000.0).round() / 1_000.0;
        let (hours, minutes, rest) = ((seconds / 3_600.0).floor(), (seconds / 60.0).floor() % 60.0, seconds % 60.0);
        let sign = if days < 0.0 { "-" } else { "" };
        let width = if rest.fract() == 0.0 { 2 } else { 6 };
        let decimals = if rest.fract() == 0.0 { 0 } else { 3 };
        return format!("{sign}{hours:02}:{minutes:02}:{rest:0width$.decimals$}");
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second, milli) {
        (0, 0, 0, 0) => date,
        (.., 0) => format!("{date}T{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    }
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
        let place = keys.get(column.name.as_str()).copied().ok_or_else(|| {
            let near = near_names(&column.name, keys.keys().copied());
            Error::invalid(format!("{}: column {:?} is not in the dataset{near}; rename or drop it in the file, or load into a new dataset", source.name(), column.name))
        })?;
        places.push(place);
    }
    let mut rows =
        Rows { names: inference.columns.iter().map(|column| column.name.as_str()).collect(), places, first_column: inference.first_column, taken: ScalarRows::default() };
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
    taken: ScalarRows,
}

impl Rows<'_> {
    fn take(&mut self, row: &ExcelRow<'_>, width: usize, batch: &mut BatchBuilder<'_>) {
        let raw = row.cells.iter().map(|cell| cell.content.text()).collect::<Vec<_>>().join("\t");
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
                Content::Fault(error) => {
                    let reason = "the cell holds the error of a formula; correct it in the sheet".to_owned();
                    return self.taken.reject(origin.reject(Some((*name).to_owned()), Some(error.clone()), reason));
                }
            }
        }
        self.taken.append(&scalars, &origin, batch);
    }
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    #[test]
    fn times_are_written_as_what_they_are() {
        let time = |days: f64, kind| time_of(&ExcelDateTime::new(days, kind, false));
        assert_eq!(time(45_000.0, ExcelDateTimeType::DateTime), "2023-03-15");
        assert_eq!(time(45_000.5, ExcelDateTimeType::DateTime), "2023-03-15T12:00:00");
        assert_eq!(time(0.25, ExcelDateTimeType::DateTime), "06:00:00");
        assert_eq!(time(1.5, ExcelDateTimeType::TimeDelta), "36:00:00");
    }

    #[test]
    fn whole_numbers_are_integers_and_columns_have_letters() {
        assert_eq!(number_of(3.0), Scalar::Integer(3));
        assert_eq!(number_of(3.5), Scalar::Float(3.5));
        assert_eq!(number_of(1e300), Scalar::Float(1e300));
        assert_eq!([0, 25, 26, 701, 702, 16_383].map(letters), ["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
    }
}
