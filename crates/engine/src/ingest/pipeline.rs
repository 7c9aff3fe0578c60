//! One load from its first byte to its commit. Decoding runs on a thread of its own and hands batches over through a
//! bounded channel; nothing is visible before the commit, and a load that fails removes what it wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use object_store::ObjectStore;
use tokio::sync::mpsc;

use super::contract::reference::{KnownReferences, ReferenceReader};
use super::contract::unique::UniqueKeys;
use super::decode::{DecodeOutcome, DecodeTarget, Decoded, Spooled, spool};
use super::gather::{self, Gatherings};
use super::infer::{Inference, infer_spooled};
use super::intake::{self, Intake, Taken};
use super::kept_rejects;
use super::key_set::KeySet;
use super::load::{TimeColumn, Widening};
use super::once::{self, report};
use super::profile::kept;
use super::profile::observe::Profiled;
use super::repeated;
use super::replace::{self, Replaced, Replacing};
use super::replayed;
use super::share::{is_outdated, share};
use super::steps::Steps;
use super::steps::provisions::StepHost;
use super::treatment::{Treatment, Treatments};
use super::widen::{self, Decision};
use super::{Load, LoadMode, LoadReport, Progress, Reject};
use crate::catalog::contract::KeptContract;
use crate::catalog::dataset::agree;
use crate::catalog::datasets::Datasets;
use crate::catalog::{Column, ColumnType, Contract, DatasetSchema, Promotion, TimeChunk};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result, near_names};
use crate::events::{Event, Events, SegmentCommitted};
use crate::ids::{DatasetName, TenantId};
use crate::partial::memory::Partials;
use crate::semantic::generate::humanised;
use crate::storage::commit::Committed;
use crate::storage::entry::{Entry, LoadRecord, Metadata};
use crate::storage::log::{DatasetLog, Loading, Snapshot};
use crate::storage::positions::Advance;
use crate::storage::segment::Segment;
use crate::storage::writer::{SegmentWriter, Written, discard};
use crate::storage::writes::Writes;

/// Batches between the decoder and the writer.
const BATCHES_IN_FLIGHT: usize = 4;
/// Passes over a file at most: one with the inferred types, one with the promoted ones, and one to be safe.
const PASSES_MAX: usize = 3;
/// Times that a load begins anew because others have made the dataset, brought columns too, or changed the steps.
const ATTEMPTS: usize = 8;
/// Inputs that are looked through in about a tenth of a millisecond.
const INLINE_MAX_BYTES: u64 = 16 << 10;

/// What a load needs of the engine.
#[derive(Clone)]
pub(crate) struct LoadHost {
    pub store: Arc<dyn ObjectStore>,
    pub clock: Arc<dyn Clock>,
    pub log: Arc<DatasetLog>,
    pub tenant: TenantId,
    pub dataset: DatasetName,
    pub partials: Arc<Partials>,
    pub events: Events,
    /// Who fetches what steps need.
    pub steps: Arc<dyn StepHost>,
    pub gatherings: Arc<Gatherings>,
    /// Whether the store makes a log entry visible after what it names, however they are put.
    pub keeps_order: bool,
    pub datasets: Arc<Datasets>,
    pub references: Arc<KnownReferences>,
    pub segment_max_rows: usize,
    pub commit_interval: Duration,
    pub push_widening_bytes: u64,
    pub unpack_ratio: u32,
}

/// How a load ended.
pub(crate) struct Loaded {
    pub report: LoadReport,
    /// Whether the dataset is new.
    pub created: bool,
}

