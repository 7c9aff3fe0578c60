//! What happens to rows between their treatment and the segment writer: their unique keys are compared with those of the
//! load and of the dataset, and their profile is taken. Rows with unique keys are held until there are enough of them to
//! look for their keys in the dataset at once.

use std::collections::HashSet;
use std::sync::Arc;

use super::contract::existing::Existing;
use super::contract::unique::{Found, KeyedRows, UniqueKeys};
use super::decode::Decoded;
use super::decode::tally::{bytes_of as bytes_of_rejects, too_long};
use super::key_set::KeySet;
use super::pipeline::{LoadHost, blocking};
use super::profile::observe::{Profiled, Profiler};
use super::profile::{LoadProfile, drift, kept};
use super::reject::{REJECTS_MAX, REJECTS_MAX_BYTES, Reject};
use super::treatment::rows::Rows;
use crate::catalog::dataset::agree;
use crate::catalog::drift::DRIFT_REPORTED_MAX;
use crate::catalog::{Contract, DatasetSchema, Drift};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::commit::Committed;
use crate::storage::entry::{Entry, HeldTo};
use crate::storage::log::Snapshot;
use crate::storage::segment::Segment;
use crate::storage::writer::SegmentWriter;
use crate::storage::writes::Writes;

/// Bytes of rows that are held until their keys are looked for.
const HELD_MAX_BYTES: usize = 64 << 20;
/// Times that other engines come first before a load with unique keys is given up.
const ATTEMPTS: usize = 16;
/// Rows of a load whose profile costs less than finding a thread for it.
const SMALL_ROWS: u64 = 64;

/// The rows of one pass on their way into segments.
pub(super) struct Intake<'a> {
    host: &'a LoadHost,
    source: &'a str,
    /// What the dataset holds, to which rows are added.
    before: Option<&'a Snapshot>,
    unique: UniqueKeys,
    held: Vec<Rows>,
    held_bytes: usize,
    profiler: Option<Profiler>,
    /// Where rows take the place of others with the same key.
    keys: Option<KeySet>,
    rejects: Vec<Reject>,
    /// Rows that were rejected here.
    rejected: u64,
}

/// What came of a pass.
pub(super) struct Taken {
    pub rejects: Vec<Reject>,
    /// Rows among them that were decoded and found unfit here.
    pub rejected: u64,
    /// The keys that it took.
    pub unique: UniqueKeys,
    pub profiler: Option<Profiler>,
    /// The keys by which its rows take the place of others.
    pub keys: Option<KeySet>,
}

impl<'a> Intake<'a> {
    pub(super) fn new(host: &'a LoadHost, source: &'a str, contract: &Contract, schema: &DatasetSchema, before: Option<&'a Snapshot>, keys: Option<KeySet>) -> Result<Self> {
        let unique = UniqueKeys::new(contract, schema)?;
        let profiler = Some(Profiler::new(&schema.columns));
        Ok(Self { host, source, before, unique, held: Vec::new(), held_bytes: 0, profiler, keys, rejects: Vec::new(), rejected: 0 })
    }

    /// Takes rows in.
    ///
    /// # Errors
    /// `Invalid` when a unique key wants the load to fail, or too many rows are rejected; what writer and store say.
    pub(super) async fn take(&mut self, decoded: Decoded, writer: &mut SegmentWriter) -> Result<()> {
        if self.unique.is_empty() {
            let mut decoded = decoded;
            self.rejects.append(&mut decoded.rejects);
            check_rejects(self.source, &self.rejects)?;
            return self.write(decoded, writer).await;
        }
        self.held_bytes += bytes_of(&decoded);
        self.held.push(Rows::of(decoded));
        if self.held_bytes >= HELD_MAX_BYTES { self.release(writer).await } else { Ok(()) }
    }

    /// The rows are over.
    pub(super) async fn finish(mut self, writer: &mut SegmentWriter) -> Result<Taken> {
        self.release(writer).await?;
        self.rejects.sort_by_key(|reject| reject.line);
        Ok(Taken { rejects: self.rejects, rejected: self.rejected, unique: self.unique, profiler: self.profiler, keys: self.keys })
    }

