//! The step that cuts texts at a separator into new columns.

use std::sync::Arc;

use arrow::array::StringViewBuilder;

use super::frame::{Frame, text};
use super::op::{Op, Site};
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result};
use crate::ingest::treatment::rows::Rows;

/// Pieces of a text at most.
const PIECES_MAX: usize = 100;

#[derive(Debug)]
struct Split {
    from: usize,
    separator: String,
    targets: Vec<(usize, Column)>,
}

pub(super) fn split(frame: &mut Frame, column: &str, separator: &str, into: &[String]) -> Result<Box<dyn Op>> {
    let from = frame.texts(&[column.to_owned()])?.first().copied().unwrap_or_default();
    if separator.is_empty() {
        return Err(Error::invalid("\"separator\" is empty; say where texts are cut"));
    }
    if !(2..=PIECES_MAX).contains(&into.len()) {
        return Err(Error::invalid(format!("\"into\" names {} columns; give 2 to {PIECES_MAX}", into.len())));
    }
    let mut targets = Vec::new();
    for name in into {
        let target = Column::new(name, ColumnType::String);
        targets.push((frame.add(target.clone())?, target));
    }
    Ok(Box::new(Split { from, separator: separator.to_owned(), targets }))
}

impl Op for Split {
    fn apply(&mut self, rows: &mut Rows, _: &Site) -> Result<()> {
        let mut builders: Vec<StringViewBuilder> = self.targets.iter().map(|_| StringViewBuilder::with_capacity(rows.batch.num_rows())).collect();
        for text in text(&rows.batch, self.from)? {
            let mut pieces = text.map(|text| text.splitn(self.targets.len(), self.separator.as_str()));
            for builder in &mut builders {
                builder.append_option(pieces.as_mut().and_then(Iterator::next).filter(|piece| !piece.is_empty()));
            }
        }
        for ((place, target), mut builder) in self.targets.iter().zip(builders) {
            rows.put(*place, target, Arc::new(builder.finish()))?;
        }
        Ok(())
    }
}