/// Runs a load.
pub(crate) async fn run_load(host: LoadHost, load: Load) -> Result<Loaded> {
    let started = Instant::now();
    once::check_key(load.idempotency_key.as_deref())?;
    load.advance.as_ref().map_or(Ok(()), Advance::check)?;
    let loading = host.log.begin_load(host.clock.now()).await;
    let before = host.log.certain_snapshot().await?;
    if let Some((version, record)) = load.idempotency_key.as_ref().and_then(|key| before.as_ref()?.keys.get(key)) {
        host.log.rely_on(*version).await?;
        return Ok(Loaded { report: once::repeat(&host.dataset, *version, record, load).await?, created: false });
    }
    if let Some(report) = repeated::answer(&host, load.advance.as_ref(), load.idempotency_key.as_deref(), before.as_deref()).await? {
        return Ok(Loaded { report, created: false });
    }
    match (&load.mode, &before) {
        (LoadMode::Create, Some(_)) => return Err(Error::conflict(format!("dataset {} is there already; append to it or choose another name", host.dataset))),
        (LoadMode::Append, None) => return Err(Error::not_found(format!("there is no dataset {} to append to", host.dataset))),
        (LoadMode::ReplaceRange { from, to }, _) if from >= to => {
            return Err(Error::invalid(format!("the range from {from:?} to {to:?} is empty; the second instant must come after the first")).at("mode"));
        }
        // Known before anything is read.
        (LoadMode::ReplaceRange { .. }, Some(before)) => {
            replace::time_column(&before.metadata.schema)?;
        }
        (LoadMode::Upsert { key }, Some(before)) => {
            KeySet::new(key, &before.metadata.schema)?;
        }
        _ => {}
    }
    let Load { input, options, types, steps, time_column, label, idempotency_key, advance, progress, mode, widening, contract, expected, replays, within } = load;
    let treatments = prepare(&host, steps.clone(), contract.clone(), before.as_deref()).await?;
    let order = once::order_of(&mode, &options, &types)?;
    // Nothing is written yet: who sends slowly keeps no deletion waiting, nor all loads that come behind it.
    drop(loading);
    let source = spool(input, &progress).await?.expecting(expected).with_unpack_ratio(options.unpack_ratio.or(Some(host.unpack_ratio)));
    let loading = host.log.begin_load(host.clock.now()).await;
    if before.is_none() {
        host.log.clear_leftovers().await?;
    }
    let source = Arc::new(if idempotency_key.is_some() { source.hashing() } else { source });
    // What steps make of a file is not told by its columns.
    let (looked_at, known) = (Arc::clone(&source), before.as_ref().filter(|_| treatments.source().is_none()).map(|before| Arc::clone(&before.metadata)));
    let inference = Arc::new(blocking(source.weight(), move || infer_spooled(&looked_at, &options, known.as_deref().map(|known| &known.schema))).await?);
    let mut record = LoadRecord {
        load_id: uuid::Uuid::now_v7().to_string(),
        source: source.name().to_owned(),
        idempotency_key,
        replays,
        advance,
        lookups: treatments.lookups(),
        mode: Some(mode.clone()),
        ..LoadRecord::default()
    };
    if source.bytes().is_some() {
        record.digest = once::digest_of(&record, &order, &source, &progress).await?;
    }
    let mut plan = Plan {
        source,
        order,
        inference,
        types,
        steps,
        contract,
        time_column,
        label,
        progress,
        mode,
        within: within.map(|(from, to)| Replaced::Range { from, to }),
        widening,
        record,
        started,
        treatments,
        demanded: BTreeSet::new(),
        first_error: None,
        decision: Decision::default(),
    };
    if let Some(loaded) = store(&host, &mut plan, before, loading).await? {
        return Ok(loaded);
    }
    for _ in 1..ATTEMPTS {
        let loading = host.log.begin_load(host.clock.now()).await;
        let before = host.log.certain_snapshot().await?.ok_or_else(|| Error::not_found("the dataset was deleted in the meantime"))?;
        plan.treatments = prepare(&host, plan.steps.clone(), plan.contract.clone(), Some(&before)).await?;
        plan.record.lookups = plan.treatments.lookups();
        if let Some(loaded) = store(&host, &mut plan, Some(before), loading).await? {
            return Ok(loaded);
        }
    }
    Err(Error::conflict(format!("the columns or steps of {} are being changed all the time; load again", host.dataset)))
}

