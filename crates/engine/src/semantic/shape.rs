//! What stands around an answer: totals, the greatest values of a dimension with the others as one group, buckets without rows,
//! values that become columns. Each is a plain question of its own, or something done with the rows of one; this says which.
//!
//! ```text
//!   question -- top? --> which values are the greatest: a question by that dimension alone
//!      |-- main      the groups of these values
//!      |-- others    the groups of all other values, without the dimension
//!      '-- totals    the same by fewer groups, over everything
//! ```
//! A total is computed from rows and never from groups, so an average has the right one.

use std::borrow::Cow;

use super::inputs;
use super::join::Models;
use super::member::{Member, find, find_measure, model_of};
use super::model::{Measure, MeasureKind, Model};
use super::query::{Condition, Fill, Filter, Operator, SemanticQuery, Top, Totals};
use crate::error::{Error, Result};
use crate::query::result::{ColumnRole, ResultColumn};

/// Values that a question may tell apart as the greatest.
const TOP_MAX: usize = 1_000;
/// Totals of one question at most.
const TOTALS_MAX: usize = 16;

/// Whether there is anything around the answer.
pub(crate) fn is_shaped(query: &SemanticQuery) -> bool {
    query.has_totals() || query.top.is_some() || !query.pivot.is_empty() || query.time_dimensions.iter().any(|time| time.fill.is_some())
}

/// The question with everything that its parts name, for finding out which models it is about.
pub(crate) fn widest(query: &SemanticQuery) -> Cow<'_, SemanticQuery> {
    match query.top.as_ref().and_then(|top| top.by.as_ref()).filter(|by| !query.measures.contains(by)) {
        Some(by) => Cow::Owned(SemanticQuery { measures: query.measures.iter().chain([by]).cloned().collect(), ..query.clone() }),
        None => Cow::Borrowed(query),
    }
}

/// The members that an answer is grouped by, in the order of its columns.
pub(crate) fn groups(query: &SemanticQuery) -> Vec<&str> {
    let times = query.time_dimensions.iter().filter(|time| time.granularity.is_some()).map(|time| time.dimension.as_str());
    times.chain(query.dimensions.iter().map(String::as_str)).collect()
}

/// Refuses what does not go together, or is too much.
///
/// # Errors
/// `Invalid` with the path of the field and the reason, `Exhausted` for too many totals.
pub(crate) fn check(query: &SemanticQuery, models: &Models) -> Result<()> {
    let groups = groups(query);
    if query.ungrouped && is_shaped(query) {
        return Err(Error::invalid("rows that are not grouped have no totals, greatest values, buckets to fill or columns to become; leave ungrouped out").at("ungrouped"));
    }
    if is_shaped(query) && query.tells_a_time_twice() {
        return Err(Error::invalid("a time that is told in several ways has no totals, greatest values, buckets to fill or columns to become beside it; give it one granularity")
            .at("timeDimensions"));
    }
    if let Some(top) = &query.top {
        check_top(query, top, models)?;
    }
    if query.has_totals() {
        if query.measures.is_empty() {
            return Err(Error::invalid("a total is one of measures, and the query asks for none").at("totals"));
        }
        refuse_conditions_on_measures(query, models, "totals", "a total over groups that a filter leaves out is not the total of what is shown")?;
    }
    let count = match &query.totals {
        None | Some(Totals::Every(false)) => 0,
        Some(Totals::Every(true)) => groups.len(),
        Some(Totals::By(lists)) => lists.len(),
    };
    if count > TOTALS_MAX {
        return Err(Error::exhausted(format!("{count} totals; at most {TOTALS_MAX} are computed with one question")).at("totals"));
    }
    if let Some(Totals::By(lists)) = &query.totals {
        for (index, list) in lists.iter().enumerate() {
            let at = |error: Error| error.at(format!("totals[{index}]"));
            if let Some(unknown) = list.iter().find(|member| !groups.contains(&member.as_str())) {
                return Err(at(Error::invalid(format!("a total by {unknown:?}, by which the query does not group"))));
            }
            if list.iter().enumerate().any(|(place, member)| list.iter().take(place).any(|other| other == member)) {
                return Err(at(Error::invalid("a total names a member twice")));
            }
            if list.len() == groups.len() {
                return Err(at(Error::invalid("a total by everything is the answer itself; leave a member out")));
            }
        }
    }
    let mut filled = query.time_dimensions.iter().enumerate().filter(|(_, time)| time.fill.is_some());
    if let Some((index, time)) = filled.next() {
        let at = |error: Error| error.at(format!("timeDimensions[{index}].fill"));
        if time.granularity.is_none() {
            return Err(at(Error::invalid("there are buckets to fill only where a granularity says which")));
        }
        if filled.next().is_some() {
            return Err(at(Error::invalid("the buckets of one time are filled, not of several")));
        }
        refuse_conditions_on_measures(query, models, &format!("timeDimensions[{index}].fill"), "a bucket that a filter leaves out is not one without rows")?;
    }
    for (index, member) in query.pivot.iter().enumerate() {
        let at = |error: Error| error.at(format!("pivot[{index}]"));
        if !groups.contains(&member.as_str()) {
            return Err(at(Error::invalid(format!("{member:?} cannot become columns: the query does not group by it"))));
        }
        if query.pivot.iter().take(index).any(|other| other == member) {
            return Err(at(Error::invalid(format!("{member:?} is named twice"))));
        }
        if query.measures.is_empty() {
            return Err(at(Error::invalid("columns hold measures, and the query asks for none")));
        }
        let are_columns = query.top.as_ref().is_some_and(|top| top.others && top.dimension == *member);
        if are_columns && query.time_dimensions.iter().any(|time| time.fill.is_some() && time.date_range.is_none()) {
            return Err(at(Error::invalid(
                "the others become columns, and buckets are filled for them and for what is told apart: give the time a dateRange, so that they are the same",
            )));
        }
    }
    Ok(())
}

