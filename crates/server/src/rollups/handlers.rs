//! Routes of rollups, advice and explanations.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};

use super::wire::{AdviceChange, AdviceList, Explanation, RollupList, WantedState};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, JsonBody, Path, json_of};
use crate::policy::Action;
use crate::queries::compare;
use crate::queries::handlers::mill_of_sql;
use crate::queries::wire::{self, SqlQuery};
use crate::store::audit;

/// Read how far the rollups of a dataset are built and what they saved.
#[utoipa::path(get, path = "/datasets/{name}/rollups", tag = "rollups", params(("name" = String, Path, description = "The dataset")), responses((status = 200, body = RollupList)))]
pub async fn list_rollups(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let items = caller.mill(&app).rollups(&name).await?;
    Ok(Json(json!({ "items": items })))
}

/// Read which rollups the advisor keeps, suggests or has let go, and why.
#[utoipa::path(get, path = "/datasets/{name}/advice", tag = "rollups", params(("name" = String, Path, description = "The dataset")), responses((status = 200, body = AdviceList)))]
pub async fn list_advice(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let items = caller.mill(&app).advice(&name).await?;
    Ok(Json(json!({ "items": items })))
}

/// Pin or veto an advised rollup.
#[utoipa::path(
    put, path = "/datasets/{name}/advice/{rollup}", tag = "rollups",
    params(("name" = String, Path, description = "The dataset"), ("rollup" = String, Path, description = "Name of the rollup")),
    request_body = AdviceChange, responses((status = 204)))]
pub async fn update_advice(State(app): State<App>, caller: Caller, Path((name, rollup)): Path<(String, String)>, JsonBody(change): JsonBody<AdviceChange>) -> Answer<StatusCode> {
    caller.allow(Action::EditModels)?;
    let mill = caller.mill(&app);
    let event = match change.state {
        WantedState::Pinned => mill.pin_rollup(&name, &rollup).await.map(|()| "rollup.pinned")?,
        WantedState::Vetoed => mill.veto_rollup(&name, &rollup).await.map(|()| "rollup.vetoed")?,
    };
    audit::append(app.store.db(), app.clock.now(), &caller, event, &format!("{name}/{rollup}")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say how a statement would be answered now and what that would read, without asking it.
#[utoipa::path(post, path = "/sql/explain", tag = "queries", request_body = SqlQuery, responses((status = 200, body = Explanation)))]
pub async fn explain_sql(State(app): State<App>, caller: Caller, JsonBody(query): JsonBody<SqlQuery>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let mill = mill_of_sql(&app, &caller, &query)?;
    let explanation = match query.as_of {
        Some(as_of) => mill.explain_sql_as_of(&query.sql, as_of).await?,
        None => mill.explain_sql(&query.sql).await?,
    };
    json_of(&explanation)
}

/// Say how a query would be answered now and what that would read, without asking it.
#[utoipa::path(post, path = "/queries/explain", tag = "queries", request_body = wire::SemanticQuery, responses((status = 200, body = Explanation)))]
pub async fn explain_query(State(app): State<App>, caller: Caller, JsonBody(body): JsonBody<Value>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let explanation = caller.mill(&app).explain(&caller.asks(compare::read_one(body)?)).await?;
    json_of(&explanation)
}
