//! What makes a load count once: its key, and what is answered when the key is known already.

use super::LoadReport;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::storage::entry::LoadRecord;

/// Longest idempotency key.
const KEY_MAX_LEN: usize = 128;

/// Whether a key is one, where there is one.
///
/// # Errors
/// `Invalid`.
pub(super) fn check_key(key: Option<&str>) -> Result<()> {
    if key.is_some_and(|key| key.is_empty() || key.len() > KEY_MAX_LEN || key.chars().any(char::is_control)) {
        return Err(Error::invalid(format!("an idempotency key has 1 to {KEY_MAX_LEN} bytes without control characters")).at("idempotency_key"));
    }
    Ok(())
}

/// What a load answers.
pub(crate) fn report(dataset: &DatasetName, version: u64, record: LoadRecord, replayed: bool) -> LoadReport {
    LoadReport {
        load_id: record.load_id,
        dataset: dataset.to_string(),
        source: record.source,
        version,
        rows: record.rows,
        rejected: record.rejected,
        replaced: record.replaced,
        new_columns: record.new_columns,
        widened: record.widened,
        bytes: record.bytes,
        segments: record.segments,
        duration_ms: record.duration_ms,
        promotions: record.promotions,
        nulled: record.nulled,
        profiled: record.profiled,
        drift: record.drift,
        left_out: record.left_out,
        lookups: record.lookups,
        replayed,
    }
}
