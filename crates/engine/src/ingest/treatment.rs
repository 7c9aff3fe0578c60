//! What happens to rows between the decoder and the segment writer. One treatment is made for a pass over a source, once the
//! types of its columns are known; it sees every batch in the order of the file.
//!
//! ```text
//!  Decoded (batch, rejects, lines) --> Rows --> steps --> fit --> contract --> Decoded --> unique keys --> segment writer
//!                                                         the columns of the dataset, in their order
//! ```

mod fit;
pub(crate) mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::fit::Fit;
use self::rows::{Rows, pieces};
use super::contract::Checks;
use super::contract::reference::References;
use super::decode::tally::{JUDGED_ROWS, bytes_of, too_long};
use super::decode::{DecodeOutcome, DecodeTarget, Decoded, Spooled, decode, said_to_be_floats};
use super::infer::Inference;
use super::reject::{REJECTS_MAX, REJECTS_MAX_BYTES};
use super::steps::compile::CompiledSteps;
use super::steps::provisions::{Provisions, StepHost};
use super::steps::{DatasetSteps, Steps};
use super::{Progress, Reject};
use crate::catalog::exact::Rounds;
use crate::catalog::{Column, ColumnType, Contract, Reaction};
use crate::error::{Error, Result};
use crate::storage::log::Snapshot;

/// What is to be done to the rows of a load, whatever the types of its source turn out to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Treatments {
    steps: Option<Arc<Ordered>>,
    /// What every row must hold to that comes of them.
    pub contract: Arc<Contract>,
    /// What the contract refers to.
    references: References,
    /// Where the load widens columns: what its source is decoded to, and the columns of the dataset then.
    widened: Option<(Vec<Column>, Vec<Column>)>,
}

/// Steps with what they need.
#[derive(Debug)]
struct Ordered {
    steps: Steps,
    provisions: Provisions,
    /// What the steps were made for, and what must come of them; none for a dataset that is not there yet.
    dataset: Option<(Vec<Column>, Vec<Column>)>,
}

impl Treatments {
    /// What a load into a dataset is treated by: the steps of the dataset, or those that the load brings for a new one.
    ///
    /// # Errors
    /// `Invalid` for steps that are not those of a dataset that is there, and when what they need cannot be had.
    pub(crate) async fn prepare(host: &Arc<dyn StepHost>, given: Option<Steps>, before: Option<&Snapshot>) -> Result<Self> {
        let stored = before.and_then(|before| before.metadata.steps.as_deref()).map(DatasetSteps::stored).transpose()?;
        let (steps, dataset) = match (given, before, stored) {
            (Some(given), Some(_), stored) if stored.as_ref().map(|stored| &stored.steps) != Some(&given) && !(stored.is_none() && given.is_empty()) => {
                return Err(Error::invalid("the dataset is there and has other steps; load without steps, or change those of the dataset before").at("steps"));
            }
            (_, Some(before), Some(stored)) => (stored.steps, Some((stored.source, before.metadata.schema.columns.clone()))),
            (Some(given), None, _) => (given, None),
            _ => return Ok(Self::default()),
        };
        if steps.is_empty() {
            return Ok(Self::default());
        }
        let provisions = Provisions::fetch(Arc::clone(host), &steps, true).await?;
        Ok(Self { steps: Some(Arc::new(Ordered { steps, provisions, dataset })), ..Self::default() })
    }

    /// The same, with what every row must hold to that comes of it.
    #[must_use]
    pub(crate) fn holding_to(self, contract: Arc<Contract>, references: References) -> Self {
        Self { contract, references, ..self }
    }

    /// The columns that a source is decoded to, where the steps of the dataset say so.
    pub(crate) fn source(&self) -> Option<&[Column]> {
        let (source, _) = self.steps.as_ref()?.dataset.as_ref()?;
        Some(self.widened.as_ref().map_or(source, |(source, _)| source))
    }

    /// The columns that the steps make of a source.
    ///
    /// # Errors
    /// `Invalid`, naming the step, for one that does not suit it.
    pub(crate) fn outcome(&self, source: &[Column]) -> Result<Vec<Column>> {
        match &self.steps {
            Some(ordered) => Ok(ordered.steps.compile(source, &ordered.provisions)?.columns().to_vec()),
            None => Ok(source.to_vec()),
        }
    }

    /// Decodes to other columns, for a dataset with other columns.
    pub(crate) fn widen(&mut self, source: Vec<Column>, columns: Vec<Column>) {
        self.widened = Some((source, columns));
    }

    /// Declared types of a source, with those that the steps ask for.
    pub(crate) fn declared(&self, inference: &Inference, types: BTreeMap<String, ColumnType>) -> BTreeMap<String, ColumnType> {
        match &self.steps {
            Some(ordered) => ordered.steps.declared(inference, types),
            None => types,
        }
    }

