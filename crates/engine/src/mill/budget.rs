//! The budget of a question: what the scope grants and the question lowers, and what to ask instead of what is over it.
//! Suggestions are tried before they are made: each was planned, and what it says it reads is what its plan would read. What counts
//! for who sees some rows only is in `mill/looks.rs`.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;

use super::Mill;
use super::compose::PlannedQuestion;
use super::ground::Ground;
use super::looks::less_of_statement;
use super::seen::Seen;
use crate::budget::{Budget, Granted, Prices};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::partial::source::ScanCounters;
use crate::partial::tree::Survey;
use crate::query::allowance::Allowance;
use crate::query::survey::survey;
use crate::semantic::date::{self, Reference};
use crate::semantic::join::Models;
use crate::semantic::shape;
use crate::semantic::{DateRange, Dimension, Filter, Granularity, Interval, MeasureKind, Model, SemanticQuery, TimeDimension};
use crate::storage::segment::Segment;

/// Shorter ranges that are tried: for the whole budget, for a half and for a quarter of it, where a shorter range loses
/// partials at its edge.
const TRIES: [u64; 3] = [1, 2, 4];
/// Coarser buckets that are tried: each is planned.
const WIDTHS_TRIED: usize = 4;

/// A question about one model that others are made from.
struct Tried<'q> {
    query: &'q SemanticQuery,
    model: &'q Model,
    seen: &'q Seen,
    reference: Reference,
}

impl Mill {
    /// A budget by the prices of this engine.
    pub(super) fn granted(&self, budget: Budget) -> Granted {
        let settings = &self.shared.settings;
        Granted { budget, prices: Prices { rows_a_unit: settings.rows_a_unit, bytes_a_unit: settings.bytes_a_unit } }
    }

    /// A refused statement with what to ask instead.
    pub(super) fn with_words(error: Error, allowance: &Allowance, pinned: &[(DatasetName, Seen)]) -> Error {
        match allowance.over() {
            Some(over) => error.suggesting(words(allowance, over, pinned)),
            None => error,
        }
    }

    /// Questions like one that was too much, which are within the budget.
    pub(super) async fn cheaper(&self, query: &SemanticQuery, ground: &Ground, allowance: &Allowance) -> Vec<String> {
        let Some(over) = allowance.over() else { return general() };
        if allowance.visible().is_some() {
            return self.less(query, ground, allowance.granted()).await;
        }
        let Ground::One { model, seen, reference, .. } = ground else { return words(allowance, over, &ground.pinned()) };
        let tried = Tried { query: &shape::bare(query), model, seen, reference: reference.clone() };
        let (mut found, counters) = (Vec::new(), Arc::default());
        let cost = self.cost(&tried, tried.query, &counters).await;
        if shape::is_shaped(query) {
            let around = "leave out totals, top, fill and pivot";
            match cost {
                Some(cost) if allowance.granted().allows(cost.rows, cost.bytes) => {
                    return vec![format!("{around}: the answer itself reads {} rows and about {} bytes", cost.rows, cost.bytes)];
                }
                _ => found.push(around.to_owned()),
            }
        }
        found.extend(self.shorter(&tried, over, allowance.granted()).await);
        found.extend(self.coarser(&tried, over, allowance.granted()).await);
        if !seen.access().restricts() {
            // What a rollup lacks names hidden columns.
            let lacking = counters.rollups().into_iter().filter_map(|(name, rollup)| Some((name, rollup.lacks?)));
            found.extend(lacking.map(|(name, lacks)| format!("ask what rollup {name} answers without reading rows; for this, {lacks}")));
        }
        if found.is_empty() { general() } else { found }
    }

    /// The same question about a shorter range of time.
    async fn shorter(&self, tried: &Tried<'_>, over: &Survey, granted: Granted) -> Option<String> {
        let Tried { query, model, seen, ref reference } = *tried;
        let (column, dimension) = time_of(model, seen)?;
        let member = format!("{}.{}", model.name, dimension.name);
        let asked = query.time_dimensions.iter().find(|time| time.dimension == member).and_then(|time| time.date_range.as_ref());
        let to = asked.and_then(|range| date::resolve(range, reference).ok()?.to);
        let latest = over.segments.iter().filter_map(|(segment, _)| segment.time_range(&seen.arrow, &column)).map(|(_, latest)| latest).max()?;
        let last = to.and_then(|to| DateTime::from_timestamp_micros(to - 1)).unwrap_or(latest);
        for part in TRIES {
            let from = begin(&over.segments, seen, &column, granted, part)?;
            if from > latest || from > last {
                continue;
            }
            if let Some(cost) = self.cost(tried, &bounded(query, &member, from, last), &Arc::default()).await
                && granted.allows(cost.rows, cost.bytes)
            {
                return Some(format!("ask for {} from {} to {} only: that reads {} rows and about {} bytes", member, instant(from), instant(last), cost.rows, cost.bytes));
            }
        }
        None
    }

