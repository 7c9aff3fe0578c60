//! The step that keeps one row of those of a load that have the same key. Which rows these are is known by hashes of 128 bits
//! under a secret of the process: that two of ten million keys share one by chance is less likely than one in 10^24, and
//! nobody can make them on purpose. Keeping the first streams; keeping the last takes a pass of its own to see which it is.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow::row::{RowConverter, SortField};

use super::frame::{Frame, array};
use super::op::{Op, Site};
use super::step::Keep;
use crate::error::{Error, Result};
use crate::ingest::contract::keys::canonical;
use crate::ingest::treatment::rows::Rows;

/// Keys of a load at most: about 150 MB, or 220 MB where the last row is kept.
const KEYS_MAX: usize = 7_000_000;

/// A hash of a key.
type Print = [u64; 2];

/// The keys of rows.
#[derive(Debug)]
struct Keys {
    /// The columns; none: all.
    places: Vec<usize>,
    converter: RowConverter,
    seeds: [RandomState; 2],
    max: usize,
}

impl Keys {
    /// A hash for each row; none for one that has no key.
    fn prints(&self, batch: &RecordBatch) -> Result<Vec<Option<Print>>> {
        let columns: Vec<ArrayRef> = match self.places.as_slice() {
            [] => batch.columns().iter().map(canonical).collect(),
            places => places.iter().map(|place| array(batch, *place).map(canonical)).collect::<Result<_>>()?,
        };
        let rows = self.converter.convert_columns(&columns)?;
        // Rows that are compared whole are equal where their nulls are.
        let keyless = |row: usize| !self.places.is_empty() && columns.iter().any(|column| column.is_null(row));
        let print = |(row, key): (usize, arrow::row::Row<'_>)| (!keyless(row)).then(|| [0, 1].map(|seed: usize| self.seeds.get(seed).map_or(0, |seed| seed.hash_one(key.data()))));
        Ok(rows.iter().enumerate().map(print).collect())
    }

    fn check(&self, found: usize) -> Result<()> {
        if found > self.max {
            return Err(Error::exhausted(format!(
                "there are more than {} different keys, and all of them are kept in memory; load the file in parts, or make it distinct before",
                self.max
            )));
        }
        Ok(())
    }
}

#[derive(Debug)]
struct First {
    keys: Keys,
    seen: HashSet<Print>,
}

#[derive(Debug)]
struct Last {
    keys: Keys,
    /// The last row of each key, counted as they come to this step.
    last: HashMap<Print, u64>,
    next: u64,
    looking: bool,
}

pub(super) fn deduplicate(frame: &Frame, key: &[String], keep: Keep) -> Result<Box<dyn Op>> {
    deduplicate_within(frame, key, keep, KEYS_MAX)
}

fn deduplicate_within(frame: &Frame, key: &[String], keep: Keep, max: usize) -> Result<Box<dyn Op>> {
    let places = if key.is_empty() { Vec::new() } else { frame.places(key)? };
    let compared = frame.columns.iter().enumerate().filter(|(place, _)| places.is_empty() || places.contains(place));
    let mut by_place: HashMap<usize, SortField> = HashMap::new();
    for (place, column) in compared {
        by_place.insert(place, SortField::new(column.data_type()));
    }
    let order: Vec<usize> = if places.is_empty() { (0..frame.columns.len()).collect() } else { places.clone() };
    let fields = order.iter().filter_map(|place| by_place.get(place).cloned()).collect();
    let keys = Keys { places, converter: RowConverter::new(fields)?, seeds: [RandomState::new(), RandomState::new()], max };
    Ok(match keep {
        Keep::First => Box::new(First { keys, seen: HashSet::new() }),
        Keep::Last => Box::new(Last { keys, last: HashMap::new(), next: 0, looking: true }),
    })
}

impl Op for First {
    fn apply(&mut self, rows: &mut Rows, _: &Site) -> Result<()> {
        let prints = self.keys.prints(&rows.batch)?;
        let keep: Vec<bool> = prints.into_iter().map(|print| print.is_none_or(|print| self.seen.insert(print))).collect();
        self.keys.check(self.seen.len())?;
        rows.keep(&BooleanArray::from(keep))
    }

    fn rewind(&mut self) {
        self.seen.clear();
    }
}

impl Op for Last {
    fn apply(&mut self, rows: &mut Rows, _: &Site) -> Result<()> {
        let mut keep = Vec::with_capacity(rows.batch.num_rows());
        for print in self.keys.prints(&rows.batch)? {
            if let Some(print) = print.filter(|_| self.looking) {
                self.last.insert(print, self.next);
            }
            keep.push(print.is_none_or(|print| self.last.get(&print) == Some(&self.next)));
            self.next += 1;
        }
        self.keys.check(self.last.len())?;
        rows.keep(&BooleanArray::from(keep))
    }

    fn looks_ahead(&self) -> bool {
        true
    }

    fn rewind(&mut self) {
        self.looking = false;
        self.next = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int64Array};

    use super::*;
    use crate::catalog::{Column, ColumnType};
    use crate::ingest::decode::Decoded;

    #[test]
    fn more_keys_than_memory_is_for_end_the_load() {
        let frame = Frame { columns: vec![Column::new("n", ColumnType::Integer)] };
        for keep in [Keep::First, Keep::Last] {
            let mut op = deduplicate_within(&frame, &["n".into()], keep, 3).unwrap();
            let rows = |values: Vec<i64>| {
                let batch = RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(values)) as ArrayRef)]).unwrap();
                Rows::of(Decoded { batch, rejects: Vec::new(), lines: Vec::new(), source: None, nulled: 0 })
            };
            let site = Site { number: 1, op: "deduplicate" };
            op.apply(&mut rows(vec![1, 2, 3, 1]), &site).unwrap();
            let error = op.apply(&mut rows(vec![4]), &site).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Exhausted);
            assert!(error.message().starts_with("there are more than 3 different keys"), "{error}");
        }
    }

    #[test]
    fn floats_that_are_equal_are_one_key() {
        let frame = Frame { columns: vec![Column::new("x", ColumnType::Float)] };
        for key in [vec!["x".to_owned()], Vec::new()] {
            let mut op = deduplicate(&frame, &key, Keep::First).unwrap();
            let batch = RecordBatch::try_from_iter([("x", Arc::new(Float64Array::from(vec![0.0, -0.0, 1.5, f64::NAN, -f64::NAN])) as ArrayRef)]).unwrap();
            let mut rows = Rows::of(Decoded { batch, rejects: Vec::new(), lines: Vec::new(), source: None, nulled: 0 });
            op.apply(&mut rows, &Site { number: 1, op: "deduplicate" }).unwrap();
            assert_eq!(rows.batch.num_rows(), 3, "{key:?}");
        }
    }
}