fn check_top(query: &SemanticQuery, top: &Top, models: &Models) -> Result<()> {
    if !query.dimensions.contains(&top.dimension) {
        return Err(Error::invalid(format!("{:?} is not one of the dimensions that the query asks for", top.dimension)).at("top.dimension"));
    }
    if !(1..=TOP_MAX).contains(&top.limit) {
        return Err(Error::invalid(format!("{} values; 1 to {TOP_MAX} can be told apart", top.limit)).at("top.limit"));
    }
    for (index, member) in query.measures.iter().enumerate() {
        if measure(models, member).is_some_and(|(_, measure)| measure.kind == MeasureKind::Rank) {
            return Err(Error::invalid(format!("{member:?} is a place among all groups, and top leaves some out; filter by the rank instead")).at(format!("measures[{index}]")));
        }
    }
    let by = ranked_by(query, top)?;
    if let Some(model) = models.get(model_of(by).map_err(|error| error.at("top.by"))?) {
        find_measure(model, by).map_err(|error| error.at("top.by"))?;
    }
    if !has_total(query, models, std::slice::from_ref(&top.dimension), by) {
        let reason = "is a place among groups, is counted from bucket to bucket or is moved without an end, so it does not say which values are the greatest";
        return Err(Error::invalid(format!("{by:?} {reason}; name another measure")).at("top.by"));
    }
    refuse_conditions_on_measures(query, models, "top", "which values are the greatest depends on whether a filter on a measure comes first")
}

fn refuse_conditions_on_measures(query: &SemanticQuery, models: &Models, path: &str, why: &str) -> Result<()> {
    match query.filters.iter().flat_map(Filter::members).find(|member| measure(models, member).is_some()) {
        Some(member) => Err(Error::invalid(format!("the query filters by the measure {member:?}: {why}; leave one of them out")).at(path)),
        None => Ok(()),
    }
}

/// The measure that says which values are the greatest.
fn ranked_by<'q>(query: &'q SemanticQuery, top: &'q Top) -> Result<&'q String> {
    let by = top.by.as_ref().or_else(|| query.measures.first());
    by.ok_or_else(|| Error::invalid("the greatest by what? The query asks for no measure").at("top.by"))
}

