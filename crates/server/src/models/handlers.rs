//! Routes of models.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use tidemill::{Error, ErrorKind, Mill, Model, ValuePage};
use utoipa::IntoParams;

use super::diagnostics::diagnose;
use super::wire;
use super::yaml::{self, ModelBody, ModelText};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, IfMatch, Path, Problem, QueryOf};
use crate::policy::Action;
use crate::store::audit;

/// Which models.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Whether those are listed too that people are not offered (`public: false`). When it is not said, they are for who may edit models.
    hidden: Option<bool>,
}

/// List the models of the tenant: without those that people are not offered (`public: false`), but for who may edit them or asks for these.
#[utoipa::path(get, path = "/models", tag = "models", params(Listed), responses((status = 200, body = wire::ModelList)))]
pub async fn list_models(State(app): State<App>, caller: Caller, QueryOf(listed): QueryOf<Listed>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let mut items = caller.mill(&app).models().await?;
    if !listed.hidden.unwrap_or_else(|| caller.allow(Action::EditModels).is_ok()) {
        items.retain(|model| model.public);
    }
    Ok(Json(json!({ "items": items })))
}

/// Read one model.
#[utoipa::path(
    get, path = "/models/{name}", tag = "models", params(("name" = String, Path, description = "The model")),
    responses((status = 200, content((wire::Model = "application/json"), (String = "application/yaml")))))]
pub async fn find_model(State(app): State<App>, caller: Caller, headers: HeaderMap, Path(name): Path<String>) -> Answer<Response> {
    caller.allow(Action::Read)?;
    Ok(yaml::write(caller.mill(&app).model(&name).await?, &headers))
}

/// Which values of a model; of a view, its name stands where that of a model does.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// The dimension, without its model. Of a model also what its joins lead to, `customers.country`: what its rows belong to.
    dimension: String,
    /// Only values whose text has this in it, whatever the case.
    search: Option<String>,
    /// Values at most: 1 to 1,000, default 100.
    limit: Option<usize>,
    /// Values to leave out first.
    offset: Option<usize>,
}

/// List the values of a dimension, as far as the caller may see rows that have them.
#[utoipa::path(
    get, path = "/models/{name}/values", tag = "models",
    params(("name" = String, Path, description = "The model"), Values), responses((status = 200, body = wire::ValuePage)))]
pub async fn list_values(State(app): State<App>, caller: Caller, Path(name): Path<String>, QueryOf(asked): QueryOf<Values>) -> Answer<Json<ValuePage>> {
    caller.allow(Action::Read)?;
    values_of(&caller.mill(&app), &name, &asked).await
}

/// The values that a dimension of a model or a view has.
///
/// # Errors
/// As [`Mill::values`].
pub async fn values_of(mill: &Mill, name: &str, asked: &Values) -> Answer<Json<ValuePage>> {
    let member = format!("{name}.{}", asked.dimension);
    Ok(Json(mill.values(&member, asked.search.as_deref(), asked.limit.unwrap_or(100), asked.offset.unwrap_or(0)).await?))
}

/// Save a model. `If-Match` carries the version that was read; the version in the body does not count. To change access
/// policies, or what those of any model reach over joins, takes the role admin; who does not see the whole dataset does not save its model.
#[utoipa::path(
    put, path = "/models/{name}", tag = "models",
    params(("name" = String, Path, description = "The model"), ("If-Match" = String, Header, description = "The version that was read, in double quotes")),
    request_body(content((wire::Model = "application/json"), (String = "application/yaml"))),
    responses((status = 200, content((wire::Model = "application/json"), (String = "application/yaml")))))]
pub async fn update_model(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(name): Path<String>,
    IfMatch(version): IfMatch,
    ModelBody(model, lines): ModelBody,
) -> Answer<Response> {
    caller.allow(Action::EditModels)?;
    keeps_name(&model, &name)?;
    let mill = caller.mill(&app);
    let current = mill.model(&name).await?;
    if current.version != version {
        return Err(Problem::precondition_failed(current.version));
    }
    allow_change(&caller, &mill, &current, &model).await?;
    let saved = match mill.update_model(model, version).await {
        Ok(saved) => saved,
        Err(error) => return Err(conflict_as_precondition(lines.told(&name, error), mill.model(&name).await.map(|model| model.version))),
    };
    audit::append(app.store.db(), app.clock.now(), &caller, "model.updated", &name).await?;
    Ok(yaml::write(saved, &headers))
}

/// Say what is wrong with a model without saving it: what `PUT` would refuse, for the same callers. The body is a model as it would be
/// saved, or text that is none yet. Without diagnostics it could be saved over the version that is stored now.
#[utoipa::path(
    post, path = "/models/{name}/check", tag = "models", params(("name" = String, Path, description = "The model")),
    request_body(content((wire::Model = "application/json"), (String = "application/yaml"))),
    responses((status = 200, body = wire::ModelCheck)))]
pub async fn check_model(State(app): State<App>, caller: Caller, Path(name): Path<String>, text: ModelText) -> Answer<Json<wire::ModelCheck>> {
    caller.allow(Action::EditModels)?;
    let mill = caller.mill(&app);
    let current = mill.model(&name).await?;
    let diagnostics = match text.read() {
        Err(problem) => diagnose(problem, |_| None)?,
        Ok(ModelBody(model, lines)) => match could_become(&caller, &mill, &current, &model).await {
            Err(problem) => diagnose(problem, |field| lines.find(&model.name, field))?,
            Ok(()) => Vec::new(),
        },
    };
    Ok(Json(wire::ModelCheck { diagnostics }))
}

/// Refuses what a save would refuse, but for the version that was read.
async fn could_become(caller: &Caller, mill: &Mill, current: &Model, model: &Model) -> Answer<()> {
    keeps_name(model, &current.name)?;
    allow_change(caller, mill, current, model).await?;
    Ok(mill.check_update(model).await?)
}

fn keeps_name(model: &Model, name: &str) -> Answer<()> {
    if model.name == name { Ok(()) } else { Err(Problem::field("name", "is not the name in the path; a model keeps its name")) }
}

/// Whether the caller may make another model of one, whatever its members are.
pub(crate) async fn allow_change(caller: &Caller, mill: &Mill, current: &Model, model: &Model) -> Answer<()> {
    if model.dataset != current.dataset {
        return Err(Problem::field("dataset", "cannot be changed"));
    }
    // Also where policies of other models, or its own over joins, look up in what this one says.
    if let Err(denied) = caller.allow(Action::ManageUsers)
        && (model.changes_access(current) || mill.changes_access_elsewhere(model).await?)
    {
        return Err(denied);
    }
    Ok(())
}

/// Somebody saved between our look and our write.
fn conflict_as_precondition(error: Error, current_version: Result<u64, Error>) -> Problem {
    match (error.kind(), current_version) {
        (ErrorKind::Conflict, Ok(version)) => Problem::precondition_failed(version),
        _ => error.into(),
    }
}