    /// What of some columns of a source somebody has said to be floats: the load, the contract or a step.
    pub(crate) fn rounding(&self, columns: &[Column], types: &BTreeMap<String, ColumnType>) -> Vec<Rounds> {
        let floats = || self.contract.types().filter(|(_, _, column_type, _)| *column_type == ColumnType::Float).map(|(_, column, ..)| column);
        let mut said: BTreeMap<String, ColumnType> = types.clone();
        said.extend(floats().map(|column| (column.to_owned(), ColumnType::Float)));
        if let Some(ordered) = &self.steps {
            // The contract calls columns as they are called behind the steps.
            said.extend(floats().filter_map(|column| Some((ordered.steps.source_of(column)?, ColumnType::Float))));
            said.extend(ordered.steps.cast_to_float().into_iter().map(|column| (column, ColumnType::Float)));
        }
        said_to_be_floats(columns, &said)
    }

    /// What a new dataset keeps of its steps.
    pub(crate) fn kept(&self, source: &[Column]) -> Result<Option<Arc<str>>> {
        let text = self.steps.as_ref().map(|ordered| DatasetSteps { source: source.to_vec(), steps: ordered.steps.clone() }.to_text());
        Ok(text.transpose()?.map(Arc::from))
    }

    /// The datasets that rows are looked up in, and their versions.
    pub(crate) fn lookups(&self) -> BTreeMap<String, u64> {
        self.steps.as_ref().map(|ordered| ordered.provisions.versions()).unwrap_or_default()
    }

    /// The treatment of one pass over a source with these columns.
    ///
    /// # Errors
    /// `Invalid`, naming the step, for one that does not suit the columns.
    pub(crate) fn begin(&self, source: &[Column]) -> Result<Treatment> {
        let mut treatment = match &self.steps {
            None => Treatment { columns: source.to_vec(), ..Treatment::default() },
            Some(ordered) => {
                let steps = ordered.steps.compile(source, &ordered.provisions)?;
                let dataset = self.widened.as_ref().or(ordered.dataset.as_ref()).map(|(_, columns)| columns.as_slice());
                let fit = dataset.map(|columns| Fit::new(steps.columns(), columns)).transpose()?;
                let columns = dataset.unwrap_or_else(|| steps.columns()).to_vec();
                Treatment { columns, steps: Some(steps), fit, ..Treatment::default() }
            }
        };
        treatment.checks = Checks::new(&self.contract, &treatment.columns, &self.references)?;
        treatment.contract = Arc::clone(&self.contract);
        Ok(treatment)
    }
}

/// Whether the steps suit their source and the columns of a dataset.
///
/// # Errors
/// `Invalid`, naming what is wrong.
pub(crate) fn check_steps(made: &DatasetSteps, columns: &[Column], provisions: &Provisions) -> Result<()> {
    let compiled = made.steps.compile(&made.source, provisions)?;
    Fit::new(compiled.columns(), columns).map(drop)
}

#[cfg(test)]
impl Treatment {
    /// One of steps alone.
    pub(crate) fn of(steps: CompiledSteps) -> Self {
        Self { columns: steps.columns().to_vec(), steps: Some(steps), ..Self::default() }
    }
}

/// What is done to the rows of one pass.
#[derive(Debug, Default)]
pub(crate) struct Treatment {
    columns: Vec<Column>,
    steps: Option<CompiledSteps>,
    fit: Option<Fit>,
    checks: Checks,
    contract: Arc<Contract>,
    /// Values that were none of their type and are null now.
    nulled: u64,
    /// Rows that came, and those of them that were rejected.
    seen: usize,
    rejected: usize,
    /// Bytes of the text of rejected rows, those of the decoder too.
    rejected_bytes: usize,
    /// Those of the latter that do not suit the steps.
    unfit: usize,
    judged: bool,
    first: Option<Reject>,
}

impl Treatment {
    /// The columns of what comes out.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether it does anything, so that it must know the line of each row.
    pub(crate) fn wants_lines(&self) -> bool {
        self.steps.is_some() || !self.contract.is_empty()
    }

    /// Values that were made null because they did not hold to the contract.
    pub(crate) fn nulled(&self) -> u64 {
        self.nulled + self.checks.nulled()
    }

    /// For each of some columns, whether the contract makes values null that are not of its type.
    pub(crate) fn nulling(&self, columns: &[Column]) -> Vec<bool> {
        let nulled: Vec<&str> = self.contract.types().filter(|(.., reaction)| *reaction == Reaction::Null).map(|(_, column, ..)| column).collect();
        columns.iter().map(|column| nulled.contains(&column.name.as_str())).collect()
    }

    /// Rows that were left out for no fault of theirs.
    pub(crate) fn left_out(&self) -> u64 {
        self.steps.as_ref().map(CompiledSteps::left_out).unwrap_or_default()
    }

