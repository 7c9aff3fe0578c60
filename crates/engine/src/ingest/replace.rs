//! Loads that put their rows in the place of others: of all of them, of those of a time range, or of those with the same
//! keys; and loads that widen columns, of which all other rows are written anew. What goes is found when the rows of the load are written but not visible yet; one commit takes the old rows out
//! and brings the new ones, so nobody sees both or neither.
//!
//! ```text
//!   load ──decode──► segments ──► what of the latest version goes? ──► segments without it ──► one commit
//!                                          ▲                                                      │
//!                                          └────────── somebody else has committed meanwhile ─────┘
//! ```
//! While that is found out no other load of this process commits to the dataset. A commit of another process is noticed,
//! and what goes is looked for anew: rows that came in a moment before are replaced like all others.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, TimeDelta, Utc};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{binary, col, lit};
use datafusion::scalar::ScalarValue;

use super::contract::unique::UniqueKeys;
use super::intake;
use super::key_set::KeySet;
use super::pipeline::LoadHost;
use super::{LoadMode, Progress};
use crate::catalog::dataset::agree;
use crate::catalog::{ColumnType, DatasetSchema};
use crate::error::{Error, ErrorKind, Result};
use crate::query::pruning::Pruner;
use crate::storage::commit::Committed;
use crate::storage::deletion::{self, Condition, TakenOut};
use crate::storage::entry::{Entry, HeldTo, Rewrite};
use crate::storage::log::Snapshot;
use crate::storage::rewrite::{Replacement, Rewriter};
use crate::storage::segment::Segment;
use crate::storage::widening;

/// Times that what goes is looked for anew because another process has committed.
const ATTEMPTS: usize = 8;

/// Which rows go when those of a load come.
#[derive(Debug)]
pub(super) enum Replaced {
    /// None: all stay, in wider columns.
    Nothing,
    /// All.
    All,
    /// Those from an instant on and before another.
    Range { from: DateTime<Utc>, to: DateTime<Utc> },
    /// Those that have a key of the load.
    Keys(Arc<KeySet>),
}

/// What a load has put in the place of other rows.
pub(super) struct Replacing {
    pub committed: Committed,
    /// Rows that went.
    pub rows: u64,
    /// Segments that went.
    pub removed: Vec<Arc<Segment>>,
    /// Segments that hold what is left of them.
    pub added: Vec<Segment>,
}

impl Replaced {
    /// What goes for a load of a mode, and of some keys.
    pub(super) fn of(mode: &LoadMode, keys: Option<KeySet>) -> Option<Self> {
        match mode {
            LoadMode::CreateOrAppend | LoadMode::Create | LoadMode::Append => None,
            LoadMode::Replace => Some(Self::All),
            LoadMode::ReplaceRange { from, to } => Some(Self::Range { from: *from, to: *to }),
            LoadMode::Upsert { .. } => keys.map(|keys| Self::Keys(Arc::new(keys))),
        }
    }

    /// Refuses rows that would not go when the load is repeated.
    ///
    /// # Errors
    /// `Invalid` when the dataset has no time, or when a row of the load has none or one outside of the range.
    pub(super) fn check(&self, schema: &DatasetSchema, segments: &[Segment]) -> Result<()> {
        let Self::Range { from, to } = self else { return Ok(()) };
        let column = time_column(schema)?;
        let arrow = schema.arrow();
        let index = arrow.index_of(column)?;
        for segment in segments {
            let without = segment.statistics.get(index).and_then(|statistics| statistics.nulls).unwrap_or(0);
            if without > 0 {
                return Err(Error::invalid(format!("{without} rows have no {column}; a load that replaces a time range can only bring rows of that range")).at(column.to_owned()));
            }
            let Some((first, last)) = segment.time_range(&arrow, column) else {
                return Err(Error::invalid(format!("rows have a {column} that no calendar has, and that lies in no range; leave them out")).at(column.to_owned()));
            };
            if first < *from || last >= *to {
                return Err(Error::invalid(format!(
                    "rows have a {column} from {first:?} to {last:?}, but the load replaces {from:?} up to {to:?}, the latter left out; leave out the other rows or widen the range"
                ))
                .at(column.to_owned()));
            }
        }
        Ok(())
    }

