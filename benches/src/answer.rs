//! Answers in a form in which those of different engines can be compared.

use anyhow::{Context, Result, bail};
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit};
use arrow::record_batch::RecordBatch;

/// How far two floating point numbers may be apart, relative to the greater: they are summed in different orders.
const TOLERANCE: f64 = 1e-9;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Missing.
    Null,
    /// Text.
    Text(String),
    /// A whole number, or an instant in microseconds.
    Whole(i64),
    /// Any other number.
    Number(f64),
}

/// Rows in any order.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

impl Answer {
    /// The rows of Arrow batches.
    pub fn from_batches(batches: &[RecordBatch]) -> Result<Self> {
        let mut rows = Vec::new();
        for batch in batches {
            let columns = batch.columns().iter().map(|column| cells(column)).collect::<Result<Vec<_>>>()?;
            rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row].clone()).collect::<Vec<_>>()));
        }
        Ok(Self { rows })
    }

    /// Whether the answers are the same, apart from the order of rows and the last digits of numbers.
    pub fn compare(mut self, mut other: Self) -> Result<()> {
        if self.rows.len() != other.rows.len() {
            bail!("{} rows and {} rows", self.rows.len(), other.rows.len());
        }
        self.rows.sort_by_cached_key(|row| key(row));
        other.rows.sort_by_cached_key(|row| key(row));
        for (ours, theirs) in self.rows.iter().zip(&other.rows) {
            if ours.len() != theirs.len() || !ours.iter().zip(theirs).all(|(a, b)| equal(a, b)) {
                bail!("{ours:?} is not {theirs:?}");
            }
        }
        Ok(())
    }
}

/// What identifies a row: everything but numbers that may differ in their last digits.
fn key(row: &[Cell]) -> Vec<String> {
    row.iter().filter(|cell| !matches!(cell, Cell::Number(_))).map(|cell| format!("{cell:?}")).collect()
}

fn equal(a: &Cell, b: &Cell) -> bool {
    let number = |cell: &Cell| match cell {
        Cell::Whole(whole) => Some(*whole as f64),
        Cell::Number(number) => Some(*number),
        Cell::Null | Cell::Text(_) => None,
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()),
        _ => a == b,
    }
}

fn cells(column: &dyn Array) -> Result<Vec<Cell>> {
    let wanted = match column.data_type() {
        DataType::Timestamp(..) | DataType::Date32 => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Boolean | DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
            DataType::Int64
        }
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => DataType::Float64,
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 | DataType::Dictionary(..) => DataType::Utf8,
        other => bail!("no comparison of {other}"),
    };
    let mut column = cast(column, &wanted).context("make the column comparable")?;
    if matches!(wanted, DataType::Timestamp(..)) {
        column = cast(&column, &DataType::Int64)?;
    }
    let cell = |row: usize| match column.data_type() {
        _ if column.is_null(row) => Cell::Null,
        DataType::Int64 => Cell::Whole(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Cell::Number(column.as_primitive::<Float64Type>().value(row)),
        _ => Cell::Text(column.as_string::<i32>().value(row).to_owned()),
    };
    Ok((0..column.len()).map(cell).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer<const N: usize>(rows: [(&str, f64); N]) -> Answer {
        Answer { rows: rows.into_iter().map(|(name, number)| vec![Cell::Text(name.into()), Cell::Number(number)]).collect() }
    }

    #[test]
    fn order_and_last_digits_do_not_count_and_everything_else_does() {
        let ours = answer([("a", 1.0), ("b", 3e9)]);
        assert!(ours.clone().compare(answer([("b", 3e9 + 0.1), ("a", 1.0)])).is_ok());
        assert!(ours.clone().compare(answer([("a", 1.0), ("b", 3e9 + 10.0)])).is_err());
        assert!(ours.clone().compare(answer([("a", 1.0)])).is_err());
        assert!(ours.compare(answer([("a", 1.0), ("c", 3e9)])).is_err());
    }
}
