//! Which combinations of values the rows of an answer have.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::SortOptions;
use arrow::row::{RowConverter, Rows, SortField};

use crate::error::Result;

/// The combinations of some columns.
pub(super) struct Combinations {
    /// The first row of each, in the order in which they come.
    pub firsts: Vec<u64>,
    /// Which of them each row has.
    pub of_row: Vec<usize>,
    rows: Option<Rows>,
}

impl Combinations {
    /// Of no columns there is one combination, where there are rows.
    pub(super) fn of(columns: &[&ArrayRef], count: usize) -> Result<Self> {
        if columns.is_empty() {
            return Ok(Self { firsts: (count > 0).then_some(0).into_iter().collect(), of_row: vec![0; count], rows: None });
        }
        let options = SortOptions { descending: false, nulls_first: false };
        let converter = RowConverter::new(columns.iter().map(|values| SortField::new_with_options(values.data_type().clone(), options)).collect())?;
        let rows = converter.convert_columns(&columns.iter().map(|values| Arc::clone(values)).collect::<Vec<_>>())?;
        let (mut known, mut firsts, mut of_row) = (HashMap::new(), Vec::new(), Vec::with_capacity(count));
        for (index, row) in rows.iter().enumerate() {
            let place = *known.entry(row).or_insert_with(|| {
                firsts.push(index as u64);
                firsts.len() - 1
            });
            of_row.push(place);
        }
        drop(known);
        Ok(Self { firsts, of_row, rows: Some(rows) })
    }

    /// The combinations by their values, ascending and missing ones last: the place of each among `firsts`, and its first row.
    pub(super) fn sorted(&self) -> Vec<(usize, u64)> {
        let mut sorted: Vec<(usize, u64)> = self.firsts.iter().copied().enumerate().collect();
        if let Some(rows) = &self.rows {
            let row = |place: &u64| usize::try_from(*place).ok().filter(|place| *place < rows.num_rows()).map(|place| rows.row(place));
            sorted.sort_by(|(_, one), (_, other)| row(one).cmp(&row(other)));
        }
        sorted
    }
}
