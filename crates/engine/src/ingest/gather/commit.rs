//! One commit of the small loads that have gathered: each is sorted out, compared and recorded for itself, and all of them become
//! visible in one segment a chunk.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;

use super::{Answers, SmallLoad, Waiting};
use crate::catalog::dataset::agree;
use crate::catalog::{DatasetSchema, Drift};
use crate::error::{Error, ErrorKind, Result};
use crate::ingest::Reject;
use crate::ingest::contract::unique::UniqueKeys;
use crate::ingest::decode::Decoded;
use crate::ingest::intake;
use crate::ingest::kept_rejects;
use crate::ingest::once::{self, report};
use crate::ingest::pipeline::{LoadHost, announce, blocking, millis_since};
use crate::ingest::profile::kept;
use crate::ingest::profile::observe::{Profiled, Profiler};
use crate::ingest::treatment::rows::Rows;
use crate::storage::commit::Committed;
use crate::storage::entry::{Entry, HeldTo, LoadRecord};
use crate::storage::log::Snapshot;
use crate::storage::positions::Standing;
use crate::storage::rows::conform;
use crate::storage::segment::Segment;
use crate::storage::writer::{SegmentWriter, Written, discard};
use crate::storage::writes::Writes;

/// Profiles that are made at the same time.
const PROFILES_AT_ONCE: usize = 8;
/// Times that loads of one commit turn out to be known already before somebody is told to try again.
const ROUNDS: usize = 16;
/// Rounds after which loads into a dataset with unique keys keep those out that replace rows. These follow each other without a pause where
/// many come by key, and each of them makes a new version, in which the keys are to be looked for once more.
const OPEN_ROUNDS: usize = 4;

/// Commits what has gathered; the answers are for everybody in it.
pub(super) async fn commit(host: &LoadHost, mut gathered: Vec<Waiting>) -> Answers {
    let _loading = host.log.begin_load(host.clock.now()).await;
    let mut answers = Answers::default();
    let (mut keying, mut appending) = (None, None);
    for number in 0..ROUNDS {
        if number == OPEN_ROUNDS && keying.is_some() {
            appending = Some(host.log.appending.read().await);
        }
        let before = match host.log.snapshot().await {
            Ok(Some(before)) => before,
            Ok(None) => {
                answers.refuse(gathered, &Error::not_found(format!("dataset {} was deleted in the meantime", host.dataset)));
                return answers;
            }
            Err(error) => {
                answers.refuse(gathered, &error);
                return answers;
            }
        };
        if keying.is_none() && has_keys(&before) {
            // The next round looks at what is there then.
            keying = Some(host.log.keying.lock().await);
            continue;
        }
        // Who is told that his rows are there already must not lose them to a power cut.
        if gathered.iter().any(|waiting| rests_on(&before, waiting))
            && let Err(error) = host.log.rely_on(before.version).await
        {
            answers.refuse(gathered, &error);
            return answers;
        }
        let (now, later) = sort_out(host, &before, gathered, &mut answers);
        gathered = if now.is_empty() { Vec::new() } else { round(host, &before, now, &mut answers, appending.is_some()).await };
        gathered.extend(later);
        if gathered.is_empty() {
            return answers;
        }
    }
    answers.refuse(
        gathered,
        &Error::conflict("other loads with the same idempotency keys or of the same sources, or into a dataset with unique keys, came first again and again; load again"),
    );
    answers
}