    /// The same question by coarser buckets, which a rollup keeps.
    async fn coarser(&self, tried: &Tried<'_>, over: &Survey, granted: Granted) -> Option<String> {
        let Tried { query, model, .. } = *tried;
        let asked = |time: &TimeDimension| match time.granularity {
            Some(Granularity::Every(interval)) => Some(interval),
            _ => None,
        };
        let mut tried_widths: Vec<Interval> = Vec::new();
        for wider in model.rollups.iter().filter_map(|rollup| rollup.granularity) {
            if tried_widths.contains(&wider) || tried_widths.len() >= WIDTHS_TRIED {
                continue;
            }
            tried_widths.push(wider);
            let finer = |time: &TimeDimension| asked(time).filter(|known| *known != wider && known.divides(wider));
            let Some(finest) = query.time_dimensions.iter().find_map(finer) else { continue };
            let mut coarser = query.clone();
            for time in coarser.time_dimensions.iter_mut().filter(|time| finer(time).is_some()) {
                time.granularity = Some(wider.into());
            }
            if let Some(cost) = self.cost(tried, &coarser, &Arc::default()).await
                && cost.rows < over.rows
                && granted.allows(cost.rows, cost.bytes)
            {
                return Some(format!("ask by {wider} and not by {finest}: that reads {} rows and about {} bytes", cost.rows, cost.bytes));
            }
        }
        None
    }

    /// What a question about one model would read. `None`: it cannot be asked.
    async fn cost(&self, tried: &Tried<'_>, query: &SemanticQuery, counters: &Arc<ScanCounters>) -> Option<Survey> {
        let (_, page) = self.page(query, tried.model, tried.seen, tried.reference.clone(), counters).ok()?;
        self.session().physical(&page).await.ok().map(|physical| survey(&physical))
    }

    /// Allows the lookups of a composed question that are not known yet: those that are read as functions of their keys, and
    /// the keys that have to be looked at.
    pub(super) async fn take_lookups(&self, planned: &PlannedQuestion, allowance: &Allowance) -> Result<()> {
        if !allowance.is_bounded() {
            return Ok(());
        }
        if allowance.visible().is_some() {
            // The question counts as a whole; whether its lookups are known already is nothing that could be told.
            return allowance.take(Survey::default);
        }
        let mapped = planned.mapped.iter().filter(|mapped| !self.shared.mappings.knows(&mapped.name)).map(|mapped| mapped.plan.clone());
        let plans: Vec<LogicalPlan> = mapped.chain(self.unique_plans(planned).await?).collect();
        for plan in plans {
            let physical = self.session().physical(&plan).await?;
            allowance.take(|| survey(&physical))?;
        }
        Ok(())
    }

    /// Allows a plan.
    pub(super) fn take_plan(allowance: &Allowance, physical: &Arc<dyn ExecutionPlan>) -> Result<()> {
        allowance.take(|| survey(physical))
    }
}

