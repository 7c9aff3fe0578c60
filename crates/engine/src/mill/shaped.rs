//! Answers with what stands around them: totals, the greatest values and the others, buckets without rows, values as columns. All of
//! it is asked of one ground, so it is of one version.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::{SortColumn, SortOptions, cast, concat, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::Mill;
use super::budget::roughly;
use super::ground::{Asking, Ground};
use crate::catalog::json::column_to_json;
use crate::error::{Error, ErrorKind, Result};
use crate::query::result::{OTHER, Provenance, QueryResult, ResultColumn, Stage, Subtotal};
use crate::semantic::compile::{limit_of, places_of_order};
use crate::semantic::date;
use crate::semantic::fill::formulas::Formulas;
use crate::semantic::fill::{Filling, fill};
use crate::semantic::pivot::{Others, pivot};
use crate::semantic::shape::{self, Part};
use crate::semantic::{SemanticQuery, Top};

/// Totals that are asked for at the same time.
const CONCURRENCY: usize = 4;

impl Mill {
    /// Answers a question of a ground.
    pub(super) async fn answer_shaped(&self, ground: &Ground, query: &SemanticQuery) -> Result<QueryResult> {
        shape::check(query, ground.models())?;
        let asking = Asking { ground, allowance: self.allowance(query, ground, false).await? };
        let answer = if shape::is_shaped(query) { self.answer_parts(&asking, query).await } else { self.answer_on(&asking, query, None).await };
        match answer {
            Err(error) if asking.allowance.over().is_some() => Err(error.suggesting(self.cheaper(query, ground, &asking.allowance).await)),
            Err(error) if error.is_of_memory() => Err(error.suggesting(roughly(query, ground.models()))),
            answer => answer,
        }
    }

    /// The answer with what stands around it.
    async fn answer_parts(&self, asking: &Asking<'_>, query: &SemanticQuery) -> Result<QueryResult> {
        let ground = asking.ground;
        let greatest = match &query.top {
            Some(top) => Some((top, self.greatest(asking, query, top).await?)),
            None => None,
        };
        let values = greatest.as_ref().map(|(_, greatest)| greatest.values.as_slice());
        let are_all = greatest.as_ref().is_some_and(|(_, greatest)| greatest.are_all);
        let others = greatest.as_ref().filter(|(top, _)| top.others).map(|(top, greatest)| {
            let mut part = shape::others(query, top, &greatest.values);
            part.query.limit = Some(self.scope.limits().result_rows);
            (part, top.dimension.as_str())
        });
        // Others that become columns are needed for the answer itself; all else around it is asked at the same time.
        let (first, later) = match others {
            Some((part, member)) if query.pivot.iter().any(|pivoted| pivoted == member) => (Some((self.answer_around(asking, &part, are_all).await?, part, member)), None),
            others => (None, others),
        };
        let mut answer = self.answer_main(asking, query, shape::main(query, values), first.as_ref().map(|(told, _, member)| (told, *member))).await?;
        let started = Instant::now();
        let parts = shape::totals(query, ground.models(), values).into_iter().map(|part| (part, false)).chain(later.map(|(part, _)| (part, true)));
        let parts = parts.map(|(part, beside)| async move {
            let told = self.answer_around(asking, &part, are_all).await?;
            Ok::<_, Error>((told, part, beside))
        });
        let mut told: Vec<(QueryResult, Part, bool)> = futures::stream::iter(parts).buffered(CONCURRENCY).try_collect().await?;
        told.extend(first.map(|(told, part, _)| (told, part, true)));
        for (told, part, beside) in told {
            add(&mut answer.provenance, &told.provenance);
            let told = subtotal(told, part);
            if beside { answer.others = Some(told) } else { answer.totals.push(told) }
        }
        if let Some((_, greatest)) = &greatest {
            add(&mut answer.provenance, &greatest.provenance);
        }
        if !answer.provenance.restricted {
            answer.provenance.stages.push(Stage { name: "around", duration: started.elapsed() });
        }
        Ok(answer)
    }

    /// What stands around an answer. `are_all`: there are no others.
    async fn answer_around(&self, asking: &Asking<'_>, part: &Part, are_all: bool) -> Result<QueryResult> {
        let mut told = self.answer_part(asking, part).await?;
        if are_all && part.others && part.by.is_empty() {
            // Where nothing else is grouped by, a number over no rows would stand for values that are not there.
            told.batch = told.batch.slice(0, 0);
        }
        Ok(told)
    }

