//! A sample of delimited text: dialect, header, columns.

use std::collections::HashMap;

use super::{Found, InferredColumn, Layout, Observation, PREVIEW_ROWS, Preview, SAMPLE_ROWS, Sample, check_width};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::ingest::decode::csv::explain;
use crate::ingest::decode::csv_dialect::Dialect;
use crate::ingest::decode::nulls::Nulls;
use crate::ingest::decode::split::{Broken, Cell, Signs, Tile};
use crate::ingest::decode::value;
use crate::ingest::{FileFormat, RaggedRows, ReadOptions};

/// Infers from delimited text; none when not even two rows fit into the sample.
pub(super) fn infer(sample: &Sample<'_>, options: &ReadOptions, tabs_named: bool, final_try: bool) -> Result<Option<Found>> {
    let (signs, nulls) = (Signs::of(options), Nulls::of(options));
    let mut dialect = Dialect::sniff(&sample.text, sample.complete, tabs_named, signs);
    if options.format == Some(FileFormat::Tsv) {
        dialect.delimiter = b'\t';
    }
    if let Some(delimiter) = options.delimiter.and_then(|delimiter| u8::try_from(delimiter).ok()) {
        dialect.delimiter = delimiter;
    }
    let mut tile = Tile::default();
    match dialect.split(&sample.text, sample.complete, SAMPLE_ROWS, &mut tile) {
        Ok(_) => {}
        // A sample that ends within the quotes of its only row may be too short.
        Err(broken) if matches!(broken, Broken::Unterminated { .. }) || final_try || !tile.rows.is_empty() => {
            let names = tile.rows.first().map(|_| tile.cells_of(0).iter().map(|cell| content(sample, signs, *cell)).collect::<Vec<_>>()).unwrap_or_default();
            return Err(explain(sample.name, &names.iter().map(String::as_str).collect::<Vec<_>>(), broken));
        }
        Err(_) => return Ok(None),
    }
    if tile.rows.len() < 2 && !sample.complete && !final_try {
        return Ok(None);
    }
    // The row after it would be taken for the names of the columns, and its own rows for the data of others.
    if let Some(row) = tile.malformed.first().filter(|row| options.header != Some(false) && tile.rows.first().is_none_or(|first| row.line < first.line)) {
        let (name, line) = (sample.name, row.line);
        return Err(Error::invalid(format!(
            "{name} line {line}: the first row has text after a closing quote; double the quotes inside a quoted cell, and leave no space behind it"
        )));
    }
    let first = tile.cells_of(0);
    if first.is_empty() {
        return Err(super::empty(sample.name));
    }
    let width = first.len();
    check_width(sample.name, width)?;
    let fill = options.ragged_rows == RaggedRows::Fill;
    let observe = |begin: usize| observe(sample, &tile, begin, width, fill, &Reading { signs, nulls: &nulls });
    let body = observe(1);
    let names: Vec<String> = first.iter().map(|cell| clean(&content(sample, signs, *cell))).collect();
    let header = options.header.unwrap_or_else(|| is_header(&names, &body, tile.rows.len()));
    let mut warnings = Vec::new();
    let (names, observations, begin) = if header {
        (named(&format!("{} line {}", sample.name, tile.rows.first().map_or(1, |row| row.line)), names)?, body, 1)
    } else {
        if options.header.is_none() {
            warnings.push("no header line was found; columns are named column_1, column_2 and so on".to_owned());
        }
        ((1..=width).map(|place| format!("column_{place}")).collect(), observe(0), 0)
    };
    let rows = tile.rows.len().saturating_sub(begin);
    let counted = |ragged: &dyn Fn(usize) -> bool| (begin..tile.rows.len()).filter(|row| ragged(tile.cells_of(*row).len())).count();
    let (short, long) = (counted(&|found| found < width), counted(&|found| found > width));
    if short > 0 && fill {
        warnings.push(format!("{short} of the first {rows} rows have fewer than {width} cells; what is missing will be null"));
    }
    let rejected = if fill { long } else { short + long };
    if rejected > 0 {
        warnings.push(format!("{rejected} of the first {rows} rows do not have {width} cells; they will be rejected"));
    }
    let mut preview = Preview { columns: names.clone(), rows: Vec::new() };
    for row in begin..tile.rows.len().min(begin + PREVIEW_ROWS) {
        preview.push(tile.cells_of(row).iter().take(width).map(|cell| content(sample, signs, *cell)));
    }
    let columns: Vec<InferredColumn> = observations.into_iter().zip(names).map(|(observation, name)| observation.finish(&name)).collect();
    Ok(Some(Found { layout: Layout::Delimited(dialect), header, rows: rows as u64, columns, preview, warnings, sheet: None }))
}

/// How cells are written.
struct Reading<'a> {
    signs: Signs,
    nulls: &'a Nulls,
}

fn observe(sample: &Sample<'_>, tile: &Tile, begin: usize, width: usize, fill: bool, reading: &Reading<'_>) -> Vec<Observation> {
    let mut observations = vec![Observation::with(reading.nulls); width];
    for row in begin..tile.rows.len() {
        let cells = tile.cells_of(row);
        if cells.len() > width || (cells.len() < width && !fill) {
            continue;
        }
        observations.iter_mut().skip(cells.len()).for_each(Observation::see_nothing);
        for (observation, cell) in observations.iter_mut().zip(cells) {
            let raw = sample.text.get(cell.range()).unwrap_or_default();
            match std::str::from_utf8(raw) {
                Ok(text) if !cell.is_escaped() => observation.see_text(text, cell.is_quoted()),
                _ => observation.see_text(&content(sample, reading.signs, *cell), cell.is_quoted()),
            }
        }
    }
    observations
}

fn content(sample: &Sample<'_>, signs: Signs, cell: Cell) -> String {
    let raw = sample.text.get(cell.range()).unwrap_or_default();
    if cell.is_escaped() { String::from_utf8_lossy(&signs.unescape(raw)).into_owned() } else { String::from_utf8_lossy(raw).into_owned() }
}

pub(super) fn clean(name: &str) -> String {
    name.trim().chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// A first row of texts is a header when the columns below are of other types, or when no two of its cells are alike.
/// At most one cell may be empty: programs leave the name of a row number out.
pub(super) fn is_header(names: &[String], body: &[Observation], rows: usize) -> bool {
    let is_text = |name: &String| matches!(value::classify(name.as_bytes()), ColumnType::String | ColumnType::Boolean) && !matches!(name.as_str(), "" | "-" | "\\N");
    if names.iter().filter(|name| !is_text(name)).any(|name| !name.is_empty()) || names.iter().filter(|name| name.is_empty()).count() > usize::from(names.len() > 1) {
        return false;
    }
    let differs = body.iter().any(|column| column.column_type().is_some_and(|column_type| column_type != ColumnType::String));
    let mut seen = std::collections::HashSet::new();
    differs || rows == 1 || names.iter().all(|name| seen.insert(name.to_lowercase()))
}

/// Names every column; refuses two of the same name. `place` says where they stand.
pub(super) fn named(place: &str, names: Vec<String>) -> Result<Vec<String>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut named = Vec::with_capacity(names.len());
    for (index, name) in names.into_iter().enumerate() {
        let number = index + 1;
        let name = if name.is_empty() { format!("column_{number}") } else { name };
        if let Some(earlier) = places.insert(name.to_lowercase(), number) {
            return Err(Error::invalid(format!("{place}: columns {earlier} and {number} have the same name {name:?} (case does not count); rename one")));
        }
        named.push(name);
    }
    Ok(named)
}
