//! Rows that loads rejected: listed, exported, corrected and loaded again. A rejected row has a number within its load. The
//! commit of a load that brings corrected rows says which numbers these are, and no two commits say the same number.

use std::collections::BTreeSet;
use std::io::Write;

use futures::future::BoxFuture;
use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Mill;
use super::profiles::load_id_of;
use super::seen::Seen;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::ingest::pipeline::report;
use crate::ingest::{Input, Load, LoadMode, LoadReport, Reject};
use crate::query::write::quoted;
use crate::storage::entry::{Replays, replay_key};
use crate::storage::log::Snapshot;
use crate::storage::{checked_text, layout};

/// Corrected rows that are loaded at once.
pub const REPLAY_MAX: usize = 1_000;

/// Rejected rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RejectPage {
    /// How many there are.
    pub total: u64,
    /// One page of them, newest load first.
    pub items: Vec<RejectedRow>,
}

/// A rejected row and the load that rejected it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RejectedRow {
    /// The load.
    pub load_id: String,
    /// Its number among the rejected rows of the load, from 0.
    pub number: u64,
    /// The row.
    #[serde(flatten)]
    pub reject: Reject,
    /// The load that brought it corrected, where one has.
    pub replayed_by: Option<String>,
}

/// A rejected row that was corrected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedRow {
    /// Its number among the rejected rows of the load.
    pub number: u64,
    /// What it should have been: values by column, as in JSON that is loaded.
    pub row: Map<String, Value>,
}

/// How rejected rows are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectFormat {
    /// With a header: number, line, column, value, rule, reason, raw, replayed_by. Text that a spreadsheet would run as a
    /// formula gets an apostrophe before it.
    Csv,
    /// One JSON object a line, as in [`RejectedRow`].
    Ndjson,
}

