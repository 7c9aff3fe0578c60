//! Routes of datasets.

use axum::Json;
use axum::extract::{Request, State};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use tidemill::Mill;
use tidemill::ingest::{Json as JsonRows, LoadMode, LoadReport};
use uuid::Uuid;

use super::wire::{DatasetDetail, DatasetList, DatasetProfile, PreviewParams, PushParams, Pushed, RejectParams, RejectedRows};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, Path, Problem, QueryOf, body, json_of};
use crate::policy::Action;
use crate::queries::wire::QueryResult;
use crate::store::audit;

/// Bytes of one push at most.
pub const PUSH_MAX_BYTES: usize = 16 << 20;
const PAGE_MAX: usize = 1_000;
const KEY_MAX_CHARS: usize = 128;
const SOURCE: &str = "Tidemill-Source";
const POSITION_FROM: &str = "Tidemill-Position-From";
const POSITION: &str = "Tidemill-Position";

/// List the datasets of the tenant.
#[utoipa::path(get, path = "/datasets", tag = "datasets", responses((status = 200, body = DatasetList)))]
pub async fn list_datasets(State(app): State<App>, caller: Caller) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let items = caller.mill(&app).datasets().await?;
    Ok(Json(json!({ "items": items })))
}

/// Read one dataset: columns, ranges, newest loads.
#[utoipa::path(get, path = "/datasets/{name}", tag = "datasets", params(("name" = String, Path, description = "The dataset")), responses((status = 200, body = DatasetDetail)))]
pub async fn find_dataset(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    json_of(&caller.mill(&app).dataset(&name).await?)
}

/// Read the latest rows of a dataset.
#[utoipa::path(get, path = "/datasets/{name}/preview", tag = "datasets", params(("name" = String, Path, description = "The dataset"), PreviewParams), responses((status = 200, body = QueryResult)))]
pub async fn preview_dataset(State(app): State<App>, caller: Caller, Path(name): Path<String>, QueryOf(params): QueryOf<PreviewParams>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let limit = page_size(params.limit, 50)?;
    Ok(Json(caller.mill(&app).preview(&name, limit).await?.to_json()))
}

/// Read what each column of a dataset holds.
#[utoipa::path(get, path = "/datasets/{name}/profile", tag = "datasets", params(("name" = String, Path, description = "The dataset")), responses((status = 200, body = DatasetProfile)))]
pub async fn profile_dataset(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    json_of(&caller.mill(&app).profile(&name).await?)
}

/// Read the rows of a dataset that were rejected.
#[utoipa::path(get, path = "/datasets/{name}/rejects", tag = "datasets", params(("name" = String, Path, description = "The dataset"), RejectParams), responses((status = 200, body = RejectedRows)))]
pub async fn list_rejects(State(app): State<App>, caller: Caller, Path(name): Path<String>, QueryOf(params): QueryOf<RejectParams>) -> Answer<Json<Value>> {
    let limit = page_size(params.limit, 100)?;
    let mill = allow_rejects(&app, &caller, &name).await?;
    let offset = params.offset.unwrap_or(0);
    match &params.load_id {
        Some(load_id) if Uuid::try_parse(load_id).is_err() => Err(Problem::field("load_id", "is the id of a load")),
        Some(load_id) => json_of(&mill.load_rejects(&name, load_id, offset, limit).await?),
        None => json_of(&mill.rejects(&name, offset, limit).await?),
    }
}

/// The datasets of a caller who may see the rejected rows of one of them. A row that was rejected is kept as it came, with
/// what its dataset never holds where its steps hide values: then it is for those who may load it.
pub(crate) async fn allow_rejects(app: &App, caller: &Caller, name: &str) -> Answer<Mill> {
    caller.allow(Action::Read)?;
    let mill = caller.mill(app);
    if mill.steps(name).await?.steps.hides_values() {
        caller.allow(Action::LoadData)?;
    }
    Ok(mill)
}