    /// The values with the greatest numbers.
    async fn greatest(&self, asking: &Asking<'_>, query: &SemanticQuery, top: &Top) -> Result<Greatest> {
        let rows = self.scope.limits().result_rows;
        if top.limit > rows {
            return Err(Error::invalid(format!("{} values are more than the {rows} rows that are answered", top.limit)).at("top.limit"));
        }
        let ranking = match self.answer_on(asking, &shape::ranking(query, top, asking.ground.models())?, None).await {
            Ok(ranking) => ranking,
            // What is wrong with the question itself is told in its own words.
            Err(error) if error.kind() == ErrorKind::Invalid => return Err(self.check_on(asking.ground, &shape::main(query, None).query).await.err().unwrap_or(error.at("top"))),
            Err(error) => return Err(error),
        };
        let column = ranking.batch.columns().first().ok_or_else(|| Error::internal("a ranking without values"))?;
        let endless = matches!(column.data_type(), DataType::Float64) && column.as_primitive::<Float64Type>().iter().flatten().any(|value| !value.is_finite());
        if endless || matches!(column.data_type(), DataType::Timestamp(..)) {
            let reason = "has values that cannot be compared with one by one; group by it with a granularity, or by another dimension";
            return Err(Error::invalid(format!("{:?} {reason}", top.dimension)).at("top.dimension"));
        }
        Ok(Greatest { values: column_to_json(column), are_all: !ranking.provenance.truncated, provenance: ranking.provenance })
    }

    /// The answer itself: the page of it that is asked for, after everything is in its place.
    /// `across` are the others that become columns, with their member.
    async fn answer_main(&self, asking: &Asking<'_>, query: &SemanticQuery, mut part: Part, across: Option<(&QueryResult, &str)>) -> Result<QueryResult> {
        let fills = query.time_dimensions.iter().any(|time| time.fill.is_some());
        if !fills && query.pivot.is_empty() {
            return self.answer_plain(asking, &part, &part.query).await;
        }
        let (offset, limit) = (query.offset.unwrap_or(0), limit_of(query, self.scope.limits())?);
        (part.query.offset, part.query.limit, part.query.total) = (None, Some(self.scope.limits().result_rows), false);
        let mut answer = self.answer_part(asking, &part).await?;
        self.refuse_cut(&answer)?;
        if let Some((others, member)) = across {
            self.refuse_cut(others)?;
            let (batch, are) = beside(&answer, others, &part.query)?;
            (answer.batch, answer.columns) = pivot(&batch, &answer.columns, &query.pivot, Some(&Others { member, are: &are }))?;
        } else if !query.pivot.is_empty() {
            (answer.batch, answer.columns) = pivot(&answer.batch, &answer.columns, &query.pivot, None)?;
        }
        let rows = answer.batch.num_rows();
        let from = offset.min(rows);
        answer.batch = answer.batch.slice(from, limit.min(rows - from));
        answer.provenance.total_rows = Some(rows as u64);
        answer.provenance.truncated = rows > from + answer.batch.num_rows();
        Ok(answer)
    }

    /// Answers a part, with its buckets filled.
    async fn answer_part(&self, asking: &Asking<'_>, part: &Part) -> Result<QueryResult> {
        if part.by.is_empty() && part.query.measures.is_empty() {
            // No measure has a grand total.
            let batch = RecordBatch::new_empty(Arc::new(Schema::empty()));
            return Ok(QueryResult {
                columns: Vec::new(),
                batch,
                totals: Vec::new(),
                others: None,
                explanation: None,
                provenance: Provenance { exact: true, ..Provenance::default() },
            });
        }
        let Some((index, time)) = part.query.time_dimensions.iter().enumerate().find(|(_, time)| time.fill.is_some()) else {
            return self.answer_plain(asking, part, &part.query).await;
        };
        let Some(how) = time.fill else { return Err(Error::internal("buckets to fill, and nothing to fill them with")) };
        let at = |error: Error| error.at(format!("timeDimensions[{index}].fill"));
        let mut asked = part.query.clone();
        let formulas = Formulas::of(&part.query, asking.ground.models(), how);
        formulas.ask(&mut asked);
        // What goes on from bucket to bucket is told of the first one too, where buckets are filled.
        asked.limit = Some(self.scope.limits().result_rows);
        let mut answer = self.answer_plain(asking, part, &asked).await?;
        self.refuse_cut(&answer).map_err(at)?;
        if part.nothing || part.others && answer.batch.num_rows() == 0 {
            // Of values that are not there no bucket has a zero.
            formulas.leave_out(&mut answer, &part.query)?;
            return Ok(answer);
        }
        let found = answer.columns.iter().enumerate().find(|(_, column)| column.name == time.dimension);
        let width = found.and_then(|(place, column)| Some((place, column.width()?)));
        let Some((place, interval)) = width else { return Err(Error::internal("a time that is not among the columns")) };
        let reference = asking.ground.reference();
        let range = date::of_time(&part.query, &time.dimension, reference)?;
        let range = asking.ground.timed(&part.query, &time.dimension).map_or(range, |timed| timed.aligned(range));
        let filling = Filling { interval, calendar: reference.calendar, range, now: reference.now.timestamp_micros(), rows_max: self.scope.limits().result_rows };
        let empty = shape::emptiness(&answer.columns, asking.ground.models(), how);
        let filled = fill(&answer.batch, &answer.columns, place, &empty, &filling).map_err(at)?;
        let filled = formulas.compute(filled, &answer.columns, asking.ground.models(), self.shared.session.shared())?;
        answer.batch = sorted(&filled, &asked, &answer.columns)?;
        formulas.leave_out(&mut answer, &part.query)?;
        answer.provenance.total_rows = Some(answer.batch.num_rows() as u64);
        Ok(answer)
    }

