//! Delimited text to batches. Rows are cut a few thousand at a time and then read column by column, so that each column
//! runs one tight loop. Refuses quotes that never close and cells or rows of absurd size; other flaws cost only their row.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use memchr::memchr;

use super::batch::{BatchBuilder, not_in_dataset};
use super::csv_dialect::Dialect;
use super::split::{Broken, Cell, Flaw, Malformed, Signs, Splitter, Tile};
use super::tally::{row_text, shorten_value};
use super::text::Window;
use super::{DecodeOutcome, DecodeTarget, Decoded, Spooled, value};
use crate::error::{Error, Result};
use crate::ingest::infer::Inference;
use crate::ingest::{Progress, RaggedRows, Reject};

/// Rows cut at a time: their cells and text stay in the second-level cache.
const TILE_ROWS: usize = 2_048;

/// Decodes delimited text.
pub(crate) fn decode(
    source: &Spooled,
    inference: &Inference,
    dialect: Dialect,
    target: &DecodeTarget,
    progress: &Progress,
    emit: &mut dyn FnMut(Decoded) -> Result<()>,
) -> Result<DecodeOutcome> {
    let names: Vec<&str> = inference.columns.iter().map(|column| column.name.as_str()).collect();
    let mut reader = Reader {
        name: source.name(),
        dialect,
        places: find_places(source.name(), &names, target)?,
        names,
        batch: BatchBuilder::new(source.name(), inference, target, progress, emit),
    };
    let mut window = Window::open(source, inference.compression, inference.text_encoding, progress)?;
    let mut splitter = Splitter::new(dialect.delimiter, dialect.terminator, dialect.signs, None);
    let mut tile = Tile::default();
    if inference.header {
        while tile.is_empty() {
            let cut = splitter.split(window.text(), window.ended(), 1, &mut tile).map_err(|broken| reader.explain(broken))?;
            window.consume(cut);
            if tile.is_empty() && cut == 0 {
                if window.ended() {
                    break;
                }
                window.fill()?;
            }
        }
    }
    splitter.set_width(reader.names.len());
    splitter.set_fill(inference.options.ragged_rows == RaggedRows::Fill);
    loop {
        tile.clear();
        let limit = reader.batch.tally.step(TILE_ROWS);
        let cut = splitter.split(window.text(), window.ended(), limit, &mut tile).map_err(|broken| reader.explain(broken))?;
        if cut == 0 {
            if window.ended() {
                break;
            }
            window.fill()?;
            continue;
        }
        reader.take(window.text().get(..cut).unwrap_or_default(), &mut tile)?;
        window.consume(cut);
    }
    reader.batch.finish()
}

/// For each column of the target, its place in the file.
fn find_places(file: &str, names: &[&str], target: &DecodeTarget) -> Result<Vec<Option<usize>>> {
    let known: HashMap<&str, usize> = names.iter().enumerate().map(|(place, name)| (*name, place)).collect();
    let wanted: HashSet<&str> = target.columns.iter().map(|column| column.name.as_str()).collect();
    if let Some(name) = names.iter().find(|name| !wanted.contains(**name)) {
        return Err(not_in_dataset(file, name, &target.columns));
    }
    Ok(target.columns.iter().map(|column| known.get(column.name.as_str()).copied()).collect())
}

struct Reader<'a> {
    name: &'a str,
    dialect: Dialect,
    names: Vec<&'a str>,
    places: Vec<Option<usize>>,
    batch: BatchBuilder<'a>,
}