/// What to ask instead of a question that there is no memory for: exact counts of distinct values hold all of them. Nothing where there are
/// no such counts.
pub(super) fn roughly(query: &SemanticQuery, models: &Models) -> Vec<String> {
    let kind = |member: &str| {
        let (model, name) = member.split_once('.')?;
        models.get(model)?.measures.iter().find(|measure| measure.name == name).map(|measure| measure.kind)
    };
    let asked = query.measures.iter().map(String::as_str).chain(query.filters.iter().flat_map(Filter::members));
    let (mut counted, mut made_exact) = (Vec::new(), false);
    for member in asked {
        match kind(member) {
            Some(MeasureKind::CountDistinct) if !counted.contains(&member) => counted.push(member),
            Some(MeasureKind::CountDistinctApprox | MeasureKind::Quantile) => made_exact |= query.exact == Some(true),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if made_exact {
        found.push("leave out exact: measures that are estimates by their kind take little memory then".to_owned());
    }
    if !counted.is_empty() {
        let named = counted.join(", ");
        if query.exact != Some(false) {
            found.push(format!("ask with \"exact\": false, so that {named} may be an estimate, with its bound, where texts or fractions are counted"));
        }
        found.push(format!("have {named} as a measure of the kind count_distinct_approx, which takes little memory"));
    }
    found
}

/// What to do about any question that is over.
fn general() -> Vec<String> {
    vec!["ask for a shorter range of time, or leave out measures".to_owned(), "have a rollup keep what is asked for: it answers without reading rows".to_owned()]
}

/// Suggestions for a statement, or a question about several models.
pub(super) fn words(allowance: &Allowance, over: &Survey, pinned: &[(DatasetName, Seen)]) -> Vec<String> {
    if allowance.visible().is_some() {
        return less_of_statement();
    }
    let mut found = Vec::new();
    if let [(dataset, seen)] = pinned
        && let Some(column) = seen.metadata.schema.time_column.as_ref().filter(|column| seen.access().shows(column))
        && let Some(from) = begin(&over.segments, seen, column, allowance.granted(), 1)
    {
        let newer = over.segments.iter().filter(|(segment, _)| segment.time_range(&seen.arrow, column).is_none_or(|(_, latest)| latest >= from));
        let (count, rows) = newer.fold((0, 0), |(count, rows), (segment, _)| (count + 1, rows + segment.rows));
        found.push(format!("look only at rows of {dataset} where {column} is {} or later: they lie in {count} segments with {rows} rows", instant(from)));
    }
    found.extend(general());
    found
}

/// The time column of a dataset, where it is seen, and the dimension that it is.
pub(super) fn time_of<'m>(model: &'m Model, seen: &Seen) -> Option<(String, &'m Dimension)> {
    let column = seen.metadata.schema.time_column.clone().filter(|column| seen.access().shows(column))?;
    let is_it = |dimension: &&Dimension| {
        dimension.expression.is_none() && dimension.column.as_deref().unwrap_or(&dimension.name) == column && dimension.column_type == ColumnType::Timestamp
    };
    let dimension = model.dimensions.iter().find(is_it)?;
    Some((column, dimension))
}

/// The instant from which on the segments that would be read are within a part of the budget, at the beginning of a day where
/// there is one. `None`: the newest is too large, or all of them fit.
fn begin(segments: &[(Arc<Segment>, u64)], seen: &Seen, column: &str, granted: Granted, part: u64) -> Option<DateTime<Utc>> {
    let granted = granted.part(part);
    let mut placed: Vec<(DateTime<Utc>, u64, u64)> = Vec::with_capacity(segments.len());
    for (segment, bytes) in segments {
        placed.push((segment.time_range(&seen.arrow, column)?.1, segment.rows, *bytes));
    }
    placed.sort_by_key(|(latest, ..)| std::cmp::Reverse(*latest));
    let (newest, ..) = *placed.first()?;
    let (mut rows, mut bytes) = (0, 0);
    for (latest, more_rows, more_bytes) in placed {
        rows += more_rows;
        bytes += more_bytes;
        if !granted.allows(rows, bytes) {
            let from = begin_of_day(latest + TimeDelta::microseconds(1), newest);
            return (from <= newest).then_some(from);
        }
    }
    None
}

/// An instant, or the beginning of the next day where that is not after the newest one.
pub(super) fn begin_of_day(from: DateTime<Utc>, newest: DateTime<Utc>) -> DateTime<Utc> {
    let day = from.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    let next = if from == day { day } else { day + TimeDelta::days(1) };
    if next <= newest { next } else { from }
}

/// The same question about a range of a time, both ends among it.
pub(super) fn bounded(query: &SemanticQuery, member: &str, from: DateTime<Utc>, last: DateTime<Utc>) -> SemanticQuery {
    let mut bounded = query.clone();
    let range = Some(DateRange::Between([instant(from), instant(last)]));
    match bounded.time_dimensions.iter_mut().find(|time| time.dimension == member) {
        Some(time) => time.date_range = range,
        None => bounded.time_dimensions.push(TimeDimension { dimension: member.to_owned(), granularity: None, date_range: range, fill: None }),
    }
    bounded
}

pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