    /// Answers a part as it is, with a question that may differ from its own in what is done afterwards.
    async fn answer_plain(&self, asking: &Asking<'_>, part: &Part, query: &SemanticQuery) -> Result<QueryResult> {
        let mut answer = self.answer_on(asking, query, part.among).await?;
        if part.nothing {
            answer.batch = answer.batch.slice(0, 0);
            (answer.provenance.total_rows, answer.provenance.truncated) = (Some(0), false);
        }
        Ok(answer)
    }

    /// Refuses what a limit cut, where everything is needed.
    fn refuse_cut(&self, answer: &QueryResult) -> Result<()> {
        if !answer.provenance.truncated {
            return Ok(());
        }
        let rows = self.scope.limits().result_rows;
        let reason = "all groups are needed to fill buckets or to make columns of values";
        Err(Error::exhausted(format!("{reason}, and there are more than {rows}; ask for a narrower range, fewer groups, or the greatest values only (top)")))
    }
}

/// The greatest values of a dimension.
struct Greatest {
    values: Vec<Value>,
    /// Whether there are no others.
    are_all: bool,
    provenance: Provenance,
}

fn subtotal(told: QueryResult, part: Part) -> Subtotal {
    let (truncated, bounds) = (told.provenance.truncated, told.provenance.bounds);
    Subtotal { by: part.by, others: part.others, columns: told.columns, batch: told.batch, truncated, bounds }
}

/// The rows of an answer and those of its others, in the order that the question asks for, and which of them are the others'. What
/// the others do not have, the member among it, is missing in their rows.
fn beside(answer: &QueryResult, others: &QueryResult, query: &SemanticQuery) -> Result<(RecordBatch, BooleanArray)> {
    let (rows, more) = (answer.batch.num_rows(), others.batch.num_rows());
    let mut fields = Vec::with_capacity(answer.columns.len() + 1);
    let mut values: Vec<ArrayRef> = Vec::with_capacity(answer.columns.len() + 1);
    for (column, of_answer) in answer.columns.iter().zip(answer.batch.columns()) {
        let place = others.columns.iter().position(|other| other.name == column.name);
        let of_others = match place.and_then(|place| others.batch.columns().get(place)) {
            Some(known) => cast(known, of_answer.data_type())?,
            None => new_null_array(of_answer.data_type(), more),
        };
        fields.push(Field::new(&column.name, of_answer.data_type().clone(), true));
        values.push(concat(&[of_answer, &of_others])?);
    }
    fields.push(Field::new(OTHER, DataType::Boolean, false));
    values.push(Arc::new((0..rows + more).map(|row| Some(row >= rows)).collect::<BooleanArray>()));
    let batch = sorted(&RecordBatch::try_new(Arc::new(Schema::new(fields)), values)?, query, &answer.columns)?;
    let are = batch.columns().last().and_then(|last| last.as_boolean_opt()).ok_or_else(|| Error::internal("rows that do not say whose they are"))?.clone();
    let kept: Vec<usize> = (0..answer.columns.len()).collect();
    Ok((batch.project(&kept)?, are))
}

/// Rows in the order that a question asks for.
fn sorted(batch: &RecordBatch, query: &SemanticQuery, columns: &[ResultColumn]) -> Result<RecordBatch> {
    let order: Vec<(usize, SortOptions)> = places_of_order(query, columns)?;
    let order = order
        .into_iter()
        .filter_map(|(place, options)| Some(SortColumn { values: batch.columns().get(place)?.clone(), options: Some(options) }))
        .collect::<Vec<_>>();
    if order.is_empty() || batch.num_rows() == 0 {
        return Ok(batch.clone());
    }
    Ok(take_record_batch(batch, &lexsort_to_indices(&order, None)?)?)
}

/// What was read for one more part of an answer, and of what.
fn add(answer: &mut Provenance, part: &Provenance) {
    answer.rows_scanned += part.rows_scanned;
    answer.bytes_read += part.bytes_read;
    answer.exact &= part.exact;
    let mut sources = answer.sources_read();
    for source in part.sources_read() {
        if !sources.iter().any(|known| known.dataset == source.dataset) {
            sources.push(source);
        }
    }
    if sources.len() > 1 {
        sources.sort_by(|one, other| one.dataset.cmp(&other.dataset));
        (answer.dataset, answer.version, answer.sources) = (None, None, sources);
    }
    for access in &part.access {
        if !answer.access.contains(access) {
            answer.access.push(access.clone());
        }
    }
    answer.row_filter_applied |= part.row_filter_applied;
    answer.restricted |= part.restricted;
    if answer.restricted {
        // How much was read, and how long that took, tells of what is not seen.
        (answer.rows_scanned, answer.bytes_read) = (0, 0);
        answer.stages.clear();
    }
}