    /// Writes what is left of the segments of a version, in the columns of a schema. `new` are the segments of the load.
    async fn take_out(&self, rewriter: &Rewriter<'_>, snapshot: &Snapshot, columns: Columns<'_>, new: &[Segment]) -> Result<TakenOut> {
        let (predicate, bounds) = match self {
            Self::Nothing => return Ok(TakenOut::default()),
            Self::All => {
                let whole = |segment: &Arc<Segment>| Replacement { inputs: vec![Arc::clone(segment)], output: None };
                return Ok(TakenOut { rows: snapshot.rows, replacements: snapshot.segments.iter().map(whole).collect() });
            }
            Self::Range { from, to } => {
                let inside = within(columns.schema, columns.arrow, *from, *to)?;
                (Arc::clone(&inside), Some(inside))
            }
            Self::Keys(keys) => (keys.member(columns.arrow)?, bounds_of(keys, columns, new)?),
        };
        let candidates = candidates(bounds, columns, snapshot);
        deletion::take_out(rewriter, columns.arrow, &candidates, &Condition { visible: None, predicate }).await
    }

    /// The same, and every other segment too where columns are widened.
    async fn rewrite(&self, rewriter: &Rewriter<'_>, snapshot: &Snapshot, columns: Columns<'_>, new: &[Segment], progress: &Progress) -> Result<TakenOut> {
        if columns.widened && !matches!(self, Self::All) {
            widening::prove(rewriter, snapshot, columns.arrow).await?;
        }
        let mut taken = self.take_out(rewriter, snapshot, columns, new).await?;
        if columns.widened {
            let gone: HashSet<&str> = taken.replacements.iter().flat_map(|replacement| &replacement.inputs).map(|segment| segment.path.as_str()).collect();
            let rest = snapshot.segments.iter().filter(|segment| !gone.contains(segment.path.as_str())).cloned().collect();
            match widening::widen(rewriter, columns.arrow, rest, &|| progress.check()).await {
                Ok(widened) => taken.replacements.extend(widened),
                Err(error) => {
                    rewriter.discard_all(&taken.replacements).await;
                    return Err(error);
                }
            }
        }
        Ok(taken)
    }

    /// Looks whether rows that stay have unique keys of the load.
    async fn check_staying(&self, host: &LoadHost, unique: &UniqueKeys, snapshot: &Snapshot, replacements: &[Replacement]) -> Result<()> {
        if unique.is_empty() {
            return Ok(());
        }
        let gone: HashSet<&str> = replacements.iter().flat_map(|replacement| &replacement.inputs).map(|segment| segment.path.as_str()).collect();
        let left = replacements.iter().filter_map(|replacement| replacement.output.clone()).map(Arc::new);
        let staying: Vec<Arc<Segment>> = snapshot.segments.iter().filter(|segment| !gone.contains(segment.path.as_str())).cloned().chain(left).collect();
        // Whoever has the key of the load goes.
        let except: Vec<&str> = if let Self::Keys(keys) = self { keys.columns().map(|(name, _)| name).collect() } else { Vec::new() };
        match (self, intake::check_staying(host, unique, snapshot, &staying, &except).await) {
            // The rows that were there were compared before. What has come since is compared when the load begins anew: then the contract decides.
            (Self::Nothing, Err(error)) if error.kind() == ErrorKind::Invalid => {
                Err(Error::conflict("rows with the same unique keys came into the dataset in the meantime; load again, and the contract decides about these rows").because(error))
            }
            (_, checked) => checked,
        }
    }