    async fn release(&mut self, writer: &mut SegmentWriter) -> Result<()> {
        let (held, unique) = (std::mem::take(&mut self.held), std::mem::take(&mut self.unique));
        let bytes = std::mem::take(&mut self.held_bytes) as u64;
        let keyed = blocking(bytes, move || {
            let keyed = held.into_iter().map(|rows| unique.keyed(rows)).collect::<Result<Vec<_>>>()?;
            Ok((keyed, unique))
        });
        let (keyed, unique) = keyed.await?;
        let found = find(self.host, &unique, &keyed, self.before).await?;
        let room = REJECTS_MAX.saturating_sub(self.rejects.len());
        let taken = blocking(bytes, move || {
            let (mut unique, mut taken, mut rejected) = (unique, Vec::with_capacity(keyed.len()), 0);
            for keyed in keyed {
                let before = keyed.rows.rejects().len();
                let rows = unique.take(keyed, &found)?;
                rejected += rows.rejects().len();
                taken.push((before, rows));
                // The load ends here: millions of rows with the same keys are not described first.
                if rejected > room {
                    break;
                }
            }
            Ok((taken, unique))
        });
        let (taken, unique) = taken.await.map_err(|error| error.context(self.source))?;
        self.unique = unique;
        for (before, rows) in taken {
            let mut decoded = rows.into_decoded(false);
            self.rejected += (decoded.rejects.len() - before) as u64;
            self.rejects.append(&mut decoded.rejects);
            check_rejects(self.source, &self.rejects)?;
            self.write(decoded, writer).await?;
        }
        Ok(())
    }

    /// Nothing of these rows is rejected any more.
    async fn write(&mut self, decoded: Decoded, writer: &mut SegmentWriter) -> Result<()> {
        let Decoded { batch, lines, .. } = decoded;
        if let Some(mut keys) = self.keys.take() {
            let rows = batch.clone();
            let added = blocking(rows.get_array_memory_size() as u64, move || keys.add(&rows, &lines).map(|()| keys)).await;
            self.keys = Some(added.map_err(|error| error.context(self.source))?);
        }
        if let Some(mut profiler) = self.profiler.take() {
            let rows = batch.clone();
            let watched = blocking(rows.get_array_memory_size() as u64, move || profiler.add(&rows).map(|()| profiler)).await;
            self.profiler = or_warn(watched, "the rows of a load could not be profiled");
        }
        writer.write(batch).await
    }
}

/// Refuses a load of which too many rows are rejected.
///
/// # Errors
/// `Invalid`, with one of them.
pub(super) fn check_rejects(source: &str, rejects: &[Reject]) -> Result<()> {
    let what = match rejects.len() {
        rows if rows > REJECTS_MAX => format!("more than {REJECTS_MAX} rows do not fit"),
        _ if bytes_of_rejects(rejects) > REJECTS_MAX_BYTES => too_long(),
        _ => return Ok(()),
    };
    let last = rejects.last().map(Reject::describe).unwrap_or_default();
    Err(Error::invalid(format!("{source}: {what}; one of them is {last}. Correct the file or the contract")))
}

/// What rows take that are held; where steps have left something else of them, also what they were decoded to.
fn bytes_of(decoded: &Decoded) -> usize {
    let source = decoded.source.as_ref().map_or(0, |(source, _)| source.get_array_memory_size());
    decoded.batch.get_array_memory_size().max(source)
}

/// Looks for keys in the dataset as it was.
pub(super) async fn find(host: &LoadHost, unique: &UniqueKeys, rows: &[KeyedRows], before: Option<&Snapshot>) -> Result<Found> {
    match before {
        Some(before) => unique.find(rows, &before.segments, &existing(host, before)).await,
        None => Ok(Found::default()),
    }
}

fn existing<'a>(host: &'a LoadHost, snapshot: &'a Snapshot) -> Existing<'a> {
    Existing { store: &host.store, prefix: host.log.prefix(), schema: &snapshot.arrow, partials: &host.partials }
}

