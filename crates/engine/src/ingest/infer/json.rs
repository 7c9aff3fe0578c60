//! A sample of JSON: layout, and columns by the keys of its objects.

use std::collections::HashMap;

use super::{Found, InferredColumn, Layout, Observation, PREVIEW_ROWS, Preview, SAMPLE_BYTES, SAMPLE_ROWS, Sample, check_width};
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result};
use crate::ingest::decode::Spooled;
use crate::ingest::decode::json_rows::{RowFinder, Scalar, Step, read_row};
use crate::ingest::decode::nulls::Nulls;
use crate::ingest::decode::text::Window;
use crate::ingest::{Compression, Encoding, Progress};

/// How the objects of a sample are laid out; none when it does not begin like JSON.
pub(super) fn layout_of(sample: &Sample<'_>) -> Option<Layout> {
    let mut bytes = sample.text.iter().filter(|byte| !byte.is_ascii_whitespace());
    match (bytes.next()?, bytes.next()?) {
        (b'[', b'{' | b']') => Some(Layout::JsonArray),
        (b'{', b'"' | b'}') => {
            // An object that goes over several lines makes the file a sequence.
            let text = sample.text.trim_ascii_start();
            let line = text.split(|byte| *byte == b'\n').next().unwrap_or(text);
            let whole = read_row(line, |_, _| ()).is_ok();
            let sequence = !whole && first_object(text, sample.complete).is_some_and(|object| object.len() > line.len() && read_row(object, |_, _| ()).is_ok());
            Some(if sequence { Layout::JsonSequence } else { Layout::JsonLines })
        }
        _ => None,
    }
}

/// Whether what looks like a layout begins with an object indeed.
pub(super) fn begins_with_object(sample: &Sample<'_>, layout: Layout) -> bool {
    let mut finder = RowFinder::new(layout, None);
    let mut at = 0;
    loop {
        let text = sample.text.get(at..).unwrap_or_default();
        match finder.step(text, sample.complete) {
            Ok(Step::Skip(bytes)) => at += bytes,
            Ok(Step::Row { range, .. }) => return read_row(text.get(range).unwrap_or_default(), |_, _| ()).is_ok(),
            _ => return false,
        }
    }
}

fn first_object(text: &[u8], complete: bool) -> Option<&[u8]> {
    match RowFinder::new(Layout::JsonSequence, None).step(text, complete) {
        Ok(Step::Row { range, .. }) => text.get(range),
        _ => None,
    }
}

/// Infers from JSON; none when not even a row fits into the sample.
pub(super) fn infer(sample: &Sample<'_>, layout: Layout, nulls: &Nulls, final_try: bool) -> Result<Option<Found>> {
    infer_rows(sample, RowFinder::new(layout, None), layout, nulls, final_try)
}

/// Infers from the array at a place inside of a document, however much stands before it.
pub(super) fn infer_at(source: &Spooled, compression: Compression, encoding: Encoding, pointer: &str, nulls: &Nulls) -> Result<Found> {
    let progress = Progress::new();
    let mut window = Window::open(source, compression, encoding, &progress)?;
    let mut finder = RowFinder::new(Layout::JsonArray, Some(pointer));
    let broken = |what: String| Error::invalid(format!("{} {what}", source.name())).at("json_path");
    while let Some(step) = finder.walk(window.text(), window.ended()).map_err(broken)? {
        match step {
            Step::Skip(bytes) => window.consume(bytes),
            _ => window.fill()?,
        }
    }
    for bytes in SAMPLE_BYTES {
        while window.text().len() < bytes && !window.ended() {
            window.fill()?;
        }
        let sample = Sample { name: source.name(), text: window.text().to_vec(), complete: window.ended() };
        let final_try = window.ended() || Some(&bytes) == SAMPLE_BYTES.last();
        if let Some(found) = infer_rows(&sample, finder.clone(), Layout::JsonArray, nulls, final_try)? {
            return Ok(found);
        }
    }
    Err(Error::internal("a sample gave neither columns nor an error"))
}