    /// Decodes a whole source and hands on what comes of its rows; blocks. Types that do not hold end it as they end
    /// [`decode`]: then what was emitted is void, and so is this treatment.
    ///
    /// # Errors
    /// As `decode`, and what a row can be rejected for where that is to end the load.
    pub(crate) fn decode(
        &mut self,
        source: &Spooled,
        inference: &Inference,
        target: &DecodeTarget,
        progress: &Progress,
        emit: &mut dyn FnMut(Decoded) -> Result<()>,
    ) -> Result<DecodeOutcome> {
        if !self.wants_lines() {
            return decode(source, inference, target, progress, emit);
        }
        let name = source.name();
        if let Some(steps) = self.steps.as_mut().filter(|steps| steps.looks_ahead()) {
            let outcome = decode(source, inference, target, progress, &mut |decoded| {
                progress.check()?;
                pieces(decoded).into_iter().try_for_each(|decoded| steps.look(&mut Rows::of(decoded)).map_err(|error| error.context(name)))
            })?;
            if outcome != DecodeOutcome::Complete {
                return Ok(outcome);
            }
            steps.rewind();
            progress.restart();
        }
        let mut take = |decoded: Decoded| {
            let (rows, before) = (decoded.batch.num_rows(), decoded.rejects.len());
            let treated = self.treat(decoded).map_err(|error| error.context(name))?;
            let rejected = treated.rejects.len().saturating_sub(before);
            progress.reject_rows(rejected as u64);
            self.count(name, rows, rejected, &treated.rejects)?;
            emit(treated)
        };
        let outcome = decode(source, inference, target, progress, &mut |decoded| pieces(decoded).into_iter().try_for_each(&mut take))?;
        if outcome == DecodeOutcome::Complete {
            self.judge(name)?;
        }
        Ok(outcome)
    }

    /// What comes of a batch.
    fn treat(&mut self, mut decoded: Decoded) -> Result<Decoded> {
        self.nulled += decoded.nulled;
        self.number(&mut decoded.rejects)?;
        let before = decoded.rejects.len();
        let mut rows = Rows::of(decoded);
        if let Some(steps) = &mut self.steps {
            steps.apply(&mut rows)?;
        }
        if let Some(fit) = &self.fit {
            fit.apply(&mut rows)?;
        }
        // What a contract rejects says nothing of the file: it was asked to.
        self.unfit += rows.rejects().len().saturating_sub(before);
        self.checks.apply(&mut rows)?;
        // Unique keys are looked at when the rows are about to be written.
        Ok(rows.into_decoded(self.contract.keys().next().is_some()))
    }

    /// Says of rows that the decoder has rejected for a type which the contract declares by which rule that is.
    fn number(&self, rejects: &mut [Reject]) -> Result<()> {
        for (rule, column, _, reaction) in self.contract.types() {
            for reject in rejects.iter_mut().filter(|reject| reject.column.as_deref() == Some(column) && reject.value.is_some()) {
                reject.rule = Some(rule);
                if reaction == Reaction::Fail {
                    return Err(failed(reject));
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, name: &str, rows: usize, rejected: usize, rejects: &[Reject]) -> Result<()> {
        self.seen += rows;
        self.rejected += rejected;
        self.rejected_bytes += bytes_of(rejects);
        if rejected > 0 && self.first.is_none() {
            self.first = rejects.iter().find(|reject| reject.reason.starts_with("step ")).or_else(|| rejects.first()).cloned();
        }
        if self.rejected > REJECTS_MAX {
            return Err(self.give_up(name, &format!("more than {REJECTS_MAX} rows do not fit")));
        }
        if self.rejected_bytes > REJECTS_MAX_BYTES {
            return Err(self.give_up(name, &too_long()));
        }
        if self.seen >= JUDGED_ROWS { self.judge(name) } else { Ok(()) }
    }

    /// Where most of the first rows are rejected, it is not the rows that are wrong.
    fn judge(&mut self, name: &str) -> Result<()> {
        if !self.judged && self.unfit * 2 > self.seen {
            return Err(self.give_up(name, &format!("{} of the first {} rows do not fit", self.unfit, self.seen)));
        }
        self.judged = true;
        Ok(())
    }

    fn give_up(&self, name: &str, what: &str) -> Error {
        let first = self.first.as_ref().map(Reject::describe).unwrap_or_default();
        Error::invalid(format!("{name}: {what}; the first is {first}. Correct the file, or what is done to its rows, and load it again"))
    }
}

/// Why a load fails by its contract.
pub(crate) fn failed(reject: &Reject) -> Error {
    Error::invalid(format!("{}; by the contract of the dataset the load fails. Correct the row, or change the contract", reject.describe()))
}
