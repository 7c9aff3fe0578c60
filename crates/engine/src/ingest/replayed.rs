//! Rejected rows that come in corrected are held against where they may stand: in the range that their load replaced, and outside of those
//! that later loads have delivered anew, whose rows would stand there twice. Rows without a time lie in no range. Where later loads came by key,
//! those that are added must have none that the dataset has.

use std::sync::Arc;

use futures::TryStreamExt;

use super::key_set::KeySet;
use super::pipeline::LoadHost;
use super::replace::{self, Replaced};
use crate::catalog::DatasetSchema;
use crate::error::{Error, Result};
use crate::storage::deletion::{self, Condition};
use crate::storage::entry::LoadRecord;
use crate::storage::log::Snapshot;
use crate::storage::rejections::UNKNOWN;
use crate::storage::rewrite::Rewriter;
use crate::storage::segment::Segment;

/// Looks where the rows of a load lie, if it brings rejected ones; gives the version that told where they may. What is taken after it, the
/// commit notices.
///
/// # Errors
/// `Invalid` for a row outside of the range of its load; `Conflict` for one that a later load may have brought.
pub(super) async fn check(
    host: &LoadHost,
    within: Option<&Replaced>,
    record: &LoadRecord,
    schema: &DatasetSchema,
    segments: &[Segment],
    before: Option<&Snapshot>,
) -> Result<Option<u64>> {
    if let Some(within) = within {
        within.check(schema, segments)?;
    }
    let (Some(before), Some(replays)) = (before, &record.replays) else { return Ok(None) };
    let Some(known) = before.rejections.get(&replays.load_id) else { return Ok(Some(before.version)) };
    let arrow = schema.arrow();
    let rewriter = Rewriter { store: &host.store, log: &host.log, clock: &*host.clock };
    let written: Vec<Arc<Segment>> = segments.iter().cloned().map(Arc::new).collect();
    for (from, to) in &known.delivered {
        let condition = Condition { visible: None, predicate: replace::within(schema, &arrow, *from, *to)? };
        let touched = deletion::count(&rewriter, &arrow, &written, &condition).await?;
        let rows: u64 = touched.iter().map(|touched| touched.matching).sum();
        if rows > 0 {
            let message = format!(
                "rows from {from:?} up to {to:?} were delivered anew after load {} had rejected these; {rows} of the corrected ones lie there and would stand twice, so leave \
                 them out, or deliver the range once more with them",
                replays.load_id
            );
            return Err(Error::conflict(message).at("rows"));
        }
    }
    for (key, _) in before.rejections.keys_since(known) {
        // A column of the key may have become one of floats.
        let doubtful = |error: Error| Error::conflict(format!("load {}: {UNKNOWN}", replays.load_id)).at("rows").because(error);
        let mut keys = KeySet::new(key, schema).map_err(doubtful)?;
        for segment in &written {
            let mut rows = rewriter.rows(segment, &arrow);
            while let Some(batch) = rows.try_next().await? {
                keys.add_where_known(&batch)?;
            }
        }
        let keys = Arc::new(keys);
        let condition = Condition { visible: None, predicate: keys.member(&arrow)? };
        let touched = deletion::count(&rewriter, &arrow, &replace::may_hold(&keys, before, schema, &arrow, segments)?, &condition).await?;
        let rows: u64 = touched.iter().map(|touched| touched.matching).sum();
        if rows > 0 {
            let message = format!(
                "loads came by the key {} after load {} had rejected these, and {rows} rows of the dataset have a key of the corrected ones, which would stand beside them; leave \
                 these out, or load them by the key",
                key.join(", "),
                replays.load_id
            );
            return Err(Error::conflict(message).at("rows"));
        }
    }
    Ok(Some(before.version))
}