/// Decodes the rows and commits them; `None` when the columns or steps of the dataset were changed by somebody else in the
/// meantime, or columns must be widened.
async fn store<'a>(host: &'a LoadHost, plan: &mut Plan, before: Option<Arc<Snapshot>>, mut loading: Loading<'a>) -> Result<Option<Loaded>> {
    plan.progress.restart();
    if let Some(before) = &before {
        plan.decision = widen::decide(plan, before, host.push_widening_bytes).map_err(|error| widen::refused(plan.first_error.take(), error))?;
        if let Some(widen) = &plan.decision.widen {
            plan.treatments.widen(widen.source.clone(), widen.columns.clone());
        }
    }
    let target = match &before {
        Some(snapshot) => target_of(snapshot, plan)?,
        None => {
            let mut types = plan.types.clone();
            declare_types(&plan.treatments.contract, &plan.inference, &mut types)?;
            let (columns, declared) = plan.inference.declared_with(&plan.treatments.declared(&plan.inference, types))?;
            DecodeTarget { columns, declared, lines: false, nulling: Vec::new(), rounding: Vec::new() }
        }
    };
    let small = plan.source.size() <= gather::SHARED_MAX_BYTES && !plan.mode.replaces() && plan.record.replays.is_none();
    let widens = plan.decision.widen.is_some();
    let is_known = |before: &Snapshot| !widens && (plan.treatments.source().is_some() || target.columns.len() == before.metadata.schema.columns.len());
    if let Some(before) = before.as_ref().filter(|before| small && is_known(before)) {
        // Whoever commits for all of them holds the lock then.
        drop(loading);
        match share(host, plan, target.clone(), before).await {
            Ok(Some(report)) => return Ok(Some(Loaded { report, created: false })),
            Ok(None) => {}
            Err(error) if error.kind() == ErrorKind::Conflict && is_outdated(host, before).await => return Ok(None),
            // What asks for wider columns goes the way of large loads.
            Err(error) if error.kind() == ErrorKind::Invalid && plan.decision.is_ready() => {}
            Err(error) => return Err(plan.decision.advise(error)),
        }
        plan.progress.restart();
        loading = host.log.begin_load(host.clock.now()).await;
    }
    let mut ground = match grind(host, plan, target, before.as_deref()).await {
        Ok(ground) => ground,
        Err(error) => {
            let demanded = plan.decision.demanded(&plan.progress.misfits());
            if error.kind() != ErrorKind::Invalid || demanded.is_empty() {
                return Err(plan.decision.advise(error));
            }
            plan.demanded.extend(demanded);
            plan.first_error.get_or_insert(error);
            return Ok(None);
        }
    };
    let demanded = plan.decision.demanded(&plan.progress.misfits());
    if !demanded.is_empty() {
        discard(&host.store, host.log.prefix(), &ground.segments, &ground.writes).await;
        plan.demanded.extend(demanded);
        return Ok(None);
    }
    plan.decision.explain(&mut ground.rejects);
    let new_columns = before.as_ref().map_or_else(|| Ok(Vec::new()), |before| ground.settle_columns(before))?;
    let profiled = ground.profiled.take();
    let fresh = host.partials.prepare(host.log.prefix(), std::mem::take(&mut ground.fresh));
    let (segments, writes) = (ground.segments.clone(), std::mem::take(&mut ground.writes));
    let replaced = Replaced::of(&plan.mode, ground.keys.take()).or(widens.then_some(Replaced::Nothing));
    // A load that replaces waits for rewrites, and a deletion, which is one, waits for loads.
    if before.is_some() && replaced.is_some() {
        loading.let_deletions_pass();
    }
    let committed = async {
        kept_rejects::put(&host.store, host.log.prefix(), &plan.record.load_id, &plan.inference, &ground.rejects).await?;
        let earlier = intake::earlier_profile(host, before.as_deref()).await;
        let drift = intake::keep_profile(host, profiled, earlier.as_ref(), &ground.schema).await;
        plan.progress.check()?;
        if replaced.is_some() || plan.record.replays.is_some() || !host.keeps_order {
            writes.done().await?;
        }
        let record = LoadRecord {
            // A large source was read on the way here.
            digest: once::digest_of(&plan.record, &plan.order, &plan.source, &plan.progress).await?,
            nulled: ground.nulled,
            rounded: plan.progress.rounded(),
            profiled: drift.is_some(),
            drift: drift.unwrap_or_default(),
            rows: segments.iter().map(|segment| segment.rows).sum(),
            rejected: ground.rejects.len() as u64,
            bytes: segments.iter().map(|segment| segment.bytes).sum(),
            segments: segments.len() as u64,
            duration_ms: millis_since(plan.started),
            promotions: ground.promotions.clone(),
            left_out: ground.left_out,
            new_columns: new_columns.clone(),
            widened: plan.decision.widen.as_ref().map(|widen| widen.widened.clone()).unwrap_or_default(),
            ..plan.record.clone()
        };
        let now = host.clock.now();
        let metadata = match &before {
            None => Some(Metadata {
                id: uuid::Uuid::new_v4().to_string(),
                label: plan.label.clone().unwrap_or_else(|| humanised(host.dataset.as_str())),
                schema: ground.schema.clone(),
                chunk: ground.chunk,
                created_at: now,
                settings: Default::default(),
                contract: KeptContract::Known(Arc::clone(&plan.treatments.contract)),
                steps: ground.steps.clone(),
                dropped: false,
            }),
            Some(before) if widens || !new_columns.is_empty() => {
                let steps = plan.decision.widen.as_ref().map_or_else(|| before.metadata.steps.clone(), |widen| widen.steps.clone());
                Some(Metadata { schema: ground.schema.clone(), steps, ..(*before.metadata).clone() })
            }
            Some(_) => None,
        };
        let table = before.as_ref().map(|before| before.metadata.id.clone());
        let alters = before.as_ref().filter(|_| metadata.is_some()).map(|before| Arc::clone(&before.metadata));
        let steps = before.as_ref().and_then(|before| before.metadata.steps.clone());
        let compared_with = replayed::check(host, plan.within.as_ref(), &record, &ground.schema, &segments, before.as_deref()).await?;
        let entry = Entry { table, steps, metadata, alters, compared_with, added: segments.clone(), loads: vec![record.clone()], committed_at: now, ..Entry::default() };
        let replacing = match &replaced {
            Some(replaced) => {
                replaced.check(&ground.schema, &segments)?;
                if before.is_some() { Some(replaced.commit(host, entry.clone(), &ground.unique, before.as_deref(), &plan.progress).await?) } else { None }
            }
            None => None,
        };
        match replacing {
            Some(Replacing { committed, rows, removed, added }) => Ok((committed, LoadRecord { replaced: rows, ..record }, removed, added)),
            None => intake::commit(host, &ground.unique, before.as_deref(), entry, &writes).await.map(|committed| (committed, record, Vec::new(), Vec::new())),
        }
    }
    .await;
    drop(loading);
    match committed {
        Ok((Committed::Version(snapshot), record, removed, rewritten)) => {
            host.partials.keep(fresh).await;
            announce(host, &segments, &rewritten, &removed, &snapshot);
            Ok(Some(Loaded { report: report(&host.dataset, snapshot.version, record, false), created: before.is_none() }))
        }
        // The rows may be visible: nothing of them may go.
        Ok((Committed::Unknown(error), ..)) => Err(error),
        other => {
            discard(&host.store, host.log.prefix(), &segments, &writes).await;
            kept_rejects::remove(&host.store, host.log.prefix(), &plan.record.load_id).await;
            kept::remove(&host.store, host.log.prefix(), &plan.record.load_id).await;
            match other {
                Ok((Committed::Before(version, known), own, ..)) => Ok(Some(Loaded { report: once::answer(&host.dataset, version, &known, &own)?, created: false })),
                Ok(_) => Err(Error::internal("a commit was not reported")),
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    // Somebody else has made the dataset, brought columns, widened some or changed the steps. Under another contract it is another load.
                    let outdated = match (&before, host.log.snapshot().await) {
                        (None, Ok(Some(_))) => plan.mode != LoadMode::Create,
                        (Some(before), Ok(Some(now))) => {
                            let altered = widens || !new_columns.is_empty() || before.metadata.steps != now.metadata.steps || !agree(&before.arrow, &now.arrow);
                            before.metadata.contract == now.metadata.contract && altered
                        }
                        _ => false,
                    };
                    // A source that is elsewhere stays there.
                    if outdated && error.position_conflict().is_none() { Ok(None) } else { Err(error) }
                }
                Err(error) => Err(error),
            }
        }
    }
}