    /// Commits a load, and in the same moment what it takes out.
    ///
    /// # Errors
    /// As [`DatasetLog::commit`](crate::storage::log::DatasetLog::commit); `Conflict` when other processes commit again and
    /// again. Everything is as it was then, but for the segments of the load.
    pub(super) async fn commit(&self, host: &LoadHost, mut load: Entry, unique: &UniqueKeys, before: Option<&Snapshot>, progress: &Progress) -> Result<Replacing> {
        load.held_to = before.map(|before| HeldTo { contract: before.metadata.contract.clone(), columns: Arc::clone(&before.arrow), version: None });
        let now = load.metadata.as_ref().map(|metadata| (metadata.schema.clone(), metadata.schema.arrow()));
        let _turn = host.log.rewriting.lock().await;
        let _alone = host.log.appending.write().await;
        let rewriter = Rewriter { store: &host.store, log: &host.log, clock: &*host.clock };
        let mut last = Error::internal("no replacement was tried");
        for _ in 0..ATTEMPTS {
            let snapshot = host.log.certain_snapshot().await?.ok_or_else(|| Error::not_found("the dataset was deleted in the meantime"))?;
            if load.table.as_ref().is_some_and(|table| *table != snapshot.metadata.id) {
                return Err(Error::conflict("the dataset was made anew in the meantime; load again"));
            }
            if load.alters.as_ref().is_some_and(|before| **before != *snapshot.metadata) {
                return Err(Error::conflict("the columns or settings of the dataset were changed in the meantime; load again"));
            }
            // Known before anything is looked through: no commit would take these rows.
            if load.steps != snapshot.metadata.steps {
                return Err(Error::conflict("the steps of the dataset were changed in the meantime; load again"));
            }
            if load.held_to.as_ref().is_some_and(|held_to| held_to.contract != snapshot.metadata.contract) {
                return Err(Error::conflict("the contract of the dataset was changed in the meantime; load again"));
            }
            if load.held_to.as_ref().is_some_and(|held_to| !agree(&held_to.columns, &snapshot.arrow)) {
                return Err(Error::conflict("a column of the dataset was widened in the meantime; load again"));
            }
            // Neither a source that has gone on is waited for, nor a place that was taken. Whoever is told so goes on from there.
            let late = snapshot.positions.follow(&load.loads).err().or_else(|| snapshot.rejections.refuse_late(&load.loads, load.compared_with).err());
            if let Some(late) = late {
                host.log.rely_on(snapshot.version).await?;
                return Err(late);
            }
            let columns = match &now {
                Some((schema, arrow)) if !agree(arrow, &snapshot.arrow) => Columns { schema, arrow, widened: true },
                _ => Columns { schema: &snapshot.metadata.schema, arrow: &snapshot.arrow, widened: false },
            };
            let TakenOut { rows, replacements } = self.rewrite(&rewriter, &snapshot, columns, &load.added, progress).await?;
            if let Err(error) = self.check_staying(host, unique, &snapshot, &replacements).await {
                rewriter.discard_all(&replacements).await;
                return Err(error);
            }
            let mut entry = Entry { based_on: Some(snapshot.version), ..load.clone() };
            if !replacements.is_empty() {
                let kind = if matches!(self, Self::Nothing) { Rewrite::Widening } else { Rewrite::Replacement };
                let Entry { removed, added, places, .. } = rewriter.entry(kind, &replacements);
                (entry.rewrite, entry.removed, entry.places) = (Some(kind), removed, places);
                entry.added.splice(0..0, added);
            }
            entry.loads.iter_mut().for_each(|load| load.replaced = rows);
            match host.log.commit(entry).await {
                Ok(committed) => {
                    if matches!(committed, Committed::Before(..)) {
                        rewriter.discard_all(&replacements).await;
                    }
                    let removed = replacements.iter().flat_map(|replacement| replacement.inputs.iter().map(Arc::clone)).collect();
                    return Ok(Replacing { committed, rows, removed, added: replacements.into_iter().filter_map(|replacement| replacement.output).collect() });
                }
                Err(error) => {
                    rewriter.discard_all(&replacements).await;
                    if error.kind() != ErrorKind::Conflict {
                        return Err(error);
                    }
                    last = error;
                }
            }
        }
        Err(last)
    }
}

/// The segments of a version that may hold a row with one of the keys that segments of a load have.
pub(super) fn may_hold(keys: &KeySet, snapshot: &Snapshot, schema: &DatasetSchema, arrow: &SchemaRef, new: &[Segment]) -> Result<Vec<Arc<Segment>>> {
    let columns = Columns { schema, arrow, widened: !agree(arrow, &snapshot.arrow) };
    Ok(candidates(bounds_of(keys, columns, new)?, columns, snapshot))
}

