//! For tests: a load without storage. Infers, decodes, starts anew after a promotion, and shows the rows as text.

use std::io::Write;

use arrow::array::ArrayRef;
use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;

use super::batch::schema_of;
use super::{DecodeOutcome, DecodeTarget, Spooled, decode, said_to_be_floats, spool};
use crate::catalog::convert::show;
use crate::catalog::{Column, ColumnType, Promotion};
use crate::error::Result;
use crate::ingest::infer::{Inference, infer_spooled};
use crate::ingest::{Input, Progress, ReadOptions, Reject};

/// What a load without storage gave.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub inference: Inference,
    pub batch: RecordBatch,
    pub rejects: Vec<Reject>,
    pub promotions: Vec<Promotion>,
}

impl Loaded {
    /// `name:type` of each column.
    pub(crate) fn types(&self) -> String {
        let columns: Vec<String> = self.batch.schema().fields().iter().map(|field| format!("{}:{}", field.name(), Column::from_field(field).unwrap())).collect();
        columns.join(" ")
    }

    /// The rows, cells set apart by `|`, nulls as `~`.
    pub(crate) fn rows(&self) -> Vec<String> {
        let cell = |row: usize, array: &ArrayRef| if array.is_null(row) { "~".to_owned() } else { show(array, row) };
        (0..self.batch.num_rows()).map(|row| self.batch.columns().iter().map(|array| cell(row, array)).collect::<Vec<_>>().join("|")).collect()
    }

    pub(crate) fn described(&self) -> Vec<String> {
        self.rejects.iter().map(Reject::describe).collect()
    }
}

pub(crate) fn spooled(name: &str, bytes: impl Into<Bytes>) -> Spooled {
    let input = Input::Bytes { name: name.to_owned(), bytes: bytes.into() };
    futures::executor::block_on(spool(input, &Progress::new())).unwrap()
}

pub(crate) fn load(name: &str, bytes: impl Into<Bytes>, declared: &[(&str, ColumnType)]) -> Result<Loaded> {
    load_source(&spooled(name, bytes), declared)
}

/// Loads with inferred types, but for those that are declared.
pub(crate) fn load_source(source: &Spooled, declared: &[(&str, ColumnType)]) -> Result<Loaded> {
    load_with(source, &ReadOptions::default(), declared)
}

/// The same, with more declared.
pub(crate) fn load_with(source: &Spooled, options: &ReadOptions, declared: &[(&str, ColumnType)]) -> Result<Loaded> {
    let inference = infer_spooled(source, options, None)?;
    let types = declared.iter().map(|(name, column_type)| ((*name).to_owned(), *column_type)).collect();
    let (columns, declared) = inference.declared_with(&types)?;
    let rounding = said_to_be_floats(&columns, &types);
    load_into(source, inference, DecodeTarget { columns, declared, lines: false, nulling: Vec::new(), rounding })
}

/// Loads into given columns.
pub(crate) fn load_into(source: &Spooled, inference: Inference, mut target: DecodeTarget) -> Result<Loaded> {
    let mut promotions = Vec::new();
    for _ in 0..2 {
        let (mut batches, mut rejects) = (Vec::new(), Vec::new());
        let outcome = decode(source, &inference, &target, &Progress::new(), &mut |decoded| {
            batches.push(decoded.batch);
            rejects.extend(decoded.rejects);
            Ok(())
        })?;
        match outcome {
            DecodeOutcome::Complete => {
                let batch = concat_batches(&schema_of(&target.columns), &batches)?;
                return Ok(Loaded { inference, batch, rejects, promotions });
            }
            DecodeOutcome::Promote(found) => {
                for promotion in &found {
                    let column = target.columns.iter_mut().find(|column| column.name == promotion.column).unwrap();
                    (column.column_type, column.fields) = (promotion.to, promotion.fields.clone());
                }
                promotions.extend(found);
            }
        }
    }
    panic!("a second promotion: {promotions:?}");
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The sentence of the error that a load must end with.
pub(crate) fn refused(name: &str, bytes: impl Into<Bytes>, declared: &[(&str, ColumnType)]) -> String {
    match load(name, bytes, declared) {
        Ok(loaded) => panic!("{name} was loaded: {:?}, {:?}", loaded.rows(), loaded.described()),
        Err(error) => {
            assert_eq!(error.kind(), crate::error::ErrorKind::Invalid, "{error}");
            error.message().to_owned()
        }
    }
}