/// Runs what takes long on a thread that may be held up, and the rest here: a thread costs more than a few rows do.
pub(super) async fn blocking<T: Send + 'static>(bytes: u64, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    if bytes <= INLINE_MAX_BYTES {
        return work();
    }
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::internal(error.to_string()))?
}

/// Tells listeners of a commit: of rows that came in, what is left of segments that were written anew, and those that went.
pub(super) fn announce(host: &LoadHost, segments: &[Segment], rewritten: &[Segment], removed: &[Arc<Segment>], snapshot: &Snapshot) {
    host.events.raise(Event::SegmentCommitted(SegmentCommitted {
        tenant: host.tenant.clone(),
        dataset: host.dataset.clone(),
        version: snapshot.version,
        rows: segments.iter().map(|segment| segment.rows).sum(),
        time_range: time_range(segments.iter().chain(removed.iter().map(|segment| &**segment)), snapshot),
        segments_added: rewritten.iter().chain(segments).map(|segment| segment.path.clone()).collect(),
        segments_removed: removed.iter().map(|segment| segment.path.clone()).collect(),
    }));
}

pub(super) fn millis_since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn time_range<'a>(segments: impl Iterator<Item = &'a Segment>, snapshot: &Snapshot) -> Option<(chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>)> {
    let column = snapshot.metadata.schema.time_column.as_deref()?;
    segments
        .filter_map(|segment| segment.time_range(&snapshot.arrow, column))
        .reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
}

