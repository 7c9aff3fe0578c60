//! The steps that loads of a dataset go through: reading them, changing them, seeing what they would do. They stand in the log
//! of the dataset, so that every engine over the store does the same to its rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::Schema;
use async_trait::async_trait;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::col;
use futures::StreamExt;
use futures::future::BoxFuture;
use object_store::{ObjectStoreExt, PutMode};

use super::Mill;
use super::change::ATTEMPTS;
use super::seen::Seen;
use crate::catalog::convert::convert;
use crate::catalog::exact::Rounds;
use crate::catalog::{Column, DatasetSchema};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::DatasetName;
use crate::ingest::Load;
use crate::ingest::decode::{said_to_be_floats, spool};
use crate::ingest::infer::infer_spooled;
use crate::ingest::steps::preview::preview;
use crate::ingest::steps::provisions::{LookedUp, Provisions, SALT_BYTES, StepHost};
use crate::ingest::steps::{DatasetSteps, StepsPreview};
use crate::ingest::treatment::check_steps;
use crate::query::execute::within_deadline;
use crate::storage::commit::Committed;
use crate::storage::entry::{Entry, Metadata};
use crate::storage::layout;
use crate::storage::log::Snapshot;

/// Rows and bytes of another dataset that a load holds to look rows up.
const LOOKUP_MAX_ROWS: usize = 1_000_000;
const LOOKUP_MAX_BYTES: usize = 256 << 20;
/// Rows that a preview shows at most.
const SHOWN_MAX: usize = 1_000;

impl Mill {
    /// The steps that loads of a dataset go through, and the columns that a load is decoded to before the first of them.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, Steps};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let steps = Steps::parse(r#"[{"op": "rename", "columns": {"Stadt": "city"}}]"#)?;
    /// mill.load("orders", Csv::bytes("Stadt,amount\nRome,2\n").steps(steps)).await?;
    /// let kept = mill.steps("orders").await?;
    /// assert_eq!((kept.steps.len(), kept.source[0].name.as_str()), (1, "Stadt"));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` with near names; `Denied` for a scope that does not see the whole dataset.
    pub fn steps<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<DatasetSteps>> {
        Box::pin(async move {
            let snapshot = self.find_whole(&DatasetName::parse(dataset)?, "read the steps of").await?;
            stored(&snapshot)
        })
    }

    /// Replaces the steps of a dataset, by a commit. Rows that are there stay as they are; loads from now on go through the new
    /// steps. Without a `source` it stays what it was: the columns that the steps so far were made for, or those of the
    /// dataset. No steps: loads bring the columns of the dataset again.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, DatasetSteps, Engine, Steps};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// let steps = Steps::parse(r#"[{"op": "trim"}, {"op": "case", "columns": ["city"], "to": "title"}]"#)?;
    /// mill.set_steps("orders", DatasetSteps { steps, ..DatasetSteps::default() }).await?;
    /// mill.load("orders", Csv::bytes("city,amount\n\" rome \",3\n")).await?;
    /// let answer = mill.sql("select city, sum(amount) as total from orders group by city").await?;
    /// assert_eq!(answer.to_csv()?, "city,total\r\nRome,5\r\n");
    /// assert_eq!(mill.steps("orders").await?.steps.len(), 2);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid`, naming the step, for one that does not suit the columns, or when what comes of them is not what the dataset
    /// holds; `NotFound` with near names; `Denied` for a scope that does not see the whole dataset; `Conflict` when others
    /// change it again and again; `Unavailable` when the store does not answer or the engine is closing.
    pub fn set_steps<'a>(&'a self, dataset: &'a str, steps: DatasetSteps) -> BoxFuture<'a, Result<DatasetSteps>> {
        Box::pin(async move {
            let (_open, name, log) = self.begin_change(dataset).await?;
            let mut last = Error::internal("no change was tried");
            for _ in 0..ATTEMPTS {
                let snapshot = self.find_whole(&name, "change the steps of").await?;
                let columns = &snapshot.metadata.schema.columns;
                let mut made = steps.clone();
                if made.steps.is_empty() {
                    made.source.clone_from(columns);
                } else if made.source.is_empty() {
                    made.source = stored(&snapshot)?.source;
                }
                DatasetSchema::new(made.source.clone(), None).map_err(|error| error.context("source").at("source"))?;
                let provisions = Provisions::fetch(self.step_host(), &made.steps, false).await?;
                check_steps(&made, columns, &provisions)?;
                let text = if made.steps.is_empty() { None } else { Some(Arc::from(made.to_text()?)) };
                if snapshot.metadata.steps == text {
                    log.rely_on(snapshot.version).await?;
                    return Ok(made);
                }
                let metadata = Metadata { steps: text, ..(*snapshot.metadata).clone() };
                let entry = Entry { metadata: Some(metadata), alters: Some(snapshot.metadata.clone()), committed_at: self.shared.clock.now(), ..Entry::default() };
                match log.commit(entry).await {
                    Ok(Committed::Version(snapshot)) => {
                        self.raise_rewritten(&name, &snapshot, &[], &[], None);
                        return Ok(made);
                    }
                    Ok(Committed::Unknown(error)) => return Err(error),
                    Ok(Committed::Before(..)) => return Err(Error::internal("a change of steps was taken for a load")),
                    Err(error) if error.kind() == ErrorKind::Conflict => last = error,
                    Err(error) => return Err(error.context(format!("change the steps of {name}"))),
                }
            }
            Err(last.context(format!("change the steps of {name}")))
        })
    }

