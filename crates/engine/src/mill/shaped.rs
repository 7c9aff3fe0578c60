//! Answers with what stands around them: totals, the greatest values and the others, buckets without rows, values as columns. All of
//! it is asked of one ground, so it is of one version.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::{SortColumn, SortOptions, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{DataType, Float64Type, Schema};
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::Mill;
use super::ground::Ground;
use crate::catalog::json::column_to_json;
use crate::error::{Error, Result};
use crate::query::result::{Provenance, QueryResult, ResultColumn, Stage, Subtotal};
use crate::semantic::compile::{DEFAULT_LIMIT, places_of_order};
use crate::semantic::date;
use crate::semantic::fill::{Filling, fill};
use crate::semantic::pivot::pivot;
use crate::semantic::shape::{self, Part};
use crate::semantic::{SemanticQuery, Top};

/// Totals that are asked for at the same time.
const CONCURRENCY: usize = 4;

impl Mill {
    /// Answers a question of a ground.
    pub(super) async fn answer_shaped(&self, ground: &Ground, query: &SemanticQuery) -> Result<QueryResult> {
        shape::check(query, &ground.models)?;
        if !shape::is_shaped(query) {
            return self.answer_on(ground, query, None).await;
        }
        let greatest = match &query.top {
            Some(top) => Some((top, self.greatest(ground, query, top).await?)),
            None => None,
        };
        let values = greatest.as_ref().map(|(_, greatest)| greatest.values.as_slice());
        let mut answer = self.answer_main(ground, query, shape::main(query, values)).await?;
        let started = Instant::now();
        let mut parts = shape::totals(query, &ground.models, values);
        if let Some((top, greatest)) = greatest.as_ref().filter(|(top, _)| top.others) {
            parts.push(shape::others(query, top, &greatest.values));
        }
        // Where nothing else is grouped by, a number over no rows would stand for values that are not there.
        let is_all = |part: &Part| part.others && greatest.as_ref().is_some_and(|(_, greatest)| part.by.is_empty() && greatest.are_all || greatest.values.is_empty());
        let told = parts.into_iter().map(|part| {
            let is_all = is_all(&part);
            async move {
                let mut told = self.answer_part(ground, &part).await?;
                if is_all {
                    told.batch = told.batch.slice(0, 0);
                }
                Ok::<_, Error>((part, told))
            }
        });
        let told: Vec<(Part, QueryResult)> = futures::stream::iter(told).buffered(CONCURRENCY).try_collect().await?;
        for (part, told) in told {
            add(&mut answer.provenance, &told.provenance);
            let (truncated, bounds) = (told.provenance.truncated, told.provenance.bounds);
            answer.totals.push(Subtotal { by: part.by, others: part.others, columns: told.columns, batch: told.batch, truncated, bounds });
        }
        if query.top.as_ref().is_some_and(|top| top.others) {
            answer.others = answer.totals.pop();
        }
        if let Some((_, greatest)) = &greatest {
            add(&mut answer.provenance, &greatest.provenance);
        }
        answer.provenance.stages.push(Stage { name: "around", duration: started.elapsed() });
        Ok(answer)
    }

    /// The values with the greatest numbers.
    async fn greatest(&self, ground: &Ground, query: &SemanticQuery, top: &Top) -> Result<Greatest> {
        let ranking = self.answer_on(ground, &shape::ranking(query, top, &ground.models)?, None).await?;
        let column = ranking.batch.columns().first().ok_or_else(|| Error::internal("a ranking without values"))?;
        let endless = matches!(column.data_type(), DataType::Float64) && column.as_primitive::<Float64Type>().iter().flatten().any(|value| !value.is_finite());
        if endless || matches!(column.data_type(), DataType::Timestamp(..)) {
            let reason = "has values that cannot be compared with one by one; group by it with a granularity, or by another dimension";
            return Err(Error::invalid(format!("{:?} {reason}", top.dimension)).at("top.dimension"));
        }
        Ok(Greatest { values: column_to_json(column), are_all: !ranking.provenance.truncated, provenance: ranking.provenance })
    }