/// What is done to the rows of a load, and what they are held to.
async fn prepare(host: &LoadHost, steps: Option<Steps>, given: Option<Contract>, before: Option<&Snapshot>) -> Result<Treatments> {
    let contract = contract_of(before, given)?;
    let references = ReferenceReader { store: &host.store, datasets: &host.datasets, tenant: &host.tenant, known: &host.references }.read(&contract).await?;
    Ok(Treatments::prepare(&host.steps, steps, before).await?.holding_to(contract, references))
}

/// The contract that rows are held to: that of the dataset, or the one that a new dataset is given.
fn contract_of(before: Option<&Snapshot>, given: Option<Contract>) -> Result<Arc<Contract>> {
    match (before, given) {
        (None, given) => {
            let contract = given.unwrap_or_default();
            contract.check_form()?;
            Ok(Arc::new(contract))
        }
        (Some(before), given) => {
            let contract = before.metadata.contract.known()?;
            match given {
                Some(given) if given != *contract => {
                    Err(Error::conflict("the dataset is there and has another contract; leave the contract of the load out, or change that of the dataset first").at("contract"))
                }
                _ => Ok(contract),
            }
        }
    }
}

/// Declares the types that a contract asks for, of columns that come as they are. Those that steps make have a type.
fn declare_types(contract: &Contract, inference: &Inference, types: &mut BTreeMap<String, ColumnType>) -> Result<()> {
    for (rule, column, column_type, _) in contract.types().filter(|(_, column, ..)| inference.columns.iter().any(|found| found.name == *column)) {
        match types.insert(column.to_owned(), column_type) {
            Some(other) if other != column_type => {
                return Err(
                    Error::invalid(format!("column {column:?} is declared as {other}, but rule {rule} of the contract says {column_type}")).at(format!("rules[{}].type", rule - 1))
                );
            }
            _ => {}
        }
    }
    Ok(())
}

/// The columns of a dataset that is there: their types are fixed, columns that the input lacks become null, and those that
/// only the input has come last. A dataset with steps has the columns that these were made for, and no others.
fn target_of(snapshot: &Snapshot, plan: &Plan) -> Result<DecodeTarget> {
    if let Some(columns) = plan.treatments.source() {
        if let Some(column) = plan.inference.columns.iter().find(|column| !columns.iter().any(|known| known.name == column.name)) {
            let near = near_names(&column.name, columns.iter().map(|column| column.name.as_str()));
            let (name, source) = (&column.name, plan.source.name());
            return Err(Error::invalid(format!("{source} has a column {name:?} that the steps of the dataset do not know{near}; rename or remove it, or change the steps"))
                .at(name.clone()));
        }
        return Ok(DecodeTarget { declared: vec![true; columns.len()], columns: columns.to_vec(), lines: false, nulling: Vec::new(), rounding: Vec::new() });
    }
    let schema = &snapshot.metadata.schema;
    let known = plan.decision.widen.as_ref().map_or(&schema.columns, |widen| &widen.source);
    let mut target = DecodeTarget { declared: vec![true; known.len()], columns: known.clone(), lines: false, nulling: Vec::new(), rounding: Vec::new() };
    let is_new = |name: &str| schema.get(name).is_none();
    let types = plan.types.iter().filter(|(name, _)| is_new(name)).map(|(name, column_type)| (name.clone(), *column_type)).collect();
    let (columns, declared) = plan.inference.declared_with(&types)?;
    for (column, declared) in columns.into_iter().zip(declared).filter(|(column, _)| is_new(&column.name)) {
        target.columns.push(column);
        target.declared.push(declared);
    }
    Ok(target)
}