impl Reader<'_> {
    /// Decodes rows that were cut from `bytes`.
    fn take(&mut self, bytes: &[u8], tile: &mut Tile) -> Result<()> {
        let seen = tile.rows.len() + tile.malformed.len();
        let mut rejects: Vec<Reject> = tile.malformed.iter().map(|row| self.malformed(bytes, row)).collect();
        let mut cleaned = Vec::new();
        let text = match std::str::from_utf8(bytes) {
            Ok(text) if memchr(0, bytes).is_none() => text,
            _ => self.without_unreadable_rows(bytes, tile, &mut cleaned, &mut rejects),
        };
        if self.batch.is_checking() {
            self.check(text, tile);
            return self.batch.advance(0, std::iter::empty(), Vec::new(), seen, 0);
        }
        let width = self.names.len().max(1);
        let mut misfits = Vec::new();
        let mut faults: Vec<(usize, usize, usize)> = Vec::new();
        for (index, (sink, place)) in self.batch.sinks.iter_mut().zip(&self.places).enumerate() {
            let Some(place) = *place else {
                sink.append_nulls(tile.rows.len());
                continue;
            };
            let column = tile.cells.get(place..).unwrap_or_default().iter().step_by(width);
            let is_void = sink.append_cells(column.clone(), text, &mut misfits);
            if sink.is_open() {
                for (cell, row) in column.zip(&tile.rows) {
                    sink.observe_text(content(text, cell.range()), row.line);
                }
            }
            if sink.is_nulling() {
                self.batch.nulled += misfits.len() as u64;
                misfits.clear();
            }
            if is_void {
                self.batch.check_only();
                self.check(text, tile);
                return Ok(());
            }
            faults.extend(misfits.drain(..).map(|row| (row, place, index)));
        }
        // One reject a row: the leftmost cell at fault.
        faults.sort_unstable();
        faults.dedup_by_key(|(row, ..)| *row);
        for (row, place, index) in &faults {
            rejects.push(self.misfit(text, tile, *row, *place, *index));
        }
        let appended = tile.rows.len();
        if self.batch.wants_lines {
            self.batch.lines.extend(tile.rows.iter().map(|row| row.line));
        }
        self.batch.advance(appended, faults.iter().map(|(row, ..)| *row), rejects, seen, bytes.len())
    }

    /// Looks only whether inferred types hold.
    fn check(&mut self, text: &str, tile: &Tile) {
        let width = self.names.len().max(1);
        for (sink, place) in self.batch.sinks.iter_mut().zip(&self.places) {
            let Some(place) = *place else { continue };
            for (cell, row) in tile.cells.get(place..).unwrap_or_default().iter().step_by(width).zip(&tile.rows) {
                let raw = content(text, cell.range());
                if cell.is_escaped() {
                    sink.observe_text(&self.dialect.signs.unescape(raw), row.line);
                } else {
                    sink.observe_text(raw, row.line);
                }
            }
        }
    }

    /// Takes rows that are not text out of the tile, so that the rest is.
    fn without_unreadable_rows<'t>(&self, bytes: &[u8], tile: &mut Tile, cleaned: &'t mut Vec<u8>, rejects: &mut Vec<Reject>) -> &'t str {
        let width = self.names.len();
        cleaned.extend_from_slice(bytes);
        let blank = |cleaned: &mut Vec<u8>, range: Range<usize>| {
            if let Some(row) = cleaned.get_mut(range) {
                row.fill(b'?');
            }
        };
        for row in &tile.malformed {
            blank(cleaned, row.start as usize..row.end as usize);
        }
        let rows = std::mem::take(&mut tile.rows);
        let cells = std::mem::take(&mut tile.cells);
        for (row, row_cells) in rows.into_iter().zip(cells.chunks_exact(width.max(1))) {
            let range = row.start as usize..row.end as usize;
            let raw = bytes.get(range.clone()).unwrap_or_default();
            let Some((at, reason)) = unreadable(raw) else {
                tile.rows.push(row);
                tile.cells.extend_from_slice(row_cells);
                continue;
            };
            let place = row_cells.iter().position(|cell| cell.range().end > row.start as usize + at);
            let value = place.and_then(|place| row_cells.get(place)).map(|cell| shorten_value(bytes.get(cell.range()).unwrap_or_default()));
            let column = place.and_then(|place| self.names.get(place)).map(|name| (*name).to_owned());
            rejects.push(Reject { line: row.line, column, value, reason, rule: None, raw: row_text(raw) });
            blank(cleaned, range);
        }
        // Only line ends and blank lines are left between rows, and comments, whatever these hold.
        let mut begin = 0;
        for row in &tile.rows {
            blank(cleaned, begin..row.start as usize);
            begin = row.end as usize;
        }
        blank(cleaned, begin..bytes.len());
        std::str::from_utf8(cleaned).unwrap_or_default()
    }

    fn malformed(&self, bytes: &[u8], row: &Malformed) -> Reject {
        let raw = bytes.get(row.start as usize..row.end as usize).unwrap_or_default();
        let (column, reason) = match row.flaw {
            Flaw::Cells(found) => {
                let width = self.names.len();
                let hint = if found > width { "; quote cells that hold the delimiter" } else { "" };
                (None, format!("{found} cells where the file has {width} columns{hint}"))
            }
            Flaw::AfterQuote(place) => (self.names.get(place).map(|name| (*name).to_owned()), "text after a closing quote; double the quotes inside a quoted cell".to_owned()),
        };
        Reject { line: row.line, column, value: None, reason, rule: None, raw: row_text(raw) }
    }

    fn misfit(&self, text: &str, tile: &Tile, row: usize, place: usize, index: usize) -> Reject {
        let cell = tile.cells_of(row).get(place);
        let raw_cell = cell.map(|cell| content(text, cell.range())).unwrap_or_default();
        let unescaped = self.dialect.signs.unescape(raw_cell);
        let value = if cell.is_some_and(|cell| cell.is_escaped()) { &unescaped } else { raw_cell };
        let sink = self.batch.sinks.get(index);
        let column = sink.map(|sink| &sink.column);
        let inside = sink.filter(|sink| sink.column.column_type.is_nested()).and_then(|sink| sink.lost_inside(value));
        let (line, raw) = tile.rows.get(row).map_or((0, &b""[..]), |row| (row.line, content(text, row.start as usize..row.end as usize)));
        let name = column.map(|column| column.name.clone());
        let (column, value, reason) = match inside {
            Some(inside) => (name.map(|name| format!("{name}{}", inside.way)), inside.value, inside.reason),
            None => (name, shorten_value(value), column.map(|column| value::misfit(column.column_type, value)).unwrap_or_default().to_owned()),
        };
        Reject {
            line,
            column,
            value: Some(value),
            reason,
            rule: None,
            raw: if self.dialect.signs == Signs::default() { row_text(raw) } else { self.as_usual(text, tile.cells_of(row)) },
        }
    }

    /// A row with the quotes that most files have: who corrects it reads it by these.
    fn as_usual(&self, text: &str, cells: &[Cell]) -> String {
        let delimiter = char::from(self.dialect.delimiter);
        let cell = |cell: &Cell| {
            let raw = content(text, cell.range());
            let plain = String::from_utf8_lossy(raw);
            let unescaped = self.dialect.signs.unescape(raw);
            let plain = if cell.is_escaped() { String::from_utf8_lossy(&unescaped) } else { plain };
            if cell.is_quoted() || plain.contains([delimiter, '"', '\n', '\r']) { format!("\"{}\"", plain.replace('"', "\"\"")) } else { plain.into_owned() }
        };
        cells.iter().map(cell).collect::<Vec<_>>().join(&delimiter.to_string())
    }

    fn explain(&self, broken: Broken) -> Error {
        explain(self.name, &self.names, broken)
    }
}