    /// What a load would make of the beginning of its input, with its steps: columns before and after, the first `shown` rows
    /// (at most 1,000) before and after, and what was rejected and why. It looks at no more than the sample that types are
    /// inferred from, and stores nothing.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, Steps};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let steps = Steps::parse(r#"[{"op": "parse_number", "column": "price", "decimal": ",", "strip": ["€"]}]"#)?;
    /// let preview = mill.preview_load(Csv::bytes("item,price\nbread,\"2,50 €\"\nmilk,\"1,20 €\"\nsoap,soon\n").steps(steps), 100).await?;
    /// assert_eq!(preview.before[0]["price"], "2,50 €");
    /// assert_eq!(preview.after[0]["price"], 2.5);
    /// assert_eq!(preview.rejects[0].line, 4);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`load`](Self::load) for an input that is broken or steps that do not suit it; a step that says `fail` fails.
    pub fn preview_load(&self, load: Load, shown: usize) -> BoxFuture<'_, Result<StepsPreview>> {
        Box::pin(async move {
            let Load { input, options, types, steps, progress, .. } = load;
            let steps = steps.unwrap_or_default();
            let provisions = Provisions::fetch(self.step_host(), &steps, true).await?;
            let source = spool(input, &progress).await?.with_unpack_ratio(options.unpack_ratio.or(Some(self.shared.settings.unpack_ratio)));
            let work = move || {
                let inference = infer_spooled(&source, &options, None)?;
                let mut rounding = said_to_be_floats(&inference.declared_with(&types)?.0, &types);
                let (columns, _) = inference.declared_with(&steps.declared(&inference, types))?;
                let cast = steps.cast_to_float();
                let cast = rounding.iter_mut().zip(&columns).filter(|(_, column)| cast.contains(&column.name));
                cast.for_each(|(rounds, _)| *rounds = Rounds::All);
                let compiled = steps.compile(&columns, &provisions)?;
                preview(&source, inference, columns, rounding, compiled, shown.min(SHOWN_MAX))
            };
            tokio::task::spawn_blocking(work).await.map_err(|error| Error::internal("the preview ended without a word").because(error))?
        })
    }

    pub(super) fn step_host(&self) -> Arc<dyn StepHost> {
        Arc::new(self.clone())
    }

    /// The rows of some columns that the scope sees, all of them or an error.
    async fn columns_of(&self, dataset: &DatasetName, snapshot: &Seen, columns: &[&Column]) -> Result<RecordBatch> {
        let session = &self.shared.session;
        let scan = self.source_of(dataset, snapshot, &Arc::default())?;
        let wanted = columns.iter().map(|column| col(datafusion::common::Column::new(Some(dataset.as_str()), &column.name)));
        let schema = Arc::new(Schema::new(columns.iter().map(|column| column.field()).collect::<Vec<_>>()));
        let plan = LogicalPlanBuilder::from(scan).project(wanted)?.build()?;
        let reading = async {
            let physical = session.physical(&plan).await?;
            let mut stream = execute_stream(physical, session.shared().task_ctx())?;
            let (mut batches, mut rows, mut bytes) = (Vec::new(), 0, 0);
            while let Some(batch) = stream.next().await {
                let batch = batch?;
                let arrays = batch.columns().iter().zip(columns).map(|(array, column)| Ok(own_text(convert(array, column)?))).collect::<Result<Vec<_>>>()?;
                let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
                rows += batch.num_rows();
                bytes += batch.get_array_memory_size();
                if rows > LOOKUP_MAX_ROWS || bytes > LOOKUP_MAX_BYTES {
                    let most = LOOKUP_MAX_BYTES >> 20;
                    return Err(Error::exhausted(format!(
                        "dataset {dataset} has more than {LOOKUP_MAX_ROWS} rows, or {most} MB in these columns, and all of it is held in memory; look up in a smaller one"
                    )));
                }
                batches.push(batch);
            }
            Ok(batches)
        };
        let batches = within_deadline(self.scope.limits(), reading).await?;
        Ok(concat_batches(&schema, &batches)?)
    }
}

