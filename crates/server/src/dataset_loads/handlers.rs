//! Routes of single loads of a dataset.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Value, json};
use tidemill::RejectFormat;

use super::wire::{DatasetLoads, ExportParams, FixedRows, Format, LoadProfile, PageParams, SourcePositions};
use crate::app::App;
use crate::auth::Caller;
use crate::datasets::handlers::{allow_rejects, page_size};
use crate::datasets::wire::RejectedRows;
use crate::http::{Answer, JsonBody, Path, Problem, QueryOf, json_of};
use crate::loads::wire::LoadReport;
use crate::policy::Action;

/// List the latest loads of a dataset, and what was not as before.
#[utoipa::path(get, path = "/datasets/{name}/loads", tag = "datasets", params(("name" = String, Path, description = "The dataset")), responses((status = 200, body = DatasetLoads)))]
pub async fn list_dataset_loads(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let items = caller.mill(&app).loads(&name).await?;
    Ok(Json(json!({ "items": items })))
}

/// List how far each source of a dataset has been loaded: where it goes on.
#[utoipa::path(get, path = "/datasets/{name}/positions", tag = "datasets", params(("name" = String, Path, description = "The dataset")), responses((status = 200, body = SourcePositions)))]
pub async fn list_positions(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let items = caller.mill(&app).positions(&name).await?;
    Ok(Json(json!({ "items": items })))
}

/// Read what the rows of a load look like, and what was not as before.
#[utoipa::path(
    get, path = "/datasets/{name}/loads/{load_id}/profile", tag = "datasets",
    params(("name" = String, Path, description = "The dataset"), ("load_id" = String, Path, description = "The load")), responses((status = 200, body = LoadProfile)))]
pub async fn find_load_profile(State(app): State<App>, caller: Caller, Path((name, load_id)): Path<(String, String)>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    json_of(&caller.mill(&app).load_profile(&name, &load_id).await?)
}

/// Read the rows that a load rejected, in the order of its file.
#[utoipa::path(
    get, path = "/datasets/{name}/loads/{load_id}/rejects", tag = "datasets",
    params(("name" = String, Path, description = "The dataset"), ("load_id" = String, Path, description = "The load"), PageParams), responses((status = 200, body = RejectedRows)))]
pub async fn list_load_rejects(State(app): State<App>, caller: Caller, Path((name, load_id)): Path<(String, String)>, QueryOf(params): QueryOf<PageParams>) -> Answer<Json<Value>> {
    let limit = page_size(params.limit, 100)?;
    let mill = allow_rejects(&app, &caller, &name).await?;
    json_of(&mill.load_rejects(&name, &load_id, params.offset.unwrap_or(0), limit).await?)
}

/// Take all rows that a load rejected as a file.
#[utoipa::path(
    get, path = "/datasets/{name}/loads/{load_id}/rejects/export", tag = "datasets",
    params(("name" = String, Path, description = "The dataset"), ("load_id" = String, Path, description = "The load"), ExportParams),
    responses((status = 200, content((String = "text/csv"), (String = "application/x-ndjson")))))]
pub async fn export_load_rejects(
    State(app): State<App>,
    caller: Caller,
    Path((name, load_id)): Path<(String, String)>,
    QueryOf(params): QueryOf<ExportParams>,
) -> Answer<Response> {
    let mill = allow_rejects(&app, &caller, &name).await?;
    let (format, content_type, ending) = match params.format.unwrap_or_default() {
        Format::Csv => (RejectFormat::Csv, "text/csv; charset=utf-8", "csv"),
        Format::Ndjson => (RejectFormat::Ndjson, "application/x-ndjson", "ndjson"),
    };
    let file = mill.export_rejects(&name, &load_id, format).await?;
    // The engine has parsed the name: it has no character that a header could not carry.
    let disposition = format!("attachment; filename=\"{name}-rejects.{ending}\"");
    Ok(([(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)], file).into_response())
}

/// Load rejected rows that were corrected. Each row is taken once: the same rows again are answered as the first time.
#[utoipa::path(
    post, path = "/datasets/{name}/loads/{load_id}/rejects/replay", tag = "datasets",
    params(("name" = String, Path, description = "The dataset"), ("load_id" = String, Path, description = "The load")),
    request_body = FixedRows, responses((status = 200, body = LoadReport)))]
pub async fn replay_load_rejects(
    State(app): State<App>,
    caller: Caller,
    Path((name, load_id)): Path<(String, String)>,
    JsonBody(fixed): JsonBody<FixedRows>,
) -> Answer<Json<Value>> {
    caller.allow(Action::LoadData)?;
    let mill = caller.mill(&app);
    // On a task of its own: a client that goes away does not stop a commit halfway through.
    let report = app.tasks.spawn(async move { mill.replay_rejects(&name, &load_id, fixed.rows).await }).await.map_err(Problem::internal)??;
    json_of(&report)
}