/// What a load is to do, whatever the dataset is like when it does it.
pub(super) struct Plan {
    pub source: Arc<Spooled>,
    /// What is asked of it beside its bytes, to tell it from others under its key.
    order: Arc<[u8]>,
    pub inference: Arc<Inference>,
    pub types: BTreeMap<String, ColumnType>,
    /// What the load brings for a new dataset.
    steps: Option<Steps>,
    contract: Option<Contract>,
    time_column: TimeColumn,
    label: Option<String>,
    pub progress: Progress,
    pub mode: LoadMode,
    /// What its rows must be of, although they replace nothing.
    within: Option<Replaced>,
    pub widening: Widening,
    /// Its name and where it comes from; the rest is counted.
    pub record: LoadRecord,
    pub started: Instant,
    pub treatments: Treatments,
    /// Columns without whose widening rows were rejected.
    pub demanded: BTreeSet<String>,
    /// Why the load would have failed without it.
    first_error: Option<Error>,
    /// What becomes of the types of the dataset.
    pub decision: Decision,
}

/// Segments that are written but not visible.
struct Ground {
    segments: Vec<Segment>,
    /// The rows of a small load, by the path of their segment.
    writes: Writes,
    fresh: Vec<(String, RecordBatch)>,
    rejects: Vec<Reject>,
    /// Where rows are replaced by key.
    keys: Option<KeySet>,
    schema: DatasetSchema,
    chunk: Option<TimeChunk>,
    promotions: Vec<Promotion>,
    /// Values that were made null.
    nulled: u64,
    /// The unique keys of its rows.
    unique: UniqueKeys,
    profiled: Option<Profiled>,
    left_out: u64,
    /// What a new dataset keeps of its steps.
    steps: Option<Arc<str>>,
}

impl Ground {
    /// Leaves out columns that are new to the dataset and have no value in any row; gives the names of the others.
    fn settle_columns(&mut self, before: &Snapshot) -> Result<Vec<String>> {
        let known = before.metadata.schema.columns.len();
        let mut new = Vec::new();
        for index in (known..self.schema.columns.len()).rev() {
            let is_empty = |segment: &Segment| segment.statistics.get(index).is_some_and(|statistics| statistics.nulls == Some(segment.rows));
            if self.segments.iter().all(is_empty) {
                self.schema.columns.remove(index);
                for segment in self.segments.iter_mut().filter(|segment| index < segment.statistics.len()) {
                    segment.statistics.remove(index);
                }
            } else if let Some(column) = self.schema.columns.get(index) {
                new.insert(0, column.name.clone());
            }
        }
        if self.schema.columns.len() == known {
            return Ok(new);
        }
        // As a whole, because what is left out may have been what was too much.
        self.schema = DatasetSchema::new(std::mem::take(&mut self.schema.columns), self.schema.time_column.clone())?;
        Ok(new)
    }
}

