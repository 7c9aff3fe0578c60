//! Routes of steps.

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use tidemill::ingest::Load;

use super::wire::{self, PreviewOrder, StepsPreview};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, JsonBody, Path, Problem, json_of};
use crate::policy::Action;
use crate::store::audit;

const SHOWN_DEFAULT: usize = 100;
const SHOWN_MAX: usize = 1_000;

/// Read the steps that loads of a dataset go through, and the columns that a file has before the first of them.
#[utoipa::path(get, path = "/datasets/{name}/steps", tag = "loads", params(("name" = String, Path, description = "The dataset")), responses((status = 200, body = wire::DatasetSteps)))]
pub async fn find_steps(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Value>> {
    // A step may hold the key of its hashes.
    caller.allow(Action::LoadData)?;
    json_of(&caller.mill(&app).steps(&name).await?)
}

/// Replace the steps of a dataset. Rows that are stored stay as they are; loads and pushes from now on go through the new ones.
#[utoipa::path(
    put, path = "/datasets/{name}/steps", tag = "loads", params(("name" = String, Path, description = "The dataset")),
    request_body = wire::DatasetSteps, responses((status = 200, body = wire::DatasetSteps)))]
pub async fn update_steps(State(app): State<App>, caller: Caller, Path(name): Path<String>, JsonBody(steps): JsonBody<tidemill::DatasetSteps>) -> Answer<Json<Value>> {
    caller.allow(Action::LoadData)?;
    let steps = caller.mill(&app).set_steps(&name, steps).await?;
    audit::append(app.store.db(), app.clock.now(), &caller, "dataset.steps_changed", &name).await?;
    json_of(&steps)
}

/// Show what steps would do to an uploaded file: columns and rows before and after, and what would be rejected. It looks at the
/// beginning of the file alone and stores nothing.
#[utoipa::path(
    post, path = "/uploads/{id}/preview", tag = "loads", params(("id" = Uuid, Path, description = "The upload")),
    request_body = PreviewOrder, responses((status = 200, body = StepsPreview)))]
pub async fn preview_upload(State(app): State<App>, caller: Caller, Path(id): Path<String>, JsonBody(order): JsonBody<PreviewOrder>) -> Answer<Json<Value>> {
    caller.allow(Action::LoadData)?;
    let staged = app.staging.find(caller.tenancy(), &id, app.clock.now())?;
    let shown = order.limit.unwrap_or(SHOWN_DEFAULT);
    if !(1..=SHOWN_MAX).contains(&shown) {
        return Err(Problem::field("limit", format!("lies between 1 and {SHOWN_MAX}")));
    }
    let mut load = Load::from_input(staged.input()).options(order.options.to_engine()?).steps(order.steps);
    for (column, column_type) in order.types {
        load = load.column_type(column, column_type);
    }
    json_of(&caller.mill(&app).preview_load(load, shown).await?)
}
