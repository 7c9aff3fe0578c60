//! Bytes to batches: one file a format, all with the same promise. A value that does not fit an inferred type promotes the
//! column (the caller starts anew with the types that hold the whole file); one that does not fit a declared type rejects
//! its row. Refuses files that are not what they were taken for, with file, line, column and value.

pub(crate) mod arrow;
pub(crate) mod avro;
pub(crate) mod avro_blocks;
mod avro_schema;
pub(crate) mod batch;
pub(crate) mod columnar;
mod compact;
pub(crate) mod compression;
pub(crate) mod csv;
pub(crate) mod csv_dialect;
pub(crate) mod encoding;
pub(crate) mod excel;
mod excel_parts;
mod excel_xml;
pub(crate) mod json;
mod json_numbers;
pub(crate) mod json_path;
pub(crate) mod json_rows;
pub(crate) mod nulls;
pub(crate) mod parquet;
mod parquet_header;
mod parquet_lengths;
mod parquet_pages;
pub(crate) mod plain_size;
mod scalar_rows;
pub(crate) mod shape;
pub(crate) mod sink;
pub(crate) mod split;
mod spool;
pub(crate) mod tally;
pub(crate) mod text;
pub(crate) mod value;

use std::collections::{BTreeMap, HashSet};

use ::arrow::record_batch::RecordBatch;

pub(crate) use self::spool::{Access, Spooled, spool};
use super::infer::{Inference, Layout};
use super::{Progress, Reject};
use crate::catalog::exact::Rounds;
use crate::catalog::{Column, ColumnType, Promotion};
use crate::error::Result;

/// Rows and rejected rows, in the order of the file.
#[derive(Debug, Clone)]
pub(crate) struct Decoded {
    /// Its columns are those of the target.
    pub batch: RecordBatch,
    /// Rows of the same stretch of the file that did not fit.
    pub rejects: Vec<Reject>,
    /// For each row of the batch the line where it begins, as [`Reject::line`] counts; empty where nobody asked for it.
    pub lines: Vec<u64>,
    /// Of a treatment that may have to give rows back: the rows that were decoded, and for each of the batch which it was.
    pub source: Option<(RecordBatch, Vec<u32>)>,
    /// Values that did not fit and are null now.
    pub nulled: u64,
}

/// What a file is decoded to. Columns are matched by name; a column that the file lacks is null.
#[derive(Debug, Clone)]
pub(crate) struct DecodeTarget {
    /// The columns of the batches.
    pub columns: Vec<Column>,
    /// For each column, whether its type is declared (a misfit rejects the row) or inferred (a misfit promotes the column).
    pub declared: Vec<bool>,
    /// Whether somebody wants to know the line of each row.
    pub lines: bool,
    /// For each column of declared type, whether a misfit becomes null instead of rejecting its row; empty for none.
    pub nulling: Vec<bool>,
    /// For each column, what of it may be rounded where no float gives a number back; empty for nothing.
    pub rounding: Vec<Rounds>,
}

/// What of some columns somebody has said to be floats.
pub(crate) fn said_to_be_floats(columns: &[Column], types: &BTreeMap<String, ColumnType>) -> Vec<Rounds> {
    let names: HashSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    // A column of that very name comes first.
    let inside: Vec<&str> = types.iter().filter(|(name, kind)| **kind == ColumnType::Float && !names.contains(name.as_str())).map(|(name, _)| name.as_str()).collect();
    let of = |column: &Column| match types.get(&column.name) {
        Some(ColumnType::Float) => Rounds::All,
        _ => Rounds::inside(inside.iter().filter_map(|name| name.strip_prefix(column.name.as_str())?.strip_prefix('.'))),
    };
    columns.iter().map(of).collect()
}

/// How a pass over a file ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DecodeOutcome {
    /// Every row was emitted or rejected.
    Complete,
    /// Later rows disagreed with inferred types. What was emitted is void: start anew with these types, which hold every row.
    Promote(Vec<Promotion>),
}

/// Decodes a whole source; blocks. `emit` gets every batch and stops the work by an error.
///
/// # Errors
/// `Invalid` when the file is broken or does not fit, `Cancelled`, and what `emit` says.
pub(crate) fn decode(source: &Spooled, inference: &Inference, target: &DecodeTarget, progress: &Progress, emit: &mut dyn FnMut(Decoded) -> Result<()>) -> Result<DecodeOutcome> {
    match inference.layout {
        Layout::Delimited(dialect) => csv::decode(source, inference, dialect, target, progress, emit),
        Layout::JsonLines | Layout::JsonArray | Layout::JsonSequence => json::decode(source, inference, target, progress, emit),
        Layout::Columnar(kind) => columnar::decode(source, kind, target, progress, emit),
        Layout::Sheet => excel::decode(source, inference, target, progress, emit),
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