/// Decodes into segments; starts anew with promoted types when later rows ask for it.
async fn grind(host: &LoadHost, plan: &Plan, mut target: DecodeTarget, before: Option<&Snapshot>) -> Result<Ground> {
    let mut promotions: Vec<Promotion> = Vec::new();
    for _ in 0..PASSES_MAX {
        let treatment = plan.treatments.begin(&target.columns)?;
        target.lines = treatment.wants_lines();
        target.nulling = treatment.nulling(&target.columns);
        target.rounding = plan.treatments.rounding(&target.columns, &plan.types);
        let schema = match before {
            Some(snapshot) => DatasetSchema::new(treatment.columns().to_vec(), snapshot.metadata.schema.time_column.clone())?,
            None => DatasetSchema::new(treatment.columns().to_vec(), choose_time(treatment.columns(), &plan.time_column))?,
        };
        let keys = match &plan.mode {
            LoadMode::Upsert { key } => Some(KeySet::new(key, &schema)?),
            _ => None,
        };
        target.lines |= keys.is_some();
        let (chunk, known) = before.map_or((None, usize::MAX), |snapshot| (snapshot.metadata.chunk, snapshot.metadata.schema.columns.len()));
        let (store, prefix, now) = (Arc::clone(&host.store), host.log.prefix().clone(), host.clock.now());
        let mut writer = SegmentWriter::new(store, prefix, schema.arrow(), schema.time_column.as_deref(), chunk, host.segment_max_rows, now).knowing(known);
        let taken = async {
            // What goes is found when it is known what comes.
            let there = before.filter(|_| !plan.mode.replaces());
            let mut intake = Intake::new(host, plan.source.name(), &plan.treatments.contract, &schema, there, keys)?;
            match pass(plan, &target, treatment, &mut writer, &mut intake).await? {
                (DecodeOutcome::Complete, treatment) => Ok(Ok((intake.finish(&mut writer).await?, treatment))),
                (DecodeOutcome::Promote(found), _) => Ok(Err(found)),
            }
        };
        match taken.await {
            Ok(Ok((taken, treatment))) => {
                plan.progress.reject_rows(taken.rejected);
                let (written, profiled) = tokio::join!(writer.finish(), intake::finish_profile(host, taken.profiler, &plan.record.load_id));
                let Written { segments, writes, chunk, fresh } = written?;
                let (left_out, nulled, steps) = (treatment.left_out(), treatment.nulled(), plan.treatments.kept(&target.columns)?);
                let Taken { rejects, unique, keys, .. } = taken;
                return Ok(Ground { segments, writes, fresh, rejects, keys, schema, chunk, promotions, nulled, unique, profiled, left_out, steps });
            }
            Ok(Err(found)) => {
                writer.abandon().await;
                plan.progress.restart();
                for promotion in found {
                    if let Some(column) = target.columns.iter_mut().find(|column| column.name == promotion.column) {
                        (column.column_type, column.fields) = (promotion.to, promotion.fields.clone());
                    }
                    promotions.push(promotion);
                }
            }
            Err(error) => {
                writer.abandon().await;
                return Err(error);
            }
        }
    }
    Err(Error::internal(format!("the types of {} did not settle after {PASSES_MAX} passes; declare them", plan.source.name())))
}

async fn pass(plan: &Plan, target: &DecodeTarget, mut treatment: Treatment, writer: &mut SegmentWriter, intake: &mut Intake<'_>) -> Result<(DecodeOutcome, Treatment)> {
    let (sender, mut receiver) = mpsc::channel::<Decoded>(BATCHES_IN_FLIGHT);
    let (source, inference, progress, target) = (Arc::clone(&plan.source), Arc::clone(&plan.inference), plan.progress.clone(), target.clone());
    let decoding = tokio::task::spawn_blocking(move || {
        let outcome = treatment.decode(&source, &inference, &target, &progress, &mut |decoded| {
            progress.check()?;
            // The receiver is gone when the load was dropped or the writer failed; the reason is known there.
            sender.blocking_send(decoded).map_err(|_| Error::new(crate::ErrorKind::Cancelled, "the load was dropped; nothing was stored"))
        })?;
        Ok::<_, Error>((outcome, treatment))
    });
    while let Some(decoded) = receiver.recv().await {
        intake.take(decoded, writer).await?;
    }
    decoding.await.map_err(|error| Error::internal(format!("decode: {error}")))?
}

/// The named time column, or the first timestamp, or the first date.
fn choose_time(columns: &[Column], wanted: &TimeColumn) -> Option<String> {
    let first = |column_type: ColumnType| columns.iter().find(|column| column.column_type == column_type).map(|column| column.name.clone());
    match wanted {
        TimeColumn::Named(name) => Some(name.clone()),
        TimeColumn::Absent => None,
        TimeColumn::Inferred => first(ColumnType::Timestamp).or_else(|| first(ColumnType::Date)),
    }
}