/// The segments of a version that statistics do not rule out.
fn candidates(bounds: Option<Arc<dyn PhysicalExpr>>, columns: Columns<'_>, snapshot: &Snapshot) -> Vec<Arc<Segment>> {
    // Statistics are of the columns as they were.
    let pruner = bounds.filter(|_| !columns.widened).and_then(|bounds| Pruner::new(&bounds, columns.arrow));
    pruner.map_or_else(|| snapshot.segments.clone(), |pruner| pruner.prune(&snapshot.segments, columns.arrow))
}

/// The columns that what is left is written in.
#[derive(Debug, Clone, Copy)]
struct Columns<'a> {
    schema: &'a DatasetSchema,
    arrow: &'a SchemaRef,
    /// Whether a segment that is there has others.
    widened: bool,
}

/// The column whose range is replaced.
pub(super) fn time_column(schema: &DatasetSchema) -> Result<&str> {
    schema
        .time_column
        .as_deref()
        .ok_or_else(|| Error::invalid("the dataset has no time column, so no time range of it can be replaced; replace all of it, or rows of the same key").at("mode"))
}

/// Whether a row lies in a time range.
pub(super) fn within(schema: &DatasetSchema, arrow: &SchemaRef, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Arc<dyn PhysicalExpr>> {
    let column = time_column(schema)?;
    let bound = |instant: DateTime<Utc>| match schema.get(column).map(|column| column.column_type) {
        // A day is in the range if its first instant is.
        Some(ColumnType::Date) => {
            let day = instant.checked_add_signed(TimeDelta::days(1) - TimeDelta::nanoseconds(1)).unwrap_or(instant).date_naive();
            ScalarValue::Date32(i32::try_from(day.signed_duration_since(DateTime::UNIX_EPOCH.date_naive()).num_days()).ok())
        }
        // Rows have whole microseconds: what lies before an instant between two of them lies before the second.
        _ => {
            let between = i64::from(!instant.timestamp_subsec_nanos().is_multiple_of(1_000));
            ScalarValue::TimestampMicrosecond(Some(instant.timestamp_micros().saturating_add(between)), Some("UTC".into()))
        }
    };
    between(arrow, column, (Operator::GtEq, bound(from)), (Operator::Lt, bound(to)))
}

/// What the keys of a load lie between, as far as the statistics of its segments say.
fn bounds_of(keys: &KeySet, columns: Columns<'_>, new: &[Segment]) -> Result<Option<Arc<dyn PhysicalExpr>>> {
    let mut all: Option<Arc<dyn PhysicalExpr>> = None;
    for (column, index) in keys.columns() {
        let statistics: Option<Vec<_>> = new.iter().map(|segment| segment.statistics.get(index)).collect();
        let bounds =
            statistics.and_then(|statistics| statistics.into_iter().map(|statistics| Some((statistics.min.clone()?, statistics.max.clone()?))).collect::<Option<Vec<_>>>());
        let wider = |a: ScalarValue, b: ScalarValue, greater: bool| if (a.partial_cmp(&b) == Some(std::cmp::Ordering::Greater)) == greater { a } else { b };
        let Some((min, max)) = bounds.and_then(|bounds| bounds.into_iter().reduce(|(min, max), (least, most)| (wider(min, least, false), wider(max, most, true)))) else {
            continue;
        };
        let inside = between(columns.arrow, column, (Operator::GtEq, min), (Operator::LtEq, max))?;
        all = Some(match all {
            Some(before) => binary(before, Operator::And, inside, columns.arrow)?,
            None => inside,
        });
    }
    Ok(all)
}

fn between(schema: &SchemaRef, column: &str, least: (Operator, ScalarValue), most: (Operator, ScalarValue)) -> Result<Arc<dyn PhysicalExpr>> {
    let side = |(operator, value): (Operator, ScalarValue)| binary(col(column, schema)?, operator, lit(value), schema);
    Ok(binary(side(least)?, Operator::And, side(most)?, schema)?)
}