/// The question for the greatest values: its first column has them, greatest first.
pub(crate) fn ranking(query: &SemanticQuery, top: &Top, models: &Models) -> Result<SemanticQuery> {
    let by = ranked_by(query, top)?.clone();
    let mut times = query.time_dimensions.clone();
    for time in &mut times {
        (time.granularity, time.fill) = (None, None);
    }
    times.retain(|time| time.date_range.is_some());
    // Which values there are is told by all measures: one may have a number where another has no rows.
    let kept = [top.dimension.clone()];
    let rest = query.measures.iter().filter(|measure| **measure != by && has_total(query, models, &kept, measure)).cloned();
    Ok(SemanticQuery {
        measures: std::iter::once(by.clone()).chain(rest).collect(),
        dimensions: vec![top.dimension.clone()],
        time_dimensions: times,
        order: vec![(by, super::query::Direction::Desc)],
        limit: Some(top.limit),
        offset: None,
        total: false,
        ..plain(query)
    })
}

/// The answer alone: without what stands around it, and without buckets that have no rows.
pub(crate) fn bare(query: &SemanticQuery) -> SemanticQuery {
    let mut bare = plain(query);
    bare.time_dimensions.iter_mut().for_each(|time| time.fill = None);
    bare
}

/// Without what stands around the answer; buckets are still to be filled.
fn plain(query: &SemanticQuery) -> SemanticQuery {
    SemanticQuery { totals: None, top: None, pivot: Vec::new(), ..query.clone() }
}

/// Where the groups of some values of a dimension are asked for, as the last condition of the question.
fn with_values(mut query: SemanticQuery, top: &Top, operator: Operator, values: &[serde_json::Value]) -> SemanticQuery {
    query.filters.push(Filter::Condition(Condition { member: top.dimension.clone(), operator, values: values.to_vec() }));
    query
}

/// A question that is part of another one.
#[derive(Debug)]
pub(crate) struct Part {
    pub query: SemanticQuery,
    /// The place of the condition that chooses groups. What is computed over all groups does not look at it.
    pub among: Option<usize>,
    /// What it is grouped by.
    pub by: Vec<String>,
    /// Whether it is about the values that are not among the greatest.
    pub others: bool,
    /// Whether it is about the greatest values, and there are none.
    pub nothing: bool,
}

/// The answer itself. `values`: the greatest ones, where only they are told apart.
pub(crate) fn main(query: &SemanticQuery, values: Option<&[serde_json::Value]>) -> Part {
    let by = groups(query).into_iter().map(str::to_owned).collect();
    among(plain(query), query.top.as_ref(), by, false, values)
}

/// What all other values make together.
pub(crate) fn others(query: &SemanticQuery, top: &Top, values: &[serde_json::Value]) -> Part {
    let kept: Vec<String> = groups(query).into_iter().filter(|member| *member != top.dimension).map(str::to_owned).collect();
    among(fewer(query, &kept, query.measures.clone()), Some(top), kept, true, Some(values))
}

fn among(query: SemanticQuery, top: Option<&Top>, by: Vec<String>, others: bool, values: Option<&[serde_json::Value]>) -> Part {
    match (top, values) {
        (Some(top), Some(values)) if !values.is_empty() => {
            let operator = if others { Operator::NotEquals } else { Operator::Equals };
            let query = with_values(query, top, operator, values);
            Part { among: query.filters.len().checked_sub(1), query, by, others, nothing: false }
        }
        (top, values) => Part { query, among: None, by, others, nothing: !others && top.is_some() && values.is_some() },
    }
}

/// The totals of a question, in the order in which they are asked for.
pub(crate) fn totals(query: &SemanticQuery, models: &Models, values: Option<&[serde_json::Value]>) -> Vec<Part> {
    let groups = groups(query);
    let lists: Vec<Vec<String>> = match &query.totals {
        None | Some(Totals::Every(false)) => Vec::new(),
        Some(Totals::Every(true)) => (0..groups.len()).map(|count| groups.iter().take(count).map(|member| (*member).to_owned()).collect()).collect(),
        Some(Totals::By(lists)) => lists.clone(),
    };
    let mut parts = Vec::new();
    for list in lists {
        // In the order of the answer's columns, whatever the order in which they are named.
        let kept: Vec<String> = groups.iter().filter(|member| list.iter().any(|named| named == *member)).map(|member| (*member).to_owned()).collect();
        let top = query.top.as_ref().filter(|top| kept.contains(&top.dimension));
        let asked = |kept: &[String]| {
            let measures = query.measures.iter().filter(|member| has_total(query, models, kept, member)).cloned().collect();
            fewer(query, kept, measures)
        };
        parts.push(among(asked(&kept), top, kept.clone(), false, values));
        if let (Some(top), Some(values)) = (top.filter(|top| top.others), values) {
            let rest: Vec<String> = kept.iter().filter(|member| **member != top.dimension).cloned().collect();
            parts.push(among(asked(&rest), Some(top), rest, true, Some(values)));
        }
    }
    parts
}

