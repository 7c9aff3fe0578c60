//! Routes of Cube's dialect. A question comes in the address or in the body; an error is an object with a sentence.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use tidemill::Mill;

use super::caller::CubeCaller;
use super::dialect::Asked;
use super::refused::Refused;
use super::waiting::Reply;
use super::{asking, dialect, measure_filters, meta};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{JsonBody, Problem, QueryOf};
use crate::policy::Action;

/// A question in the address.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct InAddress {
    /// The query, or a list of them, as JSON.
    query: String,
    /// `multi` where the client knows answers to several queries.
    #[serde(rename = "queryType")]
    query_type: Option<String>,
}

/// A question in the body.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct InBody {
    /// The query, or a list of them.
    #[schema(value_type = Object)]
    query: Value,
    /// `multi` where the client knows answers to several queries.
    #[serde(default, rename = "queryType")]
    query_type: Option<String>,
}

impl InAddress {
    fn into_body(self) -> Result<InBody, Problem> {
        let query = serde_json::from_str(&self.query).map_err(|error| Problem::field("query", error.to_string()))?;
        Ok(InBody { query, query_type: self.query_type })
    }
}

/// Ask in Cube's words.
#[utoipa::path(get, path = "/load", tag = "cube", params(InAddress), responses((status = 200, body = Object)))]
pub async fn load_cube_in_address(State(app): State<App>, caller: CubeCaller, asked: Result<QueryOf<InAddress>, Problem>) -> Result<Json<Value>, Refused> {
    load(app, caller, asked?.0.into_body()?).await
}

/// Ask in Cube's words.
#[utoipa::path(post, path = "/load", tag = "cube", request_body = InBody, responses((status = 200, body = Object)))]
pub async fn load_cube(State(app): State<App>, caller: CubeCaller, body: Result<JsonBody<InBody>, Problem>) -> Result<Json<Value>, Refused> {
    load(app, caller, body?.0).await
}

async fn load(app: App, CubeCaller(caller): CubeCaller, body: InBody) -> Result<Json<Value>, Refused> {
    caller.allow(Action::Read)?;
    let several = body.query_type.as_deref() == Some("multi");
    let text = body.query.to_string();
    let mill = caller.mill(&app);
    let asked = read(&caller, &mill, body).await?;
    // Who sees something else by now, and be it because a policy was changed, asks another question.
    let mut sights = Vec::with_capacity(asked.questions.len());
    for question in &asked.questions {
        sights.push(mill.sight(&question.query).await.map_err(Problem::from)?);
    }
    let question = format!("{several}|{sights:?}|{:?}|{text}", caller.calendar());
    let now = app.clock.now();
    match app.waiting.ask(caller.eyes().id(), &question, || asking::answer(mill, asked, several, now)).await? {
        Reply::Done(value) => Ok(Json(value.as_ref().clone())),
        Reply::Wait(elapsed) => Ok(Json(json!({"error": "Continue wait", "stage": "Executing query", "timeElapsed": elapsed.as_secs()}))),
    }
}

/// The queries of a body, under the calendar of who asks.
async fn read(caller: &Caller, mill: &Mill, body: InBody) -> Result<Asked, Problem> {
    let of_measures = measure_filters::of_measures(mill, &body.query).await?;
    let mut asked = dialect::read(body.query, &of_measures)?;
    for question in &mut asked.questions {
        question.query = caller.asks(std::mem::take(&mut question.query));
    }
    Ok(asked)
}

/// Say how a question in Cube's words would be understood.
#[utoipa::path(get, path = "/dry-run", tag = "cube", params(InAddress), responses((status = 200, body = Object)))]
pub async fn dry_run_cube_in_address(State(app): State<App>, caller: CubeCaller, asked: Result<QueryOf<InAddress>, Problem>) -> Result<Json<Value>, Refused> {
    dry_run(app, caller, asked?.0.into_body()?).await
}

/// Say how a question in Cube's words would be understood.
#[utoipa::path(post, path = "/dry-run", tag = "cube", request_body = InBody, responses((status = 200, body = Object)))]
pub async fn dry_run_cube(State(app): State<App>, caller: CubeCaller, body: Result<JsonBody<InBody>, Problem>) -> Result<Json<Value>, Refused> {
    dry_run(app, caller, body?.0).await
}

async fn dry_run(app: App, CubeCaller(caller): CubeCaller, body: InBody) -> Result<Json<Value>, Refused> {
    caller.allow(Action::Read)?;
    let mill = caller.mill(&app);
    let asked = read(&caller, &mill, body).await?;
    Ok(Json(asking::dry_run(&mill, &asked).await?))
}

/// Ask in Cube's words, as a client does that asks again by itself.
#[utoipa::path(get, path = "/subscribe", tag = "cube", params(InAddress), responses((status = 200, body = Object)))]
pub async fn poll_cube_in_address(State(app): State<App>, caller: CubeCaller, asked: Result<QueryOf<InAddress>, Problem>) -> Result<Json<Value>, Refused> {
    load(app, caller, asked?.0.into_body()?).await
}

/// Ask in Cube's words, as a client does that asks again by itself.
#[utoipa::path(post, path = "/subscribe", tag = "cube", request_body = InBody, responses((status = 200, body = Object)))]
pub async fn poll_cube(State(app): State<App>, caller: CubeCaller, body: Result<JsonBody<InBody>, Problem>) -> Result<Json<Value>, Refused> {
    load(app, caller, body?.0).await
}

/// Show the plan of a question in Cube's words, where Cube shows SQL.
#[utoipa::path(get, path = "/sql", tag = "cube", params(InAddress), responses((status = 200, body = Object)))]
pub async fn explain_cube_in_address(State(app): State<App>, caller: CubeCaller, asked: Result<QueryOf<InAddress>, Problem>) -> Result<Json<Value>, Refused> {
    explain(app, caller, asked?.0.into_body()?).await
}

/// Show the plan of a question in Cube's words, where Cube shows SQL.
#[utoipa::path(post, path = "/sql", tag = "cube", request_body = InBody, responses((status = 200, body = Object)))]
pub async fn explain_cube(State(app): State<App>, caller: CubeCaller, body: Result<JsonBody<InBody>, Problem>) -> Result<Json<Value>, Refused> {
    explain(app, caller, body?.0).await
}

async fn explain(app: App, CubeCaller(caller): CubeCaller, body: InBody) -> Result<Json<Value>, Refused> {
    caller.allow(Action::Read)?;
    let mill = caller.mill(&app);
    let asked = read(&caller, &mill, body).await?;
    let mut shown = Vec::new();
    for question in &asked.questions {
        let explanation = mill.explain(&question.query).await.map_err(Problem::from)?;
        shown.push(json!({"sql": {"sql": [explanation.to_string(), []], "dataSource": "default"}}));
    }
    Ok(Json(if let [only] = shown.as_slice() { only.clone() } else { shown.into() }))
}

/// Describe the models and views in Cube's words. Models that people are not offered are there for who may edit them.
#[utoipa::path(get, path = "/meta", tag = "cube", responses((status = 200, body = Object)))]
pub async fn describe_cubes(State(app): State<App>, CubeCaller(caller): CubeCaller) -> Result<Json<Value>, Refused> {
    caller.allow(Action::Read)?;
    let mill = caller.mill(&app);
    let models = mill.models().await.map_err(Problem::from)?;
    let views = mill.view_details().await.map_err(Problem::from)?;
    Ok(Json(meta::describe(&models, &views, caller.allow(Action::EditModels).is_ok())))
}