/// Answers the loads that are not to be committed. Of several with one key the first is committed now; the others are
/// answered with its report later. Loads of one source that follow each other are committed together, in their order.
fn sort_out(host: &LoadHost, before: &Snapshot, mut gathered: Vec<Waiting>, answers: &mut Answers) -> (Vec<Waiting>, Vec<Waiting>) {
    let (mut now, mut later, mut keys) = (Vec::new(), Vec::new(), HashSet::new());
    let (mut following, mut waits) = (before.positions.following(), HashSet::new());
    // They may have overtaken each other on their way.
    gathered.sort_by_key(|waiting| waiting.load.record.advance.as_ref().map(|advance| advance.from));
    for waiting in gathered {
        if waiting.reply.is_closed() {
            continue;
        }
        if let Err(error) = waiting.load.progress.check() {
            answers.give(waiting, Err(error));
            continue;
        }
        if waiting.load.table != before.metadata.id {
            answers.give(waiting, Err(Error::conflict(format!("dataset {} was made anew in the meantime; load again", host.dataset))));
            continue;
        }
        if waiting.load.steps != before.metadata.steps {
            answers.give(waiting, Err(Error::conflict(format!("the steps of dataset {} were changed in the meantime; load again", host.dataset))));
            continue;
        }
        if waiting.load.contract != before.metadata.contract {
            answers.give(waiting, Err(Error::conflict(format!("the contract of dataset {} was changed in the meantime; load again", host.dataset))));
            continue;
        }
        if !agree(&waiting.load.columns, &before.arrow) {
            answers.give(waiting, Err(Error::conflict(format!("a column of dataset {} was widened in the meantime; load again", host.dataset))));
            continue;
        }
        if let Some((version, record)) = known(before, &waiting) {
            let answer = once::answer(&host.dataset, *version, record, &waiting.load.record);
            answers.give(waiting, answer);
            continue;
        }
        let own: Vec<String> = waiting.load.record.keys().map(Cow::into_owned).collect();
        let source = waiting.load.record.advance.as_ref().map(|advance| advance.source.clone());
        // What comes after a part of a source that waits waits for it.
        if own.iter().any(|key| keys.contains(key)) || source.as_ref().is_some_and(|source| waits.contains(source)) {
            waits.extend(source);
            later.push(waiting);
            continue;
        }
        let standing = waiting.load.record.advance.as_ref().map_or(Standing::Next, |advance| following.take(advance));
        match standing {
            Standing::Next => {
                keys.extend(own);
                now.push(waiting);
            }
            Standing::Later => {
                waits.extend(source);
                later.push(waiting);
            }
            Standing::Done((version, record)) => answers.give(waiting, Ok(report(&host.dataset, *version, record.clone(), true))),
            Standing::Elsewhere(position) => {
                let refused = waiting.load.record.advance.as_ref().map(|advance| advance.refused(position));
                answers.give(waiting, Err(refused.unwrap_or_else(|| Error::internal("a load without a source was refused for its position"))));
            }
        }
    }
    (now, later)
}

/// What an earlier load with one of the same keys did, or one that has brought the source as far.
fn known<'a>(before: &'a Snapshot, waiting: &Waiting) -> Option<&'a (u64, LoadRecord)> {
    let record = &waiting.load.record;
    record.keys().find_map(|key| before.keys.get(&key)).or_else(|| before.positions.done(record.advance.as_ref()?))
}

/// Whether a load may be answered by what an earlier one has done: with its report, or by saying where the source is.
fn rests_on(before: &Snapshot, waiting: &Waiting) -> bool {
    let elsewhere = waiting.load.record.advance.as_ref().is_some_and(|advance| before.positions.get(&advance.source) != advance.from);
    elsewhere || known(before, waiting).is_some()
}