/// The same question by fewer groups, as a whole and in its usual order.
fn fewer(query: &SemanticQuery, kept: &[String], measures: Vec<String>) -> SemanticQuery {
    let mut asked = SemanticQuery { measures, order: Vec::new(), limit: None, offset: None, total: false, ..plain(query) };
    asked.dimensions.retain(|member| kept.contains(member));
    for time in &mut asked.time_dimensions {
        if !kept.contains(&time.dimension) {
            (time.granularity, time.fill) = (None, None);
        }
    }
    asked.time_dimensions.retain(|time| time.granularity.is_some() || time.date_range.is_some());
    asked
}

/// Whether a measure means anything by these groups: not a place among groups, nor what is counted from bucket to bucket, or
/// moved without an end, where there are none.
fn has_total(query: &SemanticQuery, models: &Models, kept: &[String], member: &str) -> bool {
    let bucketed = query.time_dimensions.iter().any(|time| time.granularity.is_some() && kept.contains(&time.dimension));
    // What moves as a whole is the one range that there is, and it must be of the time that moves elsewhere in the answer.
    let ranges: Vec<&str> = query.time_dimensions.iter().filter(|time| time.date_range.is_some()).map(|time| time.dimension.as_str()).collect();
    let grouped = query.time_dimensions.iter().find(|time| time.granularity.is_some()).map(|time| time.dimension.as_str());
    let moves_whole = matches!(ranges.as_slice(), [only] if grouped.is_none_or(|grouped| grouped == *only));
    let mut waiting = vec![member.to_owned()];
    let mut seen: Vec<String> = Vec::new();
    while let Some(member) = waiting.pop() {
        if seen.contains(&member) {
            continue;
        }
        if let Some((model, measure)) = measure(models, &member) {
            match measure.kind {
                MeasureKind::Rank => return false,
                MeasureKind::Cumulative | MeasureKind::Rolling if !bucketed => return false,
                MeasureKind::TimeShift if !bucketed && !moves_whole => return false,
                _ => waiting.extend(inputs::members(model, measure).unwrap_or_default()),
            }
        }
        seen.push(member);
    }
    true
}

/// What a measure has in a bucket without rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Empty {
    Null,
    Zero,
    Previous,
    /// What was before, and zero where nothing was.
    ZeroThenPrevious,
}

/// The same for each column of an answer.
pub(crate) fn emptiness(columns: &[ResultColumn], models: &Models, fill: Fill) -> Vec<Empty> {
    let adds_up = |kind: MeasureKind| matches!(kind, MeasureKind::Count | MeasureKind::CountDistinct | MeasureKind::CountDistinctApprox | MeasureKind::Sum);
    let of = |column: &ResultColumn| match (fill, measure(models, &column.name)) {
        (Fill::Null, _) | (_, None) => Empty::Null,
        (Fill::Previous, _) => Empty::Previous,
        (Fill::Zero, Some((model, measure))) if measure.kind == MeasureKind::Cumulative => {
            let base = measure.measure.as_ref().and_then(|name| model.measures.iter().find(|other| other.name == *name));
            if base.is_some_and(|base| adds_up(base.kind)) { Empty::ZeroThenPrevious } else { Empty::Previous }
        }
        (Fill::Zero, Some((_, measure))) if adds_up(measure.kind) => Empty::Zero,
        (Fill::Zero, Some(_)) => Empty::Null,
    };
    columns.iter().map(|column| if column.role == ColumnRole::Measure { of(column) } else { Empty::Null }).collect()
}

/// The measure that a member is.
pub(super) fn measure<'m>(models: &'m Models, member: &str) -> Option<(&'m Model, &'m Measure)> {
    let model = models.get(model_of(member).ok()?)?;
    matches!(find(model, member), Ok(Member::Measure(_))).then(|| find_measure(model, member).ok().map(|measure| (&**model, measure))).flatten()
}
