//! The queries of a request asked of the engine.

use serde_json::{Value, json};
use tidemill::Mill;

use super::dialect::{self, Asked, Kind};
use crate::http::Problem;

/// Answers all queries of a request, of the same versions. `several`: the client knows answers to several queries.
///
/// # Errors
/// As the engine, for the first query that fails.
pub(super) async fn answer(mill: Mill, asked: Asked, several: bool) -> Result<Value, Problem> {
    let results = mill.query_all(&asked.queries).await?;
    let results: Vec<Value> = asked.queries.iter().zip(&results).map(|(query, result)| dialect::answer(query, result, asked.layout)).collect();
    if !several && let [only] = results.as_slice() {
        return Ok(only.clone());
    }
    Ok(json!({"queryType": asked.kind.name(), "pivotQuery": pivot(&asked, results.first().map(|result| &result["query"])), "results": results, "slowQuery": false}))
}

/// Says how a request would be understood.
///
/// # Errors
/// As the engine, for the first query that could not be asked.
pub(super) async fn dry_run(mill: &Mill, asked: &Asked) -> Result<Value, Problem> {
    let mut normalised: Vec<Value> = Vec::new();
    for query in &asked.queries {
        let ranges: Vec<_> = mill.check(query).await?.into_iter().map(|range| range.from.zip(range.to)).collect();
        normalised.push(dialect::normalised(query, &ranges, asked.layout));
    }
    let orders = |query: &tidemill::SemanticQuery| query.order.iter().map(|(id, direction)| json!({(id.clone()): direction})).collect::<Vec<_>>();
    Ok(json!({
        "queryType": asked.kind.name(),
        "pivotQuery": pivot(asked, normalised.first()),
        "queryOrder": asked.queries.first().map(orders).unwrap_or_default(),
        "normalizedQueries": normalised,
        "transformedQueries": []
    }))
}

/// The query by which a client lays out the answers: that of the first, and of several the members of all.
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
            let mut measures: Vec<&String> = Vec::new();
            for measure in asked.queries.iter().flat_map(|query| &query.measures) {
                if !measures.contains(&measure) {
                    measures.push(measure);
                }
            }
            pivot["measures"] = json!(measures);
        }
    }
    pivot["queryType"] = asked.kind.name().into();
    pivot
}