fn infer_rows(sample: &Sample<'_>, mut finder: RowFinder, layout: Layout, nulls: &Nulls, final_try: bool) -> Result<Option<Found>> {
    let mut columns = Columns { nulls: nulls.clone(), ..Columns::default() };
    let mut preview = Vec::new();
    let mut rows = 0_usize;
    let mut good = 0_usize;
    let mut first_flaw = None;
    let mut at = 0;
    while rows < SAMPLE_ROWS {
        let text = sample.text.get(at..).unwrap_or_default();
        match finder.step(text, sample.complete).map_err(|what| Error::invalid(format!("{} {what}", sample.name)))? {
            Step::Skip(bytes) => at += bytes,
            Step::More | Step::End => break,
            Step::Row { range, line, consumed } => {
                rows += 1;
                at += consumed;
                let row = text.get(range).unwrap_or_default();
                let mut values = Vec::new();
                match read_row(row, |key, scalar| values.push((key.to_owned(), scalar))) {
                    Ok(()) => {
                        check_width(sample.name, values.len().max(columns.names.len()))?;
                        if good < PREVIEW_ROWS {
                            preview.push(values.iter().map(|(key, scalar)| (key.clone(), scalar.text().unwrap_or_default().into_owned())).collect::<HashMap<_, _>>());
                        }
                        columns.see(&values, good);
                        good += 1;
                    }
                    Err(reason) => {
                        first_flaw.get_or_insert((line, reason));
                    }
                }
            }
        }
    }
    if rows == 0 && !sample.complete && !final_try {
        return Ok(None);
    }
    if good == 0 {
        return Err(Error::invalid(match first_flaw {
            Some((line, reason)) => format!("{} line {line}: {reason}; no row of the sample is a JSON object", sample.name),
            None => format!("{}: there is no JSON object in the file; send one object a line, or an array of objects", sample.name),
        }));
    }
    let mut shown = Preview { columns: columns.names.clone(), rows: Vec::new() };
    for mut row in preview {
        shown.push(columns.names.iter().map(|name| row.remove(name).unwrap_or_default()));
    }
    let columns = columns.finish(sample.name, good)?;
    let warnings = lone_document(&columns, rows, sample.complete).into_iter().collect();
    Ok(Some(Found { layout, header: true, rows: rows as u64, columns, preview: shown, warnings, sheet: None }))
}

/// What to say of a file of one object that holds arrays of objects: these are likely to be the rows.
fn lone_document(columns: &[InferredColumn], rows: usize, complete: bool) -> Option<String> {
    let mut pointers = Vec::new();
    for column in columns {
        add_arrays(&column.name, column.column_type, &column.fields, "", &mut pointers);
    }
    (rows == 1 && complete && !pointers.is_empty())
        .then(|| format!("the file is one object; if its rows are the array at {}, declare that as the path (json_path)", pointers.join(" or ")))
}

/// The ways to arrays of objects, none of which stands inside of another.
fn add_arrays(name: &str, column_type: ColumnType, fields: &[Column], way: &str, pointers: &mut Vec<String>) {
    let way = format!("{way}/{}", name.replace('~', "~0").replace('/', "~1"));
    match column_type {
        ColumnType::Struct => fields.iter().for_each(|field| add_arrays(&field.name, field.column_type, &field.fields, &way, pointers)),
        ColumnType::List if fields.iter().any(|element| element.column_type == ColumnType::Struct) => pointers.push(way),
        _ => {}
    }
}

/// Keys in the order in which they first appear.
#[derive(Default)]
struct Columns {
    nulls: Nulls,
    names: Vec<String>,
    places: HashMap<String, usize>,
    observations: Vec<(Observation, usize)>,
}

impl Columns {
    fn see(&mut self, values: &[(String, Scalar<'_>)], rows_before: usize) {
        for (key, scalar) in values {
            let place = *self.places.entry(key.clone()).or_insert_with(|| {
                self.names.push(key.clone());
                self.observations.push((Observation::with(&self.nulls), 0));
                self.names.len() - 1
            });
            if let Some((observation, rows)) = self.observations.get_mut(place) {
                observation.see_scalar(scalar);
                if *rows < rows_before {
                    observation.see_nothing();
                }
                *rows = rows_before + 1;
            }
        }
    }

    fn finish(self, file: &str, rows: usize) -> Result<Vec<InferredColumn>> {
        let mut lower: HashMap<String, &str> = HashMap::new();
        for name in &self.names {
            if let Some(earlier) = lower.insert(name.to_lowercase(), name) {
                return Err(Error::invalid(format!("{file}: the keys {earlier:?} and {name:?} differ only by case; rename one")));
            }
        }
        drop(lower);
        let columns = self.observations.into_iter().zip(self.names).map(|((mut observation, seen), name)| {
            if seen < rows {
                observation.see_nothing();
            }
            observation.finish(&name)
        });
        Ok(columns.collect())
    }
}