    /// The answer itself: the page of it that is asked for, after everything is in its place.
    async fn answer_main(&self, ground: &Ground, query: &SemanticQuery, mut part: Part) -> Result<QueryResult> {
        let fills = query.time_dimensions.iter().any(|time| time.fill.is_some());
        if !fills && query.pivot.is_empty() {
            return self.answer_on(ground, &part.query, part.among).await;
        }
        let (offset, limit) = (query.offset.unwrap_or(0), query.limit.unwrap_or(DEFAULT_LIMIT));
        (part.query.offset, part.query.limit, part.query.total) = (None, Some(self.scope.limits().result_rows), false);
        if limit == 0 || limit > self.scope.limits().result_rows {
            return Err(Error::invalid(format!("limit {limit} must lie between 1 and {}", self.scope.limits().result_rows)).at("limit"));
        }
        let mut answer = self.answer_part(ground, &part).await?;
        self.refuse_cut(&answer)?;
        if !query.pivot.is_empty() {
            (answer.batch, answer.columns) = pivot(&answer.batch, &answer.columns, &query.pivot)?;
        }
        let rows = answer.batch.num_rows();
        let from = offset.min(rows);
        answer.batch = answer.batch.slice(from, limit.min(rows - from));
        answer.provenance.total_rows = Some(rows as u64);
        answer.provenance.truncated = rows > from + answer.batch.num_rows();
        Ok(answer)
    }

    /// Answers a part, with its buckets filled.
    async fn answer_part(&self, ground: &Ground, part: &Part) -> Result<QueryResult> {
        if part.by.is_empty() && part.query.measures.is_empty() {
            // No measure has a grand total.
            let batch = RecordBatch::new_empty(Arc::new(Schema::empty()));
            return Ok(QueryResult { columns: Vec::new(), batch, totals: Vec::new(), others: None, provenance: Provenance { exact: true, ..Provenance::default() } });
        }
        let Some((index, time)) = part.query.time_dimensions.iter().enumerate().find(|(_, time)| time.fill.is_some()) else {
            return self.answer_on(ground, &part.query, part.among).await;
        };
        let (Some(how), Some(grain)) = (time.fill, time.granularity) else { return Err(Error::internal("buckets to fill without a granularity")) };
        let at = |error: Error| error.at(format!("timeDimensions[{index}].fill"));
        let mut asked = part.query.clone();
        asked.time_dimensions.iter_mut().for_each(|time| time.fill = None);
        asked.limit = Some(self.scope.limits().result_rows);
        let mut answer = self.answer_on(ground, &asked, part.among).await?;
        self.refuse_cut(&answer).map_err(at)?;
        let range = time.date_range.as_ref().map(|range| date::resolve(range, &ground.reference)).transpose()?.unwrap_or_default();
        let place = answer
            .columns
            .iter()
            .position(|column| column.name == time.dimension)
            .ok_or_else(|| Error::internal("a time that is not among the columns"))?;
        let filling = Filling { grain, calendar: ground.reference.calendar, range, now: ground.reference.now.timestamp_micros(), rows_max: self.scope.limits().result_rows };
        let empty = shape::emptiness(&answer.columns, &ground.models, how);
        let filled = fill(&answer.batch, &answer.columns, place, &empty, &filling).map_err(at)?;
        answer.batch = sorted(&filled, &asked, &answer.columns)?;
        answer.provenance.total_rows = Some(answer.batch.num_rows() as u64);
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

/// What was read for one more part of an answer.
fn add(answer: &mut Provenance, part: &Provenance) {
    answer.rows_scanned += part.rows_scanned;
    answer.bytes_read += part.bytes_read;
    answer.exact &= part.exact;
}
