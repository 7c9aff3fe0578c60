//! Steps that change which columns there are and how they are called: rename, drop, flatten. They touch no value.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::nullif;

use super::frame::Frame;
use super::op::{Op, Site};
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result};
use crate::ingest::treatment::rows::Rows;

/// What the columns are afterwards, and where each comes from.
#[derive(Debug)]
struct Arrange {
    columns: Vec<(Column, Source)>,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    Column(usize),
    /// A field of a struct.
    Field(usize, usize),
}

impl Op for Arrange {
    fn apply(&mut self, rows: &mut Rows, _: &Site) -> Result<()> {
        let batch = &rows.batch;
        let arrays = self
            .columns
            .iter()
            .map(|(column, source)| source.array(batch.columns()).ok_or_else(|| Error::internal(format!("column {:?} has no source", column.name))));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        rows.set(self.columns.iter().map(|(column, _)| column.field()).collect(), arrays)
    }
}

impl Source {
    fn array(self, columns: &[ArrayRef]) -> Option<ArrayRef> {
        match self {
            Self::Column(place) => columns.get(place).cloned(),
            Self::Field(place, field) => {
                let structs = columns.get(place)?.as_struct_opt()?;
                let inner = structs.columns().get(field)?;
                match structs.nulls() {
                    // What stands in a field below a null means nothing.
                    Some(nulls) if nulls.null_count() > 0 => nullif(inner, &BooleanArray::new(!nulls.inner(), None)).ok(),
                    _ => Some(Arc::clone(inner)),
                }
            }
        }
    }
}

fn kept(frame: &Frame) -> Vec<(Column, Source)> {
    frame.columns.iter().cloned().enumerate().map(|(place, column)| (column, Source::Column(place))).collect()
}

fn arranged(frame: &mut Frame, columns: Vec<(Column, Source)>) -> Result<Box<dyn Op>> {
    frame.columns = columns.iter().map(|(column, _)| column.clone()).collect();
    frame.check()?;
    Ok(Box::new(Arrange { columns }))
}

pub(super) fn rename(frame: &mut Frame, names: &BTreeMap<String, String>) -> Result<Box<dyn Op>> {
    frame.places(&names.keys().cloned().collect::<Vec<_>>())?;
    let mut columns = kept(frame);
    for (column, _) in &mut columns {
        if let Some(name) = names.get(&column.name) {
            column.name.clone_from(name);
        }
    }
    arranged(frame, columns)
}

pub(super) fn drop(frame: &mut Frame, names: &[String]) -> Result<Box<dyn Op>> {
    frame.places(names)?;
    let columns = kept(frame).into_iter().filter(|(column, _)| !names.contains(&column.name)).collect();
    arranged(frame, columns)
}

pub(super) fn flatten(frame: &mut Frame, name: &str, prefix: Option<&str>) -> Result<Box<dyn Op>> {
    let (place, column) = frame.find(name)?;
    if column.column_type != ColumnType::Struct {
        return Err(Error::invalid(format!("column {name:?} is {column}; only a struct has fields to flatten")));
    }
    let prefix = prefix.map_or_else(|| format!("{name}_"), str::to_owned);
    let fields = column.fields.iter().enumerate();
    let fields: Vec<(Column, Source)> = fields.map(|(index, field)| (Column { name: format!("{prefix}{}", field.name), ..field.clone() }, Source::Field(place, index))).collect();
    let mut columns = kept(frame);
    columns.splice(place..=place, fields);
    arranged(frame, columns)
}
