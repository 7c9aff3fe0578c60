//! Routes of queries.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde_json::Value;
use tidemill::{Limits, Mill};

use super::compare::{self, Asked};
use super::encode::{Encoding, compared, encode};
use super::wire::lineage::{Lineage, StatementLineage, Verification};
use super::wire::{self, SqlQuery};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, JsonBody, Problem, json_of};
use crate::policy::Action;

const SQL_DEFAULT_ROWS: usize = 1_000;
const SQL_MAX_ROWS: usize = 50_000;

/// Ask in the words of a model. Where a time has `compareDateRange`, a list of ranges, in the place of its `dateRange`, the
/// answer is `{"results": [..]}`, one for each range, with the range as `dateRange`.
#[utoipa::path(
    post, path = "/queries", tag = "queries", request_body = wire::SemanticQuery,
    responses((
        status = 200, content((wire::QueryResult = "application/json"), (Vec<u8> = "application/vnd.apache.arrow.stream"), (String = "text/csv")),
        headers(("Tidemill-Complete-Until" = String, description = "Of Arrow and CSV, where it is known: `provenance.complete_until`")))))]
pub async fn run_query(State(app): State<App>, caller: Caller, headers: HeaderMap, JsonBody(body): JsonBody<Value>) -> Answer<Response> {
    caller.allow(Action::Read)?;
    let encoding = Encoding::accepted(&headers)?;
    let Asked { queries, ranges } = compare::read(body)?;
    queries.iter().try_for_each(|query| encoding.holds(query))?;
    if encoding != Encoding::Json && !ranges.is_empty() {
        return Err(Problem::field("timeDimensions", "several ranges have no place in this form: ask one, or accept application/json"));
    }
    let queries: Vec<_> = queries.into_iter().map(|query| caller.asks(query)).collect();
    let results = caller.mill(&app).query_all(&queries).await?;
    match results.as_slice() {
        [only] if ranges.is_empty() => encode(only, encoding),
        _ => Ok(Json(compared(&ranges, &results)).into_response()),
    }
}

/// Ask in SQL: one read-only statement over the tenant's datasets.
#[utoipa::path(
    post, path = "/sql", tag = "queries", request_body = SqlQuery,
    responses((
        status = 200, content((wire::QueryResult = "application/json"), (Vec<u8> = "application/vnd.apache.arrow.stream"), (String = "text/csv")),
        headers(("Tidemill-Complete-Until" = String, description = "Of Arrow and CSV, where it is known: `provenance.complete_until`")))))]
pub async fn run_sql(State(app): State<App>, caller: Caller, headers: HeaderMap, JsonBody(query): JsonBody<SqlQuery>) -> Answer<Response> {
    caller.allow(Action::Read)?;
    let encoding = Encoding::accepted(&headers)?;
    if query.explain && encoding != Encoding::Json {
        return Err(Problem::field("explain", "has no place in this form: accept application/json"));
    }
    let mill = mill_of_sql(&app, &caller, &query)?;
    let result = match query.as_of {
        as_of if query.explain => mill.sql_explained(&query.sql, as_of).await?,
        Some(as_of) => mill.sql_as_of(&query.sql, as_of).await?,
        None => mill.sql(&query.sql).await?,
    };
    encode(&result, encoding)
}

/// Answer a query and compute it again from rows: is every value the same?
#[utoipa::path(post, path = "/queries/verify", tag = "queries", request_body = wire::SemanticQuery, responses((status = 200, body = Verification)))]
pub async fn verify_query(State(app): State<App>, caller: Caller, JsonBody(body): JsonBody<Value>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let verification = caller.mill(&app).verify(&caller.asks(compare::read_one(body)?)).await?;
    json_of(&verification)
}

/// Answer a statement and compute it again from rows: is every value the same? A statement whose answer its rows do not determine, as a
/// page without an order, is refused with what to write.
#[utoipa::path(post, path = "/sql/verify", tag = "queries", request_body = SqlQuery, responses((status = 200, body = Verification)))]
pub async fn verify_sql(State(app): State<App>, caller: Caller, JsonBody(query): JsonBody<SqlQuery>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let mill = mill_of_sql(&app, &caller, &query)?;
    let verification = match query.as_of {
        Some(as_of) => mill.verify_sql_as_of(&query.sql, as_of).await?,
        None => mill.verify_sql(&query.sql).await?,
    };
    json_of(&verification)
}

/// Say what the answer to a statement is made of: definitions, conditions, versions, segments and loads.
#[utoipa::path(post, path = "/sql/lineage", tag = "queries", request_body = SqlQuery, responses((status = 200, body = StatementLineage)))]
pub async fn trace_sql(State(app): State<App>, caller: Caller, JsonBody(query): JsonBody<SqlQuery>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let mill = mill_of_sql(&app, &caller, &query)?;
    let lineage = match query.as_of {
        Some(as_of) => mill.lineage_sql_as_of(&query.sql, as_of).await?,
        None => mill.lineage_sql(&query.sql).await?,
    };
    json_of(&lineage)
}

/// What a statement is answered by: as many rows as it asks for, within its budget, in the calendar of who asks.
///
/// # Errors
/// It asks for no rows, or for too many.
pub(crate) fn mill_of_sql(app: &App, caller: &Caller, query: &SqlQuery) -> Answer<Mill> {
    let limit = query.limit.unwrap_or(SQL_DEFAULT_ROWS);
    if !(1..=SQL_MAX_ROWS).contains(&limit) {
        return Err(Problem::field("limit", format!("lies between 1 and {SQL_MAX_ROWS}")));
    }
    let limits = Limits { result_rows: limit, budget: query.budget.unwrap_or_default(), ..Limits::default() };
    Ok(caller.mill_within(app, limits).with_calendar(caller.calendar()))
}

/// Say what the numbers of a query are made of: definitions, conditions, versions, segments and loads.
#[utoipa::path(post, path = "/queries/lineage", tag = "queries", request_body = wire::SemanticQuery, responses((status = 200, body = Lineage)))]
pub async fn trace_query(State(app): State<App>, caller: Caller, JsonBody(body): JsonBody<Value>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let lineage = caller.mill(&app).lineage(&caller.asks(compare::read_one(body)?)).await?;
    json_of(&lineage)
}