/// Commits rows that were held to a contract, while they are being written. Where there are unique keys, they are looked for in what came in since, and
/// the commit is made only on top of what was looked at.
///
/// # Errors
/// As a commit; `Conflict` when rows with the same keys came in meanwhile, or the contract was changed.
pub(super) async fn commit(host: &LoadHost, unique: &UniqueKeys, before: Option<&Snapshot>, mut entry: Entry, writes: &Writes) -> Result<Committed> {
    let Some(before) = before else {
        let _appending = host.log.appending.read().await;
        return host.log.commit_after(entry, writes).await;
    };
    let contract = before.metadata.contract.clone();
    if unique.is_empty() {
        entry.held_to = Some(HeldTo { contract, columns: Arc::clone(&before.arrow), version: None });
        let _appending = host.log.appending.read().await;
        return host.log.commit_after(entry, writes).await;
    }
    let _turn = host.log.keying.lock().await;
    let mut known: HashSet<String> = before.segments.iter().map(|segment| segment.path.clone()).collect();
    let mut last = Error::internal("no commit was tried");
    for _ in 0..ATTEMPTS {
        // A load that replaces rows comes before this look or after this commit.
        let _appending = host.log.appending.read().await;
        let latest = host.log.snapshot().await?.ok_or_else(|| Error::not_found(format!("dataset {} was deleted in the meantime", host.dataset)))?;
        entry.held_to = Some(HeldTo { contract: contract.clone(), columns: Arc::clone(&before.arrow), version: Some(latest.version) });
        // Rows that no commit takes any more are not looked for: it says why.
        let metadata = &latest.metadata;
        let is_other = entry.table.as_ref().is_some_and(|table| *table != metadata.id) || entry.alters.as_ref().is_some_and(|alters| alters != metadata);
        if is_other || !agree(&before.arrow, &latest.arrow) || metadata.steps != entry.steps || metadata.contract != contract {
            return host.log.commit_after(entry, writes).await;
        }
        let new: Vec<Arc<Segment>> = latest.segments.iter().filter(|segment| !known.contains(&segment.path)).cloned().collect();
        if unique.clash(&new, &existing(host, &latest), &[]).await?.is_some() {
            return Err(Error::conflict("rows with the same unique keys came into the dataset in the meantime; load again, and the contract decides about these rows"));
        }
        known.extend(new.into_iter().map(|segment| segment.path.clone()));
        match host.log.commit_after(entry.clone(), writes).await {
            Err(error) if error.kind() == ErrorKind::Conflict && error.position_conflict().is_none() => last = error,
            ended => return ended,
        }
    }
    Err(last)
}

/// Looks whether rows that stay have unique keys of a load that takes the place of others. Rows with the columns `except` as
/// their key do not stay.
///
/// # Errors
/// `Invalid`, naming the rule, when they do.
pub(super) async fn check_staying(host: &LoadHost, unique: &UniqueKeys, snapshot: &Snapshot, staying: &[Arc<Segment>], except: &[&str]) -> Result<()> {
    match unique.clash(staying, &existing(host, snapshot), except).await? {
        Some(rule) => Err(Error::invalid(format!(
            "rule {rule} of the contract: a row that stays in the dataset has the same unique key as a row of the load; correct the load, or replace more rows"
        ))),
        None => Ok(()),
    }
}

/// Makes the profile of a load, while its last segments are written.
pub(super) async fn finish_profile(host: &LoadHost, profiler: Option<Profiler>, load_id: &str) -> Option<Profiled> {
    let profiler = profiler.filter(|profiler| profiler.rows() > 0)?;
    let (load_id, dataset) = (load_id.to_owned(), host.dataset.to_string());
    // What is made of each row is made already; sorting out the most frequent values is left.
    let weight = if profiler.rows() <= SMALL_ROWS { 0 } else { u64::MAX };
    or_warn(blocking(weight, move || profiler.finish(&load_id, &dataset)).await, "the profile of a load could not be made")
}

/// The profile of the load before, where there is one.
pub(super) async fn earlier_profile(host: &LoadHost, before: Option<&Snapshot>) -> Option<LoadProfile> {
    let earlier = kept::get(&host.store, host.log.prefix(), before?.profiled.as_deref()?).await;
    or_warn(earlier, "the profile of the load before could not be read").flatten()
}

/// Compares the profile of a load with the one before and stores it. Returns the strongest findings; `None` when there is no
/// profile after all, which is no reason for a load to fail.
pub(super) async fn keep_profile(host: &LoadHost, profiled: Option<Profiled>, earlier: Option<&LoadProfile>, schema: &DatasetSchema) -> Option<Vec<Drift>> {
    let mut profiled = profiled?;
    if let Some(earlier) = earlier {
        drift::compare(&mut profiled, earlier, schema.time_column.as_deref());
    }
    // Columns that came without a value do not stay.
    profiled.profile.columns.retain(|column| schema.get(&column.name).is_some());
    or_warn(kept::put(&host.store, host.log.prefix(), &profiled.profile).await, "the profile of a load could not be kept")?;
    Some(profiled.profile.drift.into_iter().take(DRIFT_REPORTED_MAX).map(Drift::without_values).collect())
}

fn or_warn<T>(result: Result<T>, what: &str) -> Option<T> {
    result.inspect_err(|error| tracing::warn!(%error, "{what}")).ok()
}
