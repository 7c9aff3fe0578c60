//! The queries of a request asked of the engine.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tidemill::{Mill, Provenance, QueryResult, SemanticQuery};

use super::annotation::Words;
use super::answer::{self, Around, Ends};
use super::dialect::{Asked, Kind, Mark, Question};
use crate::http::Problem;

/// Answers all queries of a request, of the same versions. `several`: the client knows answers to several queries.
///
/// # Errors
/// As the engine, for the first query that fails.
pub(super) async fn answer(mill: Mill, asked: Asked, several: bool, now: DateTime<Utc>) -> Result<Value, Problem> {
    let queries: Vec<SemanticQuery> = asked.questions.iter().map(|question| question.query.clone()).collect();
    let mut results = Vec::with_capacity(queries.len());
    for (question, result) in asked.questions.iter().zip(mill.query_all(&queries).await?) {
        let around = around(&mill, &question.query, &result, now).await?;
        results.push(answer::written(question, &result, &around, asked.layout));
    }
    if !several && let [only] = results.as_slice() {
        return Ok(only.clone());
    }
    Ok(json!({"queryType": asked.kind.name(), "pivotQuery": pivot(&asked, results.first().map(|result| &result["query"])), "results": results, "slowQuery": false}))
}

/// What is told around an answer.
async fn around(mill: &Mill, query: &SemanticQuery, result: &QueryResult, now: DateTime<Utc>) -> Result<Around, Problem> {
    let ranges = if query.time_dimensions.iter().filter(|time| time.date_range.is_some()).count() > 1 {
        // The answer itself says the first one.
        ranges(mill, query).await?
    } else {
        vec![result.provenance.time_range.map(|range| (range.from, range.to))]
    };
    let words = Words::of(mill, query, result).await?;
    Ok(Around { ranges, words, refreshed_at: refreshed_at(mill, &result.provenance, now).await })
}

async fn ranges(mill: &Mill, query: &SemanticQuery) -> Result<Vec<Ends>, Problem> {
    Ok(mill.check(query).await?.into_iter().map(|range| range.from.zip(range.to)).collect())
}

/// When the latest of what was read was committed. Commits tell of all rows: who sees some of them only is told when they asked, as is
/// everybody where the log does not go back so far.
async fn refreshed_at(mill: &Mill, provenance: &Provenance, now: DateTime<Utc>) -> DateTime<Utc> {
    if provenance.row_filter_applied {
        return now;
    }
    let mut read: Vec<(String, u64)> = provenance.sources.iter().map(|source| (source.dataset.clone(), source.version)).collect();
    read.extend(provenance.dataset.clone().zip(provenance.version));
    let mut latest = None;
    for (dataset, version) in read {
        latest = latest.max(committed_at(mill, &dataset, version).await);
    }
    latest.unwrap_or(now)
}

async fn committed_at(mill: &Mill, dataset: &str, version: u64) -> Option<DateTime<Utc>> {
    let (latest, committed_at) = mill.committed_at(dataset).await.ok()?;
    if latest == version {
        return Some(committed_at);
    }
    // Another commit came meanwhile.
    mill.versions(dataset, Some(version + 1), 1).await.ok()?.items.first().map(|found| found.committed_at)
}

/// Says how a request would be understood.
///
/// # Errors
/// As the engine, for the first query that could not be asked.
pub(super) async fn dry_run(mill: &Mill, asked: &Asked) -> Result<Value, Problem> {
    let mut normalised: Vec<Value> = Vec::new();
    for question in &asked.questions {
        let ranges = ranges(mill, &question.query).await?;
        normalised.push(answer::normalised(question, &ranges, asked.layout));
    }
    let orders = |question: &Question| question.query.order.iter().map(|(id, direction)| json!({(id.clone()): direction})).collect::<Vec<_>>();
    Ok(json!({
        "queryType": asked.kind.name(),
        "pivotQuery": pivot(asked, normalised.first()),
        "queryOrder": asked.questions.first().map(orders).unwrap_or_default(),
        "normalizedQueries": normalised,
        "transformedQueries": []
    }))
}

/// The query by which a client lays out the answers: the first one with the range that tells them apart, or, of a list, the members of
/// all and the one time that they share.
fn pivot(asked: &Asked, first: Option<&Value>) -> Value {
    let mut pivot = first.cloned().unwrap_or_else(|| json!({}));
    match asked.kind {
        Kind::Regular => {}
        Kind::Compare => {
            if let Some(dimensions) = pivot["dimensions"].as_array_mut() {
                dimensions.insert(0, "compareDateRange".into());
            }
        }
        Kind::Blending => {
            let times: Vec<Value> = match asked.questions.first().and_then(|question| question.mark.as_ref()) {
                Some(Mark::Time { granularity, .. }) => vec![json!({"dimension": "time", "granularity": granularity})],
                _ => Vec::new(),
            };
            pivot = json!({"measures": united(asked, |query| &query.measures), "dimensions": united(asked, |query| &query.dimensions), "timeDimensions": times});
        }
    }
    pivot["queryType"] = asked.kind.name().into();
    pivot
}

/// The members of all queries, each once.
fn united<'a>(asked: &'a Asked, members: impl Fn(&'a SemanticQuery) -> &'a [String]) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for member in asked.questions.iter().flat_map(|question| members(&question.query)) {
        if !all.contains(&member.as_str()) {
            all.push(member);
        }
    }
    all
}
