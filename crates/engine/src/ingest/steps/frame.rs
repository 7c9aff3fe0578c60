//! The columns at one place of a list of steps: each step finds those that it reads and says which it leaves behind.

use arrow::array::AsArray;
use arrow::array::{ArrayRef, RecordBatch, StringViewArray};

use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result, near_names};

/// Columns so far.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub columns: Vec<Column>,
}

impl Frame {
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The place of a column.
    pub(super) fn place(&self, name: &str) -> Result<usize> {
        let found = self.columns.iter().position(|column| column.name == name);
        found.ok_or_else(|| Error::invalid(format!("there is no column {name:?}{}", near_names(name, self.names()))))
    }

    pub(super) fn find(&self, name: &str) -> Result<(usize, &Column)> {
        let place = self.place(name)?;
        self.columns.get(place).map(|column| (place, column)).ok_or_else(|| Error::internal("a column has no place"))
    }

    /// The places of these columns; there must be some.
    pub(super) fn places(&self, names: &[String]) -> Result<Vec<usize>> {
        if names.is_empty() {
            return Err(Error::invalid("it names no column; put one into \"columns\""));
        }
        names.iter().map(|name| self.place(name)).collect()
    }

    /// The places of these columns, all of them text.
    pub(super) fn texts(&self, names: &[String]) -> Result<Vec<usize>> {
        let places = self.places(names)?;
        for column in places.iter().filter_map(|place| self.columns.get(*place)) {
            if column.column_type != ColumnType::String {
                return Err(Error::invalid(format!("column {:?} is {column}, not text; cast it to string before, or declare its type", column.name)));
            }
        }
        Ok(places)
    }

    /// The places of all columns of text.
    pub(super) fn all_texts(&self) -> Vec<usize> {
        self.columns.iter().enumerate().filter(|(_, column)| column.column_type == ColumnType::String).map(|(place, _)| place).collect()
    }

    /// Puts a column in the place of the one of that name, else at the end.
    pub(super) fn put(&mut self, column: Column) -> Result<usize> {
        check_name(&column.name)?;
        if let Some((place, there)) = self.columns.iter_mut().enumerate().find(|(_, there)| there.name == column.name) {
            *there = column;
            return Ok(place);
        }
        self.refuse_case(&column.name)?;
        self.columns.push(column);
        Ok(self.columns.len() - 1)
    }

    /// Puts a column at the end; there must be none of that name.
    pub(super) fn add(&mut self, column: Column) -> Result<usize> {
        if self.names().any(|name| name == column.name) {
            return Err(Error::invalid(format!("there is a column {:?} already; choose another name, or drop it before", column.name)));
        }
        self.put(column)
    }

    fn refuse_case(&self, name: &str) -> Result<()> {
        match self.names().find(|there| there.to_lowercase() == name.to_lowercase()) {
            Some(there) => Err(Error::invalid(format!("columns {there:?} and {name:?} differ only by case; choose another name"))),
            None => Ok(()),
        }
    }

    /// Looks whether all names can stand beside each other.
    pub(super) fn check(&self) -> Result<()> {
        if self.columns.is_empty() {
            return Err(Error::invalid("no column is left"));
        }
        let mut seen = std::collections::HashMap::new();
        for name in self.names() {
            check_name(name)?;
            if let Some(other) = seen.insert(name.to_lowercase(), name) {
                return Err(Error::invalid(format!("columns {other:?} and {name:?} would have the same name (case does not count); choose another")));
            }
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<()> {
    if name.is_empty() || name.len() > 255 || name.chars().any(char::is_control) {
        return Err(Error::invalid(format!("column name {name:?} is not valid: use 1 to 255 bytes without control characters")));
    }
    Ok(())
}

/// The array of a column.
pub(super) fn array(batch: &RecordBatch, place: usize) -> Result<&ArrayRef> {
    batch.columns().get(place).ok_or_else(|| Error::internal(format!("a batch has no column {place}")))
}

/// The array of a column of text.
pub(super) fn text(batch: &RecordBatch, place: usize) -> Result<&StringViewArray> {
    let array = array(batch, place)?;
    array.as_string_view_opt().ok_or_else(|| Error::internal(format!("a column of text is {}", array.data_type())))
}