/// Push rows into a dataset: NDJSON, or a JSON array of objects. The same rows under the same `Idempotency-Key` are answered as the first time,
/// others are a conflict.
/// With a `key`, rows that have the same values in these columns give way. With a `Tidemill-Source` the rows are the part of it from one
/// position to another, which moves in the same commit: the same part again is answered as the first time, any other that does not go on
/// from where the source is is a conflict.
#[utoipa::path(
    post, path = "/datasets/{name}/rows", tag = "datasets",
    params(("name" = String, Path, description = "The dataset"), PushParams, ("Idempotency-Key" = Option<String>, Header, description = "Up to 128 characters"),
        ("Tidemill-Source" = Option<String>, Header, description = "Name of the source, up to 128 characters"),
        ("Tidemill-Position-From" = Option<u64>, Header, description = "Where the source was before these rows; left out at its beginning"),
        ("Tidemill-Position" = Option<u64>, Header, description = "Where the source is after these rows")),
    request_body(content((serde_json::Value = "application/json"), (String = "application/x-ndjson")), description = "Up to 16 MiB"),
    responses((status = 200, body = Pushed)))]
pub async fn push_rows(State(app): State<App>, caller: Caller, Path(name): Path<String>, QueryOf(params): QueryOf<PushParams>, request: Request) -> Answer<Json<Pushed>> {
    caller.allow(Action::LoadData)?;
    check_content_type(request.headers())?;
    let key = idempotency_key(request.headers())?;
    let position = position(request.headers())?;
    let bytes = body::read(request, &app).await?;
    let mode = match params.key {
        Some(columns) => LoadMode::Upsert { key: columns.split(',').map(|column| column.trim().to_owned()).collect() },
        None => LoadMode::Append,
    };
    let mut load = JsonRows::bytes(bytes).mode(mode);
    if let Some(key) = key {
        load = load.idempotency_key(key);
    }
    if let Some((source, from, to)) = position {
        load = load.position(source, from, to);
    }
    let mill = caller.mill(&app);
    // On a task of its own: a client that goes away does not stop a commit halfway through.
    let report = app.tasks.spawn(async move { mill.load(&name, load).await }).await.map_err(Problem::internal)??;
    let LoadReport { load_id, version, rows, rejected, replaced, left_out, replayed, .. } = report;
    Ok(Json(Pushed { load_id, version, rows, rejected, replaced, left_out, replayed }))
}

/// Remove a dataset with everything in it. Takes the role admin.
#[utoipa::path(delete, path = "/datasets/{name}", tag = "datasets", params(("name" = String, Path, description = "The dataset")), responses((status = 204)))]
pub async fn delete_dataset(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    caller.allow(Action::DeleteDatasets)?;
    let mill = caller.mill(&app);
    // With a dataset go its access policies, and what is loaded under its name afterwards has none: that takes who may say so.
    if let Err(denied) = caller.allow(Action::ManageUsers)
        && !mill.model(&name).await?.access_policies.is_empty()
    {
        return Err(denied);
    }
    mill.delete_dataset(&name).await?;
    audit::append(app.store.db(), app.clock.now(), &caller, "dataset.deleted", &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many of a list are asked for.
pub(crate) fn page_size(limit: Option<usize>, default: usize) -> Answer<usize> {
    let limit = limit.unwrap_or(default);
    if (1..=PAGE_MAX).contains(&limit) { Ok(limit) } else { Err(Problem::field("limit", format!("lies between 1 and {PAGE_MAX}"))) }
}

fn check_content_type(headers: &HeaderMap) -> Answer<()> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" | "application/x-ndjson" | "application/ndjson" => Ok(()),
        other => Err(Problem::invalid(format!("rows are application/x-ndjson or application/json, not {other:?}"))),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Answer<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > KEY_MAX_CHARS {
        return Err(Problem::field("Idempotency-Key", format!("is 1 to {KEY_MAX_CHARS} visible ASCII characters")));
    }
    Ok(Some(key.to_owned()))
}

/// Which part of a source is pushed: its name, from where and up to where.
fn position(headers: &HeaderMap) -> Answer<Option<(String, Option<u64>, u64)>> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default().to_owned());
    let number = |name: &str| {
        let number = text(name).map(|text| text.parse::<u64>().map_err(|_| Problem::field(name, "is a whole number")));
        number.transpose()
    };
    let (source, from, to) = (text(SOURCE), number(POSITION_FROM)?, number(POSITION)?);
    match (source, to) {
        (Some(source), Some(to)) => Ok(Some((source, from, to))),
        (None, None) if from.is_none() => Ok(None),
        (None, _) => Err(Problem::field(SOURCE, "is needed where there is a position")),
        (Some(_), None) => Err(Problem::field(POSITION, "is needed where there is a source")),
    }
}