/// One commit of these loads; returns them when one of them turns out to be known already. `undisturbed`: loads that replace rows are kept out
/// already.
async fn round(host: &LoadHost, before: &Snapshot, now: Vec<Waiting>, answers: &mut Answers, undisturbed: bool) -> Vec<Waiting> {
    let (now, settled) = match settle(host, before, now, answers).await {
        Ok((now, _)) if now.is_empty() => return Vec::new(),
        Ok(settled) => settled,
        Err((now, error)) => {
            answers.refuse(now, &error);
            return Vec::new();
        }
    };
    // One core writes while the other one describes.
    let (written, drifts) = tokio::join!(write(host, before, &now, &settled), profiles(host, before, &now, &settled));
    let written = match written {
        Ok(written) => written,
        Err(error) => {
            take_back(host, &[], &Writes::default(), &now).await;
            answers.refuse(now, &error);
            return Vec::new();
        }
    };
    let Written { segments, writes, fresh, .. } = written;
    let fresh = host.partials.prepare(host.log.prefix(), fresh);
    let records = now.iter().zip(settled).zip(drifts).map(|((waiting, settled), drift)| {
        let record = LoadRecord {
            rows: settled.count(),
            rejected: settled.rejects.len() as u64,
            profiled: drift.is_some(),
            drift: drift.unwrap_or_default(),
            ..waiting.load.record.clone()
        };
        shared_record(record, &segments, waiting.load.started)
    });
    let records: Vec<LoadRecord> = records.collect();
    let table = Some(before.metadata.id.clone());
    let steps = before.metadata.steps.clone();
    let held_to = Some(HeldTo { contract: before.metadata.contract.clone(), columns: Arc::clone(&before.arrow), version: has_keys(before).then_some(before.version) });
    let entry = Entry { table, steps, held_to, added: segments.clone(), loads: records.clone(), committed_at: host.clock.now(), ..Entry::default() };
    let appending = if undisturbed { None } else { Some(host.log.appending.read().await) };
    let committed = match if host.keeps_order { Ok(()) } else { writes.done().await } {
        Ok(()) => host.log.commit_after(entry, &writes).await,
        Err(error) => Err(error),
    };
    drop(appending);
    match committed {
        Ok(Committed::Version(snapshot)) => {
            host.partials.keep(fresh).await;
            announce(host, &segments, &[], &[], &snapshot);
            for (waiting, record) in now.into_iter().zip(records) {
                // Those that were rejected for their keys alone.
                waiting.load.progress.reject_rows(record.rejected.saturating_sub(waiting.load.rejects.len() as u64));
                answers.give(waiting, Ok(report(&host.dataset, snapshot.version, record, false)));
            }
            Vec::new()
        }
        // The rows may be visible: nothing of them may go.
        Ok(Committed::Unknown(error)) => {
            answers.refuse(now, &error);
            Vec::new()
        }
        Ok(Committed::Before(..)) => {
            take_back(host, &segments, &writes, &now).await;
            now
        }
        // Somebody else came first, and may have brought the same keys or sources: they are compared once more. What one of them
        // is refused for is no reason to refuse the others.
        Err(error) if error.kind() == ErrorKind::Conflict && (has_keys(before) || error.position_conflict().is_some()) => {
            take_back(host, &segments, &writes, &now).await;
            now
        }
        Err(error) => {
            take_back(host, &segments, &writes, &now).await;
            answers.refuse(now, &error);
            Vec::new()
        }
    }
}

/// What a load brings into a commit.
struct Settled {
    rows: Vec<RecordBatch>,
    rejects: Vec<Reject>,
}

impl Settled {
    fn with(mut self, rows: Rows, schema: &SchemaRef, source: &str) -> Result<Self> {
        let decoded = rows.into_decoded(false);
        self.rows.push(in_columns_of(schema, &decoded.batch)?);
        self.rejects.extend(decoded.rejects);
        intake::check_rejects(source, &self.rejects)?;
        Ok(self)
    }

    fn count(&self) -> u64 {
        self.rows.iter().map(|rows| rows.num_rows() as u64).sum()
    }
}

fn has_keys(snapshot: &Snapshot) -> bool {
    snapshot.metadata.contract.known().is_ok_and(|contract| contract.keys().next().is_some())
}

/// Decides which rows of each load come in: those whose unique keys neither the dataset has nor a load before it. Loads that
/// fail by that are answered here. What a load was decoded to stays as it is: it may have to be compared once more.
async fn settle(host: &LoadHost, before: &Snapshot, now: Vec<Waiting>, answers: &mut Answers) -> Result<(Vec<Waiting>, Vec<Settled>), (Vec<Waiting>, Error)> {
    let outcomes = match compare(host, before, &now).await {
        Ok(outcomes) => outcomes,
        Err(error) => return Err((now, error)),
    };
    let (mut taken, mut settled) = (Vec::new(), Vec::new());
    for (waiting, outcome) in now.into_iter().zip(outcomes) {
        match outcome {
            Ok(outcome) => {
                taken.push(waiting);
                settled.push(outcome);
            }
            Err(error) => answers.give(waiting, Err(error)),
        }
    }
    Ok((taken, settled))
}