/// Texts without the pages that they were read from, of which each batch would count the whole.
fn own_text(array: ArrayRef) -> ArrayRef {
    match array.as_string_view_opt() {
        Some(texts) => Arc::new(texts.gc()),
        None => array,
    }
}

fn stored(snapshot: &Snapshot) -> Result<DatasetSteps> {
    match snapshot.metadata.steps.as_deref() {
        Some(text) => DatasetSteps::stored(text),
        None => Ok(DatasetSteps { source: snapshot.metadata.schema.columns.clone(), ..DatasetSteps::default() }),
    }
}

#[async_trait]
impl StepHost for Mill {
    fn session(&self) -> &SessionState {
        self.shared.session.shared()
    }

    async fn look_up(&self, dataset: &DatasetName, wanted: &BTreeSet<String>, rows: bool) -> Result<LookedUp> {
        let snapshot = self.find(dataset).await?;
        if snapshot.access().filters_rows() {
            // What it does not find would be missing for everybody who reads the rows later.
            return Err(Error::denied(format!("dataset {dataset} is looked up, and a scope with a row filter sees a part of it; ask somebody who sees all rows")));
        }
        let columns: Vec<Column> = snapshot.metadata.schema.columns.iter().filter(|column| snapshot.access().shows(&column.name)).cloned().collect();
        // A column that is not there is the step's to tell.
        let read: Vec<&Column> = columns.iter().filter(|column| wanted.contains(&column.name)).collect();
        let rows = if rows && !read.is_empty() { Some(self.columns_of(dataset, &snapshot, &read).await?) } else { None };
        Ok(LookedUp { version: snapshot.version, columns, rows })
    }

    async fn salt(&self) -> Result<[u8; SALT_BYTES]> {
        let location = layout::salt(self.scope.tenant());
        let failed = |error: object_store::Error| Error::from(error).context("read the secret for hashes");
        // Somebody else may make it at the same moment; then it is theirs that counts.
        for _ in 0..2 {
            match self.shared.store.get(&location).await {
                Ok(object) => {
                    let bytes = object.bytes().await.map_err(failed)?;
                    // What is hashed with a secret that a power cut takes back would never be met again.
                    self.shared.store.head(&location).await.map_err(failed)?;
                    return opened_salt(&bytes).ok_or_else(|| Error::corrupt(format!("the secret for hashes at {location} is damaged; restore it from a copy")));
                }
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
            let made: [u8; SALT_BYTES] = rand::random();
            match self.shared.store.put_opts(&location, sealed_salt(&made).into(), PutMode::Create.into()).await {
                Ok(_) => return Ok(made),
                Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(Error::new(ErrorKind::Unavailable, "the secret for hashes can be neither read nor made; try again later"))
    }
}

/// A secret and its CRC-32: with another bit in it the same value would get another hash.
fn sealed_salt(salt: &[u8; SALT_BYTES]) -> Vec<u8> {
    [salt.as_slice(), &crc32fast::hash(salt).to_le_bytes()].concat()
}

/// A stored secret, if it is whole. The first ones had no checksum.
fn opened_salt(stored: &[u8]) -> Option<[u8; SALT_BYTES]> {
    let (salt, checksum) = stored.split_first_chunk::<SALT_BYTES>()?;
    (checksum.is_empty() || checksum == crc32fast::hash(salt).to_le_bytes()).then_some(*salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_changed_bit_of_the_secret_goes_unnoticed() {
        let salt = [7; SALT_BYTES];
        let sealed = sealed_salt(&salt);
        assert_eq!((opened_salt(&sealed), opened_salt(&salt)), (Some(salt), Some(salt)));
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opened_salt(&changed), None, "bit {bit}");
        }
        assert_eq!(opened_salt(&sealed[..20]), None);
    }
}
