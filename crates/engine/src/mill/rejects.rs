//! Rows that loads rejected: listed and exported. A rejected row has a number within its load. They are told of as long as their
//! version is in the log, or their load among the latest, and no erasure came after it; then a sweep takes them.

use std::collections::BTreeMap;
use std::io::Write;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::Mill;
use super::profiles::load_id_of;
use super::replay::way_back;
use super::seen::Seen;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::ingest::kept_rejects;
use crate::ingest::{Reject, RowHeader};
use crate::query::write::quoted;
use crate::storage::entry::replay_key;
use crate::storage::log::Snapshot;

/// Bytes of text after which a page is full, whatever was asked for: a row may be as long as a file.
const PAGE_BYTES: usize = 8 << 20;

/// Rejected rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RejectPage {
    /// How many there are.
    pub total: u64,
    /// One page of them, newest load first. Long rows make a page shorter than was asked for, never empty where there are more: the next one
    /// begins as many rows later as this one has.
    pub items: Vec<RejectedRow>,
    /// By load of the page: how its rows are written, where their text does not say it and that was kept.
    pub headers: BTreeMap<String, RowHeader>,
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
    /// Why it cannot be loaded again from here, where it cannot.
    pub obstacle: Option<String>,
}

/// The rejected rows of a load.
pub(super) struct LoadRejects {
    pub rows: Vec<RejectedRow>,
    pub header: Option<RowHeader>,
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

/// The first of some rows, at most so many, that fit on a page which has `bytes` of text already; the first row of a page always does. Says
/// whether the page is full.
fn fill(page: &mut Vec<RejectedRow>, bytes: &mut usize, rows: impl Iterator<Item = RejectedRow>, most: usize) -> bool {
    for row in rows.take(most) {
        let reject = &row.reject;
        let size = reject.raw.len() + reject.value.as_ref().map_or(0, String::len) + reject.reason.len();
        if !page.is_empty() && bytes.saturating_add(size) > PAGE_BYTES {
            return true;
        }
        *bytes += size;
        page.push(row);
    }
    false
}

impl Mill {
    /// Rows that loads rejected whose versions the log has, and those of the latest 20 loads, newest load first; of the latest 10,000 loads
    /// that rejected any.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{ColumnType, Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let orders = Csv::bytes("id,amount\n1,2\n2,many\n3,4\n").column_type("amount", ColumnType::Integer);
    /// mill.load("orders", orders).await?;
    /// let page = mill.rejects("orders", 0, 10).await?;
    /// assert_eq!((page.total, page.items[0].number), (1, 0));
    /// assert_eq!(page.items[0].reject.describe(), "line 3, column \"amount\", value \"many\": not an integer");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound`; `Corrupt` when the stored rows cannot be read; `Denied` for a scope with a row filter or hidden
    /// columns, because raw text cannot be filtered.
    pub fn rejects<'a>(&'a self, dataset: &'a str, offset: usize, limit: usize) -> BoxFuture<'a, Result<RejectPage>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let snapshot = self.find_raw(&name).await?;
            let first = self.shared.datasets.log(self.scope.tenant(), &name).first_entry().await?;
            let (mut page, mut skip) = (RejectPage { total: 0, items: Vec::new(), headers: BTreeMap::new() }, offset);
            let (mut bytes, mut full) = (0, false);
            for load in snapshot.kept_rejections(first) {
                page.total += load.rejected;
                let count = usize::try_from(load.rejected).unwrap_or(usize::MAX);
                if skip >= count || full || page.items.len() >= limit {
                    skip = skip.saturating_sub(count);
                    continue;
                }
                // An erasure may have removed them a moment ago.
                let Some(found) = self.read_rejects(&name, &snapshot, &load.load_id).await? else {
                    page.total -= load.rejected;
                    continue;
                };
                let room = limit - page.items.len();
                let known = page.items.len();
                full = fill(&mut page.items, &mut bytes, found.rows.into_iter().skip(skip), room);
                skip = 0;
                if page.items.len() == known {
                    continue;
                }
                page.headers.extend(found.header.map(|header| (load.load_id.clone(), header)));
            }
            Ok(page)
        })
    }

    /// Rows that one load rejected, however long ago it was, in the order of its file; none for a load that took all of them, and
    /// none that came before an erasure.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{ColumnType, Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let orders = Csv::bytes("id,amount\n1,2\n2,many\n3,4\n").column_type("amount", ColumnType::Integer);
    /// let report = mill.load("orders", orders).await?;
    /// assert_eq!(mill.load_rejects("orders", &report.load_id, 0, 10).await?.total, 1);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`rejects`](Self::rejects); `NotFound` also for what is no id of a load.
    pub fn load_rejects<'a>(&'a self, dataset: &'a str, load_id: &'a str, offset: usize, limit: usize) -> BoxFuture<'a, Result<RejectPage>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let snapshot = self.find_raw(&name).await?;
            let load_id = load_id_of(&name, load_id)?;
            let Some(LoadRejects { rows, header }) = self.read_rejects(&name, &snapshot, &load_id).await? else {
                return Ok(RejectPage { total: 0, items: Vec::new(), headers: BTreeMap::new() });
            };
            let headers = header.map(|header| (load_id, header)).into_iter().collect();
            let (total, mut items) = (rows.len() as u64, Vec::new());
            fill(&mut items, &mut 0, rows.into_iter().skip(offset), limit);
            Ok(RejectPage { total, items, headers })
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
            let rows = self.read_rejects(&name, &snapshot, load_id).await?.ok_or_else(|| none_kept(&name, load_id))?.rows;
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

    /// The dataset, for somebody who may see raw text of it.
    pub(super) async fn find_raw(&self, dataset: &DatasetName) -> Result<Seen> {
        let snapshot = self.find(dataset).await?;
        if snapshot.access().restricts() {
            return Err(Error::denied("rejected rows are raw text, which cannot be restricted; ask somebody who sees the whole dataset"));
        }
        Ok(snapshot)
    }

    /// All rows that a load rejected; `None` where none are kept.
    pub(super) async fn read_rejects(&self, dataset: &DatasetName, snapshot: &Snapshot, load_id: &str) -> Result<Option<LoadRejects>> {
        let load_id = load_id_of(dataset, load_id)?;
        let known = snapshot.rejections.get(&load_id);
        // What an erasure ended is not told of, whether it is gone yet or not; of a load that is not known nobody can say that it came after.
        if snapshot.erased_before > 0 && known.is_none_or(|load| load.version <= snapshot.erased_before) {
            return Ok(None);
        }
        let log = self.shared.datasets.log(self.scope.tenant(), dataset);
        let Some(kept) = kept_rejects::get(&self.shared.store, log.prefix(), &load_id).await? else { return Ok(None) };
        let obstacle = way_back(known).err();
        let rows = (0_u64..).zip(kept.rows).map(|(number, reject)| {
            let replayed_by = snapshot.keys.get(&replay_key(&load_id, number)).map(|(_, load)| load.load_id.clone());
            RejectedRow { load_id: load_id.clone(), number, reject, replayed_by, obstacle: obstacle.clone() }
        });
        Ok(Some(LoadRejects { rows: rows.collect(), header: kept.header }))
    }
}

pub(super) fn none_kept(dataset: &DatasetName, load_id: &str) -> Error {
    Error::not_found(format!("no rejected rows are kept of load {load_id} of dataset {dataset}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_full_of_bytes_or_of_rows_and_never_empty() {
        let row = |number: u64| {
            let reject = Reject { line: number, column: None, value: None, reason: String::new(), rule: None, raw: "x".repeat(PAGE_BYTES / 2 - 9) };
            RejectedRow { load_id: "l".into(), number, reject, replayed_by: None, obstacle: None }
        };
        let page = |bytes: usize, most: usize| {
            let (mut items, mut bytes) = (Vec::new(), bytes);
            let full = fill(&mut items, &mut bytes, (0..5).map(row), most);
            (items.len(), full)
        };
        assert_eq!([page(0, 9), page(0, 2), page(0, 1), page(PAGE_BYTES, 9)], [(2, true), (2, false), (1, false), (1, true)]);
    }
}