/// Rows in the columns of a dataset, of which some may have come since the rows were decoded.
fn in_columns_of(schema: &SchemaRef, rows: &RecordBatch) -> Result<RecordBatch> {
    if rows.num_columns() < schema.fields().len() { conform(rows, schema) } else { Ok(rows.clone()) }
}

/// What each load brings, its unique keys compared with the dataset and with those of the loads before it.
async fn compare(host: &LoadHost, before: &Snapshot, now: &[Waiting]) -> Result<Vec<Result<Settled>>> {
    let schema = Arc::clone(&before.arrow);
    let loads: Vec<(String, Vec<Reject>)> = now.iter().map(|waiting| (waiting.load.record.source.clone(), waiting.load.rejects.clone())).collect();
    let pieces: Vec<(usize, Decoded)> = now.iter().enumerate().flat_map(|(place, waiting)| waiting.load.rows.iter().map(move |rows| (place, rows.clone()))).collect();
    let unique = UniqueKeys::new(before.metadata.contract.known()?.as_ref(), &before.metadata.schema)?.of_several();
    if unique.is_empty() {
        let mut settled: Vec<Result<Settled>> = loads
            .into_iter()
            .map(|(source, rejects)| intake::check_rejects(&source, &rejects).map(|()| Settled { rows: Vec::new(), rejects }))
            .collect();
        for (place, rows) in pieces {
            let rows = in_columns_of(&schema, &rows.batch)?;
            if let Some(Ok(settled)) = settled.get_mut(place) {
                settled.rows.push(rows);
            }
        }
        return Ok(settled);
    }
    let bytes = pieces.iter().map(|(_, rows)| rows.batch.get_array_memory_size() as u64).sum();
    let keyed = blocking(bytes, move || {
        let (mut keyed, mut of) = (Vec::with_capacity(pieces.len()), Vec::with_capacity(pieces.len()));
        for (place, rows) in pieces {
            keyed.push(unique.keyed(Rows::of(rows))?);
            of.push(place);
        }
        Ok((keyed, of, unique))
    });
    let (keyed, of, mut unique) = keyed.await?;
    let found = intake::find(host, &unique, &keyed, Some(before)).await?;
    blocking(bytes, move || {
        let mut keyed = keyed.into_iter().zip(of).peekable();
        let settled = loads.into_iter().enumerate().map(|(load, (source, rejects))| {
            let mut settled = Ok(Settled { rows: Vec::new(), rejects });
            while let Some((rows, _)) = keyed.next_if(|(_, of)| *of == load) {
                settled = settled.and_then(|settled| settled.with(unique.take(rows, &found).map_err(|error| error.context(&source))?, &schema, &source));
            }
            match &mut settled {
                Ok(settled) => {
                    settled.rejects.sort_by_key(|reject| reject.line);
                    unique.keep();
                }
                Err(_) => unique.take_back(),
            }
            settled
        });
        Ok(settled.collect())
    })
    .await
}

/// Profiles of the loads that have rows enough: of each the strongest findings, where its profile was kept.
async fn profiles(host: &LoadHost, before: &Snapshot, now: &[Waiting], settled: &[Settled]) -> Vec<Option<Vec<Drift>>> {
    if !now.iter().any(|waiting| waiting.load.is_profiled()) {
        return vec![None; now.len()];
    }
    let schema = &before.metadata.schema;
    let profiling: Vec<_> = now.iter().zip(settled).map(|(waiting, settled)| profile(host, schema, &waiting.load, &settled.rows)).collect();
    let profiling = futures::stream::iter(profiling).buffered(PROFILES_AT_ONCE).collect::<Vec<_>>();
    let (earlier, profiled) = tokio::join!(intake::earlier_profile(host, Some(before)), profiling);
    let keeping: Vec<_> = profiled.into_iter().map(|profiled| intake::keep_profile(host, profiled, earlier.as_ref(), schema)).collect();
    futures::stream::iter(keeping).buffered(PROFILES_AT_ONCE).collect().await
}

