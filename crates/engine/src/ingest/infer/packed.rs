//! A sample of a Parquet file: the footer says names and types, the first rows give examples.

use arrow::array::Array;

use super::{InferredColumn, PREVIEW_ROWS, Preview, shorten};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::ingest::decode::Spooled;
use crate::ingest::decode::parquet::{ParquetSource, convert, show};

const SAMPLE_ROWS: usize = 1_000;
const EXAMPLES_MAX: usize = 5;

pub(super) fn infer(source: &Spooled) -> Result<(Vec<InferredColumn>, Preview, u64)> {
    let mut file = ParquetSource::open(source, Some(SAMPLE_ROWS))?;
    if file.schema.fields().is_empty() {
        return Err(Error::invalid(format!("{}: the Parquet file has no columns; write it anew", source.name())));
    }
    let batch = file.read(0)?;
    let rows = batch.as_ref().map_or(0, |batch| batch.num_rows());
    let mut preview = Preview { columns: file.schema.fields().iter().map(|field| field.name().clone()).collect(), rows: vec![Vec::new(); rows.min(PREVIEW_ROWS)] };
    let mut columns = Vec::new();
    for (index, field) in file.schema.fields().iter().enumerate() {
        // Every type was checked when the file was opened.
        let column_type = ColumnType::from_data_type(field.data_type()).unwrap_or(ColumnType::String);
        let mut column =
            InferredColumn { name: field.name().clone(), column_type, nullable: field.is_nullable(), null_tokens: Vec::new(), examples: Vec::new(), undetermined: false };
        if let Some(batch) = &batch {
            let array = convert(batch.column(index), column_type)?;
            for row in 0..rows {
                let text = if array.is_null(row) { String::new() } else { shorten(show(&array, row)) };
                if array.is_valid(row) && column.examples.len() < EXAMPLES_MAX && !column.examples.contains(&text) {
                    column.examples.push(text.clone());
                }
                match preview.rows.get_mut(row) {
                    Some(cells) => cells.push(text),
                    None if column.examples.len() >= EXAMPLES_MAX => break,
                    None => {}
                }
            }
        }
        columns.push(column);
    }
    Ok((columns, preview, rows as u64))
}
