//! Rejected rows that were corrected and are loaded again. The commit of a load that brings some says which numbers these are, and no
//! two commits say the same number. They come in as the rows of their load did: what was to take the place of a row takes it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Mill;
use super::profiles::load_id_of;
use super::rejects::none_kept;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::ingest::once::report;
use crate::ingest::{Input, Load, LoadMode, LoadReport};
use crate::storage::entry::{Replays, replay_key};
use crate::storage::log::Snapshot;
use crate::storage::rejections::{Rejection, UNKNOWN};

/// Corrected rows that are loaded at once.
pub const REPLAY_MAX: usize = 1_000;

/// A rejected row that was corrected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedRow {
    /// Its number among the rejected rows of the load.
    pub number: u64,
    /// What it should have been: values by column, as in JSON that is loaded.
    pub row: Map<String, Value>,
}

/// How corrected rows of a load come in.
#[derive(Debug, PartialEq)]
pub(super) struct WayBack {
    pub mode: LoadMode,
    /// Where every row must lie, although none gives way.
    pub within: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// How rejected rows of a load come in again; `Err`, in words, where they would not stand where they belong.
pub(super) fn way_back(load: Option<&Rejection>) -> Result<WayBack, String> {
    let load = load.ok_or(UNKNOWN)?;
    if let Some(obstacle) = load.obstacle() {
        return Err(obstacle);
    }
    let (mode, within) = match load.mode.clone().ok_or(UNKNOWN)? {
        // What it replaced is gone: its rows that were rejected join those that it brought.
        LoadMode::CreateOrAppend | LoadMode::Create | LoadMode::Append | LoadMode::Replace => (LoadMode::Append, None),
        LoadMode::ReplaceRange { from, to } => (LoadMode::Append, Some((from, to))),
        LoadMode::Upsert { key } => (LoadMode::Upsert { key }, None),
    };
    Ok(WayBack { mode, within })
}

impl Mill {
    /// Loads rejected rows that were corrected: they are read, treated and held to the contract as rows of any load, and the
    /// record of the new load says which they are. They come in as the rows of their load did: those of a load that
    /// replaced rows by key replace the rows with their keys, those of a load that replaced a time range must lie in it, all others are
    /// added, unless they lie in a range of time that a later load has delivered anew. A row that is rejected again is then a rejected row of the new load. The
    /// same rows once more are answered with the first report; at most [`REPLAY_MAX`] at a time.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{ColumnType, Csv, Engine, FixedRow};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let first = mill.load("orders", Csv::bytes("id,amount\n1,2\n2,many\n3,4\n").column_type("amount", ColumnType::Integer)).await?;
    /// let row = serde_json::from_str(r#"{"id": 2, "amount": 3}"#)?;
    /// let fixed = vec![FixedRow { number: 0, row }];
    /// let report = mill.replay_rejects("orders", &first.load_id, fixed.clone()).await?;
    /// assert_eq!((report.rows, report.rejected, report.replayed), (1, 0, false));
    /// assert_eq!(mill.load_rejects("orders", &first.load_id, 0, 10).await?.items[0].replayed_by.as_ref(), Some(&report.load_id));
    /// assert!(mill.replay_rejects("orders", &first.load_id, fixed).await?.replayed);
    /// assert_eq!(mill.sql("select sum(amount) as total from orders").await?.to_csv()?, "total\r\n9\r\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid` for no rows, too many, or a number that stands twice or is not there; `Conflict` when another load has
    /// brought some of them already, naming these, or when rows of a later load have taken the place of all of theirs or of some that come now; as [`load`](Self::load) and [`export_rejects`](Self::export_rejects). All
    /// rows are as they were then.
    pub fn replay_rejects<'a>(&'a self, dataset: &'a str, load_id: &'a str, rows: Vec<FixedRow>) -> BoxFuture<'a, Result<LoadReport>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let snapshot = self.find_raw(&name).await?;
            if rows.is_empty() || rows.len() > REPLAY_MAX {
                return Err(Error::invalid(format!("between 1 and {REPLAY_MAX} rows can be loaded again at once, not {}", rows.len())).at("rows"));
            }
            let load_id = load_id_of(&name, load_id)?;
            let count = self.read_rejects(&name, &snapshot, &load_id).await?.ok_or_else(|| none_kept(&name, &load_id))?.rows.len() as u64;
            let mut numbers = BTreeSet::new();
            for (place, row) in rows.iter().enumerate() {
                let refuse = |message: String| Err(Error::invalid(message).at(format!("rows[{place}].number")));
                if row.number >= count {
                    return refuse(format!("load {load_id} rejected {count} rows; the last is number {}, not {}", count.saturating_sub(1), row.number));
                }
                if !numbers.insert(row.number) {
                    return refuse(format!("rejected row {} stands twice", row.number));
                }
            }
            if let Some(report) = replayed_before(&name, &snapshot, &load_id, &numbers)? {
                self.shared.datasets.log(self.scope.tenant(), &name).rely_on(report.version).await?;
                return Ok(report);
            }
            let way = way_back(snapshot.rejections.get(&load_id)).map_err(|obstacle| Error::conflict(format!("load {load_id}: {obstacle}")))?;
            let mut lines = Vec::new();
            for row in &rows {
                serde_json::to_writer(&mut lines, &row.row)?;
                lines.push(b'\n');
            }
            let input = Input::Bytes { name: format!("corrected rows of {load_id}.ndjson"), bytes: lines.into() };
            let mut load = Load::from_input(input).format(crate::ingest::FileFormat::Ndjson).mode(way.mode);
            load.within = way.within;
            load.replays = Some(Replays { load_id: load_id.clone(), rejects: numbers.iter().copied().collect() });
            let report = self.load(dataset, load).await?;
            if !report.replayed {
                return Ok(report);
            }
            // Somebody was faster, with these rows or with some of them.
            let snapshot = self.find_raw(&name).await?;
            Ok(replayed_before(&name, &snapshot, &load_id, &numbers)?.unwrap_or(report))
        })
    }
}