async fn profile(host: &LoadHost, schema: &DatasetSchema, load: &SmallLoad, rows: &[RecordBatch]) -> Option<Profiled> {
    if !load.is_profiled() || rows.iter().all(|rows| rows.num_rows() == 0) {
        return None;
    }
    let bytes = rows.iter().map(|rows| rows.get_array_memory_size() as u64).sum();
    let (mut profiler, rows) = (Profiler::new(&schema.columns), rows.to_vec());
    let watched = blocking(bytes, move || rows.iter().try_for_each(|rows| profiler.add(rows)).map(|()| profiler)).await;
    intake::finish_profile(host, Some(watched.ok()?), &load.record.load_id).await
}

/// Writes the rows of all of them into segments, and what each has rejected.
async fn write(host: &LoadHost, before: &Snapshot, now: &[Waiting], settled: &[Settled]) -> Result<Written> {
    let schema = &before.metadata.schema;
    let (store, prefix) = (Arc::clone(&host.store), host.log.prefix().clone());
    let mut writer = SegmentWriter::new(store, prefix, Arc::clone(&before.arrow), schema.time_column.as_deref(), before.metadata.chunk, host.segment_max_rows, host.clock.now());
    let wrote = async {
        for (waiting, settled) in now.iter().zip(settled) {
            kept_rejects::put(&host.store, host.log.prefix(), &waiting.load.record.load_id, &waiting.load.inference, &settled.rejects).await?;
        }
        // At once: what each of them has is little, and the room that was made for its text may be much.
        let (schema, rows) = (Arc::clone(&before.arrow), settled.iter().flat_map(|settled| settled.rows.iter().cloned()).collect::<Vec<RecordBatch>>());
        let bytes = rows.iter().map(|rows| rows.get_array_memory_size() as u64).sum();
        writer.write(blocking(bytes, move || Ok(concat_batches(&schema, &rows)?)).await?).await
    }
    .await;
    match wrote {
        Ok(()) => writer.finish().await,
        Err(error) => {
            writer.abandon().await;
            Err(error)
        }
    }
}

/// Removes what was written for a commit that did not come about.
async fn take_back(host: &LoadHost, segments: &[Segment], writes: &Writes, now: &[Waiting]) {
    discard(&host.store, host.log.prefix(), segments, writes).await;
    // Which of them there are depends on what was compared.
    for waiting in now.iter().filter(|waiting| !waiting.load.rejects.is_empty() || waiting.load.rows.iter().any(|rows| rows.source.is_some())) {
        kept_rejects::remove(&host.store, host.log.prefix(), &waiting.load.record.load_id).await;
    }
    for waiting in now.iter().filter(|waiting| waiting.load.is_profiled()) {
        kept::remove(&host.store, host.log.prefix(), &waiting.load.record.load_id).await;
    }
}

/// What a load has a part in: all segments of its commit, and bytes by its share of the rows.
fn shared_record(record: LoadRecord, segments: &[Segment], started: Instant) -> LoadRecord {
    let rows: u64 = segments.iter().map(|segment| segment.rows).sum();
    let bytes: u64 = segments.iter().map(|segment| segment.bytes).sum();
    LoadRecord {
        bytes: u64::try_from(u128::from(bytes) * u128::from(record.rows) / u128::from(rows.max(1))).unwrap_or(u64::MAX),
        segments: if record.rows == 0 { 0 } else { segments.len() as u64 },
        duration_ms: millis_since(started),
        ..record
    }
}