/// A shape that ends the load, in words.
pub(crate) fn explain(file: &str, names: &[&str], broken: Broken) -> Error {
    let column = |place: usize| names.get(place).map_or_else(|| format!("column {}", place + 1), |name| format!("column {name:?}"));
    Error::invalid(match broken {
        Broken::Unterminated { line, column: place } => {
            format!("{file} line {line}, {}: the quote that opens here is never closed; close it, or double it if it belongs to the text", column(place))
        }
        Broken::CellTooLong { line, column: place, quoted } => {
            let hint = if quoted { "look for a quote that is not closed" } else { "look whether the delimiter and the line ends are right" };
            format!("{file} line {line}, {}: the cell is longer than 16 MiB; {hint}", column(place))
        }
        Broken::RowTooLong { line } => format!("{file} line {line}: the row is longer than 64 MiB; look for a quote that is not closed, or for missing line ends"),
    })
}

fn content(text: &str, range: Range<usize>) -> &[u8] {
    text.as_bytes().get(range).unwrap_or_default()
}

/// Where and why a row is not text.
fn unreadable(row: &[u8]) -> Option<(usize, String)> {
    if let Some(at) = memchr(0, row) {
        return Some((at, "a NUL byte (hex 00); a text file has none, export it anew".to_owned()));
    }
    let error = std::str::from_utf8(row).err()?;
    let at = error.valid_up_to();
    let bytes: Vec<String> = row.get(at..).unwrap_or_default().iter().take(error.error_len().unwrap_or(4).max(1)).map(|byte| format!("{byte:02x}")).collect();
    Some((at, format!("not valid UTF-8 (hex {}); save the file as UTF-8", bytes.join(" "))))
}
