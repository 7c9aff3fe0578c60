//! What makes a load count once: its key, and what is answered when the key is known already. A key belongs to what was loaded under it:
//! who brings something else under the same key is told so, and not that it was stored. Two loads bring the same when their bytes are the
//! same, what is declared of these, and what becomes of rows that are there.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::decode::{Spooled, spool};
use super::options::ReadOptions;
use super::pipeline::blocking;
use super::{Load, LoadMode, LoadReport, Progress};
use crate::catalog::ColumnType;
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

/// What is asked of a load beside its bytes, as far as it tells one load from another. Whether the dataset is to be there already does not:
/// what made it may be repeated by a load that appends to it.
pub(super) fn order_of(mode: &LoadMode, options: &ReadOptions, types: &BTreeMap<String, ColumnType>) -> Result<Arc<[u8]>> {
    Ok(serde_json::to_vec(&(mode.replaces().then_some(mode), options, types))?.into())
}

/// What a load is told by from others under its key; `None` where it has no key.
///
/// # Errors
/// What reading the source says.
pub(super) async fn digest_of(record: &LoadRecord, order: &Arc<[u8]>, source: &Arc<Spooled>, progress: &Progress) -> Result<Option<String>> {
    if record.idempotency_key.is_none() || record.digest.is_some() {
        return Ok(record.digest.clone());
    }
    digest(order, source, progress).await.map(Some)
}

/// The size of the source, so that most others are told from it without being read, and a hash of all.
async fn digest(order: &Arc<[u8]>, source: &Arc<Spooled>, progress: &Progress) -> Result<String> {
    let (bytes, order, source, progress) = (source.size(), Arc::clone(order), Arc::clone(source), progress.clone());
    let work = move || {
        let hash = Sha256::new_with_prefix(source.hash(&progress)?).chain_update(&order).finalize();
        Ok(format!("{}-{}", source.size(), hex::encode(hash)))
    };
    blocking(bytes, work).await
}

/// The answer to a load whose key is known when it comes: its source is read to be compared, where the earlier load says what it had.
///
/// # Errors
/// `Conflict`, at `idempotency_key`, when it brings something else; what reading the source says.
pub(super) async fn repeat(dataset: &DatasetName, version: u64, known: &LoadRecord, load: Load) -> Result<LoadReport> {
    let Load { input, mode, options, types, progress, idempotency_key, .. } = load;
    let mut own = LoadRecord { idempotency_key, ..LoadRecord::default() };
    if let Some(digest) = &known.digest {
        let source = Arc::new(spool(input, &progress).await?);
        let size = source.size().to_string();
        own.digest = if digest.split('-').next() == Some(size.as_str()) { digest_of(&own, &order_of(&mode, &options, &types)?, &source, &progress).await? } else { Some(size) };
    }
    answer(dataset, version, known, &own)
}

/// The answer to a load that was there before, under the same key or with the same rejected rows.
///
/// # Errors
/// `Conflict`, at `idempotency_key`, when what was loaded under the key is something else.
pub(super) fn answer(dataset: &DatasetName, version: u64, known: &LoadRecord, own: &LoadRecord) -> Result<LoadReport> {
    if let (Some(key), Some(digest)) = (&own.idempotency_key, &known.digest)
        && known.idempotency_key.as_ref() == Some(key)
        && own.digest.as_ref() != Some(digest)
    {
        let message = format!(
            "the idempotency key {key:?} belongs to a load that brought other content, or the same in another way; nothing of this one was stored. Give what is new a key of its own"
        );
        return Err(Error::conflict(message).at("idempotency_key"));
    }
    Ok(report(dataset, version, known.clone(), true))
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
        rounded: record.rounded,
        profiled: record.profiled,
        drift: record.drift,
        left_out: record.left_out,
        lookups: record.lookups,
        replayed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_what_was_loaded_under_it() {
        let dataset = DatasetName::parse("orders").unwrap();
        let record = |key: Option<&str>, digest: Option<&str>| LoadRecord {
            load_id: "l".into(),
            idempotency_key: key.map(str::to_owned),
            digest: digest.map(str::to_owned),
            ..LoadRecord::default()
        };
        let answered = |known: LoadRecord, own: LoadRecord| answer(&dataset, 3, &known, &own);
        let report = answered(record(Some("k"), Some("4-ab")), record(Some("k"), Some("4-ab"))).unwrap();
        assert_eq!((report.replayed, report.version, report.load_id.as_str()), (true, 3, "l"));
        for other in [Some("4-ac"), Some("5"), None] {
            let error = answered(record(Some("k"), Some("4-ab")), record(Some("k"), other)).unwrap_err();
            assert_eq!((error.kind(), error.field()), (crate::ErrorKind::Conflict, Some("idempotency_key")));
        }
        // An older log does not say what it was; and what is known by its rejected rows is not known by its key.
        assert!(answered(record(Some("k"), None), record(Some("k"), Some("4-ab"))).unwrap().replayed);
        assert!(answered(record(None, None), record(Some("k"), Some("4-ab"))).unwrap().replayed);
    }

    #[test]
    fn only_what_rows_come_of_it_tells_one_order_from_another() {
        let types = |column_type| BTreeMap::from([("n".to_owned(), column_type)]);
        let order = |mode: LoadMode, column_type| order_of(&mode, &ReadOptions::default(), &types(column_type)).unwrap();
        let plain = order(LoadMode::Create, ColumnType::Integer);
        assert_eq!(order(LoadMode::Append, ColumnType::Integer), plain);
        for other in
            [order(LoadMode::Replace, ColumnType::Integer), order(LoadMode::Upsert { key: vec!["n".into()] }, ColumnType::Integer), order(LoadMode::Append, ColumnType::Float)]
        {
            assert_ne!(other, plain);
        }
    }
}
