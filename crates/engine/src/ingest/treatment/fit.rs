//! What comes out of the steps as rows of a dataset that is there: its columns in its order. A column that the steps do not make
//! is null; one that the dataset does not have, or has with another type, is an error before any row is read.

use std::sync::Arc;

use arrow::array::new_null_array;
use arrow::datatypes::FieldRef;

use super::rows::Rows;
use crate::catalog::Column;
use crate::error::{Error, Result, near_names};

/// Where each column of the dataset comes from.
#[derive(Debug)]
pub(super) struct Fit {
    columns: Vec<(FieldRef, Option<usize>)>,
}

impl Fit {
    pub(super) fn new(made: &[Column], columns: &[Column]) -> Result<Self> {
        for column in made {
            let Some(there) = columns.iter().find(|there| there.name == column.name) else {
                let near = near_names(&column.name, columns.iter().map(|column| column.name.as_str()));
                return Err(Error::invalid(format!("the steps leave a column {:?} that the dataset does not have{near}; drop or rename it", column.name)).at("steps"));
            };
            if there != column {
                return Err(Error::invalid(format!("the steps make column {:?} {column}, and the dataset has it as {there}; cast it", column.name)).at("steps"));
            }
        }
        let place = |column: &Column| (column.field(), made.iter().position(|made| made.name == column.name));
        Ok(Self { columns: columns.iter().map(place).collect() })
    }

    pub(super) fn apply(&self, rows: &mut Rows) -> Result<()> {
        let count = rows.batch.num_rows();
        let arrays = self.columns.iter().map(|(field, place)| {
            let found = place.and_then(|place| rows.batch.columns().get(place));
            found.map_or_else(|| new_null_array(field.data_type(), count), Arc::clone)
        });
        let arrays = arrays.collect();
        rows.set(self.columns.iter().map(|(field, _)| Arc::clone(field)).collect(), arrays)
    }
}
