//! A sample of a sheet: where its table is, whether its first row names the columns, and their types.

use super::delimited::{clean, is_header, named};
use super::{Found, FoundSheet, InferredColumn, Layout, Observation, PREVIEW_ROWS, Preview};
use crate::error::{Error, Result};
use crate::ingest::decode::Spooled;
use crate::ingest::decode::excel::{Content, ExcelRow, Workbook, letters, range_of};
use crate::ingest::decode::nulls::Nulls;
use crate::ingest::options::CellRange;
use crate::ingest::{Progress, ReadOptions};

/// Rows that are looked at.
const SAMPLE_ROWS: usize = 2_000;

/// What the rows have in common.
#[derive(Default)]
struct Seen {
    nulls: Nulls,
    first_row: u32,
    first_column: u32,
    /// The texts of the first row, by column; empty where it has no cell.
    names: Vec<String>,
    /// Columns, without the first row and with it.
    body: Vec<Observation>,
    whole: Vec<Observation>,
    rows: usize,
    preview: Vec<Vec<String>>,
    faults: usize,
    /// The first cell before the first column of the table.
    before: Option<u32>,
}

impl Seen {
    fn see(&mut self, row: &ExcelRow<'_>, range: CellRange) {
        if self.rows == 0 {
            self.first_row = row.row;
            self.first_column = range.first_column.or_else(|| row.cells.first().map(|cell| cell.column)).unwrap_or(0);
            if range.last_column < u32::MAX {
                self.widen(range.last_column.saturating_sub(self.first_column));
            }
        }
        // Programs leave the name of a row number out.
        if self.rows == 1 && range.first_column.is_none() && row.cells.first().is_some_and(|cell| cell.column + 1 == self.first_column) {
            self.begin_earlier();
        }
        let mut shown = Vec::new();
        for cell in &row.cells {
            let Some(offset) = cell.column.checked_sub(self.first_column) else {
                self.before.get_or_insert(cell.column);
                continue;
            };
            self.widen(offset);
            let place = offset as usize;
            let text = cell.content.text().into_owned();
            match &cell.content {
                Content::Value(scalar) => {
                    if let Some(column) = self.whole.get_mut(place) {
                        column.see_scalar(scalar);
                    }
                    if let Some(column) = self.body.get_mut(place).filter(|_| self.rows > 0) {
                        column.see_scalar(scalar);
                    }
                }
                Content::Fault(..) => self.faults += 1,
            }
            if self.rows == 0
                && let Some(name) = self.names.get_mut(place)
            {
                *name = clean(&text);
            }
            shown.resize(shown.len().max(place + 1), String::new());
            if let Some(slot) = shown.get_mut(place) {
                *slot = text;
            }
        }
        for (place, column) in self.whole.iter_mut().enumerate() {
            if shown.get(place).is_none_or(String::is_empty) {
                column.see_nothing();
            }
        }
        if self.rows > 0 {
            for (place, column) in self.body.iter_mut().enumerate() {
                if shown.get(place).is_none_or(String::is_empty) {
                    column.see_nothing();
                }
            }
        }
        if self.preview.len() <= PREVIEW_ROWS {
            self.preview.push(shown);
        }
        self.rows += 1;
    }

    /// Makes room for a column before the first, of which the first row has no cell.
    fn begin_earlier(&mut self) {
        self.first_column -= 1;
        self.names.insert(0, String::new());
        self.body.insert(0, Observation::with(&self.nulls));
        let mut whole = Observation::with(&self.nulls);
        whole.see_nothing();
        self.whole.insert(0, whole);
        self.preview.iter_mut().for_each(|shown| shown.insert(0, String::new()));
    }

    /// Makes room for a column so far behind the first.
    fn widen(&mut self, offset: u32) {
        let width = self.whole.len().max(offset as usize + 1);
        self.names.resize(width, String::new());
        self.body.resize(width, Observation::with(&self.nulls));
        self.whole.resize(width, Observation::with(&self.nulls));
    }
}

pub(super) fn infer(source: &Spooled, options: &ReadOptions) -> Result<Found> {
    let name = source.name();
    let mut workbook = Workbook::open(source, &Progress::new())?;
    let sheet = workbook.find_sheet(options.sheet.as_ref())?;
    let range = range_of(options)?;
    let mut seen = Seen { nulls: Nulls::of(options), ..Seen::default() };
    workbook.read(&sheet, range, &mut |row| {
        seen.see(&row, range);
        Ok(seen.rows <= SAMPLE_ROWS)
    })?;
    if seen.rows == 0 {
        return Err(Error::invalid(format!(
            "{name}: sheet {sheet:?} has no cells{}; choose another sheet or range",
            if options.cell_range.is_some() { " in the range" } else { "" }
        ))
        .at("sheet"));
    }
    let named_width = seen.names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
    let header = options.header.unwrap_or_else(|| is_header(seen.names.get(..named_width).unwrap_or_default(), &seen.body, seen.rows));
    let mut warnings = Vec::new();
    let width = if header && range.last_column == u32::MAX { named_width } else { seen.whole.len() };
    if header && seen.whole.len() > width {
        let beyond = letters(seen.first_column + u32::try_from(width).unwrap_or(0));
        warnings.push(format!("there are cells from column {beyond} on, beyond the header; their rows will be rejected, unless a range leaves them out"));
    }
    if let Some(column) = seen.before {
        warnings.push(format!("there are cells in column {}, before the first row begins; their rows will be rejected, unless a range holds them", letters(column)));
    }
    if seen.faults > 0 {
        warnings.push(format!("{} cells of the sample hold the error of a formula, or a day that is in no calendar; their rows will be rejected", seen.faults));
    }
    let (names, observations) = if header {
        (named(&format!("{name} row {} of sheet {sheet:?}", seen.first_row + 1), seen.names.into_iter().take(width).collect())?, seen.body)
    } else {
        if options.header.is_none() {
            warnings.push("no header row was found; columns are named column_1, column_2 and so on".to_owned());
        }
        ((1..=width).map(|place| format!("column_{place}")).collect(), seen.whole)
    };
    let mut preview = Preview { columns: names.clone(), rows: Vec::new() };
    for mut row in seen.preview.into_iter().skip(usize::from(header)).take(PREVIEW_ROWS) {
        row.resize(width, String::new());
        preview.push(row.into_iter());
    }
    let columns: Vec<InferredColumn> = observations.into_iter().zip(names).map(|(observation, name)| observation.finish(&name)).collect();
    let rows = seen.rows.saturating_sub(usize::from(header)) as u64;
    let sheet = FoundSheet { name: sheet, all: workbook.sheets(), first_column: seen.first_column };
    Ok(Found { layout: Layout::Sheet, header, rows, columns, preview, warnings, sheet: Some(sheet) })
}