impl Mill {
    /// Rows that the latest loads rejected, newest load first.
    ///
    /// # Errors
    /// `NotFound`; `Corrupt` when the stored rows cannot be read; `Denied` for a scope with a row filter or hidden
    /// columns, because raw text cannot be filtered.
    pub fn rejects<'a>(&'a self, dataset: &'a str, offset: usize, limit: usize) -> BoxFuture<'a, Result<RejectPage>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let snapshot = self.find_raw(&name).await?;
            let (mut total, mut items, mut skip) = (0, Vec::new(), offset);
            for (_, _, load) in snapshot.recent_loads.iter().filter(|(_, _, load)| load.rejected > 0) {
                total += load.rejected;
                let count = usize::try_from(load.rejected).unwrap_or(usize::MAX);
                if skip >= count || items.len() >= limit {
                    skip = skip.saturating_sub(count);
                    continue;
                }
                let rows = self.read_rejects(&name, &snapshot, &load.load_id).await?.ok_or_else(|| none_kept(&name, &load.load_id))?;
                items.extend(rows.into_iter().skip(skip).take(limit - items.len()));
                skip = 0;
            }
            Ok(RejectPage { total, items })
        })
    }

    /// Rows that one load rejected, however long ago it was, in the order of its file; none for a load that took all of them.
    ///
    /// # Errors
    /// As [`rejects`](Self::rejects); `NotFound` also for what is no id of a load.
    pub fn load_rejects<'a>(&'a self, dataset: &'a str, load_id: &'a str, offset: usize, limit: usize) -> BoxFuture<'a, Result<RejectPage>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let snapshot = self.find_raw(&name).await?;
            let rows = self.read_rejects(&name, &snapshot, load_id).await?.unwrap_or_default();
            Ok(RejectPage { total: rows.len() as u64, items: rows.into_iter().skip(offset).take(limit).collect() })
        })
    }

    /// All rows that one load rejected, at most 10,000, as a file.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{ColumnType, Csv, Engine, RejectFormat};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let report = mill.load("orders", Csv::bytes("id,amount\n1,2\n2,many\n3,4\n").column_type("amount", ColumnType::Integer)).await?;
    /// let file = mill.export_rejects("orders", &report.load_id, RejectFormat::Csv).await?;
    /// assert_eq!(String::from_utf8(file).unwrap(), "number,line,column,value,rule,reason,raw,replayed_by\r\n0,3,amount,many,,not an integer,\"2,many\",\r\n");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`load_rejects`](Self::load_rejects); `NotFound` also for a load that rejected nothing.
    pub fn export_rejects<'a>(&'a self, dataset: &'a str, load_id: &'a str, format: RejectFormat) -> BoxFuture<'a, Result<Vec<u8>>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let snapshot = self.find_raw(&name).await?;
            let rows = self.read_rejects(&name, &snapshot, load_id).await?.ok_or_else(|| none_kept(&name, load_id))?;
            let mut file = Vec::new();
            let write = |error: std::io::Error| Error::internal(format!("write rejected rows: {error}")).because(error);
            if format == RejectFormat::Csv {
                file.extend_from_slice(b"number,line,column,value,rule,reason,raw,replayed_by\r\n");
            }
            for row in &rows {
                match format {
                    RejectFormat::Csv => csv_line(&mut file, row).map_err(write)?,
                    RejectFormat::Ndjson => {
                        serde_json::to_writer(&mut file, row)?;
                        file.push(b'\n');
                    }
                }
            }
            Ok(file)
        })
    }

    /// Loads rejected rows that were corrected: they are read, treated and held to the contract as rows of any load, and the
    /// record of the new load says which they are. A row that is rejected again is then a rejected row of the new load. The
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
    /// brought some of them already, naming these; as [`load`](Self::load) and [`export_rejects`](Self::export_rejects). All
    /// rows are as they were then.
    pub fn replay_rejects<'a>(&'a self, dataset: &'a str, load_id: &'a str, rows: Vec<FixedRow>) -> BoxFuture<'a, Result<LoadReport>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let snapshot = self.find_raw(&name).await?;
            if rows.is_empty() || rows.len() > REPLAY_MAX {
                return Err(Error::invalid(format!("between 1 and {REPLAY_MAX} rows can be loaded again at once, not {}", rows.len())).at("rows"));
            }
            let load_id = load_id_of(&name, load_id)?;
            let count = self.read_rejects(&name, &snapshot, &load_id).await?.ok_or_else(|| none_kept(&name, &load_id))?.len() as u64;
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
            let mut lines = Vec::new();
            for row in &rows {
                serde_json::to_writer(&mut lines, &row.row)?;
                lines.push(b'\n');
            }
            let input = Input::Bytes { name: format!("corrected rows of {load_id}.ndjson"), bytes: lines.into() };
            let mut load = Load::from_input(input).format(crate::ingest::FileFormat::Ndjson).mode(LoadMode::Append);
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

    /// The dataset, for somebody who may see raw text of it.
    async fn find_raw(&self, dataset: &DatasetName) -> Result<Seen> {
        let snapshot = self.find(dataset).await?;
        if snapshot.access().restricts() {
            return Err(Error::denied("rejected rows are raw text, which cannot be restricted; ask somebody who sees the whole dataset"));
        }
        Ok(snapshot)
    }

    /// All rows that a load rejected; `None` where none are kept.
    async fn read_rejects(&self, dataset: &DatasetName, snapshot: &Snapshot, load_id: &str) -> Result<Option<Vec<RejectedRow>>> {
        let load_id = load_id_of(dataset, load_id)?;
        let log = self.shared.datasets.log(self.scope.tenant(), dataset);
        let location = layout::rejects(log.prefix(), &load_id);
        let object = match self.shared.store.get(&location).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(Error::from(error).context("read rejected rows")),
            Ok(object) => object.bytes().await?,
        };
        let lines = checked_text::open(&object, &format_args!("rejected rows {location}"))?.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let rows = (0_u64..).zip(lines).map(|(number, line)| {
            let reject = serde_json::from_slice(line).map_err(|error| Error::corrupt(format!("rejected rows {location}: {error}")).because(error))?;
            let replayed_by = snapshot.keys.get(&replay_key(&load_id, number)).map(|(_, load)| load.load_id.clone());
            Ok(RejectedRow { load_id: load_id.clone(), number, reject, replayed_by })
        });
        rows.collect::<Result<Vec<_>>>().map(Some)
    }
}

fn none_kept(dataset: &DatasetName, load_id: &str) -> Error {
    Error::not_found(format!("no rejected rows are kept of load {load_id} of dataset {dataset}"))
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

fn csv_line(file: &mut Vec<u8>, row: &RejectedRow) -> std::io::Result<()> {
    let reject = &row.reject;
    let rule = reject.rule.map(|rule| rule.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [text(&reject.column), text(&reject.value), rule, reject.reason.clone(), reject.raw.clone(), text(&row.replayed_by)];
    write!(file, "{},{}", row.number, reject.line)?;
    for cell in cells {
        write!(file, ",{}", quoted(&cell))?;
    }
    file.write_all(b"\r\n")
}
