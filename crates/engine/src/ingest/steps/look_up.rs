//! The step that adds columns of another dataset. Its rows are held by their key in memory; a key names one row, or the step
//! says which one does not. The other dataset may have widened its column since: then keys are compared as the wider type.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array, new_null_array};
use arrow::compute::take;
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};

use super::frame::{Frame, array};
use super::op::{Op, Site};
use super::provisions::LookedUp;
use super::step::{Missing, OnError};
use crate::catalog::Column;
use crate::catalog::convert::{as_wider, show};
use crate::error::{Error, Result, near_names};
use crate::ingest::contract::keys::canonical;
use crate::ingest::treatment::rows::{Fault, Rows};

#[derive(Debug)]
struct LookUp {
    dataset: String,
    /// The columns that are looked for, and the types of those among which they are.
    keys: Vec<(usize, DataType)>,
    converter: RowConverter,
    rows: HashMap<Box<[u8]>, u32>,
    /// What is taken, all rows of it, and where it goes.
    taken: Vec<(usize, Column, ArrayRef)>,
    missing: Missing,
}

/// What the step says, as it is written.
pub(super) struct Order<'a> {
    pub dataset: &'a str,
    pub on: &'a BTreeMap<String, String>,
    pub take: &'a BTreeMap<String, String>,
    pub missing: Missing,
}

pub(super) fn look_up(frame: &mut Frame, order: &Order<'_>, found: &LookedUp) -> Result<Box<dyn Op>> {
    let Order { dataset, on, take, missing } = *order;
    if on.is_empty() || take.is_empty() {
        return Err(Error::invalid("\"on\" and \"take\" need a column each: what must be equal, and what is added"));
    }
    let there = |name: &String| {
        let column = found.columns.iter().find(|column| column.name == *name);
        column.ok_or_else(|| Error::invalid(format!("dataset {dataset} has no column {name:?}{}", near_names(name, found.columns.iter().map(|column| column.name.as_str())))))
    };
    for other in take.keys() {
        there(other)?;
    }
    let (mut keys, mut fields) = (Vec::new(), Vec::new());
    for (here, other) in on {
        let (place, column) = frame.find(here)?;
        let other = there(other)?;
        let (ours, theirs) = (column.column_type, other.column_type);
        if (ours != theirs && !theirs.is_wider_than(ours)) || ours.is_nested() {
            return Err(Error::invalid(format!("column {here:?} is {column}, and {:?} of dataset {dataset} is {other}: they are never equal; cast one", other.name)));
        }
        keys.push((place, other.data_type()));
        fields.push(SortField::new(other.data_type()));
    }
    let converter = RowConverter::new(fields)?;
    let rows = match &found.rows {
        Some(batch) => index(batch, on, &converter, dataset)?,
        None => HashMap::new(),
    };
    let mut taken = Vec::new();
    for (other, here) in take {
        let column = Column { name: here.clone(), ..there(other)?.clone() };
        let values = match &found.rows {
            Some(batch) => batch.column_by_name(other).cloned().ok_or_else(|| Error::internal(format!("column {other:?} was not read")))?,
            None => new_null_array(&column.data_type(), 0),
        };
        taken.push((frame.add(column.clone())?, column, values));
    }
    Ok(Box::new(LookUp { dataset: dataset.to_owned(), keys, converter, rows, taken, missing }))
}

/// The rows of the other dataset by their keys. One with a null in its key is found by nobody.
fn index(batch: &RecordBatch, on: &BTreeMap<String, String>, converter: &RowConverter, dataset: &str) -> Result<HashMap<Box<[u8]>, u32>> {
    let columns = on.values().map(|name| batch.column_by_name(name).map(canonical).ok_or_else(|| Error::internal(format!("column {name:?} was not read"))));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let mut rows = HashMap::with_capacity(batch.num_rows());
    for (row, key) in converter.convert_columns(&columns)?.iter().enumerate() {
        if columns.iter().any(|column| column.is_null(row)) {
            continue;
        }
        if rows.insert(Box::from(key.data()), u32::try_from(row).unwrap_or(u32::MAX)).is_some() {
            let key: Vec<String> = on.values().zip(&columns).map(|(name, column)| format!("{name} = {:?}", show(column, row))).collect();
            return Err(Error::invalid(format!(
                "dataset {dataset} has two rows with {}, so that it is not known which one is meant; make them one, or look for more columns",
                key.join(" and ")
            )));
        }
    }
    Ok(rows)
}

impl Op for LookUp {
    fn apply(&mut self, rows: &mut Rows, site: &Site) -> Result<()> {
        let columns = self.keys.iter().map(|(place, _)| array(&rows.batch, *place).cloned()).collect::<Result<Vec<_>>>()?;
        let sought = columns.iter().zip(&self.keys).map(|(column, (_, theirs))| as_wider(column, theirs).map(|column| canonical(&column)));
        let sought = sought.collect::<Result<Vec<ArrayRef>>>()?;
        let keys = self.converter.convert_columns(&sought)?;
        // Also what no value over there can be equal to.
        let keyless = |row: usize| sought.iter().any(|column| column.is_null(row));
        let find = |(row, key): (usize, arrow::row::Row<'_>)| if keyless(row) { None } else { self.rows.get(key.data()).copied() };
        let found: UInt32Array = keys.iter().enumerate().map(find).collect();
        let mut faults = Vec::new();
        if self.missing == Missing::Reject && found.null_count() > 0 {
            let name = self.keys.first().and_then(|(place, _)| rows.name(*place));
            for row in (0..found.len()).filter(|row| found.is_null(*row)) {
                let shown: Vec<String> = columns.iter().map(|column| if column.is_null(row) { "null".to_owned() } else { show(column, row) }).collect();
                faults.push(Fault { row, column: name.clone(), value: Some(shown.join(", ")), reason: format!("dataset {} has no such row", self.dataset) });
            }
        }
        for (place, column, values) in &self.taken {
            let values = if values.is_empty() { new_null_array(&column.data_type(), found.len()) } else { take(values, &found, None)? };
            rows.put(*place, column, Arc::clone(&values))?;
        }
        site.settle(rows, faults, OnError::Reject)
    }
}
