//! What upkeep does, and a record of what it did: for whoever runs an engine and wants to know.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::ids::{DatasetName, TenantId};

/// Records that are kept: the oldest goes first.
const RECORDS_MAX: usize = 10_000;

/// Something that upkeep does for a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Chore {
    /// Takes out chunks that are older than the dataset keeps rows.
    Retention,
    /// Merges small segments.
    Compaction,
    /// Writes a checkpoint of the log, and cleans up what lies before an older one.
    Checkpoint,
    /// Removes objects that nothing needs any more.
    Vacuum,
}

/// What a chore did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Rows that were written again or taken out.
    pub rows: u64,
    /// Segments that were merged away or taken out, or objects that were removed.
    pub objects: u64,
    /// Bytes that were written or removed.
    pub bytes: u64,
}

/// How a chore went the last time that it had something to do or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpkeepRecord {
    /// The tenant.
    pub tenant: TenantId,
    /// The dataset.
    pub dataset: DatasetName,
    /// What was done.
    pub chore: Chore,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What came of it; all zero after an error.
    #[serde(flatten)]
    pub done: Done,
    /// Why it failed. It is tried again later.
    pub error: Option<String>,
}

/// What upkeep has done since the engine was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UpkeepReport {
    /// Whether the settings say that there is upkeep.
    pub enabled: bool,
    /// When the datasets of the store were last listed, so that those are looked after too that others write.
    pub listed_at: Option<DateTime<Utc>>,
    /// Datasets of all tenants that wait for something; `None` in the report of one tenant.
    pub datasets_waiting: Option<u64>,
    /// The last of each chore and dataset, newest first.
    pub records: Vec<UpkeepRecord>,
}

/// Where upkeep writes down what it does.
#[derive(Debug, Default)]
pub(crate) struct ChoreLog(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    report: UpkeepReport,
    records: BTreeMap<(TenantId, DatasetName, Chore), UpkeepRecord>,
}

impl ChoreLog {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn note(&self, record: UpkeepRecord) {
        self.with(|state| {
            let failed = record.error.is_some();
            let key = (record.tenant.clone(), record.dataset.clone(), record.chore);
            // That nothing was to be done is no news, but that an error is over is.
            if !failed && record.done == Done::default() && state.records.get(&key).is_none_or(|known| known.error.is_none()) {
                return;
            }
            if state.records.len() >= RECORDS_MAX
                && !state.records.contains_key(&key)
                && let Some(oldest) = state.records.iter().min_by_key(|(_, record)| record.started_at).map(|(key, _)| key.clone())
            {
                state.records.remove(&oldest);
            }
            state.records.insert(key, record);
        });
    }

    pub(crate) fn forget(&self, tenant: &TenantId, dataset: &DatasetName) {
        self.with(|state| state.records.retain(|(of, name, _), _| (of, name) != (tenant, dataset)));
    }

    pub(crate) fn waiting(&self, datasets: usize) {
        self.with(|state| state.report.datasets_waiting = Some(datasets as u64));
    }

    pub(crate) fn listed(&self, at: DateTime<Utc>) {
        self.with(|state| state.report.listed_at = Some(at));
    }

    /// The report, of one tenant or of all.
    pub(crate) fn report(&self, enabled: bool, tenant: Option<&TenantId>) -> UpkeepReport {
        self.with(|state| {
            let of_tenant = |record: &&UpkeepRecord| tenant.is_none_or(|tenant| record.tenant == *tenant);
            let mut records: Vec<UpkeepRecord> = state.records.values().filter(of_tenant).cloned().collect();
            records.sort_by_key(|record| std::cmp::Reverse(record.started_at));
            UpkeepReport { enabled, listed_at: state.report.listed_at, datasets_waiting: state.report.datasets_waiting.filter(|_| tenant.is_none()), records }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(dataset: &str, second: i64, rows: u64, error: Option<&str>) -> UpkeepRecord {
        UpkeepRecord {
            tenant: TenantId::parse("acme").unwrap(),
            dataset: DatasetName::parse(dataset).unwrap(),
            chore: Chore::Compaction,
            started_at: DateTime::from_timestamp(second, 0).unwrap(),
            duration_ms: 1,
            done: Done { rows, ..Done::default() },
            error: error.map(str::to_owned),
        }
    }

    #[test]
    fn the_last_of_each_is_kept_unless_there_was_nothing_to_do() {
        let log = ChoreLog::default();
        log.note(record("orders", 1, 5, None));
        log.note(record("orders", 2, 0, None));
        log.note(record("events", 3, 0, Some("away")));
        let seen =
            |tenant: Option<&TenantId>| log.report(true, tenant).records.iter().map(|record| (record.dataset.to_string(), record.started_at.timestamp())).collect::<Vec<_>>();
        assert_eq!(seen(None), [("events".to_owned(), 3), ("orders".to_owned(), 1)]);
        log.note(record("events", 4, 0, None));
        assert_eq!(seen(None)[0], ("events".to_owned(), 4));
        assert_eq!(seen(Some(&TenantId::parse("other").unwrap())), []);
        assert_eq!(log.report(true, None).records[0].error, None);
        log.forget(&TenantId::parse("acme").unwrap(), &DatasetName::parse("events").unwrap());
        assert_eq!(seen(None).len(), 1);
    }
}
