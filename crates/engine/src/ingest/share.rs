//! A small load on its way into a commit that it shares with others: it is decoded at once, for the columns that there are, and
//! then waits in `gather`. Refuses nothing: what turns out to be large goes the way of large loads.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};

use super::decode::{DecodeOutcome, DecodeTarget};
use super::gather::{self, SmallLoad};
use super::pipeline::{LoadHost, Plan, blocking};
use super::{Compression, FileFormat, LoadReport};
use crate::catalog::dataset::agree;
use crate::error::{Error, Result};
use crate::storage::entry::LoadRecord;
use crate::storage::log::Snapshot;

/// Whether the rows of a load were made for steps or types that are no longer those of the dataset.
pub(super) async fn is_outdated(host: &LoadHost, before: &Snapshot) -> bool {
    matches!(host.log.snapshot().await, Ok(Some(now)) if now.metadata.steps != before.metadata.steps || !agree(&before.arrow, &now.arrow))
}

/// A small load into a dataset that is there: it is decoded here and committed together with others. `None`: it is small
/// only as long as it is packed, or it asks for wider columns.
pub(super) async fn share(host: &LoadHost, plan: &Plan, mut target: DecodeTarget, before: &Snapshot) -> Result<Option<LoadReport>> {
    // What is packed, as a file or by its format, may be of many more bytes than it has.
    let is_text = matches!(plan.inference.format, FileFormat::Csv | FileFormat::Tsv | FileFormat::Json | FileFormat::Ndjson);
    let is_packed = plan.inference.compression != Compression::None || !is_text;
    let mut room = host.gatherings.room(plan.source.size(), is_packed).await?;
    let (source, inference, progress) = (Arc::clone(&plan.source), Arc::clone(&plan.inference), plan.progress.clone());
    let treatments = plan.treatments.clone();
    target.rounding = treatments.rounding(&target.columns, &plan.types);
    let decoded = blocking(source.weight(), move || {
        let mut treatment = treatments.begin(&target.columns)?;
        target.lines = treatment.wants_lines();
        target.nulling = treatment.nulling(&target.columns);
        let (mut rows, mut rejects, mut bytes) = (Vec::new(), Vec::new(), 0);
        let outcome = treatment.decode(&source, &inference, &target, &progress, &mut |decoded| {
            progress.check()?;
            let source = decoded.source.as_ref().map_or(0, |(source, _)| bytes_of(source));
            bytes += bytes_of(&decoded.batch).max(source) + decoded.rejects.iter().map(|reject| reject.raw.len() + REJECT_BYTES).sum::<usize>();
            if bytes > gather::SHARED_MAX_DECODED_BYTES {
                return Err(Error::exhausted("the rows of a small load are large"));
            }
            let mut decoded = decoded;
            rejects.append(&mut decoded.rejects);
            rows.push(decoded);
            Ok(())
        });
        match outcome {
            _ if bytes > gather::SHARED_MAX_DECODED_BYTES => Ok(None),
            Ok(DecodeOutcome::Complete) => Ok(Some((rows, rejects, bytes, treatment.left_out(), treatment.nulled()))),
            Ok(DecodeOutcome::Promote(_)) => Err(Error::internal("a column of declared type was promoted")),
            Err(error) => Err(error),
        }
    });
    let Some((rows, mut rejects, bytes, left_out, nulled)) = decoded.await? else { return Ok(None) };
    gather::fit(&mut room, plan.source.size(), bytes);
    if !plan.decision.demanded(&plan.progress.misfits()).is_empty() {
        return Ok(None);
    }
    plan.decision.explain(&mut rejects);
    let record = LoadRecord { left_out, nulled, rounded: plan.progress.rounded(), ..plan.record.clone() };
    let (table, steps, contract) = (before.metadata.id.clone(), before.metadata.steps.clone(), before.metadata.contract.clone());
    let inference = Arc::clone(&plan.inference);
    let load = SmallLoad {
        rows,
        rejects,
        inference,
        record,
        progress: plan.progress.clone(),
        table,
        steps,
        contract,
        columns: Arc::clone(&before.arrow),
        started: plan.started,
        _room: room,
    };
    host.gatherings.commit(host, load).await.map(Some)
}

/// What a rejected row takes beside its text.
const REJECT_BYTES: usize = 256;

/// About how many bytes rows take, room that is not used yet left out.
fn bytes_of(rows: &RecordBatch) -> usize {
    let text = rows.columns().iter().filter_map(|column| column.as_string_view_opt());
    rows.num_rows() * rows.num_columns() * size_of::<u64>() + text.flat_map(|text| text.data_buffers()).map(|buffer| buffer.len()).sum::<usize>()
}
