//! For tests: a load without storage that goes through steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use async_trait::async_trait;
use datafusion::execution::session_state::SessionState;

use super::Steps;
use super::compile::CompiledSteps;
use super::provisions::{LookedUp, Provisions, SALT_BYTES, StepHost};
use crate::catalog::convert::show;
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::ingest::decode::batch::schema_of;
use crate::ingest::decode::testing::{load, spooled};
use crate::ingest::decode::{DecodeOutcome, DecodeTarget};
use crate::ingest::infer::infer_spooled;
use crate::ingest::treatment::Treatment;
use crate::ingest::{Progress, ReadOptions, Reject};
use crate::query::session::Session;
use crate::settings::Settings;

/// Datasets of CSV, and a secret that everybody knows.
pub(crate) struct TestHost {
    session: Session,
    datasets: BTreeMap<&'static str, RecordBatch>,
}

#[async_trait]
impl StepHost for TestHost {
    fn session(&self) -> &SessionState {
        self.session.shared()
    }

    async fn look_up(&self, dataset: &DatasetName, wanted: &BTreeSet<String>, rows: bool) -> Result<LookedUp> {
        let batch = self.datasets.get(dataset.as_str()).ok_or_else(|| Error::not_found(format!("there is no dataset {dataset}")))?;
        let columns = batch.schema().fields().iter().filter_map(|field| Column::from_field(field)).collect();
        let places: Vec<usize> = wanted.iter().filter_map(|name| batch.schema().index_of(name).ok()).collect();
        Ok(LookedUp { version: 3, columns, rows: rows.then(|| batch.project(&places)).transpose()? })
    }

    async fn salt(&self) -> Result<[u8; SALT_BYTES]> {
        Ok([7; SALT_BYTES])
    }
}

pub(crate) const CARRIERS: &str = "code,name,founded\nAA,American,1930\nUA,United,1926\nB6,JetBlue,\n";

/// What steps need, for tests.
pub(crate) fn provisions(steps: &Steps) -> Result<Provisions> {
    let session = Session::new(&Settings::default(), Arc::new(object_store::memory::InMemory::new()), false)?;
    let table = |text: &'static str| load("lookup.csv", text, &[]).map(|loaded| loaded.batch);
    let datasets = BTreeMap::from([("carriers", table(CARRIERS)?), ("twice", table("code,name\nAA,American\nAA,Again\n")?)]);
    futures::executor::block_on(Provisions::fetch(Arc::new(TestHost { session, datasets }), steps, true))
}

/// Steps compiled for columns.
pub(crate) fn compiled(steps: &str, columns: &[Column]) -> Result<CompiledSteps> {
    let steps = Steps::parse(steps)?;
    steps.compile(columns, &provisions(&steps)?)
}

/// What came out of steps.
#[derive(Debug)]
pub(crate) struct Treated {
    pub batch: RecordBatch,
    pub rejects: Vec<Reject>,
    pub lines: Vec<u64>,
    pub left_out: u64,
}

impl Treated {
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

/// Puts a file through steps.
pub(crate) fn treat(name: &str, bytes: impl Into<bytes::Bytes>, steps: &str) -> Result<Treated> {
    treat_typed(name, bytes, steps, &[])
}

/// The same with declared types.
pub(crate) fn treat_typed(name: &str, bytes: impl Into<bytes::Bytes>, steps: &str, types: &[(&str, ColumnType)]) -> Result<Treated> {
    let steps = Steps::parse(steps)?;
    let (source, provisions) = (spooled(name, bytes), provisions(&steps)?);
    let inference = infer_spooled(&source, &ReadOptions::default(), None)?;
    let types = types.iter().map(|(name, column_type)| ((*name).to_owned(), *column_type)).collect();
    let (columns, declared) = inference.declared_with(&steps.declared(&inference, types))?;
    let target = DecodeTarget { columns, declared, lines: true, nulling: Vec::new(), rounding: Vec::new() };
    let mut treatment = Treatment::of(steps.compile(&target.columns, &provisions)?);
    let (mut batches, mut rejects, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let outcome = treatment.decode(&source, &inference, &target, &Progress::new(), &mut |decoded| {
        batches.push(decoded.batch);
        rejects.extend(decoded.rejects);
        lines.extend(decoded.lines);
        Ok(())
    })?;
    assert_eq!(outcome, DecodeOutcome::Complete);
    let batch = concat_batches(&schema_of(treatment.columns()), &batches)?;
    Ok(Treated { batch, rejects, lines, left_out: treatment.left_out() })
}