/// The report of the load that has brought all of some rejected rows; none where no load has brought any.
///
/// # Errors
/// `Conflict` when some of them were brought, naming these.
fn replayed_before(dataset: &DatasetName, snapshot: &Snapshot, load_id: &str, numbers: &BTreeSet<u64>) -> Result<Option<LoadReport>> {
    let brought: Vec<_> = numbers.iter().filter_map(|number| Some((*number, snapshot.keys.get(&replay_key(load_id, *number))?))).collect();
    let Some((_, (version, record))) = brought.first() else { return Ok(None) };
    if brought.len() == numbers.len() && brought.iter().all(|(_, (_, other))| other.load_id == record.load_id) {
        return Ok(Some(report(dataset, *version, record.clone(), true)));
    }
    let list: Vec<String> = brought.iter().take(10).map(|(number, _)| number.to_string()).collect();
    Err(Error::conflict(format!("of the rejected rows of load {load_id}, {} were loaded again already ({}); leave them out", brought.len(), list.join(", "))).at("rows"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_as_those_of_their_load_did() {
        let load = |mode: Option<LoadMode>, superseded: Option<u64>| Rejection { version: 3, load_id: "l".into(), rejected: 1, mode, superseded, ..Rejection::default() };
        let by_id = LoadMode::Upsert { key: vec!["id".to_owned()] };
        let (from, to) = ("2013-01-01T00:00:00Z".parse().unwrap(), "2013-02-01T00:00:00Z".parse().unwrap());
        for (mode, expected, within) in [
            (LoadMode::Create, LoadMode::Append, None),
            (LoadMode::Replace, LoadMode::Append, None),
            (LoadMode::ReplaceRange { from, to }, LoadMode::Append, Some((from, to))),
            (by_id.clone(), by_id, None),
        ] {
            assert_eq!(way_back(Some(&load(Some(mode.clone()), None))), Ok(WayBack { mode: expected, within }));
            assert!(way_back(Some(&load(Some(mode), Some(7)))).unwrap_err().contains("version 7"));
        }
        for unknown in [None, Some(&load(None, None))] {
            assert!(way_back(unknown).unwrap_err().starts_with("it is not known any more"));
        }
    }
}
